"""What an engine must know about the generation it answers from, apart from the rows."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import SpecError, nearest
from workbench.model.base import Part
from workbench.model.conditions import (
    AsOf,
    Condition,
    FieldTest,
    Listed,
    MilestoneRef,
    Number,
    Related,
    SegmentRef,
    record_tests,
)
from workbench.model.containers import Container, container_named
from workbench.model.parsing import parse_condition
from workbench.model.relations import own_column, relation_of
from workbench.model.routes import MOST_STEPS, OWNER, Hop, first_hops, hops_of, owner_hops
from workbench.model.settings import Settings
from workbench.model.tables import INTERNAL_COLUMNS, PERSON_ROLE, PERSONAL, RECORDS, ColumnType

MOST_REFERENCES = 20
"""Longest chain of segments and milestones that refer to one another."""
EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)


def to_microseconds(moment: datetime.datetime) -> int:
    """Microseconds since 1970 of a UTC time, with or without its zone."""
    ahead = moment.utcoffset() or datetime.timedelta()
    return (moment.replace(tzinfo=None) - EPOCH - ahead) // MICROSECOND


def from_microseconds(moment: int) -> datetime.datetime:
    """UTC time without zone from microseconds since 1970."""
    return EPOCH + datetime.timedelta(microseconds=int(moment))


@dataclass(frozen=True)
class DataVersion:
    """One generation as engines see it. Times are UTC microseconds since 1970."""

    number: int
    settings: Settings
    data_from: int
    """Earliest event."""
    horizon: int
    """What is known up to here; relative dates count back from it."""
    columns: Mapping[str, Mapping[str, ColumnType]]
    """Table → column → type, extra columns included."""
    memberships: frozenset[str] = frozenset()
    """Containers whose histories gain the events of members."""
    segments: Mapping[str, Any] = field(default_factory=dict)
    """Segment id → condition as JSON."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """List id → ids of its containers, read when asked."""

    def history_of(self, container: str, asked: str | None = None) -> str:
        """`members` or `stamped`: the asked history, else the default of the container."""
        if not container_named(container).has_members:
            return "stamped"
        return asked or ("members" if container in self.memberships else "stamped")

    def label(self, container: Container) -> str:
        """The container's label in this workspace."""
        return self.settings.labels.get(container.name, container.label)

    def expand(self, reference: MilestoneRef | SegmentRef, place: str = "") -> Condition:
        """The condition behind a milestone or a saved segment; unknown names are a SpecError."""
        if isinstance(reference, MilestoneRef):
            name, kind, known = reference.milestone, "milestone", self.settings.milestones
        else:
            name, kind, known = reference.segment, "segment", dict(self.segments)
        if name not in known:
            raise SpecError(f"{name!r} is no {kind} of this workspace; {nearest(name, known)}", place or kind)
        condition: Condition = parse_condition(known[name], f"{kind} {name}")
        return condition

    def members_listed(self, listed: Listed) -> tuple[str, ...]:
        """Ids on a stored list; an unknown list is a SpecError."""
        if listed.listed not in self.lists:
            raise SpecError(
                f"{listed.listed!r} is no list of this workspace; {nearest(listed.listed, self.lists)}",
                "listed",
            )
        return self.lists[listed.listed]

    def field_type(self, path: str, place: str = "field") -> ColumnType:
        """Type of a column of `events` or of a record field; unknown paths are a SpecError."""
        if self.derives_role(path):
            return "text"
        hops, column = self.route(path, place=place)
        return self.columns[hops[-1].table if hops else "events"][column]

    def route(
        self, path: str, container: str = "account", place: str = "field"
    ) -> tuple[tuple[Hop, ...], str]:
        """The records a path goes along and the column at its end; no hops for a column of `events`.

        `container` is the one whose owner `owner.` means. Unknown paths are a SpecError.
        """
        first, *rest = path.split(".")
        if not rest or path in self.columns["events"]:
            if path in self.columns["events"] and path not in INTERNAL_COLUMNS:
                return (), path
            raise self._no_field(path, self.fields(), place)
        start = owner_hops(container) if first == OWNER else tuple(filter(None, [first_hops().get(first)]))
        if not start:
            known = [".".join([way, *rest]) for way in first_hops()] if len(rest) > 1 else self.fields()
            raise self._no_field(path, known, place)
        return self._onward(path, start, rest, place, self.fields() if len(rest) == 1 else ())

    def record_route(self, path: str, table: str, place: str = "field") -> tuple[tuple[Hop, ...], str]:
        """The same for a path from a record of a table: its own column, or records it names."""
        return self._onward(path, (), path.split("."), place, (), table)

    def record_type(self, path: str, table: str, place: str = "field") -> ColumnType:
        """Type of a path from a record of a table."""
        hops, column = self.record_route(path, table, place)
        return self.columns[hops[-1].table if hops else table][column]

    def _onward(
        self,
        path: str,
        hops: tuple[Hop, ...],
        rest: list[str],
        place: str,
        known: Iterable[str],
        table: str = "",
    ) -> tuple[tuple[Hop, ...], str]:
        """Follow the remaining names of a path; nearest choices lie where the path goes wrong."""
        names, column = path.split("."), rest[-1]
        if len(names) - 1 > MOST_STEPS:
            raise SpecError(f"{path!r} goes along {len(names) - 1} records; {MOST_STEPS} are the most", place)
        for name in rest[:-1]:
            table = hops[-1].table if hops else table
            if name not in hops_of(table):
                at = names.index(name, len(names) - len(rest))
                ways = [".".join([*names[:at], way, *names[at + 1 :]]) for way in hops_of(table)]
                raise self._no_field(path, ways, place)
            hops = (*hops, hops_of(table)[name])
        table = hops[-1].table if hops else table
        if column not in self.columns.get(table, {}):
            way = ".".join(names[:-1])
            ends = [f"{way}.{one}" if way else one for one in self.columns.get(table, {})]
            raise self._no_field(path, [*known] or ends, place)
        return hops, column

    @staticmethod
    def _no_field(path: str, known: Iterable[str], place: str) -> SpecError:
        return SpecError(f"{path!r} is no field of this workspace; {nearest(path, known)}", place)

    def check_milestones(self) -> None:
        """Refuse, by name, a milestone that cannot be asked of this data: SpecError."""
        for name in self.settings.milestones:
            place = f"milestones.{name}"
            try:
                self._check_fields(self.inline(MilestoneRef(milestone=name)), place)
            except SpecError as problem:
                text = str(problem).removeprefix(f"{problem.place}: ").removeprefix(f"{place}: ")
                raise SpecError(text, place) from None

    def _check_fields(self, condition: Any, place: str) -> None:
        if isinstance(condition, FieldTest):
            self.field_type(condition.field, place)
        elif isinstance(condition, Related):
            self.check_records(condition, place)
        elif isinstance(condition, tuple):
            for part in condition:
                self._check_fields(part, place)
        elif isinstance(condition, Part) and not isinstance(condition, Number):
            for _, value in condition:
                self._check_fields(value, place)

    def check_records(self, related: Related, place: str) -> None:
        """Refuse paths that no record of a relation has: SpecError."""
        table = relation_of(related.related, related.of).table
        if related.sum is not None:
            self.record_type(related.sum, table, place)
        for part in record_tests(related.where):
            if isinstance(part, FieldTest):
                self.record_type(part.field, table, place)
            elif isinstance(part, Related):
                own_column(table, part.of)
                self.check_records(part, place)

    def pathing_dimension(self, path: str) -> str:
        """A field whose items make up paths; only text has items, other types are a SpecError."""
        kind = self.field_type(path, "dimension")
        self._check_personal(path, "dimension")
        if kind != "text":
            raise SpecError(f"{path!r} is of type {kind}; a pathing dimension has text items", "dimension")
        return path

    def countable(self, path: str, place: str = "by") -> str:
        """A field whose items can be counted apart; times and amounts are a SpecError."""
        kind = self.field_type(path, place)
        self._check_personal(path, place)
        if kind in ("time", "money", "number"):
            also = "; by 'period' counts calendar periods" if kind == "time" and place == "by" else ""
            raise SpecError(f"{path!r} is of type {kind}, which has no items{also}", place)
        return path

    def cache_name(self, text: str) -> str:
        """Canonical text of something inlined as the name it is remembered by.

        A question inside it (`members_of`) may name saved segments, which may change: they join the name,
        and so does the state of stored lists.
        """
        if "members_of" in text and self.segments:
            text += json.dumps(dict(self.segments), sort_keys=True, default=str)
        if "listed" in text:
            text += str(getattr(self.lists, "state", None) or sorted(self.lists.items()))
        return text

    def _check_personal(self, path: str, place: str) -> None:
        """Refuse to list what the workspace masks."""
        if self.settings.mask_persons and self.is_personal(path):
            raise SpecError(f"{path!r} is personal data, which this workspace masks", place)

    def is_personal(self, path: str) -> bool:
        """Whether a field tells who a person is, however far the way to the person."""
        if path.rpartition(".")[2] not in PERSONAL or "." not in path:
            return False
        hops, _ = self.route(path)
        return bool(hops) and hops[-1].table == "persons"

    def fields(self) -> tuple[str, ...]:
        """Every path a field test may name, columns of `events` first."""
        own = [column for column in self.columns["events"] if column not in INTERNAL_COLUMNS]
        records = [
            f"{prefix}.{c}" for prefix, (table, *_) in RECORDS.items() for c in self.columns.get(table, {})
        ]
        roles = [PERSON_ROLE] if self.derives_role(PERSON_ROLE) else []
        owners = [f"owner.{column}" for column in self.columns.get("users", {})]
        return tuple(own + records + roles + owners)

    def derives_role(self, path: str) -> bool:
        """Whether a field is the role of a person that buying groups and accounts tell."""
        return path == PERSON_ROLE and "role" not in self.columns.get("persons", {})

    def inline(self, condition: Any, within: tuple[str, ...] = ()) -> Any:
        """The condition with every milestone and segment replaced by what it stands for.

        A reference that leads back to itself is a SpecError that names the way round.
        """
        if isinstance(condition, MilestoneRef | SegmentRef):
            name = (
                f"milestone {condition.milestone}"
                if isinstance(condition, MilestoneRef)
                else condition.segment
            )
            if name in within:
                raise SpecError(f"refers to itself: {' → '.join((*within, name))}", "segment")
            if len(within) >= MOST_REFERENCES:
                way = " → ".join(within)
                raise SpecError(f"refers over more than {MOST_REFERENCES} others: {way}", "segment")
            return self.inline(self.expand(condition), (*within, name))
        if isinstance(condition, AsOf):
            from workbench.model.as_of import as_of  # the calendar needs this module

            return as_of(self.inline(condition.where, within), condition.as_of, self)
        if isinstance(condition, tuple):
            inlined = tuple(self.inline(part, within) for part in condition)
            return condition if all(a is b for a, b in zip(inlined, condition, strict=True)) else inlined
        if isinstance(condition, Part) and not isinstance(condition, Number):
            parts = {
                name: (value, self.inline(value, within))
                for name, value in condition
                if isinstance(value, Part)
                or (isinstance(value, tuple) and value and isinstance(value[0], Part))
            }
            changed = {name: new for name, (old, new) in parts.items() if new is not old}
            return condition.model_copy(update=changed) if changed else condition
        return condition
