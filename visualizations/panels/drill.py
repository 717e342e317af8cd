"""Questions about one number: break it down, follow it over time, reduce a canvas to what leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visualizations.base import Question

Target = Mapping[str, Any]
"""A number: `{"table", "select", "measure"}`, as the cards and cells carry it."""
PRESENTED = ("x", "y", "breakdown", "fallout_breakdown")
"""Parts of a checkpoint that change no number."""
GRANULARITIES = ("day", "week", "month", "quarter", "year")
IN_CARD = 5


def plain(question: Question) -> Question:
    """A canvas without what only its drawing needs: equal numbers are asked once."""
    drawn = ("compare", "secondary_metric", "histogram")
    kept = {key: value for key, value in question.items() if key not in drawn}
    if "nodes" in kept:
        kept["nodes"] = [{k: v for k, v in n.items() if k not in PRESENTED} for n in kept["nodes"]]
    if kept.get("arrows"):
        kept["arrows"] = [{k: v for k, v in a.items() if k != "breakdown"} for a in kept["arrows"]]
    if "touchpoints" in kept:
        points = kept["touchpoints"]
        kept["touchpoints"] = [{k: v for k, v in p.items() if k != "breakdown"} for p in points]
    return kept


def number_of(target: Target) -> Question:
    """The names of a number alone; a segment names no row once nothing is compared."""
    select = {key: value for key, value in (target.get("select") or {}).items() if key != "segment"}
    return {"table": target["table"], "select": select, "measure": target.get("measure") or "value"}


def place_of(question: Question, target: Target) -> Question | None:
    """The checkpoint whose events a number is about: its own, or the one an arrow leads to."""
    select = target.get("select") or {}
    if target["table"] == "touchpoints":
        return dict(question["touchpoints"][select["step"] - 1]) if select.get("step") else None
    name = select.get("target") if target["table"] == "arrows" else select.get("id")
    return next((node for node in question.get("nodes") or () if node["id"] == name), None)


def members_condition(question: Question, target: Target) -> Question:
    """Every event of the members behind a number."""
    return {"members_of": {"question": plain(question), **number_of(target)}}


def breakdown_question(
    question: Question, target: Target, by: str, *, items: int = 10, granularity: str | None = None
) -> Question:
    """The members behind a number, by a field of their events at the checkpoint, or by period.

    The date range is part of the members; the events are cut by it again only where it cuts every event, or
    at a start, so that the items add up to the number as it is drawn.
    """
    node = place_of(question, target)
    parts = [members_condition(question, target), *([node["where"]] if node else [])]
    asked: Question = {
        "analysis": "breakdown",
        "container": question["container"],
        **{key: question[key] for key in ("segments", "actors", "history") if question.get(key)},
        "where": parts[0] if len(parts) == 1 else {"all": parts},
        "by": by,
        "items": items,
    }
    if granularity is not None:
        asked["granularity"] = granularity
    span = question.get("date_range") or {}
    start = node is not None and _is_start(question, node, target)
    if span and (span.get("applies_to") == "events" or start):
        asked["date_range"] = span
    return asked


def _is_start(question: Question, node: Question, target: Target) -> bool:
    if target["table"] == "touchpoints":
        return (target.get("select") or {}).get("step") == 1
    return not any(a["target"] == node["id"] for a in question.get("arrows") or ())


def without_limits(question: Question, source: str, target: str) -> Question:
    """The canvas without what one of its arrows asks beyond "later"."""
    arrows = [
        {"source": source, "target": target} if (a["source"], a["target"]) == (source, target) else a
        for a in question["arrows"]
    ]
    return {**plain(question), "arrows": arrows}


def leading_to(question: Question, target: Target) -> Question:
    """The part of a canvas that one of its numbers depends on: the same number, a shorter question."""
    arrows, select = question.get("arrows") or [], target.get("select") or {}
    wanted = {select.get("source"), select.get("target")} if target["table"] == "arrows" else {select["id"]}
    ahead: set[str] = set()
    if target.get("measure") not in (None, "value"):
        ahead = {a["target"] for a in arrows if a["source"] in wanted}
    frontier = list(wanted)
    while frontier:
        here = frontier.pop()
        before = {a["source"] for a in arrows if a["target"] == here} - wanted
        wanted |= before
        frontier += before
    excluded = {n["id"] for n in question["nodes"] if n.get("exclude")}
    if excluded:
        return plain(question)
    kept = [n for n in question["nodes"] if n["id"] in wanted | ahead]
    inner = [a for a in arrows if a["target"] in wanted or (a["source"] == select.get("id") and ahead)]
    return {**plain(question), "nodes": kept, "arrows": inner}
