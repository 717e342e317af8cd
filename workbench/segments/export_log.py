"""What was exported when: a log without personal data, and keyed hashes from which changes are told."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from workbench.workspace.disk import sync_folder
from workbench.workspace.member_lists import write_frame

LOG: dict[str, Any] = {
    "at": pl.Datetime("us"),
    "segment": pl.String,
    "revision": pl.Int64,
    "data_version": pl.Int64,
    "container": pl.String,
    "layout": pl.String,
    "delta": pl.Boolean,
    "rows": pl.Int64,
    "added": pl.Int64,
    "removed": pl.Int64,
    "left_out": pl.String,
    "columns": pl.List(pl.String),
    "files": pl.List(pl.String),
}
"""Columns of the export log. Times are UTC; `segment` is null for a condition that was not saved; `left_out`
is JSON, reason → members."""


def exports_folder(workspace: Path) -> Path:
    """Where the log lies."""
    return workspace / "exports"


def read_log(workspace: Path) -> pl.DataFrame:
    """The export log, newest first. A line that a killed export left unfinished is skipped."""
    path = exports_folder(workspace) / "log.jsonl"
    rows = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        at, left_out = datetime.datetime.fromisoformat(line["at"]), json.dumps(line["left_out"])
        rows.append({name: line.get(name) for name in LOG} | {"at": at, "left_out": left_out})
    return pl.DataFrame(rows[::-1], schema=LOG)


def append_log(workspace: Path, line: dict[str, Any]) -> None:
    """Add one line, durably."""
    path = exports_folder(workspace) / "log.jsonl"
    at = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0).isoformat()
    before = path.read_bytes()[-1:] if path.exists() else b""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        start = "" if before in (b"", b"\n") else "\n"
        file.write(start + json.dumps({"at": at, **line}, ensure_ascii=False, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _key(workspace: Path) -> bytes:
    """The workspace's random key, made when first needed, readable by its owner only."""
    path = exports_folder(workspace) / "key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        sync_folder(path.parent)
    return path.read_bytes()


def hashes(workspace: Path, kind: str, ids: Iterable[str]) -> dict[str, str]:
    """Keyed hash → id; hashes of another workspace or container differ."""
    key = _key(workspace)
    return {
        hashlib.blake2b(f"{kind}:{one}".encode(), key=key, digest_size=16).hexdigest(): one for one in ids
    }


def _state(workspace: Path, segment_id: str, layout: str) -> Path:
    return exports_folder(workspace) / "last" / f"{segment_id}.{layout}.parquet"


def last_exported(workspace: Path, segment_id: str, layout: str) -> set[str] | None:
    """Hashes of what the last export of a segment in a layout held; None before the first."""
    path = _state(workspace, segment_id, layout)
    return set(pl.read_parquet(path)["hash"].to_list()) if path.exists() else None


def keep_exported(workspace: Path, segment_id: str, layout: str, exported: Iterable[str]) -> None:
    """Remember the hashes of an export."""
    frame = pl.DataFrame({"hash": sorted(exported)}, schema={"hash": pl.String})
    write_frame(_state(workspace, segment_id, layout), frame)


def forget_exported(workspace: Path, segment_id: str) -> None:
    """Forget what was exported of a segment that is no more, so that another of its name starts anew."""
    for path in (exports_folder(workspace) / "last").glob(f"{segment_id}.*.parquet"):
        path.unlink(missing_ok=True)
