"""Checkpoints of a question: canvas and fallout, from conditions to reach sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.links import Link
from workbench.engines.sql.sequences import with_barrier
from workbench.model.conditions import Condition
from workbench.model.specs import FalloutSpec, JourneyCanvasSpec, Limits


@dataclass(frozen=True)
class Checkpoint:
    """A node of a canvas or a touchpoint of a fallout."""

    name: str
    """A word for the names of parts."""
    title: str
    where: Condition
    incoming: tuple[tuple[str, Link], ...]
    """Names of the checkpoints before, each with what the way from there asks."""
    without: Condition | None = None
    """What must not lie between the checkpoint before and this one."""


@dataclass(frozen=True)
class Checkpoints:
    """The reach sets of a question's checkpoints, each after all its predecessors."""

    asked: Asked
    every: tuple[Checkpoint, ...]
    limits: tuple[Limits, ...]

    @classmethod
    def of_canvas(cls, asked: Asked, spec: JourneyCanvasSpec) -> Checkpoints:
        """The nodes of a canvas; names are the ids."""
        node_of = {node.id: node for node in spec.nodes}
        every = []
        for name in spec.order():
            incoming = tuple(
                (arrow.source, asked.link(arrow, path_next=arrow.path == "next"))
                for arrow in spec.incoming(name)
            )
            every.append(Checkpoint(name, node_of[name].title, node_of[name].where, incoming))
        return cls(asked, tuple(every), spec.arrows)

    @classmethod
    def of_fallout(cls, asked: Asked, spec: FalloutSpec) -> Checkpoints:
        """The touchpoints of a fallout; names are the numbers, from "1"."""
        every = []
        for number, point in enumerate(spec.touchpoints, start=1):
            link = asked.link(point, path_next=point.path == "next")
            incoming = ((str(number - 1), link),) if number > 1 else ()
            title = point.label or f"step {number}"
            every.append(Checkpoint(str(number), title, point.where, incoming, point.without))
        return cls(asked, tuple(every), spec.touchpoints)

    @cached_property
    def matches(self) -> dict[str, str]:
        """Checkpoint → part with its matching events."""
        return {one.name: self._matches(one) for one in self.every}

    def _matches(self, one: Checkpoint) -> str:
        asked = self.asked
        match = asked.matches(f"match_{one.name}", one.where, self.limits)
        if one.without is None:
            return match
        return with_barrier(asked.writer, match, (one.without,), asked.scope, asked.history)

    @property
    def reached(self) -> dict[str, str]:
        """Checkpoint → part with its reach set."""
        return self._reach_sets[0]

    @property
    def arrived(self) -> dict[tuple[str, str], str]:
        """Pair of checkpoints → part with the positions reached along this way."""
        return self._reach_sets[1]

    def moves(self, source: str, target: str) -> str:
        """Name of a part with `container_id, seconds` of those that moved along this way."""
        link = next(
            link for one in self.every if one.name == target for name, link in one.incoming if name == source
        )
        body = link.moves(self.matches[target], self.reached[source])
        comment = f"time from {self._title(source)} to {self._title(target)}"
        return self.asked.add(f"moves_{source}_{target}", body, comment)

    def _title(self, name: str) -> str:
        return next(one.title for one in self.every if one.name == name)

    @cached_property
    def _reach_sets(self) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        reached: dict[str, str] = {}
        arrived: dict[tuple[str, str], str] = {}
        for one in self.every:
            if not one.incoming:
                reached[one.name] = self.asked.starts(f"reach_{one.name}", self.matches[one.name], one.title)
                continue
            ways = [self._way(one, source, link, reached[source]) for source, link in one.incoming]
            arrived |= {(source, one.name): way for (source, _), way in zip(one.incoming, ways, strict=True)}
            reached[one.name] = ways[0] if len(ways) == 1 else self._joined(one, ways)
        return reached, arrived

    def _way(self, one: Checkpoint, source: str, link: Link, reach: str) -> str:
        name = f"reach_{one.name}" if len(one.incoming) == 1 else f"from_{source}_to_{one.name}"
        comment = f"{one.title}, after {self._title(source)}: {link.in_words()}"
        return self.asked.add(name, link.reached(self.matches[one.name], reach), comment)

    def _joined(self, one: Checkpoint, ways: list[str]) -> str:
        selects = [f"SELECT * FROM {way}" for way in ways]
        body = "\nUNION\n".join(selects)
        if self.asked.spec.follow:
            union = "\n  UNION ALL\n  ".join(selects)
            body = f"SELECT * EXCLUDE (started), max(started) AS started\nFROM (\n  {union}\n)\nGROUP BY ALL"
        return self.asked.add(f"reach_{one.name}", body, f"{one.title}: reached along any way")
