"""What `count` counts of matching events: the events, distinct values, sums."""

from __future__ import annotations

import numpy as np

from workbench.errors import SpecError
from workbench.index.fields import Fields, Scope
from workbench.index.history import Matches
from workbench.index.kernels import Bools, distinct_pairs
from workbench.index.store import JourneyIndex
from workbench.index.sums import Summed, sums_pass
from workbench.model.conditions import CountIn
from workbench.model.specs import compare
from workbench.model.tables import ColumnType


def counted(fields: Fields, form: CountIn, matches: Matches, scope: Scope) -> Bools:
    """Which containers of a scope pass by their matching events; without a match nothing is counted."""
    if form.sum is not None:
        return _summed(fields, form.sum, form, scope, matches)
    container = np.asarray(matches.container, dtype=np.int64)
    if form.distinct is not None:
        rows = matches.history.row_at(matches.positions)
        codes, items, _ = fields.items_of(form.distinct, scope)
        found = codes.take(rows) if items is None else items.take(codes.take(rows))
        known = np.flatnonzero(found >= 0)
        container, _ = distinct_pairs(container.take(known), found.take(known))
    counts = np.bincount(container, minlength=matches.history.containers)
    return np.asarray(compare(form.op, counts, form.value), dtype=np.bool_)


def _summed(fields: Fields, path: str, form: CountIn, scope: Scope, matches: Matches) -> Bools:
    """Sums over the matching events, or over the distinct records they name."""
    kind, size = fields.version.field_type(path, "sum"), matches.history.containers
    container = np.asarray(matches.container, dtype=np.int64)
    rows = matches.history.row_at(matches.positions)
    hops, _ = fields.version.route(path, scope.kind, "sum")
    if not hops:
        summed = _event_amounts(fields.index, path, kind)
        return sums_pass(form, summed, rows, container, size, fields.version)
    if len(hops) > 1:
        raise SpecError("sums reach over one record at most", "sum")
    source, values = fields.values_of(path, scope)
    codes = fields.index.column(source).codes.take(rows)
    known = np.flatnonzero(codes >= 0)
    container, record = distinct_pairs(container.take(known), codes.take(known))
    currency = None
    if kind == "money" and "currency" in fields.version.columns[hops[0].table]:
        currency = fields.values_of(f"{path.rpartition('.')[0]}.currency", scope)[1]
    return sums_pass(form, Summed.of(kind, values, currency), record, container, size, fields.version)


def _event_amounts(index: JourneyIndex, path: str, kind: ColumnType) -> Summed:
    if kind != "money":
        return Summed(kind, index.arrow(path))
    currency = index.column("currency")
    return Summed(kind, index.arrow(path), currency.codes, tuple(currency.values.to_pylist()))
