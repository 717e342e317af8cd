"""Lift: how much more often containers have an item before an anchor than comparable ones without an anchor.

Two kinds of **reference points** are compared. Of a container with a permitted anchor it is the first one; of
a container that never has an anchor it is its last permitted event of each calendar month. An item counts at
a point where an event of the window before it has the item: `within` back from it, earlier in the history.

Points are compared within **strata**: the same calendar month, the same quarter of accounts by employees, and
equally many events in the window up to a factor of two. The ratio over strata is that of Mantel and Haenszel,

    R = Σ a·n0/N,  S = Σ c·n1/N,  lift = R / S

with `a` of `n1` anchors and `c` of `n0` others that have the item and `N = n1 + n0` (K. J. Rothman,
S. Greenland and T. L. Lash, "Modern Epidemiology", 3rd edition, 2008, chapter 15; N. Mantel and W. Haenszel,
Journal of the National Cancer Institute 22, 1959). Its 95 % interval is that of S. Greenland and
J. M. Robins, "Estimation of a common effect parameter from sparse follow-up data", Biometrics 41, 1985:

    Var(ln lift) = Σ (n1·n0·(a + c) - a·c·N) / N² / (R·S)

The interval takes points for independent. A container without an anchor has one in every month it is active
in, so where few such containers are matched often, the interval is somewhat too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from workbench.analyses.criteria import Periods
from workbench.analyses.items import first_items, item_codes
from workbench.analyses.part import Part
from workbench.analyses.steps import percent
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, bisect_segments, distinct_count, place
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.shares import Z95
from workbench.model.specs import LiftSpec

ITEMS: dict[str, Any] = {
    "item": pl.String,
    "anchors": pl.Int64,
    "anchor_containers": pl.Int64,
    "share": pl.Float64,
    "covered": pl.Int64,
    "coverage": pl.Float64,
    "covered_share": pl.Float64,
    "matched": pl.Int64,
    "matched_share": pl.Float64,
    "lift": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "enough": pl.Boolean,
}
FEWEST = 10
"""Covered anchors with the item, and matched points, below which there is no ratio."""
_SIZES, _ACTIVITIES = 5, 64
"""Size classes (0: unknown) and classes of activity: powers of two."""


@dataclass(frozen=True, eq=False)
class Points:
    """Reference points of one kind in one part, ascending."""

    who: Int64s
    """Container of each."""
    at: Int64s
    """Its position: the end of its window, not in it."""
    low: Int64s
    """First position of its window."""
    stratum: Int64s
    """What it is compared within; -1 in a month that is not loaded."""


@dataclass(frozen=True, eq=False)
class Found:
    """What both rounds of a question share."""

    anchors: Points
    others: Points
    codes: Ints
    """Item of every position; as many as there are names where it has none."""
    names: pa.Array


def found_in(part: Part, spec: LiftSpec) -> Found:
    """The points of a part and the items of its events."""
    return part.once("lift", lambda: _find(part, spec))


def _find(part: Part, spec: LiftSpec) -> Found:
    version, history = part.matcher.version, part.history
    codes, names = item_codes(part, version.pathing_dimension(spec.dimension))
    codes = codes.copy()
    if spec.among is not None:
        others = np.ones(len(codes), dtype=np.bool_)
        others[part.find(version.inline(spec.among)).positions] = False
        codes[others] = len(names)
    anchor = version.inline(spec.anchor)
    matches = part.find(anchor)
    codes[matches.positions] = len(names)
    first = part.begin(matches)
    month = Periods.of(version, "month").number_of_any(first.when)
    anchors = _points(part, spec, matches, (first.who, first.at.astype(np.int64), month))
    who, at, month = part.remember(("months",), lambda: _months(part), lambda kept: 24 * len(kept[0]))
    whole = part.before_range or part
    never = ~whole.find(anchor).present()
    if part.allowed is not None:
        never &= part.allowed
    kept = np.flatnonzero(never.take(who)) if history.containers else np.empty(0, dtype=np.int64)
    unanchored = who.take(kept), at.take(kept), month.take(kept)
    return Found(anchors, _points(part, spec, matches, unanchored), codes, names)


def _months(part: Part) -> tuple[Int64s, Int64s, Ints]:
    """The last permitted event of each container and calendar month: container, position, month."""
    history, calendar = part.history, Periods.of(part.matcher.version, "month")
    month = calendar.number_of_any(history.time)
    if part.starts_in is not None:
        low, high = part.starts_in
        month[(history.time < low) | (history.time >= high)] = len(calendar)
    is_last = np.append(month[1:] != month[:-1], True) if len(month) else np.empty(0, dtype=np.bool_)
    is_last[history.ends[history.ends > history.starts] - 1] = True
    is_last &= month < len(calendar)
    at = np.flatnonzero(is_last)
    return history.container_at(at), at, month.take(at)


def _points(part: Part, spec: LiftSpec, anchors: Matches, points: tuple[Int64s, Int64s, Ints]) -> Points:
    """Points with their windows and strata; elements of a window are its events apart from anchors."""
    history, (who, at, month) = part.history, points
    since = history.time_at(at) - microseconds(spec.within)
    low = bisect_segments(history.time, history.starts.take(who), at, since)
    elements = at - low - place(anchors.positions, at) + place(anchors.positions, low)
    loaded = month < len(Periods.of(part.matcher.version, "month"))
    return Points(who, at, low, np.where(loaded, strata_at(part, at, month, elements), -1))


def strata_at(part: Part, positions: Int64s, month: Ints, events: Int64s) -> Int64s:
    """One number for the month, the size of the account and the events before, up to a factor of two."""
    activity = np.frexp((1 + events).astype(np.float64))[1] - 1
    size = _size_class(part, positions)
    return np.asarray((month.astype(np.int64) * _SIZES + size) * _ACTIVITIES + activity)


def _size_class(part: Part, positions: Int64s) -> Ints:
    """In which quarter of all accounts, by employees, the account of an event lies: 1 to 4; 0 for unknown."""
    matcher = part.matcher
    record = "global_account" if matcher.scope.kind == "global_account" else "account"
    column, employees = matcher.values_of(f"{record}.employees", matcher.scope)
    every = matcher.index.of_records("accounts", "employees").drop_null()
    ranked = np.sort(every.to_numpy(zero_copy_only=False))
    cuts = ranked.take([-(-quarter * len(ranked) // 4) - 1 for quarter in (1, 2, 3)] if len(ranked) else [])
    known = np.asarray(employees.is_valid())
    size = 1 + cuts.searchsorted(pc.fill_null(employees, 0).to_numpy(zero_copy_only=False))
    classes = np.append(np.where(known, size, 0), 0)
    return np.asarray(classes.take(matcher.index.column(column).codes.take(part.history.row_at(positions))))


# --- round one: which items and which strata there are -----------------------------------------


@dataclass(frozen=True, eq=False)
class Reached:
    """What precedes the anchors of one part."""

    held: Int64s
    """Anchors that have each item."""
    strata: Int64s
    """Strata of the anchors, distinct and ascending."""


def rank_measure(part: Part, spec: LiftSpec) -> Reached:
    """Items and strata of the anchors of one part."""
    found = found_in(part, spec)
    _, item = first_items(found.codes, found.anchors.low, found.anchors.at, len(found.names))
    strata = np.unique(found.anchors.stratum)
    return Reached(np.bincount(item, minlength=len(found.names)), strata[strata >= 0])


def rank_merge(left: Reached, right: Reached) -> Reached:
    """Of both parts."""
    return Reached(left.held + right.held, np.union1d(left.strata, right.strata))


def rank_finish(reached: Reached, names: pa.Array, spec: LiftSpec) -> list[tuple[str, int]]:
    """The items that most anchors have, most first, ties by name, with their codes."""
    held, codes = reached.held, np.flatnonzero(reached.held)
    if len(codes) > spec.items:
        least = np.partition(held.take(codes), -spec.items)[-spec.items]
        codes = codes[held.take(codes) >= least]
    named = list(zip(names.take(pa.array(codes)).to_pylist(), codes.tolist(), strict=True))
    return sorted(named, key=lambda one: (-held[one[1]], one[0]))[: spec.items]


# --- round two: who has them in each stratum ---------------------------------------------------


@dataclass(frozen=True, eq=False)
class Partial:
    """Points of one part by stratum, and those that have an item, items by strata."""

    containers: int
    """Anchors, in whatever month."""
    anchors: Int64s
    others: Int64s
    anchors_with: Int64s
    others_with: Int64s


def measure(part: Part, spec: LiftSpec, kept: list[tuple[str, int]], strata: Int64s) -> Partial:
    """Counts of one part."""
    found = found_in(part, spec)
    positions = [np.flatnonzero(found.codes == found.codes.dtype.type(code)) for _, code in kept]
    anchors, anchors_with = _count(found.anchors, positions, strata)
    others, others_with = _count(found.others, positions, strata)
    return Partial(len(found.anchors.who), anchors, others, anchors_with, others_with)


def _count(points: Points, items: list[Int64s], strata: Int64s) -> tuple[Int64s, Int64s]:
    """Points by stratum, and of each item, given by its positions, those with one in their window."""
    width = len(strata)
    if not width:
        return np.zeros(0, dtype=np.int64), np.zeros((len(items), 0), dtype=np.int64)
    number = place(strata, points.stratum)
    inside = np.flatnonzero(strata.take(number, mode="clip") == points.stratum)
    number, low, at = number.take(inside), points.low.take(inside), points.at.take(inside)
    having = np.zeros((len(items), width), dtype=np.int64)
    for row, positions in zip(having, items, strict=True):
        row += np.bincount(number[place(positions, at) > place(positions, low)], minlength=width)
    return np.bincount(number, minlength=width), having


def divisible(spec: LiftSpec) -> bool:
    """One pass over the events, as fast as memory gives them."""
    return False


def merge(left: Partial, right: Partial) -> Partial:
    """Parts share no container."""
    return Partial(
        left.containers + right.containers,
        left.anchors + right.anchors,
        left.others + right.others,
        left.anchors_with + right.anchors_with,
        left.others_with + right.others_with,
    )


def finish(partial: Partial, reached: Reached, kept: list[tuple[str, int]]) -> dict[str, pl.DataFrame]:
    """The table `items`: those that most anchors have first."""
    informative = np.flatnonzero(partial.others)
    n1, n0 = partial.anchors.take(informative), partial.others.take(informative)
    covered, containers = int(n1.sum()), partial.containers
    rows: list[tuple[Any, ...]] = []
    for place_, (item, code) in enumerate(kept):
        a, c = partial.anchors_with[place_].take(informative), partial.others_with[place_].take(informative)
        anchors = int(reached.held[code])
        ratio = mantel_haenszel(a, n1, c, n0)
        row = (item, anchors, containers, percent(anchors, containers), covered, percent(covered, containers))
        shares = percent(a.sum(), covered), int(n0.sum()), percent(float((n1 * c / n0).sum()), covered)
        rows.append((*row, *shares, *(ratio or (None, None, None)), ratio is not None))
    return {"items": pl.DataFrame(rows, schema=ITEMS, orient="row")}


def mantel_haenszel(a: Int64s, n1: Int64s, c: Int64s, n0: Int64s) -> tuple[float, float, float] | None:
    """Risk ratio over strata and its 95 % interval; None where the data are too few.

    `a` of `n1` against `c` of `n0` by stratum, none of which is empty on either side.
    """
    if a.sum() < FEWEST or n0.sum() < FEWEST or not c.sum():
        return None
    total = (n1 + n0).astype(np.float64)
    above, below = float((a * n0 / total).sum()), float((c * n1 / total).sum())
    variance = float(((n1 * n0 * (a + c) - a * c * (n1 + n0)) / total**2).sum()) / (above * below)
    ratio, factor = above / below, math.exp(Z95 * math.sqrt(variance))
    return ratio, ratio / factor, ratio * factor


def answer(parts: Sequence[Part], spec: LiftSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """Both rounds: find items and strata of the anchors, then count who has them in each stratum."""
    reached = reduce(rank_merge, (rank_measure(part, spec) for part in parts))
    kept = rank_finish(reached, found_in(parts[0], spec).names, spec)
    partial = reduce(merge, (measure(part, spec, kept, reached.strata) for part in parts))
    return finish(partial, reached, kept)


def members(part: Part, spec: LiftSpec, table: str, select: dict[str, Any], measure_: str) -> Bools:
    """Containers with an anchor that have an item in the window before it."""
    found = found_in(part, spec)
    owner, item = first_items(found.codes, found.anchors.low, found.anchors.at, len(found.names))
    is_asked = np.append(pc.equal(found.names, str(select.get("item"))).to_numpy(zero_copy_only=False), False)
    return distinct_count(found.anchors.who.take(owner[is_asked.take(item)]), part.history.containers)
