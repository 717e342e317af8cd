"""Paths: the items containers come past between a start and an end, in the order they first occur.

A first round finds the items that most containers hold between, a second counts the paths of those items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.analyses.items import first_items, item_codes
from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds
from workbench.errors import SpecError
from workbench.index.kernels import Bools, Int64s, Ints, bisect_segments, run_starts
from workbench.index.pairing import FREE
from workbench.index.reach import advance
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.specs import PathsSpec

PATHS: dict[str, Any] = {
    "rank": pl.Int64,
    "path": pl.List(pl.String),
    "containers": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "median_seconds": pl.Float64,
    "kind": pl.String,
}
FEW = 1 << 22
"""Most numbers of paths that are counted in a table instead of being sorted."""


@dataclass(frozen=True, eq=False)
class Between:
    """The ways of one part from start to end, and the items on them."""

    who: Int64s
    """Containers with a start, and an end where one is asked."""
    duration: Int64s
    """Of each, microseconds from start to end; empty without an end."""
    owner: Ints
    """Index into `who` of every item held between, ascending; each item once, by its first event."""
    item: Ints
    """Its code."""
    names: pa.Array


def between(part: Part, spec: PathsSpec) -> Between:
    """The ways of a part; both rounds of a question share them."""
    return part.once("between", lambda: _between(part, spec))


def _between(part: Part, spec: PathsSpec) -> Between:
    inline, history = part.matcher.version.inline, part.history
    starts, follow = part.find(inline(spec.start)), spec.follow
    codes, names = item_codes(part, part.matcher.version.pathing_dimension(spec.dimension))
    codes = codes.copy()
    codes[starts.positions] = len(names)
    reach, duration = part.begin(starts), np.empty(0, dtype=np.int64)
    if spec.end is None:
        who, low, high = reach.who, reach.at + 1, history.ends.take(reach.who)
        if follow is not None:
            high = bisect_segments(history.time, low, high, reach.when + microseconds(follow), right=True)
    else:
        ends = part.find(inline(spec.end))
        codes[ends.positions] = len(names)
        link = advance([(reach, FREE)], ends)[1][0]
        inside = np.flatnonzero(link.duration <= (2**62 if follow is None else microseconds(follow)))
        who, duration = link.moved.take(inside), link.duration.take(inside)
        low, high = link.source.take(inside) + 1, link.target.take(inside)
    owner, item = first_items(codes, low, high, len(names))
    return Between(who, duration, owner, item, names)


# --- round one: which items are considered -----------------------------------------------------


def rank_measure(part: Part, spec: PathsSpec) -> Int64s:
    """Containers that hold each item between."""
    found = between(part, spec)
    return np.bincount(found.item, minlength=len(found.names))


def rank_finish(held: Int64s, names: pa.Array, spec: PathsSpec) -> list[tuple[str, int]]:
    """The considered items with their codes, by name."""
    codes = np.flatnonzero(held)
    if len(codes) > spec.items:
        least = np.partition(held.take(codes), -spec.items)[-spec.items]
        codes = codes[held.take(codes) >= least]
    named = list(zip(names.take(pa.array(codes)).to_pylist(), codes.tolist(), strict=True))
    return sorted(sorted(named, key=lambda one: (-held[one[1]], one[0]))[: spec.items])


# --- round two: the paths of what is considered ------------------------------------------------


@dataclass(frozen=True, eq=False)
class Partial:
    """The path of each container of one part."""

    steps: Ints
    """Containers by steps: number of the considered item, from 1 in the order of names; 0 behind the end."""
    duration: Int64s


def measure(part: Part, spec: PathsSpec, considered: list[tuple[str, int]]) -> Partial:
    """Paths of one part."""
    found = between(part, spec)
    number = np.zeros(len(found.names) + 1, dtype=np.int8)
    number[[code for _, code in considered]] = np.arange(1, len(considered) + 1)
    step = number.take(found.item)
    kept = np.flatnonzero(step)
    owner, step = found.owner.take(kept), step.take(kept)
    begins = run_starts(owner)
    lengths = np.diff(np.append(begins, len(owner)))
    place = np.arange(len(owner)) - np.repeat(begins, lengths)
    near = np.flatnonzero(place < spec.longest)
    steps = np.zeros((len(found.who), spec.longest), dtype=np.int8)
    steps[owner.take(near), place.take(near)] = step.take(near)
    return Partial(steps, found.duration)


def divisible(spec: PathsSpec) -> bool:
    """One pass over the events between, as fast as memory gives them."""
    return False


def merge(left: Partial, right: Partial) -> Partial:
    """All paths: parts share no container."""
    return Partial(np.concatenate((left.steps, right.steps)), np.concatenate((left.duration, right.duration)))


@dataclass(frozen=True, eq=False)
class Ranked:
    """Distinct paths, the most frequent first, ties by their items in turn."""

    number: Int64s
    """Rank of each container's path, from 0."""
    containers: Int64s
    """Containers by rank."""
    example: Int64s
    """Index of a container on the path of each rank."""


