"""Before and after an initiative: sides, pairs and effects, one container after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from .asked import Asked
from .company import Event, Row, order_key
from .fields import field_value
from .periods import duration, local_day

if TYPE_CHECKING:
    from .time_to import Way

Z = NormalDist().inv_cdf(0.975)
FEWEST = 10


def began_on(asked: Asked) -> date:
    """The day of the initiative."""
    return date.fromisoformat(asked.question["initiative"]["on"])


def in_window(asked: Asked, start: Event) -> bool:
    """Whether a beginning lies on a day that is compared; always, without an initiative."""
    initiative = asked.question.get("initiative")
    if not initiative:
        return True
    window = duration(initiative.get("window", "180d"))
    day = local_day(start["occurred_at"], asked.company.zone)
    return began_on(asked) - window <= day < began_on(asked) + window


def is_before(asked: Asked, start: Event) -> bool:
    """Whether a container began before the day of the initiative."""
    return local_day(start["occurred_at"], asked.company.zone) < began_on(asked)


def pairs(asked: Asked, ways: list[Way]) -> Iterator[dict[str, Way]]:
    """A container of the initiative, and one of the control that agrees with it."""
    cells: dict[Any, dict[str, list[Way]]] = {}
    for way in sorted(ways, key=lambda way: (way.start["occurred_at"], way.container)):
        own = cells.setdefault(stratum(asked, way), {"initiative": [], "control": []})
        own[_arm(asked, way)].append(way)
    for arms in cells.values():
        fewer = min(len(own) for own in arms.values())
        for j in range(fewer):
            yield {name: own[j * len(own) // fewer] for name, own in arms.items()}


def stratum(asked: Asked, way: Way) -> tuple[bool, date, int, int]:
    """Side, month, size and activity."""
    start, journey = way.start, way.journey
    since = start["occurred_at"] - timedelta(days=90)
    before = [
        event
        for event in journey.events
        if order_key(event) < order_key(start) and event["occurred_at"] >= since
    ]
    month = local_day(start["occurred_at"], asked.company.zone).replace(day=1)
    activity = math.floor(math.log2(1 + len(before)))
    return is_before(asked, start), month, _size(asked, start), activity


def _size(asked: Asked, start: Event) -> int:
    rows = asked.company.table("accounts")
    known = sorted(row["employees"] for row in rows if row.get("employees") is not None)
    record = "global_account" if asked.kind == "global_account" else "account"
    value = field_value(asked.company, start, f"{record}.employees", asked.kind)
    if value is None:
        return 0
    return 1 + sum(bool(value > known[math.ceil(q * len(known) / 4) - 1]) for q in (1, 2, 3))


def _arm(asked: Asked, way: Way) -> str:
    test = asked.test(asked.question["initiative"]["segment"])
    reached = any(test(way.container, event) for event in way.journey.whole)
    return "initiative" if reached else "control"


def effect_rows(
    asked: Asked,
    ways: list[Way],
    groups: dict[tuple[str, str], list[Way]],
    share_by: Callable[[list[Way], int], tuple[float, float]],
) -> Iterator[Row]:
    """One row for each arm, and their difference."""
    initiative = asked.question["initiative"]
    at = duration(initiative.get("at", "90d")).days
    matched = bool(initiative.get("segment"))
    changes = []
    for arm in ("initiative", "control") if matched else ("initiative",):
        two = [groups.get((side, arm), []) for side in ("before", "after")]
        every = sum(not matched or _arm(asked, way) == arm for way in ways)
        found = [share_by(side, at) if side else None for side in two]
        before, after = found
        change = None
        if before and after:
            change = after[0] - before[0], before[1] + after[1], all(_enough(side, at) for side in two)
        changes.append(change)
        yield {
            "segment": "All",
            "arm": arm,
            "at_days": at,
            "share_before": before and before[0],
            "share_after": after and after[0],
            **_limits(change),
            "size_before": len(two[0]),
            "size_after": len(two[1]),
            "unmatched": every - len(two[0]) - len(two[1]),
        }
    if matched:
        own, control = changes
        change = None
        if own and control:
            change = own[0] - control[0], own[1] + control[1], own[2] and control[2]
        empty = dict.fromkeys(("share_before", "share_after", "size_before", "size_after", "unmatched"))
        yield {"segment": "All", "arm": "difference", "at_days": at, **empty, **_limits(change)}


def _enough(ways: list[Way], at: int) -> bool:
    at_risk = sum(way.day >= at for way in ways)
    lost = any(way.day < at and way.state == "censored" for way in ways)
    return len(ways) >= FEWEST and (at_risk >= FEWEST or not lost)


def _limits(change: tuple[float, float, bool] | None) -> Row:
    if change is None:
        return {"change": None, "low": None, "high": None, "enough": False}
    by, variance, enough = change
    width = Z * math.sqrt(variance)
    known = enough and variance > 0
    return {
        "change": by,
        "low": by - width if known else None,
        "high": by + width if known else None,
        "enough": enough,
    }
