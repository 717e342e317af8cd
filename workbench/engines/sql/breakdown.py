"""Breakdown as SQL: the metric by item of a field, or by calendar period."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.calendar import Calendar, range_in_words
from workbench.engines.sql.conditions import Tested
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import day, quote_literal
from workbench.engines.sql.metrics import Measure
from workbench.engines.sql.statement import lines
from workbench.errors import SpecError, nearest
from workbench.model.calendar import periods, range_bounds
from workbench.model.specs import BreakdownSpec
from workbench.model.wording import describe_condition


@dataclass(frozen=True)
class Breakdown:
    """A breakdown in one statement."""

    asked: Asked
    spec: BreakdownSpec

    def items(self) -> str:
        """The select of table `items`."""
        base = self.asked.add(
            "base", f"SELECT {self._measure.over(self._counted)} AS base", "the metric over all of them"
        )
        rows = self._by_period if self.spec.by == "period" else self._by_item
        return (
            f"SELECT 'All' AS segment, n.kind, n.item, n.value,\n"
            f"  {percent('n.value', 'b.base')} AS percent, b.base AS percent_base, n.complete\n"
            f"FROM {rows} AS n\nCROSS JOIN {base} AS b\n"
            "ORDER BY CASE n.kind WHEN 'other' THEN 1 WHEN 'none' THEN 2 ELSE 0 END,\n"
            f"  {'n.item' if self.spec.by == 'period' else 'n.value DESC, n.item'}"
        )

    def members(self, kind: str, item: str) -> str:
        """The select of the containers behind a row."""
        if self.spec.by == "period":
            days = [begin.isoformat() for begin, _ in self._shown]
            if kind != "period" or item not in days:
                raise SpecError(f"{item!r} is no period here; {nearest(item, days)}", "select.item")
            kind = "item"
        tests = {"item": f"item = {quote_literal(item)}", "none": "item IS NULL", "other": "kind = 'other'"}
        if kind not in tests:
            raise SpecError(f"found kind {kind!r}; {nearest(kind, tests)}", "select.kind")
        rows = self._folded if kind == "other" else self._counted
        return f"SELECT DISTINCT container_id\nFROM {rows}\nWHERE {tests[kind]}"

    @cached_property
    def _measure(self) -> Measure:
        return Measure(self.asked, self.spec.metric)

    @cached_property
    def _counted(self) -> str:
        """Name of a part with the counted events: `container_id, position, item`."""
        asked, where = self.asked, self.spec.where
        tested = asked.writer.test(where, asked.scope) if where is not None else Tested("")
        item, joins = self._item
        tests = [test for test in (tested.sql and tested.bracketed, asked.range_test("h")) if test]
        body = lines(
            f"SELECT h.container_id, h.position, {item} AS item",
            f"FROM {asked.history} AS h",
            *dict.fromkeys([*tested.joins, *joins]),
            f"WHERE {' AND '.join(tests)}" if tests else "",
        )
        words = f"events that match: {describe_condition(where, asked.version)}" if where else "every event"
        if asked.range_test("h") and self.spec.date_range:
            words += f", {range_in_words(self.spec.date_range, asked.version.settings)}"
        return asked.add("counted", body, words)

    @property
    def _item(self) -> tuple[str, tuple[str, ...]]:
        asked = self.asked
        if self.spec.by == "period":
            calendar = Calendar(self.spec.granularity, asked.version.settings)
            return f"CAST({calendar.begin('h.occurred_at')} AS VARCHAR)", ()
        column, joins = asked.writer.column(asked.version.countable(self.spec.by), asked.scope)
        text = asked.version.field_type(self.spec.by) == "text"
        return column if text else f"CAST({column} AS VARCHAR)", joins

    # --- items -----------------------------------------------------------------------------------

    @cached_property
    def _folded(self) -> str:
        """Name of a part with the counted events, `kind` and `item` as they are shown."""
        values = self.asked.add(
            "item_values", self._measure.by(self._counted, "item"), "the metric of each item"
        )
        ranks = self.asked.add(
            "ranks",
            f"SELECT item, row_number() OVER (ORDER BY value DESC, item) AS place\n"
            f"FROM {values}\nWHERE item IS NOT NULL",
            "items with the greatest values first",
        )
        body = (
            "SELECT c.container_id, c.position,\n"
            f"  CASE WHEN c.item IS NULL THEN 'none' WHEN r.place > {self.spec.items} THEN 'other' "
            "ELSE 'item' END AS kind,\n"
            f"  CASE WHEN c.item IS NULL THEN 'No value' WHEN r.place > {self.spec.items} THEN 'Other' "
            "ELSE c.item END AS item\n"
            f"FROM {self._counted} AS c\nLEFT JOIN {ranks} AS r ON r.item = c.item"
        )
        return self.asked.add("folded", body, f"the {self.spec.items} first items, the rest is Other")

    @property
    def _by_item(self) -> str:
        by = self._measure.by(self._folded, "kind", "item")
        body = f"SELECT kind, item, value, CAST(NULL AS BOOLEAN) AS complete\nFROM (\n{by}\n)"
        return self.asked.add("numbers", body, "the metric of each row")

    # --- periods ---------------------------------------------------------------------------------

    @cached_property
    def _shown(self) -> list[tuple[datetime.date, bool]]:
        """First day of each period that touches the date range, and whether it is complete."""
        version = self.asked.version
        days, instants = periods(version, self.spec.granularity)
        low, high = range_bounds(self.spec.date_range, version) or (-(2**62), 2**62)
        first, last = max(low, version.data_from), min(high, version.horizon)
        return [
            (begin, first <= start and end <= last)
            for begin, start, end in zip(days, instants[:-1], instants[1:], strict=True)
            if start < high and end > low
        ]

    @property
    def _by_period(self) -> str:
        calendar = Calendar(self.spec.granularity, self.asked.version.settings)
        days = [begin for begin, _ in self._shown]
        whole = [begin for begin, complete in self._shown if complete]
        ends = f"{day(days[0])}, {day(days[-1])}, {calendar.length}" if days else "1, 0"
        complete = f"begins BETWEEN {day(whole[0])} AND {day(whole[-1])}" if whole else "false"
        words, zone = self.spec.granularity.replace("_", " "), self.asked.version.settings.time_zone
        shown = self.asked.add(
            "periods",
            f"SELECT CAST(CAST(begins AS DATE) AS VARCHAR) AS item, {complete} AS complete\n"
            f"FROM generate_series({ends}) AS g(begins)",
            f"every {words}, {zone}",
        )
        values = self.asked.add(
            "item_values", self._measure.by(self._counted, "item"), f"the metric of each {words}"
        )
        body = (
            f"SELECT 'period' AS kind, p.item, coalesce(v.value, {self._measure.zero}) AS value, p.complete\n"
            f"FROM {shown} AS p\nLEFT JOIN {values} AS v ON v.item = p.item"
        )
        return self.asked.add("numbers", body, "the metric of each row")
