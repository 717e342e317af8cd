"""Compared segments: rows of each, how to open them, and whether their percentages can be told apart."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest

import workbench as wb
from tests.builders import START, Condition, both, by, canvas, cohort_table, fallout, is_type, journeys
from workbench.engines import ENGINES
from workbench.engines.differences import z_test
from workbench.errors import SpecError
from workbench.model.shares import newcombe, wilson
from workbench.model.specs import SPECS


def of(channel: str) -> Condition:
    """Accounts with an event on a channel."""
    return {"container": "account", "where": {"field": "channel", "value": channel}}


EMAIL = "accounts with an event where channel is Email"
WEB = "accounts with an event where channel is Web"
EVENTS = journeys(
    a="ad@0:Email > mql@3 > won@20",
    b="ad@0:Email > mql@4 > lost@9",
    c="ad@1:Web > lost@3",
    d="ad@2:Web > mql@3",
    e="ad@2:Web",
)


def newcombes_example() -> pl.DataFrame:
    """56 of 70 accounts of one channel went on, 48 of 80 of the other."""
    rows: list[dict[str, Any]] = []
    for channel, base, moved in (("Web", 80, 48), ("Email", 70, 56)):
        for number in range(base):
            account = {"account_id": f"{channel}-{number}", "occurred_at": START, "channel": channel}
            rows.append(account | {"event_type": "A"})
            if number < moved:
                rows.append(account | {"event_type": "B"})
    return pl.DataFrame(rows)


def test_every_segment_has_its_own_rows_under_its_label() -> None:
    bench = wb.from_tables(events=EVENTS)
    question = canvas("ad>mql", compare=[of("Email"), of("Web")])
    nodes = both(bench, question, "nodes")
    assert [(row["segment"], row["id"], row["value"]) for row in nodes] == [
        (EMAIL, "ad", 2),
        (EMAIL, "mql", 2),
        (WEB, "ad", 3),
        (WEB, "mql", 1),
    ]
    arrows = both(bench, question, "arrows")
    assert [(row["segment"], row["value"], row["percent"]) for row in arrows] == [
        (EMAIL, 2, 100.0),
        (WEB, 1, pytest.approx(100 / 3)),
    ]


def test_a_segment_answers_like_the_question_with_that_segment() -> None:
    bench = wb.from_tables(events=EVENTS)
    for question, table in (
        (canvas("ad>mql mql>won", segments=[of("Email")]), "arrows"),
        (fallout("ad", "mql", segments=[of("Email")]), "touchpoints"),
        (cohort_table("ad", "mql", segments=[of("Email")]), "cells"),
    ):
        alone = both(bench, question | {"segments": [{"not": of("Web")}, of("Email")]}, table)
        side = both(bench, question | {"segments": [{"not": of("Web")}], "compare": [of("Email")]}, table)
        assert [row | {"segment": EMAIL} for row in alone] == side


def test_saved_segments_are_named_by_id_and_repeated_labels_are_numbered() -> None:
    bench = wb.from_tables(events=EVENTS)
    bench.definitions.save("segments", "mail", of("Email"))
    rows = both(
        bench, fallout("ad", baseline=False, compare=["mail", of("Web"), "mail", "mail"]), "touchpoints"
    )
    assert [(row["segment"], row["value"]) for row in rows] == [
        ("mail", 2),
        (WEB, 3),
        ("mail (2)", 2),
        ("mail (3)", 2),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_of_a_segment_open_and_become_segments(engine: str) -> None:
    bench = wb.from_tables(events=EVENTS)
    result = bench.ask(canvas("ad>mql", compare=[of("Email"), of("Web")]), engine=engine)
    row = {"id": "ad", "segment": WEB}
    assert result.members("nodes", row)["account_id"].to_list() == ["c", "d", "e"]
    assert result.members("nodes", row, measure="fallout")["account_id"].to_list() == ["c", "e"]
    condition = result.segment("nodes", row, measure="fallout")
    again = bench.ask(fallout("ad", segments=[condition]), engine=engine)
    assert again.members("touchpoints", {"step": 0})["account_id"].to_list() == ["c", "e"]
    behind = {"question": result.spec.to_json(), "table": "nodes", "select": row, "measure": "fallout"}
    again = bench.ask(fallout("ad", segments=[{"members_of": behind}]), engine=engine)
    assert again.members("touchpoints", {"step": 0})["account_id"].to_list() == ["c", "e"]
    with pytest.raises(SpecError, match=f"segments are {EMAIL}, {WEB}"):
        result.members("nodes", {"id": "ad"})
    with pytest.raises(SpecError, match="no segment 'All'"):
        result.members("nodes", {"id": "ad", "segment": "All"})
    only = bench.ask(canvas("ad>mql", compare=[of("Web")]), engine=engine)
    assert only.members("nodes", {"id": "mql"})["account_id"].to_list() == ["d"]
    assert "differences" not in only.tables


def test_differences_are_tested_where_segments_are_apart() -> None:
    bench = wb.from_tables(events=newcombes_example())
    rows = both(bench, canvas("A>B", compare=[of("Web"), of("Email")]), "differences")
    node = next(row for row in rows if row["id"] == "B")
    assert (node["segment"], node["against"]) == (EMAIL, WEB)
    assert (node["percent"], node["against_percent"], node["difference"]) == (80.0, 60.0, pytest.approx(20))
    assert (round(node["low"], 2), round(node["high"], 2)) == (5.24, 33.39)
    assert (round(node["p_value"], 4), node["distinguishable"]) == (0.0080, True)
    start = next(row for row in rows if row["id"] == "A")
    assert (start["difference"], start["p_value"], start["distinguishable"]) == (0.0, 1.0, False)
    arrow = next(row for row in rows if row["table"] == "arrows")
    assert (arrow["id"], arrow["source"], arrow["target"]) == (None, "A", "B")
    numbers = ("percent", "low", "high", "p_value")
    assert [arrow[name] for name in numbers] == [node[name] for name in numbers]
    steps = both(bench, fallout("A", "B", compare=[of("Web"), of("Email")]), "differences")
    assert by(steps, "step", "low")[2] == node["low"]
    cells = both(bench, cohort_table("A", "B", compare=[of("Web"), of("Email")]), "differences")
    assert [row["difference"] for row in cells] == [pytest.approx(20)]


def test_formulas_agree_with_published_examples() -> None:
    """Newcombe 1998, table II, method 10, examples (a), (d) and (h); Wilson's interval of none at all."""
    assert [round(x, 4) for x in newcombe(56, 70, 48, 80)] == [0.0524, 0.3339]
    assert [round(x, 4) for x in newcombe(5, 56, 0, 29)] == [-0.0381, 0.1926]
    assert [round(x, 4) for x in newcombe(10, 10, 0, 10)] == [0.6075, 1.0]
    assert [round(x, 4) for x in wilson(0, 10)] == [0.0, 0.2775]
    assert round(z_test(56, 70, 48, 80), 4) == 0.0080
    assert z_test(0, 10, 0, 20) == 1.0


