"""Circles that overlap: up to three sets as SVG whose regions open the members in exactly these sets.

Of two circles areas are proportional to sizes, and so is what they share; a very small circle is drawn larger
than that, with its shared part still in proportion. Three circles are equal: no three circles fit any three
sizes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from visualizations import markup
from visualizations.formats import count, fit, text_width

LETTERS = "ABC"
WIDE, TOP = 560, 46
"""Width of the picture and room for the names above the circles, in pixels."""
LARGEST, SMALLEST, GAP = 118.0, 24.0, 26.0
"""Greatest and least radius, and the space between circles that share nothing."""
NUMBER = 16.0
"""Font size of a region's number where there is room for it."""

Inside = tuple[int, ...]
"""The places of the sets whose members a region holds."""


@dataclass(frozen=True)
class Circle:
    """A set in the picture."""

    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Region:
    """Those in exactly some of the sets."""

    inside: Inside
    size: int


@dataclass(frozen=True)
class Label:
    """Where the number of a region stands; `room` is the width there, `beside` a place outside."""

    x: float
    y: float
    room: float
    beside: tuple[float, float] | None = None


def words(inside: Inside, sets: int) -> str:
    """A region in words.

    >>> words((0,), 2), words((0, 1), 2), words((0, 2), 3), words((0, 1, 2), 3), words((0,), 1)
    ('Only in A', 'In both', 'In A and C, not in B', 'In all three', 'In A')
    """
    letters = [LETTERS[place] for place in inside]
    if len(inside) == sets:
        return {1: "In A", 2: "In both", 3: "In all three"}[sets]
    if len(inside) == 1:
        return f"Only in {letters[0]}"
    out = [LETTERS[place] for place in range(sets) if place not in inside]
    return f"In {' and '.join(letters)}, not in {out[0]}"


def lens(a: float, b: float, distance: float) -> float:
    """Area that two circles with radii `a` and `b` share.

    >>> lens(1, 1, 2), round(lens(2, 1, 0.5) / math.pi, 6), round(lens(1, 1, 1), 4)
    (0.0, 1.0, 1.2284)
    """
    if distance >= a + b:
        return 0.0
    if distance <= abs(a - b):
        return math.pi * min(a, b) ** 2
    at_a = math.acos((distance**2 + a**2 - b**2) / (2 * distance * a))
    at_b = math.acos((distance**2 + b**2 - a**2) / (2 * distance * b))
    kite = (a + b - distance) * (distance + a - b) * (distance - a + b) * (distance + a + b)
    return a**2 * at_a + b**2 * at_b - math.sqrt(max(kite, 0.0)) / 2


def distance(a: float, b: float, share: float) -> float:
    """How far apart two circles stand that share a part (0 to 1) of the smaller one."""
    if share <= 0:
        return a + b + GAP
    low, high = abs(a - b), a + b
    if share >= 1:
        return low
    wanted = share * math.pi * min(a, b) ** 2
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if lens(a, b, middle) > wanted else (low, middle)
    return (low + high) / 2


def two(sizes: Sequence[int], shared: int) -> list[Circle]:
    """Two circles side by side in the middle of the picture."""
    most = max(*sizes, 1)
    radii = [max(LARGEST * math.sqrt(size / most), SMALLEST) for size in sizes]
    apart = distance(radii[0], radii[1], shared / min(sizes) if min(sizes) else 0)
    left = min(-radii[0], apart - radii[1])
    right = max(radii[0], apart + radii[1])
    shrink = min(1.0, (WIDE - 40) / (right - left))
    first = WIDE / 2 - (left + right) / 2 * shrink
    y = TOP + LARGEST + 4
    return [
        Circle(first, y, radii[0] * shrink),
        Circle(first + apart * shrink, y, radii[1] * shrink),
    ]


def three() -> list[Circle]:
    """Three equal circles, each overlapping both others."""
    x, y, side = WIDE / 2, TOP + LARGEST + 62, 132.0
    high = side / math.sqrt(3)
    return [
        Circle(x - side / 2, y - high / 2, LARGEST - 6),
        Circle(x + side / 2, y - high / 2, LARGEST - 6),
        Circle(x, y + high, LARGEST - 6),
    ]


def circles(regions: Sequence[Region], sets: int) -> list[Circle]:
    """The circles of one to three sets."""
    if sets == 3:
        return three()
    sizes = [sum(one.size for one in regions if place in one.inside) for place in range(sets)]
    if sets == 1:
        return [Circle(WIDE / 2, TOP + LARGEST + 4, LARGEST)]
    return two(sizes, sum(one.size for one in regions if len(one.inside) == 2))


def label(inside: Inside, drawn: Sequence[Circle]) -> Label:
    """Where the number of a region stands."""
    if len(drawn) == 3:
        return _of_three(inside, drawn)
    if len(drawn) == 1:
        return Label(drawn[0].x, drawn[0].y, 2 * drawn[0].r)
    a, b = drawn
    foot = max(one.y + one.r for one in drawn) + 24
    if len(inside) == 2:
        left, right = max(a.x - a.r, b.x - b.r), min(a.x + a.r, b.x + b.r)
        x = (left + right) / 2
        return Label(x, a.y, right - left, (x, foot))
    own, other = (a, b) if inside == (0,) else (b, a)
    sides = _free(own, other)
    left, right = max(sides, key=lambda side: side[1] - side[0])
    x = (left + right) / 2
    return Label(x, own.y, right - left, (x + (-46 if own is a else 46), foot))


def _free(own: Circle, other: Circle) -> list[tuple[float, float]]:
    """What the other circle leaves of the diameter of this one."""
    left, right = own.x - own.r, own.x + own.r
    return [(left, min(right, other.x - other.r)), (max(left, other.x + other.r), right)]


