"""The top of every account's parent chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Tops:
    """Accounts whose global account is another one, and what was wrong with the chains."""

    table: pa.Table
    """`account_id, global_account_id` of accounts that are not their own top."""
    cycles: tuple[str, ...]
    """Smallest account id of each parent cycle: there the cycle is broken."""


def tops(children: pa.ChunkedArray, parents: pa.ChunkedArray) -> Tops:
    """Follow parents up by doubling: after k rounds every account knows its ancestor 2^k steps up.

    Beside it travels the smallest id met on the way, which on a cycle ends up as the smallest of the whole
    cycle.
    """
    if len(children) == 0:
        return Tops(
            pa.table(
                {"account_id": pa.array([], pa.string()), "global_account_id": pa.array([], pa.string())}
            ),
            (),
        )
    names = pc.unique(pa.chunked_array([*children.chunks, *parents.chunks], pa.string()))
    names = names.take(pc.sort_indices(names))
    child, parent = (np.asarray(pc.index_in(column, names).to_numpy()) for column in (children, parents))
    up = np.arange(len(names))
    up[child] = parent
    own_root = up == np.arange(len(names))
    smallest = np.minimum(np.arange(len(names)), up)
    for _ in range(max(len(names) - 1, 1).bit_length() + 1):
        smallest, up = np.minimum(smallest, smallest[up]), up[up]
    top = np.where(own_root[up], up, smallest[up])
    moved = np.flatnonzero(top != np.arange(len(names)))
    broken = np.unique(smallest[up[~own_root[up]]])
    table = pa.table(
        {"account_id": names.take(pa.array(moved)), "global_account_id": names.take(pa.array(top[moved]))}
    )
    return Tops(table, tuple(names.take(pa.array(broken)).to_pylist()))
