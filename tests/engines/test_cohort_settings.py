"""Cohort tables against the brute force: all combinations of settings, five metrics, clocks that change."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import Question, cohort_table, is_type
from tests.engines.comparing import bench_of, company_and_bench, differences
from tests.reference.random_questions import TYPES
from tests.reference.reference import Reference
from workbench.engines import ENGINES
from workbench.errors import SpecError
from workbench.model.parsing import parse_spec

SETTINGS: dict[str, tuple[Any, ...]] = {
    "membership": ("every", "first"),
    "counting": ("exactly", "on_or_after", "cumulative"),
    "periods": ("calendar", "elapsed"),
    "type": ("retention", "churn"),
    "rolling": (False, True),
    "base": ("included", "previous"),
    "latency": (False, True),
    "dimension": (None, "channel"),
}
HISTORIES = ("account", "person", "global_account", "opportunity members", "opportunity stamped", "session")
WEB = {"field": "channel", "op": "equals", "value": "Web"}
BESIDE: tuple[dict[str, Any], ...] = (
    {},
    {"date_range": {"from": "2024-02-01", "to": "2024-09-30"}},
    {"date_range": {"from": "2024-02-10", "to": "2024-09-30", "applies_to": "events"}},
    {"date_range": {"from": "2024-01-01", "follow": "60d"}},
    {
        "compare_ranges": [
            {"from": "2024-01-01", "to": "2024-04-30"},
            {"from": "2024-05-01", "to": "2024-08-31"},
        ]
    },
    {"compare": [WEB, {"not": WEB}]},
    {"max_periods": 3},
)


def every_question() -> list[Question]:
    """One question for each combination of settings, over all kinds of histories and dates in turn."""
    rng, questions = Random(4), []
    for number, values in enumerate(product(*SETTINGS.values())):
        kind, _, history = HISTORIES[number % len(HISTORIES)].partition(" ")
        question = cohort_table("x", "y", kind) | dict(zip(SETTINGS, values, strict=True))
        question["inclusion"]["metrics"][0]["where"] = is_type(*rng.sample(TYPES, 4))
        question["return"]["metrics"][0]["where"] = is_type(*rng.sample(TYPES, 5))
        question |= {"history": history} if history else {}
        question |= {"granularity": rng.choice(["month", "month", "quarter"])} | rng.choice(BESIDE)
        if question["type"] == "retention":
            question["value_metric"] = {"sum": rng.choice(["amount", "opportunity.amount"])}
        if question["dimension"] is None:
            del question["dimension"]
        questions.append(question)
    return questions


@lru_cache(maxsize=2)
def company(seed: int, accounts: int) -> tuple[Reference, wb.Workbench]:
    _, reference, bench = company_and_bench(seed, accounts)
    return reference, bench


@pytest.mark.parametrize(("engine", "step"), [("index", 5), ("sql", 25)])
def test_combinations_of_settings_equal_the_brute_force(engine: str, step: int) -> None:
    reference, bench = company(7, 25)
    worth = 0
    for question in every_question()[::step]:
        tables = bench.ask(question, engine=engine).tables
        assert differences(tables, reference.ask(question)) == [], question
        if "amount" in tables["cells"].columns:
            worth += tables["cells"].filter(pl.col("amount") > 0).height
    assert worth > 50


@pytest.mark.deep
@pytest.mark.parametrize("engine", ENGINES)
def test_every_combination_of_settings_equals_the_brute_force(engine: str) -> None:
    reference, bench = company(7, 60)
    for question in every_question():
        tables = bench.ask(question, engine=engine).tables
        assert differences(tables, reference.ask(question)) == [], question


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("combine", ["all", "any"])
def test_five_metrics_each_with_its_operator_and_value(engine: str, combine: str) -> None:
    reference, bench = company(7, 25)
    thresholds = ((">=", 1), ("<", 3), ("not_equals", 1), ("between", [0, 2]), ("<=", 4))
    question = cohort_table("x", "y", granularity="quarter", value_metric={"sum": "amount"})
    for side, names in (("inclusion", TYPES[:5]), ("return", TYPES[2:7])):
        metrics = [
            {"where": is_type(name), "op": op, "value": value}
            for name, (op, value) in zip(names, thresholds, strict=True)
        ]
        question[side] = {"metrics": metrics, "combine": combine}
    tables = bench.ask(question, engine=engine).tables
    assert differences(tables, reference.ask(question)) == []
    assert tables["cells"]["size"].sum() > 0


# --- clocks that change ------------------------------------------------------------------------

CLOCKS = {
    "Europe/Berlin": "2024-03-31T01:00:00",
    "America/New_York": "2024-11-03T06:00:00",
    "America/Sao_Paulo": "2018-11-04T03:00:00",
    "Asia/Beirut": "2023-03-30T00:00:00",
    "Australia/Lord_Howe": "2024-04-06T15:00:00",
    "Pacific/Apia": "2011-12-30T10:00:00",
}
"""Time zone → the instant of a change: forward, back, at midnight, by half an hour, over a whole day."""


def around(zone: str, seed: int) -> dict[str, Any]:
    """A company whose events lie within some days of a change, many of them on the edges of local days."""
    rng, change = Random(seed), datetime.fromisoformat(CLOCKS[zone])
    events = []
    for number in range(160):
        away = timedelta(hours=rng.choice([0, 24, 48, 1, 23, 25, 47, 72]) * rng.choice([-1, 1]))
        slip = timedelta(microseconds=rng.choice([-1, 0, 1]), minutes=rng.choice([0, 0, 30, 59]))
        name = f"a{number % 40:02d}"
        moment = change + away + slip
        events.append({"account_id": name, "event_type": rng.choice("AB"), "occurred_at": moment})
    events += [
        {"account_id": "z", "event_type": "Z", "occurred_at": change + timedelta(days=days)}
        for days in (-40, 40)
    ]
    usual = {"time_zone": zone, "first_weekday": "monday", "fiscal_year_start": 1, "session_timeout": 1800}
    settings = usual | {"event_order": [], "milestones": {}, "lists": {}, "in_play_window": "90d"}
    return {"events": events, "settings": settings}


@pytest.mark.parametrize("zone", CLOCKS)
def test_periods_around_a_change_of_the_clock(zone: str) -> None:
    made = around(zone, 1)
    reference, bench = Reference(made), bench_of(made)
    for granularity, periods in product(("day", "week", "month"), ("calendar", "elapsed")):
        question = cohort_table(
            "A", "B", granularity=granularity, periods=periods, latency=True, max_periods=3
        )
        for engine in ENGINES:
            tables = bench.ask(question, engine=engine).tables
            assert differences(tables, reference.ask(question)) == [], (engine, question)
        assert tables["cells"]["value"].sum() > 0


# --- what does not fit together ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"value_metric": "accounts"}, "is a sum, such as"),
        ({"value_metric": {"sum": "amount"}, "type": "churn"}, "counts those who did not"),
        ({"base": "first"}, "'included' or 'previous'|is not allowed"),
        ({"compare_ranges": [{"from": "2024-02-01", "to": "2024-01-01"}]}, "'from' lies after 'to'"),
        ({"compare_ranges": [{"from": "2024-01-01"}]}, "to: is required and missing"),
        ({"compare_ranges": [{"from": "2024-01-01", "to": "2024-02-01"}] * 2}, "same range twice"),
        (
            {"compare_ranges": [{"from": "2024-01-01", "to": "2024-02-01"}], "date_range": {"last": "90d"}},
            "in the place|take the place of 'date_range'",
        ),
        (
            {"compare_ranges": [{"from": "2024-01-01", "to": "2024-02-01"}], "compare": ["a"]},
            "either 'compare' or 'compare_ranges'",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        parse_spec(cohort_table("A", "B") | more)


@pytest.mark.parametrize("name", ["base", "value_metric"])
def test_milestones_as_columns_refuse_what_belongs_to_periods(name: str) -> None:
    value: Any = {"base": "previous", "value_metric": {"sum": "amount"}}[name]
    question = cohort_table("A", "B", columns="milestones", milestones=[{"where": is_type("B")}])
    del question["return"]
    with pytest.raises(SpecError, match=f"'{name}' belongs to columns of periods"):
        parse_spec(question | {name: value})
