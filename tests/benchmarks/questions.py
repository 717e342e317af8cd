"""The questions every system is asked, in the language of questions, with the ratios the product promises.

A step, node or anchor is always one event type, so the reference SQL of the peers can be written from the
same specs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Analysis = Literal["fallout", "flow", "cohort_table", "journey_canvas"]

COMMON = ("Page Viewed", "Email Opened", "Content Downloaded", "Form Submitted", "Meeting Held")
RARE = ("Event Attended", "Trial Started", "Meeting Held", "MQL Qualified", "Opportunity Created")
DEAL = ("Webinar Attended", "Meeting Held", "Closed-Won")
SEGMENT_EVENT = "Demo Requested"


@dataclass(frozen=True)
class Question:
    """One question, how its answers are compared and how many times faster than each peer it has to be."""

    name: str
    title: str
    spec: dict[str, Any]
    counts_only: bool = False
    """Compare and time the peers without medians."""
    targets: dict[str, float] = field(default_factory=dict)
    """Peer to the least ratio at 20 M events on two cores."""

    @property
    def analysis(self) -> Analysis:
        """Which analysis the spec asks for."""
        name: Analysis = self.spec["analysis"]
        return name


def is_type(event_type: str) -> dict[str, Any]:
    """The condition that an event has this type."""
    return {"field": "event_type", "op": "equals", "value": event_type}


def fallout(steps: tuple[str, ...], container: str = "account", **limits: str) -> dict[str, Any]:
    """Steps in turn without the baseline; `limits` (`within`) apply to every step but the first."""
    touchpoints = [
        {"label": step, "where": is_type(step), **(limits if at else {})} for at, step in enumerate(steps)
    ]
    return {"analysis": "fallout", "container": container, "touchpoints": touchpoints, "baseline": False}


def flow(container: str = "account") -> dict[str, Any]:
    """The next five event types after every form, with the defaults."""
    return {
        "analysis": "flow",
        "container": container,
        "starts_with": is_type("Form Submitted"),
        "dimension": "event_type",
    }


def cohort() -> dict[str, Any]:
    """Accounts by the month of a form, back in later months with a meeting."""
    return {
        "analysis": "cohort_table",
        "container": "account",
        "inclusion": {"metrics": [{"where": is_type("Form Submitted")}]},
        "return": {"metrics": [{"where": is_type("Meeting Held")}]},
    }


def canvas() -> dict[str, Any]:
    """Six checkpoints and eight arrows from an advertisement to a won deal."""
    nodes = {
        "ad": "Ad Clicked",
        "download": "Content Downloaded",
        "form": "Form Submitted",
        "webinar": "Webinar Attended",
        "meeting": "Meeting Held",
        "won": "Closed-Won",
    }
    arrows = (
        ("ad", "download"),
        ("ad", "form"),
        ("download", "form"),
        ("download", "webinar"),
        ("form", "webinar"),
        ("form", "meeting"),
        ("webinar", "meeting"),
        ("meeting", "won"),
    )
    return {
        "analysis": "journey_canvas",
        "container": "account",
        "nodes": [{"id": node, "label": label, "where": is_type(label)} for node, label in nodes.items()],
        "arrows": [{"source": source, "target": target} for source, target in arrows],
    }


def segments(count: int) -> list[dict[str, Any]]:
    """Segments of accounts that had a rare event."""
    return [{"container": "account", "where": is_type(name)} for name in RARE[:count]]


def under_segment(spec: dict[str, Any]) -> dict[str, Any]:
    """The same question about the accounts that asked for a demonstration."""
    segment = {"container": "account", "where": is_type(SEGMENT_EVENT)}
    return {**spec, "segments": [segment]}


QUESTIONS: tuple[Question, ...] = (
    Question("fallout", "fallout, 5 eventual steps", fallout(COMMON), targets={"chdb": 10, "duckdb": 8}),
    Question("fallout_counts", "the same, peers without medians", fallout(COMMON), counts_only=True),
    Question(
        "fallout_within",
        "fallout, each step within 30 days",
        fallout(COMMON, within="30d"),
        targets={"chdb": 8, "duckdb": 4},
    ),
    Question(
        "fallout_within_counts",
        "the same, peers without medians",
        fallout(COMMON, within="30d"),
        counts_only=True,
    ),
    Question("fallout_rare", "fallout, 5 rare steps", fallout(RARE)),
    Question("flow_account", "flow, 5 columns, by account", flow(), targets={"chdb": 6, "duckdb": 20}),
    Question(
        "flow_opportunity",
        "flow, 5 columns, by opportunity",
        flow("opportunity"),
        targets={"chdb": 8, "duckdb": 20},
    ),
    Question("flow_person", "flow, 5 columns, by person", flow("person"), targets={"chdb": 8, "duckdb": 20}),
    *(
        Question(f"flow_10_{kind}", f"flow, 5 columns of 10 items, by {kind}", {**flow(kind), "items": 10})
        for kind in ("account", "opportunity", "person")
    ),
    Question(
        "fallout_10",
        "fallout, 10 steps, 3 segments compared",
        {**fallout((*COMMON, *RARE)), "compare": segments(3)},
    ),
    Question("cohort", "cohort table, 24 x 24 months", cohort(), targets={"chdb": 6, "duckdb": 5}),
    Question("cohort_latency", "the same with the periods before", {**cohort(), "latency": True}),
    Question(
        "cohort_items",
        "cohort table by 100 items of a dimension",
        {**cohort(), "dimension": "campaign_id", "items": 100},
    ),
    Question("canvas", "canvas, 6 nodes, 8 arrows, medians", canvas(), targets={"chdb": 6, "duckdb": 6}),
    Question(
        "fallout_opportunity",
        "fallout, 3 steps, by opportunity, members' histories",
        {**fallout(DEAL, "opportunity"), "history": "members"},
        targets={"chdb": 6, "duckdb": 5},
    ),
    Question("fallout_segment", "fallout under a segment of accounts", under_segment(fallout(COMMON))),
    Question("flow_segment", "flow under a segment of accounts", under_segment(flow())),
)

SEGMENT_PAIRS: tuple[tuple[str, str], ...] = (
    ("fallout_segment", "fallout"),
    ("flow_segment", "flow_account"),
)
"""A question under a segment, and the same one without it: at most three times its time."""
SEGMENT_LIMIT = 3.0
