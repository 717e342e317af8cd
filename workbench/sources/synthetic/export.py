"""The files: events as Parquet, row group by row group, and records as CSV, appended block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.activity import Column, Rows
from workbench.sources.synthetic.catalogue import CONTENTS_PER_TYPE, Catalogue, codes
from workbench.sources.synthetic.company import Block
from workbench.sources.synthetic.records import account_ids, group_ids, lead_ids, opportunity_ids, person_ids
from workbench.sources.synthetic.times import Ints

TEXT = pa.dictionary(pa.int32(), pa.string())
EVENT_SCHEMA = pa.schema([
    ("event_id", pa.string()), ("occurred_at", pa.timestamp("us")), ("event_type", TEXT), ("actor", TEXT),
    ("account_id", TEXT), ("person_id", TEXT), ("opportunity_id", TEXT), ("buying_group_id", TEXT),
    ("lead_id", TEXT), ("channel", TEXT), ("medium", TEXT), ("campaign_id", TEXT), ("content_type", TEXT),
    ("content_id", TEXT), ("product_id", TEXT), ("marketing_event_id", TEXT), ("stage", TEXT),
    ("amount", pa.decimal128(18, 4)), ("currency", TEXT), ("source", TEXT),
])  # fmt: skip
_PLAIN = ("event_id", "occurred_at")
_DIGITS = np.array([list(f"{number:05d}".encode()) for number in range(100_000)], dtype=np.uint8)


class EventFile:
    """A Parquet file of events that grows by row groups; `rows` counts what is written."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.rows = 0
        self._distinct = 0
        self._fixed = _dictionaries(catalogue)
        self._writer = pq.ParquetWriter(
            path, EVENT_SCHEMA, compression="zstd", compression_level=1, store_schema=False,
            write_statistics=True, use_dictionary=[name for name in EVENT_SCHEMA.names if name not in _PLAIN],
            column_encoding={"event_id": "DELTA_BYTE_ARRAY", "occurred_at": "DELTA_BINARY_PACKED"},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def ids_of(self, block: Block) -> dict[str, pa.Array]:
        """What the codes of a block's own records stand for."""
        deals = block.opportunities.first + np.arange(len(block.opportunities))
        series = {
            "account": account_ids(block.accounts.first + np.arange(len(block.accounts))),
            "person": person_ids(block.persons.first + np.arange(len(block.persons))),
            "opportunity": opportunity_ids(deals),
            "buying_group": group_ids(deals),
            "lead": lead_ids(block.leads.first + np.arange(len(block.leads))),
        }
        return {name: values.to_arrow().cast(pa.string()) for name, values in series.items()}

    def write(self, rows: Rows, repeated: Ints, ids: Mapping[str, pa.Array]) -> None:
        """One row group: the rows, then the repeated ones once more under the same event ids."""
        count = len(rows["time"])
        number = np.concatenate([np.arange(count), repeated]) + self._distinct
        rows = {name: np.concatenate([column, column[repeated]]) for name, column in rows.items()}
        words_of = {**self._fixed, **ids}
        medium = np.array(words.MEDIUM_OF_CHANNEL, dtype=np.int8)[rows["channel"]]
        columns = [
            _event_ids(number), pa.array(rows["time"] * 1_000_000, pa.timestamp("us")),
            *(_coded(rows[name], words_of[name]) for name in
              ("type", "actor", "account", "person", "opportunity", "buying_group", "lead", "channel")),
            _coded(medium, words_of["medium"]),
            *(_coded(rows[name], words_of[name]) for name in
              ("campaign", "content_type", "content", "product", "marketing_event", "stage")),
            _decimals(rows["cents"]), _coded(np.where(rows["cents"] >= 0, 0, -1), words_of["currency"]),
            _coded(rows["source"], words_of["source"]),
        ]  # fmt: skip
        self._writer.write_table(pa.Table.from_arrays(columns, schema=EVENT_SCHEMA))
        self._distinct += count
        self.rows += len(number)


class RecordFiles:
    """One CSV file per record table in a folder, each with one header line; `rows` counts lines per table."""

    def __init__(self, folder: Path) -> None:
        self.rows: Counter[str] = Counter()
        self._folder = folder
        self._open: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            file.close()

    def write(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Append each frame to its file."""
        for name, frame in tables.items():
            first = name not in self._open
            if first:
                self._open[name] = (self._folder / f"{name}.csv").open("wb")
            frame.write_csv(self._open[name], include_header=first)
            self.rows[name] += len(frame)


def _dictionaries(catalogue: Catalogue) -> dict[str, pa.Array]:
    """What the codes that are the same in every block stand for."""
    values: dict[str, Iterable[str]] = {
        "type": words.EVENT_TYPES, "actor": words.ACTORS, "channel": words.CHANNELS, "medium": words.MEDIA,
        "campaign": codes("CMP", len(words.CAMPAIGNS)), "content_type": words.CONTENT_TYPES,
        "content": codes("CNT", CONTENTS_PER_TYPE * len(words.CONTENT_TYPES)), "stage": words.STAGES,
        "product": codes("PRD", len(words.PRODUCTS)), "source": words.SOURCES, "currency": [words.CURRENCY],
        "marketing_event": codes("EVT", len(catalogue.events)),
    }  # fmt: skip
    return {name: pa.array(list(entries), pa.string()) for name, entries in values.items()}


def _coded(codes_: Column, values: pa.Array) -> pa.DictionaryArray:
    """Codes into values; negative codes are null."""
    indices = codes_.astype(np.int32, copy=False)
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), values, safe=False)


def event_id(number: int) -> str:
    """The id of the event of a number, counted from 0 over all that are written, repeated ones apart."""
    return f"E{number + 1:010d}"


def _event_ids(numbers: Ints) -> pa.Array:
    """E0000000001, E0000000002, …: one after the other in one buffer."""
    text = np.empty((len(numbers), 11), dtype=np.uint8)
    text[:, 0] = ord("E")
    text[:, 1:6] = _DIGITS[(numbers + 1) // 100_000]
    text[:, 6:] = _DIGITS[(numbers + 1) % 100_000]
    offsets = np.arange(0, 11 * len(numbers) + 1, 11, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def _decimals(cents: npt.NDArray[np.integer]) -> pa.Array:
    """Cents as decimals of four places; negative ones are null."""
    known = cents >= 0
    limbs = np.zeros((len(cents), 2), dtype=np.int64)
    limbs[:, 0] = np.where(known, cents * 100, 0)
    valid = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(cents), [valid, pa.py_buffer(limbs)])
