"""From a condition to its text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from workbench.model.parsing import parse_condition
from workbench.model.text.words import FORM_WORDS, KEYWORDS, KINDS, LIMITS, OPERATOR_WORDS

_PLAIN = re.compile(r"[^\W\d]\w*(\.\w+)*")

Json = dict[str, Any]


def write_text(condition: Any) -> str:
    """The text of a condition, given as JSON or as a Condition."""
    return _any_of(parse_condition(condition).to_json())


def _any_of(found: Json) -> str:
    if len(found.get("any", ())) > 1:
        return " or ".join(_all_of(part, inside=True) for part in found["any"])
    return _all_of(found, inside=False)


def _all_of(found: Json, *, inside: bool) -> str:
    if len(found.get("all", ())) > 1:
        return " and ".join(_part(part) for part in found["all"])
    return _part(found) if inside or "any" not in found else _single(found)


def _single(found: Json) -> str:
    """`all` or `any` of one part alone, which only brackets can tell from the part itself."""
    name = "all" if "all" in found else "any"
    return f"{name} of ({_any_of(found[name][0])})"


def _part(found: Json) -> str:
    """A part that stands beside others: `and` and `or` in brackets."""
    for name in ("all", "any"):
        if name in found:
            return _single(found) if len(found[name]) == 1 else f"({_any_of(found)})"
    if "not" in found:
        return f"not {_part(found['not'])}"
    return next(write for key, write in _WRITERS.items() if key in found)(found)


def _field(name: str) -> str:
    plain = _PLAIN.fullmatch(name) and name not in KEYWORDS and name not in FORM_WORDS
    return name if plain and name not in KINDS else f"`{name}`"


def _test(found: Json) -> str:
    op = found.get("op", "equals")
    words = f"{_field(found['field'])} {OPERATOR_WORDS[op]}"
    return words if op in ("exists", "not_exists") else f"{words} {_operand(op, found['value'])}"


def _operand(op: str, value: Any) -> str:
    if op == "between":
        return f"{_value(value[0])} and {_value(value[1])}"
    if op == "in_last":
        return str(value)
    return f"({', '.join(map(_value, value))})" if isinstance(value, list) else _value(value)


def _value(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return json.dumps(int(value) if whole else value, ensure_ascii=False)


def _compared(found: Json) -> str:
    op, value = found.get("op", ">="), found.get("value", 1)
    if op == "between":
        return f"between {_value(value[0])} and {_value(value[1])}"
    return f"{OPERATOR_WORDS[op]} {_value(value)}"


def _count(found: Json) -> str:
    if found.get("distinct"):
        what = f"distinct {_field(found['distinct'])}"
    else:
        what = f"sum of {_field(found['sum'])}" if found.get("sum") else "events"
    return f"{found['container']} has {_compared(found)} {what} ({_any_of(found['count'])})"


def _related(found: Json) -> str:
    summed = f"sum of {_field(found['sum'])} of " if found.get("sum") else ""
    where = f" ({_any_of(found['where'])})" if found.get("where") else ""
    return f"{found.get('of', 'account')} has {_compared(found)} {summed}related {found['related']}{where}"


def _sequence(found: Json) -> str:
    kept = found.get("include", "everyone")
    tail = "" if kept == "everyone" else f" keeping {kept}"
    return f"{found['container']} goes ({' then '.join(map(_step, found['sequence']))}){tail}"


def _step(step: Json) -> str:
    if step.get("any_order"):
        what = f"any order ({'; '.join(map(_any_of, step['any_order']))})"
    else:
        what = ("excluding " if step.get("exclude") else "") + _any_of(step["where"])
    return " ".join([what, *(f"{name} {step[name]}" for name in LIMITS if step.get(name))])


_WRITERS: dict[str, Callable[[Json], str]] = {
    "field": _test,
    "milestone": lambda found: f"milestone {_value(found['milestone'])}",
    "segment": lambda found: f"segment {_value(found['segment'])}",
    "sequence": _sequence,
    "count": _count,
    "related": _related,
    "listed": lambda found: f"{found['container']} on list {_value(found['listed'])}",
    "as_of": lambda found: f"as of {_value(found['as_of'])} ({_any_of(found['where'])})",
    "members_of": lambda found: f"members of {_value(found['members_of'])}",
    "container": lambda found: f"{found['container']} has ({_any_of(found['where'])})",
}
