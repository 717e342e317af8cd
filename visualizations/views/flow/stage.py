"""The flow on the page: boxes are buttons, bands are drawn behind them, lists of whole paths below.

It travels as text (`markup`); `assets/60-flow.js` answers clicks and lights up what the pointer is on.
"""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls, markup
from visualizations.base import Scene
from visualizations.dom import Component, html
from visualizations.editing.flow_edits import MOST_ITEMS
from visualizations.editing.flow_through import entry
from visualizations.formats import NOTHING, count, duration, limit, percent
from visualizations.markup import Markup, tag
from visualizations.views.flow import order
from visualizations.views.flow.drawing import Drawing, drawing, is_list
from visualizations.views.flow.layout import HEAD, ROOMY, TALL, Band, Box, Key, ribbon
from visualizations.views.flow.lift import lift_of, lift_tip
from visualizations.views.flow.paths import panel
from visualizations.views.flow.reading import in_order
from visualizations.views.flow.tools import MORE, head_choices, tools
from visualizations.views.flow.words import (
    band_tip,
    box_tip,
    column_title,
    dimension_of,
    field_title,
    focus_tip,
    versus_tip,
)

TOOLS, ORDER, PATHS = 46, 30, 214
"""Pixels of the lines above the drawing, and of the lists below it."""
LEAST_HEIGHT = 340
PERCENT_POINTS = 30.0
"""A difference this large has the full colour."""


def stage(result: Any, scene: Scene) -> Component:
    """The drawing, with its tools above and the whole paths below."""
    lists = bool(result.spec.paths) and not is_list(result)
    small = is_list(result)
    told = ORDER if in_order(result, scene) and not small else 0
    height = max(LEAST_HEIGHT, scene.height - TOOLS - told - (PATHS if lists else 0))
    drawn = drawing(result, scene, width=float(scene.width), height=float(height))
    body, said = (_bars(drawn), None) if small else (_plot(drawn, height), order.line(drawn))
    parts = [tools(drawn), said, body, panel(drawn) if lists else None]
    return html.Div([part for part in parts if part is not None], className="flow-stage")


def name_of(key: Key) -> str:
    """A box as the browser knows it."""
    return json.dumps(key, ensure_ascii=False)


def target_of(drawn: Drawing, box: Box) -> str:
    """What the context menu of a box is about."""
    column, kind, item = box.key
    select = {"column": column, "kind": kind, "item": item}
    event = focusing(drawn, box.key)
    through = drawn.focus.through if drawn.focus else ()
    focused = any(
        (one.column, one.kind, {*one.items}) == (column, event["node"], {*event.get("items", ())})
        for one in through
    )
    more: dict[str, Any] = {"focus": event, "focused": focused} if column else {}
    most = min(MOST_ITEMS, drawn.result.spec.kept(column) + MORE) if kind == "other" else 0
    if kind == "other" and most > drawn.result.spec.kept(column):
        more["more"] = {"do": "items", "column": column, "to": most}
    title = drawn.title(box.key) + (f", {column_title(column)}" if column else "")
    return _target("nodes", select, title, **more)


def focusing(drawn: Drawing, key: Key) -> dict[str, Any]:
    """The gesture that asks for the paths through a box alone."""
    column = key[0]
    shown = (one for one in drawn.layout.boxes if one[0] == column and one[1] in ("item", "anchor"))
    found = entry(*key, tuple(one[2] for one in shown))
    items = {"items": found["items"]} if "items" in found else {}
    return {"do": "focus", "column": column, "node": found["kind"], **items}


def _target(table: str, select: dict[str, Any], title: str, **more: Any) -> str:
    target = {"table": table, "select": select, "measure": "containers", "title": title, **more}
    return json.dumps(target, ensure_ascii=False)


# --- boxes and bands ---------------------------------------------------------------------------


