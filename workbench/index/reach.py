"""Reach sets: the positions at which a container has come as far as a checkpoint.

`R(start)` are the permitted matches. `R(n)` are the matches `p` of `n` with an earlier `q` in `R(m)` of a
predecessor `m` under the step's limits, which `workbench.index.pairing` applies. Without limits only the
earliest position of each container in `R(m)` matters; with them, times still need one search per container,
not one per event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.index import compiled
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, Ints, next_in_segments, place, run_starts
from workbench.index.pairing import Step, earliest_moves, pair


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
    pairing = pair(earlier, later, step)
    ok, start = np.flatnonzero(pairing.ok), None
    if track:
        assert source.start is not None
        start = pairing.latest_starts(source.start, step)
        if step.follow is not None:
            ages = later.time - later.history.time_at(np.maximum(start, 0))
            ok = np.flatnonzero(pairing.ok & (ages <= step.follow))
        start = start.take(ok)
    hits = later.take(ok)
    firsts = run_starts(hits.container)
    moved, first = hits.container.take(firsts).astype(np.int64), hits.positions.take(firsts)
    if (step.different is not None or step.follow is not None) and not step.next:
        q, p = earliest_moves(earlier, source.start, hits, step)
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
