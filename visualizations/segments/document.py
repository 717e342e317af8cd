"""Documents of the segment pages: arriving at an address, editing.

A segment's document is `{"view": "segment", "question": {"name", "container", "kind", "content", "about",
"tab", "shown_as", "find"}, "saved"?: {"id", "revision"}}`. `content` is a condition in which parts may still
be incomplete: a test without a value, a group without parts. The list's question holds what narrows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.editing.edits import BadEdit
from visualizations.segments import changes, compare

PAGES = ("segments", "segment", "segments-compare")
PARTS = ("folder", "tags", "description", "suppress", "blocks", "keeps")
"""What a segment's document tells about it beside kind and container; state and pins change at once, where
they are saved."""
FRESH: Question = {
    "name": "",
    "container": "account",
    "kind": "dynamic",
    "content": None,
    "about": {"keeps": "members"},
}
"""A new segment: as a filter it keeps whole accounts, as one that keeps single events empties other steps."""


def arrive(desk: Desk, view: str, question: Any, more: Mapping[str, str]) -> tuple[Question, str]:
    """The document of an address, and what to tell the user."""
    if view == "segments":
        return {"view": view, "question": question if isinstance(question, dict) else {}}, ""
    if view == "segments-compare":
        found, told = compare.arrived(desk, question)
        return {"view": view, "question": found}, told
    if isinstance(question, dict) and "container" in question:
        document: Question = {"view": view, "question": {**FRESH, **question}}
        if more.get("saved") and more.get("rev", "").isdigit():
            document["saved"] = {"id": more["saved"], "revision": int(more["rev"])}
        return document, ""
    if more.get("saved"):
        try:
            return opened(desk, more["saved"]), ""
        except wb.WorkbenchError as problem:
            return {"view": "segments", "question": {}}, str(problem)
    return {"view": view, "question": dict(FRESH)}, ""


def opened(desk: Desk, segment_id: str) -> Question:
    """The document of a saved segment; it remembers the revision it came from."""
    found = desk.bench.segments.get(segment_id)
    about = found["about"]
    question = {
        "name": found["name"],
        "container": about["container"],
        "kind": about["kind"],
        "content": found["content"],
        "about": {name: about[name] for name in PARTS if about.get(name)},
    }
    if about["kind"] == "static":
        question["ids"] = list(desk.bench.definitions.lists().get(found["id"], ()))
    return {
        "view": "segment",
        "question": question,
        "saved": {"id": found["id"], "revision": found["revision"]},
    }


def applied(desk: Desk, document: Question, event: Mapping[str, Any]) -> tuple[Question | None, str]:
    """The document after an event of the browser, None where nothing changes; and what to tell the user."""
    try:
        if event.get("kind") == "saved":
            return {**document, "saved": event.get("part")}, ""
        if document["view"] == "segments-compare":
            question = compare.changed(document["question"], event)
        else:
            question = changes.changed(desk, document["question"], event)
    except (BadEdit, wb.WorkbenchError) as problem:
        return None, str(problem)
    return (None if question == document["question"] else {**document, "question": question}), ""
