"""Nothing overlaps on the canvas: cards, and labels of arrows."""

from __future__ import annotations

import itertools

import pytest

from visualizations.views.canvas_layout import (
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
