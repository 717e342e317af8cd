"""What edits of a canvas ask of the workspace: names that exist, frequent items, what follows what."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cached_property

import polars as pl

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.editing import components
from visualizations.editing.components import Component, Condition, plain
from visualizations.editing.edits import BadEdit
from visualizations.facts import milestone_name

DEALS = ("opportunity_created", "won", "lost")
"""Milestones of an opportunity."""
TOP = 3
"""Items a dropped dimension becomes."""


class Tools:
    """The workspace behind a canvas; reads only."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.facts = desk.facts

    # --- names -----------------------------------------------------------------------------------

    @property
    def segments(self) -> dict[str, str]:
        """Saved segments: id → name."""
        return dict(self.facts.segments())

    def checked(self, component: Component) -> Component:
        """The component where its name exists; BadEdit with the nearest one else."""
        kind = component["kind"]
        known: dict[str, Iterable[str]] = {
            "event": self.facts.event_types,
            "milestone": self.facts.milestones,
            "segment": self.segments,
        }
        if kind in known:
            _known(component["value"], known[kind], kind)
        elif kind in ("item", "dimension", "none"):
            self.check_field(component["field"])
        return component

    def check_field(self, path: str) -> str:
        """A field that exists; BadEdit with the nearest one else."""
        _known(path, self.facts.fields, "dimension")
        return path

    def label(self, where: Condition) -> str:
        """What a card of this condition is called."""
        return components.label(where, self.segments)

    # --- deals -----------------------------------------------------------------------------------

    @cached_property
    def several_deals(self) -> bool:
        """Whether some account holds more than one opportunity."""
        query = (
            "SELECT count(*) AS several FROM (SELECT account_id FROM opportunities "
            "WHERE account_id IS NOT NULL GROUP BY account_id HAVING count(*) > 1)"
        )
        try:
            return bool(self.desk.bench.sql(query)["several"][0])
        except wb.WorkbenchError:
            return False

    def is_deal(self, where: Condition) -> bool:
        """Whether a condition is a milestone of an opportunity."""
        kinds = [{"milestone": name} for name in DEALS]
        meant = [self.desk.settings_milestones().get(name) for name in DEALS]
        return plain(where) in [plain(one) for one in (*kinds, *meant) if one]

    # --- items -----------------------------------------------------------------------------------

    def top_items(self, question: Question, field: str, count: int = TOP) -> list[str]:
        """The most frequent items of a dimension by the question's metric."""
        kept = ("container", "segments", "actors", "history", "date_range")
        asked = {"analysis": "breakdown", **{key: question[key] for key in kept if key in question}}
        try:
            if question.get("metric") == "events":
                raise wb.SpecError("events are counted by their values", "metric")
            rows = self.desk.ask({**asked, "by": field, "items": count}).tables["items"]
            return [str(one) for one in rows.filter(kind="item").sort("value", descending=True)["item"]][
                :count
            ]
        except wb.WorkbenchError:
            return [str(one) for one in self._values(field).head(count)["value"]]

    def _values(self, field: str) -> pl.DataFrame:
        try:
            frame: pl.DataFrame = self.desk.bench.values(field, limit=50)
        except wb.WorkbenchError as problem:
            raise BadEdit(str(problem)) from None
        return frame.filter(pl.col("value").is_not_null())

    def following(self, question: Question, node: str, field: str, direction: str = "next") -> list[str]:
        """The items that most often follow a checkpoint, or precede it."""
        try:
            frame = self.desk.bench.next_items(question, node, field, direction=direction, items=TOP)
        except wb.WorkbenchError as problem:
            raise BadEdit(str(problem)) from None
        return [str(one) for one in frame["item"]][:TOP]

    def between(self, question: Question, source: str, target: str, field: str) -> list[str]:
        """The items that most often stand between two checkpoints."""
        try:
            frame = self.desk.bench.between_items(question, source, target, field, items=TOP)
        except wb.WorkbenchError as problem:
            raise BadEdit(str(problem)) from None
        return [str(one) for one in frame["item"]][:TOP]


def item(field: str, value: str) -> Component:
    """The component of an item; an item of the event types is an event type."""
    if field == "event_type":
        return {"kind": "event", "value": value}
    return {"kind": "item", "field": field, "value": value}


def _known(name: str, names: Iterable[str], kind: str) -> None:
    listed = list(names)
    if name in listed:
        return
    word = {"event": "event type"}.get(kind, kind)
    near = difflib.get_close_matches(name, listed, 1)
    shown = milestone_name(near[0]) if near and kind == "milestone" else near[0] if near else ""
    raise BadEdit(f"There is no {word} “{name[:60]}” here" + (f"; did you mean “{shown}”?" if near else "."))
