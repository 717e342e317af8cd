"""One reader per format: a file as a relation of source columns, every value as it was written.

A reader leaves a Parquet file or points at the file itself; either way the relation has `_row`, the position
of the row in the file from 0. Text formats give text only, so ids keep their digits.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb

from workbench.errors import SourceError
from workbench.model.database import scalar
from workbench.model.loading import Report, run
from workbench.model.quoting import quote_literal, quote_name
from workbench.sources.files import InputFile
from workbench.sources.manifest import Format, Source

SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Raw:
    """The rows of one file, before any mapping."""

    sql: str
    """Relation with the source columns and `_row`."""
    columns: dict[str, str]
    """Source column → SQL type, without `_row`."""
    rows: int
    rejected: tuple[tuple[int, str, str], ...] = ()
    """Lines that are no rows: (line number from 1, reason, the line)."""
    padded: int = 0
    """Rows with too few fields, filled up with nulls."""


@dataclass(frozen=True)
class Reading:
    """What a reader needs."""

    connection: duckdb.DuckDBPyConnection
    source: Source
    file: InputFile
    scratch: Path
    """Folder for intermediate files."""
    report: Report | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """Start of every error message."""
        return f"source {self.source.name!r}: {self.file.name}"


def read_delimited(reading: Reading, delimiter: str) -> Raw:
    """CSV and TSV. Never sniffed: delimiter, quote and columns are declared or come from the header."""
    source = reading.source
    path = _as_utf8(reading)
    delimiter = source.delimiter or delimiter
    columns = _header(reading, path, delimiter)
    options = {
        "auto_detect": False,
        "header": source.header,
        "delim": delimiter,
        "quote": source.quote,
        "escape": source.quote,
        "skip": source.skip_rows,
        "nullstr": ["", *source.nulls],
        "max_line_size": 16_000_000,
    }
    listed = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in columns)
    given = ", ".join(f"{name} = {quote_literal(value)}" for name, value in options.items())
    call = f"read_csv({quote_literal(str(path))}, columns = {{{listed}}}, {given}"
    target = reading.scratch / "raw.parquet"
    rows = _estimate(path, reading.file.size)
    step = f"reading {reading.file.name}"
    names = ", ".join(quote_name(name) for name in columns)
    copy = (
        "COPY (SELECT {names}, row_number() OVER () - 1 AS _row FROM {call}) TO {path} (FORMAT parquet,"
        " COMPRESSION lz4)"
    )
    statement = copy.format(names=names, call=call + ")", path=quote_literal(str(target)))
    rejected: tuple[tuple[int, str, str], ...] = ()
    padded = 0
    try:
        run(reading.connection, statement, step=step, rows=rows, report=reading.report)
    except duckdb.InvalidInputException:
        # Something in the file is not a plain row: read again, serially, with bad lines set aside.
        pad = ", null_padding = true" if source.ragged == "pad" else ""
        careful = f"{call}, store_rejects = true, parallel = false, strict_mode = true{pad})"
        statement = copy.format(names=names, call=careful, path=quote_literal(str(target)))
        try:
            run(reading.connection, statement, step=step, rows=rows, report=reading.report)
        except duckdb.Error as problem:
            raise SourceError(f"{reading.place}: {_in_words(problem)}") from None
        rejected = _rejected_lines(reading.connection)
        padded = _short_rows(path, source, delimiter, len(columns)) if source.ragged == "pad" else 0
    except duckdb.Error as problem:
        raise SourceError(f"{reading.place}: {_in_words(problem)}") from None
    return _parquet_raw(reading.connection, target, rejected, padded)


def _as_utf8(reading: Reading) -> Path:
    """The file itself, or a copy in UTF-8; SourceError at the first byte that is not in the declared
    encoding."""
    source, path = reading.source, reading.file.path
    if source.encoding in ("utf-8", "ascii", "utf-8-sig"):
        return path
    copy = reading.scratch / "utf8.csv"
    try:
        with _open(path) as raw, copy.open("w", encoding="utf-8", newline="") as out:
            text = io.TextIOWrapper(raw, encoding=source.encoding, newline="")
            while chunk := text.read(1 << 20):
                out.write(chunk)
    except (UnicodeDecodeError, UnicodeError) as problem:
        raise SourceError(f"{reading.place}: is not in encoding {source.encoding!r}: {problem}") from None
    return copy


def _open(path: Path) -> IO[bytes]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _header(reading: Reading, path: Path, delimiter: str) -> list[str]:
    """Names of the columns, from the header or the manifest; unnamed and repeated ones get a number."""
    source = reading.source
    try:
        with _open(path) as raw:
            lines = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            for _ in range(source.skip_rows):
                lines.readline()
            first = next(csv.reader(lines, delimiter=delimiter, quotechar=source.quote or '"'), None)
    except UnicodeDecodeError as problem:
        raise SourceError(f"{reading.place}: is not UTF-8 (say its encoding): {problem}") from None
    except (OSError, EOFError) as problem:
        raise SourceError(f"{reading.place}: cannot be read: {problem}") from None
    if first is None:
        raise SourceError(f"{reading.place}: is empty")
    names = list(source.columns) if not source.header or source.columns else first
    if source.columns and source.header and len(source.columns) != len(first):
        raise SourceError(
            f"{reading.place}: the header has {len(first)} columns, the manifest names {len(source.columns)}"
        )
    return _unique([name.strip() for name in names])


def _unique(names: list[str]) -> list[str]:
    """Every name once, regardless of case, and none empty."""
    seen = {"_row": 1, "_file": 1}
    unique = []
    for position, name in enumerate(names, 1):
        plain = name or f"column_{position}"
        seen[plain.lower()] = seen.get(plain.lower(), 0) + 1
        unique.append(plain if seen[plain.lower()] == 1 else f"{plain}_{seen[plain.lower()]}")
    return unique


def _rejected_lines(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[int, str, str], ...]:
    rows = connection.execute(
        "SELECT line, lower(replace(any_value(error_type)::VARCHAR, '_', ' ')), any_value(csv_line) "
        "FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    connection.execute("DELETE FROM reject_errors")
    connection.execute("DELETE FROM reject_scans")
    return tuple((int(line), str(reason), str(text or "")) for line, reason, text in rows)


def _short_rows(path: Path, source: Source, delimiter: str, width: int) -> int:
    with _open(path) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        for _ in range(source.skip_rows + (1 if source.header else 0)):
            lines.readline()
        reader = csv.reader(lines, delimiter=delimiter, quotechar=source.quote or '"')
        return sum(1 for row in reader if 0 < len(row) < width)


def _estimate(path: Path, size: int) -> int | None:
    """About how many rows a text file has, from its first lines."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    lines = sample.count(b"\n")
    return None if not lines else max(int(size / len(sample) * lines), 1)


