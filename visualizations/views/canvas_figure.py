"""The journey canvas as a plotly figure, for notebooks and for PNG and SVG."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import compact, count, duration, fit, limit, percent
from visualizations.theme import faded, palette, pixel_axes, rounded, themed
from visualizations.views.canvas_layout import CARD_HEIGHT, CARD_WIDTH, Layout, arrange
from visualizations.views.canvas_words import node_rows, rows

MARGIN = 36


def layout_of(spec: Any) -> Layout:
    """Places of a spec's checkpoints; places saved with the question are kept."""
    fixed = {n.id: (float(n.x), float(n.y)) for n in spec.nodes if n.x is not None and n.y is not None}
    return arrange([n.id for n in spec.nodes], [(a.source, a.target) for a in spec.arrows], fixed)


def stroke(value: float, most: float) -> float:
    """Width of an arrow in pixels, by its share of the most travelled one."""
    return 1.5 + 8.5 * math.sqrt(max(0.0, value) / most) ** 1.4 if most else 1.5


def figure(result: Any, scene: Scene) -> go.Figure:
    """Cards, arrows with counts and median times, fallout below the cards."""
    layout, colours = layout_of(result.spec), palette(scene.dark)
    left, top, right, bottom = layout.box
    width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    dx, dy = MARGIN - left, MARGIN - top
    nodes = node_rows(result)
    arrows = {(row["source"], row["target"]): row for row in rows(result, "arrows")}
    most = max((row["value"] or 0 for row in arrows.values()), default=0)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []

    for route in layout.routes:
        row = arrows[route.source, route.target]
        wide = stroke(row["value"] or 0, most)
        shapes.append(_line(_moved(route.path, dx, dy), colours.line_strong, wide))
        shapes.append(_head(route.end[0] + dx, route.end[1] + dy, wide, colours.line_strong))
        x, y = route.label_at
        _label(shapes, notes, x + dx, y + dy, row, colours)
    for name, (x, y) in layout.places.items():
        _card(shapes, notes, x + dx - CARD_WIDTH / 2, y + dy - CARD_HEIGHT / 2, nodes[name], colours)

    drawn = go.Figure()
    drawn.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip")
    drawn.update_layout(shapes=shapes, annotations=notes)
    themed(drawn, scene.dark, width=round(width), height=round(height))
    return pixel_axes(drawn, width, height)


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


def _card(shapes: list[Any], notes: list[Any], x: float, y: float, row: dict[str, Any], colours: Any) -> None:
    shapes.append(_box(rounded(x, y, CARD_WIDTH, CARD_HEIGHT, 10), colours.surface, colours.line_strong))
    share = min(100.0, row["percent"] or 0.0) / 100
    track = CARD_WIDTH - 28
    shapes.append(_box(rounded(x + 14, y + 71, track, 4, 2), colours.neutral_soft, colours.neutral_soft))
    if share:
        shapes.append(
            _box(rounded(x + 14, y + 71, max(3, track * share), 4, 2), colours.accent, colours.accent)
        )
    label = escape(fit(row["label"], CARD_WIDTH - 28, 13), quote=False)
    notes.append(_text(x + 14, y + 19, label, 13, colours.ink_soft))
    notes.append(_text(x + 14, y + 48, f"<b>{count(row['value'])}</b>", 22, colours.ink))
    notes.append(_text(x + CARD_WIDTH - 14, y + 49, percent(row["percent"]), 14, colours.ink_soft, "right"))
    if row["fallout"]:
        words = f"{count(row['fallout'])} not further · {percent(row['fallout_percent'])}"
        notes.append(_text(x + CARD_WIDTH / 2, y + CARD_HEIGHT + 14, words, 12, colours.ink_faint, "center"))


def _label(
    shapes: list[Any], notes: list[Any], x: float, y: float, row: dict[str, Any], colours: Any
) -> None:
    lines = [
        (f"<b>{compact(row['value'])}</b>", 13, colours.ink),
        (percent(row["percent"]), 13, colours.ink_soft),
    ]
    if row["median_seconds"] is not None:
        lines.append((duration(row["median_seconds"]), 12, colours.ink_faint))
    height = 16.5 * len(lines) + 7
    shapes.append(
        _box(rounded(x - 31, y - height / 2, 62, height, 8), colours.surface, faded(colours.line_strong, 0.5))
    )
    for i, (line, size, colour) in enumerate(lines):
        notes.append(_text(x, y + (i - (len(lines) - 1) / 2) * 16.5, line, size, colour, "center"))


def limit_chip(arrow: Any) -> str:
    """`≤ 30 d`, `≥ 1 d`, or both: the time limits of an arrow, short."""
    parts = [
        f"≤ {limit(arrow.within)}" if arrow.within else "",
        f"≥ {limit(arrow.after)}" if arrow.after else "",
    ]
    return " ".join(part for part in parts if part)
