"""One frozen Spec per question, a file each.

A Spec is what was asked, complete and checked: `parse_spec` reads it from JSON,
`Spec.to_json()` writes it without defaults, equal questions have equal canonical text.
"""

from __future__ import annotations

from workbench.model.specs.breakdown import BreakdownSpec
from workbench.model.specs.cohort_table import (
    CohortTableSpec,
    Criteria,
    Criterion,
    Granularity,
    MilestoneColumn,
    compare,
)
from workbench.model.specs.fallout import FalloutSpec, Touchpoint
from workbench.model.specs.flow import FlowSpec, Through
from workbench.model.specs.journey_canvas import Arrow, JourneyCanvasSpec, Node
from workbench.model.specs.lift import LiftSpec
from workbench.model.specs.metrics import CountOf, DistinctOf, Metric, SumOf
from workbench.model.specs.paths import PathsSpec
from workbench.model.specs.question import Actor, DateRange, Limits, Question, SegmentCondition
from workbench.model.specs.time_to import Initiative, TimeToSpec

Spec = (
    JourneyCanvasSpec
    | FalloutSpec
    | FlowSpec
    | CohortTableSpec
    | BreakdownSpec
    | PathsSpec
    | LiftSpec
    | TimeToSpec
)
SPECS: dict[str, type[Question]] = {
    "journey_canvas": JourneyCanvasSpec,
    "fallout": FalloutSpec,
    "flow": FlowSpec,
    "cohort_table": CohortTableSpec,
    "breakdown": BreakdownSpec,
    "paths": PathsSpec,
    "lift": LiftSpec,
    "time_to": TimeToSpec,
}
"""Analysis name → its Spec."""

__all__ = [
    "SPECS",
    "Actor",
    "Arrow",
    "BreakdownSpec",
    "CohortTableSpec",
    "CountOf",
    "Criteria",
    "Criterion",
    "DateRange",
    "DistinctOf",
    "FalloutSpec",
    "FlowSpec",
    "Granularity",
    "Initiative",
    "JourneyCanvasSpec",
    "LiftSpec",
    "Limits",
    "Metric",
    "MilestoneColumn",
    "Node",
    "PathsSpec",
    "Question",
    "SegmentCondition",
    "Spec",
    "SumOf",
    "Through",
    "TimeToSpec",
    "Touchpoint",
    "compare",
]
