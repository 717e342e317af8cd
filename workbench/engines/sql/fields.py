"""Field tests: one column of an event, or of a record it names, compared with a value."""

from __future__ import annotations

import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.engines.sql.literals import day, instant, moment, number, quote_literal
from workbench.errors import SpecError
from workbench.model.calendar import day_end, day_start, last_bounds, local_day, local_instant
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.tables import ColumnType

_COMPARED = {"equals": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_NEGATED = {"not_equals": "equals", "not_in": "in", "not_contains": "contains"}
_OPERATORS_OF: dict[str, frozenset[str]] = {
    "text": frozenset({*_COMPARED, "in", "between", "contains", "starts_with", "ends_with", "matches"}),
    "boolean": frozenset({"equals", "in"}),
    "number": frozenset({*_COMPARED, "in", "between"}),
    "time": frozenset({*_COMPARED, "in", "between", "in_last"}),
}
"""What a field can be asked, beside `exists` and negations, by the sort of its values."""
_SORT: dict[ColumnType, str] = {"integer": "number", "money": "number", "date": "time"}
_EXPECTED = {"text": "text", "boolean": "true or false", "number": "numbers", "time": "dates or times"}


def field_sql(test: FieldTest, kind: ColumnType, column: str, version: DataVersion) -> str:
    """The test as SQL over a column of that type; null at most where the column is null.

    Operators that hold without a value are true there. What does not fit the type is a SpecError.
    """
    if test.op in ("exists", "not_exists"):
        return f"{column} IS {'NOT ' if test.op == 'exists' else ''}NULL"
    sort = _SORT.get(kind, kind)
    positive = test.model_copy(update={"op": _NEGATED.get(test.op, test.op)})
    if positive.op not in _OPERATORS_OF[sort]:
        raise SpecError(f"{test.op!r} does not fit {test.field}, which holds {_EXPECTED[sort]}", "op")
    if sort == "time":
        holds = _time(positive, kind, column, version)
    else:
        holds = _plain(positive, sort, column)
    return f"({column} IS NULL OR NOT ({holds}))" if test.op in _NEGATED else holds


def _values(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _plain(test: FieldTest, sort: str, column: str) -> str:
    op = test.op
    if op == "matches":
        return _glob(column, str(test.value))
    literals = [_literal(test, value, sort) for value in _values(test.value)]
    if op == "in":
        return f"{column} IN ({', '.join(literals)})" if literals else "false"
    if op == "between":
        return f"{column} BETWEEN {literals[0]} AND {literals[1]}"
    if op in _COMPARED:
        return f"{column} {_COMPARED[op]} {literals[0]}"
    return f"{op}({column}, {literals[0]})"


def _literal(test: FieldTest, value: Any, sort: str) -> str:
    if sort == "text" and isinstance(value, str):
        return quote_literal(value)
    if sort == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower()
    if sort == "number" and not isinstance(value, bool):
        try:
            return number(Decimal(value) if isinstance(value, str) else value)
        except (InvalidOperation, TypeError, ValueError):
            pass
    raise _misfit(test, value, sort)


def _misfit(test: FieldTest, value: Any, sort: str) -> SpecError:
    return SpecError(f"{test.field} holds {_EXPECTED[sort]}; found {value!r}", "value")


def _glob(column: str, pattern: str) -> str:
    r"""`*` stands for any text, `\*` for a star; everything else for itself."""
    literal = pattern.replace("^", "^^").replace("%", "^%").replace("_", "^_")
    like = "*".join(piece.replace("*", "%") for piece in literal.split(r"\*"))
    escape = " ESCAPE '^'" if literal != pattern else ""
    return f"{column} LIKE {quote_literal(like)}{escape}"


# --- times and dates ---------------------------------------------------------------------------


def _time(test: FieldTest, kind: ColumnType, column: str, version: DataVersion) -> str:
    """Every value is a first and a last moment, both included: those of a local day, or twice the same."""
    if test.op == "in_last":
        spans = [_last(str(test.value), kind, version)]
    else:
        spans = [_span(test, value, kind, version) for value in _values(test.value)]
    if test.op == "between":
        spans = [(spans[0][0], spans[1][1])]
    if test.op in (">", "<="):
        return f"{column} {test.op} {spans[0][1]}"
    if test.op in (">=", "<"):
        return f"{column} {test.op} {spans[0][0]}"
    tests = [f"{column} BETWEEN {first} AND {last}" for first, last in spans]
    return f"({' OR '.join(tests)})" if len(tests) > 1 else "".join(tests) or "false"


def _last(duration: str, kind: ColumnType, version: DataVersion) -> tuple[str, str]:
    first, last = last_bounds(duration, version)
    if kind == "time":
        return instant(first), instant(last)
    zone = version.settings.zone
    begin = local_day(first, zone)
    if day_start(begin, zone) < first:
        begin += datetime.timedelta(days=1)
    return day(begin), day(local_day(last, zone))


def _span(test: FieldTest, value: Any, kind: ColumnType, version: DataVersion) -> tuple[str, str]:
    zone = version.settings.zone
    read = _read_time(test, value)
    if not isinstance(read, datetime.datetime):
        if kind == "date":
            return day(read), day(read)
        return instant(day_start(read, zone)), instant(day_end(read, zone) - 1)
    if kind == "date":
        local = moment(read.astimezone(zone).replace(tzinfo=None) if read.tzinfo else read)
        return local, local
    utc = instant(local_instant(read, zone))
    return utc, utc


def _read_time(test: FieldTest, value: Any) -> datetime.date:
    """A date or a datetime from a value of the question."""
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        for reader in (datetime.date.fromisoformat, datetime.datetime.fromisoformat):
            try:
                return reader(value)
            except ValueError:
                continue
    raise _misfit(test, value, "time")
