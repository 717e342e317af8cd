"""Details of a fallout: how long a step took, what happened in between, what those who left did next, trends.

Each is a further question about one row; the drawer of details shows it, with the same tools.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

import workbench as wb
from visualizations import markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.editing.convert import fallout_to_canvas, step_id
from visualizations.formats import count, duration, fit, percent
from visualizations.panels import flow_trend
from visualizations.panels.details_figure import period_words
from visualizations.panels.drill import plain
from visualizations.panels.step_figure import span_words, times, trends
from visualizations.panels.step_periods import per_period
from visualizations.views.canvas.reading import field_words, segment_names
from visualizations.views.fallout.reading import step_titles
from visualizations.views.fallout.words import time_words

KINDS = {
    "times": "Time to get here",
    "in-between": "What happened in between",
    "left-next": "What they did next",
    "trend-steps": "Trend of all touchpoints",
    "trend-node": "Trend over time",
}
"""Kind of details → title of the drawer."""
BY = ("in-between", "left-next")
"""Kinds that are told by a dimension."""
OVER_TIME = ("trend-steps", "trend-node")
WIDTH, HEIGHT = 560, 280
ITEMS = 10
HEAD_WIDTH = 220
"""Pixels of a touchpoint's name at the head of a column, on up to two or three lines."""


@dataclass(frozen=True)
class Told:
    """What the drawer shows, and the table its CSV holds."""

    body: list[Component]
    frame: pl.DataFrame


def told(desk: Desk, details: Question, by: str | None, granularity: str | None, *, dark: bool) -> Told:
    """Details of a kind; WorkbenchError where they cannot be counted."""
    if details["kind"] != "times":
        details = {**details, "question": _of_segment(desk, details)}
    makers: dict[str, Callable[[], Told]] = {
        "times": lambda: _times(desk, details, dark),
        "in-between": lambda: _between(desk, details, str(by)),
        "left-next": lambda: _next(desk, details, str(by)),
        "trend-steps": lambda: _trends(desk, details, granularity or "month", dark),
        "trend-node": lambda: Told(*flow_trend.content(desk, details, granularity or "month", dark=dark)),
    }
    return makers[details["kind"]]()


def _of_segment(desk: Desk, details: Question) -> Question:
    """The question of the compared segment a number belongs to, compared with nothing."""
    question, name = details["question"], (details.get("select") or {}).get("segment")
    compared = question.get("compare") or []
    if not compared:
        return dict(question)
    alone = {key: value for key, value in question.items() if key != "compare"}
    labels = desk.ask(question).tables["touchpoints"]["segment"].unique(maintain_order=True).to_list()
    if name not in labels:
        return alone
    return {**alone, "segments": [*(question.get("segments") or []), compared[labels.index(name)]]}


def _head(title: str, *hints: str) -> Component:
    said = [html.P(hint, className="hint") for hint in hints]
    return html.Div([html.H2(title), *said], className="details-head")


def _step(details: Question) -> int:
    return int(details["select"]["step"])


def _titles(desk: Desk, question: Question) -> dict[int, str]:
    return step_titles(wb.parse_spec(question), desk.facts.scene(dark=False, width=WIDTH, height=HEIGHT))


# --- how long a step took ----------------------------------------------------------------------------


def _times(desk: Desk, details: Question, dark: bool) -> Told:
    question, step = {**details["question"], "histogram": True}, _step(details)
    result, titles = desk.ask(question), _titles(desk, details["question"])
    frame = result.tables["times"].filter(step=step)
    rows = result.tables["touchpoints"].filter(step=step)
    labels = rows["segment"].to_list()
    names = segment_names(result.spec, labels) if len(labels) > 1 else {}
    hints = [
        f"{names[row['segment']] + ': ' if names else ''}{count(row['value'])} went on, {time_words(row)}."
        for row in rows.iter_rows(named=True)
        if row["value"]
    ]
    scene = desk.facts.scene(dark=dark, width=WIDTH, height=HEIGHT)
    title = f"From {titles[step - 1]} to {titles[step]}"

    def opened(row: Question) -> str:
        return json.dumps(_span_target(row, question, bool(names), title), default=str)

    chart = dcc.Graph(
        figure=times(frame, names, scene, opened),
        config={"displayModeBar": False},
        className="plot",
        id="details-graph",
    )
    drawn = html.Div(
        chart, className="details-chart", role="img", **{"aria-label": f"{title}; the table holds the same."}
    )
    body = [_head(title, *(hints or ["Nobody went on."])), drawn]
    return Told([*body, _times_table(frame, question, names, title)], frame)


