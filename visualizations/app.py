"""`create_app(bench)`: the Dash app of one workspace, and its few callbacks.

The document (view and question) is the one truth. It lives on the tab's board: `write`, its only writer,
applies what the browser sends (`assets/45-board.js`: addresses, controls, buttons, gestures, one after the
other); `show` draws it; the others answer questions about it.
"""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

from visualizations import callbacks, folds, question_controls, shell
from visualizations.desk import Desk
from visualizations.editing import display
from visualizations.editing.board import Boards
from visualizations.editing.documents import Documents
from visualizations.editing.requests import Editing
from visualizations.pages import draw
from visualizations.panels import (
    converting,
    details,
    initiatives,
    next_items,
    palette,
    saving,
    suggest,
    tracing,
)
from visualizations.redraw import lean, redrawn
from visualizations.segments import callbacks as segment_callbacks
from visualizations.segments import quick_bar
from visualizations.telling import toast
from visualizations.views import BY_NAME


def create_app(bench: Any) -> Dash:
    """The app of an open workspace; may be called any number of times."""
    app = Dash(
        __name__,
        title=f"{bench.name} · Workbench",
        update_title="",
        suppress_callback_exceptions=True,
        compress=False,
        assets_folder="assets",
    )
    desk = Desk(bench)
    app.index_string = shell.index_string()
    app.layout = shell.layout(desk)
    _document(app, desk)
    _entries(app, desk)
    _browser(app)
    _page(app, desk)
    callbacks.members_callbacks(app, desk)
    callbacks.behind_callbacks(app, desk)
    callbacks.json_callbacks(app)
    saving.callbacks(app, desk)
    details.callbacks(app, desk)
    converting.register(app, desk)
    initiatives.register(app, desk)
    tracing.callbacks(app, desk)
    next_items.register(app, desk)
    suggest.register(app, desk)
    segment_callbacks.register(app, desk)
    palette.serve(app.server, desk)
    callbacks.finding_callbacks(app, desk)
    callbacks.warm_callbacks(app)
    callbacks.client_callbacks(app)
    return app


def _document(app: Dash, desk: Desk) -> None:
    drafts = desk.drafts.folder
    editing = Editing(Documents(desk), Boards(drafts.parent / "boards" if drafts else None))

    @app.callback(
        Output("document", "data"),
        Output("board", "data"),
        Output("paint", "data"),
        Output("toolbar", "children"),
        Output("inspector", "children"),
        Input("gestures", "data"),
        State("document", "data"),
        State({"open": ALL}, "value"),
        State({"open": ALL}, "id"),
        prevent_initial_call=True,
    )
    def write(request: Any, document: Any, opened: Any, lists: Any) -> Any:
        if not request or not request.get("tab"):
            raise PreventUpdate
        done = editing.answer(request, document)
        if done.json_problem:
            set_props("json-problem", {"children": done.json_problem})
        if done.told:
            toast(done.told[-1])
        board = {"id": request["id"], "address": done.address, "steps": done.steps, "painted": done.painted}
        new, paint = done.document, request["id"] if done.painted else no_update
        closed = request.get("panel") == "closed"
        view = BY_NAME.get(new["view"]) if new else None
        if new is None or view is None:
            return new or no_update, board, paint, [], []
        if not done.structural:
            return new, board, paint, no_update, no_update
        known = {one["open"]: value for one, value in zip(lists, opened, strict=True)}
        bar = [*question_controls.toolbar(new["question"], desk.facts), quick_bar.bar(desk, new)]
        if closed:
            return new, board, paint, bar, []
        panel = folds.folded(display.inspector_of(view, new, desk.facts), known, document or {}, new)
        return new, board, paint, bar, panel


def _entries(app: Dash, desk: Desk) -> None:
    """What is inside the entries of the editor that were opened."""

    @app.callback(
        Output({"entry": ALL}, "children"),
        Input("unfold", "data"),
        State({"open": ALL}, "value"),
        State({"open": ALL}, "id"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def unfold(_asked: Any, opened: Any, lists: Any, document: Any) -> Any:
        view = BY_NAME.get((document or {}).get("view", ""))
        if view is None:
            raise PreventUpdate
        names = [one["id"]["entry"] for one in ctx.outputs_list]
        shown = {
            f"{one['open']}:{key}" for one, keys in zip(lists, opened, strict=True) for key in keys or ()
        }
        found = folds.contents(display.inspector_of(view, document, desk.facts), names)
        return [part if name in shown else no_update for name, part in zip(names, found, strict=True)]


def _browser(app: Dash) -> None:
    """What the browser's queue of changes is told: answers, controls, choices that change the document."""
    clientside: Any = app.clientside_callback

    def client(name: str) -> ClientsideFunction:
        return ClientsideFunction(namespace="board", function_name=name)

    clientside(
        client("answered"), Output("board", "clear_data"), Input("board", "data"), State("document", "data")
    )
    clientside(client("drawn"), Output("drawn", "clear_data"), Input("drawn", "data"))
    clientside(
        client("opened"),
        Output("unfold", "clear_data"),
        Input({"open": ALL}, "value"),
        prevent_initial_call=True,
    )
    clientside(
        client("used"),
        Output("gestures", "clear_data"),
        Input({"edit": ALL, "at": ALL}, "value"),
        Input({"edit": ALL, "at": ALL}, "checked"),
        Input({"do": ALL, "at": ALL}, "n_clicks"),
        Input("json-apply", "n_clicks"),
        State({"pick": ALL}, "value"),
        State("json-text", "value"),
        State("json-at", "data"),
        prevent_initial_call=True,
    )
    clientside(
        client("intended"),
        Output("paint", "clear_data"),
        Input("intent", "data"),
        prevent_initial_call=True,
    )


def _page(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("stage", "children"),
        Output({"graph": ALL}, "elements"),
        Output({"graph": ALL}, "stylesheet"),
        Output({"part": ALL}, "children"),
        Output("view-title", "children"),
        Output("view-caption", "children"),
        Output("notes", "children"),
        Output("status", "children"),
        Output("drawn", "data"),
        Input("paint", "data"),
        Input("theme", "computedColorScheme"),
        Input("viewport", "data"),
        State("document", "data"),
        running=[(Output("busy", "className"), "busy on", "busy")],
    )
    def show(paint: Any, scheme: str | None, viewport: Any, document: Any) -> Any:
        if not document or not viewport:
            raise PreventUpdate
        page = draw(
            desk, document, dark=scheme == "dark", width=int(viewport["w"]), height=int(viewport["h"])
        )
        _, graphs, _, parts, *_ = ctx.outputs_list
        return (
            *redrawn(lean(page.stage), graphs, parts),
            page.title,
            page.caption,
            page.notes,
            page.status,
            {"view": document["view"], "title": page.title, "paint": paint},
        )
