"""Dialogs of a saved segment's tabs (why, who entered or left, pins, deleting), and what acts at once."""

from __future__ import annotations

import time
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.segments import about, history, members, saved, why
from visualizations.telling import toast

SHOWN = {"display": "block"}
HIDDEN = {"display": "none"}


def layout() -> list[Component]:
    """The dialogs, closed."""
    return [
        _modal("segment-dialog", "", 720, [html.Div(id="segment-dialog-body")]),
        _pin_dialog(),
        _delete_dialog(),
        dcc.Store(id="segment-go"),
    ]


def _modal(name: str, title: str, size: int, body: list[Component]) -> Component:
    return dmc.Modal(
        body,
        id=name,
        size=size,
        opened=False,
        title=title,
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.3},
        className="dialog",
    )


def _pin_dialog() -> Component:
    finding = [
        dmc.TextInput(
            id="pin-find",
            label="Name, id or company",
            size="sm",
            debounce=250,
            leftSection=controls.icon("search", 14),
        ),
        html.Div(id="pin-found", className="pin-found"),
    ]
    reasoning = [
        html.P(id="pin-said", className="hint"),
        dmc.TextInput(
            id="pin-reason",
            label="Reason",
            size="sm",
            placeholder="Such as: asked us on the phone",
        ),
        html.P(id="pin-problem", className="problem", role="alert"),
        html.Div(dmc.Button("Pin", id="pin-apply", size="xs", variant="filled"), className="dialog-actions"),
    ]
    parts = [
        dcc.Store(id="pin-what"),
        html.Div(finding, id="pin-finding", style=HIDDEN),
        html.Div(reasoning, id="pin-reasoning", style=HIDDEN),
    ]
    return _modal("pin-dialog", "Pin", 460, parts)


def _delete_dialog() -> Component:
    buttons = [
        dmc.Button("Cancel", id="segment-keep", size="xs", variant="default"),
        dmc.Button("Delete", id="segment-delete-now", size="xs", variant="filled", className="danger-button"),
    ]
    return _modal(
        "segment-delete",
        "Delete this segment?",
        440,
        [html.P(id="segment-delete-text"), html.Div(buttons, className="dialog-actions")],
    )


def register(app: Dash, desk: Desk) -> None:
    """The callbacks of the dialogs."""
    _reading(app, desk)
    _pinning(app, desk)
    _finding(app, desk)
    _ending(app, desk)
    clientside: Any = app.clientside_callback
    go, focus = (ClientsideFunction(namespace="segments", function_name=name) for name in ("go", "focus"))
    clientside(go, Output("segment-go", "clear_data"), Input("segment-go", "data"), prevent_initial_call=True)
    clientside(
        focus,
        Output("pin-reasoning", "title"),
        Input("pin-dialog", "opened"),
        Input("pin-reasoning", "style"),
        prevent_initial_call=True,
    )


def _kind(intent: Any, document: Any, *kinds: str) -> str:
    """The intent's kind; PreventUpdate unless it is one of these, of a saved segment."""
    kind = str((intent or {}).get("kind"))
    if kind not in kinds or not document or document["view"] != "segment" or not document.get("saved"):
        raise PreventUpdate
    return kind


def _learn(document: Question, definition: Question) -> None:
    """Tell the document of its segment's new revision; it is drawn again."""
    part = saved.learned(document, definition)
    set_props("intent", {"data": {"kind": "saved", "part": part, "seq": f"pins.{time.time()}"}})


# --- why, and who entered or left ------------------------------------------------------------------


