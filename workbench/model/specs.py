"""One frozen Spec per question.

A Spec is what was asked, complete and checked: `parse_spec` reads it from JSON,
`Spec.to_json()` writes it without defaults, equal questions have equal canonical text.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.errors import nearest
from workbench.model.base import Part
from workbench.model.conditions import (
    TAG,
    Comparison,
    Condition,
    ContainerName,
    Identity,
    Threshold,
    check_threshold,
)
from workbench.model.containers import CONTAINER_METRICS
from workbench.model.durations import Duration

# --- metrics -----------------------------------------------------------------------------------


class SumOf(Part):
    """Sum of a money or number field; `opportunity.amount` counts each deal once."""

    sum: str
    where: Condition | None = None


class CountOf(Part):
    """Number of events that match a condition."""

    count: Condition


class DistinctOf(Part):
    """Number of distinct values of a field."""

    distinct: str
    where: Condition | None = None


def _known_metric(value: Any) -> Any:
    names = [*CONTAINER_METRICS, "events"]
    if isinstance(value, str) and value not in names:
        raise PydanticCustomError(
            "metric", "{text}", {"text": f"{value!r} is no metric; {nearest(value, names)}"}
        )
    return value


def _metric_form(value: Any) -> str | None:
    if isinstance(value, str):
        return TAG + "name"
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return next((TAG + form for form in ("sum", "count", "distinct") if form in keys), None)


Metric = Annotated[
    Annotated[str, Tag(TAG + "name")]
    | Annotated[SumOf, Tag(TAG + "sum")]
    | Annotated[CountOf, Tag(TAG + "count")]
    | Annotated[DistinctOf, Tag(TAG + "distinct")],
    Discriminator(
        _metric_form,
        custom_error_type="metric",
        custom_error_message=(
            "a metric is a name such as 'accounts' or 'events', or {'sum' | 'count' | 'distinct': …}"
        ),
    ),
    BeforeValidator(_known_metric),
]

# --- what every question has -------------------------------------------------------------------


class DateRange(Part):
    """Local days, both included; `last` counts days back from the horizon's day."""

    from_: datetime.date | None = Field(default=None, alias="from")
    to: datetime.date | None = None
    last: Duration | None = None
    applies_to: Literal["start", "events"] = "start"
    follow: Duration | None = None
    """How long after the start events still count."""

    @model_validator(mode="after")
    def _one_way(self) -> DateRange:
        if self.last and (self.from_ or self.to):
            raise PydanticCustomError("range", "give either 'last' or 'from' and 'to', not both")
        if self.from_ and self.to and self.from_ > self.to:
            raise PydanticCustomError("range", "'from' lies after 'to'")
        if self.last and self.last[-1] not in "dw":
            raise PydanticCustomError("range", "'last' takes days or weeks, such as '90d'")
        return self


def _segment(value: Any) -> Any:
    return {"segment": value} if isinstance(value, str) else value


SegmentCondition = Annotated[Condition, BeforeValidator(_segment, json_schema_input_type=str | Condition)]
Actor = Literal["buyer", "seller", "system"]


class Question(Part):
    """What every question has."""

    container: ContainerName = "account"
    """The unit whose events form one journey."""
    segments: tuple[SegmentCondition, ...] = ()
    actors: tuple[Actor, ...] | None = Field(default=None, min_length=1)
    """Which actors make up the histories; None for all. Events without an actor count as buyer."""
    history: Literal["members", "stamped"] | None = None
    """Of opportunities, buying groups and leads; None: members where memberships exist."""
    date_range: DateRange | None = None

    @model_validator(mode="before")
    @classmethod
    def _lift_range_options(cls, data: Any) -> Any:
        """`applies_to` and `follow` may stand beside `date_range` as well as inside it."""
        if isinstance(data, dict) and {"applies_to", "follow"} & data.keys():
            data = dict(data)
            given = data.get("date_range") or {}
            inside = given if isinstance(given, dict) else given.to_json()
            lifted = {key: data.pop(key) for key in ("applies_to", "follow") if key in data}
            data["date_range"] = {**lifted, **inside}
        return data

    def to_json(self) -> dict[str, Any]:
        """The question as plain JSON: its analysis, its container, and what differs from the default."""
        name = self.__class__.model_fields["analysis"].default
        return {"analysis": name, "container": self.container, **super().to_json()}

    @property
    def follow(self) -> str | None:
        """Greatest age of an event, counted from the start that leads to it."""
        return self.date_range.follow if self.date_range else None


class Limits(Part):
    """Time limits and identity from the earlier event to the later one."""

    within: Duration | None = None
    after: Duration | None = None
    same: Identity | None = None
    """Both events carry the same id of this kind."""
    different: Identity | None = None

    @model_validator(mode="after")
    def _one_identity(self) -> Limits:
        if self.same and self.different:
            raise PydanticCustomError("identity", "give either 'same' or 'different', not both")
        return self

    @property
    def limited(self) -> bool:
        """Whether more than "later" is asked."""
        return bool(self.within or self.after or self.same or self.different)


# --- journey canvas ----------------------------------------------------------------------------


class Node(Part):
    """A checkpoint of the canvas; `x` and `y` are its place on the drawing."""

    id: str = Field(min_length=1)
    label: str = ""
    where: Condition
    exclude: bool = False
    """Leave the containers qualified here out of every other number of the canvas.

    The node's own row and the arrows into it are counted over all containers.
    """
    x: float | None = None
    y: float | None = None
    breakdown: str | None = None
    """A field path whose items the drawing shows beside the node; counts nothing here."""

    @property
    def title(self) -> str:
        """Label shown: the given one, else the id."""
        return self.label or self.id


