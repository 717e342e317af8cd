"""Which paths a flow is about: the nodes they pass, as `through` in its question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visualizations.base import Question
from visualizations.editing.edits import BadEdit, put

Entry = dict[str, Any]
"""`{"column", "kind", "items"?}`, as the language names a node that paths pass."""
NAMED = ("item", "other")
"""Kinds whose entries name items."""


def entry(column: int, kind: str, item: str, shown: tuple[str, ...] = ()) -> Entry:
    """The entry of a node of the drawing; `shown` are the items its column shows, which Other is none of."""
    if kind == "item":
        return {"column": column, "kind": "item", "items": [item]}
    if kind == "other":
        return {"column": column, "kind": "other", "items": list(shown)}
    return {"column": column, "kind": "before data" if item == "Before data" else kind}


def entries(question: Question) -> list[Entry]:
    """The nodes that paths must pass, as the question has them."""
    return [{"kind": "item", **one} for one in question.get("through") or ()]


def focused(question: Question, event: Mapping[str, Any]) -> Question:
    """With a node to pass, in place of another of its column; with `add` items join; again ends it.

    An event names the node by `column`, `node` (the kind of an entry; `item` unless given) and `items`.
    """
    new = _given(event)
    now = {one["column"]: one for one in entries(question)}
    old = now.pop(new["column"], None)
    left = new if old is None else _together(old, new, bool(event.get("add")))
    return _with(question, [*now.values(), *([left] if left else [])])


def _given(event: Mapping[str, Any]) -> Entry:
    column, kind = event.get("column"), str(event.get("node") or "item")
    if isinstance(column, bool) or not isinstance(column, int) or not column:
        raise BadEdit("Every path passes the anchor: choose an item of another column.")
    items = list(dict.fromkeys(str(one) for one in event.get("items") or ()))
    return {"column": column, "kind": kind, **({"items": items} if kind in NAMED else {})}


def _together(old: Entry, new: Entry, add: bool) -> Entry | None:
    """What is left of two entries of a column: None where the same was chosen again."""
    had, chosen = set(old.get("items") or ()), set(new.get("items") or ())
    if (old["kind"], had) == (new["kind"], chosen):
        return None
    if old["kind"] == new["kind"] == "other":
        return {**old, "items": [*old["items"], *(one for one in new["items"] if one not in had)]}
    if not add or old["kind"] != "item" or new["kind"] != "item":
        return new
    if chosen <= had:
        return {**old, "items": [one for one in old["items"] if one not in chosen]}
    return {**old, "items": [*old["items"], *(one for one in new["items"] if one not in had)]}


def unfocused(question: Question, column: Any = None) -> Question:
    """Without the node to pass in a column, or without any."""
    left = [one for one in entries(question) if column is not None and one["column"] != column]
    return _with(question, left)


def _with(question: Question, through: list[Entry]) -> Question:
    return put(question, "through", sorted(through, key=lambda one: int(one["column"])) or None)


def without_item(question: Question, item: str) -> Question:
    """With an item, which a flow no longer has, taken out of what paths must pass."""
    left = []
    for one in entries(question):
        items = [name for name in one.get("items") or () if name != item]
        if one["kind"] != "item" or items:
            left.append({**one, "items": items} if one["kind"] in NAMED else one)
    return _with(question, left)


def only_columns(question: Question, columns: set[int]) -> Question:
    """Without nodes to pass that stand in no column, or in one whose items changed."""
    return _with(question, [one for one in entries(question) if one["column"] in columns])
