"""Lift: items before anchors against items before comparable events of containers without an anchor."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from .asked import Answer, Asked, Journey, percent
from .company import Event
from .fields import field_value
from .periods import all_periods, duration, local_day

FEWEST = 10
Z = 1.959963984540054
Stratum = tuple[date, int, int]


@dataclass(frozen=True)
class Point:
    """What is compared: an anchor, or the last event of a month."""

    container: str
    anchored: bool
    items: frozenset[str]
    stratum: Stratum | None


@dataclass(frozen=True)
class Scale:
    """What strata are measured by: the loaded months, and the cuts between quarters of accounts."""

    months: frozenset[date]
    cuts: list[int]

    @classmethod
    def of(cls, asked: Asked) -> Scale:
        """From all records."""
        rows = asked.company.table("accounts")
        known = sorted(row["employees"] for row in rows if row.get("employees") is not None)
        cuts = [known[math.ceil(quarter * len(known) / 4) - 1] for quarter in (1, 2, 3)] if known else []
        return cls(frozenset(all_periods(asked.company, "month")), cuts)


def lift(asked: Asked) -> Answer:
    """Table `items`: those that most anchors have before them."""
    answer = Answer({"items": []}, {"items": []})
    scale = Scale.of(asked)
    points = [point for journey in asked.journeys for point in _points(asked, journey, scale)]
    anchors = [point for point in points if point.anchored]
    held = Counter(item for point in anchors for item in point.items)
    ranked = sorted(held, key=lambda item: (-held[item], item))
    strata = {one.stratum for one in anchors} & {one.stratum for one in points if not one.anchored}
    strata.discard(None)
    compared = [point for point in points if point.stratum in strata]
    covered = sum(point.anchored for point in compared)
    for item in ranked[: asked.question.get("items", 10)]:
        row = {
            "item": item,
            "anchors": held[item],
            "anchor_containers": len(anchors),
            "share": percent(held[item], len(anchors)),
            "covered": covered,
            "coverage": percent(covered, len(anchors)),
        }
        people = {point.container for point in anchors if item in point.items}
        answer.add("items", row | _compared(compared, item), anchors=people)
    return answer


def _compared(points: list[Point], item: str) -> dict[str, Any]:
    above = below = variance = expected = 0.0
    with_item = others_with = 0
    covered = [point for point in points if point.anchored]
    matched = [point for point in points if not point.anchored]
    for stratum in {point.stratum for point in points}:
        here = [point for point in covered if point.stratum == stratum]
        there = [point for point in matched if point.stratum == stratum]
        a, c = (sum(item in point.items for point in side) for side in (here, there))
        n1, n0 = len(here), len(there)
        n = n1 + n0
        above += a * n0 / n
        below += c * n1 / n
        variance += (n1 * n0 * (a + c) - a * c * n) / n**2
        expected += n1 * (c / n0)
        with_item, others_with = with_item + a, others_with + c
    enough = with_item >= FEWEST and len(matched) >= FEWEST and others_with > 0
    spread = Z * math.sqrt(variance / (above * below)) if enough else 0.0
    ratio = above / below if enough else math.nan
    return {
        "covered_share": percent(with_item, len(covered)),
        "matched": len(matched),
        "matched_share": percent(expected, len(covered)),
        "lift": ratio if enough else None,
        "low": math.exp(math.log(ratio) - spread) if enough else None,
        "high": math.exp(math.log(ratio) + spread) if enough else None,
        "enough": enough,
    }


def _points(asked: Asked, journey: Journey, scale: Scale) -> list[Point]:
    test = asked.test(asked.question["anchor"])
    anchors = [p for p in journey.matches(test) if journey.permitted[p]]
    if anchors:
        return [_point(asked, journey, anchors[0], scale, anchored=True)]
    if any(test(journey.container, event) for event in journey.whole):
        return []
    last: dict[date, int] = {}
    for p, event in enumerate(journey.events):
        if journey.permitted[p]:
            last[_month(asked, event)] = p
    found = [_point(asked, journey, p, scale, anchored=False) for p in last.values()]
    return [point for point in found if point.stratum is not None]


def _point(asked: Asked, journey: Journey, at: int, scale: Scale, *, anchored: bool) -> Point:
    question, moment = asked.question, journey.events[at]
    test = asked.test(question["anchor"])
    among = asked.test(question["among"]) if question.get("among") else None
    since = moment["occurred_at"] - duration(question.get("within", "90d"))
    before = [
        event
        for event in journey.events[:at]
        if event["occurred_at"] >= since and not test(journey.container, event)
    ]
    values = (
        field_value(asked.company, event, question.get("dimension", "event_type"), asked.kind)
        for event in before
        if among is None or among(journey.container, event)
    )
    items = frozenset(str(value) for value in values if value is not None)
    month, stratum = _month(asked, moment), None
    if month in scale.months:
        stratum = (month, _size(asked, moment, scale), math.floor(math.log2(1 + len(before))))
    return Point(journey.container, anchored, items, stratum)


def _month(asked: Asked, event: Event) -> date:
    return local_day(event["occurred_at"], asked.company.zone).replace(day=1)


def _size(asked: Asked, event: Event, scale: Scale) -> int:
    """Quarter of all accounts by employees, 1 to 4; 0 where the event's account has none."""
    record = "global_account" if asked.kind == "global_account" else "account"
    value = field_value(asked.company, event, f"{record}.employees", asked.kind)
    if value is None:
        return 0
    return 1 + sum(bool(value > cut) for cut in scale.cuts)
