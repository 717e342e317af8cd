"""What the controls offer: the containers, milestones, event types and fields of one workspace."""

from __future__ import annotations

import datetime
import threading
from functools import cached_property
from typing import Any

import workbench as wb
from visualizations.base import Scene, Unit

HIDDEN_FIELDS = ("event_id", "source", "account_rule")


def _plural(label: str) -> str:
    lower = label.lower()
    return lower[:-1] + "ies" if lower.endswith("y") and lower[-2:-1] not in "aeiou" else lower + "s"


class Facts:
    """A snapshot of `bench.info()` with the words of the workspace; values of fields are read when asked."""

    def __init__(self, bench: Any, containers: Any) -> None:
        self.bench = bench
        self.settings = bench.settings
        self.info: dict[str, Any] = bench.info()
        counts = self.info["containers"]
        self.units = {}
        for container in containers:
            label = self.settings.labels.get(container.name, container.label)
            plural = (
                _plural(label)
                if container.name in self.settings.labels
                else container.plural.replace("_", " ")
            )
            self.units[container.name] = Unit(
                container.name, label, plural, int(counts.get(container.name) or 0)
            )
        self.members_known = {c.name for c in containers if getattr(c, "has_members", False)}
        self.event_types: list[str] = [row["event_type"] for row in self.info["event_types"]]
        self.milestones: list[str] = list(self.info["milestones"])
        self.fields: list[str] = [path for path in bench.fields() if path not in HIDDEN_FIELDS]
        self._values: dict[str, list[str]] = {}
        self._counted: dict[str, list[tuple[str, int]]] = {}
        self._lock = threading.Lock()

    @property
    def containers(self) -> list[Unit]:
        """Containers with at least one event."""
        return [unit for unit in self.units.values() if unit.containers]

    def label(self, container: str) -> str:
        """The container's label in this workspace."""
        return self.units[container].label

    def milestone_events(self, name: str) -> int:
        """Events of a milestone; 0 where the workspace has none."""
        return int((self.info["milestones"].get(name) or {}).get("events") or 0)

    def segments(self) -> list[tuple[str, str]]:
        """(id, name) of the saved segments, as they are now."""
        saved = self.bench.definitions
        return [
            (str(one["id"]), str(one["name"]))
            for one in (saved.list("segments") if saved is not None else ())
        ]

    def initiatives(self) -> tuple[dict[str, Any], ...]:
        """Definitions of the saved initiatives, as they are now."""
        saved = self.bench.definitions
        return () if saved is None else tuple(saved.list("initiatives"))

    def values(self, path: str) -> list[str]:
        """The most frequent values of a field of text; none for numbers and times."""
        with self._lock:
            if path not in self._values:
                try:
                    frame = self.bench.values(path, limit=200)
                    self._values[path] = [
                        str(value) for value in frame["value"].to_list() if value is not None
                    ]
                except wb.WorkbenchError:
                    self._values[path] = []
            return self._values[path]

    def counted(self, path: str, table: str | None = None) -> list[tuple[str, int]]:
        """Values of a text field with their records, of a field of `events` with their events; at most 201.

        `table` is the table of a column named without a prefix; None for fields of events.
        """
        key = f"{table or ''} {path}"
        with self._lock:
            if key not in self._counted:
                try:
                    self._counted[key] = self._count(path, table)
                except wb.WorkbenchError:
                    self._counted[key] = []
            return self._counted[key]

    def _count(self, path: str, table: str | None) -> list[tuple[str, int]]:
        prefix, _, column = path.rpartition(".")
        tables = {"owner": "users", "global_account": "accounts"} | {
            unit.name: unit.table for unit in wb.CONTAINERS if unit.table
        }
        if prefix:
            last = prefix.rpartition(".")[2]
            table = tables.get(last, f"{last}s")
        if table is None or (table == "persons" and column == "role"):
            return [(str(value), int(n)) for value, n in self.bench.values(path, limit=201).rows()]
        return [(str(value), int(n)) for value, n in self.bench.record_values(table, column, 201).rows()]

    @cached_property
    def sums(self) -> list[str]:
        """Fields of money and numbers that a metric may sum, amounts of deals and events first."""
        first = ("opportunity.amount", "amount")
        others = [
            p for p in self.fields if p not in first and self.type_of(p) in ("money", "number", "integer")
        ]
        return [*(path for path in first if path in self.fields), *others]

    def type_of(self, path: str) -> str:
        """Type of a field, as the model names it."""
        return str(self.bench.version.field_type(path))

    @cached_property
    def dimensions(self) -> list[str]:
        """Fields of text that tell containers apart: no ids, and not one value per record."""
        hidden = ("website", "record_url", "email")
        found = []
        for path in self.fields:
            last = path.rsplit(".", 1)[-1]
            text = self.type_of(path) in ("text", "boolean")
            if (
                text
                and not last.endswith("_id")
                and last not in hidden
                and not path.startswith("global_account.")
            ):
                found.append(path)
        return found

    @cached_property
    def currency(self) -> str:
        """The one currency of amounts; empty where there are several, or rates turn them into one."""
        if self.settings.currency_rates:
            return ""
        found = {
            value
            for path in ("currency", "opportunity.currency")
            if path in self.fields
            for value in self.values(path)
        }
        return found.pop() if len(found) == 1 else ""

    def scene(self, *, dark: bool, width: int, height: int) -> Scene:
        """What drawings of this workspace depend on."""
        return Scene(self.units, dark, width, height, self.settings.zone, order=self.order)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Event types in the order the data version was loaded with."""
        return tuple(self.bench.version.settings.event_order)

    def local(self, moment: datetime.datetime | None) -> datetime.datetime | None:
        """A stored time (UTC) in the workspace's zone."""
        if moment is None:
            return None
        return moment.replace(tzinfo=datetime.UTC).astimezone(self.settings.zone)


