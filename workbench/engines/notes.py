"""Notes: what a reader of an answer must know, in the same words whatever engine answered."""

from __future__ import annotations

import polars as pl

from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.specs import FlowSpec, JourneyCanvasSpec, Spec


def notes_on(
    spec: Spec, version: DataVersion, tables: dict[str, pl.DataFrame], *, left_out: int, containers: int
) -> tuple[str, ...]:
    """Sentences without a full stop: rows left out, limits that cut, checkpoints nobody reached.

    `left_out` counts events that name no container, `containers` those with an event in the question.
    """
    label = version.label(container_named(spec.container)).lower()
    notes = []
    if left_out:
        notes.append(f"{left_out:,} events name no {label} and are in no history")
    if containers == 0:
        notes.append(f"no {label} has an event here{_filters(spec)}")
    if isinstance(spec, FlowSpec):
        notes += _cut_columns(spec, tables["nodes"])
    if isinstance(spec, JourneyCanvasSpec) and containers:
        named = tables["nodes"].select("label", "value").rows()
        empty = [label for label, value in named if value == 0]
        if empty:
            notes.append(f"no {label} came as far as {', '.join(empty)}")
    return tuple(notes)


def _filters(spec: Spec) -> str:
    """The filters that may have emptied the question."""
    named = []
    if spec.segments:
        named.append(
            "the segment" if len(spec.segments) == 1 else f"the {len(spec.segments)} segments together"
        )
    if spec.actors is not None:
        named.append(f"actors {', '.join(spec.actors)}")
    if spec.date_range is not None and spec.date_range.applies_to == "events":
        named.append("the date range")
    return f"; filtered by {' and '.join(named)}" if named else ""


def _cut_columns(spec: FlowSpec, nodes: pl.DataFrame) -> list[str]:
    """Columns of a flow in which the number of items shown cut something."""
    rows = nodes.select("column", "kind", "paths").rows()
    listed = ", ".join(f"{column} ({paths:,} paths)" for column, kind, paths in rows if kind == "other")
    if not listed:
        return []
    return [f"each column shows its {spec.items} most frequent items; the rest is Other in column {listed}"]
