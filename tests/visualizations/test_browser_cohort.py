"""The cohort table in Chromium: selecting cells by mouse and keyboard, the menu, dialogs, curves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visualizations.test_browser import SIZES, Visitor

pytestmark = pytest.mark.browser


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
