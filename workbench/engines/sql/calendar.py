"""Date ranges and calendar periods as SQL over stored times, which are UTC."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.sql.literals import instant, quote_literal
from workbench.model.calendar import range_bounds
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words
from workbench.model.settings import Settings
from workbench.model.specs import DateRange, Granularity

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: dict[Granularity, int] = {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12}
_FAR = 2**61


def in_range(asked: DateRange | None, time: str, version: DataVersion) -> str:
    """SQL that holds for times in the date range; empty where nothing is cut."""
    bounds = range_bounds(asked, version)
    if bounds is None:
        return ""
    low, high = bounds
    tests = [f"{time} >= {instant(low)}"] if low > -_FAR else []
    tests += [f"{time} < {instant(high)}"] if high < _FAR else []
    return " AND ".join(tests)


def range_in_words(asked: DateRange, settings: Settings) -> str:
    """Such as "2024-01-01 to 2024-03-31, days of Europe/Berlin"."""
    if asked.last:
        return f"the last {in_words(asked.last)}, days of {settings.time_zone}"
    return f"{asked.from_ or 'the beginning'} to {asked.to or 'the end'}, days of {settings.time_zone}"


@dataclass(frozen=True)
class Calendar:
    """Periods of one length, cut in the workspace's time zone."""

    granularity: Granularity
    settings: Settings

    def begin(self, time: str) -> str:
        """SQL for the first day of the period that holds a stored time."""
        zone = self.settings.time_zone
        local = time if zone == "UTC" else f"timezone({quote_literal(zone)}, timezone('UTC', {time}))"
        if self.granularity == "day":
            return f"CAST({local} AS DATE)"
        unit = "quarter" if self.granularity == "fiscal_quarter" else self.granularity
        shift = self._shift
        if not shift:
            return f"CAST(date_trunc('{unit}', {local}) AS DATE)"
        if unit == "quarter":
            local = f"date_trunc('month', {local})"
        return f"CAST(date_trunc('{unit}', {local} - {shift}) + {shift} AS DATE)"

    @property
    def length(self) -> str:
        """Length of a period as an SQL interval."""
        if self.granularity in ("day", "week"):
            return f"INTERVAL 1 {self.granularity.upper()}"
        return f"INTERVAL {_MONTHS[self.granularity]} MONTH"

    @property
    def _shift(self) -> str:
        """How much later than the standard ones the periods begin."""
        days = _WEEKDAYS.index(self.settings.first_weekday) if self.granularity == "week" else 0
        months = (self.settings.fiscal_year_start - 1) % 3 if self.granularity == "fiscal_quarter" else 0
        if days:
            return f"INTERVAL {days} DAY"
        return f"INTERVAL {months} MONTH" if months else ""
