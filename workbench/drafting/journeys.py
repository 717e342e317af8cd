"""Over all files: kinds of events, who acts in them, in which order they come, and the milestones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.drafting.happenings import MOST_TYPES, actor_of, place_of
from workbench.drafting.ledger import Ledger
from workbench.drafting.reading import File
from workbench.drafting.sections import Section
from workbench.drafting.words import spaced
from workbench.workspace.milestones import ORDER as MILESTONES
from workbench.workspace.milestones import draft as draft_milestones

MOST_ORDERED = 60
"""Event types beyond which no order is proposed."""
_CONTAINERS = ("account_id", "opportunity_id", "person_id", "lead_id")
_SOLD = ("order", "conversion", "purchase", "payment done", "order placed", "checkout completed")


def types_of(file: File, section: Section, ledger: Ledger) -> list[str]:
    """Event types of a stream, as far as the sample shows them."""
    value = ledger.proposals[f"sources.{file.name}.{section.label}.event_type"].value
    if isinstance(value, Mapping):
        return [str(value.get("value", ""))]
    if str(value) in file.columns:
        column = file.columns[str(value)]
        return sorted(column.values) if column.distinct <= MOST_TYPES else [name for name, _ in column.common]
    return ["Closed-Won", "Closed-Lost"] if "'Closed-Won'" in str(value) else []


def actors(types: list[str], given: Mapping[str, str], ledger: Ledger) -> dict[str, str]:
    """Event type → who acts."""
    found: dict[str, str] = {}
    for kind in types[:MOST_TYPES]:
        told = actor_of(kind)
        if kind in given:
            actor, confidence, reason = given[kind], 0.9, "the preset says so"
        elif told is not None:
            actor, confidence, reason = told[0], 0.7, f"{told[1]!r} in its name"
        else:
            actor, confidence, reason = "buyer", 0.4, "no word in its name says who acts"
        chosen = ledger.settle(f"actors.{kind}", actor, confidence, reason, (), ("buyer", "seller", "system"))
        if chosen:
            found[kind] = str(chosen)
    return found


def milestones(types: Iterable[str], ledger: Ledger) -> dict[str, Any]:
    """Milestone → condition, for what the event types speak of; orders and conversions are wins."""
    known = list(types)
    drafted = draft_milestones(known)
    if "won" not in drafted:
        sold = [kind for kind in known if spaced(kind) in _SOLD]
        if sold:
            drafted["won"] = {"field": "event_type", "op": "in", "value": sold}
    found: dict[str, Any] = {}
    for name in MILESTONES:
        value = drafted.get(name)
        told = f"event types: {value['value']}" if value else "no event type speaks of it"
        chosen = ledger.settle(f"milestones.{name}", value, 0.75 if value else 0.4, told)
        if chosen:
            found[name] = chosen
    return found


def order(streams: list[tuple[File, Section]], types: list[str], ledger: Ledger) -> list[str]:
    """Event types in the order in which containers of the sample have them; words settle the rest."""
    if not 1 < len(types) <= MOST_ORDERED:
        return []
    places = _places(streams, set(types), ledger)
    shown = [kind for kind in types if kind in places]
    usual = sorted(types, key=lambda kind: (places.get(kind, 0.5) * 4 + place_of(kind) / 12, kind))
    reason = (
        f"which comes first in the same container, for {len(shown)} of {len(types)} types; then their words"
    )
    chosen = ledger.settle("event_order", usual, 0.6 if shown else 0.4, reason)
    return [str(kind) for kind in chosen]


def _places(streams: list[tuple[File, Section]], types: set[str], ledger: Ledger) -> dict[str, float]:
    """Event type → how often it comes first (0) or last (1) against each other type of the same container."""
    firsts: dict[tuple[str, str], dict[str, str]] = {}
    for file, section in streams:
        for container, kind, time in _rows(file, section, ledger):
            if kind in types:
                seen = firsts.setdefault(container, {})
                seen[kind] = min(time, seen.get(kind, time))
    pairs: dict[tuple[str, str], list[int]] = {}
    for seen in firsts.values():
        ranked = sorted(seen, key=lambda kind: seen[kind])
        for number, kind in enumerate(ranked):
            for later in ranked[number + 1 :]:
                tie = seen[kind] == seen[later]
                pairs.setdefault((kind, later), []).append(0 if tie else -1)
                pairs.setdefault((later, kind), []).append(0 if tie else 1)
    means: dict[str, list[float]] = {}
    for (kind, _), signs in pairs.items():
        means.setdefault(kind, []).append(sum(signs) / len(signs))
    return {kind: 0.5 + sum(found) / len(found) / 2 for kind, found in means.items()}


def _rows(file: File, section: Section, ledger: Ledger) -> Iterable[tuple[tuple[str, str], str, str]]:
    """(container, event type, time) of sampled rows, for times that sort as text."""
    place = f"sources.{file.name}.{section.label}"
    value = {
        name: ledger.proposals[f"{place}.{name}"].value
        for name in ("event_type", "occurred_at", *_CONTAINERS)
    }
    when, kind = str(value["occurred_at"]), value["event_type"]
    ids = [(name, str(value[name])) for name in _CONTAINERS if str(value[name]) in file.columns]
    if not ids or when not in file.columns or file.columns[when].style != "iso":
        return
    constant = str(kind["value"]) if isinstance(kind, Mapping) and "value" in kind else ""
    if not constant and str(kind) not in file.columns:
        return
    at = {
        name: file.grid.columns.index(name)
        for name in {when, *(name for _, name in ids), *([] if constant else [str(kind)])}
    }
    for row in file.grid.rows[:20_000]:
        time = row[at[when]]
        found = next(((own, row[at[name]]) for own, name in ids if row[at[name]]), None)
        if time and found is not None:
            yield (found[0], str(found[1])), constant or str(row[at[str(kind)]]), time.replace("T", " ")
