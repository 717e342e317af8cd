"""Elapsed time in whole units: days and weeks of exact length, months and longer by the calendar."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from workbench.index.kernels import Int64s
from workbench.model.data_version import DataVersion, from_microseconds
from workbench.model.specs import Granularity

DAY = 86_400_000_000
MONTHS: dict[Granularity, int] = {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12}
AROUND = 800
"""Days before and after the data in which changes of a zone's offset are known."""
CLOCKS = (-25_567, 84_005)
"""Days since 1970 between which zones change their offset: 1900 to 2199."""


@dataclass(frozen=True, eq=False)
class Clock:
    """A time zone over a stretch of time, for whole arrays."""

    changes: Int64s
    """UTC microseconds at which the offset changes."""
    offsets: Int64s
    """Offset before the first change, and after each."""

    @classmethod
    def of(cls, zone: ZoneInfo, low: int, high: int) -> Clock:
        """The zone from UTC microsecond `low` to `high`."""
        first, last = (min(max(day, CLOCKS[0]), CLOCKS[1]) for day in (low // DAY, high // DAY + 1))
        changes, offsets = _changes(zone, first, last)
        return cls(np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64))

    def local(self, moment: Int64s) -> Int64s:
        """Local times of UTC times."""
        if not len(self.changes):
            return np.asarray(moment + self.offsets[0])
        return np.asarray(moment + self.offsets.take(self.changes.searchsorted(moment, "right")))

    def instant(self, local: Int64s) -> Int64s:
        """UTC times of local times: ambiguous ones are the earlier, missing ones move forward by the gap."""
        if not len(self.changes):
            return np.asarray(local - self.offsets[0])
        passed = self.changes + np.maximum(self.offsets[:-1], self.offsets[1:])
        return np.asarray(local - self.offsets.take(passed.searchsorted(local, "right")))


@lru_cache(maxsize=8)
def _changes(zone: ZoneInfo, first: int, last: int) -> tuple[list[int], list[int]]:
    """Changes of a zone's offset between two days since 1970; no day has more than one."""

    def offset(moment: int) -> int:
        found = from_microseconds(moment).replace(tzinfo=datetime.UTC).astimezone(zone).utcoffset()
        return 0 if found is None else found // datetime.timedelta(microseconds=1)

    offsets, changes = [offset(first * DAY)], []
    for day in range(first, last):
        after = offset((day + 1) * DAY)
        if after != offsets[-1]:
            seconds = range(day * DAY // 1_000_000, (day + 1) * DAY // 1_000_000)
            begin = bisect_right(seconds, False, key=lambda second: offset(second * 1_000_000) == after)
            changes.append(seconds[begin] * 1_000_000 if begin < len(seconds) else (day + 1) * DAY)
            offsets.append(after)
    return changes, offsets


@dataclass(frozen=True, eq=False)
class Months:
    """Months and days since 1970 over a stretch of time."""

    first_month: int
    first_day: int
    begins: Int64s
    """Day on which each month begins."""
    by_day: Int64s
    """Month of each day."""

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, first: int, last: int) -> Months:
        """The months that hold two days since 1970, and those between."""
        ends = np.array([first, last]).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        months = np.arange(int(ends[0]), int(ends[1]) + 2)
        begins = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        by_day = np.repeat(months[:-1], np.diff(begins))
        return cls(int(months[0]), int(begins[0]), begins, by_day)

    def month(self, day: Int64s) -> Int64s:
        """Month of days."""
        return np.asarray(self.by_day.take(day - self.first_day))

    def begin(self, month: Int64s) -> Int64s:
        """First day of months."""
        return np.asarray(self.begins.take(month - self.first_month))


@dataclass(frozen=True, eq=False)
class Units:
    """Whole units of one length between two times, which lie within `AROUND` days of the data."""

    granularity: Granularity
    clock: Clock
    months: Months

    @classmethod
    def of(cls, version: DataVersion, granularity: Granularity) -> Units:
        """The units of a granularity in the workspace's time zone."""
        low, high = version.data_from - AROUND * DAY, version.horizon + AROUND * DAY
        months = Months.of(low // DAY - AROUND, high // DAY + AROUND)
        return cls(granularity, Clock.of(version.settings.zone, low, high), months)

    def whole(self, start: Int64s, end: Int64s) -> Int64s:
        """How many units have passed from `start` to `end`, rounded down; negative where `end` is earlier."""
        if self.granularity in ("day", "week"):
            return np.asarray((end - start) // (DAY * (7 if self.granularity == "week" else 1)))
        since, until = self.clock.local(start), self.clock.local(end)
        months = self.months.month(until // DAY) - self.months.month(since // DAY)
        months -= self._months_later(since, months) > end
        return np.asarray(months // MONTHS[self.granularity])

    def later(self, start: Int64s, units: Int64s) -> Int64s:
        """The time so many units later; days that a month does not have are its last."""
        if self.granularity in ("day", "week"):
            return np.asarray(start + units * (DAY * (7 if self.granularity == "week" else 1)))
        return self._months_later(self.clock.local(start), units * MONTHS[self.granularity])

    def _months_later(self, local: Int64s, months: Int64s) -> Int64s:
        day, time = np.divmod(local, DAY)
        month = self.months.month(day)
        number = day - self.months.begin(month)
        month += months
        last = self.months.begin(month + 1) - 1
        return self.clock.instant(np.minimum(self.months.begin(month) + number, last) * DAY + time)
