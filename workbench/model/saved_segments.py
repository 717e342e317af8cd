"""What a saved segment says about itself, and the one condition it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from workbench.model.base import Part
from workbench.model.conditions import ContainerName
from workbench.model.parsing import read_model

Kind = Literal["dynamic", "firmographic", "static", "compound"]
State = Literal["draft", "live"]
Keeps = Literal["events", "members"]
BlockOperator = Literal["union", "intersect", "except"]

PINNED_IN, PINNED_OUT = ".in", ".out"
"""What follows a segment's id in the name of the list of its members that are pinned in or out."""

Json = dict[str, Any]


class Block(Part):
    """One block of a compound segment: how it joins the result of the blocks before it."""

    operator: BlockOperator = "union"
    segment: str


class Pin(Part):
    """One member that is in or out whatever the condition says."""

    id: str
    in_: bool = Field(alias="in")
    reason: str = ""


class About(Part):
    """What a saved segment says beside its condition; without it a segment is dynamic, of accounts, live."""

    kind: Kind = "dynamic"
    """`firmographic` is a dynamic segment that was begun from the account; it counts in no other way."""
    container: ContainerName = "account"
    """What its members are."""
    state: State = "live"
    keeps: Keeps = "events"
    """What it keeps as a filter: the events that its condition holds for, or every event of its members."""
    folder: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    blocks: tuple[Block, ...] = ()
    """Of a compound segment: joined from left to right, without precedence."""
    pins: tuple[Pin, ...] = ()
    suppress: bool = False
    """Whether its members are left out of every export."""

    @model_validator(mode="after")
    def _blocks_fit(self) -> About:
        problem = ""
        if self.kind == "compound" and not self.blocks:
            problem = "a compound segment needs at least one block"
        elif self.kind != "compound" and self.blocks:
            problem = f"a {self.kind} segment takes no blocks; choose the kind compound"
        elif self.blocks and self.blocks[0].operator != "union":
            problem = f"the first block joins nothing, so it is a union; found {self.blocks[0].operator}"
        elif len({pin.id for pin in self.pins}) < len(self.pins):
            problem = "a member is pinned once, in or out"
        if problem:
            raise PydanticCustomError("about", "{text}", {"text": problem})
        return self


def about_of(definition: Json) -> About:
    """What a definition of a segment says about itself; SpecError where that makes no sense."""
    return read_model(About, definition.get("about") or {}, f"segment {definition.get('id', '')} about")


def effective_condition(definition: Json) -> Json | Any:
    """The condition that `{"segment": id}` stands for, as JSON.

    Dynamic: its content, or where it keeps members everything of those it holds for. Static: everything of
    the listed. Compound: the blocks from left to right, each as the containers with an event in its segment.
    Pins come last: out, then in.
    """
    about, name = about_of(definition), definition["id"]
    if about.kind == "static":
        condition: Any = {"listed": name, "container": about.container}
    elif about.kind == "compound":
        condition = joined_blocks(about)
    elif about.keeps == "members":
        condition = {"container": about.container, "where": definition["content"]}
    else:
        condition = definition["content"]
    return _pinned(condition, about, name)


def joined_blocks(about: About) -> Json:
    """The blocks of a compound segment as one condition on its containers."""
    operators = {"union": "any", "intersect": "all", "except": "all"}
    result: Json = {}
    for block in about.blocks:
        members: Json = {"container": about.container, "where": {"segment": block.segment}}
        part = {"not": members} if block.operator == "except" else members
        key = operators[block.operator]
        if not result:
            result = part
        elif key in result:
            result = {key: [*result[key], part]}
        else:
            result = {key: [result, part]}
    return result


def _pinned(condition: Any, about: About, name: str) -> Any:
    if any(not pin.in_ for pin in about.pins):
        out = {"listed": name + PINNED_OUT, "container": about.container}
        condition = {"all": [condition, {"not": out}]}
    if any(pin.in_ for pin in about.pins):
        condition = {"any": [condition, {"listed": name + PINNED_IN, "container": about.container}]}
    return condition


def pinned_lists(definition: Json) -> dict[str, tuple[str, ...]]:
    """List name → ids, of the pins of a segment."""
    pins, name = about_of(definition).pins, definition["id"]
    return {
        name + ending: ids
        for ending, wanted in ((PINNED_IN, True), (PINNED_OUT, False))
        if (ids := tuple(sorted(pin.id for pin in pins if pin.in_ is wanted)))
    }


def segments_named(content: Any) -> set[str]:
    """Ids of the saved segments that a definition's content or `about` refers to, by whatever way."""
    return set(_references(content))


def _references(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "select":
                yield from _references(inner, name)
    elif isinstance(value, str):
        if key == "compare" or key.endswith(("segment", "segments")):
            yield value
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _references(inner, key)
