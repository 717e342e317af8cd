"""The cohort table as HTML: pinned heads and row names, a button in every number that opens.

A table says once what its rows and columns are called; a cell only says where it stands (`data-at`, or
`data-of` where nothing opens) and its numbers (`data-n`), and `assets/55-cohort.js` makes its sentence and
what it opens from both. A hundred rows stay light, and real table semantics, focusable cells and pinned heads
come from the browser.
"""

from __future__ import annotations

import json
from typing import Any

from visualizations.formats import NOTHING, count, duration, duration_words, money
from visualizations.markup import Markup, opens, tag
from visualizations.views.canvas.reading import SYMBOLS, field_words
from visualizations.views.cohort.cells import amount_text, edge, shown, tip_parts
from visualizations.views.cohort.means import means
from visualizations.views.cohort.reading import Cell, Grid, Line, Reading
from visualizations.views.cohort.words import (
    before,
    column_title,
    did,
    difference,
    grain,
    period_name,
    signed,
    unfinished,
    when,
    who,
)

SMALL = Markup('<sup class="small-mark">*</sup>')


def heat_table(reading: Reading, grid: Grid) -> Markup:
    """One segment's table: rows of cohorts, the two means first."""
    heads = _milestone_heads(reading) if reading.of_milestones else _period_heads(reading)
    marks = reading.marks(grid)
    body = [*means(reading, grid), *(_row(reading, grid, i, marks) for i in range(len(grid.lines)))]
    rows = [
        {"title": _titled(reading, grid, line), "select": line.select, "who": who(reading, line)}
        for line in grid.lines
    ]
    columns = [
        {
            "n": column,
            "title": column_title(reading, column),
            "did": did(reading, column),
            "before": before(reading, column),
        }
        for column in reading.columns
    ]
    return tag(
        "table",
        tag("thead", *heads),
        tag("tbody", body),
        class_="cohort milestones" if reading.of_milestones else "cohort",
        aria_label=f"Cohort table, {grid.name}" if grid.name else "Cohort table",
        data_grid="1",
        data_table=reading.table,
        data_key=reading.key,
        data_rows=json.dumps(rows, ensure_ascii=False, default=str),
        data_columns=json.dumps(columns, ensure_ascii=False),
        data_unit=reading.unit.plural,
        data_unfinished=unfinished(reading),
    )


def _titled(reading: Reading, grid: Grid, line: Line) -> str:
    """A row's name in a title, with its segment where several stand side by side."""
    return f"{line.title}, {grid.name}" if grid.name else line.title


# --- heads ---------------------------------------------------------------------------------------


def _corner(reading: Reading, rows: str | None) -> list[Markup]:
    spec, plural = reading.spec, reading.unit.plural.capitalize()
    name = "Cohort" if spec.dimension is None else field_words(spec.dimension)
    return [
        tag("th", name, scope="col", rowspan=rows, class_="pin pin-1"),
        tag("th", plural, scope="col", rowspan=rows, class_="pin pin-2 num"),
    ]


def _trend(reading: Reading, column: int, shown: str, tip: str) -> Markup:
    """A column's name; pressed, it opens the column from cohort to cohort."""
    target = {"kind": "column-trend", "table": reading.table, "select": {reading.key: column}}
    data = json.dumps({**target, "title": column_title(reading, column)}, ensure_ascii=False)
    return tag("button", shown, type="button", class_="opens column", data_send=data, data_tip=tip)


def _period_heads(reading: Reading) -> list[Markup]:
    spec = reading.spec
    heads = _corner(reading, None)
    for k in reading.columns:
        said = when(spec, k)
        tip = f"{said[:1].upper()}{said[1:]}. Click: this column from cohort to cohort."
        heads.append(tag("th", _trend(reading, k, str(k), tip), scope="col", class_=f"num{edge(k)}"))
    return [tag("tr", heads)]


def _milestone_heads(reading: Reading) -> list[Markup]:
    first, second = _corner(reading, "2"), []
    money_head = f"Amount {SYMBOLS.get(reading.currency, reading.currency)}".strip()
    for column in reading.columns:
        parts = ["Count", "Share", "Median", *([money_head] if column in reading.with_amounts else [])]
        tip = "Click: this milestone from cohort to cohort."
        name = _trend(reading, column, reading.labels[column], tip)
        first.append(tag("th", name, scope="colgroup", colspan=str(len(parts)), class_="group"))
        for i, part in enumerate(parts):
            second.append(tag("th", part, scope="col", class_="num begins" if i == 0 else "num"))
    if reading.spec.dimension is None:
        tip = f"Whether the {grain(reading.spec)} lies wholly in the data."
        first.append(tag("th", "Complete", scope="col", rowspan="2", class_="begins", data_tip=tip))
    return [tag("tr", first), tag("tr", second)]


# --- rows ----------------------------------------------------------------------------------------


def _row(reading: Reading, grid: Grid, i: int, marks: dict[str, list[dict[str, str]]]) -> Markup:
    line, title = grid.lines[i], _titled(reading, grid, grid.lines[i])
    began = marks.get(line.select["cohort"], [])
    size: Any = [count(line.size), SMALL if line.small else None]
    context, menu = None, None
    if line.size and line.cells:
        select = {**line.select, "period": next(iter(line.cells))}
        target = {"table": "cells", "select": select, "measure": "size", "title": f"{title}, whole cohort"}
        context = json.dumps(target, ensure_ascii=False)
        tip = f"{count(line.size)} {who(reading, line)}"
        note = "; a small sample." if line.small else "."
        size = opens(size, "cells", select, "size", title=f"{title}, whole cohort", tip=tip + note)
        menu = _more(title, context)
    head = tag(
        "th",
        tag(
            "span",
            tag("span", line.title, class_="row-name", title=line.title),
            _initiatives(began),
            menu,
            class_="row-head",
        ),
        scope="row",
        class_="pin pin-1",
    )
    number = tag(
        "td", size, class_="pin pin-2 num", data_at=f"{i},size" if context else None, data_context=context
    )
    cells = [cell for n in range(len(reading.columns)) for cell in _cells(reading, grid, i, n)]
    if reading.of_milestones and reading.spec.dimension is None:
        whole = all(cell["complete"] for cell in line.cells.values())
        cells.append(tag("td", "Yes" if whole else "Open", class_=f"begins{'' if whole else ' hatch'}"))
    return tag("tr", head, number, cells, class_="marked" if began else None)


