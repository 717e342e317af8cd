"""The cohort table in Chromium: selecting cells by mouse and keyboard, the menu, dialogs, curves."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.visualizations.test_browser import SIZES, Visitor
from visualizations.desk import Desk
from visualizations.editing.state import pack, unpack
from visualizations.views.cohort.reading import read
from visualizations.views.cohort.words import n_of_n

pytestmark = pytest.mark.browser
ROLLING = {
    "analysis": "cohort_table",
    "container": "account",
    "inclusion": {"metrics": [{"where": {"milestone": "mql"}}]},
    "return": {"metrics": [{"where": {"milestone": "won"}}]},
    "counting": "cumulative",
    "membership": "first",
}


def asked_in(url: str) -> Any:
    """The question of an address."""
    return unpack(parse_qs(urlsplit(url).query)["q"][0])


def test_cells_are_selected_listed_compared_and_drawn(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "dark")
    page = visitor.page
    visitor.go("cohort-table")
    head = page.locator(".cohort thead th >> nth=0").bounding_box()
    page.evaluate("document.querySelector('.cohort-scroll').scrollTop = 60")
    assert page.locator(".cohort thead th >> nth=0").bounding_box() == head
    counts = page.locator(".cohort td.value[data-at$=',0'] button")
    counts.nth(0).click(modifiers=["Control"])
    counts.nth(2).click(modifiers=["Shift"])
    assert page.inner_text(".cohort-bar [role=status]") == "3 cells selected"
    counts.nth(2).click(modifiers=["Control"])
    counts.nth(0).focus()
    page.keyboard.press("Escape")
    assert page.locator(".cohort-bar").count() == 0
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_selector("text=2 cells selected")
    assert visitor.findings() == []
    whole = sum(int(counts.nth(i).inner_text()) for i in range(2))
    page.click(".cohort-bar >> text=List members of any of 2")
    page.wait_for_selector("#members .member-link")
    assert page.inner_text("#members h2") == f"{whole} accounts"
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    page.click(".cohort-bar >> text=Compare the two rows")
    page.wait_for_selector("#dialog-body .details-table")
    assert visitor.findings() == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog-body .details-table", state="hidden")
    counts.nth(4).click(button="right")
    page.click("role=menuitem[name='Trend of SQL']")
    page.wait_for_selector("#dialog-body .main-svg")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog-body .details-table", state="hidden")
    page.get_by_role("switch", name="Curves").click()
    page.wait_for_selector("#curve-graph .main-svg")
    assert visitor.findings() == []
    page.click("#inspector >> text=Periods >> nth=0")
    page.wait_for_function("document.querySelector('table.cohort').dataset.table === 'cells'")
    assert page.locator(".cohort th .column").first.inner_text() == "0"
    small = page.evaluate(
        "[...document.querySelectorAll('.cohort button')].filter((b) => b.offsetHeight < 24).length"
    )
    assert small == 0
    visitor.close()


def test_cells_say_what_python_says_and_amounts_and_ranges_are_set(
    chromium: Any, address: str, bench: Any
) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "light")
    page, desk = visitor.page, Desk(bench)
    question = desk.normal({**ROLLING, "base": "previous", "value_metric": {"sum": "opportunity.amount"}})
    page.goto(f"{address}/cohort-table?q={pack(question)}")
    visitor.drawn("cohort-table")
    reading = read(
        desk.ask(question),
        desk.scene({"view": "cohort-table", "question": question}, dark=False, width=900, height=500),
    )
    for i, n, line, cell in [
        (i, n, line, cell)
        for i, line in enumerate(reading.grids[0].lines)
        for n, k in enumerate(reading.columns)
        if (cell := line.cells.get(k)) and cell["percent_base"] and n in (0, 1, 3)
    ][::7]:
        where = f".cohort td[data-{'at' if cell['value'] else 'of'}='{i},{n}']"
        page.locator(where).dispatch_event("pointerover", {"bubbles": True})
        assert page.get_attribute(where, "data-tip") == n_of_n(reading, line, reading.columns[n], cell)
    page.click(".cohort-tools >> text=Amounts")
    page.wait_for_selector(".cohort-legend >> text=Amount, up to")
    assert visitor.findings() == []
    page.click("#inspector >> text=Compare two date ranges")
    page.wait_for_function("document.querySelectorAll('table.cohort').length === 2")
    assert page.locator(".cohort-name").count() == 2
    page.get_by_label("Return 1: comparison").first.click()
    page.click("role=option[name='between']")
    page.get_by_label("Return 1: at most this many events").fill("4")
    page.wait_for_url(lambda url: asked_in(url)["return"]["metrics"][0].get("value") == [1, 4])
    assert visitor.findings() == []
    visitor.close()
