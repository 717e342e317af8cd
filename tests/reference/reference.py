"""The reference: answers by brute force, to hold the product's engines against.

`Reference(tables, settings)`, or `Reference(random_company(1))`, answers `ask(question)` with result tables
as lists of dict rows, and `members(question, "nodes", {"id": "mql"}, "value")` with a set of container ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from .asked import Answer, Asked
from .breakdown import breakdown
from .canvas import journey_canvas
from .cohort_table import cohort_table
from .company import Company, Row
from .compare import compare
from .conditions import Conditions, Context
from .fallout import fallout
from .flow import flow
from .lift import lift
from .paths import paths
from .resolving import resolve
from .time_to import time_to

ANALYSES: dict[str, Callable[[Asked], Answer]] = {
    "journey_canvas": journey_canvas,
    "fallout": fallout,
    "flow": flow,
    "cohort_table": cohort_table,
    "breakdown": breakdown,
    "paths": paths,
    "lift": lift,
    "time_to": time_to,
}


class Reference:
    """One company and the questions asked about it; answers are kept, so members cost nothing extra."""

    def __init__(self, tables: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> None:
        if settings is None:
            settings = tables["settings"]
        self.company = Company({name: rows for name, rows in tables.items() if name != "settings"}, settings)
        self.conditions = Conditions(self.company, self._members_of)
        self._answers: dict[str, Answer] = {}
        self.label_of: Callable[[Any], str] = str
        """What the rows of a compared segment carry; the wording is not the reference's."""

    def ask(self, question: Mapping[str, Any]) -> dict[str, list[Row]]:
        """Result tables as lists of dict rows with the columns of the question's analysis."""
        return self._answer(question).tables

    def members(
        self, question: Mapping[str, Any], table: str, select: Mapping[str, Any], measure: str | None = None
    ) -> set[str]:
        """Ids of the containers behind a number of the one row that `select` names.

        KeyError without such a row, ValueError where the measure does not count containers.
        """
        answer = self._answer(question)
        defaults = {"flow": "containers", "paths": "containers", "time_to": "size"}
        measure = measure or defaults.get(question["analysis"], "value")
        wanted = {name: _plain(value) for name, value in select.items()}
        found = [
            people
            for row, people in zip(answer.tables[table], answer.people[table], strict=True)
            if all(_plain(row[name]) == value for name, value in wanted.items())
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rows of {table} fit {dict(select)}")
        if measure not in found[0]:
            raise ValueError(f"{measure} of {table} does not count containers here")
        return set(found[0][measure])

    def matching_rows(
        self, condition: Mapping[str, Any], container: str, history: str | None = None
    ) -> set[int]:
        """Source row numbers of the events of a kind of container that match a condition."""
        context = Context(container, history or self.company.default_history(container))
        test = self.conditions.test(condition, context)
        histories = self.company.history(container, context.history)
        return {event["row"] for name, events in histories.items() for event in events if test(name, event)}

    def resolve(self, condition: Mapping[str, Any] | str, container: str) -> set[str]:
        """Ids of the containers of a kind that a condition names, those without events included."""
        return resolve(self.conditions, condition, container)

    def _answer(self, question: Mapping[str, Any]) -> Answer:
        key = json.dumps(question, sort_keys=True, default=str)
        if key not in self._answers:
            if question.get("compare") or question.get("compare_ranges"):
                self._answers[key] = compare(question, self._asked, self.label_of)
            else:
                self._answers[key] = self._asked(question)[1]
        return self._answers[key]

    def _asked(self, question: Mapping[str, Any]) -> tuple[Asked, Answer]:
        asked = Asked(self.company, self.conditions, question)
        return asked, ANALYSES[question["analysis"]](asked)

    def _members_of(self, value: Mapping[str, Any]) -> set[str]:
        try:
            return self.members(value["question"], value["table"], value["select"], value.get("measure"))
        except KeyError:
            return set()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
