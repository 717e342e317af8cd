"""A manifest as TOML text, with comments for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.workspace.settings_file import toml_value

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def as_toml(content: Mapping[str, Any], sampled: str, left_out: Mapping[str, str]) -> str:
    """The manifest as people write one; every value on a line of its own."""
    lines = [
        f"# Drafted from samples: {_one_line(sampled)}.",
        "# Correct it, and load it with: workbench load",
    ]
    lines += [f"# Left out: {_one_line(name)}: {_one_line(reason)}" for name, reason in left_out.items()]
    lines.append("")
    for name, value in content.items():
        if name not in ("actors", "milestones", "source"):
            lines.append(_line(name, value))
    for name in ("actors", "milestones"):
        if content.get(name):
            lines += ["", f"[{name}]", *(_line(key, value) for key, value in content[name].items())]
    for source in content["source"]:
        lines += ["", "[[source]]", *_source(source)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _source(source: Mapping[str, Any]) -> list[str]:
    lines = [_line(name, value) for name, value in source.items() if name not in ("tables", "events")]
    for table, given in source.get("tables", {}).items():
        several = isinstance(given, list)
        for one in given if several else [given]:
            head = f"[[source.tables.{table}]]" if several else f"[source.tables.{table}]"
            lines += ["", head, *(_line(name, value) for name, value in one.items())]
    for one in source.get("events", ()):
        lines += ["", "[[source.events]]", *(_line(name, value) for name, value in one.items())]
    return lines


def _line(name: str, value: Any) -> str:
    key = name if _BARE.fullmatch(name) else toml_value(name)
    return f"{key} = {toml_value(value)}"
