"""What a flow tells beyond its own tables: times, whole paths, paths through a choice, two segments compared.

Each is a further question asked through `scene.ask`; a picture that stands alone shows what its answer holds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.editing.flow_shown import DRAWN, compared
from visualizations.editing.flow_through import entry
from visualizations.views.flow.layout import Box, Key, Layout

LISTING = ("times", "paths", "goal", "compare", "declared_order")
"""Options that only list, time or mark something."""
EVERY = 1000
"""Items kept where two segments are compared, so that what one keeps the other has too."""
LISTED = 5
"""Whole paths shown below the drawing."""


def unit_of(scene: Scene) -> str:
    """What is counted: `paths`, or distinct `containers`."""
    return "containers" if scene.display.get("unit") == "containers" else "paths"


def bases(layout: Layout, unit: str) -> dict[int, int]:
    """What a share in a column refers to: its paths, or the distinct containers at the anchor."""
    if unit == "paths":
        return layout.totals
    anchor = sum(box.containers for box in layout.boxes.values() if box.key[0] == 0)
    return dict.fromkeys(layout.totals, anchor)


def plain(result: Any) -> Question:
    """The question without what only lists or times something."""
    question: Question = result.spec.to_json()
    return {key: value for key, value in question.items() if key not in LISTING}


def alone(result: Any, scene: Scene) -> Any:
    """The answer for all; of compared segments, where nothing can be asked, that of the first."""
    if "segment" not in result.tables["nodes"].columns:
        return result
    question = {key: value for key, value in result.spec.to_json().items() if key != "compare"}
    if scene.ask is not None:
        return scene.ask(question)
    first = result.tables["nodes"]["segment"][:1]
    tables = {
        name: frame.filter(frame["segment"].is_in(first)).drop("segment")
        for name, frame in result.tables.items()
        if "segment" in frame.columns
    }
    return SimpleNamespace(spec=wb.parse_spec(question), tables=tables)


def told(result: Any, scene: Scene) -> Any:
    """The answer with median times and marks of the declared order, asked for where it holds none."""
    spec = result.spec
    more = {"times": True, **({"declared_order": True} if in_order(result, scene) else {})}
    if scene.ask is None or all(getattr(spec, name) for name in more):
        return result
    return scene.ask({**spec.to_json(), **more})


# --- whole paths -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """One whole path: its items with their columns, and its row."""

    steps: tuple[Key, ...]
    row: dict[str, Any]


def split(path: str) -> list[str]:
    r"""The items of a path as the table writes it; an arrow inside an item has a backslash.

    >>> split(r"A → B\→C → Exit")
    ['A', 'B→C', 'Exit']
    """
    return [part.replace("\\→", "→") for part in re.split(r" (?<!\\)→ ", path)]


def wholes(frame: Any) -> list[Whole]:
    """The rows of `paths` or `exits`."""
    found = []
    for row in frame.iter_rows(named=True):
        items, kinds, first = split(row["path"]), row["kinds"].split(" "), row["first_column"]
        found.append(
            Whole(tuple((first + i, k, n) for i, (k, n) in enumerate(zip(kinds, items, strict=True))), row)
        )
    return found


# --- focus -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Focus:
    """The nodes every path of the answer passes, and the flow without that."""

    through: tuple[Any, ...]
    """As in the Spec, by column."""
    paths: int
    """Paths that pass them all."""
    containers: int
    all_paths: int | None = None
    """Paths without the focus; None where a picture stands alone."""
    nodes: Mapping[Key, int] = field(default_factory=dict)
    """Box → its paths without the focus."""

    def __contains__(self, key: Key) -> bool:
        """Whether a box is one of the nodes to pass; what is left of Other is only part of it."""
        if key[1] == "other":
            return False
        return any(
            one.column == key[0] and one.kind == _kind(key) and (one.kind != "item" or key[2] in one.items)
            for one in self.through
        )

    def others(self, column: int) -> list[str]:
        """Items of a column without the focus that are not in it, the most frequent first."""
        taken = {item for one in self.through if one.column == column for item in one.items}
        found = [key for key in self.nodes if key[0] == column and key[1] == "item" and key[2] not in taken]
        return [key[2] for key in sorted(found, key=lambda key: (-self.nodes[key], key[2]))]


def _kind(key: Key) -> str:
    return str(entry(*key)["kind"])


def focus_of(result: Any, scene: Scene) -> Focus | None:
    """The nodes to pass of the question; None where it has none."""
    if not result.spec.through:
        return None
    through = tuple(sorted(result.spec.through, key=lambda one: one.column))
    anchor = result.tables["nodes"].filter(column=0)
    paths, containers = (int(anchor[name].sum() or 0) for name in ("paths", "containers"))
    if scene.ask is None:
        return Focus(through, paths, containers)
    whole = scene.ask({key: value for key, value in plain(result).items() if key != "through"})
    nodes = {
        (r["column"], r["kind"], r["item"]): r["paths"] for r in whole.tables["nodes"].iter_rows(named=True)
    }
    return Focus(through, paths, containers, sum(n for key, n in nodes.items() if key[0] == 0), nodes)


# --- the declared order --------------------------------------------------------------------------


def in_order(result: Any, scene: Scene) -> bool:
    """Whether bands are marked that go back or skip in the declared order of event types."""
    spec = result.spec
    fields = {field for side in spec.sides for field in spec.dimensions(side)}
    return bool(scene.order and scene.display.get("marks", True) and fields == {"event_type"})


def skipped(scene: Scene, source: str | None, target: str | None) -> list[str]:
    """Event types between two in the declared order; none where one of them is not declared."""
    if source not in scene.order or target not in scene.order:
        return []
    return list(scene.order[scene.order.index(str(source)) + 1 : scene.order.index(str(target))])


def type_of(condition: Any, scene: Scene) -> str | None:
    """The one event type of a condition, through milestones; None where it is more than that."""
    if set(condition or ()) == {"milestone"}:
        return type_of(scene.milestones.get(condition["milestone"]), scene)
    if (condition or {}).get("field") != "event_type" or condition.get("op", "equals") not in (
        "equals",
        "in",
    ):
        return None
    value = condition.get("value")
    listed = list(value) if isinstance(value, list | tuple) else [value]
    return str(listed[0]) if len(listed) == 1 else None


# --- two segments ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One compared segment: its paths at the anchor, and through each item."""

    label: str
    paths: int
    containers: int
    nodes: Mapping[Key, tuple[int, int]]
    """(paths, distinct containers)."""
    totals: Mapping[int, int]


