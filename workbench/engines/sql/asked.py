"""A question while its SQL is written: one statement, the question's scope, and its history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.calendar import in_range, range_in_words
from workbench.engines.sql.conditions import Scope, Writer
from workbench.engines.sql.histories import POSITION, full_history
from workbench.engines.sql.links import Link
from workbench.engines.sql.literals import instant, quote_list
from workbench.model.conditions import Condition
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words, microseconds
from workbench.model.specs import Limits, Spec

KEY = ("container_id", "position", "occurred_at")
"""Columns of every part that holds positions of a history."""


@dataclass(frozen=True)
class Asked:
    """One question and the statement that will answer one of its tables."""

    spec: Spec
    writer: Writer

    @property
    def version(self) -> DataVersion:
        """What is known about the data."""
        return self.writer.version

    @cached_property
    def scope(self) -> Scope:
        """Whose rows the question's conditions are tested on."""
        return Scope(self.spec.container, self.version.history_of(self.spec.container, self.spec.history))

    def add(self, name: str, body: str, comment: str) -> str:
        """Add a part to the statement and return its name."""
        return self.writer.statement.add(name, body, comment)

    # --- the history -----------------------------------------------------------------------------

    @cached_property
    def history(self) -> str:
        """Name of the part with the history: in the segments, of the actors, cut to the range where asked."""
        return self._history(cut=self._is_cut)

    @cached_property
    def whole_history(self) -> str:
        """The same before the date range cuts it."""
        return self._history(cut=False)

    @property
    def _is_cut(self) -> bool:
        asked = self.spec.date_range
        return asked is not None and asked.applies_to == "events"

    def _history(self, *, cut: bool) -> str:
        source = full_history(self.writer.statement, self.scope.container, self.scope.history, self.version)
        tested = [self.writer.test(segment, self.scope) for segment in self.spec.segments]
        tests = [test.bracketed for test in tested]
        if self.spec.actors:
            tests.append(f"coalesce(h.actor, 'buyer') IN {quote_list(self.spec.actors)}")
        if cut and self.range_test("h"):
            tests.append(self.range_test("h"))
        joins = dict.fromkeys(join for test in tested for join in test.joins)
        where = ["WHERE " + "\n  AND ".join(tests)] if tests else []
        body = "\n".join([f"SELECT h.*, {POSITION}", f"FROM {source} AS h", *joins, *where])
        return self.add(
            "history" if cut == self._is_cut else "whole_history", body, self._history_comment(cut=cut)
        )

    def _history_comment(self, *, cut: bool) -> str:
        words = [f"the journey of each {container_named(self.spec.container).label.lower()}, in order"]
        words += ["in the segments"] if self.spec.segments else []
        words += [f"of {' and '.join(self.spec.actors)}"] if self.spec.actors else []
        if cut and self.spec.date_range:
            words.append(range_in_words(self.spec.date_range, self.version.settings))
        return ", ".join(words)

    def range_test(self, alias: str) -> str:
        """SQL that a row of that alias lies in the date range; empty without one."""
        return in_range(self.spec.date_range, f"{alias}.occurred_at", self.version)

    def start_test(self, alias: str) -> str:
        """SQL that a row may start something: in the date range, and old enough; empty where all may."""
        tests = [self.range_test(alias)] if self.range_test(alias) else []
        age: str | None = getattr(self.spec, "mature_only", None)
        if age is not None:
            tests.append(f"{alias}.occurred_at <= {instant(self.version.horizon - microseconds(age))}")
        return " AND ".join(tests)

    def in_range_rows(self) -> str:
        """SQL for the rows of the history that may start something: `container_id, position`."""
        where = f" WHERE {self.start_test('h')}" if self.start_test("h") else ""
        return f"SELECT h.container_id, h.position FROM {self.history} AS h{where}"

    # --- checkpoints -----------------------------------------------------------------------------

    def link(self, limits: Limits, *, path_next: bool = False) -> Link:
        """What an arrow or a touchpoint asks of the later event."""
        return Link(
            within=limits.within,
            after=limits.after,
            same=limits.same,
            different=limits.different,
            next=path_next,
            follow=self.spec.follow,
            barrier=getattr(limits, "without", None) is not None,
        )

    def matches(self, name: str, where: Condition, links: Iterable[Limits]) -> str:
        """Name of a part with the events of the history that match, and the ids the links compare."""
        ids = [f"{kind}_id" for limits in links for kind in (limits.same, limits.different) if kind]
        return self.writer.rows(name, where, self.scope, self.history, dict.fromkeys([*KEY, *ids]))

    def starts(self, name: str, match: str, title: str) -> str:
        """Name of a part with the matches that may start a path."""
        started = ", m.occurred_at AS started" if self.spec.follow else ""
        if not started and not self.start_test("m"):
            return match
        where = f"\nWHERE {self.start_test('m')}" if self.start_test("m") else ""
        body = f"SELECT m.*{started}\nFROM {match} AS m{where}"
        words = ""
        if self.spec.date_range:
            words = f" in {range_in_words(self.spec.date_range, self.version.settings)}"
        if age := getattr(self.spec, "mature_only", None):
            words += f", at least {in_words(age)} before the horizon"
        return self.add(name, body, f"{title}: starts{words}")
