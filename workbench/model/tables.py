"""The canonical tables: what every workspace has, and how each column is typed.

Any further column that a source maps is kept with the type it arrives in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "integer", "number", "money", "boolean", "date", "time"]

SQL_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,4)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMP",
}
"""Storage type in DuckDB and Parquet; times are UTC without zone, in microseconds."""


@dataclass(frozen=True)
class Table:
    """One canonical table."""

    name: str
    key: tuple[str, ...]
    """Columns that identify a record; a repeated key goes to the audit."""
    columns: dict[str, ColumnType]
    references: dict[str, str]
    """Foreign keys: column → table whose first key column it names."""


def _table(name: str, key: str, columns: str, references: str = "") -> Table:
    typed: dict[str, ColumnType] = {}
    for item in columns.split():
        column, _, kind = item.partition(":")
        typed[column] = kind or "text"  # type: ignore[assignment]
    foreign = dict(item.split("=") for item in references.split())
    return Table(name, tuple(key.split()), typed, foreign)


_ALL = (
    _table(
        "accounts",
        "account_id",
        "account_id name parent_account_id owner_id industry employees:integer annual_revenue:money city "
        "country website record_url",
        "parent_account_id=accounts owner_id=users",
    ),
    _table(
        "persons",
        "person_id",
        "person_id account_id name email job_title consent_level:integer do_not_email:boolean",
        "account_id=accounts",
    ),
    _table(
        "account_persons",
        "account_id person_id role valid_from",
        "account_id person_id role valid_from:time valid_to:time",
        "account_id=accounts person_id=persons",
    ),
    _table(
        "opportunities",
        "opportunity_id",
        "opportunity_id account_id name type stage outcome amount:money currency created_at:time "
        "closed_at:time owner_id",
        "account_id=accounts owner_id=users",
    ),
    _table(
        "opportunity_stages",
        "opportunity_id stage entered_at",
        "opportunity_id stage entered_at:time amount:money",
        "opportunity_id=opportunities",
    ),
    _table(
        "opportunity_products",
        "",
        "opportunity_id product_id quantity:number amount:money",
        "opportunity_id=opportunities product_id=products",
    ),
    _table(
        "buying_groups",
        "buying_group_id",
        "buying_group_id account_id opportunity_id product_id name",
        "account_id=accounts opportunity_id=opportunities product_id=products",
    ),
    _table(
        "buying_group_members",
        "buying_group_id person_id role",
        "buying_group_id person_id role is_primary:boolean",
        "buying_group_id=buying_groups person_id=persons",
    ),
    _table(
        "leads",
        "lead_id",
        "lead_id person_id account_id status created_at:time converted_at:time opportunity_id",
        "person_id=persons account_id=accounts opportunity_id=opportunities",
    ),
    _table("campaigns", "campaign_id", "campaign_id name"),
    _table("contents", "content_id", "content_id name content_type topic"),
    _table("products", "product_id", "product_id name"),
    _table(
        "marketing_events",
        "marketing_event_id",
        "marketing_event_id name format place starts_at:time ends_at:time",
    ),
    _table("users", "user_id", "user_id name manager_id team territory", "manager_id=users"),
    _table(
        "events",
        "event_id",
        "event_id occurred_at:time event_type actor account_id person_id opportunity_id buying_group_id "
        "lead_id session_id channel medium campaign_id content_type content_id product_id "
        "marketing_event_id stage amount:money currency source",
        "account_id=accounts person_id=persons opportunity_id=opportunities buying_group_id=buying_groups "
        "lead_id=leads campaign_id=campaigns content_id=contents product_id=products "
        "marketing_event_id=marketing_events",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}

RECORDS: dict[str, tuple[str, str, str]] = {
    "account": ("accounts", "account_id", "account_id"),
    "global_account": ("accounts", "account_id", "global_account_id"),
    "person": ("persons", "person_id", "person_id"),
    "opportunity": ("opportunities", "opportunity_id", "opportunity_id"),
    "buying_group": ("buying_groups", "buying_group_id", "buying_group_id"),
    "lead": ("leads", "lead_id", "lead_id"),
    "campaign": ("campaigns", "campaign_id", "campaign_id"),
    "content": ("contents", "content_id", "content_id"),
    "product": ("products", "product_id", "product_id"),
    "marketing_event": ("marketing_events", "marketing_event_id", "marketing_event_id"),
}
"""Prefix of a record field → (table, key column of the table, column of `events` that names the record).
`owner.` is not listed: it reaches `users` over the opportunity or the account."""

PERSON_ROLE = "person.role"
"""A record field without a column: the roles of an event's person in buying groups, without any the roles in
accounts; several are one text, by name. A column `role` that a source maps into `persons` wins."""

DERIVED_EVENT_COLUMNS: dict[str, ColumnType] = {
    "global_account_id": "text",
    "rank": "integer",
    "row": "integer",
    "account_rule": "text",
    "machine": "boolean",
}
"""Columns that assembling adds to `events`; `accounts` gains `global_account_id`."""

PERSONAL: frozenset[str] = frozenset({"name", "email"})
"""Columns of `persons` that are masked where the workspace says so."""

INTERNAL_COLUMNS: frozenset[str] = frozenset({"rank", "row"})
"""Columns of `events` that order rows and are no field of a condition."""
