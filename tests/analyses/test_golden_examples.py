"""The worked examples of the specification on every engine, as histories and expected numbers.

Where an example contradicts the exact definitions, the definitions win and the test says so.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import (
    START,
    Condition,
    bench_of,
    both,
    by,
    canvas,
    cohort_table,
    fallout,
    flow,
    histories,
    is_type,
    journeys,
    kept,
    kept_types,
)
from workbench.engines import ENGINES

EXISTS = {"field": "event_type", "op": "exists"}


def then(*steps: str | dict[str, Any], container: str = "person", **more: Any) -> Condition:
    """A sequence; steps are event types, or whole steps."""
    whole = [{"where": is_type(step)} if isinstance(step, str) else step for step in steps]
    return {"sequence": whole, "container": container} | more


def without(*names: str) -> dict[str, Any]:
    """An excluded step."""
    return {"where": is_type(*names), "exclude": True}


# --- journey canvas ----------------------------------------------------------------------------


def test_gt_jc1_every_matching_event_of_a_qualified_container_counts() -> None:
    bench = bench_of(journeys("person", p="A@0/s1 > B@0.01/s1 > C@0.02/s1 > C@5/s2"))
    nodes = both(bench, canvas("A>B B>C", "person", metric="events"), "nodes")
    assert by(nodes, "id") == {"A": 1, "B": 1, "C": 2}
    assert by(nodes, "id", "percent") == {"A": 100, "B": 100, "C": 200}
    nodes = both(bench, canvas("A>B B>C", "session", metric="events"), "nodes")
    assert by(nodes, "id") == {"A": 1, "B": 1, "C": 1}


def test_gt_jc2_percentages_of_start_previous_and_total() -> None:
    """354,147 visits, 48,394 views and 113,782 check-outs, a hundredth of each, among 100,000 events."""
    counts = {"Visit site": 3541, "View Product A": 484, "Check out": 1138, "Other": 94837}
    types = [name for name, count in counts.items() for _ in range(count)]
    times = [START + timedelta(seconds=place) for place in range(len(types))]
    events = pl.DataFrame({"event_type": types, "occurred_at": times}).with_columns(person_id=pl.lit("p"))
    nodes = [{"id": name, "where": is_type(name)} for name in list(counts)[:3]]
    arrows = [{"source": one["id"], "target": two["id"]} for one, two in itertools.pairwise(nodes)]
    bench, question = bench_of(events), canvas("", "person", nodes=nodes, arrows=arrows, metric="events")
    expected = {"start": [100, 14, 32], "previous": [100, 14, 235], "total": [4, 0, 1]}
    for percent_of, rounded in expected.items():
        rows = both(bench, question | {"percent_of": percent_of}, "nodes")
        assert [row["value"] for row in rows] == [3541, 484, 1138]
        assert [round(row["percent"]) for row in rows] == rounded


def test_gt_jc3_a_container_that_took_another_way_falls_out() -> None:
    bench = bench_of(journeys("person", b="Visit@0 > ViewB@1 > Out@2"))
    nodes = both(bench, canvas("Visit>ViewA ViewA>Out", "person"), "nodes")
    assert by(nodes, "id") == {"Visit": 1, "ViewA": 0, "Out": 0}
    assert by(nodes, "id", "fallout") == {"Visit": 1, "ViewA": 0, "Out": None}
    assert by(nodes, "id", "fallout_percent") == {"Visit": 100, "ViewA": None, "Out": None}


def test_gt_jc4_sessions_keep_their_events_apart() -> None:
    bench = bench_of(journeys("person", a="V@0/s1 > A@0.01/s1 > C@0.02/s1 > C@3/s2"))
    by_person = both(bench, canvas("V>A A>C", "person", metric="events"), "nodes")
    by_session = both(bench, canvas("V>A A>C", "session", metric="events"), "nodes")
    assert (by(by_person, "id")["C"], by(by_session, "id")["C"]) == (2, 1)


@pytest.fixture(scope="module")
def joining() -> wb.Workbench:
    """Five persons of GT-JC5."""
    return bench_of(
        journeys(
            "person",
            p1="S1@0 > X@1 > E1@2",
            p2="S2@0 > X@1 > E2@2",
            p3="X@0",
            p4="S1@0 > S2@1 > X@2",
            p5="S1@0",
        )
    )


JOINING = "S1>X S2>X X>E1 X>E2"


def test_gt_jc5_several_starts_that_join(joining: wb.Workbench) -> None:
    question = canvas(JOINING, "person")
    nodes, arrows = both(joining, question, "nodes"), both(joining, question, "arrows")
    assert by(nodes, "id") == {"S1": 3, "X": 3, "S2": 2, "E1": 1, "E2": 1}
    assert [(row["source"], row["target"], row["value"]) for row in arrows] == [
        ("S1", "X", 2),
        ("S2", "X", 2),
        ("X", "E1", 1),
        ("X", "E2", 1),
    ]
    assert by(nodes, "id", "fallout") == {"S1": 1, "X": 1, "S2": 0, "E1": None, "E2": None}
    for engine in ENGINES:
        found = joining.ask(question, engine=engine)
        assert found.members("nodes", {"id": "S1"})["person_id"].to_list() == ["p1", "p4", "p5"]
        assert found.members("nodes", {"id": "X"})["person_id"].to_list() == ["p1", "p2", "p4"]
        assert found.members("nodes", {"id": "S1"}, measure="fallout")["person_id"].to_list() == ["p5"]
        assert found.members("nodes", {"id": "X"}, measure="fallout")["person_id"].to_list() == ["p4"]


def test_gt_jc5_bases_are_unions_where_the_example_forces_the_total(joining: wb.Workbench) -> None:
    """Contradiction: the example forces "of total" where starts join; here the base is their union."""
    start = both(joining, canvas(JOINING, "person"), "nodes")
    assert by(start, "id", "percent_base") == {"S1": 3, "X": 4, "S2": 2, "E1": 4, "E2": 4}
    previous = both(joining, canvas(JOINING, "person", percent_of="previous"), "nodes")
    assert by(previous, "id", "percent_base") == {"S1": 3, "X": 4, "S2": 2, "E1": 3, "E2": 3}
    total = both(joining, canvas(JOINING, "person", percent_of="total"), "nodes")
    assert by(total, "id", "percent") == {"S1": 60, "X": 60, "S2": 40, "E1": 20, "E2": 20}


# --- fallout -----------------------------------------------------------------------------------


def test_gt_fo1_values_of_one_event_are_rows_of_one_moment_and_ordered_like_all_ties() -> None:
    """Contradiction: the example has several values in one event, which are never each other's next.

    An event here has one value; several are several rows at one time, and rows are totally ordered.
    """
    bench = bench_of(journeys(acme="shoes@0 > shirt@0 > shirt@1 > socks@1"))
    assert [row["value"] for row in both(bench, fallout("shoes", "+shirt"), "touchpoints")] == [1, 1, 1]
    assert [row["value"] for row in both(bench, fallout("shoes", "+socks"), "touchpoints")] == [1, 1, 0]
    for item in ("shirt", "socks"):
        later = fallout("shoes", item)
        later["touchpoints"][1]["after"] = "1d"
        assert [row["value"] for row in both(bench, later, "touchpoints")] == [1, 1, 1]


def test_a_fallout_of_accounts_starts_with_all_of_them() -> None:
    bench = bench_of(
        journeys(
            acme="Lead Form: Complete@0 > Lead Generated@1 > MQL Qualified@2",
            beta="Lead Form: Complete@0 > MQL Qualified@1 > Lead Generated@2",
            gamma="Lead Generated@0 > MQL Qualified@1",
            delta="Page Viewed@0",
        )
    )
    rows = both(bench, fallout("Lead Form: Complete", "Lead Generated", "MQL Qualified"), "touchpoints")
    assert [row["value"] for row in rows] == [4, 2, 2, 1]
    assert [row["fallout"] for row in rows] == [2, 0, 1, None]
    assert [row["percent_of_first"] for row in rows] == [100, 50, 50, 25]
    assert [row["percent_of_previous"] for row in rows] == [None, 50, 100, 50]
    assert [row["median_seconds"] for row in rows] == [None, None, 1.5 * 86400, 86400]


# --- flow --------------------------------------------------------------------------------------

PAGES = "home home search search pd search pd search search"


@lru_cache
def pages() -> wb.Workbench:
    """One session of GT-DF1."""
    return bench_of(journeys(acme=" > ".join(f"{page}@{n / 1000}/s" for n, page in enumerate(PAGES.split()))))


def beside(anchor: str, *, repeats: bool, ends: bool = False) -> dict[str, int]:
    """Paths by what stands next to an anchor, or before it."""
    question = flow(
        container="session", repeats=repeats, columns=1, **{"ends_with" if ends else "starts_with": anchor}
    )
    column = -1 if ends else 1
    rows = both(pages(), question, "nodes")
    return {row["item"]: row["paths"] for row in rows if row["column"] == column}


def test_gt_df1_next_item_with_repeats_kept() -> None:
    assert beside("home", repeats=True) == {"Anchor": 1, "search": 1}
    assert beside("search", repeats=True) == {"Anchor": 2, "pd": 2, "Exit": 1}
    assert beside("pd", repeats=True) == {"search": 2}


def test_gt_df1_next_item_with_repeats_collapsed() -> None:
    """The example repeats a run's answer on every one of its rows; a run of a flow is one path."""
    assert beside("home", repeats=False) == {"search": 1}
    assert beside("search", repeats=False) == {"pd": 2, "Exit": 1}
    assert beside("pd", repeats=False) == {"search": 2}


