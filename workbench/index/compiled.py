"""Loops that numba compiles where it is installed (the extra `fast`); elsewhere NumPy does the same work.

Each function here has a NumPy twin at its only caller, and tests hold the two equal. They release the
interpreter lock and are compiled once; the machine code is kept on disk.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from workbench.index.kernels import Int64s, Ints

F = TypeVar("F", bound=Callable[..., Any])

njit: Any = None
with contextlib.suppress(ImportError):
    from numba import njit

AVAILABLE = njit is not None and os.environ.get("WORKBENCH_COMPILED", "1") != "0"
"""Whether compiled loops are used; `WORKBENCH_COMPILED=0` keeps to NumPy."""
UNLIMITED = 2**62


def _compiled(function: F) -> F:
    return function if njit is None else cast(F, njit(cache=True, nogil=True)(function))


@_compiled
def next_in_segments(values: Ints, low: Ints, high: Ints, after: Ints) -> Int64s:
    """First index of `values[low[i]:high[i]]` with a value above `after[i]`, `high[i]` without one."""
    found = np.empty(len(low), dtype=np.int64)
    for i in range(len(low)):
        at, end, limit = low[i], high[i], after[i]
        while at < end and values[at] <= limit:
            at += 1
        found[i] = at
    return found


@_compiled
def limited_step(
    q_position: Ints,
    q_time: Int64s,
    p_position: Ints,
    p_time: Int64s,
    p_container: Ints,
    starts: Int64s,
    within: int,
    after: int,
) -> tuple[Ints, Ints, Int64s, Int64s, Int64s, Int64s]:
    """Later matches reached inside time limits, by one walk along both sides.

    Returns index, position and time of reached later matches; and for each container that moved the
    index of its earliest source, of its first reached match, and its code.
    """
    hits = np.empty(len(p_position), dtype=np.int32)
    positions = np.empty(len(p_position), dtype=p_position.dtype)
    times = np.empty(len(p_position), dtype=np.int64)
    sources = np.empty(len(starts), dtype=np.int64)
    targets = np.empty(len(starts), dtype=np.int64)
    moved = np.empty(len(starts), dtype=np.int64)
    count = movers = 0
    ahead = 0
    last = -1
    for i in range(len(p_position)):
        position, time, container = p_position[i], p_time[i], p_container[i]
        begin = starts[container]
        while (
            ahead < len(q_position)
            and q_position[ahead] < position
            and (q_position[ahead] < begin or q_time[ahead] <= time - after)
        ):
            ahead += 1
        latest = ahead - 1
        if latest < 0 or q_position[latest] < begin or q_time[latest] < time - within:
            continue
        hits[count], positions[count], times[count] = i, position, time
        count += 1
        if container != last:
            last = container
            while latest > 0 and q_position[latest - 1] >= begin and q_time[latest - 1] >= time - within:
                latest -= 1
            sources[movers], targets[movers], moved[movers] = latest, i, container
            movers += 1
    reached = hits[:count], positions[:count], times[:count]
    return (*reached, sources[:movers], targets[:movers], moved[:movers])


@_compiled
def find_in_runs(item: Ints, wanted: int, sentinel: int) -> tuple[Int64s, Ints]:
    """Slots of the runs with one item, ascending, and for each a number of its container."""
    size = 0
    for slot in range(len(item)):
        size += item[slot] == wanted
    slots, group = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int32)
    count = number = 0
    for slot in range(len(item)):
        if item[slot] == sentinel:
            number += 1
        elif item[slot] == wanted:
            slots[count], group[count] = slot, number
            count += 1
    return slots, group


@_compiled
def path_items(item: Ints, slots: Int64s, step: int, columns: int, sentinel: int, over: int) -> Ints:
    """Items of every path, columns by paths: up to the sentinel, then `over`."""
    table = np.full((columns, len(slots)), over, dtype=item.dtype)
    for i in range(len(slots)):
        at = slots[i]
        for column in range(columns):
            at += step
            table[column, i] = item[at]
            if item[at] == sentinel:
                break
    return table


@_compiled
def count_codes(codes: Ints, size: int) -> Int64s:
    """How often each code from 0 to size-1 occurs; others are left out."""
    counts = np.zeros(size, dtype=np.int64)
    for code in codes:
        if 0 <= code < size:
            counts[code] += 1
    return counts


@_compiled
def count_links(
    near: Ints, far: Ints, near_number: Ints, far_number: Ints, beside: int, group: Ints, width: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Paths and distinct groups by pair of node numbers, and distinct groups by second number.

    `near_number[code + beside]` is the node of a code, `width` for none. Equal groups stand side by side.
    """
    paths = np.zeros((width + 1, width + 1), dtype=np.int64)
    groups = np.zeros((width + 1, width + 1), dtype=np.int64)
    seconds = np.zeros(width + 1, dtype=np.int64)
    last_pair = np.full((width + 1, width + 1), -1, dtype=np.int64)
    last_second = np.full(width + 1, -1, dtype=np.int64)
    for i in range(len(near)):
        a, b, number = near_number[near[i] + beside], far_number[far[i] + beside], group[i]
        paths[a, b] += 1
        if last_pair[a, b] != number:
            last_pair[a, b] = number
            groups[a, b] += 1
            if a < width and last_second[b] != number:
                last_second[b] = number
                seconds[b] += 1
    return paths[:width, :width], groups[:width, :width], seconds[:width]


@_compiled
def cells_of(time: Int64s, container: Ints, edges: Int64s, buckets: Ints, bucket: int) -> tuple[Int64s, int]:
    """Cell container · periods + period of each event, -1 outside; and how many lie in a period.

    `buckets` gives the period in which each bucket of 2**bucket microseconds begins.
    """
    cells = np.empty(len(time), dtype=np.int64)
    width, inside = len(edges) - 1, 0
    for i in range(len(time)):
        moment = time[i]
        if moment < edges[0] or moment >= edges[width]:
            cells[i] = -1
            continue
        period = buckets[(moment - edges[0]) >> bucket]
        cells[i] = container[i] * np.int64(width) + period + (moment >= edges[period + 1])
        inside += 1
    return cells, inside
