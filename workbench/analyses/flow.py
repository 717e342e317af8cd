"""Flow: the items that follow or precede an anchor, column by column.

Works on runs: items of all containers end to end with a sentinel between containers, so column k of
every path is one `take` at the anchor's slot ± k. A first round ranks the items of each column, a
second counts nodes and links over what was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.part import Part
from workbench.errors import SpecError
from workbench.index import compiled
from workbench.index.history import Matches
from workbench.index.kernels import (
    Bools,
    Int64s,
    Ints,
    count_pairs_of_groups,
    count_unions,
    pair_bits,
    run_starts,
)
from workbench.index.runs import SENTINEL, Runs, make_runs
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.specs import FlowSpec
from workbench.model.wording import describe_condition

NODES = {"column": pl.Int64, "kind": pl.String, "item": pl.String, "paths": pl.Int64, "containers": pl.Int64}
LINKS = {
    "column": pl.Int64,
    "source_kind": pl.String,
    "source": pl.String,
    "target_kind": pl.String,
    "target": pl.String,
    "paths": pl.Int64,
    "containers": pl.Int64,
}
EDGE, OVER, BEFORE = SENTINEL, -2, -3
"""Codes beside items: the path ends here; it ended in an earlier column; it begins before the data."""
BESIDE = 3
"""How many codes stand beside items."""
FEW = 6
"""Fewer paths a container are counted one by one; a union of bits pays only for more."""
WORD = 8
"""Most nodes of a column whose links fit as bits into one 64-bit word."""


@dataclass(frozen=True, eq=False)
class Paths:
    """The paths of one part: item codes by column, ordered by container."""

    columns: Sequence[Ints]
    """Codes of column 0 (the anchor), 1, 2, …, outward."""
    group: Ints
    """A number of each path's container; equal numbers stand side by side."""
    begin: Callable[[], Ints]
    """Makes the container of each path."""
    anchor: int
    """Code of the anchor."""
    values: list[str]
    """Item of each code."""
    counts: Int64s | None = None
    """Paths by column beside the anchor and by code, where they were counted on the way."""

    @property
    def codes(self) -> int:
        """Number of item codes, the anchor's included."""
        return max(len(self.values), self.anchor + 1)

    @cached_property
    def container(self) -> Ints:
        """Container of each path."""
        return self.begin()

    @cached_property
    def begins(self) -> Int64s:
        """Where the paths of each container begin."""
        return run_starts(self.group)


def paths(part: Part, spec: FlowSpec) -> Paths:
    """Every path of a part; both rounds of a question share them."""
    if "paths" not in part.memo:
        part.memo["paths"] = _make_paths(part, spec)
    found: Paths = part.memo["paths"]
    return found


def _make_paths(part: Part, spec: FlowSpec) -> Paths:
    runs, anchor, values = _elements(part, spec)
    stands = runs.last if spec.starts_with else runs.first
    slots, group = _anchors(part, spec, runs, stands, anchor)
    anchors = np.full(len(slots), anchor, dtype=runs.item.dtype)
    counts: Int64s | None = None
    if compiled.AVAILABLE and not spec.within and not spec.follow:
        codes, step = max(len(values), anchor + 1), 1 if spec.starts_with else -1
        table, counts = compiled.path_items(runs.item, slots, step, spec.columns, EDGE, OVER, codes)
        columns = list(table)
    else:
        columns = _outward(part, spec, runs, stands, slots)

    def container() -> Ints:
        return part.history.container_at(stands.take(slots))

    found = Paths([anchors, *columns], group, container, anchor, values, counts)
    cut = begins_before_data(part) if spec.ends_with else None
    if cut is not None:
        for item in found.columns:
            item[(item == EDGE) & cut.take(found.container)] = BEFORE
    return found


def _outward(part: Part, spec: FlowSpec, runs: Runs, stands: Ints, slots: Int64s) -> list[Ints]:
    """Items of every path, one array for each column beside the anchor."""
    step = 1 if spec.starts_with else -1
    columns, over = [], np.zeros(len(slots), dtype=np.bool_)
    for column in range(1, spec.columns + 1):
        at = slots + step * column
        item = runs.item.take(at, mode="clip")
        far = _too_far(part, spec, stands, slots, at)
        if far is not None:
            item[far] = EDGE
        np.putmask(item, over, OVER)
        over |= item == EDGE
        columns.append(item)
    return columns


