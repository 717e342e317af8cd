"""Fallout: step by step, how many went on and how many did not."""

from __future__ import annotations

import itertools
import json
from html import escape
from typing import Any

import plotly.graph_objects as go

from visualizations import controls, question_controls
from visualizations.base import Question, Scene, Sheet, View
from visualizations.dom import Component, dmc, html
from visualizations.facts import Facts, in_words
from visualizations.formats import count, duration, duration_words, fit, percent, sample_note
from visualizations.parts import menu_button, opener
from visualizations.theme import palette, pixel_axes, rounded, themed
from visualizations.views.canvas_words import limit_words, rows

ROW, BAR = 92, 40


def stage(result: Any, scene: Scene) -> Component:
    """One bar per touchpoint, what fell out between them."""
    points = points_of(result)
    steps: list[Component] = []
    for i, row in enumerate(points):
        steps.append(_bar(result, row, scene))
        if i + 1 < len(points):
            steps.append(_between(row, points[i + 1], scene, result.spec.container))
    return html.Ol(steps, className="fallout", **{"aria-label": "Touchpoints"})


def points_of(result: Any) -> list[dict[str, Any]]:
    """Rows of the answer; a touchpoint without a name is called by its condition in words."""
    named = [point.label or in_words(point.where.to_json()) for point in result.spec.touchpoints]
    return [
        {**row, "label": named[row["step"] - 1] if row["step"] else row["label"]}
        for row in rows(result, "touchpoints")
    ]


def _title(row: dict[str, Any], scene: Scene, container: str) -> str:
    return f"All {scene.unit(container).plural}" if row["step"] == 0 else str(row["label"])


def _bar(result: Any, row: dict[str, Any], scene: Scene) -> Component:
    container = result.spec.container
    title, select = _title(row, scene, container), {"step": row["step"]}
    share = row["percent_of_first"]
    base = row["value"] / share * 100 if share else None
    who = f"{count(row['value'])} {scene.unit(container).of(row['value'])}"
    tip = f"{who}, {percent(share)} of the first row. {sample_note(row['value'], base)}".strip()
    number = opener(
        count(row["value"]), "touchpoints", select, "value", title=title, tip=tip, className="fallout-count"
    )
    limit = result.spec.touchpoints[row["step"] - 1] if row["step"] else None
    chips = [
        html.Span(words.removesuffix("."), className="limit-chip")
        for words in (limit_words(limit) if limit else [])
    ]
    if limit is not None and limit.path == "next":
        chips.insert(0, html.Span("Very next event", className="limit-chip"))
    step = html.Span(
        str(row["step"]) if row["step"] else "", className="fallout-step", **{"aria-hidden": "true"}
    )
    head = html.Div(
        [
            step,
            html.Span(title, className="fallout-title", title=title),
            *chips,
            menu_button("touchpoints", select, "value", title, controls.icon("ellipsis")),
        ],
        className="fallout-head",
    )
    track = html.Div(
        html.Div(
            className="fallout-fill" + (" baseline" if row["step"] == 0 else ""),
            style={"width": f"{min(100.0, share or 0):.3f}%"},
        ),
        className="fallout-track",
        **{"aria-hidden": "true"},
    )
    figures = html.Div(
        [number, html.Span(percent(share), className="fallout-percent")], className="fallout-figures"
    )
    context = json.dumps({"table": "touchpoints", "select": select, "measure": "value", "title": title})
    return html.Li(
        [head, html.Div([track, figures], className="fallout-line")],
        className="fallout-row",
        **{"data-context": context},
    )


def _between(row: dict[str, Any], after: dict[str, Any], scene: Scene, container: str) -> Component:
    unit, title = scene.unit(container), _title(row, scene, container)
    lost = row["fallout"] or 0
    words = f"{count(lost)} {unit.of(lost)} not further"
    share = 100 * lost / row["value"] if row["value"] else None
    gone = (
        opener(
            [html.Span(words), html.Span(f" · {percent(share)}", className="faint")],
            "touchpoints",
            {"step": row["step"]},
            "fallout",
            title=f"{title}, not further",
            className="fallout-gone",
        )
        if lost
        else html.Span("All went on", className="faint")
    )
    went = f"{percent(after['percent_of_previous'])} went on"
    if after["median_seconds"] is not None:
        went += f", median {duration(after['median_seconds'])}"
    return html.Li(
        [
            html.Span(className="fallout-stem", **{"aria-hidden": "true"}),
            gone,
            html.Span(went, className="fallout-went"),
        ],
        className="fallout-between",
    )


