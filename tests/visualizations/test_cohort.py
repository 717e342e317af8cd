"""The cohort table: what its cells, means, words and dialogs say, and the edits of its controls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from visualizations.base import Scene
from visualizations.desk import Desk
from visualizations.editing import edits
from visualizations.editing.documents import Documents
from visualizations.formats import compact
from visualizations.pages import draw, title_of
from visualizations.panels.cohort_dialogs import content, difference
from visualizations.panels.members import members_of
from visualizations.parts import walk
from visualizations.views.cohort.curve import question_of
from visualizations.views.cohort.curve_drawing import ticks_of as ticks
from visualizations.views.cohort.grid import heat_table
from visualizations.views.cohort.reading import read
from visualizations.views.cohort.view import caption, figure, stage
from visualizations.views.cohort.words import n_of_n, when

MQL = {"metrics": [{"where": {"milestone": "mql"}}]}
PERIODS = {
    "analysis": "cohort_table",
    "container": "account",
    "inclusion": MQL,
    "return": {"metrics": [{"where": {"milestone": "sql"}}]},
    "membership": "first",
}
WORTH = {**PERIODS, "return": {"metrics": [{"where": {"milestone": "won"}}]}, "counting": "cumulative"}
WORTH["value_metric"] = {"sum": "amount"}
RANGES = {
    **PERIODS,
    "compare_ranges": [
        {"from": "2024-01-01", "to": "2024-03-31"},
        {"from": "2024-04-01", "to": "2024-06-30"},
    ],
}
SEGMENTS = [
    {"container": "account", "where": {"field": "account.industry", "value": value}}
    for value in ("Software", "Media")
]


@pytest.fixture(scope="module")
def desk(bench: Any) -> Desk:
    return Desk(bench)


def shown(desk: Desk, question: dict[str, Any], **display: Any) -> Any:
    """The reading of a question."""
    scene = desk.scene(
        {"view": "cohort-table", "question": question, "display": display}, dark=False, width=900, height=500
    )
    return read(desk.ask(question), scene)


def test_it_opens_with_milestones_for_marketers(desk: Desk) -> None:
    opening = desk.opening("cohort-table")
    assert opening.question["columns"] == "milestones"
    assert opening.question["inclusion"] == MQL
    assert [one["label"] for one in opening.question["milestones"]] == [
        "SQL",
        "Opportunity created",
        "Closed-won",
    ]
    assert opening.title == title_of(opening.question) == "From MQL to Closed-won by month"


class TestReading:
    def test_means_leave_unfinished_cells_out(self, desk: Desk) -> None:
        reading = shown(desk, PERIODS)
        grid = reading.grids[0]
        rows = desk.ask(PERIODS).tables["cells"].filter(period=1).iter_rows(named=True)
        whole = [row for row in rows if row["complete"] and row["percent_base"]]
        assert any(line.cells.get(1) and not line.cells[1]["complete"] for line in grid.lines)
        weighted, simple = reading.weighted(grid, 1), reading.simple(grid, 1)
        assert weighted is not None
        assert simple is not None
        assert (weighted.value, weighted.base) == (
            sum(row["value"] for row in whole),
            sum(row["percent_base"] for row in whole),
        )
        assert simple.share == pytest.approx(sum(row["percent"] for row in whole) / len(whole))
        assert weighted.rows == simple.rows == len(whole)

    def test_segments_share_one_scale(self, desk: Desk) -> None:
        reading = shown(desk, {**PERIODS, "compare": SEGMENTS})
        assert [grid.name for grid in reading.grids] == ["Software", "Media"]
        assert len(set(reading.most.values())) == 1
        assert {line.select["segment"] for line in reading.grids[1].lines} == {reading.grids[1].segment}

    def test_rows_of_a_dimension_keep_their_kind(self, desk: Desk) -> None:
        question = {**PERIODS, "dimension": "content_type", "items": 2}
        lines = shown(desk, question).grids[0].lines
        assert [line.select["kind"] for line in lines[:3]] == ["item", "item", "other"]


class TestTable:
    @pytest.mark.parametrize("opening", [True, False], ids=["milestones", "periods"])
    def test_every_cell_opens_as_many_as_it_says(self, desk: Desk, opening: bool) -> None:
        question = desk.opening("cohort-table").question if opening else PERIODS
        reading = shown(desk, question, cells="count")
        html = heat_table(reading, reading.grids[0])
        places = set(re.findall(r'data-at="(\d+),(\d+)"', html))
        assert places
        result = desk.ask(question)
        for i, n in sorted(places)[:12]:
            line, column = reading.grids[0].lines[int(i)], reading.columns[int(n)]
            select = {**line.select, reading.key: column}
            members = result.members(reading.table, select, measure="value")
            assert members.height == line.cells[column]["value"]

    def test_nothing_of_the_data_becomes_markup(self, desk: Desk) -> None:
        question = {**PERIODS, "dimension": "content_type", "items": 20}
        reading = shown(desk, question)
        html = heat_table(reading, reading.grids[0])
        assert "<Calculator>" not in html
        assert "&lt;Calculator&gt;" in html

    def test_unfinished_cells_are_hatched_and_small_rows_marked(self, desk: Desk) -> None:
        reading = shown(desk, PERIODS)
        html = heat_table(reading, reading.grids[0])
        unfinished = sum(
            cell["value"] is not None and not cell["complete"]
            for line in reading.grids[0].lines
            for cell in line.cells.values()
        )
        assert html.count(" hatch") == unfinished
        assert html.count("small-mark") == sum(line.small for line in reading.grids[0].lines)

    @pytest.mark.parametrize("show", ["amount", "average"])
    def test_amounts_stand_beside_counts(self, desk: Desk, show: str) -> None:
        reading = shown(desk, WORTH, cells=show)
        html = heat_table(reading, reading.grids[0])
        line, cell = next(
            (line, cell)
            for line in reading.grids[0].lines
            for cell in line.cells.values()
            if cell["value"] and cell["amount"]
        )
        money = cell["amount"] if show == "amount" else cell["amount_average"]
        assert compact(round(float(money), 2)) in html
        assert " in all" in n_of_n(reading, line, int(cell["period"]), cell)
        mean = reading.money(reading.grids[0], int(cell["period"]), weighted=True)
        assert mean is None or mean.amount > 0
        assert max(reading.strength(c, k) for one in reading.every for k, c in one.cells.items()) == 1.0

    def test_amounts_need_to_be_asked_for(self, desk: Desk) -> None:
        assert shown(desk, PERIODS, cells="amount").show == "percent"
        assert shown(desk, desk.opening("cohort-table").question, cells="average").show == "percent"

    def test_date_ranges_stand_side_by_side_on_one_scale(self, desk: Desk) -> None:
        reading = shown(desk, RANGES)
        assert [grid.name for grid in reading.grids] == [
            "1 Jan 2024 to 31 Mar 2024",
            "1 Apr 2024 to 30 Jun 2024",
        ]
        assert len(set(reading.most.values())) == 1
        line = next(line for line in reading.grids[1].lines if line.size)
        select = {**line.select, "period": next(iter(line.cells))}
        assert desk.ask(RANGES).members("cells", select, measure="size").height == line.size
        assert caption(desk.ask(RANGES), Scene(units=desk.facts.units)).endswith(".")
        assert figure(desk.ask(RANGES), Scene(units=desk.facts.units)).data

    def test_a_hundred_rows_are_a_light_table(self, desk: Desk) -> None:
        question = {**PERIODS, "granularity": "week", "counting": "cumulative", "max_periods": 24}
        reading = shown(desk, question)
        html = heat_table(reading, reading.grids[0])
        assert len(html) / (len(reading.grids[0].lines) * len(reading.columns)) < 300

    def test_differences_take_the_place_of_values(self, desk: Desk) -> None:
        question = {**PERIODS, "compare": SEGMENTS}
        plain = shown(desk, question)
        apart = shown(desk, question, comparison="differences")
        assert heat_table(plain, plain.grids[0]) == heat_table(apart, apart.grids[0])
        assert "95% interval" in heat_table(apart, apart.grids[1])


class TestInitiatives:
    SAVED = (
        {"id": "a", "name": "Webinars <b>", "content": {"on": "2024-03-12"}},
        {"id": "b", "name": "Trial", "content": {"on": "2024-03-20"}},
    )

    def _scene(self, desk: Desk, question: dict[str, Any]) -> Scene:
        document = {"view": "cohort-table", "question": question}
        return replace(desk.scene(document, dark=False, width=900, height=500), initiatives=self.SAVED)

    def test_a_dashed_line_stands_above_the_row_in_which_they_began(self, desk: Desk) -> None:
        scene = self._scene(desk, PERIODS)
        reading = read(desk.ask(PERIODS), scene)
        html = heat_table(reading, reading.grids[0])
        marked = re.findall(r'<tr class="marked">.*?</tr>', html)
        assert len(marked) == 1
        assert "Mar 2024" in marked[0]
        assert "Webinars &lt;b&gt; +1" in marked[0]
        assert "Trial began on 20 Mar 2024" in marked[0]
        drawn = figure(desk.ask(PERIODS), scene)
        march = [line.title for line in reading.grids[0].lines].index("Mar 2024")
        assert [shape.y0 for shape in drawn.layout.shapes] == [march - 0.5]

    def test_none_after_the_end_of_a_compared_range(self, desk: Desk) -> None:
        ended = [{"from": "2024-01-01", "to": "2024-02-29"}, {"from": "2024-03-01", "to": "2024-06-30"}]
        question = {**PERIODS, "compare_ranges": ended}
        reading = read(desk.ask(question), self._scene(desk, question))
        assert [len(reading.marks(grid)) for grid in reading.grids] == [0, 1]

    def test_rows_of_items_have_none(self, desk: Desk) -> None:
        question = {**PERIODS, "dimension": "channel"}
        reading = read(desk.ask(question), self._scene(desk, question))
        assert reading.marks(reading.grids[0]) == {}


class TestWords:
    @pytest.mark.parametrize(
        ("more", "k", "said"),
        [
            ({}, 0, "later in the same month"),
            ({}, 2, "2 months later"),
            ({"counting": "on_or_after"}, 1, "1 month later or after that"),
            ({"counting": "cumulative"}, 3, "no more than 3 months later"),
            ({"periods": "elapsed"}, 2, "2 to 3 months later"),
            ({"periods": "elapsed", "counting": "cumulative"}, 0, "within 1 month"),
            ({"rolling": True}, 3, "in each of the 3 months after"),
            ({"latency": True}, -1, "1 month before"),
            ({"granularity": "fiscal_quarter"}, 2, "2 fiscal quarters later"),
        ],
    )
    def test_columns(self, desk: Desk, more: dict[str, Any], k: int, said: str) -> None:
        assert when(desk.ask({**PERIODS, **more}).spec, k) == said

    def test_a_cell_is_n_of_n_in_words(self, desk: Desk) -> None:
        reading = shown(desk, PERIODS)
        line = next(line for line in reading.grids[0].lines if line.cells[1]["value"])
        said = n_of_n(reading, line, 1, line.cells[1])
        assert re.match(
            r"\d+ of \d+ accounts with MQL in \w{3} 2024 had SQL 1 month later \([\d.]+%\)\.", said
        )
        cell = line.cells[1]
        assert f'data-n="{cell["value"]}|{cell["percent_base"]}|' in heat_table(reading, reading.grids[0])

    @pytest.mark.parametrize("more", [{"rolling": True}, {"base": "previous"}])
    def test_a_share_says_what_it_is_of(self, desk: Desk, more: dict[str, Any]) -> None:
        reading = shown(desk, {**PERIODS, "counting": "exactly", **more})
        line = next(line for line in reading.grids[0].lines if line.cells.get(2, {}).get("percent_base"))
        said = n_of_n(reading, line, 2, line.cells[2])
        assert re.search(r"[\d.]+% of the \d+ in the column before\.", said)
        assert " of the " not in n_of_n(reading, line, 1, line.cells[1]).split("(")[0]

    def test_the_caption_names_the_fastest_cohort(self, desk: Desk) -> None:
        question = {**desk.opening("cohort-table").question, "granularity": "quarter"}
        said = caption(desk.ask(question), Scene(units=desk.facts.units))
        assert re.fullmatch(
            r"Q\d 2024 (reaches .+ faster than the median cohort; \d+ of \d+"
            r"|reaches .+ most often: \d+ of \d+ \(.+\); .+)\.",
            said,
        )

    @pytest.mark.parametrize(
        "more",
        [
            {"type": "churn"},
            {"rolling": True},
            {"compare": SEGMENTS},
            {"dimension": "channel"},
            {"counting": "cumulative", "periods": "elapsed", "latency": True},
            {"base": "previous"},
            {"base": "previous", "compare": SEGMENTS},
            {"value_metric": {"sum": "amount"}},
        ],
    )
    def test_every_setting_has_a_caption_and_a_picture(self, desk: Desk, more: dict[str, Any]) -> None:
        for question in ({**PERIODS, **more}, _milestones(desk, more)):
            result = desk.ask(question)
            said = caption(result, Scene(units=desk.facts.units))
            assert said.endswith(".")
            assert "None" not in said
            assert figure(result, Scene(units=desk.facts.units)).data
            assert stage(result, Scene(units=desk.facts.units)) is not None


def test_pictures_of_milestones_are_as_they_were(desk: Desk, golden: Callable[[Any], None]) -> None:
    question = {**desk.opening("cohort-table").question, "granularity": "quarter", "compare": SEGMENTS}
    drawn = figure(desk.ask(question), Scene(units=desk.facts.units, width=900))
    golden([[list(row) for row in block.text] for block in drawn.data])


def _milestones(desk: Desk, more: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in more.items() if name in ("type", "compare", "dimension")}
    return {**desk.opening("cohort-table").question, **kept}


class TestControls:
    def test_columns_change_and_come_back(self, desk: Desk) -> None:
        before = desk.opening("cohort-table").question
        periods = edits.change(before, "columns", "columns", "periods")
        assert periods["return"]["metrics"][0]["where"] == {"milestone": "won"}
        desk.ask(desk.normal(periods))
        again = edits.change({**periods, "rolling": True}, "columns", "columns", "milestones")
        assert [one["where"] for one in again["milestones"]] == [{"milestone": "won"}]
        desk.ask(desk.normal(again))

    def test_a_criterion_takes_its_own_segment(self, desk: Desk) -> None:
        document = {"view": "cohort-table", "question": desk.normal(PERIODS)}
        moved = Documents(desk).press(document, "segment", "inclusion.metrics.0.segments", [])
        assert moved.document is not None
        found = moved.document["question"]
        assert found["inclusion"]["metrics"][0]["segments"][0]["container"] == "account"
        assert "segments" not in found
        ids = [
            part.id
            for group in _inspector(desk, found)
            for part in walk(group)
            if isinstance(getattr(part, "id", None), dict)
        ]
        assert {"do": "remove", "at": "inclusion.metrics.0.segments.0"} in ids

    def test_the_next_milestone_comes_behind_the_last(self, desk: Desk) -> None:
        question = {**desk.opening("cohort-table").question}
        question["milestones"] = question["milestones"][:1]
        moved = Documents(desk).press(
            {"view": "cohort-table", "question": question}, "milestone-column", "", []
        )
        assert moved.document is not None
        assert moved.document["question"]["milestones"][1]["where"] == {"milestone": "opportunity_created"}

    def test_between_takes_two_numbers_and_gives_back_one(self, desk: Desk) -> None:
        question = desk.normal(PERIODS)
        pair = edits.change(question, "threshold", "return.metrics.0", "between")
        assert pair["return"]["metrics"][0]["value"] == [1, 1]
        more = edits.change(pair, "bound", "return.metrics.0.value.1", 3)
        assert edits.change(more, "bound", "return.metrics.0.value.0", "") == more
        desk.ask(desk.normal(more))
        ids = [
            part.id["at"]
            for group in _inspector(desk, more)
            for part in walk(group)
            if isinstance(getattr(part, "id", None), dict) and part.id.get("edit") == "bound"
        ]
        assert ids == ["inclusion.metrics.0.value", "return.metrics.0.value.0", "return.metrics.0.value.1"]
        one = edits.change(more, "threshold", "return.metrics.0", ">")
        assert (one["return"]["metrics"][0]["op"], one["return"]["metrics"][0]["value"]) == (">", 1)

    def test_date_ranges_take_the_place_of_dates_and_segments(self, desk: Desk) -> None:
        question = {**PERIODS, "compare": SEGMENTS, "date_range": {"last": "90d", "follow": "30d"}}
        document = {"view": "cohort-table", "question": desk.normal(question)}
        moved = Documents(desk).press(document, "ranges", "", [])
        assert moved.document is not None
        found = moved.document["question"]
        assert len(found["compare_ranges"]) == 2
        assert found["date_range"]["follow"] == "30d"
        assert "compare" not in found
        desk.ask(found)
        one = edits.remove(found, "compare_ranges.1")
        again = Documents(desk).press({**document, "question": one}, "ranges", "", [])
        assert again.document is not None
        first, second = again.document["question"]["compare_ranges"]
        assert second["to"] < first["from"]
        moved = Documents(desk).edit(again.document, "range", "date_range", "90d")
        assert moved.document is not None
        assert "compare_ranges" not in moved.document["question"]
        moved = Documents(desk).press(again.document, "compare", "", [])
        assert moved.document is not None
        assert "compare_ranges" not in moved.document["question"]

    def test_those_who_did_not_come_have_no_amounts(self, desk: Desk) -> None:
        assert "value_metric" not in edits.change(desk.normal(WORTH), "cohort-type", "type", "churn")

    def test_how_cells_are_shown_is_part_of_the_document(self, desk: Desk) -> None:
        document = {"view": "cohort-table", "question": desk.normal(PERIODS)}
        moved = Documents(desk).edit(document, "display", "cells", "count")
        assert moved.document is not None
        assert moved.document["display"] == {"cells": "count"}
        assert moved.search is not None
        again = Documents(desk).arrive("/cohort-table", moved.search)
        assert again.document == moved.document


def _inspector(desk: Desk, question: dict[str, Any]) -> list[Any]:
    from visualizations.views.cohort.view import VIEW

    return VIEW.inspector(question, desk.facts)


class TestSeveralCells:
    def test_members_of_several_are_those_of_any(self, desk: Desk) -> None:
        reading = shown(desk, PERIODS)
        line = max(reading.grids[0].lines, key=lambda one: one.size)
        cells = [
            {"table": "cells", "select": {**line.select, "period": k}, "measure": "value"} for k in (0, 1, 2)
        ]
        _, frame = members_of(desk, {"question": PERIODS, "selected": cells, **cells[0]})
        each = [desk.ask(PERIODS).members("cells", one["select"])["account_id"].to_list() for one in cells]
        assert frame["account_id"].to_list() == sorted({name for names in each for name in names})

    def test_two_rows_are_compared_with_an_interval(self, desk: Desk) -> None:
        lines = shown(desk, PERIODS).grids[0].lines[:2]
        rows = {"table": "cells", "rows": [line.select for line in lines]}
        said = _text(content(desk, "compare-rows", PERIODS, rows, dark=False))
        assert lines[0].title in said
        assert "95% interval" in said
        every = {key: value for key, value in PERIODS.items() if key != "membership"}
        said = _text(content(desk, "compare-rows", every, rows, dark=True))
        assert "described, not tested" in said

    def test_newcombe_interval(self) -> None:
        one = {"value": 56, "percent_base": 70, "percent": 80.0}
        other = {"value": 48, "percent_base": 80, "percent": 60.0}
        found = difference(one, other)
        assert found is not None
        gap, bounds = found
        assert gap == pytest.approx(20.0)
        assert bounds == pytest.approx((5.24, 33.39), abs=0.01)

    def test_a_column_from_cohort_to_cohort(self, desk: Desk) -> None:
        question = desk.opening("cohort-table").question
        asked = {"table": "milestones", "select": {"milestone": 0}}
        said = _text(content(desk, "column-trend", question, asked, dark=False))
        rows = [line for line in shown(desk, question).grids[0].lines if line.size]
        assert all(line.title in said for line in rows)


class TestCurves:
    def _drawn(self, desk: Desk, question: dict[str, Any], **display: Any) -> str:
        document = {"view": "cohort-table", "question": desk.normal(question)}
        document["display"] = {"curves": True, **display}
        return _text([draw(desk, document, dark=False, width=900, height=600).stage])

    def test_they_agree_with_the_median_of_the_table(self, desk: Desk) -> None:
        question = {**desk.opening("cohort-table").question, "granularity": "year"}
        asked = question_of(shown(desk, question), 1, competing=False)
        assert asked["milestone"] == {"milestone": "opportunity_created"}
        row = desk.ask({**asked, "by": "cohort"}).tables["groups"].row(0, named=True)
        table = desk.ask(question).tables["milestones"].filter(milestone=1).row(0, named=True)
        assert (row["size"], row["reached"]) == (table["percent_base"], table["value"])
        assert row["median_days"] == int(table["median_seconds"] // 86_400)

    def test_segments_get_a_curve_each(self, desk: Desk) -> None:
        said = self._drawn(desk, {**PERIODS, "compare": SEGMENTS})
        assert "Time to SQL" in said
        assert said.count("d (") >= 1
        assert "Kaplan-Meier" in said

    def test_date_ranges_get_a_curve_each(self, desk: Desk) -> None:
        said = self._drawn(desk, RANGES)
        assert said.count('"1 Jan 2024 to 31 Mar 2024"') >= 2
        assert "Kaplan-Meier" in said

    def test_losses_may_compete(self, desk: Desk) -> None:
        question = desk.opening("cohort-table").question
        assert "cumulative incidence" in self._drawn(desk, question, curve="2", competing=True)

    def test_rows_are_tested_against_each_other(self, desk: Desk) -> None:
        question = {**desk.opening("cohort-table").question, "dimension": "account.industry"}
        assert "log-rank" in self._drawn(desk, question)

    def test_ticks_do_not_crowd(self) -> None:
        assert ticks(400) == [0, 60, 120, 180, 270, 365]
        assert ticks(7) == [0, 7]


def _text(parts: list[Any]) -> str:
    return json.dumps([one.to_plotly_json() for one in walk(parts)], default=str, ensure_ascii=False)


def test_pages_of_every_form(desk: Desk) -> None:
    for question in (PERIODS, {**PERIODS, "compare": SEGMENTS}, desk.opening("cohort-table").question):
        document = {"view": "cohort-table", "question": desk.normal(question)}
        page = draw(desk, document, dark=True, width=1000, height=600)
        assert page.caption.endswith(".")
