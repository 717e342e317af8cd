"""How compared segments differ: percentages set against those of the first segment, with a test.

A percentage is a share `x` of `n` containers. Two shares of different containers are compared by

- the interval of their difference, 95 %: Newcombe's hybrid score interval, built from Wilson's score
  intervals of both shares (R. G. Newcombe, "Interval estimation for the difference between independent
  proportions: comparison of eleven methods", Statistics in Medicine 17, 1998, method 10; E. B. Wilson,
  Journal of the American Statistical Association 22, 1927);
- the two-sided z test with pooled variance (A. Agresti, "Categorical Data Analysis", 2nd edition, 2002,
  section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from workbench.model.containers import container_named
from workbench.model.result import KEYS
from workbench.model.shares import newcombe
from workbench.model.specs import CohortTableSpec, JourneyCanvasSpec, Spec

DISTINGUISHABLE = 0.05
"""Two shares can be told apart where the p value lies below this."""
STATISTICS = {
    "percent": pl.Float64,
    "against_percent": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p_value": pl.Float64,
    "distinguishable": pl.Boolean,
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """Columns of a table that make a percentage of containers."""

    value: str
    percent: str
    base: str | None
    """None: the value of the table's first row."""


SHARES: dict[str, dict[str, Share]] = {
    "journey_canvas": {
        "nodes": Share("value", "percent", "percent_base"),
        "arrows": Share("value", "percent", "percent_base"),
    },
    "fallout": {"touchpoints": Share("value", "percent_of_first", None)},
    "cohort_table": {
        "cells": Share("value", "percent", "percent_base"),
        "milestones": Share("value", "percent", "percent_base"),
    },
}
"""Analysis → table → its share; analyses that are absent here compare without `differences`."""


def differences(
    spec: Spec, parts: Mapping[str, Mapping[str, pl.DataFrame]], shared: Mapping[str, int]
) -> pl.DataFrame:
    """The table `differences`: every row of every segment against the same row of the first segment.

    `parts` holds the tables of each segment; `shared` the number of containers each later segment shares
    with the first. Columns: `table`, the names of rows (null where they are not of that table), `segment`,
    `against`, and the statistics, percentages in points. Where segments share containers the test does not
    hold, and where a value counts something else than containers there is none: both null.
    """
    first, *others = parts
    shares = {table: share for table, share in SHARES[spec.analysis].items() if table in parts[first]}
    keys = {
        table: [key for key in KEYS[spec.analysis][table] if key in parts[first][table].columns[1:]]
        for table in shares
    }
    rows: list[Row] = []
    for other in others:
        for table, share in shares.items():
            named = {"table": table, "segment": other, "against": first}
            tested = not shared.get(other, 0) and _counts_containers(spec, table)
            theirs = _by_name(parts[first][table], keys[table], share)
            ours = _by_name(parts[other][table], keys[table], share)
            for name in {**ours, **theirs}:
                numbers = compare_shares(ours.get(name), theirs.get(name), tested=tested)
                rows.append({**named, **dict(zip(keys[table], name, strict=True)), **numbers})
    schema: dict[str, Any] = {"table": pl.String}
    for table in shares:
        schema |= {key: parts[first][table].schema[key] for key in keys[table]}
    return pl.DataFrame(rows, schema={**schema, "segment": pl.String, "against": pl.String, **STATISTICS})


def _counts_containers(spec: Spec, table: str) -> bool:
    """Whether the values of a table count the question's container, and its bases those it is taken from."""
    if isinstance(spec, CohortTableSpec):
        return spec.base == "included" or (spec.rolling and spec.type == "retention")
    if not isinstance(spec, JourneyCanvasSpec) or table != "nodes":
        return True
    return spec.metric in (None, container_named(spec.container).plural)


@dataclass(frozen=True)
class Counted:
    """One percentage: `value` of `base` containers."""

    value: Any
    base: Any
    percent: float | None


def _by_name(table: pl.DataFrame, keys: list[str], share: Share) -> dict[tuple[Any, ...], Counted]:
    """The percentages of a table by the names of their rows."""
    rows = table.to_dicts()
    return {
        tuple(row[key] for key in keys): Counted(
            row[share.value],
            rows[0][share.value] if share.base is None else row[share.base],
            row[share.percent],
        )
        for row in rows
    }


def compare_shares(ours: Counted | None, theirs: Counted | None, *, tested: bool) -> Row:
    """The statistics of one row, as columns."""
    percent = None if ours is None else ours.percent
    against = None if theirs is None else theirs.percent
    row: Row = dict.fromkeys(STATISTICS) | {"percent": percent, "against_percent": against}
    if percent is not None and against is not None:
        row["difference"] = percent - against
    if not tested or ours is None or theirs is None or not (_is_share(ours) and _is_share(theirs)):
        return row
    low, high = newcombe(ours.value, ours.base, theirs.value, theirs.base)
    p_value = z_test(ours.value, ours.base, theirs.value, theirs.base)
    return row | {
        "low": 100 * low,
        "high": 100 * high,
        "p_value": p_value,
        "distinguishable": p_value < DISTINGUISHABLE,
    }


def _is_share(one: Counted) -> bool:
    return one.value is not None and bool(one.base) and 0 <= one.value <= one.base


def z_test(x: int, n: int, y: int, m: int) -> float:
    """Two-sided p value of equal shares `x / n` and `y / m`, pooled variance; 1 where all or none count.

    >>> round(z_test(56, 70, 48, 80), 4)
    0.008
    """
    pooled = (x + y) / (n + m)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return math.erfc(abs(x / n - y / m) / error / math.sqrt(2)) if error else 1.0
