"""Columns of the index: text as codes with a dictionary, money as exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.index.kernels import Int64s, Ints, code_dtype, run_starts
from workbench.model.containers import CONTAINERS

NO_AMOUNT = int(np.iinfo(np.int64).min)
"""Stands for no value in money columns."""
MONEY_SCALE = 4
KEYS = {container.id_column: container for container in CONTAINERS}
"""Columns of `events` that stamp an event with a container."""


@dataclass(frozen=True, eq=False)
class Column:
    """A text column as codes by row; -1 is no value."""

    codes: Ints
    values: pa.Array
    """The value of each code."""

    def code_of(self, value: str) -> int:
        """Code of a value, -1 where it does not occur."""
        found = pc.index(self.values, pa.scalar(value, pa.string())).as_py()
        return int(found)


def encode(events: Path, column: str) -> tuple[Ints, pa.Array]:
    """Codes by row (-1: no value) and the distinct values, sorted by bytes."""
    table = pq.read_table(events, columns=[column], read_dictionary=[column])
    chunked = table.column(0).unify_dictionaries()
    if chunked.num_chunks == 0:
        return np.empty(0, dtype=np.int8), pa.array([], pa.string())
    values = chunked.chunk(0).dictionary.cast(pa.string())
    order = pc.sort_indices(values).to_numpy()
    dtype = code_dtype(len(values))
    new_code = np.empty(len(values) + 1, dtype=dtype)
    new_code[order] = np.arange(len(values), dtype=dtype)
    new_code[-1] = -1
    codes = [
        new_code.take(pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False))
        for chunk in chunked.chunks
    ]
    return np.concatenate(codes), values.take(pa.array(order))


def in_file_order(codes: Ints, values: pa.Array) -> tuple[Ints, pa.Array]:
    """Codes of accounts renumbered in base order, so that each account is one slice of rows."""
    order = codes.take(run_starts(codes))
    order = order[order >= 0]
    new_code = np.full(len(values) + 1, -1, dtype=codes.dtype)
    new_code[order] = np.arange(len(order))
    return new_code.take(codes), values.take(pa.array(order.astype(np.int64)))


def with_records(values: pa.Array, tables: Path, column: str) -> pa.Array:
    """The ids on events, followed by ids that only have a record."""
    container = KEYS[column]
    if container.table is None:
        return values
    name = "global_account_id" if container.name == "global_account" else container.record_key
    known = pq.read_table(tables / f"{container.table}.parquet", columns=[name]).column(0)
    known = pc.unique(pc.drop_null(known)).cast(pa.string())
    if isinstance(known, pa.ChunkedArray):
        known = known.combine_chunks()
    missing = known.filter(pc.invert(pc.is_in(known, value_set=values)))
    return pa.concat_arrays([values, missing.take(pc.sort_indices(missing))])


def read_integers(events: Path, column: str) -> Int64s:
    """A time or integer column by row, as int64."""
    array = pq.read_table(events, columns=[column]).column(0)
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us")).cast(pa.int64())
    return np.ascontiguousarray(array.to_numpy().astype(np.int64, copy=False))


def read_money(events: Path, column: str) -> Int64s:
    """A money column by row in ten-thousandths; `NO_AMOUNT` where there is none."""
    array = pq.read_table(events, columns=[column]).column(0)
    return scaled_money(array)


def scaled_money(array: pa.ChunkedArray) -> Int64s:
    """Exact money as int64 ten-thousandths; `NO_AMOUNT` for no value."""
    parts = [np.empty(0, dtype=np.int64)]
    for chunk in array.cast(pa.decimal128(38, MONEY_SCALE)).chunks:
        data = chunk.buffers()[1]
        if data is None:
            parts.append(np.full(len(chunk), NO_AMOUNT))
            continue
        words = np.frombuffer(data, dtype=np.int64)[chunk.offset * 2 : (chunk.offset + len(chunk)) * 2]
        low = words[0::2].copy()
        low[~pc.is_valid(chunk).to_numpy(zero_copy_only=False)] = NO_AMOUNT
        parts.append(low)
    return np.concatenate(parts)
