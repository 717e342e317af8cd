"""What an engine answers and what a user holds."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import polars as pl

from workbench.errors import SpecError, nearest
from workbench.model.containers import container_named
from workbench.model.specs import (
    BreakdownSpec,
    CohortTableSpec,
    FalloutSpec,
    FlowSpec,
    LiftSpec,
    PathsSpec,
    Spec,
    TimeToSpec,
)

SPLIT: tuple[str, ...] = ("lost", "in_play", "dormant")
"""What fallout is split into: columns of the tables and measures that open."""

_BEGINS = (0, 60, 600, 3600, 21_600, *(86_400 * days for days in (1, 3, 7, 14, 30, 60, 90, 180, 365)))
SPANS: tuple[tuple[int, int | None], ...] = tuple(zip(_BEGINS, (*_BEGINS[1:], None), strict=True))
"""Spans of time a histogram counts in, in seconds: the beginning belongs to a span, the end does not."""

MEASURES: dict[str, dict[str, tuple[str, ...]]] = {
    "journey_canvas": {"nodes": ("value", "fallout", *SPLIT), "arrows": ("value",)},
    "fallout": {"touchpoints": ("value", "fallout", *SPLIT), "times": ("value",)},
    "flow": {
        "nodes": ("containers",),
        "links": ("containers",),
        "order": ("containers",),
        "paths": ("containers", "converted"),
        "exits": ("containers", "converted"),
    },
    "cohort_table": {"cells": ("value", "size"), "milestones": ("value",)},
    "breakdown": {"items": ("value",)},
    "paths": {"paths": ("containers",)},
    "lift": {"items": ("anchors",)},
    "time_to": {
        "curve": (),
        "groups": ("size", "reached", "competing", "censored"),
        "tests": (),
        "effects": (),
    },
}
"""Analysis → table → measures that open into containers, the default first; none where no number opens."""

KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "journey_canvas": {"nodes": ("segment", "id"), "arrows": ("segment", "source", "target")},
    "fallout": {"touchpoints": ("segment", "step"), "times": ("segment", "step", "from_seconds")},
    "flow": {
        "nodes": ("segment", "column", "kind", "item"),
        "links": ("segment", "column", "source_kind", "source", "target_kind", "target"),
        "order": ("segment", "kind"),
        "paths": ("segment", "first_column", "path", "kinds"),
        "exits": ("segment", "first_column", "path", "kinds"),
    },
    "cohort_table": {
        "cells": ("segment", "kind", "cohort", "period"),
        "milestones": ("segment", "kind", "cohort", "milestone"),
    },
    "breakdown": {"items": ("segment", "kind", "item")},
    "paths": {"paths": ("rank",)},
    "lift": {"items": ("segment", "item")},
    "time_to": {
        "curve": ("segment", "kind", "group", "day"),
        "groups": ("segment", "kind", "group"),
        "tests": ("segment",),
        "effects": ("segment", "arm"),
    },
}
"""Analysis → table → columns that name a row. Cohorts have a `kind` where they are items of a dimension."""


def tables_of(spec: Spec) -> tuple[str, ...]:
    """Names of the tables that answer a question: some are made only where it asks for them."""
    absent: set[str] = set()
    if isinstance(spec, FlowSpec):
        absent = set() if spec.paths else {"paths", "exits"}
        absent |= {"exits"} if spec.ends_with else set()
        absent |= set() if spec.declared_order else {"order"}
    if isinstance(spec, FalloutSpec) and not spec.histogram:
        absent = {"times"}
    if isinstance(spec, CohortTableSpec) and spec.columns == "periods":
        absent = {"milestones"}
    if isinstance(spec, TimeToSpec) and spec.initiative is None:
        absent = {"effects"}
    return tuple(table for table in MEASURES[spec.analysis] if table not in absent)


def span_number(begin: Any) -> int:
    """Which span of a histogram begins there; SpecError where none does."""
    if begin not in _BEGINS:
        text = f"no span begins at {begin!r} seconds; choose one of {', '.join(map(str, _BEGINS))}"
        raise SpecError(text, "select.from_seconds")
    return _BEGINS.index(begin)


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
    left_out: int = 0
    """Events that name no container of the asked kind and are in no history."""
    parts: tuple[Answer, ...] = ()
    """The answers of compared segments, in their order."""
    shared: tuple[int, ...] = ()
    """For each part after the first, how many containers it shares with the first."""


class Engine(Protocol):
    """Answers questions on one data version."""

    def answer(self, spec: Spec) -> Answer:
        """Tables of the question, with the columns and order the language fixes."""
        ...

    def count(self, spec: Spec) -> Answer:
        """The numbers of a question that compares nothing; its labels and notes are still to be put in."""
        ...

    def members(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> list[str]:
        """Ids of the containers behind one number, sorted."""
        ...


def check_select(spec: Spec, table: str, select: dict[str, Any], measure: str | None) -> str:
    """The measure to open, checked with table and row; wrong names are a SpecError."""
    tables = {name: opens for name in tables_of(spec) if (opens := MEASURES[spec.analysis][name])}
    if table in tables_of(spec) and table not in tables:
        raise SpecError(f"no number of {table!r} opens into containers; {nearest(table, tables)}", "table")
    if table not in tables:
        raise SpecError(f"{spec.analysis} has no table {table!r}; {nearest(table, tables)}", "table")
    measure = measure or tables[table][0]
    if measure not in tables[table]:
        text = f"{measure!r} does not open into containers; {nearest(measure, tables[table])}"
        raise SpecError(text, "measure")
    if isinstance(spec, BreakdownSpec) and spec.metric not in (None, container_named(spec.container).plural):
        text = f"only the number of {container_named(spec.container).plural} opens into containers"
        raise SpecError(text, "measure")
    if measure == "converted" and isinstance(spec, FlowSpec) and spec.goal is None:
        raise SpecError("'converted' opens where the question has a goal", "measure")
    keys = KEYS[spec.analysis][table]
    for key in select:
        if key not in keys:
            raise SpecError(f"{key!r} does not name a row of {table}; {nearest(key, keys)}", "select")
    return measure


def check_split(asked: bool, measure: str) -> None:
    """Refuse a part of the fallout that the question did not ask for: SpecError."""
    if measure in SPLIT and not asked:
        raise SpecError(f"{measure!r} opens where the question says fallout_split", "measure")


def plain_select(select: dict[str, Any]) -> dict[str, Any]:
    """A row's names as JSON holds them, whatever frame they were read from."""
    values = {key: value.item() if hasattr(value, "item") else value for key, value in select.items()}
    return {
        key: value.isoformat() if isinstance(value, datetime.date) else value for key, value in values.items()
    }


def always_opens(spec: Spec, table: str, measure: str) -> bool:
    """Whether such a number always has containers behind it, so that without them there is no such row."""
    if isinstance(spec, FlowSpec):
        return table != "order" and measure != "converted"
    items = isinstance(spec, BreakdownSpec) and spec.by != "period"
    return items or isinstance(spec, LiftSpec | PathsSpec)


def no_such_row(table: str, select: dict[str, Any]) -> SpecError:
    """The error for a row that an answer does not have."""
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
