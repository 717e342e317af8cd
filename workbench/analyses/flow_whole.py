"""Whole paths of a flow: which items in a row, from the outermost column on the left to that on the right.

Items are not folded into Other here. A path is named by the column it begins in, its items with arrows
between them, and the kinds of the items; an arrow inside an item is written with a backslash. Ties are
listed by first column, then item after item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.analyses.flow_paths import EDGE, OVER, Paths
from workbench.analyses.part import Part
from workbench.analyses.steps import percent, quantiles_in_seconds
from workbench.index.kernels import Bools, Int64s, distinct_pairs, place
from workbench.model.durations import microseconds
from workbench.model.specs import FlowSpec

WHOLE: dict[str, type[pl.DataType]] = {
    "first_column": pl.Int64,
    "path": pl.String,
    "kinds": pl.String,
    "paths": pl.Int64,
    "containers": pl.Int64,
    "percent": pl.Float64,
    "percent_base": pl.Int64,
    "median_seconds": pl.Float64,
}
ARROW = " → "
Name = Callable[[int], tuple[str, str]]
"""Code → kind and item."""
Names = dict[int, Name]
"""By column, ascending."""
Key = tuple[int, str, str]
"""First column, path and kinds."""


@dataclass(frozen=True)
class Counted:
    """Distinct whole paths, one row of codes each, with their paths and containers."""

    codes: Int64s
    paths: Int64s
    containers: Int64s


def converted(part: Part, spec: FlowSpec, found: Paths) -> Bools | None:
    """Which paths have a match of the goal later than their anchor, within `follow`; None without a goal."""
    if spec.goal is None:
        return None
    goals = part.find(part.matcher.version.inline(spec.goal)).positions
    if not len(goals):
        return np.zeros(len(found), dtype=np.bool_)
    at = place(goals, found.columns[0].stand(), right=True)
    next_goal = goals.take(at, mode="clip").astype(np.int64)
    reached = (at < len(goals)) & (next_goal < found.history.ends.take(found.container))
    if spec.follow:
        reached &= found.history.time_at(next_goal) - found.time(0) <= microseconds(spec.follow)
    return reached


def count(found: Paths) -> tuple[Counted, Int64s]:
    """The distinct whole paths of one part, and which of them each path is."""
    columns = [column.item.astype(np.int64) for column in found.columns.values()]
    which = np.zeros(len(found), dtype=np.int64)
    for item in columns:
        low = int(item.min(initial=0))
        span = int(item.max(initial=0)) - low + 1
        _, which = np.unique(which * span + (item - low), return_inverse=True)
    distinct = int(which.max(initial=-1)) + 1
    one = np.zeros(distinct, dtype=np.int64)
    one[which] = np.arange(len(found))
    codes = np.stack([item.take(one) for item in columns], axis=1)
    paths = np.bincount(which, minlength=distinct)
    return Counted(codes, paths, _containers(found, which, distinct)), which


def _containers(found: Paths, which: Int64s, distinct: int, among: Bools | None = None) -> Int64s:
    """Distinct containers of each whole path, or of its paths among some."""
    owner = np.zeros(len(found), dtype=np.int64)
    owner[found.begins] = 1
    owner = np.cumsum(owner)
    if among is not None:
        owner, which = owner[among], which[among]
    _, of_each = distinct_pairs(owner, which)
    return np.bincount(of_each, minlength=distinct)


def merge(parts: Sequence[tuple[Counted, Int64s]]) -> tuple[Counted, list[Int64s]]:
    """The whole paths of all parts, whose counts add, and which of them each path of each part is."""
    if len(parts) == 1:
        return parts[0][0], [parts[0][1]]
    codes, place = np.unique(
        np.concatenate([counted.codes for counted, _ in parts]), axis=0, return_inverse=True
    )
    places = np.split(place.ravel(), np.cumsum([len(counted.paths) for counted, _ in parts])[:-1])
    paths, containers = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.int64)
    for (counted, _), own in zip(parts, places, strict=True):
        paths[own] += counted.paths
        containers[own] += counted.containers
    which = [own.take(which) for (_, which), own in zip(parts, places, strict=True)]
    return Counted(codes, paths, containers), which


def rank(counted: Counted, names: Names, number: int, *, exits: bool) -> Int64s:
    """Places of the most frequent whole paths, or of those that most containers leave after."""
    if exits:
        places, first = np.flatnonzero(_leaves(counted.codes)), counted.containers
    else:
        places, first = np.arange(len(counted.paths)), counted.paths
    counts = [-counted.paths.take(places), -first.take(places)]
    order = np.lexsort(counts)
    if len(order) > number:
        last = order[number - 1]
        after = (counts[1] > counts[1][last]) | (
            (counts[1] == counts[1][last]) & (counts[0] > counts[0][last])
        )
        places = places[~after]
        counts = [count[~after] for count in counts]
    keys = [*_by_name(counted.codes[places], names), *counts]
    return places.take(np.lexsort(keys)[:number])


def _by_name(codes: Int64s, names: Names) -> list[Int64s]:
    """Keys that put whole paths in the order of their names, the weightiest last."""
    shown, kinds = [], []
    for column, name in zip(codes.T, names.values(), strict=True):
        present, place = np.unique(column, return_inverse=True)
        words = [("", "") if code == OVER else name(code) for code in present.tolist()]
        shown.append(_ranks([item for _, item in words]).take(place))
        kinds.append(_ranks([kind for kind, _ in words]).take(place))
        shown[-1][column == OVER] = -1
    first = np.argmax(codes != OVER, axis=1) if codes.shape[1] else np.zeros(len(codes), dtype=np.int64)
    return [*kinds[::-1], *shown[::-1], first]


def _ranks(words: list[str]) -> Int64s:
    places = {word: place for place, word in enumerate(sorted(set(words)))}
    return np.array([places[word] for word in words], dtype=np.int64)


def _leaves(codes: Int64s) -> Bools:
    """Whether each whole path ends in Exit: its outermost column on the right is that end, or is over."""
    return np.asarray((codes[:, -1] == EDGE) | (codes[:, -1] == OVER))


def key_of(codes: Int64s, names: Names) -> Key:
    """What names a row of codes."""
    shown = {
        column: name(code)
        for code, (column, name) in zip(codes.tolist(), names.items(), strict=True)
        if code != OVER
    }
    path = ARROW.join(item.replace("→", "\\→") for _, item in shown.values())
    return min(shown), path, " ".join(kind for kind, _ in shown.values())


def span(found: Paths) -> Int64s:
    """Microseconds of each path from its first element to its last."""
    lasting = np.zeros(len(found), dtype=np.int64)
    for _, outward in found.sides():
        reached, began = np.zeros(len(found), dtype=np.int64), found.time(0)
        for number in outward[1:]:
            there = found.columns[number].item >= 0
            reached = np.where(there, np.abs(found.time(number) - began), reached)
        lasting += reached
    return lasting


def _rows_of(which: Sequence[Int64s], places: Int64s, distinct: int) -> list[Int64s]:
    """For every path its row among some whole paths, given by their places; -1 where it is none of them."""
    listed = np.full(distinct, -1, dtype=np.int64)
    listed[places] = np.arange(len(places))
    return [listed.take(own) for own in which]


def _medians(parts: Sequence[Paths], rows: Sequence[Int64s], number: int) -> list[float | None]:
    """Median seconds of the paths of each row."""
    row, lasting = np.concatenate(rows), np.concatenate([span(part) for part in parts])
    chosen = np.flatnonzero(row >= 0)
    order = chosen[np.argsort(row.take(chosen), kind="stable")]
    groups = np.split(lasting.take(order), np.cumsum(np.bincount(row.take(chosen), minlength=number))[:-1])
    return [quantiles_in_seconds(group, 0.5)[0] for group in groups[:number]]


def _with_conversion(
    table: pl.DataFrame, parts: Sequence[Paths], rows: Sequence[Int64s], goals: Sequence[Bools | None]
) -> pl.DataFrame:
    """The table with the containers of each row that convert, and their percentage of its containers."""
    converts = np.zeros(len(table), dtype=np.int64)
    for found, row, goal in zip(parts, rows, goals, strict=True):
        if goal is None:
            return table
        converts += _containers(found, row, len(table), goal & (row >= 0))
    shares = map(percent, converts.tolist(), table["containers"].to_list())
    return table.with_columns(
        converted=pl.Series(converts), converted_percent=pl.Series(list(shares), dtype=pl.Float64)
    )


def tables(
    parts: Sequence[Paths], names: Names, number: int, *, exits: bool, goals: Sequence[Bools | None]
) -> dict[str, pl.DataFrame]:
    """The tables `paths` and, where paths go right, `exits`; `goals`: which paths of each part convert."""
    counted, which = merge([count(part) for part in parts])
    total = int(counted.paths.sum())
    found = {}
    for table in ("paths", "exits") if exits else ("paths",):
        places = rank(counted, names, number, exits=table == "exits")
        rows = _rows_of(which, places, len(counted.paths))
        listed = [
            (
                *key_of(counted.codes[place], names),
                int(counted.paths[place]),
                int(counted.containers[place]),
                percent(int(counted.paths[place]), total),
                total,
                median,
            )
            for place, median in zip(places, _medians(parts, rows, len(places)), strict=True)
        ]
        frame = pl.DataFrame(listed, schema=WHOLE, orient="row")
        found[table] = _with_conversion(frame, parts, rows, goals)
    return found


def members(found: Paths, names: Names, key: Key, *, exits: bool) -> Bools:
    """Which paths are a whole path, given by its name."""
    counted, which = count(found)
    leaves = _leaves(counted.codes)
    first = np.argmax(counted.codes != OVER, axis=1)
    column = list(names).index(key[0]) if key[0] in names else -1
    length = np.count_nonzero(counted.codes != OVER, axis=1)
    likely = np.flatnonzero((first == column) & (length == len(key[2].split(" "))) & (leaves | (not exits)))
    named = np.zeros(len(counted.paths), dtype=np.bool_)
    for row in likely:
        named[row] = key_of(counted.codes[row], names) == key
    return named.take(which)
