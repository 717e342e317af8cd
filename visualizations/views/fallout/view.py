"""Fallout: step by step, how many went on and how many did not."""

from __future__ import annotations

from typing import Any

from visualizations.base import Scene, Sheet, View
from visualizations.dom import Component, html
from visualizations.views.canvas.reading import PARTS
from visualizations.views.fallout.controls import inspector
from visualizations.views.fallout.figure import figure
from visualizations.views.fallout.reading import read
from visualizations.views.fallout.rows import between, heading, touchpoint
from visualizations.views.fallout.words import caption, emptied


def stage(result: Any, scene: Scene) -> Component:
    """One bar per touchpoint and segment; what fell out between them."""
    reading = read(result, scene)
    steps: list[Component] = []
    for step in reading.steps:
        steps.append(touchpoint(reading, step))
        if step != reading.steps[-1]:
            steps.append(between(reading, step))
    rows = html.Ol(steps, className="fallout-rows", **{"aria-label": "Touchpoints"})
    parts = [heading(reading), rows] if reading.comparing else [rows]
    kind = "fallout compared-rows" if reading.comparing else "fallout"
    return html.Div(parts, className=kind, **{"data-drop": "fallout"})


def sheets(result: Any) -> list[Sheet]:
    """The steps as a table; where asked the differences of segments, and the times."""
    tables = result.tables if result is not None else {}
    frame = tables.get("touchpoints")
    columns = frame.columns if frame is not None else []
    compared = frame is not None and frame["segment"].n_unique() > 1
    segment = (("segment", "Segment", "node"),) if compared else ()
    titles = {"lost": "Lost", "in_play": "In play", "dormant": "Dormant"}
    split = tuple((part, titles[part], "count") for part in PARTS if part in columns)
    found = [
        Sheet(
            "Touchpoints",
            "touchpoints",
            (
                *segment,
                ("step", "Step", "text"),
                ("label", "Touchpoint", "node"),
                ("value", "Value", "count"),
                ("percent_of_first", "Of first", "percent"),
                ("percent_of_previous", "Of previous", "percent"),
                ("fallout", "Not further", "count"),
                *split,
                ("p25_seconds", "A quarter within", "duration"),
                ("median_seconds", "Median", "duration"),
                ("p75_seconds", "Three quarters", "duration"),
            ),
            {"value": "value", "fallout": "fallout", **{part: part for part, _, _ in split}},
            ("segment", "step"),
        )
    ]
    if "differences" in tables:
        shares = (
            ("percent", "Share", "percent"),
            ("against_percent", "Its share", "percent"),
            ("difference", "Points", "points"),
            ("low", "From", "points"),
            ("high", "To", "points"),
        )
        found.append(
            Sheet(
                "Differences",
                "differences",
                (
                    ("step", "Touchpoint", "node"),
                    ("segment", "Segment", "node"),
                    ("against", "Against", "node"),
                    *shares,
                    ("distinguishable", "Distinguishable", "text"),
                ),
                {},
                ("step", "segment"),
            )
        )
    return found


VIEW = View(
    name="fallout",
    title="Fallout",
    icon="funnel",
    analysis="fallout",
    purpose="Step by step: how many go on, and how many do not.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    emptied=emptied,
)