def test_gt_df1_previous_item() -> None:
    assert beside("home", repeats=True, ends=True) == {"Anchor": 1, "Entry": 1}
    assert beside("search", repeats=True, ends=True) == {"Anchor": 2, "pd": 2, "home": 1}
    assert beside("search", repeats=False, ends=True) == {"home": 1, "pd": 2}
    assert beside("pd", repeats=False, ends=True) == {"search": 2}


def test_a_flow_of_accounts_that_ends_with_a_milestone() -> None:
    bench = bench_of(
        journeys(acme="v@0:Video > v@1:Video > p@2:Paper > mql@3 > v@4:Video", beta="p@0:Paper > x@1 > mql@2")
    )
    question = flow(ends_with="mql", dimension="channel", columns=3)
    nodes = [(row["column"], row["item"], row["paths"]) for row in both(bench, question, "nodes")]
    assert nodes == [
        (-3, "Entry", 1),
        (-2, "Video", 1),
        (-2, "Entry", 1),
        (-1, "Paper", 2),
        (0, "Anchor", 2),
    ]
    links = [(row["column"], row["source"], row["target"]) for row in both(bench, question, "links")]
    assert links == [
        (-3, "Entry", "Video"),
        (-2, "Video", "Paper"),
        (-2, "Entry", "Paper"),
        (-1, "Paper", "Anchor"),
    ]


