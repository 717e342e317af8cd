"""Display settings of a flow that are no choice among a few: what is in focus, hidden, compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Question = dict[str, Any]

AGAINST = "against."
"""Beginning of the name under which a control sets one of the two compared segments."""
MOST = 60
"""Items in focus, or hidden columns."""


def _focus(value: Any) -> bool:
    """`[column, [[kind, item], …]]`."""
    if not isinstance(value, list) or len(value) != 2 or not _whole(value[0]):
        return False
    items = value[1]
    return (
        isinstance(items, list)
        and 0 < len(items) <= MOST
        and all(
            isinstance(one, list) and len(one) == 2 and all(isinstance(t, str) for t in one) for one in items
        )
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _hidden(value: Any) -> bool:
    """Numbers of columns, the anchor's excepted."""
    return isinstance(value, list) and 0 < len(value) <= MOST and all(_whole(one) and one for one in value)


def _against(value: Any) -> bool:
    """Two segments; one of them may still be missing."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and any(value)
        and all(one is None or (isinstance(one, dict) and bool(one)) for one in value)
    )


FREE: Mapping[str, Callable[[Any], bool]] = {"focus": _focus, "hidden": _hidden, "against": _against}
"""Setting → whether it takes a value; without one nothing is shown."""


def with_against(now: Any, name: str, value: Any) -> list[Any] | None:
    """The pair with one segment, given as JSON text, chosen or taken away."""
    pair = list(now or [None, None])
    try:
        place, given = int(name.removeprefix(AGAINST)), json.loads(value) if value else None
        pair[place] = given
    except (ValueError, TypeError, IndexError):
        return now  # type: ignore[no-any-return]
    return pair if any(pair) else None


def asked(document: Question) -> Question:
    """The question with the segments its drawing compares: what tables, SQL and definition tell of."""
    question: Question = document["question"]
    pair = (document.get("display") or {}).get("against") or []
    compared = question.get("analysis") == "flow" and len(pair) == 2 and all(pair)
    return {**question, "compare": pair} if compared else question


def arrived(document: Question) -> Question:
    """A flow whose question compares segments draws the first two against each other."""
    question = document["question"]
    if question.get("analysis") != "flow" or not question.get("compare"):
        return document
    pair, kept = question["compare"][:2], {k: v for k, v in question.items() if k != "compare"}
    told = {"against": pair} if len(pair) == 2 else {}
    return {**document, "question": kept, "display": {**(document.get("display") or {}), **told}}
