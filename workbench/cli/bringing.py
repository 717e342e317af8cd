"""`load`, `generate` and `demo`: bringing data in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import (
    AccountsOption,
    EventsOption,
    HostOption,
    OpenOption,
    PortOption,
    SeedOption,
    TokenOption,
    WorkspaceOption,
)
from workbench.cli.pages import day, progress, say, span
from workbench.cli.serving import serve_workspace
from workbench.errors import WorkspaceError

MANIFEST = "manifest.toml"
"""Name under which `generate` leaves a manifest beside its files."""


def load(
    manifest: Annotated[Path, typer.Argument(help="What the files mean: a .toml file.")],
    data: Annotated[Path, typer.Option("--data", "-d", help="Folder of the files.")],
    workspace: WorkspaceOption,
) -> None:
    """Load the files of a folder into a workspace; what is known already is not read again."""
    _load(manifest, data, workspace)
    say(f"Next: workbench serve --workspace {workspace}")


def generate(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files; made if missing.")],
    accounts: AccountsOption = 3000,
    events: EventsOption = 300_000,
    seed: SeedOption = 1,
) -> None:
    """Write the files of a made-up company, with a manifest, and what was planted in them (truth.json)."""
    _generate(out, accounts, events, seed)
    say(f"Next: workbench load {out / MANIFEST} --data {out} --workspace DIR")


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
        serve_workspace(workspace, host, port, token, open_browser)


def _generate(out: Path, accounts: int, events: int, seed: int) -> None:
    from importlib.resources import files

    from workbench.model.loading import Progress
    from workbench.sources.synthetic import generate as write_company

    began = time.monotonic()
    with progress() as report:

        def tell(done: int, total: int) -> None:
            report(Progress("writing events", done, total, time.monotonic() - began))

        truth = write_company(out, accounts=accounts, events=events, seed=seed, progress=tell)
    manifest = files("workbench.sources.synthetic").joinpath(MANIFEST).read_text(encoding="utf-8")
    (out / MANIFEST).write_text(manifest, encoding="utf-8")
    rows, took = truth["rows"], span(time.monotonic() - began)
    say(f"{out}: {rows['events']:,} events of {rows['accounts']:,} accounts written ({took}).")


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
    with progress() as report:
        bench = wb.load(manifest, data=data, workspace=workspace, progress=report)
    info, zone = bench.info(), bench.settings.zone
    accounts, took = info["containers"]["account"], span(time.monotonic() - began)
    first, last = day(info["data_from"], zone), day(info["horizon"], zone)
    say(
        f"{bench.name}: {info['events']:,} events of {accounts:,} accounts, {first} to {last}, "
        f"data version {bench.data_version} in {workspace} ({took})."
    )
    rejected = sum(sum(source.get("rejected", {}).values()) for source in bench.audit["sources"].values())
    if rejected:
        say(f"{rejected:,} rows were rejected, see: workbench audit --workspace {workspace}", style="yellow")
    for control in bench.audit.get("controls", ()):
        if not control["matches"]:
            expected, found = control["expected"], control["found"]
            say(f"Control {control['name']!r} expects {expected}, the data give {found}.", style="yellow")
    bench.close()