# --- cohort table ------------------------------------------------------------------------------

MONTH_DAYS = {"Jan": 9, "Feb": 40, "Mar": 69, "Apr": 100}
INCLUDED = {"Jan": ("A1", "A2", "A3", "A4"), "Feb": ("A5", "A6")}
RETURNED = {"Jan": ("A5",), "Feb": ("A1", "A2"), "Mar": ("A1", "A3", "A5"), "Apr": ("A1", "A2", "A5", "A6")}


@pytest.fixture(scope="module")
def months() -> wb.Workbench:
    """The accounts of GT-CO4, observed until the end of April 2024."""
    written: dict[str, list[str]] = {}
    for kind, table in (("included", INCLUDED), ("returned", RETURNED)):
        for month, accounts in table.items():
            for account in accounts:
                written.setdefault(account, []).append(f"{kind}@{MONTH_DAYS[month]}")
    events = journeys(**{account: " > ".join(parts) for account, parts in written.items()})
    return bench_of(events, data_until=datetime(2024, 4, 30, 23, 59, 59))


def cells(bench: wb.Workbench, measure: str = "value", **more: Any) -> dict[str, list[Any]]:
    """One measure of the cells by cohort, period 0 first."""
    found: dict[str, list[Any]] = {}
    for row in both(bench, cohort_table("included", "returned", **more), "cells"):
        found.setdefault(f"{row['cohort']:%b}", []).append(row[measure])
    return found


def test_gt_co4_retention(months: wb.Workbench) -> None:
    values = cells(months)
    assert values["Jan"][1:] == [2, 2, 2]
    assert values["Feb"][1:] == [1, 2]
    percents = cells(months, "percent")
    assert percents["Jan"][1:] == [50, 50, 50]
    assert percents["Feb"][1:] == [50, 100]
    assert {month: sizes[0] for month, sizes in cells(months, "size").items()} == {
        "Jan": 4,
        "Feb": 2,
        "Mar": 0,
        "Apr": 0,
    }


