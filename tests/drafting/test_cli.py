"""`workbench draft`: a manifest in the workspace, proposals on the page, the next command on stderr."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.drafting.folders import folder, lines
from workbench.cli import run

LOG = lines("account_id,event,timestamp", "a1,Web Visit,3/1/2024", "a2,Web Visit,4/2/2024")


def test_draft_then_load_as_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = folder(tmp_path, log=LOG, notes__txt="hello")
    workspace = tmp_path / "ws"
    assert run(["draft", str(data), "--workspace", str(workspace), "--name", "My firm"]) == 0
    told = capsys.readouterr()
    assert "sources.log.events-1.occurred_at" in told.out
    assert "could" not in told.out
    assert "notes.txt" in told.out
    command = told.err.partition("Next: workbench ")[2].strip()
    assert (workspace / "drafts" / "my_firm.toml").exists()
    assert run(shlex.split(command)) == 0
    assert "2 events of 2 accounts, 2024-03-01 to 2024-04-02" in capsys.readouterr().err


def test_corrections_and_details(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = folder(tmp_path, log=LOG)
    call = ["draft", str(data / "log.csv"), "--workspace", str(tmp_path / "ws"), "--details"]
    assert (
        run([*call, "--choose", "sources.log.date_order=day first", "--choose", 'event_order=["Web Visit"]'])
        == 1
    )
    assert "'event_order' is not proposed here" in capsys.readouterr().err
    assert run([*call, "--choose", "sources.log.date_order=day first"]) == 0
    told = capsys.readouterr()
    assert "chosen by you" in told.out
    assert "events from 2024-01-03" in told.out
    assert run([*call, "--choose", "nonsense"]) == 1
    assert "write PATH=VALUE" in capsys.readouterr().err


def test_nothing_to_draft_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draft", str(tmp_path / "nowhere"), "--workspace", str(tmp_path / "ws")]) == 1
    assert "there is no such file or folder" in capsys.readouterr().err
    assert not (tmp_path / "ws").exists()