def ranked(steps: Ints, considered: int) -> Ranked:
    """Ranks of paths given as containers by steps."""
    key, size = np.zeros(len(steps), dtype=np.int64), 1
    for column in steps.T:
        if size > 2**62 // (considered + 1):
            distinct, key = np.unique(key, return_inverse=True)
            size = len(distinct)
        key, size = key * (considered + 1) + column, size * (considered + 1)
    if size > FEW:
        distinct, key = np.unique(key, return_inverse=True)
        size = len(distinct)
    count = np.bincount(key, minlength=size)
    order = np.flatnonzero(count)
    order = order.take(np.argsort(-count.take(order), kind="stable"))
    rank, example = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    rank[order] = np.arange(len(order))
    example[key] = np.arange(len(key))
    return Ranked(rank.take(key), count.take(order), example.take(order))


def finish(partial: Partial, considered: list[tuple[str, int]], spec: PathsSpec) -> dict[str, pl.DataFrame]:
    """The table `paths`: the most frequent, then the others together."""
    base, found = len(partial.steps), ranked(partial.steps, len(considered))
    shown = min(spec.top, len(found.containers))
    group = np.minimum(found.number, shown)
    order = np.argsort(group, kind="stable")
    cuts = np.append(0, np.cumsum(np.bincount(group, minlength=shown + 1)))
    rows: list[tuple[Any, ...]] = []
    for rank in range(shown + 1):
        size = int(cuts[rank + 1] - cuts[rank])
        times = partial.duration.take(order[cuts[rank] : cuts[rank + 1]]) if spec.end else partial.duration
        median = quantiles_in_seconds(times, 0.5)[0]
        if rank < shown:
            steps = partial.steps[found.example[rank]]
            path = [considered[step - 1][0] for step in steps[steps > 0]]
            rows.append((rank + 1, path, size, percent(size, base), base, median, "path"))
        elif size:
            rows.append((None, None, size, percent(size, base), base, median, "other"))
    return {"paths": pl.DataFrame(rows, schema=PATHS, orient="row")}


def answer(parts: Sequence[Part], spec: PathsSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """Both rounds: find the items that are considered, then count their paths."""
    held = reduce(np.add, (rank_measure(part, spec) for part in parts))
    considered = rank_finish(held, between(parts[0], spec).names, spec)
    partial = reduce(merge, (measure(part, spec, considered) for part in parts))
    return finish(partial, considered, spec)


def members(part: Part, spec: PathsSpec, table: str, select: dict[str, Any], measure_: str) -> Bools:
    """Containers on the path of a rank, or on the paths that are not listed."""
    rank = select.get("rank", 0)
    if rank is not None and (not isinstance(rank, int) or not 1 <= rank <= spec.top):
        raise SpecError(
            f"found rank {rank!r}; paths are ranked from 1 to {spec.top}, the others have none", "select.rank"
        )
    considered = rank_finish(rank_measure(part, spec), between(part, spec).names, spec)
    number = ranked(measure(part, spec, considered).steps, len(considered)).number
    chosen = number >= spec.top if rank is None else number == rank - 1
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[between(part, spec).who[chosen]] = True
    return present
