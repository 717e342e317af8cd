"""What a cell of a cohort table says: its text, and the numbers of its sentence."""

from __future__ import annotations

from typing import Any

from visualizations.formats import NOTHING, compact, count, percent
from visualizations.views.cohort.reading import AMOUNTS, Cell, Reading
from visualizations.views.cohort.words import aside


def short(share: float) -> str:
    """A share in percent for a tight place.

    >>> short(0.0), short(9.94), short(9.96)
    ('0', '9.9%', '10%')
    """
    return "0" if share == 0 else f"{share:.0f}%" if share >= 9.95 else percent(share)


def shown(reading: Reading, cell: Cell) -> str:
    """What a cell says: its share, its count, or an amount; milestones always their share."""
    if reading.of_money:
        return amount_text(cell[AMOUNTS[reading.show]])
    if reading.show == "count" and not reading.of_milestones:
        return count(cell["value"])
    return NOTHING if cell["percent"] is None else short(cell["percent"])


def tip_parts(reading: Reading, column: int, cell: Cell) -> tuple[str, str]:
    """The numbers of a cell's sentence (`12|40|30%`), and what stands behind it."""
    numbers = (count(cell["value"]), count(cell["percent_base"]), percent(cell["percent"]))
    return "|".join(numbers), aside(reading, column, cell)


def amount_text(value: Any) -> str:
    """An amount for a tight place."""
    if value is None:
        return NOTHING
    return compact(round(float(value)) if abs(value) >= 100 else round(float(value), 2))


def edge(k: int) -> str:
    """The class that sets the period of the cohort itself apart."""
    return " own" if k == 0 else ""
