"""Why a container is a member: parts, events, records, lists and pins."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

import workbench as wb
from tests.builders import bench_of, journeys
from tests.segments.company import BUYER, CHICAGO, CLICKED, company
from workbench.segments import Reason


def outline(reason: Reason) -> list[Any]:
    """Words, truth and number of events of every part."""
    return [reason.words, reason.holds, reason.matching, [outline(part) for part in reason.parts]]


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    bench = company()
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    bench.segments.save("Clicked", CLICKED, about={"container": "person"})
    bench.segments.save("List", about={"kind": "static", "container": "person"})
    bench.segments.add("list", ["C2"])
    blocks = [{"segment": "clicked"}, {"segment": "buyers", "operator": "except"}]
    bench.segments.save("Rest", about={"kind": "compound", "container": "person", "blocks": blocks})
    return bench


def test_record_rows_say_what_the_record_holds(bench: wb.Workbench) -> None:
    found = bench.segments.why("buyers", "person", "C3")
    assert not found.holds
    [every] = found.parts
    assert [(part.words, part.holds, part.found) for part in every.parts] == [
        ("account city is Chicago", True, "account.city = 'Chicago'"),
        (
            "account annual revenue is at least 100000",
            False,
            "account.annual_revenue = 90000",
        ),
        ("person job title is Purchaser", True, "person.job_title = 'Purchaser'"),
    ]
    nobody = bench.segments.why("buyers", "person", "C6").parts[0].parts[0]
    assert (nobody.holds, nobody.found) == (False, "account.city = no value")


def test_events_say_when(bench: wb.Workbench) -> None:
    found = bench.segments.why("clicked", "person", "C2")
    assert (found.words, found.holds, found.matching) == ("segment clicked", True, 2)
    assert found.events["occurred_at"].to_list() == [datetime(2020, 6, 10, 12), datetime(2020, 6, 11, 12)]
    assert found.events["event_type"].to_list() == ["EmailClicked"] * 2
    assert found.events["person"].to_list() == ["Bob"] * 2
    assert json.loads(json.dumps(found.to_json(), default=str))["parts"][0]["matching"] == 2


def test_blocks_lists_and_pins_are_parts(bench: wb.Workbench) -> None:
    assert outline(bench.segments.why("list", "person", "C2"))[1:3] == [True, 2]
    found = bench.segments.why("rest", "person", "C2")
    clicked, without = found.parts[0].parts
    assert (clicked.holds, without.holds) == (True, True)
    assert without.parts[0].parts[0].words == "segment buyers"
    bench.segments.pin("rest", "C2", False, "asked us to stop")
    found = bench.segments.why("rest", "person", "C2")
    assert not found.holds
    out = found.parts[0].parts[1].parts[0]
    assert (out.words, out.holds, out.found) == ("persons on the list rest.out", True, "asked us to stop")


def test_forms_are_judged_for_the_containers_they_name(bench: wb.Workbench) -> None:
    colleague = {"container": "account", "where": {"field": "event_type", "value": "EmailClicked"}}
    found = bench.segments.why(colleague, "person", "C1")
    assert (found.words, found.holds, found.found) == ("1 of its 1 accounts are members", True, "Contoso")
    assert found.container == "person"
    everyone = {"all": [colleague, {"field": "person.job_title", "value": "Purchaser"}]}
    found = bench.segments.why(everyone, "person", "C1").parts[0]
    assert (found.holds, found.matching, found.container) == (True, 0, "person")
    [inside] = found.parts
    assert (inside.holds, inside.matching, inside.container) == (True, 2, "account")
    assert not bench.segments.why(everyone, "person", "C5").holds
    assert not bench.segments.why(everyone, "person", "C6").holds


def test_members_of_another_kind_are_the_reason(bench: wb.Workbench) -> None:
    found = bench.segments.why("buyers", "account", "A1")
    assert (found.words, found.holds, found.found) == ("2 of its 3 persons are members", True, "Ann, Gus")
    assert found.parts[0].words == "segment buyers"
    assert bench.segments.why("buyers", "account", "A3").words == "0 of its 1 persons are members"


def test_sequences_counts_and_the_past() -> None:
    bench = bench_of(journeys(acme="ad@0 > mql@10 > ad@12 > won@20", beta="mql@1 > ad@2"))
    steps = [{"where": {"field": "event_type", "value": one}} for one in ("ad", "mql")]
    sequence = {"sequence": steps, "container": "account"}
    found = bench.segments.why(sequence, "account", "acme")
    assert (found.holds, [part.matching for part in found.parts]) == (True, [2, 1])
    assert not bench.segments.why(sequence, "account", "beta").holds
    early = bench.segments.why({"as_of": "2024-01-05", "where": sequence}, "account", "acme")
    assert (early.holds, [part.matching for part in early.parts]) == (False, [1, 0])
    count = {"count": {"field": "event_type", "value": "ad"}, "container": "account", "value": 2}
    assert outline(bench.segments.why(count, "account", "beta"))[1:] == [
        False,
        0,
        [["event type is ad", True, 1, []]],
    ]
    with pytest.raises(wb.SpecError, match="did you mean 'acme'"):
        bench.segments.why(count, "account", "acm")
