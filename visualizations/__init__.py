"""Everything that draws: figures for notebooks, and the app of a workspace.

import workbench as wb
from visualizations import figure

figure(wb.open("demo").ask({"analysis": "fallout", …}))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from visualizations.base import Scene
from visualizations.views import BY_ANALYSIS, VIEWS

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from dash import Dash

__all__ = ["VIEWS", "create_app", "figure", "serve"]


def figure(result: Any, *, dark: bool = False, width: int = 1120, height: int = 640) -> go.Figure:
    """The picture of an answer, as the app would draw it; sizes in pixels."""
    return BY_ANALYSIS[result.spec.analysis].figure(result, Scene(dark=dark, width=width, height=height))


def create_app(bench: Any) -> Dash:
    """The Dash app of an open workspace."""
    from visualizations.app import create_app as create

    return create(bench)


def serve(
    bench: Any,
    host: str = "127.0.0.1",
    port: int = 8050,
    *,
    token: str | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the app of an open workspace until interrupted; other hosts than this machine need a token.

    `announce` gets the address to open, with its token where one is needed.
    """
    from visualizations.server import serve as run

    run(bench, host, port, token=token, announce=announce)
