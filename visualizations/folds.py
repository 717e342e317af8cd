"""The controls of a question: entries that are folded are sent without their content.

A canvas of a hundred checkpoints has thousands of controls; the browser gets those the user opens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from visualizations.base import Question
from visualizations.dom import html
from visualizations.parts import walk

Panel = list[Any]


def folded(panel: Panel, known: dict[str, list[str]], old: Question, new: Question) -> Panel:
    """The controls with the same entries open as before, and what was just added."""
    if old.get("view") != new["view"]:
        known = {}
    before = {node["id"] for node in old.get("question", {}).get("nodes") or ()}
    added = [node["id"] for node in new["question"].get("nodes") or () if node["id"] not in before]
    if len(added) > 1 or not before:
        added = []
    for items in _lists(panel):
        name = items.id["open"]
        items.value = [*(known.get(name) or []), *(added if name == "nodes" else [])]
        for key, content in _entries(items):
            place = html.Div(
                content.children if key in items.value else [],
                id={"entry": f"{name}:{key}"},
                className="unfolds",
            )
            content.children = place
    return panel


def contents(panel: Panel, wanted: Sequence[str]) -> list[Any]:
    """The content of entries, by `list:entry`; nothing for one that is gone."""
    found = {
        f"{items.id['open']}:{key}": content.children
        for items in _lists(panel)
        for key, content in _entries(items)
    }
    return [found.get(name, []) for name in wanted]


def _lists(panel: Panel) -> Iterator[Any]:
    for part in walk(panel):
        if isinstance(getattr(part, "id", None), dict) and "open" in part.id:
            yield part


def _entries(items: Any) -> Iterator[tuple[str, Any]]:
    for entry in items.children:
        _, content = entry.children
        yield entry.value, content
