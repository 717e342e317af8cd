"""Journey canvas: how many containers went from checkpoint to checkpoint, and who fell out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.checkpoints import Checkpoint, Walker
from workbench.analyses.fallout_split import Split, counts, split
from workbench.analyses.metrics import Tally, own_metric, tally, tally_size
from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds
from workbench.errors import SpecError, nearest
from workbench.index.kernels import Bools, Int64s, union
from workbench.index.reach import Link
from workbench.model.data_version import DataVersion
from workbench.model.parsing import canonical
from workbench.model.result import SPLIT, check_split
from workbench.model.specs import JourneyCanvasSpec, Metric

NODES = {
    "segment": pl.String,
    "id": pl.String,
    "label": pl.String,
    "qualified": pl.Int64,
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
    "percent_base": pl.Int64,
    "median_seconds": pl.Float64,
    "p25_seconds": pl.Float64,
    "p75_seconds": pl.Float64,
}


@dataclass(frozen=True, eq=False)
class Walk:
    """Checkpoints of a whole canvas, and whom its excluded nodes leave out."""

    part: Part
    spec: JourneyCanvasSpec
    points: dict[str, Checkpoint]

    @cached_property
    def links(self) -> dict[tuple[str, str], Link]:
        """Ends of every arrow → how containers moved along it."""
        return {
            (arrow.source, node.id): link
            for node in self.spec.nodes
            for arrow, link in zip(self.spec.incoming(node.id), self.points[node.id].links, strict=True)
        }

    @cached_property
    def staying(self) -> Bools | None:
        """Containers that no excluded node leaves out; None where none is excluded."""
        out = [self.points[node.id].reach.present for node in self.spec.nodes if node.exclude]
        return ~np.logical_or.reduce(out) if out else None

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Ids of the excluded nodes, which are counted over all containers."""
        return frozenset(node.id for node in self.spec.nodes if node.exclude)

    def kept(self, at: str) -> Bools | None:
        """Containers that a number of a node, or of the arrows into it, is counted over; None for all."""
        return None if at in self.excluded else self.staying

    def qualified(self, node: str, at: str) -> Bools:
        """Containers qualified at a node, for a number of the node `at`."""
        present, kept = self.points[node].reach.present, self.kept(at)
        return present if kept is None else present & kept

    def moved(self, ends: tuple[str, str]) -> Int64s:
        """Which containers of an arrow's link count, by index."""
        link, kept = self.links[ends], self.kept(ends[1])
        return np.arange(len(link.moved)) if kept is None else np.flatnonzero(kept.take(link.moved))

    def fallen(self, node: str) -> Bools:
        """Containers qualified at a node that go along none of its outgoing arrows."""
        left = self.qualified(node, node).copy()
        for arrow in self.spec.outgoing(node):
            left[self.links[arrow.source, arrow.target].moved] = False
        return left

    def split(self, node: str) -> Split:
        """The same apart: lost, in play and dormant."""
        return split(self.part, self.fallen(node), self.points[node].reach.first)

    def falls_out(self, node: str) -> bool:
        """Whether there is a fallout: an arrow leaves the node, and it is not excluded."""
        return node not in self.excluded and bool(self.spec.outgoing(node))


@dataclass(frozen=True)
class Partial:
    """Tallies of one part: by node the values and bases, by arrow the durations."""

    qualified: dict[str, int]
    fallout: dict[str, tuple[int, ...]]
    """Number of the fallout; with a split, then those of its parts."""
    tallies: dict[tuple[str, str], Tally]
    """(node, "value" | "base" | "secondary_value" | "secondary_base") → tally."""
    durations: dict[tuple[str, str], Int64s]
    sources: dict[tuple[str, str], int]
    """By arrow, the containers at its source."""


def walk(part: Part, spec: JourneyCanvasSpec) -> Walk:
    """Reach sets along the arrows, each node after its predecessors."""
    walker, points = Walker(part, spec), dict[str, Checkpoint]()
    where = {node.id: node.where for node in spec.nodes}
    for name in spec.order():
        steps = [(points[arrow.source], arrow) for arrow in spec.incoming(name)]
        points[name] = walker.later(where[name], steps) if steps else walker.start(where[name])
    return Walk(part, spec, points)


