"""Time to a milestone: curves by the formulas of textbooks, one container and one day after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Any

from .asked import Answer, Asked, Journey
from .before_after import began_on, effect_rows, in_window, is_before, pairs
from .cohorts import Cohorts
from .company import Event, Row, order_key
from .fields import field_value
from .periods import all_periods, day_start, local_day, next_start, period_start

Z = NormalDist().inv_cdf(0.975)
STATES = ("reached", "competing", "censored")


@dataclass(frozen=True)
class Way:
    """How one container left."""

    container: str
    kind: str
    group: str
    day: int
    state: str
    start: Event
    journey: Journey


def time_to(asked: Asked) -> Answer:
    """Tables `curve`, `groups` and `tests`."""
    answer = Answer({"curve": [], "groups": []}, {"curve": [], "groups": []})
    ways = list(_ways(asked))
    initiative = asked.question.get("initiative")
    groups = sides(asked, ways) if initiative else _groups(asked, ways)
    curve_of = {name: list(_curve(own)) for name, own in groups.items()}
    for (kind, name), own in groups.items():
        curve = curve_of[kind, name]
        for row in curve:
            answer.add("curve", {"segment": "All", "kind": kind, "group": name} | row)
        counts = {state: {way.container for way in own if way.state == state} for state in STATES}
        row = {
            "segment": "All",
            "kind": kind,
            "group": name,
            "size": len(own),
            **{state: len(found) for state, found in counts.items()},
            "median_days": _half(curve, "share"),
            "median_low": _half(curve, "high"),
            "median_high": _half(curve, "low"),
            "complete": _complete(asked, name) if kind == "period" else None,
        }
        answer.add("groups", row, size={way.container for way in own}, **counts)
    if initiative:
        effects(asked, answer, ways, groups)
    else:
        answer.add("tests", between([curve_of[name] for name in groups]))
    return answer


# --- who began, and how they left --------------------------------------------------------------


def _ways(asked: Asked) -> Iterator[Way]:
    question, horizon = asked.question, asked.company.horizon
    milestone = asked.test(question["milestone"])
    competing = asked.test(question["competing"]) if question.get("competing") else None
    for journey, start in _beginnings(asked):
        if start["occurred_at"] > horizon or not in_window(asked, start):
            continue
        name = journey.container
        before = [event for event in journey.events if order_key(event) < order_key(start)]
        leave_out = question.get("earlier", "leave_out") == "leave_out"
        if leave_out and any(milestone(name, event) for event in before):
            continue
        state, until = "censored", _known_until(asked, start)
        end = until
        for event in journey.events:
            if order_key(event) <= order_key(start) or event["occurred_at"] > until:
                continue
            if milestone(name, event) or (competing is not None and competing(name, event)):
                state = "reached" if milestone(name, event) else "competing"
                end = event["occurred_at"]
                break
        day = (end - start["occurred_at"]) // timedelta(days=1)
        yield Way(name, *_named(asked, start), day, state, start, journey)


def _beginnings(asked: Asked) -> Iterator[tuple[Journey, Event]]:
    """Each container's first permitted start, or first inclusion event of its earliest cohort with one."""
    question = asked.question
    if "metrics" not in question["inclusion"]:
        test = asked.test(question["inclusion"])
        for journey in asked.journeys:
            starts = [p for p in journey.matches(test) if journey.permitted[p]]
            if starts:
                yield journey, journey.events[starts[0]]
        return
    first: dict[str, Any] = {}
    for membership in sorted(Cohorts(asked).memberships, key=lambda one: one.cohort):
        if membership.starts:
            first.setdefault(membership.container, membership)
    for membership in first.values():
        yield membership.journey, membership.starts[0]


def _known_until(asked: Asked, start: Event) -> datetime:
    until: datetime = asked.company.horizon
    if asked.cut and asked.range is not None and asked.range.last is not None:
        ended = day_start(asked.range.last + timedelta(days=1), asked.company.zone)
        until = min(until, ended - timedelta(microseconds=1))
    if asked.follow is not None:
        until = min(until, start["occurred_at"] + asked.follow)
    if asked.question.get("initiative") and is_before(asked, start):
        until = min(until, day_start(began_on(asked), asked.company.zone) - timedelta(microseconds=1))
    return until


