"""A fallout in Chromium: touchpoints moved and combined, details of a step, the way to the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.visualizations.test_browser import SIZES, Visitor
from visualizations.editing.state import pack

pytestmark = pytest.mark.browser
POINTS = [{"where": {"milestone": name}} for name in ("lead", "mql", "sql", "won")]


@pytest.fixture(scope="module")
def visitor(chromium: Any, address: str) -> Iterator[Visitor]:
    one = Visitor(chromium, address, SIZES[0], "light")
    yield one
    one.close()


def _go(visitor: Visitor, **more: Any) -> Any:
    question = {"analysis": "fallout", "container": "account", "touchpoints": POINTS, **more}
    visitor.page.goto(f"{visitor.address}/fallout?{urlencode({'q': pack(question)})}")
    visitor.drawn("fallout")
    return visitor.page


def _titles(page: Any, *wanted: str) -> None:
    script = "all => [...document.querySelectorAll('.fallout-title')].map(e => e.innerText).join('|') === all"
    page.wait_for_function(script, arg="|".join(wanted))
    page.wait_for_timeout(400)


def _menu(page: Any, title: str, choice: str) -> None:
    page.locator(".fallout-row", has_text=title).locator(".more").first.click()
    page.get_by_role("menuitem", name=choice).click()


def test_touchpoints_move_and_combine(visitor: Visitor) -> None:
    page = _go(visitor, baseline=False, fallout_split=True)
    assert visitor.findings() == []
    page.locator("[data-grip='2']").focus()
    page.keyboard.press("ArrowUp")
    _titles(page, "Lead", "SQL", "MQL", "Closed-won")
    page.wait_for_function("document.activeElement.dataset.grip === '1'")
    page.keyboard.press("Control+z")
    _titles(page, "Lead", "MQL", "SQL", "Closed-won")
    heads = page.locator(".fallout-row .fallout-head")
    heads.nth(3).drag_to(page.locator(".fallout-row").nth(0), target_position={"x": 200, "y": 3})
    _titles(page, "Closed-won", "Lead", "MQL", "SQL")
    page.locator("[data-grip='3']").focus()
    page.keyboard.press("Shift+ArrowUp")
    _titles(page, "Closed-won", "Lead", "MQL or SQL")
    item = page.locator("#palette-body [data-component]", has_text="Webinar Attended").first
    item.drag_to(page.locator(".fallout-row").nth(1), target_position={"x": 200, "y": 3})
    _titles(page, "Closed-won", "Webinar Attended", "Lead", "MQL or SQL")


def test_details_of_a_step(visitor: Visitor) -> None:
    page = _go(visitor)
    page.locator(".fallout-time").first.click()
    page.wait_for_selector("#details-graph .main-svg")
    page.locator(".details-table .opens").first.click()
    page.wait_for_selector("#members .member-link")
    assert visitor.findings() == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    page.keyboard.press("Escape")
    page.wait_for_selector(".details-table", state="hidden")
    _menu(page, "MQL", "What happened in between")
    page.locator(".details-table .link-button").first.click()
    page.wait_for_function("document.querySelectorAll('.fallout-row').length === 6")
    page.keyboard.press("Escape")
    page.wait_for_selector(".details-table", state="hidden")
    _menu(page, "MQL", "Trend of all touchpoints")
    page.wait_for_selector("#details-graph .main-svg")
    with page.expect_download() as download:
        page.click("#details-csv")
    assert download.value.suggested_filename == "trend-steps.csv"


def test_to_the_canvas_and_back(visitor: Visitor) -> None:
    page = _go(visitor)
    numbers = page.locator(".fallout-count").all_inner_texts()
    page.click("text=Show on the canvas")
    visitor.drawn("journey-canvas")
    assert sorted(page.locator(".node-card .card-count").all_inner_texts()) == sorted(numbers[1:])
    page.locator(".node-card", has_text="Closed-won").locator(".card-head .more").first.click()
    page.get_by_role("menuitem", name="Fallout along this path").click()
    visitor.drawn("fallout")
    assert page.locator(".fallout-count").all_inner_texts() == numbers
