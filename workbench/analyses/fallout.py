"""Fallout: step by step, how many containers went on and how many did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.checkpoints import Checkpoint, Walker
from workbench.analyses.fallout_split import Split, counts, split
from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds
from workbench.errors import SpecError
from workbench.index.kernels import Bools, Int64s
from workbench.model.data_version import DataVersion
from workbench.model.result import SPANS, SPLIT, check_split, span_number
from workbench.model.specs import FalloutSpec
from workbench.model.wording import describe_condition

SCHEMA = {
    "segment": pl.String,
    "step": pl.Int64,
    "label": pl.String,
    "value": pl.Int64,
    "percent_of_first": pl.Float64,
    "percent_of_previous": pl.Float64,
    "fallout": pl.Int64,
    "median_seconds": pl.Float64,
    "p25_seconds": pl.Float64,
    "p75_seconds": pl.Float64,
}
TIMES = {
    "segment": pl.String,
    "step": pl.Int64,
    "from_seconds": pl.Int64,
    "to_seconds": pl.Int64,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
}


@dataclass(frozen=True)
class Partial:
    """Counts and durations of one part."""

    baseline: int
    values: tuple[int, ...]
    durations: tuple[Int64s, ...]
    """Microseconds from the step before, one array for each touchpoint after the first."""
    splits: tuple[tuple[int, ...], ...] = ()
    """Where asked: how many of each step's fallout are lost, in play and dormant; not of the last step."""


def walk(part: Part, spec: FalloutSpec) -> list[Checkpoint]:
    """The touchpoints, each behind the one before."""
    walker = Walker(part, spec)
    points = [walker.start(spec.touchpoints[0].where)]
    for touchpoint in spec.touchpoints[1:]:
        points.append(walker.later(touchpoint.where, [(points[-1], touchpoint)]))
    return points


def measure(part: Part, spec: FalloutSpec) -> Partial:
    """Containers at every touchpoint of one part."""
    points = walk(part, spec)
    splits: tuple[tuple[int, ...], ...] = ()
    if spec.fallout_split:
        first = 0 if spec.baseline else 1
        splits = tuple(counts(_split(part, points, step)) for step in range(first, len(points)))
    return Partial(
        int(np.count_nonzero(part.with_events)) if spec.baseline else 0,
        tuple(len(point.reach.who) for point in points),
        tuple(link.duration for point in points for link in point.links),
        splits,
    )


def _fallen(part: Part, points: list[Checkpoint], step: int) -> Bools:
    """Containers at a step that did not come to the next; step 0 is everybody."""
    here = points[step - 1].reach.present if step else part.with_events
    return here & ~points[step].reach.present


def _split(part: Part, points: list[Checkpoint], step: int) -> Split:
    first = points[step - 1].reach.first if step else part.first_permitted
    return split(part, _fallen(part, points, step), first)


def divisible(spec: FalloutSpec) -> bool:
    """Time limits look at every match, which is worth a thread; free steps look at one per container."""
    return any(point.within or point.after or point.without for point in spec.touchpoints)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, durations join."""
    return Partial(
        left.baseline + right.baseline,
        tuple(a + b for a, b in zip(left.values, right.values, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(left.durations, right.durations, strict=True)),
        tuple(
            tuple(a + b for a, b in zip(*pair, strict=True))
            for pair in zip(left.splits, right.splits, strict=True)
        ),
    )


def finish(partial: Partial, spec: FalloutSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The table `touchpoints`, in the order of the steps, and where asked the table `times`."""
    labels = [point.label or describe_condition(point.where, version) for point in spec.touchpoints]
    values = list(partial.values)
    medians = [[None] * 3] + [quantiles_in_seconds(times, 0.5, 0.25, 0.75) for times in partial.durations]
    steps = list(range(1, len(values) + 1))
    if spec.baseline:
        labels, values, medians, steps = (
            ["All", *labels],
            [partial.baseline, *values],
            [[None] * 3, *medians],
            [0, *steps],
        )
    splits: list[tuple[int | None, ...]] = [*partial.splits, (None,) * len(SPLIT)]
    rows = [
        {
            "segment": "All",
            "step": step,
            "label": label,
            "value": value,
            "percent_of_first": percent(value, values[0]),
            "percent_of_previous": percent(value, values[at - 1]) if at else None,
            "fallout": value - values[at + 1] if at + 1 < len(values) else None,
            **(dict(zip(SPLIT, splits[at], strict=True)) if spec.fallout_split else {}),
            **dict(zip(("median_seconds", "p25_seconds", "p75_seconds"), median, strict=True)),
        }
        for at, (step, label, value, median) in enumerate(zip(steps, labels, values, medians, strict=True))
    ]
    schema = {name: SCHEMA.get(name, pl.Int64) for name in rows[0]}
    tables = {"touchpoints": pl.DataFrame(rows, schema=schema)}
    return tables | ({"times": _times(partial)} if spec.histogram else {})


def _times(partial: Partial) -> pl.DataFrame:
    """How many containers needed how long, by step and span of time; spans nobody needed are listed too."""
    rows = []
    for step, durations in enumerate(partial.durations, start=2):
        counts = np.bincount(_span(durations), minlength=len(SPANS))
        for (low, high), count in zip(SPANS, counts, strict=True):
            share = percent(int(count), len(durations))
            rows.append(("All", step, low, high, int(count), share, len(durations)))
    return pl.DataFrame(rows, schema=TIMES, orient="row")


def _span(durations: Int64s) -> Int64s:
    """Number of the span of time in which each duration lies; its beginning belongs to it."""
    begins = np.array([low for low, _ in SPANS], dtype=np.int64) * 1_000_000
    return np.asarray(begins.searchsorted(durations, "right") - 1)


def members(part: Part, spec: FalloutSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a row."""
    if table == "times":
        return _needed(part, spec, select)
    first = 0 if spec.baseline else 1
    step = select.get("step")
    if step is None or not first <= step <= len(spec.touchpoints):
        raise SpecError(f"found step {step!r}; steps run from {first} to {len(spec.touchpoints)}", "select")
    if step == 0 and measure == "value":
        return part.with_events
    step, points = int(step), walk(part, spec)
    if measure == "value":
        return points[step - 1].reach.present
    if step == len(spec.touchpoints):
        raise SpecError("nothing comes after the last touchpoint, so nobody fell out there", "select")
    if measure == "fallout":
        return _fallen(part, points, step)
    check_split(spec.fallout_split, measure)
    return _split(part, points, step)[measure]


def _needed(part: Part, spec: FalloutSpec, select: dict[str, Any]) -> Bools:
    """Containers that needed so long for a step."""
    step, span = select.get("step"), span_number(select.get("from_seconds"))
    if not isinstance(step, int) or not 2 <= step <= len(spec.touchpoints):
        raise SpecError(
            f"found step {step!r}; times run to steps 2 to {len(spec.touchpoints)}", "select.step"
        )
    (link,) = walk(part, spec)[step - 1].links
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[link.moved[_span(link.duration) == span]] = True
    return present
