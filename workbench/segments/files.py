"""Members as CSV, Excel and Parquet files that do no harm where they are opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl

from workbench.errors import SpecError, nearest
from workbench.workspace.disk import sync_folder

Format = Literal["csv", "xlsx", "parquet"]
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take the text of a CSV cell for a formula, as OWASP lists it."""
EXCEL_ROWS, EXCEL_TEXT = 1_048_575, 32_767
"""Rows below the header and letters of a cell that an Excel file can hold."""


def format_of(path: Path, asked: Format | None) -> Format:
    """The format asked for, else that of the file's name; SpecError where neither says."""
    if asked is not None:
        return asked
    ending = path.suffix.removeprefix(".").lower()
    for known in get_args(Format):
        if ending == known:
            return known  # type: ignore[no-any-return]
    raise SpecError(f"{path.name!r} names no format; {nearest(ending, get_args(Format))}", "format")


def write_file(path: Path, frame: pl.DataFrame, kind: Format) -> None:
    """Replace a file in one step; CSV text that a spreadsheet would run as a formula gets a `'` before it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if kind == "csv":
            harmless(frame).write_csv(draft)
        elif kind == "parquet":
            frame.write_parquet(draft)
        else:
            _write_excel(draft, frame)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `'` before every text, and column name, that begins like a formula."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    begins = [pl.col(name).str.slice(0, 1).is_in(FORMULAS) for name in texts]
    safe = frame.with_columns(
        pl.when(begin).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, begin in zip(texts, begins, strict=True)
    )
    return safe.rename({name: f"'{name}" for name in frame.columns if name.startswith(FORMULAS)})


def _write_excel(path: Path, frame: pl.DataFrame) -> None:
    import xlsxwriter

    if len(frame) > EXCEL_ROWS:
        raise SpecError(
            f"{len(frame):,} rows; an Excel sheet holds {EXCEL_ROWS:,}. Choose csv or parquet", "format"
        )
    for name, kind in frame.schema.items():
        if kind == pl.String and (frame[name].str.len_chars() > EXCEL_TEXT).any():
            raise SpecError(
                f"{name}: an Excel cell holds {EXCEL_TEXT:,} letters. Choose csv or parquet", "format"
            )
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), {**plain, "remove_timezone": True, "constant_memory": True})
    sheet = book.add_worksheet("members")
    dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    _write_row(sheet, 0, frame.columns, dates)
    for number, row in enumerate(frame.iter_rows(), 1):
        _write_row(sheet, number, row, dates)
    book.close()


def _write_row(sheet: Any, number: int, values: Any, dates: Any) -> None:
    for place, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, str):
            sheet.write_string(number, place, value)
        elif hasattr(value, "isoformat"):
            sheet.write_datetime(number, place, value, dates)
        elif isinstance(value, bool):
            sheet.write_boolean(number, place, value)
        else:
            sheet.write_number(number, place, value)
