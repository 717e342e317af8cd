"""Record tables: one row per key, with what several sources say about a record merged column by column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.model.database import first_row, scalar
from workbench.model.loading import Staged
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES
from workbench.workspace.hierarchy import tops
from workbench.workspace.relations import Relation, relation, write_parquet

RECORD_TABLES: tuple[str, ...] = tuple(name for name in TABLES if name != "events")
SAMPLES = 5
NO_GLOBAL_ACCOUNTS = (
    "CREATE OR REPLACE TEMP TABLE global_accounts (account_id VARCHAR, global_account_id VARCHAR)"
)
ARROW_TYPES: dict[str, Any] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "DECIMAL(18,4)": pa.decimal128(18, 4),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
"""Storage type in DuckDB → in Arrow."""


def write_records(
    connection: duckdb.DuckDBPyConnection, staged: Staged, tables: Path, audit: dict[str, Any]
) -> dict[str, dict[str, str]]:
    """Write every record table, leave one view of each on the connection, and return the storage types.

    Rows without a key are left out and counted; rows that repeat a key become one record, whose columns take
    the last value that is not null, in source order. Keys whose rows contradict each other are counted.
    """
    types: dict[str, dict[str, str]] = {}
    connection.execute(NO_GLOBAL_ACCOUNTS)
    for table in RECORD_TABLES:
        rows = relation(connection, table, staged.parts)
        path = str(tables / f"{table}.parquet")
        types[table] = dict(rows.types)
        if table == "accounts":
            types[table]["global_account_id"] = "VARCHAR"
        if rows.any:
            sql = _one_row_per_key(connection, rows, audit)
            sql = _with_global_accounts(connection, sql, audit) if table == "accounts" else sql
            connection.execute(write_parquet(f"{sql} ORDER BY ALL", path))
        else:
            _write_empty(types[table], path)
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * FROM read_parquet({quote_literal(path)})"
        )
    return types


def _write_empty(types: dict[str, str], path: str) -> None:
    """A table without rows; cheaper than one query for each table that a workspace does not fill."""
    pq.write_table(pa.schema([(name, ARROW_TYPES[kind]) for name, kind in types.items()]).empty_table(), path)


def _required(table: str) -> tuple[str, ...]:
    """Key columns a record cannot do without: the first, and those that name other records."""
    definition = TABLES[table]
    key = definition.key or tuple(definition.references)[:1]
    return tuple(column for column in key if column == key[0] or column in definition.references)


def _one_row_per_key(connection: duckdb.DuckDBPyConnection, rows: Relation, audit: dict[str, Any]) -> str:
    table = rows.table
    key = TABLES[table].key
    needed = " AND ".join(f"{quote_name(column)} IS NOT NULL" for column in _required(table))
    base = f"SELECT * FROM ({rows.sql}) WHERE {needed}"
    listed = ", ".join(quote_name(column) for column in key)
    counted = f"count(DISTINCT ({listed}))" if key else "count(*)"
    total, usable = first_row(
        connection, f"SELECT count(*), count(*) FILTER (WHERE {needed}) FROM ({rows.sql})"
    )
    if total > usable:
        audit["records_without_key"][table] = total - usable
    distinct = scalar(connection, f"SELECT {counted} FROM ({base})")
    if distinct == usable:
        return f"SELECT {rows.columns} FROM ({base})"
    differing = " OR ".join(f"min({name}) <> max({name})" for c in rows.types if (name := quote_name(c)))
    conflicts = f"SELECT concat_ws(' / ', {listed}) AS id FROM ({base}) GROUP BY {listed} HAVING {differing}"
    count, samples = first_row(connection, f"SELECT count(*), min(id, {SAMPLES}) FROM ({conflicts})")
    audit["repeated_keys"][table] = {
        "rows": usable,
        "records": distinct,
        "conflicting": count,
        "samples": samples or [],
    }
    merged = [
        quote_name(column) if column in key else f"arg_max({quote_name(column)}, row) AS {quote_name(column)}"
        for column in rows.types
    ]
    return f"SELECT {', '.join(merged)} FROM ({base}) GROUP BY {listed}"


def _with_global_accounts(connection: duckdb.DuckDBPyConnection, sql: str, audit: dict[str, Any]) -> str:
    """Add the top of the parent chain; `global_accounts` stays on the connection for the events."""
    chain = connection.sql(
        f"SELECT account_id, parent_account_id FROM ({sql}) WHERE parent_account_id IS NOT NULL ORDER BY"
        " account_id"
    ).to_arrow_table()
    found = tops(chain.column(0), chain.column(1))
    if found.cycles:
        audit["parent_cycles"] = {"count": len(found.cycles), "samples": list(found.cycles[:SAMPLES])}
    connection.register("global_accounts_found", found.table)
    connection.execute("CREATE OR REPLACE TEMP TABLE global_accounts AS SELECT * FROM global_accounts_found")
    connection.unregister("global_accounts_found")
    return (
        "SELECT a.*, coalesce(g.global_account_id, a.account_id) AS global_account_id "
        f"FROM ({sql}) a LEFT JOIN global_accounts g USING (account_id)"
    )
