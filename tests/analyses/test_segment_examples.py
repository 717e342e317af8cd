"""Worked examples of segments: sequences, patterns and groups, and segments of contacts by their records."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import is_type, journeys
from tests.engines.comparing import frame
from workbench.engines import ENGINES

Condition = dict[str, Any]
pytestmark = pytest.mark.parametrize("engine", ENGINES)


def kept(bench: wb.Workbench, condition: Condition, engine: str, container: str = "person") -> dict[str, str]:
    """Event types that a condition keeps of each container's events, in order, as one text."""
    events = bench.tables["events"].sort("occurred_at", "row")
    found: dict[str, list[str]] = {}
    for day in events["occurred_at"].unique().sort():
        at = {"field": "occurred_at", "op": "equals", "value": day.isoformat()}
        for name in bench.resolve({"all": [condition, at]}, container, engine=engine)[f"{container}_id"]:
            types = events.filter(pl.col(f"{container}_id") == name, pl.col("occurred_at") == day)[
                "event_type"
            ]
            found.setdefault(name, []).extend(types)
    return {name: " ".join(types) for name, types in found.items()}


def stream(text: str) -> str:
    """Events one day apart: "A B" becomes "A@0 > B@1"."""
    return " > ".join(f"{name}@{day}" for day, name in enumerate(text.split()))


def then(*steps: Condition | str, include: str = "everyone", container: str = "person") -> Condition:
    """A sequence of event types or steps."""
    sequence = [step if isinstance(step, dict) else {"where": is_type(step)} for step in steps]
    return {"sequence": sequence, "container": container, "include": include}


# --- events ------------------------------------------------------------------------------------


def test_instances_of_a_value_are_the_events_that_carry_it(engine: str) -> None:
    """GT-SG1, evaluated on instances: values are not carried over to events without one."""
    bench = wb.from_tables(
        events=journeys("person", ann="v@0:Women > v@1:Men > v@2:Women > v@3 > v@4:Women > v@5")
    )
    where = {"field": "channel", "value": "Women"}
    matching = bench.resolve(
        {"count": where, "container": "person", "op": "equals", "value": 3}, "person", engine
    )
    assert matching["person_id"].to_list() == ["ann"]


GLOBS = {
    "a*e": (["ae", "abcde", "adobe", "a whole sentence"], ["Adobe", "ea", "aeb"]),
    "adob*": (["adobe analytics", "adobo recipe", "adob"], ["my adobe", "Adobe"]),
    "*dobe": (["dobe", "adobe", "cute little dobe"], ["dobes"]),
    r"My \* product": (["My * product"], ["My big product", r"My \* product"]),
}


@pytest.mark.parametrize("glob", GLOBS)
def test_globs(glob: str, engine: str) -> None:
    """GT-SG2, and that case counts."""
    fit, miss = GLOBS[glob]
    names = [*fit, *miss]
    rows = [{"occurred_at": datetime(2024, 1, 1), "event_type": name, "person_id": name} for name in names]
    bench = wb.from_tables(events=pl.DataFrame(rows))
    found = bench.resolve({"field": "event_type", "op": "matches", "value": glob}, "person", engine=engine)
    assert set(found["person_id"]) == set(fit)


SEQUENCES = {
    ("A B C D E F", "before"): "A B",
    ("A B C D E F", "after"): "D E F",
    ("A B C D E F", "everyone"): "A B C D E F",
    ("A B C D B C D E", "before"): "A B C D B",
    ("A B C D B C D E", "after"): "D B C D E",
    ("A B C D B C D E", "everyone"): "A B C D B C D E",
}


@pytest.mark.parametrize(("text", "include"), SEQUENCES)
def test_before_and_after_a_sequence(text: str, include: str, engine: str) -> None:
    """GT-SG3: B then D."""
    bench = wb.from_tables(events=journeys("person", ann=stream(text)))
    assert kept(bench, then("B", "D", include=include), engine) == {"ann": SEQUENCES[text, include]}


