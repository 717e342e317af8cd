"""Rows and sections of the palette as HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from visualizations.editing.components import Component
from visualizations.formats import compact, count
from visualizations.markup import Markup, tag

SHOWN = 20
"""Items shown of an unfolded section."""
FEW = 12
"""Event types and dimensions shown of a section that is not unfolded."""


@dataclass(frozen=True)
class Entry:
    """One thing to drag."""

    component: Component
    name: str
    events: int | None = None
    hint: str = ""


def matches(wanted: str, *names: str) -> bool:
    """Whether the names hold every word of the search."""
    text = " ".join(names).lower()
    return all(word in text for word in wanted.split())


def section(
    title: str, name: str, entries: Sequence[Entry], wanted: str, unfolded: set[str], icon: str
) -> Markup | None:
    """A section of things that match; None where nothing does."""
    hits = [one for one in entries if not wanted or matches(wanted, one.name, one.hint)]
    if not hits:
        return None
    limit = len(hits) if name in unfolded else SHOWN if wanted else FEW
    rows: list[Markup | None] = [row(one, icon) for one in hits[:limit]]
    rest = len(hits) - limit
    return framed(title, name, [*rows, more(rest, name) if rest > 0 else None])


def framed(title: str, name: str, parts: Sequence[Markup | None]) -> Markup:
    """A titled section."""
    head = tag("div", title, class_="palette-title", aria_hidden="true")
    return tag(
        "div", head, parts, class_="palette-section", role="group", aria_label=title, data_section=name
    )


def more(rest: int, name: str) -> Markup:
    """Unfolds the rest of a section."""
    return tag(
        "div",
        f"{count(rest)} more",
        role="treeitem",
        class_="palette-more",
        tabindex="-1",
        data_unfold=name,
        data_key=f"more {name}",
    )


def _icon(name: str) -> Markup:
    return tag(
        "span", class_="icon", style=f"--icon:url(/assets/icons/{name}.svg);--size:14px", aria_hidden="true"
    )


def row(
    entry: Entry, icon: str | None, *, fold: str | None = None, unfolded: bool = False, unit: str = "events"
) -> Markup:
    """One thing to drag; a dimension also unfolds into its items."""
    data = json.dumps(entry.component, ensure_ascii=False)
    said = None if entry.events is None else f"{count(entry.events)} {unit}"
    number = (
        None
        if said is None
        else [
            tag("span", compact(entry.events), class_="palette-count", title=said),
            tag("span", f" {unit}", class_="visually-hidden"),
        ]
    )
    toggle = (
        None if fold is None else tag("span", _icon("chevron-down"), class_="palette-fold", data_unfold=fold)
    )
    return tag(
        "div",
        _icon(icon) if icon else None,
        tag("span", entry.name, class_="palette-name"),
        number,
        toggle,
        class_="palette-item" if icon else "palette-item deep",
        role="treeitem",
        tabindex="-1",
        draggable="true",
        title=entry.name,
        aria_selected="false",
        aria_expanded=None if fold is None else str(unfolded).lower(),
        data_component=data,
        data_key=data,
    )
