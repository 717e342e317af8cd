"""Trails of a flow as SQL: what every path shows, column by column, before items are folded.

With one dimension the runs of a container are steps numbered in time: the path of an anchor at step `s` has
column `k` at step `s + k`, also to the left, and one more step at each open end says Exit, Entry or Before
data. With a dimension per column each column is a search for the next element of its dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.literals import instant, interval, quote_list, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.containers import container_named
from workbench.model.specs import FlowSpec
from workbench.model.wording import describe_condition

_WITH_CREATION = ("opportunity", "lead")
_ELEMENTS = "events that are the anchor, or have a value of the dimension"
_PASSED = "what every path passes, column by column"


@dataclass(frozen=True)
class Trails:
    """The paths of a flow; columns left of the anchor are negative."""

    asked: Asked
    spec: FlowSpec

    @cached_property
    def part(self) -> str:
        """Name of a part with one row per path and column: `container_id, path, column, kind, item`.

        `path` tells a container's paths apart. Where times are asked there is `occurred_at`, null at ends.
        """
        return self._walked if self._is_walked else self._stepped

    @property
    def timed(self) -> bool:
        """Whether the trails tell when."""
        return self.spec.times or self.spec.paths > 0

    # --- elements --------------------------------------------------------------------------------

    @property
    def _at_last(self) -> bool:
        """Whether runs stand at their last event, which is next to their path where it goes right."""
        return self.spec.ends_with is None

    @property
    def _nearest(self) -> str:
        """The dimension among whose elements anchors in a row are one run."""
        return self.spec.dimensions(self.spec.sides[-1])[0]

    def _elements(self, dimension: str, history: str, name: str) -> str:
        """Name of a part with the elements of a dimension."""
        asked = self.asked
        anchor = asked.writer.test(self.spec.anchor, asked.scope)
        value, joins = asked.writer.column(asked.version.pathing_dimension(dimension), asked.scope)
        label = self.spec.anchor_label or describe_condition(self.spec.anchor, asked.version)
        known = f"{value} IS NOT NULL"
        if self.spec.exclude:
            known = f"{value} NOT IN {quote_list(self.spec.exclude)}"
        if self.spec.among is not None:
            among = asked.writer.test(self.spec.among, asked.scope)
            known, joins = f"{known} AND {among.bracketed}", (*joins, *among.joins)
        body = lines(
            "SELECT h.container_id, h.position, h.occurred_at, h.row,",
            f"  CASE WHEN {anchor.sql} THEN 'anchor' ELSE 'item' END AS kind,",
            f"  CASE WHEN {anchor.sql} THEN {quote_literal(label)} ELSE {value} END AS item",
            f"FROM {history} AS h",
            *dict.fromkeys([*anchor.joins, *joins]),
            f"WHERE ({known}) OR {anchor.bracketed}",
        )
        return asked.add(name, body, _ELEMENTS)

    def _runs(self, elements: str, name: str) -> str:
        """Name of a part with one row per run of equal elements, at the event where it stands."""
        if self.spec.repeats:
            return elements
        neighbour = "lead" if self._at_last else "lag"
        over = "OVER (PARTITION BY container_id ORDER BY position)"
        tests = [f"{neighbour}({column}) {over} IS DISTINCT FROM {column}" for column in ("kind", "item")]
        body = f"SELECT *\nFROM {elements}\nQUALIFY {' OR '.join(tests)}"
        end = "last" if self._at_last else "first"
        return self.asked.add(name, body, f"runs of equal elements, each at its {end} event")

    @cached_property
    def _chosen(self) -> str:
        """Name of a part with the first or last anchor of each whole history."""
        elements = self._elements(self._nearest, self.asked.whole_history, "all_elements")
        pick = "min_by" if self.spec.occurrence == "first" else "max_by"
        body = lines(
            f"SELECT container_id, {pick}(row, position) AS row",
            f"FROM {self._runs(elements, 'all_runs')}",
            "WHERE kind = 'anchor'",
            "GROUP BY container_id",
        )
        return self.asked.add("chosen", body, f"the {self.spec.occurrence} anchor of each container")

    def _begins(self, alias: str) -> str:
        """Tests of a run that it is an anchor which begins a path."""
        tests = [f"{alias}.kind = 'anchor'"]
        if self.asked.range_test(alias):
            tests.append(self.asked.range_test(alias))
        if self.spec.occurrence != "all":
            tests.append(
                f"({alias}.container_id, {alias}.row) IN (SELECT container_id, row FROM {self._chosen})"
            )
        return "\n  AND ".join(tests)

    @property
    def _entry(self) -> tuple[str, str]:
        """SQL for what stands left of a history, and the join it needs; the history's alias is `n`."""
        container = container_named(self.spec.container)
        if container.name not in _WITH_CREATION:
            return "'Entry'", ""
        begin = instant(self.asked.version.data_from)
        entry = f"CASE WHEN c.created_at < {begin} THEN 'Before data' ELSE 'Entry' END"
        return entry, f"LEFT JOIN {container.table} AS c ON c.{container.record_key} = n.container_id"

    def _limits(self, side: int) -> list[str]:
        """How far from the anchor a path goes on that side."""
        limits = [self.spec.within, self.spec.follow if side > 0 else None]
        return [interval(limit) for limit in limits if limit]

    @cached_property
    def _is_walked(self) -> bool:
        """Whether columns have dimensions of their own."""
        return len({path for side in self.spec.sides for path in self.spec.dimensions(side)}) > 1

    @cached_property
    def begun(self) -> str:
        """Name of a part with the anchor of every path: `container_id, path, position, occurred_at`."""
        if self._is_walked:
            body = f"SELECT container_id, path, path AS position, occurred_at\nFROM {self._opened}"
        else:
            rows = f"FROM {self._numbered} AS n\nWHERE {self._begins('n')}"
            body = f"SELECT n.container_id, n.step AS path, n.position, n.occurred_at\n{rows}"
        return self.asked.add("begun", body, "the anchor of every path")

    # --- one dimension: steps --------------------------------------------------------------------

    @cached_property
    def _numbered(self) -> str:
        runs = self._runs(self._elements(self._nearest, self.asked.history, "elements"), "runs")
        body = (
            f"SELECT *, row_number() OVER (PARTITION BY container_id ORDER BY position) AS step\nFROM {runs}"
        )
        return self.asked.add("numbered", body, "the steps of each container, numbered in time")

    @cached_property
    def _ends(self) -> str:
        """Name of a part with the steps at the open ends of each container's history."""
        entry, join = self._entry
        last = lines(
            "SELECT container_id, max(step) + 1 AS step, 'exit' AS kind, 'Exit' AS item",
            f"FROM {self._numbered}",
            "GROUP BY container_id",
        )
        first = lines(
            f"SELECT DISTINCT n.container_id, 0 AS step, 'entry' AS kind, {entry} AS item",
            f"FROM {self._numbered} AS n",
            join,
        )
        wanted = [{1: last, -1: first}[side] for side in self.spec.sides]
        words = {1: "ends", -1: "begins"}
        comment = "where each history " + " and ".join(words[side] for side in self.spec.sides)
        return self.asked.add("ends", "\nUNION ALL\n".join(wanted), comment)

    @cached_property
    def _stepped(self) -> str:
        """The trails where all columns have one dimension."""
        numbered, count = self._numbered, self.spec.columns
        begins = f"SELECT n.container_id, n.step AS path, n.occurred_at\nFROM {numbered} AS n"
        paths = self.asked.add("paths", f"{begins}\nWHERE {self._begins('n')}", "one path per anchor")
        steps = self.asked.add(
            "steps",
            f"SELECT container_id, step, kind, item, occurred_at\nFROM {numbered}\nUNION ALL\n"
            f"SELECT container_id, step, kind, item, NULL\nFROM {self._ends}",
            "the steps and the open end of each container",
        )
        first, last = -count * (-1 in self.spec.sides), count * (1 in self.spec.sides)
        rows = (
            f"FROM {paths} AS a\nCROSS JOIN generate_series({first}, {last}) AS c(k)\n"
            f"JOIN {steps} AS s ON s.container_id = a.container_id AND s.step = a.path + c.k"
        )
        if any(self._limits(side) for side in self.spec.sides):
            return self._limited_steps(rows)
        time = ", s.occurred_at" if self.timed else ""
        body = f'SELECT a.container_id, a.path, c.k AS "column", s.kind, s.item{time}\n{rows}'
        return self.asked.add("trails", body, _PASSED)

    def _limited_steps(self, rows: str) -> str:
        """The trails up to the first step that lies too far from the anchor."""
        far = " OR ".join(self._too_far(side) for side in self.spec.sides if self._limits(side))
        side = " AND (e.kind = 'exit') = (c.k > 0)" if len(self.spec.sides) > 1 else ""
        time = f",\n  CASE WHEN NOT ({far}) THEN s.occurred_at END AS occurred_at" if self.timed else ""
        body = (
            'SELECT a.container_id, a.path, c.k AS "column",\n'
            f"  CASE WHEN {far} THEN e.kind ELSE s.kind END AS kind,\n"
            f"  CASE WHEN {far} THEN e.item ELSE s.item END AS item{time}\n"
            f"{rows}\nJOIN {self._ends} AS e ON e.container_id = a.container_id{side}"
        )
        passed = self.asked.add("passed", body, _PASSED)
        first = 'row_number() OVER (PARTITION BY container_id, path, kind ORDER BY abs("column")) = 1'
        body = f"SELECT *\nFROM {passed}\nQUALIFY kind NOT IN ('exit', 'entry') OR {first}"
        return self.asked.add("trails", body, "up to the first step that lies too far from the anchor")

    def _too_far(self, side: int) -> str:
        ends = ("s", "a") if side > 0 else ("a", "s")
        distance = f"{ends[0]}.occurred_at - {ends[1]}.occurred_at"
        far = [f"{distance} > {limit}" for limit in self._limits(side)]
        if len(self.spec.sides) == 1:
            return " OR ".join(far)
        return f"(c.k {'>' if side > 0 else '<'} 0 AND ({' OR '.join(far)}))"

    # --- a dimension for each column: searches -----------------------------------------------------

    def _spans(self, dimension: str) -> str:
        """Name of a part with the elements of a dimension, each with the bounds of its run."""
        elements = self._elements(dimension, self.asked.history, f"elements_{dimension}")
        if self.spec.repeats:
            bounds = (
                "position AS opens, position AS closes, occurred_at AS opened_at, occurred_at AS closed_at"
            )
            return self.asked.add(f"spans_{dimension}", f"SELECT *, {bounds}\nFROM {elements}", _ELEMENTS)
        order = "OVER (PARTITION BY container_id ORDER BY position)"
        changes = " OR ".join(
            f"lag({column}) {order} IS DISTINCT FROM {column}" for column in ("kind", "item")
        )
        marked = self.asked.add(
            f"changes_{dimension}",
            f"SELECT *, {changes} AS changes\nFROM {elements}",
            "whether an element begins a run of equal ones",
        )
        numbered = self.asked.add(
            f"runs_{dimension}",
            f"SELECT *, count_if(changes) {order} AS run\nFROM {marked}",
            "the run of each element",
        )
        body = lines(
            "SELECT *, min(position) OVER run AS opens, max(position) OVER run AS closes,",
            "  min(occurred_at) OVER run AS opened_at, max(occurred_at) OVER run AS closed_at",
            f"FROM {numbered}",
            "WINDOW run AS (PARTITION BY container_id, run)",
        )
        return self.asked.add(
            f"spans_{dimension}", body, "elements with the first and last event of their run"
        )

    @cached_property
    def _opened(self) -> str:
        """Name of a part with the anchors that begin a path, and the bounds of their runs."""
        stand = "closes" if self._at_last else "opens"
        return self.asked.add(
            "paths",
            lines(
                "SELECT n.container_id, n.position AS path, n.occurred_at AS began, n.kind, n.item,",
                "  n.opens, n.closes, n.occurred_at",
                f"FROM {self._spans(self._nearest)} AS n",
                f"WHERE n.position = n.{stand}\n  AND {self._begins('n')}",
            ),
            "one path per anchor",
        )

    @cached_property
    def _walked(self) -> str:
        """The trails where columns have dimensions of their own."""
        paths = self._opened
        columns = {0: paths}
        for side in self.spec.sides:
            before = paths
            for depth, dimension in enumerate(self.spec.dimensions(side), start=1):
                before = columns[side * depth] = self._column(before, side * depth, dimension)
        time = ", occurred_at" if self.timed else ""
        body = "\nUNION ALL\n".join(
            f'SELECT container_id, path, CAST({number} AS BIGINT) AS "column", kind, item{time}\nFROM {part}'
            for number, part in sorted(columns.items())
        )
        return self.asked.add("trails", body, _PASSED)

    def _column(self, before: str, number: int, dimension: str) -> str:
        """Name of a part with what each path shows in a column; `before` holds the one nearer the anchor."""
        right = number > 0
        end, (entry, join) = ("'exit'", ("'Exit'", "")) if right else ("'entry'", self._entry)
        leaves, way = ("closes", "<") if right else ("opens", ">")
        stand = "closed_at" if right else "occurred_at" if self._at_last else "opened_at"
        distance = f"e.{stand} - n.began" if right else f"n.began - e.{stand}"
        far = [f"{distance} > {limit}" for limit in self._limits(1 if right else -1)]
        gone = " OR ".join(["e.position IS NULL", *far])
        body = lines(
            "SELECT n.container_id, n.path, n.began,",
            f"  CASE WHEN {gone} THEN {end} ELSE e.kind END AS kind,",
            f"  CASE WHEN {gone} THEN {entry} ELSE e.item END AS item,",
            f"  e.opens, e.closes, CASE WHEN {gone} THEN NULL ELSE e.{stand} END AS occurred_at",
            f"FROM {before} AS n",
            f"ASOF LEFT JOIN {self._spans(dimension)} AS e",
            f"  ON e.container_id = n.container_id AND n.{leaves} {way} e.position",
            join,
            "WHERE n.kind NOT IN ('exit', 'entry')",
        )
        side = "after" if right else "before"
        comment = (
            f"column {number}: the next of {dimension} {side} column {number - 1 if right else number + 1}"
        )
        return self.asked.add(f"column_{'' if right else 'left_'}{abs(number)}", body, comment)
