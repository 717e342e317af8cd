"""The bar of quick segments above a drawing: a chip for each, and the panel of the one being edited."""

from __future__ import annotations

import json
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.editing import components
from visualizations.facts import in_words
from visualizations.formats import count
from visualizations.segments import quick, tree
from visualizations.segments.behind import number_words
from visualizations.segments.document import FRESH
from visualizations.segments.fields import Place
from visualizations.segments.quick import EVENT, MOST, PART, Quick
from visualizations.segments.rules import fields_of

JOINS = (("all", "And"), ("any", "Or"), ("same", "In one event"))
NAMED = 60
"""Letters of a chip, and of the name offered for a saved segment."""


def bar(desk: Desk, document: Question) -> Component:
    """Chips of the question's segments, all of which hold, and the panel of the one being edited."""
    draft = document.get(PART)
    given = list(document["question"].get("segments") or [])
    parts: list[Any] = []
    for i, condition in enumerate(given):
        if i:
            parts.append(html.Span("and", className="quick-and"))
        opened = bool(draft and draft["applied"] and draft["at"] == i)
        parts.append(_chip(desk, condition, i, document["question"]["container"], opened=opened))
    add = html.Button(
        [controls.icon("plus", 14), html.Span("Segment")],
        type="button",
        className="toolbar-button quick-add",
        **{"data-gesture": _event("open"), "data-tip": "Only accounts, persons or events for which…"},
    )
    panel = _panel(desk, document["question"], draft) if draft else None
    return html.Div(
        [*parts, add, panel],
        className="quick-bar",
        role="group",
        **{"aria-label": "Segments, all of which hold", "data-drop": "segments"},
    )


def _event(do: str, place: int | None = None) -> str:
    at = {} if place is None else {"at": place}
    return json.dumps({"kind": PART, "do": do, **at})


# --- chips -----------------------------------------------------------------------------------------


def _chip(desk: Desk, condition: Any, i: int, container: str, *, opened: bool) -> Component:
    said = words(desk, condition)
    saved, simple = quick.saved_id(condition), quick.read(condition)
    if saved is not None:
        body: Component = _link([controls.icon("bookmark", 12), html.Span(said)], f"/segment?saved={saved}")
    elif simple is None:
        body = _link(
            [html.Span(said)],
            _builder(desk, said, condition.get("container", container), condition),
            "Open in the builder",
        )
    else:
        body = html.Button(
            html.Span(said),
            type="button",
            className="quick-open",
            **{
                "data-gesture": _event("close" if opened else "open", None if opened else i),
                "aria-expanded": str(opened).lower(),
            },
        )
    drop = html.Button(
        controls.icon("x", 12),
        type="button",
        className="quick-drop",
        **{"data-gesture": _event("remove", i), "aria-label": f"Remove segment {said}", "data-tip": "Remove"},
    )
    name = "quick-chip opened" if opened else "quick-chip"
    return html.Span([body, drop], className=name, title=said, **{"data-quick": str(i)})


def _link(children: list[Any], href: str, tip: str = "Open the segment") -> Component:
    return dcc.Link(children, href=href, className="quick-open", title=tip)


def words(desk: Desk, condition: Any) -> str:
    """What a chip says."""
    names = dict(desk.facts.segments())
    saved = quick.saved_id(condition)
    if saved is not None:
        return names.get(saved, saved)
    found = quick.read(condition)
    if found is not None:
        return _quick_words(desk, found, names)
    if set(condition) == {"not"}:
        return f"Not: {words(desk, condition['not'])}"
    said = number_words(condition["members_of"]) if "members_of" in condition else in_words(condition)
    return said if len(said) <= NAMED else f"{said[: NAMED - 1]}…"


def _quick_words(desk: Desk, found: Quick, names: dict[str, str]) -> str:
    said = [components.label(_plain(part, found.scope), names) for part in found.parts]
    joined = (" or " if found.join == "any" else " and ").join(said)
    if found.scope == EVENT:
        return f"Only events: {joined}"
    unit = desk.facts.units.get(found.scope)
    many = (unit.plural if unit else f"{found.scope}s").capitalize()
    return f"{many} with {joined}{' in one event' if found.join == 'same' and len(said) > 1 else ''}"


