"""Between files: rows that replace or repeat each other, snapshots, changes between them, and look-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from workbench.errors import SourceError, nearest
from workbench.model.database import first_row, scalar
from workbench.model.loading import StagedPart
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import SQL_TYPES, TABLES
from workbench.sources.manifest import Lookup, Source
from workbench.sources.parts import PARQUET, Part

SAMPLES = 5


def read_files(paths: Iterable[Path]) -> str:
    """A scan over several Parquet files of one shape."""
    return f"read_parquet({quote_literal([str(path) for path in paths])}, union_by_name = true)"


def winners(
    connection: duckdb.DuckDBPyConnection, source: Source, parts: list[Part], root: Path
) -> tuple[int, list[str]] | None:
    """Decide which rows of a keyed source count; leaves them in the temporary table `winning_rows`.

    Upsert and snapshot: the last row of a key wins; append: the first. None when every key stands alone, else
    the number of rows that lost and a few of their keys.
    """
    selects = [
        f"SELECT key, _source_row, {position} AS part FROM"
        f" read_parquet({quote_literal(str(root / p.folder / 'keys.parquet'))})"
        for position, p in enumerate(parts)
    ]
    keys = " UNION ALL ".join(selects)
    total, distinct = first_row(connection, f"SELECT count(key), count(DISTINCT key) FROM ({keys})")
    if total == distinct:
        return None
    order = "" if source.mode == "append" else " DESC"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE winning_rows AS SELECT part, _source_row FROM (SELECT part,"
        f" _source_row, key, row_number() OVER (PARTITION BY key ORDER BY part{order}, _source_row{order}) AS"
        f" place FROM ({keys})) WHERE key IS NULL OR place = 1"
    )
    samples = connection.execute(
        f"SELECT key FROM ({keys}) WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT"
        f" {SAMPLES}"
    ).fetchall()
    return total - distinct, [str(key) for (key,) in samples]


def keep_winners(
    connection: duckdb.DuckDBPyConnection,
    parts: list[Part],
    staged: list[StagedPart],
    root: Path,
    scratch: Path,
) -> list[StagedPart]:
    """The staged files of a source without the rows that lost."""
    positions = {str(root / part.folder): position for position, part in enumerate(parts)}
    kept = []
    for number, one in enumerate(staged):
        position = positions[str(one.path.parent)]
        path = scratch / f"{one.source}-{number}-{one.path.name}"
        connection.execute(
            f"COPY (SELECT * FROM read_parquet({quote_literal(str(one.path))}) SEMI JOIN "
            f"(SELECT _source_row FROM winning_rows WHERE part = {position}) USING (_source_row)) "
            f"TO {quote_literal(str(path))} {PARQUET}"
        )
        kept.append(replace(one, path=path))
    return kept


def changes(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    snapshots: list[tuple[int, list[Path]]],
    table: str,
    scratch: Path,
    row_base: int,
) -> list[StagedPart]:
    """Dated events for every declared field whose value differs between a snapshot and the one before it."""
    declared = [change for change in source.changes if change.table == table]
    key = TABLES[table].key[0]
    unions = " UNION ALL BY NAME ".join(
        f"SELECT *, {moment}::BIGINT AS _at FROM {read_files(paths)}" for moment, paths in snapshots
    )
    known = {str(name) for name, *_ in connection.execute(f"DESCRIBE {unions}").fetchall()}
    for change in declared:
        if change.column not in known:
            raise SourceError(
                f"source {source.name!r}: changes: {table} has no column {change.column!r};"
                f" {nearest(change.column, known)}"
            )
    selects = [_change_select(table, key, unions, known, c.column, c.event_type) for c in declared]
    path = scratch / f"{source.name}-changes-{table}.parquet"
    connection.execute(
        f"COPY (SELECT *, row_number() OVER (ORDER BY occurred_at, event_type, {quote_name(key)}) - 1 AS row"
        f" FROM ({' UNION ALL BY NAME '.join(selects)})) TO {quote_literal(str(path))} {PARQUET}"
    )
    found = [StagedPart(table="events", source=source.name, path=path, row_base=row_base)]
    if table == "opportunities" and any(change.column == "stage" for change in declared):
        stages = scratch / f"{source.name}-stage-history.parquet"
        amount = ", amount" if "amount" in known else ""
        connection.execute(
            f"COPY (SELECT opportunity_id, new_value AS stage, occurred_at AS entered_at{amount}, row FROM "
            f"read_parquet({quote_literal(str(path))}) WHERE changed = 'stage' AND new_value IS NOT NULL) "
            f"TO {quote_literal(str(stages))} {PARQUET}"
        )
        found.append(StagedPart(table="opportunity_stages", source=source.name, path=stages))
    return found


def _change_select(table: str, key: str, unions: str, known: set[str], column: str, event_type: str) -> str:
    name, owner = quote_name(column), quote_name(key)
    event_columns = [
        c for c in TABLES["events"].columns if c in known and c not in ("event_id", "occurred_at")
    ]
    carried = "".join(
        f", {quote_name(c)}" for c in event_columns if c not in ("event_type", "source", "actor")
    )
    return (
        f"SELECT make_timestamp(_at) AS occurred_at, {quote_literal(event_type)} AS event_type{carried},"
        f" {quote_literal(column)} AS changed, _before::VARCHAR AS old_value, {name}::VARCHAR AS new_value"
        f" FROM (SELECT *, lag({name}) OVER seen AS _before, lag(_at) OVER seen AS _last FROM ({unions})"
        f" WINDOW seen AS (PARTITION BY {owner} ORDER BY _at)) WHERE _last IS NOT NULL AND _before IS"
        f" DISTINCT FROM {name}"
    )


def retired(connection: duckdb.DuckDBPyConnection, snapshots: list[tuple[int, list[Path]]], key: str) -> int:
    """Records of earlier snapshots that the last one no longer has."""
    earlier = [path for _, paths in snapshots[:-1] for path in paths]
    if not earlier:
        return 0
    name = quote_name(key)
    return int(
        scalar(
            connection,
            f"SELECT count(*) FROM (SELECT DISTINCT {name} FROM {read_files(earlier)} WHERE {name} IS NOT"
            f" NULL) ANTI JOIN {read_files(snapshots[-1][1])} USING ({name})",
        )
    )


def look_up(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    one: StagedPart,
    lookups: dict[str, Lookup],
    every: list[StagedPart],
    scratch: Path,
    audit: dict[str, Any],
) -> StagedPart:
    """Fill looked-up columns of one staged file from the staged rows of the tables they name."""
    scan = f"read_parquet({quote_literal(str(one.path))})"
    joins, columns = "", ""
    for number, (name, look) in enumerate(lookups.items()):
        values = _values(connection, source, look, every)
        joins += f" LEFT JOIN ({values}) v{number} ON v{number}.key = e.{quote_name('_key_' + name)}"
        kind = TABLES[one.table].columns.get(name, "text")
        cast = SQL_TYPES[kind]
        columns += f", coalesce(v{number}.value::{cast}, e.{quote_name(name)}::{cast}) AS {quote_name(name)}"
        unknown = int(
            scalar(
                connection,
                f"SELECT count(*) FROM {scan} e LEFT JOIN ({values}) v ON v.key ="
                f" e.{quote_name('_key_' + name)} WHERE e.{quote_name('_key_' + name)} IS NOT NULL AND"
                " v.value IS NULL",
            )
        )
        if unknown:
            label = f"{one.table}.{name} → {look.lookup}"
            audit[label] = audit.get(label, 0) + unknown
    path = scratch / f"{one.source}-looked-up-{one.path.parent.name}-{one.path.name}"
    dropped = ", ".join([*(quote_name(n) for n in lookups), *(quote_name(f"_key_{n}") for n in lookups)])
    connection.execute(
        f"COPY (SELECT e.* EXCLUDE ({dropped}){columns} FROM {scan} e{joins} ORDER BY e.row) TO"
        f" {quote_literal(str(path))} {PARQUET}"
    )
    return replace(one, path=path)


def _values(
    connection: duckdb.DuckDBPyConnection, source: Source, look: Lookup, every: list[StagedPart]
) -> str:
    """Key → value of the looked-up table; keys that several values go with are left out."""
    selects = []
    for part in every:
        if part.table != look.table:
            continue
        scan = f"read_parquet({quote_literal(str(part.path))})"
        names = {str(name) for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
        key = part.columns.get(look.by_column, look.by_column)
        value = part.columns.get(look.column, look.column)
        if {key, value} <= names:
            selects.append(
                f"SELECT {quote_name(key)}::VARCHAR AS key, {quote_name(value)}::VARCHAR AS value FROM {scan}"
            )
    if not selects:
        raise SourceError(
            f"source {source.name!r}: look-up {look.lookup!r} by {look.by_column!r}: no source fills it"
        )
    return (
        f"SELECT key, any_value(value) AS value FROM ({' UNION ALL '.join(selects)}) "
        "WHERE key IS NOT NULL AND value IS NOT NULL GROUP BY key HAVING count(DISTINCT value) = 1"
    )
