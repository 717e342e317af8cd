"""What a document holds besides its question, in the address, in what is saved, and under two savers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.visualizations.company import company
from visualizations.desk import Desk
from visualizations.editing import display
from visualizations.editing.documents import Documents
from visualizations.pages import draw
from visualizations.panels import saving
from visualizations.panels.search import saved_views

Question = dict[str, Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(company(tmp_path_factory.mktemp("saving")))


@pytest.fixture
def document(desk: Desk) -> Question:
    return {"view": "journey-canvas", "question": desk.opening("journey-canvas").question}


def test_defaults_are_not_written_down(document: Question) -> None:
    changed = display.with_display(document, "arrow_text", "none")
    assert changed["display"] == {"arrow_text": "none"}
    assert "display" not in display.with_display(changed, "arrow_text", "both")
    assert display.with_display(document, "arrow_text", "sideways") == document
    assert display.with_display(document, "no such", 1) == document
    assert display.shown(changed)["fallout"] is True


def test_an_address_holds_all_parts(desk: Desk, document: Question) -> None:
    whole = {
        **document,
        "display": {"fallout": False},
        "trace": {"container": "account", "id": "a:1"},
        "saved": {"id": "mine", "revision": 3},
    }
    move = Documents(desk).arrive("/journey-canvas", display.search_of(desk.drafts, whole))
    assert move.document == whole
    assert display.parts_from({"show": "rubbish", "trace": "x", "saved": "a", "rev": "b"}) == {}


def test_a_saved_canvas_opens_with_its_display_and_revision(desk: Desk, document: Question) -> None:
    shown = display.with_display(document, "arrow_width", False)
    _, what = saving.what_of_view(desk, shown)
    found = saving.save(desk, what, "Opened again")
    opened = Documents(desk).arrive("/journey-canvas", f"?saved={found['id']}").document
    assert opened == {**shown, "saved": {"id": found["id"], "revision": 1}}
    page = draw(desk, opened, dark=False, width=900, height=500)
    assert page.title == "Opened again"
    assert ("Opened again", "Journey canvas", f"/journey-canvas?saved={found['id']}") in saved_views(desk)


def test_saving_over_a_newer_revision_is_refused(desk: Desk, document: Question) -> None:
    found = saving.save(desk, saving.what_of_view(desk, document)[1], "Shared")
    mine = {**document, "saved": {"id": found["id"], "revision": 1}}
    theirs = display.with_display(mine, "fallout", False)
    name, what = saving.what_of_view(desk, theirs)
    assert name == "Shared"
    assert saving.save(desk, what, name)["revision"] == 2
    _, late = saving.what_of_view(desk, mine)
    with pytest.raises(wb.RevisionConflict):
        saving.save(desk, late, name)
    assert "revision 2" in saving.conflict_words(desk, late)
    assert saving.save(desk, late, "Shared (copy)", copy=True)["revision"] == 1
    assert desk.bench.definitions.get("views", found["id"])["content"]["display"] == {"fallout": False}
    desk.bench.definitions.delete("views", found["id"])
    assert "deleted" in saving.conflict_words(desk, late)


def test_several_numbers_become_one_segment(desk: Desk, document: Question) -> None:
    numbers = [{"table": "nodes", "select": {"id": name}} for name in ("won", "lost")]
    made = saving.segment_of(desk, document["question"], {"selected": numbers, "title": "Closed"})
    result = desk.ask(document["question"])
    members = {m for one in numbers for m in result.members(one["table"], one["select"])["account_id"]}
    segment = {"container": "account", "where": made["content"]}
    assert (made["name"], made["container"]) == ("Closed", "account")
    asked = {**document["question"], "nodes": [{"id": "x", "where": segment}], "arrows": []}
    assert set(desk.ask(asked).members("nodes", {"id": "x"})["account_id"]) == members


def test_definitions_are_small_files(desk: Desk) -> None:
    files = list(Path(desk.bench.path / "definitions" / "views").glob("*.json"))
    assert files
    assert all(file.stat().st_size < 10_000 for file in files)
