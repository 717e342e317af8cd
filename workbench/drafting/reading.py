"""From files to sources: how each is written, what its columns hold, and which files belong together."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from workbench.drafting.kinds import Column, columns_of
from workbench.drafting.layout import (
    Grid,
    decoded,
    delimiter_of,
    encoding_of,
    grid_of,
    header_of,
    json_grid,
    names_from_scripts,
    quote_of,
    raw_rows,
    skip_of,
    unique_names,
)
from workbench.drafting.ledger import Ledger
from workbench.drafting.presets import Match
from workbench.drafting.sampling import SCRIPTS, Sample, find, format_of, read_samples
from workbench.drafting.words import plain
from workbench.errors import SourceError

MOST_FILES = 500
MOST_COLUMNS_TOLD = 120
"""Columns of a file that get a proposal of their own."""
_ENDINGS = re.compile(r"\.(csv|tsv|tab|jsonl|ndjson|parquet|pq|xlsx|xlsm|gz)\b", re.I)


@dataclass(frozen=True)
class Inputs:
    """Everything that was read from the disk; choices are weighed anew on it without reading again."""

    root: Path
    samples: tuple[Sample, ...]
    scripts: Mapping[str, tuple[str, ...]]
    """Table → names of columns, from CREATE TABLE statements."""
    problems: Mapping[str, str]
    """File → why it is left out."""
    parsed: dict[Any, list[tuple[str | None, ...]]] = field(default_factory=dict, compare=False, repr=False)
    """Rows parsed before: (file, encoding, delimiter, quote) → rows."""
    judged: dict[Any, dict[str, Column]] = field(default_factory=dict, compare=False, repr=False)
    """Columns judged before, so that a correction is quick: (file, sheet, names, nulls, shape) → columns."""


@dataclass
class File:
    """One source of the manifest while it is drafted."""

    name: str
    samples: list[Sample]
    grid: Grid
    columns: dict[str, Column]
    source: dict[str, Any]
    """Entries of the manifest, without tables and events."""
    tables: list[str] = field(default_factory=list)
    match: Match | None = None
    joins: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    """Column → (source, column it points at, share of values found there)."""

    @property
    def stem(self) -> str:
        """Name of the first file without folder and endings, or of its sheet."""
        first = self.samples[0]
        own = _ENDINGS.sub("", first.name.rpartition("/")[2])
        return (
            first.sheet
            if first.sheet and re.search("[A-Za-z]{4}", first.sheet) and "heet" not in first.sheet
            else own
        )

    @property
    def whole(self) -> bool:
        """Whether every row was read."""
        return all(sample.whole for sample in self.samples) and len(self.samples) == self.parsed

    parsed: int = 1
    """Files whose rows are in `grid`."""

    def rows(self, *columns: str, most: int = 3) -> tuple[dict[str, str | None], ...]:
        """Sample rows of these columns, those with values first."""
        names = [name for name in columns if name in self.columns]
        places = [self.grid.columns.index(name) for name in names]
        good = [row for row in self.grid.rows[:500] if all(row[place] for place in places)] or self.grid.rows
        return tuple(
            {name: row[place] for name, place in zip(names, places, strict=True)} for row in good[:most]
        )


def read_inputs(paths: list[str]) -> Inputs:
    """Sample every file; what cannot be read is left out with the reason, all of it is a SourceError."""
    root, files = find(paths)
    samples: list[Sample] = []
    problems: dict[str, str] = {}
    scripts: dict[str, tuple[str, ...]] = {}
    for path in files[:MOST_FILES]:
        name = path.name
        try:
            if path.suffix.lower() in SCRIPTS:
                scripts |= names_from_scripts([path.read_text(encoding="utf-8", errors="replace")[: 1 << 20]])
            elif format_of(path) is None and path.suffix.lower() in (".md", ".txt", ".toml", ".json", ""):
                problems[name] = "is no table"
            else:
                samples += read_samples(path, root)
        except SourceError as problem:
            problems[name] = str(problem)
    for path in files[MOST_FILES:]:
        problems[path.name] = f"more than {MOST_FILES} files"
    if not samples:
        told = "; ".join(f"{name} {reason}" for name, reason in list(problems.items())[:3])
        raise SourceError(f"{root}: no file can be drafted: {told}")
    samples.sort(key=lambda sample: (sample.name.count("/"), sample.name))
    return Inputs(root, tuple(samples), scripts, problems)


def read_files(inputs: Inputs, ledger: Ledger) -> tuple[list[File], dict[str, str]]:
    """A source per kind of file, and the files left out with their reasons."""
    problems = dict(inputs.problems)
    files: list[File] = []
    for sample in inputs.samples:
        try:
            _place(files, _file(sample, _free_name(sample, files), inputs, ledger))
        except SourceError as problem:
            problems[sample.name] = str(problem)
    if not files:
        told = "; ".join(f"{name} {reason}" for name, reason in list(problems.items())[:3])
        raise SourceError(f"{inputs.root}: no file can be drafted: {told}")
    every = sorted(sample.name for sample in inputs.samples)
    for file in files:
        file.source["files"] = _patterns([sample.name for sample in file.samples], every)
    return files, problems


def _free_name(sample: Sample, files: list[File]) -> str:
    stem = _ENDINGS.sub("", sample.name.rpartition("/")[2])
    if sample.sheet and sample.sheet.lower() not in ("sheet1", "tabelle1", "feuil1"):
        stem = f"{stem}_{sample.sheet}"
    slug = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:50] or "file"
    taken = {file.name for file in files}
    return next(name for n in count(1) if (name := f"{slug}_{n}" if n > 1 else slug) not in taken)


def _file(sample: Sample, name: str, inputs: Inputs, ledger: Ledger) -> File:
    place = f"sources.{name}"
    source: dict[str, Any] = {}
    if sample.format == "parquet":
        grid = Grid(tuple(unique_names(list(sample.columns))), sample.grid)
    elif sample.format == "jsonl":
        source["encoding"] = _settle(ledger, f"{place}.encoding", encoding_of(sample))
        grid = json_grid(sample, source["encoding"])
    else:
        grid = _table(sample, place, source, inputs, ledger)
    if not grid.rows:
        raise SourceError("has no row below its header" if grid.columns else "has no rows")
    columns = _judged(inputs, sample, source, grid, None)
    tokens = sorted({token for column in columns.values() for token in column.nulls})
    nulls = ledger.settle(
        f"{place}.nulls",
        tokens,
        0.85 if tokens else 0.9,
        f"{', '.join(map(repr, tokens))} stand where other rows have values"
        if tokens
        else "no text stands for no value",
    )
    if list(nulls) != tokens:
        columns = _judged(inputs, sample, source, grid, frozenset(map(str, nulls)))
    if nulls:
        source["nulls"] = list(nulls)
    if sample.sheet is not None:
        source["sheet"] = sample.sheet
    file = File(name, [sample], grid, columns, source)
    _order_of_dates(file, ledger)
    _tell_columns(file, ledger)
    return file


def _judged(
    inputs: Inputs, sample: Sample, source: dict[str, Any], grid: Grid, nulls: frozenset[str] | None
) -> dict[str, Column]:
    """The columns of a grid; known ones are not judged again."""
    key = (sample.name, sample.sheet, repr(sorted(source.items())), grid.columns, nulls)
    if key not in inputs.judged:
        inputs.judged[key] = columns_of(grid.columns, grid.rows, nulls)
    return dict(inputs.judged[key])


def _settle(ledger: Ledger, path: str, found: Any) -> Any:
    return ledger.settle(path, found.value, found.confidence, found.reason)


def _table(sample: Sample, place: str, source: dict[str, Any], inputs: Inputs, ledger: Ledger) -> Grid:
    """Rows of delimited text or of a sheet."""
    if sample.format == "xlsx":
        rows = list(sample.grid)
    else:
        encoding = _settle(ledger, f"{place}.encoding", encoding_of(sample))
        text = decoded(sample, encoding)[0]
        usual = "\t" if sample.format == "tsv" else ","
        delimiter = str(_settle(ledger, f"{place}.delimiter", delimiter_of(text, usual)))
        quote = str(_settle(ledger, f"{place}.quote", quote_of(text, delimiter)))
        key = (sample.name, str(encoding), delimiter, quote)
        if key not in inputs.parsed:
            inputs.parsed[key] = raw_rows(sample, encoding, delimiter, quote)
        rows = inputs.parsed[key]
        given = {"encoding": (encoding, "utf-8"), "delimiter": (delimiter, usual), "quote": (quote, '"')}
        source |= {name: value for name, (value, default) in given.items() if value != default}
    skip = int(_settle(ledger, f"{place}.skip_rows", skip_of(rows)))
    header = bool(_settle(ledger, f"{place}.header", header_of(rows[skip:])))
    if skip:
        source["skip_rows"] = skip
    names: tuple[str, ...] = ()
    if not header:
        source["header"] = False
        names = _names(sample, place, rows[skip:], inputs, ledger)
        source["columns"] = list(names)
    grid = grid_of(rows, header, skip, names)
    ragged = f"{grid.short} rows have too few fields (filled with no value), {grid.long} too many (set aside)"
    ledger.settle(
        f"{place}.ragged",
        "pad",
        0.9,
        ragged if grid.short or grid.long else "all rows are equally wide",
        (),
        ("pad", "reject"),
    )
    if ledger.proposals[f"{place}.ragged"].value != "pad":
        source["ragged"] = ledger.proposals[f"{place}.ragged"].value
    return grid


def _names(
    sample: Sample, place: str, rows: list[tuple[str | None, ...]], inputs: Inputs, ledger: Ledger
) -> tuple[str, ...]:
    """Names for the columns of a file without a header: from a script, else from what they hold."""
    grid = grid_of(rows, False, 0)
    known = inputs.scripts.get(plain(_ENDINGS.sub("", sample.name.rpartition("/")[2])))
    if known and len(known) == len(grid.columns):
        proposed, confidence, reason = (
            list(known),
            0.97,
            "a CREATE TABLE statement among the files names them",
        )
    else:
        proposed, confidence = _guessed(columns_of(grid.columns, grid.rows)), 0.4
        reason = "the file has no header; the names say what the columns hold"
    chosen = ledger.settle(f"{place}.columns", proposed, confidence, reason)
    return tuple(unique_names([str(name) for name in chosen]))


def _guessed(columns: Mapping[str, Column]) -> list[str]:
    names = []
    for number, column in enumerate(columns.values(), 1):
        values = column.examples
        if number == 1 and column.unique and column.like_id:
            names.append("id")
        elif column.kind == "time":
            names.append("timestamp")
        elif values and all("@" in value for value in values):
            names.append("email")
        elif values and all(re.match(r"(https?://|www\.)", value) for value in values):
            names.append("website")
        else:
            names.append(f"column_{number}")
    return names


def _order_of_dates(file: File, ledger: Ledger) -> None:
    """Days before months or after: a column that can be read one way only decides for its file."""
    numeric = [
        c
        for c in file.columns.values()
        if c.kind == "time" and c.style.startswith(("%d", "%m")) and "%b" not in c.style.lower()
    ]
    if not numeric:
        return
    sure = [column for column in numeric if not column.ambiguous]
    first = (sure or numeric)[0]
    order = "day first" if first.style.startswith("%d") else "month first"
    if sure:
        reason, confidence = f"{first.name}: {first.examples[0]!r} and others can be read one way only", 0.97
    else:
        reason = f"{first.name}: {first.examples[0]!r} could be either; nothing in the sample decides"
        confidence = 0.7 if "." in first.style else 0.5
    chosen = ledger.settle(
        f"sources.{file.name}.date_order",
        order,
        confidence,
        reason,
        file.rows(first.name),
        ("day first", "month first"),
    )
    asked = f"sources.{file.name}.date_order" in ledger.choices
    for column in numeric:
        if (column.ambiguous or asked) and column.style.startswith("%d") != (chosen == "day first"):
            swapped = column.style.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
            file.columns[column.name] = replace(column, style=swapped)


_KINDS = {
    "empty": "no values",
    "text": "text",
    "integer": "whole numbers",
    "number": "numbers",
    "amount": "amounts",
    "boolean": "true or false",
    "time": "times",
}


def _tell_columns(file: File, ledger: Ledger) -> None:
    """A proposal for each column's kind; a choice of `text` makes it text."""
    for column in list(file.columns.values())[:MOST_COLUMNS_TOLD]:
        path = f"sources.{file.name}.kinds.{column.name}"
        chosen = ledger.settle(
            path,
            column.kind,
            column.share * (0.6 if column.ambiguous else 0.97),
            _why(column),
            file.rows(column.name),
            ("text", "time", "number", "boolean"),
        )
        if chosen != column.kind and chosen == "text":
            file.columns[column.name] = replace(column, kind="text", style="")


