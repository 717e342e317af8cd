"""Help while a canvas is drawn: suggestions carry the numbers of the canvas, traces those of the counts."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import Question, bench_of, canvas, is_type, journeys
from tests.engines.comparing import company_and_bench
from tests.reference.asked import Asked
from tests.reference.canvas import Canvas
from tests.reference.random_questions import QuestionMaker
from tests.reference.reference import Reference

EVENTS = journeys(
    a="ad@0 > call@1 > demo@3 > won@10",
    b="ad@0 > demo@2 > call@5 > won@9",
    c="ad@0 > call@4 > won@6",
    d="call@0 > ad@1 > mail@2",
    e="demo@0 > won@3",
)


@lru_cache(maxsize=1)
def company() -> tuple[Reference, wb.Workbench]:
    """A random company of some hundred accounts."""
    _, reference, bench = company_and_bench(7, 200)
    return reference, bench


def canvases(number: int) -> list[Question]:
    """Random canvases without compared segments."""
    maker = QuestionMaker(random.Random(number))
    questions = [maker.canvas() for _ in range(number)]
    return [{key: value for key, value in one.items() if key != "compare"} for one in questions]


def test_what_comes_next_is_counted_as_a_checkpoint_behind() -> None:
    found = bench_of(EVENTS).next_items(canvas("ad"), "ad")
    assert found.columns == ["item", "where", "value", "percent", "median_seconds"]
    days = [(row["item"], row["value"], row["median_seconds"] / 86_400) for row in found.to_dicts()]
    assert days == [("call", 3, 4.0), ("won", 3, 9.0), ("demo", 2, 2.5), ("mail", 1, 1.0)]
    assert found["percent"].to_list() == [75.0, 75.0, 50.0, 25.0]
    assert found["where"][0] == is_type("call")


def test_the_very_next_event_is_another_question() -> None:
    found = bench_of(EVENTS).next_items(canvas("ad"), "ad", path="next")
    assert found.select("item", "value").rows() == [("call", 2), ("demo", 1), ("mail", 1)]


def test_what_came_before_is_counted_over_those_who_came() -> None:
    found = bench_of(EVENTS).next_items(canvas("ad>won"), "won", direction="previous")
    assert found.select("item", "value", "percent").rows() == [
        ("call", 3, 100.0),
        ("demo", 2, pytest.approx(200 / 3)),
    ]


def test_between_are_items_after_the_one_and_before_the_other() -> None:
    found = bench_of(EVENTS).between_items(canvas("ad>won"), "ad", "won")
    rows = [(row["item"], row["value"], row["median_seconds"] / 86_400) for row in found.to_dicts()]
    assert rows == [("call", 3, 4.0), ("demo", 2, 7.0)]


def test_neighbours_that_are_drawn_already_are_left_out() -> None:
    bench = bench_of(EVENTS, milestones={"won": is_type("won")})
    drawn = canvas("ad>won ad>demo demo>won")
    drawn["nodes"][1]["where"] = {"milestone": "won"}
    assert bench.next_items(drawn, "ad")["item"].to_list() == ["call", "mail"]
    assert bench.next_items(drawn, "won", direction="previous")["item"].to_list() == ["call"]
    assert bench.between_items(drawn, "ad", "won")["item"].to_list() == ["call"]
    assert bench.next_items(canvas("ad"), "ad", items=2).height == 2
    assert bench.next_items(canvas("nobody"), "nobody").is_empty()


@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_the_canvas_with_the_item_drawn_in(seed: int) -> None:
    _, bench = company()
    for question in canvases(8 + seed):
        nodes = [node["id"] for node in question["nodes"]]
        node = nodes[seed % len(nodes)]
        for row in bench.next_items(question, node, "channel", items=3).to_dicts():
            more = drawn(question, row, [{"source": node, "target": "new"}])
            shown = bench.ask(more).tables["nodes"].filter(id="new")
            assert shown["value"].to_list() == [row["value"]], question
        came = members(bench, question, node)
        for row in bench.next_items(question, node, "channel", direction="previous", items=2).to_dicts():
            ends = [{"source": "new", "target": "copy"}]
            assert_counts(row, went(bench, question, node, row, ends), came)
        for arrow in question["arrows"][:1]:
            source, target = arrow["source"], arrow["target"]
            came = members(bench, question, target)
            for row in bench.between_items(question, source, target, "channel", items=2).to_dicts():
                ends = [{"source": source, "target": "new"}, {"source": "new", "target": "copy"}]
                assert_counts(row, went(bench, question, target, row, ends), came)


def went(
    bench: wb.Workbench, question: Question, target: str, row: dict[str, Any], arrows: list[Question]
) -> set[str]:
    """Containers that go from an item, drawn in, to a copy of a node."""
    more = drawn(question, row, arrows)
    more["nodes"] = [*more["nodes"], by_id(question, target) | {"id": "copy"}]
    return set(bench.ask(more).members("arrows", arrows[-1]).to_series(0))


def assert_counts(row: dict[str, Any], moved: set[str], came: set[str]) -> None:
    """A suggestion counts those who moved among those who came."""
    assert row["value"] == len(moved & came), row
    assert row["percent"] == pytest.approx(100 * row["value"] / len(came))


def by_id(question: Question, node: str) -> Question:
    """A node of a canvas."""
    return next(one for one in question["nodes"] if one["id"] == node)


def members(bench: wb.Workbench, question: Question, node: str) -> set[str]:
    """Ids of the containers at a node."""
    return set(bench.ask(question).members("nodes", {"id": node}).to_series(0))


def drawn(question: Question, row: dict[str, Any], arrows: list[Question]) -> Question:
    """The canvas with an item as the node `new`."""
    nodes = [*question["nodes"], {"id": "new", "where": row["where"]}]
    return question | {"nodes": nodes, "arrows": [*question["arrows"], *arrows]}


def test_wrong_names_are_refused_with_the_nearest() -> None:
    bench = bench_of(EVENTS)
    with pytest.raises(wb.SpecError, match="node: 'add' is no node; did you mean 'ad'"):
        bench.next_items(canvas("ad>won"), "add")
    with pytest.raises(wb.SpecError, match="direction: 'nxt' is no direction; did you mean 'next'"):
        bench.next_items(canvas("ad>won"), "ad", direction="nxt")
    with pytest.raises(wb.SpecError, match="path"):
        bench.next_items(canvas("ad>won"), "ad", path="always")
    with pytest.raises(wb.SpecError, match="journey_canvas"):
        bench.between_items({"analysis": "breakdown", "by": "channel"}, "ad", "won")
    with pytest.raises(wb.SpecError, match="is no account here"):
        bench.trace(canvas("ad>won"), "zz")


# --- trace -------------------------------------------------------------------------------------


def test_a_trace_tells_where_and_when_a_container_came() -> None:
    events = journeys(a="ad@0~ann > ad@1~bob > won@4~bob", b="ad@0 > call@2")
    bench = bench_of(events, persons=pl.DataFrame({"person_id": ["ann"], "name": ["Ann"]}))
    traced = bench.trace(canvas("ad>won ad>call"), "a")
    rows = traced["nodes"].select("id", "reached", "event_type", "person_id", "person", "matching").rows()
    assert rows == [
        ("ad", True, "ad", "ann", "Ann", 2),
        ("won", True, "won", "bob", None, 1),
        ("call", False, None, None, None, 0),
    ]
    assert traced["arrows"].rows() == [
        ("ad", "won", True, True, 4 * 86_400.0),
        ("ad", "call", False, False, None),
    ]


def test_a_trace_masks_persons_and_says_who_is_not_counted() -> None:
    question = canvas("ad>won")
    question["nodes"].append({"id": "out", "where": is_type("call"), "exclude": True})
    events = journeys(a="ad@0~ann > call@1 > won@4", b="ad@0")
    bench = bench_of(events, settings={"mask_persons": True})
    nodes = bench.trace(question, "a")["nodes"]
    assert nodes["person"][0].startswith("Person ")
    assert nodes["reached"].to_list() == [True, True, True]
    assert nodes["counted"].to_list() == [False, False, True]


def test_traces_are_those_of_the_brute_force() -> None:
    reference, bench = company()
    seen = 0
    for question in canvases(24):
        asked = Asked(reference.company, reference.conditions, question)
        expected = Canvas(asked)
        journey_of = {journey.container: journey for journey in asked.journeys}
        for container in sorted(journey_of)[:: max(1, len(journey_of) // 5)]:
            traced, journey = bench.trace(question, container), journey_of[container]
            for row in traced["nodes"].to_dicts():
                reached = expected.reached[row["id"], container]
                first = journey.events[min(reached)] if reached else {}
                assert row["reached"] == bool(reached), (question, container)
                for name in ("occurred_at", "event_type", "person_id"):
                    assert row[name] == first.get(name), (question, container)
                assert row["matching"] == len(expected.matches[row["id"], container])
            for row in traced["arrows"].to_dicts():
                moved = expected.moved[row["source"], row["target"]].get(container)
                assert row["seconds"] == (None if moved is None else pytest.approx(moved))
                assert row["moved"] == (moved is not None)
            seen += 1
    assert seen > 80
