"""Lists of ids beside saved segments: members of static ones, and who entered and left since when."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from workbench.errors import WorkspaceError
from workbench.workspace.disk import sync_folder

HISTORY: dict[str, Any] = {
    "data_version": pl.Int64,
    "evaluated_at": pl.Datetime("us"),
    "revision": pl.Int64,
    "id": pl.String,
    "change": pl.String,
}
"""Columns of a history. Each evaluation is one row without id and change, and one for each id that
`entered` or `left` since the one before."""


def list_path(definitions: Path, list_id: str) -> Path:
    """File of a stored list."""
    return definitions / "members" / f"{list_id}.parquet"


def history_path(definitions: Path, segment_id: str) -> Path:
    """File of a segment's history."""
    return definitions / "members" / f"{segment_id}.history.parquet"


def read_list(definitions: Path, list_id: str) -> tuple[str, ...]:
    """Ids on a stored list, sorted; none where nothing was stored yet."""
    path = list_path(definitions, list_id)
    return tuple(_read(path, {"id": pl.String})["id"].to_list()) if path.exists() else ()


def write_list(definitions: Path, list_id: str, ids: Iterator[str] | set[str]) -> None:
    """Replace a stored list in one step."""
    write_frame(list_path(definitions, list_id), pl.DataFrame({"id": sorted(set(ids))}, {"id": pl.String}))


def read_history(definitions: Path, segment_id: str) -> pl.DataFrame:
    """The rows of `HISTORY`, oldest first; none before the first evaluation."""
    path = history_path(definitions, segment_id)
    return _read(path, HISTORY) if path.exists() else pl.DataFrame(schema=HISTORY)


def write_history(definitions: Path, segment_id: str, rows: pl.DataFrame) -> None:
    """Replace a history in one step."""
    write_frame(history_path(definitions, segment_id), rows.select(list(HISTORY)))


def remove_lists(definitions: Path, segment_id: str) -> None:
    """Remove what is kept beside a segment."""
    for path in (list_path(definitions, segment_id), history_path(definitions, segment_id)):
        path.unlink(missing_ok=True)


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Replace a Parquet file in one step, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    frame.write_parquet(draft)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)


def _read(path: Path, columns: dict[str, Any]) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).select(pl.col(name).cast(kind) for name, kind in columns.items())
    except (PolarsError, OSError) as problem:
        needed = ", ".join(columns)
        raise WorkspaceError(f"{path}: cannot be read as a list with {needed}: {problem}") from None


class MemberLists(Mapping[str, tuple[str, ...]]):
    """List id → ids, read when asked: stored lists of static segments, and pins."""

    def __init__(self, definitions: Path, static: set[str], pinned: Mapping[str, tuple[str, ...]]) -> None:
        self._definitions, self._static, self._pinned = definitions, static, dict(pinned)
        self._kept: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {}

    @property
    def state(self) -> str:
        """Text that changes with any of the lists, without reading them."""
        return str(
            [(name, self._written(name)) for name in sorted(self._static)] + sorted(self._pinned.items())
        )

    def _written(self, list_id: str) -> tuple[int, int]:
        path = list_path(self._definitions, list_id)
        if not path.exists():
            return 0, 0
        found = path.stat()
        return found.st_mtime_ns, found.st_ino

    def __getitem__(self, list_id: str) -> tuple[str, ...]:
        if list_id not in self._static:
            return self._pinned[list_id]
        written = self._written(list_id)
        kept = self._kept.get(list_id)
        if kept is None or kept[0] != written:
            kept = self._kept[list_id] = (written, read_list(self._definitions, list_id))
        return kept[1]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._static, *self._pinned}))

    def __len__(self) -> int:
        return len({*self._static, *self._pinned})
