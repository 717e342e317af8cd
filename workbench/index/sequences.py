"""Sequences of conditions: the containers that go through the steps, and the events this keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.index.any_order import Group
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, Ints, union
from workbench.index.pairing import Step
from workbench.index.reach import Reach, advance, begin
from workbench.index.store import JourneyIndex
from workbench.model.conditions import Sequence, SequenceStep
from workbench.model.containers import container_named
from workbench.model.durations import microseconds
from workbench.model.specs import Limits


def step_of(
    index: JourneyIndex,
    limits: Limits | SequenceStep,
    *,
    follow: str | None = None,
    immediately: bool = False,
    barred: Int64s | None = None,
) -> Step:
    """A step of the language in the units of the index."""

    def codes(kind: str | None) -> Ints | None:
        return None if kind is None else index.column(container_named(kind).id_column).codes

    def micros(duration: str | None) -> int | None:
        return None if duration is None else microseconds(duration)

    return Step(
        micros(limits.within),
        micros(limits.after),
        micros(follow),
        codes(limits.same),
        codes(limits.different),
        immediately,
        barred,
    )


def followed(
    form: Sequence, index: JourneyIndex, history: History, find: Callable[[Any], Matches]
) -> tuple[Bools, Bools | None]:
    """Which containers take the steps, by code; where the form cuts histories, the positions it keeps."""
    reach = _Walk(index, find, track=form.include == "before").through(form.sequence)
    if form.include == "everyone":
        return reach.present, None
    positions = np.arange(history.size, dtype=np.int64)
    container = history.container_at(positions)
    if form.include == "after":
        return reach.present, positions >= reach.first.take(container)
    assert reach.start is not None
    latest = np.full(history.containers, -1, dtype=np.int64)
    np.maximum.at(latest, reach.matches.container, reach.start)
    return reach.present, positions <= latest.take(container)


@dataclass(frozen=True, eq=False)
class _Walk:
    """Goes from step to step of one sequence."""

    index: JourneyIndex
    find: Callable[[Any], Matches]
    track: bool
    """Whether the latest start of every match is kept."""

    def through(self, steps: tuple[SequenceStep, ...]) -> Reach:
        """Reach set of the last included step, with exclusions between, before and after."""
        reach: Reach | None = None
        barred: list[Int64s] = []
        for step in steps:
            if step.exclude:
                barred.append(self.find(step.conditions[0]).positions)
                continue
            reach = self._next(reach, step, union(barred) if barred else None)
            barred = []
        assert reach is not None
        return _none_after(reach, union(barred)) if barred else reach

    def _next(self, reach: Reach | None, step: SequenceStep, barred: Int64s | None) -> Reach:
        """Reach set of a step behind that of the step before; None before the first."""
        limits = step_of(self.index, step, barred=barred)
        if step.any_order is not None:
            group = Group([self.find(one) for one in step.any_order])
            if reach is None:
                return begin(_not_behind(group.matches, barred), track=self.track)
            return group.after(reach, limits.within, limits.after, barred, track=self.track)
        matches = self.find(step.where)
        if reach is None:
            return begin(_not_behind(matches, barred), track=self.track)
        return advance([(reach, limits)], matches, track=self.track)[0]


def _not_behind(matches: Matches, barred: Int64s | None) -> Matches:
    """Matches with nothing barred before them in their container."""
    if barred is None:
        return matches
    who, first, _ = Matches(matches.history, barred).arrivals()
    limit = matches.history.nowhere()
    limit[who] = first
    return matches.where(matches.positions <= limit.take(matches.container))


def _none_after(reach: Reach, barred: Int64s) -> Reach:
    """The reach set without the positions that something barred follows."""
    history, matches = reach.history, reach.matches
    last = np.full(history.containers, -1, dtype=np.int64)
    bars = Matches(history, barred)
    last[bars.container] = barred  # ascending: the last write of a container stands
    kept = matches.positions >= last.take(matches.container)
    left = matches.where(kept)
    start = None if reach.start is None else reach.start[kept]
    return Reach(history, left.arrivals(), lambda: left, start)
