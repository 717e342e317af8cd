"""The labels on the arrows of a canvas as HTML, and the arrows as cytoscape reads them."""

from __future__ import annotations

import json
import math
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.formats import compact, duration, limit, percent
from visualizations.parts import menu_button, opener
from visualizations.views.canvas import words as canvas_words
from visualizations.views.canvas.layout import Route
from visualizations.views.canvas.reading import Reading
from visualizations.views.canvas.top_items import Box, label_box, top_items


def stroke(value: float, most: float) -> float:
    """Width of an arrow in pixels, by its share of the most travelled one."""
    return 1.5 + 8.5 * math.sqrt(max(0.0, value) / most) ** 1.4 if most else 1.5


def widths(reading: Reading) -> dict[tuple[str, str], float]:
    """Width of each arrow; all alike where width says nothing or several segments share an arrow."""
    if reading.comparing or not reading.setting("arrow_width", True):
        return dict.fromkeys(reading.arrows, 2.0)
    values = {ends: float(rows[0]["value"] or 0) for ends, rows in reading.arrows.items()}
    most = max(values.values(), default=0.0)
    return {ends: stroke(value, most) for ends, value in values.items()}


def elements(reading: Reading) -> list[dict[str, Any]]:
    """Nodes and arrows as cytoscape reads them."""
    wide = widths(reading)
    drawn: list[dict[str, Any]] = [
        {"data": {"id": name}, "position": {"x": x, "y": y}} for name, (x, y) in reading.layout.places.items()
    ]
    for route in reading.layout.routes:
        data: dict[str, Any] = {
            "id": f"{route.source}→{route.target}",
            "source": route.source,
            "target": route.target,
            "w": round(wide.get((route.source, route.target), 2.0), 2),
            "place": route.place,
            "shift": round(route.edge, 1),
        }
        if reading.excluded(route.source) or reading.excluded(route.target):
            data.update({"out": 1, "w": 2.0})
        if route.lane is not None:
            data["lane"] = route.lane
        drawn.append({"data": data})
    return drawn


def limit_chip(arrow: Any) -> str:
    """`≤ 30 d`, `≥ 1 d`, `next`, or several: what an arrow asks beyond "later", short."""
    parts = [
        "next" if getattr(arrow, "path", "eventual") == "next" else "",
        f"≤ {limit(arrow.within)}" if arrow.within else "",
        f"≥ {limit(arrow.after)}" if arrow.after else "",
    ]
    return " ".join(part for part in parts if part)


def label(route: Route, reading: Reading, at: Box | None = None) -> Component:
    """What an arrow says: its name, who moved on, how fast, under which limits; `at`: its top items."""
    ends = route.source, route.target
    arrow = next(a for a in reading.spec.arrows if (a.source, a.target) == ends)
    row = reading.arrows[ends][0]
    names = reading.first(route.source)["label"], reading.first(route.target)["label"]
    title = f"{names[0]} → {names[1]}"
    select = {"source": ends[0], "target": ends[1]}
    if reading.comparing:
        select = {"segment": row["segment"], **select}
    target = {"table": "arrows", "select": select, "measure": "value", "title": title}
    by = {"breakdown": reading.on_arrows[ends].by} if ends in reading.on_arrows else {}
    context = json.dumps({**target, **by}, default=str)
    shows = reading.setting("arrow_text", "both")
    lines: list[Any] = []
    if shows in ("labels", "both") and arrow.label:
        lines.append(html.Span(arrow.label, className="arrow-name", title=arrow.label))
    if shows in ("values", "both"):
        lines += _values(reading, arrow, ends, title)
    menu = menu_button("arrows", select, "value", title, controls.icon("ellipsis", 14))
    x, y = route.label_at
    y += route.edge - route.shift
    side = " above" if route.shift < 0 else " below" if route.shift > 0 else ""
    box = html.Div(
        [*lines, menu],
        className="arrow-box" + (" bare" if not lines else " compared" if reading.comparing else ""),
    )
    items = [] if at is None else _items(route, reading, at, title)
    return html.Div(
        [box, *items],
        className="arrow-label" + side,
        style={"left": f"{x:.0f}px", "top": f"{y:.0f}px"},
        **{"data-arrow": f"{ends[0]}→{ends[1]}", "data-context": context},
    )


