"""A synthetic B2B company with known truth: records as CSV, events as Parquet, and what was planted as JSON.

The company (accounts, persons, funnel, deals, campaign effect) depends on `accounts` and `seed` alone;
`events` only sets how much web, mail and advertising surrounds it. Blocks of accounts are drawn and written
one after the other, from streams of their own, so memory does not grow with the size.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> truth = generate(Path(mkdtemp()), accounts=50, events=5_000, seed=1)
    >>> truth["rows"]["events"], truth["campaign"]["name"]
    (5000, 'Spring Webinar Series')
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workbench.errors import SourceError
from workbench.sources.synthetic.activity import Background, Rows, repeats, soil, stack, story
from workbench.sources.synthetic.catalogue import Catalogue
from workbench.sources.synthetic.company import BLOCK, Block, Company
from workbench.sources.synthetic.export import EventFile, RecordFiles
from workbench.sources.synthetic.machines import Filters
from workbench.sources.synthetic.records import record_tables
from workbench.sources.synthetic.times import Ints, stream
from workbench.sources.synthetic.truth import Truth

__all__ = ["generate"]

SLICE = 1 << 19
"""Events drawn and written together; bounds memory."""
FEWEST_EVENTS = 20
"""Per account: the story of funnel and deals alone takes about half of that."""


def generate(
    out: Path,
    *,
    accounts: int = 3000,
    events: int = 300_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write the company into the folder `out` (made if missing, files replaced) and return its truth.

    `progress` is called with (events written, events asked for). Raises SourceError for sizes that cannot be
    drawn.
    """
    _check(accounts, events, seed)
    out.mkdir(parents=True, exist_ok=True)
    company, catalogue, truth = Company(accounts, seed), Catalogue(), Truth()
    with RecordFiles(out) as records, EventFile(out / "events.parquet", catalogue) as file:
        records.write(catalogue.tables)
        for number in range(-(-accounts // BLOCK)):
            block = company.block(number)
            truth.add_block(block)
            records.write(record_tables(block))
            done = block.accounts.first + len(block.accounts)
            due = events * done // accounts - file.rows
            for rows, repeated in _slices(block, catalogue, due, (seed, number)):
                truth.add_rows(rows, repeated, catalogue.in_person)
                file.write(rows, repeated, file.ids_of(block))
                if progress:
                    progress(file.rows, events)
        rows_written = {**records.rows, "events": file.rows}
    document = truth.document(accounts, events, seed, rows_written)
    (out / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return document


def _check(accounts: int, events: int, seed: int) -> None:
    if accounts < 1:
        raise SourceError(f"a company needs at least 1 account; found accounts={accounts}")
    if events < FEWEST_EVENTS * accounts:
        raise SourceError(
            f"{accounts} accounts need at least {FEWEST_EVENTS * accounts} events; found events={events}"
        )
    if seed < 0:
        raise SourceError(f"the seed is 0 or greater; found seed={seed}")


def _slices(
    block: Block, catalogue: Catalogue, count: int, place: tuple[int, int]
) -> Iterator[tuple[Rows, Ints]]:
    """The events of one block, `count` rows with the repeated ones (more only if the story alone is longer).

    Each slice is drawn from its own stream; the first one holds the story.
    """
    background = Background(block, catalogue, Filters.of(len(block.accounts), place))
    slices = max(1, -(-count // SLICE))
    for number in range(slices):
        rng = stream(*place, 2 + number)
        due = max(0, count // (slices - number))
        told = [story(block, catalogue, stream(*place, 1))] if number == 0 else []
        drawn = background.slice(due - repeats(due) - sum(len(rows["time"]) for rows in told), number, rng)
        rows, repeated = soil(stack([*told, drawn]), due, rng)
        count -= len(rows["time"]) + len(repeated)
        yield rows, repeated
