"""Conditions of every kind on every engine: against the brute force, by laws, and when hostile."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest

import workbench as wb
from tests.builders import journeys
from tests.engines.comparing import company_and_bench, frame
from tests.reference.random_conditions import LIST
from tests.reference.random_questions import random_conditions
from tests.reference.reference import Reference
from workbench.engines import ENGINES
from workbench.errors import DataError, SpecError

Condition = dict[str, Any]
CASES = {"index": 180, "sql": 60}
"""Engine → conditions that are compared, for each seed."""
MQL = {"field": "event_type", "op": "equals", "value": "MQL Qualified"}
NO_LISTS: Condition = {"field": "event_type", "op": "in", "value": []}


@lru_cache(maxsize=3)
def company(seed: int, accounts: int = 90) -> tuple[Reference, wb.Workbench]:
    _, reference, bench = company_and_bench(seed, accounts)
    return reference, bench


def ids(bench: wb.Workbench, condition: Condition, kind: str, engine: str = "index") -> set[str]:
    return set(bench.resolve(condition, kind, engine=engine).to_series(0))


# --- against the brute force -------------------------------------------------------------------


def test_every_engine_is_compared() -> None:
    assert set(CASES) == set(ENGINES)


@pytest.mark.parametrize(("engine", "seed"), list(itertools.product(CASES, (31, 32))))
def test_containers_are_those_of_the_brute_force(engine: str, seed: int) -> None:
    reference, bench = company(seed)
    for kind, condition in random_conditions(seed, CASES[engine]):
        expected = reference.resolve(condition, kind)
        assert ids(bench, condition, kind, engine) == expected, (kind, condition)
        if engine == "index":
            assert bench.size(condition, kind) == len(expected)


# --- laws --------------------------------------------------------------------------------------


def test_sets_obey_their_laws() -> None:
    _, bench = company(31)
    drawn = random_conditions(77, 60, depth=2)
    for (kind, a), (_, b) in itertools.pairwise(drawn):
        found = {one: ids(bench, one_of(one, a, b), kind) for one in LAWS}
        assert found["not not a"] == found["a"], (kind, a)
        assert found["not (a and b)"] == found["not a or not b"], (kind, a, b)
        assert found["not (a or b)"] == found["not a and not b"], (kind, a, b)
        assert found["a except a"] == set(), (kind, a)
        assert found["a or b"] >= found["a"], (kind, a, b)
        assert found["a and b"] <= found["a"], (kind, a, b)


LAWS: dict[str, Callable[[Condition, Condition], Condition]] = {
    "a": lambda a, b: a,
    "not not a": lambda a, b: {"not": {"not": a}},
    "not (a and b)": lambda a, b: {"not": {"all": [a, b]}},
    "not a or not b": lambda a, b: {"any": [{"not": a}, {"not": b}]},
    "not (a or b)": lambda a, b: {"not": {"any": [a, b]}},
    "not a and not b": lambda a, b: {"all": [{"not": a}, {"not": b}]},
    "a except a": lambda a, b: {"all": [a, {"not": a}]},
    "a or b": lambda a, b: {"any": [a, b]},
    "a and b": lambda a, b: {"all": [a, b]},
}


def one_of(name: str, a: Condition, b: Condition) -> Condition:
    return LAWS[name](a, b)


@pytest.mark.parametrize("engine", ENGINES)
def test_everyone_holds_what_comes_before_and_after(engine: str) -> None:
    _, bench = company(32)
    for kind, condition in random_conditions(5, 200, depth=2):
        if "sequence" not in condition or condition["container"] != kind:
            continue
        kept = {
            part: rows_of(bench, condition | {"include": part}, engine)
            for part in ("everyone", "before", "after")
        }
        assert kept["everyone"] >= kept["before"] > 0 or kept["everyone"] == 0, condition
        assert kept["everyone"] >= kept["after"], condition


def rows_of(bench: wb.Workbench, condition: Condition, engine: str) -> int:
    """How many rows a segment leaves of the histories."""
    asked = {
        "analysis": "journey_canvas",
        "container": condition["container"],
        "segments": [condition],
        "nodes": [{"id": "any", "where": {"field": "event_type", "op": "exists"}}],
        "metric": "events",
    }
    return int(bench.ask(asked, engine=engine).tables["nodes"]["value"][0])


# --- hostile -----------------------------------------------------------------------------------


def nested(form: Callable[[Condition, int], Condition], depth: int, inner: Condition = MQL) -> Condition:
    for number in range(depth):
        inner = form(inner, number)
    return inner


DEEP: dict[str, Callable[[Condition, int], Condition]] = {
    "not": lambda inner, n: {"not": inner},
    "all and any": lambda inner, n: {("all", "any")[n % 2]: [inner, {"field": "channel", "value": str(n)}]},
    "container": lambda inner, n: {"container": ("account", "person")[n % 2], "where": inner},
    "count": lambda inner, n: {"count": inner, "container": ("account", "opportunity")[n % 2]},
    "sequence": lambda inner, n: {"sequence": [{"where": MQL}, {"where": inner}], "container": "account"},
    "as_of": lambda inner, n: {"as_of": "2024-03-31", "where": inner},
}


@pytest.mark.parametrize("form", DEEP)
def test_fifty_levels_deep(form: str) -> None:
    _, bench = company(31)
    condition = nested(DEEP[form], 50)
    assert ids(bench, condition, "account", "index") == ids(bench, condition, "account", "sql")


@pytest.mark.parametrize("depth", [200, 5000])
@pytest.mark.parametrize("form", DEEP)
def test_deeper_than_that_is_refused_in_words(form: str, depth: int) -> None:
    _, bench = company(31)
    with pytest.raises(SpecError, match="nested more than 120 objects deep"):
        bench.resolve(nested(DEEP[form], depth), "account")


HOSTILE: dict[str, Condition] = {
    "500 values": {
        "field": "event_type",
        "op": "in",
        "value": [f"x{n}'" for n in range(500)] + ["MQL Qualified"],
    },
    "quotes": {"field": "event_type", "value": "x'; DROP TABLE events; --"},
    "patterns": {"field": "account.name", "op": "matches", "value": "*'%_^\\*\\"},
    "percent": {"field": "account.name", "op": "contains", "value": "%"},
    "zero byte": {"field": "event_type", "value": "a\x00b"},
    "huge amount": {"field": "amount", "op": ">", "value": 10**40},
    "huge integer": {"field": "account.employees", "op": "<", "value": 10**40},
    "huger": {"field": "amount", "op": "<", "value": 10**400},
    "huge count": {"count": MQL, "container": "account", "op": "<", "value": 10**40},
    "huge sum": {"related": "opportunities", "sum": "amount", "op": "<", "value": 10**40},
    "empty list": NO_LISTS,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_values(name: str) -> None:
    reference, bench = company(31)
    found = ids(bench, HOSTILE[name], "account", "index")
    assert found == ids(bench, HOSTILE[name], "account", "sql")
    assert found == reference.resolve({"op": "equals"} | HOSTILE[name], "account")
    assert bench.sql("SELECT count(*) AS events FROM events")["events"][0] == len(reference.company.events)


REFUSED: dict[str, tuple[Condition, str]] = {
    "record": ({"field": "person.acount.industry", "value": "x"}, "'person.account.industry'"),
    "column": ({"field": "person.account.indutry", "value": "x"}, "'person.account.industry'"),
    "first record": ({"field": "persn.account.industry", "value": "x"}, "'person.account.industry'"),
    "too far": ({"field": "buying_group.opportunity.account.owner.name", "value": "x"}, "3 are the most"),
    "relation": ({"related": "oportunities"}, "did you mean 'opportunities'"),
    "column of a record": ({"related": "opportunities", "where": {"field": "amout", "value": 1}}, "'amount'"),
    "events in records": ({"related": "leads", "where": {"milestone": "mql"}}, "found 'milestone'"),
    "no such way": (
        {"related": "opportunity_stages", "of": "opportunity", "where": {"related": "persons"}},
        "name no account",
    ),
    "list": ({"listed": "mixd", "container": "account"}, f"did you mean '{LIST}'"),
    "list as sql": ({"listed": "x' OR 1=1 --", "container": "account"}, "is no list"),
    "both": ({"count": MQL, "container": "account", "distinct": "channel", "sum": "amount"}, "not both"),
    "text sum": ({"count": MQL, "container": "account", "sum": "channel"}, "sum"),
    "infinite": ({"count": MQL, "container": "account", "value": float("inf")}, "finite"),
    "two steps in one": (
        {"sequence": [{"where": MQL, "any_order": [MQL]}], "container": "account"},
        "either",
    ),
    "excluded group": (
        {"sequence": [{"any_order": [MQL], "exclude": True}], "container": "account"},
        "no exclude",
    ),
    "no day": ({"as_of": "2024-02-31", "where": MQL}, "day value is outside"),
    "number then": (
        {
            "as_of": "2024-02-29",
            "where": {
                "members_of": {
                    "question": {
                        "analysis": "fallout",
                        "container": "account",
                        "touchpoints": [{"where": MQL}],
                    },
                    "table": "touchpoints",
                    "select": {"step": 1},
                }
            },
        },
        "takes no 'members_of'",
    ),
    "before all days": (
        {"as_of": "0001-01-01", "where": {"field": "occurred_at", "op": "in_last", "value": "90d"}},
        "reaches further back",
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_in_words(name: str, engine: str) -> None:
    _, bench = company(31)
    condition, words = REFUSED[name]
    with pytest.raises(SpecError, match=words):
        bench.resolve(condition, "account", engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_segments_that_lead_back_to_themselves_are_refused(engine: str) -> None:
    bench = wb.from_tables(events=journeys(x="a@1"))
    bench.definitions.save("segments", "a", {"segment": "b"})
    bench.definitions.save("segments", "b", {"not": {"segment": "a"}})
    with pytest.raises(SpecError, match="refers to itself"):
        bench.resolve({"segment": "a"}, engine=engine)
    for number in range(30):
        bench.definitions.save("segments", f"s{number}", {"segment": f"s{number + 1}"})
    with pytest.raises(SpecError, match="more than 20 others"):
        bench.resolve({"segment": "s0"}, engine=engine)


# --- currencies --------------------------------------------------------------------------------

DEALS = [
    {"opportunity_id": "d1", "account_id": "x", "amount": Decimal(100), "currency": "EUR"},
    {"opportunity_id": "d2", "account_id": "x", "amount": Decimal(100), "currency": "USD"},
    {"opportunity_id": "d3", "account_id": "y", "amount": Decimal(150), "currency": "EUR"},
]
SUMS: tuple[Condition, ...] = (
    {"related": "opportunities", "sum": "amount", "op": ">", "value": 150},
    {
        "count": {"field": "event_type", "value": "a"},
        "container": "account",
        "sum": "opportunity.amount",
        "op": ">",
        "value": 150,
    },
)


def deals(**settings: Any) -> wb.Workbench:
    events = journeys(x="a@1#d1 > a@2#d1 > a@3#d2", y="a@1#d3")
    return wb.from_tables(events=events, opportunities=frame(DEALS), settings=settings)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("condition", SUMS, ids=["related", "count"])
def test_sums_need_one_currency_or_rates(engine: str, condition: Condition) -> None:
    with pytest.raises(DataError, match="the sum holds EUR, USD; declare currency_rates"):
        deals().resolve(condition, engine=engine)
    rated = deals(currency_rates={"EUR": 1, "USD": 0.75})
    assert ids(rated, condition, "account", engine) == {"x"}
    assert ids(deals(currency_rates={"EUR": 1, "USD": 0.5}), condition, "account", engine) == set()
