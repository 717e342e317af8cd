"""How the command line writes: words to stderr, pages of tables to stdout, how far a load is."""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import polars as pl

    from workbench.api import Workbench
    from workbench.model.loading import Progress

PAUSE_SECONDS = 0.4
"""Between two lines of progress where there is no terminal; a load tells how far it is twice a second."""
WIDE = 1000
"""Columns of a page that is no terminal: tables are never cut."""


def say(text: str, style: str = "") -> None:
    """Narration: to stderr, as it is."""
    Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True).print(text, style=style)


def open_page() -> Console:
    """Where tables are laid out: as wide as the terminal, or as wide as they need."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def headline(page: Console, bench: Workbench, more: str = "") -> None:
    """Whose page this is."""
    page.print(f"{bench.name}, data version {bench.data_version}{more}\n")


def numeric_columns(frame: pl.DataFrame) -> set[int]:
    """Places of the columns of numbers."""
    return {n for n, kind in enumerate(frame.dtypes) if kind.is_numeric()}


def sheet(
    page: Console,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Iterable[Any]],
    *,
    numeric: set[int] | None = None,
) -> None:
    """A titled table; columns of numbers are aligned right. Nothing where there are no rows."""
    listed = [list(row.values()) if isinstance(row, Mapping) else list(row) for row in rows]
    if not listed:
        return
    if numeric is None:
        numeric = {n for n, values in enumerate(zip(*listed, strict=True)) if all(map(_is_number, values))}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        heading = column.removesuffix("_seconds").replace("_", " ")
        table.add_column(heading, justify="right" if number in numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_cell(column, value) for column, value in zip(columns, row, strict=True)))
    page.print(title, style="bold")
    page.print(table)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _cell(column: str, value: Any) -> str:
    """A value as people read it; control characters never reach the terminal."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        if column.endswith("_seconds"):
            return span(float(value))
        if "percent" in column and "base" not in column:
            return f"{value:.1f}"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".removesuffix(".00")
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "".join(letter if letter.isprintable() else "�" for letter in str(value))


def span(seconds: float) -> str:
    """Length of time in its natural unit.

    >>> span(0.25), span(90), span(86_400 * 34.2)
    ('0.2 s', '1.5 min', '34.2 d')
    """
    for size, unit in ((172_800, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / (86_400 if unit == 'd' else size):,.1f} {unit}"
    return f"{seconds:.1f} s"


def local(moment: datetime.datetime | None, zone: datetime.tzinfo) -> datetime.datetime | None:
    """A stored time (UTC) on the clocks of a zone."""
    return None if moment is None else moment.replace(tzinfo=datetime.UTC).astimezone(zone)


def day(moment: datetime.datetime | None, zone: datetime.tzinfo) -> str:
    """The local day of a stored time; a dash for none."""
    there = local(moment, zone)
    return "–" if there is None else f"{there:%Y-%m-%d}"


def as_json(value: Any) -> str:
    """Indented JSON; dates as ISO text, decimals as numbers."""
    return json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return list(value)


@contextmanager
def progress() -> Iterator[Callable[[Progress], None]]:
    """Where to tell how far work is: one moving line on a terminal, else lines with a pause between them."""
    if sys.stderr.isatty():
        with Console(stderr=True, markup=False, emoji=False).status("starting") as status:
            yield lambda progress: status.update(_progress_line(progress))
        return
    told = [time.monotonic()]

    def tell(progress: Progress) -> None:
        if time.monotonic() - told[0] >= PAUSE_SECONDS:
            told[0] = time.monotonic()
            say(_progress_line(progress))

    yield tell


def _progress_line(progress: Progress) -> str:
    """`reading events · 1,200,000 of 3,000,000 rows (40 %) · 800,000 rows/s · 2 s left`."""
    step, in_bytes = progress.step.removesuffix(" (bytes)"), progress.step.endswith(" (bytes)")
    unit, size = ("MB", 1_000_000) if in_bytes else ("rows", 1)
    parts = [step]
    if progress.total:
        share = 100 * progress.rows // progress.total
        parts.append(f"{progress.rows // size:,} of {progress.total // size:,} {unit} ({share} %)")
    elif progress.rows:
        parts.append(f"{progress.rows // size:,} {unit}")
    if progress.rows:
        parts.append(f"{progress.rows_per_second / size:,.0f} {unit}/s")
    if progress.seconds_left and progress.rows < (progress.total or 0):
        parts.append(f"{span(progress.seconds_left)} left")
    return " · ".join(parts)
