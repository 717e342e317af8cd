"""Histories: the events of each container of one kind, in order, laid end to end.

A **position** counts through the whole layout, so "later in the same container" is a comparison of
positions and a container is a slice `offsets[c]:offsets[c + 1]`. A **row** is an event's place in the
base order of the generation; where the container is contiguous there, position and row are the same
number and nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from workbench.index.kernels import Bools, Int64s, Ints, place, run_starts


@dataclass(frozen=True, eq=False)
class History:
    """The histories of all containers of one kind."""

    kind: str
    offsets: Int64s
    """First position of each container, and the end: length containers + 1."""
    rows: Ints | None
    """Row of each position; None where they are equal."""
    base_time: Int64s
    """Microseconds by row."""
    base_container: Ints | None
    """Container code by row, where every row belongs to one container."""
    own_container: Ints | None = None
    """Container code by position, for histories in which a row may belong to several."""
    own_time: Int64s | None = None
    """Microseconds by position, where it is kept beside the layout."""
    fan_out: float = 1.0
    """Rows per distinct event of the whole history: above 1 where events stand in several histories."""
    first_container: int = 0
    """Code of the first container, in a slice of a larger history."""

    @property
    def containers(self) -> int:
        """Number of containers, those without events included."""
        return len(self.offsets) - 1

    @cached_property
    def size(self) -> int:
        """Number of positions."""
        return int(self.offsets[-1] - self.offsets[0])

    def row_at(self, positions: Int64s) -> Int64s:
        """Rows of positions."""
        if self.rows is None:
            return positions + self.offsets[0] if self.offsets[0] else np.asarray(positions)
        return self.rows.take(positions).astype(np.int64)

    def container_at(self, positions: Int64s) -> Int64s:
        """Container codes of positions, counted from the first container of this slice."""
        if self.own_container is not None:
            found = self.own_container.take(positions).astype(np.int64)
        else:
            assert self.base_container is not None
            found = self.base_container.take(self.row_at(positions)).astype(np.int64)
        return found - self.first_container if self.first_container else found

    def time_at(self, positions: Int64s) -> Int64s:
        """Microseconds of positions."""
        if self.own_time is not None:
            return np.asarray(self.own_time.take(positions))
        return np.asarray(self.base_time.take(self.row_at(positions)))

    @cached_property
    def time(self) -> Int64s:
        """Microseconds of every position."""
        if self.own_time is not None:
            return self.own_time
        if self.rows is None:
            start = int(self.offsets[0])
            return self.base_time[start : start + self.size]
        return self.base_time.take(self.rows)

    @cached_property
    def container(self) -> Ints:
        """Container code of every position, counted from the first container of this slice."""
        if self.own_container is not None:
            found = self.own_container
        else:
            assert self.base_container is not None
            start, every = int(self.offsets[0]), self.base_container
            found = every[start : start + self.size] if self.rows is None else every.take(self.rows)
        return found - self.first_container if self.first_container else found

    @cached_property
    def starts(self) -> Int64s:
        """First position of each container, in this slice's own numbering."""
        return np.asarray(self.offsets[:-1] - self.offsets[0])

    @cached_property
    def ends(self) -> Int64s:
        """Position behind the last of each container, in this slice's own numbering."""
        return np.asarray(self.offsets[1:] - self.offsets[0])

    def nowhere(self) -> Int64s:
        """A table of first positions in which no container has one: `size` stands for none."""
        return np.full(self.containers, self.size, dtype=np.int64)

    def slice(self, begin: int, end: int) -> History:
        """The histories of containers `begin` to `end`; positions start at 0 again."""
        if begin == 0 and end == self.containers:
            return self
        a, b = int(self.starts[begin]), int(self.ends[end - 1]) if end > begin else int(self.starts[begin])

        def cut(array: Any) -> Any:
            return None if array is None else array[a:b]

        return replace(
            self,
            offsets=self.offsets[begin : end + 1] - (self.offsets[begin] if self.rows is not None else 0),
            rows=cut(self.rows),
            own_container=cut(self.own_container),
            own_time=cut(self.own_time),
            first_container=self.first_container + begin,
        )

    def keep(self, mask: Bools) -> History:
        """The histories with only the marked positions; containers keep their codes."""
        kept = np.flatnonzero(mask)
        counts = np.bincount(self.container_at(kept), minlength=self.containers)
        return replace(
            self,
            offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            rows=self.row_at(kept),
            own_container=None if self.own_container is None else self.own_container.take(kept),
            own_time=self.time_at(kept),
        )


