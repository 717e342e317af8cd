"""The SQL twin: equal to the reference, runnable as pasted, and safe whatever a question holds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest

import workbench as wb
from tests.engines.comparing import company_and_bench, differences, frame
from tests.reference.random_questions import random_questions
from tests.reference.reference import Reference
from workbench.engines.sql import SqlEngine
from workbench.engines.sql.fields import field_sql
from workbench.engines.sql.literals import interval, quote_literal, quote_name, slug
from workbench.engines.sql.statement import Statement
from workbench.errors import DataError, SpecError
from workbench.model.conditions import FieldTest
from workbench.model.parsing import parse_condition, parse_spec
from workbench.model.result import KEYS
from workbench.model.wording import describe_condition

START = datetime(2024, 1, 1)
Question = dict[str, Any]


def is_type(name: str) -> dict[str, Any]:
    """Condition: the event type is the name."""
    return {"field": "event_type", "op": "equals", "value": name}


def story(column: str = "account_id", /, **stories: str) -> pl.DataFrame:
    """Events from texts like `A@0 > B@1.5`: days after 1 January 2024."""
    rows = []
    for name, text in stories.items():
        for part in text.split(" > "):
            event_type, _, day = part.partition("@")
            time = START + timedelta(days=float(day))
            rows.append({"event_type": event_type, "occurred_at": time, column: name})
    return frame(rows)


def canvas(arrows: str, **more: Any) -> Question:
    """A canvas from `A>B B>C`; every node is the event type of its name."""
    ends = [arrow.split(">") for arrow in arrows.split()]
    names = dict.fromkeys(name for pair in ends for name in pair)
    return {
        "analysis": "journey_canvas",
        "nodes": [{"id": name, "where": is_type(name)} for name in names],
        "arrows": [{"source": source, "target": target} for source, target in ends],
    } | more


def fallout(*names: str, **more: Any) -> Question:
    """A fallout of event types."""
    return {"analysis": "fallout", "touchpoints": [{"where": is_type(name)} for name in names]} | more


def flow(**more: Any) -> Question:
    """A flow that starts with A unless told otherwise."""
    start = {} if "ends_with" in more or "contains" in more else {"starts_with": is_type("A")}
    return {"analysis": "flow"} | start | more


def cohort_table(inclusion: str, returning: str, **more: Any) -> Question:
    """A cohort table of event types."""
    return {
        "analysis": "cohort_table",
        "inclusion": {"metrics": [{"where": is_type(inclusion)}]},
        "return": {"metrics": [{"where": is_type(returning)}]},
    } | more


def column(result: wb.Result, table: str, name: str) -> list[Any]:
    """One column of an answer's table."""
    return result.tables[table][name].to_list()


# --- equal to the reference --------------------------------------------------------------------


@pytest.mark.parametrize("seed", [101, 102])
def test_agrees_with_the_reference(seed: int) -> None:
    _, reference, bench = company_and_bench(seed, 60)
    for question in random_questions(seed, 24):
        result = bench.ask(question, engine="sql")
        assert not differences(result.tables, reference.ask(question)), question
        _same_members(result, reference, question, seed)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(200, 212))
def test_agrees_with_the_reference_at_length(seed: int) -> None:
    _, reference, bench = company_and_bench(seed, 150)
    for question in random_questions(seed, 200):
        result = bench.ask(question, engine="sql")
        assert not differences(result.tables, reference.ask(question)), question
        _same_members(result, reference, question, seed)


def _same_members(result: wb.Result, reference: Reference, question: Question, seed: int) -> None:
    """Two rows of every table open into the reference's containers."""
    draw = random.Random(seed)
    for table, keys in KEYS[question["analysis"]].items():
        rows = result.tables[table].to_dicts() if table in result.tables else []
        for row in draw.sample(rows, min(2, len(rows))):
            select = {key: row[key] for key in keys if key in row}
            try:
                expected = reference.members(question, table, select)
            except ValueError:
                continue
            got = result.members(table, select)[f"{question['container']}_id"].to_list()
            assert got == sorted(expected), (question, table, select)


# --- worked examples ---------------------------------------------------------------------------


