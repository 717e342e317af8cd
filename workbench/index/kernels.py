"""Array kernels shared by the index and the analyses: exact, allocation-aware, no Python loops over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
"""Whole numbers of any width."""
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_CELLS = 1 << 27
"""Largest scratch table of `first_of_each` (512 MB of int32, touched only where written)."""


def code_dtype(items: int) -> np.dtype[Any]:
    """Smallest signed integer that holds codes 0 … items-1 and -1 for no value."""
    for kind in (np.int8, np.int16, np.int32):
        if items <= np.iinfo(kind).max:
            return np.dtype(kind)
    raise OverflowError(f"{items:,} distinct values are more than an index column holds")


def bisect_segments(values: Ints, low: Ints, high: Ints, wanted: Ints, *, right: bool = False) -> Int64s:
    """Binary search inside many sorted slices at once.

    For each i the insertion point of `wanted[i]` in `values[low[i]:high[i]]`, as a position in
    `values`; `right` goes behind equal values. Slices may be empty.
    """
    low, high = np.asarray(low, np.int64), np.asarray(high, np.int64)
    if not len(low) or not len(values):
        return low
    top = len(values) - 1
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        found = values.take(np.minimum(middle, top))
        before = (found <= wanted) if right else (found < wanted)
        searching = low < high
        low = np.where(searching & before, middle + 1, low)
        high = np.where(searching & ~before, middle, high)
    return low


def place(ascending: Ints, wanted: Ints, *, right: bool = False) -> Int64s:
    """Insertion points in one ascending array; the array is never converted, whatever its width."""
    found = ascending.searchsorted(wanted.astype(ascending.dtype, copy=False), "right" if right else "left")
    return np.asarray(found, dtype=np.int64)


def next_in_segments(values: Ints, low: Ints, high: Ints, after: Ints) -> Int64s:
    """First index of `values[low[i]:high[i]]` with a value above `after[i]`, `high[i]` without one.

    Looks at a few entries in turn, because the next one is usually near, then halves what is left.
    """
    found = low.astype(np.int64)
    which = np.flatnonzero(low < high)
    at, end, limit = found.take(which), high.take(which), after.take(which)
    for _ in range(6):
        behind = np.flatnonzero(values.take(at) <= limit)
        which, at, end, limit = which.take(behind), at.take(behind) + 1, end.take(behind), limit.take(behind)
        found[which] = at
        inside = np.flatnonzero(at < end)
        which, at, end, limit = which.take(inside), at.take(inside), end.take(inside), limit.take(inside)
    found[which] = bisect_segments(values, at, end, limit, right=True)
    return found


def expand(starts: Ints, counts: Ints) -> tuple[Int64s, Int64s]:
    """Positions of many ranges, one after the other, and the index of the range of each."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    before = np.cumsum(counts, dtype=np.int64) - counts
    return np.arange(len(owner), dtype=np.int64) + (starts.astype(np.int64) - before).take(owner), owner


def range_maximum(values: Int64s, low: Int64s, high: Int64s) -> Int64s:
    """Largest of `values[low[i]:high[i]]`; ranges are not empty (sparse table, n log n)."""
    level = values
    answer = np.empty(len(low), dtype=np.int64)
    width = high - low
    power = 0
    while True:
        here = (width >> power) == 1
        a, b = low[here], high[here] - (1 << power)
        answer[here] = np.maximum(level.take(a), level.take(b))
        if not (width >> (power + 1)).any():
            return answer
        level = np.maximum(level[: len(level) - (1 << power)], level[1 << power :])
        power += 1


def run_starts(codes: Ints) -> Int64s:
    """Positions at which a run of equal values begins."""
    if not len(codes):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))


