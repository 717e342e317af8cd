"""What the journey canvas says: the caption, the sentence on each arrow and card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from visualizations.base import Scene
from visualizations.formats import count, duration_words, limit, percent, sample_note
from visualizations.formats import points as points
from visualizations.views.canvas import reading as canvas_reading
from visualizations.views.canvas.reading import PART_WORDS, PARTS, Meter


def rows(result: Any, table: str, segment: str | None = None) -> list[dict[str, Any]]:
    """Rows of one segment of a result table, the first segment by default."""
    frame = result.tables[table]
    if "segment" not in frame.columns or frame.is_empty():
        return list(frame.iter_rows(named=True))
    name = segment or frame["segment"][0]
    return [row for row in frame.iter_rows(named=True) if row["segment"] == name]


def titles(result: Any) -> dict[str, str]:
    """Checkpoint id → the title shown: its name, else its condition in words."""
    return canvas_reading.titles(result.spec)


def node_rows(result: Any) -> dict[str, dict[str, Any]]:
    """Checkpoint id → its row, with the title shown as label."""
    named = titles(result)
    return {row["id"]: {**row, "label": named[row["id"]]} for row in rows(result, "nodes")}


def arrow_sentence(
    row: dict[str, Any],
    nodes: Mapping[str, dict[str, Any]],
    arrow: Any,
    scene: Scene,
    container: str,
    unlimited: int | None = None,
) -> str:
    """`412 of 1,060 accounts at MQL went on to Opportunity, half within 34 days`."""
    unit, source, target = scene.unit(container), nodes[row["source"]], nodes[row["target"]]
    base = source["value"] if source.get("counts", True) else None
    of = f" of {count(base)}" if base is not None else ""
    who = unit.of(base if base is not None else row["value"])
    said = f"{count(row['value'])}{of} {who} that reached {source['label']} reached {target['label']} later"
    if row["median_seconds"] is not None and row["value"]:
        said += f", half within {duration_words(row['median_seconds'])}"
    if row["p25_seconds"] is not None and row["value"] and row["value"] >= 4:
        said += f" (middle half {duration_words(row['p25_seconds'])} to {duration_words(row['p75_seconds'])})"
    following = ["Counted as the very next event."] if getattr(arrow, "path", "") == "next" else []
    free = [f"Without the limit {count(unlimited)}."] if unlimited is not None else []
    notes = [*following, *limit_words(arrow), *free, sample_note(row["value"], base)]
    return " ".join([said + ".", *notes]).strip()


def limit_words(arrow: Any) -> list[str]:
    """The limits of an arrow or touchpoint as sentences."""
    said = []
    if arrow.within:
        said.append(f"Counted within {limit(arrow.within)}.")
    if arrow.after:
        said.append(f"Counted from {limit(arrow.after)} on.")
    if arrow.same:
        said.append(f"Both events belong to the same {arrow.same.replace('_', ' ')}.")
    if getattr(arrow, "different", None):
        said.append(f"The events belong to different {arrow.different.replace('_', ' ')}s.")
    return said


def node_sentence(row: dict[str, Any], scene: Scene, container: str, meter: Meter | None = None) -> str:
    """What a card counts, in words."""
    unit = scene.unit(container)
    if meter is not None and not meter.own:
        said = f"{meter.label} at {row['label']}: {meter.full(row['value'])}"
        base = f", {percent(row['percent'])} of {meter.full(row['percent_base'])}"
        return said + (base if row["percent"] is not None else "") + "."
    if row["percent"] is None:
        return f"{count(row['value'])} at {row['label']}."
    of = f"of {count(row['percent_base'])} {unit.plural}"
    said = f"{count(row['value'])} {of} reached {row['label']}: {percent(row['percent'])}."
    return f"{said} {sample_note(row['value'], row['percent_base'])}".strip()


def fallout_sentence(row: dict[str, Any], scene: Scene, container: str) -> str:
    """What the fallout of a checkpoint means."""
    unit = scene.unit(container)
    who = f"{count(row['fallout'])} {unit.of(row['fallout'])}"
    said = (
        f"{who} reached {row['label']} and none of the next checkpoints ({percent(row['fallout_percent'])})."
    )
    if row.get("lost") is None:
        return said
    parts = [f"{count(row[part])} {PART_WORDS[part]}" for part in PARTS]
    return f"{said} Of these {parts[0]}, {parts[1]} and {parts[2]}."


PART_MEANS = {
    "lost": "a closing milestone followed",
    "in_play": "a buyer was active lately",
    "dormant": "neither closed nor active lately",
}
"""Part of a fallout → what its members have in common."""


def part_sentence(row: dict[str, Any], part: str, scene: Scene, container: str) -> str:
    """What one part of a fallout means."""
    who = f"{count(row[part])} {scene.unit(container).of(row[part])}"
    return f"{who} {PART_WORDS[part]}: {PART_MEANS[part]}."


def gap_words(gap: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A difference between two segments in one sentence."""
    own, other = names[gap["segment"]], names[gap["against"]]
    shares = f"{own} {percent(gap['percent'])}, {other} {percent(gap['against_percent'])}"
    if gap["difference"] is None:
        return f"{shares}."
    said = f"{shares}: {points(gap['difference'])} percentage points"
    if gap["low"] is None:
        return f"{said}, described, not tested."
    said += f" (95% interval {points(gap['low'])} to {points(gap['high'])})"
    return said + ("." if gap["distinguishable"] else "; not distinguishable from no difference.")


