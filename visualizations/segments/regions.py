"""The drawer of a part of overlapping segments: who is in it, and the way to a segment of its own."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.formats import count
from visualizations.panels.members import members_table
from visualizations.segments import compare, venn
from visualizations.segments.fixed import MOST


def layout() -> list[Component]:
    """The drawer, closed."""
    return [
        dmc.Drawer(
            html.Div(id="region-body"),
            id="region-drawer",
            position="right",
            size=560,
            title="Members",
            opened=False,
            closeButtonProps={"aria-label": "Close"},
            overlayProps={"backgroundOpacity": 0.18},
            className="drawer",
        )
    ]


def content(desk: Desk, question: Question, inside: list[int]) -> list[Component]:
    """Who is in a part of the overlap of a question; raises WorkbenchError."""
    segments, part = compare.chosen(desk, question), tuple(inside)
    frame = compare.members(desk, segments, part)
    unit = desk.facts.units[segments.container]
    said = venn.words(part, len(segments.ids))
    names = [f"{venn.LETTERS[place]}: {name}" for place, name in enumerate(segments.names)]
    head = html.Div(
        [
            html.H2(f"{count(frame.height)} {unit.of(frame.height)}"),
            html.P(said, className="region-said"),
            *[html.P(name, className="hint") for name in names],
        ],
        className="drawer-head",
    )
    return [head, _save(desk, segments, part, frame.height), members_table(desk, None, unit.name, frame)]


def _save(desk: Desk, segments: compare.Chosen, part: venn.Inside, size: int) -> Component:
    """The way into the builder, with the part as the question of a new segment."""
    listed = set(segments.kinds) != {segments.container}
    if listed and size > MOST:
        return html.P(
            f"A fixed list holds at most {count(MOST)}, so this part cannot be saved.", className="hint"
        )
    link = dcc.Link(
        [controls.icon("bookmark", 14), html.Span("Save as a segment")],
        href=desk.href("segment", compare.as_segment(desk, segments, part)),
        className="button-link",
    )
    how = "As a fixed list: these segments hold different containers." if listed else ""
    return html.Div([link, html.Span(how, className="hint")], className="region-actions")


def register(app: Dash, desk: Desk) -> None:
    """Opens the drawer at a click on a part; another page closes it."""

    @app.callback(
        Output("region-drawer", "opened"),
        Output("region-body", "children"),
        Input("intent", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def open_region(intent: Any, _path: str, _search: str, document: Any) -> Any:
        if ctx.triggered_id == "url":
            return False, no_update
        if (intent or {}).get("kind") != "segment-region" or (document or {}).get(
            "view"
        ) != "segments-compare":
            raise PreventUpdate
        try:
            return True, content(desk, document["question"], list(intent.get("inside") or ()))
        except wb.WorkbenchError as problem:
            return True, html.P(str(problem), className="problem", role="alert")
