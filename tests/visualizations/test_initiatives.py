"""Initiatives in the app: saved, marked between the rows, compared before and after, told in a sentence."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import workbench as wb
from visualizations.desk import Desk
from visualizations.editing import display
from visualizations.pages import draw
from visualizations.panels import initiatives as panel
from visualizations.parts import walk
from visualizations.views.cohort.before_after import sentence
from visualizations.views.cohort.initiatives import markers, saved
from workbench.workspace.definitions import Definitions

SPRING = {"id": "spring", "name": "Spring", "content": {"on": "2024-03-12", "segment": None}}


def test_markers_stand_in_the_row_of_their_day() -> None:
    spec, starts = SimpleNamespace(dimension=None), ("2024-02-01", "2024-03-01", "2024-04-01")
    broken = {"id": "x", "name": "X", "problem": "is no JSON"}
    early = {**SPRING, "content": {"on": "2024-01-31"}}
    assert markers([SPRING, broken, early], spec, starts) == [
        {"name": "Spring", "on": "2024-03-12", "period": "2024-03-01"}
    ]
    assert markers([SPRING], SimpleNamespace(dimension="channel"), starts) == []


def test_an_initiative_is_saved_with_a_name_a_day_and_whom_it_reached(tmp_path: Path) -> None:
    desk: Any = SimpleNamespace(bench=SimpleNamespace(definitions=Definitions(tmp_path)))
    found = panel.save(desk, "Spring", "2024-03-12", ["e:Webinar Attended"])
    definition = desk.bench.definitions.get("initiatives", found)
    assert definition["content"] == {
        "on": "2024-03-12",
        "segment": {"field": "event_type", "op": "equals", "value": "Webinar Attended"},
    }
    assert saved([definition])[0].reached == "Webinar Attended"
    for name, on, said in (("", "2024-03-12", "name"), ("Spring", None, "which day")):
        with pytest.raises(wb.WorkbenchError, match=said):
            panel.save(desk, name, on, [])
    desk.bench.definitions = None
    with pytest.raises(wb.WorkbenchError, match="no folder"):
        panel.save(desk, "Spring", "2024-03-12", [])


def test_choosing_an_initiative_opens_the_curves() -> None:
    document = {"view": "cohort-table", "question": {}}
    chosen = display.with_display(document, "initiative", "of:spring")
    assert chosen["display"] == {"initiative": "of:spring", "curves": True}
    assert display.with_display(document, "initiative", "spring") == document


def row(arm: str, change: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    plain = {"at_days": 90, "share_before": 0.31, "share_after": 0.38, "enough": True, "size_before": 40}
    return {"arm": arm, "change": change, "low": low, "high": high, **plain, **more}


def test_the_finding_is_a_sentence() -> None:
    own, control = row("initiative", 0.07, 0.01, 0.13), row("control", 0.02, -0.03, 0.07)
    start = "90 days after MQL, 31% had reached SQL before and 38% after: +7 points (1 to 13)"
    assert sentence([own], "SQL", "MQL") == f"{start}."
    sure = sentence([own, control, row("difference", 0.05, 0.01, 0.09)], "SQL", "MQL")
    assert sure == f"{start}; in the matched control +2. Against the control: +5 points (1 to 9)."
    unsure = sentence([own, control, row("difference", 0.05, -0.02, 0.12)], "SQL", "MQL")
    assert unsure.endswith("Not distinguishable from the control: +5 points (−2 to 12).")
    few = row("initiative", 0.07, None, None, enough=False)
    assert sentence([few], "SQL", "MQL").startswith("Not enough data: on a side, fewer than 10")
    nobody = row("initiative", None, None, None, enough=False, size_before=0)
    assert sentence([nobody], "SQL", "MQL") == "Nobody began before it: there is nothing to compare."


def test_the_curves_are_drawn_before_and_after(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(bench)
    question = desk.opening("cohort-table").question
    goal = question["milestones"][0]["where"]
    content = {"on": "2024-06-01", "segment": {"field": "event_type", "value": "Webinar Attended"}}
    monkeypatch.setattr(desk.facts, "initiatives", lambda: ({**SPRING, "content": content},))
    document = {
        "view": "cohort-table",
        "question": question,
        "display": {"curves": True, "initiative": "of:spring", "effect_at": "30d"},
    }
    stage = draw(desk, document, dark=False, width=900, height=600).stage
    said = [str(getattr(part, "children", "")) + str(getattr(part, "data-html", "")) for part in walk(stage)]
    text = " ".join(said)
    assert "Spring, since 1 Jun 2024" in text
    asked = {
        "analysis": "time_to",
        "inclusion": question["inclusion"],
        "milestone": goal,
        "earlier": "count",
        "initiative": {**content, "at": "30d"},
    }
    size = desk.ask(asked).tables["groups"].filter(kind="after", group="initiative")["size"][0]
    assert f">{size}</button>" in text
