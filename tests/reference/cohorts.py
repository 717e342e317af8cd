"""Cohorts: who met the inclusion in a period, and in which later ones the return criteria."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from .asked import Asked, Journey
from .company import Event, Row, order_key
from .conditions import Test, compares
from .fields import field_value
from .periods import MONTHS, all_periods, day_start, local_day, next_start, period_start, to_utc

Named = tuple[str, Any]
"""Kind and name of a row: a period's first day, or an item."""


class Criteria:
    """Inclusion or return criteria: counts of matching events, compared and combined."""

    def __init__(self, asked: Asked, value: Mapping[str, Any]) -> None:
        group = asked.every(value.get("segments"))
        self.metrics = [(self._matcher(asked, metric, group), metric) for metric in value["metrics"]]
        self.combine = all if value.get("combine", "all") == "all" else any

    @staticmethod
    def _matcher(asked: Asked, metric: Mapping[str, Any], group: Test) -> Test:
        where, segments = asked.test(metric["where"]), asked.every(metric.get("segments"))

        def matches(container: str, event: Event) -> bool:
            return where(container, event) and segments(container, event) and group(container, event)

        return matches

    def hold(self, container: str, events: list[Event]) -> bool:
        """Whether the criteria hold over these events."""
        return self.combine(
            compares(sum(test(container, event) for event in events), metric.get("op"), metric.get("value"))
            for test, metric in self.metrics
        )

    def matching(self, container: str, events: list[Event]) -> list[Event]:
        """The events that match any of the metrics."""
        return [event for event in events if any(test(container, event) for test, _ in self.metrics)]


