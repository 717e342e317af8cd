"""Edits of a canvas: one pure function per gesture, `question, event, tools → question`.

`apply` is the only way in. A gesture that cannot be applied raises BadEdit with a reason for people, whatever
it holds: events come from a browser.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.editing import canvas_drops as drops
from visualizations.editing import canvas_graph as graph
from visualizations.editing import canvas_places as places
from visualizations.editing import chains, components
from visualizations.editing.blank import is_blank, normal
from visualizations.editing.canvas_graph import Pair, Point
from visualizations.editing.canvas_tools import Tools, item
from visualizations.editing.components import LONGEST_LABEL, condition, text
from visualizations.editing.edits import BadEdit

__all__ = ["KINDS", "BadEdit", "Tools", "apply", "is_blank"]

Edited = Question | tuple[Question, str]
FARTHEST = 200_000.0
HOLDING = ("drop", "move", "duplicate")
"""Gestures after which all cards keep the places they are seen at; `places` of the event names these."""
MOST = 500
"""Cards or moves one gesture may name."""


def apply(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """The canvas after a gesture, with what to tell the user where there is something to say.

    The question is left as it was; BadEdit where the gesture makes no sense.
    """
    if question.get("analysis") != "journey_canvas":
        raise BadEdit("This is no journey canvas.")
    kind = event.get("kind") if isinstance(event, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadEdit(f"There is no gesture {str(kind)[:40]!r}.")
    base = {**question, "nodes": list(question["nodes"]), "arrows": list(question.get("arrows") or [])}
    if kind in HOLDING and base["nodes"] and not event.get("on"):
        base = places.seen_at(base, _places(event.get("places")))
    edited = KINDS[kind](base, event, tools)
    changed, told = edited if isinstance(edited, tuple) else (edited, "")
    try:
        normal(changed)
    except wb.WorkbenchError as problem:
        raise BadEdit(str(problem)) from None
    return (changed, told) if told else changed


# --- reading what a browser sent ---------------------------------------------------------------------


def _point(event: Mapping[str, Any]) -> Point:
    return _number(event.get("x")), _number(event.get("y"))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= FARTHEST:
        raise BadEdit("The place is missing.")
    return float(value) if math.isfinite(value) else 0.0


def _pair(value: Any) -> Pair:
    if isinstance(value, Mapping):
        value = [value.get("source"), value.get("target")]
    if (
        not isinstance(value, list | tuple)
        or len(value) != 2
        or not all(isinstance(one, str) for one in value)
    ):
        raise BadEdit("Which arrow is meant is missing.")
    return value[0], value[1]


def _id(value: Any) -> str:
    return text(value, "The checkpoint")


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or len(value) > MOST:
        raise BadEdit(f"{what} cannot be read.")
    return list(value)


def _places(value: Any) -> dict[str, Point]:
    """Where the browser shows the cards; nothing where it does not say."""
    if not isinstance(value, Mapping) or len(value) > MOST:
        return {}
    pairs = {str(name): at for name, at in value.items() if isinstance(at, list | tuple) and len(at) == 2}
    return {name: (_number(at[0]), _number(at[1])) for name, at in pairs.items()}


# --- components that land ----------------------------------------------------------------------------


def _drop(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    what, on, shift = components.components(event.get("what")), event.get("on"), bool(event.get("shift"))
    if on is None:
        return drops.on_ground(question, what, _point(event), shift, tools)
    if isinstance(on, Mapping) and "node" in on:
        return drops.on_node(question, what, _id(on["node"]), shift, tools)
    if isinstance(on, Mapping) and "arrow" in on:
        return drops.on_arrow(question, what, _pair(on["arrow"]), shift, tools)
    raise BadEdit("Where this was dropped cannot be read.")


def _append(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    what, shift = components.components(event.get("what")), bool(event.get("shift"))
    next_ = event.get("path") == "next"
    return drops.beside(question, what, _id(event.get("after")), shift, tools, side=1, at_once=next_)


def _prepend(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    what, shift = components.components(event.get("what")), bool(event.get("shift"))
    next_ = event.get("path") == "next"
    return drops.beside(question, what, _id(event.get("before")), shift, tools, side=-1, at_once=next_)


# --- arrows ------------------------------------------------------------------------------------------


def _connect(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    source, target = _id(event.get("source")), _id(event.get("target"))
    changed = graph.add_arrow(question, source, target, tools)
    if not changed["arrows"][-1].get("same"):
        return changed
    names = f"{graph.title(question, source)} → {graph.title(question, target)}"
    return changed, f"{names} is counted within the same opportunity, as some accounts hold several."


def _limits(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del tools
    pair = _pair(event.get("arrow"))
    changes: dict[str, Any] = {}
    for key in ("within", "after", "same", "different", "path"):
        if key not in event:
            continue
        value = event[key]
        if value is not None and not isinstance(value, str):
            raise BadEdit("The limit cannot be read.")
        plain = (value or "").replace(" ", "")[:40]
        changes[key] = None if plain in ("", "any", "eventual") else plain
    if changes.get("same"):
        changes["different"] = None
    return graph.with_arrow(question, pair, changes)


# --- places ------------------------------------------------------------------------------------------


def _move(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del tools
    moves = event.get("moves")
    if not isinstance(moves, Mapping) or len(moves) > MOST:
        raise BadEdit("Where the cards went cannot be read.")
    to: dict[str, Point] = {}
    for name, at in moves.items():
        if not isinstance(at, list | tuple) or len(at) != 2:
            raise BadEdit("Where the cards went cannot be read.")
        to[str(name)] = _number(at[0]), _number(at[1])
    known = {node["id"] for node in question["nodes"]}
    there = {name: at for name, at in to.items() if name in known}
    return places.moved(places.placed(question), there) if there else question


def _tidy(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del event, tools
    nodes = [{k: v for k, v in node.items() if k not in ("x", "y")} for node in question["nodes"]]
    return {**question, "nodes": nodes}


# --- cards -------------------------------------------------------------------------------------------


def _delete(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    names = list(dict.fromkeys(_id(one) for one in _list(event.get("nodes"), "The selection")))
    arrows = list(dict.fromkeys(_pair(one) for one in _list(event.get("arrows"), "The selection")))
    if not names and not arrows:
        raise BadEdit("Nothing is selected.")
    for pair in arrows:
        question = graph.without_arrow(question, pair)
    if names and places.is_placed(question):
        question = places.placed(question)
    return graph.without_nodes(question, names, tools)


def _rename(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    given = event.get("label")
    if given is not None and not isinstance(given, str):
        raise BadEdit("The name cannot be read.")
    plain = " ".join((given or "").split())
    said = text(plain, "The name", LONGEST_LABEL) if plain else None
    if event.get("arrow") is not None:
        return graph.with_arrow(question, _pair(event["arrow"]), {"label": said})
    node = graph.node_of(question, event.get("node"))
    return graph.with_node(question, node["id"], {"label": said or tools.label(node["where"])})


COPIED = ("label", "breakdown", "fallout_breakdown", "exclude")
"""Parts of a checkpoint that its copy has too."""


def _duplicate(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    names = list(dict.fromkeys(_id(one) for one in _list(event.get("nodes"), "The selection")))
    if not names:
        raise BadEdit("Nothing is selected.")
    originals = {name: graph.node_of(question, name) for name in names}
    question = places.placed(question)
    spots, copies = places.below(question, names), {}
    for name, node in originals.items():
        question, copies[name] = graph.add_node(question, node["where"], tools, spots[name])
        kept: dict[str, Any] = {key: node[key] for key in COPIED if key in node}
        question = graph.with_node(question, copies[name], kept)
    inner = [arrow for arrow in question["arrows"] if arrow["source"] in copies and arrow["target"] in copies]
    copied = [{**a, "source": copies[a["source"]], "target": copies[a["target"]]} for a in inner]
    return {**question, "arrows": [*question["arrows"], *copied]}


def _exclude(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del tools
    node = graph.node_of(question, event.get("node"))
    return graph.with_node(question, node["id"], {"exclude": None if node.get("exclude") else True})


def _breakdown(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    by = event.get("by")
    field = None if by is None else tools.check_field(text(by, "The dimension"))
    if event.get("arrow") is not None:
        return graph.with_arrow(question, _pair(event["arrow"]), {"breakdown": field})
    if event.get("fallout") is not None:
        node = graph.node_of(question, event["fallout"])
        return graph.with_node(question, node["id"], {"fallout_breakdown": field})
    node = graph.node_of(question, event.get("node"))
    return graph.with_node(question, node["id"], {"breakdown": field})


def _combine(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """A card is taken into another; its arrows go along, unless they would double one or close a loop."""
    gone, into = graph.node_of(question, event.get("node")), graph.node_of(question, event.get("into"))
    if gone["id"] == into["id"]:
        raise BadEdit("A checkpoint cannot be combined with itself.")
    between = [a for a in question["arrows"] if {a["source"], a["target"]} == {gone["id"], into["id"]}]
    kept = [
        a for a in question["arrows"] if a not in between and gone["id"] not in (a["source"], a["target"])
    ]
    changed = drops.combined({**question, "arrows": kept}, into["id"], [gone["where"]], tools)
    for arrow in question["arrows"]:
        if gone["id"] in (arrow["source"], arrow["target"]) and arrow not in between:
            changed = _rehung(changed, arrow, gone["id"], into["id"], tools)
    return {**changed, "nodes": [node for node in changed["nodes"] if node["id"] != gone["id"]]}


def _rehung(question: Question, arrow: dict[str, Any], gone: str, into: str, tools: Tools) -> Question:
    source = into if arrow["source"] == gone else arrow["source"]
    target = into if arrow["target"] == gone else arrow["target"]
    if (source, target) in graph.pairs(question):
        return question
    more = {key: value for key, value in arrow.items() if key not in ("source", "target")}
    return graph.add_arrow(question, source, target, tools, **more)


# --- whole chains ------------------------------------------------------------------------------------


def _chain(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    return chains.drawn(question, chains.read(text(event.get("text"), "The chain"), tools.facts), tools)


def _milestones(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    del event
    return chains.from_milestones(question, tools)


def _suggest(question: Question, event: Mapping[str, Any], tools: Tools) -> Edited:
    """A path between two ends as cards; what is on the canvas already is used again."""
    field = tools.check_field(text(event.get("dimension") or "event_type", "The dimension"))
    names = [text(one, "The path") for one in _list(event.get("path"), "The path")]
    if len(names) > components.MOST_COMPONENTS:
        raise BadEdit("The path is too long to draw.")
    parts = [_end(event.get("start"), tools), *(condition(item(field, name)) for name in names)]
    if event.get("end") is not None:
        parts.append(_end(event["end"], tools))
    return chains.added(question, parts, tools)


def _end(value: Any, tools: Tools) -> components.Condition:
    """An end of a path: a component, or the condition of an event type or milestone."""
    if isinstance(value, Mapping) and "kind" not in value:
        if "milestone" in value:
            value = {"kind": "milestone", "value": value["milestone"]}
        elif value.get("field") == "event_type":
            value = {"kind": "event", "value": value.get("value")}
    found = tools.checked(components.components(value)[0])
    if found["kind"] in ("dimension", "metric"):
        raise BadEdit("A path begins and ends with an event type or a milestone.")
    return condition(found)


KINDS: dict[str, Callable[[Question, Mapping[str, Any], Tools], Edited]] = {
    "drop": _drop,
    "append": _append,
    "prepend": _prepend,
    "connect": _connect,
    "move": _move,
    "tidy": _tidy,
    "delete": _delete,
    "rename": _rename,
    "duplicate": _duplicate,
    "exclude-node": _exclude,
    "breakdown": _breakdown,
    "combine": _combine,
    "limits": _limits,
    "chain": _chain,
    "milestones": _milestones,
    "suggest": _suggest,
}
"""Kind of a gesture → what it does."""
