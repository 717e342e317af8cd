"""The drawer of details: a number broken down by a dimension, or followed over time."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.formats import count, percent
from visualizations.panels import step_details
from visualizations.panels.details_figure import period_words, trend
from visualizations.panels.drill import GRANULARITIES, breakdown_question, place_of
from visualizations.views import BY_NAME
from visualizations.views.canvas.reading import field_words, segment_names

ITEMS = 50
WIDTH = 560
KINDS = {"breakdown-table": "breakdown", "trend": "trend"}
TITLES = {"breakdown": "Break down", "trend": "Trend over time", **step_details.KINDS}
NAMES = {"none": "No value", "other": "Other"}


def layout(desk: Desk) -> list[Component]:
    """The drawer and its stores."""
    dimensions = [{"value": path, "label": field_words(path)} for path in desk.facts.dimensions]
    tools = html.Div(
        [
            html.Div(
                dmc.Select(
                    id="details-by",
                    label="Dimension",
                    data=dimensions,
                    value=_first_dimension(desk),
                    searchable=True,
                    allowDeselect=False,
                    size="xs",
                    comboboxProps={"shadow": "md"},
                ),
                id="details-by-box",
            ),
            html.Div(
                dmc.SegmentedControl(
                    id="details-granularity",
                    data=[{"value": name, "label": name.capitalize()} for name in GRANULARITIES],
                    value="month",
                    size="xs",
                    **{"aria-label": "Periods"},
                ),
                id="details-granularity-box",
            ),
            html.Div(id="details-keep"),
            dmc.Button(
                "CSV",
                id="details-csv",
                size="xs",
                variant="default",
                leftSection=controls.icon("download", 14),
            ),
        ],
        className="details-tools",
    )
    body = dcc.Loading(
        html.Div(id="details-body"), delay_show=200, custom_spinner=html.Div(className="spinner")
    )
    drawer = dmc.Drawer(
        [tools, body],
        id="details-drawer",
        position="right",
        size=620,
        title="Details",
        opened=False,
        zIndex=190,
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.12},
        className="drawer",
    )
    return [
        dcc.Store(id="details"),
        dcc.Store(id="details-asked"),
        dcc.Download(id="details-download"),
        drawer,
    ]


def _first_dimension(desk: Desk) -> str | None:
    """A dimension to begin with: where a touch came from, else who was touched."""
    known = desk.facts.dimensions
    wanted = ("account.industry", "account.company_size", "channel", "content_type", "event_type")
    return next((path for path in wanted if path in known), known[0] if known else None)


def asked(details: Question, by: str | None, granularity: str | None) -> Question:
    """The question behind the drawer."""
    question = details["question"]
    if details["kind"] == "trend":
        found = breakdown_question(question, details, "period", granularity=granularity or "month")
    else:
        found = breakdown_question(question, details, str(by), items=ITEMS)
    return {**found, "compare": question["compare"]} if question.get("compare") else found


def content(desk: Desk, details: Question, question: Question, *, dark: bool) -> list[Component]:
    """What the drawer shows."""
    result = desk.ask(question)
    frame, is_trend = result.tables["items"], details["kind"] == "trend"
    unit = desk.facts.units[question["container"]]
    title = (details.get("label") if question.get("compare") else "") or details.get("title") or "This number"
    base = frame["percent_base"].drop_nulls()
    of = f"{count(base[0])} {unit.of(base[0])}" if len(base) and "compare" not in question else unit.plural
    what = "over time" if is_trend else f"by {field_words(str(question['by'])).lower()}"
    head = html.Div(
        [html.H2(f"{title} {what}"), html.P(_explained(of, unit, is_trend, details), className="hint")],
        className="details-head",
    )
    parts: list[Component] = [head]
    if is_trend:
        chart = dcc.Graph(
            figure=trend(
                frame, question["granularity"], unit, desk.facts.scene(dark=dark, width=WIDTH, height=280)
            ),
            config={"displayModeBar": False},
            className="plot",
            id="details-graph",
        )
        label = f"{title} over time; the table below holds the same numbers."
        parts.append(html.Div(chart, className="details-chart", role="img", **{"aria-label": label}))
    names = segment_names(result.spec, frame["segment"].unique(maintain_order=True).to_list())
    parts.append(_table(frame, question, title, unit, is_trend, names))
    parts += [html.P(note, className="hint") for note in result.notes[:3]]
    return parts


def _explained(of: str, unit: Any, is_trend: bool, details: Question) -> str:
    at = " at the checkpoint" if place_of(details["question"], details) else ""
    if is_trend:
        return f"{of}, by the period of their events{at}; dashed where it is not complete."
    return f"{of}, by their events{at}; one {unit.label.lower()} may have several values."


def _table(
    frame: pl.DataFrame, question: Question, title: str, unit: Any, is_trend: bool, names: dict[str, str]
) -> Component:
    """Items or periods, one column per compared segment; counts open their members."""
    segments = frame["segment"].unique(maintain_order=True).to_list()
    rows: dict[tuple[str, Any], dict[str, dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault((row["kind"], row["item"]), {})[row["segment"]] = row
    ordered = list(reversed(rows.items())) if is_trend else list(rows.items())
    many = len(segments) > 1
    heads = [("Period" if is_trend else field_words(str(question["by"])), "")]
    for segment in segments:
        heads += [
            (names[segment] if many else unit.plural.capitalize(), "num"),
            *([] if many else [("", "bar")]),
            ("Share", "num"),
        ]
    most = max((row["percent"] or 0.0 for row in frame.iter_rows(named=True)), default=0.0) or 1.0
    body = []
    for (kind, item), cells in ordered:
        name = period_words(item, question["granularity"]) if is_trend else NAMES.get(kind, item)
        made = [markup.tag("th", _named(name, cells, is_trend), scope="row")]
        for segment in segments:
            about = f"{title}, {name}" + (f", {names[segment]}" if many else "")
            made += _cells(cells.get(segment), kind, item, about, many, most)
        body.append(markup.tag("tr", made))
    return markup.raw(markup.table(heads, body, class_="sheet details-table"), className="members-scroll")


def _named(name: str, cells: dict[str, dict[str, Any]], is_trend: bool) -> markup.Child:
    complete = next(iter(cells.values()))["complete"] if is_trend else True
    return [name, None if complete else markup.tag("span", " not complete", class_="faint")]


def _cells(
    row: dict[str, Any] | None, kind: str, item: Any, title: str, many: bool, most: float
) -> list[markup.Markup]:
    if row is None:
        blank = markup.tag("td", "–", class_="num")
        return [blank, blank] if many else [blank, markup.tag("td"), blank]
    shown: markup.Child = count(row["value"])
    if row["value"]:
        select = (
            {"segment": row["segment"], "kind": kind, "item": item} if many else {"kind": kind, "item": item}
        )
        target = {"table": "items", "select": select, "measure": "value", "title": title, "of": "details"}
        data = json.dumps(target, default=str, ensure_ascii=False)
        shown = markup.tag("button", shown, type="button", class_="opens", data_open=data)
    cells = [markup.tag("td", shown, class_="num")]
    if not many:
        width = f"width:{100 * (row['percent'] or 0.0) / most:.1f}%"
        bar = markup.tag("span", markup.tag("div", "", style=width), class_="share-bar", aria_hidden="true")
        cells.append(markup.tag("td", bar, class_="bar"))
    return [*cells, markup.tag("td", percent(row["percent"]), class_="num")]


def keep_button(details: Question, by: str | None) -> Component | None:
    """Shows the top items in place: in a card, at an arrow, below a fallout, under a bar."""
    if not by or details["kind"] != "breakdown":
        return None
    if (kept := _canvas_place(details)) is not None:
        place, words = kept
        return _keep(words, {"kind": "breakdown", **place, "by": by})
    select = details.get("select") or {}
    whole, step = (details.get("measure") or "value") == "value", select.get("step")
    bar = details["table"] == "touchpoints" and step and not details["question"].get("compare")
    if not whole or not bar:
        return None
    return _keep("Top 5 under the bar", {"kind": "breakdown", "step": int(step or 1) - 1, "by": by})


def _canvas_place(details: Question) -> tuple[Question, str] | None:
    """Where a canvas keeps the top items of a number, and the words of the button."""
    select, measure = details.get("select") or {}, details.get("measure") or "value"
    compared = bool(details["question"].get("compare"))
    if details["table"] == "nodes" and measure == "value":
        return {"node": select.get("id")}, "Top 5 in the card"
    if details["table"] == "nodes" and measure == "fallout" and not compared:
        return {"fallout": select.get("id")}, "Top 5 below the fallout"
    if details["table"] == "arrows" and measure == "value" and not compared:
        return {"arrow": [select.get("source"), select.get("target")]}, "Top 5 at the arrow"
    return None


def _keep(words: str, event: Question) -> Component:
    return dmc.Button(
        words,
        size="xs",
        variant="default",
        leftSection=controls.icon("chart-bar", 14),
        **{"data-gesture": json.dumps(event)},
    )


def callbacks(app: Dash, desk: Desk) -> None:
    """Opening, drawing and taking away."""
    clientside: Any = app.clientside_callback
    # Escape closes the list of members above the drawer, not both
    clientside(
        "(above) => !above", Output("details-drawer", "closeOnEscape"), Input("members-drawer", "opened")
    )

    @app.callback(
        Output("details-drawer", "opened"),
        Output("details-drawer", "title"),
        Output("details", "data"),
        Output("details-by", "value"),
        Input("intent", "data"),
        Input("url", "pathname"),
        State("document", "data"),
        prevent_initial_call=True,
    )
    def open_details(intent: Any, _path: str, document: Any) -> Any:
        if ctx.triggered_id == "url":
            return False, no_update, no_update, no_update
        kind = _kind(intent)
        if kind is None or not document or document["view"] not in BY_NAME:
            raise PreventUpdate
        number = {key: intent.get(key) for key in ("table", "select", "measure", "title", "label")}
        by = intent.get("by") or intent.get("breakdown")
        by = "event_type" if kind in step_details.BY else by
        return (
            True,
            TITLES[kind],
            {"kind": kind, "question": document["question"], **number},
            by if by in desk.facts.dimensions else no_update,
        )

    @app.callback(
        Output("details-body", "children"),
        Output("details-asked", "data"),
        Output("details-keep", "children"),
        Output("details-by-box", "style"),
        Output("details-granularity-box", "style"),
        Input("details", "data"),
        Input("details-by", "value"),
        Input("details-granularity", "value"),
        State("theme", "computedColorScheme"),
        prevent_initial_call=True,
    )
    def show_details(details: Any, by: str | None, granularity: str | None, scheme: str | None) -> Any:
        if not details:
            raise PreventUpdate
        return _shown(desk, details, by, granularity, dark=scheme == "dark")

    @app.callback(
        Output("details-download", "data"),
        Input("details-csv", "n_clicks"),
        State("details-asked", "data"),
        prevent_initial_call=True,
    )
    def details_csv(clicks: int, question: Any) -> Any:
        if not clicks or not question:
            raise PreventUpdate
        return _csv(desk, question)


def _kind(intent: Any) -> str | None:
    """What a request wants to see; None where it is not for this drawer."""
    asked_for = str((intent or {}).get("kind"))
    return asked_for if asked_for in step_details.KINDS else KINDS.get(asked_for)


def _shown(desk: Desk, details: Question, by: str | None, granularity: str | None, *, dark: bool) -> Any:
    """What stands in the drawer: its body, its question, a button, which choices are in sight."""
    kind, button = details["kind"], None
    by_item, over_time = kind in ("breakdown", *step_details.BY), kind in ("trend", *step_details.OVER_TIME)
    styles = [{} if seen else {"display": "none"} for seen in (by_item, over_time)]
    question: Question = {"step": details, "by": by, "granularity": granularity}
    try:
        if kind in step_details.KINDS:
            body = step_details.told(desk, details, by, granularity, dark=dark).body
        else:
            question, button = asked(details, by, granularity), keep_button(details, by)
            body = content(desk, details, question, dark=dark)
    except wb.WorkbenchError as problem:
        body = [html.P(str(problem), className="problem")]
    return body, question, button, *styles


def _csv(desk: Desk, question: Question) -> Any:
    """The table of the drawer as a file."""
    if "step" in question:
        details, by, granularity = question["step"], question["by"], question["granularity"]
        frame = step_details.told(desk, details, by, granularity, dark=False).frame
        return dcc.send_string("\ufeff" + frame.write_csv(), f"{details['kind']}.csv")
    frame = desk.ask(question).tables["items"]
    by = question["by"]
    name = "trend" if by == "period" else f"by-{by.replace('.', '-').replace('_', '-')}"
    return dcc.send_string("\ufeff" + frame.write_csv(), f"{name}.csv")
