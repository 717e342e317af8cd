"""The object a user holds: what it accepts, what it refuses and how, and what its answers carry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

import workbench as wb
from tests.builders import bench_of, canvas, cohort_table, fallout, flow, is_type, journeys
from workbench.engines import ENGINES
from workbench.model.containers import CONTAINERS

EVENTS = journeys(acme="ad@0~ann > mql@10~ann > won@100", beta="ad@3 > mql@5~bob", gamma="ad@4")


@pytest.fixture(scope="module")
def bench() -> wb.Workbench:
    """Three accounts, two persons."""
    accounts = pl.DataFrame(
        {"account_id": ["acme", "beta"], "name": ["Acme Ltd", None], "owner_id": ["u1", None]}
    )
    return bench_of(EVENTS, accounts=accounts, users=pl.DataFrame({"user_id": ["u1"], "name": ["Uma"]}))


# --- frames in ---------------------------------------------------------------------------------


def without(column: str) -> pl.DataFrame:
    """The events without a column."""
    return EVENTS.drop(column)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"events": EVENTS, "acounts": pl.DataFrame({"account_id": ["a"]})}, ("'acounts'", "'accounts'")),
        ({}, ("'events'", "required")),
        ({"accounts": pl.DataFrame({"account_id": ["a"]})}, ("'events'", "required")),
        ({"events": without("event_type")}, ("events", "'event_type'", "required")),
        ({"events": without("occurred_at")}, ("events", "'occurred_at'", "required")),
        (
            {"events": without("event_type").with_columns(event_typ=pl.lit("A"))},
            ("'event_type'", "'event_typ'"),
        ),
        ({"events": EVENTS, "accounts": pl.DataFrame({"name": ["a"]})}, ("accounts", "'account_id'")),
        ({"events": EVENTS.with_columns(occurred_at=pl.lit("soon"))}, ("events.occurred_at", "times")),
        ({"events": EVENTS.with_columns(amount=pl.lit("much"))}, ("events.amount", "amounts")),
        ({"events": EVENTS.with_columns(person_id=pl.lit(1.5))}, ("events.person_id", "1.5", "float")),
        ({"events": EVENTS.to_dicts()}, ("events", "list", "DataFrame")),
        (
            {"events": EVENTS, "persons": pl.DataFrame({"person_id": ["p"], "do_not_email": ["maybe"]})},
            ("persons.do_not_email", "true or false"),
        ),
    ],
)
def test_frames_that_do_not_fit_are_refused_by_name(tables: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(wb.DataError) as refused:
        wb.from_tables(**tables)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "place", "words"),
    [
        ({"time_zone": "Europe/Berln"}, "settings.time_zone", ("'Europe/Berln'", "'Europe/Berlin'")),
        ({"first_weekday": "Monday"}, "settings.first_weekday", ("'Monday'", "'monday'")),
        ({"session_timeout": "half an hour"}, "settings.session_timeout", ("'half an hour'", "'30d'")),
        ({"fiscal_year_start": 13}, "settings.fiscal_year_start", ("12",)),
        ({"milestones": {"mql": {"feld": "x"}}}, "milestones.mql", ("'feld'", "'field'")),
        ({"milestones": {"mql": {"field": "x", "op": "is"}}}, "milestones.mql.op", ("'is'",)),
        ({"settings": {"nam": "x"}}, "settings.nam", ("nam",)),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_place(
    settings: dict[str, Any], place: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(wb.SpecError) as refused:
        wb.from_tables(events=EVENTS, **settings)
    assert refused.value.place == place
    for word in words:
        assert word in str(refused.value)


def test_frames_of_other_kinds_and_types_are_taken() -> None:
    events = pl.DataFrame(
        {
            "occurred_at": [datetime(2024, 1, 1), datetime(2024, 1, 2)],
            "event_type": pl.Series(["A", "B"], dtype=pl.Categorical),
            "account_id": pl.Series([7, 7], dtype=pl.Int32),
            "amount": [1, 2],
            "score": [0.5, None],
        }
    ).with_columns(pl.col("occurred_at").dt.replace_time_zone("Europe/Berlin"))
    for given in (
        events,
        events.lazy(),
        events.to_arrow(),
        events.with_columns(pl.col("occurred_at").dt.cast_time_unit("ns")),
    ):
        bench = bench_of(given)
        found = bench.tables["events"]
        assert found["account_id"].to_list() == ["7", "7"]
        assert found["occurred_at"].to_list() == [datetime(2023, 12, 31, 23), datetime(2024, 1, 1, 23)]
        assert found["amount"].to_list() == [Decimal(1), Decimal(2)]
        assert found["score"].to_list() == [0.5, None]
        assert bench.ask(fallout("A", "B")).tables["touchpoints"]["value"].to_list() == [1, 1, 1]


def test_dates_are_taken_as_the_start_of_their_day() -> None:
    events = pl.DataFrame({"occurred_at": [date(2024, 1, 1)], "event_type": ["A"], "account_id": ["a"]})
    assert bench_of(events).tables["events"]["occurred_at"].to_list() == [datetime(2024, 1, 1)]


def test_a_workspace_folder_keeps_what_was_given(tmp_path: Path) -> None:
    bench_of(EVENTS, workspace=tmp_path / "w").close()
    assert wb.open(tmp_path / "w").ask(fallout("ad", "mql")).tables["touchpoints"]["value"].to_list() == [
        3,
        3,
        2,
    ]


# --- what is loaded ----------------------------------------------------------------------------


def test_tables_are_all_canonical_ones(bench: wb.Workbench) -> None:
    assert set(bench.tables) >= {
        "events",
        "accounts",
        "persons",
        "opportunities",
        "buying_group_members",
        "leads",
    }
    assert len(bench.tables) == len(list(bench.tables))
    assert bench.tables["leads"].is_empty()
    assert bench.tables["events"].height == 6
    with pytest.raises(KeyError, match="did you mean 'events'"):
        bench.tables["event"]


def test_info_counts_what_is_there(bench: wb.Workbench) -> None:
    info = bench.info()
    assert (info["events"], info["rows"]["accounts"]) == (6, 2)
    assert info["containers"]["account"] == 3
    assert info["containers"]["person"] == 2
    assert info["coverage"]["person"] == pytest.approx(0.5)
    assert [(one["event_type"], one["events"], one["accounts"]) for one in info["event_types"]] == [
        ("ad", 3, 3),
        ("mql", 2, 2),
        ("won", 1, 1),
    ]
    assert (info["data_from"], info["horizon"]) == (datetime(2024, 1, 1), datetime(2024, 4, 10))


def test_values_of_a_field_with_their_events(bench: wb.Workbench) -> None:
    assert bench.values("event_type").rows() == [("ad", 3), ("mql", 2), ("won", 1)]
    assert bench.values("account.name").rows() == [("Acme Ltd", 3)]
    assert bench.values("owner.name").rows() == [("Uma", 3)]
    assert bench.values("channel").is_empty()
    with pytest.raises(wb.SpecError, match="did you mean 'event_type'"):
        bench.values("event_typ")
    with pytest.raises(wb.SpecError, match="values are listed of text"):
        bench.values("amount")


def test_every_field_it_names_can_be_asked(bench: wb.Workbench) -> None:
    names = bench.fields()
    assert len(set(names)) == len(names)
    for name in names:
        segment = {"field": name, "op": "not_exists"}
        counts = {
            bench.ask(fallout("ad", segments=[segment]), engine=engine).tables["touchpoints"]["value"][0]
            for engine in ENGINES
        }
        assert len(counts) == 1, name


def test_a_timeline_is_every_event_of_a_container(bench: wb.Workbench) -> None:
    found = bench.timeline("account", "acme")
    assert found["event_type"].to_list() == ["ad", "mql", "won"]
    assert found["account_name"].to_list() == ["Acme Ltd"] * 3
    assert not {"rank", "row"} & set(found.columns)
    with pytest.raises(wb.SpecError, match="did you mean 'acme'"):
        bench.timeline("account", "acm")
    with pytest.raises(wb.SpecError, match="container"):
        bench.timeline("acount", "acme")


# --- SQL ---------------------------------------------------------------------------------------


def test_sql_reads(bench: wb.Workbench) -> None:
    assert bench.sql("SELECT count(*) AS n FROM events WHERE event_type = 'ad'").rows() == [(3,)]
    assert bench.sql("WITH a AS (SELECT 1 AS x) SELECT x FROM a").rows() == [(1,)]


@pytest.mark.parametrize(
    "query",
    [
        "DROP VIEW events",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO events SELECT * FROM events",
        "DELETE FROM events",
        "COPY events TO 'x.parquet'",
        "ATTACH 'x.db'",
        "SET memory_limit = '1GB'",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW events",
        "EXPLAIN SELECT 1",
        "",
        "no sql at all",
    ],
)
def test_sql_that_is_no_select_is_refused(bench: wb.Workbench, query: str) -> None:
    with pytest.raises(wb.SpecError) as refused:
        bench.sql(query)
    assert refused.value.place == "sql"
    assert bench.sql("SELECT count(*) FROM events").rows() == [(6,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SELECT nothing FROM events",
        "SELECT * FROM nothing",
    ],
)
def test_sql_sees_the_tables_only_and_errors_are_ours(bench: wb.Workbench, query: str) -> None:
    with pytest.raises(wb.WorkbenchError):
        bench.sql(query)


def test_the_shown_sql_runs_as_pasted(bench: wb.Workbench) -> None:
    for question in (
        fallout("ad", "mql"),
        canvas("ad>mql mql>won"),
        flow(starts_with="ad"),
        cohort_table("ad", "mql"),
    ):
        result = bench.ask(question)
        statements = [text for text in result.sql.split(";\n\n") if text.strip()]
        assert len(statements) == len(result.tables)
        for statement, table in zip(statements, result.tables.values(), strict=True):
            assert bench.sql(statement).columns == table.columns
            assert bench.sql(statement).rows() == table.rows()


# --- opening -----------------------------------------------------------------------------------


def test_older_data_versions_open_while_they_are_kept(tmp_path: Path) -> None:
    for number in range(1, 4):
        bench_of(journeys(**{f"a{n}": "A@0" for n in range(number)}), workspace=tmp_path).close()
    assert wb.open(tmp_path).data_version == 3
    older = wb.open(tmp_path, data_version=2)
    assert (older.data_version, older.ask(fallout("A")).data_version) == (2, 2)
    assert older.ask(fallout("A")).tables["touchpoints"]["value"].to_list() == [2, 2]
    for gone in (0, 1, 4, 99, -1):
        with pytest.raises(wb.WorkspaceError, match=rf"data version {gone} is not kept; there are: 2, 3"):
            wb.open(tmp_path, data_version=gone)


def test_opening_what_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(wb.WorkspaceError, match="no such folder"):
        wb.open(tmp_path / "nowhere")
    with pytest.raises(wb.WorkspaceError, match="no data yet"):
        wb.open(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(wb.WorkspaceError, match=r"notes\.txt"):
        bench_of(EVENTS, workspace=tmp_path)


def test_closing_lets_go_and_can_be_repeated(tmp_path: Path) -> None:
    bench = bench_of(EVENTS, workspace=tmp_path)
    bench.close()
    bench.close()
    with pytest.raises((wb.WorkbenchError, duckdb.Error)):
        bench.sql("SELECT 1")


# --- questions ---------------------------------------------------------------------------------


def test_unknown_engines_and_questions_are_refused(bench: wb.Workbench) -> None:
    with pytest.raises(wb.SpecError, match="did you mean 'index'") as refused:
        bench.ask(fallout("ad"), engine="indx")
    assert refused.value.place == "engine"
    with pytest.raises(wb.SpecError, match="did you mean 'fallout'"):
        bench.ask({"analysis": "falout"})


@pytest.mark.parametrize(
    ("build", "question"),
    [
        (
            lambda bench: bench.cohort_table(
                inclusion={"metrics": [{"where": is_type("ad")}]},
                returning={"metrics": [{"where": is_type("mql")}]},
            ),
            cohort_table("ad", "mql"),
        ),
        (
            lambda bench: bench.fallout(
                touchpoints=[{"where": is_type("ad")}], date_range={"from_": "2024-01-02", "to": "2024-12-31"}
            ),
            fallout("ad", date_range={"from": "2024-01-02", "to": "2024-12-31"}),
        ),
        (
            lambda bench: bench.fallout(touchpoints=[{"where": {"not_": is_type("ad")}}], follow="30d"),
            {
                "analysis": "fallout",
                "touchpoints": [{"where": {"not": is_type("ad")}}],
                "date_range": {"follow": "30d"},
            },
        ),
        (
            lambda bench: bench.journey_canvas(
                nodes=[{"id": "ad", "where": is_type("ad")}], container="person"
            ),
            canvas("ad", "person"),
        ),
        (
            lambda bench: bench.flow(starts_with=is_type("ad"), anchor_label="Anchor", columns=2),
            flow(starts_with="ad", columns=2),
        ),
    ],
)
def test_builders_ask_the_same_question(
    bench: wb.Workbench, build: Callable[[wb.Workbench], wb.Result], question: dict[str, Any]
) -> None:
    built, asked = build(bench), bench.ask(question)
    assert built.spec == asked.spec
    for name, table in built.tables.items():
        assert table.equals(asked.tables[name])


def test_builders_refuse_unknown_names(bench: wb.Workbench) -> None:
    with pytest.raises(wb.SpecError, match="did you mean 'return"):
        bench.cohort_table(inclusion={"metrics": [{"where": is_type("ad")}]}, retuning={})


def test_a_spec_can_be_asked_again(bench: wb.Workbench) -> None:
    result = bench.ask(fallout("ad", "mql"))
    assert bench.ask(result.spec).tables["touchpoints"].equals(result.tables["touchpoints"])
    assert wb.parse_spec(result.spec.to_json()) == result.spec


def test_threads_share_one_workbench(bench: wb.Workbench) -> None:
    problems: list[BaseException] = []
    expected = {
        engine: bench.ask(flow(starts_with="ad"), engine=engine).tables["links"].rows() for engine in ENGINES
    }

    def ask(number: int) -> None:
        try:
            for engine in ENGINES:
                bench.ask(
                    fallout("ad", "mql", segments=[{"field": "account_id", "value": f"a{number}"}]),
                    engine=engine,
                )
                assert (
                    bench.ask(flow(starts_with="ad"), engine=engine).tables["links"].rows()
                    == expected[engine]
                )
        except BaseException as problem:  # told to the main thread below
            problems.append(problem)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


# --- members and segments from here ------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [container.name for container in CONTAINERS])
def test_members_are_ids_with_names_sorted(bench: wb.Workbench, kind: str, engine: str) -> None:
    found = bench.ask(fallout("ad", container=kind), engine=engine).members("touchpoints", {"step": 0})
    assert found.columns == [f"{kind}_id", "name"]
    assert found.dtypes == [pl.String, pl.String]
    assert found.to_series(0).to_list() == sorted(found.to_series(0))
    if kind == "account":
        assert found.rows() == [("acme", "Acme Ltd"), ("beta", None), ("gamma", None)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("question", "table", "select", "measure", "words"),
    [
        (fallout("ad", "mql"), "touchpoint", {"step": 1}, None, "'touchpoints'"),
        (fallout("ad", "mql"), "touchpoints", {"stp": 1}, None, "'step'"),
        (fallout("ad", "mql"), "touchpoints", {"step": 3}, None, "3"),
        (fallout("ad", "mql"), "touchpoints", {"step": -1}, None, "-1"),
        (fallout("ad", "mql"), "touchpoints", {}, None, "step"),
        (fallout("ad", "mql", baseline=False), "touchpoints", {"step": 0}, None, "0"),
        (fallout("ad", "mql"), "touchpoints", {"step": 2}, "fallout", "fall|fell|last"),
        (fallout("ad", "mql"), "touchpoints", {"step": 1}, "median_seconds", "'value'|choose"),
        (canvas("ad>mql"), "nodes", {"id": "md"}, None, "'mql'|'ad'|md"),
        (canvas("ad>mql"), "nodes", {}, None, "id|node"),
        (canvas("ad>mql"), "nodes", {"id": "mql"}, "fallout", "mql"),
        (canvas("ad>mql"), "arrows", {"source": "mql", "target": "ad"}, None, "arrow"),
        (flow(starts_with="ad"), "nodes", {"column": 9, "kind": "item", "item": "mql"}, None, "9"),
        (flow(starts_with="ad"), "nodes", {"column": 1, "kind": "item", "item": "mq"}, None, "mq"),
        (flow(starts_with="ad"), "nodes", {"column": "one", "kind": "item", "item": "mql"}, None, "one"),
        (cohort_table("ad", "mql"), "cells", {"cohort": "2023-01-01", "period": 0}, None, "2023-01-01"),
        (cohort_table("ad", "mql"), "cells", {"cohort": "2024-01-01", "period": 99}, None, "99"),
        (cohort_table("ad", "mql"), "cells", {"cohort": "2024-01-01"}, None, "period"),
    ],
)
def test_rows_that_are_not_there_are_refused(
    bench: wb.Workbench,
    engine: str,
    question: dict[str, Any],
    table: str,
    select: dict[str, Any],
    measure: str | None,
    words: str,
) -> None:
    result = bench.ask(question, engine=engine)
    with pytest.raises(wb.SpecError, match=words):
        result.members(table, select, measure=measure)


@pytest.mark.parametrize("engine", ENGINES)
def test_cohorts_are_selected_by_date_or_text(bench: wb.Workbench, engine: str) -> None:
    result = bench.ask(cohort_table("ad", "mql"), engine=engine)
    for cohort in (date(2024, 1, 1), "2024-01-01"):
        assert result.members("cells", {"cohort": cohort, "period": 0})["account_id"].to_list() == [
            "acme",
            "beta",
        ]
        sized = result.members("cells", {"cohort": cohort, "period": 0}, measure="size")
        assert sized["account_id"].to_list() == ["acme", "beta", "gamma"]


WITHIN = fallout("ad", "mql")
WITHIN["touchpoints"][1] |= {"within": "7d"}


@pytest.mark.parametrize(
    ("question", "table", "select", "measure", "segment"),
    [
        (
            fallout("ad", "mql"),
            "touchpoints",
            {"step": 1},
            "value",
            {"container": "account", "where": is_type("ad")},
        ),
        (
            fallout("ad", "mql"),
            "touchpoints",
            {"step": 2},
            "value",
            {"sequence": [{"where": is_type("ad")}, {"where": is_type("mql")}], "container": "account"},
        ),
        (
            WITHIN,
            "touchpoints",
            {"step": 2},
            "value",
            {
                "sequence": [{"where": is_type("ad")}, {"where": is_type("mql"), "within": "7d"}],
                "container": "account",
            },
        ),
        (fallout("ad", "+mql"), "touchpoints", {"step": 2}, "value", None),
        (fallout("ad", "mql"), "touchpoints", {"step": 1}, "fallout", None),
        (fallout("ad", "mql", actors=["buyer"]), "touchpoints", {"step": 1}, "value", None),
        (
            canvas("ad>mql mql>won"),
            "nodes",
            {"id": "ad"},
            "value",
            {"container": "account", "where": is_type("ad")},
        ),
        (canvas("ad>won mql>won"), "nodes", {"id": "won"}, "value", None),
        (canvas("ad>mql"), "arrows", {"source": "ad", "target": "mql"}, "value", None),
        (flow(starts_with="ad"), "nodes", {"column": 1, "kind": "item", "item": "mql"}, "containers", None),
        (cohort_table("ad", "mql"), "cells", {"cohort": date(2024, 1, 1), "period": 0}, "value", None),
    ],
)
def test_a_segment_from_here_is_readable_where_one_is_equal(
    bench: wb.Workbench,
    question: dict[str, Any],
    table: str,
    select: dict[str, Any],
    measure: str,
    segment: dict[str, Any] | None,
) -> None:
    result = bench.ask(question)
    made = result.segment(table, select, measure=measure)
    assert set(made) == ({"members_of"} if segment is None else set(segment))
    if segment is not None:
        assert wb.parse_condition(made) == wb.parse_condition(segment)
    expected = result.members(table, select, measure=measure)["account_id"].to_list()
    again = bench.ask(fallout("ad", segments=[made])).members("touchpoints", {"step": 0})
    assert again["account_id"].to_list() == expected
    saved = bench.definitions.save("segments", f"Here {table} {measure}", made)
    by_name = bench.ask(fallout("ad", segments=[saved["id"]])).members("touchpoints", {"step": 0})
    assert by_name["account_id"].to_list() == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_a_metric_that_counts_something_else_opens_into_the_qualified_containers_or_is_refused(
    bench: wb.Workbench, engine: str
) -> None:
    result = bench.ask(canvas("ad>mql", metric="events"), engine=engine)
    assert result.members("nodes", {"id": "mql"})["account_id"].to_list() == ["acme", "beta"]


# --- what an answer carries --------------------------------------------------------------------


def test_a_result_carries_what_is_needed_to_check_it(bench: wb.Workbench) -> None:
    result = bench.ask(
        fallout("ad", "mql", date_range={"from": "2024-01-01", "to": "2024-06-30"}, actors=["buyer"])
    )
    assert result.data_version == bench.data_version
    assert result.elapsed_ms > 0
    for words in (
        "Container: account",
        "History",
        "Order",
        "2024-01-01",
        "2024-06-30",
        "Actors: buyer",
        "Data version 1",
    ):
        assert words in result.definition
    assert isinstance(result.notes, list)


@pytest.mark.parametrize(
    "date_range", [{"from": "2024-01-02"}, {"to": "2024-01-02"}, {"last": "30d"}, {"to": "9999-12-31"}]
)
def test_open_date_ranges_are_answered_and_described(bench: wb.Workbench, date_range: dict[str, str]) -> None:
    for applies_to in ("start", "events"):
        answers = [
            bench.ask(fallout("ad", "mql", date_range=date_range | {"applies_to": applies_to}), engine=engine)
            for engine in ENGINES
        ]
        assert answers[0].tables["touchpoints"].equals(answers[1].tables["touchpoints"])
        assert all(value in answers[0].definition for key, value in date_range.items() if key != "last")


def test_labels_of_the_workspace_are_shown() -> None:
    renamed = bench_of(EVENTS, settings={"labels": {"account": "Customer"}})
    assert "Container: customer" in renamed.ask(fallout("ad")).definition


def test_engines_give_the_same_notes_and_card(bench: wb.Workbench) -> None:
    for question in (
        fallout("ad", container="person"),
        flow(starts_with="ad", items=1),
        cohort_table("ad", "mql"),
    ):
        index, sql = (bench.ask(question, engine=engine) for engine in ("index", "sql"))
        assert index.notes == sql.notes
        assert index.definition.splitlines()[:-1] == sql.definition.splitlines()[:-1]


def test_values_of_records(bench: wb.Workbench) -> None:
    assert bench.record_values("accounts", "name").columns == ["value", "records"]
    assert ("Acme Ltd", 1) in bench.record_values("accounts", "name").rows()
    with pytest.raises(wb.SpecError, match="accounts"):
        bench.record_values("acounts", "name")
    with pytest.raises(wb.SpecError, match="no column of accounts"):
        bench.record_values("accounts", "nam")


# --- mistakes in values ------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "question",
    [
        fallout("ad", segments=[{"field": "event_typ", "value": "ad"}]),
        fallout("ad", segments=[{"field": "account.nam", "value": "x"}]),
        fallout("ad", segments=[{"field": "rank", "value": 1}]),
        fallout("ad", segments=[{"field": "event_type", "value": 3}]),
        fallout("ad", segments=[{"field": "event_type", "value": "\ud800"}]),
        fallout("ad", segments=[{"field": "amount", "value": "much"}]),
        fallout("ad", segments=[{"field": "amount", "op": ">", "value": "inf"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": ">", "value": "soon"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": "contains", "value": "2024"}]),
        fallout("ad", segments=[{"field": "event_type", "op": "in_last", "value": "3d"}]),
        fallout("ad", segments=[{"milestone": "mqll"}]),
        fallout("ad", segments=["nobody-saved-this"]),
        fallout(
            "ad", segments=[{"members_of": {"question": {"analysis": "fallot"}, "table": "touchpoints"}}]
        ),
        fallout("ad", segments=[{"members_of": {"question": fallout("ad"), "table": "nodes", "select": {}}}]),
        fallout(
            "ad",
            segments=[
                {"members_of": {"question": fallout("ad"), "table": "touchpoints", "select": {"step": 9}}}
            ],
        ),
        flow(starts_with="ad", dimension="event_typ"),
        flow(starts_with="ad", dimension="amount"),
        flow(starts_with="ad", dimension="occurred_at"),
        canvas("ad", metric={"sum": "event_type"}),
        canvas("ad", metric={"sum": "amont"}),
        canvas("ad", metric={"distinct": "chanel"}),
    ],
    ids=range(21),
)
def test_what_cannot_be_asked_is_a_spec_error_in_every_engine(
    bench: wb.Workbench, engine: str, question: dict[str, Any]
) -> None:
    with pytest.raises(wb.SpecError):
        bench.ask(question, engine=engine)


@pytest.mark.parametrize(
    "question",
    [
        fallout("ad", segments=[{"field": "event_type", "op": "in", "value": []}]),
        fallout("ad", segments=[{"field": "event_type", "op": "not_in", "value": []}]),
        fallout("ad", segments=[{"field": "amount", "op": "in", "value": []}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": "<=", "value": "9999-12-31"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": ">", "value": "9999-12-31"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": "<", "value": "0001-01-01"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": ">=", "value": "0001-01-01"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": "in_last", "value": "999999999w"}]),
        fallout("ad", segments=[{"field": "occurred_at", "op": "in_last", "value": "0d"}]),
        fallout("ad", segments=[{"field": "event_type", "op": "contains", "value": ""}]),
        fallout("ad", segments=[{"field": "event_type", "op": "equals", "value": "'; DROP VIEW events; --"}]),
        fallout("ad", segments=[{"field": "amount", "op": "<", "value": 1e300}]),
        fallout("ad", date_range={"from": "0001-01-01", "to": "9999-12-31"}),
        fallout("ad", date_range={"last": "999999999w"}),
        fallout("ad", "mql", date_range={"from": "2024-01-01", "follow": "999999999w"}),
        {
            "analysis": "fallout",
            "touchpoints": [{"where": is_type("ad")}, {"where": is_type("mql"), "within": "999999999w"}],
        },
        {
            "analysis": "fallout",
            "touchpoints": [{"where": is_type("ad")}, {"where": is_type("mql"), "after": "999999999w"}],
        },
        flow(starts_with="ad", date_range={"follow": "999999999w"}),
        cohort_table("ad", "mql", date_range={"from": "2024-01-01", "follow": "999999999w"}),
        canvas("ad", metric={"distinct": "amount"}),
        canvas("ad", metric={"distinct": "occurred_at"}),
    ],
    ids=range(21),
)
def test_extremes_are_answered_alike(bench: wb.Workbench, question: dict[str, Any]) -> None:
    answers = [bench.ask(question, engine=engine).tables for engine in ENGINES]
    for name, table in answers[0].items():
        assert table.rows() == answers[1][name].rows()


def test_a_segment_that_leads_back_to_itself_is_refused() -> None:
    bench = bench_of(EVENTS)
    one = bench.definitions.save("segments", "One", {"segment": "two"})
    bench.definitions.save("segments", "Two", {"any": [{"segment": one["id"]}, is_type("ad")]})
    for engine in ENGINES:
        with pytest.raises(wb.SpecError, match="itself"):
            bench.ask(fallout("ad", segments=["one"]), engine=engine)


def test_sums_of_several_currencies_need_rates() -> None:
    events = pl.DataFrame(
        {
            "occurred_at": [datetime(2024, 1, 1)] * 3,
            "event_type": ["won"] * 3,
            "account_id": ["a", "b", "c"],
            "amount": [Decimal("10"), Decimal("20"), Decimal("5")],
            "currency": ["EUR", "USD", None],
        }
    )
    question = canvas("won", metric={"sum": "amount"})
    rates = {"EUR": "1", "USD": "0.5"}
    for engine in ENGINES:
        with pytest.raises(wb.DataError, match=r"EUR.*USD"):
            bench_of(events).ask(question, engine=engine)
    rated = bench_of(events, settings={"currency_rates": rates})
    found = [rated.ask(question, engine=engine).tables["nodes"]["value"].to_list() for engine in ENGINES]
    assert found == [[Decimal("25")], [Decimal("25")]]


def test_arrow_tables_are_taken() -> None:
    table = pa.table({"occurred_at": [datetime(2024, 1, 1)], "event_type": ["A"], "account_id": ["a"]})
    assert bench_of(table).ask(fallout("A")).tables["touchpoints"]["value"].to_list() == [1, 1]


def test_persons_are_shown_by_codes_where_the_workspace_says_so() -> None:
    events = pl.DataFrame(
        {"occurred_at": [datetime(2024, 1, 1)], "event_type": ["A"], "account_id": ["a"], "person_id": ["p"]}
    )
    persons = pl.DataFrame({"person_id": ["p"], "name": ["Ann Lee"], "email": ["ann@lee.example"]})
    bench = wb.from_tables(events=events, persons=persons, settings={"mask_persons": True})
    result = bench.fallout(container="person", touchpoints=[{"where": {"field": "event_type", "value": "A"}}])
    shown = [
        *result.members("touchpoints", {"step": 1})["name"],
        *bench.timeline("account", "a")["person_name"],
        *(bench.record("person", "p")[name] for name in ("name", "email")),
    ]
    assert all(name.startswith("Person ") for name in shown)
    for path in ("person.name", "lead.person.email"):
        with pytest.raises(wb.SpecError, match="personal data"):
            bench.values(path)
    stored = [bench.sql("SELECT name FROM persons")["name"][0], bench.tables["persons"]["name"][0]]
    assert stored == ["Ann Lee", "Ann Lee"], "what is stored is not masked, as the README says"
