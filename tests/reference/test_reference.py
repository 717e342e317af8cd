"""The reference against worked examples, hand-computed cases and the laws that tie the analyses together."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from .company import CONTAINER_IDS, Company
from .fields import glob_matches, holds
from .periods import DateRange, last_days, period_start
from .random_company import random_company, random_questions
from .random_questions import opens_exactly
from .reference import Reference

Row = dict[str, Any]
START = datetime(2024, 1, 1)
UTC_ZONE = {"time_zone": "UTC"}


def is_type(*names: str) -> dict[str, Any]:
    """Condition: the event type is one of the names."""
    return {"field": "event_type", "op": "in", "value": list(names)}


def story(container: str = "person", /, **stories: str) -> list[Row]:
    """Events from texts like `A@0 > B@1.5` (days after 1 January 2024); `/s1` after a day names a session."""
    rows: list[Row] = []
    for name, text in stories.items():
        for part in text.split(" > "):
            event_type, _, place = part.partition("@")
            day, _, session = place.partition("/")
            row = dict.fromkeys(CONTAINER_IDS.values())
            row |= {"session_id": session or None, CONTAINER_IDS[container]: name}
            row |= {"event_type": event_type, "occurred_at": START + timedelta(days=float(day))}
            rows.append(row)
    return rows


def reference(events: list[Row], settings: dict[str, Any] | None = None, **tables: Any) -> Reference:
    """Reference over these events."""
    return Reference({"events": events, **tables}, UTC_ZONE | (settings or {}))


def canvas(arrows: str, container: str = "person", **more: Any) -> dict[str, Any]:
    """A canvas from `A>B B>C`; every node is the event type of its name."""
    ends = [tuple(arrow.split(">")) for arrow in arrows.split()]
    names = dict.fromkeys(name for pair in ends for name in pair)
    return {
        "analysis": "journey_canvas",
        "container": container,
        "nodes": [{"id": name, "where": is_type(name)} for name in names],
        "arrows": [{"source": source, "target": target} for source, target in ends],
    } | more


def column(rows: list[Row], name: str, key: str = "id") -> dict[Any, Any]:
    """One column by the rows' key."""
    return {row[key]: row[name] for row in rows}


def sequence_keeps(text: str, condition: dict[str, Any], container: str = "person") -> str:
    """The event types a condition keeps of one history written as `A B C`."""
    parts = text.split()
    events = story(container, p=" > ".join(f"{name}@{place}" for place, name in enumerate(parts)))
    rows = reference(events).matching_rows(condition, container)
    return " ".join(name for place, name in enumerate(parts) if place in rows)


def then(*names: str, **more: Any) -> dict[str, Any]:
    """A sequence of event types for persons."""
    return {"sequence": [{"where": is_type(name)} for name in names], "container": "person"} | more


# -- journey canvas ----------------------------------------------------------------------------------------


def test_gt_jc1_every_event_of_a_qualified_container_counts() -> None:
    events = story(p="A@0/s1 > B@0.01/s1 > C@0.02/s1 > C@5/s2")
    nodes = reference(events).ask(canvas("A>B B>C", metric="events"))["nodes"]
    assert column(nodes, "value") == {"A": 1, "B": 1, "C": 2}
    assert column(nodes, "percent") == {"A": 100, "B": 100, "C": 200}
    nodes = reference(events).ask(canvas("A>B B>C", "session", metric="events"))["nodes"]
    assert column(nodes, "value") == {"A": 1, "B": 1, "C": 1}


def test_gt_jc3_a_container_that_took_another_way_falls_out() -> None:
    question = canvas("Visit>ViewA ViewA>Out")
    answer = reference(story(p="Visit@0 > ViewB@1 > Out@2")).ask(question)
    assert column(answer["nodes"], "value") == {"Visit": 1, "ViewA": 0, "Out": 0}
    assert column(answer["nodes"], "fallout") == {"Visit": 1, "ViewA": 0, "Out": None}
    assert column(answer["nodes"], "fallout_percent") == {"Visit": 100, "ViewA": None, "Out": None}


def test_gt_jc4_sessions_keep_their_events_apart() -> None:
    events = story(a="V@0/s1 > A@0.01/s1 > C@0.02/s1 > C@3/s2")
    by_person = reference(events).ask(canvas("V>A A>C", metric="events"))["nodes"]
    by_session = reference(events).ask(canvas("V>A A>C", "session", metric="events"))["nodes"]
    assert (column(by_person, "value")["C"], column(by_session, "value")["C"]) == (2, 1)


JC5 = {
    "p1": "S1@0 > X@1 > E1@2",
    "p2": "S2@0 > X@1 > E2@2",
    "p3": "X@0",
    "p4": "S1@0 > S2@1 > X@2",
    "p5": "S1@0",
}


def test_gt_jc5_several_starts_that_join() -> None:
    graph = "S1>X S2>X X>E1 X>E2"
    ask = reference(story(**JC5)).ask
    answer = ask(canvas(graph))
    assert column(answer["nodes"], "value") == {"S1": 3, "X": 3, "S2": 2, "E1": 1, "E2": 1}
    assert [row["value"] for row in answer["arrows"]] == [2, 2, 1, 1]
    assert column(answer["nodes"], "fallout") == {"S1": 1, "X": 1, "S2": 0, "E1": None, "E2": None}
    assert column(answer["nodes"], "percent_base") == {"S1": 3, "X": 4, "S2": 2, "E1": 4, "E2": 4}
    previous = ask(canvas(graph, percent_of="previous"))["nodes"]
    assert column(previous, "percent_base") == {"S1": 3, "X": 4, "S2": 2, "E1": 3, "E2": 3}
    total = ask(canvas(graph, percent_of="total"))["nodes"]
    assert column(total, "percent") == {"S1": 60, "X": 60, "S2": 40, "E1": 20, "E2": 20}
    assert reference(story(**JC5)).members(canvas(graph), "nodes", {"id": "X"}) == {"p1", "p2", "p4"}


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        reference(story(p="A@0")).ask(canvas("A>B B>A"))


