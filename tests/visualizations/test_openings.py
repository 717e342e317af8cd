"""The opening questions are built from milestones, and fall back to what there is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visualizations.company import only
from visualizations.desk import Desk
from visualizations.pages import draw


def test_documented_questions(bench: Any) -> None:
    desk = Desk(bench)
    canvas, flow, cohort = (
        desk.opening(name).question for name in ("journey-canvas", "flow", "cohort-table")
    )
    assert [node["id"] for node in canvas["nodes"]] == [
        "lead",
        "mql",
        "sql",
        "opportunity_created",
        "won",
        "lost",
    ]
    assert canvas["arrows"][3] == {"source": "opportunity_created", "target": "won", "same": "opportunity"}
    assert flow["ends_with"] == {"milestone": "mql"}
    assert (flow["dimension"], flow["container"]) == ("content_type", "account")
    assert (flow["within"], flow["goal"]) == ("90d", {"milestone": "won"})
    assert (cohort["container"], cohort["columns"]) == ("account", "milestones")
    assert all(
        desk.opening(name).note == "" for name in ("journey-canvas", "flow", "cohort-table", "fallout")
    )


CASES: dict[str, tuple[list[str], tuple[str, ...], str]] = {
    "two event types": (["account_id", "channel"], ("Content Viewed", "Email Opened"), "account"),
    "persons only": (["person_id"], (), "person"),
    "one event type": (["account_id"], ("Content Viewed",), "account"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("view", ["journey-canvas", "flow", "fallout", "cohort-table"])
def test_bare_companies_still_open(case: str, view: str) -> None:
    columns, kinds, container = CASES[case]
    desk = Desk(only(columns, kinds=kinds))
    opening = desk.opening(view)
    assert opening.question["container"] == container
    assert opening.note
    page = draw(desk, {"view": view, "question": opening.question}, dark=False, width=900, height=600)
    assert page.caption
    assert draw(desk, {"view": "home", "question": {}}, dark=False, width=900, height=600).stage is not None
