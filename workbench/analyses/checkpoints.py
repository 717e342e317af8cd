"""Checkpoints of canvas and fallout: reach sets and links, remembered by the graph that leads to them.

A checkpoint is named by its condition and by the names of the checkpoints before it with the limits of the
steps between. Equal names have equal reach sets, so a checkpoint that is added to a question costs its own
step alone, and what is only drawn, or what percentages refer to, costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.analyses.part import Part
from workbench.analyses.steps import step_of
from workbench.index.history import Matches
from workbench.index.reach import Link, Reach, join, link
from workbench.model.parsing import canonical
from workbench.model.specs import Limits, Question


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Where containers came as far as one checkpoint, and along which steps."""

    part: Part
    name: str
    """Equal names within a part, equal reach sets."""
    where: Any
    """Its condition, inlined."""
    reach: Reach
    links: tuple[Link, ...] = ()
    """One for each step that leads here."""

    @cached_property
    def matches(self) -> Matches:
        """All events that match; of a start also those that are no permitted starts."""
        return self.part.find(self.where)


@dataclass(frozen=True, eq=False)
class Walker:
    """Finds the checkpoints of one question in one part."""

    part: Part
    question: Question
    _found: dict[str, Matches] = field(default_factory=dict)

    def start(self, where: Any) -> Checkpoint:
        """A checkpoint that nothing leads to: its permitted starts."""
        where, name = self._named(where, [])
        track = self.question.follow is not None
        reach = self.part.remember(
            ("reach", name),
            lambda: self.part.begin(self._matches(where), track=track),
            lambda reach: self._size(reach, where),
        )
        return Checkpoint(self.part, name, where, reach)

    def later(self, where: Any, steps: Sequence[tuple[Checkpoint, Limits]]) -> Checkpoint:
        """A checkpoint behind others; any of the steps will do."""
        where, name = self._named(where, [self._step_name(before, limits) for before, limits in steps])
        links = [self._link(before, limits, where) for before, limits in steps]
        sources, track = [before.reach for before, _ in steps], self.question.follow is not None
        reach = self.part.remember(
            ("reach", name),
            lambda: join(sources, links, self._matches(where), track=track),
            lambda reach: self._size(reach, where),
        )
        return Checkpoint(self.part, name, where, reach, tuple(links))

    def _link(self, before: Checkpoint, limits: Limits, where: Any) -> Link:
        immediately = getattr(limits, "path", "eventual") == "next"

        def make() -> Link:
            step = step_of(self.part, limits, self.question, immediately=immediately)
            return link(before.reach, step, self._matches(where), track=self.question.follow is not None)

        return self.part.remember(
            ("link", self._named(where, [self._step_name(before, limits)])[1]), make, _link_size
        )

    def _matches(self, where: Any) -> Matches:
        key = canonical(where)
        if key not in self._found:
            self._found[key] = self.part.find(where)
        return self._found[key]

    def _size(self, reach: Reach, where: Any) -> int:
        """Bytes of arrivals, of the tables by container made from them, and of the positions behind both."""
        starts = 0 if reach.start is None else reach.start.nbytes
        return 24 * len(reach.who) + 9 * reach.history.containers + 16 * len(self._matches(where)) + starts

    def _step_name(self, before: Checkpoint, limits: Limits) -> str:
        version, without = self.part.matcher.version, getattr(limits, "without", None)
        parts = [before.name, limits.within, limits.after, limits.same, limits.different]
        parts.append(getattr(limits, "path", "eventual"))
        if without is not None:
            parts.append(version.cache_name(canonical(version.inline(without))))
        return canonical(parts)

    def _named(self, where: Any, before: list[str]) -> tuple[Any, str]:
        """The inlined condition, and the name of the checkpoint behind these steps."""
        version = self.part.matcher.version
        where = version.inline(where)
        text = canonical([version.cache_name(canonical(where)), sorted(before), self.question.follow])
        return where, digest(text)


def digest(text: str) -> str:
    """A short name for a long text; different texts have different ones."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _link_size(one: Link) -> int:
    hits = 0 if one.hits is None else 24 * len(one.hits)
    return 48 * len(one.moved) + hits + (0 if one.start is None else one.start.nbytes) + 500
