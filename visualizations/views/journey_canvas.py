"""The journey canvas: cytoscape draws arrows and moves the picture, HTML cards stand on top of it.

The cards are real text: they follow the theme, are read by screen readers and reached by keyboard. Python
gives each card its place on the drawing; `assets/50-canvas.js` moves the cards with pan, zoom and drag.
"""

from __future__ import annotations

import json
from typing import Any

import dash_cytoscape as cyto

from visualizations import controls
from visualizations.base import Scene, Sheet, View
from visualizations.dom import Component, dmc, html
from visualizations.formats import SMALL_SAMPLE, compact, count, duration, percent
from visualizations.parts import opener
from visualizations.theme import palette
from visualizations.views import canvas_words
from visualizations.views.canvas_controls import inspector
from visualizations.views.canvas_figure import figure, layout_of, limit_chip, stroke
from visualizations.views.canvas_layout import CARD_HEIGHT, CARD_WIDTH, Layout
from visualizations.views.canvas_words import rows


def stage(result: Any, scene: Scene) -> Component:
    """The interactive canvas."""
    layout = layout_of(result.spec)
    nodes = canvas_words.node_rows(result)
    metric_counts = result.spec.metric in (None, scene.unit(result.spec.container).plural.replace(" ", "_"))
    for row in nodes.values():
        row["counts"] = metric_counts
    arrows = {(row["source"], row["target"]): row for row in rows(result, "arrows")}
    graph = cyto.Cytoscape(
        id="canvas-graph",
        elements=elements(layout, arrows),
        stylesheet=_stylesheet(scene),
        layout={"name": "preset", "fit": False},
        autoRefreshLayout=False,
        responsive=False,
        boxSelectionEnabled=False,
        minZoom=0.25,
        maxZoom=2,
        style={"width": "100%", "height": "100%"},
    )
    labels = [_label(route, arrows, nodes, result.spec, scene) for route in layout.routes]
    cards = [_card(name, layout.places[name], nodes[name], result.spec, scene) for name in layout.places]
    cards.sort(key=lambda card: (layout.places[card.id["node"]][0], layout.places[card.id["node"]][1]))
    box = json.dumps([round(value) for value in layout.box])
    layer = html.Div([*labels, *cards], id="canvas-layer", className="canvas-layer", **{"data-box": box})
    tools = html.Div(
        [_tool("zoom-out", "Zoom out"), _tool("zoom-in", "Zoom in"), _tool("maximize", "Fit to screen")],
        className="canvas-tools",
        role="group",
        **{"aria-label": "Zoom"},
    )
    legend = html.P(
        "On arrows: how many moved on, share of the checkpoint before, median time.",
        className="canvas-legend",
    )
    return html.Div([graph, html.Div(layer, className="canvas-window"), legend, tools], className="canvas")


