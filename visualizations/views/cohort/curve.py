"""How fast a milestone is reached: the share that has come there by elapsed time, beside the table.

Those not there yet count for as long as they are known (Kaplan and Meier); with a competing outcome the curve
is the cumulative incidence of the milestone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question, Scene
from visualizations.dom import Component, dcc, html
from visualizations.facts import in_words
from visualizations.formats import SMALL_SAMPLE, count, percent
from visualizations.theme import faded, palette, themed
from visualizations.views.cohort.reading import Reading
from visualizations.views.cohort.words import criteria, grain, period_name

SIDE, HEIGHT, BESIDE = 440, 230, 1250
"""Width of the panel beside the table, height of its chart, and the room from which on it stands beside."""
TICKS = (0, 7, 14, 30, 60, 90, 120, 180, 270, 365, 540, 730, 1095, 1460)
MOST_TICKS = 7
MOST_NAMED = 4
KEPT = ("container", "segments", "actors", "history", "date_range", "compare")
"""Parts of the question that the curves share with the table."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A curve: a row for each day on which somebody left, and the numbers of its group."""

    name: str
    days: list[Row]
    group: Row
    colour: str = ""
    """Empty for one of many that stay in the background."""

    def at(self, day: int) -> tuple[float, int]:
        """Share that has come by a day, and how many were still on their way just before it."""
        share = next((row["share"] for row in reversed(self.days) if row["day"] <= day), 0.0)
        risk = next((row["at_risk"] for row in self.days if row["day"] >= day), 0)
        return 100 * share, int(risk)

    @property
    def median(self) -> str:
        """Median with its interval in words."""
        days, low, high = (self.group[f"median_{part}"] for part in ("days", "low", "high"))
        if days is None:
            return "median not reached"
        limits = f"{'?' if low is None else count(low)} to {'not reached' if high is None else count(high)}"
        return f"median {count(days)} d ({limits})"


def question_of(reading: Reading, number: int, *, competing: bool) -> Question:
    """The time to one of the table's milestones, or to the return."""
    plain = reading.spec.to_json()
    if reading.of_milestones:
        goal = plain["milestones"][min(number, len(plain["milestones"]) - 1)]["where"]
    else:
        goal = plain["return"]["metrics"][0]["where"]
    asked: Question = {
        "analysis": "time_to",
        **{key: plain[key] for key in KEPT if key in plain},
        "inclusion": plain["inclusion"],
        "milestone": goal,
        "granularity": reading.spec.granularity,
        "earlier": "count",
    }
    return {**asked, "competing": {"milestone": "lost"}} if competing else asked


def panel(reading: Reading, scene: Scene) -> Component:
    """The chart with its numbers; needs a scene that can ask."""
    number = int(scene.display.get("curve", "0"))
    number = number if number in reading.labels or not reading.of_milestones else 0
    competing = bool(scene.display.get("competing")) and _can_compete(reading, number)
    asked = question_of(reading, number, competing=competing)
    goal = reading.labels[number] if reading.of_milestones else criteria(reading.spec.returning)
    head = html.Div(_head(reading, number, goal, competing=competing), className="curve-head")
    try:
        lines, tests = _lines(reading, scene, asked)
        parts = _drawn(reading, scene, lines, tests, goal, competing=competing)
    except wb.WorkbenchError as problem:
        parts = [html.P(str(problem), className="problem")]
    side = "beside" if scene.width >= BESIDE else "below"
    return html.Section([head, *parts], className=f"cohort-curve {side}", **{"aria-label": f"Time to {goal}"})


def _drawn(
    reading: Reading, scene: Scene, lines: list[Line], tests: list[Row], goal: str, *, competing: bool
) -> list[Component]:
    """Names, chart, numbers and how they were counted."""
    if not lines:
        return [html.P("Nobody began here.", className="hint")]
    named = [line for line in lines if line.colour]
    last = _last_day(named)
    width = SIDE if scene.width >= BESIDE else scene.width
    label = f"Share that has reached {goal} by days since inclusion; the table below holds numbers of it."
    chart = dcc.Graph(
        figure=figure(lines, last, scene, width),
        config={"displayModeBar": False},
        className="plot",
        id="curve-graph",
    )
    names = [html.Span(_name(line), className="legend-item") for line in named]
    return [
        html.Div(names, className="curve-names"),
        html.Div(chart, role="img", **{"aria-label": label}),
        _numbers(named, last, goal),
        html.P(_told(reading, tests, lines, goal, competing=competing), className="hint"),
    ]


