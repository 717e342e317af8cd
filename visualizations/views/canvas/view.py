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
from visualizations.theme import palette
from visualizations.views.canvas import words as canvas_words
from visualizations.views.canvas.arrows import elements, label
from visualizations.views.canvas.cards import card
from visualizations.views.canvas.controls import inspector
from visualizations.views.canvas.figure import figure
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH
from visualizations.views.canvas.reading import Reading, read
from visualizations.views.canvas.top_items import boxes, surrounding

TOOLS = (
    ("circle-question-mark", "Gestures and keys (?)"),
    ("network", "Tidy: lay the checkpoints out anew (L)"),
    ("zoom-out", "Zoom out (-)"),
    ("zoom-in", "Zoom in (+)"),
    ("maximize", "Fit to screen (F)"),
)
"""Icon and words of the buttons in the corner of the canvas; `assets/53-keys.js` says what they do."""


def stage(result: Any, scene: Scene) -> Component:
    """The interactive canvas."""
    reading = read(result, scene)
    layout = reading.layout
    at = boxes(reading)
    labels = [label(route, reading, at.get((route.source, route.target))) for route in layout.routes]
    order = sorted(layout.places, key=lambda name: layout.places[name])
    parts = [*labels, *(card(reading, name) for name in order)]
    unit = scene.unit(reading.spec.container).plural
    return frame(
        elements(reading),
        parts,
        surrounding(reading),
        scene,
        unit,
        above=_legend(reading),
        hint=_hint(reading),
    )


def frame(
    drawn: list[dict[str, Any]],
    parts: list[Component],
    box: tuple[float, float, float, float],
    scene: Scene,
    unit: str,
    *,
    above: Component | None = None,
    hint: str = "",
) -> Component:
    """Arrows, the layer of cards and labels above them, and the tools around.

    A redraw keeps the graph in place and changes its elements; the part beside it is made anew.
    """
    graph = cyto.Cytoscape(
        id={"graph": "canvas"},
        elements=drawn,
        stylesheet=_stylesheet(scene),
        layout={"name": "preset", "fit": False},
        autoRefreshLayout=False,
        responsive=False,
        boxSelectionEnabled=True,
        minZoom=0.25,
        maxZoom=2,
        style={"width": "100%", "height": "100%"},
    )
    place = json.dumps([round(value) for value in box])
    at = {one["data"]["id"]: list(one["position"].values()) for one in drawn if "position" in one}
    layer = html.Div(
        parts,
        id="canvas-layer",
        className="canvas-layer",
        **{"data-box": place, "data-unit": unit, "data-places": json.dumps(at)},
    )
    tools = html.Div(
        [_tool(icon, words) for icon, words in TOOLS],
        className="canvas-tools",
        role="group",
        **{"aria-label": "View"},
    )
    legend = html.P(hint, className="canvas-legend")
    window = html.Div(layer, className="canvas-window")
    beside = [window, *([above] if above is not None else []), legend, tools]
    return html.Div(
        [graph, html.Div(beside, id={"part": "canvas"}, className="canvas-parts")], className="canvas"
    )


def _hint(reading: Reading) -> str:
    """What stands on the arrows, in small print."""
    if reading.setting("arrow_text", "both") not in ("values", "both"):
        return ""
    if reading.comparing:
        return "On arrows: share of the checkpoint before, per segment."
    return "On arrows: how many moved on, share of the checkpoint before, median time."


def _legend(reading: Reading) -> Component | None:
    """Names and colours of the compared segments, and the way from values to differences."""
    if not reading.comparing:
        return None
    names = [
        html.Span(
            [
                html.Span(className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"}),
                reading.names[name],
            ],
            className="legend-item",
            title=name,
        )
        for i, name in enumerate(reading.segments)
    ]
    choices = [{"value": "values", "label": "Values"}, {"value": "differences", "label": "Differences"}]
    toggle = dmc.SegmentedControl(
        id=controls.edit("display", "comparison"),
        data=choices,
        value=reading.setting("comparison", "values"),
        size="xs",
        **{"aria-label": "Values or differences"},
    )
    against = f"Percentage points against {reading.names[reading.segments[0]]}, 95% interval."
    hint = html.Span(against, className="hint") if reading.differences else None
    return html.Div([*names, toggle, hint], className="canvas-segments")


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
        {"selector": "edge[out]", "style": {"line-style": "dashed", "opacity": 0.55}},
        {"selector": "edge[way]", "style": lit},
        {"selector": "edge[lit]", "style": lit},
        {"selector": "edge:selected", "style": lit},
    ]


def _tool(icon: str, label: str) -> Component:
    return dmc.ActionIcon(
        controls.icon(icon),
        variant="default",
        size="md",
        **{"aria-label": label.partition(" (")[0], "data-tip": label, "data-tool": icon},
    )


_SPLIT = (("lost", "Lost"), ("in_play", "In play"), ("dormant", "Dormant"))


def sheets(result: Any) -> list[Sheet]:
    """Checkpoints and arrows as tables."""
    frame = result.tables["nodes"]
    compared = "segment" in frame.columns and frame["segment"].n_unique() > 1
    segment = (("segment", "Segment", "text"),) if compared else ()
    number = "money" if frame.schema["value"].is_decimal() else "count"
    second: tuple[tuple[str, str, str], ...] = ()
    if frame["secondary_value"].null_count() < frame.height:
        form = "money" if frame.schema["secondary_value"].is_decimal() else "count"
        second = (("secondary_value", "Second metric", form), ("secondary_percent", "Share", "percent"))
    split = tuple((name, title, "count") for name, title in _SPLIT if name in frame.columns)
    return [
        Sheet(
            "Checkpoints",
            "nodes",
            (
                *segment,
                ("id", "Checkpoint", "node"),
                ("value", "Value", number),
                ("percent", "Share", "percent"),
                ("percent_base", "of", number),
                *second,
                ("fallout", "Not further", "count"),
                ("fallout_percent", "Not further, share", "percent"),
                *split,
            ),
            {"value": "value", "fallout": "fallout", **{name: name for name, _, _ in split}},
            ("segment", "id"),
        ),
        Sheet(
            "Arrows",
            "arrows",
            (
                *segment,
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
    shows=True,
    emptied=canvas_words.emptied,
)
