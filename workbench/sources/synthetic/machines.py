"""Opens and clicks that no person makes: mail filters open a mail as it comes and follow all its links.

Some accounts have such a filter. In the background of mails, most opens there become the filter's, seconds
after the delivery, and some clicks of the block become the links it follows. Nothing is added and the draws
have streams of their own, so every other row, and the number of events of each type, is the same without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.sources.synthetic.times import Bools, Ints, stream

Column = npt.NDArray[np.integer]
Columns = dict[str, Column | int]

FILTERED, OPENED, LINKS_OF_CLICKS = 0.3, 0.7, 0.2
"""Of accounts; of the opens there; of all clicks."""
AT_ONCE, SLOW = 3, 0.05
"""Seconds after the delivery, the end not included; the share that takes longer."""
SLOWEST = 20
LINKS = (3, 6)
"""Links of a mail: as many clicks, the end not included."""
PART = 1 << 20
"""The first stream of a block that is drawn from here, far behind those of the background."""


@dataclass(frozen=True)
class Filters:
    """The mail filters of a block of accounts."""

    place: tuple[int, int]
    """Seed and block."""
    filtered: Bools
    """Whether each account has one."""

    @classmethod
    def of(cls, accounts: int, place: tuple[int, int]) -> Filters:
        """Draw which of the accounts have one."""
        return cls(place, stream(*place, PART).random(accounts) < FILTERED)

    def act(
        self, opens: Columns, clicks: Columns, account: Ints, delivered: Ints, slice_: int
    ) -> tuple[Columns, Columns]:
        """Opens and clicks of one slice after the filters had their part, with a column `machine`.

        `account` and `delivered`, in seconds, belong to the mails that `opens` open.
        """
        rng = stream(*self.place, PART + 1 + slice_)
        theirs = np.flatnonzero(self.filtered[account] & (rng.random(len(account)) < OPENED))
        waited = rng.integers(0, AT_ONCE, len(theirs))
        late = rng.random(len(theirs)) < SLOW
        waited[late] = rng.integers(AT_ONCE, SLOWEST + 1, int(late.sum()))
        opens = _changed(opens, theirs, {"time": delivered[theirs] + waited})
        return opens, _follow(opens, clicks, theirs, rng)


def _follow(opens: Columns, clicks: Columns, theirs: Ints, rng: np.random.Generator) -> Columns:
    """Clicks some of which are the links of opened mails: right after the open, all within a second."""
    total = len(np.atleast_1d(clicks["time"]))
    taken = np.sort(rng.permutation(total)[: round(LINKS_OF_CLICKS * total)])
    mails = rng.permutation(theirs)
    mails = np.repeat(mails, rng.integers(*LINKS, len(mails)))[: len(taken)]
    taken = taken[: len(mails)]
    values = {name: np.asarray(opens[name])[mails] for name in ("time", "account", "person", "campaign")}
    values["time"] += rng.integers(0, 2, len(mails))
    return _changed(clicks, taken, values)


def _changed(part: Columns, which: Ints, values: dict[str, Column]) -> Columns:
    """A part with some rows changed, which are a machine's from now on."""
    machine = np.zeros(len(np.atleast_1d(part["time"])), dtype=np.int8)
    machine[which] = 1
    changed: Columns = {**part, "machine": machine}
    for name, new in values.items():
        column = np.array(part[name])
        column[which] = new
        changed[name] = column
    return changed