def _why(column: Column) -> str:
    told = _KINDS[column.kind]
    if column.kind == "time":
        told = "days" if column.day else "times"
        how = {
            "iso": "year first",
            "seconds": "seconds since 1970",
            "milliseconds": "milliseconds since 1970",
            "microseconds": "microseconds since 1970",
        }.get(column.style, column.style.replace("|", " or "))
        zone = {"UTC": ", in UTC", "offset": ", with their offset"}.get(
            column.zone, "" if column.day else ", without a zone"
        )
        told += f", {how}{zone}" + (", day and month could be swapped" if column.ambiguous else "")
    if column.kind == "amount":
        told += ", decimal comma" if column.style == "eu" else ", decimal point"
        told += f", {column.currency}" if column.currency else ""
    if column.keep_text:
        told = "digits that stay text: leading zeros, or more than a number holds"
    if column.kind != "empty":
        told += (
            f"; {column.share:.0%} fit, {column.filled:.0%} of the rows have one, {column.distinct:,} differ"
        )
    return told + ("; 0 stands for none" if column.zero_is_null else "")


def _place(files: list[File], file: File) -> None:
    """Add a file as a source of its own, or to the source whose kind it is."""
    bare = re.sub(r"[\d_\-. ()]+", "", file.stem.lower())
    for other in files:
        same = (
            re.sub(r"[\d_\-. ()]+", "", other.stem.lower()) == bare
            and other.grid.columns == file.grid.columns
        )
        if not same or other.samples[0].format != file.samples[0].format or file.samples[0].sheet:
            continue
        settings = {key: value for key, value in file.source.items() if key != "nulls"}
        if settings != {key: value for key, value in other.source.items() if key != "nulls"} or _copies(
            other, file
        ):
            continue
        _merge(other, file)
        return
    files.append(file)


