"""Who returned when: memberships by columns, period after period, in the calendar or in elapsed time.

Tables have one line for each column `k` and one place for each membership.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.analyses.cohort_members import Cohorts, Memberships
from workbench.analyses.criteria import Judged, Table
from workbench.analyses.elapsed import Units
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, expand, place
from workbench.model.durations import microseconds
from workbench.model.specs import CohortTableSpec

NEVER = 1 << 40
"""More periods than there are."""


@dataclass(frozen=True)
class Columns:
    """The periods after a cohort that are columns: `low` to `high`, 0 among them."""

    low: int
    high: int

    @classmethod
    def shown(cls, spec: CohortTableSpec, periods: int) -> Columns:
        """Those of the answer."""
        most = min(periods - 1, spec.max_periods or periods - 1)
        return cls(-most if spec.latency else 0, most)

    @classmethod
    def counted(cls, spec: CohortTableSpec, periods: int) -> Columns:
        """Those that the answer depends on: counting on or after a period looks on to the horizon."""
        shown = cls.shown(spec, periods)
        return cls(shown.low, periods - 1) if spec.counting == "on_or_after" else shown

    def __len__(self) -> int:
        return self.high - self.low + 1

    @property
    def numbers(self) -> Int64s:
        """Every k."""
        return np.arange(self.low, self.high + 1)


@dataclass(frozen=True, eq=False)
class Returned:
    """Whether each membership is observed in a column, and counts there as returned."""

    observed: Bools
    retained: Bools
    base: Bools
    """Of whom a percentage of those counted is taken."""


def returned(cohorts: Cohorts, returning: Table, members: Memberships, columns: Columns) -> Returned:
    """Who returned, counted and chained as the question says, in these columns."""
    spec = cohorts.spec
    low, high = observation(cohorts, members)
    numbers = columns.numbers[:, None]
    observed = (numbers >= low) & (numbers <= high)
    held = (_elapsed if spec.periods == "elapsed" else _calendar)(cohorts, returning, members, columns)
    held &= observed
    retained = _accumulated(spec, held, -columns.low) & observed
    if spec.rolling:
        later = slice(1 - columns.low, None)
        retained[later] = np.logical_and.accumulate(retained[later], axis=0)
    return Returned(observed, retained, _base(spec, observed, retained, 1 - columns.low))


def _base(spec: CohortTableSpec, observed: Bools, retained: Bools, one: int) -> Bools:
    """Who is observed, from column 2 on at times only whom the column before counts; `one` is a line."""
    if not spec.of_previous:
        return observed
    base, before = observed.copy(), retained[one:-1]
    base[one + 1 :] &= ~before if spec.type == "churn" else before
    return base


def _accumulated(spec: CohortTableSpec, held: Bools, zero: int) -> Bools:
    """Held in the period alone, in any from it on, or in any between period 0 and it; `zero` is its line."""
    if spec.counting == "exactly":
        return held
    if spec.counting == "on_or_after":
        return np.asarray(np.logical_or.accumulate(held[::-1], axis=0)[::-1])
    found = np.empty_like(held)
    np.logical_or.accumulate(held[zero:], axis=0, out=found[zero:])
    found[:zero] = np.logical_or.accumulate(held[zero::-1], axis=0)[:0:-1]
    return found


def observation(cohorts: Cohorts, members: Memberships) -> tuple[Int64s, Int64s]:
    """First and last column in which each membership is observed; an empty span where in none."""
    low, high = -members.period, len(cohorts.calendar) - 1 - members.period
    if cohorts.spec.periods == "calendar":
        return low, high
    version = cohorts.part.matcher.version
    units, known = Units.of(version, cohorts.spec.granularity), has_start(cohorts, members)
    start = cohorts.part.history.time_at(members.first.take(known))
    before = units.whole(start, np.full(len(start), version.data_from))
    before += units.later(start, before) < version.data_from
    after = units.whole(start, np.full(len(start), version.horizon))
    first, last = np.full(len(members), NEVER), np.full(len(members), -NEVER)
    first[known] = np.maximum(low.take(known), before)
    last[known] = np.minimum(high.take(known), after)
    return first, last


def has_start(cohorts: Cohorts, members: Memberships) -> Int64s:
    """The memberships with a first matching inclusion event."""
    return np.flatnonzero(members.first < len(cohorts.part))


def _calendar(cohorts: Cohorts, returning: Table, members: Memberships, columns: Columns) -> Bools:
    """Whether the return criteria hold in the k-th calendar period after the cohort's."""
    width = cohorts.member.shape[1]
    cell = members.container * width + members.period
    held = np.zeros((len(columns), len(members)), dtype=np.bool_)
    met, follow = returning.met.ravel(), cohorts.spec.follow
    for line, k in enumerate(range(columns.low, columns.high + 1)):
        if k == 0:
            held[line] = at_once(cohorts, returning).ravel().take(cell)
        elif k > 0 and follow is not None:
            following = returning.met_following(cohorts.inclusion, microseconds(follow), k)
            held[line] = following.ravel().take(cell)
        elif abs(k) < width:
            held[line] = met.take(cell + k, mode="clip")
    return held


