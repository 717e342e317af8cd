"""Steps of several conditions in any order: met between the step before and the event that completes them."""

from __future__ import annotations

import numpy as np

from workbench.index.history import Matches
from workbench.index.kernels import Int64s, bisect_segments, place, range_maximum, union
from workbench.index.reach import Reach


class Group:
    """The positions that complete a group, and from where on all of its conditions were met."""

    def __init__(self, parts: list[Matches]) -> None:
        history = parts[0].history
        found = Matches(history, union([part.positions for part in parts]))
        since = np.asarray(found.positions, dtype=np.int64)
        begins = history.starts.take(found.container)
        for part in parts:
            last = place(part.positions, found.positions, right=True) - 1
            latest = np.append(np.asarray(part.positions, dtype=np.int64), -1).take(last)
            since = np.minimum(since, np.where(latest >= begins, latest, -1))
        complete = np.flatnonzero(since >= 0)
        self.matches = found.take(complete)
        self.since: Int64s = since.take(complete)
        """The latest position at which the step before may stand is the one before this."""

    def after(
        self, reach: Reach, within: int | None, after: int | None, barred: Int64s | None, *, track: bool
    ) -> Reach:
        """The completing positions that follow the reach set of the step before."""
        low, high = self._window(reach.matches, within, after, barred)
        kept = np.flatnonzero(low < high)
        matches = self.matches.take(kept)
        start = None
        if track:
            assert reach.start is not None
            starts = np.asarray(reach.start, dtype=np.int64)
            start = range_maximum(starts, low.take(kept), high.take(kept)) if len(kept) else low.take(kept)
        return Reach(matches.history, matches.arrivals(), lambda: matches, start)

    def _window(
        self, before: Matches, within: int | None, after: int | None, barred: Int64s | None
    ) -> tuple[Int64s, Int64s]:
        """For each completing position the slice of earlier matches that may lead to it."""
        history, time = self.matches.history, np.asarray(self.matches.time, dtype=np.int64)
        first = history.starts.take(self.matches.container)
        if barred is not None:
            at = place(barred, self.matches.positions) - 1
            first = np.maximum(first, np.append(barred.astype(np.int64), -1).take(at))
        low = place(before.positions, first)
        high = place(before.positions, self.since)
        begin = place(before.positions, history.starts.take(self.matches.container))
        if within is not None:
            low = np.maximum(low, _by_time(before, begin, high, time - within))
        if after is not None:
            high = np.minimum(high, _by_time(before, begin, high, time - after, right=True))
        return low, high


def _by_time(before: Matches, begin: Int64s, end: Int64s, limit: Int64s, *, right: bool = False) -> Int64s:
    """Insertion points of times among the matches of one container."""
    return bisect_segments(np.asarray(before.time), begin, np.maximum(begin, end), limit, right=right)
