"""Building a segment: its rules in boxes, its size while it is built."""

from __future__ import annotations

from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, html
from visualizations.segments import boxes, side, tree
from visualizations.segments.fields import Place
from visualizations.segments.frame import Drawing
from visualizations.views import BY_ANALYSIS

HELP = (
    "Rules side by side hold for the same event. A box looks at all events of an account, a person or another"
    " container."
)


def tab(desk: Desk, question: Question) -> Component:
    """The boxes of a segment, and what they hold."""
    content = question.get("content")
    condition = tree.complete(content)
    place = Place(desk.facts, question["container"], href=_way_back(desk))
    drawing = Drawing(place, _sizer(desk, question["container"]))
    inner = boxes.part(content, "content", drawing)
    single = tree.form(content) not in ("all", "any", "nothing")
    adder = boxes.adder("content", drawing) if single else None
    body = html.Div([inner, adder, html.P(HELP, className="hint seg-help")], className="seg-boxes")
    beside = side.panel(desk, question, condition, as_json=question.get("source") == "json")
    return html.Div([body, beside], className="seg-build")


def _way_back(desk: Desk) -> Any:
    """Address of the question behind a number."""

    def href(question: Question) -> str:
        view = BY_ANALYSIS.get(question.get("analysis", ""))
        return desk.href(view.name, question) if view else ""

    return href


def _sizer(desk: Desk, container: str) -> Any:
    """How many containers a part holds for; None for a part that is not complete or cannot be asked."""

    def size(part: Any) -> int | None:
        condition = tree.complete(part)
        if condition is None:
            return None
        try:
            return int(desk.bench.size(condition, container))
        except wb.WorkbenchError:
            return None

    return size
