"""Pairs of a step: which earlier match each later one may come from.

With limits, the latest `q` that `after` allows decides whether a `p` is reached, and the earliest reached `p`
belongs to the earliest `q` that reaches anything, as long as the window of possible `q` moves only forward
with `p`; so a window has two ends found by binary search, and no pair is written down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.index.history import Matches
from workbench.index.kernels import (
    Bools,
    Int64s,
    Ints,
    bisect_segments,
    expand,
    place,
    range_maximum,
    run_starts,
)


@dataclass(frozen=True, eq=False)
class Step:
    """What is asked between a checkpoint and the next; times in microseconds."""

    within: int | None = None
    after: int | None = None
    follow: int | None = None
    """Greatest age counted from the latest start that leads to the event."""
    same: Ints | None = None
    """Codes by row of the id both events must carry."""
    different: Ints | None = None
    """Codes by row of the id in which the events must differ."""
    next: bool = False
    """Whether the later event must follow immediately."""
    barred: Int64s | None = None
    """Positions, ascending, that must not lie strictly between the two events."""

    @property
    def free(self) -> bool:
        """Whether any later match will do."""
        asked = (self.within, self.after, self.follow, self.same, self.different, self.barred)
        return not self.next and all(part is None for part in asked)

    @property
    def only_times(self) -> bool:
        """Whether nothing but `within` and `after` is asked."""
        asked = (self.follow, self.same, self.different, self.barred)
        return not self.next and all(part is None for part in asked)


FREE = Step()


@dataclass(frozen=True, eq=False)
class Pairing:
    """For each later match a window of earlier matches, and whether one of them will do."""

    earlier: Matches
    later: Matches
    ok: Bools
    high: Int64s
    """Index behind the last allowed earlier match, for each later one."""
    low: Callable[[Int64s], Int64s]
    """Index of the first allowed earlier match, for some later ones."""
    group: Ints
    """What pairs are made within: the container, or container and id."""
    order: Int64s | None = None
    """Where `earlier` was re-ordered: the original index of each."""

    def earliest_of_groups(self, hits: Int64s) -> tuple[Int64s, Int64s]:
        """Earliest source of each container over its groups, and the earliest target of that source."""
        order = hits[np.argsort(self.group.take(hits), kind="stable")]
        firsts = order[run_starts(self.group.take(order))]
        source = self.earlier.positions.take(self.low(firsts))
        target, container = self.later.positions.take(firsts), self.later.container.take(firsts)
        best = np.lexsort((target, source, container))
        best = best[run_starts(container.take(best))]
        return source.take(best), target.take(best)

    def latest_starts(self, starts: Int64s, step: Step) -> Int64s:
        """Latest start that leads to each later match, from those of the earlier ones; -1 where none does."""
        found = np.full(len(self.later), -1, dtype=np.int64)
        hits = np.flatnonzero(self.ok)
        starts = starts if self.order is None else starts.take(self.order)
        low, high = self.low(hits), self.high.take(hits)
        if step.different is None or step.next:
            found[hits] = range_maximum(starts, low, high)
            return found
        q, owner = expand(low, high - low)
        left, right = (
            step.different.take(self.earlier.row.take(q)),
            step.different.take(self.later.row.take(hits)),
        )
        differ = (left >= 0) & (left != right.take(owner))
        np.maximum.at(found, hits.take(owner[differ]), starts.take(q[differ]))
        return found


def pair(earlier: Matches, later: Matches, step: Step) -> Pairing:
    """The earlier matches that each later one may come from, as a step asks.

    Later matches that no earlier one precedes in their container are not to be given.
    """
    if step.next:
        return _next_pairs(earlier, later, step)
    if step.same is not None:
        return _windows_by_id(earlier, later, step, step.same)
    return _search(earlier, later, step, earlier.positions, later.positions)


def _next_pairs(earlier: Matches, later: Matches, step: Step) -> Pairing:
    """Each later match pairs with the position right before it."""
    history = later.history
    at = place(earlier.positions, later.positions - 1)
    found = earlier.positions.take(at, mode="clip") if len(earlier) else np.full(len(later), -1)
    ok = (found == later.positions - 1) & (later.positions > history.starts.take(later.container))
    at = np.minimum(at, max(len(earlier) - 1, 0))
    if len(earlier):
        gap = later.time - earlier.time.take(at)
        if step.within is not None:
            ok &= gap <= step.within
        if step.after is not None:
            ok &= gap >= step.after
        for codes, equal in ((step.same, True), (step.different, False)):
            if codes is not None:
                left, right = codes.take(earlier.row.take(at)), codes.take(later.row)
                ok &= (left >= 0) & (right >= 0) & ((left == right) == equal)
    return Pairing(earlier, later, ok, at + 1, at.take, later.container)


def _windows_by_id(earlier: Matches, later: Matches, step: Step, codes: Ints) -> Pairing:
    """The same among events that carry one id: both sides are re-ordered by (container, id)."""
    ids = int(codes.max(initial=-1)) + 2
    q_id, p_id = codes.take(earlier.row).astype(np.int64), codes.take(later.row).astype(np.int64)
    _, dense = np.unique(
        np.concatenate((earlier.container * ids + q_id, later.container * ids + p_id)), return_inverse=True
    )
    q_group, p_group = dense[: len(earlier)], dense[len(earlier) :]
    q_key = (q_group << 32) | earlier.positions
    order = np.flatnonzero(q_id >= 0)
    order = order[np.argsort(q_key[order])]
    sorted_earlier = Matches(
        earlier.history,
        earlier.positions.take(order),
        earlier.container.take(order),
        earlier.time.take(order),
    )
    p_key = (p_group << 32) | later.positions
    pairing = _search(sorted_earlier, later, step, q_key.take(order), p_key, (p_group << 32, p_group))
    ok = pairing.ok & (p_id >= 0)
    return Pairing(sorted_earlier, later, ok, pairing.high, pairing.low, p_group, order)


def _search(
    earlier: Matches,
    later: Matches,
    step: Step,
    q_key: Ints,
    p_key: Ints,
    groups: tuple[Int64s, Int64s] | None = None,
) -> Pairing:
    """Windows by binary search; keys ascend on the earlier side.

    `groups` gives, where pairs are made inside more than the container, the first key and the number of
    each later match's group. Without it, the caller has dropped later matches that nothing precedes.
    """

    def begin_of(which: Int64s | slice = slice(None)) -> Int64s:
        if groups is not None:
            return place(q_key, groups[0][which])
        return place(q_key, later.history.starts.take(later.container[which]))

    def low(which: Int64s) -> Int64s:
        first, last = begin_of(which), high.take(which)
        if step.within is not None:
            first = bisect_segments(earlier.time, first, last, later.time.take(which) - step.within)
        if step.barred is not None:
            first = bisect_segments(earlier.positions, first, last, _floor(later, step.barred).take(which))
        return first

    high = place(q_key, p_key)
    if step.after is not None and len(earlier):
        high = bisect_segments(earlier.time, begin_of(), high, later.time - step.after, right=True)
    ok = _decide(earlier, later, step, high, begin_of, certain=groups is None)
    return Pairing(earlier, later, ok, high, low, later.container if groups is None else groups[1])


def _decide(
    earlier: Matches,
    later: Matches,
    step: Step,
    high: Int64s,
    begin_of: Callable[[], Int64s],
    *,
    certain: bool,
) -> Bools:
    """Whether the latest allowed earlier match of each later one will do.

    `certain`: something precedes every later match in its group, so only limits can refuse it.
    """
    if not len(earlier):
        return np.zeros(len(later), dtype=np.bool_)
    latest = high - 1
    if step.different is not None:
        latest = _latest_different(earlier, later, step.different, latest, begin_of())
    if certain and step.after is None and step.different is None:
        ok = np.ones(len(later), dtype=np.bool_)
    else:
        ok = latest >= begin_of()
    at = np.maximum(latest, 0)
    if step.within is not None:
        ok &= earlier.time.take(at) >= later.time - step.within
    if step.barred is not None:
        ok &= earlier.positions.take(at) >= _floor(later, step.barred)
    return ok


def _floor(later: Matches, barred: Int64s) -> Int64s:
    """The last barred position before each later match, -1 where there is none."""
    if not len(barred):
        return np.full(len(later), -1, dtype=np.int64)
    at = place(barred, later.positions) - 1
    return np.where(at >= 0, barred.take(np.maximum(at, 0)), -1)


def _latest_different(earlier: Matches, later: Matches, codes: Ints, latest: Int64s, begin: Int64s) -> Int64s:
    """The latest allowed earlier match that carries another id; -1 where there is none."""
    q_id, p_id = codes.take(earlier.row).astype(np.int64), codes.take(later.row).astype(np.int64)
    known = np.flatnonzero(q_id >= 0)  # events without an id pair with nothing: step over them
    if not len(known):
        return np.full(len(later), -1, dtype=np.int64)
    ids = q_id.take(known)
    begins = run_starts(ids)
    run_begin = np.repeat(begins, np.diff(np.concatenate((begins, [len(ids)]))))
    rank = place(known, latest, right=True) - 1
    at = np.maximum(rank, 0)
    other = np.where(ids.take(at) == p_id, run_begin.take(at) - 1, rank)
    found = np.where((rank >= 0) & (other >= 0) & (p_id >= 0), known.take(np.maximum(other, 0)), -1)
    return np.where(found >= begin, found, -1)


def earliest_moves(earlier: Matches, starts: Ints | None, hits: Matches, step: Step) -> tuple[Int64s, Int64s]:
    """Earliest source and its earliest target of each container that moved, source by source.

    Needed where the allowed sources of later targets need not lie later: where ids must differ, and
    where every source has an age of its own. Each round looks at one more target of every source that
    has found none so far.
    """
    history = hits.history
    best, best_target = history.nowhere(), history.nowhere()
    low = place(hits.positions, earlier.positions, right=True)
    high = place(hits.positions, history.ends.take(earlier.container))
    if step.after is not None:
        low = bisect_segments(hits.time, low, high, earlier.time + step.after)
    latest = np.full(len(earlier), np.iinfo(np.int64).max)
    if step.within is not None:
        latest = earlier.time + step.within
    if step.follow is not None and starts is not None:
        latest = np.minimum(latest, history.time_at(starts) + step.follow)
    fits = _id_test(earlier, hits, step)
    floor = _floor(hits, step.barred) if step.barred is not None else None
    waiting = np.flatnonzero(low < high)
    at = low.take(waiting)
    while len(waiting):
        in_time = hits.time.take(at) <= latest.take(waiting)
        ok = in_time & fits(waiting, at)
        if floor is not None:
            ok &= earlier.positions.take(waiting) >= floor.take(at)
        done, target = waiting[ok], at[ok]
        container, q = earlier.container.take(done), earlier.positions.take(done)
        better = np.flatnonzero(q < best.take(container))
        better = better[run_starts(container.take(better))]  # sources ascend within a container
        best[container.take(better)] = q.take(better)
        best_target[container.take(better)] = hits.positions.take(target.take(better))
        go_on = ~ok & in_time & (at + 1 < high.take(waiting))
        waiting, at = waiting[go_on], at[go_on] + 1
    moved = np.flatnonzero(best < history.size)
    return best.take(moved), best_target.take(moved)


def _id_test(earlier: Matches, later: Matches, step: Step) -> Callable[[Int64s, Int64s], Bools]:
    """Whether pairs, given by index, carry ids as the step asks."""
    codes = step.same if step.same is not None else step.different
    if codes is None:
        return lambda q, p: np.ones(len(q), dtype=np.bool_)
    q_id, p_id, equal = codes.take(earlier.row), codes.take(later.row), step.same is not None

    def fits(q: Int64s, p: Int64s) -> Bools:
        left, right = q_id.take(q), p_id.take(p)
        return np.asarray((left >= 0) & (right >= 0) & ((left == right) == equal))

    return fits
