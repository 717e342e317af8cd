"""A fallout asked for every calendar period of its start: which share of each came how far."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from visualizations.base import Question
from visualizations.desk import Desk

MOST_PERIODS = 36
"""Periods asked at most, the latest; each is a question of its own."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """A calendar period: how many came to each step, of those whose start lies in it."""

    first: datetime.date
    complete: bool
    question: Question
    values: dict[int, int]

    def share(self, step: int) -> float | None:
        """Percent of the first touchpoint; None where nobody began."""
        return 100 * self.values[step] / self.values[1] if self.values[1] else None


@dataclass(frozen=True)
class Periods:
    """Periods in their order."""

    steps: list[int]
    rows: list[Period] = field(default_factory=list)
    told: str = ""

    def frame(self) -> pl.DataFrame:
        """One row per period and step."""
        rows = [
            (one.first, one.complete, step, one.values[step], one.share(step))
            for one in self.rows
            for step in self.steps
        ]
        return pl.DataFrame(rows, schema=["period", "complete", "step", "value", "percent"], orient="row")


def per_period(desk: Desk, question: Question, granularity: str) -> Periods:
    """The fallout per period; WorkbenchError where it cannot be asked."""
    steps = list(range(1, len(question["touchpoints"]) + 1))
    rows = []
    questions, told = by_period(desk, {**question, "baseline": False}, granularity)
    for begin, complete, asked in questions:
        frame = desk.bench.ask(asked).tables["touchpoints"]
        values = dict(zip(frame["step"].to_list(), frame["value"].to_list(), strict=True))
        rows.append(Period(begin, complete, asked, values))
    while rows and not rows[0].values[1]:
        del rows[0]
    return Periods(steps, rows, told)


def by_period(
    desk: Desk, question: Question, granularity: str
) -> tuple[list[tuple[datetime.date, bool, Question]], str]:
    """(first day, whether it is complete, the question with its starts in it) per period; what was cut."""
    bounds = _bounds(desk, question)
    if bounds is None:
        return [], ""
    first, last, horizon = bounds
    spans = list(_spans(first, last, granularity))
    told = ""
    if len(spans) > MOST_PERIODS:
        told = f"The latest {MOST_PERIODS} of {len(spans)} periods; choose longer periods to see all."
    return [
        (
            begin,
            end < horizon and begin >= first and end <= last,
            _in_period(question, max(begin, first), min(end, last)),
        )
        for begin, end in spans[-MOST_PERIODS:]
    ], told


def _in_period(question: Question, begin: datetime.date, end: datetime.date) -> Question:
    """The question with its starts in a period; a range that cut all events goes on cutting them."""
    span = question.get("date_range") or {}
    kept = {"follow": span["follow"]} if span.get("follow") else {}
    made = {
        **question,
        "date_range": {"from": begin.isoformat(), "to": end.isoformat(), **kept},
    }
    if span.get("applies_to") == "events":
        ends = (span.get("from"), span.get("to"))
        test = {"field": "occurred_at", "op": "in_last", "value": span["last"]} if span.get("last") else None
        if test is None and all(ends):
            test = {"field": "occurred_at", "op": "between", "value": [str(one) for one in ends]}
        if test is None:
            op, value = (">=", ends[0]) if ends[0] else ("<=", ends[1])
            test = {"field": "occurred_at", "op": op, "value": str(value)}
        made["segments"] = [*(question.get("segments") or []), test]
    return {key: value for key, value in made.items() if key not in ("fallout_split", "histogram")}


def _bounds(desk: Desk, question: Question) -> tuple[datetime.date, datetime.date, datetime.date] | None:
    """First and last local day a start may lie on, and the day of the horizon; None without data."""
    info, local = desk.facts.info, desk.facts.local
    start, horizon = local(info["data_from"]), local(info["horizon"])
    if start is None or horizon is None:
        return None
    first, last, span = start.date(), horizon.date(), question.get("date_range") or {}
    if span.get("last"):
        days = int(span["last"][:-1]) * (7 if span["last"].endswith("w") else 1)
        first = max(first, last - datetime.timedelta(days=days - 1))
    if span.get("from"):
        first = max(first, datetime.date.fromisoformat(str(span["from"])))
    end = min(last, datetime.date.fromisoformat(str(span["to"]))) if span.get("to") else last
    return (first, end, last) if first <= end else None


def _spans(
    first: datetime.date, last: datetime.date, granularity: str
) -> Iterator[tuple[datetime.date, datetime.date]]:
    """First and last day of every period that touches the days."""
    begin = _begin(first, granularity)
    while begin <= last:
        end = _end(begin, granularity)
        yield begin, end
        begin = end + datetime.timedelta(days=1)


def _begin(day: datetime.date, granularity: str) -> datetime.date:
    if granularity == "day":
        return day
    if granularity == "week":
        return day - datetime.timedelta(days=day.weekday())
    size = MONTHS[granularity]
    return day.replace(month=(day.month - 1) // size * size + 1, day=1)


def _end(begin: datetime.date, granularity: str) -> datetime.date:
    if granularity == "day":
        return begin
    if granularity == "week":
        return begin + datetime.timedelta(days=6)
    month = begin.month + MONTHS[granularity] - 1
    return begin.replace(month=month, day=calendar.monthrange(begin.year, month)[1])
