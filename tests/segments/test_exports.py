"""Files for other systems: who is left out, what cells may hold, changes since the last time, the log."""

from __future__ import annotations

import csv
import hashlib
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from tests.segments.company import BUYER, CHICAGO, company, persons
from workbench.segments.files import harmless
from workbench.segments.layout import Layout
from workbench.segments.profiles import OWN, domain, profiles

EVERYONE = {"field": "person.person_id", "op": "exists"}


@pytest.fixture
def bench(tmp_path: Path) -> wb.Workbench:
    bench = company(tmp_path / "ws")
    bench.segments.save("Everyone", EVERYONE, about={"container": "person"})
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    return bench


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_persons_without_leave_are_left_out_and_counted(bench: wb.Workbench, tmp_path: Path) -> None:
    report = bench.segments.export("buyers", tmp_path / "buyers.csv")
    assert [row["person_id"] for row in rows(tmp_path / "buyers.csv")] == ["C1", "C8"]
    assert (report.rows, dict(report.left_out)) == (2, {"do_not_email": 1, "consent": 1})
    assert report.columns == (
        *("person_id", "name", "account_id", "account.name", "email", "job_title"),
        *("consent_level", "do_not_email"),
    )
    lower = bench.segments.export("buyers", tmp_path / "lower.csv", {"consent": 3})
    assert (lower.rows, dict(lower.left_out)) == (3, {"do_not_email": 1})
    assert bench.segments.export("buyers", tmp_path / "any.csv", {"consent": 0}).rows == 3


def test_a_preview_says_what_the_export_then_does(bench: wb.Workbench, tmp_path: Path) -> None:
    for chosen in ({}, {"consent": 3}, {"profile": "google-customer-match"}, {"suppress": ["everyone"]}):
        told = bench.segments.export_preview("buyers", chosen)
        assert bench.segments.exports().is_empty() == (chosen == {})
        done = bench.segments.export("buyers", tmp_path / "x.csv", chosen)
        assert told == replace(done, files=())
        assert told.container == "person"
    changes = {"delta": True, "consent": 3}
    told = bench.segments.export_preview("buyers", changes)
    assert (told.added, told.removed) == (3, 0)
    assert bench.segments.export_preview("buyers", changes) == told
    assert replace(bench.segments.export("buyers", tmp_path / "y.csv", changes), files=()) == told
    assert bench.segments.export_preview("buyers", changes).added == 0
    with pytest.raises(wb.SpecError, match="saved segments only"):
        bench.segments.export_preview(EVERYONE, {"delta": True})


def test_the_columns_to_choose_from_can_all_be_written(bench: wb.Workbench, tmp_path: Path) -> None:
    for container in ("person", "account", "opportunity"):
        known = bench.segments.export_columns(container)
        chosen = {"container": container, "columns": list(known), "consent": 0}
        report = bench.segments.export("buyers", tmp_path / "x.csv", chosen)
        plain = bench.segments.export_preview("buyers", {"container": container})
        assert report.columns == tuple(known)
        assert plain.columns == tuple(name for name, default in known.items() if default)


def test_data_without_consent_say_so(tmp_path: Path) -> None:
    plain = persons().drop("consent_level", "do_not_email")
    bench = company(tmp_path / "ws", persons=plain)
    report = bench.segments.export({"container": "person", "where": CHICAGO}, tmp_path / "x.csv")
    assert report.rows == 4
    assert report.notes == ("the data say nothing of consent, so nobody is left out for it",)


def test_columns_may_go_along_records(bench: wb.Workbench, tmp_path: Path) -> None:
    chosen = {"columns": ["person.job_title", "account.city", "person_id", "account.annual_revenue"]}
    bench.segments.export("buyers", tmp_path / "x.parquet", chosen)
    frame = pl.read_parquet(tmp_path / "x.parquet")
    assert frame.columns == ["job_title", "account.city", "person_id", "account.annual_revenue"]
    assert frame.row(0)[:3] == ("Purchaser", "Chicago", "C1")
    with pytest.raises(wb.SpecError, match=r"'account\.cty' is no field"):
        bench.segments.export("buyers", tmp_path / "y.csv", {"columns": ["account.cty"]})
    with pytest.raises(wb.SpecError, match=r"'y\.txt' names no format"):
        bench.segments.export("buyers", tmp_path / "y.txt")
    with pytest.raises(wb.SpecError, match="did you mean 'columns'"):
        bench.segments.export("buyers", tmp_path / "y.csv", {"colums": ["name"]})
    assert not list(tmp_path.glob("*y.*"))


def test_accounts_need_no_consent(bench: wb.Workbench, tmp_path: Path) -> None:
    report = bench.segments.export("buyers", tmp_path / "x.xlsx", {"container": "account"})
    assert (report.rows, dict(report.left_out)) == (2, {})
    sheet = pl.read_excel(tmp_path / "x.xlsx")
    assert sheet["account_id"].to_list() == ["A1", "A4"]


