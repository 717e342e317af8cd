"""The controls of a flow: anchor, items, columns, what is listed, two segments against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.editing.flow_edits import MOST_COLUMNS, MOST_ITEMS, by_buyers, columns_of, nearest_first
from visualizations.facts import Facts, in_words
from visualizations.views.flow.words import field_title

DIRECTIONS = (("starts_with", "Starts with"), ("contains", "Contains"), ("ends_with", "Ends with"))
OCCURRENCES = (("all", "Every occurrence"), ("first", "The first"), ("last", "The last"))
LISTS = (("0", "None"), ("10", "10"), ("50", "50"), ("200", "200"))


def _options(pairs: Any) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def inspector(question: Question, facts: Facts, display: Mapping[str, Any] | None = None) -> list[Component]:
    """Anchor, items, columns, who counts."""
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
        controls.section("Whole paths and times", *_lists(question)),
        controls.section("Compare two segments", *_against(question, facts, display or {})),
        question_controls.who_counts(question, facts),
    ]


def _items(question: Question, facts: Facts) -> list[Component]:
    columns, near = columns_of(question), nearest_first(question)
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
    each = [
        controls.select(
            f"Column {i + 1} from the anchor", "flow-dimension", str(i), near[i], choices, searchable=True
        )
        for i in range(columns)
    ]
    per_column = dmc.Accordion(
        [
            dmc.AccordionItem(
                [
                    dmc.AccordionControl("A dimension for each column"),
                    dmc.AccordionPanel(html.Div(each, className="entry")),
                ],
                value="columns",
            )
        ],
        id={"open": "flow-columns"},
        multiple=True,
        value=[],
        className="items",
        chevronSize=14,
        chevron=controls.icon("chevron-down", 14),
    )
    shape = html.Div(
        [
            dmc.NumberInput(
                id=controls.edit("flow-columns", "columns"),
                label="Columns",
                value=columns,
                min=1,
                max=MOST_COLUMNS,
                size="xs",
                debounce=400,
            ),
            controls.number("Items per column", "items", question.get("items", 5), min=1, max=MOST_ITEMS),
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
        per_column,
        dmc.MultiSelect(
            id=controls.edit("each", "exclude"),
            label="Excluded items",
            value=excluded,
            data=values,
            size="xs",
            searchable=True,
            placeholder="" if excluded else "None",
            comboboxProps={"shadow": "md"},
        ),
        controls.switch("Count repeats of the same item", "flag", "repeats", bool(question.get("repeats"))),
        controls.switch("Only buyers' own events as items", "flow-buyers", "among", by_buyers(question)),
    ]


def dimensions(facts: Facts, chosen: list[str]) -> list[str]:
    """Fields whose items make up paths: text of every record, as well as those in use."""
    return sorted({*facts.dimensions, *chosen})


def _lists(question: Question) -> list[Component]:
    lists = str(question.get("paths", 0))
    options = [*LISTS, *([(lists, lists)] if lists not in dict(LISTS) else [])]
    return [
        controls.select("Whole paths listed", "flow-paths", "paths", lists, _options(options)),
        controls.switch("Median times in the tables", "flag", "times", bool(question.get("times"))),
    ]


def _against(question: Question, facts: Facts, display: Mapping[str, Any]) -> list[Component]:
    """Two segments, chosen from those saved and from the values of the main fields."""
    pair = list(display.get("against") or [])
    choices = segment_choices(question, facts, pair)
    made: list[Component] = []
    for i in (0, 1):
        chosen = json.dumps(pair[i], sort_keys=True) if len(pair) == 2 and pair[i] else None
        dot = html.Span(
            className="swatch-dot",
            style={"--segment": f"var(--segment-{i + 1})"},
            **{"aria-hidden": "true"},
        )
        pick = controls.select(
            f"Segment {i + 1}",
            "display",
            f"against.{i}",
            chosen,
            choices,
            hidden_label=True,
            searchable=True,
            clearable=True,
            placeholder=("Choose a segment", "against another")[i],
        )
        made.append(html.Div([dot, html.Div(pick, className="entry")], className="compared"))
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
