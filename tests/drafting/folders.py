"""Small folders of files, written for a test."""

from __future__ import annotations

from pathlib import Path


def folder(root: Path, **files: str | bytes) -> Path:
    """Write files below `root / "data"`; `__` in a name stands for the dot before its ending."""
    data = root / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = data / ".".join(name.rsplit("__", 1) if "__" in name else (name, "csv"))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return data


def lines(header: str, *rows: str) -> str:
    """Lines of a file."""
    return "\n".join((header, *rows)) + "\n"
