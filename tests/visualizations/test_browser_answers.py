"""What a canvas answers, in Chromium: drawers, comparing, one container, and two browsers that save."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.visualizations.test_browser import SIZES, Visitor
from visualizations.desk import Desk
from visualizations.editing.state import pack

pytestmark = pytest.mark.browser
INDUSTRIES = [
    {"container": "account", "where": {"field": "account.industry", "op": "equals", "value": name}}
    for name in ("Software", "Media")
]


@pytest.fixture
def visitor(chromium: Any, address: str) -> Iterator[Visitor]:
    one = Visitor(chromium, address, SIZES[0], "light")
    yield one
    one.close()


def _address(bench: Any, **more: Any) -> str:
    question = {**Desk(bench).opening("journey-canvas").question, **more}
    return f"journey-canvas?{urlencode({'q': pack(question)})}"


def _go(visitor: Visitor, path: str) -> Any:
    visitor.page.goto(f"{visitor.address}/{path}")
    visitor.drawn("journey-canvas")
    return visitor.page


def _menu(page: Any, card: str, choice: str) -> None:
    page.locator(".node-card", has_text=card).locator(".card-head .more").first.click()
    page.get_by_role("menuitem", name=choice).click()


def test_a_breakdown_opens_members_and_stays_in_the_card(visitor: Visitor, bench: Any) -> None:
    page = _go(visitor, _address(bench))
    _menu(page, "MQL", "Break down…")
    page.wait_for_selector(".details-table .opens")
    shown = int(page.locator(".details-table .opens").first.inner_text())
    page.locator(".details-table .opens").first.click()
    page.wait_for_selector("#members .member-link")
    assert page.inner_text("#members h2").startswith(f"{shown} ")
    assert visitor.findings() == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    page.click("text=Top 5 in the card")
    page.wait_for_selector(".card-breakdown .item-row")
    page.keyboard.press("Escape")
    page.wait_for_selector(".details-table", state="hidden")
    _menu(page, "MQL", "Trend over time")
    page.wait_for_selector("#details-graph .main-svg")
    with page.expect_download() as download:
        page.click("#details-csv")
    assert download.value.suggested_filename == "trend.csv"


def test_segments_side_by_side_and_their_differences(visitor: Visitor, bench: Any) -> None:
    page = _go(visitor, _address(bench, compare=INDUSTRIES))
    assert page.locator(".segment-row").count() == 12
    sizes = page.eval_on_selector_all(
        ".segment-count", "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 15
    page.click(".canvas-segments >> text=Differences")
    page.wait_for_selector(".gap-row")
    assert page.locator(".gap-row:not(.sure) >> text=not distinguishable").count() > 0
    assert visitor.findings() == []
    page.reload()
    visitor.drawn("journey-canvas")
    assert page.locator(".gap-row").count() == 6


def test_one_account_on_the_canvas_and_back(visitor: Visitor, bench: Any) -> None:
    page = _go(visitor, _address(bench, fallout_split=True))
    assert page.locator(".fallout-part").count() > 0
    page.click("text=Show one account or deal")
    page.fill("#trace-text", "Company 15")
    page.locator(".trace-found button").first.click()
    page.wait_for_selector(".traced .trace-when")
    page.wait_for_selector("#trace-graph .main-svg")
    assert page.locator(".card-count").count() == 0
    assert visitor.findings() == []
    page.click("text=Back to all")
    page.wait_for_selector(".card-count")


def test_table_and_chart_side_by_side(visitor: Visitor, bench: Any) -> None:
    page = _go(visitor, _address(bench))
    page.click("#show >> text=Both")
    assert page.is_visible("table.sheet caption >> nth=0")
    assert page.is_visible(".node-card >> nth=0")
    assert visitor.findings() == []


def test_two_browsers_save_the_same_canvas(chromium: Any, address: str, bench: Any) -> None:
    saved = bench.definitions.save("views", "Shared canvas", Desk(bench).opening("journey-canvas").question)
    first, second = (Visitor(chromium, address, SIZES[0], theme) for theme in ("light", "dark"))
    for one in (first, second):
        page = _go(one, f"journey-canvas?saved={saved['id']}")
        assert page.inner_text("#view-title") == "Shared canvas"
    for one, label in ((first, "MQL"), (second, "SQL")):
        _menu(one.page, label, "Exclude from the journey")
        one.page.wait_for_selector(".node-card.excluded")
        one.page.click("#save-view")
        one.page.click("#save-apply")
    first.page.wait_for_selector("#notes >> text=Saved, revision 2")
    second.page.wait_for_selector("#conflict-text >> text=revision 2")
    second.page.wait_for_selector("#save-apply", state="hidden")
    second.page.wait_for_timeout(400)
    assert second.findings() == []
    second.page.click("#conflict-copy")
    second.page.wait_for_selector("#notes >> text=Saved, revision 1")
    now = bench.definitions.get("views", saved["id"])
    assert now["revision"] == 2
    assert [node.get("exclude", False) for node in now["content"]["nodes"]].count(True) == 1
    names = {one["name"] for one in bench.definitions.list("views")}
    assert {"Shared canvas", "Shared canvas (copy)"} <= names
    for one in (first, second):
        one.close()
