"""The first two rows of a cohort table: all its rows as one cohort, and the mean of the rows."""

from __future__ import annotations

from visualizations.formats import count, duration, money, percent
from visualizations.markup import Markup, tag
from visualizations.views.canvas.reading import SYMBOLS
from visualizations.views.cohort.cells import amount_text, edge, short
from visualizations.views.cohort.reading import Grid, Reading

MEAN_ROWS = ("All together", "Mean of cohorts")


def means(reading: Reading, grid: Grid) -> list[Markup]:
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
        return short(mean.share), f"{percent(mean.share)}: {of} in {mean.rows} finished rows"
    return short(mean.share), f"{percent(mean.share)}: the mean of {mean.rows} finished rows"


def _money_of(reading: Reading, grid: Grid, column: int, weighted: bool) -> tuple[str, str | None]:
    """What a mean of amounts says, and its tip."""
    found = reading.money(grid, column, weighted=weighted)
    if found is None:
        return "", None
    coin = SYMBOLS.get(reading.currency, reading.currency)
    each = f"for each of the {reading.unit.plural} counted" if weighted else "the mean of the rows"
    how = each if reading.show == "average" or not weighted else "in all"
    return amount_text(found.amount), f"{coin}{money(found.amount)} {how}; {found.rows} finished rows"


def _period_mean(reading: Reading, grid: Grid, column: int, weighted: bool) -> list[Markup]:
    said = _money_of if reading.of_money else _share_of
    text, tip = said(reading, grid, column, weighted)
    return [tag("td", text, class_=f"num mean{edge(column)}", data_tip=tip)]


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
        parts.append(tag("td", amount_text(amount), class_="num mean"))
    return parts
