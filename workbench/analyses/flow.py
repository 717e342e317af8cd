"""Flow: the items that follow or precede an anchor, or both, column by column.

A first round ranks the items of each column, a second counts nodes and links over what was kept.

What the options mean together:

- `contains` shows both sides of an anchor: columns left of it are negative. Runs stand at their last event,
  so `within` is measured from there on both sides; a path leaves a run to the left at its first event.
- With a dimension per column, column k shows the next element of dimension k after the run of column k-1:
  an event with a value of that dimension, or an anchor event, which is an element in every column. Its run
  goes on from there as long as elements of dimension k repeat the item, and the path leaves it at its end.
  Which anchors in a row are one run is judged among the elements of the nearest column, with `contains` the
  one on the right. A list of equal dimensions answers like the one dimension.
- `exclude` takes the value from events with these items, `among` from all that do not match: the runs beside
  them join. Anchors stay anchors.
- `through` leaves out whole paths before items are ranked: all tables are about the paths that are left.
- Times run between the events at which runs stand; an end has no time. The times of a path's columns add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses import flow_order, flow_whole
from workbench.analyses.flow_counts import (
    Kept,
    Partial,
    measure,
    medians,
    merge,
    rank_finish,
    rank_measure,
    rank_merge,
    through,
    width_of,
)
from workbench.analyses.flow_elements import anchor_label
from workbench.analyses.flow_paths import BEFORE, EDGE, Column, Paths, paths
from workbench.analyses.flow_through import narrowed
from workbench.analyses.part import Part
from workbench.errors import SpecError
from workbench.index.kernels import Bools
from workbench.model.data_version import DataVersion
from workbench.model.result import no_such_row
from workbench.model.specs import FlowSpec

NODES: dict[str, type[pl.DataType]] = {
    "column": pl.Int64,
    "kind": pl.String,
    "item": pl.String,
    "paths": pl.Int64,
    "containers": pl.Int64,
}
LINKS: dict[str, type[pl.DataType]] = {
    "column": pl.Int64,
    "source_kind": pl.String,
    "source": pl.String,
    "target_kind": pl.String,
    "target": pl.String,
    "paths": pl.Int64,
    "containers": pl.Int64,
}
TIMES: dict[str, type[pl.DataType]] = {"median_seconds": pl.Float64}
"""What `times` adds to both tables."""
Row = tuple[Any, ...]


def divisible(spec: FlowSpec) -> bool:
    """Both rounds run on the runs of the whole history."""
    return False


def answer(parts: Sequence[Part], spec: FlowSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """Both rounds: rank the items of each column, then count what is kept."""
    label = anchor_label(spec, version)
    found = [narrowed(paths(part, spec), spec, label) for part in parts]
    kept = rank_finish(reduce(rank_merge, map(rank_measure, found)), found[0], spec)
    partial = reduce(merge, (measure(one, kept, times=spec.times) for one in found))
    tables = _finish(partial, kept, found[0], label, times=spec.times)
    if spec.declared_order:
        declared = flow_order.Declared(spec, version)
        tables["links"] = flow_order.of_links(tables["links"], declared)
        tables["order"] = flow_order.table(found, declared)
    if spec.paths:
        names = {number: _namer(number, column, label) for number, column in found[0].columns.items()}
        goals = [flow_whole.converted(part, spec, one) for part, one in zip(parts, found, strict=True)]
        tables |= flow_whole.tables(found, names, spec.paths, exits=1 in spec.sides, goals=goals)
    return tables


def _finish(
    partial: Partial, kept: Kept, found: Paths, label: str, *, times: bool
) -> dict[str, pl.DataFrame]:
    """The tables `nodes` and `links`, by column, most paths first, then Other, then Exit or Entry."""
    names = {
        number: _node_names(number, kept[number], column, label) for number, column in found.columns.items()
    }
    nodes, links = _node_rows(partial, names), _link_rows(partial, names)
    if not times:
        return {
            "nodes": pl.DataFrame(list(nodes.values()), schema=NODES, orient="row"),
            "links": pl.DataFrame(list(links.values()), schema=LINKS, orient="row"),
        }
    of_nodes, of_links = _times(partial, width_of(kept))
    timed_nodes = [(*row, of_nodes.get(key)) for key, row in nodes.items()]
    timed_links = [(*row, of_links.get(key)) for key, row in links.items()]
    return {
        "nodes": pl.DataFrame(timed_nodes, schema=NODES | TIMES, orient="row"),
        "links": pl.DataFrame(timed_links, schema=LINKS | TIMES, orient="row"),
    }


def _node_rows(partial: Partial, names: dict[int, list[tuple[str, str]]]) -> dict[tuple[int, int], Row]:
    """Rows of `nodes` by column and node number, in the order they are listed."""
    return {
        (column, int(node)): (column, *names[column][node], int(count[node]), int(distinct[node]))
        for column, (count, distinct) in sorted(partial.nodes.items())
        for node in np.flatnonzero(count)
    }


def _link_rows(partial: Partial, names: dict[int, list[tuple[str, str]]]) -> dict[tuple[int, int, int], Row]:
    """Rows of `links` by farther column and both node numbers, in the order they are listed."""
    rows: dict[tuple[int, int, int], Row] = {}
    for far in sorted(partial.links):
        count, distinct = partial.links[far]
        near = far - 1 if far > 0 else far + 1
        cells = np.argwhere(count) if far > 0 else np.argwhere(count.T)[:, ::-1]
        for one, other in cells.tolist():
            ends = names[near][one], names[far][other]
            source, target = ends if far > 0 else ends[::-1]
            counts = int(count[one, other]), int(distinct[one, other])
            rows[far, one, other] = (min(near, far), *source, *target, *counts)
    return rows


def _times(
    partial: Partial, width: int
) -> tuple[dict[tuple[int, int], float | None], dict[tuple[int, int, int], float | None]]:
    """Median seconds by node and by link, with the keys of their rows."""
    nodes: dict[tuple[int, int], float | None] = {}
    links: dict[tuple[int, int, int], float | None] = {}
    for far, (link, span) in partial.times.items():
        nodes |= {(far, node): median for node, median in medians(link % width, span).items()}
        links |= {(far, *divmod(key, width)): median for key, median in medians(link, span).items()}
    return nodes, links


def _namer(number: int, column: Column, label: str) -> flow_whole.Name:
    """Kind and item of every code of a column, ends included."""

    def name(code: int) -> tuple[str, str]:
        if code == column.anchor:
            return "anchor", label
        if code == EDGE:
            return ("exit", "Exit") if number > 0 else ("entry", "Entry")
        return ("entry", "Before data") if code == BEFORE else ("item", column.values[code])

    return name


def _node_names(number: int, kept: Any, column: Column, label: str) -> list[tuple[str, str]]:
    """Kind and item of every node number of a column."""
    name = _namer(number, column, label)
    return [*(name(int(code)) for code in kept), ("other", "Other"), name(EDGE), name(BEFORE)]


# --- members -----------------------------------------------------------------------------------


def members(part: Part, spec: FlowSpec, table: str, select: dict[str, Any], measure: str) -> Bools:
    """Containers behind a node, a link, a whole path, or a kind of step."""
    version = part.matcher.version
    label = anchor_label(spec, version)
    found = narrowed(paths(part, spec), spec, label)
    if table == "order":
        chosen = flow_order.members(found, flow_order.Declared(spec, version), str(select.get("kind")))
    elif table in ("paths", "exits"):
        chosen = _along(found, label, select, table)
        if measure == "converted":
            chosen = _converted(part, spec, found, chosen, table, select)
    else:
        chosen = _at_nodes(spec, found, label, select, table)
    present = np.zeros(part.history.containers, dtype=np.bool_)
    present[found.container[chosen]] = True
    return present


def _along(found: Paths, label: str, select: dict[str, Any], table: str) -> Bools:
    """Which paths are the whole path of a row."""
    names = {number: _namer(number, column, label) for number, column in found.columns.items()}
    key = _column(select, "first_column"), str(select.get("path")), str(select.get("kinds"))
    return flow_whole.members(found, names, key, exits=table == "exits")


def _converted(
    part: Part, spec: FlowSpec, found: Paths, along: Bools, table: str, select: dict[str, Any]
) -> Bools:
    """Which paths of a row convert, maybe none; SpecError where there is no such row."""
    if not along.any():
        raise no_such_row(table, select)
    goal = flow_whole.converted(part, spec, found)
    return along if goal is None else along & goal


def _column(select: dict[str, Any], key: str) -> int:
    """The number of a column in the names of a row."""
    column = select.get(key)
    if not isinstance(column, int):
        raise SpecError(
            f"found column {column!r}; columns are whole numbers, the anchor's is 0", f"select.{key}"
        )
    return column


def _at_nodes(spec: FlowSpec, found: Paths, label: str, select: dict[str, Any], table: str) -> Bools:
    """Which paths pass the node of a row, or both nodes of a link."""
    kept = rank_finish(rank_measure(found), found, spec)
    column = _column(select, "column")

    def at(number: int, kind: str, item: str) -> Bools:
        if number not in found.columns:
            return np.zeros(len(found), dtype=np.bool_)
        names = _node_names(number, kept[number], found.columns[number], label)
        if (kind, item) not in names:
            return np.zeros(len(found), dtype=np.bool_)
        return through(found, kept, number, names.index((kind, item)))

    if table == "nodes":
        return at(column, str(select.get("kind")), str(select.get("item")))
    source = at(column, str(select.get("source_kind")), str(select.get("source")))
    return source & at(column + 1, str(select.get("target_kind")), str(select.get("target")))
