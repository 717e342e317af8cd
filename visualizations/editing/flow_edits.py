"""Changes of a flow by gestures and menus: pure functions of the document, `document, event → document`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.editing import display
from visualizations.editing.edits import ANCHORS, BadEdit, put

Event = Mapping[str, Any]
MOST_COLUMNS, MOST_ITEMS = 10, 20
BUYERS = {"field": "actor", "op": "not_in", "value": ["seller", "system"]}
"""Events of buyers; those without an actor count as theirs."""
SIDES = {"set-start": "starts_with", "set-middle": "contains", "set-end": "ends_with"}


def apply(document: Question, event: Event) -> Question:
    """The document after a gesture; BadEdit says what cannot be done."""
    do = str(event.get("do"))
    if document["question"].get("analysis") != "flow" or do not in DOS:
        raise BadEdit("This cannot be done here.")
    return DOS[do](document, event)


def _asked(document: Question, question: Question) -> Question:
    return {**document, "question": question}


# --- the question ------------------------------------------------------------------------------


def _exclude(document: Question, event: Event) -> Question:
    question, item = document["question"], str(event.get("item"))
    now = list(question.get("exclude") or [])
    return _asked(document, {**question, "exclude": [*now, item]}) if item not in now else document


def _restore(document: Question, event: Event) -> Question:
    question = document["question"]
    left = [one for one in question.get("exclude") or [] if one != event.get("item")]
    return _asked(document, put(question, "exclude", left or None))


def _items(document: Question, event: Event) -> Question:
    question = document["question"]
    items = int(question.get("items", 5)) + int(event.get("by") or 0)
    if not 1 <= items <= MOST_ITEMS:
        raise BadEdit(f"A column shows between 1 and {MOST_ITEMS} items.")
    return _asked(document, {**question, "items": items})


def _columns(document: Question, event: Event) -> Question:
    question = document["question"]
    return _asked(document, with_columns(question, columns_of(question) + int(event.get("by") or 0)))


def columns_of(question: Question) -> int:
    """Columns on each side of the anchor."""
    return int(wb.parse_spec(question).columns)  # type: ignore[union-attr]


def with_columns(question: Question, columns: int) -> Question:
    """So many columns on each side; the outermost dimension serves those that are added."""
    if not 1 <= columns <= MOST_COLUMNS:
        raise BadEdit(f"A flow has between 1 and {MOST_COLUMNS} columns on a side.")
    changed = {**question, "columns": columns}
    if not isinstance(question.get("dimension", ""), str):
        near = nearest_first(question)
        changed["dimension"] = [near[min(i, len(near) - 1)] for i in range(columns)]
    return changed


def nearest_first(question: Question) -> list[str]:
    """The dimension of each column, counted away from the anchor; of two sides, the right one's."""
    spec: Any = wb.parse_spec(question)
    return list(spec.dimensions(spec.sides[-1]))


def with_dimension(question: Question, place: int, field: str) -> Question:
    """One column (0: nearest the anchor) with a dimension of its own; equal ones become one again."""
    near = nearest_first(question)
    near[place] = field
    changed = {**question, "columns": len(near)}
    return {**changed, "dimension": near[0] if len(set(near)) == 1 else near}


def anchored(question: Question, side: str, select: Mapping[str, Any]) -> Question:
    """An item of the flow as the anchor of a new one."""
    if question["analysis"] != "flow" or select.get("kind") != "item":
        raise BadEdit("Only an item of a flow can become its start or end.")
    column = int(select.get("column") or 0)
    spec: Any = wb.parse_spec(question)
    mine = 1 if column > 0 else -1
    own = spec.dimensions(mine) if mine in spec.sides and column else (spec.dimensions(spec.sides[0])[0],)
    field = own[min(max(abs(column), 1), len(own)) - 1]
    kept = {k: v for k, v in question.items() if k not in (*ANCHORS, "anchor_label")}
    where = {"field": field, "value": select["item"]}
    changed = {**kept, side: where, "anchor_label": select["item"]}
    if not isinstance(question.get("dimension", ""), str):
        changed["dimension"] = nearest_first(question)
    return changed


def by_buyers(question: Question) -> bool:
    """Whether only buyers' events are items."""
    return bool(question.get("among") == BUYERS)


def with_buyers(question: Question, on: bool) -> Question:
    """Only buyers' events as items, or everybody's; anchors stay anchors whoever caused them."""
    return put(question, "among", BUYERS if on else None)


def _dimension(question: Question, path: str, value: Any) -> Question:
    if not value:
        return question
    if path == "all":
        return {**question, "columns": columns_of(question), "dimension": value}
    return with_dimension(question, int(path), str(value))


def _number(question: Question, path: str, value: Any) -> Question:
    try:
        return with_columns(question, int(value))
    except (TypeError, ValueError):
        raise BadEdit(f"{value!r} is no number") from None


CONTROLS: dict[str, Callable[[Question, str, Any], Question]] = {
    "flow-dimension": _dimension,
    "flow-columns": _number,
    "flow-buyers": lambda question, _path, value: with_buyers(question, bool(value)),
    "flow-paths": lambda question, path, value: put(question, path, int(value or 0) or None),
}
"""Edits of the controls that only flows have."""


# --- how it is shown ---------------------------------------------------------------------------


def _hide(document: Question, event: Event) -> Question:
    column = event.get("column")
    if not isinstance(column, int) or column == 0:
        raise BadEdit("The column of the anchor cannot be hidden.")
    now = list(display.shown(document)["hidden"] or [])
    return display.with_display(document, "hidden", sorted({*now, column}))


def _show(document: Question, event: Event) -> Question:
    left = [one for one in display.shown(document)["hidden"] or [] if one != event.get("column")]
    return display.with_display(document, "hidden", left or None)


def _focus(document: Question, event: Event) -> Question:
    """Focus on items of a column; with `add` to those in focus, again on the same ends it."""
    column = event.get("column")
    items = [[str(kind), str(item)] for kind, item in event.get("items") or ()]
    now = display.shown(document)["focus"]
    same = bool(now) and now[0] == column
    if event.get("add") and same:
        left = [one for one in now[1] if one not in items]
        items = left if len(left) < len(now[1]) else [*now[1], *items]
    elif same and now[1] == items:
        items = []
    return display.with_display(document, "focus", [column, items] if items else None)


DOS: dict[str, Callable[[Question, Event], Question]] = {
    "exclude": _exclude,
    "restore": _restore,
    "items": _items,
    "columns": _columns,
    "hide": _hide,
    "show": _show,
    "focus": _focus,
}
