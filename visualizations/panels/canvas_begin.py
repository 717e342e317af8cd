"""The blank canvas as a page: ground to drop on, and three ways to begin."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.dom import Component, dmc, html
from visualizations.editing import chains
from visualizations.facts import Facts, milestone_name
from visualizations.views.canvas.view import frame

EXAMPLE = "Lead Form > MQL > SQL > Won by account"


def stage(question: Question, facts: Facts, scene: Scene) -> Component:
    """A blank canvas: ground to drop on, and three ways to begin."""
    ways = html.Div(
        [_milestones(facts), _written(facts), _palette()],
        className="begin-ways",
        role="group",
        **{"aria-label": "Ways to begin"},
    )
    suggest = html.Button(
        "let the most frequent paths be suggested",
        type="button",
        className="begin-link",
        **{"data-ask": "suggest"},
    )
    words = html.Div(
        [
            html.H2("Draw a journey"),
            html.P("A journey is a chain of checkpoints. It is counted as soon as the first one stands."),
            ways,
            html.P(["Or ", suggest, "."], className="begin-more"),
        ],
        className="begin",
    )
    box = (-scene.width / 2, -scene.height / 2, scene.width / 2, scene.height / 2)
    unit = scene.unit(question["container"]).plural
    drawn = frame([], [], box, scene, unit, above=words)
    return html.Div(html.Div(drawn, className="as-chart"), className="drawing blank")


def _way(icon: str, title: str, text: Any, action: Component | None) -> Component:
    return html.Div(
        [
            html.Div(controls.icon(icon, 20), className="begin-icon"),
            html.H3(title),
            html.P(text),
            action,
        ],
        className="begin-way",
    )


def _milestones(facts: Facts) -> Component:
    known = chains.milestones(facts)
    ends = [name for name in chains.ENDS if facts.milestone_events(name)]
    if len(known) + len(ends) < 2:
        text = "This workspace knows too few milestones. Name them in its settings to draw them all at once."
        return _way("flag", "From milestones", text, None)
    last = " or ".join(milestone_name(name).lower() for name in ends)
    chain = " → ".join([*(milestone_name(name) for name in known), *([last] if last else [])])
    return _way("flag", "From milestones", chain, _build("Build from milestones", "filled"))


def _build(label: str, variant: str, **more: Any) -> Component:
    return dmc.Button(
        label, size="xs", variant=variant, **{"data-gesture": json.dumps({"kind": "milestones"})}, **more
    )


def _written(facts: Facts) -> Component:
    names = [milestone_name(name) for name in chains.milestones(facts)][:3] or facts.event_types[:3]
    example = " > ".join(names) or EXAMPLE
    action = dmc.Button("Write a chain", size="xs", variant="default", **{"data-ask": "search"})
    return _way(
        "search", "Write it down", [html.Code(f"{example} by account"), " in the search (Ctrl K)."], action
    )


def _palette() -> Component:
    text = "Drag event types, channels or segments from the palette on the left; click one to add it."
    action = dmc.Button("Search the palette", size="xs", variant="default", **{"data-palette": "search"})
    return _way("mouse-pointer-2", "Drag from the palette", text, action)