MILESTONE_NAMES = {
    "lead": "Lead",
    "mql": "MQL",
    "mqa": "MQA",
    "sql": "SQL",
    "opportunity_created": "Opportunity created",
    "won": "Closed-won",
    "lost": "Closed-lost",
    "churned": "Churned",
}


def milestone_name(name: str) -> str:
    """A milestone as people say it."""
    return MILESTONE_NAMES.get(name, name.replace("_", " ").capitalize())


def in_words(condition: Any) -> str:
    """A short name for a condition: what a card or a chip shows."""
    if not isinstance(condition, dict):
        return str(condition)
    if "milestone" in condition:
        return milestone_name(str(condition["milestone"]))
    if "segment" in condition:
        return str(condition["segment"]).replace("-", " ").capitalize()
    if "field" in condition:
        return _field_in_words(condition)
    for word, joined in (("any", " or "), ("all", " and ")):
        if word in condition:
            return joined.join(in_words(part) for part in condition[word])
    return _form_in_words(condition)


def _form_in_words(condition: dict[str, Any]) -> str:
    if "not" in condition:
        return f"not {in_words(condition['not'])}"
    if "sequence" in condition:
        return " then ".join(in_words(step["where"]) for step in condition["sequence"])
    holder = str(condition.get("container", "")).replace("_", " ")
    if "count" in condition:
        amount = f"{condition.get('op', '>=')} {condition.get('value', 1)}"
        return f"{holder} with {amount} × {in_words(condition['count'])}"
    if "where" in condition:
        return f"{holder} with {in_words(condition['where'])}"
    return "members of a number" if "members_of" in condition else "condition"


def _field_in_words(condition: dict[str, Any]) -> str:
    value, op, name = condition.get("value"), condition.get("op", "equals"), condition["field"]
    shown = " or ".join(map(str, value)) if isinstance(value, list | tuple) else value
    if name == "event_type" and op in ("equals", "in"):
        return str(shown)
    verb = {
        "equals": "is", "in": "is", "not_equals": "is not", "not_in": "is not", "exists": "has a value",
        "not_exists": "has no value",
    }  # fmt: skip
    tail = "" if op in ("exists", "not_exists") else f" {shown}"
    return f"{name.replace('_', ' ').replace('.', ' ')} {verb.get(op, op.replace('_', ' '))}{tail}"
