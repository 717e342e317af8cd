"""What a canvas has to show, read once: rows by checkpoint and segment, breakdowns, limits, reasons.

The HTML cards and the picture are both drawn from a Reading, so they never differ. Further questions
(breakdowns, the same canvas without a limit, why a checkpoint is empty) go through `Scene.ask`, which keeps
answers; a figure that stands alone shows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.facts import in_words
from visualizations.formats import compact, count, money
from visualizations.panels.drill import IN_CARD, breakdown_question, without_limits
from visualizations.views.canvas.layout import CARD_HEIGHT, Layout, arrange
from visualizations.views.canvas.reasons import why_empty

MOST_LIMITS = 12
"""Arrows whose limit is compared with the same canvas without it."""
MOST_REASONS = 4
ROWS_FROM, ROW_HEIGHT = 32, 23
"""Compared segments: where their rows begin on a card, and the height of one."""
SECOND_LINE = 22
BREAKDOWN_HEAD, BREAKDOWN_ROW = 34, 20
SPLIT_LINE = 20
PARTS = ("lost", "in_play", "dormant")
PART_WORDS = {"lost": "lost", "in_play": "in play", "dormant": "dormant"}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


@dataclass(frozen=True)
class Meter:
    """How a metric is called and written."""

    label: str
    own: bool = True
    """Whether it counts the question's container."""
    is_money: bool = False
    currency: str = ""

    @property
    def short(self) -> str:
        """Its name where there is no room."""
        return "Amount" if self.is_money and self.label.startswith("Amount") else self.label

    def write(self, value: Any) -> str:
        """The value in full, short where it would not fit on a card."""
        if value is None:
            return count(None)
        if self.is_money:
            return self._coined(compact(float(value)) if abs(value) >= 1e4 else money(value))
        return count(value) if abs(value) < 1e9 else compact(value)

    def small(self, value: Any) -> str:
        """The value for tight places."""
        return self.write(value) if self.is_money or value is None else compact(value)

    def full(self, value: Any) -> str:
        """The value with all its digits."""
        return self._coined(money(value)) if self.is_money and value is not None else count(value)

    def _coined(self, text: str) -> str:
        sign = SYMBOLS.get(self.currency)
        return f"{sign}{text}" if sign else f"{self.currency} {text}".strip()


@dataclass(frozen=True)
class Breakdown:
    """Top items of a number, for a card."""

    by: str
    items: tuple[tuple[str, str, float, float | None], ...]
    """(kind, item, value, percent), most first."""
    problem: str = ""
    question: Question | None = None
    """The question whose `items` these are: it opens their members."""

    @property
    def label(self) -> str:
        """The dimension as people say it."""
        return field_words(self.by)


