"""Whole journeys at once: `Lead Form > MQL > SQL > Won by account`, the chain of milestones, a path.

Steps are milestones or event types, separated by `>`, `→` or `then`; what journeys belong to follows `by`.
Names need not be complete: `read` finds the nearest ones and says which others could be meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from visualizations.base import Question
from visualizations.editing import canvas_graph as graph
from visualizations.editing import canvas_places as places
from visualizations.editing.canvas_tools import Tools
from visualizations.editing.components import Component, Condition, condition, plain
from visualizations.editing.edits import BadEdit
from visualizations.facts import Facts, milestone_name
from visualizations.formats import count
from visualizations.views.canvas.layout import ROW

ORDER = ("lead", "mql", "mqa", "sql", "opportunity_created")
"""Milestones in the order of a sale, up to its ends."""
ENDS = ("won", "lost")
SEPARATOR = re.compile(r"\s*(?:->|=>|→|>|\bthen\b)\s*", re.IGNORECASE)
BY = re.compile(r"\s+by\s+(?:the\s+)?([\w ]+?)\s*$", re.IGNORECASE)
LONGEST = 16
MOST_CHOICES = 8
NAMES_OF = {
    "lead": ("lead", "new lead"),
    "won": ("won", "closed won", "closed-won"),
    "lost": ("lost", "closed lost"),
}


@dataclass(frozen=True)
class Link:
    """A step of a chain as it was written, and what it may mean, most likely first."""

    said: str
    choices: tuple[Component, ...]
    sure: bool

    @property
    def first(self) -> Component:
        """What it most likely means."""
        return self.choices[0]


@dataclass(frozen=True)
class Chain:
    """A chain as it was written."""

    links: tuple[Link, ...]
    container: str | None = None
    """None: the container of the canvas stays."""

    @property
    def unsure(self) -> tuple[Link, ...]:
        """Steps that may mean several things."""
        return tuple(link for link in self.links if not link.sure)


def is_chain(text: str) -> bool:
    """Whether a search reads like a chain rather than a name."""
    return len(_steps(text)[0]) >= 2


def read(text: str, facts: Facts) -> Chain:
    """The chain behind a text; BadEdit names the step nobody knows."""
    steps, unit = _steps(text)
    if not steps:
        raise BadEdit("Write the steps one after the other, such as “Lead > MQL > Won by account”.")
    if len(steps) > LONGEST:
        raise BadEdit(f"A chain has at most {LONGEST} steps.")
    return Chain(tuple(_link(step, facts) for step in steps), _container(unit, facts) if unit else None)


def _steps(text: str) -> tuple[list[str], str]:
    plain, unit = text.strip(), ""
    found = BY.search(plain)
    if found:
        plain, unit = plain[: found.start()], found.group(1)
    return [step.strip(" \"“”'") for step in SEPARATOR.split(plain) if step.strip(" \"“”'")], unit


def _container(said: str, facts: Facts) -> str:
    plain = _plain(said)
    for unit in facts.containers:
        if plain in {_plain(one) for one in (unit.name, unit.label, unit.plural)}:
            return unit.name
    near = difflib.get_close_matches(said.lower(), [unit.label.lower() for unit in facts.containers], 1)
    raise BadEdit(
        f"Journeys cannot be counted by “{said[:40]}”" + (f"; did you mean “{near[0]}”?" if near else ".")
    )


def _plain(text: str) -> str:
    """A name without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def _names(facts: Facts) -> list[tuple[str, Component]]:
    """Every name a step may have: of milestones with events first, then of event types by frequency."""
    known = [name for name in facts.milestones if facts.milestone_events(name)]
    named: list[tuple[str, Component]] = [
        (_plain(said), {"kind": "milestone", "value": name})
        for name in known
        for said in dict.fromkeys([milestone_name(name), name, *NAMES_OF.get(name, ())])
    ]
    return named + [(_plain(name), {"kind": "event", "value": name}) for name in facts.event_types]


def _link(said: str, facts: Facts) -> Link:
    """What a step may mean: the exact name, else those that begin with it, hold it, or look like it."""
    names, wanted = _names(facts), _plain(said)
    ranked = [
        [one for name, one in names if name == wanted],
        [one for name, one in names if wanted and f"{name} ".startswith(f"{wanted} ")],
        [one for name, one in names if wanted and name.startswith(wanted)],
        [one for name, one in names if wanted and set(wanted.split()) <= set(name.split())],
        [one for name, one in names if len(wanted) > 1 and wanted in name],
    ]
    for exact, found in enumerate(ranked):
        found = _distinct(found, facts)
        if found:
            sure = len(found) == 1 or exact == 0
            return Link(said, tuple(found[:MOST_CHOICES]), sure)
    near = difflib.get_close_matches(wanted, [name for name, _ in names], 4, 0.72)
    found = _distinct([one for text in near for name, one in names if name == text], facts)
    if not found:
        raise BadEdit(f"There is no milestone or event type like “{said[:60]}” here.")
    return Link(said, tuple(found), len(found) == 1)


def _distinct(found: Sequence[Component], facts: Facts) -> list[Component]:
    """Each once; an event type that is all of a found milestone is that milestone."""
    named = [
        facts.info["milestones"][one["value"]]["condition"] or {}
        for one in found
        if one["kind"] == "milestone"
    ]
    same = [one.get("value") for one in named if one.get("field") == "event_type"]
    kept = [one for one in found if one["kind"] == "milestone" or one["value"] not in same]
    return [one for i, one in enumerate(kept) if one not in kept[:i]]


