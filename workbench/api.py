"""`Workbench`, the one object a user holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from workbench.canvas_help import between_items, canvas_of, next_items
from workbench.engines import ENGINES
from workbench.engines.cache import BoundedCache
from workbench.engines.compared import bare, complete, count_question
from workbench.engines.index import IndexEngine
from workbench.engines.sql import SqlEngine
from workbench.errors import SpecError, nearest
from workbench.index.matching import Matcher
from workbench.index.store import JourneyIndex
from workbench.lookup import Lookup
from workbench.model.data_version import DataVersion, from_microseconds
from workbench.model.definition import definition_card
from workbench.model.parsing import canonical, parse_condition, parse_spec
from workbench.model.result import Answer, Result
from workbench.model.settings import Settings
from workbench.model.specs import SPECS, Spec
from workbench.segments import Segments
from workbench.segments_from_here import segment_condition
from workbench.workspace import Definitions, Generation, check_select, connect

CACHE_BYTES = 512 << 20
"""What answers, positions and tables of containers may hold in memory, by default."""


class Tables(Mapping[str, pl.DataFrame]):
    """The canonical tables of a data version, read when asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> pl.DataFrame:
        path = self._folder / f"{name}.parquet"
        if not path.exists():
            raise KeyError(f"{name!r} is no table; {nearest(name, self)}")
        return pl.read_parquet(path)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self._folder.glob("*.parquet")))

    def __len__(self) -> int:
        return len(list(self._folder.glob("*.parquet")))


