"""Paths on histories written by hand: order, ties, what is considered, time limits, members."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.builders import Question, bench_of, both, fallout, is_type, journeys

EVENTS = journeys(
    a="ad@0 > call@1 > demo@2 > call@3 > won@4",
    b="call@0 > ad@1 > call@2 > demo@3 > won@11 > mail@12",
    c="ad@0 > demo@1 > call@2 > won@3",
    d="ad@0 > won@5",
    e="ad@0 > call@1",
    f="won@0 > ad@1 > ad@2 > mail@3 > won@9",
)
DAY = 86_400.0


def paths(start: str, end: str | None = None, **more: Any) -> Question:
    """Paths from an event type to another, or to the end of histories."""
    ends = {"end": is_type(end)} if end else {}
    return {"analysis": "paths", "start": is_type(start)} | ends | more


def rows(bench: wb.Workbench, question: Question) -> list[tuple[Any, ...]]:
    """Path and containers of every row, equal in every engine."""
    table = both(bench, question, "paths")
    assert sum(row["containers"] for row in table) == (table[0]["percent_base"] if table else 0)
    assert [row["rank"] for row in table if row["kind"] == "path"] == list(
        range(1, 1 + sum(row["kind"] == "path" for row in table))
    )
    return [(" ".join(row["path"]) if row["rank"] else None, row["containers"]) for row in table]


def test_items_stand_where_they_first_occur_and_rows_add_up() -> None:
    bench = bench_of(EVENTS)
    table = both(bench, paths("ad", "won"), "paths")
    assert [(row["path"], row["containers"], row["median_seconds"] / DAY) for row in table] == [
        (["call", "demo"], 2, 7.0),
        ([], 1, 5.0),
        (["demo", "call"], 1, 3.0),
        (["mail"], 1, 8.0),
    ]
    assert {row["percent_base"] for row in table} == {5}
    assert table[0]["percent"] == 40.0


def test_without_an_end_everything_after_the_start_counts() -> None:
    bench = bench_of(EVENTS)
    table = both(bench, paths("ad"), "paths")
    assert table[0]["percent_base"] == 6
    assert {row["median_seconds"] for row in table} == {None}
    assert rows(bench, paths("ad"))[0] == ("call", 1)
    assert ("call demo won mail", 1) in rows(bench, paths("ad"))


def test_only_the_items_that_most_hold_are_considered_and_long_paths_are_cut() -> None:
    bench = bench_of(EVENTS)
    assert rows(bench, paths("ad", "won", items=1)) == [("call", 3), ("", 2)]
    assert rows(bench, paths("ad", "won", longest=1)) == [("call", 2), ("", 1), ("demo", 1), ("mail", 1)]
    cut = paths("ad", "won", top=2)
    assert rows(bench, cut) == [("call demo", 2), ("", 1), (None, 2)]
    assert both(bench, cut, "paths")[-1]["median_seconds"] == 5.5 * DAY
    assert "the most frequent 2 paths are listed; 2 accounts are on others" in bench.ask(cut).notes


def test_follow_bounds_the_way_and_the_start_lies_in_the_date_range() -> None:
    bench = bench_of(EVENTS)
    late = {"from": "2024-01-02", "to": "2024-01-02"}
    assert rows(bench, paths("ad", "won", date_range=late)) == [("call demo", 1), ("mail", 1)]
    quick = late | {"follow": "9d"}
    assert rows(bench, paths("ad", "won", date_range=quick)) == [("mail", 1)]
    assert rows(bench, paths("ad", date_range=late | {"follow": "2d"})) == [("call demo", 1), ("mail", 1)]


def test_rows_open_into_containers_and_segments() -> None:
    bench = bench_of(EVENTS)
    question = paths("ad", "won", top=2)
    for engine in ("index", "sql"):
        result = bench.ask(question, engine=engine)
        for rank, expected in ((1, "ab"), (2, "d"), (None, "cf")):
            found = result.members("paths", {"rank": rank})
            assert "".join(found.to_series(0)) == expected
            again = bench.ask(
                fallout("ad", segments=[result.segment("paths", {"rank": rank})]), engine=engine
            )
            assert "".join(again.members("touchpoints", {"step": 0}).to_series(0)) == expected
        for wrong in ({"rank": 3}, {"rank": 0}, {"rank": "first"}, {}):
            with pytest.raises(wb.SpecError):
                result.members("paths", wrong)
    few = bench.ask(paths("ad", "won"))
    with pytest.raises(wb.SpecError, match="no row"):
        few.members("paths", {"rank": 9})


def test_nobody_with_both_ends_has_no_rows() -> None:
    assert rows(bench_of(EVENTS), paths("mail", "demo")) == []


def test_many_items_and_long_paths_are_told_apart() -> None:
    story = " > ".join(f"i{place:02d}@{place + 1}" for place in range(60))
    events = journeys(a=f"ad@0 > {story}", b=f"ad@0 > {story}", c=f"ad@0 > {story} > z@99")
    found = rows(bench_of(events), paths("ad", items=100, longest=20))
    assert found == [(" ".join(f"i{place:02d}" for place in range(20)), 3)]


def test_the_builder_asks_it_and_the_card_says_how_it_is_counted() -> None:
    found = bench_of(EVENTS).paths(start=is_type("ad"), end=is_type("won"), longest=4)
    assert found.tables["paths"].height == 4
    assert "4 a path at most" in found.definition
