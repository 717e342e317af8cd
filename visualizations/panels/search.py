"""Search (Ctrl-K): views, opening questions, saved views, segments, event types, and members by name."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import polars as pl

from visualizations import controls
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, html
from visualizations.editing import chains
from visualizations.editing.blank import blank
from visualizations.editing.canvas_tools import Tools
from visualizations.editing.components import Component as Piece
from visualizations.editing.edits import BadEdit
from visualizations.formats import count
from visualizations.views import BY_ANALYSIS, VIEWS

PER_GROUP = 6


def found(desk: Desk, text: str) -> Component:
    """Groups of links that match the text; without text the places to go."""
    wanted = text.strip().lower()
    if chains.is_chain(text):
        return html.Div(_chain(desk, text))
    groups = [
        ("Views", _views(wanted)),
        ("Questions", _questions(desk, wanted)),
        ("Saved views", _saved(desk, wanted)),
        ("Segments", _segments(desk, wanted)),
    ]
    if len(wanted) >= 2:
        groups += [
            ("Event types", _event_types(desk, wanted)),
            ("Accounts", _records(desk, wanted, "account", "accounts")),
            ("Opportunities", _records(desk, wanted, "opportunity", "opportunities")),
            ("Persons", _records(desk, wanted, "person", "persons")),
        ]
    shown = [html.Div([html.H3(title), *links], className="found-group") for title, links in groups if links]
    return html.Div(shown) if shown else html.P(f"Nothing found for “{text}”.", className="hint found-none")


def _chain(desk: Desk, text: str) -> list[Component]:
    """The journey a chain draws; where a step may mean several things, each of them to choose from."""
    try:
        chain = chains.read(text, desk.facts)
    except BadEdit as problem:
        return [html.P(str(problem), className="hint found-none")]
    if not chain.unsure:
        return [html.Div([html.H3("Draw this journey"), _drawn(desk, chain)], className="found-group")]
    link, others = chain.unsure[0], len(chain.unsure) - 1
    more = f", then {others} more to choose" if others else ""
    rows = [
        _drawn(desk, chosen, choice=one) if not others else _written(chosen, one)
        for one, chosen in ((one, chains.chosen(chain, link, one)) for one in link.choices)
    ]
    return [html.Div([html.H3(f"Which “{link.said}”{more}?"), *rows], className="found-group")]


def _drawn(desk: Desk, chain: chains.Chain, choice: Piece | None = None) -> Component:
    """A link to the canvas of a chain."""
    tools = Tools(desk)
    container = chain.container or desk.opening("journey-canvas").question["container"]
    try:
        question = chains.of_steps(blank(container), [link.first for link in chain.links], None, tools)
    except BadEdit as problem:
        return html.P(str(problem), className="hint found-none")
    title = chains.written(chain) if choice is None else chains.name_of(choice)
    hint = (
        f"by {desk.facts.label(container).lower()}" if choice is None else chains.kind_of(choice, desk.facts)
    )
    return _link("waypoints", title, hint, desk.href("journey-canvas", desk.normal(question)))


def _written(chain: chains.Chain, choice: Piece) -> Component:
    """A choice that goes into the text of the search, as another step is not clear yet."""
    name = html.Span(chains.name_of(choice), className="found-title")
    return html.Button(
        [controls.icon("circle-dot", 16), name],
        type="button",
        className="found-link",
        **{"data-search": chains.written(chain, separator=" > ")},
    )


def _link(icon: str, title: str, hint: str, href: str) -> Component:
    return dcc.Link(
        [
            controls.icon(icon, 16),
            html.Span(title, className="found-title"),
            html.Span(hint, className="faint"),
        ],
        href=href,
        className="found-link",
    )


def _views(wanted: str) -> list[Component]:
    pages = [("house", "Home", "", "/")] + [
        (view.icon, view.title, view.purpose, f"/{view.name}") for view in VIEWS
    ]
    return [
        _link(icon, title, "", href)
        for icon, title, hint, href in pages
        if wanted in f"{title} {hint}".lower()
    ]


def _questions(desk: Desk, wanted: str) -> list[Component]:
    return [
        _link("circle-dot", made.title, "", href)
        for made, href in desk.openings()
        if wanted in f"{made.title} {made.text}".lower()
    ]


def saved_views(desk: Desk) -> list[tuple[str, str, str]]:
    """(name, kind, address) of saved views that can be opened."""
    shown = []
    for item in desk.bench.definitions.list("views") if desk.bench.definitions is not None else ():
        question = item.get("content")
        view = BY_ANALYSIS.get(str(question.get("analysis"))) if isinstance(question, dict) else None
        if view is not None:
            shown.append(
                (str(item["name"]), view.title, f"/{view.name}?{urlencode({'saved': str(item['id'])})}")
            )
    return shown


def _saved(desk: Desk, wanted: str) -> list[Component]:
    return [
        _link("bookmark", name, kind, href)
        for name, kind, href in saved_views(desk)
        if wanted in name.lower()
    ][:PER_GROUP]


def _segments(desk: Desk, wanted: str) -> list[Component]:
    return [
        _link("users", name, "Segment", f"/segment?{urlencode({'saved': segment_id})}")
        for segment_id, name in desk.facts.segments()
        if wanted in name.lower()
    ][:PER_GROUP]


def _event_types(desk: Desk, wanted: str) -> list[Component]:
    links = []
    for row in desk.facts.info["event_types"]:
        name = row["event_type"]
        if wanted in name.lower():
            question: dict[str, Any] = {**desk.opening("flow").question, "anchor_label": name}
            question = {k: v for k, v in question.items() if k not in ("starts_with", "ends_with")}
            question["starts_with"] = {"field": "event_type", "value": name}
            if question.get("dimension") != "event_type":
                question["dimension"] = "event_type"
            links.append(
                _link(
                    "split",
                    name,
                    f"{count(row['events'])} events, what follows",
                    desk.href("flow", desk.normal(question)),
                )
            )
    return links[:PER_GROUP]


def _records(desk: Desk, wanted: str, container: str, table: str) -> list[Component]:
    if not desk.facts.units[container].containers:
        return []
    frame = _table(desk, table)
    if frame is None or frame.is_empty():
        return []
    key = f"{container}_id"
    name = pl.col("name").fill_null(pl.col(key)) if "name" in frame.columns else pl.col(key)
    hits = (
        frame.lazy()
        .select(pl.col(key), name.alias("name"))
        .filter(
            pl.col("name").str.to_lowercase().str.contains(wanted, literal=True)
            | (pl.col(key).str.to_lowercase() == wanted)
        )
        .head(PER_GROUP)
        .collect()
    )
    icon = {"account": "building-2", "person": "user", "opportunity": "flag"}[container]
    return [
        _link(icon, str(row["name"]), "", desk.member_href(container, row[key], None))
        for row in hits.iter_rows(named=True)
    ]


def _table(desk: Desk, name: str) -> pl.DataFrame | None:
    try:
        frame = desk.bench.tables[name]
    except KeyError:
        return None
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame
