"""Segment from here: a condition with exactly the members behind a number.

Where a readable condition is equal it is given; else `members_of`, exact by construction.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from workbench.model.calendar import next_period
from workbench.model.compare import question_behind, questions
from workbench.model.data_version import DataVersion
from workbench.model.result import no_such_row
from workbench.model.specs import BreakdownSpec, FalloutSpec, JourneyCanvasSpec, Question, Spec, Touchpoint


def segment_condition(
    spec: Spec, version: DataVersion, table: str, select: dict[str, Any], measure: str
) -> dict[str, Any]:
    """The condition as JSON; of a compared segment or date range, that of its own question."""
    if list(questions(spec, version).values()) != [spec]:
        spec, select = question_behind(spec, select, version)
    return _readable(spec, version, table, select, measure) or {
        "members_of": {"question": spec.to_json(), "table": table, "select": select, "measure": measure}
    }


def _readable(
    spec: Spec, version: DataVersion, table: str, select: dict[str, Any], measure: str
) -> dict[str, Any] | None:
    """`container` for a single checkpoint, `sequence` for a chain of them, where nothing else cuts."""
    if measure != "value" or _is_cut(spec) or getattr(spec, "mature_only", None):
        return None
    if isinstance(spec, BreakdownSpec):
        try:
            return _with_item(spec, version, select)
        except ValueError:
            raise no_such_row(table, select) from None
    if isinstance(spec, FalloutSpec) and table == "touchpoints":
        step = select.get("step")
        return _chain(spec.container, spec.touchpoints[:step]) if isinstance(step, int) and step else None
    if isinstance(spec, JourneyCanvasSpec) and table == "nodes" and not any(n.exclude for n in spec.nodes):
        return _path_to(spec, str(select.get("id")))
    return None


def _with_item(spec: BreakdownSpec, version: DataVersion, select: dict[str, Any]) -> dict[str, Any] | None:
    """Containers with a counted event of an item or in a period; None for the items together in Other."""
    kind, item = select.get("kind"), str(select.get("item"))
    test: dict[str, Any]
    if kind == "none":
        test = {"field": spec.by, "op": "not_exists"}
    elif kind == "period":
        last = next_period(date.fromisoformat(item), spec.granularity) - timedelta(days=1)
        test = {"field": "occurred_at", "op": "between", "value": [item, last.isoformat()]}
    elif kind == "item":
        typed = {"boolean": lambda: item == "true", "integer": lambda: int(item)}
        value = typed.get(version.field_type(spec.by), lambda: item)()
        test = {"field": spec.by, "op": "equals", "value": value}
    else:
        return None
    where = test if spec.where is None else {"all": [spec.where.to_json(), test]}
    return {"container": spec.container, "where": where}


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
        if len(arrows) > 1 or any(arrow.path == "next" for arrow in arrows):
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
        if (without := getattr(limits, "without", None)) is not None:
            sequence.append({"where": without.to_json(), "exclude": True})
        if (without := getattr(limits, "without", None)) is not None:
            sequence.append({"where": without.to_json(), "exclude": True})
        kept = {name: getattr(limits, name, None) for name in ("within", "after", "same", "different")}
        sequence.append({"where": where.to_json(), **{name: value for name, value in kept.items() if value}})
    return {"sequence": sequence, "container": container}
