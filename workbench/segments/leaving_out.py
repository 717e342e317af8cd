"""Whom an export leaves out, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from workbench.errors import WorkbenchError
from workbench.model.containers import CONTAINERS, container_named
from workbench.model.saved_segments import about_of
from workbench.segments.bench import Bench
from workbench.segments.members import member_ids

LEVELS = ("none", "consent", "transactional", "subscriptions", "marketing", "profiling")
"""Names of the levels of consent, 0 to 5; each allows what those below it allow."""
MARKETING = LEVELS.index("marketing")


@dataclass
class Remaining:
    """Containers still to be exported, and how many are not, by reason."""

    ids: list[str]
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def drop(self, ids: Iterable[str], reason: str) -> None:
        """Leave out what is still there of these; each counts for the first reason met."""
        unwanted, before = set(ids), len(self.ids)
        self.ids = [one for one in self.ids if one not in unwanted]
        if before > len(self.ids):
            self.left_out[reason] = self.left_out.get(reason, 0) + before - len(self.ids)


def leave_out(bench: Bench, remaining: Remaining, kind: str, consent: int, suppress: tuple[str, ...]) -> None:
    """Leave out suppressed containers; of persons those who want no e-mail, and those below a consent level.

    A suppression segment applies to its own container and to those below it: one of accounts to their
    persons too, one of persons to no account.
    """
    for segment in dict.fromkeys((*suppress, *always_suppressed(bench))):
        own = about_of(bench.definitions.get("segments", segment)).container
        if own in (kind, *_above(kind)):
            remaining.drop(member_ids(bench, {"segment": segment}, kind), "suppressed")
        elif segment in suppress:
            remaining.notes.append(f"segment {segment} holds {own}s and leaves out no {kind}")
    if kind == "person":
        _without_leave(bench, remaining, consent)


def always_suppressed(bench: Bench) -> list[str]:
    """Live segments that say `suppress` of themselves."""
    found = []
    for definition in bench.definitions.list("segments"):
        if "problem" in definition:
            raise WorkbenchError(f"{definition['problem']} (it may be one that exports must leave out)")
        about = about_of(definition)
        if about.suppress and about.state == "live":
            found.append(definition["id"])
    return found


def _above(kind: str) -> list[str]:
    parents = {container.name: container.parent for container in CONTAINERS}
    above: list[str] = []
    while parent := parents[above[-1] if above else kind]:
        above.append(parent)
    return above


def _without_leave(bench: Bench, remaining: Remaining, consent: int) -> None:
    ids, table = pa.array(remaining.ids, pa.string()), container_named("person").table
    assert table is not None
    refused = bench.index.record(table, "person_id", "do_not_email", ids).to_pylist()
    levels = bench.index.record(table, "person_id", "consent_level", ids).to_pylist()
    remaining.drop((one for one, no in zip(ids.to_pylist(), refused, strict=True) if no), "do_not_email")
    if not consent:
        return
    if bench.index.of_records(table, "consent_level").null_count == len(
        bench.index.of_records(table, "consent_level")
    ):
        remaining.notes.append("the data say nothing of consent, so nobody is left out for it")
        return
    below = [one for one, level in zip(ids.to_pylist(), levels, strict=True) if (level or 0) < consent]
    remaining.drop(below, "consent")
