"""From staged rows to the tables of a generation, with an account of everything that happened on the way."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import duckdb

from workbench.model.data_version import EPOCH, to_microseconds
from workbench.model.database import scalar
from workbench.model.loading import Report, Staged, steady, step_teller
from workbench.model.quoting import quote_literal
from workbench.model.settings import Settings
from workbench.workspace import milestones
from workbench.workspace.audit import audit_events
from workbench.workspace.controls import check_controls
from workbench.workspace.disk import step_done
from workbench.workspace.events import write_events
from workbench.workspace.records import write_records
from workbench.workspace.relations import SQL_TYPE_NAMES
from workbench.workspace.resolution import add_provisional_accounts
from workbench.workspace.resolution_audit import account_changes, audit_resolution
from workbench.workspace.settings_file import settings_to_json
from workbench.workspace.store import Generation

FIRST_PLAUSIBLE = datetime.datetime(1990, 1, 1)
"""Events before this are kept, reported, and do not set the start of the data."""
MOST_STAGES = 1000


def assemble(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    folder: Path,
    settings: Settings,
    *,
    workspace: Path,
    loaded_at: datetime.datetime,
    report: Report | None = None,
    before: Generation | None = None,
) -> dict[str, Any]:
    """Write `tables/` and `rejected/` of the generation at `folder`.

    Returns what describes the generation, ready for JSON: `settings, data_from, horizon, loaded_at` (times in
    UTC microseconds), `rows` and `columns` per table, `memberships`, `event_types`, and the `audit`.
    Milestones are drafted where the settings have none. The connection must be one of `connect_for_writing`.
    `before` is the generation that accounts of events are compared with, where one of the two has a `resolve`
    block.
    """
    with steady(report) as told:
        return _assemble(connection, staged, folder, settings, workspace, loaded_at, told, before)


def _assemble(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    folder: Path,
    settings: Settings,
    workspace: Path,
    loaded_at: datetime.datetime,
    report: Report | None,
    before: Generation | None,
) -> dict[str, Any]:
    say = step_teller(report)
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    audit: dict[str, Any] = {
        "sources": dict(staged.audit),
        "records_without_key": {},
        "repeated_keys": {},
        "repeated_event_ids": {"ids": 0, "rows": 0, "samples": []},
        "parent_cycles": {"count": 0, "samples": []},
    }
    say("writing records")
    types = write_records(connection, staged, tables, audit)
    step_done("records")
    types["events"] = write_events(connection, staged, tables, settings, audit, report)
    step_done("events")
    filled = {part.table for part in staged.parts}
    if staged.resolve is not None and staged.resolve.provisional != "none":
        add_provisional_accounts(connection, staged.resolve, tables, types["accounts"])
        filled.add("accounts")
    say("checking the tables")
    _keep_rejected(staged, folder / "rejected")
    facts = _event_types(connection, loaded_at)
    rows = {name: _count(connection, name) if name in filled else 0 for name in types}
    audit |= audit_events(connection, staged, rows, loaded_at=loaded_at, first_plausible=FIRST_PLAUSIBLE)
    audit |= _resolution(connection, staged, before)
    audit["controls"] = check_controls(staged.controls, workspace, tables, settings.time_zone)
    step_done("audited")
    if not settings.milestones:
        drafted = milestones.draft(
            [entry["event_type"] for entry in facts["event_types"]], _stages(connection)
        )
        settings = settings.model_copy(update={"milestones": drafted})
    horizon = staged.data_until or facts["last"] or to_microseconds(loaded_at)
    return {
        "loaded_at": to_microseconds(loaded_at),
        "data_from": min(facts["first"] if facts["first"] is not None else horizon, horizon),
        "horizon": horizon,
        "settings": settings_to_json(settings),
        "rows": rows,
        "columns": {
            name: {c: SQL_TYPE_NAMES.get(t, "integer") for c, t in columns.items()}
            for name, columns in types.items()
        },
        "memberships": _memberships(connection, rows),
        "event_types": facts["event_types"],
        "state": staged.state,
        "audit": audit,
    }


def _resolution(
    connection: duckdb.DuckDBPyConnection, staged: Staged, before: Generation | None
) -> dict[str, Any]:
    """What the `resolve` block decided, and what changed where this load or the one before has one."""
    found: dict[str, Any] = {}
    if staged.resolve is not None:
        found["resolve"] = audit_resolution(connection, staged.resolve)
    if before is not None and (found or "resolve" in before.audit):
        found["account_changes"] = account_changes(connection, before.number, before.tables)
    return found


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(scalar(connection, f"SELECT count(*) FROM {table}"))


def _event_types(connection: duckdb.DuckDBPyConnection, loaded_at: datetime.datetime) -> dict[str, Any]:
    """Event types with counts and dates, and the first and last plausible event."""
    plausible = (
        f"FILTER (WHERE occurred_at BETWEEN {quote_literal(FIRST_PLAUSIBLE)} AND {quote_literal(loaded_at)})"
    )
    rows = connection.execute(
        "SELECT event_type, count(*), epoch_us(min(occurred_at)), epoch_us(max(occurred_at)), "
        f"epoch_us(min(occurred_at) {plausible}), epoch_us(max(occurred_at) {plausible}) "
        "FROM events GROUP BY event_type ORDER BY count(*) DESC, event_type"
    ).fetchall()
    firsts = [row[4] for row in rows if row[4] is not None] or [row[2] for row in rows]
    lasts = [row[5] for row in rows if row[5] is not None]
    loaded = (loaded_at - EPOCH) // datetime.timedelta(microseconds=1)
    early = [row[3] for row in rows if row[3] <= loaded]
    return {
        "event_types": [{"event_type": r[0], "rows": r[1], "first": r[2], "last": r[3]} for r in rows],
        "first": min(firsts, default=None),
        "last": max(lasts or early, default=None),
    }


def _stages(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        f"SELECT DISTINCT stage FROM events WHERE stage IS NOT NULL ORDER BY stage LIMIT {MOST_STAGES}"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _memberships(connection: duckdb.DuckDBPyConnection, rows: dict[str, int]) -> list[str]:
    """Containers whose histories gain the events of members by default."""
    members = rows["buying_group_members"] > 0
    leads = rows["leads"] > 0 and int(scalar(connection, "SELECT count(person_id) FROM leads")) > 0
    led = "SELECT count(*) FROM leads WHERE person_id IS NOT NULL AND opportunity_id IS NOT NULL"
    opportunities = members or (leads and int(scalar(connection, led)) > 0)
    kinds = {"opportunity": opportunities, "buying_group": members, "lead": leads}
    return [kind for kind, present in kinds.items() if present]


def _keep_rejected(staged: Staged, folder: Path) -> None:
    for path in staged.rejected:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.name)
