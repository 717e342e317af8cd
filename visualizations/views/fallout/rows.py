"""The rows of a fallout as HTML: a bar per touchpoint, and between two what fell out and what went on."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.formats import count, percent
from visualizations.parts import opener
from visualizations.views.canvas import words as canvas_words
from visualizations.views.fallout import words
from visualizations.views.fallout.reading import Reading, Row


def touchpoint(reading: Reading, step: int) -> Component:
    """A touchpoint: its head, and a bar with its numbers for every segment."""
    lines = [_line(reading, row) for row in reading.rows[step]]
    parts: list[Any] = [_head(reading, step), *lines]
    if step in reading.breakdowns:
        parts.append(_breakdown(reading, step))
    if step and step == reading.empty_step and reading.reason:
        parts.append(
            html.P(reading.reason[:1].upper() + reading.reason[1:] + ".", className="fallout-reason")
        )
    more: dict[str, Any] = {"data-context": json.dumps(target(reading, reading.first(step), "value"))}
    if step:
        more["data-step"] = str(step - 1)
    return html.Li(parts, className="fallout-row", **more)


def target(reading: Reading, row: Row, measure: str) -> dict[str, Any]:
    """A number of a row, for the context menu."""
    behind = "" if measure == "value" else ", not further"
    title = row["label"] + (f", {reading.names[row['segment']]}" if reading.comparing else "") + behind
    return {
        "table": "touchpoints",
        "select": reading.select(row),
        "measure": measure,
        "title": title,
        "label": row["label"] + behind,
        "last": reading.after(row) is None,
        "timed": row["step"] > 1,
    }


def _menu(one: dict[str, Any]) -> Component:
    return html.Button(
        controls.icon("ellipsis"),
        className="more",
        type="button",
        **{
            "aria-label": f"Actions for {one['title']}",
            "aria-haspopup": "menu",
            "data-menu": json.dumps(one),
        },
    )


def _head(reading: Reading, step: int) -> Component:
    row = reading.first(step)
    title = row["label"]
    grip: list[Component] = []
    if step:
        grip = [
            html.Button(
                str(step),
                className="fallout-step",
                type="button",
                **{
                    "data-grip": str(step - 1),
                    "aria-label": f"Step {step}, {title}: move with the arrow keys, or drag",
                    "data-tip": "Drag to reorder, onto another to combine; arrow keys move, Shift combines",
                },
            )
        ]
    chips = [html.Span(said, className="limit-chip") for said in words.chips(reading.point(step))]
    return html.Div(
        [
            *grip,
            html.Span(title, className="fallout-title", title=title),
            *chips,
            _menu(target(reading, row, "value")),
        ],
        className="fallout-head",
    )


def _line(reading: Reading, row: Row) -> Component:
    """The bar of one segment with count, share of the first row, share of the row before."""
    share, step = row["percent_of_first"], row["step"]
    colour = {"--segment": f"var(--segment-{reading.segments.index(row['segment']) + 1})"}
    fill = "fallout-fill" + (" baseline" if step == 0 and not reading.comparing else "")
    track = html.Div(
        html.Div(className=fill, style={"width": f"{min(100.0, share or 0):.3f}%", **colour}),
        className="fallout-track" + ("" if row["value"] else " nobody"),
        **{"aria-hidden": "true"},
    )
    one = target(reading, row, "value")
    number = opener(
        count(row["value"]),
        "touchpoints",
        one["select"],
        "value",
        title=one["title"],
        tip=words.number_words(row, reading),
        className="fallout-count",
    )
    base, unit = reading.base(row), reading.scene.unit(reading.spec.container)
    previous = row["percent_of_previous"]
    figures: list[Any] = [number]
    first = row["step"] == base["step"]
    shares = [(percent(share), f"of {words.base_words(base, unit)}"), (percent(previous), "of previous")]
    for i, (shown, of) in enumerate(shares):
        same = first or (i == 1 and row["step"] == base["step"] + 1)
        figures.append(_share("" if same else shown, of, named=not reading.comparing))
    parts: list[Any] = [track, *figures]
    if reading.comparing:
        name = reading.names[row["segment"]]
        dot = html.Span(className="swatch-dot", style=colour)
        parts = [html.Span([dot, html.Span(name)], className="fallout-segment", title=row["segment"]), *parts]
        parts.append(_gap(reading, row))
    return html.Div(parts, className="fallout-line", **{"data-context": json.dumps(one)})


def _share(shown: str, of: str, *, named: bool) -> Component:
    """A share with what it is of; where a heading says that, it is told on hover."""
    if not shown:
        return html.Span(className="fallout-share")
    parts = [html.Span(shown, className="fallout-percent")]
    parts += [html.Span(of, className="fallout-of")] if named else []
    return html.Span(parts, className="fallout-share", title=f"{shown} {of}")


def heading(reading: Reading) -> Component:
    """What the columns of compared segments say."""
    base, against = reading.first(reading.steps[0]), reading.names[reading.segments[0]]
    of = f"Of {base['label']}" if base["step"] else "Of all"
    words = ("", "", "Count", of, "Of previous", f"Points against {against}")
    heads = [html.Span(said, title=said) for said in words]
    return html.Div(heads, className="fallout-line fallout-legend", **{"aria-hidden": "true"})


def _gap(reading: Reading, row: Row) -> Component:
    """How a segment differs from the first, and whether that is more than chance."""
    gap = reading.gaps.get((row["step"], row["segment"]))
    if gap is None or gap["difference"] is None or row["step"] == reading.steps[0]:
        return html.Span(className="fallout-gap")
    said, tip = canvas_words.points(gap["difference"]), canvas_words.gap_words(gap, reading.names)
    if gap["distinguishable"] is None:
        note = "not tested"
    else:
        note = "" if gap["distinguishable"] else "not distinguishable"
    kind = "fallout-gap" + (" sure" if gap["distinguishable"] else "")
    parts = [html.Strong(said), html.Span(note, className="faint") if note else None]
    return html.Span([part for part in parts if part is not None], className=kind, **{"data-tip": tip})


def between(reading: Reading, step: int) -> Component:
    """What fell out behind a step, and what went on to the next."""
    lines = [_gone(reading, row) for row in reading.rows[step]]
    stem = html.Span(className="fallout-stem", **{"aria-hidden": "true"})
    return html.Li(
        [stem, html.Div(lines, className="fallout-moves")],
        className="fallout-between",
        **{"data-before": str(step)},
    )


def _gone(reading: Reading, row: Row) -> Component:
    after, unit = reading.after(row), reading.scene.unit(reading.spec.container)
    assert after is not None
    said, one = words.gone_words(row, unit), target(reading, row, "fallout")
    parts: list[Any] = []
    if reading.comparing:
        name = reading.names[row["segment"]]
        parts.append(html.Span(name, className="fallout-segment faint", title=row["segment"]))
    if row["fallout"]:
        parts.append(
            opener(
                said, "touchpoints", one["select"], "fallout", title=one["title"], className="fallout-gone"
            )
        )
        for measure, part in words.split_words(row):
            title = f"{one['title']}, {part.partition(' ')[2]}"
            parts.append(
                opener(part, "touchpoints", one["select"], measure, title=title, className="fallout-part")
            )
        parts.append(_menu(one))
    else:
        parts.append(html.Span(said, className="faint"))
    went, time = words.went_words(row, after), words.time_words(after, short=reading.comparing)
    right: list[Any] = [html.Span(went)] if went and not reading.comparing else []
    if time:
        ask = {**target(reading, after, "value"), "kind": "times"}
        right.append(
            html.Button(
                [controls.icon("chart-bar", 14), html.Span(time)],
                className="fallout-time",
                type="button",
                **{"data-send": json.dumps(ask), "data-tip": "How long it took: show all times"},
            )
        )
    parts.append(html.Span(right, className="fallout-went"))
    return html.Div(parts, className="fallout-move", **{"data-context": json.dumps(one)})


def _breakdown(reading: Reading, step: int) -> Component:
    """The top items of a touchpoint, under its bar."""
    found = reading.breakdowns[step]
    head = html.Div(
        [
            html.Span(found.label),
            html.Button(
                controls.icon("x", 12),
                className="more",
                type="button",
                **{
                    "aria-label": f"Hide the breakdown by {found.label.lower()}",
                    "data-gesture": json.dumps({"kind": "breakdown", "step": step - 1, "by": None}),
                },
            ),
        ],
        className="fallout-items-head",
    )
    most = max((value for _, _, value, _ in found.items), default=0) or 1
    items = [
        html.Div(
            [
                html.Span(name, className="fallout-item-name", title=name),
                html.Span(
                    html.Span(style={"width": f"{100 * value / most:.1f}%"}),
                    className="fallout-item-bar",
                    **{"aria-hidden": "true"},
                ),
                html.Span(count(value), className="num"),
                html.Span(percent(share), className="num faint"),
            ],
            className="fallout-item",
        )
        for _, name, value, share in found.items
    ]
    problem = html.P(found.problem or "No values", className="faint") if not items else None
    return html.Div([head, *items, *([problem] if problem else [])], className="fallout-items")
