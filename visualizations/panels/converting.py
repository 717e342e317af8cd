"""The browser's way from one view to the same question in another: fallout ↔ canvas, flow → fallout."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc
from visualizations.editing.convert import Converted, canvas_to_fallout, fallout_to_canvas
from visualizations.editing.edits import BadEdit
from visualizations.telling import toast
from visualizations.views.flow.fallout import path_as_fallout

KIND = "convert"


def layout() -> list[Component]:
    """Where the address of a converted question is handed to the browser."""
    return [dcc.Store(id="go")]


def converted(desk: Desk, question: Question, intent: Question) -> tuple[str, str]:
    """Address of the question in the other view, and what to tell; BadEdit where it cannot be."""
    if question["analysis"] == "fallout":
        view, (made, told) = "journey-canvas", fallout_to_canvas(question)
    elif question["analysis"] == "journey_canvas":
        view, (made, told) = "fallout", _path(desk, question, intent)
    elif question["analysis"] == "flow":
        steps = [(int(column), str(kind), str(item)) for column, kind, item in intent.get("steps") or ()]
        view, (made, told) = "fallout", path_as_fallout(question, steps)
    else:
        raise BadEdit("This question has no other view.")
    return desk.href(view, desk.normal(made)), told


def _path(desk: Desk, question: Question, intent: Question) -> Converted:
    """The path to a checkpoint; where paths join, along the selected ones, else the most used arrow."""
    frame = desk.ask(question).tables["arrows"]
    first = frame.filter(frame["segment"] == frame["segment"][0]) if frame.height else frame
    moved = {(row["source"], row["target"]): float(row["value"]) for row in first.iter_rows(named=True)}
    via = [str(one) for one in intent.get("via") or ()]
    node, spec = str(intent.get("node")), wb.parse_spec(question)
    order = spec.order() if hasattr(spec, "order") else ()
    node = max((one for one in via if one in order), key=order.index, default=node)
    return canvas_to_fallout(question, node, via, moved)


def register(app: Dash, desk: Desk) -> None:
    """Answers the menu entries that convert."""

    @app.callback(
        Output("go", "data"), Input("intent", "data"), State("document", "data"), prevent_initial_call=True
    )
    def convert(intent: Any, document: Any) -> Any:
        if not intent or intent.get("kind") != KIND or not document or not document.get("question"):
            raise PreventUpdate
        try:
            place, told = converted(desk, document["question"], intent)
        except (BadEdit, wb.WorkbenchError) as problem:
            toast(str(problem))
            return no_update
        if told:
            toast(told)
        return {"href": place, "seq": intent.get("seq")}

    clientside: Any = app.clientside_callback
    clientside(
        ClientsideFunction(namespace="fallout", function_name="go"),
        Output("go", "clear_data"),
        Input("go", "data"),
        prevent_initial_call=True,
    )
