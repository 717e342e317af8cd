"""Sections of the manifest: what their columns are filled with, from presets, names, kinds and joins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.drafting.kinds import Column
from workbench.drafting.presets import Match, column_for, filled_in
from workbench.drafting.reading import File
from workbench.drafting.words import COLUMNS, entity_of, is_own_id, plain, spaced
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import DERIVED_EVENT_COLUMNS, TABLES

Guess = tuple[Any, float, str]
"""How a column is filled, how sure that is, and why."""
EXACT = "it carries the name of the column"
MOST_OF = 0.9
"""Share of a file's own ids found elsewhere, below which the others are no records there."""
ID_WORDS = {"campaign_id": "(utm )?campaign( name| id)?", "session_id": "(ga )?session id|visit id"}
"""Ids of events that go by the names of things."""
ENTITY_COLUMNS = {
    "accounts": "account_id",
    "persons": "person_id",
    "opportunities": "opportunity_id",
    "leads": "lead_id",
    "campaigns": "campaign_id",
    "contents": "content_id",
    "products": "product_id",
    "marketing_events": "marketing_event_id",
    "buying_groups": "buying_group_id",
}
"""Table → column of events that names its records."""


@dataclass
class Section:
    """One section of a source: a table and how its columns are filled."""

    table: str
    label: str
    """Name in paths: the table, `events-2` for the second of its kind."""
    columns: dict[str, Guess] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    """`where` and other names beside columns."""
    sold: bool = False
    """Whether every row of the file is a deal won."""
    won: str = ""
    closed: str = ""
    """SQL conditions: the deal of the row was won; it was won or lost."""


def named_columns(file: File, table: str, column: str) -> list[str]:
    """Columns of the file that go by the name of a canonical column, likeliest first."""
    exact = [name for name in file.columns if plain(name) == plain(column)]
    pattern = COLUMNS.get(table, {}).get(column) or ID_WORDS.get(column)
    if pattern is None:
        return exact
    kind = TABLES[table].columns[column]
    ranked: list[tuple[int, str]] = []
    for name, found in file.columns.items():
        spelt = spaced(name)
        if name in exact or found.kind == "empty" or not re.fullmatch(pattern, spelt):
            continue
        if (kind == "time") != (found.kind == "time") or (
            kind in ("money", "number", "integer") and found.kind == "text"
        ):
            continue
        if kind == "text" and column != "owner_id" and found.kind in ("number", "amount"):
            continue
        place = next((n for n, part in enumerate(_alternatives(pattern)) if re.fullmatch(part, spelt)), 99)
        ranked.append((place, name))
    return exact + [name for _, name in sorted(ranked, key=lambda one: one[0])]


def _alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between bars that stand outside of brackets."""
    parts, depth, part = [], 0, ""
    for letter in pattern:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [*parts, part]


def preset_sections(match: Match, columns: list[str]) -> list[Section]:
    """The sections of a preset's file, as far as its columns are there."""
    entries: list[tuple[str, dict[str, Any]]] = []
    for table, given in match.file.tables.items():
        entries += [(table, one) for one in (given if isinstance(given, list) else [given])]
    entries += [("events", one) for one in match.file.events]
    sections: list[Section] = []
    for table, one in entries:
        section = Section(table, label_of(table, sections))
        for name, entry in one.items():
            value = filled_in(entry, columns)
            if name in ("where", "precision", "missing_time"):
                given = entry if name != "where" else value
                if given is None:
                    break
                section.options[name] = given
            elif value is not None:
                section.columns[name] = (value, match.confidence, f"{match.file.name} of {match.label}")
        else:
            needed = (
                ("event_type", "occurred_at")
                if table == "events"
                else TABLES[table].key[:1] or ("opportunity_id",)
            )
            if all(name in section.columns for name in needed):
                sections.append(section)
    return sections


def completed(sections: list[Section], guessed: list[Section]) -> list[Section]:
    """Sections of a preset with the references that it does not know, but names and joins tell."""
    for section in sections:
        other = next((one for one in guessed if one.table == section.table), None)
        for column in TABLES[section.table].references if other is not None else ():
            if other is not None and column in other.columns and column not in section.columns:
                section.columns[column] = other.columns[column]
    return sections


def drop_lookups(sections: Iterable[Section]) -> None:
    """Take back look-ups in tables that no section fills with both their columns."""
    every = list(sections)
    for section in every:
        for name, (value, confidence, reason) in list(section.columns.items()):
            if not isinstance(value, dict) or "lookup" not in value:
                continue
            table, _, column = str(value["lookup"]).partition(".")
            wanted = {str(value.get("by") or TABLES[table].key[0]), column}
            if any(other.table == table and wanted <= set(other.columns) for other in every):
                continue
            del section.columns[name]
            if value.get("otherwise"):
                section.columns[name] = (value["otherwise"], confidence, reason)


def label_of(table: str, sections: list[Section]) -> str:
    """Name of a section in paths: its table, with a number for events and for further ones of a table."""
    number = sum(section.table == table for section in sections) + 1
    return f"{table}-{number}" if table == "events" or number > 1 else table