def _too_far(part: Part, spec: FlowSpec, stands: Ints, slots: Int64s, at: Int64s) -> Bools | None:
    """Whether items lie further from their anchor than `within` or `follow` allow; None without limits."""
    limits = [spec.within, spec.follow if spec.starts_with else None]
    allowed = [microseconds(limit) for limit in limits if limit]
    if not allowed:
        return None
    time = part.history.time_at(stands.take(slots))
    other = part.history.time_at(stands.take(at, mode="clip"))
    return np.asarray(np.abs(other - time) > min(allowed))


def _where(part: Part, spec: FlowSpec) -> Any:
    """The anchor's condition, with nothing left to look up."""
    return part.matcher.version.inline(spec.anchor)


def _elements(part: Part, spec: FlowSpec) -> tuple[Runs, int, list[str]]:
    """Runs of the question's elements, the anchor's code, and the items behind codes."""
    matcher = part.matcher
    dimension = matcher.version.pathing_dimension(str(spec.dimension))
    where = _where(part, spec)
    whole = part.kept is None and not part.is_range
    if whole and not spec.repeats and "." not in dimension:
        items = _as_items(part, where, dimension)
        if items is not None and len(items) == 1:
            runs = matcher.index.runs(matcher.scope.kind, matcher.scope.type, dimension)
            return runs, int(items[0]), matcher.index.column(dimension).values.to_pylist()
    codes, values = _codes(part, dimension)
    anchor = len(values)
    codes = codes.astype(np.int32)
    codes[part.find(where).positions] = anchor
    elements = np.flatnonzero(codes >= 0)
    container = part.history.container_at(elements)
    return make_runs(elements, codes.take(elements), container, collapse=not spec.repeats), anchor, values


def _as_items(part: Part, where: Any, dimension: str) -> Int64s | None:
    """Codes of the dimension that an anchor condition stands for; None for any other condition."""
    if not isinstance(where, FieldTest) or where.field != dimension:
        return None
    column, table = part.matcher.code_table(where, part.matcher.scope)
    return None if column != dimension or table[-1] else np.flatnonzero(table)


def _codes(part: Part, dimension: str) -> tuple[Ints, list[str]]:
    """Item code of every position (-1: no value) and the items, of a column or a record field."""
    matcher = part.matcher
    column, by_code = matcher.values_of(dimension, matcher.scope)
    codes = matcher.index.codes_at(part.history, column)
    if column == dimension:
        return codes, by_code.to_pylist()
    encoded = by_code.dictionary_encode()
    items = np.append(np.asarray(encoded.indices.fill_null(-1)), -1)
    return items.take(codes), encoded.dictionary.to_pylist()


def _anchors(part: Part, spec: FlowSpec, runs: Runs, stands: Ints, anchor: int) -> tuple[Int64s, Ints]:
    """Slots of the anchors that begin a path, and a number of the container of each."""
    free = part.starts_in is None and part.allowed is None and spec.occurrence == "all"
    if free and compiled.AVAILABLE:
        return compiled.find_in_runs(runs.item, anchor, EDGE, len(part.find(_where(part, spec))))
    slots = np.flatnonzero(runs.item == anchor)
    if spec.occurrence != "all" and part.before_range is not None:
        slots = _first_before_range(part, spec, runs, stands, anchor)
    elif spec.occurrence != "all":
        slots = _one_each(part, slots, stands, last=spec.occurrence == "last")
    found = Matches(part.history, stands.take(slots))
    kept = part.permitted(found)
    if len(kept) < len(found):
        chosen = np.flatnonzero(np.isin(found.positions, kept.positions, assume_unique=True))
        return slots.take(chosen), found.container.take(chosen)
    return slots, found.container


def _one_each(part: Part, slots: Int64s, stands: Ints, *, last: bool) -> Int64s:
    """The first or last anchor of each container."""
    container = part.history.container_at(stands.take(slots))
    begins = run_starts(container)
    if last and len(begins):
        begins = np.concatenate((begins[1:], [len(slots)])) - 1
    return slots.take(begins)


