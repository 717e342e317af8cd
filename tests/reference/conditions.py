"""Conditions as tests of a pair: a container and one event of its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .company import Company, Event, Row
from .fields import field_value, holds, record_id, record_value
from .periods import day_start
from .reach import Link, Reached

Condition = Mapping[str, Any]
Test = Callable[[str, Event], bool]
MICROSECOND = timedelta(microseconds=1)
MembersOf = Callable[[Mapping[str, Any]], set[str]]


@dataclass(frozen=True)
class Context:
    """The nearest enclosing container and the history its events come from."""

    kind: str
    history: str
    until: datetime | None = None
    """Events later than this are not known."""
    horizon: datetime | None = None
    """What relative dates count back from, where it is not the company's horizon."""

    def knows(self, event: Event) -> bool:
        """Whether the event was known."""
        return self.until is None or event["occurred_at"] <= self.until

    def inside(self, kind: str, history: str) -> Context:
        """The context of a form of another kind within this one."""
        return replace(self, kind=kind, history=history)

    def as_of(self, day: str, company: Company) -> Context:
        """As if the data ended with a local day."""
        end = day_start(date.fromordinal(date.fromisoformat(day).toordinal() + 1), company.zone) - MICROSECOND
        return replace(self, until=end if self.until is None else min(self.until, end), horizon=end)


def compares(number: Any, op: str | None, value: Any) -> bool:
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
        if "as_of" in condition:
            then = context.as_of(condition["as_of"], self.company)
            inner = self.test(condition["where"], then)
            return lambda container, event: then.knows(event) and inner(container, event)
        return self._form(condition, context)

    def every(self, conditions: Sequence[Condition | str], context: Context) -> Test:
        """The test that all of them hold."""
        tests = [self.test(one, context) for one in conditions]
        return lambda container, event: all(test(container, event) for test in tests)

    def _field(self, condition: Condition, context: Context) -> Test:
        path, op, wanted = condition["field"], condition["op"], condition.get("value")

        def test(container: str, event: Event) -> bool:
            value = field_value(self.company, event, path, context.kind)
            return holds(value, op, wanted, self.company, context.horizon)

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
        inner = context if own else context.inside(kind, self.company.default_history(kind))
        kept = self._kept_rows(condition, inner)
        if own:
            return lambda container, event: event["row"] in kept.get(container, set())
        rows = set().union(*kept.values())
        return lambda container, event: event["row"] in rows

    def _form_kind(self, condition: Condition, context: Context) -> str:
        if "members_of" in condition:
            return str(condition["members_of"]["question"]["container"])
        if "related" in condition:
            return str(condition.get("of", "account"))
        return str(condition.get("container") or context.kind)

    def _kept_rows(self, condition: Condition, context: Context) -> dict[str, set[int]]:
        """Row numbers of the events a container form keeps, by qualifying container."""
        histories = self.company.history(context.kind, context.history)
        if "members_of" in condition:
            members = self.members_of(condition["members_of"])
            return {name: _rows(events) for name, events in histories.items() if name in members}
        if "sequence" in condition:
            return self._sequence_rows(condition, context, histories)
        if "related" in condition or "listed" in condition:
            return {name: _rows(ev) for name, ev in histories.items() if self.by_id(condition, name, context)}
        test = self.test(condition["count"] if "count" in condition else condition["where"], context)
        op, value = (condition.get("op"), condition.get("value")) if "count" in condition else (None, None)
        kept = {}
        for name, events in histories.items():
            found = [event for event in events if context.knows(event) and test(name, event)]
            if compares(self._counted(condition, found, context), op, value):
                kept[name] = _rows(events)
        return kept

    def _counted(self, condition: Condition, events: list[Event], context: Context) -> Any:
        """The number of events, of distinct values, or the sum: of a record, each record once."""
        if condition.get("distinct"):
            values = (field_value(self.company, e, condition["distinct"], context.kind) for e in events)
            return len(set(values) - {None})
        if not condition.get("sum"):
            return len(events)
        path, amounts = condition["sum"], {}
        for event in events:
            key = record_id(self.company, event, path, context.kind) if "." in path else event["row"]
            amounts[key] = field_value(self.company, event, path, context.kind)
        return exact_sum(amounts.values())

    def by_id(self, condition: Condition, container: str, context: Context) -> bool:
        """Whether a container is on a list, or has the related records."""
        if "listed" in condition:
            return container in self.company.settings["lists"][condition["listed"]]
        of, where = condition.get("of", "account"), condition.get("where")
        table, records = related_records(self.company, condition["related"], of, container)
        fit = [one for one in records if where is None or self._record(where, one, table, context)]
        if condition.get("sum"):
            number = exact_sum(record_value(self.company, one, table, condition["sum"]) for one in fit)
        else:
            number = len(fit)
        return compares(number, condition.get("op", ">="), condition.get("value", 1))

    def _record(self, where: Condition, record: Row, table: str, context: Context) -> bool:
        """Whether a record condition holds for one record."""
        if "field" in where:
            value = record_value(self.company, record, table, where["field"])
            return holds(value, where.get("op", "equals"), where.get("value"), self.company, context.horizon)
        if "not" in where:
            return not self._record(where["not"], record, table, context)
        if "all" in where:
            return all(self._record(one, record, table, context) for one in where["all"])
        if "any" in where:
            return any(self._record(one, record, table, context) for one in where["any"])
        container = record.get(f"{where.get('of', 'account')}_id")
        return container is not None and self.by_id(where, container, context)

    def _sequence_rows(
        self, condition: Condition, context: Context, histories: Mapping[str, list[Event]]
    ) -> dict[str, set[int]]:
        steps = condition["sequence"]
        tests = [
            [self.test(one, context) for one in step.get("any_order") or [step["where"]]] for step in steps
        ]
        include = condition.get("include", "everyone")
        kept = {}
        for name, events in histories.items():
            known = [(p, event) for p, event in enumerate(events) if context.knows(event)]
            matches = [[{p for p, event in known if test(name, event)} for test in each] for each in tests]
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
    events: Sequence[Event], steps: Sequence[Mapping[str, Any]], matches: Sequence[Sequence[set[int]]]
) -> Reached:
    """Reach set of the last included step: position -> latest position of a first step that leads there.

    `matches` has a set of positions for every condition of a step: one, or several in any order.
    """
    reached: Reached | None = None
    forbidden: set[int] = set()
    for step, sets in zip(steps, matches, strict=True):
        found = set().union(*sets)
        if step.get("exclude"):
            forbidden |= found
        elif reached is None:
            whole = [p for p in found if _all_met(sets, -1, p)]
            reached = {p: p for p in whole if not any(x < p for x in forbidden)}
            forbidden = set()
        else:
            reached = _after_step(events, reached, sets, Link.of(step), forbidden)
            forbidden = set()
    if reached is None:
        raise ValueError("a sequence needs a step that is not excluded")
    return {p: start for p, start in reached.items() if not any(x > p for x in forbidden)}


