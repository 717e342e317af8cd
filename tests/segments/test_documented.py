"""The page about segments keeps up."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.model.saved_segments import About
from workbench.segments import Export
from workbench.segments.profiles import OWN

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "segments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [*About.model_fields, *Export.model_fields])
def test_every_key_is_documented(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("path", sorted(OWN.glob("*.toml")), ids=lambda path: path.stem)
def test_every_layout_is_documented(path: Path) -> None:
    assert f"`{path.stem}`" in PAGE