def _reading(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("segment-dialog", "opened"),
        Output("segment-dialog", "title"),
        Output("segment-dialog-body", "children"),
        Input("intent", "data"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def read(intent: Any, document: Any) -> Any:
        kind = _kind(intent, document, "segment-why", "segment-changes")
        try:
            if kind == "segment-why":
                container, member = str(intent["container"]), str(intent["id"])
                body = why.content(desk, document["saved"]["id"], container, member)
                return True, why.title(desk, document, container, member), body
            version, change = int(intent["version"]), str(intent["change"])
            title, body = history.changes(desk, document["saved"]["id"], version, change)
        except wb.WorkbenchError as problem:
            return True, "This cannot be told", html.P(str(problem), className="problem")
        return True, title, body


# --- pins ------------------------------------------------------------------------------------------


def _pinning(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("pin-dialog", "opened"),
        Output("pin-dialog", "title"),
        Output("pin-finding", "style"),
        Output("pin-reasoning", "style"),
        Output("pin-what", "data"),
        Output("pin-said", "children"),
        Output("pin-find", "value"),
        Output("pin-reason", "value"),
        Output("pin-problem", "children"),
        Input("intent", "data"),
        Input("pin-apply", "n_clicks"),
        Input("pin-reason", "n_submit"),
        State("pin-what", "data"),
        State("pin-reason", "value"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def pin(intent: Any, _clicks: Any, _enter: Any, what: Any, reason: Any, document: Any) -> Any:
        if ctx.triggered_id != "intent":
            return _pinned(desk, document, what, str(reason or ""))
        kind = _kind(intent, document, "segment-find", "segment-pin", "segment-unpin")
        if kind == "segment-find":
            return True, "Pin somebody in", SHOWN, HIDDEN, None, "", "", "", ""
        if kind == "segment-unpin":
            return _unpinned(desk, document, str(intent["id"]))
        what = {"id": str(intent["id"]), "in": bool(intent["in"])}
        return _asking(desk, document, what)


def _name(desk: Desk, document: Question, member: str) -> str:
    """A member's name, of the segment as it is saved; raises WorkspaceError."""
    own = saved.about_now(desk, document).get("container", "account")
    return str(desk.bench.named(own, [member])["name"][0] or member)


def _asking(desk: Desk, document: Question, what: Question) -> Any:
    """The dialog that asks for a reason."""
    where = "in" if what["in"] else "out"
    said = (
        "Stays in the segment, whatever its rules say."
        if what["in"]
        else "Stays out of the segment, whatever its rules say."
    )
    title = f"Pin {_name(desk, document, what['id'])} {where}"
    return True, title, HIDDEN, SHOWN, what, said, no_update, "", ""


def _pinned(desk: Desk, document: Any, what: Any, reason: str) -> Any:
    if not what or not document or not document.get("saved"):
        raise PreventUpdate
    try:
        definition = saved.pin(desk, document["saved"]["id"], what["id"], what["in"], reason)
    except wb.WorkbenchError as problem:
        return (*(no_update,) * 8, str(problem))
    _learn(document, definition)
    toast(f"{_name(desk, document, what['id'])} is pinned {'in' if what['in'] else 'out'}.")
    return (False, *(no_update,) * 3, None, *(no_update,) * 3, "")


def _unpinned(desk: Desk, document: Question, member: str) -> Any:
    try:
        definition = saved.unpin(desk, document["saved"]["id"], member)
    except wb.WorkbenchError as problem:
        toast(str(problem))
        return (no_update,) * 9
    _learn(document, definition)
    toast(f"{_name(desk, document, member)} is no longer pinned.")
    return (no_update,) * 9


def _finding(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("pin-found", "children"),
        Input("pin-find", "value"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def find(text: str | None, document: Any) -> Any:
        if not document or not document.get("saved"):
            raise PreventUpdate
        kind = saved.about_now(desk, document).get("container", "account")
        return _choices(members.candidates(desk, kind, text or ""), text or "")


def _choices(known: list[tuple[str, str, str]], text: str) -> Component:
    """Buttons that go on to the reason."""
    if not known:
        words = "Nobody by that name." if len(text.strip()) >= 2 else "Type at least two letters."
        return html.P(words, className="hint")
    rows = [members.choice(member, name, company) for member, name, company in known]
    return markup.raw(markup.tag("div", rows, class_="pin-choices"))


# --- buttons that act at once, and deleting --------------------------------------------------------


def _ending(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("segment-delete", "opened"),
        Output("segment-delete-text", "children"),
        Output("segment-go", "data"),
        Input({"segment": ALL}, "n_clicks"),
        Input("segment-delete-now", "n_clicks"),
        Input("segment-keep", "n_clicks"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def end(_clicks: Any, _now: Any, _keep: Any, document: Any) -> Any:
        pressed = ctx.triggered_id
        if not document or not document.get("saved") or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        if pressed == "segment-keep":
            return False, no_update, no_update
        try:
            return _ended(desk, document, pressed)
        except wb.WorkbenchError as problem:
            toast(str(problem))
            return False, no_update, no_update


def _ended(desk: Desk, document: Question, pressed: Any) -> Any:
    segment_id, name = document["saved"]["id"], document["question"]["name"]
    if pressed == "segment-delete-now":
        saved.delete(desk, document)
        toast(f"Deleted {name}.")
        return False, no_update, "/segments"
    wanted = pressed["segment"]
    if wanted == "duplicate":
        made = saved.duplicate(desk, segment_id)
        toast(f"Saved {made['name']} as a draft.")
        return no_update, no_update, f"/segment?saved={made['id']}"
    if wanted == "go-live":
        _gone_live(desk, document)
        return (no_update,) * 3
    if wanted == "delete":
        if refused := about.refusal(desk, segment_id):
            set_props("segment-delete-problem", {"children": refused})
            return (no_update,) * 3
        return True, f"“{name}” goes for good, with its list, its pins and its history.", no_update
    raise PreventUpdate


def _gone_live(desk: Desk, document: Question) -> None:
    try:
        definition = saved.go_live(desk, document["saved"]["id"])
    except wb.WorkbenchError as problem:
        set_props("segment-live-problem", {"children": str(problem)})
        return
    _learn(document, definition)
    toast(f"{definition['name']} is live.")