def test_on_path_counts_from_the_first_reach() -> None:
    events = story(p="B@0 > A@1 > B@2 > B@3")
    ask = reference(events).ask
    assert column(ask(canvas("A>B", metric="events"))["nodes"], "value") == {"A": 1, "B": 3}
    on_path = ask(canvas("A>B", metric="events", counting="on_path"))["nodes"]
    assert column(on_path, "value") == {"A": 1, "B": 2}


def test_a_limit_looks_at_every_pair() -> None:
    events = story(near="A@0 > A@20 > B@25", far="A@0 > B@25", soon="A@0 > B@0.5")
    question = canvas("A>B")
    question["arrows"][0] |= {"within": "10d", "after": "1d"}
    answer = reference(events).ask(question)
    assert column(answer["nodes"], "value") == {"A": 3, "B": 1}
    assert answer["arrows"][0]["median_seconds"] == 5 * 86400
    assert reference(events).members(question, "nodes", {"id": "A"}, "fallout") == {"far", "soon"}


def test_limits_are_inclusive_and_chain() -> None:
    events = story(p="A@0 > B@10 > C@20")
    question = canvas("A>B B>C")
    for arrow in question["arrows"]:
        arrow |= {"within": "10d", "after": "10d"}
    assert column(reference(events).ask(question)["nodes"], "value") == {"A": 1, "B": 1, "C": 1}


def test_times_run_from_the_earliest_start_that_moves() -> None:
    events = story(a="A@0 > A@1 > B@2", b="A@0 > B@4", c="A@0 > B@10", d="A@0 > B@20")
    arrow = reference(events).ask(canvas("A>B"))["arrows"][0]
    times = [arrow["p25_seconds"], arrow["median_seconds"], arrow["p75_seconds"]]
    assert times == [day * 86400 for day in (3.5, 7, 12.5)]


def test_same_and_different_ask_for_both_ids() -> None:
    rows = story("account", a="A@0 > B@1", b="A@0 > B@1", c="A@0 > B@1")
    for row, person in zip(rows, ["p", "p", "p", "q", None, "q"], strict=True):
        row["person_id"] = person
    question = canvas("A>B", "account")
    question["arrows"][0]["same"] = "person"
    assert reference(rows).members(question, "nodes", {"id": "B"}) == {"a"}
    question = canvas("A>B", "account")
    question["arrows"][0]["different"] = "person"
    assert reference(rows).members(question, "nodes", {"id": "B"}) == {"b"}


def test_follow_counts_from_the_latest_permitted_start() -> None:
    dates = {"from": "2024-01-05", "to": "2024-01-31", "follow": "10d"}
    events = story(early="A@0 > B@8", late="A@5 > A@9 > B@18", slow="A@5 > B@16", open="A@20 > B@40")
    question = canvas("A>B", date_range=dates)
    assert reference(events).members(question, "nodes", {"id": "A"}) == {"late", "slow", "open"}
    assert reference(events).members(question, "nodes", {"id": "B"}) == {"late"}


def test_metrics() -> None:
    events = story("account", a="A@0 > B@1 > B@2", b="A@0 > B@1")
    for row, (deal, amount) in zip(
        events, [("O1", "5.10"), ("O1", "1.05"), ("O1", None), ("O2", "2"), (None, "4")], strict=True
    ):
        row |= {"opportunity_id": deal, "amount": Decimal(amount) if amount else None}
    deals = [{"opportunity_id": "O1", "amount": Decimal("10.50")}, {"opportunity_id": "O2", "amount": None}]
    both = reference(events, opportunities=deals)

    def value(metric: Any) -> Any:
        return column(both.ask(canvas("A>B", "account", metric=metric))["nodes"], "value")["B"]

    assert value("accounts") == 2
    assert value("opportunities") == 1
    assert value("events") == 3
    assert value({"sum": "amount"}) == Decimal("5.05")
    assert value({"sum": "amount", "where": {"field": "amount", "op": ">", "value": 2}}) == Decimal(4)
    assert value({"sum": "opportunity.amount"}) == Decimal("10.50")
    assert value({"count": {"field": "amount", "op": "exists"}}) == 2
    assert value({"distinct": "amount"}) == 2


# -- fallout -----------------------------------------------------------------------------------------------


def touchpoints(*names: str, **more: Any) -> dict[str, Any]:
    """A fallout of event types for persons; `!B` asks for the next event."""
    points = [
        {"where": is_type(name.strip("!")), "path": "next"} if name[0] == "!" else {"where": is_type(name)}
        for name in names
    ]
    return {"analysis": "fallout", "container": "person", "touchpoints": points} | more


