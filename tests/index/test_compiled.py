"""The compiled loops against their NumPy twins: the same answers to the same random questions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.comparing import company_and_bench
from tests.reference.random_company import random_questions
from workbench.index import compiled
from workbench.index.kernels import place


@pytest.mark.skipif(compiled.njit is None, reason="numba is not installed")
@pytest.mark.parametrize("seed", [5, 6])
def test_compiled_loops_answer_like_numpy(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, bench = company_and_bench(seed, 120)
    for question in random_questions(seed, 120):
        answers = []
        for available in (True, False):
            monkeypatch.setattr(compiled, "AVAILABLE", available)
            bench.forget()
            answers.append(bench.ask(question).tables)
        for table, fast in answers[0].items():
            assert fast.equals(answers[1][table]), question


@pytest.mark.parametrize("seed", range(5))
def test_ranks_are_insertion_points(seed: int) -> None:
    random = np.random.default_rng(seed)
    for sizes in [(0, 5), (5, 0), (1, 1), (3, 40), (40, 3), (500, 500), (900, 100)]:
        values, wanted = (np.sort(random.integers(0, 10 * max(sizes), size)) for size in sizes)
        assert compiled.ranks(values, wanted).tolist() == place(values, wanted).tolist()
