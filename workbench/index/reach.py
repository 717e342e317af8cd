"""Reach sets: the positions at which a container has come as far as a checkpoint.

`R(start)` are the permitted matches. `R(n)` are the matches `p` of `n` with an earlier `q` in `R(m)` of a
predecessor `m` under the step's limits. Three facts carry the speed:

- without limits only the earliest position of each container in `R(m)` matters;
- with limits, the latest `q` that `after` allows decides whether a `p` is reached;
- the earliest reached `p` belongs to the earliest `q` that reaches anything, as long as the window of
  possible `q` moves only forward with `p`; so times need one search per container, not per event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.index import compiled
from workbench.index.history import History, Matches
from workbench.index.kernels import (
    Bools,
    Int64s,
    Ints,
    bisect_segments,
    expand,
    next_in_segments,
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


class Reach:
    """Where containers have come as far as one checkpoint."""

    def __init__(
        self,
        history: History,
        arrivals: tuple[Int64s, Ints, Int64s | None],
        matches: Callable[[], Matches],
        start: Ints | None = None,
    ) -> None:
        self.history = history
        self.who, self.at, self._when = arrivals
        """Containers that came, ascending, the earliest position of each, and its time where it is known."""
        self._matches = matches
        self.start = start
        """Latest permitted start that leads to each match; None where nobody asked."""

    @cached_property
    def when(self) -> Int64s:
        """Time of each container's earliest position."""
        return self.history.time_at(self.at) if self._when is None else self._when

    @cached_property
    def matches(self) -> Matches:
        """All positions of the reach set."""
        return self._matches()

    @cached_property
    def first(self) -> Int64s:
        """Earliest position by container code, `history.size` where it never came."""
        table = self.history.nowhere()
        table[self.who] = self.at
        return table

    @cached_property
    def present(self) -> Bools:
        """Which containers came, by code."""
        table = np.zeros(self.history.containers, dtype=np.bool_)
        table[self.who] = True
        return table


@dataclass(frozen=True, eq=False)
class Link:
    """The containers that moved along one step, and how."""

    moved: Int64s
    """Container codes, ascending."""
    source: Ints
    """For each, the earliest position from which it moved."""
    target: Ints
    """For each, the earliest position it then reached."""
    first: Ints
    """For each, the earliest position any of its sources reached."""
    duration: Int64s
    """For each, microseconds from `source` to `target`."""
    first_time: Int64s | None = None
    """Times of `first`, where they are known."""
    hits: Matches | None = None
    """The matches that were reached; None for a free step (all after the first source)."""
    start: Ints | None = None
    """Latest start behind each of them, where starts are tracked."""


def begin(matches: Matches, *, allowed: Bools | None = None, track: bool = False) -> Reach:
    """The reach set of a start checkpoint, in the allowed containers (by code; None for all).

    `track` keeps the latest start of every match.
    """
    if allowed is not None and not track:
        who, at, when = matches.arrivals()
        kept = np.flatnonzero(allowed.take(who))
        arrivals = who.take(kept), at.take(kept), when.take(kept)
        return Reach(matches.history, arrivals, lambda: matches.where(allowed.take(matches.container)))
    if allowed is not None:
        matches = matches.where(allowed.take(matches.container))
    return Reach(matches.history, matches.arrivals(), lambda: matches, matches.positions if track else None)


def advance(
    sources: list[tuple[Reach, Step]], target: Matches, *, track: bool = False
) -> tuple[Reach, list[Link]]:
    """The reach set of a checkpoint behind several others (any of them will do), and each step's link."""
    links = [link(source, step, target, track=track) for source, step in sources]
    return join([source for source, _ in sources], links, target, track=track), links


def link(source: Reach, step: Step, target: Matches, *, track: bool = False) -> Link:
    """How containers move along one step."""
    if step.free and not track:
        return _free_link(source, target)
    return _limited_link(source, step, target, track)


def join(sources: list[Reach], links: list[Link], target: Matches, *, track: bool = False) -> Reach:
    """The reach set of a checkpoint from the links that lead to it, one for each source."""
    start = _latest_starts(links, target) if track else None
    return Reach(target.history, _arrivals(links, target), lambda: _reached(sources, links, target), start)


def _arrivals(links: list[Link], target: Matches) -> tuple[Int64s, Ints, Int64s | None]:
    """Containers that any of the links brought, with their earliest position."""
    if len(links) == 1:
        return links[0].moved, links[0].first, links[0].first_time
    first = target.history.nowhere()
    for link in links:
        first[link.moved] = np.minimum(first.take(link.moved), link.first)
    who = np.flatnonzero(first < target.history.size)
    return who, first.take(who), None


def _latest_starts(links: list[Link], target: Matches) -> Int64s:
    """Latest start behind each match that any of the links reached."""
    starts = np.full(len(target), -1, dtype=np.int64)
    for link in links:
        assert link.hits is not None
        assert link.start is not None
        index = place(target.positions, link.hits.positions)
        starts[index] = np.maximum(starts[index], link.start)
    return starts[starts >= 0]


def _reached(sources: list[Reach], links: list[Link], target: Matches) -> Matches:
    """The matches that any of the steps reached."""
    if len(links) == 1 and links[0].hits is not None:
        return links[0].hits
    reached = np.zeros(len(target), dtype=np.bool_)
    for source, link in zip(sources, links, strict=True):
        if link.hits is None:
            reached |= target.positions > source.first.take(target.container)
        else:
            reached[place(target.positions, link.hits.positions)] = True
    return target.where(reached)


