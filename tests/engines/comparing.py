"""Holding an engine against the brute-force reference: the same company, the same questions, every number."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import polars as pl

import workbench as wb
from tests.reference.random_company import random_company
from tests.reference.reference import Reference
from workbench.model.parsing import parse_condition
from workbench.model.wording import describe_condition
from workbench.workspace.member_lists import write_list

NOBODY = {"field": "event_type", "op": "in", "value": []}
LABELS = {"label"}
"""Columns whose default wording is not part of the numbers."""


def bench_of(company: dict[str, Any]) -> wb.Workbench:
    """The company as a workbench, through the public door."""
    tables = {name: frame(rows) for name, rows in company.items() if name != "settings" and rows}
    settings = company["settings"]
    bench = wb.from_tables(
        time_zone=settings["time_zone"],
        event_order=settings["event_order"],
        session_timeout=f"{settings['session_timeout']}s",
        first_weekday=settings["first_weekday"],
        fiscal_year_start=settings["fiscal_year_start"],
        milestones=settings["milestones"],
        settings={"in_play_window": settings["in_play_window"]},
        **tables,
    )
    for name, ids in settings["lists"].items():
        static = {"kind": "static", "container": "account"}
        bench.definitions.save("segments", name, NOBODY, definition_id=name, about=static)
        write_list(bench.definitions.folder, name, set(ids))
    return bench


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A frame of dict rows whose columns keep the type of their first value."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        kind = next((type(value) for value in values if value is not None), str)
        dtype = {
            Decimal: pl.Decimal(18, 4),
            datetime.datetime: pl.Datetime("us"),
            bool: pl.Boolean,
            int: pl.Int64,
            float: pl.Float64,
            datetime.date: pl.Date,
        }.get(kind, pl.String)
        columns[name] = pl.Series(name, values, dtype=dtype)
    return pl.DataFrame(columns)


def company_and_bench(seed: int, accounts: int) -> tuple[dict[str, Any], Reference, wb.Workbench]:
    """A random company, its reference and its workbench."""
    company = random_company(seed, accounts)
    reference, bench = Reference(company), bench_of(company)
    reference.label_of = lambda segment: describe_condition(parse_condition(segment), bench.version)
    return company, reference, bench


def canonical_rows(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows as sorted tuples, numbers rounded where they are floats."""
    return sorted(
        (tuple((name, _plain(row[name])) for name in sorted(row) if name not in LABELS) for row in rows),
        key=repr,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Decimal):
        return value.normalize() + 0
    return value


def differences(engine: dict[str, pl.DataFrame], reference: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What differs between an engine's tables and the reference's, in words; empty where nothing does."""
    found = []
    for table, expected in reference.items():
        got = canonical_rows(engine[table].to_dicts())
        want = canonical_rows(expected)
        if got != want:
            missing = [row for row in want if row not in got][:3]
            extra = [row for row in got if row not in want][:3]
            found.append(f"{table}: {len(got)} rows for {len(want)}\n  missing {missing}\n  extra   {extra}")
    return found
