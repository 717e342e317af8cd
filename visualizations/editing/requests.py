"""One request of a browser tab: its events in their order, each applied to the tab's board of the view.

Nothing is read from the browser but the events: a request that comes late or twice finds the board as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import workbench as wb
from visualizations import segments
from visualizations.base import Question
from visualizations.editing import display
from visualizations.editing.board import Board, Boards, Step, Tab
from visualizations.editing.documents import Documents, Move
from visualizations.editing.edits import BadEdit
from visualizations.views import BY_NAME

Event = Mapping[str, Any]
MOST_EVENTS = 500
"""Events one request may carry."""
WORDS = {
    "move": "move",
    "tidy": "tidy",
    "drop": "add",
    "append": "add",
    "prepend": "add",
    "connect": "arrow",
    "delete": "delete",
    "remove-node": "delete",
    "remove-step": "delete",
    "reorder": "order",
    "rename": "rename",
    "duplicate": "duplicate",
    "exclude": "leave out",
    "exclude-node": "leave out",
    "breakdown": "breakdown",
    "combine": "combine",
    "limits": "limits",
    "chain": "build",
    "milestones": "build",
    "suggest": "build",
    "open": "open",
}
"""What a step is called on the buttons of undo and redo; other steps are called `edit`."""
UNUSABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What an event of another shape runs into."""


@dataclass
class Outcome:
    """What a request did, for the browser."""

    document: Question | None
    """The document of the view the tab is at now."""
    structural: bool = False
    """Whether the controls must be drawn again."""
    painted: bool = False
    """Whether the drawing must be made again."""
    address: str | None = None
    """Where the document is; None keeps the address."""
    told: list[str] = field(default_factory=list)
    """What to tell the user."""
    json_problem: str = ""
    """What is wrong with the condition typed in as JSON."""
    steps: dict[str, str | None] = field(default_factory=dict)
    """What undo and redo would do next; None where there is nothing."""


class Editing:
    """Applies requests to boards."""

    def __init__(self, documents: Documents, boards: Boards) -> None:
        self.documents, self.boards = documents, boards

    def answer(self, request: Event, shown: Question | None) -> Outcome:
        """Apply a request; `shown` is what the browser holds: the beginning of a board not known yet."""
        with self.boards.opened(str(request.get("tab"))) as tab:
            turn = _Turn(self.documents, tab, shown, str(request.get("view") or ""))
            if tab.is_new(str(request.get("id"))):
                for event in list(request.get("events") or ())[:MOST_EVENTS]:
                    turn.take(event)
            return turn.outcome()


class _Turn:
    """The events of one request."""

    def __init__(self, documents: Documents, tab: Tab, shown: Question | None, view: str) -> None:
        self.documents, self.tab, self.shown = documents, tab, shown
        self.document: Question | None = shown
        self.board: Board | None = None
        if shown is not None:
            self._at(shown["view"], shown)
        elif view in BY_NAME:
            self._at(view, None)
        self.done = Outcome(None)
        if self.document is not None and self.document != shown:
            self._catch_up(self.document)

    def _catch_up(self, document: Question) -> None:
        """The browser holds another document than the board: an answer was lost on the way."""
        self.done.address = self._address(document)
        self.done.structural = self.done.painted = True

    def _at(self, view: str, document: Question | None) -> None:
        self.board = self.tab.board(view, document) if view != "home" else None
        self.document = self.board.document if self.board else document

    def take(self, event: Event) -> None:
        """Apply one event; one that cannot be used is told and leaves the others."""
        kind = str(event.get("kind"))
        takers: dict[str, Callable[[Event], None]] = {
            "arrive": self._arrive,
            "undo": lambda _: self._turn_back(Board.undo),
            "redo": lambda _: self._turn_back(Board.redo),
            "look": lambda _: self._look(),
        }
        try:
            takers.get(kind, self._edit)(event)
        except (BadEdit, wb.WorkbenchError) as problem:
            self._tell(str(problem))
        except UNUSABLE:
            self._tell("This could not be done.")
        self.document = self.board.document if self.board else self.document

    def _tell(self, said: str) -> None:
        self.done.told.append(said)
        self.done.painted = True

    def _look(self) -> None:
        """The controls are wanted; they were not needed before."""
        self.done.structural = True

    def _arrive(self, event: Event) -> None:
        move = self.documents.arrive(event.get("path"), event.get("search"))
        arrived = move.document or {"view": "home", "question": {}}
        if move.told:
            self.done.told.append(move.told)
        self._at(arrived["view"], arrived)
        if self.board is not None:
            self._forget_quick(self.board)
            self.board.arrive(arrived, str(event.get("how")))
            kept = self.board.document or arrived
            self.done.address = None if kept == arrived else self._address(kept)
        else:
            self.done.address = None
        self.done.structural = self.done.painted = True

    def _turn_back(self, turn: Callable[[Board], str | None]) -> None:
        if self.board is not None:
            self._forget_quick(self.board)
        if self.board is None or turn(self.board) is None:
            return
        self.done.address = self._address(self.board.document or {})
        self.done.structural = self.done.painted = True

    def _edit(self, event: Event) -> None:
        if self.board is None or self.board.document is None:
            return
        kind = str(event["kind"])
        move = self.documents.apply(self.board.document, event)
        if move.told and kind == "json":
            self.done.json_problem = move.told
        elif move.told:
            self._tell(move.told)
        if move.document is not None:
            self._keep(self.board, kind, move)

    def _keep(self, board: Board, kind: str, move: Move) -> None:
        document = move.document or {}
        if kind == "saved" or not move.painted:
            board.amend(document)
        else:
            self._forget_quick(board)
            board.put(document, WORDS.get(kind, "edit"))
        if move.search is not None:
            self.done.address = f"/{document['view']}{move.search}"
        self.done.structural |= move.structural
        self.done.painted |= kind != "move" and move.painted

    def _forget_quick(self, board: Board) -> None:
        """No step leads back to a quick segment that was being edited."""
        if board.document is not None and segments.without_quick(board.document) != board.document:
            board.amend(segments.without_quick(board.document))

    def _address(self, document: Question) -> str:
        return f"/{document['view']}{display.search_of(self.documents.desk.drafts, document)}"

    def outcome(self) -> Outcome:
        """What the browser is told."""
        self.done.document = self.document
        board = self.board or Board()
        self.done.steps = {"undo": _last(board.past), "redo": _last(board.future)}
        return self.done


def _last(steps: list[Step]) -> str | None:
    return steps[-1][0] if steps else None
