"""Lift as SQL: items before anchors against items before comparable events, stratum by stratum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar
from workbench.engines.sql.conditions import Tested, record_join
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import day, interval, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.calendar import periods
from workbench.model.durations import in_words
from workbench.model.shares import Z95
from workbench.model.specs import LiftSpec

_FEWEST = 10


@dataclass(frozen=True)
class Lift:
    """A lift in one statement."""

    asked: Asked
    spec: LiftSpec

    def items(self) -> str:
        """The select of table `items`."""
        base, ratio = self._totals, self._ratios
        return (
            "SELECT k.item, k.anchors, b.anchor_containers,\n"
            f"  {percent('k.anchors', 'b.anchor_containers')} AS share,\n"
            f"  b.covered, {percent('b.covered', 'b.anchor_containers')} AS coverage,\n"
            f"  {percent('coalesce(r.anchors_with, 0)', 'b.covered')} AS covered_share,\n"
            f"  b.matched, {percent('coalesce(r.expected, 0)', 'b.covered')} AS matched_share,\n"
            "  r.lift, r.lift / exp(r.spread) AS low, r.lift * exp(r.spread) AS high,\n"
            "  r.lift IS NOT NULL AS enough\n"
            f"FROM {self._kept} AS k\nCROSS JOIN {base} AS b\nLEFT JOIN {ratio} AS r ON r.item = k.item\n"
            "ORDER BY k.anchors DESC, k.item"
        )

    def members(self, item: str) -> str:
        """The select of the containers with an anchor that have an item before it."""
        return (
            f"SELECT DISTINCT container_id\nFROM {self._held}\n"
            f"WHERE anchored AND item = {quote_literal(item)}"
        )

    # --- reference points ------------------------------------------------------------------------

    @cached_property
    def _points(self) -> str:
        """Name of a part with the events compared: `container_id, position, occurred_at, month, anchored`."""
        asked, month = self.asked, Calendar("month", self.asked.version.settings).begin
        match = asked.matches("match_anchor", self.spec.anchor, ())
        starts = asked.starts("starts", match, "anchor")
        first = asked.add(
            "anchors",
            "SELECT container_id, min(position) AS position, min(occurred_at) AS occurred_at\n"
            f"FROM {starts}\nGROUP BY container_id",
            "the first anchor of each container",
        )
        ever = asked.writer.rows(
            "ever_anchored", self.spec.anchor, asked.scope, asked.whole_history, ["container_id"]
        )
        days = periods(asked.version, "month")[0]
        tests = [
            f"h.container_id NOT IN (SELECT container_id FROM {ever})",
            f"{month('h.occurred_at')} BETWEEN {day(days[0])} AND {day(days[-1])}",
            *([asked.range_test("h")] if asked.range_test("h") else []),
        ]
        body = lines(
            f"SELECT container_id, position, occurred_at, {month('occurred_at')} AS month, true AS anchored",
            f"FROM {first}",
            "UNION ALL",
            "SELECT h.container_id, max(h.position), max(h.occurred_at),",
            f"  {month('h.occurred_at')} AS month, false",
            f"FROM {asked.history} AS h",
            "WHERE " + "\n  AND ".join(tests),
            "GROUP BY h.container_id, month",
        )
        return asked.add("points", body, "first anchors, and the last event of each month of the others")

    @cached_property
    def _elements(self) -> str:
        """Name of a part with the events apart from anchors: `container_id, position, occurred_at, item`."""
        asked = self.asked
        value, joins = asked.writer.column(asked.version.pathing_dimension(self.spec.dimension), asked.scope)
        anchor = asked.writer.test(self.spec.anchor, asked.scope)
        among = Tested("true")
        if self.spec.among is not None:
            among = asked.writer.test(self.spec.among, asked.scope)
        body = lines(
            "SELECT h.container_id, h.position, h.occurred_at,",
            f"  CASE WHEN {among.sql} THEN {value} END AS item",
            f"FROM {asked.history} AS h",
            *dict.fromkeys([*joins, *among.joins, *anchor.joins]),
            f"WHERE NOT coalesce({anchor.sql}, false)",
        )
        return asked.add("elements", body, "events that may precede them, with their items")

    @property
    def _in_window(self) -> str:
        return (
            "e.container_id = p.container_id AND e.position < p.position\n"
            f"  AND e.occurred_at >= p.occurred_at - {interval(self.spec.within)}"
        )

    @cached_property
    def _held(self) -> str:
        """Name of a part with the items before each point: `container_id, position, anchored, item`."""
        body = (
            "SELECT DISTINCT p.container_id, p.position, p.anchored, e.item\n"
            f"FROM {self._points} AS p\nJOIN {self._elements} AS e ON {self._in_window}\n"
            "WHERE e.item IS NOT NULL"
        )
        return self.asked.add("held", body, f"items of the {in_words(self.spec.within)} before")

    @cached_property
    def _kept(self) -> str:
        """Name of a part with the items shown: `item, anchors`."""
        body = (
            f"SELECT item, count(*) AS anchors\nFROM {self._held}\nWHERE anchored\nGROUP BY item\n"
            f"QUALIFY row_number() OVER (ORDER BY count(*) DESC, item) <= {self.spec.items}"
        )
        return self.asked.add("kept", body, f"the {self.spec.items} items that most anchors have")

    # --- strata ----------------------------------------------------------------------------------

    @cached_property
    def _placed(self) -> str:
        """Name of a part with the points, and their `month`, `size` and `activity`."""
        asked = self.asked
        size, joins = size_class(asked)
        activity = asked.add(
            "activity",
            "SELECT p.container_id, p.position, length(bin(1 + count(*))) - 1 AS activity\n"
            f"FROM {self._points} AS p\nJOIN {self._elements} AS e ON {self._in_window}\n"
            "GROUP BY p.container_id, p.position",
            "events before each point, up to a factor of two",
        )
        body = lines(
            "SELECT p.container_id, p.position, p.anchored, p.month, coalesce(a.activity, 0) AS activity,",
            f"  {size} AS size",
            f"FROM {self._points} AS p",
            f"JOIN {asked.history} AS h ON h.container_id = p.container_id AND h.position = p.position",
            joins,
            f"LEFT JOIN {activity} AS a ON a.container_id = p.container_id AND a.position = p.position",
        )
        return asked.add("placed", body, "month, size and activity at each point")

    @cached_property
    def _strata(self) -> str:
        """Name of a part with the strata that have points of both kinds, and how many of each."""
        body = (
            "SELECT month, size, activity, count(*) FILTER (WHERE anchored) AS n1,\n"
            "  count(*) FILTER (WHERE NOT anchored) AS n0\n"
            f"FROM {self._placed}\nGROUP BY month, size, activity\nHAVING n1 > 0 AND n0 > 0"
        )
        return self.asked.add("strata", body, "strata with both kinds")

    @cached_property
    def _totals(self) -> str:
        body = (
            f"SELECT (SELECT count(*) FROM {self._points} WHERE anchored) AS anchor_containers,\n"
            "  CAST(coalesce(sum(n1), 0) AS BIGINT) AS covered,\n"
            "  CAST(coalesce(sum(n0), 0) AS BIGINT) AS matched\n"
            f"FROM {self._strata}"
        )
        return self.asked.add("totals", body, "how many are compared")

    @cached_property
    def _ratios(self) -> str:
        """Name of a part with the ratio of each item: `item, anchors_with, expected, lift, spread`."""
        cells = self.asked.add(
            "cells",
            "SELECT k.item, s.n1, s.n0, CAST(s.n1 + s.n0 AS DOUBLE) AS n,\n"
            "  count(*) FILTER (WHERE p.anchored) AS a, count(*) FILTER (WHERE NOT p.anchored) AS c\n"
            f"FROM {self._kept} AS k\nJOIN {self._held} AS i ON i.item = k.item\n"
            f"JOIN {self._placed} AS p ON p.container_id = i.container_id AND p.position = i.position\n"
            f"JOIN {self._strata} AS s\n"
            "  ON s.month = p.month AND s.size = p.size AND s.activity = p.activity\n"
            "GROUP BY k.item, s.month, s.size, s.activity, s.n1, s.n0",
            "who has each item in each stratum",
        )
        sums = self.asked.add(
            "sums",
            "SELECT item, CAST(sum(a) AS BIGINT) AS anchors_with, sum(n1 * c / n0) AS expected,\n"
            "  sum(c) AS others_with, sum(a * n0 / n) AS above, sum(c * n1 / n) AS below,\n"
            "  sum((n1 * n0 * (a + c) - a * c * (n1 + n0)) / (n * n)) AS product\n"
            f"FROM {cells}\nGROUP BY item",
            "Mantel-Haenszel sums; Greenland and Robins' variance",
        )
        test = f"anchors_with >= {_FEWEST} AND matched >= {_FEWEST} AND others_with > 0"
        return self.asked.add(
            "ratios",
            f"SELECT item, anchors_with, expected, CASE WHEN {test} THEN above / below END AS lift,\n"
            f"  CASE WHEN {test} THEN {Z95} * sqrt(product / (above * below)) END AS spread\n"
            f"FROM {sums}\nCROSS JOIN {self._totals}",
            "share before anchors by share before matched events, where there are enough",
        )


def size_class(asked: Asked) -> tuple[str, str]:
    """SQL for the quarter in which the account of an event `h` lies, and the joins it needs.

    1 to 4 by employees among all accounts; 0 where they are unknown.
    """
    record = "global_account" if asked.scope.container == "global_account" else "account"
    employees = f"{record}.employees"
    size = (
        f"CASE WHEN {employees} IS NULL THEN 0 WHEN {employees} <= c.first THEN 1\n"
        f"    WHEN {employees} <= c.second THEN 2 WHEN {employees} <= c.third THEN 3 ELSE 4 END"
    )
    return size, f"{record_join(record)}\nCROSS JOIN {_size_cuts(asked)} AS c"


def _size_cuts(asked: Asked) -> str:
    """Name of a part with one row: the employees that end the first three quarters of accounts."""
    return asked.add(
        "size_cuts",
        "SELECT min(employees) FILTER (WHERE 4 * place >= total) AS first,\n"
        "  min(employees) FILTER (WHERE 4 * place >= 2 * total) AS second,\n"
        "  min(employees) FILTER (WHERE 4 * place >= 3 * total) AS third\n"
        "FROM (\n  SELECT employees, row_number() OVER (ORDER BY employees) AS place,\n"
        "    count(*) OVER () AS total\n  FROM accounts\n  WHERE employees IS NOT NULL\n)",
        "quarters of accounts by employees",
    )
