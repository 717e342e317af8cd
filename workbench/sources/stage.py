"""From a data folder to staged rows: new files are read, known ones kept, and all is put together."""

from __future__ import annotations

import datetime
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from workbench.errors import SourceError
from workbench.model.data_version import to_microseconds
from workbench.model.database import lock, open_database, write_memory_limit
from workbench.model.loading import Report, Staged, StagedPart, steady, step_teller
from workbench.model.quoting import quote_literal
from workbench.model.tables import TABLES
from workbench.sources.expressions import HELPERS, check_expression, explain
from workbench.sources.files import InputFile, find_files
from workbench.sources.manifest import Manifest, Source
from workbench.sources.parts import Job, Part
from workbench.sources.plan import Plan, fingerprint, plan_source
from workbench.sources.resolve import changes, keep_winners, look_up, retired, winners
from workbench.sources.staging import stage_file


@dataclass(frozen=True)
class Previous:
    """What an earlier load left: its `Staged.state`, and the folder its parts are in."""

    state: dict[str, Any]
    folder: Path


def stage(
    manifest: Manifest,
    data: Path,
    out: Path,
    scratch: Path,
    *,
    previous: Previous | None = None,
    again: bool = False,
    report: Report | None = None,
) -> Staged | None:
    """Stage the files of a manifest.

    Parts are written below `out` (kept with the generation) and `scratch` (needed until the tables are
    assembled). Expressions of the manifest run on a connection that reaches only `data`, `out` and `scratch`.
    Returns None when nothing changed since `previous`, unless `again` asks for the tables all the same.
    Raises SourceError naming source, file, and column.
    """
    with steady(report) as told:
        return _stage(_Loading(manifest, data, out, scratch, previous, told), again)


def _stage(loading: _Loading, again: bool) -> Staged | None:
    manifest, data, previous = loading.manifest, loading.data, loading.previous
    found = {source.name: find_files(source, data) for source in manifest.sources}
    plans = {source.name: loading.plan(source, found[source.name]) for source in manifest.sources}
    absent = {"resolve"} if manifest.resolve is None else None
    state: dict[str, Any] = {"manifest": manifest.model_dump_json(exclude=absent), "parts": {}}
    unchanged = previous is not None and previous.state.get("manifest") == state["manifest"]
    if unchanged and not again and not any(plan.new for plan in plans.values()):
        return None
    connection = loading.connect()
    try:
        return loading.run(connection, plans, state)
    finally:
        connection.close()


