"""Options of the language that this version documents but does not answer, refused in one place.

Every engine calls `refuse_not_yet` before it answers, so all engines refuse the same questions.
"""

from __future__ import annotations

from workbench.errors import NotYetError
from workbench.model.specs import CohortTableSpec, FlowSpec, Spec


def refuse_not_yet(spec: Spec) -> None:
    """Raise NotYetError, naming the option, where a question uses one that is not answered yet."""
    compared = not isinstance(spec, FlowSpec) and bool(spec.compare)
    _refuse(compared, "compare", "comparing segments")
    if isinstance(spec, FlowSpec):
        _refuse_flow(spec)
    if isinstance(spec, CohortTableSpec):
        _refuse_cohort_table(spec)


def _refuse_flow(spec: FlowSpec) -> None:
    _refuse(spec.contains is not None, "contains", "a flow in both directions")
    _refuse(not isinstance(spec.dimension, str), "dimension", "a dimension per column")


def _refuse_cohort_table(spec: CohortTableSpec) -> None:
    _refuse(spec.latency, "latency", "a latency table")
    _refuse(spec.counting != "exactly", "counting", f"counting {spec.counting!r}")
    _refuse(spec.periods != "calendar", "periods", "elapsed periods")
    _refuse(spec.dimension is not None, "dimension", "cohorts by items of a dimension")
    _refuse(spec.columns != "periods" or bool(spec.milestones), "columns", "milestones as columns")


def _refuse(asked: bool, place: str, what: str) -> None:
    if asked:
        raise NotYetError(f"{what} is not answered by this version", place)
