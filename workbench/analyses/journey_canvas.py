"""Journey canvas: how many containers went from checkpoint to checkpoint, and who fell out."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.metrics import Tally, own_metric, tally
from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds, step_of
from workbench.errors import SpecError, nearest
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s
from workbench.index.reach import Link, Reach, advance
from workbench.model.data_version import DataVersion
from workbench.model.specs import JourneyCanvasSpec, Metric

NODES = {
    "segment": pl.String,
    "id": pl.String,
    "label": pl.String,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "secondary_value": pl.Int64,
    "secondary_percent": pl.Float64,
    "fallout": pl.Int64,
    "fallout_percent": pl.Float64,
}
ARROWS = {
    "segment": pl.String,
    "source": pl.String,
    "target": pl.String,
    "value": pl.Int64,
    "percent": pl.Float64,
    "median_seconds": pl.Float64,
    "p25_seconds": pl.Float64,
    "p75_seconds": pl.Float64,
}


@dataclass
class Walk:
    """Reach sets, matches and links of a whole canvas."""

    reaches: dict[str, Reach] = field(default_factory=dict)
    matches: dict[str, Matches] = field(default_factory=dict)
    """All matches of each node; of start nodes, too, also outside the date range."""
    links: dict[tuple[str, str], Link] = field(default_factory=dict)


@dataclass(frozen=True)
class Partial:
    """Tallies of one part: by node the values and bases, by arrow the durations."""

    qualified: dict[str, int]
    fallout: dict[str, int]
    tallies: dict[tuple[str, str], Tally]
    """(node, "value" | "base" | "secondary" | "secondary_base") → tally; node "" is the total."""
    durations: dict[tuple[str, str], Int64s]


def walk(part: Part, spec: JourneyCanvasSpec) -> Walk:
    """Reach sets along the arrows, each node after its predecessors."""
    found, track = Walk(), spec.follow is not None
    where = {node.id: part.matcher.version.inline(node.where) for node in spec.nodes}
    for name in spec.order():
        found.matches[name] = part.find(where[name])
        arrows = spec.incoming(name)
        if not arrows:
            found.reaches[name] = part.begin(found.matches[name], track=track)
            continue
        sources = [(found.reaches[arrow.source], step_of(part, arrow, spec)) for arrow in arrows]
        found.reaches[name], links = advance(sources, found.matches[name], track=track)
        found.links.update({(arrow.source, name): link for arrow, link in zip(arrows, links, strict=True)})
    return found


def measure(part: Part, spec: JourneyCanvasSpec) -> Partial:
    """Counts and tallies of one part."""
    found = walk(part, spec)
    metrics = {"": spec.metric or own_metric(part)}
    if spec.secondary_metric is not None:
        metrics["secondary_"] = spec.secondary_metric
    tallies: dict[tuple[str, str], Tally] = {}
    for prefix, metric in metrics.items():
        for node in spec.nodes:
            tallies[node.id, f"{prefix}value"] = _tally(part, spec, found, metric, (node.id,))
            if spec.percent_of != "total":
                tallies[node.id, f"{prefix}base"] = _tally(part, spec, found, metric, _base(spec, node.id))
        if spec.percent_of == "total":
            total = part.everything.positions if metric != own_metric(part) else np.empty(0, dtype=np.int64)
            tallies["", f"{prefix}base"] = tally(part, metric, total, part.with_events)
    return Partial(
        {node.id: len(found.reaches[node.id].who) for node in spec.nodes},
        {
            node.id: int(np.count_nonzero(fallout(found, spec, node.id)))
            for node in spec.nodes
            if spec.outgoing(node.id)
        },
        tallies,
        {ends: link.duration for ends, link in found.links.items()},
    )


def _base(spec: JourneyCanvasSpec, node: str) -> tuple[str, ...]:
    """The nodes whose union is the base of a node's percentage."""
    if spec.percent_of == "start":
        return spec.starts_of(node)
    return tuple(arrow.source for arrow in spec.incoming(node)) or (node,)


def _tally(part: Part, spec: JourneyCanvasSpec, found: Walk, metric: Metric, nodes: tuple[str, ...]) -> Tally:
    """The metric over the union of some nodes."""
    present = np.logical_or.reduce([found.reaches[name].present for name in nodes])
    if metric == own_metric(part):
        return tally(part, metric, np.empty(0, dtype=np.int64), present)
    positions = [_counted(spec, found, name) for name in nodes]
    union = positions[0] if len(positions) == 1 else np.unique(np.concatenate(positions))
    return tally(part, metric, union, present)


