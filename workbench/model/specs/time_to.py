"""How long until a milestone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
)

from workbench.model.conditions import (
    TAG,
    Condition,
)
from workbench.model.specs.cohort_table import CohortTableSpec, Criteria, Granularity, MilestoneColumn
from workbench.model.specs.question import Question, SegmentCondition


def _criteria_form(value: Any) -> str:
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return TAG + ("criteria" if "metrics" in keys else "condition")


Inclusion = Annotated[
    Annotated[Criteria, Tag(TAG + "criteria")] | Annotated[Condition, Tag(TAG + "condition")],
    Discriminator(_criteria_form),
]


class TimeToSpec(Question):
    """How long containers take to a milestone, those not there yet counting for as long as they are known."""

    analysis: Literal["time_to"] = "time_to"
    inclusion: Inclusion
    """Where time begins: a condition, at its first permitted match; or criteria as in a cohort table, at the
    first matching inclusion event of the earliest period in which they are met."""
    milestone: Condition
    """Reached at the first match later than that."""
    competing: Condition | None = None
    """An outcome after which the milestone is not reached any more, such as a loss; its first match counts
    where it comes before the milestone. The curve is then the cumulative incidence of the milestone."""
    earlier: Literal["leave_out", "count"] = "leave_out"
    """Containers that match the milestone before they begin: left out, or counted like all others."""
    by: str | None = None
    """Groups apart: "cohort" for the calendar period of the beginning, or a field path, for the item of the
    event at which time begins. None: one group."""
    granularity: Granularity = "month"
    """Length of cohorts, and of the periods in which criteria are met."""
    items: int = Field(default=10, ge=1, le=1000)
    """Items with most containers that are kept, ties by name; the others together are Other."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=5)
    """Segments answered side by side; each takes the place of "All"."""

    @property
    def cohorts(self) -> CohortTableSpec | None:
        """The cohort table whose inclusion these criteria are; None where time begins at a condition."""
        if not isinstance(self.inclusion, Criteria):
            return None
        return CohortTableSpec(
            container=self.container,
            segments=self.segments,
            actors=self.actors,
            history=self.history,
            date_range=self.date_range,
            inclusion=self.inclusion,
            granularity=self.granularity,
            dimension=None if self.by == "cohort" else self.by,
            columns="milestones",
            milestones=(MilestoneColumn(where=self.milestone),),
        )
