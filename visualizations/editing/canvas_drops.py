"""What happens when components land on a canvas: on free ground, on a card, on an arrow, beside a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visualizations.base import Question
from visualizations.editing import canvas_graph as graph
from visualizations.editing import canvas_places as places
from visualizations.editing.canvas_graph import Pair, Point
from visualizations.editing.canvas_tools import Tools, item
from visualizations.editing.components import Component, Condition, condition, joined, metric_of
from visualizations.editing.edits import BadEdit

Told = tuple[Question, str]
LIMITS = ("within", "after", "same", "different", "path")


def on_ground(question: Question, what: Sequence[Component], at: Point, shift: bool, tools: Tools) -> Told:
    """New cards where they were dropped; with Shift one card that holds all of them."""
    what, question, told = _metrics(question, what, shift)
    if not what:
        return question, told
    wheres = _wheres(what, lambda field: tools.top_items(question, field), tools)
    wheres = [joined(wheres)] if shift else wheres
    if question["nodes"]:
        question = places.placed(question)
    spots = places.column(at, len(wheres), places.taken(question))
    for where, spot in zip(wheres, spots, strict=True):
        question, _ = graph.add_node(question, where, tools, spot)
    return question, told


def on_node(question: Question, what: Sequence[Component], node: str, shift: bool, tools: Tools) -> Told:
    """Components join the card; a dimension alone becomes its breakdown."""
    what, question, told = _metrics(question, what, shift)
    graph.node_of(question, node)
    if len(what) == 1 and what[0]["kind"] == "dimension" and not shift:
        field = tools.check_field(what[0]["field"])
        return graph.with_node(question, node, {"breakdown": field}), told
    if not what:
        return question, told
    wheres = _wheres(what, lambda field: tools.top_items(question, field), tools)
    return combined(question, node, wheres, tools), told


def combined(question: Question, name: str, wheres: Sequence[Condition], tools: Tools) -> Question:
    """A card with further conditions; its name follows unless somebody chose it."""
    node = graph.node_of(question, name)
    where = joined([node["where"], *wheres])
    given = node.get("label") or ""
    label = tools.label(where) if given in ("", tools.label(node["where"])) else given
    return graph.with_node(question, name, {"where": where, "label": label})


def on_arrow(question: Question, what: Sequence[Component], pair: Pair, shift: bool, tools: Tools) -> Told:
    """Cards between two: one for each component, as parallel branches; with Shift one that holds all."""
    what, question, told = _metrics(question, what, shift)
    arrow = graph.arrow_of(question, pair)
    if not what:
        return question, told
    source, target = pair
    wheres = _wheres(what, lambda field: tools.between(question, source, target, field), tools)
    if not wheres:
        raise BadEdit("Nothing of this dimension happens between these two checkpoints.")
    wheres = [joined(wheres)] if shift else wheres
    spots: Sequence[Point | None] = [None] * len(wheres)
    if places.is_placed(question):
        question = places.parted(places.placed(question), source, target)
        spots = places.between(question, source, target, len(wheres))
    question = graph.without_arrow(question, pair)
    for where, spot in zip(wheres, spots, strict=True):
        question, name = graph.add_node(question, where, tools, spot)
        question = graph.linked(question, [source, name, target], tools)
    lost = [key for key in LIMITS if key in arrow]
    return question, " ".join(part for part in (told, _lost(lost)) if part)


def _lost(names: Sequence[str]) -> str:
    words = {"within": "time limit", "after": "time limit", "path": "“next”"}
    said = list(dict.fromkeys(words.get(name, "shared identity") for name in names))
    return f"The arrow's {' and '.join(said)} went with it; set it on the new arrows." if said else ""


def beside(
    question: Question,
    what: Sequence[Component],
    node: str,
    shift: bool,
    tools: Tools,
    *,
    side: int,
    at_once: bool = False,
) -> Told:
    """New cards that follow a card (side 1), or lead to it (side -1), connected.

    `at_once`: as the very next event.
    """
    what, question, told = _metrics(question, what, shift)
    graph.node_of(question, node)
    if not what:
        return question, told
    way = "next" if side > 0 else "previous"
    wheres = _wheres(what, lambda field: tools.following(question, node, field, way), tools)
    if not wheres:
        raise BadEdit("Nothing of this dimension happens there.")
    wheres = [joined(wheres)] if shift else wheres
    spots: Sequence[Point | None] = [None] * len(wheres)
    if places.is_placed(question):
        question = places.placed(question)
        spots = places.beside(question, node, len(wheres), side=side)
    for where, spot in zip(wheres, spots, strict=True):
        question, name = graph.add_node(question, where, tools, spot)
        ends = (node, name) if side > 0 else (name, node)
        more = {"path": "next"} if at_once else {}
        question = graph.add_arrow(question, *ends, tools, **more)
    return question, told


# --- components ------------------------------------------------------------------------------------


def _metrics(
    question: Question, what: Sequence[Component], shift: bool
) -> tuple[list[Component], Question, str]:
    """Metrics among the components become the question's; the others are left."""
    told = ""
    for one in (one for one in what if one["kind"] == "metric"):
        key = "secondary_metric" if shift else "metric"
        value = one["value"] if shift else metric_of(question, one["value"])
        question = {k: v for k, v in question.items() if k != key}
        if value is not None:
            question[key] = value
        told = f"{'Second metric' if shift else 'Metric'}: {metric_words(one['value'])}."
    return [one for one in what if one["kind"] != "metric"], question, told


def metric_words(metric: Any) -> str:
    """A metric, short."""
    if isinstance(metric, str):
        return metric.replace("_", " ")
    if "sum" in metric:
        return f"sum of {str(metric['sum']).replace('_', ' ').replace('.', ' ')}"
    return f"distinct {metric['distinct']}" if "distinct" in metric else "number of matching events"


def _wheres(what: Sequence[Component], items: Any, tools: Tools) -> list[Condition]:
    """One condition per component, in order; a dimension becomes its top items."""
    if sum(one["kind"] == "dimension" for one in what) > 1:
        raise BadEdit("At most one dimension can be dropped at once.")
    found: list[Condition] = []
    for one in what:
        tools.checked(one)
        if one["kind"] == "dimension":
            found += [condition(item(one["field"], value)) for value in items(one["field"])]
        else:
            found.append(condition(one))
    if not found:
        raise BadEdit("This dimension has no values here.")
    return [where for i, where in enumerate(found) if where not in found[:i]]
