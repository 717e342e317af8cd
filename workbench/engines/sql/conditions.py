"""Conditions as SQL: a boolean over one row `h` of a history, with the joins and parts it needs.

A history row is an event together with the container whose journey it belongs to. Field tests read columns of
the event or of the records it names; container forms become parts that list containers (or rows), and test
membership in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

from workbench.engines.sql.fields import field_sql
from workbench.engines.sql.histories import full_history, history_column
from workbench.engines.sql.literals import number, quote_literal, quote_name
from workbench.engines.sql.sequences import sequence_rows
from workbench.engines.sql.statement import Statement, lines
from workbench.errors import SpecError
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    AsOf,
    Condition,
    CountIn,
    FieldTest,
    InContainer,
    Listed,
    MembersOf,
    MilestoneRef,
    NotOf,
    Number,
    Related,
    SegmentRef,
    Sequence,
)
from workbench.model.data_version import MOST_REFERENCES, DataVersion
from workbench.model.routes import Hop, first_hops
from workbench.model.wording import describe_condition

Members = Callable[[Number, tuple[str, ...]], tuple[str, str]]
"""From a number, and the references being expanded: the container it counts, and SQL that lists them."""
Form = InContainer | CountIn | Sequence | MembersOf | Related | Listed
_COMPARED = {"equals": "=", "not_equals": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


@dataclass(frozen=True)
class Scope:
    """Whose rows a condition is tested on: the histories of one container."""

    container: str
    history: str


@dataclass(frozen=True)
class Tested:
    """A boolean over `h`, and the joins it needs. Null counts as false."""

    sql: str
    joins: tuple[str, ...] = ()
    loose: bool = False
    """Whether `OR` is the outermost operator, so that the text needs brackets beside `AND`."""

    @property
    def bracketed(self) -> str:
        """The boolean as part of a larger one."""
        return f"({self.sql})" if self.loose else self.sql


def joined(parts: Iterable[Tested], operator: str) -> Tested:
    """Several booleans as one; `operator` is AND or OR."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    joins = tuple(dict.fromkeys(join for part in parts for join in part.joins))
    return Tested(f" {operator} ".join(part.bracketed for part in parts), joins, operator == "OR")


