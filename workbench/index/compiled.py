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
UNLIMITED = 2**61
"""Microseconds beyond every time."""


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
    p_bounds: Ints,
    ends: Int64s,
    within: int,
    after: int,
) -> tuple[Ints, Int64s, Int64s, Int64s, Int64s]:
    """Later matches reached inside time limits, by one walk along both sides.

    `p_bounds` says where the later matches of each container begin. Returns position and time of reached
    later matches; and for each container that moved the index of its earliest source, of its first
    reached match among those returned, and its code.
    """
    # written before it is known whether it stays: without branches the walk never waits for a guess
    positions = np.empty(len(p_position) + 1, dtype=p_position.dtype)
    times = np.empty(len(p_position) + 1, dtype=np.int64)
    sources = np.empty(len(ends), dtype=np.int64)
    firsts = np.empty(len(ends), dtype=np.int64)
    moved = np.empty(len(ends), dtype=np.int64)
    count = movers = ahead = 0
    for container in range(len(ends)):
        own = q_end = ahead
        while q_end < len(q_position) and q_position[q_end] < ends[container]:
            q_end += 1
        i, end, before, last_time = p_bounds[container], p_bounds[container + 1], count, -UNLIMITED
        while i < end and ahead < q_end:
            position, time, q_now = p_position[i], p_time[i], q_time[ahead]
            step = (q_position[ahead] < position) & (q_now <= time - after)
            last_time = q_now if step else last_time
            positions[count], times[count] = position, time
            count += (not step) & (time - last_time <= within)
            ahead += step
            i += not step
        while i < end:
            positions[count], times[count] = p_position[i], p_time[i]
            count += p_time[i] - last_time <= within
            i += 1
        ahead = q_end
        if count > before:
            source, limit = own, times[before] - within
            while q_time[source] < limit:
                source += 1
            sources[movers], firsts[movers], moved[movers] = source, before, container
            movers += 1
    return positions[:count], times[:count], sources[:movers], firsts[:movers], moved[:movers]


@_compiled
def find_in_runs(item: Ints, wanted: int, sentinel: int, most: int) -> tuple[Int64s, Ints]:
    """Slots of the at most `most` runs with one item, ascending, and for each a number of its container."""
    slots, group = np.empty(most + 1, dtype=np.int64), np.empty(most + 1, dtype=np.int32)
    count = number = 0
    for slot in range(len(item)):
        slots[count], group[count] = slot, number
        count += item[slot] == wanted
        number += item[slot] == sentinel
    return slots[:count], group[:count]


@_compiled
def path_items(
    item: Ints, slots: Int64s, step: int, columns: int, sentinel: int, over: int, codes: int
) -> tuple[Ints, Int64s]:
    """Items of every path, columns by paths, up to the sentinel, then `over`; paths by column and code."""
    table = np.full((columns, len(slots)), over, dtype=item.dtype)
    counts = np.zeros((columns, codes), dtype=np.int64)
    for i in range(len(slots)):
        at = slots[i]
        for column in range(columns):
            at += step
            code = item[at]
            table[column, i] = code
            if code == sentinel:
                break
            counts[column, code] += 1
    return table, counts


@_compiled
def link_unions(
    near: Ints, far: Ints, near_number: Ints, far_number: Ints, beside: int, group: Ints, bits: Ints
) -> tuple[Int64s, Ints]:
    """Paths by pair of node numbers, and for each group the union of its pairs' bits.

    `near_number[code + beside]` is the node of a code, `bits` has a word for each pair of nodes. Equal
    groups stand side by side.
    """
    paths = np.zeros(bits.shape, dtype=np.int64)
    unions = np.zeros(len(near), dtype=np.uint64)
    count = 0
    for i in range(len(near)):
        a, b = near_number[near[i] + beside], far_number[far[i] + beside]
        paths[a, b] += 1
        count += i > 0 and group[i] != group[i - 1]
        unions[count] |= bits[a, b]
    return paths, unions[: count + (len(near) > 0)]


@_compiled
def count_links(
    near: Ints, far: Ints, near_number: Ints, far_number: Ints, beside: int, group: Ints, width: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Paths and distinct groups by pair of node numbers, and distinct groups by second number.

    `near_number[code + beside]` is the node of a code, `width` for none. Equal groups stand side by side.
    """
    side = width + 1
    paths = np.zeros(side * side, dtype=np.int64)
    groups = np.zeros(side * side, dtype=np.int64)
    seconds = np.zeros(side, dtype=np.int64)
    last_pair = np.full(side * side, -1, dtype=np.int32)
    last_second = np.full(side, -1, dtype=np.int32)
    for i in range(len(near)):
        a, b, number = np.int64(near_number[near[i] + beside]), far_number[far[i] + beside], group[i]
        pair = a * side + b
        paths[pair] += 1
        if last_pair[pair] != number:
            last_pair[pair] = number
            groups[pair] += 1
            if a < width and last_second[b] != number:
                last_second[b] = number
                seconds[b] += 1
    square = paths.reshape(side, side)[:width, :width], groups.reshape(side, side)[:width, :width]
    return (*square, seconds[:width])


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