# --- the caption ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A path from a start to an end, with the share that arrives."""

    start: str
    end: str
    share: float


def best_way(spec: Any, values: Mapping[str, float | None]) -> Way | None:
    """The path that converts best, by the shape of each separate part of the canvas.

    One start: its highest end ÷ the start. Several starts that converge: highest end ÷ lowest start.
    Several separate paths: the best of them. Excluded checkpoints lead nowhere; losses are no goal.
    """
    out = {node.id for node in spec.nodes if getattr(node, "exclude", False)}
    arrows = [(a.source, a.target) for a in spec.arrows if not {a.source, a.target} & out]
    best: Way | None = None
    for part in _separate([n.id for n in spec.nodes if n.id not in out], arrows):
        starts = [n for n in part if values.get(n) and not any(t == n for _, t in arrows)]
        ends = [n for n in part if any(t == n for _, t in arrows) and not any(s == n for s, _ in arrows)]
        ends = [n for n in ends if not _is_loss(spec, n)] or ends
        if not starts or not ends:
            continue
        start = min(starts, key=lambda n: float(values[n] or 0))
        end = max(ends, key=lambda n: float(values[n] or 0))
        share = 100 * float(values[end] or 0) / float(values[start] or 1)
        if best is None or share > best.share:
            best = Way(start, end, share)
    return best


def _separate(nodes: list[str], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Checkpoints by connected part, in their order."""
    part = {name: i for i, name in enumerate(nodes)}
    for _ in nodes:
        for source, target in arrows:
            part[source] = part[target] = min(part[source], part[target])
    return [[n for n in nodes if part[n] == i] for i in dict.fromkeys(part[n] for n in nodes)]


def caption(result: Any, scene: Scene) -> str:
    """The path that converts best, then the largest leak."""
    spec, frame = result.spec, result.tables["nodes"]
    nodes = node_rows(result)
    unit = scene.unit(spec.container)
    way = best_way(spec, {name: row["value"] for name, row in nodes.items()})
    if way is None:
        said = f"{len(nodes)} checkpoint{'s'[: len(nodes) > 1]} counted in {unit.plural}."
        return f"{said} {_leak(nodes, unit)}".strip()
    start, end = nodes[way.start], nodes[way.end]
    path = f"from {start['label']} to {end['label']}"
    segments = frame["segment"].unique(maintain_order=True).to_list()
    if len(segments) > 1:
        return _compared(result, way, path, segments)
    meter = canvas_reading.meter_of(spec.metric, frame.schema["value"], spec.container, scene)
    if meter.own:
        counts = f"{count(end['value'])} of {count(start['value'])}"
        said = f"{percent(way.share)} of {unit.plural} went {path}: {counts}."
    else:
        counts = f"{meter.write(end['value'])} is {percent(way.share)} of {meter.write(start['value'])}"
        said = f"{meter.label} {path}: {counts}."
    return f"{said} {_leak(nodes, unit)}".strip()


def _compared(result: Any, way: Way, path: str, segments: list[str]) -> str:
    shares, names = [], canvas_reading.segment_names(result.spec, segments)
    for segment in segments:
        values = {row["id"]: row["value"] for row in rows(result, "nodes", segment)}
        share = 100 * values[way.end] / values[way.start] if values[way.start] else None
        shares.append(f"{names[segment]} {percent(share)}")
    return f"Share that went {path}: {', '.join(shares)}."


def _leak(nodes: Mapping[str, dict[str, Any]], unit: Any) -> str:
    """The checkpoint at which most stay behind."""
    row = max(nodes.values(), key=lambda one: one["fallout"] or 0)
    if not row["fallout"]:
        return ""
    who = f"{count(row['fallout'])} {unit.of(row['fallout'])} ({percent(row['fallout_percent'])})"
    return f"Largest leak: {who} went no further than {row['label']}."


def _is_loss(spec: Any, name: str) -> bool:
    """Whether a checkpoint is the milestone of a loss: no goal to report."""
    where = next(n.where for n in spec.nodes if n.id == name)
    return getattr(where, "milestone", None) in ("lost", "churned")


def emptied(result: Any) -> str:
    """Why a canvas shows nothing: the first checkpoint that no container reached."""
    nodes = list(node_rows(result).values())
    if any(row["value"] for row in nodes):
        return ""
    what = (
        "segments, actors or the date range"
        if result.spec.segments or result.spec.date_range
        else "its condition"
    )
    return f"Nothing reached {nodes[0]['label']}: {what} left no events."
