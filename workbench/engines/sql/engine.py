"""The engine `sql`: answers questions by running the statements it shows."""

from __future__ import annotations

from typing import Any

import duckdb

from workbench.engines.notes import notes_on
from workbench.engines.sql.asked import Asked
from workbench.engines.sql.cohort_table import CohortTable
from workbench.engines.sql.fallout import Fallout
from workbench.engines.sql.flow import Flow
from workbench.engines.sql.journey_canvas import Canvas
from workbench.engines.sql.members import asked, members_sql
from workbench.engines.sql.metrics import Measure
from workbench.errors import DataError
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.result import MEASURES, Answer, no_such_row
from workbench.model.specs import CohortTableSpec, FalloutSpec, FlowSpec, JourneyCanvasSpec, Spec


class SqlEngine:
    """Answers questions on one data version with SQL alone.

    `connection` has a view or table per canonical table, with the columns that assembling adds to `events`
    and `accounts`; each question uses a cursor of its own.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, version: DataVersion) -> None:
        self._connection = connection
        self.version = version

    def sql(self, spec: Spec) -> str:
        """One statement per table of the answer, each under a comment that names the table."""
        return ";\n\n".join(f"-- table {table}\n{text}" for table, text in self._statements(spec).items())

    def answer(self, spec: Spec) -> Answer:
        """Tables of the question, with the columns and order the language fixes."""
        statements = self._statements(spec)
        with self._connection.cursor() as cursor:
            self._check_currencies(cursor, spec)
            tables = {table: cursor.sql(text).pl() for table, text in statements.items()}
            events, containers, distinct = self._size(cursor, spec)
            left_out = self._unplaced(cursor, spec)
        notes = notes_on(spec, self.version, tables, left_out=left_out, containers=containers)
        return Answer(tables, events, containers, notes, events / distinct if events > distinct else None)

    def members(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> list[str]:
        """Ids of the containers behind one number, sorted."""
        statement = members_sql(asked(spec, self.version), table, select, measure)
        with self._connection.cursor() as cursor:
            found = sorted(row[0] for row in cursor.execute(statement).fetchall())
        if not found and isinstance(spec, FlowSpec):
            raise no_such_row(table, select)
        return found

    def _statements(self, spec: Spec) -> dict[str, str]:
        texts = {}
        for table in MEASURES[spec.analysis]:
            question = asked(spec, self.version)
            texts[table] = question.writer.statement.render(_select(question, table))
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
        if not isinstance(spec, JourneyCanvasSpec):
            return
        rates = self.version.settings.currency_rates
        for metric in (spec.metric, spec.secondary_metric):
            question = asked(spec, self.version)
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


def _select(question: Asked, table: str) -> str:
    spec = question.spec
    match spec:
        case JourneyCanvasSpec():
            canvas = Canvas(question, spec)
            return canvas.nodes() if table == "nodes" else canvas.arrows()
        case FalloutSpec():
            return Fallout(question, spec).touchpoints()
        case FlowSpec():
            flow = Flow(question, spec)
            return flow.nodes() if table == "nodes" else flow.links()
        case CohortTableSpec():
            return CohortTable(question, spec).cells()
