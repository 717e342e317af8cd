"""The journey canvas as a plotly figure, for notebooks and for PNG and SVG."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import compact, count, duration, fit, percent, text_width
from visualizations.theme import Palette, faded, palette, pixel_axes, rounded, themed
from visualizations.views.canvas.arrows import limit_chip, widths
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH, LABEL_HEIGHT, Route
from visualizations.views.canvas.reading import (
    BREAKDOWN_HEAD,
    BREAKDOWN_ROW,
    PART_WORDS,
    PARTS,
    ROW_HEIGHT,
    ROWS_FROM,
    SECOND_LINE,
    Reading,
    read,
)
from visualizations.views.canvas.words import points

MARGIN = 36
PAD = 14
LEGEND = 34
LABEL_LINE = 16.5


def figure(result: Any, scene: Scene) -> go.Figure:
    """Cards, arrows with counts and median times, fallout below the cards.

    Top items stand in cards; those of arrows and fallouts are left out.
    """
    reading, colours = read(result, scene), palette(scene.dark)
    left, top, right, bottom = reading.layout.box
    legend = LEGEND if reading.comparing else 0
    width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN + legend
    dx, dy = MARGIN - left, MARGIN - top + legend
    pen = Pen(colours)
    wide = widths(reading)
    for route in reading.layout.routes:
        stroke = wide[route.source, route.target]
        colour = colours.line_strong
        line = _line(_moved(route.path, dx, dy), colour, stroke)
        if reading.excluded(route.source) or reading.excluded(route.target):
            line = {**line, "line": {"color": colour, "width": 2, "dash": "4px,4px"}}
            stroke = 2.0
        pen.shapes.append(line)
        pen.shapes.append(_head(route.end[0] + dx, route.end[1] + dy, stroke, colour))
    for route in reading.layout.routes:
        x, y = route.label_at
        _label(pen, x + dx, y + dy, route, reading)
    for name, (x, y) in reading.layout.places.items():
        _card(pen, x + dx - CARD_WIDTH / 2, y + dy - CARD_HEIGHT / 2, name, reading)
    if reading.comparing:
        _legend(pen, MARGIN, MARGIN / 2 + 4, reading)

    drawn = go.Figure()
    drawn.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip")
    drawn.update_layout(shapes=pen.shapes, annotations=pen.notes)
    themed(drawn, scene.dark, width=round(width), height=round(height))
    return pixel_axes(drawn, width, height)


class Pen:
    """Collects the shapes and texts of one picture."""

    def __init__(self, colours: Palette) -> None:
        self.colours = colours
        self.shapes: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []

    def box(
        self, x: float, y: float, width: float, height: float, radius: float, fill: str, line: str
    ) -> None:
        """A rectangle with round corners."""
        self.shapes.append(_box(rounded(x, y, width, height, radius), fill, line))

    def bar(
        self, x: float, y: float, width: float, share: float | None, colour: str, height: float = 4
    ) -> None:
        """A track with its filled part."""
        track, part = self.colours.neutral_soft, min(100.0, share or 0.0) / 100
        self.box(x, y, width, height, height / 2, track, track)
        if part:
            self.box(x, y, max(3, width * part), height, height / 2, colour, colour)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        anchor: str = "left",
        *,
        bold: bool = False,
    ) -> None:
        """A line of text; what the data say is escaped here."""
        safe = escape(text, quote=False)
        self.notes.append(_text(x, y, f"<b>{safe}</b>" if bold else safe, size, colour, anchor))


def _moved(path: str, dx: float, dy: float) -> str:
    parts = []
    for piece in path.split(" "):
        letter = piece[0] if piece[0].isalpha() else ""
        x, y = map(float, piece[len(letter) :].split(","))
        parts.append(f"{letter}{x + dx:.1f},{y + dy:.1f}")
    return " ".join(parts)


def _line(path: str, colour: str, width: float) -> dict[str, Any]:
    return {"type": "path", "path": path, "line": {"color": colour, "width": width}, "layer": "below"}


def _head(x: float, y: float, width: float, colour: str) -> dict[str, Any]:
    size = 5 + width * 0.7
    path = f"M{x - size:.1f},{y - size * 0.75:.1f} L{x:.1f},{y:.1f} L{x - size:.1f},{y + size * 0.75:.1f} Z"
    return {"type": "path", "path": path, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _box(path: str, fill: str, line: str) -> dict[str, Any]:
    return {
        "type": "path",
        "path": path,
        "fillcolor": fill,
        "line": {"color": line, "width": 1},
        "layer": "below",
    }


def _text(x: float, y: float, text: str, size: float, colour: str, anchor: str = "left") -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": anchor,
        "yanchor": "middle",
        "font": {"size": size, "color": colour},
    }


def _card(pen: Pen, x: float, y: float, name: str, reading: Reading) -> None:
    row, colours = reading.first(name), pen.colours
    out, height = reading.excluded(name), reading.card_height(name)
    pen.box(x, y, CARD_WIDTH, height, 10, colours.surface, colours.line_strong)
    label = fit(row["label"], CARD_WIDTH - 2 * PAD, 13)
    pen.text(x + PAD, y + 19, label, 13, colours.ink_faint if out else colours.ink_soft)
    if out:
        wide = text_width(label, 13)
        line = f"M{x + PAD:.1f},{y + 20:.1f} L{x + PAD + wide:.1f},{y + 20:.1f}"
        pen.shapes.append({**_line(line, colours.ink_faint, 1), "layer": "above"})
        pen.text(x + PAD, y + 48, f"{count(row['value'])} left out", 18, colours.ink_faint, bold=True)
    elif reading.comparing:
        for i in range(len(reading.segments)):
            _segment(pen, x, y + ROWS_FROM + ROW_HEIGHT * i, name, i, reading)
    else:
        _numbers(pen, x, y, row, reading)
    if name in reading.breakdowns:
        found = reading.breakdowns[name]
        _breakdown(pen, x, y + height - BREAKDOWN_HEAD - BREAKDOWN_ROW * max(1, len(found.items)), found)
    _below(pen, x + CARD_WIDTH / 2, y + height, name, reading)


def _numbers(pen: Pen, x: float, y: float, row: dict[str, Any], reading: Reading) -> None:
    colours, right, bar = pen.colours, x + CARD_WIDTH - PAD, y + 71
    pen.text(x + PAD, y + 48, reading.meter.write(row["value"]), 22, colours.ink, bold=True)
    pen.text(right, y + 49, percent(row["percent"]), 14, colours.ink_soft, "right")
    if reading.second is not None:
        value = reading.second.write(row["secondary_value"])
        pen.text(x + PAD, y + 72, value, 15, colours.ink, bold=True)
        wide = text_width(value, 15) + 8
        room = CARD_WIDTH - 2 * PAD - wide - 46
        pen.text(x + PAD + wide, y + 73, fit(reading.second.short, room, 12), 12, colours.ink_faint)
        if row["secondary_percent"] is not None:
            pen.text(right, y + 72, percent(row["secondary_percent"]), 13, colours.ink_soft, "right")
        bar += SECOND_LINE
    pen.bar(x + PAD, bar, CARD_WIDTH - 2 * PAD, row["percent"], colours.accent)


def _segment(pen: Pen, x: float, y: float, name: str, i: int, reading: Reading) -> None:
    row, colours = reading.nodes[name][i], pen.colours
    colour, middle = colours.segments[i], y + ROW_HEIGHT / 2
    gap = reading.gaps.get((name, row["segment"])) if reading.differences and i else None
    if gap is not None and gap["difference"] is not None:
        sure = bool(gap["distinguishable"])
        pen.box(x + PAD, middle - 4, 8, 8, 4, colour, colour)
        ink = colours.ink if sure else colours.ink_faint
        pen.text(x + PAD + 16, middle, points(gap["difference"]), 15, ink, bold=sure)
        side = "not tested"
        if gap["low"] is not None:
            side = f"{points(gap['low'])} to {points(gap['high'])}" if sure else "not distinguishable"
        pen.text(x + CARD_WIDTH - PAD, middle, side, 12, colours.ink_faint, "right")
        return
    pen.bar(x + PAD, middle - 3, 56, row["percent"], colour, 6)
    pen.text(
        x + CARD_WIDTH - PAD - 52,
        middle,
        reading.meter.write(row["value"]),
        15,
        colours.ink,
        "right",
        bold=True,
    )
    pen.text(x + CARD_WIDTH - PAD, middle, percent(row["percent"]), 13, colours.ink_soft, "right")


def _breakdown(pen: Pen, x: float, y: float, found: Any) -> None:
    colours = pen.colours
    pen.shapes.append(_line(f"M{x:.1f},{y + 2:.1f} L{x + CARD_WIDTH:.1f},{y + 2:.1f}", colours.line, 1))
    pen.text(x + PAD, y + 17, f"By {found.label.lower()}", 12, colours.ink_faint)
    most = max((share or 0.0 for _, _, _, share in found.items), default=0.0) or 1.0
    for i, (_, item, value, share) in enumerate(found.items):
        middle = y + BREAKDOWN_HEAD - 5 + BREAKDOWN_ROW * (i + 0.5)
        pen.text(x + PAD, middle, fit(item, 84, 12), 12, colours.ink_soft)
        pen.bar(x + PAD + 90, middle - 2, 34, 100 * (share or 0.0) / most, colours.accent)
        pen.text(x + CARD_WIDTH - PAD, middle, count(value), 13, colours.ink, "right")


def _below(pen: Pen, x: float, y: float, name: str, reading: Reading) -> None:
    """Who went no further, or why nobody came."""
    row, colours = reading.first(name), pen.colours
    if name in reading.reasons:
        pen.text(x, y + 14, fit(reading.reasons[name], CARD_WIDTH + 60, 12), 12, colours.ink_faint, "center")
    elif reading.fallout(name):
        words = f"{count(row['fallout'])} not further · {percent(row['fallout_percent'])}"
        pen.text(x, y + 14, words, 12, colours.ink_faint, "center")
        if reading.splits and row.get("lost") is not None:
            parts = " · ".join(f"{count(row[part])} {PART_WORDS[part]}" for part in PARTS)
            pen.text(x, y + 33, parts, 12, colours.ink_faint, "center")


def _label(pen: Pen, x: float, y: float, route: Route, reading: Reading) -> None:
    lines = _label_lines(pen.colours, (route.source, route.target), reading)
    if not lines:
        return
    height = LABEL_LINE * len(lines) + 7
    if route.shift:
        y += math.copysign((height - LABEL_HEIGHT) / 2, route.shift)
    wide = max(62.0, *(text_width(line, size) + 14 for line, size, _, _ in lines))
    pen.box(
        x - wide / 2,
        y - height / 2,
        wide,
        height,
        8,
        pen.colours.surface,
        faded(pen.colours.line_strong, 0.5),
    )
    for i, (line, size, colour, bold) in enumerate(lines):
        pen.text(x, y + (i - (len(lines) - 1) / 2) * LABEL_LINE, line, size, colour, "center", bold=bold)


def _label_lines(
    colours: Palette, ends: tuple[str, str], reading: Reading
) -> list[tuple[str, float, str, bool]]:
    """(text, size, colour, bold) of what an arrow says."""
    arrow = next(a for a in reading.spec.arrows if (a.source, a.target) == ends)
    shows, lines = reading.setting("arrow_text", "both"), []
    if shows in ("labels", "both") and arrow.label:
        lines.append((fit(arrow.label, 110, 12), 12.0, colours.ink_soft, False))
    if shows not in ("values", "both"):
        return lines
    if reading.comparing:
        for i, row in enumerate(reading.arrows[ends]):
            gap = reading.gaps.get((*ends, row["segment"])) if reading.differences and i else None
            share = (
                points(gap["difference"])
                if gap and gap["difference"] is not None
                else percent(row["percent"])
            )
            lines.append((share, 13.0, colours.segments[i], False))
        return lines
    row = reading.arrows[ends][0]
    lines.append((compact(row["value"]), 13.0, colours.ink, True))
    lines.append((percent(row["percent"]), 13.0, colours.ink_soft, False))
    if row["median_seconds"] is not None:
        lines.append((duration(row["median_seconds"]), 12.0, colours.ink_faint, False))
    if chip := limit_chip(arrow):
        lines.append((chip + (" •" if ends in reading.unlimited else ""), 12.0, colours.accent, False))
    return lines


def _legend(pen: Pen, x: float, y: float, reading: Reading) -> None:
    for i, name in enumerate(reading.segments):
        colour = pen.colours.segments[i]
        pen.box(x, y - 4, 8, 8, 4, colour, colour)
        short = reading.names[name]
        pen.text(x + 14, y, short, 13, pen.colours.ink_soft)
        x += text_width(short, 13) + 40
    if reading.differences:
        against = f"Percentage points against {reading.names[reading.segments[0]]}, 95% interval"
        pen.text(x, y, against, 12, pen.colours.ink_faint)
