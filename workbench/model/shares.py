"""Intervals of shares, and of their differences.

R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
methods", Statistics in Medicine 17, 1998, method 10; E. B. Wilson, Journal of the American Statistical
Association 22, 1927.
"""

from __future__ import annotations

import math

Z95 = 1.959963984540054
"""Standard normal quantile of 0.975."""


def wilson(x: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of the share `x` of `n`.

    >>> low, high = wilson(56, 70)
    >>> round(low, 4), round(high, 4)
    (0.6918, 0.877)
    """
    centre, spread = x + Z95**2 / 2, Z95 * math.sqrt(x * (n - x) / n + Z95**2 / 4)
    return (centre - spread) / (n + Z95**2), (centre + spread) / (n + Z95**2)


def newcombe(x: float, n: float, y: float, m: float) -> tuple[float, float]:
    """Newcombe's 95 % hybrid score interval of `x / n - y / m`.

    His example (a), 56 of 70 against 48 of 80:

    >>> low, high = newcombe(56, 70, 48, 80)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    p, q = x / n, y / m
    (p_low, p_high), (q_low, q_high) = wilson(x, n), wilson(y, m)
    below = math.hypot(p - p_low, q_high - q)
    above = math.hypot(p_high - p, q - q_low)
    return max(p - q - below, -1.0), min(p - q + above, 1.0)
