"""Building blocks of the tests: histories as people write them, questions in one line, laws in small sizes.

bench = bench_of(journeys(acme="ad@0 > mql@10 > won@100", beta="ad@3"))
both(bench, fallout("ad", "mql"), "touchpoints")
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings

import workbench as wb
from workbench.engines import ENGINES

START = datetime(2024, 1, 1)
"""Day 0 of a history."""
MARKS = {
    "~": "person_id",
    "#": "opportunity_id",
    "/": "session_id",
    "%": "buying_group_id",
    ":": "channel",
    "!": "actor",
    "=": "event_id",
    "$": "amount",
}
"""What follows the day of an event, by its first character."""
_EVENT = re.compile(r"(?P<type>[^@]+)@(?P<day>-?[\d.]+)(?P<rest>.*)")
_MARKED = re.compile(f"([{re.escape(''.join(MARKS))}])([^{re.escape(''.join(MARKS))}]+)")

Question = dict[str, Any]
Condition = dict[str, Any]


def small(examples: int = 25) -> settings:
    """Settings of a law: the same examples on every machine, none kept on disk, no clock."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def journeys(container: str = "account", /, **histories: str) -> pl.DataFrame:
    """Events of containers, each written as `ad@0 > mql@10.5 > won@100`: types and days after 1 January 2024.

    The keyword is the container's id. A day may be followed by marks: `~` person, `#` opportunity,
    `/` session, `%` buying group, `:` channel, `!` actor, `=` event id, `$` amount, such as
    `won@100~ann#deal-1$250.50`. Rows stand in the order of writing, so equal days keep it. Columns:
    `occurred_at, event_type`, the container's id, and the marked ones.
    """
    rows = []
    for name, text in histories.items():
        for part in text.split(" > "):
            rows.append({f"{container}_id": name} | _event(part.strip()))
    columns = dict.fromkeys(
        ["occurred_at", "event_type", f"{container}_id", *(key for row in rows for key in row)]
    )
    types = {"occurred_at": pl.Datetime("us"), "amount": pl.Decimal(18, 4)}
    return pl.DataFrame(
        {
            column: pl.Series(column, [row.get(column) for row in rows], dtype=types.get(column, pl.String))
            for column in columns
        }
    )


def _event(text: str) -> dict[str, Any]:
    found = _EVENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no event; write a type, @ and a day, such as 'won@100'")
    row: dict[str, Any] = {
        "event_type": found["type"],
        "occurred_at": START + timedelta(days=float(found["day"])),
    }
    for mark, value in _MARKED.findall(found["rest"]):
        row[MARKS[mark]] = Decimal(value) if mark == "$" else value
    return row


def bench_of(events: Any, **more: Any) -> wb.Workbench:
    """A workbench on a frame of events, with further tables and settings as `from_tables` takes them."""
    return wb.from_tables(events=events, **more)


def is_type(*names: str) -> Condition:
    """The event type is one of the names."""
    if len(names) == 1:
        return {"field": "event_type", "op": "equals", "value": names[0]}
    return {"field": "event_type", "op": "in", "value": list(names)}


def canvas(arrows: str, container: str = "account", /, **more: Any) -> Question:
    """A canvas from `A>B B>C` (or a lone `A`); every node is the event type of its name."""
    ends = [arrow.split(">") for arrow in arrows.split()]
    names = dict.fromkeys(name for pair in ends for name in pair)
    return {
        "analysis": "journey_canvas",
        "container": container,
        "nodes": [{"id": name, "where": is_type(name)} for name in names],
        "arrows": [{"source": pair[0], "target": pair[1]} for pair in ends if len(pair) == 2],
    } | more


def fallout(*names: str, container: Any = "account", **more: Any) -> Question:
    """A fallout of event types; a name that begins with `+` must follow immediately."""
    points = [
        {"where": is_type(name.removeprefix("+")), **({"path": "next"} if name.startswith("+") else {})}
        for name in names
    ]
    return {"analysis": "fallout", "container": container, "touchpoints": points} | more


def flow(*, container: str = "account", **more: Any) -> Question:
    """A flow; `starts_with` or `ends_with` may be an event type."""
    anchors = {
        key: is_type(more[key]) for key in ("starts_with", "ends_with") if isinstance(more.get(key), str)
    }
    return {"analysis": "flow", "container": container, "anchor_label": "Anchor"} | more | anchors


def cohort_table(inclusion: str, returning: str, container: str = "account", /, **more: Any) -> Question:
    """A cohort table of two event types."""
    return {
        "analysis": "cohort_table",
        "container": container,
        "inclusion": {"metrics": [{"where": is_type(inclusion)}]},
        "return": {"metrics": [{"where": is_type(returning)}]},
    } | more


def both(bench: wb.Workbench, question: Question, table: str) -> list[dict[str, Any]]:
    """Rows of a table of the answer, which must be the same from every engine."""
    answers = [bench.ask(question, engine=engine).tables[table].to_dicts() for engine in ENGINES]
    assert all(answer == answers[0] for answer in answers[1:]), question
    return answers[0]


def by(rows: list[dict[str, Any]], key: str, measure: str = "value") -> dict[Any, Any]:
    """One column by another."""
    return {row[key]: row[measure] for row in rows}


def kept(bench: wb.Workbench, condition: Condition, container: str = "account") -> list[str]:
    """Ids of the events that a condition, used as a segment, leaves in histories; equal in every engine."""
    ids = sorted(bench.tables["events"]["event_id"].drop_nulls())
    nodes = [{"id": one, "where": {"field": "event_id", "value": one}} for one in ids]
    question = {"analysis": "journey_canvas", "container": container, "nodes": nodes, "segments": [condition]}
    return [row["id"] for row in both(bench, question, "nodes") if row["value"]]


def histories(*texts: str, container: str = "person") -> wb.Workbench:
    """Containers with the event types of `A B C` a day apart; the text is the id, `text|place` an event's."""
    rows = [
        {
            f"{container}_id": text,
            "event_type": name,
            "occurred_at": START + timedelta(days=place),
            "event_id": f"{text}|{place:02d}",
        }
        for text in texts
        for place, name in enumerate(text.split())
    ]
    return bench_of(pl.DataFrame(rows, schema_overrides={"occurred_at": pl.Datetime("us")}))


def kept_types(bench: wb.Workbench, condition: Condition, container: str = "person") -> dict[str, str]:
    """Of histories written as `A B C`: by text, the event types a condition keeps, where it keeps any."""
    found: dict[str, list[str]] = {}
    for event in kept(bench, condition, container):
        text, _, place = event.partition("|")
        found.setdefault(text, []).append(text.split()[int(place)])
    return {text: " ".join(names) for text, names in found.items()}
