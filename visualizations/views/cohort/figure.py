"""The cohort table as a picture: one block of cells for each compared segment, on one scale."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import count, duration, fit
from visualizations.theme import blended, palette, themed
from visualizations.views.cohort.cells import shown
from visualizations.views.cohort.reading import Grid, Line, Reading, read

ROW, HEAD, GAP, LEFT = 26, 34, 30, 150
NARROW, WIDE = 44, 150


def figure(result: Any, scene: Scene) -> go.Figure:
    """The heat tables, for notebooks and exports."""
    reading = read(result, scene)
    colours, drawn = palette(scene.dark), go.Figure()
    y, labels, notes = 0, [], []
    titles = _titles(reading)
    for grid in reading.grids:
        if grid.name:
            notes.append((y, grid.name))
            y += 1
        drawn.add_trace(_heat(reading, grid, y, titles, colours))
        _mark(drawn, reading, grid, y, colours)
        labels += [(y + i, _label(line)) for i, line in enumerate(grid.lines)]
        y += len(grid.lines)
    right = WIDE if any(reading.marks(grid) for grid in reading.grids) else 16
    wide = WIDE if reading.of_milestones else NARROW + (14 if reading.of_money else 0)
    themed(
        drawn,
        scene.dark,
        width=max(scene.width, LEFT + 14 + right + wide * len(titles)),
        height=HEAD + GAP + ROW * max(1, y),
    )
    drawn.update_layout(margin={"l": LEFT, "r": right, "t": 40, "b": 12})
    drawn.update_xaxes(side="top", type="category", showgrid=False)
    drawn.update_yaxes(
        tickvals=[at for at, _ in labels],
        ticktext=[text for _, text in labels],
        range=[y - 0.5, -0.5],
        showgrid=False,
    )
    for at, name in notes:
        drawn.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=at,
            text=f"<b>{escape(name, quote=False)}</b>",
            showarrow=False,
        )
    return drawn


def _mark(drawn: go.Figure, reading: Reading, grid: Grid, top: int, colours: Any) -> None:
    """A dashed line above each row in whose period initiatives began, with their names."""
    marks = reading.marks(grid)
    for i, line in enumerate(grid.lines):
        names = ", ".join(one["name"] for one in marks.get(line.select["cohort"], []))
        if names:
            at = top + i - 0.5
            drawn.add_shape(
                type="line",
                xref="paper",
                x0=0,
                x1=1,
                y0=at,
                y1=at,
                line={"color": colours.accent, "dash": "dash"},
            )
            drawn.add_annotation(
                x=1,
                xref="paper",
                xanchor="left",
                y=at,
                text=escape(fit(names, WIDE - 20, 11), quote=False),
                font={"size": 11, "color": colours.accent},
                showarrow=False,
            )


def _titles(reading: Reading) -> list[str]:
    if not reading.of_milestones:
        return [str(k) for k in reading.columns]
    return [escape(fit(reading.labels[k], WIDE - 10, 12), quote=False) for k in reading.columns]


def _label(line: Line) -> str:
    return f"{escape(fit(line.title, LEFT - 50, 12), quote=False)}   {count(line.size)}"


def _heat(reading: Reading, grid: Grid, top: int, titles: list[str], colours: Any) -> go.Heatmap:
    """Shares or amounts of their column's greatest, so that one colour scale serves every column."""
    strength, texts = [], []
    for line in grid.lines:
        cells = [line.cells.get(column) for column in reading.columns]
        known = [c if c is not None and (c["percent_base"] or c["value"]) else None for c in cells]
        strength.append(
            [
                None if cell is None else reading.strength(cell, column)
                for column, cell in zip(reading.columns, known, strict=True)
            ]
        )
        texts.append(["" if cell is None else _text(reading, cell) for cell in known])
    return go.Heatmap(
        x=titles,
        y=list(range(top, top + len(grid.lines))),
        z=strength,
        text=texts,
        texttemplate="%{text}",
        textfont={"size": 11, "color": colours.ink},
        colorscale=[[0, colours.surface], [1, blended(colours.accent, colours.surface, 0.5)]],
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        showscale=False,
        hoverinfo="skip",
    )


def _text(reading: Reading, cell: dict[str, Any]) -> str:
    open_mark = "" if cell["complete"] or reading.spec.dimension is not None else " …"
    text = shown(reading, cell)
    if not reading.of_milestones:
        return text + open_mark
    parts = [count(cell["value"]), *([text] if cell["value"] else [])]
    if cell["median_seconds"] is not None:
        parts.append(duration(cell["median_seconds"]))
    return " · ".join(parts) + open_mark
