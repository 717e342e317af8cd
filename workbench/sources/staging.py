"""One file, one part: every target of the source as typed Parquet, and word of every row that did not fit."""

from __future__ import annotations

import shutil
from typing import Any

import duckdb

from workbench.model.database import first_row, has_zone
from workbench.model.loading import run
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES
from workbench.sources import casting
from workbench.sources.expressions import check_expression, explain, named_column
from workbench.sources.files import format_of
from workbench.sources.manifest import Target
from workbench.sources.mapping import Mapping
from workbench.sources.parts import PARQUET, Findings, Job, StagedTarget
from workbench.sources.readers import Raw, Reading, read

SAMPLES = 5


def stage_file(job: Job) -> tuple[list[StagedTarget], Findings, int]:
    """Stage one file; returns its targets, what was found, and the number of rows that numbers its `row`s."""
    job.folder.mkdir(parents=True, exist_ok=True)
    job.scratch.mkdir(parents=True, exist_ok=True)
    raw = read(
        Reading(job.connection, job.source, job.file, job.scratch, job.report),
        format_of(job.source, job.file),
    )
    findings = Findings(read=raw.rows + len(raw.rejected))
    _note_lines(job, raw, findings)
    direct = _use_as_it_is(job, raw, findings)
    if direct is not None:
        return [direct], findings, raw.rows
    rows = _filtered(job, raw, findings)
    if job.source.key:
        _write_keys(job, raw, rows)
    targets = [_stage_target(job, raw, rows, number, findings) for number in range(len(job.source.targets))]
    return targets, findings, raw.rows * len(job.source.targets)


def _note_lines(job: Job, raw: Raw, findings: Findings) -> None:
    """Lines that are no rows go to the rejected rows as they stand."""
    if raw.padded:
        findings.repaired["too few fields: filled with no value"] = raw.padded
    if not raw.rejected:
        return
    for line, reason, _ in raw.rejected:
        findings.rejected[reason] = findings.rejected.get(reason, 0) + 1
        if len(findings.samples) < SAMPLES:
            findings.samples.append({"file": job.file.name, "line": line, "reason": reason})
    job.connection.execute(
        "CREATE OR REPLACE TEMP TABLE bad_lines (source VARCHAR, file VARCHAR, line BIGINT, target VARCHAR, "
        'reason VARCHAR, "column" VARCHAR, value VARCHAR, content VARCHAR)'
    )
    job.connection.executemany(
        "INSERT INTO bad_lines VALUES (?, ?, ?, '', ?, '', '', ?)",
        [[job.source.name, job.file.name, line, reason, text] for line, reason, text in raw.rejected],
    )
    job.connection.execute(
        f"COPY bad_lines TO {quote_literal(str(job.folder / 'rejected-lines.parquet'))} {PARQUET}"
    )


def _use_as_it_is(job: Job, raw: Raw, findings: Findings) -> StagedTarget | None:
    """A Parquet file that needs renaming at most is copied, not rewritten, which saves a large load."""
    source = job.source
    plain = (
        format_of(source, job.file) == "parquet"
        and len(source.targets) == 1
        and not (source.where or source.key or source.nulls or source.mode != "append")
    )
    if not plain:
        return None
    target = source.targets[0]
    mapped = _renamed(raw, target)
    zone = target.time_zone or source.time_zone or job.manifest.time_zone or "UTC"
    exact = (target.precision or source.precision) == "exact"
    if mapped is None or target.where or not exact:
        return None
    definition = TABLES[target.table]
    for column, name in mapped.items():
        kind, found = definition.columns.get(column), raw.columns[name]
        aware = has_zone(found)
        naive = found.startswith(("TIMESTAMP", "DATE")) and not aware
        if (kind is not None and casting.fallible(kind, found)) or (naive and zone != "UTC"):
            return None
        if kind is None and casting.extra('"x"', found, "UTC") != '"x"' and not aware:
            return None
    needed = ("occurred_at", "event_type") if target.table == "events" else definition.key[:1]
    if target.table == "events" and job.manifest.actors:
        return None
    counts = ", ".join(f"count({quote_name(mapped[column])})" for column in needed)
    if any(column not in mapped for column in needed) or not counts:
        return None
    if set(first_row(job.connection, f"SELECT {counts} FROM ({raw.sql})")) - {raw.rows}:
        return None
    shutil.copyfile(job.file.path, job.folder / "as-it-is.parquet")
    findings.kept[target.table] = raw.rows
    return StagedTarget(target.table, "as-it-is.parquet", columns=mapped)


