"""Array kernels against plain Python."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import small
from workbench.index import compiled, kernels
from workbench.index.kernels import (
    bisect_segments,
    code_dtype,
    distinct_count,
    distinct_pairs,
    expand,
    first_of_each,
    range_maximum,
    run_starts,
    sorted_pairs,
    union,
)

numbers = st.integers(-5, 12)
large = st.integers(-(2**62), 2**62)
codes = st.lists(st.integers(0, 4), max_size=40)


def array(values: list[int], kind: Any = np.int64) -> Any:
    """Integers as an array."""
    return np.array(values, dtype=kind)


@small(150)
@given(st.lists(st.lists(st.one_of(numbers, large), max_size=9), max_size=8), st.data(), st.booleans())
def test_bisect_segments(slices: list[list[int]], data: st.DataObject, right: bool) -> None:
    values = [value for part in slices for value in sorted(part)]
    ends = np.cumsum([len(part) for part in slices]).astype(np.int64)
    low = ends - array([len(part) for part in slices])
    wanted = data.draw(st.lists(st.one_of(numbers, large), min_size=len(slices), max_size=len(slices)))
    find = bisect.bisect_right if right else bisect.bisect_left
    expected = [
        int(begin) + find(sorted(part), one) for begin, part, one in zip(low, slices, wanted, strict=True)
    ]
    found = bisect_segments(array(values), low, ends, array(wanted), right=right)
    assert found.tolist() == expected


def test_bisect_segments_without_slices_or_values() -> None:
    nothing = array([])
    assert bisect_segments(nothing, nothing, nothing, nothing).tolist() == []
    assert bisect_segments(nothing, array([0, 0]), array([0, 0]), array([1, 2])).tolist() == [0, 0]


@small(100)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 6)), max_size=20))
def test_expand(ranges: list[tuple[int, int]]) -> None:
    starts, counts = (array([pair[side] for pair in ranges]) for side in (0, 1))
    positions, owner = expand(starts, counts)
    assert positions.tolist() == [start + step for start, count in ranges for step in range(count)]
    assert owner.tolist() == [number for number, (_, count) in enumerate(ranges) for _ in range(count)]


@small(100)
@given(st.lists(large, min_size=1, max_size=50), st.data())
def test_range_maximum(values: list[int], data: st.DataObject) -> None:
    ranges = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(values) - 1), st.integers(0, len(values) - 1)).map(
                lambda pair: (min(pair), max(pair) + 1)
            ),
            max_size=20,
        )
    )
    low, high = (array([pair[side] for pair in ranges]) for side in (0, 1))
    expected = [max(values[begin:end]) for begin, end in ranges]
    assert range_maximum(array(values), low, high).tolist() == expected


@small(100)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=60), st.integers(1, 80))
def test_first_of_each(pairs: list[tuple[int, int]], cells: int) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    group, key = (array([pair[side] for pair in pairs]) for side in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "MOST_CELLS", cells)
        marked = first_of_each(group, key, 10, 6)
    firsts = [place for place, pair in enumerate(pairs) if pair not in pairs[:place]]
    assert np.flatnonzero(marked).tolist() == firsts
    if compiled.njit is not None:
        found = compiled.distinct_pairs(group, key, 6)
        assert list(zip(*(part.tolist() for part in found), strict=True)) == [pairs[one] for one in firsts]


@small(100)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=60), st.integers(1, 80))
def test_distinct_pairs(pairs: list[tuple[int, int]], cells: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "MOST_CELLS", cells)
        high, low = distinct_pairs(*(array([pair[side] for pair in pairs]) for side in (0, 1)))
    assert list(zip(high.tolist(), low.tolist(), strict=True)) == sorted(set(pairs))


@small(100)
@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=40))
def test_sorted_pairs(pairs: list[tuple[int, int]]) -> None:
    high, low = sorted_pairs(array([pair[0] for pair in pairs]), array([pair[1] for pair in pairs]))
    assert list(zip(high.tolist(), low.tolist(), strict=True)) == sorted(pairs)


@small(60)
@given(codes)
def test_run_starts(values: list[int]) -> None:
    expected = [place for place, value in enumerate(values) if place == 0 or values[place - 1] != value]
    assert run_starts(array(values)).tolist() == expected


@small(60)
@given(st.lists(st.integers(-1, 6), max_size=30))
def test_distinct_count_ignores_no_value(values: list[int]) -> None:
    assert np.flatnonzero(distinct_count(array(values), 7)).tolist() == sorted({*values} - {-1})


@pytest.mark.parametrize(
    ("items", "kind"), [(0, np.int8), (127, np.int8), (128, np.int16), (32767, np.int16), (32768, np.int32)]
)
def test_codes_take_the_smallest_type_that_holds_them(items: int, kind: Any) -> None:
    assert code_dtype(items) == np.dtype(kind)
    assert items - 1 <= np.iinfo(code_dtype(items)).max


def test_more_values_than_codes_are_refused() -> None:
    with pytest.raises(OverflowError):
        code_dtype(2**31)


def test_a_union_of_ascending_arrays_is_ascending_and_distinct() -> None:
    parts = [np.array(part, dtype=np.int64) for part in ([1, 4, 9], [0, 4, 5, 9], [])]
    assert union(parts).tolist() == [0, 1, 4, 5, 9]
    assert union(parts[:1]).tolist() == [1, 4, 9]
    assert union([parts[2], parts[2]]).tolist() == []
