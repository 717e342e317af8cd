"""Metrics over sets of events: counts, distinct ids, exact sums; each a tally that merges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.analyses.part import Part
from workbench.errors import DataError, SpecError
from workbench.index.columns import MONEY_SCALE, NO_AMOUNT
from workbench.index.kernels import Bools, Int64s, Ints, distinct_count
from workbench.index.values import stored_numbers
from workbench.model.containers import CONTAINER_METRICS
from workbench.model.specs import CountOf, DistinctOf, Metric, SumOf
from workbench.model.tables import RECORDS

Number = int | float | Decimal


@dataclass(frozen=True)
class Count:
    """A number of containers or events."""

    number: int

    def merge(self, other: Any) -> Count:
        """Both numbers: parts share no container."""
        return Count(self.number + other.number)

    def value(self) -> int:
        """The number."""
        return self.number


@dataclass(frozen=True, eq=False)
class Distinct:
    """A set of codes, of which the number counts."""

    present: Bools

    def merge(self, other: Any) -> Distinct:
        """The union."""
        return Distinct(self.present | other.present)

    def value(self) -> int:
        """How many codes are in the set."""
        return int(np.count_nonzero(self.present))


Add = Callable[[Int64s, Int64s, int], list[Number]]
"""From codes, a group for each and the number of groups: the sum of every group."""


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum over distinct events or records; each is added once however many containers hold it."""

    present: Bools
    add: Add

    def merge(self, other: Any) -> Sum:
        """Over the union."""
        return Sum(self.present | other.present, self.add)

    def value(self) -> Number:
        """The exact sum of money, or the sum of a number column."""
        chosen = np.flatnonzero(self.present)
        return self.add(chosen, np.zeros(len(chosen), dtype=np.int64), 1)[0]


Tally = Count | Distinct | Sum


def tally_size(one: Tally) -> int:
    """Bytes that a tally holds."""
    return 200 if isinstance(one, Count) else one.present.nbytes + 200


def own_metric(part: Part) -> str:
    """The metric that counts the question's own containers."""
    return next(name for name, kind in CONTAINER_METRICS.items() if kind == part.history.kind)


@dataclass(frozen=True, eq=False)
class Counted:
    """What a metric counts of some events: a code for each event that counts."""

    kept: Int64s | None
    """Which of the events count, by index; None for all."""
    codes: Ints
    """Of each, what is counted or summed once; negative codes are ignored."""
    size: int
    """Codes lie below it."""
    add: Add | None = None
    """Sums over codes; None where the number of distinct codes is the metric."""
    each: bool = False
    """Whether no code occurs twice."""


def tally(part: Part, metric: Metric, positions: Int64s, containers: Bools) -> Tally:
    """The metric over some events; the own container's metric counts `containers` instead."""
    if metric == own_metric(part):
        return Count(int(np.count_nonzero(containers)))
    found = counted(part, metric, positions)
    if found.each and found.add is None:
        return Count(len(found.codes))
    present = distinct_count(found.codes, found.size)
    return Distinct(present) if found.add is None else Sum(present, found.add)


def counted(part: Part, metric: Metric, positions: Int64s) -> Counted:
    """What a metric that does not count the question's containers counts of some events."""
    kept, where = None, metric.count if isinstance(metric, CountOf) else getattr(metric, "where", None)
    if where is not None:
        kept = np.flatnonzero(_where(part, where, positions))
        positions = positions.take(kept)
    if metric == "events" or isinstance(metric, CountOf):
        if part.history.fan_out <= 1:
            return Counted(kept, positions, part.history.size, each=True)
        return Counted(kept, part.history.row_at(positions), part.matcher.index.rows)
    rows = part.history.row_at(positions)
    if isinstance(metric, SumOf):
        alone = "." not in metric.sum and part.history.fan_out <= 1
        return Counted(kept, *_summed(part, metric.sum, rows), each=alone)
    field = metric.distinct if isinstance(metric, DistinctOf) else f"{CONTAINER_METRICS[str(metric)]}_id"
    return Counted(kept, *_distinct(part, field, rows))


def _where(part: Part, condition: Any, positions: Int64s) -> Bools:
    matcher = part.matcher
    return matcher.test(matcher.version.inline(condition), None, part.whole_position(positions))


def _distinct(part: Part, field: str, rows: Int64s) -> tuple[Ints, int]:
    """Codes of the values of a field, and how many there are."""
    matcher = part.matcher
    kind = matcher.version.field_type(field, "metric")
    if kind != "text" and "." not in field:
        numbers = matcher.index.arrow(field).dictionary_encode()
        return np.asarray(numbers.indices.fill_null(-1)).take(rows), len(numbers.dictionary)
    column, values = matcher.values_of(field, matcher.scope)
    codes = matcher.index.column(column).codes.take(rows)
    if "." not in field:
        return codes, len(values)
    encoded = values.dictionary_encode()
    by_value = np.append(np.asarray(encoded.indices.fill_null(-1)), -1)
    return by_value.take(codes), len(encoded.dictionary)


