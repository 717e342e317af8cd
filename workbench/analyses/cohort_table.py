"""Cohort table: how many members of each cohort return, period after period.

Two incidence tables of containers by period carry it: who is a member, who met the return criteria.
Their product holds every cell at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.criteria import Judged, Periods, codes_of
from workbench.analyses.part import Part
from workbench.analyses.steps import percent
from workbench.errors import SpecError, nearest
from workbench.index.kernels import Bools, Int64s, run_starts
from workbench.model.calendar import range_bounds
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.specs import CohortTableSpec

CELLS = {
    "segment": pl.String,
    "cohort": pl.Date,
    "size": pl.Int64,
    "period": pl.Int64,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "complete": pl.Boolean,
}
CHUNK_CELLS = 1 << 24
"""Cells of an incidence table held at once; keeps float32 products exact."""


@dataclass(frozen=True, eq=False)
class Memberships:
    """One row for each member and cohort period, ascending by both."""

    keys: Int64s
    container: Int64s
    period: Int64s
    first: Int64s
    """First matching inclusion event; the part's size where the criteria hold without one."""


@dataclass(frozen=True)
class Partial:
    """Members by period, and members who returned by period and k, of one part."""

    size: Int64s
    returned: Int64s


def memberships(part: Part, spec: CohortTableSpec, calendar: Periods) -> tuple[Judged, Memberships]:
    """Who belongs to which cohort."""
    inclusion = Judged(part, spec.inclusion, calendar)
    keys = inclusion.met
    container, period = codes_of(keys, len(calendar))
    chosen = np.isin(period, cohort_rows(spec, part.matcher.version, calendar))
    if spec.membership == "first":
        chosen &= period == _earliest(part.before_range or part, spec, calendar).take(container)
    keys, container, period = keys[chosen], container[chosen], period[chosen]
    return inclusion, Memberships(keys, container, period, inclusion.first_match(keys))


def cohort_rows(spec: CohortTableSpec, version: DataVersion, calendar: Periods) -> Int64s:
    """The periods that are rows: all, or those wholly inside the date range."""
    rows = np.arange(len(calendar))
    bounds = range_bounds(spec.date_range, version)
    if bounds is None:
        return rows
    return rows[(calendar.edges[:-1] >= bounds[0]) & (calendar.edges[1:] <= bounds[1])]


def _earliest(part: Part, spec: CohortTableSpec, calendar: Periods) -> Int64s:
    """Earliest period in which each container meets the inclusion; -1 without one."""
    keys = Judged(part, spec.inclusion, calendar).met
    container, period = codes_of(keys, len(calendar))
    earliest = np.full(part.history.containers, -1, dtype=np.int64)
    begins = run_starts(container)
    earliest[container.take(begins)] = period.take(begins)
    return earliest


