"""Looking up: what is loaded, values with counts, records, timelines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.errors import SpecError, nearest
from workbench.index.fields import EVERY_EVENT, Scope
from workbench.index.kernels import Ints
from workbench.index.matching import Matcher
from workbench.index.store import JourneyIndex
from workbench.model.containers import CONTAINERS, container_named
from workbench.model.data_version import DataVersion, from_microseconds
from workbench.model.parsing import parse_condition
from workbench.model.quoting import quote_name
from workbench.model.tables import INTERNAL_COLUMNS, PERSONAL

JOINED = {
    "account_name": ("accounts", "account_id", "name", "account_id"),
    "person_name": ("persons", "person_id", "name", "person_id"),
    "job_title": ("persons", "person_id", "job_title", "person_id"),
    "campaign_name": ("campaigns", "campaign_id", "name", "campaign_id"),
    "content_name": ("contents", "content_id", "name", "content_id"),
    "opportunity_name": ("opportunities", "opportunity_id", "name", "opportunity_id"),
}
"""Column of a timeline → table, key, field, column of `events`."""


def masked(person_id: str) -> str:
    """A short code that stands for a person: the same for the same id, and no way back to the name."""
    return f"Person {hashlib.sha256(person_id.encode()).hexdigest()[:6]}"


class Lookup:
    """What a workbench tells apart from answers to questions."""

    def __init__(self, index: JourneyIndex, cursor: Callable[[], Any]) -> None:
        self.index = index
        self._open_cursor = cursor

    @property
    def version(self) -> DataVersion:
        """What engines know of this data version."""
        raise NotImplementedError

    # --- what is loaded ------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        """Rows, dates, event types, coverage of containers, milestones."""
        version = self.version
        return {
            **self._loaded,
            "data_version": version.number,
            "data_from": from_microseconds(version.data_from),
            "horizon": from_microseconds(version.horizon),
            "memberships": sorted(version.memberships),
            "milestones": {
                name: {"condition": condition, "events": self.count_events(condition)}
                for name, condition in version.settings.milestones.items()
            },
        }

    @cached_property
    def _loaded(self) -> dict[str, Any]:
        cursor = self._open_cursor()
        tables = [
            name
            for (name,) in cursor.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        ]
        rows = {
            name: cursor.sql(f"SELECT count(*) FROM {quote_name(name)}").fetchall()[0][0]
            for name in sorted(tables)
        }
        types = cursor.sql(
            "SELECT event_type, count(*) AS events, min(occurred_at) AS first, max(occurred_at) AS last, "
            "count(DISTINCT account_id) AS accounts FROM events GROUP BY ALL ORDER BY events DESC, event_type"
        )
        containers, coverage = {}, {}
        for container in CONTAINERS:
            codes = self.index.column(container.id_column).codes
            stamped = codes[codes >= 0]
            seen = np.zeros(int(stamped.max(initial=-1)) + 1, dtype=np.bool_)
            seen[stamped] = True
            containers[container.name] = int(np.count_nonzero(seen))
            coverage[container.name] = len(stamped) / max(len(codes), 1)
        return {
            "rows": rows,
            "events": self.index.rows,
            "event_types": types.pl().to_dicts(),
            "containers": containers,
            "coverage": coverage,
        }

    def fields(self) -> tuple[str, ...]:
        """Every path a condition may name: columns of events, then record fields."""
        return self.version.fields()

    def values(self, path: str, limit: int = 200) -> pl.DataFrame:
        """Distinct values of a text or boolean field with their events, most first: `value, events`."""
        if self.version.field_type(path) not in ("text", "boolean"):
            raise SpecError(
                f"{path!r} is of type {self.version.field_type(path)}; values are listed of text", "field"
            )
        if self._masks("person") and self.version.is_personal(path):
            raise SpecError(f"{path!r} is personal data, which this workspace masks", "field")
        codes, values = self._coded(path)
        counts = np.bincount(codes + 1, minlength=len(values) + 1)[1:]
        frame = pl.DataFrame({"value": pl.Series(values.to_pylist()), "events": counts})
        return (
            frame.drop_nulls("value")
            .group_by("value")
            .agg(pl.col("events").sum())
            .filter(pl.col("events") > 0)
            .sort("events", "value", descending=[True, False])
            .head(limit)
        )

    def record_values(self, table: str, column: str, limit: int = 200) -> pl.DataFrame:
        """Distinct values of a text or boolean column of a table with their records, most first:
        `value, records`; SpecError where there is no such column, or it is masked."""
        columns = self.version.columns
        if table not in columns:
            raise SpecError(f"{table!r} is no table of this workspace; {nearest(table, columns)}", "table")
        if column not in columns[table]:
            raise SpecError(
                f"{column!r} is no column of {table}; {nearest(column, columns[table])}", "column"
            )
        if columns[table][column] not in ("text", "boolean"):
            raise SpecError(
                f"{column!r} is of type {columns[table][column]}; values are listed of text", "column"
            )
        if self._masks("person") and table == "persons" and column in PERSONAL:
            raise SpecError(f"{column!r} is personal data, which this workspace masks", "column")
        name = quote_name(column)
        counted = (
            f"SELECT {name} AS value, count(*) AS records FROM {quote_name(table)} WHERE {name} IS NOT NULL"
            f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $limit"
        )
        rows = self._open_cursor().execute(counted, {"limit": limit}).fetchall()
        return pl.DataFrame(rows, schema=["value", "records"], orient="row")

    def _coded(self, path: str) -> tuple[Ints, pa.Array]:
        """A code of each event, -1 for none, and the value of each code; codes may share a value."""
        if "." not in path and self.version.field_type(path) == "boolean":
            encoded = self.index.arrow(path).dictionary_encode()
            return np.asarray(encoded.indices.fill_null(-1)), encoded.dictionary
        column, values = self._matcher("account").values_of(path, Scope("account", "stamped"))
        return self.index.column(column).codes, values

    def count_events(self, condition: Any) -> int:
        """Number of events that match a condition, whoever they belong to."""
        matches = self._matcher("account").test(self.version.inline(parse_condition(condition)), EVERY_EVENT)
        return int(np.count_nonzero(matches))

    def _matcher(self, kind: str) -> Matcher:
        def behind(number: Any) -> Any:
            raise SpecError("members_of is not counted here", "condition")

        return Matcher(self.index, self.version, Scope(kind, self.version.history_of(kind)), behind)

    # --- containers ----------------------------------------------------------------------------

    def named(self, kind: str, ids: list[str]) -> pl.DataFrame:
        """`<kind>_id, name` of containers, in the order given; null where no record tells a name."""
        container = container_named(kind)
        frame = pl.DataFrame({container.id_column: pl.Series(ids, dtype=pl.String)})
        if self._masks(kind):
            return frame.with_columns(pl.Series("name", [masked(one) for one in ids], dtype=pl.String))
        if container.table is None or "name" not in self.version.columns.get(container.table, {}):
            return frame.with_columns(pl.lit(None, pl.String).alias("name"))
        names = self.index.record(container.table, container.record_key, "name", pa.array(ids, pa.string()))
        return frame.with_columns(pl.Series("name", names.to_pylist(), dtype=pl.String))

    def record(self, kind: str, record_id: str) -> dict[str, Any]:
        """The record of one container; empty where there is none."""
        container = container_named(kind)
        if container.table is None:
            return {}
        key = quote_name(container.record_key)
        query = f"SELECT * FROM {quote_name(container.table)} WHERE {key} = ? LIMIT 1"
        rows: list[dict[str, Any]] = self._open_cursor().sql(query, params=[record_id]).pl().to_dicts()
        if rows and self._masks(kind):
            rows[0].update({name: masked(record_id) for name in PERSONAL & rows[0].keys()})
        return rows[0] if rows else {}

    def timeline(self, kind: str, container_id: str) -> pl.DataFrame:
        """Every event of one container in order, with the names of what it refers to.

        All columns of `events`, and `account_name, person_name, job_title, role, campaign_name,
        content_name, opportunity_name`. Times are UTC. Empty for an id nobody has.
        """
        history = self.index.history(kind, self.version.history_of(kind))
        code = self.code_of(kind, container_id)
        positions = np.arange(history.starts[code], history.ends[code])
        rows = history.row_at(positions)
        frame = self._events_at(rows)
        for name, (table, key, field, column) in JOINED.items():
            if field in self.version.columns.get(table, {}):
                ids = pa.array(frame[column].to_list(), pa.string())
                values = self.index.record(table, key, field, ids).to_pylist()
                frame = frame.with_columns(pl.Series(name, values, dtype=pl.String))
            else:
                frame = frame.with_columns(pl.lit(None, pl.String).alias(name))
        if self._masks("person"):
            frame = frame.with_columns(self._persons(frame["person_id"].to_list()))
        return frame.join(self._roles, on="person_id", how="left", maintain_order="left")

    def happened(self, rows: pl.Series) -> pl.DataFrame:
        """`occurred_at, event_type, person_id, person` of events by row; null where the row is null."""
        known = rows.drop_nulls().unique().to_numpy()

        def column(name: str) -> list[str | None]:
            found = self.index.column(name)
            codes = found.codes.take(known).astype(np.int64)
            return list(found.values.take(pa.array(codes, mask=codes < 0)).to_pylist())

        persons = column("person_id")
        found = pl.DataFrame(
            {
                "row": pl.Series(known, dtype=pl.Int64),
                "occurred_at": pl.Series(self.index.time.take(known), dtype=pl.Int64).cast(pl.Datetime("us")),
                "event_type": pl.Series(column("event_type"), dtype=pl.String),
                "person_id": pl.Series(persons, dtype=pl.String),
                "person": self._persons(persons),
            }
        )
        return rows.to_frame("row").join(found, on="row", how="left", maintain_order="left").drop("row")

    def _persons(self, ids: list[str | None]) -> pl.Series:
        """Names of persons, codes where the workspace masks them; null without a person or a name."""
        if self._masks("person"):
            names = [None if one is None else masked(one) for one in ids]
        else:
            names = self.index.record("persons", "person_id", "name", pa.array(ids, pa.string())).to_pylist()
        return pl.Series("person_name", names, dtype=pl.String)

    def code_of(self, kind: str, container_id: str) -> int:
        """Code of a container in the index; an id nobody has is a SpecError."""
        column = self.index.column(container_named(kind).id_column)
        code = column.code_of(container_id)
        if code < 0:
            known = column.values[:50].to_pylist()
            raise SpecError(
                f"{container_id!r} is no {kind.replace('_', ' ')} here; {nearest(container_id, known)}", "id"
            )
        return code

    def _masks(self, kind: str) -> bool:
        """Whether this workspace shows persons by codes."""
        return kind == "person" and self.version.settings.mask_persons

    def _events_at(self, rows: Any) -> pl.DataFrame:
        """Rows of `events`, in the order given."""
        source = pl.scan_parquet(self.index.tables / "events.parquet").drop(sorted(INTERNAL_COLUMNS))
        if not len(rows):
            return source.head(0).collect()
        low, high = int(rows.min()), int(rows.max())
        near: pl.DataFrame = source.slice(low, high - low + 1).collect()
        chosen: pl.DataFrame = near[(rows - low).tolist()]
        return chosen

    @cached_property
    def _roles(self) -> pl.DataFrame:
        """`person_id, role`: the roles of each person in accounts and buying groups, joined."""
        query = (
            "SELECT person_id, string_agg(DISTINCT role, ', ' ORDER BY role) AS role FROM ("
            "SELECT person_id, role FROM account_persons UNION ALL "
            "SELECT person_id, role FROM buying_group_members"
            ") WHERE role IS NOT NULL GROUP BY person_id"
        )
        frame: pl.DataFrame = self._open_cursor().sql(query).pl()
        return frame.with_columns(pl.col("person_id").cast(pl.String), pl.col("role").cast(pl.String))

    def members_details(self, kind: str, ids: list[str], limit: int = 500) -> pl.DataFrame:
        """For a list of containers: `<kind>_id, name, owner, events, first_at, last_at, amount`.

        `amount` sums the container's opportunities; null where it has none. Times are UTC or null.
        """
        ids = ids[:limit]
        container = container_named(kind)
        history = self.index.history(kind, self.version.history_of(kind))
        column = self.index.column(container.id_column)
        codes = np.array([column.code_of(one) for one in ids], dtype=np.int64)
        starts, ends = np.zeros((2, len(codes)), dtype=np.int64)
        starts[codes >= 0] = history.starts.take(codes[codes >= 0])
        ends[codes >= 0] = history.ends.take(codes[codes >= 0])
        there = ends > starts
        times = {
            name: iter([from_microseconds(t) for t in history.time_at(positions[there])])
            for name, positions in (("first_at", starts), ("last_at", ends - 1))
        }
        frame = self.named(kind, ids).with_columns(
            self._owners(kind, ids),
            pl.Series("events", ends - starts),
            *[
                pl.Series(name, [next(found) if one else None for one in there], dtype=pl.Datetime("us"))
                for name, found in times.items()
            ],
        )
        return frame.join(self._amounts(kind, ids), on=container.id_column, how="left", maintain_order="left")

    def _owners(self, kind: str, ids: list[str]) -> pl.Series:
        container = container_named(kind)
        nobody = pl.Series("owner", [None] * len(ids), dtype=pl.String)
        if container.table is None or "owner_id" not in self.version.columns[container.table]:
            return nobody
        owners = self.index.record(
            container.table, container.record_key, "owner_id", pa.array(ids, pa.string())
        )
        return pl.Series(
            "owner", self.index.record("users", "user_id", "name", owners).to_pylist(), dtype=pl.String
        )

    def _amounts(self, kind: str, ids: list[str]) -> pl.DataFrame:
        key = f"{kind}_id"
        if kind == "global_account":
            source = "opportunities JOIN accounts USING (account_id)"
        elif kind in ("account", "opportunity"):
            source = "opportunities"
        elif kind == "buying_group":
            source = "buying_groups JOIN opportunities USING (opportunity_id)"
        else:
            return pl.DataFrame(
                {key: ids, "amount": [None] * len(ids)}, schema={key: pl.String, "amount": pl.Decimal(38, 4)}
            )
        query = f"SELECT {key}, sum(amount) AS amount FROM {source} WHERE {key} = ANY(?) GROUP BY {key}"
        amounts: pl.DataFrame = self._open_cursor().sql(query, params=[ids]).pl()
        return amounts