def test_fallout_by_hand() -> None:
    events = story(a="A@0 > B@1 > C@4", b="A@0 > C@1 > B@3", c="B@0 > A@1", d="X@0")
    rows = reference(events).ask(touchpoints("A", "B", "C"))["touchpoints"]
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    assert [row["value"] for row in rows] == [4, 3, 2, 1]
    assert [row["fallout"] for row in rows] == [1, 1, 1, None]
    assert [row["percent_of_first"] for row in rows] == [100, 75, 50, 25]
    assert [row["percent_of_previous"] for row in rows] == [None, 75, pytest.approx(200 / 3), 50]
    assert [row["median_seconds"] for row in rows] == [None, None, 2 * 86400, 3 * 86400]
    rows = reference(events).ask(touchpoints("A", "B", baseline=False))["touchpoints"]
    assert [(row["step"], row["percent_of_first"]) for row in rows] == [(1, 100), (2, pytest.approx(200 / 3))]


def test_next_is_the_very_next_event() -> None:
    events = story(a="A@0 > B@1", b="A@0 > C@1 > B@2", c="A@0 > C@1 > A@2 > B@2")
    assert reference(events).members(touchpoints("A", "!B"), "touchpoints", {"step": 2}) == {"a", "c"}
    assert reference(events).members(touchpoints("A", "B"), "touchpoints", {"step": 2}) == {"a", "b", "c"}


def test_ties_follow_the_declared_order_then_the_rows() -> None:
    events = story(p="Won@0 > MQL@0 > Ad@0")
    declared = reference(events, {"event_order": ["MQL", "Won"]})
    assert [event["event_type"] for event in declared.company.events] == ["Ad", "MQL", "Won"]
    assert declared.members(touchpoints("Ad", "!MQL", "!Won"), "touchpoints", {"step": 3}) == {"p"}
    assert reference(events).members(touchpoints("MQL", "Won"), "touchpoints", {"step": 2}) == set()


def test_date_ranges_of_starts_and_of_events() -> None:
    events = story(a="A@0 > B@20 > A@21", b="A@15 > B@40", c="A@15 > B@20", d="B@50")
    dates = {"from": "2024-01-10", "to": "2024-01-31"}
    of_starts = reference(events).ask(touchpoints("A", "B", date_range=dates))["touchpoints"]
    assert [row["value"] for row in of_starts] == [3, 3, 2]
    dates["applies_to"] = "events"
    of_events = reference(events).ask(touchpoints("A", "B", date_range=dates))["touchpoints"]
    assert [row["value"] for row in of_events] == [3, 3, 1]


# -- flow --------------------------------------------------------------------------------------------------


def flow(direction: str, anchor: str, **more: Any) -> dict[str, Any]:
    """A flow of event types for persons."""
    question = {"analysis": "flow", "container": "person", direction: is_type(anchor), "columns": 2}
    return question | {"dimension": "event_type", "anchor_label": "Anchor"} | more


def flow_nodes(answer: dict[str, list[Row]]) -> dict[tuple[int, str], tuple[int, int]]:
    """Paths and containers by column and item."""
    return {(row["column"], row["item"]): (row["paths"], row["containers"]) for row in answer["nodes"]}


def test_flow_by_hand() -> None:
    events = story(a="X@0 > B@1 > B@2 > C@3 > X@4 > B@5", b="X@0 > X@1 > C@2", c="D@0 > X@1")
    assert flow_nodes(reference(events).ask(flow("starts_with", "X"))) == {
        (0, "Anchor"): (4, 3),
        (1, "B"): (2, 1),
        (1, "C"): (1, 1),
        (1, "Exit"): (1, 1),
        (2, "C"): (1, 1),
        (2, "Exit"): (2, 2),
    }
    with_repeats = flow_nodes(reference(events).ask(flow("starts_with", "X", repeats=True)))
    assert with_repeats[0, "Anchor"] == (5, 3)
    assert with_repeats[1, "Anchor"] == (1, 1)
    assert with_repeats[2, "B"] == (1, 1)
    only_one = flow_nodes(reference(events).ask(flow("starts_with", "X", items=1)))
    assert (only_one[1, "B"], only_one[1, "Other"]) == ((2, 1), (1, 1))


def test_flow_links_run_in_time_on_both_sides() -> None:
    events = story(a="B@0 > C@1 > X@2", b="C@0 > X@1")
    links = reference(events).ask(flow("ends_with", "X"))["links"]
    found = {(row["column"], row["source"], row["target"]): row["paths"] for row in links}
    assert found == {(-1, "C", "Anchor"): 2, (-2, "B", "C"): 1, (-2, "Entry", "C"): 1}
    question = flow("ends_with", "X")
    select = {"column": -2, "source": "Entry", "target": "C"}
    assert reference(events).members(question, "links", select, "containers") == {"b"}


def test_the_run_stands_next_to_its_path() -> None:
    events = story(p="C@0 > X@10 > X@20 > B@21")
    in_days = {"from": "2024-01-18", "to": "2024-01-31"}
    assert flow_nodes(reference(events).ask(flow("starts_with", "X", date_range=in_days)))[1, "B"] == (1, 1)
    assert reference(events).ask(flow("ends_with", "X", date_range=in_days))["nodes"] == []
    assert flow_nodes(reference(events).ask(flow("ends_with", "X", within="10d")))[-1, "C"] == (1, 1)
    assert flow_nodes(reference(events).ask(flow("starts_with", "X", within="23h")))[1, "Exit"] == (1, 1)
    assert flow_nodes(reference(events).ask(flow("starts_with", "X", within="24h")))[1, "B"] == (1, 1)


