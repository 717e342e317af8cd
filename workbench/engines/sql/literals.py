"""Values and names inside SQL text: the only way a value of a question reaches a statement."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from workbench.errors import SpecError
from workbench.model.data_version import from_microseconds
from workbench.model.durations import seconds

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_WIDEST = Decimal(10) ** 37
"""From here on numbers are wider than any decimal column, and are written as floating-point numbers."""
_GREATEST = Decimal("1.7e308")
_LONGEST = 365_000
"""Days beyond which a limit no longer limits, and beyond which times would overflow."""


def quote_literal(text: str) -> str:
    """A text value as an SQL literal, safe whatever it holds.

    >>> quote_literal("O'Brien")
    "'O''Brien'"
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SpecError(f"{text!r} is not valid text") from None
    runs = [(plain, "".join(run)) for plain, run in groupby(text, str.isprintable)] or [(True, "")]
    pieces = [_printable(run) if plain else _control(run) for plain, run in runs]
    return pieces[0] if len(pieces) == 1 and runs[0][0] else "(" + " || ".join(pieces) + ")"


def _printable(run: str) -> str:
    return "'" + run.replace("'", "''") + "'"


def _control(run: str) -> str:
    """Line ends, NUL and the like by number: they would break the layout of a statement."""
    return " || ".join(f"chr({ord(character)})" for character in run)


def quote_name(name: str) -> str:
    """A column name for use after the name of its table, quoted unless it is a plain word.

    >>> quote_name("industry"), quote_name("Lead Source")
    ('industry', '"Lead Source"')
    """
    if _PLAIN.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_list(texts: Iterable[str]) -> str:
    """Literals in brackets, for `IN`."""
    return "(" + ", ".join(quote_literal(text) for text in texts) + ")"


def number(value: int | float | Decimal) -> str:
    """A number as an SQL literal; infinities and NaN are a SpecError."""
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise SpecError(f"{value!r} is no number to compare with")
    text = str(value) if abs(exact) < _WIDEST else f"{max(min(exact, _GREATEST), -_GREATEST):.16e}"
    return f"({text})" if text.startswith("-") else text


def moment(value: datetime.datetime) -> str:
    """A UTC time without zone as an SQL literal."""
    return f"TIMESTAMP '{value.isoformat(sep=' ')}'"


def instant(microseconds: int) -> str:
    """UTC microseconds since 1970 as an SQL literal."""
    try:
        return moment(from_microseconds(microseconds))
    except OverflowError:
        return "TIMESTAMP 'infinity'" if microseconds > 0 else "TIMESTAMP '-infinity'"


def day(value: datetime.date) -> str:
    """A date as an SQL literal."""
    return f"DATE '{value.isoformat()}'"


def interval(duration: str) -> str:
    """A duration of the language as an SQL interval of exact length.

    >>> interval("2w"), interval("90m")
    ("INTERVAL '14 days'", "INTERVAL '5400 seconds'")
    """
    days, rest = divmod(seconds(duration), 86_400)
    if days >= _LONGEST:
        return f"INTERVAL '{_LONGEST} days'"
    if not rest:
        return f"INTERVAL '{days} days'"
    return f"INTERVAL '{seconds(duration)} seconds'"


def remark(text: str) -> str:
    """Text fit for a one-line comment: control characters and line ends become spaces."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.split())


def slug(text: str) -> str:
    """A word for the name of a common table expression.

    >>> slug("MQL Qualified!")
    'mql_qualified'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "x"
