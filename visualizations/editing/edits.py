"""Edits of a question as pure functions: `question, what, where, value → question`.

A control's id names its edit: `{"edit": kind, "at": path}` for values, `{"do": action, "at": path}` for
buttons. Paths are dotted places in the question, such as `nodes.2.label`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

Question = dict[str, Any]
OF_FLOWS = (
    "flow-dimension",
    "flow-columns",
    "flow-buyers",
    "flow-paths",
    "flow-items",
    "flow-exclude",
    "flow-through",
)
"""Kinds of edits only flows have; `flow_edits.CONTROLS` makes them."""
STRUCTURAL = {
    "field",
    "range",
    "scope",
    "items",
    "choice",
    "anchor",
    "each",
    "columns",
    "threshold",
    "cohort-type",
    *OF_FLOWS,
}
"""Kinds of edits after which the controls themselves change."""
ANCHORS = ("starts_with", "contains", "ends_with")


class BadEdit(ValueError):
    """A value that cannot be used; the message is for people."""


def at(tree: Any, path: str) -> Any:
    """The part at a dotted path; None where there is none."""
    for key in filter(None, path.split(".")):
        try:
            tree = tree[int(key)] if isinstance(tree, list) else tree.get(key)
        except (IndexError, ValueError, AttributeError):
            return None
        if tree is None:
            return None
    return tree


def put(question: Question, path: str, value: Any) -> Question:
    """A copy with the part at a path replaced; None removes it."""
    changed = copy.deepcopy(question)
    *way, last = path.split(".")
    place: Any = changed
    for key in way:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    if isinstance(place, list):
        place[int(last)] = value
    elif value is None or value == "":
        place.pop(last, None)
    else:
        place[last] = value
    return changed


def condition_of(items: list[str]) -> dict[str, Any] | None:
    """The condition of picked items: `m:mql` a milestone, `e:Email Opened` an event type, `s:…` a segment."""
    kinds: dict[str, list[str]] = {"m": [], "e": [], "s": []}
    for item in items:
        kinds[item[0]].append(item[2:])
    parts: list[dict[str, Any]] = [{"milestone": name} for name in kinds["m"]]
    parts += [{"segment": name} for name in kinds["s"]]
    if len(kinds["e"]) == 1:
        parts.append({"field": "event_type", "op": "equals", "value": kinds["e"][0]})
    elif kinds["e"]:
        parts.append({"field": "event_type", "op": "in", "value": kinds["e"]})
    return None if not parts else parts[0] if len(parts) == 1 else {"any": parts}


def items_of(condition: Any) -> list[str] | None:
    """The inverse of `condition_of`; None for a condition that items cannot say."""
    if not isinstance(condition, dict):
        return None
    if set(condition) == {"milestone"}:
        return [f"m:{condition['milestone']}"]
    if set(condition) == {"segment"}:
        return [f"s:{condition['segment']}"]
    if condition.get("field") == "event_type" and condition.get("op", "equals") in ("equals", "in"):
        value = condition.get("value")
        return [f"e:{name}" for name in (value if isinstance(value, list | tuple) else [value])]
    if set(condition) == {"any"}:
        parts = [items_of(part) for part in condition["any"]]
        if all(part is not None for part in parts):
            return [item for part in parts for item in part or []]
    return None


def _range(question: Question, at_path: str, value: Any) -> Question:
    del at_path
    kept = {k: v for k, v in (question.get("date_range") or {}).items() if k in ("applies_to", "follow")}
    question = {k: v for k, v in question.items() if k != "compare_ranges"}
    if not value or value == "all":
        return put(question, "date_range", None)
    return put(question, "date_range", {"last": value, **kept})


def _dates(question: Question, at_path: str, value: Any) -> Question:
    del at_path
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(value):
        return question
    question = {k: v for k, v in question.items() if k != "compare_ranges"}
    kept = {k: v for k, v in (question.get("date_range") or {}).items() if k in ("applies_to", "follow")}
    return put(question, "date_range", {"from": value[0][:10], "to": value[1][:10], **kept})


def _items(question: Question, path: str, value: Any) -> Question:
    condition = condition_of(list(value or []))
    if condition is None:
        return question
    return put(question, path, condition)


def _field(question: Question, path: str, value: Any) -> Question:
    return put(question, path, {"field": value, "op": "exists"}) if value else question


def _operator(question: Question, path: str, value: Any) -> Question:
    test = dict(at(question, path) or {})
    test["op"] = value
    given = test.get("value")
    if value in ("exists", "not_exists"):
        test.pop("value", None)
    elif value in ("in", "not_in"):
        test["value"] = given if isinstance(given, list) else [given] if given is not None else []
    elif isinstance(given, list):
        test["value"] = given[0] if given else None
    return put(question, path, test)


def _number(question: Question, path: str, value: Any) -> Question:
    if value in (None, ""):
        return put(question, path, None)
    try:
        number = float(value)
    except ValueError:
        raise BadEdit(f"{value!r} is no number") from None
    return put(question, path, int(number) if number.is_integer() else number)


def _value(question: Question, path: str, value: Any) -> Question:
    test = dict(at(question, path) or {})
    texts = test.get("op") in ("contains", "not_contains", "starts_with", "ends_with", "matches")
    plain = value
    if isinstance(value, str) and not texts and test.get("op") in (">", ">=", "<", "<="):
        try:
            plain = json.loads(value)
        except ValueError:
            plain = value
    return put(question, path, {**test, "value": plain})


def _json(question: Question, path: str, value: Any) -> Question:
    try:
        return put(question, path, json.loads(value or ""))
    except ValueError as problem:
        raise BadEdit(f"This is no JSON: {problem}") from None


def _metric(question: Question, path: str, value: Any) -> Question:
    return put(question, path, json.loads(value) if value else None)


def _anchor(question: Question, path: str, value: Any) -> Question:
    del path
    from visualizations.editing.flow_edits import turned

    return turned(question, str(value))


def _flag(question: Question, path: str, value: Any) -> Question:
    return put(question, path, True if value else None)


def _unless(question: Question, path: str, value: Any) -> Question:
    """A flag that is on by default."""
    return put(question, path, None if value else False)


def _identity(question: Question, path: str, value: Any) -> Question:
    """Whether both events carry the same id, or different ones: `same.person`, `different.person`, `any`."""
    kind, _, name = str(value or "any").partition(".")
    changed = put(put(question, f"{path}.same", None), f"{path}.different", None)
    return put(changed, f"{path}.{kind}", name) if kind in ("same", "different") and name else changed


def _scope(question: Question, path: str, value: Any) -> Question:
    """A segment of whole containers, or of single events."""
    part = at(question, path) or {}
    inner = part["where"] if isinstance(part, dict) and set(part) == {"container", "where"} else part
    return put(question, path, inner if value == "event" else {"container": value, "where": inner})


def _of_flow(name: str) -> Callable[[Question, str, Any], Question]:
    """A control only flows have."""

    def change(question: Question, path: str, value: Any) -> Question:
        from visualizations.editing.flow_edits import CONTROLS

        return CONTROLS[name](question, path, value)

    return change


OF_COHORTS = ("columns", "cohort-type", "threshold", "bound", "days")
"""Kinds of edits only cohort tables have; `cohort_edits.CONTROLS` makes them."""


def _of_cohorts(name: str) -> Callable[[Question, str, Any], Question]:
    """A control only cohort tables have."""

    def change(question: Question, path: str, value: Any) -> Question:
        from visualizations.editing.cohort_edits import CONTROLS

        return CONTROLS[name](question, path, value)

    return change


EDITS: dict[str, Callable[[Question, str, Any], Question]] = {
    "text": put,
    "choice": put,
    "each": put,
    "duration": lambda question, path, value: put(question, path, (value or "").replace(" ", "") or None),
    "number": _number,
    "flag": _flag,
    "unless": _unless,
    "items": _items,
    "field": _field,
    "op": _operator,
    "value": _value,
    "json": _json,
    "metric": _metric,
    "range": _range,
    "dates": _dates,
    "anchor": _anchor,
    "scope": _scope,
    "identity": _identity,
    **{name: _of_flow(name) for name in OF_FLOWS},
    **{name: _of_cohorts(name) for name in OF_COHORTS},
}


def change(question: Question, kind: str, path: str, value: Any) -> Question:
    """Apply the edit of a control; BadEdit says what cannot be used."""
    return EDITS[kind](question, path, value)


# --- buttons -----------------------------------------------------------------------------------


def _fresh(question: Question, name: str) -> str:
    taken = {node["id"] for node in question.get("nodes", [])}
    return next(f"{name}{i}" for i in range(1, 1000) if f"{name}{i}" not in taken)


def add_node(question: Question, where: dict[str, Any], after: str | None = None) -> Question:
    """A further checkpoint, behind `after` where given."""
    name = _fresh(question, "n")
    changed = put(question, "nodes", [*question.get("nodes", []), {"id": name, "where": where}])
    return add_arrow(changed, after, name) if after else changed


def add_arrow(question: Question, source: str | None, target: str | None) -> Question:
    """A further arrow; BadEdit where it would double one or close a circle."""
    arrows = question.get("arrows", [])
    if not source or not target or source == target:
        raise BadEdit("An arrow leads from one checkpoint to another: choose both.")
    if any(a["source"] == source and a["target"] == target for a in arrows):
        raise BadEdit("There is an arrow between these two already.")
    reached, frontier = {target}, [target]
    while frontier:
        here = frontier.pop()
        following = [a["target"] for a in arrows if a["source"] == here and a["target"] not in reached]
        reached.update(following)
        frontier += following
    if source in reached:
        raise BadEdit("This arrow would close a circle; journeys only lead forward.")
    return put(question, "arrows", [*arrows, {"source": source, "target": target}])


def remove_node(question: Question, name: str) -> Question:
    """Without a checkpoint; its neighbours are joined."""
    arrows = question.get("arrows", [])
    before = [a["source"] for a in arrows if a["target"] == name]
    after = [a["target"] for a in arrows if a["source"] == name]
    kept = [a for a in arrows if name not in (a["source"], a["target"])]
    ends = {(a["source"], a["target"]) for a in kept}
    joined = [{"source": s, "target": t} for s in before for t in after if (s, t) not in ends]
    nodes = [node for node in question["nodes"] if node["id"] != name]
    if not nodes:
        raise BadEdit("A canvas keeps at least one checkpoint.")
    return {**question, "nodes": nodes, "arrows": kept + joined}


def remove(question: Question, path: str) -> Question:
    """Without one entry of a list."""
    way, _, last = path.rpartition(".")
    entries = list(at(question, way) or [])
    del entries[int(last)]
    return put(question, way, entries or None)


def append(question: Question, path: str, entry: Any) -> Question:
    """With one more entry in a list."""
    return put(question, path, [*(at(question, path) or []), entry])


def compared(question: Question, choices: list[Question]) -> Question:
    """With the first two of the choices compared, or one more that is not compared yet."""
    question = {k: v for k, v in question.items() if k != "compare_ranges"}
    now = list(question.get("compare") or [])
    left = [one for one in choices if one not in now] or choices[:1]
    return put(question, "compare", [*now, *(left[:1] if now else left[:2])])


def shift(question: Question, path: str, by: int) -> Question:
    """With one entry of a list moved up or down."""
    way, _, last = path.rpartition(".")
    entries, here = list(at(question, way) or []), int(last)
    there = here + by
    if not 0 <= there < len(entries):
        return question
    entries[here], entries[there] = entries[there], entries[here]
    if way == "touchpoints":
        entries[0] = {k: v for k, v in entries[0].items() if k in ("label", "where", "breakdown")}
    return put(question, way, entries)


def first_free(question: Question) -> Question:
    """A fallout whose first touchpoint carries no limits, as the language asks."""
    points = question.get("touchpoints") or []
    if not points:
        raise BadEdit("A fallout keeps at least one touchpoint.")
    first = {k: v for k, v in points[0].items() if k in ("label", "where", "breakdown")}
    return {**question, "touchpoints": [first, *points[1:]]}