def test_first_and_last_occurrence_are_judged_before_the_date_range() -> None:
    events = story(p="X@0 > B@1 > X@10 > C@11 > X@20")
    dates = {"from": "2024-01-10", "to": "2024-01-31"}
    for applies_to in ("start", "events"):
        first = flow("starts_with", "X", occurrence="first", date_range=dates | {"applies_to": applies_to})
        assert reference(events).ask(first)["nodes"] == []
    last = flow_nodes(reference(events).ask(flow("ends_with", "X", occurrence="last", date_range=dates)))
    assert last[-1, "C"] == (1, 1)


def test_an_anchor_ranks_like_an_item_and_first_in_ties() -> None:
    events = story(a="X@0 > B@1", b="X@0 > X@1")
    question = flow("starts_with", "X", repeats=True, items=1, columns=1)
    nodes = reference(events).ask(question)["nodes"]
    kinds = {(row["kind"], row["item"]): row["paths"] for row in nodes if row["column"] == 1}
    assert kinds == {("anchor", "Anchor"): 1, ("exit", "Exit"): 1, ("other", "Other"): 1}


def test_a_flow_of_both_sides_by_hand() -> None:
    events = story(a="A@0 > A@1 > X@2 > X@4 > B@7 > B@8 > C@9", b="X@0")
    question = flow("contains", "X", times=True, paths=5)
    answer = reference(events).ask(question)
    assert flow_nodes(answer) == {
        (-2, "Entry"): (1, 1),
        (-1, "A"): (1, 1),
        (-1, "Entry"): (1, 1),
        (0, "Anchor"): (2, 2),
        (1, "B"): (1, 1),
        (1, "Exit"): (1, 1),
        (2, "C"): (1, 1),
    }
    days = {(row["column"], row["item"]): row["median_seconds"] for row in answer["nodes"]}
    assert days[-1, "A"] == 3 * 86400
    assert days[1, "B"] == 4 * 86400
    assert days[2, "C"] == 86400
    assert days[0, "Anchor"] is days[1, "Exit"] is None
    assert [(row["first_column"], row["path"], row["median_seconds"]) for row in answer["paths"]] == [
        (-2, "Entry → A → Anchor → B → C", 8 * 86400),
        (-1, "Entry → Anchor → Exit", 0),
    ]
    assert [row["path"] for row in answer["exits"]] == ["Entry → Anchor → Exit"]
    near = flow_nodes(reference(events).ask(flow("contains", "X", within="71h")))
    assert near[-1, "Entry"] == (2, 2)


def test_each_column_may_have_a_dimension() -> None:
    events = story(p="X@0 > B@1 > B@2 > C@3 > D@4")
    for event, channel in zip(events, ["Web", None, "Mail", "Mail", "Web"], strict=True):
        event["channel"] = channel
    question = flow("starts_with", "X", dimension=["event_type", "channel", "event_type"], columns=3, paths=1)
    paths = reference(events).ask(question)["paths"]
    # the run of B ends at its second event; the channel after that is Mail, of C; then comes D
    assert paths[0]["path"] == "Anchor → B → Mail → D"
    each = reference(events).ask(question | {"repeats": True})["paths"]
    assert each[0]["path"] == "Anchor → B → Mail → C"
    back = flow("ends_with", "D", dimension=["channel", "event_type"], paths=1)
    assert reference(events).ask(back)["paths"][0]["path"] == "B → Mail → Anchor"


def test_excluded_items_join_what_stands_beside_them() -> None:
    events = story(p="X@0 > B@1 > C@2 > B@3 > D@4")
    nodes = flow_nodes(reference(events).ask(flow("starts_with", "X", exclude=["C", "X"])))
    assert nodes == {(0, "Anchor"): (1, 1), (1, "B"): (1, 1), (2, "D"): (1, 1)}


def test_nothing_excluded_may_lie_between_two_touchpoints() -> None:
    events = story(a="A@0 > C@1 > B@2", b="A@0 > B@1 > C@2", c="A@0 > C@1 > A@2 > B@6", d="A@0 > C@1 > B@1")
    points = [{"where": is_type("A")}, {"where": is_type("B"), "without": is_type("C")}]
    question = {"analysis": "fallout", "container": "person", "touchpoints": points, "histogram": True}
    asked = reference(events)
    assert asked.members(question, "touchpoints", {"step": 2}) == {"b", "c"}
    row = asked.ask(question)["touchpoints"][2]
    assert [row[name] for name in ("p25_seconds", "median_seconds", "p75_seconds")] == [
        1.75 * 86400,
        2.5 * 86400,
        3.25 * 86400,
    ]
    spans = {
        row["from_seconds"] // 86400: row["value"] for row in asked.ask(question)["times"] if row["value"]
    }
    assert spans == {1: 1, 3: 1}


def test_before_data_marks_records_older_than_the_data() -> None:
    events = story("opportunity", old="X@0", young="X@1")
    deals = [
        {"opportunity_id": "old", "created_at": START - timedelta(days=1)},
        {"opportunity_id": "young", "created_at": START},
    ]
    question = flow("ends_with", "X", container="opportunity", history="stamped")
    nodes = reference(events, opportunities=deals).ask(question)["nodes"]
    assert [(row["kind"], row["item"]) for row in nodes if row["column"] == -1] == [
        ("entry", "Before data"),
        ("entry", "Entry"),
    ]


# -- cohort table ------------------------------------------------------------------------------------------

