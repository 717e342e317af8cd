"""Who belongs to which row of a cohort table: memberships by period, or by an item of a dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.analyses.criteria import Judged, Periods, Table, ranges
from workbench.analyses.items import item_codes
from workbench.analyses.part import Part
from workbench.errors import SpecError, nearest
from workbench.index.kernels import Bools, Int64s, Ints
from workbench.model.calendar import range_bounds
from workbench.model.data_version import DataVersion
from workbench.model.specs import CohortTableSpec

KINDS = {"other": "Other", "none": "No value"}
"""Rows of a dimension beside its items, in their order."""


@dataclass(frozen=True, eq=False)
class Memberships:
    """Memberships in cohorts; a container has one for each period in which it is a member."""

    container: Int64s
    """Container code within the range at hand."""
    period: Int64s
    first: Ints
    """Position of the first matching inclusion event in the period; the part's size without one."""
    item: Int64s
    """Code of the item of the dimension, the last code for no value; the period where there is none."""

    def __len__(self) -> int:
        return len(self.container)

    def take(self, chosen: Int64s) -> Memberships:
        """Some of the memberships."""
        return Memberships(
            *(array.take(chosen) for array in (self.container, self.period, self.first, self.item))
        )


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Who is a member, for a range of containers."""

    part: Part
    spec: CohortTableSpec
    calendar: Periods
    low: int
    """First container of the range."""
    inclusion: Table
    member: Bools
    """Containers x periods: who belongs to which cohort."""

    def memberships(self) -> Memberships:
        """The memberships, container by container."""
        container, period = np.nonzero(self.member)
        cell = container * self.member.shape[1] + period
        first = self.inclusion.first.take(cell)
        if self.spec.dimension is None:
            return Memberships(container, period, first, period)
        return Memberships(container, period, first, self._items(cell, first))

    def _items(self, cell: Int64s, first: Ints) -> Int64s:
        """Item of the first or last inclusion event of each membership."""
        names = names_of(self.part, self.spec)
        known = np.flatnonzero(first < len(self.part))
        touched = first if self.spec.touch == "first" else self.inclusion.last.take(cell)
        codes = np.full(len(cell), len(names), dtype=np.int64)
        codes[known] = item_codes(self.part, str(self.spec.dimension), touched.take(known))[0]
        return codes


def names_of(part: Part, spec: CohortTableSpec) -> pa.Array:
    """Items of the dimension as text, by code."""
    path = part.matcher.version.countable(str(spec.dimension), "dimension")
    return part.matcher.items_of(path)[2]


def cohorts_of(part: Part, spec: CohortTableSpec, calendar: Periods) -> Iterator[Cohorts]:
    """The cohorts of a part, range by range."""
    inclusion = Judged(part, spec.inclusion, calendar)
    first_ever = spec.membership == "first"
    uncut = None
    if first_ever and part.before_range is not None:
        uncut = Judged(part.before_range, spec.inclusion, calendar)
    chosen = np.zeros(len(calendar), dtype=np.bool_)
    chosen[cohort_periods(spec, part.matcher.version, calendar)] = True
    for low, high in ranges(part, calendar):
        table = inclusion.table(low, high)
        member = table.met_with_events if chosen.all() else table.met_with_events & chosen
        if first_ever:
            member = member & _earliest((uncut or inclusion).table(low, high).met_with_events)
        if part.allowed is not None:
            member = member & part.allowed[low:high, None]
        yield Cohorts(part, spec, calendar, low, table, member)


def _earliest(met: Bools) -> Bools:
    """Only the first period of each container in which the criteria hold."""
    return np.asarray(met & (np.cumsum(met, axis=1) == 1))


def cohort_periods(spec: CohortTableSpec, version: DataVersion, calendar: Periods) -> Int64s:
    """The periods that are cohorts: all, or those wholly inside the date range."""
    numbers = np.arange(len(calendar))
    bounds = range_bounds(spec.date_range, version)
    if bounds is None:
        return numbers
    return numbers[(calendar.edges[:-1] >= bounds[0]) & (calendar.edges[1:] <= bounds[1])]


# --- rows --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, by number: periods, or items with Other and No value."""

    names: list[tuple[str, date | str]]
    """Kind and name of each row that is shown."""
    numbers: Int64s
    """Number of each row that is shown."""
    by_item: Int64s | None
    """Row number by item code; None where rows are periods."""

    @property
    def count(self) -> int:
        """Numbers lie below it."""
        return int(self.numbers.max(initial=-1)) + 1

    def of(self, members: Memberships) -> Int64s:
        """Row number of each membership."""
        return members.item if self.by_item is None else self.by_item.take(members.item)

    def named(self, select: dict[str, Any]) -> int:
        """Number of the row that a selection names; the kind of an item may be left out."""
        asked, kind = str(select.get("cohort")), select.get("kind")
        if self.by_item is None:
            asked = asked[:10]
        shown = zip(self.names, self.numbers, strict=True)
        for (known_kind, name), number in shown:
            if str(name) == asked and kind in (None, known_kind):
                return int(number)
        known = [str(name) for _, name in self.names]
        raise SpecError(f"{asked!r} is no cohort here; {nearest(asked, known)}", "select.cohort")

    def columns(self) -> dict[str, Any]:
        """Columns of a table that name its rows, and their types."""
        if self.by_item is None:
            return {"segment": pl.String, "cohort": pl.Date}
        return {"segment": pl.String, "kind": pl.String, "cohort": pl.String}

    def name(self, place: int) -> tuple[Any, ...]:
        """Values of these columns for the row at a place."""
        kind, name = self.names[place]
        return ("All", name) if self.by_item is None else ("All", kind, name)


