"""The layout of the journey index: histories, postings and runs say the same as the table of events."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from tests.builders import bench_of, fallout, flow, is_type, journeys
from tests.engines.comparing import bench_of as bench_of_company
from tests.reference.random_company import random_company
from tests.reference.reference import Reference
from workbench.index.build import LATER
from workbench.index.columns import NO_AMOUNT
from workbench.index.fields import Cache
from workbench.index.history import History
from workbench.index.runs import SENTINEL
from workbench.index.store import FORMAT, JourneyIndex
from workbench.model.containers import CONTAINERS

KINDS = [(container.name, "stamped") for container in CONTAINERS] + [
    (container.name, "members") for container in CONTAINERS if container.has_members
]


@lru_cache(maxsize=1)
def company() -> tuple[Reference, wb.Workbench]:
    """A random company by brute force and as a workbench."""
    tables = random_company(31, 80)
    return Reference(tables), bench_of_company(tables)


def ids(index: JourneyIndex, kind: str) -> list[str]:
    """Ids of containers by code."""
    found: list[str] = index.column(f"{kind}_id").values.to_pylist()
    return found


def positions(history: History) -> Iterator[tuple[int, range]]:
    """Container code and its positions."""
    for code, (begin, end) in enumerate(zip(history.starts, history.ends, strict=True)):
        yield code, range(int(begin), int(end))


def source_rows(index: JourneyIndex, history: History, places: range) -> list[int]:
    """Rows of the source behind positions."""
    found: list[int] = index.numbers("row").take(history.row_at(np.array(places, dtype=np.int64))).tolist()
    return found


@pytest.mark.parametrize(("kind", "history_type"), KINDS)
def test_histories_are_those_of_the_brute_force(kind: str, history_type: str) -> None:
    reference, bench = company()
    history, names = bench.index.history(kind, history_type), ids(bench.index, kind)
    found = {
        names[code]: source_rows(bench.index, history, places)
        for code, places in positions(history)
        if places
    }
    expected = reference.company.history(kind, history_type)
    assert found == {name: [event["row"] for event in events] for name, events in expected.items()}
    assert len(names) == history.containers == len(set(names))


@pytest.mark.parametrize(("kind", "history_type"), KINDS)
def test_what_stands_beside_positions_agrees_with_them(kind: str, history_type: str) -> None:
    index = company()[1].index
    history = index.history(kind, history_type)
    every = np.arange(history.size, dtype=np.int64)
    container = history.container_at(every)
    assert (np.bincount(container, minlength=history.containers) == history.ends - history.starts).all()
    assert (np.diff(container) >= 0).all()
    assert (history.time_at(every) == history.time).all()
    assert (history.time == index.time[history.row_at(every)]).all()
    same = np.diff(container) == 0
    assert (np.diff(history.time)[same] >= 0).all()
    rows = history.row_at(every)
    assert history.fan_out == pytest.approx(len(rows) / len(np.unique(rows)))


@pytest.mark.parametrize(("kind", "history_type"), KINDS)
def test_postings_hold_every_position_of_an_item_in_order(kind: str, history_type: str) -> None:
    index = company()[1].index
    history, postings = index.history(kind, history_type), index.postings(kind, history_type)
    codes = np.asarray(index.codes_at(history, "event_type"))
    assert len(postings.begin) == len(index.column("event_type").values) + 1
    assert postings.begin[0] == np.count_nonzero(codes < 0)
    for item in range(len(postings.begin) - 1):
        inside = slice(int(postings.begin[item]), int(postings.begin[item + 1]))
        expected = np.flatnonzero(codes == item)
        assert (postings.position[inside] == expected).all()
        assert (postings.container[inside] == history.container_at(expected)).all()
        assert (postings.time[inside] == history.time_at(expected)).all()
        if postings.bounds is not None:
            own = np.bincount(history.container_at(expected), minlength=history.containers)
            assert (np.diff(postings.bounds[item]) == own).all()


@pytest.mark.parametrize(("kind", "history_type"), KINDS)
@pytest.mark.parametrize("dimension", ["event_type", "channel"])
def test_runs_are_equal_neighbours_between_sentinels(kind: str, history_type: str, dimension: str) -> None:
    index = company()[1].index
    history, runs = index.history(kind, history_type), index.runs(kind, history_type, dimension)
    codes = np.asarray(index.codes_at(history, dimension)).tolist()
    expected: list[tuple[int, int, int]] = []
    for _, places in positions(history):
        elements = [(place, codes[place]) for place in places if codes[place] >= 0]
        if not elements:
            continue
        expected.append((SENTINEL, 0, 0))
        for item, run in groupby(elements, key=lambda element: element[1]):
            members = [place for place, _ in run]
            expected.append((item, members[0], members[-1]))
    expected.append((SENTINEL, 0, 0))
    assert runs.item.tolist() == [item for item, _, _ in expected]
    stands = runs.item != SENTINEL
    assert runs.first[stands].tolist() == [first for item, first, _ in expected if item != SENTINEL]
    assert runs.last[stands].tolist() == [last for item, _, last in expected if item != SENTINEL]


def test_columns_decode_to_the_table() -> None:
    _, bench = company()
    events, index = bench.tables["events"], bench.index
    assert index.rows == len(events)
    for column, dtype in events.schema.items():
        if dtype == pl.String:
            coded = index.column(column)
            values = [*coded.values.to_pylist(), None]
            assert [values[code] for code in coded.codes] == events[column].to_list(), column
    scaled = [None if amount == NO_AMOUNT else amount for amount in index.money("amount").tolist()]
    assert scaled == [None if one is None else int(one * 10_000) for one in events["amount"]]
    assert index.time.tolist() == events["occurred_at"].dt.timestamp("us").to_list()


def test_events_stand_in_base_order() -> None:
    events = company()[1].tables["events"]
    order = ["global_account_id", "account_id", "occurred_at", "rank", "row"]
    assert events.select(order).equals(events.select(order).sort(order, nulls_last=True))


def test_accounts_are_slices_of_the_base_order() -> None:
    history = company()[1].index.history("account")
    assert history.rows is None
    assert (history.row_at(np.arange(history.size, dtype=np.int64)) == np.arange(history.size)).all()


def test_ids_with_a_record_only_are_containers_without_events() -> None:
    accounts = pl.DataFrame({"account_id": ["idle", "acme"], "name": ["Idle", "Acme"]})
    bench = bench_of(journeys(acme="A@0", ghost="A@1"), accounts=accounts)
    history = bench.index.history("account")
    counts = dict(zip(ids(bench.index, "account"), (history.ends - history.starts).tolist(), strict=True))
    assert counts == {"acme": 1, "ghost": 1, "idle": 0}


def test_slices_of_histories_start_at_zero_again() -> None:
    index = company()[1].index
    for kind, history_type in KINDS:
        history = index.history(kind, history_type)
        begin, end = history.containers // 3, 2 * history.containers // 3
        part = history.slice(begin, end)
        low, high = int(history.starts[begin]), int(history.ends[end - 1])
        assert (part.containers, part.size) == (end - begin, high - low)
        inside, whole = np.arange(part.size, dtype=np.int64), np.arange(low, high, dtype=np.int64)
        assert (part.row_at(inside) == history.row_at(whole)).all()
        assert (part.time_at(inside) == history.time_at(whole)).all()
        assert (part.time == history.time[low:high]).all()
        assert (part.container_at(inside) + begin == history.container_at(whole)).all()
        assert part.starts[0] == 0
        assert part.ends[-1] == part.size


def test_kept_positions_keep_their_container_and_time() -> None:
    index = company()[1].index
    for kind, history_type in KINDS:
        history = index.history(kind, history_type)
        mask = np.arange(history.size) % 3 != 1
        chosen, kept = np.flatnonzero(mask), history.keep(mask)
        every = np.arange(kept.size, dtype=np.int64)
        assert (kept.row_at(every) == history.row_at(chosen)).all()
        assert (kept.container_at(every) == history.container_at(chosen)).all()
        assert (kept.time == history.time_at(chosen)).all()
        assert kept.containers == history.containers


# --- what is laid out when it is asked ---------------------------------------------------------


def test_rare_containers_are_laid_out_at_the_first_question(tmp_path: Path) -> None:
    bench = bench_of(journeys(a="A@0~p/s1 > B@0.01~p/s1 > A@3~p"), workspace=tmp_path)
    on_disk = {path.name for path in (bench.generation.index_dir / "histories").iterdir()}
    assert on_disk == {f"{container.name}.stamped" for container in CONTAINERS if container.name not in LATER}
    for kind in LATER:
        question = fallout("A", "B", container=kind)
        assert (
            bench.ask(question)
            .tables["touchpoints"]
            .equals(bench.ask(question, engine="sql").tables["touchpoints"])
        )
        walked = flow(container=kind, starts_with="A")
        assert bench.ask(walked).tables["nodes"].equals(bench.ask(walked, engine="sql").tables["nodes"])
    assert on_disk == {path.name for path in (bench.generation.index_dir / "histories").iterdir()}


def test_columns_that_are_not_on_disk_are_read_from_the_table(tmp_path: Path) -> None:
    bench = bench_of(journeys(a="A@0=e1:web > B@1=e2 > C@2=e3:mail"), workspace=tmp_path)
    folder = bench.generation.index_dir / "columns"
    assert not (folder / "event_id.npy").exists()
    before = bench.index.column("channel")
    for path in folder.glob("channel.*"):
        path.unlink()
    again = JourneyIndex(bench.generation.index_dir, bench.generation.tables)
    assert again.column("channel").codes.tolist() == before.codes.tolist()
    assert again.column("channel").values.to_pylist() == before.values.to_pylist() == ["mail", "web"]
    assert again.column("event_id").values.to_pylist() == ["e1", "e2", "e3"]


def test_opening_reads_columns_when_they_are_asked() -> None:
    _, bench = company()
    index = JourneyIndex(bench.generation.index_dir, bench.generation.tables)
    assert isinstance(np.load(index.folder / "occurred_at.npy", mmap_mode="r"), np.memmap)
    assert index.column("event_type") is index.column("event_type")
    assert index.history("person") is index.history("person")


# --- formats -----------------------------------------------------------------------------------


def test_another_format_asks_for_a_reload(tmp_path: Path) -> None:
    bench = bench_of(journeys(a="A@0"), workspace=tmp_path)
    meta = bench.generation.index_dir / "meta.json"
    content = json.loads(meta.read_text())
    assert content["format"] == FORMAT
    meta.write_text(json.dumps(content | {"format": FORMAT + 1}))
    with pytest.raises(wb.WorkspaceError, match="reload needed"):
        wb.open(tmp_path)


@pytest.mark.parametrize("damage", ["gone", "empty"])
def test_a_damaged_index_is_an_error_of_ours(tmp_path: Path, damage: str) -> None:
    bench = bench_of(journeys(a="A@0"), workspace=tmp_path)
    if damage == "gone":
        shutil.rmtree(bench.generation.index_dir)
    else:
        (bench.generation.index_dir / "meta.json").write_text("")
    with pytest.raises(wb.WorkspaceError, match="reload"):
        wb.open(tmp_path)


# --- answers of small and empty companies ------------------------------------------------------


@pytest.mark.parametrize("cache", [True, False])
def test_the_cache_changes_no_answer(tmp_path: Path, cache: bool) -> None:
    bench_of(journeys(a="A@0 > B@1", b="A@0 > C@1 > B@2"), workspace=tmp_path).close()
    bench = wb.open(tmp_path, cache=cache)
    question = fallout("A", "+B", segments=[{"not": {"container": "account", "where": is_type("C")}}])
    answers = [bench.ask(question).tables["touchpoints"].to_dicts() for _ in range(3)]
    bench.forget()
    answers.append(bench.ask(question).tables["touchpoints"].to_dicts())
    assert all(answer == answers[0] for answer in answers)
    assert [row["value"] for row in answers[0]] == [1, 1, 1]


def test_the_plain_cache_keeps_nothing() -> None:
    cache = Cache()
    cache.put(("a",), 1, 1)
    assert cache.get(("a",)) is None


def test_a_company_without_events_answers_with_zeros() -> None:
    empty = journeys(a="A@0").clear()
    bench = bench_of(empty, accounts=pl.DataFrame({"account_id": ["a"]}))
    for engine in ("index", "sql"):
        found: list[Any] = (
            bench.ask(fallout("A", "B"), engine=engine).tables["touchpoints"]["value"].to_list()
        )
        assert found == [0, 0, 0]
        assert bench.ask(flow(starts_with="A"), engine=engine).tables["nodes"].is_empty()
