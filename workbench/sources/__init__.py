"""Bringing files in: manifests, readers, staging. The synthetic generator lives here as well."""

from __future__ import annotations

from workbench.sources.manifest import Manifest
from workbench.sources.manifest_file import parse_manifest, read_manifest
from workbench.sources.readers import FORMATS
from workbench.sources.stage import Previous, stage

__all__ = ["FORMATS", "Manifest", "Previous", "parse_manifest", "read_manifest", "stage"]
