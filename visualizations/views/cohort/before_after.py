"""Before and after an initiative: its curves, the effects as a table and as a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visualizations import controls, markup
from visualizations.base import Question, Unit
from visualizations.dom import Component, html
from visualizations.formats import NOTHING, count, day, percent
from visualizations.markup import Markup, tag
from visualizations.views.cohort.initiatives import Saved
from visualizations.views.cohort.words import signed

Row = Mapping[str, Any]
ARMS = {"initiative": "", "control": "control, "}
HEADS = (("", ""), ("Before", "num"), ("After", "num"), ("Change", "num"), ("95% interval", "num"))
TITLES = {"initiative": "Reached by it", "control": "Matched control", "difference": "Difference"}


def question_with(asked: Question, initiative: Saved, at: str) -> Question:
    """The question of the curves, by the sides of an initiative; `at` is when shares are compared."""
    return {**asked, "initiative": {**initiative.asked, "at": at}}


def name_of(group: Row) -> str:
    """Of a curve: `Before`, `Control, after`."""
    return f"{ARMS[group['group']]}{group['kind']}".capitalize()


def sentence(effects: list[Row], goal: str, start: str) -> str:
    """The finding in plain words."""
    own = effects[0]
    if own["change"] is None:
        side = "before" if not own["size_before"] else "after"
        return f"Nobody began {side} it: there is nothing to compare."
    if not own["enough"]:
        return f"Not enough data: on a side, fewer than 10 are at risk {own['at_days']} days after {start}."
    before, after = (percent(100 * own[f"share_{side}"]) for side in ("before", "after"))
    said = (
        f"{own['at_days']} days after {start}, {before} had reached {goal} before and {after} after: "
        f"{_points(own)}."
    )
    if len(effects) == 1:
        return said
    control, difference = effects[1], effects[2]
    if not difference["enough"]:
        return f"{said} Not enough data for a matched control."
    return f"{said[:-1]}; in the matched control {signed(100 * control['change'])}. {_verdict(difference)}"


def _verdict(difference: Row) -> str:
    """What is left of the change once that of the control is taken off."""
    if difference["low"] is None:
        return "Nothing differs from the control."
    if difference["low"] > 0 or difference["high"] < 0:
        return f"Against the control: {_points(difference)}."
    return f"Not distinguishable from the control: {_points(difference)}."


def _points(row: Row) -> str:
    """Such as "+7.2 points (1.1 to 13)"."""
    change = signed(100 * row["change"])
    if row["low"] is None:
        return f"{change} points"
    low, high = (signed(100 * row[name]).removeprefix("+") for name in ("low", "high"))
    return f"{change} points ({low} to {high})"


def parts(
    effects: list[Row], groups: list[Row], asked: Question, unit: Unit, goal: str, start: str, on: Saved
) -> list[Component]:
    """The sentence, and the effects with the containers behind them."""
    sizes = {(row["kind"], row["group"]): row for row in groups}
    rows = [_effect(row, sizes, asked) for row in effects]
    table = markup.table(
        HEADS,
        rows,
        class_="sheet curve-numbers",
        caption=f"Share that has reached {goal} {effects[0]['at_days']} days after {start}, in percent",
    )
    left = [row for row in effects if row["unmatched"]]
    said = " ".join(_unmatched(row, unit) for row in left)
    told = f"Reached: {on.reached}. Those before are known until it began."
    return [
        html.P(sentence(effects, goal, start), className="effect-said"),
        markup.raw(table, className="curve-scroll"),
        html.P(f"{told} {said}".strip(), className="hint"),
    ]


def marker(on: Saved) -> Component:
    """The initiative in the legend of the curves."""
    return html.Span([controls.icon("flag", 13), f"{on.name}, since {day(on.on)}"], className="legend-item")


def _effect(row: Row, sizes: Mapping[tuple[str, str], Row], asked: Question) -> Markup:
    cells = [tag("th", TITLES[row["arm"]], scope="row")]
    for side in ("before", "after"):
        cells.append(_side(row, side, sizes.get((side, row["arm"])), asked))
    cells.append(tag("td", NOTHING if row["change"] is None else signed(100 * row["change"]), class_="num"))
    limits = NOTHING
    if row["low"] is not None:
        limits = f"{signed(100 * row['low'])} to {signed(100 * row['high'])}"
    elif not row["enough"]:
        limits = "not enough data"
    return tag("tr", [*cells, tag("td", limits, class_="num")])


def _side(row: Row, side: str, group: Row | None, asked: Question) -> Markup:
    """The share of one side, and its containers, which open."""
    share = row[f"share_{side}"]
    if share is None or group is None:
        return tag("td", "" if row["arm"] == "difference" else NOTHING, class_="num")
    title = f"{TITLES[row['arm']]}, {side}"
    select = {"kind": group["kind"], "group": group["group"]}
    target = {"table": "groups", "select": select, "measure": "size", "title": title, "question": asked}
    data = json.dumps(target, default=str, ensure_ascii=False)
    opens = tag("button", count(group["size"]), type="button", class_="opens faint", data_open=data)
    tip = f"{title}: {percent(100 * share)} of {count(group['size'])}"
    return tag("td", percent(round(100 * share, 1)), " of ", opens, class_="num", data_tip=tip)


def _unmatched(row: Row, unit: Unit) -> str:
    n = row["unmatched"]
    arm = "it reached" if row["arm"] == "initiative" else "of the control"
    return (
        f"{count(n)} {unit.of(n)} {arm} had no comparable partner and {'is' if n == 1 else 'are'} left out."
    )