def _renamed(raw: Raw, target: Target) -> dict[str, str] | None:
    """Target column → source column, when the mapping does nothing else."""
    by_lower = {name.lower(): name for name in raw.columns}
    mapped: dict[str, str] = {}
    for column, expression in target.columns.items():
        if not isinstance(expression, str):
            return None
        name = by_lower.get(expression.strip().lower(), by_lower.get(expression.strip().strip('"').lower()))
        if name is None:
            return None
        mapped[column] = name
    if target.keep_columns:
        taken = {column.lower() for column in mapped} | {name.lower() for name in mapped.values()}
        taken |= target.reserved
        mapped |= {name: name for name in raw.columns if name.lower() not in taken}
    return mapped


def _filtered(job: Job, raw: Raw, findings: Findings) -> str:
    """The source rows as a relation with `_file`; the source's `where` applied."""
    rows = f"SELECT *, {quote_literal(job.file.name)} AS _file FROM ({raw.sql})"
    if not job.source.where:
        return rows
    check_expression(job.connection, job.source.where, f"{job.place}: where")
    kept = f"SELECT * FROM ({rows}) WHERE (\n{job.source.where}\n)"
    count = int(_run(job, raw, f"SELECT count(*) FROM ({kept})", "where")[0][0])
    findings.filtered = raw.rows - count
    return kept


def _run(job: Job, raw: Raw, sql: str, what: str) -> list[tuple[Any, ...]]:
    try:
        return job.connection.execute(sql).fetchall()
    except duckdb.Error as problem:
        raise explain(problem, f"{job.place}: {what}", list(raw.columns)) from None


def _write_keys(job: Job, raw: Raw, rows: str) -> None:
    """Row → key, for sources whose rows replace or repeat each other."""
    expressions = [named_column(sql, raw.columns) for sql in job.source.key]
    for expression in expressions:
        check_expression(job.connection, expression, f"{job.place}: key")
    parts = ", ".join(f"((\n{expression}\n))::VARCHAR" for expression in expressions)
    path = quote_literal(str(job.folder / "keys.parquet"))
    key = f"to_json([{parts}])::VARCHAR" if len(job.source.key) > 1 else parts
    _run(
        job, raw, f"COPY (SELECT {key} AS key, _row AS _source_row FROM ({rows})) TO {path} {PARQUET}", "key"
    )


def _stage_target(job: Job, raw: Raw, rows: str, number: int, findings: Findings) -> StagedTarget:
    target = job.source.targets[number]
    mapping = Mapping(job, raw, target)
    path = job.folder / f"{target.table}-{number}.parquet"
    scratch = quote_literal(str(job.scratch / "typed.parquet"))
    mapped = mapping.typed(rows, mapping.types(rows))
    step = f"staging {target.table} from {job.file.name}"
    try:
        run(
            job.connection,
            f"COPY ({mapped}) TO {scratch} {PARQUET}",
            step=step,
            rows=raw.rows,
            report=job.report,
        )
    except duckdb.Error as problem:
        raise explain(problem, f"{job.place}: {target.table}", list(raw.columns)) from None
    typed = f"read_parquet({scratch})"
    refused = mapping.refused()
    skip = mapping.skipped()
    good = f"NOT ({refused}) AND NOT ({skip})"
    names = ", ".join(quote_name(name) for name in mapping.stored)
    count = len(job.source.targets)
    job.connection.execute(
        f"COPY (SELECT {names}, _row * {count} + {number} AS row, _row AS _source_row FROM {typed} "
        f"WHERE {good}) TO {quote_literal(str(path))} {PARQUET}"
    )
    kept, skipped, bad = first_row(
        job.connection,
        f"SELECT count(*) FILTER (WHERE {good}), count(*) FILTER (WHERE {skip}), "
        f"count(*) FILTER (WHERE ({refused}) AND NOT ({skip})) FROM {typed}",
    )
    findings.kept[target.table] = findings.kept.get(target.table, 0) + kept
    if skipped:
        findings.not_yet[mapping.label] = findings.not_yet.get(mapping.label, 0) + skipped
    mapping.note_cells(typed, good, findings, number)
    if bad:
        mapping.note_rejected(typed, f"({refused}) AND NOT ({skip})", rows, findings, number)
    day = target.table == "events" and mapping.by_day
    return StagedTarget(target.table, path.name, day_precision=day)
