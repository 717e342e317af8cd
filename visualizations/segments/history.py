"""Tab History: who entered and left with each data version, and the size at the end of each month."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl

from visualizations import controls, markup
from visualizations.base import Question, Scene, Unit
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.formats import count, day, moment
from visualizations.panels.details_figure import period_words, trend
from visualizations.parts import state

SHOWN = 200
HEIGHT = 260
WIDEST = 1424
"""Pixels of a card where the page has room."""


def tab(desk: Desk, document: Question, scene: Scene) -> Component:
    """The evaluations, and the size over time; raises WorkspaceError where the segment is gone."""
    definition = desk.bench.segments.get(document["saved"]["id"])
    return html.Div(
        [_evaluations(desk, definition), _over_time(desk, definition, scene)], className="seg-history"
    )


# --- data versions ---------------------------------------------------------------------------------


def by_version(desk: Desk, segment_id: str) -> pl.DataFrame:
    """Per data version, newest first: `data_version, evaluated_at, revision, size, entered, left, revisions`.

    Several evaluations of one data version, after changes of the segment, are one row: its changes are all
    of theirs, its size is that of the last. `revisions` says by how many the segment changed since the row
    before.
    """
    found: pl.DataFrame = desk.bench.segments.history(segment_id)
    last = ("evaluated_at", "revision", "size")
    grouped = found.group_by("data_version", maintain_order=True).agg(
        *(pl.col(name).last() for name in last), pl.col("entered").sum(), pl.col("left").sum()
    )
    before = pl.col("revision").shift(1).fill_null(pl.col("revision"))
    return grouped.with_columns((pl.col("revision") - before).alias("revisions")).reverse()


def _evaluations(desk: Desk, definition: dict[str, Any]) -> Component:
    frame = by_version(desk, definition["id"])
    title = html.H2("Entered and left")
    if frame.is_empty():
        words = (
            "The history begins when the segment goes live: from then on every load and change is recorded."
        )
        return html.Section(
            [title, state(controls.icon("history", 24), "No history yet", words)], className="card"
        )
    unit = desk.facts.units[definition["about"]["container"]]
    heads = [("Data version", ""), ("Evaluated", ""), (unit.plural.capitalize(), "num"), ("Entered", "num")]
    heads += [("Left", "num"), ("Segment", "")]
    rows = (_evaluation(desk, row) for row in frame.iter_rows(named=True))
    table = markup.raw(markup.table(heads, rows, class_="sheet seg-table"))
    hint = (
        "Recorded when it went live, at every load since, and when it was changed. A number opens its list."
    )
    return html.Section([title, html.P(hint, className="hint"), table], className="card")


def _evaluation(desk: Desk, row: dict[str, Any]) -> markup.Markup:
    changed = ", changed since the one before" if row["revisions"] else ""
    return markup.tag(
        "tr",
        markup.tag("td", count(row["data_version"])),
        markup.tag("td", moment(desk.facts.local(row["evaluated_at"])), class_="date"),
        markup.tag("td", count(row["size"]), class_="num"),
        *(markup.tag("td", _opens(row, name), class_="num") for name in ("entered", "left")),
        markup.tag("td", f"Revision {row['revision']}{changed}", class_="hint"),
    )


def _opens(row: dict[str, Any], change: str) -> Any:
    if not row[change]:
        return "0"
    event = {"kind": "segment-changes", "version": row["data_version"], "change": change}
    label = f"{count(row[change])} {change} at data version {row['data_version']}"
    return markup.tag(
        "button",
        count(row[change]),
        type="button",
        class_="opens",
        aria_label=label,
        data_send=json.dumps(event),
    )


def changes(desk: Desk, segment_id: str, version: int, change: str) -> tuple[str, list[Component]]:
    """Title and content of the list of who entered or left at a data version; raises SpecError."""
    frame = desk.bench.segments.changes(segment_id, version).filter(pl.col("change") == change)
    key = frame.columns[0]
    kind = key.removesuffix("_id")
    frame = frame.sort(pl.col("name").str.to_lowercase(), key, nulls_last=True)
    unit: Unit = desk.facts.units[kind]
    rows = (
        markup.tag(
            "tr",
            markup.tag("td", _member(desk, kind, row[key], row["name"])),
            markup.tag("td", str(row[key]), class_="hint"),
        )
        for row in frame.head(SHOWN).iter_rows(named=True)
    )
    table = markup.raw(
        markup.table([("Name", ""), ("Id", "")], rows, class_="sheet members"), className="members-scroll"
    )
    more = f"The first {SHOWN} of {count(frame.height)}." if frame.height > SHOWN else None
    title = f"{count(frame.height)} {unit.of(frame.height)} {change} at data version {version}"
    return title, [table, html.P(more, className="hint") if more else None]


def _member(desk: Desk, kind: str, member: str, name: str | None) -> markup.Markup:
    return markup.link(str(name or member), desk.member_href(kind, member, None), "member-link")


# --- over time -------------------------------------------------------------------------------------


def _over_time(desk: Desk, definition: dict[str, Any], scene: Scene) -> Component:
    frame = desk.bench.segments.size_over_time(definition["id"])
    unit = desk.facts.units[definition["about"]["container"]]
    drawn = figure(frame, unit, scene)
    graph = dcc.Graph(
        figure=drawn, config={"displayModeBar": False}, className="plot", id="segment-size-graph"
    )
    words = "At the end of each month, as the rules of today see the events until then; the last is not over."
    if frame["complete"].all():
        words = words.removesuffix("; the last is not over.") + "."
    hint = html.P(f"{words} What records and lists say is what they say today.", className="hint")
    first, last = (period_words(frame["period"][at], "month") for at in (0, -1))
    label = f"Size over time, {first} to {last}"
    picture = html.Div(graph, role="img", **{"aria-label": label})
    return html.Section([html.H2("Size over time"), hint, picture, _table(frame, unit)], className="card")


def figure(frame: pl.DataFrame, unit: Unit, scene: Scene) -> Any:
    """A line of sizes by month; a month that is not over hangs on a dashed line."""
    told = frame.select(
        pl.lit("").alias("segment"),
        pl.lit("period").alias("kind"),
        pl.col("period").cast(pl.String).alias("item"),
        pl.col("size").alias("value"),
        "complete",
    )
    # the scene's width leaves 48 pixels beside a drawing; here are the margins of page and card
    width = min(scene.width - 46, WIDEST - 38)
    return trend(told, "month", unit, replace(scene, width=max(360, width), height=HEIGHT))


def _table(frame: pl.DataFrame, unit: Unit) -> Component:
    rows = (
        markup.tag(
            "tr",
            markup.tag("td", period_words(row["period"], "month")),
            markup.tag("td", day(row["as_of"]), class_="date"),
            markup.tag("td", count(row["size"]), class_="num"),
            markup.tag("td", "" if row["complete"] else "not over", class_="hint"),
        )
        for row in frame.reverse().iter_rows(named=True)
    )
    heads = [("Month", ""), ("As of", ""), (unit.plural.capitalize(), "num"), ("", "")]
    table = markup.raw(markup.table(heads, rows, class_="sheet tight"))
    return html.Details([html.Summary("As a table"), table], className="narrowing")