def test_anything_may_lie_between_the_steps(engine: str) -> None:
    """GT-SG4: shoes of women, then checkout, in one session or over several."""
    events = journeys(
        "person",
        one="Shoes@0 > Checkout@0.01",
        several="Shoes@0 > Men@3 > Checkout@9",
        reverse="Checkout@0 > Shoes@1",
    )
    found = wb.from_tables(events=events).resolve(then("Shoes", "Checkout"), "person", engine=engine)
    assert found["person_id"].to_list() == ["one", "several"]


def test_within_an_event_means_nothing_between(engine: str) -> None:
    """GT-SG5, as an exclusion of everything that is neither: A, B match, A, C, B do not."""
    bench = wb.from_tables(events=journeys("person", near="A@0 > B@1", far="A@0 > C@1 > B@2"))
    other = {"where": {"field": "event_type", "op": "not_in", "value": ["A", "B"]}, "exclude": True}
    assert bench.resolve(then("A", other, "B"), "person", engine=engine)["person_id"].to_list() == ["near"]
    assert bench.resolve(then("A", "B"), "person", engine=engine)["person_id"].to_list() == ["far", "near"]


# --- groups ------------------------------------------------------------------------------------


def any_order(*names: str, **limits: Any) -> Condition:
    return {"any_order": [is_type(name) for name in names], **limits}


def test_a_group_is_all_of_its_orders(engine: str) -> None:
    """GT-SG6: A then (B and C and D) equals any of the six sequences."""
    texts = [" ".join(order) for order in itertools.permutations("ABCD")] + [
        "A B C",
        "A B C B",
        "B A C D",
        "A A B D C",
    ]
    bench = wb.from_tables(events=journeys("person", **{f"p{n:02}": stream(t) for n, t in enumerate(texts)}))
    six = {"any": [then("A", *order) for order in itertools.permutations("BCD")]}
    group = bench.resolve(then("A", any_order("B", "C", "D")), "person", engine=engine)
    assert group["person_id"].to_list() == bench.resolve(six, "person", engine=engine)["person_id"].to_list()
    assert len(group) == 7


def test_one_event_may_meet_several_parts_of_a_group(engine: str) -> None:
    bench = wb.from_tables(
        events=journeys("person", ann="A@0 > B@1:Web", bob="A@0:Web > B@1", cy="B@0:Web > A@1")
    )
    parts = {"any_order": [is_type("B"), {"field": "channel", "value": "Web"}]}
    found = bench.resolve(then("A", parts), "person", engine=engine)
    assert found["person_id"].to_list() == ["ann"]


def test_the_steps_around_a_group_and_its_limits(engine: str) -> None:
    """Limits count from the step before to the event that completes the group; the next step follows that."""
    events = journeys(
        "person",
        slow="A@0 > B@1 > C@40 > D@41",
        again="A@0 > B@1 > A@30 > C@40 > B@41 > D@50",
        early="A@0 > B@1 > D@2 > C@3",
        good="A@0 > C@5 > B@10 > D@11 > B@12",
    )
    bench = wb.from_tables(events=events)
    steps = ("A", any_order("B", "C", within="30d"), "D")
    assert bench.resolve(then(*steps), "person", engine=engine)["person_id"].to_list() == ["again", "good"]
    assert kept(bench, then(*steps, include="before"), engine) == {"again": "A B A", "good": "A"}
    assert kept(bench, then(*steps, include="after"), engine) == {"again": "D", "good": "D B"}
    first = then(any_order("B", "C"), "D")
    assert bench.resolve(first, "person", engine=engine)["person_id"].to_list() == ["again", "good", "slow"]


# --- as of -------------------------------------------------------------------------------------