class _Loading:
    def __init__(
        self,
        manifest: Manifest,
        data: Path,
        out: Path,
        scratch: Path,
        previous: Previous | None,
        report: Report | None,
    ) -> None:
        self.manifest, self.data, self.out, self.scratch = manifest, data, out, scratch
        self.previous, self.report = previous, report
        self.sequence = 1 + int(previous.state.get("sequence", 0)) if previous else 1
        out.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The connection on which outside SQL runs: it reaches the data, and the folders of this load."""
        connection = open_database(self.scratch / "spill", write_memory_limit())
        for helper in HELPERS:
            connection.execute(helper)
        lock(connection, [self.data, self.out, self.scratch])
        return connection

    def plan(self, source: Source, files: tuple[InputFile, ...]) -> Plan:
        """What to read of a source, and what stays of earlier loads."""
        known = self.previous.state["parts"].get(source.name, []) if self.previous else []
        return plan_source(
            self.manifest, source, files, [Part.from_json(part) for part in known], self.report
        )

    def run(
        self, connection: duckdb.DuckDBPyConnection, plans: dict[str, Plan], state: dict[str, Any]
    ) -> Staged:
        """Read what is new, keep what is known, and put the parts together."""
        parts: dict[str, list[Part]] = {}
        for source in self.manifest.sources:
            plan = plans[source.name]
            for part in plan.kept:
                self._carry(part)
            read = [
                self._read(connection, source, file, whole, n) for n, (file, whole) in enumerate(plan.new)
            ]
            every = plan.kept + read
            by_name = source.mode != "upsert"
            parts[source.name] = sorted(
                every,
                key=lambda p: (p.file, p.sequence) if by_name else (p.sequence, p.file),
            )
        audit = {
            source.name: self._audit(plans[source.name], parts[source.name])
            for source in self.manifest.sources
        }
        staged = self._together(connection, parts, audit)
        state["parts"] = {name: [part.to_json() for part in listed] for name, listed in parts.items()}
        state["sequence"] = self.sequence
        rejected = [
            path
            for listed in parts.values()
            for part in listed
            for path in sorted((self.out / part.folder).glob("re[jp][ea]*.parquet"))
        ]
        return Staged(
            parts=tuple(staged),
            audit=audit,
            data_until=self._data_until(),
            rejected=tuple(rejected),
            state=state,
            resolve=self.manifest.resolve,
            controls=tuple(
                control.model_dump(mode="json", by_alias=True) for control in self.manifest.controls
            ),
        )

    def _carry(self, part: Part) -> None:
        """The part of an earlier load, under this load's folder."""
        if self.previous is None:
            raise SourceError(f"{part.file}: its rows of an earlier load are missing")
        target = self.out / part.folder
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted((self.previous.folder / part.folder).iterdir()):
            try:
                os.link(path, target / path.name)
            except OSError:
                shutil.copyfile(path, target / path.name)

    def _read(
        self, connection: duckdb.DuckDBPyConnection, source: Source, file: InputFile, whole: str, number: int
    ) -> Part:
        step_teller(self.report)(f"reading {file.name}")
        folder = f"{source.name}/{self.sequence:06d}-{number:05d}"
        scratch = self.scratch / "file"
        job = Job(connection, self.manifest, source, file, self.out / folder, scratch, self.report)
        targets, findings, span = stage_file(job)
        part = Part(
            source=source.name,
            file=file.name,
            hash=whole,
            size=file.size,
            mapping=fingerprint(source, self.manifest),
            sequence=self.sequence,
            span=span,
            folder=folder,
            targets=tuple(targets),
            findings=asdict(findings),
            snapshot_at=self._snapshot_at(connection, source, file) if source.mode == "snapshot" else None,
        )
        shutil.rmtree(scratch, ignore_errors=True)
        return part

    def _snapshot_at(self, connection: duckdb.DuckDBPyConnection, source: Source, file: InputFile) -> int:
        if not source.snapshot_at:
            return int(file.modified * 1_000_000)
        place = f"source {source.name!r}: {file.name}: snapshot_at"
        check_expression(connection, source.snapshot_at, place)
        try:
            value = connection.execute(
                f"SELECT epoch_us(try_cast((\n{source.snapshot_at}\n)::VARCHAR AS TIMESTAMP)) "
                f"FROM (SELECT {quote_literal(file.name)} AS _file)"
            ).fetchall()[0][0]
        except duckdb.Error as problem:
            raise explain(problem, place, ["_file"]) from None
        if value is None:
            raise SourceError(f"{place}: gives no time for this file")
        return int(value)

    def _audit(self, plan: Plan, parts: list[Part]) -> dict[str, Any]:
        """What became of the rows of a source, over all its files."""
        total: dict[str, Any] = {"files": [], "read": 0, "left_out_by_where": 0}
        total |= {
            "kept": {},
            "not_yet": {},
            "repaired": {},
            "rejected": {},
            "samples": [],
            "notes": plan.notes,
        }
        for part in parts:
            found = part.findings
            total["files"].append({"file": part.file, "rows": found["read"], "load": part.sequence})
            total["read"] += found["read"]
            total["left_out_by_where"] += found["filtered"]
            for kind in ("kept", "not_yet", "repaired", "rejected"):
                for name, count in found[kind].items():
                    total[kind][name] = total[kind].get(name, 0) + count
            total["samples"] += found["samples"][: max(0, 20 - len(total["samples"]))]
        return total

    def _together(
        self, connection: duckdb.DuckDBPyConnection, parts: dict[str, list[Part]], audit: dict[str, Any]
    ) -> list[StagedPart]:
        staged: list[StagedPart] = []
        base = 0
        for source in self.manifest.sources:
            mine = parts[source.name]
            if source.mode == "snapshot" and mine:
                chosen, base = self._snapshots(connection, source, mine, base, audit[source.name])
            else:
                chosen, base = _staged(source, mine, self.out, base)
            if source.key and mine:
                current = [p for p in mine if any(s.path.parent == self.out / p.folder for s in chosen)]
                chosen = self._one_per_key(connection, source, current, chosen, audit[source.name])
            staged += chosen
        return self._look_up(connection, staged, audit)

    def _one_per_key(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        parts: list[Part],
        staged: list[StagedPart],
        audit: dict[str, Any],
    ) -> list[StagedPart]:
        lost = winners(connection, source, parts, self.out)
        if lost is None:
            return staged
        word = "repeated: the first was kept" if source.mode == "append" else "replaced by a later row"
        audit["same_key"] = {"rows": lost[0], "what": word, "samples": lost[1]}
        own = [one for one in staged if one.path.is_relative_to(self.out)]
        made = [one for one in staged if not one.path.is_relative_to(self.out)]
        return keep_winners(connection, parts, own, self.out, self.scratch) + made

    def _snapshots(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        parts: list[Part],
        base: int,
        audit: dict[str, Any],
    ) -> tuple[list[StagedPart], int]:
        """The rows of the last snapshot, and events for what changed up to it."""
        moments = sorted({part.snapshot_at or 0 for part in parts})
        audit["snapshots"] = len(moments)
        last = [part for part in parts if (part.snapshot_at or 0) == moments[-1]]
        chosen, base = _staged(source, last, self.out, base)
        for table in dict.fromkeys(target.table for target in source.targets if target.table != "events"):
            snapshots = [
                (
                    moment,
                    [
                        path
                        for p in parts
                        if (p.snapshot_at or 0) == moment
                        for path in _paths(p, table, self.out)
                    ],
                )
                for moment in moments
            ]
            if TABLES[table].key:
                gone = retired(connection, snapshots, TABLES[table].key[0])
                if gone:
                    audit.setdefault("retired", {})[table] = gone
            if len(moments) > 1 and any(change.table == table for change in source.changes):
                found = changes(connection, source, snapshots, table, self.scratch, base)
                chosen += found
                base += sum(part.span for part in parts) * max(len(source.changes), 1)
        return chosen, base

    def _look_up(
        self, connection: duckdb.DuckDBPyConnection, staged: list[StagedPart], audit: dict[str, Any]
    ) -> list[StagedPart]:
        """Fill look-ups source by source: later ones may look up what earlier ones looked up."""
        by_name = {source.name: source for source in self.manifest.sources}
        done = list(staged)
        for position, one in enumerate(staged):
            match = re.search(r"-(\d+)\.parquet$", one.path.name)
            if match is None or one.columns or "-changes-" in one.path.name:
                continue
            source = by_name[one.source]
            lookups = source.targets[int(match[1])].lookups()
            if lookups:
                unknown = audit[one.source].setdefault("unknown_keys", {})
                done[position] = look_up(connection, source, one, lookups, done, self.scratch, unknown)
        return done

    def _data_until(self) -> int | None:
        """The declared end of the data: of the manifest, else the latest of its sources."""
        if self.manifest.data_until is not None:
            return _moment(self.manifest.data_until, self.manifest.time_zone)
        declared = [
            _moment(source.data_until, source.time_zone or self.manifest.time_zone)
            for source in self.manifest.sources
            if source.data_until is not None
        ]
        return max(declared) if declared else None


def _moment(value: datetime.date, zone: str | None) -> int:
    """UTC microseconds of a local time, or of the end of a local day."""
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time.max)
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(zone or "UTC"))
    return to_microseconds(value)


def _paths(part: Part, table: str, out: Path) -> list[Path]:
    return [out / part.folder / target.path for target in part.targets if target.table == table]


def _staged(source: Source, parts: list[Part], out: Path, base: int) -> tuple[list[StagedPart], int]:
    staged = []
    for part in parts:
        staged += [
            StagedPart(
                table=target.table,
                source=source.name,
                path=out / part.folder / target.path,
                row_base=base,
                day_precision=target.day_precision,
                columns=target.columns,
            )
            for target in part.targets
        ]
        base += part.span
    return staged, base
