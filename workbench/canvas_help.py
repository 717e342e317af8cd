"""Help while a canvas is drawn: which items would come next, before, or between, with their exact numbers.

Every number is that of a canvas with the item drawn in as a checkpoint, asked like any other question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from workbench.errors import SpecError, nearest
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.parsing import parse_spec
from workbench.model.result import Result
from workbench.model.specs import JourneyCanvasSpec, Spec

CANDIDATES = 30
"""Items that are tried: those most members have events of."""
DIRECTIONS = ("next", "previous")
PATHS = ("eventual", "next")
DRAWN = ("compare", "secondary_metric", "fallout_split")
"""Options of a canvas that no number here depends on."""

Question = dict[str, Any]


class Bench(Protocol):
    """What answers questions."""

    @property
    def version(self) -> DataVersion:
        """What is known of the data."""
        ...

    def ask(self, question: Spec | Question) -> Result:
        """Answer a question."""
        ...


def next_items(
    bench: Bench,
    question: Spec | Question,
    node: str,
    dimension: str = "event_type",
    *,
    direction: str = "next",
    path: str = "eventual",
    items: int = 12,
) -> pl.DataFrame:
    """Items that could be drawn behind or before a checkpoint: `item, where, value, percent, median_seconds`.

    Next: `value` is that of the item as a new checkpoint with an arrow from `node`. Previous: that of the
    arrow from the item, as a new start, to `node`, over the containers that came to `node`. `percent` is
    of the containers at `node`; times run from the earlier to the later of the two. Items that are drawn
    as a neighbour already are left out; most first, ties by name. Raises SpecError.
    """
    spec = canvas_of(question)
    _check(node, [one.id for one in spec.nodes], "node")
    _check(direction, DIRECTIONS, "direction")
    _check(path, PATHS, "path")
    ahead = direction == "next"
    beside = (
        [one.target for one in spec.outgoing(node)] if ahead else [one.source for one in spec.incoming(node)]
    )
    found = _candidates(bench, spec, node, dimension, _used(bench, spec, beside, dimension), items)
    if ahead:
        arrows = [{"source": node, "target": name, "path": path} for name in found.nodes]
        return _frame(found, bench.ask(_with(_plain(spec), found, arrows)), items, node_values=True)
    there = _free(spec, "there")
    alone = {"nodes": [_there(spec, node, there)], "arrows": [], "segments": found.segments, "metric": None}
    arrows = [{"source": name, "target": there, "path": path} for name in found.nodes]
    return _frame(found, bench.ask(_with(_plain(spec) | alone, found, arrows)), items)


def between_items(
    bench: Bench,
    question: Spec | Question,
    source: str,
    target: str,
    dimension: str = "event_type",
    *,
    items: int = 12,
) -> pl.DataFrame:
    """Items that could be drawn between two checkpoints: `item, where, value, percent, median_seconds`.

    `value` is that of the arrow from the item to `target`, with an arrow from `source` to the item, over
    the containers that came to `target`; `percent` is of these, and times run from the item to `target`.
    Items that are drawn between already are left out; most first, ties by name. Raises SpecError.
    """
    spec = canvas_of(question)
    for name in (source, target):
        _check(name, [one.id for one in spec.nodes], "node")
    behind = {one.target for one in spec.outgoing(source)}
    beside = [one.source for one in spec.incoming(target) if one.source in behind]
    found = _candidates(bench, spec, target, dimension, _used(bench, spec, beside, dimension), items)
    there, plain = _free(spec, "there"), _plain(spec)
    nodes = [*plain["nodes"], _there(spec, target, there)]
    plain |= {"nodes": nodes, "segments": found.segments, "metric": None}
    arrows = [{"source": source, "target": name} for name in found.nodes]
    arrows += [{"source": name, "target": there} for name in found.nodes]
    return _frame(found, bench.ask(_with(plain, found, arrows)), items)


# --- the canvas that is asked ------------------------------------------------------------------


def canvas_of(question: Spec | Question) -> JourneyCanvasSpec:
    """The question as a canvas; any other is a SpecError."""
    spec = parse_spec(question)
    if not isinstance(spec, JourneyCanvasSpec):
        raise SpecError(f"found {spec.analysis!r}; this works on a journey_canvas", "analysis")
    return spec


def _check(name: str, known: Any, place: str) -> None:
    if name not in known:
        raise SpecError(f"{name!r} is no {place}; {nearest(name, known)}", place)


def _plain(spec: JourneyCanvasSpec) -> Question:
    """The canvas as JSON without what no number here depends on."""
    return {"nodes": [], "arrows": []} | {
        key: value for key, value in spec.to_json().items() if key not in DRAWN
    }


def _free(spec: JourneyCanvasSpec, name: str) -> str:
    """An id that no node has."""
    taken = {node.id for node in spec.nodes}
    while name in taken:
        name += "'"
    return name


def _there(spec: JourneyCanvasSpec, node: str, name: str) -> Question:
    """A node once more, at the end of arrows of its own."""
    same = next(one for one in spec.nodes if one.id == node)
    return {"id": name, "where": same.where.to_json(), "exclude": same.exclude}


def _used(bench: Bench, spec: JourneyCanvasSpec, nodes: list[str], dimension: str) -> set[str]:
    """Items of the dimension that some nodes stand for."""
    used: set[str] = set()
    for node in spec.nodes:
        where = bench.version.inline(node.where) if node.id in nodes else None
        if isinstance(where, FieldTest) and where.field == dimension and where.op in ("equals", "in"):
            used |= {str(one) for one in (where.value if isinstance(where.value, tuple) else (where.value,))}
    return used


@dataclass(frozen=True)
class _Found:
    """Candidates, and the containers they are counted over."""

    dimension: str
    nodes: dict[str, str]
    """Node id → item."""
    segments: list[Question]
    containers: int

    def where(self, item: str) -> Question:
        """The condition of a candidate."""
        return {"field": self.dimension, "op": "equals", "value": item}


def _candidates(
    bench: Bench, spec: JourneyCanvasSpec, node: str, dimension: str, used: set[str], items: int
) -> _Found:
    """The items that most containers at a node have events of, whenever they happened."""
    number = {"question": _plain(spec), "table": "nodes", "select": {"id": node}, "measure": "value"}
    segments = [*(one.to_json() for one in spec.segments), {"members_of": number}]
    tried, dates = max(CANDIDATES, items), spec.date_range
    asked: Question = {
        "analysis": "breakdown",
        "container": spec.container,
        "history": spec.history,
        "segments": segments,
        "actors": spec.actors,
        "date_range": dates if dates is not None and dates.applies_to == "events" else None,
        "by": dimension,
        "items": min(tried + len(used), 1000),
    }
    table = bench.ask(asked).tables["items"]
    named = [item for item in table.filter(kind="item")["item"] if item not in used][:tried]
    prefix = "item"
    while any(one.id.startswith(prefix) for one in spec.nodes):
        prefix += "'"
    nodes = {f"{prefix} {place}": item for place, item in enumerate(named)}
    return _Found(dimension, nodes, segments, int(table["percent_base"][0]) if len(table) else 0)


def _with(question: Question, found: _Found, arrows: list[Question]) -> Question:
    """The canvas with the candidates and their arrows drawn in."""
    nodes = [{"id": name, "where": found.where(item)} for name, item in found.nodes.items()]
    return question | {"nodes": [*question["nodes"], *nodes], "arrows": [*question["arrows"], *arrows]}


def _frame(found: _Found, answer: Result, items: int, *, node_values: bool = False) -> pl.DataFrame:
    """Rows of the candidates, most first."""
    end = "target" if node_values else "source"
    arrows = answer.tables["arrows"].filter(pl.col(end).is_in(list(found.nodes)))
    rows = arrows.select(name=end, value="value", percent="percent", median_seconds="median_seconds")
    if node_values:
        values = answer.tables["nodes"].select(name="id", value="value")
        rows = rows.drop("value").join(values, on="name")
    else:
        share = 100 * pl.col("value") / found.containers
        rows = rows.with_columns(percent=share if found.containers else pl.lit(None, pl.Float64))
    field = pl.Struct({"field": pl.String, "op": pl.String, "value": pl.String})
    named = list(found.nodes.items())
    wheres = pl.DataFrame(
        {
            "name": pl.Series([name for name, _ in named], dtype=pl.String),
            "item": pl.Series([item for _, item in named], dtype=pl.String),
            "where": pl.Series([found.where(item) for _, item in named], dtype=field),
        }
    )
    return (
        wheres.join(rows, on="name")
        .filter(pl.col("value") > 0)
        .sort("value", "item", descending=[True, False])
        .select("item", "where", "value", "percent", "median_seconds")
        .head(items)
    )
