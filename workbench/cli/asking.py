"""`ask`: a question from a file, its answer to the terminal or to a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import VersionOption, WorkspaceOption, open_workspace
from workbench.cli.pages import as_json, numeric_columns, open_page, say, sheet
from workbench.errors import SpecError, nearest

if TYPE_CHECKING:
    import polars as pl


class Format(StrEnum):
    """How `ask` writes an answer."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def ask(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="JSON file with the question; - reads stdin.")],
    workspace: WorkspaceOption,
    format_: Annotated[
        Format | None, typer.Option("--format", "-f", help="Default: by the name of --out, else table.")
    ] = None,
    table: Annotated[str | None, typer.Option("--table", "-t", help="One table of the answer.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
    engine: Annotated[str, typer.Option("--engine", help="index, or sql: as plain SQL.")] = "index",
    sql: Annotated[bool, typer.Option("--sql", help="Print the question as SQL.")] = False,
    data_version: VersionOption = None,
) -> None:
    """Answer a question. How it was counted goes to stderr."""
    chosen = format_ or _format_of(out)
    if chosen is Format.PARQUET and out is None:
        raise typer.BadParameter("Parquet is no text: name a file with --out.", param_hint="--format")
    question = _question(spec)
    result = open_workspace(workspace, data_version).ask(question, engine)
    say(result.definition, style="dim")
    tables = _chosen(result.tables, table)
    if sql:
        _emit(result.sql + "\n", out)
    elif chosen is Format.TABLE:
        _emit(_as_text(tables), out)
    elif chosen is Format.JSON:
        _emit(_answer_as_json(result, tables, table), out)
    else:
        name, frame = next(iter(tables.items()))
        if len(tables) > 1:
            say(f"Table {name}; the answer also has {', '.join(list(tables)[1:])} (--table).")
        if chosen is Format.CSV:
            _emit(frame.write_csv(), out)
        elif out is not None:
            frame.write_parquet(out)


def _question(spec: str) -> dict[str, Any]:
    if spec != "-" and not Path(spec).is_file():
        raise typer.BadParameter(f"{spec}: there is no such file.", param_hint="SPEC")
    text = sys.stdin.read() if spec == "-" else Path(spec).read_text(encoding="utf-8-sig")
    try:
        question: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as problem:
        place = "stdin" if spec == "-" else spec
        raise SpecError(f"line {problem.lineno}, column {problem.colno}: {problem.msg}", place) from None
    return question


def _format_of(out: Path | None) -> Format:
    ending = "" if out is None else out.suffix.removeprefix(".").lower()
    return Format(ending) if ending in set(Format) else Format.TABLE


def _chosen(tables: Mapping[str, pl.DataFrame], name: str | None) -> dict[str, pl.DataFrame]:
    if name is None:
        return dict(tables)
    if name not in tables:
        raise SpecError(f"the answer has no table {name!r}; {nearest(name, tables)}", "--table")
    return {name: tables[name]}


def _as_text(tables: Mapping[str, pl.DataFrame]) -> str:
    page = open_page()
    with page.capture() as text:
        for name, frame in tables.items():
            sheet(page, name.capitalize(), frame.columns, frame.rows(), numeric=numeric_columns(frame))
    return text.get()


def _answer_as_json(result: Any, tables: Mapping[str, pl.DataFrame], one: str | None) -> str:
    rows = {name: frame.to_dicts() for name, frame in tables.items()}
    whole = {
        "question": result.spec.to_json(),
        "data_version": result.data_version,
        "definition": result.definition.splitlines(),
        "notes": result.notes,
        "tables": rows,
    }
    return as_json(whole if one is None else rows[one])


def _emit(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        out.write_text(text, encoding="utf-8", newline="")