class Workbench(Lookup):
    """One data version of a workspace, ready for questions; safe to share among threads.

    bench = wb.open("olist")
    result = bench.ask({"analysis": "fallout", "touchpoints": […]})
    result.tables["touchpoints"], result.members("touchpoints", {"step": 2})
    """

    def __init__(self, generation: Generation, *, cache_bytes: int = CACHE_BYTES) -> None:
        self.generation = generation
        self.tables = Tables(generation.tables)
        """Table name → frame."""
        self._in_use = generation.hold()
        self._base = generation.data_version()
        self._saved: tuple[int, Mapping[str, Any], Mapping[str, tuple[str, ...]]] = (-1, {}, {})
        self._cache = BoundedCache(cache_bytes)
        self._connection = connect(generation.workspace, generation.tables)
        self._lock = threading.Lock()
        super().__init__(JourneyIndex(generation.index_dir, generation.tables), self._cursor)

    def _cursor(self) -> Any:
        with self._lock:
            return self._connection.cursor()

    # --- what this is --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The workspace's name."""
        return self.settings.name

    @property
    def path(self) -> Path:
        """The workspace folder."""
        return self.generation.workspace

    def info(self) -> dict[str, Any]:
        """Rows, dates, event types, coverage of containers, milestones, and when it was loaded (UTC)."""
        loaded = self.generation.meta.get("loaded_at")
        return {**super().info(), "loaded_at": None if loaded is None else from_microseconds(loaded)}

    @property
    def data_version(self) -> int:
        """Number of the generation that answers."""
        return self.generation.number

    @property
    def settings(self) -> Settings:
        """How this company counts."""
        return self._base.settings

    @property
    def audit(self) -> dict[str, Any]:
        """What the load read, kept, repaired and rejected, and what stayed unmatched."""
        return self.generation.audit

    @property
    def definitions(self) -> Definitions:
        """Saved segments, views, models and journeys."""
        return Definitions(self.generation.workspace)

    @property
    def version(self) -> DataVersion:
        """What engines know of this data version, with the segments as they are saved now."""
        folder = self.definitions.folder / "segments"
        written = folder.stat().st_mtime_ns if folder.exists() else 0
        if self._saved[0] != written:
            self._saved = (written, self.definitions.segments(), self.definitions.lists())
        return replace(self._base, segments=self._saved[1], lists=self._saved[2])

    @cached_property
    def segments(self) -> Segments:
        """Saved segments: members, reasons, history, comparison, overlap, files for other systems."""
        return Segments(self)

    # --- asking --------------------------------------------------------------------------------

    def ask(self, question: Spec | dict[str, Any], engine: str = "index") -> Result:
        """Answer a question, given as a dict or a Spec; raises SpecError where it cannot be asked.

        `engine` is `index` (the default) or `sql`, the same question as plain SQL.
        """
        spec = parse_spec(question)
        answering = self._engine(engine)
        began = time.perf_counter()
        answer = self._answer(answering, spec, engine)
        elapsed = (time.perf_counter() - began) * 1000
        version = answering.version

        def members(table: str, select: dict[str, Any], measure: str) -> pl.DataFrame:
            return self.named(spec.container, answering.members(spec, table, select, measure))

        return Result(
            spec,
            answer,
            self.data_version,
            engine,
            elapsed,
            definition_card(spec, version, answer, elapsed),
            members,
            lambda table, select, measure: segment_condition(spec, version, table, select, measure),
            lambda: SqlEngine(self._cursor(), version).sql(spec),
        )

    def _answer(self, engine: Any, spec: Spec, name: str) -> Answer:
        """Numbers are remembered by what was counted; labels and notes are this question's own."""

        def count(one: Spec) -> Answer:
            text = engine.version.cache_name(canonical(engine.version.inline(bare(one))))
            key = ("answer", name, text)
            counted: Answer | None = self._cache.get(key)
            if counted is None:
                counted = engine.count(one)
                size = sum(int(table.estimated_size()) for table in counted.tables.values())
                self._cache.put(key, counted, size + 1000)
            return counted

        version = engine.version
        answer = complete(spec, version, count_question(spec, version, count))
        return replace(answer, notes=answer.notes + self._mismatches)

    @cached_property
    def _mismatches(self) -> tuple[str, ...]:
        """A note for each control total that the data miss, and for settings changed since the load."""
        missed = [control for control in self.audit.get("controls", ()) if not control["matches"]]
        return (
            *(f"control {c['name']!r} expects {c['expected']}, the data give {c['found']}" for c in missed),
            *self.generation.reload_needed,
        )

    def _engine(self, name: str) -> Any:
        if name not in ENGINES:
            raise SpecError(f"{name!r} is no engine; {nearest(name, ENGINES)}", "engine")
        if name == "sql":
            return SqlEngine(self._cursor(), self.version)
        return IndexEngine(self.index, self.version, self._cache)

    def resolve(self, condition: Any, container: str = "account", engine: str = "index") -> pl.DataFrame:
        """The containers of a kind that a condition, or a saved segment by its id, names, sorted by id.

        Columns `<container>_id, name`. Those with an event in the set; and of those with a record but no
        event the ones whose record fits: `count` finds no events there, `sequence` and `members_of` do
        not hold. Raises SpecError.
        """
        parsed = parse_condition(condition, "condition")
        return self.named(container, self._engine(engine).resolve(parsed, container))

    def size(self, condition: Any, container: str = "account") -> int:
        """How many containers `resolve` gives, without listing them."""
        return int(self._engine("index").size(parse_condition(condition, "condition"), container))

    def resolving_sql(self, condition: Any, container: str = "account") -> str:
        """The SQL that lists the ids of `resolve`, one column, runnable as pasted. Raises SpecError."""
        statement: str = self._engine("sql").resolving(parse_condition(condition, "condition"), container)
        return statement

    def matcher(self, kind: str) -> Matcher:
        """What finds events in the default histories of a kind of container."""
        return IndexEngine(self.index, self.version, self._cache).matcher(kind)

    def journey_canvas(self, **parts: Any) -> Result:
        """How many containers went from checkpoint to checkpoint: `nodes`, `arrows`, `metric`, …"""
        return self.ask(question("journey_canvas", parts))

    def fallout(self, **parts: Any) -> Result:
        """Step by step, how many went on: `touchpoints`, `baseline`, …"""
        return self.ask(question("fallout", parts))

    def flow(self, **parts: Any) -> Result:
        """What comes next or before: `starts_with`, `contains` or `ends_with`, `dimension`, `columns`, …"""
        return self.ask(question("flow", parts))

    def cohort_table(self, **parts: Any) -> Result:
        """How many of each cohort return: `inclusion`, `returning`, `granularity`, …"""
        return self.ask(question("cohort_table", parts))

    def breakdown(self, **parts: Any) -> Result:
        """How many have events of each item of a field, or in each period: `where`, `by`, `items`, …"""
        return self.ask(question("breakdown", parts))

    def paths(self, **parts: Any) -> Result:
        """In which order they come past items between a start and an end: `start`, `end`, `dimension`, …"""
        return self.ask(question("paths", parts))

    def lift(self, **parts: Any) -> Result:
        """Which items precede an anchor more often than they should: `anchor`, `dimension`, `within`, …"""
        return self.ask(question("lift", parts))

    def time_to(self, **parts: Any) -> Result:
        """How long they take to a milestone: `inclusion`, `milestone`, `competing`, `by`, …"""
        return self.ask(question("time_to", parts))

    def next_items(
        self, question: Spec | dict[str, Any], node: str, dimension: str = "event_type", **options: Any
    ) -> pl.DataFrame:
        """Items that could be drawn next to a checkpoint, with the numbers they would show.

        Options: `direction` (`next` or `previous`), `path` (`eventual` or `next`) and `items`. Columns
        `item, where, value, percent, median_seconds`; see `workbench.canvas_help.next_items`.
        """
        return next_items(self, question, node, dimension, **options)

    def between_items(
        self,
        question: Spec | dict[str, Any],
        source: str,
        target: str,
        dimension: str = "event_type",
        *,
        items: int = 12,
    ) -> pl.DataFrame:
        """Items that could be drawn between two checkpoints, with the numbers they would show.

        Columns `item, where, value, percent, median_seconds`; see `workbench.canvas_help.between_items`.
        """
        return between_items(self, question, source, target, dimension, items=items)

    def trace(self, question: Spec | dict[str, Any], container_id: str) -> dict[str, pl.DataFrame]:
        """How far one container came on a canvas, by the same reach sets as the counts.

        `nodes`: `id, label, reached, counted, occurred_at, event_type, person_id, person, matching`, with
        the earliest event of the reach set and the number of matching events; `arrows`: `source, target,
        moved, counted, seconds`. `counted` is false where an excluded node leaves the container out.
        Compared segments are not looked at.
        """
        spec = canvas_of(question)
        engine = IndexEngine(self.index, self.version, self._cache)
        tables = engine.trace(spec, self.code_of(spec.container, container_id))
        events = self.happened(tables["nodes"]["row"])
        nodes = tables["nodes"].with_columns(events)
        names = ("id", "label", "reached", "counted", *events.columns, "matching")
        return {"nodes": nodes.select(names), "arrows": tables["arrows"]}

    def sql(self, query: str) -> pl.DataFrame:
        """Rows of one SELECT over the workspace's tables; nothing else is allowed.

        As they are stored: `mask_persons` masks neither these rows nor `tables`.
        """
        cursor = self._cursor()
        check_select(cursor, query)
        try:
            frame: pl.DataFrame = cursor.sql(query).pl()
        except duckdb.Error as problem:
            raise SpecError(str(problem), "sql") from None
        return frame

    def forget(self) -> None:
        """Drop what is remembered between questions."""
        self._cache.clear()

    def close(self) -> None:
        """Release the data version."""
        self._connection.close()
        self._in_use.release()

    def __repr__(self) -> str:
        return f"<Workbench {self.name!r}, data version {self.data_version}, {self.index.rows:,} events>"


def question(analysis: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """A question from the keyword arguments of a builder; names that Python reserves end in `_`."""
    assert analysis in SPECS
    return {"analysis": analysis, **parts}