def _times_table(frame: pl.DataFrame, question: Question, names: Mapping[str, str], title: str) -> Component:
    heads = [("Time", ""), ("Count", "num"), ("Share", "num")]
    if names:
        heads = [("Time", ""), *((short, "num") for short in names.values())]
    spans: dict[int, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        spans.setdefault(row["from_seconds"], []).append(row)
    body = []
    for low, rows in spans.items():
        said = span_words(low, rows[0]["to_seconds"])
        made = [markup.tag("th", said, scope="row")]
        for row in rows:
            share = f" · {percent(row['percent'])}" if names and row["value"] else ""
            shown = _opened(row["value"], _span_target(row, question, bool(names), title))
            made.append(markup.tag("td", [shown, share], class_="num"))
        made += [] if names else [markup.tag("td", percent(rows[0]["percent"]), class_="num")]
        body.append(markup.tag("tr", made))
    return markup.raw(markup.table(heads, body, class_="sheet details-table"), className="members-scroll")


def _span_target(row: Question, question: Question, compared: bool, title: str) -> Question:
    """Those who needed so long."""
    select = {"step": row["step"], "from_seconds": row["from_seconds"]}
    select |= {"segment": row["segment"]} if compared else {}
    said = f"{title}, {span_words(row['from_seconds'], row['to_seconds'])}"
    return _target(question, "times", select, said)


def _target(question: Question, table: str, select: Question, title: str) -> Question:
    """A number of a question, to be opened."""
    return {"table": table, "select": select, "measure": "value", "title": title, "question": question}


def _opened(value: Any, target: Question) -> markup.Child:
    """A number that opens the members behind it, of the question its target names."""
    if not value:
        return count(value)
    data = json.dumps(target, default=str, ensure_ascii=False)
    return markup.tag("button", count(value), type="button", class_="opens", data_open=data)


# --- what happened in between, and next --------------------------------------------------------------


def _members(question: Question, step: int, measure: str) -> Question:
    number = {"table": "touchpoints", "select": {"step": step}, "measure": measure}
    return {"members_of": {"question": plain(question), **number}}


def _canvas(desk: Desk, question: Question, members: Question) -> Question:
    """The fallout as a canvas of some members alone."""
    made, _ = fallout_to_canvas(plain(question))
    made = {key: value for key, value in made.items() if key not in ("fallout_split", "compare")}
    return desk.normal({**made, "segments": [*(made.get("segments") or []), members]})


def _between(desk: Desk, details: Question, by: str) -> Told:
    """Those who went on to a step: what they did between the step before and it."""
    question, step = details["question"], _step(details)
    titles = _titles(desk, question)
    canvas = _canvas(desk, question, _members(question, step, "value"))
    source, target = step_id(step - 1), step_id(step)
    frame = desk.bench.between_items(canvas, source, target, by, items=ITEMS)

    def behind(where: Question) -> tuple[Question, str, Question]:
        there = next(node for node in canvas["nodes"] if node["id"] == target)
        nodes = [*canvas["nodes"], {"id": "item", "where": where}, {"id": "there", "where": there["where"]}]
        arrows = [{"source": source, "target": "item"}, {"source": "item", "target": "there"}]
        asked = {**canvas, "nodes": nodes, "arrows": [*canvas.get("arrows", []), *arrows]}
        return asked, "arrows", {"source": "item", "target": "there"}

    title = f"Between {titles[step - 1]} and {titles[step]}"
    number = desk.ask(plain(question)).tables["touchpoints"].filter(step=step)["value"][0]
    unit = desk.facts.units[question["container"]]
    hint = (
        f"{count(number)} {unit.of(number)} went on; the share of them that had this on the way, "
        f"and how long before {titles[step]}."
    )
    table = _items(frame, by, title, behind, step - 1)
    return Told([_head(title, hint), table, *_left_out(question, step)], _written(frame))


def _next(desk: Desk, details: Question, by: str) -> Told:
    """Those who fell out behind a step: what they did right after it, and later."""
    question, step = details["question"], _step(details)
    titles, unit = _titles(desk, question), desk.facts.units[question["container"]]
    number = desk.ask(plain(question)).tables["touchpoints"].filter(step=step)["fallout"][0]
    title = f"After {titles[step]}"
    hint = f"{count(number)} {unit.of(number)} did not come to {titles[step + 1]}."
    if not step or not number:
        why = "They never came to the first touchpoint: nothing is after it." if not step else "Nobody left."
        return Told([_head(title, f"{hint} {why}")], pl.DataFrame())
    canvas = _canvas(desk, question, _members(question, step, "fallout"))
    body: list[Component] = [_head(title, f"{hint} One {unit.label.lower()} may have done several of these.")]
    frames = []
    for path, heading in (("next", "As the very next event"), ("eventual", "Any time later")):
        frame = desk.bench.next_items(canvas, step_id(step), by, path=path, items=ITEMS)

        def behind(where: Question, path: str = path) -> tuple[Question, str, Question]:
            arrow = {"source": step_id(step), "target": "item", "path": path}
            nodes = [*canvas["nodes"], {"id": "item", "where": where}]
            asked = {**canvas, "nodes": nodes, "arrows": [*canvas.get("arrows", []), arrow]}
            return asked, "nodes", {"id": "item"}

        body += [html.H3(heading, className="details-sub"), _items(frame, by, heading, behind, None)]
        frames.append(_written(frame).with_columns(pl.lit(heading).alias("when")))
    return Told([*body, *_left_out(question, step)], pl.concat(frames))


def _left_out(question: Question, step: int) -> list[Component]:
    """What the list cannot judge."""
    if not any(point.get("without") for point in question["touchpoints"][:step]):
        return []
    said = "Members are those of the fallout; where a step has “without”, the list looks past it."
    return [html.P(said, className="hint")]


def _written(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("item", "value", "percent", "median_seconds")


def _items(
    frame: pl.DataFrame,
    by: str,
    title: str,
    behind: Callable[[Question], tuple[Question, str, Question]],
    before: int | None,
) -> Component:
    """Items with counts that open; with `before`, a button that makes one a touchpoint there."""
    if frame.is_empty():
        return html.P(f"Nothing with a value of {field_words(by).lower()}.", className="hint")
    heads = [(field_words(by), ""), ("Count", "num"), ("Share", "num"), ("Median", "num")]
    heads += [("", "")] if before is not None else []
    body = []
    for row in frame.iter_rows(named=True):
        where = {"field": by, "op": "equals", "value": row["item"]}
        question, table, select = behind(where)
        cells: list[markup.Child] = [
            markup.tag("th", str(row["item"]), scope="row"),
            markup.tag(
                "td",
                _opened(row["value"], _target(question, table, select, f"{title}: {row['item']}")),
                class_="num",
            ),
            markup.tag("td", percent(row["percent"]), class_="num"),
            markup.tag("td", duration(row["median_seconds"]), class_="num"),
        ]
        if before is not None:
            cells.append(markup.tag("td", _add(by, str(row["item"]), before)))
        body.append(markup.tag("tr", cells))
    return markup.raw(markup.table(heads, body, class_="sheet details-table"), className="members-scroll")


def _add(by: str, item: str, before: int) -> markup.Markup:
    """A button that puts an item between two touchpoints."""
    kind = {"kind": "event", "value": item} if by == "event_type" else None
    component = kind or {"kind": "item", "field": by, "value": item}
    event = {"kind": "drop", "what": [component], "on": {"before": before}}
    return markup.tag(
        "button",
        "Add",
        type="button",
        class_="link-button",
        data_gesture=json.dumps(event),
        title=f"Add {item} as a touchpoint here",
    )


# --- all touchpoints over time -----------------------------------------------------------------------


def _trends(desk: Desk, details: Question, granularity: str, dark: bool) -> Told:
    question = plain(details["question"])
    found = per_period(desk, question, granularity)
    titles, unit = _titles(desk, question), desk.facts.units[question["container"]]
    chosen = (details.get("select") or {}).get("step")
    scene = desk.facts.scene(dark=dark, width=WIDTH, height=HEIGHT + 40)
    hint = (
        f"Of the {unit.plural} whose {titles[1]} lies in the period, the share that came to each touchpoint. "
        "Dashed where the period is not complete; the latest have had less time."
    )
    if not found.rows:
        return Told([_head("Over time", f"{hint} No period has any.")], pl.DataFrame())
    figure = trends(found, titles, chosen, scene)
    chart = dcc.Graph(figure=figure, config={"displayModeBar": False}, className="plot", id="details-graph")
    label = "Share of every touchpoint over time; the table below holds the same numbers."
    drawn = html.Div(chart, className="details-chart", role="img", **{"aria-label": label})
    parts = [_head("All touchpoints over time", hint), drawn, _trend_table(found, titles, granularity)]
    parts += [html.P(found.told, className="hint")] if found.told else []
    return Told(parts, found.frame())


def _trend_table(found: Any, titles: Mapping[int, str], granularity: str) -> Component:
    steps: Sequence[int] = found.steps
    heads = [("Period", ""), *((fit(titles[step], HEAD_WIDTH, 12), "num named") for step in steps)]
    body = []
    for period in reversed(found.rows):
        name = period_words(period.first, granularity)
        note = None if period.complete else markup.tag("span", " not complete", class_="faint")
        cells: list[markup.Child] = [markup.tag("th", [name, note], scope="row", class_="period")]
        for step in steps:
            value, share = period.values[step], period.share(step)
            title = f"{titles[step]}, {name}"
            shown = _opened(value, _target(period.question, "touchpoints", {"step": step}, title))
            said = "" if step == 1 or share is None else f" · {percent(share)}"
            cells.append(markup.tag("td", [shown, said], class_="num"))
        body.append(markup.tag("tr", cells))
    return markup.raw(markup.table(heads, body, class_="sheet details-table"), className="members-scroll")