def test_as_of_a_day_nothing_later_is_known(engine: str) -> None:
    """The day itself belongs to what is known; relative dates count back from it."""
    bench = wb.from_tables(events=journeys("person", ann="a@0 > b@30", bob="a@28 > b@29", cy="b@0 > a@90"))

    def found(condition: Condition, day: str) -> list[str]:
        return bench.resolve({"as_of": day, "where": condition}, "person", engine=engine)[
            "person_id"
        ].to_list()

    assert found(is_type("b"), "2024-01-30") == ["bob", "cy"]
    assert found(is_type("b"), "2024-01-31") == ["ann", "bob", "cy"]
    assert found(then("a", "b"), "2024-01-30") == ["bob"]
    recent = {"all": [is_type("a"), {"field": "occurred_at", "op": "in_last", "value": "3d"}]}
    assert found(recent, "2024-01-31") == ["bob"]
    assert found({"not": {"container": "person", "where": is_type("b")}}, "2024-01-30") == ["ann"]
    none = {"count": is_type("b"), "container": "person", "op": "<", "value": 1}
    assert found({"not": none}, "2024-01-30") == ["bob", "cy"]


# --- contacts of companies ---------------------------------------------------------------------

COMPANIES = (
    ("A1", "Contoso", "Chicago", 250_000, 800),
    ("A2", "Fabrikam", "Chicago", 90_000, 40),
    ("A3", "Northwind", "New York", 5_000_000, 1200),
    ("A4", "Adventure Works", "Chicago", 100_000, 510),
)
CONTACTS = (
    ("C1", "A1", "Purchaser", 4),
    ("C2", "A1", "Engineer", 5),
    ("C3", "A2", "Purchaser", 4),
    ("C4", "A3", "CFO", 4),
    ("C5", "A4", "Purchaser", 3),
    ("C6", None, "Purchaser", 5),
    ("C7", "A1", "Purchaser", 5),
    ("C8", "A4", "Purchaser", 4),
)
DEALS = (
    ("O1", "A1", 10_000, "open", ("C1", "C2")),
    ("O2", "A1", 200_000, "lost", ("C1",)),
    ("O3", "A3", 120_000, "open", ("C4",)),
)


@lru_cache(maxsize=1)
def company() -> wb.Workbench:
    """Contacts without any event of theirs; one event of nobody in particular sets the dates."""
    groups = [(f"G{deal[0]}", deal) for deal in DEALS]
    return wb.from_tables(
        events=pl.DataFrame({"occurred_at": [datetime(2020, 6, 30)], "event_type": ["Loaded"]}),
        accounts=frame(
            [
                {"account_id": i, "name": n, "city": c, "annual_revenue": Decimal(r), "employees": e}
                for i, n, c, r, e in COMPANIES
            ]
        ),
        persons=frame(
            [{"person_id": i, "account_id": a, "job_title": j, "consent_level": c} for i, a, j, c in CONTACTS]
        ),
        opportunities=frame(
            [
                {"opportunity_id": i, "account_id": a, "amount": Decimal(v), "outcome": o, "type": "New"}
                for i, a, v, o, _ in DEALS
            ]
        ),
        buying_groups=frame([{"buying_group_id": g, "opportunity_id": deal[0]} for g, deal in groups]),
        buying_group_members=frame(
            [
                {"buying_group_id": g, "person_id": p, "role": "Decision Maker"}
                for g, deal in groups
                for p in deal[4]
            ]
        ),
        account_persons=frame(
            [
                {"account_id": "A1", "person_id": "C2", "role": "Primary contact"},
                {"account_id": "A4", "person_id": "C8", "role": "Primary contact"},
                {"account_id": "A3", "person_id": "C4", "role": "Decision Maker"},
            ]
        ),
        leads=frame(
            [
                {"lead_id": "L1", "person_id": "C4", "topic": "Contoso Ltd Conference"},
                {"lead_id": "L2", "person_id": "C3", "topic": "Contoso Ltd Conference"},
                {"lead_id": "L3", "person_id": "C1", "topic": "Other"},
            ]
        ),
    )


def test(path: str, op: str, value: Any) -> Condition:
    return {"field": path, "op": op, "value": value}


test.__test__ = False  # type: ignore[attr-defined]

