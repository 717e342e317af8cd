"""Which files a source reads: found by pattern below the data folder, known by what they hold."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.errors import SourceError, nearest
from workbench.model.loading import POLL_SECONDS
from workbench.sources.manifest import ENDINGS, Format, Source

CHUNK = 4 << 20


@dataclass(frozen=True)
class InputFile:
    """One file of a source."""

    name: str
    """Path below the data folder, with forward slashes."""
    path: Path
    size: int
    modified: float


def find_files(source: Source, data: Path) -> tuple[InputFile, ...]:
    """The files of a source, by name; SourceError when there is none, or one lies outside the data folder."""
    if not data.is_dir():
        raise SourceError(f"{data}: there is no such data folder")
    root = data.resolve()
    found: dict[str, InputFile] = {}
    for pattern in source.files:
        parts = PurePosixPath(pattern.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in pattern:
            raise SourceError(f"source {source.name!r}: {pattern!r} must be a path below the data folder")
        for path in root.glob(str(parts)):
            resolved = path.resolve()
            if not resolved.is_relative_to(root):
                raise SourceError(
                    f"source {source.name!r}: {path.name} is a link that leads out of the data folder"
                )
            if resolved.is_file():
                name = path.relative_to(root).as_posix()
                stat = resolved.stat()
                found[name] = InputFile(name, resolved, stat.st_size, stat.st_mtime)
    if not found and not source.optional:
        raise SourceError(_nothing_found(source, root))
    return tuple(found[name] for name in sorted(found))


def _nothing_found(source: Source, root: Path) -> str:
    there = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()][:1000]
    wanted = " or ".join(repr(pattern) for pattern in source.files)
    return f"source {source.name!r}: no file {wanted} below {root}; {nearest(source.files[0], there)}"


def format_of(source: Source, file: InputFile) -> Format:
    """Format of a file: declared, else by its ending; SourceError names the endings that are known."""
    if source.format is not None:
        return source.format
    plain = file.name.lower().removesuffix(".gz")
    ending = os.path.splitext(plain)[1]
    if ending not in ENDINGS:
        raise SourceError(f"source {source.name!r}: {file.name}: say its format; {nearest(ending, ENDINGS)}")
    return ENDINGS[ending]


def content_hash(path: Path, tick: Callable[[int], None] | None = None, prefix: int = 0) -> tuple[str, str]:
    """SHA-256 of a file, and of its first `prefix` bytes (empty text when it is shorter); `tick` gets bytes
    done."""
    whole, head = hashlib.sha256(), ""
    done, last = 0, time.monotonic()
    with path.open("rb") as file:
        while chunk := file.read(min(CHUNK, prefix - done) if done < prefix else CHUNK):
            whole.update(chunk)
            done += len(chunk)
            if prefix and done == prefix:
                head = whole.copy().hexdigest()
            if tick and time.monotonic() - last >= POLL_SECONDS:
                tick(done)
                last = time.monotonic()
    return whole.hexdigest(), head
