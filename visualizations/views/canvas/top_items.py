"""Top items of a number shown in place: in a card, below its fallout, at an arrow; and where those stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.formats import count, percent
from visualizations.parts import opener
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH, CHIP, LABEL_WIDTH, Route
from visualizations.views.canvas.reading import Breakdown, Reading, items_height

BOX_WIDTH = 150
"""Of the top items at an arrow."""
LABEL_LINE = 17
APART, STEP, STEPS = 6, 6, 400
"""Least distance to a card or label; how far apart places are tried, and how many."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def top_items(
    found: Breakdown, target: Mapping[str, Any], place: Mapping[str, Any], *, className: str
) -> Component:
    """Top items of a number with a way to all of them; `place` says what the gesture takes them from."""
    label = str(target["title"])
    table = _button(
        "table-2",
        "Open as table",
        f"{label} by {found.label}: open as table",
        {"data-send": json.dumps({"kind": "breakdown-table", **target, "by": found.by})},
    )
    off = _button(
        "x",
        "Remove the breakdown",
        f"{label}: remove the breakdown",
        {"data-gesture": json.dumps({"kind": "breakdown", **place, "by": None})},
    )
    most = max((share or 0.0 for _, _, _, share in found.items), default=0.0) or 1.0
    rows = [_row(found, one, label, most) for one in found.items]
    nothing = html.Div(found.problem or "No value", className="item-row hint", title=found.problem)
    head = html.Div([html.Span(f"By {found.label.lower()}"), table, off], className="breakdown-head")
    return html.Div([head, *(rows or [nothing])], className=className)


def _button(icon: str, tip: str, words: str, does: dict[str, str]) -> Component:
    said = {"aria-label": words, "data-tip": tip}
    return html.Button(controls.icon(icon, 14), className="more", type="button", **does, **said)


def _row(found: Breakdown, one: tuple[str, str, float, float | None], label: str, most: float) -> Component:
    """One item: its name, a bar, and its count; opens its members."""
    kind, item, value, share = one
    bar = html.Span(
        html.Span(style={"width": f"{100 * (share or 0) / most:.1f}%"}),
        className="item-bar",
        **{"aria-hidden": "true"},
    )
    shown = [
        html.Span(item, className="item-name", title=item),
        bar,
        html.Span(count(value), className="item-count"),
    ]
    select = {"kind": kind, "item": item}
    tip = f"{item}: {count(value)}, {percent(share)} of {label}."
    title, more = f"{label}: {item}", {"question": found.question}
    return opener(shown, "items", select, "value", title=title, tip=tip, className="item-row", more=more)


# --- at arrows -----------------------------------------------------------------------------------------


def label_box(route: Route, reading: Reading) -> Box:
    """About where the label of an arrow stands."""
    ends = route.source, route.target
    arrow = next(a for a in reading.spec.arrows if (a.source, a.target) == ends)
    limited = bool(arrow.within or arrow.after or arrow.path == "next")
    shows = reading.setting("arrow_text", "both")
    lines = 2 * (shows != "values" and bool(arrow.label)) + (3 + limited) * (shows in ("values", "both"))
    height = LABEL_LINE * max(1, lines) + 7
    x, y = route.label_at
    y += route.edge - route.shift
    top = y - (height if route.shift < 0 else 0 if route.shift > 0 else height / 2)
    return x - LABEL_WIDTH / 2, top, x + LABEL_WIDTH / 2, top + height


def boxes(reading: Reading) -> dict[tuple[str, str], Box]:
    """Where the top items of arrows stand: as near to their label as no card, label or other box is met."""
    layout = reading.layout
    labels = {(route.source, route.target): label_box(route, reading) for route in layout.routes}
    taken = [
        (
            x - CARD_WIDTH / 2,
            y - CARD_HEIGHT / 2,
            x + CARD_WIDTH / 2,
            y + CARD_HEIGHT / 2 + CHIP + layout.tall.get(name, 0.0),
        )
        for name, (x, y) in layout.places.items()
    ]
    taken += labels.values()
    found: dict[tuple[str, str], Box] = {}
    for ends, found_items in reading.on_arrows.items():
        found[ends] = _free(labels[ends], items_height(found_items), taken)
        taken.append(found[ends])
    return found


def _free(label: Box, height: float, taken: list[Box]) -> Box:
    left = (label[0] + label[2] - BOX_WIDTH) / 2
    for i in range(STEPS):
        for top in (label[3] + APART + STEP * i, label[1] - APART - STEP * i - height):
            box = left, top, left + BOX_WIDTH, top + height
            if not any(_meet(box, other) for other in taken):
                return box
    return left, label[3] + APART, left + BOX_WIDTH, label[3] + APART + height


def _meet(a: Box, b: Box) -> bool:
    """Whether two boxes are nearer than they may be; a label's own box is exactly so near."""
    return a[0] < b[2] + APART and b[0] < a[2] + APART and a[1] < b[3] + APART and b[1] < a[3] + APART


def surrounding(reading: Reading) -> Box:
    """Left, top, right and bottom of everything drawn, top items of arrows included."""
    all_boxes = [reading.layout.box, *boxes(reading).values()]
    lefts, tops, rights, bottoms = zip(*all_boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
