"""Which containers belong to which others, by their records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.store import JourneyIndex
from workbench.model.containers import container_named

PAIR = ("left", "right")


@dataclass(frozen=True)
class Edge:
    """A table whose rows pair two kinds of containers."""

    left: str
    right: str
    table: str


EDGES: tuple[Edge, ...] = (
    Edge("account", "global_account", "accounts"),
    Edge("person", "account", "persons"),
    Edge("person", "account", "account_persons"),
    Edge("opportunity", "account", "opportunities"),
    Edge("buying_group", "account", "buying_groups"),
    Edge("lead", "account", "leads"),
    Edge("buying_group", "opportunity", "buying_groups"),
    Edge("lead", "opportunity", "leads"),
    Edge("person", "buying_group", "buying_group_members"),
    Edge("person", "lead", "leads"),
    Edge("session", "person", "events"),
)
VIA: dict[frozenset[str], tuple[str, ...]] = {
    frozenset(("person", "opportunity")): ("buying_group", "lead"),
    frozenset(("buying_group", "lead")): ("opportunity",),
}
"""Kinds that no table pairs → the kinds that lie between; several are joined. Else the person of a session
lies between, else the account."""


def pairs(index: JourneyIndex, left: str, right: str) -> pl.DataFrame:
    """Every pair of ids, `left, right`, of containers of two kinds that belong together.

    By records: a person belongs to its own account and to those of `account_persons`, to the buying groups
    it is a member of, the leads that name it, and over both to their opportunities; opportunities, buying
    groups and leads to the account and opportunity they name; accounts to their global account; a session
    to its person. A container whose record names none belongs to those its own events are stamped with.
    """
    if left == right:
        ids = _known(index, left)
        return pl.DataFrame({"left": ids, "right": ids})
    direct = [edge for edge in EDGES if {edge.left, edge.right} == {left, right}]
    if direct:
        found = _direct(index, direct)
        return found if direct[0].left == left else _turned(found)
    between = VIA.get(frozenset((left, right))) or (
        ("person",) if "session" in (left, right) else ("account",)
    )
    joined = [
        pairs(index, left, middle)
        .rename({"right": "middle"})
        .join(pairs(index, middle, right).rename({"left": "middle"}), on="middle")
        .select(PAIR)
        for middle in between
    ]
    return pl.concat(joined).unique()


def _turned(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(pl.col("right").alias("left"), pl.col("left").alias("right"))


def _direct(index: JourneyIndex, edges: list[Edge]) -> pl.DataFrame:
    left, right = (container_named(kind).id_column for kind in (edges[0].left, edges[0].right))
    tables = [
        _frame(index.of_records(edge.table, left), index.of_records(edge.table, right))
        for edge in edges
        if edge.table != "events"
    ]
    recorded = pl.concat([*tables, pl.DataFrame(schema={"left": pl.String, "right": pl.String})])
    recorded = recorded.drop_nulls().unique()
    return pl.concat([recorded, _stamped(index, left, right, recorded["left"])]).unique()


def _stamped(index: JourneyIndex, left: str, right: str, recorded: pl.Series) -> pl.DataFrame:
    """Pairs that events are stamped with, of the ids on the left that no record pairs."""
    here, there = index.column(left), index.column(right)
    known = pc.is_in(here.values, value_set=recorded.to_arrow().cast(pa.string()))
    missing = np.append(~np.asarray(known), False)
    rows = np.flatnonzero(missing.take(here.codes) & (np.asarray(there.codes) >= 0))
    codes = pl.DataFrame({"left": here.codes.take(rows), "right": there.codes.take(rows)}).unique()
    return _frame(here.values.take(codes["left"].to_arrow()), there.values.take(codes["right"].to_arrow()))


def _frame(left: pa.Array, right: pa.Array) -> pl.DataFrame:
    return pl.DataFrame(
        {name: pl.Series(name, ids.cast(pa.string())) for name, ids in zip(PAIR, (left, right), strict=True)}
    )


def _known(index: JourneyIndex, kind: str) -> pl.Series:
    """Ids of every container of a kind, with a record or with events, sorted."""
    container = container_named(kind)
    parts = [index.column(container.id_column).values]
    if container.table is not None:
        parts.append(index.of_records(container.table, container.id_column))
    return (
        pl.concat([pl.Series("ids", part.cast(pa.string())) for part in parts]).drop_nulls().unique().sort()
    )


def known_ids(index: JourneyIndex, kind: str) -> set[str]:
    """Ids of every container of a kind, with a record or with events."""
    return set(_known(index, kind).to_list())
