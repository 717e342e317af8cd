"""The flow in Chromium: focus, members, menus, hidden columns, a path as a fallout, a narrow page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visualizations.test_browser import Visitor

pytestmark = pytest.mark.browser


def _menu(page: Any, button: Any, choice: str) -> None:
    button.hover()
    button.click()
    page.get_by_role("menuitem", name=choice).click()


def test_a_flow_is_read_by_focus_menus_and_keyboard(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, (1180, 820), "light")
    page = visitor.page
    visitor.go("flow")
    widths = page.eval_on_selector_all(".flow-box", "boxes => boxes.map((box) => box.offsetWidth)")
    assert min(widths) >= 110
    box = page.locator(".flow-box.of-item:not(.start)").last
    name = box.locator(".flow-name").inner_text()

    box.locator(".flow-press").hover()
    page.wait_for_selector(".flow-band.near")
    number = box.locator("strong").inner_text()
    box.locator(".flow-press").click()
    page.wait_for_selector(f".flow-chip:has-text('through {name}')")
    assert page.locator(".flow-box.chosen strong").inner_text() == number
    assert page.locator(".flow-box.start strong").inner_text() == number
    page.mouse.move(5, 5)
    page.wait_for_selector(".flow-plot:not(.looking)")
    assert visitor.findings() == []
    page.locator(".flow-chip [data-choices]").click()
    page.get_by_role("menuitem", name="or through").first.click()
    page.wait_for_selector(".flow-chip:has-text(' or ')")
    page.reload()
    visitor.drawn("flow")
    assert page.locator(".flow-box.chosen").count() == 2
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".flow-chip:has-text('through')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")
    page.locator(".flow-box.of-other .flow-press").first.click()
    page.wait_for_selector(".flow-chip:has-text('through Other')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")

    box.locator(".flow-press").dblclick()
    page.wait_for_selector("#members .member-link")
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    assert page.locator(".flow-chip").count() == 0

    _menu(page, box.locator(".more"), f"Exclude {name} from the flow")
    page.wait_for_selector(f".flow-chip:has-text('Excluded: {name}')")
    page.click(f"[aria-label='Restore {name}']")
    page.wait_for_selector(".flow-chip", state="detached")

    heads, boxes = page.locator(".flow-head .more"), page.locator(".flow-box")
    before = boxes.count()
    _menu(page, heads.nth(1), "Expand this column")
    page.wait_for_function("most => document.querySelectorAll('.flow-box').length > most", arg=before)
    wider = boxes.count()
    _menu(page, heads.nth(1), "Collapse to the most frequent item")
    page.wait_for_function("most => document.querySelectorAll('.flow-box').length < most", arg=wider)
    page.keyboard.press("Control+z")
    page.wait_for_function("all => document.querySelectorAll('.flow-box').length === all", arg=wider)
    page.keyboard.press("Control+z")
    page.wait_for_function("all => document.querySelectorAll('.flow-box').length === all", arg=before)

    _menu(page, heads.nth(1), "Hide this column")
    page.wait_for_selector(".flow-strip")
    page.click(".flow-head [aria-label^='Show the column']")
    page.wait_for_selector(".flow-strip", state="detached")

    page.click(".flow-option:has-text('Distinct')")
    page.wait_for_function("document.querySelector('#view-title').textContent.includes('distinct')")

    _menu(page, box.locator(".more"), "Trend over time")
    page.wait_for_selector("#details-graph .main-svg")
    page.locator(".details-table .opens").first.click()
    page.wait_for_selector("#members .member-link")
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    page.keyboard.press("Escape")
    page.wait_for_selector(".details-table", state="hidden")

    page.locator(".flow-press").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className") == "flow-press"
    page.keyboard.press("Enter")
    page.wait_for_selector(".flow-chip:has-text('through')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")

    page.click(".flow-whole [aria-label^='Open as a fallout'] >> nth=0")
    visitor.drawn("fallout")
    page.wait_for_selector("#toast:has-text('fallout')")
    visitor.close()
