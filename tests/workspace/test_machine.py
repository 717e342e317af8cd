"""Opens and clicks of machines: found by time and place, marked, counted, and left to the settings."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.workspace.loading import rows
from workbench.errors import WorkspaceError
from workbench.model.settings import MachineRules, Settings
from workbench.sources.synthetic import generate
from workbench.workspace import Generation, assemble_frames, settings_from

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo_company.toml"
START = datetime.datetime(2024, 1, 1, 9, 0, 7)


def mails(*lines: str) -> pl.DataFrame:
    """Events written as `Email Opened 1.5 ann C1 P1`: type, seconds, person, campaign, content or `-`."""
    found = []
    for line in lines:
        kind, seconds, *ids = line.rsplit(" ", 4)
        moment = START + datetime.timedelta(seconds=float(seconds))
        person, campaign, content = (None if one == "-" else one for one in ids)
        found.append((moment, kind, person, campaign, content, "buyer", "acme"))
    names = ["occurred_at", "event_type", "person_id", "campaign_id", "content_id", "actor", "account_id"]
    types = {"occurred_at": pl.Datetime("us")}
    return pl.DataFrame(found, schema={name: types.get(name, pl.String) for name in names}, orient="row")


def made(tmp_path: Path, events: pl.DataFrame, rules: MachineRules | None = None) -> Generation:
    settings = Settings(machine=rules or MachineRules())
    return assemble_frames({"events": events}, settings, tmp_path / "ws")


def marked(generation: Generation) -> list[int]:
    """Rows that are a machine's; exactly these have the actor system."""
    found = rows(generation, "SELECT row, machine, actor FROM {events} ORDER BY row")
    assert all((actor == "system") == machine for _, machine, actor in found)
    return [row for row, machine, _ in found if machine]


def test_right_after_the_delivery_to_the_same_person_with_the_same_mail(tmp_path: Path) -> None:
    generation = made(
        tmp_path,
        mails(
            "Email Delivered 0 ann C1 P1",
            "Email Opened 2 ann C1 -",
            "Email_Clicked 1 ann - P1",
            "Email Opened 2.001 ann C1 P1",
            "Email Opened 1 bob C1 P1",
            "Email Opened 1 ann C2 P2",
            "Email Opened -1 ann C1 P1",
            "Web Visit 1 ann C1 P1",
            "Email Opened 1 - C1 P1",
        ),
    )
    assert marked(generation) == [1, 2]
    found = generation.audit["machine_events"]
    assert (found["events"], found["after_delivery"], found["links_at_once"]) == (2, 2, 0)
    assert found["samples"] == ["row 1", "row 2"]
    assert found["by_type"] == {
        "Email Opened": {"events": 6, "machine": 1},
        "Email_Clicked": {"events": 1, "machine": 1},
    }
    assert found["event_types"] == {
        "opens": ["Email Opened"],
        "clicks": ["Email_Clicked"],
        "deliveries": ["Email Delivered"],
    }


def test_all_links_at_once(tmp_path: Path) -> None:
    generation = made(
        tmp_path,
        mails(
            *(f"Email Clicked {second} ann C1 P{second}" for second in (0, 1, 2)),
            "Email Clicked 3 ann C1 P9",
            "Email Clicked 6 ann C1 P9",
            *(f"Email Clicked {second} bob C1 P1" for second in (0, 1)),
            "Email Clicked 1 cid C1 P1",
            *(f"Email Clicked {second} dan - P1" for second in (20, 21, 21)),
            *(f"Email Clicked {second} eve - -" for second in (20, 21, 21)),
        ),
    )
    assert marked(generation) == [0, 1, 2, 3, 8, 9, 10]
    assert generation.audit["machine_events"]["links_at_once"] == 7


def test_times_without_seconds_are_not_judged(tmp_path: Path) -> None:
    generation = made(tmp_path, mails("Email Sent -7 ann C1 P1", "Email Opened -7 ann C1 P1"))
    assert marked(generation) == []
    assert generation.audit["machine_events"]["events"] == 0
    assert generation.audit["machine_events"]["by_type"] == {"Email Opened": {"events": 1, "machine": 0}}


def test_settings_name_the_event_types_and_limits(tmp_path: Path) -> None:
    events = mails("Versandt 0 ann C1 P1", "Gelesen 4 ann C1 P1", "Email Opened 1 ann C1 P1")
    rules = MachineRules(opens=("Gelesen",), deliveries=("Versandt",), after_delivery="5s")
    assert marked(made(tmp_path / "named", events, rules)) == [1]
    assert marked(made(tmp_path / "unnamed", events)) == []
    delivered = mails("Email Sent 0 ann C1 P1", "Email Opened 1 ann C1 P1")
    assert marked(made(tmp_path / "off", delivered, MachineRules(find=False))) == []
    with pytest.raises(WorkspaceError, match="machine"):
        settings_from({"machine": {"links": 1}}, "workspace.toml")


def test_a_load_finds_what_the_made_up_company_planted(tmp_path: Path) -> None:
    """Every event found is planted; not found are slow filters, and times on a whole minute."""
    planted = generate(tmp_path / "data", accounts=600, events=60_000, seed=5)["machine_events"]
    wb.load(DEMO, data=tmp_path / "data", workspace=tmp_path / "ws")
    bench = wb.open(tmp_path / "ws")
    found = set(bench.sql("SELECT event_id FROM events WHERE machine")["event_id"])
    true = {event for ids in planted.values() for event in ids}
    assert len(true) > 300
    assert len(found & true) >= 0.999 * len(found)
    assert len(found & true) > 0.9 * len(true)
    counted = bench.audit["machine_events"]["by_type"]
    for name, ids in planted.items():
        assert counted[name]["machine"] == len(found & set(ids)) > 0.85 * len(ids)
        assert counted[name]["events"] > 3 * len(ids)


def test_questions_leave_them_out_with_the_actors_and_find_them_by_field() -> None:
    bench = wb.from_tables(
        events=mails("Email Sent 0 ann C1 P1", "Email Opened 1 ann C1 P1", "Email Opened 90 ann C1 P1")
    )
    assert bench.values("machine").rows() == [(False, 2), (True, 1)]
    question: dict[str, Any] = {"by": "event_type", "metric": "events"}
    opened = {"kind": "item", "item": "Email Opened"}
    buyers = bench.breakdown(**question, actors=["buyer"]).tables["items"].filter(**opened)
    assert buyers["value"].to_list() == [1]
    for engine in ("index", "sql"):
        asked = {"analysis": "breakdown", **question, "where": {"field": "machine", "value": True}}
        assert bench.ask(asked, engine=engine).tables["items"]["value"].to_list() == [1]
