"""What a rule may name: fields in groups, in words, with their types and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.facts import Facts

MILESTONE, SEGMENT = "~milestone", "~segment"
"""What a rule may be instead of a test of a field."""
FIRST = ("event_type", "occurred_at", "channel", "content_type", "amount")
GROUPS = (
    "account", "person", "opportunity", "campaign", "content", "product", "marketing_event", "buying_group",
    "lead", "owner", "global_account",
)  # fmt: skip
"""Prefixes of record fields in the order of the list."""
VALUES = 200
"""Values listed; where a field has more, they are suggested and others can be typed."""
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (
        "equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with",
        "matches", "exists", "not_exists",
    ),
    "boolean": ("equals", "exists", "not_exists"),
    "number": ("equals", "not_equals", ">", ">=", "<", "<=", "between", "exists", "not_exists"),
    "time": ("in_last", ">=", "<=", ">", "<", "equals", "between", "exists", "not_exists"),
}  # fmt: skip
"""Kind of a field → its operators, the first one first taken."""
WORDS = {
    "equals": "is", "not_equals": "is not", "in": "is any of", "not_in": "is none of",
    "contains": "contains", "not_contains": "does not contain", "starts_with": "starts with",
    "ends_with": "ends with", "matches": "matches", "exists": "has a value", "not_exists": "has no value",
    ">": "is greater than", ">=": "is at least", "<": "is less than", "<=": "is at most",
    "between": "is between", "in_last": "in the last",
}  # fmt: skip
TIME_WORDS = {">=": "from", "<=": "until", ">": "after", "<": "before", "equals": "on"}


@dataclass(frozen=True)
class Place:
    """Where a rule stands: events, or records of a table inside a box of related records."""

    facts: Facts
    container: str
    """Container whose members the segment has."""
    table: str | None = None
    href: Callable[[Question], str] | None = None
    """Address of a question, empty where no view shows it; None where rules lead nowhere."""

    def kind(self, field: str) -> str:
        """`text`, `boolean`, `number` or `time`; `text` for a field that is not known."""
        try:
            version = self.facts.bench.version
            own = version.columns.get(self.table or "", {}) if self.table else {}
            found = str(own[field]) if field in own else str(version.field_type(field))
        except wb.WorkbenchError:
            return "text"
        return {"integer": "number", "money": "number", "date": "time"}.get(found, found)

    def choices(self) -> list[dict[str, Any]]:
        """Everything a rule may name, in groups."""
        if self.table is not None:
            columns = self.facts.bench.version.columns.get(self.table, {})
            title = self.table.replace("_", " ").capitalize()
            return [_group(title, [(name, words(name)) for name in columns])]
        own = [name for name in self.facts.fields if "." not in name]
        first = [name for name in FIRST if name in own]
        events = [*first, *(name for name in own if name not in first and not name.endswith("_id"))]
        named = [(MILESTONE, "Milestone"), (SEGMENT, "Saved segment")]
        groups = [_group("Say it in one word", named), _group("Event", [(n, words(n)) for n in events])]
        if self.container == "person":
            found = [n.partition(".")[2] for n in self.facts.fields if n.startswith("account.")]
            theirs = [(f"person.account.{name}", f"Their account's {_plain(name)}") for name in found]
            groups.append(_group("The person's account", _useful(theirs)))
        for prefix in GROUPS:
            items = [(n, words(n)) for n in self.facts.fields if n.startswith(f"{prefix}.")]
            groups.append(_group(prefix.replace("_", " ").capitalize(), _useful(items)))
        ids = [(n, words(n)) for n in own if n.endswith("_id")]
        return [group for group in (*groups, _group("Ids", ids)) if group["items"]]

    def values(self, field: str) -> tuple[list[tuple[str, int]], bool]:
        """Values of a text field with how many records or events have them; and whether these are all."""
        found = self.facts.counted(field, self.table)
        return found[:VALUES], len(found) <= VALUES


def _group(title: str, items: list[tuple[str, str]]) -> dict[str, Any]:
    return {"group": title, "items": [{"value": value, "label": label} for value, label in items]}


def _useful(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ids behind what people know by name."""
    return sorted(items, key=lambda item: item[0].endswith("_id"))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def words(path: str) -> str:
    """A field as people say it.

    >>> words("account.annual_revenue"), words("event_type"), words("person.account.city")
    ('Account annual revenue', 'Event type', "Person's account city")
    """
    *way, name = path.split(".")
    if not way:
        return {"occurred_at": "Time"}.get(name, _plain(name).capitalize())
    before = "'s ".join(_plain(part) for part in way)
    return f"{before} {_plain(name)}".capitalize()


def operator_words(op: str, kind: str) -> str:
    """An operator as it reads behind a field of that kind."""
    return TIME_WORDS.get(op, WORDS[op]) if kind == "time" else WORDS.get(op, op)


def table_of(related: str) -> str:
    """The table whose records a relation is about."""
    return "accounts" if related == "subsidiaries" else related
