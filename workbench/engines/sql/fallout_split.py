"""Fallout apart, as SQL: lost, in play and dormant containers."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.literals import quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.milestones import closing, recently_active
from workbench.model.result import SPLIT

LOST, IN_PLAY, DORMANT = SPLIT


@dataclass(frozen=True)
class FalloutSplit:
    """What became of those who fell out, judged on histories that no date range cuts."""

    asked: Asked

    def fates(self, name: str, fallen: str, reach: str) -> str:
        """Name of a part with `container_id, fate` of the containers of `fallen`, which came by `reach`."""
        closed = self._last_closing
        later = "c.position > a.position" if closed else "false"
        join = f"LEFT JOIN {closed} AS c ON c.container_id = f.container_id" if closed else ""
        body = lines(
            "SELECT f.container_id,",
            f"  CASE WHEN {later} THEN {quote_literal(LOST)}",
            f"    WHEN f.container_id IN (SELECT container_id FROM {self._active})"
            f" THEN {quote_literal(IN_PLAY)}",
            f"    ELSE {quote_literal(DORMANT)} END AS fate",
            f"FROM {fallen} AS f",
            f"JOIN {self._arrivals(name, reach)} AS a ON a.container_id = f.container_id",
            join,
        )
        return self.asked.add(f"fates_{name}", body, "what became of those who fell out")

    def counts(self, fates: str | None) -> str:
        """SQL for the columns `lost, in_play, dormant`; null where nothing falls out."""
        if fates is None:
            return ", ".join(f"CAST(NULL AS BIGINT) AS {name}" for name in SPLIT)
        return ",\n  ".join(
            f"(SELECT count(*) FROM {fates} WHERE fate = {quote_literal(name)}) AS {name}" for name in SPLIT
        )

    def _arrivals(self, name: str, reach: str) -> str:
        """Name of a part with the position, in the uncut history, with which containers first came."""
        first = f"SELECT container_id, min(position) AS position\nFROM {reach}\nGROUP BY container_id"
        asked = self.asked
        if asked.history != asked.whole_history:
            first = (
                f"SELECT w.container_id, w.position\nFROM (\n{first}\n) AS a\n"
                f"JOIN {asked.history} AS h ON h.container_id = a.container_id AND h.position = a.position\n"
                f"JOIN {asked.whole_history} AS w ON w.container_id = h.container_id AND w.row = h.row"
            )
        return asked.add(f"arrivals_{name}", first, "the event with which containers first came here")

    @property
    def _last_closing(self) -> str | None:
        """Name of a part with each container's last closing milestone; None without such milestones."""
        condition = closing(self.asked.version)
        if condition is None:
            return None
        asked = self.asked
        rows = asked.writer.rows(
            "closing", condition, asked.scope, asked.whole_history, ("container_id", "position")
        )
        body = f"SELECT container_id, max(position) AS position\nFROM {rows}\nGROUP BY container_id"
        return asked.add("last_closing", body, "the last closing milestone of each container")

    @property
    def _active(self) -> str:
        """Name of a part with the events that keep containers in play."""
        asked, condition = self.asked, recently_active(self.asked.version)
        return asked.writer.rows("active", condition, asked.scope, asked.whole_history, ("container_id",))
