"""`serve`: the app of a workspace, in a browser."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from pathlib import Path

from workbench.cli.options import (
    FIRST_PORT,
    PORTS,
    HostOption,
    OpenOption,
    PortOption,
    TokenOption,
    WorkspaceOption,
    open_workspace,
)
from workbench.cli.pages import say
from workbench.errors import WorkbenchError


def serve(
    workspace: WorkspaceOption,
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    token: TokenOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Serve the app of a workspace in the browser, until Ctrl-C."""
    serve_workspace(workspace, host, port, token, open_browser)


def serve_workspace(
    workspace: Path, host: str, port: int | None, token: str | None, open_browser: bool
) -> None:
    """Serve until Ctrl-C and print the address."""
    from visualizations import serve as run_app

    bench = open_workspace(workspace)

    def announce(address: str) -> None:
        say(f"{bench.name} is served until Ctrl-C at:")
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
