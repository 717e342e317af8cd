"""The engine `sql`: answers questions by running the statements it shows."""

from __future__ import annotations

from typing import Any

import duckdb

from workbench.engines.compared import complete, count_question
from workbench.engines.sql.amounts import one_currency
from workbench.engines.sql.asked import Asked
from workbench.engines.sql.breakdown import Breakdown
from workbench.engines.sql.cohort_milestones import CohortMilestones
from workbench.engines.sql.cohort_table import CohortTable
from workbench.engines.sql.conditions import Writer
from workbench.engines.sql.fallout import Fallout
from workbench.engines.sql.flow import Flow
from workbench.engines.sql.journey_canvas import Canvas
from workbench.engines.sql.lift import Lift
from workbench.engines.sql.literals import remark
from workbench.engines.sql.members import asked, members_of, members_sql
from workbench.engines.sql.metrics import Measure
from workbench.engines.sql.paths import Paths
from workbench.engines.sql.resolving import containers_sql
from workbench.engines.sql.time_to import TimeTo, with_limits
from workbench.errors import DataError
from workbench.model.compare import question_behind, questions
from workbench.model.conditions import Condition
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.result import Answer, always_opens, no_such_row, tables_of
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


class SqlEngine:
    """Answers questions on one data version with SQL alone.

    `connection` has a view or table per canonical table, with the columns that assembling adds to `events`
    and `accounts`; each question uses a cursor of its own.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, version: DataVersion) -> None:
        self._connection = connection
        self.version = version

    def sql(self, spec: Spec) -> str:
        """One statement per table of the answer, each under a comment that names the table.

        Compared segments have statements of their own.
        """
        texts = []
        for label, one in questions(spec, self.version).items():
            of = f", segment {remark(label)}" if spec is not one else ""
            shown = self._statements(one, shown=True)
            texts += [f"-- table {table}{of}\n{text}" for table, text in shown.items()]
        return ";\n\n".join(texts)

    def answer(self, spec: Spec) -> Answer:
        """Tables of the question, with the columns and order the language fixes."""
        return complete(spec, self.version, count_question(spec, self.version, self.count))

    def count(self, spec: Spec) -> Answer:
        """The numbers of a question that compares nothing; its labels and notes are still to be put in."""
        statements = self._statements(spec)
        with one_currency(), self._connection.cursor() as cursor:
            self._check_currencies(cursor, spec)
            tables = {table: cursor.sql(text).pl() for table, text in statements.items()}
            if isinstance(spec, TimeToSpec):
                tables = with_limits(spec, self.version, tables)
            events, containers, distinct = self._size(cursor, spec)
            left_out = self._unplaced(cursor, spec)
        fan_out = events / distinct if events > distinct else None
        return Answer(tables, events, containers, fan_out=fan_out, left_out=left_out)

    def members(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> list[str]:
        """Ids of the containers behind one number, sorted."""
        spec, select = question_behind(spec, select, self.version)
        statement = members_sql(asked(spec, self.version), table, select, measure)
        with one_currency(), self._connection.cursor() as cursor:
            found = sorted(row[0] for row in cursor.execute(statement).fetchall())
        if not found and (
            always_opens(spec, table, measure) or self._is_no_group(spec, table, select, measure)
        ):
            raise no_such_row(table, select)
        return found

    def resolve(self, condition: Condition, container: str) -> list[str]:
        """Ids of the containers of a kind with a row in the set, those without events included, sorted."""
        with one_currency(), self._connection.cursor() as cursor:
            rows = cursor.execute(self.resolving(condition, container)).fetchall()
        return sorted(row[0] for row in rows)

    def resolving(self, condition: Condition, container: str) -> str:
        """The statement that lists them."""
        writer = Writer(self.version, lambda number, within: members_of(number, self.version, within))
        return containers_sql(writer, condition, container)

    def _is_no_group(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> bool:
        """Whether nobody behind a number means that a group does not exist, as none is empty."""
        if isinstance(spec, FlowSpec) and measure == "converted":
            self.members(spec, table, select, "containers")
        if not isinstance(spec, TimeToSpec) or measure == "size":
            return isinstance(spec, TimeToSpec)
        self.members(spec, table, select, "size")
        return False

    def _statements(self, spec: Spec, *, shown: bool = False) -> dict[str, str]:
        texts = {}
        for table in tables_of(spec):
            question = asked(spec, self.version)
            texts[table] = question.writer.statement.render(_select(question, table, shown=shown))
        return texts

    def _size(self, cursor: duckdb.DuckDBPyConnection, spec: Spec) -> tuple[int, int, int]:
        """Rows, containers and distinct events of the asked histories."""
        question = asked(spec, self.version)
        select = (
            f'SELECT count(*), count(DISTINCT container_id), count(DISTINCT "row") FROM {question.history}'
        )
        events, containers, distinct = cursor.execute(question.writer.statement.render(select)).fetchall()[0]
        return int(events), int(containers), int(distinct)

    def _unplaced(self, cursor: duckdb.DuckDBPyConnection, spec: Spec) -> int:
        """Events that name no container of this kind, where histories consist of stamped events."""
        if self.version.history_of(spec.container, spec.history) == "members":
            return 0
        column = container_named(spec.container).id_column
        found = cursor.execute(f"SELECT count(*) FROM events WHERE {column} IS NULL").fetchone()
        return int(found[0]) if found else 0

    def _check_currencies(self, cursor: duckdb.DuckDBPyConnection, spec: Spec) -> None:
        """Refuse sums across currencies that no rate makes comparable."""
        rates = self.version.settings.currency_rates
        for name in ("metric", "secondary_metric", "value_metric"):
            metric = getattr(spec, name, None)
            if metric is None:
                continue
            question = asked(spec, self.version)
            if isinstance(spec, CohortTableSpec):
                select = CohortTable(question, spec).currencies()
            else:
                select = Measure(question, metric).currencies()
            if select is None:
                continue
            found = [row[0] for row in cursor.execute(question.writer.statement.render(select)).fetchall()]
            missing = [currency for currency in found if currency not in rates]
            if missing and (rates or len(found) > 1):
                raise DataError(
                    f"the sum runs over several currencies ({', '.join(found)}); "
                    f"currency_rates has no rate for {', '.join(missing)}"
                )


def _select(question: Asked, table: str, *, shown: bool) -> str:
    """The select of a table; hidden columns are left out where people see it."""
    spec = question.spec
    match spec:
        case JourneyCanvasSpec():
            canvas = Canvas(question, spec)
            return canvas.nodes(shown=shown) if table == "nodes" else canvas.arrows(shown=shown)
        case FalloutSpec():
            fallout = Fallout(question, spec)
            return fallout.times() if table == "times" else fallout.touchpoints()
        case FlowSpec():
            flow = Flow(question, spec)
            if table in ("paths", "exits"):
                return flow.whole_paths(exits=table == "exits")
            return {"nodes": flow.nodes, "links": flow.links, "order": flow.order}[table]()
        case CohortTableSpec():
            if spec.columns == "milestones":
                milestones = CohortMilestones(question, spec)
                return milestones.cells() if table == "cells" else milestones.milestones()
            return CohortTable(question, spec).cells()
        case TimeToSpec():
            times = TimeTo(question, spec)
            tables = {"curve": times.curve, "groups": times.groups, "tests": times.tests}
            return {**tables, "effects": times.effects}[table]()
        case BreakdownSpec() | PathsSpec() | LiftSpec():
            return _listed(question, spec)


def _listed(question: Asked, spec: BreakdownSpec | PathsSpec | LiftSpec) -> str:
    """The select of questions with one table."""
    match spec:
        case BreakdownSpec():
            return Breakdown(question, spec).items()
        case PathsSpec():
            return Paths(question, spec).paths()
        case LiftSpec():
            return Lift(question, spec).items()
