"""Time to a milestone as SQL: when each container began, how and when it left, and the curves' shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar
from workbench.engines.sql.cohort_members import Memberships
from workbench.engines.sql.initiative import BeforeAfter
from workbench.engines.sql.literals import instant, interval, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.before_after import initiative_tables
from workbench.model.calendar import observed_until, whole_periods
from workbench.model.conditions import Condition
from workbench.model.data_version import DataVersion
from workbench.model.specs import Criteria, TimeToSpec
from workbench.model.time_to_event import Group, Leaving, tables

DAY = 86_400_000_000
"""Microseconds of a day."""
SLACK = "1e-9"
"""How far rounding may move a share."""


@dataclass(frozen=True)
class TimeTo:
    """A curve for each group, in one statement a table."""

    asked: Asked
    spec: TimeToSpec

    def curve(self) -> str:
        """The select of table `curve`: all but the limits of the shares."""
        return (
            "SELECT 'All' AS segment, kind, \"group\", day, at_risk, reached, competing, censored, share\n"
            f"FROM {self._curve}\nORDER BY place, day"
        )

    def groups(self) -> str:
        """The select of table `groups`: all but the limits of the medians."""
        return (
            "SELECT 'All' AS segment, kind, \"group\",\n"
            "  CAST(sum(reached + competing + censored) AS BIGINT) AS size,\n"
            "  CAST(sum(reached) AS BIGINT) AS reached, CAST(sum(competing) AS BIGINT) AS competing,\n"
            "  CAST(sum(censored) AS BIGINT) AS censored,\n"
            f"  min(day) FILTER (WHERE share >= 0.5 - {SLACK}) AS median_days\n"
            f'FROM {self._curve}\nGROUP BY place, kind, "group"\nORDER BY place'
        )

    def tests(self) -> str:
        """The select of table `tests`: how many containers are left out; the test itself is no SQL."""
        if self._sides is not None:
            return self._sides.tests(self._left)
        return f"SELECT 'All' AS segment, count(*) FILTER (WHERE earlier) AS earlier\nFROM {self._left}"

    def effects(self) -> str:
        """The select of table `effects` of an initiative: all but limits, and whether there are enough."""
        assert self._sides is not None
        return self._sides.effects(self._left, self._curve)

    @cached_property
    def _sides(self) -> BeforeAfter | None:
        given = self.spec.initiative
        return None if given is None else BeforeAfter(self.asked, self.spec, given)

    def members(self, group: str, kind: str | None, measure: str) -> str:
        """The select of the containers of a group, or of those that left in one way."""
        named = f'"group" = {quote_literal(group)}'
        named += f" AND kind = {quote_literal(kind)}" if kind is not None else ""
        state = f" AND state = {quote_literal(measure)}" if measure != "size" else ""
        return (
            f"SELECT container_id\nFROM {self._placed}\n"
            f"WHERE place = (SELECT min(place) FROM {self._placed} WHERE {named}){state}"
        )

    # --- where time begins and ends --------------------------------------------------------------

    @cached_property
    def _item(self) -> tuple[str, tuple[str, ...]]:
        """SQL for the item of an event of the history, as text, and its joins."""
        if self.spec.by in (None, "cohort"):
            return "", ()
        version = self.asked.version
        path = version.countable(str(self.spec.by))
        column, joins = self.asked.writer.column(path, self.asked.scope)
        return column if version.field_type(path) == "text" else f"CAST({column} AS VARCHAR)", joins

    @cached_property
    def _begun(self) -> str:
        """Name of a part with `container_id, position, began, item` of each container that begins."""
        table = self.spec.cohorts
        if table is not None:
            item = "item" if table.dimension is not None else "CAST(NULL AS VARCHAR) AS item"
            body = (
                f"SELECT container_id, first_position AS position, started AS began, {item}\n"
                f"FROM {Memberships(self.asked, table).members}\n"
                f"WHERE started <= {instant(self.asked.version.horizon)}\n"
                "QUALIFY row_number() OVER (PARTITION BY container_id ORDER BY period) = 1"
            )
            return self.asked.add("begun", body, "the first of them that has such an event")
        assert not isinstance(self.spec.inclusion, Criteria)
        asked, (item, joins) = self.asked, self._item
        tested = asked.writer.test(self.spec.inclusion, asked.scope)
        tests = [tested.bracketed, f"h.occurred_at <= {instant(asked.version.horizon)}"]
        tests += [asked.start_test("h")] if asked.start_test("h") else []
        first = f"first({item} ORDER BY h.position)" if item else "CAST(NULL AS VARCHAR)"
        body = lines(
            "SELECT h.container_id, min(h.position) AS position, min(h.occurred_at) AS began,",
            f"  {first} AS item",
            f"FROM {asked.whole_history} AS h",
            *dict.fromkeys([*tested.joins, *joins]),
            "WHERE " + "\n  AND ".join(tests),
            "GROUP BY h.container_id",
        )
        return asked.add("begun", body, "where the time of each container begins")

    def _first_after(self, name: str, where: Condition) -> str:
        """Name of a part with the first match after each beginning, and whether one lies before it."""
        asked = self.asked
        tested = asked.writer.test(where, asked.scope)
        dates = asked.spec.date_range
        cut = asked.range_test("h") if dates is not None and dates.applies_to == "events" else ""
        body = lines(
            "SELECT h.container_id, min(h.position) FILTER (WHERE h.position > b.position) AS position,",
            "  min(h.occurred_at) FILTER (WHERE h.position > b.position) AS came,",
            "  bool_or(h.position < b.position) AS earlier",
            f"FROM {asked.whole_history} AS h",
            f"JOIN {self._begun} AS b ON b.container_id = h.container_id",
            *tested.joins,
            "WHERE " + " AND ".join([tested.bracketed, *([cut] if cut else [])]),
            "GROUP BY h.container_id",
        )
        return asked.add(name, body, f"the first {name} event after the beginning, and whether one is before")

    @cached_property
    def _left(self) -> str:
        """Name of a part with every container that begins: `state`, whole `days`, `earlier`."""
        known = instant(observed_until(self.spec, self.asked.version))
        if self.spec.follow:
            known = f"least({known}, b.began + {interval(self.spec.follow)})"
        window = ""
        if self._sides is not None:
            known = self._sides.known("b.began", known)
            window = f"  WHERE {self._sides.window('b.began')}"
        milestone = self._first_after("milestone", self.spec.milestone)
        competing, joined = "CAST(NULL AS TIMESTAMP)", ""
        before, other = "true", "false"
        if self.spec.competing is not None:
            part = self._first_after("competing", self.spec.competing)
            competing, joined = "c.came", f"LEFT JOIN {part} AS c ON c.container_id = b.container_id"
            before, other = "(c.came IS NULL OR m.position <= c.position)", "c.came <= known"
        earlier = "coalesce(m.earlier, false)" if self.spec.earlier == "leave_out" else "false"
        body = lines(
            "SELECT *, date_diff('microsecond', began, CASE state WHEN 'reached' THEN came",
            f"  WHEN 'competing' THEN competing_came ELSE known END) // {DAY} AS days",
            "FROM (",
            "  SELECT b.container_id, b.position, b.item, b.began, m.came,",
            f"    {competing} AS competing_came, {known} AS known, {earlier} AS earlier,",
            f"    CASE WHEN m.came <= known AND {before} THEN 'reached'",
            f"      WHEN {other} THEN 'competing' ELSE 'censored' END AS state",
            f"  FROM {self._begun} AS b",
            f"  LEFT JOIN {milestone} AS m ON m.container_id = b.container_id",
            f"  {joined}" if joined else "",
            window,
            ")",
        )
        return self.asked.add("leaving", body, "how each container left, after how many whole days")

    # --- groups ----------------------------------------------------------------------------------

    @cached_property
    def _placed(self) -> str:
        """Name of a part with the containers that count, and their `place, kind, group`."""
        if self._sides is not None:
            return self._sides.placed(self._left)
        kept = f"FROM {self._left} AS l"
        if self.spec.by is None:
            body = f"SELECT l.*, 1 AS place, 'all' AS kind, 'All' AS \"group\"\n{kept}\nWHERE NOT l.earlier"
        elif self.spec.by == "cohort":
            begin = Calendar(self.spec.granularity, self.asked.version.settings).begin("l.began")
            body = (
                f"SELECT l.*, date_diff('day', DATE '1970-01-01', {begin}) AS place, 'period' AS kind,\n"
                f'  CAST({begin} AS VARCHAR) AS "group"\n{kept}\nWHERE NOT l.earlier'
            )
        else:
            body = (
                'SELECT l.*, r.place, r.kind, r."group"\n'
                f"{kept}\nJOIN {self._ranks} AS r ON r.item IS NOT DISTINCT FROM l.item\nWHERE NOT l.earlier"
            )
        return self.asked.add("placed", body, "those that are not left out, with their group")

    @cached_property
    def _ranks(self) -> str:
        most = self.spec.items
        body = (
            "SELECT item,\n"
            "  CASE WHEN item IS NULL THEN 'none' WHEN rank > {0} THEN 'other' ELSE 'item' END AS kind,\n"
            "  CASE WHEN item IS NULL THEN 'No value' WHEN rank > {0} THEN 'Other' ELSE item END\n"
            '    AS "group",\n'
            "  CASE WHEN item IS NULL THEN {1} + 1 ELSE least(rank, {1}) END AS place\n"
            "FROM (\n"
            "  SELECT item, row_number() OVER (ORDER BY item IS NULL, count(*) DESC, item) AS rank\n"
            "  FROM {2}\n  WHERE NOT earlier\n  GROUP BY item\n)"
        ).format(most, most + 1, self._left)
        return self.asked.add("ranks", body, f"the {most} items with most containers, then the others")

    # --- curves ----------------------------------------------------------------------------------

    @cached_property
    def _curve(self) -> str:
        """Name of a part with the numbers of each group and day, and the share that has come by then."""
        days = self.asked.add(
            "days",
            lines(
                "SELECT place, kind, \"group\", day, count(*) FILTER (WHERE state = 'reached') AS reached,",
                "  count(*) FILTER (WHERE state = 'competing') AS competing,",
                "  count(*) FILTER (WHERE state = 'censored') AS censored",
                "FROM (",
                f'  SELECT place, kind, "group", days AS day, state FROM {self._placed}',
                f"  UNION ALL SELECT DISTINCT place, kind, \"group\", 0, 'begins' FROM {self._placed}",
                ")",
                'GROUP BY place, kind, "group", day',
            ),
            "how many of each group left on each day; day 0 is always there",
        )
        risk = self.asked.add(
            "at_risk",
            "SELECT *, CAST(sum(reached + competing + censored) OVER (\n"
            "  PARTITION BY place ORDER BY day DESC\n) AS BIGINT) AS at_risk\n"
            f"FROM {days}",
            "how many were still observed, and had come to nothing, just before",
        )
        stays = self.asked.add(
            "stays",
            "SELECT *, coalesce(product(1 - (reached + competing) / greatest(at_risk, 1)) OVER (\n"
            "  PARTITION BY place ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING\n"
            "), 1) AS before\n"
            f"FROM {risk}",
            "the share that had come to nothing just before (Kaplan-Meier)",
        )
        body = (
            "SELECT *, least(sum(before * reached / greatest(at_risk, 1)) OVER (\n"
            "  PARTITION BY place ORDER BY day\n), 1) AS share\n"
            f"FROM {stays}"
        )
        return self.asked.add("curves", body, "the share that has come to the milestone (Aalen-Johansen)")


def with_limits(
    spec: TimeToSpec, version: DataVersion, counted: dict[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The tables with what no SQL says: limits of shares and medians, and the test between groups."""
    groups = [
        Group(str(rows["kind"][0]), str(rows["group"][0]), Leaving.from_rows(rows))
        for rows in counted["curve"].partition_by("kind", "group", maintain_order=True)
    ]
    earlier = int(counted["tests"]["earlier"][0])
    if spec.initiative is not None:
        unmatched = counted["effects"].filter(pl.col("arm") != "difference").select("arm", "unmatched")
        whole = initiative_tables(groups, spec.initiative.at_days, dict(unmatched.iter_rows()), earlier)
    else:
        complete = whole_periods(version, spec.granularity) if spec.by == "cohort" else {}
        whole = tables(groups, complete, earlier)
    return {
        name: table.with_columns(
            counted[name].cast({one: table.schema[one] for one in counted[name].columns})
        )
        for name, table in whole.items()
    }
