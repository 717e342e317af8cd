"""The flow as boxes and bands: one unit is one pixel, labels stand inside boxes, never under bands."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations.base import Scene
from visualizations.formats import compact, count, fit, percent, text_width
from visualizations.theme import DARK, Palette, blended, faded, palette, pixel_axes, rounded, themed

HEAD, FOOT, SIDE = 40, 12, 2
SPACE = 8
"""Between the boxes of a column."""
LEAST = 24
"""Least height of a box: its label fits."""
BOX_SHARE = 0.6
WIDEST = 190.0
"""Of a box; drawings of few columns do not stretch."""
STRESSED = 2
"""How many of the strongest bands between two columns carry the accent."""
QUIET = ("other", "exit", "entry")

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Box:
    """One item of one column."""

    key: Key
    paths: int
    containers: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Band:
    """Paths from one box to a box of the next column."""

    row: dict[str, Any]
    source: Box
    target: Box
    top: float
    bottom_top: float
    thick: float


def _title(kind: str, item: Any) -> str:
    return (
        {"exit": "Exit", "entry": "Entry", "other": "Other"}.get(kind, str(item))
        if kind != "entry"
        else str(item)
    )


def scale_of(columns: list[list[dict[str, Any]]], room: float) -> float:
    """Pixels per path so that the fullest column fits the room, least heights included."""
    low, high = 0.0, room
    for _ in range(60):
        middle = (low + high) / 2
        tall = max(
            sum(max(LEAST, middle * row["paths"]) for row in column) + SPACE * (len(column) - 1)
            for column in columns
        )
        low, high = (middle, high) if tall <= room else (low, middle)
    return low


def boxes_of(result: Any, width: float, height: float) -> tuple[dict[Key, Box], float]:
    """Boxes by (column, kind, item), and pixels per path."""
    nodes = list(result.tables["nodes"].iter_rows(named=True))
    order = {"anchor": 0, "item": 1, "other": 2, "exit": 3, "entry": 3}
    numbers = sorted({row["column"] for row in nodes})
    columns = [
        sorted(
            (row for row in nodes if row["column"] == c),
            key=lambda row: (order[row["kind"]], -row["paths"], str(row["item"])),
        )
        for c in numbers
    ]
    if not columns:
        return {}, 1.0
    room = height - HEAD - FOOT
    scale = scale_of(columns, room)
    pitch = (width - 2 * SIDE) / (len(columns) - 1 + BOX_SHARE) if len(columns) > 1 else width
    wide = min(WIDEST, pitch * BOX_SHARE)
    if len(columns) > 1:
        pitch = min((width - 2 * SIDE - wide) / (len(columns) - 1), WIDEST * 2)
    boxes: dict[Key, Box] = {}
    for i, column in enumerate(columns):
        y = float(HEAD)
        for row in column:
            tall = max(float(LEAST), scale * row["paths"])
            key = row["column"], row["kind"], row["item"]
            boxes[key] = Box(key, row["paths"], row["containers"], SIDE + i * pitch, y, wide, tall)
            y += tall + SPACE
    return boxes, scale


def bands_of(result: Any, boxes: dict[Key, Box], scale: float) -> list[Band]:
    """Bands between boxes, stacked at both ends in the order of the boxes they meet."""
    rows = list(result.tables["links"].iter_rows(named=True))
    ends = [
        (
            boxes[r["column"], r["source_kind"], r["source"]],
            boxes[r["column"] + 1, r["target_kind"], r["target"]],
            r,
        )
        for r in rows
    ]
    leave: dict[Key, float] = defaultdict(float)
    arrive: dict[Key, float] = defaultdict(float)
    out_total: dict[Key, float] = defaultdict(float)
    in_total: dict[Key, float] = defaultdict(float)
    for a, b, row in ends:
        out_total[a.key] += scale * row["paths"]
        in_total[b.key] += scale * row["paths"]
    bands = []
    for a, b, row in sorted(ends, key=lambda end: (end[0].y, end[1].y)):
        thick = scale * row["paths"]
        top = a.y + (a.height - out_total[a.key]) / 2 + leave[a.key]
        into = b.y + (b.height - in_total[b.key]) / 2 + arrive[b.key]
        leave[a.key] += thick
        arrive[b.key] += thick
        bands.append(Band(row, a, b, top, into, thick))
    return bands


def _ribbon(band: Band) -> str:
    x0, x1 = band.source.x + band.source.width + 1, band.target.x - 1
    m, y0, y1, t = (x0 + x1) / 2, band.top, band.bottom_top, max(0.8, band.thick)
    return (
        f"M{x0:.1f},{y0:.1f} C{m:.1f},{y0:.1f} {m:.1f},{y1:.1f} {x1:.1f},{y1:.1f} L{x1:.1f},{y1 + t:.1f} "
        f"C{m:.1f},{y1 + t:.1f} {m:.1f},{y0 + t:.1f} {x0:.1f},{y0 + t:.1f} Z"
    )


def stressed(bands: list[Band]) -> set[int]:
    """Indices of the strongest bands between items, column by column."""
    chosen: set[int] = set()
    for column in {band.source.key[0] for band in bands}:
        between = [
            i
            for i, band in enumerate(bands)
            if band.source.key[0] == column and not {band.source.key[1], band.target.key[1]} & set(QUIET)
        ]
        chosen.update(sorted(between, key=lambda i: -bands[i].row["paths"])[:STRESSED])
    return chosen


def figure(result: Any, scene: Scene) -> go.Figure:
    """Boxes from left to right in time, bands as wide as the paths they carry."""
    colours, width, height = palette(scene.dark), float(scene.width), float(scene.height)
    boxes, scale = boxes_of(result, width, height)
    bands = bands_of(result, boxes, scale)
    strong = stressed(bands)
    groups: dict[str, list[str]] = {"quiet": [], "plain": [], "strong": []}
    for i, band in enumerate(bands):
        ends = {band.source.key[1], band.target.key[1]}
        groups["strong" if i in strong else "quiet" if ends & {"exit", "entry"} else "plain"].append(
            _ribbon(band)
        )
    alpha = {"quiet": 0.10, "plain": 0.17 if not scene.dark else 0.2, "strong": 0.42}
    base = {"quiet": colours.ink_faint, "plain": colours.ink_faint, "strong": colours.accent}
    shapes = [
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
    notes: list[dict[str, Any]] = []
    totals: dict[int, int] = defaultdict(int)
    for box in boxes.values():
        totals[box.key[0]] += box.paths
    for box in boxes.values():
        shapes.append(_box_shape(box, colours))
        notes += _box_text(box, totals[box.key[0]], colours)
    notes += _heads(result, boxes, colours)
    drawn = go.Figure(
        [
            _band_points(bands, scene, result.spec.container),
            _box_points(boxes, totals, scene, result.spec.container),
        ]
    )
    drawn.update_layout(shapes=shapes, annotations=notes)
    themed(drawn, scene.dark, width=scene.width, height=scene.height)
    return pixel_axes(drawn, width, height)


def _box_shape(box: Box, colours: Palette) -> dict[str, Any]:
    kind = box.key[1]
    fill = colours.accent_soft if kind in ("item", "anchor") else colours.neutral_soft
    line = colours.accent if kind == "anchor" else colours.line
    if is_start(box):
        fill = line = anchor_fill(colours)
    if kind in ("exit", "entry"):
        fill, line = colours.surface, colours.line_strong
    style = {"color": line, "width": 1}
    if kind in ("exit", "entry"):
        style["dash"] = "3px,3px"
    return {
        "type": "path",
        "layer": "below",
        "path": rounded(box.x, box.y, box.width, box.height, 5),
        "fillcolor": fill,
        "line": style,
    }


def is_start(box: Box) -> bool:
    """Whether this is the anchor itself, not an anchor that recurs further on."""
    return box.key[1] == "anchor" and box.key[0] == 0


def anchor_fill(colours: Palette) -> str:
    """The accent, deep enough for white text in both schemes."""
    return colours.accent if colours is not DARK else blended(colours.accent, colours.surface, 0.5)


def _box_text(box: Box, total: int, colours: Palette) -> list[dict[str, Any]]:
    _, kind, item = box.key
    ink = "#ffffff" if is_start(box) else colours.ink if kind in ("item", "anchor") else colours.ink_soft
    soft = "#ffffff" if is_start(box) else colours.ink_soft
    name, inner = _title(kind, item), box.width - 20
    middle = box.y + box.height / 2
    if box.height >= 42:
        share = f" · {percent(100 * box.paths / total)}" if total else ""
        lines = two_lines(name, inner, 13) if box.height >= 62 else [fit(name, inner, 13)]
        top = middle - 9 * len(lines)
        texts = [_text(box.x + 10, top + 18 * i, line, 13, ink, "left") for i, line in enumerate(lines)]
        below = fit(count(box.paths) + share, inner, 12)
        return [*texts, _text(box.x + 10, top + 18 * len(lines), below, 12, soft, "left")]
    number = compact(box.paths)
    left = inner - text_width(number, 12) - 8
    return [
        _text(box.x + 10, box.y + box.height / 2, fit(name, left, 12), 12, ink, "left"),
        _text(box.x + box.width - 10, box.y + box.height / 2, number, 12, soft, "right"),
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


def _heads(result: Any, boxes: dict[Key, Box], colours: Palette) -> list[dict[str, Any]]:
    seen: dict[int, Box] = {}
    for box in boxes.values():
        seen.setdefault(box.key[0], box)
    heads = []
    for number, box in seen.items():
        if number == 0:
            words = "Anchor"
        else:
            steps = "step" if abs(number) == 1 else "steps"
            words = f"{abs(number)} {steps} {'before' if number < 0 else 'after'}"
        heads.append(_text(box.x, 16, fit(words, box.width, 12), 12, colours.ink_faint, "left"))
    return heads


def _box_points(boxes: dict[Key, Box], totals: dict[int, int], scene: Scene, container: str) -> go.Bar:
    """Invisible bars over the boxes: they hover and click."""
    unit = scene.unit(container)
    texts, custom = [], []
    for box in boxes.values():
        column, kind, item = box.key
        share = percent(100 * box.paths / totals[column]) if totals[column] else "–"
        who = f"{count(box.containers)} {unit.of(box.containers)}"
        title = escape(_title(kind, item), quote=False)
        texts.append(f"<b>{title}</b><br>{count(box.paths)} paths, {share} of this column<br>{who}")
        select = {"column": column, "kind": kind, "item": item}
        custom.append(
            json.dumps(
                {"table": "nodes", "select": select, "measure": "containers", "title": _title(kind, item)}
            )
        )
    shown = list(boxes.values())
    return go.Bar(
        x=[box.x + box.width / 2 for box in shown],
        y=[box.height for box in shown],
        base=[box.y for box in shown],
        width=[box.width for box in shown],
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        customdata=custom,
        hovertext=texts,
        hoverinfo="text",
    )


def _band_points(bands: list[Band], scene: Scene, container: str) -> go.Scatter:
    """Invisible marks along each band: they hover and click."""
    unit = scene.unit(container)
    xs, ys, texts, custom, sizes = [], [], [], [], []
    for band in bands:
        if band.thick < 1.5:
            continue
        source, target = _title(*band.source.key[1:]), _title(*band.target.key[1:])
        share = percent(100 * band.row["paths"] / band.source.paths) if band.source.paths else "–"
        who = f"{count(band.row['containers'])} {unit.of(band.row['containers'])}"
        way, start = escape(f"{source} → {target}", quote=False), escape(source, quote=False)
        said = f"<b>{way}</b><br>{count(band.row['paths'])} paths, {share} of {start}<br>{who}"
        select = {key: band.row[key] for key in ("column", "source_kind", "source", "target_kind", "target")}
        data = json.dumps(
            {"table": "links", "select": select, "measure": "containers", "title": f"{source} → {target}"}
        )
        x0, x1 = band.source.x + band.source.width, band.target.x
        for t in (0.2, 0.4, 0.6, 0.8):
            ease = t * t * (3 - 2 * t)
            xs.append(x0 + t * (x1 - x0))
            ys.append(band.top + ease * (band.bottom_top - band.top) + band.thick / 2)
            texts.append(said)
            custom.append(data)
            sizes.append(min(28.0, max(7.0, band.thick * 0.8)))
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers",
        marker={"size": sizes, "opacity": 0},
        customdata=custom,
        hovertext=texts,
        hoverinfo="text",
    )
