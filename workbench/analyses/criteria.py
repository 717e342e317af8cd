"""Criteria judged by container and calendar period: who is a member, who returned.

Everything is a dense table, containers by periods, for a range of containers small enough to hold:
counting matches is one histogram, comparing is arithmetic, and no row is ever searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from workbench.analyses.part import Part
from workbench.index import compiled
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, place
from workbench.model.calendar import periods
from workbench.model.data_version import DataVersion
from workbench.model.specs import Criteria, Criterion, Granularity, compare

MOST_CELLS = 1 << 23
"""Cells of a table held at once; keeps products of float32 tables exact."""
BUCKET = 30
"""Times are first sorted into buckets of 2**30 microseconds, shorter than any period."""


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

    @cached_property
    def buckets(self) -> Int64s:
        """Period in which each bucket begins."""
        starts = np.arange(((self.edges[-1] - self.edges[0]) >> BUCKET) + 1, dtype=np.int64) << BUCKET
        return np.asarray(self.edges.searchsorted(starts + self.edges[0], "right") - 1, dtype=np.int32)

    def inside(self, time: Int64s) -> Bools:
        """Which times lie in a period."""
        return np.asarray((time >= self.edges[0]) & (time < self.edges[-1]))

    @cached_property
    def skips(self) -> bool:
        """Whether a period has no length: a zone may leave out a day, such as Apia 30 December 2011."""
        return bool((np.diff(self.edges) == 0).any())

    def number(self, time: Int64s) -> Int64s:
        """Period of each time that lies in one; a bucket holds at most one edge, or equal ones."""
        period = self.buckets.take((time - self.edges[0]) >> BUCKET)
        period = period + (time >= self.edges[1:].take(period))
        if self.skips:
            period = (self.edges.searchsorted(self.edges[:-1], "right") - 1).take(period)
        return np.asarray(period)

    def number_of_any(self, time: Int64s) -> Ints:
        """Period of each time; as many as there are periods where it lies in none."""
        if compiled.AVAILABLE and not self.skips:
            return compiled.periods_of(time, self.edges, self.buckets, BUCKET)
        number = np.full(len(time), len(self), dtype=np.int32)
        inside = np.flatnonzero(self.inside(time))
        number[inside] = self.number(time.take(inside))
        return number


class Judged:
    """Criteria and their matches in one part."""

    def __init__(self, part: Part, criteria: Criteria, calendar: Periods) -> None:
        self.part, self.criteria, self.calendar = part, criteria, calendar
        version = part.matcher.version
        self.matches: list[Matches] = []
        self.keys: list[Int64s] = []
        for criterion in criteria.metrics:
            found = part.find(version.inline(criterion.where))
            for segment in (*criteria.segments, *criterion.segments):
                at = part.whole_position(found.positions)
                found = found.where(part.matcher.test(version.inline(segment), None, at))
            self._add(found)

    def _add(self, matches: Matches) -> None:
        """Matches inside the calendar, with the cell of each: container · periods + period."""
        if not compiled.AVAILABLE or self.calendar.skips:
            matches = matches.where(self.calendar.inside(matches.time))
            self.matches.append(matches)
            self.keys.append(self._cells(matches))
            return
        cells, inside = compiled.cells_of(
            matches.time, matches.container, self.calendar.edges, self.calendar.buckets, BUCKET
        )
        if inside < len(cells):
            matches, cells = matches.where(cells >= 0), cells[cells >= 0]
        self.matches.append(matches)
        self.keys.append(cells)

    def _cells(self, matches: Matches) -> Int64s:
        return matches.container.astype(np.int64) * len(self.calendar) + self.calendar.number(matches.time)

    def table(self, low: int, high: int) -> Table:
        """The tables of containers `low` to `high`."""
        return Table(self, low, high)

    def holds(self, cells: list[Int64s], size: int) -> Bools:
        """Whether the criteria hold in each of `size` cells, given the cells of each criterion's matches."""
        verdicts = [
            _meets(criterion, found, size)
            for criterion, found in zip(self.criteria.metrics, cells, strict=True)
        ]
        if len(verdicts) == 1:
            return verdicts[0]
        join = np.logical_and if self.criteria.combine == "all" else np.logical_or
        return np.asarray(join.reduce(verdicts), dtype=np.bool_)


def _meets(criterion: Criterion, cells: Int64s, size: int) -> Bools:
    """Whether the number of matches in each cell meets a threshold."""
    if criterion.op == ">=" and criterion.value == 1:
        present = np.zeros(size, dtype=np.bool_)
        present[cells] = True
        return present
    return np.asarray(
        compare(criterion.op, np.bincount(cells, minlength=size), criterion.value), dtype=np.bool_
    )


