"""Records behind conditions: paths over foreign keys, and containers by their related records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.kernels import Bools, Int64s, distinct_pairs
from workbench.index.sums import Summed, sums_pass
from workbench.index.values import holds
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    CountIn,
    FieldTest,
    InContainer,
    MembersOf,
    NotOf,
    Related,
    Sequence,
)
from workbench.model.containers import container_named
from workbench.model.relations import GROUPS_OF_MEMBERS, Relation, named_columns, own_column, relation_of
from workbench.model.routes import Hop
from workbench.model.specs import compare

if TYPE_CHECKING:
    from workbench.index.matching import Matcher
    from workbench.index.store import JourneyIndex


def along(index: JourneyIndex, ids: pa.Array, hops: tuple[Hop, ...], column: str) -> pa.Array:
    """The field at the end of a path, for ids of the first record; null where the way ends.

    Without hops the ids themselves.
    """
    columns = (*(one.column for one in hops), column)[1:]
    for hop, following in zip(hops, columns, strict=True):
        ids = index.record(hop.table, hop.key, following, ids)
    return ids


def codes_of(index: JourneyIndex, kind: str, ids: pa.Array) -> Int64s:
    """Container codes of ids; -1 where there is no such container."""
    values = index.column(container_named(kind).id_column).values
    return np.asarray(pc.fill_null(pc.index_in(ids.cast(pa.string()), value_set=values), -1), dtype=np.int64)


def related_to(matcher: Matcher, form: Related) -> Bools:
    """Which containers of the form's kind have the related records, by code."""
    index, version = matcher.index, matcher.version
    relation = relation_of(form.related, form.of)
    fit = _fitting(matcher, form.where, relation.table)
    container, record = _pairs(index, relation, form.of)
    size = len(index.column(container_named(form.of).id_column).values)
    if fit is not None:
        kept = np.flatnonzero(fit.take(record))
        container, record = container.take(kept), record.take(kept)
    if form.sum is None:
        return np.asarray(
            compare(form.op, np.bincount(container, minlength=size), form.value), dtype=np.bool_
        )
    values = _column(index, form.sum, relation.table, matcher)
    kind = version.record_type(form.sum, relation.table, "sum")
    hops, _ = version.record_route(form.sum, relation.table, "sum")
    currency = None
    if kind == "money" and not hops and "currency" in version.columns[relation.table]:
        currency = index.of_records(relation.table, "currency")
    return sums_pass(form, Summed.of(kind, values, currency), record, container, size, version)


def _pairs(index: JourneyIndex, relation: Relation, of: str) -> tuple[Int64s, Int64s]:
    """Container codes and row numbers of their records, each pair once."""
    if relation.column is not None:
        codes = codes_of(index, of, index.of_records(relation.table, relation.column))
        record = np.flatnonzero(codes >= 0)
        return codes.take(record), record
    keys = index.of_records(relation.table, own_column(relation.table, "opportunity"))
    containers, records = [], []
    for table, one, other in relation.links:
        ids, named = _links(index, table, one, other)
        containers.append(codes_of(index, of, ids))
        records.append(np.asarray(pc.fill_null(pc.index_in(named, value_set=keys), -1), dtype=np.int64))
    container, record = np.concatenate(containers), np.concatenate(records)
    known = np.flatnonzero((container >= 0) & (record >= 0))
    return distinct_pairs(container.take(known), record.take(known))


def _links(index: JourneyIndex, table: str, one: str, other: str) -> tuple[pa.Array, pa.Array]:
    if table != GROUPS_OF_MEMBERS:
        return index.of_records(table, one), index.of_records(table, other)
    groups = index.of_records("buying_group_members", "buying_group_id")
    named = index.record("buying_groups", "buying_group_id", other, groups)
    return index.of_records("buying_group_members", one), named


def _column(index: JourneyIndex, path: str, table: str, matcher: Matcher) -> pa.Array:
    """A field by row of a table: its own column, or that of records it names."""
    hops, column = matcher.version.record_route(path, table)
    if not hops:
        return index.of_records(table, column)
    return along(index, index.of_records(table, hops[0].column), hops, column)


