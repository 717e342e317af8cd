"""From conditions to positions: what matches, found from postings where possible, tested where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.errors import SpecError
from workbench.index.any_order import Group
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, Ints, distinct_count, distinct_pairs, union
from workbench.index.reach import Reach, Step, advance, begin
from workbench.index.records import along, codes_of, related_to
from workbench.index.store import JourneyIndex
from workbench.index.sums import Summed, sums_pass
from workbench.index.values import holds, stored_numbers, times_hold
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    CountIn,
    FieldTest,
    InContainer,
    Listed,
    MembersOf,
    NotOf,
    Number,
    Related,
    Sequence,
    SequenceStep,
)
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import microseconds
from workbench.model.parsing import canonical
from workbench.model.specs import compare
from workbench.model.tables import ColumnType

ContainerForm = InContainer | CountIn | Sequence | MembersOf | Related | Listed
BehindNumber = Callable[[Number], tuple[str, str, Bools]]
"""Kind, history type and membership by container code of the containers behind a number."""


class Cache:
    """Interface of what remembers positions between questions; this one remembers nothing."""

    def get(self, key: tuple[Any, ...]) -> Any:
        """The kept value, or None."""

    def put(self, key: tuple[Any, ...], value: Any, size: int) -> None:
        """Keep a value of that many bytes."""


@dataclass(frozen=True)
class Scope:
    """The history in which a condition is asked."""

    kind: str
    type: str


EVERY_EVENT = Scope("event", "stamped")
"""All events of the data version as one history, whoever they belong to."""


class Matcher:
    """Evaluates inlined conditions in the histories of one data version, for one question."""

    def __init__(
        self,
        index: JourneyIndex,
        version: DataVersion,
        scope: Scope,
        behind: BehindNumber,
        cache: Cache | None = None,
    ) -> None:
        self.index, self.version, self.scope = index, version, scope
        self._behind, self.cache = behind, cache or Cache()

    def scope_of(self, kind: str) -> Scope:
        """The asked history for the question's own container, the default one for others."""
        return self.scope if kind == self.scope.kind else Scope(kind, self.version.history_of(kind))

    def history(self, scope: Scope) -> History:
        """The whole history of a scope."""
        return self.index.history(scope.kind, scope.type)

    # --- finding -------------------------------------------------------------------------------

    def find(self, condition: Any, scope: Scope | None = None) -> Matches:
        """Positions of the whole history at which a condition holds."""
        scope = scope or self.scope
        key = ("find", scope, self.version.cache_name(canonical(condition)))
        found: Matches | None = self.cache.get(key)
        if found is None:
            found = self._find(condition, scope)
            self.cache.put(key, found, 16 * len(found) + 200)
        return found

    def _find(self, condition: Any, scope: Scope) -> Matches:
        history = self.history(scope)
        if isinstance(condition, FieldTest) and (items := self._items(condition)) is not None:
            return self._posted(items, scope)
        if isinstance(condition, AllOf):
            narrow = next((part for part in condition.all if self._indexed(part)), None)
            if narrow is not None:
                matches = self.find(narrow, scope)
                for part in condition.all:
                    if part is not narrow:
                        matches = matches.where(self.test(part, scope, matches.positions))
                return matches
        if isinstance(condition, AnyOf) and self._indexed(condition):
            parts = [self.find(part, scope).positions for part in condition.any]
            return Matches(history, union(parts))
        return Matches(history, np.flatnonzero(self.test(condition, scope)))

    def _indexed(self, condition: Any) -> bool:
        """Whether postings of event types lead to the condition's matches."""
        if isinstance(condition, FieldTest):
            return self._items(condition) is not None
        if isinstance(condition, AllOf):
            return any(self._indexed(part) for part in condition.all)
        return isinstance(condition, AnyOf) and all(self._indexed(part) for part in condition.any)

    def _items(self, test: FieldTest) -> Int64s | None:
        """Event types that pass; None where the test is not one of event types alone."""
        if test.field != "event_type":
            return None
        table = self.code_table(test, self.scope)[1]
        return None if table[-1] else np.flatnonzero(table)

    def _posted(self, items: Int64s, scope: Scope) -> Matches:
        history, postings = self.history(scope), self.index.postings(scope.kind, scope.type)
        slices = [slice(int(postings.begin[item]), int(postings.begin[item + 1])) for item in items]
        if len(slices) == 1:
            part = slices[0]
            bounds = None if postings.bounds is None else postings.bounds[items[0]]
            return Matches(
                history, postings.position[part], postings.container[part], postings.time[part], bounds
            )
        parts = [postings.position[part] for part in slices]
        positions = np.concatenate([*parts, np.empty(0, dtype=np.int32)])
        positions.sort()
        return Matches(history, positions)

    # --- testing -------------------------------------------------------------------------------

    def test(self, condition: Any, scope: Scope | None = None, positions: Int64s | None = None) -> Bools:
        """Whether a condition holds at positions of the whole history (None: at every one)."""
        scope = scope or self.scope
        history = self.history(scope)
        if isinstance(condition, AllOf | AnyOf):
            parts = condition.all if isinstance(condition, AllOf) else condition.any
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            return np.asarray(join.reduce([self.test(part, scope, positions) for part in parts]))
        if isinstance(condition, NotOf):
            return ~self.test(condition.not_, scope, positions)
        if isinstance(condition, FieldTest):
            column, table = self.code_table(condition, scope)
            if column is None:
                rows = history.row_at(self._all(history) if positions is None else positions)
                return self._numbers(condition, rows)
            if positions is None:
                return _passing(table, self.index.codes_at(history, column))
            return table.take(self.index.column(column).codes.take(history.row_at(positions)))
        return self._test_form(condition, scope, positions)

    @staticmethod
    def _all(history: History) -> Int64s:
        return np.arange(history.size, dtype=np.int64)

    def _test_form(self, condition: ContainerForm, scope: Scope, positions: Int64s | None) -> Bools:
        history = self.history(scope)
        at = self._all(history) if positions is None else positions
        form_scope, containers, marked = self.qualify(condition)
        if form_scope == scope:
            return marked.take(at) if marked is not None else containers.take(history.container_at(at))
        rows = history.row_at(at)
        form_history = self.history(form_scope)
        if marked is None and form_scope.type == "stamped":
            codes = self.index.column(f"{form_scope.kind}_id").codes
            return np.append(containers, False).take(codes.take(rows))
        if marked is None:
            marked = containers.take(form_history.container_at(self._all(form_history)))
        table = np.zeros(self.index.rows, dtype=np.bool_)
        table[form_history.row_at(np.flatnonzero(marked))] = True
        return table.take(rows)

    # --- field tests ---------------------------------------------------------------------------

    def code_table(self, test: FieldTest, scope: Scope) -> tuple[str | None, Bools]:
        """A coded column of `events` and whether each of its codes passes, last the one of no value.

        Columns of numbers and times have no codes: None and an empty table.
        """
        kind = self.version.field_type(test.field)
        own = not self.version.derives_role(test.field) and not self.version.route(test.field)[0]
        if own and kind != "text":
            return None, np.empty(0, dtype=np.bool_)
        key = ("table", scope.kind if test.field.startswith("owner.") else "", canonical(test))
        kept: tuple[str, Bools] | None = self.cache.get(key)
        if kept is None:
            source, values = self.values_of(test.field, scope)
            nothing = pa.nulls(1, values.type)
            table = holds(test, kind, pa.concat_arrays([values, nothing]), self.version)
            kept = (source, table)
            self.cache.put(key, kept, len(table) + 200)
        return kept

    def values_of(self, path: str, scope: Scope) -> tuple[str, pa.Array]:
        """The coded column of `events` behind a text or record field, and the field's value by code."""
        if self.version.derives_role(path):
            return "person_id", self.index.roles(self.index.column("person_id").values)
        hops, field = self.version.route(path, scope.kind)
        source = hops[0].column if hops else path
        return source, along(self.index, self.index.column(source).values, hops, field)

    def items_of(self, path: str, scope: Scope | None = None) -> tuple[Ints, Ints | None, pa.Array]:
        """The items of a field: codes of events by row, the item of each code, and the items as text.

        The item of a code is None where codes are items; else its last entry is that of code -1. No
        value is -1, as a code and as an item.
        """
        scope = scope or self.scope
        if "." not in path and self.version.field_type(path) == "text":
            column = self.index.column(path)
            return column.codes, None, column.values
        key = ("items", scope.kind if path.startswith("owner.") else "", path)
        kept: tuple[Ints, Ints | None, pa.Array] | None = self.cache.get(key)
        if kept is None:
            kept = self._make_items(path, scope)
            self.cache.put(key, kept, sum(part.nbytes for part in kept[1:] if part is not None) + 200)
        return kept

    def _make_items(self, path: str, scope: Scope) -> tuple[Ints, Ints | None, pa.Array]:
        if "." not in path:
            encoded = self.index.arrow(path).cast(pa.string()).dictionary_encode()
            return np.asarray(encoded.indices.fill_null(-1)), None, encoded.dictionary
        column, values = self.values_of(path, scope)
        encoded = values.cast(pa.string()).dictionary_encode()
        items = np.append(np.asarray(encoded.indices.fill_null(-1)), np.int32(-1))
        return self.index.column(column).codes, items, encoded.dictionary

    def _numbers(self, test: FieldTest, rows: Int64s) -> Bools:
        """Whether rows pass a test of a number, time or boolean column; of few rows only these are tested."""
        if 4 * len(rows) < self.index.rows:
            return self._numbers_at(test, rows)
        key = ("numbers", canonical(test))
        kept: Bools = self.cache.get(key)
        if kept is None:
            kept = self._numbers_at(test, None)
            self.cache.put(key, kept, len(kept))
        return np.asarray(kept.take(rows))

    def _numbers_at(self, test: FieldTest, rows: Int64s | None) -> Bools:
        if test.field == "occurred_at":
            times = self.index.time
            return times_hold(test, times if rows is None else times.take(rows), self.version)
        kind: ColumnType = self.version.columns["events"][test.field]
        values = self.index.arrow(test.field)
        return holds(test, kind, values if rows is None else values.take(pa.array(rows)), self.version)

    def acted_by(self, actors: tuple[str, ...]) -> Bools:
        """Which positions of the asked history have one of these actors; none counts as buyer."""
        column = self.index.column("actor")
        table = np.array([value in actors for value in [*column.values.to_pylist(), "buyer"]], dtype=np.bool_)
        return table.take(self.index.codes_at(self.history(self.scope), "actor"))

    def created_before_data(self, kind: str) -> Bools | None:
        """Containers whose record was created before the data begin; None where records have no such time."""
        path = f"{kind}.created_at"
        if path not in self.version.fields():
            return None
        _, created = self.values_of(path, self.scope)
        known = np.asarray(created.is_valid())
        return np.asarray(known & (stored_numbers(created, "time") < self.version.data_from))

    # --- container forms -----------------------------------------------------------------------

    def qualify(self, form: ContainerForm) -> tuple[Scope, Bools, Bools | None]:
        """Scope, qualifying containers by code, and for cut sequences the positions they keep."""
        if isinstance(form, MembersOf):
            kind, history_type, containers = self._behind(form.members_of)
            return Scope(kind, history_type), containers, None
        scope = self.scope_of(container_of(form))
        key = ("qualify", scope, self.version.cache_name(canonical(form)))
        kept: tuple[Bools, Bools | None] | None = self.cache.get(key)
        if kept is None:
            kept = self._qualify(form, scope)
            self.cache.put(key, kept, kept[0].nbytes + (0 if kept[1] is None else kept[1].nbytes))
        return scope, *kept

    def _qualify(self, form: ContainerForm, scope: Scope) -> tuple[Bools, Bools | None]:
        if isinstance(form, Sequence):
            return self._sequence(form, scope)
        if isinstance(form, InContainer):
            return self.find(form.where, scope).present(), None
        if isinstance(form, CountIn):
            history = self.history(scope)
            return (history.ends > history.starts) & self._counted(form, scope), None
        return self._by_id(form), None

    def _by_id(self, form: ContainerForm) -> Bools:
        """Forms that look at records and lists instead of events."""
        if isinstance(form, Related):
            return related_to(self, form)
        assert isinstance(form, Listed)
        listed = pa.array(self.version.members_listed(form), pa.string())
        codes = codes_of(self.index, form.container, listed)
        return distinct_count(codes, len(self.index.column(f"{form.container}_id").values))

    def _counted(self, form: CountIn, scope: Scope) -> Bools:
        """Which containers pass by their matching events; without a match nothing is counted."""
        matches = self.find(form.count, scope)
        if form.sum is not None:
            return self._summed(form.sum, form, scope, matches)
        container = np.asarray(matches.container, dtype=np.int64)
        if form.distinct is not None:
            rows = matches.history.row_at(matches.positions)
            codes, items, _ = self.items_of(form.distinct, scope)
            found = codes.take(rows) if items is None else items.take(codes.take(rows))
            known = np.flatnonzero(found >= 0)
            container, _ = distinct_pairs(container.take(known), found.take(known))
        counts = np.bincount(container, minlength=matches.history.containers)
        return np.asarray(compare(form.op, counts, form.value), dtype=np.bool_)

    def _summed(self, path: str, form: CountIn, scope: Scope, matches: Matches) -> Bools:
        """Sums over the matching events, or over the distinct records they name."""
        kind, size = self.version.field_type(path, "sum"), matches.history.containers
        container = np.asarray(matches.container, dtype=np.int64)
        rows = matches.history.row_at(matches.positions)
        hops, _ = self.version.route(path, scope.kind, "sum")
        if not hops:
            summed = self._event_amounts(path, kind)
            return sums_pass(form, summed, rows, container, size, self.version)
        if len(hops) > 1:
            raise SpecError("sums reach over one record at most", "sum")
        source, values = self.values_of(path, scope)
        codes = self.index.column(source).codes.take(rows)
        known = np.flatnonzero(codes >= 0)
        container, record = distinct_pairs(container.take(known), codes.take(known))
        currency = None
        if kind == "money" and "currency" in self.version.columns[hops[0].table]:
            currency = self.values_of(f"{path.rpartition('.')[0]}.currency", scope)[1]
        return sums_pass(form, Summed.of(kind, values, currency), record, container, size, self.version)

    def _event_amounts(self, path: str, kind: ColumnType) -> Summed:
        if kind != "money":
            return Summed(kind, self.index.arrow(path))
        currency = self.index.column("currency")
        return Summed(kind, self.index.arrow(path), currency.codes, tuple(currency.values.to_pylist()))

    def _sequence(self, form: Sequence, scope: Scope) -> tuple[Bools, Bools | None]:
        history = self.history(scope)
        reach = self._last_step(form.sequence, scope, track=form.include == "before")
        if form.include == "everyone":
            return reach.present, None
        positions = self._all(history)
        container = history.container_at(positions)
        if form.include == "after":
            return reach.present, positions >= reach.first.take(container)
        assert reach.start is not None
        latest = np.full(history.containers, -1, dtype=np.int64)
        np.maximum.at(latest, reach.matches.container, reach.start)
        return reach.present, positions <= latest.take(container)

    def _last_step(self, steps: tuple[SequenceStep, ...], scope: Scope, *, track: bool) -> Reach:
        """Reach set of the last included step, with exclusions between, before and after."""
        reach: Reach | None = None
        barred: list[Int64s] = []
        for step in steps:
            if step.exclude:
                barred.append(self.find(step.conditions[0], scope).positions)
                continue
            between = union(barred) if barred else None
            barred = []
            reach = self._next_step(reach, step, scope, between, track=track)
        assert reach is not None
        if barred:
            reach = _none_after(reach, union(barred))
        return reach

    def _next_step(
        self, reach: Reach | None, step: SequenceStep, scope: Scope, barred: Int64s | None, *, track: bool
    ) -> Reach:
        """Reach set of a step behind that of the step before; None before the first."""
        limits = self.step(step.within, step.after, step.same, step.different, barred=barred)
        if step.any_order is not None:
            group = Group([self.find(one, scope) for one in step.any_order])
            if reach is None:
                return begin(_not_behind(group.matches, barred), track=track)
            return group.after(reach, limits.within, limits.after, barred, track=track)
        matches = self.find(step.where, scope)
        if reach is None:
            return begin(_not_behind(matches, barred), track=track)
        return advance([(reach, limits)], matches, track=track)[0]

    def step(
        self,
        within: str | None,
        after: str | None,
        same: str | None,
        different: str | None,
        *,
        follow: str | None = None,
        immediately: bool = False,
        barred: Int64s | None = None,
    ) -> Step:
        """A step of the language in the units of the index."""

        def codes(kind: str | None) -> Ints | None:
            return None if kind is None else self.index.column(container_named(kind).id_column).codes

        def micros(duration: str | None) -> int | None:
            return None if duration is None else microseconds(duration)

        return Step(
            micros(within), micros(after), micros(follow), codes(same), codes(different), immediately, barred
        )

    # --- conditions of whole containers --------------------------------------------------------

    def whole_containers(self, condition: Any) -> Bools | None:
        """Which containers a condition keeps whole; None where it also cuts their histories.

        Conditions of the question's own container forms keep or drop whole histories, so a segment of
        accounts is a table looked up at first steps instead of a cut of every history.
        """
        if isinstance(condition, AllOf | AnyOf):
            parts = [
                self.whole_containers(part)
                for part in (condition.all if isinstance(condition, AllOf) else condition.any)
            ]
            known = [part for part in parts if part is not None]
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            return np.asarray(join.reduce(known)) if len(known) == len(parts) else None
        if isinstance(condition, NotOf):
            inner = self.whole_containers(condition.not_)
            return None if inner is None else ~inner
        if isinstance(condition, ContainerForm):
            if not isinstance(condition, MembersOf) and container_of(condition) != self.scope.kind:
                return None
            scope, containers, marked = self.qualify(condition)
            return containers if scope == self.scope and marked is None else None
        if isinstance(condition, FieldTest):
            return self._whole_by_record(condition)
        raise SpecError(f"{type(condition).__name__} is no condition")

    def _whole_by_record(self, test: FieldTest) -> Bools | None:
        """A test of the stamped container's own id or record holds for all its events or for none."""
        if self.scope.type == "members" or self.scope.kind == "session":
            return None
        own = container_named(self.scope.kind).id_column
        column, table = self.code_table(test, self.scope)
        return table[:-1] if column == own else None


