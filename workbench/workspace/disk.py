"""Writing so that a crash leaves either the old or the new, never half."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

STEPS: tuple[str, ...] = (
    "locked",
    "cleaned",
    "staged",
    "records",
    "events",
    "audited",
    "indexed",
    "described",
    "synced",
    "renamed",
    "published",
    "retired",
)
"""Steps of a load, in order. With WORKBENCH_STOP_AFTER set to one of them the process kills itself after that
step: a hook for the tests that prove a killed load does no harm."""


def step_done(step: str) -> None:
    """Mark a step; dies here when the test hook asks for it."""
    if os.environ.get("WORKBENCH_STOP_AFTER") == step:
        os.kill(os.getpid(), signal.SIGKILL)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable; a no-op where the system cannot open folders."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make every file below a folder durable."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step; keys keep their order."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
