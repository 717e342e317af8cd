"""The frame around every page: header, rail of views, inspector, drawer, dialogs, status line."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.panels import converting, details, next_items, palette, saving, suggest, tracing
from visualizations.panels.dialogs import export_button
from visualizations.panels.members import tools
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
            _drawer(),
            _dialog(),
            _json_dialog(),
            *saving.layout(),
            *details.layout(desk),
            *converting.layout(),
            *tracing.layout(desk),
            suggest.dialog(desk),
            next_items.panel(desk),
            _search(),
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


def _drawer() -> Component:
    close = {"aria-label": "Close"}
    return dmc.Drawer(
        [
            tools(),
            dcc.Loading(html.Div(id="members"), delay_show=200, custom_spinner=html.Div(className="spinner")),
        ],
        id="members-drawer",
        position="right",
        size=560,
        title="Members",
        opened=False,
        closeButtonProps=close,
        overlayProps={"backgroundOpacity": 0.18},
        className="drawer",
    )


def _dialog() -> Component:
    return dmc.Modal(
        html.Div(id="dialog-body"),
        id="dialog",
        size=760,
        opened=False,
        title="",
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.3},
        className="dialog",
    )


def _json_dialog() -> Component:
    body = [
        html.P(
            "Any condition of the language. What cannot be used is named with the nearest choice.",
            className="hint",
        ),
        dmc.Textarea(
            id="json-text",
            autosize=True,
            minRows=8,
            maxRows=20,
            className="json-text",
            **{"aria-label": "Condition as JSON"},
        ),
        html.P(id="json-problem", className="problem", role="alert"),
        html.Div(dmc.Button("Apply", id="json-apply", size="xs"), className="dialog-actions"),
    ]
    return dmc.Modal(
        body,
        id="json-dialog",
        size=620,
        opened=False,
        title="Condition as JSON",
        closeButtonProps={"aria-label": "Close"},
        overlayProps={"backgroundOpacity": 0.3},
    )


def _search() -> Component:
    body: list[Any] = [
        dmc.TextInput(
            id="search-text",
            placeholder="Search views, event types, accounts",
            size="md",
            debounce=120,
            leftSection=controls.icon("search", 16),
            **{"aria-label": "Search", "data-autofocus": "true"},
        ),
        html.Div(id="search-found", className="found"),
    ]
    return dmc.Modal(
        body,
        id="search",
        size=600,
        opened=False,
        withCloseButton=False,
        title="Search",
        classNames={"header": "visually-hidden"},
        yOffset="12vh",
        padding=0,
        overlayProps={"backgroundOpacity": 0.3},
        className="search-dialog",
    )
