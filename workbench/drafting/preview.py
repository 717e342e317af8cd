"""What a drafted manifest makes of the rows that were read: staged like a load, counted, and thrown away."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from workbench.drafting.reading import Inputs
from workbench.drafting.sampling import Sample
from workbench.model.tables import TABLES
from workbench.sources import Manifest, stage

WHOLE_BINARY = 64 << 20
"""Bytes of a Parquet file or workbook up to which it is previewed as it is."""


@dataclass(frozen=True)
class Preview:
    """Counts over the sampled rows."""

    sampled: bool
    """Whether some file was not read whole, so that the counts are of a part."""
    rows: dict[str, int]
    """Table → rows."""
    records: dict[str, int]
    """Table → different keys."""
    events: dict[str, int]
    """Event type → rows."""
    dates: tuple[str, str] | None
    """First and last time of an event, UTC."""
    rejected: dict[str, dict[str, int]]
    """Source → reason → rows."""
    repaired: dict[str, dict[str, int]]
    unmatched: dict[str, tuple[int, int]]
    """`table.column` → (ids, ids without a record), for tables that have records."""


def preview(manifest: Manifest, inputs: Inputs) -> Preview:
    """Stage the sampled rows under a manifest; SourceError where an expression does not fit the files."""
    with tempfile.TemporaryDirectory(prefix="workbench-draft-") as folder:
        root = Path(folder)
        data = root / "data"
        for sample in {sample.path: sample for sample in inputs.samples}.values():
            _write(sample, data / sample.name)
        staged = stage(manifest, data, root / "out", root / "scratch")
        parts: dict[str, list[pl.DataFrame]] = {}
        for part in staged.parts if staged is not None else ():
            frame = pl.read_parquet(part.path)
            renamed = {own: column for column, own in part.columns.items() if own in frame.columns}
            parts.setdefault(part.table, []).append(frame.rename(renamed) if part.columns else frame)
        audit = staged.audit if staged is not None else {}
    whole = all(sample.whole for sample in inputs.samples)
    return _counted(parts, audit, whole)


def _write(sample: Sample, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if sample.whole and (sample.text or sample.size <= WHOLE_BINARY):
        shutil.copyfile(sample.path, path)
    elif sample.format == "parquet":
        pl.scan_parquet(sample.path).head(len(sample.grid)).collect().write_parquet(path)
    elif sample.format == "xlsx":
        shutil.copyfile(sample.path, path)
    else:
        content = b"".join((sample.head, *sample.pieces))
        if path.name.lower().endswith(".gz"):
            import gzip

            content = gzip.compress(content, 1)
        path.write_bytes(content)


def _counted(parts: dict[str, list[pl.DataFrame]], audit: dict[str, Any], whole: bool) -> Preview:
    sources = audit.get("sources", audit)
    keys = {table: _keys(parts.get(table, []), TABLES[table].key[:1]) for table in TABLES}
    kinds: Counter[str] = Counter()
    times: list[Any] = []
    for frame in parts.get("events", []):
        kinds.update(frame["event_type"].to_list())
        times += [
            moment
            for moment in (frame["occurred_at"].min(), frame["occurred_at"].max())
            if moment is not None
        ]
    return Preview(
        not whole,
        {table: sum(len(frame) for frame in frames) for table, frames in parts.items()},
        {table: len(found) for table, found in keys.items() if found},
        dict(kinds.most_common()),
        (str(min(times)), str(max(times))) if times else None,
        {name: dict(one["rejected"]) for name, one in sources.items() if one.get("rejected")},
        {name: dict(one["repaired"]) for name, one in sources.items() if one.get("repaired")},
        _unmatched(parts, keys),
    )


def _keys(frames: list[pl.DataFrame], columns: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for frame in frames:
        for column in columns:
            if column in frame.columns:
                found |= set(frame[column].drop_nulls().cast(pl.String).unique().to_list())
    return found


def _unmatched(parts: dict[str, list[pl.DataFrame]], keys: dict[str, set[str]]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for table, frames in parts.items():
        for column, target in TABLES[table].references.items():
            ids = _keys(frames, (column,))
            if ids and keys.get(target):
                found[f"{table}.{column}"] = (len(ids), len(ids - keys[target]))
    return found
