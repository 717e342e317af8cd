"""From one checkpoint to a later one: which positions are reached, and how long it took.

Parts that hold positions have the columns `container_id, position, occurred_at`, the ids that `same` and
`different` compare, and, where the question asks, `started` (time of the latest start that leads here) and
`barrier` (position of the latest excluded event before).

Only one earlier position has to be looked at. Without limits that is the first one reached; with limits, the
same id or excluded events, the latest one that is old enough, because every other limit favours later ones.
Only `different` ids and `follow` need all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.sql.literals import interval
from workbench.engines.sql.statement import lines
from workbench.model.durations import in_words, seconds


@dataclass(frozen=True)
class Link:
    """What the later event `p` must satisfy beside the earlier one `q`."""

    within: str | None = None
    after: str | None = None
    same: str | None = None
    different: str | None = None
    next: bool = False
    follow: str | None = None
    barrier: bool = False
    """Whether excluded events between the two forbid the move."""

    @property
    def free(self) -> bool:
        """Whether "later" is all that is asked."""
        return not (
            self._delay
            or self.within
            or self.same
            or self.different
            or self.next
            or self.barrier
            or self.follow
        )

    @property
    def _delay(self) -> str | None:
        return self.after if self.after and seconds(self.after) else None

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that are equal in both events."""
        return ("container_id", *((f"{self.same}_id",) if self.same else ()))

    def in_words(self) -> str:
        """Such as "later, within 30 days, of the same opportunity"."""
        words = ["as the very next event" if self.next else "later"]
        words += [f"within {in_words(self.within)}"] if self.within else []
        words += [f"after at least {in_words(self.after)}"] if self.after else []
        words += [f"of the same {self.same.replace('_', ' ')}"] if self.same else []
        words += [f"of a different {self.different.replace('_', ' ')}"] if self.different else []
        words += ["with no excluded event between"] if self.barrier else []
        return ", ".join(words)

    def reached(self, match: str, reach: str) -> str:
        """SQL for the rows of `match` that follow a row of `reach`."""
        if self.free:
            first = f"(SELECT container_id, min(position) AS position FROM {reach} GROUP BY container_id)"
            return lines("SELECT p.*", f"FROM {match} AS p", f"JOIN {first} AS q", f"  ON {self._later}")
        started = ", q.started" if self.follow else ""
        if self.next:
            return lines(
                f"SELECT p.*{started}",
                f"FROM {match} AS p",
                f"JOIN {reach} AS q",
                f"  ON {self._equal} AND q.position = p.position - 1",
                self._where(delay=True),
            )
        if self.different or self.follow:
            best = ", max(q.started) AS started" if self.follow else ""
            return lines(
                f"SELECT {'' if best else 'DISTINCT '}p.*{best}",
                f"FROM {match} AS p",
                f"JOIN {reach} AS q",
                f"  ON {self._later}",
                self._where(delay=True),
                "GROUP BY ALL" if best else "",
            )
        return lines(
            "SELECT p.*",
            f"FROM {match} AS p",
            f"ASOF JOIN {self._per_time(reach, 'max')} AS q",
            f"  ON {self._nearest('p')}",
            self._where(),
        )

    def moves(self, match: str, reach: str) -> str:
        """SQL for `container_id, seconds` of the containers that moved.

        Times run from the earliest row of `reach` that a match follows to the earliest match that follows it.
        """
        if self.free:
            first = "SELECT container_id, min(position) AS position, min(occurred_at) AS occurred_at"
            elapsed = _SECONDS.format("min(p.occurred_at)", "min(q.occurred_at)")
            return lines(
                f"SELECT q.container_id, {elapsed} AS seconds",
                f"FROM ({first} FROM {reach} GROUP BY container_id) AS q",
                f"JOIN {match} AS p",
                f"  ON {self._later}",
                "GROUP BY q.container_id",
            )
        if self.different:
            elapsed = _SECONDS.format("min(p.occurred_at)", "q.occurred_at")
            return lines(
                f"SELECT q.container_id, {elapsed} AS seconds",
                f"FROM {reach} AS q",
                f"JOIN {match} AS p",
                f"  ON {self._equal} AND q.position = p.position - 1" if self.next else f"  ON {self._later}",
                self._where(delay=True),
                "GROUP BY q.container_id, q.position, q.occurred_at",
                _EARLIEST,
            )
        return lines(
            f"SELECT q.container_id, {_SECONDS.format('p.occurred_at', 'q.occurred_at')} AS seconds",
            f"FROM {reach} AS q",
            f"JOIN {match} AS p" if self.next else f"ASOF JOIN {self._per_time(match, 'min')} AS p",
            f"  ON {self._equal} AND q.position = p.position - 1"
            if self.next
            else f"  ON {self._nearest('q')}",
            self._where(delay=self.next),
            _EARLIEST,
        )

    def leading(self, reach: str, match: str) -> str:
        """SQL for the rows of `reach` that a row of `match` follows."""
        if self.different:
            return lines(
                "SELECT DISTINCT q.*",
                f"FROM {reach} AS q",
                f"JOIN {match} AS p",
                f"  ON {self._later}",
                self._where(delay=True),
            )
        return lines(
            "SELECT q.*",
            f"FROM {reach} AS q",
            f"ASOF JOIN {self._per_time(match, 'min')} AS p",
            f"  ON {self._nearest('q')}",
            self._where(),
        )

    @property
    def _equal(self) -> str:
        return " AND ".join(f"q.{key} = p.{key}" for key in self.keys)

    @property
    def _later(self) -> str:
        return f"{self._equal} AND q.position < p.position"

    def _nearest(self, left: str) -> str:
        """Join with the nearest row on the other side: `left` is the side whose rows are kept."""
        if self._delay is None:
            inequality = "p.position > q.position" if left == "p" else "q.position < p.position"
        elif left == "p":
            inequality = f"p.occurred_at - {interval(self._delay)} >= q.occurred_at"
        else:
            inequality = f"q.occurred_at + {interval(self._delay)} <= p.occurred_at"
        return f"{self._equal} AND {inequality}"

    def _per_time(self, part: str, pick: str) -> str:
        """The part, or one row per time of it where a delay and excluded events ask for a certain one."""
        if not (self._delay and self.barrier):
            return part
        keys = ", ".join((*self.keys, "occurred_at"))
        barrier = ", min(barrier) AS barrier" if pick == "min" else ""
        return f"(SELECT {keys}, {pick}(position) AS position{barrier} FROM {part} GROUP BY {keys})"

    def _where(self, *, delay: bool = False) -> str:
        tests = []
        if self.within:
            tests.append(f"p.occurred_at - q.occurred_at <= {interval(self.within)}")
        if delay and self._delay:
            tests.append(f"p.occurred_at - q.occurred_at >= {interval(self._delay)}")
        if self.different:
            tests.append(f"p.{self.different}_id <> q.{self.different}_id")
        if self.barrier:
            tests.append("q.position >= p.barrier")
        if self.follow:
            tests.append(f"p.occurred_at - q.started <= {interval(self.follow)}")
        return "WHERE " + " AND ".join(tests) if tests else ""


_SECONDS = "date_diff('microsecond', {1}, {0}) / 1e6"
_EARLIEST = "QUALIFY row_number() OVER (PARTITION BY q.container_id ORDER BY q.position) = 1"
