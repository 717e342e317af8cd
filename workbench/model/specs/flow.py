"""What comes next, before, or both."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.conditions import (
    Condition,
)
from workbench.model.durations import Duration
from workbench.model.specs.question import Question, SegmentCondition


class FlowSpec(Question):
    """What comes next, or before, or both: the items that follow or precede an anchor."""

    analysis: Literal["flow"] = "flow"
    starts_with: Condition | None = None
    contains: Condition | None = None
    """Both sides of the anchor: columns to its left are negative."""
    ends_with: Condition | None = None
    anchor_label: str | None = None
    dimension: str | tuple[str, ...] = "event_type"
    """The field whose items make up the paths; a list names one for each column, counted away from the
    anchor. With `contains` it serves both sides, or is twice as long and runs from the leftmost column on."""
    columns: int = Field(default=5, ge=1, le=20)
    """Columns on each side; with a list of dimensions as many as it has, unless given."""
    items: int = Field(default=5, ge=1, le=1000)
    repeats: bool = False
    occurrence: Literal["all", "first", "last"] = "all"
    within: Duration | None = None
    exclude: tuple[str, ...] = ()
    """Items left out: events with one of them count as events without a value; anchors stay anchors."""
    among: Condition | None = None
    """Which events have items: all others count as events without a value; anchors stay anchors."""
    times: bool = False
    """Whether nodes and links carry the median time from the column nearer the anchor, or along the link."""
    paths: int = Field(default=0, ge=0, le=1000)
    """How many whole paths the tables `paths` and `exits` list; 0 for neither table."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=4)
    """Segments answered side by side; only then the tables have a column `segment`."""

    @model_validator(mode="before")
    @classmethod
    def _columns_of_the_list(cls, data: Any) -> Any:
        """A list of dimensions says how many columns there are, where nothing else does."""
        if isinstance(data, dict) and isinstance(listed := data.get("dimension"), list | tuple):
            return {"columns": len(listed), **data} if listed else data
        return data

    @model_validator(mode="after")
    def _one_anchor(self) -> FlowSpec:
        given = [where for where in (self.starts_with, self.contains, self.ends_with) if where is not None]
        if len(given) != 1:
            raise PydanticCustomError("anchor", "give exactly one of starts_with, contains and ends_with")
        if isinstance(self.dimension, tuple):
            lengths = {self.columns, 2 * self.columns} if self.contains else {self.columns}
            if len(self.dimension) not in lengths:
                text = f"{len(self.dimension)} dimensions for {self.columns} columns; give one for each"
                raise PydanticCustomError("dimension", "{text}", {"text": text})
        return self

    def dimensions(self, side: int) -> tuple[str, ...]:
        """The dimension of each column of a side (1: right, -1: left), counted away from the anchor."""
        if isinstance(self.dimension, str):
            return (self.dimension,) * self.columns
        if len(self.dimension) == self.columns:
            return self.dimension
        return self.dimension[self.columns :] if side > 0 else self.dimension[: self.columns][::-1]

    @property
    def sides(self) -> tuple[int, ...]:
        """Where the columns stand: -1 left of the anchor, 1 right of it."""
        return (-1, 1) if self.contains else (1,) if self.starts_with else (-1,)

    @property
    def anchor(self) -> Any:
        """The condition at which every path begins."""
        return self.starts_with or self.ends_with or self.contains

    def to_json(self) -> dict[str, Any]:
        """The question as plain JSON; a list of dimensions goes with the number of columns it is for."""
        listed = {} if isinstance(self.dimension, str) else {"columns": self.columns}
        return super().to_json() | listed
