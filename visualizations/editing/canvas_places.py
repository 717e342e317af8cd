"""Where new cards go: beside the card they follow, never on another, left to right.

A canvas whose cards have no places of their own is laid out anew after every edit. Once somebody puts a card
somewhere, all cards keep the places they are seen at, and new ones look for room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from visualizations.base import Question
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH, CHIP, GAP, ROW, Point, arrange
from visualizations.views.canvas.reading import (
    BREAKDOWN_HEAD,
    BREAKDOWN_ROW,
    ROW_HEIGHT,
    ROWS_FROM,
    SECOND_LINE,
    SPLIT_LINE,
)

STEP = CARD_WIDTH + GAP
"""From one rank of cards to the next."""
AROUND = 24
"""Least distance between two cards."""
BROKEN = 5
"""Items of a breakdown that a card may show."""
Card = tuple[Point, float]
"""The middle of a card, and how much further down than a plain one it reaches."""


def places(question: Question) -> dict[str, Point]:
    """The place of every card, as the canvas draws it."""
    fixed = {
        node["id"]: (float(node["x"]), float(node["y"]))
        for node in question["nodes"]
        if node.get("x") is not None and node.get("y") is not None
    }
    arrows = [(arrow["source"], arrow["target"]) for arrow in question.get("arrows") or []]
    return arrange([node["id"] for node in question["nodes"]], arrows, fixed, extra(question)).places


def is_placed(question: Question) -> bool:
    """Whether some card was put somewhere by hand."""
    return any(node.get("x") is not None for node in question["nodes"])


def placed(question: Question) -> Question:
    """The canvas with every card held where it is seen."""
    return moved(question, places(question))


def seen_at(question: Question, seen: Mapping[str, Point]) -> Question:
    """The canvas with cards that have no place of their own held where somebody saw them."""
    free = {node["id"] for node in question["nodes"] if node.get("x") is None}
    return moved(question, {name: at for name, at in seen.items() if name in free})


def moved(question: Question, to: dict[str, Point]) -> Question:
    """The canvas with some cards at other places."""
    nodes = [
        {**node, "x": round(to[node["id"]][0]), "y": round(to[node["id"]][1])} if node["id"] in to else node
        for node in question["nodes"]
    ]
    return {**question, "nodes": nodes}


def extra(question: Question) -> dict[str, float]:
    """Card → about how much further down than a plain card it reaches."""
    segments, second = len(question.get("compare") or ()), question.get("secondary_metric") is not None
    plain = (
        max(0.0, ROWS_FROM + ROW_HEIGHT * segments + 9 - CARD_HEIGHT) if segments else SECOND_LINE * second
    )
    hanging = SPLIT_LINE if question.get("fallout_split") else 0
    return {
        node["id"]: plain
        + hanging
        + (BREAKDOWN_HEAD + BREAKDOWN_ROW * BROKEN)
        * (bool(node.get("breakdown")) + bool(node.get("fallout_breakdown") and not segments))
        for node in question["nodes"]
    }


def taken(question: Question) -> list[Card]:
    """Where the cards of a canvas stand, and how far they reach down."""
    more = extra(question)
    return [(at, more[name]) for name, at in places(question).items()]


def is_free(at: Point, cards: Sequence[Card], more: float = 0.0) -> bool:
    """Whether a card that reaches so much further down fits there."""
    return all(
        abs(at[0] - x) >= CARD_WIDTH + AROUND
        or abs(at[1] - y) >= CARD_HEIGHT + CHIP + (below if at[1] > y else more)
        for (x, y), below in cards
    )


def free_place(want: Point, cards: Sequence[Card], *, side: int = 1) -> Point:
    """The free place nearest to the wanted one: below or above it, else a rank further to the side."""
    for away in range(40):
        for rows in range(40 if away else 12):
            for sign in (1, -1) if rows else (1,):
                at = want[0] + side * away * STEP, want[1] + sign * rows * ROW / 2
                if is_free(at, cards):
                    return at
    return want[0], max((y + below for (_, y), below in cards), default=want[1]) + ROW


def column(want: Point, count: int, cards: Sequence[Card], *, side: int = 1) -> list[Point]:
    """Free places for several cards, one below the other around the wanted place."""
    found: list[Card] = []
    for i in range(count):
        y = want[1] + (i - (count - 1) / 2) * ROW
        found.append((free_place((want[0], y), [*cards, *found], side=side), 0.0))
    return [at for at, _ in found]


def beside(question: Question, node: str, count: int, *, side: int = 1) -> list[Point]:
    """Places for cards that follow a card (side 1) or lead to it (side -1)."""
    x, y = places(question)[node]
    return column((x + side * STEP, y), count, taken(question), side=side)


def parted(question: Question, source: str, target: str) -> Question:
    """The canvas with room for a card between two: what stands right of it moves to the right."""
    known = places(question)
    lacking = 2 * STEP - (known[target][0] - known[source][0])
    if lacking <= 0:
        return question
    edge = max(known[source][0] + CARD_WIDTH / 2, known[target][0] - CARD_WIDTH / 2)
    shifted = {name: (x + lacking, y) for name, (x, y) in known.items() if x > edge or name == target}
    shifted.pop(source, None)
    return moved(question, shifted)


def between(question: Question, source: str, target: str, count: int) -> list[Point]:
    """Places for cards on an arrow."""
    known = places(question)
    (x0, y0), (x1, y1) = known[source], known[target]
    return column(((x0 + x1) / 2, (y0 + y1) / 2), count, taken(question))


def below(question: Question, nodes: Sequence[str]) -> dict[str, Point]:
    """A free place below each of the cards, for its copy."""
    cards, known, found = taken(question), places(question), dict[str, Point]()
    for name in nodes:
        found[name] = free_place((known[name][0], known[name][1] + ROW), cards)
        cards.append((found[name], 0.0))
    return found
