"""Breakdown: the metric over some events, apart for each item of a field or each calendar period.

What counts is reduced to distinct pairs of an item and a code (of a container, an event, a value), so that
every row is a count or sum of pairs, and Other is the same over the union of its items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from workbench.analyses.criteria import Periods
from workbench.analyses.items import item_codes
from workbench.analyses.metrics import Add, Number, counted, own_metric
from workbench.analyses.part import Part
from workbench.analyses.steps import percent
from workbench.errors import SpecError, nearest
from workbench.index import compiled
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, distinct_count, distinct_pairs, first_of_each
from workbench.model.calendar import range_bounds
from workbench.model.data_version import DataVersion
from workbench.model.specs import BreakdownSpec

ITEMS = {
    "segment": pl.String,
    "kind": pl.String,
    "item": pl.String,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "complete": pl.Boolean,
}
OTHER, NONE = ("other", "Other"), ("none", "No value")


@dataclass(frozen=True, eq=False)
class Counts:
    """A number by item, where no event counts twice."""

    number: Int64s

    def merge(self, other: Any) -> Counts:
        """Both numbers."""
        return Counts(self.number + other.number)

    def each(self, width: int) -> Sequence[Number]:
        """The metric of each of `width` items."""
        found: list[Number] = self.number.tolist()
        return found

    def together(self, chosen: Bools | None = None) -> Number:
        """The metric over the union of some items (by code; None for all)."""
        return int(self.number.sum() if chosen is None else self.number[chosen].sum())


@dataclass(frozen=True, eq=False)
class Pairs:
    """Distinct pairs of an item and a code."""

    item: Ints
    code: Ints
    size: int
    """Codes lie below it."""
    add: Add | None
    """Sums over codes; None where their number is the metric."""
    apart: bool
    """Whether parts share no code."""

    def merge(self, other: Any) -> Pairs:
        """The union."""
        item, code = (np.concatenate(two) for two in ((self.item, other.item), (self.code, other.code)))
        if not self.apart:
            code, item = distinct_pairs(code, item)
        return Pairs(item, code, max(self.size, other.size), self.add, self.apart)

    def each(self, width: int) -> Sequence[Number]:
        """The metric of each of `width` items."""
        if self.add is not None:
            return self.add(self.code, self.item, width)
        found: list[Number] = np.bincount(self.item, minlength=width).tolist()
        return found

    def together(self, chosen: Bools | None = None) -> Number:
        """The metric over the union of some items (by code; None for all)."""
        code = self.code if chosen is None else self.code[chosen.take(self.item)]
        present = distinct_count(code, self.size)
        if self.add is None:
            return int(np.count_nonzero(present))
        code = np.flatnonzero(present)
        return self.add(code, np.zeros(len(code), dtype=np.int64), 1)[0]


@dataclass(frozen=True, eq=False)
class Partial:
    """What is counted in one part."""

    names: pa.Array | None
    """Item of each code; None for periods. The code behind the last is that of no value."""
    seen: Bools
    """Which codes have an event."""
    counted: Counts | Pairs


def measure(part: Part, spec: BreakdownSpec) -> Partial:
    """Distinct pairs of one part."""
    matches = _events(part, spec)
    item, names, width = _items(part, spec, matches)
    metric = spec.metric or own_metric(part)
    if metric == own_metric(part):
        code, item = _once_each(part, matches, item, width)
        ever = part.history.first_container + part.history.containers
        return Partial(names, distinct_count(item, width), Pairs(item, code, ever, None, apart=True))
    positions = np.arange(len(part), dtype=np.int64) if matches is None else matches.positions
    seen, found = distinct_count(item, width), counted(part, metric, positions)
    item = item if found.kept is None else item.take(found.kept)
    if found.each and found.add is None:
        return Partial(names, seen, Counts(np.bincount(item, minlength=width)))
    code = found.codes
    if not found.each:
        known = np.flatnonzero(code >= 0)
        code, item = distinct_pairs(code.take(known), item.take(known))
    return Partial(names, seen, Pairs(item, code, found.size, found.add, apart=found.each))


def _events(part: Part, spec: BreakdownSpec) -> Matches | None:
    """The events that are counted; None for every one."""
    if spec.where is not None:
        return part.permitted(part.find(part.matcher.version.inline(spec.where)))
    return None if part.starts_in is None and part.allowed is None else part.everything


def _once_each(part: Part, matches: Matches | None, item: Ints, width: int) -> tuple[Ints, Ints]:
    """The distinct pairs of a container, by its code among all, and an item."""
    history = part.history
    container = history.container if matches is None else matches.container
    if compiled.AVAILABLE:
        container, item = compiled.distinct_pairs(container, item, width)
    else:
        kept = np.flatnonzero(first_of_each(container, item, history.containers, width))
        container, item = container.take(kept), item.take(kept)
    return container.astype(np.int64) + history.first_container, item


def _items(part: Part, spec: BreakdownSpec, matches: Matches | None) -> tuple[Ints, pa.Array | None, int]:
    """Item code of each event, the items behind codes, and the number of codes."""
    if spec.by == "period":
        calendar = Periods.of(part.matcher.version, spec.granularity)
        time = part.history.time if matches is None else matches.time
        return calendar.number_of_any(time), None, len(calendar) + 1
    path = part.matcher.version.countable(spec.by)
    codes, names = item_codes(part, path, None if matches is None else matches.positions)
    return codes, names, len(names) + 1


def divisible(spec: BreakdownSpec) -> bool:
    """One pass over the events, as fast as memory gives them."""
    return False


def merge(left: Partial, right: Partial) -> Partial:
    """The union of events."""
    return Partial(left.names, left.seen | right.seen, left.counted.merge(right.counted))


def finish(partial: Partial, spec: BreakdownSpec, version: DataVersion) -> dict[str, pl.DataFrame]:
    """The table `items`: most first, then Other and No value; or periods in time."""
    base = partial.counted.together()
    rows = _period_rows(partial, spec, version) if partial.names is None else _item_rows(partial, spec)
    table = [
        ("All", kind, item, value, percent(value, base), base, complete)
        for kind, item, value, complete in rows
    ]
    return {"items": pl.DataFrame(table, schema=_schema(base), orient="row")}


def _schema(value: Number) -> dict[str, Any]:
    """Value columns are decimal or float where the metric is a sum."""
    kind: Any = pl.Decimal(38, 4) if isinstance(value, Decimal) else pl.Float64
    return ITEMS if isinstance(value, int) else ITEMS | {"value": kind, "percent_base": kind}


Row = tuple[str, str, Number, bool | None]
"""Kind, item, value, and for periods whether it is complete."""


def _item_rows(partial: Partial, spec: BreakdownSpec) -> list[Row]:
    values, kept = _ranked(partial, spec)
    assert partial.names is not None
    rows: list[Row] = [("item", str(partial.names[code]), values[code], None) for code in kept]
    others = _others(partial, kept)
    if others.any():
        rows.append((*OTHER, partial.counted.together(others), None))
    if partial.seen[-1]:
        rows.append((*NONE, values[-1], None))
    return rows


def _ranked(partial: Partial, spec: BreakdownSpec) -> tuple[Sequence[Number], list[int]]:
    """The value of each code, and the codes that are kept, most first, ties by name."""
    assert partial.names is not None
    values = partial.counted.each(len(partial.seen))
    codes = np.flatnonzero(partial.seen[:-1]).tolist()
    if len(codes) > spec.items:
        least = sorted((values[code] for code in codes), reverse=True)[spec.items - 1]
        codes = [code for code in codes if values[code] >= least]
    names = dict(zip(codes, partial.names.take(pa.array(codes, pa.int64())).to_pylist(), strict=True))
    return values, sorted(codes, key=lambda code: (-values[code], names[code]))[: spec.items]


def _others(partial: Partial, kept: list[int]) -> Bools:
    """Which codes are of items that are not kept."""
    left = partial.seen.copy()
    left[[*kept, -1]] = False
    return left


def _period_rows(partial: Partial, spec: BreakdownSpec, version: DataVersion) -> list[Row]:
    calendar = Periods.of(version, spec.granularity)
    values = partial.counted.each(len(calendar) + 1)
    low, high = range_bounds(spec.date_range, version) or (-(2**62), 2**62)
    first, last = max(low, version.data_from), min(high, version.horizon)
    rows: list[Row] = []
    for number, day in enumerate(calendar.days):
        begin, end = int(calendar.edges[number]), int(calendar.edges[number + 1])
        if begin < high and end > low:
            rows.append(("period", day.isoformat(), values[number], first <= begin and end <= last))
    return rows


def members(part: Part, spec: BreakdownSpec, table: str, select: dict[str, Any], measure_: str) -> Bools:
    """Containers with an event of an item, of no value, of any item that is not kept, or in a period."""
    partial = measure(part, spec.model_copy(update={"metric": None}))
    assert isinstance(partial.counted, Pairs)
    chosen = _chosen(partial, spec, part.matcher.version, select)
    present = np.zeros(part.history.containers, dtype=np.bool_)
    mine = partial.counted.code[chosen.take(partial.counted.item)] - part.history.first_container
    present[mine] = True
    return present


def _chosen(partial: Partial, spec: BreakdownSpec, version: DataVersion, select: dict[str, Any]) -> Bools:
    """Which codes are behind a row."""
    codes = np.arange(len(partial.seen))
    kind, item = select.get("kind"), str(select.get("item"))
    if partial.names is None:
        days = [day for kind, day, *_ in _period_rows(partial, spec, version)]
        if kind != "period" or item not in days:
            raise SpecError(f"{item!r} is no period here; {nearest(item, days)}", "select.item")
        calendar = Periods.of(version, spec.granularity)
        return np.asarray(codes == [day.isoformat() for day in calendar.days].index(item))
    if kind == "none":
        return np.asarray(codes == codes[-1])
    if kind == "other":
        return _others(partial, _ranked(partial, spec)[1])
    if kind != "item":
        raise SpecError(f"found kind {kind!r}; {nearest(kind, ('item', 'other', 'none'))}", "select.kind")
    return np.append(np.asarray(pc.equal(partial.names, item)), False)
