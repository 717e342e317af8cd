"""Dialogs of the cohort table: a column from cohort to cohort, and two rows against each other."""

from __future__ import annotations

import itertools
from html import escape
from typing import Any

import plotly.graph_objects as go

import workbench as wb
from visualizations import markup
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.formats import NOTHING, count, duration, percent, sample_note, sentence
from visualizations.markup import Markup, tag
from visualizations.theme import palette, themed
from visualizations.views.cohort.reading import Cell, Grid, Line, Reading, read
from visualizations.views.cohort.words import column_title, grain, n_of_n, signed, when

TITLES = {"column-trend": "From cohort to cohort", "compare-rows": "Two rows compared"}
WIDTH, HEIGHT = 700, 260
NOT_YET = "not reached"
"""Said of a median where less than half came there."""
Pair = tuple[Line, Line]


def content(desk: Desk, kind: str, question: Question, asked: Question, *, dark: bool) -> list[Component]:
    """The body of a dialog; what was asked names a column, or the rows."""
    scene = desk.scene({"view": "cohort-table", "question": question}, dark=dark, width=WIDTH, height=HEIGHT)
    reading = read(desk.ask(question), scene)
    if kind == "column-trend":
        return _trend(reading, int(asked["select"][reading.key]), scene)
    found = [line for row in asked["rows"] for line in reading.every if line.select == row]
    if len(found) != 2:
        return [html.P("These rows are no longer in the table.", className="problem")]
    return _rows(reading, (found[0], found[1]), scene)


# --- a column ------------------------------------------------------------------------------------


def _trend(reading: Reading, column: int, scene: Scene) -> list[Component]:
    """Shares of a column by cohort, with what they are a share of."""
    said = "reached by the end of the data" if reading.of_milestones else when(reading.spec, column)
    hollow = (
        f"; hollow where a {grain(reading.spec)} is not complete" if reading.spec.dimension is None else ""
    )
    head = html.Div(
        [
            html.H2(sentence(f"{column_title(reading, column)} from row to row")),
            html.P(
                f"Share of each row, {said}{hollow}.",
                className="hint",
            ),
        ],
        className="details-head",
    )
    series = [(grid.name, list(_points(grid, column))) for grid in reading.grids]
    label = f"{column_title(reading, column)} from row to row; the table below holds the same numbers."
    chart = _chart(series, reading.spec.dimension is not None, scene, label)
    heads = [("Row", ""), *([("Segment", "")] if reading.comparing else [])]
    heads += [("Reached" if reading.of_milestones else "Returned", "num"), ("of", "num"), ("Share", "num")]
    heads += [("Median", "num")] if reading.of_milestones else []
    rows = [
        _trend_row(reading, grid, line, column, cell)
        for grid in reading.grids
        for line in grid.lines
        if (cell := line.cells.get(column)) is not None and cell["percent_base"]
    ]
    table = markup.raw(markup.table(heads, rows, class_="sheet details-table"), className="members-scroll")
    return [head, chart, table]


def _points(grid: Grid, column: int) -> list[tuple[str, Cell | None]]:
    return [(line.title, line.cells.get(column)) for line in grid.lines]


def _trend_row(reading: Reading, grid: Grid, line: Line, column: int, cell: Cell) -> Markup:
    shown: markup.Child = count(cell["value"])
    if cell["value"]:
        title = f"{line.title}, {column_title(reading, column)}"
        select = {**line.select, reading.key: column}
        shown = markup.opens(shown, reading.table, select, "value", title=title)
    cells = [tag("th", line.title, scope="row"), *([tag("td", grid.name)] if grid.name else [])]
    cells += [tag("td", shown, class_="num"), tag("td", count(cell["percent_base"]), class_="num")]
    tip = n_of_n(reading, line, column, cell)
    cells.append(tag("td", percent(cell["percent"]), class_="num", data_tip=tip))
    if reading.of_milestones:
        cells.append(tag("td", duration(cell["median_seconds"]), class_="num"))
    return tag("tr", cells)


# --- two rows ------------------------------------------------------------------------------------


def _rows(reading: Reading, pair: Pair, scene: Scene) -> list[Component]:
    """Shares of two rows column by column, with their difference."""
    names = _names(reading, pair)
    alone = _apart(reading)
    note = (
        "The difference in percent points, with its 95% interval."
        if alone
        else f"One of the {reading.unit.plural} may be in both rows: the difference is described, not tested."
    )
    title = html.Div(
        [html.H2(f"{names[0]} and {names[1]}"), html.P(note, className="hint")], className="details-head"
    )
    series = [
        (name, [(_column_name(reading, c), line.cells.get(c)) for c in reading.columns])
        for name, line in zip(names, pair, strict=True)
    ]
    chart = _chart(
        series, True, scene, "Shares of both rows by column; the table below holds the same numbers."
    )
    first = "Milestone" if reading.of_milestones else "Period"
    heads = [(first, ""), *((name, "num") for name in names), ("Difference", "num")]
    heads += [("95% interval", "num")] if alone else []
    heads += [("Medians", "num")] if reading.of_milestones else []
    size = [tag("th", "Size", scope="row"), *(tag("td", count(line.size), class_="num") for line in pair)]
    size += [tag("td")] * (len(heads) - 3)
    rows = [tag("tr", size), *(_pair_row(reading, pair, c, alone) for c in reading.columns)]
    table = markup.raw(markup.table(heads, rows, class_="sheet details-table"), className="members-scroll")
    return [title, chart, table]


