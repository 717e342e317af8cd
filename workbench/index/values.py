"""Comparing the values behind a field test: one answer per distinct value, not per event."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import SpecError
from workbench.index.columns import MONEY_SCALE, NO_AMOUNT, scaled_money
from workbench.index.kernels import Bools, Int64s
from workbench.model.calendar import day_end, day_start, last_bounds, local_day, local_instant
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion, to_microseconds
from workbench.model.operators import TRUE_ON_NULL
from workbench.model.tables import ColumnType

_TEXT_ONLY = ("contains", "not_contains", "starts_with", "ends_with", "matches")
_POSITIVE = {"not_equals": "equals", "not_in": "in", "not_contains": "contains", "not_exists": "exists"}

Interval = tuple[Any, Any]
"""Smallest and largest stored value that a value of the language stands for."""


def holds(test: FieldTest, kind: ColumnType, values: pa.Array, version: DataVersion) -> Bools:
    """Whether each value passes the test; no value passes only the negative operators."""
    known = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=np.bool_)
    op = _POSITIVE.get(test.op, test.op)
    if op == "exists":
        passed = known
    elif kind == "text":
        passed = known & _text(test, op, values)
    else:
        numbers = stored_numbers(values, kind)
        passed = known & compare(op, numbers, intervals(test, kind, version))
    return ~passed if test.op in TRUE_ON_NULL else passed


def times_hold(test: FieldTest, stored: Int64s, version: DataVersion) -> Bools:
    """The same for times in microseconds, each with a value."""
    if test.op in ("exists", "not_exists"):
        return np.full(len(stored), test.op == "exists", dtype=np.bool_)
    op = _POSITIVE.get(test.op, test.op)
    passed = np.asarray(compare(op, stored, intervals(test, "time", version)), dtype=np.bool_)
    return ~passed if test.op in TRUE_ON_NULL else passed


def compare(op: str, stored: Any, wanted: list[Interval]) -> Any:
    """`stored op wanted` for numbers and times; a wanted value is an interval of stored ones."""
    if op in ("equals", "in"):
        passed = np.zeros(len(stored), dtype=np.bool_)
        for a, b in wanted:
            passed |= (stored >= a) & (stored <= b)
        return passed
    low, high = wanted[0]
    last = wanted[-1][1]
    if op in ("between", "in_last"):
        return (stored >= low) & (stored <= last)
    return {
        ">": lambda: stored > high,
        ">=": lambda: stored >= low,
        "<": lambda: stored < low,
        "<=": lambda: stored <= high,
    }[op]()


def stored_numbers(values: pa.Array, kind: ColumnType) -> Any:
    """Values as numbers: money in ten-thousandths, times and dates in microseconds; 0 for none."""
    if kind == "number":
        return pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    if kind == "money":
        scaled = scaled_money(pa.chunked_array([values]))
        return np.where(scaled == NO_AMOUNT, 0, scaled)
    if kind in ("time", "date"):
        values = values.cast(pa.timestamp("us"))
    return pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)


def intervals(test: FieldTest, kind: ColumnType, version: DataVersion) -> list[Interval]:
    """What the test's values stand for in storage; values of another type are a SpecError."""
    if test.op in _TEXT_ONLY:
        raise SpecError(f"{test.op!r} works on text, but {test.field!r} is of type {kind}", "op")
    if test.op == "in_last":
        if kind not in ("time", "date"):
            raise SpecError(f"'in_last' works on times, but {test.field!r} is of type {kind}", "op")
        if kind == "date":
            return [_last_days(str(test.value), version)]
        return [last_bounds(str(test.value), version)]
    values: tuple[Any, ...] = test.value if isinstance(test.value, tuple) else (test.value,)
    return [_interval(value, kind, test.field, version) for value in values]


def _last_days(duration: str, version: DataVersion) -> Interval:
    """`in_last` on a column of days: the local days it touches, stored as their midnights without zone."""
    days = [local_day(moment, version.settings.zone) for moment in last_bounds(duration, version)]
    low, high = (to_microseconds(datetime.datetime.combine(day, datetime.time())) for day in days)
    return low, high


def _interval(value: Any, kind: ColumnType, field: str, version: DataVersion) -> Interval:
    try:
        if kind in ("time", "date"):
            return _moment(value, kind, version)
        if kind == "boolean":
            if not isinstance(value, bool):
                raise ValueError
            return int(value), int(value)
        if isinstance(value, bool):
            raise ValueError
        exact = Decimal(str(value))
        if not exact.is_finite():
            raise ValueError
        if kind == "number":
            return float(value), float(value)
        exact *= 10**MONEY_SCALE if kind == "money" else 1
        return math.ceil(exact), math.floor(exact)
    except (ValueError, InvalidOperation, TypeError, OverflowError):
        raise SpecError(f"{field!r} is of type {kind}; {value!r} is not", "value") from None


def _moment(value: Any, kind: ColumnType, version: DataVersion) -> Interval:
    zone = version.settings.zone if kind == "time" else datetime.UTC
    if isinstance(value, str):
        whole_day = len(value) == 10
        value = datetime.date.fromisoformat(value) if whole_day else datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime):
        instant = local_instant(value, zone)
        return instant, instant
    if not isinstance(value, datetime.date):
        raise ValueError
    return day_start(value, zone), day_end(value, zone) - 1


def _text(test: FieldTest, op: str, values: pa.Array) -> Bools:
    wanted: tuple[Any, ...] = test.value if isinstance(test.value, tuple) else (test.value,)
    for value in wanted:
        if not isinstance(value, str):
            raise SpecError(f"{test.field!r} is text; write {value!r} in quotes", "value")
    first = str(wanted[0]) if wanted else ""
    if op == "in":
        passed = pc.is_in(values, value_set=pa.array(wanted, pa.string()))
    elif op == "between":
        passed = pc.and_(pc.greater_equal(values, first), pc.less_equal(values, str(wanted[1])))
    elif op == "contains":
        passed = pc.match_substring(values, first)
    elif op == "starts_with":
        passed = pc.starts_with(values, first)
    elif op == "ends_with":
        passed = pc.ends_with(values, first)
    elif op == "matches":
        passed = pc.match_substring_regex(values, glob_pattern(first))
    elif op == "in_last":
        raise SpecError(f"'in_last' works on times, but {test.field!r} is text", "op")
    else:
        function = {
            "equals": pc.equal,
            ">": pc.greater,
            ">=": pc.greater_equal,
            "<": pc.less,
            "<=": pc.less_equal,
        }[op]
        passed = function(values, first)
    return np.asarray(pc.fill_null(passed, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def glob_pattern(glob: str) -> str:
    r"""Regular expression of a glob in which `*` stands for any text and `\*` for a star.

    >>> glob_pattern("a*e")
    '(?s)^a.*e$'
    """
    parts = re.split(r"(\\\*|\*)", glob)
    body = "".join(".*" if part == "*" else r"\*" if part == r"\*" else re.escape(part) for part in parts)
    return f"(?s)^{body}$"
