"""Moves of the document: arriving at an address, editing by control, button or gesture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import workbench as wb
from visualizations import segments
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.editing import canvas_edits, cohort_edits, display, edits, fallout_edits, flow_edits
from visualizations.editing.flow_shown import arrived, too_many
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
    painted: bool = True
    """Whether the drawing must be made again; a document that is not painted anew is no step to undo."""


class Documents:
    """Makes documents for one desk; keeps no state."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tools = canvas_edits.Tools(desk)

    def arrive(self, path: str | None, query: str | None) -> Move:
        """The document of an address."""
        view = (path or "/").strip("/") or "home"
        question, more = self.desk.drafts.read(query)
        if view not in BY_NAME:
            return self._page(view, question, more)
        parts = display.parts_from(more)
        if more.get("saved") and question is None:
            definition = self._saved(more["saved"])
            if definition is not None:
                document = display.opened(view, definition)
                question, parts = document["question"], {**parts, **display.parts_of(document)}
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
        document = {"view": view, "question": question, **parts}
        return Move(arrived(document), told=told or too_many(document))

    def _page(self, view: str, question: Any, more: Mapping[str, str]) -> Move:
        """The document of a page that is no view of a question."""
        if view == "timeline" and isinstance(question, dict) and {"container", "id"} <= set(question):
            return Move({"view": "timeline", "question": question})
        if view in segments.PAGES:
            document, told = segments.arrive(self.desk, view, question, more)
            return Move(document, told=told)
        told = "" if view == "home" else "There is no such page; this is the home page."
        return Move({"view": "home", "question": {}}, told=told)

    def _saved(self, name: str) -> Any:
        """The saved definition; None where there is none whose content is a question."""
        try:
            definition = self.desk.bench.definitions.get("views", name)
        except wb.WorkbenchError:
            return None
        return definition if isinstance(definition.get("content"), dict) else None

    def _shown(self, document: Question) -> Move:
        """A document whose question stays: only how it is shown, traced or saved has changed."""
        return Move(document, display.search_of(self.desk.drafts, document), structural=True)

    def apply(self, document: Question, event: Mapping[str, Any]) -> Move:
        """An event of the browser: a control, a button, a condition as JSON, a gesture."""
        if document["view"] in segments.PAGES:
            changed, told = segments.applied(self.desk, document, event)
            return replace(self._shown(changed) if changed else Move(None), told=told)
        if segments.is_quick(event):
            return self._quick(document, event)
        document, kind = segments.without_quick(document), str(event.get("kind"))
        if kind == "control":
            return self.edit(document, event["edit"], event["at"], event.get("value"))
        if kind == "press":
            return self.press(document, event["do"], event["at"], list(event.get("picks") or ()))
        if kind == "json":
            return self.edit(document, "json", event["at"], event.get("text"))
        return self.gesture(document, event)

    def _quick(self, document: Question, event: Mapping[str, Any]) -> Move:
        """An event on the bar of quick segments."""
        try:
            changed = segments.quick_applied(self.desk, document, event)
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        before = {**changed, "question": document["question"]}
        move = self._moved(before, changed["question"], structural=True)
        return move if move.document or move.told else Move(before, painted=False)

    def edit(self, document: Question, kind: str, path: str, value: Any) -> Move:
        """A control's new value."""
        if kind == "display":
            return self._shown(display.with_display(document, path, value))
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
            normal = changed if canvas_edits.is_blank(changed) else self.desk.normal(changed)
        except wb.WorkbenchError as problem:
            return Move(None, told=str(problem))
        if normal == document["question"]:
            return Move(None)
        if strict:
            try:
                self.desk.ask(normal)
            except wb.WorkbenchError as problem:
                return Move(None, told=str(problem))
        moved = {**document, "question": normal}
        return Move(moved, display.search_of(self.desk.drafts, moved), structural=structural)

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
                question, path or "segments", {"container": question["container"], "where": first}
            ),
            "milestone-column": lambda: edits.append(
                question, "milestones", {"where": self._next_milestone(question)}
            ),
            "compare": lambda: edits.compared(question, self._contrasts(question)),
            "ranges": lambda: cohort_edits.with_range(question, *map(date.fromisoformat, self._all_dates())),
            "touchpoint": lambda: edits.append(question, "touchpoints", {"where": self._unused(question)}),
            "touchpoint-remove": lambda: edits.first_free(edits.remove(question, path)),
            "up": lambda: edits.shift(question, path, -1),
            "down": lambda: edits.shift(question, path, 1),
            "without": lambda: edits.put(question, f"{path}.without", self._unused(question)),
            "without-remove": lambda: edits.put(question, f"{path}.without", None),
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

    def _contrasts(self, question: Question) -> list[Question]:
        """Segments worth comparing: the most frequent values of a record field of the container."""
        facts, container = self.desk.facts, question["container"]
        kinds = (container, "account", "opportunity", "person")
        own = [path for kind in kinds for path in facts.dimensions if path.startswith(f"{kind}.")]
        field = next((p for p in [*own, *facts.dimensions] if 2 <= len(facts.values(p)) <= 40), None)
        if field is None:
            return [{"container": container, "where": self._first()}]
        tests = [{"field": field, "op": "equals", "value": value} for value in facts.values(field)]
        return [{"container": container, "where": test} for test in tests]

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

    def _next_milestone(self, question: Question) -> dict[str, Any]:
        """The milestone behind those a cohort table has; else one that it does not use."""
        facts = self.desk.facts
        parts = [*question["inclusion"]["metrics"], *(question.get("milestones") or [])]
        used = [part["where"].get("milestone") for part in parts]
        places = [facts.milestones.index(name) for name in used if name in facts.milestones]
        later = facts.milestones[max(places, default=-1) + 1 :]
        free = [
            name for name in (*later, *facts.milestones) if name not in used and facts.milestone_events(name)
        ]
        return {"milestone": free[0]} if free else self._unused(question)

    def gesture(self, document: Question, intent: Mapping[str, Any]) -> Move:
        """A gesture on the drawing, or a choice of its context menu."""
        question, kind = document["question"], intent.get("kind")
        if kind in ("trace", "saved"):
            return self._shown(display.with_part(document, str(kind), intent.get("part")))
        if question.get("analysis") == "fallout" and kind in fallout_edits.KINDS:
            return self._fallout(document, intent)
        if kind == "display":
            return self._shown(display.with_display(document, str(intent.get("name")), intent.get("value")))
        if kind in canvas_edits.KINDS:
            return self._canvas(document, intent)
        try:
            if kind == "exclude":
                return self._exclude(document, intent)
            if kind == "flow":
                return self._flow(document, intent)
            if kind in flow_edits.SIDES:
                return self._anchored(document, intent, kind)
            if kind == "remove-node":
                return self._moved(
                    document, edits.remove_node(question, intent["select"]["id"]), structural=True
                )
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        return Move(None)

    def _fallout(self, document: Question, event: Mapping[str, Any]) -> Move:
        """A gesture on the fallout."""
        try:
            changed, told = fallout_edits.apply(document["question"], event, self.tools)
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        move = self._moved(document, changed, structural=True)
        return replace(move, told=move.told or told)

    def _canvas(self, document: Question, event: Mapping[str, Any]) -> Move:
        """A gesture on the journey canvas."""
        try:
            edited = canvas_edits.apply(document["question"], event, self.tools)
        except edits.BadEdit as problem:
            return Move(None, told=str(problem))
        changed, told = edited if isinstance(edited, tuple) else (edited, "")
        move = self._moved(document, changed, structural=event.get("kind") != "move")
        return replace(move, told=move.told or told)

    def _number_segment(self, question: Question, intent: Mapping[str, Any]) -> dict[str, Any]:
        result = self.desk.ask(question)
        return dict(result.segment(intent["table"], intent["select"], measure=intent.get("measure")))

    def _exclude(self, document: Question, intent: Mapping[str, Any]) -> Move:
        """Leave out the members behind a number."""
        question = document["question"]
        try:
            segment = {"not": self._number_segment(question, intent)}
        except wb.WorkbenchError as problem:
            return Move(None, told=str(problem))
        return self._moved(document, edits.append(question, "segments", segment), structural=True)

    def _anchored(self, document: Question, intent: Mapping[str, Any], kind: str) -> Move:
        """Make an item the anchor of the flow."""
        question, side = document["question"], flow_edits.SIDES[kind]
        changed = flow_edits.anchored(question, side, intent.get("select") or {})
        kept = {k: v for k, v in (document.get("display") or {}).items() if k != "hidden"}
        return self._moved(display.with_part(document, "display", kept), changed, structural=True)

    def _flow(self, document: Question, event: Mapping[str, Any]) -> Move:
        """A gesture on the flow: its question changes, or how it is shown."""
        changed = flow_edits.apply(document, event)
        if changed["question"] == document["question"]:
            return Move(None) if changed == document else self._shown(changed)
        before = {**changed, "question": document["question"]}
        return self._moved(before, changed["question"], structural=True)
