"""Display settings of a flow that are no choice among a few: hidden columns, compared segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Question = dict[str, Any]

AGAINST = "against."
"""Beginning of the name under which a control sets one of the compared segments."""
DRAWN, COMPARED = 2, 4
"""Segments drawn against each other, and those that tables and exports tell of."""
MOST = 60
"""Hidden columns."""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _hidden(value: Any) -> bool:
    """Numbers of columns, the anchor's excepted."""
    return isinstance(value, list) and 0 < len(value) <= MOST and all(_whole(one) and one for one in value)


def _against(value: Any) -> bool:
    """Two segments, or more that are only in tables; some may still be missing."""
    return (
        isinstance(value, list)
        and DRAWN <= len(value) <= COMPARED
        and any(value)
        and all(one is None or (isinstance(one, dict) and bool(one)) for one in value)
    )


FREE: Mapping[str, Callable[[Any], bool]] = {"hidden": _hidden, "against": _against}
"""Setting → whether it takes a value; without one nothing is shown."""


def with_against(now: Any, name: str, value: Any) -> list[Any] | None:
    """The compared segments with one of them, given as JSON text, chosen or taken away."""
    chosen = list(now or [None, None])
    try:
        place, given = int(name.removeprefix(AGAINST)), json.loads(value) if value else None
        if place == len(chosen) and given and place < COMPARED:
            chosen.append(given)
        chosen[place] = given
    except (ValueError, TypeError, IndexError):
        return now  # type: ignore[no-any-return]
    chosen = [one for i, one in enumerate(chosen) if one or i < DRAWN]
    return chosen if any(chosen) else None


def compared(display: Mapping[str, Any]) -> list[Any]:
    """The compared segments of a document's display settings; none unless there are two."""
    chosen = [one for one in display.get("against") or () if one]
    return chosen if len(chosen) >= DRAWN else []


def asked(document: Question, order: tuple[str, ...] = ()) -> Question:
    """The question with what its drawing adds: what tables, SQL and definition tell of.

    Compared segments, and where event types have a declared `order`, which links go back or skip in it.
    """
    question: Question = document["question"]
    if question.get("analysis") != "flow":
        return question
    display = document.get("display") or {}
    told: Question = {"compare": compared(display)} if compared(display) else {}
    if order and display.get("marks", True) and only_types(question):
        told["declared_order"] = True
    return {**question, **told} if told else question


def only_types(question: Question) -> bool:
    """Whether all items of a flow are event types."""
    listed = question.get("dimension", "event_type")
    return set([listed] if isinstance(listed, str) else listed) == {"event_type"}


def too_many(document: Question) -> str:
    """What to tell where a flow compares more segments than its drawing shows; else empty."""
    question = document["question"]
    if question.get("analysis") != "flow" or len(question.get("compare") or ()) <= DRAWN:
        return ""
    return "The drawing compares the first two segments; tables and exports have all."


def arrived(document: Question) -> Question:
    """A flow whose question compares segments draws the first two against each other."""
    question = document["question"]
    if question.get("analysis") != "flow" or not question.get("compare"):
        return document
    chosen, kept = list(question["compare"]), {k: v for k, v in question.items() if k != "compare"}
    told = {"against": [*chosen, *[None] * (DRAWN - len(chosen))]}
    return {**document, "question": kept, "display": {**(document.get("display") or {}), **told}}
