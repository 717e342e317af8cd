"""The flow: what comes next after an anchor, or what came before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from visualizations.base import Sheet, View
from visualizations.views.flow.controls import inspector
from visualizations.views.flow.figure import figure
from visualizations.views.flow.stage import stage
from visualizations.views.flow.words import caption


def emptied(result: Any) -> str:
    """Why a flow shows nothing."""
    if result.tables["nodes"].is_empty():
        return "No event matches the anchor under these segments, actors and dates."
    return ""


def sheets(result: Any) -> list[Sheet]:
    """Items per column, the links between them, and whole paths where they are listed."""
    found = [
        Sheet(
            "Items",
            "nodes",
            (
                ("column", "Column", "text"),
                ("item", "Item", "text"),
                ("paths", "Paths", "count"),
                ("containers", "Containers", "count"),
                ("median_seconds", "Median time", "duration"),
            ),
            {"containers": "containers"},
            ("column", "kind", "item"),
        ),
        Sheet(
            "Links",
            "links",
            (
                ("column", "From column", "text"),
                ("source", "From", "text"),
                ("target", "To", "text"),
                ("paths", "Paths", "count"),
                ("containers", "Containers", "count"),
                ("median_seconds", "Median time", "duration"),
            ),
            {"containers": "containers"},
            ("column", "source_kind", "source", "target_kind", "target"),
        ),
    ]
    listed = result.tables if result is not None else {}
    for title, table in (("Whole paths", "paths"), ("Where most leave", "exits")):
        if table in listed:
            found.append(_wholes(title, table))
    compared = "nodes" in listed and "segment" in listed["nodes"].columns
    return [_by_segment(sheet) for sheet in found] if compared else found


def _by_segment(sheet: Sheet) -> Sheet:
    """Segments side by side; their numbers do not open, those of all do."""
    return replace(sheet, columns=(("segment", "Segment", "text"), *sheet.columns), opens={})


def _wholes(title: str, table: str) -> Sheet:
    return Sheet(
        title,
        table,
        (
            ("path", "Path", "text"),
            ("paths", "Paths", "count"),
            ("percent", "Share", "percent"),
            ("containers", "Containers", "count"),
            ("median_seconds", "Median time", "duration"),
        ),
        {"containers": "containers"},
        ("first_column", "path", "kinds"),
    )


VIEW = View(
    name="flow",
    title="Flow",
    icon="split",
    analysis="flow",
    purpose="What comes next after an event, or what came before it, item by item.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    shows=True,
    emptied=emptied,
)
