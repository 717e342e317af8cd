"""Export profiles: column layouts of other systems, one TOML file each.

Those that come with the program lie in the folder `layouts` beside this file; a workspace's own in
`definitions/profiles`. A new one is a file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from workbench.errors import SpecError, nearest
from workbench.model.base import Part
from workbench.model.conditions import ContainerName
from workbench.model.parsing import read_model

Transform = Literal["plain", "lower", "email", "hashed_email", "domain"]
OWN = Path(__file__).with_name("layouts")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")


class ProfileColumn(Part):
    """One column of the file."""

    header: str
    value: str | None = None
    """Column of the container's record, or a path onward such as `account.name`; without one it is empty."""
    transform: Transform = "plain"


class Profile(Part):
    """A layout: which columns, made how, and which of them no row may lack."""

    name: str
    container: ContainerName
    column: tuple[ProfileColumn, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    """Headers without whose value a row is left out, and counted."""


def profiles(definitions: Path) -> dict[str, Profile]:
    """Every profile by id, the workspace's own over those of the program; SpecError names a wrong file."""
    folders = (OWN, definitions / "profiles")
    return {path.stem: _read(path) for folder in folders for path in sorted(folder.glob("*.toml"))}


def profile_named(definitions: Path, name: str) -> Profile:
    """One profile; a SpecError names the nearest where there is none."""
    known = profiles(definitions)
    if name not in known:
        raise SpecError(f"{name!r} is no export profile; {nearest(name, known)}", "profile")
    return known[name]


def _read(path: Path) -> Profile:
    try:
        profile = read_model(Profile, tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except tomllib.TOMLDecodeError as problem:
        raise SpecError(f"is no TOML: {problem}", str(path)) from None
    headers = [column.header for column in profile.column]
    for header in profile.needs:
        if header not in headers:
            raise SpecError(f"{header!r} is no column here; {nearest(header, headers)}", f"{path} needs")
    return profile


def email(text: str) -> str:
    """An address without space around it, in lower case."""
    return text.strip().lower()


def hashed_email(text: str) -> str:
    """SHA-256 of the address, trimmed and in lower case, in hexadecimal digits.

    >>> hashed_email(" Test@Example.com ")[:16]
    '973dfe463ec85785'
    """
    return hashlib.sha256(email(text).encode()).hexdigest() if text.strip() else ""


def domain(text: str) -> str:
    """The domain of a website.

    >>> domain("https://www.Acme.com:8080/about?x=1")
    'acme.com'
    """
    host = re.split(r"[/?#]", _SCHEME.sub("", text.strip().lower()), maxsplit=1)[0]
    return host.rpartition("@")[2].partition(":")[0].removeprefix("www.").rstrip(".")


TRANSFORMS: dict[Transform, Callable[[str], Any]] = {
    "plain": str,
    "lower": lambda text: text.strip().lower(),
    "email": email,
    "hashed_email": hashed_email,
    "domain": domain,
}
"""What makes the text of a column from a value."""
