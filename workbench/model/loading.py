"""What a load hands from house to house: staged rows, and word of its progress.

`sources` turns files into staged Parquet parts; `workspace` turns parts into the tables of a generation.
Neither knows the other: both know this.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from workbench.model.resolving import Resolve

POLL_SECONDS = 0.5
"""How often a long statement reports; at least one report a second reaches the reader."""


@dataclass(frozen=True)
class Progress:
    """How far one step of a load is."""

    step: str
    """What is being done, in words: `reading web_events`, `sorting events`."""
    rows: int
    """Rows done so far; an estimate while a statement runs."""
    total: int | None
    """Rows to do, where known."""
    seconds: float
    """Time since the step began."""

    @property
    def rows_per_second(self) -> float:
        """Mean speed of the step."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left at the mean speed; None while unknown."""
        if self.total is None or self.rows_per_second <= 0:
            return None
        return max(self.total - self.rows, 0) / self.rows_per_second


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class StagedPart:
    """One Parquet file of staged rows for one canonical table.

    Its columns are canonical columns in their canonical types, any extra columns, and `row` (BIGINT): the
    order of the rows within the part, unique there. A column `_source_row` is ignored.
    """

    table: str
    source: str
    path: Path
    row_base: int = 0
    """Added to `row`, so that rows of all parts of a table are unique and in source order."""
    day_precision: bool = False
    """Events whose time is a day: their order within the day is a convention."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column → column of the file, for files used as they are; empty: the names are canonical
    already. Such files need no `row`: the position in the file serves."""
    relation: str = ""
    """Name of a relation on the connection that takes the place of the file."""


@dataclass(frozen=True)
class Staged:
    """Everything assembling needs from the sources."""

    parts: tuple[StagedPart, ...]
    audit: dict[str, Any] = field(default_factory=dict)
    """Per source: rows read, kept, repaired, rejected with reasons and samples."""
    data_until: int | None = None
    """Declared horizon in UTC microseconds; None: the latest plausible event."""
    rejected: tuple[Path, ...] = ()
    """Parquet files with rejected rows and repaired cells."""
    controls: tuple[dict[str, Any], ...] = ()
    """Totals known from elsewhere: `name, table, metric, where, time, from, to, expected, tolerance`."""
    resolve: Resolve | None = None
    """How events find their account, where the manifest says it."""
    state: dict[str, Any] = field(default_factory=dict)
    """What the next load must know: kept in the generation, opaque to the workspace."""


@contextlib.contextmanager
def steady(report: Report | None) -> Iterator[Report | None]:
    """A report that is heard at least once a second, also while a step says nothing: its last word is
    repeated."""
    if report is None:
        yield None
        return
    listener, lock, stopped = report, threading.Lock(), threading.Event()
    last: list[tuple[Progress, float]] = []

    def tell(progress: Progress) -> None:
        with lock:
            last[:] = [(progress, time.monotonic())]
            listener(progress)

    def repeat() -> None:
        while not stopped.wait(POLL_SECONDS):
            with lock:
                if last and time.monotonic() - last[0][1] >= POLL_SECONDS:
                    silent = time.monotonic() - last[0][1]
                    listener(replace(last[0][0], seconds=last[0][0].seconds + silent))

    clock = threading.Thread(target=repeat, name="progress", daemon=True)
    clock.start()
    try:
        yield tell
    finally:
        stopped.set()
        clock.join()


def step_teller(report: Report | None) -> Callable[[str], None]:
    """Tells the beginning of a step whose rows are not counted."""
    return lambda step: report(Progress(step, 0, None, 0.0)) if report is not None else None


class Runs(Protocol):
    """The part of a DuckDB connection that `run` uses."""

    def execute(self, query: Any, /) -> Any:
        """Run one statement."""

    def query_progress(self) -> float:
        """Percent of the running statement, -1 while unknown."""

    def interrupt(self) -> None:
        """Stop the running statement."""


def run(
    connection: Runs, sql: str, *, step: str, rows: int | None = None, report: Report | None = None
) -> None:
    """Run one long statement and report about twice a second, and once at its end."""
    if report is None:
        connection.execute(sql)
        return
    started = time.monotonic()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute(sql)
        except BaseException as problem:  # handed to the caller's thread below
            problems.append(problem)

    worker = threading.Thread(target=work, name=step)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(POLL_SECONDS)
            share = max(connection.query_progress(), 0.0) / 100 if worker.is_alive() else 1.0
            report(Progress(step, int(share * (rows or 0)), rows, time.monotonic() - started))
    except BaseException:
        connection.interrupt()
        worker.join()
        raise
    if problems:
        raise problems[0]
