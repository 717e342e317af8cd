"""From a document (view and question) to what stands on the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import workbench as wb
from visualizations import controls, segments
from visualizations.audit_facts import audit_facts
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.editing import flow_shown
from visualizations.editing.blank import is_blank
from visualizations.editing.display import is_changed
from visualizations.facts import in_words
from visualizations.formats import count, day, sentence
from visualizations.panels import canvas_begin, tracing
from visualizations.panels.members import member_head
from visualizations.panels.search import saved_views
from visualizations.parts import sheet_table, state
from visualizations.views import BY_NAME, home
from visualizations.views.canvas import words as canvas_words
from visualizations.views.fallout import words as fallout_words
from visualizations.views.flow import words as flow_words
from visualizations.views.timeline import view as timeline
from visualizations.views.timeline.checkpoints import marked


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
    scene = desk.scene(document, dark=dark, width=width, height=height)
    view = document["view"]
    makers: dict[str, Callable[[], Page]] = {
        "home": lambda: _home(desk),
        "timeline": lambda: _timeline(desk, document["question"], scene),
        **dict.fromkeys(segments.PAGES, lambda: _segments(desk, document, scene)),
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
    if document.get("trace") and view.analysis == "journey_canvas":
        stage, title, told = tracing.page(desk, document, scene)
        return Page(stage, title, told, status=_idle(desk))
    if is_blank(question):
        return Page(canvas_begin.stage(question, desk.facts, scene), title_of(question), status=_idle(desk))
    result = desk.ask(question)
    saved = desk.saved(document)
    notes = [
        html.Span([controls.icon("info", 14), html.Span(sentence(note))])
        for note in _notes(desk, document, result)
    ]
    if saved is not None:
        notes.insert(0, _saved_note(document, saved))
    title = str(saved["name"]) if saved is not None else title_of(question, scene.display, scene.units)
    empty = view.emptied(result)
    if empty and view.analysis != "journey_canvas":
        undo = dmc.Button("Undo", variant="default", size="xs", **{"data-back": "1"})
        event = json.dumps({"kind": "flow", "do": "unfocus"})
        through = dmc.Button("End the focus", variant="default", size="xs", **{"data-gesture": event})
        actions = [undo, *([through] if question.get("through") else [])]
        blank = state(controls.icon("scan", 24), "Nothing to draw", empty, *actions)
        return Page(blank, title, "", notes, _status(desk, result))
    named: dict[str, Callable[[], dict[Any, str]]] = {
        "journey_canvas": lambda: canvas_words.titles(result),
        "fallout": lambda: fallout_words.names(result, scene),
    }
    names = named.get(view.analysis, dict)()
    tabled = desk.ask(flow_shown.asked(document, scene.order))
    tables = html.Div(
        [sheet_table(tabled, sheet, names) for sheet in view.sheets(tabled)],
        id={"part": "tables"},
        className="as-table",
        tabIndex=0,
        role="region",
        **{"aria-label": "Tables"},
    )
    stage = html.Div([html.Div(view.stage(result, scene), className="as-chart"), tables], className="drawing")
    return Page(stage, title, empty or view.caption(result, scene), notes, _status(desk, result))


def _saved_note(document: Question, saved: Question) -> Component:
    """Where the view was saved, and whether it stands as it was saved."""
    mine, now = document["saved"]["revision"], saved["revision"]
    if now > mine:
        words = f"Revision {now} was saved meanwhile; this is from revision {mine}"
    else:
        changed = ", changed since" if is_changed(document, saved) else ""
        words = f"Saved, revision {now}{changed}"
    return html.Span([controls.icon("bookmark", 14), html.Span(words)])


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


def title_of(question: Question, shown: Any = None, units: Any = None) -> str:
    """A question's title: what it leads from and to."""
    name = question["analysis"]
    if is_blank(question):
        return "New canvas"
    if name == "journey_canvas":
        arrows = question.get("arrows") or []
        labels = {node["id"]: node.get("label") or in_words(node["where"]) for node in question["nodes"]}
        starts = [n for n in labels if not any(a["target"] == n for a in arrows)]
        ends = [n for n in labels if not any(a["source"] == n for a in arrows)]
        out = {node["id"] for node in question["nodes"] if node.get("exclude")}
        ends = [n for n in ends if n not in out] or ends
        return (
            f"{labels[starts[0]]} to {labels[ends[0]]}"
            if starts and ends and starts[0] != ends[0]
            else next(iter(labels.values()))
        )
    if name == "fallout":
        labels_ = [point.get("label") or in_words(point["where"]) for point in question["touchpoints"]]
        return f"Fallout from {labels_[0]} to {labels_[-1]}" if len(labels_) > 1 else f"Fallout: {labels_[0]}"
    if name == "flow":
        return flow_words.title(question, shown, units[question["container"]].plural if units else "")
    return _cohort_title(question)


def _cohort_title(question: Question) -> str:
    """From which condition to which, and by what the rows are told apart."""
    start = in_words(question["inclusion"]["metrics"][0]["where"])
    if question.get("columns") == "milestones":
        last = question["milestones"][-1]
        end = last.get("label") or in_words(last["where"])
    else:
        end = in_words(question["return"]["metrics"][0]["where"])
    rows = question.get("dimension") or question.get("granularity", "month")
    return f"From {start} to {end} by {rows.rsplit('.', 1)[-1].replace('_', ' ')}"


def _home(desk: Desk) -> Page:
    return Page(
        home.page(desk.facts, desk.openings(), saved_views(desk), audit_facts(desk.bench.audit)),
        status=_idle(desk),
    )


def _segments(desk: Desk, document: Question, scene: Scene) -> Page:
    stage, title = segments.page(desk, document, scene)
    return Page(stage, title=title, status=_idle(desk))


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