def sureness(column: str, name: str) -> tuple[float, str]:
    """How sure a mapping by name is, and why."""
    if plain(column) == plain(name):
        return 0.97, EXACT
    return 0.75, f"{name!r} is another name for it"


def own_id(file: File, table: str, key: str) -> Guess:
    """The column that tells the records apart; else the row itself."""
    ranked: list[tuple[float, str, str]] = []
    for name, column in file.columns.items():
        if column.kind == "empty" or column.kind == "time":
            continue
        if plain(name) == plain(key):
            ranked.append((0.98 if column.unique else 0.6, name, EXACT))
        elif is_own_id(name, table):
            ranked.append((0.95 if column.unique else 0.5, name, "it is called like an own id"))
        elif entity_of(name) == table and column.like_id:
            ranked.append((0.9 if column.unique else 0.45, name, "it names the record"))
        elif table == "persons" and column.unique and "@" in "".join(column.examples[:1]):
            ranked.append((0.6, name, "every row has an e-mail of its own"))
        elif column.unique and column.like_id and (column.kind == "text" or name.lower().endswith("id")):
            ranked.append((0.55, name, "it tells the rows apart"))
    if ranked:
        confidence, name, reason = max(ranked, key=lambda one: one[0])
        unique = (
            "every row has its own"
            if file.columns[name].unique
            else "some come again, which gives one record"
        )
        return name, confidence, f"{reason}; {unique}"
    return (
        f"{quote_literal(file.name + '-')} || _row",
        0.3,
        "no column tells the rows apart, so each row gets a number",
    )


def reference(file: File, files: dict[str, File], column: str, target: str, own: str = "") -> Guess | None:
    """The column that names a record of another table, by its name or by a join. `own`: the file's own id."""
    for name, found in file.columns.items():
        if plain(name) == plain(column) and found.kind != "empty":
            return name, 0.97, EXACT
    joined = [
        (share, name)
        for name, (source, key, share) in file.joins.items()
        if source in files and target in files[source].tables and _is_key_there(files[source], target, key)
    ]
    if joined:
        share, name = max(joined)
        if share < MOST_OF and name == own:
            key = TABLES[target].key[0]
            look = {"lookup": f"{target}.{key}", "key": name}
            return look, 0.7, f"{share:.0%} of its values are records of {target}, the others are left empty"
        return name, min(0.6 + share * 0.39, 0.98), f"{share:.0%} of its values are records of {target}"
    for name, found in file.columns.items():
        if entity_of(name) == target and found.like_id and "role" not in spaced(name):
            return name, 0.65, f"its name speaks of {target}"
    return None


def _is_key_there(file: File, table: str, own: str) -> bool:
    if file.match is None:
        return str(own_id(file, table, TABLES[table].key[0] if TABLES[table].key else "")[0]) == own
    sections = [s for s in preset_sections(file.match, list(file.columns)) if s.table == table]
    return any(s.columns.get(TABLES[table].key[0], ("",))[0] == own for s in sections)


def full_name(file: File, section: Section) -> None:
    """Map the name of persons to first and last name, where a file has both."""
    first, last = (
        column_for(need, file.columns)
        for need in ("first_name|firstname|vorname", "last_name|lastname|surname|nachname")
    )
    if first and last:
        sql = f"concat_ws(' ', {quote_name(first)}, {quote_name(last)})"
        section.columns["name"] = (sql, 0.9, "first and last name")


def extras(file: File, section: Section, most: int) -> dict[str, str]:
    """Further columns with values that are kept: name → SQL."""
    used = [str(guess[0]) for guess in section.columns.values()]
    taken = {name for name in file.columns if name in used or any(quote_name(name) in one for one in used)}
    reserved = {
        *TABLES[section.table].columns,
        *DERIVED_EVENT_COLUMNS,
        "row",
        "where",
        "keep_columns",
        "time_zone",
    }
    reserved |= {"precision", "day_position", "missing_time", "value", "lookup", "event_id"}
    found: dict[str, str] = {}
    for column in file.columns.values():
        name = re.sub(
            r"[^a-z0-9]+",
            "_",
            "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|\d+", column.name)).lower(),
        ).strip("_")
        if column.kind == "empty" or column.name in taken or not name or name in reserved or name in found:
            continue
        if column.distinct == 1 and column.rows > 20:
            continue
        if column.name.startswith("_fivetran") or len(name) > 60 or name.startswith("_") or name[0].isdigit():
            continue
        found[name] = _extra(column)
        if len(found) >= most:
            break
    return found


def _extra(column: Column) -> str:
    sql = quote_name(column.name)
    if column.kind in ("integer", "number") and not column.keep_text and entity_of(column.name) is None:
        numeric = not re.search(r"\b(id|zip|phone|code|postal|number)\b", spaced(column.name))
        return f"try_cast({sql} AS DOUBLE)" if numeric else column.name
    if column.kind == "amount":
        return f"{'amount_of_eu' if column.style == 'eu' else 'amount_of'}({sql})"
    return column.name
