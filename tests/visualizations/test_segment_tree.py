"""The tree of a segment being built: what is complete, and how edits change it."""

from __future__ import annotations

from typing import Any

from visualizations.segments import tree

CITY: dict[str, Any] = {"field": "account.city", "op": "equals", "value": "Chicago"}
REVENUE: dict[str, Any] = {"field": "account.annual_revenue", "op": ">=", "value": 100000}
OPEN: dict[str, Any] = {"field": "account.city", "op": "equals"}


def test_incomplete_parts_are_left_out() -> None:
    assert tree.complete(OPEN) is None
    assert tree.complete({"all": [CITY, OPEN]}) == CITY
    assert tree.complete({"all": [CITY, {"any": []}, REVENUE]}) == {"all": [CITY, REVENUE]}
    assert tree.complete({"container": "account", "where": {"all": [OPEN]}}) is None
    assert tree.complete({"not": OPEN}) is None
    assert tree.complete({"field": "a", "op": "between", "value": [1, None]}) is None
    assert tree.complete({"field": "a", "op": "between", "value": [0, 1]}) is not None
    assert tree.complete({"field": "a", "value": 0}) == {"field": "a", "value": 0}
    assert tree.complete({"field": "a", "op": "exists"}) == {"field": "a", "op": "exists"}
    assert tree.complete({"segment": ""}) is None
    assert tree.complete({"as_of": "", "where": CITY}) is None
    assert tree.complete({"related": "opportunities", "of": "account", "where": OPEN}) == {
        "related": "opportunities",
        "of": "account",
    }


def test_a_sequence_keeps_its_complete_steps_and_its_first_has_no_limits() -> None:
    steps = [{"where": OPEN}, {"where": CITY, "within": "30d"}, {"where": REVENUE, "within": "9d"}]
    done = tree.complete({"sequence": steps, "container": "account"})
    assert done == {
        "sequence": [{"where": CITY}, {"where": REVENUE, "within": "9d"}],
        "container": "account",
    }
    assert tree.complete({"sequence": [{"where": CITY, "exclude": True}], "container": "account"}) is None


def test_parts_are_added_where_they_belong() -> None:
    empty: dict[str, Any] = {"content": None}
    one = tree.added(empty, "content", CITY)
    assert one == {"content": CITY}
    two = tree.added(one, "content", REVENUE)
    assert two == {"content": {"all": [CITY, REVENUE]}}
    assert tree.added(two, "content", OPEN)["content"]["all"][-1] == OPEN


def test_removing_the_last_part_removes_the_group() -> None:
    two: dict[str, Any] = {"content": {"all": [CITY, {"any": [REVENUE]}]}}
    assert tree.removed(two, "content.all.1.any.0") == {"content": {"all": [CITY]}}
    assert tree.removed({"content": {"all": [CITY]}}, "content.all.0") == {}
    boxed = {"content": {"container": "account", "where": CITY}}
    assert tree.removed(boxed, "content.where") == {"content": {"container": "account"}}
    assert tree.removed({"content": {"all": [{"not": CITY}, REVENUE]}}, "content.all.0.not") == {
        "content": {"all": [REVENUE]}
    }


def test_groups_turn_into_sequences_and_back() -> None:
    group = {"content": {"all": [CITY, REVENUE]}}
    then = tree.joined(group, "content", "then", "account")
    assert then["content"] == {"sequence": [{"where": CITY}, {"where": REVENUE}], "container": "account"}
    assert tree.joined(then, "content", "any", "account") == {"content": {"any": [CITY, REVENUE]}}


def test_not_moves_and_copies() -> None:
    group = {"content": {"all": [CITY, REVENUE]}}
    turned = tree.negated(group, "content.all.0")
    assert turned["content"]["all"][0] == {"not": CITY}
    assert tree.negated(turned, "content.all.0") == group
    assert tree.moved(group, "content.all.0", 1)["content"]["all"] == [REVENUE, CITY]
    assert tree.moved(group, "content.all.1", 1) == group
    assert tree.duplicated(group, "content.all.0")["content"]["all"] == [CITY, CITY, REVENUE]
    assert group == {"content": {"all": [CITY, REVENUE]}}
