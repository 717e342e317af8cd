"""Trace: how far one container came on a canvas, by the same reach sets as the counts."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.analyses.journey_canvas import Walk, walk
from workbench.analyses.part import Part
from workbench.model.specs import JourneyCanvasSpec

NODES: dict[str, Any] = {
    "id": pl.String,
    "label": pl.String,
    "reached": pl.Boolean,
    "counted": pl.Boolean,
    "row": pl.Int64,
    "matching": pl.Int64,
}
ARROWS: dict[str, Any] = {
    "source": pl.String,
    "target": pl.String,
    "moved": pl.Boolean,
    "counted": pl.Boolean,
    "seconds": pl.Float64,
}


def trace(part: Part, spec: JourneyCanvasSpec) -> dict[str, pl.DataFrame]:
    """Tables `nodes` and `arrows` of a part that is one container.

    `row` is that of the earliest event in the node's reach set, null where it was not reached;
    `counted` is false where an excluded node leaves the container out of the number.
    """
    found = walk(part, spec)
    nodes = [_node(found, node.id, node.title) for node in spec.nodes]
    arrows = [_arrow(found, arrow.source, arrow.target) for arrow in spec.arrows]
    return {
        "nodes": pl.DataFrame(nodes, schema=NODES, orient="row"),
        "arrows": pl.DataFrame(arrows, schema=ARROWS, orient="row"),
    }


def _node(found: Walk, node: str, label: str) -> tuple[Any, ...]:
    point, history = found.points[node], found.part.history
    row = int(history.row_at(point.reach.at[:1])[0]) if len(point.reach.who) else None
    counted = bool(found.qualified(node, node).any())
    return node, label, row is not None, counted, row, len(point.matches)


def _arrow(found: Walk, source: str, target: str) -> tuple[Any, ...]:
    link = found.links[source, target]
    seconds = float(link.duration[0]) / 1e6 if len(link.moved) else None
    return source, target, seconds is not None, len(found.moved((source, target))) > 0, seconds
