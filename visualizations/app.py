"""`create_app(bench)`: the Dash app of one workspace, and its few callbacks.

The document (view and question) is the one truth: it comes from the address, every edit makes a new one,
and the address follows. `write` is its only writer; `show` draws it; the others answer questions about it.
"""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

from visualizations import callbacks, question_controls, shell
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.documents import Documents, Move
from visualizations.pages import draw
from visualizations.parts import walk
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
    _page(app, desk)
    callbacks.members_callbacks(app, desk)
    callbacks.behind_callbacks(app, desk)
    callbacks.json_callbacks(app)
    callbacks.saving_callbacks(app, desk)
    callbacks.finding_callbacks(app, desk)
    callbacks.warm_callbacks(app)
    callbacks.client_callbacks(app)
    return app


def _document(app: Dash, desk: Desk) -> None:
    documents = Documents(desk)

    @app.callback(
        Output("document", "data"),
        Output("url", "search"),
        Output("toolbar", "children"),
        Output("inspector", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input({"edit": ALL, "at": ALL}, "value"),
        Input({"edit": ALL, "at": ALL}, "checked"),
        Input({"do": ALL, "at": ALL}, "n_clicks"),
        Input("intent", "data"),
        Input("json-apply", "n_clicks"),
        State("document", "data"),
        State({"pick": ALL}, "value"),
        State({"open": ALL}, "value"),
        State({"open": ALL}, "id"),
        State("json-text", "value"),
        State("json-at", "data"),
    )
    def write(
        path: str,
        query: str,
        _v: Any,
        _c: Any,
        _n: Any,
        intent: Any,
        _j: Any,
        document: Any,
        picks: Any,
        opened: Any,
        lists: Any,
        text: str,
        place: str,
    ) -> Any:
        fired = [part["prop_id"] for part in ctx.triggered]
        if document is None or any(name.startswith("url.") for name in fired):
            move = documents.arrive(path, query)
            if document is not None and move.document == document:
                raise PreventUpdate
        else:
            move = _edited(documents, document, fired, intent, picks, text, place)
        if move.told and fired == ["json-apply.n_clicks"]:
            set_props("json-problem", {"children": move.told})
        elif move.told:
            callbacks.toast(move.told)
        if move.document is None:
            return no_update, no_update, no_update, no_update
        new = move.document
        view = BY_NAME.get(new["view"])
        if not move.structural or view is None:
            panel, bar = (no_update, no_update) if view is not None else ([], [])
        else:
            known = {one["open"]: value for one, value in zip(lists, opened, strict=True)}
            panel = _opened(view.inspector(new["question"], desk.facts), known, document or {}, new)
            bar = question_controls.toolbar(new["question"], desk.facts)
        return new, move.search if move.search is not None else no_update, bar, panel


def _opened(panel: list[Any], known: dict[str, Any], old: Question, new: Question) -> list[Any]:
    """The controls with the same entries open as before, and what was just added."""
    if old.get("view") != new["view"]:
        return panel
    before = {node["id"] for node in old["question"].get("nodes") or ()}
    added = [node["id"] for node in new["question"].get("nodes") or () if node["id"] not in before]
    for part in walk(panel):
        identity = getattr(part, "id", None)
        if isinstance(identity, dict) and "open" in identity:
            more = added if identity["open"] == "nodes" else []
            part.value = [*(known.get(identity["open"]) or []), *more]
    return panel


def _edited(
    documents: Documents, document: Question, fired: list[str], intent: Any, picks: Any, text: str, place: str
) -> Move:
    """The move a control, a button or a gesture asks for."""
    if fired == ["intent.data"]:
        return documents.gesture(document, intent or {})
    if fired == ["json-apply.n_clicks"]:
        return documents.edit(document, "json", place, text)
    if len(fired) != 1 or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    where, value = ctx.triggered_id, ctx.triggered[0]["value"]
    if "edit" in where:
        return documents.edit(document, where["edit"], where["at"], value)
    if not value:
        raise PreventUpdate
    return documents.press(document, where["do"], where["at"], picks)


def _page(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("stage", "children"),
        Output("view-title", "children"),
        Output("view-caption", "children"),
        Output("notes", "children"),
        Output("status", "children"),
        Output("drawn", "data"),
        Input("document", "data"),
        Input("theme", "computedColorScheme"),
        Input("viewport", "data"),
        running=[(Output("busy", "className"), "busy on", "busy")],
    )
    def show(document: Any, scheme: str | None, viewport: Any) -> Any:
        if not document or not viewport:
            raise PreventUpdate
        page = draw(
            desk, document, dark=scheme == "dark", width=int(viewport["w"]), height=int(viewport["h"])
        )
        return (
            page.stage,
            page.title,
            page.caption,
            page.notes,
            page.status,
            {"view": document["view"], "title": page.title},
        )
