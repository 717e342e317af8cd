"""One target of one file as SQL: source columns mapped, typed, and judged."""

from __future__ import annotations

import duckdb

from workbench.errors import SourceError
from workbench.model.database import scalar
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES
from workbench.sources import casting
from workbench.sources.expressions import check_expression, explain, named_column
from workbench.sources.manifest import Constant, Expression, Lookup, Target
from workbench.sources.parts import PARQUET, Findings, Job
from workbench.sources.readers import Raw

SAMPLES = 5
_A = {
    "text": "an exact id (it went through a float)",
    "integer": "a whole number",
    "number": "a number",
    "money": "an amount",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time",
}
"""What a value that does not fit is not."""


class Mapping:
    """One target of one file as SQL: mapped, typed, and judged."""

    def __init__(self, job: Job, raw: Raw, target: Target) -> None:
        self.job, self.raw, self.target = job, raw, target
        source = job.source
        self.zone = target.time_zone or source.time_zone or job.manifest.time_zone or "UTC"
        self.by_day = (target.precision or source.precision) == "day"
        self.at_end = (target.day_position or source.day_position) == "end"
        self.definition = TABLES[target.table]
        self.columns: dict[str, Expression] = dict(target.columns)
        if target.keep_columns:
            taken = {
                str(value).strip('"').lower() for value in target.columns.values() if isinstance(value, str)
            }
            taken |= {name.lower() for name in target.columns} | target.reserved
            self.columns |= {name: quote_name(name) for name in raw.columns if name.lower() not in taken}
        if target.table == "events" and job.manifest.actors:
            self.columns.setdefault("actor", "NULL::VARCHAR")
        self.lookups = {name: value for name, value in self.columns.items() if isinstance(value, Lookup)}
        self.found: dict[str, str] = {}

    @property
    def label(self) -> str:
        """The target in words, for the audit."""
        kind = self.columns.get("event_type")
        named = kind.value if isinstance(kind, Constant) else kind if isinstance(kind, str) else ""
        return f"{self.target.table} {named}".strip() if self.target.table == "events" else self.target.table

    @property
    def stored(self) -> list[str]:
        """Columns of the staged file."""
        return [*self.columns, *(f"_key_{name}" for name in self.lookups)]

    @property
    def fallible(self) -> list[str]:
        """Columns in which a value may fail to become its canonical type."""
        return [
            name
            for name, found in self.found.items()
            if (kind := self.definition.columns.get(name)) is not None and casting.fallible(kind, found)
        ]

    @property
    def _clock_changes(self) -> bool:
        """Whether local times of the events may meet a clock change."""
        timed = self.target.table == "events" and "occurred_at" in self.found and not self.by_day
        return timed and self.zone != "UTC" and bool(casting.transitions(self.zone))

    def _expression(self, value: Expression) -> str:
        if isinstance(value, Constant):
            return quote_literal(value.value)
        sql = value.otherwise if isinstance(value, Lookup) else value
        return f"(\n{named_column(sql, self.raw.columns)}\n)"

    def mapped(self, rows: str) -> str:
        """The source rows with the target's columns, untyped."""
        place = f"{self.job.place}: {self.target.table}"
        for name, value in self.columns.items():
            for sql in (value.otherwise, value.key) if isinstance(value, Lookup) else (value,):
                if isinstance(sql, str):
                    sql = named_column(sql, self.raw.columns)
                    check_expression(self.job.connection, sql, f"{place}.{name}")
        items = [f"{self._expression(value)} AS {quote_name(name)}" for name, value in self.columns.items()]
        items += [
            f"(\n{named_column(look.key, self.raw.columns)}\n)::VARCHAR AS {quote_name('_key_' + name)}"
            for name, look in self.lookups.items()
        ]
        where = ""
        if self.target.where:
            check_expression(self.job.connection, self.target.where, f"{place}: where")
            where = f" WHERE (\n{self.target.where}\n)"
        return f"SELECT {', '.join(items)}, _row FROM ({rows}){where}"

    def types(self, rows: str) -> dict[str, str]:
        """Mapped column → SQL type; SourceError names the column that cannot be mapped."""
        try:
            described = self.job.connection.execute(f"DESCRIBE {self.mapped(rows)}").fetchall()
        except duckdb.Error as problem:
            raise self._blame(rows, problem) from None
        self.found = {str(name): str(kind) for name, kind, *_ in described if name in self.columns}
        return self.found

    def _blame(self, rows: str, problem: duckdb.Error) -> SourceError:
        place = f"{self.job.place}: {self.target.table}"
        for name, value in self.columns.items():
            try:
                self.job.connection.execute(
                    f"DESCRIBE SELECT {self._expression(value)} FROM ({rows})"
                ).fetchall()
            except duckdb.Error as cause:
                return explain(cause, f"{place}.{name}", list(self.raw.columns))
        return explain(problem, place, list(self.raw.columns))

    def typed(self, rows: str, found: dict[str, str]) -> str:
        """The mapped rows in canonical types, with the untyped value of every fallible column beside it."""
        items = []
        for name, kind_found in found.items():
            kind = self.definition.columns.get(name)
            sql = quote_name(name)
            if kind is None:
                sql = casting.extra(sql, kind_found, self.zone)
            elif kind == "time":
                sql = self._time(sql, kind_found)
            else:
                sql = casting.cast(kind, sql, kind_found)
            if name == "actor":
                sql = self._actor(sql)
            items.append(f"{sql} AS {quote_name(name)}")
        items += [f"{quote_name(name)}::VARCHAR AS {quote_name('_raw_' + name)}" for name in self.fallible]
        items += [quote_name(f"_key_{name}") for name in self.lookups]
        if self._clock_changes:
            wall = casting.wall(quote_name("occurred_at"), found["occurred_at"], self.job.source.time_formats)
            items.append(f"{wall} AS _wall")
        return f"SELECT {', '.join(items)}, _row FROM ({self.mapped(rows)})"

    def _time(self, name: str, found: str) -> str:
        formats = self.job.source.time_formats
        if not self.by_day:
            return casting.cast("time", name, found, formats=formats, zone=self.zone)
        local = casting.cast("time", name, found, formats=formats, zone="UTC")
        last = " + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND" if self.at_end else ""
        return casting.to_utc(f"(date_trunc('day', {local}){last})", self.zone)

    def _actor(self, given: str) -> str:
        cases = " ".join(
            f"WHEN {quote_literal(kind)} THEN {quote_literal(actor)}"
            for kind, actor in self.job.manifest.actors.items()
        )
        return f"coalesce({given}, CASE {quote_name('event_type')} {cases} END)" if cases else given

    def _required(self) -> tuple[str, ...]:
        if self.target.table == "events":
            return ("occurred_at", "event_type")
        key = self.definition.key or tuple(self.definition.references)[:1]
        return tuple(
            c for c in key if (c == key[0] or c in self.definition.references) and c not in self.lookups
        )

    def refused(self) -> str:
        """SQL condition: rows that cannot be kept."""
        present = [column for column in self._required() if column in self.columns]
        return " OR ".join(f"{quote_name(column)} IS NULL" for column in present) or "false"

    def skipped(self) -> str:
        """SQL condition: events that have not happened yet, because the record has no such date."""
        has_records = any(target.table != "events" for target in self.job.source.targets)
        policy = self.target.missing_time or ("skip" if has_records else "reject")
        if self.target.table != "events" or policy == "reject":
            return "false"
        given = "_raw_occurred_at" if "occurred_at" in self.fallible else "occurred_at"
        return f"{quote_name(given)} IS NULL"

    def note_cells(self, typed: str, good: str, findings: Findings, number: int) -> None:
        """Values that became null in rows that are kept, and local times the clock change moved."""
        for name in self.fallible:
            raw = quote_name(f"_raw_{name}")
            lost = f"{raw} IS NOT NULL AND {quote_name(name)} IS NULL AND {good}"
            count = int(scalar(self.job.connection, f"SELECT count(*) FROM {typed} WHERE {lost}"))
            if count:
                reason = f"{name}: not {_A[self.definition.columns[name]]}"
                findings.repaired[reason] = findings.repaired.get(reason, 0) + count
                self._keep(typed, lost, name, reason, findings, f"repaired-{number}-{name}")
        self._note_clock_changes(typed, findings)

    def _note_clock_changes(self, typed: str, findings: Findings) -> None:
        """Stored instants whose local time existed twice, or was moved out of a gap."""
        if not self._clock_changes:
            return
        shifted = casting.is_clock_change("_wall", self.zone)
        count = int(scalar(self.job.connection, f"SELECT count(*) FROM {typed} WHERE {shifted}"))
        if count:
            reason = "occurred_at: local time ambiguous or non-existent at a clock change"
            findings.repaired[reason] = findings.repaired.get(reason, 0) + count

    def note_rejected(self, typed: str, bad: str, rows: str, findings: Findings, number: int) -> None:
        """Count rejected rows by reason and keep them whole."""
        for column in self._required():
            if column not in self.columns:
                continue
            empty = f"{quote_name(column)} IS NULL AND ({bad})"
            raw = quote_name(f"_raw_{column}") if column in self.fallible else "NULL"
            for condition, reason in (
                (f"{empty} AND {raw} IS NOT NULL", f"{column}: not {_A[self.definition.columns[column]]}"),
                (f"{empty} AND {raw} IS NULL", f"no {column}"),
            ):
                count = int(scalar(self.job.connection, f"SELECT count(*) FROM {typed} WHERE {condition}"))
                if count:
                    findings.rejected[reason] = findings.rejected.get(reason, 0) + count
                    name = f"rejected-{number}-{column}-{'bad' if 'not' in reason else 'none'}"
                    self._keep(typed, condition, column, reason, findings, name, rows)

    def _keep(
        self,
        typed: str,
        condition: str,
        column: str,
        reason: str,
        findings: Findings,
        name: str,
        rows: str = "",
    ) -> None:
        """Write the rows (or cells) to a file of the part, and a few of them to the samples."""
        job = self.job
        raw = quote_name(f"_raw_{column}") if column in self.fallible else "NULL::VARCHAR"
        content = "NULL::VARCHAR"
        join = ""
        if rows:
            listed = ", ".join(f"{quote_name(c)} := r.{quote_name(c)}" for c in self.raw.columns)
            content = f"to_json(struct_pack({listed}))::VARCHAR"
            join = f" JOIN ({rows}) r ON r._row = t._row"
        job.connection.execute(
            f"COPY (SELECT {quote_literal(job.source.name)} AS source, {quote_literal(job.file.name)} AS"
            " file, "
            f"t._row + 1 AS line, {quote_literal(self.label)} AS target, {quote_literal(reason)} AS reason, "
            f'{quote_literal(column)} AS "column", t.{raw if raw[0] == chr(34) else quote_name("_none")} AS'
            f" value, {content} AS content "
            f"FROM (SELECT *, NULL::VARCHAR AS _none FROM {typed} WHERE {condition}) t{join} ORDER BY"
            " t._row) "
            f"TO {quote_literal(str(job.folder / (name + '.parquet')))} {PARQUET}"
        )
        if len(findings.samples) < 4 * SAMPLES:
            samples = job.connection.execute(
                f"SELECT _row + 1, {raw} FROM {typed} WHERE {condition} ORDER BY _row LIMIT {SAMPLES}"
            ).fetchall()
            findings.samples += [
                {"file": job.file.name, "row": row, "column": column, "value": value, "reason": reason}
                for row, value in samples
            ]
