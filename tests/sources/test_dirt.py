"""Dirt: bad values get an audit row, rows that cannot be kept are set aside whole, and nothing disappears."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.workspace.loading import load, rows
from workbench.errors import SourceError
from workbench.model.loading import POLL_SECONDS, Progress, steady

EVENT = {"event_type": "kind", "occurred_at": "time", "account_id": "account"}


def manifest(**changes: Any) -> dict[str, Any]:
    top: dict[str, Any] = {
        name: changes.pop(name)
        for name in ("actors", "control", "event_order", "data_until")
        if name in changes
    }
    return {**top, "source": [{"name": "crm", "files": "crm.csv", "events": [EVENT], **changes}]}


def write(folder: Path, text: str, name: str = "crm.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_bad_times_are_set_aside_with_the_whole_row(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data",
        "kind,time,account\na,2024-01-01,1\nb,2024-02-30,2\nc,,3\n,2024-01-01,4\nd,soon,5\n",
    )
    generation = load(manifest(), data, tmp_path / "ws")
    audit = generation.audit["sources"]["crm"]
    assert audit["read"] == 5
    assert audit["kept"] == {"events": 1}
    assert audit["rejected"] == {"occurred_at: not a time": 2, "no occurred_at": 1, "no event_type": 1}
    assert {
        "file": "crm.csv",
        "row": 2,
        "column": "occurred_at",
        "value": "2024-02-30",
        "reason": "occurred_at: not a time",
    } in (audit["samples"])
    kept = pl.concat([pl.read_parquet(path) for path in generation.rejected.glob("*.parquet")]).sort(
        "line", "reason"
    )
    assert kept["line"].to_list() == [2, 3, 4, 5]
    assert (
        kept.filter(pl.col("line") == 2)["content"].item() == '{"kind":"b","time":"2024-02-30","account":"2"}'
    )


def test_values_that_do_not_fit_become_no_value_and_are_kept_aside(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data", "id,revenue,staff,mailing\n1,12.50,7,true\n2,plenty,7.4,yes\n3, 3 ,x,maybe\n"
    )
    tables = {
        "accounts": {"account_id": "id", "annual_revenue": "revenue", "employees": "staff"},
        "persons": {"person_id": "id", "do_not_email": "mailing"},
    }
    generation = load(manifest(events=[], tables=tables), data, tmp_path / "ws")
    found = rows(
        generation, "SELECT account_id, annual_revenue::VARCHAR, employees FROM {accounts} ORDER BY 1"
    )
    assert found == [("1", "12.5000", 7), ("2", None, 7), ("3", "3.0000", None)]
    assert generation.audit["sources"]["crm"]["repaired"] == {
        "annual_revenue: not an amount": 1,
        "employees: not a whole number": 1,
        "do_not_email: not true or false": 1,
    }
    kept = pl.concat([pl.read_parquet(path) for path in generation.rejected.glob("repaired-*.parquet")])
    assert set(kept["value"]) == {"plenty", "x", "maybe"}


def test_amounts_as_people_write_them(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data", 'id,us,eu\n1,$342.09K,"€ 3.500,00"\n2,"(1,234.50)","1.234,5"\n3,$1.2M,7\n'
    )
    table = {"opportunity_id": "id", "amount": "amount_of(us)", "eu": "amount_of_eu(eu)"}
    generation = load(
        {"source": [{"name": "crm", "files": "crm.csv", "tables": {"opportunities": table}}]},
        data,
        tmp_path / "ws",
    )
    found = rows(generation, "SELECT amount::DOUBLE, eu::DOUBLE FROM {opportunities} ORDER BY opportunity_id")
    assert found == [(342090.0, 3500.0), (-1234.5, 1234.5), (1200000.0, 7.0)]


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2020-02-04 4:30:21", [], "2020-02-04 04:30:21"),
        ("2015-10-06T17:31:14.000Z", [], "2015-10-06 17:31:14"),
        ("2015-10-06T17:31:14+02:00", [], "2015-10-06 15:31:14"),
        ("2015-10-06 17:31:14 +0200", [], "2015-10-06 15:31:14"),
        ("2015-10-06 17:31:14-05", [], "2015-10-06 22:31:14"),
        ("16 Apr, 2021 00:02:00", ["%d %b, %Y %H:%M:%S"], "2021-04-16 00:02:00"),
        ("21.06.2024 15:30", ["%d.%m.%Y %H:%M"], "2024-06-21 15:30:00"),
        ("20240621", ["%Y%m%d"], "2024-06-21 00:00:00"),
        ("3/1/2017", ["%m/%d/%Y"], "2017-03-01 00:00:00"),
        ("2017-03-01", ["%m/%d/%Y"], "2017-03-01 00:00:00"),
    ],
)
def test_times_as_they_are_written(text: str, formats: list[str], expected: str, tmp_path: Path) -> None:
    data = write(tmp_path / "data", f'kind,time,account\na,"{text}",1\n')
    generation = load(manifest(time_formats=formats), data, tmp_path / "ws")
    assert rows(generation, "SELECT occurred_at::VARCHAR FROM {events}") == [(expected,)]


@pytest.mark.parametrize(
    ("local", "expected", "repaired"),
    [
        ("2024-07-01 12:00:00", "2024-07-01 10:00:00", 0),
        ("2024-03-31 02:30:00", "2024-03-31 01:30:00", 1),  # does not exist: moved forward by the gap
        ("2024-03-31 03:30:00", "2024-03-31 01:30:00", 0),
        ("2024-10-27 02:30:00", "2024-10-27 00:30:00", 1),  # exists twice: the earlier instant
        ("2024-10-27 03:00:00", "2024-10-27 02:00:00", 0),
        ("2024-10-27T02:30:00+01:00", "2024-10-27 01:30:00", 0),  # says itself which one it is
    ],
)
def test_local_times_at_a_clock_change(local: str, expected: str, repaired: int, tmp_path: Path) -> None:
    data = write(tmp_path / "data", f"kind,time,account\na,{local},1\n")
    generation = load(manifest(time_zone="Europe/Berlin"), data, tmp_path / "ws")
    assert rows(generation, "SELECT occurred_at::VARCHAR FROM {events}") == [(expected,)]
    assert sum(generation.audit["sources"]["crm"]["repaired"].values()) == repaired


@pytest.mark.parametrize(
    ("position", "expected"), [("start", "2024-06-30 22:00:00"), ("end", "2024-07-01 21:59:59.999999")]
)
def test_days_stand_at_the_start_or_end_of_the_local_day(
    position: str, expected: str, tmp_path: Path
) -> None:
    data = write(tmp_path / "data", "kind,time,account\na,2024-07-01 09:00:00,1\nb,2024-07-01,1\n")
    generation = load(
        manifest(time_zone="Europe/Berlin", precision="day", day_position=position), data, tmp_path / "ws"
    )
    assert rows(generation, "SELECT DISTINCT occurred_at::VARCHAR FROM {events}") == [(expected,)]
    assert generation.audit["same_day_conflicts"] == {"days": 1, "events": 2}


def test_ids_that_went_through_a_float(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"kind": ["a", "b", "c"], "time": [datetime.datetime(2024, 1, 1)] * 3, "account": [1.0, 1e18, None]}
    )
    frame.write_parquet(tmp_path / "crm.parquet")
    generation = load(manifest(files="crm.parquet"), tmp_path, tmp_path / "ws")
    assert rows(generation, "SELECT account_id FROM {events} ORDER BY row") == [("1",), (None,), (None,)]
    assert generation.audit["sources"]["crm"]["repaired"] == {
        "account_id: not an exact id (it went through a float)": 1
    }


def test_orphans_duplicates_cycles_and_rows_without_account_are_kept_and_counted(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data",
        "kind,time,account,id\na,2024-01-01,A,1\na,2024-01-02,Z,2\na,2024-01-03,,3\na,2024-01-01,A,1\n",
    )
    write(data, "id,parent,name\nA,B,first\nB,A,\nA,,second\n,A,nobody\n", "accounts.csv")
    both = manifest(events=[{**EVENT, "event_id": "id"}])
    both["source"].append(
        {
            "name": "accounts",
            "files": "accounts.csv",
            "tables": {"accounts": {"account_id": "id", "parent_account_id": "parent", "name": "name"}},
        }
    )
    generation = load(both, data, tmp_path / "ws")
    audit = generation.audit
    assert rows(generation, "SELECT account_id, name, global_account_id FROM {accounts} ORDER BY 1") == [
        ("A", "second", "A"),
        ("B", None, "A"),
    ]
    assert rows(generation, "SELECT event_id, account_id, global_account_id FROM {events}") == [
        ("1", "A", "A"),
        ("2", "Z", "Z"),
        ("3", None, None),
    ]
    assert audit["parent_cycles"] == {"count": 1, "samples": ["A"]}
    assert audit["repeated_keys"]["accounts"] == {"rows": 3, "records": 2, "conflicting": 1, "samples": ["A"]}
    assert audit["repeated_event_ids"] == {"ids": 1, "rows": 1, "samples": ["1"]}
    assert audit["accounts"]["rules"] == {"own": 2, "missing": 1}
    assert [(o["table"], o["column"], o["rows"], o["samples"]) for o in audit["orphans"]] == [
        ("events", "account_id", 1, ["Z"])
    ]
    assert audit["sources"]["accounts"]["rejected"] == {"no account_id": 1}
    assert (generation.rejected / "repeated-events.parquet").exists()


def test_odd_times_are_kept_and_do_not_move_the_horizon(tmp_path: Path) -> None:
    data = write(tmp_path / "data", "kind,time,account\na,1948-01-01,1\nb,2024-01-05,1\nc,2050-01-01,1\n")
    generation = load(manifest(), data, tmp_path / "ws", loaded_at=datetime.datetime(2024, 6, 1))
    assert generation.meta["rows"]["events"] == 3
    version = generation.data_version()
    fifth = int(datetime.datetime(2024, 1, 5, tzinfo=datetime.UTC).timestamp()) * 1_000_000
    assert (version.data_from, version.horizon) == (fifth, fifth)
    assert generation.audit["implausible_times"]["before_1990"] == 1
    assert generation.audit["implausible_times"]["after_load"] == 1


def test_declared_ends_win(tmp_path: Path) -> None:
    data = write(tmp_path / "data", "kind,time,account\na,2024-01-05,1\n")
    generation = load(manifest(data_until=datetime.date(2024, 1, 31)), data, tmp_path / "ws")
    end = datetime.datetime(2024, 1, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)
    assert generation.data_version().horizon == int(end.timestamp()) * 1_000_000 + 999_999


def test_wins_before_the_first_contact_are_reported(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data", "id,contact,won\n1,2024-01-03,2024-01-01\n2,2024-01-01,2024-01-05\n3,2024-01-01,\n"
    )
    table = {"lead_id": "id", "created_at": "contact", "converted_at": "won"}
    events = [{"event_type": {"value": "Won"}, "occurred_at": "won", "lead_id": "id"}]
    generation = load(manifest(tables={"leads": table}, events=events), data, tmp_path / "ws")
    assert generation.audit["time_order"] == [
        {"table": "leads", "what": "converted_at before created_at", "records": 1, "samples": ["1"]}
    ]
    assert generation.audit["sources"]["crm"]["not_yet"] == {"events Won": 1}
    assert generation.meta["rows"]["events"] == 2


def test_actors_are_filled_where_rows_do_not_say(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data",
        "kind,time,account,who\nCall,2024-01-01,1,\nCall,2024-01-01,1,buyer\nVisit,2024-01-01,1,\n",
    )
    generation = load(
        manifest(actors={"Call": "seller"}, events=[{**EVENT, "actor": "who"}]), data, tmp_path / "ws"
    )
    assert rows(generation, "SELECT event_type, actor FROM {events} ORDER BY row") == [
        ("Call", "seller"),
        ("Call", "buyer"),
        ("Visit", None),
    ]


def test_look_ups_fill_unknown_and_ambiguous_keys_otherwise(tmp_path: Path) -> None:
    data = write(
        tmp_path / "data",
        "kind,time,contact\na,2024-01-01,p1\na,2024-01-02,P1@x\na,2024-01-03,p9\na,2024-01-04,both@x\n",
    )
    write(data, "id,account,mail\np1,A,P1@x\np2,B,both@x\np3,C,both@x\n", "persons.csv")
    look = {"lookup": "persons.account_id", "key": "contact"}
    events = [
        {
            "event_type": "kind",
            "occurred_at": "time",
            "account_id": look,
            "other": {**look, "by": "email", "otherwise": "'none'"},
        }
    ]
    both = manifest(events=events)
    persons = {"person_id": "id", "account_id": "account", "email": "mail"}
    both["source"].append({"name": "persons", "files": "persons.csv", "tables": {"persons": persons}})
    generation = load(both, data, tmp_path / "ws")
    assert rows(generation, "SELECT account_id, other FROM {events} ORDER BY occurred_at") == [
        ("A", "none"),
        (None, "A"),
        (None, "none"),
        (None, "none"),
    ]
    assert generation.audit["sources"]["crm"]["unknown_keys"] == {
        "events.account_id → persons.account_id": 3,
        "events.other → persons.account_id": 3,
    }


def test_control_totals_are_compared(tmp_path: Path) -> None:
    data = write(tmp_path / "data", "kind,time,account\na,2024-01-31,1\nb,2024-02-01,1\n")
    control = {"name": "January", "table": "events", "metric": "count(*)", "time": "occurred_at"}
    control |= {"from": "2024-01-01", "to": "2024-01-31"}
    checks = [{**control, "expected": 1}, {**control, "name": "wrong", "expected": 2}]
    generation = load(manifest(control=checks), data, tmp_path / "ws")
    assert [(c["name"], c["found"], c["matches"]) for c in generation.audit["controls"]] == [
        ("January", "1", True),
        ("wrong", "1", False),
    ]
    with pytest.raises(SourceError, match="control 'bad'"):
        load(
            manifest(control=[{**control, "name": "bad", "metric": "sum(x)", "expected": 1}]),
            data,
            tmp_path / "ws2",
        )


def test_progress_is_told(tmp_path: Path) -> None:
    data = write(tmp_path / "data", "kind,time,account\na,2024-01-31,1\n")
    told: list[Any] = []
    load(manifest(), data, tmp_path / "ws", report=told.append)
    steps = {progress.step for progress in told}
    assert {"reading crm.csv", "sorting events"} <= steps
    assert all(progress.rows_per_second >= 0 for progress in told)


def test_silent_steps_repeat_their_last_word() -> None:
    told: list[Progress] = []
    with steady(told.append) as report:
        assert report is not None
        report(Progress("sorting", 5, 10, 1.0))
        time.sleep(2.5 * POLL_SECONDS)
    assert len(told) >= 2
    assert {(progress.step, progress.rows, progress.total) for progress in told} == {("sorting", 5, 10)}
    assert told[-1].seconds > told[0].seconds
    assert told[0].seconds_left == 1.0
