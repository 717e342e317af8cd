"""A number of a question as a rule of a segment: what it stands for, in words, and the way back to it."""

from __future__ import annotations

from typing import Any

from visualizations.base import Question
from visualizations.facts import in_words

MEASURES = {
    "fallout": "no further",
    "lost": "lost",
    "in_play": "in play",
    "dormant": "dormant",
    "size": "included",
    "converted": "converted",
}
"""Measure → what its members did; measures that need no words are left out."""


def number_words(number: Question) -> str:
    """What a number is, such as `MQL, no further, in a journey canvas`."""
    question, select = number["question"], number.get("select") or {}
    analysis = str(question.get("analysis", "question"))
    makers = {"journey_canvas": _canvas, "fallout": _fallout, "flow": _flow, "cohort_table": _cohort}
    place = makers.get(analysis, _plain)(question, select)
    parts = [place, MEASURES.get(str(number.get("measure")), ""), f"in a {analysis.replace('_', ' ')}"]
    return ", ".join(part for part in parts if part)


def _named(part: Any) -> str:
    return str(part.get("label") or in_words(part["where"]))


def _canvas(question: Question, select: Question) -> str:
    names = {node["id"]: _named(node) for node in question.get("nodes") or ()}
    ends = [select[key] for key in ("id", "source", "target") if select.get(key) is not None]
    return " to ".join(names.get(end, str(end)) for end in ends)


def _fallout(question: Question, select: Question) -> str:
    step, points = select.get("step"), question.get("touchpoints") or []
    if not isinstance(step, int) or not 0 < step <= len(points):
        return "everyone"
    return _named(points[step - 1])


def _flow(question: Question, select: Question) -> str:
    del question
    items = [str(select[key]) for key in ("source", "item", "target") if select.get(key) is not None]
    column = f" in column {select['column']}" if select.get("column") is not None else ""
    return " to ".join(items) + column


def _cohort(question: Question, select: Question) -> str:
    columns, column = question.get("milestones") or [], select.get("milestone")
    reached = _named(columns[column]) if isinstance(column, int) and column < len(columns) else ""
    cohort = f"cohort {select['cohort']}" if select.get("cohort") is not None else ""
    period = f"period {select['period']}" if select.get("period") is not None else ""
    return ", ".join(part for part in (cohort, reached, period) if part) or "all cohorts"


def _plain(question: Question, select: Question) -> str:
    del question
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in select.items())