def later_by_units(moment: datetime, units: int, granularity: str, zone: ZoneInfo) -> datetime:
    """A naive UTC time so many units later: exact days and weeks, months by the local calendar."""
    if granularity in ("day", "week"):
        return moment + units * timedelta(days=7 if granularity == "week" else 1)
    local = to_utc_inverse(moment, zone)
    month = local.year * 12 + local.month - 1 + units * MONTHS[granularity]
    first = date(month // 12, month % 12 + 1, 1)
    days = (next_start(first, "month") - first).days
    return to_utc(local.replace(year=first.year, month=first.month, day=min(local.day, days)), zone)


def to_utc_inverse(moment: datetime, zone: ZoneInfo) -> datetime:
    """Naive local time of a naive UTC time."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None, fold=0)


@dataclass(frozen=True)
class Membership:
    """A container in the cohort of one period, with its inclusion events there."""

    journey: Journey
    cohort: int
    starts: list[Event]
    named: Named

    @property
    def container(self) -> str:
        """The container's id."""
        return self.journey.container


class Cohorts:
    """Settings of one cohort question, and every membership."""

    def __init__(self, asked: Asked) -> None:
        question = asked.question
        self.asked, self.company = asked, asked.company
        self.granularity = str(question.get("granularity", "month"))
        self.elapsed = question.get("periods", "calendar") == "elapsed"
        self.inclusion = Criteria(asked, question["inclusion"])
        self.returning = Criteria(asked, question["return"]) if "return" in question else None
        self.periods = list(all_periods(asked.company, self.granularity))
        self.events = {j.container: self._by_period(j.events) for j in asked.journeys}
        self.memberships = [
            self._membership(journey, cohort) for cohort, journey in self._included() if self._is_row(cohort)
        ]
        self.known: dict[Any, bool] = {}

    def _by_period(self, events: list[Event]) -> dict[int, list[Event]]:
        found: dict[int, list[Event]] = defaultdict(list)
        places = {first: place for place, first in enumerate(self.periods)}
        for event in events:
            day = local_day(event["occurred_at"], self.company.zone)
            first = period_start(day, self.granularity, self.company.settings)
            if first in places:
                found[places[first]].append(event)
        return dict(found)

    def _included(self) -> list[tuple[int, Journey]]:
        found: list[tuple[int, Journey]] = []
        first_only = self.asked.question.get("membership", "every") == "first"
        for journey in self.asked.journeys:
            periods = sorted(self._by_period(journey.whole).items())
            met = [cohort for cohort, events in periods if self.inclusion.hold(journey.container, events)]
            found += [(cohort, journey) for cohort in (met[:1] if first_only else met)]
        return found

    def _is_row(self, cohort: int) -> bool:
        """Whether the period lies wholly inside the date range."""
        dates, first = self.asked.range, self.periods[cohort]
        return dates is None or dates.covers(first, next_start(first, self.granularity))

    def _membership(self, journey: Journey, cohort: int) -> Membership:
        events = self.events[journey.container].get(cohort, [])
        starts = self.inclusion.matching(journey.container, events)
        named: Named = ("period", self.periods[cohort])
        path = self.asked.question.get("dimension")
        if path is not None:
            touched = starts[-1 if self.asked.question.get("touch") == "last" else 0] if starts else None
            value = field_value(self.company, touched, path, self.asked.kind) if touched else None
            named = ("none", "No value") if value is None else ("item", _text(value))
        return Membership(journey, cohort, starts, named)

    # --- rows ----------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> dict[Named, list[Membership]]:
        """Row → its memberships, in the order of the table."""
        if self.asked.question.get("dimension") is None:
            rows: dict[Named, list[Membership]] = {
                ("period", first): [] for place, first in enumerate(self.periods) if self._is_row(place)
            }
            for membership in self.memberships:
                rows[membership.named].append(membership)
            return rows
        by_item: dict[Named, list[Membership]] = defaultdict(list)
        for membership in self.memberships:
            by_item[membership.named].append(membership)
        ranked = sorted(
            (named for named in by_item if named[0] == "item"),
            key=lambda named: (-len(by_item[named]), named[1]),
        )
        most = int(self.asked.question.get("items", 10))
        rows = {named: by_item[named] for named in ranked[:most]}
        if ranked[most:]:
            rows["other", "Other"] = [one for named in ranked[most:] for one in by_item[named]]
        if ("none", "No value") in by_item:
            rows["none", "No value"] = by_item["none", "No value"]
        return rows

    def cohorts_in(self, named: Named) -> set[int]:
        """The periods of a row: its own, or those of its memberships."""
        if named[0] == "period":
            return {self.periods.index(named[1])}
        return {membership.cohort for membership in self.rows[named]}

    def name(self, named: Named) -> Row:
        """The columns that name a row."""
        kind = {} if self.asked.question.get("dimension") is None else {"kind": named[0]}
        return {"segment": "All", **kind, "cohort": named[1]}

    # --- columns -------------------------------------------------------------------------------

    def exists(self, cohort: int, k: int) -> bool:
        """Whether period `k` after a cohort's lies between the start of the data and the horizon."""
        return 0 <= cohort + k < len(self.periods)

    def unit(self, member: Membership, k: int) -> datetime:
        """When the `k`-th unit after the first inclusion event begins."""
        return later_by_units(member.starts[0]["occurred_at"], k, self.granularity, self.company.zone)

    def observed(self, member: Membership, k: int) -> bool:
        """Whether the member is known in column `k`."""
        if not self.exists(member.cohort, k):
            return False
        if not self.elapsed:
            return True
        if not member.starts:
            return False
        begin = self.unit(member, k)
        return (k >= 0 or self.company.data_start <= begin) and begin <= self.company.horizon

    def held(self, member: Membership, k: int) -> bool:
        """Whether the return criteria hold for a member in column `k` alone."""
        key = (member.container, member.cohort, k)
        if key not in self.known:
            self.known[key] = self.observed(member, k) and self._held(member, k)
        return self.known[key]

    def _held(self, member: Membership, k: int) -> bool:
        assert self.returning is not None
        if k == 0 and not member.starts:
            return False
        return self.returning.hold(member.container, self.between(member, k))

    def between(self, member: Membership, k: int) -> list[Event]:
        """The events of column `k` of a member, whether or not they match the return criteria."""
        if k == 0 and not member.starts:
            return []
        name, start = member.container, order_key(member.starts[0]) if member.starts else None
        if self.elapsed:
            events = [event for found in self.events[name].values() for event in found]
            begin, end = self.unit(member, k), self.unit(member, k + 1)
            assert start is not None
            if k >= 0:
                later = [e for e in events if order_key(e) > start and begin <= e["occurred_at"] < end]
            else:
                last = end if k < -1 else datetime.max
                later = [e for e in events if order_key(e) < start and begin <= e["occurred_at"] < last]
        else:
            later = self.events[name].get(member.cohort + k, [])
            if k == 0:
                later = [event for event in later if start is not None and order_key(event) > start]
        if k >= 0:
            later = [event for event in later if self.followed(event, member.starts)]
        return later

    def looked_at(self, member: Membership, k: int) -> list[Event]:
        """The events that match the return criteria in the columns that the cell of column `k` looks at."""
        assert self.returning is not None
        counting, columns = self.asked.question.get("counting", "exactly"), [k]
        if not self.asked.question.get("rolling"):
            if counting == "on_or_after":
                columns = list(range(k, len(self.periods) - member.cohort))
            elif counting == "cumulative":
                columns = list(range(min(k, 0), max(k, 0) + 1))
        found = [event for j in columns if self.observed(member, j) for event in self.between(member, j)]
        return self.returning.matching(member.container, found)

    def followed(self, event: Event, starts: list[Event]) -> bool:
        """Whether the latest inclusion event before it lies within `follow`."""
        if self.asked.follow is None:
            return True
        before = [start for start in starts if order_key(start) < order_key(event)]
        return bool(before) and event["occurred_at"] - before[-1]["occurred_at"] <= self.asked.follow

    def counted(self, member: Membership, k: int) -> bool:
        """Whether a member counts as returned in column `k`, before rolling."""
        if not self.observed(member, k):
            return False
        counting = self.asked.question.get("counting", "exactly")
        if counting == "on_or_after":
            return any(self.held(member, j) for j in range(k, len(self.periods) - member.cohort))
        if counting == "cumulative":
            return any(self.held(member, j) for j in range(min(k, 0), max(k, 0) + 1))
        return self.held(member, k)

    def retained(self, member: Membership, k: int) -> bool:
        """Whether a member counts as returned in column `k`; rolling: and in every one from 1 on."""
        if self.asked.question.get("rolling") and k >= 1:
            return all(self.counted(member, j) for j in range(1, k + 1))
        return self.counted(member, k)

    def in_value(self, member: Membership, k: int) -> bool:
        """Whether column `k` counts a member: one retained, or with churn one who was not."""
        churn = self.asked.question.get("type", "retention") == "churn"
        return self.observed(member, k) and self.retained(member, k) != churn

    def in_base(self, member: Membership, k: int) -> bool:
        """Whether a member is one of those a percentage of the value is taken of."""
        question = self.asked.question
        previous = question.get("base") == "previous"
        if question.get("rolling") and question.get("type", "retention") == "retention":
            previous = True
        return self.observed(member, k) and (not previous or k < 2 or self.in_value(member, k - 1))

    def whole(self, cohort: int, k: int) -> bool:
        """Whether the data covers the cohort's period and the column's, from begin to end.

        A unit of elapsed time ends one period later, for who joined at the end of the cohort's period.
        """
        later = cohort + k + (1 if self.elapsed else 0)
        if max(cohort, later) >= len(self.periods):
            return False
        begin = day_start(self.periods[min(cohort, cohort + k)], self.company.zone)
        end = day_start(next_start(self.periods[max(cohort, later)], self.granularity), self.company.zone)
        return begin >= self.company.data_start and end <= self.company.horizon


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
