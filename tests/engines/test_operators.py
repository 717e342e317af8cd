"""Every operator on every type of value, on both engines and as the definition says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest

import workbench as wb
from tests.engines.comparing import frame
from tests.reference.company import Company
from tests.reference.fields import holds
from workbench.engines import ENGINES
from workbench.model.operators import OPERATORS

ZONE = "Europe/Berlin"
VALUES: dict[str, list[Any]] = {
    "label": ["Alpha", "alpha", "Al*pha", "", "B_b%", "ä", None],
    "size": [0, -3, 7, 10**12, 7, None, 1],
    "score": [0.0, -0.5, 7.25, 1e12, None, 0.1, 7.0],
    "worth": [Decimal("0.1"), Decimal("-4"), Decimal("7.25"), Decimal("0.3"), None, Decimal(0), Decimal(7)],
    "agreed": [True, False, None, True, False, None, True],
    "due": [
        date(2024, 3, 31),
        date(2024, 4, 1),
        None,
        date(2024, 1, 1),
        date(2023, 12, 31),
        date(2024, 3, 30),
        None,
    ],
    "sent": [
        datetime(2024, 3, 30, 22, 59, 59),
        datetime(2024, 3, 30, 23),
        datetime(2024, 3, 31, 21, 59, 59, 999_999),
        datetime(2024, 3, 31, 22),
        None,
        datetime(2023, 12, 31, 23),
        datetime(2024, 4, 1, 12),
    ],
}
"""Column of persons → a value for each of them."""
WANTED: dict[str, list[Any]] = {
    "label": ["Alpha", "al", "", "ä", "_b%"],
    "size": [7, 0, 6.5, 10**12],
    "score": [7.25, 0, 0.1],
    "worth": [7.25, 0, 0.1],
    "agreed": [True, False],
    "due": ["2024-03-31", "2024-01-01"],
    "sent": ["2024-03-31", "2024-04-01T00:00:00", "2024-03-31T00:00:00+01:00"],
}
TEXT = ("contains", "not_contains", "starts_with", "ends_with", "matches")
ORDERED = (">", ">=", "<", "<=", "between")


def fits(column: str, op: str) -> bool:
    if op in TEXT:
        return column == "label"
    if op == "in_last":
        return column in ("due", "sent")
    return not (op in ORDERED and column == "agreed")


def wanted_of(column: str, op: str) -> list[Any]:
    """Values that an operator is tried with; None where it takes none."""
    wanted = WANTED[column]
    if op in ("exists", "not_exists"):
        return [None]
    if op == "matches":
        return ["A*a", r"Al\*pha", "*", "*b*", "alpha", "A?pha"]
    if op == "in_last":
        return ["1d", "2d", "1w", "52w"]
    if op in ("in", "not_in"):
        return [wanted[:2], wanted[:1], []]
    if op == "between":
        return [[low, high] for low in wanted[:2] for high in wanted]
    return wanted


CASES = [(column, op) for column in VALUES for op in OPERATORS if fits(column, op)]
NAMES = [f"p{number}" for number in range(7)]


@lru_cache(maxsize=1)
def people() -> tuple[wb.Workbench, Company]:
    rows = [
        {"person_id": name} | {column: values[number] for column, values in VALUES.items()}
        for number, name in enumerate(NAMES)
    ]
    events = [
        {"occurred_at": datetime(2024, 4, 1, 9), "event_type": "a", "person_id": name} for name in NAMES[:6]
    ]
    bench = wb.from_tables(events=frame(events), persons=frame(rows), time_zone=ZONE)
    return bench, Company(
        {"events": events, "persons": rows}, {"time_zone": ZONE, "now": datetime(2024, 5, 1)}
    )


@pytest.mark.parametrize(("column", "op"), CASES)
def test_every_operator(column: str, op: str) -> None:
    bench, company = people()
    for wanted in wanted_of(column, op):
        test = {"field": f"person.{column}", "op": op} | ({} if wanted is None else {"value": wanted})
        found = {one: set(bench.resolve(test, "person", engine=one)["person_id"]) for one in ENGINES}
        record = {"related": "leads", "of": "person", "op": "<", "value": 1}
        both = {"all": [test, record]}
        assert set(bench.resolve(both, "person")["person_id"]) == found["index"], wanted
        assert found["sql"] == found["index"], wanted
        if op == "in_last" and column == "due":
            continue
        pairs = zip(NAMES, VALUES[column], strict=True)
        assert found["index"] == {name for name, value in pairs if holds(value, op, wanted, company)}, wanted
