"""The workspace folder: immutable generations, one of them current, one writer at a time.

    WORKSPACE/
      workspace.toml      settings people write
      CURRENT             number of the generation in use
      generations/000007/ generation.json, audit.json, tables/, index/, rejected/, sources/
      definitions/        saved work
      cache/  drafts/     may be deleted at any time

A load builds its generation under a name that no reader looks at (`.new-000008`), makes it durable, renames
it, and only then replaces `CURRENT`. Whatever moment it dies at, readers find the last whole generation; the
next writer clears what it left.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.errors import WorkspaceError
from workbench.model.data_version import DataVersion
from workbench.model.settings import Settings
from workbench.workspace.definitions import Definitions
from workbench.workspace.disk import read_json, step_done, sync_folder, sync_tree, write_json, write_text
from workbench.workspace.locks import Lock, share
from workbench.workspace.settings_file import FILE_NAME, SHAPING, read_settings, settings_from, write_settings

FORMAT = 1
"""Layout of a generation on disk; another one needs a reload."""


@dataclass(frozen=True)
class Generation:
    """One immutable data version on disk."""

    workspace: Path
    number: int
    path: Path

    @property
    def tables(self) -> Path:
        """Folder of the canonical tables, one Parquet file each."""
        return self.path / "tables"

    @property
    def index_dir(self) -> Path:
        """Folder of the journey index."""
        return self.path / "index"

    @property
    def sources(self) -> Path:
        """Folder of what the sources keep for the next load."""
        return self.path / "sources"

    @property
    def rejected(self) -> Path:
        """Folder of rejected rows and repaired cells; absent when there are none."""
        return self.path / "rejected"

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Content of `generation.json`; WorkspaceError when another format wrote it."""
        content: dict[str, Any] = read_json(self.path / "generation.json")
        if content.get("format") != FORMAT:
            raise WorkspaceError(
                f"{self.path}: written in format {content.get('format')}, this version reads {FORMAT}: reload"
                " needed (workbench load)"
            )
        return content

    @cached_property
    def audit(self) -> dict[str, Any]:
        """Content of `audit.json`."""
        content: dict[str, Any] = read_json(self.path / "audit.json")
        return content

    @cached_property
    def settings(self) -> Settings:
        """What people wrote in `workspace.toml`, except what shaped this generation: that stays as it was
        loaded."""
        shaped = settings_from(self.meta["settings"], str(self.path / "generation.json"))
        written = self._written
        if written is None:
            return shaped
        return written.model_copy(update={name: getattr(shaped, name) for name in SHAPING})

    @cached_property
    def _written(self) -> Settings | None:
        path = self.workspace / FILE_NAME
        return read_settings(path) if path.exists() else None

    @property
    def reload_needed(self) -> tuple[str, ...]:
        """Sentences on settings that were changed since this generation was loaded and need a reload."""
        shaped = settings_from(self.meta["settings"], str(self.path))
        written = self._written or shaped
        changed = [name for name in SHAPING if getattr(written, name) != getattr(shaped, name)]
        return tuple(
            f"reload needed: {FILE_NAME} now says {name} = {getattr(written, name)!r}, "
            f"the data was loaded with {getattr(shaped, name)!r}"
            for name in changed
        )

    def data_version(self) -> DataVersion:
        """What an engine must know about this generation."""
        return DataVersion(
            number=self.number,
            settings=self.settings,
            data_from=self.meta["data_from"],
            horizon=self.meta["horizon"],
            columns=self.meta["columns"],
            memberships=frozenset(self.meta["memberships"]),
            segments=Definitions(self.workspace).segments(),
        )

    def hold(self) -> Lock:
        """Keep this generation from being deleted while the returned lock lives; `.release()` lets it go."""
        return share(self.path / "in_use.lock")


@dataclass
class Draft:
    """A generation being written. `folder` is where its files go until `publish`."""

    workspace: Workspace
    number: int
    folder: Path
    published: bool = False
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> Path:
        """Folder of the canonical tables."""
        return self.folder / "tables"

    @property
    def index_dir(self) -> Path:
        """Folder the index is built in."""
        return self.folder / "index"

    @property
    def sources(self) -> Path:
        """Folder of what the sources keep for the next load."""
        return self.folder / "sources"

    @property
    def scratch(self) -> Path:
        """Folder for intermediate files; gone once the generation is described."""
        return self.folder / "scratch"

    def describe(self, meta: Mapping[str, Any]) -> None:
        """Take what `assemble` returned; writes `generation.json`, `audit.json`, and `workspace.toml` where
        there is none."""
        self.meta = {
            "format": FORMAT,
            "number": self.number,
            **{k: v for k, v in meta.items() if k != "audit"},
        }
        write_json(self.folder / "audit.json", meta["audit"])
        write_json(self.folder / "generation.json", self.meta)
        write_settings(self.workspace.path / FILE_NAME, settings_from(meta["settings"], "settings"))
        shutil.rmtree(self.scratch, ignore_errors=True)
        step_done("described")

    def data_version(self) -> DataVersion:
        """As `Generation.data_version`, before publishing: for the index build."""
        return Generation(self.workspace.path, self.number, self.folder).data_version()

    def publish(self, *, durable: bool = True) -> Generation:
        """Make this the current generation, and delete those that are neither kept nor in use."""
        if durable:
            sync_tree(self.folder)
        step_done("synced")
        target = self.workspace.folder_of(self.number)
        os.rename(self.folder, target)
        sync_folder(target.parent)
        step_done("renamed")
        write_text(self.workspace.path / "CURRENT", f"{self.number}\n")
        self.published = True
        step_done("published")
        self.workspace.retire()
        step_done("retired")
        return Generation(self.workspace.path, self.number, target)


