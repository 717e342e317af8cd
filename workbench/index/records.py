"""Containers by their related records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.fields import Fields, along, codes_of
from workbench.index.kernels import Bools, Int64s, distinct_pairs
from workbench.index.store import JourneyIndex
from workbench.index.sums import Summed, sums_pass
from workbench.index.values import holds
from workbench.model.conditions import AllOf, AnyOf, FieldTest, NotOf, Related
from workbench.model.containers import container_named
from workbench.model.relations import GROUPS_OF_MEMBERS, Relation, own_column, relation_of
from workbench.model.specs import compare

Inner = Callable[[Related], Bools]
"""Which containers of its kind a form inside the form qualifies, by code."""


def related_to(fields: Fields, form: Related, inner: Inner) -> Bools:
    """Which containers of the form's kind have the related records, by code."""
    index, version = fields.index, fields.version
    relation = relation_of(form.related, form.of)
    fit = _fitting(fields, form.where, relation.table, inner)
    container, record = _pairs(index, relation, form.of)
    size = len(index.column(container_named(form.of).id_column).values)
    if fit is not None:
        kept = np.flatnonzero(fit.take(record))
        container, record = container.take(kept), record.take(kept)
    if form.sum is None:
        return np.asarray(
            compare(form.op, np.bincount(container, minlength=size), form.value), dtype=np.bool_
        )
    values = _column(index, form.sum, relation.table, fields)
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


def _column(index: JourneyIndex, path: str, table: str, fields: Fields) -> pa.Array:
    """A field by row of a table: its own column, or that of records it names."""
    hops, column = fields.version.record_route(path, table)
    if not hops:
        return index.of_records(table, column)
    return along(index, index.of_records(table, hops[0].column), hops, column)


def _fitting(fields: Fields, where: Any, table: str, inner: Inner) -> Bools | None:
    """Which rows of a table satisfy a record condition; None for all."""
    if where is None:
        return None
    if isinstance(where, AllOf | AnyOf):
        parts = where.all if isinstance(where, AllOf) else where.any
        join = np.logical_and if isinstance(where, AllOf) else np.logical_or
        found = [fit for part in parts if (fit := _fitting(fields, part, table, inner)) is not None]
        return np.asarray(join.reduce(found))
    if isinstance(where, NotOf):
        rest = _fitting(fields, where.not_, table, inner)
        assert rest is not None
        return ~rest
    if isinstance(where, FieldTest):
        kind = fields.version.record_type(where.field, table)
        return holds(where, kind, _column(fields.index, where.field, table, fields), fields.version)
    ids = fields.index.of_records(table, own_column(table, where.of))
    return np.append(inner(where), False).take(codes_of(fields.index, where.of, ids))
