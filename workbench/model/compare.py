"""Side by side: one question becomes the same question of each compared segment or date range."""

from __future__ import annotations

from typing import Any

from workbench.errors import SpecError, nearest
from workbench.model.conditions import Condition, SegmentRef
from workbench.model.data_version import DataVersion
from workbench.model.specs import CohortTableSpec, Spec
from workbench.model.wording import describe_condition

ALL = "All"
"""The segment of every row where none are compared."""


def compared(spec: Spec) -> tuple[Condition, ...]:
    """The compared segments; empty where the question compares none, or has no such option."""
    segments: tuple[Condition, ...] = getattr(spec, "compare", ())
    return segments


def segment_labels(spec: Spec, version: DataVersion) -> list[str]:
    """What the rows of each compared segment or date range carry as `segment`, each once.

    A saved segment is named by its id, any other by its condition in words; a repeated label gets " (2)".
    """
    if isinstance(spec, CohortTableSpec) and spec.compare_ranges:
        return list(spec.in_range)
    labels: list[str] = []
    for segment in compared(spec):
        label = segment.segment if isinstance(segment, SegmentRef) else describe_condition(segment, version)
        number, free = 2, label
        while free in labels:
            free, number = f"{label} ({number})", number + 1
        labels.append(free)
    return labels


def questions(spec: Spec, version: DataVersion) -> dict[str, Spec]:
    """Label → the question of that segment or range alone; "All" → the question where none are compared."""
    if isinstance(spec, CohortTableSpec) and spec.compare_ranges:
        return dict(spec.in_range)
    if not compared(spec):
        return {ALL: spec}
    return {
        label: spec.model_copy(update={"segments": (*spec.segments, segment), "compare": ()})
        for label, segment in zip(segment_labels(spec, version), compared(spec), strict=True)
    }


def question_behind(spec: Spec, select: dict[str, Any], version: DataVersion) -> tuple[Spec, dict[str, Any]]:
    """The question whose row is selected, and the row's other names.

    `segment` is needed where several segments are compared; wrong labels are a SpecError that names them.
    """
    each = questions(spec, version)
    others = {key: value for key, value in select.items() if key != "segment"}
    label = select.get("segment")
    if label is None and len(each) == 1:
        label = next(iter(each))
    if label is None:
        raise SpecError(f"'segment' is missing; the segments are {', '.join(each)}", "select.segment")
    if label not in each:
        raise SpecError(f"there is no segment {label!r}; {nearest(str(label), each)}", "select.segment")
    return each[label], others
