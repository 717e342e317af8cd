"""Events: logs with one event a row, and records whose dates are events."""

from __future__ import annotations

import re
from typing import Any

from workbench.drafting.kinds import Column
from workbench.drafting.reading import File
from workbench.drafting.sections import ENTITY_COLUMNS, Section, named_columns, reference
from workbench.drafting.words import entity_of, is_own_id, plain, singular_words, spaced, title
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES

MOST_TYPES = 200
"""Different values beyond which a column holds no kinds of events."""
_SKIPPED = re.compile(
    r"modif|updat|sync|view|referenc|birth|\blast\b|expect|\bdue\b|stamp|delet|fivetran|expir|valid|remind|\bend|modstamp"
    r"|next|estimat|snapshot|\brun\b|load"
)
_DATE_WORDS = re.compile(r"\b(date|time|at|on|timestamp|day|dt|utc)\b")
_BUYER = re.compile(
    r"open|click|visit|view|submit|form|download|regist|attend|repl|order|purchas|request|web|session|page|cart|signup"
    r"|trial|inquir|contact|conversion|checkout|payment|chat|respon|search|subscri"
)
_SELLER = re.compile(
    r"\bcall|meeting|\btask|demo\b|engag|proposal|negotiat|presentation|assessment|outreach|follow"
)
_SYSTEM = re.compile(
    r"closed|\bwon\b|\blost\b|\bmql|\bsql\b|creat|convert|delivered|bounce|\bsent\b|send|stage|assign|score|sync"
)
ORDER = (
    r"deliver|\bsent\b|send",
    r"open|visit|view|page|session",
    r"click|form|download",
    r"\blead\b|contact",
    r"\bmql",
    r"\bsql\b|\bsal\b",
    r"opportunity created|engaged|deal created",
    r"stage|demo|meeting|assess",
    r"proposal|present",
    r"negotiat",
    r"lost",
    r"\bwon\b|order|conversion|purchase|payment",
)
"""Words of event types in the order in which a journey usually has them."""


def actor_of(event_type: str) -> tuple[str, str] | None:
    """Who acts in events of a type, and the word that says so; None where no word does."""
    name = spaced(event_type)
    for actor, words in (("system", _SYSTEM), ("seller", _SELLER), ("buyer", _BUYER)):
        if found := words.search(name):
            if actor == "system" and re.search(r"form|email (open|click)|open email|click email", name):
                continue
            return actor, found[0]
    return None


def place_of(event_type: str) -> int:
    """Where an event type usually stands in a journey."""
    name = spaced(event_type)
    return next(
        (n for n, words in reversed(list(enumerate(ORDER))) if re.search(words, name)), len(ORDER) // 2
    )


def log_section(file: File, files: dict[str, File]) -> list[Section]:
    """The one stream of events of a log; none where it has no time."""
    times = named_columns(file, "events", "occurred_at")
    times += [c.name for c in file.columns.values() if c.kind == "time" and c.name not in times]
    times = [t for t in times if not _SKIPPED.search(spaced(t))] or times
    if not times or file.columns[times[0]].kind != "time":
        return []
    section = Section("events", "events-1")
    section.columns["occurred_at"] = (times[0], 0.95 if len(times) == 1 else 0.75, _why_time(times))
    section.columns["event_type"] = _type_of_log(file)
    _event_id(file, section)
    _context(file, files, section)
    return [section]


def _event_id(file: File, section: Section) -> None:
    """The row's own id; a plain `id` gets the name of the source before it, since other logs count alike."""
    if "event_id" in file.columns and file.columns["event_id"].kind != "empty":
        section.columns["event_id"] = ("event_id", 0.97, "it carries the name of the column")
        return
    own = next((c for c in file.columns.values() if is_own_id(c.name, "events") and c.unique), None)
    if own is not None:
        sql = f"{quote_literal(file.name + '-')} || {quote_name(own.name)}"
        section.columns["event_id"] = (sql, 0.9, "own id of the row")


def _why_time(times: list[str]) -> str:
    return "the only time" if len(times) == 1 else f"the likeliest of {len(times)} times"


