"""What the segment pages do beside editing: saving, and what becomes of a conflict."""

from __future__ import annotations

import time
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.segments import dialogs, exporting, fixed, regions, tree
from visualizations.segments.saved import about_now, go_live
from visualizations.telling import toast


def layout() -> list[Component]:
    """The dialog of a segment that somebody else saved meanwhile."""
    actions = html.Div(
        [
            dmc.Button("Cancel", id="segment-cancel", size="xs", variant="default"),
            dmc.Button("Save mine as a copy", id="segment-copy", size="xs"),
        ],
        className="dialog-actions",
    )
    return [
        dmc.Modal(
            [html.P(id="segment-conflict-text"), actions],
            id="segment-conflict",
            size=460,
            opened=False,
            title="Somebody saved this meanwhile",
            closeButtonProps={"aria-label": "Close"},
            overlayProps={"backgroundOpacity": 0.3},
        ),
        *dialogs.layout(),
        *regions.layout(),
        *exporting.layout(),
    ]


def about_of(question: Question, before: Question) -> Question:
    """What a segment tells about itself, as it is saved; state and pins stay as they were `before`."""
    kept = {"state": before.get("state", "draft"), "pins": before.get("pins") or []}
    about = {**(question.get("about") or {}), **kept}
    if question["kind"] == "compound":
        about["blocks"] = [block for block in about.get("blocks") or () if block.get("segment")]
    else:
        about.pop("blocks", None)
    return {**about, "kind": question["kind"], "container": question["container"]}


def save(desk: Desk, document: Question, *, copy: bool = False) -> Question:
    """Save the segment of a document and return its definition; raises WorkbenchError."""
    question, saved = document["question"], None if copy else document.get("saved")
    listed = question["kind"] in ("static", "compound")
    content = None if listed else tree.complete(question.get("content"))
    if content is None and not listed:
        raise wb.SpecError("a segment needs at least one rule with a value", "rules")
    name = str(question["name"]).strip() + (" (copy)" if copy else "")
    before = about_now(desk, document)
    found = desk.bench.segments.save(
        name,
        content,
        about=about_of(question, {**before, "state": "draft"} if copy else before),
        segment_id=saved["id"] if saved else None,
        revision=saved["revision"] if saved else None,
    )
    if question["kind"] == "static":
        fixed.save_list(desk, found["id"], list(question.get("ids") or ()))
        found = desk.bench.definitions.get("segments", found["id"])
    desk.forget()
    return dict(found)


def register(app: Dash, desk: Desk) -> None:
    """The callbacks of the segment pages."""
    dialogs.register(app, desk)
    regions.register(app, desk)
    exporting.register(app, desk)

    @app.callback(
        Output("segment-conflict", "opened"),
        Output("segment-conflict-text", "children"),
        Input({"segment": ALL}, "n_clicks"),
        Input("segment-copy", "n_clicks"),
        Input("segment-cancel", "n_clicks"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def press(clicks: list[Any], _copy: Any, _cancel: Any, document: Any) -> Any:
        pressed = ctx.triggered_id
        if pressed == "segment-cancel":
            return False, no_update
        if not document or document["view"] != "segment" or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        wanted = pressed["segment"] if isinstance(pressed, dict) else "save"
        if wanted not in ("save", "save-live"):
            raise PreventUpdate
        return _saved(desk, document, copy=pressed == "segment-copy", live=wanted == "save-live")


def _saved(desk: Desk, document: Question, *, copy: bool, live: bool) -> Any:
    if not str(document["question"]["name"]).strip():
        toast("Give the segment a name first.")
        return False, no_update
    try:
        found = save(desk, document, copy=copy)
    except wb.RevisionConflict as problem:
        return True, str(problem)
    except wb.WorkbenchError as problem:
        toast(str(problem))
        return False, no_update
    told = f"Saved as {found['name']}, revision {found['revision']}."
    if live:
        found, told = _live(desk, found)
    part = {"id": found["id"], "revision": found["revision"]}
    set_props("intent", {"data": {"kind": "saved", "part": part, "seq": f"save.{time.time()}"}})
    toast(told)
    return False, no_update


def _live(desk: Desk, found: Question) -> tuple[Question, str]:
    """What was saved, made live where it can be, and what to tell."""
    try:
        return go_live(desk, found["id"]), f"Saved {found['name']}, which is live now."
    except wb.WorkbenchError as problem:
        return found, f"Saved as a draft; it cannot go live: {problem}"
