"""Flow: paths through given nodes, and the declared order of event types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .company import Company

Item = tuple[str, str]
"""Kind (`anchor`, `item`, `other`, `exit`, `entry`) and name."""


def passes(shown: Mapping[int, Item], nodes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a path, given by what it shows in each column, passes all of some nodes."""
    return all(node["column"] in shown and _is_at(shown[node["column"]], node) for node in nodes)


def _is_at(item: Item, node: Mapping[str, Any]) -> bool:
    kind, name = item
    wanted, items = node.get("kind", "item"), node.get("items", ())
    if wanted == "item":
        return kind == "item" and name in items
    if wanted == "other":
        return kind in ("item", "anchor") and name not in items
    if wanted in ("entry", "before data"):
        return kind == "entry" and (name == "Before data") == (wanted == "before data")
    return bool(kind == wanted)


class DeclaredOrder:
    """Which steps go back or skip in the declared order of event types."""

    def __init__(self, company: Company, anchor: Any) -> None:
        self.declared = list(company.settings.get("event_order", ()))
        self.anchor = _only_type(company, anchor)

    def rank(self, item: Item) -> int | None:
        """The place of an item in the declared order."""
        name = self.anchor if item[0] == "anchor" else item[1] if item[0] == "item" else None
        return self.declared.index(name) if name in self.declared else None

    def step(self, source: Item, target: Item) -> str | None:
        """`forward`, `back` or `skip`; None where one of both has no place in the order."""
        begin, end = self.rank(source), self.rank(target)
        if begin is None or end is None:
            return None
        if end < begin:
            return "back"
        return "skip" if end > begin + 1 else "forward"


def _only_type(company: Company, condition: Any) -> str | None:
    """The event type that a condition stands for, where it is one test of one type, named or not."""
    if isinstance(condition, str):
        condition = {"segment": condition}
    if "milestone" in condition:
        return _only_type(company, company.settings["milestones"][condition["milestone"]])
    if "segment" in condition:
        return _only_type(company, company.settings["segments"][condition["segment"]])
    if condition.get("field") != "event_type":
        return None
    if condition.get("op", "equals") == "equals":
        return str(condition["value"])
    return str(condition["value"][0]) if condition["op"] == "in" and len(condition["value"]) == 1 else None
