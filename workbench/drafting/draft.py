"""`draft`: from files to the proposal of a manifest, and back when a person corrects it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from workbench.drafting.composing import as_toml
from workbench.drafting.ledger import Proposal
from workbench.drafting.presets import Preset, presets
from workbench.drafting.preview import Preview, preview
from workbench.drafting.proposing import propose
from workbench.drafting.reading import Inputs, read_inputs
from workbench.errors import SpecError, nearest
from workbench.sources import Manifest, parse_manifest


@dataclass(frozen=True)
class Draft:
    """The proposal of a manifest, with every part of it open to correction."""

    inputs: Inputs
    presets: Mapping[str, Preset]
    choices: Mapping[str, Any]
    proposals: tuple[Proposal, ...]
    content: Mapping[str, Any]
    """The manifest as plain values."""
    left_out: Mapping[str, str]
    """File → why it is not part of the manifest."""
    seconds: float = 0.0
    """What drafting took."""

    @property
    def name(self) -> str:
        """Name of the workspace that is proposed."""
        return str(self.content["name"])

    @property
    def data(self) -> Path:
        """Folder that the files of the manifest lie below: `--data` of `workbench load`."""
        return self.inputs.root

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest; it can be loaded as it is. SourceError where a choice makes it impossible."""
        return parse_manifest(dict(self.content), "draft")

    @cached_property
    def toml(self) -> str:
        """The manifest as text."""
        return as_toml(self.content, self.sampled, self.left_out)

    @property
    def sampled(self) -> str:
        """What was read, in words."""
        samples = self.inputs.samples
        part = [sample.name for sample in samples if not sample.whole]
        size = sum({sample.path: sample.size for sample in samples}.values())
        told = f"{len({sample.path for sample in samples})} files of {size / 1e6:,.1f} MB"
        if not part:
            return f"{told} were read whole"
        names = ", ".join(part[:5]) + (f" and {len(part) - 5} more" if len(part) > 5 else "")
        return f"{told}; only the beginning and pieces were read of {names}"

    def table(self) -> pl.DataFrame:
        """Proposals as a frame: path, value (text), confidence, reason, chosen, sample (text)."""
        rows = [
            {
                "path": one.path,
                "value": _shown(one.value),
                "confidence": one.confidence,
                "reason": one.reason,
                "chosen": one.chosen,
                "sample": " · ".join("/".join(str(v) for v in row.values()) for row in one.rows),
            }
            for one in self.proposals
        ]
        return pl.DataFrame(rows)

    def proposal(self, path: str) -> Proposal:
        """One proposal; a SpecError names the nearest path where there is none."""
        known = {one.path: one for one in self.proposals}
        if path not in known:
            raise SpecError(f"{path!r} is not proposed here; {nearest(path, known)}", "path")
        return known[path]

    def with_choice(self, path: str, value: Any) -> Draft:
        """The draft with one thing corrected; what depends on it is proposed anew.

        `path` is that of a proposal; a second choice replaces the first. SpecError for unknown paths,
        SourceError where the choice leaves nothing to load.
        """
        self.proposal(path)
        return _drafted(self.inputs, self.presets, {**self.choices, path: value})

    def without_choice(self, path: str) -> Draft:
        """The draft with one correction taken back."""
        return _drafted(
            self.inputs, self.presets, {name: v for name, v in self.choices.items() if name != path}
        )

    def preview(self) -> Preview:
        """What loading the sampled rows gives: rows by table, dates, rejected rows, unmatched ids."""
        return preview(self.manifest, self.inputs)


def draft(
    files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    presets: Iterable[str | os.PathLike[str]] = (),
    choices: Mapping[str, Any] | None = None,
) -> Draft:
    """Propose a manifest for files or folders, from samples.

    `presets`: further preset files or folders of them, beside those of the program. `choices`: corrections by
    path, as `Draft.with_choice` takes them. Raises SourceError where no file can be used.
    """
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    began = time.monotonic()
    inputs = read_inputs([os.fspath(path) for path in given])
    made = _drafted(inputs, _presets(presets), dict(choices or {}))
    return replace(made, seconds=time.monotonic() - began)


_presets = presets


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return repr(value["value"])
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return repr(value) if value == "\t" else str(value)


def _drafted(inputs: Inputs, known: Mapping[str, Preset], choices: Mapping[str, Any]) -> Draft:
    began = time.monotonic()
    found = propose(inputs, known, choices)
    took = time.monotonic() - began
    return Draft(inputs, known, dict(choices), found.proposals, found.content, found.left_out, took)
