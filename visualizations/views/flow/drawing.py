"""Everything a flow's drawing shows, worked out once for the page and for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from visualizations.base import Scene
from visualizations.formats import NOTHING, compact, count, duration, percent
from visualizations.views.flow.layout import Box, Key, Layout, lay_out, stressed
from visualizations.views.flow.lift import Lifts, lifts_of
from visualizations.views.flow.reading import (
    Focus,
    Versus,
    alone,
    bases,
    focus_of,
    timed,
    unit_of,
    versus_of,
)
from visualizations.views.flow.words import anchor_title, item_title


@dataclass(frozen=True)
class Drawing:
    """A laid out flow with its focus, its comparison and its times."""

    result: Any
    scene: Scene
    layout: Layout
    unit: str
    bases: Mapping[int, int]
    focus: Focus | None
    versus: Versus | None
    seconds: Mapping[Key, float]
    link_seconds: Mapping[tuple[Key, Key], float]
    lifts: Lifts | None
    strong: frozenset[int]
    """Places of the bands that carry the accent."""

    @property
    def by_time(self) -> bool:
        """Whether numbers are median times instead of counts."""
        return self.scene.display.get("measure") == "time"

    @property
    def anchor(self) -> str:
        """The anchor's title."""
        return anchor_title(self.result)

    def title(self, key: Key) -> str:
        """A box's title."""
        return item_title(key[1], key[2], self.anchor)

    def number(self, box: Box, *, short: bool = False) -> str:
        """What a box says: its count, how many of it are in focus, or the time from the column before."""
        if self.by_time and box.key in self.seconds:
            return duration(self.seconds[box.key])
        if self.by_time and box.key[0]:
            return f"{compact(box.value)} paths" if self.unit == "paths" else compact(box.value)
        if self.versus is not None and box.key[0]:
            points = self.versus.difference(box.key)
            return "" if not short else NOTHING if points is None else f"{points:+.1f}".replace("-", "−")
        if self.focus is not None and self.versus is None:
            least = "" if self.focus.complete else "≥ "
            return f"{least}{count(self.focus.nodes.get(box.key, 0))}"
        return compact(box.value) if short else count(box.value)

    def share(self, box: Box) -> str:
        """What stands behind the number: a share, what it is part of, or both compared shares."""
        if self.versus is not None and not box.key[0]:
            return ""
        if self.versus is not None:
            first, second = (percent(self.versus.share(i, box.key)) for i in (0, 1))
            return f"{first} | {second}"
        if self.focus is not None:
            return f"of {count(box.paths)}" if not self.by_time else ""
        base = self.bases.get(box.key[0], 0)
        return percent(100 * box.value / base) if base and not self.by_time else ""

    def lit(self, box: Box) -> float:
        """The part of a box that is in focus; 1 where nothing is in focus."""
        if self.focus is None:
            return 1.0
        return min(1.0, self.focus.nodes.get(box.key, 0) / box.paths) if box.paths else 0.0

    def lit_band(self, ends: tuple[Key, Key], paths: int) -> float:
        """The part of a band that is in focus."""
        if self.focus is None or not paths:
            return 0.0
        return min(1.0, self.focus.links.get(ends, 0) / paths)


def is_list(result: Any) -> bool:
    """Whether a flow is only about the next or previous item, and drawn as a list."""
    return bool(result.spec.columns == 1 and not result.spec.contains)


def drawing(result: Any, scene: Scene, *, width: float, height: float) -> Drawing:
    """The answer laid out in a room."""
    result = alone(result, scene)
    unit = unit_of(scene)
    layout = lay_out(result, width, height, unit=unit, hidden=scene.display.get("hidden") or ())
    whole = timed(result, scene)
    seconds, along = {}, {}
    if "median_seconds" in whole.tables["nodes"].columns:
        for row in whole.tables["nodes"].iter_rows(named=True):
            if row["median_seconds"] is not None:
                seconds[row["column"], row["kind"], row["item"]] = row["median_seconds"]
        for row in whole.tables["links"].iter_rows(named=True):
            if row["median_seconds"] is not None:
                source = row["column"], row["source_kind"], row["source"]
                along[source, (row["column"] + 1, row["target_kind"], row["target"])] = row["median_seconds"]
    return Drawing(
        result,
        scene,
        layout,
        unit,
        bases(layout, unit),
        focus_of(result, scene),
        versus_of(result, scene, layout),
        seconds,
        along,
        lifts_of(result, scene) if result.spec.paths or is_list(result) else None,
        frozenset(stressed(layout.bands)),
    )
