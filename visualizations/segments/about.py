"""Tab About: what a segment says about itself, its state, where it is used, copying and deleting it."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.formats import count
from visualizations.segments import document as documents
from visualizations.segments.saved import is_changed
from visualizations.views import BY_ANALYSIS

KINDS = {
    "segments": "Segment",
    "views": "Saved view",
    "models": "Model",
    "journeys": "Journey",
    "initiatives": "Initiative",
    "milestones": "Milestone",
}
"""Kind of definition → what it is called."""


def tab(desk: Desk, document: Question, scene: Scene) -> Component:
    """Description, folder and tags; state, use, copy and delete; WorkspaceError where it is gone."""
    del scene
    definition = desk.bench.segments.get(document["saved"]["id"])
    changed = is_changed(document, documents.opened(desk, definition["id"]))
    right = [_state(definition, changed=changed), _used(desk, definition), _end()]
    return html.Div(
        [_told(desk, document["question"]), html.Div(right, className="seg-side")], className="seg-build"
    )


def _told(desk: Desk, question: Question) -> Component:
    about = question.get("about") or {}
    rows = desk.bench.segments.list(sizes=False)
    folders = sorted({name for name in rows["folder"].to_list() if name})
    tags = sorted({tag for known in rows["tags"].to_list() for tag in known or ()})
    parts = [
        dmc.Textarea(
            id=controls.edit("text", "about.description"),
            label="Description",
            value=about.get("description", ""),
            placeholder="What it is for, and for whom",
            autosize=True,
            minRows=3,
            maxRows=12,
            debounce=True,
            size="xs",
        ),
        dmc.Autocomplete(
            id=controls.edit("text", "about.folder"),
            label="Folder",
            value=about.get("folder", ""),
            data=folders,
            placeholder="None",
            debounce=True,
            size="xs",
        ),
        dmc.TagsInput(
            id=controls.edit("tags", "about.tags"),
            label="Tags",
            value=list(about.get("tags") or ()),
            data=tags,
            placeholder="Type one and press Enter",
            size="xs",
        ),
        controls.switch("Suppress in exports", "flag", "about.suppress", bool(about.get("suppress"))),
        html.P("Then its members are left out of every export of any segment.", className="hint"),
        html.P("What you write here is kept with Save.", className="hint"),
    ]
    form = html.Div(parts, className="about-form")
    return html.Section([html.H2("About"), form], className="card")


def _state(definition: Question, *, changed: bool) -> Component:
    live = definition["about"]["state"] == "live"
    if live:
        words = (
            f"Live, revision {definition['revision']}. Other segments may use it, and each load records it."
        )
        return html.Section([html.H2("State"), html.P(words, className="hint")], className="card side-card")
    words = "A draft: other live segments cannot refer to it, and no history is recorded."
    more = " What goes live is what is saved, without your last changes." if changed else ""
    go = dmc.Button("Go live", id={"segment": "go-live"}, size="xs", variant="default")
    said = html.P(id="segment-live-problem", className="problem", role="alert")
    return html.Section(
        [html.H2("State"), html.P(words + more, className="hint"), go, said], className="card side-card"
    )


# --- where it is used ------------------------------------------------------------------------------


def users(desk: Desk, segment_id: str) -> list[tuple[str, str, str]]:
    """(what it is, name, address) of all that refers to a segment; no address where no page shows it."""
    found = desk.bench.segments.used_by(segment_id).to_dicts()
    return [(KINDS.get(row["kind"], row["kind"]), row["name"], _address(desk, row)) for row in found]


def _address(desk: Desk, row: dict[str, Any]) -> str:
    if row["kind"] == "segments":
        return f"/segment?saved={row['id']}"
    if row["kind"] == "views":
        content = desk.bench.definitions.get("views", row["id"]).get("content")
        view = BY_ANALYSIS.get(str((content or {}).get("analysis")))
        return f"/{view.name}?saved={row['id']}" if view else ""
    return ""


def _used(desk: Desk, definition: Question) -> Component:
    found = users(desk, definition["id"])
    items = [
        html.Li(
            [
                dcc.Link(name, href=href, className="member-link") if href else html.Strong(name),
                html.Span(what, className="hint"),
            ]
        )
        for what, name, href in found
    ]
    body: Any = html.Ul(items, className="used-by") if items else html.P("Nothing uses it.", className="hint")
    title = f"Used in {count(len(found))}" if found else "Used in"
    return html.Section([html.H2(title), body], className="card side-card")


# --- what can be done with it ----------------------------------------------------------------------


def _end() -> Component:
    buttons = [
        dmc.Button(
            words, id={"segment": name}, size="xs", variant="default", leftSection=controls.icon(icon, 14)
        )
        for words, name, icon in (("Duplicate", "duplicate", "copy"), ("Delete…", "delete", "trash-2"))
    ]
    hint = "A copy is a draft of its own, with the same rules, list and pins."
    actions = html.Div(buttons, className="seg-actions")
    said = html.P(id="segment-delete-problem", className="problem", role="alert")
    return html.Section(
        [html.H2("Copy or delete"), actions, html.P(hint, className="hint"), said], className="card side-card"
    )


def refusal(desk: Desk, segment_id: str) -> str:
    """Why a segment cannot be deleted; empty where it can."""
    found = users(desk, segment_id)
    if not found:
        return ""
    names = ", ".join(f"{what.lower()} “{name}”" for what, name, _ in found)
    return f"It cannot be deleted while it is used by {names}."
