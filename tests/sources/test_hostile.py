"""Manifests from strangers: their SQL sees the data folder, and can change nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.workspace.loading import load, rows
from workbench.errors import SourceError, SpecError
from workbench.model.database import check_select, lock, open_database

SECRET = "do-not-read"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "clicks.csv").write_text("kind,time,account\na,2024-01-01,1\n")
    (tmp_path / "secret.csv").write_text(f"word\n{SECRET}\n")
    return folder


def with_expression(sql: str, **changes: Any) -> dict[str, Any]:
    event = {"event_type": "kind", "occurred_at": "time", "stolen": sql}
    return {"source": [{"name": "clicks", "files": "clicks.csv", "events": [event], **changes}]}


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT max(word) FROM read_csv('{secret}'))",
        "(SELECT max(word) FROM '{secret}')",
        "(SELECT max(word) FROM read_csv('{data}/../secret.csv'))",
        "(SELECT max(word) FROM read_csv('{data}/link.csv'))",
        "(SELECT max(content) FROM read_text('{data}/folder/secret.csv'))",
        "(SELECT max(content) FROM read_text('/etc/passwd'))",
        "(SELECT max(content) FROM read_blob('/proc/self/environ'))::VARCHAR",
        "(SELECT max(file) FROM glob('/etc/*'))",
        "(SELECT max(column_name) FROM sniff_csv('{secret}'))",
        "(SELECT max(content) FROM read_text('https://example.com/'))",
        "(SELECT * FROM query('COPY (SELECT 1) TO ''{data}/x.csv'''))",
        "getenv('HOME')",
        "1); COPY (SELECT 1) TO '{data}/x.csv'; SELECT (1",
        "1) FROM read_csv('{secret}') --",
        "1), (2",
        "1; ATTACH '{data}/x.db'",
        "SELECT 1 FROM x",
        "1) UNION ALL SELECT (2",
    ],
)
def test_expressions_reach_nothing_outside_the_data(sql: str, data: Path, tmp_path: Path) -> None:
    os.symlink(tmp_path / "secret.csv", data / "link.csv")
    os.symlink(tmp_path, data / "folder")
    hostile = sql.format(secret=tmp_path / "secret.csv", data=data)
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(SourceError) as problem:
        load(with_expression(hostile), data, tmp_path / "ws")
    assert SECRET not in str(problem.value)
    assert sorted(path.name for path in data.iterdir()) == before
    for place in ({"where": hostile}, {"key": hostile}):
        with pytest.raises(SourceError):
            load(with_expression("1", **place), data, tmp_path / "ws")


def test_files_below_the_data_folder_may_be_read(data: Path, tmp_path: Path) -> None:
    (data / "names.csv").write_text("word\nfine\n")
    sql = f"(SELECT max(word) FROM read_csv('{data}/names.csv'))"
    assert rows(load(with_expression(sql), data, tmp_path / "ws"), "SELECT stolen FROM {events}") == [
        ("fine",)
    ]


@pytest.mark.parametrize("files", ["../secret.csv", "{outside}/secret.csv", "sub/../../secret.csv"])
def test_patterns_stay_below_the_data_folder(files: str, data: Path, tmp_path: Path) -> None:
    pattern = files.format(outside=tmp_path)
    with pytest.raises(SourceError, match="below the data folder"):
        load(with_expression("1", files=pattern), data, tmp_path / "ws")


def test_links_that_lead_out_are_refused(data: Path, tmp_path: Path) -> None:
    os.symlink(tmp_path / "secret.csv", data / "link.csv")
    with pytest.raises(SourceError, match="a link that leads out"):
        load(with_expression("1", files="*.csv"), data, tmp_path / "ws")


def test_controls_run_locked(data: Path, tmp_path: Path) -> None:
    control = {"name": "c", "table": "events", "expected": 1}
    for metric in ("(SELECT count(*) FROM '{secret}')", "count(*)) FROM events; ATTACH 'x'; SELECT (1"):
        manifest = with_expression("1") | {
            "control": [{**control, "metric": metric.format(secret=tmp_path / "secret.csv")}]
        }
        with pytest.raises(SourceError, match="control 'c'"):
            load(manifest, data, tmp_path / "ws")


def test_file_names_are_data_not_sql(tmp_path: Path) -> None:
    data = tmp_path / "it's; DROP TABLE x"
    data.mkdir()
    (data / "a'); --.csv").write_text('kind,time,"acc""ount"\na,2024-01-01,1\n')
    event = {"event_type": "kind", "occurred_at": "time", "account_id": '"acc""ount"', "file": "_file"}
    manifest = {"source": [{"name": "clicks", "files": "*.csv", "events": [event]}]}
    found = rows(load(manifest, data, tmp_path / "ws"), "SELECT account_id, file FROM {events}")
    assert found == [("1", "a'); --.csv")]


@pytest.mark.parametrize(
    "sql",
    [
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/written-by-a-test.csv'",
        "ATTACH '/tmp/written-by-a-test.db'",
        "EXPORT DATABASE '/tmp/written-by-a-test'",
    ],
)
def test_a_locked_connection_stays_locked(sql: str, tmp_path: Path) -> None:
    with open_database(tmp_path / "spill", "1GB") as connection:
        lock(connection, [tmp_path])
        with pytest.raises(duckdb.Error):
            connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    "sql", ["SELECT 1; SELECT 2", "COPY (SELECT 1) TO 'x'", "CREATE TABLE x (y INT)", "SELEC 1", ""]
)
def test_only_one_select_is_let_through(sql: str, tmp_path: Path) -> None:
    with open_database(tmp_path / "spill", "1GB") as connection:
        with pytest.raises(SpecError):
            check_select(connection, sql)
        check_select(connection, "WITH a AS (SELECT 1) SELECT * FROM a;")
