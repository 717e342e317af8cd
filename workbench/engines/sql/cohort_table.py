"""Cohort table as SQL: members of each calendar period, and those whose return criteria hold in later ones.

Periods are numbered from 1, so that the period `k` after a cohort is the sum of two numbers.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar
from workbench.engines.sql.conditions import Tested, joined, threshold
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import day, interval
from workbench.engines.sql.statement import lines
from workbench.errors import SpecError
from workbench.model.calendar import periods, range_bounds
from workbench.model.durations import in_words
from workbench.model.specs import CohortTableSpec, Criteria


@dataclass(frozen=True)
class CohortTable:
    """A cohort table in one statement."""

    asked: Asked
    spec: CohortTableSpec

    def cells(self) -> str:
        """The select of table `cells`."""
        value = "c.size - c.held" if self.spec.type == "churn" else "c.held"
        base = "c.size"
        if self.spec.rolling and self.spec.type == "retention":
            previous = "lag(c.held) OVER (PARTITION BY c.cohort ORDER BY c.period)"
            base = f"CASE WHEN c.period >= 2 THEN {previous} ELSE c.size END"
        counts = self.asked.add(
            "counts", self._counts(), "how many of each cohort's members returned, period by period"
        )
        return (
            f"SELECT 'All' AS segment, c.cohort, c.size, c.period, {value} AS value,\n"
            f"  {percent(value, base)} AS percent, {base} AS percent_base, c.complete\n"
            f"FROM {counts} AS c\nORDER BY c.cohort, c.period"
        )

    def members(self, cohort: datetime.date, period: int | None, measure: str) -> str:
        """The select of the containers behind a cell, or of a cohort's members."""
        number = self._number(cohort)
        here = f"SELECT container_id FROM {self._members} WHERE period = {number}"
        if measure == "size":
            return here
        last = len(self._known[0]) - number
        last = min(last, self.spec.max_periods) if self.spec.max_periods else last
        if period not in range(last + 1):
            raise SpecError(
                f"the cohort of {cohort} has the periods 0 to {last}; found {period}", "select.period"
            )
        held = f"SELECT container_id FROM {self._held} WHERE cohort = {number} AND k = {period}"
        return f"{here} AND container_id NOT IN ({held})" if self.spec.type == "churn" else held

    # --- periods ---------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> tuple[list[datetime.date], list[int]]:
        """First days of all periods, and the instants at which they begin and the last one ends."""
        return periods(self.asked.version, self.spec.granularity)

    @cached_property
    def _cohort_days(self) -> list[datetime.date]:
        """First days of the periods that lie wholly inside the date range."""
        bounds = range_bounds(self.spec.date_range, self.asked.version)
        days, instants = self._known
        if bounds is None:
            return days
        spans = zip(days, instants[:-1], instants[1:], strict=True)
        return [begin for begin, first, end in spans if bounds[0] <= first and end <= bounds[1]]

    def _number(self, cohort: datetime.date) -> int:
        if cohort not in self._cohort_days:
            raise SpecError(f"there is no cohort of {cohort}", "select.cohort")
        return self._known[0].index(cohort) + 1

    @cached_property
    def _calendar(self) -> Calendar:
        return Calendar(self.spec.granularity, self.asked.version.settings)

    @cached_property
    def _periods(self) -> str:
        """Name of a part with every period: `period` (its number) and `begins`."""
        days = self._known[0]
        body = (
            "SELECT row_number() OVER (ORDER BY begins) AS period, CAST(begins AS DATE) AS begins\n"
            f"FROM generate_series({day(days[0])}, {day(days[-1])}, {self._calendar.length}) AS g(begins)"
        )
        words, zone = self.spec.granularity.replace("_", " "), self.asked.version.settings.time_zone
        return self.asked.add(
            "periods", body, f"every {words} from the start of the data to the horizon, {zone}"
        )

    @cached_property
    def _cohorts(self) -> str:
        """Name of a part with the periods that are cohorts."""
        days = self._cohort_days
        if days == self._known[0]:
            return self._periods
        where = f"begins BETWEEN {day(days[0])} AND {day(days[-1])}" if days else "false"
        body = f"SELECT *\nFROM {self._periods}\nWHERE {where}"
        return self.asked.add("cohorts", body, "those that lie wholly inside the date range")

    @property
    def _complete(self) -> str:
        """SQL: the cohort begins with the data or later, and the period ends by the horizon."""
        days, instants = self._known
        begun = [
            begin for begin, at in zip(days, instants, strict=False) if at >= self.asked.version.data_from
        ]
        ended = [
            begin for begin, end in zip(days, instants[1:], strict=True) if end <= self.asked.version.horizon
        ]
        if not begun or not ended:
            return "false"
        return f"c.begins >= {day(begun[0])} AND p.begins <= {day(ended[-1])}"

    # --- inclusion and return --------------------------------------------------------------------

    def _rows(self, name: str, criteria: Criteria, comment: str, *, cut: bool) -> str:
        """Name of a part with the events that match any metric: `metric_1 …` tell which.

        Where the criteria hold without any event, inclusion needs the other events too: they tell when a
        container was there to be judged.
        """
        asked, history = self.asked, self.asked.whole_history
        tests = [self._test(criteria, number) for number in range(len(criteria.metrics))]
        any_of = joined(tests, "OR")
        flags = [
            f"coalesce({test.sql}, false) AS metric_{number}" for number, test in enumerate(tests, start=1)
        ]
        where = [] if name == "inclusion" and holds_without_events(criteria) else [any_of.bracketed]
        if cut and asked.range_test("h"):
            where.append(asked.range_test("h"))
        columns = ", ".join(["h.container_id", "h.position", "h.occurred_at", "p.period", *flags])
        body = "\n".join(
            [
                f"SELECT {columns}",
                f"FROM {history} AS h",
                *any_of.joins,
                f"JOIN {self._periods} AS p ON p.begins = {self._calendar.begin('h.occurred_at')}",
                *([f"WHERE {' AND '.join(where)}"] if where else []),
            ]
        )
        return asked.add(name, body, comment)

    def _test(self, criteria: Criteria, number: int) -> Tested:
        metric = criteria.metrics[number]
        conditions = [metric.where, *metric.segments, *criteria.segments]
        return joined(
            (self.asked.writer.test(condition, self.asked.scope) for condition in conditions), "AND"
        )

    @cached_property
    def _inclusion(self) -> str:
        return self._rows("inclusion", self.spec.inclusion, "events of the inclusion criteria", cut=False)

    @cached_property
    def _members(self) -> str:
        """Name of a part with `container_id, period, first_position` of each membership."""
        matched = " OR ".join(f"metric_{number}" for number in range(1, len(self.spec.inclusion.metrics) + 1))
        first = "row_number() OVER (PARTITION BY container_id ORDER BY period) = 1"
        body = (
            f"SELECT container_id, period, min(position) FILTER (WHERE {matched}) AS first_position\n"
            f"FROM {self._inclusion}\nGROUP BY container_id, period\n"
            f"HAVING {criteria_sql(self.spec.inclusion, '')}"
        )
        comment = "containers that meet the inclusion in a period, with their first matching event"
        if self.spec.membership == "first":
            body += f"\nQUALIFY {first}"
            comment = "containers in the first period in which they meet the inclusion"
        members = self.asked.add("members", body, comment)
        if self._cohorts == self._periods:
            return members
        inside = f"SELECT m.*\nFROM {members} AS m\nJOIN {self._cohorts} AS c ON c.period = m.period"
        return self.asked.add("cohort_members", inside, "those of the cohorts")

    @cached_property
    def _returns(self) -> str:
        """Name of a part with events of the return criteria; with `follow`, once per `cohort` of theirs."""
        asked = self.spec.date_range
        cut = asked is not None and asked.applies_to == "events"
        returns = self._rows("returns", self.spec.returning, "events of the return criteria", cut=cut)
        if not self.spec.follow:
            return returns
        matched = " OR ".join(
            f"s.metric_{number}" for number in range(1, len(self.spec.inclusion.metrics) + 1)
        )
        body = (
            f"SELECT DISTINCT r.*, s.period AS cohort\nFROM {returns} AS r\n"
            f"JOIN {self._inclusion} AS s\n"
            "  ON s.container_id = r.container_id AND s.position < r.position\n"
            f"WHERE r.occurred_at - s.occurred_at <= {interval(self.spec.follow)} AND ({matched})"
        )
        comment = f"those within {in_words(self.spec.follow)} of an inclusion event, with its period"
        return self.asked.add("followed_returns", body, comment)

    @cached_property
    def _held(self) -> str:
        """Name of a part with `container_id, cohort, k`: members whose criteria hold `k` periods later."""
        same = "r.container_id = m.container_id" + (" AND r.cohort = m.period" if self.spec.follow else "")
        later = "({0} > m.period OR r.position > m.first_position)"
        horizon = f" AND {{0}} <= m.period + {self.spec.max_periods}" if self.spec.max_periods else ""
        if holds_without_events(self.spec.returning):
            period = "p.period"
            rows = (
                f"JOIN {self._periods} AS p ON p.period >= m.period{horizon.format(period)}\n"
                f"LEFT JOIN {self._returns} AS r\n"
                f"  ON {same} AND r.period = p.period AND {later.format(period)}\n"
                "WHERE p.period > m.period OR m.first_position IS NOT NULL"
            )
        else:
            period = "r.period"
            rows = (
                f"JOIN {self._returns} AS r\n  ON {same} AND r.period >= m.period{horizon.format(period)}\n"
                f"WHERE {later.format(period)}"
            )
        body = (
            f"SELECT m.container_id, m.period AS cohort, {period} - m.period AS k\n"
            f"FROM {self._members} AS m\n{rows}\n"
            f"GROUP BY m.container_id, m.period, {period}\nHAVING {criteria_sql(self.spec.returning, 'r.')}"
        )
        held = self.asked.add(
            "held", body, "members whose return criteria hold, k periods after the cohort's"
        )
        return self._streaks(held) if self.spec.rolling else held

    def _streaks(self, held: str) -> str:
        streak = "row_number() OVER (PARTITION BY container_id, cohort ORDER BY k) = k"
        body = lines(
            f"SELECT *\nFROM {held}\nWHERE k = 0",
            "UNION ALL",
            f"SELECT *\nFROM {held}\nWHERE k >= 1\nQUALIFY {streak}",
        )
        return self.asked.add("held_throughout", body, "those that returned in every period from 1 to k")

    def _counts(self) -> str:
        last = f" AND p.period <= c.period + {self.spec.max_periods}" if self.spec.max_periods else ""
        return (
            "SELECT c.begins AS cohort, coalesce(s.size, 0) AS size, p.period - c.period AS period,\n"
            f"  coalesce(h.held, 0) AS held, {self._complete} AS complete\n"
            f"FROM {self._cohorts} AS c\n"
            f"JOIN {self._periods} AS p ON p.period >= c.period{last}\n"
            f"LEFT JOIN (SELECT period, count(*) AS size FROM {self._members} GROUP BY period) AS s\n"
            "  ON s.period = c.period\n"
            f"LEFT JOIN (SELECT cohort, k, count(*) AS held FROM {self._held} GROUP BY cohort, k) AS h\n"
            "  ON h.cohort = c.period AND h.k = p.period - c.period"
        )


def holds_without_events(criteria: Criteria) -> bool:
    """Whether the criteria hold where no event matches any of the metrics."""
    held = [metric.holds_at(0) for metric in criteria.metrics]
    return all(held) if criteria.combine == "all" else any(held)


def criteria_sql(criteria: Criteria, alias: str) -> str:
    """SQL over a group of events with `metric_1 …`: whether the criteria hold."""
    tests = [
        threshold(f"count(*) FILTER (WHERE {alias}metric_{number})", metric.op, metric.value)
        for number, metric in enumerate(criteria.metrics, start=1)
    ]
    operator = "AND" if criteria.combine == "all" else "OR"
    return f" {operator} ".join(f"({test})" if len(tests) > 1 else test for test in tests)
