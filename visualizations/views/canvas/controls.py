"""The controls of a journey canvas: checkpoints, arrows, counting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.editing.display import DEFAULTS
from visualizations.facts import Facts, in_words, milestone_name
from visualizations.views.canvas.reading import container_metric, metric_words

MOST_COMPARED = 4
ARROW_TEXTS = (("none", "None"), ("labels", "Labels"), ("values", "Values"), ("both", "Values and labels"))


def inspector(question: Question, facts: Facts, display: Mapping[str, Any] | None = None) -> list[Component]:
    """Checkpoints, arrows, counting, what is shown, compared segments, who counts."""
    names = {node["id"]: node.get("label") or in_words(node["where"]) for node in question["nodes"]}
    checkpoints = [_node_item(question, i, node, facts, names) for i, node in enumerate(question["nodes"])]
    arrows = [_arrow_item(question, i, arrow, names) for i, arrow in enumerate(question.get("arrows") or [])]
    add = dmc.Button(
        "Add a checkpoint",
        id=controls.action("node"),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
    )
    return [
        controls.section("Checkpoints", _items("nodes", checkpoints), add),
        controls.section("Arrows", _items("arrows", arrows) if arrows else None, _new_arrow(names)),
        controls.section("Counting", *_counting(question, facts)),
        controls.section("On the canvas", *_shown(question, {**DEFAULTS, **(display or {})})),
        controls.section("Compare segments", *_compare(question, facts)),
        question_controls.who_counts(question, facts),
    ]


def _items(name: str, children: list[Component]) -> Component:
    return dmc.Accordion(
        children,
        id={"open": name},
        multiple=True,
        value=[],
        variant="default",
        className="items",
        chevronSize=14,
        chevron=controls.icon("chevron-down", 14),
    )


def _item(value: str, title: str, children: list[Component]) -> Component:
    return dmc.AccordionItem(
        [dmc.AccordionControl(title), dmc.AccordionPanel(html.Div(children, className="entry"))], value=value
    )


def _node_item(question: Question, i: int, node: Question, facts: Facts, names: dict[str, str]) -> Component:
    path, title = f"nodes.{i}", names[node["id"]]
    children = [
        controls.text("Name", "text", f"{path}.label", node.get("label"), placeholder=title),
        controls.condition_picker(question, f"{path}.where", facts, f"Events of {title}"),
        html.Div(
            [
                dmc.Button(
                    "Add next",
                    id=controls.action("node-after", node["id"]),
                    leftSection=controls.icon("plus", 14),
                    size="compact-xs",
                    variant="subtle",
                ),
                dmc.Button(
                    "Remove",
                    id=controls.action("node-remove", node["id"]),
                    leftSection=controls.icon("trash-2", 14),
                    size="compact-xs",
                    variant="subtle",
                    color="gray",
                ),
            ],
            className="entry-actions",
        ),
    ]
    return _item(node["id"], title, children)


def _arrow_item(question: Question, i: int, arrow: Question, names: dict[str, str]) -> Component:
    path = f"arrows.{i}"
    title = f"{names.get(arrow['source'], '?')} → {names.get(arrow['target'], '?')}"
    children = [
        controls.text("Label", "text", f"{path}.label", arrow.get("label"), placeholder="none"),
        question_controls.limits(question, path, title, with_path=True),
        html.Div(
            dmc.Button(
                "Remove",
                id=controls.action("remove", path),
                leftSection=controls.icon("trash-2", 14),
                size="compact-xs",
                variant="subtle",
                color="gray",
            ),
            className="entry-actions",
        ),
    ]
    return _item(f"{arrow['source']}→{arrow['target']}", title, children)


def _new_arrow(names: dict[str, str]) -> Component:
    data = [{"value": name, "label": label} for name, label in names.items()]
    pair = html.Div(
        [
            dmc.Select(
                id={"pick": "arrow-source"},
                data=data,
                size="xs",
                placeholder="From",
                **{"aria-label": "New arrow from"},
            ),
            dmc.Select(
                id={"pick": "arrow-target"},
                data=data,
                size="xs",
                placeholder="To",
                **{"aria-label": "New arrow to"},
            ),
        ],
        className="pair",
    )
    return html.Div(
        [
            pair,
            dmc.Button(
                "Add an arrow",
                id=controls.action("arrow"),
                leftSection=controls.icon("plus", 14),
                size="compact-xs",
                variant="subtle",
            ),
        ],
        className="entry",
    )


def _counting(question: Question, facts: Facts) -> list[Component]:
    metric, second = question.get("metric"), question.get("secondary_metric")
    container = question["container"]
    return [
        controls.select(
            "Percent of",
            "choice",
            "percent_of",
            question.get("percent_of", "start"),
            [
                {"value": "start", "label": "Start checkpoint"},
                {"value": "previous", "label": "Previous checkpoint"},
                {"value": "total", "label": "Total"},
            ],
        ),
        controls.select(
            "Metric",
            "metric",
            "metric",
            json.dumps(None if metric == container_metric(container) else metric),
            metrics(container, facts, metric, own=True),
            searchable=True,
        ),
        controls.select(
            "Second metric",
            "metric",
            "secondary_metric",
            json.dumps(second) if second else None,
            metrics(container, facts, second),
            allowDeselect=True,
            clearable=True,
            searchable=True,
            placeholder="None",
        ),
        controls.select(
            "Other metrics count",
            "choice",
            "counting",
            question.get("counting", "all_matching"),
            [
                {"value": "all_matching", "label": "All matching events"},
                {"value": "on_path", "label": "Only events on the path"},
            ],
        ),
        controls.text(
            "Mature only: start at least",
            "duration",
            "mature_only",
            question.get("mature_only"),
            placeholder="such as 90d before the data end",
        ),
    ]


def metrics(container: str, facts: Facts, chosen: Any, *, own: bool = False) -> list[dict[str, Any]]:
    """Metrics by group, as JSON text: containers, amounts, numbers of events.

    `own` offers the container's own count as none: it follows the container.
    """
    names = [container, *(unit.name for unit in facts.containers if unit.name != container)]
    counts = [
        {"value": json.dumps(container_metric(name)), "label": facts.units[name].plural.capitalize()}
        for name in names
        if name in facts.units
    ]
    if own and counts:
        counts[0] = {"value": "null", "label": f"{counts[0]['label']} (the container)"}
    counts.append({"value": '"events"', "label": "Events"})
    sums = [{"value": json.dumps({"sum": path}), "label": metric_words({"sum": path})} for path in facts.sums]
    marks = [
        {"value": json.dumps({"count": {"milestone": name}}), "label": f"{milestone_name(name)} (events)"}
        for name in facts.milestones
    ]
    types = [
        {
            "value": json.dumps({"count": {"field": "event_type", "op": "equals", "value": name}}),
            "label": f"{name} (events)",
        }
        for name in facts.event_types[:100]
    ]
    groups = [("Containers", counts), ("Amounts", sums), ("Milestones", marks), ("Event types", types)]
    known = {item["value"] for _, items in groups for item in items}
    if chosen is not None and chosen != container_metric(container) and json.dumps(chosen) not in known:
        groups.append(("Other", [{"value": json.dumps(chosen), "label": metric_words(chosen)}]))
    return [{"group": title, "items": items} for title, items in groups if items]


def _shown(question: Question, display: Mapping[str, Any]) -> list[Component]:
    """How the canvas is shown; fallout parts are counted, the rest is drawing."""
    return [
        controls.select(
            "Arrow labels",
            "display",
            "arrow_text",
            display["arrow_text"],
            [{"value": value, "label": label} for value, label in ARROW_TEXTS],
        ),
        controls.switch("Arrow width by share", "display", "arrow_width", bool(display["arrow_width"])),
        controls.switch("Show fallout", "display", "fallout", bool(display["fallout"])),
        controls.switch(
            "Split fallout: lost, in play, dormant",
            "flag",
            "fallout_split",
            bool(question.get("fallout_split")),
        ),
    ]


def _compare(question: Question, facts: Facts) -> list[Component]:
    """Up to four segments side by side."""
    compared = question.get("compare") or []
    children: list[Component] = []
    for i, segment in enumerate(compared):
        dot = html.Span(
            className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"}, **{"aria-hidden": "true"}
        )
        entry = question_controls.segment(
            question, f"compare.{i}", segment, facts, f"Compared segment {i + 1}"
        )
        children.append(html.Div([dot, entry], className="compared"))
    if len(compared) < MOST_COMPARED:
        words = "Compare segments" if not compared else "Add a segment"
        children.append(
            dmc.Button(
                words,
                id=controls.action("compare"),
                leftSection=controls.icon("plus", 14),
                size="compact-xs",
                variant="subtle",
            )
        )
    return children
