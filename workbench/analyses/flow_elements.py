"""Elements of a flow: the events that are the anchor or have an item, joined to runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.analyses.part import Part
from workbench.index.kernels import Int64s, Ints
from workbench.index.runs import Runs, make_runs, without_items
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.specs import FlowSpec
from workbench.model.wording import describe_condition


@dataclass(frozen=True, eq=False)
class Elements:
    """The elements of one dimension in one part."""

    runs: Runs
    anchor: int
    """Code of the anchor."""
    values: list[str]
    """Item of each code."""
    positions: Int64s | None = None
    """Positions of all elements, ascending; None where runs were taken as they lie in the index."""


def anchor_condition(part: Part, spec: FlowSpec) -> Any:
    """The anchor's condition, with nothing left to look up."""
    return part.matcher.version.inline(spec.anchor)


def anchor_label(spec: FlowSpec, version: DataVersion) -> str:
    """The anchor's label: the given one, else its condition in words."""
    return spec.anchor_label or describe_condition(spec.anchor, version)


def find_elements(part: Part, spec: FlowSpec, path: str, *, ready: bool = True) -> Elements:
    """The elements of a dimension; `ready` allows the runs that the index keeps, where they fit."""
    dimension = part.matcher.version.pathing_dimension(path)
    whole = part.kept is None and not part.is_range
    if ready and whole and spec.among is None and not spec.repeats and "." not in dimension:
        items = _as_items(part, anchor_condition(part, spec), dimension)
        if items is not None and len(items) == 1:
            return _ready_elements(part, spec, dimension, int(items[0]))
    return _made_elements(part, spec, dimension)


def _as_items(part: Part, where: Any, dimension: str) -> Int64s | None:
    """Codes of the dimension that an anchor condition stands for; None for any other condition."""
    if not isinstance(where, FieldTest) or where.field != dimension:
        return None
    column, table = part.matcher.code_table(where, part.matcher.scope)
    return None if column != dimension or table[-1] else np.flatnonzero(table)


def _ready_elements(part: Part, spec: FlowSpec, dimension: str, anchor: int) -> Elements:
    matcher = part.matcher
    runs = matcher.index.runs(matcher.scope.kind, matcher.scope.type, dimension)
    values = matcher.index.column(dimension).values.to_pylist()
    if spec.exclude:
        dropped = np.isin(np.arange(len(values)), _excluded(spec, values))
        dropped[anchor] = False
        runs = without_items(runs, dropped)
    return Elements(runs, anchor, values)


def _excluded(spec: FlowSpec, values: list[str]) -> list[int]:
    """Codes of the items that are left out."""
    names = set(spec.exclude)
    return [code for code, value in enumerate(values) if value in names]


def _made_elements(part: Part, spec: FlowSpec, dimension: str) -> Elements:
    codes, values = _codes(part, dimension)
    anchor = len(values)
    codes = codes.astype(np.int32)
    if spec.exclude:
        codes[np.isin(codes, _excluded(spec, values))] = -1
    if spec.among is not None:
        others = np.ones(len(codes), dtype=np.bool_)
        others[part.find(part.matcher.version.inline(spec.among)).positions] = False
        codes[others] = -1
    codes[part.find(anchor_condition(part, spec)).positions] = anchor
    positions = np.flatnonzero(codes >= 0)
    container = part.history.container_at(positions)
    runs = make_runs(positions, codes.take(positions), container, collapse=not spec.repeats)
    return Elements(runs, anchor, values, positions)


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