def _plot(drawn: Drawing, height: int) -> Component:
    layout = drawn.layout
    size = f"width:{layout.width:.0f}px;height:{height}px"
    bands = [order.patterns() if drawn.orders else None]
    bands += [_band(drawn, i, band) for i, band in enumerate(layout.bands)]
    bands += [order.glyph(drawn, band) for band in layout.bands]
    svg = tag(
        "svg", bands, class_="flow-bands", width=f"{layout.width:.0f}", height=height, aria_hidden="true"
    )
    boxes = [_box(drawn, box) for box in layout.boxes.values()]
    state = " versus" if drawn.versus else ""
    plot = tag("div", svg, _heads(drawn), boxes, class_=f"flow-plot{state}", style=size)
    anchor = next((box.x for box in layout.boxes.values() if box.key[0] == 0), 0.0)
    return markup.raw(
        Markup(plot),
        className="flow-scroll",
        tabIndex=0,
        role="group",
        **{"aria-label": "Flow. The table holds the same numbers.", "data-anchor": f"{anchor:.0f}"},
    )


def _band(drawn: Drawing, place: int, band: Band) -> Markup:
    ends = {band.source.key[1], band.target.key[1]}
    strong = place in drawn.strong and drawn.versus is None
    look = " strong" if strong else " quiet" if ends & {"exit", "entry"} else ""
    source, target = drawn.title(band.source.key), drawn.title(band.target.key)
    select = {key: band.row[key] for key in ("column", "source_kind", "source", "target_kind", "target")}
    title = f"{source} → {target}"
    tip = [
        title,
        *band_tip(
            band, drawn.scene, drawn.result.spec.container, drawn.link_seconds.get(band.key), drawn.anchor
        ),
        order.words(drawn, band),
    ]
    path = tag(
        "path",
        class_=f"flow-band{look}",
        d=ribbon(band),
        data_from=name_of(band.source.key),
        data_to=name_of(band.target.key),
        data_context=_target("links", select, title),
        data_tip="\n".join(filter(None, tip)),
    )
    return Markup(path + order.marked(drawn, band))


def _box(drawn: Drawing, box: Box) -> Markup:
    column, kind, _ = box.key
    if box.hidden:
        return tag("div", class_="flow-strip", style=_place(box))
    title, container = drawn.title(box.key), drawn.result.spec.container
    tip = [title, *box_tip(box, drawn.layout, drawn.scene, container, drawn.seconds.get(box.key))]
    if drawn.focus is not None:
        tip.append(focus_tip(drawn.focus, box))
    if drawn.versus is not None:
        tip += versus_tip(drawn.versus, box)
    if drawn.lifts is not None and kind == "item" and column < 0:
        plural = drawn.scene.unit(container).plural
        tip += filter(None, [lift_tip(drawn.lifts, box.key[2], plural, drawn.anchor)])
    tall = (" tall" if box.height >= TALL else "") + (" roomy" if box.height >= ROOMY else "")
    start = " start" if kind == "anchor" and column == 0 else ""
    chosen = drawn.focus is not None and box.key in drawn.focus
    share = drawn.share(box) if tall else ""
    texts = [
        tag("span", title, class_="flow-name"),
        tag(
            "span",
            tag("strong", drawn.number(box, short=not tall)),
            tag("span", share, class_="flow-share") if share else None,
            class_="flow-figures",
        ),
        tag("span", column_title(column), class_="visually-hidden"),
    ]
    press = tag(
        "button",
        texts,
        type="button",
        class_="flow-press",
        data_flow=name_of(box.key),
        data_focus=json.dumps(focusing(drawn, box.key), ensure_ascii=False) if column else None,
        data_tip="\n".join(tip),
        aria_pressed="true" if chosen else "false",
        aria_description="; ".join(tip[1:]),
    )
    more = _more(drawn, box, f"Actions for {title}, {column_title(column)}")
    return tag(
        "div",
        press,
        more,
        class_=f"flow-box of-{kind}{start}{tall}" + (" chosen" if chosen else ""),
        style=_place(box) + _colour(drawn, box),
        data_key=name_of(box.key),
        data_context=target_of(drawn, box),
    )


def _more(drawn: Drawing, box: Box, label: str) -> Markup:
    """The visible way to the menu of a box."""
    return tag(
        "button",
        markup.written(controls.icon("ellipsis", 14)),
        type="button",
        class_="more",
        data_menu=target_of(drawn, box),
        aria_label=label,
        aria_haspopup="menu",
    )


