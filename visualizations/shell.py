"""The frame around every page: header, rail of views, inspector, status line."""

from __future__ import annotations

from visualizations import controls, overlays
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.panels import (
    converting,
    details,
    initiatives,
    next_items,
    palette,
    saving,
    suggest,
    tracing,
)
from visualizations.panels.dialogs import export_button
from visualizations.segments import callbacks as segment_callbacks
from visualizations.views import VIEWS

THEME = {
    "primaryColor": "accent",
    "primaryShade": {"light": 6, "dark": 4},
    "colors": {
        "accent": [
            "#eef3fe",
            "#dfe8fd",
            "#bccdfa",
            "#96b0f6",
            "#86a5ff",
            "#4a73ea",
            "#2b59d9",
            "#234ab8",
            "#1d3d97",
            "#16307a",
        ],
        "dark": [
            "#e9ecf2",
            "#b4bcc9",
            "#929cac",
            "#5b6575",
            "#333b49",
            "#272d38",
            "#1b2029",
            "#151920",
            "#11151b",
            "#0e1116",
        ],
    },
    "fontFamily": "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', sans-serif",
    "fontFamilyMonospace": "ui-monospace, 'SF Mono', 'JetBrains Mono', Menlo, Consolas, monospace",
    "defaultRadius": "md",
    "autoContrast": True,
    "cursorType": "pointer",
}