@dataclass(frozen=True)
class Versus:
    """Two segments on the columns and items of the flow of all."""

    sides: tuple[Side, Side]
    unit: str

    def value(self, side: int, key: Key) -> int | None:
        """Paths or containers of a segment at a box; None where they cannot be told."""
        one = self.sides[side]
        counts = one.nodes.get(key, (0, 0))
        value = counts[0 if self.unit == "paths" else 1]
        return None if value < 0 else value

    def share(self, side: int, key: Key) -> float | None:
        """Percent of the segment's own paths (or containers) at the anchor."""
        value, one = self.value(side, key), self.sides[side]
        base = one.paths if self.unit == "paths" else one.containers
        return None if value is None or not base else 100 * value / base

    def difference(self, key: Key) -> float | None:
        """Percent points by which the first segment lies above the second."""
        first, second = self.share(0, key), self.share(1, key)
        return None if first is None or second is None else first - second


def versus_of(result: Any, scene: Scene, layout: Layout) -> Versus | None:
    """The comparison of the document, drawn on the boxes of the flow of all."""
    pair = pair_of(scene)
    if not pair or scene.ask is None:
        return None
    labels = labels_of(pair)
    first, second = (
        _side(result, scene, layout.boxes, segment, label)
        for segment, label in zip(pair, labels, strict=True)
    )
    return Versus((first, second), unit_of(scene))


def pair_of(scene: Scene) -> list[Any]:
    """The two segments that are drawn against each other; none where nothing is compared."""
    return compared(scene.display)[:DRAWN]


def labels_of(pair: Any) -> list[str]:
    """The two segments in words; told apart where they read alike."""
    from visualizations.facts import in_words

    labels = [_test_value(one) or in_words(one) for one in pair]
    return [labels[0], labels[1] if labels[1] != labels[0] else f"{labels[1]} (2)"]


def _test_value(segment: Any) -> str:
    """The value of a segment that is a test of one field; empty for any other."""
    test = segment.get("where", segment)
    plain = isinstance(test, dict) and "field" in test and test.get("op", "equals") == "equals"
    return str(test.get("value")) if plain else ""


def _side(result: Any, scene: Scene, boxes: Mapping[Key, Box], segment: Any, label: str) -> Side:
    question = plain(result)
    if scene.ask is None:
        raise ValueError("a comparison needs a way to ask")
    asked = {**question, "items": EVERY, "segments": [*(question.get("segments") or []), segment]}
    own: dict[Key, tuple[int, int]] = {}
    totals: dict[int, int] = defaultdict(int)
    other: dict[Key, int] = defaultdict(int)
    for row in scene.ask(asked).tables["nodes"].iter_rows(named=True):
        key = row["column"], row["kind"], row["item"]
        totals[row["column"]] += row["paths"]
        if key in boxes:
            own[key] = row["paths"], row["containers"]
        else:
            other[row["column"], "other", "Other"] += row["paths"]
    start = [counts for key, counts in own.items() if key[0] == 0]
    nodes = {**own}
    paths, containers = (sum(counts[i] for counts in start) for i in (0, 1))
    kept = Side(label, paths, containers, nodes, dict(totals))
    return _with_other(kept, dict(other)) if other else kept


def _with_other(side: Side, other: Mapping[Key, int]) -> Side:
    """Paths of what is not kept add up; their distinct containers do not, and stay unknown."""
    rest = {key: (paths, -1) for key, paths in other.items()}
    return Side(side.label, side.paths, side.containers, {**side.nodes, **rest}, side.totals)
