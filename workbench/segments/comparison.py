"""Two segments side by side: in which record fields and events they differ, and by how much.

Shares are compared by their difference with Newcombe's interval, Cohen's h and the pooled z test (Fisher's
exact test where few are expected); numbers by their medians, Cliff's delta and the Mann-Whitney test. All p
values of one comparison are adjusted together (Benjamini-Hochberg). A container in both segments would be
compared with itself, so whatever is tested is tested on those in A only against those in B only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.engines.differences import DISTINGUISHABLE
from workbench.model.containers import container_named
from workbench.model.shares import newcombe
from workbench.model.wording import plural_of
from workbench.segments.bench import Bench
from workbench.segments.features import Feature, event_features, record_features
from workbench.segments.members import asked, member_ids
from workbench.segments.overlap import distinct_labels
from workbench.segments.statistics import benjamini_hochberg, cliffs_delta, cohens_h, shares_p_value

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
NAMED = 3
"""Differences that the sentence names."""
COLUMNS: dict[str, Any] = {
    "kind": pl.String,
    "field": pl.String,
    "item": pl.String,
    "count_a": pl.Int64,
    "share_a": pl.Float64,
    "count_b": pl.Int64,
    "share_b": pl.Float64,
    "share_only_a": pl.Float64,
    "share_only_b": pl.Float64,
    **{f"{name}_{side}": pl.Float64 for name in ("p25", "median", "p75") for side in "ab"},
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "effect": pl.Float64,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
    "distinguishable": pl.Boolean,
}
"""Columns of a comparison. `kind` is item, number or event; shares are percent of all members, `difference`
in points between `share_only_a` and `share_only_b`; `effect` is Cohen's h, of numbers Cliff's delta."""


@dataclass(frozen=True)
class Comparison:
    """Two segments compared as one kind of container."""

    container: str
    labels: tuple[str, str]
    sizes: tuple[int, int]
    shared: int
    """Containers in both, which are left out of tests."""
    rows: pl.DataFrame
    """The columns of `COLUMNS`, the largest effect first; without one last."""
    sentence: str
    """The three largest differences that chance does not explain, in words."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """Which of the compared containers are in A, in B, and in only one of them."""

    a: Bools
    b: Bools

    @property
    def only(self) -> tuple[Bools, Bools]:
        """Those in A but not B, and in B but not A."""
        return self.a & ~self.b, self.b & ~self.a


def compare(bench: Bench, a: Any, b: Any, container: str | None = None) -> Comparison:
    """Compare two segments or conditions as one kind of container; without `container` as that of the first.

    Looked at are all record fields of the container, and of the account its record names (text: items that
    at least five have; truth: true; numbers: quartiles), and every event type (at least one such event in
    the container's history). Raises SpecError.
    """
    questions = [asked(bench, one, container) for one in (a, b)]
    kind = container or questions[0].own
    names = distinct_labels([one.label for one in questions])
    labels = (names[0], names[1])
    ids_a, ids_b = (set(member_ids(bench, one, kind)) for one in (a, b))
    ids = sorted(ids_a | ids_b)
    sides = Sides(
        np.array([one in ids_a for one in ids], bool), np.array([one in ids_b for one in ids], bool)
    )
    rows = [
        _row(feature, sides)
        for feature in (*record_features(bench, kind, ids), *event_features(bench, kind, ids))
    ]
    frame = _finished(rows)
    shared = len(ids_a & ids_b)
    plural = plural_of(kind, bench.version)
    return Comparison(
        kind,
        labels,
        (len(ids_a), len(ids_b)),
        shared,
        frame,
        _sentence(frame, labels, plural),
        _notes(sides, shared, labels, plural, container_named(kind).table),
    )


def _row(feature: Feature, sides: Sides) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": feature.kind, "field": feature.field, "item": feature.item}
    if feature.kind == "number":
        return row | _numbers(feature.values, sides)
    return row | _shares(feature.values.astype(bool), sides)


def _shares(has: Bools, sides: Sides) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, side in (("a", sides.a), ("b", sides.b)):
        count, of = int((has & side).sum()), int(side.sum())
        row |= {f"count_{name}": count, f"share_{name}": 100 * count / of if of else None}
    (x, n), (y, m) = ((int((has & side).sum()), int(side.sum())) for side in sides.only)
    if not n or not m:
        return row
    low, high = newcombe(x, n, y, m)
    return row | {
        "share_only_a": 100 * x / n,
        "share_only_b": 100 * y / m,
        "difference": 100 * (x / n - y / m),
        "low": 100 * low,
        "high": 100 * high,
        "effect": cohens_h(x / n, y / m),
        "p_value": shares_p_value(x, n, y, m),
    }


def _numbers(values: Floats, sides: Sides) -> dict[str, Any]:
    """Quartiles of whole segments by linear interpolation; the test on those in only one of them."""
    known = ~np.isnan(values)
    row: dict[str, Any] = {}
    for name, side in (("a", sides.a), ("b", sides.b)):
        own = values[known & side]
        row[f"count_{name}"] = len(own)
        if len(own):
            quartiles = np.quantile(own, (0.25, 0.5, 0.75)).tolist()
            row |= dict(zip((f"p25_{name}", f"median_{name}", f"p75_{name}"), quartiles, strict=True))
    only_a, only_b = (values[known & side] for side in sides.only)
    if len(only_a) and len(only_b):
        row["effect"], row["p_value"] = cliffs_delta(only_a, only_b)
    return row


def _finished(rows: list[dict[str, Any]]) -> pl.DataFrame:
    adjusted = benjamini_hochberg([row.get("p_value") for row in rows])
    for row, q in zip(rows, adjusted, strict=True):
        row |= {"q_value": q, "distinguishable": None if q is None else q < DISTINGUISHABLE}
    frame = pl.DataFrame(rows, schema=COLUMNS)
    order = pl.col("effect").abs()
    return frame.sort(order, "kind", "field", "item", descending=[True, False, False, False], nulls_last=True)


def _sentence(frame: pl.DataFrame, labels: tuple[str, str], plural: str) -> str:
    found = frame.filter(pl.col("distinguishable")).head(NAMED).to_dicts()
    first, second = labels
    if not found:
        return f"Nothing tells the {plural} of {first} from those of {second} that chance does not explain."
    differences = "; ".join(_difference(row) for row in found)
    return f"{first} against {second}, in {plural} of only one of them: {differences}."


def _difference(row: dict[str, Any]) -> str:
    field = str(row["field"]).replace(".", " ").replace("_", " ")
    if row["kind"] == "number":
        higher = "higher" if row["effect"] > 0 else "lower"
        return f"{field} is {higher} (median {row['median_a']:,g} against {row['median_b']:,g})"
    shares = f"{row['share_only_a']:.1f} % against {row['share_only_b']:.1f} %"
    if row["kind"] == "event":
        return f"{shares} have an event {row['item']}"
    return f"{field} is {row['item']} for {shares}"


def _notes(
    sides: Sides, shared: int, labels: tuple[str, str], plural: str, table: str | None
) -> tuple[str, ...]:
    notes = []
    if shared:
        notes.append(f"{shared:,} {plural} are in both; they are left out of differences and tests")
    for label, only in zip(labels, sides.only, strict=True):
        if not only.any():
            notes.append(f"no {plural} are in {label} only, so nothing can be tested")
    if table is None:
        notes.append(f"{plural} have no record, so only events are compared")
    return tuple(notes)