FIRMS: Condition = {
    "all": [test("account.city", "equals", "Chicago"), test("account.annual_revenue", ">=", 100_000)]
}
BUYERS: Condition = {"all": [FIRMS, test("person.job_title", "equals", "Purchaser")]}
LARGE = test("amount", ">=", 100_000)
OPEN = test("outcome", "equals", "open")


def of_person(related: str, where: Condition) -> Condition:
    return {"related": related, "of": "person", "where": where}


EXAMPLES: dict[str, tuple[Condition, set[str]]] = {
    "X1 firmographic": (BUYERS, {"C1", "C5", "C7", "C8"}),
    "X2 without the contact": (FIRMS, {"C1", "C2", "C5", "C7", "C8"}),
    "X3 an account outside Chicago": (
        {"all": [test("account_id", "matches", "*"), {"not": test("account.city", "equals", "Chicago")}]},
        {"C4"},
    ),
    "X3 no account in Chicago": ({"not": test("account.city", "equals", "Chicago")}, {"C4", "C6"}),
    "X4 the same deal": (of_person("opportunities", {"all": [LARGE, OPEN]}), {"C4"}),
    "X4 any deals": (
        {"all": [of_person("opportunities", LARGE), of_person("opportunities", OPEN)]},
        {"C1", "C4"},
    ),
    "X5 several values": (
        {
            "all": [
                test("account.city", "in", ["New York", "Boston"]),
                test("person.job_title", "equals", "CFO"),
            ]
        },
        {"C4"},
    ),
    "X10 intersect": ({"all": [BUYERS, test("person.consent_level", ">=", 4)]}, {"C1", "C7", "C8"}),
    "X11 from opportunities": (of_person("opportunities", LARGE), {"C1", "C4"}),
    "X12 from leads": (
        {
            "all": [
                of_person("leads", test("topic", "equals", "Contoso Ltd Conference")),
                of_person("account_persons", test("role", "equals", "Decision Maker")),
            ]
        },
        {"C4"},
    ),
    "X13 primary contacts": (
        of_person("account_persons", test("role", "equals", "Primary contact")),
        {"C2", "C8"},
    ),
    "X13 employees": (
        test("person.account.name", "in", ["Contoso", "Adventure Works"]),
        {"C1", "C2", "C5", "C7", "C8"},
    ),
    "decision makers of an open deal": (
        of_person(
            "buying_group_members",
            {
                "all": [
                    test("role", "equals", "Decision Maker"),
                    test("buying_group.opportunity.outcome", "equals", "open"),
                ]
            },
        ),
        {"C1", "C2", "C4"},
    ),
    "counted among nothing": (
        {
            "all": [
                BUYERS,
                {"count": test("event_type", "equals", "x"), "container": "person", "op": "<", "value": 1},
            ]
        },
        {"C1", "C5", "C7", "C8"},
    ),
    "no sequence without events": ({"any": [then("x"), {"not": then("x")}]}, {one[0] for one in CONTACTS}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_contacts_by_their_records(name: str, engine: str) -> None:
    condition, expected = EXAMPLES[name]
    assert set(company().resolve(condition, "person", engine=engine)["person_id"]) == expected
    assert company().size(condition, "person") == len(expected)


ACCOUNTS: dict[str, tuple[Condition, set[str]]] = {
    "an open deal above 100,000": ({"related": "opportunities", "where": {"all": [LARGE, OPEN]}}, {"A3"}),
    "deals of 200,000 together": (
        {"related": "opportunities", "sum": "amount", "op": ">", "value": 200_000},
        {"A1"},
    ),
    "no deal": ({"related": "opportunities", "op": "equals", "value": 0}, {"A2", "A4"}),
    "two purchasers": (
        {"related": "persons", "where": test("job_title", "equals", "Purchaser"), "op": ">=", "value": 2},
        {"A1", "A4"},
    ),
    "a contact with a large deal": (
        {"related": "persons", "where": of_person("opportunities", LARGE)},
        {"A1", "A3"},
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts_by_their_records(name: str, engine: str) -> None:
    condition, expected = ACCOUNTS[name]
    assert set(company().resolve(condition, "account", engine=engine)["account_id"]) == expected
