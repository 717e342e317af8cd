"""Time to an event where not everybody is observed to the end: shares, intervals, medians, one test.

Everything starts from the same few numbers: how many of a group left on each day, and why. Nothing here
knows where they were counted.

- The share that has come is Aalen and Johansen's estimate of the cumulative incidence (O. Aalen and
  S. Johansen, "An empirical transition matrix for non-homogeneous Markov chains based on censored
  observations", Scandinavian Journal of Statistics 5, 1978). Without a competing outcome it is one minus
  the estimate of E. L. Kaplan and P. Meier ("Nonparametric estimation from incomplete observations",
  Journal of the American Statistical Association 53, 1958).
- Its variance is the delta-method one (E. Marubini and M. G. Valsecchi, "Analysing Survival Data from
  Clinical Trials and Observational Studies", 1995, section 10.2), which is Greenwood's without a competing
  outcome; intervals are taken on the scale of log(-log(1 - share)) (J. D. Kalbfleisch and R. L. Prentice,
  "The Statistical Analysis of Failure Time Data", 1980).
- Limits of a median are where the limits of the share pass one half (R. Brookmeyer and J. Crowley,
  "A confidence interval for the median survival time", Biometrics 38, 1982).
- Groups are compared by the log-rank test (N. Mantel, "Evaluation of survival data and two new rank order
  statistics arising in its consideration", Cancer Chemotherapy Reports 50, 1966).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import erfc, exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Z = NormalDist().inv_cdf(0.975)
"""Half width of a 95 % interval in standard errors."""
SLACK = 1e-9
"""How far rounding may move a share."""
CURVE: dict[str, Any] = {
    "segment": pl.String,
    "kind": pl.String,
    "group": pl.String,
    "day": pl.Int64,
    "at_risk": pl.Int64,
    "reached": pl.Int64,
    "competing": pl.Int64,
    "censored": pl.Int64,
    "share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
GROUPS: dict[str, Any] = {
    "segment": pl.String,
    "kind": pl.String,
    "group": pl.String,
    "size": pl.Int64,
    "reached": pl.Int64,
    "competing": pl.Int64,
    "censored": pl.Int64,
    "median_days": pl.Int64,
    "median_low": pl.Int64,
    "median_high": pl.Int64,
    "complete": pl.Boolean,
}
TESTS: dict[str, Any] = {
    "segment": pl.String,
    "statistic": pl.Float64,
    "degrees": pl.Int64,
    "p_value": pl.Float64,
    "earlier": pl.Int64,
}
FEWEST = 10
"""Containers of a group, and of those still at risk, below which its share says nothing."""


@dataclass(frozen=True, eq=False)
class Leaving:
    """How many of a group left on each day; arrays have one entry for each day, ascending from day 0 on."""

    day: Counts
    """Whole days since they began."""
    reached: Counts
    """How many came to the milestone."""
    competing: Counts
    """How many came to the competing outcome instead."""
    censored: Counts
    """How many were last observed, having come to neither."""

    @classmethod
    def of(cls, day: Counts, reached: Counts, competing: Counts, censored: Counts) -> Leaving:
        """From the days on which anybody left, ascending; day 0 is always one of the days."""
        if len(day) and day[0] == 0:
            return cls(day, reached, competing, censored)
        return cls(*(np.insert(array, 0, 0) for array in (day, reached, competing, censored)))

    @classmethod
    def from_rows(cls, rows: pl.DataFrame) -> Leaving:
        """From the rows of a group in the table `curve`."""
        return cls.of(*(rows[name].to_numpy() for name in ("day", "reached", "competing", "censored")))

    @cached_property
    def at_risk(self) -> Counts:
        """How many were still observed, and had come to neither, just before each day."""
        left = self.reached + self.competing + self.censored
        return np.asarray(left.sum() - np.cumsum(left) + left)

    @cached_property
    def share(self) -> Floats:
        """Estimated share that has come to the milestone by the end of each day."""
        return np.asarray(np.minimum(np.cumsum(self._before * self._rate), 1.0), dtype=np.float64)

    @cached_property
    def interval(self) -> tuple[Floats, Floats]:
        """Limits of the 95 % interval of each share; NaN where the share is 0 or 1 and has none."""
        known = (self.share > SLACK) & (self.share < 1 - SLACK)
        stays = np.where(known, 1 - self.share, 0.5)
        width = Z * np.sqrt(self._variance) / (stays * np.abs(np.log(stays)))
        low, high = (np.where(known, 1 - stays ** np.exp(sign * width), np.nan) for sign in (-1, 1))
        return low, high

    def median(self) -> tuple[int | None, int | None, int | None]:
        """The day by which half have come, and its 95 % limits; None for what is not reached."""
        low, high = self.interval
        return self._passes(self.share), self._passes(np.fmax(high, self.share)), self._passes(low)

    def by(self, day: int) -> tuple[float, float]:
        """Share that has come by the end of a day, and its variance: 0 where the share is 0 or 1."""
        place = int(self.day.searchsorted(day, "right")) - 1
        share = float(self.share[place])
        return share, float(self._variance[place]) if SLACK < share < 1 - SLACK else 0.0

    def enough(self, day: int) -> bool:
        """Whether the share by a day stands on enough containers.

        On `FEWEST` that began; and on as many at risk on the day, or on nobody lost from sight before it.
        """
        earlier = self.day < day
        at_risk = self.at_risk[0] - (self.reached + self.competing + self.censored)[earlier].sum()
        seen = at_risk >= FEWEST or not self.censored[earlier].any()
        return bool(self.at_risk[0] >= FEWEST and seen)

    def _passes(self, share: Floats) -> int | None:
        """The first day on which a share, at times NaN, is one half or more."""
        there = np.flatnonzero(np.nan_to_num(share) >= 0.5 - SLACK)
        return int(self.day[there[0]]) if len(there) else None

    @cached_property
    def _rate(self) -> Floats:
        return np.asarray(self.reached / np.maximum(self.at_risk, 1), dtype=np.float64)

    @cached_property
    def _before(self) -> Floats:
        """Estimated share that has come to neither just before each day."""
        stays = 1 - (self.reached + self.competing) / np.maximum(self.at_risk, 1)
        return np.append(1.0, np.cumprod(stays)[:-1])

    @cached_property
    def _variance(self) -> Floats:
        """Variance of the share by the end of each day.

        Three sums over earlier days of squares and products of what the share has grown by since; each is
        taken apart into sums that only ever grow.
        """
        risk, left, share = self.at_risk, self.reached + self.competing, self.share
        some = np.flatnonzero(risk > left)
        hazard, step = np.zeros(len(risk)), np.zeros(len(risk))
        hazard[some] = left[some] / (risk[some] * (risk[some] - left[some]))
        own = np.maximum(risk, 1)
        step = self._before * self.reached / own.astype(np.float64) ** 2
        square = self._before**2 * (own - self.reached) * self.reached / own.astype(np.float64) ** 3
        grown = share**2 * np.cumsum(hazard) - 2 * share * np.cumsum(hazard * share)
        grown += np.cumsum(hazard * share**2)
        crossed = share * np.cumsum(step) - np.cumsum(step * share)
        return np.maximum(grown + np.cumsum(square) - 2 * crossed, 0.0)


@dataclass(frozen=True, eq=False)
class Group:
    """A group with its name, as rows show it."""

    kind: str
    """`all`, `period`, `item`, `other` or `none`."""
    name: str
    leaving: Leaving


def tables(groups: Sequence[Group], complete: Mapping[str, bool], earlier: int) -> dict[str, pl.DataFrame]:
    """The tables `curve`, `groups` and `tests`, rows in the order of the groups and of days.

    `complete` tells of periods, by name, whether the data cover them; `earlier` is how many were left out
    because the milestone lies before they began.
    """
    return {
        "curve": _curve(groups) if groups else pl.DataFrame(schema=CURVE),
        "groups": pl.DataFrame([_group(group, complete) for group in groups], schema=GROUPS, orient="row"),
        "tests": pl.DataFrame(
            [("All", *log_rank([group.leaving for group in groups]), earlier)], schema=TESTS, orient="row"
        ),
    }


def _curve(groups: Sequence[Group]) -> pl.DataFrame:
    each = [group.leaving for group in groups]
    limits = zip(*(leaving.interval for leaving in each), strict=True)
    low, high = (pl.Series(np.concatenate(limit)).fill_nan(None) for limit in limits)
    numbers = {
        name: np.concatenate([getattr(leaving, name) for leaving in each])
        for name in ("day", "at_risk", "reached", "competing", "censored", "share")
    }
    lengths = [len(leaving.day) for leaving in each]
    names = {
        name: pl.Series([getattr(group, attribute) for group in groups], dtype=pl.String).gather(
            np.repeat(np.arange(len(groups)), lengths)
        )
        for name, attribute in (("kind", "kind"), ("group", "name"))
    }
    segment = pl.repeat("All", sum(lengths), eager=True)
    return pl.DataFrame({"segment": segment, **names, **numbers, "low": low, "high": high}, schema=CURVE)


def _group(group: Group, complete: Mapping[str, bool]) -> tuple[Any, ...]:
    leaving = group.leaving
    counts = [int(each.sum()) for each in (leaving.reached, leaving.competing, leaving.censored)]
    whole = complete[group.name] if group.kind == "period" else None
    return ("All", group.kind, group.name, sum(counts), *counts, *leaving.median(), whole)


# --- comparing groups --------------------------------------------------------------------------


def log_rank(groups: Sequence[Leaving]) -> tuple[float | None, int, float | None]:
    """Statistic, degrees of freedom and p-value of the log-rank test between groups.

    Who came to a competing outcome counts as observed until then: what is compared is how fast those come
    to the milestone who can still come there. Without two groups at risk together when somebody comes, or
    without anybody who comes, there is nothing to compare: no statistic, and no degree of freedom.
    """
    if len(groups) < 2:
        return None, 0, None
    days = np.unique(np.concatenate([group.day[group.reached > 0] for group in groups]))
    if not len(days):
        return None, 0, None
    risk, came = (
        np.stack(found, axis=1) for found in zip(*(_on(group, days) for group in groups), strict=True)
    )
    at_risk, reached = risk.sum(axis=1), came.sum(axis=1)
    part = risk / at_risk[:, None]
    excess = (came - part * reached[:, None]).sum(axis=0)
    weight = reached * (at_risk - reached) / np.maximum(at_risk - 1, 1)
    shared = (part * weight[:, None]).T @ part
    kept = _all_but_one(shared > 0)
    if not len(kept):
        return None, 0, None
    covariance = np.diag((part * weight[:, None]).sum(axis=0)) - shared
    statistic = float(excess[kept] @ np.linalg.solve(covariance[np.ix_(kept, kept)], excess[kept]))
    return statistic, len(kept), chi_squared_tail(statistic, len(kept))


def _all_but_one(linked: npt.NDArray[np.bool_]) -> Counts:
    """All but one of each set of groups that are linked, also through others: the last follows from them."""
    left, kept = np.ones(len(linked), dtype=np.bool_), []
    while left.any():
        found = np.zeros(len(linked), dtype=np.bool_)
        found[left.argmax()] = True
        while (more := found | linked[found].any(axis=0)).sum() > found.sum():
            found = more
        left &= ~found
        kept.append(np.flatnonzero(found)[1:])
    return np.concatenate(kept)


def between_segments(each: Mapping[str, dict[str, pl.DataFrame]], *, apart: bool) -> pl.DataFrame:
    """The row of `tests` that compares segments of one curve each; without numbers where they share some."""
    curves = [Leaving.from_rows(own["curve"]) for own in each.values() if len(own["curve"])]
    row = ("All", *(log_rank(curves) if apart else (None, 0, None)))
    return pl.DataFrame([row], schema={name: TESTS[name] for name in list(TESTS)[:4]}, orient="row")


def _on(group: Leaving, days: Counts) -> tuple[Floats, Floats]:
    """How many of a group are at risk just before each of some days, and come there then."""
    at = group.day.searchsorted(days)
    inside = np.flatnonzero(at < len(group.day))
    risk, came = np.zeros(len(days)), np.zeros(len(days))
    risk[inside] = group.at_risk.take(at.take(inside))
    same = inside[group.day.take(at.take(inside)) == days.take(inside)]
    came[same] = group.reached.take(at.take(same))
    return risk, came


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """Probability that a chi-squared variable of so many degrees of freedom is at least this great.

    The upper incomplete gamma function at half of each, by its recursion from 1/2 or 1 upwards (NIST
    Digital Library of Mathematical Functions, 8.8.2).
    """
    x = statistic / 2
    if x <= 0:
        return 1.0
    shape, tail = (0.5, erfc(sqrt(x))) if degrees % 2 else (1.0, exp(-x))
    while shape < degrees / 2:
        tail += exp(shape * log(x) - x - lgamma(shape + 1))
        shape += 1
    return min(tail, 1.0)
