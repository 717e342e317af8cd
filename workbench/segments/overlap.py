"""How segments overlap: every region of up to three, each with its members."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from workbench.errors import SpecError
from workbench.segments.bench import Bench
from workbench.segments.members import asked, member_ids

MOST = 3
"""Most sets whose regions can be told apart in a picture."""


@dataclass(frozen=True)
class Overlap:
    """Sets of containers and their regions."""

    container: str
    labels: tuple[str, ...]
    sizes: tuple[int, ...]
    """Size of each set."""
    regions: pl.DataFrame
    """Column `region`, a text such as `A + B`, one truth per label, and `size`: those in exactly these."""
    _ids: Mapping[tuple[bool, ...], list[str]] = field(repr=False)
    _bench: Bench = field(repr=False)

    def members(self, inside: Collection[str]) -> pl.DataFrame:
        """Containers in exactly the sets with these labels: `<container>_id, name`, sorted by id."""
        if unknown := sorted(set(inside) - set(self.labels)):
            raise SpecError(f"{unknown[0]!r} is none of the sets: {', '.join(self.labels)}", "inside")
        key = tuple(label in inside for label in self.labels)
        return self._bench.named(self.container, self._ids.get(key, []))


def overlap(bench: Bench, what: tuple[Any, ...], container: str | None = None) -> Overlap:
    """The regions of one to three segments or conditions, counted as one kind of container.

    Without `container` as that of the first. Raises SpecError.
    """
    if not 1 <= len(what) <= MOST:
        raise SpecError(f"one to {MOST} segments can overlap; found {len(what)}", "segments")
    questions = [asked(bench, one, container) for one in what]
    kind = container or questions[0].own
    labels = distinct_labels([one.label for one in questions])
    sets = [set(member_ids(bench, one, kind)) for one in what]
    ids: dict[tuple[bool, ...], list[str]] = {}
    for one in sorted(set.union(*sets)):
        ids.setdefault(tuple(one in members for members in sets), []).append(one)
    rows = []
    for key in itertools.product((True, False), repeat=len(labels)):
        if any(key):
            inside = dict(zip(labels, key, strict=True))
            region = " + ".join(label for label in labels if inside[label])
            rows.append({"region": region, **inside, "size": len(ids.get(key, []))})
    schema = {"region": pl.String, **dict.fromkeys(labels, pl.Boolean), "size": pl.Int64}
    return Overlap(kind, labels, tuple(map(len, sets)), pl.DataFrame(rows, schema=schema), ids, bench)


def distinct_labels(names: list[str]) -> tuple[str, ...]:
    """Names as they are, `A`, `B`, `C` where there is none, and numbered where two are equal.

    >>> distinct_labels(["Buyers", "", "Buyers"])
    ('Buyers', 'B', 'Buyers 3')
    """
    labels: list[str] = []
    for place, name in enumerate(names):
        label = name or "ABC"[place]
        labels.append(f"{label} {place + 1}" if label in (*labels, "region", "size") else label)
    return tuple(labels)