COHORTS = {
    "A1": "In@0 > Back@31 > Back@60 > Back@91",
    "A2": "In@0 > Back@31 > Back@91",
    "A3": "In@0 > Back@60",
    "A4": "In@0",
    "A5": "Back@0 > In@31 > Back@60 > Back@91",
    "A6": "In@31 > Back@91",
    "end": "Other@120.99",
}


def cohorts(inclusion: str = "In", returning: str = "Back", **more: Any) -> dict[str, Any]:
    """A monthly cohort table of event types for accounts."""
    return {
        "analysis": "cohort_table",
        "container": "account",
        "inclusion": {"metrics": [{"where": is_type(inclusion)}]},
        "return": {"metrics": [{"where": is_type(returning)}]},
    } | more


def cells(answer: dict[str, list[Row]], name: str = "value") -> dict[date, list[Any]]:
    """One column by cohort, in the order of the periods."""
    found: dict[date, list[Any]] = defaultdict(list)
    for row in answer["cells"]:
        found[row["cohort"]].append(row[name])
    return dict(found)


def test_gt_co4_retention_churn_and_rolling() -> None:
    ask = reference(story("account", **COHORTS)).ask
    january, february = date(2024, 1, 1), date(2024, 2, 1)
    retention = ask(cohorts())
    assert cells(retention)[january] == [0, 2, 2, 2]
    assert cells(retention)[february] == [0, 1, 2]
    assert cells(retention)[date(2024, 3, 1)] == [0, 0]
    assert cells(retention, "percent")[february] == [0, 50, 100]
    assert cells(retention, "percent")[date(2024, 3, 1)] == [None, None]
    assert cells(retention, "complete")[january] == [True, True, True, False]
    churn = ask(cohorts(type="churn"))
    assert cells(churn)[january] == [4, 2, 2, 2]
    assert cells(churn)[february] == [2, 1, 0]
    rolling = ask(cohorts(rolling=True))
    assert cells(rolling)[january] == [0, 2, 1, 1]
    assert cells(rolling, "percent")[january] == [0, 50, 50, 100]
    assert cells(rolling)[february] == [0, 1, 1]
    assert cells(ask(cohorts(max_periods=1)))[january] == [0, 2]


def test_members_behind_a_cell() -> None:
    both = reference(story("account", **COHORTS))
    select = {"cohort": "2024-01-01", "period": 2}
    assert both.members(cohorts(), "cells", select, "value") == {"A1", "A3"}
    assert both.members(cohorts(type="churn"), "cells", select) == {"A2", "A4"}
    assert both.members(cohorts(), "cells", select, "size") == {"A1", "A2", "A3", "A4"}


def test_period_zero_counts_only_later_events() -> None:
    events = story("account", a="Back@0 > In@1", b="In@0 > Back@1", c="In@0", d="Other@0")
    question = cohorts()
    assert cells(reference(events).ask(question)) == {date(2024, 1, 1): [1]}
    question["return"]["metrics"][0] |= {"op": "equals", "value": 0}
    assert cells(reference(events).ask(question)) == {date(2024, 1, 1): [2]}
    question["inclusion"]["metrics"][0] |= {"op": "equals", "value": 0}
    answer = reference(events).ask(question)
    assert (cells(answer), cells(answer, "size")) == ({date(2024, 1, 1): [0]}, {date(2024, 1, 1): [1]})


def test_metrics_combine_and_have_segments() -> None:
    events = story("account", a="In@0 > More@1", b="In@0", c="More@1")
    for row in events:
        row["channel"] = "Web" if row["account_id"] == "a" else "Mail"
    web = {"field": "channel", "op": "equals", "value": "Web"}
    question = cohorts()
    question["inclusion"] = {"metrics": [{"where": is_type("In")}, {"where": is_type("More")}]}
    assert reference(events).ask(question)["cells"][0]["size"] == 1
    question["inclusion"]["combine"] = "any"
    assert reference(events).ask(question)["cells"][0]["size"] == 3
    question["inclusion"]["metrics"][0]["segments"] = [web]
    assert reference(events).ask(question)["cells"][0]["size"] == 2
    question["inclusion"]["segments"] = [web]
    assert reference(events).ask(question)["cells"][0]["size"] == 1


def test_membership_every_and_first() -> None:
    events = story("account", a="In@0 > In@31", b="In@40", end="Other@59")
    assert cells(reference(events).ask(cohorts()), "size") == {
        date(2024, 1, 1): [1, 1],
        date(2024, 2, 1): [2],
    }
    first = cohorts(membership="first")
    assert cells(reference(events).ask(first), "size") == {date(2024, 1, 1): [1, 1], date(2024, 2, 1): [1]}
    for applies_to in ("start", "events"):
        first["date_range"] = {"from": "2024-01-02", "to": "2024-02-29", "applies_to": applies_to}
        assert cells(reference(events).ask(first), "size") == {date(2024, 2, 1): [1]}


def test_follow_of_return_events() -> None:
    dates = {"from": "2024-01-01", "to": "2024-01-31", "follow": "30d"}
    events = story("account", a="In@0 > In@10 > Back@40", b="In@0 > Back@40", c="In@30 > Back@40")
    question = cohorts(date_range=dates)
    both = reference(events)
    assert cells(both.ask(question)) == {date(2024, 1, 1): [0, 2]}
    assert both.members(question, "cells", {"cohort": "2024-01-01", "period": 1}) == {"a", "c"}


