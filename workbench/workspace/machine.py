"""Opens and clicks that no person made: mail filters open a mail as it comes and follow all links at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import duckdb

from workbench.model.database import first_row
from workbench.model.durations import microseconds
from workbench.model.quoting import quote_literal
from workbench.model.settings import MachineRules
from workbench.workspace.relations import Relation

SAMPLES = 5
_NAMED: dict[str, re.Pattern[str]] = {
    "opens": re.compile(r"\b(open|opens|opened)\b"),
    "clicks": re.compile(r"\b(click|clicks|clicked)\b"),
    "deliveries": re.compile(r"\b(deliver|delivered|delivery|send|sent)\b"),
}
"""How an event type sounds that is an open, a click or a delivery, in small letters without underscores."""


def find_machine_events(
    connection: duckdb.DuckDBPyConnection, rows: Relation, rules: MachineRules, audit: dict[str, Any]
) -> bool:
    """Make the table `machine_rows` of opens and clicks by machines, with `row`; whether there are any.

    Found are opens and clicks up to `after_delivery` after a delivery to the same person with the same
    content or campaign, and clicks of which a person has `links` or more on one campaign (without one:
    content) `at_once`. A time on a whole minute may lack its seconds and is not judged. Counted under
    `machine_events` in the audit, with all events and those of machines by event type.
    """
    present = _present(connection, rows) if rules.find else {}
    types = _event_types(present, rules)
    judged = sorted({*types["opens"], *types["clicks"]})
    found: dict[str, Any] = {
        "events": 0,
        "after_delivery": 0,
        "links_at_once": 0,
        "event_types": types,
        "by_type": {name: {"events": present[name], "machine": 0} for name in judged},
        "samples": [],
    }
    audit["machine_events"] = found
    if not types["opens"] and not types["clicks"]:
        return False
    _keep_mails(connection, rows, types)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE machine_rows AS SELECT row, any_value(event) AS event,"
        " any_value(kind) AS kind, bool_or(soon) AS soon, bool_or(NOT soon) AS burst FROM"
        f" ({_after_delivery(rules)} UNION ALL {_at_once(rules)}) GROUP BY row"
    )
    names = ("events", "after_delivery", "links_at_once", "samples")
    counts = first_row(
        connection,
        "SELECT count(*), count(*) FILTER (WHERE soon), count(*) FILTER (WHERE burst),"
        f" coalesce(min(event, {SAMPLES}), []) FROM machine_rows",
    )
    found |= dict(zip(names, counts, strict=True))
    by_type = "SELECT kind, count(*) FROM machine_rows GROUP BY kind"
    for name, number in connection.execute(by_type).fetchall():
        found["by_type"][name]["machine"] = number
    return bool(found["events"])


def _present(connection: duckdb.DuckDBPyConnection, rows: Relation) -> dict[str, int]:
    """Event type → its events."""
    counted = f"SELECT event_type, count(*) FROM ({rows.sql}) GROUP BY event_type ORDER BY event_type"
    return {str(name): number for name, number in connection.execute(counted).fetchall()}


def _event_types(present: Iterable[str], rules: MachineRules) -> dict[str, list[str]]:
    """The event types of each role: those the settings name, else those that sound like it."""
    return {
        role: [name for name in present if name in asked]
        if (asked := getattr(rules, role))
        else [name for name in present if pattern.search(name.lower().replace("_", " "))]
        for role, pattern in _NAMED.items()
    }


def _keep_mails(connection: duckdb.DuckDBPyConnection, rows: Relation, types: dict[str, list[str]]) -> None:
    """Keep what the rules look at: deliveries, opens and clicks of known persons, to the second."""
    roles = ", ".join(
        f"coalesce(list_contains({quote_literal(names)}::VARCHAR[], event_type), false) AS is_{role}"
        for role, names in types.items()
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mails AS SELECT * FROM (SELECT row, coalesce(event_id, 'row ' || row)"
        f" AS event, event_type AS kind, person_id, content_id, campaign_id, occurred_at, {roles}"
        f" FROM ({rows.sql}) WHERE person_id IS NOT NULL"
        " AND occurred_at <> date_trunc('minute', occurred_at)) WHERE is_opens OR is_clicks OR is_deliveries"
    )


def _after_delivery(rules: MachineRules) -> str:
    limit = f"to_microseconds({microseconds(rules.after_delivery)})"
    by_key = (
        "SELECT o.row, o.event, o.kind, true AS soon FROM mails o SEMI JOIN mails d ON d.is_deliveries"
        " AND d.person_id = o.person_id AND d.{0} = o.{0} AND d.row <> o.row"
        f" AND d.occurred_at BETWEEN o.occurred_at - {limit} AND o.occurred_at"
        " WHERE o.is_opens OR o.is_clicks"
    )
    return " UNION ALL ".join(by_key.format(key) for key in ("content_id", "campaign_id"))


def _at_once(rules: MachineRules) -> str:
    """Clicks in a span that holds enough of them: first where such spans begin, then what lies in one."""
    span = f"to_microseconds({microseconds(rules.at_once)})"
    window = "PARTITION BY person_id, mail ORDER BY occurred_at RANGE BETWEEN"
    begins = (
        f"SELECT *, count(*) OVER ({window} CURRENT ROW AND {span} FOLLOWING) >= {rules.links} AS begins"
        " FROM (SELECT *, coalesce(campaign_id, content_id) AS mail FROM mails WHERE is_clicks)"
        " WHERE mail IS NOT NULL"
    )
    inside = f"bool_or(begins) OVER ({window} {span} PRECEDING AND CURRENT ROW)"
    return f"SELECT row, event, kind, false AS soon FROM ({begins}) QUALIFY {inside}"
