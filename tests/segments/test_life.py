"""From draft to live: what is refused, where segments are used, who entered and left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

import workbench as wb
from tests.segments.company import BUYER, CHICAGO, CLICKED, CLICKS, company, events, ids
from workbench.workspace import member_lists

CLICKERS = {"container": "person", "where": {"field": "event_type", "value": "EmailClicked"}}


def compound(*segments: str, state: str = "live") -> dict[str, object]:
    blocks = [{"segment": one} for one in segments]
    return {"kind": "compound", "container": "person", "state": state, "blocks": blocks}


def test_old_files_are_live_dynamic_segments_of_accounts() -> None:
    bench = company()
    folder = bench.definitions.folder / "segments"
    folder.mkdir(parents=True)
    (folder / "old.json").write_text(
        json.dumps({"name": "Old", "content": {"field": "account.city", "value": "Chicago"}})
    )
    found = bench.segments.get("old")
    assert (found["about"]["kind"], found["about"]["container"], found["about"]["state"]) == (
        "dynamic",
        "account",
        "live",
    )
    assert found["condition"] == found["content"]
    assert found["in_words"] == "account city is Chicago"
    assert bench.segments.list().select("id", "kind", "size").rows() == [("old", "dynamic", 3)]
    renamed = bench.definitions.save("segments", "Renamed", found["content"], definition_id="old", revision=1)
    assert "about" not in renamed


def test_the_list_names_what_cannot_be_counted() -> None:
    bench = company()
    bench.definitions.save("segments", "Wrong", {"field": "account.cty", "value": "x"})
    bench.definitions.save("segments", "Worse", CHICAGO, about={"kind": "compond"})
    bench.segments.save("Right", CHICAGO, about={**BUYER, "folder": "Sales", "tags": ["abm", "q3"]})
    found = {row["id"]: row for row in bench.segments.list().to_dicts()}
    assert found["right"] == {
        **found["right"],
        "kind": "firmographic",
        "container": "person",
        "size": 4,
        "folder": "Sales",
        "tags": ["abm", "q3"],
        "revision": 1,
        "problem": None,
    }
    assert "did you mean 'account.city'" in found["wrong"]["problem"]
    assert "did you mean 'compound'" in found["worse"]["problem"]
    assert bench.segments.list(sizes=False)["size"].null_count() == 3


def test_saving_keeps_what_is_said_and_refuses_newer_revisions() -> None:
    bench = company()
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    bench.segments.pin("buyers", "C1", False)
    again = bench.segments.save(
        "Buyers", {"field": "person.job_title", "value": "CFO"}, segment_id="buyers", revision=2
    )
    assert again["about"] == {**BUYER, "pins": [{"id": "C1", "in": False}]}
    assert ids(bench.segments.members("buyers")) == ["C4"]
    with pytest.raises(wb.RevisionConflict):
        bench.segments.save("Buyers", CHICAGO, segment_id="buyers", revision=2)
    plain = bench.segments.save("Buyers", CHICAGO, about={}, segment_id="buyers", revision=3)
    assert "about" not in plain


@pytest.mark.parametrize(
    ("content", "about", "message"),
    [
        (CHICAGO, {"kind": "static"}, "is a list and has no condition"),
        (CHICAGO, {"kind": "compound", "blocks": [{"segment": "x"}]}, "is its blocks and has no condition"),
        (None, {"kind": "compound"}, "needs at least one block"),
        (CHICAGO, {"blocks": [{"segment": "x"}]}, "takes no blocks"),
        (
            None,
            {"kind": "compound", "blocks": [{"segment": "x", "operator": "except"}]},
            "first block joins nothing",
        ),
        (None, {"kind": "compound", "blocks": [{"segment": "x"}]}, "'x' is no segment"),
        (None, {}, "content"),
        ({"field": "account.cty", "value": "x"}, {}, "did you mean 'account.city'"),
        ({"segment": "this segment"}, {}, "refers to itself"),
        (CHICAGO, {"contaner": "account"}, "did you mean 'container'"),
        (CHICAGO, {"container": "acount"}, "did you mean 'account'"),
    ],
)
def test_what_makes_no_sense_is_refused(content: object, about: dict[str, object], message: str) -> None:
    bench = company()
    with pytest.raises(wb.SpecError, match=message):
        bench.segments.save("Wrong", content, about=about)
    assert bench.definitions.list("segments") == ()


def test_live_segments_do_not_lean_on_drafts() -> None:
    bench = company()
    bench.segments.save("Draft", CLICKERS, about={"container": "person", "state": "draft"})
    assert bench.segments.size("draft") == 1
    with pytest.raises(wb.SpecError, match="cannot refer to drafts: draft"):
        bench.segments.save("Both", about=compound("draft"))
    bench.segments.save("Both", about=compound("draft", state="draft"))
    assert ids(bench.segments.members("both")) == ["C2"]
    with pytest.raises(wb.SpecError, match="cannot refer to drafts: draft"):
        bench.segments.go_live("both")
    assert bench.segments.history("draft").is_empty()
    bench.segments.go_live("draft")
    bench.segments.go_live("both")
    assert bench.segments.history("both")["size"].to_list() == [1]
    with pytest.raises(wb.SpecError, match="live segments refer to it: both"):
        bench.segments.save("Draft", CLICKERS, about={"state": "draft"}, segment_id="draft", revision=2)
    with pytest.raises(wb.SpecError, match="refers to itself"):
        bench.segments.save("Draft", {"segment": "both"}, segment_id="draft", revision=2)


def test_what_is_used_is_not_deleted() -> None:
    bench = company(milestones={"mql": {"segment": "buyers"}})
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    bench.segments.save("Other", {"not": {"segment": "buyers"}})
    bench.segments.save("Both", about=compound("buyers"))
    question = {"analysis": "flow", "starts_with": CLICKERS, "segments": ["buyers"], "compare": ["other"]}
    bench.definitions.save("views", "Flow", {"question": question})
    bench.definitions.save("journeys", "Nurture", {"audience": [{"segment": "buyers"}]})
    bench.definitions.save("models", "Score", {"select": {"segment": "buyers"}})
    assert bench.segments.used_by("buyers").rows() == [
        ("segments", "both", "Both"),
        ("segments", "other", "Other"),
        ("views", "flow", "Flow"),
        ("journeys", "nurture", "Nurture"),
        ("milestones", "mql", "mql"),
    ]
    assert bench.segments.used_by("other")["id"].to_list() == ["flow"]
    with pytest.raises(
        wb.WorkspaceError, match="segments/both, segments/other, views/flow, journeys/nurture, milestones/mql"
    ):
        bench.segments.delete("buyers")
    bench.segments.save("List", about={"kind": "static", "container": "person"})
    bench.segments.add("list", ["C1"])
    with pytest.raises(wb.RevisionConflict):
        bench.segments.delete("list", revision=1)
    bench.segments.delete("list", revision=2)
    assert not member_lists.list_path(bench.definitions.folder, "list").exists()
    with pytest.raises(wb.WorkspaceError, match="there is no 'list'"):
        bench.segments.delete("list")


def test_only_static_segments_are_lists() -> None:
    bench = company()
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    with pytest.raises(wb.SpecError, match="only static segments are lists"):
        bench.segments.add("buyers", ["C1"])
    bench.segments.save("List", about={"kind": "static", "container": "person"})
    with pytest.raises(wb.SpecError, match="'C10' is no person"):
        bench.segments.add("list", ["C1", "C10"])
    assert ids(bench.segments.members("list")) == []


STOPPED = """
import sys
from workbench.workspace import definitions
import workbench as wb, os, signal
bench = wb.open(sys.argv[1])
definitions.write_json = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
bench.segments.add("list", ["C1"])
"""


def test_a_killed_change_leaves_a_whole_list(tmp_path: Path) -> None:
    bench = company(tmp_path / "ws")
    bench.segments.save("List", about={"kind": "static", "container": "person"})
    bench.segments.add("list", ["C2", "C4"])
    stopped = subprocess.run([sys.executable, "-c", STOPPED, str(tmp_path / "ws")], capture_output=True)
    assert stopped.returncode == -signal.SIGKILL, stopped.stderr.decode()
    again = wb.open(tmp_path / "ws")
    assert ids(again.segments.members("list")) == ["C1", "C2", "C4"]
    again.segments.remove("list", ["C1"])
    assert ids(again.segments.members("list")) == ["C2", "C4"]


KILLED = """
import os, signal, sys
import workbench as wb
from workbench.workspace import disk, member_lists
bench = wb.open(sys.argv[1])
die = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "history":
    member_lists.os.replace = die
    bench.segments.go_live("clickers")