@dataclass
class Writer:
    """Writes conditions into one statement."""

    version: DataVersion
    members: Members
    expanding: tuple[str, ...] = ()
    """Milestones and segments that are being expanded, against definitions that refer to themselves."""
    statement: Statement = field(default_factory=Statement)

    def test(self, condition: Condition, scope: Scope) -> Tested:
        """The condition as a boolean over a row `h` of the scope's histories."""
        match condition:
            case FieldTest():
                column, joins = self.column(condition.field, scope)
                kind = self.version.field_type(condition.field)
                sql = field_sql(condition, kind, column, self.version)
                return Tested(sql, joins, loose=False)
            case AllOf():
                return joined((self.test(part, scope) for part in condition.all), "AND")
            case AnyOf():
                return joined((self.test(part, scope) for part in condition.any), "OR")
            case NotOf():
                inner = self.test(condition.not_, scope)
                return Tested(f"NOT coalesce({inner.sql}, false)", inner.joins)
            case MilestoneRef() | SegmentRef():
                return self._expanded(condition).test(self.version.expand(condition), scope)
            case AsOf():
                return self.test(self.version.inline(condition), scope)
            case InContainer() | CountIn() | Sequence() | MembersOf() | Related() | Listed():
                return Tested(self._in_containers(condition, scope))
            case _:
                assert_never(condition)

    def column(self, path: str, scope: Scope) -> tuple[str, tuple[str, ...]]:
        """SQL for a field of `h` or of a record it names, and the joins that reach the record."""
        if self.version.derives_role(path):
            return "person_role.role", (
                f"LEFT JOIN {self._roles()} AS person_role ON person_role.person_id = h.person_id",
            )
        hops, column = self.version.route(path, scope.container)
        if not hops:
            return f"h.{quote_name(history_column(column))}", ()
        steps = path
        if path.startswith("owner."):
            record = "opportunity" if scope.container == "opportunity" else "account"
            steps = f"{record}.{path}"
        return reach("h", steps, hops, column)

    def _roles(self) -> str:
        """Name of a part with the roles of each person as one text."""
        groups = "SELECT DISTINCT person_id, role\n  FROM buying_group_members\n  WHERE role IS NOT NULL"
        body = lines(
            "SELECT person_id, string_agg(role, ', ' ORDER BY role) AS role",
            f"FROM (\n  {groups}",
            "  UNION ALL",
            "  SELECT DISTINCT person_id, role\n  FROM account_persons AS a\n  WHERE role IS NOT NULL",
            "    AND NOT EXISTS (FROM buying_group_members AS m",
            "      WHERE m.person_id = a.person_id AND m.role IS NOT NULL)",
            ")",
            "WHERE person_id IS NOT NULL",
            "GROUP BY person_id",
        )
        return self.statement.add("roles", body, "roles of persons in buying groups, without any in accounts")

    def rows(self, name: str, condition: Condition, scope: Scope, source: str, columns: Iterable[str]) -> str:
        """Name of a part with these columns of the rows of `source` that match."""
        tested = self.test(condition, scope)
        text = [
            f"SELECT {', '.join(f'h.{column}' for column in columns)}",
            f"FROM {source} AS h",
            *tested.joins,
        ]
        comment = f"events that match: {describe_condition(condition, self.version)}"
        return self.statement.add(name, "\n".join([*text, f"WHERE {tested.sql}"]), comment)

    def _expanded(self, reference: MilestoneRef | SegmentRef) -> Writer:
        name = describe_condition(reference, self.version)
        if name in self.expanding:
            raise SpecError(f"refers to itself: {' → '.join((*self.expanding, name))}", "segment")
        if len(self.expanding) >= MOST_REFERENCES:
            way = " → ".join(self.expanding)
            raise SpecError(f"refers over more than {MOST_REFERENCES} others: {way}", "segment")
        return replace(self, expanding=(*self.expanding, name))

    # --- the container forms ---------------------------------------------------------------------

    def _in_containers(self, form: Form, scope: Scope) -> str:
        """A test of the container at hand, or of the event's container of another kind."""
        if isinstance(form, MembersOf):
            container, select = self.members(form.members_of, self.expanding)
            listed = self.statement.add("members", select, describe_condition(form, self.version))
            return self._belongs(listed, container, scope)
        kind = form.of if isinstance(form, Related) else form.container
        inner = self._scope_of(kind, scope)
        part, by_row = self.qualifying(form, inner)
        return self._is_row(part, inner, scope) if by_row else self._belongs(part, kind, scope)

    def qualifying(
        self, form: InContainer | CountIn | Sequence | Related | Listed, inner: Scope
    ) -> tuple[str, bool]:
        """A part with the containers that qualify (`container_id`), or with rows of them (`container_id,
        row`) where a form keeps only some; and whether it holds rows."""
        match form:
            case Sequence():
                return sequence_rows(self, form, inner)
            case Related():
                from workbench.engines.sql.related import with_related

                return with_related(self, form), False
            case Listed():
                return self._listed(form), False
            case _:
                return self._qualifying(form, inner), False

    def _listed(self, form: Listed) -> str:
        """Name of a part with the containers on a list."""
        ids = ",\n  ".join(f"({quote_literal(one)})" for one in self.version.members_listed(form))
        empty = "SELECT NULL::VARCHAR AS container_id WHERE false"
        body = f"SELECT container_id\nFROM (VALUES\n  {ids}\n) AS listed(container_id)" if ids else empty
        return self.statement.add("listed", body, describe_condition(form, self.version))

    def _scope_of(self, container: str, scope: Scope) -> Scope:
        if container == scope.container:
            return scope
        return Scope(container, self.version.history_of(container))

    def _qualifying(self, form: InContainer | CountIn, inner: Scope) -> str:
        """Name of a part that lists the containers that qualify, `container_id` once each."""
        source = full_history(self.statement, inner.container, inner.history, self.version)
        condition = form.where if isinstance(form, InContainer) else form.count
        tested = self.test(condition, inner)
        if isinstance(form, CountIn) and form.sum is not None:
            from workbench.engines.sql.amounts import summed_events

            return summed_events(self, form, inner, tested)
        value, joins = ("*", ()) if isinstance(form, InContainer) else self._counted(form, inner)
        rows = lines(f"FROM {source} AS h", *dict.fromkeys([*tested.joins, *joins]))
        name, comment = f"{inner.container}_with", describe_condition(form, self.version)
        if isinstance(form, InContainer):
            body = lines("SELECT DISTINCT h.container_id", rows, f"WHERE {tested.sql}")
        else:
            counted = f"count({value}) FILTER (WHERE {tested.sql})"
            having = f"HAVING {threshold(counted, form.op, form.value)}"
            body = lines("SELECT h.container_id", rows, "GROUP BY h.container_id", having)
        return self.statement.add(name, body, comment)

    def _counted(self, form: CountIn, inner: Scope) -> tuple[str, tuple[str, ...]]:
        """What `count` counts, and the joins that reach it."""
        if form.distinct is None:
            return "*", ()
        column, joins = self.column(form.distinct, inner)
        return f"DISTINCT {column}", joins

    def _belongs(self, listed: str, container: str, scope: Scope) -> str:
        """Whether the row belongs to a listed container."""
        if container == scope.container:
            return f"h.container_id IN (SELECT container_id FROM {listed})"
        history = self.version.history_of(container)
        if history == "stamped":
            return f"h.{container}_id IN (SELECT container_id FROM {listed})"
        source = full_history(self.statement, container, history, self.version)
        rows = self.statement.add(
            f"events_of_{listed}",
            f"SELECT DISTINCT h.row\nFROM {source} AS h\n"
            f"WHERE h.container_id IN (SELECT container_id FROM {listed})",
            "the events of their histories",
        )
        return f"h.row IN (SELECT row FROM {rows})"

    @staticmethod
    def _is_row(part: str, inner: Scope, scope: Scope) -> str:
        """Whether the row is one of the listed ones, of this very container where that is known."""
        if inner == scope and inner.history == "members":
            return f"(h.container_id, h.row) IN (SELECT container_id, row FROM {part})"
        return f"h.row IN (SELECT row FROM {part})"


def record_join(record: str) -> str:
    """The join that reaches a record of an event."""
    return reach("h", f"{record}.", (first_hops()[record],), "")[1][0]


def reach(first: str, path: str, hops: tuple[Hop, ...], column: str) -> tuple[str, tuple[str, ...]]:
    """SQL for the column at the end of a path of left joins, each under the name of the way to it."""
    names, at, joins = path.split("."), first, []
    prefix = "" if first == "h" else f"{first}_"
    for step, hop in enumerate(hops, start=1):
        alias = prefix + "_".join(names[:step])
        joins.append(f"LEFT JOIN {hop.table} AS {alias} ON {alias}.{hop.key} = {at}.{quote_name(hop.column)}")
        at = alias
    return f"{at}.{quote_name(column)}", tuple(joins)


def threshold(sql: str, op: str, value: int | float | tuple[float, float]) -> str:
    """A count compared with the threshold of a metric or of a `count` condition."""
    if isinstance(value, tuple):
        return f"{sql} BETWEEN {number(value[0])} AND {number(value[1])}"
    return f"{sql} {_COMPARED[op]} {number(value)}"
