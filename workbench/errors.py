"""Every error the workbench raises on purpose.

    WorkbenchError
    ├── SpecError          a question or condition that cannot be asked as written
    │   └── NotYetError    a documented option that this version does not answer
    ├── DataError          a table, column or value that cannot be used
    ├── SourceError        a manifest or an input file that cannot be read
    └── WorkspaceError     a folder that is missing, locked or of another format
        └── RevisionConflict   somebody saved a newer revision of a definition

Catch the base class at the edges (shell, command line, notebook display):

    try:
        bench.ask(question)
    except WorkbenchError as problem:
        print(problem)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WorkbenchError(Exception):
    """Base of all errors; the message says what, where, and the nearest valid choice."""


class SpecError(WorkbenchError):
    """A question or condition that cannot be asked as written.

    `place` is a dotted path into the question, such as `nodes.2.where.op`.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


class NotYetError(SpecError):
    """A documented option that this version does not answer."""


class DataError(WorkbenchError):
    """A table, column or value that cannot be used."""


class SourceError(WorkbenchError):
    """A manifest or an input file that cannot be read."""


class WorkspaceError(WorkbenchError):
    """A workspace folder that is missing, locked or of another format."""


class RevisionConflict(WorkspaceError):
    """Somebody saved a newer revision of a definition."""


def nearest(name: object, choices: Iterable[str]) -> str:
    """A sentence that names the nearest valid choice, or lists the first choices.

    >>> nearest("fallot", ["fallout", "flow"])
    "did you mean 'fallout'?"
    """
    known = sorted({str(choice) for choice in choices})
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    if not close:
        lowered = {choice.lower(): choice for choice in known}
        close = [
            lowered[hit] for hit in difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.5)
        ]
    if close:
        return f"did you mean {close[0]!r}?"
    if not known:
        return "there is no valid choice here"
    shown = ", ".join(repr(choice) for choice in known[:12])
    return f"choose one of {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
