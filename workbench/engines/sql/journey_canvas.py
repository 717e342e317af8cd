"""Journey canvas and fallout as SQL: one statement a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.checkpoints import Checkpoints
from workbench.engines.sql.fallout_split import FalloutSplit
from workbench.engines.sql.literals import quote_literal
from workbench.engines.sql.metrics import Measure
from workbench.errors import SpecError, nearest
from workbench.model.result import SPLIT, check_split
from workbench.model.specs import JourneyCanvasSpec, Metric


def percent(value: str, base: str) -> str:
    """SQL for a share from 0 to 100; null without a base."""
    return f"100 * CAST({value} AS DOUBLE) / nullif({base}, 0)"


def containers_of(part: str) -> str:
    """SQL for the number of containers in a part."""
    return f"(SELECT count(DISTINCT container_id) FROM {part})"


@dataclass(frozen=True)
class Canvas:
    """A canvas in one statement."""

    asked: Asked
    spec: JourneyCanvasSpec

    @cached_property
    def points(self) -> Checkpoints:
        """Its nodes."""
        return Checkpoints.of_canvas(self.asked, self.spec)

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Ids of the nodes whose containers are left out of all other numbers."""
        return frozenset(node.id for node in self.spec.nodes if node.exclude)

    def nodes(self, *, shown: bool = False) -> str:
        """The select of table `nodes`; `qualified` is counted where people do not see it."""
        rows = "\nUNION ALL\n".join(self._node(place) for place in range(len(self.spec.nodes)))
        numbers = self.asked.add("numbers", rows, "the numbers of each node and what they are compared with")
        return (
            f"SELECT 'All' AS segment, id, label, {'' if shown else 'qualified, '}value,\n"
            f"  {percent('value', 'base')} AS percent, base AS percent_base,\n"
            f"  secondary_value, {percent('secondary_value', 'secondary_base')} AS secondary_percent,\n"
            f"  fallout, {percent('fallout', 'qualified')} AS fallout_percent{self._split_columns}\n"
            f"FROM {numbers}\nORDER BY place"
        )

    def arrows(self, *, shown: bool = False) -> str:
        """The select of table `arrows`; `percent_base` is counted where people do not see it."""
        base = "" if shown else "any_value(qualified) AS percent_base, "
        if not self.spec.arrows:
            return _NO_ARROWS
        rows = []
        for place, arrow in enumerate(self.spec.arrows):
            moves = self._kept(self.points.moves(arrow.source, arrow.target), arrow.target)
            rows.append(
                f"SELECT {place} AS place, {quote_literal(arrow.source)} AS source,"
                f" {quote_literal(arrow.target)} AS target,\n"
                f"  {containers_of(self._reach(arrow.source, arrow.target))} AS qualified, seconds\n"
                f"FROM (SELECT NULL) LEFT JOIN {moves} ON true"
            )
        times = self.asked.add(
            "times", "\nUNION ALL\n".join(rows), "how long every container took on every arrow"
        )
        return (
            "SELECT 'All' AS segment, source, target, count(seconds) AS value,\n"
            f"  {percent('count(seconds)', 'any_value(qualified)')} AS percent,\n"
            f"  {base}quantile_cont(seconds, 0.5) AS median_seconds,\n"
            "  quantile_cont(seconds, 0.25) AS p25_seconds,\n"
            "  quantile_cont(seconds, 0.75) AS p75_seconds\n"
            f"FROM {times}\nGROUP BY place, source, target\nORDER BY place"
        )

    def node_members(self, node: str, measure: str) -> str:
        """The select of the containers behind a node's number."""
        if node not in self.points.reached:
            raise SpecError(f"there is no node {node!r}; {nearest(node, self.points.reached)}", "select.id")
        if measure == "value":
            return f"SELECT DISTINCT container_id FROM {self._reach(node, node)}"
        if not self._falls_out(node):
            why = "it is excluded" if node in self.excluded else "no arrow leaves it"
            raise SpecError(f"nothing falls out at {node!r}, because {why}", "select.id")
        if measure == "fallout":
            return f"SELECT container_id FROM {self._fallen(node)}"
        check_split(self.spec.fallout_split, measure)
        return f"SELECT container_id FROM {self._fates(node)} WHERE fate = {quote_literal(measure)}"

    def arrow_members(self, source: str, target: str) -> str:
        """The select of the containers that moved along an arrow."""
        if (source, target) not in self.points.arrived:
            raise SpecError(f"there is no arrow from {source!r} to {target!r}", "select")
        return f"SELECT DISTINCT container_id FROM {self._kept(self.points.arrived[source, target], target)}"

    # --- who counts ------------------------------------------------------------------------------

    def _kept(self, part: str, at: str) -> str:
        """Name of the part without the containers that a number of the node `at` leaves out."""
        if not self.excluded or at in self.excluded:
            return part
        ways = (self.points.reached[name] for name in sorted(self.excluded))
        everyone = "\nUNION\n".join(f"SELECT container_id FROM {reach}" for reach in ways)
        out = self.asked.add("left_out", everyone, "containers that came to an excluded node")
        body = f"SELECT *\nFROM {part}\nWHERE container_id NOT IN (SELECT container_id FROM {out})"
        return self.asked.add(f"{part}_kept", body, "without those who are left out")

    def _reach(self, node: str, at: str) -> str:
        """Name of a node's reach set, for a number of the node `at`."""
        return self._kept(self.points.reached[node], at)

    def _falls_out(self, node: str) -> bool:
        return node not in self.excluded and bool(self.spec.outgoing(node))

    @property
    def _split_columns(self) -> str:
        return ",\n  " + ", ".join(SPLIT) if self.spec.fallout_split else ""

    def _fates(self, node: str) -> str:
        """Name of a part with what became of those who fell out at a node."""
        return FalloutSplit(self.asked).fates(node, self._fallen(node), self.points.reached[node])

    # --- one node --------------------------------------------------------------------------------

    def _node(self, place: int) -> str:
        node = self.spec.nodes[place]
        own, second = self._measure(self.spec.metric), self.spec.secondary_metric
        values = f"{self._value(own, [node.id], node.id)} AS value,\n  {self._base(own, node.id)} AS base"
        if second is None:
            others = "CAST(NULL AS BIGINT) AS secondary_value, CAST(NULL AS BIGINT) AS secondary_base"
        else:
            other = self._measure(second)
            others = (
                f"{self._value(other, [node.id], node.id)} AS secondary_value,\n"
                f"  {self._base(other, node.id)} AS secondary_base"
            )
        falls_out, parts = self._falls_out(node.id), ""
        fallen = f"(SELECT count(*) FROM {self._fallen(node.id)})" if falls_out else "NULL"
        if self.spec.fallout_split:
            fates = self._fates(node.id) if falls_out else None
            parts = f",\n  {FalloutSplit(self.asked).counts(fates)}"
        return (
            f"SELECT {place} AS place, {quote_literal(node.id)} AS id,\n"
            f"  {quote_literal(node.title)} AS label,\n"
            f"  {values},\n  {others},\n"
            f"  CAST({fallen} AS BIGINT) AS fallout,\n"
            f"  {containers_of(self._reach(node.id, node.id))} AS qualified{parts}"
        )

    def _measure(self, metric: Metric | None) -> Measure:
        return Measure(self.asked, metric)

    def _fallen(self, node: str) -> str:
        """Name of a part with the containers that reached the node and go along none of its arrows."""
        ways = [self.points.arrived[node, arrow.target] for arrow in self.spec.outgoing(node)]
        tests = [f"container_id NOT IN (SELECT container_id FROM {way})" for way in ways]
        where = "\n  AND ".join(tests)
        body = f"SELECT DISTINCT container_id\nFROM {self._reach(node, node)}\nWHERE {where}"
        return self.asked.add(f"fallout_{node}", body, "containers that came here and went along no arrow")

    def _value(self, measure: Measure, nodes: Iterable[str], at: str) -> str:
        """The metric over the union of some nodes, for a number of the node `at`."""
        parts = [self._counted(measure, node, at) for node in nodes]
        if len(parts) == 1:
            return measure.over(parts[0])
        columns = "container_id" if measure.of_containers else "container_id, position"
        return measure.over("(" + " UNION ".join(f"SELECT {columns} FROM {part}" for part in parts) + ")")

    def _base(self, measure: Measure, node: str) -> str:
        if self.spec.percent_of == "total":
            return measure.over(self._everything(node))
        if self.spec.percent_of == "start":
            return self._value(measure, self.spec.starts_of(node), node)
        before = [arrow.source for arrow in self.spec.incoming(node)]
        return self._value(measure, before or [node], node)

    def _everything(self, at: str) -> str:
        """All events of the histories in the date range, as a part or a select."""
        rows = self.asked.in_range_rows()
        if not self.excluded or at in self.excluded:
            return f"({rows})"
        return self._kept(self.asked.add("everything", rows, "all events in the date range"), at)

    def _counted(self, measure: Measure, node: str, at: str) -> str:
        """Name of the part that the metric is taken over at a node."""
        reach, match = self._reach(node, at), self.points.matches[node]
        if measure.of_containers:
            return reach
        if self.spec.counting == "all_matching":
            inside = f"container_id IN (SELECT container_id FROM {reach})"
            body = f"SELECT container_id, position\nFROM {match}\nWHERE {inside}"
            return self.asked.add(f"counted_{node}", body, "matching events of the containers that came here")
        body = (
            f"SELECT m.container_id, m.position\nFROM {match} AS m\n"
            f"JOIN (SELECT container_id, min(position) AS position FROM {reach} GROUP BY container_id) AS r\n"
            "  ON r.container_id = m.container_id AND m.position >= r.position"
        )
        return self.asked.add(
            f"counted_{node}", body, "matching events from the first time a container came here"
        )


_NO_ARROWS = (
    "SELECT '' AS segment, '' AS source, '' AS target, CAST(0 AS BIGINT) AS value,\n"
    "  CAST(0 AS DOUBLE) AS percent, CAST(0 AS DOUBLE) AS median_seconds,\n"
    "  CAST(0 AS DOUBLE) AS p25_seconds, CAST(0 AS DOUBLE) AS p75_seconds\n"
    "WHERE false"
)
