"""Two segments side by side, by numbers worked out by hand, and how segments overlap."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from tests.segments.company import ids
from workbench.segments.statistics import (
    benjamini_hochberg,
    cliffs_delta,
    cohens_h,
    fisher_exact,
    shares_p_value,
)


def test_published_examples_of_the_statistics() -> None:
    assert cohens_h(0.65, 0.45) == pytest.approx(0.404, abs=1e-3)
    # Mann-Whitney without ties: U = 30 of 30 pairs, n = 5, m = 6: z = 15 / sqrt(5 * 6 * 12 / 12)
    delta, p = cliffs_delta(np.arange(10.0, 15.0), np.arange(6.0))
    assert (delta, p) == (1.0, pytest.approx(0.006169, abs=1e-6))
    assert cliffs_delta(np.ones(3), np.ones(4)) == (0.0, 1.0)
    assert cliffs_delta(np.array([1.0]), np.array([1.0]))[1] == 1.0
    # Benjamini and Hochberg 1995, table 1 (15 p values): at 0.05 the first four are rejected
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p_values += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    adjusted = benjamini_hochberg(p_values)
    assert [q is not None and q < 0.05 for q in adjusted] == [True] * 4 + [False] * 11
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    # 1 of 12 against 9 of 12, an example in many places
    assert fisher_exact(1, 12, 9, 12) == pytest.approx(0.002759, abs=1e-6)
    assert shares_p_value(350, 350, 0, 1) == pytest.approx(1 / 351)
    assert shares_p_value(56, 70, 48, 80) == pytest.approx(0.008, abs=1e-4)
    assert benjamini_hochberg([None, None]) == [None, None]


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    """Forty accounts: of 20 big ones 16 in Software, of 20 small ones 4; all big ones have a demo."""
    big = [True] * 20 + [False] * 20
    industry = ["Software"] * 16 + ["Media"] * 4 + ["Software"] * 4 + ["Media"] * 16
    accounts = pl.DataFrame(
        {
            "account_id": [f"a{number:02}" for number in range(40)],
            "name": [f"Account {number}" for number in range(40)],
            "industry": industry,
            "size": ["big" if one else "small" for one in big],
            "employees": [*range(1000, 1020), *range(10, 30)],
            "annual_revenue": [None] * 40,
        },
        schema_overrides={"annual_revenue": pl.Float64},
    )
    rows = [("Visit", f"a{number:02}") for number in range(40)] + [
        ("Demo", f"a{number:02}") for number in range(20)
    ]
    events = pl.DataFrame(
        {
            "event_type": [kind for kind, _ in rows],
            "account_id": [account for _, account in rows],
            "occurred_at": [datetime(2024, 1, 1 + place % 20) for place in range(len(rows))],
        }
    )
    made = wb.from_tables(accounts=accounts, events=events)
    for name in ("big", "small"):
        made.segments.save(name.title(), {"field": "account.size", "value": name})
    return made


def of(rows: pl.DataFrame, field: str, item: str | None = None) -> dict[str, Any]:
    chosen = rows.filter(pl.col("field") == field)
    return (chosen if item is None else chosen.filter(item=item)).row(0, named=True)


def test_shares_numbers_and_events(bench: wb.Workbench) -> None:
    found = bench.segments.compare("big", "small")
    assert (found.labels, found.sizes, found.shared, found.container) == (
        ("Big", "Small"),
        (20, 20),
        0,
        "account",
    )
    software = of(found.rows, "account.industry", "Software")
    assert (software["count_a"], software["share_a"], software["count_b"], software["share_b"]) == (
        16,
        80.0,
        4,
        20.0,
    )
    low, high = wb.newcombe(16, 20, 4, 20)
    assert software["difference"] == pytest.approx(60)
    assert (software["low"], software["high"]) == (pytest.approx(100 * low), pytest.approx(100 * high))
    assert software["effect"] == pytest.approx(2 * np.arcsin(0.8**0.5) - 2 * np.arcsin(0.2**0.5))
    # pooled share 0.5, error sqrt(0.25 * 0.1), z = 0.6 / 0.15811 = 3.7947
    assert software["p_value"] == pytest.approx(0.0001478, abs=1e-6)
    employees = of(found.rows, "account.employees")
    assert (employees["p25_a"], employees["median_a"], employees["p75_a"]) == (1004.75, 1009.5, 1014.25)
    assert (employees["median_b"], employees["effect"], employees["share_a"]) == (19.5, 1.0, None)
    visit, demo = of(found.rows, "event_type", "Visit"), of(found.rows, "event_type", "Demo")
    assert (visit["effect"], visit["p_value"], visit["distinguishable"]) == (0, 1, False)
    assert (demo["share_a"], demo["share_b"], demo["effect"]) == (100, 0, pytest.approx(np.pi))
    assert "account.annual_revenue" not in found.rows["field"].to_list()
    assert "account.name" not in found.rows["field"].to_list()
    effects = found.rows["effect"].abs().to_list()
    assert effects == sorted(effects, reverse=True)


def test_q_values_are_adjusted_together(bench: wb.Workbench) -> None:
    rows = bench.segments.compare("big", "small").rows
    assert rows["q_value"].to_list() == pytest.approx(benjamini_hochberg(rows["p_value"].to_list()))


def test_the_sentence_names_the_three_largest(bench: wb.Workbench) -> None:
    found = bench.segments.compare("big", "small")
    assert found.sentence == (
        "Big against Small, in accounts of only one of them: 100.0 % against 0.0 % have an event Demo;"
        " account size is big for 100.0 % against 0.0 %; account size is small for 0.0 % against 100.0 %."
    )
    same = bench.segments.compare("big", {"field": "account.size", "value": "big"})
    assert same.sentence == "Nothing tells the accounts of Big from those of B that chance does not explain."
    assert same.shared == 20
    assert same.notes == (
        "20 accounts are in both; they are left out of differences and tests",
        "no accounts are in Big only, so nothing can be tested",
        "no accounts are in B only, so nothing can be tested",
    )
    assert same.rows["p_value"].null_count() == same.rows.height


def test_what_both_have_is_left_out_of_tests(bench: wb.Workbench) -> None:
    everyone = {"field": "event_type", "value": "Visit"}
    found = bench.segments.compare("big", everyone)
    assert (found.sizes, found.shared) == ((20, 40), 20)
    software = of(found.rows, "account.industry", "Software")
    assert (software["share_a"], software["share_b"], software["share_only_b"]) == (80.0, 50.0, None)
    most = {"any": [{"segment": "small"}, {"field": "account.employees", "op": "<=", "value": 1009}]}
    found = bench.segments.compare("big", most)
    software = of(found.rows, "account.industry", "Software")
    assert (found.shared, software["share_only_a"], software["share_only_b"]) == (10, 60.0, 20.0)
    assert software["difference"] == pytest.approx(40)


def test_seven_regions_open(bench: wb.Workbench) -> None:
    few = {"field": "account.employees", "op": "between", "value": [28, 1004]}
    found = bench.segments.overlap("big", "small", few)
    assert found.labels == ("Big", "Small", "C")
    assert found.sizes == (20, 20, 7)
    assert found.regions.select("region", "size").rows() == [
        ("Big + Small + C", 0),
        ("Big + Small", 0),
        ("Big + C", 5),
        ("Big", 15),
        ("Small + C", 2),
        ("Small", 18),
        ("C", 0),
    ]
    assert ids(found.members(["Small", "C"])) == ["a38", "a39"]
    assert found.members(["C"]).is_empty()
    assert sum(found.regions["size"]) == 40
    with pytest.raises(wb.SpecError, match="'small' is none of the sets: Big, Small, C"):
        found.members(["small"])
    with pytest.raises(wb.SpecError, match="one to 3 segments"):
        bench.segments.overlap("big", "big", "big", "big")
