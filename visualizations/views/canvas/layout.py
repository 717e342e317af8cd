"""Where cards, arrows and their labels stand: pure geometry, one unit is one pixel at 100 % zoom.

Checkpoints are put in ranks from left to right by their longest way from a start. Arrows over several ranks
pass through a lane of their own, so that they cross no card. Labels stand beside or on their arrow, where
they touch neither a card nor another label.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CARD_WIDTH, CARD_HEIGHT = 200, 84
GAP = 84
"""Between the cards of neighbouring ranks: room for an arrow's label."""
CHIP = 30
"""Below a card: room for its fallout."""
ROW = CARD_HEIGHT + CHIP + 34
LANE = 92
SCREEN = (1060.0, 600.0)
"""Room for a drawing beside the palette on a screen of 1440 x 900."""
READABLE = 0.72
"""Zoom from which a drawing is left on one line."""
MOST_ROWS = 3
TURN, OUT, BETWEEN = 130, 84, 40
"""From row to row of a long journey: the whole way, down to the lane of the first arrow, lane to lane."""
LABEL_WIDTH, LABEL_HEIGHT = 72, 58
BESIDE = 39
"""From an arrow to the middle of a label that stands beside it, so that the arrow stays in sight."""
_PLACES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78)

Point = tuple[float, float]


@dataclass(frozen=True)
class Route:
    """An arrow: quadratic curves along control points, and the place of its label on it."""

    source: str
    target: str
    start: Point
    end: Point
    controls: tuple[Point, ...]
    lane: float | None
    place: float
    shift: float
    """From the curve up (negative) or down to the middle of the label."""

    @property
    def label_at(self) -> Point:
        """Centre of the label."""
        x, y = along(self.start, self.controls, self.end, self.place)
        return x, y + self.shift

    @property
    def edge(self) -> float:
        """`shift` of the edge of the label that faces the arrow: labels of any height keep their distance."""
        return self.shift - (0.0 if not self.shift else math.copysign(LABEL_HEIGHT / 2, self.shift))

    @property
    def path(self) -> str:
        """The curve as an SVG path."""
        parts = [f"M{self.start[0]:.1f},{self.start[1]:.1f}"]
        for _, control, to in segments(self.start, self.controls, self.end):
            parts.append(f"Q{control[0]:.1f},{control[1]:.1f} {to[0]:.1f},{to[1]:.1f}")
        return " ".join(parts)


@dataclass(frozen=True)
class Layout:
    """Card centres by checkpoint, and the arrows between them."""

    places: dict[str, Point]
    routes: tuple[Route, ...]
    tall: Mapping[str, float] = field(default_factory=dict)
    """Checkpoint → pixels that its card and what hangs below it reach further down than usual."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything drawn."""
        xs = [x for x, _ in self.places.values()] or [0.0]
        ys = [y for _, y in self.places.values()] or [0.0]
        lanes = [route.lane for route in self.routes if route.lane is not None]
        labels = [route.label_at[1] for route in self.routes]
        top = min([*(y - CARD_HEIGHT / 2 for y in ys), *lanes, *(y - LABEL_HEIGHT / 2 for y in labels)])
        cards = [
            y + CARD_HEIGHT / 2 + CHIP + self.tall.get(name, 0.0) for name, (_, y) in self.places.items()
        ]
        bottom = max([*cards, *lanes, *(y + LABEL_HEIGHT / 2 for y in labels)], default=CARD_HEIGHT)
        turns = GAP / 2 if any(route.end[0] < route.start[0] for route in self.routes) else 0.0
        return min(xs) - CARD_WIDTH / 2 - turns, top, max(xs) + CARD_WIDTH / 2 + turns, bottom


def segments(start: Point, controls: Sequence[Point], end: Point) -> list[tuple[Point, Point, Point]]:
    """(from, control, to) of each quadratic piece; pieces join halfway between controls."""
    pieces, here = [], start
    for i, control in enumerate(controls):
        there = end if i == len(controls) - 1 else middle(control, controls[i + 1])
        pieces.append((here, control, there))
        here = there
    return pieces


def middle(a: Point, b: Point) -> Point:
    """Halfway between two points."""
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def along(start: Point, controls: Sequence[Point], end: Point, share: float) -> Point:
    """The point at a share (0 to 1) of the way along the pieces."""
    pieces = segments(start, controls, end)
    scaled = min(share * len(pieces), len(pieces) - 1e-9)
    a, b, c = pieces[int(scaled)]
    t = scaled - int(scaled)
    x, y = ((1 - t) ** 2 * a[k] + 2 * t * (1 - t) * b[k] + t * t * c[k] for k in (0, 1))
    return x, y


def curve(start: Point, end: Point, lane: float | None) -> tuple[Point, ...]:
    """Control points of an arrow; the same in `assets/50-canvas.js`."""
    (x0, y0), (x1, y1) = start, end
    if lane is None:
        reach = max(abs(x1 - x0) / 2, 40)
        return (x0 + reach, y0), (x1 - reach, y1)
    turn = GAP * 0.5
    if x1 < x0:
        there, here = x0 + turn, x1 - turn
        along_lane = ((there, lane), (x0 - turn, lane), (x1 + turn, lane), (here, lane))
        return (there, y0), *along_lane, (here, y1)
    return (x0 + turn, y0), (x0 + turn * 1.25, lane), (x1 - turn * 1.25, lane), (x1 - turn, y1)


