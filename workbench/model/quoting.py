"""Names and values as SQL text: the only way a value may enter a statement that cannot take parameters."""

from __future__ import annotations

import datetime
from decimal import Decimal


def quote_name(name: str) -> str:
    """An identifier, quoted.

    >>> quote_name("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: object) -> str:
    """A value as a SQL literal: text, number, truth, date, time, list of these, or null.

    >>> quote_literal("it's"), quote_literal(None), quote_literal([1, 2])
    ("'it''s'", 'NULL', '[1, 2]')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, datetime.datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(quote_literal(item) for item in value) + "]"
    return "'" + str(value).replace("'", "''") + "'"
