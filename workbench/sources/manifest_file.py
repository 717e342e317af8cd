"""Reading a manifest; a wrong one is told with the names that stand in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.errors import SourceError
from workbench.model.parsing import spec_error
from workbench.sources.manifest import Manifest, gathered


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest; SourceError names the file, the place and the nearest valid name."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SourceError(f"{path}: there is no such manifest") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder; name a manifest, a file that ends in .toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path}: {problem}") from None
    return parse_manifest(content, str(path))


def parse_manifest(content: dict[str, Any], place: str = "manifest") -> Manifest:
    """Check a manifest given as plain values; SourceError begins with `place`."""
    try:
        return Manifest.model_validate(content)
    except ValidationError as problem:
        raise SourceError(f"{place}: {_in_words(problem, content)}") from None


def _in_words(problem: ValidationError, content: dict[str, Any]) -> str:
    """The problem with names instead of positions."""
    text = str(spec_error(problem))
    match = re.match(r"source\.(\d+)(\.targets\.(\d+)(\.columns)?)?[.:] ?", text)
    if match is None:
        return text
    source = content["source"][int(match[1])]
    place = f"source {source['name']!r}: " if isinstance(source, dict) and "name" in source else ""
    if match[3]:
        table = gathered(source)[int(match[3])]["table"]
        place += f"{table}." if match[4] else f"{table}: "
    return place + text[match.end() :].removeprefix(f"{table}: " if match[3] else "")
