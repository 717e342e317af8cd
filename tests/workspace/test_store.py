"""Generations: what readers see while a load runs, which generations stay, and what a folder may be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workspace.loading import load
from workbench.errors import WorkspaceError
from workbench.workspace import Workspace, connect

MANIFEST = {
    "name": "Clicks",
    "source": [
        {"name": "clicks", "files": "*.csv", "events": [{"event_type": "kind", "occurred_at": "time"}]}
    ],
}


def put(tmp_path: Path, number: int) -> Path:
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    (data / f"{number}.csv").write_text(f"kind,time\nMQL Qualified,2024-01-0{number}\n")
    return data


def test_generations_are_kept_opened_and_retired(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    workspace = Workspace(folder)
    for number in (1, 2, 3):
        load(MANIFEST, put(tmp_path, number), folder)
    assert workspace.current == 3
    assert workspace.generations() == (2, 3)
    assert [workspace.open(n).meta["rows"]["events"] for n in (2, 3)] == [2, 3]
    assert workspace.open().number == 3
    with pytest.raises(WorkspaceError, match="data version 1 is not kept; there are: 2, 3"):
        workspace.open(1)


def test_a_generation_in_use_stays(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    first = load(MANIFEST, put(tmp_path, 1), folder)
    held = first.hold()
    for number in (2, 3, 4):
        load(MANIFEST, put(tmp_path, number), folder)
    assert Workspace(folder).generations() == (1, 3, 4)
    assert Workspace(folder).open(1).meta["rows"]["events"] == 1
    held.release()
    load(MANIFEST, put(tmp_path, 5), folder)
    assert Workspace(folder).generations() == (4, 5)


def test_one_writer_at_a_time_and_readers_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    load(MANIFEST, put(tmp_path, 1), folder)
    with Workspace(folder).writing() as draft:
        (draft.folder / "half").write_text("x")
        assert Workspace(folder).open().number == 1
        with pytest.raises(WorkspaceError, match="another load is writing"):
            load(MANIFEST, put(tmp_path, 2), folder)
    assert not draft.folder.exists()
    assert load(MANIFEST, put(tmp_path, 2), folder).number == 2


def test_a_failed_load_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    load(MANIFEST, put(tmp_path, 1), folder)
    (tmp_path / "data" / "2.csv").write_text("sort,time\na,2024-01-01\n")
    with pytest.raises(Exception, match="no column 'kind'"):
        load(MANIFEST, tmp_path / "data", folder)
    assert sorted(path.name for path in (folder / "generations").iterdir()) == ["000001"]


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: None, "there is no such folder"),
        (lambda folder: folder.mkdir(), "holds no data yet"),
        (lambda folder: (folder.mkdir(), (folder / "CURRENT").write_text("x")), "holds 'x', not the number"),
    ],
)
def test_folders_without_data_say_so(prepare: Any, message: str, tmp_path: Path) -> None:
    prepare(tmp_path / "ws")
    with pytest.raises(WorkspaceError, match=message):
        Workspace(tmp_path / "ws").open()


def test_other_peoples_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "thesis.docx").write_text("x")
    with pytest.raises(WorkspaceError, match=r"holds 'thesis\.docx' and is no workspace"):
        load(MANIFEST, put(tmp_path, 1), tmp_path / "ws")
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="is a file"):
        load(MANIFEST, put(tmp_path, 1), tmp_path / "file")


def test_another_format_needs_a_reload(tmp_path: Path) -> None:
    generation = load(MANIFEST, put(tmp_path, 1), tmp_path / "ws")
    path = generation.path / "generation.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(WorkspaceError, match=r"format 99.*reload needed"):
        _ = Workspace(tmp_path / "ws").open().meta


def test_settings_are_drafted_once_and_then_belong_to_people(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    load(MANIFEST, put(tmp_path, 1), folder)
    path = folder / "workspace.toml"
    drafted = path.read_text()
    assert 'name = "Clicks"' in drafted
    assert 'mql = { field = "event_type", op = "equals", value = "MQL Qualified" }' in drafted
    path.write_text(
        drafted.replace('"Clicks"', '"Mine"').replace('session_timeout = "30m"', 'session_timeout = "1h"')
    )
    generation = Workspace(folder).open()
    assert generation.settings.name == "Mine"
    assert generation.settings.session_timeout == "30m"
    assert "reload needed" in generation.reload_needed[0]
    generation = load(MANIFEST, tmp_path / "data", folder)  # the files are the same, the settings are not
    assert generation.number == 2
    assert generation.settings.session_timeout == "1h"
    assert generation.reload_needed == ()
    assert '"Mine"' in path.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "workspace.toml"),
        ('nam = "x"', "'nam' is no setting; did you mean 'name'"),
        ('time_zone = "Mars"', "'Mars' is no time zone"),
        ('[milestones]\nwon = { feild = "x" }', "milestones.won"),
        ("keep_generations = 1", "keep_generations"),
    ],
)
def test_wrong_settings_are_told(text: str, message: str, tmp_path: Path) -> None:
    load(MANIFEST, put(tmp_path, 1), tmp_path / "ws")
    (tmp_path / "ws" / "workspace.toml").write_text(text)
    with pytest.raises(WorkspaceError, match=message):
        _ = Workspace(tmp_path / "ws").open().settings


def test_a_connection_sees_the_tables_and_nothing_else(tmp_path: Path) -> None:
    generation = load(MANIFEST, put(tmp_path, 1), tmp_path / "ws")
    with connect(tmp_path / "ws", generation.tables) as connection:
        assert connection.sql("SELECT count(*) FROM events").fetchall() == [(1,)]
        with pytest.raises(Exception, match="Permission"):
            connection.sql(f"SELECT * FROM '{tmp_path}/data/1.csv'").fetchall()


def test_a_read_only_workspace_opens(tmp_path: Path) -> None:
    generation = load(MANIFEST, put(tmp_path, 1), tmp_path / "ws")
    assert isinstance(pl.read_parquet(generation.tables / "events.parquet"), pl.DataFrame)
    generation.hold().release()
