"""Loading again: files known by content, modes, snapshots, and rows that replace each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workspace.loading import load, rows
from workbench.errors import SourceError
from workbench.workspace import Generation

EVENT = {"event_id": "id", "event_type": "kind", "occurred_at": "time"}
HEADER = "id,kind,time\n"


def clicks(**changes: Any) -> dict[str, Any]:
    return {"source": [{"name": "clicks", "files": "*.csv", "events": [EVENT], **changes}]}


def ids(generation: Generation) -> list[str]:
    return [row[0] for row in rows(generation, "SELECT event_id FROM {events} ORDER BY row")]


def put(data: Path, name: str, text: str) -> None:
    data.mkdir(exist_ok=True)
    (data / name).write_text(text)


def test_the_same_files_change_nothing(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, "a.csv", HEADER + "1,a,2024-01-01\n")
    assert load(clicks(), data, folder).number == 1
    assert load(clicks(), data, folder).number == 1
    put(data, "copy.csv", HEADER + "1,a,2024-01-01\n")
    generation = load(clicks(), data, folder)
    assert ids(generation) == ["1"]


def test_appending_keeps_what_is_gone_and_reads_what_is_new(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, "b.csv", HEADER + "2,b,2024-01-02\n")
    load(clicks(), data, folder)
    (data / "b.csv").unlink()
    put(data, "a.csv", HEADER + "1,a,2024-01-01\n")
    generation = load(clicks(), data, folder)
    assert generation.number == 2
    assert ids(generation) == ["1", "2"]  # source order is by file name, whenever a file came
    put(data, "a.csv", HEADER + "1,a,2024-01-01\n3,c,2024-01-03\n")
    generation = load(clicks(), data, folder)
    assert ids(generation) == ["1", "3", "2"]
    assert "has grown" in generation.audit["sources"]["clicks"]["notes"][0]
    put(data, "a.csv", HEADER + "4,d,2024-01-04\n")
    generation = load(clicks(), data, folder)
    assert sorted(ids(generation)) == ["1", "2", "3", "4"]
    assert "new content" in generation.audit["sources"]["clicks"]["notes"][0]


def test_a_key_sets_repeated_rows_aside(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, "a.csv", "id,kind,time,n\n1,a,2024-01-01,first\n1,a,2024-01-01,second\n2,b,2024-01-02,only\n")
    keyed = clicks(key="id")
    keyed["source"][0]["events"] = [{"event_type": "kind", "occurred_at": "time", "n": "n"}]
    generation = load(keyed, data, folder)
    assert rows(generation, "SELECT n FROM {events} ORDER BY row") == [("first",), ("only",)]
    assert generation.audit["sources"]["clicks"]["same_key"] == {
        "rows": 1,
        "what": "repeated: the first was kept",
        "samples": ["1"],
    }


def test_upserts_replace_records_and_their_events(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    manifest = {
        "source": [
            {
                "name": "deals",
                "files": "*.csv",
                "mode": "upsert",
                "key": "id",
                "tables": {"opportunities": {"opportunity_id": "id", "stage": "stage", "closed_at": "won"}},
                "events": [
                    {"event_type": {"value": "Closed-Won"}, "occurred_at": "won", "opportunity_id": "id"}
                ],
            }
        ]
    }
    put(data, "z.csv", "id,stage,won\n1,Open,\n2,Won,2024-01-05\n")
    generation = load(manifest, data, folder)
    assert generation.meta["rows"]["events"] == 1
    put(data, "a.csv", "id,stage,won\n1,Won,2024-02-01\n2,Open,\n")
    generation = load(manifest, data, folder)
    assert rows(
        generation, "SELECT opportunity_id, stage, closed_at::VARCHAR FROM {opportunities} ORDER BY 1"
    ) == [
        ("1", "Won", "2024-02-01 00:00:00"),
        ("2", "Open", None),
    ]
    assert rows(generation, "SELECT opportunity_id FROM {events}") == [("1",)]
    assert generation.audit["sources"]["deals"]["same_key"]["rows"] == 2


def snapshots(**changes: Any) -> dict[str, Any]:
    table = {"opportunity_id": "id", "account_id": "account", "stage": "stage", "amount": "amount"}
    source = {
        "name": "deals",
        "files": "deals_*.csv",
        "mode": "snapshot",
        "key": "id",
        "snapshot_at": r"regexp_extract(_file, '\d{4}-\d{2}-\d{2}')",
        "tables": {"opportunities": table},
        "changes": [
            {"table": "opportunities", "column": "stage", "event_type": "Stage Changed"},
            {"table": "opportunities", "column": "amount", "event_type": "Amount Changed"},
        ],
        **changes,
    }
    return {"source": [source]}


def test_snapshots_retire_records_and_date_their_changes(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, "deals_2024-01-01.csv", "id,account,stage,amount\n1,A,New,10\n2,B,New,20\n")
    put(data, "deals_2024-02-01.csv", "id,account,stage,amount\n1,A,Proposal,10\n2,B,New,20\n")
    generation = load(snapshots(), data, folder)
    assert rows(
        generation, "SELECT event_type, occurred_at::VARCHAR, account_id, old_value, new_value FROM {events}"
    ) == [("Stage Changed", "2024-02-01 00:00:00", "A", "New", "Proposal")]
    put(data, "deals_2024-03-01.csv", "id,account,stage,amount\n1,A,Won,12\n3,C,New,5\n")
    (data / "deals_2024-01-01.csv").unlink()
    generation = load(snapshots(), data, folder)
    assert rows(generation, "SELECT opportunity_id, stage, amount::INT FROM {opportunities} ORDER BY 1") == [
        ("1", "Won", 12),
        ("3", "New", 5),
    ]
    changes = rows(
        generation,
        "SELECT event_type, occurred_at::DATE::VARCHAR, opportunity_id, new_value FROM {events} ORDER BY row",
    )
    assert changes == [
        ("Stage Changed", "2024-02-01", "1", "Proposal"),
        ("Amount Changed", "2024-03-01", "1", "12.0000"),
        ("Stage Changed", "2024-03-01", "1", "Won"),
    ]
    assert rows(
        generation, "SELECT stage, entered_at::DATE::VARCHAR FROM {opportunity_stages} ORDER BY 2"
    ) == [
        ("Proposal", "2024-02-01"),
        ("Won", "2024-03-01"),
    ]
    audit = generation.audit["sources"]["deals"]
    assert (audit["snapshots"], audit["retired"]) == (3, {"opportunities": 1})


def test_snapshots_need_a_moment_and_known_columns(tmp_path: Path) -> None:
    data = tmp_path / "data"
    put(data, "deals_x.csv", "id,account,stage,amount\n1,A,New,10\n")
    with pytest.raises(SourceError, match="snapshot_at: gives no time"):
        load(snapshots(), data, tmp_path / "ws")
    put(data, "deals_2024-01-01.csv", "id,account,stage,amount\n1,A,New,10\n")
    put(data, "deals_2024-01-02.csv", "id,account,stage,amount\n1,A,Old,10\n")
    (data / "deals_x.csv").unlink()
    wrong = [{"table": "opportunities", "column": "stagee", "event_type": "x"}]
    with pytest.raises(SourceError, match="no column 'stagee'; did you mean 'stage'"):
        load(snapshots(changes=wrong), data, tmp_path / "ws")


def test_a_changed_mapping_reads_the_files_again(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, "a.csv", HEADER + "1,a,2024-01-01\n")
    load(clicks(), data, folder)
    changed = clicks()
    changed["source"][0]["events"] = [{**EVENT, "event_type": "upper(kind)"}]
    generation = load(changed, data, folder)
    assert rows(generation, "SELECT event_type FROM {events}") == [("A",)]
    assert generation.number == 2


def test_tables_of_a_workspace_can_be_loaded_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    put(data, "a.csv", HEADER + "1,a,2024-01-01\n2,b,2024-01-02\n")
    tables = load(clicks(), data, tmp_path / "ws").tables
    source = {"name": "e", "files": "events.parquet", "table": "events"}
    again = load({"source": [source]}, tables, tmp_path / "again")
    assert rows(again, "FROM {events}") == rows(load(clicks(), data, tmp_path / "ws"), "FROM {events}")
    zoned = load({"source": [{**source, "time_zone": "Europe/Berlin"}]}, tables, tmp_path / "zoned")
    assert ids(zoned) == ["1", "2"]


def test_parquet_files_are_used_as_they_are_only_when_that_is_exact(tmp_path: Path) -> None:
    import datetime

    import polars as pl

    data = tmp_path / "data"
    data.mkdir()
    frame = pl.DataFrame(
        {"kind": ["b", "a"], "at": [datetime.datetime(2024, 1, 1)] * 2, "who": [7, 8], "more": [1.5, None]}
    )
    frame.write_parquet(data / "e.parquet")
    event = {"event_type": "kind", "occurred_at": "at", "person_id": "who"}
    source = {"name": "e", "files": "*.parquet", "events": [{**event, "keep_columns": True}]}
    plain = load({"source": [source]}, data, tmp_path / "plain")
    assert plain.meta["state"]["parts"]["e"][0]["targets"][0]["columns"]
    staged = load({"source": [{**source, "where": "true"}]}, data, tmp_path / "staged")
    assert not staged.meta["state"]["parts"]["e"][0]["targets"][0]["columns"]
    for sql in ("SELECT event_type, person_id, more FROM {events} ORDER BY row",):
        assert rows(plain, sql) == rows(staged, sql) == [("b", "7", 1.5), ("a", "8", None)]
    zoned = load({"source": [{**source, "time_zone": "Europe/Berlin"}]}, data, tmp_path / "zoned")
    assert rows(zoned, "SELECT DISTINCT occurred_at::VARCHAR FROM {events}") == [("2023-12-31 23:00:00",)]
