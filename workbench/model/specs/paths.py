"""Whole paths between a start and an end."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
)

from workbench.model.conditions import (
    Condition,
)
from workbench.model.specs.question import Question


class PathsSpec(Question):
    """In which order containers come past items between a start and an end: their whole paths, counted."""

    analysis: Literal["paths"] = "paths"
    start: Condition
    """A path begins at the container's first permitted match."""
    end: Condition | None = None
    """It ends before the earliest match after that; None: everything after the start counts."""
    dimension: str = "event_type"
    """The field whose items make up a path; each item stands where it first occurs."""
    items: int = Field(default=8, ge=1, le=100)
    """Considered are the items that most containers have on their way; all others are stepped over."""
    longest: int = Field(default=6, ge=1, le=20)
    """Items of a path at most; what comes later is left out."""
    top: int = Field(default=10, ge=1, le=1000)
    """Paths listed, the most frequent first; the others together are one row."""
