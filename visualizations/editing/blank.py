"""The blank canvas: a question without checkpoints, which is shown as a beginning and never asked."""

from __future__ import annotations

from typing import Any

import workbench as wb
from visualizations.base import Question

STAND_IN: Question = {"id": "checkpoint", "where": {"field": "event_type", "op": "exists"}}


def is_blank(question: Any) -> bool:
    """Whether this is a canvas without cards."""
    return (
        isinstance(question, dict)
        and question.get("analysis") == "journey_canvas"
        and question.get("nodes") in ([], ())
    )


def normal(question: Question) -> Question:
    """The question without what equals a default, also of a blank canvas; WorkbenchError if refused."""
    if not is_blank(question):
        return dict(wb.parse_spec(question).to_json())
    kept = wb.parse_spec({**question, "nodes": [STAND_IN], "arrows": []}).to_json()
    return {**kept, "nodes": []}


def blank(container: str) -> Question:
    """A blank canvas."""
    return {"analysis": "journey_canvas", "container": container, "nodes": []}
