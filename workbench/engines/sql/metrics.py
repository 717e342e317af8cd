"""Metrics: what a number counts or sums over a set of events of the history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.engines.sql.asked import Asked
from workbench.engines.sql.conditions import Tested
from workbench.engines.sql.literals import number, quote_literal, quote_name
from workbench.errors import SpecError
from workbench.model.conditions import Condition
from workbench.model.containers import CONTAINER_METRICS, container_named
from workbench.model.specs import CountOf, DistinctOf, Metric, SumOf
from workbench.model.tables import RECORDS, ColumnType

_SUM_TYPES: dict[ColumnType, str] = {"money": "DECIMAL(38, 4)", "integer": "BIGINT", "number": "DOUBLE"}


@dataclass(frozen=True)
class Measure:
    """A metric of a question as SQL."""

    asked: Asked
    metric: Metric | None

    @property
    def of_containers(self) -> bool:
        """Whether the metric counts the question's own containers."""
        own = container_named(self.asked.spec.container).plural
        return self.metric is None or self.metric == own

    def over(self, rows: str) -> str:
        """SQL for the metric over rows given as a part or a select of `container_id, position`."""
        if self.of_containers:
            return f"(SELECT count(DISTINCT n.container_id) FROM {rows} AS n)"
        found = (
            f"FROM {rows} AS n JOIN {self._measured} AS x "
            "ON x.container_id = n.container_id AND x.position = n.position"
        )
        if not isinstance(self.metric, SumOf):
            return f"(SELECT count(DISTINCT x.value) {found})"
        once = f"SELECT DISTINCT x.key, x.value {found}"
        return f"(SELECT CAST(coalesce(sum(value), 0) AS {self.sum_type}) FROM ({once}))"

    def by(self, rows: str, *columns: str) -> str:
        """SQL for the metric, as `value`, of each group of rows with equal columns.

        Rows are a part with `container_id, position` and these columns.
        """
        names = ", ".join(f"n.{column}" for column in columns)
        if self.of_containers:
            counted = f"SELECT {names}, count(DISTINCT n.container_id) AS value"
            return f"{counted}\nFROM {rows} AS n\nGROUP BY {names}"
        found = (
            f"FROM {rows} AS n\nLEFT JOIN {self._measured} AS x\n"
            "  ON x.container_id = n.container_id AND x.position = n.position"
        )
        if not isinstance(self.metric, SumOf):
            return f"SELECT {names}, count(DISTINCT x.value) AS value\n{found}\nGROUP BY {names}"
        once = f"SELECT DISTINCT {names}, x.key, x.value\n{found}"
        plain = ", ".join(columns)
        total = f"CAST(coalesce(sum(value), 0) AS {self.sum_type})"
        return f"SELECT {plain}, {total} AS value\nFROM (\n{once}\n)\nGROUP BY {plain}"

    @property
    def zero(self) -> str:
        """SQL for the metric over nothing."""
        return f"CAST(0 AS {self.sum_type if isinstance(self.metric, SumOf) else 'BIGINT'})"

    @cached_property
    def _measured(self) -> str:
        return self.measured(self.asked.history)

    def measured(self, history: str) -> str:
        """Name of a part with the `value` of each event of a history, and for sums the `key` summed once."""
        tested = [self._where] if self._where else []
        value, joins = self._value
        columns = f"h.container_id, h.position, {value} AS value"
        if isinstance(self.metric, SumOf):
            columns += f", {_sum_key(self.asked, self.metric.sum)} AS key"
        all_joins = dict.fromkeys([*joins, *(join for test in tested for join in test.joins)])
        where = [f"WHERE {test.sql}" for test in tested]
        body = "\n".join([f"SELECT {columns}", f"FROM {history} AS h", *all_joins, *where])
        return self.asked.add("measured", body, "what the metric reads from each event")

    @property
    def _where(self) -> Tested | None:
        metric = self.metric
        where: Condition | None = None
        if isinstance(metric, CountOf):
            where = metric.count
        elif isinstance(metric, SumOf | DistinctOf):
            where = metric.where
        return self.asked.writer.test(where, self.asked.scope) if where is not None else None

    @property
    def _value(self) -> tuple[str, tuple[str, ...]]:
        metric, asked = self.metric, self.asked
        if isinstance(metric, DistinctOf):
            return asked.writer.column(metric.distinct, asked.scope)
        if isinstance(metric, SumOf):
            column, joins = asked.writer.column(metric.sum, asked.scope)
            rates = asked.version.settings.currency_rates
            currency = currency_path(asked, metric.sum)
            if not rates or currency is None:
                return column, joins
            code, _ = asked.writer.column(currency, asked.scope)
            cases = " ".join(
                f"WHEN {quote_literal(name)} THEN {number(rate)}" for name, rate in rates.items()
            )
            return f"{column} * CASE {code} {cases} ELSE 1 END", joins
        if isinstance(metric, str) and metric in CONTAINER_METRICS:
            return f"h.{container_named(CONTAINER_METRICS[metric]).id_column}", ()
        return "h.row", ()

    @property
    def sum_type(self) -> str:
        """SQL type of the sums of a sum metric; SpecError where the field has none."""
        assert isinstance(self.metric, SumOf)
        kind = self.asked.version.field_type(self.metric.sum, "metric.sum")
        if kind not in _SUM_TYPES:
            raise SpecError(f"{self.metric.sum} holds {kind}, which has no sum", "metric.sum")
        return _SUM_TYPES[kind]

    def currencies(self, history: str | None = None, rows: str = "") -> str | None:
        """The select of the currencies the sum would add up; None where there are none to tell.

        Over the question's history, or those events of another that `rows`, a part with
        `container_id, position`, holds.
        """
        if not isinstance(self.metric, SumOf):
            return None
        path = currency_path(self.asked, self.metric.sum)
        if path is None:
            return None
        code, joins = self.asked.writer.column(path, self.asked.scope)
        column, more = self.asked.writer.column(self.metric.sum, self.asked.scope)
        tested = self._where
        chosen = [f"SEMI JOIN {rows} AS n ON n.container_id = h.container_id AND n.position = h.position"]
        all_joins = dict.fromkeys(
            [*(chosen if rows else []), *joins, *more, *(tested.joins if tested else ())]
        )
        tests = [f"{column} IS NOT NULL", f"{code} IS NOT NULL", *([tested.bracketed] if tested else [])]
        return "\n".join(
            [
                f"SELECT DISTINCT {code} AS currency",
                f"FROM {history or self.asked.history} AS h",
                *all_joins,
                f"WHERE {' AND '.join(tests)}",
                "ORDER BY currency",
            ]
        )


def currency_path(asked: Asked, path: str) -> str | None:
    """The field that holds the currency of a money field; None where its table has none."""
    if asked.version.field_type(path, "metric.sum") != "money":
        return None
    prefix, _, _ = path.rpartition(".")
    if prefix and prefix != "owner" and prefix not in RECORDS:
        raise SpecError("sums reach over one record at most", "metric.sum")
    table = "events" if not prefix else "users" if prefix == "owner" else RECORDS[prefix][0]
    if "currency" not in asked.version.columns.get(table, {}):
        return None
    return f"{prefix}.currency" if prefix else "currency"


def _sum_key(asked: Asked, path: str) -> str:
    """What is summed once: the event, or the record however many events name it."""
    prefix, _, _ = path.rpartition(".")
    if not prefix:
        return "h.row"
    if prefix == "owner":
        raise SpecError("sums over owners are not defined", "metric.sum")
    if prefix not in RECORDS:
        raise SpecError("sums reach over one record at most", "metric.sum")
    return f"h.{quote_name(RECORDS[prefix][2])}"
