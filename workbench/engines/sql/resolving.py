"""From a condition to containers of a kind: those with an event in the set, and records without events."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.sql.conditions import Form, Scope, Tested, Writer
from workbench.engines.sql.histories import full_history, history_column
from workbench.engines.sql.literals import quote_name
from workbench.engines.sql.statement import lines
from workbench.model.conditions import Condition, CountIn, InContainer, MembersOf, Related, Sequence
from workbench.model.containers import Container, container_named
from workbench.model.relations import named_columns
from workbench.model.specs import compare
from workbench.model.tables import SQL_TYPES


def containers_sql(writer: Writer, condition: Condition, container: str) -> str:
    """The statement that lists the containers a condition names, as `container_id`, sorted."""
    kind = container_named(container)
    scope = Scope(container, writer.version.history_of(container))
    source = full_history(writer.statement, container, scope.history, writer.version)
    selects = [_matching(writer, condition, scope, source)]
    if kind.table is not None:
        rows = _records(writer, kind, source)
        judge = RecordWriter(writer.version, writer.members, writer.expanding, writer.statement)
        selects.append(_matching(judge, condition, scope, rows))
    return writer.statement.render("\nUNION\n".join(selects) + "\nORDER BY container_id")


def _matching(writer: Writer, condition: Condition, scope: Scope, source: str) -> str:
    tested = writer.test(condition, scope)
    return lines("SELECT h.container_id", f"FROM {source} AS h", *tested.joins, f"WHERE {tested.sql}")


def _records(writer: Writer, kind: Container, source: str) -> str:
    """Name of a part with a row for each record without events: its id and those it names."""
    key = "global_account_id" if kind.name == "global_account" else kind.record_key
    filled, joins = _filled(kind)
    columns = ", ".join(
        f"{filled.get(name, f'NULL::{SQL_TYPES[type_]}')} AS {quote_name(history_column(name))}"
        for name, type_ in writer.version.columns["events"].items()
    )
    body = lines(
        f"SELECT DISTINCT r.{key} AS container_id, {columns}",
        f"FROM {kind.table} AS r",
        joins,
        f"WHERE r.{key} IS NOT NULL",
        f"  AND NOT EXISTS (FROM {source} AS e WHERE e.container_id = r.{key})",
    )
    words = f"records of {kind.plural.replace('_', ' ')} without an event, as rows of ids"
    return writer.statement.add(f"{kind.name}_records", body, words)


def _filled(kind: Container) -> tuple[dict[str, str], str]:
    """SQL for the ids a record fills, and the join that reaches the global account."""
    if kind.name == "global_account":
        return {"global_account_id": "r.global_account_id"}, ""
    filled = {column: f"r.{column}" for column in (kind.record_key, *named_columns(kind.name))}
    if kind.name == "account":
        return filled | {"global_account_id": "coalesce(r.global_account_id, r.account_id)"}, ""
    if "account_id" not in filled:
        return filled, ""
    top = {"global_account_id": "coalesce(a.global_account_id, r.account_id)"}
    return filled | top, "LEFT JOIN accounts AS a ON a.account_id = r.account_id"


@dataclass
class RecordWriter(Writer):
    """Writes conditions on rows that stand for records without events."""

    def test(self, condition: Condition, scope: Scope) -> Tested:
        """The condition as a boolean over a row; forms of the row's own kind look at the row alone."""
        if isinstance(condition, InContainer) and condition.container == scope.container:
            inner = self.test(condition.where, scope)
            return Tested(f"coalesce({inner.sql}, false)", inner.joins)
        return super().test(condition, scope)

    def _in_containers(self, form: Form, scope: Scope) -> str:
        if isinstance(form, MembersOf):
            container, select = self.members(form.members_of, self.expanding)
            if container == scope.container:
                return "false"
            return self._has_id(self.statement.add("members", select, "members behind a number"), container)
        container = form.of if isinstance(form, Related) else form.container
        own = container == scope.container
        if own and isinstance(form, CountIn):
            return "true" if compare(form.op, 0, form.value) else "false"
        if isinstance(form, Sequence) and (own or form.include != "everyone"):
            return "false"
        events = Writer(self.version, self.members, self.expanding, self.statement)
        listed, _ = events.qualifying(form, Scope(container, self.version.history_of(container)))
        return self._has_id(listed, container)

    @staticmethod
    def _has_id(listed: str, container: str) -> str:
        return f"coalesce(h.{container}_id IN (SELECT container_id FROM {listed}), false)"
