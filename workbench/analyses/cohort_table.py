"""Cohort table: how many members of each cohort return, period after period, or reach milestones.

Two tables of containers by periods carry the plain question: who is a member, who met the return
criteria. Their product holds every cell at once. All other forms judge memberships one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses import cohort_milestones
from workbench.analyses.cohort_amounts import Amounts, amount_columns, worth_of
from workbench.analyses.cohort_members import Cohorts, Memberships, Rows, by_row, cohorts_of, rows_of
from workbench.analyses.cohort_returns import Columns, at_once, return_table, returned
from workbench.analyses.criteria import MOST_CELLS, Judged, Periods, Table
from workbench.analyses.part import Part
from workbench.errors import SpecError
from workbench.index.kernels import Bools, Int64s
from workbench.model.data_version import DataVersion
from workbench.model.specs import CohortTableSpec

NUMBERS = {
    "size": pl.Int64,
    "period": pl.Int64,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "complete": pl.Boolean,
}
MANY = 8
"""A product counts every pair of periods: worth it where at least one in so many is a column."""


@dataclass(frozen=True, eq=False)
class Partial:
    """Memberships by row and period; of these, by row and column, who returned and who is the base."""

    present: Int64s
    retained: Int64s
    observed: Int64s
    """Zero where it follows from who is present."""
    base: Int64s
    """Zero where it follows from who is observed or returned."""
    amounts: Amounts | None
    """What the return events are worth; None where the question does not ask."""


def measure(part: Part, spec: CohortTableSpec, rows: Rows) -> Partial:
    """Counts of one part."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    columns = Columns.shown(spec, len(calendar))
    shape = (rows.count, len(columns))
    found = Partial(
        np.zeros((rows.count, len(calendar)), dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        None if spec.value_metric is None else Amounts.none(part, spec.value_metric),
    )
    returning = Judged(part, spec.return_criteria, calendar)
    for cohorts in cohorts_of(part, spec, calendar):
        table = return_table(cohorts, returning)
        if _is_plain(spec, columns, len(calendar)):
            _add_products(found, cohorts, table, columns)
        else:
            _add_memberships(found, cohorts, table, rows)
    return found


def _is_plain(spec: CohortTableSpec, columns: Columns, periods: int) -> bool:
    """Whether products of tables answer the question, and at less cost than judging memberships."""
    apart = spec.counting == "exactly" or (spec.counting == "on_or_after" and not spec.latency)
    chained = spec.rolling or spec.follow is not None or not apart or spec.value_metric is not None
    many = len(columns) * MANY >= periods
    return many and not chained and spec.periods == "calendar" and spec.dimension is None


def _add_products(found: Partial, cohorts: Cohorts, returning: Table, columns: Columns) -> None:
    """All cells at once: members by periods times returns by periods."""
    height, width = found.present.shape
    met, now = returning.met, at_once(cohorts, returning)
    if cohorts.spec.counting == "on_or_after":
        met = np.logical_or.accumulate(met[:, ::-1], axis=1)[:, ::-1]
        now[:, :-1] |= met[:, 1:]
    weights = cohorts.member.astype(np.float32)
    sizes = np.ones(len(weights), dtype=np.float32) @ weights
    product = weights.T @ met.astype(np.float32)
    np.fill_diagonal(product, 0)
    product[np.arange(width), np.arange(width)] = _by_period(now & cohorts.member)
    for i in range(height):
        low, high = max(columns.low, -i), min(columns.high, width - 1 - i)
        found.retained[i, low - columns.low : high - columns.low + 1] += product[
            i, i + low : i + high + 1
        ].astype(np.int64)
        found.present[i, i] += int(sizes[i])


def _by_period(marked: Bools) -> Int64s:
    """Marked containers by period."""
    width = marked.shape[1]
    return np.bincount(np.flatnonzero(marked) % width, minlength=width)


def _add_memberships(found: Partial, cohorts: Cohorts, returning: Table, rows: Rows) -> None:
    """Every membership judged on its own, a batch of them at a time."""
    width = found.present.shape[1]
    members = cohorts.memberships()
    row = rows.of(members)
    cells = np.bincount(row * width + members.period, minlength=found.present.size)
    found.present[:] += cells.reshape(found.present.shape)
    shown, columns = Columns.shown(cohorts.spec, width), Columns.counted(cohorts.spec, width)
    for batch in _batches(len(members), len(columns)):
        judged, own = returned(cohorts, returning, members.take(batch), columns), row.take(batch)
        found.retained[:] += by_row(judged.retained[: len(shown)], own, rows.count)
        if cohorts.spec.periods == "elapsed":
            found.observed[:] += by_row(judged.observed[: len(shown)], own, rows.count)
        if _has_own_base(cohorts.spec):
            found.base[:] += by_row(judged.base[: len(shown)], own, rows.count)
        if found.amounts is not None:
            worth = worth_of(cohorts, returning, members.take(batch), columns)
            kept = judged.retained[: len(shown)]
            found.amounts.add(cohorts.spec, worth, kept, own * len(shown), shown.low)


def _batches(members: int, columns: int) -> Iterator[Int64s]:
    """Indices of memberships whose tables fit into memory."""
    step = max(1, MOST_CELLS // columns)
    for begin in range(0, members, step):
        yield np.arange(begin, min(begin + step, members))


def _has_own_base(spec: CohortTableSpec) -> bool:
    """Whether the base is neither all observed nor all that the column before counts."""
    return spec.of_previous and (spec.periods == "elapsed" or spec.dimension is not None)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add: parts share no container."""
    amounts = None
    if left.amounts is not None and right.amounts is not None:
        amounts = left.amounts.merge(right.amounts)
    return Partial(
        left.present + right.present,
        left.retained + right.retained,
        left.observed + right.observed,
        left.base + right.base,
        amounts,
    )


def answer(parts: Sequence[Part], spec: CohortTableSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The rows first, ranked over all parts where they are items, then what is counted of each."""
    rows = rows_of(parts, spec, version)
    if spec.columns == "milestones":
        return cohort_milestones.answer(parts, spec, version, rows)
    return finish(reduce(merge, (measure(part, spec, rows) for part in parts)), spec, version, rows)


def divisible(spec: CohortTableSpec) -> bool:
    """One pass over few matches: a second thread was measured to cost more than it gains."""
    return False


def finish(
    partial: Partial, spec: CohortTableSpec, version: DataVersion, rows: Rows
) -> dict[str, pl.DataFrame]:
    """The table `cells`, by row and column."""
    calendar = Periods.of(version, spec.granularity)
    columns = Columns.shown(spec, len(calendar))
    known, whole = _cells(calendar, spec, version, columns)
    present, numbers = partial.present[rows.numbers], rows.numbers
    if rows.by_item is None:
        shown, complete = known[numbers], whole[numbers]
    else:
        there = (present > 0).astype(np.float32)
        shown = there @ known.astype(np.float32) > 0
        complete = there @ (known & ~whole).astype(np.float32) == 0
    value, base = _shares(partial, spec, rows, known)
    place, line = np.nonzero(shown)
    size = present.sum(axis=1).take(place)
    value, base, complete = value[place, line], base[place, line], complete[place, line]
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = pl.Series(100 * value / base, dtype=pl.Float64)
    names = pl.DataFrame([rows.name(at) for at in range(len(numbers))], schema=rows.columns(), orient="row")
    numbers_of = [size, line + columns.low, value, percent, base, complete]
    cells = pl.DataFrame(dict(zip(NUMBERS, numbers_of, strict=True)), schema=NUMBERS)
    cells = cells.with_columns(percent=pl.when(pl.col("percent_base") > 0).then("percent"))
    if partial.amounts is not None:
        cell = numbers.take(place) * len(columns) + line
        cells = cells.with_columns(**amount_columns(partial.amounts, spec, version, cell, value))
    return {"cells": pl.concat([names[place], cells], how="horizontal")}


def _shares(partial: Partial, spec: CohortTableSpec, rows: Rows, known: Bools) -> tuple[Int64s, Int64s]:
    """What every cell counts, and of how many: rows x columns, given which periods have which columns."""
    retained, observed = partial.retained[rows.numbers], partial.observed[rows.numbers]
    if spec.periods == "calendar":
        present = partial.present[rows.numbers].astype(np.float64)
        observed = (present @ known.astype(np.float64)).astype(np.int64)
    value = observed - retained if spec.type == "churn" else retained
    if _has_own_base(spec):
        return value, partial.base[rows.numbers]
    base = observed.copy()
    if spec.of_previous:
        two = 2 - Columns.shown(spec, len(known)).low
        base[:, two:] = value[:, two - 1 : -1]
    return value, base


def _cells(
    calendar: Periods, spec: CohortTableSpec, version: DataVersion, columns: Columns
) -> tuple[Bools, Bools]:
    """Which cells of cohort period and column exist, and which the data covers; periods x columns.

    A unit of elapsed time ends one period later, for a member who joined at the end of the cohort's.
    """
    width = len(calendar)
    period, k = np.arange(width)[:, None], columns.numbers[None, :]
    later = period + k + (1 if spec.periods == "elapsed" else 0)
    begun = int(np.count_nonzero(calendar.edges[:-1] < version.data_from))
    ended = int(np.count_nonzero(calendar.edges[1:] <= version.horizon)) - 1
    known = (period + k >= 0) & (period + k < width)
    whole = (np.minimum(period, period + k) >= begun) & (np.maximum(period, later) <= ended)
    return known, whole


# --- members -----------------------------------------------------------------------------------


def members(part: Part, spec: CohortTableSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a number: the members of a cohort, or those that a cell counts."""
    rows = rows_of([part], spec, part.matcher.version)
    number = rows.named(select)
    if spec.columns == "milestones":
        return cohort_milestones.members(part, spec, rows, number, table, select, measure)
    calendar = Periods.of(part.matcher.version, spec.granularity)
    returning = Judged(part, spec.return_criteria, calendar)
    present = np.zeros(part.history.containers, dtype=np.bool_)
    seen: set[int] = set()
    for cohorts in cohorts_of(part, spec, calendar):
        some = cohorts.memberships()
        some = some.take(np.flatnonzero(rows.of(some) == number))
        seen.update(np.unique(some.period).tolist())
        if measure == "value":
            k = _column(select, spec, len(calendar))
            some = some.take(_counted(cohorts, return_table(cohorts, returning), some, k))
        present[cohorts.low + some.container] = True
    if measure == "value":
        _check_column(select, spec, calendar, seen if rows.by_item is not None else {number})
    return present


def _column(select: dict[str, Any], spec: CohortTableSpec, width: int) -> int:
    """The selected column; 0 for one that will be refused."""
    k, shown = select.get("period"), Columns.shown(spec, width)
    return k if isinstance(k, int) and shown.low <= k <= shown.high else 0


def _check_column(select: dict[str, Any], spec: CohortTableSpec, calendar: Periods, seen: set[int]) -> None:
    """Refuse a column that the cohorts of these periods do not have."""
    k, shown = select.get("period"), Columns.shown(spec, len(calendar))
    low = max(shown.low, -max(seen, default=0))
    high = min(shown.high, len(calendar) - 1 - min(seen, default=0))
    if not isinstance(k, int) or not low <= k <= high:
        raise SpecError(f"found period {k!r}; this cohort has the periods {low} to {high}", "select.period")


def _counted(cohorts: Cohorts, returning: Table, some: Memberships, k: int) -> Int64s:
    """The memberships that a column counts."""
    columns = Columns.counted(cohorts.spec, cohorts.member.shape[1])
    found = []
    for batch in _batches(len(some), len(columns)):
        judged, line = returned(cohorts, returning, some.take(batch), columns), k - columns.low
        counted = judged.retained[line]
        if cohorts.spec.type == "churn":
            counted = judged.observed[line] & ~counted
        found.append(batch[counted])
    return np.concatenate([*found, np.empty(0, dtype=np.int64)])
