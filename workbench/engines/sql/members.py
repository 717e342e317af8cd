"""Which containers stand behind one number of an answer."""

from __future__ import annotations

import datetime
from typing import Any

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.breakdown import Breakdown
from workbench.engines.sql.cohort_milestones import CohortMilestones
from workbench.engines.sql.cohort_table import CohortTable
from workbench.engines.sql.conditions import Writer
from workbench.engines.sql.fallout import Fallout
from workbench.engines.sql.flow import Flow
from workbench.engines.sql.journey_canvas import Canvas
from workbench.engines.sql.lift import Lift
from workbench.engines.sql.paths import Paths
from workbench.engines.sql.time_to import TimeTo
from workbench.errors import SpecError
from workbench.model.compare import question_behind
from workbench.model.conditions import Number
from workbench.model.data_version import DataVersion
from workbench.model.parsing import parse_spec
from workbench.model.result import KEYS, check_select
from workbench.model.specs import (
    BreakdownSpec,
    CohortTableSpec,
    FalloutSpec,
    FlowSpec,
    JourneyCanvasSpec,
    LiftSpec,
    PathsSpec,
    Spec,
    TimeToSpec,
)


def asked(spec: Spec, version: DataVersion, expanding: tuple[str, ...] = ()) -> Asked:
    """A question with an empty statement."""
    return Asked(spec, Writer(version, lambda number, within: members_of(number, version, within), expanding))


def members_of(number: Number, version: DataVersion, expanding: tuple[str, ...]) -> tuple[str, str]:
    """The container of a number's question, and a statement that lists the members."""
    spec = parse_spec(number.question)
    measure = check_select(spec, number.table, number.select, number.measure)
    spec, select = question_behind(spec, number.select, version)
    return spec.container, members_sql(asked(spec, version, expanding), number.table, select, measure)


def members_sql(question: Asked, table: str, select: dict[str, Any], measure: str) -> str:
    """A statement with the column `container_id`: the containers behind one number, each once."""
    check_select(question.spec, table, select, measure)
    return question.writer.statement.render(_select(question, table, select, measure))


def _select(question: Asked, table: str, select: dict[str, Any], measure: str) -> str:
    spec = question.spec
    row = _Row(spec, table, select)
    match spec:
        case JourneyCanvasSpec():
            canvas = Canvas(question, spec)
            if table == "nodes":
                return canvas.node_members(row.text("id"), measure)
            return canvas.arrow_members(row.text("source"), row.text("target"))
        case FalloutSpec():
            fallout = Fallout(question, spec)
            if table == "times":
                return fallout.needed(row.number("step"), row.number("from_seconds"))
            return fallout.members(row.number("step"), measure)
        case FlowSpec():
            return _flow(Flow(question, spec), table, row, measure)
        case CohortTableSpec():
            number = None
            if measure != "size":
                number = row.number("milestone" if table == "milestones" else "period")
            of = CohortMilestones if spec.columns == "milestones" else CohortTable
            return of(question, spec).members(_cohort(spec, row), number, measure)
        case TimeToSpec():
            return TimeTo(question, spec).members(row.text("group"), row.optional("kind"), measure)
        case BreakdownSpec() | PathsSpec() | LiftSpec():
            return _listed(question, spec, row)


def _listed(question: Asked, spec: BreakdownSpec | PathsSpec | LiftSpec, row: _Row) -> str:
    """Of questions with one table."""
    match spec:
        case BreakdownSpec():
            return Breakdown(question, spec).members(row.text("kind"), row.text("item"))
        case PathsSpec():
            return Paths(question, spec).members(row.number_or_none("rank"))
        case LiftSpec():
            return Lift(question, spec).members(row.text("item"))


def _cohort(spec: CohortTableSpec, row: _Row) -> datetime.date | tuple[str | None, str]:
    """What names a cohort: its first day, or the kind and name of an item."""
    if spec.dimension is None:
        return row.date("cohort")
    return row.optional("kind"), row.text("cohort")


def _flow(flow: Flow, table: str, row: _Row, measure: str) -> str:
    if table in ("paths", "exits"):
        names = {name: row.text(name) for name in ("path", "kinds")}
        first, converted = row.number("first_column"), measure == "converted"
        return flow.whole_path_members(names, first, exits=table == "exits", converted=converted)
    if table == "order":
        return flow.order_members(row.text("kind"))
    if table == "nodes":
        return flow.node_members(row.number("column"), row.text("item"), row.optional("kind"))
    ends = {name: row.text(name) for name in ("source", "target")}
    kinds = {name: row.optional(name) for name in ("source_kind", "target_kind")}
    return flow.link_members(row.number("column"), ends | {k: v for k, v in kinds.items() if v is not None})


class _Row:
    """The values that name a row; one that is missing or of another type is a SpecError."""

    def __init__(self, spec: Spec, table: str, select: dict[str, Any]) -> None:
        self._select = select
        self._keys = KEYS[spec.analysis][table]

    def text(self, name: str) -> str:
        return str(self._value(name))

    def optional(self, name: str) -> str | None:
        return None if self._select.get(name) is None else str(self._select[name])

    def number(self, name: str) -> int:
        try:
            return int(self._value(name))
        except (TypeError, ValueError):
            raise SpecError(
                f"expected a whole number, found {self._select[name]!r}", f"select.{name}"
            ) from None

    def number_or_none(self, name: str) -> int | None:
        return None if self._value(name) is None else self.number(name)

    def date(self, name: str) -> datetime.date:
        value = self._value(name)
        if isinstance(value, datetime.datetime):
            return value.date()
        if isinstance(value, datetime.date):
            return value
        try:
            return datetime.date.fromisoformat(str(value))
        except ValueError:
            raise SpecError(f"expected a date, found {value!r}", f"select.{name}") from None

    def _value(self, name: str) -> Any:
        if name not in self._select:
            needed = ", ".join(key for key in self._keys if key != "segment")
            raise SpecError(f"{name!r} is missing; a row is named by {needed}", "select")
        return self._select[name]
