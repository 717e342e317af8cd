"""Field tests on values: every operator on every type, null, globs, local days across clock changes."""

from __future__ import annotations

import datetime
import fnmatch
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import small
from workbench.errors import SpecError
from workbench.index.values import holds
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion, to_microseconds
from workbench.model.operators import OPERATORS, TRUE_ON_NULL
from workbench.model.settings import Settings
from workbench.model.tables import ColumnType

HORIZON = datetime.datetime(2024, 4, 2, 10, 30)
TYPES: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.decimal128(18, 4),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
}


def version(zone: str = "Europe/Berlin") -> DataVersion:
    """A data version that knows a zone and a horizon."""
    return DataVersion(1, Settings(time_zone=zone), 0, to_microseconds(HORIZON), {"events": {}})


def passing(
    kind: ColumnType, values: list[Any], op: str, value: Any = None, zone: str = "Europe/Berlin"
) -> list[Any]:
    """The values that pass a test."""
    test = FieldTest.model_validate({"field": "f", "op": op, **({} if value is None else {"value": value})})
    passed = holds(test, kind, pa.array(values, TYPES[kind]), version(zone))
    return [one for one, ok in zip(values, passed, strict=True) if ok]


WORDS = ["Alpha", "alpha", "Beta", "", "Alphabet", "Über", None]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("equals", "Alpha", ["Alpha"]),
        ("not_equals", "Alpha", ["alpha", "Beta", "", "Alphabet", "Über", None]),
        ("in", ["Alpha", "Beta", "Gamma"], ["Alpha", "Beta"]),
        ("not_in", ["Alpha", "Beta"], ["alpha", "", "Alphabet", "Über", None]),
        ("contains", "lpha", ["Alpha", "alpha", "Alphabet"]),
        ("not_contains", "lpha", ["Beta", "", "Über", None]),
        ("starts_with", "Al", ["Alpha", "Alphabet"]),
        ("ends_with", "a", ["Alpha", "alpha", "Beta"]),
        ("matches", "Al*a", ["Alpha"]),
        ("matches", "*", ["Alpha", "alpha", "Beta", "", "Alphabet", "Über"]),
        ("exists", None, ["Alpha", "alpha", "Beta", "", "Alphabet", "Über"]),
        ("not_exists", None, [None]),
        (">", "Beta", ["alpha", "Über"]),
        (">=", "Beta", ["alpha", "Beta", "Über"]),
        ("<", "Alphabet", ["Alpha", ""]),
        ("<=", "Alphabet", ["Alpha", "", "Alphabet"]),
        ("between", ["Alpha", "Beta"], ["Alpha", "Beta", "Alphabet"]),
    ],
)
def test_text(op: str, value: Any, expected: list[Any]) -> None:
    assert passing("text", WORDS, op, value) == expected


@pytest.mark.parametrize("kind", ["integer", "number", "money"])
@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("equals", 10, [10]),
        ("not_equals", 10, [-3, 0, 11, None]),
        ("in", [0, 11, 12], [0, 11]),
        ("not_in", [0, 11], [-3, 10, None]),
        (">", 0, [10, 11]),
        (">=", 0, [0, 10, 11]),
        ("<", 0, [-3]),
        ("<=", 0, [-3, 0]),
        ("between", [0, 10], [0, 10]),
        ("exists", None, [-3, 0, 10, 11]),
        ("not_exists", None, [None]),
    ],
)
def test_numbers(kind: ColumnType, op: str, value: Any, expected: list[Any]) -> None:
    convert: Any = {"integer": int, "number": float, "money": Decimal}[kind]
    values = [None if one is None else convert(one) for one in (-3, 0, 10, 11, None)]
    assert passing(kind, values, op, value) == expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("equals", 0.1, ["0.1000"]),
        ("equals", "0.1", ["0.1000"]),
        ("equals", 0.10005, []),
        (">", 0.10005, ["0.1001", "0.3000"]),
        (">=", 0.10005, ["0.1001", "0.3000"]),
        ("<", 0.10005, ["0.0999", "0.1000"]),
        ("<=", 0.10005, ["0.0999", "0.1000"]),
        ("between", [0.09995, 0.10005], ["0.1000"]),
        ("not_equals", 0.3, ["0.0999", "0.1000", "0.1001"]),
    ],
)
def test_money_is_compared_exactly_also_between_ten_thousandths(
    op: str, value: Any, expected: list[str]
) -> None:
    money = [Decimal(text) for text in ("0.0999", "0.1000", "0.1001", "0.3000")]
    assert passing("money", money, op, value) == [Decimal(text) for text in expected]


