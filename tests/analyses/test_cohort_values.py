"""Cohort tables by hand: percent of the column before, amounts in cells, date ranges side by side."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import bench_of, both, cohort_table, is_type, journeys
from workbench.engines import ENGINES
from workbench.errors import DataError

Cells = dict[tuple[int, int], Any]

MONTHS = {
    "A1": "in@9 > back@40$10 > back@69$1.5",
    "A2": "in@9 > back@40$20 > back@41$0.25 > back@100",
    "A3": "in@9 > back@69$7",
    "A4": "in@9",
    "A5": "back@5$100 > in@40 > back@45$3 > back@69$50 > back@100$5",
}
"""Accounts joining in January and February 2024, and what they came back for."""


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    return bench_of(journeys(**MONTHS), data_until=datetime(2024, 4, 30, 23, 59, 59))


def cells(bench: wb.Workbench, *columns: str, **more: Any) -> Cells:
    """Columns of the cells by month of the cohort and column, of cohorts with members."""
    rows = both(bench, cohort_table("in", "back", **more), "cells")
    return {
        (row["cohort"].month, row["period"]): tuple(row[column] for column in columns)
        for row in rows
        if row["size"]
    }


def test_percent_of_the_column_before(bench: wb.Workbench) -> None:
    found = cells(bench, "value", "percent_base", "percent", base="previous")
    assert [found[1, k] for k in range(4)] == [(0, 4, 0), (2, 4, 50), (2, 2, 100), (1, 2, 50)]
    assert [found[2, k] for k in range(3)] == [(1, 1, 100), (1, 1, 100), (1, 1, 100)]


def test_percent_of_the_column_before_may_exceed_100_and_is_null_after_nobody(bench: wb.Workbench) -> None:
    found = cells(bench, "value", "percent_base", "percent", base="previous", type="churn")
    assert [found[1, k] for k in range(4)] == [(4, 4, 100), (2, 4, 50), (2, 2, 100), (3, 2, 150)]
    assert [found[2, k] for k in range(3)] == [(0, 1, 0), (0, 1, 0), (0, 0, None)]


def test_the_base_of_rolling_and_of_earlier_periods_stays(bench: wb.Workbench) -> None:
    rolling = cells(bench, "value", "percent_base", rolling=True)
    assert rolling == cells(bench, "value", "percent_base", rolling=True, base="previous")
    earlier = cells(bench, "value", "percent_base", latency=True, base="previous")
    assert earlier[2, -1] == (1, 1)


AMOUNT = {"value_metric": {"sum": "amount"}}
COLUMNS = ("value", "amount", "amount_average")


def test_amounts_of_the_returns_in_the_period(bench: wb.Workbench) -> None:
    found = cells(bench, *COLUMNS, **AMOUNT)
    assert found[1, 0] == (0, 0, None)
    assert found[1, 1] == (2, Decimal("30.25"), 15.125)
    assert found[1, 2] == (2, Decimal("8.5"), 4.25)
    assert found[1, 3] == (1, 0, 0)
    assert found[2, 0] == (1, 3, 3)


def test_amounts_so_far_from_then_on_and_rolling(bench: wb.Workbench) -> None:
    so_far = cells(bench, *COLUMNS, **AMOUNT, counting="cumulative")
    assert [so_far[1, k][1] for k in range(4)] == [0, Decimal("30.25"), Decimal("38.75"), Decimal("38.75")]
    assert so_far[2, 2] == (1, 58, 58)
    then_on = cells(bench, *COLUMNS, **AMOUNT, counting="on_or_after")
    assert [then_on[1, k][:2] for k in (1, 2)] == [(3, Decimal("38.75")), (3, Decimal("8.5"))]
    rolling = cells(bench, *COLUMNS, **AMOUNT, rolling=True)
    assert [rolling[1, k][:2] for k in (1, 2, 3)] == [(2, Decimal("30.25")), (1, Decimal("1.5")), (0, 0)]


def test_amounts_of_earlier_periods_and_of_some_events(bench: wb.Workbench) -> None:
    assert cells(bench, *COLUMNS, **AMOUNT, latency=True)[2, -1] == (1, 100, 100)
    large = {"sum": "amount", "where": {"field": "amount", "op": ">=", "value": 10}}
    assert cells(bench, *COLUMNS, value_metric=large)[1, 1] == (2, 30, 15)


def test_a_deal_is_added_once_a_cell_and_an_event_that_matches_two_metrics_once() -> None:
    deals = pl.DataFrame(
        {"opportunity_id": ["d", "e"], "account_id": ["a", "b"], "amount": [Decimal("10.5"), Decimal(4)]}
    )
    events = journeys(
        a="in@1 > back@40#d$1 > back@41#d$2 > back@70#d$4", b="in@2 > back@42#e", c="in@3 > x@80"
    )
    bench = bench_of(events, opportunities=deals)
    question = cohort_table("in", "back", value_metric={"sum": "opportunity.amount"})
    question["return"] = {"metrics": [{"where": is_type("back")}, {"where": is_type("back", "x")}]}
    rows = {row["period"]: row for row in both(bench, question, "cells") if row["cohort"].month == 1}
    assert [rows[k]["amount"] for k in range(3)] == [0, Decimal("14.5"), Decimal("10.5")]
    twice = both(bench, question | {"value_metric": {"sum": "amount"}}, "cells")
    assert next(row["amount"] for row in twice if row["size"] and row["period"] == 1) == 3


def test_currencies_need_rates() -> None:
    events = journeys(a="in@1 > back@40$10", b="in@2 > back@41$10")
    events = events.with_columns(currency=pl.Series([None, "EUR", None, "USD"]))
    question = cohort_table("in", "back", **AMOUNT)
    for engine in ENGINES:
        with pytest.raises(DataError, match="EUR, USD"):
            bench_of(events).ask(question, engine=engine)
    one = question | {
        "return": {"metrics": [{"where": {"field": "currency", "op": "equals", "value": "USD"}}]}
    }
    found = [row["amount"] for row in both(bench_of(events), one, "cells") if row["period"] == 1]
    assert found[0] == 10
    bench = bench_of(events, settings={"currency_rates": {"EUR": "1", "USD": "0.5"}})
    found = [row["amount"] for row in both(bench, question, "cells") if row["size"] and row["period"] == 1]
    assert found == [15]


RANGES = [{"from": "2024-01-01", "to": "2024-01-31"}, {"from": "2024-02-01", "to": "2024-03-31"}]
LABELS = ["2024-01-01 to 2024-01-31", "2024-02-01 to 2024-03-31"]


def test_date_ranges_side_by_side_are_the_questions_of_each(bench: wb.Workbench) -> None:
    question = cohort_table("in", "back", **AMOUNT)
    rows = both(bench, question | {"compare_ranges": RANGES}, "cells")
    assert list(dict.fromkeys(row["segment"] for row in rows)) == LABELS
    for label, dates in zip(LABELS, RANGES, strict=True):
        alone = both(bench, question | {"date_range": dates}, "cells")
        assert [row | {"segment": "All"} for row in rows if row["segment"] == label] == alone
    result = bench.ask(question | {"compare_ranges": RANGES})
    assert "differences" not in result.tables
    assert f"start events of {LABELS[0]} and of {LABELS[1]}" in result.definition


@pytest.mark.parametrize("engine", ENGINES)
def test_cells_of_a_date_range_open_and_become_segments(bench: wb.Workbench, engine: str) -> None:
    result = bench.ask(cohort_table("in", "back", compare_ranges=RANGES), engine=engine)
    select = {"segment": LABELS[1], "cohort": date(2024, 2, 1), "period": 1}
    assert result.members("cells", select)["account_id"].to_list() == ["A5"]
    behind = result.segment("cells", select)["members_of"]
    assert behind["question"]["date_range"] == RANGES[1]
    assert "compare_ranges" not in behind["question"]


def test_items_of_date_ranges_are_compared_with_their_limits_beside(bench: wb.Workbench) -> None:
    question = cohort_table("in", "back", dimension="event_type", compare_ranges=RANGES, follow="40d")
    differences = both(bench, question, "differences")
    assert {(row["segment"], row["against"]) for row in differences} == {(LABELS[1], LABELS[0])}
    assert all(row["p_value"] is None for row in differences)
    [one] = [row for row in differences if row["period"] == 1]
    assert (one["percent"], one["against_percent"], one["difference"]) == (100, 50, 50)


def test_a_range_without_a_whole_period_says_so(bench: wb.Workbench) -> None:
    short = {"from": "2024-02-03", "to": "2024-02-20"}
    question = cohort_table("in", "back", compare_ranges=[RANGES[0], short], **AMOUNT)
    assert {row["segment"] for row in both(bench, question, "cells")} == {LABELS[0]}
    for engine in ENGINES:
        notes = bench.ask(question, engine=engine).notes
        assert notes == ["no whole month lies in 2024-02-03 to 2024-02-20, so there is no cohort"]
