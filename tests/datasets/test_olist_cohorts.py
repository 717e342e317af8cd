"""Cohort tables of a real lead funnel, by published figures and plain arithmetic over its pairs of dates.

The data is not part of the project: where its folder is absent, these tests are skipped.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import polars as pl
import pytest

from tests.builders import Question, both
from tests.datasets.test_figures import DATA, ROOT
from tests.workspace.loading import load, rows
from workbench import Workbench
from workbench.engines import ENGINES
from workbench.workspace import Generation

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not there: {DATA}")

WINS = (3, 73, 113, 147, 207, 122, 57, 37, 33, 23, 21, 6)
"""Wins per month from December 2017 on, published."""
EVER = {1: (152, 1141), 2: (149, 1028), 3: (167, 1174), 4: (183, 1352)}
"""Month of 2018 of the first contact → leads won ever, and leads."""
ORIGINS = {"organic search": (271, 2296), "paid search": (195, 1586), "social": (75, 1350)}
EARLY, EARLY_ORIGIN = date(2018, 3, 1), "organic search"
"""Month and origin of the one win before its first contact, which no column from 0 on counts."""
QUESTION: Question = {
    "analysis": "cohort_table",
    "container": "lead",
    "inclusion": {"metrics": [{"where": {"milestone": "mql"}}]},
    "return": {"metrics": [{"where": {"milestone": "won"}}]},
}


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    name = "olist_marketing_funnel"
    return load(ROOT / "datasets" / f"{name}.toml", DATA / name, tmp_path_factory.mktemp(name) / "ws")


@pytest.fixture(scope="module")
def bench(olist: Generation) -> Workbench:
    return Workbench(olist)


def ways(olist: Generation) -> list[tuple[datetime, datetime | None]]:
    """First contact and win of every lead, in UTC."""
    found = rows(
        olist,
        "SELECT min(occurred_at) FILTER (WHERE event_type = 'MQL Qualified'), "
        "min(occurred_at) FILTER (WHERE event_type = 'Closed-Won') FROM {events} "
        "WHERE lead_id IS NOT NULL GROUP BY lead_id",
    )
    return [(contact, won) for contact, won in found if contact is not None]


def whole_months(since: datetime, until: datetime) -> int:
    """Months that have passed, where every day of `since` exists in the month of `until`."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - ((until.day, until.time()) < (since.day, since.time()))


def test_wins_by_month_are_the_sums_along_the_table(olist: Generation, bench: Workbench) -> None:
    """Every win stands in the month of its cohort and its column, but for the one before its contact."""
    found: Counter[date] = Counter()
    for row in both(bench, QUESTION, "cells"):
        months = row["cohort"].year * 12 + row["cohort"].month - 1 + row["period"]
        found[date(months // 12, months % 12 + 1, 1)] += row["value"]
    wins = [count for _, count in sorted(found.items()) if count]
    early = [won for contact, won in ways(olist) if won is not None and won < contact]
    assert [(one.year, one.month) for one in early] == [(EARLY.year, EARLY.month)]
    assert wins == [count - (place == 3) for place, count in enumerate(WINS)]


def test_who_ever_won_by_month_of_first_contact(bench: Workbench) -> None:
    rows_ = both(bench, QUESTION | {"counting": "cumulative"}, "cells")
    ever = {row["cohort"]: (row["value"], row["size"]) for row in rows_ if row["cohort"].year == 2018}
    for month, (won, leads) in EVER.items():
        assert ever[date(2018, month, 1)] == (won - (month == EARLY.month), leads)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_won_by_origin(bench: Workbench, engine: str) -> None:
    question = {name: value for name, value in QUESTION.items() if name != "return"}
    question |= {
        "columns": "milestones",
        "milestones": [{"where": {"milestone": "won"}}],
        "dimension": "channel",
    }
    table = bench.ask(question, engine=engine).tables["milestones"]
    found = {row["cohort"]: (row["value"], row["percent_base"]) for row in table.to_dicts()}
    for origin, (won, leads) in ORIGINS.items():
        assert found[origin] == (won - (origin == EARLY_ORIGIN), leads)


@pytest.mark.parametrize("engine", ENGINES)
def test_wins_within_whole_months_since_the_first_contact(
    olist: Generation, bench: Workbench, engine: str
) -> None:
    question = QUESTION | {"periods": "elapsed", "counting": "cumulative", "max_periods": 6}
    table = bench.ask(question, engine=engine).tables["cells"]
    for month in EVER:
        own = [
            (contact, won) for contact, won in ways(olist) if (contact.year, contact.month) == (2018, month)
        ]
        months = Counter(whole_months(*way) for way in own if way[1] is not None and way[1] > way[0])
        expected = [sum(months[j] for j in range(k + 1)) for k in range(6)]
        row = table.filter(pl.col("cohort") == date(2018, month, 1)).sort("period")
        assert row["value"][:6].to_list() == expected
        assert set(row["percent_base"][:6]) == {len(own)}
