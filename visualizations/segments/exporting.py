"""The dialog that takes a saved segment out: its controls, and what they say and do."""

from __future__ import annotations

import time
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.segments.outgoing import OWN, asked, consents, file_of, log, offered, preview
from visualizations.telling import toast

FORMATS = [
    {"value": "csv", "label": "CSV"},
    {"value": "xlsx", "label": "Excel"},
    {"value": "parquet", "label": "Parquet"},
]
CHOICES = ("container", "profile", "columns", "consent", "suppress")
"""Controls by the end of their id, in the order of `asked`; whether only changes go out comes last."""


def layout() -> list[Component]:
    """The dialog, closed."""
    one = {"size": "xs", "allowDeselect": False, "comboboxProps": {"shadow": "md"}}
    many = {"size": "xs", "searchable": True, "hidePickedOptions": True, "comboboxProps": {"shadow": "md"}}
    form = [
        html.P(id="export-about", className="hint"),
        html.Div(
            [
                dmc.Select(id="export-container", label="One row for each", **one),
                dmc.Select(id="export-profile", label="Layout", **one),
                dmc.Select(id="export-consent", label="Persons need consent to", **one),
            ],
            className="export-line",
        ),
        html.Div(dmc.MultiSelect(id="export-columns", label="Columns", **many), id="export-columns-box"),
        dmc.MultiSelect(
            id="export-suppress", label="Leave out the members of", placeholder="No other segment", **many
        ),
        dmc.Switch(id="export-delta", label="Only changes since the last export", size="xs", checked=False),
        html.Div(id="export-preview", className="export-preview", **{"aria-live": "polite"}),
        html.Div([_format(), _go()], className="export-actions"),
        html.Div(id="export-log"),
    ]
    return [
        dcc.Store(id="export-what"),
        dcc.Store(id="export-done"),
        dcc.Download(id="export-file"),
        dmc.Modal(
            html.Div(form, className="export-form"),
            id="export-dialog",
            size=760,
            opened=False,
            title="Export",
            closeButtonProps={"aria-label": "Close"},
            overlayProps={"backgroundOpacity": 0.3},
        ),
    ]


def _format() -> Component:
    return dmc.SegmentedControl(
        id="export-format", value="csv", data=FORMATS, size="xs", **{"aria-label": "Format"}
    )


def _go() -> Component:
    return dmc.Button(
        "Download", id="export-go", size="xs", variant="filled", leftSection=controls.icon("download", 14)
    )


# --- callbacks ---------------------------------------------------------------------------------------


def register(app: Dash, desk: Desk) -> None:
    """The dialog: opened on a saved segment or from the list of them."""
    _opening(app, desk)
    _writing(app, desk)
    choices = [Input(f"export-{name}", "value") for name in CHOICES]

    @app.callback(
        Output("export-preview", "children"),
        Output("export-go", "disabled"),
        Input("export-what", "data"),
        Input("export-done", "data"),
        *choices,
        Input("export-delta", "checked"),
        prevent_initial_call=True,
    )
    def tell(what: Any, _done: Any, *chosen: Any) -> Any:
        if not what:
            raise PreventUpdate
        try:
            parts, some = preview(desk, what["id"], asked(*chosen))
        except wb.WorkbenchError as problem:
            return html.P(str(problem), className="problem", role="alert"), True
        return parts, not some

    @app.callback(
        Output("export-log", "children"),
        Input("export-what", "data"),
        Input("export-done", "data"),
        prevent_initial_call=True,
    )
    def list_exports(what: Any, _done: Any) -> Any:
        if not what:
            raise PreventUpdate
        return log(desk, what["id"])


def _opening(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("export-dialog", "opened"),
        Output("export-what", "data"),
        Output("export-about", "children"),
        Output("export-container", "data"),
        Output("export-container", "value"),
        Output("export-profile", "data"),
        Output("export-profile", "value"),
        Output("export-consent", "data"),
        Output("export-consent", "value"),
        Output("export-suppress", "data"),
        Output("export-suppress", "value"),
        Output("export-delta", "checked"),
        Input({"segment": ALL}, "n_clicks"),
        Input("intent", "data"),
        Input("url", "pathname"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def open_dialog(_clicks: Any, intent: Any, _path: Any, document: Any) -> Any:
        if ctx.triggered_id == "url":
            return (False, *[no_update] * 11)
        segment_id = _pressed(ctx.triggered_id, ctx.triggered[0]["value"], intent, document)
        if segment_id is None:
            raise PreventUpdate
        try:
            found = offered(desk, segment_id)
        except wb.WorkbenchError as problem:
            toast(str(problem))
            return [no_update] * 12
        levels, level = consents(desk)
        first = (found["about"], found["units"], found["unit"], found["profiles"], OWN)
        what = {"id": segment_id, "at": time.time()}
        return True, what, *first, levels, level, found["others"], [], False

    @app.callback(
        Output("export-columns", "data"),
        Output("export-columns", "value"),
        Output("export-columns-box", "hidden"),
        Output("export-container", "disabled"),
        Output("export-consent", "disabled"),
        Input("export-what", "data"),
        Input("export-container", "value"),
        Input("export-profile", "value"),
        prevent_initial_call=True,
    )
    def offer_columns(what: Any, container: Any, profile: Any) -> Any:
        if not what or not container:
            raise PreventUpdate
        if profile not in (None, OWN):
            return no_update, no_update, True, True, False
        known = desk.bench.segments.export_columns(container)
        data = [{"value": name, "label": name} for name in known]
        first = [name for name, chosen in known.items() if chosen]
        return data, first, False, False, container != "person"


def _pressed(pressed: Any, clicked: Any, intent: Any, document: Any) -> str | None:
    """The segment that is to be exported: of the page, or of a row of the list; None for other presses."""
    if pressed == "intent":
        return str(intent["id"]) if (intent or {}).get("kind") == "segment-export" else None
    if not isinstance(pressed, dict) or pressed.get("segment") != "export" or not clicked:
        return None
    saved = (document or {}).get("saved")
    return str(saved["id"]) if saved else None


def _writing(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("export-file", "data"),
        Output("export-done", "data"),
        Input("export-go", "n_clicks"),
        State("export-what", "data"),
        State("export-format", "value"),
        *[State(f"export-{name}", "value") for name in CHOICES],
        State("export-delta", "checked"),
        prevent_initial_call=True,
        running=[(Output("export-go", "loading"), True, False)],
    )
    def download(clicks: Any, what: Any, form: str, *chosen: Any) -> Any:
        if not clicks or not what:
            raise PreventUpdate
        try:
            return file_of(desk, what["id"], form, asked(*chosen)), time.time()
        except wb.WorkbenchError as problem:
            toast(str(problem))
            return no_update, no_update
