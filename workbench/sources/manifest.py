"""The manifest: how files become tables and events. `datasets/README.md` documents every name.

[[source]]
name = "leads"
files = "leads*.csv"
[source.tables.persons]
person_id = "lead_id"
[[source.events]]
event_type = { value = "MQL Qualified" }
occurred_at = "first_contact_date"
person_id = "lead_id"
"""

from __future__ import annotations

import codecs
import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbench.errors import SpecError, nearest
from workbench.model.base import Part
from workbench.model.conditions import TAG
from workbench.model.parsing import parse_condition
from workbench.model.resolving import Resolve
from workbench.model.tables import DERIVED_EVENT_COLUMNS, TABLES

Mode = Literal["append", "upsert", "snapshot"]
Format = Literal["csv", "tsv", "jsonl", "parquet", "xlsx"]
Precision = Literal["exact", "day"]
DayPosition = Literal["start", "end"]

ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
"""File ending (without `.gz`) → format."""


def _fail(text: str) -> PydanticCustomError:
    return PydanticCustomError("manifest", "{text}", {"text": text})


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise _fail(f"{name!r} is no time zone; {nearest(name, available_timezones())}")
    return name


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise _fail(f"{name!r} is no encoding; try 'utf-8', 'cp1252' or 'utf-16'") from None


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _known_table(table: str) -> str:
    if table not in TABLES:
        raise _fail(f"{table!r} is no table; {nearest(table, TABLES)}")
    return table


