"""Options that several commands share, and the opening of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workbench.api import Workbench

FIRST_PORT, PORTS = 8050, 20

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


def open_workspace(workspace: Path, data_version: int | None = None) -> Workbench:
    """The workbench of a folder; imported late, so that help comes at once."""
    import workbench as wb

    return wb.open(workspace, data_version)
