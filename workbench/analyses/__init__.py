"""The questions, one file each: pure functions of index arrays and a Spec.

A newcomer adds a file and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from workbench.analyses import breakdown, cohort_table, fallout, flow, journey_canvas, lift, paths, time_to
from workbench.analyses.part import Part
from workbench.index.kernels import Bools
from workbench.model.data_version import DataVersion

Tables = dict[str, pl.DataFrame]
WORKERS = ThreadPoolExecutor(thread_name_prefix="measure")
"""Measures parts side by side; the loops inside release the interpreter lock."""


@dataclass(frozen=True)
class Analysis:
    """How one question is answered over parts, and how its numbers open into containers."""

    answer: Callable[[Sequence[Part], Any, DataVersion], Tables]
    members: Callable[[Part, Any, str, dict[str, Any], str], Bools]
    """Part, spec, table, row and measure → membership by container code."""
    divisible: Callable[[Any], bool]
    """Whether a large question of this form gains from parts measured side by side."""


def one_round(module: Any) -> Analysis:
    """An analysis of a single round: measure every part, merge, finish."""

    def answer(parts: Sequence[Part], spec: Any, version: DataVersion) -> Tables:
        def measure(part: Part) -> Any:
            return module.measure(part, spec)

        partials = map(measure, parts) if len(parts) == 1 else WORKERS.map(measure, parts)
        merged = reduce(module.merge, partials)
        tables: Tables = module.finish(merged, spec, version)
        return tables

    return Analysis(answer, module.members, module.divisible)


ANALYSES: dict[str, Analysis] = {
    "journey_canvas": one_round(journey_canvas),
    "fallout": one_round(fallout),
    "flow": Analysis(flow.answer, flow.members, flow.divisible),
    "cohort_table": Analysis(cohort_table.answer, cohort_table.members, cohort_table.divisible),
    "breakdown": one_round(breakdown),
    "paths": Analysis(paths.answer, paths.members, paths.divisible),
    "lift": Analysis(lift.answer, lift.members, lift.divisible),
    "time_to": one_round(time_to),
}
"""Analysis name → how it is answered."""
