"""Staged parts as one relation per canonical table: all canonical columns, typed; extra ones normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from workbench.errors import DataError
from workbench.model.database import has_zone, instant_in_utc
from workbench.model.loading import StagedPart
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import SQL_TYPES, TABLES, ColumnType

SQL_TYPE_NAMES: dict[str, ColumnType] = {
    "VARCHAR": "text",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "DECIMAL(18,4)": "money",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "time",
}
"""Storage type → column type: the inverse of `SQL_TYPES`."""

TECHNICAL: frozenset[str] = frozenset({"row", "_source_row", "file_row_number"})
"""Columns of staged files that order rows and are no data."""

_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_COMPRESSION = "COMPRESSION lz4, ROW_GROUP_SIZE 122880"


@dataclass(frozen=True)
class Relation:
    """The rows of one canonical table as SQL, with the storage type of every column."""

    table: str
    sql: str
    types: dict[str, str]
    """Column → DuckDB type, canonical columns first; the technical `row` is not listed."""
    any: bool = True
    """Whether there are parts at all."""

    @property
    def columns(self) -> str:
        """The columns as a select list."""
        return ", ".join(quote_name(column) for column in self.types)


def storage_type(sql_type: str) -> str:
    """Type in which an extra column is stored."""
    if sql_type in _INTEGERS:
        return "BIGINT"
    if sql_type in ("FLOAT", "DOUBLE", "HUGEINT", "UBIGINT", "UHUGEINT"):
        return "DOUBLE"
    if sql_type.startswith("DECIMAL"):
        match = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", sql_type)
        fits = match is not None and int(match[2]) <= 4 and int(match[1]) - int(match[2]) <= 14
        return "DECIMAL(18,4)" if fits else "DOUBLE"
    if sql_type.startswith("TIMESTAMP"):
        return "TIMESTAMP"
    return sql_type if sql_type in ("BOOLEAN", "DATE") else "VARCHAR"


def relation(connection: duckdb.DuckDBPyConnection, table: str, parts: Iterable[StagedPart]) -> Relation:
    """The union of the table's parts, in part order."""
    mine = [part for part in parts if part.table == table]
    described = [_describe(connection, part) for part in mine]
    types = {column: SQL_TYPES[kind] for column, kind in TABLES[table].columns.items()}
    for columns in described:
        for column, (_, sql_type) in columns.items():
            wanted = storage_type(sql_type)
            known = types.setdefault(column, wanted)
            if known != wanted and column not in TABLES[table].columns:
                types[column] = "VARCHAR"
    selects = [_select(part, columns, types) for part, columns in zip(mine, described, strict=True)]
    empty = ", ".join(f"NULL::{kind} AS {quote_name(column)}" for column, kind in types.items())
    sql = " UNION ALL ".join(selects) or f"SELECT {empty}, 0::BIGINT AS row WHERE false"
    return Relation(table, sql, types, any=bool(mine))


def _describe(connection: duckdb.DuckDBPyConnection, part: StagedPart) -> dict[str, tuple[str, str]]:
    """Target column → (column of the part, its type)."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_from(part)}").fetchall()
    types = {str(name): str(kind) for name, kind, *_ in rows}
    chosen = part.columns or {name: name for name in types if name not in TECHNICAL}
    missing = [name for name in chosen.values() if name not in types]
    if missing:
        raise DataError(f"{part.source}: staged column {missing[0]!r} is missing from {part.path}")
    return {target: (name, types[name]) for target, name in chosen.items()}


def _from(part: StagedPart) -> str:
    if part.relation:
        return quote_name(part.relation)
    option = ", file_row_number = true" if part.columns else ""
    return f"read_parquet({quote_literal(str(part.path))}{option})"


def _select(part: StagedPart, columns: dict[str, tuple[str, str]], types: dict[str, str]) -> str:
    items = [_cast(columns.get(column), kind) + f" AS {quote_name(column)}" for column, kind in types.items()]
    row = "file_row_number" if part.columns else quote_name("row")
    items.append(f"{row}::BIGINT + {part.row_base} AS row")
    return f"SELECT {', '.join(items)} FROM {_from(part)}"


def _cast(column: tuple[str, str] | None, kind: str) -> str:
    if column is None:
        return f"NULL::{kind}"
    name, found = quote_name(column[0]), column[1]
    if found == kind:
        return name
    if has_zone(found):
        return f"{instant_in_utc(name)}::{kind}"
    return f"CAST({name} AS {kind})"


def write_parquet(sql: str, path: str) -> str:
    """The statement that writes a query to a Parquet file."""
    return f"COPY ({sql}) TO {quote_literal(path)} (FORMAT parquet, {_COMPRESSION})"
