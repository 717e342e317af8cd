"""From what a file says to canonical types, as SQL: a value that does not fit becomes null and is noticed."""

from __future__ import annotations

import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from workbench.model.data_version import to_microseconds
from workbench.model.database import has_zone, instant_in_utc
from workbench.model.quoting import quote_literal
from workbench.model.tables import SQL_TYPES, ColumnType

LARGEST_EXACT = 2**53
"""Beyond this a float no longer tells whole numbers apart."""

_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
)
_OFFSET = r"\d:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|z|[+-]\d{2}(:?\d{2})?)$"


def fallible(kind: ColumnType, found: str) -> bool:
    """Whether a value of SQL type `found` may fail to become a `kind`."""
    if kind == "text":
        return found in ("DOUBLE", "FLOAT")
    if kind == "time":
        return not found.startswith(("TIMESTAMP", "DATE"))
    return found != SQL_TYPES[kind] and not (kind in ("number", "money") and found in _INTEGERS[:7])


def cast(kind: ColumnType, name: str, found: str, *, formats: tuple[str, ...] = (), zone: str = "UTC") -> str:
    """SQL that gives a column of SQL type `found` the canonical type; null where a value does not fit."""
    if kind == "time":
        return _time(name, found, formats, zone)
    if kind == "text":
        return _text(name, found)
    if found == "VARCHAR":
        return f"try_cast(trim({name}) AS {SQL_TYPES[kind]})"
    return name if found == SQL_TYPES[kind] else f"try_cast({name} AS {SQL_TYPES[kind]})"


def extra(name: str, found: str, zone: str) -> str:
    """SQL for a column that is not canonical: its own type, times in UTC, nested values as JSON."""
    if found.startswith(("TIMESTAMP", "DATE")) and found != "DATE":
        return _time(name, found, (), zone)
    if found.endswith("]") or found.startswith(("STRUCT", "MAP")):
        return f"to_json({name})::VARCHAR"
    return name


def _text(name: str, found: str) -> str:
    """Whole numbers that went through a float are text again below 2^53; beyond, they are null."""
    if found in ("DOUBLE", "FLOAT"):
        whole = f"{name} = trunc({name}) AND abs({name}) < {LARGEST_EXACT}"
        return (
            f"CASE WHEN {whole} THEN {name}::BIGINT::VARCHAR WHEN {name} <> trunc({name}) THEN"
            f" {name}::VARCHAR END"
        )
    return name if found == "VARCHAR" else f"{name}::VARCHAR"


def _time(name: str, found: str, formats: tuple[str, ...], zone: str) -> str:
    if has_zone(found):
        return instant_in_utc(name)
    if found.startswith(("TIMESTAMP", "DATE")):
        if zone == "UTC":
            return f"{name}::TIMESTAMP"
        wall = f"epoch_us({name}::TIMESTAMP)"
        return f"make_timestamp({wall} - ({_offset_at(zone).replace('wall', wall)}))"
    if found != "VARCHAR":
        return "NULL::TIMESTAMP"
    aware = f"timezone('UTC', try_cast({_tidy(name)} AS TIMESTAMP WITH TIME ZONE))"
    naive = to_utc(_parsed(name, formats), zone)
    return f"CASE WHEN {_has_offset(name)} THEN {aware} ELSE {naive} END"


def wall(name: str, found: str, formats: tuple[str, ...]) -> str:
    """SQL for the local time as written; null where the value says its offset itself."""
    if has_zone(found):
        return "NULL::TIMESTAMP"
    if found.startswith(("TIMESTAMP", "DATE")):
        return f"{name}::TIMESTAMP"
    return f"CASE WHEN NOT {_has_offset(name)} THEN {_parsed(name, formats)} END"


def _has_offset(name: str) -> str:
    return f"regexp_matches(trim({name}), '{_OFFSET}')"


def _parsed(name: str, formats: tuple[str, ...]) -> str:
    plain = f"try_cast(trim({name}) AS TIMESTAMP)"
    if not formats:
        return plain
    return f"coalesce(try_strptime(trim({name}), {quote_literal(list(formats))}), {plain})"


def _tidy(name: str) -> str:
    """Offsets as DuckDB reads them: `+0200`, ` +02` become `+02:00`."""
    joined = rf"regexp_replace(trim({name}), '\s*([+-]\d{{2}}):?(\d{{2}})?$', '\1:\2')"
    return rf"regexp_replace({joined}, '([+-]\d{{2}}):$', '\1:00')"


def to_utc(local: str, zone: str) -> str:
    """SQL that turns a local time into UTC.

    Ambiguous local times take the earlier instant, non-existent ones move forward by the gap: both mean the
    offset before the change, so one search over the changes decides.
    """
    if zone == "UTC":
        return local
    return f"make_timestamp(list_transform([epoch_us({local})], lambda wall: wall - ({_offset_at(zone)}))[1])"


def _offset_at(zone: str) -> str:
    """The offset that holds at local time `wall` (microseconds), as nested comparisons: a binary search in
    SQL."""
    changes = transitions(zone)
    if not changes:
        return str(_offset(ZoneInfo(zone), datetime.datetime(2000, 1, 1)) * 1_000_000)
    offsets = [before for _, before, _ in changes] + [changes[-1][2]]

    def search(low: int, high: int) -> str:
        if low == high:
            return str(offsets[low])
        middle = (low + high) // 2
        border = changes[middle][0]
        return f"CASE WHEN wall < {border} THEN {search(low, middle)} ELSE {search(middle + 1, high)} END"

    return search(0, len(changes))


def is_clock_change(wall: str, zone: str) -> str:
    """SQL that tells local times that exist twice, or not at all."""
    windows = [
        f"(epoch_us({wall}) >= {border - abs(after - before)} AND epoch_us({wall}) < {border})"
        for border, before, after in transitions(zone)
    ]
    return f"({' OR '.join(windows)})" if windows else "false"


@lru_cache(maxsize=32)
def transitions(zone: str) -> tuple[tuple[int, int, int], ...]:
    """Changes of a zone's offset, 1970 to 2100: (local time from which the new offset counts, offset before,
    after).

    All in microseconds; times before the border take the offset before.
    """
    info, step = ZoneInfo(zone), datetime.timedelta(days=7)
    moment, end = datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1)
    found = []
    while moment < end:
        before, after = _offset(info, moment), _offset(info, moment + step)
        if before != after:
            change = _search(info, moment, moment + step)
            border = to_microseconds(change) + max(before, after) * 1_000_000
            found.append((border, before * 1_000_000, after * 1_000_000))
        moment += step
    return tuple(found)


def _offset(info: ZoneInfo, moment: datetime.datetime) -> int:
    """Seconds ahead of UTC at a UTC moment."""
    shift = moment.replace(tzinfo=datetime.UTC).astimezone(info).utcoffset()
    return int(shift.total_seconds()) if shift else 0


def _search(info: ZoneInfo, low: datetime.datetime, high: datetime.datetime) -> datetime.datetime:
    before = _offset(info, low)
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if _offset(info, middle) == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
