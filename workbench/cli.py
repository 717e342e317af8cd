"""The command line: `workbench load`, `ask`, `info`, `audit`, `schema`, `generate`, `demo`, `serve`.

The only module that prints or exits. What was asked for goes to stdout, everything said about it to stderr.
The exit code is 0, 1 where the workbench refuses (a message, no traceback), 2 for a call that makes no sense.
Whatever is heavy is imported inside the command that needs it.
"""

from __future__ import annotations

import datetime
import json
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from workbench.errors import SpecError, WorkbenchError, WorkspaceError, nearest

if TYPE_CHECKING:
    import polars as pl

    from workbench.api import Workbench
    from workbench.model.loading import Progress

MANIFEST = "manifest.toml"
"""Name under which `generate` leaves a manifest beside its files."""
FIRST_PORT, PORTS = 8050, 20
PAUSE_SECONDS = 0.4
"""Between two lines of progress where there is no terminal; a load tells how far it is twice a second."""
WIDE = 1000
"""Columns of a page that is no terminal: tables are never cut."""


class Format(StrEnum):
    """How `ask` writes an answer."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


app = typer.Typer(
    name="workbench",
    help="Journeys of accounts, opportunities, buying groups and persons: local, fast, and checkable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

WorkspaceOption = Annotated[Path, typer.Option("--workspace", "-w", help="Folder of the workspace.")]
VersionOption = Annotated[int | None, typer.Option("--data-version", help="An older data version.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, not tables.")]
AccountsOption = Annotated[int, typer.Option("--accounts", min=1, help="Accounts of the company.")]
EventsOption = Annotated[int, typer.Option("--events", min=1, help="Events of the company.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Another seed gives another company.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int | None, typer.Option("--port", help=f"Default: the first free from {FIRST_PORT}.")]
TokenOption = Annotated[str | None, typer.Option("--token", help="Word the address must carry.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the browser.")]


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` default to those of the process."""
    try:
        app(args=arguments, prog_name="workbench")
    except SystemExit as end:
        return int(end.code or 0)
    except (WorkbenchError, OSError) as problem:
        _say(f"Error: {problem}", style="red")
        return 1
    return 0


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(version("account-journey-workbench"))
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# --- bringing data in ------------------------------------------------------------------------------


@app.command()
def load(
    manifest: Annotated[Path, typer.Argument(help="What the files mean: a .toml file.")],
    data: Annotated[Path, typer.Option("--data", "-d", help="Folder of the files.")],
    workspace: WorkspaceOption,
) -> None:
    """Load the files of a folder into a workspace; what is known already is not read again."""
    _load(manifest, data, workspace)
    _say(f"Next: workbench serve --workspace {workspace}")


@app.command()
def generate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files; made if missing.")],
    accounts: AccountsOption = 3000,
    events: EventsOption = 300_000,
    seed: SeedOption = 1,
) -> None:
    """Write the files of a made-up company, with a manifest, and what was planted in them (truth.json)."""
    _generate(out, accounts, events, seed)
    _say(f"Next: workbench load {out / MANIFEST} --data {out} --workspace DIR")


@app.command()
def demo(
    data: Annotated[Path, typer.Option("--data", "-d", help="Folder for the files.")] = Path("demo-data"),
    workspace: WorkspaceOption = Path("demo-workspace"),
    accounts: AccountsOption = 3000,
    events: EventsOption = 300_000,
    seed: SeedOption = 1,
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    token: TokenOption = None,
    open_browser: OpenOption = False,
    serve_app: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the app at the end.")] = True,
) -> None:
    """Make a company up, load it, and serve it; a second call serves it at once."""
    size = {"accounts": accounts, "events": events, "seed": seed}
    if _needs_company(data, workspace, size):
        _generate(data, accounts, events, seed)
    _load(data / MANIFEST, data, workspace)
    if serve_app:
        _serve(workspace, host, port, token, open_browser)


def _generate(out: Path, accounts: int, events: int, seed: int) -> None:
    from importlib.resources import files

    from workbench.model.loading import Progress
    from workbench.sources.synthetic import generate as write_company

    began = time.monotonic()
    with _progress() as report:

        def tell(done: int, total: int) -> None:
            report(Progress("writing events", done, total, time.monotonic() - began))

        truth = write_company(out, accounts=accounts, events=events, seed=seed, progress=tell)
    manifest = files("workbench.sources.synthetic").joinpath(MANIFEST).read_text(encoding="utf-8")
    (out / MANIFEST).write_text(manifest, encoding="utf-8")
    rows, took = truth["rows"], _span(time.monotonic() - began)
    _say(f"{out}: {rows['events']:,} events of {rows['accounts']:,} accounts written ({took}).")