def _of_three(inside: Inside, drawn: Sequence[Circle]) -> Label:
    """Of three equal circles: away from the middle, by how many of them a region lies in."""
    x, y = (sum(getattr(one, axis) for one in drawn) / 3 for axis in ("x", "y"))
    chosen = [drawn[place] for place in inside]
    px, py = (sum(getattr(one, axis) for one in chosen) / len(chosen) for axis in ("x", "y"))
    far, room = {1: (1.72, 118.0), 2: (1.85, 64.0), 3: (1.0, 78.0)}[len(inside)]
    return Label(x + (px - x) * far, y + (py - y) * far, room)


def svg(regions: Sequence[Region], names: Sequence[str], unit: Callable[[int], str]) -> markup.Markup:
    """The picture; a click on a region asks for its members. The table beside it says the same.

    A part of two circles that nobody is in has no number; of three equal ones it has its 0.
    """
    drawn = circles(regions, len(names))
    labels = {one.inside: label(one.inside, drawn) for one in regions if _is_there(one, regions, len(drawn))}
    below = any(not _fits(one, labels[one.inside]) for one in regions if one.inside in labels)
    foot = max(one.y + one.r for one in drawn) + (58 if len(drawn) == 3 else 36 if below else 6)
    said = "; ".join(f"{words(one.inside, len(names))}: {count(one.size)}" for one in regions)
    parts: list[Any] = [markup.tag("defs", [_clip(i, one) for i, one in enumerate(drawn)])]
    for region in sorted(regions, key=lambda one: len(one.inside)):
        parts.append(_area(region, drawn, unit))
    parts += [_outline(i, one) for i, one in enumerate(drawn)]
    parts += [_number(one, labels[one.inside]) for one in regions if one.inside in labels]
    parts += [_name(place, name, drawn, foot, regions) for place, name in enumerate(names)]
    return markup.tag(
        "svg",
        parts,
        viewBox=f"0 0 {WIDE} {foot:.0f}",
        role="img",
        aria_label=said,
        class_="venn",
    )


def _is_there(region: Region, regions: Sequence[Region], sets: int) -> bool:
    """Whether a region has a number: of two circles those with members, and the whole of an empty set."""
    of_set = [one.size for one in regions if region.inside[0] in one.inside]
    return bool(region.size) or sets == 3 or (len(region.inside) == 1 and not any(of_set))


def _fits(region: Region, at: Label) -> bool:
    """Whether the number stands inside of its region; of three circles it is made small enough."""
    return at.beside is None or text_width(count(region.size), NUMBER) + 8 <= at.room


def _clip(place: int, circle: Circle) -> markup.Markup:
    return markup.tag("clipPath", _circle(circle), id=f"venn-{place}")


def _circle(circle: Circle, **more: Any) -> markup.Markup:
    return markup.tag("circle", cx=f"{circle.x:.1f}", cy=f"{circle.y:.1f}", r=f"{circle.r:.1f}", **more)


def _area(region: Region, drawn: Sequence[Circle], unit: Callable[[int], str]) -> markup.Markup:
    """What several circles share, cut out of the last by the others; deeper regions are drawn over it."""
    *cutting, last = region.inside
    name = "".join(LETTERS[place].lower() for place in region.inside)
    shape = _circle(drawn[last], class_=f"venn-area venn-area-{name}")
    for place in cutting:
        shape = markup.tag("g", shape, clip_path=f"url(#venn-{place})")
    if not region.size:
        return shape
    told = f"{words(region.inside, len(drawn))}: {count(region.size)} {unit(region.size)}"
    asked = json.dumps({"kind": "segment-region", "inside": list(region.inside)})
    return markup.tag("g", shape, class_="venn-region", data_send=asked, data_tip=told)


def _outline(place: int, circle: Circle) -> markup.Markup:
    return _circle(circle, class_=f"venn-line venn-line-{LETTERS[place].lower()}")


def _number(region: Region, at: Label) -> markup.Markup:
    """The size of a region, inside of it where there is room, else beside the circles with a line to it."""
    told = count(region.size)
    wide = text_width(told, NUMBER) + 8
    if at.beside is None or _fits(region, at):
        size = NUMBER if wide <= at.room else max(9.0, NUMBER * at.room / wide)
        name = "venn-number" if region.size else "venn-number none"
        return _text(at.x, at.y + size / 3, told, name, f"font-size:{size:.1f}px")
    x, y = at.beside
    line = markup.tag(
        "line", x1=f"{at.x:.1f}", y1=f"{at.y:.1f}", x2=f"{x:.1f}", y2=f"{y - 14:.1f}", class_="venn-lead"
    )
    return markup.tag("g", line, _text(x, y, told, "venn-number", f"font-size:{NUMBER}px"))


def _name(
    place: int, name: str, drawn: Sequence[Circle], foot: float, regions: Sequence[Region]
) -> markup.Markup:
    """Letter, name and size of a set: above the picture, the third below it."""
    x, y, anchor = ((4, 16, "start"), (WIDE - 4, 16, "end"), (WIDE / 2, foot - 24, "middle"))[place]
    if len(drawn) == 1:
        x, anchor = WIDE / 2, "middle"
    size = sum(one.size for one in regions if place in one.inside)
    shown = f"{LETTERS[place]}  {fit(name, 236, 13)}"
    return markup.tag(
        "g",
        _text(x, y, shown, f"venn-name venn-name-{LETTERS[place].lower()}", "", anchor, title=name),
        _text(x, y + 17, count(size), "venn-size", "", anchor),
    )


def _text(
    x: float, y: float, words: str, name: str, style: str, anchor: str = "middle", title: str = ""
) -> markup.Markup:
    about = markup.tag("title", title) if title else None
    return markup.tag(
        "text", about, words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=name, style=style
    )
