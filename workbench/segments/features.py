"""What is known of containers: items and numbers of their records, and which events they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.conditions import FieldTest
from workbench.model.containers import container_named
from workbench.model.tables import PERSON_ROLE, PERSONAL, TABLES
from workbench.segments.bench import Bench

FEWEST, MOST_ITEMS = 5, 50
"""An item counts where that many have it, and the most frequent ones of a field at most."""
NO_FEATURES: frozenset[str] = frozenset({"name", "record_url", "website", "global_account_id"}) | PERSONAL
"""Columns that name a single record rather than describe it."""


@dataclass(frozen=True)
class Feature:
    """One thing that is true of some containers, or a number they have."""

    kind: Literal["item", "number", "event"]
    field: str
    item: str | None
    values: Any
    """In the order of the containers: truth, or numbers with NaN for no value."""


def record_features(bench: Bench, kind: str, ids: list[str]) -> Iterator[Feature]:
    """Features of the containers' records, and of the account their records name."""
    container = container_named(kind)
    if container.table is None:
        return
    keys = pa.array(ids, pa.string())
    yield from _of_table(bench, kind, container.table, container.record_key, keys)
    if kind in ("account", "global_account"):
        return
    if kind == "person" and bench.version.derives_role(PERSON_ROLE):
        yield from _items(PERSON_ROLE, bench.index.roles(keys))
    accounts = bench.index.record(container.table, container.record_key, "account_id", keys)
    yield from _of_table(bench, "account", "accounts", "account_id", accounts.cast(pa.string()))


def _of_table(bench: Bench, prefix: str, table: str, key: str, ids: pa.Array) -> Iterator[Feature]:
    known = TABLES[table]
    for column, kind in bench.version.columns[table].items():
        if column in NO_FEATURES or column in known.key or column in known.references:
            continue
        path = f"{prefix}.{column}"
        if kind in ("text", "boolean", "integer", "number", "money"):
            values = bench.index.record(table, key, column, ids)
            yield from _items(path, values) if kind == "text" else _numbers_or_truth(path, kind, values)


def _items(path: str, values: pa.Array) -> Iterator[Feature]:
    encoded = values.cast(pa.string()).dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1))
    counts = np.bincount(codes[codes >= 0], minlength=len(encoded.dictionary))
    frequent = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    for code in frequent[counts[frequent] >= FEWEST]:
        yield Feature("item", path, encoded.dictionary[int(code)].as_py(), codes == code)


def _numbers_or_truth(path: str, kind: str, values: pa.Array) -> Iterator[Feature]:
    if kind == "boolean":
        true = np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        if true.sum() >= FEWEST:
            yield Feature("item", path, "true", true)
        return
    numbers = np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    if np.count_nonzero(~np.isnan(numbers)):
        yield Feature("number", path, None, numbers)


def event_features(bench: Bench, kind: str, ids: list[str]) -> Iterator[Feature]:
    """For each event type, which containers have at least one such event in their history."""
    matcher = bench.matcher(kind)
    column = bench.index.column(container_named(kind).id_column)
    codes = np.asarray(pc.fill_null(pc.index_in(pa.array(ids, pa.string()), value_set=column.values), -1))
    for event_type in bench.index.column("event_type").values.to_pylist():
        if event_type is None:
            continue
        present = matcher.find(FieldTest(field="event_type", value=event_type)).present()
        having = np.append(present, False).take(codes)
        if np.count_nonzero(having) >= FEWEST:
            yield Feature("event", "event_type", event_type, having)
