"""What a load found in the assembled tables: ids without records, repeated ids, odd times, coverage."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb

from workbench.model.containers import CONTAINERS
from workbench.model.database import first_row, scalar
from workbench.model.loading import Staged
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES

SAMPLES = 5
ORDERED: tuple[tuple[str, str, str], ...] = (
    ("opportunities", "created_at", "closed_at"),
    ("leads", "created_at", "converted_at"),
    ("account_persons", "valid_from", "valid_to"),
    ("marketing_events", "starts_at", "ends_at"),
)
"""Table, its start, its end."""


def audit_events(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    rows: dict[str, int],
    *,
    loaded_at: datetime.datetime,
    first_plausible: datetime.datetime,
) -> dict[str, Any]:
    """Audit of the tables that stand on the connection as views, given their row counts.

    Samples hold ids and offending values only, no names.
    """
    return {
        "orphans": _orphans(connection, rows),
        "time_order": _time_order(connection, rows),
        "accounts": _accounts_by_rule(connection),
        "implausible_times": _implausible_times(connection, loaded_at, first_plausible),
        "same_day_conflicts": _same_day_conflicts(connection, staged),
        "coverage": _coverage(connection),
    }


def _orphans(connection: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> list[dict[str, Any]]:
    """Per reference with ids that have no record: rows, distinct ids and a few of them."""
    found = []
    for table, count in rows.items():
        references = TABLES[table].references if count else {}
        if not references:
            continue
        counts = first_row(
            connection, f"SELECT {', '.join(f'count({quote_name(c)})' for c in references)} FROM {table}"
        )
        filled = [reference for reference, ids in zip(references.items(), counts, strict=True) if ids]
        found += [_orphan(connection, table, column, target) for column, target in filled]
    return [orphan for orphan in found if orphan["ids"]]


def _orphan(connection: duckdb.DuckDBPyConnection, table: str, column: str, target: str) -> dict[str, Any]:
    name, key = quote_name(column), quote_name(TABLES[target].key[0])
    ids, rows, samples = first_row(
        connection,
        f"SELECT count(*), coalesce(sum(rows), 0)::BIGINT, min(id, {SAMPLES}) FROM "
        f"(SELECT {name} AS id, count(*) AS rows FROM {table} WHERE {name} IS NOT NULL GROUP BY 1) "
        f"ANTI JOIN (SELECT {key} AS id FROM {target}) USING (id)",
    )
    return {
        "table": table,
        "column": column,
        "references": target,
        "rows": rows,
        "ids": ids,
        "samples": samples,
    }


def _time_order(connection: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> list[dict[str, Any]]:
    """Records that end before they begin: kept as they are, counted, with a few ids."""
    found = []
    for table, start, end in ORDERED:
        if not rows[table]:
            continue
        key = quote_name(TABLES[table].key[0])
        count, samples = first_row(
            connection, f"SELECT count(*), min({key}, {SAMPLES}) FROM {table} WHERE {end} < {start}"
        )
        if count:
            found.append(
                {"table": table, "what": f"{end} before {start}", "records": count, "samples": samples}
            )
    return found


def _accounts_by_rule(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Events by where their account came from; `missing` have none and no account question counts them."""
    rows = connection.execute(
        "SELECT coalesce(account_rule, 'missing'), count(*) FROM events GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    samples = connection.execute(
        "SELECT coalesce(event_id, 'row ' || row), event_type FROM events WHERE account_id IS NULL ORDER BY"
        f" row LIMIT {SAMPLES}"
    ).fetchall()
    return {
        "rules": dict(rows),
        "missing_samples": [{"event": event, "event_type": event_type} for event, event_type in samples],
    }


def _implausible_times(
    connection: duckdb.DuckDBPyConnection, loaded_at: datetime.datetime, first_plausible: datetime.datetime
) -> dict[str, Any]:
    first, last = quote_literal(first_plausible), quote_literal(loaded_at)
    before, after = first_row(
        connection,
        f"SELECT count(*) FILTER (WHERE occurred_at < {first}), count(*) FILTER (WHERE occurred_at > {last})"
        " FROM events",
    )
    samples: list[Any] = []
    if before or after:
        samples = connection.execute(
            "SELECT coalesce(event_id, 'row ' || row), event_type, occurred_at FROM events "
            f"WHERE occurred_at < {first} OR occurred_at > {last} ORDER BY row LIMIT {SAMPLES}"
        ).fetchall()
    return {
        "before_1990": before,
        "after_load": after,
        "samples": [{"event": e, "event_type": t, "occurred_at": at.isoformat()} for e, t, at in samples],
    }


def _same_day_conflicts(connection: duckdb.DuckDBPyConnection, staged: Staged) -> dict[str, Any]:
    """Account days on which an event known only to the day meets an event of another type: their order is a
    convention."""
    ranges = _day_ranges(connection, staged)
    if not ranges:
        return {"days": 0, "events": 0}
    coarse = " OR ".join(f"row BETWEEN {first} AND {last}" for first, last in ranges)
    days, events = first_row(
        connection,
        "SELECT count(*), coalesce(sum(coarse), 0)::BIGINT FROM (SELECT count(*) FILTER (WHERE known_to_day)"
        f" AS coarse FROM (SELECT account_id, occurred_at::DATE AS day, event_type, ({coarse}) AS"
        " known_to_day FROM events WHERE account_id IS NOT NULL) GROUP BY account_id, day HAVING"
        " bool_or(known_to_day) AND count(DISTINCT event_type) > 1)",
    )
    return {"days": days, "events": events}


def _day_ranges(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[tuple[int, int]]:
    """Ranges of `row` that hold events known only to the day."""
    ranges = []
    for part in staged.parts:
        if part.table == "events" and part.day_precision:
            last = scalar(connection, f"SELECT max(row) FROM read_parquet({quote_literal(str(part.path))})")
            if isinstance(last, int):
                ranges.append((part.row_base, part.row_base + last))
    return ranges


def _coverage(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Per month (UTC): events, and how many of them reach each kind of container."""
    counts = ", ".join(f"count({container.id_column}) AS {container.id_column}" for container in CONTAINERS)
    cursor = connection.execute(
        f"SELECT date_trunc('month', occurred_at)::DATE::VARCHAR AS month, count(*) AS events, {counts} FROM"
        " events GROUP BY 1 ORDER BY 1"
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