def test_gt_co4_period_0_holds_returns_after_the_inclusion_where_the_example_has_everyone(
    months: wb.Workbench,
) -> None:
    """Contradiction: the example's included column is the whole cohort; here that is `size`, not period 0."""
    assert {month: values[0] for month, values in cells(months).items()} == dict.fromkeys(
        ("Jan", "Feb", "Mar", "Apr"), 0
    )


def test_gt_co4_churn(months: wb.Workbench) -> None:
    values = cells(months, type="churn")
    assert values["Jan"][1:] == [2, 2, 2]
    assert values["Feb"][1:] == [1, 0]


def test_gt_co4_rolling_is_relative_to_the_previous_column(months: wb.Workbench) -> None:
    values, percents = cells(months, rolling=True), cells(months, "percent", rolling=True)
    assert values["Jan"][1:] == [2, 1, 1]
    assert percents["Jan"][1:] == [50, 50, 100]
    assert values["Feb"][1:] == [1, 1]
    assert percents["Feb"][1:] == [50, 100]


def test_gt_co4_members_of_a_cell(months: wb.Workbench) -> None:
    for engine in ENGINES:
        found = months.ask(cohort_table("included", "returned"), engine=engine)
        opened = found.members("cells", {"cohort": "2024-01-01", "period": 2})
        assert opened["account_id"].to_list() == ["A1", "A3"]


def test_gt_co4_the_latency_row(months: wb.Workbench) -> None:
    rows = both(months, cohort_table("included", "returned", latency=True), "cells")
    february = {row["period"]: (row["value"], row["percent"]) for row in rows if row["cohort"].month == 2}
    assert february == {-1: (1, 50), 0: (0, 0), 1: (1, 50), 2: (2, 100)}
    assert min(row["period"] for row in rows if row["cohort"].month == 1) == 0
    for engine in ENGINES:
        found = months.ask(cohort_table("included", "returned", latency=True), engine=engine)
        opened = found.members("cells", {"cohort": "2024-02-01", "period": -1})
        assert opened["account_id"].to_list() == ["A5"]


def test_gt_co4_counted_on_or_after_and_cumulatively(months: wb.Workbench) -> None:
    nobody = {"Mar": [0, 0], "Apr": [0]}
    on_or_after, cumulative = (cells(months, counting=name) for name in ("on_or_after", "cumulative"))
    assert on_or_after == {"Jan": [3, 3, 3, 2], "Feb": [2, 2, 2], **nobody}
    assert cumulative == {"Jan": [0, 2, 3, 3], "Feb": [0, 1, 2], **nobody}


def test_gt_co4_by_items_of_a_dimension() -> None:
    """The example by the channel of the inclusion; k counts from each member's own period."""
    channel = {"A1": ":Web", "A2": ":Web", "A3": ":Mail", "A4": "", "A5": ":Web", "A6": ":Call"}
    written: dict[str, list[str]] = {}
    for kind, table in (("included", INCLUDED), ("returned", RETURNED)):
        for month, accounts in table.items():
            for account in accounts:
                mark = channel[account] if kind == "included" else ""
                written.setdefault(account, []).append(f"{kind}@{MONTH_DAYS[month]}{mark}")
    events = journeys(**{account: " > ".join(parts) for account, parts in written.items()})
    bench = bench_of(events, data_until=datetime(2024, 4, 30, 23, 59, 59))
    question = cohort_table("included", "returned", dimension="channel", items=1)
    found = {
        (row["kind"], row["cohort"], row["period"]): (row["size"], row["value"], row["percent_base"])
        for row in both(bench, question, "cells")
    }
    assert found == {
        ("item", "Web", 0): (3, 0, 3),
        ("item", "Web", 1): (3, 3, 3),
        ("item", "Web", 2): (3, 2, 3),
        ("item", "Web", 3): (3, 2, 2),
        ("other", "Other", 0): (2, 0, 2),
        ("other", "Other", 1): (2, 0, 2),
        ("other", "Other", 2): (2, 2, 2),
        ("other", "Other", 3): (2, 0, 1),
        ("none", "No value", 0): (1, 0, 1),
        ("none", "No value", 1): (1, 0, 1),
        ("none", "No value", 2): (1, 0, 1),
        ("none", "No value", 3): (1, 0, 1),
    }
    for engine in ENGINES:
        result = bench.ask(question, engine=engine)
        opened = result.members("cells", {"kind": "other", "cohort": "Other", "period": 2})
        assert opened["account_id"].to_list() == ["A3", "A6"]
        assert result.members("cells", {"cohort": "Web", "period": 2})["account_id"].to_list() == ["A1", "A5"]


