"""Long tables as HTML text.

Dash keeps every component subscribed to its store, so a table of a thousand cells takes seconds to draw; as
text it takes milliseconds. `tag` escapes everything it is given; `raw` hands the text to the page, where
`assets/20-app.js` puts it in place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any, TypeAlias

from visualizations.dom import Component, html


class Markup(str):
    """HTML that needs no more escaping."""


Child: TypeAlias = "str | int | float | Markup | Iterable[Child] | None"


def tag(name: str, *children: Child, **attributes: Any) -> Markup:
    """An element; `class_` and `data_open` stand for `class` and `data-open`, None is left out.

    >>> tag("td", "a < b", class_="num")
    '<td class="num">a &lt; b</td>'
    """
    parts = []
    for key, value in attributes.items():
        if value is not None and value != "":
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"')
    return Markup(f"<{name}{''.join(parts)}>{''.join(_text(child) for child in children)}</{name}>")


def _text(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return str(child)
    if isinstance(child, str | int | float):
        return escape(str(child), quote=False)
    return "".join(_text(part) for part in child)


def written(component: Any) -> Markup:
    """A component made of plain HTML elements as text, as the browser would show it."""
    if component is None or isinstance(component, str | int | float):
        return Markup(_text(component))
    if isinstance(component, list | tuple):
        return Markup("".join(written(part) for part in component))
    props = component.to_plotly_json()["props"]
    kept = {_NAMES.get(key, key): value for key, value in props.items() if key not in ("children", "id")}
    if isinstance(kept.get("style"), dict):
        kept["style"] = ";".join(f"{_css(key)}:{value}" for key, value in kept["style"].items())
    return tag(type(component).__name__.lower(), written(props.get("children")), **kept)


_NAMES = {"className": "class", "tabIndex": "tabindex"}


def _css(name: str) -> str:
    """`fontSize` as style sheets write it; custom properties as they are."""
    return name if name.startswith("--") else re.sub("[A-Z]", lambda big: f"-{big[0].lower()}", name)


def opens(
    shown: Child, table: str, select: dict[str, Any], measure: str, *, title: str, tip: str | None = None
) -> Markup:
    """A number that opens the members behind it."""
    target = {"table": table, "select": select, "measure": measure, "title": title}
    data = json.dumps(target, default=str, ensure_ascii=False)
    return tag("button", shown, type="button", class_="opens", data_open=data, data_tip=tip)


def link(text: str, href: str, class_: str | None = None) -> Markup:
    """A link to another page of the app, followed without loading it anew."""
    return tag("a", text, href=href, class_=class_, title=text, data_link="1")


def raw(markup: Markup, **attributes: Any) -> Component:
    """A component that shows the markup."""
    return html.Div(**{"data-html": str(markup), **attributes})


def table(
    heads: Iterable[tuple[str, str]], rows: Iterable[Markup], *, class_: str, caption: str | None = None
) -> Markup:
    """A table of (heading, class) columns and finished rows."""
    cells = [
        tag("th", title, scope="col", class_=kind) if title else tag("td", class_=kind)
        for title, kind in heads
    ]
    return tag(
        "table",
        tag("caption", caption) if caption else None,
        tag("thead", tag("tr", cells)),
        tag("tbody", rows),
        class_=class_,
    )
