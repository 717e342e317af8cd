"""The controls of a flow: anchor, items, columns, focus, what is listed, segments against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import workbench as wb
from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.editing.flow_edits import (
    MOST_COLUMNS,
    MOST_ITEMS,
    by_buyers,
    columns_of,
    kept_of,
    nearest_first,
)
from visualizations.editing.flow_shown import AGAINST, COMPARED, DRAWN, only_types
from visualizations.facts import Facts, in_words
from visualizations.views.flow.words import column_title, field_title, focus_words

DIRECTIONS = (("starts_with", "Starts with"), ("contains", "Contains"), ("ends_with", "Ends with"))
OCCURRENCES = (("all", "Every occurrence"), ("first", "The first"), ("last", "The last"))
LISTS = (("0", "None"), ("10", "10"), ("50", "50"), ("200", "200"))


def _options(pairs: Any) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def inspector(question: Question, facts: Facts, display: Mapping[str, Any] | None = None) -> list[Component]:
    """Anchor, items, columns, who counts; nothing to edit where the question is refused."""
    try:
        wb.parse_spec(question)
    except wb.WorkbenchError as problem:
        return [controls.section("This question cannot be edited", html.P(str(problem), className="hint"))]
    anchor = question_controls.anchor_of(question)
    return [
        controls.section(
            "Anchor",
            controls.select("Direction", "anchor", "anchor", anchor, _options(DIRECTIONS)),
            controls.condition_picker(question, anchor, facts, "Anchor"),
            controls.text("Name", "text", "anchor_label", question.get("anchor_label")),
            html.Div(
                [
                    controls.select(
                        "Occurrence",
                        "choice",
                        "occurrence",
                        question.get("occurrence", "all"),
                        _options(OCCURRENCES),
                    ),
                    controls.text(
                        "Within", "duration", "within", question.get("within"), placeholder="such as 90d"
                    ),
                ],
                className="pair",
            ),
        ),
        controls.section("Items", *_items(question, facts)),
        *_focus(question),
        controls.section("Whole paths and times", *_lists(question, facts, display or {})),
        controls.section("Compare segments", *_against(question, facts, display or {})),
        question_controls.who_counts(question, facts),
    ]


def _items(question: Question, facts: Facts) -> list[Component]:
    columns, near, kept = columns_of(question), nearest_first(question), kept_of(question)
    listed = not isinstance(question.get("dimension", ""), str)
    choices = [{"value": path, "label": field_title(path).capitalize()} for path in dimensions(facts, near)]
    one = controls.select(
        "Pathing dimension",
        "flow-dimension",
        "all",
        "" if listed else near[0],
        choices,
        searchable=True,
        placeholder="One for each column",
    )
    same = len(set(kept.values())) == 1
    shape = html.Div(
        [
            _amount("Columns", "flow-columns", "columns", columns, MOST_COLUMNS),
            _amount(
                "Items in every column", "flow-items", "all", kept[min(kept)] if same else "", MOST_ITEMS
            ),
        ],
        className="pair",
    )
    excluded = list(question.get("exclude") or [])
    values = list(
        dict.fromkeys([*excluded, *(v for path in dict.fromkeys(near) for v in facts.values(path))])
    )
    return [
        one,
        shape,
        _each_column(near, kept, choices),
        _several("Excluded items", "flow-exclude", "exclude", excluded, [(one, one) for one in values]),
        controls.switch("Count repeats of the same item", "flag", "repeats", bool(question.get("repeats"))),
        controls.switch("Only buyers' own events as items", "flow-buyers", "among", by_buyers(question)),
    ]


def _amount(label: str, kind: str, path: str, value: Any, most: int) -> Component:
    return dmc.NumberInput(
        id=controls.edit(kind, path),
        label=label,
        value=value,
        min=1,
        max=most,
        size="xs",
        debounce=400,
        placeholder="" if value else "Differs",
    )


def _several(label: str, kind: str, path: str, chosen: list[str], options: Any) -> Component:
    """A list of choices, each of which can be taken away."""
    return dmc.MultiSelect(
        id=controls.edit(kind, path),
        label=label,
        value=chosen,
        data=_options(options),
        size="xs",
        searchable=True,
        placeholder="" if chosen else "None",
        comboboxProps={"shadow": "md"},
    )


def _each_column(near: list[str], kept: Mapping[int, int], choices: list[dict[str, str]]) -> Component:
    """Dimension and number of items, column by column."""
    each: list[Component] = []
    for i, path in enumerate(near):
        name = f"Column {i + 1} from the anchor"
        each.append(controls.select(name, "flow-dimension", str(i), path, choices, searchable=True))
        mine = sorted(column for column in kept if abs(column) == i + 1)
        amounts = [
            _amount(f"Items {column_title(column)}", "flow-items", str(column), kept[column], MOST_ITEMS)
            for column in mine
        ]
        each.append(html.Div(amounts, className="pair"))
    panel = dmc.AccordionPanel(html.Div(each, className="entry"))
    item = dmc.AccordionItem(
        [dmc.AccordionControl("Dimension and items, column by column"), panel], value="columns"
    )
    return dmc.Accordion(
        [item],
        id={"open": "flow-columns"},
        multiple=True,
        value=[],
        className="items",
        chevronSize=14,
        chevron=controls.icon("chevron-down", 14),
    )


def dimensions(facts: Facts, chosen: list[str]) -> list[str]:
    """Fields whose items make up paths: text of every record, as well as those in use."""
    return sorted({*facts.dimensions, *chosen})


def _focus(question: Question) -> list[Component]:
    """What paths must pass, each to be taken away; empty where nothing is in focus."""
    spec: Any = wb.parse_spec(question)
    options = [(str(one.column), focus_words(one, in_words(spec.anchor.to_json()))) for one in spec.through]
    chosen = [column for column, _ in options]
    made = _several("Only paths through", "flow-through", "through", chosen, options)
    return [controls.section("Focus", made)] if options else []


def _lists(question: Question, facts: Facts, display: Mapping[str, Any]) -> list[Component]:
    lists = str(question.get("paths", 0))
    options = [*LISTS, *([(lists, lists)] if lists not in dict(LISTS) else [])]
    parts = [controls.select("Whole paths listed", "flow-paths", "paths", lists, _options(options))]
    if lists != "0":
        goal = question.get("goal")
        parts.append(
            controls.select(
                "Conversion: what comes later",
                "metric",
                "goal",
                json.dumps(goal, sort_keys=True) if goal else None,
                goal_choices(question, facts),
                searchable=True,
                clearable=True,
                placeholder="No conversion",
            )
        )
    parts.append(controls.switch("Median times in the tables", "flag", "times", bool(question.get("times"))))
    if facts.order and only_types(question):
        marks = bool(display.get("marks", True))
        parts.append(controls.switch("Mark what goes back or skips", "display", "marks", marks))
    return parts


def goal_choices(question: Question, facts: Facts) -> list[dict[str, Any]]:
    """Milestones, event types and the goal there is, as JSON text."""

    def option(where: Any, label: str) -> dict[str, str]:
        return {"value": json.dumps(where, sort_keys=True), "label": label}

    marks = [option({"milestone": m}, in_words({"milestone": m})) for m in facts.milestones]
    types = [option({"field": "event_type", "value": name}, name) for name in facts.event_types]
    known, goal = {one["value"] for one in (*marks, *types)}, question.get("goal")
    own = [option(goal, in_words(goal))] if goal and json.dumps(goal, sort_keys=True) not in known else []
    groups = [("Milestones", marks), ("Event types", types), ("As asked", own)]
    return [{"group": title, "items": items} for title, items in groups if items]


def _against(question: Question, facts: Facts, display: Mapping[str, Any]) -> list[Component]:
    """Segments, chosen from those saved and from the values of the main fields: two are drawn."""
    chosen = list(display.get("against") or [None, None])
    choices = segment_choices(question, facts, chosen)
    slots = len(chosen) + (all(chosen) and len(chosen) < COMPARED)
    made: list[Component] = []
    for i in range(slots):
        given = json.dumps(chosen[i], sort_keys=True) if i < len(chosen) and chosen[i] else None
        colour = f"var(--segment-{i + 1})" if i < DRAWN else "var(--line-strong)"
        dot = html.Span(className="swatch-dot", style={"--segment": colour}, **{"aria-hidden": "true"})
        pick = controls.select(
            f"Segment {i + 1}",
            "display",
            f"{AGAINST}{i}",
            given,
            choices,
            hidden_label=True,
            searchable=True,
            clearable=True,
            placeholder=("Choose a segment", "against another", "one more, in the tables")[min(i, DRAWN)],
        )
        made.append(html.Div([dot, html.Div(pick, className="entry")], className="compared"))
    if len(chosen) > DRAWN:
        made.append(
            html.P("The drawing compares the first two; tables and exports have all.", className="hint")
        )
    return made


def segment_choices(question: Question, facts: Facts, chosen: list[Any]) -> list[dict[str, Any]]:
    """Saved segments, then values of the fields that tell the containers apart, as JSON text."""
    container = question["container"]

    def option(segment: Any, label: str) -> dict[str, str]:
        return {"value": json.dumps(segment, sort_keys=True), "label": label}

    groups = [("Saved segments", [option({"segment": name}, label) for name, label in facts.segments()])]
    kinds = [path for path in facts.dimensions if path.split(".")[0] in (container, "account", "opportunity")]
    for path in kinds:
        values = facts.values(path)
        if 2 <= len(values) <= 30:
            tests = [{"field": path, "op": "equals", "value": value} for value in values]
            wheres = [{"container": container, "where": test} for test in tests]
            names = zip(wheres, values, strict=True)
            groups.append((field_title(path).capitalize(), [option(where, v) for where, v in names]))
    marks = [
        ({"container": container, "where": {"milestone": m}}, in_words({"milestone": m}))
        for m in facts.milestones
    ]
    groups.append(("With milestone", [option(where, label) for where, label in marks]))
    known = {one["value"] for _, items in groups for one in items}
    others = [one for one in chosen if one and json.dumps(one, sort_keys=True) not in known]
    groups.append(("Others", [option(one, in_words(one)) for one in others]))
    return [{"group": title, "items": items} for title, items in groups if items]
