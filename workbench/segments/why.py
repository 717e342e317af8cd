"""Why a container is a member: every part of the condition, whether it holds, and the events that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.errors import SpecError
from workbench.index.kernels import Int64s
from workbench.index.resolving import containers_of
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    AsOf,
    CountIn,
    FieldTest,
    InContainer,
    Listed,
    MilestoneRef,
    NotOf,
    Related,
    SegmentRef,
    Sequence,
)
from workbench.model.containers import container_named
from workbench.model.saved_segments import PINNED_IN, PINNED_OUT, about_of
from workbench.model.wording import describe_condition, plural_of
from workbench.segments.bench import Bench
from workbench.segments.layout import column_values
from workbench.segments.members import Asked, asked
from workbench.segments.relations import pairs

SHOWN = 5
"""Events, and values of a record, that a reason shows."""


@dataclass(frozen=True)
class Reason:
    """One part of a condition, judged for one container, or for those it belongs to."""

    words: str
    holds: bool
    """Whether at least one of the containers has an event in the part's set, or its record fits."""
    matching: int
    """Events in the part's set."""
    events: pl.DataFrame
    """The first of them: `row, occurred_at, event_type, person_id, person`."""
    container: str
    """Kind of container that was judged here."""
    found: str = ""
    """What the record says, or the reason of a pin, where the part asks for one."""
    parts: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "words": self.words,
            "holds": self.holds,
            "matching": self.matching,
            "events": self.events.to_dicts(),
            "container": self.container,
            "found": self.found,
            "parts": [part.to_json() for part in self.parts],
        }


def reason(bench: Bench, what: Any, container: str, container_id: str) -> Reason:
    """Why a container is a member of a segment or condition, or why not: a tree with its parts.

    Where members are of another kind, it is judged for those that belong to the one asked for, by the rule
    of `members`. Parts of `container` forms, counts and sequences are judged for the containers of that kind
    that those judged belong to. Raises SpecError for an id nobody has.
    """
    question = asked(bench, what, container)
    kind = container_named(container).name
    bench.code_of(kind, container_id)
    judge, place = _Judge(bench), _Place(kind, (container_id,))
    if question.own == kind:
        return judge.judge(question.condition, place)
    own = _Place(question.own, tuple(judge.related(place, question.own)))
    return judge.through(judge.judge(question.condition, own), question, place, own)


@dataclass(frozen=True)
class _Place:
    """The containers that a part is judged for."""

    kind: str
    ids: tuple[str, ...]


