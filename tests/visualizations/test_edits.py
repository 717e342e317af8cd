"""Edits are pure: the question goes in, another comes out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import workbench as wb
from visualizations.desk import Desk
from visualizations.editing import edits
from visualizations.editing.documents import Documents

CANVAS: dict[str, Any] = {
    "analysis": "journey_canvas",
    "container": "account",
    "nodes": [{"id": name, "where": {"milestone": name}} for name in ("lead", "mql", "sql")],
    "arrows": [{"source": "lead", "target": "mql"}, {"source": "mql", "target": "sql"}],
}


@pytest.mark.parametrize(
    "items", [["m:mql"], ["e:Email Opened"], ["e:A", "e:B"], ["m:mql", "e:A", "e:B"], ["m:a", "s:b"]]
)
def test_picked_items_read_back(items: list[str]) -> None:
    assert edits.items_of(edits.condition_of(items)) == items


def test_other_conditions_are_no_items() -> None:
    assert edits.items_of({"field": "channel", "value": "Web"}) is None
    assert edits.items_of({"not": {"milestone": "mql"}}) is None
    assert edits.condition_of([]) is None


@pytest.mark.parametrize(
    ("kind", "path", "value", "there", "expected"),
    [
        ("text", "nodes.1.label", "Qualified", "nodes.1.label", "Qualified"),
        ("text", "nodes.1.label", "", "nodes.1.label", None),
        ("duration", "arrows.0.within", "30 d", "arrows.0.within", "30d"),
        ("items", "nodes.0.where", ["e:A"], "nodes.0.where.value", "A"),
        ("metric", "metric", '{"sum": "amount"}', "metric.sum", "amount"),
        ("range", "date_range", "90d", "date_range.last", "90d"),
        ("range", "date_range", "all", "date_range", None),
        ("dates", "date_range", ["2024-01-01", "2024-02-01"], "date_range.to", "2024-02-01"),
        ("unless", "baseline", False, "baseline", False),
        ("number", "columns", 4.0, "columns", 4),
    ],
)
def test_values(kind: str, path: str, value: Any, there: str, expected: Any) -> None:
    before = copy.deepcopy(CANVAS)
    assert edits.at(edits.change(CANVAS, kind, path, value), there) == expected
    assert before == CANVAS


def test_a_field_test_keeps_its_shape() -> None:
    question: dict[str, Any] = {"where": {"field": "channel", "value": "Web"}}
    many = edits.change(question, "op", "where", "in")
    assert many["where"] == {"field": "channel", "op": "in", "value": ["Web"]}
    assert edits.change(many, "op", "where", "equals")["where"]["value"] == "Web"
    assert "value" not in edits.change(many, "op", "where", "exists")["where"]


def test_a_removed_checkpoint_joins_its_neighbours() -> None:
    changed = edits.remove_node(CANVAS, "mql")
    assert changed["arrows"] == [{"source": "lead", "target": "sql"}]
    assert wb.parse_spec(changed)


@pytest.mark.parametrize(
    ("source", "target"), [("sql", "lead"), ("lead", "mql"), ("lead", "lead"), (None, "mql")]
)
def test_impossible_arrows_are_refused(source: str | None, target: str) -> None:
    with pytest.raises(edits.BadEdit):
        edits.add_arrow(CANVAS, source, target)


def test_the_first_touchpoint_stays_free_of_limits() -> None:
    points = [
        {"where": {"milestone": "lead"}},
        {"where": {"milestone": "mql"}, "within": "30d", "path": "next"},
    ]
    question: dict[str, Any] = {"analysis": "fallout", "container": "account", "touchpoints": points}
    assert "within" not in edits.shift(question, "touchpoints.1", -1)["touchpoints"][0]
    assert "path" not in edits.first_free(edits.remove(question, "touchpoints.0"))["touchpoints"][0]


class TestDocuments:
    """Moves of the document on the tested company."""

    @pytest.fixture
    def documents(self, bench: Any) -> Documents:
        return Documents(Desk(bench))

    @pytest.mark.parametrize("view", ["journey-canvas", "flow", "fallout", "cohort-table"])
    def test_arriving_without_a_question_opens_the_opening(self, documents: Documents, view: str) -> None:
        move = documents.arrive(f"/{view}", "")
        assert move.document is not None
        assert move.document["question"] == documents.desk.opening(view).question
        assert move.told == ""

    def test_arriving_with_rubbish_says_so(self, documents: Documents) -> None:
        assert "could not be read" in documents.arrive("/flow", "?q=rubbish").told
        assert documents.arrive("/nowhere", "").document == {"view": "home", "question": {}}

    def test_every_button_of_a_canvas(self, documents: Documents) -> None:
        document = {"view": "journey-canvas", "question": documents.desk.normal(CANVAS)}
        for do, path, nodes in (("node", "", 4), ("node-after", "sql", 4), ("node-remove", "mql", 2)):
            move = documents.press(document, do, path, [])
            assert move.document is not None, move.told
            assert len(move.document["question"]["nodes"]) == nodes
        assert documents.press(document, "arrow", "", ["lead", "sql"]).document
        assert "circle" in documents.press(document, "arrow", "", ["sql", "lead"]).told
        assert documents.press(document, "segment", "", []).document
        assert documents.press(document, "nonsense", "", []).told

    def test_wrong_values_leave_the_question(self, documents: Documents) -> None:
        document = {"view": "journey-canvas", "question": documents.desk.normal(CANVAS)}
        move = documents.edit(document, "duration", "arrows.0.within", "soon")
        assert move.document is None
        assert "duration" in move.told
        move = documents.edit(document, "json", "nodes.0.where", '{"milestoon": "mql"}')
        assert "did you mean 'milestone'" in move.told
        assert "no JSON" in documents.edit(document, "json", "nodes.0.where", "{").told

    def test_excluding_a_number_leaves_its_members_out(self, documents: Documents) -> None:
        question = documents.desk.normal(CANVAS)
        intent = {"kind": "exclude", "table": "nodes", "select": {"id": "mql"}, "measure": "value"}
        move = documents.gesture({"view": "journey-canvas", "question": question}, intent)
        assert move.document is not None, move.told
        nodes = documents.desk.ask(move.document["question"]).tables["nodes"]
        assert nodes.filter(id="mql")["value"][0] == 0

    def test_an_item_becomes_the_anchor(self, documents: Documents) -> None:
        question = documents.desk.opening("flow").question
        intent = {"kind": "set-start", "select": {"kind": "item", "item": "Pricing", "column": -1}}
        move = documents.gesture({"view": "flow", "question": question}, intent)
        assert move.document is not None
        assert move.document["question"]["starts_with"] == {"field": "content_type", "value": "Pricing"}
        assert "ends_with" not in move.document["question"]
