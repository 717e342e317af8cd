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
BLOCK = 256
"""Containers walked at a time, so that what lies between two walks stays in the processor's cache."""


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
def ranks(values: Ints, wanted: Ints) -> Ints:
    """How many of `values` lie below each of `wanted`; both ascend.

    A walk along both sides waits for every comparison before it knows where the next one is. So there are
    two walks, one for each half of `wanted`, and each looks four values ahead.
    """
    found = np.empty(len(wanted), dtype=np.int32)
    size, end, half = len(values), len(wanted), len(wanted) // 2
    i, a, j, b = 0, 0, half, 0
    if end:
        b = np.searchsorted(values, wanted[half])
    while i < half and j < end and a + 4 <= size and b + 4 <= size:
        first = second = 0
        for ahead in range(4):
            first += values[a + ahead] < wanted[i]
            second += values[b + ahead] < wanted[j]
        a += first
        b += second
        found[i], found[j] = a, b
        i += first < 4
        j += second < 4
    for at, rank, stop in ((i, a, half), (j, b, end)):
        while at < stop:
            while rank < size and values[rank] < wanted[at]:
                rank += 1
            found[at] = rank
            at += 1
    return found


@_compiled
def limited_step(
    q_position: Ints,
    q_time: Int64s,
    q_bounds: Ints,
    p_position: Ints,
    p_time: Int64s,
    p_bounds: Ints,
    within: int,
    after: int,
) -> tuple[Ints, Int64s, Ints]:
    """Later matches reached inside time limits: positions, times, and where those of each container begin.

    The bounds say where the matches of each container begin on either side.
    """
    # written before it is known whether it stays: without branches nothing waits for a guess
    positions = np.empty(len(p_position), dtype=p_position.dtype)
    times = np.empty(len(p_position), dtype=np.int64)
    bounds = np.empty_like(p_bounds)
    count, containers = 0, len(p_bounds) - 1
    for low in range(0, containers, BLOCK):
        high = min(low + BLOCK, containers)
        q_low, p_low = q_bounds[low], p_bounds[low]
        before = ranks(q_position[q_low : q_bounds[high]], p_position[p_low : p_bounds[high]])
        for container in range(low, high):
            bounds[container] = count
            begin = allowed = q_bounds[container]
            for i in range(p_bounds[container], p_bounds[container + 1]):
                latest, time = q_low + before[i - p_low], p_time[i]
                if after:
                    while allowed < latest and q_time[allowed] <= time - after:
                        allowed += 1
                    latest = allowed
                positions[count], times[count] = p_position[i], time
                count += latest > begin and time - q_time[latest - 1] <= within
    bounds[containers] = count
    return positions[:count], times[:count], bounds


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
def runs_without(
    item: Ints, first: Ints, last: Ints, dropped: Ints, sentinel: int
) -> tuple[Ints, Ints, Ints]:
    """Runs (with their first and last positions) that are left without the items flagged in `dropped`."""
    left, firsts, lasts = np.empty_like(item), np.zeros_like(first), np.zeros_like(last)
    count = 0
    for slot in range(len(item)):
        code = item[slot]
        if code != sentinel and dropped[code]:
            continue
        if count == 0 or left[count - 1] != code:
            left[count], firsts[count] = code, first[slot] if code != sentinel else 0
            count += 1
        if code != sentinel:
            lasts[count - 1] = last[slot]
    return left[:count], firsts[:count], lasts[:count]


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


@_compiled
def distinct_pairs(group: Ints, key: Ints, keys: int) -> tuple[Ints, Ints]:
    """The distinct (group, key) pairs in the order they first occur; equal groups stand side by side."""
    last = np.full(keys, -1, dtype=np.int64)
    groups, found = np.empty(len(group) + 1, dtype=group.dtype), np.empty(len(group) + 1, dtype=key.dtype)
    count = 0
    for i in range(len(group)):
        groups[count], found[count] = group[i], key[i]
        count += last[key[i]] != group[i]
        last[key[i]] = group[i]
    return groups[:count], found[:count]


@_compiled
def periods_of(time: Int64s, edges: Int64s, buckets: Ints, bucket: int) -> Ints:
    """Period of each time, as many as there are periods where it lies in none.

    `buckets` gives the period in which each bucket of 2**bucket microseconds begins.
    """
    number = np.empty(len(time), dtype=np.int32)
    periods = len(edges) - 1
    for i in range(len(time)):
        moment = time[i]
        if moment < edges[0] or moment >= edges[periods]:
            number[i] = periods
            continue
        period = buckets[(moment - edges[0]) >> bucket]
        number[i] = period + (moment >= edges[period + 1])
    return number


@_compiled
def first_in_ranges(codes: Ints, low: Ints, high: Ints, none: int) -> tuple[Int64s, Ints]:
    """The distinct codes of each range of positions in order, as range and code; `none` is no code."""
    size = 0
    for i in range(len(low)):
        size += high[i] - low[i]
    owner, item = np.empty(size + 1, dtype=np.int64), np.empty(size + 1, dtype=codes.dtype)
    last = np.full(none + 1, -1, dtype=np.int64)
    count = 0
    for i in range(len(low)):
        last[none] = i
        for position in range(low[i], high[i]):
            code = codes[position]
            owner[count], item[count] = i, code
            count += last[code] != i
            last[code] = i
    return owner[:count], item[:count]
