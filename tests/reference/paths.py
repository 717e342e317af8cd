"""Paths: the items containers come past between a start and an end, in the order they first occur."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .asked import Answer, Asked, Journey, percent
from .company import Event
from .fields import field_value
from .reach import quantile, seconds


@dataclass(frozen=True)
class Way:
    """A container with a start, and an end where one is asked."""

    container: str
    between: list[str]
    """Items in the order of the events that hold them, with repeats."""
    seconds: float | None


def paths(asked: Asked) -> Answer:
    """Table `paths`: the most frequent, then the others together."""
    question, answer = asked.question, Answer({"paths": []}, {"paths": []})
    ways = [way for journey in asked.journeys if (way := _way(asked, journey)) is not None]
    held = Counter(item for way in ways for item in set(way.between))
    ranked = sorted(held, key=lambda item: (-held[item], item))
    considered = set(ranked[: question.get("items", 8)])
    trails: dict[tuple[str, ...], list[Way]] = {}
    for way in ways:
        path = [item for item in dict.fromkeys(way.between) if item in considered]
        trails.setdefault(tuple(path[: question.get("longest", 6)]), []).append(way)
    order = sorted(trails, key=lambda path: (-len(trails[path]), path))
    top = question.get("top", 10)
    for rank, trail in enumerate(order[:top], start=1):
        _add(answer, trails[trail], len(ways), rank=rank, path=list(trail), kind="path")
    others = [way for trail in order[top:] for way in trails[trail]]
    if others:
        _add(answer, others, len(ways), rank=None, path=None, kind="other")
    return answer


def _add(
    answer: Answer, ways: list[Way], base: int, *, rank: int | None, path: list[str] | None, kind: str
) -> None:
    times = [way.seconds for way in ways if way.seconds is not None]
    row = {
        "rank": rank,
        "path": path,
        "containers": len(ways),
        "percent": percent(len(ways), base),
        "percent_base": base,
        "median_seconds": quantile(times, 0.5),
        "kind": kind,
    }
    answer.add("paths", row, containers={way.container for way in ways})


def _way(asked: Asked, journey: Journey) -> Way | None:
    question, events, follow = asked.question, journey.events, asked.follow
    is_start, is_end = (
        asked.test(question["start"]),
        asked.test(question["end"]) if question.get("end") else None,
    )
    begins = [p for p in journey.matches(is_start) if journey.permitted[p]]
    if not begins:
        return None
    s = begins[0]

    def followed(p: int) -> bool:
        return follow is None or events[p]["occurred_at"] - events[s]["occurred_at"] <= follow

    if is_end is None:
        between = [event for p, event in enumerate(events) if p > s and followed(p)]
        return Way(journey.container, _items(asked, journey, between), None)
    ends = [p for p in journey.matches(is_end) if p > s and followed(p)]
    if not ends:
        return None
    between = events[s + 1 : ends[0]]
    return Way(journey.container, _items(asked, journey, between), seconds(events, s, ends[0]))


def _items(asked: Asked, journey: Journey, between: list[Event]) -> list[str]:
    """Values of the dimension, of events that are neither start nor end."""
    marks = [asked.test(asked.question[name]) for name in ("start", "end") if asked.question.get(name)]
    found = []
    for event in between:
        value = field_value(asked.company, event, asked.question.get("dimension", "event_type"), asked.kind)
        if value is not None and not any(mark(journey.container, event) for mark in marks):
            found.append(str(value))
    return found
