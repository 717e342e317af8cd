"""Fallout: one line of touchpoints."""

from __future__ import annotations

from dataclasses import replace

from .asked import Answer, Asked, Journey, percent
from .company import Event
from .conditions import Test
from .fallout_split import split
from .reach import Link, first_move, later_reach, quantile, seconds, start_reach


def fallout(asked: Asked) -> Answer:
    """Table `touchpoints`: step 0 counts every container with an event in the date range."""
    touchpoints = asked.question["touchpoints"]
    tests = [asked.test(touchpoint["where"]) for touchpoint in touchpoints]
    links = [Link.of(touchpoint) for touchpoint in touchpoints]
    barred = [asked.test(one["without"]) if one.get("without") else None for one in touchpoints]
    times: list[dict[str, float]] = [{} for _ in touchpoints]
    arrivals: list[dict[str, Event]] = [{} for _ in touchpoints]
    for journey in asked.journeys:
        own = [
            replace(link, barred=frozenset(journey.matches(test))) if test else link
            for link, test in zip(links, barred, strict=True)
        ]
        _walk(asked, journey, tests, own, arrivals, times)
    qualified = [set(found) for found in arrivals]
    steps = [(k + 1, one.get("label") or "", qualified[k], times[k]) for k, one in enumerate(touchpoints)]
    if asked.question.get("baseline", True):
        first = {
            journey.container: next(e for e, ok in zip(journey.events, journey.permitted, strict=True) if ok)
            for journey in asked.journeys
            if any(journey.permitted)
        }
        arrivals.insert(0, first)
        steps.insert(0, (0, "All", set(first), {}))
    answer = _table(asked, steps, arrivals)
    if asked.question.get("histogram"):
        _histogram(answer, times[1:])
    return answer


def _histogram(answer: Answer, times: list[dict[str, float]]) -> None:
    """Table `times`: containers by step and the span of time they needed."""
    answer.tables["times"], answer.people["times"] = [], []
    day = 86_400
    begins = [0, 60, 600, 3600, 6 * 3600, *(day * n for n in (1, 3, 7, 14, 30, 60, 90, 180, 365))]
    for step, needed in enumerate(times, start=2):
        for begin, end in zip(begins, [*begins[1:], None], strict=True):
            people = {name for name, time in needed.items() if begin <= time and (end is None or time < end)}
            row = {"segment": "All", "step": step, "from_seconds": begin, "to_seconds": end}
            row |= {"value": len(people), "percent": percent(len(people), len(needed))}
            answer.add("times", row | {"percent_base": len(needed)}, value=people)


def _walk(
    asked: Asked,
    journey: Journey,
    tests: list[Test],
    links: list[Link],
    arrivals: list[dict[str, Event]],
    times: list[dict[str, float]],
) -> None:
    """Add one container to the touchpoints it reaches."""
    events = journey.events
    reached = start_reach(journey.matches(tests[0]), journey.permitted)
    for k, test in enumerate(tests):
        if k:
            found = journey.matches(test)
            move = first_move(events, reached, found, links[k], asked.follow)
            if move is not None:
                times[k][journey.container] = seconds(events, *move)
            reached = later_reach(events, found, [(links[k], reached)], asked.follow)
        if reached:
            arrivals[k][journey.container] = events[min(reached)]


def _table(
    asked: Asked, steps: list[tuple[int, str, set[str], dict[str, float]]], arrivals: list[dict[str, Event]]
) -> Answer:
    """One row a step; `arrivals` are the events with which containers first came there."""
    answer = Answer({"touchpoints": []}, {"touchpoints": []})
    first = len(steps[0][2])
    for k, (step, label, people, times) in enumerate(steps):
        lost = people - steps[k + 1][2] if k + 1 < len(steps) else None
        parts = split(asked, lost, arrivals[k]) if asked.question.get("fallout_split") else {}
        row = {
            "segment": "All",
            "step": step,
            "label": label,
            "value": len(people),
            "percent_of_first": percent(len(people), first),
            "percent_of_previous": percent(len(people), len(steps[k - 1][2])) if k else None,
            "fallout": None if lost is None else len(lost),
            **{name: None if found is None else len(found) for name, found in parts.items()},
            "median_seconds": quantile(list(times.values()), 0.5),
            "p25_seconds": quantile(list(times.values()), 0.25),
            "p75_seconds": quantile(list(times.values()), 0.75),
        }
        answer.add("touchpoints", row, value=people, fallout=lost, **parts)
        answer.shares.setdefault("touchpoints", []).append((len(people), first))
    return answer
