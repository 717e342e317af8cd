"""The frame of every box of a segment: its head, its tools, how many it holds for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import workbench as wb
from visualizations import controls
from visualizations.dom import Component, dmc, html
from visualizations.formats import count
from visualizations.segments.fields import Place
from visualizations.segments.rules import number_of, tools

SPOKEN = {
    "all": "all of these",
    "any": "one of these",
    "container": "an event that…",
    "count": "so many events",
    "sequence": "steps",
    "related": "records",
    "as_of": "as of a past date",
}
"""Form of a box → what a screen reader calls it."""


@dataclass(frozen=True)
class Drawing:
    """What every box needs: where rules stand, and how many containers a part holds for."""

    place: Place
    size: Callable[[Any], int | None]
    """Containers of the segment's kind that a complete part holds for; None inside records and steps."""
    deep: int = 0

    def inside(self, table: str | None = None, *, sized: bool = True) -> Drawing:
        """One box further in."""
        place = replace(self.place, table=table) if table else self.place
        return replace(
            self,
            place=place,
            deep=self.deep + 1,
            size=self.size if sized and not table else lambda part: None,
        )


def held(found: Any, drawing: Drawing) -> str:
    """How many containers a part holds for by itself; nothing where that cannot be said."""
    number = drawing.size(found)
    unit = drawing.place.facts.units[drawing.place.container]
    return "" if number is None else f"{count(number)} {unit.of(number)}"


def in_full(found: Any, drawing: Drawing) -> str:
    """A part in words; as it stands where it cannot be read."""
    try:
        return str(wb.describe_condition(wb.parse_condition(found), drawing.place.facts.bench.version))
    except wb.WorkbenchError:
        return str(found)


def box(head: list[Any], body: Any, path: str, found: Any, drawing: Drawing, name: str) -> Component:
    """A box with its head and its tools; `name` is its form."""
    size = html.Span(held(found, drawing), className="box-size")
    acts = html.Div([size, *tools("part", path)], className="box-tools")
    top = html.Div([html.Div(head, className="box-words"), acts], className="box-head")
    label = f"{part_name(path)}: {SPOKEN[name]}"
    return html.Div([top, body], className=f"box box-{name}", role="group", **{"aria-label": label})


def part_name(path: str) -> str:
    """What the part at a place is called where it is heard."""
    return f"Part {number_of(path)}".strip()


def units_of(drawing: Drawing, path: str, chosen: str) -> Component:
    """Which containers a box looks at."""
    facts = drawing.place.facts
    data = [{"value": unit.name, "label": unit.plural.capitalize()} for unit in facts.containers]
    if chosen not in {one["value"] for one in data}:
        data.append({"value": chosen, "label": chosen.replace("_", " ").capitalize()})
    return controls.select(
        f"{part_name(path)}: container", "of", path, chosen, data, hidden_label=True, className="box-unit"
    )


def number_field(kind: str, path: str, value: Any, label: str) -> Component:
    """A number in the head of a box."""
    return dmc.NumberInput(
        id=controls.edit(kind, path), value="" if value is None else value, size="xs", w=84, debounce=500,
        thousandSeparator=",", hideControls=True, **{"aria-label": f"{part_name(path)}: {label}"},
    )  # fmt: skip
