"""What a cohort table says in words: its periods, each cell, and the main finding."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from visualizations.facts import in_words
from visualizations.formats import count, duration_words, money, percent, sample_note
from visualizations.views.canvas.reading import SYMBOLS

if TYPE_CHECKING:
    from visualizations.views.cohort.reading import Cell, Grid, Line, Reading

ENOUGH = 3
"""Cohorts with a median time, for their median to mean something."""
FAIR_PART = 0.2
"""Means of a smaller part of all members are not the finding."""
DAY = 86_400


def period_name(start: Any, granularity: str) -> str:
    """A period by its first day: `Mar 2024`, `Q1 2024`, `11 Mar 2024`.

    >>> period_name("2024-03-01", "month"), period_name("2024-01-01", "quarter")
    ('Mar 2024', 'Q1 2024')
    """
    try:
        day = start if isinstance(start, datetime.date) else datetime.date.fromisoformat(str(start)[:10])
    except ValueError:
        return str(start)
    if granularity == "month":
        return f"{day:%b %Y}"
    if granularity == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    if granularity == "year":
        return str(day.year)
    if granularity == "fiscal_quarter":
        return f"Quarter from {day:%b %Y}"
    return _day(day)


def range_names(spec: Any) -> dict[str, str]:
    """Compared date ranges by what their rows carry; empty where none are compared."""
    return {one.label: f"{_day(one.from_)} to {_day(one.to)}" for one in spec.compare_ranges}


def _day(day: datetime.date) -> str:
    return f"{day.day} {day:%b %Y}"


def grain(spec: Any, number: int = 1) -> str:
    """The period's name for a number of them: `month`, `fiscal quarters`."""
    name = str(spec.granularity).replace("_", " ")
    return name if number == 1 else name + "s"


def criteria(part: Any) -> str:
    """Criteria in words, short: the first condition, and that there are more."""
    metrics = part.to_json()["metrics"]
    more = f" and {len(metrics) - 1} more" if len(metrics) > 1 else ""
    return in_words(metrics[0]["where"]) + more


def when(spec: Any, k: int) -> str:
    """When a column lies, after "returned"."""
    far = f"{abs(k)} {grain(spec, abs(k))}"
    if k < 0:
        return f"{far} before"
    if spec.rolling and k >= 1:
        return f"in each of the {far} after" if k > 1 else f"in the {grain(spec)} after"
    if spec.periods == "elapsed":
        plain = f"within the first {grain(spec)}" if k == 0 else f"{k} to {k + 1} {grain(spec, 2)} later"
        later, by = f"{far} later or after that", f"within {k + 1} {grain(spec, k + 1)}"
    else:
        plain = f"later in the same {grain(spec)}" if k == 0 else f"{far} later"
        later = f"{far} later or after that" if k else f"later in the same {grain(spec)} or after it"
        by = f"by the end of the {grain(spec)}" if k == 0 else f"no more than {far} later"
    return {"on_or_after": later, "cumulative": by}.get(spec.counting, plain)


def column_title(reading: Reading, column: int) -> str:
    """A column's name as part of a title."""
    return reading.labels[column] if reading.of_milestones else f"period {column}"


def who(reading: Reading, line: Line) -> str:
    """The members of a row: `accounts with MQL in Mar 2024`."""
    spec = reading.spec
    members = f"{reading.unit.plural} with {reading.included}"
    if spec.dimension is None:
        return f"{members} in {line.title}"
    return f"{members}, {field_name(spec.dimension)} {line.title}"


def field_name(path: str) -> str:
    """A field's last part in words: `industry`."""
    return path.rsplit(".", 1)[-1].replace("_", " ")


def n_of_n(reading: Reading, line: Line, column: int, cell: Cell) -> str:
    """A cell as a sentence, with what a reader must know.

    `assets/55-cohort.js` puts the same sentence together for the cells of a table.
    """
    number, base, share = count(cell["value"]), count(cell["percent_base"]), percent(cell["percent"])
    members, doing, of = who(reading, line), did(reading, column), before(reading, column)
    if of and not cell["percent_base"]:
        said = f"{number} {members} {doing}; none {of}."
    elif of:
        said = f"{number} {members} {doing}: {share} of the {base} {of}."
    else:
        said = f"{number} of {base} {members} {doing} ({share})."
    parts = (said, aside(reading, column, cell), "" if cell["complete"] else unfinished(reading))
    return " ".join(part for part in parts if part)