def _fitting(matcher: Matcher, where: Any, table: str) -> Bools | None:
    """Which rows of a table satisfy a record condition; None for all."""
    if where is None:
        return None
    if isinstance(where, AllOf | AnyOf):
        parts = where.all if isinstance(where, AllOf) else where.any
        join = np.logical_and if isinstance(where, AllOf) else np.logical_or
        found = [fit for part in parts if (fit := _fitting(matcher, part, table)) is not None]
        return np.asarray(join.reduce(found))
    if isinstance(where, NotOf):
        inner = _fitting(matcher, where.not_, table)
        assert inner is not None
        return ~inner
    if isinstance(where, FieldTest):
        kind = matcher.version.record_type(where.field, table)
        return holds(where, kind, _column(matcher.index, where.field, table, matcher), matcher.version)
    ids = matcher.index.of_records(table, own_column(table, where.of))
    _, containers, _ = matcher.qualify(where)
    return np.append(containers, False).take(codes_of(matcher.index, where.of, ids))


class Recordless:
    """Containers with a record and no event, each as one row: its own id and the ids its record names."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher, self.kind = matcher, matcher.scope.kind
        history = matcher.history(matcher.scope)
        self.codes = np.flatnonzero(history.ends == history.starts)

    def ids(self, column: str) -> pa.Array | None:
        """An id column of `events` in these rows; None where the row has no value there."""
        own = container_named(self.kind).id_column
        index = self.matcher.index
        if column == own:
            return index.column(own).values.take(pa.array(self.codes))
        mine = self.ids(own)
        assert mine is not None
        if column == "global_account_id":
            return self._global_account(mine)
        if column not in named_columns(self.kind):
            return None
        kind = container_named(self.kind)
        return index.record(str(kind.table), kind.record_key, column, mine)

    def _global_account(self, mine: pa.Array) -> pa.Array | None:
        accounts = mine if self.kind == "account" else self.ids("account_id")
        if accounts is None:
            return None
        tops = self.matcher.index.record("accounts", "account_id", "global_account_id", accounts)
        return pc.coalesce(tops.cast(pa.string()), accounts.cast(pa.string()))

    # --- testing -------------------------------------------------------------------------------

    def test(self, condition: Any) -> Bools:
        """Whether the condition holds in each of the rows."""
        if isinstance(condition, AllOf | AnyOf):
            parts = condition.all if isinstance(condition, AllOf) else condition.any
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            return np.asarray(join.reduce([self.test(part) for part in parts]))
        if isinstance(condition, NotOf):
            return ~self.test(condition.not_)
        if isinstance(condition, FieldTest):
            return self._field(condition)
        return self._form(condition)

    def _field(self, test: FieldTest) -> Bools:
        version, index = self.matcher.version, self.matcher.index
        kind = version.field_type(test.field)
        if version.derives_role(test.field):
            ids = self.ids("person_id")
            values = None if ids is None else index.roles(ids)
        else:
            hops, column = version.route(test.field, self.kind)
            ids = self.ids(hops[0].column if hops else column)
            values = ids if ids is None or not hops else along(index, ids, hops, column)
        if values is None:
            nothing = pa.nulls(1, pa.string() if kind == "text" else pa.int64())
            return np.repeat(holds(test, kind, nothing, version), len(self.codes))
        return holds(test, kind, values, version)

    def _form(self, form: Any) -> Bools:
        """Forms of the own kind look at the row, others at the container it names, if that has events."""
        if isinstance(form, InContainer | CountIn | Sequence) and form.container == self.kind:
            return self._own_form(form)
        scope, containers, marked = self.matcher.qualify(form)
        ids = self.ids(container_named(scope.kind).id_column)
        of_events = isinstance(form, MembersOf) and scope.kind == self.kind
        if ids is None or marked is not None or of_events:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.append(containers, False).take(codes_of(self.matcher.index, scope.kind, ids))

    def _own_form(self, form: InContainer | CountIn | Sequence) -> Bools:
        if isinstance(form, InContainer):
            return self.test(form.where)
        if isinstance(form, CountIn):
            none = np.zeros(len(self.codes), dtype=np.int64)
            return np.asarray(compare(form.op, none, form.value), dtype=np.bool_)
        return np.zeros(len(self.codes), dtype=np.bool_)
