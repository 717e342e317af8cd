"""Time to an event where not everybody has been observed to the end.

The product-limit estimate: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete
observations", Journal of the American Statistical Association 53, 1958.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.index.kernels import Bools, Int64s, run_starts

Floats = npt.NDArray[np.float64]
SLACK = 1e-9
"""How far rounding may lift a product above the share it stands for."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The share that has not reached the event, step by step; arrays have one entry for each time."""

    time: Int64s
    """Distinct times at which somebody reached the event or was last observed."""
    at_risk: Int64s
    """How many were still observed, and had not reached it, just before."""
    reached: Int64s
    """How many reached it then."""
    remaining: Floats
    """Estimated share that has not reached it by then."""

    @classmethod
    def of(cls, time: Int64s, reached: Bools) -> Curve:
        """From the time of every one, and whether it ended with the event or with the observation."""
        order = np.argsort(time, kind="stable")
        begins = run_starts(time.take(order))
        events = np.add.reduceat(reached.take(order), begins, dtype=np.int64) if len(begins) else begins
        at_risk = len(time) - begins
        remaining = np.asarray(np.cumprod(1 - events / at_risk), dtype=np.float64)
        return cls(time.take(order.take(begins)), at_risk, events, remaining)

    def quantile(self, share: float) -> int | None:
        """The earliest time by which this share has reached the event; None where it is not reached."""
        there = np.flatnonzero(self.remaining <= 1 - share + SLACK)
        return int(self.time[there[0]]) if len(there) else None
