"""Control totals: what the loaded tables add up to, against what somebody knows from elsewhere."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from workbench.errors import SourceError, SpecError
from workbench.model.data_version import EPOCH
from workbench.model.database import check_select
from workbench.model.quoting import quote_literal, quote_name
from workbench.workspace.connection import connect


def check_controls(
    controls: Iterable[dict[str, Any]], workspace: Path, tables: Path, time_zone: str
) -> list[dict[str, Any]]:
    """Each control with what was `found` and whether it `matches`; the SQL comes from outside and runs
    locked."""
    listed = list(controls)
    if not listed:
        return []
    connection = connect(workspace, tables)
    try:
        return [{**control, **_check(connection, control, time_zone)} for control in listed]
    finally:
        connection.close()


def _check(connection: duckdb.DuckDBPyConnection, control: dict[str, Any], time_zone: str) -> dict[str, Any]:
    place = f"control {control['name']!r}"
    conditions = [f"(\n{control['where']}\n)"] if control.get("where") else []
    if control.get("time"):
        time = quote_name(control["time"])
        if control.get("from"):
            conditions.append(f"{time} >= {quote_literal(_start(control['from'], time_zone))}")
        if control.get("to"):
            conditions.append(f"{time} < {quote_literal(_start(control['to'], time_zone, days=1))}")
    sql = f"SELECT (\n{control['metric']}\n) FROM {quote_name(control['table'])}"
    sql += f" WHERE {' AND '.join(conditions)}" if conditions else ""
    try:
        check_select(connection, sql)
        rows = connection.execute(sql).fetchall()
    except (duckdb.Error, SpecError) as problem:
        raise SourceError(f"{place}: {str(problem).splitlines()[0]}") from None
    found = rows[0][0] if rows else None
    expected = Decimal(str(control["expected"]))
    near = found is not None and abs(Decimal(str(found)) - expected) <= Decimal(
        str(control.get("tolerance") or 0)
    )
    return {"found": None if found is None else str(found), "expected": str(expected), "matches": near}


def _start(day: str, time_zone: str, days: int = 0) -> datetime.datetime:
    """UTC start of a local day."""
    local = datetime.datetime.fromisoformat(day) + datetime.timedelta(days=days)
    aware = local.replace(tzinfo=ZoneInfo(time_zone)).astimezone(datetime.UTC)
    return EPOCH + (aware.replace(tzinfo=None) - EPOCH)
