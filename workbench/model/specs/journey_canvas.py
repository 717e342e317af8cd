"""Checkpoints and arrows."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.errors import nearest
from workbench.model.base import Part
from workbench.model.conditions import (
    Condition,
)
from workbench.model.durations import Duration
from workbench.model.specs.metrics import Metric
from workbench.model.specs.question import Limits, Question, SegmentCondition


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
    fallout_breakdown: str | None = None
    """A field path whose items the drawing shows below the node's fallout; counts nothing here."""

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
