"""What a load hands from house to house: staged rows, and word of its progress.

`sources` turns files into staged Parquet parts; `workspace` turns parts into the tables of a generation. Neither
knows the other: both know this.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

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

    Its columns are canonical columns in their canonical types, any extra columns, and `row` (BIGINT): the order of the
    rows within the part, unique there. A column `_source_row` is ignored.
    """

    table: str
    source: str
    path: Path
    row_base: int = 0
    """Added to `row`, so that rows of all parts of a table are unique and in source order."""
    day_precision: bool = False
    """Events whose time is a day: their order within the day is a convention."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column → column of the file, for files used as they are; empty: the names are canonical already.
    Such files need no `row`: the position in the file serves."""
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
    state: dict[str, Any] = field(default_factory=dict)
    """What the next load must know: kept in the generation, opaque to the workspace."""


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
