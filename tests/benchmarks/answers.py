"""Answers of every system in one form, to be compared: a dict from the name of a number to the number.

Names are tuples such as `("value", 3)`; values are counts, or seconds (equal to within one second). Numbers
that are absent are zero counts; there is no entry for a missing time.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from tests.benchmarks.peer_cohorts import NO_ITEM, OTHER_ITEMS, SIZE
from tests.benchmarks.peers import EVENT_TYPES, EXIT, OTHER, Row
from tests.benchmarks.questions import Question

Name = tuple[str | int, ...]
Answer = dict[Name, float]
TIMES = frozenset({"median"})


def from_peer(question: Question, rows: list[Row]) -> Answer:
    """The rows of a peer's reference SQL, named."""
    if question.analysis == "fallout":
        return _kept(
            entry
            for *step, value, median in rows
            for entry in ((("value", *step), value), (("median", *step), median))
        )
    if question.analysis == "cohort_table":
        return _kept((("value", cohort, period), value) for cohort, period, value in rows)
    if question.analysis == "flow":
        return _flow_rows(question, rows)
    return _canvas_rows(question, rows)


def _kept(entries: Any) -> Answer:
    """Without missing times and zero counts."""
    answer = {}
    for name, value in entries:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        if name[0] in TIMES or value:
            answer[name] = float(value)
    return answer


def _flow_rows(question: Question, rows: list[Row]) -> Answer:
    anchor = question.spec["starts_with"]["value"]

    def item(code: int) -> tuple[str, str]:
        if code in (OTHER, EXIT):
            return ("other" if code == OTHER else "exit", "")
        name = EVENT_TYPES[code]
        return ("anchor", "") if name == anchor else ("item", name)

    return _kept(
        ((measure, column, *item(source), *item(target)), value)
        for column, source, target, paths, containers in rows
        for measure, value in (("paths", int(paths)), ("containers", int(containers)))
    )


def _canvas_rows(question: Question, rows: list[Row]) -> Answer:
    ids = [node["id"] for node in question.spec["nodes"]]

    def entries() -> Any:
        for what, source, target, value, more in rows:
            if what == "node":
                yield ("node", ids[source]), value
                yield ("fallout", ids[source]), more
            else:
                yield ("arrow", ids[source], ids[target]), value
                yield ("median", ids[source], ids[target]), more

    return _kept(entries())


def from_tables(question: Question, tables: dict[str, Any], first_month: date) -> Answer:
    """The tables of a result of the product, named; `first_month` is the month in which the data begins."""
    if question.analysis == "fallout":
        rows = tables["touchpoints"].select("step", "value", "median_seconds").rows()
        if question.spec.get("compare"):
            labels = tables["touchpoints"]["segment"].to_list()
            numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
            rows = [(numbers[label], *row) for label, row in zip(labels, rows, strict=True)]
        return from_peer(question, [row if not question.counts_only else (*row[:2], None) for row in rows])
    if question.analysis == "flow":
        return _kept(_flow_entries(tables["links"].rows(named=True)))
    if question.analysis == "cohort_table":
        return _kept(_cohort_entries(tables["cells"].rows(named=True), first_month))
    return _kept(_canvas_entries(tables["nodes"].rows(named=True), tables["arrows"].rows(named=True)))


def _flow_entries(rows: list[dict[str, Any]]) -> Any:
    def item(row: dict[str, Any], end: str) -> tuple[str, str]:
        kind = row[f"{end}_kind"]
        return kind, row[end] if kind == "item" else ""

    for row in rows:
        for measure in ("paths", "containers"):
            yield (measure, row["column"], *item(row, "source"), *item(row, "target")), row[measure]


def _cohort_entries(rows: list[dict[str, Any]], first_month: date) -> Any:
    for row in rows:
        cohort = _item(row) if "kind" in row else _month(row["cohort"], first_month)
        yield ("value", cohort, SIZE), row["size"]
        yield ("value", cohort, row["period"]), row["value"]


def _item(row: dict[str, Any]) -> int:
    """The number of an item, such as `c000012`."""
    others = {"none": NO_ITEM, "other": OTHER_ITEMS}
    return others[row["kind"]] if row["kind"] in others else int(row["cohort"][1:])


def _month(cohort: Any, first_month: date) -> int:
    """Months since the first one."""
    start = cohort if isinstance(cohort, (date, datetime)) else date.fromisoformat(cohort)
    return (start.year - first_month.year) * 12 + start.month - first_month.month


def _canvas_entries(nodes: list[dict[str, Any]], arrows: list[dict[str, Any]]) -> Any:
    for row in nodes:
        yield ("node", row["id"]), row["value"]
        yield ("fallout", row["id"]), row["fallout"]
    for row in arrows:
        yield ("arrow", row["source"], row["target"]), row["value"]
        yield ("median", row["source"], row["target"]), row["median_seconds"]


def differences(one: Answer, other: Answer) -> list[str]:
    """What differs between two answers, in words; empty where they are equal."""
    found = []
    for name in sorted(one.keys() | other.keys(), key=str):
        left, right = one.get(name), other.get(name)
        if left is None or right is None or abs(left - right) > (1.0 if name[0] in TIMES else 0.0):
            found.append(f"{name}: {left} and {right}")
    return found


def to_json(answer: Answer) -> list[list[Any]]:
    """As JSON: one list per number, its name first."""
    return [[list(name), value] for name, value in answer.items()]


def from_json(data: list[list[Any]]) -> Answer:
    """The opposite of `to_json`."""
    return {tuple(name): value for name, value in data}
