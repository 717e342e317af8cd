"""The flow on the page: focus, comparison, hidden columns, exclusion, whole paths as fallouts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import workbench as wb
from tests.visualizations.company import MILESTONES, tables
from visualizations.base import Scene
from visualizations.desk import Desk
from visualizations.editing import flow_edits, flow_through
from visualizations.editing.documents import Documents
from visualizations.editing.edits import BadEdit, change
from visualizations.editing.flow_shown import arrived, asked, with_against
from visualizations.pages import draw
from visualizations.panels.drill import breakdown_question
from visualizations.panels.flow_trend import trend
from visualizations.parts import walk
from visualizations.views.flow import order
from visualizations.views.flow.controls import inspector
from visualizations.views.flow.drawing import drawing
from visualizations.views.flow.fallout import path_as_fallout
from visualizations.views.flow.layout import NARROWEST, STRIP, lay_out
from visualizations.views.flow.lift import lift_words, lifts_of
from visualizations.views.flow.reading import focus_of, split, versus_of, wholes
from visualizations.views.flow.stage import focusing

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
WINDOW: dict[str, Any] = {"dark": False, "width": 900, "height": 560}


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
    def test_a_focus_counts_exactly_the_paths_of_its_node(self, desk: Desk) -> None:
        whole, (kind, item) = desk.ask(desk.normal(FLOW)), first_item(desk)
        row = whole.tables["nodes"].filter(column=1, kind=kind, item=item).row(0, named=True)
        question = desk.normal(flow_through.focused(FLOW, {"column": 1, "items": [item]}))
        result = desk.ask(question)
        focus = focus_of(result, scene(desk))
        assert focus is not None
        assert (focus.paths, focus.containers) == (row["paths"], row["containers"])
        assert focus.all_paths == whole.tables["nodes"].filter(column=0)["paths"].sum()
        assert (1, kind, item) in focus
        assert item not in focus.others(1)
        drawn = drawing(result, scene(desk), **SIZE)
        assert [key for key in drawn.layout.boxes if key[0] == 1] == [(1, "item", item)]
        assert drawn.number(drawn.layout.boxes[1, "item", item]) == f"{row['paths']:,}"

    def test_nodes_of_a_column_share_all_its_paths(self, desk: Desk) -> None:
        result, total = desk.ask(desk.normal(FLOW)), 0
        drawn = drawing(result, scene(desk), **SIZE)
        for key, box in drawn.layout.boxes.items():
            if key[0] != 2:
                continue
            asked = flow_edits.apply({"view": "flow", "question": FLOW}, focusing(drawn, key))
            focus = focus_of(desk.ask(desk.normal(asked["question"])), scene(desk))
            assert focus is not None
            assert focus.paths == box.paths, key
            total += focus.paths
        assert total == sum(box.paths for key, box in drawn.layout.boxes.items() if key[0] == 2)

    def test_a_click_focuses_a_second_one_ends_it_and_the_address_keeps_it(self, desk: Desk) -> None:
        documents, (kind, item) = Documents(desk), first_item(desk)
        event = {"kind": "flow", "do": "focus", "column": 1, "node": kind, "items": [item]}
        once = documents.apply({"view": "flow", "question": desk.normal(FLOW)}, event)
        assert once.document is not None
        through = [{"column": 1, "kind": "item", "items": [item]}]
        assert flow_through.entries(once.document["question"]) == through
        assert documents.arrive("/flow", once.search).document == once.document
        twice = documents.apply(once.document, event)
        assert twice.document is not None
        assert "through" not in twice.document["question"]

    def test_items_join_and_columns_add_up(self) -> None:
        document: dict[str, Any] = {"view": "flow", "question": FLOW}
        for event in (
            {"column": 2, "items": ["C"]},
            {"column": 1, "items": ["A"]},
            {"column": 1, "items": ["B"], "add": True},
        ):
            document = flow_edits.apply(document, {"do": "focus", **event})
        both = [
            {"column": 1, "kind": "item", "items": ["A", "B"]},
            {"column": 2, "kind": "item", "items": ["C"]},
        ]
        assert document["question"]["through"] == both
        narrowed = flow_edits.apply(document, {"do": "focus", "column": 1, "items": ["A"]})
        assert narrowed["question"]["through"][0]["items"] == ["A"]
        without = flow_edits.apply(document, {"do": "focus", "column": 1, "items": ["A"], "add": True})
        assert without["question"]["through"][0]["items"] == ["B"]
        assert flow_edits.apply(document, {"do": "unfocus", "column": 1})["question"]["through"] == both[1:]
        assert flow_edits.apply(document, {"do": "unfocus"})["question"] == FLOW
        with pytest.raises(BadEdit):
            flow_edits.apply(document, {"do": "focus", "column": 0, "items": ["A"]})
        rest = {"do": "focus", "column": 1, "node": "other"}
        other = flow_edits.apply(document, {**rest, "items": ["A", "B"]})
        deeper = flow_edits.apply(other, {**rest, "items": ["D"]})
        assert deeper["question"]["through"][0] == {"column": 1, "kind": "other", "items": ["A", "B", "D"]}

    def test_what_no_longer_fits_leaves_the_focus(self) -> None:
        through = [{"column": 1, "kind": "item", "items": ["A"]}, {"column": 3, "kind": "exit"}]
        question = {**FLOW, "through": through}
        document = {"view": "flow", "question": question}
        assert flow_edits.apply(document, {"do": "columns", "by": -1})["question"]["through"] == through[:1]
        assert (
            flow_edits.apply(document, {"do": "exclude", "item": "A"})["question"]["through"] == through[1:]
        )
        assert change(question, "flow-dimension", "0", "channel")["through"] == through[1:]
        assert "through" not in change(question, "flow-dimension", "all", "channel")
        assert "through" not in change(question, "anchor", "anchor", "ends_with")
        assert change(question, "anchor", "anchor", "contains")["through"] == through
        assert change(question, "flow-through", "through", ["3"])["through"] == through[1:]

    def test_the_page_names_what_is_in_focus_and_how_to_end_it(self, desk: Desk) -> None:
        question = {**FLOW, "dimension": "content_type"}
        text = page_text(desk, flow_through.focused(question, {"column": 1, "items": ["Pricing"]}))
        assert "through Pricing, 1 step after" in text
        assert "flow-unfocus" in text
        assert "or through" in text

    def test_a_focus_nobody_meets_says_so(self, desk: Desk) -> None:
        gone = flow_through.focused(FLOW, {"column": 1, "items": ["gone"]})
        assert "No path passes gone, 1 step after" in page_text(desk, gone)


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

    def test_more_than_two_are_kept_for_the_tables(self, desk: Desk) -> None:
        names = ("lead", "sql", "won")
        three = [{"container": "account", "where": {"milestone": name}} for name in names]
        compared = desk.normal({**FLOW, "compare": three})
        move = Documents(desk).arrive("/flow", desk.drafts.search(compared))
        assert "first two" in move.told
        assert move.document is not None
        assert desk.normal(asked(move.document)) == compared
        text = page_text(desk, FLOW, against=three)
        assert "one more segment is in the table only" in text
        fewer = with_against(three, "against.0", None)
        assert fewer == [None, *three[1:]]
        assert with_against(three, "against.2", None) == three[:2]
        assert with_against(three[:2], "against.2", json.dumps(three[2])) == three


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
        for event in (
            {"do": "items", "by": 90},
            {"do": "items", "column": 7, "to": 3},
            {"do": "columns", "by": -3},
            {"do": "nothing"},
        ):
            with pytest.raises(BadEdit):
                flow_edits.apply(document, event)

    @pytest.mark.parametrize(
        ("side", "column", "items"),
        [("starts_with", 2, [4, 2, 4]), ("ends_with", -2, [4, 2, 4]), ("contains", 2, [4, 4, 4, 4, 2, 4])],
    )
    def test_items_of_one_column(self, desk: Desk, side: str, column: int, items: list[int]) -> None:
        bare = {key: value for key, value in FLOW.items() if key != "starts_with"}
        question = {**bare, side: {"milestone": "mql"}, "dimension": "content_type"}
        document = {"view": "flow", "question": question}
        one = flow_edits.apply(document, {"do": "items", "column": column, "to": 2})["question"]
        assert one["items"] == items
        assert flow_edits.kept_of(one)[column] == 2
        nodes = desk.ask(desk.normal(one)).tables["nodes"].filter(kind="item")
        assert nodes.filter(column=column).height <= 2 < nodes.filter(column=column // 2).height
        longer = change(one, "flow-columns", "columns", 4)
        assert wb.parse_spec(longer)
        assert flow_edits.kept_of(longer)[column] == 2
        back = flow_edits.apply({**document, "question": one}, {"do": "items", "column": column, "to": 4})
        assert back["question"]["items"] == 4
        for other in flow_edits.SIDES.values():
            assert wb.parse_spec(change(one, "anchor", "anchor", other))
        assert change(one, "flow-items", "all", 7)["items"] == 7

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
        focused = flow_through.focused(FLOW, {"column": 3, "items": ["Call"]})
        assert "paths in focus" in path_as_fallout(desk.normal(focused), [(0, "anchor", "MQL"), steps[1]])[1]
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

    def test_compared_segments_each_have_their_own(self, desk: Desk) -> None:
        """The panel has a column for each; a segment's lift is that of the question about it alone."""
        bare = {key: value for key, value in FLOW.items() if key != "starts_with"}
        question = desk.normal({**bare, "ends_with": {"milestone": "mql"}})
        pair = [{"container": "account", "where": {"milestone": name}} for name in ("sql", "won")]
        lifts = lifts_of(desk.ask(question), scene(desk, against=pair))
        assert lifts is not None
        assert len(lifts.sides) == 2
        for segment, rows in zip(pair, lifts.sides.values(), strict=True):
            own = desk.ask({**lifts.question, "segments": [segment]}).tables["items"]
            assert [dict(row) for row in rows.values()] == own.to_dicts()
        text = page_text(desk, question, against=pair)
        assert all(f"Lift, {label}" in text for label in lifts.sides)
        assert "Lift within" in page_text(desk, {**question, "columns": 1}, against=pair)

    def test_nothing_precedes_what_only_begins(self, desk: Desk) -> None:
        assert lifts_of(desk.ask(desk.normal(FLOW)), scene(desk)) is None

    def test_little_data_is_said(self) -> None:
        assert lift_words({"enough": False, "lift": None}) == "not enough data"