def test_milestones_as_columns() -> None:
    """Medians are Kaplan-Meier's: who has not arrived is known to the horizon and no longer."""
    events = journeys(
        a="mql@0 > sql@10#d1 > won@40#d1",
        b="mql@5 > sql@25#d2 > won@30#d2 > won@50#d3",
        c="mql@8 > sql@40",
        d="mql@20",
        e="sql@2 > mql@40",
    )
    deals = pl.DataFrame(
        {"opportunity_id": ["d1", "d2", "d3"], "amount": [100, 20, 3], "currency": ["EUR"] * 3}
    ).with_columns(pl.col("amount").cast(pl.Decimal(18, 4)))
    bench = bench_of(events, opportunities=deals, data_until=START + timedelta(days=59))
    question = {
        "analysis": "cohort_table",
        "inclusion": {"metrics": [{"where": is_type("mql")}]},
        "columns": "milestones",
        "milestones": [{"where": is_type("sql")}, {"label": "Won", "where": is_type("won")}],
    }
    rows = both(bench, question, "milestones")
    assert [(row["cohort"].month, row["milestone"], row["label"]) for row in rows] == [
        (1, 0, "event type is sql"),
        (1, 1, "Won"),
        (2, 0, "event type is sql"),
        (2, 1, "Won"),
    ]
    assert [(row["value"], row["percent"], row["percent_base"]) for row in rows] == [
        (3, 75, 4),
        (2, 50, 4),
        (0, 0, 1),
        (0, 0, 1),
    ]
    assert [row["median_seconds"] for row in rows] == [20 * 86400, 40 * 86400, None, None]
    assert [row["amount"] for row in rows] == [120, 123, None, None]
    assert [row["complete"] for row in rows] == [True, True, False, False]
    for engine in ENGINES:
        result = bench.ask(question, engine=engine)
        won = result.members("milestones", {"cohort": "2024-01-01", "milestone": 1})
        assert won["account_id"].to_list() == ["a", "b"]
        everybody = result.members("cells", {"cohort": "2024-01-01", "period": 1}, measure="size")
        assert everybody["account_id"].to_list() == ["a", "b", "c", "d"]


def test_amounts_of_several_currencies_are_not_added_up() -> None:
    events = journeys(a="mql@0 > won@1#d1", b="mql@0 > won@1#d2")
    deals = pl.DataFrame({"opportunity_id": ["d1", "d2"], "amount": [100, 20], "currency": ["EUR", "USD"]})
    deals = deals.with_columns(pl.col("amount").cast(pl.Decimal(18, 4)))
    question = {
        "analysis": "cohort_table",
        "inclusion": {"metrics": [{"where": is_type("mql")}]},
        "columns": "milestones",
        "milestones": [{"where": is_type("won")}],
    }
    assert both(bench_of(events, opportunities=deals), question, "milestones")[0]["amount"] is None
    rates = {"currency_rates": {"EUR": "1", "USD": "0.5"}}
    bench = bench_of(events, opportunities=deals, settings=rates)
    assert both(bench, question, "milestones")[0]["amount"] == 110


def test_gt_co2_an_inclusion_that_happens_in_its_period_is_in_month_0() -> None:
    written = {f"p{month}": f"install@{31 * month} > launch@{31 * month + 0.5}" for month in range(6)}
    bench = bench_of(journeys("person", **written))
    rows = both(bench, cohort_table("install", "launch", "person"), "cells")
    assert [row["value"] for row in rows if row["period"] == 0] == [1] * 6
    assert {row["value"] for row in rows if row["period"]} == {0}


def test_gt_co3_opportunities_created_and_won() -> None:
    bench = bench_of(
        journeys(
            "opportunity",
            o1="Opportunity Created@5 > Closed-Won@20",
            o2="Opportunity Created@6 > Closed-Won@70",
            o3="Opportunity Created@40",
        )
    )
    rows = both(bench, cohort_table("Opportunity Created", "Closed-Won", "opportunity"), "cells")
    found = {(row["cohort"].month, row["period"]): (row["size"], row["value"]) for row in rows}
    assert found == {
        (1, 0): (2, 1),
        (1, 1): (2, 0),
        (1, 2): (2, 1),
        (2, 0): (1, 0),
        (2, 1): (1, 0),
        (3, 0): (0, 0),
    }


