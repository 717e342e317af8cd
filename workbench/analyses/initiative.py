"""Before and after an initiative: which side a container begins on, and whom it is paired with.

Pairs are made within strata: containers of one side that begin in the same calendar month, with accounts in
the same quarter by employees, after about equally many events. In a stratum both arms stand in the order of
their beginnings, then of ids, and the greater one gives as many as the smaller one has, evenly spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.analyses.criteria import Periods
from workbench.analyses.lift import strata_at
from workbench.analyses.part import Part
from workbench.index.kernels import Bools, Int64s, Ints, bisect_segments, expand
from workbench.model.before_after import ARMS, SIDES
from workbench.model.calendar import initiative_bounds
from workbench.model.durations import microseconds
from workbench.model.specs import Initiative, TimeToSpec

ACTIVE_FOR = microseconds("90d")
"""How far back from a beginning events make up prior activity."""


@dataclass(frozen=True, eq=False)
class Beginnings:
    """What pairs are made by; arrays have one entry for each container."""

    began: Int64s
    ids: pa.Array
    stratum: Int64s

    def take(self, kept: Int64s) -> Beginnings:
        """Some of them."""
        return Beginnings(self.began.take(kept), self.ids.take(pa.array(kept)), self.stratum.take(kept))

    def joined(self, other: Beginnings) -> Beginnings:
        """Of both parts."""
        return Beginnings(
            np.concatenate((self.began, other.began)),
            pa.concat_arrays([self.ids, other.ids]),
            np.concatenate((self.stratum, other.stratum)),
        )


def in_window(part: Part, initiative: Initiative, began: Int64s) -> Bools:
    """Whether each time lies on a day that is compared."""
    low, _, high = initiative_bounds(initiative, part.matcher.version)
    return np.asarray((began >= low) & (began < high))


def known_until(part: Part, initiative: Initiative, began: Int64s, until: Int64s) -> Int64s:
    """How long each container is known: who began before the initiative, until it begins."""
    _, on, _ = initiative_bounds(initiative, part.matcher.version)
    return np.where(began < on, np.minimum(until, on - 1), until)


def groups_of(part: Part, initiative: Initiative, who: Int64s, began: Int64s) -> Ints:
    """Group of each beginning: before and after of the initiative, then of the control."""
    version = part.matcher.version
    _, on, _ = initiative_bounds(initiative, version)
    is_after = (began >= on).astype(np.int64)
    if initiative.segment is None:
        return is_after
    reached = (part.before_range or part).find(version.inline(initiative.segment)).present()
    return np.asarray(is_after + len(SIDES) * ~reached.take(who))


GROUPS = tuple((side, arm) for arm in ARMS for side in SIDES)
"""Kind and name of each group."""


def beginnings(part: Part, spec: TimeToSpec, who: Int64s, at: Int64s) -> Beginnings:
    """What the pairs of some containers are made by, given the positions at which they begin."""
    history, version = part.history, part.matcher.version
    began = history.time_at(at)
    low = bisect_segments(history.time, history.starts.take(who), at, began - ACTIVE_FOR)
    month = Periods.of(version, "month").number_of_any(began)
    ids = part.matcher.index.column(f"{spec.container}_id").values
    return Beginnings(
        began, ids.take(pa.array(who + history.first_container)), strata_at(part, at, month, at - low)
    )


def pairs(group: Ints, given: Beginnings) -> tuple[Int64s, Int64s]:
    """Indexes of paired containers: those of the initiative, and beside each that of the control."""
    arm, side = np.divmod(group.astype(np.int64), len(SIDES))
    cells, cell = np.unique(given.stratum * len(SIDES) + side, return_inverse=True)
    place = np.empty(len(cell), dtype=np.int64)
    place[pc.sort_indices(given.ids).to_numpy()] = np.arange(len(cell))
    order = np.lexsort((place, given.began, arm, cell))
    sizes = np.bincount(cell * len(ARMS) + arm, minlength=len(ARMS) * len(cells)).reshape(-1, len(ARMS))
    firsts = np.append(0, np.cumsum(sizes.ravel())[:-1]).reshape(-1, len(ARMS)) if len(cells) else sizes
    fewer = sizes.min(axis=1)
    number, own = expand(np.zeros(len(fewer), dtype=np.int64), fewer)
    spread = number[:, None] * sizes.take(own, axis=0) // fewer.take(own)[:, None]
    initiative, control = order.take(firsts.take(own, axis=0) + spread).T
    return initiative, control


def paired(group: Ints, given: Beginnings) -> Bools:
    """Whether each container is in a pair."""
    found = np.zeros(len(group), dtype=np.bool_)
    for some in pairs(group, given):
        found[some] = True
    return found
