"""What comes next, before, or both."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import (
    Condition,
)
from workbench.model.durations import Duration
from workbench.model.specs.question import Question, SegmentCondition

Items = Annotated[int, Field(ge=1, le=1000)]
T = TypeVar("T")


class Through(Part):
    """A node that paths must pass: a column, and what they show there."""

    column: int
    kind: Literal["anchor", "item", "other", "exit", "entry", "before data"] = "item"
    """`item`: one of `items`; `other`: an item, or the anchor by its label, that is none of `items`."""
    items: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Through:
        if self.kind == "item" and not self.items:
            raise PydanticCustomError("items", "name the items that paths pass; kind 'item' has at least one")
        if self.items and self.kind not in ("item", "other"):
            text = f"kind {self.kind!r} takes no items; 'item' and 'other' do"
            raise PydanticCustomError("items", "{text}", {"text": text})
        side = {"exit": 1, "entry": -1, "before data": -1}.get(self.kind)
        if side and self.column * side < 0:
            text = f"kind {self.kind!r} stands {'right' if side > 0 else 'left'} of the anchor only"
            raise PydanticCustomError("kind", "{text}", {"text": text})
        return self


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
    items: Items | tuple[Items, ...] = 5
    """How many items each column keeps; a list says so for each column, in the order of a list of
    dimensions."""
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
    through: tuple[Through, ...] = Field(default=(), max_length=40)
    """Only paths that pass all of these are counted; items are ranked among the paths that are left."""
    goal: Condition | None = None
    """What conversion means in the tables of whole paths: a match later than the path's anchor, within
    `follow` of it where given."""
    declared_order: bool = False
    """Whether links tell if they go back or skip in the declared order of event types, and the table `order`
    how many paths do."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=4)
    """Segments answered side by side; only then the tables have a column `segment`."""

    @model_validator(mode="before")
    @classmethod
    def _columns_of_the_list(cls, data: Any) -> Any:
        """A list says how many columns there are, where nothing else does; dimensions before items."""
        if isinstance(data, dict):
            for listed in (data.get("dimension"), data.get("items")):
                if isinstance(listed, list | tuple) and listed:
                    return {"columns": len(listed), **data}
        return data

    @model_validator(mode="after")
    def _one_anchor(self) -> FlowSpec:
        given = [where for where in (self.starts_with, self.contains, self.ends_with) if where is not None]
        if len(given) != 1:
            raise PydanticCustomError("anchor", "give exactly one of starts_with, contains and ends_with")
        lengths = {self.columns, 2 * self.columns} if self.contains else {self.columns}
        for name, listed in (("dimensions", self.dimension), ("numbers of items", self.items)):
            if isinstance(listed, tuple) and len(listed) not in lengths:
                text = f"{len(listed)} {name} for {self.columns} columns; give one for each"
                raise PydanticCustomError("dimension", "{text}", {"text": text})
        return self

    @model_validator(mode="after")
    def _within_the_flow(self) -> FlowSpec:
        """Nodes to pass stand in the columns asked, and only event types have a declared order."""
        left, right = -self.columns * (-1 in self.sides), self.columns * (1 in self.sides)
        for node in self.through:
            if not node.column or not left <= node.column <= right:
                ranges = [f"{low} to {high}" for low, high in ((left, -1), (1, right)) if low <= high]
                text = f"no path is asked to pass column {node.column}; choose from {' or '.join(ranges)}"
                raise PydanticCustomError("through", "{text}", {"text": text})
        listed = (self.dimension,) if isinstance(self.dimension, str) else self.dimension
        if self.declared_order and set(listed) != {"event_type"}:
            others = ", ".join(sorted({*listed} - {"event_type"}))
            text = f"only event_type has a declared order; {others} has none"
            raise PydanticCustomError("declared_order", "{text}", {"text": text})
        return self

    def dimensions(self, side: int) -> tuple[str, ...]:
        """The dimension of each column of a side (1: right, -1: left), counted away from the anchor."""
        if isinstance(self.dimension, str):
            return (self.dimension,) * self.columns
        return _of_side(self.dimension, self.columns, side)

    def kept(self, column: int) -> int:
        """How many items a column keeps, by its number; the anchor's column has one."""
        if isinstance(self.items, int) or not column:
            return self.items if isinstance(self.items, int) else 1
        return _of_side(self.items, self.columns, column)[abs(column) - 1]

    @property
    def sides(self) -> tuple[int, ...]:
        """Where the columns stand: -1 left of the anchor, 1 right of it."""
        return (-1, 1) if self.contains else (1,) if self.starts_with else (-1,)

    @property
    def anchor(self) -> Any:
        """The condition at which every path begins."""
        return self.starts_with or self.ends_with or self.contains

    def to_json(self) -> dict[str, Any]:
        """The question as plain JSON; a list goes with the number of columns it is for."""
        listed = isinstance(self.dimension, tuple) or isinstance(self.items, tuple)
        return super().to_json() | ({"columns": self.columns} if listed else {})


def _of_side(listed: tuple[T, ...], columns: int, side: int) -> tuple[T, ...]:
    """The part of a list for one side, counted away from the anchor; one list serves both sides."""
    if len(listed) == columns:
        return listed
    return listed[columns:] if side > 0 else listed[:columns][::-1]
