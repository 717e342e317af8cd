"""Fallout is not loss: lost, in play and dormant; and starts that are old enough to judge."""

from __future__ import annotations

import random
from typing import Any

import pytest

import workbench as wb
from tests.builders import both, by, canvas, fallout, is_type, journeys
from tests.engines.comparing import company_and_bench
from tests.reference.random_questions import QuestionMaker
from workbench.engines import ENGINES
from workbench.errors import SpecError

EVENTS = journeys(
    goes="ad@0 > mql@5",
    closes="ad@0 > lost@20",
    early="lost@0 > ad@1",
    leaves="ad@0 > churned@300",
    active="ad@0 > mail@200!buyer",
    nobody="ad@0 > mail@210",
    called="ad@0 > call@200!seller",
    silent="ad@0 > mail@10",
    wakes="ad@0 > lost@3 > mail@299",
    last="mail@300",
)
MILESTONES = {"lost": is_type("lost"), "churned": is_type("churned")}
PARTS = ("lost", "in_play", "dormant")


def bench(**settings: Any) -> wb.Workbench:
    """The histories above; 2024-10-27 is the horizon's day, and day 211 the first of the last 90."""
    return wb.from_tables(events=EVENTS, milestones=MILESTONES, settings=settings)


def parts(result: wb.Result, table: str, row: dict[str, Any]) -> dict[str, list[str]]:
    """Members of the three parts of a fallout."""
    return {
        name: result.members(table, row, measure=name)["account_id"].to_list() for name in (*PARTS, "fallout")
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_those_who_did_not_go_on_are_lost_in_play_or_dormant(engine: str) -> None:
    asked = bench(in_play_window="101d")
    expected = {
        "lost": ["closes", "leaves", "wakes"],
        "in_play": ["active", "nobody"],
        "dormant": ["called", "early", "silent"],
    }
    fallen = sorted(name for found in expected.values() for name in found)
    on_canvas = asked.ask(canvas("ad>mql", fallout_split=True), engine=engine)
    assert parts(on_canvas, "nodes", {"id": "ad"}) == expected | {"fallout": fallen}
    assert on_canvas.tables["nodes"].columns[-5:] == ["fallout", "fallout_percent", *PARTS]
    assert on_canvas.tables["nodes"].select("fallout", *PARTS).rows() == [(8, 3, 2, 3), (None,) * 4]
    steps = asked.ask(fallout("ad", "mql", fallout_split=True, baseline=False), engine=engine)
    assert parts(steps, "touchpoints", {"step": 1}) == expected | {"fallout": fallen}
    columns = steps.tables["touchpoints"].columns
    assert columns[columns.index("fallout") :][:5] == ["fallout", *PARTS, "median_seconds"]


@pytest.mark.parametrize(
    ("window", "in_play"), [("90d", []), ("101d", ["active", "nobody"]), ("2160h", ["nobody"])]
)
def test_the_window_counts_local_days_back_from_the_horizon(window: str, in_play: list[str]) -> None:
    for engine in ENGINES:
        result = bench(in_play_window=window).ask(canvas("ad>mql", fallout_split=True), engine=engine)
        assert parts(result, "nodes", {"id": "ad"})["in_play"] == in_play


def test_a_date_range_that_cuts_histories_does_not_cut_what_became_of_them() -> None:
    dates = {"from": "2024-01-01", "to": "2024-01-10", "applies_to": "events"}
    question = canvas("ad>mql", fallout_split=True, date_range=dates)
    rows = both(bench(in_play_window="101d"), question, "nodes")
    assert [rows[0][name] for name in ("fallout", *PARTS)] == [8, 3, 2, 3]
    lost = both(bench(), fallout("ad", "mql", fallout_split=True, date_range=dates), "touchpoints")
    assert [lost[1][name] for name in ("fallout", *PARTS)] == [8, 3, 0, 5]


def test_actors_and_segments_decide_which_history_is_judged() -> None:
    question = canvas("ad>mql", fallout_split=True, segments=[{"not": is_type("mail", "lost")}])
    rows = both(bench(in_play_window="101d"), question, "nodes")
    assert [rows[0][name] for name in ("fallout", *PARTS)] == [8, 1, 0, 7]


def test_step_0_counts_from_the_first_event() -> None:
    rows = both(bench(), fallout("ad", "mql", fallout_split=True), "touchpoints")
    assert [rows[0][name] for name in ("value", "fallout", *PARTS)] == [10, 1, 0, 1, 0]
    assert [rows[2][name] for name in ("fallout", *PARTS)] == [None] * 4


def test_without_closing_milestones_nobody_is_lost() -> None:
    asked = wb.from_tables(events=EVENTS, milestones={"mql": is_type("mql")})
    rows = both(asked, canvas("ad>mql", fallout_split=True), "nodes")
    assert [rows[0][name] for name in ("fallout", *PARTS)] == [8, 0, 2, 6]
    card = asked.ask(canvas("ad>mql", fallout_split=True)).definition
    assert "lost are none, as no milestone says" in card
    assert (
        "with a milestone lost or churned later"
        in bench().ask(canvas("ad>mql", fallout_split=True)).definition
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_parts_open_only_where_the_question_asks_for_them(engine: str) -> None:
    for question, table, row in (
        (canvas("ad>mql"), "nodes", {"id": "ad"}),
        (fallout("ad", "mql"), "touchpoints", {"step": 1}),
    ):
        with pytest.raises(SpecError, match="fallout_split"):
            bench().ask(question, engine=engine).members(table, row, measure="lost")


def test_the_parts_add_up_to_the_fallout() -> None:
    _, _, asked = company_and_bench(3, 200)
    maker = QuestionMaker(random.Random(3))
    for number in range(40):
        question = (maker.fallout if number % 2 else maker.canvas)() | {"fallout_split": True}
        table = "touchpoints" if number % 2 else "nodes"
        for row in asked.ask(question).tables[table].to_dicts():
            found = [row[name] for name in PARTS]
            assert found == [None] * 3 if row["fallout"] is None else sum(found) == row["fallout"]


# --- mature starts -----------------------------------------------------------------------------


def test_only_starts_that_are_old_enough_begin_something() -> None:
    events = journeys(a="ad@0 > mql@1", b="ad@90 > mql@91", c="ad@95 > mql@99", d="ad@50 > ad@95 > mql@100")
    asked = wb.from_tables(events=events)
    for age, starts, arrived in (("10d", 3, 3), ("5d", 4, 4), ("60d", 1, 1), ("101d", 0, 0)):
        nodes = both(asked, canvas("ad>mql", mature_only=age), "nodes")
        assert by(nodes, "id") == {"ad": starts, "mql": arrived}, age
        steps = both(asked, fallout("ad", "mql", mature_only=age), "touchpoints")
        assert by(steps, "step") == {0: starts, 1: starts, 2: arrived}
    timed = both(asked, canvas("ad>mql", mature_only="20d"), "arrows")
    assert timed[0]["median_seconds"] == 25.5 * 86_400


def test_mature_starts_lie_in_the_date_range_too() -> None:
    events = journeys(a="ad@0 > mql@1", b="ad@50 > mql@60", c="ad@95 > mql@100")
    asked = wb.from_tables(events=events)
    for how in ("start", "events"):
        dates = {"from": "2024-01-10", "applies_to": how}
        nodes = both(asked, canvas("ad>mql", mature_only="10d", date_range=dates), "nodes")
        assert by(nodes, "id") == {"ad": 1, "mql": 1}


def test_the_card_tells_of_starts_that_are_too_young() -> None:
    card = bench().ask(canvas("ad>mql", mature_only="30d")).definition
    assert "Starts: at least 30 days before the horizon; younger ones are left out." in card


def test_a_segment_of_mature_starts_has_exactly_their_members() -> None:
    asked = wb.from_tables(events=journeys(a="ad@0 > mql@1", b="ad@95 > mql@99", c="mql@100"))
    result = asked.ask(canvas("ad>mql", mature_only="10d"))
    condition = result.segment("nodes", {"id": "mql"})
    everyone = asked.ask(fallout("ad", segments=[condition])).members("touchpoints", {"step": 0})
    assert everyone["account_id"].to_list() == ["a"]
