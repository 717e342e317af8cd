"""The controls of a fallout: touchpoints, rows, compared segments, who counts."""

from __future__ import annotations

from typing import Any

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.facts import Facts, in_words

MOST_COMPARED = 5


def inspector(question: Question, facts: Facts) -> list[Component]:
    """Touchpoints in order, what the rows show, compared segments, who counts."""
    points = question["touchpoints"]
    entries = [_touchpoint(question, i, point, facts) for i, point in enumerate(points)]
    items = dmc.Accordion(
        entries,
        id={"open": "touchpoints"},
        multiple=True,
        value=[],
        className="items",
        chevronSize=14,
        chevron=controls.icon("chevron-down", 14),
    )
    return [
        controls.section("Touchpoints", items, _add("Add a touchpoint", controls.action("touchpoint"))),
        controls.section("Rows", *_rows(question)),
        controls.section("Compare segments", *_compared(question, facts)),
        question_controls.who_counts(question, facts),
    ]


def _add(words: str, identity: Any) -> Component:
    return dmc.Button(
        words, id=identity, leftSection=controls.icon("plus", 14), size="compact-xs", variant="subtle"
    )


def _rows(question: Question) -> list[Component]:
    return [
        controls.switch("Begin with all containers", "unless", "baseline", question.get("baseline", True)),
        controls.switch(
            "Split fallout: lost, in play, dormant",
            "flag",
            "fallout_split",
            bool(question.get("fallout_split")),
        ),
        controls.text(
            "Mature only: start at least",
            "duration",
            "mature_only",
            question.get("mature_only"),
            placeholder="such as 90d before the data end",
        ),
    ]


def _compared(question: Question, facts: Facts) -> list[Component]:
    """Up to five segments side by side."""
    compared = question.get("compare") or []
    children: list[Component] = []
    for i, segment in enumerate(compared):
        colour = {"--segment": f"var(--segment-{i + 1})"}
        dot = html.Span(className="swatch-dot", style=colour, **{"aria-hidden": "true"})
        label = f"Compared segment {i + 1}"
        entry = question_controls.segment(question, f"compare.{i}", segment, facts, label)
        children.append(html.Div([dot, entry], className="compared"))
    if len(compared) < MOST_COMPARED:
        words = "Compare segments" if not compared else "Add a segment"
        children.append(_add(words, controls.action("compare")))
    return children


def _touchpoint(question: Question, i: int, point: Question, facts: Facts) -> Component:
    path, title = f"touchpoints.{i}", point.get("label") or in_words(point["where"])
    children = [
        controls.text("Name", "text", f"{path}.label", point.get("label"), placeholder=title),
        controls.condition_picker(question, f"{path}.where", facts, f"Events of {title}"),
        *(_limits(question, path, point, title, facts) if i else []),
        html.Div(_buttons(path, title, i, len(question["touchpoints"])), className="entry-actions"),
    ]
    panel = dmc.AccordionPanel(html.Div(children, className="entry"))
    return dmc.AccordionItem([dmc.AccordionControl(f"{i + 1}. {title}"), panel], value=str(i))


def _limits(question: Question, path: str, point: Question, title: str, facts: Facts) -> list[Component]:
    """How the touchpoint follows the one before, and what must not lie between."""
    parts = [question_controls.limits(question, path, title, with_path=True)]
    if not point.get("without"):
        return [*parts, _add("Without an event in between", controls.action("without", path))]
    picker = controls.condition_picker(question, f"{path}.without", facts, f"Not between, before {title}")
    drop = controls.icon_button(
        "x", f"Allow anything in between, before {title}", controls.action("without-remove", path)
    )
    head = html.Div([html.Span("Without, in between", className="hint"), drop], className="pair grow-first")
    return [*parts, html.Div([head, picker], className="entry")]


def _buttons(path: str, title: str, i: int, total: int) -> list[Component]:
    return [
        controls.icon_button("arrow-up", f"Move {title} up", controls.action("up", path), disabled=i == 0),
        controls.icon_button(
            "arrow-down", f"Move {title} down", controls.action("down", path), disabled=i == total - 1
        ),
        controls.icon_button(
            "trash-2", f"Remove {title}", controls.action("touchpoint-remove", path), disabled=total == 1
        ),
    ]
