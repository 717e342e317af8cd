"""What a cohort table shows, read from its answer: rows and columns, one grid for each compared segment."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from visualizations.base import Scene, Unit
from visualizations.facts import in_words
from visualizations.formats import SMALL_SAMPLE
from visualizations.views.canvas.reading import segment_names
from visualizations.views.cohort.initiatives import markers
from visualizations.views.cohort.words import criteria, period_name, range_names

Cell = dict[str, Any]
"""A row of the answer: value, percent, percent_base, complete; of a milestone also its time and amount."""
FAIR = 5
"""Shares of fewer containers than this do not set the scale of the colours."""
AMOUNTS = {"amount": "amount", "average": "amount_average"}
"""How cells are shown → the column of the answer with that amount."""


@dataclass(frozen=True)
class Mean:
    """A column of several rows together."""

    share: float
    """In percent."""
    rows: int
    value: int = 0
    base: int = 0


@dataclass(frozen=True)
class Money:
    """An amount of several rows together."""

    amount: float
    rows: int


@dataclass(frozen=True)
class Line:
    """A row: a cohort by period, or an item of the dimension."""

    title: str
    select: dict[str, Any]
    """Names the row; with its segment where several are compared."""
    size: int
    cells: dict[int, Cell]
    """Cell by the number of its column."""

    @property
    def small(self) -> bool:
        """Whether shares of it need their interval."""
        return 0 < self.size < SMALL_SAMPLE


@dataclass(frozen=True)
class Grid:
    """The table of one segment."""

    segment: str
    name: str
    """Short name; empty where nothing is compared."""
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Reading:
    """A cohort table as it is shown."""

    spec: Any
    unit: Unit
    grids: tuple[Grid, ...]
    columns: tuple[int, ...]
    labels: dict[int, str]
    """Name of each milestone; empty where the columns are periods."""
    differences: dict[tuple[str, str, int], Cell]
    """Difference against the first segment, by segment, cohort and column."""
    show: str = "percent"
    """What a cell of a period says: percent, count, amount or average."""
    comparison: str = "values"
    currency: str = ""
    initiatives: tuple[Mapping[str, Any], ...] = ()
    """Definitions of saved initiatives."""

    def marks(self, grid: Grid) -> dict[str, list[dict[str, str]]]:
        """Initiatives by the cohort in whose period they began; none where a compared range ends before."""
        ends = {one.label: one.to.isoformat() for one in self.spec.compare_ranges}
        end = ends.get(grid.segment, "9999")
        found: dict[str, list[dict[str, str]]] = {}
        starts = [line.select["cohort"] for line in grid.lines]
        for one in markers(self.initiatives, self.spec, starts):
            if one["on"] <= end:
                found.setdefault(one["period"], []).append(one)
        return found

    @property
    def of_milestones(self) -> bool:
        """Whether the columns are milestones."""
        return bool(self.spec.columns == "milestones")

    @property
    def comparing(self) -> bool:
        """Whether segments stand side by side."""
        return len(self.grids) > 1

    @property
    def table(self) -> str:
        """The table of the answer whose numbers are shown."""
        return "milestones" if self.of_milestones else "cells"

    @property
    def key(self) -> str:
        """What names a column of a row."""
        return "milestone" if self.of_milestones else "period"

    @cached_property
    def included(self) -> str:
        """The inclusion criteria in words."""
        return criteria(self.spec.inclusion)

    @cached_property
    def returned(self) -> str:
        """The return criteria in words; only where the columns are periods."""
        return criteria(self.spec.returning)

    @property
    def of_money(self) -> bool:
        """Whether cells say an amount."""
        return self.show in AMOUNTS

    def worth(self, cell: Cell) -> float | None:
        """What colours a cell: its share in percent, or its amount; None where there is none."""
        found = cell[AMOUNTS[self.show]] if self.of_money else cell["percent"]
        return None if found is None else float(found)

    def strength(self, cell: Cell, column: int) -> float:
        """How strong a cell's colour is, 0 to 1."""
        return max(0.0, min(1.0, (self.worth(cell) or 0.0) / self.most[column]))

    @cached_property
    def most(self) -> dict[int, float]:
        """What has the full colour, the same for every segment: by milestone, or for all periods."""
        if self.of_milestones:
            return {column: self._strongest([column]) for column in self.columns}
        return dict.fromkeys(self.columns, self._strongest(self.columns))

    def _strongest(self, columns: Iterable[int]) -> float:
        wanted = set(columns)
        counted = "value" if self.show == "average" else "percent_base"
        known = [
            (worth, cell[counted] or 0)
            for line in self.every
            for column, cell in line.cells.items()
            if column in wanted and (worth := self.worth(cell)) is not None
        ]
        fair = [worth for worth, base in known if base >= FAIR]
        most = max(fair or [worth for worth, _ in known], default=0.0)
        return most if most > 0 else 1.0

    @property
    def every(self) -> list[Line]:
        """The rows of all segments."""
        return [line for grid in self.grids for line in grid.lines]

    @cached_property
    def with_amounts(self) -> set[int]:
        """Milestones at which deals have amounts."""
        return {c for line in self.every for c, cell in line.cells.items() if cell.get("amount") is not None}

    def finished(self, cell: Cell | None) -> bool:
        """Whether a cell counts in a mean: nothing of it is still to come.

        Items of a dimension run over all periods, the last one included: at milestones each of them counts.
        """
        if cell is None or not cell["percent_base"] or cell["value"] is None:
            return False
        return bool(cell["complete"]) or (self.of_milestones and self.spec.dimension is not None)

    def cells(self, grid: Grid, column: int) -> list[Cell]:
        """The finished cells of a column."""
        known = (line.cells.get(column) for line in grid.lines)
        return [cell for cell in known if cell is not None and self.finished(cell)]

    def weighted(self, grid: Grid, column: int) -> Mean | None:
        """All finished cells of a column as one cohort; None where there is none."""
        cells = self.cells(grid, column)
        value, base = sum(cell["value"] for cell in cells), sum(cell["percent_base"] for cell in cells)
        return Mean(100 * value / base, len(cells), value, base) if base else None

    def simple(self, grid: Grid, column: int) -> Mean | None:
        """The mean share of the finished cells of a column, each cohort counting the same."""
        shares = [cell["percent"] for cell in self.cells(grid, column) if cell["percent"] is not None]
        return Mean(statistics.fmean(shares), len(shares)) if shares else None

    def money(self, grid: Grid, column: int, *, weighted: bool) -> Money | None:
        """The amounts of the finished cells of a column: together, or the mean of the rows."""
        cells = [cell for cell in self.cells(grid, column) if cell.get("amount") is not None]
        amounts = [float(cell["amount"]) for cell in cells]
        if not cells:
            return None
        if self.show == "amount":
            found = math.fsum(amounts)
            return Money(found if weighted else found / len(cells), len(cells))
        there = [
            (amount, cell["value"]) for amount, cell in zip(amounts, cells, strict=True) if cell["value"]
        ]
        if not there:
            return None
        if weighted:
            return Money(math.fsum(a for a, _ in there) / sum(n for _, n in there), len(there))
        return Money(statistics.fmean(amount / number for amount, number in there), len(there))

    def typical_time(self, grid: Grid, column: int) -> tuple[float, int] | None:
        """Median of the cohorts' median times in seconds, and of how many cohorts; None without any."""
        times = [
            cell["median_seconds"]
            for cell in self.cells(grid, column)
            if cell.get("median_seconds") is not None
        ]
        return (statistics.median(times), len(times)) if times else None


