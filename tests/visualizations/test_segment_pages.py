"""The tabs of a saved segment: members and pins, why, history, about; and the same in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.visualizations.company import MILESTONES, tables
from tests.visualizations.test_browser import CLIPPED, SIZES, Visitor
from visualizations.base import Scene, Unit
from visualizations.desk import Desk
from visualizations.panels import search
from visualizations.segments import (
    about,
    callbacks,
    document,
    history,
    members,
    saved,
    why,
)
from visualizations.segments import page as drawn

Q = dict[str, Any]
WON: Q = {"container": "account", "where": {"milestone": "won"}}
VIEWED: Q = {"field": "event_type", "value": "Content Viewed"}
SOFTWARE: Q = {"field": "account.industry", "value": "Software"}


def company(folder: Path, **settings: Any) -> Any:
    """The made-up company, with records of its persons."""
    made = tables()
    ids = made["events"]["person_id"].drop_nulls().unique().sort()
    names = [f"Buyer {one}" for one in ids]
    made["persons"] = pl.DataFrame({"person_id": ids, "account_id": ids.str.slice(0, 4), "name": names})
    milestones = {name: {"field": "event_type", "value": kind} for name, kind in MILESTONES.items()}
    settings = {"name": "Tested company", **settings}
    return wb.from_tables(
        **made, milestones=milestones, time_zone="Europe/Berlin", settings=settings, workspace=folder
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(company(tmp_path))


def opened(desk: Desk, name: str, content: Any, **said: Any) -> Q:
    """The document of a segment that was just saved."""
    found = desk.bench.segments.save(name, content, about={"state": "draft", **said})
    return document.opened(desk, found["id"])


def tab(desk: Desk, asked: Q, name: str, **more: Any) -> str:
    """Everything a tab shows, as text."""
    asked = {**asked, "question": {**asked["question"], "tab": name, **more}}
    return str(drawn(desk, asked, desk.facts.scene(dark=False, width=1200, height=700))[0])


def test_members_are_shown_as_what_one_chooses(desk: Desk) -> None:
    asked = opened(desk, "Won", WON)
    size = desk.bench.segments.size("won")
    shown = tab(desk, asked, "members")
    assert f"{size} accounts, evaluated now on data version 1" in shown
    assert shown.count("Pin out") == 2 * size
    persons = desk.bench.segments.members("won", "person")
    as_persons = tab(desk, asked, "members", shown_as="person")
    assert f"{persons.height} persons, evaluated now" in as_persons
    assert ">Company<" in as_persons
    assert "Pin out" not in as_persons
    buyers = opened(desk, "Viewers", VIEWED, container="person")
    first = desk.bench.segments.members("viewers", "account").row(0, named=True)
    covered = f"{first['persons_in']} of {first['persons']} person"
    assert covered in tab(desk, buyers, "members", shown_as="account", find=first["account_id"])
    assert f"The first 200 of {desk.bench.segments.size('viewers')}" in tab(desk, buyers, "members")
    assert "Nobody by that name." in tab(desk, buyers, "members", find="nobody at all")
    assert members.kinds_of(desk, "opportunity")[0] == "opportunity"


def test_pins_need_a_reason_and_outlive_saving_and_undo(desk: Desk) -> None:
    asked = opened(desk, "Won", WON)
    inside, outside = _one(desk, "won", True), _one(desk, "won", False)
    with pytest.raises(wb.WorkbenchError, match="Say why"):
        saved.pin(desk, "won", outside, True, "  ")
    first = saved.pin(desk, "won", outside, True, "asked for <it>")
    now = {**asked, "saved": saved.learned(asked, first)}
    assert now["saved"]["revision"] == asked["saved"]["revision"] + 1
    second = saved.pin(desk, "won", inside, False, "left")
    now = {**now, "saved": saved.learned(now, second)}
    shown = tab(desk, now, "members")
    assert "2 pinned" in shown
    assert "asked for &lt;it&gt;" in shown
    assert "Pinned out" in shown
    before_pins = {**asked, "saved": now["saved"]}
    found = callbacks.save(desk, before_pins)
    assert {pin["id"]: pin["in"] for pin in found["about"]["pins"]} == {inside: False, outside: True}
    saved.unpin(desk, "won", inside)
    assert inside in desk.bench.segments.members("won")["account_id"]


def _one(desk: Desk, segment: str, inside: bool) -> str:
    known = set(desk.bench.segments.members(segment)["account_id"])
    every = [f"a{i:03d}" for i in range(160)]
    return next(one for one in every if (one in known) is inside)


def test_a_document_does_not_take_over_what_somebody_else_saved(desk: Desk) -> None:
    asked = opened(desk, "Won", WON)
    callbacks.save(desk, asked)
    pinned = saved.pin(desk, "won", _one(desk, "won", True), False, "left")
    assert saved.learned(asked, pinned)["revision"] == asked["saved"]["revision"]
    with pytest.raises(wb.RevisionConflict):
        callbacks.save(desk, {**asked, "saved": saved.learned(asked, pinned)})


def test_containers_are_found_to_be_pinned(desk: Desk) -> None:
    assert members.candidates(desk, "account", "x") == []
    assert members.candidates(desk, "account", "company 15")[0] == ("a015", "Company 15", "")
    person = members.candidates(desk, "person", "a015-p0")[0]
    assert person[2] == "Company 15"


def test_why_tells_parts_events_and_pins(desk: Desk) -> None:
    opened(desk, "Both", {"all": [WON, SOFTWARE]})
    inside, outside = _one(desk, "both", True), "a001"
    told = str(why.content(desk, "both", "account", inside))
    assert "This account is in the segment." in told
    assert "All of these together" in told
    assert "Event type is Closed-Won" in told
    assert "Record: account industry = " in told
    assert "1 event<" in told
    assert "Holds:" in told
    assert "not in the segment" in str(why.content(desk, "both", "account", outside))
    saved.pin(desk, "both", inside, False, "competitor")
    told = str(why.content(desk, "both", "account", inside))
    assert "not in the segment: pinned out" in told
    assert "competitor" in told
    assert "on the list" not in told
    person = desk.bench.segments.members({"segment": "both"}, "person")["person_id"][0]
    told = str(why.content(desk, "both", "person", person))
    assert "This person is in the segment." in told
    assert "on the list" not in told
    with pytest.raises(wb.SpecError, match="is no account"):
        why.content(desk, "both", "account", "a999")


def test_pins_of_the_containers_judged_are_told(desk: Desk) -> None:
    opened(desk, "Both", {"all": [WON, SOFTWARE]})
    outside = _one(desk, "both", False)
    saved.pin(desk, "both", outside, True, "asked for it")
    told = str(why.content(desk, "both", "person", f"{outside}-p0"))
    assert "Pinned in" in told
    assert "Asked for it" in told
    assert "on the list" not in told


def test_names_of_persons_are_masked(tmp_path: Path) -> None:
    desk = Desk(company(tmp_path, mask_persons=True))
    asked = opened(desk, "Viewers", VIEWED, container="person")
    shown = tab(desk, asked, "members")
    assert "Buyer a0" not in shown
    first = desk.bench.segments.members("viewers")["person_id"][0]
    assert "Buyer a0" not in str(why.content(desk, "viewers", "person", first))
    assert members.candidates(desk, "person", "Buyer a0") == []


def test_history_opens_into_as_many_as_it_says(desk: Desk) -> None:
    asked = opened(desk, "Won", WON)
    assert "No history yet" in tab(desk, asked, "history")
    saved.go_live(desk, "won")
    left = _one(desk, "won", True)
    saved.pin(desk, "won", left, False, "left")
    saved.go_live(desk, "won")
    [row] = history.by_version(desk, "won").to_dicts()
    assert (row["size"], row["left"]) == (desk.bench.segments.size("won"), 1)
    title, body = history.changes(desk, "won", 1, "entered")
    assert title == f"{row['entered']} accounts entered at data version 1"
    assert str(body).count("member-link") == row["entered"] == row["size"] + 1
    assert history.changes(desk, "won", 1, "left")[0] == "1 account left at data version 1"
    assert f"{row['entered']} entered at data version 1" in tab(desk, asked, "history")


def test_months_that_are_not_over_are_dashed() -> None:
    frame = pl.DataFrame(
        {"period": ["2024-01-01", "2024-02-01"], "size": [3, 5], "complete": [True, False]}
    ).with_columns(pl.col("period").str.to_date())
    figure = history.figure(frame, Unit("account", "Account", "accounts"), Scene())
    assert [trace.line.dash for trace in figure.data if trace.mode == "lines"] == ["dot"]
    assert figure.data[-1].hovertext[1] == "<b>Feb 2024</b><br>5 accounts<br>not complete"


def test_saving_keeps_the_state_and_going_live_may_be_refused(desk: Desk) -> None:
    fresh: Q = {"view": "segment", "question": {**document.FRESH, "name": "Base", "content": WON}}
    assert callbacks.save(desk, fresh)["about"]["state"] == "draft"
    opened(desk, "Top", {"segment": "base"})
    with pytest.raises(wb.SpecError, match="cannot refer to drafts: base"):
        saved.go_live(desk, "top")
    saved.go_live(desk, "base")
    saved.go_live(desk, "top")
    top = document.opened(desk, "top")
    assert saved.state_of(desk, top) == "live"
    assert saved.state_of(desk, fresh) == "draft"
    callbacks.save(desk, top)
    assert saved.state_of(desk, top) == "live"
    top = document.opened(desk, "top")
    assert callbacks.save(desk, top, copy=True)["about"]["state"] == "draft"


def test_what_is_used_is_not_deleted(desk: Desk) -> None:
    base = opened(desk, "Base", WON)
    opened(desk, "Top", {"segment": "base"})
    question = {"analysis": "fallout", "touchpoints": [{"where": {"segment": "base"}}]}
    desk.bench.definitions.save("views", "Steps", question)
    assert about.users(desk, "base") == [
        ("Segment", "Top", "/segment?saved=top"),
        ("Saved view", "Steps", "/fallout?saved=steps"),
    ]
    assert "used by segment “Top”, saved view “Steps”" in about.refusal(desk, "base")
    assert "Used in 2" in tab(desk, base, "about")
    with pytest.raises(wb.WorkspaceError, match="is used by"):
        saved.delete(desk, base)
    top = document.opened(desk, "top")
    assert about.refusal(desk, "top") == ""
    saved.delete(desk, top)
    with pytest.raises(wb.WorkspaceError, match="there is no 'top'"):
        tab(desk, top, "members")
    assert tab(desk, top, "build")


def test_a_copy_has_the_list_and_the_pins(desk: Desk) -> None:
    desk.bench.segments.save("List", about={"kind": "static", "container": "account"})
    desk.bench.segments.add("list", ["a001", "a002"])
    saved.pin(desk, "list", "a003", True, "asked")
    made = saved.duplicate(desk, "list")
    assert (made["name"], made["about"]["state"]) == ("List (copy)", "draft")
    assert desk.bench.segments.members(made["id"])["account_id"].to_list() == ["a001", "a002", "a003"]


def test_what_is_written_about_a_segment_is_saved_with_it(desk: Desk) -> None:
    asked = opened(desk, "Won", WON, folder="Sales", tags=["q4"])
    assert "changes are not saved" not in tab(desk, asked, "members")
    for edit, at, value in (
        ("text", "about.description", "For the board"),
        ("tags", "about.tags", ["q4", "eu"]),
        ("flag", "about.suppress", True),
    ):
        event = {"kind": "control", "edit": edit, "at": at, "value": value}
        changed, told = document.applied(desk, asked, event)
        assert changed is not None
        assert not told
        asked = changed
    assert "changes are not saved" in tab(desk, asked, "members")
    said = callbacks.save(desk, asked)["about"]
    assert (said["description"], said["tags"], said["suppress"]) == ("For the board", ["q4", "eu"], True)
    assert said["folder"] == "Sales"


def test_the_search_finds_segments(desk: Desk) -> None:
    opened(desk, "Won & wide", WON)
    assert "/segment?saved=won-wide" in str(search.found(desk, "WIDE"))


# --- in the browser --------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Address of the running app with two segments."""
    import waitress

    from visualizations.server import prepared

    bench = company(tmp_path)
    bench.segments.save("Won accounts", WON, about={"state": "draft", "tags": ["q4"]})
    app, _ = prepared(bench, "127.0.0.1", 0)
    server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.mark.browser
