"""From proposals to entries of the manifest: expressions that turn values as written into values as meant."""

from __future__ import annotations

from typing import Any

from workbench.drafting.kinds import PLAIN_BOOLEANS, TRUE, Column
from workbench.drafting.ledger import Ledger
from workbench.drafting.reading import File
from workbench.drafting.sections import Section, extras
from workbench.errors import SpecError, nearest
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES

MOST_EXTRAS = 40
"""Further columns of a file that are kept."""
_EPOCH = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}


def fill(
    file: File, section: Section, ledger: Ledger, taken: dict[tuple[str, str], str]
) -> dict[str, Any] | None:
    """Settle every column of a section and return its entries; None where its key is chosen to be nothing.

    `taken`: kinds of further columns by table, so that two files do not give one name two kinds.
    """
    place = f"sources.{file.name}.{section.label}"
    entries: dict[str, Any] = {}
    for column, kind in TABLES[section.table].columns.items():
        value, confidence, reason = section.columns.get(column, (None, 0.3, "no column sounds like it"))
        shown = [value] if isinstance(value, str) else []
        value = ledger.settle(
            f"{place}.{column}", value, confidence, reason, file.rows(*shown) if shown else ()
        )
        if value is not None and value != "":
            entries[column] = _entry(file, column, kind, value, f"{place}.{column}")
    needed = ("event_type", "occurred_at") if section.table == "events" else TABLES[section.table].key[:1]
    if any(column not in entries for column in needed):
        return None
    where = ledger.settle(f"{place}.where", section.options.get("where", ""), 0.8, _why_where(section))
    if where:
        entries["where"] = str(where)
    if section.table == "events":
        _precision(file, section, entries, ledger, place)
    if section.options.get("missing_time"):
        entries["missing_time"] = section.options["missing_time"]
    return entries | _further(file, section, ledger, place, taken, set(entries))


def _why_where(section: Section) -> str:
    return "only rows in which it has happened" if section.options.get("where") else "every row counts"


def _further(
    file: File,
    section: Section,
    ledger: Ledger,
    place: str,
    taken: dict[tuple[str, str], str],
    there: set[str],
) -> dict[str, Any]:
    """Columns that are kept beside the canonical ones, where the section is the main one of its file."""
    main = next((table for table in file.tables if table != "buying_groups"), "")
    if section.label != ("events-1" if main == "events" else main):
        return {}
    names = extras(file, section, MOST_EXTRAS)
    kept = ledger.settle(
        f"{place}.keep", sorted(names), 0.8, f"{len(names)} further columns with values are kept"
    )
    found: dict[str, Any] = {}
    for name, sql in names.items():
        kind = "number" if "try_cast" in sql or "amount_of" in sql else "text"
        if name in kept and name not in there:
            first = taken.setdefault((section.table, name), kind)
            found[name] = (
                sql
                if first == kind
                else f"({sql})::VARCHAR"
                if first == "text"
                else f"try_cast({sql} AS DOUBLE)"
            )
    return found


def _precision(file: File, section: Section, entries: dict[str, Any], ledger: Ledger, place: str) -> None:
    column = file.columns.get(str(section.columns["occurred_at"][0]))
    chosen = ledger.proposals[f"{place}.occurred_at"].value
    column = file.columns.get(str(chosen), column)
    by_day = section.options.get("precision") == "day" or (
        column is not None and column.kind == "time" and column.day
    )
    reason = "the values are days" if by_day else "the values have a time of day"
    value = ledger.settle(
        f"{place}.precision", "day" if by_day else "exact", 0.95, reason, (), ("exact", "day")
    )
    if value == "day":
        entries["precision"] = "day"


def _entry(file: File, column: str, kind: str, value: Any, place: str) -> Any:
    """One entry: constants and look-ups as they are, columns with what their writing needs."""
    if isinstance(value, dict):
        return value
    found = file.columns.get(str(value))
    if found is None:
        if (
            str(value).replace("_", "").isalnum()
            and not str(value)[:1].isdigit()
            and str(value) not in ("_row", "_file")
        ):
            raise SpecError(f"{file.name} has no column {value!r}; {nearest(value, file.columns)}", place)
        return str(value)
    return typed(found, kind)


def typed(column: Column, kind: str) -> str:
    """SQL (or the plain name) that makes a canonical kind of a column as it is written."""
    name, sql = column.name, quote_name(column.name)
    if kind == "time" and column.kind == "time":
        if column.style in _EPOCH:
            return f"to_timestamp(try_cast({sql} AS DOUBLE) / {_EPOCH[column.style]})"
        if column.style == "iso" and column.zone == "UTC":
            return f"regexp_replace({sql}::VARCHAR, ' ?(UTC|GMT)$', 'Z')"
    if kind in ("money", "number", "integer") and column.kind == "amount":
        return f"{'amount_of_eu' if column.style == 'eu' else 'amount_of'}({sql})"
    if kind == "boolean" and column.kind == "boolean" and column.style == "words":
        yes = sorted(TRUE - PLAIN_BOOLEANS | {"true", "t", "yes", "y", "1"})
        listed = ", ".join(map(quote_literal, yes))
        return f"CASE WHEN {sql} IS NOT NULL THEN lower(trim({sql})) IN ({listed}) END"
    if kind == "text" and column.zero_is_null:
        return f"nullif({sql}::VARCHAR, '0')"
    return name


def time_formats(file: File, sections: list[Section], ledger: Ledger) -> list[str]:
    """Formats of the times that a file's sections use, as they are written."""
    found: dict[str, None] = {}
    values = [
        str(ledger.proposals[f"sources.{file.name}.{section.label}.{column}"].value)
        for section in sections
        for column, kind in TABLES[section.table].columns.items()
        if kind == "time"
    ]
    for column in file.columns.values():
        used = any(value == column.name or quote_name(column.name) in value for value in values)
        if used and column.kind == "time" and "%" in column.style:
            found |= dict.fromkeys(column.style.split("|"))
    return list(found)
