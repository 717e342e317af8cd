"""What journey canvas and fallout share."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analyses.steps import quantiles_in_seconds


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1001, 4096])
def test_quantiles_are_those_of_numpy(size: int) -> None:
    times = np.random.default_rng(size).integers(0, 10**14, size)
    shares = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
    expected = [float(value) / 1e6 for value in np.quantile(times, shares)]
    assert quantiles_in_seconds(times, *shares) == expected


def test_no_durations_have_no_quantiles() -> None:
    assert quantiles_in_seconds(np.empty(0, dtype=np.int64), 0.5, 0.9) == [None, None]
