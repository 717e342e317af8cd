"""The address bar: a question survives being packed, long ones become drafts, rubbish is refused quietly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from visualizations.editing.state import Drafts, pack, unpack
from visualizations.views import VIEWS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_packing_is_reversible(value: Any) -> None:
    assert unpack(pack(value)) == value


@given(st.text(max_size=60))
def test_rubbish_is_no_question(text: str) -> None:
    unpack(text)


def test_a_bomb_is_refused() -> None:
    assert unpack(pack("x" * 3_000_000)) is None


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_openings_survive_the_address(view: str, bench: Any) -> None:
    from visualizations.desk import Desk

    desk = Desk(bench)
    question = desk.opening(view).question
    read, more = desk.drafts.read(desk.drafts.search(question, saved="x"))
    assert read == question
    assert more == {"saved": "x"}
    assert wb.parse_spec(read) == wb.parse_spec(question)


def test_long_questions_become_drafts(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    import random

    rng = random.Random(1)
    question = {
        "analysis": "flow",
        "names": ["".join(rng.choices("abcdefghijklmnop", k=30)) for _ in range(200)],
    }
    search = drafts.search(question)
    assert search.startswith("?d=")
    assert drafts.read(search)[0] == question
    assert drafts.read("?d=../../secret")[0] is None
    assert Drafts(None).search(question).startswith("?q=")