def test_several_starts_that_join() -> None:
    bench = wb.from_tables(
        events=story(
            p1="S1@0 > X@1 > E1@2",
            p2="S2@0 > X@1 > E2@2",
            p3="X@0",
            p4="S1@0 > S2@1 > X@2",
            p5="S1@0",
        )
    )
    result = bench.ask(canvas("S1>X S2>X X>E1 X>E2"), engine="sql")
    assert column(result, "nodes", "id") == ["S1", "X", "S2", "E1", "E2"]
    assert column(result, "nodes", "value") == [3, 3, 2, 1, 1]
    assert column(result, "nodes", "fallout") == [1, 1, 0, None, None]
    assert column(result, "nodes", "percent_base") == [3, 4, 2, 4, 4]
    assert column(result, "arrows", "value") == [2, 2, 1, 1]
    assert (result.answer.events, result.answer.containers) == (11, 5)


def test_a_limit_looks_at_every_pair() -> None:
    events = story(near="A@0 > A@20 > B@25", far="A@0 > B@25", soon="A@0 > B@0.5")
    question = canvas("A>B")
    question["arrows"][0] |= {"within": "10d", "after": "1d"}
    result = wb.from_tables(events=events).ask(question, engine="sql")
    assert column(result, "nodes", "value") == [3, 1]
    assert column(result, "arrows", "median_seconds") == [5 * 86400]
    assert result.members("nodes", {"id": "A"}, measure="fallout")["account_id"].to_list() == ["far", "soon"]


@pytest.mark.parametrize(("include", "kept"), [("everyone", [8, 6]), ("before", [5, 2]), ("after", [5, 3])])
def test_a_sequence_keeps_before_or_after(include: str, kept: list[int]) -> None:
    events = story(
        p="A@0 > B@1 > C@2 > D@3 > B@4 > C@5 > D@6 > E@7",
        q="A@0 > B@1 > C@2 > D@3 > E@4 > F@5",
        r="D@0 > B@1",
    )
    steps = [{"where": is_type("B")}, {"where": is_type("D")}]
    sequence = {"sequence": steps, "container": "account", "include": include}
    bench = wb.from_tables(events=events)
    counts = {}
    for name in ("p", "q", "r"):
        one = {"field": "account_id", "op": "equals", "value": name}
        counts[name] = bench.ask(fallout("A", segments=[sequence, one]), engine="sql").answer.events
    assert [counts["p"], counts["q"]] == kept
    assert counts["r"] == 0


def test_cohorts_by_hand() -> None:
    months = {"Jan": 5, "Feb": 40, "Mar": 70, "Apr": 100}
    inclusion = {"a1": "Jan", "a2": "Jan", "a3": "Jan", "a4": "Jan", "a5": "Feb", "a6": "Feb"}
    returns = {"Jan": ["a5"], "Feb": ["a1", "a2"], "Mar": ["a1", "a3", "a5"], "Apr": ["a1", "a2", "a5", "a6"]}
    events = [(name, "In", months[month]) for name, month in inclusion.items()]
    events += [(name, "Back", months[month] + 1) for month, names in returns.items() for name in names]
    rows = [
        {"account_id": name, "event_type": kind, "occurred_at": START + timedelta(days=at)}
        for name, kind, at in events
    ]
    bench = wb.from_tables(events=frame(rows))

    def values(**more: Any) -> list[Any]:
        cells = bench.ask(cohort_table("In", "Back", **more), engine="sql").tables["cells"]
        kept = cells.filter((pl.col("period") > 0) & (pl.col("cohort") < date(2024, 3, 1)))
        return kept["value"].to_list()

    assert values() == [2, 2, 2, 1, 2]
    assert values(type="churn") == [2, 2, 2, 1, 0]
    assert values(rolling=True) == [2, 1, 1, 1, 1]


def test_flow_lists_kept_items_then_other_then_the_end() -> None:
    events = story(a="A@0 > C@1", b="A@0 > C@1", c="A@0 > B@1", d="A@0 > D@1", e="A@0", f="A@0 > E@1")
    result = wb.from_tables(events=events).ask(flow(columns=1, items=2), engine="sql")
    first = result.tables["nodes"].filter(pl.col("column") == 1)
    assert first["item"].to_list() == ["C", "B", "Other", "Exit"]
    assert first["paths"].to_list() == [2, 1, 2, 1]
    assert column(result, "links", "target") == ["C", "B", "Other", "Exit"]
    assert column(result, "nodes", "item")[0] == "event type is A"
    assert any("rest is Other" in note for note in result.notes)


