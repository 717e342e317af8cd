"""Fallout: one line of touchpoints."""

from __future__ import annotations

from .asked import Answer, Asked, Journey, percent
from .conditions import Test
from .reach import Link, first_move, later_reach, quantile, seconds, start_reach


def fallout(asked: Asked) -> Answer:
    """Table `touchpoints`: step 0 counts every container with an event in the date range."""
    touchpoints = asked.question["touchpoints"]
    tests = [asked.test(touchpoint["where"]) for touchpoint in touchpoints]
    links = [Link.of(touchpoint) for touchpoint in touchpoints]
    qualified: list[set[str]] = [set() for _ in touchpoints]
    times: list[list[float]] = [[] for _ in touchpoints]
    for journey in asked.journeys:
        _walk(asked, journey, tests, links, qualified, times)
    steps = [(k + 1, one.get("label") or "", qualified[k], times[k]) for k, one in enumerate(touchpoints)]
    if asked.question.get("baseline", True):
        everybody = {j.container for j in asked.journeys if any(asked.in_range(event) for event in j.events)}
        steps.insert(0, (0, "All", everybody, []))
    return _table(steps)


def _walk(
    asked: Asked,
    journey: Journey,
    tests: list[Test],
    links: list[Link],
    qualified: list[set[str]],
    times: list[list[float]],
) -> None:
    """Add one container to the touchpoints it reaches."""
    events = journey.events
    reached = start_reach(journey.matches(tests[0]), journey.permitted)
    for k, test in enumerate(tests):
        if k:
            found = journey.matches(test)
            move = first_move(events, reached, found, links[k], asked.follow)
            if move is not None:
                times[k].append(seconds(events, *move))
            reached = later_reach(events, found, [(links[k], reached)], asked.follow)
        if reached:
            qualified[k].add(journey.container)


def _table(steps: list[tuple[int, str, set[str], list[float]]]) -> Answer:
    answer = Answer({"touchpoints": []}, {"touchpoints": []})
    first = len(steps[0][2])
    for k, (step, label, people, times) in enumerate(steps):
        lost = people - steps[k + 1][2] if k + 1 < len(steps) else None
        row = {
            "segment": "All",
            "step": step,
            "label": label,
            "value": len(people),
            "percent_of_first": percent(len(people), first),
            "percent_of_previous": percent(len(people), len(steps[k - 1][2])) if k else None,
            "fallout": None if lost is None else len(lost),
            "median_seconds": quantile(times, 0.5),
        }
        answer.add("touchpoints", row, value=people, fallout=lost)
    return answer