def _plain(part: Any, scope: str) -> Any:
    """A test with the name of its field alone where the scope says whose it is."""
    field = str(part.get("field", ""))
    return {**part, "field": field.removeprefix(f"{scope}.")} if field else part


# --- the panel -------------------------------------------------------------------------------------


def _panel(desk: Desk, question: Question, draft: dict[str, Any]) -> Component:
    found = quick.quick_of(draft)
    container = question["container"] if found.scope == EVENT else found.scope
    place = Place(desk.facts, container)
    rows = [_row(part, i, place) for i, part in enumerate(found.parts)]
    more = dmc.Button(
        "Condition",
        id=controls.action("rule", f"{PART}.parts"),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
        disabled=len(found.parts) >= MOST,
    )
    return html.Div(
        [_head(desk, found), *rows, html.Div([more, _size(desk, found, container)], className="quick-more"),
         _foot(desk, found, container, draft)],
        className="quick-panel",
        role="dialog",
        **{"aria-label": "Segment being edited"},
    )  # fmt: skip


def _head(desk: Desk, found: Quick) -> Component:
    scopes = [
        {"value": unit.name, "label": f"{unit.plural.capitalize()} with"} for unit in desk.facts.containers
    ]
    scopes.append({"value": EVENT, "label": "Only events for which"})
    scope = controls.select("Scope", "scope", PART, found.scope, scopes, hidden_label=True, w=190)
    joins = [
        {"value": name, "label": label}
        for name, label in JOINS
        if name != "same" or found.scope != EVENT
    ]  # fmt: skip
    join = dmc.SegmentedControl(
        id=controls.edit("join", PART), value=found.join, data=joins, size="xs",
        **{"aria-label": "How the conditions are joined"},
    )  # fmt: skip
    return html.Div([scope, join if len(found.parts) > 1 else None], className="quick-head")


def _row(part: Any, i: int, place: Place) -> Component:
    path = f"{PART}.parts.{i}"
    drop = controls.icon_button("x", f"Remove condition {i + 1}", controls.action("drop", path))
    return html.Div([*fields_of(part, path, place), html.Div(drop, className="rule-tools")], className="rule")


def _size(desk: Desk, found: Quick, container: str) -> Component:
    """How many containers it holds for by itself."""
    condition = quick.condition_of(found)
    if condition is None:
        return html.Span("Choose what it is about and a value: it counts at once.", className="hint")
    try:
        held = int(desk.bench.size(condition, container))
    except wb.WorkbenchError as problem:
        return html.Span(str(problem), className="problem", role="alert")
    return html.Span(f"{count(held)} {desk.facts.units[container].of(held)}", className="hint")


def _foot(desk: Desk, found: Quick, container: str, draft: dict[str, Any]) -> Component:
    condition = quick.condition_of(found)
    names = dict(desk.facts.segments())
    complete = [part for part in found.parts if tree.complete(part) is not None]
    said = _quick_words(desk, Quick(found.scope, found.join, tuple(complete)), names) if complete else ""
    save = None
    if condition is not None:
        href = _builder(desk, said, container, condition)
        save = dcc.Link("Save as segment…", href=href, className="quiet-link")
    do = ("remove", int(draft["at"])) if draft["applied"] else ("close", None)
    remove = dmc.Button(
        "Remove" if draft["applied"] else "Cancel",
        size="xs", variant="subtle", color="gray", **{"data-gesture": _event(*do)},
    )  # fmt: skip
    done = dmc.Button("Done", size="xs", **{"data-gesture": _event("close")})
    return html.Div([save, html.Div([remove, done], className="quick-buttons")], className="quick-foot")


def _builder(desk: Desk, name: str, container: str, condition: Any) -> str:
    """Address of the builder with the condition, not saved yet."""
    question = {**FRESH, "name": name[:NAMED], "container": container, "content": condition}
    return desk.href("segment", question)