def _needs_company(data: Path, workspace: Path, size: dict[str, int]) -> bool:
    """Whether the files are still to be written; WorkspaceError where another company is in the way."""
    found = data / "truth.json"
    if found.exists() and (data / MANIFEST).exists():
        truth = json.loads(found.read_text(encoding="utf-8"))
        there = {name: truth.get(name) for name in size}
        if there == size:
            return False
        words = f"{there['accounts']} accounts, {there['events']} events, seed {there['seed']}"
        raise WorkspaceError(
            f"{data}: holds another company ({words}); name other folders with --data and --workspace, "
            f"or delete {data} and {workspace}"
        )
    if (workspace / "CURRENT").exists():
        raise WorkspaceError(
            f"{workspace}: is loaded, but its files are not in {data}; open it with workbench serve "
            f"--workspace {workspace}, or delete it"
        )
    return True


def _load(manifest: Path, data: Path, workspace: Path) -> None:
    import workbench as wb

    began = time.monotonic()
    with _progress() as report:
        bench = wb.load(manifest, data=data, workspace=workspace, progress=report)
    info = bench.info()
    accounts, took = info["containers"]["account"], _span(time.monotonic() - began)
    _say(
        f"{bench.name}: {info['events']:,} events of {accounts:,} accounts, {_day(info['data_from'])} to "
        f"{_day(info['horizon'])}, data version {bench.data_version} in {workspace} ({took})."
    )
    rejected = sum(sum(source.get("rejected", {}).values()) for source in bench.audit["sources"].values())
    if rejected:
        _say(f"{rejected:,} rows were rejected, see: workbench audit --workspace {workspace}", style="yellow")
    for control in bench.audit.get("controls", ()):
        if not control["matches"]:
            expected, found = control["expected"], control["found"]
            _say(f"Control {control['name']!r} expects {expected}, the data give {found}.", style="yellow")
    bench.close()


# --- asking ----------------------------------------------------------------------------------------


@app.command()
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
    result = _open(workspace, data_version).ask(question, engine)
    _say(result.definition, style="dim")
    tables = _chosen(result.tables, table)
    if sql:
        _emit(result.sql + "\n", out)
    elif chosen is Format.TABLE:
        _emit(_as_text(tables), out)
    elif chosen is Format.JSON:
        _emit(_as_json(result, tables, table), out)
    else:
        name, frame = next(iter(tables.items()))
        if len(tables) > 1:
            _say(f"Table {name}; the answer also has {', '.join(list(tables)[1:])} (--table).")
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
    page = _page()
    with page.capture() as text:
        for name, frame in tables.items():
            _sheet(page, name.capitalize(), frame.columns, frame.rows(), numeric=_numeric(frame))
    return text.get()


def _as_json(result: Any, tables: Mapping[str, pl.DataFrame], one: str | None) -> str:
    rows = {name: frame.to_dicts() for name, frame in tables.items()}
    whole = {
        "question": result.spec.to_json(),
        "data_version": result.data_version,
        "definition": result.definition.splitlines(),
        "notes": result.notes,
        "tables": rows,
    }
    return _json(whole if one is None else rows[one])