def _type_of_log(file: File) -> tuple[Any, float, str]:
    for name in named_columns(file, "events", "event_type"):
        column = file.columns[name]
        if column.kind in ("text", "integer") and column.distinct <= min(
            MOST_TYPES, max(2, column.rows // 2)
        ):
            sure = 0.95 if "event" in name.lower() or "activ" in name.lower() else 0.75
            return name, sure, f"{column.distinct} different values, such as {', '.join(column.examples[:3])}"
    noun = title(" ".join(singular_words(re.sub(r"\d+", "", file.stem))))
    return {"value": noun or "Event"}, 0.6, "no column says what happened; the file's name does"


def _context(file: File, files: dict[str, File], section: Section) -> None:
    """Ids and attributes of events in the same row."""
    taken = {str(guess[0]) for guess in section.columns.values()}
    for column, target in TABLES["events"].references.items():
        found = reference(file, files, column, target)
        if found is not None and (found[0] not in taken or plain(str(found[0])) == plain(column)):
            section.columns[column] = found
            taken.add(str(found[0]))
    for column in TABLES["events"].columns:
        if column in section.columns or column in ("event_id", "actor", "source", "medium"):
            continue
        names = [name for name in named_columns(file, "events", column) if name not in taken]
        if column == "session_id":
            names += [name for name in file.columns if entity_of(name) == "sessions" and name not in taken]
        if names:
            section.columns[column] = (names[0], 0.7, f"{names[0]!r} is another name for it")
            taken.add(names[0])
    for exact in ("actor", "source", "medium"):
        if exact in file.columns:
            section.columns[exact] = (exact, 0.97, "it carries the name of the column")
    section.columns.setdefault("source", ({"value": file.name}, 0.9, "the name of the file"))


def dated_columns(file: File, record: Section) -> dict[str, tuple[Any, str, float, str]]:
    """Time column of a record → (event type, condition, confidence, reason) of the event it dates."""
    found: dict[str, tuple[Any, str, float, str]] = {}
    if record.table not in ("opportunities", "leads"):
        return found
    for column in file.columns.values():
        if column.kind == "time" and column.filled > 0.01 and not _SKIPPED.search(spaced(column.name)):
            told = _happening(file, record, column)
            if told is not None:
                found[column.name] = told
    return found


def _happening(file: File, record: Section, column: Column) -> tuple[Any, str, float, str] | None:
    name, table = spaced(column.name), record.table
    bare = _DATE_WORDS.sub("", name).strip()
    reason = f"{column.name!r} dates it"
    for word, kind in (
        (r"\bmql\b", "MQL Qualified"),
        (r"\bsql\b", "SQL Qualified"),
        (r"\bwon\b", "Closed-Won"),
        (r"\blost\b", "Closed-Lost"),
        (r"churn", "Churned"),
    ):
        if re.search(word, bare):
            return {"value": kind}, "", 0.9, reason
    own = {
        role: str(record.columns.get(role, ("",))[0]) for role in ("created_at", "closed_at", "converted_at")
    }
    is_role = {
        role: value == column.name or quote_name(column.name) in value.split("THEN")[-1]
        for role, value in own.items()
    }
    if table == "leads":
        return _of_lead(file, bare, is_role, reason)
    if is_role["closed_at"]:
        return _closing(file, record, reason)
    if "engage" in bare:
        return {"value": "Opportunity Engaged"}, "", 0.85, reason
    if is_role["created_at"]:
        return {"value": "Opportunity Created"}, "", 0.85, reason
    return (
        ({"value": title(bare)}, "", 0.55, reason)
        if bare and not re.search(r"close|start|creat|open", bare)
        else None
    )


def _of_lead(file: File, bare: str, role: dict[str, bool], reason: str) -> tuple[Any, str, float, str] | None:
    if role["converted_at"]:
        return {"value": "Lead Converted"}, "", 0.85, reason
    if role["created_at"]:
        qualified = re.search(r"\bmql\b|marketing qualified", spaced(file.stem))
        kind = (
            "MQL Qualified" if qualified else "First Contact" if "first contact" in bare else "Lead Created"
        )
        return (
            {"value": kind},
            "",
            0.75,
            f"{reason}; the file holds {'qualified leads' if qualified else 'leads'}",
        )
    return (
        ({"value": title(bare)}, "", 0.5, reason)
        if bare and not re.search("close|start|creat", bare)
        else None
    )


def _closing(file: File, record: Section, reason: str) -> tuple[Any, str, float, str]:
    outcome = record.columns.get("outcome", ({"value": "open"}, 0.0, ""))[0]
    if record.sold:
        noun = (
            "Conversion"
            if "conversion" in spaced(file.stem)
            else "Order"
            if "order" in spaced(file.stem)
            else "Closed-Won"
        )
        return {"value": noun}, "", 0.8, f"{reason}; the file lists what was bought or won"
    if isinstance(outcome, dict):
        word = str(outcome["value"])
        kinds = {"won": "Closed-Won", "lost": "Closed-Lost"}
        return {"value": kinds.get(word, "Opportunity Closed")}, "", 0.7, reason
    if not record.closed:
        sql = quote_name(str(outcome)) if str(outcome) in file.columns else f"({outcome})"
        record.won, record.closed = f"lower({sql}) = 'won'", f"lower({sql}) IN ('won', 'lost')"
    if record.won == record.closed:
        return {"value": "Closed-Won"}, record.won, 0.85, reason
    kind = f"CASE WHEN {record.won} THEN 'Closed-Won' ELSE 'Closed-Lost' END"
    return kind, record.closed, 0.85, f"{reason}, where it was won or lost"


def dated_section(
    file: File,
    files: dict[str, File],
    record: Section,
    column: str,
    told: tuple[Any, str, float, str],
    number: int,
) -> Section:
    """The stream of events that a date of a record gives."""
    kind, where, confidence, reason = told
    section = Section("events", f"events-{number}")
    section.columns |= {"event_type": (kind, confidence, reason), "occurred_at": (column, confidence, reason)}
    key = ENTITY_COLUMNS[record.table]
    section.columns[key] = record.columns[key]
    for target, own in ENTITY_COLUMNS.items():
        if own not in section.columns:
            found = record.columns.get(own) or reference(file, files, own, target)
            if found is not None and (found[0] != column):
                section.columns[own] = found
    # A record tells its stage and amount of today: they hold for the event that closes it alone.
    if record.table == "opportunities" and (record.sold or "closed" in str(kind).lower()):
        for shared in ("stage", "amount", "currency"):
            if shared in record.columns:
                section.columns[shared] = record.columns[shared]
    for name in named_columns(file, "events", "channel"):
        section.columns["channel"] = (name, 0.7, f"{name!r} is another name for it")
        break
    section.columns["source"] = ({"value": file.name}, 0.9, "the name of the file")
    if where:
        section.options["where"] = where
    return section
