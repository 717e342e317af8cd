"""Milestones as columns of a cohort table, as SQL: who came there, the Kaplan-Meier median, and deals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.cohort_members import Memberships, Row
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import day, instant, number, quote_list, quote_literal
from workbench.errors import SpecError
from workbench.model.specs import CohortTableSpec
from workbench.model.wording import describe_condition

SLACK = "1e-9"
"""How far rounding may lift a product above the share it stands for."""


@dataclass(frozen=True)
class CohortMilestones:
    """A cohort table with milestones as columns, in one statement a table."""

    asked: Asked
    spec: CohortTableSpec

    @cached_property
    def _of(self) -> Memberships:
        return Memberships(self.asked, self.spec)

    def cells(self) -> str:
        """The select of table `cells`."""
        return (
            f"SELECT 'All' AS segment, {self._of.name_columns}, n.size, n.milestone AS period,\n"
            f"  {self._numbers}, n.complete\n"
            f"FROM {self._counts} AS n\nORDER BY n.place, n.milestone"
        )

    def milestones(self) -> str:
        """The select of table `milestones`."""
        version = self.asked.version
        labels = [one.label or describe_condition(one.where, version) for one in self.spec.milestones]
        label = " ".join(f"WHEN {column} THEN {quote_literal(text)}" for column, text in enumerate(labels))
        return (
            f"SELECT 'All' AS segment, {self._of.name_columns}, n.milestone,\n"
            f"  CASE n.milestone {label} END AS label,\n"
            f"  {self._numbers},\n"
            "  CAST(epoch_us(t.median) AS DOUBLE) / 1e6 AS median_seconds, d.amount, n.complete\n"
            f"FROM {self._counts} AS n\n"
            f"LEFT JOIN {self._medians} AS t ON t.place = n.place AND t.milestone = n.milestone\n"
            f"LEFT JOIN {self._amounts} AS d ON d.place = n.place AND d.milestone = n.milestone\n"
            "ORDER BY n.place, n.milestone"
        )

    def members(self, row: Row, milestone: int | None, measure: str) -> str:
        """The select of a row's members, or of those that a milestone counts."""
        place, last = self._of.place_of(row), len(self.spec.milestones) - 1
        if measure == "size":
            return f"SELECT DISTINCT container_id FROM {self._of.placed} WHERE place = {place}"
        if milestone is None or not 0 <= milestone <= last:
            text = f"the table has the milestones 0 to {last}; found {milestone}"
            raise SpecError(text, "select.milestone")
        came = "NOT " if self.spec.type == "churn" else ""
        return (
            f"SELECT DISTINCT container_id FROM {self._ways}\n"
            f"WHERE place = {place} AND milestone = {milestone} AND {came}reached"
        )

    @property
    def _numbers(self) -> str:
        value = "n.size - n.reached" if self.spec.type == "churn" else "n.reached"
        return f"{value} AS value, {percent(value, 'n.size')} AS percent, n.size AS percent_base"

    # --- the way of each membership --------------------------------------------------------------

    @cached_property
    def _arrivals(self) -> str:
        """Name of a part with every event of a milestone that counts for a membership."""
        asked = self.asked
        cut = asked.spec.date_range is not None and asked.spec.date_range.applies_to == "events"
        selects = []
        for column, milestone in enumerate(self.spec.milestones):
            tested = asked.writer.test(milestone.where, asked.scope)
            tests = [tested.bracketed, f"h.occurred_at <= {instant(asked.version.horizon)}"]
            tests += [asked.range_test("h")] if cut and asked.range_test("h") else []
            source = "\n".join([f"FROM {asked.whole_history} AS h", *tested.joins])
            selects.append(
                f"SELECT {column} AS milestone, h.container_id, h.position, h.occurred_at, h.opportunity_id\n"
                f"{source}\nWHERE {' AND '.join(tests)}"
            )
        events = asked.add("milestone_events", "\nUNION ALL\n".join(selects), "events of the milestones")
        followed = self._of.followed("e.position", "e.occurred_at")
        body = (
            "SELECT m.container_id, m.period, m.place, e.milestone, e.occurred_at, e.opportunity_id\n"
            f"FROM {self._of.placed} AS m\n"
            f"JOIN {events} AS e ON e.container_id = m.container_id AND e.position > m.first_position"
            + (f"\nWHERE {followed}" if followed else "")
        )
        return asked.add("arrivals", body, "those after the first inclusion event of a membership")

    @cached_property
    def _ways(self) -> str:
        """Name of a part with every membership and milestone: how long, and whether it was `reached`."""
        last = len(self.spec.milestones) - 1
        body = (
            "SELECT m.container_id, m.place, c.milestone, m.started, a.came IS NOT NULL AS reached,\n"
            f"  coalesce(a.came, {instant(self.asked.version.horizon)}) - m.started AS duration\n"
            f"FROM {self._of.placed} AS m\n"
            f"CROSS JOIN (SELECT unnest(generate_series(0, {last})) AS milestone) AS c\n"
            "LEFT JOIN (\n"
            "  SELECT container_id, period, milestone, min(occurred_at) AS came\n"
            f"  FROM {self._arrivals}\n  GROUP BY container_id, period, milestone\n"
            ") AS a\n"
            "  ON a.container_id = m.container_id AND a.period = m.period AND a.milestone = c.milestone"
        )
        return self.asked.add("ways", body, "how long each membership took, or has been on its way")

    @cached_property
    def _counts(self) -> str:
        """Name of a part with every row and milestone, and how many reached it."""
        of = self._of
        begun, ended = of.whole_days
        whole = "false"
        if begun and ended:
            whole = f"c.begins >= {day(begun[0])} AND c.begins <= {day(ended[-1])}"
        last = len(self.spec.milestones) - 1
        body = (
            "SELECT n.*, c.milestone, coalesce(w.reached, 0) AS reached, p.complete\n"
            f"FROM {of.names} AS n\n"
            f"CROSS JOIN (SELECT unnest(generate_series(0, {last})) AS milestone) AS c\n"
            f"JOIN ({self._whole(whole)}) AS p ON p.place = n.place\n"
            "LEFT JOIN (\n"
            "  SELECT place, milestone, count(*) FILTER (WHERE reached) AS reached\n"
            f"  FROM {self._ways}\n  GROUP BY place, milestone\n"
            ") AS w ON w.place = n.place AND w.milestone = c.milestone"
        )
        return self.asked.add("counts", body, "how many of each row's members came to each milestone")

    def _whole(self, whole: str) -> str:
        of = self._of
        if self.spec.dimension is None:
            return f"SELECT c.period AS place, {whole} AS complete FROM {of.cohorts} AS c"
        return (
            f"SELECT m.place, bool_and({whole}) AS complete FROM {of.placed} AS m "
            f"JOIN {of.cohorts} AS c ON c.period = m.period GROUP BY m.place"
        )

    # --- how fast, and how much ------------------------------------------------------------------

    @cached_property
    def _medians(self) -> str:
        """Name of a part with the Kaplan-Meier median of each row and milestone."""
        risk = self.asked.add(
            "at_risk",
            "SELECT place, milestone, duration, count(*) FILTER (WHERE reached) AS reached,\n"
            "  sum(count(*)) OVER (PARTITION BY place, milestone ORDER BY duration DESC) AS at_risk\n"
            f"FROM {self._ways}\n"
            f"WHERE started <= {instant(self.asked.version.horizon)}\n"
            "GROUP BY place, milestone, duration",
            "how many were still on their way before each duration, and how many arrived at it",
        )
        body = (
            f"SELECT place, milestone, min(duration) FILTER (WHERE remaining <= 0.5 + {SLACK}) AS median\n"
            "FROM (\n"
            "  SELECT *, product(1 - reached / at_risk) OVER (\n"
            "    PARTITION BY place, milestone ORDER BY duration\n  ) AS remaining\n"
            f"  FROM {risk}\n)\nGROUP BY place, milestone"
        )
        return self.asked.add(
            "medians", body, "the duration by which half have arrived (Kaplan-Meier), or null"
        )

    @cached_property
    def _amounts(self) -> str:
        """Name of a part with the sum of the deals that came to each milestone."""
        rates = self.asked.version.settings.currency_rates
        deals = self.asked.add(
            "deals",
            "SELECT DISTINCT a.place, a.milestone, o.opportunity_id, o.amount, o.currency\n"
            f"FROM {self._arrivals} AS a\n"
            "JOIN opportunities AS o ON o.opportunity_id = a.opportunity_id\n"
            "WHERE o.amount IS NOT NULL",
            "the deals these events name, each once a row",
        )
        amount, unknown = "amount", "currency IS NOT NULL"
        if rates:
            cases = " ".join(
                f"WHEN {quote_literal(name)} THEN {number(rate)}" for name, rate in rates.items()
            )
            amount = f"amount * CASE currency {cases} ELSE 1 END"
            unknown = f"currency NOT IN {quote_list(rates)}"
        body = (
            f"SELECT place, milestone, CASE WHEN (\n"
            f"  SELECT count(DISTINCT currency) < 2 OR count(*) FILTER (WHERE {unknown}) = 0 FROM {deals}\n"
            f") THEN CAST(sum({amount}) AS DECIMAL(38, 4)) END AS amount\n"
            f"FROM {deals}\nGROUP BY place, milestone"
        )
        return self.asked.add(
            "amounts", body, "what these deals are worth; nothing is said of currencies without a rate"
        )
