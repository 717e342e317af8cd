"""Who is in a segment since when: recorded at every load, and counted for the past."""

from __future__ import annotations

import datetime
import json
from typing import Any

import polars as pl

from workbench.errors import SpecError, nearest
from workbench.model.calendar import day_end, local_day, next_period, periods
from workbench.model.saved_segments import about_of
from workbench.model.specs import Granularity
from workbench.segments.bench import Bench
from workbench.segments.members import asked
from workbench.workspace.disk import write_text
from workbench.workspace.locks import Lock
from workbench.workspace.member_lists import HISTORY, read_history, write_history

GRANULARITIES: tuple[Granularity, ...] = ("day", "week", "month", "quarter", "year", "fiscal_quarter")


def record_all(bench: Bench) -> None:
    """Record the members of every live segment at this data version.

    Whatever goes wrong with one segment is a line in `definitions/members/log.jsonl`: data that are
    published stay published.
    """
    for definition in bench.definitions.list("segments"):
        try:
            if "problem" not in definition and about_of(definition).state == "live":
                record(bench, definition["id"])
        except Exception as problem:
            _log(bench, definition["id"], problem)


def _log(bench: Bench, segment_id: str, problem: Exception) -> None:
    path = bench.definitions.folder / "members" / "log.jsonl"
    line = {
        "at": datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0),
        "data_version": bench.version.number,
        "segment": segment_id,
        "problem": f"{type(problem).__name__}: {problem}",
    }
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    write_text(path, before + json.dumps(line, ensure_ascii=False, default=str) + "\n")


def record(bench: Bench, segment_id: str) -> None:
    """Append who entered and left since the last evaluation; nothing where this one was recorded already."""
    definitions = bench.definitions
    definition = definitions.get("segments", segment_id)
    found = bench.resolve({"segment": segment_id}, about_of(definition).container)
    now = set(found[found.columns[0]].to_list())
    with Lock(definitions.folder / ".history.lock").taken(60.0, "somebody keeps the histories locked"):
        rows = read_history(definitions.folder, segment_id)
        evaluation = (bench.version.number, definition["revision"])
        if evaluation in rows.select("data_version", "revision").unique().rows():
            return
        write_history(definitions.folder, segment_id, pl.concat([rows, _changed(rows, now, evaluation)]))


def _changed(rows: pl.DataFrame, now: set[str], evaluation: tuple[int, int]) -> pl.DataFrame:
    """The rows of one evaluation: one of its own, then one per change."""
    before = _members(rows)
    changes: list[tuple[str | None, str | None]] = [(None, None)]
    changes += [(one, "entered") for one in sorted(now - before)]
    changes += [(one, "left") for one in sorted(before - now)]
    frame = pl.DataFrame(changes, schema={"id": pl.String, "change": pl.String}, orient="row")
    at = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    version, revision = evaluation
    return frame.with_columns(
        pl.lit(version, pl.Int64).alias("data_version"),
        pl.lit(at).cast(pl.Datetime("us")).alias("evaluated_at"),
        pl.lit(revision, pl.Int64).alias("revision"),
    ).select(list(HISTORY))


def _members(rows: pl.DataFrame) -> set[str]:
    """Members at the last evaluation."""
    last = rows.drop_nulls("id").group_by("id", maintain_order=True).last()
    return set(last.filter(change="entered")["id"].to_list())


def by_data_version(bench: Bench, segment_id: str) -> pl.DataFrame:
    """Per evaluation, oldest first: `data_version, evaluated_at, revision, size, entered, left`.

    Times are UTC. A change of `revision` says that the segment itself was changed in between.
    """
    bench.definitions.get("segments", segment_id)
    rows = read_history(bench.definitions.folder, segment_id)
    keys = ("data_version", "evaluated_at", "revision")
    counted = rows.group_by(keys, maintain_order=True).agg(
        (pl.col("change") == word).sum().cast(pl.Int64).alias(word) for word in ("entered", "left")
    )
    size = (pl.col("entered") - pl.col("left")).cum_sum().alias("size")
    return counted.with_columns(size).select(*keys, "size", "entered", "left")


def changes(bench: Bench, segment_id: str, data_version: int) -> pl.DataFrame:
    """Who entered and left at the evaluations of a data version: `<container>_id, name, change`, by id."""
    about = about_of(bench.definitions.get("segments", segment_id))
    rows = read_history(bench.definitions.folder, segment_id)
    known = sorted(set(rows["data_version"].to_list()))
    if data_version not in known:
        raise SpecError(
            f"{segment_id} was not evaluated at {data_version}; {nearest(str(data_version), map(str, known))}"
        )
    chosen = rows.filter(data_version=data_version).drop_nulls("id").sort("id", "evaluated_at")
    return bench.named(about.container, chosen["id"].to_list()).with_columns(chosen["change"])


def size_over_time(bench: Bench, what: Any, by: Any = "month", container: str | None = None) -> pl.DataFrame:
    """How many members there were at the end of each period of the data: `period, as_of, size, complete`.

    Each is counted exactly, as of the last local day of the period or of the data. What records say
    (record fields, related records, lists) is what they say today. Raises SpecError.
    """
    if by not in GRANULARITIES:
        raise SpecError(f"{by!r} is no period; {nearest(str(by), GRANULARITIES)}", "by")
    version, question = bench.version, asked(bench, what, container)
    last = local_day(version.horizon, version.settings.zone)
    rows = []
    for period in periods(version, by)[0]:
        day = next_period(period, by) - datetime.timedelta(days=1)
        condition = {"as_of": min(day, last).isoformat(), "where": question.condition.to_json()}
        rows.append(
            {
                "period": period,
                "as_of": min(day, last),
                "size": bench.size(condition, question.own),
                "complete": day_end(day, version.settings.zone) <= version.horizon,
            }
        )
    schema = {"period": pl.Date, "as_of": pl.Date, "size": pl.Int64, "complete": pl.Boolean}
    return pl.DataFrame(rows, schema=schema)
