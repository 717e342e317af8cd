"""Lift: by hand in one stratum and in several, what windows hold, what is comparable, a planted campaign."""

from __future__ import annotations

import json
import math
from functools import reduce
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.builders import Question, bench_of, both, is_type, journeys
from workbench.analyses import lift as analysis
from workbench.engines.index import IndexEngine
from workbench.model.parsing import parse_spec
from workbench.model.specs import LiftSpec
from workbench.sources.synthetic import generate

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo_company.toml"


def lift(anchor: str = "won", container: str = "account", /, **more: Any) -> Question:
    """Items before an event type."""
    return {"analysis": "lift", "container": container, "anchor": is_type(anchor)} | more


def several(name: str, count: int, history: str) -> dict[str, str]:
    """The same history of several accounts."""
    return {f"{name}{number}": history for number in range(count)}


ONE_STRATUM = {
    **several("a", 12, "ad@1 > won@2"),
    **several("b", 8, "call@1 > won@2"),
    **several("c", 10, "ad@1 > visit@2"),
    **several("d", 20, "call@1 > visit@2"),
}
"""12 of 20 anchors against 10 of 30 others have an ad before."""


def row_of(bench: wb.Workbench, question: Question, item: str) -> dict[str, Any]:
    return next(row for row in both(bench, question, "items") if row["item"] == item)


def test_one_stratum_is_the_plain_risk_ratio_with_its_interval() -> None:
    row = row_of(bench_of(journeys(**ONE_STRATUM)), lift(), "ad")
    assert (row["anchors"], row["anchor_containers"], row["covered"], row["matched"]) == (12, 20, 20, 30)
    assert (row["share"], row["coverage"], row["covered_share"]) == (60.0, 100.0, 60.0)
    assert row["matched_share"] == pytest.approx(100 / 3)
    spread = 1.959963984540054 * math.sqrt(1 / 12 - 1 / 20 + 1 / 10 - 1 / 30)
    assert row["enough"]
    assert (row["lift"], row["low"], row["high"]) == pytest.approx(
        (1.8, 1.8 * math.exp(-spread), 1.8 * math.exp(spread))
    )


def test_months_are_compared_within_themselves() -> None:
    """In both months half of either side has an ad or nobody; pooled, anchors would seem to have more."""
    bench = bench_of(
        journeys(
            **several("a", 20, "ad@1 > won@2"),
            **several("b", 20, "call@1 > won@2"),
            **several("c", 5, "ad@1 > visit@2"),
            **several("d", 5, "call@1 > visit@2"),
            **several("e", 4, "call@41 > won@42"),
            **several("f", 40, "call@41 > visit@42"),
        )
    )
    row = row_of(bench, lift(), "ad")
    assert row["share"] == pytest.approx(100 * 20 / 44)
    assert (row["covered"], row["matched"]) == (44, 50)
    assert row["lift"] == pytest.approx(1.0)
    assert row["covered_share"] == pytest.approx(row["matched_share"])


def test_a_window_ends_before_its_event_and_includes_its_limit() -> None:
    bench = bench_of(journeys(a="old@0 > edge@1 > x@2 > won@31 > late@32", b="first@5 > x@31 > won@31"))
    rows = both(bench, lift(within="30d"), "items")
    assert [(row["item"], row["anchors"]) for row in rows] == [("x", 2), ("edge", 1), ("first", 1)]
    assert not any(row["enough"] for row in rows)
    again = both(bench, lift("x", within="1d", items=1), "items")
    assert [(row["item"], row["anchors"], row["coverage"]) for row in again] == [("edge", 1, 0.0)]


def test_only_the_first_permitted_anchor_counts_and_anchors_are_no_items() -> None:
    bench = bench_of(journeys(a="ad@0 > won@1 > call@2 > won@3", b="mail@0 > won@1", c="ad@1 > visit@40"))
    items = [(row["item"], row["anchors"]) for row in both(bench, lift(), "items")]
    assert items == [("ad", 1), ("mail", 1)]
    dated = lift(date_range={"from": "2024-01-03"})
    rows = both(bench, dated, "items")
    assert [(row["item"], row["anchors"], row["anchor_containers"]) for row in rows] == [
        ("ad", 1, 1),
        ("call", 1, 1),
    ]
    assert rows[0]["matched"] == 0, "b has an anchor outside the dates and is never compared"


def test_comparable_is_the_same_size_and_about_as_active() -> None:
    events = journeys(
        a="x@1 > won@2",
        b="x@1 > visit@2",
        c="x@1 > visit@2",
        d="x@1 > x@1 > x@1 > visit@2",
        e="x@1 > visit@2",
    )
    accounts = pl.DataFrame(
        {"account_id": list("abcdfghi"), "employees": [10, 10, 900, 10, 20, 500, 20, 800]}
    )
    bench = bench_of(events, accounts=accounts)
    assert row_of(bench, lift(), "x")["matched"] == 1, (
        "b alone: c is larger, d more active, e of unknown size"
    )
    assert row_of(bench_of(events), lift(), "x")["matched"] == 3


