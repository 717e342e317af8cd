"""The two pages of segments: stage and title of a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.segments import about, builder, compare, fixed, history, joined, library, members
from visualizations.segments.saved import state_of

KINDS = [
    {"value": "dynamic", "label": "By rules"},
    {"value": "firmographic", "label": "By company, then person"},
    {"value": "static", "label": "A fixed list"},
    {"value": "compound", "label": "From other segments"},
]
MAKERS: dict[str, Callable[[Desk, Question], Component]] = {
    "dynamic": builder.tab,
    "firmographic": builder.tab,
    "static": fixed.tab,
    "compound": joined.tab,
}
"""Kind of segment → how it is made."""
TABS: dict[str, tuple[str, Callable[[Desk, Question, Scene], Component]]] = {
    "build": (
        "Build",
        lambda desk, document, scene: MAKERS[document["question"]["kind"]](desk, document["question"]),
    ),
    "members": ("Members", members.tab),
    "history": ("History", history.tab),
    "about": ("About", about.tab),
}
"""Tab → its title and what it draws; those behind the first are of saved segments."""


def page(desk: Desk, document: Question, scene: Scene) -> tuple[Any, str]:
    """What stands on the page, and its title."""
    if document["view"] == "segments":
        return library.page(desk, document, scene), "Segments"
    if document["view"] == "segments-compare":
        return compare.page(desk, document), "Compare segments"
    return _segment(desk, document, scene), document["question"]["name"] or "New segment"


def _segment(desk: Desk, document: Question, scene: Scene) -> Component:
    chosen = document["question"].get("tab", "build")
    if chosen not in TABS or not document.get("saved"):
        chosen = "build"
    body = TABS[chosen][1](desk, document, scene)
    return html.Div([_head(desk, document), _tabs(document, chosen), body], className="segment-page")


def _head(desk: Desk, document: Question) -> Component:
    question = document["question"]
    units = [{"value": unit.name, "label": unit.plural.capitalize()} for unit in desk.facts.units.values()]
    name = controls.text(
        "Name", "text", "name", question["name"], hidden_label=True, placeholder="Name the segment",
        className="seg-name",
    )  # fmt: skip
    state = state_of(desk, document)
    badge = html.Span(state.capitalize(), className=f"state-badge {state}")
    kind = controls.select(
        "How it is made", "made", "kind", question["kind"], KINDS, hidden_label=True, w=190
    )
    containers = controls.select(
        "Members", "container", "container", question["container"], units, hidden_label=True, w=150
    )
    save = dmc.Button(
        "Save", id={"segment": "save"}, size="xs", variant="filled", leftSection=controls.icon("bookmark", 14)
    )
    live = dmc.Button("Save and go live", id={"segment": "save-live"}, size="xs", variant="default")
    actions = html.Div([live if state != "live" else None, save], className="seg-actions")
    back = dcc.Link(
        [controls.icon("arrow-left", 14), html.Span("Segments")], href="/segments", className="quiet-link"
    )
    words = [html.Span("Members are"), containers, html.Span("made"), kind, *_keeps(question), badge]
    choices = html.Div(words, className="seg-kinds")
    return html.Header(
        [back, html.Div([name, actions], className="seg-title"), choices],
        className="seg-head",
    )


def _keeps(question: Question) -> list[Component]:
    """What the segment keeps as a filter; lists and joined segments always keep their members."""
    if question["kind"] in ("static", "compound"):
        return []
    data = [
        {"value": "members", "label": "All events of members"},
        {"value": "events", "label": "Only events that match"},
    ]
    chosen = (question.get("about") or {}).get("keeps", "events")
    keep = controls.select(
        "What it keeps as a filter", "choice", "about.keeps", chosen, data, hidden_label=True, w=196
    )
    return [html.Span("as a filter keeps"), keep]


def _tabs(document: Question, chosen: str) -> Component | None:
    if not document.get("saved") or len(TABS) < 2:
        return None
    data = [{"value": name, "label": title} for name, (title, _) in TABS.items()]
    return dmc.SegmentedControl(
        id=controls.edit("choice", "tab"), value=chosen, data=data, size="xs", **{"aria-label": "Tab"}
    )
