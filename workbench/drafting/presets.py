"""Presets: exports that many companies have, known by names of files and columns. One TOML file each.

name = "My CRM"
about = "What it is"
[[file]]
name = "deals"
files = ["deals*", "*opportunities"]      # names of files, in any spelling
needs = ["Id|Guid", "Stage Name"]         # columns that must be there; `|` divides spellings
[file.tables.opportunities]
opportunity_id = "Id|Guid"
name = "concat_ws(' ', {First Name}, {Last Name})"

A text in braces stands for a column; entries whose columns are missing are left out, one that ends in `?`
stands for no value then. Beside columns, a target may say `where` (needed: without its columns the target is
left out), `precision` and `missing_time`. Names of columns are compared without case, spaces and underscores.
"""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from workbench.drafting.words import plain
from workbench.errors import SourceError, nearest
from workbench.model.base import Part
from workbench.model.parsing import spec_error
from workbench.model.quoting import quote_name
from workbench.model.tables import TABLES

OWN = Path(__file__).with_name("presets")
_BRACES = re.compile(r"\{([^{}]+)\}")


class PresetFile(Part):
    """One kind of file of an export."""

    name: str
    files: tuple[str, ...] = ()
    """Names of files without ending; `*` stands for anything. None: columns alone decide."""
    needs: tuple[str, ...] = Field(min_length=1)
    """Columns that must be there."""
    marks: tuple[str, ...] = ()
    """Columns that speak for this file where they are there."""
    without: tuple[str, ...] = ()
    """Columns that speak against it."""
    leave_out: bool = False
    """Whether such a file is left out of the manifest."""
    precision: str = ""
    key: str = ""
    tables: dict[str, dict[str, Any] | list[dict[str, Any]]] = Field(default={})
    events: tuple[dict[str, Any], ...] = ()


class Preset(Part):
    """One system and its files."""

    name: str
    about: str = ""
    file: tuple[PresetFile, ...] = Field(min_length=1)
    actors: dict[str, str] = Field(default={})
    """Event type → who acts."""


@dataclass(frozen=True)
class Match:
    """A file recognised."""

    preset: str
    """Id of the preset: the name of its file."""
    label: str
    file: PresetFile
    actors: Mapping[str, str]
    confidence: float
    reason: str

    @property
    def id(self) -> str:
        """`salesforce/Account`."""
        return f"{self.preset}/{self.file.name}"


def presets(more: Iterable[str | os.PathLike[str]] = ()) -> dict[str, Preset]:
    """The presets of the program and those in further files or folders; SourceError names a wrong one."""
    paths = sorted(OWN.glob("*.toml"))
    for one in map(Path, more):
        if not one.exists():
            raise SourceError(f"{one}: there is no such preset; name a .toml file or a folder of them")
        paths += sorted(one.glob("*.toml")) if one.is_dir() else [one]
    return {path.stem: _read(path) for path in paths}


def _read(path: Path) -> Preset:
    try:
        preset = Preset.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path}: {problem}") from None
    except ValidationError as problem:
        raise SourceError(f"{path}: {spec_error(problem)}") from None
    for file in preset.file:
        for table in file.tables:
            if table not in TABLES:
                raise SourceError(f"{path}: {file.name}: {table!r} is no table; {nearest(table, TABLES)}")
    return preset


def recognise(known: Mapping[str, Preset], stem: str, columns: Iterable[str]) -> list[Match]:
    """The preset files a file may be, likeliest first. `stem`: its name without ending."""
    there, bare = {plain(column) for column in columns}, plain(stem)
    found = []
    for preset, content in known.items():
        for file in content.file:
            confidence, reason = _judge(file, bare, there)
            if confidence:
                found.append(Match(preset, content.name, file, content.actors, confidence, reason))
    return sorted(found, key=lambda match: -match.confidence)


def _judge(file: PresetFile, stem: str, there: set[str]) -> tuple[float, str]:
    if not all(_has(need, there) for need in file.needs) or any(_has(one, there) for one in file.without):
        return 0.0, ""
    named = any(fnmatch.fnmatch(stem, _pattern(one)) for one in file.files)
    if file.files and not named and not file.marks:
        return 0.0, ""
    marks = sum(_has(mark, there) for mark in file.marks)
    share = marks / len(file.marks) if file.marks else 0.0
    if not named and share < 0.5:
        return 0.0, ""
    told = min(0.2, 0.05 * len(file.needs))
    if file.marks:
        confidence = 0.25 + 0.2 * named + 0.3 * min(1.0, share * 1.5) + told
    else:
        confidence = 0.75 + told
    because = [f"the columns {', '.join(need.partition('|')[0] for need in file.needs[:4])} are there"]
    if named:
        because.append("the name of the file fits")
    if file.marks:
        because.append(f"so are {marks} of {len(file.marks)} more")
    return round(confidence, 2), "; ".join(because)


def _pattern(text: str) -> str:
    return re.sub(r"[^a-z0-9*?]", "", text.lower())


def _has(need: str, there: set[str]) -> bool:
    return any(plain(one) in there for one in need.split("|"))


def column_for(need: str, columns: Iterable[str]) -> str | None:
    """The column a preset means by `Id|Guid`."""
    by_plain = {plain(column): column for column in reversed(list(columns))}
    return next((by_plain[plain(one)] for one in need.split("|") if plain(one) in by_plain), None)


def filled_in(entry: Any, columns: list[str]) -> Any:
    """An entry of a preset for the columns of a file: text, constant or look-up; None where columns are
    missing."""
    if isinstance(entry, Mapping):
        if "value" in entry:
            return dict(entry)
        keyed = filled_in(entry.get("key", ""), columns)
        if keyed is None:
            return None
        other = {"otherwise": filled_in(entry["otherwise"], columns)} if "otherwise" in entry else {}
        return {**entry, "key": keyed, **{name: value for name, value in other.items() if value is not None}}
    text = str(entry)
    if "{" not in text:
        return column_for(text, columns)
    named = {part: column_for(part.removesuffix("?"), columns) for part in _BRACES.findall(text)}
    if not all(found or part.endswith("?") for part, found in named.items()) or not any(named.values()):
        return None
    return _BRACES.sub(lambda match: quote_name(str(named[match[1]])) if named[match[1]] else "NULL", text)
