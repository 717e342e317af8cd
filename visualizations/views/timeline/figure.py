"""The timeline as a figure: events as dots in lanes over time, checkpoints as named lines."""

from __future__ import annotations

import datetime
from collections import Counter
from html import escape
from typing import Any

import plotly.graph_objects as go
import polars as pl

from visualizations.base import Scene
from visualizations.formats import day, fit, moment, money, text_width
from visualizations.theme import palette, themed
from visualizations.views.timeline.checkpoints import Checkpoint

MOST_LANES = 9
LANE, HEAD = 38, 22
NO_VALUE = {"channel": "No channel", "person": "No person", "event_type": "No event type"}


def lane_of(event: dict[str, Any], by: str) -> str:
    """The lane an event stands in."""
    if by == "person":
        return str(event.get("person_name") or event.get("person_id") or NO_VALUE[by])
    return str(event.get(by) or NO_VALUE[by])


def lanes(events: list[dict[str, Any]], by: str) -> list[str]:
    """Lanes by number of events, the rest as one."""
    seen = Counter(lane_of(event, by) for event in events)
    names = [name for name, _ in seen.most_common()]
    if len(names) <= MOST_LANES:
        return names
    return [*names[: MOST_LANES - 1], f"{len(names) - MOST_LANES + 1} others"]


def figure(frame: pl.DataFrame, marks: list[Checkpoint], by: str, scene: Scene) -> go.Figure:
    """Events as dots in lanes over time; checkpoints as named lines."""
    events = [
        {**event, "occurred_at": local_time(event["occurred_at"], scene)}
        for event in frame.iter_rows(named=True)
    ]
    names, colours = lanes(events, by), palette(scene.dark)
    met = [mark for mark in marks if mark.when is not None]
    times = [local_time(mark.when, scene) for mark in met]
    marked = {mark.row for mark in met}
    spots: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "colour": [], "size": [], "line": []}
    for i, event in enumerate(events):
        lane = lane_of(event, by)
        spots["x"].append(event["occurred_at"])
        spots["y"].append(names.index(lane) if lane in names else len(names) - 1)
        spots["text"].append(_hover(event))
        seller = event.get("actor") in ("seller", "system")
        spots["colour"].append(colours.accent if i in marked or not seller else colours.surface)
        spots["line"].append(colours.accent if not seller or i in marked else colours.ink_faint)
        spots["size"].append(13 if i in marked else 9)
    left = 24 + round(min(170.0, max((text_width(fit(name, 160, 12), 12) for name in names), default=40.0)))
    width = scene.width - left - 14
    levels, first, last = _levels(times, [mark.label for mark in met], events, width)
    head = HEAD * (max(levels, default=0) + 1) + 14
    drawn = go.Figure(
        go.Scatter(
            x=spots["x"],
            y=spots["y"],
            mode="markers",
            hovertext=spots["text"],
            hoverinfo="text",
            marker={
                "size": spots["size"],
                "color": spots["colour"],
                "opacity": 0.9,
                "line": {"width": 1.5, "color": spots["line"]},
            },
        )
    )
    height = head + LANE * max(1, len(names)) + 44
    themed(drawn, scene.dark, width=scene.width, height=height)
    shapes, notes = [], []
    for when, mark, level in zip(times, met, levels, strict=True):
        rise = (head - 18 - HEAD * level - HEAD / 2 - 6) / (LANE * max(1, len(names)))
        shapes.append(
            {
                "type": "line",
                "yref": "paper",
                "x0": when,
                "x1": when,
                "y0": 0,
                "y1": 1 + max(0.0, rise),
                "line": {"color": colours.accent, "width": 1, "dash": "2px,3px"},
                "layer": "below",
            }
        )
        shift = head - 12 - HEAD * level - HEAD / 2
        right = first is not None and (when - first) > (last - first) * 0.7
        notes.append(
            {
                "x": when,
                "y": 1,
                "yref": "paper",
                "yshift": shift - 6,
                "yanchor": "middle",
                "xanchor": "right" if right else "left",
                "xshift": 4 if right else -4,
                "text": f"<b>{escape(fit(mark.label, 190, 12), quote=False)}</b> {day(when)}",
                "showarrow": False,
                "bgcolor": colours.surface,
                "font": {"size": 12, "color": colours.accent},
            }
        )
    drawn.update_layout(margin={"l": left, "r": 14, "t": head, "b": 44}, shapes=shapes, annotations=notes)
    drawn.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[fit(name, 160, 12) for name in names],
        range=[len(names) - 0.5, -0.5],
        gridcolor=colours.line,
    )
    drawn.update_xaxes(
        gridcolor=colours.line,
        range=_span(first, last),
        tickformatstops=[
            {"dtickrange": [None, 86_400_000], "value": "%-d %b, %H:%M"},
            {"dtickrange": [86_400_000, "M1"], "value": "%-d %b %Y"},
            {"dtickrange": ["M1", None], "value": "%b %Y"},
        ],
        nticks=8,
    )
    return drawn


def _span(first: Any, last: Any) -> list[Any] | None:
    if first is None:
        return None
    margin = max((last - first) * 0.02, datetime.timedelta(hours=1))
    return [first - margin, last + margin]


def _levels(
    times: list[Any], labels: list[str], events: list[dict[str, Any]], width: float
) -> tuple[list[int], Any, Any]:
    """A height per checkpoint label so that none covers another."""
    if not events:
        return [0] * len(times), None, None
    first, last = events[0]["occurred_at"], events[-1]["occurred_at"]
    span = max((last - first).total_seconds(), 3600.0)
    taken: list[list[tuple[float, float]]] = []
    levels = []
    for when, label in zip(times, labels, strict=True):
        x, wide = (when - first).total_seconds() / span * width, min(190.0, text_width(label, 12)) + 96
        box = (x - wide, x + 6) if (when - first) > (last - first) * 0.7 else (x - 6, x + wide)
        level = next(
            (i for i, row in enumerate(taken) if all(box[1] < a or box[0] > b for a, b in row)), len(taken)
        )
        if level == len(taken):
            taken.append([])
        taken[level].append(box)
        levels.append(level)
    return levels, first, last


def local_time(when: Any, scene: Scene) -> Any:
    """A stored time (UTC) as the workspace's clocks showed it."""
    return when.replace(tzinfo=datetime.UTC).astimezone(scene.zone).replace(tzinfo=None)


def _hover(event: dict[str, Any]) -> str:
    who = event.get("person_name") or event.get("person_id")
    role = f" ({event['role']})" if event.get("role") else ""
    more = [event.get("channel"), event.get("content_type"), event.get("stage")]
    lines = [moment(event["occurred_at"])]
    lines += [f"{who}{role}"] if who else []
    lines += [" · ".join(str(part) for part in more if part)] if any(more) else []
    lines += [f"Amount {money(event['amount'])}"] if event.get("amount") else []
    return "<br>".join(
        [f"<b>{escape(str(event['event_type']), quote=False)}</b>", *(escape(line) for line in lines)]
    )
