"""Quick segments: the segments of a question as a few conditions each, edited on the bar above the drawing.

While one is edited, the document holds it as `quick`: `{"at", "applied", "scope", "join", "parts"}`, where
parts may be incomplete; what is complete stands in the question's `segments` at that place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.editing import components
from visualizations.editing.canvas_tools import Tools
from visualizations.editing.edits import BadEdit
from visualizations.segments import changes, tree
from visualizations.segments.tree import Json

PART = "quick"
"""The document's part that holds the quick segment being edited; kind of the gestures on the bar."""
MOST = 5
"""Conditions of one quick segment."""
EVENT = "event"
"""Scope of a segment that keeps the matching events alone."""
LEAVES = ("field", "milestone", "segment")


@dataclass(frozen=True)
class Quick:
    """Up to five conditions joined by one word."""

    scope: str
    """A container, or `event`."""
    join: str
    """`all`, `any`, or `same`: all of them hold for one event."""
    parts: tuple[Json, ...]


def read(condition: Any) -> Quick | None:
    """The quick segment that says the same; None where there is none."""
    if set(condition or ()) == {"container", "where"}:
        inner = _joined(condition["where"], {"all": "same", "any": "any"})
        return inner and replace(inner, scope=condition["container"])
    plain = _joined(condition, {"all": "all", "any": "any"})
    return plain or _of_containers(condition)


def _joined(condition: Any, joins: Mapping[str, str]) -> Quick | None:
    """One leaf, or several under one word."""
    form = tree.form(condition)
    if form in LEAVES:
        return Quick(EVENT, "all", (condition,))
    parts = condition[form] if form in joins and len(condition) == 1 else ()
    if not 0 < len(parts) <= MOST or any(tree.form(part) not in LEAVES for part in parts):
        return None
    return Quick(EVENT, joins[form], tuple(parts))


def _of_containers(condition: Any) -> Quick | None:
    """Several conditions, each asked of some event of the same container."""
    form = tree.form(condition)
    boxes = condition[form] if form in ("all", "any") else ()
    scopes = {box["container"] for box in boxes if set(box) == {"container", "where"}}
    whole = all(set(box) == {"container", "where"} and tree.form(box["where"]) in LEAVES for box in boxes)
    if not 0 < len(boxes) <= MOST or not whole or len(scopes) != 1:
        return None
    return Quick(scopes.pop(), form, tuple(box["where"] for box in boxes))


def condition_of(quick: Quick) -> Json | None:
    """The condition of what is complete; None where nothing is."""
    parts = [done for part in quick.parts if (done := tree.complete(part)) is not None]
    if not parts:
        return None
    if quick.scope == EVENT:
        return _group("any" if quick.join == "any" else "all", parts)
    if quick.join == "all":
        return _group("all", [{"container": quick.scope, "where": part} for part in parts])
    return {"container": quick.scope, "where": _group("any" if quick.join == "any" else "all", parts)}


def _group(how: str, parts: list[Json]) -> Json:
    return parts[0] if len(parts) == 1 else {how: parts}


def saved_id(condition: Any) -> str | None:
    """Id of the saved segment that a condition is; None for any other."""
    if isinstance(condition, str):
        return condition
    inner = condition["where"] if set(condition) == {"container", "where"} else condition
    return str(inner["segment"]) if set(inner) == {"segment"} else None


# --- the one that is edited ------------------------------------------------------------------------


def quick_of(draft: Json) -> Quick:
    """The quick segment of a draft."""
    return Quick(draft["scope"], draft["join"], tuple(draft["parts"]))


def without(document: Question) -> Question:
    """The document with no quick segment being edited."""
    return {key: value for key, value in document.items() if key != PART}


def _with(document: Question, draft: Json) -> Question:
    """The document with a draft, and with what is complete of it in the question."""
    question, place = document["question"], draft["at"]
    segments = list(question.get("segments") or [])
    asked = condition_of(quick_of(draft))
    segments[place : place + draft["applied"]] = [] if asked is None else [asked]
    return {
        **document,
        "question": _segmented(question, segments),
        PART: {**draft, "applied": asked is not None},
    }


def _segmented(question: Question, segments: list[Any]) -> Question:
    kept = {key: value for key, value in question.items() if key != "segments"}
    return {**kept, "segments": segments} if segments else kept


def is_quick(event: Mapping[str, Any]) -> bool:
    """Whether an event of the browser is about the bar of quick segments."""
    return event.get("kind") == PART or str(event.get("at", "")).partition(".")[0] == PART


