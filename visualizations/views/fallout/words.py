"""What a fallout says in words: its main finding, its numbers, what lies between two touchpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from visualizations.base import Scene, Unit
from visualizations.facts import in_words
from visualizations.formats import count, duration, duration_words, percent, sample_note
from visualizations.views.canvas.reading import PART_WORDS, PARTS, segment_names
from visualizations.views.canvas.words import limit_words
from visualizations.views.fallout.reading import Reading, Row, leaks, read, step_titles


def chips(point: Any) -> list[str]:
    """What a touchpoint asks beyond "later", in a few words each."""
    if point is None:
        return []
    words = [words.removesuffix(".") for words in limit_words(point)]
    if point.path == "next":
        words.insert(0, "Very next event")
    if point.without is not None:
        words.append(f"Without {in_words(point.without.to_json())} in between")
    return words


def number_words(row: Row, reading: Reading) -> str:
    """What the number of a row counts, with the base its share is of."""
    unit, base = reading.scene.unit(reading.spec.container), reading.base(row)
    who = f"{count(row['value'])} {unit.of(row['value'])}"
    if row["step"] == base["step"]:
        return f"{who}: what all shares are of."
    of = f"{count(base['value'])} at {base['label']}" if base["step"] else f"all {count(base['value'])}"
    said = f"{who}: {percent(row['percent_of_first'])} of {of}."
    return f"{said} {sample_note(row['value'], base['value'])}".strip()


def base_words(base: Row, unit: Unit) -> str:
    """The row that shares are of, inside a sentence."""
    return str(base["label"]) if base["step"] else f"all {unit.plural}"


def names(result: Any, scene: Scene) -> dict[Any, str]:
    """What tables call a step, a touchpoint and a compared segment: as the rows do."""
    frame, titles = result.tables["touchpoints"], step_titles(result.spec, scene)
    labels = frame["segment"].unique(maintain_order=True).to_list()
    short = segment_names(result.spec, labels) if len(labels) > 1 else {}
    written = dict(zip(frame["label"].to_list(), frame["step"].to_list(), strict=True))
    return {**titles, **{label: titles[step] for label, step in written.items()}, **short}


def gone_words(row: Row, unit: Unit) -> str:
    """How many went no further; what zero means.

    Nobody going on from nobody is no success: it is told apart from all going on.
    """
    lost = row["fallout"] or 0
    if not row["value"]:
        return "Nobody was here, so nobody could go on"
    if not lost:
        who = f"All {count(row['value'])} {unit.plural}" if row["value"] != 1 else f"The one {unit.of(1)}"
        return f"{who} went on"
    share = percent(100 * lost / row["value"])
    return f"{count(lost)} {unit.of(lost)} not further · {share}"


def went_words(row: Row, after: Row) -> str:
    """How many went on, of those at the step before."""
    if not row["value"]:
        return ""
    return f"{count(after['value'])} went on · {percent(after['percent_of_previous'])}"


def time_words(after: Row, *, short: bool = False) -> str:
    """How long the step took: median, and unless short the middle half where there are enough to have one."""
    if after["median_seconds"] is None:
        return ""
    said = f"median {duration(after['median_seconds'])}"
    low, high = after.get("p25_seconds"), after.get("p75_seconds")
    if short or low is None or high is None or after["value"] < 4:
        return said
    return f"{said}, middle half {duration(low)} to {duration(high)}"


def split_words(row: Row) -> list[tuple[str, str]]:
    """(measure, words) of the parts of a fallout; none where it is not split."""
    if row.get("lost") is None or not row["fallout"]:
        return []
    return [(part, f"{count(row[part])} {PART_WORDS[part]}") for part in PARTS]


def caption(result: Any, scene: Scene) -> str:
    """How many came to the last touchpoint, of the row that all shares are of; where most leave."""
    reading = read(result, _silent(scene))
    last, unit = reading.first(reading.steps[-1]), scene.unit(result.spec.container)
    if reading.comparing:
        return _compared(reading)
    base = reading.base(last)
    if last is base:
        return f"{count(last['value'])} {unit.of(last['value'])} came to {last['label']}."
    of = f"{count(base['value'])} {unit.of(base['value'])}"
    of += "" if base["step"] == 0 else f" at {base['label']}"
    if not last["value"]:
        reached = [reading.first(step) for step in reading.steps if reading.first(step)["value"]]
        said = f"None of {of} came to {last['label']}"
        if reached and reached[-1]["step"]:
            said += f"; the last step with anybody is {reached[-1]['step']}, {reached[-1]['label']}"
        return f"{said}."
    said = f"{percent(last['percent_of_first'])} of {of} came to {last['label']}: {count(last['value'])}."
    if reading.steps[-1] == 2 and last["median_seconds"] is not None:
        said = said[:-1] + f", half of them within {duration_words(last['median_seconds'])}."
    return f"{said} {_worst(reading, unit)}".strip()


def _silent(scene: Scene) -> Scene:
    """The scene without further questions: words need none."""
    return Scene(scene.units, scene.dark, scene.width, scene.height, scene.zone, scene.display)


def _worst(reading: Reading, unit: Unit) -> str:
    """Where the greatest share went no further, among the touchpoints."""
    found = max(leaks(reading), key=lambda leak: leak[0], default=None)
    if found is None or not found[0]:
        return ""
    share, row, after = found
    lost = row["fallout"]
    who = f"{count(lost)} of {count(row['value'])} {unit.of(row['value'])} ({percent(share)})"
    return f"Most fall out between {row['label']} and {after['label']}: {who}."


def _compared(reading: Reading) -> str:
    """Shares of the last touchpoint by segment, and which differ from the first beyond chance."""
    step = reading.steps[-1]
    shares = [
        f"{reading.names[row['segment']]} {percent(row['percent_of_first'])}" for row in reading.rows[step]
    ]
    base = reading.base(reading.first(step))
    of = "" if base["step"] == 0 else f" of those at {base['label']}"
    said = f"Share{of} that came to {reading.first(step)['label']}: {', '.join(shares)}."
    tested = [row for row in reading.rows[step][1:] if _tested(reading.gaps, row)]
    if not tested:
        return said
    sure = [row for row in tested if reading.gaps[step, row["segment"]]["distinguishable"]]
    if not sure:
        return f"{said} Not distinguishable from {reading.names[reading.segments[0]]}."
    names = " and ".join(reading.names[row["segment"]] for row in sure)
    verb = "differs" if len(sure) == 1 else "differ"
    return f"{said} {names} {verb} from {reading.names[reading.segments[0]]} beyond chance."


def _tested(gaps: Mapping[tuple[int, str], Row], row: Row) -> bool:
    gap = gaps.get((row["step"], row["segment"]))
    return gap is not None and gap["p_value"] is not None


def emptied(result: Any) -> str:
    """Why there is nothing to draw: not even the first row has anybody."""
    frame = result.tables["touchpoints"]
    if any(value for value in frame["value"]):
        return ""
    first = result.spec.touchpoints[0]
    title = first.label or in_words(first.where.to_json())
    return f"Nothing reached {title} under these segments, actors and dates."
