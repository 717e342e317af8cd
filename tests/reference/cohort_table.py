"""Cohort table: who met the inclusion in a period, and met the return criteria in later ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from .asked import Answer, Asked, Journey, percent
from .company import Event, order_key
from .conditions import Test, compares
from .periods import all_periods, day_start, local_day, next_start, period_start


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


class Cohorts:
    """Settings of one cohort question, and every container's events by period."""

    def __init__(self, asked: Asked) -> None:
        question = asked.question
        self.asked, self.company = asked, asked.company
        self.granularity = str(question.get("granularity", "month"))
        self.inclusion = Criteria(asked, question["inclusion"])
        self.returning = Criteria(asked, question["return"])
        self.periods = list(all_periods(asked.company, self.granularity))
        self.events = {j.container: self._by_period(j.events) for j in asked.journeys}
        self.included = self._included()

    def _by_period(self, events: list[Event]) -> dict[date, list[Event]]:
        found: dict[date, list[Event]] = defaultdict(list)
        for event in events:
            day = local_day(event["occurred_at"], self.company.zone)
            found[period_start(day, self.granularity, self.company.settings)].append(event)
        return dict(found)

    def _included(self) -> dict[date, list[Journey]]:
        found: dict[date, list[Journey]] = defaultdict(list)
        first_only = self.asked.question.get("membership", "every") == "first"
        for journey in self.asked.journeys:
            periods = sorted(self._by_period(journey.whole).items())
            met = [first for first, events in periods if self.inclusion.hold(journey.container, events)]
            for first in met[:1] if first_only else met:
                found[first].append(journey)
        return dict(found)

    def rows(self) -> list[date]:
        """The cohorts: periods that lie wholly inside the date range."""
        dates = self.asked.range
        return [
            first
            for first in self.periods
            if dates is None or dates.covers(first, next_start(first, self.granularity))
        ]

    def returned(self, journey: Journey, cohort: date, k: int) -> bool:
        """Whether the return criteria hold for a member in period `k` after its cohort's."""
        name = journey.container
        starts = self.inclusion.matching(name, self.events[name].get(cohort, []))
        if k == 0 and not starts:
            return False
        later = self.events[name].get(self.periods[self.periods.index(cohort) + k], [])
        if k == 0:
            later = [event for event in later if order_key(event) > order_key(starts[0])]
        return self.returning.hold(name, [event for event in later if self._followed(event, starts)])

    def _followed(self, event: Event, starts: list[Event]) -> bool:
        """Whether the latest inclusion event before it lies within `follow`."""
        if self.asked.follow is None:
            return True
        before = [start for start in starts if order_key(start) < order_key(event)]
        return bool(before) and event["occurred_at"] - before[-1]["occurred_at"] <= self.asked.follow

    def complete(self, cohort: date, period: date) -> bool:
        """Whether the data covers the cohort's period from its begin and the return period to its end."""
        begin = day_start(cohort, self.company.zone)
        end = day_start(next_start(period, self.granularity), self.company.zone)
        return begin >= self.company.data_start and end <= self.company.horizon


def cohort_table(asked: Asked) -> Answer:
    """Table `cells`, by cohort and period."""
    cohorts, answer = Cohorts(asked), Answer({"cells": []}, {"cells": []})
    for cohort in cohorts.rows():
        _add_cohort(cohorts, answer, cohort)
    return answer


def _add_cohort(cohorts: Cohorts, answer: Answer, cohort: date) -> None:
    question = cohorts.asked.question
    members = cohorts.included.get(cohort, [])
    size = {journey.container for journey in members}
    following = cohorts.periods[cohorts.periods.index(cohort) :]
    alive, previous = members, len(size)
    for k, period in enumerate(following):
        if question.get("max_periods") is not None and k > question["max_periods"]:
            break
        held = [j for j in (alive if question.get("rolling") else members) if cohorts.returned(j, cohort, k)]
        if k:
            alive = held
        people = {journey.container for journey in held}
        churn = question.get("type", "retention") == "churn"
        value = size - people if churn else people
        base = previous if question.get("rolling") and not churn and k >= 2 else len(size)
        previous = len(people)
        row = {
            "segment": "All",
            "cohort": cohort,
            "size": len(size),
            "period": k,
            "value": len(value),
            "percent": percent(len(value), base),
            "percent_base": base,
            "complete": cohorts.complete(cohort, period),
        }
        answer.add("cells", row, value=value, size=size)
