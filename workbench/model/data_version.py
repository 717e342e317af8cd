"""What an engine must know about the generation it answers from, apart from the rows."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import SpecError, nearest
from workbench.model.base import Part
from workbench.model.conditions import Condition, FieldTest, MilestoneRef, Number, SegmentRef
from workbench.model.containers import Container, container_named
from workbench.model.parsing import parse_condition
from workbench.model.settings import Settings
from workbench.model.tables import INTERNAL_COLUMNS, PERSON_ROLE, PERSONAL, RECORDS, ColumnType

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

    def field_type(self, path: str, place: str = "field") -> ColumnType:
        """Type of a column of `events` or of a record field; unknown paths are a SpecError."""
        prefix, _, column = path.rpartition(".")
        fields = self.fields()
        if path not in fields:
            raise SpecError(f"{path!r} is no field of this workspace; {nearest(path, fields)}", place)
        if not prefix:
            return self.columns["events"][column]
        if self.derives_role(path):
            return "text"
        return self.columns["users" if prefix == "owner" else RECORDS[prefix][0]][column]

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
        elif isinstance(condition, tuple):
            for part in condition:
                self._check_fields(part, place)
        elif isinstance(condition, Part) and not isinstance(condition, Number):
            for _, value in condition:
                self._check_fields(value, place)

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

        A question inside it (`members_of`) may name saved segments, which may change: they join the name.
        """
        if "members_of" not in text or not self.segments:
            return text
        return text + json.dumps(dict(self.segments), sort_keys=True, default=str)

    def _check_personal(self, path: str, place: str) -> None:
        """Refuse to list what the workspace masks."""
        prefix, _, column = path.rpartition(".")
        if self.settings.mask_persons and prefix == "person" and column in PERSONAL:
            raise SpecError(f"{path!r} is personal data, which this workspace masks", place)

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
            return self.inline(self.expand(condition), (*within, name))
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