def ranks(nodes: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Longest way from a start, per checkpoint."""
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for source, target in arrows:
            rank[target] = max(rank[target], rank[source] + 1)
    return rank


def arrange(
    nodes: Sequence[str],
    arrows: Sequence[tuple[str, str]],
    fixed: dict[str, Point] | None = None,
    tall: Mapping[str, float] | None = None,
) -> Layout:
    """Places of all checkpoints and arrows; `fixed` places are kept, `tall` cards get more room."""
    more, kept = tall or {}, fixed or {}
    if not nodes:
        return Layout({}, ())
    rank = ranks(nodes, arrows)
    columns = _columns(nodes, arrows, rank)
    length = _row_length(columns, more)
    places, lanes = _grid(columns, arrows, rank, length, more)
    places.update(kept)
    outgoing, incoming = [source for source, _ in arrows], [target for _, target in arrows]
    routes: list[Route] = []
    taken: list[Point] = []
    for source, target in arrows:
        lane = lanes.get((source, target))
        if {source, target} & kept.keys():
            lane = _detour(source, target, places)
        fans = outgoing.count(source) > 1, incoming.count(target) > 1
        routes.append(_route(source, target, places, lane, taken, fans))
        taken.append(routes[-1].label_at)
    return Layout(places, tuple(routes), more)


def _row_length(columns: list[list[str]], more: Mapping[str, float]) -> int:
    """Ranks in a row: all, or fewer where a long journey would be too small to read on one line."""
    best, chosen = 0.0, len(columns)
    for rows in range(1, MOST_ROWS + 1):
        length = math.ceil(len(columns) / rows)
        wide = length * (CARD_WIDTH + GAP) - GAP + (GAP if rows > 1 else 0)
        cut = [columns[at : at + length] for at in range(0, len(columns), length)]
        high = sum(max(_height(column, more) for column in row) for row in cut) + (len(cut) - 1) * TURN
        zoom = min(1.0, SCREEN[0] / wide, SCREEN[1] / high)
        if best < READABLE and zoom > 1.2 * best:
            best, chosen = zoom, length
    return chosen


def _height(column: Sequence[str], more: Mapping[str, float]) -> float:
    return len(column) * ROW + sum(more.get(name, 0.0) for name in column)


def _grid(
    columns: list[list[str]],
    arrows: Sequence[tuple[str, str]],
    rank: dict[str, int],
    length: int,
    more: Mapping[str, float],
) -> tuple[dict[str, Point], dict[tuple[str, str], float]]:
    """Cards row by row, each from left to right, and the lanes of arrows that pass cards or change rows."""
    places: dict[str, Point] = {}
    lanes: dict[tuple[str, str], float] = {}
    below = 0.0
    for first in range(0, len(columns), length):
        row = columns[first : first + length]
        within = {
            name: (at * float(CARD_WIDTH + GAP), y)
            for at, part in enumerate(row)
            for name, y in _stack(part, more)
        }
        own = _lanes([ends for ends in arrows if within.keys() >= set(ends)], rank, within, more)
        top = min(
            [
                *(y - CARD_HEIGHT / 2 for _, y in within.values()),
                *(lane - LABEL_HEIGHT for lane in own.values()),
            ]
        )
        down = 0.0 if not first else below + TURN - top
        places |= {name: (x, y + down) for name, (x, y) in within.items()}
        lanes |= {ends: lane + down for ends, lane in own.items()}
        cards = [places[name][1] + CARD_HEIGHT / 2 + CHIP + more.get(name, 0.0) for name in within]
        below = max([*cards, *(lanes[ends] + LABEL_HEIGHT for ends in own)])
        leaving = [(s, t) for s, t in arrows if s in within and rank[t] >= first + length]
        lanes |= {ends: below + OUT + BETWEEN * at for at, ends in enumerate(leaving)}
        below += BETWEEN * max(0, len(leaving) - 1)
    return places, lanes


def _stack(column: Sequence[str], more: Mapping[str, float]) -> list[tuple[str, float]]:
    """Cards of one rank with the heights of their centres, around 0."""
    y = -((len(column) - 1) * ROW + sum(more.get(name, 0.0) for name in column[:-1])) / 2
    stacked = []
    for name in column:
        stacked.append((name, y))
        y += ROW + more.get(name, 0.0)
    return stacked


def _detour(source: str, target: str, places: Mapping[str, Point]) -> float | None:
    """Height of the lane on which an arrow passes what stands in its way; None where nothing does."""
    (x0, y0), (x1, y1) = places[source], places[target]
    start, end = (x0 + CARD_WIDTH / 2, y0), (x1 - CARD_WIDTH / 2, y1)
    if end[0] < start[0]:
        if abs(y1 - y0) <= CARD_HEIGHT + CHIP:
            return min(y0, y1) - CARD_HEIGHT / 2 - 0.6 * LANE
        return (y0 + y1) / 2 + (CHIP / 2 if y1 > y0 else -CHIP / 2)
    controls = curve(start, end, None)
    way = [along(start, controls, end, step / 24) for step in range(1, 24)]
    hit = [
        cy
        for name, (cx, cy) in places.items()
        if name not in (source, target)
        and any(abs(x - cx) < CARD_WIDTH / 2 + 6 and abs(y - cy) < CARD_HEIGHT / 2 + 6 for x, y in way)
    ]
    return min(hit) - CARD_HEIGHT / 2 - 0.6 * LANE if hit else None


def _columns(
    nodes: Sequence[str], arrows: Sequence[tuple[str, str]], rank: dict[str, int]
) -> list[list[str]]:
    """Checkpoints per rank, ordered so that neighbours stand near each other."""
    columns: list[list[str]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for name in nodes:
        columns[rank[name]].append(name)
    order = {name: float(i) for column in columns for i, name in enumerate(column)}
    for _ in range(2):
        for pairs, swept in ((arrows, columns[1:]), ([(t, s) for s, t in arrows], columns[-2::-1])):
            for column in swept:
                pull = {name: [order[a] for a, b in pairs if b == name] for name in column}
                means = {name: sum(p) / len(p) if p else order[name] for name, p in pull.items()}
                column.sort(key=means.__getitem__)
                order.update({name: float(i) for i, name in enumerate(column)})
    return columns


def _lanes(
    arrows: Sequence[tuple[str, str]],
    rank: dict[str, int],
    places: dict[str, Point],
    more: Mapping[str, float],
) -> dict[tuple[str, str], float]:
    """Height of the lane of each arrow that passes ranks: around their cards, wider arrows further out.

    Arrows that end lower than what they pass go below, all others above.
    """
    long = sorted((rank[t] - rank[s], i, s, t) for i, (s, t) in enumerate(arrows) if rank[t] - rank[s] > 1)
    used: list[tuple[bool, int, int, int]] = []
    lanes = {}
    for _, _, source, target in long:
        first, last = rank[source] + 1, rank[target] - 1
        passed = {name: y for name, (_, y) in places.items() if first <= rank[name] <= last}
        low = places[target][1] > max(passed.values(), default=0.0)
        levels = [level for side, a, b, level in used if side == low and a <= last and first <= b]
        level = 1 + max(levels, default=-1)
        used.append((low, first, last, level))
        if low:
            under = max(y + CARD_HEIGHT / 2 + CHIP + more.get(name, 0.0) for name, y in passed.items())
            lanes[source, target] = under + (level + 0.25) * LANE
        else:
            lanes[source, target] = min(passed.values(), default=0.0) - CARD_HEIGHT / 2 - (level + 0.6) * LANE
    return lanes


def _route(
    source: str,
    target: str,
    places: dict[str, Point],
    lane: float | None,
    taken: list[Point],
    fans: tuple[bool, bool],
) -> Route:
    start = places[source][0] + CARD_WIDTH / 2, places[source][1]
    end = places[target][0] - CARD_WIDTH / 2, places[target][1]
    controls = curve(start, end, lane)
    for place, shift in _label_places(start, end, lane, fans):
        x, y = along(start, controls, end, place)
        if _is_free((x, y + shift), places, taken):
            return Route(source, target, start, end, controls, lane, place, shift)
    return Route(source, target, start, end, controls, lane, 0.5, 0.0)


def _label_places(
    start: Point, end: Point, lane: float | None, fans: tuple[bool, bool]
) -> list[tuple[float, float]]:
    """(place on the curve, shift) to try, best first: beside the arrow, at its lonelier end, else on it.

    `fans`: whether other arrows leave the source, and whether others reach the target.
    """
    rise = end[1] - start[1]
    on_it = [(place, 0.0) for place in _PLACES]
    if lane is not None:
        outer = BESIDE if end[0] > start[0] and lane > start[1] else -BESIDE
        return [(0.5, outer), (0.5, -outer), *on_it]
    if abs(rise) < 12:
        return [(0.5, -BESIDE), (0.5, BESIDE), *on_it]
    if all(fans):
        return on_it
    sign = 1 if rise > 0 else -1
    beside = -rise / 2 - sign * BESIDE if fans[1] else rise / 2 + sign * BESIDE
    return [(0.5, beside), *on_it]


def _is_free(label: Point, places: dict[str, Point], taken: list[Point]) -> bool:
    x, y = label
    on_card = any(
        abs(x - cx) < (CARD_WIDTH + LABEL_WIDTH) / 2 and abs(y - cy) < (CARD_HEIGHT + LABEL_HEIGHT) / 2
        for cx, cy in places.values()
    )
    on_label = any(abs(x - tx) < LABEL_WIDTH and abs(y - ty) < LABEL_HEIGHT + 4 for tx, ty in taken)
    return not (on_card or on_label)
