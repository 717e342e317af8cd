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
    box.locator(".flow-press").click()
    page.wait_for_selector(f".flow-chip:has-text('In focus: {name}')")
    page.wait_for_selector(".flow-lit", state="attached")
    assert visitor.findings() == []
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".flow-chip:has-text('In focus')")
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

    _menu(page, page.locator(".flow-head .more").nth(1), "Hide this column")
    page.wait_for_selector(".flow-strip")
    page.click(".flow-head [aria-label^='Show the column']")
    page.wait_for_selector(".flow-strip", state="detached")

    page.click(".flow-option:has-text('Distinct')")
    page.wait_for_function("document.querySelector('#view-title').textContent.includes('distinct')")

    page.locator(".flow-press").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className") == "flow-press"
    page.keyboard.press("Enter")
    page.wait_for_selector(".flow-chip:has-text('In focus')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".flow-chip", state="detached")

    page.click(".flow-whole [aria-label^='Open as a fallout'] >> nth=0")
    visitor.drawn("fallout")
    page.wait_for_selector("#toast:has-text('fallout')")
    visitor.close()
