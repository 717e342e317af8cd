"""Fallout as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.checkpoints import Checkpoints
from workbench.engines.sql.journey_canvas import containers_of, percent
from workbench.engines.sql.literals import quote_literal
from workbench.errors import SpecError
from workbench.model.containers import container_named
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
        return (
            "SELECT 'All' AS segment, step, label, value,\n"
            f"  {percent('value', f'first_value(value) {window}')} AS percent_of_first,\n"
            f"  {percent('value', f'lag(value) {window}')} AS percent_of_previous,\n"
            f"  value - lead(value) {window} AS fallout, median_seconds\n"
            f"FROM {steps}\nORDER BY step"
        )

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
        return f"{here} WHERE container_id NOT IN (SELECT container_id FROM {self._part(step + 1)})"

    def _part(self, step: int) -> str:
        if step:
            return self.points.reached[str(step)]
        plural = container_named(self.spec.container).plural.replace("_", " ")
        return self.asked.add(
            "everybody", self.asked.in_range_rows(), f"all {plural} with an event in the date range"
        )

    def _rows(self) -> list[str]:
        """One select per step: `step, label, value, median_seconds`."""
        rows = []
        if self.spec.baseline:
            rows.append(self._row(0, "All", "CAST(NULL AS DOUBLE)"))
        for step, point in enumerate(self.spec.touchpoints, start=1):
            median = "CAST(NULL AS DOUBLE)"
            if step > 1:
                moves = self.points.moves(str(step - 1), str(step))
                median = f"(SELECT quantile_cont(seconds, 0.5) FROM {moves})"
            label = point.label or describe_condition(point.where, self.asked.version)
            rows.append(self._row(step, label, median))
        return rows

    def _row(self, step: int, label: str, median: str) -> str:
        value = containers_of(self._part(step))
        number = f"CAST({step} AS BIGINT) AS step"
        return (
            f"SELECT {number}, {quote_literal(label)} AS label, {value} AS value, {median} AS median_seconds"
        )
