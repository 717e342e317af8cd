"""Conditions that views make of milestones and settings, the same in every engine."""

from __future__ import annotations

from typing import Any

from workbench.model.conditions import Condition
from workbench.model.data_version import DataVersion
from workbench.model.parsing import parse_condition

CLOSING: tuple[str, ...] = ("lost", "churned")
"""Milestones that end a journey without a win."""


def closing_names(version: DataVersion) -> list[str]:
    """Those of the closing milestones that the workspace has."""
    return [name for name in CLOSING if name in version.settings.milestones]


def closing(version: DataVersion) -> Condition | None:
    """Events that close a journey as lost, inlined; None where the workspace has no such milestone."""
    known = [{"milestone": name} for name in closing_names(version)]
    if not known:
        return None
    condition: Condition = version.inline(parse_condition({"any": known}))
    return condition


def recently_active(version: DataVersion) -> Condition:
    """Events of a buyer in the window before the horizon that keeps a container in play."""
    buyer: list[dict[str, Any]] = [
        {"field": "actor", "op": "equals", "value": "buyer"},
        {"field": "actor", "op": "not_exists"},
    ]
    recent = {"field": "occurred_at", "op": "in_last", "value": version.settings.in_play_window}
    condition: Condition = parse_condition({"all": [recent, {"any": buyer}]})
    return condition