def _summed(part: Part, field: str, rows: Int64s) -> tuple[Ints, int, Add]:
    """Codes of the distinct events, or of the distinct records the events name, and their sums."""
    matcher = part.matcher
    kind = matcher.version.field_type(field, "metric")
    if kind not in ("money", "number", "integer"):
        raise SpecError(f"{field!r} is of type {kind}; a sum takes money or numbers", "metric.sum")
    prefix, _, name = field.rpartition(".")
    if not prefix:
        size = matcher.index.rows
        if kind != "money":
            column = matcher.index.arrow(name)
            return rows, size, lambda codes, at, n: _plain(column.take(pa.array(codes)), kind, at, n)
        money, currency = matcher.index.money(name), matcher.index.column("currency")
        return rows, size, _exact(part, money, currency.codes, currency.values)
    if prefix == "owner":
        raise SpecError("sums over owners are not defined", "metric.sum")
    if prefix not in RECORDS:
        raise SpecError("sums reach over one record at most", "metric.sum")
    column, values = matcher.values_of(field, matcher.scope)
    records, size = matcher.index.column(column).codes.take(rows), len(values)
    table, key, _ = RECORDS[prefix]
    if kind != "money":
        return records, size, lambda codes, at, n: _plain(values.take(pa.array(codes)), kind, at, n)
    money = np.where(np.asarray(values.is_valid()), stored_numbers(values, "money"), NO_AMOUNT)
    if "currency" not in matcher.version.columns[table]:
        return records, size, _exact(part, money, None, None)
    ids = matcher.index.column(column).values
    named = matcher.index.record(table, key, "currency", ids).dictionary_encode()
    return records, size, _exact(part, money, np.asarray(named.indices.fill_null(-1)), named.dictionary)


def _plain(values: pa.Array, kind: str, at: Int64s, groups: int) -> list[Number]:
    """Sums of a number column by group."""
    numbers = stored_numbers(values, kind)  # type: ignore[arg-type]
    if kind == "integer":
        return list(_totals(numbers, at, groups))
    if groups == 1:
        return [float(numbers.sum())]
    totals: list[Number] = np.bincount(at, weights=numbers, minlength=groups).tolist()
    return totals


def _totals(units: Int64s, at: Int64s, groups: int) -> list[int]:
    """Sums by group that do not overflow: where they might, both halves of the integers are added apart."""
    greatest = max(int(units.max(initial=0)), -int(units.min(initial=0)))
    if greatest * len(units) >= 2**62:
        high, low = (_totals(half, at, groups) for half in (units >> 32, units & 0xFFFFFFFF))
        return [(over << 32) + rest for over, rest in zip(high, low, strict=True)]
    if groups == 1:
        return [int(units.sum())]
    table = np.zeros(groups, dtype=np.int64)
    np.add.at(table, at, units)
    return table.tolist()


def _where_true(mask: Bools, *arrays: Int64s) -> list[Int64s]:
    """The arrays where a mask holds; themselves where it holds everywhere."""
    if mask.all():
        return list(arrays)
    chosen = np.flatnonzero(mask)
    return [array.take(chosen) for array in arrays]


def _exact(part: Part, money: Int64s, currency: Any, names: Any) -> Add:
    """Exact sums of ten-thousandths; several currencies need declared rates."""
    unit = Decimal(1).scaleb(-MONEY_SCALE)
    rates = part.matcher.version.settings.currency_rates

    def add(codes: Int64s, at: Int64s, groups: int) -> list[Number]:
        codes, at = _where_true(money.take(codes) != NO_AMOUNT, codes, at)
        if currency is None:
            return [total * unit for total in _totals(money.take(codes), at, groups)]
        named, units, totals = currency.take(codes), money.take(codes), {}
        for code in (np.flatnonzero(distinct_count(named + 1, len(names) + 1)) - 1).tolist():
            own, group = _where_true(named == code, units, at)
            totals[code] = _totals(own, group, groups)
        present = sorted(str(names[code]) for code in totals if code >= 0)
        if len(present) < 2 and not (present and present[0] in rates):
            return [sum(parts) * unit for parts in zip(*totals.values(), strict=True)] or [0 * unit] * groups
        missing = [name for name in present if name not in rates]
        if missing:
            raise DataError(
                f"the sum holds {', '.join(present)}; declare currency_rates for {', '.join(missing)} "
                "in workspace.toml, or ask one currency at a time"
            )
        converted = []
        for code, column in totals.items():
            rate = rates[str(names[code])] if code >= 0 else 1
            converted.append([(total * unit * rate).quantize(unit) for total in column])
        return [sum(parts, Decimal(0)) for parts in zip(*converted, strict=True)]

    return add
