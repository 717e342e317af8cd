"""Steps of a flow that go back or skip in the declared order of event types.

A step is two neighbouring columns of one path, in time; all items count, also those folded into Other. It
goes back where the later type stands before the earlier one in the declared order, and skips where at least
one type stands between them. Types outside the order make no such step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.flow_paths import BESIDE, Column, Paths
from workbench.analyses.steps import percent
from workbench.errors import SpecError, nearest
from workbench.index.kernels import Bools, Ints, run_starts
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.specs import FlowSpec

KINDS = ("back", "skip")
ORDER: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "paths": pl.Int64,
    "containers": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
}
UNRANKED = -1


class Declared:
    """The declared order, and the anchor's place in it."""

    def __init__(self, spec: FlowSpec, version: DataVersion) -> None:
        order = version.settings.event_order
        self._ranks = {name: order.index(name) for name in order}
        anchor = _type_of(version.inline(spec.anchor))
        self._anchor = UNRANKED if anchor is None else self._ranks.get(anchor, UNRANKED)

    def rank(self, kind: str, item: str) -> int:
        """Place of a node in the order, `UNRANKED` where it has none."""
        if kind == "anchor":
            return self._anchor
        return self._ranks.get(item, UNRANKED) if kind == "item" else UNRANKED

    def ranks(self, column: Column) -> Ints:
        """Place of code - BESIDE, …"""
        ranks = np.full(column.codes + BESIDE, UNRANKED, dtype=np.int32)
        for code, name in enumerate(column.values):
            ranks[code + BESIDE] = self._ranks.get(name, UNRANKED)
        ranks[column.anchor + BESIDE] = self._anchor
        return ranks


def _type_of(condition: Any) -> str | None:
    """The event type that a condition stands for, where it is one test of one type."""
    if not isinstance(condition, FieldTest) or condition.field != "event_type":
        return None
    value = condition.value
    if condition.op == "in" and isinstance(value, tuple) and len(value) == 1:
        return str(value[0])
    return str(value) if condition.op == "equals" else None


def of_links(links: pl.DataFrame, declared: Declared) -> pl.DataFrame:
    """The table `links` with its column `order`: `forward`, `back`, `skip`, or null without both places."""
    ends = ("source_kind", "source", "target_kind", "target")
    order = [
        _kind(declared.rank(source_kind, source), declared.rank(target_kind, target))
        for source_kind, source, target_kind, target in links.select(ends).iter_rows()
    ]
    return links.with_columns(order=pl.Series(order, dtype=pl.String))


def _kind(source: int, target: int) -> str | None:
    if UNRANKED in (source, target):
        return None
    return "back" if target < source else "skip" if target > source + 1 else "forward"


def stepping(found: Paths, declared: Declared) -> dict[str, Bools]:
    """By kind, which paths have such a step."""
    ranks = [
        declared.ranks(column).take(column.item.astype(np.intp) + BESIDE) for column in found.columns.values()
    ]
    taken = {kind: np.zeros(len(found), dtype=np.bool_) for kind in KINDS}
    for source, target in pairwise(ranks):
        known = (source != UNRANKED) & (target != UNRANKED)
        taken["back"] |= known & (target < source)
        taken["skip"] |= known & (target > source + 1)
    return taken


def members(found: Paths, declared: Declared, kind: str) -> Bools:
    """Which paths are behind a row of the table `order`; SpecError where it has no such row."""
    if kind not in KINDS:
        raise SpecError(f"order has no row {kind!r}; {nearest(kind, KINDS)}", "select.kind")
    return stepping(found, declared)[kind]


def table(parts: Sequence[Paths], declared: Declared) -> pl.DataFrame:
    """The table `order`: paths and containers with a step back, and with one that skips."""
    taken = [(found, stepping(found, declared)) for found in parts]
    everyone = sum(len(found.begins) for found in parts)
    rows = []
    for kind in KINDS:
        counted = np.sum([_counts(found, steps[kind]) for found, steps in taken], axis=0)
        paths, containers = (int(count) for count in counted)
        rows.append((kind, paths, containers, percent(containers, everyone), everyone))
    return pl.DataFrame(rows, schema=ORDER, orient="row")


def _counts(found: Paths, chosen: Bools) -> tuple[int, int]:
    """Paths and containers among some paths."""
    return int(np.count_nonzero(chosen)), len(run_starts(found.group[chosen]))
