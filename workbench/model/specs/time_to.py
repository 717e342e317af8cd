"""How long until a milestone."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import (
    TAG,
    Condition,
)
from workbench.model.durations import Duration, local_days
from workbench.model.specs.cohort_table import CohortTableSpec, Criteria, Granularity, MilestoneColumn
from workbench.model.specs.question import Question, SegmentCondition

MOST_DAYS = 3_650
"""Longest window of an initiative."""
FIRST_YEAR, LAST_YEAR = 1900, 2200


def _criteria_form(value: Any) -> str:
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return TAG + ("criteria" if "metrics" in keys else "condition")


Inclusion = Annotated[
    Annotated[Criteria, Tag(TAG + "criteria")] | Annotated[Condition, Tag(TAG + "condition")],
    Discriminator(_criteria_form),
]


class Initiative(Part):
    """Something that began on a day, such as a campaign: does the milestone come sooner since?

    Containers that begin in `[on - window, on)`, local days, are *before*; those in `[on, on + window)` are
    *after*; the others are left out. The side before is known only until `on` begins, so that its curve shows
    life without the initiative; the side after as long as any container is.

    With a `segment`, those in it are the *initiative* and the others the *control*: each of the initiative
    is paired with one of the control of the same side, calendar month of the beginning, quarter of accounts
    by employees (0: unknown), and power of two of one more than the events in the 90 days before the
    beginning. Where `a` and `b` of both arms agree in these, there are `min(a, b)` pairs: both in the order
    of their beginnings, then ids, and of the greater side those at `floor(j * greater / smaller)`, `j` from
    0 on. Only pairs are in the curves. Without a segment everybody is in the initiative, and no control is.
    """

    on: datetime.date
    """The local day on which it began."""
    window: Duration = "180d"
    """How many days before and after it are compared, in days or weeks."""
    segment: SegmentCondition | None = None
    """Whom it reached: containers with an event in the segment's set, whatever the date range. None: all."""
    at: Duration = "90d"
    """How long after the beginning shares are compared, in days or weeks."""

    @field_validator("window", "at")
    @classmethod
    def _whole_days(cls, value: str) -> str:
        if not 1 <= (local_days(value) or 0) <= MOST_DAYS:
            raise PydanticCustomError("days", f"takes 1 to {MOST_DAYS:,} days, or weeks, such as '90d'")
        return value

    @field_validator("on")
    @classmethod
    def _on_a_calendar(cls, value: datetime.date) -> datetime.date:
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise PydanticCustomError("date", f"takes a day of the years {FIRST_YEAR} to {LAST_YEAR}")
        return value

    @property
    def window_days(self) -> int:
        """Local days on each side."""
        return local_days(self.window) or 0

    @property
    def at_days(self) -> int:
        """Whole days after the beginning at which shares are compared."""
        return local_days(self.at) or 0

    @property
    def arms(self) -> tuple[str, ...]:
        """`initiative`, and `control` where there is one."""
        return ("initiative",) if self.segment is None else ("initiative", "control")


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
    initiative: Initiative | None = None
    """Groups are those who began before and after a date, with a control; takes no `by`, no `compare`."""

    @model_validator(mode="after")
    def _one_way_of_groups(self) -> TimeToSpec:
        if self.initiative is not None and (self.by is not None or self.compare):
            other = "by" if self.by is not None else "compare"
            raise PydanticCustomError("initiative", f"give either 'initiative' or '{other}', not both")
        return self

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
