"""Segments in Chromium: the three documented ones built by mouse, quick ones on a view, segment from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.visualizations.company import MILESTONES, tables
from tests.visualizations.conftest import serving
from tests.visualizations.test_browser import CLIPPED, SIZES, Visitor

pytestmark = pytest.mark.browser
DOUBLED = """() => {
  const names = [...document.querySelectorAll('.segment-page [aria-label], .quick-panel [aria-label]')]
    .filter((el) => el.offsetParent).map((el) => el.getAttribute('aria-label'));
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small company with cities, revenues and job titles."""
    frames = tables()
    n = frames["accounts"].height
    events = frames["events"]
    persons = events.filter(pl.col("person_id").is_not_null()).unique("person_id").sort("person_id")
    titles = ["Purchaser", "Director", "Engineer"]
    settings = {"name": "Segmented company"}
    return wb.from_tables(
        events=events,
        opportunities=frames["opportunities"],
        accounts=frames["accounts"].with_columns(
            city=pl.Series(["Chicago", "Berlin"] * (n // 2)),
            annual_revenue=pl.Series([float(50_000 + 1_000 * i) for i in range(n)]),
        ),
        persons=persons.select("person_id", "account_id").with_columns(
            name=pl.concat_str(pl.lit("Person "), "person_id"),
            job_title=pl.Series([titles[i % 3] for i in range(persons.height)]),
        ),
        milestones={name: {"field": "event_type", "value": kind} for name, kind in MILESTONES.items()},
        settings=settings,
        workspace=tmp_path_factory.mktemp("segmented"),
    )


@pytest.fixture(scope="module")
def visitor(chromium: Any, bench: Any) -> Iterator[Visitor]:
    with serving(bench) as where:
        visitor = Visitor(chromium, where, SIZES[0], "light")
        visitor.go("segments")
        yield visitor
        visitor.close()


def choose(page: Any, label: str, option: str) -> None:
    """Open a list and take one of its options; the page has been drawn anew when it is chosen."""
    page.get_by_role("textbox", name=label, exact=True).click()
    page.locator("[role=option]:visible").filter(has_text=option).first.click()
    field = f"[aria-label='{label}']"
    page.wait_for_function(
        f"document.querySelector(\"{field}\")?.value.startsWith('{option}')"
        f' || !document.querySelector("{field}")'
    )
    settled(page)


def settled(page: Any) -> None:
    """Everything sent has been answered and drawn."""
    page.wait_for_function(
        "workbenchBoard.pending().length === 0 && workbenchBoard.drawn === workbenchBoard.awaited"
    )


def fill(page: Any, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label, exact=True)
    field.click()
    field.press("Control+a")
    page.keyboard.type(text)
    page.wait_for_timeout(700)
    settled(page)


def saved(visitor: Visitor, name: str, *, checked: bool = False) -> int:
    """Name and save what is built; the size it shows."""
    page = visitor.page
    assert not checked or visitor.findings() == []
    assert page.evaluate(DOUBLED) == []
    assert page.evaluate(CLIPPED) == []
    fill(page, "Name", name)
    page.keyboard.press("Tab")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(f"#toast:has-text('Saved as {name}')")
    return int(page.locator(".size-own strong").inner_text().replace(",", ""))


def new(visitor: Visitor, kind: str = "") -> Any:
    visitor.go("segment")
    if kind:
        choose(visitor.page, "How it is made", kind)
    return visitor.page


def test_the_three_documented_segments_by_mouse(visitor: Visitor, bench: Any) -> None:
    page = new(visitor, "By company, then person")
    choose(page, "Rule 1.1: value", "Chicago")
    fill(page, "Rule 1.2: value", "100000")
    title = page.get_by_role("textbox", name="Rule 2: value", exact=True)
    title.focus()
    page.keyboard.type("Purch")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Rule 2: value"
    first = saved(visitor, "Purchasers in Chicago", checked=True)
    rules = [
        {"field": "person.account.city", "op": "equals", "value": "Chicago"},
        {"field": "person.account.annual_revenue", "op": ">=", "value": 100_000},
        {"field": "person.job_title", "op": "equals", "value": "Purchaser"},
    ]
    assert first == bench.size({"all": rules}, "person") > 0

    page = new(visitor)
    choose(page, "Members", "Persons")
    page.click("text=What they did")
    settled(page)
    choose(page, "Part: how many", "so many events")
    choose(page, "Rule 1 in the box: value", "Email Opened")
    fill(page, "Rule 2 in the box: how many", "400")
    second = saved(visitor, "Openers")
    recent = {"all": [{"field": "event_type", "op": "equals", "value": "Email Opened"},
                      {"field": "occurred_at", "op": "in_last", "value": "400d"}]}  # fmt: skip
    assert second == bench.size({"count": recent, "container": "person", "value": 2}, "person") > 0

    page = new(visitor)
    choose(page, "Members", "Persons")
    choose(page, "How it is made", "A fixed list")
    for i in range(2):
        page.locator(".tick-box").nth(i).click()
        page.wait_for_selector(f".tick-box[aria-checked='true'] >> nth={i}")
    assert saved(visitor, "Guests") == 2

    page = new(visitor)
    choose(page, "Members", "Persons")
    choose(page, "How it is made", "From other segments")
    for i, name in enumerate(("Purchasers in Chicago", "Guests", "Openers"), 1):
        page.click("text=Add a segment")
        page.wait_for_selector(f"[aria-label='Block {i}: segment']")
        if name == "Openers":
            choose(page, f"Block {i}: how it joins", "but not in")
        choose(page, f"Block {i}: segment", name)
    size = saved(visitor, "Invited", checked=True)
    ids = {one["name"]: one["id"] for one in bench.segments.list().to_dicts()}
    members = {
        name: set(bench.segments.members({"segment": ids[name]}, "person").to_series(0))
        for name in ("Purchasers in Chicago", "Guests", "Openers")
    }
    wanted = (members["Purchasers in Chicago"] | members["Guests"]) - members["Openers"]
    assert size == len(wanted)


def test_quick_segments_and_segment_from_here(visitor: Visitor, bench: Any) -> None:
    page = visitor.page
    visitor.go("journey-canvas")
    page.click(".quick-add")
    page.wait_for_selector(".quick-panel")
    settled(page)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Rule 1: what it is about"
    choose(page, "Rule 1: what it is about", "Account city")
    choose(page, "Rule 1: value", "Chicago")
    page.wait_for_selector(".quick-chip:has-text('Accounts with City: Chicago')")
    assert visitor.findings() == []
    assert page.evaluate(DOUBLED) == []
    page.keyboard.press("Escape")
    page.wait_for_selector(".quick-panel", state="detached")
    page.locator("[data-component]", has_text="Email Opened").first.drag_to(page.locator(".quick-chip"))
    page.wait_for_selector(".quick-chip:has-text('Email Opened')")
    page.locator("[data-component]", has_text="MQL").first.drag_to(page.locator(".quick-add"))
    page.wait_for_selector(".quick-chip >> nth=1")
    assert page.locator(".quick-and").count() == 1
    assert visitor.findings() == []
    page.reload()
    visitor.drawn("journey-canvas")
    page.click("[aria-label='Remove segment Accounts with MQL']")
    page.wait_for_selector(".quick-and", state="detached")
    page.locator(".quick-open").click()
    page.click("text=Save as segment…")
    visitor.drawn("segment")
    name = page.input_value(".seg-name input")
    assert name == "Accounts with City: Chicago and Email Opened"
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("#toast:has-text('Saved as')")
    assert name in [one["name"] for one in bench.segments.list().to_dicts()]

    visitor.go("cohort-table")
    page.locator(".cohort td button >> nth=0").click()
    page.wait_for_selector("#members .member-link")
    held = page.inner_text("#members h2")
    page.click("#members-segment")
    visitor.drawn("segment")
    assert page.inner_text(".size-own").replace("\n", " ") == held
    assert page.inner_text(".rule-words").startswith("Behind a number: cohort")
    assert visitor.findings() == []
    page.click("text=Open the question")
    visitor.drawn("cohort-table")
    visitor.go("flow")
    page.click(".quick-add")
    page.wait_for_selector(".quick-panel")
    page.click(".stage", position={"x": 5, "y": 300})
    page.wait_for_selector(".quick-panel", state="detached")


def test_the_builder_and_the_bar_in_the_dark(visitor: Visitor) -> None:
    page = visitor.page
    page.emulate_media(color_scheme="dark")
    page.evaluate("localStorage.setItem('mantine-color-scheme-value', 'dark')")
    visitor.go("segment")
    page.click("text=In which order")
    page.wait_for_selector(".seg-step")
    settled(page)
    assert visitor.findings() == []
    assert page.evaluate(DOUBLED) == []
    visitor.go("fallout")
    page.locator("[data-component]", has_text="MQL").first.drag_to(page.locator(".quick-add"))
    page.wait_for_selector(".quick-chip")
    page.click(".quick-open")
    page.wait_for_selector(".quick-panel")
    assert visitor.findings() == []
    assert page.evaluate(DOUBLED) == []
