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
        local = self._local(time)
        if self.granularity == "day":
            return f"CAST({local} AS DATE)"
        unit = "quarter" if self.granularity == "fiscal_quarter" else self.granularity
        shift = self._shift
        if not shift:
            return f"CAST(date_trunc('{unit}', {local}) AS DATE)"
        if unit == "quarter":
            local = f"date_trunc('month', {local})"
        return f"CAST(date_trunc('{unit}', {local} - {shift}) + {shift} AS DATE)"

    def _local(self, time: str) -> str:
        zone = self.settings.time_zone
        return time if zone == "UTC" else f"timezone({quote_literal(zone)}, timezone('UTC', {time}))"

    def units(self, start: str, end: str) -> str:
        """SQL for the number of whole units of this length between stored times, rounded down."""
        if self.granularity in ("day", "week"):
            days = 7 if self.granularity == "week" else 1
            return f"CAST(floor((epoch_us({end}) - epoch_us({start})) / {days * 86_400_000_000}) AS BIGINT)"
        months = f"date_diff('month', {self._local(start)}, {self._local(end)})"
        whole = f"{months} - CASE WHEN {self._months_later(start, months)} > {end} THEN 1 ELSE 0 END"
        each = _MONTHS[self.granularity]
        return whole if each == 1 else f"CAST(floor(({whole}) / {each}) AS BIGINT)"

    def later(self, start: str, units: str) -> str:
        """SQL for the time so many units later; days that a month does not have are its last."""
        if self.granularity in ("day", "week"):
            return f"{start} + to_{self.granularity}s(CAST({units} AS INTEGER))"
        return self._months_later(start, f"{_MONTHS[self.granularity]} * ({units})")

    def _months_later(self, start: str, months: str) -> str:
        local = f"{self._local(start)} + to_months(CAST({months} AS INTEGER))"
        if self.settings.time_zone == "UTC":
            return local
        zone = quote_literal(self.settings.time_zone)
        moment = f"timezone('UTC', timezone({zone}, {local}))"
        # an ambiguous local time is the earlier instant: that of the day before, a day later
        earlier = f"timezone('UTC', timezone({zone}, {local} - INTERVAL 1 DAY)) + INTERVAL 24 HOUR"
        return f"CASE WHEN {self._local(earlier)} = {local} THEN least({moment}, {earlier}) ELSE {moment} END"

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