@dataclass(frozen=True)
class Reading:
    """Everything a canvas shows."""

    spec: Any
    scene: Scene
    segments: tuple[str, ...]
    """Labels of the compared segments; one where nothing is compared."""
    nodes: Mapping[str, list[dict[str, Any]]]
    """Checkpoint → its row per segment, with the title shown as label."""
    arrows: Mapping[tuple[str, str], list[dict[str, Any]]]
    meter: Meter
    second: Meter | None = None
    breakdowns: Mapping[str, Breakdown] = field(default_factory=dict)
    on_arrows: Mapping[tuple[str, str], Breakdown] = field(default_factory=dict)
    """Arrow → top items of who moved on."""
    on_fallout: Mapping[str, Breakdown] = field(default_factory=dict)
    """Checkpoint → top items of who went no further."""
    unlimited: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Arrow with limits → how many move on without them, where that differs."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Checkpoint without members → which filter emptied it."""
    gaps: Mapping[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    """(checkpoint id, segment) or (source, target, segment) → its difference from the first segment."""

    @cached_property
    def names(self) -> dict[str, str]:
        """Label of a compared segment → its name where there is little room."""
        return segment_names(self.spec, self.segments)

    @property
    def comparing(self) -> bool:
        """Whether several segments stand side by side."""
        return len(self.segments) > 1

    @property
    def differences(self) -> bool:
        """Whether differences are shown instead of values."""
        return self.comparing and bool(self.gaps) and self.scene.display.get("comparison") == "differences"

    @property
    def splits(self) -> bool:
        """Whether fallout is told apart into lost, in play and dormant."""
        return bool(getattr(self.spec, "fallout_split", False)) and not self.comparing

    @property
    def shows_fallout(self) -> bool:
        """Whether cards carry a fallout chip."""
        return bool(self.scene.display.get("fallout", True)) and not self.comparing

    def setting(self, name: str, default: Any) -> Any:
        """A display setting of the document."""
        return self.scene.display.get(name, default)

    def excluded(self, name: str) -> bool:
        """Whether a checkpoint is excluded from the journey."""
        return any(node.id == name and getattr(node, "exclude", False) for node in self.spec.nodes)

    def first(self, name: str) -> dict[str, Any]:
        """The row of a checkpoint, of the first segment where several are compared."""
        return self.nodes[name][0]

    def fallout(self, name: str) -> Any:
        """The fallout that a card shows; None where it shows none."""
        return self.first(name)["fallout"] if self.shows_fallout and not self.excluded(name) else None

    def fallout_items(self, name: str) -> Breakdown | None:
        """Top items below the fallout of a card; None where it shows none."""
        return self.on_fallout.get(name) if self.fallout(name) else None

    def card_height(self, name: str) -> int:
        """Pixels from the top of a card to its bottom."""
        height = CARD_HEIGHT
        if self.comparing:
            height = max(CARD_HEIGHT, ROWS_FROM + ROW_HEIGHT * len(self.segments) + 9)
        elif self.second is not None and not self.excluded(name):
            height += SECOND_LINE
        if name in self.breakdowns:
            height += items_height(self.breakdowns[name])
        return height

    @cached_property
    def tall(self) -> dict[str, float]:
        """Checkpoint → how much further down than a plain card it reaches, chip included."""
        more = {}
        for name in self.nodes:
            split = SPLIT_LINE if self.splits and self.fallout(name) else 0
            reason = 22 if name in self.reasons else 0
            items = self.fallout_items(name)
            broken = items_height(items) if items is not None else 0
            more[name] = float(self.card_height(name) - CARD_HEIGHT + split + reason + broken)
        return {name: extra for name, extra in more.items() if extra}

    @cached_property
    def layout(self) -> Layout:
        """Places of cards and arrows; places saved with the question are kept."""
        nodes = self.spec.nodes
        fixed = {n.id: (float(n.x), float(n.y)) for n in nodes if n.x is not None and n.y is not None}
        ends = [(arrow.source, arrow.target) for arrow in self.spec.arrows]
        return arrange([node.id for node in nodes], ends, fixed, self.tall)


def items_height(found: Breakdown) -> int:
    """Pixels that top items take, with the line above them."""
    return BREAKDOWN_HEAD + BREAKDOWN_ROW * max(1, len(found.items))


def field_words(path: str) -> str:
    """A field path as people say it: `account.industry` → `Account industry`."""
    return path.replace(".", " ").replace("_", " ").capitalize()


def segment_names(spec: Any, labels: Sequence[str]) -> dict[str, str]:
    """Short names of compared segments: values where one field tells them apart, else their conditions."""
    asked = [condition.to_json() for condition in getattr(spec, "compare", ())]
    if len(asked) != len(labels):
        return {label: label for label in labels}
    inner = [one["where"] if set(one) == {"container", "where"} else one for one in asked]
    fields = {one.get("field") for one in inner}
    alike = all(one.get("op", "equals") == "equals" and one.get("value") is not None for one in inner)
    if len(fields) == 1 and None not in fields and alike:
        names = [str(one["value"]) for one in inner]
    else:
        names = [in_words(one) for one in inner]
    names = [name[:1].upper() + name[1:] for name in names]
    if len(set(names)) < len(names):
        return {label: label for label in labels}
    return dict(zip(labels, names, strict=True))


def titles(spec: Any) -> dict[str, str]:
    """Checkpoint id → the title shown: its name, else its condition in words."""
    return {node.id: node.label or in_words(node.where.to_json()) for node in spec.nodes}


def read(result: Any, scene: Scene) -> Reading:
    """Everything a canvas shows, from its answer and what else must be asked."""
    spec, named = result.spec, titles(result.spec)
    frame = result.tables["nodes"]
    segments = tuple(frame["segment"].unique(maintain_order=True).to_list()) or ("All",)
    nodes: dict[str, list[dict[str, Any]]] = {name: [] for name in named}
    for row in frame.iter_rows(named=True):
        nodes[row["id"]].append({**row, "label": named[row["id"]]})
    arrows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in result.tables["arrows"].iter_rows(named=True):
        arrows.setdefault((row["source"], row["target"]), []).append(row)
    meter = meter_of(spec.metric, frame.schema["value"], spec.container, scene)
    for rows in nodes.values():
        for row in rows:
            row["counts"] = meter.own
    second = None
    if spec.secondary_metric is not None:
        second = meter_of(spec.secondary_metric, frame.schema["secondary_value"], spec.container, scene)
    compared = len(segments) > 1
    question = _question(spec) if scene.ask is not None else {}
    return Reading(
        spec,
        scene,
        segments,
        nodes,
        arrows,
        meter,
        second,
        breakdowns={} if compared else _breakdowns(question, spec, scene),
        on_arrows={} if compared else _on_arrows(question, spec, scene),
        on_fallout={} if compared else _breakdowns(question, spec, scene, "fallout_breakdown", "fallout"),
        unlimited={} if compared else _unlimited(question, spec, arrows, scene),
        reasons={} if compared else _reasons(question, nodes, scene),
        gaps=_gaps(result) if compared else {},
    )


def _question(spec: Any) -> Question:
    return dict(spec.to_json())


def meter_of(metric: Any, dtype: Any, container: str, scene: Scene) -> Meter:
    """Name and form of a metric; amounts are told by their exact type."""
    own = scene.unit(container).plural
    given = metric if metric is None or isinstance(metric, str) else metric.to_json()
    if given is None or given == container_metric(container):
        return Meter(own[:1].upper() + own[1:])
    label = metric_words(given, scene)
    if isinstance(given, dict) and "sum" in given and isinstance(dtype, pl.Decimal):
        return Meter(label, False, True, scene.currency)
    return Meter(label, False)


def container_metric(container: str) -> str:
    """Name of the metric that counts a container."""
    return container[:-1] + "ies" if container.endswith("y") else container + "s"


def metric_words(metric: Any, scene: Scene | None = None) -> str:
    """A metric as people say it."""
    if isinstance(metric, str):
        kind = metric[:-3] + "y" if metric.endswith("ies") else metric[:-1]
        known = scene.units.get(kind) if scene else None
        words = known.plural if known else metric.replace("_", " ")
        return words[:1].upper() + words[1:]
    tail = f" of {in_words(metric['where'])}" if metric.get("where") else ""
    if "sum" in metric:
        amounts = {"opportunity.amount": "Amount of opportunities", "amount": "Amount of events"}
        return amounts.get(metric["sum"], f"Sum of {field_words(metric['sum']).lower()}") + tail
    if "count" in metric:
        return f"{in_words(metric['count'])} (events)"
    return f"Different {field_words(metric['distinct']).lower()}{tail}"


def _breakdowns(
    question: Question, spec: Any, scene: Scene, part: str = "breakdown", measure: str = "value"
) -> dict[str, Breakdown]:
    found = {}
    for node in spec.nodes:
        by = getattr(node, part, None)
        if by and scene.ask is not None:
            target = {"table": "nodes", "select": {"id": node.id}, "measure": measure}
            found[node.id] = broken_down(question, target, by, scene)
    return found


def _on_arrows(question: Question, spec: Any, scene: Scene) -> dict[tuple[str, str], Breakdown]:
    found = {}
    for arrow in spec.arrows:
        if arrow.breakdown and scene.ask is not None:
            select = {"source": arrow.source, "target": arrow.target}
            target = {"table": "arrows", "select": select, "measure": "value"}
            found[arrow.source, arrow.target] = broken_down(question, target, arrow.breakdown, scene)
    return found


def broken_down(question: Question, target: Mapping[str, Any], by: str, scene: Scene) -> Breakdown:
    """The top items of a number."""
    assert scene.ask is not None
    try:
        asked = breakdown_question(question, target, by, items=IN_CARD)
        frame = scene.ask(asked).tables["items"]
    except wb.WorkbenchError as problem:
        return Breakdown(by, (), str(problem))
    rows = [row for row in frame.iter_rows(named=True) if row["kind"] == "item"]
    items = tuple((r["kind"], r["item"], r["value"], r["percent"]) for r in rows)
    return Breakdown(by, items, question=asked)


def _unlimited(question: Question, spec: Any, arrows: Any, scene: Scene) -> dict[tuple[str, str], int]:
    """Arrows whose limits change the result, with how many move on without them."""
    found: dict[tuple[str, str], int] = {}
    if scene.ask is None:
        return found
    limited = [a for a in spec.arrows if a.limited or getattr(a, "path", "eventual") == "next"]
    for arrow in limited[:MOST_LIMITS]:
        ends = arrow.source, arrow.target
        try:
            free = scene.ask(without_limits(question, *ends)).tables["arrows"]
        except wb.WorkbenchError:
            continue
        value = free.filter(source=ends[0], target=ends[1])["value"][0]
        if value != arrows[ends][0]["value"]:
            found[ends] = int(value)
    return found


def _reasons(question: Question, nodes: Mapping[str, list[dict[str, Any]]], scene: Scene) -> dict[str, str]:
    """Why checkpoints without members have none; only the first ones on their path are explained."""
    if scene.ask is None:
        return {}
    empty = [name for name, rows in nodes.items() if rows and not rows[0]["value"]]
    arrows = question.get("arrows") or []
    first = [n for n in empty if not any(a["target"] == n and a["source"] in empty for a in arrows)]
    found = {}
    for name in first[:MOST_REASONS]:
        try:
            found[name] = why_empty(question, name, scene.ask)
        except wb.WorkbenchError:
            continue
    return {name: reason for name, reason in found.items() if reason}


def _gaps(result: Any) -> dict[tuple[str, ...], dict[str, Any]]:
    """Differences of compared segments by what they belong to."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    frame = result.tables.get("differences")
    for row in frame.iter_rows(named=True) if frame is not None else ():
        ends = (row["source"], row["target"]) if row["table"] == "arrows" else (row["id"],)
        found[(*ends, row["segment"])] = row
    return found
