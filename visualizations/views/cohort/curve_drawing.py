"""The drawing of curves: steps with their bands, and the shares and numbers at risk at telling days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations import markup
from visualizations.base import Scene
from visualizations.dom import Component
from visualizations.formats import count, percent
from visualizations.theme import faded, palette, themed

HEIGHT = 230
TICKS = (0, 7, 14, 30, 60, 90, 120, 180, 270, 365, 540, 730, 1095, 1460)
MOST_TICKS = 7
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """A curve: a row for each day on which somebody left, and the numbers of its group."""

    name: str
    days: list[Row]
    group: Row
    colour: str = ""
    """Empty for one of many that stay in the background."""
    dashed: bool = False
    banded: bool = True
    """Whether its interval is drawn."""

    def at(self, day: int) -> tuple[float, int]:
        """Share that has come by a day, and how many were still on their way just before it."""
        share = next((row["share"] for row in reversed(self.days) if row["day"] <= day), 0.0)
        risk = next((row["at_risk"] for row in self.days if row["day"] >= day), 0)
        return 100 * share, int(risk)

    @property
    def median(self) -> str:
        """Median with its interval in words."""
        days, low, high = (self.group[f"median_{part}"] for part in ("days", "low", "high"))
        if days is None:
            return "median not reached"
        limits = f"{'?' if low is None else count(low)} to {'not reached' if high is None else count(high)}"
        return f"median {count(days)} d ({limits})"


def ticks_of(last: int) -> list[int]:
    """Days told on the axis and in the table: the telling ones that do not crowd each other."""
    kept: list[int] = []
    for day in (day for day in TICKS if day <= last):
        if not kept or day - kept[-1] >= last / (MOST_TICKS + 2):
            kept.append(day)
    return kept


# --- drawing -------------------------------------------------------------------------------------


def figure(lines: list[Line], last: int, scene: Scene, width: int) -> go.Figure:
    """Steps with their 95 % bands; other rows faint behind them."""
    colours, drawn = palette(scene.dark), go.Figure()
    for line in lines:
        days = [row for row in line.days if row["day"] <= last]
        days.append({**days[-1], "day": min(last, line.days[-1]["day"])})
        known = [row for row in days if row["low"] is not None and row["high"] is not None]
        if line.colour and line.banded and known:
            drawn.add_scatter(
                x=[*(row["day"] for row in known), *(row["day"] for row in reversed(known))],
                y=[*(100 * row["high"] for row in known), *(100 * row["low"] for row in reversed(known))],
                fill="toself",
                fillcolor=faded(line.colour, 0.13),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
            )
        drawn.add_scatter(
            x=[row["day"] for row in days],
            y=[100 * row["share"] for row in days],
            mode="lines",
            line={
                "shape": "hv",
                "color": line.colour or colours.line_strong,
                "dash": "dot" if line.dashed else "solid",
                "width": 2.2 if line.colour else 1,
            },
            hovertext=[_hover(line, row) for row in days],
            hoverinfo="text",
        )
    themed(drawn, scene.dark, width=width, height=HEIGHT)
    drawn.update_layout(margin={"l": 42, "r": 14, "t": 10, "b": 36})
    drawn.update_yaxes(rangemode="tozero", ticksuffix="%", gridcolor=colours.line, nticks=6)
    drawn.update_xaxes(
        range=[0, last * 1.01],
        tickangle=0,
        tickvals=ticks_of(last),
        showgrid=False,
        title={"text": "Days since inclusion"},
    )
    return drawn


def _hover(line: Line, row: Row) -> str:
    limits = "" if row["low"] is None else f" ({percent(100 * row['low'])} to {percent(100 * row['high'])})"
    return (
        f"<b>{escape(line.name, quote=False)}</b>, day {count(row['day'])}<br>"
        f"{percent(100 * row['share'])}{limits}<br>{count(row['at_risk'])} at risk"
    )


def numbers(lines: list[Line], last: int, goal: str) -> Component:
    """Share and number at risk of each named curve at the ticks; counts open their members nowhere."""
    ticks = ticks_of(last)
    heads = [("", ""), *((f"{day} d", "num") for day in ticks)]
    rows = []
    for line in lines:
        cells = [markup.tag("th", line.name, scope="row")]
        for day in ticks:
            share, risk = line.at(day)
            tip = f"{line.name}: {percent(share)} by day {day}; {count(risk)} at risk"
            small = markup.tag("span", f" {count(risk)}", class_="faint")
            cells.append(markup.tag("td", percent(round(share)), small, class_="num", data_tip=tip))
        rows.append(markup.tag("tr", cells))
    caption = f"Share that has reached {goal}, and number at risk, by days since inclusion"
    return markup.raw(
        markup.table(heads, rows, class_="sheet curve-numbers", caption=caption), className="curve-scroll"
    )
