"""Company names as they are written, matched with the names of accounts."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from workbench.model.quoting import quote_literal
from workbench.workspace.domains import lines

NEAR = 0.05
"""Names up to this much below the similarity asked for are near misses."""
LETTERS = (2, 3, 4, 6, 8, 12, 16, 24)
"""Only names with the same first letters are compared: two, more where that leaves too many pairs."""
MOST_PAIRS = 1_000_000
"""Pairs compared of the names that begin with the same two letters."""

_LETTERS = (
    ("ß", "ss"),
    ("ø", "o"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ł", "l"),
    ("đ", "d"),
    ("&", " and "),
    ("+", " and "),
)


def make_name_macro(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave `company_key(name)` on the connection: lower case, without accents, punctuation and legal forms
    at the end; null where nothing is left."""
    plain = "strip_accents(lower(name))"
    for letter, replacement in _LETTERS:
        plain = f"replace({plain}, {quote_literal(letter)}, {quote_literal(replacement)})"
    plain = f"regexp_replace({plain}, '[.''’`´]', '', 'g')"
    plain = f"trim(regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"
    forms = "|".join(sorted([*lines("legal_forms"), "and"], key=lambda form: (-len(form), form)))
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO company_key(name) AS nullif(trim(regexp_replace({plain},"
        f" {quote_literal(f'( ({forms}))+$')}, '')), '')"
    )


def match_companies(
    connection: duckdb.DuckDBPyConnection, companies: Iterable[str], similarity: float
) -> None:
    """Leave on the connection what became of company names; `companies` are queries of one such column each.

    `company_matches` has `company, account_id, accounts, ids, similarity`: the best match at or above
    `similarity`, equal names first; `accounts` says how many fit equally well. `company_near` has
    `company, account_id, name, similarity`: the best account just below.
    """
    make_name_macro(connection)
    every = " UNION ".join(companies) or "SELECT NULL::VARCHAR WHERE false"
    pairs = " UNION ALL ".join(_pairs(letters) for letters in LETTERS)
    for statement in (
        "company_keys AS SELECT company, company_key(company) AS key FROM"
        f" ({every}) AS found(company) WHERE company_key(company) IS NOT NULL",
        "account_keys AS SELECT key, min(account_id) AS account_id, arg_min(name, account_id) AS name,"
        " count(*) AS accounts, min(account_id, 5) AS ids FROM (SELECT account_id, name,"
        " company_key(name::VARCHAR) AS key FROM accounts) WHERE key IS NOT NULL GROUP BY key",
        "other_keys AS SELECT DISTINCT key FROM company_keys ANTI JOIN account_keys USING (key)",
        f"name_blocks AS SELECT block, coalesce(min(letters) FILTER (WHERE pairs <= {MOST_PAIRS}),"
        f" {LETTERS[-1]}) AS letters FROM ({pairs}) GROUP BY block",
        "similar_keys AS SELECT key, account_key, similarity FROM (SELECT c.key, a.key AS account_key,"
        f" jaro_winkler_similarity(c.key, a.key, {max(similarity - NEAR, 0.0)}) AS similarity FROM"
        f" ({_blocked('other_keys')}) c JOIN ({_blocked('account_keys')}) a USING (prefix))"
        f" WHERE similarity >= {similarity - NEAR} QUALIFY"
        " rank() OVER (PARTITION BY key ORDER BY similarity DESC) = 1",
        "key_matches AS SELECT key, key AS account_key, 1.0::DOUBLE AS similarity FROM (SELECT DISTINCT key"
        " FROM company_keys) SEMI JOIN account_keys USING (key) UNION ALL SELECT key, account_key, similarity"
        " FROM similar_keys",
        "company_candidates AS SELECT c.company, min(a.account_id) AS account_id, arg_min(a.name,"
        " a.account_id) AS name, sum(a.accounts)::BIGINT AS accounts, any_value(m.similarity) AS similarity,"
        " list_sort(flatten(list(a.ids)))[:5] AS ids FROM company_keys c JOIN key_matches m USING (key) JOIN"
        " account_keys a ON a.key = m.account_key GROUP BY c.company",
        f"company_matches AS SELECT * FROM company_candidates WHERE similarity >= {similarity}",
        f"company_near AS SELECT * FROM company_candidates WHERE similarity < {similarity}",
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {statement}")


def _pairs(letters: int) -> str:
    """Pairs of names with that many first letters in common, by the first two."""
    counted = f"SELECT left(key, {letters}) AS prefix, count(*) AS names FROM"
    return (
        f"SELECT left(prefix, {LETTERS[0]}) AS block, {letters} AS letters, sum(c.names * a.names) AS pairs"
        f" FROM ({counted} other_keys GROUP BY 1) c JOIN ({counted} account_keys GROUP BY 1) a USING (prefix)"
        " GROUP BY block"
    )


def _blocked(table: str) -> str:
    """Names with the prefix that decides which others they are compared with."""
    return (
        f"SELECT key, left(key, letters) AS prefix FROM {table} JOIN name_blocks ON block ="
        f" left(key, {LETTERS[0]})"
    )


def coarse_blocks(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """First two letters, and how many had to be equal, where there were too many names to compare all."""
    rows = connection.execute(
        f"SELECT block, letters FROM name_blocks WHERE letters > {LETTERS[0]} ORDER BY block"
    ).fetchall()
    return [(str(block), int(letters)) for block, letters in rows]
