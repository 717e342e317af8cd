"""A fallout as a picture, for notebooks, PNG and SVG."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import count, fit, percent
from visualizations.theme import palette, pixel_axes, rounded, themed
from visualizations.views.canvas import words as canvas_words
from visualizations.views.fallout import words
from visualizations.views.fallout.reading import Reading, Row, read

HEAD, BAR, LINE, BETWEEN = 26, 32, 26, 34
RIGHT, GAP = 160, 94
"""Pixels right of the bars for their numbers, and for differences where segments are compared."""
NAMES = 130
"""Pixels left of the bars for the names of compared segments."""


class _Sheet:
    """Shapes and texts of a picture as they are made."""

    def __init__(self, scene: Scene) -> None:
        self.colours, self.width = palette(scene.dark), float(scene.width)
        self.shapes: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []

    def text(self, x: float, y: float, said: str, size: int, colour: str, anchor: str = "left") -> None:
        """A line of text, in the middle of its height at y; markup in `said` is kept."""
        font = {"size": size, "color": colour}
        place = {"x": x, "y": y, "xanchor": anchor, "yanchor": "middle"}
        self.notes.append({**place, "text": said, "showarrow": False, "font": font})

    def bar(self, x: float, y: float, wide: float, tall: float, fill: str) -> None:
        """A bar with round corners."""
        path = rounded(x, y, max(2.0, wide), tall, 5)
        shape = {"type": "path", "path": path, "fillcolor": fill, "line": {"width": 0}, "layer": "below"}
        self.shapes.append(shape)


def figure(result: Any, scene: Scene) -> go.Figure:
    """The same as on the page."""
    reading, sheet, y = read(result, scene), _Sheet(scene), 12.0
    for step in reading.steps:
        y = _touchpoint(sheet, reading, step, y)
    drawn = go.Figure()
    drawn.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip")
    drawn.update_layout(shapes=sheet.shapes, annotations=sheet.notes)
    themed(drawn, scene.dark, width=scene.width, height=int(y) + 12)
    return pixel_axes(drawn, sheet.width, y + 12)


def _touchpoint(sheet: _Sheet, reading: Reading, step: int, y: float) -> float:
    """One touchpoint from y down; where the next begins."""
    colours, row = sheet.colours, reading.first(step)
    title = " · ".join([row["label"], *words.chips(reading.point(step))])
    sheet.text(8, y + 10, escape(fit(title, sheet.width - 16, 14), quote=False), 14, colours.ink)
    y += HEAD
    tall = LINE if reading.comparing else BAR
    for one in reading.rows[step]:
        _bar(sheet, reading, one, y)
        y += tall + 4
    for one in reading.rows[step]:
        if said := _between(reading, one):
            sheet.text(8, y + 8, escape(fit(said, sheet.width - 16, 12), quote=False), 12, colours.ink_faint)
            y += 18
    return y + BETWEEN / 2


def _bar(sheet: _Sheet, reading: Reading, row: Row, y: float) -> None:
    colours, comparing = sheet.colours, reading.comparing
    left, wide = (8 + NAMES, RIGHT + GAP) if comparing else (8, RIGHT)
    track, tall = sheet.width - wide - left, 18 if comparing else BAR
    share = min(100.0, row["percent_of_first"] or 0) / 100
    own = colours.segments[reading.segments.index(row["segment"]) % len(colours.segments)]
    fill = own if comparing or row["step"] else colours.line_strong
    sheet.bar(left, y, track, tall, colours.neutral_soft)
    if row["value"]:
        sheet.bar(left, y, track * share, tall, fill)
    middle = y + tall / 2
    if comparing:
        name = fit(reading.names[row["segment"]], NAMES - 10, 13)
        sheet.text(8, middle, escape(name, quote=False), 13, colours.ink_soft)
    right = sheet.width - wide + 84
    sheet.text(right, middle, f"<b>{count(row['value'])}</b>", 15 if comparing else 20, colours.ink, "right")
    sheet.text(right + 62, middle, percent(row["percent_of_first"]), 13, colours.ink_soft, "right")
    if comparing and (said := _gap(reading, row)):
        sheet.text(sheet.width - 4, middle, said, 11, colours.ink_faint, "right")


def _gap(reading: Reading, row: Row) -> str:
    gap = reading.gaps.get((row["step"], row["segment"]))
    if gap is None or gap["difference"] is None or row["step"] == reading.steps[0]:
        return ""
    if gap["distinguishable"] is False:
        return "not distinguishable"
    return f"{canvas_words.points(gap['difference'])} points"


def _between(reading: Reading, row: Row) -> str:
    """What fell out behind a row and how long the others took."""
    after = reading.after(row)
    if after is None:
        return ""
    name = f"{reading.names[row['segment']]}: " if reading.comparing else ""
    said = [words.gone_words(row, reading.scene.unit(reading.spec.container))]
    said += [part for _, part in words.split_words(row)]
    said += [part for part in (words.went_words(row, after), words.time_words(after)) if part]
    return name + " · ".join(said)
