"""Items of a field by event: what breakdown and paths count."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.analyses.part import Part
from workbench.index.kernels import Int64s, Ints


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
