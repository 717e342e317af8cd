"""Beside the builder: how many are in the segment now, what it says, and the same as text or JSON."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.formats import count, percent

OTHERS = ("account", "person", "opportunity")
"""Containers a segment is counted as, beside its own."""
EVERYTHING = {"any": [{"field": "event_type", "op": op} for op in ("exists", "not_exists")]}
"""A condition that holds for every container, also for those without events."""


@dataclass(frozen=True)
class Sizes:
    """How many containers of each kind are in a segment, and how long counting took."""

    own: int
    of: int
    """Containers of the kind, those with a record and no event included."""
    others: dict[str, int]
    milliseconds: float


def sizes(desk: Desk, condition: Any, container: str) -> Sizes:
    """Count a complete condition; raises SpecError."""
    began = time.perf_counter()
    bench = desk.bench
    own = int(bench.size(condition, container))
    took = (time.perf_counter() - began) * 1000
    everything = int(bench.size(EVERYTHING, container))
    others = {
        kind: int(bench.segments.size(condition, kind))
        for kind in OTHERS
        if kind != container and desk.facts.units[kind].containers
    }
    return Sizes(own, everything, others, took)


def panel(desk: Desk, question: Question, condition: Any, *, as_json: bool) -> Component:
    """The side of the builder."""
    return html.Aside(
        [_live(desk, question, condition), _sentence(desk, condition), _source(question, condition, as_json)],
        className="seg-side",
        **{"aria-label": "What the segment holds"},
    )


def _live(desk: Desk, question: Question, condition: Any) -> Component:
    unit = desk.facts.units[question["container"]]
    if condition is None:
        hint = "Add a rule: the size appears at once."
        return _card("Size now", html.P(hint, className="hint"))
    try:
        found = sizes(desk, condition, question["container"])
    except wb.WorkbenchError as problem:
        return _card("Size now", html.P(str(problem), className="problem", role="alert"))
    share = 100 * found.own / found.of if found.of else None
    rows = [
        html.Div([html.Strong(count(n)), html.Span(desk.facts.units[kind].of(n))], className="size-other")
        for kind, n in found.others.items()
    ]
    return _card(
        "Size now",
        html.Div([html.Strong(count(found.own)), html.Span(unit.of(found.own))], className="size-own"),
        html.P(f"{percent(share)} of {count(found.of)} {unit.of(found.of)}", className="hint"),
        html.Div(
            html.Div(className="mini-fill", style={"width": f"{share or 0:.2f}%"}), className="mini-bar"
        ),
        html.Div(rows, className="size-others"),
        html.P(
            f"Exact; {max(found.milliseconds, 0.1):,.1f} ms on data version {desk.bench.data_version}",
            className="hint",
        ),
    )


def _card(title: str, *children: Any) -> Component:
    return html.Section([html.H2(title), *children], className="card side-card", **{"aria-live": "polite"})


def _sentence(desk: Desk, condition: Any) -> Component:
    if condition is None:
        said = "Everything: nothing is asked yet."
    else:
        try:
            said = str(wb.describe_condition(wb.parse_condition(condition), desk.bench.version))
        except wb.WorkbenchError as problem:
            said = str(problem)
    return _card("In words", html.P(f"{said[:1].upper()}{said[1:]}", className="seg-words"))


def _source(question: Question, condition: Any, as_json: bool) -> Component:
    """The condition as text or JSON, to read, edit and copy."""
    choose = dmc.SegmentedControl(
        id=controls.edit("choice", "source"),
        value="json" if as_json else "text",
        data=[{"value": "text", "label": "Text"}, {"value": "json", "label": "JSON"}],
        size="xs",
        **{"aria-label": "Form"},
    )
    if condition is None:
        written = ""
    elif as_json:
        written = json.dumps(condition, indent=2, ensure_ascii=False)
    else:
        written = _text(condition)
    area = dmc.Textarea(
        id=controls.edit("content-json" if as_json else "content-text", "content"),
        value=written, autosize=True, minRows=3, maxRows=16, debounce=True, size="xs",
        className="json-text", placeholder='account.city = "Chicago"', **{"aria-label": "Condition"},
    )  # fmt: skip
    copy = dmc.ActionIcon(
        controls.icon("copy"), variant="subtle", color="gray", size="sm", className="quiet",
        **{"aria-label": "Copy", "data-tip": "Copy", "data-copy": "seg-source"},
    )  # fmt: skip
    head = html.Div(
        [html.H2("As text"), html.Div([choose, copy], className="side-tools")], className="side-head"
    )
    hint = "Edit it and leave the field: the boxes follow."
    plain = html.Pre(written, id="seg-source", hidden=True)
    return html.Section([head, area, plain, html.P(hint, className="hint")], className="card side-card")


def _text(condition: Any) -> str:
    try:
        return str(wb.write_text(condition))
    except wb.WorkbenchError as problem:
        return str(problem)
