"""Killed loads: at any moment the last whole generation opens, and the next load works."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.workspace.loading import load, rows
from workbench.index.store import JourneyIndex
from workbench.workspace import STEPS, Workspace

SEED = 20240229
MANIFEST = {
    "source": [
        {
            "name": "clicks",
            "files": "*.csv",
            "tables": {"accounts": {"account_id": "account"}},
            "events": [
                {"event_type": "kind", "occurred_at": "time", "account_id": "account", "person_id": "account"}
            ],
        }
    ]
}


def put(data: Path, number: int, size: int = 20) -> None:
    data.mkdir(exist_ok=True)
    lines = [f"a,2024-01-01 00:{number % 60:02d}:{line % 60:02d},{number}-{line}" for line in range(size)]
    (data / f"{number:04d}.csv").write_text("\n".join(["kind,time,account", *lines]) + "\n")


def work(data: Path, folder: Path, stop_after: str) -> None:
    """Runs in its own process, which may die of it."""
    os.environ["WORKBENCH_STOP_AFTER"] = stop_after
    load(MANIFEST, data, folder)


def start(data: Path, folder: Path, stop_after: str = "") -> BaseProcess:
    """A process that loads; forked from a server that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.workspace.loading"])
    process = context.Process(target=work, args=(data, folder, stop_after))
    process.start()
    return process


def events(folder: Path) -> int:
    """Events of the current generation, read from its tables."""
    generation = Workspace(folder).open()
    counted = rows(generation, "SELECT count(*) FROM {events}")[0][0]
    assert counted == generation.meta["rows"]["events"]
    assert JourneyIndex(generation.index_dir, generation.tables).rows == counted
    assert generation.audit["sources"]["clicks"]["kept"]["events"] == counted
    return int(counted)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_each_step(step: str, tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, 1)
    load(MANIFEST, data, folder)
    put(data, 2)
    process = start(data, folder, step)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    published = step in STEPS[STEPS.index("published") :]
    assert events(folder) == (40 if published else 20)
    put(data, 3)
    load(MANIFEST, data, folder)
    assert events(folder) == 60
    leftovers = [path.name for path in (folder / "generations").iterdir() if not path.name.isdigit()]
    assert leftovers == []


def test_the_first_load_may_die_too(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, 1)
    start(data, folder, "renamed").join(60)
    assert Workspace(folder).current is None
    load(MANIFEST, data, folder)
    assert events(folder) == 20


def killed_at_random(tmp_path: Path, times: int, size: int) -> None:
    """Every round adds a file, starts a load and kills it; every load works on what the killed one left."""
    chance = random.Random(SEED)
    data, folder = tmp_path / "data", tmp_path / "ws"
    put(data, 0, size)
    load(MANIFEST, data, folder)
    put(data, 1, size)
    began = time.monotonic()
    process = start(data, folder)
    process.join(120)
    assert process.exitcode == 0
    whole, known, killed = time.monotonic() - began, 2, 0
    for number in range(2, times + 2):
        put(data, number, size)
        process = start(data, folder)
        process.join(chance.uniform(0.02, whole))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        found, rest = divmod(events(folder), size)
        assert rest == 0
        assert known <= found <= number + 1, f"seed {SEED}, round {number}"
        known = found
    assert killed >= times // 2
    load(MANIFEST, data, folder)
    assert events(folder) == size * (times + 2)
    assert len(list((folder / "generations").iterdir())) == 2


def test_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    killed_at_random(tmp_path, times=50, size=5)


@pytest.mark.deep
def test_killed_at_many_random_moments(tmp_path: Path) -> None:
    killed_at_random(tmp_path, times=300, size=5_000)
