"""Cohort table as SQL: members of each cohort, and those whose return criteria hold in later periods.

Where rows are periods of the calendar, everybody of a cohort is known in the same columns, and its size is
the base of all of them. Items of a dimension and elapsed time have a base in each column of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.cohort_amounts import CohortAmounts
from workbench.engines.sql.cohort_members import Memberships, Row, criteria_sql, holds_without_events
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import day, instant
from workbench.engines.sql.statement import lines
from workbench.errors import SpecError
from workbench.model.durations import in_words
from workbench.model.specs import CohortTableSpec


@dataclass(frozen=True)
class CohortTable:
    """A cohort table with periods as columns, in one statement."""

    asked: Asked
    spec: CohortTableSpec

    @cached_property
    def _of(self) -> Memberships:
        return Memberships(self.asked, self.spec)

    @property
    def _churn(self) -> bool:
        return self.spec.type == "churn"

    @property
    def _elapsed(self) -> bool:
        return self.spec.periods == "elapsed"

    @property
    def _one_base(self) -> bool:
        """Whether the size of a cohort is the base of all its columns."""
        return self.spec.dimension is None and not self._elapsed

    def cells(self) -> str:
        """The select of table `cells`."""
        counts = self._counts if self._one_base else self._own_bases
        base, value = "c.size" if self._one_base else "c.observed", "c.held"
        if self._churn:
            value = f"{base} - c.held"
        if self.spec.of_previous and self._one_base:
            previous = f"lag({value}) OVER (PARTITION BY c.cohort ORDER BY c.period)"
            base = f"CASE WHEN c.period >= 2 THEN {previous} ELSE c.size END"
        elif self.spec.of_previous:
            base = "c.chained"
        amount, join = self._amount_columns(value)
        names = self._of.name_columns.replace("n.", "c.")
        return (
            f"SELECT 'All' AS segment, {names}, c.size, c.period, {value} AS value,\n"
            f"  {percent(value, base)} AS percent, {base} AS percent_base, c.complete{amount}\n"
            f"FROM {counts} AS c{join}\nORDER BY c.place, c.period"
        )

    def _amount_columns(self, value: str) -> tuple[str, str]:
        """SQL of the columns of a value metric and the join they need; empty without one."""
        if self.spec.value_metric is None:
            return "", ""
        amounts = CohortAmounts(self.asked, self._of, self.spec.value_metric)
        part = amounts.by_cell(self._cell_events(amounts))
        sums = f"coalesce(a.amount, {amounts.zero})"
        return (
            f",\n  {sums} AS amount, CAST({sums} AS DOUBLE) / nullif({value}, 0) AS amount_average",
            f"\nLEFT JOIN {part} AS a ON a.place = c.place AND a.k = c.period",
        )

    def currencies(self) -> str | None:
        """The select of the currencies that the value metric adds up; None where there are none to tell."""
        if self.spec.value_metric is None:
            return None
        amounts = CohortAmounts(self.asked, self._of, self.spec.value_metric)
        return amounts.currencies(self._cell_events(amounts))

    def _cell_events(self, amounts: CohortAmounts) -> str:
        observed = self._observed if self._elapsed else ""
        return amounts.events(self._standing, self._counted, self._member_returns, observed)

    def members(self, row: Row, period: int | None, measure: str) -> str:
        """The select of the containers behind a cell, or of a row's members."""
        place = self._of.place_of(row)
        if measure == "size":
            return f"SELECT DISTINCT container_id FROM {self._of.placed} WHERE place = {place}"
        if self.spec.dimension is None:
            self._check(int(place), period)
        where = f"s.place = {place} AND s.k = {period} AND s.observed"
        return (
            f"SELECT DISTINCT s.container_id\nFROM {self._standing} AS s\n"
            f"LEFT JOIN {self._counted} AS h\n"
            "  ON h.container_id = s.container_id AND h.cohort = s.cohort AND h.k = s.k\n"
            f"WHERE {where} AND h.k IS {'' if self._churn else 'NOT '}NULL"
        )

    def _check(self, number: int, period: int | None) -> None:
        most, last = self.spec.max_periods, len(self._of.known[0])
        low = 1 - number if self.spec.latency else 0
        low, high = max(low, -most) if most else low, min(last - number, most) if most else last - number
        if period is None or not low <= period <= high:
            raise SpecError(f"the cohort has the periods {low} to {high}; found {period}", "select.period")

    # --- who returned when -----------------------------------------------------------------------

    def _columns(self, cohort: str, period: str, *, counted: bool = False) -> str:
        """SQL that a period is a column of a cohort, or one that its columns depend on."""
        most = self.spec.max_periods
        last = f"{period} <= {cohort} + {most}" if most else ""
        if counted and self.spec.counting == "on_or_after":
            last = ""
        first = f"{period} >= {cohort}"
        if self.spec.latency:
            first = f"{period} >= {cohort} - {most}" if most else ""
        return " AND ".join(part for part in (first, last) if part) or "true"

    @cached_property
    def _returns(self) -> str:
        """Name of a part with the events of the return criteria."""
        asked = self.spec.date_range
        cut = asked is not None and asked.applies_to == "events"
        criteria = self.spec.return_criteria
        return self._of.matching("returns", criteria, "events of the return criteria", cut=cut)

    @cached_property
    def _member_returns(self) -> str:
        """Name of a part with `container_id, cohort, k` of every return event of a membership."""
        numbers = range(1, len(self.spec.return_criteria.metrics) + 1)
        flags = ", ".join(f"r.metric_{number}" for number in numbers)
        if self.spec.value_metric is not None:
            flags += ", r.position"
        followed = self._of.followed("r.position", "r.occurred_at")
        if self._elapsed:
            k = self._of.calendar.units("m.started", "r.occurred_at")
            tests = ["r.position > m.first_position", followed]
            if self.spec.latency:
                k = f"CASE WHEN r.position < m.first_position THEN least({k}, -1) ELSE {k} END"
                followed = f"(r.position < m.first_position OR {followed})" if followed else ""
                tests = ["r.position <> m.first_position", followed]
        else:
            k = "r.period - m.period"
            later = "(r.period <> m.period OR r.position > m.first_position)"
            if self.spec.latency and followed:
                followed = f"(r.period < m.period OR {followed})"
            columns = self._columns("m.period", "r.period", counted=True)
            tests = [columns if columns != "true" else "", later, followed]
        tested = "\n  AND ".join(test for test in tests if test)
        body = (
            f"SELECT m.container_id, m.period AS cohort, {k} AS k, {flags}\n"
            f"FROM {self._of.members} AS m\nJOIN {self._returns} AS r ON r.container_id = m.container_id\n"
            f"WHERE {tested}"
        )
        how = "whole units since the first inclusion event" if self._elapsed else "periods after the cohort's"
        comment = f"return events of each membership, k {how}"
        if self.spec.follow:
            comment += f", within {in_words(self.spec.follow)} of an inclusion event"
        return self.asked.add("member_returns", body, comment)

    @cached_property
    def _held(self) -> str:
        """Name of a part with `container_id, cohort, k`: where the return criteria of memberships hold."""
        criteria = self.spec.return_criteria
        group = "GROUP BY r.container_id, r.cohort, r.k"
        observed = ""
        if self._elapsed:
            observed = (
                f"\nJOIN {self._observed} AS o\n"
                "  ON o.container_id = r.container_id AND o.cohort = r.cohort\n"
                "  AND r.k BETWEEN o.low AND o.high"
            )
        source = f"{self._member_returns} AS r{observed}"
        if holds_without_events(criteria):
            group = "GROUP BY s.container_id, s.cohort, s.k"
            source = (
                f"{self._spans} AS s\nLEFT JOIN {self._member_returns} AS r\n"
                "  ON r.container_id = s.container_id AND r.cohort = s.cohort AND r.k = s.k"
            )
        body = (
            f"SELECT {group.removeprefix('GROUP BY ')}\nFROM {source}\n"
            f"{group}\nHAVING {criteria_sql(criteria, 'r.')}"
        )
        return self.asked.add("held", body, "memberships whose return criteria hold in column k alone")

    @cached_property
    def _spans(self) -> str:
        """Name of a part with every column in which a membership is judged."""
        if self._elapsed:
            body = (
                f"SELECT container_id, cohort, unnest(generate_series(low, high)) AS k\nFROM {self._observed}"
            )
        else:
            body = (
                "SELECT m.container_id, m.period AS cohort, p.period - m.period AS k\n"
                f"FROM {self._of.members} AS m\n"
                f"JOIN {self._of.periods} AS p ON {self._columns('m.period', 'p.period', counted=True)}\n"
                "WHERE p.period <> m.period OR m.first_position IS NOT NULL"
            )
        return self.asked.add("spans", body, "the columns in which each membership is judged")

    @cached_property
    def _observed(self) -> str:
        """Name of a part with the first and last column in which a membership is observed: `low, high`."""
        calendar, version = self._of.calendar, self.asked.version
        start, end = instant(version.data_from), instant(version.horizon)
        late = f"CASE WHEN {calendar.later('started', 'before')} < {start} THEN 1 ELSE 0 END"
        low = f"greatest(1 - period, before + {late})" if self.spec.latency else "0"
        body = (
            f"SELECT container_id, period AS cohort, {low} AS low,\n"
            f"  least({len(self._of.known[0])} - period, {calendar.units('started', end)}) AS high\n"
            f"FROM (\n  SELECT *, {calendar.units('started', start)} AS before\n"
            f"  FROM {self._of.members}\n  WHERE first_position IS NOT NULL\n)"
        )
        return self.asked.add(
            "observed", body, "how many whole units each membership was observed, before and after its start"
        )

    @cached_property
    def _counted(self) -> str:
        """Name of a part with `container_id, cohort, k`: memberships that count as returned in column k."""
        counted = self._held
        if self.spec.counting == "on_or_after":
            counted = self._on_or_after(counted)
        elif self.spec.counting == "cumulative":
            counted = self._cumulative(counted)
        return self._streaks(counted) if self.spec.rolling else counted

    def _on_or_after(self, held: str) -> str:
        first = "1 - cohort" if self.spec.latency else "0"
        body = (
            f"SELECT container_id, cohort, unnest(generate_series({first}, max(k))) AS k\n"
            f"FROM {held}\nGROUP BY container_id, cohort"
        )
        return self.asked.add("held_on_or_after", body, "those that held in column k or a later one")

    def _cumulative(self, held: str) -> str:
        last = f"{len(self._of.known[0])} - cohort"
        body = (
            f"SELECT container_id, cohort, unnest(generate_series(min(k), {last})) AS k\n"
            f"FROM {held}\nWHERE k >= 0\nGROUP BY container_id, cohort"
        )
        if self.spec.latency:
            body += (
                "\nUNION ALL\n"
                "SELECT container_id, cohort, unnest(generate_series(1 - cohort, least(max(k), -1))) AS k\n"
                f"FROM {held}\nWHERE k <= 0\nGROUP BY container_id, cohort"
            )
        return self.asked.add("held_so_far", body, "those that held in any column between 0 and k")

    def _streaks(self, counted: str) -> str:
        streak = "row_number() OVER (PARTITION BY container_id, cohort ORDER BY k) = k"
        body = lines(
            f"SELECT *\nFROM {counted}\nWHERE k <= 0",
            "UNION ALL",
            f"SELECT *\nFROM {counted}\nWHERE k >= 1\nQUALIFY {streak}",
        )
        return self.asked.add("held_throughout", body, "those that returned in every period from 1 to k")

    # --- counts ----------------------------------------------------------------------------------

    @cached_property
    def _complete(self) -> str:
        """SQL: both periods begin with the data or later and end by the horizon.

        A unit of elapsed time ends one period later, for who joined at the end of the cohort's.
        """
        begun, ended = self._of.whole_days
        over = ended[:-1] if self._elapsed else ended
        if not begun or not over:
            return "false"
        first = "least(c.begins, p.begins)" if self.spec.latency else "c.begins"
        tests = [f"{first} >= {day(begun[0])}", f"p.begins <= {day(over[-1])}"]
        if self.spec.latency:
            tests.append(f"c.begins <= {day(ended[-1])}")
        return " AND ".join(tests)

    @cached_property
    def _counts(self) -> str:
        """Name of a part with the numbers of every cell, where a cohort has one base."""
        of = self._of
        body = (
            "SELECT c.period AS place, c.begins AS cohort, coalesce(s.size, 0) AS size,\n"
            "  p.period - c.period AS period, coalesce(h.held, 0) AS held,\n"
            f"  {self._complete} AS complete\n"
            f"FROM {of.cohorts} AS c\n"
            f"JOIN {of.periods} AS p ON {self._columns('c.period', 'p.period')}\n"
            f"LEFT JOIN (SELECT period, count(*) AS size FROM {of.members} GROUP BY period) AS s\n"
            "  ON s.period = c.period\n"
            f"LEFT JOIN (SELECT cohort, k, count(*) AS held FROM {self._counted} GROUP BY cohort, k) AS h\n"
            "  ON h.cohort = c.period AND h.k = p.period - c.period"
        )
        return self.asked.add("counts", body, "how many of each cohort's members returned, period by period")

    @cached_property
    def _standing(self) -> str:
        """Name of a part with every column of every membership, and whether it is `observed` there."""
        of = self._of
        observed, join = "true", ""
        if self._elapsed:
            observed = "coalesce(p.period - m.period BETWEEN o.low AND o.high, false)"
            join = (
                f"\nLEFT JOIN {self._observed} AS o"
                "\n  ON o.container_id = m.container_id AND o.cohort = m.period"
            )
        body = (
            "SELECT m.container_id, m.period AS cohort, m.place, p.period - m.period AS k,\n"
            f"  {observed} AS observed, {self._complete} AS complete\n"
            f"FROM {of.placed} AS m\nJOIN {of.cohorts} AS c ON c.period = m.period\n"
            f"JOIN {of.periods} AS p ON {self._columns('m.period', 'p.period')}{join}"
        )
        return self.asked.add("standing", body, "every column of every membership")

    @cached_property
    def _own_bases(self) -> str:
        """Name of a part with the numbers of every cell, where each has a base of its own."""
        of = self._of
        same = "{0}.container_id = s.container_id AND {0}.cohort = s.cohort AND {0}.k = s.k"
        chained, join = "", ""
        if self.spec.of_previous:
            known = f"b.k IS {'' if self._churn else 'NOT '}NULL"
            chained = f",\n  count(*) FILTER (WHERE s.observed AND (s.k < 2 OR {known})) AS chained"
            join = f"\nLEFT JOIN {self._counted} AS b\n  ON {same.format('b')} - 1"
        body = (
            "SELECT s.place, s.k, count(*) FILTER (WHERE s.observed) AS observed,\n"
            "  count(h.k) FILTER (WHERE s.observed) AS held, bool_and(s.complete) AS complete"
            f"{chained}\nFROM {self._standing} AS s\n"
            f"LEFT JOIN {self._counted} AS h\n  ON {same.format('h')}{join}\nGROUP BY s.place, s.k"
        )
        cells = self.asked.add("counted_cells", body, "memberships observed and returned, by row and column")
        numbers = ["observed", "held", *(["chained"] if chained else [])]
        if self.spec.dimension is not None:
            columns = ", ".join(f"x.{number}" for number in numbers)
            body = (
                f"SELECT n.*, x.k AS period, {columns}, x.complete\n"
                f"FROM {of.names} AS n\nJOIN {cells} AS x ON x.place = n.place"
            )
        else:
            columns = ", ".join(f"coalesce(x.{number}, 0) AS {number}" for number in numbers)
            body = (
                f"SELECT n.*, p.period - n.place AS period, {columns}, {self._complete} AS complete\n"
                f"FROM {of.names} AS n\nJOIN {of.cohorts} AS c ON c.period = n.place\n"
                f"JOIN {of.periods} AS p ON {self._columns('n.place', 'p.period')}\n"
                f"LEFT JOIN {cells} AS x ON x.place = n.place AND x.k = p.period - n.place"
            )
        return self.asked.add("counts", body, "the numbers of every cell")