class Workspace:
    """A folder with the data of one company. Making the object touches nothing on disk."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def current(self) -> int | None:
        """Number of the current generation; None before the first load."""
        try:
            text = (self.path / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not text.isdigit():
            raise WorkspaceError(f"{self.path / 'CURRENT'}: holds {text!r}, not the number of a generation")
        return int(text)

    def folder_of(self, number: int) -> Path:
        """Folder of a generation."""
        return self.path / "generations" / f"{number:06d}"

    def generations(self) -> tuple[int, ...]:
        """Numbers of the generations that can be opened, oldest first."""
        current = self.current
        if current is None:
            return ()
        folders = (self.path / "generations").glob("[0-9]*")
        return tuple(sorted(int(f.name) for f in folders if f.name.isdigit() and int(f.name) <= current))

    def open(self, number: int | None = None) -> Generation:
        """A generation, the current one unless told; WorkspaceError names what there is."""
        if not self.path.is_dir():
            raise WorkspaceError(
                f"{self.path}: there is no such folder; load data into it with workbench load"
            )
        chosen = self.current if number is None else number
        if chosen is None:
            raise WorkspaceError(f"{self.path}: holds no data yet; load some with workbench load")
        if chosen not in self.generations() or not self.folder_of(chosen).is_dir():
            known = ", ".join(str(n) for n in self.generations()) or "none"
            raise WorkspaceError(f"{self.path}: data version {chosen} is not kept; there are: {known}")
        return Generation(self.path, chosen, self.folder_of(chosen))

    @property
    def definitions(self) -> Definitions:
        """Saved segments, views, models and journeys."""
        return Definitions(self.path)

    def written_settings(self) -> Settings | None:
        """Settings of `workspace.toml`; None where there is no such file."""
        path = self.path / FILE_NAME
        return read_settings(path) if path.exists() else None

    @contextlib.contextmanager
    def writing(self, *, wait_seconds: float = 0.0) -> Iterator[Draft]:
        """Hold `load.lock` and give the draft of the next generation; what is not published is removed.

        Raises WorkspaceError when another load is running, or the folder holds something else than a
        workspace.
        """
        self._claim()
        with Lock(self.path / "load.lock").taken(wait_seconds, "another load is writing this workspace"):
            step_done("locked")
            self._clear_leftovers()
            number = max([*self.generations(), self.current or 0]) + 1
            draft = Draft(self, number, self.path / "generations" / f".new-{number:06d}")
            draft.folder.mkdir(parents=True)
            step_done("cleaned")
            try:
                yield draft
            finally:
                if not draft.published:
                    shutil.rmtree(draft.folder, ignore_errors=True)

    def _claim(self) -> None:
        """Make the folder a workspace: it may be absent, empty, or one already."""
        if self.path.exists() and not self.path.is_dir():
            raise WorkspaceError(f"{self.path}: is a file; name a folder")
        known = {"workspace.toml", "CURRENT", "generations", "definitions", "cache", "drafts", "load.lock"}
        if self.path.is_dir():
            others = sorted(entry.name for entry in self.path.iterdir() if not entry.name.startswith("."))
            if others and not known & set(others):
                raise WorkspaceError(
                    f"{self.path}: holds {others[0]!r} and is no workspace; name an empty or new folder"
                )
        (self.path / "generations").mkdir(parents=True, exist_ok=True)

    def _clear_leftovers(self) -> None:
        """Remove what killed loads left: drafts, and generations that never became current."""
        current = self.current or 0
        for folder in (self.path / "generations").iterdir():
            unpublished = folder.name.isdigit() and int(folder.name) > current
            if folder.name.startswith((".new-", ".old-")) or unpublished:
                shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.path / "cache" / "duckdb", ignore_errors=True)
        for stray in self.path.glob(".*.new"):
            stray.unlink(missing_ok=True)

    def retire(self) -> None:
        """Delete generations beyond the number kept, except those in use. Call under the lock."""
        settings = self.written_settings()
        keep = settings.keep_generations if settings else 2
        for number in self.generations()[:-keep]:
            folder = self.folder_of(number)
            if not Lock(folder / "in_use.lock").is_free():
                continue
            aside = folder.with_name(f".old-{number:06d}")
            os.rename(folder, aside)
            shutil.rmtree(aside, ignore_errors=True)
