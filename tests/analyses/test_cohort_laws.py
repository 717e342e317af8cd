"""Laws of cohort tables: what must hold between columns, bases, amounts and date ranges of any company."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.analyses.test_laws import cohort_question, company, draws, kinds, seeds, types
from tests.builders import Question, cohort_table, is_type, small

Cells = dict[Any, dict[int, dict[str, Any]]]


def rows_of(seed: int, question: Question) -> Cells:
    """Cells by cohort and column."""
    found: Cells = {}
    for row in company(seed).ask(question).tables["cells"].to_dicts():
        found.setdefault(row["cohort"], {})[row["period"]] = row
    return found


def plain(draw: int, **more: Any) -> Question:
    """A random question whose rows are periods, counted without rolling."""
    question = cohort_question(draw) | {"rolling": False, "type": "retention"} | more
    for name in ("dimension", "base", "value_metric"):
        if name not in more:
            question.pop(name, None)
    return question


@small(12)
@given(seeds, draws)
def test_elapsed_shares_never_fall_and_later_returns_never_rise(seed: int, draw: int) -> None:
    for counting in ("on_or_after", "cumulative"):
        question = plain(draw, periods="elapsed", counting=counting, granularity="month")
        for cells in rows_of(seed, question).values():
            for one, other in pairwise(cells[k] for k in sorted(cells) if k >= 0):
                assert other["percent_base"] <= one["percent_base"]
                if counting == "on_or_after":
                    assert other["value"] <= one["value"]
                elif other["percent_base"] == one["percent_base"]:
                    assert other["value"] >= one["value"]


@small(12)
@given(seeds, draws, st.sampled_from(["retention", "churn"]))
def test_the_base_is_what_the_column_before_counts(seed: int, draw: int, kind: str) -> None:
    question = plain(draw, periods="calendar") | {"type": kind}
    included, previous = (rows_of(seed, question | {"base": base}) for base in ("included", "previous"))
    for cohort, cells in previous.items():
        for k, row in cells.items():
            base = cells[k - 1]["value"] if k >= 2 else row["size"]
            assert row["percent_base"] == base
            assert row["percent"] == (100 * row["value"] / base if base else None)
            assert row["value"] == included[cohort][k]["value"]


@small(12)
@given(seeds, kinds, types, types, st.sampled_from(["calendar", "elapsed"]))
def test_amounts_add_up(seed: int, kind: str, joined: list[str], returned: list[str], periods: str) -> None:
    question = cohort_table("x", "y", kind, periods=periods, value_metric={"sum": "opportunity.amount"})
    question["inclusion"]["metrics"][0]["where"] = is_type(*joined)
    question["return"]["metrics"][0]["where"] = is_type(*returned)
    counted = ("exactly", "cumulative", "on_or_after")
    exactly, so_far, then_on = (rows_of(seed, question | {"counting": counting}) for counting in counted)
    for cohort, cells in exactly.items():
        for k, row in cells.items():
            assert (row["amount_average"] is None) == (row["value"] == 0)
            assert row["value"] or not row["amount"]
            assert row["amount"] <= min(so_far[cohort][k]["amount"], then_on[cohort][k]["amount"])
        assert so_far[cohort][0]["amount"] == cells[0]["amount"]
        for k in list(cells)[1:]:
            assert then_on[cohort][k]["amount"] <= then_on[cohort][k - 1]["amount"]
            if periods == "calendar":
                assert so_far[cohort][k]["amount"] >= so_far[cohort][k - 1]["amount"]


@small(12)
@given(seeds, draws, st.sampled_from([4, 6, 9]))
def test_date_ranges_share_out_the_cohorts(seed: int, draw: int, month: int) -> None:
    """The ranges before and from a month on hold the rows of the whole table between them."""
    question = plain(draw, granularity="month")
    question.pop("date_range", None)
    cut = date(2024, month, 1)
    ranges = [
        {"from": "2020-01-01", "to": date.fromordinal(cut.toordinal() - 1).isoformat()},
        {"from": cut.isoformat(), "to": "2030-12-31"},
    ]
    cells = company(seed).ask(question | {"compare_ranges": ranges}).tables["cells"]
    whole = company(seed).ask(question).tables["cells"]
    assert (
        cells.drop("segment").sort("cohort", "period").equals(whole.drop("segment").sort("cohort", "period"))
    )
    early = cells.filter(segment=f"2020-01-01 to {ranges[0]['to']}")["cohort"]
    assert all(one < cut for one in early)
