"""Sequences: containers in which steps happen one after the other, and the events before or after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engines.sql.groups import group_leading, group_reached, group_rows
from workbench.engines.sql.histories import ordered_history
from workbench.engines.sql.links import Link
from workbench.model.conditions import AnyOf, Condition, Sequence, SequenceStep
from workbench.model.wording import describe_condition

if TYPE_CHECKING:
    from workbench.engines.sql.conditions import Scope, Writer


@dataclass(frozen=True)
class _Step:
    """An included step, with what must not happen before it."""

    step: SequenceStep
    excluded: tuple[Condition, ...]

    @property
    def link(self) -> Link:
        step = self.step
        return Link(step.within, step.after, step.same, step.different, barrier=bool(self.excluded))


def sequence_rows(writer: Writer, sequence: Sequence, scope: Scope) -> tuple[str, bool]:
    """A part with the qualifying containers (`container_id`), or, for before and after, with rows
    (`container_id, row`); and whether it holds rows."""
    source = ordered_history(writer.statement, scope.container, scope.history, writer.version)
    steps, trailing = _steps(sequence)
    reached = _forward(writer, steps, trailing, scope, source)
    add, comment = writer.statement.add, describe_condition(sequence, writer.version)
    if sequence.include == "everyone":
        return add("with_sequence", f"SELECT DISTINCT container_id\nFROM {reached[-1]}", comment), False
    if sequence.include == "after":
        bound = f"SELECT container_id, min(position) AS position FROM {reached[-1]} GROUP BY container_id"
    else:
        first = _backward(writer, steps, reached)
        bound = f"SELECT container_id, max(position) AS position FROM {first} GROUP BY container_id"
    compared = ">=" if sequence.include == "after" else "<="
    body = (
        f"SELECT h.container_id, h.row\nFROM {source} AS h\nJOIN ({bound}) AS s\n"
        f"  ON s.container_id = h.container_id AND h.position {compared} s.position"
    )
    return add(f"{sequence.include}_sequence", body, comment), True


def _steps(sequence: Sequence) -> tuple[list[_Step], tuple[Condition, ...]]:
    """Included steps with the exclusions before each, and the exclusions after the last."""
    steps: list[_Step] = []
    excluded: list[Condition] = []
    for step in sequence.sequence:
        if step.exclude:
            excluded.append(step.conditions[0])
        else:
            steps.append(_Step(step, tuple(excluded)))
            excluded = []
    return steps, tuple(excluded)


def _forward(
    writer: Writer, steps: list[_Step], trailing: tuple[Condition, ...], scope: Scope, source: str
) -> list[str]:
    """The reach set of each step."""
    add = writer.statement.add
    ids = [f"{kind}_id" for step in steps for kind in (step.step.same, step.step.different) if kind]
    columns = list(dict.fromkeys(["container_id", "position", "occurred_at", *ids]))
    reached: list[str] = []
    for number, step in enumerate(steps, start=1):
        match = _matches(writer, step.step, scope, source, columns, number)
        if step.excluded:
            match = with_barrier(writer, match, step.excluded, scope, source)
        if number > 1:
            if step.step.any_order is None:
                body = step.link.reached(match, reached[-1])
            else:
                body = group_reached(match, reached[-1], step.step, barrier=bool(step.excluded))
            reached.append(add(f"step_{number}", body, f"step {number}, {step.link.in_words()}"))
        elif step.excluded:
            body = f"SELECT *\nFROM {match}\nWHERE barrier = 0"
            reached.append(add("step_1", body, "step 1, with no excluded event before"))
        else:
            reached.append(match)
    if trailing:
        reached[-1] = _not_followed(writer, reached[-1], trailing, scope, source)
    return reached


def _matches(
    writer: Writer, step: SequenceStep, scope: Scope, source: str, columns: list[str], number: int
) -> str:
    if step.any_order is not None:
        return group_rows(writer, step, scope, source, columns, number)
    return writer.rows(f"matches_of_step_{number}", step.conditions[0], scope, source, columns)


def _excluded(writer: Writer, conditions: tuple[Condition, ...], scope: Scope, source: str) -> str:
    condition = conditions[0] if len(conditions) == 1 else AnyOf(any=conditions)
    return writer.rows("excluded", condition, scope, source, ["container_id", "position"])


def with_barrier(
    writer: Writer, match: str, conditions: tuple[Condition, ...], scope: Scope, source: str
) -> str:
    """Name of a part with the matches, each with the position of the latest excluded event before, or 0."""
    excluded = _excluded(writer, conditions, scope, source)
    body = (
        "SELECT p.*, coalesce(x.position, 0) AS barrier\n"
        f"FROM {match} AS p\nASOF LEFT JOIN {excluded} AS x\n"
        "  ON x.container_id = p.container_id AND p.position > x.position"
    )
    return writer.statement.add(
        f"{match}_with_barrier", body, "with the place of the latest excluded event before"
    )


def _not_followed(
    writer: Writer, reach: str, conditions: tuple[Condition, ...], scope: Scope, source: str
) -> str:
    excluded = _excluded(writer, conditions, scope, source)
    last = f"(SELECT container_id, max(position) AS position FROM {excluded} GROUP BY container_id)"
    body = (
        f"SELECT p.*\nFROM {reach} AS p\nLEFT JOIN {last} AS x ON x.container_id = p.container_id\n"
        "WHERE x.position IS NULL OR x.position <= p.position"
    )
    return writer.statement.add("last_step", body, "the last step, with no excluded event after")


def _backward(writer: Writer, steps: list[_Step], reached: list[str]) -> str:
    """The first steps from which every later step follows."""
    following = reached[-1]
    for number in range(len(steps) - 1, 0, -1):
        step, before = steps[number], reached[number - 1]
        if step.step.any_order is None:
            body = step.link.leading(before, following)
        else:
            body = group_leading(before, following, step.step, barrier=bool(step.excluded))
        comment = f"step {number} of the occurrences that go on to the end"
        following = writer.statement.add(f"step_{number}_to_end", body, comment)
    return following
