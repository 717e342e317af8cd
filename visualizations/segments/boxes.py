"""The boxes of a segment: groups, containers, counts, steps, records; each with how many it holds for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.dom import Component, dmc, html
from visualizations.segments import steps, tree
from visualizations.segments.fields import table_of, words
from visualizations.segments.frame import Drawing, box, held, in_full, number_field, part_name, units_of
from visualizations.segments.rules import rule

COMPARISONS = [
    {"value": ">=", "label": "at least"},
    {"value": "<=", "label": "at most"},
    {"value": "equals", "label": "exactly"},
    {"value": ">", "label": "more than"},
    {"value": "<", "label": "fewer than"},
    {"value": "not_equals", "label": "not exactly"},
    {"value": "between", "label": "between"},
]
EVENTS = [{"value": "some", "label": "at least one event"}, {"value": "many", "label": "so many events…"}]


def part(found: Any, path: str, drawing: Drawing) -> Component:
    """A part of the condition with everything in it."""
    kind = tree.form(found)
    if drawing.deep > tree.DEEPEST:
        return html.Div(in_full(found, drawing), className="rule rule-words")
    makers: dict[str, Callable[[Any, str, Drawing], Component]] = {
        "nothing": _empty,
        "all": _group,
        "any": _group,
        "not": _not,
        "container": _container,
        "count": _count,
        "sequence": lambda found, path, drawing: steps.sequence(found, path, drawing, part),
        "related": _related,
        "as_of": _as_of,
    }
    if kind in makers:
        return makers[kind](found, path, drawing)
    return rule(found, path, drawing.place, held(found, drawing))


def adder(path: str, drawing: Drawing) -> Component:
    """What may be added at a place."""
    more = [
        {"value": "group", "label": "A group of alternatives (or)"},
        *_kinds(drawing),
    ]
    return html.Div(
        [
            dmc.Button(
                "Rule",
                id=controls.action("rule", path),
                leftSection=controls.icon("plus", 14),
                size="compact-xs",
                variant="subtle",
                **{"aria-label": f"Add a rule to {part_name(path).lower()}"},
            ),
            controls.select(
                f"Add something else to {part_name(path).lower()}", "add", path, None, more,
                hidden_label=True, placeholder="Add…", w=240,
                allowDeselect=True,
            ),
        ],
        className="box-add",
    )  # fmt: skip


def _kinds(drawing: Drawing) -> list[dict[str, str]]:
    """The boxes that can be added among events; records hold rules and groups alone."""
    place = drawing.place
    if place.table is not None:
        return []
    many = place.facts.units[place.container].plural
    related = [
        {"value": f"related:{name}", "label": f"{many.capitalize()} with {_plain(name)} that…"}
        for name in wb.relations(place.container)
        if place.facts.bench.version.columns.get(table_of(name))
    ]
    return [
        {"value": "container", "label": f"{many.capitalize()} with an event that…"},
        {"value": "count", "label": f"{many.capitalize()} with so many events…"},
        {"value": "sequence", "label": "Steps one after the other (then)"},
        *related,
        {"value": "segment", "label": "A saved segment"},
        {"value": "as_of", "label": "As of a past date"},
    ]


def _plain(name: str) -> str:
    return name.replace("_", " ")


# --- the boxes -------------------------------------------------------------------------------------


STARTS = (
    ("start-company", "building-2", "What the company is", "Industry, city, employees, revenue"),
    ("start-person", "user", "Who the person is", "Job title, department, role in a buying group"),
    ("start-event", "mouse-pointer-2", "What they did", "An event, so many events, in the last 30 days"),
    ("start-steps", "workflow", "In which order", "Steps one after the other, with limits and exclusions"),
)
"""Ways to begin: action, icon, title, what it offers."""


def _empty(found: Any, path: str, drawing: Drawing) -> Component:
    del found
    if drawing.deep:
        return html.Div([adder(path, drawing)], className="box-empty")
    cards = [
        html.Button(
            [controls.icon(icon, 18), html.Strong(title), html.Span(text)],
            id=controls.action(name, path),
            className="seg-start",
            type="button",
        )
        for name, icon, title, text in STARTS
    ]
    return html.Div(
        [
            html.P("Begin with", className="hint"),
            html.Div(cards, className="seg-starts"),
            adder(path, drawing),
        ],
        className="box-empty",
    )


def _group(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    kind = tree.form(found)
    join = dmc.SegmentedControl(
        id=controls.edit("join", path),
        value=kind,
        size="xs",
        data=[
            {"value": "all", "label": "And"},
            {"value": "any", "label": "Or"},
            *([{"value": "then", "label": "Then"}] if drawing.place.table is None else []),
        ],
        **{"aria-label": f"{part_name(path)}: how its parts are joined"},
    )
    inner: list[Any] = []
    for i, one in enumerate(found[kind]):
        if i:
            inner.append(html.Div("and" if kind == "all" else "or", className="joint"))
        inner.append(part(one, f"{path}.{kind}.{i}", drawing.inside()))
    body = html.Div([*inner, adder(path, drawing)], className="box-body")
    said = "All of these hold" if kind == "all" else "At least one of these holds"
    return box([join, html.Span(said)], body, path, found, drawing, kind)


def _not(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    chip = dmc.Button(
        "Not",
        id=controls.action("not", path),
        size="compact-xs",
        variant="light",
        color="red",
        **{"aria-label": f"Not: turn {part_name(path).lower()} round again", "data-tip": "Turn round again"},
    )
    body = html.Div(part(found["not"], f"{path}.not", drawing.inside()), className="not-body")
    return html.Div([chip, body], className="box-not")


def _container(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    some = controls.select(
        f"{part_name(path)}: how many", "counted", path, "some", EVENTS, hidden_label=True, w=168
    )
    units = units_of(drawing, path, found["container"])
    head = [units, html.Span("with"), some, html.Span("for which")]
    body = html.Div(part(found.get("where"), f"{path}.where", drawing.inside()), className="box-body")
    return box(head, body, path, found, drawing, "container")


def _threshold(found: dict[str, Any], path: str, default: int) -> list[Component]:
    """How many: a comparison and its number."""
    op, value = found.get("op", ">="), found.get("value", default)
    compare = controls.select(
        f"{part_name(path)}: how many", "compare", path, op, COMPARISONS, hidden_label=True, w=118
    )
    if op == "between":
        ends = value if isinstance(value, list | tuple) else [value, value]
        return [
            compare,
            number_field("low", path, ends[0], "from"),
            number_field("high", path, ends[1], "to"),
        ]
    return [compare, number_field("threshold", path, value, "number")]


def _count(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    facts = drawing.place.facts
    chosen = next((f"{kind}:{found[kind]}" for kind in ("distinct", "sum") if found.get(kind)), "events")
    distinct = (
        "person_id",
        "campaign_id",
        "content_id",
        "session_id",
        "channel",
        "event_type",
        "opportunity_id",
    )
    data = [{"value": "events", "label": "events"}]
    data += [
        {"value": f"distinct:{name}", "label": f"different {_plural(name)}"}
        for name in distinct
        if name in facts.fields
    ]
    data += [{"value": f"sum:{name}", "label": f"sum of {words(name).lower()}"} for name in facts.sums[:12]]
    if chosen not in {one["value"] for one in data}:
        data.append({"value": chosen, "label": chosen.replace(":", " ")})
    measure = controls.select(
        f"{part_name(path)}: what is counted",
        "measure",
        path,
        chosen,
        data,
        hidden_label=True,
        className="box-measure",
    )
    head = [
        units_of(drawing, path, found["container"]), html.Span("with"), *_threshold(found, path, 1), measure,
        html.Span("for which"),
    ]  # fmt: skip
    body = html.Div(part(found.get("count"), f"{path}.count", drawing.inside()), className="box-body")
    return box(head, body, path, found, drawing, "count")


def _plural(name: str) -> str:
    return f"{_plain(name.removesuffix('_id'))}s"


def _related(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    of, table = found.get("of", "account"), table_of(found["related"])
    columns = drawing.place.facts.bench.version.columns.get(table, {})
    sums = [name for name, kind in columns.items() if kind in ("money", "number", "integer")]
    chosen = f"sum:{found['sum']}" if found.get("sum") else "records"
    data = [{"value": "records", "label": _plain(found["related"])}]
    data += [{"value": f"sum:{name}", "label": f"sum of {_plain(name)}"} for name in sums]
    measure = controls.select(
        f"{part_name(path)}: what is counted",
        "measure",
        path,
        chosen,
        data,
        hidden_label=True,
        className="box-measure",
    )
    unit = drawing.place.facts.units[of]
    head = [
        html.Strong(unit.plural.capitalize()), html.Span("with"), *_threshold(found, path, 1), measure,
        html.Span("for which" if found.get("where") else ""),
    ]  # fmt: skip
    body = html.Div(part(found.get("where"), f"{path}.where", drawing.inside(table)), className="box-body")
    return box(head, body, path, found, drawing, "related")


def _as_of(found: dict[str, Any], path: str, drawing: Drawing) -> Component:
    day = dmc.DateInput(
        id=controls.edit("text", f"{path}.as_of"), value=found["as_of"] or None, size="xs", w=128,
        valueFormat="YYYY-MM-DD", placeholder="YYYY-MM-DD", **{"aria-label": f"{part_name(path)}: day"},
    )  # fmt: skip
    head = [html.Span("As if the data ended on"), day]
    body = html.Div(part(found.get("where"), f"{path}.where", drawing.inside()), className="box-body")
    return box(head, body, path, found, drawing, "as_of")
