"""A path of a flow as a fallout: the same containers, step by step.

Each step is the next element after the one before: an anchor, or an event with a value of the dimension.
A fallout says that with `without`: no other element in between. Repeats in a row are one step unless the flow
counts them, so that between two steps the item before may come again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.editing.edits import ANCHORS, BadEdit
from visualizations.facts import in_words

KEPT = ("container", "segments", "actors", "history", "date_range")
Step = tuple[int, str, str]
"""Column, kind, item."""


def path_as_fallout(question: Question, steps: Sequence[Step]) -> tuple[Question, str]:
    """The fallout along the items of a path, and what to say: whether its numbers are those of the flow."""
    spec: Any = wb.parse_spec(question)
    anchor = next(question[name] for name in ANCHORS if question.get(name))
    label = question.get("anchor_label") or in_words(anchor)
    kept = [step for step in steps if step[1] in ("item", "anchor")]
    if len(kept) < 2:
        raise BadEdit("A fallout needs at least two items in a row.")
    if any(b[0] - a[0] != 1 for a, b in itertools.pairwise(kept)):
        raise BadEdit("Only items in neighbouring columns make a fallout.")
    points: list[Question] = []
    for place, step in enumerate(kept):
        field = _field(spec, step[0])
        where = _where(step, field, anchor, question.get("among"))
        point: Question = {"label": label if step[1] == "anchor" else step[2], "where": where}
        if place:
            between = field or _field(spec, kept[place - 1][0])
            elements = _elements(between, anchor, question)
            if not question.get("repeats"):
                elements = {"all": [elements, {"not": points[-1]["where"]}]}
            point["without"] = elements
        points.append(point)
    made: Question = {
        "analysis": "fallout",
        **{key: question[key] for key in KEPT if question.get(key)},
        "baseline": False,
        "touchpoints": points,
    }
    if question.get("within") and spec.starts_with and not (question.get("date_range") or {}).get("follow"):
        made["date_range"] = {**(question.get("date_range") or {}), "follow": question["within"]}
    return made, _said(question, spec, steps, kept)


def _field(spec: Any, column: int) -> str | None:
    return None if column == 0 else str(spec.dimensions(1 if column > 0 else -1)[abs(column) - 1])


def _where(step: Step, field: str | None, anchor: Question, among: Question | None) -> Question:
    if step[1] == "anchor" or field is None:
        return anchor
    own = {"field": field, "op": "equals", "value": step[2]}
    return {"all": [own, *([among] if among else []), {"not": anchor}]}


def _elements(field: str | None, anchor: Question, question: Question) -> Question:
    """Every event that is a step of the flow in a column."""
    parts: list[Question] = [{"field": field, "op": "exists"}]
    if excluded := question.get("exclude"):
        parts.append({"field": field, "op": "not_in", "value": list(excluded)})
    if among := question.get("among"):
        parts.append(among)
    return {"any": [parts[0] if len(parts) == 1 else {"all": parts}, anchor]}


def _said(question: Question, spec: Any, steps: Sequence[Step], kept: Sequence[Step]) -> str:
    """Whether the last step is exactly the containers of the path, else why it differs."""
    reasons = []
    if spec.occurrence != "all":
        reasons.append(f"the flow counts only the {spec.occurrence} anchor of each")
    if question.get("within"):
        reasons.append("the flow limits the time from its anchor")
    if not spec.starts_with and question.get("date_range"):
        reasons.append("dates hold for the first step here, for the anchor in the flow")
    if not isinstance(spec.dimension, str):
        reasons.append("the columns of the flow have different dimensions")
    if {one.column for one in spec.through} - {step[0] for step in steps}:
        reasons.append("the flow counts only the paths in focus")
    if len(steps) > len(kept):
        reasons.append("a fallout does not ask that the path begins or ends there")
    if not reasons:
        return "This fallout counts the containers of the path: its last step is the number of the flow."
    return f"The numbers of this fallout may differ from the flow: {'; '.join(reasons)}."