@dataclass
class _Judge:
    bench: Bench
    _positions: dict[_Place, Int64s] = field(default_factory=dict)

    def judge(self, condition: Any, place: _Place) -> Reason:
        """The reason of a condition as it was written, references not yet replaced."""
        version, matcher = self.bench.version, self.bench.matcher(place.kind)
        inlined = version.inline(condition)
        codes = [self.bench.code_of(place.kind, one) for one in place.ids]
        positions = self._at(place)
        matched = positions[matcher.test(inlined, None, positions)] if len(positions) else positions
        rows = np.unique(matcher.history(matcher.scope).row_at(matched))
        shown = pl.Series("row", rows[:SHOWN], dtype=pl.Int64)
        return Reason(
            describe_condition(condition, version),
            bool(containers_of(matcher, inlined)[codes].any()),
            len(rows),
            pl.concat([shown.to_frame(), self.bench.happened(shown)], how="horizontal"),
            place.kind,
            self._found(condition, place),
            tuple(self.judge(part, where) for part, where in self._parts(condition, place)),
        )

    def through(self, inner: Reason, question: Asked, place: _Place, own: _Place) -> Reason:
        """The reason of a container whose members of another kind are judged."""
        matcher = self.bench.matcher(own.kind)
        inlined = self.bench.version.inline(question.condition)
        marked = containers_of(matcher, inlined)
        inside = [one for one in own.ids if marked[self.bench.code_of(own.kind, one)]]
        names = self.bench.named(own.kind, inside[:SHOWN])["name"].to_list()
        shown = [name or one for name, one in zip(names, inside, strict=False)]
        plural = plural_of(own.kind, self.bench.version)
        words = f"{len(inside):,} of its {len(own.ids):,} {plural} are members"
        found = ", ".join(shown)
        return Reason(words, inner.holds, inner.matching, inner.events, place.kind, found, (inner,))

    def related(self, place: _Place, kind: str) -> list[str]:
        """Containers of another kind that these belong to or have by the records, sorted."""
        found = pairs(self.bench.index, place.kind, kind).filter(pl.col("left").is_in(place.ids))["right"]
        column = self.bench.index.column(container_named(kind).id_column)
        return [one for one in found.unique().sort().to_list() if column.code_of(one) >= 0]

    def _at(self, place: _Place) -> Int64s:
        """Positions of the events of the containers."""
        if place not in self._positions:
            matcher = self.bench.matcher(place.kind)
            history = matcher.history(matcher.scope)
            codes = [self.bench.code_of(place.kind, one) for one in place.ids]
            spans = [np.arange(history.starts[code], history.ends[code]) for code in codes]
            self._positions[place] = np.concatenate([np.empty(0, dtype=np.int64), *spans]).astype(np.int64)
        return self._positions[place]

    # --- parts ---------------------------------------------------------------------------------

    def _parts(self, condition: Any, place: _Place) -> list[tuple[Any, _Place]]:
        """What a condition is made of, and for which containers each part is judged."""
        version = self.bench.version
        if isinstance(condition, MilestoneRef | SegmentRef):
            return [(version.expand(condition), place)]
        if isinstance(condition, AllOf | AnyOf):
            return [
                (one, place) for one in (condition.all if isinstance(condition, AllOf) else condition.any)
            ]
        if isinstance(condition, NotOf):
            return [(condition.not_, place)]
        if isinstance(condition, AsOf):
            return [
                (condition.model_copy(update={"where": one}), at)
                for one, at in self._parts(condition.where, place)
                if at == place
            ]
        if not isinstance(condition, InContainer | CountIn | Sequence):
            return []
        inside = self._moved(place, condition.container)
        if isinstance(condition, Sequence):
            return [(one, inside) for step in condition.sequence for one in step.conditions]
        return [(condition.where if isinstance(condition, InContainer) else condition.count, inside)]

    def _moved(self, place: _Place, kind: str) -> _Place:
        """The containers of another kind that these belong to or have, by records and by their events."""
        if kind == place.kind:
            return place
        column = self.bench.index.column(container_named(kind).id_column)
        matcher = self.bench.matcher(place.kind)
        codes = np.unique(column.codes.take(matcher.history(matcher.scope).row_at(self._at(place))))
        stamped = column.values.take(pa.array(codes[codes >= 0])).to_pylist()
        return _Place(kind, tuple(sorted({*self.related(place, kind), *stamped})))

    # --- what records and lists say ------------------------------------------------------------

    def _found(self, condition: Any, place: _Place) -> str:
        if isinstance(condition, FieldTest) and "." in condition.field:
            return self._values(condition.field, place)
        if isinstance(condition, Listed):
            return self._pins(condition, place)
        if isinstance(condition, Related):
            return (
                ", ".join(self._moved(place, condition.of).ids[:SHOWN]) if place.kind != condition.of else ""
            )
        return ""

    def _values(self, path: str, place: _Place) -> str:
        """The field as the containers' records say it, else as the records of their events do."""
        try:
            values = column_values(self.bench, place.kind, list(place.ids), path).to_list()
        except SpecError:
            values = self._event_values(path, place)
        texts = dict.fromkeys(_text(value) for value in values)
        return f"{path} = {', '.join(list(texts)[:SHOWN])}" if texts else ""

    def _event_values(self, path: str, place: _Place) -> list[Any]:
        version, matcher = self.bench.version, self.bench.matcher(place.kind)
        if version.settings.mask_persons and version.is_personal(path):
            return []
        source, values = matcher.values_of(path, matcher.scope)
        rows = matcher.history(matcher.scope).row_at(self._at(place))
        codes = np.unique(self.bench.index.column(source).codes.take(rows))
        found: list[Any] = values.take(pa.array(codes[codes >= 0])).to_pylist()
        return found

    def _pins(self, listed: Listed, place: _Place) -> str:
        """What the pins of these containers say, where the list is one of pins."""
        segment, dot, ending = listed.listed.rpartition(".")
        if dot + ending not in (PINNED_IN, PINNED_OUT):
            return ""
        pins = about_of(self.bench.definitions.get("segments", segment)).pins
        wanted = dot + ending == PINNED_IN
        return "; ".join(
            pin.reason for pin in pins if pin.id in place.ids and pin.in_ is wanted and pin.reason
        )


def _text(value: Any) -> str:
    """A value as people write it; text in quotes."""
    if value is None:
        return "no value"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value).lower() if isinstance(value, bool) else str(value)
