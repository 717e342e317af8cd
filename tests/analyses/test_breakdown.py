"""Breakdown on histories written by hand: items, Other, No value, periods, metrics, members and segments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import Question, bench_of, both, fallout, is_type, journeys

EVENTS = journeys(
    a="ad@0:Web$10 > ad@1:Mail$5.50 > won@40:Web",
    b="ad@0:Web > call@3",
    c="call@31:Phone > ad@33:Mail$1",
    d="won@60",
)


def breakdown(by: str, container: str = "account", /, **more: Any) -> Question:
    """A breakdown of all events, or of those of an event type."""
    where = {"where": is_type(more.pop("of"))} if "of" in more else {}
    return {"analysis": "breakdown", "container": container, "by": by} | where | more


def rows(bench: wb.Workbench, question: Question) -> list[tuple[Any, ...]]:
    """Kind, item and value of every row, equal in every engine."""
    return [(row["kind"], row["item"], row["value"]) for row in both(bench, question, "items")]


def opened(bench: wb.Workbench, question: Question, kind: str, item: str) -> str:
    """Ids behind a row, equal in every engine and behind the segment made from it."""
    select = {"kind": kind, "item": item}
    result = bench.ask(question)
    found = "".join(result.members("items", select).to_series(0))
    assert "".join(bench.ask(question, engine="sql").members("items", select).to_series(0)) == found
    again = bench.ask(fallout("ad", segments=[result.segment("items", select)]))
    assert "".join(again.members("touchpoints", {"step": 0}).to_series(0)) == found
    return found


def test_a_container_counts_at_every_item_it_has_and_once_in_the_base() -> None:
    bench = bench_of(EVENTS)
    assert rows(bench, breakdown("event_type")) == [
        ("item", "ad", 3),
        ("item", "call", 2),
        ("item", "won", 2),
    ]
    table = both(bench, breakdown("event_type"), "items")
    assert [row["percent"] for row in table] == [75.0, 50.0, 50.0]
    assert {row["percent_base"] for row in table} == {4}
    assert {row["complete"] for row in table} == {None}


def test_other_counts_containers_once_and_no_value_stands_apart() -> None:
    bench = bench_of(EVENTS)
    kept = breakdown("channel", items=1)
    assert rows(bench, kept) == [("item", "Mail", 2), ("other", "Other", 3), ("none", "No value", 2)]
    assert "rows are the item with the greatest value; the rest is Other" in bench.ask(kept).notes
    assert opened(bench, kept, "item", "Mail") == "ac"
    assert opened(bench, kept, "other", "Other") == "abc"
    assert opened(bench, kept, "none", "No value") == "bd"
    assert rows(bench, breakdown("channel", of="won")) == [("item", "Web", 1), ("none", "No value", 1)]


def test_ties_are_ordered_by_name() -> None:
    bench = bench_of(journeys(a="z@0 > b@1", b="z@1 > a@2"))
    assert rows(bench, breakdown("event_type", items=2)) == [
        ("item", "z", 2),
        ("item", "a", 1),
        ("other", "Other", 1),
    ]


def test_every_period_is_a_row_and_those_that_are_cut_are_incomplete() -> None:
    bench = bench_of(EVENTS, data_until=datetime(2024, 3, 15))
    months = breakdown("period")
    assert rows(bench, months) == [
        ("period", "2024-01-01", 2),
        ("period", "2024-02-01", 2),
        ("period", "2024-03-01", 1),
    ]
    assert [row["complete"] for row in both(bench, months, "items")] == [True, True, False]
    ranged = months | {"date_range": {"from": "2024-01-02", "to": "2024-02-29"}, "where": is_type("ad")}
    assert rows(bench, ranged) == [("period", "2024-01-01", 1), ("period", "2024-02-01", 1)]
    assert [row["complete"] for row in both(bench, ranged, "items")] == [False, True]
    assert opened(bench, months, "period", "2024-02-01") == "ac"
    empty = breakdown("period", of="call", granularity="week", date_range={"to": "2024-01-14"})
    assert rows(bench, empty) == [("period", "2024-01-01", 1), ("period", "2024-01-08", 0)]
    assert bench.ask(empty).members("items", {"kind": "period", "item": "2024-01-08"}).is_empty()


def test_counted_events_lie_in_the_date_range_whatever_it_applies_to() -> None:
    bench = bench_of(EVENTS)
    for applies_to in ("start", "events"):
        dates = {"from": "2024-02-01", "applies_to": applies_to}
        asked = breakdown("event_type", date_range=dates)
        assert rows(bench, asked) == [("item", "won", 2), ("item", "ad", 1), ("item", "call", 1)]
        card = bench.ask(asked).definition
        assert "all events from 2024-02-01" in card


def test_any_metric_ranks_and_is_shown() -> None:
    bench = bench_of(EVENTS)
    money = breakdown("channel", metric={"sum": "amount"}, items=1)
    assert rows(bench, money) == [
        ("item", "Web", Decimal(10)),
        ("other", "Other", Decimal("6.5")),
        ("none", "No value", Decimal(0)),
    ]
    assert rows(bench, breakdown("event_type", metric="events")) == [
        ("item", "ad", 4),
        ("item", "call", 2),
        ("item", "won", 2),
    ]
    mails = breakdown("event_type", metric={"count": {"field": "channel", "value": "Mail"}})
    assert [value for _, _, value in rows(bench, mails)] == [2, 0, 0]
    with pytest.raises(wb.SpecError, match="only the number of accounts opens"):
        bench.ask(money).members("items", {"kind": "item", "item": "Web"})


def test_sums_are_exact_and_convert_each_row_by_the_declared_rates() -> None:
    events = EVENTS.with_columns(
        currency=pl.when(pl.col("channel") == "Mail").then(pl.lit("USD")).otherwise(pl.lit("EUR"))
    )
    with pytest.raises(wb.DataError, match="currency_rates"):
        bench_of(events).ask(breakdown("event_type", metric={"sum": "amount"}))
    bench = bench_of(events, settings={"currency_rates": {"EUR": "1", "USD": "0.5"}})
    assert rows(bench, breakdown("channel", metric={"sum": "amount"}))[:2] == [
        ("item", "Web", Decimal(10)),
        ("item", "Mail", Decimal("3.25")),
    ]


def test_items_of_records_truth_values_and_whole_numbers_open_into_readable_segments() -> None:
    accounts = pl.DataFrame(
        {"account_id": ["a", "b", "c"], "employees": [50, 200, 50], "key_account": [True, False, None]}
    )
    bench = bench_of(EVENTS, accounts=accounts)
    sizes = breakdown("account.employees")
    assert rows(bench, sizes) == [("item", "50", 2), ("item", "200", 1), ("none", "No value", 1)]
    assert opened(bench, sizes, "item", "50") == "ac"
    segment = bench.ask(sizes).segment("items", {"kind": "item", "item": "50"})
    assert segment == {
        "container": "account",
        "where": {"field": "account.employees", "op": "equals", "value": 50},
    }
    keys = breakdown("account.key_account", of="ad")
    assert rows(bench, keys) == [("item", "false", 1), ("item", "true", 1), ("none", "No value", 1)]
    assert opened(bench, keys, "item", "true") == "a"


def test_segments_are_compared_row_by_row() -> None:
    bench = bench_of(EVENTS)
    winners = {"container": "account", "where": is_type("won")}
    callers = {"container": "account", "where": is_type("call")}
    table = both(bench, breakdown("event_type", compare=[winners, callers]), "items")
    assert [(row["item"], row["value"], row["percent_base"]) for row in table] == [
        ("won", 2, 2),
        ("ad", 1, 2),
        ("ad", 2, 2),
        ("call", 2, 2),
    ]
    assert len({row["segment"] for row in table}) == 2


def test_what_has_no_items_or_no_row_is_refused() -> None:
    bench = bench_of(EVENTS)
    for engine in ("index", "sql"):
        for path, words in (("occurred_at", "by 'period'"), ("amount", "money"), ("chanel", "'channel'")):
            with pytest.raises(wb.SpecError, match=words):
                bench.ask(breakdown(path), engine=engine)
        result = bench.ask(breakdown("channel"), engine=engine)
        for select in ({"kind": "item", "item": "Radio"}, {"kind": "itm", "item": "Web"}):
            with pytest.raises(wb.SpecError):
                result.members("items", select)
        with pytest.raises(wb.SpecError, match="no period"):
            bench.ask(breakdown("period"), engine=engine).members(
                "items", {"kind": "period", "item": "2020-01-01"}
            )
    with pytest.raises(wb.SpecError):
        bench.ask(breakdown("period")).segment("items", {"kind": "period", "item": "soon"})
    masked = bench_of(EVENTS, settings={"mask_persons": True}, persons=pl.DataFrame({"person_id": ["p"]}))
    with pytest.raises(wb.SpecError, match="personal"):
        masked.ask(breakdown("person.name"))


def test_nothing_to_count_has_no_rows_but_its_periods() -> None:
    bench = bench_of(EVENTS)
    assert rows(bench, breakdown("channel", of="nothing")) == []
    assert [value for *_, value in rows(bench, breakdown("period", of="nothing"))] == [0, 0, 0]


def test_the_builder_asks_it() -> None:
    bench = bench_of(EVENTS)
    found = bench.breakdown(by="event_type", where=is_type("won"))
    assert found.tables["items"]["value"].to_list() == [2]
    assert "top 10 apart" in found.definition
