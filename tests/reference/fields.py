"""Fields of an event by path, and the operators on their values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .company import Company, Event
from .periods import day_start, last_days, to_utc

RECORDS = {
    "account": ("accounts", "account_id"),
    "global_account": ("accounts", "global_account_id"),
    "person": ("persons", "person_id"),
    "opportunity": ("opportunities", "opportunity_id"),
    "buying_group": ("buying_groups", "buying_group_id"),
    "lead": ("leads", "lead_id"),
    "campaign": ("campaigns", "campaign_id"),
    "content": ("contents", "content_id"),
    "product": ("products", "product_id"),
    "marketing_event": ("marketing_events", "marketing_event_id"),
}
NAMED = {
    "accounts": {
        "parent": ("parent_account_id", "accounts"),
        "owner": ("owner_id", "users"),
        "global_account": ("global_account_id", "accounts"),
    },
    "persons": {"account": ("account_id", "accounts")},
    "account_persons": {"account": ("account_id", "accounts"), "person": ("person_id", "persons")},
    "opportunities": {"account": ("account_id", "accounts"), "owner": ("owner_id", "users")},
    "buying_groups": {
        "account": ("account_id", "accounts"),
        "opportunity": ("opportunity_id", "opportunities"),
        "product": ("product_id", "products"),
    },
    "buying_group_members": {
        "buying_group": ("buying_group_id", "buying_groups"),
        "person": ("person_id", "persons"),
    },
    "leads": {
        "person": ("person_id", "persons"),
        "account": ("account_id", "accounts"),
        "opportunity": ("opportunity_id", "opportunities"),
    },
    "users": {"manager": ("manager_id", "users")},
}
"""Table -> record it names -> column and table of that record."""
NEGATED = {"not_equals": "equals", "not_in": "in", "not_contains": "contains", "not_exists": "exists"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def record_id(company: Company, event: Event, path: str, kind: str) -> str | None:
    """Id of the record a dotted path points to, by the event's stamped ids; `kind` decides whose owner."""
    head = path.partition(".")[0]
    if head != "owner":
        found: str | None = event.get(RECORDS[head][1])
        return found
    owned = "opportunity" if kind == "opportunity" else "account"
    owner: str | None = field_value(company, event, f"{owned}.owner_id", kind)
    return owner


def field_value(company: Company, event: Event, path: str, kind: str) -> Any:
    """Value of a field path; None where the event or the record has none."""
    head, _, rest = path.partition(".")
    if not rest:
        return event.get(path)
    if path == "person.role":
        return _roles(company, event)
    table = "users" if head == "owner" else RECORDS[head][0]
    return record_value(
        company, company.records[table].get(record_id(company, event, path, kind) or ""), table, rest
    )


def record_value(company: Company, record: Any, table: str, path: str) -> Any:
    """Value of a path that begins at a record; None where a record or value is missing."""
    head, _, rest = path.partition(".")
    if record is None:
        return None
    if not rest:
        return record.get(head)
    column, named = NAMED[table][head]
    return record_value(company, company.records[named].get(record.get(column) or ""), named, rest)


def _roles(company: Company, event: Event) -> str | None:
    """The roles of the event's person in buying groups, without any those in accounts, by name."""
    for table in ("buying_group_members", "account_persons"):
        members = [row for row in company.table(table) if row["person_id"] == event.get("person_id")]
        roles = {
            row["role"] for row in members if row.get("role") is not None and row["person_id"] is not None
        }
        if roles:
            return ", ".join(sorted(roles))
    return None


def holds(value: Any, op: str, wanted: Any, company: Company, horizon: datetime | None = None) -> bool:
    """Two-valued test of a field's value: on None the negated operators are true, all others false.

    `horizon`: the moment relative dates count back from, if it is not the company's.
    """
    if op in NEGATED:
        return not holds(value, NEGATED[op], wanted, company)
    if value is None:
        return False
    if op == "exists":
        return True
    if op == "in":
        return any(holds(value, "equals", one, company) for one in wanted)
    if op == "between":
        return holds(value, ">=", wanted[0], company) and holds(value, "<=", wanted[1], company)
    if op in ("contains", "starts_with", "ends_with", "matches"):
        return _text_holds(value, op, wanted)
    if op == "in_last":
        first, last = last_days(wanted, horizon or company.horizon, company.zone)
        return bool(first <= value <= last)
    below, above = _sides(value, wanted, company)
    return {"equals": not below and not above, ">": above, ">=": not below, "<": below, "<=": not above}[op]


def _text_holds(value: str, op: str, wanted: str) -> bool:
    if op == "contains":
        return wanted in value
    if op == "starts_with":
        return value.startswith(wanted)
    if op == "ends_with":
        return value.endswith(wanted)
    return glob_matches(wanted, value)


def glob_matches(glob: str, text: str) -> bool:
    """`*` stands for any text, also none; `\\*` for a star; the whole text must match."""
    parts = re.split(r"(\\\*|\*)", glob)
    pattern = "".join({"*": ".*", "\\*": r"\*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _sides(value: Any, wanted: Any, company: Company) -> tuple[bool, bool]:
    """Whether a value lies before, and whether after, the wanted one (a day is a whole interval)."""
    if isinstance(value, datetime):
        first, following = _interval(wanted, company)
        return value < first, value >= following if following != first else value > first
    if isinstance(value, date):
        day = date.fromisoformat(wanted)
        return value < day, value > day
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = Decimal(str(value))
        return number < Decimal(str(wanted)), number > Decimal(str(wanted))
    return value < wanted, value > wanted


def _interval(wanted: str, company: Company) -> tuple[datetime, datetime]:
    """Start and exclusive end of a local day; twice the same moment for a date with a time."""
    if DAY.fullmatch(wanted):
        day = date.fromisoformat(wanted)
        return day_start(day, company.zone), day_start(date.fromordinal(day.toordinal() + 1), company.zone)
    moment = datetime.fromisoformat(wanted)
    if moment.tzinfo is not None:
        utc = moment.astimezone(UTC).replace(tzinfo=None)
        return utc, utc
    utc = to_utc(moment, company.zone)
    return utc, utc
