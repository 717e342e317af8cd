"""Conditions as text: what is written is read back as the same condition, and mistakes are named."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.reference.random_questions import ConditionMaker
from workbench.errors import SpecError
from workbench.model.parsing import parse_condition
from workbench.model.text import read_text, write_text

MQL: dict[str, Any] = {"milestone": "mql"}
EXAMPLES: dict[str, dict[str, Any]] = {
    'account.city = "Chicago" and account.annual_revenue >= 100000': {
        "all": [
            {"field": "account.city", "value": "Chicago"},
            {"field": "account.annual_revenue", "op": ">=", "value": 100000},
        ]
    },
    'account has (event_type = "Viewed" and occurred_at in last 30d)': {
        "container": "account",
        "where": {
            "all": [
                {"field": "event_type", "value": "Viewed"},
                {"field": "occurred_at", "op": "in_last", "value": "30d"},
            ]
        },
    },
    'account has >= 3 events (milestone "mql")': {
        "count": MQL, "container": "account", "op": ">=", "value": 3
    },
    'account has >= 2 distinct person_id (milestone "mql")': {
        "count": MQL, "container": "account", "op": ">=", "value": 2, "distinct": "person_id"
    },
    'account has between 1 and 5 sum of amount (milestone "mql")': {
        "count": MQL, "container": "account", "op": "between", "value": [1, 5], "sum": "amount"
    },
    'account has >= 1 related opportunities (outcome = "open" and amount > 100000)': {
        "related": "opportunities",
        "where": {
            "all": [
                {"field": "outcome", "value": "open"},
                {"field": "amount", "op": ">", "value": 100000},
            ]
        },
    },
    "person has > 5000 sum of amount of related opportunities": {
        "related": "opportunities", "of": "person", "op": ">", "value": 5000, "sum": "amount"
    },
    'account goes (milestone "mql" then excluding event_type = "Call" then milestone "won" within 90d)': {
        "sequence": [
            {"where": MQL},
            {"where": {"field": "event_type", "value": "Call"}, "exclude": True},
            {"where": {"milestone": "won"}, "within": "90d"},
        ],
        "container": "account",
    },
    'account goes (any order (event_type = "B"; event_type = "C") then milestone "won") keeping after': {
        "sequence": [
            {"any_order": [{"field": "event_type", "value": v} for v in "BC"]},
            {"where": {"milestone": "won"}},
        ],
        "container": "account",
        "include": "after",
    },
    'not segment "rivals" and (account on list "key" or as of "2024-03-31" (milestone "mql"))': {
        "all": [
            {"not": {"segment": "rivals"}},
            {
                "any": [
                    {"listed": "key", "container": "account"},
                    {"as_of": "2024-03-31", "where": MQL},
                ]
            },
        ]
    },
    '`then` = "a" or city not exists': {
        "any": [{"field": "then", "value": "a"}, {"field": "city", "op": "not_exists"}]
    },
}  # fmt: skip


@pytest.mark.parametrize("text", EXAMPLES)
def test_text_and_json_say_the_same(text: str) -> None:
    condition = parse_condition(EXAMPLES[text])
    assert read_text(text) == condition
    assert write_text(condition) == text


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_read_back(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        maker = ConditionMaker(rng, rng.choice(["account", "person", "opportunity"]), None)
        condition = parse_condition(rng.choice([maker.segment, maker.form, maker.step, maker.sequence])())
        assert read_text(write_text(condition)) == condition


def test_brackets_keep_groups_of_groups() -> None:
    tests = [{"field": name, "value": 1} for name in "abc"]
    for condition in (
        {"all": [tests[0], {"any": tests[1:]}]},
        {"any": [tests[0], {"any": tests[1:]}]},
        {"all": [{"all": [{"any": [tests[0]]}]}, {"not": {"all": tests}}]},
        {"not": {"not": {"not": tests[0]}}},
    ):
        assert read_text(write_text(condition)) == parse_condition(condition)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city lik 'a'", "text position 6: expected an operator behind city, found 'lik'"),
        ('a = "x" b', "text position 9: expected 'and', 'or' or the end, found 'b'"),
        ("account has", "text position 12: expected '('"),
        ("a = ", "expected a value"),
        ("a in (1 2)", "text position 9: expected ')', found '2'"),
        ('milestone "mql" @', "text position 17: '@' cannot be read"),
        ("account has > 3 related opportunties", "did you mean 'opportunities'"),
        ('account goes (milestone "a") keeping aftr', "did you mean 'after'"),
        ("(" * 300, "more than 200 conditions inside each other"),
        ('a = "\\q"', "no text that can be read"),
        ("members of {oops", "expected JSON"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, said: str) -> None:
    with pytest.raises(SpecError) as problem:
        read_text(text)
    assert said in str(problem.value)


def test_the_examples_of_the_documents_can_be_read() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "segments.md").read_text(encoding="utf-8")
    block = page.partition("## As text")[2].split("```")[1]
    lines = block.strip().splitlines()
    assert len(lines) >= 8
    for line in lines:
        assert read_text(write_text(read_text(line))) == read_text(line)
