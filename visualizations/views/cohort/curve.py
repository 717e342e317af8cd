"""How fast a milestone is reached: the share that has come there by elapsed time, beside the table.

Those not there yet count for as long as they are known (Kaplan and Meier); with a competing outcome the curve
is the cumulative incidence of the milestone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.dom import Component, dcc, html
from visualizations.facts import in_words
from visualizations.formats import SMALL_SAMPLE
from visualizations.theme import palette
from visualizations.views.cohort import before_after, initiatives
from visualizations.views.cohort.curve_drawing import Line, Row, figure, numbers
from visualizations.views.cohort.initiatives import Saved
from visualizations.views.cohort.reading import Reading
from visualizations.views.cohort.words import criteria, grain, period_name

SIDE, BESIDE = 440, 1250
"""Width of the panel beside the table, and the room from which on it stands beside."""
MOST_NAMED = 4
KEPT = ("container", "segments", "actors", "history", "date_range", "compare")
"""Parts of the question that the curves share with the table."""


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
    alone = not reading.comparing and not reading.spec.compare_ranges
    compared = initiatives.choices(scene) if alone else []
    head = html.Div([*_head(reading, number, goal, competing=competing), *compared], className="curve-head")
    initiative = initiatives.chosen(scene) if alone else None
    try:
        if initiative is not None:
            parts = _changed(reading, scene, asked, goal, initiative)
        else:
            lines, tests = _lines(reading, scene, asked)
            parts = _drawn(
                reading, scene, lines, _told(reading, tests, lines, goal, competing=competing), goal
            )
    except wb.WorkbenchError as problem:
        parts = [html.P(str(problem), className="problem")]
    side = "beside" if scene.width >= BESIDE else "below"
    return html.Section([head, *parts], className=f"cohort-curve {side}", **{"aria-label": f"Time to {goal}"})


def _changed(
    reading: Reading, scene: Scene, asked: Question, goal: str, initiative: Saved
) -> list[Component]:
    """Curves before and after an initiative, and what it changed."""
    assert scene.ask is not None
    asked = before_after.question_with(asked, initiative, str(scene.display.get("effect_at", "90d")))
    result = scene.ask(asked)
    tables = {
        name: list(result.tables[name].iter_rows(named=True)) for name in ("effects", "groups", "tests")
    }
    colours = palette(scene.dark).segments
    lines = [
        Line(
            before_after.name_of(line.group),
            line.days,
            line.group,
            colours[line.group["group"] == "control"],
            dashed=line.group["kind"] == "before",
            banded=line.group["group"] == "initiative",
        )
        for line in _read(result, reading)
    ]
    told, *effects = before_after.parts(
        tables["effects"], tables["groups"], asked, reading.unit, goal, reading.included, initiative
    )
    said = _log_rank(tables["tests"], "Before and after")
    if not lines:
        return [told]
    names, chart, sheet, note = _drawn(reading, scene, lines, said, goal)
    names.children = [before_after.marker(initiative), *names.children]
    return [told, names, chart, *effects, note, sheet]


def _drawn(reading: Reading, scene: Scene, lines: list[Line], said: str, goal: str) -> list[Component]:
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
        numbers(named, last, goal),
        html.P(said, className="hint"),
    ]


def _name(line: Line) -> list[Any]:
    shape = "swatch-dot dashed" if line.dashed else "swatch-dot"
    dot = html.Span(className=shape, style={"--segment": line.colour})
    return [dot, html.Strong(line.name), html.Span(line.median, className="faint")]


def _head(reading: Reading, number: int, goal: str, *, competing: bool) -> list[Any]:
    """Which milestone, and what becomes of those who are lost."""
    title: Component = html.H2(f"Time to {goal}")
    if len(reading.labels) > 1:
        options = [{"value": str(n), "label": f"Time to {label}"} for n, label in reading.labels.items()]
        title = controls.select(
            "Milestone of the curves", "display", "curve", str(number), options, hidden_label=True, w=220
        )
    words = (
        "On: who is lost stays in the base, the curve is the share of all (cumulative incidence). "
        "Off: a loss ends nothing, who is lost counts as not there yet (Kaplan-Meier)."
    )
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
    if reading.spec.compare_ranges:
        return _by_range(reading, scene, asked, colours), []
    if reading.spec.compare_ranges:
        return _in_ranges(reading, scene, asked, colours), []
    if reading.comparing:
        result = scene.ask(asked)
        names = {grid.segment: grid.name for grid in reading.grids}
        found = [line for line in _read(result, reading) if line.group["segment"] in names]
        named = [
            Line(names[line.group["segment"]], line.days, line.group, colours[i % len(colours)])
            for i, line in enumerate(found)
        ]
        return named, list(result.tables["tests"].filter(segment="All").iter_rows(named=True))
    by = reading.spec.dimension or "cohort"
    result = scene.ask({**asked, "by": by, **({"items": reading.spec.items} if by != "cohort" else {})})
    groups, tests = _read(result, reading), list(result.tables["tests"].iter_rows(named=True))
    every = [Line("All", line.days, line.group, colours[0]) for line in _read(scene.ask(asked), reading)]
    chosen = groups[: MOST_NAMED - 1] if reading.spec.dimension else _extremes(groups)
    shown = {id(line): colours[i + 1] for i, line in enumerate(chosen)}
    behind = [line for line in groups if id(line) not in shown]
    named = [Line(line.name, line.days, line.group, shown[id(line)]) for line in chosen]
    return [*behind, *every, *named], tests


def _by_range(reading: Reading, scene: Scene, asked: Question, colours: tuple[str, ...]) -> list[Line]:
    """A curve for each of the date ranges that stand side by side."""
    assert scene.ask is not None
    found = []
    for i, (dates, name) in enumerate(zip(_ranges(reading), reading.spec.in_range, strict=True)):
        named = reading.grids[i].name or name
        lines = _read(scene.ask({**asked, "date_range": {**asked.get("date_range", {}), **dates}}), reading)
        found += [Line(named, line.days, line.group, colours[i]) for line in lines]
    return found


def _ranges(reading: Reading) -> list[Question]:
    """The days of each range, as the question has them."""
    return [
        {name: day for name, day in dates.items() if name in ("from", "to")}
        for dates in reading.spec.to_json().get("compare_ranges", ())
    ]


def _in_ranges(reading: Reading, scene: Scene, asked: Question, colours: Sequence[str]) -> list[Line]:
    """A curve for each compared date range."""
    assert scene.ask is not None
    lines = []
    for colour, grid in zip(colours, reading.grids, strict=False):
        dates = reading.spec.in_range[grid.segment].to_json()["date_range"]
        found = _read(scene.ask({**asked, "date_range": dates}), reading)
        lines += [Line(grid.name or "All", one.days, one.group, colour) for one in found]
    return lines


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


def _told(reading: Reading, tests: list[Row], lines: list[Line], goal: str, *, competing: bool) -> str:
    """The test between the groups, and how the curves are counted."""
    what = "items" if reading.spec.dimension else grain(reading.spec, 2)
    tested = _log_rank(tests, "segments" if reading.comparing else what)
    if reading.comparing and not tested:
        tested = f"Not tested: {reading.unit.plural} may be in several of them."
    said = [tested] if tested else []
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


def _log_rank(tests: list[Row], what: str) -> str:
    """The first test in a sentence; empty where nothing is tested."""
    p = tests[0]["p_value"] if tests else None
    if p is None:
        return ""
    value = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    both = what[0].isupper()
    named = what if both else f"The {what}"
    if p < 0.05:
        return f"{named} differ (log-rank, {value})."
    between = what.lower() if both else f"the {what}"
    return f"No distinguishable difference between {between} (log-rank, {value})."