def test_large_money_and_integers_keep_their_last_digit() -> None:
    money = [Decimal("90071992547409.9201"), Decimal("90071992547409.9202")]
    assert passing("money", money, "equals", "90071992547409.9201") == money[:1]
    numbers = [2**53, 2**53 + 1]
    assert passing("integer", numbers, "equals", 2**53 + 1) == numbers[1:]


def test_integers_against_broken_numbers() -> None:
    assert passing("integer", [1, 2, 3], ">", 1.5) == [2, 3]
    assert passing("integer", [1, 2, 3], "<=", 2.5) == [1, 2]
    assert passing("integer", [1, 2, 3], "equals", 2.5) == []
    assert passing("integer", [1, 2, 3], "between", [1.5, 2.5]) == [2]


def test_booleans() -> None:
    assert passing("boolean", [True, False, None], "equals", True) == [True]
    assert passing("boolean", [True, False, None], "equals", False) == [False]
    assert passing("boolean", [True, False, None], "not_equals", True) == [False, None]


def at(text: str) -> datetime.datetime:
    """A UTC time."""
    return datetime.datetime.fromisoformat(text)


BERLIN_31_MARCH = [
    at("2024-03-30T22:59:59.999999"),
    at("2024-03-30T23:00:00"),
    at("2024-03-31T12:00:00"),
    at("2024-03-31T21:59:59.999999"),
    at("2024-03-31T22:00:00"),
]
"""Around the local day of 23 hours on which summer time begins."""
BERLIN_27_OCTOBER = [
    at("2024-10-26T21:59:59.999999"),
    at("2024-10-26T22:00:00"),
    at("2024-10-27T12:00:00"),
    at("2024-10-27T22:59:59.999999"),
    at("2024-10-27T23:00:00"),
]
"""Around the local day of 25 hours on which it ends."""


@pytest.mark.parametrize(
    ("day", "times"), [("2024-03-31", BERLIN_31_MARCH), ("2024-10-27", BERLIN_27_OCTOBER)]
)
@pytest.mark.parametrize(
    ("op", "places"),
    [
        ("equals", (1, 2, 3)),
        ("not_equals", (0, 4)),
        (">=", (1, 2, 3, 4)),
        (">", (4,)),
        ("<=", (0, 1, 2, 3)),
        ("<", (0,)),
        ("in", (1, 2, 3)),
        ("between", (1, 2, 3)),
    ],
)
def test_a_date_is_a_local_day(
    day: str, times: list[datetime.datetime], op: str, places: tuple[int, ...]
) -> None:
    value: Any = {"in": [day], "between": [day, day]}.get(op, day)
    assert passing("time", times, op, value) == [times[place] for place in places]


def test_naive_times_are_local_and_offsets_are_obeyed() -> None:
    times = [at("2024-07-01T09:59:59"), at("2024-07-01T10:00:00"), at("2024-07-01T12:00:00")]
    assert passing("time", times, ">=", "2024-07-01T12:00:00") == times[1:]
    assert passing("time", times, ">=", "2024-07-01T12:00:00+00:00") == times[2:]
    assert passing("time", times, "equals", "2024-07-01T12:00:00+02:00") == times[1:2]


def test_ambiguous_times_are_the_earlier_and_missing_ones_move_on() -> None:
    twice = [at("2024-10-27T00:30:00"), at("2024-10-27T01:30:00")]
    assert passing("time", twice, "equals", "2024-10-27T02:30:00") == twice[:1]
    gap = [at("2024-03-31T00:30:00"), at("2024-03-31T01:30:00")]
    assert passing("time", gap, "equals", "2024-03-31T02:30:00") == gap[1:]