def container_of(form: InContainer | CountIn | Sequence | Related | Listed) -> str:
    """The kind of container a form qualifies."""
    return form.of if isinstance(form, Related) else form.container


def _passing(table: Bools, codes: Ints) -> Bools:
    """Whether each code passes; a single one is compared, which is several times faster than a look-up."""
    passing = np.flatnonzero(table)
    if len(passing) == 1 and passing[0] < len(table) - 1:
        return np.asarray(codes == codes.dtype.type(passing[0]))
    return np.asarray(table.take(codes))


def _not_behind(matches: Matches, barred: Int64s | None) -> Matches:
    """Matches with nothing barred before them in their container."""
    if barred is None:
        return matches
    who, first, _ = Matches(matches.history, barred).arrivals()
    limit = matches.history.nowhere()
    limit[who] = first
    return matches.where(matches.positions <= limit.take(matches.container))


def _none_after(reach: Reach, barred: Int64s) -> Reach:
    """The reach set without the positions that something barred follows."""
    history, matches = reach.history, reach.matches
    last = np.full(history.containers, -1, dtype=np.int64)
    bars = Matches(history, barred)
    last[bars.container] = barred  # ascending: the last write of a container stands
    kept = matches.positions >= last.take(matches.container)
    left = matches.where(kept)
    start = None if reach.start is None else reach.start[kept]
    return Reach(history, left.arrivals(), lambda: left, start)
