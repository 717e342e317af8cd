"""An initiative in Chromium: named, dated, compared before and after, and removed again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visualizations.test_browser import SIZES, Visitor

pytestmark = pytest.mark.browser


def test_an_initiative_is_saved_compared_and_removed(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "light")
    page = visitor.page
    visitor.go("cohort-table")
    page.get_by_role("button", name="Initiative…").click()
    page.wait_for_selector("#initiative-name")
    page.click("#initiative-save")
    page.wait_for_selector("#initiative-problem >> text=Give it a name.")
    page.fill("#initiative-name", "Spring")
    page.fill("#initiative-on", "2024-06-01")
    page.keyboard.press("Tab")
    page.focus("#initiative-save")
    page.wait_for_selector(".mantine-ScrollArea-viewport:visible", state="detached")
    assert visitor.findings() == []
    page.click("#initiative-save")
    page.wait_for_selector(".effect-said")
    assert "Spring, since 1 Jun 2024" in page.inner_text(".curve-names")
    page.wait_for_selector("#initiative-name", state="hidden")
    page.locator(".curve-numbers .opens").first.click()
    page.wait_for_selector("#members .member-link")
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    assert visitor.findings() == []
    page.get_by_role("button", name="Initiative…").click()
    page.get_by_role("button", name="Remove Spring").click()
    page.wait_for_selector("#initiative-list li", state="detached")
    page.wait_for_selector(".effect-said", state="detached")