def test_gt_co5_calendar_days_count_the_next_day_where_elapsed_time_would_not() -> None:
    """23:55 and 00:05 lie in neighbouring days of the calendar, not a day apart."""
    times = [datetime(2024, 9, 6, 23, 55), datetime(2024, 9, 7, 0, 5)]
    events = pl.DataFrame({"event_type": ["start", "return"], "occurred_at": times, "person_id": ["p", "p"]})
    bench, question = bench_of(events), cohort_table("start", "return", "person", granularity="day")
    rows = both(bench, question, "cells")
    assert [(row["cohort"], row["period"], row["value"]) for row in rows][:2] == [
        (date(2024, 9, 6), 0, 0),
        (date(2024, 9, 6), 1, 1),
    ]
    elapsed = both(bench, question | {"periods": "elapsed"}, "cells")
    found = [(row["cohort"], row["period"], row["value"], row["percent_base"]) for row in elapsed]
    assert found[:2] == [(date(2024, 9, 6), 0, 1, 1), (date(2024, 9, 6), 1, 0, 0)]


def test_elapsed_months_follow_the_local_calendar() -> None:
    """31 January and a month is 29 February; across a clock change the local hour counts."""
    times = {
        "a": ("2024-01-31T11:00:00", "2024-02-29T10:59:00"),
        "b": ("2024-01-31T11:00:00", "2024-02-29T11:00:00"),
        "c": ("2024-03-15T11:00:00", "2024-04-15T09:59:00"),
        "d": ("2024-03-15T11:00:00", "2024-04-15T10:00:00"),
    }
    rows = [
        {"account_id": name, "event_type": kind, "occurred_at": datetime.fromisoformat(time)}
        for name, pair in times.items()
        for kind, time in zip(("start", "return"), pair, strict=True)
    ]
    bench = bench_of(pl.DataFrame(rows), time_zone="Europe/Berlin", data_until=datetime(2024, 12, 31))
    for engine in ENGINES:
        result = bench.ask(cohort_table("start", "return", periods="elapsed"), engine=engine)
        for cohort, early, late in (("2024-01-01", "a", "b"), ("2024-03-01", "c", "d")):
            for k, name in ((0, early), (1, late)):
                opened = result.members("cells", {"cohort": cohort, "period": k})
                assert opened["account_id"].to_list() == [name]


def test_members_who_were_not_observed_so_long_leave_the_base() -> None:
    bench = bench_of(journeys(a="start@0 > return@40", b="start@20", c="end@70"))
    rows = both(bench, cohort_table("start", "return", periods="elapsed"), "cells")
    january = [(row["size"], row["value"], row["percent_base"]) for row in rows if row["cohort"].month == 1]
    assert january == [(2, 0, 2), (2, 1, 2), (2, 0, 1)]


# --- segments ----------------------------------------------------------------------------------


def test_gt_sg1_a_plain_condition_is_its_matching_events() -> None:
    """The example's instance model: an event has its own value; nothing persists to later ones."""
    events = "Women@0=E1 > Men@1=E2 > Women@2=E3 > Other@3=E4 > Checkout@4=E5 > Women@5=E6 > Home@6=E7"
    assert kept(bench_of(journeys(p=events)), is_type("Women")) == ["E1", "E3", "E6"]


GLOBS = {
    "a*e": ["ae", "abcde", "adobe", "a whole sentence", "adobo recipe"],
    "adob*": ["adobe analytics", "adobo recipe", "adobe"],
    "*dobe": ["dobe", "adobe", "my adobe", "cute little dobe"],
    r"My \* product": ["My * product"],
    "a.c": ["a.c"],
    "a*c": ["a\nb\nc", "a%c", "a_c", "a.c", "abc"],
}


