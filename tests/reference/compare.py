"""Compared segments: the same question of each, and how their percentages differ from the first one's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

from .asked import Answer, Asked
from .company import Row
from .time_to import between

Segment = Mapping[str, Any] | str
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "journey_canvas": {"nodes": ("id",), "arrows": ("source", "target")},
    "fallout": {"touchpoints": ("step",)},
    "cohort_table": {"cells": ("kind", "cohort", "period"), "milestones": ("kind", "cohort", "milestone")},
}
PERCENTS = {"touchpoints": "percent_of_first"}


def compare(
    question: Mapping[str, Any],
    answer: Callable[[Mapping[str, Any]], tuple[Asked, Answer]],
    label_of: Callable[[Segment], str],
) -> Answer:
    """The rows of every segment under its label, and the table `differences` where there are several."""
    parts: dict[str, tuple[Asked, Answer]] = {}
    for segment in question.get("compare", []):
        alone = {key: value for key, value in question.items() if key != "compare"}
        alone["segments"] = [*question.get("segments", []), segment]
        parts[_unused(label_of(segment), parts)] = answer(alone)
    for dates in question.get("compare_ranges", []):
        alone = {key: value for key, value in question.items() if key != "compare_ranges"}
        alone["date_range"] = {**question.get("date_range", {}), **dates}
        parts[f"{dates['from']} to {dates['to']}"] = answer(alone)
    joined = Answer()
    for label, (_, part) in parts.items():
        for table, rows in part.tables.items():
            joined.tables.setdefault(table, []).extend(row | {"segment": label} for row in rows)
            joined.people.setdefault(table, []).extend(part.people[table])
    apart_in_time = question.get("compare_ranges") and not question.get("dimension")
    if len(parts) > 1 and question["analysis"] in NAMES and not apart_in_time:
        joined.tables["differences"] = _differences(str(question["analysis"]), parts)
    if len(parts) > 1 and question["analysis"] == "time_to" and not question.get("by"):
        first, *others = [_containers(asked) for asked, _ in parts.values()]
        apart = not any(first & other for other in others)
        curves = [part.tables["curve"] for _, part in parts.values()]
        joined.add("tests", between(curves) if apart else between([]))
    return joined


def _unused(label: str, taken: Mapping[str, Any]) -> str:
    number, free = 1, label
    while free in taken:
        number += 1
        free = f"{label} ({number})"
    return free


def _differences(analysis: str, parts: Mapping[str, tuple[Asked, Answer]]) -> list[Row]:
    first, *others = parts
    tables = {
        table: tuple(name for name in names if any(name in row for row in _rows(parts, table)))
        for table, names in NAMES[analysis].items()
        if table in parts[first][1].tables
    }
    if "arrows" in tables:
        tables["arrows"] = NAMES[analysis]["arrows"]
    columns = dict.fromkeys(name for names in tables.values() for name in names)
    rows: list[Row] = []
    for other in others:
        apart = not (_containers(parts[first][0]) & _containers(parts[other][0]))
        for table, names in tables.items():
            theirs, ours = _named(parts[first][1], table, names), _named(parts[other][1], table, names)
            for name in dict.fromkeys([*ours, *theirs]):
                row: Row = {"table": table} | columns | dict(zip(names, name, strict=True))
                row |= {"segment": other, "against": first}
                rows.append(row | _statistics(ours.get(name), theirs.get(name), apart))
    return rows


def _rows(parts: Mapping[str, tuple[Asked, Answer]], table: str) -> list[Row]:
    return [row for _, part in parts.values() for row in part.tables[table]]


def _containers(asked: Asked) -> set[str]:
    return {journey.container for journey in asked.journeys if journey.events}


Number = tuple[float | None, tuple[int, int] | None]
"""A percentage, and the share of containers it is."""


def _named(answer: Answer, table: str, names: tuple[str, ...]) -> dict[tuple[Any, ...], Number]:
    rows = answer.tables[table]
    shares = answer.shares.get(table) or [_cell(row) for row in rows]
    return {
        tuple(row[name] for name in names): (row[PERCENTS.get(table, "percent")], share)
        for row, share in zip(rows, shares, strict=True)
    }


def _cell(row: Row) -> tuple[int, int] | None:
    """The share behind a cell of a cohort table."""
    if row.get("value") is None or row.get("percent_base") is None:
        return None
    return row["value"], row["percent_base"]


def _statistics(ours: Number | None, theirs: Number | None, apart: bool) -> Row:
    a, b = ours or (None, None), theirs or (None, None)
    known = a[0] is not None and b[0] is not None
    row: Row = {
        "percent": a[0],
        "against_percent": b[0],
        "difference": a[0] - b[0] if known else None,  # type: ignore[operator]
        "low": None,
        "high": None,
        "p_value": None,
        "distinguishable": None,
    }
    if not apart or a[1] is None or b[1] is None:
        return row
    (x, n), (y, m) = a[1], b[1]
    if not n or not m or not 0 <= x <= n or not 0 <= y <= m:
        return row
    p, q = x / n, y / m
    (p_low, p_high), (q_low, q_high) = _score(p, n), _score(q, m)
    pooled = (x + y) / (n + m)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    p_value = 2 * NormalDist().cdf(-abs(p - q) / error) if error else 1.0
    return row | {
        "low": 100 * max(-1.0, p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)),
        "high": 100 * min(1.0, p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)),
        "p_value": p_value,
        "distinguishable": p_value < 0.05,
    }


def _score(p: float, n: int) -> tuple[float, float]:
    """Wilson's score interval."""
    z = NormalDist().inv_cdf(0.975)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half
