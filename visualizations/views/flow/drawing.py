"""Everything a flow's drawing shows, worked out once for the page and for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from visualizations.base import Scene
from visualizations.formats import NOTHING, compact, count, duration, percent, points
from visualizations.views.flow.layout import Band, Box, Key, Layout, ends, lay_out, stressed
from visualizations.views.flow.lift import Lifts, lifts_of
from visualizations.views.flow.reading import (
    Focus,
    Versus,
    alone,
    bases,
    focus_of,
    in_order,
    skipped,
    told,
    type_of,
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
    orders: Mapping[tuple[Key, Key], str | None]
    """Band → how it goes in the declared order; empty where that is not marked."""
    told: Any
    """The answer with times and marks, which also counts those that go back or skip."""

    @property
    def by_time(self) -> bool:
        """Whether numbers are median times instead of counts."""
        return self.scene.display.get("measure") == "time"

    @property
    def types(self) -> Mapping[str, str]:
        """The anchor's event type, as the declared order knows it; empty where it has none."""
        name = type_of(self.result.spec.anchor.to_json(), self.scene)
        return {"anchor": name} if name else {}

    @property
    def anchor(self) -> str:
        """The anchor's title."""
        return anchor_title(self.result)

    def title(self, key: Key) -> str:
        """A box's title."""
        return item_title(key[1], key[2], self.anchor)

    def number(self, box: Box, *, short: bool = False) -> str:
        """What a box says: its count, or the time from the column before."""
        if self.by_time and box.key in self.seconds:
            return duration(self.seconds[box.key])
        if self.by_time and box.key[0]:
            return f"{compact(box.value)} paths" if self.unit == "paths" else compact(box.value)
        if self.versus is not None and box.key[0]:
            gap = self.versus.difference(box.key)
            return "" if not short else NOTHING if gap is None else points(gap)
        return compact(box.value) if short else count(box.value)

    def share(self, box: Box) -> str:
        """What stands behind the number: a share, what it is part of, or both compared shares."""
        if self.versus is not None and not box.key[0]:
            return ""
        if self.versus is not None:
            first, second = (percent(self.versus.share(i, box.key)) for i in (0, 1))
            return f"{first} | {second}"
        base = self.bases.get(box.key[0], 0)
        return percent(100 * box.value / base) if base and not self.by_time else ""

    def mark(self, band: Band) -> str:
        """`back` or `skip` where a band does so in the declared order; else empty."""
        said = self.orders.get(band.key)
        return said if said in ("back", "skip") else ""

    def passed_over(self, band: Band) -> list[str]:
        """The declared event types a band skips, or goes back over."""
        names = [self.types.get(key[1], key[2]) for key in band.key]
        if self.mark(band) == "back":
            names.reverse()
        return skipped(self.scene, *names)


def is_list(result: Any) -> bool:
    """Whether a flow is only about the next or previous item, and drawn as a list."""
    return bool(result.spec.columns == 1 and not result.spec.contains)


def drawing(result: Any, scene: Scene, *, width: float, height: float) -> Drawing:
    """The answer laid out in a room."""
    result = alone(result, scene)
    unit = unit_of(scene)
    layout = lay_out(result, width, height, unit=unit, hidden=scene.display.get("hidden") or ())
    whole = told(result, scene)
    seconds, along = {}, {}
    links = [(ends(row), row) for row in whole.tables["links"].iter_rows(named=True)]
    marked = in_order(result, scene) and "order" in whole.tables["links"].columns
    if "median_seconds" in whole.tables["nodes"].columns:
        for row in whole.tables["nodes"].iter_rows(named=True):
            if row["median_seconds"] is not None:
                seconds[row["column"], row["kind"], row["item"]] = row["median_seconds"]
        along = {key: row["median_seconds"] for key, row in links if row["median_seconds"] is not None}
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
        {key: row["order"] for key, row in links} if marked else {},
        whole,
    )
