"""The same question in another view: a fallout as a canvas, a path of a canvas as a fallout.

Both walk the same reach sets, so every number that both views show is equal; what the other view cannot say
is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from visualizations.base import Question
from visualizations.editing.edits import BadEdit
from visualizations.facts import in_words
from visualizations.panels.drill import plain

SHARED = (
    "container",
    "segments",
    "actors",
    "history",
    "date_range",
    "mature_only",
    "fallout_split",
    "compare",
)
"""What both questions say in the same words."""
LIMITS = ("path", "within", "after", "same", "different")
MOST_ON_A_CANVAS = 4
Converted = tuple[Question, str]
"""The question in its new form, and what to tell of it."""


def step_id(step: int) -> str:
    """Id of the checkpoint a touchpoint becomes; steps count from 1."""
    return f"t{step}"


def fallout_to_canvas(question: Question) -> Converted:
    """Touchpoints as checkpoints in a row: the same values, fallout, times and shares of the first row.

    `without` has no place on a canvas: it is left out, and told.
    """
    points = question["touchpoints"]
    nodes = [
        {"id": step_id(i), **{k: point[k] for k in ("label", "where", "breakdown") if k in point}}
        for i, point in enumerate(points, start=1)
    ]
    arrows = [
        {"source": step_id(i), "target": step_id(i + 1), **{k: point[k] for k in LIMITS if k in point}}
        for i, point in enumerate(points[1:], start=1)
    ]
    made: Question = {
        "analysis": "journey_canvas",
        **{key: question[key] for key in SHARED if key in question},
        "nodes": nodes,
        "arrows": arrows,
    }
    if question.get("baseline", True):
        made["percent_of"] = "total"
    told = []
    lost = [_title(point) for point in points if point.get("without")]
    if lost:
        told.append(f"“Without” has no place on a canvas; it was left out at {_listed(lost)}.")
    compared = made.get("compare") or []
    if len(compared) > MOST_ON_A_CANVAS:
        made["compare"] = list(compared[:MOST_ON_A_CANVAS])
        told.append(f"A canvas compares {MOST_ON_A_CANVAS} segments; the fifth was left out.")
    return made, " ".join(told)


def canvas_to_fallout(
    question: Question,
    node: str,
    via: Sequence[str] = (),
    moved: Mapping[tuple[str, str], float] | None = None,
) -> Converted:
    """The path of a canvas that ends at a checkpoint, as a fallout.

    Where paths join, the checkpoints of `via` come first, then the arrow most moved along (`moved`: ends of
    an arrow → value). Excluded checkpoints become a segment without those who were there.
    """
    nodes = {one["id"]: one for one in question["nodes"]}
    if node not in nodes:
        raise BadEdit("This checkpoint is no longer there.")
    if nodes[node].get("exclude"):
        raise BadEdit("Nobody goes on from an excluded checkpoint; put it back first.")
    way, joins = _way(question, node, set(via), moved or {})
    points = []
    for i, name in enumerate(way):
        one = {k: nodes[name][k] for k in ("label", "where", "breakdown") if k in nodes[name]}
        arrow = _arrow(question, way[i - 1], name) if i else {}
        points.append({**one, **{k: arrow[k] for k in LIMITS if k in arrow}})
    made: Question = {
        "analysis": "fallout",
        **{key: question[key] for key in SHARED if key in question},
        "touchpoints": points,
    }
    if question.get("percent_of", "start") != "total":
        made["baseline"] = False
    gone = [one["id"] for one in question["nodes"] if one.get("exclude")]
    if gone:
        made["segments"] = [*(made.get("segments") or []), *(_without(question, name) for name in gone)]
    told = []
    if joins:
        names = _listed([_title(nodes[name]) for name in joins])
        told.append(f"Other paths join at {names}; the fallout counts this path alone.")
    if question.get("metric") is not None:
        told.append("A fallout counts the container itself, not the metric of the canvas.")
    return made, " ".join(told)


def _way(
    question: Question, node: str, via: set[str], moved: Mapping[tuple[str, str], float]
) -> tuple[list[str], list[str]]:
    """Checkpoints from a start to `node`, and those of them at which other paths join."""
    out = {one["id"] for one in question["nodes"] if one.get("exclude")}
    way, joins = [node], list[str]()
    while True:
        before = [
            a["source"]
            for a in question.get("arrows") or ()
            if a["target"] == way[0] and a["source"] not in out
        ]
        if not before:
            return way, joins
        if len(before) > 1:
            joins.append(way[0])
        here = way[0]
        way.insert(0, max(before, key=lambda one: (one in via, moved.get((one, here), 0.0))))


def _arrow(question: Question, source: str, target: str) -> Question:
    return next(dict(a) for a in question["arrows"] if (a["source"], a["target"]) == (source, target))


def _without(question: Question, name: str) -> Question:
    """Those who were not at an excluded checkpoint."""
    number = {"question": plain(question), "table": "nodes", "select": {"id": name}, "measure": "value"}
    return {"not": {"members_of": number}}


def _title(part: Mapping[str, Any]) -> str:
    return str(part.get("label") or in_words(part["where"]))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
