"""What the return events of a cohort table are worth in each cell, as SQL: every key is added once a cell."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.cohort_members import Memberships
from workbench.engines.sql.metrics import Measure
from workbench.model.specs import SumOf


@dataclass(frozen=True)
class CohortAmounts:
    """The value metric of a cohort table with periods as columns."""

    asked: Asked
    of: Memberships
    metric: SumOf

    @property
    def _measure(self) -> Measure:
        return Measure(self.asked, self.metric)

    @property
    def zero(self) -> str:
        """SQL for the sum over nothing."""
        return self._measure.zero

    @property
    def _looked_at(self) -> str:
        """SQL that a return event `r` lies in the columns that a cell `s` looks at."""
        spec = self.of.spec
        if spec.rolling or spec.counting == "exactly":
            return "r.k = s.k"
        if spec.counting == "on_or_after":
            return "r.k >= s.k"
        return "r.k BETWEEN least(s.k, 0) AND greatest(s.k, 0)"

    def events(self, standing: str, counted: str, returns: str, observed: str) -> str:
        """Name of a part with the events that each cell, a `place` and column `k`, adds up.

        Given the parts with every column of every membership, those in which it counts, its return events,
        and the columns in which it is observed (empty for all).
        """
        same = "{0}.container_id = s.container_id AND {0}.cohort = s.cohort"
        seen = ""
        if observed:
            seen = f"\nJOIN {observed} AS o ON {same.format('o')} AND r.k BETWEEN o.low AND o.high"
        return self.asked.add(
            "cell_events",
            "SELECT DISTINCT s.place, s.k, r.container_id, r.position\n"
            f"FROM {standing} AS s\n"
            f"JOIN {counted} AS h ON {same.format('h')} AND h.k = s.k\n"
            f"JOIN {returns} AS r ON {same.format('r')} AND {self._looked_at}{seen}\n"
            "WHERE s.observed",
            "the return events that each cell looks at, of the members it counts",
        )

    def by_cell(self, events: str) -> str:
        """Name of a part with the `amount` of each `place` and column `k`, given the events of each."""
        worth = self.asked.add(
            "worth",
            "SELECT DISTINCT e.place, e.k, x.key, x.value\n"
            f"FROM {events} AS e\n"
            f"JOIN {self._measure.measured(self.asked.whole_history)} AS x\n"
            "  ON x.container_id = e.container_id AND x.position = e.position",
            "what is added up in each cell, each once",
        )
        total = f"CAST(coalesce(sum(value), 0) AS {self._measure.sum_type})"
        body = f"SELECT place, k, {total} AS amount\nFROM {worth}\nGROUP BY place, k"
        return self.asked.add("amounts", body, "the sums of each cell")

    def currencies(self, events: str) -> str | None:
        """The select of the currencies that would be added up; None where there are none to tell."""
        return self._measure.currencies(self.asked.whole_history, events)
