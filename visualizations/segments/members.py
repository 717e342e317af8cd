"""Tab Members: who is in a saved segment, as its own container or as another, and who is pinned."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question, Scene
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.formats import NOTHING, count
from visualizations.parts import state
from visualizations.segments import document as documents
from visualizations.segments import side
from visualizations.segments.saved import is_changed

SHOWN = 200
FOUND = 12
"""Containers that the field for pinning offers."""
KINDS = ("account", "person", "opportunity", "buying_group")
"""Containers that members can be shown as, beside the segment's own."""


def tab(desk: Desk, document: Question, scene: Scene) -> Component:
    """Pins with their reasons, and the members as they are now; raises WorkspaceError where it is gone."""
    del scene
    definition = desk.bench.segments.get(document["saved"]["id"])
    own, question = definition["about"]["container"], document["question"]
    kinds = kinds_of(desk, own)
    kind = question.get("shown_as") if question.get("shown_as") in kinds else own
    text = str(question.get("find") or "")
    pins = definition["about"]["pins"]
    try:
        listed: Any = _listed(desk, definition, str(kind), text)
    except wb.WorkbenchError as problem:
        listed = html.P(str(problem), className="problem", role="alert")
    head = [
        controls.select(
            "Shown as", "choice", "shown_as", kind, _labelled(desk, kinds), hidden_label=True, w=150
        ),
        controls.text(
            "Search members", "text", "find", text, hidden_label=True, w=240,
            placeholder="Name, id or company", leftSection=controls.icon("search", 14),
        ),
        *_actions(),
    ]  # fmt: skip
    tools = html.Div(head, className="tick-head members-head")
    body = html.Section([tools, _as_saved(desk, document), listed], className="card")
    return html.Div([_pinned(desk, own, pins) if pins else None, body], className="seg-members")


def kinds_of(desk: Desk, own: str) -> list[str]:
    """Containers that members can be shown as, their own first."""
    rows = desk.facts.info["rows"]
    tables = {one.name: one.table for one in wb.CONTAINERS}
    there = [
        kind for kind in KINDS if desk.facts.units[kind].containers or rows.get(tables.get(kind) or "", 0)
    ]
    return [own, *(kind for kind in there if kind != own)]


def _labelled(desk: Desk, kinds: list[str]) -> list[dict[str, str]]:
    return [{"value": kind, "label": desk.facts.units[kind].plural.capitalize()} for kind in kinds]


def _actions() -> list[Component]:
    small: dict[str, Any] = {"size": "xs", "variant": "default"}
    return [
        html.Span(className="spring"),
        dmc.Button(
            "Pin somebody in", leftSection=controls.icon("plus", 14),
            **{"data-send": json.dumps({"kind": "segment-find"})}, **small,
        ),
        dmc.Button(
            "Export", id={"segment": "export"}, leftSection=controls.icon("download", 14), **small
        ),
    ]  # fmt: skip


def _as_saved(desk: Desk, document: Question) -> Component | None:
    if not is_changed(document, documents.opened(desk, document["saved"]["id"])):
        return None
    words = "These are the members of the segment as it is saved; your changes are not saved yet."
    return html.P([controls.icon("info", 14), html.Span(words)], className="hint as-saved")


def found(desk: Desk, what: Any, kind: str, text: str = "") -> pl.DataFrame:
    """Members of a segment or condition as a kind of container, by name: the columns of `segments.members`.

    `text` narrows them to those with it in name, id or company.
    """
    frame = narrowed(desk.bench.segments.members(what, kind), text)
    return frame.sort(pl.col("name").str.to_lowercase(), frame.columns[0], nulls_last=True)


