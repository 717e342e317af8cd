"""Histories: which events make up the journey of a container, in which order, cut to what is asked."""

from __future__ import annotations

from workbench.engines.sql.literals import instant, interval, quote_name
from workbench.engines.sql.statement import Statement
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words

POSITION = "row_number() OVER (PARTITION BY h.container_id ORDER BY h.occurred_at, h.rank, h.row) AS position"
"""Events of a container are totally ordered by time, declared order and source row."""


def full_history(statement: Statement, container: str, history: str, version: DataVersion) -> str:
    """Name of the part with all events of each container: `container_id` and the columns of `events`."""
    kind = container_named(container)
    own, columns = f"e.{kind.id_column}", _columns(version)
    stamped = f"SELECT {own} AS container_id, {columns}\nFROM events AS e\nWHERE {own} IS NOT NULL"
    if history == "stamped":
        return statement.add(f"{container}_events", stamped, f"every event of each {kind.label.lower()}")
    window = _WINDOWS[container](statement, version)
    body = (
        f"{stamped}\nUNION ALL\n"
        f"SELECT m.container_id, {columns}\n"
        f"FROM {window} AS m\n"
        "JOIN events AS e ON e.person_id = m.person_id\n"
        "WHERE e.occurred_at BETWEEN m.opens AND m.closes\n"
        f"  AND {own} IS DISTINCT FROM m.container_id"
    )
    comment = f"events stamped with the {kind.label.lower()}, and events of its members inside its window"
    return statement.add(f"{container}_events", body, comment)


def ordered_history(statement: Statement, container: str, history: str, version: DataVersion) -> str:
    """The full history with each event's `position`, from 1."""
    source = full_history(statement, container, history, version)
    body = f"SELECT h.*, {POSITION}\nFROM {source} AS h"
    return statement.add(
        f"{container}_order", body, "the same with each event's place in the order of its container"
    )


def history_column(column: str) -> str:
    """Name in a history of a column of `events`: two names mean something else there."""
    return f"event_{column}" if column.lower() in ("container_id", "position") else column


def _columns(version: DataVersion) -> str:
    names = {column: history_column(column) for column in version.columns["events"]}
    renamed = [f"{quote_name(old)} AS {quote_name(new)}" for old, new in names.items() if old != new]
    return f"e.* RENAME ({', '.join(renamed)})" if renamed else "e.*"


# --- members and their windows -----------------------------------------------------------------


def _first_events(container: str) -> str:
    column = container_named(container).id_column
    return (
        f"SELECT {column}, min(occurred_at) AS first_event\n"
        f"  FROM events\n  WHERE {column} IS NOT NULL\n  GROUP BY {column}"
    )


def _opportunity_window(statement: Statement, version: DataVersion) -> str:
    members = statement.add(
        "opportunity_members",
        "SELECT g.opportunity_id AS container_id, m.person_id\n"
        "FROM buying_groups AS g\n"
        "JOIN buying_group_members AS m ON m.buying_group_id = g.buying_group_id\n"
        "WHERE g.opportunity_id IS NOT NULL AND m.person_id IS NOT NULL\n"
        "UNION\n"
        "SELECT opportunity_id, person_id\n"
        "FROM leads\n"
        "WHERE opportunity_id IS NOT NULL AND person_id IS NOT NULL",
        "persons of each opportunity: its buying groups' members, and the persons of its leads",
    )
    return statement.add(
        "opportunity_windows",
        "SELECT m.container_id, m.person_id,\n"
        f"  {_opens('o.created_at', version)} AS opens,\n"
        f"  coalesce(o.closed_at, {_horizon(version)}) AS closes\n"
        f"FROM {members} AS m\n"
        "LEFT JOIN opportunities AS o ON o.opportunity_id = m.container_id\n"
        f"LEFT JOIN (\n  {_first_events('opportunity')}\n) AS f ON f.opportunity_id = m.container_id\n"
        "WHERE coalesce(o.created_at, f.first_event) IS NOT NULL",
        _window_comment(version, "created", "closed"),
    )


def _buying_group_window(statement: Statement, version: DataVersion) -> str:
    opens, horizon = _opens("o.created_at", version), _horizon(version)
    return statement.add(
        "buying_group_windows",
        "SELECT DISTINCT m.buying_group_id AS container_id, m.person_id,\n"
        f"  coalesce({opens}, TIMESTAMP '-infinity') AS opens,\n"
        f"  CASE WHEN {opens} IS NULL THEN {horizon} ELSE coalesce(o.closed_at, {horizon}) END AS closes\n"
        "FROM buying_group_members AS m\n"
        "LEFT JOIN buying_groups AS g ON g.buying_group_id = m.buying_group_id\n"
        "LEFT JOIN opportunities AS o ON o.opportunity_id = g.opportunity_id\n"
        f"LEFT JOIN (\n  {_first_events('opportunity')}\n) AS f ON f.opportunity_id = g.opportunity_id\n"
        "WHERE m.buying_group_id IS NOT NULL AND m.person_id IS NOT NULL",
        "members of each buying group with the window of its opportunity; without one, up to the horizon",
    )


def _lead_window(statement: Statement, version: DataVersion) -> str:
    return statement.add(
        "lead_windows",
        "SELECT l.lead_id AS container_id, l.person_id,\n"
        f"  {_opens('l.created_at', version)} AS opens,\n"
        f"  coalesce(l.converted_at, {_horizon(version)}) AS closes\n"
        "FROM leads AS l\n"
        f"LEFT JOIN (\n  {_first_events('lead')}\n) AS f ON f.lead_id = l.lead_id\n"
        "WHERE l.lead_id IS NOT NULL AND l.person_id IS NOT NULL\n"
        "  AND coalesce(l.created_at, f.first_event) IS NOT NULL",
        _window_comment(version, "created", "converted"),
    )


_WINDOWS = {"opportunity": _opportunity_window, "buying_group": _buying_group_window, "lead": _lead_window}


def _opens(created: str, version: DataVersion) -> str:
    return f"coalesce({created}, f.first_event) - {interval(version.settings.member_window)}"


def _horizon(version: DataVersion) -> str:
    return instant(version.horizon)


def _window_comment(version: DataVersion, begin: str, end: str) -> str:
    before = in_words(version.settings.member_window)
    return f"from {before} before it is {begin} until it is {end}, or the horizon"
