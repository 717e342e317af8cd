"""Steps of several conditions in any order: met after the step before, until one event completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.sql.literals import interval
from workbench.engines.sql.statement import lines
from workbench.model.conditions import AnyOf, SequenceStep
from workbench.model.wording import describe_condition

if TYPE_CHECKING:
    from workbench.engines.sql.conditions import Scope, Writer


def group_rows(
    writer: Writer, step: SequenceStep, scope: Scope, source: str, columns: list[str], number: int
) -> str:
    """Name of a part with the events that complete a group, and `since`: where its latest run of all began.

    Every condition was met at `since` or later, so the step before must lie before it.
    """
    assert step.any_order is not None
    tested = [writer.test(one, scope) for one in step.any_order]
    met = [f"coalesce({test.sql}, false) AS met_{index}" for index, test in enumerate(tested, start=1)]
    joins = dict.fromkeys(join for test in tested for join in test.joins)
    body = lines(
        f"SELECT {', '.join(f'h.{column}' for column in columns)}, {', '.join(met)}",
        f"FROM {source} AS h",
        *joins,
        f"WHERE {' OR '.join(test.bracketed for test in tested)}",
    )
    words = describe_condition(AnyOf(any=step.any_order), writer.version)
    parts = writer.statement.add(f"parts_of_step_{number}", body, f"events that match: {words}")
    numbers = range(1, len(met) + 1)
    latest = [f"max(CASE WHEN met_{one} THEN position END) OVER w AS since_{one}" for one in numbers]
    names = [f"since_{one}" for one in numbers]
    complete = lines(
        f"SELECT {', '.join(columns)}, least({', '.join(names)}) AS since",
        f"FROM (\n  SELECT *, {', '.join(latest)}\n  FROM {parts}",
        "  WINDOW w AS (PARTITION BY container_id ORDER BY position)\n)",
        f"WHERE {' AND '.join(f'{name} IS NOT NULL' for name in names)}",
    )
    return writer.statement.add(f"matches_of_step_{number}", complete, f"step {number}: all of them were met")


def group_reached(match: str, reach: str, step: SequenceStep, *, barrier: bool) -> str:
    """SQL for the rows of a group that follow a row of `reach`."""
    return f"SELECT p.*\nFROM {match} AS p\nWHERE EXISTS (FROM {reach} AS q WHERE {_pair(step, barrier)})"


def group_leading(reach: str, match: str, step: SequenceStep, *, barrier: bool) -> str:
    """SQL for the rows of `reach` that a row of a group follows."""
    return f"SELECT q.*\nFROM {reach} AS q\nWHERE EXISTS (FROM {match} AS p WHERE {_pair(step, barrier)})"


def _pair(step: SequenceStep, barrier: bool) -> str:
    tests = ["q.container_id = p.container_id", "q.position < p.since"]
    if step.within:
        tests.append(f"p.occurred_at - q.occurred_at <= {interval(step.within)}")
    if step.after:
        tests.append(f"p.occurred_at - q.occurred_at >= {interval(step.after)}")
    return " AND ".join([*tests, "q.position >= p.barrier"] if barrier else tests)
