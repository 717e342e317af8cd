"""The controls of a journey canvas: checkpoints, arrows, counting."""

from __future__ import annotations

import json

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.facts import Facts, in_words


def inspector(question: Question, facts: Facts) -> list[Component]:
    """Checkpoints, arrows, counting, who counts."""
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
        question_controls.limits(question, path, title),
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
    own = question_controls.metrics(container, facts, metric)
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
        controls.select("Metric", "metric", "metric", json.dumps(metric) if metric else own[0]["value"], own),
        controls.select(
            "Second metric",
            "metric",
            "secondary_metric",
            json.dumps(second) if second else None,
            question_controls.metrics(container, facts, second),
            allowDeselect=True,
            clearable=True,
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
    ]
