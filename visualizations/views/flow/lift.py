"""Influence, not frequency: how much more often an item precedes the anchor than other comparable moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.formats import NOTHING, count, limit, percent
from visualizations.views.flow.reading import labels_of, pair_of

WINDOW = "90d"
"""How far back from the anchor where the flow sets no limit."""
EVERY = 100
KEPT = ("container", "segments", "actors", "history", "date_range", "among")


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Lifts:
    """Lift of each item before the anchor, with what it is made of."""

    within: str
    rows: Mapping[str, Row]
    question: Question
    sides: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    """Compared segment in words → its own rows; empty where nothing is compared."""

    def ranked(self) -> list[Row]:
        """Items with enough data, the greatest lift first; then the others."""
        return sorted(
            self.rows.values(), key=lambda row: (not row["enough"], -(row["lift"] or 0.0), row["item"])
        )


def lifts_of(result: Any, scene: Scene) -> Lifts | None:
    """The lift of a flow's items; None where nothing precedes its anchor, or where it cannot be told."""
    spec = result.spec
    if scene.ask is None or spec.starts_with is not None:
        return None
    question: Question = spec.to_json()
    within = spec.within or WINDOW
    asked = {
        "analysis": "lift",
        **{key: question[key] for key in KEPT if key in question},
        "anchor": spec.anchor.to_json(),
        "dimension": spec.dimensions(-1)[0],
        "within": within,
        "items": EVERY,
    }
    try:
        rows = _rows(scene.ask(asked), spec.exclude)
        return Lifts(within, rows, asked, _sides(asked, scene, spec.exclude))
    except wb.WorkbenchError:
        return None


def _rows(answer: Any, excluded: Sequence[str]) -> dict[str, Row]:
    items = answer.tables["items"].iter_rows(named=True)
    return {row["item"]: row for row in items if row["item"] not in excluded}


def _sides(asked: Question, scene: Scene, excluded: Sequence[str]) -> dict[str, dict[str, Row]]:
    """The rows of each compared segment, which is matched within itself."""
    pair = pair_of(scene)
    if not pair or scene.ask is None:
        return {}
    parts = scene.ask({**asked, "compare": list(pair)}).answer.parts
    return {label: _rows(part, excluded) for label, part in zip(labels_of(pair), parts, strict=True)}


def lift_of(rows: Mapping[str, Row], item: str) -> str:
    """The lift of an item in words; empty where it precedes no anchor."""
    return lift_words(rows[item]) if item in rows else ""


def lift_words(row: Row) -> str:
    """The lift with its interval.

    >>> lift_words({"enough": True, "lift": 2.034, "low": 1.94, "high": 2.136})
    '2.03 (1.94–2.14)'
    """
    if not row["enough"] or row["lift"] is None:
        return "not enough data"
    return f"{row['lift']:.2f} ({row['low']:.2f}{NOTHING}{row['high']:.2f})"


def lift_tip(lifts: Lifts, item: str, plural: str, anchor: str) -> str:
    """What is to say about one item: both shares and the lift, then that in each compared segment."""
    row = lifts.rows.get(item)
    if row is None:
        return ""
    if not row["enough"]:
        return f"Lift within {limit(lifts.within)}: not enough data"
    with_it, without = percent(row["covered_share"]), percent(row["matched_share"])
    return (
        f"Lift {lift_words(row)}: in the {limit(lifts.within)} before {anchor}, {with_it} of {plural} "
        f"have it, before {count(row['matched'])} comparable moments of others {without}"
        + "".join(f"\nin {side}: {lift_of(own, item) or NOTHING}" for side, own in lifts.sides.items())
    )
