"""Why nobody stands at a checkpoint: which filter emptied it, found by asking without one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from visualizations.base import Question
from visualizations.facts import in_words
from visualizations.formats import day, limit
from visualizations.panels.drill import plain

Ask = Callable[[Question], Any]


def why_empty(question: Question, name: str, ask: Ask) -> str:
    """A short reason; empty where none can be told."""
    question = plain(question)
    node = next(n for n in question["nodes"] if n["id"] == name)
    whole = {k: v for k, v in question.items() if k in ("analysis", "container", "history")}
    alone = {"nodes": [node], "arrows": []}
    if not _value({**whole, **alone}, name, ask):
        return f"no {question['container'].replace('_', ' ')} of the data has such an event"
    if not _value({**question, **alone}, name, ask):
        return _cut(question, alone, name, ask)
    return _path(question, name, ask)


def _value(question: Question, name: str, ask: Ask) -> float:
    frame = ask(question).tables["nodes"]
    return float(frame.filter(id=name)["value"][0] or 0)


def _cut(question: Question, alone: Question, name: str, ask: Ask) -> str:
    """Which of segments, actors, dates and maturity left nothing."""
    cuts: list[tuple[str, Question]] = []
    segments = question.get("segments") or []
    for i, segment in enumerate(segments):
        without = {**question, "segments": [*segments[:i], *segments[i + 1 :]]}
        cuts.append((f"emptied by the segment {segment_words(segment)}", without))
    for key, words in (
        ("actors", f"emptied by the actors {_joined(question)}"),
        ("date_range", _dates(question)),
    ):
        if question.get(key):
            cuts.append((words, {k: v for k, v in question.items() if k != key}))
    if question.get("mature_only"):
        words = f"emptied by “mature only”, {limit(question['mature_only'])}"
        cuts.append((words, {k: v for k, v in question.items() if k != "mature_only"}))
    for words, without in cuts:
        if _value({**without, **alone}, name, ask):
            return words
    return "emptied by the filters together" if cuts else ""


def segment_words(segment: Any) -> str:
    """A segment as people say it."""
    return in_words({"segment": segment} if isinstance(segment, str) else segment)


def _joined(question: Question) -> str:
    return " and ".join(question.get("actors") or ())


def _dates(question: Question) -> str:
    span = question.get("date_range") or {}
    if span.get("last"):
        return f"emptied by the date range, the last {limit(span['last'])}"
    ends = [day(span[key]) if span.get(key) else "…" for key in ("from", "to")]
    return f"emptied by the date range, {ends[0]} to {ends[1]}"


def _path(question: Question, name: str, ask: Ask) -> str:
    """Whether limits on the arrows in, an excluded checkpoint, or the order of events stand in the way."""
    arrows = question.get("arrows") or []
    free = [{"source": a["source"], "target": a["target"]} if a["target"] == name else a for a in arrows]
    if free != arrows and _value({**question, "arrows": free}, name, ask):
        return "emptied by the limits of the arrow that leads here"
    excluded = [n for n in question["nodes"] if n.get("exclude")]
    if excluded:
        nodes = [{k: v for k, v in n.items() if k != "exclude"} for n in question["nodes"]]
        if _value({**question, "nodes": nodes}, name, ask):
            names = " and ".join(n.get("label") or in_words(n["where"]) for n in excluded)
            return f"emptied by leaving out {names}"
    before = [
        n for n in question["nodes"] if any(a == {**a, "source": n["id"], "target": name} for a in arrows)
    ]
    names = " or ".join(n.get("label") or in_words(n["where"]) for n in before)
    return f"nobody did this after {names}" if names else ""
