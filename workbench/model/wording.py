"""Conditions in words: default labels of anchors and steps, and the definition card."""

from __future__ import annotations

from typing import Any

from workbench.errors import SpecError
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    AsOf,
    Condition,
    CountIn,
    FieldTest,
    InContainer,
    Listed,
    MembersOf,
    MilestoneRef,
    NotOf,
    Related,
    SegmentRef,
    Sequence,
    SequenceStep,
)
from workbench.model.containers import Container, container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words
from workbench.model.tables import TABLES

_OPERATORS: dict[str, str] = {
    "equals": "is",
    "not_equals": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches",
    "exists": "has a value",
    "not_exists": "has no value",
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "between": "is between",
    "in_last": "is in the last",
}
_TIME_OPERATORS: dict[str, str] = {
    ">": "is after",
    ">=": "is on or after",
    "<": "is before",
    "<=": "is on or before",
}
_COUNTS: dict[str, str] = {
    "equals": "exactly",
    "not_equals": "other than",
    ">": "more than",
    ">=": "at least",
    "<": "fewer than",
    "<=": "at most",
    "between": "between",
}
_SHOWN = 5
_TIME_ENDINGS = tuple(
    name for table in TABLES.values() for name, kind in table.columns.items() if kind == "time"
)
"""Canonical times, also where a record's own columns are tested."""


def describe_condition(condition: Condition, version: DataVersion) -> str:
    """The condition as people say it, with the workspace's labels of containers.

    `event_type equals "MQL Qualified"` reads "event type is MQL Qualified".
    """
    match condition:
        case FieldTest():
            return _field_test(condition, version)
        case AllOf():
            return " and ".join(_part(part, version) for part in condition.all)
        case AnyOf():
            return " or ".join(_part(part, version) for part in condition.any)
        case NotOf():
            return f"not {_part(condition.not_, version)}"
        case MilestoneRef():
            return f"milestone {condition.milestone}"
        case SegmentRef():
            return f"segment {condition.segment}"
        case AsOf():
            inner = _part(condition.where, version)
            return f"as of {condition.as_of.isoformat()}, with records as they are now: {inner}"
        case _:
            return _containers(condition, version)


def _containers(
    condition: InContainer | CountIn | Sequence | MembersOf | Related | Listed, version: DataVersion
) -> str:
    if isinstance(condition, MembersOf):
        return _members_of(condition)
    if isinstance(condition, Related):
        return f"{plural_of(condition.of, version)} with {_related(condition, version)}"
    kind = plural_of(condition.container, version)
    if isinstance(condition, Listed):
        return f"{kind} on the list {condition.listed}"
    if isinstance(condition, Sequence):
        return f"{kind} with {_sequence(condition, version)}"
    if isinstance(condition, InContainer):
        return f"{kind} with an event where {_part(condition.where, version)}"
    return f"{kind} with {_counted(condition)} events where {_part(condition.count, version)}"


def _counted(count: CountIn) -> str:
    """What is counted of the events, such as "at least 2 different person ids in"."""
    number = _count(count.op, count.value)
    if count.distinct:
        return f"{number} different values of {_named(count.distinct)} in"
    return f"{_sum(count.sum, number)} over" if count.sum else number


def _sum(path: str, number: str) -> str:
    return f"a sum of {_named(path)} of {number.replace('fewer', 'less')}"


def _related(related: Related, version: DataVersion) -> str:
    number, records = _count(related.op, related.value), related.related.replace("_", " ")
    where = f" where {_part(related.where, version)}" if related.where is not None else ""
    if related.sum:
        return f"{_sum(related.sum, number)} over {records}{where}"
    return f"{number} {records}{where}"


def _named(path: str) -> str:
    return path.replace(".", " ").replace("_", " ")


def _part(condition: Condition, version: DataVersion) -> str:
    """A condition inside another: in brackets where it is itself a combination."""
    text = describe_condition(condition, version)
    joined = isinstance(condition, AllOf | AnyOf) and len(_branches(condition)) > 1
    return f"({text})" if joined or isinstance(condition, Sequence) else text


def _branches(condition: AllOf | AnyOf) -> tuple[Condition, ...]:
    return condition.all if isinstance(condition, AllOf) else condition.any


def _field_test(test: FieldTest, version: DataVersion) -> str:
    name = _named(test.field)
    timed = test.field.endswith(_TIME_ENDINGS) or _is_timed(test.field, version)
    words = (_TIME_OPERATORS if timed else {}).get(test.op, _OPERATORS[test.op])
    return " ".join(part for part in (name, words, _value(test)) if part)


def _is_timed(path: str, version: DataVersion) -> bool:
    try:
        return version.field_type(path) in ("time", "date")
    except SpecError:
        return False


def _value(test: FieldTest) -> str:
    value = test.value
    if value is None:
        return ""
    if test.op == "in_last":
        return in_words(str(value))
    if not isinstance(value, tuple):
        return _scalar(value)
    if test.op == "between":
        return " and ".join(_scalar(item) for item in value)
    more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
    return ", ".join(_scalar(item) for item in value[:_SHOWN]) + more


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def plural_of(name: str, version: DataVersion) -> str:
    """Plural in lower case, from the workspace's label where it has one."""
    container: Container = container_named(name)
    renamed = version.settings.labels.get(name)
    return f"{renamed.lower()}s" if renamed else container.plural.replace("_", " ")


def _count(op: str, value: Any) -> str:
    number = " and ".join(f"{item:g}" for item in (value if isinstance(value, tuple) else (value,)))
    return f"{_COUNTS[op]} {number}"


def _sequence(sequence: Sequence, version: DataVersion) -> str:
    text = ", ".join(_step(step, number, version) for number, step in enumerate(sequence.sequence))
    return text if sequence.include == "everyone" else f"{text}, only {sequence.include} the sequence"


def _step(step: SequenceStep, number: int, version: DataVersion) -> str:
    words = ["then"] if number and not step.exclude else []
    words += ["without"] if step.exclude else []
    parts = [_part(one, version) for one in step.conditions]
    words.append(parts[0] if step.any_order is None else f"in any order ({'; '.join(parts)})")
    words += [f"within {in_words(step.within)}"] if step.within else []
    words += [f"after {in_words(step.after)}"] if step.after else []
    words += [f"of the same {step.same.replace('_', ' ')}"] if step.same else []
    words += [f"of a different {step.different.replace('_', ' ')}"] if step.different else []
    return " ".join(words)


def _members_of(condition: MembersOf) -> str:
    number = condition.members_of
    row = ", ".join(f"{key} {value}" for key, value in number.select.items())
    what = f"{number.measure or 'the number'} of {number.table}"
    analysis = str(number.question.get("analysis", "question")).replace("_", " ")
    return f"members behind {what}" + (f" ({row})" if row else "") + f" in a {analysis}"