def _after_step(
    events: Sequence[Event], before: Reached, sets: Sequence[set[int]], link: Link, forbidden: set[int]
) -> Reached:
    reached: Reached = {}
    for p in set().union(*sets):
        starts = [
            start
            for q, start in before.items()
            if link.joins(events, q, p) and _all_met(sets, q, p) and not any(q < x < p for x in forbidden)
        ]
        if starts:
            reached[p] = max(starts)
    return reached


def _all_met(sets: Sequence[set[int]], q: int, p: int) -> bool:
    """Whether every condition has a match after `q` and not after `p`."""
    return all(any(q < x <= p for x in found) for found in sets)


def exact_sum(values: Iterable[Any]) -> Decimal:
    """Sum of what has a value."""
    return sum((Decimal(str(value)) for value in values if value is not None), Decimal(0))


def related_records(company: Company, related: str, of: str, container: str) -> tuple[str, list[Row]]:
    """The table of a relation and its records that belong to a container."""
    if related == "opportunities" and of == "person":
        groups = {
            m["buying_group_id"] for m in company.table("buying_group_members") if m["person_id"] == container
        }
        deals = {
            g.get("opportunity_id") for g in company.table("buying_groups") if g["buying_group_id"] in groups
        }
        deals |= {
            lead.get("opportunity_id")
            for lead in company.table("leads")
            if lead.get("person_id") == container
        }
        return related, [one for one in company.table(related) if one["opportunity_id"] in deals]
    table = "accounts" if related == "subsidiaries" else related
    column = "parent_account_id" if related == "subsidiaries" else f"{of}_id"
    return table, [one for one in company.table(table) if one.get(column) == container]
