"""Segment from here: a condition with exactly the members behind a number.

Where a readable condition is equal it is given; else `members_of`, exact by construction.
"""

from __future__ import annotations

from typing import Any

from workbench.model.specs import FalloutSpec, JourneyCanvasSpec, Question, Spec, Touchpoint


def segment_condition(spec: Spec, table: str, select: dict[str, Any], measure: str) -> dict[str, Any]:
    """The condition as JSON."""
    return _readable(spec, table, select, measure) or {
        "members_of": {"question": spec.to_json(), "table": table, "select": select, "measure": measure}
    }


def _readable(spec: Spec, table: str, select: dict[str, Any], measure: str) -> dict[str, Any] | None:
    """`container` for a single checkpoint, `sequence` for a chain of them, where nothing else cuts."""
    if measure != "value" or _is_cut(spec):
        return None
    if isinstance(spec, FalloutSpec) and isinstance(step := select.get("step"), int) and step >= 1:
        return _chain(spec.container, spec.touchpoints[:step])
    if isinstance(spec, JourneyCanvasSpec) and table == "nodes":
        return _path_to(spec, str(select.get("id")))
    return None


def _is_cut(spec: Question) -> bool:
    return bool(spec.segments or spec.actors or spec.history or spec.date_range)


def _chain(container: str, points: tuple[Touchpoint, ...]) -> dict[str, Any] | None:
    if any(point.path == "next" for point in points):
        return None
    return _steps(container, [(point, point.where) for point in points])


def _path_to(spec: JourneyCanvasSpec, node: str) -> dict[str, Any] | None:
    """The only path that leads to a node; None where several do."""
    where = {one.id: one.where for one in spec.nodes}
    if node not in where:
        return None
    steps: list[tuple[Any, Any]] = []
    while True:
        arrows = spec.incoming(node)
        if len(arrows) > 1:
            return None
        steps.append((arrows[0] if arrows else None, where[node]))
        if not arrows:
            return _steps(spec.container, steps[::-1])
        node = arrows[0].source


def _steps(container: str, steps: list[tuple[Any, Any]]) -> dict[str, Any]:
    if len(steps) == 1:
        return {"container": container, "where": steps[0][1].to_json()}
    sequence = []
    for limits, where in steps:
        kept = {name: getattr(limits, name, None) for name in ("within", "after", "same", "different")}
        sequence.append({"where": where.to_json(), **{name: value for name, value in kept.items() if value}})
    return {"sequence": sequence, "container": container}
