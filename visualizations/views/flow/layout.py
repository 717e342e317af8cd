"""Where the boxes and bands of a flow stand: one unit is one pixel, time runs to the right.

A box is one item of one column, as high as the paths (or distinct containers) it holds; a band is as thick as
what it carries. Hidden columns shrink to a strip, so that bands still lead through them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

HEAD, FOOT, SIDE = 40, 12, 2
SPACE = 8
"""Between the boxes of a column."""
LEAST, TALL = 24, 40
"""Least height of a box, whose label fits on one line; and of one that holds two lines."""
ROOMY = 62
"""Height of a box whose name may take two lines."""
BOX_SHARE = 0.6
WIDEST, NARROWEST = 190.0, 130.0
"""Of a box; drawings of few columns do not stretch, those of many scroll."""
LEAST_GAP = 36.0
STRIP = 12.0
"""Width of a hidden column."""
STRESSED = 2
"""How many of the strongest bands between two columns carry the accent."""
QUIET = ("other", "exit", "entry")
ORDER = {"anchor": 0, "item": 1, "other": 2, "exit": 3, "entry": 3}

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Box:
    """One item of one column; `value` is what its height shows."""

    key: Key
    row: dict[str, Any]
    value: int
    x: float
    y: float
    width: float
    height: float
    hidden: bool = False

    @property
    def paths(self) -> int:
        """Paths through it."""
        return int(self.row["paths"])

    @property
    def containers(self) -> int:
        """Distinct containers of these paths."""
        return int(self.row["containers"])


@dataclass(frozen=True)
class Band:
    """What goes from one box to a box of the next column."""

    row: dict[str, Any]
    source: Box
    target: Box
    top: float
    bottom_top: float
    thick: float
    """Where it leaves."""
    thick_end: float
    """Where it arrives; less where many containers share a box."""

    @property
    def key(self) -> tuple[Key, Key]:
        """Both ends."""
        return self.source.key, self.target.key


@dataclass(frozen=True)
class Layout:
    """Boxes by key, bands, and how wide the drawing is."""

    boxes: dict[Key, Box]
    bands: list[Band]
    width: float
    totals: dict[int, int]
    """Paths per column, ends included."""


def least_width(columns: int, hidden: int = 0) -> float:
    """Pixels below which a drawing of so many columns would be cramped."""
    return 2 * SIDE + (columns - hidden) * NARROWEST + hidden * STRIP + (columns - 1) * LEAST_GAP


def scale_of(columns: list[list[dict[str, Any]]], room: float, unit: str = "paths") -> float:
    """Pixels per path so that the fullest column fits the room, least heights included."""
    low, high = 0.0, room
    for _ in range(60):
        middle = (low + high) / 2
        tall = max(
            sum(max(LEAST, middle * row[unit]) for row in column) + SPACE * (len(column) - 1)
            for column in columns
        )
        low, high = (middle, high) if tall <= room else (low, middle)
    return low


def lay_out(
    result: Any, width: float, height: float, *, unit: str = "paths", hidden: Collection[int] = ()
) -> Layout:
    """Boxes and bands of an answer in a room; wider than asked where it would be cramped."""
    nodes = list(result.tables["nodes"].iter_rows(named=True))
    numbers = sorted({row["column"] for row in nodes})
    if not numbers:
        return Layout({}, [], width, {})
    columns = [
        sorted(
            (row for row in nodes if row["column"] == number),
            key=lambda row: (ORDER[row["kind"]], -row[unit], str(row["item"])),
        )
        for number in numbers
    ]
    scale = scale_of(columns, height - HEAD - FOOT, unit)
    places, width = _places(numbers, {n for n in hidden if n != 0}, width)
    boxes: dict[Key, Box] = {}
    for number, column in zip(numbers, columns, strict=True):
        x, wide, strip = places[number]
        y = float(HEAD)
        for row in column:
            key = row["column"], row["kind"], row["item"]
            tall = max(float(LEAST), scale * row[unit])
            boxes[key] = Box(key, row, row[unit], x, y, wide, tall, strip)
            y += tall + SPACE
    totals: dict[int, int] = defaultdict(int)
    for row in nodes:
        totals[row["column"]] += row["paths"]
    return Layout(boxes, _bands(result, boxes, scale, unit), width, dict(totals))


def _places(
    numbers: list[int], hidden: set[int], width: float
) -> tuple[dict[int, tuple[float, float, bool]], float]:
    """Left edge, width and whether it is hidden, by column; and the width of the drawing."""
    strips, gaps = len(hidden & set(numbers)), len(numbers) - 1
    shown = len(numbers) - strips
    width = max(width, least_width(len(numbers), strips))
    room, ratio = width - 2 * SIDE - strips * STRIP, BOX_SHARE / (1 - BOX_SHARE)
    gap = room / (shown * ratio + gaps) if gaps else room
    wide = min(WIDEST, max(NARROWEST, ratio * gap))
    if gaps:
        gap = min(max(LEAST_GAP, (room - shown * wide) / gaps), WIDEST)
    places, x = {}, float(SIDE)
    for number in numbers:
        own = STRIP if number in hidden else wide
        places[number] = (x, own, number in hidden)
        x += own + gap
    return places, width


def ends(row: dict[str, Any]) -> tuple[Key, Key]:
    """Both boxes of a link."""
    return (
        (row["column"], row["source_kind"], row["source"]),
        (row["column"] + 1, row["target_kind"], row["target"]),
    )


def _bands(result: Any, boxes: dict[Key, Box], scale: float, unit: str) -> list[Band]:
    """Bands between boxes, stacked at both ends in the order of the boxes they meet."""
    found = [(*ends(row), row) for row in result.tables["links"].iter_rows(named=True)]
    out_total: dict[Key, float] = defaultdict(float)
    in_total: dict[Key, float] = defaultdict(float)
    for source, target, row in found:
        out_total[source] += scale * row[unit]
        in_total[target] += scale * row[unit]
    leave: dict[Key, float] = defaultdict(float)
    arrive: dict[Key, float] = defaultdict(float)
    bands = []
    for source, target, row in sorted(found, key=lambda end: (boxes[end[0]].y, boxes[end[1]].y)):
        a, b = boxes[source], boxes[target]
        thick = scale * row[unit] * min(1.0, a.height / max(out_total[source], 1e-9))
        thick_end = scale * row[unit] * min(1.0, b.height / max(in_total[target], 1e-9))
        top = a.y + max(0.0, (a.height - out_total[source]) / 2) + leave[source]
        into = b.y + max(0.0, (b.height - in_total[target]) / 2) + arrive[target]
        leave[source] += thick
        arrive[target] += thick_end
        bands.append(Band(row, a, b, top, into, thick, thick_end))
    return bands


def ribbon(band: Band, share: float = 1.0) -> str:
    """SVG path of a band, or of the upper share of it."""
    x0, x1 = band.source.x + band.source.width + 1, band.target.x - 1
    m, y0, y1 = (x0 + x1) / 2, band.top, band.bottom_top
    t0, t1 = max(0.8, band.thick * share), max(0.8, band.thick_end * share)
    return (
        f"M{x0:.1f},{y0:.1f} C{m:.1f},{y0:.1f} {m:.1f},{y1:.1f} {x1:.1f},{y1:.1f} L{x1:.1f},{y1 + t1:.1f} "
        f"C{m:.1f},{y1 + t1:.1f} {m:.1f},{y0 + t0:.1f} {x0:.1f},{y0 + t0:.1f} Z"
    )


def way(band: Band, share: float) -> tuple[float, float]:
    """The middle of a band, so far along it (0 to 1)."""
    x0, x1 = band.source.x + band.source.width + 1, band.target.x - 1
    y0, y1 = band.top + band.thick / 2, band.bottom_top + band.thick_end / 2
    back = 1 - share
    early = back**3 + 3 * back**2 * share
    middle = (x0 + x1) / 2 * 3 * back * share
    return back**3 * x0 + middle + share**3 * x1, early * y0 + (1 - early) * y1


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
