"""The journey index as it is opened: arrays that are mapped when first touched."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import WorkspaceError
from workbench.index.columns import NO_AMOUNT, Column, encode, scaled_money
from workbench.index.history import History
from workbench.index.kernels import Int64s, Ints
from workbench.index.layout import Postings, event_runs, make_postings, stamped_history
from workbench.index.runs import Runs

T = TypeVar("T")

FORMAT = 1
"""Raised when the layout on disk changes; another format asks for a reload."""


class JourneyIndex:
    """Columns, histories and records of one generation.

    Opening reads one small file. Whatever is not on disk (rare containers, wide columns, records) is
    made from the tables when first asked and kept in memory; it is safe to share among threads.
    """

    def __init__(self, folder: Path, tables: Path) -> None:
        self.folder, self.tables = folder, tables
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.RLock()
        try:
            meta = json.loads((folder / "meta.json").read_text())
        except (OSError, ValueError):
            raise WorkspaceError(f"{folder}: holds no journey index: reload needed") from None
        if meta["format"] != FORMAT:
            raise WorkspaceError(
                f"the index has format {meta['format']}, this version reads {FORMAT}: reload needed"
            )
        self.rows: int = meta["rows"]
        self._without_values = frozenset(meta["without_values"])
        self.time: Int64s = np.load(folder / "occurred_at.npy", mmap_mode="r")

    def _keep(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            kept: T = self._kept[key]
            return kept

    # --- columns of events ---------------------------------------------------------------------

    def column(self, name: str) -> Column:
        """A text column of `events`."""
        return self._keep(("column", name), lambda: self._read_column(name))

    def _read_column(self, name: str) -> Column:
        codes, dictionary = (self.folder / "columns" / f"{name}.{kind}" for kind in ("npy", "arrow"))
        if not dictionary.exists():
            return Column(*encode(self.tables / "events.parquet", name))
        with pa.memory_map(str(dictionary)) as source:
            values = pa.ipc.open_file(source).read_all().column(0)
        empty = name in self._without_values
        found = np.broadcast_to(np.int8(-1), (self.rows,)) if empty else _mapped(codes)
        return Column(found, values.combine_chunks() if values.num_chunks != 1 else values.chunk(0))

    def numbers(self, name: str) -> Int64s:
        """An integer, time or boolean column of `events` by row; `NO_AMOUNT` for no value."""
        return self._keep(("numbers", name), lambda: _integers(self._read("events", name)))

    def arrow(self, name: str) -> pa.Array:
        """A column of `events` by row, as it stands in the table."""
        column = self._keep(("arrow", name), lambda: self._read("events", name))
        return column.combine_chunks()

    def money(self, name: str) -> Int64s:
        """A money column of `events` by row in ten-thousandths; `NO_AMOUNT` for no value."""
        path = self.folder / "columns" / f"{name}.npy"
        if path.exists():
            return self._keep(("money", name), lambda: _mapped(path))
        return self._keep(("money", name), lambda: scaled_money(self._read("events", name)))

    def _read(self, table: str, column: str) -> pa.ChunkedArray:
        return pq.read_table(self.tables / f"{table}.parquet", columns=[column]).column(0)

    # --- records -------------------------------------------------------------------------------

    def record(self, table: str, key: str, field: str, ids: pa.Array) -> pa.Array:
        """Field of the record of each id, null where there is none; the first record counts."""
        records = self._keep(
            ("records", table, key, field),
            lambda: pq.read_table(self.tables / f"{table}.parquet", columns=list({key, field})),
        )
        where = pc.index_in(ids, value_set=records.column(key).combine_chunks())
        return records.column(field).combine_chunks().take(where)

    def of_records(self, table: str, field: str) -> pa.Array:
        """A field of every record of a table."""
        column = self._keep(("of records", table, field), lambda: self._read(table, field))
        return column.combine_chunks()

    def roles(self, ids: pa.Array) -> pa.Array:
        """Roles of each person as one text, null without any: of buying groups, else of accounts."""
        roles = self._keep(("roles",), self._read_roles)
        where = pc.index_in(ids, value_set=roles["person_id"].to_arrow().cast(pa.string()))
        return roles["role"].to_arrow().cast(pa.string()).take(where)

    def _read_roles(self) -> pl.DataFrame:
        def told(table: str) -> pl.DataFrame:
            columns = pl.read_parquet(self.tables / f"{table}.parquet", columns=["person_id", "role"])
            each = columns.drop_nulls().unique().sort("role")
            return each.group_by("person_id").agg(pl.col("role").str.join(", "))

        groups = told("buying_group_members")
        return pl.concat([groups, told("account_persons").join(groups, on="person_id", how="anti")])

    # --- histories -----------------------------------------------------------------------------

    def history(self, kind: str, history_type: str = "stamped") -> History:
        """The histories of a container kind."""
        return self._keep(("history", kind, history_type), lambda: self._read_history(kind, history_type))

    def _folder(self, kind: str, history_type: str) -> Path:
        return self.folder / "histories" / f"{kind}.{history_type}"

    def _read_history(self, kind: str, history_type: str) -> History:
        folder = self._folder(kind, history_type)
        if kind == "event":
            everyone = np.broadcast_to(np.int32(0), (self.rows,))
            return History(kind, np.array([0, self.rows]), None, self.time, everyone)
        if not folder.exists():
            if history_type == "members":
                return self.history(kind)
            return stamped_history(self, kind)
        members = history_type == "members"
        return History(
            kind,
            _mapped(folder / "offsets.npy"),
            _mapped(folder / "rows.npy") if (folder / "rows.npy").exists() else None,
            self.time,
            None if members else self.column(f"{kind}_id").codes,
            own_container=_mapped(folder / "container.npy") if members else None,
            own_time=_mapped(folder / "time.npy") if members else None,
            fan_out=json.loads((folder / "meta.json").read_text())["fan_out"],
        )

    def postings(self, kind: str, history_type: str) -> Postings:
        """Positions of every event type in the histories of a kind."""
        return self._keep(("postings", kind, history_type), lambda: self._read_postings(kind, history_type))

    def _read_postings(self, kind: str, history_type: str) -> Postings:
        folder = self._folder(kind, history_type)
        if folder.exists():
            names = ("begin", "position", "container", "time", "bounds")
            files = [folder / f"postings_{name}.npy" for name in names]
            return Postings(*[_mapped(file) if file.exists() else None for file in files])  # type: ignore[arg-type]
        column = self.column("event_type")
        history = self.history(kind, history_type)
        return make_postings(history, self.codes_at(history, "event_type"), len(column.values))

    def runs(self, kind: str, history_type: str, dimension: str) -> Runs:
        """Runs of a text column in the histories of a kind."""
        return self._keep(
            ("runs", kind, history_type, dimension), lambda: self._read_runs(kind, history_type, dimension)
        )

    def _read_runs(self, kind: str, history_type: str, dimension: str) -> Runs:
        folder = self._folder(kind, history_type)
        if dimension == "event_type" and folder.exists():
            return Runs(*(_mapped(folder / f"runs_{name}.npy") for name in ("item", "first", "last")))
        history = self.history(kind, history_type)
        return event_runs(history, self.codes_at(history, dimension))

    def unstamped(self, kind: str) -> int:
        """Number of events that name no container of a kind."""
        return self._keep(
            ("unstamped", kind), lambda: int(np.count_nonzero(self.column(f"{kind}_id").codes < 0))
        )

    def codes_at(self, history: History, column: str) -> Ints:
        """Codes of a column of `events` by position."""
        codes = self.column(column).codes
        if history.rows is None:
            return codes[int(history.offsets[0]) : int(history.offsets[-1])]
        return codes.take(history.rows)


def _mapped(path: Path) -> Any:
    return np.asarray(np.load(path, mmap_mode="r"))


def _integers(array: pa.ChunkedArray) -> Int64s:
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("us"))
    numbers = pc.fill_null(array.cast(pa.int64()), NO_AMOUNT)
    return np.asarray(numbers.to_numpy(), dtype=np.int64)
