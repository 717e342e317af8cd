"""The home page: what is loaded, how much of it can be counted, and the questions to begin with."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.dom import Component, dcc, html
from visualizations.facts import Facts, in_words, milestone_name
from visualizations.formats import compact, count, day, moment, percent
from visualizations.openings import Opening
from visualizations.parts import definition_list

TABLES = (
    ("accounts", "Accounts"),
    ("persons", "Persons"),
    ("opportunities", "Opportunities"),
    ("buying_groups", "Buying groups"),
    ("leads", "Leads"),
    ("campaigns", "Campaigns"),
)


def page(
    facts: Facts,
    questions: list[tuple[Opening, str]],
    saved: list[tuple[str, str, str]],
    audit: list[tuple[str, str]],
) -> Component:
    """Everything a user should know before the first question."""
    info = facts.info
    first, last = facts.local(info["data_from"]), facts.local(info["horizon"])
    span = f"{day(first)} to {day(last)}" if first and last else "no events yet"
    head = html.Header(
        [
            html.H1(facts.bench.name),
            html.P(
                [
                    html.Strong(count(info["events"])),
                    f" events, {span}. Data version {facts.bench.data_version}",
                    f", loaded {moment(facts.local(info.get('loaded_at')))}."
                    if info.get("loaded_at")
                    else ".",
                ],
                className="lead",
            ),
        ],
        className="home-head",
    )
    left = [
        _card("Event types", _event_types(info["event_types"], facts)),
        _card("Milestones", _milestones(facts)),
        _card("Saved views", _saved(saved)),
    ]
    hint = html.P("Share of events that reach each container, and containers with events.", className="hint")
    right = [
        _card("Loaded", _loaded(facts)),
        _card("Coverage", hint, _coverage(facts)),
        _card("Audit", _audit(audit)),
    ]
    return html.Div(
        [
            head,
            _questions(questions),
            html.Div(
                [html.Div(left, className="home-left"), html.Div(right, className="home-right")],
                className="home-grid",
            ),
        ],
        className="home",
    )


def _card(title: str, *children: Component) -> Component:
    return html.Section([html.H2(title), *children], className="card")


def _questions(questions: list[tuple[Opening, str]]) -> Component:
    cards = []
    icons = {"journey-canvas": "waypoints", "flow": "split", "fallout": "funnel", "cohort-table": "table-2"}
    for opening, href in questions:
        note = (
            html.P([controls.icon("info", 14), html.Span(opening.note)], className="opening-note")
            if opening.note
            else None
        )
        body = [
            html.Div(controls.icon(icons[opening.view], 18), className="opening-icon"),
            html.Div([html.H3(opening.title), html.P(opening.text), note]),
        ]
        cards.append(dcc.Link(body, href=href, className="opening"))
    return html.Section(
        [html.H2("Begin with a question", className="visually-hidden"), *cards], className="openings"
    )


def _event_types(rows: list[dict[str, Any]], facts: Facts) -> Component:
    most = max((row["events"] for row in rows), default=1)
    unit = facts.units["account"] if facts.units["account"].containers else None
    heads = (
        [("Event type", ""), ("Events", "num"), ("", "bar")]
        + ([(unit.plural.capitalize(), "num")] if unit else [])
        + [("First", "num"), ("Last", "num")]
    )
    body = []
    for row in rows:
        bar = html.Div(
            html.Div(style={"width": f"{100 * row['events'] / most:.1f}%"}),
            className="mini-bar",
            **{"aria-hidden": "true"},
        )
        cells = [
            html.Th(row["event_type"], scope="row", title=row["event_type"]),
            html.Td(count(row["events"]), className="num"),
            html.Td(bar, className="bar"),
        ]
        if unit:
            cells.append(html.Td(count(row.get("accounts")), className="num"))
        cells += [
            html.Td(day(facts.local(row["first"])), className="num date"),
            html.Td(day(facts.local(row["last"])), className="num date"),
        ]
        body.append(html.Tr(cells))
    head = html.Tr(
        [
            html.Th(title, scope="col", className=kind) if title else html.Td(className=kind)
            for title, kind in heads
        ]
    )
    table = html.Table([html.Thead(head), html.Tbody(body)], className="sheet types")
    return html.Div(
        table, className="types-scroll", tabIndex=0, role="region", **{"aria-label": "Event types"}
    )


def _loaded(facts: Facts) -> Component:
    info, rows = facts.info, facts.info["rows"]
    shown = [("Events", info["events"]), *((title, rows[name]) for name, title in TABLES if rows.get(name))]
    tiles = [
        html.Div([html.Strong(_whole(number)), html.Span(title)], className="tile") for title, number in shown
    ]
    first, last = facts.local(info["data_from"]), facts.local(info["horizon"])
    dates = [("First event", moment(first)), ("Data until", moment(last))]
    if info.get("loaded_at"):
        dates.append(("Loaded", moment(facts.local(info["loaded_at"]))))
    dates.append(("Time zone", facts.settings.time_zone))
    return html.Div([html.Div(tiles, className="tiles"), definition_list(dates)], className="loaded")


def _whole(number: int) -> str:
    return count(number) if number < 10_000_000 else compact(number)


def _coverage(facts: Facts) -> Component:
    rows = []
    for name, unit in facts.units.items():
        share = 100 * float(facts.info["coverage"].get(name) or 0)
        bar = html.Div(
            html.Div(style={"width": f"{share:.1f}%"}), className="mini-bar", **{"aria-hidden": "true"}
        )
        rows.append(
            html.Tr(
                [
                    html.Th(unit.label, scope="row"),
                    html.Td(bar, className="bar"),
                    html.Td(percent(share), className="num"),
                    html.Td(count(unit.containers) if unit.containers else "none", className="num faint"),
                ]
            )
        )
    return html.Table(
        html.Tbody(rows),
        className="sheet tight",
        **{"aria-label": "Coverage: container, share of events, containers with events"},
    )


def _milestones(facts: Facts) -> Component:
    rows = [
        (
            milestone_name(name),
            html.Span(
                [
                    in_words(found.get("condition")),
                    html.Span(f" · {count(found.get('events'))} events", className="faint"),
                ]
            ),
        )
        for name, found in facts.info["milestones"].items()
    ]
    if not rows:
        return html.P("None yet. Name them in workspace.toml, under milestones.", className="hint")
    return definition_list(rows)


def _saved(saved: list[tuple[str, str, str]]) -> Component:
    if not saved:
        return html.P("None yet. Save a view from its page to find it here.", className="hint")
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    [controls.icon("bookmark", 14), html.Span(name), html.Span(kind, className="faint")],
                    href=href,
                )
            )
            for name, kind, href in saved
        ],
        className="saved",
    )


def _audit(audit: list[tuple[str, str]]) -> Component:
    if not audit:
        return html.P("Nothing was dropped, repaired or left unmatched.", className="hint")
    return definition_list(audit)
