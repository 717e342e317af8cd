"""What journey canvas and fallout share: links as times, percentages with their base."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.analyses.part import Part
from workbench.index import sequences
from workbench.index.kernels import Int64s
from workbench.index.pairing import Step
from workbench.model.specs import Limits, Question


def step_of(part: Part, limits: Limits, question: Question, *, immediately: bool = False) -> Step:
    """The step that an arrow or touchpoint asks, in the units of the index."""
    return sequences.step_of(
        part.matcher.index,
        limits,
        follow=question.follow,
        immediately=immediately,
        barred=_barred(part, getattr(limits, "without", None)),
    )


def _barred(part: Part, without: Any) -> Int64s | None:
    """Positions of the events that must not lie between; None where nothing is forbidden."""
    if without is None:
        return None
    return part.find(part.matcher.version.inline(without)).positions.astype(np.int64)


def quantiles_in_seconds(microseconds: Int64s, *shares: float) -> list[float | None]:
    """Quantiles with linear interpolation; None without durations."""
    if not len(microseconds):
        return [None] * len(shares)
    return [_quantile(microseconds, share) / 1e6 for share in shares]


def _quantile(values: Int64s, share: float) -> float:
    """As `np.quantile` has it, which looks for the extremes too and takes many times longer."""
    at, weight = divmod((len(values) - 1) * share, 1)
    split = np.partition(values, int(at))
    low = split[int(at)]
    gap = (split[int(at) + 1 :].min() - low) if weight else 0
    return float(low + gap * weight if weight < 0.5 else low + gap - gap * (1 - weight))


def percent(value: Any, base: Any) -> float | None:
    """100 · value ÷ base; None without a base."""
    return None if value is None or not base else float(100 * value / base)