# --- money -------------------------------------------------------------------------------------


def _paid(currencies: list[str | None]) -> pl.DataFrame:
    amounts = [Decimal("0.10"), Decimal("0.20"), Decimal("10")]
    rows = [
        {"account_id": "a", "event_type": "A", "occurred_at": START, "amount": amount, "currency": currency}
        for amount, currency in zip(amounts, currencies, strict=True)
    ]
    return frame(rows)


def test_sums_of_money_are_exact() -> None:
    question = canvas("A>B", metric={"sum": "amount"}, percent_of="total")
    result = wb.from_tables(events=_paid(["EUR", "EUR", None])).ask(question, engine="sql")
    assert column(result, "nodes", "value") == [Decimal("10.3"), Decimal(0)]
    assert result.tables["nodes"]["value"].dtype == pl.Decimal(38, 4)


def test_sums_across_currencies_need_rates() -> None:
    question = canvas("A>B", metric={"sum": "amount"})
    events = _paid(["EUR", "EUR", "USD"])
    with pytest.raises(DataError, match="EUR, USD"):
        wb.from_tables(events=events).ask(question, engine="sql")
    rates = {"currency_rates": {"EUR": "1", "USD": "0.9"}}
    result = wb.from_tables(events=events, settings=rates).ask(question, engine="sql")
    assert column(result, "nodes", "value") == [Decimal("9.3"), Decimal(0)]


# --- the text itself ---------------------------------------------------------------------------

QUESTIONS = [
    canvas("A>B B>C A>C", metric="events", secondary_metric={"distinct": "channel"}),
    fallout("A", "B", "C"),
    flow(),
    flow(times=True, within="50d", paths=2),
    flow(starts_with=None, contains=is_type("B"), columns=2, times=True, paths=2, exclude=["C"]),
    flow(starts_with=None, ends_with=is_type("C"), dimension=["channel", "event_type"], paths=2),
    cohort_table("A", "B"),
    {"analysis": "breakdown", "by": "channel", "items": 1, "where": is_type("A"), "metric": "events"},
    {"analysis": "breakdown", "by": "period"},
    {"analysis": "paths", "start": is_type("A"), "end": is_type("C"), "top": 1},
    {"analysis": "lift", "anchor": is_type("C"), "within": "50d", "among": is_type("A")},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question["analysis"]))
def test_every_statement_runs_as_pasted(question: Question) -> None:
    bench = wb.from_tables(events=story(x="A@0 > B@40 > C@80", y="A@1 > C@2", z="B@3"))
    result = bench.ask(question, engine="sql")
    statements = duckdb.connect().extract_statements(result.sql)
    assert len(statements) == len(result.tables)
    for statement, (name, table) in zip(statements, result.tables.items(), strict=True):
        assert statement.type == duckdb.StatementType.SELECT
        assert f"-- table {name}" in result.sql
        assert bench.sql(statement.query).equals(table)


