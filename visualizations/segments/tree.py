"""The tree of a segment being built: a condition as JSON whose parts may still be incomplete.

Paths are dotted places, such as `content.all.0.where.any.1`. An incomplete part is a test without the value
it needs, a group without parts, a box without inside; `complete` leaves those out.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from visualizations.editing.edits import BadEdit, at, put

Json = dict[str, Any]
FORMS = (
    "field", "all", "any", "not", "milestone", "segment", "sequence", "count", "related", "listed",
    "as_of", "members_of", "container",
)  # fmt: skip
"""Names of the forms of a condition, by their first key; `container` last, as others have it too."""
INSIDE = {"count": "count", "related": "where", "as_of": "where", "container": "where"}
"""Form of a box → where its inside stands."""
NO_VALUE = ("exists", "not_exists")
MANY = ("in", "not_in")
DEEPEST = 12
"""Boxes inside boxes the builder draws; what lies deeper is shown in words."""


def form(part: Any) -> str:
    """Which form a part has; `nothing` for an empty place."""
    return next((name for name in FORMS if name in part), "nothing") if isinstance(part, dict) else "nothing"


# --- what is complete ------------------------------------------------------------------------------


def complete(part: Any) -> Json | None:
    """The part without what is incomplete; None where nothing is left."""
    kind = form(part)
    if kind in ("all", "any"):
        parts = [done for one in part[kind] if (done := complete(one)) is not None]
        return None if not parts else parts[0] if len(parts) == 1 else {kind: parts}
    if kind == "not":
        inner = complete(part["not"])
        return None if inner is None else {"not": inner}
    if kind == "sequence":
        steps = [done for step in part["sequence"] if (done := _complete_step(step)) is not None]
        kept = any(not step.get("exclude") for step in steps)
        return {**part, "sequence": _first_free(steps)} if kept else None
    if kind == "related":
        inner = complete(part.get("where"))
        return {
            **{key: value for key, value in part.items() if key != "where"},
            **({"where": inner} if inner else {}),
        }
    if kind in INSIDE:
        inner = complete(part.get(INSIDE[kind]))
        dated = kind != "as_of" or part["as_of"]
        return {**part, INSIDE[kind]: inner} if inner is not None and dated else None
    if kind == "field":
        return part if _has_value(part) else None
    return part if kind != "nothing" and part[kind] else None


def _complete_step(step: Json) -> Json | None:
    if "any_order" in step:
        parts = [done for one in step["any_order"] if (done := complete(one)) is not None]
        return {**step, "any_order": parts} if parts else None
    where = complete(step.get("where"))
    return None if where is None else {**step, "where": where}


def _first_free(steps: list[Json]) -> list[Json]:
    """The first step that is not left out carries no limits, as nothing precedes it."""
    first = next((i for i, step in enumerate(steps) if not step.get("exclude")), 0)
    limits = ("within", "after", "same", "different")
    return [
        {key: value for key, value in step.items() if i != first or key not in limits}
        for i, step in enumerate(steps)
    ]


def _has_value(test: Json) -> bool:
    op, value = test.get("op", "equals"), test.get("value")
    if not test["field"]:
        return False
    if op in NO_VALUE:
        return True
    if op in MANY:
        return bool(value)
    if op == "between":
        return (
            isinstance(value, list | tuple)
            and len(value) == 2
            and all(one not in (None, "") for one in value)
        )
    return value not in (None, "")


# --- changing it -----------------------------------------------------------------------------------


def added(tree: Json, path: str, part: Any) -> Json:
    """With a part more at a place: in its group, beside it where it is none, or alone where it is empty."""
    here = at(tree, path)
    kind = form(here)
    if kind == "nothing":
        return put(tree, path, part)
    if kind in ("all", "any"):
        return put(tree, path, {kind: [*here[kind], part]})
    return put(tree, path, {"all": [here, part]})


def removed(tree: Json, path: str) -> Json:
    """Without the part at a place; a group left with none goes too, a box stays empty."""
    way, _, last = path.rpartition(".")
    holder = at(tree, way)
    if not isinstance(holder, list):
        if form(at(tree, way)) == "not":
            return removed(tree, way)
        return put(tree, path, None)
    parts = [one for i, one in enumerate(holder) if i != int(last)]
    if parts:
        return put(tree, way, parts)
    group = way.rpartition(".")[0]
    return removed(tree, group) if "." in group else put(tree, group, None)


def joined(tree: Json, path: str, how: str, container: str) -> Json:
    """A group joined by `all`, `any` or `then`; a sequence turned into one again keeps its steps."""
    here = at(tree, path)
    kind = form(here)
    if kind == "sequence":
        parts = [step["where"] for step in here["sequence"] if step.get("where")]
        parts += [one for step in here["sequence"] for one in step.get("any_order") or ()]
    else:
        parts = list(here[kind]) if kind in ("all", "any") else [here]
    if how == "then":
        return put(tree, path, {"sequence": [{"where": one} for one in parts], "container": container})
    return put(tree, path, {how: parts})


def negated(tree: Json, path: str) -> Json:
    """A part turned into what it is not, and back."""
    here = at(tree, path)
    return put(tree, path, here["not"] if form(here) == "not" else {"not": here})


def moved(tree: Json, path: str, by: int) -> Json:
    """One of several parts moved up or down among them."""
    way, _, last = path.rpartition(".")
    parts = copy.deepcopy(at(tree, way))
    here = int(last)
    if not isinstance(parts, list) or not 0 <= here + by < len(parts):
        return tree
    parts[here], parts[here + by] = parts[here + by], parts[here]
    return put(tree, way, parts)


def duplicated(tree: Json, path: str) -> Json:
    """One of several parts twice."""
    way, _, last = path.rpartition(".")
    parts = at(tree, way)
    if not isinstance(parts, list):
        return added(tree, path, copy.deepcopy(at(tree, path)))
    here = int(last)
    return put(tree, way, [*parts[: here + 1], copy.deepcopy(parts[here]), *parts[here + 1 :]])


def box(kind: str, container: str, rule: Json, related: str = "") -> Json:
    """A new part of a kind, with a rule inside."""
    made: dict[str, Callable[[], Json]] = {
        "rule": lambda: rule,
        "group": lambda: {"any": [rule]},
        "container": lambda: {"container": container, "where": rule},
        "count": lambda: {"count": rule, "container": container, "op": ">=", "value": 2},
        "sequence": lambda: {"sequence": [{"where": rule}, {"where": dict(rule)}], "container": container},
        "related": lambda: {"related": related, "of": container},
        "as_of": lambda: {"as_of": "", "where": rule},
        "segment": lambda: {"segment": ""},
    }
    if kind not in made:
        raise BadEdit(f"There is no part {kind!r}.")
    return made[kind]()
