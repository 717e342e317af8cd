"""Domains of companies, out of e-mail addresses and websites, as SQL macros and tables on a connection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import duckdb

from workbench.model.quoting import quote_literal

LISTS = Path(__file__).parent / "lists"


@cache
def words(name: str) -> tuple[str, ...]:
    """Words of a list in `lists/`, separated by white space."""
    return tuple(word for line in lines(name) for word in line.split())


@cache
def lines(name: str) -> tuple[str, ...]:
    """Lines of a list in `lists/`, without comments."""
    text = (LISTS / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _listed(values: Iterable[str]) -> str:
    return ", ".join(quote_literal(value) for value in sorted(set(values)))


def make_domain_macros(connection: duckdb.DuckDBPyConnection, free_mail: Iterable[str] = ()) -> None:
    """Leave `website_host(text)`, `mail_host(text)`, `registrable(host)` and `says_nothing(host)` on the
    connection.

    `registrable` is the part of a host name somebody registers: two labels, three below a two-level suffix;
    null for addresses of machines and names without a dot. `says_nothing` is true for free mail.
    """
    for macro in (
        "website_host(text) AS rtrim(regexp_replace(regexp_extract(lower(trim(text)),"
        " '^(?:(?:[a-z][a-z0-9+.-]*:)?//)?(?:[^/@\\s]*@)?([^/:?#\\s,;]+)', 1), '^www[0-9]?\\.', ''), '.')",
        "mail_host(text) AS rtrim(regexp_extract(lower(trim(text)), '@([^@\\s<>,;]+)>?$', 1), '.')",
        "registrable(host) AS CASE"
        " WHEN NOT regexp_full_match(host, '[\\p{L}\\p{N}_-]+(\\.[\\p{L}\\p{N}_-]+)+') THEN NULL"
        " WHEN regexp_full_match(host, '[0-9.]+') THEN NULL"
        f" WHEN regexp_extract(host, '[^.]+\\.[^.]+$') IN ({_listed(words('two_level_suffixes'))})"
        " THEN nullif(regexp_extract(host, '[^.]+\\.[^.]+\\.[^.]+$'), '')"
        " ELSE regexp_extract(host, '[^.]+\\.[^.]+$') END",
        f"says_nothing(host) AS (host IN ({_listed([*words('free_mail'), *free_mail])}))",
    ):
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def find_website_domains(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave `website_domains` on the connection: `domain, account_id, accounts` (how many have it) and `ids`,
    a few of them. The macros must stand."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE website_domains AS SELECT domain, min(account_id) AS account_id,"
        " count(*) AS accounts, min(account_id, 5) AS ids FROM (SELECT DISTINCT registrable(host) AS domain,"
        " account_id FROM (SELECT account_id, website_host(website::VARCHAR) AS host FROM accounts WHERE"
        " website IS NOT NULL) WHERE NOT says_nothing(host) AND NOT coalesce(says_nothing(registrable(host)),"
        " true)) GROUP BY domain"
    )


def find_mail_domains(connection: duckdb.DuckDBPyConnection, addresses: Iterable[str]) -> None:
    """Leave `mail_domains` on the connection: `email`, its `domain` where it tells an account, and `free`.

    Each of `addresses` is a query of one column with e-mail addresses.
    """
    every = " UNION ".join(addresses) or "SELECT NULL::VARCHAR WHERE false"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mail_domains AS SELECT email, CASE WHEN NOT free THEN domain END AS"
        " domain, free FROM (SELECT email, domain, says_nothing(host) OR coalesce(says_nothing(domain),"
        " false) AS free FROM (SELECT email, host, registrable(host) AS domain FROM (SELECT email,"
        f" mail_host(email) AS host FROM ({every}) AS found(email) WHERE email IS NOT NULL)))"
    )
