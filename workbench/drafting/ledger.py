"""Proposals: what the drafter settled on, how sure it is, why, and what a person chose instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import SpecError, nearest


@dataclass(frozen=True)
class Proposal:
    """One thing the drafter settled on."""

    path: str
    """Where it stands, such as `sources.deals.delimiter`; `Draft.with_choice` takes it."""
    value: Any
    confidence: float
    """0 to 1; 1 where a person chose."""
    reason: str
    """In plain words."""
    rows: tuple[dict[str, str | None], ...] = ()
    """Up to three sample rows that show it."""
    options: tuple[Any, ...] = ()
    """Other values that make sense, where they are few."""
    chosen: bool = False
    """Whether a person chose it."""


class Ledger:
    """Collects proposals; a choice takes the place of what would be proposed."""

    def __init__(self, choices: Mapping[str, Any]) -> None:
        self.choices = dict(choices)
        self.proposals: dict[str, Proposal] = {}

    def settle(
        self,
        path: str,
        value: Any,
        confidence: float,
        reason: str,
        rows: tuple[dict[str, str | None], ...] = (),
        options: tuple[Any, ...] = (),
    ) -> Any:
        """Note a proposal and return what holds: the choice of a person, else the value."""
        chosen = path in self.choices
        if chosen:
            value, confidence, reason = self.choices[path], 1.0, "chosen by you"
        self.proposals[path] = Proposal(path, value, round(confidence, 2), reason, rows[:3], options, chosen)
        return value

    def check(self) -> None:
        """Refuse choices of what is not proposed; SpecError names the nearest path."""
        for path in self.choices:
            if path not in self.proposals:
                raise SpecError(f"{path!r} is not proposed here; {nearest(path, self.proposals)}", "path")