def rows_of(parts: Sequence[Part], spec: CohortTableSpec, version: DataVersion) -> Rows:
    """The rows of a question, ranked over all of its parts where they are items."""
    calendar = Periods.of(version, spec.granularity)
    if spec.dimension is None:
        numbers = cohort_periods(spec, version, calendar)
        return Rows([("period", calendar.days[number]) for number in numbers], numbers, None)
    names = names_of(parts[0], spec)
    sizes = np.zeros(len(names) + 1, dtype=np.int64)
    for part in parts:
        for cohorts in cohorts_of(part, spec, calendar):
            sizes += np.bincount(cohorts.memberships().item, minlength=len(sizes))
    return _ranked(sizes, names, spec.items)


def _ranked(sizes: Int64s, names: pa.Array, items: int) -> Rows:
    """Items with most members first, ties by name, then Other and No value where they have members."""
    codes = np.flatnonzero(sizes[:-1])
    if len(codes) > items:
        least = np.partition(sizes.take(codes), -items)[-items]
        near = codes[sizes.take(codes) >= least]
    else:
        near = codes
    text = dict(zip(near.tolist(), names.take(pa.array(near)).to_pylist(), strict=True))
    kept = sorted(text, key=lambda code: (-sizes[code], text[code]))[:items]
    by_item = np.full(len(sizes), len(kept), dtype=np.int64)
    by_item[kept] = np.arange(len(kept))
    by_item[-1] = len(kept) + 1
    shown: list[tuple[str, date | str]] = [("item", text[code]) for code in kept]
    numbers = list(range(len(kept)))
    for kind, there in (("other", len(codes) > len(kept)), ("none", bool(sizes[-1]))):
        if there:
            shown.append((kind, KINDS[kind]))
            numbers.append(len(kept) + (kind == "none"))
    return Rows(shown, np.array(numbers, dtype=np.int64), by_item)


def by_row(marked: Bools, row: Int64s, rows: int) -> Int64s:
    """How many of each line are marked in every row: rows x lines; `row` says where each place stands."""
    counts = [np.bincount(row.compress(line), minlength=rows) for line in marked]
    return np.stack(counts, axis=1)
