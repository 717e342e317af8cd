"""One container on the canvas: choosing it, and the page that shows its way with its timeline below."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.views.canvas import trace as canvas_trace
from visualizations.views.canvas.trace import Trace

KINDS = ("account", "opportunity", "buying_group", "global_account", "lead", "person")
"""Containers whose way can be shown, those of deals first."""
SHOWN = 40


def layout(desk: Desk) -> list[Component]:
    """The dialog that finds one container."""
    kinds = [
        {"value": name, "label": desk.facts.label(name)}
        for name in KINDS[:3]
        if desk.facts.units[name].containers
    ]
    body: list[Component] = [
        dmc.SegmentedControl(
            id="trace-kind", data=kinds, value=kinds[0]["value"], size="xs", **{"aria-label": "What to find"}
        )
        if len(kinds) > 1
        else html.Div(id="trace-kind"),
        dmc.TextInput(
            id="trace-text",
            placeholder="Name or id",
            size="sm",
            debounce=150,
            mt=10,
            leftSection=controls.icon("search", 14),
            **{"aria-label": "Find one by name or id", "data-autofocus": "true"},
        ),
        html.Div(id="trace-found", className="trace-found"),
    ]
    dialog = dmc.Modal(
        body,
        id="trace-dialog",
        size=520,
        opened=False,
        title="Show one on the canvas",
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.3},
    )
    return [dcc.Store(id="trace-from"), dialog]


def found(desk: Desk, kind: str, text: str, number: Question | None) -> list[Component]:
    """Containers by name or id; those behind a number where one is given and nothing is typed."""
    key = f"{kind}_id"
    if number and number["question"]["container"] == kind:
        result = desk.ask(number["question"])
        frame = result.members(number["table"], number["select"], measure=number.get("measure") or "value")
    else:
        try:
            table = desk.bench.tables[f"{kind}s"]
        except KeyError:
            table = pl.DataFrame({key: []}, schema={key: pl.String})
        name = pl.col("name") if "name" in table.columns else pl.lit(None, pl.String)
        frame = table.select(pl.col(key), name.alias("name"))
    wanted = text.strip().lower()
    if wanted:
        hit = pl.col(key).str.to_lowercase().str.contains(wanted, literal=True)
        frame = frame.filter(
            hit | pl.col("name").fill_null("").str.to_lowercase().str.contains(wanted, literal=True)
        )
    if frame.is_empty():
        return [html.P("Nothing by that name.", className="hint")]
    rows = [_choice(kind, row[key], row["name"]) for row in frame.head(SHOWN).iter_rows(named=True)]
    if frame.height > SHOWN:
        rows.append(html.P(f"The first {SHOWN} of {frame.height:,}; type to find others.", className="hint"))
    return rows


def _choice(kind: str, member: str, name: str | None) -> Component:
    icon = {"account": "building-2", "opportunity": "flag"}.get(kind, "users")
    gesture = {"kind": "trace", "part": {"container": kind, "id": member}}
    return html.Button(
        [
            controls.icon(icon, 14),
            html.Span(name or member),
            html.Span(member if name else "", className="faint"),
        ],
        type="button",
        **{"data-gesture": json.dumps(gesture)},
    )


def question_for(question: Question, container: str) -> Question:
    """The canvas, counted in the container that is traced; its presentation stays."""
    kept = {k: v for k, v in question.items() if k not in ("compare", "metric", "secondary_metric")}
    if container != question["container"]:
        kept = {k: v for k, v in kept.items() if k != "history"}
    return {**kept, "container": container}


def trace_of(desk: Desk, question: Question, container: str, member: str) -> Trace:
    """The way of one container along the canvas, with its events."""
    asked = question_for(question, container)
    tables = desk.bench.trace(asked, member)
    record = desk.bench.record(container, member) or {}
    frame = desk.bench.timeline(container, member)
    return Trace(
        wb.parse_spec(asked),
        container,
        member,
        str(record.get("name") or member),
        {row["id"]: row for row in tables["nodes"].iter_rows(named=True)},
        {(row["source"], row["target"]): row for row in tables["arrows"].iter_rows(named=True)},
        frame,
    )


def page(desk: Desk, document: Question, scene: Scene) -> tuple[Component, str, str]:
    """What stands on the stage, the title and the caption."""
    wanted = document["trace"]
    trace = trace_of(desk, document["question"], wanted["container"], wanted["id"])
    unit = desk.facts.units[trace.container]
    href = desk.member_href(trace.container, trace.member, None)
    back = dmc.Button(
        "Back to all",
        size="xs",
        variant="default",
        leftSection=controls.icon("arrow-left", 14),
        **{"data-gesture": json.dumps({"kind": "trace", "part": None})},
    )
    right = html.Div(
        [dcc.Link([controls.icon("clock", 14), "Whole timeline"], href=href, className="quiet-link"), back],
        className="right",
    )
    head = html.Div(
        [html.Span(unit.label, className="eyebrow"), html.H2(trace.name, title=trace.member), right],
        className="traced-head",
    )
    return canvas_trace.stage(trace, scene, head), trace.name, canvas_trace.caption(trace, unit)


def callbacks(app: Dash, desk: Desk) -> None:
    """The dialog."""

    @app.callback(
        Output("trace-dialog", "opened"),
        Output("trace-from", "data"),
        Output("trace-text", "value"),
        Output("trace-kind", "value"),
        Input("intent", "data"),
        Input("document", "data"),
        State("trace-dialog", "opened"),
        State("trace-kind", "value"),
        prevent_initial_call=True,
    )
    def open_dialog(intent: Any, document: Any, opened: bool, kind: str | None) -> Any:
        if ctx.triggered_id == "document":
            if not opened:
                raise PreventUpdate
            return False, no_update, no_update, no_update
        if (intent or {}).get("kind") != "trace-pick" or not document:
            raise PreventUpdate
        question, number = document["question"], None
        if intent.get("table"):
            number = {"question": question, **{k: intent.get(k) for k in ("table", "select", "measure")}}
        fits = question["container"] if question["container"] in KINDS[:3] else kind
        return True, number, "", fits

    @app.callback(
        Output("trace-found", "children"),
        Input("trace-text", "value"),
        Input("trace-kind", "value"),
        Input("trace-from", "data"),
        Input("trace-dialog", "opened"),
        prevent_initial_call=True,
    )
    def find(text: str | None, kind: str | None, number: Any, opened: bool) -> Any:
        if not opened:
            raise PreventUpdate
        try:
            return found(desk, kind or "account", text or "", number)
        except wb.WorkbenchError as problem:
            return html.P(str(problem), className="problem")