def _items(route: Route, reading: Reading, at: Box, title: str) -> list[Component]:
    """The top items of who moved on, and a line from them to the label."""
    ends, own = [route.source, route.target], label_box(route, reading)
    x, y = route.label_at
    y += route.edge - route.shift
    target = {"table": "arrows", "select": {"source": ends[0], "target": ends[1]}, "measure": "value"}
    shown = top_items(
        reading.on_arrows[ends[0], ends[1]],
        {**target, "title": title},
        {"arrow": ends},
        className="arrow-breakdown",
    )
    place = {
        "left": f"{at[0] - x:.0f}px",
        "top": f"{at[1] - y:.0f}px",
        "width": f"{at[2] - at[0]:.0f}px",
        "height": f"{at[3] - at[1]:.0f}px",
    }
    start, end = (own[3], at[1]) if at[1] >= own[3] else (at[3], own[1])
    line = {"top": f"{start - y:.0f}px", "height": f"{end - start:.0f}px"}
    return [
        html.Div(className="arrow-leader", style=line, **{"aria-hidden": "true"}),
        html.Div(shown, className="arrow-items", style=place),
    ]


def _values(reading: Reading, arrow: Any, ends: tuple[str, str], title: str) -> list[Any]:
    if reading.comparing:
        return [_compared(reading, ends, i, title) for i in range(len(reading.arrows[ends]))]
    row = reading.arrows[ends][0]
    nodes = {name: reading.first(name) for name in ends}
    free = reading.unlimited.get(ends)
    tip = canvas_words.arrow_sentence(row, nodes, arrow, reading.scene, reading.spec.container, free)
    inside: list[Any] = [
        html.Strong(compact(row["value"])),
        html.Span(percent(row["percent"]), className="label-share"),
    ]
    linked = controls.icon("link", 12) if arrow.same or getattr(arrow, "different", None) else None
    chip = limit_chip(arrow)
    mark = html.Span(className="limit-mark") if free is not None else None
    if row["median_seconds"] is not None or linked is not None:
        time = duration(row["median_seconds"]) if row["median_seconds"] is not None else None
        inside.append(html.Span([time, linked, None if chip else mark], className="label-time"))
    if chip:
        inside.append(html.Span([chip, mark], className="limit-chip"))
    select = {"source": ends[0], "target": ends[1]}
    return [opener(inside, "arrows", select, "value", title=title, tip=tip, className="arrow-button")]


def _compared(reading: Reading, ends: tuple[str, str], i: int, title: str) -> Component:
    """One compared segment on an arrow: its share, or its difference from the first."""
    row = reading.arrows[ends][i]
    gap = reading.gaps.get((*ends, row["segment"])) if reading.differences and i else None
    if gap is not None and gap["difference"] is not None:
        said, tip = canvas_words.points(gap["difference"]), canvas_words.gap_words(gap, reading.names)
        sure = " sure" if gap["distinguishable"] else " unsure"
    else:
        said, sure = percent(row["percent"]), ""
        median = (
            f", half within {duration(row['median_seconds'])}" if row["median_seconds"] is not None else ""
        )
        tip = f"{reading.names[row['segment']]}: {compact(row['value'])} moved on, {said}{median}."
    dot = html.Span(className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"})
    select = {"segment": row["segment"], "source": ends[0], "target": ends[1]}
    return opener(
        [dot, said],
        "arrows",
        select,
        "value",
        title=f"{title}, {reading.names[row['segment']]}",
        tip=tip,
        className=f"arrow-segment{sure}",
    )
