"""What a fallout has to show, read once: rows by touchpoint and segment, shares, differences, reasons.

The page and the picture are both drawn from a Reading, so they never differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.editing.convert import fallout_to_canvas, step_id
from visualizations.facts import in_words
from visualizations.formats import count
from visualizations.panels.drill import plain
from visualizations.views.canvas.reading import Breakdown, broken_down, segment_names
from visualizations.views.canvas.reasons import why_empty

Row = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """Everything a fallout shows."""

    spec: Any
    scene: Scene
    segments: tuple[str, ...]
    """Labels of the compared segments; one where nothing is compared."""
    rows: Mapping[int, list[Row]]
    """Step → its row per segment, with the title shown as label; step 0 are all."""
    gaps: Mapping[tuple[int, str], Row] = field(default_factory=dict)
    """(step, segment) → its difference from the first segment."""
    breakdowns: Mapping[int, Breakdown] = field(default_factory=dict)
    reason: str = ""
    """Why the first touchpoint without anybody has nobody."""

    @cached_property
    def names(self) -> dict[str, str]:
        """Label of a compared segment → its name where there is little room."""
        return segment_names(self.spec, self.segments)

    @property
    def comparing(self) -> bool:
        """Whether several segments stand side by side."""
        return len(self.segments) > 1

    @property
    def steps(self) -> list[int]:
        """The steps shown, in their order."""
        return list(self.rows)

    def first(self, step: int) -> Row:
        """The row of a step, of the first segment where several are compared."""
        return self.rows[step][0]

    def point(self, step: int) -> Any:
        """The touchpoint of a step; None for the row of all."""
        return self.spec.touchpoints[step - 1] if step else None

    def after(self, row: Row) -> Row | None:
        """The row of the next step in the same segment; None behind the last."""
        following = self.rows.get(row["step"] + 1) or ()
        return next((one for one in following if one["segment"] == row["segment"]), None)

    def base(self, row: Row) -> Row:
        """The row whose value all shares of a segment are of: the first one shown."""
        first = self.rows[self.steps[0]]
        return next(one for one in first if one["segment"] == row["segment"])

    def select(self, row: Row) -> dict[str, Any]:
        """The names of a row; the segment where several are compared."""
        return {"step": row["step"], **({"segment": row["segment"]} if self.comparing else {})}

    @property
    def empty_step(self) -> int | None:
        """The first step nobody came to, in any segment."""
        return next((step for step, rows in self.rows.items() if not any(r["value"] for r in rows)), None)


def step_titles(spec: Any, scene: Scene) -> dict[int, str]:
    """Step → the title shown: its name, else its condition in words."""
    named = {i: p.label or in_words(p.where.to_json()) for i, p in enumerate(spec.touchpoints, start=1)}
    return {0: f"All {scene.unit(spec.container).plural}", **named}


def read(result: Any, scene: Scene) -> Reading:
    """Everything a fallout shows, from its answer and what else must be asked."""
    spec, frame = result.spec, result.tables["touchpoints"]
    titles = step_titles(spec, scene)
    segments = tuple(frame["segment"].unique(maintain_order=True).to_list()) or ("All",)
    rows: dict[int, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault(row["step"], []).append({**row, "label": titles[row["step"]]})
    reading = Reading(spec, scene, segments, rows)
    if scene.ask is None:
        return Reading(spec, scene, segments, rows, _gaps(result))
    question = dict(spec.to_json())
    compared = reading.comparing
    return Reading(
        spec,
        scene,
        segments,
        rows,
        _gaps(result),
        {} if compared else _breakdowns(question, spec, scene),
        _reason(question, reading.empty_step, scene),
    )


def _gaps(result: Any) -> dict[tuple[int, str], Row]:
    frame = result.tables.get("differences")
    rows = frame.iter_rows(named=True) if frame is not None else ()
    return {(row["step"], row["segment"]): row for row in rows if row["table"] == "touchpoints"}


def _breakdowns(question: Question, spec: Any, scene: Scene) -> dict[int, Breakdown]:
    found = {}
    for step, point in enumerate(spec.touchpoints, start=1):
        if point.breakdown:
            target = {"table": "touchpoints", "select": {"step": step}, "measure": "value"}
            found[step] = broken_down(question, target, point.breakdown, scene)
    return found


def _reason(question: Question, step: int | None, scene: Scene) -> str:
    """Why nobody came to a step; empty where it cannot be told."""
    if not step or scene.ask is None:
        return ""
    try:
        canvas = plain(fallout_to_canvas(question)[0])
        if any(point.get("without") for point in question["touchpoints"][:step]):
            nodes = scene.ask(canvas).tables["nodes"]
            others = nodes.filter(nodes["id"] == step_id(step))["value"].sum()
            if others:
                return f"{count(others)} would be here if anything could lie in between"
        return why_empty(canvas, step_id(step), scene.ask)
    except wb.WorkbenchError:
        return ""


def leaks(reading: Reading) -> list[tuple[float, Row, Row]]:
    """(share not gone further, row, next row) of the first segment, without the row of all."""
    points = [reading.first(step) for step in reading.steps if step]
    pairs = itertools.pairwise(points)
    return [(100 * (a["fallout"] or 0) / a["value"], a, b) for a, b in pairs if a["value"]]
