"""The cards of a canvas as HTML: number, share, second metric, compared segments, breakdown, fallout."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.formats import SMALL_SAMPLE, count, percent
from visualizations.parts import menu_button, opener
from visualizations.views.canvas import words as canvas_words
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH
from visualizations.views.canvas.reading import PART_WORDS, PARTS, Reading
from visualizations.views.canvas.top_items import top_items


def card(reading: Reading, name: str) -> Component:
    """The card of a checkpoint with all that hangs below it."""
    row, (x, y) = reading.first(name), reading.layout.places[name]
    label, out = row["label"], reading.excluded(name)
    select = {"id": name}
    context = {
        "table": "nodes",
        "select": _select(reading, select, row),
        "measure": "value",
        "title": label,
        **({"excluded": True} if out else {}),
        **({"breakdown": reading.breakdowns[name].by} if name in reading.breakdowns else {}),
    }
    text = json.dumps(context, default=str)
    menu = html.Button(
        controls.icon("ellipsis"),
        className="more",
        type="button",
        **{"aria-label": f"Actions for {label}", "aria-haspopup": "menu", "data-menu": text},
    )
    head = html.Div([html.Span(label, className="card-title", title=label), menu], className="card-head")
    if reading.comparing:
        body = [html.Div([_segment_row(reading, name, i) for i in range(len(reading.segments))])]
    elif out:
        body = [_left_out(reading, row)]
    else:
        body = [_numbers(reading, row), *_second(reading, row), _bar(row)]
    if name in reading.breakdowns:
        target = {"table": "nodes", "select": {"id": name}, "measure": "value", "title": label}
        body.append(top_items(reading.breakdowns[name], target, {"node": name}, className="card-breakdown"))
    height = reading.card_height(name)
    below = _below(reading, name, height)
    style = {
        "left": f"{x - CARD_WIDTH / 2:.0f}px",
        "top": f"{y - CARD_HEIGHT / 2:.0f}px",
        "height": f"{height}px",
    }
    return html.Div(
        [head, *body, *below, _plus(name, label)],
        id={"node": name},
        className="node-card" + (" excluded" if out else "") + (" empty" if name in reading.reasons else ""),
        style=style,
        role="group",
        tabIndex=0,
        **{"data-node": name, "aria-label": label, "data-context": text},
    )


def _plus(name: str, label: str) -> Component:
    """The button that lists what follows."""
    asked = json.dumps({"node": name})
    return html.Button(
        controls.icon("plus", 14),
        type="button",
        className="card-next",
        **{"aria-label": f"What follows {label}", "data-tip": "What follows, and add it", "data-next": asked},
    )


def _select(reading: Reading, select: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {"segment": row["segment"], **select} if reading.comparing else select


def _numbers(reading: Reading, row: dict[str, Any]) -> Component:
    small = row["counts"] and row["percent"] is not None and row["percent_base"] < SMALL_SAMPLE
    number = opener(
        reading.meter.write(row["value"]),
        "nodes",
        {"id": row["id"]},
        "value",
        title=row["label"],
        tip=canvas_words.node_sentence(row, reading.scene, reading.spec.container, reading.meter),
        className="card-count",
    )
    share = html.Span(
        [percent(row["percent"]), html.Sup("*", className="small-mark") if small else None],
        className="card-percent",
    )
    return html.Div([number, share], className="card-numbers")


def _second(reading: Reading, row: dict[str, Any]) -> list[Component]:
    meter = reading.second
    if meter is None:
        return []
    tip = f"{meter.label} at {row['label']}: {meter.full(row['secondary_value'])}"
    if row["secondary_percent"] is not None:
        tip += f", {percent(row['secondary_percent'])}"
    parts = [
        html.Span(meter.write(row["secondary_value"]), className="second-value"),
        html.Span(meter.short, className="second-label"),
        html.Span(
            percent(row["secondary_percent"]) if row["secondary_percent"] is not None else "",
            className="second-percent",
        ),
    ]
    return [html.Div(parts, className="card-second", **{"data-tip": tip + "."})]


def _bar(row: dict[str, Any]) -> Component:
    width = {"width": f"{min(100.0, row['percent'] or 0.0):.2f}%"}
    return html.Div(html.Div(style=width), className="card-bar", **{"aria-hidden": "true"})


def _left_out(reading: Reading, row: dict[str, Any]) -> Component:
    unit = reading.scene.unit(reading.spec.container)
    words = f"{count(row['value'])} left out"
    tip = (
        f"{count(row['value'])} {unit.of(row['value'])} came here and are left out of every other number "
        "of the canvas."
    )
    number = opener(
        words, "nodes", {"id": row["id"]}, "value", title=row["label"], tip=tip, className="card-count"
    )
    return html.Div(number, className="card-numbers")


def _segment_row(reading: Reading, name: str, i: int) -> Component:
    """One compared segment: a bar with its number and share, or its difference from the first."""
    row = reading.nodes[name][i]
    gap = reading.gaps.get((name, row["segment"])) if reading.differences and i else None
    swatch = html.Span(className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"})
    if gap is not None:
        return _gap_row(gap, swatch, reading)
    width = {"width": f"{min(100.0, row['percent'] or 0.0):.2f}%"}
    said = canvas_words.node_sentence(row, reading.scene, reading.spec.container, reading.meter)
    number = opener(
        reading.meter.write(row["value"]),
        "nodes",
        {"segment": row["segment"], "id": name},
        "value",
        title=f"{row['label']}, {reading.names[row['segment']]}",
        tip=f"{reading.names[row['segment']]}: {said}",
        className="segment-count",
    )
    parts = [
        html.Div(html.Div(style=width), className="segment-bar", **{"aria-hidden": "true"}),
        number,
        html.Span(percent(row["percent"]), className="segment-percent"),
    ]
    return html.Div(
        parts, className="segment-row", style={"--segment": f"var(--segment-{i + 1})"}, title=row["segment"]
    )


def _gap_row(gap: dict[str, Any], swatch: Component, reading: Reading) -> Component:
    tip = {"data-tip": canvas_words.gap_words(gap, reading.names)}
    if gap["difference"] is None:
        return html.Div([swatch, html.Span("–", className="gap-points")], className="gap-row", **tip)
    points = html.Span(canvas_words.points(gap["difference"]), className="gap-points")
    if gap["low"] is None:
        side = html.Span("not tested", className="gap-side")
    elif not gap["distinguishable"]:
        side = html.Span("not distinguishable", className="gap-side")
    else:
        ends = f"{canvas_words.points(gap['low'])} to {canvas_words.points(gap['high'])}"
        side = html.Span(ends, className="gap-side")
    sure = " sure" if gap["distinguishable"] else ""
    return html.Div([swatch, points, side], className=f"gap-row{sure}", **tip)


def _below(reading: Reading, name: str, height: int) -> list[Component]:
    """What hangs below a card: why it is empty, or who went no further."""
    row = reading.first(name)
    style = {"top": f"{height + 6}px"}
    if name in reading.reasons:
        why = reading.reasons[name]
        return [
            html.Div(why[:1].upper() + why[1:], className="card-reason", style=style, **{"data-tip": why})
        ]
    if not reading.fallout(name):
        return []
    label = row["label"]
    words = f"{count(row['fallout'])} not further · {percent(row['fallout_percent'])}"
    main = opener(
        words,
        "nodes",
        {"id": name},
        "fallout",
        title=f"{label}, not further",
        tip=canvas_words.fallout_sentence(row, reading.scene, reading.spec.container),
        className="fallout-words",
    )
    menu = menu_button(
        "nodes", {"id": name}, "fallout", f"{label}, not further", controls.icon("ellipsis", 14)
    )
    context = json.dumps(
        {"table": "nodes", "select": {"id": name}, "measure": "fallout", "title": f"{label}, not further"}
    )
    lines = [html.Div([main, menu], className="fallout-line-one", **{"data-context": context})]
    if reading.splits and row.get("lost") is not None:
        lines.append(html.Div([_part(reading, row, part) for part in PARTS], className="fallout-parts"))
    if (found := reading.fallout_items(name)) is not None:
        target = {"table": "nodes", "select": {"id": name}, "measure": "fallout"}
        title = {"title": f"{label}, not further"}
        lines.append(top_items(found, {**target, **title}, {"fallout": name}, className="fallout-breakdown"))
    return [html.Div(lines, className="card-fallout", style=style)]


def _part(reading: Reading, row: dict[str, Any], part: str) -> Component:
    """Lost, in play or dormant: opens its members."""
    title = f"{row['label']}, not further, {PART_WORDS[part]}"
    number = opener(
        [html.Strong(count(row[part])), f" {PART_WORDS[part]}"],
        "nodes",
        {"id": row["id"]},
        part,
        title=title,
        tip=canvas_words.part_sentence(row, part, reading.scene, reading.spec.container),
        className="fallout-part",
    )
    context = json.dumps({"table": "nodes", "select": {"id": row["id"]}, "measure": part, "title": title})
    return html.Span(number, **{"data-context": context})
