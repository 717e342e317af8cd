"""Cohorts as SQL: calendar periods, who meets the inclusion in which, and the rows they stand in.

Periods are numbered from 1, so that the period `k` after a cohort is the sum of two numbers.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar
from workbench.engines.sql.conditions import Tested, joined, threshold
from workbench.engines.sql.literals import day, interval, quote_literal
from workbench.errors import SpecError
from workbench.model.calendar import periods, range_bounds
from workbench.model.specs import CohortTableSpec, Criteria

Row = datetime.date | tuple[str | None, str]
"""What names a row: a cohort's first day, or the kind (where it is known) and the name of an item."""


@dataclass(frozen=True)
class Memberships:
    """The members of a cohort table, and its rows."""

    asked: Asked
    spec: CohortTableSpec

    # --- periods ---------------------------------------------------------------------------------

    @cached_property
    def known(self) -> tuple[list[datetime.date], list[int]]:
        """First days of all periods, and the instants at which they begin and the last one ends."""
        return periods(self.asked.version, self.spec.granularity)

    @cached_property
    def cohort_days(self) -> list[datetime.date]:
        """First days of the periods that lie wholly inside the date range."""
        bounds = range_bounds(self.spec.date_range, self.asked.version)
        days, instants = self.known
        if bounds is None:
            return days
        spans = zip(days, instants[:-1], instants[1:], strict=True)
        return [begin for begin, first, end in spans if bounds[0] <= first and end <= bounds[1]]

    @cached_property
    def whole_days(self) -> tuple[list[datetime.date], list[datetime.date]]:
        """First days of the periods that begin with the data or later, and of those over by the horizon."""
        days, instants = self.known
        version = self.asked.version
        begun = [begin for begin, at in zip(days, instants, strict=False) if at >= version.data_from]
        ended = [begin for begin, end in zip(days, instants[1:], strict=True) if end <= version.horizon]
        return begun, ended

    @cached_property
    def calendar(self) -> Calendar:
        """The periods in SQL."""
        return Calendar(self.spec.granularity, self.asked.version.settings)

    @cached_property
    def periods(self) -> str:
        """Name of a part with every period: `period` (its number) and `begins`."""
        days = self.known[0]
        body = (
            "SELECT row_number() OVER (ORDER BY begins) AS period, CAST(begins AS DATE) AS begins\n"
            f"FROM generate_series({day(days[0])}, {day(days[-1])}, {self.calendar.length}) AS g(begins)"
        )
        words, zone = self.spec.granularity.replace("_", " "), self.asked.version.settings.time_zone
        return self.asked.add(
            "periods", body, f"every {words} from the start of the data to the horizon, {zone}"
        )

    @cached_property
    def cohorts(self) -> str:
        """Name of a part with the periods that are cohorts."""
        days = self.cohort_days
        if days == self.known[0]:
            return self.periods
        where = f"begins BETWEEN {day(days[0])} AND {day(days[-1])}" if days else "false"
        body = f"SELECT *\nFROM {self.periods}\nWHERE {where}"
        return self.asked.add("cohorts", body, "those that lie wholly inside the date range")

    # --- inclusion -------------------------------------------------------------------------------

    def matching(self, name: str, criteria: Criteria, comment: str, *, cut: bool) -> str:
        """Name of a part with the events that match any metric: `metric_1 …` tell which.

        Where the criteria hold without any event, inclusion needs the other events too: they tell when a
        container was there to be judged. Inclusion events carry the `item` of the dimension.
        """
        asked, history = self.asked, self.asked.whole_history
        tests = [self._test(criteria, number) for number in range(len(criteria.metrics))]
        any_of = joined(tests, "OR")
        flags = [
            f"coalesce({test.sql}, false) AS metric_{number}" for number, test in enumerate(tests, start=1)
        ]
        item, item_joins = self._item if name == "inclusion" else ("", ())
        where = [] if name == "inclusion" and holds_without_events(criteria) else [any_of.bracketed]
        if cut and asked.range_test("h"):
            where.append(asked.range_test("h"))
        columns = ["h.container_id", "h.position", "h.occurred_at", "p.period", *flags]
        columns += [f"{item} AS item"] if item else []
        body = "\n".join(
            [
                f"SELECT {', '.join(columns)}",
                f"FROM {history} AS h",
                *dict.fromkeys([*any_of.joins, *item_joins]),
                f"JOIN {self.periods} AS p ON p.begins = {self.calendar.begin('h.occurred_at')}",
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

    @property
    def _item(self) -> tuple[str, tuple[str, ...]]:
        if self.spec.dimension is None:
            return "", ()
        version = self.asked.version
        path = version.countable(self.spec.dimension, "dimension")
        column, joins = self.asked.writer.column(path, self.asked.scope)
        return column if version.field_type(path) == "text" else f"CAST({column} AS VARCHAR)", joins

    @cached_property
    def inclusion(self) -> str:
        """Name of a part with the events of the inclusion criteria."""
        return self.matching("inclusion", self.spec.inclusion, "events of the inclusion criteria", cut=False)

    def matched(self, alias: str = "") -> str:
        """SQL that an event of the inclusion criteria matches any of them."""
        numbers = range(1, len(self.spec.inclusion.metrics) + 1)
        return " OR ".join(f"{alias}metric_{number}" for number in numbers)

    @cached_property
    def members(self) -> str:
        """Name of a part with `container_id, period, first_position, started, item` of each membership."""
        only = f"FILTER (WHERE {self.matched()})"
        columns = ["container_id", "period", f"min(position) {only} AS first_position"]
        if self.spec.periods == "elapsed" or self.spec.columns == "milestones":
            columns.append(f"min(occurred_at) {only} AS started")
        if self.spec.dimension is not None:
            columns.append(f"{self.spec.touch}(item ORDER BY position) {only} AS item")
        body = (
            f"SELECT {', '.join(columns)}\n"
            f"FROM {self.inclusion}\nGROUP BY container_id, period\n"
            f"HAVING {criteria_sql(self.spec.inclusion, '')}"
        )
        comment = "containers that meet the inclusion in a period, with their first matching event"
        if self.spec.membership == "first":
            body += "\nQUALIFY row_number() OVER (PARTITION BY container_id ORDER BY period) = 1"
            comment = "containers in the first period in which they meet the inclusion"
        members = self.asked.add("members", body, comment)
        if self.cohorts == self.periods:
            return members
        inside = f"SELECT m.*\nFROM {members} AS m\nJOIN {self.cohorts} AS c ON c.period = m.period"
        return self.asked.add("cohort_members", inside, "those of the cohorts")

    def followed(self, position: str, time: str) -> str:
        """SQL that an inclusion event of the membership `m` came shortly before; empty without `follow`."""
        if not self.spec.follow:
            return ""
        return (
            f"EXISTS (\n  SELECT 1 FROM {self.inclusion} AS s\n"
            f"  WHERE s.container_id = m.container_id AND s.period = m.period AND s.position < {position}\n"
            f"    AND {time} - s.occurred_at <= {interval(self.spec.follow)} AND ({self.matched('s.')})\n)"
        )

    # --- rows ------------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> str:
        """Name of a part with every `item`: `place` of its row, and the row's `kind` and `cohort`."""
        most = self.spec.items
        body = (
            "SELECT item,\n"
            "  CASE WHEN item IS NULL THEN 'none' WHEN rank > {0} THEN 'other' ELSE 'item' END AS kind,\n"
            "  CASE WHEN item IS NULL THEN 'No value' WHEN rank > {0} THEN 'Other' ELSE item END AS cohort,\n"
            "  CASE WHEN item IS NULL THEN {1} + 1 ELSE least(rank, {1}) END AS place\n"
            "FROM (\n"
            "  SELECT item, row_number() OVER (ORDER BY item IS NULL, count(*) DESC, item) AS rank\n"
            f"  FROM {self.members}\n  GROUP BY item\n)"
        ).format(most, most + 1)
        words = f"the {most} items with most members, then Other and No value"
        return self.asked.add("rows", body, words)

    @cached_property
    def placed(self) -> str:
        """Name of a part with the memberships and the `place` of their row."""
        if self.spec.dimension is None:
            body = f"SELECT *, period AS place\nFROM {self.members}"
        else:
            body = (
                f"SELECT m.*, r.place\nFROM {self.members} AS m\n"
                f"JOIN {self.rows} AS r ON r.item IS NOT DISTINCT FROM m.item"
            )
        return self.asked.add("placed", body, "every membership with its row")

    @cached_property
    def names(self) -> str:
        """Name of a part with the table's rows: `place`, their names, and `size`."""
        sizes = f"SELECT place, count(*) AS size FROM {self.placed} GROUP BY place"
        if self.spec.dimension is None:
            body = (
                "SELECT c.period AS place, c.begins AS cohort, coalesce(s.size, 0) AS size\n"
                f"FROM {self.cohorts} AS c\nLEFT JOIN ({sizes}) AS s ON s.place = c.period"
            )
        else:
            body = (
                f"SELECT DISTINCT r.place, r.kind, r.cohort, s.size\nFROM {self.rows} AS r\n"
                f"JOIN ({sizes}) AS s ON s.place = r.place"
            )
        return self.asked.add("named_rows", body, "the rows of the table with their size")

    @property
    def name_columns(self) -> str:
        """Columns of `names` that name a row, as `n`."""
        return "n.cohort" if self.spec.dimension is None else "n.kind, n.cohort"

    def place_of(self, row: Row) -> str:
        """SQL for the place of a row."""
        if isinstance(row, datetime.date):
            if row not in self.cohort_days:
                raise SpecError(f"there is no cohort of {row}", "select.cohort")
            return str(self.known[0].index(row) + 1)
        kind, name = row
        only = f" AND kind = {quote_literal(kind)}" if kind is not None else ""
        return f"(SELECT min(place) FROM {self.rows} WHERE cohort = {quote_literal(name)}{only})"


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
