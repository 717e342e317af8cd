"""The reference SQL of the peers: both give the same numbers, in each of their ways."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.benchmarks import answers, data, peers
from tests.benchmarks.questions import QUESTIONS, Question

EVENTS = 20_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data and the peers' tables."""
    folder = tmp_path_factory.mktemp("bench")
    data.write(folder / "data", EVENTS)
    peers.prepare(folder / "data", folder / "layouts")
    return folder


@pytest.fixture(scope="module")
def duck(home: Path) -> peers.Peer:
    """DuckDB, loaded."""
    return loaded("duckdb", home)


@pytest.fixture(scope="module")
def house(home: Path) -> peers.Peer:
    """chDB, loaded, where it is installed."""
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("chdb is not installed")
    return loaded("chdb", home)


def loaded(name: str, home: Path) -> peers.Peer:
    peer = peers.PEERS[name]()
    peer.load(home / "layouts", home / name)
    peer.open(home / name)
    return peer


def all_answers(peer: peers.Peer, question: Question) -> dict[str, answers.Answer]:
    ways = peer.ways(question).items()
    return {way: answers.from_peer(question, peer.rows(script)) for way, script in ways}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_ways_of_duckdb_agree(duck: peers.Peer, question: Question) -> None:
    first, *others = all_answers(duck, question).values()
    assert first
    for other in others:
        assert answers.differences(first, other) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_chdb_agrees_with_duckdb(duck: peers.Peer, house: peers.Peer, question: Question) -> None:
    expected = next(iter(all_answers(duck, question).values()))
    for way, answer in all_answers(house, question).items():
        assert answers.differences(expected, answer) == [], way


def test_the_data_are_the_same_every_time(home: Path, tmp_path: Path) -> None:
    again = data.write(tmp_path / "again", EVENTS)
    for name in data.FILES:
        assert (again / f"{name}.parquet").read_bytes() == (home / "data" / f"{name}.parquet").read_bytes()
