"""An initiative on histories written by hand: sides, pairs, censoring, effects; and laws of pairs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from tests.analyses.test_time_to import answer, members, time_to
from tests.builders import bench_of, is_type, journeys, small
from workbench.analyses.initiative import Beginnings, pairs
from workbench.errors import SpecError

VISITED = {"container": "account", "where": is_type("visit")}
EVENTS = journeys(
    a="mql@1 > won@5 > visit@6",
    b="mql@2 > visit@40",
    c="mql@25 > won@33 > visit@50",
    d="mql@35 > visit@36 > won@38",
    e="mql@36 > visit@37 > won@50",
    p="mql@1.5 > won@20",
    q="mql@3",
    r="mql@4",
    s="mql@20 > won@21",
    t="mql@37",
    u="mql@61 > visit@62",
    v="call@35.5 > call@35.6 > mql@36 > end@100",
)
"""The initiative is of day 30; v alone has been active before, u began too late to be compared."""


def before_after(**more: Any) -> dict[str, Any]:
    return time_to(initiative={"on": "2024-01-31", "window": "30d", "at": "10d"} | more)


def groups(result: wb.Result) -> list[tuple[Any, ...]]:
    """Kind, group, size, reached and censored."""
    return result.tables["groups"].select("kind", "group", "size", "reached", "censored").rows()


def effects(result: wb.Result) -> list[tuple[Any, ...]]:
    """Arm, shares, change, whether enough, sizes, and how many have no partner."""
    columns = ("arm", "share_before", "share_after", "change", "enough")
    return [
        tuple(round(value, 3) if isinstance(value, float) else value for value in row)
        for row in result.tables["effects"].select(*columns, "size_before", "size_after", "unmatched").rows()
    ]


def test_pairs_are_of_one_side_month_and_activity_evenly_spread() -> None:
    """Before, a b c take p q r of p q r s; after, d takes t; e is left, and so is v with its calls."""
    bench = bench_of(EVENTS)
    question = before_after(segment=VISITED)
    result = answer(bench, question)
    assert groups(result) == [
        ("before", "initiative", 3, 1, 2),
        ("after", "initiative", 1, 1, 0),
        ("before", "control", 3, 1, 2),
        ("after", "control", 1, 0, 1),
    ]
    select = {"kind": "before", "group": "initiative"}
    assert members(bench, question, select, "size") == "abc"
    assert members(bench, question, {"kind": "before", "group": "control"}, "size") == "pqr"
    assert members(bench, question, {"kind": "after", "group": "initiative"}, "reached") == "d"
    assert members(bench, question, {"kind": "after", "group": "control"}, "censored") == "t"
    assert effects(result) == [
        ("initiative", 0.333, 1.0, 0.667, False, 3, 1, 1),
        ("control", 0.0, 0.0, 0.0, False, 3, 1, 2),
        ("difference", None, None, 0.667, False, None, None, None),
    ]
    assert result.notes == [
        "1 of 5 accounts of the initiative have no comparable partner and are left out",
        "2 of 6 accounts of the control have no comparable partner and are left out",
        "not enough data: on a side fewer than 10 accounts are still at risk on day 10",
    ]
    assert "known until then" in result.definition
    assert result.tables["tests"]["arm"].to_list() == ["initiative", "control"]


def test_who_began_before_is_known_until_the_day() -> None:
    """c was won on day 33, after the initiative: censored after 4 whole days, at day 30."""
    result = answer(bench_of(EVENTS), before_after(segment=VISITED))
    rows = result.tables["curve"].filter(kind="before", group="initiative")
    assert rows.select("day", "at_risk", "reached", "censored").rows() == [
        (0, 3, 0, 0),
        (4, 3, 1, 1),
        (27, 1, 0, 1),
    ]


def test_without_a_segment_all_are_in_the_initiative() -> None:
    bench = bench_of(EVENTS)
    result = answer(bench, before_after())
    assert groups(result) == [("before", "initiative", 7, 3, 4), ("after", "initiative", 4, 2, 2)]
    assert [row[0] for row in effects(result)] == ["initiative"]
    assert effects(result)[0][-1] == 0
    assert members(bench, before_after(), {"kind": "after", "group": "initiative"}, "size") == "detv"


def test_nobody_begins_in_the_window() -> None:
    result = answer(bench_of(EVENTS), before_after(on="2025-01-31", segment=VISITED))
    assert groups(result) == []
    assert effects(result)[0] == ("initiative", None, None, None, False, 0, 0, 0)


def test_limits_of_the_change_are_walds() -> None:
    """10 of 20 before and 15 of 20 after: variances p(1 - p)/n, as nobody is censored within ten days."""
    histories = {f"b{i:02}": "mql@5 > won@8" if i < 10 else "mql@5" for i in range(20)}
    histories |= {f"a{i:02}": "mql@40 > won@43" if i < 15 else "mql@40 > end@90" for i in range(20)}
    result = answer(bench_of(journeys(**histories)), before_after())
    row = result.tables["effects"].row(0, named=True)
    error = (0.5 * 0.5 / 20 + 0.75 * 0.25 / 20) ** 0.5
    assert row["enough"] is True
    assert row["change"] == pytest.approx(0.25)
    assert (row["low"], row["high"]) == pytest.approx((0.25 - 1.959964 * error, 0.25 + 1.959964 * error))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nothing_happens_nothing_changes_whatever_the_ids(seed: int) -> None:
    """All draw their ways alike: the interval of the difference holds 0; other ids, the same answer."""
    rng = random.Random(seed)
    histories = []
    for _ in range(500):
        begins, wait = rng.uniform(0, 120), rng.expovariate(1 / 60)
        visit = f" > visit@{begins + 0.001}" if rng.random() < 0.5 else ""
        histories.append(f"mql@{begins}{visit} > won@{begins + 0.002 + wait}")
    initiative = {"on": "2024-03-01", "window": "60d", "at": "20d", "segment": VISITED}
    tables = []
    for order in (range(500), rng.sample(range(500), 500)):
        named = {f"c{name:03}": text for name, text in zip(order, histories, strict=True)}
        tables.append(bench_of(journeys(**named)).ask(time_to(initiative=initiative)).tables)
    assert all(tables[0][name].equals(tables[1][name]) for name in tables[0])
    difference = tables[0]["effects"].row(2, named=True)
    assert difference["low"] < 0 < difference["high"]
    assert difference["enough"] is True


@small(60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4)), max_size=40))
def test_pairs_are_disjoint_alike_and_as_many_as_can_be(drawn: list[tuple[int, int, int]]) -> None:
    group, stratum, began = np.array(drawn, dtype=np.int64).reshape(-1, 3).T
    ids = pa.array([f"{name}" for name in range(len(drawn))], pa.string())
    reached, control = pairs(group, Beginnings(began, ids, stratum))
    assert len({*reached, *control}) == 2 * len(reached)
    assert (group[reached] < 2).all()
    assert (group[reached] == group[control] - 2).all()
    assert (stratum[reached] == stratum[control]).all()
    cells = [(side, one) for side in (0, 1) for one in range(3)]
    counts = [[((group == side + arm) & (stratum == one)).sum() for arm in (0, 2)] for side, one in cells]
    assert len(reached) == sum(min(two) for two in counts)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"by": "channel"}, "either 'initiative' or 'by'"),
        ({"compare": [VISITED]}, "either 'initiative' or 'compare'"),
        ({"initiative": {"on": "2024-01-31", "window": "36h"}}, "takes 1 to 3,650 days"),
        ({"initiative": {"on": "2024-01-31", "at": "0d"}}, "takes 1 to 3,650 days"),
        ({"initiative": {"on": "0001-01-31"}}, "years 1900 to 2200"),
        ({"initiative": {"begin": "2024-01-31"}}, "'begin' is not a name"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        bench_of(EVENTS).ask(before_after() | more)
