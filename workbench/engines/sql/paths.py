"""Paths as SQL: the items containers come past between a start and an end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.journey_canvas import percent
from workbench.engines.sql.literals import interval
from workbench.engines.sql.statement import lines
from workbench.errors import SpecError
from workbench.model.specs import PathsSpec


@dataclass(frozen=True)
class Paths:
    """Whole paths in one statement."""

    asked: Asked
    spec: PathsSpec

    def paths(self) -> str:
        """The select of table `paths`."""
        listed, base = f"WHEN r.rank <= {self.spec.top}", f"(SELECT count(*) FROM {self._ways})"
        return (
            f"SELECT CASE {listed} THEN r.rank END AS rank, CASE {listed} THEN t.path END AS path,\n"
            f"  count(*) AS containers, {percent('count(*)', base)} AS percent, {base} AS percent_base,\n"
            "  quantile_cont(t.seconds, 0.5) AS median_seconds,\n"
            f"  CASE {listed} THEN 'path' ELSE 'other' END AS kind\n"
            f"FROM {self._trails} AS t\nJOIN {self._ranks} AS r ON r.path = t.path\n"
            "GROUP BY 1, 2, kind\nORDER BY rank NULLS LAST"
        )

    def members(self, rank: int | None) -> str:
        """The select of the containers on the path of a rank; None: on those that are not listed."""
        if rank is not None and rank not in range(1, self.spec.top + 1):
            raise SpecError(
                f"found rank {rank!r}; paths are ranked from 1 to {self.spec.top}, the others have none",
                "select.rank",
            )
        test = f"> {self.spec.top}" if rank is None else f"= {rank}"
        return (
            f"SELECT t.container_id\nFROM {self._trails} AS t\n"
            f"JOIN {self._ranks} AS r ON r.path = t.path\nWHERE r.rank {test}"
        )

    @cached_property
    def _matches(self) -> list[str]:
        """Names of the parts with the matches of start and end."""
        named = [("match_start", self.spec.start), ("match_end", self.spec.end)]
        return [self.asked.matches(name, one, ()) for name, one in named if one is not None]

    @cached_property
    def _ways(self) -> str:
        """Name of a part with each container's way: `container_id, begins, began`, and where it ends."""
        start = self.asked.starts("starts", self._matches[0], "start")
        first = self.asked.add(
            "first_starts",
            "SELECT container_id, min(position) AS begins, min(occurred_at) AS began\n"
            f"FROM {start}\nGROUP BY container_id",
            "the first start of each container",
        )
        if self.spec.end is None:
            return first
        follow = self.spec.follow
        body = lines(
            "SELECT s.container_id, s.begins, s.began, min(e.position) AS ends, min(e.occurred_at) AS ended",
            f"FROM {first} AS s",
            f"JOIN {self._matches[1]} AS e ON e.container_id = s.container_id AND e.position > s.begins",
            "GROUP BY s.container_id, s.begins, s.began",
            f"HAVING min(e.occurred_at) - s.began <= {interval(follow)}" if follow else "",
        )
        return self.asked.add("ways", body, "with the first end after it")

    @cached_property
    def _between(self) -> str:
        """Name of a part with the items of each container's way: `container_id, item, position`."""
        asked = self.asked
        value, joins = asked.writer.column(asked.version.pathing_dimension(self.spec.dimension), asked.scope)
        ways = [self.spec.start, *([self.spec.end] if self.spec.end is not None else [])]
        marks = [asked.writer.test(one, asked.scope) for one in ways]
        until = "AND h.position < w.ends" if self.spec.end is not None else ""
        if self.spec.end is None and self.spec.follow:
            until = f"AND h.occurred_at - w.began <= {interval(self.spec.follow)}"
        tests = [f"{value} IS NOT NULL", *(f"NOT coalesce({mark.sql}, false)" for mark in marks)]
        body = lines(
            f"SELECT h.container_id, {value} AS item, min(h.position) AS position",
            f"FROM {asked.history} AS h",
            f"JOIN {self._ways} AS w ON w.container_id = h.container_id AND h.position > w.begins {until}",
            *dict.fromkeys([*joins, *(join for mark in marks for join in mark.joins)]),
            "WHERE " + "\n  AND ".join(tests),
            f"GROUP BY h.container_id, {value}",
        )
        return asked.add("between", body, "items on the way, each where it first occurs")

    @cached_property
    def _trails(self) -> str:
        """Name of a part with each container's path: `container_id, seconds, path`."""
        considered = self.asked.add(
            "considered",
            f"SELECT item\nFROM {self._between}\nGROUP BY item\n"
            f"QUALIFY row_number() OVER (ORDER BY count(*) DESC, item) <= {self.spec.items}",
            f"the {self.spec.items} items that most containers come past",
        )
        step = "row_number() OVER (PARTITION BY b.container_id ORDER BY b.position)"
        steps = self.asked.add(
            "steps",
            f"SELECT b.container_id, b.item, {step} AS step\n"
            f"FROM {self._between} AS b\nJOIN {considered} AS c ON c.item = b.item\n"
            f"QUALIFY {step} <= {self.spec.longest}",
            f"the first {self.spec.longest} of them on each way",
        )
        seconds = "date_diff('microsecond', w.began, w.ended) / 1e6"
        body = (
            f"SELECT w.container_id, {seconds if self.spec.end is not None else 'CAST(NULL AS DOUBLE)'} "
            "AS seconds,\n"
            "  coalesce(list(s.item ORDER BY s.step) FILTER (WHERE s.item IS NOT NULL), []) AS path\n"
            f"FROM {self._ways} AS w\nLEFT JOIN {steps} AS s ON s.container_id = w.container_id\n"
            "GROUP BY ALL"
        )
        return self.asked.add("trails", body, "the path of each container")

    @cached_property
    def _ranks(self) -> str:
        return self.asked.add(
            "ranks",
            f"SELECT path, row_number() OVER (ORDER BY count(*) DESC, path) AS rank\n"
            f"FROM {self._trails}\nGROUP BY path",
            "the most frequent paths first",
        )
