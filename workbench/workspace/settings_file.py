"""`workspace.toml`: read with clear errors, drafted once with comments, never overwritten."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.errors import SpecError, WorkspaceError, nearest
from workbench.model.parsing import parse_condition, spec_error
from workbench.model.settings import Settings
from workbench.workspace.disk import write_text

FILE_NAME = "workspace.toml"

SHAPING: tuple[str, ...] = ("time_zone", "session_timeout", "event_order", "member_window", "machine")
"""Settings that shape a generation: a change needs a reload."""

_COMMENTS: dict[str, str] = {
    "name": "Shown in titles.",
    "time_zone": "Days, weeks and months are cut in this zone. A change needs a reload.",
    "first_weekday": "First day of a week.",
    "fiscal_year_start": "First month of the fiscal year, 1 to 12.",
    "session_timeout": (
        "A longer gap between two events of a person starts a new session. A change needs a reload."
    ),
    "event_order": (
        "Event types in the order that settles equal times; others come before. A change needs a reload."
    ),
    "member_window": (
        "How long before creation the events of members belong to an opportunity, buying group or lead.\n"
        "# A change needs a reload."
    ),
    "in_play_window": "Buyer activity this close to the end of the data keeps an open container in play.",
    "mask_persons": "Show persons by a short code instead of name and e-mail.",
    "keep_generations": "Whole generations kept on disk, at least 2.",
    "labels": 'Container → label: account = "Customer".',
    "currency_rates": 'Currency → value of one unit in the reporting currency: USD = "0.92".',
    "machine": (
        "Opens and clicks of mails that no person made: soon after the delivery, or many links at once.\n"
        "# They keep their row and get the actor system. Without event types, names tell. A change needs a "
        "reload."
    ),
    "milestones": (
        "Events every view understands. Drafted from the data where nobody wrote them: correct them here."
    ),
}
_TABLES = ("labels", "currency_rates", "machine", "milestones")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_settings(path: Path) -> Settings:
    """Settings of a `workspace.toml`; WorkspaceError says which line or name is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as problem:
        raise WorkspaceError(f"{path}: {problem}") from None
    except UnicodeDecodeError as problem:
        raise WorkspaceError(f"{path}: not UTF-8: {problem}") from None
    return settings_from(content, str(path))


def settings_from(content: Mapping[str, Any], place: str) -> Settings:
    """Settings from plain values; WorkspaceError begins with `place`."""
    for name in content:
        if name not in Settings.model_fields:
            raise WorkspaceError(f"{place}: {name!r} is no setting; {nearest(name, Settings.model_fields)}")
    try:
        settings = Settings.model_validate(dict(content))
        for name, condition in settings.milestones.items():
            parse_condition(condition, f"milestones.{name}")
    except ValidationError as problem:
        raise WorkspaceError(f"{place}: {spec_error(problem)}") from None
    except SpecError as problem:
        raise WorkspaceError(f"{place}: {problem}") from None
    return settings


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Settings as plain JSON."""
    dumped: dict[str, Any] = settings.model_dump(mode="json")
    return dumped


def write_settings(path: Path, settings: Settings) -> None:
    """Write a commented `workspace.toml` where none exists."""
    if path.exists():
        return
    values = settings_to_json(settings)
    lines = ["# Settings of this workspace. Edit them freely; loading never overwrites this file.", ""]
    for name in (name for name in Settings.model_fields if name not in _TABLES):
        lines += [f"# {_COMMENTS[name]}", f"{name} = {toml_value(values[name])}", ""]
    for name in _TABLES:
        lines += [f"# {_COMMENTS[name]}", f"[{name}]"]
        lines += [f"{_key(key)} = {toml_value(value)}" for key, value in values[name].items()] + [""]
    write_text(path, "\n".join(lines))


def toml_value(value: Any) -> str:
    """A JSON-like value as one line of TOML.

    >>> toml_value({"field": "stage", "value": ["a", 1]})
    '{ field = "stage", value = ["a", 1] }'
    """
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{_key(str(key))} = {toml_value(item)}" for key, item in value.items()) + " }"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | Decimal):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    return str(value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