def elements(layout: Layout, arrows: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Nodes and arrows as cytoscape reads them."""
    most = max((row["value"] or 0 for row in arrows.values()), default=0)
    drawn: list[dict[str, Any]] = [
        {"data": {"id": name}, "position": {"x": x, "y": y}} for name, (x, y) in layout.places.items()
    ]
    for route in layout.routes:
        data: dict[str, Any] = {
            "id": f"{route.source}→{route.target}",
            "source": route.source,
            "target": route.target,
            "w": round(stroke(arrows[route.source, route.target]["value"] or 0, most), 2),
            "place": route.place,
            "shift": round(route.edge, 1),
        }
        if route.lane is not None:
            data["lane"] = route.lane
        drawn.append({"data": data})
    return drawn


def _stylesheet(scene: Scene) -> list[dict[str, Any]]:
    colours = palette(scene.dark)
    node = {
        "shape": "rectangle",
        "width": CARD_WIDTH,
        "height": CARD_HEIGHT,
        "background-opacity": 0,
        "border-width": 0,
        "overlay-opacity": 0,
    }
    line = {
        "width": "data(w)",
        "line-color": colours.line_strong,
        "target-arrow-color": colours.line_strong,
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.9,
        "overlay-opacity": 0,
        "curve-style": "straight",
        "opacity": 0,
    }
    curved = {
        "opacity": 1,
        "curve-style": "unbundled-bezier",
        "edge-distances": "endpoints",
        "control-point-distances": "data(cd)",
        "control-point-weights": "data(cw)",
        "source-endpoint": "50% 0%",
        "target-endpoint": "-50% 0%",
    }
    lit = {"line-color": colours.accent, "target-arrow-color": colours.accent}
    return [
        {"selector": "node", "style": node},
        {"selector": "edge", "style": line},
        {"selector": "edge[cw]", "style": curved},
        {"selector": "edge[lit]", "style": lit},
        {"selector": "edge:selected", "style": lit},
    ]


def _tool(icon: str, label: str) -> Component:
    return dmc.ActionIcon(
        controls.icon(icon),
        variant="default",
        size="md",
        **{"aria-label": label, "data-tip": label, "data-zoom": icon},
    )


def _card(name: str, place: tuple[float, float], row: dict[str, Any], spec: Any, scene: Scene) -> Component:
    label, select = row["label"], {"id": name}
    small = row["counts"] and row["percent_base"] is not None and row["percent_base"] < SMALL_SAMPLE
    number = opener(
        count(row["value"]) if (row["value"] or 0) < 1e9 else compact(row["value"]),
        "nodes",
        select,
        "value",
        title=label,
        tip=canvas_words.node_sentence(row, scene, spec.container),
        className="card-count",
    )
    share = html.Span(
        [percent(row["percent"]), html.Sup("*", className="small-mark") if small else None],
        className="card-percent",
    )
    second = _second(row)
    head = html.Div(
        [html.Span(label, className="card-title", title=label), _menu("nodes", select, label)],
        className="card-head",
    )
    bar = html.Div(
        html.Div(style={"width": f"{min(100.0, row['percent'] or 0.0):.2f}%"}),
        className="card-bar",
        **{"aria-hidden": "true"},
    )
    body = [head, html.Div([number, second, share], className="card-numbers"), bar]
    if row["fallout"]:
        words = f"{count(row['fallout'])} not further · {percent(row['fallout_percent'])}"
        tip = canvas_words.fallout_sentence(row, scene, spec.container)
        body.append(
            opener(
                words,
                "nodes",
                select,
                "fallout",
                title=f"{label}, not further",
                tip=tip,
                className="card-fallout",
            )
        )
    style = {"left": f"{place[0] - CARD_WIDTH / 2:.0f}px", "top": f"{place[1] - CARD_HEIGHT / 2:.0f}px"}
    context = json.dumps({"table": "nodes", "select": select, "measure": "value", "title": label})
    return html.Div(
        body,
        id={"node": name},
        className="node-card",
        style=style,
        role="group",
        **{"data-node": name, "aria-label": label, "data-context": context},
    )


def _second(row: dict[str, Any]) -> Component | None:
    if row.get("secondary_value") is None:
        return None
    tip = f"Second metric: {count(row['secondary_value'])} ({percent(row['secondary_percent'])})"
    return html.Span(compact(float(row["secondary_value"])), className="card-second", **{"data-tip": tip})


def _menu(table: str, select: dict[str, Any], title: str) -> Component:
    context = json.dumps({"table": table, "select": select, "measure": "value", "title": title})
    return html.Button(
        controls.icon("ellipsis"),
        className="more",
        type="button",
        **{"aria-label": f"Actions for {title}", "aria-haspopup": "menu", "data-menu": context},
    )


def _label(route: Any, arrows: Any, nodes: Any, spec: Any, scene: Scene) -> Component:
    row = arrows[route.source, route.target]
    arrow = next(a for a in spec.arrows if (a.source, a.target) == (route.source, route.target))
    select = {"source": route.source, "target": route.target}
    title = f"{nodes[route.source]['label']} → {nodes[route.target]['label']}"
    tip = canvas_words.arrow_sentence(row, nodes, arrow, scene, spec.container)
    lines: list[Any] = [
        html.Strong(compact(row["value"])),
        html.Span(percent(row["percent"]), className="label-share"),
    ]
    linked = controls.icon("link", 12) if arrow.same else None
    if row["median_seconds"] is not None or linked is not None:
        time = duration(row["median_seconds"]) if row["median_seconds"] is not None else None
        lines.append(html.Span([time, linked], className="label-time"))
    if chip := limit_chip(arrow):
        lines.append(html.Span(chip, className="limit-chip"))
    button = opener(lines, "arrows", select, "value", title=title, tip=tip, className="arrow-button")
    x, y = route.label_at
    y += route.edge - route.shift
    context = json.dumps({"table": "arrows", "select": select, "measure": "value", "title": title})
    return html.Div(
        button,
        className="arrow-label" + (" above" if route.shift < 0 else " below" if route.shift > 0 else ""),
        style={"left": f"{x:.0f}px", "top": f"{y:.0f}px"},
        **{"data-arrow": f"{route.source}→{route.target}", "data-context": context},
    )


def sheets(result: Any) -> list[Sheet]:
    """Checkpoints and arrows as tables."""
    del result
    return [
        Sheet(
            "Checkpoints",
            "nodes",
            (
                ("label", "Checkpoint", "text"),
                ("value", "Value", "count"),
                ("percent", "Share", "percent"),
                ("percent_base", "of", "count"),
                ("fallout", "Not further", "count"),
                ("fallout_percent", "Not further, share", "percent"),
            ),
            {"value": "value", "fallout": "fallout"},
            ("segment", "id"),
        ),
        Sheet(
            "Arrows",
            "arrows",
            (
                ("source", "From", "node"),
                ("target", "To", "node"),
                ("value", "Moved on", "count"),
                ("percent", "Share", "percent"),
                ("p25_seconds", "First quarter within", "duration"),
                ("median_seconds", "Median", "duration"),
                ("p75_seconds", "Three quarters within", "duration"),
            ),
            {"value": "value"},
            ("segment", "source", "target"),
        ),
    ]


VIEW = View(
    name="journey-canvas",
    title="Journey canvas",
    icon="waypoints",
    analysis="journey_canvas",
    purpose="Draw the checkpoints; see how many went from each to each, how long it took, and who fell out.",
    figure=figure,
    stage=stage,
    caption=canvas_words.caption,
    sheets=sheets,
    inspector=inspector,
    emptied=canvas_words.emptied,
)