Zone = Annotated[str, AfterValidator(_zone)]
KnownTable = Annotated[str, AfterValidator(_known_table)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One text or a list of texts."""
Moment = datetime | date
"""A day or a local time."""


class Constant(Part):
    """The same text in every row."""

    value: str | int | float | bool


class Lookup(Part):
    """The value another table has for a key: `{ lookup = "persons.account_id", key = "contact_id" }`."""

    lookup: str
    """`table.column` to fetch."""
    key: str
    """SQL expression over the source's columns: the key to look for."""
    by: str = ""
    """Column of that table to compare with the key; default: its id."""
    otherwise: str = "NULL"
    """SQL expression used where the key is unknown or ambiguous."""

    @model_validator(mode="after")
    def _known(self) -> Lookup:
        table, _, column = self.lookup.partition(".")
        if table not in TABLES or table == "events":
            raise _fail(f"{table!r} is no table to look up; {nearest(table, set(TABLES) - {'events'})}")
        if not column:
            raise _fail(f"{self.lookup!r} names no column; write 'table.column'")
        return self

    @property
    def table(self) -> str:
        """Table to look in."""
        return self.lookup.partition(".")[0]

    @property
    def column(self) -> str:
        """Column to fetch."""
        return self.lookup.partition(".")[2]

    @property
    def by_column(self) -> str:
        """Column compared with the key."""
        return self.by or TABLES[self.table].key[0]


def _form(value: Any) -> str | None:
    """Which form an expression has; None where it has none."""
    if isinstance(value, str):
        return f"{TAG}sql"
    if isinstance(value, Constant) or (isinstance(value, dict) and "value" in value):
        return f"{TAG}constant"
    if isinstance(value, Lookup | dict):
        return f"{TAG}lookup"
    return None


Expression = Annotated[
    Annotated[str, Tag(f"{TAG}sql")]
    | Annotated[Constant, Tag(f"{TAG}constant")]
    | Annotated[Lookup, Tag(f"{TAG}lookup")],
    Discriminator(_form),
]
"""How a column is filled: SQL over the source's columns, a constant, or a look-up."""

_OPTIONS = ("where", "keep_columns", "time_zone", "precision", "day_position", "missing_time")


class Target(Part):
    """One canonical table (or stream of events) that a source fills, one row per source row."""

    table: KnownTable
    columns: dict[str, Expression] = Field(default={})
    where: str = ""
    """SQL condition: only these source rows count."""
    keep_columns: bool = False
    """Also keep every column of the file that is not mapped, under its own name."""
    time_zone: Zone | None = None
    precision: Precision | None = None
    day_position: DayPosition | None = None
    missing_time: Literal["reject", "skip"] | None = None
    """What an event without a time is: a rejected row, or one that has not happened yet."""

    @model_validator(mode="after")
    def _has_keys(self) -> Target:
        definition = TABLES[self.table]
        needed = ("occurred_at", "event_type") if self.table == "events" else definition.key[:1]
        for column in needed if not self.keep_columns else ():
            if column not in self.columns:
                raise _fail(f"{self.table}: {column!r} is not mapped; {nearest(column, self.columns)}")
        if self.table == "events":
            for column in needed:
                if isinstance(self.columns.get(column), Lookup):
                    raise _fail(f"events: {column!r} comes from the row itself and cannot be looked up")
        for column in self.reserved & set(self.columns):
            raise _fail(f"{self.table}: {column!r} is made while loading and cannot be mapped")
        return self

    @property
    def reserved(self) -> set[str]:
        """Columns that loading makes itself; files that have them were exported by a workspace."""
        return {*DERIVED_EVENT_COLUMNS} if self.table == "events" else {"global_account_id", "row"}

    def lookups(self) -> dict[str, Lookup]:
        """Columns that are looked up."""
        return {name: value for name, value in self.columns.items() if isinstance(value, Lookup)}


class Change(Part):
    """A field whose changes between snapshots become dated events."""

    table: str
    column: str
    event_type: str

    @field_validator("table")
    @classmethod
    def _known_table(cls, table: str) -> str:
        if table not in TABLES or not TABLES[table].key or table == "events":
            raise _fail(f"{table!r} is no table of records; {nearest(table, set(TABLES) - {'events'})}")
        return table


class Source(Part):
    """Files of one kind and what becomes of them."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
    files: Texts = Field(min_length=1)
    """Patterns below the data folder, such as `exports/leads*.csv`."""
    optional: bool = False
    """Whether no matching file is fine."""
    format: Format | None = None
    """Default: by the ending of the file's name."""
    delimiter: str | None = None
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()
    """Names of the columns of files without a header."""
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    skip_rows: Annotated[int, Field(ge=0)] = 0
    """Lines before the header or the first row."""
    ragged: Literal["pad", "reject"] = "pad"
    """Rows with too few fields: fill with nulls (counted as repaired), or reject."""
    nulls: Texts = ()
    """Texts that mean no value, beside the empty one."""
    sheet: str | None = None
    """Sheet of a workbook; default: the first."""
    mode: Mode = "append"
    key: Texts = ()
    """SQL expressions that identify a source row; needed for upsert and snapshot."""
    snapshot_at: str = ""
    """SQL expression over `_file` and the columns: the moment of a snapshot. Default: when the file was
    changed."""
    time_zone: Zone | None = None
    time_formats: Texts = ()
    precision: Precision = "exact"
    day_position: DayPosition = "start"
    data_until: Moment | None = None
    where: str = ""
    table: str = ""
    """For files whose columns carry the canonical names already: the table they are."""
    targets: tuple[Target, ...] = ()
    changes: tuple[Change, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _gather_targets(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "targets" in data:
            return data
        data = dict(data)
        targets = [{"table": data["table"], "keep_columns": True}] if data.get("table") else []
        tables = data.pop("tables", {})
        if not isinstance(tables, dict):
            raise _fail("tables: write one section per table, such as [source.tables.accounts]")
        for table, entries in tables.items():
            targets += [
                _target(table, entry) for entry in (entries if isinstance(entries, list) else [entries])
            ]
        events = data.pop("events", [])
        targets += [_target("events", entry) for entry in (events if isinstance(events, list) else [events])]
        return {**data, "targets": targets}

    @model_validator(mode="after")
    def _consistent(self) -> Source:
        if not self.targets:
            raise _fail('fills nothing; add table = "…", a [source.tables.…] or a [[source.events]] section')
        if self.mode != "append" and not self.key:
            raise _fail(f"mode {self.mode!r} needs a key")
        if self.changes and self.mode != "snapshot":
            raise _fail('changes need mode = "snapshot"')
        if not self.header and not self.columns and self.format not in ("jsonl", "parquet"):
            raise _fail("files without a header need the names of their columns")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise _fail(f"delimiter {self.delimiter!r} is not one character")
        return self

    def fingerprint(self) -> str:
        """Text that changes when the mapping does: rows staged under another one are staged anew."""
        content = self.model_dump_json(exclude={"files", "optional", "data_until", "changes", "mode"})
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def gathered(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets of a source, from `table`, `tables` and `events`."""
    targets = [{"table": data["table"], "keep_columns": True}] if data.get("table") else []
    tables, events = data.get("tables", {}), data.get("events", [])
    if not isinstance(tables, dict):
        raise _fail("tables: write one section per table, such as [source.tables.accounts]")
    for table, entries in tables.items():
        targets += [_target(table, entry) for entry in (entries if isinstance(entries, list) else [entries])]
    return targets + [
        _target("events", entry) for entry in (events if isinstance(events, list) else [events])
    ]


def _target(table: str, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _fail(f"{table}: write a section with one line per column")
    columns = {name: value for name, value in entry.items() if name not in _OPTIONS}
    return {"table": table, "columns": columns, **{n: v for n, v in entry.items() if n in _OPTIONS}}


class Control(Part):
    """A total known from elsewhere, compared with the loaded data."""

    name: str
    table: KnownTable
    metric: str
    """SQL aggregate over the table: `count(*)`, `sum(amount)`."""
    where: str = ""
    time: str = ""
    """Time column that `from` and `to` limit."""
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    """First and last local day of the period."""
    expected: int | float | str
    tolerance: Annotated[float, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _period_has_time(self) -> Control:
        if (self.from_ or self.to) and not self.time:
            raise _fail("a period needs 'time', the column it limits")
        return self


class Manifest(Part):
    """A whole manifest."""

    name: str = ""
    time_zone: Zone | None = None
    """Zone of naive times in the files, unless a source names another; default UTC."""
    event_order: tuple[str, ...] = ()
    actors: dict[str, Literal["buyer", "seller", "system"]] = Field(default={})
    """Event type → who acts, where the row itself does not say."""
    data_until: Moment | None = None
    workspace: dict[str, Any] = Field(default={})
    """Settings for `workspace.toml` when it is first written."""
    milestones: dict[str, Any] = Field(default={})
    resolve: Resolve | None = None
    """How events find their account; default: along the ids of records, in the order of `Resolve.rules`."""
    sources: tuple[Source, ...] = Field(alias="source", min_length=1)
    controls: tuple[Control, ...] = Field(alias="control", default=())

    @model_validator(mode="after")
    def _names_once(self) -> Manifest:
        names = [source.name for source in self.sources]
        for name in names:
            if names.count(name) > 1:
                raise _fail(f"two sources are called {name!r}")
        for name, condition in self.milestones.items():
            try:
                parse_condition(condition, f"milestones.{name}")
            except SpecError as problem:
                raise _fail(str(problem)) from None
        return self

    @model_validator(mode="after")
    def _provisional_is_free(self) -> Manifest:
        if self.resolve is None or self.resolve.provisional == "none":
            return self
        for source in self.sources:
            for target in source.targets:
                if target.table == "accounts" and "provisional" in target.columns:
                    raise _fail(
                        f"source {source.name!r}: accounts: 'provisional' is made while loading, because of"
                        f" resolve.provisional = {self.resolve.provisional!r}, and cannot be mapped"
                    )
        return self

    def settings(self) -> dict[str, Any]:
        """Defaults for the settings of the workspace, as the manifest gives them."""
        own: dict[str, Any] = dict(self.workspace)
        if self.name:
            own.setdefault("name", self.name)
        if self.event_order:
            own.setdefault("event_order", list(self.event_order))
        if self.milestones:
            own.setdefault("milestones", self.milestones)
        return own
