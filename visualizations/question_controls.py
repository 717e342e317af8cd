"""Controls of what every question has: container, dates, segments, actors, history, limits, metrics."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.editing.edits import ANCHORS, at
from visualizations.facts import Facts
from visualizations.panels import canvas_toolbar

RANGES = (
    ("all", "All data"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("180d", "Last 180 days"),
    ("365d", "Last 365 days"),
    ("custom", "Custom dates"),
)


def toolbar(question: Question, facts: Facts) -> list[Component]:
    """Container and date range: always in sight."""
    units = [{"value": unit.name, "label": unit.label} for unit in facts.containers]
    chosen = question["container"]
    if chosen not in {unit["value"] for unit in units}:
        units.append({"value": chosen, "label": facts.label(chosen) if chosen in facts.units else chosen})
    span = question.get("date_range") or {}
    preset = "all" if not span else span.get("last") or "custom"
    ranges = [{"value": value, "label": label} for value, label in RANGES]
    if question.get("compare_ranges"):
        preset = "compared"
        ranges.append({"value": preset, "label": "Compared ranges"})
    elif preset not in dict(RANGES):
        ranges.append({"value": preset, "label": f"Last {preset}"})
    parts: list[Component] = [
        _labelled(
            "Container",
            controls.select("Container", "choice", "container", chosen, units, hidden_label=True, w=148),
        ),
        _labelled(
            "Dates",
            controls.select("Date range", "range", "date_range", preset, ranges, hidden_label=True, w=148),
        ),
    ]
    if preset == "custom":
        first, last = facts.local(facts.info["data_from"]), facts.local(facts.info["horizon"])
        start = span.get("from") or (str(first.date()) if first else None)
        end = span.get("to") or (str(last.date()) if last else None)
        parts.append(
            dmc.DatePickerInput(
                id=controls.edit("dates", "date_range"),
                type="range",
                value=[start, end],
                size="xs",
                w=210,
                valueFormat="D MMM YYYY",
            )
        )
    if question["analysis"] == "journey_canvas":
        parts += [*canvas_toolbar.buttons(question), _find_one()]
    if question["analysis"] == "fallout":
        parts.append(_on_the_canvas())
    return parts


def _on_the_canvas() -> Component:
    """The same question as a canvas."""
    return html.Button(
        [controls.icon("waypoints", 14), html.Span("Show on the canvas")],
        className="toolbar-button",
        type="button",
        **{"data-send": json.dumps({"kind": "convert"})},
    )


def _find_one() -> Component:
    """Looks like a search field, opens the dialog."""
    return html.Button(
        [controls.icon("search", 14), html.Span("Show one account or deal")],
        className="search-button find-one",
        type="button",
        **{"data-send": json.dumps({"kind": "trace-pick"})},
    )


def _labelled(label: str, control: Component) -> Component:
    return html.Div(
        [html.Span(label, className="toolbar-label", **{"aria-hidden": "true"}), control],
        className="toolbar-item",
    )


def who_counts(question: Question, facts: Facts) -> Component:
    """Segments, actors, history and what the date range cuts."""
    container = question["container"]
    children: list[Any] = []
    for i, condition in enumerate(question.get("segments") or []):
        children.append(segment(question, f"segments.{i}", condition, facts, f"Segment {i + 1}"))
    children.append(
        dmc.Button(
            "Add a segment",
            id=controls.action("segment"),
            leftSection=controls.icon("plus", 14),
            size="compact-xs",
            variant="subtle",
        )
    )
    actors = [{"value": name, "label": name.capitalize()} for name in ("buyer", "seller", "system")]
    actors_chosen = list(question.get("actors") or [])
    children.append(
        dmc.MultiSelect(
            id=controls.edit("each", "actors"),
            label="Actors",
            value=actors_chosen,
            data=actors,
            size="xs",
            placeholder="All" if not actors_chosen else "",
            comboboxProps={"shadow": "md"},
        )
    )
    if container in facts.members_known:
        default = "members" if container in (facts.info.get("memberships") or []) else "stamped"
        options = [
            {"value": "members", "label": "Own events and those of its members"},
            {"value": "stamped", "label": "Only events with its id"},
        ]
        children.append(
            controls.select("History", "choice", "history", question.get("history") or default, options)
        )
    if question.get("date_range"):
        options = [
            {"value": "start", "label": "Starts only; later events count"},
            {"value": "events", "label": "All events"},
        ]
        children.append(
            controls.select(
                "Date range applies to",
                "choice",
                "date_range.applies_to",
                question["date_range"].get("applies_to", "start"),
                options,
            )
        )
    return controls.section("Who counts", *children)


def segment(question: Question, path: str, condition: Any, facts: Facts, label: str) -> Component:
    """A segment: of whole containers or of single events, with what it asks."""
    whole = isinstance(condition, dict) and set(condition) == {"container", "where"}
    scopes = [
        {"value": unit.name, "label": f"{unit.plural.capitalize()} with"} for unit in facts.containers
    ] + [{"value": "event", "label": "Only events that match"}]
    scope = controls.select(
        f"{label}: scope",
        "scope",
        path,
        condition["container"] if whole else "event",
        scopes,
        hidden_label=True,
    )
    picker = controls.condition_picker(question, f"{path}.where" if whole else path, facts, label)
    drop = controls.icon_button("x", f"Remove {label.lower()}", controls.action("remove", path))
    return html.Div([html.Div([scope, drop], className="pair grow-first"), picker], className="entry")


def compared(question: Question, facts: Facts, *, most: int) -> list[Component]:
    """The compared segments, each with its colour, and a button for one more."""
    given = question.get("compare") or []
    children: list[Component] = []
    for i, condition in enumerate(given):
        dot = html.Span(
            className="swatch-dot", style={"--segment": f"var(--segment-{i + 1})"}, **{"aria-hidden": "true"}
        )
        entry = segment(question, f"compare.{i}", condition, facts, f"Compared segment {i + 1}")
        children.append(html.Div([dot, entry], className="compared"))
    if len(given) < most:
        children.append(
            dmc.Button(
                "Add a segment" if given else "Compare segments",
                id=controls.action("compare"),
                leftSection=controls.icon("plus", 14),
                size="compact-xs",
                variant="subtle",
            )
        )
    return children


def limits(question: Question, path: str, label: str, *, with_path: bool = False) -> Component:
    """Time limits and identity on an arrow or touchpoint."""
    part = at(question, path) or {}
    names = ("opportunity", "person", "buying_group", "account")
    same = [
        {"value": "any", "label": "Any"},
        *({"value": f"same.{name}", "label": f"Same {name.replace('_', ' ')}"} for name in names),
        *({"value": f"different.{name}", "label": f"Different {name.replace('_', ' ')}"} for name in names),
    ]
    chosen = next((f"{kind}.{part[kind]}" for kind in ("same", "different") if part.get(kind)), "any")
    row = [
        controls.text("Within", "duration", f"{path}.within", part.get("within"), placeholder="no limit"),
        controls.text("Not before", "duration", f"{path}.after", part.get("after"), placeholder="no limit"),
    ]
    del label
    identity = controls.select("Both events", "identity", path, chosen, same)
    children: list[Component] = [html.Div(row, className="pair"), identity]
    if with_path:
        options = [
            {"value": "eventual", "label": "Eventually, any time later"},
            {"value": "next", "label": "As the very next event"},
        ]
        children.insert(
            0, controls.select("Follows", "choice", f"{path}.path", part.get("path", "eventual"), options)
        )
    return html.Div(children, className="limits")


def anchor_of(question: Question) -> str:
    """Which of starts_with, contains, ends_with a flow uses."""
    return next((name for name in ANCHORS if question.get(name) is not None), "starts_with")
