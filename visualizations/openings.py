"""The opening questions: built from milestones, so that they work on anybody's data.

Where a workspace lacks milestones the most frequent event types stand in, in the order in which they first
happen; where events name no account, persons are counted. An opening says what stands in, and is never empty:
each is tried before it is shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import workbench as wb
from visualizations.editing.flow_edits import with_buyers
from visualizations.facts import Facts, milestone_name
from visualizations.views import BY_NAME

Question = dict[str, Any]
CHAIN = ("lead", "mql", "mqa", "sql", "opportunity_created", "won")
LONGEST_CHAIN = 5
STAND_INS = 4
BESIDE = "90d"
"""How far from its anchor a flow looks."""
LISTED_PATHS = 10
"""Whole paths below a flow."""


@dataclass(frozen=True)
class Opening:
    """A question to begin with."""

    view: str
    title: str
    text: str
    question: Question
    note: str = ""
    """What stands in for a missing milestone; empty where the documented question is asked."""


@dataclass(frozen=True)
class Step:
    """One checkpoint of the chain."""

    name: str
    label: str
    where: dict[str, Any]


@dataclass(frozen=True)
class Way:
    """A chain of steps counted in a container."""

    steps: tuple[Step, ...]
    container: str
    stand_in: str = ""
    """What stands in for milestones."""
    other: str = ""
    """Which other container is counted."""

    @property
    def note(self) -> str:
        """Both, as one text."""
        return _join(self.stand_in, self.other)


def _type_step(name: str) -> Step:
    return Step(name, name, {"field": "event_type", "op": "equals", "value": name})


def _milestone_step(name: str) -> Step:
    return Step(name, milestone_name(name), {"milestone": name})


# --- chains and containers -----------------------------------------------------------------------


def chains(facts: Facts) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Chains of steps, the documented one first, each with what stands in for milestones."""
    known = [name for name in CHAIN if facts.milestone_events(name)]
    if len(known) > LONGEST_CHAIN:
        known.remove("mqa")
    if len(known) >= 2:
        yield tuple(map(_milestone_step, known)), ""
    if len(known) == 1:
        yield _around(facts, known[0])
    for count in (STAND_INS, 2, 1) if facts.event_types else ():
        types = facts.info["event_types"][:count]
        steps = tuple(_type_step(row["event_type"]) for row in sorted(types, key=lambda row: row["first"]))
        yield steps, "No chain of milestones can be counted here, so the most frequent event types stand in."


def _around(facts: Facts, milestone: str) -> tuple[tuple[Step, ...], str]:
    """The only milestone, among the most frequent other event types."""
    condition = facts.info["milestones"][milestone]["condition"] or {}
    own = condition.get("value") if condition.get("field") == "event_type" else None
    rows = [row for row in facts.info["event_types"] if row["event_type"] != own][: STAND_INS - 1]
    began = next((row["first"] for row in facts.info["event_types"] if row["event_type"] == own), None)
    rows.sort(key=lambda row: row["first"])
    early = [_type_step(row["event_type"]) for row in rows if began is None or row["first"] <= began]
    late = [_type_step(row["event_type"]) for row in rows if began is not None and row["first"] > began]
    names = " and ".join(row["event_type"] for row in rows)
    stand = "stands" if len(rows) == 1 else "stand"
    note = (
        f"Only one milestone has events here, so {names} {stand} in."
        if rows
        else "Only one event type is loaded."
    )
    return (*early, _milestone_step(milestone), *late), note


def containers(facts: Facts, wanted: str) -> list[tuple[str, str]]:
    """Containers to count, the wanted one first, each with what to say where it is another one."""
    coverage = facts.info["coverage"]
    order = [wanted, "account", "person", *sorted(facts.units, key=lambda name: -(coverage.get(name) or 0))]
    found = [name for name in dict.fromkeys(order) if facts.units[name].containers]
    label = facts.label(wanted).lower()
    article = "an" if label[:1] in "aeiou" else "a"
    words = f"Too few events name {article} {label} here"
    return [
        (name, "" if name == wanted else f"{words}, so {facts.units[name].plural} are counted.")
        for name in found
    ] or [(wanted, "No event reaches any container.")]


def ways(facts: Facts, wanted: str = "account") -> Iterator[Way]:
    """Chains and containers to try, best first."""
    for (steps, note), (container, other) in itertools.product(chains(facts), containers(facts, wanted)):
        yield Way(steps, container, note, other)


