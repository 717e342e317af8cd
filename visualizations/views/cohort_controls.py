"""The controls of a cohort table: inclusion, return, periods."""

from __future__ import annotations

from visualizations import controls, question_controls
from visualizations.base import Question
from visualizations.dom import Component, dmc, html
from visualizations.facts import Facts

GRANULARITIES = ("day", "week", "month", "quarter", "year", "fiscal_quarter")


def inspector(question: Question, facts: Facts) -> list[Component]:
    """Inclusion, return, periods, who counts."""
    grains = [{"value": name, "label": name.replace("_", " ").capitalize()} for name in GRANULARITIES]
    types = [{"value": "retention", "label": "Retention"}, {"value": "churn", "label": "Churn"}]
    membership = [
        {"value": "every", "label": "In every period that qualifies"},
        {"value": "first", "label": "Only in the first of all data"},
    ]
    return [
        _criteria(question, "inclusion", "Inclusion", facts),
        _criteria(question, "return", "Return", facts),
        controls.section(
            "Periods",
            html.Div(
                [
                    controls.select(
                        "Length", "choice", "granularity", question.get("granularity", "month"), grains
                    ),
                    controls.select("Type", "choice", "type", question.get("type", "retention"), types),
                ],
                className="pair",
            ),
            controls.select(
                "A container belongs", "choice", "membership", question.get("membership", "every"), membership
            ),
            controls.number(
                "At most this many periods",
                "max_periods",
                question.get("max_periods"),
                min=1,
                placeholder="All",
            ),
            controls.switch(
                "Rolling: must return in every period", "flag", "rolling", bool(question.get("rolling"))
            ),
        ),
        question_controls.who_counts(question, facts),
    ]


def _criteria(question: Question, side: str, title: str, facts: Facts) -> Component:
    part = question[side]
    comparisons = [
        {"value": ">=", "label": "at least"},
        {"value": "equals", "label": "exactly"},
        {"value": "<=", "label": "at most"},
        {"value": ">", "label": "more than"},
        {"value": "<", "label": "fewer than"},
    ]
    children: list[Component] = []
    for i, metric in enumerate(part["metrics"]):
        path = f"{side}.metrics.{i}"
        threshold = html.Div(
            [
                controls.select(
                    f"{title} {i + 1}: comparison",
                    "choice",
                    f"{path}.op",
                    metric.get("op", ">="),
                    comparisons,
                    hidden_label=True,
                ),
                dmc.NumberInput(
                    id=controls.edit("number", f"{path}.value"),
                    value=metric.get("value", 1),
                    min=0,
                    size="xs",
                    debounce=400,
                    **{"aria-label": f"{title} {i + 1}: number of events"},
                ),
                controls.icon_button(
                    "x",
                    f"Remove {title.lower()} {i + 1}",
                    controls.action("remove", path),
                    disabled=len(part["metrics"]) == 1,
                ),
            ],
            className="pair threshold",
        )
        children.append(
            html.Div(
                [controls.condition_picker(question, f"{path}.where", facts, f"{title} {i + 1}"), threshold],
                className="entry",
            )
        )
    if len(part["metrics"]) > 1:
        children.append(
            controls.select(
                "Together",
                "choice",
                f"{side}.combine",
                part.get("combine", "all"),
                [{"value": "all", "label": "All of them"}, {"value": "any", "label": "Any of them"}],
            )
        )
    children.append(
        dmc.Button(
            "Add a criterion",
            id=controls.action("criterion", side),
            leftSection=controls.icon("plus", 14),
            size="compact-xs",
            variant="subtle",
        )
    )
    return controls.section(title, *children)
