"""Breakdown: the metric over some events, apart for each item of a field or each calendar period."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from .asked import Answer, Asked, percent
from .fields import field_value
from .metrics import Pair, container_metric, is_container_metric, metric_value
from .periods import DateRange, all_periods, day_start, local_day, next_start, period_start

OTHER, NONE = ("other", "Other"), ("none", "No value")


def breakdown(asked: Asked) -> Answer:
    """Table `items`: items with the greatest values, Other, No value; or every period."""
    question, answer = asked.question, Answer({"items": []}, {"items": []})
    metric = question.get("metric") or container_metric(asked)
    counted = _counted(asked)
    base = metric_value(asked, metric, counted)
    by_period = question["by"] == "period"
    rows = _periods(asked, counted) if by_period else _items(asked, counted, metric)
    for kind, item, pairs, complete in rows:
        value = metric_value(asked, metric, pairs)
        row = {
            "segment": "All",
            "kind": kind,
            "item": item,
            "value": value,
            "percent": percent(value, base),
            "percent_base": base,
            "complete": complete,
        }
        opens = is_container_metric(asked, metric)
        answer.add("items", row, value={container for container, _ in pairs} if opens else None)
    return answer


Rows = list[tuple[str, str, list[Pair], bool | None]]
"""Kind, item, the events counted there, and whether the period is complete."""


def _counted(asked: Asked) -> list[Pair]:
    """The events that match and lie in the date range."""
    where = asked.question.get("where")
    test = asked.test(where) if where else None
    return [
        (journey.container, event)
        for journey in asked.journeys
        for event in journey.events
        if asked.in_range(event) and (test is None or test(journey.container, event))
    ]


def _items(asked: Asked, counted: list[Pair], metric: Any) -> Rows:
    groups: dict[Any, list[Pair]] = {}
    for container, event in counted:
        value = field_value(asked.company, event, asked.question["by"], asked.kind)
        groups.setdefault(value if value is None else _text(value), []).append((container, event))
    nothing = groups.pop(None, None)
    ranked = sorted(groups, key=lambda name: (-metric_value(asked, metric, groups[name]), name))
    kept, left = ranked[: asked.question.get("items", 10)], ranked[asked.question.get("items", 10) :]
    rows: Rows = [("item", name, groups[name], None) for name in kept]
    if left:
        rows.append((*OTHER, [pair for name in left for pair in groups[name]], None))
    if nothing is not None:
        rows.append((*NONE, nothing, None))
    return rows


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _periods(asked: Asked, counted: list[Pair]) -> Rows:
    company, granularity = asked.company, asked.question.get("granularity", "month")
    rows: Rows = []
    for first in all_periods(company, granularity):
        following = next_start(first, granularity)
        if not _touches(asked.range, first, following):
            continue
        pairs = [
            pair
            for pair in counted
            if period_start(local_day(pair[1]["occurred_at"], company.zone), granularity, company.settings)
            == first
        ]
        whole = (
            day_start(first, company.zone) >= company.data_start
            and day_start(following, company.zone) <= company.horizon
            and (asked.range is None or asked.range.covers(first, following))
        )
        rows.append(("period", first.isoformat(), pairs, whole))
    return rows


def _touches(dates: DateRange | None, first: date, following: date) -> bool:
    """Whether a day of the period lies in the date range."""
    last = following - timedelta(days=1)
    return dates is None or (
        (dates.first is None or dates.first <= last) and (dates.last is None or first <= dates.last)
    )
