"""Fields of events by code: the values of a column or of a record path, and which of them pass a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.kernels import Bools, Int64s, Ints
from workbench.index.store import JourneyIndex
from workbench.index.values import holds, stored_numbers, times_hold
from workbench.model.conditions import FieldTest
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.parsing import canonical
from workbench.model.routes import Hop
from workbench.model.tables import ColumnType


class Cache:
    """Interface of what remembers positions between questions; this one remembers nothing."""

    def get(self, key: tuple[Any, ...]) -> Any:
        """The kept value, or None."""

    def put(self, key: tuple[Any, ...], value: Any, size: int) -> None:
        """Keep a value of that many bytes."""


@dataclass(frozen=True)
class Scope:
    """The history in which a condition is asked."""

    kind: str
    type: str


EVERY_EVENT = Scope("event", "stamped")
"""All events of the data version as one history, whoever they belong to."""


class Fields:
    """The fields of one data version, for a question about the containers of a scope."""

    def __init__(
        self, index: JourneyIndex, version: DataVersion, scope: Scope, cache: Cache | None = None
    ) -> None:
        self.index, self.version, self.scope = index, version, scope
        self.cache = cache or Cache()

    def code_table(self, test: FieldTest, scope: Scope) -> tuple[str | None, Bools]:
        """A coded column of `events` and whether each of its codes passes, last the one of no value.

        Columns of numbers and times have no codes: None and an empty table.
        """
        kind = self.version.field_type(test.field)
        own = not self.version.derives_role(test.field) and not self.version.route(test.field)[0]
        if own and kind != "text":
            return None, np.empty(0, dtype=np.bool_)
        key = ("table", scope.kind if test.field.startswith("owner.") else "", canonical(test))
        kept: tuple[str, Bools] | None = self.cache.get(key)
        if kept is None:
            source, values = self.values_of(test.field, scope)
            nothing = pa.nulls(1, values.type)
            table = holds(test, kind, pa.concat_arrays([values, nothing]), self.version)
            kept = (source, table)
            self.cache.put(key, kept, len(table) + 200)
        return kept

    def values_of(self, path: str, scope: Scope) -> tuple[str, pa.Array]:
        """The coded column of `events` behind a text or record field, and the field's value by code."""
        if self.version.derives_role(path):
            return "person_id", self.index.roles(self.index.column("person_id").values)
        hops, field = self.version.route(path, scope.kind)
        source = hops[0].column if hops else path
        return source, along(self.index, self.index.column(source).values, hops, field)

    def items_of(self, path: str, scope: Scope | None = None) -> tuple[Ints, Ints | None, pa.Array]:
        """The items of a field: codes of events by row, the item of each code, and the items as text.

        The item of a code is None where codes are items; else its last entry is that of code -1. No
        value is -1, as a code and as an item.
        """
        scope = scope or self.scope
        if "." not in path and self.version.field_type(path) == "text":
            column = self.index.column(path)
            return column.codes, None, column.values
        key = ("items", scope.kind if path.startswith("owner.") else "", path)
        kept: tuple[Ints, Ints | None, pa.Array] | None = self.cache.get(key)
        if kept is None:
            kept = self._make_items(path, scope)
            self.cache.put(key, kept, sum(part.nbytes for part in kept[1:] if part is not None) + 200)
        return kept

    def _make_items(self, path: str, scope: Scope) -> tuple[Ints, Ints | None, pa.Array]:
        if "." not in path:
            encoded = self.index.arrow(path).cast(pa.string()).dictionary_encode()
            return np.asarray(encoded.indices.fill_null(-1)), None, encoded.dictionary
        column, values = self.values_of(path, scope)
        encoded = values.cast(pa.string()).dictionary_encode()
        items = np.append(np.asarray(encoded.indices.fill_null(-1)), np.int32(-1))
        return self.index.column(column).codes, items, encoded.dictionary

    def numbers_hold(self, test: FieldTest, rows: Int64s) -> Bools:
        """Whether rows pass a test of a number, time or boolean column; of few rows only these are tested."""
        if 4 * len(rows) < self.index.rows:
            return self._numbers_at(test, rows)
        key = ("numbers", canonical(test))
        kept: Bools = self.cache.get(key)
        if kept is None:
            kept = self._numbers_at(test, None)
            self.cache.put(key, kept, len(kept))
        return np.asarray(kept.take(rows))

    def _numbers_at(self, test: FieldTest, rows: Int64s | None) -> Bools:
        if test.field == "occurred_at":
            times = self.index.time
            return times_hold(test, times if rows is None else times.take(rows), self.version)
        kind: ColumnType = self.version.columns["events"][test.field]
        values = self.index.arrow(test.field)
        return holds(test, kind, values if rows is None else values.take(pa.array(rows)), self.version)

    def created_before_data(self, kind: str) -> Bools | None:
        """Containers whose record was created before the data begin; None where records have no such time."""
        path = f"{kind}.created_at"
        if path not in self.version.fields():
            return None
        _, created = self.values_of(path, self.scope)
        known = np.asarray(created.is_valid())
        return np.asarray(known & (stored_numbers(created, "time") < self.version.data_from))


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
