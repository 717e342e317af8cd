"""Who came back, period after period, or reached milestones."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import (
    Comparison,
    Condition,
    Threshold,
    check_threshold,
)
from workbench.model.specs.question import Question, SegmentCondition


class Criterion(Part):
    """A number of matching events in a period, compared with a threshold."""

    where: Condition
    op: Comparison = ">="
    value: Threshold = 1
    segments: tuple[SegmentCondition, ...] = ()

    @model_validator(mode="after")
    def _threshold(self) -> Criterion:
        check_threshold(self.op, self.value)
        return self

    def holds_at(self, count: int) -> bool:
        """Whether a count meets the threshold."""
        return bool(compare(self.op, count, self.value))


class Criteria(Part):
    """What makes a container a member, or a member returned."""

    metrics: tuple[Criterion, ...] = Field(min_length=1)
    combine: Literal["all", "any"] = "all"
    segments: tuple[SegmentCondition, ...] = ()


class MilestoneColumn(Part):
    """A column of the milestone form of the cohort table."""

    label: str = ""
    where: Condition


Granularity = Literal["day", "week", "month", "quarter", "year", "fiscal_quarter"]


class CohortTableSpec(Question):
    """How many members of each cohort return, period after period."""

    analysis: Literal["cohort_table"] = "cohort_table"
    columns: Literal["periods", "milestones"] = "periods"
    inclusion: Criteria
    returning: Criteria | None = Field(default=None, alias="return")
    """Required where the columns are periods."""
    granularity: Granularity = "month"
    type: Literal["retention", "churn"] = "retention"
    rolling: bool = False
    latency: bool = False
    membership: Literal["every", "first"] = "every"
    counting: Literal["exactly", "on_or_after", "cumulative"] = "exactly"
    periods: Literal["calendar", "elapsed"] = "calendar"
    """Elapsed: whole units since the member's first inclusion event in the period."""
    dimension: str | None = None
    """A field whose items are the rows instead of periods."""
    items: int = Field(default=10, ge=1, le=100)
    """Rows of a dimension: the items with most members, ties by name; the others together are Other."""
    touch: Literal["first", "last"] = "first"
    """Which of a member's inclusion events in the period says its item."""
    max_periods: int | None = Field(default=None, ge=1)
    milestones: tuple[MilestoneColumn, ...] = ()
    """Columns instead of periods: which members came there after their first inclusion event."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=4)
    """Segments answered side by side; each takes the place of "All"."""

    @model_validator(mode="before")
    @classmethod
    def _name_absent_returns(cls, data: Any) -> Any:
        """Absent return criteria are judged like empty ones, under the name they have in JSON."""
        known = isinstance(data, dict) and not {"return", "returning"} & data.keys()
        return {**data, "return": None} if known else data

    @field_validator("returning")
    @classmethod
    def _returns_are_known(cls, value: Criteria | None, info: ValidationInfo) -> Criteria | None:
        if value is None and info.data.get("columns", "periods") == "periods":
            raise PydanticCustomError("missing", "is required and missing")
        return value

    @model_validator(mode="after")
    def _columns_fit(self) -> CohortTableSpec:
        if self.columns == "periods":
            if self.milestones:
                raise PydanticCustomError("columns", "milestones are shown with 'columns': 'milestones'")
            return self
        if not self.milestones:
            raise PydanticCustomError("milestones", "'columns': 'milestones' takes at least one milestone")
        of_periods = ("rolling", "latency", "counting", "periods", "max_periods")
        defaults = {name: type(self).model_fields[name].default for name in of_periods}
        changed = [name for name, default in defaults.items() if getattr(self, name) != default]
        if changed:
            text = f"{changed[0]!r} belongs to columns of periods; milestones count up to the horizon"
            raise PydanticCustomError("columns", "{text}", {"text": text})
        return self

    @property
    def return_criteria(self) -> Criteria:
        """The return criteria of a table whose columns are periods."""
        assert self.returning is not None
        return self.returning


def compare(op: str, left: Any, right: Any) -> Any:
    """`left op right` for the comparisons of metrics and counts; works on numbers and arrays."""
    if op == "between":
        return (left >= right[0]) & (left <= right[1])
    return {
        "equals": lambda: left == right,
        "not_equals": lambda: left != right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
    }[op]()
