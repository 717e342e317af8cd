"""Flow as SQL: elements, runs of equal elements, and the items that follow or precede each anchor.

Steps of a container are numbered in time. The path of an anchor at step `s` has column `k` at step `s + k`,
also to the left; one more step at the open end of each history says Exit, Entry or Before data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.literals import instant, interval, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.containers import container_named
from workbench.model.specs import FlowSpec
from workbench.model.wording import describe_condition

_WITH_CREATION = ("opportunity", "lead")


@dataclass(frozen=True)
class Flow:
    """A flow in one statement."""

    asked: Asked
    spec: FlowSpec

    def nodes(self) -> str:
        """The select of table `nodes`."""
        return (
            'SELECT "column", kind, item, count(*) AS paths, count(DISTINCT container_id) AS containers\n'
            f'FROM {self._visits}\nGROUP BY "column", kind, item\n'
            f'ORDER BY "column", {_order("kind", "item", "count(*)")}'
        )

    def links(self) -> str:
        """The select of table `links`."""
        nodes = self.asked.add(
            "nodes",
            'SELECT "column", kind, item, row_number() OVER (ORDER BY "column", '
            f"{_order('kind', 'item', 'count(*)')}) AS place\n"
            f'FROM {self._visits}\nGROUP BY "column", kind, item',
            "the nodes in the order they are listed",
        )
        return (
            'SELECT s."column", s.kind AS source_kind, s.item AS source,\n'
            "  t.kind AS target_kind, t.item AS target,\n"
            "  count(*) AS paths, count(DISTINCT s.container_id) AS containers\n"
            f"FROM {self._visits} AS s\n"
            f"JOIN {self._visits} AS t\n"
            '  ON t.container_id = s.container_id AND t.path = s.path AND t."column" = s."column" + 1\n'
            f'JOIN {nodes} AS a ON a."column" = s."column" AND a.kind = s.kind AND a.item = s.item\n'
            f'JOIN {nodes} AS b ON b."column" = t."column" AND b.kind = t.kind AND b.item = t.item\n'
            'GROUP BY s."column", s.kind, s.item, t.kind, t.item, a.place, b.place\nORDER BY a.place, b.place'
        )

    def node_members(self, column: int, item: str, kind: str | None) -> str:
        """The select of the containers with a path through a node."""
        kinds = f" AND kind = {quote_literal(kind)}" if kind is not None else ""
        return (
            f"SELECT DISTINCT container_id\nFROM {self._visits}\n"
            f'WHERE "column" = {column} AND item = {quote_literal(item)}{kinds}'
        )

    def link_members(self, column: int, ends: dict[str, str]) -> str:
        """The select of the containers with a path along a link; `ends`: source, target and their kinds."""
        names = {"source": "s.item", "target": "t.item", "source_kind": "s.kind", "target_kind": "t.kind"}
        tests = [f"{names[key]} = {quote_literal(value)}" for key, value in ends.items()]
        return (
            f"SELECT DISTINCT s.container_id\nFROM {self._visits} AS s\nJOIN {self._visits} AS t\n"
            '  ON t.container_id = s.container_id AND t.path = s.path AND t."column" = s."column" + 1\n'
            f'WHERE s."column" = {column} AND {" AND ".join(tests)}'
        )

    # --- elements, runs, steps -------------------------------------------------------------------

    @property
    def _forward(self) -> bool:
        return self.spec.ends_with is None

    @cached_property
    def _label(self) -> str:
        label = self.spec.anchor_label or describe_condition(self.spec.anchor, self.asked.version)
        return quote_literal(label)

    def _elements(self, history: str, name: str) -> str:
        """Name of a part with the events that match the anchor or have a value of the dimension."""
        asked = self.asked
        assert isinstance(self.spec.dimension, str)
        anchor = asked.writer.test(self.spec.anchor, asked.scope)
        value, joins = asked.writer.column(asked.version.pathing_dimension(self.spec.dimension), asked.scope)
        all_joins = dict.fromkeys([*anchor.joins, *joins])
        kind = f"CASE WHEN {anchor.sql} THEN 'anchor' ELSE 'item' END AS kind"
        item = f"CASE WHEN {anchor.sql} THEN {self._label} ELSE {value} END AS item"
        body = "\n".join(
            [
                f"SELECT h.container_id, h.position, h.occurred_at, h.row,\n  {kind},\n  {item}",
                f"FROM {history} AS h",
                *all_joins,
                f"WHERE {value} IS NOT NULL OR {anchor.bracketed}",
            ]
        )
        return asked.add(name, body, "events that are the anchor, or have a value of the dimension")

    def _runs(self, elements: str, name: str) -> str:
        """Name of a part with one row per run of equal elements, at the event next to its path."""
        if self.spec.repeats:
            return elements
        neighbour = "lead" if self._forward else "lag"
        over = "OVER (PARTITION BY container_id ORDER BY position)"
        tests = [f"{neighbour}({column}) {over} IS DISTINCT FROM {column}" for column in ("kind", "item")]
        body = f"SELECT *\nFROM {elements}\nQUALIFY {' OR '.join(tests)}"
        end = "last" if self._forward else "first"
        return self.asked.add(name, body, f"runs of equal elements, each at its {end} event")

    @cached_property
    def _numbered(self) -> str:
        runs = self._runs(self._elements(self.asked.history, "elements"), "runs")
        body = (
            f"SELECT *, row_number() OVER (PARTITION BY container_id ORDER BY position) AS step\nFROM {runs}"
        )
        return self.asked.add("numbered", body, "the steps of each container, numbered in time")

    @cached_property
    def _ends(self) -> str:
        """Name of a part with the step at the open end of each container's history."""
        if self._forward:
            body = lines(
                "SELECT container_id, max(step) + 1 AS step, 'exit' AS kind, 'Exit' AS item",
                f"FROM {self._numbered}",
                "GROUP BY container_id",
            )
            return self.asked.add("ends", body, "where each history ends")
        container, entry, record = container_named(self.spec.container), "'Entry'", ""
        if container.name in _WITH_CREATION:
            begin = instant(self.asked.version.data_from)
            entry = f"CASE WHEN c.created_at < {begin} THEN 'Before data' ELSE 'Entry' END"
            record = f"\nLEFT JOIN {container.table} AS c ON c.{container.record_key} = n.container_id"
        body = lines(
            f"SELECT DISTINCT n.container_id, 0 AS step, 'entry' AS kind, {entry} AS item",
            f"FROM {self._numbered} AS n{record}",
        )
        return self.asked.add("ends", body, "where each history begins")

    @cached_property
    def _paths(self) -> str:
        """Name of a part with one row per path: `container_id, path` (its anchor's step), `occurred_at`."""
        numbered, tests = self._numbered, ["n.kind = 'anchor'"]
        if self.asked.range_test("n"):
            tests.append(self.asked.range_test("n"))
        if self.spec.occurrence != "all":
            tests.append(f"(n.container_id, n.row) IN (SELECT container_id, row FROM {self._chosen})")
        body = (
            f"SELECT n.container_id, n.step AS path, n.occurred_at\nFROM {numbered} AS n\nWHERE "
            + "\n  AND ".join(tests)
        )
        return self.asked.add("paths", body, "one path per anchor")

    @property
    def _chosen(self) -> str:
        """Name of a part with the first or last anchor of each whole history."""
        runs = self._runs(self._elements(self.asked.whole_history, "all_elements"), "all_runs")
        pick = "min_by" if self.spec.occurrence == "first" else "max_by"
        body = lines(
            f"SELECT container_id, {pick}(row, position) AS row",
            f"FROM {runs}",
            "WHERE kind = 'anchor'",
            "GROUP BY container_id",
        )
        return self.asked.add("chosen", body, f"the {self.spec.occurrence} anchor of each container")

    # --- columns ---------------------------------------------------------------------------------

    @cached_property
    def _trails(self) -> str:
        """Name of a part with one row per path and column, before items are folded into Other."""
        columns = f"0, {self.spec.columns}" if self._forward else f"-{self.spec.columns}, 0"
        steps = self.asked.add(
            "steps",
            f"SELECT container_id, step, kind, item, occurred_at\nFROM {self._numbered}\nUNION ALL\n"
            f"SELECT container_id, step, kind, item, NULL\nFROM {self._ends}",
            "the steps and the open end of each container",
        )
        rows = (
            f"FROM {self._paths} AS a\nCROSS JOIN generate_series({columns}) AS c(k)\n"
            f"JOIN {steps} AS s ON s.container_id = a.container_id AND s.step = a.path + c.k"
        )
        comment = "what every path passes, column by column"
        limits = self._limits
        if not limits:
            body = f'SELECT a.container_id, a.path, c.k AS "column", s.kind, s.item\n{rows}'
            return self.asked.add("trails", body, comment)
        far = " OR ".join(f"{self._distance} > {interval(limit)}" for limit in limits)
        body = (
            f'SELECT a.container_id, a.path, c.k AS "column",\n'
            f"  CASE WHEN {far} THEN e.kind ELSE s.kind END AS kind,\n"
            f"  CASE WHEN {far} THEN e.item ELSE s.item END AS item\n"
            f"{rows}\nJOIN {self._ends} AS e ON e.container_id = a.container_id"
        )
        passed = self.asked.add("passed", body, comment)
        first = 'row_number() OVER (PARTITION BY container_id, path, kind ORDER BY abs("column")) = 1'
        body = f"SELECT *\nFROM {passed}\nQUALIFY kind NOT IN ('exit', 'entry') OR {first}"
        return self.asked.add("trails", body, "up to the first step that lies too far from the anchor")

    @property
    def _limits(self) -> list[str]:
        limits = [self.spec.within] if self.spec.within else []
        return limits + ([self.spec.follow] if self.spec.follow and self._forward else [])

    @property
    def _distance(self) -> str:
        return "s.occurred_at - a.occurred_at" if self._forward else "a.occurred_at - s.occurred_at"

    @cached_property
    def _visits(self) -> str:
        """Name of a part with one row per path and column."""
        ranks = self.asked.add(
            "ranks",
            'SELECT "column", kind, item,\n'
            '  row_number() OVER (PARTITION BY "column" '
            "ORDER BY count(*) DESC, kind = 'item', item) AS place\n"
            f"FROM {self._trails}\nWHERE kind IN ('anchor', 'item')\nGROUP BY \"column\", kind, item",
            "items of each column, those with most paths first",
        )
        other = f"r.place > {self.spec.items}"
        body = (
            'SELECT v.container_id, v.path, v."column",\n'
            f"  CASE WHEN {other} THEN 'other' ELSE v.kind END AS kind,\n"
            f"  CASE WHEN {other} THEN 'Other' ELSE v.item END AS item\n"
            f"FROM {self._trails} AS v\n"
            f'LEFT JOIN {ranks} AS r ON r."column" = v."column" AND r.kind = v.kind AND r.item = v.item'
        )
        return self.asked.add(
            "visits", body, f"the {self.spec.items} first items are kept, the rest is Other"
        )


def _order(kind: str, item: str, paths: str) -> str:
    """Kept items with most paths first, then Other, then the ends."""
    group = f"CASE {kind} WHEN 'other' THEN 1 WHEN 'exit' THEN 2 WHEN 'entry' THEN 2 ELSE 0 END"
    return f"{group}, {paths} DESC, {kind} <> 'anchor', {item}"
