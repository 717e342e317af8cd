"""SQL expressions of a manifest: one expression each, evaluated where nothing but the data can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import duckdb

from workbench.errors import SourceError, nearest
from workbench.model.quoting import quote_name

HELPERS: tuple[str, ...] = (
    # $1,234.56 · 342.09K · (1,234.00) · 1'234.50
    """CREATE TEMP MACRO amount_of(shown) AS try_cast(regexp_replace(regexp_replace(trim(shown),
        '^\\((.*)\\)$', '-\\1'), '[^0-9.eE+-]', '', 'g') AS DECIMAL(18,4))
        * CASE upper(right(trim(shown), 1))
            WHEN 'K' THEN 1000 WHEN 'M' THEN 1000000 WHEN 'B' THEN 1000000000 ELSE 1 END""",
    # € 3.500,00
    """CREATE TEMP MACRO amount_of_eu(shown) AS
        amount_of(replace(replace(replace(shown, '.', ''), ' ', ''), ',', '.'))""",
)
"""Functions a manifest may use beside those of DuckDB."""

_MISSING = re.compile(r'Referenced column "([^"]+)" not found')


def named_column(sql: str, columns: Iterable[str]) -> str:
    """The expression, quoted when it is just the name of a column: `Deal Stage` and reserved words need no
    quotes."""
    wanted = sql.strip().lower()
    for column in columns:
        if column.lower() == wanted:
            return quote_name(column)
    return sql


def check_expression(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> None:
    """Refuse anything but one scalar expression; SourceError says where."""
    found = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT (\n{sql}\n)"]).fetchall()
    parsed = json.loads(found[0][0])
    if parsed.get("error"):
        raise SourceError(f"{place}: {sql!r} is no SQL expression: {parsed.get('error_message')}")
    statements = parsed["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    alone = node.get("type") == "SELECT_NODE" and len(node.get("select_list", [])) == 1
    bare = node.get("from_table", {}).get("type") == "EMPTY" and not node.get("where_clause")
    if not (alone and bare):
        raise SourceError(
            f"{place}: {sql!r} must be one SQL expression over the columns of the file, nothing more"
        )


def explain(problem: duckdb.Error, place: str, columns: list[str]) -> SourceError:
    """What a failed statement means for the writer of the manifest."""
    text = str(problem).split("\n")[0]
    missing = _MISSING.search(str(problem))
    if missing:
        hint = nearest(missing[1], columns)
        wide = " (is the delimiter right? the file has one column)" if len(columns) == 1 else ""
        return SourceError(f"{place}: the file has no column {missing[1]!r}; {hint}{wide}")
    if isinstance(problem, duckdb.PermissionException):
        return SourceError(f"{place}: only files below the data folder may be read: {text}")
    return SourceError(f"{place}: {text}")
