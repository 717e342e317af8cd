"""Edits of a segment in the app: what each control and button makes of the question."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.visualizations.company import company
from visualizations.desk import Desk
from visualizations.editing.edits import BadEdit
from visualizations.segments import document, fixed, joined
from visualizations.segments.changes import changed

Q = dict[str, Any]
CITY: Q = {"field": "account.industry", "op": "equals", "value": "Software"}


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(company())


def question(content: Any, **more: Any) -> Q:
    return {**document.FRESH, "content": content, **more}


def control(desk: Desk, asked: Q, edit: str, at: str, value: Any) -> Any:
    event = {"kind": "control", "edit": edit, "at": at, "value": value}
    return changed(desk, asked, event)["content"]


def press(desk: Desk, asked: Q, do: str, at: str = "content") -> Any:
    return changed(desk, asked, {"kind": "press", "do": do, "at": at})["content"]


def test_a_rule_follows_what_it_is_about(desk: Desk) -> None:
    one = question(CITY)
    assert control(desk, one, "what", "content", "occurred_at") == {"field": "occurred_at", "op": "in_last"}
    assert control(desk, one, "what", "content", "amount") == {"field": "amount", "op": "equals"}
    assert "milestone" in control(desk, one, "what", "content", "~milestone")
    assert control(desk, one, "what", "content", "~segment") == {"segment": ""}


def test_values_follow_their_operator(desk: Desk) -> None:
    several = control(desk, question(CITY), "operator", "content", "in")
    assert several == {**CITY, "op": "in", "value": ["Software"]}
    assert control(desk, question(several), "operator", "content", "equals") == CITY
    assert control(desk, question(CITY), "operator", "content", "exists") == {
        "field": "account.industry",
        "op": "exists",
    }
    between = control(
        desk, question({"field": "amount", "op": ">", "value": 5}), "operator", "content", "between"
    )
    assert between == {"field": "amount", "op": "between"}
    low = control(desk, question(between), "low", "content", 3)
    assert control(desk, question(low), "high", "content", 9)["value"] == [3, 9]
    last = {"field": "occurred_at", "op": "in_last"}
    assert control(desk, question(last), "last", "content", 45)["value"] == "45d"
    assert control(desk, question({**last, "value": "45d"}), "last-unit", "content", "w")["value"] == "45w"


def test_counts_take_numbers_pairs_and_measures(desk: Desk) -> None:
    box = {"count": CITY, "container": "account", "op": ">=", "value": 2}
    pair = control(desk, question(box), "compare", "content", "between")
    assert pair["value"] == [2, 2]
    assert control(desk, question(pair), "compare", "content", "<")["value"] == 2
    distinct = control(desk, question(box), "measure", "content", "distinct:person_id")
    assert distinct["distinct"] == "person_id"
    assert control(desk, question(distinct), "measure", "content", "events") == box


def test_steps_become_exclusions_and_groups_in_any_order(desk: Desk) -> None:
    steps = {"sequence": [{"where": CITY}, {"where": CITY, "within": "30d"}], "container": "account"}
    out = control(desk, question(steps), "step-kind", "content.sequence.1", "exclude")
    assert out["sequence"][1] == {"where": CITY, "exclude": True}
    several = control(desk, question(steps), "step-kind", "content.sequence.1", "any_order")
    assert len(several["sequence"][1]["any_order"]) == 2
    assert several["sequence"][1]["within"] == "30d"


def test_text_and_json_replace_the_rules_or_say_what_is_wrong(desk: Desk) -> None:
    read = control(desk, question(None), "content-text", "content", 'account.industry = "Software"')
    assert read == {"field": "account.industry", "value": "Software"}
    with pytest.raises(wb.SpecError, match="text position"):
        control(desk, question(None), "content-text", "content", "account.industry ~ 3")
    with pytest.raises(BadEdit, match="no JSON"):
        control(desk, question(None), "content-json", "content", "{")
    with pytest.raises(wb.SpecError, match="no field"):
        control(desk, question(None), "content-text", "content", 'account.industri = "Software"')


def test_buttons_build_boxes(desk: Desk) -> None:
    assert press(desk, question(None), "rule") == {"field": "event_type", "op": "equals"}
    assert "sequence" in press(desk, question(None), "start-steps")
    assert "container" in press(desk, question(None), "start-event")
    assert [rule["field"] for rule in press(desk, question(None), "start-company")["all"]]
    related = control(desk, question(None), "add", "content", "related:opportunities")
    assert related == {"related": "opportunities", "of": "account"}
    inside = press(desk, question(related), "rule", "content.where")
    assert "." not in inside["where"]["field"]
    with pytest.raises(BadEdit, match="no action"):
        press(desk, question(None), "fly")


def test_made_by_company_begins_with_the_company(desk: Desk) -> None:
    made = changed(
        desk, question(None), {"kind": "control", "edit": "made", "at": "kind", "value": "firmographic"}
    )
    assert made["kind"] == "firmographic"
    assert made["container"] == "person"
    company_rules, title = made["content"]["all"]
    assert all(rule["field"].startswith("person.account.") for rule in company_rules["all"])
    assert title["field"] == "person.job_title"


def test_ticks_make_a_list(desk: Desk) -> None:
    one = fixed.ticked(question(None, kind="static"), "a1", True)
    assert fixed.ticked(one, "a1", False)["ids"] == []
    every = fixed.pressed(desk, question(None, kind="static"), "tick-found")
    assert (
        len(every["ids"]) == desk.bench.size({"field": "account.name", "op": "exists"}, "account")
        or every["ids"]
    )
    assert fixed.pressed(desk, every, "untick-found")["ids"] == []


def test_blocks_join_from_left_to_right() -> None:
    empty = question(None, kind="compound")
    two = joined.changed(joined.changed(empty, "block", "about.blocks"), "block", "about.blocks")
    blocks = [{"operator": "union", "segment": "a"}, {"operator": "except", "segment": "b"}]
    turned = joined.changed({**two, "about": {"blocks": blocks}}, "block-up", "about.blocks.1")
    assert turned["about"]["blocks"] == [
        {"operator": "union", "segment": "b"},
        {"operator": "union", "segment": "a"},
    ]
    here = {"container": "account", "where": {"segment": "a"}}
    there = {"container": "account", "where": {"segment": "b"}}
    assert joined.folded(blocks, "account") == {"all": [here, {"not": there}]}
