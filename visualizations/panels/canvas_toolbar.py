"""Buttons of the toolbar that begin a canvas anew."""

from __future__ import annotations

import json

from visualizations import controls
from visualizations.base import Question
from visualizations.dom import Component, dcc, html
from visualizations.editing.blank import blank, is_blank
from visualizations.editing.state import pack


def buttons(question: Question) -> list[Component]:
    """What begins a canvas anew; nothing on a blank one, which says so itself."""
    if is_blank(question):
        return []
    new = dcc.Link(
        [controls.icon("plus", 14), html.Span("New canvas")],
        href=f"/journey-canvas?q={pack(blank(question['container']))}",
        className="toolbar-button",
        id="new-canvas",
    )
    milestones = html.Button(
        [controls.icon("flag", 14), html.Span("From milestones")],
        type="button",
        className="toolbar-button",
        **{
            "data-gesture": json.dumps({"kind": "milestones"}),
            "data-tip": "Draw the whole chain of milestones anew",
        },
    )
    suggest = html.Button(
        [controls.icon("route", 14), html.Span("Suggest a journey")],
        type="button",
        className="toolbar-button",
        **{"data-ask": "suggest", "data-tip": "The most frequent paths between two checkpoints"},
    )
    return [html.Div([new, milestones, suggest], className="toolbar-item toolbar-begin")]
