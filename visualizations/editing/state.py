"""The address bar: a view and its question as text, and back.

`/flow?q=…` carries the whole question, compressed; a question too long for an address is written to the
workspace's drafts and named by its content (`?d=…`), so that a reload or a shared link restores it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

LONGEST = 1800
"""Characters of a packed question that an address may carry."""
_MOST_BYTES = 2_000_000
_DRAFT = re.compile(r"[0-9a-f]{24}")


def canonical(question: Any) -> str:
    """Text that is equal for equal questions."""
    return json.dumps(question, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def pack(value: Any) -> str:
    """JSON value as URL-safe text.

    >>> unpack(pack({"analysis": "flow", "columns": 5}))
    {'analysis': 'flow', 'columns': 5}
    """
    squeezed = zlib.compress(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode(), 9
    )
    return base64.urlsafe_b64encode(squeezed).decode().rstrip("=")


def unpack(text: str) -> Any:
    """The value behind packed text; None for anything that is not one."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        reader = zlib.decompressobj()
        plain = reader.decompress(raw, _MOST_BYTES)
        return None if reader.unconsumed_tail else json.loads(plain)
    except (ValueError, zlib.error, binascii.Error):
        return None


class Drafts:
    """Questions too long for an address, as small files named by their content."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def save(self, value: Any) -> str | None:
        """Write a value and return its id; None where there is no folder to write to."""
        if self.folder is None:
            return None
        text = canonical(value)
        name = hashlib.sha256(text.encode()).hexdigest()[:24]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.json").write_text(text, encoding="utf-8")
        return name

    def load(self, name: str) -> Any:
        """The value of an id; None where it is unknown."""
        if self.folder is None or not _DRAFT.fullmatch(name):
            return None
        file = self.folder / f"{name}.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def search(self, question: Any, **more: str) -> str:
        """The query string that holds a question, `more` parameters behind it."""
        packed = pack(question)
        if len(packed) > LONGEST and (name := self.save(question)):
            return "?" + urlencode({"d": name, **more})
        return "?" + urlencode({"q": packed, **more})

    def read(self, search: str | None) -> tuple[Any, dict[str, str]]:
        """The question of a query string (None where it holds none) and the other parameters."""
        given = dict(parse_qsl((search or "").lstrip("?")))
        packed, draft = given.pop("q", ""), given.pop("d", "")
        return (self.load(draft) if draft else unpack(packed) if packed else None), given
