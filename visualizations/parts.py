"""Small building blocks every view uses: numbers that open, tables, states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from visualizations import markup
from visualizations.base import Sheet
from visualizations.dom import Component, html
from visualizations.formats import NOTHING, count, duration, money, percent, points

MOST_ROWS = 500


def opener(
    shown: Any,
    table: str,
    select: dict[str, Any],
    measure: str,
    *,
    title: str,
    tip: str = "",
    className: str = "",
    more: Mapping[str, Any] | None = None,
) -> Component:
    """A number that opens the members behind it; `more` names another question than the page's."""
    number = {"table": table, "select": select, "measure": measure, "title": title, **(more or {})}
    target = json.dumps(number, default=str)
    extra = {"data-tip": tip} if tip else {}
    return html.Button(
        shown, className=f"opens {className}".strip(), type="button", **{"data-open": target, **extra}
    )


def menu_button(table: str, select: dict[str, Any], measure: str, title: str, icon: Component) -> Component:
    """The visible button of the context menu."""
    target = json.dumps({"table": table, "select": select, "measure": measure, "title": title}, default=str)
    return html.Button(
        icon,
        className="more",
        type="button",
        **{"aria-label": f"Actions for {title}", "aria-haspopup": "menu", "data-menu": target},
    )


def sheet_table(result: Any, sheet: Sheet, names: dict[Any, str] | None = None) -> Component:
    """One result table as HTML; numbers that count containers open."""
    frame = result.tables[sheet.table]
    columns = [column for column in sheet.columns if column[0] in frame.columns]
    heads = [(title, "" if kind in ("text", "node") else "num") for _, title, kind in columns]
    rows = (
        markup.tag("tr", (_cell(row, column, kind, sheet, names or {}) for column, _, kind in columns))
        for row in frame.head(MOST_ROWS).iter_rows(named=True)
    )
    more = f"The first {MOST_ROWS} of {count(frame.height)} rows; the exports hold all."
    return html.Div(
        [
            markup.raw(markup.table(heads, rows, class_="sheet", caption=sheet.title)),
            html.P(more, className="hint") if frame.height > MOST_ROWS else None,
        ],
        className="sheet-block",
    )


def _cell(row: dict[str, Any], column: str, kind: str, sheet: Sheet, names: dict[Any, str]) -> markup.Markup:
    value = row[column]
    if kind == "node":
        return markup.tag("td", names.get(value, value))
    if kind == "text":
        return markup.tag("td", NOTHING if value is None else str(value))
    said = {"count": count, "percent": percent, "duration": duration, "money": money, "points": points}[kind](
        value
    )
    if column not in sheet.opens or not value:
        return markup.tag("td", said, class_="num")
    select = {key: row[key] for key in sheet.keys}
    hidden = ("segment", "column", "kind", "source_kind", "target_kind")
    title = " → ".join(str(names.get(row[key], row[key])) for key in sheet.keys if key not in hidden)
    opened = markup.opens(said, sheet.table, select, sheet.opens[column], title=title)
    return markup.tag("td", opened, class_="num")


def walk(component: Any) -> Iterator[Any]:
    """A component, or a list of them, and everything in it."""
    for one in component if isinstance(component, list | tuple) else [component]:
        if one is not None and not isinstance(one, str | int | float):
            yield one
            yield from walk(getattr(one, "children", None))


def state(icon: Component, title: str, text: Any, *actions: Any) -> Component:
    """A calm page for what cannot be drawn: empty, refused, broken."""
    return html.Div(
        [
            html.Div(icon, className="state-icon"),
            html.H2(title),
            html.P(text),
            html.Div(list(actions), className="state-actions"),
        ],
        className="state",
        role="status",
    )


def definition_list(pairs: Sequence[tuple[str, Any]]) -> Component:
    """Terms and their values."""
    return html.Dl(
        [part for term, value in pairs for part in (html.Dt(term), html.Dd(value))], className="facts"
    )
