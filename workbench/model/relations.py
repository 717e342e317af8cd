"""Relations: which records belong to a container, from the foreign keys of the canonical tables."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import SpecError, nearest
from workbench.model.containers import container_named
from workbench.model.tables import TABLES


@dataclass(frozen=True)
class Relation:
    """The records of one table that belong to a container."""

    table: str
    column: str | None
    """Column of `table` with the container's id; None where other tables lead to the records."""
    links: tuple[tuple[str, str, str], ...] = ()
    """Tables that name both: table, column of the container, column of the record."""


SUBSIDIARIES = "subsidiaries"
"""Child accounts of an account."""
GROUPS_OF_MEMBERS = "groups of members"
"""Stands for `buying_group_members` joined with their `buying_groups`."""
_FAR = {
    ("opportunities", "person"): Relation(
        "opportunities",
        None,
        ((GROUPS_OF_MEMBERS, "person_id", "opportunity_id"), ("leads", "person_id", "opportunity_id")),
    )
}
"""Many-to-many: the deals of the buying groups a person is in, and those the person's leads became."""


def relations(container: str) -> dict[str, Relation]:
    """Name → relation for everything that belongs to a container of that kind."""
    kind = container_named(container)
    if container == "global_account":
        return {"accounts": Relation("accounts", "global_account_id")}
    found = {
        name if name != kind.table else SUBSIDIARIES: Relation(name, column)
        for name, table in TABLES.items()
        for column, target in table.references.items()
        if kind.table is not None and target == kind.table and name != "events"
    }
    return found | {name: relation for (name, of), relation in _FAR.items() if of == container}


def relation_of(related: str, container: str) -> Relation:
    """The relation of that name; SpecError names the nearest one of the container."""
    known = relations(container)
    if related not in known:
        words = f"{related!r} is no relation of containers of kind {container}; {nearest(related, known)}"
        raise SpecError(words, "related")
    return known[related]


def check_relation(related: str, container: str) -> None:
    """Refuse a table whose records do not belong to such a container: SpecError."""
    relation_of(related, container)


def named_columns(container: str) -> tuple[str, ...]:
    """Id columns of `events` that the record of a container fills by itself, its own id left out."""
    kind = container_named(container)
    if kind.table is None or container == "global_account":
        return ()
    return tuple(column for column in TABLES[kind.table].references if column in TABLES["events"].references)


def own_column(table: str, container: str) -> str:
    """Column of a table with the id of a container, its own or that of one it names; else SpecError."""
    kind = container_named(container)
    if container == "global_account" and table == "accounts":
        return "global_account_id"
    if kind.table == table and container != "global_account":
        return kind.record_key
    columns = [c for c, target in TABLES[table].references.items() if target == kind.table]
    if kind.table is None or not columns or container == "global_account":
        raise SpecError(f"records of {table} name no {container.replace('_', ' ')}", "of")
    return columns[0]
