"""What happens next: a small list beside a card, from which checkpoints are added connected.

The browser opens it (`assets/52-palette.js`) for a card, or for an arrow; numbers are those the canvas shows
once the item is a checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.editing import canvas_graph as graph
from visualizations.editing.canvas_tools import item
from visualizations.editing.components import field_name
from visualizations.editing.edits import BadEdit
from visualizations.formats import count, duration, percent
from visualizations.markup import Markup, raw, tag
from visualizations.panels.palette import FIRST, Palette

ITEMS = 12


def choices(desk: Desk) -> list[dict[str, str]]:
    """Dimensions to choose from: event types, then those people look for first, then the others."""
    paths = [path for path in Palette(desk).dimensions() if path in FIRST or "." not in path]
    return [{"value": path, "label": field_name(path)} for path in ("event_type", *paths)]


def panel(desk: Desk) -> Component:
    """The list before it is filled."""
    close = html.Button(
        controls.icon("x", 14),
        type="button",
        className="more",
        **{"aria-label": "Close", "data-next-close": "1"},
    )
    direction = dmc.SegmentedControl(
        id="next-direction",
        value="next",
        data=[{"value": "next", "label": "After"}, {"value": "previous", "label": "Before"}],
        size="xs",
        **{"aria-label": "What to list"},
    )
    dimension = dmc.Select(
        id="next-dimension",
        value="event_type",
        data=choices(desk),
        size="xs",
        searchable=True,
        allowDeselect=False,
        comboboxProps={"withinPortal": False},
        w="100%",
        **{"aria-label": "Items of"},
    )
    at_once = dmc.Switch(id="next-path", label="Only as the very next event", size="xs", checked=False)
    add = dmc.Button("Add", size="xs", disabled=True, **{"data-next-add-all": "1"})
    return html.Div(
        [
            dcc.Store(id="next-at"),
            html.Div([html.H2(id="next-title"), close], className="next-head"),
            html.Div([direction, dimension], className="next-choice"),
            html.Div(id="next-list", className="next-list"),
            html.Div([at_once, add], className="next-foot"),
        ],
        id="next-panel",
        className="next-panel",
        role="dialog",
        tabIndex=-1,
        **{"aria-labelledby": "next-title", "aria-hidden": "true"},
    )


def listed(
    desk: Desk, question: Question, at: Mapping[str, Any], field: str, path: str
) -> tuple[str, Component]:
    """Title and rows of the list for a card, or for an arrow."""
    direction = str(at.get("direction") or "next")
    if at.get("arrow"):
        source, target = _pair(at["arrow"])
        graph.arrow_of(question, (source, target))
        frame = desk.bench.between_items(question, source, target, field, items=ITEMS)
        title = f"Between {graph.title(question, source)} and {graph.title(question, target)}"
        target_of = {"kind": "drop", "x": 0, "y": 0, "on": {"arrow": [source, target]}}
    else:
        node = str(at.get("node"))
        title = f"{'Before' if direction == 'previous' else 'After'} {graph.title(question, node)}"
        frame = desk.bench.next_items(question, node, field, direction=direction, path=path, items=ITEMS)
        side = {"kind": "prepend", "before": node}
        side = side if direction == "previous" else {"kind": "append", "after": node}
        target_of = {**side, "path": path}
    rows = [_row(field, row) for row in frame.iter_rows(named=True)]
    if not rows:
        return title, html.P("Nothing else happens here in this dimension.", className="hint next-none")
    unit = desk.facts.units[question["container"]].plural
    heads = tag(
        "div",
        tag("span", field_name(field)),
        tag("span", unit),
        tag("span", "share"),
        tag("span", "median"),
        class_="next-heads",
        aria_hidden="true",
    )
    return title, raw(Markup(heads + "".join(rows)), **{"data-next-target": json.dumps(target_of)})


def _pair(value: Any) -> tuple[str, str]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadEdit("This arrow is no longer on the canvas.")
    return str(value[0]), str(value[1])


def _row(field: str, row: Mapping[str, Any]) -> Markup:
    """One item: its box to choose several, and a button that adds it at once."""
    name = str(row["item"])
    data = json.dumps(item(field, name), ensure_ascii=False)
    time = duration(row["median_seconds"])
    box = tag("input", type="checkbox", class_="next-box", aria_label=f"Choose {name}", data_next_box=data)
    share = f"{min(100.0, row['percent'] or 0.0):.1f}%"
    button = tag(
        "button",
        tag("span", name, class_="next-name", title=name),
        tag("span", count(row["value"]), class_="next-count"),
        tag("span", percent(row["percent"]), class_="next-share"),
        tag("span", time, class_="next-time"),
        tag("span", tag("span", style=f"width:{share}"), class_="next-bar"),
        type="button",
        class_="next-item",
        data_tip=f"Add {name}",
        data_next_add=data,
    )
    return tag("div", box, button, class_="next-row")


def register(app: Dash, desk: Desk) -> None:
    """The list follows what was asked for and what is chosen in it."""
    clientside: Any = app.clientside_callback
    clientside(
        ClientsideFunction(namespace="palette", function_name="next"),
        Output("next-at", "data"),
        Output("next-direction", "value"),
        Input("intent", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("next-title", "children"),
        Output("next-list", "children"),
        Input("next-at", "data"),
        Input("next-direction", "value"),
        Input("next-dimension", "value"),
        Input("next-path", "checked"),
        State("document", "data"),
        running=[(Output("next-list", "className"), "next-list busy", "next-list")],
        prevent_initial_call=True,
    )
    def fill(at: Any, direction: str, field: str | None, at_once: bool, document: Any) -> Any:
        if not at or not document or document["view"] != "journey-canvas":
            raise PreventUpdate
        asked = at if at.get("arrow") else {**at, "direction": direction}
        try:
            return listed(
                desk, document["question"], asked, field or "event_type", "next" if at_once else "eventual"
            )
        except (wb.WorkbenchError, BadEdit) as problem:
            return "What happens here", html.P(str(problem), className="problem next-none")
