"""Frames in: the tables a generation holds, whatever types the frames came in."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tests.workspace.loading import rows
from workbench.errors import DataError
from workbench.model.settings import Settings
from workbench.model.tables import SQL_TYPES, TABLES
from workbench.workspace import Generation, assemble_frames


def at(minute: int) -> datetime.datetime:
    return datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=minute)


def events(**columns: list[Any]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    return pl.DataFrame({"occurred_at": [at(n) for n in range(size)], "event_type": ["x"] * size, **columns})


def made(tmp_path: Path, settings: Settings | None = None, **tables: Any) -> Generation:
    return assemble_frames(tables, settings or Settings(), tmp_path / "ws")


def test_every_canonical_column_is_there_and_typed(tmp_path: Path) -> None:
    generation = made(tmp_path, events=events(score=[1, 2]))
    for name, table in TABLES.items():
        found = {column: kind for column, kind, *_ in rows(generation, f"DESCRIBE SELECT * FROM {{{name}}}")}
        assert {column: found[column] for column in table.columns} == {
            c: SQL_TYPES[k] for c, k in table.columns.items()
        }
    types = {column: kind for column, kind, *_ in rows(generation, "DESCRIBE SELECT * FROM {events}")}
    assert (types["score"], types["rank"], types["row"]) == ("BIGINT", "INTEGER", "BIGINT")
    assert generation.data_version().columns["events"]["score"] == "integer"


def test_the_stamped_account_is_its_own_then_derived_in_order(tmp_path: Path) -> None:
    frame = events(
        account_id=["a", None, None, None, None, None, None],
        opportunity_id=["o", "o", None, None, None, None, "none"],
        buying_group_id=[None, "g", "g", None, None, None, None],
        lead_id=[None, "l", "l", "l", None, None, None],
        person_id=["p", "p", "p", "p", "p", "two", "one"],
    )
    generation = made(
        tmp_path,
        events=frame,
        opportunities=pl.DataFrame({"opportunity_id": ["o"], "account_id": ["by-o"]}),
        buying_groups=pl.DataFrame({"buying_group_id": ["g"], "account_id": ["by-g"]}),
        leads=pl.DataFrame({"lead_id": ["l"], "account_id": ["by-l"]}),
        persons=pl.DataFrame({"person_id": ["p", "two"], "account_id": ["by-p", None]}),
        account_persons=pl.DataFrame({"account_id": ["x", "y", "only"], "person_id": ["two", "two", "one"]}),
    )
    assert rows(generation, "SELECT account_id, account_rule FROM {events} ORDER BY row") == [
        ("a", "own"),
        ("by-o", "opportunity"),
        ("by-g", "buying_group"),
        ("by-l", "lead"),
        ("by-p", "person"),
        (None, None),
        ("only", "person"),
    ]


def test_the_base_order(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "occurred_at": [at(0)] * 6,
            "event_type": ["won", "mql", "click", "won", "click", "click"],
            "account_id": ["b", "b", "b", "a", None, "z"],
        }
    )
    accounts = pl.DataFrame({"account_id": ["z", "b"], "parent_account_id": ["0", None]})
    generation = made(tmp_path, Settings(event_order=("mql", "won")), events=frame, accounts=accounts)
    found = rows(generation, "SELECT global_account_id, account_id, event_type, rank, row FROM {events}")
    assert found == [
        ("0", "z", "click", 0, 5),
        ("a", "a", "won", 2, 3),
        ("b", "b", "click", 0, 2),
        ("b", "b", "mql", 1, 1),
        ("b", "b", "won", 2, 0),
        (None, None, "click", 0, 4),
    ]


def test_sessions_break_where_the_gap_exceeds_the_timeout(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "occurred_at": [at(0), at(30), at(61), at(61), at(0), at(5)],
            "event_type": ["x"] * 6,
            "person_id": ["p", "p", "p", "q", None, "p"],
            "account_id": ["a", "b", "a", "a", "a", "a"],
            "session_id": [None, None, None, None, None, "given"],
        }
    )
    generation = made(tmp_path, events=frame)
    found = rows(generation, "SELECT session_id FROM {events} ORDER BY row")
    assert [row[0] for row in found] == ["p#1", "p#1", "p#2", "q#1", None, "given"]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"a": "b", "b": "c", "c": None}, {"a": "c", "b": "c", "c": "c"}),
        ({"a": "b", "b": "a"}, {"a": "a", "b": "a"}),
        ({"d": "c", "c": "b", "b": "c"}, {"b": "b", "c": "b", "d": "b"}),
        ({"a": "a"}, {"a": "a"}),
        ({"a": "gone"}, {"a": "gone"}),
        (
            {str(n): str(n + 1) if n < 300 else None for n in range(100, 301)},
            {str(n): "300" for n in range(100, 301)},
        ),
    ],
)
def test_the_top_of_the_parent_chain(
    parents: dict[str, Any], expected: dict[str, str], tmp_path: Path
) -> None:
    accounts = pl.DataFrame(
        {"account_id": list(parents), "parent_account_id": list(parents.values())},
        schema={"account_id": pl.String, "parent_account_id": pl.String},
    )
    generation = made(tmp_path, events=events(account_id=["x"]), accounts=accounts)
    assert dict(rows(generation, "SELECT account_id, global_account_id FROM {accounts}")) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2**63 - 1, 7], [str(2**63 - 1), "7"]),
        (pl.Series([1.0, None]), ["1", None]),
        (pl.Series(["é", None], dtype=pl.Categorical), ["é", None]),
        (pl.Series([None, None]), [None, None]),
        (pl.Series([True, False]), ["true", "false"]),
    ],
)
def test_ids_of_any_type_become_text(values: Any, expected: list[str | None], tmp_path: Path) -> None:
    generation = made(
        tmp_path,
        events=(
            events(account_id=list(values))
            if isinstance(values, list)
            else events(e=[1, 2]).with_columns(account_id=values)
        ),
    )
    assert [row[0] for row in rows(generation, "SELECT account_id FROM {events} ORDER BY row")] == expected


def test_times_money_and_arrow_tables(tmp_path: Path) -> None:
    table = pa.table(
        {
            "occurred_at": pa.array([at(0)], pa.timestamp("ns", "Europe/Berlin")),
            "event_type": ["x"],
            "amount": [Decimal("1.5")],
            "nested": [[1, 2]],
        }
    )
    generation = made(
        tmp_path, events=table, opportunities=pl.DataFrame({"opportunity_id": ["o"], "amount": [2.25]})
    )
    found = rows(generation, "SELECT occurred_at::VARCHAR, amount::VARCHAR, nested FROM {events}")
    assert found == [("2024-01-01 00:00:00", "1.5000", "[1, 2]")]
    assert rows(generation, "SELECT amount::VARCHAR FROM {opportunities}") == [("2.2500",)]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "'events' is required"),
        (
            {"events": events(a=[1]), "acounts": events(a=[1])},
            "'acounts' is no table; did you mean 'accounts'",
        ),
        (
            {"events": pl.DataFrame({"event_typ": ["x"], "occurred_at": [at(0)]})},
            "column 'event_type' is required; did you mean 'event_typ'",
        ),
        (
            {"events": pl.DataFrame({"event_type": ["x"], "occurred_at": ["soon"]})},
            "events.occurred_at: holds 'soon', but times",
        ),
        (
            {"events": pl.DataFrame({"event_type": ["x", None], "occurred_at": [at(0), at(1)]})},
            "1 of 2 rows have no event_type",
        ),
        ({"events": events(account_id=[1.5])}, "is a float, which destroys ids"),
        ({"events": events(amount=["seven"])}, "events.amount: holds 'seven', but amounts"),
        ({"events": {"a": [1]}}, "is a dict; give a polars DataFrame"),
        (
            {"events": events(a=[1]), "accounts": pl.DataFrame({"id": ["a"]})},
            "column 'account_id' is required",
        ),
    ],
)
def test_wrong_frames_are_told(tables: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as problem:
        made(tmp_path, **tables)
    assert message in str(problem.value)


def test_the_index_hook_runs_before_publishing(tmp_path: Path) -> None:
    seen: list[Any] = []

    def build(tables: Path, index: Path, version: Any) -> None:
        seen.append((sorted(path.name for path in tables.iterdir()), index.name, version.number))
        index.mkdir()
        (index / "done").touch()

    generation = assemble_frames({"events": events(a=[1])}, Settings(), tmp_path / "ws", build_index=build)
    assert seen == [(sorted(f"{name}.parquet" for name in TABLES), "index", 1)]
    assert (generation.index_dir / "done").exists()


def test_no_events_at_all(tmp_path: Path) -> None:
    empty = pl.DataFrame(
        schema={"occurred_at": pl.Datetime("us"), "event_type": pl.String, "account_id": pl.String}
    )
    generation = made(tmp_path, events=empty)
    assert generation.meta["rows"]["events"] == 0
    assert generation.data_version().data_from == generation.data_version().horizon


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, set()),
        (
            {"buying_group_members": pl.DataFrame({"buying_group_id": ["g"], "person_id": ["p"]})},
            {"opportunity", "buying_group"},
        ),
        ({"leads": pl.DataFrame({"lead_id": ["l"], "person_id": ["p"]})}, {"lead"}),
        (
            {"leads": pl.DataFrame({"lead_id": ["l"], "person_id": ["p"], "opportunity_id": ["o"]})},
            {"lead", "opportunity"},
        ),
    ],
)
def test_memberships(tables: dict[str, Any], expected: set[str], tmp_path: Path) -> None:
    assert made(tmp_path, events=events(a=[1]), **tables).data_version().memberships == expected
