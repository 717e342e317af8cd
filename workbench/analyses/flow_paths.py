"""Paths of a flow: from each anchor column by column outward.

Works on runs: items of all containers end to end with a sentinel between containers, so with one
dimension column k of every path is one `take` at the anchor's slot ± k. With a dimension per column a path
keeps the position it leaves from, and each column is one search among the runs of its dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.analyses.flow_elements import Elements, anchor_condition, find_elements
from workbench.analyses.part import Part
from workbench.index import compiled
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, Ints, place, run_starts
from workbench.index.runs import SENTINEL, Runs
from workbench.model.durations import microseconds
from workbench.model.specs import FlowSpec

EDGE, OVER, BEFORE = SENTINEL, -2, -3
"""Codes beside items: the path ends here; it ended nearer the anchor; it begins before the data."""
BESIDE = 3
"""How many codes stand beside items."""


@dataclass(frozen=True, eq=False)
class Column:
    """What every path shows in one column."""

    item: Ints
    """Code of each path."""
    anchor: int
    """Code of the anchor."""
    values: list[str]
    """Item of each code."""
    stand: Callable[[], Ints]
    """Makes the position at which each path's run stands; undefined where the path is over."""
    counts: Int64s | None = None
    """Paths by code, where they were counted on the way."""

    @property
    def codes(self) -> int:
        """Number of item codes, the anchor's included."""
        return max(len(self.values), self.anchor + 1)


@dataclass(frozen=True, eq=False)
class Paths:
    """The paths of one part, ordered by container."""

    history: History
    columns: dict[int, Column]
    """By number, ascending; 0 is the anchor."""
    group: Ints
    """A number of each path's container; equal numbers stand side by side."""

    def __len__(self) -> int:
        return len(self.group)

    @cached_property
    def container(self) -> Ints:
        """Container of each path."""
        return self.history.container_at(self.columns[0].stand().astype(np.int64))

    @cached_property
    def begins(self) -> Int64s:
        """Where the paths of each container begin."""
        return run_starts(self.group)

    @cached_property
    def _times(self) -> dict[int, Int64s]:
        return {}

    def time(self, column: int) -> Int64s:
        """Microseconds at which each path stands in a column; undefined where it is over."""
        if column not in self._times:
            self._times[column] = self.history.time_at(self.columns[column].stand().astype(np.int64))
        return self._times[column]

    def sides(self) -> list[tuple[int, list[int]]]:
        """-1 and 1 where there are columns on that side, each with its columns from the anchor outward."""
        ways = ((side, [0, *sorted((c for c in self.columns if c * side > 0), key=abs)]) for side in (-1, 1))
        return [(side, columns) for side, columns in ways if len(columns) > 1]


def paths(part: Part, spec: FlowSpec) -> Paths:
    """Every path of a part; all rounds of a question share them."""
    return part.once("paths", lambda: _make_paths(part, spec))


def stands_of(runs: Runs, spec: FlowSpec) -> Ints:
    """Position at which each run stands: the event next to its path, the last one if paths go right."""
    return runs.first if spec.ends_with else runs.last


def _nearest(part: Part, spec: FlowSpec) -> Elements:
    """The elements that decide which anchors are one run: those of the nearest column."""
    return find_elements(part, spec, spec.dimensions(spec.sides[-1])[0])


def _make_paths(part: Part, spec: FlowSpec) -> Paths:
    near = _nearest(part, spec)
    stands = stands_of(near.runs, spec)
    slots, group = _anchors(part, spec, near.runs, stands, near.anchor)
    items = np.full(len(slots), near.anchor, dtype=near.runs.item.dtype)
    columns = {0: Column(items, near.anchor, near.values, lambda: stands.take(slots))}
    for side in spec.sides:
        mixed = {*spec.dimensions(side), spec.dimensions(spec.sides[-1])[0]}
        columns |= (_in_step if len(mixed) == 1 else _walk)(part, spec, near, slots, side)
    found = Paths(part.history, dict(sorted(columns.items())), group)
    cut = begins_before_data(part) if -1 in spec.sides else None
    if cut is not None:
        for column in (column for number, column in columns.items() if number < 0):
            column.item[(column.item == EDGE) & cut.take(found.container)] = BEFORE
    return found


