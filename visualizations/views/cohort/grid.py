"""The cohort table as HTML: pinned heads and row names, a button in every number that opens.

A table says once what its rows and columns are called; a cell only says where it stands (`data-at`), and
`assets/55-cohort.js` makes the number from both. A hundred rows stay light, and real table semantics,
focusable cells and pinned heads come from the browser.
"""

from __future__ import annotations

import json
from typing import Any

from visualizations.formats import NOTHING, compact, count, duration, duration_words, money, percent
from visualizations.markup import Markup, opens, tag
from visualizations.views.canvas.reading import SYMBOLS, field_words
from visualizations.views.cohort.reading import Cell, Grid, Line, Reading
from visualizations.views.cohort.words import (
    column_title,
    difference,
    grain,
    n_of_n,
    signed,
    when,
    who,
)

SMALL = Markup('<sup class="small-mark">*</sup>')
MEAN_ROWS = ("All together", "Mean of cohorts")


def heat_table(reading: Reading, grid: Grid) -> Markup:
    """One segment's table: rows of cohorts, the two means first."""
    heads = _milestone_heads(reading) if reading.of_milestones else _period_heads(reading)
    body = [*_means(reading, grid), *(_row(reading, grid, i) for i in range(len(grid.lines)))]
    rows = [{"title": _titled(reading, grid, line), "select": line.select} for line in grid.lines]
    columns = [{"n": column, "title": column_title(reading, column)} for column in reading.columns]
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
        heads.append(tag("th", _trend(reading, k, str(k), tip), scope="col", class_=f"num{_edge(k)}"))
    return [tag("tr", heads)]


def _edge(k: int) -> str:
    """The period of the cohort itself stands apart."""
    return " own" if k == 0 else ""


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


# --- means ---------------------------------------------------------------------------------------


def _means(reading: Reading, grid: Grid) -> list[Markup]:
    """All finished cells as one cohort, and the mean of cohorts, each counting the same."""
    total, lines = sum(line.size for line in grid.lines), max(1, len(grid.lines))
    rows = []
    for weighted, name, size in ((True, MEAN_ROWS[0], count(total)), (False, MEAN_ROWS[1], "")):
        size = size or count(round(total / lines))
        parts = [
            tag("th", name, scope="row", class_="pin pin-1", data_tip=_explained(reading, weighted=weighted)),
            tag("td", size, class_="pin pin-2 num"),
        ]
        for column in reading.columns:
            cells = _milestone_mean if reading.of_milestones else _period_mean
            parts += cells(reading, grid, column, weighted)
        if reading.of_milestones and reading.spec.dimension is None:
            parts.append(tag("td", class_="begins"))
        rows.append(tag("tr", parts, class_="summary"))
    return rows


def _explained(reading: Reading, *, weighted: bool) -> str:
    left = "" if reading.of_milestones and reading.spec.dimension else " Unfinished periods are left out."
    if weighted:
        return f"All {reading.unit.plural} of the rows as one cohort: large rows weigh more.{left}"
    return f"The mean of the rows' shares, each row counting the same.{left}"


def _share_of(reading: Reading, grid: Grid, column: int, weighted: bool) -> tuple[str, str | None]:
    """What a mean says, and its tip."""
    mean = reading.weighted(grid, column) if weighted else reading.simple(grid, column)
    if mean is None:
        return "", None
    if weighted:
        of = f"{count(mean.value)} of {count(mean.base)} {reading.unit.plural}"
        return _short(mean.share), f"{percent(mean.share)}: {of} in {mean.rows} finished rows"
    return _short(mean.share), f"{percent(mean.share)}: the mean of {mean.rows} finished rows"


def _period_mean(reading: Reading, grid: Grid, column: int, weighted: bool) -> list[Markup]:
    shown, tip = _share_of(reading, grid, column, weighted)
    return [tag("td", shown, class_=f"num mean{_edge(column)}", data_tip=tip)]