def _join(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def first_drawn(facts: Facts, candidates: Iterable[Opening]) -> Opening:
    """The first opening that has something to show; the first of all where none has."""
    first: Opening | None = None
    for opening in candidates:
        first = first or opening
        try:
            if not BY_NAME[opening.view].emptied(facts.bench.ask(opening.question)):
                return opening
        except wb.WorkbenchError:
            continue
    if first is None:
        raise wb.DataError("this workspace has no events to ask about")
    return first


# --- the questions -------------------------------------------------------------------------------


def _same(facts: Facts, source: Step, target: Step, container: str) -> dict[str, str]:
    """Deal milestones stay within one deal where an account holds several."""
    deal = {"opportunity_created", "won", "lost"}
    several = facts.units["opportunity"].containers > facts.units["account"].containers * 0.2
    wide = container in ("account", "global_account") and several
    return {"same": "opportunity"} if wide and {source.name, target.name} <= deal else {}


def canvas(facts: Facts, way: Way) -> Opening:
    """From lead form to closed-won by account."""
    steps, container = list(way.steps), way.container
    arrows = [
        {"source": a.name, "target": b.name, **_same(facts, a, b, container)}
        for a, b in itertools.pairwise(steps)
    ]
    created = next((step for step in steps if step.name == "opportunity_created"), None)
    if created is not None and steps[-1].name == "won" and facts.milestone_events("lost"):
        lost = _milestone_step("lost")
        steps.append(lost)
        arrows.append({"source": created.name, "target": "lost", **_same(facts, created, lost, container)})
    question: Question = {
        "analysis": "journey_canvas",
        "container": container,
        "nodes": [{"id": step.name, "label": step.label, "where": step.where} for step in steps],
        "arrows": arrows,
    }
    unit = facts.units[container].plural
    text = f"How many {unit} go from each checkpoint to the next, how long it takes, and where they fall out."
    return Opening("journey-canvas", _from_to(way), text, question, way.note)


def _from_to(way: Way) -> str:
    first, last = way.steps[0].label, way.steps[-1].label
    return f"{first} to {last}" if len(way.steps) > 1 else first


def fallout(facts: Facts, way: Way) -> Opening:
    """The chain of milestones, step by step."""
    points = [{"label": step.label, "where": step.where} for step in way.steps]
    for i, (before, step) in enumerate(itertools.pairwise(way.steps), 1):
        points[i].update(_same(facts, before, step, way.container))
    question: Question = {"analysis": "fallout", "container": way.container, "touchpoints": points}
    title = f"Fallout from {_from_to(way)}" if len(way.steps) > 1 else f"Fallout: {way.steps[0].label}"
    text = f"Step by step: how many {facts.units[way.container].plural} go on, and how many do not."
    return Opening("fallout", title, text, question, way.note)


def cohorts(facts: Facts) -> Iterator[Opening]:
    """MQLs by month and which milestones they reach; else opportunities created and when they were won.

    Where there are neither: first and last step of a chain.
    """
    later = [name for name in ("sql", "opportunity_created", "won") if facts.milestone_events(name)]
    if facts.milestone_events("mql") and later:
        for container, note in containers(facts, "account")[:2]:
            yield _milestone_cohorts(facts, container, later, note)
    if facts.milestone_events("opportunity_created") and facts.milestone_events("won"):
        deal = (_milestone_step("opportunity_created"), _milestone_step("won"))
        for container, note in containers(facts, "opportunity")[:2]:
            yield _cohort(facts, Way(deal, container, other=note))
    for way in ways(facts):
        note = f"Deals are not followed from creation to close here, so cohorts run from {_from_to(way)}."
        yield _cohort(facts, replace(way, stand_in=way.stand_in or note))


def _milestone_cohorts(facts: Facts, container: str, later: list[str], note: str) -> Opening:
    """The marketer's table: cohorts by month of MQL, and the milestones after it."""
    question: Question = {
        "analysis": "cohort_table",
        "container": container,
        "columns": "milestones",
        "inclusion": {"metrics": [{"where": {"milestone": "mql"}}]},
        "milestones": [{"label": milestone_name(name), "where": {"milestone": name}} for name in later],
        "granularity": "month",
        "membership": "first",
    }
    names = [milestone_name(name) for name in later]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    text = f"Monthly MQL cohorts of {facts.units[container].plural}: how many reach {listed}, and how fast."
    return Opening("cohort-table", f"From MQL to {names[-1]} by month", text, question, note)


def _cohort(facts: Facts, way: Way) -> Opening:
    start, end = way.steps[0], way.steps[-1]
    question: Question = {
        "analysis": "cohort_table",
        "container": way.container,
        "inclusion": {"metrics": [{"where": start.where}]},
        "return": {"metrics": [{"where": end.where}]},
        "granularity": "month",
        "max_periods": 12,
    }
    if start.name != "opportunity_created":
        question["membership"] = "first"
    unit = facts.units[way.container].plural
    text = f"Monthly cohorts of {unit} from {start.label} to {end.label}: how many, how fast."
    return Opening("cohort-table", f"From {start.label} to {end.label} by month", text, question, way.note)


def flows(facts: Facts) -> Iterator[Opening]:
    """What precedes MQL, by content type; else the nearest question that has something to show."""
    for way in ways(facts):
        anchor = next((step for step in way.steps if step.name == "mql"), way.steps[-1])
        for side, path in itertools.product(("ends_with", "starts_with"), _dimensions(facts)):
            opening = _flow(way, anchor, side, path, _goal(facts, anchor))
            # our own mails precede everything: buyers' events are the items where there are any
            by_buyers = replace(opening, question=with_buyers(opening.question, True))
            for one in (by_buyers, opening):
                if _has_items(facts, one.question):
                    yield one
    yield from (
        _flow(way, way.steps[-1], "ends_with", "event_type", None) for way in itertools.islice(ways(facts), 1)
    )


def _goal(facts: Facts, anchor: Step) -> dict[str, Any] | None:
    """What whole paths convert to: the last milestone known behind the anchor's; None where there is none."""
    behind = CHAIN[CHAIN.index(anchor.name) + 1 :] if anchor.name in CHAIN else CHAIN
    known = [name for name in behind if facts.milestone_events(name)]
    return {"milestone": known[-1]} if known else None


def _flow(way: Way, anchor: Step, side: str, path: str, goal: dict[str, Any] | None) -> Opening:
    question: Question = {
        "analysis": "flow",
        "container": way.container,
        side: anchor.where,
        "anchor_label": anchor.label,
        "dimension": path,
        "columns": 5,
        "within": BESIDE,
        "times": True,
        "paths": LISTED_PATHS,
        **({"goal": goal} if goal else {}),
    }
    dimension = path.replace("_", " ")
    verb = "leads up to" if side == "ends_with" else "follows"
    notes = [
        "" if anchor.name == "mql" else f"No event is an MQL here, so the anchor is {anchor.label}.",
        "" if side == "ends_with" else f"Little precedes {anchor.label}, so the flow shows what follows.",
        "" if path == "content_type" else f"Content types tell little here, so items are {dimension}s.",
        way.other,
    ]
    near = f"the {BESIDE[:-1]} days {'before' if side == 'ends_with' else 'after'}"
    text = f"What {verb} {anchor.label} in {near}, by {dimension}, in five steps."
    return Opening("flow", f"What {verb} {anchor.label}", text, question, _join(*notes))


def _dimensions(facts: Facts) -> list[str]:
    wanted = [path for path in ("content_type", "channel") if path in facts.fields]
    return [*(path for path in wanted if len(facts.values(path)) >= 2), "event_type"]


def _has_items(facts: Facts, question: Question) -> bool:
    """Whether items stand next to the anchor in more than a few odd paths."""
    beside = -1 if "ends_with" in question else 1
    nodes = facts.bench.ask(question).tables["nodes"].filter(column=beside)
    items = int(nodes.filter(kind="item")["paths"].sum() or 0)
    return items > 0.02 * int(nodes["paths"].sum() or 0)


CANDIDATES: dict[str, Callable[[Facts], Iterable[Opening]]] = {
    "journey-canvas": lambda facts: (canvas(facts, way) for way in ways(facts)),
    "cohort-table": cohorts,
    "flow": flows,
    "fallout": lambda facts: (fallout(facts, way) for way in ways(facts)),
}
"""View name → openings to try, best first."""


def openings(facts: Facts) -> list[Opening]:
    """The three documented questions and the fallout of the same chain."""
    return [first_drawn(facts, candidates(facts)) for candidates in CANDIDATES.values()]