def test_from_members_to_a_deleted_copy(chromium: Any, served: str) -> None:
    visitor = Visitor(chromium, served, SIZES[0], "light")
    page = visitor.page
    page.goto(f"{served}/segment?saved=won-accounts")
    visitor.drawn("segment")
    _open(visitor, "Members")
    page.wait_for_selector(".seg-table .row-action")
    size = page.locator(".seg-table tbody tr").count()
    assert page.inner_text(".members-count").startswith(f"{size} accounts")
    _checked(visitor)
    page.locator(".seg-table .row-action", has_text="Why?").nth(0).click()
    page.wait_for_selector(".why .why-events")
    _checked(visitor)
    page.keyboard.press("Escape")
    page.wait_for_selector(".why", state="hidden")
    page.locator(".seg-table .row-action", has_text="Pin out").nth(0).click()
    page.wait_for_function("document.activeElement.id === 'pin-reason'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pin-problem >> text=Say why")
    page.keyboard.type("Competitor")
    _checked(visitor)
    page.keyboard.press("Enter")
    page.wait_for_selector(".pins >> text=Competitor")
    assert page.inner_text(".members-count").startswith(f"{size - 1} accounts")
    assert "rev=2" in page.url
    page.click("text=Pin somebody in")
    page.wait_for_function("document.activeElement.id === 'pin-find'")
    page.keyboard.type("Northern Holdings")
    page.click(".pin-choice")
    page.wait_for_function("document.activeElement.id === 'pin-reason'")
    page.keyboard.type("Asked for it")
    page.click("#pin-apply")
    page.wait_for_selector("text=2 pinned")
    _checked(visitor)
    page.locator(".pins .row-action", has_text="Unpin").nth(0).click()
    page.wait_for_selector("text=1 pinned")
    page.click("text=Save and go live")
    page.wait_for_selector(".seg-kinds >> text=Live")
    _open(visitor, "History")
    page.wait_for_selector("#segment-size-graph .main-svg")
    _checked(visitor)
    number = page.locator(".seg-history .opens").first
    entered = number.inner_text()
    number.click()
    page.wait_for_selector(f"text={entered} accounts entered at data version 1")
    page.click("#segment-dialog-body .member-link >> nth=0")
    visitor.drawn("timeline")
    assert page.locator("#segment-dialog-body .sheet").count() == 0
    page.go_back()
    visitor.drawn("segment")
    _open(visitor, "About")
    page.fill("textarea", "For the board")
    page.get_by_role("switch", name="Suppress in exports").click()
    page.wait_for_timeout(600)
    page.click(".seg-title .seg-actions >> text=Save")
    page.wait_for_selector("#toast >> text=revision")
    _checked(visitor)
    page.click("text=Duplicate")
    page.wait_for_selector("input[value='Won accounts (copy)']")
    _open(visitor, "About")
    assert page.input_value("textarea") == "For the board"
    page.click("text=Delete…")
    page.wait_for_selector("#segment-delete-text >> text=goes for good")
    _checked(visitor)
    page.click("#segment-delete-now")
    visitor.drawn("segments")
    assert page.locator(".segments-list tbody tr").count() == 1
    visitor.close()


def _open(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("radiogroup", name="Tab").get_by_text(name, exact=True).click()
    chosen = "[...document.querySelectorAll('.segment-page [data-active]')].map((one) => one.innerText)"
    visitor.page.wait_for_function(f"{chosen}.includes('{name}')")
    visitor.page.wait_for_timeout(700)


def _checked(visitor: Visitor) -> None:
    assert visitor.findings() == []
    assert visitor.page.evaluate(CLIPPED) == []
