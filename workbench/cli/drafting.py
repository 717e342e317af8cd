"""`draft`: a manifest proposed from samples of files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import WorkspaceOption
from workbench.cli.pages import open_page, say, sheet, span
from workbench.errors import SpecError

if TYPE_CHECKING:
    from workbench.drafting import Draft, Preview

_DETAILS = re.compile(
    r"^sources\.[^.]+\.(kinds|joins|encoding|delimiter|quote|ragged|skip_rows|nulls|header|date_order)\b"
)


def draft(
    files: Annotated[list[Path], typer.Argument(help="Files, or a folder of them.")],
    workspace: WorkspaceOption,
    name: Annotated[
        str, typer.Option("--name", help="Name of the manifest; default: that of the folder.")
    ] = "",
    presets: Annotated[
        list[Path] | None, typer.Option("--presets", help="A further preset, or a folder of them.")
    ] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option("--choose", help="A correction, such as sources.deals.delimiter=; (may be repeated)."),
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Print every proposal.")] = False,
) -> None:
    """Propose a manifest from samples of files, with confidence and reasons; nothing is loaded."""
    import workbench as wb

    made = wb.draft(files, presets=presets or (), choices=dict(map(_choice, choose or ())))
    target = workspace / "drafts" / f"{_slug(name or made.name)}.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(made.toml, encoding="utf-8")
    _print(made, made.preview(), details)
    say(f"{made.sampled} ({span(made.seconds)}).")
    say(f"Next: workbench load {target} --data {made.data} --workspace {workspace}")


def _choice(text: str) -> tuple[str, Any]:
    """`path=value`; the value is JSON, or else text."""
    path, equals, value = text.partition("=")
    if not equals:
        raise SpecError(
            f"{text!r} is no correction; write PATH=VALUE, such as sources.deals.delimiter=;", "choose"
        )
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "draft"


def _print(made: Draft, seen: Preview, details: bool) -> None:
    page = open_page()
    sheet(
        page,
        "Proposals",
        ("what", "value", "confidence", "reason", "sample"),
        _rows(made, details),
        numeric={2},
    )
    sheet(page, "Left out", ("file", "why"), made.left_out.items())
    part = " in the rows that were read" if seen.sampled else ""
    first, last = seen.dates or ("–", "–")
    records = [(table, rows, seen.records.get(table)) for table, rows in seen.rows.items()]
    sheet(
        page,
        f"Rows{part}; events from {first[:16]} to {last[:16]}",
        ("table", "rows", "different keys"),
        records,
    )
    sheet(page, "Events", ("event type", "rows"), seen.events.items())
    missing = [(name, ids, lost) for name, (ids, lost) in seen.unmatched.items() if lost]
    sheet(page, "Ids without a record", ("column", "ids", "without a record"), missing)
    for title, found in (("Rejected", seen.rejected), ("Repaired", seen.repaired)):
        rows = [(source, why, count) for source, whys in found.items() for why, count in whys.items()]
        sheet(page, title, ("source", "why", "rows"), rows)


def _rows(made: Draft, details: bool) -> Iterator[tuple[Any, ...]]:
    """What was settled; without details neither the writing of files nor what stays empty."""
    for row in made.table().iter_rows(named=True):
        if details or (row["value"] and not _DETAILS.match(row["path"])):
            value = row["value"] if len(row["value"]) <= 60 else row["value"][:57] + "..."
            yield row["path"], value, f"{row['confidence']:.2f}", row["reason"], row["sample"][:60]