def test_some_events_alone_have_items() -> None:
    bench = bench_of(journeys(**ONE_STRATUM))
    rows = both(bench, lift(among=is_type("call")), "items")
    assert [(row["item"], row["anchors"]) for row in rows] == [("call", 8)]
    assert rows[0]["matched"] == 30, "what has no item makes an account no less active"


def test_compared_segments_are_matched_within_themselves() -> None:
    """Each segment answers as if it were asked alone; its members and its statement are its own."""
    bench = bench_of(journeys(**ONE_STRATUM, **several("y", 11, "mail@1 > won@2")))
    ads = {"container": "account", "where": is_type("ad")}
    sides = [ads, {"not": ads}]
    rows = both(bench, lift(compare=sides), "items")
    labels = list(dict.fromkeys(row["segment"] for row in rows))
    assert len(labels) == 2
    for side, label in zip(sides, labels, strict=True):
        own = both(bench, lift(segments=[side]), "items")
        assert [row for row in rows if row["segment"] == label] == [row | {"segment": label} for row in own]
    assert [(row["item"], row["matched"]) for row in rows] == [("ad", 10), ("mail", 20), ("call", 20)]
    for engine in ("index", "sql"):
        result = bench.ask(lift(compare=sides), engine=engine)
        called = result.members("items", {"segment": labels[1], "item": "call"})
        assert called["account_id"].to_list() == sorted(f"b{number}" for number in range(8))
        with pytest.raises(wb.SpecError, match="segment"):
            result.members("items", {"item": "call"})
    assert f"-- table items, segment {labels[0]}" in bench.ask(lift(compare=sides)).sql
    assert f"Compared: {labels[0]}" in bench.ask(lift(compare=sides)).definition
    with pytest.raises(wb.SpecError, match="compare"):
        bench.ask(lift(compare=[ads] * 6))


def test_members_are_the_containers_with_an_anchor_and_the_item() -> None:
    bench = bench_of(journeys(**ONE_STRATUM))
    for engine in ("index", "sql"):
        result = bench.ask(lift(), engine=engine)
        found = result.members("items", {"item": "ad"})["account_id"].to_list()
        assert found == sorted(f"a{number}" for number in range(12))
        with pytest.raises(wb.SpecError, match="no row"):
            result.members("items", {"item": "visit"})


def test_ranges_of_containers_merge_to_the_same_answer() -> None:
    bench = bench_of(journeys(**ONE_STRATUM))
    spec = parse_spec(lift())
    assert isinstance(spec, LiftSpec)
    part = IndexEngine(bench.index, bench.version).part(spec)
    whole = analysis.answer([part], spec, bench.version)["items"]
    assert reduce(lambda same, ways: same and _split(part, ways, spec, bench).equals(whole), (2, 3, 7), True)


def _split(part: Any, ways: int, spec: LiftSpec, bench: wb.Workbench) -> pl.DataFrame:
    return analysis.answer(part.split(ways), spec, bench.version)["items"]


def test_notes_say_what_is_left_out() -> None:
    bench = bench_of(journeys(**ONE_STRATUM, z="ad@60 > won@61"))
    notes = bench.lift(anchor=is_type("won")).notes
    assert (
        "1 of 21 accounts with an anchor found none to be compared with and are left out of the lift" in notes
    )
    assert "not enough data for the lift of call" in notes
    empty = bench.lift(anchor=is_type("won"), among=is_type("nothing")).notes
    assert "no account has an anchor with an item in the 90 days before it" in empty
    assert "Greenland" in bench.lift(anchor=is_type("won")).definition


def test_what_has_no_items_is_refused() -> None:
    with pytest.raises(wb.SpecError, match="pathing dimension"):
        bench_of(journeys(a="ad@1")).ask(lift(dimension="occurred_at"))


def test_the_planted_campaign_comes_before_its_effect(tmp_path: Path) -> None:
    generate(tmp_path / "data", accounts=1500, events=30_000, seed=1)
    truth = json.loads((tmp_path / "data" / "truth.json").read_text())["campaign"]
    wb.load(DEMO, data=tmp_path / "data", workspace=tmp_path / "workspace")
    row = (
        wb.open(tmp_path / "workspace")
        .lift(
            anchor=is_type("SQL Qualified"),
            segments=[{"container": "account", "where": is_type("MQL Qualified")}],
            among=is_type(truth["exposure"]),
            dimension="campaign.name",
            within="120d",
        )
        .tables["items"]
        .row(0, named=True)
    )
    assert row["item"] == truth["name"]
    assert row["enough"]
    assert row["low"] > 1
