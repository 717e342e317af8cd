"""Time to a milestone: how many leave on each day after they began, and why.

What is counted in parts is the day on which each container came to the milestone, came to a competing
outcome, or was last observed; the curves are estimated from these numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.analyses import initiative
from workbench.analyses.cohort_members import KINDS, cohorts_of
from workbench.analyses.cohort_returns import has_start
from workbench.analyses.criteria import Periods
from workbench.analyses.items import item_codes
from workbench.analyses.part import Part
from workbench.errors import SpecError, nearest
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, run_starts
from workbench.model.before_after import SIDES, initiative_tables
from workbench.model.calendar import observed_until, whole_periods
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.specs import CohortTableSpec, TimeToSpec
from workbench.model.time_to_event import Group, Leaving, tables

DAY = 86_400_000_000
"""Microseconds of a day."""
NEVER = 2**62
CENSORED, REACHED, COMPETING = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Ways:
    """How each container left; arrays have one entry for each container that began and is not left out."""

    who: Int64s
    """Container code within the part."""
    item: Ints
    """Code of its group."""
    day: Int64s
    """Whole days from its beginning until it left."""
    state: Ints
    """Whether it was censored, reached the milestone, or came to the competing outcome."""
    earlier: int
    """Containers left out, as the milestone lies before they began."""
    names: pa.Array
    """Group of each code as text; the code behind the last is that of no value."""
    given: initiative.Beginnings | None = None
    """What pairs are made by; None where nothing is matched."""


def measure(part: Part, spec: TimeToSpec) -> Ways:
    """The ways of one part."""
    version, history = part.matcher.version, part.history
    who, at = _beginnings(part, spec)
    began = history.time_at(at)
    counts = began <= version.horizon
    if spec.initiative is not None:
        counts &= initiative.in_window(part, spec.initiative, began)
    known = np.flatnonzero(counts)
    milestone = part.find(version.inline(spec.milestone))
    earlier = np.zeros(0, dtype=np.int64)
    if spec.earlier == "leave_out":
        before = _has_earlier(milestone, who.take(known), at.take(known))
        known, earlier = known[~before], known[before]
    who, at, began = who.take(known), at.take(known), began.take(known)
    until = np.full(len(who), observed_until(spec, version))
    if spec.follow is not None:
        until = np.minimum(until, began + microseconds(spec.follow))
    if spec.initiative is not None:
        until = initiative.known_until(part, spec.initiative, began, until)
    state, left = _leave(part, spec, milestone, (who, at, until))
    day = (left - began) // DAY
    if spec.initiative is None:
        item, names = _groups(part, spec, at, began)
        return Ways(who, item, day, state, len(earlier), names)
    item = initiative.groups_of(part, spec.initiative, who, began)
    matched = spec.initiative.segment is not None
    given = initiative.beginnings(part, spec, who, at.astype(np.int64)) if matched else None
    return Ways(who, item, day, state, len(earlier), pa.array([]), given)


def _beginnings(part: Part, spec: TimeToSpec) -> tuple[Int64s, Ints]:
    """Containers that begin, ascending, and the position at which each does."""
    cohort_table = spec.cohorts
    if cohort_table is None:
        reach = part.begin(part.find(part.matcher.version.inline(spec.inclusion)))
        return reach.who.astype(np.int64), reach.at
    return _first_memberships(part, cohort_table)


def _first_memberships(part: Part, spec: CohortTableSpec) -> tuple[Int64s, Ints]:
    """The first inclusion event of each container's earliest membership that has one."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    found: list[tuple[Int64s, Ints]] = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))]
    for cohorts in cohorts_of(part, spec.model_copy(update={"dimension": None}), calendar):
        members = cohorts.memberships()
        known = has_start(cohorts, members)
        container, first = members.container.take(known), members.first.take(known)
        begins = run_starts(container)
        found.append((container.take(begins) + cohorts.low, first.take(begins)))
    who, at = zip(*found, strict=True)
    return np.concatenate(who), np.concatenate(at)


def _has_earlier(matches: Matches, who: Int64s, at: Ints) -> Bools:
    """Whether a match of the same container lies before each position."""
    before = matches.positions.searchsorted(at) - 1
    found = before >= 0
    found[found] = matches.container.take(before[found]) == who[found]
    return np.asarray(found)


def _leave(
    part: Part, spec: TimeToSpec, milestone: Matches, ways: tuple[Int64s, Ints, Int64s]
) -> tuple[Ints, Int64s]:
    """State and time in which each way ends, given its container, its beginning and how long it is known."""
    who, at, until = ways
    came, time = _first_later(milestone, who, at)
    state, left = np.where(time <= until, REACHED, CENSORED), np.minimum(time, until)
    if spec.competing is not None:
        other, its_time = _first_later(part.find(part.matcher.version.inline(spec.competing)), who, at)
        instead = np.flatnonzero((its_time <= until) & (other < came))
        state[instead], left[instead] = COMPETING, its_time.take(instead)
    return state, left


def _first_later(matches: Matches, who: Int64s, at: Ints) -> tuple[Int64s, Int64s]:
    """Position and time of the first match of the same container after each position, or never."""
    after = matches.positions.searchsorted(at, "right")
    inside = np.flatnonzero(after < len(matches))
    inside = inside[matches.container.take(after.take(inside)) == who.take(inside)]
    position, time = np.full(len(who), NEVER), np.full(len(who), NEVER)
    position[inside] = matches.positions.take(after.take(inside))
    time[inside] = matches.time.take(after.take(inside))
    return position, time