def _initiatives(began: list[dict[str, str]]) -> Markup | None:
    """The names at the dashed line above a row, with their dates."""
    if not began:
        return None
    said = "; ".join(f"{one['name']} began on {period_name(one['on'], 'day')}" for one in began)
    more = f" +{len(began) - 1}" if len(began) > 1 else ""
    return tag("span", f"{began[0]['name']}{more}", class_="initiative", data_tip=said)


def _more(title: str, target: str) -> Markup:
    """The visible button of a row's menu."""
    icon = tag("span", "", class_="icon", style="--icon:url(/assets/icons/ellipsis.svg);--size:14px")
    return tag(
        "button",
        icon,
        type="button",
        class_="more",
        aria_label=f"Actions for {title}",
        aria_haspopup="menu",
        data_menu=target,
    )


def _cells(reading: Reading, grid: Grid, i: int, n: int) -> list[Markup]:
    line, column = grid.lines[i], reading.columns[n]
    cell = line.cells.get(column)
    if not reading.of_milestones:
        return [_heat(reading, grid, line, column, cell, f"{i},{n}")]
    wide = 4 if column in reading.with_amounts else 3
    if cell is None or cell["value"] is None or not cell["percent_base"]:
        return [tag("td", NOTHING, class_="num faint begins"), *[tag("td", class_="none")] * (wide - 1)]
    hatch = "" if cell["complete"] or reading.spec.dimension is not None else " hatch"
    number: Any = count(cell["value"])
    if cell["value"]:
        number = tag("button", number)
    time = cell["median_seconds"]
    said = f"Half within {duration_words(time)}" if time is not None else "The half is not reached yet"
    parts = [
        tag(
            "td",
            number,
            class_=f"num value begins{hatch}{'' if cell['value'] else ' faint'}",
            **_place(reading, grid, line, column, cell, f"{i},{n}"),
        ),
        _heat(reading, grid, line, column, cell, f"{i},{n}"),
        tag("td", duration(time), class_=f"num{hatch}{'' if time is not None else ' faint'}", data_tip=said),
    ]
    if column in reading.with_amounts:
        tip = _amount_tip(reading, cell)
        parts.append(tag("td", amount_text(cell["amount"]), class_=f"num{hatch}", data_tip=tip))
    return parts


def _heat(reading: Reading, grid: Grid, line: Line, column: int, cell: Cell | None, at: str) -> Markup:
    """A share on its colour, or a count or an amount, or the difference against the first segment."""
    own = "" if reading.of_milestones else edge(column)
    if cell is None or cell["value"] is None:
        return tag("td", class_=f"none{own}")
    hatched = not cell["complete"] and not (reading.of_milestones and reading.spec.dimension is not None)
    classes = f"heat num{' hatch' if hatched else ''}{own}"
    if not cell["percent_base"] and not cell["value"]:
        return tag("td", tag("span", NOTHING, class_="faint"), class_=classes)
    apart = _apart(reading, grid, line, column)
    text: Any = shown(reading, cell)
    if apart is not None:
        gap = apart["difference"]
        text = tag("strong" if apart["distinguishable"] else "span", NOTHING if gap is None else signed(gap))
    place = _place(reading, grid, line, column, cell, at)
    if not cell["value"]:
        return tag("td", tag("span", text, class_="zero"), class_=classes, **place)
    heat = None if apart is not None else f"--heat-share:{100 * reading.strength(cell, column):.0f}"
    return tag("td", tag("button", text, tabindex=_tab(reading)), class_=classes, style=heat, **place)


def _apart(reading: Reading, grid: Grid, line: Line, column: int) -> Cell | None:
    """The difference a cell shows in the place of its value."""
    if reading.comparison != "differences" or grid is reading.grids[0]:
        return None
    return reading.differences.get((grid.segment, line.select["cohort"], column))


def _place(
    reading: Reading, grid: Grid, line: Line, column: int, cell: Cell, at: str
) -> dict[str, str | None]:
    """Where a cell stands, whether it opens, and the numbers of its sentence."""
    apart = _apart(reading, grid, line, column)
    numbers, more = tip_parts(reading, column, cell)
    if apart is not None:
        more = f"{more} {difference(apart)}".strip()
    return {"data_at" if cell["value"] else "data_of": at, "data_n": numbers, "data_more": more}


def _tab(reading: Reading) -> str | None:
    """Beside a count that opens the same members, the share need not be a further stop of the keyboard."""
    return "-1" if reading.of_milestones else None


def _amount_tip(reading: Reading, cell: Cell) -> str:
    """The whole amount, and its mean over the containers that came there."""
    if cell["amount"] is None:
        return "No deal with an amount"
    coin = SYMBOLS.get(reading.currency, reading.currency)
    there = cell["percent_base"] - cell["value"] if reading.spec.type == "churn" else cell["value"]
    if not there:
        return f"{coin}{money(cell['amount'])}"
    each = money(float(cell["amount"]) / there)
    return (
        f"{coin}{money(cell['amount'])}; {coin}{each} for each {reading.unit.label.lower()} that came there"
    )
