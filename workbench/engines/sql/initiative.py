"""An initiative as SQL: which side each container begins on, whom it is paired with, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar
from workbench.engines.sql.lift import size_class
from workbench.engines.sql.literals import instant, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.calendar import initiative_bounds
from workbench.model.specs import Initiative, TimeToSpec

_STRATUM = "side, month, size, activity"


@dataclass(frozen=True)
class BeforeAfter:
    """Sides and pairs of the containers that began; `left` names the part that has them."""

    asked: Asked
    spec: TimeToSpec
    initiative: Initiative

    @cached_property
    def _bounds(self) -> tuple[str, str, str]:
        low, on, high = initiative_bounds(self.initiative, self.asked.version)
        return instant(low), instant(on), instant(high)

    def window(self, time: str) -> str:
        """SQL that a time lies on a day that is compared."""
        low, _, high = self._bounds
        return f"{time} >= {low} AND {time} < {high}"

    def known(self, time: str, known: str) -> str:
        """SQL for how long a container that began at a time is known."""
        _, on, _ = self._bounds
        return (
            f"CASE WHEN {time} < {on} THEN least({known}, {on} - INTERVAL '1 microsecond') ELSE {known} END"
        )

    def placed(self, left: str) -> str:
        """Name of a part with the containers that count, and their `place, kind, group`."""
        sided = self._sided(left)
        source = sided if self.initiative.segment is None else self._paired(sided)
        body = (
            "SELECT *, side AS kind,\n"
            "  CASE arm WHEN 'initiative' THEN 1 ELSE 3 END + CAST(side = 'after' AS INTEGER) AS place,\n"
            f'  arm AS "group"\nFROM {source}'
        )
        return self.asked.add("placed", body, "those that count, with their group")

    def _sided(self, left: str) -> str:
        """Name of a part with the containers that are not left out, and their `side` and `arm`."""
        _, on, _ = self._bounds
        arm = "'initiative'"
        if self.initiative.segment is not None:
            reached = self.asked.writer.rows(
                "reached_by_it",
                self.initiative.segment,
                self.asked.scope,
                self.asked.whole_history,
                ["container_id"],
            )
            arm = f"CASE WHEN l.container_id IN (SELECT container_id FROM {reached}) THEN 'initiative'"
            arm += " ELSE 'control' END"
        body = lines(
            f"SELECT l.*, CASE WHEN l.began < {on} THEN 'before' ELSE 'after' END AS side,",
            f"  {arm} AS arm",
            f"FROM {left} AS l",
            "WHERE NOT l.earlier",
        )
        return self.asked.add("sided", body, f"who began before and after {self.initiative.on}, by arm")

    # --- pairs -----------------------------------------------------------------------------------

    def _paired(self, sided: str) -> str:
        """Name of a part with those that are in a pair."""
        ranked = self.asked.add(
            "ranked",
            f"SELECT *, row_number() OVER (\n    PARTITION BY {_STRATUM}, arm ORDER BY began, container_id\n"
            "  ) - 1 AS rank,\n"
            f"  count(*) OVER (PARTITION BY {_STRATUM}, arm) AS own,\n"
            f"  count(*) OVER (PARTITION BY {_STRATUM}) AS of_both\n"
            f"FROM {self._strata(sided)}",
            "in each stratum, both arms in the order of beginnings and ids",
        )
        fewer = "least(own, of_both - own)"
        body = (
            f"SELECT *\nFROM {ranked}\nWHERE {fewer} > 0\n"
            f"  AND (rank * {fewer} + own - 1) // own < {fewer}\n"
            f"  AND (rank * {fewer} + own - 1) // own * own // {fewer} = rank"
        )
        return self.asked.add("paired", body, "as many of each arm, evenly spread over the greater one")

    def _strata(self, sided: str) -> str:
        """Name of a part with `month`, `size` and `activity` of the sided containers."""
        asked, version = self.asked, self.asked.version
        dates = asked.spec.date_range
        cut = asked.range_test("h") if dates is not None and dates.applies_to == "events" else ""
        activity = asked.add(
            "activity",
            lines(
                "SELECT h.container_id, length(bin(1 + count(*))) - 1 AS activity",
                f"FROM {asked.whole_history} AS h",
                f"JOIN {sided} AS s ON s.container_id = h.container_id AND h.position < s.position",
                "  AND h.occurred_at >= s.began - INTERVAL '90 days'",
                *([f"WHERE {cut}"] if cut else []),
                "GROUP BY h.container_id",
            ),
            "events of the 90 days before each beginning, up to a factor of two",
        )
        size, joins = size_class(asked)
        body = lines(
            f"SELECT s.*, {Calendar('month', version.settings).begin('s.began')} AS month,",
            "  coalesce(a.activity, 0) AS activity,",
            f"  {size} AS size",
            f"FROM {sided} AS s",
            f"JOIN {asked.whole_history} AS h ON h.container_id = s.container_id AND h.position = s.position",
            joins,
            f"LEFT JOIN {activity} AS a ON a.container_id = s.container_id",
        )
        return asked.add("strata", body, "month, size and activity at each beginning")

    # --- what changed ----------------------------------------------------------------------------

    @cached_property
    def _arms(self) -> str:
        rows = ", ".join(f"({n}, {quote_literal(arm)})" for n, arm in enumerate(self.initiative.arms, 1))
        return f"(VALUES {rows}) AS a(place, arm)"

    def tests(self, left: str) -> str:
        """The select of table `tests`: how many containers are left out, by arm; the tests are no SQL."""
        return (
            "SELECT 'All' AS segment, a.arm,\n"
            f"  (SELECT count(*) FILTER (WHERE earlier) FROM {left}) AS earlier\n"
            f"FROM {self._arms}\nORDER BY a.place"
        )

    def effects(self, left: str, curve: str) -> str:
        """The select of table `effects`: all but the limits, and whether there are enough."""
        days = self.initiative.at_days
        share = "max(c.share) FILTER (WHERE c.kind = '{0}' AND c.day <= {1})"
        size = "coalesce(sum(c.reached + c.competing + c.censored) FILTER (WHERE c.kind = '{0}'), 0)"
        total = f"SELECT count(*) FROM {self._sided(left)} AS s WHERE s.arm = a.arm"
        changes = self.asked.add(
            "changes",
            f"SELECT a.place, a.arm, {share.format('before', days)} AS share_before,\n"
            f"  {share.format('after', days)} AS share_after,\n"
            f"  share_after - share_before AS change,\n"
            f"  CAST({size.format('before')} AS BIGINT) AS size_before,\n"
            f"  CAST({size.format('after')} AS BIGINT) AS size_after,\n"
            f"  ({total}) - size_before - size_after AS unmatched\n"
            f'FROM {self._arms}\nLEFT JOIN {curve} AS c ON c."group" = a.arm\nGROUP BY a.place, a.arm',
            f"shares by day {days} of both sides",
        )
        columns = "share_before, share_after, change, size_before, size_after, unmatched"
        difference = (
            "\nUNION ALL\nSELECT 3, 'difference', NULL, NULL,\n"
            f"  (SELECT change FROM {changes} WHERE place = 1)\n"
            f"    - (SELECT change FROM {changes} WHERE place = 2),\n"
            "  NULL, NULL, NULL"
        )
        return (
            f"SELECT 'All' AS segment, arm, {days} AS at_days, {columns}\n"
            f"FROM (\nSELECT place, arm, {columns}\nFROM {changes}"
            f"{difference if self.initiative.segment is not None else ''}\n)\nORDER BY place"
        )