def did(reading: Reading, column: int) -> str:
    """What the members of a column did: `had SQL 1 month later`."""
    churn = reading.spec.type == "churn"
    if reading.of_milestones:
        return f"{'did not reach' if churn else 'reached'} {reading.labels[column]} by the end of the data"
    return f"{'did not have' if churn else 'had'} {reading.returned} {when(reading.spec, column)}"


def before(reading: Reading, column: int) -> str:
    """What a share is of where it is not of the members included; empty where it is."""
    return "in the column before" if reading.spec.of_previous and column >= 2 else ""


def _apart(reading: Reading, column: int) -> bool:
    """Whether those counted need not be among those that the column before counts."""
    return bool(before(reading, column)) and not reading.spec.rolling


def aside(reading: Reading, column: int, cell: Cell) -> str:
    """What stands beside the count of a cell: its time, its amount, how sure its share is."""
    said = _time(cell, reading.spec.type == "churn") if reading.of_milestones else _worth(reading, cell)
    note = "" if _apart(reading, column) else sample_note(cell["value"], cell["percent_base"])
    return " ".join(part for part in (said, note) if part)


def _worth(reading: Reading, cell: Cell) -> str:
    """The amount of a cell, and its mean over those counted."""
    if cell.get("amount") is None or not cell["value"]:
        return ""
    coin = SYMBOLS.get(reading.currency, reading.currency)
    each = f", {coin}{money(cell['amount_average'])} for each" if cell["value"] > 1 else ""
    return f"{coin}{money(cell['amount'])} in all{each}."


def _time(cell: Cell, churn: bool) -> str:
    seconds = cell.get("median_seconds")
    if seconds is not None:
        return f"Half within {duration_words(seconds)}, those not there yet counted as still on their way."
    return "" if churn else "The half is not reached yet."


def unfinished(reading: Reading) -> str:
    """Said of a cell that is not complete; empty where rows are items, which run over all periods."""
    if reading.spec.dimension is not None:
        return ""
    if reading.of_milestones:
        return f"The {grain(reading.spec)} is not wholly in the data: others may still join."
    return "The period is not wholly in the data."


def difference(cell: Cell) -> str:
    """A difference between two segments in words."""
    if cell["difference"] is None:
        return ""
    said = f"{signed(cell['difference'])} points against {percent(cell['against_percent'])}"
    if cell["low"] is None:
        return said + "; described, not tested."
    sure = "distinguishable" if cell["distinguishable"] else "not distinguishable"
    return f"{said}; 95% interval {signed(cell['low'])} to {signed(cell['high'])}, {sure}."


def signed(points: float) -> str:
    """A difference with its sign.

    >>> signed(3.04), signed(-12.0), signed(0.0)
    ('+3', '−12', '0')
    """
    text = f"{abs(points):.1f}".removesuffix(".0")
    return text if text == "0" else f"{'+' if points > 0 else '−'}{text}"


# --- the finding ---------------------------------------------------------------------------------


def caption(reading: Reading) -> str:
    """The main finding in one sentence, to be pasted."""
    total = sum(line.size for line in reading.grids[0].lines) if reading.grids else 0
    included = reading.included
    plain = f"{count(total)} {reading.unit.of(total)} with {included}."
    if not total:
        return plain
    if reading.comparing:
        return _between_segments(reading) or plain
    return (_of_milestones(reading) if reading.of_milestones else _of_periods(reading, total)) or plain


def _of_milestones(reading: Reading) -> str:
    grid = reading.grids[0]
    for column in reading.columns:
        if said := _fastest(reading, grid, column):
            return said
    return _most_often(reading, grid, reading.columns[0]) if reading.columns else ""


def _fastest(reading: Reading, grid: Grid, column: int) -> str:
    """The fastest cohort of a fair size against the median one."""
    typical = reading.typical_time(grid, column)
    if typical is None or typical[1] < ENOUGH:
        return ""
    fair = [
        (cell["median_seconds"], line, cell)
        for line in grid.lines
        if not line.small
        and reading.finished(cell := line.cells.get(column))
        and cell is not None
        and cell["median_seconds"] is not None
    ]
    if not fair:
        return ""
    seconds, line, cell = min(fair, key=lambda one: one[0])
    if typical[0] - seconds < DAY:
        return ""
    return (
        f"{line.title} reaches {reading.labels[column]} {duration_words(typical[0] - seconds)} faster than "
        f"the median cohort; {_n_of(reading, cell)}."
    )


