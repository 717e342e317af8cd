"""Edits of a segment's question, as pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import workbench as wb
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.editing.edits import BadEdit, at, change, put
from visualizations.segments import fixed, joined, tree
from visualizations.segments.fields import MILESTONE, OPERATORS, SEGMENT, Place, table_of

ROOT = "content"


def changed(desk: Desk, question: Question, event: Mapping[str, Any]) -> Question:
    """The question after a control, a button or a gesture; BadEdit says what cannot be used."""
    kind = str(event.get("kind"))
    if kind == "control":
        editor = _Editor(desk, question, str(event["at"]))
        return editor.edit(str(event["edit"]), event.get("value"))
    if kind == "press":
        return _Editor(desk, question, str(event["at"])).press(str(event["do"]))
    if kind == "tick":
        return fixed.ticked(question, str(event["id"]), bool(event["on"]))
    if kind == "segment-content":
        return put(question, ROOT, event.get("content"))
    return question


class _Editor:
    """One edit at one place of a question."""

    def __init__(self, desk: Desk, question: Question, path: str) -> None:
        self.desk, self.question, self.path = desk, question, path
        self.container = str(question.get("container") or "account")

    @property
    def part(self) -> Any:
        """What stands at the place."""
        return at(self.question, self.path)

    def put(self, value: Any, inside: str = "") -> Question:
        """The question with something else at the place, or at a place inside it."""
        return put(self.question, f"{self.path}.{inside}" if inside else self.path, value)

    # --- controls ------------------------------------------------------------------------------

    def edit(self, kind: str, value: Any) -> Question:
        """A control's new value."""
        editors: dict[str, Callable[[Any], Question]] = {
            "what": self._what,
            "operator": self._operator,
            "pick": self.put,
            "scalar": lambda given: self.put(given if given != "" else None, "value"),
            "low": lambda given: self._end(0, given),
            "high": lambda given: self._end(1, given),
            "truth": lambda given: self.put({"yes": True, "no": False}.get(str(given)), "value"),
            "last": lambda given: self._last(given, None),
            "last-unit": lambda given: self._last(None, given),
            "join": lambda how: tree.joined(self.question, self.path, str(how), self.container),
            "add": self._add,
            "of": lambda given: self._in_box("of" if "related" in self.part else "container", given),
            "threshold": lambda given: self.put(given if given != "" else None, "value"),
            "compare": self._compare,
            "counted": self._counted,
            "measure": self._measure,
            "step-kind": self._step_kind,
            "container": self._members,
            "made": self._made,
            "tags": lambda given: self.put(list(given or [])),
            "content-text": lambda given: put(self.question, ROOT, self._read(given, wb.read_text)),
            "content-json": lambda given: put(self.question, ROOT, self._read(given, _json)),
        }
        return editors[kind](value) if kind in editors else change(self.question, kind, self.path, value)

    def _place(self) -> Place:
        """Where the rule stands: inside the nearest box of related records, or among events."""
        keys = self.path.split(".")
        for end in range(len(keys), 0, -1):
            box = at(self.question, ".".join(keys[:end]))
            if isinstance(box, dict) and "related" in box and end < len(keys):
                return Place(self.desk.facts, self.container, table_of(box["related"]))
        return Place(self.desk.facts, self.container)

    def _what(self, field: Any) -> Question:
        if not field:
            return self.question
        if field == MILESTONE:
            known = self.desk.facts.milestones
            return self.put({"milestone": known[0] if known else ""})
        if field == SEGMENT:
            return self.put({"segment": ""})
        return self.put({"field": field, "op": OPERATORS[self._place().kind(field)][0]})

    def _operator(self, op: Any) -> Question:
        test = dict(self.part or {})
        before, value = test.get("op", "equals"), test.pop("value", None)
        test["op"] = op
        many, was_many = op in tree.MANY, before in tree.MANY
        if many and value not in (None, ""):
            test["value"] = list(value) if was_many else [value]
        elif was_many and value and op not in ("between", "in_last", *tree.NO_VALUE):
            test["value"] = value[0]
        elif not {"between", "in_last"} & {op, before} and op not in tree.NO_VALUE and not was_many:
            test["value"] = value
        return self.put({key: one for key, one in test.items() if one is not None})

    def _end(self, which: int, value: Any) -> Question:
        ends = self.part.get("value")
        pair = list(ends) if isinstance(ends, list | tuple) and len(ends) == 2 else [None, None]
        pair[which] = value if value != "" else None
        return self.put(pair, "value")

    def _last(self, number: Any, unit: Any) -> Question:
        value = str(self.part.get("value") or "30d")
        known, its_unit = (value[:-1], value[-1]) if value[:-1].isdigit() else ("30", "d")
        chosen = str(int(number)) if number not in (None, "") else known
        return self.put(f"{chosen}{unit or its_unit}", "value")

    def _add(self, kind: Any) -> Question:
        if not kind:
            return self.question
        name, _, related = str(kind).partition(":")
        made = tree.box(name, self.container, self._fresh(), related)
        return tree.added(self.question, self.path, made)

    def _fresh(self) -> dict[str, Any]:
        """A rule to begin with, without a value yet."""
        place = self._place()
        if place.table is not None:
            columns = self.desk.facts.bench.version.columns.get(place.table, {})
            field = next((name for name in columns if not name.endswith("_id")), "")
        else:
            field = "event_type"
        return {"field": field, "op": OPERATORS[place.kind(field)][0]}

    def _in_box(self, key: str, value: Any) -> Question:
        return self.put(value, key)

    def _compare(self, op: Any) -> Question:
        number = self.part.get("value", 1)
        value = [number, number] if op == "between" and not isinstance(number, list) else number
        if op != "between" and isinstance(value, list | tuple):
            value = value[0]
        return self.put({**self.part, "op": op, "value": value})

    def _counted(self, how: Any) -> Question:
        """At least one event turned into a number of them."""
        part = self.part
        if how != "many" or "where" not in part:
            return self.question
        return self.put({"count": part["where"], "container": part["container"], "op": ">=", "value": 2})

    def _measure(self, value: Any) -> Question:
        kind, _, field = str(value).partition(":")
        kept = {key: one for key, one in self.part.items() if key not in ("distinct", "sum")}
        return self.put({**kept, kind: field} if field else kept)

    def _step_kind(self, value: Any) -> Question:
        """A step that must happen, must not, or is several things in any order."""
        step = {key: one for key, one in self.part.items() if key in ("within", "after")}
        inner = self.part.get("where") or (self.part.get("any_order") or [self._fresh()])[0]
        if value == "any_order":
            return self.put({"any_order": [inner, self._fresh()], **step})
        return self.put({"where": inner, "exclude": True} if value == "exclude" else {"where": inner, **step})

    def _members(self, container: Any) -> Question:
        return {**self.question, "container": container}

    def _read(self, text: Any, read: Callable[[str], Any]) -> Any:
        if not (text or "").strip():
            return None
        condition = read(str(text))
        self.desk.bench.size(condition, self.container)
        return condition.to_json()

    def _company(self) -> dict[str, Any]:
        """Facts of the account, of a person's own account where persons are the members."""
        prefix = "person.account" if self.container == "person" else "account"
        known = self.desk.facts.fields
        wanted = ("city", "annual_revenue", "industry", "employees", "country")
        fields = [name for name in wanted if f"account.{name}" in known][:2] or ["name"]
        place = Place(self.desk.facts, self.container)
        rules = [{"field": f"{prefix}.{name}"} for name in fields]
        return {"all": [{**rule, "op": _first(place.kind(rule["field"]))} for rule in rules]}

    def _recent(self) -> dict[str, Any]:
        """An event of the last thirty days."""
        return {"all": [self._fresh(), {"field": "occurred_at", "op": "in_last", "value": "30d"}]}

    def _made(self, kind: Any) -> Question:
        """Another way of making the segment; by company begins with the facts of a company."""
        changed = {**self.question, "kind": kind}
        if kind != "firmographic" or self.question.get("content"):
            return changed
        editor = _Editor(self.desk, {**changed, "container": "person"}, ROOT)
        title = {"field": "person.job_title", "op": "equals"}
        return editor.put({"all": [editor._company(), title]})

    # --- buttons -------------------------------------------------------------------------------

    def press(self, do: str) -> Question:
        """A button's action."""
        question, path = self.question, self.path
        if do.startswith("block"):
            return joined.changed(question, do, path)
        if do in ("tick-found", "untick-found", "untick-all"):
            return fixed.pressed(self.desk, question, do)
        actions: dict[str, Callable[[], Question]] = {
            "rule": lambda: tree.added(question, path, self._fresh()),
            "group": lambda: tree.added(question, path, {"any": [self._fresh(), self._fresh()]}),
            "drop": lambda: tree.removed(question, path),
            "not": lambda: tree.negated(question, path),
            "copy": lambda: tree.duplicated(question, path),
            "up": lambda: tree.moved(question, path, -1),
            "down": lambda: tree.moved(question, path, 1),
            "start-company": lambda: self.put(self._company()),
            "start-person": lambda: self.put({"field": "person.job_title", "op": "equals"}),
            "start-event": lambda: self.put(tree.box("container", self.container, self._recent())),
            "start-steps": lambda: self.put(tree.box("sequence", self.container, self._fresh())),
            "step": lambda: self.put([*(self.part or []), {"where": self._fresh()}]),
            "any-order-more": lambda: self.put([*(self.part or []), self._fresh()]),
        }
        if do not in actions:
            raise BadEdit(f"There is no action {do!r}.")
        return actions[do]()


def _first(kind: str) -> str:
    """The operator a rule about company facts begins with."""
    return {"number": ">=", "text": "equals"}.get(kind, OPERATORS[kind][0])


def _json(text: str) -> Any:
    try:
        return wb.parse_condition(json.loads(text))
    except ValueError as problem:
        raise BadEdit(f"This is no JSON: {problem}") from None