def _parquet_raw(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    rejected: tuple[tuple[int, str, str], ...] = (),
    padded: int = 0,
) -> Raw:
    sql = f"SELECT * FROM read_parquet({quote_literal(str(path))})"
    described = connection.execute(f"DESCRIBE {sql}").fetchall()
    columns = {str(name): str(kind) for name, kind, *_ in described if name != "_row"}
    rows = int(scalar(connection, f"SELECT count(*) FROM ({sql})"))
    return Raw(sql, columns, rows, rejected, padded)


def _in_words(problem: duckdb.Error) -> str:
    """The first line of a problem; what the parser says of lone carriage returns, as people say it."""
    if "state machine" in str(problem):
        return "mixes line endings: a carriage return stands alone in it; save it with one kind of them"
    return str(problem).splitlines()[0]


def read_csv(reading: Reading) -> Raw:
    """Comma-separated text."""
    return read_delimited(reading, ",")


def read_tsv(reading: Reading) -> Raw:
    """Tab-separated text."""
    return read_delimited(reading, "\t")


def read_jsonl(reading: Reading) -> Raw:
    """One JSON object a line; every value as its text, so that long ids keep their digits."""
    connection, path = reading.connection, _as_utf8(reading)
    lines = (
        f"SELECT line, row_number() OVER () - 1 AS _row FROM read_csv({quote_literal(str(path))}, auto_detect"
        " = false, header = false, delim = '\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'},"
        " max_line_size = 16000000) WHERE line IS NOT NULL"
    )
    step = f"reading {reading.file.name}"
    staged = quote_literal(str(reading.scratch / "lines.parquet"))
    try:
        run(
            connection,
            "COPY (SELECT *, coalesce(CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' END, false)"
            f" AS good FROM ({lines})) TO {staged} (FORMAT parquet, COMPRESSION lz4)",
            step=step,
            rows=_estimate(path, reading.file.size),
            report=reading.report,
        )
    except duckdb.Error as problem:
        raise SourceError(f"{reading.place}: {str(problem).splitlines()[0]}") from None
    keys = connection.execute(
        f"SELECT key FROM (SELECT unnest(json_keys(line)) AS key, _row FROM read_parquet({staged}) WHERE"
        " good) GROUP BY key ORDER BY min(_row), key"
    ).fetchall()
    names = [str(key) for (key,) in keys]
    nulls = quote_literal(["", *reading.source.nulls])
    items = [
        f"CASE WHEN list_contains({nulls}, {value}) THEN NULL ELSE {value} END AS {quote_name(unique)}"
        for name, unique in zip(names, _unique(names), strict=True)
        if (value := f"(line->>{quote_literal(_pointer(name))})")
    ]
    target = reading.scratch / "raw.parquet"
    selected = ", ".join([*items, "_row"])
    run(
        connection,
        f"COPY (SELECT {selected} FROM read_parquet({staged}) WHERE good ORDER BY _row) "
        f"TO {quote_literal(str(target))} (FORMAT parquet, COMPRESSION lz4)",
        step=step,
        report=reading.report,
    )
    bad = connection.execute(
        f"SELECT _row + 1, line FROM read_parquet({staged}) WHERE NOT good ORDER BY 1"
    ).fetchall()
    rejected = tuple((int(line), "no json object", str(text)) for line, text in bad)
    return _parquet_raw(connection, target, rejected)


