"""Connections over a generation: one view per table, and nothing else on the disk in reach."""

from __future__ import annotations

from pathlib import Path

import duckdb

from workbench.model.database import lock, memory_of_machine, open_database, write_memory_limit
from workbench.model.quoting import quote_literal, quote_name

READ_MEMORY_SHARE = 0.35


def connect(
    workspace: Path, tables: Path | None = None, *, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with one view per Parquet file of `tables`, and access to nothing else.

    It lives in memory, spills below `workspace/cache/duckdb`, and its configuration is locked. Text from
    outside should also pass `check_select`, because a locked connection may still write where it may read.
    """
    limit = memory_limit or f"{int(memory_of_machine() * READ_MEMORY_SHARE) // 1_000_000}MB"
    connection = open_database(workspace / "cache" / "duckdb", limit)
    if tables is not None:
        lock(connection, [tables])
        for path in sorted(tables.glob("*.parquet")):
            file = quote_literal(str(path.resolve()))
            connection.execute(f"CREATE VIEW {quote_name(path.stem)} AS SELECT * FROM read_parquet({file})")
    return connection


def connect_for_writing(workspace: Path) -> duckdb.DuckDBPyConnection:
    """The connection of a load's own statements, free to read and write: no outside SQL here."""
    return open_database(workspace / "cache" / "duckdb", write_memory_limit())
