"""The documented examples of lists and combined segments, and members as other containers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import polars as pl
import pytest

import workbench as wb
from tests.segments.company import BUYER, CHICAGO, CLICKED, company, events, ids, persons


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    return company()


def test_x1_purchasers_in_chicago(bench: wb.Workbench) -> None:
    bench.segments.save("X1", CHICAGO, about=BUYER)
    assert ids(bench.segments.members("x1")) == ["C1", "C5", "C7", "C8"]
    first = bench.segments.members("x1").row(0, named=True)
    assert first == {"person_id": "C1", "name": "Ann", "account_id": "A1", "account": "Contoso"}


def test_x14_accounts_with_how_many_of_their_contacts(bench: wb.Workbench) -> None:
    found = bench.segments.members("x1", "account")
    assert found.columns == ["account_id", "name", "persons_in", "persons"]
    assert found.rows() == [("A1", "Contoso", 2, 3), ("A4", "Adventure Works", 2, 2)]
    assert bench.segments.size("x1", "account") == 2


def test_x6_a_static_segment_does_not_change_by_itself(bench: wb.Workbench) -> None:
    names = {"field": "account.name", "op": "in", "value": ["Contoso", "Northwind"]}
    assert bench.resolve(names, "person")["person_id"].to_list() == ["C1", "C2", "C4", "C7"]
    bench.segments.save("X6", about={"kind": "static", "container": "person"})
    assert ids(bench.segments.members("x6")) == []
    saved = bench.segments.add("x6", ["C2", "C4"])
    assert saved["revision"] == 2
    assert ids(bench.segments.members("x6")) == ["C2", "C4"]
    later = company(bench.path, persons=persons(("C9", "Ivy", "A1", "Buyer", 4, None, False)))
    assert ids(later.segments.members("x6")) == ["C2", "C4"]
    assert later.resolve(names, "person")["person_id"].to_list() == ["C1", "C2", "C4", "C7", "C9"]
    later.segments.add("x6", where=names)
    assert ids(later.segments.members("x6")) == ["C1", "C2", "C4", "C7", "C9"]
    later.segments.remove("x6", ["C1", "C7", "C9"])
    assert ids(later.segments.members("x6")) == ["C2", "C4"]
    later.close()


def test_x7_and_x9_blocks_are_joined_from_left_to_right(bench: wb.Workbench) -> None:
    bench.segments.save("X7", CLICKED, about={"container": "person"})
    assert ids(bench.segments.members("x7")) == ["C2"]
    late = company(bench.path, events=events(datetime(2020, 7, 27)))
    assert ids(late.segments.members("x7")) == []
    late.close()

    def blocks(*pairs: str) -> dict[str, object]:
        chosen = [dict(zip(("operator", "segment"), pair.split(), strict=True)) for pair in pairs]
        return {"kind": "compound", "container": "person", "blocks": chosen}

    bench.segments.save("X9", about=blocks("union x1", "union x6", "except x7"))
    bench.segments.save("X9 turned", about=blocks("union x1", "except x7", "union x6"))
    assert ids(bench.segments.members("x9")) == ["C1", "C4", "C5", "C7", "C8"]
    assert ids(bench.segments.members("x9-turned")) == ["C1", "C2", "C4", "C5", "C7", "C8"]
    consent = {"field": "person.consent_level", "op": ">=", "value": 4}
    bench.segments.save("Consent", consent, about={"container": "person"})
    bench.segments.save("X10", about=blocks("union x1", "intersect consent"))
    assert ids(bench.segments.members("x10")) == ["C1", "C7", "C8"]
    for name in ("x9", "x9-turned", "x10", "x6"):
        twin = bench.resolve({"segment": name}, "person", engine="sql")
        assert ids(twin) == ids(bench.segments.members(name))


def test_pins_come_last(bench: wb.Workbench) -> None:
    bench.segments.save("Pinned", CHICAGO, about=BUYER)
    bench.segments.pin("pinned", "C1", False, "left the company")
    bench.segments.pin("pinned", "C6", True, "moves to Chicago")
    assert ids(bench.segments.members("pinned")) == ["C5", "C6", "C7", "C8"]
    bench.segments.pin("pinned", "C1", True)
    assert ids(bench.segments.members("pinned")) == ["C1", "C5", "C6", "C7", "C8"]
    bench.segments.unpin("pinned", "C6")
    assert ids(bench.segments.members("pinned")) == ["C1", "C5", "C7", "C8"]
    with pytest.raises(wb.SpecError, match="'C66' is no person of this workspace; did you mean 'C6'"):
        bench.segments.pin("pinned", "C66", True)
    with pytest.raises(wb.SpecError, match="is not pinned"):
        bench.segments.unpin("pinned", "C6")


def test_a_question_takes_every_kind_of_segment(bench: wb.Workbench) -> None:
    question = {
        "analysis": "fallout",
        "container": "person",
        "touchpoints": [{"where": {"field": "event_type", "value": "EmailClicked"}}],
    }
    for segment, expected in (("x6", 1), ("x9-turned", 1), ("x9", 0)):
        for engine in ("index", "sql"):
            answer = bench.ask({**question, "segments": [segment]}, engine)
            assert answer.tables["touchpoints"]["value"].to_list()[-1] == expected
    bench.segments.remove("x6", ["C2"])
    assert bench.ask({**question, "segments": ["x6"]}).tables["touchpoints"]["value"].to_list()[-1] == 0
    bench.segments.add("x6", ["C2"])
    assert bench.ask({**question, "segments": ["x6"]}).tables["touchpoints"]["value"].to_list()[-1] == 1


def test_members_as_every_container() -> None:
    bench = company(
        opportunities=pl.DataFrame(
            {"opportunity_id": ["O1", "O2"], "account_id": ["A1", "A3"], "name": ["Big", "Small"]}
        ),
        buying_groups=pl.DataFrame(
            {"buying_group_id": ["G1"], "account_id": ["A1"], "opportunity_id": ["O1"]}
        ),
        buying_group_members=pl.DataFrame({"buying_group_id": ["G1", "G1"], "person_id": ["C1", "C2"]}),
        leads=pl.DataFrame(
            {"lead_id": ["L1"], "person_id": ["C4"], "opportunity_id": ["O2"], "account_id": ["A3"]}
        ),
        account_persons=pl.DataFrame({"account_id": ["A3"], "person_id": ["C6"]}),
    )
    purchasers = {"field": "person.job_title", "op": "in", "value": ["Purchaser", "CFO"]}
    bench.segments.save("P", purchasers, about={"container": "person"})
    assert bench.segments.members("p", "opportunity").rows() == [
        ("O1", "Big", "A1", "Contoso", 1, 2),
        ("O2", "Small", "A3", "Northwind", 1, 1),
    ]
    assert bench.segments.members("p", "buying_group").rows() == [("G1", None, "A1", "Contoso", 1, 2)]
    assert ids(bench.segments.members("p", "lead")) == ["L1"]
    assert bench.segments.members("p", "account").row(2) == ("A3", "Northwind", 2, 2)
    assert ids(bench.segments.members("p", "global_account")) == ["A1", "A2", "A3", "A4"]
    bench.segments.save("A", {"field": "account.city", "value": "New York"})
    assert ids(bench.segments.members("a", "person")) == ["C4", "C6"]
    assert ids(bench.segments.members("a", "opportunity")) == ["O2"]
    assert bench.segments.members("a", "session").is_empty()


def test_persons_without_records_belong_to_the_accounts_of_their_events() -> None:
    events = pl.DataFrame(
        {
            "event_type": ["x", "x", "y"],
            "occurred_at": [datetime(2024, 1, day) for day in (1, 2, 3)],
            "account_id": ["a", "b", "a"],
            "person_id": ["p", "p", "q"],
        }
    )
    bench = wb.from_tables(events=events)
    only_y = {"container": "person", "where": {"field": "event_type", "value": "y"}}
    assert bench.segments.members(only_y, "account").rows() == [("a", None, 1, 2)]


def test_masked_persons_are_codes() -> None:
    bench = company(settings={"mask_persons": True})
    found = bench.segments.members({"container": "person", "where": CHICAGO})
    assert all(name.startswith("Person ") for name in found["name"])


def test_x16_registered_but_not_attended() -> None:
    days = [
        ("registered", "C1"),
        ("registered", "C2"),
        ("registered", "C8"),
        ("cancelled", "C2"),
        ("checked in", "C8"),
    ]
    happened = pl.DataFrame(
        {
            "event_type": [kind for kind, _ in days],
            "person_id": [person for _, person in days],
            "occurred_at": [datetime(2020, 6, 1 + place) for place in range(len(days))],
        }
    )
    bench = company(events=happened)
    for kind in ("registered", "cancelled", "checked in"):
        bench.segments.save(kind, {"field": "event_type", "value": kind}, about={"container": "person"})
    blocks = [{"segment": "registered"}] + [
        {"segment": one, "operator": "except"} for one in ("cancelled", "checked-in")
    ]
    bench.segments.save("No show", about={"kind": "compound", "container": "person", "blocks": blocks})
    assert ids(bench.segments.members("no-show")) == ["C1"]


def test_changes_of_a_list_at_once_are_all_kept() -> None:
    bench = company()
    bench.segments.save("List", about={"kind": "static", "container": "person"})
    people = [f"C{number}" for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: bench.segments.add("list", [one]), people))
    assert ids(bench.segments.members("list")) == people
    assert bench.segments.get("list")["revision"] == 9


def test_details_of_members_without_events_are_their_own(bench: wb.Workbench) -> None:
    details = bench.members_details("person", ["C3", "C2"]).select(
        "person_id", "events", "first_at", "last_at"
    )
    clicks = (datetime(2020, 6, 10, 12), datetime(2020, 6, 11, 12))
    assert details.rows() == [("C3", 0, None, None), ("C2", 2, *clicks)]


@pytest.mark.parametrize(
    ("op", "value", "found"), [(">=", 2, ["C2"]), ("equals", 1, []), ("equals", 2, ["C2"])]
)
def test_x8_at_least_or_exactly_so_many_clicks(
    bench: wb.Workbench, op: str, value: int, found: list[str]
) -> None:
    clicks = {"count": {"field": "event_type", "value": "EmailClicked"}, "container": "person"}
    assert ids(bench.segments.members({**clicks, "op": op, "value": value})) == found


def test_x15_who_was_processed_by_a_tile_of_a_journey() -> None:
    rows = [("C1", "T1", "J"), ("C2", "T1", "other"), ("C3", "T2", "J"), ("C1", "T2", "J")]
    happened = pl.DataFrame(
        rows, schema=["person_id", "activity_id", "journey_id"], orient="row"
    ).with_columns(event_type=pl.lit("Processed"), occurred_at=pl.lit(datetime(2020, 6, 1)))
    tests = [{"field": "activity_id", "value": "T1"}, {"field": "journey_id", "value": "J"}]
    same_event = {"container": "person", "where": {"all": tests}}
    assert ids(company(events=happened).segments.members(same_event)) == ["C1"]