def narrowed(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """The rows with a text in name, id or company; all where it is empty."""
    wanted = text.strip().lower()
    if not wanted:
        return frame
    words = pl.col(pl.String).fill_null("").str.to_lowercase().str.contains(wanted, literal=True)
    return frame.filter(pl.any_horizontal(words))


def candidates(desk: Desk, kind: str, text: str) -> list[tuple[str, str, str]]:
    """(id, name, company) of the first containers, members or not, that a text names."""
    if len(text.strip()) < 2:
        return []
    frame = found(desk, side.EVERYTHING, kind, text).head(FOUND)
    return [
        (str(row[frame.columns[0]]), str(row["name"] or row[frame.columns[0]]), str(row.get("account") or ""))
        for row in frame.iter_rows(named=True)
    ]


# --- the table -------------------------------------------------------------------------------------


def _listed(desk: Desk, definition: dict[str, Any], kind: str, text: str) -> Component:
    own = definition["about"]["container"]
    unit, whole = desk.facts.units[kind], found(desk, definition["id"], kind)
    frame = narrowed(whole, text)
    number = f"{count(whole.height)} {unit.of(whole.height)}"
    now = f"{number}, evaluated now on data version {desk.bench.data_version}"
    said = f"{count(frame.height)} of {now}" if text else now
    words = html.P(said, className="hint members-count", role="status")
    if frame.is_empty():
        told = "Nobody by that name." if text else f"No {unit.plural} are in it on this data version."
        return html.Div([words, state(controls.icon("users", 24), "No members", told)])
    pins = {pin["id"]: pin["in"] for pin in definition["about"]["pins"]} if kind == own else None
    rows = (_row(desk, row, kind, own, pins) for row in frame.head(SHOWN).iter_rows(named=True))
    table = markup.table(_heads(frame, kind, own, desk), rows, class_="sheet seg-table")
    more = f"The first {SHOWN} of {count(frame.height)}; search, or export all."
    return html.Div(
        [
            words,
            markup.raw(table, className="seg-table-frame"),
            html.P(more, className="hint") if frame.height > SHOWN else None,
        ]
    )


def _heads(frame: pl.DataFrame, kind: str, own: str, desk: Desk) -> list[tuple[str, str]]:
    heads = [("Name", "")]
    if "account" in frame.columns:
        heads.append(("Company", ""))
    if kind != own:
        heads.append((f"{desk.facts.units[own].plural.capitalize()} in it", "num"))
    return [*heads, ("Id", ""), ("", "")]


def _row(desk: Desk, row: dict[str, Any], kind: str, own: str, pins: dict[str, bool] | None) -> markup.Markup:
    member = str(row[f"{kind}_id"])
    name = str(row["name"] or member)
    link = markup.link(name, desk.member_href(kind, member, None), "member-link")
    mark = _mark(True) if pins is not None and pins.get(member) else None
    cells = [markup.tag("td", link, mark)]
    if "account" in row:
        cells.append(markup.tag("td", str(row["account"] or NOTHING)))
    if kind != own:
        inside, of = (row[name] for name in _counted(row))
        covered = f"{count(inside)} of {count(of)} {desk.facts.units[own].of(of)}"
        cells.append(markup.tag("td", covered, class_="num"))
    actions = markup.tag("td", _row_actions(kind, member, name, pins), class_="row-actions")
    return markup.tag("tr", cells, markup.tag("td", member, class_="hint"), actions)


def _counted(row: dict[str, Any]) -> tuple[str, str]:
    """The columns of how many of a container's own ones are members, and how many it has."""
    inside = next(name for name in row if name.endswith("_in"))
    return inside, inside.removesuffix("_in")


def _mark(inside: bool) -> markup.Markup:
    return markup.tag(
        "span", "Pinned in" if inside else "Pinned out", class_=f"pin-mark {'' if inside else 'out'}"
    )


def _row_actions(kind: str, member: str, name: str, pins: dict[str, bool] | None) -> list[markup.Markup]:
    why = _action("Why?", name, {"kind": "segment-why", "container": kind, "id": member})
    if pins is None:
        return [why]
    if member in pins:
        return [why, _action("Unpin", name, {"kind": "segment-unpin", "id": member})]
    pin = {"kind": "segment-pin", "id": member}
    return [why, _action("Pin in", name, {**pin, "in": True}), _action("Pin out", name, {**pin, "in": False})]


def _action(words: str, name: str, event: dict[str, Any]) -> markup.Markup:
    return markup.tag(
        "button",
        words,
        type="button",
        class_="row-action",
        aria_label=f"{words} {name}",
        data_send=json.dumps(event),
    )


def choice(member: str, name: str, company: str) -> markup.Markup:
    """A button that goes on to pin one container in."""
    return markup.tag(
        "button",
        markup.tag("strong", name),
        markup.tag(
            "span", " · ".join(part for part in (company, member) if part and part != name), class_="hint"
        ),
        type="button",
        class_="pin-choice",
        data_send=json.dumps({"kind": "segment-pin", "id": member, "in": True}),
    )


# --- pins ------------------------------------------------------------------------------------------


def _pinned(desk: Desk, own: str, pins: list[dict[str, Any]]) -> Component:
    names = desk.bench.named(own, [pin["id"] for pin in pins])["name"].to_list()
    rows = []
    for pin, known in sorted(
        zip(pins, names, strict=True), key=lambda one: str(one[1] or one[0]["id"]).lower()
    ):
        name = str(known or pin["id"])
        link = markup.link(name, desk.member_href(own, pin["id"], None), "member-link")
        why = _action("Why?", name, {"kind": "segment-why", "container": own, "id": pin["id"]})
        unpin = _action("Unpin", name, {"kind": "segment-unpin", "id": pin["id"]})
        rows.append(
            markup.tag(
                "tr",
                markup.tag("td", link, _mark(pin["in"])),
                markup.tag("td", pin["reason"] or NOTHING, class_="pin-reason"),
                markup.tag("td", why, unpin, class_="row-actions"),
            )
        )
    table = markup.table([("Pinned", ""), ("Reason", ""), ("", "")], rows, class_="sheet seg-table")
    hint = "In or out whatever the rules say."
    return html.Section(
        [html.H2(f"{count(len(pins))} pinned"), html.P(hint, className="hint"), markup.raw(table)],
        className="card pins",
    )
