"""Curves, intervals, medians and tests against worked examples of textbooks, and against what must hold."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import small
from workbench.model.time_to_event import Leaving, Z, chi_squared_tail, log_rank

CENSORED, REACHED, COMPETING = 0, 1, 2


def leaving(ends: Sequence[tuple[int, int]]) -> Leaving:
    """From the day and the state of each."""
    days = sorted({day for day, _ in ends})
    counts = [
        np.array([sum(end == (day, state) for end in ends) for day in days], dtype=np.int64)
        for state in (REACHED, COMPETING, CENSORED)
    ]
    return Leaving.of(np.array(days, dtype=np.int64), *counts)


def weeks(reached: str, censored: str = "") -> list[tuple[int, int]]:
    """Weeks of those who reached the event, and of those who were censored."""
    return [
        (int(week), state)
        for text, state in ((reached, REACHED), (censored, CENSORED))
        for week in text.split()
    ]


# Remission of leukaemia in weeks: E. J. Freireich and others, "The effect of 6-mercaptopurine on the duration
# of steroid-induced remissions in acute leukemia", Blood 21, 1963; the numbers of D. R. Cox (1972).
TREATED = weeks("6 6 6 7 10 13 16 22 23", "6 9 10 11 17 19 20 25 32 32 34 35")
PLACEBO = weeks("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23")


def at(group: Leaving, day: int) -> int:
    """Index of a day."""
    return int(np.flatnonzero(group.day == day)[0])


@pytest.mark.parametrize(
    ("week", "at_risk", "remaining", "low", "high"),
    [
        (6, 21, 0.857, 0.620, 0.952),
        (7, 17, 0.807, 0.563, 0.923),
        (10, 15, 0.753, 0.503, 0.889),
        (13, 12, 0.690, 0.432, 0.849),
        (16, 11, 0.627, 0.368, 0.805),
        (22, 7, 0.538, 0.268, 0.747),
        (23, 6, 0.448, 0.188, 0.680),
    ],
)
def test_the_published_curve_of_remissions(
    week: int, at_risk: int, remaining: float, low: float, high: float
) -> None:
    group = leaving(TREATED)
    place = at(group, week)
    below, above = group.interval
    assert group.at_risk[place] == at_risk
    assert round(1 - group.share[place], 3) == remaining
    assert (round(1 - above[place], 3), round(1 - below[place], 3)) == (low, high)


def test_the_published_medians_and_test_of_remissions() -> None:
    treated, placebo = leaving(TREATED), leaving(PLACEBO)
    assert treated.median() == (23, 13, None)
    assert placebo.median() == (8, 4, 11)
    statistic, degrees, p_value = log_rank([treated, placebo])
    assert (round(statistic or 0, 2), degrees) == (16.79, 1)
    assert p_value == pytest.approx(4.17e-5, rel=1e-2)


def test_a_competing_outcome_by_hand() -> None:
    group = leaving([(1, REACHED), (2, COMPETING), (3, REACHED), (4, CENSORED), (5, REACHED)])
    assert group.day.tolist() == [0, 1, 2, 3, 4, 5]
    assert group.at_risk.tolist() == [5, 5, 4, 3, 2, 1]
    assert group.share.tolist() == pytest.approx([0, 0.2, 0.2, 0.4, 0.4, 0.8])
    low, high = group.interval
    half = Z * sqrt(0.2 * 0.8 / 5) / (0.8 * -np.log(0.8))
    assert low[1] == pytest.approx(1 - 0.8 ** exp(-half))
    assert high[1] == pytest.approx(1 - 0.8 ** exp(half))
    assert np.isnan(low[0])


ENDS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([CENSORED, REACHED, COMPETING])), max_size=30)


@small()
@given(ENDS.filter(lambda ends: all(state != CENSORED for _, state in ends)))
def test_without_censoring_the_share_is_a_plain_share(ends: list[tuple[int, int]]) -> None:
    """With its plain variance, p (1 - p) / n."""
    group, size = leaving(ends), len(ends)
    for place, day in enumerate(group.day.tolist() if ends else []):
        share = sum(end <= day and state == REACHED for end, state in ends) / size
        assert group.share[place] == pytest.approx(share, abs=1e-12)
        if 0 < share < 1:
            half = Z * sqrt(share * (1 - share) / size) / ((1 - share) * -np.log(1 - share))
            assert group.interval[0][place] == pytest.approx(1 - (1 - share) ** exp(-half))


@small()
@given(ENDS)
def test_shares_grow_and_lie_in_their_interval(ends: list[tuple[int, int]]) -> None:
    group = leaving(ends)
    share, (low, high) = group.share, group.interval
    assert (np.diff(share) >= -1e-12).all()
    assert ((share >= 0) & (share <= 1)).all()
    known = ~np.isnan(low)
    assert (low[known] <= share[known] + 1e-12).all()
    assert (high[known] >= share[known] - 1e-12).all()
    assert group.at_risk[0] == len(ends) if ends else not group.at_risk.any()


@small()
@given(st.lists(ENDS, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_groups_does_not_matter(groups: list[list[tuple[int, int]]], rng: Any) -> None:
    first = log_rank([leaving(ends) for ends in groups])
    rng.shuffle(groups)
    again = log_rank([leaving(ends) for ends in groups])
    assert again[1] == first[1]
    assert (again[0] is None) == (first[0] is None) == (not first[1])
    assert (again[0] or 0.0) == pytest.approx(first[0] or 0.0, rel=1e-6, abs=1e-9)


def test_equal_groups_do_not_differ_and_groups_apart_are_not_compared() -> None:
    statistic, degrees, p_value = log_rank([leaving(PLACEBO)] * 3)
    assert statistic == pytest.approx(0, abs=1e-9)
    assert p_value == pytest.approx(1)
    assert degrees == 2
    early, late = leaving(weeks("1 2 3")), leaving([])
    assert log_rank([early, late]) == (None, 0, None)
    assert log_rank([early]) == (None, 0, None)
    assert log_rank([leaving(weeks("", "4 5")), leaving(weeks("", "6"))]) == (None, 0, None)


@pytest.mark.parametrize(
    ("statistic", "degrees", "tail"),
    [(3.841, 1, 0.05), (5.991, 2, 0.05), (11.345, 3, 0.01), (18.307, 10, 0.05), (67.505, 50, 0.05)],
)
def test_critical_values_of_the_chi_squared_distribution(statistic: float, degrees: int, tail: float) -> None:
    assert chi_squared_tail(statistic, degrees) == pytest.approx(tail, rel=1e-3)


def test_far_tails_keep_their_size() -> None:
    assert chi_squared_tail(100.0, 1) == pytest.approx(erfc(sqrt(50.0)))
    assert chi_squared_tail(0.0, 3) == 1.0
