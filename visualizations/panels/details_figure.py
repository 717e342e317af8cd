"""A trend as a figure: one line per segment, dashed where a period is not complete."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import plotly.graph_objects as go
import polars as pl

from visualizations.base import Scene
from visualizations.formats import NOTHING, count, day
from visualizations.theme import palette, themed


def period_words(item: Any, granularity: str) -> str:
    """A period by its first day.

    >>> period_words("2024-04-01", "month"), period_words("2024-04-01", "quarter")
    ('Apr 2024', 'Q2 2024')
    """
    if item is None:
        return NOTHING
    first = datetime.date.fromisoformat(str(item)[:10])
    if granularity == "month":
        return f"{first:%b %Y}"
    if granularity == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    if granularity == "year":
        return str(first.year)
    if granularity == "week":
        return f"Week of {day(first)}"
    return day(first)


def trend(frame: pl.DataFrame, granularity: str, unit: Any, scene: Scene) -> go.Figure:
    """Values by period; a period that is not complete hangs on a dashed line."""
    colours, drawn = palette(scene.dark), go.Figure()
    segments = frame["segment"].unique(maintain_order=True).to_list()
    for i, segment in enumerate(segments):
        rows = [row for row in frame.filter(segment=segment).iter_rows(named=True) if row["kind"] == "period"]
        colour = colours.segments[i % len(colours.segments)]
        for span, dash in _spans(rows):
            drawn.add_scatter(
                x=[row["item"] for row in span],
                y=[row["value"] for row in span],
                mode="lines",
                line={"color": colour, "width": 2.2, "dash": dash},
                hoverinfo="skip",
            )
        name = f"<br>{segment}" if len(segments) > 1 else ""
        drawn.add_scatter(
            x=[row["item"] for row in rows],
            y=[row["value"] for row in rows],
            mode="markers",
            marker={
                "size": 6 if len(rows) <= 60 else 3,
                "color": [colour if row["complete"] else colours.surface for row in rows],
                "line": {"color": colour, "width": 1.5},
            },
            hovertext=[
                f"<b>{period_words(row['item'], granularity)}</b>{name}<br>{count(row['value'])} "
                f"{unit.of(row['value'])}{'' if row['complete'] else '<br>not complete'}"
                for row in rows
            ],
            hoverinfo="text",
        )
    themed(drawn, scene.dark, width=scene.width, height=scene.height)
    drawn.update_layout(margin={"l": 46, "r": 16, "t": 14, "b": 34})
    drawn.update_yaxes(rangemode="tozero", gridcolor=colours.line, nticks=5)
    drawn.update_xaxes(type="date", showgrid=False, nticks=7, hoverformat="%-d %b %Y")
    return drawn


def _spans(rows: list[dict[str, Any]]) -> list[tuple[list[dict[str, Any]], str]]:
    """Stretches of periods with the dash of their line: solid between complete ones."""
    spans: list[tuple[list[dict[str, Any]], str]] = []
    for before, row in itertools.pairwise(rows):
        dash = "solid" if before["complete"] and row["complete"] else "dot"
        if spans and spans[-1][1] == dash:
            spans[-1][0].append(row)
        else:
            spans.append(([before, row], dash))
    return spans
