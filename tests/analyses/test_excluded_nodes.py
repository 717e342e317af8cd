"""Excluded nodes leave their containers out of every other number; arrows may ask for the very next event."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.builders import Question, both, by, canvas, fallout, is_type, journeys, kept
from workbench.engines import ENGINES
from workbench.errors import SpecError

EVENTS = journeys(
    a="ad@0 > mql@2 > won@9",
    b="ad@0 > call@1 > mql@3 > won@5",
    c="ad@0 > call@4",
    d="ad@1",
    e="mql@1 > ad@2 > mql@3",
    f="call@2",
)


def bench() -> wb.Workbench:
    """The histories above."""
    return wb.from_tables(events=EVENTS)


def without(question: Question, *nodes: str) -> Question:
    """The canvas with some nodes excluded."""
    drawn = [node | ({"exclude": True} if node["id"] in nodes else {}) for node in question["nodes"]]
    return question | {"nodes": drawn}


def test_those_who_came_to_an_excluded_node_are_left_out_everywhere_else() -> None:
    question = without(canvas("ad>call ad>mql mql>won call>won"), "call")
    nodes = both(bench(), question, "nodes")
    assert by(nodes, "id") == {"ad": 3, "call": 2, "mql": 2, "won": 1}
    assert by(nodes, "id", "percent_base") == {"ad": 3, "call": 5, "mql": 3, "won": 3}
    assert by(nodes, "id", "fallout") == {"ad": 1, "call": None, "mql": 1, "won": None}
    arrows = {(row["source"], row["target"]): row for row in both(bench(), question, "arrows")}
    assert {ends: row["value"] for ends, row in arrows.items()} == {
        ("ad", "call"): 2,
        ("ad", "mql"): 2,
        ("mql", "won"): 1,
        ("call", "won"): 0,
    }
    assert arrows["ad", "call"]["percent"] == 40.0
    assert arrows["ad", "call"]["median_seconds"] == 2.5 * 86_400
    assert arrows["ad", "mql"]["percent"] == pytest.approx(200 / 3)
    assert arrows["call", "won"]["percent"] is None


def test_what_is_reached_only_through_an_excluded_node_is_empty() -> None:
    nodes = both(bench(), without(canvas("ad>call call>mql mql>won"), "call"), "nodes")
    assert by(nodes, "id") == {"ad": 3, "call": 2, "mql": 0, "won": 0}


def test_an_excluded_start_leaves_its_containers_out() -> None:
    nodes = both(bench(), without(canvas("call ad>mql"), "call"), "nodes")
    assert by(nodes, "id") == {"call": 3, "ad": 3, "mql": 2}
    two = both(bench(), without(canvas("ad>call ad>mql mql>won"), "call", "won"), "nodes")
    assert by(two, "id") == {"ad": 2, "call": 2, "mql": 1, "won": 2}


@pytest.mark.parametrize("counting", ["all_matching", "on_path"])
def test_metrics_and_the_total_leave_them_out_too(counting: str) -> None:
    question = without(
        canvas("ad>call ad>mql", metric="events", percent_of="total", counting=counting), "call"
    )
    nodes = both(bench(), question, "nodes")
    assert by(nodes, "id") == {"ad": 3, "call": 2, "mql": 3 if counting == "all_matching" else 2}
    assert by(nodes, "id", "percent_base") == {"ad": 8, "call": 14, "mql": 8}
    own = without(canvas("ad>call ad>mql", percent_of="total"), "call")
    assert by(both(bench(), own, "nodes"), "id", "percent_base") == {"ad": 4, "call": 6, "mql": 4}


@pytest.mark.parametrize("engine", ENGINES)
def test_members_and_segments_follow(engine: str) -> None:
    result = bench().ask(without(canvas("ad>call ad>mql"), "call"), engine=engine)

    def ids(table: str, row: dict[str, Any], measure: str = "value") -> list[str]:
        found = result.members(table, row, measure=measure)["account_id"].to_list()
        again = bench().ask(
            fallout("ad", segments=[result.segment(table, row, measure=measure)]), engine=engine
        )
        assert again.members("touchpoints", {"step": 0})["account_id"].to_list() == found
        return found

    assert ids("nodes", {"id": "ad"}) == ["a", "d", "e"]
    assert ids("nodes", {"id": "ad"}, "fallout") == ["d"]
    assert ids("nodes", {"id": "call"}) == ["b", "c"]
    assert ids("arrows", {"source": "ad", "target": "call"}) == ["b", "c"]
    assert ids("arrows", {"source": "ad", "target": "mql"}) == ["a", "e"]
    with pytest.raises(SpecError, match="excluded"):
        result.members("nodes", {"id": "call"}, measure="fallout")


def test_leaving_out_is_the_complement_of_a_segment() -> None:
    question = canvas("ad>call ad>mql mql>won")
    reached = bench().ask(question).segment("nodes", {"id": "call"})
    segment = {"not": reached}
    out = both(bench(), without(question, "call"), "nodes")
    cut = both(bench(), question | {"segments": [segment]}, "nodes")
    for one, other in zip(out, cut, strict=True):
        if one["id"] != "call":
            assert one == other


def test_the_card_says_who_is_left_out() -> None:
    question = without(canvas("ad>call ad>mql"), "call")
    question["nodes"][1]["label"] = "Phone call"
    card = bench().ask(question).definition
    assert "Left out of every other number: all who came to Phone call" in card


# --- the very next event -----------------------------------------------------------------------


def test_an_arrow_may_ask_for_the_very_next_event() -> None:
    question = canvas("ad>mql mql>won")
    question["arrows"][0]["path"] = "next"
    assert by(both(bench(), question, "nodes"), "id") == {"ad": 5, "mql": 2, "won": 1}
    steps = both(bench(), fallout("ad", "+mql", "won"), "touchpoints")
    assert [row["value"] for row in steps[1:]] == [5, 2, 1]
    card = bench().ask(question).definition
    assert "next events as the very next one of the history" in card


def test_a_node_may_be_reached_by_either_path() -> None:
    question = canvas("ad>mql call>mql")
    for arrow in question["arrows"]:
        arrow["path"] = "next"
    assert by(both(bench(), question, "nodes"), "id")["mql"] == 3
    question["arrows"][0] |= {"within": "1d"}
    assert by(both(bench(), question, "nodes"), "id")["mql"] == 2


def test_a_segment_of_next_events_is_not_a_sequence_of_later_ones() -> None:
    question = canvas("ad>mql")
    question["arrows"][0]["path"] = "next"
    events = EVENTS.with_row_index("event_id").cast({"event_id": str})
    asked = wb.from_tables(events=events)
    condition = asked.ask(question).segment("nodes", {"id": "mql"})
    assert "members_of" in condition
    assert len(kept(asked, condition)) == 6


# --- metrics of other containers ---------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_metric_of_another_container_is_noted(engine: str) -> None:
    events = journeys("person", x="ad@0/s1 > mql@1/s2", y="ad@0/s3")
    asked = wb.from_tables(events=events)
    result = asked.ask(canvas("ad>mql", "person", metric="sessions"), engine=engine)
    assert result.notes == [
        "metric sessions counts sessions, the journeys are those of persons; percentages may exceed 100"
    ]
    for metric in ("persons", "events", {"count": is_type("ad")}):
        assert asked.ask(canvas("ad>mql", "person", metric=metric), engine=engine).notes == []
