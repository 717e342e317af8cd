"""What only the workbench is asked: recounts after a gesture, and the large canvas they start from.

The peers hold no state between two questions, so a recount has no counterpart there; its yardstick is the
same canvas counted from nothing, in the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.benchmarks.questions import is_type

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


@dataclass(frozen=True)
class Sized:
    """A segment whose size is asked of the index and of the SQL twin, and the least ratio of their times."""

    name: str
    title: str
    condition: dict[str, Any]
    target: float


def _in_account(where: dict[str, Any]) -> dict[str, Any]:
    return {"container": "account", "where": where}


NESTED: dict[str, Any] = {
    "all": [
        _in_account(is_type("Demo Requested")),
        {
            "any": [
                {"count": is_type("Email Clicked"), "container": "account", "op": ">=", "value": 3},
                {
                    "all": [
                        _in_account(is_type("Trial Started")),
                        {"not": _in_account(is_type("Closed-Lost"))},
                    ]
                },
            ]
        },
    ]
}
"""Three levels: all of, any of, all of."""
STEPS: dict[str, Any] = {
    "sequence": [
        {"where": is_type("Form Submitted")},
        {"where": is_type("Webinar Attended")},
        {"where": is_type("Meeting Held"), "within": "90d"},
    ],
    "container": "account",
}
SIZES: tuple[Sized, ...] = (
    Sized("size_nested", "size of a segment nested three levels", NESTED, 5),
    Sized("size_steps", "size of a segment of three steps", STEPS, 8),
)


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


GESTURES: tuple[Gesture, ...] = (
    Gesture("add_node", "one checkpoint added", _with_a_node()),
    Gesture("percent_base", "another percent base", {**big_canvas(), "percent_of": "previous"}),
    Gesture("move", "a checkpoint moved", _moved()),
)

LARGE: tuple[Large, ...] = (Large("canvas_10", "canvas, 10 nodes, 14 arrows, from nothing", big_canvas()),)
