"""Saved initiatives: a name, the day on which something began, and whom it reached."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from visualizations import controls
from visualizations.base import Question, Scene
from visualizations.dom import Component, dmc
from visualizations.facts import in_words

ROWS, OF = "rows", "of:"
"""The display setting `initiative`: the rows are compared, or before and after one, named by its id."""
EVERYBODY = "Everybody"
EFFECT_AT = ("30d", "60d", "90d", "180d")
"""When shares before and after may be compared."""


@dataclass(frozen=True)
class Saved:
    """An initiative as it was saved."""

    id: str
    name: str
    on: datetime.date
    segment: Question | None

    @property
    def reached(self) -> str:
        """Whom it reached, in words."""
        return in_words(self.segment) if self.segment else EVERYBODY

    @property
    def asked(self) -> Question:
        """What a question says about it."""
        return {"on": self.on.isoformat(), **({"segment": self.segment} if self.segment else {})}


def saved(definitions: Iterable[Mapping[str, Any]]) -> list[Saved]:
    """Definitions of the kind `initiatives` that can be read, by date."""
    found = []
    for one in definitions:
        content = one.get("content")
        try:
            on = datetime.date.fromisoformat(str(content["on"]))  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            continue
        segment = content.get("segment") if isinstance(content, Mapping) else None
        found.append(Saved(str(one["id"]), str(one["name"]), on, segment))
    return sorted(found, key=lambda one: (one.on, one.name))


def markers(
    definitions: Iterable[Mapping[str, Any]], spec: Any, starts: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Where a cohort table whose rows are periods marks initiatives: `name`, `on`, and their `period`.

    `starts` are the first days of the rows, ascending, as the answer names cohorts; a marker belongs to the
    last row that begins on its day or before. Earlier initiatives, and rows of items, have no marker.
    """
    if spec.dimension is not None:
        return []
    found = []
    for one in saved(definitions):
        on = one.on.isoformat()
        period = max((start for start in starts if start <= on), default=None)
        if period is not None:
            found.append({"name": one.name, "on": on, "period": period})
    return found


def chosen(scene: Scene) -> Saved | None:
    """The initiative whose effect is shown; None where rows are compared."""
    value = str(scene.display.get("initiative", ROWS))
    return next((one for one in saved(scene.initiatives) if value == f"{OF}{one.id}"), None)


def choices(scene: Scene) -> list[Component]:
    """Compare the rows, or before and after a saved initiative, and when; empty where none is saved."""
    every = saved(scene.initiatives)
    if not every:
        return []
    options = [{"value": ROWS, "label": "All rows"}]
    options += [{"value": f"{OF}{one.id}", "label": f"Before and after {one.name}"} for one in every]
    now = chosen(scene)
    value = f"{OF}{now.id}" if now else ROWS
    which = controls.select(
        "What the curves compare", "display", "initiative", value, options, hidden_label=True, w=220
    )
    if now is None:
        return [which]
    days = [{"value": one, "label": f"after {one[:-1]} days"} for one in EFFECT_AT]
    at = str(scene.display.get("effect_at", "90d"))
    when = controls.select(
        "When shares are compared", "display", "effect_at", at, days, hidden_label=True, w=124
    )
    return [which, when]


def button() -> Component:
    """Opens the dialog that saves an initiative."""
    return dmc.Button(
        "Initiative…",
        id={"initiative": "open", "at": "cohort"},
        size="compact-xs",
        variant="subtle",
        color="gray",
        leftSection=controls.icon("flag", 14),
    )