def _n_of(reading: Reading, cell: Cell) -> str:
    reached = cell["percent_base"] - cell["value"] if reading.spec.type == "churn" else cell["value"]
    return f"{count(reached)} of {count(cell['percent_base'])}"


def _most_often(reading: Reading, grid: Grid, column: int) -> str:
    """The cohort of a fair size with the greatest share, against all of them together."""
    mean = reading.weighted(grid, column)
    fair = [
        (cell["percent"], line, cell)
        for line in grid.lines
        if reading.finished(cell := line.cells.get(column)) and cell is not None and not line.small
    ]
    if mean is None:
        return ""
    verb = "misses" if reading.spec.type == "churn" else "reaches"
    every = f"{percent(mean.share)} of all {count(mean.base)} {reading.unit.plural} in finished cohorts"
    if not fair:
        return f"{reading.labels[column]}: {every}."
    _, line, cell = max(fair, key=lambda one: one[0])
    of = f"{count(cell['value'])} of {count(cell['percent_base'])} ({percent(cell['percent'])})"
    return f"{line.title} {verb} {reading.labels[column]} most often: {of}; {every}."


def _of_periods(reading: Reading, total: int) -> str:
    """How many of all members returned, and when most."""
    spec, unit, grid = reading.spec, reading.unit, reading.grids[0]
    means = {k: mean for k in reading.columns if k >= 0 and (mean := reading.weighted(grid, k))}
    if not means:
        return ""
    fair = {k: mean for k, mean in means.items() if mean.base >= FAIR_PART * total} or means
    best = max(fair, key=lambda k: fair[k].share)
    verb = f"did not have {criteria(spec.returning)}" if spec.type == "churn" else _had(spec)
    old = "those in the column before" if before(reading, best) else "the cohorts old enough"
    share = f"{percent(means[best].share)} of {old}"
    lead = f"{count(total)} {unit.of(total)} with {reading.included}"
    if _apart(reading, best):
        most = f"{percent(means[best].share)} as many as in the column before"
        return f"{lead}: {most} {verb} {when(spec, best)}."
    if spec.counting == "exactly":
        return f"{lead}: {verb} most often {when(spec, best)}, {share}."
    return f"{lead}: {share} {verb} {when(spec, best)}."


def _had(spec: Any) -> str:
    return f"had {criteria(spec.returning)}"


def _between_segments(reading: Reading) -> str:
    """The segment with the greatest share in the column that says most, against the first one."""
    first = reading.grids[0]
    known = [
        k for k in reading.columns if k >= 0 and all(reading.weighted(grid, k) for grid in reading.grids)
    ]
    known = [k for k in known if all(_fair(reading, grid, k) for grid in reading.grids)] or known
    if not known:
        return ""
    column = known[0] if reading.of_milestones else max(known, key=lambda k: _share(reading, first, k))
    ranked = sorted(reading.grids, key=lambda grid: -_share(reading, grid, column))
    best, least = ranked[0], ranked[-1]
    gap = _share(reading, best, column) - _share(reading, least, column)
    what = reading.labels[column] if reading.of_milestones else reading.returned
    at = "" if reading.of_milestones else f" {when(reading.spec, column)}"
    none = "no " if reading.spec.type == "churn" else ""
    earlier = before(reading, column)
    of = f" {'as many as' if _apart(reading, column) else 'of those'} {earlier}" if earlier else ""
    most = f"{percent(_share(reading, best, column))}{of}"
    return (
        f"{best.name}: {most} with {none}{what}{at} in finished cohorts, "
        f"{gap:.1f} points more than {least.name}."
    )


def _fair(reading: Reading, grid: Grid, column: int) -> bool:
    """Whether a mean is of a fair part of all members."""
    mean = reading.weighted(grid, column)
    return mean is not None and mean.base >= FAIR_PART * sum(line.size for line in grid.lines)


def _share(reading: Reading, grid: Grid, column: int) -> float:
    mean = reading.weighted(grid, column)
    return mean.share if mean else 0.0
