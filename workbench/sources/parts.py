"""What staging works on and leaves behind: jobs, findings, and the parts that loads hand to later loads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from workbench.model.loading import Report
from workbench.sources.files import InputFile
from workbench.sources.manifest import Manifest, Source

PARQUET = "(FORMAT parquet, COMPRESSION lz4)"
"""How intermediate files are written."""


@dataclass
class Findings:
    """What became of the rows of one file."""

    read: int = 0
    filtered: int = 0
    """Rows the source's own `where` leaves out."""
    kept: dict[str, int] = field(default_factory=dict)
    """Table → rows."""
    not_yet: dict[str, int] = field(default_factory=dict)
    """Events without a time that have not happened: skipped on purpose."""
    repaired: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    """A few offending values: ids, times and numbers, never whole rows."""


@dataclass(frozen=True)
class Job:
    """Staging one file of one source into `folder`."""

    connection: duckdb.DuckDBPyConnection
    manifest: Manifest
    source: Source
    file: InputFile
    folder: Path
    scratch: Path
    report: Report | None = None

    @property
    def place(self) -> str:
        """Start of every error message."""
        return f"source {self.source.name!r}: {self.file.name}"


@dataclass(frozen=True)
class StagedTarget:
    """The rows of one target of one file."""

    table: str
    path: str
    """File name within the part's folder."""
    columns: dict[str, str] = field(default_factory=dict)
    """As in `StagedPart.columns`: set when the file is used as it is."""
    day_precision: bool = False


@dataclass(frozen=True)
class Part:
    """What one file left behind, kept from load to load."""

    source: str
    file: str
    hash: str
    size: int
    mapping: str
    """Fingerprint of the mapping it was staged under."""
    sequence: int
    """Number of the load that brought it."""
    span: int
    """How many values of `row` it uses."""
    folder: str
    """Folder below the sources folder of a generation."""
    targets: tuple[StagedTarget, ...]
    findings: dict[str, Any] = field(default_factory=dict)
    snapshot_at: int | None = None
    """Moment of the snapshot, UTC microseconds."""

    def to_json(self) -> dict[str, Any]:
        """The part as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Part:
        """The part that `to_json` gave."""
        targets = tuple(StagedTarget(**target) for target in content["targets"])
        return replace(cls(**{**content, "targets": ()}), targets=targets)
