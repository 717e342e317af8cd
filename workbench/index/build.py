"""Building the journey index of a generation: sort once at load, never at question time.

Reads the assembled tables, writes memory-mappable arrays:

    meta.json                         format, rows, and the settings that shaped the histories
    occurred_at.npy                   microseconds by row
    columns/NAME.npy + NAME.arrow     code by row (-1: no value), and the values behind the codes
    columns/amount.npy                money in ten-thousandths, by row
    histories/KIND.TYPE/              offsets, rows, postings and runs of event types
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from workbench.index.columns import KEYS, encode, in_file_order, read_integers, read_money, with_records
from workbench.index.kernels import Ints
from workbench.index.layout import event_runs, make_postings, members_history, stamped_history
from workbench.index.store import FORMAT, JourneyIndex
from workbench.model.containers import CONTAINERS, container_named
from workbench.model.data_version import DataVersion
from workbench.model.loading import Report, step_teller
from workbench.model.tables import INTERNAL_COLUMNS

MOST_ITEMS = 65_536
"""Text columns with more distinct values are read from the tables when asked."""
LATER = ("global_account", "session")
"""Containers whose histories are laid out at the first question that asks for them."""


def build(tables: Path, out: Path, version: DataVersion, report: Report | None = None) -> None:
    """Write the index of the generation whose Parquet tables stand in `tables` into `out`."""
    tell = step_teller(report)
    for folder in ("columns", "histories"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    events, empty = tables / "events.parquet", set()
    time = read_integers(events, "occurred_at")
    np.save(out / "occurred_at.npy", time)
    np.save(out / "columns" / "amount.npy", read_money(events, "amount"))
    for column, kind in version.columns["events"].items():
        if kind == "text" and column != "event_id" and column not in INTERNAL_COLUMNS:
            tell(f"indexing {column}")
            if not _write_column(tables, out, column):
                empty.add(column)
    meta = {"format": FORMAT, "rows": len(time), "without_values": sorted(empty)}
    (out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
    for container in CONTAINERS:
        if container.name not in LATER:
            tell(f"laying out {container.plural.replace('_', ' ')}")
            _write_history(JourneyIndex(out, tables), container.name, "stamped", version)
    for name in sorted(version.memberships):
        tell(f"laying out members of {container_named(name).plural.replace('_', ' ')}")
        _write_history(JourneyIndex(out, tables), name, "members", version)


def _write_column(tables: Path, out: Path, column: str) -> bool:
    """Write codes and values of a text column; False where it has no value, so that no codes are written."""
    codes, values = encode(tables / "events.parquet", column)
    if column == "account_id":
        codes, values = in_file_order(codes, values)
    if column in KEYS:
        values = with_records(values, tables, column)
        codes = codes.astype(np.int32, copy=False)
    elif len(values) > MOST_ITEMS:
        return True
    filled = bool((codes >= 0).any())
    if filled:
        np.save(out / "columns" / f"{column}.npy", codes)
    table = pa.table({"value": values})
    target = out / "columns" / f"{column}.arrow"
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return filled


def _write_history(index: JourneyIndex, kind: str, history_type: str, version: DataVersion) -> None:
    """Offsets, rows, and the postings and runs of event types; nothing for a kind without events."""
    stamped = history_type == "stamped"
    history = stamped_history(index, kind) if stamped else members_history(index, kind, version)
    folder = index.folder / "histories" / f"{kind}.{history_type}"
    folder.mkdir()
    event_type = index.column("event_type")
    codes = event_type.codes.take(history.row_at(np.arange(history.size, dtype=np.int64)))
    runs = event_runs(history, codes)
    postings = make_postings(history, codes, len(event_type.values))
    arrays: dict[str, Ints | None] = {
        "offsets": history.offsets,
        "rows": history.rows,
        "container": history.own_container,
        "time": history.own_time,
        "runs_item": runs.item,
        "runs_first": runs.first,
        "runs_last": runs.last,
        "postings_begin": postings.begin,
        "postings_position": postings.position,
        "postings_container": postings.container,
        "postings_time": postings.time,
        "postings_bounds": postings.bounds,
    }
    for name, array in arrays.items():
        if array is not None:
            np.save(folder / f"{name}.npy", array)
    (folder / "meta.json").write_text(json.dumps({"fan_out": history.fan_out}) + "\n")
