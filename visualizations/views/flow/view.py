"""The flow: what comes next after an anchor, or what came before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from visualizations.base import Sheet, View
from visualizations.views.flow.controls import inspector
from visualizations.views.flow.figure import figure
from visualizations.views.flow.stage import stage
from visualizations.views.flow.words import anchor_title, caption, focus_words


def emptied(result: Any) -> str:
    """Why a flow shows nothing."""
    anchors = result.tables["nodes"].filter(column=0)["paths"].sum()
    if anchors:
        return ""
    if result.spec.through:
        names = " and ".join(focus_words(one, anchor_title(result)) for one in result.spec.through)
        return f"No path passes {names} under these segments, actors and dates; take it out of the focus."
    return "No event matches the anchor under these segments, actors and dates."


def sheets(result: Any) -> list[Sheet]:
    """Items per column, the links between them, and whole paths where they are listed."""
    tables = result.tables if result is not None else {}
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
                *((("order", "Declared order", "text"),) if "order" in tables else ()),
                ("median_seconds", "Median time", "duration"),
            ),
            {"containers": "containers"},
            ("column", "source_kind", "source", "target_kind", "target"),
        ),
    ]
    for title, table in (("Whole paths", "paths"), ("Where most leave", "exits")):
        if table in tables:
            found.append(_wholes(title, table, "converted" in tables[table].columns))
    if "order" in tables:
        found.append(_ORDER)
    compared = "nodes" in tables and "segment" in tables["nodes"].columns
    return [_by_segment(sheet) for sheet in found] if compared else found


_ORDER = Sheet(
    "Against the declared order",
    "order",
    (
        ("kind", "Step", "text"),
        ("paths", "Paths", "count"),
        ("containers", "Containers", "count"),
        ("percent", "Share", "percent"),
        ("percent_base", "Of", "count"),
    ),
    {"containers": "containers"},
    ("kind",),
)
"""How many paths go back or skip at least once."""


def _by_segment(sheet: Sheet) -> Sheet:
    """Segments side by side; their numbers do not open, those of all do."""
    return replace(sheet, columns=(("segment", "Segment", "text"), *sheet.columns), opens={})


def _wholes(title: str, table: str, converts: bool) -> Sheet:
    more = (("converted", "Converted", "count"), ("converted_percent", "Of containers", "percent"))
    return Sheet(
        title,
        table,
        (
            ("path", "Path", "text"),
            ("paths", "Paths", "count"),
            ("percent", "Share", "percent"),
            ("containers", "Containers", "count"),
            *(more if converts else ()),
            ("median_seconds", "Median time", "duration"),
        ),
        {"containers": "containers", "converted": "converted"},
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
