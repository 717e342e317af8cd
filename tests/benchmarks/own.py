"""What only the workbench is asked: recounts after a gesture, and large questions of the complete views.

The peers hold no state between two questions, so a recount has no counterpart there; its yardstick is the
same canvas counted from nothing, in the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.benchmarks.questions import COMMON, RARE, cohort, fallout, flow, is_type

STATIONS = (
    "Ad Clicked",
    "Content Downloaded",
    "Form Submitted",
    "Email Opened",
    "Webinar Attended",
    "Demo Requested",
    "Trial Started",
    "Meeting Held",
    "Opportunity Created",
    "Closed-Won",
)
WAYS = (
    *((at, at + 1) for at in range(len(STATIONS) - 1)),
    *((at, at + 2) for at in range(0, len(STATIONS) - 2, 2)),
    (1, 4),
)


@dataclass(frozen=True)
class Gesture:
    """A canvas on the screen, and the one that a gesture makes of it."""

    name: str
    title: str
    after: dict[str, Any]


@dataclass(frozen=True)
class Large:
    """A question without a reference."""

    name: str
    title: str
    spec: dict[str, Any]


def big_canvas() -> dict[str, Any]:
    """Ten checkpoints and fourteen arrows."""
    return {
        "analysis": "journey_canvas",
        "container": "account",
        "nodes": [
            {"id": f"n{at}", "label": name, "where": is_type(name)} for at, name in enumerate(STATIONS)
        ],
        "arrows": [{"source": f"n{a}", "target": f"n{b}"} for a, b in WAYS],
    }


def _with_a_node() -> dict[str, Any]:
    canvas = big_canvas()
    added = {"id": "new", "label": "MQL Qualified", "where": is_type("MQL Qualified")}
    return {
        **canvas,
        "nodes": [*canvas["nodes"], added],
        "arrows": [*canvas["arrows"], {"source": "n2", "target": "new"}],
    }


def _moved() -> dict[str, Any]:
    canvas = big_canvas()
    return {**canvas, "nodes": [{**node, "x": 10.0, "y": 20.0} for node in canvas["nodes"]]}


def _segments(count: int) -> list[dict[str, Any]]:
    return [{"container": "account", "where": is_type(name)} for name in RARE[:count]]


GESTURES: tuple[Gesture, ...] = (
    Gesture("add_node", "one checkpoint added", _with_a_node()),
    Gesture("percent_base", "another percent base", {**big_canvas(), "percent_of": "previous"}),
    Gesture("move", "a checkpoint moved", _moved()),
)

LARGE: tuple[Large, ...] = (
    Large("canvas_10", "canvas, 10 nodes, 14 arrows, from nothing", big_canvas()),
    *(
        Large(f"flow_10_{kind}", f"flow, 5 columns of 10 items, by {kind}", {**flow(kind), "items": 10})
        for kind in ("account", "opportunity", "person")
    ),
    Large(
        "fallout_10",
        "fallout, 10 steps, 3 segments compared",
        {**fallout((*COMMON, *RARE)), "compare": _segments(3)},
    ),
    Large("cohort_latency", "monthly cohort, periods before and after", {**cohort(), "latency": True}),
    Large(
        "cohort_items",
        "cohorts by 100 items of a dimension",
        {**cohort(), "dimension": "campaign_id", "items": 100},
    ),
)