class Matches:
    """Positions at which a condition holds, ascending, with what is known beside them."""

    def __init__(
        self,
        history: History,
        positions: Ints,
        container: Ints | None = None,
        time: Int64s | None = None,
        bounds: Ints | None = None,
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        self.history = history
        self.laid = positions
        """Positions, counted like `container` from `origin` on."""
        self.origin = origin
        """Position and container of the whole layout with which the history, a slice of it, begins."""
        self.bounds = bounds
        """Where the matches of each container begin, and the end: length containers + 1; None if unknown."""
        self._container = container
        self._time = time
        self._whole: tuple[Matches, Int64s] | None = None

    def __len__(self) -> int:
        return len(self.laid)

    @cached_property
    def positions(self) -> Ints:
        """Position of each match."""
        return self.laid - self.origin[0] if self.origin[0] else self.laid

    def at(self, index: Int64s) -> Ints:
        """Positions of some of the matches."""
        return self.laid.take(index) - self.origin[0]

    @cached_property
    def container(self) -> Ints:
        """Container code of each match."""
        if self._container is not None:
            return self._container - self.origin[1] if self.origin[1] else self._container
        if self.bounds is not None:
            return np.repeat(np.arange(self.history.containers, dtype=np.int32), np.diff(self.bounds))
        if self._whole is not None and self._whole[0].knows_container:
            whole, kept = self._whole
            return whole.container.take(kept)
        return self.history.container_at(self.positions)

    @cached_property
    def time(self) -> Int64s:
        """Microseconds of each match."""
        if self._time is not None:
            return self._time
        if self._whole is not None and self._whole[0].knows_time:
            whole, kept = self._whole
            return np.asarray(whole.time.take(kept))
        return self.history.time_at(self.positions)

    @property
    def knows_container(self) -> bool:
        """Whether containers are at hand without asking the history."""
        inherited = self._whole is not None and self._whole[0].knows_container
        found = self._container is not None or "container" in self.__dict__
        return found or self.bounds is not None or inherited

    @property
    def knows_time(self) -> bool:
        """Whether times are at hand without asking the history."""
        inherited = self._whole is not None and self._whole[0].knows_time
        return self._time is not None or "time" in self.__dict__ or inherited

    @cached_property
    def row(self) -> Int64s:
        """Row of each match."""
        return self.history.row_at(self.positions)

    def edges(self) -> Ints:
        """Where the matches of each container begin, and the end, also where that must be looked up."""
        if self.bounds is not None:
            return self.bounds
        return place(self.laid, np.append(self.history.starts, self.history.size) + self.origin[0])

    def where(self, mask: Bools) -> Matches:
        """The marked matches."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def take(self, kept: Int64s) -> Matches:
        """Some of the matches, by ascending index; what stands beside them is taken when asked."""
        part = Matches(self.history, self.laid.take(kept), origin=self.origin)
        part._whole = (self, kept)
        return part

    def arrivals(self) -> tuple[Int64s, Ints, Int64s]:
        """Containers with a match, ascending, with the position and time of the first match of each."""
        if self.bounds is not None:
            who = np.flatnonzero(self.bounds[1:] > self.bounds[:-1])
            begins = self.bounds.take(who)
        else:
            begins = run_starts(self.container)
            who = self.container.take(begins).astype(np.int64)
        return who, self.at(begins), np.asarray(self.time.take(begins))

    def present(self) -> Bools:
        """Which containers have a match."""
        table = np.zeros(self.history.containers, dtype=np.bool_)
        table[self.arrivals()[0]] = True
        return table
