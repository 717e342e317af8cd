"""Moves of the document: arriving at an address, editing by control, button or gesture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations import edits
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.views import BY_NAME


@dataclass(frozen=True)
class Move:
    """What becomes of the document; None leaves it as it is."""

    document: Question | None
    search: str | None = None
    """New address; None keeps it."""
    structural: bool = True
    """Whether the controls must be drawn again."""
    told: str = ""
    """What to tell the user."""


class Documents:
    """Makes documents for one desk; keeps no state."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def arrive(self, path: str | None, query: str | None) -> Move:
        """The document of an address."""
        view = (path or "/").strip("/") or "home"
        question, more = self.desk.drafts.read(query)
        if view == "timeline" and isinstance(question, dict) and {"container", "id"} <= set(question):
            return Move({"view": "timeline", "question": question})
        if view not in BY_NAME:
            told = "" if view == "home" else "There is no such page; this is the home page."
            return Move({"view": "home", "question": {}}, told=told)
        if more.get("saved") and question is None:
            question = self._saved(more["saved"])
        told = ""
        if isinstance(question, dict) and question.get("analysis") != BY_NAME[view].analysis:
            question, told = None, "The address held no question of this view; here is the opening one."
        elif question is None and ("q=" in (query or "") or "d=" in (query or "")):
            told = "The address could not be read; here is the opening question."
        if question is None:
            try:
                question = self.desk.opening(view).question
            except wb.WorkbenchError as problem:
                return Move({"view": "home", "question": {}}, told=str(problem))
        return Move({"view": view, "question": question}, told=told)

    def _saved(self, name: str) -> Any:
        try:
            return self.desk.bench.definitions.get("views", name)["content"]
        except wb.WorkbenchError:
            return None

    def edit(self, document: Question, kind: str, path: str, value: Any) -> Move:
        """A control's new value."""
        if kind == "range" and value == "custom":
            kind, value = "dates", self._all_dates()
        try:
            changed = edits.change(document["question"], kind, path, value)
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        return self._moved(
            document, changed, structural=kind in (*edits.STRUCTURAL, "json", "dates"), strict=kind == "json"
        )

    def _moved(
        self, document: Question, changed: Question, *, structural: bool, strict: bool = False
    ) -> Move:
        if document["view"] == "timeline":
            if changed == document["question"]:
                return Move(None)
            return Move({**document, "question": changed}, self.desk.drafts.search(changed), structural=False)
        try:
            normal = self.desk.normal(changed)
        except wb.WorkbenchError as problem:
            return Move(None, told=str(problem))
        if normal == document["question"]:
            return Move(None)
        if strict:
            try:
                self.desk.ask(normal)
            except wb.WorkbenchError as problem:
                return Move(None, told=str(problem))
        return Move(
            {"view": document["view"], "question": normal},
            self.desk.drafts.search(normal),
            structural=structural,
        )

    def _all_dates(self) -> list[str]:
        """First and last local day of the data."""
        info, local = self.desk.facts.info, self.desk.facts.local
        return [str(moment.date()) for moment in (local(info["data_from"]), local(info["horizon"])) if moment]

    def press(self, document: Question, do: str, path: str, picks: list[Any]) -> Move:
        """A button's action."""
        question = document["question"]
        if do == "json":
            return Move(None)
        try:
            changed = self._pressed(question, do, path, picks)
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        return self._moved(document, changed, structural=True)

    def _pressed(self, question: Question, do: str, path: str, picks: list[Any]) -> Question:
        first = self._first()
        actions: dict[str, Callable[[], Question]] = {
            "node": lambda: edits.add_node(question, first),
            "node-after": lambda: edits.add_node(question, self._unused(question), after=path),
            "node-remove": lambda: edits.remove_node(question, path),
            "arrow": lambda: edits.add_arrow(question, *(*picks, None, None)[:2]),
            "remove": lambda: edits.remove(question, path),
            "segment": lambda: edits.append(
                question, "segments", {"container": question["container"], "where": first}
            ),
            "touchpoint": lambda: edits.append(question, "touchpoints", {"where": self._unused(question)}),
            "touchpoint-remove": lambda: edits.first_free(edits.remove(question, path)),
            "up": lambda: edits.shift(question, path, -1),
            "down": lambda: edits.shift(question, path, 1),
            "criterion": lambda: edits.append(question, f"{path}.metrics", {"where": first}),
            "to-field": lambda: edits.put(question, path, self._field_test()),
            "to-items": lambda: edits.put(question, path, first),
        }
        if do not in actions:
            raise edits.BadEdit(f"There is no action {do!r}.")
        return actions[do]()

    def _first(self) -> Question:
        """A condition to begin with: the first milestone, else the most frequent event type."""
        facts = self.desk.facts
        if facts.milestones:
            return {"milestone": facts.milestones[0]}
        return {"field": "event_type", "value": facts.event_types[0] if facts.event_types else ""}

    def _field_test(self) -> Question:
        facts = self.desk.facts
        field = next((f for f in ("channel", "content_type") if f in facts.fields and facts.values(f)), None)
        return (
            {"field": field, "value": facts.values(field)[0]}
            if field
            else {"field": "event_type", "op": "exists"}
        )

    def _unused(self, question: Question) -> dict[str, Any]:
        """A milestone or event type that the question does not use yet."""
        used = {
            str(part.get("where")) for part in [*question.get("nodes", []), *question.get("touchpoints", [])]
        }
        facts = self.desk.facts
        choices = [{"milestone": name} for name in facts.milestones if facts.milestone_events(name)]
        types: list[dict[str, Any]] = [{"field": "event_type", "value": name} for name in facts.event_types]
        every: list[dict[str, Any]] = [*choices, *types]
        return next((where for where in every if str(where) not in used), every[0])

    def gesture(self, document: Question, intent: dict[str, Any]) -> Move:
        """A gesture on the drawing, or a choice of its context menu."""
        question, kind = document["question"], intent.get("kind")
        if kind == "move" and question.get("analysis") == "journey_canvas":
            moves = intent.get("moves") or {}
            nodes = [
                {**n, "x": moves[n["id"]][0], "y": moves[n["id"]][1]} if n["id"] in moves else n
                for n in question["nodes"]
            ]
            return self._moved(document, {**question, "nodes": nodes}, structural=False)
        if kind == "tidy" and question.get("analysis") == "journey_canvas":
            nodes = [{k: v for k, v in n.items() if k not in ("x", "y")} for n in question["nodes"]]
            return self._moved(document, {**question, "nodes": nodes}, structural=False)
        try:
            if kind == "exclude":
                return self._exclude(document, intent)
            if kind in ("set-start", "set-end"):
                return self._anchored(document, intent, kind)
            if kind == "remove-node":
                return self._moved(
                    document, edits.remove_node(question, intent["select"]["id"]), structural=True
                )
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        return Move(None)

    def _number_segment(self, question: Question, intent: dict[str, Any]) -> dict[str, Any]:
        result = self.desk.ask(question)
        return dict(result.segment(intent["table"], intent["select"], measure=intent.get("measure")))

    def _exclude(self, document: Question, intent: dict[str, Any]) -> Move:
        """Leave out the members behind a number."""
        question = document["question"]
        try:
            segment = {"not": self._number_segment(question, intent)}
        except wb.WorkbenchError as problem:
            return Move(None, told=str(problem))
        return self._moved(document, edits.append(question, "segments", segment), structural=True)

    def _anchored(self, document: Question, intent: dict[str, Any], kind: str) -> Move:
        """Make an item the start or end of the flow."""
        question, select = document["question"], intent.get("select") or {}
        if question["analysis"] != "flow" or select.get("kind") != "item":
            raise edits.BadEdit("Only an item of a flow can become its start or end.")
        kept = {k: v for k, v in question.items() if k not in (*edits.ANCHORS, "anchor_label")}
        side = "starts_with" if kind == "set-start" else "ends_with"
        field = str(question.get("dimension", "event_type"))
        return self._moved(
            document,
            {**kept, side: {"field": field, "value": select["item"]}, "anchor_label": select["item"]},
            structural=True,
        )
