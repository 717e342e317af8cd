"""How a text file is written: encoding, delimiter, quotes, lines before the header, the header itself."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from workbench.drafting.sampling import CELLS, ROWS, Sample
from workbench.drafting.words import plain, singular_words
from workbench.errors import SourceError

DELIMITERS = (",", ";", "\t", "|", "^")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret"}
LOOKED_AT = 300
"""Rows that decide on delimiter and header."""
MOST_COLUMNS = 12_000
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_VALUE = re.compile(
    r"^[-+($€£]*\d[\d.,' ]*[%)kKmM]?$|^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|@|^https?://|^www\.|^(true|false)$",
    re.I,
)
_WORDS = frozenset(
    [
        "id",
        "guid",
        "name",
        "date",
        "time",
        "type",
        "status",
        "email",
        "account",
        "contact",
        "company",
        "customer",
        "person",
        "lead",
        "stage",
        "amount",
        "value",
        "created",
        "closed",
        "event",
        "user",
        "owner",
        "product",
        "campaign",
        "channel",
        "source",
        "city",
        "country",
        "title",
        "role",
        "phone",
    ]
)


@dataclass(frozen=True)
class Found:
    """A detected value with how sure it is and why."""

    value: object
    confidence: float
    reason: str


@dataclass(frozen=True)
class Grid:
    """Parsed rows of a sample."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    short: int = 0
    """Rows with too few fields."""
    long: int = 0
    """Rows with too many fields."""

    def values(self, column: str) -> list[str | None]:
        """Values of one column."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows]


def encoding_of(sample: Sample) -> Found:
    """Encoding of a text file; SourceError for bytes that are no text."""
    head = sample.head
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Found(name, 0.99, f"begins with the byte order mark of {name.upper()}")
    zeros = head[:4000].count(0)
    if zeros:
        even = head[:4000:2].count(0)
        if zeros > len(head[:4000]) * 0.3 and (even == 0 or even == zeros):
            return Found("utf-16-le" if even == 0 else "utf-16-be", 0.9, "every other byte is zero")
        raise SourceError("is no text: it has zero bytes")
    try:
        for part in (head, *sample.pieces):
            _cut(part).decode("utf-8")
    except UnicodeDecodeError:
        strange = sum(byte < 9 or 13 < byte < 32 for byte in head[:4000])
        if strange > len(head[:4000]) * 0.02:
            raise SourceError("is no text: it has control characters") from None
        undefined = set(b"\x81\x8d\x8f\x90\x9d") & set(head)
        name = "iso8859-1" if undefined else "cp1252"
        return Found(name, 0.7, "has bytes that are no UTF-8; Western European letters are the usual reason")
    ascii_only = head.isascii() and all(piece.isascii() for piece in sample.pieces)
    return Found("utf-8", 0.9 if ascii_only else 0.99, "all that was read is valid UTF-8")


def _cut(part: bytes) -> bytes:
    """The part up to its last line, so that no character is torn."""
    return part[: part.rfind(b"\n") + 1] or part


def decoded(sample: Sample, encoding: str) -> list[str]:
    """The text parts of a sample; what does not fit the encoding is marked."""
    name = "utf-8-sig" if encoding in ("utf-8", "ascii", "utf-8-sig") else encoding
    return [part.decode(name, errors="replace") for part in (sample.head, *sample.pieces)]


def _rows(text: str, delimiter: str, quote: str, most: int) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote or '"')
    try:
        for _, row in zip(range(most), reader, strict=False):
            yield row
    except csv.Error:
        return


def delimiter_of(text: str, usual: str) -> Found:
    """The delimiter under which most rows are as wide as the first."""
    scores: dict[str, tuple[float, int, float]] = {}
    beginning = text[: 1 << 18]
    for one in DELIMITERS:
        widths = [len(row) for row in _rows(beginning, one, '"', LOOKED_AT) if row]
        if widths:
            width, count = Counter(widths).most_common(1)[0]
            share = count / len(widths)
            score = share * (1 + log2(width) / 4) if width > 1 else 0.0
            score *= 1.0 if widths[0] == width else 0.4
            scores[one] = (score * (1.3 if one == ";" and share > 0.9 else 1), width, share)
    best = max(scores, key=lambda one: scores[one][0], default=usual)
    if not scores or scores[best][0] == 0:
        return Found(usual, 0.4, "no delimiter divides the lines; the file has one column")
    _, width, share = scores[best]
    reason = f"{NAMES[best]}: {share:.0%} of the rows have {width} fields"
    return Found(best, round(min(0.99, 0.5 + share / 2), 2), reason)


def quote_of(text: str, delimiter: str) -> Found:
    """The double quote, unless single quotes stand around fields."""
    beginning = text[: 1 << 18]
    single = len(
        re.findall(rf"(?:^|{re.escape(delimiter)})'[^'\n]*'(?={re.escape(delimiter)}|$)", beginning, re.M)
    )
    double = beginning.count('"')
    if single > 5 and double == 0:
        return Found("'", 0.8, f"single quotes stand around {single} fields")
    return Found('"', 0.95, "double quotes stand around fields" if double else "no field is quoted")


def skip_of(rows: list[tuple[str | None, ...]]) -> Found:
    """Lines above the header: a title, a filter, a blank line."""
    filled = [sum(bool(cell) for cell in row) for row in rows[:LOOKED_AT]]
    usual = Counter(filled[1:]).most_common(1)[0][0] if len(filled) > 2 else 0
    skip = 0
    while skip < min(len(filled) - 2, 30) and usual > 2 and filled[skip] <= min(2, usual // 2):
        skip += 1
    if skip and filled[skip] >= max(2, usual // 2):
        return Found(skip, 0.8, f"{skip} lines with little in them stand before the table")
    return Found(0, 0.95, "the table begins at the top")


def header_of(rows: list[tuple[str | None, ...]]) -> Found:
    """Whether the first row names the columns."""
    if not rows:
        return Found(True, 0.3, "there are no rows")
    first = [cell or "" for cell in rows[0]]
    named = [cell for cell in first if cell]
    values = sum(bool(_VALUE.search(cell)) for cell in named)
    known = sum(bool(_WORDS & set(singular_words(cell))) for cell in named)
    if known and known >= values:
        return Found(True, 0.97, f"{known} of {len(first)} cells of the first row are usual names of columns")
    if values:
        return Found(False, 0.85, f"{values} of {len(first)} cells of the first row look like values")
    below = [cell for row in rows[1:50] for cell in row if cell]
    differ = bool(below) and sum(bool(_VALUE.search(cell)) for cell in below) > len(below) * 0.1
    repeated = sum(cell in named for cell in below)
    if repeated > len(rows[1:50]) / 2 or len(set(named)) < len(named):
        return Found(False, 0.6, "cells of the first row come again below")
    return Found(True, 0.8 if differ else 0.55, "the first row is text, and values stand below it")


def raw_rows(sample: Sample, encoding: str, delimiter: str, quote: str) -> list[tuple[str | None, ...]]:
    """Rows of a delimited sample before the header is taken off; SourceError for too many columns."""
    found: list[tuple[str | None, ...]] = []
    width = 1
    for text in decoded(sample, encoding):
        for row in _rows(text, delimiter, quote, ROWS):
            if not row:
                continue
            width = max(width, len(row))
            if width > MOST_COLUMNS:
                raise SourceError(f"has more than {MOST_COLUMNS:,} columns; is the delimiter right?")
            if len(found) >= min(ROWS, max(CELLS // width, 20)):
                break
            found.append(tuple(cell if cell != "" else None for cell in row))
    return found


def grid_of(rows: list[tuple[str | None, ...]], header: bool, skip: int, names: tuple[str, ...] = ()) -> Grid:
    """Rows under the names of their columns, filled or cut to the same width."""
    body = rows[skip:]
    first = [str(cell or "").strip() for cell in body[0]] if body else []
    body = body[1:] if header else body
    width = len(first) if header or not names else len(names)
    if not header and not names and body:
        width = Counter(len(row) for row in body).most_common(1)[0][0]
    given = list(names) if names else first if header else [""] * width
    columns = unique_names(given[:width] + [""] * (width - len(given)))
    short = sum(len(row) < width for row in body)
    long = sum(len(row) > width for row in body)
    if short or long:
        body = [row[:width] + (None,) * (width - len(row)) for row in body if len(row) <= width]
    return Grid(tuple(columns), tuple(body), short, long)


def unique_names(names: list[str]) -> list[str]:
    """Names as loading gives them: none empty, every one once regardless of case."""
    seen = {"_row": 1, "_file": 1}
    unique = []
    for position, name in enumerate(names, 1):
        own = name or f"column_{position}"
        seen[own.lower()] = seen.get(own.lower(), 0) + 1
        unique.append(own if seen[own.lower()] == 1 else f"{own}_{seen[own.lower()]}")
    return unique


def json_grid(sample: Sample, encoding: str) -> Grid:
    """Objects of JSON lines as rows; SourceError where no line is an object."""
    objects, bad = [], 0
    for text in decoded(sample, encoding):
        for line in text.splitlines()[:ROWS]:
            try:
                found = json.loads(line) if line.strip() else None
            except (ValueError, RecursionError):
                found = 0
            if isinstance(found, dict):
                objects.append(found)
            bad += found is not None and not isinstance(found, dict)
    if not objects:
        raise SourceError("has no line that is a JSON object")
    keys = list(dict.fromkeys(key for one in objects[:2000] for key in one))[:MOST_COLUMNS]
    most = max(CELLS // max(len(keys), 1), 20)
    rows = tuple(tuple(_json_text(one.get(key)) for key in keys) for one in objects[:most])
    return Grid(tuple(unique_names(keys)), rows, long=bad)


def _json_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def names_from_scripts(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """Table → names of its columns, from CREATE TABLE statements."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for match in re.finditer(
            r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"`]+)\s*\((.*?)\)\s*;", text, re.I | re.S
        ):
            parts = re.sub(r"\([^()]*\)", "", match[2]).split(",")
            names = [part.split()[0].strip('"`') for part in parts if part.split()]
            skipped = {"primary", "foreign", "unique", "constraint", "key", "check"}
            table = match[1].rpartition(".")[2].strip('"`')
            found[plain(table)] = tuple(name for name in names if name.lower() not in skipped)
    return found