def _copies(one: File, two: File) -> bool:
    """Whether two files of one name hold the same records."""
    if one.stem != two.stem:
        return False
    first = one.grid.columns[0]
    here, there = one.columns[first].values, two.columns[first].values
    return bool(here) and len(here & there) > len(there) / 2


def _merge(other: File, file: File) -> None:
    """Rows of the last file of a kind stand beside those of the first; the others are like them."""
    other.samples += file.samples
    other.parsed = 2
    first = other.grid.rows[
        : len(other.grid.rows) if len(other.samples) == 2 else -len(file.grid.rows) or None
    ]
    nulls = sorted({*other.source.get("nulls", ()), *file.source.get("nulls", ())})
    if nulls:
        other.source["nulls"] = nulls
    other.grid = Grid(other.grid.columns, (*first, *file.grid.rows), other.grid.short + file.grid.short)
    other.columns = columns_of(other.grid.columns, other.grid.rows, frozenset(nulls))


def _patterns(names: list[str], every: list[str]) -> list[str]:
    """Patterns that name exactly these files; one with `*` where it can, so that next month's file fits."""
    if len(names) > 1:
        common = re.sub(r"\d+", "*", glob.escape(names[0]))
        common = re.sub(r"\*([-_.]?\*)+", "*", common)
        wanted = re.compile(re.escape(common).replace(r"\*", "[^/]*") + "$")
        if [name for name in every if wanted.match(name)] == sorted(names):
            return [common]
    return [glob.escape(name) for name in names]
