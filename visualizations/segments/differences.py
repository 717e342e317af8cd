"""Two segments side by side: every field and event, with its difference and whether chance explains it."""

from __future__ import annotations

from typing import Any

import polars as pl

from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.formats import NOTHING, compact, count, percent, points, sentence

SHOWN = 200
KINDS = [
    {"value": "all", "label": "All"},
    {"value": "fields", "label": "Fields"},
    {"value": "events", "label": "Events"},
]
SIZES: dict[str, tuple[tuple[float, str], ...]] = {
    "share": ((0.8, "large"), (0.5, "medium"), (0.2, "small")),
    "number": ((0.474, "large"), (0.33, "medium"), (0.147, "small")),
}
"""Least effect that is called so: of shares Cohen's h, of numbers Cliff's delta (J. Romano, 2006)."""
HELP = (
    "Effect: Cohen's h for shares, Cliff's delta for numbers. q: the p value adjusted for all {tests} tests"
    " made here; below 0.05 chance does not explain the difference."
)


def card(desk: Desk, question: Question, found: Any, letters: tuple[str, str], pick: Any) -> Component:
    """The differences of two segments, the largest first; `pick` chooses which two."""
    rows = _fitting(found.rows, question)
    tests = int(found.rows["p_value"].is_not_null().sum())
    said = [html.P(found.sentence.replace(" %", "\N{NO-BREAK SPACE}%"), className="differences-sentence")]
    said += [html.P(sentence(f"{note}."), className="hint") for note in found.notes]
    head = html.Div([html.H2("Side by side"), pick], className="differences-head")
    return html.Section(
        [
            head,
            *said,
            _narrow(found.rows, question),
            _table(desk, found, rows, letters),
            html.P(HELP.format(tests=tests), className="hint"),
        ],
        className="card compare-card",
    )


def _fitting(rows: pl.DataFrame, question: Question) -> pl.DataFrame:
    """The rows that the controls leave."""
    kind, field = question.get("kind", "all"), question.get("field")
    if kind == "fields":
        rows = rows.filter(pl.col("kind") != "event")
    elif kind == "events":
        rows = rows.filter(pl.col("kind") == "event")
    if field in rows["field"]:
        rows = rows.filter(pl.col("field") == field)
    return rows.filter(pl.col("distinguishable")) if question.get("found") else rows


def _narrow(rows: pl.DataFrame, question: Question) -> Component:
    fields = rows.filter(pl.col("kind") != "event")["field"].unique(maintain_order=True).sort().to_list()
    kind = question.get("kind", "all")
    parts: list[Any] = [
        dmc.SegmentedControl(
            id=controls.edit("choice", "kind"), value=kind, data=KINDS, size="xs", **{"aria-label": "Rows"}
        )
    ]
    if kind != "events":
        data = [{"value": name, "label": field_words(name)} for name in fields]
        value = question.get("field") if question.get("field") in fields else None
        parts.append(
            controls.select(
                "Field", "choice", "field", value, data, hidden_label=True, searchable=True,
                clearable=True, allowDeselect=True, placeholder="Every field", w=220,
            )
        )  # fmt: skip
    parts.append(
        controls.switch("Only what chance does not explain", "flag", "found", bool(question.get("found")))
    )
    return html.Div(parts, className="differences-narrow")


def field_words(field: str) -> str:
    """A field as people read it.

    >>> field_words("account.annual_revenue"), field_words("event_type")
    ('Account annual revenue', 'Event type')
    """
    return sentence(field.replace(".", " ").replace("_", " "))


def _table(desk: Desk, found: Any, rows: pl.DataFrame, letters: tuple[str, str]) -> Component:
    if rows.is_empty():
        return html.P("No row fits.", className="hint")
    unit = desk.facts.units[found.container]
    apart = 0 < found.shared < min(found.sizes)
    heads = [("Field or event", "")]
    for letter, label, size in zip(letters, found.labels, found.sizes, strict=True):
        of = size - found.shared if apart else size
        heads.append((f"{letter}{' only' if apart else ''}: {count(of)} {unit.of(of)}", "side"))
        del label
    heads += [("Difference, points", "difference"), ("Effect", "effect"), ("q", "num")]
    scale = _scales(rows)
    body = (_row(row, letters, scale) for row in rows.head(SHOWN).iter_rows(named=True))
    more = f"The first {SHOWN} of {count(rows.height)}; narrow them by field or event."
    return html.Div(
        [
            markup.raw(markup.table(heads, body, class_="sheet tight differences"), className="table-scroll"),
            html.P(more, className="hint") if rows.height > SHOWN else None,
        ]
    )