def _name(line: Line) -> list[Any]:
    dot = html.Span(className="swatch-dot", style={"--segment": line.colour})
    return [dot, html.Strong(line.name), html.Span(line.median, className="faint")]


def _head(reading: Reading, number: int, goal: str, *, competing: bool) -> list[Any]:
    """Which milestone, and what becomes of those who are lost."""
    title: Component = html.H2(f"Time to {goal}")
    if len(reading.labels) > 1:
        options = [{"value": str(n), "label": f"Time to {label}"} for n, label in reading.labels.items()]
        title = controls.select(
            "Milestone of the curves", "display", "curve", str(number), options, hidden_label=True, w=220
        )
    words = "A loss ends the way: share of all, instead of among those still on their way"
    switch = html.Div(
        controls.switch("Losses compete", "display", "competing", competing), **{"data-tip": words}
    )
    return [title, *([switch] if _can_compete(reading, number) else [])]


def _can_compete(reading: Reading, number: int) -> bool:
    """Whether a loss before it means anything: not for a loss itself."""
    where = reading.spec.milestones[number].where if reading.of_milestones else None
    return where is None or in_words(where.to_json()) != in_words({"milestone": "lost"})


# --- the curves ----------------------------------------------------------------------------------


def _lines(reading: Reading, scene: Scene, asked: Question) -> tuple[list[Line], list[Row]]:
    """The curves, those in the background first, and the tests between them."""
    assert scene.ask is not None
    colours = palette(scene.dark).segments
    if reading.comparing:
        result = scene.ask(asked)
        names = {grid.segment: grid.name for grid in reading.grids}
        found = [line for line in _read(result, reading) if line.group["segment"] in names]
        named = [
            Line(names[line.group["segment"]], line.days, line.group, colours[i % len(colours)])
            for i, line in enumerate(found)
        ]
        return named, []
    by = reading.spec.dimension or "cohort"
    result = scene.ask({**asked, "by": by, **({"items": reading.spec.items} if by != "cohort" else {})})
    groups, tests = _read(result, reading), list(result.tables["tests"].iter_rows(named=True))
    every = [Line("All", line.days, line.group, colours[0]) for line in _read(scene.ask(asked), reading)]
    chosen = groups[: MOST_NAMED - 1] if reading.spec.dimension else _extremes(groups)
    shown = {id(line): colours[i + 1] for i, line in enumerate(chosen)}
    behind = [line for line in groups if id(line) not in shown]
    named = [Line(line.name, line.days, line.group, shown[id(line)]) for line in chosen]
    return [*behind, *every, *named], tests


def _extremes(groups: list[Line]) -> list[Line]:
    """The fastest and the slowest finished cohort of a fair size whose medians are reached."""
    fair = [
        line
        for line in groups
        if line.group["complete"]
        and line.group["size"] >= SMALL_SAMPLE
        and line.group["median_days"] is not None
    ]
    fair.sort(key=lambda line: line.group["median_days"])
    return [fair[0], fair[-1]] if len(fair) > 1 else fair


def _read(result: Any, reading: Reading) -> list[Line]:
    keys = ("segment", "kind", "group")
    days: dict[tuple[Any, ...], list[Row]] = {}
    for row in result.tables["curve"].iter_rows(named=True):
        days.setdefault(tuple(row[key] for key in keys), []).append(row)
    found = []
    for group in result.tables["groups"].iter_rows(named=True):
        of_period = group["kind"] == "period"
        name = period_name(group["group"], reading.spec.granularity) if of_period else str(group["group"])
        if group["size"]:
            found.append(Line(name, days[tuple(group[key] for key in keys)], group))
    return found


def _last_day(lines: list[Line]) -> int:
    """How far the curves are worth drawing: a while after the last arrival, while enough are still known."""
    known, came = [7], [7]
    for line in lines:
        enough = max(3, 0.05 * line.group["size"])
        known += [row["day"] for row in line.days if row["at_risk"] >= enough]
        came += [row["day"] for row in line.days if row["reached"]]
    return min(max(known), round(1.3 * max(came)))


