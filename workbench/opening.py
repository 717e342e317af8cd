"""The ways to get a `Workbench`: open a workspace, load files, or hand over frames."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.api import CACHE_BYTES, Workbench
from workbench.index.build import build as build_index
from workbench.load import load_files
from workbench.model.data_version import to_microseconds
from workbench.model.loading import Report
from workbench.model.parsing import parse_condition, read_model
from workbench.model.settings import Settings
from workbench.segments import record_all
from workbench.workspace import Workspace, assemble_frames


def open(path: str | Path, data_version: int | None = None, *, cache: bool = True) -> Workbench:  # noqa: A001
    """Open a workspace at its current data version, or at an older one that is still kept.

    `cache=False` remembers nothing between questions.
    """
    return Workbench(Workspace(path).open(data_version), cache_bytes=CACHE_BYTES if cache else 0)


def load(
    manifest: str | Path, *, data: str | Path, workspace: str | Path, progress: Report | None = None
) -> Workbench:
    """Load the files below `data` into a workspace folder, as a manifest says, and open the result.

    The folder may be absent, empty, or hold earlier loads. `progress` is told at least once a second
    how far the load is. Raises SourceError and WorkspaceError; a failed load changes nothing.
    """
    bench = Workbench(load_files(Path(manifest), Path(data), Path(workspace), report=progress))
    record_all(bench)
    return bench


def from_tables(
    *,
    workspace: str | Path | None = None,
    time_zone: str = "UTC",
    event_order: tuple[str, ...] | list[str] = (),
    session_timeout: str = "30m",
    first_weekday: str = "monday",
    fiscal_year_start: int = 1,
    milestones: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    data_until: Any = None,
    **tables: Any,
) -> Workbench:
    """A workbench on frames: `events` (with `occurred_at` and `event_type`) and any other canonical table.

    Everything a load does is done: accounts derived, sessions cut, the index built, in a temporary
    workspace that goes with the object, or in the folder `workspace`. Raises DataError and SpecError.
    """
    for name, condition in (milestones or {}).items():
        parse_condition(condition, f"milestones.{name}")
    chosen = read_model(
        Settings,
        {
            "name": "frames",
            "time_zone": time_zone,
            "event_order": tuple(event_order),
            "session_timeout": session_timeout,
            "first_weekday": first_weekday,
            "fiscal_year_start": fiscal_year_start,
            **({} if milestones is None else {"milestones": dict(milestones)}),
            **(settings or {}),
        },
        "settings",
    )
    folder = Path(workspace or tempfile.mkdtemp(prefix="workbench-"))
    generation = assemble_frames(
        tables,
        chosen,
        folder,
        build_index=build_index,
        data_until=None if data_until is None else to_microseconds(data_until),
    )
    bench = Workbench(generation)
    record_all(bench)
    if workspace is None:
        weakref.finalize(bench, shutil.rmtree, folder, ignore_errors=True)
    return bench
