"""What journey canvas and fallout share: links as times, percentages with their base."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.analyses.part import Part
from workbench.index.kernels import Int64s
from workbench.index.reach import Step
from workbench.model.specs import Limits, Question


def step_of(part: Part, limits: Limits, question: Question, *, immediately: bool = False) -> Step:
    """The step that an arrow or touchpoint asks, in the units of the index."""
    return part.matcher.step(
        limits.within,
        limits.after,
        limits.same,
        limits.different,
        follow=question.follow,
        immediately=immediately,
    )


def quantiles_in_seconds(microseconds: Int64s, *shares: float) -> list[float | None]:
    """Quantiles with linear interpolation; None without durations."""
    if not len(microseconds):
        return [None] * len(shares)
    return [float(value) / 1e6 for value in np.quantile(microseconds, shares)]


def percent(value: Any, base: Any) -> float | None:
    """100 · value ÷ base; None without a base."""
    return None if value is None or not base else float(100 * value / base)
