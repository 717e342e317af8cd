"""What the rules of a `resolve` block decided, what they could not, and what changed since the last load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from workbench.model.database import first_row, scalar
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.resolving import PROVISIONAL, RULES, Resolve
from workbench.model.tables import DERIVED_EVENT_COLUMNS
from workbench.workspace.company_names import coarse_blocks
from workbench.workspace.resolution import SEVERAL

SAMPLES = 5
_EVENT = "coalesce(event_id, 'row ' || row)"
_WHAT = {"membership": "person_id", "email_domain": "domain", "company_name": "company"}
_CANDIDATES = {
    "membership": "SELECT person_id AS what, list_sort(list_distinct(flatten(list(ids)))) AS ids FROM"
    " membership_spans WHERE several GROUP BY person_id",
    "email_domain": "SELECT domain AS what, ids FROM website_domains",
    "company_name": "SELECT company AS what, ids FROM company_matches",
}
"""Rule → query of the accounts that fit one value."""
_REMADE = frozenset({*DERIVED_EVENT_COLUMNS, "account_id", "session_id", "actor"})
"""Columns of events that a load may make itself: they do not tell which event it is."""


def audit_resolution(connection: duckdb.DuckDBPyConnection, resolve: Resolve) -> dict[str, Any]:
    """Counts and samples per rule, values that fit several accounts, near misses and provisional accounts.

    Needs `events` and what `resolve_events` left on the connection. Samples hold ids, domains and names of
    companies.
    """
    counts = dict(
        connection.execute("SELECT account_rule, count(*) FROM resolved_rows GROUP BY 1").fetchall()
    )
    asked = [*resolve.rules, *([PROVISIONAL] if resolve.provisional != "none" else [])]
    return {
        "rules": [_rule(connection, rule, counts.get(rule, 0)) for rule in asked],
        "off": [rule for rule in RULES if rule not in resolve.rules],
        "missing": counts.get(None, 0),
        "free_mail": scalar(
            connection,
            "SELECT count(*) FROM resolved_rows WHERE account_id IS NULL AND domain IS NULL AND free",
        ),
        "similarity": resolve.similarity,
        "near_misses": _near_misses(connection) if "company_name" in resolve.rules else [],
        "notes": _notes(connection, resolve),
        "provisional_accounts": _provisional_accounts(connection, resolve),
    }


def _rule(connection: duckdb.DuckDBPyConnection, rule: str, events: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"rule": rule, "events": events, "samples": []}
    if events:
        samples = connection.execute(
            f"SELECT {_EVENT}, event_type, account_id FROM events WHERE account_rule = ? ORDER BY row LIMIT"
            f" {SAMPLES}",
            [rule],
        ).fetchall()
        entry["samples"] = [{"event": e, "event_type": t, "account_id": a} for e, t, a in samples]
    if rule in SEVERAL:
        entry |= _several(connection, rule)
    return entry


def _several(connection: duckdb.DuckDBPyConnection, rule: str) -> dict[str, Any]:
    """Events that reached a rule with a value that fits several accounts, and the commonest such values."""
    what = _WHAT[rule]
    rows = f"SELECT r.*, e.person_id FROM resolved_rows r JOIN events e USING (row) WHERE r.several_{rule}"
    found = connection.execute(
        f"SELECT what, events, ids FROM (SELECT {what} AS what, count(*) AS events FROM ({rows}) GROUP BY 1)"
        f" JOIN ({_CANDIDATES[rule]}) USING (what) ORDER BY events DESC, what LIMIT {SAMPLES}"
    ).fetchall()
    return {
        "ambiguous": scalar(connection, f"SELECT count(*) FROM resolved_rows WHERE several_{rule}"),
        "ambiguous_samples": [{what: v, "events": n, "accounts": ids[:SAMPLES]} for v, n, ids in found],
    }


def _near_misses(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Company names without an account whose best account is just below the similarity asked for."""
    rows = connection.execute(
        "SELECT company, account_id, name, round(similarity, 4), events FROM company_near JOIN (SELECT"
        " company, count(*) AS events FROM resolved_rows WHERE company IS NOT NULL AND (account_rule IS NULL"
        f" OR account_rule = '{PROVISIONAL}') GROUP BY company) USING (company) ORDER BY similarity DESC,"
        f" company LIMIT {2 * SAMPLES}"
    ).fetchall()
    names = ("company", "account_id", "name", "similarity", "events")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _notes(connection: duckdb.DuckDBPyConnection, resolve: Resolve) -> list[str]:
    """Rules that had nothing to go by."""
    notes = []
    if "email_domain" in resolve.rules:
        if not scalar(connection, "SELECT count(*) FROM mail_domains"):
            notes.append("email_domain: no column 'email' of events, leads or persons has a value")
        if not scalar(connection, "SELECT count(*) FROM website_domains"):
            notes.append("email_domain: no account has a website")
    if "company_name" in resolve.rules and not scalar(connection, "SELECT count(*) FROM company_keys"):
        notes.append("company_name: no column 'company' of events, leads or persons has a value")
    if "company_name" in resolve.rules:
        notes += [
            f"company_name: names that begin with {block!r} were compared where their first {letters} letters"
            " are equal, for there are too many"
            for block, letters in coarse_blocks(connection)
        ]
    if "membership" in resolve.rules and not scalar(connection, "SELECT count(*) FROM membership_spans"):
        notes.append("membership: account_persons has no rows")
    return notes