NASTY = [
    "O'Brien",
    "'); DROP TABLE events; --",
    "line\nbreak\r\n-- comment",
    "tab\tand\0nul",
    '"quoted" $1 ? :x {y}',
    "\u2028 separator \u202e reversed",
    "Größe 漢字 🙂",
    "/* not a comment",
    "   spaces   ",
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_text_arrives_as_it_is(text: str) -> None:
    assert duckdb.connect().execute(f"SELECT {quote_literal(text)}").fetchall() == [(text,)]
    statement = Statement()
    part = statement.add(text, f"SELECT {quote_literal(text)} AS x", text)
    nested = Statement()
    nested.add("nested", statement.render(f"SELECT * FROM {part}"), "nested statements keep their text")
    assert duckdb.connect().execute(nested.render("SELECT x FROM nested")).fetchall() == [(text,)]


@pytest.mark.parametrize("text", [text for text in NASTY if text])
def test_a_question_may_hold_any_text(text: str) -> None:
    rows = [
        {"account_id": text, "event_type": text, "occurred_at": START},
        {"account_id": text, "event_type": "B", "occurred_at": START + timedelta(days=1)},
        {"account_id": "other", "event_type": "A", "occurred_at": START},
    ]
    bench = wb.from_tables(events=frame(rows))
    question = {
        "analysis": "journey_canvas",
        "nodes": [{"id": text, "label": text, "where": is_type(text)}, {"id": "B", "where": is_type("B")}],
        "arrows": [{"source": text, "target": "B", "label": text}],
    }
    result = bench.ask(question, engine="sql")
    assert column(result, "nodes", "value") == [1, 1]
    assert column(result, "nodes", "label") == [text, "B"]
    assert column(result, "arrows", "source") == [text]
    members = {"question": question, "table": "nodes", "select": {"id": text}}
    inside = bench.ask(fallout("B", segments=[{"members_of": members}]), engine="sql")
    assert inside.members("touchpoints", {"step": 1})["account_id"].to_list() == [text]
    named = bench.ask(flow(starts_with=is_type(text), anchor_label=text), engine="sql")
    assert column(named, "nodes", "item") == [text, "B", "Exit"]
    assert named.members("nodes", {"column": 0, "item": text})["account_id"].to_list() == [text]


def test_columns_of_the_source_may_have_any_name() -> None:
    names = ["position", "container_id", "period", "cohort", "Lead Source", "end", "value", "item", "kind"]
    rows = [
        {"account_id": name, "event_type": "A", "occurred_at": START} | dict.fromkeys(names, name)
        for name in ("x", "y")
    ]
    bench = wb.from_tables(events=frame(rows))
    for name in names:
        where = {"field": name, "op": "equals", "value": "x"}
        question = {"analysis": "fallout", "touchpoints": [{"where": where}]}
        result = bench.ask(question, engine="sql")
        assert result.members("touchpoints", {"step": 1})["account_id"].to_list() == ["x"]
        items = column(
            bench.ask(flow(ends_with=where, dimension=name, repeats=True), engine="sql"), "nodes", "kind"
        )
        assert items == ["entry", "anchor"]


def test_names_and_limits() -> None:
    assert quote_name("industry") == "industry"
    assert quote_name('Lead "Source"') == '"Lead ""Source"""'
    assert slug("MQL Qualified!") == "mql_qualified"
    assert interval("90m") == "INTERVAL '5400 seconds'"
    longest = duckdb.connect().execute(f"SELECT TIMESTAMP '2024-01-01' - {interval('999999999w')}").fetchone()
    assert longest is not None


def test_parts_are_written_once_and_never_hide_a_table() -> None:
    statement = Statement()
    assert statement.add("history", "SELECT 1", "first") == "history"
    assert statement.add("history", "SELECT 2", "second") == "history_2"
    assert statement.add("other", "SELECT 1", "again") == "history"
    assert statement.add("events", "SELECT 3", "a table's name") == "events_2"


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (cohort_table("A", "B", dimension="occurred_at"), "no items"),
        (cohort_table("A", "B", dimension="chanel"), "channel"),
    ],
)
@pytest.mark.parametrize("engine", ["sql", "index"])
def test_dimensions_without_items_are_refused_alike(question: Question, words: str, engine: str) -> None:
    with pytest.raises(SpecError, match=words):
        wb.from_tables(events=story(a="A@0")).ask(question, engine=engine)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"field": "occurred_at", "op": "contains", "value": "2024"}, "does not fit"),
        ({"field": "occurred_at", "op": "equals", "value": "yesterday"}, "dates or times"),
        ({"field": "amount", "op": ">", "value": "much"}, "numbers"),
        ({"field": "event_type", "op": "equals", "value": 5}, "text"),
        ({"field": "event_type", "op": "in_last", "value": "5d"}, "does not fit"),
        ({"field": "event_typ", "op": "exists"}, "event_type"),
        ({"milestone": "mqll"}, "milestone"),
    ],
)
def test_conditions_that_do_not_fit_are_explained(where: dict[str, Any], words: str) -> None:
    question = {"analysis": "fallout", "touchpoints": [{"where": where}]}
    with pytest.raises(SpecError, match=words):
        wb.from_tables(events=story(a="A@0")).ask(question, engine="sql")


