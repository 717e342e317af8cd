"""Durations: an integer and a unit, in exact seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.builders import small
from workbench.model.durations import Duration, in_words, local_days, microseconds, seconds

LENGTHS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
THOUSAND_YEARS = 365_000 * 86_400


@small(60)
@given(st.integers(0, 999_999_999), st.sampled_from(sorted(LENGTHS)))
def test_a_duration_is_a_count_of_units(count: int, unit: str) -> None:
    text = f"{count}{unit}"
    assert seconds(text) == count * LENGTHS[unit]
    assert microseconds(text) == min(seconds(text), THOUSAND_YEARS) * 1_000_000
    assert local_days(text) == {"d": min(count, 365_000), "w": min(7 * count, 365_000)}.get(unit)
    assert in_words(text).split()[0] == str(count)
    assert TypeAdapter(Duration).validate_python(text) == text


@pytest.mark.parametrize(
    "text", ["m", "", "30", "30 d", "-1d", "1.5h", "1y", "30D", "1d\n", "1d2h", "٣d", "9999999999d"]
)
def test_everything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="30d"):
        seconds(text)
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(text)


def test_m_is_a_minute() -> None:
    assert seconds("1m") == 60


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1d", "1 day"),
        ("30d", "30 days"),
        ("1w", "1 week"),
        ("90m", "90 minutes"),
        ("0s", "0 seconds"),
        ("1h", "1 hour"),
    ],
)
def test_durations_in_words(text: str, words: str) -> None:
    assert in_words(text) == words
