"""Which tables a file feeds: by its name, its columns, and what tells its rows apart."""

from __future__ import annotations

import re

from workbench.drafting.presets import column_for
from workbench.drafting.reading import File
from workbench.drafting.sections import named_columns
from workbench.drafting.words import COLUMNS, entity_of, plain, spaced, table_named
from workbench.model.tables import TABLES

RECORDS = tuple(name for name in TABLES if name != "events")


def tables_of(file: File) -> tuple[list[str], float, str]:
    """The tables a file feeds, how sure that is, and why."""
    if file.match is not None and file.match.file.leave_out:
        return (
            [],
            file.match.confidence,
            f"{file.match.label}: {file.match.file.name} say nothing about journeys",
        )
    if file.match is not None:
        fed = list(file.match.file.tables) + (["events"] if file.match.file.events else [])
        return fed, file.match.confidence, f"it looks like {file.match.file.name} of {file.match.label}"
    table, confidence, reason = _by_name(file)
    if table is None:
        table, confidence, reason = _by_columns(file)
    return _corrected(file, table, confidence, reason)


def _by_name(file: File) -> tuple[str | None, float, str]:
    for table in TABLES:
        if plain(file.stem) == plain(table):
            own = TABLES[table].key[:1] or ("product_id",)
            exact = table == "events" or any(column_for(c, file.columns) for c in own)
            return table, 0.98 if exact else 0.85, "the file is called like the table"
    named = table_named(file.stem)
    if named:
        return named, 0.7, f"the name of the file speaks of {table}"
    return named, 0.6, "the name of the file speaks of something else than journeys"


def _by_columns(file: File) -> tuple[str, float, str]:
    entities = {entity_of(name) for name in file.columns} - {None}
    timed = [c for c in file.columns.values() if c.kind == "time"]
    if timed and event_type_column(file) is not None:
        return "events", 0.75, "its rows have a time and a kind of event"
    for table in RECORDS:
        key = TABLES[table].key[:1]
        if key and key[0] in file.columns and file.columns[key[0]].unique:
            return table, 0.8, f"its rows differ in {key[0]}"
    known = {spaced(name) for name in file.columns}
    for table, wanted in (
        ("persons", COLUMNS["persons"]["email"]),
        ("opportunities", "(deal |opportunity )?stage( name)?"),
    ):
        if any(re.fullmatch(wanted, name) for name in known):
            return table, 0.55, f"it has a column that {table} have"
    if timed and entities:
        return "events", 0.5, "its rows have a time and name a person or an account"
    if len([name for name in known if re.fullmatch("website|industry|employee|sector", name)]) > 1:
        return "accounts", 0.55, "it has columns that accounts have"
    return "", 0.5, "nothing in it speaks of accounts, persons, deals or events"


def _corrected(file: File, table: str, confidence: float, reason: str) -> tuple[list[str], float, str]:
    """What names promise, weighed against what the columns can give."""
    timed = [c for c in file.columns.values() if c.kind == "time"]
    if table == "events":
        return (
            (["events"], confidence, reason) if timed else ([], 0.6, "it speaks of events, but has no times")
        )
    if not table:
        return [], confidence, reason
    unique = any(column.unique for column in file.columns.values())
    key = TABLES[table].key[:1]
    if table in ("opportunities", "leads") and not unique and timed and event_type_column(file) is not None:
        return ["events"], 0.6, "no column tells its rows apart, and they have a time and a kind of event"
    if (
        table in ("buying_group_members", "opportunity_stages", "account_persons")
        or not key
        or unique
        or timed
    ):
        return [table], confidence, reason
    return [table], confidence * 0.7, f"{reason}, though no column tells its rows apart"


def event_type_column(file: File) -> str | None:
    """The column that says what kind of event a row is; None without one."""
    return next(iter(named_columns(file, "events", "event_type")), None)