def test_periods_are_cut_in_the_local_time_zone() -> None:
    settings = {"first_weekday": "sunday", "fiscal_year_start": 2}
    day = date(2024, 4, 3)
    assert period_start(day, "week", settings) == date(2024, 3, 31)
    assert period_start(day, "week", {}) == date(2024, 4, 1)
    assert period_start(day, "quarter", settings) == date(2024, 4, 1)
    assert period_start(day, "fiscal_quarter", settings) == date(2024, 2, 1)
    assert period_start(date(2024, 1, 5), "fiscal_quarter", settings) == date(2023, 11, 1)
    assert period_start(day, "year", settings) == date(2024, 1, 1)
    events = story("account", a="In@30.97")
    berlin = reference(events, {"time_zone": "Europe/Berlin"})
    assert list(cells(berlin.ask(cohorts()))) == [date(2024, 2, 1)]


# -- conditions and segments -------------------------------------------------------------------------------

GT_SG3 = {
    "A B C D E F": {"everyone": "A B C D E F", "before": "A B", "after": "D E F"},
    "A B C D B C D E": {"everyone": "A B C D B C D E", "before": "A B C D B", "after": "D B C D E"},
}


@pytest.mark.parametrize("include", ["everyone", "before", "after"])
@pytest.mark.parametrize("text", list(GT_SG3))
def test_gt_sg3_what_a_sequence_keeps(text: str, include: str) -> None:
    assert sequence_keeps(text, then("B", "D", include=include)) == GT_SG3[text][include]


def test_gt_sg2_globs() -> None:
    assert all(glob_matches("a*e", text) for text in ("ae", "abcde", "adobe", "a whole sentence"))
    assert all(glob_matches("adob*", text) for text in ("adobe analytics", "adobo recipe"))
    assert all(glob_matches("*dobe", text) for text in ("dobe", "adobe", "cute little dobe"))
    assert glob_matches(r"My \* product", "My * product")
    assert not glob_matches(r"My \* product", "My best product")
    assert not glob_matches("a.e", "abe")


def test_gt_sg4_order_decides_across_sessions() -> None:
    condition = then("Women", "Checkout")
    assert sequence_keeps("Women Checkout", condition) == "Women Checkout"
    assert sequence_keeps("Women Men Checkout", condition) == "Women Men Checkout"
    assert sequence_keeps("Checkout Women", condition) == ""


def test_gt_sg5_the_very_next_event() -> None:
    both = reference(story(near="A@0 > B@1", far="A@0 > C@1 > B@2"))
    assert both.members(touchpoints("A", "!B"), "touchpoints", {"step": 2}) == {"near"}
    assert both.members(touchpoints("A", "B"), "touchpoints", {"step": 2}) == {"near", "far"}


def test_gt_sg6_any_order_is_the_union_of_all_orders() -> None:
    group = {"any": [then("A", *order) for order in itertools.permutations("BCD")]}
    for order in itertools.permutations("ABCD"):
        assert bool(sequence_keeps(" ".join(order), group)) == (order[0] == "A")


def test_excluded_steps() -> None:
    def excluding(place: int, name: str) -> dict[str, Any]:
        condition = then("A", "C")
        condition["sequence"].insert(place, {"where": is_type(name), "exclude": True})
        return condition

    assert sequence_keeps("A B C", excluding(1, "B")) == ""
    assert sequence_keeps("A B C A C", excluding(1, "B")) == "A B C A C"
    assert sequence_keeps("B A C", excluding(0, "B")) == ""
    assert sequence_keeps("A B C", excluding(0, "B")) == "A B C"
    assert sequence_keeps("A C B", excluding(2, "B")) == ""
    assert sequence_keeps("A C B C", excluding(2, "B")) == "A C B C"
    assert sequence_keeps("A C", excluding(1, "C")) == "A C"


def test_limits_of_a_sequence() -> None:
    week = {"where": is_type("B"), "after": "2d", "within": "3d"}
    condition = {"sequence": [{"where": is_type("A")}, week], "container": "person"}
    assert sequence_keeps("A X B", condition) == "A X B"
    assert sequence_keeps("A B X X B", condition) == ""
    assert sequence_keeps("A X X B", condition) == "A X X B"


def test_counts_judge_containers_with_an_event() -> None:
    events = story(a="A@0 > A@1 > B@2", b="B@0", c="A@0")

    def kept(**comparison: Any) -> set[int]:
        condition = {"count": is_type("A"), "container": "person"} | comparison
        return reference(events).matching_rows(condition, "person")

    assert kept() == {0, 1, 2, 4}
    assert kept(op=">=", value=2) == {0, 1, 2}
    assert kept(op="equals", value=0) == {3}
    assert kept(op="between", value=[0, 1]) == {3, 4}


def test_a_form_of_another_container_goes_by_the_events_id() -> None:
    events = story("account", a="A@0 > B@1 > C@2", b="C@0")
    for row, person in zip(events, ["p", "p", None, "p"], strict=True):
        row["person_id"] = person
    condition = {"container": "person", "where": is_type("A")}
    assert reference(events).matching_rows(condition, "account") == {0, 1, 3}
    negated = {"not": condition}
    assert reference(events).matching_rows(negated, "account") == {2}


def test_members_of_is_the_set_behind_the_number() -> None:
    events = story(a="A@0 > B@1", b="A@0", c="B@0")
    fallen = {"question": touchpoints("A", "B"), "table": "touchpoints", "select": {"step": 1}}
    condition = {"members_of": fallen | {"measure": "fallout"}}
    assert reference(events).matching_rows(condition, "person") == {2}


