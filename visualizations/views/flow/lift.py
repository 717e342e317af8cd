"""Influence, not frequency: how much more often an item precedes the anchor than other comparable moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations.base import Question, Scene
from visualizations.formats import NOTHING, count, limit, percent

WINDOW = "90d"
"""How far back from the anchor where the flow sets no limit."""
EVERY = 100
KEPT = ("container", "segments", "actors", "history", "date_range", "among")


@dataclass(frozen=True)
class Lifts:
    """Lift of each item before the anchor, with what it is made of."""

    within: str
    rows: Mapping[str, Mapping[str, Any]]
    question: Question

    def ranked(self) -> list[Mapping[str, Any]]:
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
        items = scene.ask(asked).tables["items"]
    except wb.WorkbenchError:
        return None
    rows = {row["item"]: row for row in items.iter_rows(named=True) if row["item"] not in spec.exclude}
    return Lifts(within, rows, asked)


def lift_words(row: Mapping[str, Any]) -> str:
    """The lift with its interval.

    >>> lift_words({"enough": True, "lift": 2.034, "low": 1.94, "high": 2.136})
    '2.03 (1.94–2.14)'
    """
    if not row["enough"] or row["lift"] is None:
        return "not enough data"
    return f"{row['lift']:.2f} ({row['low']:.2f}{NOTHING}{row['high']:.2f})"


def lift_tip(lifts: Lifts, item: str, plural: str, anchor: str) -> str:
    """A line about one item: both shares, and the lift."""
    row = lifts.rows.get(item)
    if row is None:
        return ""
    if not row["enough"]:
        return f"Lift within {limit(lifts.within)}: not enough data"
    with_it, without = percent(row["covered_share"]), percent(row["matched_share"])
    return (
        f"Lift {lift_words(row)}: in the {limit(lifts.within)} before {anchor}, {with_it} of {plural} "
        f"have it, before {count(row['matched'])} comparable moments of others {without}"
    )
