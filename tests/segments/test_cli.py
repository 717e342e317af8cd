"""`workbench segments`: lists, one segment, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.segments.company import BUYER, CHICAGO, company
from workbench import cli


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("ws") / "space"
    bench = company(folder)
    bench.segments.save("Buyers in Chicago", CHICAGO, about=BUYER)
    bench.close()
    return str(folder)


def test_list_and_show(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["segments", "list", "-w", home]) == 0
    assert "buyers-in-chicago" in capsys.readouterr().out
    assert cli.run(["segments", "list", "-w", home, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["size"] == 4
    assert cli.run(["segments", "show", "buyers-in-chicago", "-w", home, "--container", "account"]) == 0
    shown = capsys.readouterr()
    assert "Adventure Works" in shown.out
    assert "account city is Chicago" in shown.err
    assert cli.run(["segments", "show", "buyers-in-chicago", "-w", home, "--limit", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["size"], len(found["members"]), found["used_by"]) == (4, 1, [])


def test_export_says_who_is_left_out(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.csv"
    call = ["segments", "export", "buyers-in-chicago", "-w", home, "--out", str(out)]
    assert cli.run([*call, "--column", "name", "--column", "account.city"]) == 0
    shown = capsys.readouterr()
    assert shown.out.split() == [str(out)]
    assert "2 rows." in shown.err
    assert "Left out: 1 (do not email)." in shown.err
    assert out.read_text().splitlines() == ["name,account.city", "Ann,Chicago", "Hal,Chicago"]
    assert cli.run([*call, "--profile", "google-customer-match", "--delta", "--consent", "3"]) == 0
    shown = capsys.readouterr()
    assert [Path(one).name for one in shown.out.split()] == ["x-added.csv", "x-removed.csv"]
    assert "3 added, 0 removed; 3 in all." in shown.err


def test_what_is_not_there_is_said(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["segments", "show", "buyers", "-w", home]) == 1
    assert "there is no 'buyers'; did you mean 'buyers-in-chicago'" in capsys.readouterr().err
    call = ["segments", "export", "buyers-in-chicago", "-w", home, "-o", str(tmp_path / "x.txt")]
    assert cli.run(call) == 1
    assert "names no format" in capsys.readouterr().err
