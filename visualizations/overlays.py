"""What opens above every page: the drawer of members, the dialogs, the search."""

from __future__ import annotations

from typing import Any

from visualizations import controls
from visualizations.dom import Component, dcc, dmc, html
from visualizations.panels.members import tools


def layout() -> list[Component]:
    """Drawer and dialogs, closed; callbacks fill and open them."""
    return [_drawer(), _dialog(), _json_dialog()]


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


def search() -> Component:
    """The search, which opens above the others."""
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
