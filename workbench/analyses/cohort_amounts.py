"""What return events are worth in each cell of a cohort table: exact sums that add nothing twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.analyses.cohort_members import Cohorts, Memberships
from workbench.analyses.cohort_returns import Columns, follows, observation, units_between
from workbench.analyses.criteria import Table
from workbench.analyses.metrics import Add, Number, counted
from workbench.analyses.part import Part
from workbench.index.kernels import Bools, Int64s, Ints, expand
from workbench.model.data_version import DataVersion
from workbench.model.specs import CohortTableSpec, SumOf
from workbench.model.tables import ColumnType

TYPES: dict[ColumnType, pl.DataType] = {"money": pl.Decimal(38, 4), "integer": pl.Int64()}
"""Type of a field → type of its sum, where that is not Float64."""


@dataclass(frozen=True, eq=False)
class Worth:
    """Return events of memberships, each with the column it counts in; ascending by column."""

    owner: Int64s
    """Which membership."""
    column: Int64s
    key: Int64s
    """Code of the event or record that is added once a cell."""

    def between(self, low: int, high: int) -> slice:
        """Those of the columns `low` to `high`."""
        return slice(*(int(at) for at in self.column.searchsorted((low, high + 1))))


@dataclass(frozen=True, eq=False)
class Amounts:
    """Cells and the codes of what is added up in them."""

    chunks: list[Int64s]
    """Arrays of cell · size + code."""
    size: int
    sums: Add

    @classmethod
    def none(cls, part: Part, metric: SumOf) -> Amounts:
        """Nothing to add up yet."""
        found = counted(part, metric, np.empty(0, dtype=np.int64))
        assert found.add is not None
        return cls([], found.size, found.add)

    def add(self, spec: CohortTableSpec, worth: Worth, retained: Bools, cell: Int64s, low: int) -> None:
        """The events of memberships that count; `cell` is the first one of each, whose column is `low`."""
        for line, returned in enumerate(retained):
            looked_at = worth.between(*_looked_at(spec, low + line))
            owner, key = worth.owner[looked_at], worth.key[looked_at]
            counts = returned.take(owner)
            codes = (cell.take(owner[counts]) + line) * self.size + key[counts]
            self.chunks.append(np.unique(codes))

    def merge(self, other: Amounts) -> Amounts:
        """Both; what stands in both is still added once."""
        return Amounts([*self.chunks, *other.chunks], self.size, self.sums)

    def by_cell(self, cells: int) -> list[Number]:
        """The sum of each of so many cells; several currencies without rates are a DataError."""
        codes = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *self.chunks]))
        cell, key = np.divmod(codes, max(self.size, 1))
        return self.sums(key, cell, cells)


def _looked_at(spec: CohortTableSpec, k: int) -> tuple[int, int]:
    """First and last column whose events a cell of column `k` looks at."""
    if spec.rolling or spec.counting == "exactly":
        return k, k
    if spec.counting == "on_or_after":
        return k, np.iinfo(np.int32).max
    return min(k, 0), max(k, 0)


def worth_of(cohorts: Cohorts, returning: Table, members: Memberships, columns: Columns) -> Worth:
    """The return events of memberships that the value metric adds up, in these columns."""
    low, high = observation(cohorts, members)
    found = []
    for number in range(len(returning.cuts)):
        if cohorts.spec.periods == "elapsed":
            matches = returning.judged.matches[number]
            owner, at, column = units_between(cohorts, members, matches, columns)
            key = _keys(cohorts, matches.positions).take(at)
        else:
            owner, at, column = _periods_between(cohorts, returning, number, members, columns)
            key = _keys(cohorts, returning.positions(number)).take(at)
        counts = (key >= 0) & (column >= low.take(owner)) & (column <= high.take(owner))
        found.append((owner[counts], column[counts], key[counts]))
    owner, column, key = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    order = np.argsort(column, kind="stable")
    return Worth(owner.take(order), column.take(order), key.take(order))


def _keys(cohorts: Cohorts, positions: Ints) -> Int64s:
    """Code of what the value metric adds up of each event; negative for nothing."""
    assert cohorts.spec.value_metric is not None
    found = counted(cohorts.part, cohorts.spec.value_metric, np.asarray(positions, dtype=np.int64))
    if found.kept is None:
        return found.codes.astype(np.int64)
    keys = np.full(len(positions), -1, dtype=np.int64)
    keys[found.kept] = found.codes
    return keys


def _periods_between(
    cohorts: Cohorts, returning: Table, number: int, members: Memberships, columns: Columns
) -> tuple[Int64s, Int64s, Int64s]:
    """Each membership with a criterion's matches in a calendar column: indices of both, and the column."""
    width, cell = returning.width, returning.cell(number)
    own = members.container * width + members.period
    first = np.maximum(columns.low, -members.period)
    last = np.minimum(columns.high, width - 1 - members.period)
    begin = cell.searchsorted(own + first)
    at, owner = expand(begin, cell.searchsorted(own + last, "right") - begin)
    column = cell.take(at) - own.take(owner)
    positions = returning.positions(number).take(at)
    kept = (column != 0) | (positions > members.first.take(owner))
    if cohorts.spec.follow is not None:
        time = returning.times(number).take(at)
        kept &= (column < 0) | follows(cohorts, members, owner, positions, time)
    return owner[kept], at[kept], column[kept]


def amount_columns(
    amounts: Amounts, spec: CohortTableSpec, version: DataVersion, cells: Int64s, value: Int64s
) -> dict[str, pl.Series]:
    """Columns `amount` and `amount_average` of some cells, given how many members each counts."""
    assert spec.value_metric is not None
    sums = amounts.by_cell(int(cells.max(initial=-1)) + 1)
    kind = version.field_type(spec.value_metric.sum, "value_metric.sum")
    amount = pl.Series([sums[cell] for cell in cells.tolist()], dtype=TYPES.get(kind, pl.Float64()))
    each = amount.cast(pl.Float64) / pl.Series(value, dtype=pl.Float64)
    return {"amount": amount, "amount_average": each.set(pl.Series(value == 0), None)}