def test_rows_that_do_not_exist_are_refused() -> None:
    bench = wb.from_tables(events=story(a="A@0 > B@1"))
    result = bench.ask(canvas("A>B"), engine="sql")
    with pytest.raises(SpecError, match="no node"):
        result.members("nodes", {"id": "C"})
    with pytest.raises(SpecError, match="falls out"):
        result.members("nodes", {"id": "B"}, measure="fallout")
    with pytest.raises(SpecError, match="missing"):
        result.members("nodes", {})
    with pytest.raises(SpecError, match="no arrow"):
        result.members("arrows", {"source": "B", "target": "A"})
    steps = bench.ask(fallout("A", "B", baseline=False), engine="sql")
    with pytest.raises(SpecError, match="no step"):
        steps.members("touchpoints", {"step": 0})
    cells = bench.ask(cohort_table("A", "B"), engine="sql")
    with pytest.raises(SpecError, match="no cohort"):
        cells.members("cells", {"cohort": "2024-01-02", "period": 0})
    with pytest.raises(SpecError, match="periods 0 to 0"):
        cells.members("cells", {"cohort": "2024-01-01", "period": 5})


def test_a_segment_that_leads_back_to_itself_is_refused() -> None:
    bench = wb.from_tables(events=story(a="A@0"))
    question = fallout("A", segments=["loop"])
    number = {"question": question, "table": "touchpoints", "select": {"step": 1}}
    for loop in ({"not": {"segment": "loop"}}, {"members_of": number}):
        version = replace(bench.version, segments={"loop": loop})
        with pytest.raises(SpecError, match="refers to itself"):
            SqlEngine(duckdb.connect(), version).sql(parse_spec(question))


# --- conditions in words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (is_type("MQL Qualified"), "event type is MQL Qualified"),
        (
            {"field": "account.industry", "op": "in", "value": ["Software", "Media"]},
            "account industry is one of Software, Media",
        ),
        (
            {"field": "occurred_at", "op": ">=", "value": "2024-01-31"},
            "occurred at is on or after 2024-01-31",
        ),
        ({"field": "occurred_at", "op": "in_last", "value": "30d"}, "occurred at is in the last 30 days"),
        ({"field": "channel", "op": "not_exists"}, "channel has no value"),
        ({"milestone": "mql"}, "milestone mql"),
        ({"not": {"any": [is_type("A"), is_type("B")]}}, "not (event type is A or event type is B)"),
        (
            {"count": is_type("A"), "container": "account", "op": ">=", "value": 3},
            "accounts with at least 3 events where event type is A",
        ),
        (
            {
                "sequence": [
                    {"where": is_type("A")},
                    {"where": is_type("B"), "within": "30d", "same": "person"},
                ],
                "container": "account",
                "include": "before",
            },
            "accounts with event type is A, then event type is B within 30 days of the same person, "
            "only before the sequence",
        ),
    ],
)
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    bench = wb.from_tables(events=story(a="A@0"))
    assert describe_condition(parse_condition(condition), bench.version) == words


def test_local_days_and_globs() -> None:
    version = wb.from_tables(events=story(a="A@0"), time_zone="Europe/Berlin").version

    def text(op: str, value: Any, kind: Any = "time") -> str:
        return field_sql(FieldTest(field="x", op=op, value=value), kind, "x", version)  # type: ignore[arg-type]

    assert text(">", "2024-03-31") == "x > TIMESTAMP '2024-03-31 21:59:59.999999'"
    assert text("<", "2024-03-31") == "x < TIMESTAMP '2024-03-30 23:00:00'"
    assert text("equals", "2024-10-27T02:30:00") == (
        "x BETWEEN TIMESTAMP '2024-10-27 00:30:00' AND TIMESTAMP '2024-10-27 00:30:00'"
    )
    patterns = ["*%*", r"50\*", "a_b"]
    where = " OR ".join(text("matches", pattern, "text") for pattern in patterns)
    rows = "(VALUES ('50% off'), ('50*'), ('a_b'), ('axb')) AS t(x)"
    found = duckdb.connect().execute(f"SELECT list(x) FROM {rows} WHERE {where}")
    assert found.fetchall() == [(["50% off", "50*", "a_b"],)]


def test_a_spec_answers_like_its_dict() -> None:
    bench = wb.from_tables(events=story(a="A@0 > B@1"))
    question = canvas("A>B")
    assert (
        bench.ask(parse_spec(question), engine="sql")
        .tables["nodes"]
        .equals(bench.ask(question, engine="sql").tables["nodes"])
    )
