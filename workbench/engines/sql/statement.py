"""A statement under construction: named, commented common table expressions and a final select."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent, indent

from workbench.engines.sql.literals import remark, slug
from workbench.model.tables import TABLES


def lines(*texts: str) -> str:
    """Lines of SQL as one text, without the empty ones."""
    return "\n".join(text for text in texts if text)


@dataclass
class Statement:
    """`WITH … SELECT`, built part by part; equal parts are written once."""

    _parts: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, name: str, body: str, comment: str) -> str:
        """Add a part and return the name it goes by; a part with the same body is used again."""
        body = dedent(body).strip()
        for known, (_, text) in self._parts.items():
            if text == body:
                return known
        free = self._free(slug(name))
        self._parts[free] = (remark(comment), body)
        return free

    def render(self, select: str) -> str:
        """The whole statement with this final select."""
        select = dedent(select).strip()
        if not self._parts:
            return select
        parts = [
            f"-- {comment}\n{name} AS (\n{indent(body, '  ')}\n)"
            for name, (comment, body) in self._parts.items()
        ]
        return "WITH\n" + ",\n".join(parts) + "\n" + select

    def _free(self, name: str) -> str:
        taken = {*self._parts, *TABLES}
        numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(other for other in numbered if other not in taken)