def _place(box: Box) -> str:
    return f"left:{box.x:.1f}px;top:{box.y:.1f}px;width:{box.width:.1f}px;height:{box.height:.1f}px"


def _colour(drawn: Drawing, box: Box) -> str:
    """Which compared segment has more here."""
    if drawn.versus is None or box.key[0] == 0:
        return ""
    points = drawn.versus.difference(box.key)
    if points is None:
        return ";--tint:0%"
    tint = min(46.0, 100 * abs(points) / PERCENT_POINTS)
    return f";--tint:{tint:.0f}%;--of:var(--segment-{1 if points > 0 else 2})"


def _heads(drawn: Drawing) -> list[Markup]:
    seen: dict[int, Box] = {}
    for box in drawn.layout.boxes.values():
        seen.setdefault(box.key[0], box)
    several = not isinstance(drawn.result.spec.dimension, str)
    made = []
    for number, box in sorted(seen.items()):
        place = f"left:{box.x:.1f}px;width:{max(box.width, 20):.1f}px;height:{HEAD - 12}px"
        if box.hidden:
            event = json.dumps({"kind": "flow", "do": "show", "column": number})
            words = f"Show the column {column_title(number)}"
            eye = markup.written(controls.icon("plus", 14))
            shown = tag(
                "button",
                eye,
                type="button",
                class_="more",
                data_gesture=event,
                data_tip=words,
                aria_label=words,
            )
            made.append(tag("div", shown, class_="flow-head", style=place))
            continue
        words = column_title(number)
        if several and number:
            words = f"{field_title(dimension_of(drawn.result, number)).capitalize()}, {words}"
        more = tag(
            "button",
            markup.written(controls.icon("ellipsis", 14)),
            type="button",
            class_="more",
            data_choices=json.dumps(head_choices(drawn, number)),
            aria_label=f"Column {words}",
            aria_haspopup="menu",
        )
        made.append(tag("div", tag("span", words, title=words), more, class_="flow-head", style=place))
    return made


# --- next or previous item: bars ---------------------------------------------------------------


def _bars(drawn: Drawing) -> Component:
    """One column as a list: item, bar, number, share, time."""
    boxes = [box for box in drawn.layout.boxes.values() if box.key[0] != 0]
    most = max((box.value for box in boxes), default=0) or 1
    rows = []
    for box in boxes:
        title = drawn.title(box.key)
        bar = tag("div", "", style=f"width:{100 * box.value / most:.2f}%{_colour(drawn, box)}")
        opens = json.loads(target_of(drawn, box))
        number = markup.opens(count(box.value), "nodes", opens["select"], "containers", title=title)
        more = _more(drawn, box, f"Actions for {title}")
        shares = (
            drawn.share(box) if drawn.versus else percent(100 * box.value / max(1, drawn.bases[box.key[0]]))
        )
        cells = [
            tag("th", title, scope="row", class_="flow-item"),
            tag("td", tag("div", bar, class_="flow-track"), class_="flow-bar"),
            tag("td", number, class_="num big"),
            tag("td", shares, class_="num"),
            tag("td", duration(drawn.seconds.get(box.key)), class_="num"),
            tag("td", _lift(drawn, box), class_="num") if drawn.lifts else None,
            tag("td", more),
        ]
        rows.append(tag("tr", cells, class_=f"of-{box.key[1]}", data_context=target_of(drawn, box)))
    before = boxes and boxes[0].key[0] < 0
    heads = [
        ("Previous item" if before else "Next item", ""),
        ("", "bar"),
        ("Paths" if drawn.unit == "paths" else "Distinct", "num"),
        ("Share", "num"),
        ("Median time", "num"),
        *([(f"Lift within {limit(drawn.lifts.within)}", "num")] if drawn.lifts else []),
        ("", ""),
    ]
    return markup.raw(markup.table(heads, rows, class_="flow-bars"), className="flow-scroll")


def _lift(drawn: Drawing, box: Box) -> str:
    if drawn.lifts is None or box.key[1] != "item" or box.key[2] not in drawn.lifts.rows:
        return ""
    each = drawn.lifts.sides.values() or [drawn.lifts.rows]
    return " | ".join(lift_of(rows, box.key[2]) or NOTHING for rows in each)