def _emit(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        out.write_text(text, encoding="utf-8", newline="")


# --- looking ---------------------------------------------------------------------------------------


@app.command()
def info(workspace: WorkspaceOption, data_version: VersionOption = None, as_json: JsonOption = False) -> None:
    """What is loaded: rows, dates, containers, event types, milestones."""
    bench = _open(workspace, data_version)
    facts = bench.info()
    if as_json:
        print(_json({"name": bench.name, "reload_needed": bench.generation.reload_needed, **facts}), end="")
        return
    page = _page()
    first, last = _day(facts["data_from"]), _day(facts["horizon"])
    _headline(page, bench, f": {facts['events']:,} events, {first} to {last}")
    kinds = [(name, count, 100 * facts["coverage"][name]) for name, count in facts["containers"].items()]
    _sheet(page, "Containers", ("container", "with events", "percent of events"), kinds)
    _sheet(page, "Milestones", ("milestone", "events", "condition"), _milestones(bench, facts))
    keys = ("event_type", "events", "accounts", "first", "last")
    _sheet(page, "Event types", keys, _picked(facts["event_types"], keys))
    _sheet(page, "Tables", ("table", "rows"), facts["rows"].items())
    for sentence in bench.generation.reload_needed:
        _say(sentence, style="yellow")


def _milestones(bench: Workbench, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    import workbench as wb

    words = wb.describe_condition
    return [
        (name, milestone["events"], words(wb.parse_condition(milestone["condition"]), bench.version))
        for name, milestone in facts["milestones"].items()
    ]


@app.command()
def audit(
    workspace: WorkspaceOption, data_version: VersionOption = None, as_json: JsonOption = False
) -> None:
    """What became of every row: read, kept, repaired, rejected, unmatched."""
    bench = _open(workspace, data_version)
    found = bench.audit
    if as_json:
        print(_json(found), end="")
        return
    page = _page()
    _headline(page, bench)
    sources = found["sources"]
    _sheet(
        page,
        "Rows by source",
        ("source", "files", "read", "kept", "repaired", "rejected", "left out", "not yet"),
        [_source_row(name, source) for name, source in sources.items()],
    )
    _sheet(page, "Repaired and rejected", ("source", "what", "why", "rows"), _reasons(sources))
    notes = [(name, note) for name, source in sources.items() for note in source.get("notes", ())]
    _sheet(page, "Notes", ("source", "note"), notes)
    rules = found["accounts"]["rules"]
    _sheet(page, "Whose events: where the account came from", ("rule", "events"), rules.items())
    keys: tuple[str, ...] = ("table", "column", "references", "ids", "rows")
    _sheet(page, "Ids without a record", keys, _picked(found["orphans"], keys))
    _sheet(page, "Findings", ("what", "count"), [(what, n) for what, n in _findings(found) if n])
    keys = ("name", "found", "expected", "matches")
    _sheet(page, "Control totals", keys, _picked(found["controls"], keys), numeric={1, 2})
    months = [{**month, "month": month["month"][:7]} for month in found["coverage"]]
    _sheet(page, "Events by month that reach each container", list(months[0]) if months else (), months)


def _picked(entries: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[list[Any]]:
    return [[entry[key] for key in keys] for entry in entries]


def _source_row(name: str, source: Mapping[str, Any]) -> tuple[Any, ...]:
    sums = [sum(source.get(kind, {}).values()) for kind in ("kept", "repaired", "rejected")]
    left_out, not_yet = source.get("left_out_by_where"), sum(source.get("not_yet", {}).values())
    return (name, len(source.get("files", ())), source.get("read"), *sums, left_out, not_yet)


def _reasons(sources: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, source in sources.items():
        for kind in ("repaired", "rejected"):
            for reason, rows in source.get(kind, {}).items():
                yield name, kind, reason, rows


def _findings(found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Sentences with a count, of everything that is not about one source."""
    for table, count in found["records_without_key"].items():
        yield f"rows of {table} without an id, left out", count
    for table, repeated in found["repeated_keys"].items():
        yield f"rows of {table} that repeat an id, joined", repeated["rows"] - repeated["records"]
        yield f"ids of {table} whose rows contradict each other", repeated["conflicting"]
    yield "events that repeat an event id, left out", found["repeated_event_ids"]["rows"]
    yield "parent chains of accounts that run in a circle", found["parent_cycles"]["count"]
    for order in found["time_order"]:
        yield f"{order['table']} with {order['what']}", order["records"]
    yield "events before 1990", found["implausible_times"]["before_1990"]
    yield "events after the load", found["implausible_times"]["after_load"]
    yield "account days whose order is a convention", found["same_day_conflicts"]["days"]


@app.command()
def schema(
    name: Annotated[
        str | None, typer.Argument(help="An analysis, condition, or manifest; default: all questions.")
    ] = None,
) -> None:
    """Print the JSON Schema of questions and conditions, or of manifests."""
    import workbench as wb
    from workbench.sources import Manifest

    whole = wb.json_schema()
    parts = {
        **whole["questions"],
        "condition": whole["condition"],
        "manifest": Manifest.model_json_schema(by_alias=True),
    }
    if name is not None and name not in parts:
        raise SpecError(f"{name!r} has no schema; {nearest(name, parts)}")
    print(_json(whole if name is None else parts[name]), end="")


# --- serving ---------------------------------------------------------------------------------------


@app.command()
def serve(
    workspace: WorkspaceOption,
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    token: TokenOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Serve the app of a workspace in the browser, until Ctrl-C."""
    _serve(workspace, host, port, token, open_browser)


def _serve(workspace: Path, host: str, port: int | None, token: str | None, open_browser: bool) -> None:
    from visualizations import serve as run_app

    bench = _open(workspace)

    def announce(address: str) -> None:
        _say(f"{bench.name} is served until Ctrl-C at:")
        print(address, flush=True)
        if open_browser:
            import webbrowser

            webbrowser.open(address)

    with suppress(KeyboardInterrupt):
        run_app(bench, host, _free_port(host, port), token=token, announce=announce)


def _free_port(host: str, asked: int | None) -> int:
    """The port asked for, else the first free one; WorkbenchError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(FIRST_PORT, FIRST_PORT + PORTS) if asked is None else (asked,):
        with socket.socket(family) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                reason = problem.strerror
            else:
                return port
    tried = f"port {asked}" if asked is not None else f"ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1}"
    raise WorkbenchError(f"cannot listen on {host}, {tried}: {reason}; choose another --port")


# --- words and pages -------------------------------------------------------------------------------


def _open(workspace: Path, data_version: int | None = None) -> Workbench:
    import workbench as wb

    return wb.open(workspace, data_version)


def _say(text: str, style: str = "") -> None:
    """Narration: to stderr, as it is."""
    Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True).print(text, style=style)


def _page() -> Console:
    """Where tables are laid out: as wide as the terminal, or as wide as they need."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def _headline(page: Console, bench: Workbench, more: str = "") -> None:
    page.print(f"{bench.name}, data version {bench.data_version}{more}\n")


def _numeric(frame: pl.DataFrame) -> set[int]:
    return {n for n, kind in enumerate(frame.dtypes) if kind.is_numeric()}


def _sheet(
    page: Console,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Iterable[Any]],
    *,
    numeric: set[int] | None = None,
) -> None:
    """A titled table; columns of numbers are aligned right. Nothing where there are no rows."""
    listed = [list(row.values()) if isinstance(row, Mapping) else list(row) for row in rows]
    if not listed:
        return
    if numeric is None:
        numeric = {n for n, values in enumerate(zip(*listed, strict=True)) if all(map(_is_number, values))}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        heading = column.removesuffix("_seconds").replace("_", " ")
        table.add_column(heading, justify="right" if number in numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_cell(column, value) for column, value in zip(columns, row, strict=True)))
    page.print(title, style="bold")
    page.print(table)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _cell(column: str, value: Any) -> str:
    """A value as people read it; control characters never reach the terminal."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        if column.endswith("_seconds"):
            return _span(float(value))
        if "percent" in column and "base" not in column:
            return f"{value:.1f}"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".removesuffix(".00")
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "".join(letter if letter.isprintable() else "�" for letter in str(value))


def _span(seconds: float) -> str:
    """Length of time in its natural unit.

    >>> _span(0.25), _span(90), _span(86_400 * 34.2)
    ('0.2 s', '1.5 min', '34.2 d')
    """
    for size, unit in ((172_800, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / (86_400 if unit == 'd' else size):,.1f} {unit}"
    return f"{seconds:.1f} s"


def _day(moment: datetime.datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return list(value)


# --- progress --------------------------------------------------------------------------------------


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Where to tell how far work is: one moving line on a terminal, else lines with a pause between them."""
    if sys.stderr.isatty():
        with Console(stderr=True, markup=False, emoji=False).status("starting") as status:
            yield lambda progress: status.update(_progress_line(progress))
        return
    told = [time.monotonic()]

    def tell(progress: Progress) -> None:
        if time.monotonic() - told[0] >= PAUSE_SECONDS:
            told[0] = time.monotonic()
            _say(_progress_line(progress))

    yield tell


def _progress_line(progress: Progress) -> str:
    """`reading events · 1,200,000 of 3,000,000 rows (40 %) · 800,000 rows/s · 2 s left`."""
    step, in_bytes = progress.step.removesuffix(" (bytes)"), progress.step.endswith(" (bytes)")
    unit, size = ("MB", 1_000_000) if in_bytes else ("rows", 1)
    parts = [step]
    if progress.total:
        share = 100 * progress.rows // progress.total
        parts.append(f"{progress.rows // size:,} of {progress.total // size:,} {unit} ({share} %)")
    elif progress.rows:
        parts.append(f"{progress.rows // size:,} {unit}")
    if progress.rows:
        parts.append(f"{progress.rows_per_second / size:,.0f} {unit}/s")
    if progress.seconds_left and progress.rows < (progress.total or 0):
        parts.append(f"{_span(progress.seconds_left)} left")
    return " · ".join(parts)
