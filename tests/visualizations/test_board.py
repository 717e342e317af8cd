"""Boards: steps back and forth, addresses, requests that come late or twice, files, several tabs at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from visualizations.desk import Desk
from visualizations.editing import board as boards
from visualizations.editing.board import Board, Boards
from visualizations.editing.documents import Documents
from visualizations.editing.requests import Editing, Outcome

TAB = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
CANVAS = {
    "analysis": "journey_canvas",
    "container": "account",
    "nodes": [{"id": name, "where": {"milestone": name}} for name in ("lead", "mql", "sql")],
    "arrows": [{"source": "lead", "target": "mql"}],
}


def document(name: str) -> dict[str, Any]:
    return {"view": "flow", "question": {"analysis": "flow", "name": name}}


def filled(*names: str) -> Board:
    board = Board(document(names[0]))
    for name in names[1:]:
        board.put(document(name), f"to {name}")
    return board


class TestBoard:
    def test_steps_go_back_and_forth(self) -> None:
        board = filled("a", "b", "c")
        assert board.undo() == "to c"
        assert board.undo() == "to b"
        assert board.document == document("a")
        assert board.undo() is None
        assert board.redo() == "to b"
        assert board.document == document("b")
        board.put(document("d"), "to d")
        assert board.redo() is None

    def test_the_same_document_is_no_step(self) -> None:
        board = filled("a", "b")
        board.put(document("b"), "again")
        assert len(board.past) == 1

    def test_steps_are_capped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        board = filled(*(str(i) for i in range(boards.MOST_STEPS + 50)))
        assert len(board.past) == boards.MOST_STEPS
        monkeypatch.setattr(boards, "MOST_BYTES", 300)
        board.put(document("last"), "last")
        assert sum(len(text) for _, text in board.past) <= 300
        assert board.undo() == "last"

    def test_back_and_forward_walk_the_steps(self) -> None:
        board = filled("a", "b", "c")
        board.arrive(document("b"), "back")
        assert [len(board.past), len(board.future)] == [1, 1]
        board.arrive(document("c"), "back")
        assert [len(board.past), len(board.future)] == [2, 0]
        board.arrive(document("a"), "link")
        assert board.document == document("a")
        assert board.undo() == "open"
        assert board.document == document("c")

    def test_a_reload_keeps_what_came_after_the_address(self) -> None:
        board = filled("a", "b")
        board.arrive(document("a"), "reload")
        assert board.document == document("b")
        board.arrive(document("x"), "reload")
        assert board.document == document("x")

    def test_undo_keeps_where_it_was_saved(self) -> None:
        board = filled("a", "b")
        board.amend({**document("b"), "saved": {"id": "view", "revision": 2}})
        board.undo()
        assert board.document == {**document("a"), "saved": {"id": "view", "revision": 2}}

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"document": 3, "past": [], "future": []}', "{"])
    def test_a_broken_file_is_an_empty_board(self, text: str) -> None:
        assert Board.from_json(text) == Board()

    def test_a_board_is_its_file(self) -> None:
        board = filled("a", "b", "c")
        board.undo()
        again = Board.from_json(board.to_json())
        assert again.document == document("b")
        assert again.redo() == "to c"


class TestBoards:
    def test_boards_outlive_the_process(self, tmp_path: Path) -> None:
        with Boards(tmp_path / "boards").opened(TAB) as tab:
            tab.board("flow", document("a")).put(document("b"), "to b")
        with Boards(tmp_path / "boards").opened(TAB) as tab:
            assert tab.board("flow").undo() == "to b"
            assert tab.board("fallout").document is None
        with Boards(tmp_path / "boards").opened(OTHER) as tab:
            assert tab.board("flow").document is None

    def test_without_a_folder_they_live_in_memory(self) -> None:
        kept = Boards(None)
        with kept.opened(TAB) as tab:
            tab.board("flow", document("a")).put(document("b"), "to b")
        with kept.opened(TAB) as tab:
            assert tab.board("flow").undo() == "to b"

    @pytest.mark.parametrize(("name", "view"), [("../../x" * 4, "flow"), (TAB, "../flow"), ("", "flow")])
    def test_no_name_leads_out_of_the_folder(self, tmp_path: Path, name: str, view: str) -> None:
        with Boards(tmp_path / "boards").opened(name) as tab:
            tab.board(view, document("a")).put(document("b"), "to b")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_old_files_make_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boards, "MOST_FILES", 3)
        monkeypatch.setattr(boards, "MOST_TABS", 2)
        kept = Boards(tmp_path)
        for i in range(6):
            with kept.opened(f"{i:032x}") as tab:
                tab.board("flow", document("a")).put(document("b"), "to b")
        assert len(list(tmp_path.glob("*.json"))) == 3

    def test_a_folder_that_cannot_be_written_costs_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        with Boards(tmp_path / "file").opened(TAB) as tab:
            tab.board("flow", document("a")).put(document("b"), "to b")
            assert tab.board("flow").undo() == "to b"


class Browser:
    """A tab that sends requests and keeps what it is answered."""

    def __init__(self, editing: Editing, name: str = TAB) -> None:
        self.editing, self.name, self.requests = editing, name, 0
        self.shown: dict[str, Any] | None = None

    def send(self, *events: dict[str, Any], request: str = "") -> Outcome:
        self.requests += 1
        asked = {"tab": self.name, "id": request or f"{self.name}{self.requests}", "events": list(events)}
        done = self.editing.answer(asked, self.shown)
        self.shown = json.loads(json.dumps(done.document))
        return done

    def arrive(self, path: str, search: str = "", how: str = "link") -> Outcome:
        return self.send({"kind": "arrive", "path": path, "search": search, "how": how})

    @property
    def ids(self) -> list[str]:
        return [node["id"] for node in (self.shown or {})["question"]["nodes"]]


@pytest.fixture
def editing(bench: Any, tmp_path: Path) -> Editing:
    return Editing(Documents(Desk(bench)), Boards(tmp_path))


@pytest.fixture
def browser(editing: Editing) -> Browser:
    browser = Browser(editing)
    drafts = editing.documents.desk.drafts
    browser.arrive("/journey-canvas", drafts.search(editing.documents.desk.normal(CANVAS)))
    return browser


def rename(label: str, node: str = "mql") -> dict[str, Any]:
    return {"kind": "rename", "node": node, "label": label}


class TestEditing:
    def test_every_event_of_a_burst_is_applied(self, browser: Browser) -> None:
        done = browser.send(
            rename("A"),
            {"kind": "connect", "source": "mql", "target": "sql"},
            {"kind": "move", "moves": {"sql": [9, 9]}},
        )
        question = (done.document or {})["question"]
        assert question["nodes"][1]["label"] == "A"
        assert len(question["arrows"]) == 2
        assert question["nodes"][2]["x"] == 9
        assert done.painted
        assert done.address
        assert done.address.startswith("/journey-canvas?")
        assert done.steps == {"undo": "move", "redo": None}

    def test_a_move_alone_draws_nothing(self, browser: Browser) -> None:
        done = browser.send({"kind": "move", "moves": {"sql": [9, 9]}})
        assert not done.painted
        assert not done.structural
        assert browser.send({"kind": "undo"}).painted

    def test_what_cannot_be_used_is_told_and_loses_nothing_else(self, browser: Browser) -> None:
        done = browser.send(
            {"kind": "connect", "source": "mql", "target": "lead"},
            {"kind": "rename"},
            {"kind": "nonsense"},
            rename("B"),
        )
        assert len(done.told) >= 2
        assert (done.document or {})["question"]["nodes"][1]["label"] == "B"
        assert browser.send({"kind": "drop", "what": 7, "x": None}, {}, {"kind": "move", "moves": 3}).told

    def test_a_request_sent_again_is_applied_once(self, browser: Browser) -> None:
        before = browser.shown
        browser.send({"kind": "duplicate", "nodes": ["sql"]}, request="again")
        browser.shown = before
        done = browser.send({"kind": "duplicate", "nodes": ["sql"]}, request="again")
        assert len(browser.ids) == 4
        assert done.painted
        assert done.address

    def test_undo_walks_every_kind_of_edit(self, browser: Browser) -> None:
        first = browser.shown
        browser.send({"kind": "control", "edit": "choice", "at": "container", "value": "person"})
        browser.send({"kind": "press", "do": "segment", "at": "", "picks": []})
        browser.send({"kind": "json", "at": "segments.0", "text": '{"milestone": "mql"}'})
        assert browser.shown != first
        browser.send({"kind": "undo"}, {"kind": "undo"}, {"kind": "undo"}, {"kind": "undo"})
        assert browser.shown == first
        assert browser.send({"kind": "json", "at": "segments.0", "text": "{"}).json_problem
        assert browser.shown == first

    def test_views_have_boards_of_their_own(self, browser: Browser) -> None:
        browser.send(rename("A"))
        assert browser.arrive("/flow").steps == {"undo": None, "redo": None}
        browser.arrive("/")
        assert (browser.shown or {})["view"] == "home"
        assert browser.send({"kind": "undo"}).document == {"view": "home", "question": {}}
        browser.arrive("/journey-canvas")
        browser.send({"kind": "undo"})
        assert (browser.shown or {})["question"]["nodes"][1]["label"] == "A"

    def test_events_after_a_link_belong_to_the_new_view(self, browser: Browser) -> None:
        done = browser.send(
            rename("A"),
            {"kind": "arrive", "path": "/fallout", "search": "", "how": "link"},
            {"kind": "control", "edit": "choice", "at": "container", "value": "person"},
        )
        assert (done.document or {})["view"] == "fallout"
        assert (done.document or {})["question"]["container"] == "person"
        assert done.address
        assert done.address.startswith("/fallout?")

    def test_tabs_do_not_know_each_other(self, editing: Editing, browser: Browser) -> None:
        other = Browser(editing, OTHER)
        other.arrive(
            "/journey-canvas", editing.documents.desk.drafts.search((browser.shown or {})["question"])
        )
        browser.send(rename("A"))
        assert other.send({"kind": "undo"}).document == other.shown
        other.send(rename("B"))
        assert (browser.send().document or {})["question"]["nodes"][1]["label"] == "A"

    def test_a_board_nobody_knows_begins_with_what_the_browser_shows(
        self, browser: Browser, bench: Any
    ) -> None:
        browser.editing = Editing(Documents(Desk(bench)), Boards(None))
        done = browser.send(rename("A"))
        assert (done.document or {})["question"]["nodes"][1]["label"] == "A"
        assert done.steps["undo"] == "rename"

    def test_what_was_on_its_way_when_the_page_was_reloaded(self, editing: Editing, browser: Browser) -> None:
        asked = {"tab": TAB, "id": "on its way", "view": "journey-canvas", "events": [rename("A")]}
        done = editing.answer(asked, None)
        assert (done.document or {})["question"]["nodes"][1]["label"] == "A"
        assert done.painted

    def test_requests_at_once_lose_nothing(self, editing: Editing, browser: Browser) -> None:
        shown = browser.shown

        def ask(i: int) -> None:
            event = {"kind": "append", "what": [{"kind": "event", "value": "Email Opened"}], "after": "sql"}
            editing.answer({"tab": TAB, "id": f"at once {i}", "events": [event]}, shown)

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        browser.send()
        assert len(browser.ids) == 3 + 8
        browser.send(*[{"kind": "undo"}] * 8)
        assert browser.ids == ["lead", "mql", "sql"]