def _counted(spec: JourneyCanvasSpec, found: Walk, node: str) -> Int64s:
    """Matching events of the qualified containers, all of them or from their arrival on."""
    matches, reach = found.matches[node], found.reaches[node]
    if spec.counting == "on_path":
        return matches.where(matches.positions >= reach.first.take(matches.container)).positions
    return matches.where(reach.present.take(matches.container)).positions


def fallout(found: Walk, spec: JourneyCanvasSpec, node: str) -> Bools:
    """Containers qualified at a node that go along none of its outgoing arrows."""
    left = found.reaches[node].present.copy()
    for arrow in spec.outgoing(node):
        left[found.links[arrow.source, arrow.target].moved] = False
    return left


def divisible(spec: JourneyCanvasSpec) -> bool:
    """Several arrows are worth a thread."""
    return bool(spec.arrows)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, tallies merge, durations join."""
    return Partial(
        {name: count + right.qualified[name] for name, count in left.qualified.items()},
        {name: count + right.fallout[name] for name, count in left.fallout.items()},
        {key: one.merge(right.tallies[key]) for key, one in left.tallies.items()},
        {ends: np.concatenate((times, right.durations[ends])) for ends, times in left.durations.items()},
    )


def finish(partial: Partial, spec: JourneyCanvasSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The tables `nodes` and `arrows`, in the order of the question."""
    values = {key: one.value() for key, one in partial.tallies.items()}
    nodes = [_node_row(partial, values, spec, node.id, node.title) for node in spec.nodes]
    arrows = []
    for arrow in spec.arrows:
        times = partial.durations[arrow.source, arrow.target]
        p25, median, p75 = quantiles_in_seconds(times, 0.25, 0.5, 0.75)
        share = percent(len(times), partial.qualified[arrow.source])
        arrows.append(("All", arrow.source, arrow.target, len(times), share, median, p25, p75))
    return {"nodes": _frame(nodes), "arrows": pl.DataFrame(arrows, schema=ARROWS, orient="row")}


def _node_row(
    partial: Partial, values: dict[tuple[str, str], Any], spec: JourneyCanvasSpec, node: str, label: str
) -> dict[str, Any]:
    at = "" if spec.percent_of == "total" else node
    value, base = values[node, "value"], values[at, "base"]
    second, second_base = values.get((node, "secondary_value")), values.get((at, "secondary_base"))
    return {
        "segment": "All",
        "id": node,
        "label": label,
        "value": value,
        "percent": percent(value, base),
        "percent_base": base,
        "secondary_value": second,
        "secondary_percent": percent(second, second_base),
        "fallout": partial.fallout.get(node),
        "fallout_percent": percent(partial.fallout.get(node), partial.qualified[node]),
    }


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Node rows; value columns are decimal or float where the metric is a sum."""
    schema: dict[str, Any] = dict(NODES)
    for column in ("value", "percent_base", "secondary_value"):
        kinds = {type(row[column]) for row in rows}
        schema[column] = pl.Decimal(38, 4) if Decimal in kinds else pl.Float64 if float in kinds else pl.Int64
    return pl.DataFrame(rows, schema=schema)


def members(part: Part, spec: JourneyCanvasSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a node, its fallout, or an arrow."""
    found = walk(part, spec)
    if table == "arrows":
        ends = (select.get("source"), select.get("target"))
        if ends not in found.links:
            known = [" → ".join(pair) for pair in found.links]
            raise SpecError(f"no arrow leads {ends[0]} → {ends[1]}; {nearest(ends, known)}", "select")
        moved = np.zeros(part.history.containers, dtype=np.bool_)
        moved[found.links[ends].moved] = True
        return moved
    node = str(select.get("id"))
    if node not in found.reaches:
        raise SpecError(f"{node!r} is no node; {nearest(node, found.reaches)}", "select.id")
    if measure == "value":
        return found.reaches[node].present
    if not spec.outgoing(node):
        raise SpecError(f"nothing follows {node!r}, so nobody fell out there", "select.id")
    return fallout(found, spec, node)
