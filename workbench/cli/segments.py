"""`segments list`, `segments show` and `segments export`: saved segments and files of their members."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import JsonOption, VersionOption, WorkspaceOption, open_workspace
from workbench.cli.pages import as_json, headline, numeric_columns, open_page, say, sheet

segments = typer.Typer(
    name="segments",
    help="Lists saved segments, shows one, and writes members to files.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
SHOWN = 20
"""Members that `show` prints unless told."""

SegmentArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a saved segment.")]
ContainerOption = Annotated[
    str | None, typer.Option("--container", help="Members as this container, such as account or person.")
]


@segments.command("list")
def list_(workspace: WorkspaceOption, data_version: VersionOption = None, json_: JsonOption = False) -> None:
    """Every saved segment with its size."""
    bench = open_workspace(workspace, data_version)
    found = bench.segments.list()
    if json_:
        print(as_json(found.to_dicts()), end="")
        return
    page = open_page()
    headline(page, bench)
    shown = found.select("id", "name", "kind", "container", "state", "size", "problem")
    sheet(page, "Segments", shown.columns, shown.rows(), numeric=numeric_columns(shown))


@segments.command("show")
def show(
    segment: SegmentArgument,
    workspace: WorkspaceOption,
    container: ContainerOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Members to print.")] = SHOWN,
    data_version: VersionOption = None,
    json_: JsonOption = False,
) -> None:
    """One segment: what it means, its members, its history, and where it is used."""
    bench = open_workspace(workspace, data_version)
    found, members = bench.segments.get(segment), bench.segments.members(segment, container)
    history, used = bench.segments.history(segment), bench.segments.used_by(segment)
    if json_:
        tables = {"members": members.head(limit), "history": history, "used_by": used}
        lists = {name: frame.to_dicts() for name, frame in tables.items()}
        print(as_json({**found, "size": members.height, **lists}), end="")
        return
    page = open_page()
    headline(page, bench, f": {found['name']}, {members.height:,} members, {found['about']['state']}")
    say(found["in_words"])
    for title, frame in (("Members", members.head(limit)), ("History", history), ("Used by", used)):
        sheet(page, title, frame.columns, frame.rows(), numeric=numeric_columns(frame))


@segments.command("export")
def export(
    segment: SegmentArgument,
    workspace: WorkspaceOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="File: .csv, .xlsx or .parquet.")],
    container: ContainerOption = None,
    profile: Annotated[str | None, typer.Option("--profile", help="Layout of another system.")] = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="One column; repeat for more.")] = None,
    consent: Annotated[
        int, typer.Option("--consent", min=0, max=5, help="Least consent level of persons; 0 asks for none.")
    ] = 4,
    delta: Annotated[
        bool, typer.Option("--delta", help="Changes since the last export, in two files.")
    ] = False,
    suppress: Annotated[
        list[str] | None, typer.Option("--suppress", help="Segment whose members are left out; repeatable.")
    ] = None,
    data_version: VersionOption = None,
) -> None:
    """Write the members of a segment to a file; who is left out is said and logged."""
    bench = open_workspace(workspace, data_version)
    asked: dict[str, Any] = {
        "container": container,
        "profile": profile,
        "columns": tuple(column) if column else None,
        "consent": consent,
        "delta": delta,
        "suppress": tuple(suppress or ()),
    }
    report = bench.segments.export(segment, out, asked)
    for file in report.files:
        print(file)
    if report.added is not None:
        say(f"{report.added:,} added, {report.removed:,} removed; {report.rows:,} in all.")
    else:
        say(f"{report.rows:,} rows.")
    for reason, count in report.left_out.items():
        say(f"Left out: {count:,} ({reason.replace('_', ' ')}).")
    for note in report.notes:
        say(f"{note[:1].upper()}{note[1:]}.", style="yellow")
