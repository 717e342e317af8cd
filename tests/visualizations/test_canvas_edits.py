"""Gestures on a canvas are pure edits: the rules of drops, presets, places, and what is refused."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from visualizations.desk import Desk
from visualizations.editing import canvas_places, chains, components
from visualizations.editing.canvas_edits import KINDS, BadEdit, Tools, apply, is_blank
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH

Question = dict[str, Any]
CANVAS: Question = {
    "analysis": "journey_canvas",
    "container": "account",
    "nodes": [{"id": name, "where": {"milestone": name}} for name in ("lead", "mql", "sql")],
    "arrows": [{"source": "lead", "target": "mql", "within": "30d"}, {"source": "mql", "target": "sql"}],
}
BLANK: Question = {**CANVAS, "nodes": [], "arrows": []}
WEBINAR = {"kind": "event", "value": "Webinar Attended"}
OPENED = {"kind": "event", "value": "Email Opened"}
WEB = {"kind": "item", "field": "channel", "value": "Web"}
MAIL = {"kind": "item", "field": "channel", "value": "Email"}
PRICING = {"kind": "item", "field": "content_type", "value": "Pricing"}
RANGE = {"kind": "range", "value": {"last": "90d"}}
CHANNEL = {"kind": "dimension", "field": "channel"}


class Known(Tools):
    """A workspace whose answers about what follows what are fixed, and that knows two segments."""

    several_deals = True

    @property
    def segments(self) -> dict[str, str]:
        return {"big": "Large accounts", "old": "Old accounts"}

    def following(self, question: Question, node: str, field: str, direction: str = "next") -> list[str]:
        del question, node
        return ["Web", "Event", "Social"] if direction == "next" else ["Email"]

    def between(self, question: Question, source: str, target: str, field: str) -> list[str]:
        del question, source, target
        return ["Web", "Email"] if field == "channel" else []


@pytest.fixture(scope="module")
def tools(bench: Any) -> Tools:
    return Known(Desk(bench))


def done(question: Question, tools: Tools, kind: str, **event: Any) -> Question:
    """The canvas after a gesture, checked by the language; the one before is left as it was."""
    before = copy.deepcopy(question)
    edited = apply(question, {"kind": kind, **event}, tools)
    assert question == before
    changed = edited[0] if isinstance(edited, tuple) else edited
    if not is_blank(changed):
        assert wb.parse_spec(changed)
    return changed


def told(question: Question, tools: Tools, kind: str, **event: Any) -> str:
    edited = apply(question, {"kind": kind, **event}, tools)
    return edited[1] if isinstance(edited, tuple) else ""


def pairs(question: Question) -> set[tuple[str, str]]:
    return {(arrow["source"], arrow["target"]) for arrow in question["arrows"]}


def wheres(question: Question, *, since: int = 3) -> list[Any]:
    return [node["where"] for node in question["nodes"][since:]]


def equal(field: str, *values: str) -> dict[str, Any]:
    """A test of a field as the language writes it."""
    if len(values) == 1:
        return {"field": field, "value": values[0]}
    return {"field": field, "op": "in", "value": list(values)}


class TestDropsOnGround:
    """Free ground: a card where it was dropped."""

    @pytest.mark.parametrize(
        ("component", "where", "label"),
        [
            (WEBINAR, equal("event_type", "Webinar Attended"), "Webinar Attended"),
            ({"kind": "milestone", "value": "won"}, {"milestone": "won"}, "Closed-won"),
            (WEB, equal("channel", "Web"), "Channel: Web"),
            ({"kind": "segment", "value": "big"}, {"segment": "big"}, "Large accounts"),
            (RANGE, {"field": "occurred_at", "op": "in_last", "value": "90d"}, "Last 90 days"),
            (
                {"kind": "range", "value": {"from": "2024-01-01", "to": "2024-03-31"}},
                {"field": "occurred_at", "op": "between", "value": ["2024-01-01", "2024-03-31"]},
                "1 Jan 2024 to 31 Mar 2024",
            ),
        ],
    )
    def test_one_component(self, tools: Tools, component: Any, where: Any, label: str) -> None:
        changed = done(CANVAS, tools, "drop", what=[component], x=1000, y=400, on=None)
        (node,) = changed["nodes"][3:]
        assert (node["where"], node["label"]) == (where, label)
        assert (node["x"], node["y"]) == (1000, 400)
        assert pairs(changed) == pairs(CANVAS)

    def test_a_dimension_becomes_its_three_top_items(self, tools: Tools) -> None:
        changed = done(BLANK, tools, "drop", what=[CHANNEL], x=0, y=0, on=None)
        top = tools.top_items(BLANK, "channel")
        assert wheres(changed, since=0) == [equal("channel", name) for name in top]
        assert len({(node["x"], node["y"]) for node in changed["nodes"]}) == 3
        one = done(BLANK, tools, "drop", what=[CHANNEL], x=0, y=0, on=None, shift=True)
        assert wheres(one, since=0) == [equal("channel", *top)]

    def test_top_items_are_those_of_most_accounts(self, tools: Tools) -> None:
        asked = wb.parse_spec(
            {"analysis": "journey_canvas", "nodes": [{"id": "n", "where": equal("channel", "x")}]}
        )
        assert asked
        top = tools.top_items(BLANK, "channel")
        counts = {}
        for name in ("Web", "Email", "Event", "Social"):
            question = {**BLANK, "nodes": [{"id": "n", "where": equal("channel", name)}]}
            counts[name] = tools.desk.ask(question).tables["nodes"]["value"][0]
        assert [counts[name] for name in top] == sorted(counts.values(), reverse=True)[:3]

    def test_several_components(self, tools: Tools) -> None:
        what = [WEBINAR, WEB]
        assert len(wheres(done(CANVAS, tools, "drop", what=what, x=0, y=900, on=None))) == 2
        one = done(CANVAS, tools, "drop", what=what, x=0, y=900, on=None, shift=True)
        assert wheres(one) == [{"all": [equal("event_type", "Webinar Attended"), equal("channel", "Web")]}]
        assert one["nodes"][3]["label"] == "Webinar Attended · Channel: Web"
        with pytest.raises(BadEdit, match="one dimension"):
            apply(CANVAS, {"kind": "drop", "what": [CHANNEL, CHANNEL], "x": 0, "y": 0, "on": None}, tools)

    def test_a_metric_is_set_by_hand_and_follows_else(self, tools: Tools) -> None:
        metric = {"kind": "metric", "value": "events"}
        changed = done(CANVAS, tools, "drop", what=[metric], x=0, y=0, on=None)
        assert (changed["metric"], changed["nodes"]) == ("events", CANVAS["nodes"])
        own = {"kind": "metric", "value": "accounts"}
        assert "metric" not in done(changed, tools, "drop", what=[own], x=0, y=0, on=None)
        second = done(CANVAS, tools, "drop", what=[own], x=0, y=0, on=None, shift=True)
        assert second["secondary_metric"] == "accounts"
        assert "metric" not in done(CANVAS, tools, "drop", what=[WEB], x=0, y=0, on=None)
        blank = done(BLANK, tools, "drop", what=[{"kind": "metric", "value": {"sum": "amount"}}], x=0, y=0)
        assert blank["metric"] == {"sum": "amount"}
        with pytest.raises(BadEdit):
            apply(
                BLANK,
                {"kind": "drop", "what": [{"kind": "metric", "value": "nonsense"}], "x": 0, "y": 0},
                tools,
            )


class TestDropsOnCards:
    """A card takes what is dropped on it."""

    @pytest.mark.parametrize(
        ("first", "then", "where"),
        [
            ([WEBINAR], [OPENED], equal("event_type", "Webinar Attended", "Email Opened")),
            ([WEB], [MAIL], equal("channel", "Web", "Email")),
            ([WEB], [PRICING], {"all": [equal("channel", "Web"), equal("content_type", "Pricing")]}),
            (
                [WEB, PRICING],
                [MAIL],
                {"all": [equal("channel", "Web", "Email"), equal("content_type", "Pricing")]},
            ),
            ([WEBINAR], [WEB], {"all": [equal("event_type", "Webinar Attended"), equal("channel", "Web")]}),
            (
                [{"kind": "segment", "value": "big"}],
                [{"kind": "segment", "value": "old"}],
                {"all": [{"segment": "big"}, {"segment": "old"}]},
            ),
            (
                [WEBINAR],
                [RANGE],
                {
                    "all": [
                        equal("event_type", "Webinar Attended"),
                        {"field": "occurred_at", "op": "in_last", "value": "90d"},
                    ]
                },
            ),
            (
                [WEBINAR],
                [{"kind": "milestone", "value": "mql"}],
                {"any": [{"milestone": "mql"}, equal("event_type", "Webinar Attended")]},
            ),
            ([WEBINAR], [WEBINAR], equal("event_type", "Webinar Attended")),
            (
                [WEBINAR, WEB, RANGE],
                [OPENED],
                {
                    "all": [
                        equal("event_type", "Webinar Attended", "Email Opened"),
                        equal("channel", "Web"),
                        {"field": "occurred_at", "op": "in_last", "value": "90d"},
                    ]
                },
            ),
        ],
    )
    def test_combination_logic(self, tools: Tools, first: Any, then: Any, where: Any) -> None:
        start = done(BLANK, tools, "drop", what=first, x=0, y=0, on=None, shift=True)
        name = start["nodes"][0]["id"]
        changed = done(start, tools, "drop", what=then, x=0, y=0, on={"node": name})
        assert changed["nodes"][0]["where"] == where
        assert changed["nodes"][0]["id"] == name

    def test_the_name_follows_until_somebody_chose_it(self, tools: Tools) -> None:
        changed = done(CANVAS, tools, "drop", what=[WEBINAR], x=0, y=0, on={"node": "mql"})
        assert changed["nodes"][1]["label"] == "MQL or Webinar Attended"
        named = done(CANVAS, tools, "rename", node="mql", label="Qualified")
        changed = done(named, tools, "drop", what=[WEBINAR], x=0, y=0, on={"node": "mql"})
        assert changed["nodes"][1]["label"] == "Qualified"

    def test_a_dimension_is_its_breakdown_and_several_join(self, tools: Tools) -> None:
        event = {"kind": "drop", "what": [CHANNEL], "x": 0, "y": 0, "on": {"node": "mql"}}
        if not _speaks("breakdown"):
            pytest.skip("the language has no breakdown yet")
        edited = apply(CANVAS, event, tools)
        assert isinstance(edited, dict)
        assert edited["nodes"][1]["breakdown"] == "channel"
        both = done(CANVAS, tools, "drop", what=[CHANNEL, WEBINAR], x=0, y=0, on={"node": "mql"})
        joined = both["nodes"][1]["where"]["all"]
        assert joined[0] == {"any": [{"milestone": "mql"}, equal("event_type", "Webinar Attended")]}
        assert joined[1]["field"] == "channel"

    @pytest.mark.parametrize(
        ("where", "table", "part"),
        [
            ({"node": "mql"}, "nodes", "breakdown"),
            ({"fallout": "mql"}, "nodes", "fallout_breakdown"),
            ({"arrow": ["mql", "sql"]}, "arrows", "breakdown"),
        ],
    )
    def test_top_items_are_kept_in_place_and_removed(
        self, tools: Tools, where: Question, table: str, part: str
    ) -> None:
        kept = done(CANVAS, tools, "breakdown", **where, by="channel")
        assert [one.get(part) for one in kept[table]].count("channel") == 1
        assert kept[table][1][part] == "channel"
        assert done(kept, tools, "breakdown", **where, by=None) == CANVAS

    @pytest.mark.parametrize(
        "event",
        [
            {"fallout": "nobody", "by": "channel"},
            {"fallout": ["mql"], "by": "channel"},
            {"fallout": {"id": "mql"}, "by": None},
            {"fallout": "mql", "by": "no.such"},
            {"fallout": "mql", "by": ["channel"]},
            {"arrow": ["mql", "nobody"], "by": "channel"},
            {"arrow": "mql", "by": "channel"},
            {"by": "channel"},
        ],
    )
    def test_top_items_of_nothing_are_refused(self, tools: Tools, event: Question) -> None:
        with pytest.raises(BadEdit):
            apply(CANVAS, {"kind": "breakdown", **event}, tools)

    def test_a_card_dropped_on_a_card(self, tools: Tools) -> None:
        changed = done(CANVAS, tools, "combine", node="mql", into="sql")
        assert [node["id"] for node in changed["nodes"]] == ["lead", "sql"]
        assert changed["nodes"][1]["where"] == {"any": [{"milestone": "sql"}, {"milestone": "mql"}]}
        assert changed["arrows"] == [{"source": "lead", "target": "sql", "within": "30d"}]
        with pytest.raises(BadEdit, match="itself"):
            apply(CANVAS, {"kind": "combine", "node": "mql", "into": "mql"}, tools)
        with pytest.raises(BadEdit, match="loop"):
            apply(CANVAS, {"kind": "combine", "node": "lead", "into": "sql"}, tools)


class TestDropsOnArrows:
    """An arrow takes what is dropped on it between its ends."""

    def test_one_is_inserted(self, tools: Tools) -> None:
        event = {"what": [WEBINAR], "x": 0, "y": 0, "on": {"arrow": ["lead", "mql"]}}
        changed = done(CANVAS, tools, "drop", **event)
        name = changed["nodes"][3]["id"]
        assert pairs(changed) == {("lead", name), (name, "mql"), ("mql", "sql")}
        assert "time limit" in told(CANVAS, tools, "drop", **event)

    def test_several_are_branches_and_shift_makes_one(self, tools: Tools) -> None:
        event = {"what": [WEBINAR, OPENED], "x": 0, "y": 0, "on": {"arrow": ["mql", "sql"]}}
        changed = done(CANVAS, tools, "drop", **event)
        a, b = (node["id"] for node in changed["nodes"][3:])
        assert pairs(changed) == {("lead", "mql"), ("mql", a), ("mql", b), (a, "sql"), (b, "sql")}
        one = done(CANVAS, tools, "drop", **event, shift=True)
        assert wheres(one) == [equal("event_type", "Webinar Attended", "Email Opened")]

    def test_a_dimension_is_what_lies_between(self, tools: Tools) -> None:
        event = {"what": [CHANNEL], "x": 0, "y": 0, "on": {"arrow": ["mql", "sql"]}}
        assert wheres(done(CANVAS, tools, "drop", **event)) == [
            equal("channel", "Web"),
            equal("channel", "Email"),
        ]
        shift = done(CANVAS, tools, "drop", **event, shift=True)
        assert wheres(shift) == [equal("channel", "Web", "Email")]
        event["what"] = [{"kind": "dimension", "field": "content_type"}]
        with pytest.raises(BadEdit):
            apply(CANVAS, {"kind": "drop", **event}, tools)


class TestArrows:
    """Connecting, limiting, taking away."""

    def test_deals_stay_within_one_opportunity_and_it_is_said(self, tools: Tools) -> None:
        nodes = [{"id": name, "where": {"milestone": name}} for name in ("opportunity_created", "won", "mql")]
        question = {**BLANK, "nodes": nodes}
        changed = done(question, tools, "connect", source="opportunity_created", target="won")
        assert changed["arrows"] == [
            {"source": "opportunity_created", "target": "won", "same": "opportunity"}
        ]
        assert "same opportunity" in told(
            question, tools, "connect", source="opportunity_created", target="won"
        )
        assert "same" not in done(question, tools, "connect", source="mql", target="won")["arrows"][0]
        deals = {**question, "container": "opportunity"}
        assert (
            "same"
            not in done(deals, tools, "connect", source="opportunity_created", target="won")["arrows"][0]
        )
        event_types = copy.deepcopy(question)
        event_types["nodes"][1]["where"] = equal("event_type", "Closed-Won")
        assert done(event_types, tools, "connect", source="opportunity_created", target="won")["arrows"][0][
            "same"
        ]

    def test_deals_are_counted(self, bench: Any) -> None:
        assert Tools(Desk(bench)).several_deals is False

    @pytest.mark.parametrize(
        ("source", "target", "why"),
        [
            ("sql", "lead", "SQL → Lead → MQL → SQL"),
            ("lead", "mql", "already"),
            ("lead", "lead", "another"),
            ("lead", "nobody", "no longer"),
        ],
    )
    def test_impossible_arrows_say_why(self, tools: Tools, source: str, target: str, why: str) -> None:
        with pytest.raises(BadEdit, match=why):
            apply(CANVAS, {"kind": "connect", "source": source, "target": target}, tools)

    def test_limits(self, tools: Tools) -> None:
        changed = done(
            CANVAS, tools, "limits", arrow=["mql", "sql"], within="14 d", after="1d", same="person"
        )
        assert changed["arrows"][1] == {
            "source": "mql",
            "target": "sql",
            "within": "14d",
            "after": "1d",
            "same": "person",
        }
        cleared = done(
            changed, tools, "limits", arrow=["mql", "sql"], within=None, after="", same="any", path="eventual"
        )
        assert cleared["arrows"][1] == {"source": "mql", "target": "sql"}
        with pytest.raises(BadEdit, match="duration"):
            apply(CANVAS, {"kind": "limits", "arrow": ["mql", "sql"], "within": "soon"}, tools)

    def test_deleting_joins_neighbours_and_may_leave_nothing(self, tools: Tools) -> None:
        assert pairs(done(CANVAS, tools, "delete", nodes=["mql"])) == {("lead", "sql")}
        assert pairs(done(CANVAS, tools, "delete", arrows=[["lead", "mql"]])) == {("mql", "sql")}
        everything = done(CANVAS, tools, "delete", nodes=["lead", "mql", "sql"])
        assert is_blank(everything)
        both = done(CANVAS, tools, "delete", nodes=["mql", "sql"], arrows=[["lead", "mql"]])
        assert [node["id"] for node in both["nodes"]] == ["lead"]


class TestCards:
    """Names, copies, marks."""

    def test_names(self, tools: Tools) -> None:
        assert done(CANVAS, tools, "rename", node="mql", label="  A  b ")["nodes"][1]["label"] == "A b"
        assert done(CANVAS, tools, "rename", node="mql", label="")["nodes"][1]["label"] == "MQL"
        assert (
            done(CANVAS, tools, "rename", arrow=["lead", "mql"], label="soon")["arrows"][0]["label"] == "soon"
        )

    def test_copies_keep_their_own_arrows(self, tools: Tools) -> None:
        changed = done(CANVAS, tools, "duplicate", nodes=["lead", "mql"])
        copies = [node["id"] for node in changed["nodes"][3:]]
        assert copies == ["lead_2", "mql_2"]
        assert pairs(changed) - pairs(CANVAS) == {("lead_2", "mql_2")}
        assert changed["arrows"][-1]["within"] == "30d"
        _apart(changed)

    def test_a_card_is_excluded_and_back(self, tools: Tools) -> None:
        if not _speaks("exclude"):
            pytest.skip("the language has no exclusion yet")
        once = done(CANVAS, tools, "exclude-node", node="mql")
        assert once["nodes"][1]["exclude"] is True
        assert "exclude" not in done(once, tools, "exclude-node", node="mql")["nodes"][1]

    def test_ids_stay_and_are_never_taken_twice(self, tools: Tools) -> None:
        twice = done(done(BLANK, tools, "drop", what=[WEB], x=0, y=0), tools, "drop", what=[WEB], x=0, y=500)
        assert [node["id"] for node in twice["nodes"]] == ["channel_web", "channel_web_2"]
        odd = {"kind": "item", "field": "channel", "value": "→ <\u00e4>"}
        named = done(BLANK, tools, "drop", what=[odd], x=0, y=0)["nodes"][0]
        assert named["id"].replace("_", "").isalnum()


def _speaks(option: str) -> bool:
    value = True if option == "exclude" else "channel"
    try:
        wb.parse_spec({**CANVAS, "nodes": [{**CANVAS["nodes"][0], option: value}], "arrows": []})
    except wb.SpecError:
        return False
    return True


def _apart(question: Question) -> None:
    """No two cards overlap."""
    places = canvas_places.places(question)
    for (ax, ay), (bx, by) in itertools.combinations(places.values(), 2):
        assert abs(ax - bx) >= CARD_WIDTH or abs(ay - by) >= CARD_HEIGHT, places


class TestPlaces:
    """New cards stand beside the old ones and never on them."""

    @pytest.mark.parametrize("held", [False, True])
    def test_cards_beside(self, tools: Tools, held: bool) -> None:
        question = canvas_places.placed(CANVAS) if held else CANVAS
        for i in range(4):
            question = done(question, tools, "append", what=[WEBINAR, OPENED][i % 2 :], after="mql")
            question = done(question, tools, "prepend", what=[WEB], before="mql")
        assert canvas_places.is_placed(question) is held
        _apart(question)
        places = canvas_places.places(question)
        for source, target in pairs(question):
            assert places[source][0] < places[target][0]

    def test_the_very_next_event(self, tools: Tools) -> None:
        changed = done(CANVAS, tools, "append", what=[WEBINAR], after="mql", path="next")
        assert changed["arrows"][-1] == {"source": "mql", "target": "webinar_attended", "path": "next"}

    def test_room_is_made_on_an_arrow(self, tools: Tools) -> None:
        question = canvas_places.placed(CANVAS)
        event = {"what": [WEBINAR, OPENED, WEB], "x": 0, "y": 0, "on": {"arrow": ["lead", "mql"]}}
        changed = done(question, tools, "drop", **event)
        _apart(changed)
        places = canvas_places.places(changed)
        assert all(places[s][0] < places[t][0] for s, t in pairs(changed))
        assert places["lead"] == canvas_places.places(question)["lead"]

    def test_a_dropped_card_leaves_the_others_where_they_are_seen(self, tools: Tools) -> None:
        before = canvas_places.places(CANVAS)
        changed = done(CANVAS, tools, "drop", what=[WEB], x=before["mql"][0] + 40, y=before["mql"][1] + 10)
        after = canvas_places.places(changed)
        assert {name: after[name] for name in before} == before
        _apart(changed)

    def test_moving_and_tidying(self, tools: Tools) -> None:
        moved = done(CANVAS, tools, "move", moves={"mql": [50, -70.4], "gone": [1, 1]})
        assert (moved["nodes"][1]["x"], moved["nodes"][1]["y"]) == (50, -70)
        assert not canvas_places.is_placed(done(moved, tools, "tidy"))


class TestChains:
    """Whole journeys at once."""

    def test_the_chain_of_milestones(self, tools: Tools) -> None:
        changed = done(CANVAS, tools, "milestones")
        assert [node["id"] for node in changed["nodes"]] == [
            "lead",
            "mql",
            "sql",
            "opportunity_created",
            "won",
            "lost",
        ]
        assert ("opportunity_created", "won") in pairs(changed)
        assert ("opportunity_created", "lost") in pairs(changed)
        assert ("won", "lost") not in pairs(changed)
        assert "undo" in told(CANVAS, tools, "milestones")

    @pytest.mark.parametrize(
        ("text", "steps", "container"),
        [
            ("Lead > MQL > SQL > Won by account", ["lead", "mql", "sql", "won"], "account"),
            ("lead → mql then closed won by opportunities", ["lead", "mql", "won"], "opportunity"),
            ("Webinar Attended -> MQL Qualified", ["Webinar Attended", "MQL Qualified"], None),
            ("webinr atended > mql", ["Webinar Attended", "mql"], None),
        ],
    )
    def test_written_chains(self, tools: Tools, text: str, steps: list[str], container: str | None) -> None:
        chain = chains.read(text, tools.facts)
        assert [link.first["value"] for link in chain.links] == steps
        assert chain.container == container
        changed = done(CANVAS, tools, "chain", text=text)
        assert len(changed["nodes"]) == len(steps)
        assert len(changed["arrows"]) == len(steps) - 1
        assert changed["container"] == (container or "account")

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("Lead > Nonsense", "“Nonsense”"),
            ("Lead > MQL by planet", "planet"),
            ("Lead > MQL > Lead", "twice"),
            ("closed > mql", "may be"),
            (">", "one after the other"),
            (" > ".join(["Lead"] * 40), "at most"),
        ],
    )
    def test_chains_nobody_can_draw_say_why(self, tools: Tools, text: str, why: str) -> None:
        with pytest.raises(BadEdit, match=why):
            apply(CANVAS, {"kind": "chain", "text": text}, tools)

    def test_names_and_searches_are_told_from_chains(self) -> None:
        assert chains.is_chain("Lead > MQL")
        assert not chains.is_chain("Company 12")
        assert not chains.is_chain("authentication")

    def test_a_path_uses_what_is_there(self, tools: Tools) -> None:
        start, end = {"kind": "milestone", "value": "lead"}, {"kind": "milestone", "value": "sql"}
        path = ["Webinar Attended", "Email Opened"]
        once = done(BLANK, tools, "suggest", start=start, end=end, path=path, dimension="event_type")
        assert len(once["nodes"]) == 4
        once = tools.desk.normal(once)
        again = done(once, tools, "suggest", start=start, end=end, path=path, dimension="event_type")
        assert tools.desk.normal(again) == once
        twice = done(once, tools, "suggest", start=start, end=end, path=path[:1], dimension="event_type")
        assert len(twice["nodes"]) == 4
        assert pairs(twice) - pairs(once) == {("webinar_attended", "sql")}
        held = canvas_places.placed(twice)
        more = done(held, tools, "suggest", start=start, end=end, path=["Web"], dimension="channel")
        assert len(more["nodes"]) == 5
        _apart(more)


HOSTILE: list[Any] = [
    None,
    True,
    -1,
    1e400,
    float("nan"),
    "",
    "x" * 100_000,
    "\ud800",
    [],
    {},
    [[]],
    {"kind": "event"},
    {"node": "nobody"},
    {"node": {}},
    {"arrow": ["lead"]},
    {"arrow": ["lead", "mql"]},
    ["lead", "mql"],
    ["lead", {}],
    [{"kind": "event", "value": "Nonsense"}],
    [{"kind": "milestone", "value": "nonsense"}],
    [{"kind": "segment", "value": "nonsense"}],
    [{"kind": "dimension", "field": "nonsense"}],
    [{"kind": "item", "field": "channel", "value": 7}],
    [{"kind": "range", "value": {"last": "soon"}}],
    [{"kind": "range", "value": {"from": 1}}],
    [{"kind": "metric", "value": "nonsense"}],
    [{"kind": "metric", "value": {"sum": "x", "where": {}}}],
    [{"kind": {}, "value": []}],
    [WEBINAR],
    "mql",
    {"mql": [1, 2]},
    {"mql": ["a", None]},
]
FIELDS: tuple[str, ...] = (
    "what",
    "on",
    "x",
    "y",
    "after",
    "before",
    "source",
    "target",
    "moves",
    "nodes",
    "arrows",
    "node",
    "arrow",
)
FIELDS += ("label", "into", "by", "within", "same", "path", "text", "start", "end", "dimension", "shift")


@given(
    st.sampled_from([*KINDS, "nonsense", "", "__class__"]),
    st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(range(len(HOSTILE)))),
)
@settings(max_examples=400, deadline=None)
def test_whatever_a_browser_sends_is_applied_or_refused(
    bench_tools: Tools, kind: str, event: dict[str, int]
) -> None:
    sent = {"kind": kind, **{name: HOSTILE[i] for name, i in event.items()}}
    try:
        edited = apply(CANVAS, sent, bench_tools)
    except BadEdit:
        return
    changed = edited[0] if isinstance(edited, tuple) else edited
    json.dumps(changed, allow_nan=False)
    assert is_blank(changed) or wb.parse_spec(changed)


@pytest.fixture(scope="module")
def bench_tools(tools: Tools) -> Tools:
    return tools


def test_no_event_at_all(tools: Tools) -> None:
    hostile: list[Any] = [None, 7, [], {}, {"kind": None}, {"kind": []}]
    for event in hostile:
        with pytest.raises(BadEdit):
            apply(CANVAS, event, tools)
    with pytest.raises(BadEdit, match="no journey canvas"):
        apply({"analysis": "flow"}, {"kind": "tidy"}, tools)


def test_labels_stay_readable() -> None:
    where = components.joined(
        [equal("event_type", *(f"Event {i}" for i in range(9))), equal("account.industry", "Media")]
    )
    assert components.label(where, {}) == "Event 0, Event 1 or 7 more · Account industry: Media"
    assert len(components.label(equal("event_type", "x" * 300), {})) <= components.LONGEST_LABEL
