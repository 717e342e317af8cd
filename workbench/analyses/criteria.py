"""Criteria judged by container and calendar period: who is a member, who returned.

A container-period is one integer key, `container · periods + period`; keys of matches ascend with
their positions, so counting is a pair of binary searches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from workbench.analyses.part import Part
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, bisect_segments, expand, run_starts
from workbench.model.calendar import periods
from workbench.model.data_version import DataVersion
from workbench.model.specs import Criteria, Granularity, compare


@dataclass(frozen=True, eq=False)
class Periods:
    """Calendar periods from the start of the data to the horizon."""

    days: list[date]
    """First local day of each."""
    edges: Int64s
    """UTC microseconds at which each begins, and the end of the last."""

    @classmethod
    def of(cls, version: DataVersion, granularity: Granularity) -> Periods:
        """The periods of a data version."""
        days, edges = periods(version, granularity)
        return cls(days, np.array(edges, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.days)


class Judged:
    """Criteria and their matches in one part."""

    def __init__(self, part: Part, criteria: Criteria, calendar: Periods) -> None:
        self.part, self.criteria, self.calendar = part, criteria, calendar
        version = part.matcher.version
        self.matches: list[Matches] = []
        for criterion in criteria.metrics:
            found = part.find(version.inline(criterion.where))
            for segment in (*criteria.segments, *criterion.segments):
                at = part.whole_position(found.positions)
                found = found.where(part.matcher.test(version.inline(segment), None, at))
            self.matches.append(self._inside(found))

    def _inside(self, matches: Matches) -> Matches:
        """Matches of allowed containers inside the calendar."""
        if self.part.allowed is not None:
            matches = matches.where(self.part.allowed.take(matches.container))
        edges = self.calendar.edges
        return matches.where((matches.time >= edges[0]) & (matches.time < edges[-1]))

    def _key(self, matches: Matches) -> Int64s:
        period = self.calendar.edges.searchsorted(matches.time, "right") - 1
        return matches.container * len(self.calendar) + period

    @cached_property
    def keys(self) -> list[Int64s]:
        """Container-period of every match, by criterion."""
        return [self._key(matches) for matches in self.matches]

    def meets(self, counts: Callable[[int], Int64s]) -> Bools:
        """Whether the criteria hold, given the number of matches of each criterion (by its index)."""
        verdicts = [
            compare(criterion.op, counts(number), criterion.value)
            for number, criterion in enumerate(self.criteria.metrics)
        ]
        join = np.logical_and if self.criteria.combine == "all" else np.logical_or
        return np.asarray(join.reduce(verdicts), dtype=np.bool_)

    @cached_property
    def met_without_events(self) -> bool:
        """Whether a period without any match meets the criteria."""
        return bool(self.meets(lambda _: np.zeros(1, dtype=np.int64))[0])

    def _met_at(self, keys: Int64s) -> Bools:
        def counts(number: int) -> Int64s:
            own = self.keys[number]
            return own.searchsorted(keys, "right") - own.searchsorted(keys)

        return self.meets(counts)

    @cached_property
    def met(self) -> Int64s:
        """Container-periods with an event in which the criteria hold, ascending."""
        if len(self.keys) == 1 and not self.met_without_events:
            begins = run_starts(self.keys[0])
            numbers = np.diff(np.concatenate((begins, [len(self.keys[0])])))
            return self.keys[0].take(begins)[self.meets(lambda _: numbers)]
        if self.met_without_events:
            every = Matches(self.part.history, np.arange(len(self.part), dtype=np.int64))
            keys = self._key(self._inside(every))
            keys = keys.take(run_starts(keys))
        else:
            keys = np.unique(np.concatenate(self.keys))
        return keys[self._met_at(keys)]

    def first_match(self, keys: Int64s) -> Int64s:
        """Earliest match of any criterion in each container-period; the part's size where there is none."""
        first = np.full(len(keys), len(self.part), dtype=np.int64)
        for own, matches in zip(self.keys, self.matches, strict=True):
            if len(own):
                place = own.searchsorted(keys)
                hit = np.flatnonzero(own.take(place, mode="clip") == keys)
                first[hit] = np.minimum(first.take(hit), matches.positions.take(place.take(hit)))
        return first

    def incidence(self, low: int, high: int) -> Bools:
        """Containers `low` to `high` by period: whether the criteria hold, also where nothing happened."""
        width = len(self.calendar)
        keys = np.unique(np.concatenate(self.keys))
        keys = keys[keys.searchsorted(low * width) : keys.searchsorted(high * width)]
        table = np.full((high - low) * width, self.met_without_events, dtype=np.bool_)
        table[keys - low * width] = self._met_at(keys)
        return table.reshape(high - low, width)

    def met_after(self, keys: Int64s, positions: Int64s) -> Bools:
        """Whether the criteria hold in container-periods counting only matches after a position."""

        def counts(number: int) -> Int64s:
            after = self.matches[number].positions.searchsorted(positions, "right")
            return np.maximum(self.keys[number].searchsorted(keys, "right") - after, 0)

        return self.meets(counts)

    def met_following(self, keys: Int64s, starts: Judged, start_keys: Int64s, follow: int) -> Bools:
        """Whether the criteria hold in container-periods counting only matches that follow closely.

        A match counts if at most `follow` microseconds passed since the latest match of `starts`
        before it in the container-period `start_keys`.
        """
        history = self.part.history
        position = np.concatenate([matches.positions for matches in starts.matches])
        order = np.argsort(position, kind="stable")
        position, key = position[order], np.concatenate(starts.keys)[order]
        low, high = key.searchsorted(start_keys), key.searchsorted(start_keys, "right")

        def counts(number: int) -> Int64s:
            own = self.keys[number]
            begin, end = own.searchsorted(keys), own.searchsorted(keys, "right")
            which, owner = expand(begin, end - begin)
            at = self.matches[number].positions.take(which)
            latest = bisect_segments(position, low.take(owner), high.take(owner), at) - 1
            known = np.flatnonzero(latest >= low.take(owner))
            age = history.time_at(at.take(known)) - history.time_at(position.take(latest.take(known)))
            return np.bincount(owner.take(known[age <= follow]), minlength=len(keys))

        return self.meets(counts)


def codes_of(keys: Int64s, width: int) -> tuple[Ints, Ints]:
    """Container and period of container-periods."""
    return keys // width, keys % width
