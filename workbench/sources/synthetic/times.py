"""When things happen: the span of the data, working days and hours, the season, and delays with a known law.

Times are whole seconds since 1970 (UTC), in int64 arrays; NEVER stands for what does not happen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400
NEVER = 1 << 60


def stream(seed: int, block: int, part: int) -> np.random.Generator:
    """The random stream of one part of one block: 0 the company, 1 the story, from 2 on the background."""
    return np.random.Generator(np.random.SFC64([seed, block, part]))


def seconds(day: str) -> int:
    """The first second of a day written like 2024-01-31."""
    return int(np.datetime64(day, "s").astype(np.int64))


START = seconds("2023-01-01")
END = seconds("2025-07-01")
"""First second after the data; the horizon is the day before."""
DAYS = (END - START) // DAY


def _daily_weights() -> Floats:
    """Relative activity per day: growth, season, working days, and a little noise of its own."""
    days = np.arange(DAYS)
    dates = (days + START // DAY).astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    season = np.array([0.95, 1.0, 1.18, 1.1, 1.08, 1.02, 0.8, 0.68, 1.12, 1.15, 1.1, 0.72])[month]
    weekday = np.array([1.05, 1.2, 1.18, 1.12, 0.9, 0.2, 0.22])[(days + START // DAY + 3) % 7]
    growth = 1 + 0.45 * days / DAYS
    noise = np.random.default_rng(7).normal(1, 0.06, DAYS)
    return np.asarray(season * weekday * growth * noise, dtype=np.float64)


_STEPS = 1 << 16
_CUMULATIVE = np.concatenate([[0.0], np.cumsum(_daily_weights())])
_CUMULATIVE /= _CUMULATIVE[-1]
_DAY_AT = np.interp(np.linspace(0, 1, _STEPS + 1), _CUMULATIVE, np.arange(DAYS + 1.0))


def _times_of_day() -> Ints:
    """Quantiles of the second of the day: around noon UTC, from 05:00 to 19:00, a few at any hour."""
    u = (np.arange(_STEPS) + 0.5) / _STEPS
    triangular = np.where(u < 0.5, np.sqrt(u / 2), 1 - np.sqrt((1 - u) / 2))
    any_hour = np.random.default_rng(7).random(_STEPS) < 0.05
    return np.where(any_hour, u * DAY, (5 + 14 * triangular) * 3600).astype(np.int64)


_TIME_OF_DAY = _times_of_day()


def time_of_day(rng: np.random.Generator, count: int) -> Ints:
    """Seconds after midnight, by the hours people work; the mean is noon."""
    picks: Ints = _TIME_OF_DAY[rng.integers(0, _STEPS, count, dtype=np.uint16)]
    return picks


def activity_share(times: Ints) -> Floats:
    """The share of all activity that lies before each time; argument of `activity_times`."""
    share: Floats = np.interp(times, np.arange(DAYS + 1) * DAY + START, _CUMULATIVE)
    return share


def activity_times(rng: np.random.Generator, start: Ints, end: Ints, low: Floats, high: Floats) -> Ints:
    """A time in each [start, end), more often on busy days; `low`, `high`: the shares of the bounds."""
    share = low + rng.random(len(start)) * (high - low)
    day = _DAY_AT[(share * _STEPS).astype(np.int64)].astype(np.int64)
    return clamp(rng, START + day * DAY + time_of_day(rng, len(start)), start, end)


def working_times(rng: np.random.Generator, times: Ints) -> Ints:
    """The same day, or the nearest working day, at a working hour."""
    day = times // DAY
    weekday = (day + 3) % 7
    day = day - (weekday == 5) + (weekday == 6)
    return np.where(times >= NEVER, NEVER, day * DAY + time_of_day(rng, len(times)))


def clamp(rng: np.random.Generator, times: Ints, start: Ints, end: Ints) -> Ints:
    """Times outside [start, end) moved to within an hour of the nearer bound, never beyond the other."""
    room = np.minimum(3600, np.maximum(end - start, 1))
    nudge = (rng.random(len(times), dtype=np.float32) * room).astype(np.int64)
    return np.where(times < start, start + nudge, np.where(times >= end, end - 1 - nudge, times))


@dataclass(frozen=True)
class Delay:
    """A log-normal delay in days, cut off at `cap` by drawing again."""

    sigma: float
    cap: float

    def draw(self, rng: np.random.Generator, medians: Floats) -> Floats:
        """One delay in days for each median (the median before the cut)."""
        days = medians * np.exp(self.sigma * rng.standard_normal(len(medians)))
        while (late := np.flatnonzero(days > self.cap)).size:
            days[late] = medians[late] * np.exp(self.sigma * rng.standard_normal(late.size))
        return days

    def below(self, days: float, median: float) -> float:
        """Probability of a delay of at most `days`, under this median before the cut."""
        if days >= self.cap:
            return 1.0
        normal = NormalDist(0, self.sigma)
        return normal.cdf(math.log(days / median)) / normal.cdf(math.log(self.cap / median))

    def median(self, weights: dict[float, int]) -> tuple[float, float]:
        """True median and its standard error for a sample with `weights[median]` draws of each median."""
        total = sum(weights.values())
        if not total:
            return math.nan, math.nan

        def share(days: float) -> float:
            return sum(count * self.below(days, median) for median, count in weights.items()) / total

        low, high = 1e-6, self.cap
        while high - low > 1e-9 * self.cap:
            middle = (low + high) / 2
            low, high = (middle, high) if share(middle) < 0.5 else (low, middle)
        step = 0.01 * low
        density = (share(low + step) - share(low - step)) / (2 * step)
        return low, 0.5 / math.sqrt(total) / density


def later(rng: np.random.Generator, times: Ints, days: Floats, *, working: bool) -> Ints:
    """Times plus delays in days; `working` moves them to working hours, without a bias and still later."""
    moved = np.where(times >= NEVER, NEVER, times + (days * DAY).astype(np.int64))
    if working:
        moved = working_times(rng, moved)
    soon = times + rng.integers(300, 7200, len(times))
    return np.where(moved <= times, np.where(times >= NEVER, NEVER, soon), moved)