def ticks_of(last: int) -> list[int]:
    """Days told on the axis and in the table: the telling ones that do not crowd each other."""
    kept: list[int] = []
    for day in (day for day in TICKS if day <= last):
        if not kept or day - kept[-1] >= last / (MOST_TICKS + 2):
            kept.append(day)
    return kept


# --- drawing -------------------------------------------------------------------------------------


def figure(lines: list[Line], last: int, scene: Scene, width: int) -> go.Figure:
    """Steps with their 95 % bands; other rows faint behind them."""
    colours, drawn = palette(scene.dark), go.Figure()
    for line in lines:
        days = [row for row in line.days if row["day"] <= last]
        days.append({**days[-1], "day": min(last, line.days[-1]["day"])})
        known = [row for row in days if row["low"] is not None and row["high"] is not None]
        if line.colour and known:
            drawn.add_scatter(
                x=[*(row["day"] for row in known), *(row["day"] for row in reversed(known))],
                y=[*(100 * row["high"] for row in known), *(100 * row["low"] for row in reversed(known))],
                fill="toself",
                fillcolor=faded(line.colour, 0.13),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
            )
        drawn.add_scatter(
            x=[row["day"] for row in days],
            y=[100 * row["share"] for row in days],
            mode="lines",
            line={
                "shape": "hv",
                "color": line.colour or colours.line_strong,
                "width": 2.2 if line.colour else 1,
            },
            hovertext=[_hover(line, row) for row in days],
            hoverinfo="text",
        )
    themed(drawn, scene.dark, width=width, height=HEIGHT)
    drawn.update_layout(margin={"l": 42, "r": 14, "t": 10, "b": 36})
    drawn.update_yaxes(rangemode="tozero", ticksuffix="%", gridcolor=colours.line, nticks=6)
    drawn.update_xaxes(
        range=[0, last * 1.01],
        tickangle=0,
        tickvals=ticks_of(last),
        showgrid=False,
        title={"text": "Days since inclusion"},
    )
    return drawn


def _hover(line: Line, row: Row) -> str:
    limits = "" if row["low"] is None else f" ({percent(100 * row['low'])} to {percent(100 * row['high'])})"
    return (
        f"<b>{escape(line.name, quote=False)}</b>, day {count(row['day'])}<br>"
        f"{percent(100 * row['share'])}{limits}<br>{count(row['at_risk'])} at risk"
    )


def _numbers(lines: list[Line], last: int, goal: str) -> Component:
    """Share and number at risk of each named curve at the ticks; counts open their members nowhere."""
    ticks = ticks_of(last)
    heads = [("", ""), *((f"{day} d", "num") for day in ticks)]
    rows = []
    for line in lines:
        cells = [markup.tag("th", line.name, scope="row")]
        for day in ticks:
            share, risk = line.at(day)
            tip = f"{line.name}: {percent(share)} by day {day}; {count(risk)} at risk"
            small = markup.tag("span", f" {count(risk)}", class_="faint")
            cells.append(markup.tag("td", percent(round(share)), small, class_="num", data_tip=tip))
        rows.append(markup.tag("tr", cells))
    caption = f"Share that has reached {goal}, and number at risk, by days since inclusion"
    return markup.raw(
        markup.table(heads, rows, class_="sheet curve-numbers", caption=caption), className="curve-scroll"
    )


def _told(reading: Reading, tests: list[Row], lines: list[Line], goal: str, *, competing: bool) -> str:
    """The test between the groups, and how the curves are counted."""
    p = tests[0]["p_value"] if tests else None
    said = []
    if p is not None:
        what = "items" if reading.spec.dimension else grain(reading.spec, 2)
        sure = "The" if p < 0.05 else "No distinguishable difference between the"
        tail = " differ" if p < 0.05 else ""
        value = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
        said.append(f"{sure} {what}{tail} (log-rank, {value}).")
    unit = reading.unit.label.lower()
    said.append(f"Each {unit} counts once, from its first inclusion event; the band is the 95% interval.")
    said.append(
        f"Those lost before {goal} stay in the base: cumulative incidence."
        if competing
        else "Those not there yet count for as long as they are known (Kaplan-Meier)."
    )
    if any(not line.colour for line in lines):
        said.append("Other rows are faint; point at one for its name.")
    return " ".join(said)