def _pointer(name: str) -> str:
    """JSON pointer of a top-level key."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def read_parquet(reading: Reading) -> Raw:
    """Parquet, in its own types."""
    scan = f"read_parquet({quote_literal(str(reading.file.path))}, file_row_number = true)"
    try:
        described = reading.connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        rows = int(scalar(reading.connection, f"SELECT count(*) FROM {scan}"))
    except duckdb.Error as problem:
        raise SourceError(
            f"{reading.place}: is no readable Parquet file: {str(problem).splitlines()[0]}"
        ) from None
    columns = {str(name): str(kind) for name, kind, *_ in described if name != "file_row_number"}
    nulls = quote_literal(list(reading.source.nulls))
    items = [
        (
            f"CASE WHEN list_contains({nulls}, {quote_name(name)}) THEN NULL ELSE {quote_name(name)} END AS"
            f" {quote_name(name)}"
            if kind == "VARCHAR" and reading.source.nulls
            else quote_name(name)
        )
        for name, kind in columns.items()
    ]
    return Raw(f"SELECT {', '.join(items)}, file_row_number AS _row FROM {scan}", columns, rows)


def read_xlsx(reading: Reading) -> Raw:
    """A sheet of a workbook; cells as text, error cells (`#REF!`, `#N/A`) as no value."""
    import fastexcel  # type: ignore[import-untyped, unused-ignore]  # heavy, and few need it

    source = reading.source
    try:
        book = fastexcel.read_excel(reading.file.path)
        sheet = book.load_sheet(
            source.sheet if source.sheet is not None else 0,
            header_row=source.skip_rows if source.header else None,
            skip_rows=None if source.header else source.skip_rows,
            dtypes="string",
        )
    except fastexcel.FastExcelError as problem:
        raise SourceError(f"{reading.place}: {str(problem).splitlines()[0]}") from None
    frame = sheet.to_polars()
    names = list(source.columns) if source.columns else [name.strip() for name in frame.columns]
    if len(names) != frame.width:
        raise SourceError(
            f"{reading.place}: the sheet has {frame.width} columns, the manifest names {len(names)}"
        )
    frame.columns = _unique(names)
    target = reading.scratch / "sheet.parquet"
    frame.with_row_index("_row").write_parquet(target)
    raw = _parquet_raw(reading.connection, target)
    nulls = quote_literal(["", *source.nulls])
    items = [
        f"CASE WHEN list_contains({nulls}, {text}) OR starts_with({text}, '#') AND {text} IN ('#REF!',"
        f" '#N/A', '#NAME?', '#VALUE!', '#DIV/0!', '#NULL!', '#NUM!') THEN NULL ELSE {text} END AS {text}"
        for name in raw.columns
        if (text := quote_name(name))
    ]
    blank = " AND ".join(f"{quote_name(name)} IS NULL" for name in raw.columns)
    sql = (
        f"SELECT * FROM (SELECT {', '.join(items)}, _row::BIGINT AS _row FROM ({raw.sql})) WHERE NOT"
        f" ({blank})"
    )
    rows = int(scalar(reading.connection, f"SELECT count(*) FROM ({sql})"))
    return Raw(sql, raw.columns, rows)


FORMATS: dict[Format, Callable[[Reading], Raw]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}
"""Format → reader. A further format is one function and one line here, and its name in `manifest.Format`."""


def read(reading: Reading, format_name: Format) -> Raw:
    """The rows of a file; SourceError when it cannot be read at all."""
    return FORMATS[format_name](reading)
