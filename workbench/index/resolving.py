"""From a condition to containers of a kind: those with a row in the set, events or not.

A container with a record and no event is judged as one row without values, apart from its own id and the ids
its record names. `count` finds no events there, `sequence` and `members_of` of its own kind do not hold.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from workbench.index.kernels import Bools
from workbench.index.matching import Matcher
from workbench.index.records import Recordless
from workbench.index.values import intervals
from workbench.model.conditions import AllOf, AnyOf, FieldTest, NotOf, negated
from workbench.model.parsing import canonical


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