def measure(part: Part, spec: JourneyCanvasSpec) -> Partial:
    """Counts and tallies of one part."""
    found = walk(part, spec)
    metrics = {"": spec.metric or own_metric(part)}
    if spec.secondary_metric is not None:
        metrics["secondary_"] = spec.secondary_metric
    tallies: dict[tuple[str, str], Tally] = {}
    for prefix, metric in metrics.items():
        for node in spec.nodes:
            tallies[node.id, f"{prefix}value"] = _tally(found, metric, (node.id,), node.id)
            tallies[node.id, f"{prefix}base"] = _base(found, metric, node.id)
    return Partial(
        {node.id: int(np.count_nonzero(found.qualified(node.id, node.id))) for node in spec.nodes},
        {node.id: _fallout(found, node.id) for node in spec.nodes if found.falls_out(node.id)},
        tallies,
        {ends: link.duration.take(found.moved(ends)) for ends, link in found.links.items()},
        {ends: int(np.count_nonzero(found.qualified(ends[0], ends[1]))) for ends in found.links},
    )


def _fallout(found: Walk, node: str) -> tuple[int, ...]:
    number = int(np.count_nonzero(found.fallen(node)))
    return (number, *counts(found.split(node))) if found.spec.fallout_split else (number,)


def _base(found: Walk, metric: Metric, node: str) -> Tally:
    """What a node's percentage refers to."""
    spec = found.spec
    if spec.percent_of == "total":
        return _total(found, metric, node)
    if spec.percent_of == "start":
        return _tally(found, metric, spec.starts_of(node), node)
    before = tuple(arrow.source for arrow in spec.incoming(node))
    return _tally(found, metric, before or (node,), node)


def _total(found: Walk, metric: Metric, at: str) -> Tally:
    """The metric over all events in the date range, of the containers a node is counted over."""
    part, kept = found.part, found.kept(at)

    def make() -> Tally:
        present = part.with_events if kept is None else part.with_events & kept
        if metric == own_metric(part):
            return tally(part, metric, np.empty(0, dtype=np.int64), present)
        everything = part.everything
        if kept is not None:
            everything = everything.where(kept.take(everything.container))
        return tally(part, metric, everything.positions, present)

    return part.remember(("tally", _text(part, metric), _leaving(found, at)), make, tally_size)


def _tally(found: Walk, metric: Metric, nodes: tuple[str, ...], at: str) -> Tally:
    """The metric over the union of some nodes, for a number of the node `at`."""
    part = found.part
    if metric == own_metric(part):
        present = np.logical_or.reduce([found.qualified(name, at) for name in nodes])
        return tally(part, metric, np.empty(0, dtype=np.int64), present)

    def make() -> Tally:
        positions = [_counted(found, name, at) for name in nodes]
        return tally(part, metric, union(positions), np.empty(0, dtype=np.bool_))

    names = sorted({found.points[name].name for name in nodes})
    key = ("tally", _text(part, metric), found.spec.counting, *names, _leaving(found, at))
    return part.remember(key, make, tally_size)


def _text(part: Part, metric: Metric) -> str:
    version = part.matcher.version
    return version.cache_name(canonical(version.inline(metric)))


def _leaving(found: Walk, at: str) -> str:
    """A name for the containers that are left out of a node's numbers."""
    out = {} if at in found.excluded else {found.points[name].name for name in found.excluded}
    return canonical(sorted(out))


def _counted(found: Walk, node: str, at: str) -> Int64s:
    """Matching events of the qualified containers, all of them or from their arrival on."""
    point = found.points[node]
    matches = point.matches
    mask = found.qualified(node, at).take(matches.container)
    if found.spec.counting == "on_path":
        mask &= matches.positions >= point.reach.first.take(matches.container)
    return matches.where(mask).positions


