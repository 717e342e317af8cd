"""Before and after an initiative: by how much its date changed the share that comes to a milestone in time.

Shares and their variances are those of the curves (`workbench.model.time_to_event`). The change of the
initiative less that of its matched control is what the initiative brought, if both would have changed alike
without it: difference in differences (O. Ashenfelter and D. Card, "Using the longitudinal structure of
earnings to estimate the effect of training programs", Review of Economics and Statistics 67, 1985).
Intervals are Wald's; groups share no container, so variances add up. Pairs are taken for independent, which
makes the interval of a difference between well matched arms somewhat too wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import polars as pl

from workbench.model.time_to_event import TESTS, Group, Leaving, Z, log_rank, tables

EFFECTS: dict[str, Any] = {
    "segment": pl.String,
    "arm": pl.String,
    "at_days": pl.Int64,
    "share_before": pl.Float64,
    "share_after": pl.Float64,
    "change": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "enough": pl.Boolean,
    "size_before": pl.Int64,
    "size_after": pl.Int64,
    "unmatched": pl.Int64,
}
SIDES, ARMS = ("before", "after"), ("initiative", "control")
"""Kinds and names of the groups of an initiative."""


@dataclass(frozen=True)
class Change:
    """By how much a share differs, and how surely."""

    by: float
    variance: float
    enough: bool

    @classmethod
    def of(cls, before: Leaving, after: Leaving, day: int) -> Change:
        """Share by a day after, less that before; the groups share no container, so variances add up."""
        (one, own), (other, its) = before.by(day), after.by(day)
        return cls(other - one, own + its, before.enough(day) and after.enough(day))

    def less(self, other: Change) -> Change:
        """This change less another one of other containers: difference in differences."""
        variance = self.variance + other.variance
        return Change(self.by - other.by, variance, self.enough and other.enough)

    @property
    def row(self) -> tuple[float, float | None, float | None, bool]:
        """Change, Wald's 95 % limits (None for too few, and where no share varies), and whether enough."""
        if not self.enough or not self.variance:
            return self.by, None, None, self.enough
        width = Z * sqrt(self.variance)
        return self.by, self.by - width, self.by + width, True


def initiative_tables(
    groups: Sequence[Group], at: int, unmatched: Mapping[str, int], earlier: int
) -> dict[str, pl.DataFrame]:
    """The tables `curve`, `groups`, `tests` and `effects` of groups that are sides of arms.

    `at` is the day by which shares are compared; `unmatched` has each arm that is asked, with how many of it
    are in no pair.
    """
    found = {(group.kind, group.name): group.leaving for group in groups}
    sides = {arm: [found[side, arm] for side in SIDES if (side, arm) in found] for arm in unmatched}
    tests = [("All", arm, *log_rank(two), earlier) for arm, two in sides.items()]
    effects = [
        _effect(arm, at, [found.get((side, arm)) for side in SIDES], left) for arm, left in unmatched.items()
    ]
    if len(sides) == len(ARMS):
        effects.append(_difference(list(sides.values()), at))
    schema = {"segment": pl.String, "arm": pl.String, **TESTS}
    return tables(groups, {}, earlier) | {
        "tests": pl.DataFrame(tests, schema=schema, orient="row"),
        "effects": pl.DataFrame(effects, schema=EFFECTS, orient="row"),
    }


def _effect(arm: str, at: int, two: Sequence[Leaving | None], unmatched: int) -> tuple[Any, ...]:
    """The row of one arm; a side without containers has no share."""
    shares = [side and side.by(at)[0] for side in two]
    sizes = [int(side.at_risk[0]) if side else 0 for side in two]
    before, after = two
    change = Change.of(before, after, at).row if before and after else (None, None, None, False)
    return ("All", arm, at, *shares, *change, *sizes, unmatched)


def _difference(arms: Sequence[Sequence[Leaving]], at: int) -> tuple[Any, ...]:
    """The row that compares the change of the initiative with that of its control."""
    change: tuple[Any, ...] = (None, None, None, False)
    if all(len(two) == len(SIDES) for two in arms):
        own, control = (Change.of(before, after, at) for before, after in arms)
        change = own.less(control).row
    return ("All", "difference", at, None, None, *change, None, None, None)
