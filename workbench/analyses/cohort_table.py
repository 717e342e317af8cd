"""Cohort table: how many members of each cohort return, period after period.

Two tables of containers by periods carry it: who is a member, who met the return criteria. Their
product holds every cell at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.analyses.criteria import Judged, Periods, Table, ranges
from workbench.analyses.part import Part
from workbench.analyses.steps import percent
from workbench.errors import SpecError, nearest
from workbench.index.kernels import Bools, Int64s
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


@dataclass(frozen=True)
class Partial:
    """Members by period, and members who returned by period and k, of one part."""

    size: Int64s
    returned: Int64s


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Members and returns of a range of containers."""

    spec: CohortTableSpec
    inclusion: Table
    returning: Table
    member: Bools
    """Containers x periods: who belongs to which cohort."""

    @cached_property
    def at_once(self) -> Bools:
        """Period 0: who returned later than the first inclusion event, in the same period."""
        started = self.inclusion.first < len(self.inclusion.judged.part)
        if self.spec.follow is not None:
            held = self.returning.met_following(self.inclusion, microseconds(self.spec.follow), 0)
        else:
            held = self.returning.met_after(self.inclusion.first)
        return self.member & started.reshape(self.member.shape) & held

    def _held_in(self, k: int) -> Bools:
        """Who met the return criteria in period k ≥ 1 alone, by cohort."""
        if self.spec.follow is not None:
            held = self.returning.met_following(self.inclusion, microseconds(self.spec.follow), k)
        else:
            held = np.zeros(self.member.shape, dtype=np.bool_)
            held[:, :-k] = self.returning.met[:, k:]
        held[:, held.shape[1] - k :] = False
        return self.member & held

    def returned(self) -> Iterator[Bools]:
        """Who returned in period 0, 1, …, by cohort; a rolling table drops who once stayed away."""
        yield self.at_once
        still = self.member
        for k in range(1, self.member.shape[1]):
            held = self._held_in(k)
            if self.spec.rolling:
                still = held = held & still
            yield held

    @cached_property
    def _weights(self) -> npt.NDArray[np.float32]:
        """`member` as numbers, so that sums are products."""
        return self.member.astype(np.float32)

    def sizes(self) -> Int64s:
        """Members by period."""
        return (np.ones(len(self.member), dtype=np.float32) @ self._weights).astype(np.int64)

    def counts(self) -> Int64s:
        """Members who returned, by period and k."""
        width = self.member.shape[1]
        if self.spec.follow is not None or self.spec.rolling:
            return np.stack([held.sum(axis=0) for held in self.returned()], axis=1)
        square = np.zeros((width, width), dtype=np.int64)
        square[:, 0] = _by_period(self.at_once)
        product = self._weights.T @ self.returning.met.astype(np.float32)
        for i in range(width - 1):
            square[i, 1 : width - i] = product[i, i + 1 :]
        return square


def _by_period(marked: Bools) -> Int64s:
    """Marked containers by period."""
    width = marked.shape[1]
    return np.bincount(np.flatnonzero(marked) % width, minlength=width)


def cohorts_of(part: Part, spec: CohortTableSpec, calendar: Periods) -> Iterator[tuple[int, Cohorts]]:
    """The cohorts of a part, range by range, with the first container of each."""
    inclusion = Judged(part, spec.inclusion, calendar)
    returning = Judged(part, spec.returning, calendar)
    first_ever = spec.membership == "first"
    uncut = None
    if first_ever and part.before_range is not None:
        uncut = Judged(part.before_range, spec.inclusion, calendar)
    chosen = np.zeros(len(calendar), dtype=np.bool_)
    chosen[cohort_rows(spec, part.matcher.version, calendar)] = True
    for low, high in ranges(part, calendar):
        table = inclusion.table(low, high)
        member = table.met_with_events if chosen.all() else table.met_with_events & chosen
        if first_ever:
            member = member & _earliest((uncut or inclusion).table(low, high).met_with_events)
        if part.allowed is not None:
            member = member & part.allowed[low:high, None]
        yield low, Cohorts(spec, table, returning.table(low, high), member)


def _earliest(met: Bools) -> Bools:
    """Only the first period of each container in which the criteria hold."""
    return np.asarray(met & (np.cumsum(met, axis=1) == 1))


def cohort_rows(spec: CohortTableSpec, version: DataVersion, calendar: Periods) -> Int64s:
    """The periods that are rows: all, or those wholly inside the date range."""
    rows = np.arange(len(calendar))
    bounds = range_bounds(spec.date_range, version)
    if bounds is None:
        return rows
    return rows[(calendar.edges[:-1] >= bounds[0]) & (calendar.edges[1:] <= bounds[1])]


def measure(part: Part, spec: CohortTableSpec) -> Partial:
    """Sizes and returns of one part."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    size = np.zeros(len(calendar), dtype=np.int64)
    returned = np.zeros((len(calendar), len(calendar)), dtype=np.int64)
    for _, cohorts in cohorts_of(part, spec, calendar):
        size += cohorts.sizes()
        returned += cohorts.counts()
    return Partial(size, returned)


def divisible(spec: CohortTableSpec) -> bool:
    """One pass over few matches: a second thread was measured to cost more than it gains."""
    return False


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add: parts share no container."""
    return Partial(left.size + right.size, left.returned + right.returned)


def finish(partial: Partial, spec: CohortTableSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The table `cells`, by cohort and period."""
    calendar = Periods.of(version, spec.granularity)
    rows: list[tuple[str, date, int, int, int, float | None, int, bool]] = []
    for i in cohort_rows(spec, version, calendar):
        size = previous = int(partial.size[i])
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
    rows = cohort_rows(spec, part.matcher.version, calendar)
    names = {calendar.days[i].isoformat(): int(i) for i in rows}
    if asked not in names:
        raise SpecError(f"{asked!r} is no cohort here; {nearest(asked, names)}", "select.cohort")
    period = names[asked]
    k = select.get("period")
    if measure == "value" and (not isinstance(k, int) or not 0 <= k < len(calendar) - period):
        raise SpecError(
            f"found period {k!r}; this cohort has 0 to {len(calendar) - period - 1}", "select.period"
        )
    present = np.zeros(part.history.containers, dtype=np.bool_)
    for low, cohorts in cohorts_of(part, spec, calendar):
        member = cohorts.member[:, period]
        if measure == "value":
            held = next(islice(cohorts.returned(), int(k or 0), None))[:, period]
            member = member & ~held if spec.type == "churn" else held
        present[low : low + len(member)] = member
    return present