def _names(reading: Reading, pair: Pair) -> list[str]:
    of = {id(line): grid.name for grid in reading.grids for line in grid.lines}
    return [f"{line.title}, {of[id(line)]}" if of[id(line)] else line.title for line in pair]


def _apart(reading: Reading) -> bool:
    """Whether no container can be in both rows."""
    return bool(reading.spec.membership == "first") and not reading.comparing


def _column_name(reading: Reading, column: int) -> str:
    return reading.labels[column] if reading.of_milestones else str(column)


def _pair_row(reading: Reading, pair: Pair, column: int, alone: bool) -> Markup:
    cells = [line.cells.get(column) for line in pair]
    said = [tag("th", _column_name(reading, column), scope="row")]
    for line, cell in zip(pair, cells, strict=True):
        known = cell is not None and cell["percent_base"]
        tip = n_of_n(reading, line, column, cell) if known and cell is not None else None
        shown = f"{percent(cell['percent'])}{_marks(cell)}" if known and cell is not None else NOTHING
        said.append(tag("td", shown, class_="num", data_tip=tip))
    gap = difference(cells[0], cells[1])
    said.append(tag("td", NOTHING if gap is None else signed(gap[0]), class_="num"))
    if alone:
        bounds = "" if gap is None or gap[1] is None else f"{signed(gap[1][0])} to {signed(gap[1][1])}"
        said.append(tag("td", bounds, class_="num"))
    if reading.of_milestones:
        times = [cell["median_seconds"] if cell else None for cell in cells]
        words = " / ".join(NOT_YET if seconds is None else duration(seconds) for seconds in times)
        said.append(tag("td", NOT_YET if times == [None, None] else words, class_="num"))
    return tag("tr", said)


def _marks(cell: Cell) -> str:
    small = "*" if sample_note(cell["value"], cell["percent_base"]) else ""
    return small + ("" if cell["complete"] else " …")


def difference(one: Cell | None, other: Cell | None) -> tuple[float, tuple[float, float] | None] | None:
    """First share minus second in percent points, and its 95 % interval; None where one has no base."""
    if one is None or other is None or not one["percent_base"] or not other["percent_base"]:
        return None
    gap = one["percent"] - other["percent"]
    if any(not 0 <= cell["value"] <= cell["percent_base"] for cell in (one, other)):
        return gap, None
    low, high = wb.newcombe(one["value"], one["percent_base"], other["value"], other["percent_base"])
    return gap, (100 * low, 100 * high)


# --- the drawing ---------------------------------------------------------------------------------

Series = list[tuple[str, list[tuple[str, Any]]]]


def _chart(series: Series, by_name: bool, scene: Scene, label: str) -> Component:
    """Shares as lines, or as points alone where neighbours have nothing to do with each other."""
    colours, drawn = palette(scene.dark), go.Figure()
    for i, (name, points) in enumerate(series):
        colour = colours.segments[i % len(colours.segments)]
        known = [(x, cell) for x, cell in points if cell is not None and cell["percent_base"]]
        for (x, before), (y, after) in itertools.pairwise(known):
            whole = before["complete"] and after["complete"]
            drawn.add_scatter(
                x=[x, y],
                y=[before["percent"], after["percent"]],
                mode="lines",
                line={"color": colour, "width": 2, "dash": "solid" if whole or by_name else "dot"},
                hoverinfo="skip",
            )
        drawn.add_scatter(
            x=[x for x, _ in known],
            y=[cell["percent"] for _, cell in known],
            mode="markers",
            marker={
                "size": 7,
                "color": [colour if cell["complete"] else colours.surface for _, cell in known],
                "line": {"color": colour, "width": 1.5},
            },
            hovertext=[_hover(name, x, cell) for x, cell in known],
            hoverinfo="text",
        )
    themed(drawn, scene.dark, width=WIDTH, height=HEIGHT)
    drawn.update_layout(margin={"l": 44, "r": 16, "t": 14, "b": 34})
    drawn.update_yaxes(rangemode="tozero", ticksuffix="%", gridcolor=colours.line, nticks=5)
    drawn.update_xaxes(type="category", showgrid=False, nticks=10, tickangle=0)
    graph = dcc.Graph(figure=drawn, config={"displayModeBar": False}, className="plot")
    names = [
        html.Span(
            [html.Span(className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"}), name],
            className="legend-item",
        )
        for i, (name, _) in enumerate(series)
        if name
    ]
    legend = html.Div(names, className="chart-names") if names else None
    return html.Div([legend, html.Div(graph, role="img", **{"aria-label": label})], className="details-chart")


def _hover(name: str, x: str, cell: Cell) -> str:
    title = f"<b>{escape(x, quote=False)}</b>" + (f"<br>{escape(name, quote=False)}" if name else "")
    of = f"{percent(cell['percent'])}: {count(cell['value'])} of {count(cell['percent_base'])}"
    return f"{title}<br>{of}" + ("" if cell["complete"] else "<br>not complete")