class Table:
    """Criteria of a range of containers; arrays have the shape containers x periods."""

    def __init__(self, judged: Judged, low: int, high: int) -> None:
        self.judged, self.low, self.high = judged, low, high
        self.width = len(judged.calendar)
        self.cells = (high - low) * self.width
        bounds = (low * self.width, high * self.width)
        self.cuts = [slice(*(int(x) for x in keys.searchsorted(bounds))) for keys in judged.keys]

    @property
    def shape(self) -> tuple[int, int]:
        """Containers and periods."""
        return self.high - self.low, self.width

    def cell(self, number: int) -> Int64s:
        """Cell of each match of a criterion."""
        keys = self.judged.keys[number][self.cuts[number]]
        return keys - self.low * self.width if self.low else keys

    def positions(self, number: int) -> Ints:
        """Position of each match of a criterion."""
        return self.judged.matches[number].positions[self.cuts[number]]

    def times(self, number: int) -> Int64s:
        """Microseconds of each match of a criterion."""
        return self.judged.matches[number].time[self.cuts[number]]

    def _holds(self, cells: list[Int64s]) -> Bools:
        return self.judged.holds(cells, self.cells).reshape(self.shape)

    @cached_property
    def met(self) -> Bools:
        """Where the criteria hold, also in periods without events."""
        return self._holds([self.cell(number) for number in range(len(self.cuts))])

    @cached_property
    def met_with_events(self) -> Bools:
        """Where the criteria hold and the container has an event: absence never includes."""
        nothing = np.empty(0, dtype=np.int64)
        if not self.judged.holds([nothing for _ in self.cuts], 1)[0]:
            return self.met
        part, calendar = self.judged.part, self.judged.calendar
        begin, end = int(part.history.starts[self.low]), int(part.history.ends[self.high - 1])
        every = Matches(part.history, np.arange(begin, end, dtype=np.int64))
        every = every.where(calendar.inside(every.time))
        present = np.zeros(self.cells, dtype=np.bool_)
        present[(every.container.astype(np.int64) - self.low) * self.width + calendar.number(every.time)] = (
            True
        )
        return self.met & present.reshape(self.shape)

    @cached_property
    def first(self) -> Ints:
        """First match of any criterion in each cell; the part's size where there is none."""
        size = len(self.judged.part)
        table = np.full(self.cells, size, dtype=np.int32)
        for number in range(len(self.cuts)):
            own = np.full(self.cells, size, dtype=np.int32) if number else table
            own[self.cell(number)[::-1]] = self.positions(number)[::-1]  # the first match is written last
            if number:
                np.minimum(table, own, out=table)
        return table

    @cached_property
    def last(self) -> Ints:
        """Last match of any criterion in each cell; -1 where there is none."""
        table = np.full(self.cells, -1, dtype=np.int32)
        for number in range(len(self.cuts)):
            own = np.full(self.cells, -1, dtype=np.int32) if number else table
            own[self.cell(number)] = self.positions(number)
            if number:
                np.maximum(table, own, out=table)
        return table

    @cached_property
    def last_time(self) -> Int64s:
        """Time of the last match of any criterion in each cell; long ago where there is none."""
        table = np.full(self.cells, -(2**62), dtype=np.int64)
        for number in range(len(self.cuts)):
            own = np.full(self.cells, -(2**62), dtype=np.int64)
            own[self.cell(number)] = self.times(number)
            np.maximum(table, own, out=table)
        return table

    def met_after(self, first: Ints) -> Bools:
        """Where the criteria hold counting only matches after a position given for each cell."""
        counted = []
        for number in range(len(self.cuts)):
            cell = self.cell(number)
            counted.append(cell[self.positions(number) > first.take(cell)])
        return self._holds(counted)

    def met_following(self, starts: Table, follow: int, k: int) -> Bools:
        """Where the criteria hold k periods later, counting only matches that follow a start closely.

        A match counts for a cell if at most `follow` microseconds passed since the latest match of
        `starts` in that cell before it.
        """
        counted = []
        for number in range(len(self.cuts)):
            cell, time = self.cell(number), self.times(number)
            known = np.flatnonzero(cell % self.width >= k)
            cell, time = cell.take(known) - k, time.take(known)
            if k:
                since = starts.last_time.take(cell)
            else:
                since = starts._latest_before(cell, self.positions(number).take(known))
            counted.append(cell[time - since <= follow])
        return self._holds(counted)

    def since(self, cell: Int64s, positions: Ints) -> Int64s:
        """Time of the latest match in the given cells before the given positions; long ago without one."""
        times = self.last_time.take(cell)
        inside = np.flatnonzero(positions <= self.last.take(cell))
        times[inside] = self._latest_before(cell.take(inside), positions.take(inside))
        return times

    def _latest_before(self, cell: Int64s, positions: Ints) -> Int64s:
        """The same where no match of another cell lies between."""
        own = np.concatenate([self.positions(number) for number in range(len(self.cuts))])
        order = np.argsort(own, kind="stable")
        cells = np.concatenate([self.cell(number) for number in range(len(self.cuts))])[order]
        times = np.concatenate([self.times(number) for number in range(len(self.cuts))])[order]
        latest = place(own[order], positions) - 1
        if not len(own):
            return np.full(len(cell), -(2**62), dtype=np.int64)
        at = np.maximum(latest, 0)
        return np.where((latest >= 0) & (cells.take(at) == cell), times.take(at), -(2**62))


def ranges(part: Part, calendar: Periods) -> Iterator[tuple[int, int]]:
    """Ranges of containers whose tables fit into memory."""
    step = max(1, MOST_CELLS // max(len(calendar), 1))
    for low in range(0, part.history.containers, step):
        yield low, min(low + step, part.history.containers)