class TestConversion:
    GOAL = {**FLOW, "dimension": "content_type", "goal": {"milestone": "won"}}  # noqa: RUF012

    def test_whole_paths_tell_what_came_later_with_an_interval_for_few(self, desk: Desk) -> None:
        text = page_text(desk, self.GOAL)
        assert "Then Closed-won" in text
        rows = desk.ask(desk.normal(self.GOAL)).tables["paths"]
        assert {"converted", "converted_percent"} <= set(rows.columns)
        assert "Small sample of" in text
        assert "Then Closed-won" not in page_text(desk)

    def test_a_goal_is_chosen_and_cleared(self) -> None:
        chosen = change(FLOW, "metric", "goal", json.dumps({"milestone": "sql"}))
        assert chosen["goal"] == {"milestone": "sql"}
        assert change(chosen, "metric", "goal", None) == FLOW
        assert "goal" not in change(chosen, "flow-paths", "paths", "0")


class TestOrder:
    ORDER = ("Lead Generated", "MQL Qualified", "SQL Qualified", "Opportunity Created", "Closed-Won")

    @pytest.fixture(scope="class")
    def ordered(self) -> Desk:
        milestones = {name: {"field": "event_type", "value": kind} for name, kind in MILESTONES.items()}
        return Desk(wb.from_tables(**tables(), milestones=milestones, event_order=list(self.ORDER)))

    def test_bands_that_skip_are_marked_and_the_sentence_opens(self, ordered: Desk) -> None:
        exclude = ["Content Viewed", "Email Opened", "Webinar Attended", "MQL Qualified"]
        question = {**FLOW, "starts_with": {"milestone": "lead"}, "exclude": exclude, "paths": 0}
        result = ordered.ask(ordered.normal(question))
        drawn = drawing(result, ordered.scene({"view": "flow", "question": question}, **WINDOW), **SIZE)
        skips = [band for band in drawn.layout.bands if drawn.mark(band) == "skip"]
        assert "Skips MQL Qualified in the declared order" in {order.words(drawn, band) for band in skips}
        rows = {row["kind"]: row for row in drawn.told.tables["order"].iter_rows(named=True)}
        members = drawn.told.members("order", {"kind": "skip"}, measure="containers")
        assert members.height == rows["skip"]["containers"] > 0
        text = page_text(ordered, question)
        assert "skip a stage" in text
        assert "flow-skip" in text
        assert "skip a stage" not in page_text(ordered, question, marks=False)

    def test_only_event_types_have_an_order(self, ordered: Desk, desk: Desk) -> None:
        assert "skip a stage" not in page_text(ordered, {**FLOW, "dimension": "channel"})
        assert "skip a stage" not in page_text(desk, FLOW)
        document = {"view": "flow", "question": FLOW}
        assert asked(document, self.ORDER)["declared_order"]
        assert asked(document) == FLOW


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

    @pytest.mark.parametrize("table", ["nodes", "links", "paths"])
    def test_a_trend_counts_the_paths_that_begin_in_each_period(self, desk: Desk, table: str) -> None:
        question = desk.normal(FLOW)
        frame = desk.ask(question).tables[table]
        if table == "nodes":
            frame = frame.filter(frame["column"] == 2)
        keys = {
            "nodes": ("column", "kind", "item"),
            "links": ("column", "source_kind", "source", "target_kind", "target"),
            "paths": ("first_column", "path", "kinds"),
        }[table]
        for row in frame.head(8).iter_rows(named=True):
            found = trend(desk, question, table, {key: row[key] for key in keys}, "month")
            assert found.frame["paths"].sum() == row["paths"], row
            assert len(found.questions) == found.frame.height
            assert (found.frame["containers"] <= found.frame["base"]).all()

    def test_a_refused_question_says_why_and_has_no_controls(self, desk: Desk) -> None:
        refused = {**FLOW, "through": [{"column": 9, "kind": "exit"}]}
        page = draw(desk, {"view": "flow", "question": refused}, dark=False, width=900, height=560)
        told = [str(part) for part in walk([page.stage, *inspector(refused, desk.facts)])]
        assert sum("column 9" in text for text in told) >= 2

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
        alone = replace(scene(desk), ask=None)
        focused = flow_through.focused(FLOW, {"column": 1, "items": [first_item(desk)[1]]})
        drawn = drawing(desk.ask(desk.normal(focused)), alone, **SIZE)
        assert drawn.focus is not None
        assert drawn.focus.all_paths is None
        assert not drawn.seconds

    def test_arrows_inside_items_are_no_steps(self) -> None:
        assert split(r"A → B\→C → Exit") == ["A", "B→C", "Exit"]
        assert split(r"A \→ B → C") == ["A → B", "C"]
