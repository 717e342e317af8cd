"""The flow on the page: focus, comparison, hidden columns, exclusion, whole paths as fallouts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import workbench as wb
from visualizations.base import Scene
from visualizations.desk import Desk
from visualizations.editing import display, flow_edits
from visualizations.editing.documents import Documents
from visualizations.editing.edits import BadEdit, change
from visualizations.editing.flow_shown import arrived, asked, with_against
from visualizations.pages import draw
from visualizations.panels.drill import breakdown_question
from visualizations.parts import walk
from visualizations.views.flow.drawing import drawing
from visualizations.views.flow.fallout import path_as_fallout
from visualizations.views.flow.layout import NARROWEST, STRIP, lay_out
from visualizations.views.flow.lift import lift_words, lifts_of
from visualizations.views.flow.reading import focus_of, split, versus_of, wholes

FLOW = {
    "analysis": "flow",
    "container": "account",
    "starts_with": {"milestone": "mql"},
    "dimension": "event_type",
    "columns": 3,
    "items": 4,
    "paths": 10,
}
SIZE = {"width": 900.0, "height": 500.0}


@pytest.fixture(scope="module")
def desk(bench: Any) -> Desk:
    return Desk(bench)


def scene(desk: Desk, **settings: Any) -> Scene:
    document = {"view": "flow", "question": FLOW, "display": settings}
    return desk.scene(document, dark=False, width=900, height=560)


def page_text(desk: Desk, question: Any = FLOW, **settings: Any) -> str:
    document = {"view": "flow", "question": desk.normal(question), "display": settings}
    page = draw(desk, document, dark=False, width=900, height=560)
    return json.dumps([part.to_plotly_json() for part in walk(page.stage)], default=str, ensure_ascii=False)


def first_item(desk: Desk, column: int = 1) -> list[str]:
    nodes = desk.ask(desk.normal(FLOW)).tables["nodes"].filter(column=column, kind="item")
    return ["item", nodes.sort("paths", descending=True)["item"][0]]


class TestLayout:
    def test_bands_stay_inside_their_boxes_whatever_is_counted(self, desk: Desk) -> None:
        result = desk.ask(desk.normal(FLOW))
        for unit in ("paths", "containers"):
            for band in lay_out(result, *SIZE.values(), unit=unit).bands:
                assert band.top >= band.source.y - 0.01
                assert band.top + band.thick <= band.source.y + band.source.height + 0.01
                assert band.bottom_top + band.thick_end <= band.target.y + band.target.height + 0.01

    def test_a_narrow_page_scrolls_instead_of_cramping(self, desk: Desk) -> None:
        layout = lay_out(desk.ask(desk.normal({**FLOW, "columns": 9})), 600.0, 500.0)
        assert layout.width > 600
        assert all(box.width >= NARROWEST for box in layout.boxes.values())

    def test_a_hidden_column_is_a_strip_and_bands_lead_through(self, desk: Desk) -> None:
        result = desk.ask(desk.normal(FLOW))
        layout = lay_out(result, *SIZE.values(), hidden=[2, 0])
        assert {box.width for box in layout.boxes.values() if box.key[0] == 2} == {STRIP}
        assert not any(box.hidden for box in layout.boxes.values() if box.key[0] == 0)
        assert len(layout.bands) == result.tables["links"].height


class TestFocus:
    def test_a_focus_adds_up_in_every_column_and_meets_the_exact_links(self, desk: Desk) -> None:
        result, chosen = desk.ask(desk.normal(FLOW)), first_item(desk)
        focus = focus_of(result, scene(desk, focus=[1, [chosen]]))
        assert focus is not None
        assert focus.complete
        for link in (
            result.tables["links"]
            .filter(column=1, source=chosen[1], source_kind="item")
            .iter_rows(named=True)
        ):
            key = (1, *chosen), (2, link["target_kind"], link["target"])
            assert focus.links[key] == link["paths"]
        assert focus.nodes[1, chosen[0], chosen[1]] == focus.paths
        assert sum(paths for key, paths in focus.nodes.items() if key[0] == 0) == focus.paths
        assert sum(paths for key, paths in focus.nodes.items() if key[0] == 2) == focus.paths

    def test_a_click_focuses_a_second_one_ends_it_and_undo_brings_it_back(self, desk: Desk) -> None:
        documents, chosen = Documents(desk), first_item(desk)
        event = {"kind": "flow", "do": "focus", "column": 1, "items": [chosen]}
        once = documents.apply({"view": "flow", "question": desk.normal(FLOW)}, event)
        assert once.document is not None
        assert once.document["display"]["focus"] == [1, [chosen]]
        assert display.parts_from({"show": _packed(once.document)})["display"]["focus"] == [1, [chosen]]
        twice = documents.apply(once.document, event)
        assert twice.document is not None
        assert "display" not in twice.document

    def test_more_items_join_the_focus(self, desk: Desk) -> None:
        document = {"view": "flow", "question": FLOW, "display": {"focus": [1, [["item", "A"]]]}}
        event = {"do": "focus", "column": 1, "items": [["item", "B"]], "add": True}
        both = flow_edits.apply(document, event)
        assert both["display"]["focus"] == [1, [["item", "A"], ["item", "B"]]]
        assert flow_edits.apply(both, event)["display"]["focus"] == [1, [["item", "A"]]]

    def test_the_page_says_what_is_in_focus(self, desk: Desk) -> None:
        text = page_text(desk, focus=[1, [first_item(desk)]])
        assert "In focus" in text
        assert "flow-lit" in text

    def test_an_item_that_is_gone_is_no_focus(self, desk: Desk) -> None:
        assert focus_of(desk.ask(desk.normal(FLOW)), scene(desk, focus=[1, [["item", "gone"]]])) is None


def _packed(document: Any) -> str:
    from visualizations.editing.state import pack

    return str(pack(document["display"]))


class TestComparison:
    def test_shares_are_those_of_each_segment_asked_alone(self, desk: Desk) -> None:
        pair = [
            {"container": "account", "where": {"field": "channel", "op": "equals", "value": value}}
            for value in desk.facts.values("channel")[:2]
        ]
        result, look = desk.ask(desk.normal(FLOW)), scene(desk, against=pair)
        versus = versus_of(result, look, drawing(result, look, **SIZE).layout)
        assert versus is not None
        for i, segment in enumerate(pair):
            alone = desk.ask(desk.normal({**FLOW, "segments": [segment], "items": 1000})).tables["nodes"]
            anchors = alone.filter(column=0)["paths"].sum()
            assert versus.sides[i].paths == anchors
            for column in (1, 2, 3):
                shown = [key for key in lay_out(result, *SIZE.values()).boxes if key[0] == column]
                total = sum(versus.value(i, key) or 0 for key in shown)
                assert total == alone.filter(column=column)["paths"].sum()
        assert "n = " in page_text(desk, against=pair)

    def test_a_compared_question_is_drawn_whole_and_exported_by_segment(self, desk: Desk) -> None:
        pair = [{"container": "account", "where": {"milestone": name}} for name in ("sql", "won")]
        compared = desk.normal({**FLOW, "compare": pair})
        document = arrived({"view": "flow", "question": compared})
        assert document["display"] == {"against": compared["compare"]}
        assert desk.normal(asked(document)) == compared
        page = draw(desk, document, dark=False, width=900, height=560)
        assert "n = " in page.caption
        tables = json.dumps([p.to_plotly_json() for p in walk(page.stage)], default=str)
        assert "Segment" in tables
        drawn = drawing(desk.ask(compared), replace(scene(desk), ask=None), **SIZE)
        assert drawn.layout.boxes

    def test_a_pair_is_chosen_one_after_the_other(self) -> None:
        one = with_against(None, "against.0", '{"milestone": "mql"}')
        assert one == [{"milestone": "mql"}, None]
        assert with_against(one, "against.0", None) is None
        assert with_against(one, "against.7", '{"milestone": "sql"}') == one
        assert with_against(one, "against.1", "{") == one


class TestEdits:
    def test_exclude_and_restore(self, desk: Desk) -> None:
        documents, (_, item) = Documents(desk), first_item(desk)
        document = {"view": "flow", "question": desk.normal(FLOW)}
        out = documents.apply(document, {"kind": "flow", "do": "exclude", "item": item}).document
        assert out is not None
        nodes = desk.ask(out["question"]).tables["nodes"]
        assert nodes.filter(item=item, kind="item").is_empty()
        back = documents.apply(out, {"kind": "flow", "do": "restore", "item": item}).document
        assert back is not None
        assert back["question"] == document["question"]

    def test_columns_and_items_grow_within_bounds(self) -> None:
        document = {"view": "flow", "question": FLOW}
        assert flow_edits.apply(document, {"do": "columns", "by": 1})["question"]["columns"] == 4
        assert flow_edits.apply(document, {"do": "items", "by": 5})["question"]["items"] == 9
        for event in ({"do": "items", "by": 90}, {"do": "columns", "by": -3}, {"do": "nothing"}):
            with pytest.raises(BadEdit):
                flow_edits.apply(document, event)

    def test_a_dimension_for_each_column(self) -> None:
        one = change(FLOW, "flow-dimension", "1", "channel")
        assert one["dimension"] == ["event_type", "channel", "event_type"]
        longer = change(one, "flow-columns", "columns", 4)
        assert longer["dimension"] == ["event_type", "channel", "event_type", "event_type"]
        assert wb.parse_spec(longer)
        assert change(longer, "flow-dimension", "1", "event_type")["dimension"] == "event_type"
        assert change(longer, "flow-dimension", "all", "channel")["dimension"] == "channel"

    def test_hidden_columns_come_back(self) -> None:
        document = flow_edits.apply({"view": "flow", "question": FLOW}, {"do": "hide", "column": 2})
        assert document["display"] == {"hidden": [2]}
        assert "display" not in flow_edits.apply(document, {"do": "show", "column": 2})
        with pytest.raises(BadEdit):
            flow_edits.apply(document, {"do": "hide", "column": 0})

    def test_buyers_switch(self) -> None:
        on = change(FLOW, "flow-buyers", "among", True)
        assert flow_edits.by_buyers(on)
        assert change(on, "flow-buyers", "among", False) == FLOW

    @pytest.mark.parametrize("side", flow_edits.SIDES)
    def test_an_item_becomes_the_anchor_with_the_dimension_of_its_column(self, side: str) -> None:
        question = {**FLOW, "dimension": ["event_type", "channel", "event_type"]}
        select = {"column": 2, "kind": "item", "item": "Email"}
        made = flow_edits.anchored(question, flow_edits.SIDES[side], select)
        assert made[flow_edits.SIDES[side]] == {"field": "channel", "value": "Email"}
        assert wb.parse_spec(made)


class TestFallout:
    @pytest.mark.parametrize("repeats", [False, True])
    @pytest.mark.parametrize("anchor", ["starts_with", "ends_with"])
    @pytest.mark.parametrize(
        ("dimension", "more"),
        [
            ("event_type", {}),
            ("channel", {}),
            ("event_type", {"among": {"field": "actor", "value": "buyer"}, "exclude": ["Email Opened"]}),
        ],
        ids=["every event", "some events", "buyers, one item excluded"],
    )
    def test_a_path_keeps_its_containers(
        self, desk: Desk, anchor: str, dimension: str, more: dict[str, Any], repeats: bool
    ) -> None:
        bare = {key: value for key, value in FLOW.items() if key != "starts_with"}
        shape = {"dimension": dimension, "repeats": repeats, "columns": 2, "paths": 1000}
        question = desk.normal({**bare, anchor: {"milestone": "mql"}, **shape, **more})
        flow = desk.ask(question).tables["paths"]
        compared = 0
        for whole in wholes(flow):
            if any(kind in ("exit", "entry") for _, kind, _ in whole.steps) or len(whole.steps) < 3:
                continue
            fallout, said = path_as_fallout(question, whole.steps)
            points = desk.ask(desk.normal(fallout)).tables["touchpoints"]
            assert points["value"][-1] == whole.row["containers"], whole.row["path"]
            assert "is the number of the flow" in said
            compared += 1
            if compared == 12:
                break
        assert compared

    def test_what_differs_is_said(self, desk: Desk) -> None:
        steps = [(0, "anchor", "MQL"), (1, "item", "Call"), (2, "exit", "Exit")]
        _, said = path_as_fallout(desk.normal({**FLOW, "occurrence": "first", "within": "30d"}), steps)
        assert "first anchor" in said
        assert "begins or ends there" in said
        with pytest.raises(BadEdit):
            path_as_fallout(desk.normal(FLOW), [(0, "anchor", "MQL"), (1, "exit", "Exit")])


class TestInfluence:
    def test_each_item_before_the_anchor_shows_its_lift(self, desk: Desk) -> None:
        bare = {key: value for key, value in FLOW.items() if key != "starts_with"}
        question = desk.normal({**bare, "ends_with": {"milestone": "mql"}, "within": "60d"})
        result = desk.ask(question)
        lifts = lifts_of(result, scene(desk))
        assert lifts is not None
        assert lifts.within == "60d"
        items = desk.ask(lifts.question).tables["items"]
        assert set(lifts.rows) == set(items["item"])
        ranked = [row["lift"] for row in lifts.ranked() if row["enough"]]
        assert ranked == sorted(ranked, reverse=True)
        assert "Influence" in page_text(desk, question)
        assert "Lift within" in page_text(desk, {**question, "columns": 1})

    def test_nothing_precedes_what_only_begins(self, desk: Desk) -> None:
        assert lifts_of(desk.ask(desk.normal(FLOW)), scene(desk)) is None

    def test_little_data_is_said(self) -> None:
        assert lift_words({"enough": False, "lift": None}) == "not enough data"


class TestPage:
    def test_numbers_break_down_and_follow_over_time(self, desk: Desk) -> None:
        question = desk.normal(FLOW)
        kind, item = first_item(desk)
        target = {
            "table": "nodes",
            "select": {"column": 1, "kind": kind, "item": item},
            "measure": "containers",
        }
        row = desk.ask(question).tables["nodes"].filter(column=1, item=item).row(0, named=True)
        for by in ("channel", "period"):
            answer = desk.ask(breakdown_question(question, target, by)).tables["items"]
            assert set(answer["percent_base"]) == {row["containers"]}

    def test_units_and_times_switch(self, desk: Desk) -> None:
        result, look = desk.ask(desk.normal(FLOW)), scene(desk, unit="containers", measure="time")
        drawn = drawing(result, look, **SIZE)
        box = next(box for box in drawn.layout.boxes.values() if box.key[0] == 1 and box.key in drawn.seconds)
        assert box.value == box.containers
        assert drawn.number(box).split(" ")[-1] in ("s", "min", "h", "d")
        document = {"view": "flow", "question": desk.normal(FLOW), "display": {"unit": "containers"}}
        title = draw(desk, document, dark=False, width=900, height=560).title
        assert title.endswith("counted in distinct accounts")

    def test_one_column_is_a_list(self, desk: Desk) -> None:
        text = page_text(desk, {**FLOW, "columns": 1})
        assert "flow-bars" in text
        assert "Next item" in text

    def test_whole_paths_are_listed_and_open(self, desk: Desk) -> None:
        text = page_text(desk)
        assert "Most frequent whole paths" in text
        assert "Where most leave" in text
        assert "Open as a fallout:" in text

    def test_a_drawing_alone_asks_nothing(self, desk: Desk) -> None:
        alone = replace(scene(desk, focus=[1, [first_item(desk)]]), ask=None)
        drawn = drawing(desk.ask(desk.normal(FLOW)), alone, **SIZE)
        assert drawn.focus is None
        assert not drawn.seconds

    def test_arrows_inside_items_are_no_steps(self) -> None:
        assert split(r"A → B\→C → Exit") == ["A", "B→C", "Exit"]
        assert split(r"A \→ B → C") == ["A → B", "C"]
