"""Parts of a flow in SQL: paths through given nodes, the declared order of types, and conversion."""

from __future__ import annotations

from typing import Any

from workbench.engines.sql.flow_trails import Trails
from workbench.engines.sql.literals import interval, quote_list, quote_literal
from workbench.engines.sql.statement import lines
from workbench.model.conditions import FieldTest
from workbench.model.data_version import DataVersion
from workbench.model.specs import FlowSpec, Through

STEPS = ("back", "skip")
"""Rows of the table `order`."""


def passing(trails: Trails) -> str:
    """Name of a part like the trails, with the paths alone that pass all nodes of `through`."""
    nodes = trails.spec.through
    if not nodes:
        return trails.part
    tests = "\n  AND ".join(f"bool_or({_passes(node)}) OVER whole" for node in nodes)
    body = f"SELECT *\nFROM {trails.part}\nWINDOW whole AS (PARTITION BY container_id, path)\nQUALIFY {tests}"
    return trails.asked.add("passing", body, "the paths alone that pass the nodes asked for")


def _passes(node: Through) -> str:
    """SQL that a row of the trails is at a node."""
    at = f'"column" = {node.column}'
    if node.kind == "item":
        return f"{at} AND kind = 'item' AND item IN {quote_list(node.items)}"
    if node.kind == "other":
        unlisted = f" AND item NOT IN {quote_list(node.items)}" if node.items else ""
        return f"{at} AND kind IN ('anchor', 'item'){unlisted}"
    if node.kind in ("entry", "before data"):
        return f"{at} AND kind = 'entry' AND item = '{node.kind.capitalize()}'"
    return f"{at} AND kind = '{node.kind}'"


def first_items(spec: FlowSpec) -> str:
    """SQL for the number of items that the column of a row `v` keeps."""
    if isinstance(spec.items, int):
        return str(spec.items)
    sides = (-1 in spec.sides, 1 in spec.sides)
    columns = range(-spec.columns * sides[0], spec.columns * sides[1] + 1)
    cases = " ".join(f"WHEN {column} THEN {spec.kept(column)}" for column in columns)
    return f'CASE v."column" {cases} END'


# --- the declared order ---------------------------------------------------------------------------


def step_kind(spec: FlowSpec, version: DataVersion, source: str, target: str) -> str:
    """SQL for `forward`, `back`, `skip` or null of a step between rows with these aliases."""
    begin, end = (_rank(spec, version, f"{alias}.kind", f"{alias}.item") for alias in (source, target))
    return (
        f"CASE WHEN {end} < {begin} THEN 'back' WHEN {end} > {begin} + 1 THEN 'skip' "
        f"WHEN {end} >= {begin} THEN 'forward' END"
    )


def _rank(spec: FlowSpec, version: DataVersion, kind: str, item: str) -> str:
    """SQL for the place of a node in the declared order, from 1; null where it has none."""
    declared = version.settings.event_order
    if not declared:
        return "CAST(NULL AS INTEGER)"
    anchor = _single_type(version.inline(spec.anchor))
    place = str(declared.index(anchor) + 1) if anchor in declared else "NULL"
    known = f"[{', '.join(quote_literal(name) for name in declared)}]"
    return f"CASE {kind} WHEN 'anchor' THEN {place} WHEN 'item' THEN list_position({known}, {item}) END"


def _single_type(condition: Any) -> Any:
    """The value of a condition that is one test of one event type, else None."""
    match condition:
        case FieldTest(field="event_type", op="equals", value=value):
            return value
        case FieldTest(field="event_type", op="in", value=(value,)):
            return value
    return None


def steps_taken(trails: Trails, part: str) -> str:
    """Name of a part with the kinds of steps of every path: `container_id, path, kind`, each once."""
    body = lines(
        f"SELECT DISTINCT s.container_id, s.path, {step_kind(trails.spec, trails.asked.version, 's', 't')} "
        "AS kind",
        f"FROM {part} AS s",
        f"JOIN {part} AS t ON t.container_id = s.container_id AND t.path = s.path",
        '  AND t."column" = s."column" + 1',
    )
    return trails.asked.add("steps_taken", body, "steps of every path in the declared order of types")


# --- conversion -----------------------------------------------------------------------------------


def converting(trails: Trails, goal: Any) -> str:
    """Name of a part with the paths that have a match of the goal later than their anchor, in time."""
    begun = trails.begun
    match = trails.asked.matches("goal", goal, ())
    follow = trails.spec.follow
    body = lines(
        "SELECT p.container_id, p.path, true AS converted",
        f"FROM {begun} AS p",
        f"ASOF JOIN {match} AS g ON g.container_id = p.container_id AND p.position < g.position",
        f"WHERE g.occurred_at - p.occurred_at <= {interval(follow)}" if follow else "",
    )
    return trails.asked.add("converting", body, "the paths with a match of the goal later than their anchor")
