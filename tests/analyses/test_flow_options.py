"""Flow: paths through nodes, items for each column, conversion, the declared order: laws and by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import workbench as wb
from tests.analyses.test_laws import alone, answered, company, draws, kinds, limits, members, seeds, types
from tests.builders import Question, bench_of, both, fallout, flow, is_type, journeys, small
from workbench.engines import ENGINES
from workbench.errors import SpecError
from workbench.model.parsing import parse_spec

ANCHORS = ("starts_with", "contains", "ends_with")


def passing(question: Question, node: dict[str, Any], nodes: pl.DataFrame) -> Question:
    """The question with the paths alone that pass a row of the table `nodes`."""
    kind = "before data" if node["item"] == "Before data" else node["kind"]
    shown = nodes.filter(column=node["column"]).filter(pl.col("kind").is_in(["anchor", "item"]))["item"]
    items = {"item": [node["item"]], "other": shown.to_list()}.get(kind)
    asked = {"column": node["column"], "kind": kind} | ({"items": items} if items else {})
    return question | {"through": [*question.get("through", []), asked]}


def numbers(nodes: pl.DataFrame, column: int) -> tuple[int, int]:
    """Paths and the greatest count of containers in a column."""
    rows = nodes.filter(column=column)
    return int(rows["paths"].sum()), int(rows["containers"].max() or 0)  # type: ignore[arg-type]


@small(20)
@given(seeds, draws)
def test_through_a_node_are_exactly_its_paths(seed: int, draw: int) -> None:
    question, bench = alone(answered(draw, 1, "flow")[0]), company(seed)
    result = bench.ask(question)
    nodes = result.tables["nodes"]
    for node in nodes.filter(pl.col("column") != 0).to_dicts()[::3]:
        through = bench.ask(passing(question, node, nodes))
        assert numbers(through.tables["nodes"], 0) == (node["paths"], node["containers"])
        select = {name: node[name] for name in ("column", "kind", "item")}
        everyone = members(through, "nodes", {"column": 0, "kind": "anchor", "item": "Anchor"})
        assert everyone == members(result, "nodes", select)


@small(10)
@given(seeds, draws)
def test_paths_through_all_nodes_of_a_column_are_those_that_come_there(seed: int, draw: int) -> None:
    question, bench = alone(answered(draw, 1, "flow")[0]), company(seed)
    nodes = bench.ask(question).tables["nodes"]
    for column in {*nodes["column"]} - {0}:
        each = [
            numbers(bench.ask(passing(question, node, nodes)).tables["nodes"], 0)[0]
            for node in nodes.filter(column=column).to_dicts()
        ]
        assert sum(each) == numbers(nodes, column)[0]


@small(20)
@given(seeds, draws, st.lists(st.integers(1, 4), min_size=5, max_size=5))
def test_each_column_is_that_of_a_flow_with_as_many_items(seed: int, draw: int, listed: list[int]) -> None:
    question, bench = alone(answered(draw, 1, "flow")[0]), company(seed)
    items = listed[: question["columns"]]
    mixed = bench.ask(question | {"items": items}).tables["nodes"]
    for number in set(items):
        same = bench.ask(question | {"items": number}).tables["nodes"]
        columns = [side * k for k, own in enumerate(items, start=1) for side in (-1, 1) if own == number]
        kept = pl.col("column").is_in(columns)
        assert_frame_equal(mixed.filter(kept), same.filter(kept))


@small(20)
@given(seeds, draws)
def test_steps_back_and_steps_that_skip_are_on_paths(seed: int, draw: int) -> None:
    plain = alone(answered(draw, 1, "flow")[0]) | {"dimension": "event_type", "items": 1000}
    result = company(seed).ask(plain | {"declared_order": True})
    order, links, nodes = (result.tables[name] for name in ("order", "links", "nodes"))
    paths, containers = numbers(nodes, 0)
    assert order["kind"].to_list() == ["back", "skip"]
    for row in order.to_dicts():
        along = links.filter(order=row["kind"])
        assert max([0, *along["paths"]]) <= row["paths"] <= min(paths, along["paths"].sum())
        assert max([0, *along["containers"]]) <= row["containers"] <= row["percent_base"] == containers
        assert len(members(result, "order", {"kind": row["kind"]})) == row["containers"]
    assert_frame_equal(
        links.drop("order"), company(seed).ask(plain | {"declared_order": False}).tables["links"]
    )


@small(25)
@given(seeds, kinds, types, types, limits, st.sampled_from([None, "12h", "30d", "90d"]))
def test_who_converts_on_whole_paths_is_who_comes_to_the_next_step(
    seed: int, kind: str, first: list[str], goal: list[str], step: dict[str, Any], follow: str | None
) -> None:
    bench, dates = company(seed), {"date_range": {"from": "2024-02-01", "follow": follow}}
    question = {"container": kind} | (dates if follow else {})
    paths = bench.ask(
        question
        | flow(container=kind, starts_with=is_type(*first), goal=is_type(*goal))
        | {"paths": 1000, "columns": 1, "items": 1000, "repeats": True}
    )
    steps = fallout(container=kind) | {"touchpoints": [{"where": is_type(*names)} for names in (first, goal)]}
    converted: set[str] = set()
    for row in paths.tables["paths"].to_dicts():
        select = {name: row[name] for name in ("first_column", "path", "kinds")}
        found = members(paths, "paths", select, "converted")
        assert len(found) == row["converted"] <= row["containers"]
        assert row["converted_percent"] == 100 * row["converted"] / row["containers"]
        converted |= found
    assert converted == members(bench.ask(question | steps), "touchpoints", {"step": 2})


# --- by hand -----------------------------------------------------------------------------------

STORIES = journeys(
    one="A@0 > B@1 > C@2 > D@3",
    two="A@0 > C@1 > B@2",
    three="A@0 > B@1 > X@2 > D@9",
    four="A@0 > C@1 > A@2 > D@3",
    five="A@0",
)


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    return bench_of(STORIES, event_order=["A", "B", "C", "D"], milestones={"begun": is_type("A")})


def shown(rows: list[dict[str, Any]], *names: str) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


def test_only_paths_through_a_node_are_left(bench: wb.Workbench) -> None:
    question = flow(starts_with="A", columns=2, through=[{"column": 1, "items": ["B"]}])
    assert shown(both(bench, question, "nodes"), "column", "item", "paths") == {
        (0, "Anchor", 2),
        (1, "B", 2),
        (2, "C", 1),
        (2, "X", 1),
    }
    question["through"].append({"column": 2, "kind": "other", "items": ["X"]})
    assert shown(both(bench, question, "nodes"), "column", "item") == {(0, "Anchor"), (1, "B"), (2, "C")}


def test_other_may_leave_out_the_anchor_by_its_label(bench: wb.Workbench) -> None:
    question = flow(starts_with="A", columns=2, occurrence="first")
    later = {"column": 2, "kind": "other", "items": ["C", "X"]}
    assert shown(both(bench, question | {"through": [later]}, "nodes"), "column", "item", "paths") >= {
        (2, "Anchor", 1),
        (2, "B", 1),
    }
    later["items"] = ["C", "X", "Anchor"]
    assert shown(both(bench, question | {"through": [later]}, "nodes"), "column", "item", "paths") == {
        (0, "Anchor", 1),
        (1, "C", 1),
        (2, "B", 1),
    }


def test_paths_through_an_end(bench: wb.Workbench) -> None:
    question = flow(starts_with="A", columns=3, through=[{"column": 3, "kind": "exit"}])
    assert shown(both(bench, question, "links"), "source", "target") == {
        ("Anchor", "C"),
        ("C", "B"),
        ("B", "Exit"),
    }
    question = flow(ends_with="A", columns=1, through=[{"column": -1, "kind": "entry"}])
    assert shown(both(bench, question, "nodes"), "item", "paths") == {("Entry", 5), ("Anchor", 5)}


def test_what_no_path_passes_is_said(bench: wb.Workbench) -> None:
    nodes = [{"column": 1, "items": ["B"]}, {"column": 2, "items": ["nothing"]}]
    for engine in ENGINES:
        result = bench.ask(
            flow(starts_with="A", through=nodes, paths=5, times=True, goal=is_type("D"), declared_order=True),
            engine=engine,
        )
        assert "no path passes all 2 nodes asked for by through" in result.notes
        assert result.tables["order"].rows() == [("back", 0, 0, None, 0), ("skip", 0, 0, None, 0)]
        assert [len(result.tables[name]) for name in ("nodes", "links", "paths", "exits")] == [0, 0, 0, 0]


def test_links_say_whether_they_go_back_or_skip(bench: wb.Workbench) -> None:
    question = flow(starts_with={"milestone": "begun"}, columns=3, occurrence="first", declared_order=True)
    links = both(bench, question, "links")
    assert shown(links, "column", "source", "target", "order") == {
        (0, "Anchor", "B", "forward"),
        (0, "Anchor", "C", "skip"),
        (0, "Anchor", "Exit", None),
        (1, "B", "C", "forward"),
        (1, "B", "X", None),
        (1, "C", "B", "back"),
        (1, "C", "Anchor", "back"),
        (2, "C", "D", "forward"),
        (2, "X", "D", None),
        (2, "B", "Exit", None),
        (2, "Anchor", "D", "skip"),
    }
    for items in (1, 5):
        order = both(bench, question | {"items": items}, "order")
        assert [tuple(row.values()) for row in order] == [("back", 2, 2, 40.0, 5), ("skip", 2, 2, 40.0, 5)]


def test_an_anchor_of_several_types_has_no_place_in_the_order(bench: wb.Workbench) -> None:
    question = flow(starts_with=is_type("A", "C"), columns=1, declared_order=True)
    assert shown(both(bench, question, "links"), "order") == {(None,)}


def test_whole_paths_tell_who_converts(bench: wb.Workbench) -> None:
    question = flow(starts_with="A", columns=1, occurrence="first", paths=10, goal=is_type("D"))
    converts = {("Anchor → B", 2, 2), ("Anchor → C", 2, 1), ("Anchor → Exit", 1, 0)}
    assert shown(both(bench, question, "paths"), "path", "containers", "converted") == converts
    question["date_range"] = {"from": "2024-01-01", "follow": "3d"}
    in_time = {("Anchor → B", 2, 1), ("Anchor → C", 2, 1), ("Anchor → Exit", 1, 0)}
    assert shown(both(bench, question, "paths"), "path", "containers", "converted") == in_time
    exits = both(bench, question, "exits")
    assert shown(exits, "path", "converted", "converted_percent") == {("Anchor → Exit", 0, 0.0)}


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_that_may_be_zero_open_and_rows_that_do_not_exist_are_refused(
    bench: wb.Workbench, engine: str
) -> None:
    question = flow(starts_with="A", columns=1, paths=10, goal=is_type("D"), declared_order=True)
    result = bench.ask(question | {"occurrence": "first"}, engine=engine)
    left = {"first_column": 0, "path": "Anchor → Exit", "kinds": "anchor exit"}
    assert members(result, "paths", left, "converted") == set()
    assert members(result, "order", {"kind": "back"}) == set()
    assert members(result, "order", {"kind": "skip"}) == {"two", "four"}
    with pytest.raises(SpecError, match="has no row"):
        result.members("paths", left | {"path": "Anchor → Y"}, measure="converted")
    with pytest.raises(SpecError, match="did you mean 'skip'"):
        result.members("order", {"kind": "skips"})
    plain = bench.ask(flow(starts_with="A", columns=1, paths=10), engine=engine)
    with pytest.raises(SpecError, match="has a goal"):
        plain.members("paths", left, measure="converted")
    with pytest.raises(SpecError, match="no table 'order'"):
        plain.members("order", {"kind": "skip"})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"items": [1, 2, 3], "columns": 2}, "3 numbers of items for 2 columns"),
        ({"items": 0}, "items: Input should be greater than or equal to 1"),
        ({"through": [{"column": 0, "kind": "anchor"}]}, "column 0; choose from 1 to 5"),
        ({"through": [{"column": 6, "kind": "exit"}]}, "column 6; choose from 1 to 5"),
        ({"through": [{"column": -1, "items": ["B"]}]}, "column -1; choose from 1 to 5"),
        ({"through": [{"column": 1}]}, "at least one"),
        ({"through": [{"column": 1, "kind": "exit", "items": ["B"]}]}, "takes no items"),
        ({"through": [{"column": 1, "kind": "entry"}]}, "left of the anchor only"),
        ({"through": [{"column": 1, "kind": "exits"}]}, "did you mean 'exit'"),
        ({"dimension": "channel", "declared_order": True}, "channel has none"),
    ],
)
def test_what_cannot_be_asked_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec(flow(starts_with="A") | more)


def test_a_list_of_items_keeps_its_columns_in_json() -> None:
    for question in (
        flow(starts_with="A", items=[1, 2]),
        flow(contains=is_type("A"), items=[1, 2, 3, 4], columns=2),
        flow(contains=is_type("A"), items=list(range(1, 11)), columns=5),
    ):
        spec = parse_spec(question)
        assert parse_spec(spec.to_json()) == spec


def test_the_card_names_every_option(bench: wb.Workbench) -> None:
    nodes = [{"column": 1, "items": ["B", "C"]}, {"column": 2, "kind": "other", "items": ["D"]}]
    question = flow(starts_with="A", columns=2, items=[3, 1], through=nodes, paths=5, goal=is_type("D"))
    card = bench.ask(question | {"declared_order": True}).definition
    assert "top items 3 in column 1, 1 in column 2" in card
    assert "only paths with B or C in column 1" in card
    assert "an item or anchor other than D in column 2" in card
    assert "Converted: an event where event type is D" in card
    assert "A → B → C → D" in card
    unordered = bench_of(STORIES).ask(flow(starts_with="A", declared_order=True))
    assert "no order of event types is declared, so no step goes back or skips" in unordered.notes
