"""The four accounts and eight contacts of the documented examples, with a few events."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

import workbench as wb

ACCOUNTS = [
    ("A1", "Contoso", "Chicago", 250_000, 800, "https://www.contoso.com/about"),
    ("A2", "Fabrikam", "Chicago", 90_000, 40, None),
    ("A3", "Northwind", "New York", 5_000_000, 1200, "northwind.example"),
    ("A4", "Adventure Works", "Chicago", 100_000, 510, "http://adventure-works.com:8080"),
]
PERSONS = [
    ("C1", "Ann", "A1", "Purchaser", 4, "ann@contoso.com", False),
    ("C2", "Bob", "A1", "Engineer", 5, "bob@contoso.com", False),
    ("C3", "Cy", "A2", "Purchaser", 4, "cy@fabrikam.com", False),
    ("C4", "Dee", "A3", "CFO", 4, "dee@northwind.example", False),
    ("C5", "Eli", "A4", "Purchaser", 3, " Eli@Adventure-Works.com ", False),
    ("C6", "Fay", None, "Purchaser", 5, "=cmd|' /C calc'!A0", False),
    ("C7", "Gus", "A1", "Purchaser", 5, "gus@contoso.com", True),
    ("C8", "Hal", "A4", "Purchaser", 4, "eli@adventure-works.com", False),
]
CLICKS = [("C2", datetime(2020, 6, 10, 12)), ("C2", datetime(2020, 6, 11, 12))]

CHICAGO: dict[str, Any] = {
    "all": [
        {"field": "account.city", "value": "Chicago"},
        {"field": "account.annual_revenue", "op": ">=", "value": 100_000},
        {"field": "person.job_title", "value": "Purchaser"},
    ]
}
"""X1: purchasers of accounts in Chicago with a revenue of at least 100,000."""
CLICKED: dict[str, Any] = {
    "all": [
        {"field": "event_type", "value": "EmailClicked"},
        {"field": "occurred_at", "op": "in_last", "value": "45d"},
    ]
}
"""X7: a click in the last 45 days."""
BUYER = {"kind": "firmographic", "container": "person"}


def accounts() -> pl.DataFrame:
    names = ["account_id", "name", "city", "annual_revenue", "employees", "website"]
    return pl.DataFrame(ACCOUNTS, schema=names, orient="row")


def persons(*more: Any) -> pl.DataFrame:
    names = ["person_id", "name", "account_id", "job_title", "consent_level", "email", "do_not_email"]
    return pl.DataFrame([*PERSONS, *more], schema=names, orient="row", infer_schema_length=None)


def events(until: datetime = datetime(2020, 6, 30), clicks: Any = CLICKS) -> pl.DataFrame:
    """The clicks of the examples, and one visit of nobody at the time of evaluation."""
    rows = [("EmailClicked", at, person) for person, at in clicks] + [("Visit", until, None)]
    types = {"event_type": pl.String, "occurred_at": pl.Datetime("us"), "person_id": pl.String}
    return pl.DataFrame(rows, schema=types, orient="row")


def company(workspace: Path | None = None, **tables: Any) -> wb.Workbench:
    """The examples' company; tables given replace its own."""
    own = {"accounts": accounts(), "persons": persons(), "events": events()}
    return wb.from_tables(workspace=workspace, **{**own, **tables})


def ids(frame: pl.DataFrame) -> list[str]:
    found: list[str] = frame[frame.columns[0]].to_list()
    return found
