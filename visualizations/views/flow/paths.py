"""Whole paths below a flow: the most frequent, where most leave, and each as a fallout."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls, markup
from visualizations.dom import Component, html
from visualizations.facts import in_words
from visualizations.formats import (
    NOTHING,
    SMALL_SAMPLE,
    count,
    duration,
    interval,
    limit,
    percent,
    sample_note,
)
from visualizations.markup import Markup, tag
from visualizations.views.flow.drawing import Drawing
from visualizations.views.flow.lift import Lifts, Row, lift_of, lift_tip, lift_words
from visualizations.views.flow.reading import LISTED, Whole, wholes


def panel(drawn: Drawing) -> Component:
    """One or two lists side by side."""
    tables, influence = drawn.result.tables, None
    title = "Most frequent whole paths" + (" in focus" if drawn.focus is not None else "")
    lists = [_listed(title, "paths", wholes(tables["paths"]), drawn)]
    if "exits" in tables and tables["exits"].height:
        lists.append(_listed("Where most leave", "exits", wholes(tables["exits"]), drawn))
    if drawn.lifts is not None and drawn.lifts.rows:
        influence = markup.raw(_influence(drawn, drawn.lifts), className="flow-list influence")
    made = [markup.raw(one, className="flow-list") for one in lists]
    return html.Div([*made, *([] if influence is None else [influence])], className="flow-paths")


def _listed(title: str, table: str, found: list[Whole], drawn: Drawing) -> Markup:
    unit, goal = drawn.scene.unit(drawn.result.spec.container), goal_title(drawn.result)
    heads = [
        (title, ""),
        ("Paths", "num"),
        ("Share", "num"),
        (unit.plural.capitalize(), "num"),
        *([(f"Then {goal}", "num")] if goal else []),
        ("Median", "num"),
        ("", ""),
    ]
    rows = []
    for whole in found[:LISTED]:
        row = whole.row
        select = {key: row[key] for key in ("first_column", "path", "kinds")}
        cells = [
            tag("th", _steps(whole, drawn), scope="row"),
            tag("td", count(row["paths"]), class_="num"),
            tag("td", percent(row["percent"]), class_="num"),
            tag(
                "td",
                markup.opens(count(row["containers"]), table, select, "containers", title=row["path"]),
                class_="num",
            ),
            _converted(row, table, select, goal) if goal else None,
            tag("td", duration(row["median_seconds"]), class_="num"),
            tag("td", _as_fallout(whole)),
        ]
        target = {"table": table, "select": select, "measure": "containers", "title": row["path"]}
        rows.append(tag("tr", cells, data_context=json.dumps(target, ensure_ascii=False)))
    return markup.table(heads, rows, class_="flow-whole")


def goal_title(result: Any) -> str:
    """What whole paths convert to, in words; empty where nothing is asked."""
    goal = result.spec.goal
    return in_words(goal.to_json()) if goal is not None else ""


def _converted(row: dict[str, Any], table: str, select: dict[str, Any], goal: str) -> Markup:
    """How many reach the goal later, with the interval of the share where the sample is small."""
    number, share, base = row["converted"], row["converted_percent"], row["containers"]
    shown: Any = count(number)
    if number:
        shown = markup.opens(shown, table, select, "converted", title=f"{row['path']}, then {goal}")
    bounds = interval(number, base) if base < SMALL_SAMPLE else None
    small = f" ({bounds[0]:.0f}{NOTHING}{bounds[1]:.0f}%)" if bounds else ""
    tip = f"{count(number)} of {count(base)} came to {goal} later. {sample_note(number, base)}".strip()
    said = [tag("span", f" · {percent(share)}"), tag("span", small, class_="faint")]
    return tag("td", [shown, *said], class_="num", data_tip=tip)


def _influence(drawn: Drawing, lifts: Lifts) -> Markup:
    """Items by how much more often they precede the anchor than elsewhere."""
    plural = drawn.scene.unit(drawn.result.spec.container).plural
    numbers = [f"Lift, {side}" for side in lifts.sides] or ["Before it", "Elsewhere", "Lift"]
    title = f"Influence, {limit(lifts.within)} before {drawn.anchor}"
    heads = [(title, ""), *((name, "num") for name in numbers)]
    rows = []
    for row in lifts.ranked()[:LISTED]:
        cells = [
            tag(
                "th",
                tag("div", tag("span", row["item"], class_="flow-step"), class_="flow-steps"),
                scope="row",
            ),
            *_lifts(lifts, row),
        ]
        tip = lift_tip(lifts, row["item"], plural, drawn.anchor)
        rows.append(tag("tr", cells, data_tip=tip))
    return markup.table(heads, rows, class_="flow-whole")


def _lifts(lifts: Lifts, row: Row) -> list[Markup]:
    """The numbers of an item: both shares and the lift, or the lift in each compared segment."""
    if lifts.sides:
        found = (lift_of(rows, row["item"]) or "not before it" for rows in lifts.sides.values())
        return [tag("td", words, class_="num" + ("" if "(" in words else " faint")) for words in found]
    return [
        tag("td", percent(row["covered_share"]), class_="num"),
        tag("td", percent(row["matched_share"]), class_="num"),
        tag("td", lift_words(row), class_="num" + ("" if row["enough"] else " faint")),
    ]


def _steps(whole: Whole, drawn: Drawing) -> Markup:
    """Items in a row; ends and the anchor stand out from items."""
    parts: list[Markup] = []
    for key in whole.steps:
        parts.append(tag("span", drawn.title(key), class_=f"flow-step of-{key[1]}"))
    return tag("div", parts, class_="flow-steps", title=whole.row["path"])


def _as_fallout(whole: Whole) -> Markup | None:
    if sum(kind in ("item", "anchor") for _, kind, _ in whole.steps) < 2:
        return None
    data: dict[str, Any] = {"kind": "convert", "steps": [list(key) for key in whole.steps]}
    return tag(
        "button",
        markup.written(controls.icon("funnel", 14)),
        type="button",
        class_="more",
        data_send=json.dumps(data, ensure_ascii=False),
        data_tip="Open as a fallout",
        aria_label=f"Open as a fallout: {whole.row['path']}",
    )
