"""The drawer of members: who stands behind a number, as a list that opens timelines and leaves as CSV."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.facts import in_words
from visualizations.formats import count, day, money

SHOWN = 200
TRACED = ("global_account", "account", "opportunity", "buying_group", "lead", "person")
"""Containers whose way can be shown on the canvas."""
SORTABLE = 20_000
"""Members beyond this number stay in the order of their ids."""
ORDERS = {
    "id": "By id",
    "name": "By name",
    "amount": "By amount",
    "last_at": "By last activity",
    "events": "By events",
}
_COLUMNS = (
    ("owner", "Owner", "text"),
    ("events", "Events", "count"),
    ("last_at", "Last activity", "day"),
    ("amount", "Amount", "money"),
)


def members_of(desk: Desk, number: Question) -> tuple[Any, pl.DataFrame]:
    """The Result and the `<container>_id, name` frame behind a number, in the order it asks for.

    Behind several numbers (`selected`) stands who is behind any of them.
    """
    result = desk.ask(number["question"])
    frames = [
        result.members(one["table"], one["select"], measure=one.get("measure"))
        for one in number.get("selected") or [number]
    ]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames).unique().sort(frames[0].columns[0])
    order = number.get("sort") or "id"
    if order == "id" or frame.height > SORTABLE:
        return result, frame
    if order == "name":
        return result, frame.sort("name", nulls_last=True)
    key = frame.columns[0]
    known = details(desk, result.spec.container, frame[key].to_list()).select(key, order)
    return result, frame.join(known, on=key, how="left").sort(order, descending=True, nulls_last=True).drop(
        order
    )


def details(desk: Desk, container: str, ids: list[str]) -> pl.DataFrame:
    """Members with owner, events, last activity and amount."""
    found: pl.DataFrame = desk.bench.members_details(container, ids, max(1, len(ids)))
    return found


def drawer(desk: Desk, number: Question, search: str = "") -> list[Component]:
    """The content of the drawer."""
    result, frame = members_of(desk, number)
    container = result.spec.container
    unit = desk.facts.units[container]
    key = frame.columns[0]
    total = frame.height
    if search:
        wanted = search.lower()
        hit = pl.col(key).str.to_lowercase().str.contains(wanted, literal=True)
        frame = frame.filter(
            hit | pl.col("name").fill_null("").str.to_lowercase().str.contains(wanted, literal=True)
        )
    head = html.Div(
        [html.H2(f"{count(total)} {unit.of(total)}"), html.P(_where_from(number), className="hint")],
        className="drawer-head",
    )
    return [head, members_table(desk, number, container, frame)]


def _where_from(number: Question) -> str:
    measure = number.get("measure")
    tail = {"fallout": "reached it and none of the next", "size": "met the inclusion criteria"}.get(
        str(measure), ""
    )
    title = str(number.get("title") or "").removesuffix(", not further")
    return f"{title}: {tail}" if tail else title


def members_table(desk: Desk, number: Question | None, container: str, frame: pl.DataFrame) -> Component:
    """Names that lead to timelines, with what a seller wants to know first; `number` is theirs."""
    key = frame.columns[0]
    if frame.is_empty():
        return html.P("Nobody by that name.", className="hint")
    shown = details(desk, container, frame[key].head(SHOWN).to_list())
    columns = [c for c in _COLUMNS if c[0] in shown.columns and shown[c[0]].null_count() < shown.height]
    heads = [("Name", ""), *((title, "" if kind == "text" else "num") for _, title, kind in columns)]
    analysis = number["question"]["analysis"] if number else ""
    traced = analysis == "journey_canvas" and container in TRACED
    rows = []
    for row in shown.iter_rows(named=True):
        href = desk.member_href(container, row[key], number)
        name = markup.link(str(row.get("name") or row[key]), href, "member-link")
        trace = _trace_button(container, row[key], str(row.get("name") or row[key])) if traced else None
        cells = [_cell(desk, row[c], kind) for c, _, kind in columns]
        rows.append(
            markup.tag("tr", markup.tag("td", markup.tag("div", name, trace, class_="member-name")), cells)
        )
    table = markup.raw(markup.table(heads, rows, class_="sheet members"), className="members-scroll")
    further = "; search, or download all as CSV" if number else ""
    more = f"The first {SHOWN} of {count(frame.height)}{further}."
    return html.Div([table, html.P(more, className="hint") if frame.height > SHOWN else None])


def _trace_button(container: str, member: str, name: str) -> markup.Markup:
    """Shows one member's way on the canvas."""
    event = {"kind": "trace", "part": {"container": container, "id": member}}
    icon = markup.tag("span", "", class_="icon", style="--icon:url(/assets/icons/route.svg);--size:14px")
    return markup.tag(
        "button",
        icon,
        type="button",
        class_="more trace-one",
        aria_label=f"{name}: show on the canvas",
        data_tip="Show on the canvas",
        data_gesture=json.dumps(event),
    )


