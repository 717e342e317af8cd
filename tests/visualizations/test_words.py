"""Formats, markup and other small parts: their docstrings are the tests, and a few more."""

from __future__ import annotations

import doctest
import importlib

import pytest

from visualizations import formats
from visualizations.audit_facts import audit_facts
from visualizations.facts import in_words
from visualizations.markup import opens, tag
from visualizations.views.flow.figure import two_lines

MODULES = ("formats", "editing.state", "markup", "server", "theme", "views.cohort.words")


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name: str) -> None:
    module = importlib.import_module(f"visualizations.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_small_samples_carry_an_interval() -> None:
    assert formats.sample_note(3, 10) == "Small sample of 10: between 11% and 60%."
    assert formats.sample_note(300, 1000) == ""
    assert formats.sample_note(None, 10) == ""
    assert formats.sample_note(0, 0) == ""


def test_long_names_are_cut_to_their_width() -> None:
    name = "Northern Holdings International Manufacturing"
    cut = formats.fit(name, 120, 13)
    assert cut.endswith("…")
    assert formats.text_width(cut, 13) <= 120
    assert two_lines("Comparison guide", 80, 13) == ["Comparison", "guide"]


def test_markup_escapes_what_it_is_given() -> None:
    hostile = '<script>alert("x")</script>'
    assert "<script>" not in tag("td", hostile, title=hostile)
    button = opens("1", "nodes", {"id": hostile}, "value", title=hostile)
    assert "<script>" not in button
    assert "&quot;" in button


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"milestone": "mql"}, "MQL"),
        ({"field": "event_type", "value": "Email Opened"}, "Email Opened"),
        ({"field": "event_type", "op": "in", "value": ["A", "B"]}, "A or B"),
        (
            {"field": "account.industry", "op": "not_equals", "value": "Media"},
            "account industry is not Media",
        ),
        ({"all": [{"milestone": "won"}, {"not": {"milestone": "lost"}}]}, "Closed-won and not Closed-lost"),
        ({"container": "account", "where": {"milestone": "sql"}}, "account with SQL"),
        ({"count": {"milestone": "lead"}, "container": "person", "value": 3}, "person with >= 3 × Lead"),
    ],
)
def test_conditions_have_short_names(condition: dict[str, object], words: str) -> None:
    assert in_words(condition) == words


def test_audit_tells_what_was_lost() -> None:
    audit = {
        "sources": {"crm": {"read": 100, "files": [{}], "rejected": {"no time": 3}, "repaired": {"zone": 2}}},
        "accounts": {"rules": {"own": 90, "person": 10}},
    }
    told = dict(audit_facts(audit))
    assert told["Rows read"] == "100 from 1 file"
    assert told["Rows rejected"] == "3"
    assert told["Accounts derived"] == "10 events (10%), by person"
    assert audit_facts(None) == []


def test_audit_tells_what_several_accounts_fit_and_what_moved() -> None:
    rules = [{"rule": "own", "events": 9}, {"rule": "email_domain", "events": 3, "ambiguous": 2}]
    moved = {"data_version": 6, "moved": 12}
    told = dict(audit_facts({"resolve": {"rules": rules}, "account_changes": moved}))
    assert told["Several accounts fit, by email domain"] == "2 events"
    assert told["Accounts changed since data version 6"] == "12 events"
    assert audit_facts({"resolve": {"rules": rules[:1]}, "account_changes": {"moved": 0}}) == []


def test_audit_tells_what_machines_opened_and_clicked() -> None:
    by_type = {"Opened": {"events": 200, "machine": 30}, "Clicked": {"events": 20, "machine": 0}}
    found = {"events": 30, "after_delivery": 30, "links_at_once": 0, "by_type": by_type}
    told = dict(audit_facts({"machine_events": found}))
    assert told["Opens and clicks of machines"] == "30, of which 30 right after the delivery"
    assert told["Opened, by machines"] == "30 of 200 (15%)"
    assert "Clicked, by machines" not in told
    assert "Only buyers" in told["Machines in a flow"]
    assert "Actors set to Buyer" in told["Machines elsewhere"]
    older = {key: value for key, value in found.items() if key != "by_type"}
    assert "Opens and clicks of machines" in dict(audit_facts({"machine_events": older}))
    assert audit_facts({"machine_events": {"events": 0}}) == []
