"""Notes: what a reader of an answer must know, in the same words whatever engine answered."""

from __future__ import annotations

import polars as pl

from workbench.model.containers import CONTAINER_METRICS, container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words
from workbench.model.specs import (
    BreakdownSpec,
    CohortTableSpec,
    FlowSpec,
    JourneyCanvasSpec,
    LiftSpec,
    PathsSpec,
    Spec,
    TimeToSpec,
)
from workbench.model.wording import plural_of


def notes_on(
    spec: Spec, version: DataVersion, tables: dict[str, pl.DataFrame], *, left_out: int, containers: int
) -> tuple[str, ...]:
    """Sentences without a full stop: rows left out, limits that cut, checkpoints nobody reached.

    `left_out` counts events that name no container, `containers` those with an event in the question.
    """
    label = version.label(container_named(spec.container)).lower()
    notes = []
    if left_out:
        notes.append(f"{left_out:,} events name no {label} and are in no history")
    if containers == 0:
        notes.append(f"no {label} has an event here{_filters(spec)}")
    if isinstance(spec, FlowSpec):
        notes += _passed(spec, tables["nodes"])
        if spec.declared_order and not version.settings.event_order:
            notes.append("no order of event types is declared, so no step goes back or skips")
        notes += _cut_columns(spec, tables["nodes"])
        notes += _cut_paths(tables.get("paths"))
    if isinstance(spec, CohortTableSpec) and spec.dimension is not None:
        notes += _cut_items(spec, tables["cells"])
    elif isinstance(spec, CohortTableSpec):
        notes += _no_cohort(spec, tables["cells"])
    notes += _about_rows(spec, version, tables)
    if isinstance(spec, JourneyCanvasSpec):
        notes += _other_containers(spec, version)
    if isinstance(spec, JourneyCanvasSpec) and containers:
        named = tables["nodes"].select("label", "qualified").rows()
        empty = [label for label, containers in named if containers == 0]
        if empty:
            notes.append(f"no {label} came as far as {', '.join(empty)}")
    return tuple(notes)


def _about_rows(spec: Spec, version: DataVersion, tables: dict[str, pl.DataFrame]) -> list[str]:
    """What the single table of a question leaves out."""
    if isinstance(spec, BreakdownSpec):
        return _cut_rows(spec, tables["items"])
    if isinstance(spec, PathsSpec):
        return _unlisted_paths(spec, version, tables["paths"])
    if isinstance(spec, LiftSpec):
        return _unmatched(spec, version, tables["items"])
    if isinstance(spec, TimeToSpec):
        return _times(spec, version, tables)
    return []


def _cut_items(spec: CohortTableSpec, cells: pl.DataFrame) -> list[str]:
    """The rows of a dimension that are no items: those cut by the number of items shown."""
    other = cells.filter(kind="other")["size"]
    if not len(other):
        return []
    items = "item with" if spec.items == 1 else f"{spec.items} items with"
    return [f"rows are the {items} most members; those of other items, {other[0]:,} in number, are Other"]


def _no_cohort(spec: CohortTableSpec, cells: pl.DataFrame) -> list[str]:
    """A date range that holds no whole period."""
    dates = spec.date_range
    if len(cells) or dates is None:
        return []
    span = f"{dates.from_ or 'the beginning'} to {dates.to or 'the end'}"
    span = f"the last {in_words(dates.last)}" if dates.last else span
    return [f"no whole {spec.granularity.replace('_', ' ')} lies in {span}, so there is no cohort"]


def _cut_rows(spec: BreakdownSpec, rows: pl.DataFrame) -> list[str]:
    """Items of a breakdown that are cut by the number of items shown."""
    if not len(rows.filter(kind="other")):
        return []
    items = "item" if spec.items == 1 else f"{spec.items} items"
    return [f"rows are the {items} with the greatest value; the rest is Other"]


def _unlisted_paths(spec: PathsSpec, version: DataVersion, rows: pl.DataFrame) -> list[str]:
    """How many containers are on paths that are not listed."""
    other = rows.filter(kind="other")["containers"]
    if not len(other):
        return []
    paths = "path is" if spec.top == 1 else f"{spec.top} paths are"
    return [
        f"the most frequent {paths} listed; {other[0]:,} {plural_of(spec.container, version)} are on others"
    ]


