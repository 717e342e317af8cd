"""The flow as a picture, for notebooks and exports: labels stand inside boxes, never under bands."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import fit, text_width
from visualizations.theme import DARK, Palette, blended, faded, palette, pixel_axes, rounded, themed
from visualizations.views.flow.drawing import Drawing, drawing
from visualizations.views.flow.layout import ROOMY, TALL, Box, ribbon, way
from visualizations.views.flow.order import PLACES
from visualizations.views.flow.words import box_tip, column_title, versus_tip

MARKED = 13.0
"""A band this thick has room for the name of its mark."""


def figure(result: Any, scene: Scene) -> go.Figure:
    """Boxes from left to right in time, bands as wide as the paths they carry."""
    colours, height = palette(scene.dark), float(scene.height)
    drawn = drawing(result, scene, width=float(scene.width), height=height)
    shapes, notes = [*_bands(drawn, colours), *_marks(drawn, colours)], _heads(drawn, colours)
    notes += _mark_names(drawn, colours)
    for box in drawn.layout.boxes.values():
        shapes += _box(drawn, box, colours)
        if not box.hidden:
            notes += _box_text(drawn, box, colours)
    made = go.Figure([_points(drawn)])
    made.update_layout(shapes=shapes, annotations=notes)
    themed(made, scene.dark, width=round(drawn.layout.width), height=scene.height)
    return pixel_axes(made, drawn.layout.width, height)


def _bands(drawn: Drawing, colours: Palette) -> list[dict[str, Any]]:
    groups: dict[str, list[str]] = {"quiet": [], "plain": [], "strong": []}
    for i, band in enumerate(drawn.layout.bands):
        ends = {band.source.key[1], band.target.key[1]}
        accent = i in drawn.strong and drawn.versus is None
        groups["strong" if accent else "quiet" if ends & {"exit", "entry"} else "plain"].append(ribbon(band))
    alpha = {"quiet": 0.10, "plain": 0.2 if drawn.scene.dark else 0.17, "strong": 0.42}
    base = {"quiet": colours.ink_faint, "plain": colours.ink_faint, "strong": colours.accent}
    return [
        {
            "type": "path",
            "layer": "below",
            "line": {"width": 0},
            "fillrule": "nonzero",
            "fillcolor": faded(base[name], alpha[name]),
            "path": " ".join(paths),
        }
        for name, paths in groups.items()
        if paths
    ]


def _marks(drawn: Drawing, colours: Palette) -> list[dict[str, Any]]:
    """Outlines of the bands that go back or skip in the declared order."""
    looks = {"back": (colours.segments[4], "2px,3px"), "skip": (colours.segments[2], "7px,3px")}
    made = []
    for band in drawn.layout.bands:
        if kind := drawn.mark(band):
            colour, dash = looks[kind]
            line = {"color": colour, "width": 1.2, "dash": dash}
            made.append({"type": "path", "layer": "below", "line": line, "path": ribbon(band)})
    return made


def _mark_names(drawn: Drawing, colours: Palette) -> list[dict[str, Any]]:
    """What the outlines say, on bands with room for it."""
    looks = {"back": colours.segments[4], "skip": colours.segments[2]}
    wide = [band for band in drawn.layout.bands if min(band.thick, band.thick_end) >= MARKED]
    found = [(band, drawn.mark(band)) for band in wide if drawn.mark(band)]
    return [_text(*way(band, PLACES[kind]), kind, 10, looks[kind], "center") for band, kind in found]


def is_start(box: Box) -> bool:
    """Whether this is the anchor itself, not an anchor that recurs further on."""
    return box.key[1] == "anchor" and box.key[0] == 0


def anchor_fill(colours: Palette) -> str:
    """The accent, deep enough for white text in both schemes."""
    return colours.accent if colours is not DARK else blended(colours.accent, colours.surface, 0.5)


def difference_fill(drawn: Drawing, box: Box, colours: Palette) -> str | None:
    """The colour of the segment that has more here, the stronger the more; None without a comparison."""
    if drawn.versus is None or box.key[0] == 0:
        return None
    points = drawn.versus.difference(box.key)
    if points is None:
        return colours.surface
    of = colours.segments[0 if points > 0 else 1]
    return blended(of, colours.surface, min(0.5, abs(points) / 30))


def _box(drawn: Drawing, box: Box, colours: Palette) -> list[dict[str, Any]]:
    kind = box.key[1]
    fill = colours.accent_soft if kind in ("item", "anchor") else colours.neutral_soft
    line = colours.accent if kind == "anchor" else colours.line
    if kind in ("exit", "entry"):
        fill, line = colours.surface, colours.line_strong
    if drawn.focus is not None and box.key in drawn.focus:
        line = colours.accent
    if is_start(box):
        fill = line = anchor_fill(colours)
    fill = difference_fill(drawn, box, colours) or fill
    style = {"color": line, "width": 1}
    if kind in ("exit", "entry"):
        style["dash"] = "3px,3px"
    path = rounded(box.x, box.y, box.width, box.height, 5)
    return [{"type": "path", "layer": "below", "path": path, "fillcolor": fill, "line": style}]


def _box_text(drawn: Drawing, box: Box, colours: Palette) -> list[dict[str, Any]]:
    kind = box.key[1]
    ink = "#ffffff" if is_start(box) else colours.ink if kind in ("item", "anchor") else colours.ink_soft
    soft = "#ffffff" if is_start(box) else colours.ink_soft
    name, inner = drawn.title(box.key), box.width - 20
    if box.height >= TALL:
        lines = two_lines(name, inner, 13) if box.height >= ROOMY else [fit(name, inner, 13)]
        top = box.y + box.height / 2 - 9 * len(lines)
        texts = [_text(box.x + 10, top + 18 * i, line, 13, ink, "left") for i, line in enumerate(lines)]
        below = " · ".join(filter(None, (drawn.number(box), drawn.share(box))))
        return [*texts, _text(box.x + 10, top + 18 * len(lines), fit(below, inner, 12), 12, soft, "left")]
    number = drawn.number(box, short=True)
    left, middle = inner - text_width(number, 12) - 8, box.y + box.height / 2
    return [
        _text(box.x + 10, middle, fit(name, left, 12), 12, ink, "left"),
        _text(box.x + box.width - 10, middle, number, 12, soft, "right"),
    ]


def two_lines(text: str, width: float, size: float) -> list[str]:
    """The text on one line where it fits, else broken once at a space."""
    if text_width(text, size) <= width or " " not in text:
        return [fit(text, width, size)]
    words = text.split(" ")
    cut = max((i for i in range(1, len(words)) if text_width(" ".join(words[:i]), size) <= width), default=1)
    return [fit(" ".join(words[:cut]), width, size), fit(" ".join(words[cut:]), width, size)]


def _text(x: float, y: float, text: str, size: int, colour: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "text": escape(text, quote=False),
        "showarrow": False,
        "xanchor": anchor,
        "yanchor": "middle",
        "font": {"size": size, "color": colour},
        "captureevents": False,
    }


def _heads(drawn: Drawing, colours: Palette) -> list[dict[str, Any]]:
    seen: dict[int, Box] = {}
    for box in drawn.layout.boxes.values():
        seen.setdefault(box.key[0], box)
    return [
        _text(box.x, 16, fit(column_title(number), box.width, 12), 12, colours.ink_faint, "left")
        for number, box in seen.items()
        if not box.hidden
    ]


def _points(drawn: Drawing) -> go.Bar:
    """Invisible bars over the boxes, which tell more under the pointer."""
    container, shown = drawn.result.spec.container, list(drawn.layout.boxes.values())
    texts = []
    for box in shown:
        tip = box_tip(box, drawn.layout, drawn.scene, container, drawn.seconds.get(box.key))
        tip += versus_tip(drawn.versus, box) if drawn.versus else []
        head = f"<b>{escape(drawn.title(box.key), quote=False)}</b>"
        texts.append("<br>".join([head, *(escape(line, quote=False) for line in tip)]))
    return go.Bar(
        x=[box.x + box.width / 2 for box in shown],
        y=[box.height for box in shown],
        base=[box.y for box in shown],
        width=[box.width for box in shown],
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        hovertext=texts,
        hoverinfo="text",
    )
