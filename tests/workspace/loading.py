"""A whole load, at a moment of the test's choice: stage, assemble, index, publish."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import duckdb

from workbench.index.build import build as build_index
from workbench.model.loading import Report
from workbench.sources import Manifest, Previous, parse_manifest, read_manifest, stage
from workbench.workspace import Generation, Workspace, assemble, connect_for_writing, settings_from, step_done


def load(
    manifest: Manifest | dict[str, Any] | Path,
    data: Path,
    folder: Path,
    *,
    report: Report | None = None,
    loaded_at: datetime.datetime | None = None,
) -> Generation:
    """Load files into a workspace and return its current generation."""
    if isinstance(manifest, Path):
        manifest = read_manifest(manifest)
    elif isinstance(manifest, dict):
        manifest = parse_manifest(manifest)
    workspace = Workspace(folder)
    with workspace.writing() as draft:
        previous, again, last = None, False, None
        if workspace.current is not None:
            last = workspace.open()
            previous, again = Previous(last.meta["state"], last.sources), bool(last.reload_needed)
        staged = stage(
            manifest, data, draft.sources, draft.scratch, previous=previous, again=again, report=report
        )
        step_done("staged")
        if staged is None:
            return workspace.open()
        settings = workspace.written_settings() or settings_from(manifest.settings(), "manifest")
        connection = connect_for_writing(workspace.path)
        try:
            moment = loaded_at or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            meta = assemble(
                connection,
                staged,
                draft.folder,
                settings,
                workspace=folder,
                loaded_at=moment,
                report=report,
                before=last,
            )
        finally:
            connection.close()
        draft.describe(meta)
        build_index(draft.tables, draft.index_dir, draft.data_version())
        step_done("indexed")
        return draft.publish()


def rows(generation: Generation, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query; `{events}` and the like stand for the tables."""
    names = {path.stem: f"read_parquet('{path}')" for path in generation.tables.glob("*.parquet")}
    with duckdb.connect() as connection:
        return connection.execute(sql.format(**names)).fetchall()


if __name__ == "__main__":
    load(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
