"""Sums in conditions: exact, in one currency, each event or record once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from workbench.engines.sql.conditions import Scope, Tested, Writer, threshold
from workbench.engines.sql.histories import full_history
from workbench.engines.sql.literals import number, quote_literal, quote_name
from workbench.engines.sql.statement import lines
from workbench.errors import DataError, SpecError
from workbench.model.conditions import CountIn, Related
from workbench.model.tables import ColumnType
from workbench.model.wording import describe_condition

MIXED = "the sum holds "
"""How the error of a statement begins that would add up several currencies."""


@contextmanager
def one_currency() -> Iterator[None]:
    """Turn the error of a statement that would add up several currencies into a DataError."""
    try:
        yield
    except duckdb.InvalidInputException as problem:
        text = str(problem)
        if MIXED not in text:
            raise
        raise DataError(text[text.index(MIXED) :].splitlines()[0]) from None


def summed_events(writer: Writer, form: CountIn, scope: Scope, tested: Tested) -> str:
    """Name of a part that lists the containers whose matching events add up as asked."""
    assert form.sum is not None
    kind = checked(form.sum, writer.version.field_type(form.sum, "sum"))
    hops, _ = writer.version.route(form.sum, scope.container, "sum")
    if len(hops) > 1:
        raise SpecError("sums reach over one record at most", "sum")
    value, joins = writer.column(form.sum, scope)
    key = f"h.{quote_name(hops[0].column)}" if hops else "h.row"
    table, prefix = hops[0].table if hops else "events", form.sum.rpartition(".")[0]
    currency = None
    if kind == "money" and "currency" in writer.version.columns[table]:
        currency, _ = writer.column(f"{prefix}.currency" if prefix else "currency", scope)
    source = full_history(writer.statement, scope.container, scope.history, writer.version)
    body = lines(
        f"SELECT DISTINCT h.container_id, {key} AS key, {value} AS value, {currency or 'NULL'} AS currency",
        f"FROM {source} AS h",
        *dict.fromkeys([*joins, *tested.joins]),
        f"WHERE {tested.bracketed} AND {value} IS NOT NULL",
    )
    everyone = f"SELECT DISTINCT container_id FROM {source}"
    return passing_sums(writer, form, body, everyone, rated=currency is not None)


def checked(path: str, kind: ColumnType) -> ColumnType:
    """Refuse what has no sum: SpecError."""
    if kind not in ("money", "number", "integer"):
        raise SpecError(f"{path} holds {kind}, which has no sum", "sum")
    return kind


def passing_sums(writer: Writer, form: CountIn | Related, added: str, everyone: str, *, rated: bool) -> str:
    """Name of a part that lists those of everyone whose amounts add up as asked; nothing adds up to 0.

    `added` selects `container_id, value, currency`, each row to be added once.
    """
    amounts = writer.statement.add(
        "amounts", added, f"what is added up: {describe_condition(form, writer.version)}"
    )
    rates = writer.version.settings.currency_rates if rated else {}
    cases = " ".join(f"WHEN {quote_literal(name)} THEN {number(rate)}" for name, rate in rates.items())
    value = f"value * CASE currency {cases} ELSE 1 END" if rates else "value"
    total = f"sum({value})"
    if rated:
        total = f"CASE WHEN max(c.mixed) IS NULL THEN {total} ELSE error(max(c.mixed))::DECIMAL(38, 4) END"
    checks = f"\n  CROSS JOIN (\n{_mixed(amounts, list(rates))}\n  ) AS c" if rated else ""
    body = lines(
        f"SELECT e.container_id\nFROM ({everyone}) AS e\nLEFT JOIN (",
        f"  SELECT container_id, {total} AS total\n  FROM {amounts}{checks}\n  GROUP BY container_id",
        ") AS s ON s.container_id = e.container_id",
        f"WHERE {threshold('coalesce(s.total, 0)', form.op, form.value)}",
    )
    return writer.statement.add("sums", body, describe_condition(form, writer.version))


def _mixed(amounts: str, rates: list[str]) -> str:
    """A row with the words of an error where several currencies cannot be added up, else null."""
    known = ", ".join(quote_literal(name) for name in rates) or "NULL"
    return (
        "    SELECT CASE WHEN count(DISTINCT currency) > 1\n"
        f"      AND count(currency) FILTER (WHERE NOT coalesce(currency IN ({known}), false)) > 0\n"
        f"      THEN {quote_literal(MIXED)} || string_agg(DISTINCT currency, ', ' ORDER BY currency)\n"
        "        || '; declare currency_rates for each in workspace.toml, or ask one currency at a time'\n"
        "      END AS mixed\n"
        f"    FROM {amounts}"
    )