def test_no_cell_is_a_formula(bench: wb.Workbench, tmp_path: Path) -> None:
    bench.segments.export("everyone", tmp_path / "x.csv", {"columns": ["person_id", "email"]})
    found = {row["person_id"]: row["email"] for row in rows(tmp_path / "x.csv")}
    assert found["C6"] == "'=cmd|' /C calc'!A0"
    assert found["C1"] == "ann@contoso.com"
    bench.segments.export("everyone", tmp_path / "x.xlsx", {"columns": ["person_id", "email"]})
    sheet = pl.read_excel(tmp_path / "x.xlsx")
    assert sheet.filter(person_id="C6")["email"].to_list() == ["=cmd|' /C calc'!A0"]
    begins = ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "1=", "", None]
    safe = harmless(pl.DataFrame({"=a": begins, "n": [-1] * len(begins)}))
    assert safe["'=a"].to_list() == [*(f"'{one}" for one in begins[:8]), "1=", "", None]
    assert safe["n"].to_list() == [-1] * len(begins)


def test_hashed_addresses(bench: wb.Workbench, tmp_path: Path) -> None:
    for profile, header in (
        ("google-customer-match", "Email"),
        ("meta-custom-audience", "email"),
        ("linkedin-contacts", "email"),
    ):
        report = bench.segments.export("buyers", tmp_path / "x.csv", {"profile": profile, "consent": 3})
        expected = [
            hashlib.sha256(one).hexdigest() for one in (b"ann@contoso.com", *[b"eli@adventure-works.com"] * 2)
        ]
        assert [row[header] for row in rows(tmp_path / "x.csv")] == expected
        assert report.columns == (header,)


def test_company_lists(bench: wb.Workbench, tmp_path: Path) -> None:
    bench.segments.export("buyers", tmp_path / "x.csv", {"profile": "linkedin-companies"})
    found = rows(tmp_path / "x.csv")
    assert found[0] == {
        **dict.fromkeys(
            ("linkedincompanypageurl", "stocksymbol", "industry", "state", "companycountry", "zipcode"), ""
        ),
        "companyname": "Contoso",
        "companywebsite": "https://www.contoso.com/about",
        "companyemaildomain": "contoso.com",
        "city": "Chicago",
    }
    assert found[1]["companyemaildomain"] == "adventure-works.com"
    with pytest.raises(wb.SpecError, match="lists account; found 'person'"):
        bench.segments.export(
            "buyers", tmp_path / "y.csv", {"profile": "company-list", "container": "person"}
        )
    with pytest.raises(wb.SpecError, match="did you mean 'company-list'"):
        bench.segments.export("buyers", tmp_path / "y.csv", {"profile": "company-lst"})
    with pytest.raises(wb.SpecError, match="has its own columns"):
        bench.segments.export("buyers", tmp_path / "y.csv", {"profile": "company-list", "columns": ["name"]})


