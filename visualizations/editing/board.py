"""The boards of browser tabs: per tab and view one document, with what it was before and what was undone.

A tab's requests run one after the other; tabs know nothing of each other. Boards are small files in the
workspace's drafts, so that undo survives a reload and a restart; without a folder they live in memory.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from visualizations.base import Question
from visualizations.editing.state import canonical

MOST_STEPS = 100
"""Steps a board remembers in each direction."""
MOST_BYTES = 400_000
"""Characters all steps of a board may take together; the oldest go first."""
MOST_TABS = 200
"""Tabs kept in memory; where there is a folder, the others are read from it again."""
MOST_FILES = 400
"""Boards kept in the folder; those not touched for longest go first."""
REMEMBERED = 32
"""Requests of a tab that are known when they are sent again."""
_NAME = re.compile(r"[0-9a-z-]{8,48}")
_VIEW = re.compile(r"[a-z][a-z-]{0,40}")

Step = tuple[str, str]
"""What was done, and the document before it (in `past`) or after it (in `future`) as text."""


@dataclass
class Board:
    """A document, the steps that led to it and those taken back."""

    document: Question | None = None
    past: list[Step] = field(default_factory=list)
    future: list[Step] = field(default_factory=list)
    changed: bool = False
    """Whether it differs from its file."""

    def put(self, document: Question, what: str) -> None:
        """Make a document the current one; the former one can be had back."""
        if document == self.document:
            return
        if self.document is not None:
            self.past.append((what, canonical(self.document)))
            self.future.clear()
        self.document, self.changed = document, True
        self._cap()

    def undo(self) -> str | None:
        """Go one step back; what was taken back, None where there is nothing."""
        return self._turn(self.past, self.future)

    def redo(self) -> str | None:
        """Go one step forth; what was done again, None where there is nothing."""
        return self._turn(self.future, self.past)

    def _turn(self, source: list[Step], other: list[Step]) -> str | None:
        if not source:
            return None
        what, text = source.pop()
        turned, left = json.loads(text), self.document or {}
        other.append((what, canonical(left)))
        if what != "open" and left.get("saved"):
            turned["saved"] = left["saved"]
        self.document, self.changed = turned, True
        return what

    def amend(self, document: Question) -> None:
        """Replace the current document; this is no step."""
        self.document, self.changed = document, True

    def arrive(self, document: Question, how: str) -> None:
        """Take the document of an address: a step like any other, but Back and Forward walk the known steps.

        A reloaded page keeps the board where the address is one of its own, if an older, document.
        """
        text = canonical(document)
        if how == "reload" and any(text == step for _, step in self.past):
            return
        if how == "back" and self.past and text == self.past[-1][1]:
            self.undo()
        elif how == "back" and self.future and text == self.future[-1][1]:
            self.redo()
        else:
            self.put(document, "open")

    def _cap(self) -> None:
        del self.past[:-MOST_STEPS]
        spare = MOST_BYTES - sum(len(text) for _, text in self.past)
        while spare < 0 and len(self.past) > 1:
            spare += len(self.past.pop(0)[1])

    def to_json(self) -> str:
        """The board as the text of its file."""
        return json.dumps(
            {"document": self.document, "past": self.past, "future": self.future}, ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str) -> Board:
        """The board of a file; an empty one where the text is none."""
        with suppress(ValueError, KeyError, TypeError):
            kept = json.loads(text)
            past, future = (
                [(str(what), str(step)) for what, step in kept[name]] for name in ("past", "future")
            )
            if isinstance(kept["document"], dict):
                return cls(kept["document"], past, future)
        return cls()


class Tab:
    """The boards of one browser tab; used by one thread at a time."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._folder, self._name = folder, name
        self._boards: dict[str, Board] = {}
        self._seen: deque[str] = deque(maxlen=REMEMBERED)
        self.lock = threading.Lock()

    def is_new(self, request: str) -> bool:
        """Whether a request comes for the first time; remembers it."""
        if request in self._seen:
            return False
        self._seen.append(request)
        return True

    def board(self, view: str, document: Question | None = None) -> Board:
        """The board of a view; one that is not known yet begins with the document given."""
        if view not in self._boards:
            self._boards[view] = self._read(view)
        board = self._boards[view]
        if board.document is None:
            board.document = document
        return board

    def _file(self, view: str) -> Path | None:
        fits = self._folder and _NAME.fullmatch(self._name) and _VIEW.fullmatch(view)
        return self._folder / f"{self._name}.{view}.json" if self._folder and fits else None

    def _read(self, view: str) -> Board:
        file = self._file(view)
        with suppress(OSError, UnicodeDecodeError):
            if file and file.is_file():
                return Board.from_json(file.read_text(encoding="utf-8"))
        return Board()

    def save(self) -> None:
        """Write the boards that changed; a folder that cannot be written to costs undo after a restart."""
        for view, board in self._boards.items():
            file = self._file(view)
            if board.changed and file:
                with suppress(OSError):
                    _write(file, board.to_json())
            board.changed = False


def _write(file: Path, text: str) -> None:
    """Replace a file as a whole; a new one makes room first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        _make_room(file.parent)
    draft = file.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)


def _make_room(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in files[MOST_FILES - 1 :]:
        old.unlink(missing_ok=True)


class Boards:
    """The boards of all tabs of a workspace."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._tabs: OrderedDict[str, Tab] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def opened(self, name: str) -> Iterator[Tab]:
        """A tab for the time of one request; what changed is written at its end."""
        with self._lock:
            tab = self._tabs.setdefault(name, Tab(self._folder, name))
            self._tabs.move_to_end(name)
            while len(self._tabs) > MOST_TABS:
                self._tabs.popitem(last=False)
        with tab.lock:
            try:
                yield tab
            finally:
                tab.save()
