"""From conditions to positions: what matches, found from postings where possible, tested where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.errors import SpecError
from workbench.index.counting import counted
from workbench.index.fields import Cache, Fields, Scope, codes_of
from workbench.index.history import History, Matches
from workbench.index.kernels import Bools, Int64s, Ints, distinct_count, union
from workbench.index.records import related_to
from workbench.index.sequences import followed
from workbench.index.store import JourneyIndex
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
)
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.parsing import canonical

ContainerForm = InContainer | CountIn | Sequence | MembersOf | Related | Listed
BehindNumber = Callable[[Number], tuple[str, str, Bools]]
"""Kind, history type and membership by container code of the containers behind a number."""


class Matcher(Fields):
    """Evaluates inlined conditions in the histories of one data version, for one question."""

    def __init__(
        self,
        index: JourneyIndex,
        version: DataVersion,
        scope: Scope,
        behind: BehindNumber,
        cache: Cache | None = None,
    ) -> None:
        super().__init__(index, version, scope, cache)
        self._behind = behind

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
                return self.numbers_hold(condition, rows)
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

    def acted_by(self, actors: tuple[str, ...]) -> Bools:
        """Which positions of the asked history have one of these actors; none counts as buyer."""
        column = self.index.column("actor")
        table = np.array([value in actors for value in [*column.values.to_pylist(), "buyer"]], dtype=np.bool_)
        return table.take(self.index.codes_at(self.history(self.scope), "actor"))

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
            return followed(form, self.index, self.history(scope), lambda one: self.find(one, scope))
        if isinstance(form, InContainer):
            return self.find(form.where, scope).present(), None
        if isinstance(form, CountIn):
            history = self.history(scope)
            found = counted(self, form, self.find(form.count, scope), scope)
            return (history.ends > history.starts) & found, None
        return self._by_id(form), None

    def _by_id(self, form: ContainerForm) -> Bools:
        """Forms that look at records and lists instead of events."""
        if isinstance(form, Related):
            return related_to(self, form, lambda inner: self.qualify(inner)[1])
        assert isinstance(form, Listed)
        listed = pa.array(self.version.members_listed(form), pa.string())
        codes = codes_of(self.index, form.container, listed)
        return distinct_count(codes, len(self.index.column(f"{form.container}_id").values))

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
