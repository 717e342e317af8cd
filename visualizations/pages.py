"""From a document (view and question) to what stands on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.audit_facts import audit_facts
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.edits import ANCHORS
from visualizations.facts import in_words
from visualizations.formats import count, day, sentence
from visualizations.members import member_head
from visualizations.parts import sheet_table, state
from visualizations.search import saved_views
from visualizations.views import BY_NAME, canvas_words, home, timeline
from visualizations.views.checkpoints import marked


@dataclass(frozen=True)
class Page:
    """Everything a document puts on the screen."""

    stage: Any
    title: str = ""
    caption: str = ""
    notes: list[Any] = field(default_factory=list)
    status: Any = ""


def draw(desk: Desk, document: Question, *, dark: bool, width: int, height: int) -> Page:
    """The page of a document; what cannot be answered becomes a page that says why."""
    scene = desk.facts.scene(dark=dark, width=width, height=height)
    view = document["view"]
    makers: dict[str, Callable[[], Page]] = {
        "home": lambda: _home(desk),
        "timeline": lambda: _timeline(desk, document["question"], scene),
    }
    try:
        return makers.get(view, lambda: _answer(desk, document, scene))()
    except wb.WorkbenchError as problem:
        again = dmc.Button("Undo", variant="default", size="xs", **{"data-back": "1"})
        fresh = dcc.Link("Begin again", href=f"/{view}", className="quiet-link")
        what = state(
            controls.icon("triangle-alert", 24),
            "This question cannot be answered as asked",
            str(problem),
            again,
            fresh,
        )
        return Page(what, title=BY_NAME[view].title if view in BY_NAME else "", status=_idle(desk))


def _answer(desk: Desk, document: Question, scene: Scene) -> Page:
    view, question = BY_NAME[document["view"]], document["question"]
    result = desk.ask(question)
    notes = [
        html.Span([controls.icon("info", 14), html.Span(sentence(note))])
        for note in _notes(desk, document, result)
    ]
    title = document.get("title") or title_of(question)
    empty = view.emptied(result)
    if empty:
        undo = dmc.Button("Undo", variant="default", size="xs", **{"data-back": "1"})
        blank = state(controls.icon("scan", 24), "Nothing to draw", empty, undo)
        return Page(blank, title, "", notes, _status(desk, result))
    names = canvas_words.titles(result) if view.analysis == "journey_canvas" else {}
    tables = html.Div(
        [sheet_table(result, sheet, names) for sheet in view.sheets(result)],
        className="as-table",
        tabIndex=0,
        role="region",
        **{"aria-label": "Tables"},
    )
    stage = html.Div([html.Div(view.stage(result, scene), className="as-chart"), tables], className="drawing")
    return Page(stage, title, view.caption(result, scene), notes, _status(desk, result))


def _notes(desk: Desk, document: Question, result: Any) -> list[str]:
    opening = desk.opening(document["view"])
    own = [opening.note] if opening.note and opening.question == document["question"] else []
    kept = list(result.notes)
    shown = [*own, *kept]
    if len(shown) > 2:
        return [*shown[:2], f"{len(shown) - 2} more under “How this was counted”"]
    return shown


def _status(desk: Desk, result: Any) -> Component:
    unit = desk.facts.units[result.spec.container]
    parts = [
        f"{count(result.answer.events)} events",
        f"{count(result.answer.containers)} {unit.of(result.answer.containers)}",
        f"{result.elapsed_ms:,.0f} ms" if result.elapsed_ms >= 1 else "under 1 ms",
        f"data version {result.data_version}",
        f"data until {day(desk.facts.local(desk.facts.info['horizon']))}",
    ]
    return html.Span([html.Span(part) for part in parts], className="status-parts")


def _idle(desk: Desk) -> Component:
    info = desk.facts.info
    parts = [
        f"{count(info['events'])} events",
        f"data version {desk.bench.data_version}",
        f"data until {day(desk.facts.local(info['horizon']))}",
    ]
    return html.Span([html.Span(part) for part in parts], className="status-parts")


def title_of(question: Question) -> str:
    """A question's title: what it leads from and to."""
    name = question["analysis"]
    if name == "journey_canvas":
        arrows = question.get("arrows") or []
        labels = {node["id"]: node.get("label") or in_words(node["where"]) for node in question["nodes"]}
        starts = [n for n in labels if not any(a["target"] == n for a in arrows)]
        ends = [n for n in labels if not any(a["source"] == n for a in arrows)]
        return (
            f"{labels[starts[0]]} to {labels[ends[0]]}"
            if starts and ends and starts[0] != ends[0]
            else next(iter(labels.values()))
        )
    if name == "fallout":
        labels_ = [point.get("label") or in_words(point["where"]) for point in question["touchpoints"]]
        return f"Fallout from {labels_[0]} to {labels_[-1]}" if len(labels_) > 1 else f"Fallout: {labels_[0]}"
    if name == "flow":
        key = next(key for key in ANCHORS if question.get(key))
        label = question.get("anchor_label") or in_words(question[key])
        return {"starts_with": f"What follows {label}", "ends_with": f"What leads up to {label}"}.get(
            key, f"Around {label}"
        )
    side = [in_words(question[part]["metrics"][0]["where"]) for part in ("inclusion", "return")]
    return f"From {side[0]} to {side[1]} by {question.get('granularity', 'month').replace('_', ' ')}"


def _home(desk: Desk) -> Page:
    return Page(
        home.page(desk.facts, desk.openings(), saved_views(desk), audit_facts(desk.bench.audit)),
        status=_idle(desk),
    )


def _timeline(desk: Desk, asked: Question, scene: Scene) -> Page:
    container, member, number = asked["container"], asked["id"], asked.get("number")
    frame = desk.bench.timeline(container, member)
    record = desk.bench.record(container, member) or {}
    question = number["question"] if number else None
    events = list(frame.iter_rows(named=True))
    marks = marked(question, events, desk.settings_milestones()) if question else []
    title = str(record.get("name") or member)
    unit = desk.facts.units[container]
    body = timeline.page(title, unit.label, frame, marks, record, asked.get("by", "channel"), scene)
    return Page(
        html.Div([member_head(desk, asked, title), body], className="member-page"),
        title=title,
        status=_idle(desk),
    )