def test_null_makes_only_the_negated_operators_true() -> None:
    company = reference(story(p="A@0")).company
    values = {"in": ["x"], "not_in": ["x"], "between": [1, 2], "in_last": "1d"}
    text = ("equals", "in", "contains", "starts_with", "ends_with", "matches")
    others = ("exists", ">", ">=", "<", "<=", "between", "in_last")
    assert not any(holds(None, op, values.get(op, "x"), company) for op in text + others)
    assert all(
        holds(None, op, values.get(op, "x"), company)
        for op in ("not_equals", "not_in", "not_contains", "not_exists")
    )


def test_days_on_time_fields_are_local_days() -> None:
    company = Company({"events": story(p="A@100")}, {"time_zone": "Europe/Berlin"})
    last_second, midnight = datetime(2024, 1, 31, 22, 59, 59), datetime(2024, 1, 31, 23)

    def true_for(op: str, value: Any) -> tuple[bool, bool]:
        return holds(last_second, op, value, company), holds(midnight, op, value, company)

    assert true_for("<=", "2024-01-31") == (True, False)
    assert true_for(">", "2024-01-31") == (False, True)
    assert true_for("equals", "2024-02-01") == (False, True)
    assert true_for(">=", "2024-02-01") == (False, True)
    assert true_for("<", "2024-02-01") == (True, False)
    assert true_for("between", ["2024-01-31", "2024-01-31"]) == (True, False)
    assert true_for("equals", "2024-02-01T00:00:00") == (False, True)
    assert true_for("equals", "2024-01-31T23:00:00Z") == (False, True)
    assert true_for("<", "2024-01-31T23:59:59.5") == (True, False)


def test_last_days_count_back_from_the_horizons_day() -> None:
    company = Company({"events": story(p="A@0 > A@90.5")}, {"time_zone": "Europe/Berlin"})
    assert company.horizon == datetime(2024, 3, 31, 12)
    assert last_days("1d", company.horizon, company.zone)[0] == datetime(2024, 3, 30, 23)
    assert last_days("2d", company.horizon, company.zone)[0] == datetime(2024, 3, 29, 23)
    assert last_days("2h", company.horizon, company.zone)[0] == datetime(2024, 3, 31, 10)
    spring = DateRange.of({"from": "2024-03-31", "to": "2024-03-31"}, company)
    assert [spring.has(datetime(2024, 3, 31, hour)) for hour in (21, 22)] == [True, False]


def test_owners_follow_the_nearest_container() -> None:
    tables = {
        "accounts": [{"account_id": "a", "owner_id": "u1"}],
        "opportunities": [{"opportunity_id": "o", "account_id": "a", "owner_id": "u2"}],
        "users": [{"user_id": "u1", "team": "North"}, {"user_id": "u2", "team": "South"}],
    }
    events = story("opportunity", o="A@0")
    both = Reference({"events": events, **tables}, UTC_ZONE)
    south = {"field": "owner.team", "op": "equals", "value": "South"}
    assert both.matching_rows(south, "opportunity") == {0}
    assert both.matching_rows(south, "account") == set()
    assert both.matching_rows({"container": "opportunity", "where": south}, "account") == {0}


# -- derived ids -------------------------------------------------------------------------------------------


def test_stamped_accounts() -> None:
    tables: dict[str, Any] = {
        "accounts": [{"account_id": "a"}],
        "persons": [{"person_id": "p", "account_id": None}, {"person_id": "q", "account_id": "qa"}],
        "account_persons": [{"account_id": "pa", "person_id": "p"}],
        "opportunities": [{"opportunity_id": "o", "account_id": "oa"}],
        "buying_groups": [{"buying_group_id": "g", "account_id": "ga"}],
        "leads": [{"lead_id": "l", "account_id": None, "person_id": "p"}],
    }
    empty = dict.fromkeys(CONTAINER_IDS.values())
    ids: list[Row] = [
        {"account_id": "own", "opportunity_id": "o"},
        {"opportunity_id": "o", "buying_group_id": "g"},
        {"buying_group_id": "g", "person_id": "q"},
        {"lead_id": "l", "person_id": "q"},
        {"person_id": "p"},
        {"person_id": "nobody"},
    ]
    events = [empty | row | {"event_type": "A", "occurred_at": START} for row in ids]
    company = Company({"events": events, **tables}, UTC_ZONE)
    assert [event["account_id"] for event in company.events] == ["own", "oa", "ga", "qa", "pa", None]
    two = [*tables["account_persons"], {"account_id": "pb", "person_id": "p"}]
    company = Company({"events": events, **tables, "account_persons": two}, UTC_ZONE)
    assert company.events[4]["account_id"] is None


def test_global_accounts_break_cycles_at_the_smallest_id() -> None:
    parents = {"a": "b", "b": "c", "c": "b", "d": "a", "e": "ghost", "f": "f", "g": None}
    accounts = [{"account_id": one, "parent_account_id": parent} for one, parent in parents.items()]
    company = Company({"events": story(p="A@0"), "accounts": accounts}, UTC_ZONE)
    tops = {one: company.global_account(one) for one in [*parents, "unknown"]}
    assert tops == {
        "a": "b", "b": "b", "c": "b", "d": "b", "e": "ghost", "f": "f", "g": "g", "unknown": "unknown",
    }  # fmt: skip


def test_a_session_ends_when_the_gap_exceeds_the_timeout() -> None:
    half_hour = 0.5 / 24
    company = reference(story(p=f"A@0 > A@{half_hour} > A@{2 * half_hour + 0.0001} > A@2/own")).company
    assert [event["session_id"] for event in company.events] == ["p#1", "p#1", "p#2", "own"]


