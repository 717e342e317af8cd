"""Laying histories out: which rows belong to which container, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.history import History
from workbench.index.kernels import Int64s, Ints, bisect_segments, expand, sorted_pairs
from workbench.index.runs import Runs, make_runs
from workbench.model.data_version import DataVersion, from_microseconds
from workbench.model.durations import microseconds

if TYPE_CHECKING:
    from workbench.index.store import JourneyIndex


@dataclass(frozen=True, eq=False)
class Postings:
    """Positions by item of one column, with container and time beside each."""

    begin: Int64s
    """Where each item begins: length items + 1."""
    position: Ints
    container: Ints
    time: Int64s
    bounds: Ints | None
    """Items by containers + 1: where the postings of each container begin within those of the item.
    None where the table would be larger than the postings."""


def make_postings(history: History, codes: Ints, items: int) -> Postings:
    """Postings of a column given its codes by position."""
    positions = np.arange(history.size, dtype=np.int64)
    item, order = sorted_pairs(codes.astype(np.int64) + 1, positions)
    begin = np.searchsorted(item, np.arange(1, items + 2))
    container = history.container_at(order).astype(np.int32)
    bounds = None
    if items * (history.containers + 1) <= max(len(order), 1000):
        bounds = np.empty((items, history.containers + 1), dtype=np.int32)
        for number in range(items):
            own = container[begin[number] : begin[number + 1]]
            bounds[number, 0] = 0
            np.cumsum(np.bincount(own, minlength=history.containers), out=bounds[number, 1:])
    return Postings(begin, order.astype(np.int32), container, history.time_at(order), bounds)


def event_runs(history: History, codes: Ints) -> Runs:
    """Runs of a column given its codes by position; rows without a value are no elements."""
    positions = np.flatnonzero(codes >= 0)
    return make_runs(positions, codes.take(positions), history.container_at(positions))


def stamped_history(index: JourneyIndex, kind: str) -> History:
    """Events by the id they are stamped with, in the order of time, rank and source row."""
    column = index.column(f"{kind}_id")
    codes, containers = column.codes, len(column.values)
    stamped = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes.take(stamped), minlength=containers)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    if kind == "account":
        return History(kind, offsets, None, index.time, codes)
    container, rows = sorted_pairs(codes.take(stamped), stamped)
    rows = in_time_order(index, offsets, container, rows)
    return History(kind, offsets, rows.astype(np.int32), index.time, codes)


def in_time_order(index: JourneyIndex, offsets: Int64s, container: Int64s, rows: Int64s) -> Int64s:
    """Rows of each container by (time, rank, source row).

    Base order has this order inside an account, so only containers that span accounts are sorted.
    """
    account = index.column("account_id").codes
    if not len(rows):
        return rows
    same = (container[1:] == container[:-1]) & (account.take(rows[1:]) != account.take(rows[:-1]))
    mixed = np.zeros(len(offsets) - 1, dtype=np.bool_)
    mixed[container[1:][same]] = True
    affected = np.flatnonzero(mixed.take(container))
    if len(affected):
        local = rows.take(affected)
        keys = (index.numbers("row").take(local), index.numbers("rank").take(local), index.time.take(local))
        order = np.lexsort((*keys, container.take(affected)))
        rows = rows.copy()
        rows[affected] = local.take(order)
    return rows


def members_history(index: JourneyIndex, kind: str, version: DataVersion) -> History:
    """Stamped events plus the events of members inside the container's window, each once."""
    members = member_windows(index.tables, kind, version)
    container, person = (
        pc.index_in(members[name].to_arrow().cast(pa.string()), value_set=index.column(name).values)
        for name in (f"{kind}_id", "person_id")
    )
    known = pc.and_(pc.is_valid(container), pc.is_valid(person)).to_numpy(zero_copy_only=False)
    container, person = (pc.fill_null(codes, 0).to_numpy()[known] for codes in (container, person))
    low, high = (members[name].to_numpy()[known] for name in ("low", "high"))
    persons, stamped = index.history("person"), index.history(kind)
    starts, ends = persons.starts.take(person), persons.ends.take(person)
    begin = bisect_segments(persons.time, starts, ends, low)
    end = bisect_segments(persons.time, begin, ends, high, right=True)
    positions, owner = expand(begin, np.maximum(end - begin, 0))
    own = np.arange(stamped.size, dtype=np.int64)
    containers, rows = sorted_pairs(
        np.concatenate((stamped.container_at(own), container.take(owner))),
        np.concatenate((stamped.row_at(own), persons.row_at(positions))),
    )
    if len(rows):
        new = np.concatenate(([True], (containers[1:] != containers[:-1]) | (rows[1:] != rows[:-1])))
        containers, rows = containers[new], rows[new]
    counts = np.bincount(containers, minlength=stamped.containers)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    rows = in_time_order(index, offsets, containers, rows)
    return History(
        kind,
        offsets,
        rows.astype(np.int32),
        index.time,
        None,
        own_container=containers.astype(np.int32),
        own_time=index.time.take(rows),
        fan_out=len(rows) / max(int(np.count_nonzero(np.bincount(rows, minlength=1))), 1),
    )


def member_windows(tables: Path, kind: str, version: DataVersion) -> pl.DataFrame:
    """Persons of each container with the window of their events.

    Columns `<kind>_id, person_id, low, high`: microseconds, both ends included. The window runs from
    `member_window` before creation (the first stamped event where no creation is known) to the close,
    or to the horizon. A buying group has the window of its opportunity, without one no lower end.
    """

    def table(name: str, *columns: str) -> pl.LazyFrame:
        return pl.scan_parquet(tables / f"{name}.parquet").select(columns)

    group, opportunity = "buying_group_id", "opportunity_id"
    in_groups = table("buying_groups", group, opportunity).join(
        table("buying_group_members", group, "person_id"), on=group
    )
    if kind == "opportunity":
        leads = table("leads", opportunity, "person_id")
        members = pl.concat([in_groups.select(opportunity, "person_id"), leads])
        dated, spans = opportunity, table("opportunities", opportunity, "created_at", "closed_at")
    elif kind == "buying_group":
        members = table("buying_group_members", group, "person_id").join(
            table("buying_groups", group, opportunity), on=group, how="left"
        )
        dated, spans = opportunity, table("opportunities", opportunity, "created_at", "closed_at")
    else:
        members = table("leads", "lead_id", "person_id")
        dated = "lead_id"
        spans = table("leads", "lead_id", "created_at", pl.col("converted_at").alias("closed_at"))  # type: ignore[arg-type]
    first = (
        table("events", dated, "occurred_at")
        .drop_nulls(dated)
        .group_by(dated)
        .agg(pl.col("occurred_at").min().alias("first_at"))
    )
    window = pl.duration(microseconds=microseconds(version.settings.member_window))
    low = pl.coalesce("created_at", "first_at") - window
    if kind == "buying_group":
        low = low.fill_null(pl.lit(from_microseconds(version.data_from)))
    return (
        members.drop_nulls([f"{kind}_id", "person_id"])
        .unique()
        .join(spans.unique(dated, keep="first"), on=dated, how="left")
        .join(first, on=dated, how="left")
        .select(
            f"{kind}_id",
            "person_id",
            low.dt.timestamp("us").alias("low"),
            pl.coalesce("closed_at", pl.lit(from_microseconds(version.horizon)))
            .dt.timestamp("us")
            .alias("high"),
        )
        .drop_nulls("low")
        .collect()
    )
