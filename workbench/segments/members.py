"""Members of a segment or condition, as any container."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from workbench.model.conditions import (
    CountIn,
    InContainer,
    SegmentRef,
    Sequence,
)
from workbench.model.containers import container_named
from workbench.model.parsing import parse_condition
from workbench.model.saved_segments import about_of
from workbench.segments.bench import Bench
from workbench.segments.relations import pairs

COMPANY = ("person", "opportunity", "buying_group", "lead")
"""Containers whose members are shown with the account their record names."""


@dataclass(frozen=True)
class Asked:
    """A segment or condition with the container its members are."""

    condition: Any
    """The parsed condition; a reference where a saved segment was asked."""
    own: str
    """The container in which it is judged."""
    label: str
    """The segment's name, else nothing."""


def asked(bench: Bench, what: Any, container: str | None = None) -> Asked:
    """What was asked: the id of a saved segment, or a condition as JSON.

    A saved segment is judged in its own container. A condition is judged in the container of its outermost
    container form, where it is one, else in `container`, else as accounts.
    """
    condition = parse_condition(what)
    if isinstance(condition, SegmentRef):
        definition = bench.definitions.get("segments", condition.segment)
        return Asked(condition, about_of(definition).container, str(definition["name"]))
    outer = condition.container if isinstance(condition, InContainer | CountIn | Sequence) else None
    return Asked(condition, outer or container or "account", "")


def member_ids(bench: Bench, what: Any, container: str | None = None) -> list[str]:
    """Sorted ids of the members of a segment or condition as containers of a kind."""
    found = members(bench, what, container)
    return found[found.columns[0]].to_list()


def members(bench: Bench, what: Any, container: str | None = None) -> pl.DataFrame:
    """The members of a segment or condition, sorted by id: `<container>_id, name`, and beside it

    - `account_id, account`: the account the record names, for persons, opportunities, buying groups, leads;
    - `<plural>_in, <plural>` where members of another kind are looked at as `container`: how many of the
      container's own ones are members, and how many it has, such as `persons_in` 2 of `persons` 3.

    The rule from one kind to another: a container belongs to the result if at least one member belongs to
    it, or it to a member, by the records (`workbench.segments.relations.pairs`): a person to its own account
    and to those of `account_persons`, to the buying groups it is a member of, the leads that name it, and
    over both to opportunities; opportunities, buying groups and leads to the account they name; accounts to
    their global account. Names are codes where the workspace masks persons. Raises SpecError.
    """
    question = asked(bench, what, container)
    target = container_named(container or question.own).name
    if question.own == target:
        found = bench.resolve(question.condition, target)
        return _with_company(bench, target, found.sort(found.columns[0]))
    return mapped(bench, bench.resolve(question.condition, question.own), question.own, target)


def mapped(bench: Bench, found: pl.DataFrame, own: str, target: str) -> pl.DataFrame:
    """Members of one kind as containers of another, with how many of each container's own are members."""
    related = pairs(bench.index, own, target).rename({"left": "own", "right": "target"})
    inside = related.with_columns(pl.col("own").is_in(found[found.columns[0]].implode()).alias("inside"))
    plural = container_named(own).plural
    counts = (
        inside.group_by("target")
        .agg(
            pl.col("inside").sum().cast(pl.Int64).alias(f"{plural}_in"), pl.len().cast(pl.Int64).alias(plural)
        )
        .filter(pl.col(f"{plural}_in") > 0)
        .sort("target")
    )
    named = _with_company(bench, target, bench.named(target, counts["target"].to_list()))
    return pl.concat([named, counts.drop("target")], how="horizontal")


def _with_company(bench: Bench, kind: str, found: pl.DataFrame) -> pl.DataFrame:
    """The members with the account their record names."""
    container = container_named(kind)
    if kind not in COMPANY or container.table is None:
        return found
    ids = pa.array(found[container.id_column].to_list(), pa.string())
    accounts = bench.index.record(container.table, container.record_key, "account_id", ids)
    names = bench.index.record("accounts", "account_id", "name", accounts.cast(pa.string()))
    return found.with_columns(
        pl.Series("account_id", accounts.to_pylist(), dtype=pl.String),
        pl.Series("account", names.to_pylist(), dtype=pl.String),
    )
