"""The default engine: questions answered from the journey index."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from workbench.analyses import ANALYSES
from workbench.analyses.part import Part
from workbench.analyses.trace import trace
from workbench.engines.compared import complete, count_question
from workbench.errors import SpecError
from workbench.index.fields import Cache, Scope
from workbench.index.kernels import Bools, Int64s
from workbench.index.matching import Matcher
from workbench.index.resolving import containers_of
from workbench.index.store import JourneyIndex
from workbench.model.calendar import mature, range_bounds
from workbench.model.compare import question_behind
from workbench.model.conditions import Condition, Number
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.parsing import canonical, parse_spec
from workbench.model.result import Answer, always_opens, check_select, no_such_row
from workbench.model.specs import JourneyCanvasSpec, Spec

WAYS = min(os.cpu_count() or 1, 4)
"""Into how many parts a large question is divided."""
WORTH_DIVIDING = 2_000_000
"""Positions from which dividing a question was measured to help."""
DEEPEST = 8
"""Most questions inside questions that `members_of` may nest."""


class IndexEngine:
    """Answers from one opened index; holds no state but what it remembers."""

    def __init__(self, index: JourneyIndex, version: DataVersion, cache: Cache | None = None) -> None:
        self.index, self.version, self.cache = index, version, cache or Cache()

    def answer(self, spec: Spec) -> Answer:
        """Tables of a question."""
        return complete(spec, self.version, count_question(spec, self.version, self.count))

    def count(self, spec: Spec) -> Answer:
        """The numbers of a question that compares nothing; its labels and notes are still to be put in."""
        part = self.part(spec)
        analysis = ANALYSES[spec.analysis]
        divided = analysis.divisible(spec) and len(part) >= WORTH_DIVIDING and part.kept is None
        tables = analysis.answer(part.split(WAYS) if divided else [part], spec, self.version)
        history = part.history
        lengths = history.ends - history.starts
        if part.allowed is not None:
            lengths = lengths[part.allowed]
        events, containers = int(lengths.sum()), int(np.count_nonzero(lengths))
        left_out = 0 if part.matcher.scope.type == "members" else self.index.unstamped(spec.container)
        return Answer(
            tables,
            events,
            containers,
            fan_out=history.fan_out if history.fan_out > 1 else None,
            left_out=left_out,
        )

    def members(self, spec: Spec, table: str, select: dict[str, Any], measure: str) -> list[str]:
        """Ids of the containers behind one number, sorted."""
        spec, select = question_behind(spec, select, self.version)
        present = ANALYSES[spec.analysis].members(self.part(spec), spec, table, select, measure)
        if always_opens(spec, table, measure) and not present.any():
            raise no_such_row(table, select)
        ids = self.index.column(f"{spec.container}_id").values.take(pa.array(np.flatnonzero(present)))
        return sorted(ids.to_pylist())

    def resolve(self, condition: Condition, container: str) -> list[str]:
        """Ids of the containers of a kind with a row in the set, those without events included, sorted."""
        present = np.flatnonzero(self._containers(condition, container))
        ids = self.index.column(container_named(container).id_column).values.take(pa.array(present))
        return sorted(ids.to_pylist())

    def size(self, condition: Condition, container: str) -> int:
        """How many these are."""
        return int(np.count_nonzero(self._containers(condition, container)))

    def matcher(self, container: str) -> Matcher:
        """What finds events in the default histories of a kind of container."""
        scope = Scope(container_named(container).name, self.version.history_of(container))
        return Matcher(self.index, self.version, scope, lambda number: self._behind(number, 1), self.cache)

    def _containers(self, condition: Condition, container: str) -> Bools:
        return containers_of(self.matcher(container), self.version.inline(condition))

    def trace(self, spec: JourneyCanvasSpec, code: int) -> dict[str, pl.DataFrame]:
        """How far the container of a code came on a canvas."""
        return trace(self.part(spec).slice(code, code + 1), spec)

    # --- the histories a question asks ---------------------------------------------------------

    def part(self, spec: Spec, depth: int = 0) -> Part:
        """The histories of a question, cut by its segments, actors and dates."""
        scope = Scope(spec.container, self.version.history_of(spec.container, spec.history))

        def behind(number: Number) -> tuple[str, str, Bools]:
            return self._behind(number, depth + 1)

        matcher = Matcher(self.index, self.version, scope, behind, self.cache)
        bounds = range_bounds(spec.date_range, self.version)
        cuts_events = (
            bounds is not None and spec.date_range is not None and spec.date_range.applies_to == "events"
        )
        cuts = self._named_cuts(spec)
        allowed, kept = self._cut(matcher, spec, cuts)
        history = matcher.history(scope)
        starts_in = mature(None if cuts_events else bounds, spec, self.version)
        part = Part(
            matcher,
            history if kept is None else self._compact(matcher, kept, cuts),
            allowed,
            starts_in,
            kept,
            name=canonical([scope.kind, scope.type, cuts, starts_in]),
            cache=self.cache,
        )
        if not cuts_events:
            return part
        assert bounds is not None
        time = part.history.time
        inside = np.flatnonzero((time >= bounds[0]) & (time < bounds[1]))
        mask = np.zeros(part.history.size, dtype=np.bool_)
        mask[inside] = True
        return replace(
            part,
            history=part.history.keep(mask),
            kept=part.whole_position(inside),
            before_range=part,
            memo={},
            name=canonical([part.name, bounds]),
        )

    def _named_cuts(self, spec: Spec) -> str:
        """What cuts the histories apart from dates, by the name it is remembered by."""
        segments = [canonical(self.version.inline(segment)) for segment in spec.segments]
        return self.version.cache_name(canonical([segments, spec.actors]))

    def _cut(self, matcher: Matcher, spec: Spec, cuts_name: str) -> tuple[Bools | None, Int64s | None]:
        """Containers that segments keep whole, and positions that segments and actors keep."""
        allowed: Bools | None = None
        cuts = []
        for segment in spec.segments:
            condition = self.version.inline(segment)
            whole = matcher.whole_containers(condition)
            if whole is None:
                cuts.append(condition)
            else:
                allowed = whole if allowed is None else allowed & whole
        if not cuts and spec.actors is None:
            return allowed, None
        key = ("kept", matcher.scope, cuts_name)
        kept: Int64s | None = self.cache.get(key)
        if kept is None:
            history = matcher.history(matcher.scope)
            mask = np.ones(history.size, dtype=np.bool_)
            for condition in cuts:
                mask &= matcher.test(condition)
            if spec.actors is not None:
                mask &= matcher.acted_by(spec.actors)
            kept = np.flatnonzero(mask)
            self.cache.put(key, kept, kept.nbytes)
        return allowed, kept

    def _compact(self, matcher: Matcher, kept: Int64s, cuts_name: str) -> Any:
        key = ("compact", matcher.scope, cuts_name)
        compact = self.cache.get(key)
        if compact is None:
            history = matcher.history(matcher.scope)
            mask = np.zeros(history.size, dtype=np.bool_)
            mask[kept] = True
            compact = history.keep(mask)
            self.cache.put(key, compact, 24 * compact.size)
        return compact

    def _behind(self, number: Number, depth: int) -> tuple[str, str, Bools]:
        """Containers behind a number of another question, by code."""
        if depth > DEEPEST:
            raise SpecError(
                f"questions are nested more than {DEEPEST} deep; does a segment refer to itself?",
                "members_of",
            )
        spec = parse_spec(number.question)
        measure = check_select(spec, number.table, number.select, number.measure)
        spec, select = question_behind(spec, number.select, self.version)
        part = self.part(spec, depth)
        present = ANALYSES[spec.analysis].members(part, spec, number.table, select, measure)
        return spec.container, part.matcher.scope.type, present