def _free_link(source: Reach, target: Matches) -> Link:
    """Any later match: one search per container that is still alive."""
    if target.bounds is not None:
        low, end = target.bounds.take(source.who), target.bounds.take(source.who + 1)
        search = compiled.next_in_segments if compiled.AVAILABLE else next_in_segments
        found = search(target.positions, low, end, source.at)
    else:
        found = place(target.positions, source.at, right=True)
        end = place(target.positions, target.history.ends.take(source.who))
    ok = np.flatnonzero(found < end)
    found = found.take(ok)
    following = target.positions.take(found)
    time = target.time.take(found) if target.knows_time else target.history.time_at(following)
    return Link(
        source.who.take(ok), source.at.take(ok), following, following, time - source.when.take(ok), time
    )


def _limited_link(source: Reach, step: Step, target: Matches, track: bool) -> Link:
    """A step with limits: which matches are reached, from where, and the starts behind them."""
    if compiled.AVAILABLE and step.only_times and target.bounds is not None and not track:
        return _timed_link(source, step, target)
    candidates = np.flatnonzero(target.positions > source.first.take(target.container))
    later, earlier = target.take(candidates), source.matches
    pairing = _next_pairs(earlier, later, step) if step.next else _windows(earlier, later, step)
    ok, start = np.flatnonzero(pairing.ok), None
    if track:
        assert source.start is not None
        start = _starts_behind(pairing, source.start, step)
        if step.follow is not None:
            ages = later.time - later.history.time_at(np.maximum(start, 0))
            ok = np.flatnonzero(pairing.ok & (ages <= step.follow))
        start = start.take(ok)
    hits = later.take(ok)
    firsts = run_starts(hits.container)
    moved, first = hits.container.take(firsts).astype(np.int64), hits.positions.take(firsts)
    if (step.different is not None or step.follow is not None) and not step.next:
        q, p = _forward(source, hits, step)
    elif step.same is not None and not step.next:
        q, p = pairing.earliest_of_groups(ok)
    else:
        q, p = earlier.positions.take(pairing.low(ok.take(firsts))), first
    duration = target.history.time_at(p) - target.history.time_at(q)
    return Link(moved, q, p, first, duration, None, hits, start)


def _timed_link(source: Reach, step: Step, target: Matches) -> Link:
    """A step with time limits alone, in compiled walks along both sides."""
    earlier, bounds = source.matches, source.matches.edges()
    assert target.bounds is not None
    assert earlier.origin == target.origin
    within = compiled.UNLIMITED if step.within is None else step.within
    after = 0 if step.after is None else step.after
    laid, times, reached = compiled.limited_step(
        earlier.laid, earlier.time, bounds, target.laid, target.time, target.bounds, within, after
    )
    hits = Matches(target.history, laid, None, times, reached, target.origin)
    moved, first, time = hits.arrivals()
    low, high = bounds.take(moved), bounds.take(moved + 1)
    q = compiled.next_in_segments(earlier.time, low, high, time - within - 1)
    duration = time - earlier.time.take(q)
    return Link(moved, earlier.at(q), first, first, duration, time, hits)


def _starts_behind(pairing: _Pairing, starts: Int64s, step: Step) -> Int64s:
    """Latest start that leads to each later match; -1 where none does."""
    found = np.full(len(pairing.later), -1, dtype=np.int64)
    hits = np.flatnonzero(pairing.ok)
    starts = starts if pairing.order is None else starts.take(pairing.order)
    low, high = pairing.low(hits), pairing.high.take(hits)
    if step.different is None or step.next:
        found[hits] = range_maximum(starts, low, high)
        return found
    q, owner = expand(low, high - low)
    left, right = (
        step.different.take(pairing.earlier.row.take(q)),
        step.different.take(pairing.later.row.take(hits)),
    )
    differ = (left >= 0) & (left != right.take(owner))
    np.maximum.at(found, hits.take(owner[differ]), starts.take(q[differ]))
    return found


# --- which earlier positions each later position may come from ---------------------------------


@dataclass(frozen=True, eq=False)
class _Pairing:
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


def _next_pairs(earlier: Matches, later: Matches, step: Step) -> _Pairing:
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
    return _Pairing(earlier, later, ok, at + 1, at.take, later.container)


def _windows(earlier: Matches, later: Matches, step: Step) -> _Pairing:
    """The window of earlier matches that limits allow, for each later match."""
    if step.same is not None:
        return _windows_by_id(earlier, later, step, step.same)
    return _search(earlier, later, step, earlier.positions, later.positions)


def _windows_by_id(earlier: Matches, later: Matches, step: Step, codes: Ints) -> _Pairing:
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
    return _Pairing(sorted_earlier, later, ok, pairing.high, pairing.low, p_group, order)


def _search(
    earlier: Matches,
    later: Matches,
    step: Step,
    q_key: Ints,
    p_key: Ints,
    groups: tuple[Int64s, Int64s] | None = None,
) -> _Pairing:
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
    return _Pairing(earlier, later, ok, high, low, later.container if groups is None else groups[1])


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


def _forward(source: Reach, hits: Matches, step: Step) -> tuple[Int64s, Int64s]:
    """Earliest source and its earliest target of each container that moved, source by source.

    Needed where the allowed sources of later targets need not lie later: where ids must differ, and
    where every source has an age of its own. Each round looks at one more target of every source that
    has found none so far.
    """
    earlier, history = source.matches, hits.history
    best, best_target = history.nowhere(), history.nowhere()
    low = place(hits.positions, earlier.positions, right=True)
    high = place(hits.positions, history.ends.take(earlier.container))
    if step.after is not None:
        low = bisect_segments(hits.time, low, high, earlier.time + step.after)
    latest = np.full(len(earlier), np.iinfo(np.int64).max)
    if step.within is not None:
        latest = earlier.time + step.within
    if step.follow is not None and source.start is not None:
        latest = np.minimum(latest, history.time_at(source.start) + step.follow)
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