def first_of_each(group: Ints, key: Ints, groups: int, keys: int) -> Bools:
    """Marks the first row of every distinct (group, key) pair; `group` ascends.

    A scatter of row numbers into a table that is never cleared: only cells that were written are
    read back, so the cost follows the rows. Groups are handled in slices that bound the table.
    """
    marked = np.empty(len(group), dtype=np.bool_)
    step = max(1, MOST_CELLS // max(keys, 1))
    scratch = np.empty(min(step, max(groups, 1)) * keys, dtype=np.int32)
    for begin in range(0, max(groups, 1), step):
        a, b = (int(x) for x in np.searchsorted(group, (begin, begin + step)))
        cell = (group[a:b].astype(np.int64) - begin) * keys + key[a:b]
        number = np.arange(b - a, dtype=np.int32)
        scratch[cell[::-1]] = number[::-1]  # the first row is written last
        marked[a:b] = scratch.take(cell) == number
    return marked


PATTERN = (np.arange(256)[:, None] >> np.arange(8)) & 1
"""Bits of every byte."""


def count_pairs_of_groups(pair: Ints, begins: Int64s, width: int) -> tuple[Int64s, Int64s]:
    """In how many groups each pair of numbers occurs, and each second number of a pair.

    A pair is `first · (width + 1) + second`; `width` itself stands for nothing. Groups are the slices
    between `begins`. Returns shapes width x width and width. Up to 8 numbers a pair is one bit of a
    64-bit word, and a group the union of its words.
    """
    if width > 8:
        return _count_wide_pairs(pair, begins, width)
    bits = pair_bits(width).ravel()
    union = np.bitwise_or.reduceat(bits.take(pair), begins) if len(pair) else np.empty(0, np.uint64)
    return count_unions(union, width)


def pair_bits(width: int) -> Ints:
    """A bit of a 64-bit word for every pair of up to 8 numbers; none for pairs with `width` itself."""
    bits = np.zeros((width + 1, width + 1), dtype=np.uint64)
    shifts = np.arange(width)[:, None] * 8 + np.arange(width)
    bits[:width, :width] = np.uint64(1) << shifts.astype(np.uint64)
    return bits


def count_unions(union: Ints, width: int) -> tuple[Int64s, Int64s]:
    """In how many words each pair's bit is set, and any bit of each second number."""
    by_first = union.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    seen = int(np.bitwise_or.reduce(union)) if len(union) else 0
    counts = np.zeros((width, 8), dtype=np.int64)
    for number in range(width):
        if seen >> (8 * number) & 0xFF:
            counts[number] = np.bincount(by_first[:, number], minlength=256) @ PATTERN
    folded = union | (union >> np.uint64(32))
    folded |= folded >> np.uint64(16)
    folded |= folded >> np.uint64(8)
    seconds = np.bincount((folded & np.uint64(0xFF)).astype(np.intp), minlength=256) @ PATTERN
    return counts[:, :width], seconds[:width]


def _count_wide_pairs(pair: Ints, begins: Int64s, width: int) -> tuple[Int64s, Int64s]:
    first, second = np.divmod(pair, width + 1)
    known = np.flatnonzero((first < width) & (second < width))
    lengths = np.diff(np.concatenate((begins, [len(pair)])))
    group = np.repeat(np.arange(len(begins)), lengths).take(known)
    first, second = first.take(known), second.take(known)
    cell = first * width + second
    once = first_of_each(group, cell, len(begins), width * width)
    counts = np.bincount(cell[once], minlength=width * width).reshape(width, width)
    once = first_of_each(group, second, len(begins), width)
    return counts, np.bincount(second[once], minlength=width)


def sorted_pairs(high: Ints, low: Ints) -> tuple[Int64s, Int64s]:
    """The pairs sorted by (high, low); both non-negative and below 2**31.

    One sort of a packed integer is several times faster than a stable sort by two keys.
    """
    packed = (high.astype(np.int64) << 32) | low.astype(np.int64)
    packed.sort()
    return packed >> 32, packed & 0xFFFFFFFF


def union(ascending: Sequence[Ints]) -> Ints:
    """The distinct values of several ascending arrays, ascending.

    The stable sort merges the runs it finds; `numpy.unique` hashes instead, a hundred times slower here.
    """
    if len(ascending) == 1:
        return ascending[0]
    merged = np.sort(np.concatenate(ascending), kind="stable")
    return merged.take(run_starts(merged))


def distinct_pairs(high: Ints, low: Ints) -> tuple[Int64s, Int64s]:
    """The distinct pairs, sorted; both non-negative and below 2**31.

    Marks the cells of a table where that is small enough, sorts where not.
    """
    if not len(high):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    width = int(low.max()) + 1
    cell = high.astype(np.int64) * width + low
    cells = (int(high.max()) + 1) * width
    if cells <= MOST_CELLS:
        cell = np.flatnonzero(distinct_count(cell, cells))
    else:
        cell.sort()
        cell = cell.take(run_starts(cell))
    high, low = np.divmod(cell, width)
    return high, low


def distinct_count(codes: Ints, size: int) -> Bools:
    """Presence table over codes 0 … size-1; negative codes are ignored."""
    seen = np.zeros(size + 1, dtype=np.bool_)
    seen[codes] = True
    return seen[:size]
