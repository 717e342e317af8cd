"""Figures of a fallout's details: times of a step as bars, all touchpoints over time as lines."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import plotly.graph_objects as go
import polars as pl

from visualizations.base import Scene
from visualizations.formats import count, fit, percent
from visualizations.panels.step_periods import Period, Periods
from visualizations.theme import blended, palette, themed

Row = dict[str, Any]
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def _short(seconds: int) -> str:
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "s"))
    value = seconds / size
    return f"{value:g} {unit}"


def span_words(low: int, high: int | None) -> str:
    """A span of time.

    >>> span_words(0, 60), span_words(86400, 604800), span_words(31536000, None)
    ('under 1 min', '1 d to 7 d', '365 d and more')
    """
    if high is None:
        return f"{_short(low)} and more"
    return f"under {_short(high)}" if not low else f"{_short(low)} to {_short(high)}"


def times(
    frame: pl.DataFrame, names: Mapping[str, str], scene: Scene, opened: Callable[[Row], str]
) -> go.Figure:
    """How many needed how long: a bar per span, side by side where segments are compared as shares.

    `frame` holds the rows of one step; spans before the first and behind the last anybody needed are cut.
    `opened` names what a bar opens, as JSON.
    """
    colours, drawn = palette(scene.dark), go.Figure()
    used = frame.filter(pl.col("value") > 0)["from_seconds"]
    shown = frame
    if len(used):
        shown = frame.filter(pl.col("from_seconds").is_between(used.min(), used.max()))
    for i, segment in enumerate(shown["segment"].unique(maintain_order=True).to_list()):
        rows = list(shown.filter(segment=segment).iter_rows(named=True))
        said = f"<br>{escape(names[segment], quote=False)}" if names else ""
        drawn.add_bar(
            x=[span_words(row["from_seconds"], row["to_seconds"]) for row in rows],
            y=[row["percent"] or 0 if names else row["value"] for row in rows],
            marker={"color": colours.segments[i % len(colours.segments)], "cornerradius": 4},
            customdata=[opened(row) for row in rows],
            hovertext=[
                f"<b>{span_words(row['from_seconds'], row['to_seconds'])}</b>{said}<br>"
                f"{count(row['value'])}, {percent(row['percent'])}"
                for row in rows
            ],
            hoverinfo="text",
        )
    themed(drawn, scene.dark, width=scene.width, height=scene.height)
    drawn.update_layout(margin={"l": 42, "r": 8, "t": 12, "b": 58}, bargap=0.18, barmode="group")
    drawn.update_yaxes(rangemode="tozero", nticks=5, ticksuffix="%" if names else "")
    drawn.update_xaxes(type="category", showgrid=False, tickangle=-30)
    return drawn


def trends(found: Periods, titles: Mapping[int, str], chosen: int | None, scene: Scene) -> go.Figure:
    """A line per touchpoint after the first, in percent of the first; the chosen one stands out."""
    colours, drawn = palette(scene.dark), go.Figure()
    steps = found.steps[1:] or found.steps
    for step in steps:
        place = steps.index(step)
        colour = colours.segments[place % len(colours.segments)]
        soft = chosen in steps and chosen != step
        line = blended(colour, colours.surface, 0.35) if soft else colour
        rows = [row for row in found.rows if row.share(step) is not None]
        for before, after in itertools.pairwise(rows):
            dash = "solid" if before.complete and after.complete else "dot"
            drawn.add_scatter(
                x=[before.first, after.first],
                y=[before.share(step), after.share(step)],
                mode="lines",
                line={"color": line, "width": 1.6 if soft else 2.4, "dash": dash},
                hoverinfo="skip",
            )
        drawn.add_scatter(
            x=[row.first for row in rows],
            y=[row.share(step) for row in rows],
            mode="markers",
            marker={
                "size": 6,
                "color": [line if row.complete else colours.surface for row in rows],
                "line": {"color": line, "width": 1.5},
            },
            hovertext=[_tip(row, step, titles) for row in rows],
            hoverinfo="text",
        )
    _names(drawn, found, titles, steps, scene)
    return drawn


def _tip(row: Period, step: int, titles: Mapping[int, str]) -> str:
    note = "" if row.complete else "<br>not complete"
    return (
        f"<b>{escape(titles[step], quote=False)}</b><br>{row.first:%-d %b %Y}: {percent(row.share(step))}<br>"
        f"{count(row.values[step])} of {count(row.values[1])}{note}"
    )


def _names(
    drawn: go.Figure, found: Periods, titles: Mapping[int, str], steps: list[int], scene: Scene
) -> None:
    """Names above the lines, in their colours."""
    colours = palette(scene.dark)
    themed(drawn, scene.dark, width=scene.width, height=scene.height)
    per_row, notes = 3, []
    wide = (scene.width - 62) / per_row
    for i, step in enumerate(steps):
        notes.append(
            {
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1,
                "xanchor": "left",
                "yanchor": "bottom",
                "xshift": wide * (i % per_row),
                "yshift": 8 + 18 * ((len(steps) - 1) // per_row - i // per_row),
                "text": f"●  {escape(fit(titles[step], wide - 24, 12), quote=False)}",
                "showarrow": False,
                "font": {"size": 12, "color": colours.segments[i % len(colours.segments)]},
            }
        )
    top = 20 + 18 * ((len(steps) - 1) // per_row + 1)
    drawn.update_layout(annotations=notes, margin={"l": 46, "r": 16, "t": top, "b": 34})
    drawn.update_yaxes(rangemode="tozero", gridcolor=colours.line, nticks=5, ticksuffix="%")
    drawn.update_xaxes(type="date", showgrid=False, nticks=7)
