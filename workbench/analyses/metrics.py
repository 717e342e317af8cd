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
from workbench.index.kernels import Bools, Int64s, distinct_count
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


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum over distinct events or records; each is added once however many containers hold it."""

    present: Bools
    add: Callable[[Int64s], Number]

    def merge(self, other: Any) -> Sum:
        """Over the union."""
        return Sum(self.present | other.present, self.add)

    def value(self) -> Number:
        """The exact sum of money, or the sum of a number column."""
        return self.add(np.flatnonzero(self.present))


Tally = Count | Distinct | Sum


def own_metric(part: Part) -> str:
    """The metric that counts the question's own containers."""
    return next(name for name, kind in CONTAINER_METRICS.items() if kind == part.history.kind)


def tally(part: Part, metric: Metric, positions: Int64s, containers: Bools) -> Tally:
    """The metric over some events; the own container's metric counts `containers` instead."""
    if metric == own_metric(part):
        return Count(int(np.count_nonzero(containers)))
    if isinstance(metric, CountOf):
        return _events(part, positions[_where(part, metric.count, positions)])
    if isinstance(metric, SumOf | DistinctOf) and metric.where is not None:
        positions = positions[_where(part, metric.where, positions)]
    if metric == "events":
        return _events(part, positions)
    rows = part.history.row_at(positions)
    if isinstance(metric, SumOf):
        return _sum(part, metric.sum, rows)
    field = metric.distinct if isinstance(metric, DistinctOf) else f"{CONTAINER_METRICS[str(metric)]}_id"
    return _distinct(part, field, rows)


def _where(part: Part, condition: Any, positions: Int64s) -> Bools:
    matcher = part.matcher
    return matcher.test(matcher.version.inline(condition), None, part.whole_position(positions))


def _events(part: Part, positions: Int64s) -> Tally:
    """Number of events; a set of rows where one event may stand in several histories."""
    if part.history.fan_out <= 1:
        return Count(len(positions))
    return Distinct(distinct_count(part.history.row_at(positions), part.matcher.index.rows))


def _distinct(part: Part, field: str, rows: Int64s) -> Tally:
    """Number of distinct values of a field."""
    matcher = part.matcher
    kind = matcher.version.field_type(field, "metric")
    if kind != "text" and "." not in field:
        numbers = matcher.index.arrow(field).dictionary_encode()
        return Distinct(
            distinct_count(np.asarray(numbers.indices.fill_null(-1)).take(rows), len(numbers.dictionary))
        )
    column, values = matcher.values_of(field, matcher.scope)
    codes = matcher.index.column(column).codes.take(rows)
    if "." not in field:
        return Distinct(distinct_count(codes, len(values)))
    encoded = values.dictionary_encode()
    by_value = np.asarray(encoded.indices.fill_null(-1))
    return Distinct(distinct_count(by_value.take(codes[codes >= 0]), len(encoded.dictionary)))


def _sum(part: Part, field: str, rows: Int64s) -> Tally:
    """Sum over distinct events, or over the distinct records the events name."""
    matcher = part.matcher
    kind = matcher.version.field_type(field, "metric")
    if kind not in ("money", "number", "integer"):
        raise SpecError(f"{field!r} is of type {kind}; a sum takes money or numbers", "metric.sum")
    prefix, _, name = field.rpartition(".")
    if not prefix:
        present = distinct_count(rows, matcher.index.rows)
        currency = matcher.index.column("currency")
        if kind == "money":
            money = matcher.index.money(name)
            return Sum(
                present,
                lambda chosen: _exact(part, money.take(chosen), currency.codes.take(chosen), currency.values),
            )
        return Sum(present, lambda chosen: _plain(matcher.index.arrow(name).take(pa.array(chosen)), kind))
    if prefix == "owner":
        raise SpecError("sums over owners are not defined", "metric.sum")
    column, values = matcher.values_of(field, matcher.scope)
    codes = matcher.index.column(column).codes.take(rows)
    present = distinct_count(codes, len(values))
    table, key, _ = RECORDS[prefix]
    if kind != "money":
        return Sum(present, lambda chosen: _plain(values.take(pa.array(chosen)), kind))
    money = np.where(np.asarray(values.is_valid()), stored_numbers(values, "money"), NO_AMOUNT)
    if "currency" not in matcher.version.columns[table]:
        return Sum(present, lambda chosen: _exact(part, money.take(chosen), None, None))
    ids = matcher.index.column(column).values
    named = matcher.index.record(table, key, "currency", ids).dictionary_encode()
    codes_of = np.asarray(named.indices.fill_null(-1))
    return Sum(
        present, lambda chosen: _exact(part, money.take(chosen), codes_of.take(chosen), named.dictionary)
    )


def _plain(values: pa.Array, kind: str) -> Number:
    total = stored_numbers(values, kind).sum()  # type: ignore[arg-type]
    return int(total) if kind == "integer" else float(total)


def _total(units: Int64s) -> int:
    """Sum that does not overflow: both halves of the integers are added apart."""
    return (int((units >> 32).sum()) << 32) + int((units & 0xFFFFFFFF).sum())


def _exact(part: Part, money: Int64s, currency: Any, names: Any) -> Decimal:
    """Exact sum of ten-thousandths; several currencies need declared rates."""
    known = money != NO_AMOUNT
    unit = Decimal(1).scaleb(-MONEY_SCALE)
    if currency is None:
        return _total(money[known]) * unit
    codes = currency[known]
    totals = {int(code): _total(money[known][codes == code]) for code in np.unique(codes)}
    present = sorted(str(names[code]) for code in totals if code >= 0)
    rates = part.matcher.version.settings.currency_rates
    if len(present) > 1 or (present and present[0] in rates):
        missing = [name for name in present if name not in rates]
        if missing:
            raise DataError(
                f"the sum holds {', '.join(present)}; declare currency_rates for {', '.join(missing)} "
                "in workspace.toml, or ask one currency at a time"
            )
        return sum(
            (
                (total * unit * (rates[str(names[code])] if code >= 0 else 1)).quantize(unit)
                for code, total in totals.items()
            ),
            Decimal(0),
        )
    return sum(totals.values()) * unit