def _named(asked: Asked, start: Event) -> tuple[str, str]:
    by, company = asked.question.get("by"), asked.company
    if by is None:
        return "all", "All"
    if by == "cohort":
        day = local_day(start["occurred_at"], company.zone)
        granularity = asked.question.get("granularity", "month")
        return "period", period_start(day, granularity, company.settings).isoformat()
    value = field_value(company, start, by, asked.kind)
    if value is None:
        return "none", "No value"
    return "item", str(value).lower() if isinstance(value, bool) else str(value)


def _groups(asked: Asked, ways: list[Way]) -> dict[tuple[str, str], list[Way]]:
    found: dict[tuple[str, str], list[Way]] = {}
    for way in ways:
        found.setdefault((way.kind, way.group), []).append(way)
    items = sorted((name for name in found if name[0] == "item"), key=lambda name: (-len(found[name]), name))
    most = asked.question.get("items", 10)
    others = [way for name in items[most:] for way in found[name]]
    groups = {name: found[name] for name in sorted(found) if name[0] in ("all", "period")}
    groups |= {name: found[name] for name in items[:most]}
    if others:
        groups["other", "Other"] = others
    if ("none", "No value") in found:
        groups["none", "No value"] = found["none", "No value"]
    return groups


def sides(asked: Asked, ways: list[Way]) -> dict[tuple[str, str], list[Way]]:
    """Of each arm who began before and after the initiative; in pairs, where there is a control."""
    initiative = asked.question["initiative"]
    found: dict[tuple[str, str], list[Way]] = {}
    if not initiative.get("segment"):
        kept = [("initiative", way) for way in ways]
    else:
        kept = [(arm, way) for pair in pairs(asked, ways) for arm, way in pair.items()]
    for arm in ("initiative", "control"):
        for side in ("before", "after"):
            own = [
                way for name, way in kept if name == arm and is_before(asked, way.start) == (side == "before")
            ]
            if own:
                found[side, arm] = own
    return found


def effects(asked: Asked, answer: Answer, ways: list[Way], groups: dict[tuple[str, str], list[Way]]) -> None:
    """The rows of `tests` and `effects`."""
    curves = {name: list(_curve(own)) for name, own in groups.items()}
    arms = ["initiative", "control"] if asked.question["initiative"].get("segment") else ["initiative"]
    for arm in arms:
        two = [curves[side, arm] for side in ("before", "after") if (side, arm) in curves]
        answer.add("tests", between(two) | {"arm": arm})
    for row in effect_rows(asked, ways, groups, variance_by):
        answer.add("effects", row)


def variance_by(ways: list[Way], day: int) -> tuple[float, float]:
    """Share that has come by a day, and its variance; 0 where the share is 0 or 1."""
    steps: list[tuple[int, int, int, int, float, float]] = []
    neither, share = 1.0, 0.0
    for at in sorted({way.day for way in ways} | {0}):
        if at > day:
            break
        risk = sum(way.day >= at for way in ways)
        d, c = (sum(way.day == at and way.state == state for way in ways) for state in STATES[:2])
        share += neither * d / risk if risk else 0.0
        steps.append((at, risk, d, c, neither, share))
        neither *= 1 - (d + c) / risk if risk else 1.0
    if share < 1e-9 or share > 1 - 1e-9:
        return share, 0.0
    return share, max(_variance(steps, share), 0.0)


def _complete(asked: Asked, name: str) -> bool:
    granularity, company = asked.question.get("granularity", "month"), asked.company
    first = next(one for one in all_periods(company, granularity) if one.isoformat() == name)
    begin, end = day_start(first, company.zone), day_start(next_start(first, granularity), company.zone)
    return begin >= company.data_start and end <= company.horizon


# --- the curve ---------------------------------------------------------------------------------


def _curve(ways: list[Way]) -> Iterator[Row]:
    steps: list[tuple[int, int, int, int, float, float]] = []
    neither, share = 1.0, 0.0
    for day in sorted({way.day for way in ways} | {0}):
        at_risk = sum(way.day >= day for way in ways)
        left = {state: sum(way.day == day and way.state == state for way in ways) for state in STATES}
        before = neither
        if at_risk:
            share += before * left["reached"] / at_risk
            neither *= 1 - (left["reached"] + left["competing"]) / at_risk
        steps.append((day, at_risk, left["reached"], left["competing"], before, share))
        low, high = _limits(steps)
        yield {"day": day, "at_risk": at_risk, **left, "share": share, "low": low, "high": high}