else:
    from workbench.segments import exports
    exports.append_log = die
    bench.segments.export("clickers", sys.argv[3], {"consent": 0})
"""


def test_a_killed_evaluation_or_export_leaves_the_last_one_whole(tmp_path: Path) -> None:
    home, out = tmp_path / "ws", tmp_path / "x.csv"
    bench = company(home)
    bench.segments.save("Clickers", CLICKERS, about={"container": "person", "state": "draft"})
    bench.segments.go_live("clickers")
    bench.segments.pin("clickers", "C1", True)
    for what in ("history", "export"):
        call = [sys.executable, "-c", KILLED, str(home), what, str(out)]
        stopped = subprocess.run(call, capture_output=True)
        assert stopped.returncode == -signal.SIGKILL, stopped.stderr.decode()
    assert bench.segments.history("clickers")["size"].to_list() == [1, 2]
    assert out.read_text().count("\n") == 3
    assert bench.segments.exports().is_empty()
    bench.segments.go_live("clickers")
    assert bench.segments.history("clickers")["size"].to_list() == [1, 2, 2]
    assert bench.segments.export("clickers", out, {"consent": 0}).rows == 2
    assert bench.segments.exports().height == 1


def test_history_is_written_by_loads(tmp_path: Path) -> None:
    first = company(tmp_path)
    first.segments.save("Clickers", CLICKERS, about={"container": "person", "state": "draft"})
    first.segments.go_live("clickers")
    second = company(tmp_path, events=events(clicks=[("C1", CLICKS[0][1]), ("C8", CLICKS[1][1])]))
    found = second.segments.history("clickers")
    assert found.drop("evaluated_at").rows() == [(1, 2, 1, 1, 0), (2, 2, 2, 2, 1)]
    assert second.segments.changes("clickers", 2).rows() == [
        ("C1", "Ann", "entered"),
        ("C2", "Bob", "left"),
        ("C8", "Hal", "entered"),
    ]
    with pytest.raises(wb.SpecError, match="was not evaluated at 3"):
        second.segments.changes("clickers", 3)
    second.segments.go_live("clickers")
    assert second.segments.history("clickers").height == 3
    third = company(tmp_path)
    assert third.segments.history("clickers")["size"].to_list() == [1, 2, 2, 1]
    assert third.segments.history("clickers")["data_version"].to_list() == [1, 2, 2, 3]


def test_history_follows_what_is_done_to_a_live_segment(tmp_path: Path) -> None:
    bench = company(tmp_path)
    bench.segments.save("Clickers", CLICKERS, about={"container": "person"})
    bench.segments.pin("clickers", "C1", True)
    bench.segments.unpin("clickers", "C1")
    assert bench.segments.history("clickers")["size"].to_list() == [1, 2, 1]


def test_a_segment_that_cannot_be_counted_fails_no_load(tmp_path: Path) -> None:
    company(tmp_path).definitions.save("segments", "Wrong", {"field": "account.cty", "value": "x"})
    bench = company(tmp_path)
    bench.segments.save("Right", CHICAGO, about=BUYER)
    assert company(tmp_path).segments.history("right")["size"].to_list() == [4, 4]
    lines = (tmp_path / "definitions" / "members" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["segment"] for line in lines] == ["wrong", "wrong"]
    assert "'account.cty' is no field" in lines[0]


def test_size_over_time_counts_the_past() -> None:
    clicks = [("C1", datetime(2020, 4, 30, 23)), ("C2", datetime(2020, 5, 1)), ("C8", datetime(2020, 6, 29))]
    bench = company(events=events(clicks=clicks))
    bench.segments.save("Clickers", CLICKERS, about={"container": "person"})
    found = bench.segments.size_over_time("clickers")
    assert found.rows() == [
        (date(2020, 4, 1), date(2020, 4, 30), 1, True),
        (date(2020, 5, 1), date(2020, 5, 31), 2, True),
        (date(2020, 6, 1), date(2020, 6, 30), 3, False),
    ]
    recent = bench.segments.size_over_time({"container": "person", "where": CLICKED}, "quarter")
    assert recent["size"].to_list() == [1]
    with pytest.raises(wb.SpecError, match="did you mean 'month'"):
        bench.segments.size_over_time("clickers", "moth")


def test_as_a_filter_a_segment_keeps_its_members_or_its_events(tmp_path: Path) -> None:
    bench = company(tmp_path)
    clicked = {"field": "event_type", "op": "equals", "value": "EmailClicked"}
    for keeps in ("events", "members"):
        bench.segments.save(keeps, clicked, about={"container": "person", "keeps": keeps})
    assert bench.size({"segment": "events"}, "person") == bench.size({"segment": "members"}, "person") == 1
    assert bench.segments.get("members")["condition"] == {"container": "person", "where": clicked}
    assert bench.segments.get("events")["condition"] == clicked
