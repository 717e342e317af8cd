"""Local days and calendar periods: time zones, clock changes, first weekdays and fiscal years."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import small
from workbench.model.calendar import (
    day_start,
    last_bounds,
    local_day,
    local_instant,
    next_period,
    period_start,
    periods,
    range_bounds,
)
from workbench.model.data_version import DataVersion, from_microseconds, to_microseconds
from workbench.model.settings import Settings
from workbench.model.specs import DateRange, Granularity

GRANULARITIES: tuple[Granularity, ...] = ("day", "week", "month", "quarter", "year", "fiscal_quarter")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BERLIN, APIA, NEW_YORK = (ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Apia", "America/New_York"))

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
some_days = st.dates(date(1995, 1, 1), date(2035, 12, 31))


def utc(text: str) -> int:
    """Microseconds of a UTC time."""
    return to_microseconds(datetime.fromisoformat(text))


def version(first: str, horizon: str, **settings: Any) -> DataVersion:
    """A data version from a first event to a horizon."""
    return DataVersion(1, Settings(**settings), utc(first), utc(horizon), {})


@small(100)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)), zones)
def test_instants_are_exact(moment: datetime, zone: str) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment
    aware = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert to_microseconds(aware) == to_microseconds(moment)
    assert local_instant(aware, BERLIN) == to_microseconds(moment)
    assert local_day(to_microseconds(moment), ZoneInfo(zone)) == aware.date()


@small(100)
@given(some_days, zones)
def test_a_local_day_begins_where_the_one_before_ends(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    begin, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    assert local_day(begin, zone) == local_day(end - 1, zone) == day
    assert local_day(begin - 1, zone) == day - timedelta(days=1)
    assert end - begin in {int(hours * 3_600_000_000) for hours in (23, 23.5, 24, 24.5, 25)}


def test_days_of_clock_changes() -> None:
    hour = 3_600_000_000
    for day, hours in ((date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 7, 1), 24)):
        assert day_start(day + timedelta(days=1), BERLIN) - day_start(day, BERLIN) == hours * hour


def test_a_day_that_a_zone_left_out_has_no_length() -> None:
    assert day_start(date(2011, 12, 30), APIA) == day_start(date(2011, 12, 31), APIA)


def test_ambiguous_times_are_the_earlier_and_missing_ones_move_on() -> None:
    assert local_instant(datetime(2024, 10, 27, 2, 30), BERLIN) == utc("2024-10-27T00:30:00")
    assert local_instant(datetime(2024, 3, 31, 2, 30), BERLIN) == utc("2024-03-31T01:30:00")
    assert local_instant(datetime(2024, 3, 10, 2, 30), NEW_YORK) == utc("2024-03-10T07:30:00")


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"])
def test_the_first_and_the_last_day_of_all_have_a_start(day: date, name: str) -> None:
    assert day_start(day, ZoneInfo(name)) == pytest.approx(
        to_microseconds(datetime.combine(day, datetime.min.time())), abs=86_400_000_000
    )


@small(150)
@given(some_days, st.sampled_from(GRANULARITIES), st.sampled_from(WEEKDAYS), st.integers(1, 12))
def test_periods_tile_the_days(day: date, granularity: Granularity, weekday: Any, fiscal: int) -> None:
    settings = Settings(first_weekday=weekday, fiscal_year_start=fiscal)
    first = period_start(day, granularity, settings)
    following = next_period(first, granularity)
    assert first <= day < following
    assert period_start(first, granularity, settings) == first
    assert period_start(following, granularity, settings) == following
    assert period_start(following - timedelta(days=1), granularity, settings) == first
    if granularity == "week":
        assert WEEKDAYS[first.weekday()] == weekday
    if granularity not in ("day", "week"):
        assert first.day == 1
    if granularity == "fiscal_quarter":
        assert (first.month - fiscal) % 3 == 0


@pytest.mark.parametrize(
    ("granularity", "settings", "day", "first"),
    [
        ("week", {}, date(2024, 1, 3), date(2024, 1, 1)),
        ("week", {"first_weekday": "sunday"}, date(2024, 1, 3), date(2023, 12, 31)),
        ("week", {"first_weekday": "thursday"}, date(2024, 1, 3), date(2023, 12, 28)),
        ("quarter", {"fiscal_year_start": 2}, date(2024, 1, 31), date(2024, 1, 1)),
        ("fiscal_quarter", {"fiscal_year_start": 2}, date(2024, 1, 31), date(2023, 11, 1)),
        ("fiscal_quarter", {"fiscal_year_start": 2}, date(2024, 2, 1), date(2024, 2, 1)),
        ("fiscal_quarter", {"fiscal_year_start": 12}, date(2024, 1, 31), date(2023, 12, 1)),
        ("fiscal_quarter", {"fiscal_year_start": 4}, date(2024, 3, 31), date(2024, 1, 1)),
        ("year", {"fiscal_year_start": 4}, date(2024, 3, 31), date(2024, 1, 1)),
        ("month", {}, date(2024, 2, 29), date(2024, 2, 1)),
    ],
)
def test_period_starts(granularity: Granularity, settings: dict[str, Any], day: date, first: date) -> None:
    assert period_start(day, granularity, Settings(**settings)) == first


@small(60)
@given(
    st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)),
    st.integers(0, 400),
    st.sampled_from(GRANULARITIES),
    zones,
    st.sampled_from(WEEKDAYS),
)
def test_periods_run_from_the_data_to_the_horizon(
    first: datetime, length: int, granularity: Granularity, zone: str, weekday: Any
) -> None:
    horizon = first + timedelta(days=length, hours=5)
    known = version(first.isoformat(), horizon.isoformat(), time_zone=zone, first_weekday=weekday)
    days, edges = periods(known, granularity)
    assert len(edges) == len(days) + 1
    assert edges == sorted(set(edges))
    assert edges[0] <= known.data_from < edges[1]
    assert edges[-2] <= known.horizon < edges[-1]
    assert all(next_period(one, granularity) == two for one, two in itertools.pairwise(days))


def test_ranges_hold_whole_local_days() -> None:
    known = version("2024-01-01T00:00:00", "2024-04-02T22:30:00", time_zone="Europe/Berlin")
    asked = DateRange.model_validate({"from": "2024-03-31", "to": "2024-03-31"})
    assert range_bounds(asked, known) == (utc("2024-03-30T23:00:00"), utc("2024-03-31T22:00:00"))
    assert range_bounds(None, known) is None
    assert range_bounds(DateRange(follow="30d"), known) is None


def test_the_last_days_count_back_from_the_local_day_of_the_horizon() -> None:
    known = version("2024-01-01T00:00:00", "2024-04-02T22:30:00", time_zone="Europe/Berlin")
    whole = (utc("2024-04-02T22:00:00"), utc("2024-04-03T22:00:00"))
    assert range_bounds(DateRange(last="1d"), known) == whole
    assert range_bounds(DateRange(last="4d"), known) == (utc("2024-03-30T23:00:00"), whole[1])
    assert range_bounds(DateRange(last="1w"), known) == (utc("2024-03-27T23:00:00"), whole[1])
    assert last_bounds("4d", known) == (utc("2024-03-30T23:00:00"), known.horizon)
    assert last_bounds("96h", known) == (utc("2024-03-29T22:30:00"), known.horizon)


@pytest.mark.parametrize(
    "asked", [{"to": "9999-12-31"}, {"from": "0001-01-01"}, {"from": "2024-01-01"}, {"last": "999999999w"}]
)
def test_ranges_may_be_open_or_endless(asked: dict[str, str]) -> None:
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        known = version("2024-01-01T00:00:00", "2024-04-02T22:30:00", time_zone=zone)
        bounds = range_bounds(DateRange.model_validate(asked), known)
        assert bounds is not None
        assert bounds[0] <= utc("2024-02-01T00:00:00") < bounds[1]