def _limit(spec: FlowSpec, side: int) -> int | None:
    """Farthest a run may stand from its anchor, in microseconds."""
    limits = [spec.within, spec.follow if side > 0 else None]
    return min((microseconds(limit) for limit in limits if limit), default=None)


def begins_before_data(part: Part) -> Bools | None:
    """Containers of the part whose record was created before the data begin."""
    early = part.matcher.created_before_data(part.history.kind)
    first = part.history.first_container
    return None if early is None else early[first : first + part.history.containers]


# --- anchors -----------------------------------------------------------------------------------


def _anchors(part: Part, spec: FlowSpec, runs: Runs, stands: Ints, anchor: int) -> tuple[Int64s, Ints]:
    """Slots of the anchors that begin a path, and a number of the container of each."""
    free = part.starts_in is None and part.allowed is None and spec.occurrence == "all"
    if free and compiled.AVAILABLE:
        most = len(part.find(anchor_condition(part, spec)))
        return compiled.find_in_runs(runs.item, anchor, EDGE, most)
    slots = np.flatnonzero(runs.item == anchor)
    if spec.occurrence != "all" and part.before_range is not None:
        slots = _first_before_range(part, spec, runs, stands, anchor)
    elif spec.occurrence != "all":
        slots = _one_each(part, slots, stands, last=spec.occurrence == "last")
    found = Matches(part.history, stands.take(slots))
    kept = part.permitted(found)
    if len(kept) < len(found):
        chosen = np.flatnonzero(np.isin(found.positions, kept.positions, assume_unique=True))
        return slots.take(chosen), found.container.take(chosen)
    return slots, found.container


def _one_each(part: Part, slots: Int64s, stands: Ints, *, last: bool) -> Int64s:
    """The first or last anchor of each container."""
    container = part.history.container_at(stands.take(slots))
    begins = run_starts(container)
    if last and len(begins):
        begins = np.concatenate((begins[1:], [len(slots)])) - 1
    return slots.take(begins)


def _first_before_range(part: Part, spec: FlowSpec, runs: Runs, stands: Ints, anchor: int) -> Int64s:
    """Anchors that are the first or last of the uncut history and still stand in the cut one."""
    uncut = part.before_range
    assert uncut is not None
    whole = _nearest(uncut, spec)
    whole_stands = stands_of(whole.runs, spec)
    slots = _one_each(
        uncut, np.flatnonzero(whole.runs.item == whole.anchor), whole_stands, last=spec.occurrence == "last"
    )
    wanted = uncut.whole_position(whole_stands.take(slots).astype(np.int64))
    own = np.flatnonzero(runs.item == anchor)
    return own[np.isin(part.whole_position(stands.take(own).astype(np.int64)), wanted)]


# --- one dimension: the runs beside the anchor's -------------------------------------------------


def _in_step(part: Part, spec: FlowSpec, near: Elements, slots: Int64s, side: int) -> dict[int, Column]:
    """The columns of a side where all have one dimension: the next runs, or those before."""
    runs, stands = near.runs, stands_of(near.runs, spec)
    limit, depths = _limit(spec, side), range(1, spec.columns + 1)
    counts: list[Int64s | None] = [None] * spec.columns
    if compiled.AVAILABLE and limit is None:
        codes = max(len(near.values), near.anchor + 1)
        table, counted = compiled.path_items(runs.item, slots, side, spec.columns, EDGE, OVER, codes)
        items, counts = list(table), list(counted)
    else:
        items = _outward(part.history, runs, stands, slots, side * np.array(depths), limit)

    def column(depth: int) -> Column:
        def stand() -> Ints:
            return stands.take(slots + side * depth, mode="clip")

        return Column(items[depth - 1], near.anchor, near.values, stand, counts[depth - 1])

    return {side * depth: column(depth) for depth in depths}


