"""What every question has, and the limits of a step."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import (
    Condition,
    ContainerName,
    Identity,
)
from workbench.model.durations import Duration


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
