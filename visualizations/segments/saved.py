"""A saved segment behind a document: its definition as it is now, and whether the document differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.segments import tree

LISTED = ("static", "compound")
"""Kinds of segments that have no condition of their own."""


def about_now(desk: Desk, document: Question) -> dict[str, Any]:
    """What the saved segment says about itself now; empty without one."""
    saved = document.get("saved")
    if not saved:
        return {}
    try:
        return dict(desk.bench.segments.get(saved["id"])["about"])
    except wb.WorkbenchError:
        return {}


def state_of(desk: Desk, document: Question) -> str:
    """`live` or `draft`; a segment that was never saved is a draft."""
    return str(about_now(desk, document).get("state", "draft"))


def is_changed(document: Question, opened: Question) -> bool:
    """Whether a document's segment differs from the saved one, given the document of that."""
    return _asked(document["question"]) != _asked(opened["question"])


def _asked(question: Mapping[str, Any]) -> Question:
    """What saving would write."""
    about = {name: part for name, part in (question.get("about") or {}).items() if part}
    content = tree.complete(question.get("content")) if question["kind"] not in LISTED else None
    plain = {name: question[name] for name in ("name", "container", "kind")}
    ids = sorted(question.get("ids") or ()) if question["kind"] == "static" else []
    return {**plain, "content": content, "about": about, "ids": ids}


def learned(document: Question, definition: Mapping[str, Any]) -> Question:
    """What a document remembers of its segment after the segment was changed beside it.

    Where somebody else saved in between, it keeps the revision it came from, so that saving tells of that.
    """
    saved, revision = document["saved"], int(definition["revision"])
    return {
        "id": saved["id"],
        "revision": revision if revision == saved["revision"] + 1 else saved["revision"],
    }


# --- what changes the saved one at once ------------------------------------------------------------


def duplicate(desk: Desk, segment_id: str) -> Question:
    """Save a copy as a draft, with the list and pins of the segment; its definition."""
    segments = desk.bench.segments
    found = segments.get(segment_id)
    about = {**found["about"], "state": "draft"}
    made: Question = segments.save(f"{found['name']} (copy)", found["content"], about=about)
    ids = list(desk.bench.definitions.lists().get(segment_id, ())) if about["kind"] == "static" else []
    if ids:
        made = segments.add(made["id"], ids)
    desk.forget()
    return made


def delete(desk: Desk, document: Question) -> None:
    """Delete the segment with its list, pins and history; WorkspaceError, RevisionConflict where refused."""
    desk.bench.segments.delete(document["saved"]["id"], revision=document["saved"]["revision"])
    desk.forget()


def go_live(desk: Desk, segment_id: str) -> Question:
    """Make a draft live; its definition. SpecError says why it cannot be."""
    found: Question = desk.bench.segments.go_live(segment_id)
    desk.forget()
    return found


def pin(desk: Desk, segment_id: str, member: str, inside: bool, reason: str) -> Question:
    """Put a member in or out, with a reason; the definition. WorkbenchError without a reason."""
    if not reason.strip():
        raise wb.WorkbenchError("Say why: the reason stands beside the pin.")
    found: Question = desk.bench.segments.pin(segment_id, member, inside, reason.strip())
    desk.forget()
    return found


def unpin(desk: Desk, segment_id: str, member: str) -> Question:
    """Let the rules decide about a member again; the definition."""
    found: Question = desk.bench.segments.unpin(segment_id, member)
    desk.forget()
    return found