def divisible(spec: JourneyCanvasSpec) -> bool:
    """Several arrows are worth a thread."""
    return bool(spec.arrows)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, tallies merge, durations join."""
    return Partial(
        {name: count + right.qualified[name] for name, count in left.qualified.items()},
        {name: _added(numbers, right.fallout[name]) for name, numbers in left.fallout.items()},
        {key: one.merge(right.tallies[key]) for key, one in left.tallies.items()},
        {ends: np.concatenate((times, right.durations[ends])) for ends, times in left.durations.items()},
        {ends: count + right.sources[ends] for ends, count in left.sources.items()},
    )


def _added(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def finish(partial: Partial, spec: JourneyCanvasSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The tables `nodes` and `arrows`, in the order of the question."""
    values = {key: one.value() for key, one in partial.tallies.items()}
    nodes = [_node_row(partial, values, spec, node.id, node.title) for node in spec.nodes]
    arrows = []
    for arrow in spec.arrows:
        times = partial.durations[arrow.source, arrow.target]
        p25, median, p75 = quantiles_in_seconds(times, 0.25, 0.5, 0.75)
        base = partial.sources[arrow.source, arrow.target]
        share = percent(len(times), base)
        arrows.append(("All", arrow.source, arrow.target, len(times), share, base, median, p25, p75))
    return {"nodes": _frame(nodes), "arrows": pl.DataFrame(arrows, schema=ARROWS, orient="row")}


def _node_row(
    partial: Partial, values: dict[tuple[str, str], Any], spec: JourneyCanvasSpec, node: str, label: str
) -> dict[str, Any]:
    value, base = values[node, "value"], values[node, "base"]
    second, second_base = values.get((node, "secondary_value")), values.get((node, "secondary_base"))
    fallout = partial.fallout.get(node, (None,) * (4 if spec.fallout_split else 1))
    return {
        "segment": "All",
        "id": node,
        "label": label,
        "qualified": partial.qualified[node],
        "value": value,
        "percent": percent(value, base),
        "percent_base": base,
        "secondary_value": second,
        "secondary_percent": percent(second, second_base),
        "fallout": fallout[0],
        "fallout_percent": percent(fallout[0], partial.qualified[node]),
        **(dict(zip(SPLIT, fallout[1:], strict=True)) if spec.fallout_split else {}),
    }


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Node rows; value columns are decimal or float where the metric is a sum."""
    schema: dict[str, Any] = NODES | dict.fromkeys([name for name in SPLIT if name in rows[0]], pl.Int64)
    for column in ("value", "percent_base", "secondary_value"):
        kinds = {type(row[column]) for row in rows}
        schema[column] = pl.Decimal(38, 4) if Decimal in kinds else pl.Float64 if float in kinds else pl.Int64
    return pl.DataFrame(rows, schema=schema)


def members(part: Part, spec: JourneyCanvasSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a node, its fallout or a part of that, or behind an arrow."""
    found = walk(part, spec)
    if table == "arrows":
        return _arrow_members(found, (str(select.get("source")), str(select.get("target"))))
    node = str(select.get("id"))
    if node not in found.points:
        raise SpecError(f"{node!r} is no node; {nearest(node, found.points)}", "select.id")
    if measure == "value":
        return found.qualified(node, node)
    if not found.falls_out(node):
        why = "is excluded" if node in found.excluded else "has nothing behind it"
        raise SpecError(f"{node!r} {why}, so nobody fell out there", "select.id")
    if measure == "fallout":
        return found.fallen(node)
    check_split(spec.fallout_split, measure)
    return found.split(node)[measure]


def _arrow_members(found: Walk, ends: tuple[str, str]) -> Bools:
    if ends not in found.links:
        known = [" → ".join(pair) for pair in found.links]
        raise SpecError(f"no arrow leads {ends[0]} → {ends[1]}; {nearest(ends, known)}", "select")
    moved = np.zeros(found.part.history.containers, dtype=np.bool_)
    moved[found.links[ends].moved.take(found.moved(ends))] = True
    return moved