def index_string() -> str:
    """The page around the app: language, no flash of the wrong theme."""
    return """<!DOCTYPE html>
<html lang="en">
<head>
  {%metas%}
  <title>{%title%}</title>
  <meta name="color-scheme" content="light dark">
  <link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
  {%css%}
</head>
<body>
  {%app_entry%}
  <footer class="scripts">{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def layout(desk: Desk) -> Component:
    """The static part of the app; callbacks fill it."""
    stores = [
        dcc.Location(id="url", refresh=False),
        dcc.Store(id="document"),
        dcc.Store(id="gestures"),
        dcc.Store(id="board"),
        dcc.Store(id="paint"),
        dcc.Store(id="unfold"),
        dcc.Store(id="intent"),
        dcc.Store(id="viewport"),
        dcc.Store(id="number"),
        dcc.Store(id="figure"),
        dcc.Store(id="json-at"),
        dcc.Store(id="drawn"),
        dcc.Download(id="download"),
        dcc.Download(id="members-download"),
    ]
    frame = html.Div(
        [
            html.A("Skip to content", href="#main", className="skip"),
            _header(desk),
            _rail(),
            html.Main([_view_head(), _work()], id="main", tabIndex=-1),
            html.Footer(html.Div(id="status", role="status"), className="status-line"),
        ],
        className="frame",
    )
    return dmc.MantineProvider(
        [
            *stores,
            frame,
            *overlays.layout(),
            *saving.layout(),
            *details.layout(desk),
            *converting.layout(),
            *initiatives.layout(desk),
            *tracing.layout(desk),
            *segment_callbacks.layout(),
            suggest.dialog(desk),
            next_items.panel(desk),
            overlays.search(),
            html.Div(id="warm", hidden=True),
            html.Div(id="toast", className="toast", role="status"),
        ],
        theme=THEME,
        defaultColorScheme="auto",
        id="mantine",
    )


def _header(desk: Desk) -> Component:
    name = desk.bench.name
    find = html.Button(
        [
            controls.icon("search", 14),
            html.Span("Search views, event types, accounts"),
            dmc.Kbd("Ctrl K", size="xs"),
        ],
        id="search-open",
        className="search-button",
        type="button",
    )
    theme = dmc.ColorSchemeToggle(
        id="theme",
        lightIcon=controls.icon("sun", 16),
        darkIcon=controls.icon("moon", 16),
        variant="subtle",
        color="gray",
        size="md",
        **{"aria-label": "Light or dark theme", "data-tip": "Light or dark"},
    )
    return html.Header(
        [
            dcc.Link(
                [
                    html.Span(className="mark", **{"aria-hidden": "true"}),
                    html.Span(name, className="workspace-name", title=name),
                ],
                href="/",
                className="brand",
                title="Home",
            ),
            find,
            html.Div(theme, className="header-right"),
        ],
        className="top",
    )


def _rail() -> Component:
    links = [
        dcc.Link(
            [controls.icon("house", 18), html.Span("Home")],
            href="/",
            className="rail-link",
            id={"rail": "home"},
        )
    ]
    links += [
        dcc.Link(
            [controls.icon(view.icon, 18), html.Span(view.title)],
            href=f"/{view.name}",
            className="rail-link",
            id={"rail": view.name},
        )
        for view in VIEWS
    ]
    links.append(
        dcc.Link(
            [controls.icon("users", 18), html.Span("Segments")],
            href="/segments",
            className="rail-link",
            id={"rail": "segments"},
        )
    )
    return html.Nav(links, className="rail", **{"aria-label": "Views"})


def _view_head() -> Component:
    show = dmc.SegmentedControl(
        id="show",
        value="chart",
        data=[
            {"value": "chart", "label": "Chart"},
            {"value": "table", "label": "Table"},
            {"value": "both", "label": "Both"},
        ],
        size="xs",
    )

    def behind(kind: str, label: str, icon: str) -> Component:
        return dmc.ActionIcon(
            controls.icon(icon),
            variant="default",
            size="30",
            **{"aria-label": label, "data-tip": label, "data-ask": kind},
        )

    def step(name: str) -> Component:
        return dmc.ActionIcon(
            controls.icon(f"{name}-2"),
            id=name,
            variant="default",
            size="30",
            **{"aria-label": name.capitalize(), "data-tip": f"Nothing to {name}"},
        )

    actions = html.Div(
        [
            show,
            html.Div(
                [step("undo"), step("redo")], className="steps", role="group", **{"aria-label": "Steps"}
            ),
            behind("definition", "How this was counted", "info"),
            behind("sql", "Show SQL", "database"),
            behind("python", "Copy as Python", "code"),
            dmc.ActionIcon(
                controls.icon("link"),
                variant="default",
                size="30",
                **{"aria-label": "Copy link", "data-tip": "Copy link", "data-copy-link": "1"},
            ),
            export_button(),
            dmc.Button(
                "Save",
                id="save-view",
                size="xs",
                variant="default",
                leftSection=controls.icon("bookmark", 14),
            ),
            dmc.Button(
                "Edit",
                size="xs",
                variant="filled",
                leftSection=controls.icon("sliders-horizontal", 14),
                **{"data-panel": "toggle", "aria-controls": "inspector"},
            ),
        ],
        className="view-actions",
    )
    left = html.Div([html.H1(id="view-title"), html.P(id="view-caption")], className="view-words")
    return html.Div(
        [
            html.Div([left, actions], className="view-line"),
            html.Div(
                [html.Div(id="toolbar", className="toolbar"), html.Div(id="notes", className="note-line")],
                className="view-line second",
            ),
        ],
        className="view-head",
    )


def _work() -> Component:
    stage = html.Div(
        [
            html.Div(id="busy", className="busy", **{"aria-hidden": "true"}),
            html.Div(id="stage", className="stage"),
        ],
        className="stage-frame",
    )
    close = dmc.ActionIcon(
        controls.icon("x"),
        variant="subtle",
        color="gray",
        size="sm",
        **{"aria-label": "Close the editor", "data-panel": "toggle"},
    )
    panel = html.Aside(
        [
            html.Div([html.H2("Edit the question"), close], className="inspector-head"),
            html.Div(id="inspector", className="inspector-body"),
        ],
        className="inspector",
        **{"aria-label": "Edit the question"},
    )
    return html.Div([palette.panel(), stage, panel], className="work")