def _scales(rows: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Field → from where to where its quartiles lie."""
    numbers = rows.filter(pl.col("kind") == "number")
    return {
        row["field"]: (
            min(row[name] for name in ("p25_a", "p25_b") if row[name] is not None),
            max(row[name] for name in ("p75_a", "p75_b") if row[name] is not None),
        )
        for row in numbers.iter_rows(named=True)
        if row["p25_a"] is not None or row["p25_b"] is not None
    }


def _row(
    row: dict[str, Any], letters: tuple[str, str], scale: dict[str, tuple[float, float]]
) -> markup.Markup:
    tested = row["distinguishable"]
    cells = [
        _number_side(row, side, letter, scale.get(row["field"]))
        if row["kind"] == "number"
        else _share_side(row, side, letter)
        for side, letter in zip("ab", letters, strict=True)
    ]
    return markup.tag(
        "tr",
        markup.tag("th", *_what(row), scope="row"),
        cells,
        _difference(row),
        markup.tag("td", *_effect(row)),
        _q(row),
        class_=None if tested else "faint-row",
    )


def _what(row: dict[str, Any]) -> list[markup.Markup]:
    if row["kind"] == "event":
        return [markup.tag("span", "Has an event", class_="eyebrow"), markup.tag("div", row["item"])]
    name = field_words(row["field"])
    shown = "Median and middle half, all members" if row["kind"] == "number" else str(row["item"])
    if row["kind"] == "number":
        return [markup.tag("span", shown, class_="eyebrow"), markup.tag("div", name)]
    return [markup.tag("span", name, class_="eyebrow"), markup.tag("div", shown)]


def _share_side(row: dict[str, Any], side: str, letter: str) -> markup.Markup:
    """The share as a bar: of those in only this one, where the difference is of them."""
    every = row[f"share_{side}"]
    share = row[f"share_only_{side}"] if row["difference"] is not None else every
    if share is None:
        return markup.tag("td", NOTHING)
    tip = f"Of all members of {letter}: {count(row[f'count_{side}'])}, {percent(every)}"
    fill = markup.tag("div", class_=f"side-fill side-{letter.lower()}", style=f"width:{share:.2f}%")
    bar = markup.tag("div", fill, class_="side-bar")
    return markup.tag(
        "td", markup.tag("div", bar, markup.tag("span", percent(share)), class_="side-cell", data_tip=tip)
    )


def _number_side(
    row: dict[str, Any], side: str, letter: str, ends: tuple[float, float] | None
) -> markup.Markup:
    """Median and quartiles on the scale that both sides share; of all members with a value."""
    low, median, high = (row[f"{name}_{side}"] for name in ("p25", "median", "p75"))
    if median is None or ends is None:
        return markup.tag("td", NOTHING)
    wide = (ends[1] - ends[0]) or 1.0
    at = [100 * (one - ends[0]) / wide for one in (low, median, high)]
    middle = markup.tag(
        "div",
        class_=f"side-half side-{letter.lower()}",
        style=f"left:{at[0]:.2f}%;width:{max(at[2] - at[0], 1):.2f}%",
    )
    tick = markup.tag("div", class_="side-median", style=f"left:{at[1]:.2f}%")
    known = f"{count(row[f'count_{side}'])} members of {letter} with a value"
    tip = f"{known}: median {count(median)}, middle half {count(low)} to {count(high)}"
    bar = markup.tag("div", middle, tick, class_="side-bar")
    return markup.tag(
        "td", markup.tag("div", bar, markup.tag("span", compact(median)), class_="side-cell", data_tip=tip)
    )


def _difference(row: dict[str, Any]) -> markup.Markup:
    """Points with their interval, as words and as a line on a scale from -100 to 100."""
    if row["difference"] is None:
        return markup.tag("td", NOTHING if row["effect"] is None else "", class_="difference")
    low, high = row["low"], row["high"]
    span = markup.tag(
        "div", class_="gap-span", style=f"left:{(low + 100) / 2:.2f}%;width:{(high - low) / 2:.2f}%"
    )
    dot = markup.tag("div", class_="gap-dot", style=f"left:{(row['difference'] + 100) / 2:.2f}%")
    told = markup.tag("span", f"{points(low)} to {points(high)}", class_="hint")
    words = markup.tag("div", markup.tag("strong", points(row["difference"])), told, class_="gap-words")
    drawn = markup.tag("div", words, markup.tag("div", span, dot, class_="gap"), class_="gap-cell")
    return markup.tag("td", drawn, class_="difference")


def effect_words(kind: str, effect: float) -> str:
    """How large an effect is called.

    >>> effect_words("item", -0.6), effect_words("number", 0.5), effect_words("event", 0.1)
    ('medium', 'large', 'very small')
    """
    names = SIZES["number" if kind == "number" else "share"]
    return next((name for least, name in names if abs(effect) >= least), "very small")


def _effect(row: dict[str, Any]) -> list[Any]:
    if row["effect"] is None:
        return [NOTHING]
    number = f"{round(row['effect'], 2) + 0.0:+.2f}".replace("-", "\N{MINUS SIGN}").replace("+0.00", "0.00")
    told = markup.tag("span", effect_words(row["kind"], row["effect"]), class_="hint")
    return [markup.tag("div", markup.tag("strong", number), told, class_="gap-words")]


def _q(row: dict[str, Any]) -> markup.Markup:
    q = row["q_value"]
    if q is None:
        return markup.tag("td", markup.tag("span", "not tested", class_="hint"), class_="num")
    shown = "<0.001" if q < 0.001 else f"{q:.3f}"
    if row["distinguishable"]:
        return markup.tag("td", shown, class_="num")
    told = markup.tag("div", "not distinguishable", class_="hint")
    return markup.tag("td", shown, told, class_="num")
