"""Conditions: sets of events, in one JSON language.

    {"field": "event_type", "op": "equals", "value": "MQL Qualified"}
    {"all": […]}  {"any": […]}  {"not": …}
    {"milestone": "mql"}  {"segment": "in-person-attendees"}
    {"container": "account", "where": …}
    {"count": …, "container": "account", "op": ">=", "value": 3}
    {"sequence": […], "container": "account", "include": "everyone"}
    {"members_of": {"question": …, "table": "nodes", "select": …, "measure": "value"}}
    {"related": "opportunities", "of": "account", "where": …}
    {"listed": "key-accounts", "container": "account"}
    {"as_of": "2024-03-31", "where": …}

Field tests go by row. The container forms look at all events of the generation.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.errors import SpecError, nearest
from workbench.model.base import Part
from workbench.model.containers import CONTAINERS, container_named
from workbench.model.durations import Duration
from workbench.model.operators import (
    OPERATORS,
    Comparison,
    Operator,
    Scalar,
    Threshold,
    check_threshold,
    unfit,
)
from workbench.model.relations import check_relation

Identity = Literal["global_account", "account", "opportunity", "buying_group", "lead", "person", "session"]
"""What `same` and `different` compare: the id both events carry."""


def _container_name(name: Any) -> Any:
    try:
        container_named(name)
    except SpecError as problem:
        raise PydanticCustomError(
            "container", "{text}", {"text": str(problem).removeprefix("container: ")}
        ) from None
    return name


ContainerName = Annotated[
    str,
    BeforeValidator(_container_name),
    WithJsonSchema({"type": "string", "enum": [container.name for container in CONTAINERS]}),
]


class FieldTest(Part):
    """One field of the event or of a record it names, compared with a value."""

    field: str
    """Column of `events`, or a dotted record path such as `account.industry`."""
    op: Operator = "equals"
    value: Scalar | tuple[Scalar | None, ...] | None = None

    @field_validator("op", mode="before")
    @classmethod
    def _known_operator(cls, op: Any) -> Any:
        if op not in OPERATORS:
            raise PydanticCustomError(
                "operator", "{text}", {"text": f"{op!r} is no operator; {nearest(op, OPERATORS)}"}
            )
        return op

    @model_validator(mode="after")
    def _value_fits(self) -> FieldTest:
        if problem := unfit(self.op, self.value):
            raise PydanticCustomError("value", "{op} {problem}", {"op": repr(self.op), "problem": problem})
        return self


class AllOf(Part):
    """Events that are in every one of the sets."""

    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(Part):
    """Events that are in at least one of the sets."""

    any: tuple[Condition, ...] = Field(min_length=1)


class NotOf(Part):
    """Events that are not in the set."""

    not_: Condition = Field(alias="not")


def negated(condition: Condition) -> NotOf:
    """The events that are not in a set."""
    return NotOf.model_validate({"not": condition})


class MilestoneRef(Part):
    """The condition that the workspace knows under a milestone's name."""

    milestone: str


class SegmentRef(Part):
    """The condition of a saved segment."""

    segment: str


class InContainer(Part):
    """Every event of the containers that have a matching event."""

    container: ContainerName
    where: Condition


class CountIn(Part):
    """Every event of the containers with that many matching events."""

    count: Condition
    container: ContainerName
    op: Comparison = ">="
    value: Threshold = 1
    distinct: str | None = None
    """Field whose distinct values among the matching events are counted instead."""
    sum: str | None = None
    """Field that is summed over the matching events instead; of a record, over the distinct records."""

    @model_validator(mode="after")
    def _threshold(self) -> CountIn:
        check_threshold(self.op, self.value)
        if self.distinct and self.sum:
            raise PydanticCustomError("count", "a count takes 'distinct' or 'sum', not both")
        return self


class SequenceStep(Part):
    """One step of a sequence; limits count from the step before."""

    where: Condition | None = None
    any_order: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    """Instead of `where`: conditions that are all met, in any order, by one event or several."""
    within: Duration | None = None
    after: Duration | None = None
    same: Identity | None = None
    different: Identity | None = None
    exclude: bool = False

    @model_validator(mode="after")
    def _no_limits_on_exclusions(self) -> SequenceStep:
        if self.exclude and (self.within or self.after or self.same or self.different):
            raise PydanticCustomError("exclude", "an excluded step takes no within, after, same or different")
        if (self.where is None) == (self.any_order is None):
            raise PydanticCustomError("step", "a step takes either 'where' or 'any_order'")
        if self.any_order is not None and (self.exclude or self.same or self.different):
            raise PydanticCustomError("any_order", "'any_order' takes no exclude, same or different")
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The step's condition, or all of those in any order."""
        return self.any_order or (self.where,)  # type: ignore[return-value]


