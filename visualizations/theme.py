"""Colours, fonts and the figure template: light and dark, neutrals and one accent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme; the same values as in `assets/10-tokens.css`."""

    paper: str
    surface: str
    line: str
    line_strong: str
    ink: str
    ink_soft: str
    ink_faint: str
    accent: str
    accent_soft: str
    on_accent: str
    neutral_soft: str
    segments: tuple[str, ...]
    """Of compared segments, in their order; the first is the accent."""


LIGHT = Palette(
    paper="#f6f7f9",
    surface="#ffffff",
    line="#e3e6eb",
    line_strong="#c3c9d2",
    ink="#14181f",
    ink_soft="#465060",
    ink_faint="#5f6878",
    accent="#2b59d9",
    accent_soft="#e6edfc",
    on_accent="#ffffff",
    neutral_soft="#eef0f3",
    segments=("#2b59d9", "#0b7f75", "#a8650b", "#9a3d86", "#b23b2e"),
)
DARK = Palette(
    paper="#0e1116",
    surface="#151920",
    line="#272d38",
    line_strong="#414a59",
    ink="#e9ecf2",
    ink_soft="#b4bcc9",
    ink_faint="#929cac",
    accent="#86a5ff",
    accent_soft="#1e2a47",
    on_accent="#0c1020",
    neutral_soft="#1f252f",
    segments=("#86a5ff", "#4cc2b2", "#e0ab55", "#e08fc4", "#f0917f"),
)


def palette(dark: bool) -> Palette:
    """The colours of a scheme."""
    return DARK if dark else LIGHT


def faded(colour: str, alpha: float) -> str:
    """A hex colour with transparency, as plotly and SVG read it.

    >>> faded("#2b59d9", 0.5)
    'rgba(43,89,217,0.5)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def blended(colour: str, ground: str, share: float) -> str:
    """Opaque mix of two hex colours: `share` of the first on the second."""
    pairs = ((int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def themed(
    figure: go.Figure, dark: bool, *, width: int | None = None, height: int | None = None
) -> go.Figure:
    """The figure with our type, colours and margins, and nothing of plotly's default look."""
    colours = palette(dark)
    hover: dict[str, Any] = {
        "bgcolor": colours.ink if not dark else colours.neutral_soft,
        "bordercolor": colours.ink if not dark else colours.line_strong,
        "font": {"family": FONT, "size": 13, "color": "#ffffff"},
        "align": "left",
    }
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line_strong,
        "zeroline": False,
        "tickfont": {"size": 12, "color": colours.ink_faint},
        "title": {"font": {"size": 12, "color": colours.ink_faint}},
        "fixedrange": True,
    }
    figure.update_layout(
        template=None,
        autosize=width is None,
        width=width,
        height=height,
        font={"family": FONT, "size": 13, "color": colours.ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        hovermode="closest",
        hoverlabel=hover,
        dragmode=False,
    )
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    return figure


def pixel_axes(figure: go.Figure, width: float, height: float) -> go.Figure:
    """Axes in which one unit is one pixel, the origin at the top left."""
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(range=[0, width], **hidden)
    figure.update_yaxes(range=[height, 0], **hidden)
    return figure


def rounded(x: float, y: float, width: float, height: float, radius: float = 6) -> str:
    """SVG path of a rectangle with round corners."""
    r = max(0.0, min(radius, width / 2, height / 2))
    right, bottom = x + width, y + height
    return (
        f"M{x + r:.1f},{y:.1f} L{right - r:.1f},{y:.1f} Q{right:.1f},{y:.1f} {right:.1f},{y + r:.1f} "
        f"L{right:.1f},{bottom - r:.1f} Q{right:.1f},{bottom:.1f} {right - r:.1f},{bottom:.1f} "
        f"L{x + r:.1f},{bottom:.1f} Q{x:.1f},{bottom:.1f} {x:.1f},{bottom - r:.1f} "
        f"L{x:.1f},{y + r:.1f} Q{x:.1f},{y:.1f} {x + r:.1f},{y:.1f} Z"
    )
