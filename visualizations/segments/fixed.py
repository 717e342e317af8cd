"""A static segment: members ticked in a list that rules narrow; it never changes by itself."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.formats import count
from visualizations.segments import boxes, side, tree
from visualizations.segments.fields import Place
from visualizations.segments.frame import Drawing

SHOWN = 200
MOST = 50_000
"""Members that one list can be ticked to hold in the app; a query put in by code has no limit."""


def found(desk: Desk, question: Question) -> pl.DataFrame:
    """`<container>_id, name` of the containers that the narrowing rules leave, by name."""
    container = question["container"]
    condition = tree.complete(question.get("content")) or side.EVERYTHING
    frame: pl.DataFrame = desk.bench.segments.members(condition, container)
    text = str(question.get("search") or "").lower()
    if text:
        words = pl.col(pl.String).fill_null("").str.to_lowercase().str.contains(text, literal=True)
        frame = frame.filter(pl.any_horizontal(words))
    return frame.sort("name", frame.columns[0], nulls_last=True)


def tab(desk: Desk, question: Question) -> Component:
    """Rules that narrow, the list to tick, and who is on it."""
    drawing = Drawing(Place(desk.facts, question["container"]), lambda part: None)
    narrowing = html.Details(
        [
            html.Summary("Narrow the list by rules"),
            boxes.part(question.get("content"), "content", drawing),
        ],
        open=bool(question.get("content")),
        className="narrowing",
    )
    try:
        frame = found(desk, question)
        listed: Any = _ticking(desk, question, frame)
    except wb.WorkbenchError as problem:
        listed = html.P(str(problem), className="problem", role="alert")
    return html.Div(
        [html.Div([narrowing, listed], className="seg-boxes"), _chosen(desk, question)], className="seg-build"
    )


def _ticking(desk: Desk, question: Question, frame: pl.DataFrame) -> Component:
    unit = desk.facts.units[question["container"]]
    ticked = set(question.get("ids") or ())
    search = controls.text(
        "Search", "text", "search", question.get("search"), hidden_label=True, w=260,
        placeholder="Name, id or company", leftSection=controls.icon("search", 14),
    )  # fmt: skip
    every = [
        _button(f"Tick all {count(frame.height)}", "tick-found"),
        _button("Untick them", "untick-found"),
    ]
    held = html.Span(f"{count(frame.height)} {unit.of(frame.height)}", className="hint")
    head = html.Div([search, held, *every], className="tick-head")
    names = [name for name in frame.columns if not name.endswith("_id")]
    heads = [("", "tick"), *((name.replace("_", " ").capitalize(), "") for name in names), ("Id", "")]
    rows = (_row(row, names, ticked) for row in frame.head(SHOWN).iter_rows(named=True))
    more = f"The first {SHOWN} of {count(frame.height)}; narrow the list, or tick all of them at once."
    return html.Div(
        [
            head,
            markup.raw(markup.table(heads, rows, class_="sheet ticks"), className="ticks-scroll"),
            html.P(more, className="hint") if frame.height > SHOWN else None,
        ],
        className="card",
    )


def _button(words: str, action: str) -> Component:
    return dmc.Button(words, id=controls.action(action, "ids"), size="compact-xs", variant="subtle")


def _row(row: dict[str, Any], names: list[str], ticked: set[str]) -> markup.Markup:
    member = str(next(iter(row.values())))
    on = member in ticked
    gesture = json.dumps({"kind": "tick", "id": member, "on": not on})
    box = markup.tag(
        "button",
        "✓" if on else "",
        type="button",
        role="checkbox",
        class_="tick-box",
        aria_checked="true" if on else "false",
        aria_label=f"{row['name']}, {member}" if row.get("name") else member,
        data_gesture=gesture,
    )
    cells = [markup.tag("td", str(row[name]) if row[name] is not None else "–") for name in names]
    return markup.tag("tr", markup.tag("td", box), cells, markup.tag("td", member, class_="hint"))


def _chosen(desk: Desk, question: Question) -> Component:
    unit = desk.facts.units[question["container"]]
    ids = list(question.get("ids") or ())
    number = html.Div([html.Strong(count(len(ids))), html.Span(unit.of(len(ids)))], className="size-own")
    hint = "A fixed list changes only when somebody ticks, adds or removes; new data never adds to it."
    clear = _button("Remove all", "untick-all") if ids else None
    return html.Aside(
        html.Section(
            [html.H2("On the list"), number, html.P(hint, className="hint"), clear],
            className="card side-card",
            **{"aria-live": "polite"},
        ),
        className="seg-side",
        **{"aria-label": "What the segment holds"},
    )


# --- edits -----------------------------------------------------------------------------------------


def ticked(question: Question, member: str, on: bool) -> Question:
    """With one member on the list, or off it."""
    ids = [one for one in question.get("ids") or () if one != member]
    return {**question, "ids": sorted([*ids, member]) if on else ids}


def pressed(desk: Desk, question: Question, do: str) -> Question:
    """Everything found put on the list or taken off it, or the list made empty; SpecError where too long."""
    if do == "untick-all":
        return {**question, "ids": []}
    here = {str(one) for one in found(desk, question).to_series(0)}
    now = set(question.get("ids") or ())
    after = now | here if do == "tick-found" else now - here
    if len(after) > MOST:
        raise wb.SpecError(
            f"a list holds at most {MOST:,} here, these would be {len(after):,}; use rules instead"
        )
    return {**question, "ids": sorted(after)}


def save_list(desk: Desk, segment_id: str, ids: list[str]) -> None:
    """Make the saved list what was ticked."""
    saved, wanted = set(desk.bench.definitions.lists().get(segment_id, ())), set(ids)
    if wanted - saved:
        desk.bench.segments.add(segment_id, sorted(wanted - saved))
    if saved - wanted:
        desk.bench.segments.remove(segment_id, sorted(saved - wanted))
