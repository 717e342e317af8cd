"""The event table: stamped accounts, sessions, and the base order that everything else relies on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from workbench.errors import DataError
from workbench.model.database import first_row, scalar
from workbench.model.durations import microseconds
from workbench.model.loading import Report, Staged, run, step_teller
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.settings import Settings
from workbench.model.tables import DERIVED_EVENT_COLUMNS, SQL_TYPES
from workbench.workspace.machine import find_machine_events
from workbench.workspace.relations import Relation, relation, write_parquet
from workbench.workspace.resolution import Owner, resolve_events

SAMPLES = 5

RULES: dict[str, str] = {
    "opportunity": "SELECT opportunity_id, account_id FROM opportunities",
    "buying_group": (
        "SELECT buying_group_id, coalesce(b.account_id, o.account_id) AS account_id "
        "FROM buying_groups b LEFT JOIN opportunities o USING (opportunity_id)"
    ),
    "lead": "SELECT lead_id, account_id FROM leads",
    "person": (
        "SELECT person_id, coalesce(p.account_id, m.account_id) AS account_id FROM persons p FULL JOIN "
        "(SELECT person_id, any_value(account_id) AS account_id FROM account_persons GROUP BY person_id "
        "HAVING count(DISTINCT account_id) = 1) m USING (person_id)"
    ),
}
"""Where an event without an account of its own gets one, in order: record id → account, as SQL."""


@dataclass(frozen=True)
class Facts:
    """What one narrow pass over the unsorted events tells."""

    rows: int
    without_time: int
    without_type: int
    derivable: dict[str, int]
    """Rule → rows without an account that have the id of that rule."""
    without_session: int
    """Rows with a person and no session of their own."""
    repeated: bool
    """Whether an event id occurs more than once."""


def write_events(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    tables: Path,
    settings: Settings,
    audit: dict[str, Any],
    report: Report | None = None,
) -> dict[str, str]:
    """Write `events.parquet` in base order and return the storage types. Record tables must stand on the
    connection."""
    step_teller(report)("checking events")
    rows = relation(connection, "events", staged.parts)
    facts = _facts(connection, rows)
    if facts.repeated:
        rows = _without_repeated(connection, rows, tables.parent / "rejected", audit)
    for problem, count in (("occurred_at", facts.without_time), ("event_type", facts.without_type)):
        if count:
            raise DataError(f"events: {count} of {facts.rows} rows have no {problem}")
    if staged.resolve is None:
        owner = _along_ids(connection, rows, facts)
    else:
        owner = resolve_events(connection, rows, staged.resolve, RULES, report)
    _number_accounts(connection, owner)
    if facts.without_session:
        _number_sessions(connection, rows, settings, facts, report)
    step_teller(report)("finding opens and clicks of machines")
    machine = find_machine_events(connection, rows, settings.machine, audit)
    sql = _final(rows, owner, settings, sessions=bool(facts.without_session), machine=machine)
    target = str(tables / "events.parquet")
    run(connection, write_parquet(sql, target), step="sorting events", rows=facts.rows, report=report)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM read_parquet({quote_literal(target)})"
    )
    return {
        **rows.types,
        **{column: SQL_TYPES[kind] for column, kind in DERIVED_EVENT_COLUMNS.items()},
        "rank": "INTEGER",
    }


def _facts(connection: duckdb.DuckDBPyConnection, rows: Relation) -> Facts:
    derivable = ", ".join(f"count({rule}_id) FILTER (WHERE account_id IS NULL)" for rule in RULES)
    total, timed, typed, sessions, ids, hashes, *found = first_row(
        connection,
        "SELECT count(*), count(occurred_at), count(event_type), count(person_id) FILTER (WHERE session_id"
        " IS NULL), count(event_id), count(DISTINCT hash(event_id)) FILTER (WHERE event_id IS NOT NULL),"
        f" {derivable} FROM ({rows.sql})",
    )
    return Facts(
        rows=total,
        without_time=total - timed,
        without_type=total - typed,
        without_session=sessions,
        repeated=ids != hashes,
        derivable=dict(zip(RULES, found, strict=True)),
    )


def _without_repeated(
    connection: duckdb.DuckDBPyConnection, rows: Relation, rejected: Path, audit: dict[str, Any]
) -> Relation:
    """Keep the first row of every event id; the others go to `rejected/repeated-events.parquet`.

    Only rows whose hashed id occurs twice are compared, so that many millions of unique ids stay cheap.
    """
    hashes = (
        f"SELECT hash(event_id) FROM ({rows.sql}) WHERE event_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE repeated_rows AS SELECT row, event_id FROM (SELECT row, event_id, "
        "row_number() OVER (PARTITION BY event_id ORDER BY row) AS place "
        f"FROM ({rows.sql}) WHERE event_id IS NOT NULL AND hash(event_id) IN ({hashes})) WHERE place > 1"
    )
    count, ids, samples = first_row(
        connection, f"SELECT count(*), count(DISTINCT event_id), min(event_id, {SAMPLES}) FROM repeated_rows"
    )
    if not count:
        return rows
    audit["repeated_event_ids"] = {"ids": ids, "rows": count, "samples": samples}
    rejected.mkdir(parents=True, exist_ok=True)
    copies = f"SELECT * FROM ({rows.sql}) SEMI JOIN (SELECT row FROM repeated_rows) USING (row) ORDER BY row"
    connection.execute(write_parquet(copies, str(rejected / "repeated-events.parquet")))
    return replace(
        rows, sql=f"SELECT * FROM ({rows.sql}) ANTI JOIN (SELECT row FROM repeated_rows) USING (row)"
    )


def _prepare_rule(connection: duckdb.DuckDBPyConnection, rule: str) -> bool:
    """Make the table record id → account of a rule; whether it holds anything."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE account_by_{rule} AS SELECT * FROM ({RULES[rule]}) WHERE account_id IS"
        " NOT NULL"
    )
    return bool(scalar(connection, f"SELECT count(*) FROM account_by_{rule}"))


