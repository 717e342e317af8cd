"""Metrics over a set of events."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .asked import Asked
from .company import CONTAINER_IDS, PLURALS, Event
from .fields import field_value, record_id

Pair = tuple[str, Event]
Metric = str | Mapping[str, Any]


def is_container_metric(asked: Asked, metric: Metric) -> bool:
    """Whether the metric counts the question's own containers."""
    return isinstance(metric, str) and PLURALS.get(metric) == asked.kind


def container_metric(asked: Asked) -> str:
    """The plural of the question's container."""
    return next(plural for plural, kind in PLURALS.items() if kind == asked.kind)


def metric_value(asked: Asked, metric: Metric, pairs: list[Pair]) -> int | Decimal | float:
    """The metric over pairs of container and event; an event of two containers counts once."""
    if is_container_metric(asked, metric):
        return len({container for container, _ in pairs})
    if isinstance(metric, str):
        return _count(metric, pairs)
    where = metric.get("where") or metric.get("count")
    if where is not None:
        test = asked.test(where)
        pairs = [pair for pair in pairs if test(*pair)]
    if "count" in metric:
        return _count("events", pairs)
    if "distinct" in metric:
        values = {field_value(asked.company, event, metric["distinct"], asked.kind) for _, event in pairs}
        return len(values - {None})
    return _sum(asked, str(metric["sum"]), pairs)


def _count(metric: str, pairs: list[Pair]) -> int:
    name = "row" if metric == "events" else CONTAINER_IDS[PLURALS[metric]]
    return len({event.get(name) for _, event in pairs} - {None})


def _sum(asked: Asked, path: str, pairs: list[Pair]) -> Decimal:
    """Sum of a column of the events, or of a record field with every record once."""
    values: dict[Any, Any] = {}
    for _, event in pairs:
        key = record_id(asked.company, event, path, asked.kind) if "." in path else event["row"]
        values[key] = field_value(asked.company, event, path, asked.kind)
    return sum((Decimal(str(value)) for value in values.values() if value is not None), Decimal(0))
