"""Suggested journeys: the most frequent paths between two checkpoints, each drawn with one click."""

from __future__ import annotations

import json
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.editing import chains
from visualizations.editing.components import Component as Piece
from visualizations.editing.components import condition
from visualizations.facts import Facts, milestone_name
from visualizations.formats import count, duration_words, percent
from visualizations.panels.next_items import choices

KEPT = ("container", "segments", "actors", "history", "date_range")
TOP = 8
MOST_TYPES = 300


def dialog(desk: Desk) -> Component:
    """Start, end and dimension; the paths stand below."""
    ends = _ends(desk.facts)

    def choose(name: str, label: str, data: Any, value: str | None) -> Component:
        return dmc.Select(
            id=f"suggest-{name}",
            label=label,
            data=data,
            value=value,
            size="xs",
            searchable=True,
            allowDeselect=False,
            nothingFoundMessage="Nothing by that name",
            comboboxProps={"shadow": "md"},
        )

    body = [
        html.P("How do most get from one to the other?", className="hint"),
        html.Div(
            [
                choose("start", "From", ends, None),
                choose("end", "To", ends, None),
                choose("dimension", "By", choices(desk), "event_type"),
            ],
            className="pair",
        ),
        html.Div(id="suggest-paths", className="suggest-paths", **{"aria-live": "polite"}),
    ]
    return dmc.Modal(
        body,
        id="suggest",
        size=720,
        opened=False,
        title="Suggest a journey",
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.3},
    )


def _ends(facts: Facts) -> list[dict[str, Any]]:
    """Milestones and event types, as the selects offer them; values are components as JSON."""
    milestones = [
        {"value": _value("milestone", name), "label": milestone_name(name)}
        for name in facts.milestones
        if facts.milestone_events(name)
    ]
    types = [{"value": _value("event", name), "label": name} for name in facts.event_types[:MOST_TYPES]]
    groups = [("Milestones", milestones), ("Event types", types)]
    return [{"group": title, "items": items} for title, items in groups if items]


def _value(kind: str, name: str) -> str:
    return json.dumps({"kind": kind, "value": name}, ensure_ascii=False)


def defaults(facts: Facts) -> tuple[str | None, str | None]:
    """From the first milestone to the last one that is a goal; else between the two most frequent types."""
    known = [*chains.milestones(facts), *(["won"] if facts.milestone_events("won") else [])]
    if len(known) >= 2:
        return _value("milestone", known[0]), _value("milestone", known[-1])
    types = sorted(facts.info["event_types"][:2], key=lambda row: row["first"])
    values = [_value("event", row["event_type"]) for row in types]
    return (values[0], values[-1]) if len(values) == 2 else (None, None)


def paths(desk: Desk, question: Question, start: Piece, end: Piece, dimension: str) -> Component:
    """The most frequent paths, each with a button that draws it."""
    asked = {
        "analysis": "paths",
        **{key: question[key] for key in KEPT if key in question},
        "start": condition(start),
        "end": condition(end),
        "dimension": dimension,
        "top": TOP,
    }
    frame = desk.ask(asked).tables["paths"]
    rows = [row for row in frame.iter_rows(named=True) if row["kind"] == "path"]
    base = next((row["percent_base"] for row in frame.iter_rows(named=True)), 0) or 0
    unit = desk.facts.units[question["container"]]
    names = _name(start), _name(end)
    if not rows or not base:
        return html.P(f"No {unit.label.lower()} went from {names[0]} to {names[1]}.", className="hint")
    ends = f"went from {names[0]} to {names[1]}"
    said = f"{count(base)} {unit.of(base)} {ends}. What happened on the way, in the order of its first time:"
    items = [_path(row, start, end, dimension) for row in rows]
    rest = base - sum(row["containers"] for row in rows)
    more = f"{count(rest)} took other ways." if rest > 0 else "These are all ways."
    return html.Div([html.P(said), html.Ol(items, className="suggest-list"), html.P(more, className="hint")])


def _name(piece: Piece) -> str:
    return milestone_name(piece["value"]) if piece["kind"] == "milestone" else str(piece["value"])


def _path(row: dict[str, Any], start: Piece, end: Piece, dimension: str) -> Component:
    steps = [str(one) for one in row["path"]]
    chips: list[Any] = [html.Span(name, className="suggest-step") for name in steps]
    shown = chips or [html.Span("nothing of this in between", className="faint")]
    event = {"kind": "suggest", "start": start, "end": end, "path": steps, "dimension": dimension}
    way = " → ".join([_name(start), *steps, _name(end)])
    figures = f"{count(row['containers'])} · {percent(row['percent'])}"
    if row["median_seconds"] is not None:
        figures += f" · half within {duration_words(row['median_seconds'])}"
    draw = dmc.Button(
        "Draw",
        size="compact-xs",
        variant="default",
        **{
            "aria-label": f"Draw {way}",
            "data-gesture": json.dumps(event, ensure_ascii=False),
            "data-closes": "suggest",
        },
    )
    share = html.Div(
        html.Div(style={"width": f"{row['percent'] or 0:.1f}%"}),
        className="card-bar",
        **{"aria-hidden": "true"},
    )
    words = html.Div(
        [html.Div(shown, className="suggest-steps"), html.Div(figures, className="suggest-figures"), share]
    )
    return html.Li([words, draw])


def register(app: Dash, desk: Desk) -> None:
    """Opening the dialog, and filling it."""

    @app.callback(
        Output("suggest", "opened"),
        Output("suggest-start", "value"),
        Output("suggest-end", "value"),
        Input("intent", "data"),
        State("suggest-start", "value"),
        prevent_initial_call=True,
    )
    def open_(intent: Any, chosen: str | None) -> Any:
        if (intent or {}).get("kind") != "suggest":
            raise PreventUpdate
        given = [intent.get(name) for name in ("start", "end")]
        if all(isinstance(one, dict) for one in given):
            return True, *(json.dumps(one, ensure_ascii=False) for one in given)
        return (True, no_update, no_update) if chosen else (True, *defaults(desk.facts))

    @app.callback(
        Output("suggest-paths", "children"),
        Input("suggest", "opened"),
        Input("suggest-start", "value"),
        Input("suggest-end", "value"),
        Input("suggest-dimension", "value"),
        State("document", "data"),
        running=[(Output("suggest-paths", "className"), "suggest-paths busy", "suggest-paths")],
        prevent_initial_call=True,
    )
    def fill(opened: bool, start: str | None, end: str | None, dimension: str | None, document: Any) -> Any:
        if not opened or not start or not end or not document or document["view"] != "journey-canvas":
            raise PreventUpdate
        del opened
        if start == end and ctx.triggered_id:
            return html.P("Choose two different ends.", className="hint")
        try:
            return paths(
                desk, document["question"], json.loads(start), json.loads(end), dimension or "event_type"
            )
        except wb.WorkbenchError as problem:
            return html.P(str(problem), className="problem")
