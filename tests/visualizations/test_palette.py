"""The palette, what follows a card, suggested journeys, the blank canvas, and chains in the search."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.visualizations.test_app import post
from visualizations.desk import Desk
from visualizations.editing import canvas_edits
from visualizations.editing.blank import blank, is_blank
from visualizations.editing.state import unpack
from visualizations.pages import draw, title_of
from visualizations.panels import next_items, search, suggest
from visualizations.panels.palette import ADDRESS, Palette, ranges
from visualizations.panels.palette_rows import FEW, SHOWN
from visualizations.parts import walk

CANVAS: dict[str, Any] = {
    "analysis": "journey_canvas",
    "container": "account",
    "nodes": [{"id": name, "where": {"milestone": name}} for name in ("lead", "mql", "sql")],
    "arrows": [{"source": "lead", "target": "mql"}, {"source": "mql", "target": "sql"}],
}


def components(page: str) -> list[dict[str, Any]]:
    """What a page of the palette offers, in order."""
    return [json.loads(html.unescape(text)) for text in re.findall(r'data-component="([^"]*)"', page)]


def names(page: str, kind: str) -> list[str]:
    return [str(one.get("value", one.get("field"))) for one in components(page) if one["kind"] == kind]


@pytest.fixture(scope="module")
def desk(bench: Any) -> Desk:
    return Desk(bench)


@pytest.fixture(scope="module")
def large() -> Palette:
    """200 event types and a dimension of 5,000 items."""
    start = dt.datetime(2024, 1, 1)
    events = pl.DataFrame(
        {
            "occurred_at": [start + dt.timedelta(minutes=i) for i in range(6000)],
            "event_type": [f"Event {i % 200:03d}" for i in range(6000)],
            "account_id": [f"a{i % 50}" for i in range(6000)],
            "content_type": [f"Page {i % 5000:04d}" for i in range(6000)],
        }
    )
    palette = Palette(Desk(wb.from_tables(events=events, milestones={})))
    assert palette.ready(20)
    return palette


class TestPalette:
    """What the server renders."""

    def test_everything_a_canvas_takes(self, desk: Desk) -> None:
        palette = Palette(desk)
        palette.ready(20)
        page = palette.body()
        assert names(page, "milestone") == ["lead", "mql", "sql", "opportunity_created", "won", "lost"]
        assert "Content Viewed" in names(page, "event")
        assert {"channel", "content_type", "account.industry"} <= set(names(page, "dimension"))
        assert "medium" not in names(page, "dimension")
        assert {"kind": "range", "value": {"last": "90d"}} in components(page)
        assert {"kind": "metric", "value": "accounts"} in components(page)
        assert names(page, "item") == []
        assert (
            names(palette.body(unfolded=["channel"]), "item") == ["Email", "Web", "Social", "Event"]
            or len(names(palette.body(unfolded=["channel"]), "item")) == 4
        )

    def test_whatever_it_offers_a_canvas_takes(self, desk: Desk) -> None:
        palette, tools = Palette(desk), canvas_edits.Tools(desk)
        palette.ready(20)
        for one in components(palette.body(unfolded=["events", "dimensions", "channel"])):
            event = {"kind": "drop", "what": [one], "x": 0, "y": 0, "on": None}
            edited = canvas_edits.apply(blank("account"), event, tools)
            question = edited[0] if isinstance(edited, tuple) else edited
            assert is_blank(question) or desk.ask(question)

    def test_search_finds_names_and_items(self, desk: Desk) -> None:
        palette = Palette(desk)
        palette.ready(20)
        page = palette.body("  EMAIL ")
        assert names(page, "event") == ["Email Opened"]
        assert {"kind": "item", "field": "channel", "value": "Email"} in components(page)
        assert "ROI &lt;Calculator&gt;" in palette.body("calculator")
        assert components(palette.body("no such thing")) == []
        assert "no such thing" in palette.body("no such thing")
        assert components(palette.body("x" * 10_000)) == []

    def test_large_ones_stay_short_and_quick(self, large: Palette) -> None:
        page = large.body()
        assert len(names(page, "event")) == FEW
        assert f"{200 - FEW} more" in page
        assert len(names(large.body(unfolded=["events"]), "event")) == 200
        page = large.body(unfolded=["content_type"])
        assert len(names(page, "item")) == SHOWN
        assert "4,980 more" in page
        assert names(large.body("page 49"), "item")[0].startswith("Page 49")
        assert names(large.body("4999"), "item") == ["Page 4999"]

    def test_saved_segments_by_their_name(self, bench: Any, desk: Desk) -> None:
        bench.definitions.save(
            "segments", "Media <accounts>", {"field": "account.industry", "value": "Media"}
        )
        page = Palette(desk).body("media")
        assert names(page, "segment")
        assert "Media &lt;accounts&gt;" in page
        bench.definitions.delete("segments", names(page, "segment")[0])

    def test_date_ranges(self) -> None:
        found = dict(ranges(dt.date(2025, 2, 10), 4))
        assert found["This quarter"] == {"from": "2025-01-01", "to": "2025-03-31"}
        assert found["Last quarter"] == {"from": "2024-10-01", "to": "2024-12-31"}
        assert found["This fiscal year"] == {"from": "2024-04-01", "to": "2025-03-31"}
        assert found["Last fiscal year"] == {"from": "2023-04-01", "to": "2024-03-31"}
        assert dict(ranges(dt.date(2024, 12, 31), 1))["This year"] == {
            "from": "2024-01-01",
            "to": "2024-12-31",
        }

    def test_served(self, app: Any) -> None:
        answer = app.server.test_client().get(
            ADDRESS, query_string={"text": "mql", "open": ["events", "channel"]}
        )
        assert answer.status_code == 200
        assert names(answer.get_data(as_text=True), "milestone") == ["mql"]


class TestNext:
    """What follows a card."""

    def rows(self, desk: Desk, **at: Any) -> list[tuple[str, int]]:
        title, shown = next_items.listed(desk, CANVAS, at, "event_type", "eventual")
        page = str(getattr(shown, "data-html"))
        counts = re.findall(r'next-count">([\d,]+)<', page)
        assert title
        return [
            (json.loads(html.unescape(data))["value"], int(number.replace(",", "")))
            for data, number in zip(re.findall(r'data-next-add="([^"]*)"', page), counts, strict=True)
        ]

    def test_numbers_are_those_of_the_canvas(self, desk: Desk) -> None:
        tools = canvas_edits.Tools(desk)
        found = self.rows(desk, node="mql", direction="next")
        assert found
        assert "SQL Qualified" not in dict(found)
        for name, number in found[:3]:
            event = {"kind": "append", "what": [{"kind": "event", "value": name}], "after": "mql"}
            question = canvas_edits.apply(CANVAS, event, tools)
            assert isinstance(question, dict)
            node = question["nodes"][-1]["id"]
            assert desk.ask(question).tables["nodes"].filter(id=node)["value"][0] == number

    def test_before_and_between(self, desk: Desk) -> None:
        assert "Content Viewed" in dict(self.rows(desk, node="mql", direction="previous"))
        assert "Content Viewed" in dict(self.rows(desk, arrow=["mql", "sql"], direction="between"))

    @pytest.mark.parametrize("at", [{"node": "gone"}, {"arrow": ["lead", "sql"]}, {"arrow": 7}, {}])
    def test_what_is_gone(self, desk: Desk, at: dict[str, Any]) -> None:
        with pytest.raises((canvas_edits.BadEdit, wb.WorkbenchError)):
            next_items.listed(desk, CANVAS, at, "event_type", "eventual")

    def test_dimensions_of_drops(self, desk: Desk) -> None:
        tools = canvas_edits.Tools(desk)
        assert 1 <= len(tools.following(CANVAS, "mql", "channel")) <= 3
        assert 1 <= len(tools.between(CANVAS, "mql", "sql", "channel")) <= 3


class TestSuggest:
    """The most frequent paths."""

    START, END = {"kind": "milestone", "value": "lead"}, {"kind": "milestone", "value": "sql"}

    def test_a_path_is_drawn_as_it_is_told(self, desk: Desk) -> None:
        shown = suggest.paths(desk, CANVAS, self.START, self.END, "channel")
        events = [
            json.loads(part.__dict__["data-gesture"]) for part in walk(shown) if hasattr(part, "data-gesture")
        ]
        assert events
        for event in events[:3]:
            drawn = canvas_edits.apply(blank("account"), event, canvas_edits.Tools(desk))
            assert isinstance(drawn, dict)
            assert len(drawn["nodes"]) == len(event["path"]) + 2
            assert desk.ask(drawn)

    def test_nobody_went(self, desk: Desk) -> None:
        shown = suggest.paths(desk, CANVAS, {"kind": "milestone", "value": "won"}, self.START, "channel")
        assert "No account" in str(shown)

    def test_the_ends_it_begins_with(self, desk: Desk) -> None:
        start, end = suggest.defaults(desk.facts)
        assert json.loads(start or "")["value"] == "lead"
        assert json.loads(end or "")["value"] == "won"


class TestBlank:
    """A canvas without checkpoints."""

    def test_it_is_shown_and_never_asked(self, desk: Desk) -> None:
        question = desk.normal({**blank("opportunity"), "metric": "events"})
        assert question == {**blank("opportunity"), "metric": "events"}
        page = draw(desk, {"view": "journey-canvas", "question": question}, dark=False, width=900, height=600)
        assert title_of(question) == page.title == "New canvas"
        shown = json.dumps([getattr(part, "children", None) for part in walk(page.stage)], default=str)
        assert "Build from milestones" in shown
        assert any(type(part).__name__ == "Cytoscape" for part in walk(page.stage))

    def test_wrong_ones_are_refused(self, desk: Desk) -> None:
        with pytest.raises(wb.SpecError, match="container"):
            desk.normal(blank("planet"))


class TestSearch:
    """Chains in the search."""

    def links(self, desk: Desk, text: str) -> list[Any]:
        return [
            part
            for part in walk(search.found(desk, text))
            if "found-link" in str(getattr(part, "className", ""))
        ]

    def test_a_chain_is_a_link_to_its_canvas(self, desk: Desk) -> None:
        (link,) = self.links(desk, "Lead > mql then closed won by opportunity")
        question = unpack(link.href.split("q=")[1])
        assert question["container"] == "opportunity"
        assert [node["id"] for node in question["nodes"]] == ["lead", "mql", "won"]
        assert desk.ask(question)

    def test_what_may_be_several_is_chosen(self, desk: Desk) -> None:
        first, second = self.links(desk, "Lead → closed")
        assert [unpack(one.href.split("q=")[1])["nodes"][1]["id"] for one in (first, second)] == [
            "won",
            "lost",
        ]
        again = self.links(desk, "Qualified > closed")
        texts = [getattr(one, "data-search") for one in again]
        assert "MQL Qualified > closed" in texts

    def test_what_nobody_knows_is_said(self, desk: Desk) -> None:
        assert "Nonsense" in str(search.found(desk, "Lead > Nonsense"))


def test_the_list_is_filled_over_http(app: Any) -> None:
    wired = app.server.test_client().get("/_dash-dependencies").get_json()
    outputs = [one["output"] for one in wired]
    document = ("document", "data", {"view": "journey-canvas", "question": CANVAS})
    state = [{"id": document[0], "property": document[1], "value": document[2]}]
    inputs = [
        ("next-at", "data", {"node": "mql"}),
        ("next-direction", "value", "next"),
        ("next-dimension", "value", "channel"),
        ("next-path", "checked", True),
    ]
    output = next(one for one in outputs if "next-list.children" in one)
    answer = post(app, output, inputs, state, "next-at.data").get_json()["response"]
    assert answer["next-title"]["children"] == "After MQL"


# --- in a browser ----------------------------------------------------------------------------------

IDLE = """() => { const b = window.workbenchBoard;
  return b?.document && !b.pending().length && b.drawn === b.awaited }"""
KNOWN = "custom wheel sensitivity"
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class Visitor:
    """A user who counts the clicks."""

    def __init__(self, browser: Any, address: str) -> None:
        self.said: list[str] = []
        self.clicks, self.address = 0, address
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.page.on(
            "console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda problem: self.said.append(str(problem)))

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_function(f"document.documentElement.dataset.drawn === '{path or 'home'}'")

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.clicks += 1

    def idle(self) -> None:
        self.page.wait_for_function(IDLE)
        self.page.wait_for_timeout(60)

    def cards(self, number: int) -> list[str]:
        self.page.wait_for_function(f"document.querySelectorAll('.node-card').length === {number}")
        self.idle()
        return [node["id"] for node in self.question()["nodes"]]

    def question(self) -> dict[str, Any]:
        return dict(self.page.evaluate("window.workbenchBoard.document.question"))

    def arrows(self) -> set[tuple[str, str]]:
        return {(arrow["source"], arrow["target"]) for arrow in self.question().get("arrows") or ()}

    def findings(self) -> list[str]:
        self.page.evaluate(AXE)
        rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
        found = self.page.evaluate(f"axe.run(document, {rules})")["violations"]
        return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


@pytest.fixture(scope="module")
def visitor(chromium: Any, address: str) -> Visitor:
    return Visitor(chromium, address)


@pytest.mark.browser
def test_the_first_example_takes_at_most_six_clicks(visitor: Visitor) -> None:
    """Account container, Lead → MQL → SQL → Won, from the home page with the mouse alone."""
    visitor.go("")
    page = visitor.page
    visitor.click(".rail-link[href='/journey-canvas']")
    page.wait_for_selector(".node-card")
    visitor.idle()
    visitor.click("#new-canvas")
    page.wait_for_selector(".begin")
    assert visitor.findings() == []
    for i, name in enumerate(("Lead", "MQL", "SQL", "Closed-won"), 1):
        visitor.click(f".palette-item[title='{name}']")
        visitor.cards(i)
    assert visitor.clicks <= 6
    question = visitor.question()
    assert question["container"] == "account"
    assert [node["where"]["milestone"] for node in question["nodes"]] == ["lead", "mql", "sql", "won"]
    assert visitor.arrows() == {("lead", "mql"), ("mql", "sql"), ("sql", "won")}
    assert "metric" not in question


@pytest.mark.browser
def test_milestones_take_three_and_a_written_chain_none(visitor: Visitor) -> None:
    visitor.go("journey-canvas")
    page = visitor.page
    page.click("#new-canvas")
    page.wait_for_selector(".begin")
    page.click("text=Build from milestones")
    assert len(visitor.cards(6)) == 6
    page.keyboard.press("Control+k")
    page.wait_for_selector("#search-text")
    page.keyboard.type("Lead > MQL > SQL > Won by account")
    page.wait_for_selector(".found-link >> text=Lead → MQL → SQL → Closed-won")
    assert visitor.findings() == []
    page.keyboard.press("Enter")
    assert visitor.cards(4) == ["lead", "mql", "sql", "won"]


@pytest.mark.browser
def test_what_follows_is_added_from_the_list(visitor: Visitor) -> None:
    page = visitor.page
    box = page.locator("[data-node='mql']").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.click("[data-node='mql'] .card-next")
    page.wait_for_selector(".next-panel.on .next-item")
    assert visitor.findings() == []
    name = page.inner_text(".next-name >> nth=0")
    number = page.inner_text(".next-count >> nth=0")
    page.click(".next-item >> nth=0")
    added = visitor.cards(5)[-1]
    assert ("mql", added) in visitor.arrows()
    card = page.locator(f"[data-node='{added}']")
    assert card.locator(".card-title").inner_text() == name
    assert card.locator(".card-count").inner_text() == number
    page.evaluate("window.workbenchSend('next-items', {arrow: ['sql', 'won'], direction: 'between'})")
    page.wait_for_selector("#next-title >> text=Between SQL and Closed-won")
    page.wait_for_selector(".next-panel.on .next-item")
    page.keyboard.press("Escape")
    page.wait_for_selector(".next-panel.on", state="detached")


@pytest.mark.browser
def test_the_palette_by_keyboard_and_mouse(visitor: Visitor) -> None:
    page = visitor.page
    page.fill("#palette-search", "email")
    page.wait_for_function("document.querySelectorAll('.palette-item').length < 12")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.dataset.component?.includes('Email Opened')")
    before = visitor.question()
    page.keyboard.press("Enter")
    visitor.cards(len(before["nodes"]) + 1)
    page.fill("#palette-search", "")
    page.wait_for_selector(".palette-item[title='Channel'] .palette-fold")
    page.click(".palette-item[title='Channel'] .palette-fold")
    page.wait_for_selector(".palette-item.deep[title='Web']")
    source = page.locator(".palette-item.deep[title='Web']")
    source.scroll_into_view_if_needed()
    box = page.locator(".canvas").bounding_box()
    source.drag_to(page.locator(".canvas"), target_position={"x": box["width"] / 2, "y": box["height"] - 90})
    visitor.cards(len(before["nodes"]) + 2)
    assert visitor.question()["nodes"][-1]["where"] == {"field": "channel", "value": "Web"}
    page.click(".palette-toggle")
    page.reload()
    page.wait_for_selector(".node-card")
    assert page.evaluate("document.documentElement.dataset.palette") == "closed"
    page.click(".palette-toggle")
    page.wait_for_selector(".palette-item")


@pytest.mark.browser
def test_a_suggested_path_is_drawn(visitor: Visitor) -> None:
    page = visitor.page
    page.click("#new-canvas")
    page.wait_for_selector(".begin")
    page.click("text=let the most frequent paths be suggested")
    page.wait_for_selector("#suggest-paths [data-gesture]")
    assert visitor.findings() == []
    steps = page.locator(".suggest-list li >> nth=0 >> .suggest-step").count()
    page.click("#suggest-paths [data-gesture] >> nth=0")
    visitor.cards(steps + 2)
    page.wait_for_selector(".suggest-list", state="hidden")
    assert [text for text in visitor.said if KNOWN not in text] == []