def _unmatched(spec: LiftSpec, version: DataVersion, rows: pl.DataFrame) -> list[str]:
    """How many anchors found nothing to be compared with, and which items are too rare to compare."""
    if not len(rows):
        label = version.label(container_named(spec.container)).lower()
        return [f"no {label} has an anchor with an item in the {in_words(spec.within)} before it"]
    anchors, covered = int(rows["anchor_containers"][0]), int(rows["covered"][0])
    plural, notes = plural_of(spec.container, version), []
    if covered < anchors:
        found = f"{anchors - covered:,} of {anchors:,} {plural} with an anchor"
        notes.append(f"{found} found none to be compared with and are left out of the lift")
    few = rows.filter(~pl.col("enough"))["item"].to_list()
    if few:
        notes.append(f"not enough data for the lift of {', '.join(few)}")
    return notes


def _times(spec: TimeToSpec, version: DataVersion, tables: dict[str, pl.DataFrame]) -> list[str]:
    """Containers that are left out of a curve, and items that are in Other."""
    one, many = version.label(container_named(spec.container)).lower(), plural_of(spec.container, version)
    earlier, notes = int(tables["tests"]["earlier"][0]), []
    if earlier:
        notes.append(
            f"{earlier:,} {f'{one} is' if earlier == 1 else f'{many} are'} left out: "
            "the milestone lies before the beginning"
        )
    if not len(tables["groups"]):
        notes.append(f"no {one} begins here")
    if len(tables["groups"].filter(kind="other")):
        items = "item" if spec.items == 1 else f"{spec.items} items"
        notes.append(f"groups are the {items} with most {many}; the rest is Other")
    return notes + (_without_partner(tables["effects"], many) if spec.initiative else [])


def _without_partner(effects: pl.DataFrame, many: str) -> list[str]:
    """Containers of an initiative that are in no pair, and arms that are too small to tell."""
    notes = []
    for arm, left, *sizes in effects.select("arm", "unmatched", "size_before", "size_after").rows():
        if left:
            found = f"{left:,} of {left + sum(sizes):,} {many} of the {arm}"
            notes.append(f"{found} have no comparable partner and are left out")
    few = effects.filter(~pl.col("enough"), arm="initiative")
    if len(few):
        day = few["at_days"][0]
        notes.append(f"not enough data: on a side fewer than 10 {many} are still at risk on day {day}")
    return notes


def _other_containers(spec: JourneyCanvasSpec, version: DataVersion) -> list[str]:
    """Metrics that count containers of another kind than those whose journeys are asked."""
    own = container_named(spec.container).plural
    others = [
        metric
        for metric in dict.fromkeys((spec.metric, spec.secondary_metric))
        if isinstance(metric, str) and metric in CONTAINER_METRICS and metric != own
    ]
    return [
        f"metric {metric} counts {plural_of(CONTAINER_METRICS[metric], version)}, the journeys are those of "
        f"{plural_of(spec.container, version)}; percentages may exceed 100"
        for metric in others
    ]


def _filters(spec: Spec) -> str:
    """The filters that may have emptied the question."""
    named = []
    if spec.segments:
        named.append(
            "the segment" if len(spec.segments) == 1 else f"the {len(spec.segments)} segments together"
        )
    if spec.actors is not None:
        named.append(f"actors {', '.join(spec.actors)}")
    if spec.date_range is not None and spec.date_range.applies_to == "events":
        named.append("the date range")
    return f"; filtered by {' and '.join(named)}" if named else ""


def _cut_columns(spec: FlowSpec, nodes: pl.DataFrame) -> list[str]:
    """Columns of a flow in which the number of items shown cut something."""
    rows = nodes.select("column", "kind", "paths").rows()
    listed = ", ".join(f"{column} ({paths:,} paths)" for column, kind, paths in rows if kind == "other")
    if not listed:
        return []
    shown = "each column shows as many of its most frequent items as asked for it"
    if isinstance(spec.items, int):
        shown = f"each column shows its {spec.items} most frequent items"
    return [f"{shown}; the rest is Other in column {listed}"]


def _passed(spec: FlowSpec, nodes: pl.DataFrame) -> list[str]:
    """That no path passes the nodes asked for."""
    if not spec.through or len(nodes):
        return []
    nodes_asked = "the node" if len(spec.through) == 1 else f"all {len(spec.through)} nodes"
    return [f"no path passes {nodes_asked} asked for by through"]


def _cut_paths(whole: pl.DataFrame | None) -> list[str]:
    """How much of a flow its listed whole paths cover, where they are not all."""
    if whole is None or not len(whole):
        return []
    shown, total = int(whole["paths"].sum()), int(whole["percent_base"][0])
    listed = (
        f"the {len(whole):,} most frequent whole paths" if len(whole) > 1 else "the most frequent whole path"
    )
    return [f"{listed}: {shown:,} of {total:,} paths"] if shown < total else []
