"""The line above a flow: what is counted, what is shown, what is left out; and the menus of its columns."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.dom import Component, html
from visualizations.editing.flow_edits import MOST_COLUMNS, MOST_ITEMS
from visualizations.editing.flow_shown import compared
from visualizations.formats import count
from visualizations.views.flow.drawing import Drawing, is_list
from visualizations.views.flow.words import column_title, focus_words

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
    parts += _through(drawn)
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


def _through(drawn: Drawing) -> list[Component]:
    """A chip for each node that paths pass: more items of its column, and the way back."""
    if drawn.focus is None:
        return []
    made = []
    for place, one in enumerate(drawn.focus.through, 1):
        words = focus_words(one, drawn.anchor)
        last = {"id": "flow-unfocus"} if place == len(drawn.focus.through) else {}
        tip = f"Count paths that do not pass {words}" + (" (Esc)" if last else "")
        back = {"kind": "flow", "do": "unfocus", "column": one.column}
        others = drawn.focus.others(one.column) if one.kind == "item" else []
        made.append(_chip("scan", f"through {words}", back, tip, _joining(one.column, others), **last))
    return made


def _joining(column: int, others: list[str]) -> Component | None:
    """A button with the items that may join those in focus."""
    if not others:
        return None
    event = {"kind": "flow", "do": "focus", "column": column, "add": True}
    choices = [{**event, "items": [item], "icon": "plus", "label": f"or through {item}"} for item in others]
    words = f"Add an item, {column_title(column)}, to the focus"
    return html.Button(
        controls.icon("plus", 12),
        type="button",
        className="more",
        **{
            "aria-label": words,
            "aria-haspopup": "menu",
            "data-tip": words,
            "data-choices": json.dumps(choices),
        },
    )


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


def _chip(
    icon: str, words: str, event: dict[str, Any], back: str, between: Component | None = None, **more: Any
) -> Component:
    drop = html.Button(
        controls.icon("x", 12),
        type="button",
        className="more",
        **{"aria-label": back, "data-tip": back, "data-gesture": json.dumps(event)},
        **more,
    )
    named = html.Span(words, className="chip-words", title=words)
    parts = [controls.icon(icon, 14), named, *([between] if between is not None else []), drop]
    return html.Span(parts, className="flow-chip")


def _legend(drawn: Drawing) -> Component:
    """Both segments in their colours, with how many each has."""
    assert drawn.versus is not None
    plural = drawn.scene.unit(drawn.result.spec.container).plural
    parts: list[Component] = []
    left = len(compared(drawn.scene.display)) - len(drawn.versus.sides)
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
    if left > 0:
        more = "one more segment is" if left == 1 else f"{left} more segments are"
        parts.append(html.Span(f"{more} in the table only", className="legend-more"))
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
    spec, numbers = drawn.result.spec, drawn.layout.totals
    dos: list[tuple[str, str, dict[str, Any]]] = _sizes(spec, number) if number else []
    if spec.columns < MOST_COLUMNS:
        dos.append(("plus", "Add a column", {"do": "columns", "by": 1}))
    outermost = number != 0 and number in (min(numbers), max(numbers)) and abs(number) == spec.columns
    if outermost and spec.columns > 1:
        dos.append(("x", "Remove the outermost column", {"do": "columns", "by": -1}))
    if number:
        dos.append(("panel-left", "Hide this column", {"do": "hide", "column": number}))
        items = [key[2] for key in drawn.layout.boxes if key[0] == number and key[1] == "item"]
        if items:
            words = "Filter: only paths with a named item here"
            dos.append(("filter", words, {"do": "focus", "column": number, "items": items}))
    return [{"kind": "flow", "icon": icon, "label": label, **event} for icon, label, event in dos]


def _sizes(spec: Any, number: int) -> list[tuple[str, str, dict[str, Any]]]:
    """How many items the column shows: more or fewer, all that fit, only the most frequent."""
    now = spec.kept(number)
    more, fewer = min(MOST_ITEMS, now + MORE), max(1, now - MORE)
    found = [
        (now < MOST_ITEMS, "chevron-down", f"More items here ({more})", more),
        (more < MOST_ITEMS, "maximize", f"Expand this column ({MOST_ITEMS} items)", MOST_ITEMS),
        (now > 1, "arrow-up", f"Fewer items here ({fewer})", fewer),
        (fewer > 1, "list", "Collapse to the most frequent item", 1),
    ]
    return [
        (icon, label, {"do": "items", "column": number, "to": items})
        for there, icon, label, items in found
        if there
    ]
