"""What the values of a column are, and how they are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workbench.drafting.words import singular_words

Kind = Literal["empty", "text", "integer", "number", "amount", "boolean", "time"]
LOOKED_AT = 4_000
"""Values of a column that decide on its kind."""
FITS = 0.95
"""Share of the values that must fit a kind."""

STRONG_NULLS = frozenset(
    {
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "NULL",
        "null",
        "Null",
        r"\N",
        "(null)",
        "<null>",
        "NaN",
        "nan",
        "000000000000000AAA",
        "000000000000000",
        "(blank)",
        "(not set)",
    }
)
"""Texts that mean no value wherever they stand."""
WEAK_NULLS = frozenset({"-", "--", "—", "n/a", "N/A", "NA", "Select", "select", "?", ".", "undefined"})
"""Texts that mean no value where they repeat in a column that has other values."""
TYPED_NULLS = frozenset({"None", "none", "nil", "unknown", "Unknown", "0"})
"""Texts that are no value only beside numbers, times or ids; in a column of words they are words."""
TRUE = frozenset(["true", "t", "yes", "y", "1", "ja", "wahr", "oui", "vrai", "si", "sí", "x"])
FALSE = frozenset(["false", "f", "no", "n", "0", "nein", "falsch", "non", "faux"])
PLAIN_BOOLEANS = frozenset(["true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"])
"""Words that loading understands by itself."""

_INTEGER = re.compile(r"^[-+]?\d+$")
_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_CURRENCY = r"(?:[$€£¥]|USD|EUR|GBP|CHF|R\$|kr)"
_SIGN = rf"\(?[-+]?\s*{_CURRENCY}?\s*"
_END = rf"\s*[KMB]?\s*{_CURRENCY}?\)?$"
_AMOUNT_US = re.compile(rf"^{_SIGN}[-+]?\d{{1,3}}(?:[,' ]\d{{3}})*(?:\.\d+)?{_END}", re.I)
_AMOUNT_US_PLAIN = re.compile(rf"^\(?[-+]?\s*{_CURRENCY}?\s*\d+(?:\.\d+)?\s*[KMB]?\s*{_CURRENCY}?\)?$", re.I)
_AMOUNT_EU = re.compile(
    rf"^[-+]?\s*{_CURRENCY}?\s*[-+]?(?:\d{{1,3}}(?:[. ]\d{{3}})+|\d+)(?:,\d+)?\s*{_CURRENCY}?$", re.I
)
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF"}

_CLOCK = r"(?:[ T,]+(\d{1,2}:\d{2})(:\d{2})?(\.\d{1,6})?(\s?[AaPp][Mm])?)?"
_ISO = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}"
    r"(?:[ T]\d{1,2}:\d{2}(:\d{2}(?:\.\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_NUMERIC_DATE = re.compile(rf"^(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_CLOCK}$")
_NAMED_DATE = re.compile(rf"^(\d{{1,2}})([ -])([A-Za-z]{{3,9}})(,?)\2(\d{{4}}|\d{{2}}){_CLOCK}$")
_MONTH_FIRST = re.compile(rf"^([A-Za-z]{{3,9}}) (\d{{1,2}}), (\d{{4}}){_CLOCK}$")
_COMPACT = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{6})?$")
_MONTHS = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_TIME_WORDS = frozenset(
    [
        "date",
        "time",
        "at",
        "on",
        "timestamp",
        "created",
        "closed",
        "when",
        "datum",
        "day",
        "start",
        "end",
        "entered",
        "since",
        "until",
        "modified",
        "updated",
        "dt",
    ]
)


@dataclass(frozen=True)
class Column:
    """One column of a sample."""

    name: str
    kind: Kind = "empty"
    style: str = ""
    """Times: `iso`, `seconds`, `milliseconds`, `microseconds` or formats divided by `|`; amounts: `us`, `eu`,
    `plain`."""
    share: float = 1.0
    """Of the values, those that fit."""
    filled: float = 0.0
    """Of the rows, those with a value."""
    distinct: int = 0
    rows: int = 0
    day: bool = False
    """Times are days."""
    zone: str = ""
    """`UTC` or `offset` where times say their zone."""
    currency: str = ""
    keep_text: bool = False
    """Digits that are no number: leading zeros, or more than a float holds."""
    ambiguous: bool = False
    """Day and month could be either way round."""
    zero_is_null: bool = False
    """`0` stands for no id."""
    nulls: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    common: tuple[tuple[str, int], ...] = ()
    """Most frequent values with their counts."""
    values: frozenset[str] = field(default=frozenset(), repr=False)
    """Distinct values."""

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.filled > 0.98 and self.distinct >= self.rows * self.filled * 0.995

    @property
    def like_id(self) -> bool:
        """Whether the values may name records."""
        return self.kind in ("text", "integer") and self.filled > 0


def column_of(name: str, values: list[str | None], nulls: frozenset[str] | None = None) -> Column:
    """Judge a column. `nulls`: the texts of the source that mean no value; None: find them."""
    stripped = [value.strip() for value in values if value is not None and value.strip()]
    counts = Counter(stripped)
    own = _null_tokens(name, counts) if nulls is None else frozenset(nulls) & set(counts)
    for token in own:
        del counts[token]
    filled = sum(counts.values())
    base = Column(name, rows=len(values), nulls=tuple(sorted(own)))
    if not counts:
        return base
    some = list(counts)[:LOOKED_AT]
    kind, style, share, more = _judge(name, some)
    zero = kind in ("text", "integer") and counts.get("0", 0) > 1 and "id" in singular_words(name)[-1:]
    return replace(
        base,
        kind=kind,
        style=style,
        share=share,
        filled=filled / max(len(values), 1),
        distinct=len(counts),
        zero_is_null=zero,
        keep_text=kind == "integer" and any(_no_number(value) for value in some),
        examples=tuple(list(counts)[:3]),
        common=tuple(counts.most_common(30)),
        values=frozenset(counts),
        **more,
    )


def _null_tokens(name: str, counts: Counter[str]) -> frozenset[str]:
    found = {token for token in counts if token in STRONG_NULLS}
    rest = [value for value in counts if value not in found]
    found |= {token for token in rest if token in WEAK_NULLS and len(rest) > 1}
    typed = [value for value in rest if value not in found and value not in TYPED_NULLS]
    marks = {token for token in counts if token in TYPED_NULLS and token != "0"}
    if marks and len(typed) > 1 and _judge(name, typed[:200])[0] in ("integer", "number", "amount", "time"):
        found |= marks
    return frozenset(found)


def _no_number(value: str) -> bool:
    digits = value.lstrip("+-")
    return (len(digits) > 1 and digits[0] == "0") or len(digits) > 15


def _share(test: Callable[[str], object], values: list[str]) -> float:
    return sum(bool(test(value)) for value in values) / len(values)


def _judge(name: str, values: list[str]) -> tuple[Kind, str, float, dict[str, Any]]:
    """Kind, style, share that fits, and further facts."""
    lowered = {value.lower() for value in values}
    if (
        lowered <= (TRUE | FALSE)
        and not lowered <= {"0"}
        and (len(lowered) > 1 or not lowered & {"1", "x", "y", "n"})
    ):
        return "boolean", "plain" if lowered <= PLAIN_BOOLEANS else "words", 1.0, {}
    when = _time(name, values)
    if when is not None:
        return when
    if (share := _share(_INTEGER.match, values)) >= FITS:
        return "integer", "plain", share, {}
    if (share := _share(_NUMBER.match, values)) >= FITS:
        return "number", "plain", share, {}
    return _amount(values) or ("text", "", 1.0, {})


def _amount(values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    american = _share(lambda value: _AMOUNT_US.match(value) or _AMOUNT_US_PLAIN.match(value), values)
    european = _share(_AMOUNT_EU.match, values)
    if max(american, european) < FITS:
        return None
    marks = {
        sign: word for sign, word in _SIGNS.items() if any(sign in value.lower() for value in values[:500])
    }
    more: dict[str, Any] = {"currency": next(iter(marks.values())) if len(set(marks.values())) == 1 else ""}
    # A comma before exactly two digits is a decimal comma; one before three could be either.
    telling = sum(bool(re.search(r",\d{1,2}\D*$|,\d{4,}", value)) for value in values)
    eu = european > american or (european == american and telling > 0)
    more["ambiguous"] = european == american and not telling and any("," in value for value in values)
    return "amount", "eu" if eu else "us", european if eu else american, more


def _time(name: str, values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    matches = [match for value in values if (match := _ISO.match(value))]
    if len(matches) >= len(values) * FITS:
        zones = {match[2] for match in matches if match[2]}
        zone = "UTC" if zones and zones <= {"UTC", "GMT"} else "offset" if zones else ""
        return (
            "time",
            "iso",
            len(matches) / len(values),
            {"day": not any(":" in m[0] for m in matches), "zone": zone},
        )
    for reader in (_numeric, _named, _month_first):
        found = reader(values)
        if found is not None:
            return found
    return _digits(name, values)


def _numeric(values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    matches = [match for value in values if (match := _NUMERIC_DATE.match(value))]
    if len(matches) < len(values) * FITS:
        return None
    first, second = (max(int(match[place]) for match in matches) for place in (1, 3))
    if (first > 12 and second > 12) or max(first, second) > 31:
        return None
    joint = Counter(match[2] for match in matches).most_common(1)[0][0]
    day_first = first > 12 or (second <= 12 and joint != "/")
    parts = ("%d", "%m") if day_first else ("%m", "%d")
    formats = sorted({f"{parts[0]}{m[2]}{parts[1]}{m[2]}{_year(m[4])}{_clock(m[0], m, 5)}" for m in matches})
    return (
        "time",
        "|".join(formats),
        len(matches) / len(values),
        {"day": not any(match[5] for match in matches), "ambiguous": max(first, second) <= 12},
    )


def _named(values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    matches = [m for value in values if (m := _NAMED_DATE.match(value)) and m[3][:3].lower() in _MONTHS]
    if len(matches) < len(values) * FITS:
        return None
    formats = sorted(
        {f"%d{m[2]}{_month(m[3])}{m[4]}{m[2]}{_year(m[5])}{_clock(m[0], m, 6)}" for m in matches}
    )
    return "time", "|".join(formats), len(matches) / len(values), {"day": not any(m[6] for m in matches)}


def _month_first(values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    matches = [m for value in values if (m := _MONTH_FIRST.match(value)) and m[1][:3].lower() in _MONTHS]
    if len(matches) < len(values) * FITS:
        return None
    formats = sorted({f"{_month(m[1])} %d, %Y{_clock(m[0], m, 4)}" for m in matches})
    return "time", "|".join(formats), len(matches) / len(values), {"day": not any(m[4] for m in matches)}


def _month(word: str) -> str:
    return "%b" if len(word) == 3 else "%B"


def _year(digits: str) -> str:
    return "%Y" if len(digits) == 4 else "%y"


def _clock(text: str, match: re.Match[str], place: int) -> str:
    """The format of the clock in a match: its groups from `place` on are hours, seconds, fraction, half."""
    if not match[place]:
        return ""
    before = text[: match.start(place)]
    joint = before[len(before.rstrip(" T,")) :]
    half = match[place + 3]
    hour = "%I" if half else "%H"
    fraction = ".%f" if match[place + 2] else ""
    return f"{joint}{hour}:%M{':%S' if match[place + 1] else ''}{fraction}" + (
        f"{' ' if half[0] == ' ' else ''}%p" if half else ""
    )


def _digits(name: str, values: list[str]) -> tuple[Kind, str, float, dict[str, Any]] | None:
    """Days and moments written in digits alone; the name must speak of time."""
    last = singular_words(name)
    if (
        not _TIME_WORDS & set(last)
        or "id" in last
        or not all(_INTEGER.match(value) for value in values[:200])
    ):
        return None
    if (share := _share(_COMPACT.match, values)) >= FITS:
        long = len(values[0]) == 14
        return "time", "%Y%m%d%H%M%S" if long else "%Y%m%d", share, {"day": not long}
    for style, low, high in (
        ("seconds", 631_152_000, 2_524_608_000),
        ("milliseconds", 631_152_000_000, 2_524_608_000_000),
        ("microseconds", 631_152_000_000_000, 2_524_608_000_000_000),
    ):
        share = sum(value.isdigit() and low <= int(value) <= high for value in values) / len(values)
        if share >= FITS:
            return "time", style, share, {"zone": "UTC"}
    return None


def columns_of(
    names: Iterable[str], rows: tuple[tuple[str | None, ...], ...], nulls: frozenset[str] | None = None
) -> dict[str, Column]:
    """Every column of a grid, judged."""
    listed = list(names)
    turned = zip(*rows, strict=True) if rows else ([] for _ in listed)
    return {name: column_of(name, list(values), nulls) for name, values in zip(listed, turned, strict=True)}
