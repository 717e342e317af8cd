"""The command line: `draft`, `load`, `ask`, `info`, `audit`, `schema`, `generate`, `demo`, `serve` and more.

The only package that prints or exits. What was asked for goes to stdout, everything said about it to stderr.
The exit code is 0, 1 where the workbench refuses (a message, no traceback), 2 for a call that makes no sense.
Whatever is heavy is imported inside the command that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from workbench.cli.asking import ask
from workbench.cli.bringing import demo, generate, load
from workbench.cli.drafting import draft
from workbench.cli.looking import audit, info, schema
from workbench.cli.pages import say
from workbench.cli.segments import segments
from workbench.cli.serving import serve
from workbench.errors import WorkbenchError

COMMANDS = (draft, load, ask, info, audit, schema, generate, demo, serve)

app = typer.Typer(
    name="workbench",
    help="Journeys of accounts, opportunities, buying groups and persons: local, fast, and checkable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(segments)


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
        say(f"Error: {problem}", style="red")
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
