"""A load from end to end: files are staged, assembled, indexed and published."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

from workbench.errors import SourceError, SpecError
from workbench.index.build import build as build_index
from workbench.model.data_version import DataVersion
from workbench.model.loading import Report, steady
from workbench.sources import Manifest, Previous, read_manifest, stage
from workbench.workspace import (
    Definitions,
    Generation,
    Workspace,
    assemble,
    connect_for_writing,
    settings_from,
    step_done,
)


def check_what_was_read(meta: dict[str, Any], number: int, definitions: Definitions) -> None:
    """Refuse, before anything is published, a load without events and milestones the data cannot answer."""
    rejected: Counter[str] = Counter()
    for source in meta["audit"]["sources"].values():
        rejected.update(source.get("rejected", {}))
    if not meta["rows"]["events"] and rejected:
        [(most, _)] = rejected.most_common(1)
        raise SourceError(
            f"no event could be read: {rejected.total():,} rows were rejected, most for: {most}"
        )
    version = DataVersion(
        number,
        settings_from(meta["settings"], "settings"),
        meta["data_from"],
        meta["horizon"],
        meta["columns"],
        frozenset(meta["memberships"]),
        definitions.segments(),
        definitions.lists(),
    )
    try:
        version.check_milestones()
    except SpecError as problem:
        raise SourceError(f"{problem} (in workspace.toml where there is one, else in the manifest)") from None


def load_files(
    manifest: Manifest | Path, data: Path, folder: Path, *, report: Report | None = None
) -> Generation:
    """Publish the next generation of a workspace from the files a manifest names below `data`.

    Files that were loaded before are known by their content; where nothing is new, the current
    generation is returned. Raises SourceError and WorkspaceError; on any error the workspace stays
    as it was.
    """
    manifest = manifest if isinstance(manifest, Manifest) else read_manifest(manifest)
    workspace = Workspace(folder)
    with workspace.writing() as draft, steady(report) as told:
        last = None if workspace.current is None else workspace.open()
        previous = None if last is None else Previous(last.meta["state"], last.sources)
        staged = stage(
            manifest,
            data,
            draft.sources,
            draft.scratch,
            previous=previous,
            again=last is not None and bool(last.reload_needed),
            report=told,
        )
        step_done("staged")
        if staged is None:
            return workspace.open()
        settings = workspace.written_settings() or settings_from(manifest.settings(), "manifest")
        connection = connect_for_writing(workspace.path)
        try:
            now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            meta = assemble(
                connection,
                staged,
                draft.folder,
                settings,
                workspace=folder,
                loaded_at=now,
                report=told,
                before=last,
            )
        finally:
            connection.close()
        check_what_was_read(meta, draft.number, workspace.definitions)
        draft.describe(meta)
        build_index(draft.tables, draft.index_dir, draft.data_version(), told)
        step_done("indexed")
        return draft.publish()