def _groups(part: Part, spec: TimeToSpec, at: Ints, began: Int64s) -> tuple[Ints, pa.Array]:
    """Group code of each beginning, and the groups as text."""
    version = part.matcher.version
    if spec.by is None:
        return np.zeros(len(at), dtype=np.int64), pa.array(["All"])
    if spec.by == "cohort":
        calendar = Periods.of(version, spec.granularity)
        return calendar.number_of_any(began), pa.array([day.isoformat() for day in calendar.days])
    return item_codes(part, version.countable(spec.by), at)


def divisible(spec: TimeToSpec) -> bool:
    """A few searches for each container that begins."""
    return False


def merge(left: Ways, right: Ways) -> Ways:
    """All ways: parts share no container; codes of containers lose their meaning."""
    who, item, day, state = (
        np.concatenate(two)
        for two in (
            (left.who, right.who),
            (left.item, right.item),
            (left.day, right.day),
            (left.state, right.state),
        )
    )
    given = left.given.joined(right.given) if left.given and right.given else None
    return Ways(who, item, day, state, left.earlier + right.earlier, left.names, given)


# --- groups ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rows:
    """The groups that are shown, and which of them each way is in."""

    names: list[tuple[str, str]]
    """Kind and name."""
    number: Int64s
    """Of each way; -1 for one that found no partner and is in none."""


def rows_of(ways: Ways, spec: TimeToSpec) -> Rows:
    """Groups in their order: periods in time; items with most ways first, then Other and No value."""
    if spec.initiative is not None:
        return _sides(ways)
    sizes = np.bincount(ways.item, minlength=len(ways.names) + 1)
    codes = np.flatnonzero(sizes[: len(ways.names)])
    text = dict(zip(codes.tolist(), ways.names.take(pa.array(codes)).to_pylist(), strict=True))
    order = codes.tolist()
    kind = "all" if spec.by is None else "period" if spec.by == "cohort" else "item"
    if kind == "item":
        order = sorted(order, key=lambda code: (-sizes[code], text[code]))[: spec.items]
    names = [(kind, text[code]) for code in order]
    place = np.full(len(sizes), len(names), dtype=np.int64)
    place[order] = np.arange(len(order))
    if len(codes) > len(order):
        names.append(("other", KINDS["other"]))
    if sizes[-1]:
        place[-1] = len(names)
        names.append(("none", KINDS["none"]))
    return Rows(names, place.take(ways.item))


def _sides(ways: Ways) -> Rows:
    """The sides of the arms of an initiative that have somebody."""
    group = (
        ways.item if ways.given is None else np.where(initiative.paired(ways.item, ways.given), ways.item, -1)
    )
    shown = np.unique(group[group >= 0])
    number = np.where(group >= 0, shown.searchsorted(group), -1)
    return Rows([initiative.GROUPS[code] for code in shown.tolist()], number)


def finish(ways: Ways, spec: TimeToSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The tables `curve`, `groups` and `tests`, and `effects` of an initiative."""
    rows = rows_of(ways, spec)
    kept = np.flatnonzero(rows.number >= 0)
    order = kept.take(np.argsort(rows.number.take(kept), kind="stable"))
    cuts = np.cumsum(np.bincount(rows.number.take(kept), minlength=len(rows.names)))
    own = np.split(order, cuts[:-1]) if rows.names else []
    groups = [
        Group(*name, _leaving(ways.day.take(some), ways.state.take(some)))
        for name, some in zip(rows.names, own, strict=True)
    ]
    if spec.initiative is not None:
        return initiative_tables(groups, spec.initiative.at_days, _unmatched(ways, rows, spec), ways.earlier)
    complete = whole_periods(version, spec.granularity) if spec.by == "cohort" else {}
    return tables(groups, complete, ways.earlier)


def _unmatched(ways: Ways, rows: Rows, spec: TimeToSpec) -> dict[str, int]:
    """How many of each arm that is asked are in no pair."""
    assert spec.initiative is not None
    arm = ways.item[rows.number < 0] // len(SIDES)
    return {name: int((arm == code).sum()) for code, name in enumerate(spec.initiative.arms)}


def _leaving(day: Int64s, state: Ints) -> Leaving:
    days, place = np.unique(day, return_inverse=True)
    numbers = np.bincount(place * 3 + state, minlength=3 * len(days)).reshape(-1, 3)
    return Leaving.of(days, numbers[:, REACHED], numbers[:, COMPETING], numbers[:, CENSORED])


def members(part: Part, spec: TimeToSpec, table: str, select: dict[str, Any], measure_: str) -> Bools:
    """Containers of a group, or those of them that left in one way."""
    ways = measure(part, spec)
    rows = rows_of(ways, spec)
    number = _named(rows, select)
    chosen = rows.number == number
    state = {"reached": REACHED, "competing": COMPETING, "censored": CENSORED}.get(measure_)
    if state is not None:
        chosen &= ways.state == state
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[ways.who[chosen]] = True
    return present


def _named(rows: Rows, select: dict[str, Any]) -> int:
    """Number of the group that a selection names; its kind may be left out."""
    asked, kind = str(select.get("group")), select.get("kind")
    for number, (known_kind, name) in enumerate(rows.names):
        if name == asked and kind in (None, known_kind):
            return number
    known = [name for _, name in rows.names]
    raise SpecError(f"{asked!r} is no group here; {nearest(asked, known)}", "select.group")
