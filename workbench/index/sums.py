"""Sums by container in conditions: exact for money and whole numbers, comparable across currencies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.errors import DataError, SpecError
from workbench.index.columns import MONEY_SCALE
from workbench.index.kernels import Bools, Int64s, Ints, distinct_count
from workbench.index.values import compare as compare_stored
from workbench.index.values import stored_numbers
from workbench.model.conditions import CountIn, Related
from workbench.model.data_version import DataVersion
from workbench.model.specs import compare
from workbench.model.tables import ColumnType


@dataclass(frozen=True, eq=False)
class Summed:
    """What is added up: a value of each event or record."""

    kind: ColumnType
    values: pa.Array
    currency: Ints | None = None
    """Code of the currency beside each value, -1 for none; None where amounts have no currency."""
    names: tuple[str, ...] = ()
    """The currency of each code."""

    @classmethod
    def of(cls, kind: ColumnType, values: pa.Array, currency: pa.Array | None) -> Summed:
        """From a column of values and, for money, one of currencies."""
        if kind != "money" or currency is None:
            return cls(kind, values)
        encoded = currency.cast(pa.string()).dictionary_encode()
        codes = np.asarray(encoded.indices.fill_null(-1))
        return cls(kind, values, codes, tuple(encoded.dictionary.to_pylist()))


def sums_pass(
    form: CountIn | Related, summed: Summed, which: Int64s, container: Int64s, size: int, version: DataVersion
) -> Bools:
    """Whether each container's sum of some of the values passes; no value adds nothing.

    `which` and `container` are the index of a value and the container it is added to. Several
    currencies without declared rates are a DataError, fields without a sum a SpecError.
    """
    if summed.kind not in ("money", "number", "integer"):
        raise SpecError(f"{form.sum!r} is of type {summed.kind}; a sum takes money or numbers", "sum")
    values = summed.values.take(pa.array(which))
    known = np.flatnonzero(np.asarray(values.is_valid()))
    which, container = which.take(known), container.take(known)
    numbers = stored_numbers(values, summed.kind).take(known)
    if summed.kind == "number":
        totals = np.bincount(container, weights=numbers, minlength=size)
        return np.asarray(compare(form.op, totals, form.value), dtype=np.bool_)
    rated, scale = _comparable(numbers, summed, which, version)
    scale *= 10**MONEY_SCALE if summed.kind == "money" else 1
    return _passes(form, exact_totals(rated, container, size), scale)


def _comparable(units: Int64s, summed: Summed, which: Int64s, version: DataVersion) -> tuple[Any, int]:
    """Amounts in one currency, as integers, and what they were multiplied by to become whole."""
    if summed.currency is None:
        return units, 1
    codes, names = summed.currency.take(which), summed.names
    found = np.flatnonzero(distinct_count(codes, len(names)))
    present = sorted(names[code] for code in found)
    rates = version.settings.currency_rates
    missing = [name for name in present if name not in rates]
    if not missing and present:
        return _rated(units, codes, [rates.get(name, Decimal(1)) for name in names])
    if len(present) > 1:
        raise DataError(
            f"the sum holds {', '.join(present)}; declare currency_rates for {', '.join(missing)} "
            "in workspace.toml, or ask one currency at a time"
        )
    return units, 1


def _rated(units: Int64s, codes: Ints, rates: list[Any]) -> tuple[Any, int]:
    exact = [Decimal(str(rate)) for rate in rates]
    scale = 10 ** max(0, *(-int(rate.as_tuple().exponent) for rate in exact))
    factors = np.array([*(int(rate * scale) for rate in exact), scale], dtype=object)
    return units.astype(object) * factors.take(codes), scale


def exact_totals(units: Any, at: Int64s, groups: int) -> Any:
    """Sums of integers by group, without rounding: int64, or Python integers where these would overflow."""
    greatest = max(int(units.max()), -int(units.min())) if len(units) else 0
    if greatest * max(len(units), 1) < 2**53:
        weights = units.astype(np.float64)
        return np.bincount(at, weights=weights, minlength=groups).astype(np.int64)
    table = np.zeros(groups, dtype=np.int64 if greatest * len(units) < 2**62 else object)
    np.add.at(table, at, units if table.dtype == np.int64 and units.dtype != object else units.astype(object))
    return table


def _passes(form: CountIn | Related, totals: Any, scale: int) -> Bools:
    values = form.value if isinstance(form.value, tuple) else (form.value,)
    wanted = []
    for value in values:
        exact = Decimal(str(value)) * scale
        if not exact.is_finite():
            raise SpecError(f"{value!r} is no number to compare with", "value")
        wanted.append((math.ceil(exact), math.floor(exact)))
    op = "equals" if form.op == "not_equals" else form.op
    passed = np.asarray(compare_stored(op, totals, wanted), dtype=np.bool_)
    return ~passed if form.op == "not_equals" else passed
