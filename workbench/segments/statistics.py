"""How far two groups differ: effect sizes, tests, and the correction for making many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.engines.differences import z_test

Floats = npt.NDArray[np.float64]
FEWEST_EXPECTED = 5
"""Expected count below which the z test of shares is no good."""


def cohens_h(p: float, q: float) -> float:
    """Effect size of two shares, `2 asin √p - 2 asin √q`: 0.2 is small, 0.5 medium, 0.8 large.

    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 2nd edition, 1988, chapter 6.

    >>> round(cohens_h(0.5, 0.25), 4)
    0.5236
    """
    return 2 * math.asin(math.sqrt(p)) - 2 * math.asin(math.sqrt(q))


def shares_p_value(x: int, n: int, y: int, m: int) -> float:
    """Two-sided p value of equal shares `x / n` and `y / m`: the pooled z test, or Fisher's exact test where
    an expected count lies below five (W. Cochran, Biometrics 10, 1954)."""
    having, total = x + y, n + m
    expected = min(n, m) * min(having, total - having) / total
    return z_test(x, n, y, m) if expected >= FEWEST_EXPECTED else fisher_exact(x, n, y, m)


def fisher_exact(x: int, n: int, y: int, m: int) -> float:
    """Fisher's exact test of `x` of `n` against `y` of `m`: two-sided, all tables no likelier than this one.

    R. A. Fisher, "The Design of Experiments", 1935: three of four cups against one of four.

    >>> round(fisher_exact(3, 4, 1, 4), 4)
    0.4857
    """
    having = x + y
    possible = range(max(0, having - m), min(having, n) + 1)
    likely = [_log_choose(n, one) + _log_choose(m, having - one) for one in possible]
    most, own = max(likely), _log_choose(n, x) + _log_choose(m, y)
    weights = [math.exp(one - most) for one in likely]
    as_rare = [weight for one, weight in zip(likely, weights, strict=True) if one <= own + 1e-7]
    return min(1.0, math.fsum(as_rare) / math.fsum(weights))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def cliffs_delta(a: Floats, b: Floats) -> tuple[float, float]:
    """Cliff's delta of two samples, and the two-sided p value of the Mann-Whitney test behind it.

    Delta is the share of pairs in which `a` is larger less the share in which `b` is (N. Cliff,
    Psychological Bulletin 114, 1993). The p value is the normal approximation with the correction for ties
    and without one for continuity (E. Lehmann, "Nonparametrics", 1975, section 1.4); 1 where all are equal.

    >>> delta, p = cliffs_delta(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    >>> round(delta, 4), round(p, 4)
    (0.8889, 0.0765)
    """
    n, m, ordered = len(a), len(b), np.sort(b)
    below = np.searchsorted(ordered, a, "left").sum()
    above = (m - np.searchsorted(ordered, a, "right")).sum()
    delta = float(below - above) / (n * m)
    total = n + m
    _, ties = np.unique(np.concatenate([a, b]), return_counts=True)
    tied = float((ties.astype(np.float64) ** 3 - ties).sum())
    variance = n * m / 12 * (total + 1 - tied / (total * (total - 1))) if total > 1 else 0.0
    if variance <= 0:
        return delta, 1.0
    return delta, math.erfc(abs(delta) * n * m / 2 / math.sqrt(variance) / math.sqrt(2))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values (q values) of tests made together; what was not tested stays None.

    Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57, 1995.

    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    tested = [place for place, p in enumerate(p_values) if p is not None]
    adjusted: list[Any] = [None] * len(p_values)
    smallest = 1.0
    for rank, place in zip(
        range(len(tested), 0, -1), sorted(tested, key=lambda one: -_number(p_values[one])), strict=True
    ):
        smallest = min(smallest, _number(p_values[place]) * len(tested) / rank)
        adjusted[place] = smallest
    return adjusted


def _number(value: float | None) -> float:
    assert value is not None
    return value
