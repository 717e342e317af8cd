"""Items of a field by event: what breakdown, paths and lift count."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.analyses.part import Part
from workbench.index import compiled
from workbench.index.kernels import Int64s, Ints, expand, first_of_each


def item_codes(part: Part, path: str, positions: Int64s | None = None) -> tuple[Ints, pa.Array]:
    """Item code of each position of a part (None: of every one), and the items as text.

    The code behind the last item is that of no value.
    """
    codes, items, names = part.matcher.items_of(path)
    history = part.history
    if positions is not None:
        codes = codes.take(history.row_at(positions))
    elif history.rows is not None:
        codes = codes.take(history.rows)
    else:
        codes = codes[int(history.offsets[0]) : int(history.offsets[-1])]
    codes = codes if items is None else items.take(codes)
    if codes.min(initial=0) < 0:
        codes = np.where(codes < 0, codes.dtype.type(len(names)), codes)
    return codes, names


def first_items(codes: Ints, low: Ints, high: Ints, items: int) -> tuple[Ints, Ints]:
    """The distinct items of each range of positions in order, as owner and code; `items` is no item."""
    if compiled.AVAILABLE:
        return compiled.first_in_ranges(codes, low, high, items)
    positions, owner = expand(low, high - low)
    item = codes.take(positions)
    known = np.flatnonzero(item < items)
    owner, item = owner.take(known), item.take(known)
    first = np.flatnonzero(first_of_each(owner, item, len(low), items))
    return owner.take(first), item.take(first)
