"""Who came back, period after period, or reached milestones."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import Condition
from workbench.model.operators import Comparison, Threshold, check_threshold
from workbench.model.specs.metrics import SumOf
from workbench.model.specs.question import DateRange, Question, SegmentCondition


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


class ComparedRange(Part):
    """Local days, both included, whose cohorts are answered beside those of another range."""

    from_: datetime.date = Field(alias="from")
    to: datetime.date

    @model_validator(mode="after")
    def _in_order(self) -> ComparedRange:
        if self.from_ > self.to:
            raise PydanticCustomError("range", "'from' lies after 'to'")
        return self

    @property
    def label(self) -> str:
        """What the rows of the range carry as `segment`: `2024-01-01 to 2024-06-30`."""
        return f"{self.from_} to {self.to}"


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
    base: Literal["included", "previous"] = "included"
    """What percentages are of: the members included, or those the column before counts.

    Columns up to 1 are of the members included in any case; rolling retention is of the column before anyway.
    """
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
    value_metric: SumOf | None = None
    """A sum over the return events that a cell looks at, of the members it counts.

    It stands in the columns `amount` and `amount_average`.
    """
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=4)
    """Segments answered side by side; each takes the place of "All"."""
    compare_ranges: tuple[ComparedRange, ...] = Field(default=(), max_length=2)
    """Date ranges answered side by side, each in the place of `date_range`."""

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

    @field_validator("value_metric", mode="before")
    @classmethod
    def _values_are_sums(cls, value: Any) -> Any:
        if value is None or isinstance(value, SumOf) or (isinstance(value, dict) and "sum" in value):
            return value
        text = f"found {value!r}; a value metric is a sum, such as {{'sum': 'opportunity.amount'}}"
        raise PydanticCustomError("metric", "{text}", {"text": text})

    @model_validator(mode="after")
    def _values_fit(self) -> CohortTableSpec:
        if self.value_metric is not None and self.type == "churn":
            text = "'value_metric' sums what members returned for; 'type': 'churn' counts those who did not"
            raise PydanticCustomError("value_metric", "{text}", {"text": text})
        return self

    @model_validator(mode="after")
    def _one_comparison(self) -> CohortTableSpec:
        dates = self.date_range
        if self.compare_ranges and self.compare:
            raise PydanticCustomError("compare", "give either 'compare' or 'compare_ranges', not both")
        if self.compare_ranges and dates is not None and (dates.from_ or dates.to or dates.last):
            text = (
                "'compare_ranges' take the place of 'date_range'; only 'applies_to' and 'follow' stand beside"
            )
            raise PydanticCustomError("compare", "{text}", {"text": text})
        if len(set(self.compare_ranges)) < len(self.compare_ranges):
            raise PydanticCustomError("compare", "'compare_ranges' holds the same range twice")
        return self

    @model_validator(mode="after")
    def _columns_fit(self) -> CohortTableSpec:
        if self.columns == "periods":
            if self.milestones:
                raise PydanticCustomError("columns", "milestones are shown with 'columns': 'milestones'")
            return self
        if not self.milestones:
            raise PydanticCustomError("milestones", "'columns': 'milestones' takes at least one milestone")
        of_periods = ("rolling", "base", "latency", "counting", "periods", "max_periods", "value_metric")
        defaults = {name: type(self).model_fields[name].default for name in of_periods}
        changed = [name for name, default in defaults.items() if getattr(self, name) != default]
        if changed:
            text = f"{changed[0]!r} belongs to columns of periods; milestones count up to the horizon"
            raise PydanticCustomError("columns", "{text}", {"text": text})
        return self

    @property
    def in_range(self) -> dict[str, CohortTableSpec]:
        """Label → the question of each compared range alone; empty where none are compared."""
        found = {}
        for one in self.compare_ranges:
            beside = self.date_range.model_dump(include={"applies_to", "follow"}) if self.date_range else {}
            dates = DateRange.model_validate({"from": one.from_, "to": one.to, **beside})
            found[one.label] = self.model_copy(update={"date_range": dates, "compare_ranges": ()})
        return found

    @property
    def of_previous(self) -> bool:
        """Whether percentages from column 2 on are of those whom the column before counts."""
        return self.base == "previous" or (self.rolling and self.type == "retention")

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