@pytest.mark.parametrize("path", sorted(OWN.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_of_ours_can_be_written(path: Path, bench: wb.Workbench, tmp_path: Path) -> None:
    report = bench.segments.export("everyone", tmp_path / "x.csv", {"profile": path.stem})
    assert report.rows > 0
    assert list(rows(tmp_path / "x.csv")[0]) == list(report.columns)


def test_a_new_profile_is_a_file(bench: wb.Workbench, tmp_path: Path) -> None:
    folder = bench.definitions.folder / "profiles"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        'name = "Mine"\ncontainer = "person"\nneeds = ["Title"]\n'
        '[[column]]\nheader = "Title"\nvalue = "job_title"\ntransform = "lower"\n'
    )
    assert bench.segments.profiles()["mine"] == "Mine"
    bench.segments.export("buyers", tmp_path / "x.csv", {"profile": "mine"})
    assert rows(tmp_path / "x.csv")[0] == {"Title": "purchaser"}
    (folder / "mine.toml").write_text(
        'name = "Mine"\ncontainer = "person"\nneeds = ["Tite"]\n[[column]]\nheader = "Title"\n'
    )
    with pytest.raises(wb.SpecError, match=r"mine\.toml needs: 'Tite' is no column.*mean 'Title'"):
        bench.segments.profiles()


def test_rows_without_what_a_profile_needs_are_left_out(tmp_path: Path) -> None:
    people = persons().with_columns(
        pl.when(person_id="C1")
        .then(pl.lit("  "))
        .when(person_id="C8")
        .then(None)
        .otherwise("email")
        .alias("email")
    )
    bench = company(tmp_path / "ws", persons=people)
    asked: dict[str, Any] = {"profile": "google-customer-match", "consent": 3}
    report = bench.segments.export({"container": "person", "where": CHICAGO}, tmp_path / "x.csv", asked)
    assert (report.rows, dict(report.left_out)) == (1, {"do_not_email": 1, "no_value": 2})


def test_changes_since_the_last_export(bench: wb.Workbench, tmp_path: Path) -> None:
    changes = {"profile": "google-customer-match", "delta": True}
    first = bench.segments.export("buyers", tmp_path / "x.csv", changes)
    assert (first.rows, first.added, first.removed) == (2, 2, 0)
    assert [file.name for file in first.files] == ["x-added.csv", "x-removed.csv"]
    again = bench.segments.export("buyers", tmp_path / "x.csv", changes)
    assert (again.rows, again.added, again.removed) == (2, 0, 0)
    stopped = persons(("C9", "Ivy", "A1", "Purchaser", 4, "ivy@contoso.com", False)).with_columns(
        pl.when(person_id="C1").then(1).otherwise("consent_level").alias("consent_level")
    )
    later = company(bench.path, persons=stopped)
    third = later.segments.export("buyers", tmp_path / "x.csv", changes)
    assert (third.rows, third.added, third.removed) == (2, 1, 1)
    names = [rows(tmp_path / f"x-{what}.csv")[0]["Email"] for what in ("added", "removed")]
    assert names == [hashlib.sha256(one).hexdigest() for one in (b"ivy@contoso.com", b"ann@contoso.com")]
    without = company(bench.path, persons=stopped.filter(pl.col("person_id") != "C8"))
    fourth = without.segments.export("buyers", tmp_path / "x.csv", changes)
    assert (fourth.added, fourth.removed) == (0, 0)
    assert fourth.notes == ("1 exported before are no longer in the data and cannot be named",)
    bench.segments.delete("buyers")
    bench.segments.save("Buyers", CHICAGO, about=BUYER)
    assert bench.segments.export("buyers", tmp_path / "x.csv", changes).added == 2
    with pytest.raises(wb.SpecError, match="saved segments only"):
        bench.segments.export(EVERYONE, tmp_path / "y.csv", {"delta": True})


def test_suppression(bench: wb.Workbench, tmp_path: Path) -> None:
    bench.segments.save("Stop", about={"kind": "static", "container": "person", "suppress": True})
    bench.segments.add("stop", ["C1"])
    bench.segments.save("Rivals", {"field": "account.name", "value": "Adventure Works"})
    report = bench.segments.export("buyers", tmp_path / "x.csv")
    assert (report.rows, dict(report.left_out)) == (1, {"suppressed": 1, "do_not_email": 1, "consent": 1})
    both = bench.segments.export("buyers", tmp_path / "x.csv", {"suppress": ["rivals"]})
    assert (both.rows, dict(both.left_out)) == (0, {"suppressed": 3, "do_not_email": 1})
    assert rows(tmp_path / "x.csv") == []
    listed = bench.segments.export(
        "buyers", tmp_path / "x.csv", {"container": "account", "suppress": ["stop"]}
    )
    assert listed.rows == 2
    assert listed.notes == ("segment stop holds persons and leaves out no account",)


def test_the_log_holds_no_personal_data(bench: wb.Workbench, tmp_path: Path) -> None:
    bench.segments.export("buyers", tmp_path / "ann.csv", {"profile": "mail-list", "consent": 3})
    bench.segments.export({"field": "account.city", "value": "Chicago"}, tmp_path / "y.csv")
    newest, first = bench.segments.exports().to_dicts()
    assert (newest["segment"], newest["container"], newest["rows"]) == (None, "account", 3)
    expected = {"segment": "buyers", "revision": 1, "data_version": 1, "layout": "mail-list", "rows": 3}
    assert first == {**first, **expected, "files": ["ann.csv"], "left_out": '{"do_not_email": 1}'}
    kept = b"".join(path.read_bytes() for path in (bench.path / "exports").rglob("*") if path.is_file())
    assert not [one for one in (b"contoso", b"Ann", b"C1", hashlib.sha256(b"C1").digest()) if one in kept]
    assert stat.S_IMODE((bench.path / "exports" / "key").stat().st_mode) == 0o600
    with (bench.path / "exports" / "log.jsonl").open("a") as file:
        file.write('{"at": "20')
    assert bench.segments.exports().height == 2
    bench.segments.export({"field": "account.city", "value": "Chicago"}, tmp_path / "y.csv")
    assert bench.segments.exports().height == 3


def test_masked_workspaces_give_no_addresses(tmp_path: Path) -> None:
    bench = company(tmp_path / "ws", settings={"mask_persons": True})
    people = {"container": "person", "where": CHICAGO}
    bench.segments.export(people, tmp_path / "x.csv")
    assert all(row["name"].startswith("Person ") and "email" not in row for row in rows(tmp_path / "x.csv"))
    for asked in (
        {"profile": "google-customer-match"},
        {"columns": ["email"]},
        {"columns": ["person.email"]},
    ):
        with pytest.raises(wb.SpecError, match="personal data, which this workspace masks"):
            bench.segments.export(people, tmp_path / "y.csv", asked)


def test_domains() -> None:
    found = [
        domain(one)
        for one in ("acme.com", "HTTP://user@WWW.Acme.com:80/a@b", "https://acme.com?x", "", "//acme.com")
    ]
    assert found[:4] == ["acme.com", "acme.com", "acme.com", ""]
    assert profiles(Path("nowhere"))
    assert Layout("x", "account", ("name",)).complete(pl.DataFrame({"name": ["a"]})).to_list() == [True]
