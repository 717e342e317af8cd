"""Conditions in words, as definition cards and comments show them."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.builders import is_type, journeys
from workbench.model.parsing import parse_condition
from workbench.model.wording import describe_condition

A, B = is_type("A"), is_type("B")
LARGE = {"field": "amount", "op": ">", "value": 100}
NEW = {"field": "created_at", "op": ">=", "value": "2024-01-01"}
WORDS: list[tuple[dict[str, Any], str]] = [
    ({"field": "person.account.industry", "value": "Media"}, "person account industry is Media"),
    ({"related": "opportunities"}, "accounts with at least 1 opportunities"),
    (
        {
            "related": "opportunities",
            "of": "person",
            "where": {"all": [LARGE, NEW]},
            "op": "equals",
            "value": 2,
        },
        "persons with exactly 2 opportunities where "
        "(amount is more than 100 and created at is on or after 2024-01-01)",
    ),
    (
        {"related": "opportunities", "sum": "amount", "op": ">", "value": 5000},
        "accounts with a sum of amount of more than 5000 over opportunities",
    ),
    (
        {"count": A, "container": "account", "distinct": "person_id", "value": 2},
        "accounts with at least 2 different values of person id in events where event type is A",
    ),
    (
        {"count": A, "container": "account", "sum": "opportunity.amount", "op": "<", "value": 9},
        "accounts with a sum of opportunity amount of less than 9 over events where event type is A",
    ),
    ({"listed": "key", "container": "lead"}, "leads on the list key"),
    (
        {"as_of": "2024-03-31", "where": {"any": [A, B]}},
        "as of 2024-03-31, with records as they are now: (event type is A or event type is B)",
    ),
    (
        {"sequence": [{"where": A}, {"any_order": [A, B], "after": "1d"}], "container": "account"},
        "accounts with event type is A, then in any order (event type is A; event type is B) after 1 day",
    ),
]


@pytest.mark.parametrize(("condition", "words"), WORDS)
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    version = wb.from_tables(events=journeys(x="A@0")).version
    assert describe_condition(parse_condition(condition), version) == words


def test_masked_persons_stay_masked_over_any_way() -> None:
    bench = wb.from_tables(events=journeys(x="A@0"), settings={"mask_persons": True})
    with pytest.raises(wb.SpecError, match="personal data"):
        bench.values("lead.person.name")
    with pytest.raises(wb.SpecError, match="personal data"):
        bench.version.pathing_dimension("lead.person.email")
    assert bench.values("lead.person.job_title").is_empty()
