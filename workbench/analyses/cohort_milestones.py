"""Milestones as columns of a cohort table: which members came there, how fast, and what it was worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import polars as pl

from workbench.analyses.cohort_members import Cohorts, Memberships, Rows, cohorts_of
from workbench.analyses.cohort_returns import follows, has_start, pairs
from workbench.analyses.criteria import Periods
from workbench.analyses.metrics import Add, counted
from workbench.analyses.part import Part
from workbench.analyses.steps import percent
from workbench.analyses.survival import Curve
from workbench.errors import DataError, SpecError
from workbench.index.history import Matches
from workbench.index.kernels import Bools, Int64s, Ints, distinct_pairs, run_starts
from workbench.model.data_version import DataVersion
from workbench.model.specs import CohortTableSpec, SumOf
from workbench.model.wording import describe_condition

DEALS = SumOf(sum="opportunity.amount")
CELLS: dict[str, Any] = {
    "size": pl.Int64,
    "period": pl.Int64,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "complete": pl.Boolean,
}
MILESTONES: dict[str, Any] = {
    "milestone": pl.Int64,
    "label": pl.String,
    "value": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "median_seconds": pl.Float64,
    "amount": pl.Decimal(38, 4),
    "complete": pl.Boolean,
}


@dataclass(frozen=True, eq=False)
class Way:
    """The way of memberships to one milestone; arrays have one entry for each membership with a start."""

    row: Ints
    time: Int64s
    """Microseconds until the milestone, or until the horizon."""
    reached: Bools
    deal_row: Int64s
    """With `deal` the distinct pairs of a row and the code of a deal that came there."""
    deal: Int64s

    def merge(self, other: Way) -> Way:
        """Both ways; a deal that came there in both parts counts once."""
        row, time, reached, deal_row, deal = (
            np.concatenate(two)
            for two in (
                (self.row, other.row),
                (self.time, other.time),
                (self.reached, other.reached),
                (self.deal_row, other.deal_row),
                (self.deal, other.deal),
            )
        )
        return Way(row, time, reached, *distinct_pairs(deal_row, deal))


@dataclass(frozen=True, eq=False)
class Partial:
    """Memberships by row and period, and the ways to every milestone, of one part."""

    present: Int64s
    ways: list[Way]
    add: Add
    """Sums over deals."""


def measure(part: Part, spec: CohortTableSpec, rows: Rows) -> Partial:
    """Counts, durations and deals of one part."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    present = np.zeros((rows.count, len(calendar)), dtype=np.int64)
    nothing = np.empty(0, dtype=np.int64)
    ways = [Way(nothing, nothing, nothing.astype(np.bool_), nothing, nothing) for _ in spec.milestones]
    for cohorts in cohorts_of(part, spec, calendar):
        members = cohorts.memberships()
        row = rows.of(members)
        cells = np.bincount(row * len(calendar) + members.period, minlength=present.size)
        present += cells.reshape(present.shape)
        for number, milestone in enumerate(spec.milestones):
            matches = _matches(part, milestone.where)
            ways[number] = ways[number].merge(_way(cohorts, members, row, matches))
    return Partial(present, ways, _deals(part, nothing)[1])


def _matches(part: Part, where: Any) -> Matches:
    """The events of a milestone that are known: none after the horizon."""
    matches = part.find(part.matcher.version.inline(where))
    return matches.where(matches.time <= part.matcher.version.horizon)


def _way(cohorts: Cohorts, members: Memberships, row: Int64s, matches: Matches) -> Way:
    known = has_start(cohorts, members)
    start = cohorts.part.history.time_at(members.first.take(known))
    seen = np.flatnonzero(start <= cohorts.part.matcher.version.horizon)
    known, start = known.take(seen), start.take(seen)
    owner, at = _later(cohorts, members, matches)
    begins = run_starts(owner)
    arrival = np.full(len(members), -1, dtype=np.int64)
    arrival[owner.take(begins)] = matches.time.take(at.take(begins))
    came = arrival.take(known)
    reached = came >= start
    until = np.where(reached, came, cohorts.part.matcher.version.horizon)
    deal = _deals(cohorts.part, matches.positions.take(at))[0]
    worth = np.flatnonzero(deal >= 0)
    pair = distinct_pairs(row.take(owner.take(worth)), deal.take(worth))
    return Way(row.take(known), until - start, reached, *pair)


def _later(cohorts: Cohorts, members: Memberships, matches: Matches) -> tuple[Int64s, Int64s]:
    """Memberships, ascending, with every event of a milestone that counts for them."""
    owner, at = pairs(cohorts, members, matches.positions)
    if cohorts.spec.follow is None:
        return owner, at
    positions, time = matches.positions.take(at), matches.time.take(at)
    kept = np.flatnonzero(follows(cohorts, members, owner, positions, time))
    return owner.take(kept), at.take(kept)


def _deals(part: Part, positions: Int64s) -> tuple[Int64s, Add]:
    """Code of the deal with an amount that each event names, -1 for none, and how deals are summed."""
    found = counted(part, DEALS, positions)
    assert found.add is not None
    amounts = part.matcher.values_of(DEALS.sum, part.matcher.scope)[1]
    known = np.append(np.asarray(amounts.is_valid()), False)
    codes = found.codes.astype(np.int64)
    return np.where(known.take(codes), codes, -1), found.add


