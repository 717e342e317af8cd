"""Nothing overlaps on the canvas: cards, and labels of arrows."""

from __future__ import annotations

import itertools

import pytest

from visualizations.views.canvas.layout import (
    CARD_HEIGHT,
    CARD_WIDTH,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    arrange,
    ranks,
)

GRAPHS = {
    "one": ("a", ""),
    "chain": ("abcde", "ab bc cd de"),
    "won and lost": ("abcdef", "ab bc cd de df"),
    "three branches": ("abcdef", "ab ac ad be ce de ef"),
    "skipping": ("abcd", "ab bc cd ac ad bd"),
    "two starts": ("abcd", "ac bc cd"),
    "crossing": ("abcd", "ac ad bc bd"),
    "apart": ("abcd", "ab cd"),
    "long": ("abcdefgh", "ab bc cd de ef fg gh"),
    "long, two ends": ("abcdefgh", "ab bc cd de ef fg fh eh"),
    "very long": ("abcdefghijklmnop", "ab bc cd de ef fg gh hi ij jk kl lm mn no op"),
    "long, turning twice": ("abcdefgh", "ab bc cd ce de ef fg gh dg"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_overlaps(name: str) -> None:
    nodes, pairs = list(GRAPHS[name][0]), [(pair[0], pair[1]) for pair in GRAPHS[name][1].split()]
    layout = arrange(nodes, pairs)
    for (x, y), (u, v) in itertools.combinations(layout.places.values(), 2):
        assert abs(x - u) >= CARD_WIDTH or abs(y - v) >= CARD_HEIGHT
    labels = [route.label_at for route in layout.routes]
    for (x, y), (u, v) in itertools.product(labels, layout.places.values()):
        assert abs(x - u) >= (CARD_WIDTH + LABEL_WIDTH) / 2 or abs(y - v) >= (CARD_HEIGHT + LABEL_HEIGHT) / 2
    if name not in ("crossing",):
        for (x, y), (u, v) in itertools.combinations(labels, 2):
            assert abs(x - u) >= LABEL_WIDTH or abs(y - v) >= LABEL_HEIGHT


def test_arrows_lead_to_the_right() -> None:
    rank = ranks(list("abcd"), [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")])
    assert rank == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_saved_places_are_kept() -> None:
    layout = arrange(["a", "b"], [("a", "b")], {"b": (900.0, 40.0)})
    assert layout.places["b"] == (900.0, 40.0)
    assert layout.routes[0].end == (900.0 - CARD_WIDTH / 2, 40.0)


def test_a_long_journey_turns_and_a_short_one_does_not() -> None:
    chain = [(a, b) for a, b in itertools.pairwise("abcdefgh")]
    long, short = arrange(list("abcdefgh"), chain), arrange(list("abcde"), chain[:4])
    assert len({y for _, y in short.places.values()}) == 1
    assert len({y for _, y in long.places.values()}) == 2
    (turn,) = [route for route in long.routes if route.lane is not None]
    assert turn.start[1] < turn.lane < turn.end[1]  # type: ignore[operator]


def test_an_arrow_between_moved_cards_goes_around_what_stands_between() -> None:
    places = {"a": (0.0, 0.0), "b": (300.0, 0.0), "c": (600.0, 0.0)}
    (over,) = arrange(list("abc"), [("a", "c")], places).routes
    assert over.lane is not None
    assert over.lane < -CARD_HEIGHT / 2
    (back,) = arrange(list("ab"), [("b", "a")], {"a": (0.0, 300.0), "b": (300.0, 0.0)}).routes
    assert back.lane is not None
    assert 0 < back.lane < 300
