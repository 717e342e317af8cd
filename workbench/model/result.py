"""What an engine answers and what a user holds."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import polars as pl

from workbench.errors import SpecError, nearest
from workbench.model.specs import Spec

MEASURES: dict[str, dict[str, tuple[str, ...]]] = {
    "journey_canvas": {"nodes": ("value", "fallout"), "arrows": ("value",)},
    "fallout": {"touchpoints": ("value", "fallout")},
    "flow": {"nodes": ("containers",), "links": ("containers",)},
    "cohort_table": {"cells": ("value", "size")},
}
"""Analysis → table → measures that open into containers, the default first."""

KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "journey_canvas": {"nodes": ("segment", "id"), "arrows": ("segment", "source", "target")},
    "fallout": {"touchpoints": ("segment", "step")},
    "flow": {
        "nodes": ("column", "kind", "item"),
        "links": ("column", "source_kind", "source", "target_kind", "target"),
    },
    "cohort_table": {"cells": ("segment", "cohort", "period")},
}
"""Analysis → table → columns that name a row."""


@dataclass(frozen=True)
class Answer:
    """What an engine computed for one question."""

    tables: dict[str, pl.DataFrame]
    events: int
    """Rows of the histories that were asked."""
    containers: int
    """Containers with at least one of these rows."""
    notes: tuple[str, ...] = ()
    fan_out: float | None = None
    """Rows per distinct event, where a history holds events of members."""


class Engine(Protocol):
    """Answers questions on one data version."""

    def answer(self, spec: Spec) -> Answer:
        """Tables of the question, with the columns and order the language fixes."""
        ...

    def members(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> list[str]:
        """Ids of the containers behind one number, sorted."""
        ...


def check_select(spec: Spec, table: str, select: dict[str, Any], measure: str | None) -> str:
    """The measure to open, checked with table and row; wrong names are a SpecError."""
    tables = MEASURES[spec.analysis]
    if table not in tables:
        raise SpecError(f"{spec.analysis} has no table {table!r}; {nearest(table, tables)}", "table")
    measure = measure or tables[table][0]
    if measure not in tables[table]:
        text = f"{measure!r} does not open into containers; {nearest(measure, tables[table])}"
        raise SpecError(text, "measure")
    keys = KEYS[spec.analysis][table]
    for key in select:
        if key not in keys:
            raise SpecError(f"{key!r} does not name a row of {table}; {nearest(key, keys)}", "select")
    return measure


def plain_select(select: dict[str, Any]) -> dict[str, Any]:
    """A row's names as JSON holds them, whatever frame they were read from."""
    values = {key: value.item() if hasattr(value, "item") else value for key, value in select.items()}
    return {
        key: value.isoformat() if isinstance(value, datetime.date) else value for key, value in values.items()
    }


def no_such_row(table: str, select: dict[str, Any]) -> SpecError:
    """The error for a row that an answer does not have; every row of a flow has containers."""
    return SpecError(f"{table} has no row {select}; its rows are those of the answer", "select")


@dataclass(frozen=True)
class Result:
    """The answer to one question, with everything needed to check it."""

    spec: Spec
    answer: Answer
    data_version: int
    engine: str
    elapsed_ms: float
    definition: str
    """In words: container, history and fan-out, order, window, repeats, segments, rows left out."""
    _members: Callable[[str, dict[str, Any], str], pl.DataFrame] = field(repr=False)
    _segment: Callable[[str, dict[str, Any], str], dict[str, Any]] = field(repr=False)
    _sql: Callable[[], str] = field(repr=False)

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Table name → frame, columns as the language fixes them."""
        return self.answer.tables

    @property
    def notes(self) -> list[str]:
        """What a reader must know: limits that cut, rows left out, what emptied a view."""
        return list(self.answer.notes)

    @cached_property
    def sql(self) -> str:
        """The same question as plain SQL over the workspace's tables, runnable as pasted."""
        return self._sql()

    def members(self, table: str, select: dict[str, Any], *, measure: str | None = None) -> pl.DataFrame:
        """The containers behind a number: `<container>_id, name`, sorted by id."""
        select = plain_select(select)
        return self._members(table, select, check_select(self.spec, table, select, measure))

    def segment(self, table: str, select: dict[str, Any], *, measure: str | None = None) -> dict[str, Any]:
        """A condition, as JSON, with exactly these members."""
        select = plain_select(select)
        return self._segment(table, select, check_select(self.spec, table, select, measure))
