"""One member's timeline: all its events by lane, checkpoints of the question marked, persons with roles."""

from __future__ import annotations

from typing import Any

import polars as pl

from visualizations import controls, markup
from visualizations.base import Scene
from visualizations.dom import Component, dcc, dmc, html
from visualizations.formats import count, day, duration, moment, money
from visualizations.parts import definition_list, state
from visualizations.views.timeline.checkpoints import Checkpoint
from visualizations.views.timeline.figure import figure, local_time

MOST_ROWS = 400
MOST_PERSONS = 40
LANES = (("channel", "Channel"), ("person", "Person"), ("event_type", "Event type"))


def checkpoint_list(marks: list[Checkpoint], scene: Scene) -> Component | None:
    """Checkpoints with their dates and the time between them."""
    if not marks:
        return None
    items, before = [], None
    for mark in marks:
        when = local_time(mark.when, scene) if mark.when is not None else None
        if not mark.known:
            said = "not told from the events alone"
        elif when is None:
            said = "not reached"
        else:
            gap = (
                f", {duration((when - before).total_seconds())} later"
                if before is not None and when >= before
                else ""
            )
            said = day(when) + gap
        items.append(
            html.Li([html.Strong(mark.label), html.Span(said)], className="reached" if when else "open")
        )
        before = when or before
    return html.Ol(items, className="checkpoints", **{"aria-label": "Checkpoints of the question"})


def persons(frame: pl.DataFrame) -> Component:
    """Persons by number of events, with role and last activity."""
    if "person_id" not in frame.columns or frame["person_id"].null_count() == frame.height:
        return html.P("No event names a person.", className="hint")
    columns = set(frame.columns)
    name = pl.col("person_name").drop_nulls().first() if "person_name" in columns else pl.lit(None)
    role = pl.col("role").drop_nulls().first() if "role" in columns else pl.lit(None)
    table = (
        frame.filter(pl.col("person_id").is_not_null())
        .group_by("person_id")
        .agg(
            name.alias("name"),
            role.alias("role"),
            pl.len().alias("events"),
            pl.col("occurred_at").max().alias("last"),
        )
        .sort(["events", "person_id"], descending=[True, False])
    )
    rows = (
        markup.tag(
            "tr",
            markup.tag(
                "td",
                markup.tag("span", str(row["name"] or row["person_id"]), class_="person"),
                markup.tag("span", str(row["role"]), class_="faint role") if row["role"] else None,
            ),
            markup.tag("td", count(row["events"]), class_="num"),
            markup.tag("td", day(row["last"]), class_="num"),
        )
        for row in table.head(MOST_PERSONS).iter_rows(named=True)
    )
    heads = [("Person", ""), ("Events", "num"), ("Last", "num")]
    more = f"The {MOST_PERSONS} most active of {count(table.height)}."
    return html.Div(
        [
            markup.raw(markup.table(heads, rows, class_="sheet tight")),
            html.P(more, className="hint") if table.height > MOST_PERSONS else None,
        ]
    )


def event_list(frame: pl.DataFrame, marks: list[Checkpoint], scene: Scene) -> Component:
    """All events, newest first, as a table: the alternative to the drawing."""
    named = {mark.row: mark.label for mark in marks if mark.row is not None}
    newest = list(enumerate(frame.iter_rows(named=True)))[::-1][:MOST_ROWS]
    heads = [("When", ""), ("Event", ""), ("Person", ""), ("Channel", ""), ("Content", ""), ("Amount", "num")]
    rows = (_event_row(event, named.get(i), scene) for i, event in newest)
    more = f"The latest {count(MOST_ROWS)} of {count(frame.height)} events."
    return html.Div(
        [
            markup.raw(markup.table(heads, rows, class_="sheet")),
            html.P(more, className="hint") if frame.height > MOST_ROWS else None,
        ]
    )


def _event_row(event: dict[str, Any], met: str | None, scene: Scene) -> markup.Markup:
    role = markup.tag("span", f" {event['role']}", class_="faint") if event.get("role") else None
    return markup.tag(
        "tr",
        markup.tag("td", moment(local_time(event["occurred_at"], scene)), class_="when"),
        markup.tag("td", str(event["event_type"]), markup.tag("span", met, class_="met") if met else None),
        markup.tag("td", str(event.get("person_name") or event.get("person_id") or "–"), role),
        markup.tag("td", str(event.get("channel") or "–")),
        markup.tag("td", str(event.get("content_type") or event.get("stage") or "–")),
        markup.tag("td", money(event["amount"]) if event.get("amount") else "–", class_="num"),
    )


def record_facts(record: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a record worth a glance."""
    skip = {"name", "global_account_id", "parent_account_id", "owner_id"}
    shown = []
    for key, value in record.items():
        if value is None or key in skip or (key.endswith("_id") and key not in ("account_id",)):
            continue
        said = (
            money(value)
            if key in ("amount", "annual_revenue")
            else day(value)
            if key.endswith("_at")
            else value
        )
        shown.append((key.replace("_", " ").capitalize(), str(said)))
    return shown[:8]


def page(
    title: str,
    kind: str,
    frame: pl.DataFrame,
    marks: list[Checkpoint],
    record: dict[str, Any],
    by: str,
    scene: Scene,
) -> Component:
    """The whole page below its head."""
    if frame.is_empty():
        return state(
            controls.icon("clock", 24),
            f"{title} has no events",
            f"This {kind.lower()} is known, but no event of the loaded data belongs to it.",
        )
    others = "actor" in frame.columns and frame["actor"].is_in(["seller", "system"]).any()
    legend = html.Span("Filled: buyer. Hollow: seller or system.", className="hint") if others else None
    chooser = dmc.SegmentedControl(
        id=controls.edit("choice", "by"),
        data=[{"value": value, "label": label} for value, label in LANES],
        value=by,
        size="xs",
    )
    graph = dcc.Graph(
        figure=figure(frame, marks, by, scene),
        config={"displayModeBar": False},
        id="timeline-graph",
        className="plot",
    )
    facts = record_facts(record)
    side = [html.Section([html.H3("Persons"), persons(frame)], className="card")]
    if facts:
        side.insert(0, html.Section([html.H3("Record"), definition_list(facts)], className="card"))
    lanes_card = html.Section(
        [
            html.Div([html.H3("Events over time"), legend, chooser], className="card-bar-head"),
            html.Div(
                graph,
                role="img",
                **{"aria-label": f"Timeline of {title}; the list below holds the same events."},
            ),
        ],
        className="card",
    )
    events = html.Section(
        [html.H3(f"All {count(frame.height)} events"), event_list(frame, marks, scene)], className="card"
    )
    listed = checkpoint_list(marks, scene)
    main = [
        part
        for part in (
            html.Section([html.H3("Checkpoints"), listed], className="card") if listed is not None else None,
            lanes_card,
            events,
        )
        if part is not None
    ]
    return html.Div(
        [html.Div(main, className="timeline-main"), html.Div(side, className="timeline-side")],
        className="timeline",
    )
