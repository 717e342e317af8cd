"""Whose event is it: the account of every event, by the rules of a manifest's `resolve` block.

Without such a block `events` derives accounts itself, along the ids of records.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workbench.model.loading import Report, run
from workbench.model.quoting import quote_literal
from workbench.model.resolving import PROVISIONAL, Resolve
from workbench.workspace.company_names import match_companies
from workbench.workspace.domains import find_mail_domains, find_website_domains, make_domain_macros
from workbench.workspace.relations import Relation, write_parquet

SEVERAL: tuple[str, ...] = ("membership", "email_domain", "company_name")
"""Rules that may meet several accounts at once."""
DOMAIN, LEAD = "domain:", "lead:"
"""What the ids of provisional accounts begin with."""


@dataclass(frozen=True)
class Owner:
    """How an event `e` gets its account: joins, and expressions over them."""

    joins: str
    account: str
    rule: str
    accounts: str
    """Query of every account an event may get."""


@dataclass(frozen=True)
class _Rule:
    """One rule in the query over events `e`: its join, the account it gives, and whether several fit."""

    join: str
    account: str
    several: str = "false"


def make_memberships(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave `membership_spans` on the connection: from `starts` on until the next one of the person,
    `account_id` is the account it belongs to (the latest `valid_from`, then the smallest id), or null."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE membership_spans AS WITH valid AS (SELECT person_id, account_id,"
        " coalesce(valid_from, '-infinity'::TIMESTAMP) AS starts, coalesce(valid_to, 'infinity'::TIMESTAMP)"
        " AS ends FROM account_persons), points AS (SELECT person_id, starts AS moment FROM valid UNION"
        " SELECT person_id, ends FROM valid) SELECT p.person_id, p.moment AS starts, first(v.account_id"
        " ORDER BY v.starts DESC, v.account_id) AS account_id, count(DISTINCT v.account_id) > 1 AS several,"
        " min(DISTINCT v.account_id, 5) AS ids FROM points p LEFT JOIN valid v ON v.person_id = p.person_id"
        " AND v.starts <= p.moment AND p.moment < v.ends GROUP BY p.person_id, p.moment"
    )


def resolve_events(
    connection: duckdb.DuckDBPyConnection,
    rows: Relation,
    resolve: Resolve,
    by_id: dict[str, str],
    report: Report | None = None,
) -> Owner:
    """Decide on every event; leaves `resolved_rows` on the connection: `row, account_id, account_rule,
    domain, free, company` and one `several_…` for each of `SEVERAL`.

    `by_id` has the query record id → account of each rule that follows an id. Record tables must stand.
    """
    clues = _clues(connection, rows, resolve)
    rules = {name: _rule(connection, name, by_id) for name in resolve.rules}
    decided = "".join(f" WHEN {rule.account} IS NOT NULL THEN {n}" for n, rule in enumerate(rules.values()))
    accounts = ", ".join(rule.account for rule in rules.values())
    several = ", ".join(
        f"{rules[name].several if name in rules else 'false'} AS several_{name}" for name in SEVERAL
    )
    joins = clues.joins + "".join(rule.join for rule in rules.values())
    found = (
        f"SELECT e.row, coalesce({accounts}) AS found, CASE{decided} ELSE {len(rules)} END AS place,"
        f" {clues.columns}, {_provisional(resolve, clues.domain)} AS made, {several} FROM ({rows.sql})"
        f" e{joins}{_provisional_joins(connection, resolve)}"
    )
    order = list(rules)
    reached = ", ".join(
        f"(coalesce(several_{name}, false) AND place >= {order.index(name) if name in order else 0}) AS"
        f" several_{name}"
        for name in SEVERAL
    )
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE resolved_rows AS SELECT row, coalesce(found, made) AS account_id,"
        f" coalesce({quote_literal(order)}[place + 1], CASE WHEN made IS NOT NULL THEN '{PROVISIONAL}' END)"
        f" AS account_rule, domain, free, company, {reached} FROM ({found})",
        step="finding accounts",
        report=report,
    )
    return Owner(
        joins=" LEFT JOIN resolved_rows r ON r.row = e.row",
        account="r.account_id",
        rule="r.account_rule",
        accounts="SELECT DISTINCT account_id FROM resolved_rows",
    )


@dataclass(frozen=True)
class _Clues:
    joins: str
    domain: str
    columns: str
    """`domain, free, company` of an event."""


def _clues(connection: duckdb.DuckDBPyConnection, rows: Relation, resolve: Resolve) -> _Clues:
    """What an event, its lead and its person tell: e-mail domains and company names, the event first."""
    mails = "email_domain" in resolve.rules or resolve.provisional == "domain"
    names = "company_name" in resolve.rules
    email = _holders(connection, rows, "email") if mails else []
    company = _holders(connection, rows, "company") if names else []
    joins = "".join(
        f" LEFT JOIN {table} {alias} ON {alias}.{key} = e.{key}"
        for table, alias, key in (("leads", "l", "lead_id"), ("persons", "p", "person_id"))
        if alias in {*email, *company}
    )
    tables = {"e": f"({rows.sql})", "l": "leads", "p": "persons"}
    if mails:
        make_domain_macros(connection, resolve.free_mail)
        find_website_domains(connection)
        find_mail_domains(connection, [f"SELECT email::VARCHAR FROM {tables[a]}" for a in email])
        joins += "".join(f" LEFT JOIN mail_domains m{a} ON m{a}.email = {a}.email::VARCHAR" for a in email)
    if names:
        match_companies(
            connection, [f"SELECT company::VARCHAR FROM {tables[a]}" for a in company], resolve.similarity
        )
    domain = _first([f"m{a}.domain" for a in email])
    free = " OR ".join(f"coalesce(m{a}.free, false)" for a in email) or "false"
    told = _first([f"nullif(trim({a}.company::VARCHAR), '')" for a in company])
    if mails:
        joins += f" LEFT JOIN website_domains w ON w.domain = {domain}"
    if names:
        joins += f" LEFT JOIN company_matches c ON c.company = {told}"
    return _Clues(joins, domain, f"{domain} AS domain, ({free}) AS free, {told} AS company")


def _first(expressions: list[str]) -> str:
    return f"coalesce({', '.join(expressions)})" if expressions else "NULL::VARCHAR"


def _holders(connection: duckdb.DuckDBPyConnection, rows: Relation, column: str) -> list[str]:
    """Aliases of the tables that have a column: events, leads, persons."""
    found = ["e"] if column in rows.types else []
    for table, alias in (("leads", "l"), ("persons", "p")):
        known = {str(name) for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
        found += [alias] if column in known else []
    return found


def _rule(connection: duckdb.DuckDBPyConnection, name: str, by_id: dict[str, str]) -> _Rule:
    if name == "own":
        return _Rule("", "e.account_id")
    if name in by_id:
        return _Rule(
            f" LEFT JOIN (SELECT * FROM ({by_id[name]}) WHERE account_id IS NOT NULL) by_{name} ON"
            f" by_{name}.{name}_id = e.{name}_id",
            f"by_{name}.account_id",
        )
    if name == "membership":
        make_memberships(connection)
        return _Rule(
            " ASOF LEFT JOIN membership_spans s ON s.person_id = e.person_id AND e.occurred_at >= s.starts",
            "s.account_id",
            "s.several",
        )
    if name == "email_domain":
        return _Rule("", "CASE WHEN w.accounts = 1 THEN w.account_id END", "w.accounts > 1")
    return _Rule("", "CASE WHEN c.accounts = 1 THEN c.account_id END", "c.accounts > 1")


def _provisional(resolve: Resolve, domain: str) -> str:
    """Account made up where no rule decides. A domain that accounts have already makes none."""
    return {
        "none": "NULL::VARCHAR",
        "domain": f"CASE WHEN w.domain IS NULL THEN '{DOMAIN}' || {domain} END",
        "lead": f"'{LEAD}' || coalesce(e.lead_id, o.lead_id)",
    }[resolve.provisional]


def _provisional_joins(connection: duckdb.DuckDBPyConnection, resolve: Resolve) -> str:
    if resolve.provisional != "lead":
        return ""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE only_leads AS SELECT person_id, any_value(lead_id) AS lead_id FROM"
        " leads WHERE person_id IS NOT NULL GROUP BY person_id HAVING count(*) = 1"
    )
    return " LEFT JOIN only_leads o ON o.person_id = e.person_id"


def add_provisional_accounts(
    connection: duckdb.DuckDBPyConnection, resolve: Resolve, tables: Path, types: dict[str, str]
) -> None:
    """Add the accounts that were made up to `accounts`, with `provisional` true; that of real ones is false.

    Call once the events stand; `types` (column → storage type of accounts) gains the column.
    """
    kept = "* EXCLUDE (provisional)" if "provisional" in types else "*"
    path, fresh = tables / "accounts.parquet", tables / "accounts.new"
    sql = (
        f"SELECT {kept}, false AS provisional FROM accounts UNION ALL BY NAME SELECT account_id,"
        f" {_names(connection, resolve)}, account_id AS global_account_id, true AS provisional FROM (SELECT"
        f" DISTINCT account_id FROM events WHERE account_rule = '{PROVISIONAL}') made ANTI JOIN accounts"
        " USING (account_id)"
    )
    connection.execute(write_parquet(f"{sql} ORDER BY ALL", str(fresh)))
    os.replace(fresh, path)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW accounts AS SELECT * FROM read_parquet({quote_literal(str(path))})"
    )
    types["provisional"] = "BOOLEAN"


def _names(connection: duckdb.DuckDBPyConnection, resolve: Resolve) -> str:
    """Select list of what a provisional account is called."""
    if resolve.provisional == "domain":
        domain = f"substr(made.account_id, {len(DOMAIN) + 1})"
        return f"{domain} AS name, {domain} AS website"
    known = {str(name) for name, *_ in connection.execute("DESCRIBE leads").fetchall()}
    lead = f"substr(made.account_id, {len(LEAD) + 1})"
    told = [f"nullif(trim(any_value({name}::VARCHAR)), '')" for name in ("company", "name") if name in known]
    if not told:
        return f"{lead} AS name"
    name = f"SELECT coalesce({', '.join(told)}) FROM leads WHERE leads.lead_id = {lead}"
    return f"coalesce(({name}), {lead}) AS name"
