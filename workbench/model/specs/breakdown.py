"""Items of a field, or calendar periods."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
)

from workbench.model.conditions import (
    Condition,
)
from workbench.model.specs.cohort_table import Granularity
from workbench.model.specs.metrics import Metric
from workbench.model.specs.question import Question, SegmentCondition


class BreakdownSpec(Question):
    """How many containers have events of each item of a field, or in each calendar period."""

    analysis: Literal["breakdown"] = "breakdown"
    where: Condition | None = None
    """Which events are counted, None for every one; they lie in the date range, whatever it applies to."""
    by: str
    """A field path whose items are counted, or "period" for calendar periods from the data's start on."""
    granularity: Granularity = "month"
    """Length of the periods."""
    metric: Metric | None = None
    """What is counted of each item's events; None: the container's own count."""
    items: int = Field(default=10, ge=1, le=1000)
    """Items with the greatest values that are kept, ties by name; the others together are Other."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=5)
    """Segments answered side by side; each takes the place of "All"."""
