"""What the journey canvas says: the caption, the sentence on each arrow and card."""

from __future__ import annotations

from typing import Any

from visualizations.base import Scene
from visualizations.facts import in_words
from visualizations.formats import count, duration_words, limit, percent, sample_note


def rows(result: Any, table: str, segment: str | None = None) -> list[dict[str, Any]]:
    """Rows of one segment of a result table, the first segment by default."""
    frame = result.tables[table]
    if "segment" not in frame.columns or frame.is_empty():
        return list(frame.iter_rows(named=True))
    name = segment or frame["segment"][0]
    return [row for row in frame.iter_rows(named=True) if row["segment"] == name]


def titles(result: Any) -> dict[str, str]:
    """Checkpoint id → the title shown: its name, else its condition in words."""
    return {node.id: node.label or in_words(node.where.to_json()) for node in result.spec.nodes}


def node_rows(result: Any) -> dict[str, dict[str, Any]]:
    """Checkpoint id → its row, with the title shown as label."""
    named = titles(result)
    return {row["id"]: {**row, "label": named[row["id"]]} for row in rows(result, "nodes")}


def arrow_sentence(
    row: dict[str, Any], nodes: dict[str, dict[str, Any]], arrow: Any, scene: Scene, container: str
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
    return " ".join([said + ".", *limit_words(arrow), sample_note(row["value"], base)]).strip()


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


def node_sentence(row: dict[str, Any], scene: Scene, container: str) -> str:
    """What a card counts, in words."""
    unit = scene.unit(container)
    if row["percent"] is None:
        return f"{count(row['value'])} at {row['label']}."
    of = f"of {count(row['percent_base'])} {unit.plural}"
    said = f"{count(row['value'])} {of} reached {row['label']}: {percent(row['percent'])}."
    return f"{said} {sample_note(row['value'], row['percent_base'])}".strip()


def fallout_sentence(row: dict[str, Any], scene: Scene, container: str) -> str:
    """What the fallout of a checkpoint means."""
    unit = scene.unit(container)
    who = f"{count(row['fallout'])} {unit.of(row['fallout'])}"
    return (
        f"{who} reached {row['label']} and none of the next checkpoints ({percent(row['fallout_percent'])})."
    )


def caption(result: Any, scene: Scene) -> str:
    """The way from start to end with the highest share."""
    spec, nodes = result.spec, node_rows(result)
    ends = [n.id for n in spec.nodes if not spec.outgoing(n.id) and spec.incoming(n.id)]
    ends = [end for end in ends if not _is_loss(spec, end)] or ends
    best: tuple[float, dict[str, Any], dict[str, Any]] | None = None
    for end in ends:
        starts = [nodes[name] for name in spec.starts_of(end) if nodes[name]["value"]]
        if not starts:
            continue
        lowest = min(starts, key=lambda row: row["value"])
        share = 100 * nodes[end]["value"] / lowest["value"]
        if best is None or share > best[0]:
            best = share, lowest, nodes[end]
    unit = scene.unit(spec.container)
    if best is None:
        return f"{len(nodes)} checkpoints counted in {unit.plural}."
    share, start, goal = best
    way = f"from {start['label']} to {goal['label']}"
    return f"{percent(share)} of {unit.plural} went {way}: {count(goal['value'])} of {count(start['value'])}."


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
