"""Edits of a fallout: one pure function per gesture, `question, event, tools → question`.

Touchpoints are named by their place, from 0. A gesture that cannot be applied raises BadEdit with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from visualizations.base import Question
from visualizations.editing import components
from visualizations.editing.canvas_tools import Tools, item
from visualizations.editing.components import Condition, condition, joined
from visualizations.editing.edits import BadEdit
from visualizations.facts import in_words

Edited = tuple[Question, str]
"""The fallout after a gesture, and what to tell the user; empty where there is nothing to say."""
FREE = ("label", "where", "breakdown")
"""What a first touchpoint may say: limits count from a touchpoint before."""
MOST = 50
"""Touchpoints a fallout takes from gestures."""


def apply(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """The fallout after a gesture; the question is left as it was."""
    kind = str(event.get("kind"))
    if kind not in KINDS:
        raise BadEdit("A fallout does not know this gesture.")
    return KINDS[kind](question, event, tools)


def _points(question: Question) -> list[dict[str, Any]]:
    return [dict(point) for point in question["touchpoints"]]


def _place(value: Any, count: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise BadEdit("This touchpoint is no longer there.")
    return value


def _kept(question: Question, points: Sequence[dict[str, Any]]) -> Edited:
    """With these touchpoints; the first one loses what counts from a touchpoint before."""
    if not points:
        raise BadEdit("A fallout keeps at least one touchpoint.")
    if len(points) > MOST:
        raise BadEdit(f"A fallout takes at most {MOST} touchpoints.")
    first = {key: value for key, value in points[0].items() if key in FREE}
    told = ""
    if first != points[0]:
        told = f"{title(first)} is first now: its limits counted from a step before and are gone."
    return {**question, "touchpoints": [first, *points[1:]]}, told


def title(point: Mapping[str, Any]) -> str:
    """What a touchpoint is called."""
    return str(point.get("label") or in_words(point["where"]))


def _reorder(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """Touchpoint `step` moves to the place `to` of the others."""
    del tools
    points = _points(question)
    here, there = _place(event.get("step"), len(points)), _place(event.get("to"), len(points))
    points.insert(there, points.pop(here))
    return _kept(question, points)


def _combine(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """A touchpoint is taken into another: alike conditions by "or", the rest by "and"."""
    points = _points(question)
    gone, into = _place(event.get("step"), len(points)), _place(event.get("into"), len(points))
    if gone == into:
        raise BadEdit("A touchpoint cannot be combined with itself.")
    points[into] = _with(points[into], [points[gone]["where"]], tools)
    del points[gone]
    return _kept(question, points)


def _with(point: dict[str, Any], wheres: Sequence[Condition], tools: Tools) -> dict[str, Any]:
    """A touchpoint with further conditions; its name follows unless somebody chose it."""
    where = joined([point["where"], *wheres])
    changed = {**point, "where": where}
    if changed.get("label") == tools.label(point["where"]):
        changed["label"] = tools.label(where)
    return changed


def _drop(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """Components land on a touchpoint (`on.into`), before one (`on.before`), or at the end."""
    what = [one for one in components.components(event.get("what")) if one["kind"] != "metric"]
    if not what:
        raise BadEdit("A fallout counts its container; it takes no metric.")
    points, on = _points(question), event.get("on")
    on = on if isinstance(on, Mapping) else {}
    if "into" in on:
        into = _place(on["into"], len(points))
        if len(what) == 1 and what[0]["kind"] == "dimension":
            points[into]["breakdown"] = tools.check_field(what[0]["field"])
            return _kept(question, points)
        points[into] = _with(points[into], _wheres(question, what, tools), tools)
        return _kept(question, points)
    wheres = _wheres(question, what, tools)
    wheres = [joined(wheres)] if event.get("shift") else wheres
    place = _place(on["before"], len(points)) if "before" in on else len(points)
    points[place:place] = [{"where": where, "label": tools.label(where)} for where in wheres]
    return _kept(question, points)


def _wheres(question: Question, what: Sequence[dict[str, Any]], tools: Tools) -> list[Condition]:
    """One condition per component; a dimension becomes its most frequent items."""
    found: list[Condition] = []
    for one in what:
        tools.checked(one)
        if one["kind"] == "dimension":
            field = one["field"]
            found += [condition(item(field, value)) for value in tools.top_items(question, field)]
        else:
            found.append(condition(one))
    if not found:
        raise BadEdit("This dimension has no values here.")
    return [where for i, where in enumerate(found) if where not in found[:i]]


def _remove(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del tools
    points = _points(question)
    del points[_place(event.get("step"), len(points))]
    return _kept(question, points)


def _breakdown(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    points, by = _points(question), event.get("by")
    point = points[_place(event.get("step"), len(points))]
    point.pop("breakdown", None)
    if by is not None:
        point["breakdown"] = tools.check_field(components.text(by, "The dimension"))
    return _kept(question, points)


KINDS: dict[str, Callable[[Question, Mapping[str, Any], Tools], Edited]] = {
    "reorder": _reorder,
    "combine": _combine,
    "drop": _drop,
    "remove-step": _remove,
    "breakdown": _breakdown,
}
"""Kind of a gesture → what it does."""
