"""Flow as SQL: nodes and links over what every path shows, and whole paths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.flow_options import (
    STEPS,
    converting,
    first_items,
    passing,
    step_kind,
    steps_taken,
)
from workbench.engines.sql.flow_trails import Trails
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import quote_literal
from workbench.engines.sql.statement import lines
from workbench.errors import SpecError, nearest
from workbench.model.specs import FlowSpec

_PASSES = "t.container_id = s.container_id AND t.path = s.path"


@dataclass(frozen=True)
class Flow:
    """A flow in one statement."""

    asked: Asked
    spec: FlowSpec

    def nodes(self) -> str:
        """The select of table `nodes`."""
        if self.spec.times:
            return self._timed_nodes()
        return (
            'SELECT "column", kind, item, count(*) AS paths, count(DISTINCT container_id) AS containers\n'
            f'FROM {self._visits}\nGROUP BY "column", kind, item\n'
            f'ORDER BY "column", {_order("kind", "item", "count(*)")}'
        )

    def _timed_nodes(self) -> str:
        """The same with the time from the column nearer the anchor."""
        elapsed = "abs(date_diff('microsecond', s.occurred_at, t.occurred_at)) / 1e6"
        return (
            'SELECT t."column", t.kind, t.item,\n'
            "  count(*) AS paths, count(DISTINCT t.container_id) AS containers,\n"
            f"  quantile_cont({elapsed}, 0.5) AS median_seconds\n"
            f"FROM {self._visits} AS t\n"
            f"LEFT JOIN {self._visits} AS s\n"
            f'  ON {_PASSES} AND t."column" <> 0 AND s."column" = t."column" - sign(t."column")\n'
            'GROUP BY t."column", t.kind, t.item\n'
            f'ORDER BY t."column", {_order("t.kind", "t.item", "count(*)")}'
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
        elapsed = "date_diff('microsecond', s.occurred_at, t.occurred_at) / 1e6"
        times = f",\n  quantile_cont({elapsed}, 0.5) AS median_seconds" if self.spec.times else ""
        order = ""
        if self.spec.declared_order:
            order = f',\n  {step_kind(self.spec, self.asked.version, "s", "t")} AS "order"'
        return (
            'SELECT s."column", s.kind AS source_kind, s.item AS source,\n'
            "  t.kind AS target_kind, t.item AS target,\n"
            f"  count(*) AS paths, count(DISTINCT s.container_id) AS containers{times}{order}\n"
            f"FROM {self._visits} AS s\n"
            f"JOIN {self._visits} AS t\n"
            f'  ON {_PASSES} AND t."column" = s."column" + 1\n'
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
            f'  ON {_PASSES} AND t."column" = s."column" + 1\n'
            f'WHERE s."column" = {column} AND {" AND ".join(tests)}'
        )

    # --- the declared order ----------------------------------------------------------------------

    def order(self) -> str:
        """The select of table `order`."""
        base = f"(SELECT count(DISTINCT container_id) FROM {self._paths})"
        kinds = ", ".join(f"({place}, '{kind}')" for place, kind in enumerate(STEPS))
        return lines(
            "SELECT k.kind, count(s.path) AS paths, count(DISTINCT s.container_id) AS containers,",
            f"  {percent('count(DISTINCT s.container_id)', base)} AS percent, {base} AS percent_base",
            f"FROM (VALUES {kinds}) AS k(place, kind)",
            f"LEFT JOIN {self._steps} AS s ON s.kind = k.kind",
            "GROUP BY k.place, k.kind",
            "ORDER BY k.place",
        )

    def order_members(self, kind: str) -> str:
        """The select of the containers with a path that takes such a step; SpecError for another kind."""
        if kind not in STEPS:
            raise SpecError(f"order has no row {kind!r}; {nearest(kind, STEPS)}", "select.kind")
        return f"SELECT DISTINCT container_id\nFROM {self._steps}\nWHERE kind = '{kind}'"

    @cached_property
    def _steps(self) -> str:
        return steps_taken(self._trails, self._paths)

    # --- whole paths -----------------------------------------------------------------------------

    def whole_paths(self, *, exits: bool) -> str:
        """The select of table `paths`, the most frequent first, or of `exits`, which end in Exit."""
        wanted = "WHERE kinds LIKE '%exit'" if exits else ""
        order = "containers DESC, paths DESC" if exits else "paths DESC"
        goal = f",\n  converted, {percent('converted', 'containers')} AS converted_percent"
        return lines(
            "SELECT first_column, whole_path AS path, kinds, paths, containers,",
            f"  {percent('paths', 'percent_base')} AS percent, percent_base, median_seconds"
            + (goal if self.spec.goal is not None else ""),
            f"FROM {self._counted}",
            wanted,
            f"ORDER BY {order}, first_column, items, kinds",
            f"LIMIT {self.spec.paths}",
        )

    def whole_path_members(
        self, names: dict[str, str], first_column: int, *, exits: bool, converted: bool
    ) -> str:
        """The select of the containers with a whole path, or those that convert; `names`: path and kinds."""
        return lines(
            "SELECT DISTINCT container_id",
            f"FROM {self._whole}",
            f"WHERE whole_path = {quote_literal(names['path'])} AND kinds = {quote_literal(names['kinds'])}",
            f"  AND first_column = {first_column}",
            "  AND kinds LIKE '%exit'" if exits else "",
            "  AND converted" if converted else "",
        )

    @cached_property
    def _whole(self) -> str:
        """Name of a part with one row per path: its first column, its items and kinds as text, its time."""
        goal = self.spec.goal
        body = lines(
            'SELECT container_id, path, CAST(min("column") AS BIGINT) AS first_column,',
            r"""  string_agg(replace(item, '→', '\→'), ' → ' ORDER BY "column") AS whole_path,""",
            """  string_agg(kind, ' ' ORDER BY "column") AS kinds, list(item ORDER BY "column") AS items,""",
            "  date_diff('microsecond', min(occurred_at), max(occurred_at)) / 1e6 AS seconds"
            + (", count(converted) > 0 AS converted" if goal is not None else ""),
            f"FROM {self._paths}",
            f"LEFT JOIN {converting(self._trails, goal)} USING (container_id, path)"
            if goal is not None
            else "",
            "GROUP BY container_id, path",
        )
        return self.asked.add("whole", body, "each path as text; an arrow inside an item has a backslash")

    @cached_property
    def _counted(self) -> str:
        goal = "  count(DISTINCT container_id) FILTER (WHERE converted) AS converted,"
        body = lines(
            "SELECT first_column, whole_path, kinds, items, count(*) AS paths,",
            "  count(DISTINCT container_id) AS containers, quantile_cont(seconds, 0.5) AS median_seconds,",
            goal if self.spec.goal is not None else "",
            "  CAST(sum(count(*)) OVER () AS BIGINT) AS percent_base",
            f"FROM {self._whole}",
            "GROUP BY first_column, whole_path, kinds, items",
        )
        return self.asked.add("counted", body, "how many paths are the same")

    # --- columns ---------------------------------------------------------------------------------

    @cached_property
    def _trails(self) -> Trails:
        return Trails(self.asked, self.spec)

    @cached_property
    def _paths(self) -> str:
        """Name of a part with the paths that count, one row per path and column."""
        return passing(self._trails)

    @cached_property
    def _visits(self) -> str:
        """Name of a part with one row per path and column."""
        ranks = self.asked.add(
            "ranks",
            'SELECT "column", kind, item,\n'
            '  row_number() OVER (PARTITION BY "column" '
            "ORDER BY count(*) DESC, kind = 'item', item) AS place\n"
            f"FROM {self._paths}\nWHERE kind IN ('anchor', 'item')\nGROUP BY \"column\", kind, item",
            "items of each column, those with most paths first",
        )
        other, time = f"r.place > {first_items(self.spec)}", ", v.occurred_at" if self.spec.times else ""
        body = (
            f'SELECT v.container_id, v.path, v."column"{time},\n'
            f"  CASE WHEN {other} THEN 'other' ELSE v.kind END AS kind,\n"
            f"  CASE WHEN {other} THEN 'Other' ELSE v.item END AS item\n"
            f"FROM {self._paths} AS v\n"
            f'LEFT JOIN {ranks} AS r ON r."column" = v."column" AND r.kind = v.kind AND r.item = v.item'
        )
        kept = f"the {self.spec.items} first" if isinstance(self.spec.items, int) else "the first"
        return self.asked.add("visits", body, f"{kept} items are kept, the rest is Other")


def _order(kind: str, item: str, paths: str) -> str:
    """Kept items with most paths first, then Other, then the ends."""
    group = f"CASE {kind} WHEN 'other' THEN 1 WHEN 'exit' THEN 2 WHEN 'entry' THEN 2 ELSE 0 END"
    return f"{group}, {paths} DESC, {kind} <> 'anchor', {item}"