class Arrow(Limits):
    """From one checkpoint to a later one."""

    source: str
    target: str
    label: str = ""
    path: Literal["eventual", "next"] = "eventual"
    """Whether anything may lie between the two events, or nothing of the history."""
    breakdown: str | None = None
    """A field path whose items the drawing shows beside the arrow; counts nothing here."""


class JourneyCanvasSpec(Question):
    """How many containers went from checkpoint to checkpoint, how long it took, who fell out."""

    analysis: Literal["journey_canvas"] = "journey_canvas"
    nodes: tuple[Node, ...] = Field(min_length=1)
    arrows: tuple[Arrow, ...] = ()
    metric: Metric | None = None
    """None: the container's own count."""
    secondary_metric: Metric | None = None
    percent_of: Literal["start", "previous", "total"] = "start"
    counting: Literal["all_matching", "on_path"] = "all_matching"
    fallout_split: bool = False
    """Whether fallout is split into lost, in play and dormant, which add up to it."""
    mature_only: Duration | None = None
    """Starts must lie at least this long before the horizon, in addition to the date range."""
    compare: tuple[SegmentCondition, ...] = Field(default=(), max_length=4)
    """Segments answered side by side; each takes the place of "All"."""

    @model_validator(mode="after")
    def _is_a_graph(self) -> JourneyCanvasSpec:
        ids = [node.id for node in self.nodes]
        for repeated in {name for name in ids if ids.count(name) > 1}:
            raise PydanticCustomError("graph", "two nodes have the id {id}", {"id": repr(repeated)})
        ends: set[tuple[str, str]] = set()
        for arrow in self.arrows:
            for end in (arrow.source, arrow.target):
                if end not in ids:
                    hint = f"an arrow names the node {end!r}, which does not exist; {nearest(end, ids)}"
                    raise PydanticCustomError("graph", "{text}", {"text": hint})
            if (arrow.source, arrow.target) in ends:
                text = (
                    f"two arrows lead from {arrow.source!r} to {arrow.target!r}; join their conditions in one"
                )
                raise PydanticCustomError("graph", "{text}", {"text": text})
            ends.add((arrow.source, arrow.target))
        self.order()
        return self

    def incoming(self, node: str) -> tuple[Arrow, ...]:
        """Arrows that lead to a node."""
        return tuple(arrow for arrow in self.arrows if arrow.target == node)

    def outgoing(self, node: str) -> tuple[Arrow, ...]:
        """Arrows that leave a node."""
        return tuple(arrow for arrow in self.arrows if arrow.source == node)

    def order(self) -> tuple[str, ...]:
        """Node ids, each after all its predecessors; a cycle is an error that names it."""
        waiting = {node.id: {arrow.source for arrow in self.incoming(node.id)} for node in self.nodes}
        done: list[str] = []
        while waiting:
            ready = [name for name, before in waiting.items() if not before - set(done)]
            if not ready:
                loop = self._a_cycle(set(waiting))
                raise PydanticCustomError(
                    "graph", "the arrows form a cycle: {loop}", {"loop": " → ".join(loop)}
                )
            done += ready
            for name in ready:
                del waiting[name]
        return tuple(done)

    def _a_cycle(self, among: set[str]) -> list[str]:
        """Walk backwards among unfinished nodes: each has an unfinished predecessor."""
        walk = [min(among)]
        while True:
            before = next(arrow.source for arrow in self.incoming(walk[-1]) if arrow.source in among)
            if before in walk:
                return [*reversed(walk[walk.index(before) :]), walk[-1]]
            walk.append(before)

    def starts_of(self, node: str) -> tuple[str, ...]:
        """Start nodes that lead to a node, in the order of `nodes`; a start leads to itself."""
        reached, frontier = {node}, [node]
        while frontier:
            for arrow in self.incoming(frontier.pop()):
                if arrow.source not in reached:
                    reached.add(arrow.source)
                    frontier.append(arrow.source)
        return tuple(n.id for n in self.nodes if n.id in reached and not self.incoming(n.id))


# --- fallout -----------------------------------------------------------------------------------


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


# --- flow --------------------------------------------------------------------------------------


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


# --- cohort table ------------------------------------------------------------------------------


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


# --- breakdown ---------------------------------------------------------------------------------


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


# --- paths -------------------------------------------------------------------------------------


class PathsSpec(Question):
    """In which order containers come past items between a start and an end: their whole paths, counted."""

    analysis: Literal["paths"] = "paths"
    start: Condition
    """A path begins at the container's first permitted match."""
    end: Condition | None = None
    """It ends before the earliest match after that; None: everything after the start counts."""
    dimension: str = "event_type"
    """The field whose items make up a path; each item stands where it first occurs."""
    items: int = Field(default=8, ge=1, le=100)
    """Considered are the items that most containers have on their way; all others are stepped over."""
    longest: int = Field(default=6, ge=1, le=20)
    """Items of a path at most; what comes later is left out."""
    top: int = Field(default=10, ge=1, le=1000)
    """Paths listed, the most frequent first; the others together are one row."""


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


Spec = JourneyCanvasSpec | FalloutSpec | FlowSpec | CohortTableSpec | BreakdownSpec | PathsSpec
SPECS: dict[str, type[Question]] = {
    "journey_canvas": JourneyCanvasSpec,
    "fallout": FalloutSpec,
    "flow": FlowSpec,
    "cohort_table": CohortTableSpec,
    "breakdown": BreakdownSpec,
    "paths": PathsSpec,
}
"""Analysis name → its Spec."""
