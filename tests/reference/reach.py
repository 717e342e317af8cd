"""Reach sets: which events of one history satisfy a checkpoint, given the checkpoints before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .company import CONTAINER_IDS, Event
from .periods import duration

Reached = dict[int, int]
"""Position in the history -> position of the latest permitted start that leads to it."""


@dataclass(frozen=True)
class Link:
    """What the step from one checkpoint to the next asks of its two events."""

    within: timedelta | None = None
    after: timedelta | None = None
    same: str | None = None
    different: str | None = None
    next_event: bool = False
    barred: frozenset[int] = frozenset()
    """Positions that must not lie between."""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Link:
        """From an arrow, a touchpoint or a step of a sequence."""
        return cls(
            within=duration(value["within"]) if value.get("within") else None,
            after=duration(value["after"]) if value.get("after") else None,
            same=value.get("same"),
            different=value.get("different"),
            next_event=value.get("path") == "next",
        )

    def joins(self, events: Sequence[Event], q: int, p: int) -> bool:
        """Whether the event at `p` may follow the one at `q`."""
        if q >= p or (self.next_event and p != q + 1):
            return False
        if any(q < x < p for x in self.barred):
            return False
        gap = events[p]["occurred_at"] - events[q]["occurred_at"]
        if self.within is not None and gap > self.within:
            return False
        if self.after is not None and gap < self.after:
            return False
        return self._ids_fit(events[q], events[p])

    def _ids_fit(self, one: Event, other: Event) -> bool:
        for kind, equal in ((self.same, True), (self.different, False)):
            if kind is not None:
                a, b = one.get(CONTAINER_IDS[kind]), other.get(CONTAINER_IDS[kind])
                if a is None or b is None or (a == b) != equal:
                    return False
        return True


def follows(events: Sequence[Event], start: int, p: int, follow: timedelta | None) -> bool:
    """Whether the event at `p` lies within `follow` of its start."""
    return follow is None or events[p]["occurred_at"] - events[start]["occurred_at"] <= follow


def start_reach(matches: Iterable[int], permitted: Sequence[bool]) -> Reached:
    """The permitted starts that match; each leads to itself."""
    return {p: p for p in matches if permitted[p]}


def later_reach(
    events: Sequence[Event],
    matches: Iterable[int],
    incoming: Sequence[tuple[Link, Reached]],
    follow: timedelta | None,
) -> Reached:
    """Matches with some earlier event in the reach set of some predecessor."""
    reached: Reached = {}
    for p in matches:
        starts = [
            start
            for link, before in incoming
            for q, start in before.items()
            if link.joins(events, q, p) and follows(events, start, p, follow)
        ]
        if starts:
            reached[p] = max(starts)
    return reached


def first_move(
    events: Sequence[Event], before: Reached, matches: Iterable[int], link: Link, follow: timedelta | None
) -> tuple[int, int] | None:
    """The earliest reached `q` that some match follows, with the earliest such match; None without any."""
    for q in sorted(before):
        for p in sorted(matches):
            if link.joins(events, q, p) and follows(events, before[q], p, follow):
                return q, p
    return None


def seconds(events: Sequence[Event], q: int, p: int) -> float:
    """Time between two events of a history."""
    return float((events[p]["occurred_at"] - events[q]["occurred_at"]).total_seconds())


def quantile(values: Sequence[float], share: float) -> float | None:
    """Quantile with linear interpolation; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)
