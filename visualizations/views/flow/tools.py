"""The line above a flow: what is counted, what is shown, what is left out; and the menus of its columns."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.formats import count
from visualizations.views.flow.drawing import Drawing, is_list
from visualizations.views.flow.words import column_title

MORE = 5
"""Items a column is expanded by."""


def tools(drawn: Drawing) -> Component:
    """Switches, then what is in focus, compared or excluded, each with a way back."""
    plural = drawn.scene.unit(drawn.result.spec.container).plural
    parts: list[Component] = [
        _switch("unit", drawn.unit, (("paths", "Paths"), ("containers", f"Distinct {plural}")), "Counted")
    ]
    if not is_list(drawn.result):
        chosen = "time" if drawn.by_time else "count"
        parts.append(_switch("measure", chosen, (("count", "Count"), ("time", "Time")), "Numbers"))
    if drawn.focus is not None:
        names = " or ".join(drawn.title((0, *one)) for one in drawn.focus.chosen)
        where = column_title(drawn.focus.column).lower()
        back = {"kind": "display", "name": "focus", "value": None}
        parts.append(
            _chip("scan", f"In focus: {names}, {where}", back, "End the focus (Esc)", id="flow-unfocus")
        )
    if drawn.versus is not None:
        parts.append(_legend(drawn))
    for item in drawn.result.spec.exclude:
        back = {"kind": "flow", "do": "restore", "item": item}
        parts.append(_chip("ban", f"Excluded: {item}", back, f"Restore {item}"))
    hidden = [n for n in drawn.scene.display.get("hidden") or () if n in drawn.layout.totals and n]
    if hidden:
        words = f"{len(hidden)} hidden {'column' if len(hidden) == 1 else 'columns'}"
        back = {"kind": "display", "name": "hidden", "value": None}
        parts.append(_chip("panel-left", words, back, "Show all columns"))
    return html.Div(parts, className="flow-tools")


def _switch(name: str, chosen: str, options: tuple[tuple[str, str], ...], label: str) -> Component:
    buttons = [
        html.Button(
            words,
            type="button",
            className="flow-option",
            **{
                "aria-pressed": "true" if value == chosen else "false",
                "data-gesture": json.dumps({"kind": "display", "name": name, "value": value}),
            },
        )
        for value, words in options
    ]
    return html.Div(buttons, className="flow-switch", role="group", **{"aria-label": label})


def _chip(icon: str, words: str, event: dict[str, Any], back: str, **more: Any) -> Component:
    drop = html.Button(
        controls.icon("x", 12),
        type="button",
        className="more",
        **{"aria-label": back, "data-tip": back, "data-gesture": json.dumps(event)},
        **more,
    )
    return html.Span(
        [controls.icon(icon, 14), html.Span(words, className="chip-words"), drop], className="flow-chip"
    )


def _legend(drawn: Drawing) -> Component:
    """Both segments in their colours, with how many each has."""
    assert drawn.versus is not None
    plural = drawn.scene.unit(drawn.result.spec.container).plural
    parts: list[Component] = []
    for i, side in enumerate(drawn.versus.sides, 1):
        number = side.paths if drawn.unit == "paths" else side.containers
        dot = html.Span(
            className="swatch-dot", style={"--segment": f"var(--segment-{i})"}, **{"aria-hidden": "true"}
        )
        words = f"{side.label}, n = {count(number)} {'paths' if drawn.unit == 'paths' else plural}"
        parts.append(html.Span([dot, html.Span(words)], className="legend-item"))
    parts.append(
        html.Span(f"shares of their {'paths' if drawn.unit == 'paths' else plural}, differences in points")
    )
    back = {"kind": "display", "name": "against", "value": None}
    drop = html.Button(
        controls.icon("x", 12),
        type="button",
        className="more",
        **{
            "aria-label": "End the comparison",
            "data-tip": "End the comparison",
            "data-gesture": json.dumps(back),
        },
    )
    return html.Span([*parts, drop], className="flow-chip flow-legend")


def head_choices(drawn: Drawing, number: int) -> list[dict[str, Any]]:
    """The menu of a column."""
    spec = drawn.result.spec
    numbers = drawn.layout.totals
    outermost = number != 0 and number in (min(numbers), max(numbers)) and abs(number) == spec.columns
    dos: list[tuple[str, str, dict[str, Any]]] = [
        ("chevron-down", f"More items ({spec.items + MORE} per column)", {"do": "items", "by": MORE})
    ]
    if spec.items > 1:
        least = max(1, spec.items - MORE)
        dos.append(
            ("arrow-up", f"Fewer items ({least} per column)", {"do": "items", "by": least - spec.items})
        )
    if spec.columns < 10:
        dos.append(("plus", "Add a column", {"do": "columns", "by": 1}))
    if outermost and spec.columns > 1:
        dos.append(("x", "Remove the outermost column", {"do": "columns", "by": -1}))
    if number:
        dos.append(("panel-left", "Hide this column", {"do": "hide", "column": number}))
        kept = [[box.key[1], box.key[2]] for box in drawn.layout.boxes.values() if box.key[0] == number]
        items = [one for one in kept if one[0] == "item"]
        if items:
            words = "Filter: only paths with a named item here"
            dos.append(("filter", words, {"do": "focus", "column": number, "items": items}))
    return [{"kind": "flow", "icon": icon, "label": label, **event} for icon, label, event in dos]