def _first_before_range(part: Part, spec: FlowSpec, runs: Runs, stands: Ints, anchor: int) -> Int64s:
    """Anchors that are the first or last of the uncut history and still stand in the cut one."""
    uncut = part.before_range
    assert uncut is not None
    whole, whole_anchor, _ = _elements(uncut, spec)
    whole_stands = whole.last if spec.starts_with else whole.first
    slots = _one_each(
        uncut, np.flatnonzero(whole.item == whole_anchor), whole_stands, last=spec.occurrence == "last"
    )
    wanted = uncut.whole_position(whole_stands.take(slots).astype(np.int64))
    own = np.flatnonzero(runs.item == anchor)
    return own[np.isin(part.whole_position(stands.take(own).astype(np.int64)), wanted)]


def begins_before_data(part: Part) -> Bools | None:
    """Containers of the part whose record was created before the data begin."""
    early = part.matcher.created_before_data(part.history.kind)
    first = part.history.first_container
    return None if early is None else early[first : first + part.history.containers]


# --- round one: which items each column keeps --------------------------------------------------


def rank_measure(part: Part, spec: FlowSpec) -> list[Int64s]:
    """Paths by item code and column."""
    found = paths(part, spec)
    anchors = np.zeros(found.codes, dtype=np.int64)
    anchors[found.anchor] = len(found.group)
    if found.counts is not None:
        return [anchors, *found.counts]
    return [anchors, *(_by_code(column, found.codes) for column in found.columns[1:])]


def _by_code(column: Ints, codes: int) -> Int64s:
    """Paths by item code; codes beside items are left out."""
    return np.bincount(column.astype(np.int64) + BESIDE, minlength=codes + BESIDE)[BESIDE:]


def rank_merge(left: list[Int64s], right: list[Int64s]) -> list[Int64s]:
    """Counts add."""
    return [a + b for a, b in zip(left, right, strict=True)]


def rank_finish(partial: list[Int64s], found: Paths, spec: FlowSpec) -> list[Int64s]:
    """Codes kept in each column, most paths first, ties by name with the anchor before all."""
    kept = []
    for counts in partial:
        names = {
            code: "" if code == found.anchor else " " + found.values[code] for code in np.flatnonzero(counts)
        }
        ranked = sorted(names, key=lambda code: (-counts[code], names[code]))
        kept.append(np.array(ranked[: spec.items], dtype=np.int64))
    return kept


# --- round two: nodes and links over the kept items --------------------------------------------


@dataclass(frozen=True)
class Partial:
    """Paths and containers by node and by link; nodes are numbered kept…, other, edge, before."""

    nodes: list[tuple[Int64s, Int64s]]
    links: list[tuple[Int64s, Int64s]]


def measure(part: Part, spec: FlowSpec, kept: list[Int64s]) -> Partial:
    """Counts of one part."""
    found = paths(part, spec)
    width = max(len(codes) for codes in kept) + BESIDE
    numbers = [_node_numbers(codes, width, found.codes) for codes in kept]
    anchors = np.zeros(width, dtype=np.int64), np.zeros(width, dtype=np.int64)
    anchors[0][0], anchors[1][0] = len(found.group), len(found.begins)
    nodes, links = [anchors], []
    for near, far in pairwise(zip(found.columns, numbers, strict=True)):
        count, containers, targets = _links(found, near, far, width)
        links.append((count, containers))
        nodes.append((count.sum(axis=0), targets))
    return Partial(nodes, links)