def test_gt_sg2_globs() -> None:
    others = ["be", "aeb", "Ae", "dobes", "My great product", "abd"]
    words = sorted({*others, *(word for matching in GLOBS.values() for word in matching)})
    times = [START + timedelta(days=day) for day in range(len(words))]
    events = pl.DataFrame({"event_type": words, "event_id": words, "occurred_at": times}).with_columns(
        account_id=pl.lit("a")
    )
    bench = bench_of(events)
    for glob, matching in GLOBS.items():
        assert kept(bench, {"field": "event_type", "op": "matches", "value": glob}) == sorted(matching), glob


def test_gt_sg3_what_a_sequence_includes() -> None:
    once, twice = "A B C D E F", "A B C D B C D E"
    bench = histories(once, twice, "A D C B")
    assert kept_types(bench, then("B", "D")) == {once: once, twice: twice}
    assert kept_types(bench, then("B", "D", include="before")) == {once: "A B", twice: "A B C D B"}
    assert kept_types(bench, then("B", "D", include="after")) == {once: "D E F", twice: "D B C D E"}


def test_gt_sg4_a_sequence_of_a_person_spans_sessions() -> None:
    events = journeys(
        "person",
        one="Women@0/s1=one > Checkout@0.01/s1",
        several="Women@0/s2=several > Men@1/s3 > Checkout@2/s4",
        wrong="Checkout@0/s5=wrong > Women@0.01/s5",
    )
    assert kept(bench_of(events), then("Women", "Checkout"), "person") == ["one", "several"]


def test_gt_sg5_within_one_item_is_a_next_touchpoint_or_an_exclusion_of_everything() -> None:
    bench = histories("A B", "A C B")
    assert [row["value"] for row in both(bench, fallout("A", "+B", container="person"), "touchpoints")] == [
        2,
        2,
        1,
    ]
    assert [row["value"] for row in both(bench, fallout("A", "B", container="person"), "touchpoints")] == [
        2,
        2,
        2,
    ]
    nothing_between = then("A", {"where": EXISTS, "exclude": True}, "B")
    assert set(kept_types(bench, nothing_between)) == {"A B"}


def test_gt_sg6_a_group_in_any_order_is_any_of_its_permutations() -> None:
    bench = histories("A B C D", "A D C B", "A C D B X", "B A C D", "A B C", "B C D A", "A X B D A C")
    group = {"any": [then("A", *order) for order in itertools.permutations("BCD")]}
    assert set(kept_types(bench, group)) == {"A B C D", "A D C B", "A C D B X", "A X B D A C"}


# --- sequences: limits and exclusions ----------------------------------------------------------


def moved_within(limits: dict[str, str], days: list[float]) -> list[float]:
    """Of persons with A and so many days later B: days of those who qualify for A, then B under limits."""
    written = {f"p{place}": f"A@0 > B@{day:.6f}={place}" for place, day in enumerate(days)}
    step = {"where": is_type("B"), **limits}
    return [
        days[int(place)] for place in kept(bench_of(journeys("person", **written)), then("A", step), "person")
    ]


def test_within_includes_its_end() -> None:
    minutes = [0.0, 4 / 1440, 5 / 1440, 5.01 / 1440]
    assert moved_within({"within": "5m"}, minutes) == minutes[:3]


def test_after_and_within_are_one_window() -> None:
    assert moved_within({"after": "1w", "within": "2w"}, [6.99, 7, 10, 14, 14.01]) == [7, 10, 14]


def test_after_is_at_least_and_of_any_later_match() -> None:
    """Contradiction: an older text lets the first B after A decide; here any B that is late enough does."""
    bench = bench_of(journeys("person", p="A@0=a > B@7=b > B@14=c"))
    assert kept(bench, then("A", {"where": is_type("B"), "after": "14d"}), "person") == ["a", "b", "c"]
    assert kept(bench, then("A", {"where": is_type("B"), "after": "15d"}), "person") == []


def test_excluded_steps() -> None:
    texts = ["A C", "A B C", "A B A C", "A C B C", "A B", "B A", "A B A", "A C D", "A D"]
    bench = histories(*texts)

    def qualifying(*steps: str | dict[str, Any]) -> set[str]:
        return set(kept_types(bench, then(*steps)))

    assert qualifying("A", without("B"), "C") == {"A C", "A B A C", "A C B C", "A C D"}
    assert qualifying(without("B"), "A") == {*texts} - {"B A"}
    assert qualifying("A", without("B")) == {"A C", "A B A C", "B A", "A B A", "A C D", "A D"}
    assert qualifying("A", without("B", "C"), "D") == {"A D"}
