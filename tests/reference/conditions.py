"""Conditions as tests of a pair: a container and one event of its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .company import Company, Event
from .fields import field_value, holds
from .reach import Link, Reached

Condition = Mapping[str, Any]
Test = Callable[[str, Event], bool]
MembersOf = Callable[[Mapping[str, Any]], set[str]]


@dataclass(frozen=True)
class Context:
    """The nearest enclosing container and the history its events come from."""

    kind: str
    history: str


def compares(number: int, op: str | None, value: Any) -> bool:
    """Comparison of a count; without `op` at least one."""
    if op is None:
        op, value = ">=", 1 if value is None else value
    if op == "between":
        return bool(value[0] <= number <= value[1])
    results = {
        "equals": number == value,
        "not_equals": number != value,
        ">": number > value,
        ">=": number >= value,
        "<": number < value,
        "<=": number <= value,
    }
    return bool(results[op])


class Conditions:
    """Turns conditions into tests; container forms look at all events of the company."""

    def __init__(self, company: Company, members_of: MembersOf) -> None:
        self.company = company
        self.members_of = members_of

    def test(self, condition: Condition | str, context: Context) -> Test:
        """The test of a condition, or of a saved segment by its id."""
        if isinstance(condition, str):
            return self.test(self.company.settings["segments"][condition], context)
        if "field" in condition:
            return self._field(condition, context)
        if "all" in condition or "any" in condition or "not" in condition:
            return self._logic(condition, context)
        if "milestone" in condition:
            return self.test(self.company.settings["milestones"][condition["milestone"]], context)
        if "segment" in condition:
            return self.test(str(condition["segment"]), context)
        return self._form(condition, context)

    def every(self, conditions: Sequence[Condition | str], context: Context) -> Test:
        """The test that all of them hold."""
        tests = [self.test(one, context) for one in conditions]
        return lambda container, event: all(test(container, event) for test in tests)

    def _field(self, condition: Condition, context: Context) -> Test:
        path, op, wanted = condition["field"], condition["op"], condition.get("value")

        def test(container: str, event: Event) -> bool:
            return holds(field_value(self.company, event, path, context.kind), op, wanted, self.company)

        return test

    def _logic(self, condition: Condition, context: Context) -> Test:
        if "not" in condition:
            inner = self.test(condition["not"], context)
            return lambda container, event: not inner(container, event)
        if "all" in condition:
            return self.every(condition["all"], context)
        tests = [self.test(one, context) for one in condition["any"]]
        return lambda container, event: any(test(container, event) for test in tests)

    def _form(self, condition: Condition, context: Context) -> Test:
        """With the enclosing container's kind tested on that container, with another by the events kept."""
        kind = self._form_kind(condition, context)
        own = kind == context.kind
        inner = context if own else Context(kind, self.company.default_history(kind))
        kept = self._kept_rows(condition, inner)
        if own:
            return lambda container, event: event["row"] in kept.get(container, set())
        rows = set().union(*kept.values())
        return lambda container, event: event["row"] in rows

    def _form_kind(self, condition: Condition, context: Context) -> str:
        if "members_of" in condition:
            return str(condition["members_of"]["question"]["container"])
        return str(condition.get("container") or context.kind)

    def _kept_rows(self, condition: Condition, context: Context) -> dict[str, set[int]]:
        """Row numbers of the events a container form keeps, by qualifying container."""
        histories = self.company.history(context.kind, context.history)
        if "members_of" in condition:
            members = self.members_of(condition["members_of"])
            return {name: _rows(events) for name, events in histories.items() if name in members}
        if "sequence" in condition:
            return self._sequence_rows(condition, context, histories)
        test = self.test(condition["count"] if "count" in condition else condition["where"], context)
        op, value = (condition.get("op"), condition.get("value")) if "count" in condition else (None, None)
        kept = {}
        for name, events in histories.items():
            number = sum(test(name, event) for event in events)
            if compares(number, op, value):
                kept[name] = _rows(events)
        return kept

    def _sequence_rows(
        self, condition: Condition, context: Context, histories: Mapping[str, list[Event]]
    ) -> dict[str, set[int]]:
        steps = condition["sequence"]
        tests = [self.test(step["where"], context) for step in steps]
        include = condition.get("include", "everyone")
        kept = {}
        for name, events in histories.items():
            matches = [{p for p, event in enumerate(events) if test(name, event)} for test in tests]
            reached = sequence_reach(events, steps, matches)
            if not reached:
                continue
            if include == "after":
                kept[name] = _rows(events[min(reached) :])
            elif include == "before":
                kept[name] = _rows(events[: max(reached.values()) + 1])
            else:
                kept[name] = _rows(events)
        return kept


def _rows(events: Sequence[Event]) -> set[int]:
    return {event["row"] for event in events}


def sequence_reach(
    events: Sequence[Event], steps: Sequence[Mapping[str, Any]], matches: Sequence[set[int]]
) -> Reached:
    """Reach set of the last included step: position -> latest position of a first step that leads there."""
    reached: Reached | None = None
    forbidden: set[int] = set()
    for step, found in zip(steps, matches, strict=True):
        if step.get("exclude"):
            forbidden |= found
        elif reached is None:
            reached = {p: p for p in found if not any(x < p for x in forbidden)}
            forbidden = set()
        else:
            reached = _after_step(events, reached, found, Link.of(step), forbidden)
            forbidden = set()
    if reached is None:
        raise ValueError("a sequence needs a step that is not excluded")
    return {p: start for p, start in reached.items() if not any(x > p for x in forbidden)}


def _after_step(
    events: Sequence[Event], before: Reached, found: set[int], link: Link, forbidden: set[int]
) -> Reached:
    reached: Reached = {}
    for p in found:
        starts = [
            start
            for q, start in before.items()
            if link.joins(events, q, p) and not any(q < x < p for x in forbidden)
        ]
        if starts:
            reached[p] = max(starts)
    return reached
