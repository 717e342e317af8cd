"""Edits that only cohort tables have: their columns, thresholds, compared date ranges."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from visualizations.editing import edits

Question = dict[str, Any]
OF_PERIODS = ("return", "rolling", "base", "latency", "counting", "periods", "max_periods", "value_metric")
"""Settings of a cohort table that only columns of periods have."""


def columns(question: Question, path: str, value: Any) -> Question:
    """A cohort table by milestones or by periods: what was followed before is followed still."""
    del path
    if value == question.get("columns", "periods"):
        return question
    if value == "milestones":
        followed = [{"where": metric["where"]} for metric in question["return"]["metrics"]]
        kept = {key: part for key, part in question.items() if key not in OF_PERIODS}
        return {**kept, "columns": "milestones", "milestones": followed}
    last = question["milestones"][-1]["where"]
    kept = {key: part for key, part in question.items() if key not in ("columns", "milestones")}
    return {**kept, "return": {"metrics": [{"where": last}]}, "counting": "cumulative", "max_periods": 12}


def threshold(question: Question, path: str, value: Any) -> Question:
    """A criterion's comparison; `between` takes two numbers, every other one."""
    criterion = dict(edits.at(question, path) or {})
    given = criterion.get("value", 1)
    pair = list(given) if isinstance(given, list | tuple) else [given, given]
    return edits.put(
        question, path, {**criterion, "op": value, "value": pair if value == "between" else pair[0]}
    )


def bound(question: Question, path: str, value: Any) -> Question:
    """A number that must be there: an empty field leaves the one before."""
    return question if value in (None, "") else edits.change(question, "number", path, value)


def days(question: Question, path: str, value: Any) -> Question:
    """A range of local days that is compared with another."""
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(value):
        return question
    return edits.put(question, path, {"from": value[0][:10], "to": value[1][:10]})


def with_range(question: Question, first: datetime.date, last: datetime.date) -> Question:
    """With a further range before the one there is, equally long; else the halves of these days."""
    dates = question.get("date_range") or {}
    one = [{"from": dates["from"], "to": dates["to"]}] if dates.get("from") and dates.get("to") else []
    given = list(question.get("compare_ranges") or one)
    day = datetime.timedelta(days=1)
    if not given:
        middle = first + (last - first) // 2
        given = [_span(first, middle), _span(middle + day, last)]
    else:
        start, end = (datetime.date.fromisoformat(given[0][name]) for name in ("from", "to"))
        given.append(_span(start - (end - start) - day, start - day))
    kept = {k: v for k, v in dates.items() if k in ("applies_to", "follow")}
    alone = {k: v for k, v in question.items() if k not in ("compare", "date_range")}
    return {**alone, **({"date_range": kept} if kept else {}), "compare_ranges": given}


def _span(first: datetime.date, last: datetime.date) -> Question:
    return {"from": str(first), "to": str(last)}


def cohort_type(question: Question, path: str, value: Any) -> Question:
    """Those who came or those who did not; of these there are no amounts."""
    kept = {k: v for k, v in question.items() if value != "churn" or k != "value_metric"}
    return edits.put(kept, path, value)


CONTROLS: dict[str, Callable[[Question, str, Any], Question]] = {
    "columns": columns,
    "cohort-type": cohort_type,
    "threshold": threshold,
    "bound": bound,
    "days": days,
}