def _cell(desk: Desk, value: Any, kind: str) -> markup.Markup:
    if kind == "text":
        return markup.tag("td", str(value or "–"))
    if kind == "day":
        return markup.tag("td", day(desk.facts.local(value)), class_="num")
    return markup.tag("td", count(value) if kind == "count" else money(value), class_="num")


def tools() -> Component:
    """Search and what can be done with the list."""
    return html.Div(
        [
            dmc.TextInput(
                id="members-search",
                placeholder="Name or id",
                size="xs",
                debounce=250,
                leftSection=controls.icon("search", 14),
                **{"aria-label": "Search members"},
            ),
            dmc.Select(
                id="members-sort",
                data=[{"value": value, "label": label} for value, label in ORDERS.items()],
                value="id",
                size="xs",
                w=132,
                allowDeselect=False,
                **{"aria-label": "Order of members"},
            ),
            dmc.Button(
                "Segment",
                id="members-segment",
                size="xs",
                variant="default",
                leftSection=controls.icon("bookmark", 14),
            ),
            dmc.Button(
                "CSV",
                id="members-csv",
                size="xs",
                variant="default",
                leftSection=controls.icon("download", 14),
            ),
        ],
        className="drawer-tools",
    )


def member_head(desk: Desk, state: Question, title: str) -> Component:
    """Head of a timeline: where it came from, previous and next member."""
    number = state.get("number")
    parts: list[Any] = []
    if number:
        _, frame = members_of(desk, number)
        ids = frame[frame.columns[0]].to_list()
        view = {"journey_canvas": "journey-canvas", "cohort_table": "cohort-table"}.get(
            number["question"]["analysis"], number["question"]["analysis"]
        )
        here = ids.index(state["id"]) if state["id"] in ids else -1
        parts.append(
            dcc.Link(
                [controls.icon("arrow-left", 14), html.Span("Back to the view")],
                href=desk.href(view, number["question"]),
                className="quiet-link",
            )
        )
        if here >= 0:
            title_of_number = number.get("title") or in_words(number["select"])
            place = html.Span(f"{count(here + 1)} of {count(len(ids))}: {title_of_number}", className="faint")
            parts.append(
                html.Div(
                    [
                        _step(desk, state, ids, here - 1, "Previous", "chevron-left"),
                        place,
                        _step(desk, state, ids, here + 1, "Next", "chevron-right"),
                    ],
                    className="member-steps",
                )
            )
    unit = desk.facts.units[state["container"]]
    return html.Div(
        [
            html.Div([html.Span(unit.label, className="eyebrow"), html.H1(title, title=title)]),
            html.Div(parts, className="member-nav"),
        ],
        className="member-head",
    )


def _step(desk: Desk, state: Question, ids: list[str], at: int, label: str, icon: str) -> Component:
    body = [controls.icon(icon, 16)]
    if not 0 <= at < len(ids):
        return html.Span(body, className="step-link off", **{"aria-hidden": "true"})
    return dcc.Link(
        body,
        href=desk.member_href(state["container"], ids[at], state["number"]),
        className="step-link",
        id=f"member-{label.lower()}",
        title=f"{label} member",
    )
