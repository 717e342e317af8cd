"""What is remembered between questions: a change on the drawing costs what it adds, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import workbench as wb
from tests.builders import Question, by, canvas, fallout, is_type, journeys
from tests.engines.comparing import company_and_bench
from tests.reference.random_questions import QuestionMaker
from workbench.analyses import checkpoints
from workbench.engines.cache import BoundedCache
from workbench.engines.index import IndexEngine
from workbench.index.matching import Matcher
from workbench.model.parsing import parse_spec

EVENTS = journeys(
    a="ad@0 > call@1 > mql@2 > won@9", b="ad@0 > mql@3", c="ad@0 > call@4 > won@6", d="ad@1", e="mql@1"
)


@contextmanager
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What touches data inside: conditions that are evaluated and steps that are walked."""
    done: list[str] = []
    with monkeypatch.context() as patched:
        for place, name in ((Matcher, "find"), (checkpoints, "link"), (checkpoints, "join")):
            patched.setattr(place, name, _noted(getattr(place, name), name, done))
        yield done


def _noted(function: Any, name: str, done: list[str]) -> Any:
    def noted(*given: Any, **named: Any) -> Any:
        done.append(name)
        return function(*given, **named)

    return noted


def drawn(**more: Any) -> Question:
    """A canvas of four nodes, one of them a join."""
    return canvas("ad>mql ad>call call>won mql>won", **more)


def test_what_is_only_drawn_and_what_percentages_refer_to_touch_no_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = wb.from_tables(events=EVENTS)
    bench.ask(drawn())
    moved = drawn()
    moved["nodes"][0] |= {"x": 4, "y": 2, "label": "Advertisement", "breakdown": "channel"}
    moved["nodes"][0]["fallout_breakdown"] = "channel"
    moved["arrows"][0] |= {"label": "soon", "breakdown": "channel"}
    with work(monkeypatch) as done:
        assert bench.ask(moved).tables["nodes"]["label"].to_list() == ["Advertisement", "mql", "call", "won"]
        for base in ("previous", "total", "start"):
            bench.ask(drawn(percent_of=base))
        excluded = drawn()
        excluded["nodes"][2]["exclude"] = True
        assert by(bench.ask(excluded).tables["nodes"].to_dicts(), "id")["ad"] == 2
    assert done == []


def test_a_moved_node_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = wb.from_tables(events=EVENTS)
    bench.ask(drawn())
    moved = drawn()
    moved["nodes"][1] |= {"x": 100.5, "label": "Qualified"}
    monkeypatch.setattr(IndexEngine, "count", None)
    assert bench.ask(moved).tables["nodes"]["label"][1] == "Qualified"
    assert bench.ask(drawn()).tables["nodes"]["label"][1] == "mql"


def test_a_new_node_costs_its_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = wb.from_tables(events=EVENTS)
    bench.ask(drawn())
    with work(monkeypatch) as done:
        bench.ask(canvas("ad>mql ad>call call>won mql>won won>lost"))
        assert sorted(done) == ["find", "join", "link"]
        done.clear()
        longer = fallout("ad", "mql", "won")
        bench.ask(longer)
        assert done.count("find") <= 1
        done.clear()
        bench.ask(longer | {"touchpoints": [*longer["touchpoints"], {"where": is_type("lost")}]})
        assert sorted(done) == ["find", "join", "link"]


def test_every_limit_is_part_of_what_is_remembered() -> None:
    bench = wb.from_tables(events=EVENTS)
    for limits, arrived in (
        ({}, 2),
        ({"within": "2d"}, 1),
        ({"within": "2d", "after": "2d"}, 1),
        ({"path": "next"}, 1),
    ):
        question = canvas("ad>mql")
        question["arrows"][0] |= limits
        assert by(bench.ask(question).tables["nodes"].to_dicts(), "id")["mql"] == arrived, limits
    for more, arrived in (
        ({"mature_only": "7d"}, 2),
        ({"mature_only": "9d"}, 2),
        ({"mature_only": "10d"}, 0),
        ({"date_range": {"from": "2024-01-02"}}, 0),
        ({"date_range": {"from": "2024-01-01", "follow": "2d"}}, 1),
        ({"segments": [is_type("ad", "mql")]}, 2),
        ({"segments": [is_type("ad")]}, 0),
        ({"actors": ["seller"]}, 0),
    ):
        question = canvas("ad>mql", **more)
        assert by(bench.ask(question).tables["nodes"].to_dicts(), "id")["mql"] == arrived, more


def test_a_saved_segment_that_changes_is_not_remembered() -> None:
    bench = wb.from_tables(events=EVENTS.with_row_index("event_id").cast({"event_id": str}))
    saved = bench.definitions.save("segments", "some", is_type("ad", "mql"))
    behind = {"question": fallout("ad", segments=["some"]), "table": "touchpoints", "select": {"step": 1}}
    cut, inside = canvas("ad>mql", segments=["some"]), canvas("ad", segments=[{"members_of": behind}])
    assert by(bench.ask(cut).tables["nodes"].to_dicts(), "id") == {"ad": 4, "mql": 2}
    assert by(bench.ask(inside).tables["nodes"].to_dicts(), "id") == {"ad": 4}
    bench.definitions.save(
        "segments", "some", is_type("mql"), definition_id="some", revision=saved["revision"]
    )
    assert by(bench.ask(cut).tables["nodes"].to_dicts(), "id") == {"ad": 0, "mql": 0}
    assert by(bench.ask(inside).tables["nodes"].to_dicts(), "id") == {"ad": 0}


def test_memory_is_bounded() -> None:
    _, _, bench = company_and_bench(5, 60)
    maker = QuestionMaker(random.Random(5))
    cache = BoundedCache(200_000)
    engine = IndexEngine(bench.index, bench.version, cache)
    for _ in range(40):
        engine.count(parse_spec({k: v for k, v in maker.canvas().items() if k != "compare"}))
        assert 0 < cache._held <= cache.limit


def test_what_is_remembered_changes_no_number() -> None:
    _, _, bench = company_and_bench(6, 80)
    maker, shaken = QuestionMaker(random.Random(6)), random.Random(7)
    forgetful = IndexEngine(bench.index, bench.version)
    for _ in range(40):
        question = maker.canvas()
        for _ in range(3):
            question["percent_of"] = shaken.choice(["start", "previous", "total"])
            question["counting"] = shaken.choice(["all_matching", "on_path"])
            shaken.choice(question["nodes"])["exclude"] = shaken.random() < 0.3
            spec = parse_spec(question)
            fresh, remembered = forgetful.answer(spec).tables, bench.ask(spec).tables
            assert all(remembered[name].equals(table) for name, table in fresh.items()), question
