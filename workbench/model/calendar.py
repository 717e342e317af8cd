"""Local days and calendar periods in a workspace's time zone, as UTC microseconds."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from workbench.model.data_version import DataVersion, from_microseconds, to_microseconds
from workbench.model.durations import local_days, microseconds
from workbench.model.settings import Settings
from workbench.model.specs import DateRange, Granularity, Initiative, Question

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def local_instant(moment: datetime.datetime, zone: datetime.tzinfo) -> int:
    """UTC microseconds of a time; without an offset it is local.

    Ambiguous local times take the earlier instant, non-existent ones move forward by the gap.
    """
    return to_microseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def day_start(day: datetime.date, zone: datetime.tzinfo) -> int:
    """First instant of a local day, as UTC microseconds."""
    return local_instant(datetime.datetime.combine(day, datetime.time()), zone)


def day_end(day: datetime.date, zone: datetime.tzinfo) -> int:
    """First instant of the local day after a day, as UTC microseconds."""
    if day == datetime.date.max:
        return day_start(day, zone) + 86_400_000_000
    return day_start(day + datetime.timedelta(days=1), zone)


def local_day(moment: int, zone: ZoneInfo) -> datetime.date:
    """The local day of a UTC instant."""
    return from_microseconds(moment).replace(tzinfo=datetime.UTC).astimezone(zone).date()


def range_bounds(asked: DateRange | None, version: DataVersion) -> tuple[int, int] | None:
    """The asked days as `[from, to)` in UTC microseconds; None where nothing is cut."""
    if asked is None or not (asked.from_ or asked.to or asked.last):
        return None
    zone = version.settings.zone
    if asked.last:
        last = local_day(version.horizon, zone)
        days = local_days(asked.last) or 0
        return day_start(last - datetime.timedelta(days=days - 1), zone), day_end(last, zone)
    low = day_start(asked.from_, zone) if asked.from_ else -(2**62)
    high = day_end(asked.to, zone) if asked.to else 2**62
    return low, high


def mature(bounds: tuple[int, int] | None, spec: Question, version: DataVersion) -> tuple[int, int] | None:
    """`[from, to)` in which starts must lie, no younger than the question's `mature_only` allows."""
    age: str | None = getattr(spec, "mature_only", None)
    if age is None:
        return bounds
    low, high = bounds or (-(2**62), 2**62)
    return low, min(high, version.horizon - microseconds(age) + 1)


def observed_until(spec: Question, version: DataVersion) -> int:
    """The last instant the question sees: the horizon, or the end of a date range that cuts histories."""
    bounds = range_bounds(spec.date_range, version)
    if bounds is None or spec.date_range is None or spec.date_range.applies_to != "events":
        return version.horizon
    return min(version.horizon, bounds[1] - 1)


def initiative_bounds(initiative: Initiative, version: DataVersion) -> tuple[int, int, int]:
    """First instant of the days before it, of the day it began, and of what is no longer after it."""
    zone, window = version.settings.zone, datetime.timedelta(days=initiative.window_days)
    on = initiative.on
    return day_start(on - window, zone), day_start(on, zone), day_start(on + window, zone)


def whole_periods(version: DataVersion, granularity: Granularity) -> dict[str, bool]:
    """First day of each period, as text, and whether the data cover all of it."""
    days, edges = periods(version, granularity)
    return {
        day.isoformat(): version.data_from <= begin and end <= version.horizon
        for day, begin, end in zip(days, edges[:-1], edges[1:], strict=True)
    }


def last_bounds(duration: str, version: DataVersion) -> tuple[int, int]:
    """`in_last`: the first and last instant it covers; days and weeks are local days."""
    days = local_days(duration)
    if days is None:
        return version.horizon - microseconds(duration), version.horizon
    first = local_day(version.horizon, version.settings.zone) - datetime.timedelta(days=days - 1)
    return day_start(first, version.settings.zone), version.horizon


def period_start(day: datetime.date, granularity: Granularity, settings: Settings) -> datetime.date:
    """First day of the period that holds a day."""
    if granularity == "day":
        return day
    if granularity == "week":
        behind = (day.weekday() - _WEEKDAYS.index(settings.first_weekday)) % 7
        return day - datetime.timedelta(days=behind)
    if granularity == "year":
        return day.replace(month=1, day=1)
    if granularity == "month":
        return day.replace(day=1)
    shift = settings.fiscal_year_start - 1 if granularity == "fiscal_quarter" else 0
    behind = (day.month - 1 - shift) % 3
    months = day.year * 12 + day.month - 1 - behind
    return datetime.date(months // 12, months % 12 + 1, 1)


def next_period(day: datetime.date, granularity: Granularity) -> datetime.date:
    """First day of the period after the one that begins on a day."""
    if granularity in ("day", "week"):
        return day + datetime.timedelta(days=1 if granularity == "day" else 7)
    months = day.year * 12 + day.month - 1
    months += {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12}[granularity]
    return datetime.date(months // 12, months % 12 + 1, 1)


def periods(version: DataVersion, granularity: Granularity) -> tuple[list[datetime.date], list[int]]:
    """Every period from the start of the data to the horizon.

    Returns the first day of each, and the instants at which they begin, with the end of the last.
    """
    zone = version.settings.zone
    day = period_start(local_day(version.data_from, zone), granularity, version.settings)
    days: list[datetime.date] = []
    while day_start(day, zone) <= version.horizon:
        days.append(day)
        day = next_period(day, granularity)
    return days, [*(day_start(first, zone) for first in days), day_start(day, zone)]
