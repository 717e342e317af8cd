"""What stands before an anchor more often than elsewhere."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
)

from workbench.model.conditions import (
    Condition,
)
from workbench.model.durations import Duration
from workbench.model.specs.question import Question, SegmentCondition


class LiftSpec(Question):
    """How much more often containers have an item before an anchor than comparable ones without an anchor."""

    analysis: Literal["lift"] = "lift"
    anchor: Condition
    """What is to be explained: of each container its first permitted match counts."""
    dimension: str = "event_type"
    """The field whose items are compared."""
    within: Duration = "90d"
    """How far back from the anchor an event still counts, the limit included."""
    among: Condition | None = None
    """Which events have items, None for every one; anchors never have."""
    items: int = Field(default=10, ge=1, le=100)
    """Items listed: those that most anchors have before them, ties by name."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=5)
    """Segments answered side by side, each with anchors and matched points of its own; only then the table
    has a column `segment`."""