def test_members_histories_are_windowed_and_free_of_doubles() -> None:
    events = story(p="A@0 > B@20 > C@40", q="D@30", r="E@30")
    events[1]["opportunity_id"] = "o"
    tables: dict[str, Any] = {
        "opportunities": [
            {
                "opportunity_id": "o",
                "account_id": None,
                "created_at": START + timedelta(days=180),
                "closed_at": START + timedelta(days=35),
            }
        ],
        "buying_groups": [{"buying_group_id": "g", "opportunity_id": "o", "account_id": None}],
        "buying_group_members": [{"buying_group_id": "g", "person_id": "p"}],
        "leads": [{"lead_id": "l", "person_id": "q", "opportunity_id": "o", "account_id": None}],
    }
    company = Company({"events": events, **tables}, UTC_ZONE)

    def types(kind: str, which: str | None = None) -> dict[str, str]:
        histories = company.history(kind, which)
        return {name: "".join(event["event_type"] for event in found) for name, found in histories.items()}

    assert types("opportunity") == {"o": "ABD"}
    assert types("opportunity", "stamped") == {"o": "B"}
    assert types("buying_group") == {"g": "AB"}
    assert types("lead") == {}


# -- laws over random companies ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company() -> Reference:
    """A random company of a hundred accounts."""
    return Reference(random_company(7, accounts=100))


QUESTIONS = random_questions(11, 160)


def asked(analysis: str) -> list[int]:
    """Numbers of the questions of one analysis."""
    return [number for number, question in enumerate(QUESTIONS) if question["analysis"] == analysis]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_members_have_the_size_of_their_number(company: Reference, number: int) -> None:
    question = QUESTIONS[number]
    if not opens_exactly(question):
        pytest.skip("items of a dimension count memberships, a container once for each period it joined in")
    answer = company._answer(question)
    for table, found_people in answer.people.items():
        for row, people in zip(answer.tables[table], found_people, strict=True):
            assert {measure: len(found) for measure, found in people.items()} == {
                measure: row[measure] for measure in people
            }


@pytest.mark.parametrize("number", asked("fallout"))
def test_fallout_is_a_canvas_in_a_line(company: Reference, number: int) -> None:
    question = dict(QUESTIONS[number])
    points = [
        {name: value for name, value in point.items() if name != "without"}
        for point in question["touchpoints"]
    ]
    question |= {"touchpoints": points, "histogram": False}
    line = {
        name: value
        for name, value in question.items()
        if name not in ("touchpoints", "baseline", "histogram")
    }
    line |= {
        "analysis": "journey_canvas",
        "nodes": [{"id": str(k), "where": point["where"]} for k, point in enumerate(points)],
        "arrows": [
            {name: value for name, value in point.items() if name not in ("where", "label")}
            | {"source": str(k), "target": str(k + 1)}
            for k, point in enumerate(points[1:])
        ],
    }
    steps = company.ask(question | {"baseline": False})["touchpoints"]
    answer = company.ask(line)
    assert [row["value"] for row in steps] == [row["value"] for row in answer["nodes"]]
    if question.get("fallout_split"):
        for name in ("lost", "in_play", "dormant"):
            assert [row[name] for row in steps] == [row[name] for row in answer["nodes"]]
    times = [row["median_seconds"] for row in steps if row["step"] > 1]
    assert times == [row["median_seconds"] for row in answer["arrows"]]


@pytest.mark.parametrize("number", asked("flow"))
def test_flow_keeps_its_paths(company: Reference, number: int) -> None:
    question = {key: value for key, value in QUESTIONS[number].items() if key != "compare"}
    answer = company.ask(question)
    sides = {"starts_with": (1,), "contains": (-1, 1), "ends_with": (-1,)}
    ways = next(found for form, found in sides.items() if form in question)
    arriving: dict[Any, int] = defaultdict(int)
    leaving: dict[Any, int] = defaultdict(int)
    for link in answer["links"]:
        source = (link["column"], link["source_kind"], link["source"])
        target = (link["column"] + 1, link["target_kind"], link["target"])
        side = 1 if link["column"] >= 0 else -1
        near, far = (source, target) if side == 1 else (target, source)
        leaving[side, near] += link["paths"]
        arriving[far] += link["paths"]
    for node in answer["nodes"]:
        key = (node["column"], node["kind"], node["item"])
        if node["column"]:
            assert arriving[key] == node["paths"]
        if node["kind"] not in ("exit", "entry") and abs(node["column"]) < question["columns"]:
            own = [side for side in ways if node["column"] * side >= 0]
            assert [leaving[side, key] for side in own] == [node["paths"]] * len(own)


@pytest.mark.parametrize("first", ["Page Viewed", "MQL Qualified"])
@pytest.mark.parametrize("container", ["account", "person", "opportunity"])
def test_next_touchpoint_is_the_flow_link(company: Reference, first: str, container: str) -> None:
    start, second = is_type(first), is_type("Closed-Won")
    points = [{"where": start}, {"where": second, "path": "next"}]
    line = {"analysis": "fallout", "container": container, "touchpoints": points}
    paths = {"analysis": "flow", "container": container, "starts_with": start, "dimension": "event_type"}
    found = company.members(paths | {"items": 10}, "links", {"column": 0, "target": "Closed-Won"})
    assert company.members(line, "touchpoints", {"step": 2}) == found
