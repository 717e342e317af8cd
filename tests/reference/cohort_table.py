"""Cohort table: who met the inclusion in a period, and met the return criteria or milestones later."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from .asked import Answer, Asked, percent
from .cohorts import Cohorts, Membership, Named
from .company import Company, Event, order_key
from .conditions import Test
from .metrics import metric_value


def cohort_table(asked: Asked) -> Answer:
    """Table `cells`, by row and column; with milestones as columns also the table `milestones`."""
    cohorts = Cohorts(asked)
    if asked.question.get("columns") == "milestones":
        return milestones(cohorts)
    answer = Answer({"cells": []}, {"cells": []})
    for named in cohorts.rows:
        _add_cells(cohorts, answer, named)
    return answer


def _add_cells(cohorts: Cohorts, answer: Answer, named: Named) -> None:
    question, members, width = cohorts.asked.question, cohorts.rows[named], len(cohorts.periods)
    most = question.get("max_periods") or width
    for k in range(-min(most, width) if question.get("latency") else 0, min(most, width) + 1):
        there = [cohort for cohort in cohorts.cohorts_in(named) if cohorts.exists(cohort, k)]
        if not there:
            continue
        counted = [member for member in members if cohorts.in_value(member, k)]
        value = [member.container for member in counted]
        of = sum(cohorts.in_base(member, k) for member in members)
        row = {
            **cohorts.name(named),
            "size": len(members),
            "period": k,
            "value": len(value),
            "percent": percent(len(value), of),
            "percent_base": of,
            "complete": all(cohorts.whole(cohort, k) for cohort in there),
        }
        metric = question.get("value_metric")
        if metric is not None:
            pairs = [(one.container, event) for one in counted for event in cohorts.looked_at(one, k)]
            amount = metric_value(cohorts.asked, metric, pairs)
            row["amount"] = amount
            row["amount_average"] = float(amount) / len(value) if value else None
        size = {member.container for member in members}
        answer.add("cells", row, value=set(value), size=size)
        rolling = question.get("rolling") and question.get("type", "retention") == "retention"
        part_of_base = rolling or question.get("base") != "previous"
        answer.shares.setdefault("cells", []).append((len(value), of) if part_of_base else None)


# --- milestones --------------------------------------------------------------------------------


def milestones(cohorts: Cohorts) -> Answer:
    """Tables `cells` and `milestones`, by row and milestone."""
    answer = Answer({"cells": [], "milestones": []}, {"cells": [], "milestones": []})
    for named, members in cohorts.rows.items():
        whole = all(cohorts.whole(cohort, 0) for cohort in cohorts.cohorts_in(named))
        size = {member.container for member in members}
        for column, milestone in enumerate(cohorts.asked.question["milestones"]):
            test = cohorts.asked.test(milestone["where"])
            events = {id(member): _after(cohorts, member, test) for member in members}
            came = [member.container for member in members if events[id(member)]]
            stayed = [member.container for member in members if not events[id(member)]]
            value = stayed if cohorts.asked.question.get("type") == "churn" else came
            share = {
                "value": len(value),
                "percent": percent(len(value), len(members)),
                "percent_base": len(members),
            }
            name, complete = cohorts.name(named), {"complete": whole}
            cell = {"size": len(members), "period": column}
            answer.add("cells", name | cell | share | complete, value=set(value), size=size)
            fast = {
                "milestone": column,
                "label": milestone.get("label"),
                "median_seconds": _median(cohorts, members, events),
                "amount": _amount(cohorts.company, events),
            }
            answer.add("milestones", name | fast | share | complete, value=set(value))
    return answer


def _after(cohorts: Cohorts, member: Membership, test: Test) -> list[Event]:
    """The events of a milestone after the first inclusion event, up to the horizon."""
    if not member.starts:
        return []
    return [
        event
        for event in member.journey.events
        if order_key(event) > order_key(member.starts[0])
        and event["occurred_at"] <= cohorts.company.horizon
        and test(member.container, event)
        and cohorts.followed(event, member.starts)
    ]


def _median(cohorts: Cohorts, members: list[Membership], events: dict[int, list[Event]]) -> float | None:
    """The earliest time by which half have come, where those who have not are known to the horizon."""
    spans: list[tuple[timedelta, bool]] = []
    for member in members:
        if member.starts and member.starts[0]["occurred_at"] <= cohorts.company.horizon:
            came = events[id(member)]
            end = came[0]["occurred_at"] if came else cohorts.company.horizon
            spans.append((end - member.starts[0]["occurred_at"], bool(came)))
    remaining = Fraction(1)
    for time in sorted({span for span, came in spans if came}):
        at_risk = sum(span >= time for span, _ in spans)
        arrived = sum(span == time and came for span, came in spans)
        remaining *= 1 - Fraction(arrived, at_risk)
        if remaining <= Fraction(1, 2):
            return time.total_seconds()
    return None


def _amount(company: Company, events: dict[int, list[Event]]) -> Decimal | None:
    """Sum of the amounts of the deals these events name, each once; None without any."""
    deals = {event.get("opportunity_id") for found in events.values() for event in found}
    records = [company.records["opportunities"].get(deal) for deal in deals if deal is not None]
    amounts = [record["amount"] for record in records if record and record.get("amount") is not None]
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0)) if amounts else None