def merge(left: Partial, right: Partial) -> Partial:
    """Counts add, durations and deals come together."""
    ways = [one.merge(other) for one, other in zip(left.ways, right.ways, strict=True)]
    return Partial(left.present + right.present, ways, left.add)


def answer(
    parts: Sequence[Part], spec: CohortTableSpec, version: DataVersion, rows: Rows
) -> dict[str, pl.DataFrame]:
    """The tables `cells` and `milestones`."""
    return finish(reduce(merge, (measure(part, spec, rows) for part in parts)), spec, version, rows)


def finish(
    partial: Partial, spec: CohortTableSpec, version: DataVersion, rows: Rows
) -> dict[str, pl.DataFrame]:
    """Both tables, by row and milestone."""
    complete = _complete(partial, spec, version, rows)
    sizes, amounts = partial.present.sum(axis=1), _amounts(partial, rows)
    labels = [one.label or describe_condition(one.where, version) for one in spec.milestones]
    cells: list[tuple[Any, ...]] = []
    milestones: list[tuple[Any, ...]] = []
    curves = [_curves(way, rows) for way in partial.ways]
    for place, number in enumerate(rows.numbers.tolist()):
        size, whole, name = int(sizes[number]), bool(complete[place]), rows.name(place)
        for column, curve in enumerate(by_row[number] for by_row in curves):
            came = int(curve.reached.sum())
            value = size - came if spec.type == "churn" else came
            share = (value, percent(value, size), size)
            median = curve.quantile(0.5)
            seconds = None if median is None else median / 1e6
            cells.append((*name, size, column, *share, whole))
            milestones.append(
                (*name, column, labels[column], *share, seconds, amounts[column][number], whole)
            )
    return {
        "cells": pl.DataFrame(cells, schema={**rows.columns(), **CELLS}, orient="row"),
        "milestones": pl.DataFrame(milestones, schema={**rows.columns(), **MILESTONES}, orient="row"),
    }


def _curves(way: Way, rows: Rows) -> list[Curve]:
    """How fast the memberships of each row came there, by row number."""
    order = np.argsort(way.row.astype(np.int16) if rows.count < 1 << 15 else way.row, kind="stable")
    cuts = np.cumsum(np.bincount(way.row, minlength=rows.count))[:-1]
    time, reached = np.split(way.time.take(order), cuts), np.split(way.reached.take(order), cuts)
    return [Curve.of(*own) for own in zip(time, reached, strict=True)]


def _complete(partial: Partial, spec: CohortTableSpec, version: DataVersion, rows: Rows) -> Bools:
    """Whether the periods of each row lie inside the data: nobody can still join it."""
    calendar = Periods.of(version, spec.granularity)
    whole = (calendar.edges[:-1] >= version.data_from) & (calendar.edges[1:] <= version.horizon)
    if rows.by_item is None:
        return whole[rows.numbers]
    return np.asarray(~(partial.present[rows.numbers] > 0)[:, ~whole].any(axis=1))


def _amounts(partial: Partial, rows: Rows) -> list[list[Any]]:
    """Sums of deals by milestone and row: None without a deal; all None for currencies without rates."""
    count = max(rows.count, 1)
    group = np.concatenate([way.deal_row + column * count for column, way in enumerate(partial.ways)])
    deals = np.concatenate([way.deal for way in partial.ways])
    groups = count * len(partial.ways)
    try:
        sums: list[Any] = list(partial.add(deals, group, groups))
    except DataError:
        sums = [None] * groups
    there = np.bincount(group, minlength=groups) > 0
    sums = [total if known else None for total, known in zip(sums, there, strict=True)]
    return [sums[begin : begin + count] for begin in range(0, groups, count)]


def members(
    part: Part,
    spec: CohortTableSpec,
    rows: Rows,
    number: int,
    table: str,
    select: dict[str, Any],
    measure: str,
) -> Bools:
    """Containers of a row, or those that a milestone counts."""
    calendar = Periods.of(part.matcher.version, spec.granularity)
    key = "period" if table == "cells" else "milestone"
    column = select.get(key)
    if measure == "value" and (not isinstance(column, int) or not 0 <= column < len(spec.milestones)):
        last = len(spec.milestones) - 1
        raise SpecError(f"found {key} {column!r}; this table has the milestones 0 to {last}", f"select.{key}")
    present = np.zeros(part.history.containers, dtype=np.bool_)
    for cohorts in cohorts_of(part, spec, calendar):
        some = cohorts.memberships()
        some = some.take(np.flatnonzero(rows.of(some) == number))
        if measure == "value" and isinstance(column, int):
            came = np.zeros(len(some), dtype=np.bool_)
            came[_later(cohorts, some, _matches(part, spec.milestones[column].where))[0]] = True
            some = some.take(np.flatnonzero(came != (spec.type == "churn")))
        present[cohorts.low + some.container] = True
    return present
