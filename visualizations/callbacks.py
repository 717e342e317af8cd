"""Callbacks around a drawing: members, what stands behind it, saving, search, the browser's own work."""

from __future__ import annotations

import json
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations.desk import Desk
from visualizations.dom import dcc, html
from visualizations.editing import display, edits
from visualizations.editing.flow_shown import asked
from visualizations.pages import title_of
from visualizations.panels import cohort_dialogs, dialogs, members, search
from visualizations.views import BY_NAME

INTENTS_OF_NUMBERS = ("sql", "python", "definition", *cohort_dialogs.TITLES)


def members_callbacks(app: Dash, desk: Desk) -> None:
    """The drawer of members."""

    @app.callback(
        Output("members-drawer", "opened"),
        Output("number", "data"),
        Output("members-search", "value"),
        Input("intent", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        State("document", "data"),
        State("details-asked", "data"),
        prevent_initial_call=True,
    )
    def open_members(intent: Any, _path: str, _search: str, document: Any, details: Any) -> Any:
        if ctx.triggered_id == "url":
            return False, no_update, no_update
        if not intent or intent.get("kind") != "members" or not document or document["view"] not in BY_NAME:
            raise PreventUpdate
        number = {
            "question": intent.get("question")
            or (details if intent.get("of") == "details" and details else document["question"]),
            **{key: intent.get(key) for key in ("table", "select", "measure", "title")},
            **({"selected": intent["selected"]} if intent.get("selected") else {}),
        }
        return True, number, ""

    @app.callback(
        Output("members", "children"),
        Input("number", "data"),
        Input("members-search", "value"),
        Input("members-sort", "value"),
    )
    def list_members(number: Any, text: str | None, order: str | None) -> Any:
        if not number:
            raise PreventUpdate
        try:
            return members.drawer(desk, {**number, "sort": order or "id"}, text or "")
        except wb.WorkbenchError as problem:
            return html.P(str(problem), className="problem")

    @app.callback(
        Output("members-download", "data"),
        Input("members-csv", "n_clicks"),
        State("number", "data"),
        prevent_initial_call=True,
    )
    def members_csv(clicks: int, number: Any) -> Any:
        if not clicks or not number:
            raise PreventUpdate
        return dialogs.members_csv(desk, number)


def behind_callbacks(app: Dash, desk: Desk) -> None:
    """Dialogs of what stands behind a drawing, and exports."""

    @app.callback(
        Output("dialog", "opened"),
        Output("dialog", "title"),
        Output("dialog-body", "children"),
        Input("intent", "data"),
        State("document", "data"),
        State("theme", "computedColorScheme"),
        prevent_initial_call=True,
    )
    def explain(intent: Any, document: Any, scheme: str | None) -> Any:
        kind = (intent or {}).get("kind")
        if kind not in INTENTS_OF_NUMBERS or not document or document["view"] not in BY_NAME:
            raise PreventUpdate
        number = intent if intent.get("table") else None
        try:
            if kind in cohort_dialogs.TITLES:
                dark = scheme == "dark"
                body = cohort_dialogs.content(desk, kind, document["question"], intent, dark=dark)
            else:
                body = dialogs.content(
                    desk, kind, document["question"] if number else asked(document, desk.facts.order), number
                )
        except wb.WorkbenchError as problem:
            body = [html.P(str(problem), className="problem")]
        return True, {**dialogs.TITLES, **cohort_dialogs.TITLES}[kind], body

    @app.callback(
        Output("download", "data"),
        Output("figure", "data"),
        Input("intent", "data"),
        State("document", "data"),
        State("theme", "computedColorScheme"),
        prevent_initial_call=True,
    )
    def export(intent: Any, document: Any, scheme: str | None) -> Any:
        if not intent or intent.get("kind") != "export" or not document or document["view"] not in BY_NAME:
            raise PreventUpdate
        question, form = document["question"], intent["form"]
        if form in ("png", "svg"):
            title = title_of(question, display.shown(document), desk.facts.units)
            drawn = dialogs.picture(desk, document, title, dark=scheme == "dark")
            stem = title_of(question).replace(" ", "-").lower()
            return no_update, {"figure": drawn, "form": form, "name": stem, "at": intent.get("seq")}
        return dialogs.export_file(desk, form, asked(document, desk.facts.order)), no_update


def json_callbacks(app: Dash) -> None:
    """The editor of a condition as JSON."""

    @app.callback(
        Output("json-dialog", "opened"),
        Output("json-at", "data"),
        Output("json-text", "value"),
        Output("json-problem", "children"),
        Input({"do": "json", "at": ALL}, "n_clicks"),
        Input("document", "data"),
        State("json-dialog", "opened"),
        prevent_initial_call=True,
    )
    def open_json(clicks: list[int | None], document: Any, opened: bool) -> Any:
        if ctx.triggered_id == "document":
            if not opened:
                raise PreventUpdate
            return False, no_update, no_update, ""
        if not any(clicks) or not document or len(ctx.triggered) != 1 or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        place = ctx.triggered_id["at"]
        return (
            True,
            place,
            json.dumps(edits.at(document["question"], place), indent=2, ensure_ascii=False),
            "",
        )


def finding_callbacks(app: Dash, desk: Desk) -> None:
    """The search."""

    @app.callback(
        Output("search", "opened"),
        Output("search-text", "value"),
        Input("search-open", "n_clicks"),
        Input("intent", "data"),
        Input("url", "href"),
        State("search", "opened"),
        prevent_initial_call=True,
    )
    def open_search(_clicks: Any, intent: Any, _href: str, opened: bool) -> Any:
        if ctx.triggered_id == "url":
            return (False, no_update) if opened else (no_update, no_update)
        if ctx.triggered_id == "intent" and (intent or {}).get("kind") != "search":
            raise PreventUpdate
        return True, ""

    @app.callback(
        Output("search-found", "children"),
        Input("search-text", "value"),
        Input("search", "opened"),
        prevent_initial_call=True,
    )
    def find(text: str | None, opened: bool) -> Any:
        if not opened:
            raise PreventUpdate
        return search.found(desk, text or "")


def warm_callbacks(app: Dash) -> None:
    """Load the drawing library behind the first page, so that the first flow need not wait for it."""

    @app.callback(Output("warm", "children"), Input("drawn", "data"), State("warm", "children"))
    def warm(drawn: Any, there: Any) -> Any:
        if not drawn or there:
            raise PreventUpdate
        return dcc.Graph(figure={})


def client_callbacks(app: Dash) -> None:
    """What the browser does alone: mark the view in the rail, toggle table and counts, save pictures."""

    clientside: Any = app.clientside_callback

    def client(name: str) -> ClientsideFunction:
        return ClientsideFunction(namespace="workbench", function_name=name)

    clientside(client("arrived"), Output("main", "title"), Input("document", "data"))
    clientside(client("drawn"), Output("stage", "title"), Input("drawn", "data"))
    clientside(client("show"), Output("show", "size"), Input("show", "value"))
    clientside(
        client("picture"),
        Output("figure", "modified_timestamp"),
        Input("figure", "data"),
        prevent_initial_call=True,
    )
    clientside(
        client("toast"), Output("toast", "title"), Input("toast", "children"), prevent_initial_call=True
    )