def at_once(cohorts: Cohorts, returning: Table) -> Bools:
    """Who returned later than the first inclusion event, in the same period; containers x periods."""
    inclusion, follow = cohorts.inclusion, cohorts.spec.follow
    started = inclusion.first < len(cohorts.part)
    if follow is not None:
        held = returning.met_following(inclusion, microseconds(follow), 0)
    else:
        held = returning.met_after(inclusion.first)
    return np.asarray(started.reshape(cohorts.member.shape) & held)


def _elapsed(cohorts: Cohorts, returning: Table, members: Memberships, columns: Columns) -> Bools:
    """Whether the return criteria hold in the k-th unit of time after the first inclusion event."""
    judged, cells = returning.judged, []
    for matches in judged.matches:
        owner, _, unit = units_between(cohorts, members, matches, columns)
        cells.append((unit - columns.low) * len(members) + owner)
    return judged.holds(cells, len(columns) * len(members)).reshape(len(columns), len(members))


def units_between(
    cohorts: Cohorts, members: Memberships, matches: Matches, columns: Columns
) -> tuple[Int64s, Int64s, Int64s]:
    """Each membership with the matches that count in a column: indices of both, and the column."""
    units = Units.of(cohorts.part.matcher.version, cohorts.spec.granularity)
    owner, at = pairs(cohorts, members, matches.positions, before=columns.low < 0)
    positions, time = matches.positions.take(at), matches.time.take(at)
    start = cohorts.part.history.time_at(members.first.take(owner))
    unit = units.whole(start, time)
    earlier = positions < members.first.take(owner)
    np.minimum(unit, -1, out=unit, where=earlier)
    kept = (unit >= columns.low) & (unit <= columns.high)
    if cohorts.spec.follow is not None:
        kept &= earlier | follows(cohorts, members, owner, positions, time)
    return owner[kept], at[kept], unit[kept]


def pairs(
    cohorts: Cohorts, members: Memberships, positions: Ints, *, before: bool = False
) -> tuple[Int64s, Int64s]:
    """Each membership with every later of the given positions in its container: indices of both.

    With `before` also with every earlier one. Memberships without a start have none.
    """
    history, known = cohorts.part.history, has_start(cohorts, members)
    container, first = members.container.take(known) + cohorts.low, members.first.take(known)
    end = place(positions, history.ends.take(container))
    after = place(positions, first, right=True)
    at, owner = expand(after, end - after)
    if before:
        begin = place(positions, history.starts.take(container))
        earlier, earlier_owner = expand(begin, place(positions, first) - begin)
        at, owner = np.concatenate((earlier, at)), np.concatenate((earlier_owner, owner))
    return known.take(owner), at


def follows(cohorts: Cohorts, members: Memberships, owner: Int64s, positions: Ints, time: Int64s) -> Bools:
    """Whether events come soon enough after the latest inclusion event of their membership before them."""
    assert cohorts.spec.follow is not None
    cell = members.container.take(owner) * cohorts.member.shape[1] + members.period.take(owner)
    since = cohorts.inclusion.since(cell, positions)
    return np.asarray(time - since <= microseconds(cohorts.spec.follow))


def return_table(cohorts: Cohorts, returning: Judged) -> Table:
    """The return criteria of the same range of containers."""
    return returning.table(cohorts.low, cohorts.low + len(cohorts.member))
