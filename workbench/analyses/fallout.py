"""Fallout: step by step, how many containers went on and how many did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds, step_of
from workbench.errors import SpecError
from workbench.index.kernels import Bools, Int64s
from workbench.index.reach import Link, Reach, advance
from workbench.model.data_version import DataVersion
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
}


@dataclass(frozen=True)
class Partial:
    """Counts and durations of one part."""

    baseline: int
    values: tuple[int, ...]
    durations: tuple[Int64s, ...]
    """Microseconds from the step before, one array for each touchpoint after the first."""


def walk(part: Part, spec: FalloutSpec) -> tuple[list[Reach], list[Link]]:
    """The reach set of every touchpoint, and the links between them."""
    track = spec.follow is not None
    reaches = [part.begin(part.find(_where(part, spec, 0)), track=track)]
    links: list[Link] = []
    for number, touchpoint in enumerate(spec.touchpoints[1:], start=1):
        step = step_of(part, touchpoint, spec, immediately=touchpoint.path == "next")
        reach, made = advance([(reaches[-1], step)], part.find(_where(part, spec, number)), track=track)
        reaches.append(reach)
        links += made
    return reaches, links


def _where(part: Part, spec: FalloutSpec, number: int) -> Any:
    return part.matcher.version.inline(spec.touchpoints[number].where)


def measure(part: Part, spec: FalloutSpec) -> Partial:
    """Containers at every touchpoint of one part."""
    reaches, links = walk(part, spec)
    return Partial(
        int(np.count_nonzero(part.with_events)) if spec.baseline else 0,
        tuple(len(reach.who) for reach in reaches),
        tuple(link.duration for link in links),
    )


def divisible(spec: FalloutSpec) -> bool:
    """Time limits look at every match, which is worth a thread; free steps look at one per container."""
    return any(point.within or point.after for point in spec.touchpoints)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, durations join."""
    return Partial(
        left.baseline + right.baseline,
        tuple(a + b for a, b in zip(left.values, right.values, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(left.durations, right.durations, strict=True)),
    )


def finish(partial: Partial, spec: FalloutSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The table `touchpoints`, in the order of the steps."""
    labels = [point.label or describe_condition(point.where, version) for point in spec.touchpoints]
    values = list(partial.values)
    medians = [None] + [quantiles_in_seconds(times, 0.5)[0] for times in partial.durations]
    steps = list(range(1, len(values) + 1))
    if spec.baseline:
        labels, values, medians, steps = (
            ["All", *labels],
            [partial.baseline, *values],
            [None, *medians],
            [0, *steps],
        )
    rows = [
        {
            "segment": "All",
            "step": step,
            "label": label,
            "value": value,
            "percent_of_first": percent(value, values[0]),
            "percent_of_previous": percent(value, values[at - 1]) if at else None,
            "fallout": value - values[at + 1] if at + 1 < len(values) else None,
            "median_seconds": median,
        }
        for at, (step, label, value, median) in enumerate(zip(steps, labels, values, medians, strict=True))
    ]
    return {"touchpoints": pl.DataFrame(rows, schema=SCHEMA)}


def members(part: Part, spec: FalloutSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a row of `touchpoints`."""
    first = 0 if spec.baseline else 1
    step = select.get("step")
    if step is None or not first <= step <= len(spec.touchpoints):
        raise SpecError(f"found step {step!r}; steps run from {first} to {len(spec.touchpoints)}", "select")
    present = [part.with_events, *(reach.present for reach in walk(part, spec)[0])]
    if measure == "value":
        return np.asarray(present[step])
    if step == len(spec.touchpoints):
        raise SpecError("nothing comes after the last touchpoint, so nobody fell out there", "select")
    return np.asarray(present[step] & ~present[step + 1])
