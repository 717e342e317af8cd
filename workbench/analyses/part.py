"""A part: the histories a question asks, or a range of their containers.

Every analysis is rounds of `measure(part) → partial` and `merge(partials)`, then `finish`. Parts are
ranges of the asked container; partials of any split merge to the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from workbench.index.fields import Cache
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, bisect_segments, expand, place
from workbench.index.matching import Matcher
from workbench.index.reach import Reach, begin

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Part:
    """Histories cut by segments, actors and dates, as an analysis sees them."""

    matcher: Matcher
    history: History
    allowed: Bools | None
    """Containers the segments keep whole; None for all."""
    starts_in: tuple[int, int] | None
    """`[from, to)` in which start events must lie; None for anywhere."""
    kept: Int64s | None = None
    """Positions of the whole history that remain, ascending; None for all."""
    before_range: Part | None = None
    """The same without the date cut, for what is judged on all loaded history."""
    offset: int = 0
    """Position at which this part begins in the history it is a range of."""
    is_range: bool = False
    memo: dict[str, Any] = field(default_factory=dict)
    """What the rounds of one question share."""
    name: str = ""
    """What the histories are, in canonical text: equal names, equal histories; empty for no name."""
    cache: Cache = field(default_factory=Cache)
    """What is remembered of parts with a name, between questions."""

    def __len__(self) -> int:
        return self.history.size

    def _localise(self, matches: Matches) -> Matches:
        """Matches in the whole history as matches in this part."""
        if self.kept is None and not self.is_range:
            return matches
        found = matches
        if self.kept is not None and not len(self.kept):
            found = matches.take(np.empty(0, dtype=np.int64))
        elif self.kept is not None:
            at = place(self.kept, matches.positions)
            hits = np.flatnonzero(self.kept.take(at, mode="clip") == matches.positions)
            found = matches.take(hits)
            found = Matches(self.history, at.take(hits), found.container, found.time)
        if not self.is_range:
            return Matches(self.history, found.positions, found.container, found.time)
        first, begin = self.history.first_container, self.offset
        bounds = None
        if matches.bounds is not None and self.kept is None:
            bounds = matches.bounds[first : first + self.history.containers + 1]
            a, b = int(bounds[0]), int(bounds[-1])
            bounds = bounds - bounds[0]
        else:
            a, b = (int(x) for x in place(found.positions, np.array((begin, begin + len(self)))))
        return Matches(
            self.history,
            found.positions[a:b],
            found.container[a:b],
            found.time[a:b],
            bounds,
            (begin, first),
        )

    def remember(self, key: tuple[Any, ...], make: Callable[[], T], size: Callable[[T], int]) -> T:
        """What `make` gives, kept between questions as one of this part; `size` in bytes."""
        if not self.name:
            return make()
        kept: T | None = self.cache.get((self.name, *key))
        if kept is None:
            kept = make()
            self.cache.put((self.name, *key), kept, size(kept))
        return kept

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, kept for the other rounds of the same question."""
        if key not in self.memo:
            self.memo[key] = make()
        kept: T = self.memo[key]
        return kept

    def find(self, condition: Any) -> Matches:
        """Where a condition holds."""
        return self._localise(self.matcher.find(condition))

    def begin(self, matches: Matches, *, track: bool = False) -> Reach:
        """The reach set of a start checkpoint: matches at permitted starts."""
        if self.starts_in is not None:
            low, high = self.starts_in
            matches = matches.where((matches.time >= low) & (matches.time < high))
        return begin(matches, allowed=self.allowed, track=track)

    def permitted(self, matches: Matches) -> Matches:
        """The matches that may start a path."""
        if self.starts_in is not None:
            low, high = self.starts_in
            matches = matches.where((matches.time >= low) & (matches.time < high))
        if self.allowed is not None and len(matches):
            matches = matches.where(self.allowed.take(matches.container))
        return matches

    def whole_position(self, positions: Int64s) -> Int64s:
        """Positions of this part as positions of the whole history."""
        positions = positions + self.offset if self.offset else positions
        return positions if self.kept is None else self.kept.take(positions)

    @cached_property
    def everything(self) -> Matches:
        """Every event of the allowed containers in the date range."""
        history = self.history
        who = np.arange(history.containers) if self.allowed is None else np.flatnonzero(self.allowed)
        low, high = history.starts.take(who), history.ends.take(who)
        if self.starts_in is not None:
            begin, end = (np.full(len(who), bound) for bound in self.starts_in)
            low = bisect_segments(history.time, low, high, begin)
            high = bisect_segments(history.time, low, high, end)
        positions, owner = expand(low, high - low)
        return Matches(history, positions, who.take(owner))

    @cached_property
    def with_events(self) -> Bools:
        """Containers with an event in the date range."""
        history = self.history
        if self.starts_in is None:
            found = history.ends > history.starts
        else:
            low, high = (np.full(history.containers, bound) for bound in self.starts_in)
            first = bisect_segments(history.time, history.starts, history.ends, low)
            found = bisect_segments(history.time, first, history.ends, high) > first
        return found if self.allowed is None else found & self.allowed

    @cached_property
    def first_permitted(self) -> Int64s:
        """Position of each container's first event in the date range; `history.size` where there is none."""
        history = self.history
        first = history.starts
        if self.starts_in is not None:
            low = np.full(history.containers, self.starts_in[0])
            first = bisect_segments(history.time, history.starts, history.ends, low)
        return np.where(self.with_events, first, history.size)

    def split(self, ways: int) -> list[Part]:
        """Parts of about equally many positions."""
        cuts = [int(self.history.starts.searchsorted(len(self) * way // ways)) for way in range(1, ways)]
        edges = [0, *cuts, self.history.containers]
        return [self.slice(begin, end) for begin, end in pairwise(edges) if begin < end]

    def slice(self, begin: int, end: int) -> Part:
        """The containers `begin` to `end` as a part of their own."""
        return replace(
            self,
            history=self.history.slice(begin, end),
            allowed=None if self.allowed is None else self.allowed[begin:end],
            offset=self.offset + int(self.history.starts[begin]) if begin < end else self.offset,
            is_range=True,
            memo={},
            name=f"{self.name}[{begin}:{end}]" if self.name else "",
            before_range=None if self.before_range is None else self.before_range.slice(begin, end),
        )