def figure(result: Any, scene: Scene) -> go.Figure:
    """The same as a picture, for notebooks and exports."""
    colours, points, width = palette(scene.dark), points_of(result), float(scene.width)
    height = ROW * len(points) + 24
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    track = width - 220

    def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "left") -> None:
        notes.append(
            {
                "x": x,
                "y": y,
                "text": words,
                "showarrow": False,
                "xanchor": anchor,
                "yanchor": "middle",
                "font": {"size": size, "color": colour},
            }
        )

    for i, row in enumerate(points):
        y = 12 + i * ROW
        share = (row["percent_of_first"] or 0) / 100
        text(
            8,
            y + 10,
            escape(fit(_title(row, scene, result.spec.container), track, 14), quote=False),
            14,
            colours.ink,
        )
        for wide, fill in (
            (track, colours.neutral_soft),
            (track * share, colours.accent if row["step"] else colours.line_strong),
        ):
            shapes.append(
                {
                    "type": "path",
                    "path": rounded(8, y + 24, max(2.0, wide), BAR - 8, 5),
                    "fillcolor": fill,
                    "line": {"width": 0},
                    "layer": "below",
                }
            )
        text(track + 24, y + 40, f"<b>{count(row['value'])}</b>", 20, colours.ink)
        text(width - 8, y + 40, percent(row["percent_of_first"]), 14, colours.ink_soft, "right")
        if row["fallout"] is not None:
            after = points[i + 1]["median_seconds"] if i + 1 < len(points) else None
            later = f", median {duration(after)} to the next" if after is not None else ""
            text(8, y + 72, f"{count(row['fallout'])} not further{later}", 12, colours.ink_faint)
    drawn = go.Figure()
    drawn.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip")
    drawn.update_layout(shapes=shapes, annotations=notes)
    themed(drawn, scene.dark, width=scene.width, height=height)
    return pixel_axes(drawn, width, height)


def caption(result: Any, scene: Scene) -> str:
    """From first to last touchpoint, and where most fall out."""
    container = result.spec.container
    points = [row for row in points_of(result) if row["step"] > 0]
    first, last, unit = points[0], points[-1], scene.unit(container)
    if len(points) < 2 or not first["value"]:
        return f"{count(first['value'])} {unit.of(first['value'])} reached {first['label']}."
    share = percent(100 * last["value"] / first["value"])
    said = f"{share} of {unit.plural} went from {first['label']} to {last['label']}"
    steps = [
        (100 - (b["percent_of_previous"] or 0), a, b) for a, b in itertools.pairwise(points) if a["value"]
    ]
    worst = max(steps, key=lambda step: step[0])
    said += f"; most fall out between {worst[1]['label']} and {worst[2]['label']} ({percent(worst[0])})"
    if last["median_seconds"] is not None and len(points) == 2:
        said += f"; half need up to {duration_words(last['median_seconds'])}"
    return said + "."


def emptied(result: Any) -> str:
    """Why there is nothing to draw."""
    points = [row for row in points_of(result) if row["step"] > 0]
    if points and not points[0]["value"]:
        return f"Nothing reached {points[0]['label']} under these segments, actors and dates."
    return ""


def inspector(question: Question, facts: Facts) -> list[Component]:
    """Touchpoints in order, the row of all, who counts."""
    entries = [
        _touchpoint(question, i, point, facts, len(question["touchpoints"]))
        for i, point in enumerate(question["touchpoints"])
    ]
    items = dmc.Accordion(
        entries,
        id={"open": "touchpoints"},
        multiple=True,
        value=[],
        className="items",
        chevronSize=14,
        chevron=controls.icon("chevron-down", 14),
    )
    add = dmc.Button(
        "Add a touchpoint",
        id=controls.action("touchpoint"),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
    )
    baseline = controls.switch(
        "Begin with all containers", "unless", "baseline", question.get("baseline", True)
    )
    return [
        controls.section("Touchpoints", items, add),
        controls.section("Rows", baseline),
        question_controls.who_counts(question, facts),
    ]


def _touchpoint(question: Question, i: int, point: Question, facts: Facts, total: int) -> Component:
    path, title = f"touchpoints.{i}", point.get("label") or in_words(point["where"])
    buttons = [
        controls.icon_button("arrow-up", f"Move {title} up", controls.action("up", path), disabled=i == 0),
        controls.icon_button(
            "arrow-down", f"Move {title} down", controls.action("down", path), disabled=i == total - 1
        ),
        controls.icon_button(
            "trash-2", f"Remove {title}", controls.action("touchpoint-remove", path), disabled=total == 1
        ),
    ]
    children = [
        controls.text("Name", "text", f"{path}.label", point.get("label"), placeholder=title),
        controls.condition_picker(question, f"{path}.where", facts, f"Events of {title}"),
        question_controls.limits(question, path, title, with_path=True) if i else None,
        html.Div(buttons, className="entry-actions"),
    ]
    panel = dmc.AccordionPanel(
        html.Div([child for child in children if child is not None], className="entry")
    )
    return dmc.AccordionItem([dmc.AccordionControl(f"{i + 1}. {title}"), panel], value=str(i))


def sheets(result: Any) -> list[Sheet]:
    """The steps as a table."""
    del result
    return [
        Sheet(
            "Touchpoints",
            "touchpoints",
            (
                ("step", "Step", "text"),
                ("label", "Touchpoint", "text"),
                ("value", "Value", "count"),
                ("percent_of_first", "Of first", "percent"),
                ("percent_of_previous", "Of previous", "percent"),
                ("fallout", "Not further", "count"),
                ("median_seconds", "Median from previous", "duration"),
            ),
            {"value": "value", "fallout": "fallout"},
            ("segment", "step"),
        )
    ]


VIEW = View(
    name="fallout",
    title="Fallout",
    icon="funnel",
    analysis="fallout",
    purpose="Step by step: how many go on, and how many do not.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    emptied=emptied,
)
