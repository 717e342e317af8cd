"""Segments in the app: the list of saved ones (`/segments`) and one of them (`/segment`), with its tabs."""

from __future__ import annotations

from visualizations.segments.document import PAGES, applied, arrive
from visualizations.segments.page import page
from visualizations.segments.quick import applied as quick_applied
from visualizations.segments.quick import is_quick
from visualizations.segments.quick import without as without_quick

__all__ = ["PAGES", "applied", "arrive", "is_quick", "page", "quick_applied", "without_quick"]
