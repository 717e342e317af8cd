"""What a document holds besides its question: how it is shown, whom it traces, where it was saved.

A document is `{"view", "question", "display"?, "trace"?, "saved"?}`. The engine sees the question alone; the
rest travels in the address beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from visualizations.base import Question
from visualizations.editing.flow_shown import AGAINST, FREE, with_against
from visualizations.editing.state import Drafts, canonical, pack, unpack

DEFAULTS: Mapping[str, Any] = {
    "arrow_text": "both",
    "arrow_width": True,
    "fallout": True,
    "comparison": "values",
    "unit": "paths",
    "measure": "count",
    "marks": True,
    **dict.fromkeys(FREE),
    "cells": "percent",
    "curves": False,
    "curve": "0",
    "competing": False,
    "initiative": "rows",
    "effect_at": "90d",
}
"""Setting → what is shown where nothing is chosen."""
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "arrow_text": ("none", "labels", "values", "both"),
    "arrow_width": (True, False),
    "fallout": (True, False),
    "comparison": ("values", "differences"),
    "unit": ("paths", "containers"),
    "measure": ("count", "time"),
    "marks": (True, False),
    "cells": ("percent", "count", "amount", "average"),
    "curves": (True, False),
    "curve": tuple(map(str, range(8))),
    "competing": (True, False),
    "effect_at": ("30d", "60d", "90d", "180d"),
}
KEPT = ("display", "trace", "saved")
"""Parts of a document that outlive an edit of its question."""


def allowed(name: Any, value: Any) -> bool:
    """Whether a setting of that name takes the value."""
    if name == "initiative":
        return isinstance(value, str) and (value == DEFAULTS[name] or value.startswith("of:"))
    if name in FREE:
        check: Callable[[Any], bool] = FREE[name]
        return value is None or check(value)
    return name in CHOICES and not isinstance(value, list | dict) and value in CHOICES[name]


def shown(document: Question) -> dict[str, Any]:
    """All display settings of a document, the defaults where it says nothing."""
    chosen = {k: v for k, v in (document.get("display") or {}).items() if allowed(k, v)}
    return {**DEFAULTS, **chosen}


def with_display(document: Question, name: str, value: Any) -> Question:
    """The document with one display setting changed; a default is not written down."""
    if name.startswith(AGAINST):
        name, value = "against", with_against(shown(document)["against"], name, value)
    if not allowed(name, value):
        return document
    kept = {k: v for k, v in (document.get("display") or {}).items() if k != name}
    if value != DEFAULTS[name]:
        kept[name] = value
    if name == "initiative" and name in kept:
        kept["curves"] = True
    return with_part(document, "display", kept)


def with_part(document: Question, name: str, part: Any) -> Question:
    """The document with one of its parts replaced; an empty part is left out."""
    changed = {key: value for key, value in document.items() if key != name}
    return {**changed, name: part} if part else changed


def parts_of(document: Question) -> Question:
    """What the document holds besides view and question."""
    return {name: document[name] for name in KEPT if document.get(name)}


def search_of(drafts: Drafts, document: Question) -> str:
    """The query string of a document."""
    more = {}
    if display := document.get("display"):
        more["show"] = pack(display)
    if trace := document.get("trace"):
        more["trace"] = f"{trace['container']}:{trace['id']}"
    if saved := document.get("saved"):
        more["saved"], more["rev"] = str(saved["id"]), str(saved["revision"])
    return drafts.search(document["question"], **more)


def parts_from(more: Mapping[str, str]) -> Question:
    """The parts of a document that an address names; what cannot be read is left out."""
    found: Question = {}
    display = unpack(more["show"]) if more.get("show") else None
    if isinstance(display, dict):
        known = {k: v for k, v in display.items() if allowed(k, v) and v != DEFAULTS[k]}
        found.update({"display": known} if known else {})
    container, colon, member = more.get("trace", "").partition(":")
    if colon and container and member:
        found["trace"] = {"container": container, "id": member}
    if more.get("saved") and more.get("rev", "").isdigit():
        found["saved"] = {"id": more["saved"], "revision": int(more["rev"])}
    return found


def content_of(document: Question) -> Question:
    """What is saved of a document: the question, with its display settings under `display`."""
    question = dict(document["question"])
    return {**question, "display": document["display"]} if document.get("display") else question


def opened(view: str, definition: Mapping[str, Any]) -> Question:
    """The document of a saved definition; it remembers the revision it came from."""
    question = dict(definition["content"])
    display = question.pop("display", None)
    saved = {"id": str(definition["id"]), "revision": int(definition["revision"])}
    document = {"view": view, "question": question, "saved": saved}
    return with_part(document, "display", display)


def is_changed(document: Question, definition: Mapping[str, Any]) -> bool:
    """Whether a document differs from what was saved."""
    return canonical(content_of(document)) != canonical(definition["content"])


def inspector_of(view: Any, document: Question, facts: Any) -> list[Any]:
    """The controls of a document: those of its question, and of how it is shown where the view has such."""
    if getattr(view, "shows", False):
        return list(view.inspector(document["question"], facts, shown(document)))
    return list(view.inspector(document["question"], facts))
