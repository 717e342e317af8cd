"""The list of saved segments: what each holds, where it stands, what it is called."""

from __future__ import annotations

import json
from typing import Any

from visualizations import controls, markup
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.formats import count
from visualizations.parts import state

KINDS = {
    "dynamic": "By rules",
    "firmographic": "By company",
    "static": "Fixed list",
    "compound": "From segments",
}


def page(desk: Desk, document: Question, scene: Scene) -> Component:
    """Every saved segment with its size, narrowed by name, folder and tag."""
    del scene
    asked = document["question"]
    rows = desk.bench.segments.list().to_dicts()
    if not rows:
        body: Any = _nothing_yet()
    else:
        body = _list(desk, [row for row in rows if _fits(row, asked)], len(rows))
    return html.Div(
        [_head(bool(rows)), _narrow(rows, asked) if rows else None, body], className="segments-page"
    )


def _head(some: bool) -> Component:
    actions = [
        dcc.Link(
            [controls.icon("layers", 14), html.Span("Compare")],
            href="/segments-compare",
            className="button-link",
        )
        if some
        else None,
        dcc.Link(
            [controls.icon("plus", 14), html.Span("New segment")],
            href="/segment",
            className="button-link main",
        ),
    ]
    words = "Accounts, persons and opportunities with something in common, usable in every view."
    return html.Header(
        [
            html.Div([html.H1("Segments"), html.P(words, className="hint")]),
            html.Div(actions, className="seg-actions"),
        ],
        className="segments-head",
    )


def _nothing_yet() -> Component:
    fresh = dcc.Link("New segment", href="/segment", className="button-link main")
    text = (
        "Build one from rules, tick a list, or choose “Segment from here” on any number of a canvas, a flow,"
        " a fallout or a cohort table."
    )
    return state(controls.icon("users", 24), "No segments yet", text, fresh)


def _fits(row: dict[str, Any], asked: Question) -> bool:
    text = str(asked.get("text") or "").lower()
    found = f"{row['name']} {row['id']} {row['description'] or ''}".lower()
    return (
        text in found
        and (not asked.get("folder") or row["folder"] == asked["folder"])
        and (not asked.get("tag") or asked["tag"] in (row["tags"] or ()))
    )


def _narrow(rows: list[dict[str, Any]], asked: Question) -> Component:
    folders = sorted({row["folder"] for row in rows if row["folder"]})
    tags = sorted({tag for row in rows for tag in row["tags"] or ()})
    parts = [
        controls.text(
            "Search", "text", "text", asked.get("text"), hidden_label=True, placeholder="Name or description",
            w=260, leftSection=controls.icon("search", 14),
        )
    ]  # fmt: skip
    for name, label, known in (("folder", "Folder", folders), ("tag", "Tag", tags)):
        if known:
            parts.append(
                controls.select(
                    label, "choice", name, asked.get(name), known, hidden_label=True,
                    placeholder=f"Any {name}",
                    allowDeselect=True, clearable=True, w=170,
                )
            )  # fmt: skip
    return html.Div(parts, className="segments-narrow")


def _list(desk: Desk, rows: list[dict[str, Any]], total: int) -> Component:
    if not rows:
        return state(controls.icon("search", 24), "None of them", f"{count(total)} segments, none that fits.")
    heads = [
        ("Segment", ""),
        ("Members", "num"),
        ("Made", ""),
        ("State", ""),
        ("Folder", ""),
        ("Tags", ""),
        ("", ""),
    ]
    body = (markup.tag("tr", _cells(desk, row)) for row in rows)
    return markup.raw(markup.table(heads, body, class_="sheet segments-list"), className="card")


def _export(row: dict[str, Any]) -> markup.Markup:
    """Opens the dialog that writes the members into a file."""
    icon = markup.tag("span", "", class_="icon", style="--icon:url(/assets/icons/download.svg);--size:15px")
    return markup.tag(
        "button",
        icon,
        type="button",
        class_="more",
        aria_label=f"{row['name']}: export",
        data_tip="Export",
        data_send=json.dumps({"kind": "segment-export", "id": row["id"]}),
    )


def _cells(desk: Desk, row: dict[str, Any]) -> list[markup.Markup]:
    name = markup.link(str(row["name"]), f"/segment?saved={row['id']}", "member-link")
    told = row["problem"] or row["description"]
    words = markup.tag("div", told, class_="problem" if row["problem"] else "hint") if told else ""
    unit = desk.facts.units.get(row["container"] or "")
    size = f"{count(row['size'])} {unit.of(row['size'])}" if unit and row["size"] is not None else "–"
    badge = markup.tag(
        "span", str(row["state"] or "").capitalize(), class_=f"state-badge {row['state'] or ''}"
    )
    return [
        markup.tag("td", name, words),
        markup.tag("td", size, class_="num"),
        markup.tag("td", KINDS.get(row["kind"], "–")),
        markup.tag("td", badge),
        markup.tag("td", row["folder"] or "–"),
        markup.tag("td", ", ".join(row["tags"] or ()) or "–"),
        markup.tag("td", _export(row) if not row["problem"] else None, class_="num"),
    ]