def _outward(
    history: History, runs: Runs, stands: Ints, slots: Int64s, steps: Int64s, limit: int | None
) -> list[Ints]:
    """Items of every path, one array for each step away from the anchor's slot."""
    columns, over = [], np.zeros(len(slots), dtype=np.bool_)
    for step in steps:
        at = slots + step
        item = runs.item.take(at, mode="clip")
        if limit is not None:
            time = history.time_at(stands.take(slots))
            item[np.abs(history.time_at(stands.take(at, mode="clip")) - time) > limit] = EDGE
        np.putmask(item, over, OVER)
        over |= item == EDGE
        columns.append(item)
    return columns


# --- a dimension for each column: one search after the other -------------------------------------


def _walk(part: Part, spec: FlowSpec, near: Elements, slots: Int64s, side: int) -> dict[int, Column]:
    """The columns of a side, each the run of its dimension that is met next after the one nearer the anchor.

    To the right a path leaves a run at its last event, to the left at its first. A run met half-way
    counts from where it is met.
    """
    history, limit = part.history, _limit(spec, side)
    leave = (near.runs.last if side > 0 else near.runs.first).take(slots).astype(np.int64)
    start = stands_of(near.runs, spec).take(slots).astype(np.int64)
    began, container = history.time_at(start), history.container_at(start)
    bounds = (history.ends if side > 0 else history.starts).take(container)
    over = np.zeros(len(slots), dtype=np.bool_)
    known = {path: find_elements(part, spec, path, ready=False) for path in {*spec.dimensions(side)}}
    columns: dict[int, Column] = {}
    for depth, path in enumerate(spec.dimensions(side), start=1):
        elements = known[path]
        item, stand, left = _met(elements, leave, bounds, side, first=spec.ends_with is not None)
        if limit is not None:
            item[np.abs(history.time_at(stand) - began) > limit] = EDGE
        np.putmask(item, over, OVER)
        over |= item == EDGE
        leave = np.where(over, leave, left)
        columns[side * depth] = Column(item, elements.anchor, elements.values, _constant(stand))
    return columns


def _constant(positions: Int64s) -> Callable[[], Ints]:
    return lambda: positions


def _met(
    elements: Elements, leave: Int64s, bounds: Int64s, side: int, *, first: bool
) -> tuple[Ints, Int64s, Int64s]:
    """For each path the item of the run met next, where the run stands, and where the path leaves it.

    `bounds` are the ends of the containers on that side, `first` says that runs stand at their first event.
    """
    slots = np.flatnonzero(elements.runs.item != SENTINEL)
    if not len(slots):
        return np.full(len(leave), EDGE, dtype=np.int32), leave, leave
    lasts, firsts = elements.runs.last.take(slots), elements.runs.first.take(slots)
    if side > 0:
        at = place(lasts, leave, right=True)
        left = lasts.take(at, mode="clip").astype(np.int64)
        ok = (at < len(slots)) & (left < bounds)
        stand = left
    else:
        at = place(firsts, leave) - 1
        left = firsts.take(np.maximum(at, 0)).astype(np.int64)
        ok = (at >= 0) & (left >= bounds)
        stand = left if first else _last_before(elements, leave)
    item = np.where(ok, elements.runs.item.take(slots.take(np.maximum(at, 0), mode="clip")), EDGE)
    return item, np.where(ok, stand, leave), np.where(ok, left, leave)


def _last_before(elements: Elements, leave: Int64s) -> Int64s:
    """Position of the last element before each position; any position where there is none."""
    assert elements.positions is not None
    at = place(elements.positions, leave) - 1
    return elements.positions.take(np.maximum(at, 0))
