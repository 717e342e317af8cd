"""Changes of a flow by gestures and menus: pure functions of the document, `document, event → document`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.editing import display, flow_through
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
    if item in now:
        return document
    return _asked(document, {**flow_through.without_item(question, item), "exclude": [*now, item]})


def _restore(document: Question, event: Event) -> Question:
    question = document["question"]
    left = [one for one in question.get("exclude") or [] if one != event.get("item")]
    return _asked(document, put(question, "exclude", left or None))


def _items(document: Question, event: Event) -> Question:
    """More or fewer items `by` a number or just so many (`to`), of one `column` or of all."""
    question, column = document["question"], event.get("column")
    kept = kept_of(question)
    places = kept if column is None else {column: kept.get(column, 0)}
    if not set(places) <= set(kept):
        raise BadEdit("There is no such column.")
    asked = {place: int(event.get("to") or now + int(event.get("by") or 0)) for place, now in places.items()}
    return _asked(document, with_kept(question, {**kept, **asked}))


def _columns(document: Question, event: Event) -> Question:
    question = document["question"]
    return _asked(document, with_columns(question, columns_of(question) + int(event.get("by") or 0)))


def _focus(document: Question, event: Event) -> Question:
    return _asked(document, flow_through.focused(document["question"], event))


def _unfocus(document: Question, event: Event) -> Question:
    return _asked(document, flow_through.unfocused(document["question"], event.get("column")))


def columns_of(question: Question) -> int:
    """Columns on each side of the anchor."""
    return int(wb.parse_spec(question).columns)  # type: ignore[union-attr]


def kept_of(question: Question) -> dict[int, int]:
    """Column → how many items it shows, the anchor's left out."""
    spec: Any = wb.parse_spec(question)
    return {side * i: spec.kept(side * i) for side in spec.sides for i in range(1, spec.columns + 1)}


def with_kept(question: Question, kept: Mapping[int, int]) -> Question:
    """So many items in each column; one number where all show as many."""
    if not all(1 <= items <= MOST_ITEMS for items in kept.values()):
        raise BadEdit(f"A column shows between 1 and {MOST_ITEMS} items.")
    if len(set(kept.values())) == 1:
        return {**question, "items": next(iter(kept.values()))}
    both = min(kept) < 0 < max(kept)
    order = sorted(kept) if both else sorted(kept, key=abs)
    return {**question, "columns": max(map(abs, kept)), "items": [kept[c] for c in order]}


def with_columns(question: Question, columns: int) -> Question:
    """So many columns on each side; what the outermost has serves those that are added."""
    if not 1 <= columns <= MOST_COLUMNS:
        raise BadEdit(f"A flow has between 1 and {MOST_COLUMNS} columns on a side.")
    kept, most = kept_of(question), columns_of(question)
    changed = {**question, "columns": columns}
    if not isinstance(question.get("dimension", ""), str):
        near = nearest_first(question)
        changed["dimension"] = [near[min(i, len(near) - 1)] for i in range(columns)]
    sides = {1 if column > 0 else -1 for column in kept}
    wanted = {s * i: kept[s * min(i, most)] for s in sides for i in range(1, columns + 1)}
    return flow_through.only_columns(with_kept(changed, wanted), set(wanted))


def nearest_first(question: Question) -> list[str]:
    """The dimension of each column, counted away from the anchor; of two sides, the right one's."""
    spec: Any = wb.parse_spec(question)
    return list(spec.dimensions(spec.sides[-1]))


def with_dimension(question: Question, place: int, field: str) -> Question:
    """One column (0: nearest the anchor) with a dimension of its own; equal ones become one again."""
    near = nearest_first(question)
    before = near[place]
    near[place] = field
    changed = {**question, "columns": len(near), "dimension": near[0] if len(set(near)) == 1 else near}
    gone = {place + 1, -place - 1} if field != before else set()
    return flow_through.only_columns(changed, set(kept_of(question)) - gone)


def turned(question: Question, side: str) -> Question:
    """The flow with its anchor at another side; columns that are still there keep what they show."""
    now = next((name for name in ANCHORS if question.get(name) is not None), side)
    spec: Any = wb.parse_spec(question)
    kept, sides = kept_of(question), {"starts_with": (1,), "ends_with": (-1,), "contains": (-1, 1)}[side]
    changed = {**{k: v for k, v in question.items() if k not in ANCHORS}, side: question.get(now)}
    changed["columns"] = spec.columns
    if not isinstance(question.get("dimension", ""), str):
        changed["dimension"] = list(spec.dimensions(sides[-1] if sides[-1] in spec.sides else spec.sides[0]))
    wanted = {s * i: kept.get(s * i) or kept[-s * i] for s in sides for i in range(1, spec.columns + 1)}
    return flow_through.only_columns(with_kept(changed, wanted), set(wanted) & set(kept))


def anchored(question: Question, side: str, select: Mapping[str, Any]) -> Question:
    """An item of the flow as the anchor of a new one."""
    if question["analysis"] != "flow" or select.get("kind") != "item":
        raise BadEdit("Only an item of a flow can become its start or end.")
    column = int(select.get("column") or 0)
    spec: Any = wb.parse_spec(question)
    mine = 1 if column > 0 else -1
    own = spec.dimensions(mine) if mine in spec.sides and column else (spec.dimensions(spec.sides[0])[0],)
    field = own[min(max(abs(column), 1), len(own)) - 1]
    dropped = (*ANCHORS, "anchor_label", "through", "items")
    kept = {k: v for k, v in question.items() if k not in dropped}
    kept["items"] = max(kept_of(question).values())
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
        one = {k: v for k, v in question.items() if k != "through"}
        return {**one, "columns": columns_of(question), "dimension": value}
    return with_dimension(question, int(path), str(value))


def _number(question: Question, path: str, value: Any) -> Question:
    try:
        return with_columns(question, int(value))
    except (TypeError, ValueError):
        raise BadEdit(f"{value!r} is no number") from None


def _kept(question: Question, path: str, value: Any) -> Question:
    """Items of one column, or of all."""
    try:
        items, kept = int(value), kept_of(question)
    except (TypeError, ValueError):
        raise BadEdit(f"{value!r} is no number") from None
    return with_kept(question, dict.fromkeys(kept, items) if path == "all" else {**kept, int(path): items})


def _excluded(question: Question, path: str, value: Any) -> Question:
    """The list of excluded items; none of them is left in what paths must pass."""
    for item in value or ():
        question = flow_through.without_item(question, str(item))
    return put(question, path, list(value or ()) or None)


def _through(question: Question, path: str, value: Any) -> Question:
    """The nodes to pass that are left, named by their columns."""
    del path
    return flow_through.only_columns(question, {int(column) for column in value or ()})


def _paths(question: Question, path: str, value: Any) -> Question:
    """How many whole paths are listed; without a list nothing converts."""
    listed = int(value or 0)
    return put(question if listed else put(question, "goal", None), path, listed or None)


CONTROLS: dict[str, Callable[[Question, str, Any], Question]] = {
    "flow-dimension": _dimension,
    "flow-columns": _number,
    "flow-buyers": lambda question, _path, value: with_buyers(question, bool(value)),
    "flow-paths": _paths,
    "flow-items": _kept,
    "flow-exclude": _excluded,
    "flow-through": _through,
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


DOS: dict[str, Callable[[Question, Event], Question]] = {
    "exclude": _exclude,
    "restore": _restore,
    "items": _items,
    "columns": _columns,
    "hide": _hide,
    "show": _show,
    "focus": _focus,
    "unfocus": _unfocus,
}
