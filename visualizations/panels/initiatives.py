"""The dialog of initiatives: name one, say when it began and whom it reached; remove one."""

from __future__ import annotations

import datetime
import time
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.editing.edits import condition_of
from visualizations.formats import day
from visualizations.telling import toast
from visualizations.views.cohort.initiatives import OF, ROWS, saved

KIND = "initiatives"
NO_FOLDER = "This workbench lives in no folder, so nothing can be saved in it."


def layout(desk: Desk) -> list[Component]:
    """The dialog, closed."""
    reached = dmc.MultiSelect(
        id="initiative-segment",
        label="Whom it reached",
        description="With an event of any of these, whenever; the others are the control. Empty: everybody.",
        data=controls.condition_groups(desk.facts),
        size="sm",
        searchable=True,
        hidePickedOptions=True,
        nothingFoundMessage="Nothing by that name",
        comboboxProps={"shadow": "md"},
    )
    form = html.Div(
        [
            dmc.TextInput(id="initiative-name", label="Name", size="sm", **{"data-autofocus": "true"}),
            dmc.DateInput(id="initiative-on", label="Began on", size="sm", valueFormat="YYYY-MM-DD"),
            reached,
            html.P(id="initiative-problem", className="problem", role="alert"),
            html.Div(
                dmc.Button("Save and compare", id="initiative-save", size="xs", variant="filled"),
                className="dialog-actions",
            ),
        ],
        className="initiative-form",
    )
    return [
        dmc.Modal(
            [form, html.Div(id="initiative-list")],
            id="initiative-dialog",
            size=480,
            opened=False,
            title="Initiative",
            closeButtonProps={"aria-label": "Close"},
            overlayProps={"backgroundOpacity": 0.3},
        )
    ]


def listed(desk: Desk) -> list[Component]:
    """The saved initiatives, each with a button that removes it."""
    every = saved(desk.facts.initiatives())
    if not every:
        return []
    rows = [
        html.Li(
            [
                html.Strong(one.name),
                html.Span(f"{day(one.on)}, {one.reached}", className="faint"),
                controls.icon_button("trash-2", f"Remove {one.name}", {"initiative": "remove", "at": one.id}),
            ]
        )
        for one in every
    ]
    return [html.H3("Saved"), html.Ul(rows, className="initiative-list")]


def save(desk: Desk, name: str, on: str | None, items: list[str]) -> str:
    """Save a new initiative and return its id; WorkbenchError with the reason where it cannot be."""
    if not name:
        raise wb.WorkbenchError("Give it a name.")
    try:
        began = datetime.date.fromisoformat(str(on)[:10])
    except ValueError:
        raise wb.WorkbenchError("Say on which day it began.") from None
    if desk.bench.definitions is None:
        raise wb.WorkbenchError(NO_FOLDER)
    content = {"on": began.isoformat(), "segment": condition_of(items) if items else None}
    return str(desk.bench.definitions.save(KIND, name, content)["id"])


def _compare(value: str) -> None:
    """Let the view draw with this choice."""
    now = f"{KIND}.{time.time()}"
    set_props("intent", {"data": {"kind": "display", "name": "initiative", "value": value, "seq": now}})


def register(app: Dash, desk: Desk) -> None:
    """Opens the dialog, saves and removes."""

    @app.callback(
        Output("initiative-dialog", "opened"),
        Output("initiative-list", "children"),
        Output("initiative-name", "value"),
        Output("initiative-problem", "children"),
        Output("initiative-segment", "data"),
        Input({"initiative": ALL, "at": ALL}, "n_clicks"),
        Input("initiative-save", "n_clicks"),
        State("initiative-name", "value"),
        State("initiative-on", "value"),
        State("initiative-segment", "value"),
        prevent_initial_call=True,
    )
    def answer(_clicks: Any, _save: Any, name: str | None, on: str | None, items: Any) -> Any:
        pressed = ctx.triggered_id
        if not pressed or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        try:
            if pressed == "initiative-save":
                found = save(desk, (name or "").strip(), on, items or [])
                _compare(f"{OF}{found}")
                toast(f"Saved {(name or '').strip()}.")
                return False, no_update, "", "", no_update
            if pressed["initiative"] == "remove":
                desk.bench.definitions.delete(KIND, pressed["at"])
                _compare(ROWS)
                return no_update, listed(desk), no_update, "", no_update
        except wb.WorkbenchError as problem:
            return no_update, no_update, no_update, str(problem), no_update
        return True, listed(desk), "", "", controls.condition_groups(desk.facts)
