"""What is counted: containers, events, sums, counts of conditions, distinct values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Discriminator,
    Tag,
)
from pydantic_core import PydanticCustomError

from workbench.errors import nearest
from workbench.model.base import Part
from workbench.model.conditions import (
    TAG,
    Condition,
)
from workbench.model.containers import CONTAINER_METRICS


class SumOf(Part):
    """Sum of a money or number field; `opportunity.amount` counts each deal once."""

    sum: str
    where: Condition | None = None


class CountOf(Part):
    """Number of events that match a condition."""

    count: Condition


class DistinctOf(Part):
    """Number of distinct values of a field."""

    distinct: str
    where: Condition | None = None


def _known_metric(value: Any) -> Any:
    names = [*CONTAINER_METRICS, "events"]
    if isinstance(value, str) and value not in names:
        raise PydanticCustomError(
            "metric", "{text}", {"text": f"{value!r} is no metric; {nearest(value, names)}"}
        )
    return value


def _metric_form(value: Any) -> str | None:
    if isinstance(value, str):
        return TAG + "name"
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return next((TAG + form for form in ("sum", "count", "distinct") if form in keys), None)


Metric = Annotated[
    Annotated[str, Tag(TAG + "name")]
    | Annotated[SumOf, Tag(TAG + "sum")]
    | Annotated[CountOf, Tag(TAG + "count")]
    | Annotated[DistinctOf, Tag(TAG + "distinct")],
    Discriminator(
        _metric_form,
        custom_error_type="metric",
        custom_error_message=(
            "a metric is a name such as 'accounts' or 'events', or {'sum' | 'count' | 'distinct': …}"
        ),
    ),
    BeforeValidator(_known_metric),
]