def _provisional_accounts(connection: duckdb.DuckDBPyConnection, resolve: Resolve) -> dict[str, Any]:
    if resolve.provisional == "none":
        return {"accounts": 0, "samples": []}
    count, samples = first_row(
        connection, f"SELECT count(*), min(account_id, {SAMPLES}) FROM accounts WHERE provisional"
    )
    return {"accounts": count, "samples": samples or []}


def account_changes(connection: duckdb.DuckDBPyConnection, number: int, tables: Path) -> dict[str, Any]:
    """Events whose account or rule differs from the data version before, `number`, whose tables are given.

    The same event is the one with the same `event_id`; without one, the one with the same values in all
    columns that loading does not make (several alike: in their order).
    """
    before = f"read_parquet({quote_literal(str(tables / 'events.parquet'))})"
    shared = _columns(connection, before) & _columns(connection, "events")
    columns = [name for name, _ in sorted(shared) if name not in _REMADE]
    for table, scan in (("events_before", before), ("events_now", "events")):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {_keyed(scan, columns)}")
    pairs = "FROM events_before b JOIN events_now n USING (key, number)"
    compared, moved = first_row(
        connection, f"SELECT count(*), count(*) FILTER (WHERE b.account IS DISTINCT FROM n.account) {pairs}"
    )
    found = {
        "data_version": number,
        "compared": compared,
        "new": scalar(connection, "SELECT count(*) FROM events_now") - compared,
        "gone": scalar(connection, "SELECT count(*) FROM events_before") - compared,
        "moved": moved,
        "by_rule": _moves(connection, pairs),
    }
    connection.execute("DROP TABLE events_before; DROP TABLE events_now")
    return found


def _columns(connection: duckdb.DuckDBPyConnection, scan: str) -> set[tuple[str, str]]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    return {(str(name), str(kind)) for name, kind, *_ in rows}


def _keyed(scan: str, columns: list[str]) -> str:
    listed = ", ".join(quote_name(name) for name in columns)
    kept = f"{_EVENT} AS event, row, account_id AS account, coalesce(account_rule, 'missing') AS rule"
    return (
        f"SELECT hash('id', event_id) AS key, 1 AS number, {kept} FROM {scan} WHERE event_id IS NOT NULL"
        " UNION ALL SELECT key, row_number() OVER (PARTITION BY key ORDER BY row) AS number, event, row,"
        f" account, rule FROM (SELECT hash('row', {listed}) AS key, {kept} FROM {scan} WHERE event_id IS"
        " NULL)"
    )


def _moves(connection: duckdb.DuckDBPyConnection, pairs: str) -> list[dict[str, Any]]:
    """Per pair of rules: its events, how many of them have another account, and the first of them."""
    rows = connection.execute(
        "SELECT b.rule, n.rule, count(*), count(*) FILTER (WHERE b.account IS DISTINCT FROM n.account),"
        " min({'row': n.row, 'event': n.event, 'before': b.account, 'after': n.account}, "
        f"{SAMPLES}) {pairs} WHERE b.account IS DISTINCT FROM n.account OR b.rule <> n.rule GROUP BY 1, 2"
        " ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    return [
        {
            "from": before,
            "to": after,
            "events": events,
            "moved": moved,
            "samples": [{k: v for k, v in one.items() if k != "row"} for one in samples],
        }
        for before, after, events, moved, samples in rows
    ]
