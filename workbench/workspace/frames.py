"""Frames in, a generation out: the same assembling as a load from files, without files."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from workbench.errors import DataError, nearest
from workbench.model.data_version import DataVersion
from workbench.model.database import has_zone, instant_in_utc
from workbench.model.loading import Staged, StagedPart
from workbench.model.quoting import quote_name
from workbench.model.settings import Settings
from workbench.model.tables import DERIVED_EVENT_COLUMNS, SQL_TYPES, TABLES, ColumnType
from workbench.workspace.assemble import assemble
from workbench.workspace.connection import connect_for_writing
from workbench.workspace.disk import step_done
from workbench.workspace.store import Generation, Workspace

BuildIndex = Callable[[Path, Path, DataVersion], None]
"""Builds the journey index: (tables folder, index folder, data version)."""

_WHOLE = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DOUBLE"),
)
_ACCEPTED: dict[ColumnType, tuple[str, ...]] = {
    "integer": _WHOLE,
    "number": (*_WHOLE, "FLOAT", "DECIMAL"),
    "money": (*_WHOLE, "FLOAT", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP"),
    "time": ("DATE", "TIMESTAMP"),
}
"""Column type → families of DuckDB types that are taken for it."""

LARGEST_EXACT = 2**53
"""Beyond this a float no longer tells whole numbers apart."""

_KINDS: dict[ColumnType, str] = {
    "integer": "whole numbers",
    "number": "numbers",
    "money": "amounts",
    "boolean": "true or false",
    "date": "dates",
    "time": "times",
}


def assemble_frames(
    tables: Mapping[str, pl.DataFrame | pa.Table],
    settings: Settings,
    path: Path,
    *,
    build_index: BuildIndex | None = None,
    data_until: int | None = None,
) -> Generation:
    """A published generation in the workspace folder `path`, from frames named like the canonical tables.

    Only `events` with `occurred_at` and `event_type` is needed; missing canonical columns are null, ids of
    any type become text, further columns are kept. Raises DataError naming the table, the column and the
    nearest choice. `data_until` is the horizon in UTC microseconds.
    """
    _check_names(tables)
    workspace = Workspace(path)
    with workspace.writing() as draft:
        connection = connect_for_writing(path)
        try:
            parts = tuple(_stage(connection, name, frame) for name, frame in tables.items())
            step_done("staged")
            meta = assemble(
                connection,
                Staged(parts, data_until=data_until),
                draft.folder,
                settings,
                workspace=path,
                loaded_at=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
            )
        finally:
            connection.close()
        draft.describe(meta)
        if build_index is not None:
            build_index(draft.tables, draft.index_dir, draft.data_version())
        step_done("indexed")
        return draft.publish(durable=False)


def _check_names(tables: Mapping[str, Any]) -> None:
    for name in tables:
        if name not in TABLES:
            raise DataError(f"{name!r} is no table; {nearest(name, TABLES)}")
    if "events" not in tables:
        raise DataError("the table 'events' is required, with occurred_at and event_type")


def _stage(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame | pa.Table) -> StagedPart:
    """Register a frame under a relation with canonical types and its row numbers."""
    arrow = _to_arrow(name, frame)
    needed = {"events": ("occurred_at", "event_type")}.get(name, TABLES[name].key[:1])
    for column in needed:
        if column not in arrow.column_names:
            raise DataError(f"{name}: column {column!r} is required; {nearest(column, arrow.column_names)}")
    connection.register(f"frame_{name}", arrow)
    described = connection.execute(f"DESCRIBE frame_{name}").fetchall()
    derived = {*DERIVED_EVENT_COLUMNS} if name == "events" else {"global_account_id", "row"}
    columns = {str(column): str(kind) for column, kind, *_ in described if column not in derived}
    selected = [
        f"{_converted(connection, name, column, kind)} AS {quote_name(column)}"
        for column, kind in columns.items()
    ]
    connection.register(f"rows_{name}", pa.table({"row": pa.array(range(len(arrow)), pa.int64())}))
    connection.execute(
        f"CREATE TEMP TABLE staged_{name} AS SELECT {', '.join(selected)}, row "
        f"FROM frame_{name} POSITIONAL JOIN rows_{name}"
    )
    return StagedPart(table=name, source=name, path=Path(name), relation=f"staged_{name}")


def _to_arrow(name: str, frame: pl.DataFrame | pa.Table) -> pa.Table:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame.to_arrow()
    if isinstance(frame, pa.Table):
        return frame
    raise DataError(f"{name}: is a {type(frame).__name__}; give a polars DataFrame or a pyarrow Table")


def _converted(connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str) -> str:
    """SQL that gives a frame's column its canonical type; DataError where the types do not go together."""
    wanted = TABLES[table].columns.get(column)
    name = quote_name(column)
    if wanted is None or kind == '"NULL"':
        return name
    if has_zone(kind):
        kind, name = "TIMESTAMP", instant_in_utc(name)
    family = "TIMESTAMP" if kind.startswith("TIMESTAMP") else kind.split("(")[0]
    if wanted == "text":
        return f"{_as_text(connection, table, column, family)}::VARCHAR"
    if family == "VARCHAR":
        _check_text(connection, table, column, wanted)
    elif family not in _ACCEPTED[wanted]:
        raise DataError(f"{table}.{column}: holds {kind}, but {_KINDS[wanted]} belong here")
    return f"CAST({name} AS {SQL_TYPES[wanted]})"


def _check_text(connection: duckdb.DuckDBPyConnection, table: str, column: str, wanted: ColumnType) -> None:
    """Text is taken for another type only where every value can be read as that."""
    name = quote_name(column)
    wrong = connection.execute(
        f"SELECT {name} FROM frame_{table} WHERE {name} IS NOT NULL "
        f"AND try_cast({name} AS {SQL_TYPES[wanted]}) IS NULL LIMIT 1"
    ).fetchall()
    if wrong:
        raise DataError(f"{table}.{column}: holds {wrong[0][0]!r}, but {_KINDS[wanted]} belong here")


def _as_text(connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str) -> str:
    """Ids that went through a float: whole ones below 2^53 become text, others are refused."""
    name = quote_name(column)
    if kind not in ("DOUBLE", "FLOAT"):
        return name
    wrong = connection.execute(
        f"SELECT {name} FROM frame_{table} WHERE isnan({name}) OR {name} <> trunc({name}) OR abs({name}) >="
        f" {LARGEST_EXACT} LIMIT 1"
    ).fetchall()
    if wrong:
        raise DataError(
            f"{table}.{column}: {wrong[0][0]!r} is a float, which destroys ids; give text or whole numbers"
        )
    return f"{name}::BIGINT"