def _limits(steps: list[tuple[int, int, int, int, float, float]]) -> tuple[float | None, float | None]:
    """95 % limits of the last share: Greenwood's variance, or the delta method's with competing outcomes."""
    share = steps[-1][5]
    if share < 1e-9 or share > 1 - 1e-9:
        return None, None
    variance = _variance(steps, share)
    width = Z * sqrt(max(variance, 0.0)) / ((1 - share) * -log(1 - share))
    return 1 - (1 - share) ** exp(-width), 1 - (1 - share) ** exp(width)


def _variance(steps: list[tuple[int, int, int, int, float, float]], share: float) -> float:
    """Greenwood's where nothing competes, else the delta method's."""
    if any(competing for _, _, _, competing, _, _ in steps):
        return _delta_method(steps, share)
    return (1 - share) ** 2 * sum(d / (n * (n - d)) for _, n, d, _, _, _ in steps if n)


def _delta_method(steps: list[tuple[int, int, int, int, float, float]], share: float) -> float:
    """Marubini and Valsecchi (1995), formula 10.12."""
    total = 0.0
    for _, n, d, c, before, at in steps:
        if not n:
            continue
        grown = share - at
        if n > d + c:
            total += grown**2 * (d + c) / (n * (n - d - c))
        total += before**2 * (n - d) / n * d / n**2
        total -= 2 * grown * before * d / n**2
    return total


def _half(curve: list[Row], column: str) -> int | None:
    """The first day on which a column is one half or more; no upper limit is below the share itself."""
    for row in curve:
        value = row["share"] if column == "high" and row[column] is None else row[column]
        if value is not None and value >= 0.5 - 1e-9:
            return int(row["day"])
    return None


# --- the test ----------------------------------------------------------------------------------


def between(curves: list[list[Row]]) -> Row:
    """The row of `tests` that compares groups."""
    statistic, degrees = log_rank([curve for curve in curves if curve])
    p_value = None if statistic is None else chi_squared_tail(statistic, degrees)
    return {"segment": "All", "statistic": statistic, "degrees": degrees, "p_value": p_value}


def log_rank(groups: list[list[Row]]) -> tuple[float | None, int]:
    """Observed against expected, with the hypergeometric variance of each day on which anybody came.

    Groups are compared where they are at risk together: one of each such set of groups says nothing new,
    the others' equations are solved.
    """
    days = sorted({row["day"] for curve in groups for row in curve if row["reached"]})
    width = range(len(groups))
    excess = [0.0 for _ in width]
    covariance = [[0.0 for _ in width] for _ in width]
    for day in days:
        risk = [sum(row[state] for row in curve if row["day"] >= day for state in STATES) for curve in groups]
        came = [sum(row["reached"] for row in curve if row["day"] == day) for curve in groups]
        n, d = sum(risk), sum(came)
        for i in width:
            excess[i] += came[i] - d * risk[i] / n
            if n > 1:
                for j in width:
                    own = risk[i] / n * ((i == j) - risk[j] / n)
                    covariance[i][j] += own * d * (n - d) / (n - 1)
    statistic, degrees = 0.0, 0
    for together in _together(covariance):
        kept = together[1:]
        degrees += len(kept)
        matrix = [[covariance[i][j] for j in kept] for i in kept]
        solved = _solve(matrix, [excess[i] for i in kept])
        statistic += sum(excess[i] * x for i, x in zip(kept, solved, strict=True))
    return (statistic, degrees) if degrees else (None, 0)


def _together(covariance: list[list[float]]) -> list[list[int]]:
    """Sets of groups that are linked by some covariance."""
    left, found = set(range(len(covariance))), []
    while left:
        queue = [min(left)]
        reached = set(queue)
        while queue:
            i = queue.pop()
            new = {j for j in left - reached if abs(covariance[i][j]) > 1e-12}
            reached |= new
            queue += new
        left -= reached
        found.append(sorted(reached))
    return found


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination with pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        pivot = max(range(k, size), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(size):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [rows[k][size] / rows[k][k] for k in range(size)]


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """One minus the lower incomplete gamma function, by its series."""
    shape, x = degrees / 2, statistic / 2
    if x <= 0:
        return 1.0
    total, n = 0.0, 0
    while True:
        term = exp((shape + n) * log(x) - x - lgamma(shape + n + 1))
        total += term
        n += 1
        if n > x and term < 1e-17:
            return max(0.0, 1 - total)