def chosen(chain: Chain, link: Link, choice: Component) -> Chain:
    """The chain with one step settled."""
    settled = replace(link, said=name_of(choice), choices=(choice,), sure=True)
    return replace(chain, links=tuple(settled if one is link else one for one in chain.links))


def name_of(piece: Component) -> str:
    """A step as people say it."""
    return milestone_name(piece["value"]) if piece["kind"] == "milestone" else str(piece["value"])


def kind_of(piece: Component, facts: Facts) -> str:
    """What a step is, with its events."""
    if piece["kind"] == "milestone":
        return f"milestone, {count(facts.milestone_events(piece['value']))} events"
    events = next(
        (row["events"] for row in facts.info["event_types"] if row["event_type"] == piece["value"]), 0
    )
    return f"event type, {count(events)} events"


def written(chain: Chain, separator: str = " → ") -> str:
    """The chain as a text: settled steps by their names, others as they were written."""
    steps = separator.join(name_of(link.first) if link.sure else link.said for link in chain.links)
    return steps + (
        f" by {chain.container.replace('_', ' ')}" if chain.container and separator != " → " else ""
    )


# --- drawing ---------------------------------------------------------------------------------------


def drawn(question: Question, chain: Chain, tools: Tools) -> Question:
    """The canvas with the chain instead of what was on it; BadEdit where a step may mean several things."""
    if chain.unsure:
        link = chain.unsure[0]
        names = [tools.label(condition(one)) for one in link.choices[:4]]
        raise BadEdit(
            f"“{link.said[:60]}” may be {', '.join(names[:-1])} or {names[-1]}: write its whole name."
        )
    return of_steps(question, [link.first for link in chain.links], chain.container, tools)


def of_steps(question: Question, steps: Sequence[Component], container: str | None, tools: Tools) -> Question:
    """A canvas with a chain of steps, in the place of what was on it."""
    if len({str(one) for one in steps}) < len(steps):
        raise BadEdit("A step stands twice in the chain.")
    cleared = {**question, "nodes": [], "arrows": []}
    if container is not None:
        cleared["container"] = container
    return added(cleared, [condition(tools.checked(one)) for one in steps], tools)


def milestones(facts: Facts) -> list[str]:
    """Milestones with events, in the order of a sale, without its ends."""
    return [name for name in ORDER if facts.milestone_events(name)]


def from_milestones(question: Question, tools: Tools) -> tuple[Question, str]:
    """The whole chain of milestones, won and lost as two ends; replaces what was on the canvas."""
    chain, ends = milestones(tools.facts), [name for name in ENDS if tools.facts.milestone_events(name)]
    if len(chain) + len(ends) < 2:
        raise BadEdit("This workspace knows too few milestones; name some in its settings.")
    changed, names = {**question, "nodes": [], "arrows": []}, list[str]()
    for name in chain:
        changed, made = graph.add_node(changed, {"milestone": name}, tools)
        names.append(made)
    changed = graph.linked(changed, names, tools)
    for name in ends:
        changed, made = graph.add_node(changed, {"milestone": name}, tools)
        changed = graph.add_arrow(changed, names[-1], made, tools) if names else changed
    same = any(arrow.get("same") for arrow in changed["arrows"])
    told = ["Some accounts hold several opportunities, so deals are followed one by one."] if same else []
    if question["nodes"]:
        told.insert(0, "Drawn anew from the milestones; undo brings the former canvas back.")
    return changed, " ".join(told)


def added(question: Question, parts: Sequence[Condition], tools: Tools) -> Question:
    """The canvas with a path of checkpoints; those that stand there in this order are used again."""
    here = next((node["id"] for node in question["nodes"] if plain(node["where"]) == plain(parts[0])), None)
    hold = places.is_placed(question)
    for i, part in enumerate(parts):
        there = here if i == 0 else _again(question, here, part, last=i == len(parts) - 1)
        if there is None:
            question, there = _grown(question, here if i else None, part, hold, tools)
        if i and here is not None and (here, there) not in graph.pairs(question):
            question = graph.add_arrow(question, here, there, tools)
        here = there
    return question


def _again(question: Question, here: str | None, part: Condition, *, last: bool) -> str | None:
    """A card of this condition that follows already, or that a last step may lead to."""
    after = {target for source, target in graph.pairs(question) if source == here}
    for node in question["nodes"]:
        ahead = last and here is not None and node["id"] != here and not graph.way(question, node["id"], here)
        if plain(node["where"]) == plain(part) and (node["id"] in after or ahead):
            return str(node["id"])
    return None


def _grown(
    question: Question, here: str | None, part: Condition, hold: bool, tools: Tools
) -> tuple[Question, str]:
    """One more card, beside the last one where cards hold their places."""
    if not hold:
        return graph.add_node(question, part, tools)
    question = places.placed(question)
    known = list(places.places(question).values())
    if here is not None:
        spot = places.beside(question, here, 1)[0]
    else:
        spot = places.free_place(
            (min(x for x, _ in known), max(y for _, y in known) + ROW), places.taken(question)
        )
    return graph.add_node(question, part, tools, spot)
