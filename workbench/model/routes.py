"""Record paths: from an event, or from a record, over foreign keys to a field of another record.

`person.account.industry` goes from the event's person to that person's own account. The hops are the
foreign keys that the canonical tables declare; a hop is called like its column without `_id`, and
`parent` where the column names a record of its own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from workbench.model.tables import RECORDS, TABLES

MOST_STEPS = 3
"""Most records that a path goes along."""
OWNER = "owner"
"""First step of a path whose meaning depends on the container: the opportunity's owner, or the account's."""


@dataclass(frozen=True)
class Hop:
    """One step of a path: from a column to the record it names."""

    column: str
    """Column of the event or record before, which holds the id."""
    table: str
    key: str


@cache
def hops_of(table: str) -> Mapping[str, Hop]:
    """Name → hop for every record that a record of the table names."""
    declared = TABLES[table].references
    found = {_name(column, target): Hop(column, target, _key(target)) for column, target in declared.items()}
    if table == "accounts":
        found["global_account"] = Hop("global_account_id", table, _key(table))
    return found


@cache
def first_hops() -> Mapping[str, Hop]:
    """Name → hop for every record that an event names, without `owner`."""
    return {name: Hop(column, table, key) for name, (table, key, column) in RECORDS.items()}


def owner_hops(container: str) -> tuple[Hop, ...]:
    """The way to the owner: over the opportunity where that is the container, else over the account."""
    record = first_hops()["opportunity" if container == "opportunity" else "account"]
    return record, hops_of(record.table)[OWNER]


def _key(table: str) -> str:
    return TABLES[table].key[0]


def _name(column: str, target: str) -> str:
    name = column.removesuffix("_id")
    return name.removesuffix("_" + _key(target).removesuffix("_id"))
