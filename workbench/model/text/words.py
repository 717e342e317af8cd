"""The words that writing and reading share."""

from __future__ import annotations

from workbench.model.containers import CONTAINERS

OPERATOR_WORDS: dict[str, str] = {
    "equals": "=",
    "not_equals": "!=",
    "in": "in",
    "not_in": "not in",
    "contains": "contains",
    "not_contains": "not contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches",
    "exists": "exists",
    "not_exists": "not exists",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
    "between": "between",
    "in_last": "in last",
}
"""Operator of the JSON form → its words; the longest that fits is read."""
COMPARED = ("!=", ">=", "<=", "=", ">", "<", "between")
LIMITS = ("within", "after", "same", "different")
KEYWORDS = frozenset({"and", "or", "not", "then", "any", "excluding", *LIMITS})
"""Words that no bare field name can be."""
FORM_WORDS = frozenset({"milestone", "segment", "as", "members", "all"})
"""Words that begin a form; a field of that name stands in backticks."""
KINDS: tuple[str, ...] = tuple(container.name for container in CONTAINERS)