def read(result: Any, scene: Scene) -> Reading:
    """Everything a cohort table shows."""
    spec = result.spec
    of_milestones = spec.columns == "milestones"
    frame = result.tables["milestones" if of_milestones else "cells"]
    key = "milestone" if of_milestones else "period"
    sizes = _sizes(result)
    segments = frame["segment"].unique(maintain_order=True).to_list() if frame.height else []
    names = range_names(spec) or segment_names(spec, segments)
    rows: dict[str, dict[tuple[Any, str], dict[int, Cell]]] = {segment: {} for segment in segments}
    for row in frame.iter_rows(named=True):
        rows[row["segment"]].setdefault((row.get("kind"), str(row["cohort"])), {})[row[key]] = row
    several = len(segments) > 1
    grids = tuple(
        Grid(
            segment,
            names[segment] if several else "",
            tuple(
                _line(spec, segment if several else None, kind, cohort, sizes[segment, kind, cohort], cells)
                for (kind, cohort), cells in own.items()
            ),
        )
        for segment, own in rows.items()
    )
    columns = tuple(sorted({number for grid in grids for line in grid.lines for number in line.cells}))
    wheres = [point.label or in_words(point.where.to_json()) for point in spec.milestones]
    return Reading(
        spec=spec,
        unit=scene.unit(spec.container),
        grids=grids,
        columns=columns,
        labels=dict(enumerate(wheres)),
        differences=_differences(result),
        show=_shown(spec, str(scene.display.get("cells", "percent"))),
        comparison=str(scene.display.get("comparison", "values")) if several else "values",
        currency=scene.currency,
        initiatives=scene.initiatives,
    )


def _shown(spec: Any, wanted: str) -> str:
    """What cells say: amounts only where they were asked for."""
    unknown = spec.value_metric is None and wanted in AMOUNTS
    return "percent" if unknown or spec.columns == "milestones" else wanted


def _sizes(result: Any) -> dict[tuple[str, Any, str], int]:
    """Size of each row, by segment, kind and cohort."""
    rows = result.tables["cells"].iter_rows(named=True)
    return {(row["segment"], row.get("kind"), str(row["cohort"])): int(row["size"] or 0) for row in rows}


def _line(
    spec: Any, segment: str | None, kind: str | None, cohort: str, size: int, cells: dict[int, Cell]
) -> Line:
    select: dict[str, Any] = {} if segment is None else {"segment": segment}
    select |= {"kind": kind} if kind else {}
    title = period_name(cohort, spec.granularity) if spec.dimension is None else cohort
    return Line(title, {**select, "cohort": cohort}, size, cells)


def _differences(result: Any) -> dict[tuple[str, str, int], Cell]:
    frame = result.tables.get("differences")
    if frame is None:
        return {}
    return {(row["segment"], str(row["cohort"]), row["period"]): row for row in frame.iter_rows(named=True)}
