"""Counting a flow: which items each column keeps, then paths, containers and times by node and link."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from workbench.analyses.flow_paths import BEFORE, BESIDE, EDGE, OVER, Column, Paths
from workbench.analyses.steps import quantiles_in_seconds
from workbench.index import compiled
from workbench.index.kernels import (
    Bools,
    Int64s,
    Ints,
    count_pairs_of_groups,
    count_unions,
    pair_bits,
    run_starts,
)
from workbench.model.specs import FlowSpec

FEW = 6
"""Fewer paths a container are counted one by one; a union of bits pays only for more."""
WORD = 8
"""Most nodes of a column whose links fit as bits into one 64-bit word."""

Kept = dict[int, Int64s]
"""Column → codes of the items it keeps, most paths first."""

# --- round one: which items each column keeps --------------------------------------------------


def rank_measure(found: Paths) -> dict[int, Int64s]:
    """Paths by column and item code."""
    return {number: _by_code(found, number, column) for number, column in found.columns.items()}


def _by_code(found: Paths, number: int, column: Column) -> Int64s:
    """Paths by item code; codes beside items are left out."""
    if not number:
        counts = np.zeros(column.codes, dtype=np.int64)
        counts[column.anchor] = len(found)
        return counts
    if column.counts is not None:
        return column.counts
    return np.bincount(column.item.astype(np.int64) + BESIDE, minlength=column.codes + BESIDE)[BESIDE:]


def rank_merge(left: dict[int, Int64s], right: dict[int, Int64s]) -> dict[int, Int64s]:
    """Counts add."""
    return {number: counts + right[number] for number, counts in left.items()}


def rank_finish(counted: dict[int, Int64s], found: Paths, spec: FlowSpec) -> Kept:
    """Codes kept in each column, most paths first, ties by name with the anchor before all."""
    kept = {}
    for number, counts in counted.items():
        column = found.columns[number]
        names = {
            code: "" if code == column.anchor else " " + column.values[code]
            for code in np.flatnonzero(counts)
        }
        ranked = sorted(names, key=lambda code: (-counts[code], names[code]))
        kept[number] = np.array(ranked[: spec.kept(number)], dtype=np.int64)
    return kept


# --- round two: nodes and links over the kept items --------------------------------------------


@dataclass(frozen=True)
class Partial:
    """Paths and containers by node and by link; nodes of a column are numbered kept…, other, edge, before."""

    nodes: dict[int, tuple[Int64s, Int64s]]
    links: dict[int, tuple[Int64s, Int64s]]
    """By the column farther from the anchor; tables of nearer node x farther node."""
    times: dict[int, tuple[Ints, Int64s]] = field(default_factory=dict)
    """By the same column the link (nearer · width + farther) and the microseconds of every path along it."""


def measure(found: Paths, kept: Kept, *, times: bool = False) -> Partial:
    """Counts of one part."""
    width = width_of(kept)
    numbers = {number: node_numbers(kept[number], width, column) for number, column in found.columns.items()}
    anchors = np.zeros(width, dtype=np.int64), np.zeros(width, dtype=np.int64)
    anchors[0][0], anchors[1][0] = len(found), len(found.begins)
    partial = Partial({0: anchors}, {})
    for _, outward in found.sides():
        for near, far in pairwise(outward):
            sides = (found.columns[near].item, numbers[near]), (found.columns[far].item, numbers[far])
            count, containers, targets = _links(found, *sides, width)
            partial.links[far] = count, containers
            partial.nodes[far] = count.sum(axis=0), targets
            if times:
                partial.times[far] = _durations(found, near, far, sides, width)
    return partial


def width_of(kept: Kept) -> int:
    """Most nodes that a column may have."""
    return max(len(codes) for codes in kept.values()) + BESIDE


def _links(
    found: Paths, near: tuple[Ints, Ints], far: tuple[Ints, Ints], width: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Paths and containers by link, and containers by its far node; columns come with their node numbers."""
    if compiled.AVAILABLE:
        sides = near[0], far[0], near[1], far[1], BESIDE, found.group
        if width > WORD or len(found) < FEW * len(found.begins):
            return compiled.count_links(*sides, width)
        count, unions = compiled.link_unions(*sides, pair_bits(width))
        return (count[:width, :width], *count_unions(unions, width))
    pair = fold(*near).astype(np.intp) * (width + 1) + fold(*far)
    count = np.bincount(pair, minlength=(width + 1) ** 2).reshape(width + 1, width + 1)
    return (count[:width, :width], *count_pairs_of_groups(pair, found.begins, width))


def _durations(
    found: Paths, near: int, far: int, sides: tuple[tuple[Ints, Ints], tuple[Ints, Ints]], width: int
) -> tuple[Ints, Int64s]:
    """Link and microseconds of each path that has an element in both columns."""
    both = np.flatnonzero(found.columns[far].item >= 0)
    link = fold(*sides[0]).take(both).astype(np.int64) * width + fold(*sides[1]).take(both)
    return link, np.abs(found.time(far).take(both) - found.time(near).take(both))


def node_numbers(kept: Int64s, width: int, column: Column) -> Ints:
    """Node number of code - BESIDE, …: its rank, then other, edge, before; `width` where the path is over."""
    table = np.full(column.codes + BESIDE, len(kept), dtype=np.uint8 if width < 255 else np.uint16)
    table[kept + BESIDE] = np.arange(len(kept))
    table[[EDGE + BESIDE, BEFORE + BESIDE, OVER + BESIDE]] = [len(kept) + 1, len(kept) + 2, width]
    return table


def fold(item: Ints, numbers: Ints) -> Ints:
    """Node number of each path."""
    return numbers.take(item.astype(np.intp) + BESIDE)


def through(found: Paths, kept: Kept, number: int, node: int) -> Bools:
    """Which paths pass a node of a column."""
    column = found.columns[number]
    table = node_numbers(kept[number], len(kept[number]) + BESIDE, column)
    return np.asarray(fold(column.item, table) == node)


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, times join: parts share no container."""

    def add(
        one: dict[int, tuple[Int64s, Int64s]], two: dict[int, tuple[Int64s, Int64s]]
    ) -> dict[int, tuple[Int64s, Int64s]]:
        return {number: (a + two[number][0], b + two[number][1]) for number, (a, b) in one.items()}

    times = {
        number: (
            np.concatenate((link, right.times[number][0])),
            np.concatenate((span, right.times[number][1])),
        )
        for number, (link, span) in left.times.items()
    }
    return Partial(add(left.nodes, right.nodes), add(left.links, right.links), times)


def medians(keys: Ints, spans: Int64s) -> dict[int, float | None]:
    """Median seconds of the spans of every key."""
    if keys.max(initial=0) < 1 << 16:
        keys = keys.astype(np.uint16)  # stable sorts of short integers are radix sorts
    order = np.argsort(keys, kind="stable")
    keys, spans = keys.take(order), spans.take(order)
    begins = run_starts(keys)
    groups = np.split(spans, begins[1:])
    return {
        int(key): quantiles_in_seconds(group, 0.5)[0]
        for key, group in zip(keys.take(begins), groups, strict=bool(len(begins)))
    }
