"""Local days, calendar periods and durations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .company import Company

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
MONTHS = {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12}


def duration(text: str) -> timedelta:
    """`90d` as exact seconds."""
    return timedelta(seconds=int(text[:-1]) * SECONDS[text[-1]])


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Naive UTC of a naive local time: ambiguous ones take the earlier instant, missing ones move forward."""
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Calendar day of a naive UTC time."""
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Naive UTC time at which a local day begins."""
    return to_utc(datetime(day.year, day.month, day.day), zone)


def last_days(text: str, horizon: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both included bounds of "the last X": local days for `d` and `w`, exact seconds for `s m h`."""
    if text[-1] in "dw":
        first = local_day(horizon, zone) - duration(text) + timedelta(days=1)
        return day_start(first, zone), horizon
    return horizon - duration(text), horizon


def period_start(day: date, granularity: str, settings: Mapping[str, Any]) -> date:
    """First day of the period a local day lies in."""
    if granularity == "day":
        return day
    if granularity == "week":
        first = WEEKDAYS.index(settings.get("first_weekday") or "monday")
        return day - timedelta(days=(day.weekday() - first) % 7)
    base = int(settings.get("fiscal_year_start") or 1) if granularity == "fiscal_quarter" else 1
    back = (day.month - base) % MONTHS[granularity]
    month = day.year * 12 + day.month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


def next_start(first: date, granularity: str) -> date:
    """First day of the following period."""
    if granularity in ("day", "week"):
        return first + timedelta(days=7 if granularity == "week" else 1)
    month = first.year * 12 + first.month - 1 + MONTHS[granularity]
    return date(month // 12, month % 12 + 1, 1)


def all_periods(company: Company, granularity: str) -> Iterator[date]:
    """First days of the periods from the start of the data to the horizon."""
    first = period_start(local_day(company.data_start, company.zone), granularity, company.settings)
    while day_start(first, company.zone) <= company.horizon:
        yield first
        first = next_start(first, granularity)


@dataclass(frozen=True)
class DateRange:
    """Local days `first` to `last`, both included, None where open; `until` is an included last moment."""

    first: date | None
    last: date | None
    zone: ZoneInfo
    until: datetime | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any], company: Company) -> DateRange:
        """From the `date_range` of a question."""
        if "last" in value:
            today = local_day(company.horizon, company.zone)
            first = today - duration(value["last"]) + timedelta(days=1)
            return cls(first, today, company.zone, company.horizon)
        first_text, last_text = value.get("from"), value.get("to")
        return cls(
            date.fromisoformat(first_text) if first_text else None,
            date.fromisoformat(last_text) if last_text else None,
            company.zone,
        )

    def has(self, moment: datetime) -> bool:
        """Whether a naive UTC time lies in the range."""
        if self.until is not None and moment > self.until:
            return False
        day = local_day(moment, self.zone)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def covers(self, first: date, following: date) -> bool:
        """Whether the period from `first` up to before `following` lies wholly inside."""
        last = following - timedelta(days=1)
        return (self.first is None or self.first <= first) and (self.last is None or last <= self.last)
