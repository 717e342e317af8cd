"""A question's histories: what is left of them after segments, actors and the date range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .company import MEMBER_KINDS, Company, Event, Row
from .conditions import Condition, Conditions, Context, Test
from .periods import DateRange, duration


@dataclass(frozen=True)
class Journey:
    """One container's history.

    `events` are what the question sees, `permitted` says which of them may be a start of a path,
    `whole` is the history before the date range cuts it.
    """

    container: str
    events: list[Event]
    permitted: list[bool]
    whole: list[Event]

    def matches(self, test: Test) -> list[int]:
        """Positions of the matching events, in order."""
        return [p for p, event in enumerate(self.events) if test(self.container, event)]


@dataclass
class Answer:
    """Result tables, and beside every row the containers behind its numbers, by measure."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    people: dict[str, list[dict[str, set[str]]]] = field(default_factory=dict)
    shares: dict[str, list[tuple[int, int] | None]] = field(default_factory=dict)
    """Beside every row: how many containers of how many, where its percentage is such a share."""

    def add(self, table: str, row: Row, **people: set[str] | None) -> None:
        """Append a row; a measure that is None does not open."""
        self.tables.setdefault(table, []).append(row)
        known = {measure: found for measure, found in people.items() if found is not None}
        self.people.setdefault(table, []).append(known)


class Asked:
    """A question with its journeys, one per container that has events left before the date range."""

    def __init__(self, company: Company, conditions: Conditions, question: Mapping[str, Any]) -> None:
        self.company, self.conditions, self.question = company, conditions, question
        self.kind = str(question["container"])
        history = question.get("history") if self.kind in MEMBER_KINDS else "stamped"
        self.context = Context(self.kind, history or company.default_history(self.kind))
        dates: Mapping[str, Any] = question.get("date_range") or {}
        self.range = DateRange.of(dates, company) if dates else None
        self.cut = dates.get("applies_to", "start") == "events"
        self.follow = duration(dates["follow"]) if dates.get("follow") else None
        self.journeys = self._journeys()

    def test(self, condition: Condition | str) -> Test:
        """Test of a condition in this question."""
        return self.conditions.test(condition, self.context)

    def every(self, conditions: Sequence[Condition | str] | None) -> Test:
        """Test that all of the conditions (or saved segments) hold."""
        return self.conditions.every(conditions or [], self.context)

    def in_range(self, event: Event) -> bool:
        """Whether an event lies in the date range; always, where there is none."""
        return self.range is None or self.range.has(event["occurred_at"])

    def may_start(self, event: Event) -> bool:
        """Whether an event lies in the date range and is old enough to begin something."""
        age = self.question.get("mature_only")
        old = age is None or event["occurred_at"] <= self.company.horizon - duration(age)
        return old and self.in_range(event)

    def _journeys(self) -> list[Journey]:
        in_segments = self.every(self.question.get("segments"))
        actors = self.question.get("actors")
        found = []
        for container, events in sorted(self.company.history(self.kind, self.context.history).items()):
            whole = [
                event
                for event in events
                if in_segments(container, event) and (not actors or (event.get("actor") or "buyer") in actors)
            ]
            kept = [event for event in whole if not self.cut or self.in_range(event)]
            if whole:
                found.append(Journey(container, kept, [self.may_start(event) for event in kept], whole))
        return found


def percent(value: Any, base: Any) -> float | None:
    """0 to 100 and more; None without a base."""
    return float(100 * value / base) if base else None
