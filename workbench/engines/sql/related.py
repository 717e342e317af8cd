"""Related records: containers by the records that name them."""

from __future__ import annotations

from workbench.engines.sql.amounts import checked, passing_sums
from workbench.engines.sql.conditions import Tested, Writer, joined, reach, threshold
from workbench.engines.sql.fields import field_sql
from workbench.engines.sql.histories import full_history
from workbench.engines.sql.statement import lines
from workbench.model.conditions import AllOf, AnyOf, Condition, FieldTest, NotOf, Related
from workbench.model.containers import container_named
from workbench.model.relations import GROUPS_OF_MEMBERS, Relation, own_column, relation_of
from workbench.model.specs import compare
from workbench.model.wording import describe_condition


def with_related(writer: Writer, form: Related) -> str:
    """Name of a part that lists the containers with the related records."""
    relation = relation_of(form.related, form.of)
    container, source = _source(relation)
    tests = [f"{container} IS NOT NULL"]
    joins: list[str] = []
    if form.where is not None:
        tested = record_test(writer, form.where, relation.table)
        tests.append(tested.bracketed)
        joins += tested.joins
    if form.sum is not None:
        return _summed(writer, form, relation, (container, source, tests, joins))
    rows = lines(f"FROM {source}", *dict.fromkeys(joins), f"WHERE {' AND '.join(tests)}")
    counted = f"SELECT {container} AS container_id, count(*) AS records\n{rows}\nGROUP BY {container}"
    words = describe_condition(form, writer.version)
    test = threshold("coalesce(n.records, 0)", form.op, form.value)
    if not compare(form.op, 0, form.value):
        body = f"SELECT n.container_id\nFROM (\n{counted}\n) AS n\nWHERE {test}"
        return writer.statement.add("related", body, words)
    body = lines(
        f"SELECT e.container_id\nFROM ({everyone(writer, form.of)}) AS e",
        f"LEFT JOIN (\n{counted}\n) AS n ON n.container_id = e.container_id\nWHERE {test}",
    )
    return writer.statement.add("related", body, words)


def everyone(writer: Writer, of: str) -> str:
    """A select of every container of a kind, by its events or its record."""
    kind, history = container_named(of), writer.version.history_of(of)
    source = full_history(writer.statement, of, history, writer.version)
    records = f"SELECT {_key(of)} FROM {kind.table} WHERE {_key(of)} IS NOT NULL"
    return f"SELECT container_id FROM {source} UNION {records}"


def _key(of: str) -> str:
    return "global_account_id" if of == "global_account" else container_named(of).record_key


def _source(relation: Relation) -> tuple[str, str]:
    """SQL for the container's id, and the records `r` it belongs to."""
    if relation.column is not None:
        return f"r.{relation.column}", f"{relation.table} AS r"
    key = own_column(relation.table, "opportunity")
    links = "\n  UNION\n".join(
        f"  SELECT {one} AS container_id, {other} AS key FROM {_table(table)}"
        for table, one, other in relation.links
    )
    return "l.container_id", f"(\n{links}\n) AS l\nJOIN {relation.table} AS r ON r.{key} = l.key"


def _table(name: str) -> str:
    if name != GROUPS_OF_MEMBERS:
        return name
    return "buying_group_members JOIN buying_groups USING (buying_group_id)"


def _summed(
    writer: Writer, form: Related, relation: Relation, rows: tuple[str, str, list[str], list[str]]
) -> str:
    container, source, tests, joins = rows
    assert form.sum is not None
    kind = checked(form.sum, writer.version.record_type(form.sum, relation.table, "sum"))
    value, more = record_column(writer, form.sum, relation.table)
    rated = kind == "money" and "." not in form.sum
    rated = rated and "currency" in writer.version.columns[relation.table]
    currency = "r.currency" if rated else "NULL"
    body = lines(
        f"SELECT {container} AS container_id, {value} AS value, {currency} AS currency",
        f"FROM {source}",
        *dict.fromkeys([*joins, *more]),
        f"WHERE {' AND '.join([*tests, f'{value} IS NOT NULL'])}",
    )
    return passing_sums(writer, form, body, everyone(writer, form.of), rated=rated)


# --- one record --------------------------------------------------------------------------------


def record_test(writer: Writer, where: Condition, table: str) -> Tested:
    """A record condition as a boolean over a record `r` of a table."""
    if isinstance(where, AllOf):
        return joined((record_test(writer, part, table) for part in where.all), "AND")
    if isinstance(where, AnyOf):
        return joined((record_test(writer, part, table) for part in where.any), "OR")
    if isinstance(where, NotOf):
        inner = record_test(writer, where.not_, table)
        return Tested(f"NOT coalesce({inner.sql}, false)", inner.joins)
    if isinstance(where, FieldTest):
        column, joins = record_column(writer, where.field, table)
        kind = writer.version.record_type(where.field, table)
        return Tested(field_sql(where, kind, column, writer.version), joins)
    assert isinstance(where, Related)
    listed = with_related(writer, where)
    return Tested(f"r.{own_column(table, where.of)} IN (SELECT container_id FROM {listed})")


def record_column(writer: Writer, path: str, table: str) -> tuple[str, tuple[str, ...]]:
    """SQL for a field of a record `r` or of a record it names, and the joins that reach it."""
    hops, column = writer.version.record_route(path, table)
    return reach("r", path, hops, column)
