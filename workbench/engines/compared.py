"""From counted numbers to an answer: compared segments side by side, labels, differences, notes.

Every engine counts one question at a time; what stands here is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from workbench.engines.differences import SHARES, differences
from workbench.engines.notes import notes_on
from workbench.model.compare import questions
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.parsing import parse_spec
from workbench.model.result import Answer
from workbench.model.specs import CohortTableSpec, FalloutSpec, JourneyCanvasSpec, Spec, TimeToSpec
from workbench.model.time_to_event import between_segments
from workbench.model.wording import describe_condition, plural_of

Count = Callable[[Spec], Answer]
"""Counts a question that compares nothing; labels and notes come later."""
HIDDEN = {"nodes": ("qualified",), "arrows": ("percent_base",), "tests": ("earlier",)}
"""Table → columns that are counted for notes and `differences` and not shown."""


def count_question(spec: Spec, version: DataVersion, count: Count) -> Answer:
    """The numbers of a question: its own, or those of every compared segment as parts."""
    each = list(questions(spec, version).values())
    if each == [spec]:
        return count(spec)
    parts = tuple(count(one) for one in each)
    containers = parts[0].containers
    shared = [0] * (len(parts) - 1)
    if len(parts) > 1 and _same_histories(each):
        shared = [containers] * (len(parts) - 1)
    elif len(parts) > 1:
        containers = _containers(each, version, count, how="any")
        if containers < sum(part.containers for part in parts):
            shared = [_containers([each[0], one], version, count, how="all") for one in each[1:]]
    first = parts[0]
    events = sum(part.events for part in parts)
    return Answer(
        {}, events, containers, (), first.fan_out, first.left_out, parts=parts, shared=tuple(shared)
    )


def _same_histories(each: list[Spec]) -> bool:
    """Whether questions differ in what may start something alone: date ranges that do not cut histories."""
    cut = any(one.date_range is not None and one.date_range.applies_to == "events" for one in each)
    return not cut and all(one.segments == each[0].segments for one in each)


def _containers(each: list[Spec], version: DataVersion, count: Count, *, how: str) -> int:
    """How many containers are in any, or in all, of the histories that some questions ask."""
    behind = [
        {
            "members_of": {
                "question": _everybody(one, one.segments),
                "table": "touchpoints",
                "select": {"step": 0},
                "measure": "value",
            }
        }
        for one in each
    ]
    asked = _everybody(each[0], (), cut=False) | {"segments": [{how: behind}]}
    return int(count(parse_spec(asked)).tables["touchpoints"]["value"][0])


def _everybody(spec: Spec, segments: tuple[Any, ...], *, cut: bool = True) -> dict[str, Any]:
    """A fallout whose step 0 counts the containers with an event in the histories of a question.

    `cut`: the histories as actors and dates cut them; without, whole ones.
    """
    question: dict[str, Any] = {
        "analysis": "fallout",
        "container": spec.container,
        "history": spec.history,
        "segments": [segment.to_json() for segment in segments],
        "touchpoints": [{"where": NOTHING}],
    }
    dates = spec.date_range
    if cut:
        question["actors"] = spec.actors
        if dates is not None and dates.applies_to == "events":
            question["date_range"] = dates.to_json()
    return question


NOTHING = {"field": "event_type", "op": "in", "value": [""]}
"""A condition that no event matches; a checkpoint that costs nothing."""


def complete(spec: Spec, version: DataVersion, counted: Answer) -> Answer:
    """The answer people see: labels of this very question, segments side by side, and notes."""
    if not counted.parts:
        tables = _labelled(spec, version, counted.tables)
        notes = notes_on(spec, version, tables, left_out=counted.left_out, containers=counted.containers)
        return replace(counted, tables=_shown(tables), notes=notes)
    parts: dict[str, dict[str, pl.DataFrame]] = {}
    notes_of: dict[str, None] = {}
    for (label, one), part in zip(questions(spec, version).items(), counted.parts, strict=True):
        parts[label] = _labelled(one, version, part.tables)
        told = notes_on(one, version, parts[label], left_out=part.left_out, containers=part.containers)
        notes_of |= dict.fromkeys(told)
    labels = list(parts)
    tables = {
        name: pl.concat(
            [_of_segment(label, table[name]) for label, table in parts.items()],
            how="vertical_relaxed",
        )
        for name in parts[labels[0]]
    }
    shared = dict(zip(labels[1:], counted.shared, strict=True))
    tables = _shown(tables)
    if len(parts) > 1 and spec.analysis in SHARES and _same_rows(spec):
        tables["differences"] = differences(spec, parts, shared)
        notes_of |= dict.fromkeys(_sharing(spec, version, labels[0], shared))
    if len(parts) > 1 and isinstance(spec, TimeToSpec) and spec.by is None:
        tested = between_segments(parts, apart=not any(shared.values()))
        tables["tests"] = pl.concat([tables["tests"], tested])
        notes_of |= dict.fromkeys(_sharing(spec, version, labels[0], shared))
    return replace(counted, tables=tables, notes=tuple(notes_of))


def _same_rows(spec: Spec) -> bool:
    """Whether the sides have rows in common: cohorts of two date ranges are different periods."""
    return not (isinstance(spec, CohortTableSpec) and spec.compare_ranges and spec.dimension is None)


def _of_segment(label: str, table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.lit(label, pl.String).alias("segment"), pl.exclude("segment"))


def _sharing(spec: Spec, version: DataVersion, first: str, shared: dict[str, int]) -> list[str]:
    """A note for each segment that shares containers with the first one."""
    one, many = version.label(container_named(spec.container)).lower(), plural_of(spec.container, version)
    return [
        f"{number:,} {f'{one} is' if number == 1 else f'{many} are'} in both {first} and {other}; "
        "differences are described, not tested"
        for other, number in shared.items()
        if number
    ]


def _shown(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables without their hidden columns."""
    return {name: table.drop(HIDDEN.get(name, ()), strict=False) for name, table in tables.items()}


def _labelled(spec: Spec, version: DataVersion, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with the labels that this question gives its checkpoints."""
    if isinstance(spec, JourneyCanvasSpec):
        titles = [node.title for node in spec.nodes]
        return tables | {"nodes": tables["nodes"].with_columns(label=pl.Series(titles, dtype=pl.String))}
    if isinstance(spec, FalloutSpec):
        steps = [point.label or describe_condition(point.where, version) for point in spec.touchpoints]
        labels = [*(["All"] if spec.baseline else []), *steps]
        table = tables["touchpoints"].with_columns(label=pl.Series(labels, dtype=pl.String))
        return tables | {"touchpoints": table}
    return tables


def bare(spec: Spec) -> Spec:
    """The question without what is only drawn: places, labels, breakdowns. It counts the same."""
    if isinstance(spec, JourneyCanvasSpec):
        nodes = [
            node.model_copy(
                update={"label": "", "x": None, "y": None, "breakdown": None, "fallout_breakdown": None}
            )
            for node in spec.nodes
        ]
        arrows = [arrow.model_copy(update={"label": "", "breakdown": None}) for arrow in spec.arrows]
        return spec.model_copy(update={"nodes": tuple(nodes), "arrows": tuple(arrows)})
    if isinstance(spec, FalloutSpec):
        points = [point.model_copy(update={"label": "", "breakdown": None}) for point in spec.touchpoints]
        return spec.model_copy(update={"touchpoints": tuple(points)})
    return spec
