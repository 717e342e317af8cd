"""Runs: consecutive elements of a container with the same item, the ground of flow.

All runs of all containers lie end to end in **slots**, with one sentinel before each container and one
at the end; the sentinel serves as Exit and as Entry, so the k-th next item is one `take` at slot + k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.index import compiled
from workbench.index.kernels import Bools, Int64s, Ints

SENTINEL = -1


@dataclass(frozen=True, eq=False)
class Runs:
    """Items of runs by slot, `SENTINEL` between containers."""

    item: Ints
    first: Ints
    """Position of the run's first event; undefined at sentinels."""
    last: Ints
    """Position of the run's last event; undefined at sentinels."""


def make_runs(positions: Int64s, items: Ints, container: Ints, *, collapse: bool = True) -> Runs:
    """Runs of elements given by ascending position, with their items and containers.

    Without `collapse` every element is a run of its own.
    """
    return _laid_out(positions, positions, items, container, collapse=collapse)


def without_items(runs: Runs, dropped: Bools) -> Runs:
    """The runs that are left without some items (a flag by code), joined where equal ones now meet."""
    if compiled.AVAILABLE:
        return Runs(*compiled.runs_without(runs.item, runs.first, runs.last, dropped, SENTINEL))
    kept = np.flatnonzero(~np.append(dropped, True).take(runs.item))
    container = np.cumsum(runs.item == SENTINEL).take(kept)
    item = runs.item.take(kept)
    return _laid_out(runs.first.take(kept), runs.last.take(kept), item, container, collapse=True)


def _laid_out(firsts: Ints, lasts: Ints, items: Ints, container: Ints, *, collapse: bool) -> Runs:
    """Slots of runs that begin and end at these positions; neighbours with one item are joined."""
    if not len(firsts):
        nothing = np.empty(0, dtype=np.int32)
        return Runs(np.full(1, SENTINEL, dtype=items.dtype), nothing, nothing)
    new_container = np.concatenate(([True], container[1:] != container[:-1]))
    if collapse:
        begins = np.flatnonzero(new_container | np.concatenate(([True], items[1:] != items[:-1])))
    else:
        begins = np.arange(len(firsts), dtype=np.int64)
    ends = np.concatenate((begins[1:], [len(firsts)])) - 1
    slots = np.cumsum(new_container.take(begins)) + np.arange(len(begins))
    size = int(slots[-1]) + 2
    item = np.full(size, SENTINEL, dtype=items.dtype)
    item[slots] = items.take(begins)
    first, last = np.zeros(size, dtype=np.int32), np.zeros(size, dtype=np.int32)
    first[slots] = firsts.take(begins)
    last[slots] = lasts.take(ends)
    return Runs(item, first, last)
