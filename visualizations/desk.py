"""What the callbacks share: the open workspace, its facts, answers kept for a while, addresses.

Nothing here belongs to one user: a desk is read by all threads; its only changing part is a cache of answers.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.editing.blank import normal
from visualizations.editing.display import shown
from visualizations.editing.state import Drafts, canonical
from visualizations.facts import Facts
from visualizations.openings import Opening, openings

KEPT_ANSWERS = 48


class Desk:
    """An open workspace with what the app needs around it."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.facts = Facts(bench, wb.CONTAINERS)
        folder = folder_of(bench)
        self.drafts = Drafts(folder / "drafts" / "app" if folder else None)
        self._answers: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(max(1, os.cpu_count() or 1))

    def normal(self, question: Question) -> Question:
        """The question without what equals a default; WorkbenchError where it cannot be asked."""
        return normal(question)

    def ask(self, question: Question) -> Any:
        """The Result of a question."""
        return self.kept(question, lambda: self.bench.ask(question))

    def kept(self, asked: Any, answer: Callable[[], Any]) -> Any:
        """What `answer` gives, kept for a while; at most as many are computed at once as there are cores.

        `asked` is plain JSON that says all the answer depends on.
        """
        key = canonical(asked)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        with self._room:
            result = answer()
        with self._lock:
            self._answers[key] = result
            while len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return result

    def scene(self, document: Question, *, dark: bool, width: int, height: int) -> Scene:
        """What the drawing of a document depends on: its display settings, and a way to ask more."""
        plain = self.facts.scene(dark=dark, width=width, height=height)
        return replace(
            plain,
            display=shown(document),
            currency=self.facts.currency,
            milestones=self.settings_milestones(),
            initiatives=self.facts.initiatives(),
            ask=self.ask,
        )

    def settings_milestones(self) -> dict[str, Any]:
        """Milestone name → condition, as the workspace has them."""
        return {name: found.get("condition") for name, found in self.facts.info["milestones"].items()}

    def saved(self, document: Question) -> Any:
        """The definition a document was opened from, as it is saved now; None without one."""
        saved = document.get("saved")
        if not saved or self.bench.definitions is None:
            return None
        try:
            return self.bench.definitions.get("views", saved["id"])
        except wb.WorkbenchError:
            return None

    def forget(self) -> None:
        """Drop kept answers: a saved segment may have changed what they mean."""
        with self._lock:
            self._answers.clear()

    def href(self, view: str, question: Any, **more: str) -> str:
        """Address of a view with a question."""
        return f"/{view}{self.drafts.search(question, **more)}"

    @cached_property
    def _openings(self) -> dict[str, Opening]:
        made = openings(self.facts) if self.facts.event_types else []
        return {one.view: replace(one, question=self.normal(one.question)) for one in made}

    def opening(self, view: str) -> Opening:
        """The question a view begins with, in its normal form; DataError where there are no events."""
        if view not in self._openings:
            raise wb.DataError("this workspace has no events to ask about; load some first")
        return self._openings[view]

    def openings(self) -> list[tuple[Opening, str]]:
        """The opening questions with their addresses."""
        return [(made, self.href(made.view, made.question)) for made in self._openings.values()]

    def member_href(self, container: str, member: str, number: Question | None) -> str:
        """Address of a member's timeline, coming from a number."""
        state: Question = {"container": container, "id": member}
        if number:
            state["number"] = number
        return self.href("timeline", state)


def folder_of(bench: Any) -> Path | None:
    """The workspace's folder; None for a bench that lives on no disk."""
    path = getattr(bench, "path", None) or getattr(getattr(bench, "generation", None), "workspace", None)
    return Path(path) if path else None
