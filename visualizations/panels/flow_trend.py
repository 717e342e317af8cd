"""A node, link or whole path of a flow over time: of the paths that begin in a period, those that pass it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from visualizations import markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.editing.flow_through import Entry, entry
from visualizations.formats import count, percent
from visualizations.panels.details_figure import period_words
from visualizations.panels.details_figure import trend as figure_of
from visualizations.panels.step_periods import by_period
from visualizations.views.flow.reading import LISTING, split

Select = dict[str, Any]
WIDTH, HEIGHT = 560, 280


@dataclass(frozen=True)
class Trend:
    """One row per period: containers with such a path, and with any; the questions behind them."""

    frame: pl.DataFrame
    """period, complete, paths, containers, base, percent."""
    questions: list[Question] = field(default_factory=list)
    told: str = ""


def steps_of(table: str, select: Select) -> list[tuple[int, str, str]]:
    """The boxes behind a number: a node, both ends of a link, all of a whole path."""
    if table == "nodes":
        return [(select["column"], select["kind"], select["item"])]
    if table == "links":
        first = int(select["column"])
        source = (first, select["source_kind"], select["source"])
        return [source, (first + 1, select["target_kind"], select["target"])]
    kinds, items = str(select["kinds"]).split(" "), split(str(select["path"]))
    first = int(select["first_column"])
    return [(first + i, kind, item) for i, (kind, item) in enumerate(zip(kinds, items, strict=True))]


def passing(desk: Desk, question: Question, table: str, select: Select) -> Question:
    """The flow of only those paths that pass what a number is about."""
    plain = {key: value for key, value in question.items() if key not in LISTING}
    through = list(plain.get("through") or [])
    shown: dict[int, list[str]] = {}
    if any(kind == "other" for _, kind, _ in steps_of(table, select)):
        for row in desk.ask(question).tables["nodes"].iter_rows(named=True):
            if row["kind"] in ("item", "anchor"):
                shown.setdefault(row["column"], []).append(row["item"])
    for step in steps_of(table, select):
        if step[0]:
            through.append(_exact(entry(*step, tuple(shown.get(step[0], ())))))
    return {**plain, "through": through} if through else plain


def _exact(one: Entry) -> Entry:
    return {key: value for key, value in one.items() if value != []}


def trend(desk: Desk, question: Question, table: str, select: Select, granularity: str) -> Trend:
    """Per period of the anchor how many have such a path; WorkbenchError where it cannot be asked."""
    through = passing(desk, question, table, select)
    plain = {key: value for key, value in through.items() if key != "through"}
    if question.get("through"):
        plain["through"] = question["through"]
    wholes, told = by_period(desk, plain, granularity)
    parts, _ = by_period(desk, through, granularity)
    rows = []
    for (begin, complete, whole), (_, _, part) in zip(wholes, parts, strict=True):
        (paths, here), (_, base) = _anchors(desk, part), _anchors(desk, whole)
        rows.append((begin, complete, paths, here, base, 100 * here / base if base else None))
    while rows and not rows[0][4]:
        del rows[0]
    schema = ["period", "complete", "paths", "containers", "base", "percent"]
    asked = [part for _, _, part in parts][len(parts) - len(rows) :]
    return Trend(pl.DataFrame(rows, schema=schema, orient="row"), asked, told)


def _anchors(desk: Desk, question: Question) -> tuple[int, int]:
    """Paths and distinct containers."""
    nodes = desk.bench.ask(question).tables["nodes"].filter(column=0)
    return int(nodes["paths"].sum() or 0), int(nodes["containers"].sum() or 0)


def content(
    desk: Desk, details: Question, granularity: str, *, dark: bool
) -> tuple[list[Component], pl.DataFrame]:
    """What the drawer shows of a number of a flow over time, and its table."""
    question, title = details["question"], str(details.get("title") or "This number")
    found = trend(desk, question, details["table"], details["select"], granularity)
    unit = desk.facts.units[question["container"]]
    hint = (
        f"{unit.plural.capitalize()} with such a path, of those with any path from an anchor in the period. "
        "Dashed where the period is not complete; the latest have had less time."
    )
    head = html.Div([html.H2(f"{title} over time"), html.P(hint, className="hint")], className="details-head")
    if found.frame.is_empty():
        return [head, html.P("No path begins in any period.", className="hint")], found.frame
    scene = desk.facts.scene(dark=dark, width=WIDTH, height=HEIGHT)
    drawn = found.frame.select(
        pl.lit("All").alias("segment"),
        pl.lit("period").alias("kind"),
        pl.col("period").cast(pl.String).alias("item"),
        pl.col("containers").alias("value"),
        "complete",
    )
    chart = dcc.Graph(
        figure=figure_of(drawn, granularity, unit, scene),
        config={"displayModeBar": False},
        className="plot",
        id="details-graph",
    )
    label = f"{title} over time; the table below holds the same numbers."
    parts = [head, html.Div(chart, className="details-chart", role="img", **{"aria-label": label})]
    parts.append(_table(desk, found, granularity, title, unit.plural))
    return [*parts, *([html.P(found.told, className="hint")] if found.told else [])], found.frame


def _table(desk: Desk, found: Trend, granularity: str, title: str, plural: str) -> Component:
    heads = [("Period", ""), (plural.capitalize(), "num"), ("Share", "num"), ("Paths", "num")]
    body = []
    rows = zip(found.frame.iter_rows(named=True), found.questions, strict=True)
    for row, question in reversed(list(rows)):
        name = period_words(row["period"], granularity)
        note = None if row["complete"] else markup.tag("span", " not complete", class_="faint")
        shown: markup.Child = count(row["containers"])
        if row["containers"]:
            opens = json.dumps(_opened(desk, question, f"{title}, {name}"), default=str, ensure_ascii=False)
            shown = markup.tag("button", shown, type="button", class_="opens", data_open=opens)
        cells: list[markup.Child] = [
            markup.tag("th", [name, note], scope="row", class_="period"),
            markup.tag("td", shown, class_="num"),
            markup.tag("td", percent(row["percent"]), class_="num"),
            markup.tag("td", count(row["paths"]), class_="num"),
        ]
        body.append(markup.tag("tr", cells))
    return markup.raw(markup.table(heads, body, class_="sheet details-table"), className="members-scroll")


def _opened(desk: Desk, question: Question, title: str) -> Question:
    """What the number of a period opens: the containers whose paths begin in it and pass the node."""
    anchor = desk.bench.ask(question).tables["nodes"].filter(column=0)["item"][0]
    return {
        "table": "nodes",
        "select": {"column": 0, "kind": "anchor", "item": anchor},
        "measure": "containers",
        "title": title,
        "question": question,
    }
