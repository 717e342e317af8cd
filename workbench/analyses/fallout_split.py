"""Fallout is not loss: those who have not moved on are lost, still in play, or dormant."""

from __future__ import annotations

import numpy as np

from workbench.analyses.part import Part
from workbench.index.kernels import Bools, Int64s, bisect_segments, expand
from workbench.model.calendar import last_bounds
from workbench.model.milestones import closing
from workbench.model.result import SPLIT

Split = dict[str, Bools]
"""`lost`, `in_play` and `dormant` → containers by code; they share none and make up the fallout."""


def split(part: Part, fallen: Bools, first: Int64s) -> Split:
    """The containers of a fallout apart; `first` holds, by code, the position at which each arrived.

    Judged on the histories before dates cut them: lost where a closing milestone stands later than the
    arrival, else in play where a buyer was active shortly before the horizon, else dormant.
    """
    whole = part.before_range or part
    who = np.flatnonzero(fallen)
    arrived = part.whole_position(first.take(who))
    lost, in_play = np.zeros_like(fallen), np.zeros_like(fallen)
    lost[who] = _last_closing(whole).take(who) > arrived
    in_play[who] = _active(whole).take(who)
    in_play &= ~lost
    return dict(zip(SPLIT, (lost, in_play, fallen & ~lost & ~in_play), strict=True))


def counts(parts: Split) -> tuple[int, ...]:
    """How many containers are lost, in play and dormant."""
    return tuple(int(np.count_nonzero(parts[name])) for name in SPLIT)


def _last_closing(whole: Part) -> Int64s:
    """Position of each container's last closing milestone in the whole history; -1 where there is none."""
    condition = closing(whole.matcher.version)

    def make() -> Int64s:
        last = np.full(whole.history.containers, -1, dtype=np.int64)
        if condition is not None:
            matches = whole.find(condition)
            last[matches.container] = whole.whole_position(matches.positions)  # ascending: the last one stays
        return last

    return whole.remember(("closing",), make, lambda table: table.nbytes)


def _active(whole: Part) -> Bools:
    """Containers with an event of a buyer shortly before the horizon."""
    version, history, index = whole.matcher.version, whole.history, whole.matcher.index

    def make() -> Bools:
        low, high = last_bounds(version.settings.in_play_window, version)
        begins, ends = (
            bisect_segments(history.time, history.starts, history.ends, np.full(history.containers, time))
            for time in (low, high + 1)
        )
        positions, container = expand(begins, ends - begins)
        actor = index.column("actor")
        buyers = np.array([name == "buyer" for name in [*actor.values.to_pylist(), "buyer"]], dtype=np.bool_)
        present = np.zeros(history.containers, dtype=np.bool_)
        present[container[buyers.take(actor.codes.take(history.row_at(positions)))]] = True
        return present

    return whole.remember(("active",), make, lambda table: table.nbytes)
