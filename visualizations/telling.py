"""Telling the user something for a few seconds."""

from __future__ import annotations

import time

from dash import set_props


def toast(text: str) -> None:
    """Show a line at the foot of the page; the same line twice shows twice."""
    again = "\u200b" * (int(time.time() * 5) % 9)
    set_props("toast", {"children": text + again})
