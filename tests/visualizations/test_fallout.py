"""A fallout in the app: what it says, what gestures make of it, and the same numbers on the canvas."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import workbench as wb
from visualizations.base import Scene
from visualizations.desk import Desk
from visualizations.editing import convert, fallout_edits
from visualizations.editing.documents import Documents
from visualizations.editing.edits import BadEdit, change
from visualizations.pages import draw
from visualizations.panels import converting, step_details
from visualizations.parts import walk
from visualizations.views.fallout import reading as fallout_reading
from visualizations.views.fallout import words as fallout_words
from visualizations.views.fallout.view import VIEW

NAMES = ("lead", "mql", "sql", "opportunity_created", "won")
INDUSTRIES = [
    {"container": "account", "where": {"field": "account.industry", "op": "equals", "value": name}}
    for name in ("Software", "Media")
]


@pytest.fixture(scope="module")
def desk(bench: Any) -> Desk:
    return Desk(bench)


def steps(*names: str, **more: Any) -> dict[str, Any]:
    points = [{"where": {"milestone": name}} for name in names]
    return {"analysis": "fallout", "container": "account", "touchpoints": points, **more}


def shown(component: Any) -> str:
    return json.dumps([part.to_plotly_json() for part in walk(component)], default=str, ensure_ascii=False)


def names(question: dict[str, Any]) -> list[str]:
    return [fallout_edits.title(point) for point in question["touchpoints"]]


# --- the same numbers ---------------------------------------------------------------------------


def _drawn(rng: random.Random) -> dict[str, Any]:
    """A fallout drawn at random, without what a canvas cannot say."""
    points: list[dict[str, Any]] = []
    for i in range(rng.randrange(1, 5)):
        where = rng.choice(
            [{"milestone": rng.choice(NAMES)}, {"field": "event_type", "value": "Content Viewed"}]
        )
        limits = {"within": f"{rng.randrange(1, 40)}d", "after": "1h", "same": "person", "path": "next"}
        kept = {k: v for k, v in limits.items() if rng.random() < 0.2} if i else {}
        points.append({"where": where, **kept})
    more: dict[str, Any] = {"baseline": rng.random() < 0.5, "fallout_split": rng.random() < 0.5}
    if rng.random() < 0.3:
        more["mature_only"] = "90d"
    if rng.random() < 0.3:
        more["segments"] = [rng.choice(INDUSTRIES)]
    if rng.random() < 0.3:
        kind = rng.choice(["start", "events"])
        more["date_range"] = {"from": "2024-02-01", "to": "2024-07-31", "applies_to": kind}
    return {"analysis": "fallout", "container": "account", "touchpoints": points, **more}


@pytest.mark.parametrize("seed", range(40))
def test_a_fallout_and_its_canvas_have_the_same_numbers(desk: Desk, seed: int) -> None:
    question = desk.normal(_drawn(random.Random(seed)))
    canvas, told = convert.fallout_to_canvas(question)
    assert not told
    rows = [r for r in desk.ask(question).tables["touchpoints"].iter_rows(named=True) if r["step"]]
    tables = desk.ask(desk.normal(canvas)).tables
    nodes = {row["id"]: row for row in tables["nodes"].iter_rows(named=True)}
    arrows = {row["target"]: row for row in tables["arrows"].iter_rows(named=True)}
    for row in rows:
        name = convert.step_id(row["step"])
        node = nodes[name]
        assert (node["value"], node["fallout"]) == (row["value"], row["fallout"])
        assert node["percent"] == pytest.approx(row["percent_of_first"])
        for part in ("lost", "in_play", "dormant") if question.get("fallout_split") else ():
            assert node[part] == row[part]
        if row["step"] > 1:
            assert arrows[name]["value"] == row["value"]
            assert arrows[name]["median_seconds"] == row["median_seconds"]
    back, told = convert.canvas_to_fallout(desk.normal(canvas), convert.step_id(len(rows)))
    assert not told
    assert desk.normal(back) == question


def test_a_path_of_a_canvas_keeps_its_numbers(desk: Desk) -> None:
    canvas = desk.normal(desk.opening("journey-canvas").question)
    nodes = {row["id"]: row for row in desk.ask(canvas).tables["nodes"].iter_rows(named=True)}
    ends = [n for n in nodes if not any(a["source"] == n for a in canvas["arrows"])]
    for end in ends:
        made, told = convert.canvas_to_fallout(canvas, end)
        assert not told
        rows = desk.ask(desk.normal(made)).tables["touchpoints"]
        way = [point["label"] for point in made["touchpoints"]]
        values = {node.get("label"): nodes[node["id"]]["value"] for node in canvas["nodes"]}
        assert rows["value"].to_list() == [values[label] for label in way]


def test_excluded_checkpoints_become_a_segment(desk: Desk) -> None:
    nodes = [{"id": n, "where": {"milestone": n}, "exclude": n == "lost"} for n in ("mql", "lost", "won")]
    arrows = [{"source": "mql", "target": "won"}, {"source": "mql", "target": "lost"}]
    canvas = {"analysis": "journey_canvas", "container": "account", "nodes": nodes, "arrows": arrows}
    tables = desk.ask(desk.normal(canvas)).tables["nodes"]
    made, _ = convert.canvas_to_fallout(desk.normal(canvas), "won")
    rows = desk.ask(desk.normal(made)).tables["touchpoints"]
    assert rows["value"].to_list() == [tables.filter(id=n)["value"][0] for n in ("mql", "won")]
    with pytest.raises(BadEdit):
        convert.canvas_to_fallout(desk.normal(canvas), "lost")


def test_where_paths_join_the_chosen_one_is_taken_and_told(desk: Desk) -> None:
    nodes = [{"id": n, "where": {"milestone": n}} for n in ("lead", "mql", "won")]
    arrows = [{"source": s, "target": "won"} for s in ("lead", "mql")]
    canvas = desk.normal(
        {"analysis": "journey_canvas", "container": "account", "nodes": nodes, "arrows": arrows}
    )
    moved = {("lead", "won"): 9.0, ("mql", "won"): 3.0}
    made, told = convert.canvas_to_fallout(canvas, "won", (), moved)
    assert names(made) == ["Lead", "Closed-won"]
    assert "join at Closed-won" in told
    made, _ = convert.canvas_to_fallout(canvas, "won", ["mql"], moved)
    assert names(made) == ["MQL", "Closed-won"]
    place, told = converting.converted(desk, canvas, {"node": "lead", "via": ["won", "mql"]})
    assert place.startswith("/fallout?")
    assert "join" in told


def test_what_a_canvas_cannot_say_is_told() -> None:
    question = steps("mql", "won")
    question["touchpoints"][1]["without"] = {"milestone": "lost"}
    made, told = convert.fallout_to_canvas({**question, "compare": INDUSTRIES * 3})
    assert "without" not in json.dumps(made).lower()
    assert "Closed-won" in told
    assert "segments" in told
    assert len(made["compare"]) == 4


# --- gestures -----------------------------------------------------------------------------------


def test_gestures(desk: Desk) -> None:
    documents = Documents(desk)
    question = desk.normal(steps("lead", "mql", "won"))
    question["touchpoints"][1]["within"] = "30d"

    def after(**event: Any) -> list[str]:
        move = documents.apply({"view": "fallout", "question": question}, event)
        assert move.document is not None, move.told
        return names(move.document["question"])

    assert after(kind="reorder", step=0, to=2) == ["MQL", "Closed-won", "Lead"]
    assert after(kind="combine", step=2, into=0) == ["Lead or Closed-won", "MQL"]
    assert after(kind="remove-step", step=1) == ["Lead", "Closed-won"]
    event = [{"kind": "event", "value": "Content Viewed"}]
    assert after(kind="drop", what=event, on=None) == ["Lead", "MQL", "Closed-won", "Content Viewed"]
    assert after(kind="drop", what=event, on={"before": 0})[0] == "Content Viewed"
    assert after(kind="drop", what=event, on={"into": 1})[1] == "MQL or Content Viewed"
    both = [*event, {"kind": "milestone", "value": "sql"}]
    assert after(kind="drop", what=both, on=None, shift=True)[3] == "SQL or Content Viewed"
    assert len(after(kind="drop", what=[{"kind": "dimension", "field": "channel"}], on=None)) == 6


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "reorder", "step": 9, "to": 0},
        {"kind": "reorder", "step": True, "to": 0},
        {"kind": "combine", "step": 0, "into": 0},
        {"kind": "drop", "what": [], "on": None},
        {"kind": "drop", "what": [{"kind": "metric", "value": "accounts"}], "on": None},
        {"kind": "drop", "what": [{"kind": "event", "value": "No such"}], "on": {"before": "x"}},
        {"kind": "breakdown", "step": 0, "by": "no.such"},
        {"kind": "tidy"},
    ],
)
def test_what_makes_no_sense_is_told(desk: Desk, event: dict[str, Any]) -> None:
    document = {"view": "fallout", "question": desk.normal(steps("lead", "mql"))}
    move = Documents(desk).apply(document, event)
    assert move.document is None
    assert move.told


def test_the_first_touchpoint_loses_its_limits_and_that_is_told(desk: Desk) -> None:
    question = steps("lead", "mql")
    question["touchpoints"][1] |= {"within": "30d", "without": {"milestone": "lost"}}
    move = Documents(desk).apply(
        {"view": "fallout", "question": question}, {"kind": "reorder", "step": 1, "to": 0}
    )
    assert move.document is not None
    assert set(move.document["question"]["touchpoints"][0]) == {"where"}
    assert "MQL is first now" in move.told
    button = Documents(desk).press(
        {"view": "fallout", "question": steps("lead", "mql")}, "without", "touchpoints.1", []
    )
    assert button.document is not None
    assert button.document["question"]["touchpoints"][1]["without"]


# --- words --------------------------------------------------------------------------------------


def test_the_caption_is_of_the_row_that_shares_are_of(desk: Desk) -> None:
    scene = desk.facts.scene(dark=False, width=1000, height=600)
    for baseline in (True, False):
        result = desk.ask(steps("lead", "sql", "won", baseline=baseline))
        rows = result.tables["touchpoints"]
        said = fallout_words.caption(result, scene)
        share = fallout_words.percent(rows["percent_of_first"][-1])
        assert said.startswith(f"{share} of {rows['value'][0]} accounts")


def test_zero_is_never_a_success(desk: Desk) -> None:
    question = steps("mql", "lost", "won", baseline=True)
    question["touchpoints"][1]["within"] = "1s"
    page = draw(desk, {"view": "fallout", "question": question}, dark=False, width=1000, height=600)
    text = shown(page.stage)
    assert "Nobody was here, so nobody could go on" in text
    assert "All went on" not in text
    assert "Emptied by the limits" in text
    assert "None of" in page.caption
    unit = desk.facts.units["account"]
    assert fallout_words.gone_words({"value": 12, "fallout": 0}, unit) == "All 12 accounts went on"
    assert fallout_words.gone_words({"value": 1, "fallout": 0}, unit) == "The one account went on"


def test_segments_side_by_side(desk: Desk) -> None:
    question = steps("lead", "mql", "won", compare=INDUSTRIES)
    result = desk.ask(question)
    scene = desk.facts.scene(dark=False, width=1000, height=600)
    reading = fallout_reading.read(result, scene)
    assert list(reading.names.values()) == ["Software", "Media"]
    text = shown(VIEW.stage(result, scene))
    sure = [gap for gap in reading.gaps.values() if gap["distinguishable"] is False and gap["step"]]
    assert text.count('"not distinguishable"') == len(sure) > 0
    assert {sheet.table for sheet in VIEW.sheets(result)} == {"touchpoints", "differences"}
    said = VIEW.caption(result, scene)
    assert "Software" in said
    assert VIEW.figure(result, scene).layout.annotations
    row = reading.rows[2][1]
    assert result.members("touchpoints", reading.select(row), measure="value").height == row["value"]


def test_tables_speak_like_the_rows(desk: Desk) -> None:
    question = steps("lead", "mql", compare=INDUSTRIES)
    page = draw(desk, {"view": "fallout", "question": question}, dark=False, width=1000, height=600)
    tables = shown([part for part in walk(page.stage) if getattr(part, "className", "") == "as-table"])
    assert "<td>Software</td>" in tables
    assert "<td>MQL</td>" in tables
    assert "milestone mql" not in tables


# --- details ------------------------------------------------------------------------------------


def _told(desk: Desk, question: dict[str, Any], **details: Any) -> step_details.Told:
    asked = {"question": question, "table": "touchpoints", **details}
    return step_details.told(desk, asked, "event_type", "month", dark=False)


def test_details_of_a_step_add_up(desk: Desk) -> None:
    question = desk.normal(steps("lead", "mql", "won"))
    rows = {r["step"]: r for r in desk.ask(question).tables["touchpoints"].iter_rows(named=True)}
    times = _told(desk, question, kind="times", select={"step": 2}).frame
    assert times["value"].sum() == rows[2]["value"]
    between = _told(desk, question, kind="in-between", select={"step": 2})
    assert 0 < between.frame["value"].max() <= rows[2]["value"]
    left = _told(desk, question, kind="left-next", select={"step": 1}, measure="fallout")
    assert 0 < left.frame["value"].max() <= rows[1]["fallout"]
    trend = _told(desk, question, kind="trend-steps", select={"step": 2}).frame
    for step in (1, 2, 3):
        assert sum(trend.filter(step=step)["value"]) >= rows[step]["value"]
    for found in (between, left):
        for target in _opened(found):
            result = desk.ask(target["question"])
            row = result.members(target["table"], target["select"], measure=target["measure"])
            assert row.height == target["shown"]


def test_details_of_a_compared_segment_are_its_own(desk: Desk) -> None:
    question = desk.normal(steps("lead", "mql", compare=INDUSTRIES))
    rows = desk.ask(question).tables["touchpoints"].filter(step=1)
    for row in rows.iter_rows(named=True):
        select = {"step": 1, "segment": row["segment"]}
        told = _told(desk, question, kind="left-next", select=select, measure="fallout")
        assert f"{row['fallout']} accounts did not come to MQL" in shown(told.body)
    times = _told(desk, question, kind="times", select={"step": 2}).frame
    assert times["value"].sum() == desk.ask(question).tables["touchpoints"].filter(step=2)["value"].sum()


def _opened(told: step_details.Told) -> list[dict[str, Any]]:
    """Every number of the tables that opens, with what it shows."""
    import html
    import re

    found = []
    for part in walk(told.body):
        text = getattr(part, "data-html", None) or part.to_plotly_json()["props"].get("data-html", "")
        for data, shown_ in re.findall(r'data-open="([^"]*)"[^>]*>([^<]*)<', text):
            found.append({**json.loads(html.unescape(data)), "shown": int(shown_.replace(",", ""))})
    assert found
    return found


def test_breakdowns_stand_under_their_bar(desk: Desk) -> None:
    question = steps("lead", "mql")
    question["touchpoints"][1]["breakdown"] = "account.industry"
    result = desk.ask(question)
    scene = desk.scene({"view": "fallout", "question": question}, dark=False, width=1000, height=600)
    found = fallout_reading.read(result, scene).breakdowns[2]
    assert sum(value for _, _, value, _ in found.items) == result.tables["touchpoints"]["value"][2]
    assert "Hide the breakdown" in shown(VIEW.stage(result, scene))


def test_a_fallout_without_a_scene_to_ask_is_drawn(desk: Desk) -> None:
    result = desk.ask(steps("lead", "mql", fallout_split=True))
    assert "in play" in shown(VIEW.stage(result, Scene()))
    assert wb.parse_spec(steps("lead")).to_json()


def test_both_events_carry_the_same_id_or_different_ones(desk: Desk) -> None:
    question = steps("lead", "mql")
    apart = change(question, "identity", "touchpoints.1", "different.person")
    assert apart["touchpoints"][1]["different"] == "person"
    together = change(apart, "identity", "touchpoints.1", "same.opportunity")
    assert (together["touchpoints"][1]["same"], "different" in together["touchpoints"][1]) == (
        "opportunity",
        False,
    )
    assert change(together, "identity", "touchpoints.1", "any") == question
    drawn = draw(desk, {"view": "fallout", "question": apart}, dark=False, width=900, height=600)
    assert "different persons" in shown(drawn.stage)
    controls = [part.to_plotly_json()["props"] for part in walk(VIEW.inspector(apart, desk.facts))]
    at = {"edit": "identity", "at": "touchpoints.1"}
    assert [props["value"] for props in controls if props.get("id") == at] == ["different.person"]


def test_a_segment_with_nobody_is_compared_all_the_same(desk: Desk) -> None:
    nobody = {"container": "account", "where": {"field": "account.industry", "value": "No such"}}
    question = steps("lead", "mql", compare=[INDUSTRIES[0], nobody])
    page = draw(desk, {"view": "fallout", "question": question}, dark=False, width=900, height=600)
    assert "–" in shown(page.stage)


def test_an_exclusion_that_empties_a_step_is_the_reason_told(desk: Desk) -> None:
    question = steps("lead", "mql")
    question["touchpoints"][1]["without"] = {"field": "event_type", "op": "exists"}
    question["touchpoints"][1]["after"] = "1s"
    result = desk.ask(question)
    scene = desk.scene({"view": "fallout", "question": question}, dark=False, width=900, height=600)
    reason = fallout_reading.read(result, scene).reason
    assert result.tables["touchpoints"]["value"][-1] == 0
    assert reason.endswith("would be here if anything could lie in between")