def test_in_last_counts_local_days_and_exact_hours_before_the_horizon() -> None:
    times = [
        at("2024-03-30T22:59:59"),
        at("2024-03-30T23:00:00"),
        at("2024-04-02T09:29:59"),
        at("2024-04-02T09:30:00"),
        HORIZON,
        at("2024-04-02T10:30:01"),
    ]
    assert passing("time", times, "in_last", "3d") == times[1:5]
    assert passing("time", times, "in_last", "1h") == times[3:5]
    assert passing("time", times, "in_last", "1w") == times[:5]
    assert passing("time", [HORIZON], "in_last", "1s") == [HORIZON]


def test_dates_are_days_without_a_zone() -> None:
    days = [datetime.date(2024, 3, day) for day in (30, 31)] + [None]
    for zone in ("Europe/Berlin", "Pacific/Apia", "America/New_York"):
        assert passing("date", days, "equals", "2024-03-31", zone) == days[1:2]
        assert passing("date", days, "<=", "2024-03-30", zone) == days[:1]
        assert passing("date", days, "not_equals", "2024-03-31", zone) == [days[0], None]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "a"),
        ("integer", 1),
        ("number", 1.5),
        ("money", "2"),
        ("boolean", True),
        ("date", "2024-01-01"),
        ("time", "2024-01-01"),
    ],
)
def test_no_value_passes_the_negative_operators_only(kind: ColumnType, value: Any) -> None:
    for op in OPERATORS:
        if op in ("contains", "not_contains", "starts_with", "ends_with", "matches") and kind != "text":
            continue
        if op == "in_last" and kind not in ("time", "date"):
            continue
        wanted = {
            "in": [value],
            "not_in": [value],
            "between": [value, value],
            "in_last": "3d",
            "exists": None,
            "not_exists": None,
        }.get(op, value)
        assert (passing(kind, [None], op, wanted) == [None]) is (op in TRUE_ON_NULL), op


@pytest.mark.parametrize(
    ("kind", "op", "value", "place"),
    [
        ("text", "equals", 3, "value"),
        ("text", "in_last", "3d", "op"),
        ("integer", "equals", "many", "value"),
        ("integer", "equals", True, "value"),
        ("number", ">", "x", "value"),
        ("money", "equals", "1,50", "value"),
        ("money", "contains", "1", "op"),
        ("boolean", "equals", "yes", "value"),
        ("time", "equals", "31.03.2024", "value"),
        ("time", "equals", "2024-13-01", "value"),
        ("time", ">", 5, "value"),
        ("time", "starts_with", "2024", "op"),
        ("integer", "in_last", "3d", "op"),
    ],
)
def test_values_of_another_type_are_refused(kind: ColumnType, op: str, value: Any, place: str) -> None:
    with pytest.raises(SpecError, match="f") as refused:
        passing(kind, [None], op, value)
    assert refused.value.place == place


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity"])
@pytest.mark.parametrize("kind", ["integer", "money", "number"])
def test_what_is_no_number_is_refused(kind: ColumnType, value: str) -> None:
    with pytest.raises(SpecError):
        passing(kind, [None], "equals", value)


texts = st.text(alphabet="ab*?[].\\^$\n", max_size=6)


@small(200)
@given(texts, texts)
def test_globs_know_stars_and_nothing_else(glob: str, text: str) -> None:
    pieces, current = [""], 0
    while current < len(glob):
        if glob.startswith(r"\*", current):
            pieces[-1] += "*"
            current += 2
        elif glob[current] == "*":
            pieces.append("")
            current += 1
        else:
            pieces[-1] += glob[current]
            current += 1
    pattern = "*".join(re.sub(r"([*?\[])", r"[\1]", piece) for piece in pieces)
    expected = fnmatch.fnmatchcase(text, pattern)
    assert (passing("text", [text], "matches", glob) == [text]) is expected
