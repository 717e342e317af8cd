"""What a canvas answers beyond its counts: breakdowns, trends, captions, reasons, one container."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.visualizations.test_views import _rounded
from visualizations.base import Scene
from visualizations.desk import Desk
from visualizations.panels import details, dialogs, drill, tracing
from visualizations.panels.details_figure import period_words, trend
from visualizations.parts import walk
from visualizations.views.canvas import arrows as canvas_arrows
from visualizations.views.canvas import cards as canvas_cards
from visualizations.views.canvas import top_items
from visualizations.views.canvas import view as journey_canvas
from visualizations.views.canvas import words as canvas_words
from visualizations.views.canvas.figure import figure
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH
from visualizations.views.canvas.reading import meter_of, read, segment_names
from visualizations.views.canvas.reasons import why_empty

Question = dict[str, Any]
NODE = {"table": "nodes", "select": {"id": "mql"}, "measure": "value"}
FALLOUT = {"table": "nodes", "select": {"id": "mql"}, "measure": "fallout"}
ARROW = {"table": "arrows", "select": {"source": "mql", "target": "sql"}, "measure": "value"}
LATE: Question = {"from": "2024-06-01", "to": "2024-12-31"}
INDUSTRIES = [
    {"container": "account", "where": {"field": "account.industry", "op": "equals", "value": name}}
    for name in ("Software", "Media")
]


@pytest.fixture(scope="module")
def desk(bench: Any) -> Desk:
    return Desk(bench)


@pytest.fixture
def question(desk: Desk) -> Question:
    return copy.deepcopy(desk.opening("journey-canvas").question)


def _number(desk: Desk, question: Question, target: Question) -> int:
    rows = desk.ask(question).tables[target["table"]].filter(**target["select"])
    return int(rows[target["measure"]][0])


# --- questions about one number -----------------------------------------------------------------------


@pytest.mark.parametrize("target", [NODE, FALLOUT, ARROW], ids=["node", "fallout", "arrow"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"date_range": LATE},
        {"date_range": {**LATE, "applies_to": "events"}},
        {"segments": INDUSTRIES[:1]},
    ],
    ids=["all", "starts", "events", "segment"],
)
def test_a_breakdown_has_the_number_as_its_base(
    desk: Desk, question: Question, target: Question, more: Question
) -> None:
    asked = {**question, **more}
    number = _number(desk, asked, target)
    by_industry = desk.ask(drill.breakdown_question(asked, target, "account.industry")).tables["items"]
    assert set(by_industry["percent_base"]) == {number}
    assert by_industry["value"].sum() == number
    by_month = desk.ask(drill.breakdown_question(asked, target, "period", granularity="month")).tables[
        "items"
    ]
    assert set(by_month["percent_base"]) == {number}


@pytest.mark.parametrize("measure", ["value", "fallout", "lost", "in_play", "dormant"])
def test_the_sql_of_a_number_gives_the_number(desk: Desk, question: Question, measure: str) -> None:
    asked = {**question, "fallout_split": True}
    for target in ({**NODE, "measure": measure}, *([ARROW] if measure == "value" else [])):
        text = dialogs.sql_of(desk, asked, target)
        assert desk.bench.sql(text).item() == _number(desk, asked, target)
        assert len(text) < len(str(desk.ask(asked).sql))


def test_the_python_of_a_number_opens_its_members(desk: Desk, question: Question) -> None:
    text = dialogs.python_of(desk, question, FALLOUT)
    scope: dict[str, Any] = {}
    opened = text.replace(f"wb.open({desk.bench.path.name!r})", "bench")
    exec(opened.rsplit("\n", 1)[0], {"bench": desk.bench}, scope)
    found = scope["result"].members("nodes", {"id": "mql"}, measure="fallout")
    assert found.height == _number(desk, question, FALLOUT)
    assert "measure='fallout'" in text


# --- the drawer ---------------------------------------------------------------------------------------


def test_the_drawer_opens_its_counts(desk: Desk, question: Question) -> None:
    opened = {"kind": "breakdown", "question": question, "title": "MQL", **NODE}
    asked = details.asked(opened, "account.industry", None)
    text = json.dumps(
        [p.to_plotly_json() for p in walk(details.content(desk, opened, asked, dark=False))], default=str
    )
    assert "Software" in text
    assert "details" in text
    result = desk.ask(asked)
    row = result.tables["items"].row(0, named=True)
    members = result.members("items", {"kind": row["kind"], "item": row["item"]}, measure="value")
    assert members.height == row["value"]


def test_a_trend_is_dashed_where_periods_are_not_complete(desk: Desk, question: Question) -> None:
    opened = {"kind": "trend", "question": question, "title": "MQL", **NODE}
    asked = details.asked(opened, None, "month")
    frame = desk.ask(asked).tables["items"]
    drawn = trend(frame, "month", desk.facts.units["account"], Scene())
    lines = [trace for trace in drawn.data if trace.mode == "lines"]
    assert {trace.line.dash for trace in lines} == {"solid", "dot"}
    assert lines[-1].line.dash == "dot"
    assert lines[-1].x[-1] == frame["item"][-1]
    assert period_words("2024-04-01", "week") == "Week of 1 Apr 2024"


def test_a_drawer_compares_segments_side_by_side(desk: Desk, question: Question) -> None:
    compared = {**question, "compare": INDUSTRIES}
    opened = {"kind": "breakdown", "question": compared, "title": "MQL", **NODE}
    asked = details.asked(opened, "channel", None)
    assert desk.ask(asked).tables["items"]["segment"].n_unique() == 2
    assert details.content(desk, opened, asked, dark=True)


# --- captions -----------------------------------------------------------------------------------------


def _way(arrows: list[tuple[str, str]], values: dict[str, float], losses: tuple[str, ...] = ()) -> Any:
    nodes = [
        {
            "id": name,
            "where": {"milestone": "lost"} if name in losses else {"field": "event_type", "value": name},
        }
        for name in values
    ]
    ends = [{"source": a, "target": b} for a, b in arrows]
    spec = wb.parse_spec({"analysis": "journey_canvas", "nodes": nodes, "arrows": ends})
    way = canvas_words.best_way(spec, values)
    return (way.start, way.end, round(way.share, 1)) if way else None


def test_the_best_path_by_the_shape_of_the_canvas() -> None:
    assert _way([("a", "b"), ("b", "c")], {"a": 200, "b": 90, "c": 50}) == ("a", "c", 25.0)
    assert _way([("a", "b"), ("a", "c")], {"a": 200, "b": 90, "c": 120}) == ("a", "c", 60.0)
    separate = [("a", "b"), ("x", "y")]
    assert _way(separate, {"a": 100, "b": 10, "x": 20, "y": 5}) == ("x", "y", 25.0)
    converging = [("s1", "x"), ("s2", "x"), ("x", "e1"), ("x", "e2")]
    assert _way(converging, {"s1": 3, "s2": 2, "x": 3, "e1": 1, "e2": 1}) == ("s2", "e1", 50.0)


def test_a_loss_is_no_goal_and_an_empty_start_no_base() -> None:
    assert _way([("a", "won"), ("a", "lost")], {"a": 10, "won": 2, "lost": 7}, ("lost",)) == (
        "a",
        "won",
        20.0,
    )
    assert _way([("a", "b")], {"a": 0, "b": 0}) is None
    assert _way([], {"a": 10, "b": 5}) is None


def test_the_caption_names_the_largest_leak(desk: Desk, question: Question) -> None:
    result = desk.ask(question)
    rows = result.tables["nodes"].drop_nulls("fallout").sort("fallout", descending=True)
    said = canvas_words.caption(result, desk.facts.scene(dark=False, width=900, height=500))
    assert f"Largest leak: {rows['fallout'][0]} accounts" in said
    assert said.endswith(f"went no further than {rows['label'][0]}.")


def test_a_caption_of_money_and_one_of_compared_segments(desk: Desk, question: Question) -> None:
    scene = desk.facts.scene(dark=False, width=900, height=500)
    amounts = desk.ask({**question, "metric": {"sum": "opportunity.amount"}, "percent_of": "previous"})
    assert "accounts went" not in canvas_words.caption(amounts, scene)
    said = canvas_words.caption(desk.ask({**question, "compare": INDUSTRIES}), scene)
    assert "Software" in said
    assert "Media" in said


# --- reasons and limits -------------------------------------------------------------------------------


NOBODY = {"container": "account", "where": {"field": "account.industry", "op": "equals", "value": "Mining"}}


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"segments": [NOBODY]}, "lead", "emptied by the segment"),
        ({"date_range": {"from": "2001-01-01", "to": "2001-12-31"}}, "lead", "emptied by the date range"),
        ({"actors": ["system"]}, "lead", "emptied by the actors system"),
        ({"mature_only": "3000d"}, "lead", "mature only"),
        ({"segments": [NOBODY, INDUSTRIES[0]], "actors": ["system"]}, "lead", "the filters together"),
    ],
)
def test_an_empty_checkpoint_says_which_filter_emptied_it(
    desk: Desk, question: Question, changes: Question, name: str, words: str
) -> None:
    assert words in why_empty({**question, **changes}, name, desk.ask)


def test_an_empty_checkpoint_blames_its_limit_its_order_or_its_condition(
    desk: Desk, question: Question
) -> None:
    limited = copy.deepcopy(question)
    limited["arrows"][0]["within"] = "1s"
    assert "limits of the arrow" in why_empty(limited, "mql", desk.ask)
    turned = {
        **question,
        "nodes": [n for n in question["nodes"] if n["id"] in ("won", "lead")],
        "arrows": [{"source": "won", "target": "lead"}],
    }
    assert "nobody did this after Closed-won" in why_empty(turned, "lead", desk.ask)
    unknown = {"id": "x", "where": {"field": "event_type", "op": "equals", "value": "Nothing"}}
    assert "no account" in why_empty({**question, "nodes": [unknown], "arrows": []}, "x", desk.ask)


def test_a_limit_that_changes_the_result_is_marked(desk: Desk, question: Question) -> None:
    limited = copy.deepcopy(question)
    limited["arrows"][0]["within"] = "2d"
    limited["arrows"][1]["within"] = "3000d"
    reading = read(desk.ask(limited), _scene(desk, limited))
    ends = [(arrow["source"], arrow["target"]) for arrow in limited["arrows"]]
    free = desk.ask(question).tables["arrows"].filter(source=ends[0][0], target=ends[0][1])["value"][0]
    assert reading.unlimited[ends[0]] == free
    assert ends[1] not in reading.unlimited


def _scene(desk: Desk, question: Question, **display: Any) -> Scene:
    return desk.scene({"question": question, "display": display}, dark=False, width=900, height=500)


# --- cards and pictures -------------------------------------------------------------------------------


def _text(component: Any) -> str:
    return json.dumps([part.to_plotly_json() for part in walk(component)], default=str)


def test_the_three_parts_of_a_fallout_add_up_and_open(desk: Desk, question: Question) -> None:
    split = {**question, "fallout_split": True}
    result = desk.ask(split)
    for row in result.tables["nodes"].drop_nulls("fallout").iter_rows(named=True):
        assert row["lost"] + row["in_play"] + row["dormant"] == row["fallout"]
    drawn = _text(canvas_cards.card(read(result, _scene(desk, split)), "mql"))
    for measure in ("lost", "in_play", "dormant"):
        assert f'\\"measure\\": \\"{measure}\\"' in drawn
    quiet = _text(canvas_cards.card(read(result, _scene(desk, split, fallout=False)), "mql"))
    assert "not further" not in quiet


def _broken(question: Question) -> Question:
    """The canvas with top items at every arrow and below the fallout of MQL."""
    question["nodes"][1]["fallout_breakdown"] = "account.industry"
    for arrow in question["arrows"]:
        arrow["breakdown"] = "channel"
    return question


def test_top_items_of_arrows_and_fallouts_open_their_members(desk: Desk, question: Question) -> None:
    asked = _broken(question)
    scene = _scene(desk, asked)
    reading = read(desk.ask(asked), scene)
    drawn = journey_canvas.stage(desk.ask(asked), scene)
    given = [json.loads(part["data-open"]) for part in _plain(drawn) if part.get("data-open")]
    opened = [one for one in given if one["table"] == "items"]
    at_arrows = sum(len(found.items) for found in reading.on_arrows.values())
    assert at_arrows
    assert len(opened) == at_arrows + len(reading.on_fallout["mql"].items)
    values = {
        (found.by, item): value
        for found in (reading.on_fallout["mql"], reading.on_arrows["mql", "sql"])
        for _, item, value, _ in found.items
    }
    for one in opened:
        known = values.get((one["question"]["by"], one["select"]["item"]))
        members = desk.ask(one["question"]).members("items", one["select"], measure="value")
        if "not further" in one["title"] or one["title"].startswith("MQL → SQL"):
            assert members.height == known
    gestures = [json.loads(part["data-gesture"]) for part in _plain(drawn) if part.get("data-gesture")]
    assert {"kind": "breakdown", "fallout": "mql", "by": None} in gestures
    assert {"kind": "breakdown", "arrow": ["mql", "sql"], "by": None} in gestures


def _plain(component: Any) -> list[Question]:
    return [part.to_plotly_json()["props"] for part in walk(component)]


def test_top_items_of_arrows_touch_no_card_and_no_label(desk: Desk, question: Question) -> None:
    asked = _broken(question)
    reading = read(desk.ask(asked), _scene(desk, asked))
    placed = list(top_items.boxes(reading).values())
    labels = [top_items.label_box(route, reading) for route in reading.layout.routes]
    cards = [
        (x - CARD_WIDTH / 2, y - CARD_HEIGHT / 2, x + CARD_WIDTH / 2, y + CARD_HEIGHT / 2)
        for x, y in reading.layout.places.values()
    ]
    assert len(placed) == len(asked["arrows"])
    for i, box in enumerate(placed):
        for other in (*cards, *labels, *placed[:i]):
            assert box[0] >= other[2] or other[0] >= box[2] or box[1] >= other[3] or other[1] >= box[3]
    left, top, right, bottom = top_items.surrounding(reading)
    assert all(left <= b[0] and top <= b[1] and b[2] <= right and b[3] <= bottom for b in placed)


def test_top_items_are_kept_where_their_number_stands(desk: Desk, question: Question) -> None:
    for target, words in ((NODE, "in the card"), (FALLOUT, "below the fallout"), (ARROW, "at the arrow")):
        opened = {"kind": "breakdown", "question": question, "title": "MQL", **target}
        assert words in _text(details.keep_button(opened, "channel"))
        if target is not NODE:
            compared = {**opened, "question": {**question, "compare": INDUSTRIES}}
            assert details.keep_button(compared, "channel") is None
    assert details.keep_button({"kind": "trend", "question": question, **ARROW}, "channel") is None


def test_without_fallout_no_top_items_stand_below_it(desk: Desk, question: Question) -> None:
    asked = _broken(question)
    shown = read(desk.ask(asked), _scene(desk, asked))
    quiet = read(desk.ask(asked), _scene(desk, asked, fallout=False))
    assert shown.fallout_items("mql") is not None
    assert quiet.fallout_items("mql") is None
    assert shown.tall["mql"] > quiet.tall.get("mql", 0)


def test_an_excluded_checkpoint_is_struck_through(desk: Desk, question: Question) -> None:
    question["nodes"][1]["exclude"] = True
    reading = read(desk.ask(question), _scene(desk, question))
    drawn = canvas_cards.card(reading, question["nodes"][1]["id"])
    assert "excluded" in drawn.className
    assert "left out" in _text(drawn)


def test_arrow_texts_are_shown_as_wanted(desk: Desk, question: Question) -> None:
    question["arrows"][0]["label"] = "Marketing accepts"
    result, seen = desk.ask(question), {}
    for wanted in ("none", "labels", "values", "both"):
        seen[wanted] = _text(journey_canvas.stage(result, _scene(desk, question, arrow_text=wanted)))
    assert ["arrow-name" in seen[w] for w in seen] == [False, True, False, True]
    assert ["label-share" in seen[w] for w in seen] == [False, False, True, True]
    even = read(result, _scene(desk, question, arrow_width=False))
    assert len(set(canvas_arrows.elements(even)[-1]["data"].items())) > 0
    assert {one["data"]["w"] for one in canvas_arrows.elements(even) if "w" in one["data"]} == {2.0}


def test_money_is_written_as_money() -> None:
    spec: Any = wb.parse_spec(
        {"analysis": "journey_canvas", "metric": {"sum": "opportunity.amount"}, "nodes": [_ANY]}
    )
    meter = meter_of(spec.metric, pl.Decimal(18, 4), "account", Scene(currency="EUR"))
    assert (meter.write(2_400_000), meter.write(0), meter.full(1234567)) == ("€2.4M", "€0", "€1,234,567")
    assert meter_of(spec.metric, pl.Decimal(18, 4), "account", Scene(currency="CHF")).write(950) == "CHF 950"
    assert meter_of(None, pl.Int64(), "account", Scene()).own


_ANY = {"id": "a", "where": {"field": "event_type", "op": "exists"}}


def test_segments_are_named_by_what_tells_them_apart() -> None:
    spec = wb.parse_spec({"analysis": "journey_canvas", "nodes": [_ANY], "compare": INDUSTRIES})
    assert list(segment_names(spec, ["x", "y"]).values()) == ["Software", "Media"]
    mixed = wb.parse_spec(
        {"analysis": "journey_canvas", "nodes": [_ANY], "compare": [INDUSTRIES[0], {"milestone": "won"}]}
    )
    assert list(segment_names(mixed, ["x", "y"]).values()) == ["Account industry is Software", "Closed-won"]


VARIANTS: dict[str, tuple[Question, Question]] = {
    "compared": ({"compare": INDUSTRIES}, {}),
    "differences": ({"compare": INDUSTRIES}, {"comparison": "differences"}),
    "split": (
        {"fallout_split": True, "secondary_metric": {"sum": "opportunity.amount"}},
        {"arrow_width": False},
    ),
}


@pytest.mark.parametrize("variant", [*VARIANTS, "breakdown"])
def test_pictures_show_what_the_canvas_shows(
    variant: str, desk: Desk, question: Question, golden: Callable[[Any], None]
) -> None:
    if variant == "breakdown":
        question["nodes"][1]["breakdown"] = "account.industry"
        question["nodes"][2]["exclude"] = True
        more: Question = {}
        display: Question = {}
    else:
        more, display = VARIANTS[variant]
    asked = {**question, **more}
    drawn = figure(desk.ask(asked), _scene(desk, asked, **display))
    golden(_rounded(json.loads(json.dumps(drawn.to_plotly_json(), default=str))))


# --- taking away --------------------------------------------------------------------------------------


def test_exports_hold_nodes_and_arrows(desk: Desk, question: Question) -> None:
    for kind in ("csv", "parquet"):
        given = dialogs.export_file(desk, kind, question)
        with zipfile.ZipFile(io.BytesIO(b64decode(given["content"]))) as archive:
            names = archive.namelist()
            assert names == [f"journey-canvas-nodes.{kind}", f"journey-canvas-arrows.{kind}"]
            content = archive.read(names[0])
        frame = pl.read_csv(content) if kind == "csv" else pl.read_parquet(content)
        assert frame["value"].to_list() == desk.ask(question).tables["nodes"]["value"].to_list()


def test_a_picture_carries_title_and_caption(desk: Desk, question: Question) -> None:
    document = {"view": "journey-canvas", "question": {**question, "compare": INDUSTRIES}}
    drawn = dialogs.picture(desk, document, "A <title>", dark=False)
    texts = [note["text"] for note in drawn["layout"]["annotations"]]
    assert "<b>A &lt;title&gt;</b>" in texts
    assert "Software" in texts
    assert any(text.startswith("Share that went from") for text in texts)


# --- one container ------------------------------------------------------------------------------------


def test_one_account_on_the_canvas(desk: Desk, question: Question) -> None:
    won = desk.ask(question).members("nodes", {"id": "won"})["account_id"][0]
    document = {"view": "journey-canvas", "question": question, "trace": {"container": "account", "id": won}}
    body, title, said = tracing.page(desk, document, _scene(desk, question))
    text = _text(body)
    assert title.startswith(("Company", "Northern"))
    assert said.split(" of ")[0].isdigit()
    assert "trace-when" in text
    assert "unreached" in text
    assert "trace-graph" in text
    trace = tracing.trace_of(desk, question, "account", won)
    for name, node in trace.nodes.items():
        if node["reached"]:
            row = trace.row_of(name)
            assert row is not None
            assert trace.events["event_type"][row] == node["event_type"]


def test_one_deal_on_a_canvas_of_accounts(desk: Desk, question: Question) -> None:
    deal = desk.bench.tables["opportunities"]["opportunity_id"][0]
    trace = tracing.trace_of(
        desk, {**question, "metric": "accounts", "compare": INDUSTRIES}, "opportunity", deal
    )
    assert trace.nodes["opportunity_created"]["reached"] in (True, False)
    assert trace.name == f"Deal {deal}"


def test_one_is_found_by_name_or_among_the_members_of_a_number(desk: Desk, question: Question) -> None:
    assert "Company 15" in _text(tracing.found(desk, "account", "company 15", None))
    number = {"question": question, **NODE}
    rows = tracing.found(desk, "account", "", number)
    assert len([r for r in rows if getattr(r, "type", "") == "button"]) == min(
        tracing.SHOWN, _number(desk, question, NODE)
    )
    assert "Nothing by that name" in _text(tracing.found(desk, "account", "zzz", None))


def test_without_further_questions_a_figure_stands_alone(desk: Desk, question: Question) -> None:
    question["nodes"][1]["breakdown"] = "account.industry"
    result = desk.ask(question)
    reading = read(SimpleNamespace(spec=result.spec, tables=result.tables), Scene())
    assert (reading.breakdowns, reading.unlimited, reading.reasons) == ({}, {}, {})
