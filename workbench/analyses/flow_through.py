"""Paths through given nodes: of all paths of a flow those that show what a question asks to pass.

Left out are whole paths, before items are ranked: what is counted over the rest is a flow of its own.
"""

from __future__ import annotations

import numpy as np

from workbench.analyses.flow_paths import BEFORE, BESIDE, EDGE, Column, Paths
from workbench.index.kernels import Bools, Int64s, Ints
from workbench.model.specs import FlowSpec, Through

ENDS = {"exit": EDGE, "entry": EDGE, "before data": BEFORE}
"""Kind → code of an end."""


def narrowed(found: Paths, spec: FlowSpec, label: str) -> Paths:
    """The paths that pass all nodes of `through`; all of them where there are none. `label`: the anchor's."""
    if not spec.through:
        return found
    passing = np.ones(len(found), dtype=np.bool_)
    for node in spec.through:
        passing &= _at(found.columns[node.column], node, label)
    chosen = np.flatnonzero(passing)
    columns = {number: _only(column, chosen) for number, column in found.columns.items()}
    return Paths(found.history, columns, found.group.take(chosen))


def _at(column: Column, node: Through, label: str) -> Bools:
    """Which paths pass a node of a column."""
    wanted = np.zeros(column.codes + BESIDE, dtype=np.bool_)
    if node.kind in ENDS:
        wanted[ENDS[node.kind] + BESIDE] = True
    elif node.kind == "anchor":
        wanted[column.anchor + BESIDE] = True
    else:
        names = set(node.items)
        wanted[BESIDE:] = node.kind == "other"
        listed = [code + BESIDE for code, value in enumerate(column.values) if value in names]
        wanted[listed] = node.kind == "item"
        wanted[column.anchor + BESIDE] = node.kind == "other" and label not in names
    return wanted.take(column.item.astype(np.intp) + BESIDE)


def _only(column: Column, chosen: Int64s) -> Column:
    """A column of some of its paths."""
    stand = column.stand

    def chosen_stand() -> Ints:
        return stand().take(chosen)

    return Column(column.item.take(chosen), column.anchor, column.values, chosen_stand)