def _milestone_mean(reading: Reading, grid: Grid, column: int, weighted: bool) -> list[Markup]:
    shown, tip = _share_of(reading, grid, column, weighted)
    cells = reading.cells(grid, column)
    number = sum(cell["value"] for cell in cells)
    amounts = [cell["amount"] for cell in cells if cell["amount"] is not None]
    typical = None if weighted else reading.typical_time(grid, column)
    median = duration(typical[0]) if typical else ""
    of = f"Median of the {typical[1]} rows whose median is reached" if typical else None
    each = 1 if weighted else max(1, len(cells))
    parts = [
        tag("td", count(round(number / each)) if cells else "", class_="num mean begins"),
        tag("td", shown, class_="num mean", data_tip=tip),
        tag("td", median, class_="num mean", data_tip=of),
    ]
    if column in reading.with_amounts:
        amount = sum(amounts) / (1 if weighted else max(1, len(amounts))) if amounts else None
        parts.append(tag("td", _amount(amount), class_="num mean"))
    return parts


# --- rows ----------------------------------------------------------------------------------------


def _row(reading: Reading, grid: Grid, i: int) -> Markup:
    line, title = grid.lines[i], _titled(reading, grid, grid.lines[i])
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
        tag("span", tag("span", line.title, class_="row-name", title=line.title), menu, class_="row-head"),
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
    return tag("tr", head, number, cells)


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
    tip, at = n_of_n(reading, line, column, cell), f"{i},{n}"
    number: Any = count(cell["value"])
    if cell["value"]:
        number = tag("button", number, type="button", class_="opens", data_tip=tip)
    time = cell["median_seconds"]
    said = f"Half within {duration_words(time)}" if time is not None else "The half is not reached yet"
    parts = [
        tag(
            "td",
            number,
            class_=f"num value begins{hatch}{'' if cell['value'] else ' faint'}",
            data_at=at if cell["value"] else None,
        ),
        _heat(reading, grid, line, column, cell, at),
        tag("td", duration(time), class_=f"num{hatch}{'' if time is not None else ' faint'}", data_tip=said),
    ]
    if column in reading.with_amounts:
        tip = _amount_tip(reading, cell)
        parts.append(tag("td", _amount(cell["amount"]), class_=f"num{hatch}", data_tip=tip))
    return parts


def _heat(reading: Reading, grid: Grid, line: Line, column: int, cell: Cell | None, at: str) -> Markup:
    """A share on its colour, or a count, or the difference against the first segment."""
    edge = "" if reading.of_milestones else _edge(column)
    if cell is None or cell["value"] is None:
        return tag("td", class_=f"none{edge}")
    hatched = not cell["complete"] and not (reading.of_milestones and reading.spec.dimension is not None)
    classes = f"heat num{' hatch' if hatched else ''}{edge}"
    if not cell["percent_base"]:
        return tag("td", tag("span", NOTHING, class_="faint"), class_=classes)
    share = cell["percent"] or 0.0
    tip = n_of_n(reading, line, column, cell)
    shown: Any = (
        count(cell["value"]) if reading.show == "count" and not reading.of_milestones else _short(share)
    )
    heat = f"--heat-share:{100 * min(1.0, share / reading.most[column]):.0f}"
    apart = reading.differences.get((grid.segment, line.select["cohort"], column))
    if reading.comparison == "differences" and grid is not reading.grids[0] and apart is not None:
        heat, tip = "", f"{tip} {difference(apart)}"
        gap = apart["difference"]
        shown = tag("strong" if apart["distinguishable"] else "span", NOTHING if gap is None else signed(gap))
    if not cell["value"]:
        return tag("td", tag("span", shown, class_="zero", data_tip=tip), class_=classes)
    inner = tag("button", shown, type="button", class_="opens", data_tip=tip, tabindex=_tab(reading))
    return tag("td", inner, class_=classes, style=heat, data_at=at)


def _tab(reading: Reading) -> str | None:
    """Beside a count that opens the same members, the share need not be a further stop of the keyboard."""
    return "-1" if reading.of_milestones else None


def _short(share: float) -> str:
    return "0" if share == 0 else f"{share:.0f}%" if share >= 9.95 else percent(share)


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


def _amount(value: Any) -> str:
    return NOTHING if value is None else compact(float(value))