def _along_ids(connection: duckdb.DuckDBPyConnection, rows: Relation, facts: Facts) -> Owner:
    """The event's own account, else that of the records it names, in the order of `RULES`."""
    rules = [rule for rule, count in facts.derivable.items() if count and _prepare_rule(connection, rule)]
    accounts = ["e.account_id", *(f"by_{rule}.account_id" for rule in rules)]
    decided = " ".join(
        f"WHEN {account} IS NOT NULL THEN '{name}'"
        for account, name in zip(accounts, ["own", *rules], strict=True)
    )
    joins = "".join(
        f" LEFT JOIN account_by_{name} by_{name} ON by_{name}.{name}_id = CASE WHEN e.account_id IS NULL THEN"
        f" e.{name}_id END"
        for name in rules
    )
    sources = [f"SELECT DISTINCT account_id FROM ({rows.sql})"]
    sources += [f"SELECT account_id FROM account_by_{rule}" for rule in rules]
    return Owner(joins, f"coalesce({', '.join(accounts)})", f"CASE {decided} END", " UNION ".join(sources))


def _number_accounts(connection: duckdb.DuckDBPyConnection, owner: Owner) -> None:
    """Every account an event may get, with its global account and its place in the base order.

    Sorting by that place is cheaper than by two texts.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE account_places AS SELECT account_id, global_account_id, row_number()"
        " OVER (ORDER BY global_account_id, account_id)::INTEGER AS place FROM (SELECT account_id,"
        f" coalesce(g.global_account_id, account_id) AS global_account_id FROM ({owner.accounts})"
        " LEFT JOIN global_accounts g USING (account_id) WHERE account_id IS NOT NULL)"
    )


def _number_sessions(
    connection: duckdb.DuckDBPyConnection,
    rows: Relation,
    settings: Settings,
    facts: Facts,
    report: Report | None,
) -> None:
    """Row → number of its person's session, over the narrow columns only; a gap beyond the timeout begins a
    new one."""
    timeout = microseconds(settings.session_timeout)
    order = f"PARTITION BY person_id ORDER BY occurred_at, {_rank(settings)}, row"
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE session_numbers AS SELECT row, sum(begins) OVER ({order})::INTEGER AS"
        " number FROM (SELECT row, person_id, occurred_at, event_type, CASE WHEN epoch_us(occurred_at) -"
        f" epoch_us(lag(occurred_at) OVER ({order})) <= {timeout} THEN 0 ELSE 1 END AS begins FROM"
        f" ({rows.sql}) WHERE person_id IS NOT NULL)",
        step="finding sessions",
        rows=facts.rows,
        report=report,
    )


def _rank(settings: Settings) -> str:
    if not settings.event_order:
        return "0"
    return f"coalesce(list_position({quote_literal(settings.event_order)}, event_type), 0)"


def _final(rows: Relation, owner: Owner, settings: Settings, *, sessions: bool, machine: bool) -> str:
    joins, session = owner.joins, "e.session_id"
    if sessions:
        joins += " LEFT JOIN session_numbers n ON n.row = e.row"
        session = "coalesce(e.session_id, e.person_id || '#' || n.number)"
    replaced, by_machine = {"account_id": owner.account, "session_id": session}, "false"
    if machine:
        joins += " LEFT JOIN machine_rows m ON m.row = e.row"
        by_machine = "m.row IS NOT NULL"
        replaced["actor"] = "CASE WHEN m.row IS NOT NULL THEN 'system' ELSE e.actor END"
    columns = [f"{replaced.get(name, f'e.{quote_name(name)}')} AS {quote_name(name)}" for name in rows.types]
    stamped = (
        f"SELECT {', '.join(columns)}, ({_rank(settings)})::INTEGER AS rank, e.row AS row, "
        f"{owner.rule} AS account_rule, {by_machine} AS machine FROM ({rows.sql}) e{joins}"
    )
    listed = ", ".join(f"s.{quote_name(name)}" for name in rows.types)
    return (
        f"SELECT {listed}, p.global_account_id, s.rank, s.row, s.account_rule, s.machine "
        f"FROM ({stamped}) s LEFT JOIN account_places p ON p.account_id = s.account_id "
        "ORDER BY p.place NULLS LAST, s.occurred_at, s.rank, s.row"
    )
