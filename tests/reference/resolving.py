"""Conditions resolved to containers: by their events, or by the record where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .company import CONTAINER_IDS, Company, Event
from .conditions import Conditions, Context, compares

TABLES = {
    "account": "accounts",
    "opportunity": "opportunities",
    "buying_group": "buying_groups",
    "lead": "leads",
    "person": "persons",
}
NAMED = {
    "account": (),
    "opportunity": ("account_id",),
    "buying_group": ("account_id", "opportunity_id", "product_id"),
    "lead": ("person_id", "account_id", "opportunity_id"),
    "person": ("account_id",),
}
"""Ids on a record that events carry too."""


def resolve(conditions: Conditions, condition: Mapping[str, Any] | str, kind: str) -> set[str]:
    """Ids of the containers with an event in the set, or with a fitting record and no event."""
    company = conditions.company
    context = Context(kind, company.default_history(kind))
    histories = company.history(kind, context.history)
    test = conditions.test(condition, context)
    found = {name for name, events in histories.items() if any(test(name, event) for event in events)}
    rows = Rows(conditions, kind)
    alone = {name: row for name, row in record_rows(company, kind).items() if name not in histories}
    return found | {name for name, row in alone.items() if rows.holds(condition, row, context)}


def record_rows(company: Company, kind: str) -> dict[str, Event]:
    """One row for each record of a kind: its own id, and the ids it names."""
    if kind == "global_account":
        tops = {record["global_account_id"] for record in company.table("accounts")}
        return {top: {"global_account_id": top} for top in tops}
    rows: dict[str, Event] = {}
    for record in company.table(TABLES.get(kind, "")):
        row = {name: record.get(name) for name in (CONTAINER_IDS[kind], *NAMED[kind])}
        account = row.get("account_id")
        row["global_account_id"] = None if account is None else company.global_account(account)
        rows[record[CONTAINER_IDS[kind]]] = row
    return rows


class Rows:
    """Judges rows of containers without events."""

    def __init__(self, conditions: Conditions, kind: str) -> None:
        self.conditions, self.kind = conditions, kind
        self._kept: dict[tuple[int, Context], dict[str, set[int]]] = {}

    def holds(self, condition: Any, row: Event, context: Context) -> bool:
        """Whether the condition holds at the row."""
        settings = self.conditions.company.settings
        if isinstance(condition, str):
            return self.holds(settings["segments"][condition], row, context)
        if "milestone" in condition:
            return self.holds(settings["milestones"][condition["milestone"]], row, context)
        if "segment" in condition:
            return self.holds(condition["segment"], row, context)
        if "field" in condition:
            return self.conditions.test(condition, replace(context, until=None))("", row)
        if "as_of" in condition:
            return self.holds(
                condition["where"], row, context.as_of(condition["as_of"], self.conditions.company)
            )
        if "not" in condition:
            return not self.holds(condition["not"], row, context)
        if "all" in condition:
            return all(self.holds(one, row, context) for one in condition["all"])
        if "any" in condition:
            return any(self.holds(one, row, context) for one in condition["any"])
        return self._form(condition, row, context)

    def _form(self, condition: Any, row: Event, context: Context) -> bool:
        kind = self.conditions._form_kind(condition, context)
        container = row.get(CONTAINER_IDS[kind])
        if "listed" in condition or "related" in condition:
            return container is not None and self.conditions.by_id(condition, container, context)
        if kind == self.kind:
            if "count" in condition:
                return compares(0, condition.get("op"), condition.get("value"))
            return "where" in condition and self.holds(condition["where"], row, context)
        if container is None or condition.get("include", "everyone") != "everyone":
            return False
        history = self.conditions.company.default_history(kind)
        key = (id(condition), context)
        if key not in self._kept:
            self._kept[key] = self.conditions._kept_rows(condition, context.inside(kind, history))
        return container in self._kept[key]
