"""Step by step."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.conditions import (
    Condition,
)
from workbench.model.durations import Duration
from workbench.model.specs.question import Limits, Question, SegmentCondition


class Touchpoint(Limits):
    """A step of a fallout; limits count from the step before."""

    label: str = ""
    where: Condition
    path: Literal["eventual", "next"] = "eventual"
    """Whether anything may lie between the step before and this one, or nothing of the history."""
    without: Condition | None = None
    """No event that matches this lies between the step before and this one."""
    breakdown: str | None = None
    """A field path whose items the drawing shows beside the step; counts nothing here."""


class FalloutSpec(Question):
    """Step by step: how many containers went on, how many did not."""

    analysis: Literal["fallout"] = "fallout"
    touchpoints: tuple[Touchpoint, ...] = Field(min_length=1)
    baseline: bool = True
    """Whether row 0 counts every container with an event in the date range."""
    histogram: bool = False
    """Whether the table `times` tells how many containers needed how long for each step."""
    fallout_split: bool = False
    """Whether fallout is split into lost, in play and dormant, which add up to it."""
    mature_only: Duration | None = None
    """Starts must lie at least this long before the horizon, in addition to the date range."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=5)
    """Segments answered side by side; each takes the place of "All"."""

    @model_validator(mode="after")
    def _first_is_free(self) -> FalloutSpec:
        first = self.touchpoints[0]
        if first.limited or first.path == "next" or first.without is not None:
            raise PydanticCustomError(
                "touchpoint", "the first touchpoint takes no path, within, after, same, different or without"
            )
        return self
