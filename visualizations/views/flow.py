"""The flow: what comes next after an anchor, or what came before it."""

from __future__ import annotations

from typing import Any

from visualizations import controls, question_controls
from visualizations.base import Question, Scene, Sheet, View
from visualizations.dom import Component, dcc, html
from visualizations.facts import Facts
from visualizations.formats import count, percent
from visualizations.views.flow_figure import figure

CONFIG = {"displayModeBar": False, "responsive": False, "doubleClick": False}


def stage(result: Any, scene: Scene) -> Component:
    """The drawing; boxes and bands open into members."""
    graph = dcc.Graph(figure=figure(result, scene), config=CONFIG, id="flow-graph", className="plot")
    return html.Div(
        graph,
        className="stage-pad",
        role="img",
        **{"aria-label": f"Flow. {caption(result, scene)} The table holds the same numbers."},
    )


def anchor_title(result: Any) -> str:
    """The anchor as the answer names it."""
    rows = result.tables["nodes"].filter(kind="anchor", column=0)
    return str(rows["item"][0]) if rows.height else "the anchor"


def caption(result: Any, scene: Scene) -> str:
    """The most frequent item next to the anchor."""
    del scene
    backwards = result.spec.ends_with is not None
    nodes = result.tables["nodes"]
    beside = nodes.filter(column=-1 if backwards else 1)
    items = beside.filter(kind="item").sort(["paths", "item"], descending=[True, False])
    total, title = int(beside["paths"].sum() or 0), anchor_title(result)
    dimension = str(result.spec.dimension).replace("_", " ")
    when = "right before" if backwards else "right after"
    if not items.height or not total:
        return f"No {dimension} is seen {when} {title}."
    top = items.row(0, named=True)
    share = f"{count(top['paths'])} of {count(total)} paths, {percent(100 * top['paths'] / total)}"
    return f"{top['item']} is the most frequent {dimension} {when} {title}: {share}."


def emptied(result: Any) -> str:
    """Why a flow shows nothing."""
    if result.tables["nodes"].is_empty():
        return "No event matches the anchor under these segments, actors and dates."
    return ""


def inspector(question: Question, facts: Facts) -> list[Component]:
    """Anchor, dimension, columns and items, repeats."""
    anchor = question_controls.anchor_of(question)
    dimension = question.get("dimension", "event_type")
    direction = [
        {"value": "starts_with", "label": "Starts with"},
        {"value": "ends_with", "label": "Ends with"},
    ]
    occurrence = [
        {"value": "all", "label": "Every occurrence"},
        {"value": "first", "label": "The first"},
        {"value": "last", "label": "The last"},
    ]
    shape = html.Div(
        [
            controls.number("Columns", "columns", question.get("columns", 5), min=1, max=10),
            controls.number("Items per column", "items", question.get("items", 5), min=1, max=20),
        ],
        className="pair",
    )
    return [
        controls.section(
            "Anchor",
            controls.select("Direction", "anchor", "anchor", anchor, direction),
            controls.condition_picker(question, anchor, facts, "Anchor"),
            controls.text("Name", "text", "anchor_label", question.get("anchor_label")),
            controls.select(
                "Occurrence", "choice", "occurrence", question.get("occurrence", "all"), occurrence
            ),
        ),
        controls.section(
            "Items",
            controls.select(
                "Pathing dimension",
                "choice",
                "dimension",
                dimension,
                sorted({*_dimensions(facts), str(dimension)}),
                searchable=True,
            ),
            shape,
            controls.switch(
                "Count repeats of the same item", "flag", "repeats", bool(question.get("repeats"))
            ),
        ),
        question_controls.who_counts(question, facts),
    ]


def _dimensions(facts: Facts) -> list[str]:
    return [
        path
        for path in facts.fields
        if path not in ("occurred_at", "amount") and not path.endswith(("_at", ".email"))
    ]


def sheets(result: Any) -> list[Sheet]:
    """Items per column and the links between them."""
    del result
    return [
        Sheet(
            "Items",
            "nodes",
            (
                ("column", "Column", "text"),
                ("item", "Item", "text"),
                ("paths", "Paths", "count"),
                ("containers", "Containers", "count"),
            ),
            {"containers": "containers"},
            ("column", "kind", "item"),
        ),
        Sheet(
            "Links",
            "links",
            (
                ("column", "From column", "text"),
                ("source", "From", "text"),
                ("target", "To", "text"),
                ("paths", "Paths", "count"),
                ("containers", "Containers", "count"),
            ),
            {"containers": "containers"},
            ("column", "source_kind", "source", "target_kind", "target"),
        ),
    ]


VIEW = View(
    name="flow",
    title="Flow",
    icon="split",
    analysis="flow",
    purpose="What comes next after an event, or what came before it, item by item.",
    figure=figure,
    stage=stage,
    caption=caption,
    sheets=sheets,
    inspector=inspector,
    emptied=emptied,
)