def measure(part: Part, spec: CohortTableSpec) -> Partial:
    """Sizes and returns of one part."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    width = len(calendar)
    inclusion, members = memberships(part, spec, calendar)
    returning = Judged(part, spec.returning, calendar)
    square = np.zeros((width, width), dtype=np.int64)
    if spec.follow is not None:
        for k in range(width):
            held = _held_in(part, spec, calendar, inclusion, members, returning, k)
            square[:, k] = np.bincount(members.period[held], minlength=width)
        return Partial(np.bincount(members.period, minlength=width), square)
    at_once = _returned_at_once(part, members, returning)
    square[:, 0] = np.bincount(members.period[at_once], minlength=width)
    step = max(1, CHUNK_CELLS // width)
    for low in range(0, part.history.containers, step):
        high = min(low + step, part.history.containers)
        a, b = (int(x) for x in members.container.searchsorted((low, high)))
        if a < b:
            met = returning.incidence(low, high)
            _add_returns(square, members.container[a:b] - low, members.period[a:b], met, rolling=spec.rolling)
    return Partial(np.bincount(members.period, minlength=width), square)


def _returned_at_once(part: Part, members: Memberships, returning: Judged) -> Bools:
    """Period 0: who returned later than the first inclusion event, in the same period."""
    return (members.first < len(part)) & returning.met_after(members.keys, members.first)


def _add_returns(square: Int64s, container: Int64s, period: Int64s, met: Bools, *, rolling: bool) -> None:
    """Add the returns of some members for k ≥ 1."""
    width = len(square)
    if rolling:
        for i in range(width - 1):
            held = met[container[period == i], i + 1 :]
            square[i, 1 : width - i] += np.logical_and.accumulate(held, axis=1).sum(axis=0)
        return
    joined = np.zeros(met.shape, dtype=np.float32)
    joined[container, period] = 1
    product = (joined.T @ met.astype(np.float32)).astype(np.int64)
    for i in range(width - 1):
        square[i, 1 : width - i] += product[i, i + 1 :]


def _held_in(
    part: Part,
    spec: CohortTableSpec,
    calendar: Periods,
    inclusion: Judged,
    members: Memberships,
    returning: Judged,
    k: int,
) -> Bools:
    """Who returned in period k, member by member; where asked, only closely after an inclusion event."""
    width = len(calendar)
    observed = members.period + k < width
    target = members.container * width + np.minimum(members.period + k, width - 1)
    if spec.follow is not None:
        follow = microseconds(spec.follow)
        held = returning.met_following(target, inclusion, members.keys, follow)
        held &= (members.first < len(part)) if k == 0 else observed
    elif k == 0:
        return _returned_at_once(part, members, returning)
    else:
        everyone = returning.incidence(0, part.history.containers)
        held = observed & everyone.ravel().take(target)
    if spec.rolling and k > 1:
        held &= _held_in(part, spec, calendar, inclusion, members, returning, k - 1)
    return held


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add: parts share no container."""
    return Partial(left.size + right.size, left.returned + right.returned)


def finish(partial: Partial, spec: CohortTableSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The table `cells`, by cohort and period."""
    calendar = Periods.of(version, spec.granularity)
    rows: list[tuple[str, date, int, int, int, float | None, int, bool]] = []
    for i in cohort_rows(spec, version, calendar):
        size, previous = int(partial.size[i]), int(partial.size[i])
        last = len(calendar) - 1 - int(i)
        for k in range(min(last, spec.max_periods or last) + 1):
            retained = int(partial.returned[i, k])
            value = size - retained if spec.type == "churn" else retained
            base = previous if spec.rolling and spec.type == "retention" else size
            whole = calendar.edges[i] >= version.data_from and calendar.edges[i + k + 1] <= version.horizon
            rows.append(("All", calendar.days[i], size, k, value, percent(value, base), base, bool(whole)))
            previous = retained if k else size
    return {"cells": pl.DataFrame(rows, schema=CELLS, orient="row")}


def members(part: Part, spec: CohortTableSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a cell: the members of the cohort, or those the cell counts."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    asked = str(select.get("cohort"))[:10]
    names = [day.isoformat() for day in calendar.days]
    rows = cohort_rows(spec, part.matcher.version, calendar)
    if asked not in names or names.index(asked) not in rows:
        raise SpecError(f"{asked!r} is no cohort here; {nearest(asked, [names[i] for i in rows])}", "select.cohort")
    period = names.index(asked)
    inclusion, joined = memberships(part, spec, calendar)
    chosen = joined.period == period
    if measure == "value":
        k = select.get("period")
        if not isinstance(k, int) or not 0 <= k < len(calendar) - period:
            raise SpecError(f"found period {k!r}; this cohort has 0 to {len(calendar) - period - 1}", "select.period")
        held = _held_in(part, spec, calendar, inclusion, joined, Judged(part, spec.returning, calendar), k)
        chosen &= ~held if spec.type == "churn" else held
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[joined.container[chosen]] = True
    return present