def test_segments_that_share_containers_are_described_and_not_tested() -> None:
    bench = wb.from_tables(events=journeys(a="A@0:Email > B@1:Web", b="A@0:Email", c="A@0:Web > B@4"))
    for engine in ENGINES:
        result = bench.ask(canvas("A>B", compare=[of("Email"), of("Web")]), engine=engine)
        assert (
            f"1 account is in both {EMAIL} and {WEB}; differences are described, not tested" in result.notes
        )
        found = result.tables["differences"].filter(pl.col("id") == "B")
        assert found.select("percent", "against_percent", "difference").rows() == [(100.0, 50.0, 50.0)]
        assert found.select("low", "high", "p_value", "distinguishable").row(0) == (None,) * 4


def test_only_shares_of_containers_are_tested() -> None:
    bench = wb.from_tables(events=newcombes_example())
    rows = both(bench, canvas("A>B", metric="events", compare=[of("Web"), of("Email")]), "differences")
    tested = {row["table"]: row["p_value"] is not None for row in rows}
    assert tested == {"nodes": False, "arrows": True}


def test_the_card_and_the_sql_name_the_segments() -> None:
    bench = wb.from_tables(events=EVENTS)
    result = bench.ask(fallout("ad", "mql", compare=[of("Email"), of("Web")]), engine="sql")
    assert f"Compared: {EMAIL}; 2 of them have 6 events here." in result.definition
    statements = duckdb.connect().extract_statements(result.sql)
    assert len(statements) == 2
    assert f"-- table touchpoints, segment {WEB}" in result.sql
    values = [bench.sql(statement.query)["value"].to_list() for statement in statements]
    assert [value for part in values for value in part] == result.tables["touchpoints"]["value"].to_list()


def test_notes_of_segments_are_told_once() -> None:
    bench = wb.from_tables(events=EVENTS)
    result = bench.ask(canvas("ad>demo", compare=[of("Email"), of("Web")]))
    assert result.notes == ["no account came as far as demo"]


@pytest.mark.parametrize(("analysis", "most"), [("journey_canvas", 4), ("fallout", 5), ("cohort_table", 4)])
def test_there_is_a_most_of_segments(analysis: str, most: int) -> None:
    questions = {
        "journey_canvas": canvas("A"),
        "fallout": fallout("A"),
        "cohort_table": cohort_table("A", "B"),
    }
    bench = wb.from_tables(events=journeys(a="A@0"))
    many = [{"container": "account", "where": is_type(str(number))} for number in range(most + 1)]
    assert SPECS[analysis].model_fields["compare"].default == ()
    bench.ask(questions[analysis] | {"compare": many[:most]})
    with pytest.raises(SpecError, match="compare"):
        bench.ask(questions[analysis] | {"compare": many})
