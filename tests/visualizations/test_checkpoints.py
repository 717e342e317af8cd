"""Checkpoints on a timeline are those the engine counts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from visualizations.desk import Desk
from visualizations.views.timeline.checkpoints import marked, row_test

DAY = dt.datetime(2024, 1, 1)


def story(text: str) -> list[dict[str, Any]]:
    steps = [step.split("@") for step in text.split()]
    return [
        {"event_type": kind, "occurred_at": DAY + dt.timedelta(days=int(day)), "opportunity_id": "d"}
        for kind, day in steps
    ]


def canvas(*arrows: dict[str, Any]) -> dict[str, Any]:
    names = sorted({arrow[end] for arrow in arrows for end in ("source", "target")})
    nodes = [{"id": name, "label": name, "where": {"field": "event_type", "value": name}} for name in names]
    return {"analysis": "journey_canvas", "nodes": nodes, "arrows": list(arrows)}


@pytest.mark.parametrize(
    ("events", "arrow", "days"),
    [
        ("a@1 b@3", {}, [1, 3]),
        ("b@0 a@1 b@3", {}, [1, 3]),
        ("a@1 b@3", {"within": "1d"}, [1, None]),
        ("a@1 a@9 b@10", {"within": "1d"}, [1, 10]),
        ("a@1 b@2 b@5", {"after": "3d"}, [1, 5]),
        ("a@1 b@2", {"same": "opportunity"}, [1, 2]),
        ("b@2", {}, [None, None]),
    ],
)
def test_reach(events: str, arrow: dict[str, Any], days: list[int | None]) -> None:
    marks = marked(canvas({"source": "a", "target": "b", **arrow}), story(events), {})
    found = [None if mark.when is None else (mark.when - DAY).days for mark in marks]
    assert found == days


@pytest.mark.parametrize(
    ("limits", "days"),
    [({}, 2), ({"without": "x"}, 4), ({"without": "y"}, 2), ({"different": "opportunity"}, None)],
)
def test_between_touchpoints(limits: dict[str, Any], days: int | None) -> None:
    where = {name: {"field": "event_type", "value": name} for name in "abxy"}
    limits = {key: where.get(value, value) for key, value in limits.items()}
    points = [{"where": where["a"]}, {"where": where["b"], **limits}]
    question = {"analysis": "fallout", "touchpoints": points}
    mark = marked(question, story("a@0 x@1 b@2 a@3 b@4"), {})[1]
    assert (None if mark.when is None else (mark.when - DAY).days) == days
    unknown = {"where": where["b"], "without": {"field": "account.industry", "value": "Media"}}
    told = marked({**question, "touchpoints": [points[0], unknown]}, story("a@0 b@1"), {})
    assert [one.known for one in told] == [True, False]


def test_without_agrees_with_the_members(bench: Any) -> None:
    desk = Desk(bench)
    points = [{"where": {"milestone": "lead"}}, {"where": {"milestone": "sql"}}]
    points[1]["without"] = {"field": "event_type", "value": "Webinar Attended"}
    question = desk.normal({"analysis": "fallout", "container": "account", "touchpoints": points})
    result = desk.ask(question)
    groups = [set(result.members("touchpoints", {"step": step})["account_id"]) for step in (1, 2)]
    for account in sorted(groups[0])[:60]:
        events = list(bench.timeline("account", account).iter_rows(named=True))
        marks = marked(question, events, desk.settings_milestones())
        assert [mark.when is not None for mark in marks] == [account in group for group in groups]


def test_what_a_row_cannot_tell_is_not_told() -> None:
    assert row_test({"field": "account.industry", "value": "Media"}, {"event_type"}, {}) is None
    assert row_test({"milestone": "nowhere"}, {"event_type"}, {}) is None
    question = {"analysis": "flow", "ends_with": {"container": "account", "where": {"milestone": "won"}}}
    assert [mark.known for mark in marked(question, story("a@1"), {})] == [False]


@pytest.mark.parametrize("view", ["journey-canvas", "fallout"])
def test_marks_agree_with_the_members(bench: Any, view: str) -> None:
    desk = Desk(bench)
    question = desk.opening(view).question
    result = desk.ask(question)
    table, key = ("nodes", "id") if view == "journey-canvas" else ("touchpoints", "step")
    rows = [row for row in result.tables[table].iter_rows(named=True) if row.get("step") != 0]
    members = [set(result.members(table, {key: row[key]})["account_id"]) for row in rows]
    for account in sorted(members[0])[:40]:
        events = list(bench.timeline("account", account).iter_rows(named=True))
        marks = marked(question, events, desk.settings_milestones())
        assert [mark.when is not None for mark in marks] == [account in group for group in members]
