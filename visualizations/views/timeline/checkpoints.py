"""Which events of one member are the checkpoints of the current question.

A timeline holds one container's events, so the reach sets of the language are walked directly, limits
included. Conditions that look beyond the row (records, containers, sequences) cannot be told from a timeline:
such a checkpoint is named as not told.
"""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from visualizations.facts import in_words

Event = dict[str, Any]
Test = Callable[[Event], bool]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as a member met it."""

    label: str
    when: datetime.datetime | None
    """None: not reached, or not told from the timeline."""
    known: bool = True
    row: int | None = None
    """Position among the member's events."""


@dataclass(frozen=True)
class Stop:
    """A checkpoint of a question: what matches it, and where it may come from."""

    id: str
    label: str
    where: dict[str, Any]
    before: tuple[tuple[str, dict[str, Any]], ...] = ()
    """(predecessor, its limits); empty for a start."""


def stops(question: dict[str, Any]) -> list[Stop]:
    """The checkpoints of any question, predecessors first."""
    name = question.get("analysis")
    if name == "journey_canvas":
        return _of_canvas(question)
    if name == "fallout":
        points = question["touchpoints"]
        return [
            Stop(str(i), p.get("label") or in_words(p["where"]), p["where"], ((str(i - 1), p),) if i else ())
            for i, p in enumerate(points)
        ]
    if name == "flow":
        anchor = next(question[k] for k in ("starts_with", "ends_with", "contains") if question.get(k))
        return [Stop("anchor", question.get("anchor_label") or "Anchor", anchor)]
    if name == "cohort_table":
        joined = Stop("in", "Inclusion", question["inclusion"]["metrics"][0]["where"])
        if question.get("columns") == "milestones":
            points = [(p.get("label") or in_words(p["where"]), p["where"]) for p in question["milestones"]]
        else:
            points = [("Return", question["return"]["metrics"][0]["where"])]
        after: tuple[tuple[str, dict[str, Any]], ...] = (("in", {}),)
        return [joined, *(Stop(f"out{i}", label, where, after) for i, (label, where) in enumerate(points))]
    return []


def _of_canvas(question: dict[str, Any]) -> list[Stop]:
    arrows, nodes = question.get("arrows") or [], {node["id"]: node for node in question["nodes"]}
    done: dict[str, Stop] = {}
    while len(done) < len(nodes):
        ready = [
            n for n in nodes if n not in done and all(a["source"] in done for a in arrows if a["target"] == n)
        ]
        for name in ready:
            before = tuple((a["source"], a) for a in arrows if a["target"] == name)
            done[name] = Stop(name, nodes[name].get("label") or name, nodes[name]["where"], before)
    return list(done.values())


def marked(question: dict[str, Any], events: list[Event], milestones: dict[str, Any]) -> list[Checkpoint]:
    """The first time a member met each checkpoint, in the order of the question."""
    reached: dict[str, list[int]] = {}
    found = []
    for stop in stops(question):
        test = row_test(stop.where, set(events[0]) if events else set(), milestones)
        if test is None:
            reached[stop.id] = []
            found.append(Checkpoint(stop.label, None, known=False))
            continue
        hits = [i for i, event in enumerate(events) if test(event)]
        barred = _barred(stop, events, milestones)
        if barred is None:
            reached[stop.id] = []
            found.append(Checkpoint(stop.label, None, known=False))
            continue
        if stop.before:
            hits = [
                p
                for p in hits
                if any(
                    _follows(events, q, p, lim) and not any(q < b < p for b in barred)
                    for m, lim in stop.before
                    for q in reached[m]
                )
            ]
        reached[stop.id] = hits
        found.append(
            Checkpoint(
                stop.label, events[hits[0]]["occurred_at"] if hits else None, row=hits[0] if hits else None
            )
        )
    return found


def _barred(stop: Stop, events: list[Event], milestones: dict[str, Any]) -> list[int] | None:
    """Events that must not lie between the step before and this one; None where they cannot be told."""
    where = next((limits["without"] for _, limits in stop.before if limits.get("without")), None)
    if where is None:
        return []
    test = row_test(where, set(events[0]) if events else set(), milestones)
    return None if test is None else [i for i, event in enumerate(events) if test(event)]


def _follows(events: list[Event], q: int, p: int, limits: dict[str, Any]) -> bool:
    if q >= p or (limits.get("path") == "next" and q != p - 1):
        return False
    apart = (events[p]["occurred_at"] - events[q]["occurred_at"]).total_seconds()
    if limits.get("within") and apart > _seconds(limits["within"]):
        return False
    if limits.get("after") and apart < _seconds(limits["after"]):
        return False
    if same := limits.get("same"):
        one, other = events[q].get(f"{same}_id"), events[p].get(f"{same}_id")
        return one is not None and one == other
    if different := limits.get("different"):
        one, other = events[q].get(f"{different}_id"), events[p].get(f"{different}_id")
        return one is not None and other is not None and one != other
    return True


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * _UNITS[duration[-1]]


def row_test(condition: dict[str, Any], columns: set[str], milestones: dict[str, Any]) -> Test | None:
    """The condition as a test of one event; None where a row alone cannot tell."""
    if "milestone" in condition:
        found = milestones.get(condition["milestone"])
        return row_test(found, columns, milestones) if isinstance(found, dict) else None
    if "all" in condition or "any" in condition:
        joined = all if "all" in condition else any
        tests = [row_test(part, columns, milestones) for part in condition.get("all") or condition["any"]]
        known = [test for test in tests if test is not None]
        return (lambda e: joined(test(e) for test in known)) if len(known) == len(tests) else None
    if "not" in condition:
        inner = row_test(condition["not"], columns, milestones)
        return None if inner is None else lambda e: not inner(e)
    if "field" in condition and condition["field"] in columns:
        return _field_test(condition)
    return None


def _field_test(condition: dict[str, Any]) -> Test | None:
    name, op = condition["field"], condition.get("op", "equals")
    wanted: Any = condition.get("value")
    plain: dict[str, Callable[[Any], bool]] = {
        "equals": lambda v: v is not None and _alike(v, wanted),
        "not_equals": lambda v: v is None or not _alike(v, wanted),
        "in": lambda v: v is not None and any(_alike(v, w) for w in wanted),
        "not_in": lambda v: v is None or not any(_alike(v, w) for w in wanted),
        "exists": lambda v: v is not None,
        "not_exists": lambda v: v is None,
        "contains": lambda v: v is not None and wanted in str(v),
        "not_contains": lambda v: v is None or wanted not in str(v),
        "starts_with": lambda v: v is not None and str(v).startswith(wanted),
        "ends_with": lambda v: v is not None and str(v).endswith(wanted),
        "matches": lambda v: (
            v is not None and fnmatch.fnmatchcase(str(v), wanted.replace("[", "[[]").replace("?", "[?]"))
        ),
        ">": lambda v: v is not None and float(v) > float(str(wanted)),
        ">=": lambda v: v is not None and float(v) >= float(str(wanted)),
        "<": lambda v: v is not None and float(v) < float(str(wanted)),
        "<=": lambda v: v is not None and float(v) <= float(str(wanted)),
    }
    if op not in plain or name == "occurred_at" or (op == "matches" and "\\" in str(wanted)):
        return None
    test = plain[op]
    return lambda event: test(event.get(name))


def _alike(value: Any, wanted: Any) -> bool:
    return bool(value == wanted) or (not isinstance(wanted, str) and str(value) == str(wanted))
