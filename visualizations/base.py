"""What a view is, and what it may lean on."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from visualizations.dom import Component

Question = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """A container as this workspace calls it."""

    name: str
    label: str
    plural: str
    containers: int = 0

    def of(self, number: float | None) -> str:
        """`account` or `accounts`, by the number."""
        return self.label.lower() if number == 1 else self.plural


@dataclass(frozen=True)
class Scene:
    """What a drawing depends on besides the answer."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    dark: bool = False
    width: int = 1120
    height: int = 680
    zone: datetime.tzinfo = datetime.UTC
    display: Mapping[str, Any] = field(default_factory=dict)
    """How the document wants to be shown; see `visualizations.display`."""
    currency: str = ""
    """The one currency of all amounts; empty where there are several or none is named."""
    order: tuple[str, ...] = ()
    """Event types in their declared order; empty where none is declared."""
    milestones: Mapping[str, Any] = field(default_factory=dict)
    """Milestone → its condition."""
    initiatives: tuple[Mapping[str, Any], ...] = ()
    """Definitions of saved initiatives."""
    ask: Callable[[Question], Any] | None = None
    """Answers further questions of a drawing, such as a breakdown; None where a figure stands alone."""

    def unit(self, container: str) -> Unit:
        """The container's words; its id where the workspace does not know it."""
        plain = container.replace("_", " ")
        plural = plain[:-1] + "ies" if plain.endswith("y") else plain + "s"
        return self.units.get(container) or Unit(container, plain, plural)


@dataclass(frozen=True)
class Sheet:
    """A table alternative: rows of one result table, with the keys that open a number."""

    title: str
    table: str
    columns: Sequence[tuple[str, str, str]]
    """(column, heading, kind): kind is text, node, count, money, percent, points or duration."""
    opens: Mapping[str, str] = field(default_factory=dict)
    """Column → measure it opens with."""
    keys: Sequence[str] = ()
    """Columns that name a row."""


@dataclass(frozen=True)
class View:
    """One kind of question: how it is edited, drawn, told and tabled."""

    name: str
    """Last part of the address, such as `journey-canvas`."""
    title: str
    icon: str
    analysis: str
    purpose: str
    """One sentence for the home page and the search."""
    figure: Callable[[Any, Scene], go.Figure]
    """A picture for notebooks and for PNG and SVG."""
    stage: Callable[[Any, Scene], Component]
    """What the app shows."""
    caption: Callable[[Any, Scene], str]
    """The main finding in one sentence."""
    sheets: Callable[[Any], Sequence[Sheet]]
    inspector: Callable[..., list[Component]]
    """Controls of a question; gets the question and the Facts of the workspace."""
    shows: bool = False
    """Whether the inspector takes the display settings of the document as its third argument."""
    emptied: Callable[[Any], str] = lambda result: ""
    """Why there is nothing to draw; empty where there is something."""
