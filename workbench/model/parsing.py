"""Reading questions and conditions from JSON; errors say where, what, and the nearest valid choice."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from workbench.errors import SpecError, nearest
from workbench.model.conditions import TAG, Condition
from workbench.model.specs import SPECS, Metric, Question, Spec

_CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
_METRIC: TypeAdapter[Any] = TypeAdapter(Metric)
_UNION_MEMBER = re.compile(rf"{TAG}|(constrained-)?(bool|int|float|decimal|str|datetime|date)$|tuple\[")
"""Parts of an error's location that name a form or a type rather than a place."""
MOST_NESTED = 120
"""Deepest nesting of objects in a question or condition."""
_QUOTED = re.compile(r"'([^']*)'")
M = TypeVar("M", bound=BaseModel)


def spec_error(problem: ValidationError, prefix: str = "") -> SpecError:
    """The first problem of a failed validation, in the words of the language."""
    first = min(problem.errors(), key=lambda error: -len(error["loc"]))
    place = ".".join(str(part) for part in first["loc"] if not _UNION_MEMBER.match(str(part)))
    place = ".".join(part for part in (prefix, place) if part)
    found, message = first["input"], first["msg"]
    if first["type"] == "literal_error":
        choices = _QUOTED.findall(str(first.get("ctx", {}).get("expected", "")))
        message = f"{found!r} is not allowed; {nearest(found, choices)}"
    elif first["type"] == "missing":
        message = "is required and missing"
    elif first["type"] == "value_error":
        message = message.removeprefix("Value error, ")
    elif first["type"] in ("union_tag_not_found", "union_tag_invalid"):
        message = f"found {found!r}, which has no known form"
    elif first["type"].endswith(("_type", "_parsing")):
        message = f"{message[0].lower()}{message[1:]}; found {found!r}"
    return SpecError(message, place)


def read_model(model: type[M], data: Any, prefix: str = "") -> M:
    """Validate plain data against a model of the language; raises SpecError."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        raise spec_error(problem, prefix) from None


def check_depth(data: Any, place: str) -> None:
    """Refuse plain data whose objects are nested more than `MOST_NESTED` deep: SpecError."""
    left = [(data, 0)]
    while left:
        part, depth = left.pop()
        if depth > MOST_NESTED:
            raise SpecError(f"is nested more than {MOST_NESTED} objects deep", place or "condition")
        if isinstance(part, dict):
            left += [(one, depth + 1) for one in part.values()]
        elif isinstance(part, list | tuple):
            left += [(one, depth) for one in part]


def parse_spec(question: Spec | dict[str, Any]) -> Spec:
    """The Spec of a question given as a dict (or a Spec, returned as it is); raises SpecError."""
    if isinstance(question, Question):
        return question
    if not isinstance(question, dict):
        raise SpecError(f"a question is a JSON object; found {type(question).__name__}")
    name = question.get("analysis")
    if name is None:
        raise SpecError(f"is required and missing; {nearest('', SPECS)}", "analysis")
    if not isinstance(name, str) or name not in SPECS:
        raise SpecError(f"{name!r} is no analysis; {nearest(name, SPECS)}", "analysis")
    check_depth(question, "")
    return cast(Spec, read_model(SPECS[name], question))


def parse_condition(condition: Any, place: str = "") -> Any:
    """A Condition from JSON, or from a segment id; raises SpecError that starts at `place`."""
    if isinstance(condition, str):
        condition = {"segment": condition}
    check_depth(condition, place)
    try:
        return _CONDITION.validate_python(condition)
    except ValidationError as problem:
        raise spec_error(problem, place) from None


def parse_metric(metric: Any, place: str = "metric") -> Any:
    """A Metric from JSON; raises SpecError."""
    try:
        return _METRIC.validate_python(metric)
    except ValidationError as problem:
        raise spec_error(problem, place) from None


def canonical(part: Any) -> str:
    """Text that is equal for equal questions or conditions: the key of caches."""
    plain = part.to_json() if hasattr(part, "to_json") else part
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)


def json_schema() -> dict[str, Any]:
    """JSON Schema of every question and of conditions, as `workbench schema` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "questions": {name: spec.model_json_schema(by_alias=True) for name, spec in SPECS.items()},
        "condition": _CONDITION.json_schema(by_alias=True),
    }
