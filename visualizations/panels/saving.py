"""Saving views, and segments from a number; a save never overwrites what somebody saved meanwhile."""

from __future__ import annotations

import time
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.editing import display
from visualizations.pages import title_of
from visualizations.segments.document import FRESH
from visualizations.telling import toast
from visualizations.views import BY_NAME

LONGEST_NAME = 80
"""Letters of the name offered for a segment."""


def layout() -> list[Component]:
    """The dialog that names what is saved, and the one that tells of somebody else's save."""
    close = {"aria-label": "Close"}
    name = dmc.Modal(
        [
            dcc.Store(id="save-what"),
            dmc.TextInput(id="save-name", label="Name", size="sm", **{"data-autofocus": "true"}),
            html.P(id="save-problem", className="problem", role="alert"),
            html.Div(
                [
                    dmc.Button("Save as a copy", id="save-copy", size="xs", variant="default"),
                    dmc.Button("Save", id="save-apply", size="xs", variant="filled"),
                ],
                className="dialog-actions",
            ),
        ],
        id="save-dialog",
        size=420,
        opened=False,
        title="Save",
        closeButtonProps=close,
        overlayProps={"backgroundOpacity": 0.3},
    )
    conflict = dmc.Modal(
        [
            html.P(id="conflict-text"),
            html.Div(
                [
                    dmc.Button("Cancel", id="conflict-cancel", size="xs", variant="subtle", color="gray"),
                    dcc.Link("See theirs", id="conflict-theirs", href="/", className="quiet-link"),
                    dmc.Button("Save as a copy", id="conflict-copy", size="xs", variant="filled"),
                ],
                className="dialog-actions",
            ),
        ],
        id="conflict-dialog",
        size=440,
        opened=False,
        title="Somebody saved this meanwhile",
        closeButtonProps=close,
        overlayProps={"backgroundOpacity": 0.3},
    )
    return [name, conflict]


def what_of_view(desk: Desk, document: Question) -> tuple[str, Question]:
    """The name to offer, and what would be saved, of a whole view."""
    definition = desk.saved(document)
    name = str(definition["name"]) if definition else title_of(document["question"])
    what: Question = {"kind": "views", "content": display.content_of(document), "view": document["view"]}
    if document.get("saved"):
        what["saved"] = document["saved"]
    return name, what


def segment_of(desk: Desk, question: Question, number: Question) -> Question:
    """The segment of who is behind a number, or behind any of several, as the builder's question."""
    result = desk.ask(question)
    numbers = number.get("selected") or [number]
    parts = [result.segment(one["table"], one["select"], measure=one.get("measure")) for one in numbers]
    content = parts[0] if len(parts) == 1 else {"any": parts}
    name = str(number.get("title") or "Segment")[:LONGEST_NAME]
    return {**FRESH, "name": name, "container": result.spec.container, "content": content}


def save(desk: Desk, what: Question, name: str, *, copy: bool = False) -> Question:
    """Save and return the definition; RevisionConflict where somebody saved since it was opened."""
    saved = None if copy else what.get("saved")
    found = desk.bench.definitions.save(
        what["kind"],
        name,
        what["content"],
        definition_id=saved["id"] if saved else None,
        revision=saved["revision"] if saved else None,
    )
    desk.forget()
    return dict(found)


def conflict_words(desk: Desk, what: Question) -> str:
    """What happened to the definition since it was opened."""
    opened = what["saved"]
    now = desk.saved(what)
    if now is None:
        return f"You opened revision {opened['revision']}; somebody deleted it meanwhile."
    return (
        f"Somebody saved revision {now['revision']} of “{now['name']}” meanwhile; you opened revision "
        f"{opened['revision']}. Your canvas stays as it is."
    )


def callbacks(app: Dash, desk: Desk) -> None:
    """The dialogs of saving."""

    @app.callback(
        Output("save-dialog", "opened"),
        Output("save-dialog", "title"),
        Output("save-name", "value"),
        Output("save-what", "data"),
        Output("save-problem", "children"),
        Output("save-copy", "style"),
        Input("save-view", "n_clicks"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def ask_name(_view: Any, document: Any) -> Any:
        if not document or document["view"] not in BY_NAME:
            raise PreventUpdate
        name, what = what_of_view(desk, document)
        return True, "Save this view", name, what, "", {} if what.get("saved") else {"display": "none"}

    @app.callback(
        Output("members-segment", "title"),
        Input("members-segment", "n_clicks"),
        Input("intent", "data"),
        State("document", "data"),
        State("number", "data"),
        State("details-asked", "data"),
        prevent_initial_call=True,
    )
    def segment_from_here(_clicks: Any, intent: Any, document: Any, number: Any, details: Any) -> Any:
        from_number = ctx.triggered_id == "members-segment"
        asked = number if from_number else intent
        if not asked or not document or not (from_number or asked.get("kind") == "segment"):
            raise PreventUpdate
        try:
            behind = details if asked.get("of") == "details" and details else document["question"]
            segment = segment_of(desk, asked.get("question") or behind, asked)
        except wb.WorkbenchError as problem:
            toast(str(problem))
            return no_update
        set_props("go", {"data": {"href": desk.href("segment", segment), "seq": str(time.time())}})
        return no_update

    @app.callback(
        Output("save-dialog", "opened", allow_duplicate=True),
        Output("save-problem", "children", allow_duplicate=True),
        Output("conflict-dialog", "opened"),
        Output("conflict-text", "children"),
        Output("conflict-theirs", "href"),
        Input("save-apply", "n_clicks"),
        Input("save-copy", "n_clicks"),
        Input("conflict-copy", "n_clicks"),
        Input("conflict-cancel", "n_clicks"),
        Input("url", "search"),
        State("save-name", "value"),
        State("save-what", "data"),
        prevent_initial_call=True,
    )
    def apply(_a: Any, _c: Any, _k: Any, _n: Any, _s: Any, name: str | None, what: Any) -> Any:
        if ctx.triggered_id in ("conflict-cancel", "url"):
            return no_update, no_update, False, no_update, no_update
        if not what or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        return _applied(desk, what, (name or "").strip(), str(ctx.triggered_id))


def _applied(desk: Desk, what: Question, name: str, pressed: str) -> Any:
    """Save; somebody else's newer revision opens the dialog of the conflict instead."""
    if not name:
        return no_update, "Give it a name.", no_update, no_update, no_update
    copy = pressed in ("save-copy", "conflict-copy")
    try:
        found = save(desk, what, f"{name} (copy)" if pressed == "conflict-copy" else name, copy=copy)
    except wb.RevisionConflict:
        theirs = f"/{what['view']}?saved={what['saved']['id']}"
        return False, "", True, conflict_words(desk, what), theirs
    except wb.WorkbenchError as problem:
        return no_update, str(problem), no_update, no_update, no_update
    if what["kind"] == "views":
        part = {"id": found["id"], "revision": found["revision"]}
        set_props("intent", {"data": {"kind": "saved", "part": part, "seq": f"save.{time.time()}"}})
    toast(f"Saved as {found['name']}, revision {found['revision']}.")
    return False, "", False, no_update, no_update