def applied(desk: Desk, document: Question, event: Mapping[str, Any]) -> Question:
    """The document after an event on the bar; BadEdit says what cannot be used."""
    if event.get("kind") != PART:
        return _edited(desk, document, event)
    do, plain = event.get("do"), without(document)
    if do == "close":
        return plain
    if do == "drop":
        return _dropped(desk, plain, event)
    if do == "remove":
        return _removed(plain, int(event["at"]))
    return {**plain, PART: _draft(plain["question"], event.get("at"))}


def _draft(question: Question, place: Any) -> Json:
    """The draft of a segment of the question, or of a new one."""
    segments = question.get("segments") or []
    if place is None:
        fresh = {"field": "event_type", "op": "equals"}
        quick = Quick(question["container"], "all", (fresh,))
        return _drafted(quick, len(segments), applied=False)
    found = read(segments[int(place)])
    if found is None:
        raise BadEdit("This segment has more parts than the bar can show: open it in the builder.")
    return _drafted(found, int(place), applied=True)


def _drafted(quick: Quick, place: int, *, applied: bool) -> Json:
    parts = [dict(part) for part in quick.parts]
    return {"at": place, "applied": applied, "scope": quick.scope, "join": quick.join, "parts": parts}


def _removed(document: Question, place: int) -> Question:
    segments = list(document["question"].get("segments") or [])
    del segments[place]
    return {**document, "question": _segmented(document["question"], segments)}


def _edited(desk: Desk, document: Question, event: Mapping[str, Any]) -> Question:
    """A control or a button of the draft."""
    draft = document.get(PART)
    if draft is None:
        raise BadEdit("This segment is no longer being edited; open it again.")
    if event["at"] == PART and event.get("edit") in ("scope", "join"):
        scope = event["value"] if event["edit"] == "scope" else draft["scope"]
        join = event["value"] if event["edit"] == "join" else draft["join"]
        join = "all" if scope == EVENT and join == "same" else join
        return _with(document, {**draft, "scope": scope, "join": join})
    if event.get("do") == "rule":
        return _with(document, {**draft, "parts": [*draft["parts"], _fresh(draft)]})
    container = document["question"]["container"] if draft["scope"] == EVENT else draft["scope"]
    changed = changes.changed(desk, {"container": container, PART: draft}, event)
    if not (changed.get(PART) or {}).get("parts"):
        return _removed(without(document), draft["at"]) if draft["applied"] else without(document)
    return _with(document, changed[PART])


def _fresh(draft: Json) -> Json:
    if len(draft["parts"]) >= MOST:
        raise BadEdit(f"A quick segment has at most {MOST} conditions; save it as a segment for more.")
    return {"field": "event_type", "op": "equals"}


# --- dropped components ----------------------------------------------------------------------------


def _dropped(desk: Desk, document: Question, event: Mapping[str, Any]) -> Question:
    """A further segment of what was dropped, or further conditions of the one it was dropped on."""
    tools, question = Tools(desk), document["question"]
    what = [tools.checked(one) for one in components.components(event.get("what"))]
    if any(one["kind"] == "metric" for one in what):
        raise BadEdit("A metric is no condition: drop it on the canvas.")
    segments = list(question.get("segments") or [])
    saved = [{"segment": one["value"]} for one in what if one["kind"] == "segment"]
    tests = [test_of(one) for one in what if one["kind"] != "segment"]
    place = event.get("at")
    here = read(segments[int(place)]) if place is not None else None
    if here is not None and tests:
        more = Quick(here.scope, here.join, (*here.parts, *tests))
        return without(_with(document, _drafted(_short(more), int(str(place)), applied=True)))
    made = [condition_of(_quick_of(tests, question["container"]))] if tests else []
    return {**document, "question": _segmented(question, [*segments, *saved, *made])}


def test_of(component: components.Component) -> Json:
    """The condition of a dropped component; a dimension asks for any value."""
    if component["kind"] == "dimension":
        return {"field": component["field"], "op": "exists"}
    found = components.condition(component)
    return {**found, "op": found.get("op", "equals")} if "field" in found else found


def _quick_of(tests: list[Json], scope: str) -> Quick:
    """Alike conditions joined by "or", others by "and"."""
    found = read({"container": scope, "where": components.joined(tests)})
    if found is None:
        found = Quick(scope, "any" if "any" in components.joined(tests) else "all", tuple(tests))
    return _short(replace(found, join="all" if found.join == "same" else found.join))


def _short(quick: Quick) -> Quick:
    if len(quick.parts) > MOST:
        raise BadEdit(f"A quick segment has at most {MOST} conditions.")
    return quick
