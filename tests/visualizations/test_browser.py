"""The running app in Chromium: from the home page to a timeline, both themes and sizes, by keyboard too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from visualizations import VIEWS

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
KNOWN = "custom wheel sensitivity"
"""The one warning every page with cytoscape prints."""
SIZES = [(1440, 900), (1920, 1080)]
CLIPPED = """() => [...document.querySelectorAll('h1, h2, h3, button, th, td, label, p, strong')]
  .filter((el) => el.offsetParent && !el.closest('.visually-hidden, .mantine-Pill-root'))
  .filter((el) => el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).overflowX !== 'visible')
  .filter((el) => getComputedStyle(el).textOverflow !== 'ellipsis')
  .map((el) => el.outerHTML.slice(0, 120))"""


STILL = """() => document.getAnimations().every(
    (one) => one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""


class Visitor:
    """A page of the app that remembers what the console said."""

    def __init__(self, chromium: Any, address: str, size: tuple[int, int], theme: str) -> None:
        self.address = address
        self.said: list[str] = []
        view = {"width": size[0], "height": size[1]}
        self.context = chromium.new_context(viewport=view, color_scheme=theme, accept_downloads=True)
        self.context.add_init_script(f"localStorage.setItem('mantine-color-scheme-value', '{theme}')")
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.page.on(
            "console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda problem: self.said.append(str(problem)))
        self.page.on("request", self._only_here)

    def _only_here(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.said.append(f"asked another machine: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}/{path}")
        self.drawn(path or "home")

    def drawn(self, view: str) -> None:
        self.page.wait_for_function(f"document.documentElement.dataset.drawn === '{view}'")
        if view == "flow":
            self.page.wait_for_selector(".flow-plot, .flow-bars")
        self.page.wait_for_timeout(250)

    def findings(self) -> list[str]:
        """What axe finds once nothing fades any more: half faded text has too little contrast."""
        self.page.wait_for_timeout(350)
        self.page.wait_for_function(STILL)
        self.page.evaluate(AXE)
        found = self.page.evaluate(f"axe.run(document, {RULES})")["violations"]
        return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

    def close(self) -> None:
        self.context.close()
        assert [text for text in self.said if KNOWN not in text] == []


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(SIZES[0], "light", id="1440-light"),
        pytest.param(SIZES[1], "dark", id="1920-dark"),
        pytest.param(SIZES[0], "dark", id="1440-dark", marks=pytest.mark.deep),
        pytest.param(SIZES[1], "light", id="1920-light", marks=pytest.mark.deep),
    ],
)
def test_every_view_is_accessible_and_whole(
    chromium: Any, address: str, size: tuple[int, int], theme: str
) -> None:
    visitor = Visitor(chromium, address, size, theme)
    for path in ("", *(view.name for view in VIEWS)):
        visitor.go(path)
        assert visitor.findings() == [], path
        assert visitor.page.evaluate(CLIPPED) == [], path
    visitor.close()


def test_from_home_to_a_timeline(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "light")
    page = visitor.page
    visitor.go("")
    page.click(".opening >> nth=0")
    visitor.drawn("journey-canvas")
    card = page.locator(".node-card", has_text="MQL")
    number = int(card.locator(".card-count").inner_text())
    card.locator(".card-count").click()
    page.wait_for_selector("#members .member-link")
    assert page.inner_text("#members h2") == f"{number} accounts"
    assert visitor.findings() == []
    page.fill("#members-search input, input#members-search", "Company 15")
    page.wait_for_function("document.querySelectorAll('#members .member-link').length < 15")
    page.click("#members .member-link >> nth=0")
    visitor.drawn("timeline")
    page.wait_for_selector("#timeline-graph .main-svg")
    first = page.inner_text(".member-head h1")
    assert page.locator(".checkpoints li.reached").count() >= 2
    assert visitor.findings() == []
    page.click("#member-next")
    page.wait_for_function(f"document.querySelector('.member-head h1').innerText !== {first!r}")
    page.click("#member-previous")
    page.wait_for_function(f"document.querySelector('.member-head h1').innerText === {first!r}")
    page.reload()
    visitor.drawn("timeline")
    assert page.inner_text(".member-head h1") == first
    page.click("text=Back to the view")
    visitor.drawn("journey-canvas")
    visitor.close()


def test_editing_goes_to_the_address_and_back(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[1], "light")
    page = visitor.page
    visitor.go("journey-canvas")
    cards = page.locator(".node-card")
    before = cards.count()
    page.click(".items .mantine-Accordion-control >> nth=1")
    page.click("text=Add next >> visible=true")
    page.wait_for_function(f"document.querySelectorAll('.node-card').length === {before + 1}")
    assert "?q=" in page.url
    page.reload()
    visitor.drawn("journey-canvas")
    assert cards.count() == before + 1
    page.go_back()
    page.wait_for_function(f"document.querySelectorAll('.node-card').length === {before}")
    page.locator("[data-menu] >> nth=1").click()
    page.click("role=menuitem[name='Show SQL']")
    page.wait_for_selector("#dialog-body .code")
    page.keyboard.press("Escape")
    visitor.close()


def test_each_view_opens_into_members(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "dark")
    page = visitor.page
    for path, selector in (
        ("fallout", ".fallout-gone >> nth=1"),
        ("cohort-table", ".cohort td button >> nth=2"),
    ):
        visitor.go(path)
        page.click(selector)
        page.wait_for_selector("#members .member-link")
    visitor.go("flow")
    page.locator(".flow-press >> nth=0").dblclick()
    page.wait_for_selector("#members .member-link")
    visitor.close()


def test_keyboard_table_theme_and_exports(chromium: Any, address: str) -> None:
    visitor = Visitor(chromium, address, SIZES[0], "light")
    page = visitor.page
    visitor.go("cohort-table")
    page.locator(".cohort td button >> nth=0").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.cohort [data-at]') !== null")
    page.keyboard.press("Enter")
    page.wait_for_selector("#members .member-link")
    page.keyboard.press("Escape")
    page.wait_for_selector("#members .member-link", state="hidden")
    page.click("#show >> text=Table")
    assert page.is_visible("table.sheet caption")
    page.click("#theme")
    page.wait_for_function("document.documentElement.dataset.mantineColorScheme === 'dark'")
    for name in ("CSV table", "Excel workbook", "PNG picture"):
        page.click("text=Export")
        with page.expect_download() as download:
            page.click(f"role=menuitem[name='{name}']")
        assert Path(download.value.path()).stat().st_size > 400
    page.keyboard.press("Control+k")
    page.wait_for_selector("#search-text")
    page.keyboard.type("Company 12")
    page.wait_for_selector(".found-link >> text=Company 12")
    assert visitor.findings() == []
    visitor.close()
