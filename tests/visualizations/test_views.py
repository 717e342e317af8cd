"""Every view keeps what a view promises, on fixed answers and on the tested company."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.visualizations.answers import ANSWERS, emptied, journey_canvas
from visualizations import VIEWS, figure
from visualizations.base import Scene, View
from visualizations.desk import Desk
from visualizations.editing.edits import EDITS
from visualizations.pages import draw, title_of
from visualizations.parts import walk

EVERY = pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])


def test_names_are_unique() -> None:
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    assert {view.analysis for view in VIEWS} == set(ANSWERS)


@EVERY
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_figures_are_as_they_were(view: View, dark: bool, golden: Callable[[Any], None]) -> None:
    drawn = view.figure(ANSWERS[view.analysis](), Scene(dark=dark, width=900, height=420))
    plain = json.loads(json.dumps(drawn.to_plotly_json(), default=str))
    golden(_rounded(plain))


def _rounded(part: Any) -> Any:
    if isinstance(part, float):
        return round(part, 2)
    if isinstance(part, dict):
        return {key: _rounded(value) for key, value in part.items()}
    return [_rounded(value) for value in part] if isinstance(part, list) else part


@EVERY
def test_data_never_becomes_markup_of_a_figure(view: View) -> None:
    drawn = json.dumps(view.figure(ANSWERS[view.analysis](), Scene()).to_plotly_json(), default=str)
    assert "<Study>" not in drawn.replace("customdata", "") or "&lt;Study&gt;" in drawn


@EVERY
def test_captions_are_sentences(view: View) -> None:
    said = view.caption(ANSWERS[view.analysis](), Scene())
    assert said.endswith(".")
    assert "None" not in said
    assert "nan" not in said


@EVERY
def test_what_is_empty_says_why(view: View) -> None:
    assert view.emptied(emptied(view.analysis))
    assert not view.emptied(ANSWERS[view.analysis]())


@EVERY
def test_stages_draw(view: View) -> None:
    parts = walk(view.stage(ANSWERS[view.analysis](), Scene()))
    text = json.dumps([part.to_plotly_json() for part in parts], default=str)
    assert "data-open" in text or "customdata" in text


@EVERY
def test_sheets_name_columns_and_keys_of_the_answer(view: View, bench: Any) -> None:
    result = bench.ask(Desk(bench).opening(view.name).question)
    for sheet in view.sheets(result):
        frame = result.tables[sheet.table]
        assert {column for column, _, _ in sheet.columns} <= set(frame.columns)
        assert set(sheet.keys) <= set(frame.columns)
        row = next(r for r in frame.iter_rows(named=True) if all(r[c] for c in sheet.opens))
        for column, measure in sheet.opens.items():
            select = {key: row[key] for key in sheet.keys}
            assert result.members(sheet.table, select, measure=measure).height == row[column]


@EVERY
def test_controls_name_edits(view: View, bench: Any) -> None:
    desk = Desk(bench)
    question = desk.opening(view.name).question
    ids = [
        part.id
        for group in view.inspector(question, desk.facts)
        for part in walk(group)
        if getattr(part, "id", None)
    ]
    kinds = {one["edit"] for one in ids if isinstance(one, dict) and "edit" in one}
    assert kinds
    assert kinds <= {*EDITS, "display"}
    texts = [json.dumps(one, sort_keys=True) for one in ids]
    assert len(texts) == len(set(texts))


@EVERY
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_of_the_company(view: View, dark: bool, bench: Any) -> None:
    desk = Desk(bench)
    question = desk.opening(view.name).question
    page = draw(desk, {"view": view.name, "question": question}, dark=dark, width=1000, height=600)
    assert page.title == title_of(question)
    assert page.caption
    assert figure(bench.ask(question), dark=dark).layout.width


def test_a_refused_question_becomes_a_page(bench: Any) -> None:
    question = {"analysis": "flow", "container": "account", "starts_with": {"milestone": "no such"}}
    page = draw(Desk(bench), {"view": "flow", "question": question}, dark=False, width=900, height=600)
    assert "cannot be answered" in json.dumps(
        [part.to_plotly_json() for part in walk(page.stage)], default=str
    )


def test_large_and_zero_numbers_fit() -> None:
    answer = journey_canvas(first=10_000_000.0, last=0.0)
    drawn = [a.text for a in figure(answer).layout.annotations]
    assert "<b>10,000,000</b>" in drawn
    assert "<b>0</b>" in drawn


def test_conditions_without_names_are_shown_in_words() -> None:
    labels = [a.text for a in figure(journey_canvas()).layout.annotations]
    assert {"MQL", "SQL", "Closed-won"} <= set(labels)
    assert wb.parse_spec({"analysis": "fallout", "touchpoints": [{"where": {"milestone": "mql"}}]})
