"""DuckDB connections of the house: in memory, bounded, offline, and blind to the rest of the disk once
locked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from workbench.errors import DataError, SpecError
from workbench.model.quoting import quote_literal

WRITE_MEMORY_SHARE = 0.6
WRITE_MEMORY_MOST = 5_000_000_000
"""A load keeps below 8 GB: this for DuckDB, the rest for buffers outside its count and for the index."""


def memory_of_machine() -> int:
    """Bytes of memory; 8 GB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 8_000_000_000


def write_memory_limit() -> str:
    """Memory limit of a load's connection."""
    return f"{min(int(memory_of_machine() * WRITE_MEMORY_SHARE), WRITE_MEMORY_MOST) // 1_000_000}MB"


def open_database(temporary: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """An in-memory database that spills to `temporary`, loads no extension, and thinks in UTC."""
    temporary.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory_limit,
            "temp_directory": str(temporary),
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def lock(connection: duckdb.DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """Leave the connection nothing but these folders, for good; links that lead out of them are refused."""
    allowed = [f"{folder.resolve()}{os.sep}" for folder in folders]
    connection.execute(f"SET allowed_directories = {quote_literal(allowed)}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def check_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse everything but one SELECT statement; raises SpecError."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as problem:
        raise SpecError(str(problem), "sql") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SpecError("one SELECT statement is allowed, and nothing else", "sql")


def first_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The first row; the result is read to its end, because an open one blocks the connection."""
    rows = connection.execute(sql).fetchall()
    if not rows:
        raise DataError(f"no row came back from: {sql}")
    found: tuple[Any, ...] = rows[0]
    return found


def scalar(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """The first value of the first row."""
    return first_row(connection, sql)[0]


def has_zone(sql_type: str) -> bool:
    """Whether values of a SQL type are instants, as opposed to naive times."""
    return sql_type == "TIMESTAMP WITH TIME ZONE" or sql_type.startswith("TIMESTAMPTZ")


def instant_in_utc(sql: str) -> str:
    """SQL for an instant as naive UTC time."""
    return f"timezone('UTC', ({sql})::TIMESTAMP WITH TIME ZONE)"
