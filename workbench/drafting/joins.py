"""Which columns name records of another file: by name, by kind, and by the values that are found there."""

from __future__ import annotations

from workbench.drafting.kinds import Column
from workbench.drafting.ledger import Ledger
from workbench.drafting.reading import File
from workbench.drafting.words import entity_of, is_own_id, plain, singular_words

LEAST = 0.5
"""Share of the values that must be found for a join that names do not speak of."""
MOST_COLUMNS = 150
"""Columns of a file that may point elsewhere."""


def find_joins(files: list[File], ledger: Ledger) -> None:
    """Settle, for every column that may, which column of which source it points at."""
    parents = [(file, column) for file in files for column in _own_ids(file)]
    for file in files:
        for column in list(file.columns.values())[:MOST_COLUMNS]:
            if column.like_id and not (column.kind == "text" and column.distinct < 2):
                _join(file, column, [p for p in parents if p[0] is not file], ledger)


def _own_ids(file: File) -> list[Column]:
    """Columns whose values tell the rows apart, at most the three likeliest."""
    unique = [c for c in file.columns.values() if c.unique and c.like_id and c.distinct > 1]
    table = next((one for one in file.tables if one != "events"), None)
    return sorted(unique, key=lambda c: not is_own_id(c.name, table))[:3]


def _join(file: File, column: Column, parents: list[tuple[File, Column]], ledger: Ledger) -> None:
    best: tuple[float, float, File, Column, str] | None = None
    for parent, own in parents:
        share = len(column.values & own.values) / max(column.distinct, 1)
        named = _named(file, column, parent, own)
        score = _score(column, own, share, named, parent)
        if score > 0 and (best is None or score > best[0]):
            best = (score, share, parent, own, named)
    if best is None:
        return
    score, share, parent, own, named = best
    target = f"{parent.name}.{own.name}"
    found = f"{share:.0%} of its {column.distinct:,} values are in {target}"
    reason = f"{found}{' (of the rows that were read)' if not (parent.whole and file.whole) else ''}"
    chosen = ledger.settle(
        f"sources.{file.name}.joins.{column.name}",
        target,
        min(score, 0.99),
        f"{reason}; {named}" if named else reason,
        file.rows(column.name),
    )
    if chosen == target:
        file.joins[column.name] = (parent.name, own.name, share)
    elif isinstance(chosen, str) and "." in chosen:
        source, _, name = chosen.partition(".")
        file.joins[column.name] = (source, name, 0.0)


def _named(file: File, column: Column, parent: File, own: Column) -> str:
    """Why the names agree; empty where they do not."""
    if plain(column.name) == plain(own.name) and not is_own_id(column.name):
        return "the columns are called the same"
    entity = entity_of(column.name)
    if entity and (entity in parent.tables or (entity == "persons" and "leads" in parent.tables)):
        return f"its name speaks of {entity}"
    bare = singular_words(column.name)
    stem = singular_words(parent.stem)
    if len(bare) > 1 and bare[-1] == "id" and stem and bare[-2] == stem[-1]:
        return f"its name speaks of {parent.stem}"
    return ""


def _score(column: Column, own: Column, share: float, named: str, parent: File) -> float:
    if is_own_id(column.name) and not named and share < 0.95:
        return 0.0
    if named and share > 0:
        return 0.5 + share / 2 if share > 0.02 else 0.0
    if named and not parent.whole:
        return 0.45
    telling = column.kind == "text" and sum(len(value) for value in column.examples) >= 5 * len(
        column.examples
    )
    long = telling or all(len(value) >= 6 for value in column.examples)
    return share * 0.8 if not named and long and share >= LEAST and column.distinct > 4 else 0.0
