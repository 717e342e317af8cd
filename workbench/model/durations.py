"""Durations of the language: an integer and a unit, `30d`, `90m` (minutes), `2w`; exact seconds."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NAMES = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_LONGEST_DAYS = 365_000
_PATTERN = re.compile(r"([0-9]{1,9})([smhdw])")


def _parts(text: str) -> tuple[int, str]:
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no duration; write an integer and s, m (minutes), h, d or w, such as '30d'"
        )
    return int(match[1]), match[2]


def _check(text: str) -> str:
    _parts(text)
    return text


Duration = Annotated[
    str, AfterValidator(_check), WithJsonSchema({"type": "string", "pattern": f"^{_PATTERN.pattern}$"})
]
"""Text such as `30d`; checked, kept as written."""


def seconds(duration: str) -> int:
    """Length in seconds.

    >>> seconds("2w")
    1209600
    """
    count, unit = _parts(duration)
    return count * _SECONDS[unit]


def microseconds(duration: str) -> int:
    """Length in microseconds, the unit of stored times; at most a thousand years, so times stay in range."""
    return min(seconds(duration), _LONGEST_DAYS * 86_400) * 1_000_000


def local_days(duration: str) -> int | None:
    """Whole days of a duration given in days or weeks, at most a thousand years; None for shorter units.

    >>> local_days("2w"), local_days("36h")
    (14, None)
    """
    count, unit = _parts(duration)
    days = {"d": count, "w": 7 * count}.get(unit)
    return None if days is None else min(days, _LONGEST_DAYS)


def in_words(duration: str) -> str:
    """The duration as people say it.

    >>> in_words("30d"), in_words("1h")
    ('30 days', '1 hour')
    """
    count, unit = _parts(duration)
    return f"{count} {_NAMES[unit]}" + ("" if count == 1 else "s")
