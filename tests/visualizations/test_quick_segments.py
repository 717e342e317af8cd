"""Quick segments on the bar of a view: what each event on the bar makes of the question."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visualizations.company import company
from visualizations.desk import Desk
from visualizations.editing.board import Boards
from visualizations.editing.documents import Documents
from visualizations.editing.requests import Editing
from visualizations.segments import quick, quick_bar

Q = dict[str, Any]
WEB: Q = {"field": "channel", "value": "Web"}
MEDIA: Q = {"field": "account.industry", "value": "Media"}
OF_ACCOUNTS: Q = {"container": "account", "where": WEB}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(company(tmp_path_factory.mktemp("quick")))


class Tab:
    """A browser tab on one view."""

    def __init__(self, desk: Desk, view: str = "journey-canvas") -> None:
        self.editing, self.desk, self.sent = Editing(Documents(desk), Boards(None)), desk, 0
        self.document: Q = {}
        self.told: list[str] = []
        self.send({"kind": "arrive", "path": f"/{view}", "search": "", "how": "link"})

    def send(self, *events: Q) -> Any:
        self.sent += 1
        request = {"tab": "quick-tab", "id": f"r{self.sent}", "events": list(events)}
        done = self.editing.answer(request, self.document or None)
        self.document, self.told = done.document or {}, done.told
        return done

    def quick(self, do: str, **more: Any) -> Any:
        return self.send({"kind": "quick", "do": do, **more})

    def control(self, edit: str, at: str, value: Any) -> Any:
        return self.send({"kind": "control", "edit": edit, "at": f"quick{at}", "value": value})

    def press(self, do: str, at: str) -> Any:
        return self.send({"kind": "press", "do": do, "at": f"quick{at}"})

    @property
    def segments(self) -> Any:
        return self.document["question"].get("segments")

    def text(self) -> str:
        return str(quick_bar.bar(self.desk, self.document).to_plotly_json())


@pytest.fixture
def tab(desk: Desk) -> Tab:
    return Tab(desk)


@pytest.mark.parametrize(
    "condition",
    [
        WEB,
        {"all": [WEB, MEDIA]},
        {"any": [WEB, {"milestone": "mql"}]},
        OF_ACCOUNTS,
        {"container": "person", "where": {"any": [WEB, MEDIA]}},
        {"container": "account", "where": {"all": [WEB, MEDIA]}},
        {"all": [OF_ACCOUNTS, {"container": "account", "where": {"milestone": "mql"}}]},
    ],
)
def test_a_quick_segment_says_what_its_condition_says(condition: Q) -> None:
    found = quick.read(condition)
    assert found is not None
    assert quick.condition_of(found) == condition


@pytest.mark.parametrize(
    "condition",
    [
        {"not": WEB},
        {"all": [WEB] * 6},
        {"all": [OF_ACCOUNTS, {"container": "person", "where": WEB}]},
        {"any": [WEB, {"all": [WEB, MEDIA]}]},
        {"count": WEB, "container": "account"},
    ],
)
def test_other_conditions_are_for_the_builder(desk: Desk, tab: Tab, condition: Q) -> None:
    assert quick.read(condition) is None
    question = {**tab.document["question"], "segments": [condition]}
    bar = str(quick_bar.bar(desk, {**tab.document, "question": question}).to_plotly_json())
    assert "Open in the builder" in bar
    assert "/segment?q=" in bar


@pytest.mark.parametrize("view", ["journey-canvas", "flow", "fallout", "cohort-table"])
def test_a_segment_is_built_step_by_step(desk: Desk, view: str) -> None:
    tab = Tab(desk, view)
    container = tab.document["question"].get("container", "account")
    assert not tab.quick("open").painted
    assert tab.segments is None
    tab.control("what", ".parts.0", "channel")
    assert tab.control("scalar", ".parts.0", "Web").painted
    assert tab.segments == [{"container": container, "where": WEB}]
    assert "Save as segment…" in tab.text()
    assert not tab.press("rule", ".parts").painted
    tab.control("what", ".parts.1", "account.industry")
    tab.control("scalar", ".parts.1", "Media")
    each = [{"container": container, "where": test} for test in (WEB, MEDIA)]
    assert tab.segments == [{"all": each}]
    tab.control("join", "", "any")
    assert tab.segments == [{"container": container, "where": {"any": [WEB, MEDIA]}}]
    tab.control("scope", "", "event")
    assert tab.segments == [{"any": [WEB, MEDIA]}]
    tab.press("drop", ".parts.0")
    assert tab.segments == [MEDIA]
    tab.quick("close")
    assert "quick" not in tab.document
    assert desk.ask(tab.document["question"]).tables


def test_a_value_taken_away_takes_the_segment_away_and_gives_it_back(tab: Tab) -> None:
    tab.quick("drop", what=[{"kind": "item", "field": "channel", "value": "Web"}])
    tab.quick("drop", what=[{"kind": "milestone", "value": "mql"}])
    tab.quick("open", at=0)
    tab.control("operator", ".parts.0", "between")
    assert tab.segments == [{"container": "account", "where": {"milestone": "mql"}}]
    tab.control("operator", ".parts.0", "equals")
    tab.control("scalar", ".parts.0", "Email")
    assert tab.segments[0] == {"container": "account", "where": {**WEB, "value": "Email"}}
    assert len(tab.segments) == 2
    tab.press("drop", ".parts.0")
    assert len(tab.segments) == 1
    tab.quick("remove", at=0)
    assert tab.segments is None


@pytest.mark.parametrize(
    ("what", "made"),
    [
        ({"kind": "dimension", "field": "channel"}, {"field": "channel", "op": "exists"}),
        ({"kind": "none", "field": "channel"}, {"field": "channel", "op": "not_exists"}),
        ({"kind": "item", "field": "channel", "value": "Web"}, WEB),
        ({"kind": "event", "value": "Email Opened"}, {"field": "event_type", "value": "Email Opened"}),
        ({"kind": "milestone", "value": "mql"}, {"milestone": "mql"}),
    ],
)
def test_dropped_components_become_conditions(tab: Tab, what: Q, made: Q) -> None:
    tab.quick("drop", what=[what])
    assert tab.segments == [{"container": "account", "where": made}]


def test_a_drop_on_a_chip_adds_to_it(tab: Tab) -> None:
    tab.quick("drop", what=[{"kind": "item", "field": "channel", "value": name} for name in ("Web", "Email")])
    assert tab.segments[0]["where"] == {"field": "channel", "op": "in", "value": ["Web", "Email"]}
    tab.quick("drop", what=[{"kind": "milestone", "value": "mql"}], at=0)
    assert [part["container"] for part in tab.segments[0]["all"]] == ["account", "account"]
    tab.quick("drop", what=[{"kind": "metric", "value": "accounts"}])
    assert "metric" in tab.told[0]
    tab.quick("drop", what=[{"kind": "milestone", "value": "mqx"}])
    assert "MQL" in tab.told[0]


def test_five_conditions_at_most(tab: Tab) -> None:
    tab.quick("open")
    for i in range(5):
        tab.control("scalar", f".parts.{i}", "Email Opened")
        tab.press("rule", ".parts")
    assert "at most 5" in tab.told[0]
    assert len(tab.document["quick"]["parts"]) == 5


def test_a_saved_segment_is_a_chip_that_leads_to_it(desk: Desk, tab: Tab) -> None:
    found = desk.bench.segments.save("Web people", OF_ACCOUNTS, about={"container": "account"})
    tab.quick("drop", what=[{"kind": "segment", "value": found["id"]}])
    assert tab.segments == [{"segment": found["id"]}]
    assert "Web people" in tab.text()
    assert f"/segment?saved={found['id']}" in tab.text()
    tab.quick("drop", what=[{"kind": "milestone", "value": "mql"}])
    assert "children='and'" in tab.text()
    desk.bench.segments.delete(found["id"])


def test_editing_is_no_step_and_other_edits_end_it(tab: Tab) -> None:
    tab.quick("drop", what=[{"kind": "milestone", "value": "mql"}])
    tab.quick("open", at=0)
    tab.control("scope", "", "event")
    assert tab.segments == [{"milestone": "mql"}]
    tab.send({"kind": "undo"})
    assert "quick" not in tab.document
    assert tab.segments == [{"container": "account", "where": {"milestone": "mql"}}]
    tab.send({"kind": "undo"})
    assert tab.segments is None
    tab.quick("open")
    tab.send({"kind": "control", "edit": "choice", "at": "container", "value": "person"})
    assert "quick" not in tab.document
    assert "no longer" in tab.control("scalar", ".parts.0", "x").told[0]


def test_what_is_left_out_says_so(desk: Desk, tab: Tab) -> None:
    target = {"table": "nodes", "select": {"id": tab.document["question"]["nodes"][1]["id"]}}
    tab.send({"kind": "exclude", **target, "measure": "fallout"})
    assert quick_bar.words(desk, tab.segments[0]) == "Not: MQL, no further, in a journey canvas"
    assert quick_bar.words(desk, {"not": OF_ACCOUNTS}) == "Not: Accounts with Channel: Web"
    assert quick_bar.words(desk, {"not": {"members_of": {"question": {"analysis": "fallout"}}}})
