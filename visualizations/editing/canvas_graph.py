"""A canvas as a graph: cards and arrows added, joined and removed. Pure: a question in, another out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

from visualizations.base import Question
from visualizations.editing.canvas_tools import Tools
from visualizations.editing.components import LONGEST_LABEL, Condition
from visualizations.editing.edits import BadEdit
from visualizations.facts import in_words

MOST_NODES = 200
Pair = tuple[str, str]
Point = tuple[float, float]


def node_of(question: Question, name: Any) -> dict[str, Any]:
    """The card of an id; BadEdit where there is none."""
    found = next((node for node in question["nodes"] if node["id"] == name), None)
    if found is None:
        raise BadEdit("This checkpoint is no longer on the canvas.")
    return dict(found)


def title(question: Question, name: str) -> str:
    """What the card of an id is called."""
    node = node_of(question, name)
    return str(node.get("label") or in_words(node["where"]))


def pairs(question: Question) -> list[Pair]:
    """Source and target of every arrow."""
    return [(arrow["source"], arrow["target"]) for arrow in question.get("arrows") or []]


def arrow_of(question: Question, pair: Pair) -> dict[str, Any]:
    """The arrow between two cards; BadEdit where there is none."""
    for arrow in question.get("arrows") or []:
        if (arrow["source"], arrow["target"]) == pair:
            return dict(arrow)
    raise BadEdit("This arrow is no longer on the canvas.")


def with_node(question: Question, name: str, changes: dict[str, Any]) -> Question:
    """A card with parts changed; None takes a part away."""
    node_of(question, name)
    return {
        **question,
        "nodes": [_changed(node, changes) if node["id"] == name else node for node in question["nodes"]],
    }


def with_arrow(question: Question, pair: Pair, changes: dict[str, Any]) -> Question:
    """An arrow with parts changed; None takes a part away."""
    arrow_of(question, pair)
    arrows = [
        _changed(arrow, changes) if (arrow["source"], arrow["target"]) == pair else arrow
        for arrow in question["arrows"]
    ]
    return {**question, "arrows": arrows}


def _changed(part: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**part, **changes}.items() if value is not None}


# --- adding ----------------------------------------------------------------------------------------


def fresh(question: Question, name: str) -> str:
    """An id nobody has, made from a name."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40].strip("_") or "checkpoint"
    taken = {node["id"] for node in question["nodes"]}
    return (
        stem
        if stem not in taken
        else next(f"{stem}_{i}" for i in range(2, 10_000) if f"{stem}_{i}" not in taken)
    )


def add_node(
    question: Question, where: Condition, tools: Tools, at: Point | None = None
) -> tuple[Question, str]:
    """The canvas with one more card, and its id."""
    if len(question["nodes"]) >= MOST_NODES:
        raise BadEdit(f"A canvas holds at most {MOST_NODES} checkpoints.")
    said = tools.label(where)
    name = fresh(question, str(where.get("milestone") or said))
    node: dict[str, Any] = {"id": name, "label": said[:LONGEST_LABEL], "where": where}
    if at is not None:
        node.update(x=round(at[0]), y=round(at[1]))
    return {**question, "nodes": [*question["nodes"], node]}, name


def add_arrow(question: Question, source: str, target: str, tools: Tools, **more: Any) -> Question:
    """The canvas with one more arrow; BadEdit says why there can be none.

    Between two milestones of an opportunity both events belong to the same one, where accounts hold several.
    """
    names = node_of(question, source), node_of(question, target)
    if source == target:
        raise BadEdit("An arrow leads from one checkpoint to another.")
    if (source, target) in pairs(question):
        raise BadEdit(
            f"There is an arrow from {title(question, source)} to {title(question, target)} already."
        )
    if loop := way(question, target, source):
        said = " → ".join(title(question, name) for name in [source, *loop])
        raise BadEdit(f"This arrow would close a loop: {said}. Journeys only lead forward.")
    preset = preset_same(question, names[0]["where"], names[1]["where"], tools)
    arrow = {"source": source, "target": target, **preset, **more}
    return {**question, "arrows": [*(question.get("arrows") or []), arrow]}


def preset_same(question: Question, one: Condition, other: Condition, tools: Tools) -> dict[str, str]:
    """`same: opportunity` where both are milestones of deals and journeys may hold several deals."""
    wide = question.get("container", "account") in ("global_account", "account", "person")
    deals = wide and tools.is_deal(one) and tools.is_deal(other) and tools.several_deals
    return {"same": "opportunity"} if deals else {}


def way(question: Question, source: str, target: str) -> list[str]:
    """Cards on a way from one to another, both included; empty where none leads there."""
    before: dict[str, str | None] = {source: None}
    frontier = [source]
    while frontier:
        here = frontier.pop(0)
        if here == target:
            return _back(before, here)
        for a, b in pairs(question):
            if a == here and b not in before:
                before[b] = here
                frontier.append(b)
    return []


def _back(before: dict[str, str | None], here: str) -> list[str]:
    walked: list[str] = []
    at: str | None = here
    while at is not None:
        walked.append(at)
        at = before[at]
    return walked[::-1]


# --- removing --------------------------------------------------------------------------------------


def without_arrow(question: Question, pair: Pair) -> Question:
    """Without an arrow."""
    arrow_of(question, pair)
    kept = [arrow for arrow in question["arrows"] if (arrow["source"], arrow["target"]) != pair]
    return {**question, "arrows": kept}


def without_nodes(question: Question, names: Iterable[str], tools: Tools) -> Question:
    """Without some cards; the neighbours of each are joined. May leave a blank canvas."""
    for name in names:
        question = _without(question, name, tools)
    return question


def _without(question: Question, name: str, tools: Tools) -> Question:
    node_of(question, name)
    arrows = question.get("arrows") or []
    entering = [arrow for arrow in arrows if arrow["target"] == name]
    leaving = [arrow for arrow in arrows if arrow["source"] == name]
    rest = {
        **question,
        "nodes": [node for node in question["nodes"] if node["id"] != name],
        "arrows": [arrow for arrow in arrows if name not in (arrow["source"], arrow["target"])],
    }
    for first in entering:
        for last in leaving:
            if (first["source"], last["target"]) not in pairs(rest):
                shared = {
                    key: first[key]
                    for key in ("same", "different")
                    if first.get(key) and first.get(key) == last.get(key)
                }
                rest = add_arrow(rest, first["source"], last["target"], tools, **shared)
    return rest


def linked(question: Question, names: Sequence[str], tools: Tools) -> Question:
    """Arrows along a chain of cards, where there are none yet."""
    for source, target in itertools.pairwise(names):
        if (source, target) not in pairs(question):
            question = add_arrow(question, source, target, tools)
    return question
