"""Time to a milestone on histories written by hand: days, censoring, competing outcomes, groups, members."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import workbench as wb
from tests.builders import Question, bench_of, fallout, is_type, journeys
from workbench.engines import ENGINES
from workbench.errors import SpecError

EVENTS = journeys(
    a="mql@0:Web > call@1 > won@4.9",
    b="mql@1:Web > won@1 > won@8",
    c="mql@2:Mail > lost@5 > won@9",
    d="mql@4:Phone",
    e="won@3 > mql@6:Mail > won@8",
    f="call@0 > end@10",
)
"""Known up to day 10."""


def time_to(**more: Any) -> Question:
    """From `mql` to `won` by account."""
    return {"analysis": "time_to", "inclusion": is_type("mql"), "milestone": is_type("won")} | more


def answer(bench: wb.Workbench, question: Question) -> wb.Result:
    """The answer, equal in every engine."""
    results = [bench.ask(question, engine=engine) for engine in ENGINES]
    for other in results[1:]:
        assert other.notes == results[0].notes
        for name, table in results[0].tables.items():
            assert_frame_equal(table, other.tables[name])
    return results[0]


def curve(result: wb.Result) -> list[tuple[Any, ...]]:
    """Day, number at risk, reached, competing, censored and the share in percent."""
    rows = result.tables["curve"].select("day", "at_risk", "reached", "competing", "censored", "share")
    return [(*row[:-1], round(100 * row[-1], 3)) for row in rows.iter_rows()]


def groups(result: wb.Result) -> list[tuple[Any, ...]]:
    """Group, size, reached, competing and censored."""
    return result.tables["groups"].select("group", "size", "reached", "competing", "censored").rows()


def members(bench: wb.Workbench, question: Question, select: dict[str, Any], measure: str) -> str:
    """Ids behind a number, equal in every engine and behind the segment made from it."""
    result = bench.ask(question)
    found = "".join(result.members("groups", select, measure=measure).to_series(0))
    again = bench.ask(question, engine="sql").members("groups", select, measure=measure)
    assert "".join(again.to_series(0)) == found
    segment = result.segment("groups", select, measure=measure)
    everyone = bench.ask(fallout("x", segments=[segment])).members("touchpoints", {"step": 0})
    assert "".join(everyone.to_series(0)) == found
    return found


def test_days_are_whole_and_the_horizon_censors() -> None:
    """At once is day 0; almost five days are four; c at day 7; d is known for six days."""
    result = answer(bench_of(EVENTS), time_to())
    assert curve(result) == [
        (0, 4, 1, 0, 0, 25.0),
        (4, 3, 1, 0, 0, 50.0),
        (6, 2, 0, 0, 1, 50.0),
        (7, 1, 1, 0, 0, 100.0),
    ]
    assert groups(result) == [("All", 4, 3, 0, 1)]
    assert result.tables["groups"]["median_days"].to_list() == [4]
    assert result.tables["tests"].row(0) == ("All", None, 0, None)
    assert result.notes == ["1 account is left out: the milestone lies before the beginning"]


def test_who_came_before_may_be_counted() -> None:
    result = answer(bench_of(EVENTS), time_to(earlier="count"))
    assert groups(result) == [("All", 5, 4, 0, 1)]
    assert curve(result)[1][:3] == (2, 4, 1)
    assert result.notes == []
    steps = bench_of(EVENTS).ask(fallout("mql", "won", baseline=False)).tables["touchpoints"]
    assert steps["value"].to_list() == [5, 4]


def test_a_competing_outcome_ends_the_wait() -> None:
    result = answer(bench_of(EVENTS), time_to(competing=is_type("lost")))
    assert curve(result) == [
        (0, 4, 1, 0, 0, 25.0),
        (3, 3, 0, 1, 0, 25.0),
        (4, 2, 1, 0, 0, 50.0),
        (6, 1, 0, 0, 1, 50.0),
    ]
    assert groups(result) == [("All", 4, 2, 1, 1)]
    assert "cumulative incidence" in result.definition
    assert "Kaplan-Meier" in answer(bench_of(EVENTS), time_to()).definition


def test_a_competing_outcome_that_never_comes_changes_nothing() -> None:
    bench = bench_of(EVENTS)
    plain, competing = (answer(bench, time_to(**more)) for more in ({}, {"competing": is_type("x")}))
    for name, table in plain.tables.items():
        assert_frame_equal(table, competing.tables[name])


def test_follow_and_a_range_that_cuts_end_the_observation() -> None:
    bench = bench_of(EVENTS)
    followed = answer(bench, time_to(date_range={"follow": "3d"}))
    assert groups(followed) == [("All", 4, 1, 0, 3)]
    assert {row[0] for row in curve(followed)} == {0, 3}
    cut = answer(bench, time_to(date_range={"to": "2024-01-06", "applies_to": "events"}))
    assert groups(cut) == [("All", 4, 2, 0, 2)]
    assert curve(cut)[1:] == [(1, 3, 0, 0, 1, 25.0), (3, 2, 0, 0, 1, 25.0), (4, 1, 1, 0, 0, 100.0)]
    starts = answer(bench, time_to(date_range={"from": "2024-01-03"}))
    assert groups(starts) == [("All", 2, 1, 0, 1)]


def test_groups_are_items_of_the_first_event() -> None:
    bench = bench_of(EVENTS)
    question = time_to(by="channel", items=1, earlier="count")
    result = answer(bench, question)
    assert result.tables["groups"]["kind"].to_list() == ["item", "other"]
    assert groups(result) == [("Mail", 2, 2, 0, 0), ("Other", 3, 2, 0, 1)]
    assert members(bench, question, {"group": "Mail"}, "size") == "ce"
    assert members(bench, question, {"kind": "other", "group": "Other"}, "reached") == "ab"
    assert members(bench, question, {"group": "Other"}, "censored") == "d"
    assert members(bench, question, {"group": "Mail"}, "competing") == ""
    assert result.tables["tests"]["degrees"].to_list() == [1]
    assert result.notes == ["groups are the item with most accounts; the rest is Other"]
    for engine in ENGINES:
        with pytest.raises(SpecError):
            bench.ask(question, engine=engine).members("groups", {"group": "Fax"}, measure="reached")
        with pytest.raises(SpecError, match="opens into containers"):
            bench.ask(question, engine=engine).members("curve", {"group": "Mail", "day": 2})


def test_cohorts_are_periods_and_know_whether_they_are_whole() -> None:
    events = journeys(a="ad@0 > mql@3 > won@40", b="mql@33 > won@34", c="mql@35", d="ad@70", e="mql@62")
    result = answer(bench_of(events), time_to(by="cohort"))
    rows = result.tables["groups"].select("kind", "group", "size", "complete").rows()
    assert rows == [
        ("period", "2024-01-01", 1, True),
        ("period", "2024-02-01", 2, True),
        ("period", "2024-03-01", 1, False),
    ]


def test_criteria_begin_in_the_first_period_that_meets_them() -> None:
    """Two calls in one month: a in February at its first call there, b never."""
    events = journeys(a="call@1 > call@40 > call@42 > won@45", b="call@1 > call@33 > won@50")
    twice = {"metrics": [{"where": is_type("call"), "value": 2}]}
    result = answer(bench_of(events), time_to(inclusion=twice))
    assert curve(result) == [(0, 1, 0, 0, 0, 0.0), (5, 1, 1, 0, 0, 100.0)]


def test_segments_side_by_side_are_tested_unless_they_share_containers() -> None:
    events = journeys(
        a="mql@0:Web > won@1", b="mql@0:Web > won@2", c="mql@0:Mail > won@8", d="mql@0:Mail > end@9"
    )
    bench = bench_of(events)
    web, mail = (
        {"container": "account", "where": {"field": "channel", "value": one}} for one in ("Web", "Mail")
    )
    result = answer(bench, time_to(compare=[web, mail]))
    tests = result.tables["tests"]
    assert tests["degrees"].to_list() == [0, 0, 1]
    assert tests["segment"][2] == "All"
    by_channel = answer(bench, time_to(by="channel")).tables["tests"]
    assert tests["statistic"][2] == pytest.approx(by_channel["statistic"][0])
    everyone = {"container": "account", "where": is_type("mql")}
    shared = answer(bench, time_to(compare=[web, everyone]))
    assert shared.tables["tests"].row(2) == ("All", None, 0, None)
    assert any("2 accounts are in both" in note for note in shared.notes)


def test_nobody_begins() -> None:
    result = answer(bench_of(EVENTS), time_to(inclusion=is_type("x")))
    assert [len(result.tables[name]) for name in ("curve", "groups", "tests")] == [0, 0, 1]
    assert result.notes == ["no account begins here"]


def test_remissions_of_leukaemia_through_the_bench() -> None:
    """The example of the textbooks, weeks as days: whoever is censored is followed no longer."""
    treated = [*zip((6, 6, 6, 7, 10, 13, 16, 22, 23), "r" * 9, strict=True)]
    treated += [*zip((6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35), "c" * 12, strict=True)]
    placebo = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
    people = [("Treated", *one) for one in treated] + [("Placebo", week, "r") for week in placebo]
    histories = {
        f"p{number}": f"in@{35 - week}:{arm}" + (f" > relapse@{35}" if state == "r" else "")
        for number, (arm, week, state) in enumerate(people)
    }
    bench = bench_of(journeys(**histories))
    question = time_to(inclusion=is_type("in"), milestone=is_type("relapse"), by="channel")
    result = answer(bench, question)
    assert result.tables["groups"].select("group", "median_days", "median_low", "median_high").rows() == [
        ("Placebo", 8, 4, 11),
        ("Treated", 23, 13, None),
    ]
    statistic, degrees, p_value = result.tables["tests"].select(pl.exclude("segment")).row(0)
    assert (round(statistic, 2), degrees, round(p_value, 6)) == (16.79, 1, 4.2e-05)
