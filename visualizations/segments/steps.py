"""Steps of a segment one after the other: what must happen, what must not, within which time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from visualizations import controls
from visualizations.dom import Component, dmc, html
from visualizations.segments.frame import Drawing, box, part_name, units_of
from visualizations.segments.rules import number_of, tool

Draw = Callable[[Any, str, Drawing], Component]
"""Draws a part: `boxes.part`."""
KEPT = [
    {"value": "everyone", "label": "Keep all their events"},
    {"value": "before", "label": "Keep events up to the sequence"},
    {"value": "after", "label": "Keep events after the sequence"},
]
STEPS = [
    {"value": "then", "label": "Then"},
    {"value": "exclude", "label": "Without"},
    {"value": "any_order", "label": "Then, in any order"},
]


def sequence(found: dict[str, Any], path: str, drawing: Drawing, draw: Draw) -> Component:
    """The box of a sequence with a box for each step."""
    include = found.get("include", "everyone")
    kept = controls.select(
        f"{part_name(path)}: what is kept",
        "choice",
        f"{path}.include",
        include,
        KEPT,
        hidden_label=True,
        w=232,
    )
    head = [units_of(drawing, path, found["container"]), html.Span("in which, one after the other,"), kept]
    every = range(len(found["sequence"]))
    steps = [_step(found["sequence"], i, f"{path}.sequence", drawing, draw) for i in every]
    more = dmc.Button(
        "Step",
        id=controls.action("step", f"{path}.sequence"),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
    )
    body = html.Ol([*steps, html.Li(more, className="step-add")], className="box-body steps-body")
    return box(head, body, path, found, drawing, "sequence")


def _step(steps: list[dict[str, Any]], i: int, path: str, drawing: Drawing, draw: Draw) -> Component:
    step, here = steps[i], f"{path}.{i}"
    kind = "any_order" if "any_order" in step else "exclude" if step.get("exclude") else "then"
    first = next((k for k, one in enumerate(steps) if not one.get("exclude")), 0) == i
    data = [{**one, "label": "First"} if first and one["value"] == "then" else one for one in STEPS]
    head = [
        controls.select(
            f"Step {number_of(here)}: kind", "step-kind", here, kind, data, hidden_label=True, w=150
        )
    ]
    if kind != "exclude" and not first:
        head += [
            _limit("within", here, step, "any time"),
            _limit("after", here, step, "at once"),
        ]
    acts = html.Div(
        [
            tool("arrow-up", "Earlier", f"Step {number_of(here)} earlier", controls.action("up", here)),
            tool("arrow-down", "Later", f"Step {number_of(here)} later", controls.action("down", here)),
            tool("x", "Remove", f"Remove step {number_of(here)}", controls.action("drop", here)),
        ],
        className="box-tools",
    )
    inner = drawing.inside(sized=False)
    if kind == "any_order":
        parts = [draw(one, f"{here}.any_order.{k}", inner) for k, one in enumerate(step["any_order"])]
        more = dmc.Button(
            "Condition", id=controls.action("any-order-more", f"{here}.any_order"), size="compact-xs",
            variant="subtle", leftSection=controls.icon("plus", 14),
        )  # fmt: skip
        body: Any = [*parts, more]
    else:
        body = draw(step.get("where"), f"{here}.where", inner)
    return html.Li(
        [html.Div([html.Div(head, className="box-words"), acts], className="step-head"), html.Div(body)],
        className=f"seg-step step-{kind}",
    )


def _limit(name: str, path: str, step: dict[str, Any], free: str) -> Component:
    label = "Within" if name == "within" else "Not before"
    return html.Label(
        [
            html.Span(label.lower()),
            controls.text(
                f"Step {number_of(path)}: {label.lower()}",
                "duration",
                f"{path}.{name}",
                step.get(name),
                hidden_label=True,
                placeholder=free,
                w=78,
            ),
        ],
        className="step-limit",
    )
