"""Comparing segments and taking them out: circles, parts, differences, the export dialog; and in Chromium."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.visualizations.company import MILESTONES, tables
from tests.visualizations.test_browser import CLIPPED, Visitor
from visualizations.desk import Desk
from visualizations.editing.edits import BadEdit
from visualizations.segments import callbacks, compare, differences, document, outgoing, regions, venn

Q = dict[str, Any]
SOFTWARE: Q = {"field": "account.industry", "value": "Software"}
WON: Q = {"container": "account", "where": {"milestone": "won"}}
MQL: Q = {"container": "account", "where": {"milestone": "mql"}}
CONSENTING: Q = {"field": "person.consent_level", "op": ">=", "value": 4}
SCENE = {"dark": False, "width": 1120, "height": 680}


def company(folder: Path, **settings: Any) -> Any:
    """The made-up company, with persons of whom every third consents and every tenth wants no e-mail."""
    made = tables()
    ids = made["events"]["person_id"].drop_nulls().unique().sort().to_list()
    made["persons"] = pl.DataFrame(
        {
            "person_id": ids,
            "account_id": [one[:4] for one in ids],
            "name": [f"=Buyer {one}" for one in ids],
            "email": [f"{one}@example.com" for one in ids],
            "consent_level": [5 if i % 3 == 0 else 1 for i in range(len(ids))],
            "do_not_email": [i % 10 == 0 for i in range(len(ids))],
        }
    )
    milestones = {name: {"field": "event_type", "value": kind} for name, kind in MILESTONES.items()}
    return wb.from_tables(
        **made, milestones=milestones, time_zone="Europe/Berlin",
        settings={"name": "Tested company", **settings}, workspace=folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    bench = company(tmp_path_factory.mktemp("company"))
    for name, content in (("Software", SOFTWARE), ("Won", WON), ("MQL <accounts>", MQL)):
        bench.segments.save(name, content)
    bench.segments.save("Consenting", CONSENTING, about={"container": "person"})
    return Desk(bench)


def page(desk: Desk, **question: Any) -> str:
    found, _ = compare.arrived(desk, question)
    return str(compare.page(desk, {"view": "segments-compare", "question": found}))


# --- circles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "shared"), [((900, 400), 100), ((900, 400), 399), ((500, 500), 3)])
def test_two_circles_are_as_large_as_what_they_hold(sizes: tuple[int, int], shared: int) -> None:
    a, b = venn.two(sizes, shared)
    apart = b.x - a.x
    assert (a.r / b.r) ** 2 == pytest.approx(sizes[0] / sizes[1])
    assert venn.lens(a.r, b.r, apart) / (math.pi * a.r**2) == pytest.approx(shared / sizes[0], rel=1e-6)
    assert min(a.x - a.r, b.x - b.r) >= 0
    assert max(a.x + a.r, b.x + b.r) <= venn.WIDE


def test_circles_that_share_nothing_or_everything() -> None:
    a, b = venn.two((900, 400), 0)
    assert b.x - a.x > a.r + b.r
    a, b = venn.two((900, 400), 400)
    assert b.x - a.x == pytest.approx(a.r - b.r)
    tiny = venn.two((1_000_000, 1), 0)[1]
    assert tiny.r == venn.SMALLEST
    for sizes in ((0, 0), (5, 0), (0, 5)):
        assert len(venn.two(sizes, 0)) == 2


def test_a_number_without_room_stands_beside_the_circles() -> None:
    parts = [venn.Region((0,), 1_234_567), venn.Region((1,), 40), venn.Region((0, 1), 1_111_111)]
    drawn = venn.svg(parts, ("Large", "Small"), lambda _: "accounts")
    assert drawn.count('class="venn-lead"') == 2
    assert "1,234,567" in drawn
    assert "1,111,111" in drawn


def test_regions_open_and_names_are_text(desk: Desk) -> None:
    shown = page(desk, segments=["software", "won", "mql-accounts"])
    found = desk.bench.segments.overlap("software", "won", "mql-accounts")
    for row in found.regions.to_dicts():
        assert f">{row['size']}<" in shown
    assert "&lt;accounts>" in shown or "&lt;accounts&gt;" in shown
    # whoever won was an MQL: the parts of won alone are empty and open nothing
    assert '"inside": [1]' not in shown.replace("&quot;", '"')
    assert '"inside": [0, 2]' in shown.replace("&quot;", '"')


# --- parts as segments --------------------------------------------------------------------------------


def test_every_part_becomes_a_segment_of_its_size(desk: Desk) -> None:
    found, _ = compare.arrived(desk, {"segments": ["software", "won", "mql-accounts"]})
    segments = compare.chosen(desk, found)
    for part in compare.regions(compare.overlap(desk, segments)):
        made = compare.as_segment(desk, segments, part.inside)
        assert made["kind"] == "compound"
        about = callbacks.about_of({**document.FRESH, **made}, {})
        saved = desk.bench.segments.save(made["name"], None, about=about)
        assert desk.bench.size({"segment": saved["id"]}, "account") == part.size
        desk.bench.segments.delete(saved["id"])


def test_parts_of_other_containers_become_lists(desk: Desk) -> None:
    found, _ = compare.arrived(desk, {"segments": ["software", "consenting"]})
    segments = compare.chosen(desk, found)
    made = compare.as_segment(desk, segments, (0,))
    assert (made["kind"], made["name"]) == ("static", "Software, not Consenting")
    size = {part.inside: part.size for part in compare.regions(compare.overlap(desk, segments))}
    assert len(made["ids"]) == size[(0,)]
    assert "counted as accounts by the records" in page(desk, segments=["software", "consenting"])
    drawer = str(regions.content(desk, found, [0, 1]))
    assert "As a fixed list" in drawer
    with pytest.raises(wb.SpecError, match="another comparison"):
        regions.content(desk, found, [0, 2])


# --- choosing ------------------------------------------------------------------------------------------


def test_choosing_swapping_and_clearing() -> None:
    def member(asked: Q, place: int, value: Any) -> Any:
        event = {"kind": "control", "edit": "member", "at": f"segments.{place}", "value": value}
        return compare.changed(asked, event)["segments"]

    assert member({"segments": []}, 1, "a") == ["a"]
    assert member({"segments": ["a", "b"]}, 2, "c") == ["a", "b", "c"]
    assert member({"segments": ["a", "b"]}, 0, "b") == ["b", "a"]
    assert member({"segments": ["a", "b", "c"]}, 1, None) == ["a", "c"]
    swapped = compare.changed({"segments": ["a", "b", "c"]}, {"kind": "press", "do": "swap"})
    assert swapped["segments"] == ["b", "a", "c"]
    flag = {"kind": "control", "edit": "flag", "at": "found", "value": True}
    assert compare.changed({"segments": []}, flag)["found"] is True
    with pytest.raises(BadEdit, match="no edit 'what'"):
        compare.changed({"segments": []}, {"kind": "control", "edit": "what", "at": "", "value": 1})


def test_an_address_keeps_what_is_still_there(desk: Desk) -> None:
    found, told = document.arrive(desk, "segments-compare", {"segments": ["won", "gone", "won", 3]}, {})
    assert found["question"]["segments"] == ["won"]
    assert "no longer there" in told
    assert "In A" in page(desk, segments=["won"])
    assert "Choose segments to compare" in page(desk)
    event = {"kind": "control", "edit": "member", "at": "segments.1", "value": "software"}
    after, _ = document.applied(desk, found, event)
    assert after is not None
    assert after["question"]["segments"] == ["won", "software"]


# --- side by side ---------------------------------------------------------------------------------------


def test_differences_say_what_the_comparison_says(desk: Desk) -> None:
    shown = page(desk, segments=["software", "won"])
    found = desk.bench.segments.compare("software", "won")
    assert found.sentence in shown.replace("\\xa0", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert f"{found.shared} accounts are in both" in shown
    top = found.rows.row(0, named=True)
    assert f"{top['effect']:+.2f}".replace("-", "\N{MINUS SIGN}") in shown
    assert ("not distinguishable" in shown) == (not all(found.rows["distinguishable"]))


def test_differences_are_narrowed_by_kind_field_and_chance(desk: Desk) -> None:
    def kinds(**asked: Any) -> set[str]:
        return set(differences._fitting(rows, asked)["kind"])

    rows = desk.bench.segments.compare("software", "won").rows
    assert kinds(kind="events") == {"event"}
    assert "event" not in kinds(kind="fields")
    assert set(differences._fitting(rows, {"field": "account.industry"})["field"]) == {"account.industry"}
    assert all(differences._fitting(rows, {"found": True})["distinguishable"])
    assert "faint-row" not in page(desk, segments=["won", "software"], found=True)


def test_numbers_are_drawn_by_their_quartiles() -> None:
    row = dict.fromkeys(("item", "difference", "low", "high"))
    quartiles = {"p25_a": 1.0, "median_a": 2.0, "p75_a": 3.0, "p25_b": 2.0, "median_b": 4.0, "p75_b": 5.0}
    more = {"count_a": 9, "count_b": 8, "effect": -0.5, "q_value": 0.2, "distinguishable": False}
    drawn = differences._row(
        {"kind": "number", "field": "account.employees", **row, **quartiles, **more},
        ("A", "B"),
        {"account.employees": (1.0, 5.0)},
    )
    assert "left:0.00%;width:50.00%" in drawn
    assert "left:75.00%" in drawn
    assert "not distinguishable" in drawn
    assert "large" in drawn


# --- exporting ------------------------------------------------------------------------------------------


def export(desk: Desk, **more: Any) -> Q:
    columns = ["person_id", "name", "email"]
    chosen = {"container": "person", "profile": outgoing.OWN, "columns": columns, "consent": "4"}
    return outgoing.asked(**{**chosen, "suppress": [], "delta": False, **more})


def rows_of(file: Q) -> list[Q]:
    text = base64.b64decode(file["content"]).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_dialog_says_before_what_the_file_holds_after(desk: Desk) -> None:
    asked = export(desk)
    parts, some = outgoing.preview(desk, "software", asked)
    said = str(parts)
    log = desk.bench.segments.exports().height
    written = rows_of(outgoing.file_of(desk, "software", "csv", asked))
    assert some
    assert f"{len(written)} persons" in said
    assert "want no e-mail" in said
    assert "without consent to marketing" in said
    assert desk.bench.segments.exports().height == log + 1
    assert all(row["name"].startswith("'=Buyer") for row in written)
    assert "in a segment that is left out" in str(
        outgoing.preview(desk, "software", export(desk, suppress=["won"]))[0]
    )


def test_only_changes_come_as_two_files(desk: Desk) -> None:
    asked = export(desk, profile="google-customer-match", delta=True)
    said, some = outgoing.preview(desk, "won", asked)
    assert some
    assert "never exported in this layout" in str(said)
    file = outgoing.file_of(desk, "won", "csv", asked)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(file["content"]))) as archive:
        endings = [name.rpartition("-")[2] for name in archive.namelist()]
    assert endings == ["added.csv", "removed.csv"]
    said, some = outgoing.preview(desk, "won", asked)
    assert not some
    assert "0 added, 0 removed" in str(said)
    listed = str(outgoing.log(desk, "won"))
    assert "Google Customer Match" in listed
    assert "None yet" in str(outgoing.log(desk, "mql-accounts"))


def test_what_the_dialog_offers(desk: Desk) -> None:
    found = outgoing.offered(desk, "consenting")
    assert found["unit"] == "person"
    assert "consenting" not in [one["value"] for one in found["others"]]
    levels, level = outgoing.consents(desk)
    assert (len(levels), level) == (6, "4")
    with pytest.raises(wb.SpecError, match="choose at least one column"):
        export(desk, columns=[])


def test_masked_persons_are_offered_no_addresses(tmp_path: Path) -> None:
    bench = company(tmp_path, mask_persons=True)
    bench.segments.save("Software", SOFTWARE)
    assert not {"email", "person.email"} & set(bench.segments.export_columns("person"))
    with pytest.raises(wb.SpecError, match="masks"):
        outgoing.preview(Desk(bench), "software", export(Desk(bench), profile="mail-list"))


# --- in the browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(desk: Desk) -> Iterator[str]:
    """Address of the running app."""
    import waitress

    from visualizations.server import prepared

    app, _ = prepared(desk.bench, "127.0.0.1", 0)
    server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.mark.browser
def test_compare_open_and_export_by_mouse(chromium: Any, place: str, desk: Desk) -> None:
    visitor = Visitor(chromium, place, (1440, 900), "light")
    tab = visitor.page
    visitor.go("segments-compare")
    for letter, name in (("A", "Software"), ("B", "Won")):
        tab.get_by_role("textbox", name=f"Segment {letter}").click()
        tab.get_by_role("option", name=name, exact=True).click()
        tab.wait_for_function(f"document.querySelectorAll('.venn-line').length === {'AB'.index(letter) + 1}")
    assert "q=" in tab.url
    assert visitor.findings() == []
    assert tab.evaluate(CLIPPED) == []
    size = desk.bench.segments.overlap("software", "won").members(["Software"]).height
    box = tab.locator(".venn-line-a").bounding_box()
    tab.mouse.click(box["x"] + 12, box["y"] + box["height"] / 2)
    tab.get_by_role("heading", name=f"{size} accounts").wait_for()
    tab.get_by_role("link", name="Save as a segment").click()
    tab.wait_for_function("document.documentElement.dataset.drawn === 'segment'")
    assert tab.get_by_role("textbox", name="Name", exact=True).input_value() == "Software, not Won"
    _export(visitor)
    visitor.close()


def _export(visitor: Visitor) -> None:
    """From the list of segments to a file."""
    tab = visitor.page
    visitor.go("segments")
    tab.get_by_role("button", name="Consenting: export").click()
    tab.get_by_text("go out").wait_for()
    assert visitor.findings() == []
    with tab.expect_download() as file:
        tab.get_by_role("button", name="Download").click()
    tab.locator(".export-log tbody tr").first.wait_for()
    rows = list(csv.DictReader(io.StringIO(Path(file.value.path()).read_text())))
    assert json.dumps(f"{len(rows):,} persons")[1:-1] in tab.locator(".export-preview").inner_text()
