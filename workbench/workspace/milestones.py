"""Milestones drafted from the names of event types, for people to correct in `workspace.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("won", r"\bwon\b"),
        ("lost", r"\b(closed|deal|opportunity) lost\b|^lost$"),
        ("churned", r"\bchurn(ed)?\b|\b(contract|subscription) (cancell?ed|ended)\b"),
        ("opportunity_created", r"\b(opportunity|deal) (created|opened|started|engaged)\b"),
        ("mqa", r"\bmqa\b|\bmarketing qualified account\b"),
        ("mql", r"\bmql\b(?!.*(reject|recycl|disqualif))|\bmarketing qualified lead\b"),
        ("sql", r"\bsql\b(?!.*(reject|recycl|disqualif))|\bsales qualified\b"),
        (
            "lead",
            r"^lead$|\blead (generated|created|captured)\b|\blead form: complete"
            r"|\bform (submitted|completed?)\b",
        ),
    )
)
"""Milestone → names that stand for it, most telling first; a name joins the first that fits."""

ORDER = ("lead", "mql", "mqa", "sql", "opportunity_created", "won", "lost", "churned")
_JOINTS = re.compile(r"[\s_.\-/]+|(?<=[a-z])(?=[A-Z])")


def draft(event_types: Iterable[str], stages: Iterable[str] = ()) -> dict[str, Any]:
    """Milestone → condition, for the milestones that event types suggest, else stages that events carry.

    >>> draft(["MQL Qualified", "Email Opened"], ["Closed Won"])
    {'mql': {'field': 'event_type', 'op': 'equals', 'value': 'MQL Qualified'}, \
'won': {'field': 'stage', 'op': 'equals', 'value': 'Closed Won'}}
    """
    by_type, by_stage = _matches(event_types), _matches(stages)
    found: dict[str, Any] = {}
    for name in ORDER:
        if name in by_type:
            found[name] = _condition("event_type", by_type[name])
        elif name in by_stage:
            found[name] = _condition("stage", by_stage[name])
    return found


def _matches(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        plain = _JOINTS.sub(" ", name).strip().lower()
        for milestone, pattern in _PATTERNS:
            if pattern.search(plain):
                found.setdefault(milestone, []).append(name)
                break
    return found


def _condition(field: str, values: list[str]) -> dict[str, Any]:
    if len(values) == 1:
        return {"field": field, "op": "equals", "value": values[0]}
    return {"field": field, "op": "in", "value": values}
