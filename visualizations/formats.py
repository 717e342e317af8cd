"""How numbers, shares, durations and dates are written: one place, so that every view says them alike."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import workbench as wb

NOTHING = "–"
SMALL_SAMPLE = 30
"""Shares of fewer containers than this are shown with their interval."""
MINUTE, HOUR, DAY = 60, 3600, 86400
_NARROW, _WIDE = set("iljtfr.,:;'| ()[]!-"), set("mwMW@%")


def count(number: Any) -> str:
    """A whole number with separators.

    >>> count(10_000_000), count(None)
    ('10,000,000', '–')
    """
    if number is None or number != number:
        return NOTHING
    if isinstance(number, float | Decimal) and number != int(number):
        return f"{number:,.2f}"
    return f"{int(number):,}"


def compact(number: Any) -> str:
    """A number for tight places.

    >>> compact(950), compact(12_345), compact(10_000_000)
    ('950', '12.3k', '10M')
    """
    if number is None:
        return NOTHING
    for size, suffix in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            scaled = float(number) / (size if suffix != "k" else 1e3)
            return (f"{scaled:.1f}".removesuffix(".0")) + suffix
    return count(number)


def percent(share: float | None) -> str:
    """A share given as 0 to 100.

    >>> percent(58.93), percent(0.02), percent(100.0), percent(None)
    ('58.9%', '<0.1%', '100%', '–')
    """
    if share is None or math.isnan(share):
        return NOTHING
    if 0 < share < 0.1:
        return "<0.1%"
    return f"{share:,.1f}".removesuffix(".0") + "%"


def duration(seconds: float | None) -> str:
    """A length of time, short.

    >>> duration(34 * 86400), duration(5400), duration(90), duration(2.5 * 86400)
    ('34 d', '1.5 h', '1.5 min', '2.5 d')
    """
    if seconds is None:
        return NOTHING
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if abs(seconds) >= size:
            value = seconds / size
            return (f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")) + f" {unit}"
    return f"{seconds:.0f} s"


def duration_words(seconds: float | None) -> str:
    """A length of time inside a sentence.

    >>> duration_words(34 * 86400), duration_words(86400)
    ('34 days', '1 day')
    """
    short = duration(seconds)
    if short == NOTHING:
        return short
    value, _, unit = short.partition(" ")
    name = {"d": "day", "h": "hour", "min": "minute", "s": "second"}[unit]
    return f"{value} {name}" + ("" if value == "1" else "s")


def limit(text: str) -> str:
    """A duration of the language, short: `30d` → `30 d`."""
    unit = {"m": "min"}.get(text[-1], text[-1])
    return f"{text[:-1]} {unit}"


def day(moment: Any) -> str:
    """A date as people write it.

    >>> day(datetime.date(2024, 1, 9))
    '9 Jan 2024'
    """
    if moment is None:
        return NOTHING
    if isinstance(moment, str):
        moment = datetime.date.fromisoformat(moment[:10])
    return f"{moment.day} {moment:%b %Y}"


def moment(when: Any) -> str:
    """A date with its time of day."""
    return NOTHING if when is None else f"{day(when)}, {when:%H:%M}"


def money(amount: Any) -> str:
    """An amount, whole when it is large."""
    if amount is None:
        return NOTHING
    whole = abs(float(amount)) >= 100 or float(amount) == 0
    return f"{float(amount):,.0f}" if whole else f"{float(amount):,.2f}"


def interval(hits: float, base: float) -> tuple[float, float] | None:
    """95 % Wilson interval of a share, in percent; None without a base."""
    if base <= 0 or hits < 0 or hits > base:
        return None
    low, high = wb.wilson(hits, base)
    return max(0.0, 100 * low), min(100.0, 100 * high)


def sample_note(hits: float | None, base: float | None) -> str:
    """What to add to a share of a small base; empty where the base is large enough."""
    if hits is None or base is None or base >= SMALL_SAMPLE or base <= 0:
        return ""
    bounds = interval(hits, base)
    return f"Small sample of {count(base)}: between {bounds[0]:.0f}% and {bounds[1]:.0f}%." if bounds else ""


def text_width(text: str, size: float) -> float:
    """Approximate width in pixels of Inter at a font size; errs on the wide side."""
    em = sum(
        0.31
        if c in _NARROW
        else 0.9
        if c in _WIDE
        else 0.68
        if c.isupper()
        else 0.63
        if c.isdigit()
        else 0.57
        for c in text
    )
    return em * size


def fit(text: str, width: float, size: float) -> str:
    """The text, shortened with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip(" ,·-") + "…"


def sentence(text: str) -> str:
    """First letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def points(value: float | None) -> str:
    """Percentage points with their sign.

    >>> points(3.21), points(-0.04), points(0.0), points(None)
    ('+3.2', '0.0', '0.0', '–')
    """
    if value is None:
        return NOTHING
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "\N{MINUS SIGN}")