class Sequence(Part):
    """Events of the containers in which the steps happen one after the other."""

    sequence: tuple[SequenceStep, ...] = Field(min_length=1)
    container: ContainerName
    include: Literal["everyone", "before", "after"] = "everyone"

    @model_validator(mode="after")
    def _has_a_step(self) -> Sequence:
        included = [step for step in self.sequence if not step.exclude]
        if not included:
            raise PydanticCustomError("sequence", "a sequence needs at least one step that is not excluded")
        first = included[0]
        if first.within or first.after or first.same or first.different:
            raise PydanticCustomError(
                "sequence", "the first step takes no within, after, same or different: nothing precedes it"
            )
        return self


class Number(Part):
    """A number of an answer: which question, which row, which measure."""

    question: dict[str, Any]
    table: str
    select: dict[str, Any] = Field(default_factory=dict)
    measure: str | None = None


class MembersOf(Part):
    """Every event of the containers behind a number; exact by construction."""

    members_of: Number


class Related(Part):
    """Every event of the containers with that many related records."""

    related: str
    """Table of the records: one that names the container, `subsidiaries` of accounts, or `opportunities` of
    persons."""
    of: ContainerName = "account"
    where: Condition | None = None
    """What holds for one and the same record: tests of its columns and of paths onward, `related`, and `all`,
    `any`, `not` of these."""
    op: Comparison = ">="
    value: Threshold = 1
    sum: str | None = None
    """Column of the records that is summed instead of counting them."""

    @model_validator(mode="after")
    def _fits(self) -> Related:
        check_threshold(self.op, self.value)
        try:
            check_relation(self.related, self.of)
        except SpecError as problem:
            text = str(problem).removeprefix(f"{problem.place}: ")
            raise PydanticCustomError("related", "{text}", {"text": text}) from None
        for part in record_tests(self.where):
            if not isinstance(part, FieldTest | Related):
                raise PydanticCustomError(
                    "related",
                    "'where' of 'related' tests the record: field, all, any, not, related; found {form}",
                    {"form": repr(str(_form(part)).removeprefix(TAG))},
                )
        return self


def record_tests(where: Condition | None) -> list[Condition]:
    """The parts of a condition below `all`, `any` and `not`."""
    if where is None:
        return []
    if isinstance(where, NotOf):
        return record_tests(where.not_)
    if isinstance(where, AllOf | AnyOf):
        parts = where.all if isinstance(where, AllOf) else where.any
        return [test for part in parts for test in record_tests(part)]
    return [where]


class Listed(Part):
    """Every event of the containers on a stored list."""

    listed: str
    """Id of the list."""
    container: ContainerName


class AsOf(Part):
    """The condition as if the data ended with a local day; record fields stay those of the data version."""

    as_of: date
    where: Condition


_FORMS: dict[str, str] = {
    "field": "field",
    "all": "all",
    "any": "any",
    "not": "not",
    "not_": "not",
    "milestone": "milestone",
    "segment": "segment",
    "sequence": "sequence",
    "count": "count",
    "members_of": "members_of",
    "related": "related",
    "listed": "listed",
    "as_of": "as_of",
    "container": "container",
}
TAG = "~"
"""Marks the parts of an error's location that name a form of condition rather than a place."""


def _form(data: Any) -> str | None:
    if isinstance(data, Part):
        data = {field.alias or name: None for name, field in type(data).model_fields.items()}
    if not isinstance(data, dict):
        return None
    return next((TAG + form for key, form in _FORMS.items() if key in data), None)


def _explain(data: Any) -> Any:
    """Refuse what is no condition at all, with the nearest form."""
    if _form(data) is None:
        if isinstance(data, dict) and data:
            key = next(iter(data))
            hint = f"{key!r} starts no condition; {nearest(key, _FORMS)}"
        else:
            hint = f"found {data!r}, expected a condition such as {{'field': 'event_type', 'value': …}}"
        raise PydanticCustomError("condition", "{text}", {"text": hint})
    return data


Condition = Annotated[
    Annotated[FieldTest, Tag(TAG + "field")]
    | Annotated[AllOf, Tag(TAG + "all")]
    | Annotated[AnyOf, Tag(TAG + "any")]
    | Annotated[NotOf, Tag(TAG + "not")]
    | Annotated[MilestoneRef, Tag(TAG + "milestone")]
    | Annotated[SegmentRef, Tag(TAG + "segment")]
    | Annotated[Sequence, Tag(TAG + "sequence")]
    | Annotated[CountIn, Tag(TAG + "count")]
    | Annotated[MembersOf, Tag(TAG + "members_of")]
    | Annotated[Related, Tag(TAG + "related")]
    | Annotated[Listed, Tag(TAG + "listed")]
    | Annotated[AsOf, Tag(TAG + "as_of")]
    | Annotated[InContainer, Tag(TAG + "container")],
    Discriminator(_form),
    BeforeValidator(_explain),
]

for _model in (AllOf, AnyOf, NotOf, InContainer, CountIn, SequenceStep, Sequence, Related, AsOf):
    _model.model_rebuild()