def _links(
    found: Paths, near: tuple[Ints, Ints], far: tuple[Ints, Ints], width: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Paths and containers by link, and containers by its far node; columns come with their node numbers."""
    if compiled.AVAILABLE:
        sides = near[0], far[0], near[1], far[1], BESIDE, found.group
        if width > WORD or len(found.group) < FEW * len(found.begins):
            return compiled.count_links(*sides, width)
        count, unions = compiled.link_unions(*sides, pair_bits(width))
        return (count[:width, :width], *count_unions(unions, width))
    pair = _fold(*near).astype(np.intp) * (width + 1) + _fold(*far)
    count = np.bincount(pair, minlength=(width + 1) ** 2).reshape(width + 1, width + 1)
    return (count[:width, :width], *count_pairs_of_groups(pair, found.begins, width))


def _node_numbers(kept: Int64s, width: int, codes: int) -> Ints:
    """Node number of code - BESIDE, …: its rank, then other, edge, before; `width` where the path is over."""
    table = np.full(codes + BESIDE, len(kept), dtype=np.uint8 if width < 255 else np.uint16)
    table[kept + BESIDE] = np.arange(len(kept))
    table[[EDGE + BESIDE, BEFORE + BESIDE, OVER + BESIDE]] = [len(kept) + 1, len(kept) + 2, width]
    return table


def _fold(column: Ints, numbers: Ints) -> Ints:
    """Node number of each path."""
    return numbers.take(column.astype(np.intp) + BESIDE)


def divisible(spec: FlowSpec) -> bool:
    """Both rounds run on the runs of the whole history."""
    return False


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add: parts share no container."""

    def add(
        one: list[tuple[Int64s, Int64s]], two: list[tuple[Int64s, Int64s]]
    ) -> list[tuple[Int64s, Int64s]]:
        return [(a + c, b + d) for (a, b), (c, d) in zip(one, two, strict=True)]

    return Partial(add(left.nodes, right.nodes), add(left.links, right.links))


def label_of_anchor(spec: FlowSpec, version: DataVersion) -> str:
    """The anchor's label: the given one, else its condition in words."""
    return spec.anchor_label or describe_condition(spec.anchor, version)


def finish(
    partial: Partial, kept: list[Int64s], found: Paths, spec: FlowSpec, version: DataVersion
) -> dict[str, pl.DataFrame]:
    """The tables `nodes` and `links`, by column, most paths first, then Other, then Exit or Entry."""
    names = [_node_names(codes, found, spec, version) for codes in kept]
    outward = 1 if spec.starts_with else -1
    nodes, links = [], []
    for depth, (count, distinct) in enumerate(partial.nodes):
        nodes += [
            (outward * depth, *names[depth][n], int(count[n]), int(distinct[n]))
            for n in np.flatnonzero(count)
        ]
    for depth, (count, distinct) in enumerate(partial.links):
        cells = np.argwhere(count) if outward > 0 else np.argwhere(count.T)[:, ::-1]
        for near, far in cells:
            ends = names[depth][near], names[depth + 1][far]
            source, target = ends if outward > 0 else ends[::-1]
            column = depth if outward > 0 else -depth - 1
            links.append((column, *source, *target, int(count[near, far]), int(distinct[near, far])))
    nodes.sort(key=itemgetter(0))
    links.sort(key=itemgetter(0))
    return {
        "nodes": pl.DataFrame(nodes, schema=NODES, orient="row"),
        "links": pl.DataFrame(links, schema=LINKS, orient="row"),
    }


def _node_names(kept: Int64s, found: Paths, spec: FlowSpec, version: DataVersion) -> list[tuple[str, str]]:
    """Kind and item of every node number of a column."""
    label = label_of_anchor(spec, version)
    edge = ("exit", "Exit") if spec.starts_with else ("entry", "Entry")
    items = [("anchor", label) if code == found.anchor else ("item", found.values[code]) for code in kept]
    return [*items, ("other", "Other"), edge, ("entry", "Before data")]


def answer(parts: Sequence[Part], spec: FlowSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """Both rounds: rank the items of each column, then count what is kept."""
    found = paths(parts[0], spec)
    kept = rank_finish(reduce(rank_merge, (rank_measure(part, spec) for part in parts)), found, spec)
    partial = reduce(merge, (measure(part, spec, kept) for part in parts))
    return finish(partial, kept, found, spec, version)


def members(part: Part, spec: FlowSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a node or a link."""
    found = paths(part, spec)
    kept = rank_finish(rank_measure(part, spec), found, spec)
    outward = 1 if spec.starts_with else -1
    column = select.get("column")
    if not isinstance(column, int):
        raise SpecError(
            f"found column {column!r}; columns are whole numbers, the anchor's is 0", "select.column"
        )

    def at(column: int, kind: str, item: str) -> Bools:
        depth = column * outward
        nobody = np.zeros(len(found.group), dtype=np.bool_)
        if not 0 <= depth < len(found.columns):
            return nobody
        names = _node_names(kept[depth], found, spec, part.matcher.version)
        if (kind, item) not in names:
            return nobody
        width = len(kept[depth]) + BESIDE
        number = _fold(found.columns[depth], _node_numbers(kept[depth], width, found.codes))
        return np.asarray(number == names.index((kind, item)))

    if table == "nodes":
        chosen = at(column, str(select.get("kind")), str(select.get("item")))
    else:
        source = at(column, str(select.get("source_kind")), str(select.get("source")))
        chosen = source & at(column + 1, str(select.get("target_kind")), str(select.get("target")))
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[found.container[chosen]] = True
    return present
