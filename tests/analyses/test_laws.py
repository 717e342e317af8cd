"""The rules that hold everywhere, as laws over small random companies and random questions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import workbench as wb
from tests.builders import (
    START,
    Condition,
    Question,
    bench_of,
    both,
    by,
    canvas,
    cohort_table,
    fallout,
    flow,
    is_type,
    journeys,
    small,
)
from tests.engines.comparing import bench_of as bench_of_company
from tests.engines.comparing import canonical_rows
from tests.reference.random_company import EVENT_TYPES, random_company
from tests.reference.random_questions import ConditionMaker, opens_exactly, random_questions
from workbench.analyses import ANALYSES
from workbench.engines import ENGINES
from workbench.engines.index import IndexEngine
from workbench.index.fields import Cache
from workbench.model.containers import CONTAINERS
from workbench.model.parsing import parse_spec
from workbench.model.result import KEYS, MEASURES, tables_of

EXISTS = {"field": "event_type", "op": "exists"}
SEEDS = (21, 22)
SIZE = 60
PLURAL = {container.name: container.plural for container in CONTAINERS}

kinds = st.sampled_from([container.name for container in CONTAINERS])
seeds = st.sampled_from(SEEDS)
draws = st.integers(0, 2**32)
types = st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=3, unique=True)
limits = st.fixed_dictionaries(
    {},
    optional={
        "within": st.sampled_from(["0s", "12h", "30d", "90d"]),
        "after": st.sampled_from(["0s", "1s", "1d", "2w"]),
    },
).flatmap(
    lambda times: st.sampled_from(
        [{}, {}, {"same": "person"}, {"same": "opportunity"}, {"different": "person"}]
    ).map(lambda ids: times | ids)
)
days = st.sampled_from(["2023-12-01", "2024-01-01", "2024-03-31", "2024-05-01", "2024-10-27", "2024-11-30"])


@lru_cache(maxsize=2)
def company(seed: int) -> wb.Workbench:
    """A random company of a few dozen accounts."""
    return bench_of_company(random_company(seed, SIZE))


def answered(seed: int, number: int, *analyses: str) -> list[Question]:
    """Random questions that this version answers."""
    asked = random_questions(seed, len(ANALYSES) * max(number, 8))
    return [question for question in asked if question["analysis"] in (analyses or ANALYSES)][:number]


def alone(question: Question) -> Question:
    """The question without the segments it compares."""
    return {key: value for key, value in question.items() if key != "compare"}


@st.composite
def cuts(draw: st.DrawFn, kind: str, *, start: bool = True) -> dict[str, Any]:
    """What every question may have: segments, actors, history and dates."""
    conditions = ConditionMaker(random.Random(draw(draws)), kind, None)
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["segments"] = [conditions.segment()]
    if draw(st.integers(0, 3)) == 0:
        found["actors"] = draw(st.sampled_from([["buyer"], ["buyer", "seller"], ["system"]]))
    if draw(st.booleans()):
        first, last = sorted((draw(days), draw(days)))
        found["date_range"] = {"from": first, "to": last}
        if not start or draw(st.booleans()):
            found["date_range"]["applies_to"] = "events"
    return found


def members(result: wb.Result, table: str, select: dict[str, Any], measure: str | None = None) -> set[str]:
    """Ids behind a number."""
    return set(result.members(table, select, measure=measure).to_series(0))


def everyone(bench: wb.Workbench, kind: str, *segments: Condition) -> set[str]:
    """Containers with an event under segments."""
    question = {"analysis": "fallout", "container": kind, "segments": list(segments)}
    return members(bench.ask(question | {"touchpoints": [{"where": EXISTS}]}), "touchpoints", {"step": 0})


def events(bench: wb.Workbench, kind: str, condition: Condition) -> int:
    """Events that match a condition in stamped histories, where each stands once."""
    question = {"analysis": "journey_canvas", "container": kind, "history": "stamped", "metric": "events"}
    rows = bench.ask(question | {"nodes": [{"id": "n", "where": condition}]}).tables["nodes"]
    return int(rows["value"][0])


# --- rule 1: order -----------------------------------------------------------------------------

stories = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from([0, 0, 1, 2])), min_size=1, max_size=6),
    min_size=4,
    max_size=16,
)


@small(4)
@given(stories, st.sampled_from([(), ("B", "A"), ("A", "B"), ("C", "B", "A")]), draws)
def test_equal_times_are_ordered_by_rank_and_row_and_later_is_strict(
    written: list[list[tuple[str, int]]], order: tuple[str, ...], seed: int
) -> None:
    rows = [(f"a{number}", kind, day) for number, story in enumerate(written) for kind, day in story]
    random.Random(seed).shuffle(rows)
    frame = pl.DataFrame(
        {
            "account_id": [account for account, _, _ in rows],
            "event_type": [kind for _, kind, _ in rows],
            "occurred_at": [START + timedelta(days=day) for _, _, day in rows],
        }
    )
    bench = bench_of(frame, event_order=order)
    ranked = sorted(
        range(len(rows)),
        key=lambda row: (rows[row][2], order.index(rows[row][1]) + 1 if rows[row][1] in order else 0, row),
    )
    histories: dict[str, str] = {}
    for row in ranked:
        histories[rows[row][0]] = histories.get(rows[row][0], "") + rows[row][1]
    for first, second in ("AB", "BA", "AA", "CB"):
        later = {
            name
            for name, text in histories.items()
            if second in text[text.find(first) + 1 :] and first in text
        }
        following = {name for name, text in histories.items() if f"{first}{second}" in text}
        for engine in ENGINES:
            for steps, expected in (((first, second), later), ((first, f"+{second}"), following)):
                result = bench.ask(fallout(*steps), engine=engine)
                assert members(result, "touchpoints", {"step": 2}) == expected, (histories, steps)


@small(20)
@given(seeds, kinds, types)
def test_one_event_satisfies_one_checkpoint_of_a_path(seed: int, kind: str, names: list[str]) -> None:
    bench, where = company(seed), is_type(*names)
    question = {"analysis": "fallout", "container": kind, "touchpoints": [{"where": where}] * 4}
    result = bench.ask(question)
    for step in range(1, 5):
        as_often = everyone(bench, kind, {"count": where, "container": kind, "value": step})
        assert members(result, "touchpoints", {"step": step}) == as_often


def test_the_order_of_rows_matters_only_where_times_and_ranks_tie() -> None:
    frame = journeys(a="A@0 > B@1 > C@2 > A@3", b="B@0 > A@1 > C@1.5", c="C@0")
    questions = [fallout("A", "B", "C"), canvas("A>B B>C A>C"), flow(starts_with="A"), cohort_table("A", "C")]
    bench, shuffled = bench_of(frame), bench_of(frame.sample(fraction=1, shuffle=True, seed=5))
    for question in questions:
        for table in tables_of(parse_spec(question)):
            assert both(bench, question, table) == both(shuffled, question, table)


# --- rule 2: calendar --------------------------------------------------------------------------

moments = st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31)), min_size=5, max_size=40)


@small(5)
@given(moments, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]))
def test_cohorts_are_cut_in_local_months(times: list[datetime], zone: str) -> None:
    frame = pl.DataFrame({"occurred_at": times, "event_type": ["A"] * len(times)}).with_columns(
        account_id=pl.int_range(len(times)).cast(pl.String)
    )
    rows = both(bench_of(frame, time_zone=zone), cohort_table("A", "A"), "cells")
    local = Counter(
        moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m") for moment in times
    )
    assert {f"{row['cohort']:%Y-%m}": row["size"] for row in rows if row["size"]} == local


# --- rule 3: null ------------------------------------------------------------------------------


@small(20)
@given(
    seeds, kinds, st.sampled_from(["channel", "content_type", "content.topic", "person.job_title", "stage"])
)
def test_no_value_is_no_item_and_equals_nothing(seed: int, kind: str, dimension: str) -> None:
    bench = company(seed)
    absent = {"field": dimension, "op": "not_exists"}
    known = {"field": dimension, "op": "exists"}
    assert events(bench, kind, {"all": [absent, known]}) == 0
    for value in bench.values(dimension)["value"].to_list()[:2]:
        equal = {"field": dimension, "op": "equals", "value": value}
        unequal = {"field": dimension, "op": "not_equals", "value": value}
        assert events(bench, kind, {"all": [absent, equal]}) == 0
        assert events(bench, kind, {"all": [absent, unequal]}) == events(bench, kind, absent)
    question = flow(container=kind, starts_with=known, dimension=dimension, items=1000)
    found = bench.ask(question).tables["nodes"]
    assert set(found.filter(kind="item")["item"]) <= set(bench.values(dimension)["value"])


def test_the_role_of_a_person_is_that_in_buying_groups_else_that_in_accounts() -> None:
    frame = journeys(a="A@0 > B@1 > C@2 > D@3").with_columns(person_id=pl.Series(["p", "q", "r", None]))
    in_groups = [("g", "p", "User"), ("h", "p", "Champion"), ("g", "q", None)]
    in_accounts = [("a", "p", "Employee"), ("a", "q", "Employee")]
    bench = bench_of(
        frame,
        buying_group_members=pl.DataFrame(
            in_groups, schema=["buying_group_id", "person_id", "role"], orient="row"
        ),
        account_persons=pl.DataFrame(in_accounts, schema=["account_id", "person_id", "role"], orient="row"),
    )
    question = flow(starts_with="A", dimension="person.role", repeats=True)
    assert [row["item"] for row in both(bench, question, "nodes")] == ["Anchor", "Employee", "Exit"]
    before = both(bench, flow(ends_with="D", dimension="person.role"), "nodes")
    assert [row["item"] for row in before] == ["Entry", "Champion, User", "Employee", "Anchor"]
    assert "person.role" in bench.fields()


# --- rule 4: counting --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_percentages_carry_their_base_and_are_null_without_one(seed: int) -> None:
    for question in answered(seed, 24, "journey_canvas", "cohort_table"):
        result = company(seed).ask(question)
        for row in next(iter(result.tables.values())).to_dicts():
            base, value = row["percent_base"], row["value"]
            assert row["percent"] == (pytest.approx(float(100 * value / base)) if base else None), (
                question,
                row,
            )


amounts = st.lists(
    st.decimals(Decimal("-99999999.9999"), Decimal("99999999.9999"), places=4, allow_nan=False),
    min_size=1,
    max_size=40,
)


@small(5)
@given(amounts)
def test_sums_of_money_are_exact(money: list[Decimal]) -> None:
    frame = pl.DataFrame(
        {
            "occurred_at": [START] * len(money),
            "event_type": ["A", "B"] * (len(money) // 2) + ["A"] * (len(money) % 2),
            "account_id": [f"a{place % 3}" for place in range(len(money))],
            "amount": pl.Series(money, dtype=pl.Decimal(18, 4)),
        }
    )
    rows = both(bench_of(frame), canvas("A B", metric={"sum": "amount"}), "nodes")
    expected = {"A": sum(money[::2], Decimal(0)), "B": sum(money[1::2], Decimal(0))}
    assert by(rows, "id") == expected
    assert all(isinstance(row["value"], Decimal) for row in rows)


def test_sums_of_money_do_not_overflow() -> None:
    most = Decimal("99999999999999.9999")
    frame = pl.DataFrame(
        {
            "occurred_at": [START] * 12,
            "event_type": ["A"] * 12,
            "account_id": ["a"] * 12,
            "amount": pl.Series([most] * 12, dtype=pl.Decimal(18, 4)),
        }
    )
    assert both(bench_of(frame), canvas("A", metric={"sum": "amount"}), "nodes")[0]["value"] == 12 * most


def test_a_deal_is_summed_once_however_many_events_name_it() -> None:
    deals = pl.DataFrame(
        {
            "opportunity_id": ["d1", "d2"],
            "account_id": ["a", "a"],
            "amount": [Decimal("10.25"), Decimal("0.1")],
        }
    )
    frame = journeys(a="A@0#d1 > A@1#d1 > A@2#d2 > A@3", b="A@0#d1")
    nodes = both(
        bench_of(frame, opportunities=deals), canvas("A", metric={"sum": "opportunity.amount"}), "nodes"
    )
    assert nodes[0]["value"] == Decimal("10.35")


# --- rule 5: unfinished periods ----------------------------------------------------------------


def test_cells_are_complete_where_both_periods_lie_inside_the_data() -> None:
    first, last = datetime(2024, 1, 11, 12), datetime(2024, 4, 20)
    bench = bench_of(journeys(a="A@10.5 > B@20 > A@70", b="A@40 > B@41"), data_until=last)
    shortest = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    for granularity in longest:
        seen = set()
        for row in both(bench, cohort_table("A", "B", granularity=granularity), "cells"):
            begins = datetime.combine(row["cohort"], datetime.min.time())
            earliest, latest = (
                begins + (row["period"] + 1) * timedelta(days=width[granularity])
                for width in (shortest, longest)
            )
            assert row["complete"] or begins < first or latest > last, row
            assert not row["complete"] or (begins >= first and earliest <= last), row
            seen.add(row["complete"])
        assert seen == ({True, False} if granularity in ("day", "week", "month") else {False})


# --- rule 7: reconciliation --------------------------------------------------------------------


@small(60)
@given(st.data())
def test_fallout_of_two_eventual_touchpoints_equals_a_canvas_of_two_nodes(data: st.DataObject) -> None:
    bench, kind = company(data.draw(seeds)), data.draw(kinds)
    first, second = is_type(*data.draw(types)), is_type(*data.draw(types))
    common = data.draw(cuts(kind))
    step = data.draw(limits)
    if "date_range" in common and data.draw(st.booleans()):
        common["date_range"]["follow"] = data.draw(st.sampled_from(["7d", "90d"]))
    one = bench.ask(
        {
            "analysis": "fallout",
            "container": kind,
            "touchpoints": [{"where": first}, {"where": second} | step],
        }
        | common
    )
    nodes = [{"id": "1", "where": first}, {"id": "2", "where": second}]
    arrows = [{"source": "1", "target": "2"} | step]
    two = bench.ask(
        {"analysis": "journey_canvas", "container": kind, "nodes": nodes, "arrows": arrows} | common
    )
    points, checkpoints, arrow = one.tables["touchpoints"], two.tables["nodes"], two.tables["arrows"]
    assert points["value"][1:].to_list() == checkpoints["value"].to_list()
    assert points["fallout"][1:].to_list() == checkpoints["fallout"].to_list()
    assert points["value"][2] == arrow["value"][0]
    assert points["percent_of_previous"][2] == arrow["percent"][0] == checkpoints["percent"][1]
    assert points["median_seconds"][2] == arrow["median_seconds"][0]
    for number, name in ((1, "1"), (2, "2")):
        assert members(one, "touchpoints", {"step": number}) == members(two, "nodes", {"id": name})
    fell = members(two, "nodes", {"id": "1"}, "fallout")
    assert fell == members(one, "touchpoints", {"step": 1}, "fallout")
    assert members(two, "arrows", {"source": "1", "target": "2"}) | fell == members(two, "nodes", {"id": "1"})


@small(60)
@given(st.data())
def test_a_next_touchpoint_equals_the_link_of_a_flow(data: st.DataObject) -> None:
    bench, kind = company(data.draw(seeds)), data.draw(kinds)
    anchors = data.draw(types)
    item = data.draw(st.sampled_from([name for name in EVENT_TYPES if name not in anchors]))
    forward = data.draw(st.booleans())
    common = data.draw(cuts(kind, start=forward))
    anchor = is_type(*anchors)
    repeats = data.draw(st.booleans())
    direction = "starts_with" if forward else "ends_with"
    walked = bench.ask(
        flow(container=kind, columns=1, items=1000, repeats=repeats, **{direction: anchor}) | common
    )
    steps = [anchor, is_type(item)] if forward else [is_type(item), anchor]
    points = [{"where": steps[0]}, {"where": steps[1], "path": "next"}]
    stepped = bench.ask({"analysis": "fallout", "container": kind, "touchpoints": points} | common)
    ends = {"source_kind": "anchor", "source": "Anchor", "target_kind": "item", "target": item}
    if not forward:
        ends = {"source_kind": "item", "source": item, "target_kind": "anchor", "target": "Anchor"}
    select = {"column": 0 if forward else -1} | ends
    link = walked.tables["links"].filter(**select)
    expected = members(stepped, "touchpoints", {"step": 2})
    assert (link["containers"][0] if len(link) else 0) == len(expected)
    if len(link):
        assert members(walked, "links", select) == expected


@small(40)
@given(seeds, draws)
def test_every_path_of_a_flow_is_somewhere_in_each_column_until_it_ends(seed: int, draw: int) -> None:
    question = alone(answered(draw, 1, "flow")[0])
    result = company(seed).ask(question)
    nodes, links = result.tables["nodes"], result.tables["links"]
    ended = ["exit", "entry"]
    sides = {"starts_with": (1,), "contains": (-1, 1), "ends_with": (-1,)}
    for side in next(ways for form, ways in sides.items() if form in question):
        for column in range(side, side * question["columns"] + side, side):
            before = nodes.filter(column=column - side)
            alive = before.filter(~pl.col("kind").is_in(ended))["paths"].sum()
            assert nodes.filter(column=column)["paths"].sum() == alive
        for node in nodes.filter(pl.col("column") * side >= 0).to_dicts():
            near, far = ("source", "target") if side > 0 else ("target", "source")
            column, depth = node["column"], abs(node["column"])
            arriving = _link_paths(links, column - (side > 0), far, node) if depth else node["paths"]
            leaving = _link_paths(links, column - (side < 0), near, node)
            assert arriving == node["paths"]
            last = node["kind"] in ended or depth == question["columns"]
            assert leaving == (0 if last else node["paths"])
    assert (nodes["containers"] <= nodes["paths"]).all()
    assert (links["containers"] <= links["paths"]).all()


def _link_paths(links: pl.DataFrame, column: int, end: str, node: dict[str, Any]) -> int:
    found = links.filter(
        pl.col("column") == column, pl.col(end) == node["item"], pl.col(f"{end}_kind") == node["kind"]
    )
    return int(found["paths"].sum())


@small(30)
@given(seeds, draws, st.booleans())
def test_churn_and_retention_make_the_cohort(seed: int, draw: int, rolling: bool) -> None:
    question = answered(draw, 1, "cohort_table")[0]
    for name in MORE:
        question.pop(name, None)
    rolling = rolling and question.get("columns") != "milestones"
    question |= {"rolling": rolling}
    bench = company(seed)
    retained = bench.ask(question | {"type": "retention"}).tables["cells"]
    churned = bench.ask(question | {"type": "churn"}).tables["cells"]
    assert retained.select("cohort", "period", "size").equals(churned.select("cohort", "period", "size"))
    assert (retained["value"] + churned["value"]).equals(churned["percent_base"])
    assert (churned["percent_base"] <= churned["size"]).all()
    if "dimension" not in question and question.get("periods") != "elapsed":
        assert (churned["percent_base"] == churned["size"]).all()
    if rolling:
        plain = bench.ask(question | {"type": "retention", "rolling": False}).tables["cells"]
        assert (retained["value"] <= plain["value"]).all()
    else:
        assert retained["percent_base"].equals(churned["percent_base"])


@small(15)
@given(seeds, draws)
def test_on_or_after_never_rises_and_cumulative_never_falls(seed: int, draw: int) -> None:
    question = cohort_question(draw) | {"periods": "calendar", "rolling": False, "type": "retention"}
    question.pop("dimension", None)
    answers = [
        company(seed).ask(question | {"counting": counting}).tables["cells"].sort("cohort", "period")
        for counting in ("on_or_after", "exactly", "cumulative")
    ]
    falling, exactly, rising = (table["value"].to_list() for table in answers)
    cohort, period = (answers[0][name].to_list() for name in ("cohort", "period"))
    assert all(max(f, r) >= e for f, e, r in zip(falling, exactly, rising, strict=True))
    for one, next_ in pairwise(range(len(cohort))):
        if cohort[one] == cohort[next_]:
            assert falling[one] >= falling[next_]
            assert (rising[one] <= rising[next_]) if period[one] >= 0 else (rising[one] >= rising[next_])


@small(15)
@given(seeds, draws)
def test_first_memberships_are_among_all_and_items_share_them_out(seed: int, draw: int) -> None:
    bench, question = company(seed), cohort_question(draw) | {"counting": "exactly"}
    question.pop("dimension", None)
    every = bench.ask(question | {"membership": "every"}).tables["cells"]
    first = bench.ask(question | {"membership": "first"}).tables["cells"]
    assert first.select("cohort", "period").equals(every.select("cohort", "period"))
    assert (first["size"] <= every["size"]).all()
    sizes = every.unique("cohort")["size"].sum()
    for dimension in ("channel", "account.industry"):
        items = bench.ask(question | {"membership": "every", "dimension": dimension, "items": 2})
        rows = items.tables["cells"].unique(["kind", "cohort"])
        assert rows["size"].sum() == sizes
        assert rows.filter(kind="item").height <= 2
        assert len(items.notes) >= rows.filter(kind="other").height


@small(15)
@given(seeds, draws)
def test_a_milestone_is_reached_by_who_went_on_to_it(seed: int, draw: int) -> None:
    bench, question = company(seed), cohort_question(draw)
    first, later = is_type("MQL Qualified"), is_type("Opportunity Created")
    for name in ("return", "rolling", "latency", "counting", "periods", "max_periods", "date_range", *MORE):
        question.pop(name, None)
    question |= {"inclusion": {"metrics": [{"where": first}]}, "membership": "first", "type": "retention"}
    question |= {"columns": "milestones", "milestones": [{"where": later}]}
    question.pop("dimension", None)
    result = bench.ask(question)
    gone = fallout("MQL Qualified", "Opportunity Created", container=question["container"])
    gone |= {name: question[name] for name in ("segments", "actors", "history") if name in question}
    reached = bench.ask(gone).tables["touchpoints"]["value"].to_list()
    cells, table = result.tables["cells"], result.tables["milestones"]
    assert [cells["size"].sum(), cells["value"].sum()] == reached[1:]
    assert table["value"].equals(cells["value"])
    assert (table["median_seconds"].is_null() | (table["value"] > 0)).all()


MORE = ("base", "value_metric")
"""Options of columns of periods that change percentages, or add columns."""


def cohort_question(draw: int) -> Question:
    """A random cohort table with periods as columns, where nothing is compared."""
    asked = answered(draw, 8, "cohort_table")
    question = next((one for one in asked if one.get("columns") != "milestones"), None)
    found = question or cohort_table("MQL Qualified", "Closed-Won")
    return {name: value for name, value in found.items() if name not in ("compare", "compare_ranges")}


@small(20)
@given(seeds, kinds, types, types)
def test_first_memberships_are_one_for_each_container(
    seed: int, kind: str, joined: list[str], returned: list[str]
) -> None:
    question = cohort_table("x", "y", kind, membership="first", granularity="quarter")
    question["inclusion"]["metrics"][0]["where"] = is_type(*joined)
    question["return"]["metrics"][0]["where"] = is_type(*returned)
    cells = company(seed).ask(question).tables["cells"]
    assert cells.filter(period=0)["size"].sum() == len(everyone(company(seed), kind, is_type(*joined)))


# --- conditions as sets ------------------------------------------------------------------------


@small(40)
@given(seeds, kinds, draws)
def test_conditions_are_sets_of_events(seed: int, kind: str, draw: int) -> None:
    bench, maker = company(seed), ConditionMaker(random.Random(draw), kind, "stamped")
    left, right = maker.segment(), maker.segment()
    whole = events(bench, kind, EXISTS)
    one, two = events(bench, kind, left), events(bench, kind, right)
    union, section = events(bench, kind, {"any": [left, right]}), events(bench, kind, {"all": [left, right]})
    assert union + section == one + two
    assert events(bench, kind, {"not": left}) == whole - one
    assert events(bench, kind, {"not": {"not": left}}) == one
    assert events(bench, kind, {"not": {"any": [{"not": left}, {"not": right}]}}) == section
    assert events(bench, kind, {"all": [left, {"not": left}]}) == 0


@small(40)
@given(seeds, kinds, draws)
def test_segments_are_sets_of_containers(seed: int, kind: str, draw: int) -> None:
    bench, maker = company(seed), ConditionMaker(random.Random(draw), kind, None)
    left, right = maker.segment(), maker.segment()
    one, two = everyone(bench, kind, left), everyone(bench, kind, right)
    assert everyone(bench, kind, {"any": [left, right]}) == one | two
    assert everyone(bench, kind, left, right) == everyone(bench, kind, {"all": [left, right]}) <= one & two
    every = everyone(bench, kind)
    inside, other = ({"container": kind, "where": part} for part in (left, right))
    assert everyone(bench, kind, inside) == one
    assert everyone(bench, kind, {"not": inside}) == every - one
    assert everyone(bench, kind, inside, other) == one & two
    assert everyone(bench, kind, {"count": left, "container": kind}) == one
    assert (
        everyone(bench, kind, {"count": left, "container": kind, "op": "equals", "value": 0}) == every - one
    )
    for include in ("everyone", "before", "after"):
        sequence = {"sequence": [{"where": left}], "container": kind, "include": include}
        assert everyone(bench, kind, sequence) == one


@small(25)
@given(seeds, kinds, types, types, limits)
def test_a_sequence_qualifies_who_a_fallout_counts(
    seed: int, kind: str, first: list[str], second: list[str], step: dict[str, str]
) -> None:
    bench = company(seed)
    steps: list[dict[str, Any]] = [{"where": is_type(*first)}, {"where": is_type(*second)} | step]
    counted = bench.ask({"analysis": "fallout", "container": kind, "touchpoints": steps})
    expected = members(counted, "touchpoints", {"step": 2})
    assert everyone(bench, kind, {"sequence": steps, "container": kind}) == expected
    wider = [steps[0], {name: value for name, value in steps[1].items() if name == "where"}]
    assert expected <= everyone(bench, kind, {"sequence": wider, "container": kind})


@small(30)
@given(seeds, draws)
def test_a_flow_of_both_sides_is_two_flows(seed: int, draw: int) -> None:
    question = answered(draw, 1, "flow")[0]
    anchor = next(question.pop(form) for form in ("starts_with", "contains", "ends_with") if form in question)
    question.pop("through", None)
    for name in ("dimension", "items"):
        if isinstance(question[name], list):
            question[name] = question[name][: question["columns"]]
    bench = company(seed)
    both_sides = bench.ask(question | {"contains": anchor}).tables
    right = bench.ask(question | {"starts_with": anchor}).tables
    for table in ("nodes", "links"):
        assert_frame_equal(both_sides[table].filter(pl.col("column") >= 0), right[table])
    if question["repeats"]:
        left = bench.ask(question | {"ends_with": anchor}).tables
        for table in ("nodes", "links"):
            assert_frame_equal(both_sides[table].filter(pl.col("column") < (table == "nodes")), left[table])


@small(8)
@given(seeds, draws)
def test_equal_dimensions_for_all_columns_are_one_dimension(seed: int, draw: int) -> None:
    question = answered(draw, 1, "flow")[0]
    if not isinstance(question["dimension"], str):
        question["dimension"] = question["dimension"][0]
    listed = question | {"dimension": [question["dimension"]] * question["columns"]}
    for engine in ENGINES:
        one, other = (company(seed).ask(asked, engine=engine).tables for asked in (question, listed))
        for table, frame in one.items():
            assert_frame_equal(frame, other[table])


@small(30)
@given(seeds, draws, st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=3, unique=True))
def test_excluded_items_are_events_that_are_not_there(seed: int, draw: int, names: list[str]) -> None:
    question = {key: value for key, value in answered(draw, 1, "flow")[0].items() if key != "goal"}
    form = next(form for form in ("starts_with", "contains", "ends_with") if form in question)
    anchors = [name for name in EVENT_TYPES if name not in names]
    question |= {"dimension": "event_type", form: is_type(*anchors[:2]), "exclude": names}
    absent = {"not": is_type(*names)}
    left_out = question | {"exclude": [], "segments": [*question.get("segments", []), absent]}
    one, other = (company(seed).ask(asked).tables for asked in (question, left_out))
    for table, frame in one.items():
        assert_frame_equal(frame, other[table])


@small(30)
@given(seeds, draws)
def test_whole_paths_make_up_every_column(seed: int, draw: int) -> None:
    question = alone(answered(draw, 1, "flow")[0]) | {"paths": 1000, "items": 1000}
    tables = company(seed).ask(question).tables
    whole, nodes = tables["paths"], tables["nodes"]
    found: Counter[tuple[int, str, str]] = Counter()
    for row in whole.to_dicts():
        steps = zip(row["kinds"].split(" "), row["path"].split(" → "), strict=True)
        for column, (kind, item) in enumerate(steps, start=row["first_column"]):
            found[column, kind, item] += row["paths"]
    if len(whole) < 1000:
        expected = {(row["column"], row["kind"], row["item"]): row["paths"] for row in nodes.to_dicts()}
        assert found == expected
        assert whole["paths"].sum() == nodes.filter(column=0)["paths"].sum()
        ended = nodes.filter(kind="exit")["paths"].sum()
        assert "ends_with" in question or tables["exits"]["paths"].sum() == ended


@small(25)
@given(seeds, kinds, types, types, types, limits)
def test_a_touchpoint_without_something_counts_who_a_sequence_that_excludes_it_qualifies(
    seed: int, kind: str, first: list[str], second: list[str], barred: list[str], step: dict[str, Any]
) -> None:
    bench = company(seed)
    point = {"where": is_type(*second), "without": is_type(*barred)} | step
    question = {"analysis": "fallout", "container": kind, "touchpoints": [{"where": is_type(*first)}, point]}
    steps = [
        {"where": is_type(*first)},
        {"where": is_type(*barred), "exclude": True},
        {"where": is_type(*second)} | step,
    ]
    counted = bench.ask(question)
    assert members(counted, "touchpoints", {"step": 2}) == everyone(
        bench, kind, {"sequence": steps, "container": kind}
    )
    free = bench.ask(question | {"touchpoints": [{"where": is_type(*first)}, {**point, "without": None}]})
    assert members(counted, "touchpoints", {"step": 2}) <= members(free, "touchpoints", {"step": 2})


@small(20)
@given(seeds, draws)
def test_the_spans_of_time_of_a_step_hold_everyone_who_came_there(seed: int, draw: int) -> None:
    question = answered(draw, 1, "fallout")[0] | {"histogram": True, "compare": []}
    result = company(seed).ask(question)
    times, steps = result.tables["times"], result.tables["touchpoints"]
    for step in range(2, len(question["touchpoints"]) + 1):
        came = steps.filter(step=step)["value"][0]
        own = times.filter(step=step)
        assert own["value"].sum() == own["percent_base"][0] == came
        assert own["to_seconds"][:-1].to_list() == own["from_seconds"][1:].to_list()
        assert not came or own["percent"].sum() == pytest.approx(100)


# --- rules 8 and 9: the twin, members and segments from here -----------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_twin_gives_the_same_tables(seed: int) -> None:
    for question in answered(seed + 100, 16):
        index, sql = (company(seed).ask(question, engine=engine).tables for engine in ("index", "sql"))
        for table in index:
            assert canonical_rows(index[table].to_dicts()) == canonical_rows(sql[table].to_dicts()), question
            assert index[table].columns == sql[table].columns


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_opens_into_as_many_containers(seed: int) -> None:
    bench = company(seed)
    for question in answered(seed + 200, 24):
        if PLURAL[question["container"]] != question.get("metric", PLURAL[question["container"]]):
            continue
        result = bench.ask(question)
        for table, select, measure, count in numbers(result):
            opened = len(members(result, table, select, measure))
            twice = opened < count and not opens_exactly(question)
            assert opened == count or twice, (question, table, select, measure)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_segment_of_a_number_has_its_members_in_every_engine(seed: int) -> None:
    bench = company(seed)
    for question in answered(seed + 300, 8):
        result = bench.ask(question)
        table, select, measure, _ = next(iter(numbers(result)), ("", {}, "", 0))
        if not table:
            continue
        segment = result.segment(table, select, measure=measure)
        asked = fallout("x", container=question["container"], segments=[segment])
        asked |= {"history": question["history"]} if "history" in question else {}
        for engine in ENGINES:
            opened = members(bench.ask(asked, engine=engine), "touchpoints", {"step": 0})
            assert opened == members(result, table, select, measure), (engine, question)


def numbers(result: wb.Result) -> Iterable[tuple[str, dict[str, Any], str, int]]:
    """Some rows of every table with a measure that opens, and the number it shows."""
    analysis = result.spec.analysis
    own = getattr(result.spec, "metric", None) in (None, PLURAL[result.spec.container])
    for table in tables_of(result.spec):
        measures = MEASURES[analysis][table]
        rows = result.tables[table].to_dicts()
        for row in rows[:: max(1, len(rows) // 5)]:
            for measure in measures:
                if row.get(measure) is not None and (own or measure != "value"):
                    select = {key: row[key] for key in KEYS[analysis][table] if key in row}
                    yield table, select, measure, row[measure]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_definition_card_tells_how_a_number_was_counted(engine: str) -> None:
    bench = company(21)
    card = bench.ask(
        fallout("MQL Qualified", container="opportunity", history="members", date_range={"last": "90d"}),
        engine=engine,
    ).definition
    for words in ("opportunity", "History", "fan-out", "Order", "Dates", "Data version", " ms"):
        assert words in card
    flown = bench.ask(flow(starts_with="MQL Qualified", dimension="channel"), engine=engine).definition
    assert "repeats" in flown
    missing = bench.tables["events"]["account_id"].null_count()
    assert missing
    assert f"{missing:,}" in flown


# --- rule 10: no result lies -------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_that_cut_a_flow_says_so(engine: str) -> None:
    bench = bench_of(journeys(a="A@0 > B@1", b="A@0 > C@1", c="A@0 > D@1"))
    whole = bench.ask(flow(starts_with="A", columns=1, items=3), engine=engine)
    assert not whole.notes
    cut = bench.ask(flow(starts_with="A", columns=1, items=1), engine=engine)
    assert cut.tables["nodes"].filter(kind="other")["paths"].sum() == 2
    assert any("Other" in note for note in cut.notes)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_segment_that_empties_a_view_says_so(engine: str) -> None:
    bench = bench_of(journeys(a="A@0 > B@1", b="A@0 > C@1"))
    nobody = {"container": "account", "where": is_type("Z")}
    for segment in (nobody, is_type("Z")):
        assert bench.ask(fallout("A", "B", segments=[segment]), engine=engine).notes
    assert not bench.ask(fallout("A", "B"), engine=engine).notes


@pytest.mark.parametrize("engine", ENGINES)
def test_events_without_the_container_are_left_out_with_a_note(engine: str) -> None:
    lost = journeys("person", p="A@0 > B@1")
    bench = bench_of(pl.concat([journeys(a="A@0 > B@1"), lost], how="diagonal"))
    result = bench.ask(fallout("A", "B"), engine=engine)
    assert result.tables["touchpoints"]["value"].to_list() == [1, 1, 1]
    assert any("2" in note and "account" in note for note in result.notes)


# --- parts merge to the whole ------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_parts_of_any_split_merge_to_the_whole(seed: int, analysis: str) -> None:
    bench, rng = company(seed), random.Random(seed)
    for question in answered(seed + 400, 24, analysis):
        engine, spec = IndexEngine(bench.index, bench.version, Cache()), parse_spec(question)
        whole = ANALYSES[analysis].answer([engine.part(spec)], spec, bench.version)
        part = engine.part(spec)
        size = part.history.containers
        edges = [0, *sorted(rng.randrange(size) for _ in range(rng.randrange(1, 5))), size]
        parts = [part.slice(low, high) for low, high in pairwise(edges) if low < high]
        split = ANALYSES[analysis].answer(parts, spec, bench.version)
        for table, frame in whole.items():
            assert_frame_equal(frame, split[table], check_exact=True)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_part_of_a_part_is_a_part(analysis: str) -> None:
    bench = company(21)
    for question in answered(77, 6, analysis):
        engine, spec = IndexEngine(bench.index, bench.version, Cache()), parse_spec(question)
        part = engine.part(spec)
        size = part.history.containers
        low, high = size // 4, size // 2 + 1
        direct = ANALYSES[analysis].answer([part.slice(low, high)], spec, bench.version)
        nested = ANALYSES[analysis].answer(
            [part.slice(low // 2, size).slice(low - low // 2, high - low // 2)], spec, bench.version
        )
        for table, frame in direct.items():
            assert_frame_equal(frame, nested[table], check_exact=True)


def test_a_part_without_events_answers_nothing() -> None:
    bench = bench_of(journeys(a="A@0 > B@1"), accounts=pl.DataFrame({"account_id": ["a", "b", "c"]}))
    for question in (fallout("A", "B"), canvas("A>B"), flow(starts_with="A"), cohort_table("A", "B")):
        spec = parse_spec(question)
        part = IndexEngine(bench.index, bench.version).part(spec).slice(1, 3)
        tables = ANALYSES[spec.analysis].answer([part], spec, bench.version)
        for frame in tables.values():
            counts = frame.select(pl.col(pl.Int64).exclude("step", "column", "period")).sum()
            assert set(counts.row(0)) <= {0, None} if len(counts) else True


def test_a_day_is_a_date_in_answers() -> None:
    rows = both(bench_of(journeys(a="A@0 > B@40")), cohort_table("A", "B"), "cells")
    assert [row["cohort"] for row in rows if row["period"] == 0] == [date(2024, 1, 1), date(2024, 2, 1)]
