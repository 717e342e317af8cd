"""`as_of`: a condition as it would hold had the data ended with an earlier local day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.errors import SpecError
from workbench.model.base import Part
from workbench.model.calendar import day_end, last_bounds, local_day
from workbench.model.conditions import AllOf, FieldTest, InContainer, MembersOf, NotOf, SequenceStep, negated
from workbench.model.conditions import CountIn as Counted
from workbench.model.data_version import DataVersion, from_microseconds
from workbench.model.durations import local_days


def as_of(condition: Any, day: datetime.date, version: DataVersion) -> Any:
    """The inlined condition, cut to events up to the end of the day; relative dates count back from it.

    `members_of` is refused with a SpecError: its question has dates of its own.
    """
    ended = replace(version, horizon=day_end(day, version.settings.zone) - 1)
    later = FieldTest(field="occurred_at", op=">", value=day.isoformat())
    return _Cut(ended, negated(later)).whole(condition)


class _Cut:
    """Rewrites the parts of one condition."""

    def __init__(self, version: DataVersion, known: NotOf) -> None:
        self.version, self.known = version, known

    def whole(self, condition: Any) -> Any:
        """The condition's rewritten parts, and only events that were known."""
        return AllOf(all=(self.part(condition), self.known))

    def part(self, value: Any) -> Any:
        """A part rewritten; what container forms look at is cut as well."""
        if isinstance(value, MembersOf):
            raise SpecError("'as_of' takes no 'members_of', whose question has its own dates", "as_of")
        if isinstance(value, FieldTest):
            return self._field(value)
        if isinstance(value, InContainer):
            return value.model_copy(update={"where": self.whole(value.where)})
        if isinstance(value, Counted):
            return value.model_copy(update={"count": self.whole(value.count)})
        if isinstance(value, SequenceStep):
            return self._step(value)
        if isinstance(value, tuple):
            return tuple(self.part(one) for one in value)
        if isinstance(value, Part):
            parts = {name: one for name, one in value if isinstance(one, Part) or _is_parts(one)}
            return value.model_copy(update={name: self.part(one) for name, one in parts.items()})
        return value

    def _step(self, step: SequenceStep) -> SequenceStep:
        if step.any_order is not None:
            return step.model_copy(update={"any_order": tuple(self.whole(one) for one in step.any_order)})
        return step.model_copy(update={"where": self.whole(step.where)})

    def _field(self, test: FieldTest) -> FieldTest:
        """`in_last` as the two moments it means on that day."""
        if test.op != "in_last":
            return test
        try:
            bounds = last_bounds(str(test.value), self.version)
        except OverflowError:
            raise SpecError(f"{test.value} reaches further back than dates do", "as_of") from None
        moments: Iterator[datetime.date]
        if local_days(str(test.value)) is None:
            moments = (from_microseconds(one).replace(tzinfo=datetime.UTC) for one in bounds)
        else:
            moments = (local_day(one, self.version.settings.zone) for one in bounds)
        return test.model_copy(update={"op": "between", "value": tuple(one.isoformat() for one in moments)})


def _is_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Part)
