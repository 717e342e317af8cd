"""From a condition to containers of a kind: those with a row in the set, events or not.

A container with a record and no event is judged as one row without values, apart from its own id and the ids
its record names. `count` finds no events there, `sequence` and `members_of` of its own kind do not hold.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.index.fields import along, codes_of
from workbench.index.kernels import Bools
from workbench.index.matching import Matcher
from workbench.index.values import holds, intervals
from workbench.model.conditions import (
    AllOf,
    AnyOf,
    CountIn,
    FieldTest,
    InContainer,
    MembersOf,
    NotOf,
    Sequence,
    negated,
)
from workbench.model.containers import container_named
from workbench.model.parsing import canonical
from workbench.model.relations import named_columns
from workbench.model.specs import compare


def containers_of(matcher: Matcher, condition: Any) -> Bools:
    """Which containers of the matcher's kind an inlined condition names, by code."""
    key = ("containers", matcher.scope, matcher.version.cache_name(canonical(condition)))
    kept: Bools | None = matcher.cache.get(key)
    if kept is None:
        kept = _with_events(matcher, condition) & _has_events(matcher)
        alone = Recordless(matcher)
        kept[alone.codes] = alone.test(condition)
        matcher.cache.put(key, kept, kept.nbytes)
    return kept


def _has_events(matcher: Matcher) -> Bools:
    history = matcher.history(matcher.scope)
    return np.asarray(history.ends > history.starts)


def _with_events(matcher: Matcher, condition: Any) -> Bools:
    """Which containers have an event in the set; those without events may be either."""
    whole = matcher.whole_containers(condition)
    if whole is not None:
        return whole
    if isinstance(condition, AnyOf):
        return reduce(np.logical_or, (_with_events(matcher, part) for part in condition.any))
    if isinstance(condition, AllOf):
        return _with_all(matcher, condition)
    if isinstance(condition, NotOf):
        return _without(matcher, condition.not_)
    return matcher.find(condition).present()


def _with_all(matcher: Matcher, condition: AllOf) -> Bools:
    """Parts that keep whole containers are looked up; the others must hold at one event."""
    known = [(part, matcher.whole_containers(part)) for part in condition.all]
    rest = tuple(part for part, whole in known if whole is None)
    found = _with_events(matcher, rest[0]) if len(rest) == 1 else matcher.find(AllOf(all=rest)).present()
    return reduce(np.logical_and, (whole for _, whole in known if whole is not None), found)


def _without(matcher: Matcher, condition: Any) -> Bools:
    """Containers with an event outside the set."""
    if isinstance(condition, NotOf):
        return _with_events(matcher, condition.not_)
    if isinstance(condition, AllOf):
        return _with_events(matcher, AnyOf(any=tuple(negated(part) for part in condition.all)))
    if isinstance(condition, AnyOf):
        return _with_events(matcher, AllOf(all=tuple(negated(part) for part in condition.any)))
    if isinstance(condition, FieldTest) and (condition.field, condition.op) == ("occurred_at", ">"):
        return _begun(matcher, condition)
    return matcher.find(negated(condition)).present()


def _begun(matcher: Matcher, later: FieldTest) -> Bools:
    """Containers whose first event is not later than a time."""
    history = matcher.history(matcher.scope)
    found = np.flatnonzero(history.ends > history.starts)
    begun = np.zeros(history.containers, dtype=np.bool_)
    limit = intervals(later, "time", matcher.version)[0][1]
    begun[found] = history.time_at(history.starts.take(found)) <= limit
    return begun


class Recordless:
    """Containers with a record and no event, each as one row: its own id and the ids its record names."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher, self.kind = matcher, matcher.scope.kind
        history = matcher.history(matcher.scope)
        self.codes = np.flatnonzero(history.ends == history.starts)

    def ids(self, column: str) -> pa.Array | None:
        """An id column of `events` in these rows; None where the row has no value there."""
        own = container_named(self.kind).id_column
        index = self.matcher.index
        if column == own:
            return index.column(own).values.take(pa.array(self.codes))
        mine = self.ids(own)
        assert mine is not None
        if column == "global_account_id":
            return self._global_account(mine)
        if column not in named_columns(self.kind):
            return None
        kind = container_named(self.kind)
        return index.record(str(kind.table), kind.record_key, column, mine)

    def _global_account(self, mine: pa.Array) -> pa.Array | None:
        accounts = mine if self.kind == "account" else self.ids("account_id")
        if accounts is None:
            return None
        tops = self.matcher.index.record("accounts", "account_id", "global_account_id", accounts)
        return pc.coalesce(tops.cast(pa.string()), accounts.cast(pa.string()))

    # --- testing -------------------------------------------------------------------------------

    def test(self, condition: Any) -> Bools:
        """Whether the condition holds in each of the rows."""
        if isinstance(condition, AllOf | AnyOf):
            parts = condition.all if isinstance(condition, AllOf) else condition.any
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            return np.asarray(join.reduce([self.test(part) for part in parts]))
        if isinstance(condition, NotOf):
            return ~self.test(condition.not_)
        if isinstance(condition, FieldTest):
            return self._field(condition)
        return self._form(condition)

    def _field(self, test: FieldTest) -> Bools:
        version, index = self.matcher.version, self.matcher.index
        kind = version.field_type(test.field)
        if version.derives_role(test.field):
            ids = self.ids("person_id")
            values = None if ids is None else index.roles(ids)
        else:
            hops, column = version.route(test.field, self.kind)
            ids = self.ids(hops[0].column if hops else column)
            values = ids if ids is None or not hops else along(index, ids, hops, column)
        if values is None:
            nothing = pa.nulls(1, pa.string() if kind == "text" else pa.int64())
            return np.repeat(holds(test, kind, nothing, version), len(self.codes))
        return holds(test, kind, values, version)

    def _form(self, form: Any) -> Bools:
        """Forms of the own kind look at the row, others at the container it names, if that has events."""
        if isinstance(form, InContainer | CountIn | Sequence) and form.container == self.kind:
            return self._own_form(form)
        scope, containers, marked = self.matcher.qualify(form)
        ids = self.ids(container_named(scope.kind).id_column)
        of_events = isinstance(form, MembersOf) and scope.kind == self.kind
        if ids is None or marked is not None or of_events:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.append(containers, False).take(codes_of(self.matcher.index, scope.kind, ids))

    def _own_form(self, form: InContainer | CountIn | Sequence) -> Bools:
        if isinstance(form, InContainer):
            return self.test(form.where)
        if isinstance(form, CountIn):
            none = np.zeros(len(self.codes), dtype=np.int64)
            return np.asarray(compare(form.op, none, form.value), dtype=np.bool_)
        return np.zeros(len(self.codes), dtype=np.bool_)
