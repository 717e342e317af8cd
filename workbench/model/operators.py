"""Operators of conditions: which there are, and which values they take."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic_core import PydanticCustomError

from workbench.model.durations import seconds

Operator = Literal[
    "equals",
    "not_equals",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "matches",
    "exists",
    "not_exists",
    ">",
    ">=",
    "<",
    "<=",
    "between",
    "in_last",
]
OPERATORS: tuple[str, ...] = get_args(Operator)
TRUE_ON_NULL: frozenset[str] = frozenset({"not_equals", "not_in", "not_contains", "not_exists"})
"""Operators that hold where the field has no value; all others do not."""

Comparison = Literal["equals", "not_equals", ">", ">=", "<", "<=", "between"]

Scalar = bool | int | float | Decimal | str | datetime | date
Threshold = int | float | tuple[float, float]


def check_threshold(op: str, value: Any) -> None:
    """Refuse a threshold that does not fit its comparison: `between` takes two numbers, others one."""
    pair = isinstance(value, tuple | list)
    if not all(math.isfinite(one) for one in (value if pair else (value,))):
        raise PydanticCustomError("value", "takes a finite number; found {value}", {"value": str(value)})
    if op == "between" and not (pair and len(value) == 2):
        raise PydanticCustomError("value", "'between' takes two numbers, such as [2, 5]")
    if op != "between" and pair:
        raise PydanticCustomError("value", "{op} takes one number", {"op": repr(op)})


def unfit(op: str, value: Any) -> str:
    """Why a value does not fit an operator of field tests, as the end of a sentence; empty where it does."""
    many = isinstance(value, tuple)
    if op in ("exists", "not_exists"):
        return "takes no value" if value is not None else ""
    if value is None or (many and any(item is None for item in value)):
        return "needs a value; to ask for rows without one use 'not_exists'"
    if not _is_text(value):
        return "takes text that can be written as UTF-8"
    if op in ("in", "not_in"):
        return "" if many else "takes a list of values"
    if op == "between":
        return "" if many and len(value) == 2 else "takes two values, such as [10, 20]"
    if many:
        return "takes one value; for several use 'in'"
    return _unfit_alone(op, value)


def _unfit_alone(op: str, value: Any) -> str:
    if op == "in_last":
        if not isinstance(value, str):
            return "takes a duration, such as '30d'"
        seconds(value)
    if op in ("contains", "not_contains", "starts_with", "ends_with", "matches"):
        return "" if isinstance(value, str) else "takes text"
    return ""


def _is_text(value: Any) -> bool:
    """Whether text is whole: without halves of surrogate pairs, which no file can hold."""
    texts = value if isinstance(value, tuple) else (value,)
    return not any(
        "\ud800" <= letter <= "\udfff" for text in texts if isinstance(text, str) for letter in text
    )
