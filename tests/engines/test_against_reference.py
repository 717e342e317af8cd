"""Every engine against the brute force: random companies, random questions, every number and every member."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

import workbench as wb
from tests.engines.comparing import company_and_bench, differences
from tests.reference.random_company import random_questions
from tests.reference.random_questions import opens_exactly
from tests.reference.reference import Reference
from workbench.engines import ENGINES
from workbench.model.containers import container_named
from workbench.model.result import KEYS, MEASURES, tables_of

COMPANIES = {"index": (500, 60, (1, 2, 3, 4)), "sql": (500, 12, (1, 2, 3, 4))}
"""Engine → accounts of a company, questions asked of it, seeds."""
CASES = [(engine, seed) for engine, (_, _, seeds) in COMPANIES.items() for seed in seeds]


@lru_cache(maxsize=2)
def company(seed: int, accounts: int) -> tuple[Reference, wb.Workbench]:
    _, reference, bench = company_and_bench(seed, accounts)
    return reference, bench


def asked(seed: int, number: int) -> list[dict[str, Any]]:
    """Random questions of all four analyses."""
    return random_questions(seed, number)


def test_every_engine_is_compared() -> None:
    assert set(COMPANIES) == set(ENGINES)


@pytest.mark.parametrize(("engine", "seed"), CASES)
def test_every_number_equals_the_brute_force(engine: str, seed: int) -> None:
    accounts, number, _ = COMPANIES[engine]
    reference, bench = company(seed, accounts)
    for question in asked(seed, number):
        result = bench.ask(question, engine=engine)
        assert differences(result.tables, reference.ask(question)) == [], question


@pytest.mark.parametrize(("engine", "seed"), CASES)
def test_members_are_those_of_the_brute_force_and_as_many_as_the_number(engine: str, seed: int) -> None:
    accounts, number, _ = COMPANIES[engine]
    reference, bench = company(seed, accounts)
    for question in asked(seed, max(8, number // 6)):
        result = bench.ask(question, engine=engine)
        for table, select, measure, count in some_numbers(result):
            members = result.members(table, select, measure=measure)
            expected = reference.members(question, table, select, measure)
            assert set(members[f"{question['container']}_id"]) == expected, (question, table, select, measure)
            assert len(members) == count or (len(members) < count and not opens_exactly(question))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_segment_of_a_number_has_exactly_its_members(seed: int) -> None:
    _, bench = company(seed, COMPANIES["index"][0])
    for question in asked(seed, 24):
        result = bench.ask(question)
        for table, select, measure, _ in some_numbers(result)[:3]:
            members = set(result.members(table, select, measure=measure)[f"{question['container']}_id"])
            again = bench.ask(
                {
                    "analysis": "fallout",
                    "container": question["container"],
                    **({"history": question["history"]} if "history" in question else {}),
                    "segments": [result.segment(table, select, measure=measure)],
                    "touchpoints": [{"where": {"field": "event_type", "op": "exists"}}],
                }
            )
            everyone = again.members("touchpoints", {"step": 0})
            assert set(everyone[f"{question['container']}_id"]) == members, (question, table, select, measure)


def some_numbers(result: wb.Result) -> list[tuple[str, dict[str, Any], str, int]]:
    """A few rows of every table with a measure that opens, and the number it should have."""
    found: list[tuple[str, dict[str, Any], str, int]] = []
    analysis = result.spec.analysis
    own = getattr(result.spec, "metric", None) in (None, container_named(result.spec.container).plural)
    for table in tables_of(result.spec):
        measures = MEASURES[analysis][table]
        rows = result.tables[table].to_dicts()
        for row in rows[:: max(1, len(rows) // 4)]:
            for measure in measures:
                counted = measure != "value" or own or table not in ("nodes", "items")
                if row.get(measure) is None or not counted:
                    continue
                select = {key: row[key] for key in KEYS[analysis][table] if key in row}
                found.append((table, select, measure, row[measure]))
    return found
