"""Fallout as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.checkpoints import Checkpoints
from workbench.engines.sql.fallout_split import FalloutSplit
from workbench.engines.sql.journey_canvas import containers_of, percent
from workbench.engines.sql.literals import quote_literal
from workbench.errors import SpecError
from workbench.model.containers import container_named
from workbench.model.result import SPANS, SPLIT, check_split, span_number
from workbench.model.specs import FalloutSpec
from workbench.model.wording import describe_condition


@dataclass(frozen=True)
class Fallout:
    """A fallout in one statement."""

    asked: Asked
    spec: FalloutSpec

    @cached_property
    def points(self) -> Checkpoints:
        """Its touchpoints."""
        return Checkpoints.of_fallout(self.asked, self.spec)

    def touchpoints(self) -> str:
        """The select of table `touchpoints`."""
        steps = self.asked.add(
            "steps", "\nUNION ALL\n".join(self._rows()), "containers and times of each step"
        )
        window = "OVER (ORDER BY step)"
        split = f" {', '.join(SPLIT)}," if self.spec.fallout_split else ""
        return (
            "SELECT 'All' AS segment, step, label, value,\n"
            f"  {percent('value', f'first_value(value) {window}')} AS percent_of_first,\n"
            f"  {percent('value', f'lag(value) {window}')} AS percent_of_previous,\n"
            f"  value - lead(value) {window} AS fallout,{split} median_seconds, p25_seconds, p75_seconds\n"
            f"FROM {steps}\nORDER BY step"
        )

    def times(self) -> str:
        """The select of table `times`: containers by step and the span of time they needed."""
        spans = ", ".join(f"({low}, {'NULL' if high is None else high})" for low, high in SPANS)
        moves = {
            step: self.points.moves(str(step - 1), str(step))
            for step in range(2, len(self.spec.touchpoints) + 1)
        }
        rows = [f"SELECT CAST({step} AS BIGINT) AS step, seconds FROM {part}" for step, part in moves.items()]
        if not rows:
            rows = ["SELECT CAST(0 AS BIGINT) AS step, CAST(0 AS DOUBLE) AS seconds WHERE false"]
        needed = self.asked.add("needed", "\nUNION ALL\n".join(rows), "seconds of each container and step")
        listed = f"generate_series(2, {max(len(self.spec.touchpoints), 1)})"
        return (
            "SELECT 'All' AS segment, t.step, s.from_seconds, s.to_seconds, count(n.step) AS value,\n"
            f"  {percent('count(n.step)', 'sum(count(n.step)) OVER of_step')} AS percent,\n"
            "  CAST(sum(count(n.step)) OVER of_step AS BIGINT) AS percent_base\n"
            f"FROM {listed} AS t(step)\n"
            "CROSS JOIN (SELECT CAST(a AS BIGINT), CAST(b AS BIGINT)\n"
            f"  FROM (VALUES {spans}) AS v(a, b)) AS s(from_seconds, to_seconds)\n"
            f"LEFT JOIN {needed} AS n ON n.step = t.step AND n.seconds >= s.from_seconds\n"
            "  AND (s.to_seconds IS NULL OR n.seconds < s.to_seconds)\n"
            "GROUP BY t.step, s.from_seconds, s.to_seconds\n"
            "WINDOW of_step AS (PARTITION BY t.step)\nORDER BY t.step, s.from_seconds"
        )

    def needed(self, step: int, begin: int) -> str:
        """The select of the containers that needed a span of time for a step."""
        if step not in range(2, len(self.spec.touchpoints) + 1):
            raise SpecError(f"no times lead to step {step}", "select.step")
        _, end = SPANS[span_number(begin)]
        before = "" if end is None else f" AND seconds < {end}"
        moves = self.points.moves(str(step - 1), str(step))
        return f"SELECT container_id\nFROM {moves}\nWHERE seconds >= {begin}{before}"

    def members(self, step: int, measure: str) -> str:
        """The select of the containers behind a step's number."""
        last = len(self.spec.touchpoints)
        if step not in range(0 if self.spec.baseline else 1, last + 1):
            raise SpecError(f"there is no step {step}; the last one is {last}", "select.step")
        here = f"SELECT DISTINCT container_id FROM {self._part(step)}"
        if measure == "value":
            return here
        if step == last:
            raise SpecError(f"nothing falls out at step {step}, because it is the last one", "select.step")
        if measure == "fallout":
            return f"SELECT container_id FROM {self._fallen(step)}"
        check_split(self.spec.fallout_split, measure)
        return f"SELECT container_id FROM {self._fates(step)} WHERE fate = {quote_literal(measure)}"

    def _fallen(self, step: int) -> str:
        """Name of a part with the containers that came to a step and not to the next one."""
        body = (
            f"SELECT DISTINCT container_id\nFROM {self._part(step)}\n"
            f"WHERE container_id NOT IN (SELECT container_id FROM {self._part(step + 1)})"
        )
        return self.asked.add(f"fallout_{step}", body, "containers that came here and not to the next step")

    def _fates(self, step: int) -> str:
        """Name of a part with what became of those who fell out at a step."""
        return FalloutSplit(self.asked).fates(str(step), self._fallen(step), self._part(step))

    def _part(self, step: int) -> str:
        if step:
            return self.points.reached[str(step)]
        plural = container_named(self.spec.container).plural.replace("_", " ")
        return self.asked.add(
            "everybody", self.asked.in_range_rows(), f"all {plural} with an event in the date range"
        )

    def _rows(self) -> list[str]:
        """One select per step: `step, label, value`, and quantiles of its times."""
        rows = []
        if self.spec.baseline:
            rows.append(self._row(0, "All", None))
        for step, point in enumerate(self.spec.touchpoints, start=1):
            moves = self.points.moves(str(step - 1), str(step)) if step > 1 else None
            label = point.label or describe_condition(point.where, self.asked.version)
            rows.append(self._row(step, label, moves))
        return rows

    def _row(self, step: int, label: str, moves: str | None) -> str:
        times = ", ".join(f"{_quantile(moves, share)} AS {name}" for name, share in _QUANTILES.items())
        value = containers_of(self._part(step))
        number = f"CAST({step} AS BIGINT) AS step"
        split = ""
        if self.spec.fallout_split:
            fates = self._fates(step) if step < len(self.spec.touchpoints) else None
            split = f",\n  {FalloutSplit(self.asked).counts(fates)}"
        return f"SELECT {number}, {quote_literal(label)} AS label, {value} AS value,\n  {times}{split}"


_QUANTILES = {"median_seconds": 0.5, "p25_seconds": 0.25, "p75_seconds": 0.75}


def _quantile(moves: str | None, share: float) -> str:
    return f"(SELECT quantile_cont(seconds, {share}) FROM {moves})" if moves else "CAST(NULL AS DOUBLE)"
