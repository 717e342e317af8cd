"""The definition card: in words, how a number was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.model.calendar import local_day, range_bounds
from workbench.model.compare import segment_labels
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.definition_flow import flow_lines
from workbench.model.durations import in_words
from workbench.model.milestones import closing_names
from workbench.model.specs import (
    BreakdownSpec,
    CohortTableSpec,
    Criteria,
    FalloutSpec,
    FlowSpec,
    Initiative,
    JourneyCanvasSpec,
    LiftSpec,
    PathsSpec,
    Spec,
    SumOf,
    TimeToSpec,
)
from workbench.model.wording import describe_condition

if TYPE_CHECKING:
    from workbench.model.result import Answer


def definition_card(spec: Spec, version: DataVersion, answer: Answer, elapsed_ms: float) -> str:
    """One line for each choice that shaped the answer."""
    lines = [
        *_containers(spec, version, answer),
        _history(spec, version, answer),
        _order(version),
        _dates(spec, version),
        *(f"Segment: {describe_condition(segment, version)}." for segment in spec.segments),
    ]
    if spec.actors is not None:
        lines.append(f"Actors: {', '.join(spec.actors)}; an event without an actor counts as buyer.")
    lines += _own(spec, version)
    lines += _forbidden(spec, version)
    lines += _starts_and_fates(spec, version)
    lines += [f"Note: {note}." for note in answer.notes]
    lines.append(f"Data version {version.number}, answered in {elapsed_ms:.1f} ms.")
    return "\n".join(lines)


def _containers(spec: Spec, version: DataVersion, answer: Answer) -> list[str]:
    container = version.label(container_named(spec.container)).lower()
    if not answer.parts:
        return [f"Container: {container}; {answer.containers:,} of them have {answer.events:,} events here."]
    compared = [
        f"Compared: {label}; {part.containers:,} of them have {part.events:,} events here."
        for label, part in zip(segment_labels(spec, version), answer.parts, strict=True)
    ]
    ranges = isinstance(spec, CohortTableSpec) and spec.compare_ranges
    where = "have events here" if ranges else "are in the segments"
    return [f"Container: {container}; {answer.containers:,} of them {where}.", *compared]


def _history(spec: Spec, version: DataVersion, answer: Answer) -> str:
    history = version.history_of(spec.container, spec.history)
    if history == "stamped":
        return "History: events stamped with the container's id."
    fan_out = f"; fan-out {answer.fan_out:.2f} rows per event" if answer.fan_out else ""
    return (
        f"History: stamped events and those of members, from {in_words(version.settings.member_window)} "
        f"before creation until the close or the horizon{fan_out}."
    )


def _order(version: DataVersion) -> str:
    declared = version.settings.event_order
    rank = f", then the declared order of {len(declared)} event types" if declared else ""
    return f"Order: time{rank}, then source row; later means strictly later in this order."


def _dates(spec: Spec, version: DataVersion) -> str:
    zone = version.settings.time_zone
    bounds = range_bounds(spec.date_range, version)
    if isinstance(spec, CohortTableSpec) and spec.compare_ranges:
        which = "all events" if spec.date_range and spec.date_range.applies_to == "events" else "start events"
        text = f"Dates: {which} of {' and of '.join(spec.in_range)}, days both included"
    elif bounds is None or spec.date_range is None:
        text = "Dates: all loaded data"
    else:
        first: Any = spec.date_range.from_ or "the beginning"
        last: Any = spec.date_range.to or "the end"
        if spec.date_range.last:
            first, last = (local_day(moment, version.settings.zone) for moment in (bounds[0], bounds[1] - 1))
        starts = spec.date_range.applies_to == "start" and not isinstance(spec, BreakdownSpec)
        which = "start events" if starts else "all events"
        text = f"Dates: {which} from {first} to {last}, both included"
    followed = spec.follow if not isinstance(spec, BreakdownSpec | LiftSpec) else None
    follow = f"; counted up to {in_words(followed)} after the start" if followed else ""
    return f"{text} ({zone}){follow}; horizon {local_day(version.horizon, version.settings.zone)}."


def _starts_and_fates(spec: Spec, version: DataVersion) -> list[str]:
    """Which starts are too young to count, and what became of those who fell out."""
    lines = []
    if isinstance(spec, JourneyCanvasSpec | FalloutSpec) and spec.mature_only:
        lines.append(
            f"Starts: at least {in_words(spec.mature_only)} before the horizon; younger ones are left out."
        )
    if isinstance(spec, JourneyCanvasSpec | FalloutSpec) and spec.fallout_split:
        names = " or ".join(closing_names(version))
        lost = (
            f"those with a milestone {names} later than they came" if names else "none, as no milestone says"
        )
        window = in_words(version.settings.in_play_window)
        lines.append(
            f"Fallout: lost are {lost}; in play those with an event of a buyer in the last {window} "
            "before the horizon; the others are dormant. Judged on histories that no date range cuts."
        )
    return lines


def _own(spec: Spec, version: DataVersion) -> list[str]:
    if isinstance(spec, JourneyCanvasSpec):
        base = {"start": "the start nodes", "previous": "the previous nodes", "total": "everything"}[
            spec.percent_of
        ]
        events = (
            "all matching events of those who arrived"
            if spec.counting == "all_matching"
            else "from arrival on"
        )
        between = "with anything in between"
        if any(arrow.path == "next" for arrow in spec.arrows):
            between += ", next events as the very next one of the history"
        left_out = [node.title for node in spec.nodes if node.exclude]
        return [
            f"Percent of {base}; metrics count {events}; arrows mean then, {between}.",
            *(
                f"Left out of every other number: all who came to {title}; what leads there counts everyone."
                for title in left_out
            ),
        ]
    if isinstance(spec, FlowSpec):
        return flow_lines(spec, version)
    if isinstance(spec, CohortTableSpec):
        return _cohorts(spec, version)
    if isinstance(spec, BreakdownSpec):
        return _breakdown(spec)
    if isinstance(spec, PathsSpec):
        return _paths(spec)
    if isinstance(spec, LiftSpec):
        return _lift(spec, version)
    if isinstance(spec, TimeToSpec):
        return _times(spec, version)
    return ["Steps: a container is counted at a step when it came there after the step before."]


def _forbidden(spec: Spec, version: DataVersion) -> list[str]:
    """What touchpoints forbid between the step before and themselves."""
    if not isinstance(spec, FalloutSpec):
        return []
    return [
        f"Step {step} without an event in between where {describe_condition(point.without, version)}."
        for step, point in enumerate(spec.touchpoints, start=1)
        if point.without is not None
    ]


def _cohorts(spec: CohortTableSpec, version: DataVersion) -> list[str]:
    unit = spec.granularity.replace("_", " ")
    every = spec.membership == "every"
    members = "every period they meet it" if every else "the first period they ever meet it"
    lines = [f"Cohorts: calendar {unit}s; members join {members}."]
    if spec.dimension is not None:
        twice = " a container counts once for each period it joined, lists name it once;" if every else ""
        lines.append(
            f"Rows: {spec.dimension} of the {spec.touch} inclusion event in the period;{twice} the "
            f"{spec.items} items with most members apart, the rest is Other."
        )
    if spec.columns == "milestones":
        return [
            *lines,
            "Milestones: reached at any time after the first inclusion event, up to the horizon; the median "
            "is Kaplan-Meier's, members not there yet counting as observed to the horizon; "
            "the amount is that of the deals that match then, each once a row.",
        ]
    counted = {
        "exactly": "in that period alone",
        "on_or_after": "in that period or a later one",
        "cumulative": "in any period between 0 and that",
    }[spec.counting]
    lines.append(f"Return: {counted}; period 0 counts what came after the first inclusion event.")
    if spec.rolling:
        of = "the column before" if spec.of_previous else "the members included"
        lines.append(f"Rolling: returned in every period from 1 on; percent of {of}.")
    elif spec.base == "previous":
        lines.append("Percent: from column 2 on of the column before, so it may exceed 100.")
    if spec.periods == "elapsed":
        length = {"day": "days of 24 hours", "week": "weeks of 168 hours"}.get(unit, f"calendar {unit}s")
        lines.append(
            f"Periods: whole {length} since the first inclusion event; "
            "members not observed so long leave the base."
        )
    if spec.latency:
        lines.append("Latency: periods below 0 lie before the cohort's.")
    if spec.value_metric is not None:
        lines.append(_amounts(spec, spec.value_metric, version))
    return lines


def _amounts(spec: CohortTableSpec, metric: SumOf, version: DataVersion) -> str:
    """Which events the amount of a cell is summed over."""
    where = f" where {describe_condition(metric.where, version)}" if metric.where is not None else ""
    looked = {
        "exactly": "in that period",
        "on_or_after": "from that period on",
        "cumulative": "in the periods from 0 to that",
    }["exactly" if spec.rolling else spec.counting]
    return (
        f"Amount: {metric.sum}{where} of the events {looked} that match the return criteria, for the members "
        "a cell counts; an event or a record is added once a cell; the average is by member counted."
    )


def _breakdown(spec: BreakdownSpec) -> list[str]:
    if spec.by == "period":
        period = spec.granularity.replace("_", " ")
        rows = f"each calendar {period}; one that the data or the dates cut is incomplete"
    else:
        rows = f"each item of {spec.by}, the top {spec.items} apart, the rest is Other"
    return [f"Rows: {rows}; a container with events of several rows counts in each, once in the base."]


def _paths(spec: PathsSpec) -> list[str]:
    end = "the first end after it" if spec.end is not None else "the end of the history"
    return [
        f"Paths: from the first start to {end}; the {spec.items} items of {spec.dimension} that most "
        f"containers come past between, each where it first occurs, {spec.longest} a path at most.",
        f"Listed: the top {spec.top} paths, equally frequent ones by their items; the rest is one row.",
    ]


def _lift(spec: LiftSpec, version: DataVersion) -> list[str]:
    label = version.label(container_named(spec.container)).lower()
    among = f" where {describe_condition(spec.among, version)}" if spec.among is not None else ""
    return [
        f"Items: {spec.dimension} of events{among} up to {in_words(spec.within)} before the first anchor, "
        f"earlier in the order; anchors are no items; the {spec.items} that most anchors have.",
        f"Matched: each {label} that never has an anchor, at its last event of every month, with the same "
        "month, quarter of accounts by employees, and number of events in the window up to a factor of two.",
        "Lift: share before anchors divided by the share before matched events, Mantel-Haenszel over these "
        "strata; 95 % interval by Greenland and Robins, which takes matched events for independent; "
        "none below 10 anchors with the item or 10 matched events.",
    ]


def _times(spec: TimeToSpec, version: DataVersion) -> list[str]:
    """Where time begins and ends, and what the curve is."""
    milestone = describe_condition(spec.milestone, version)
    if not isinstance(spec.inclusion, Criteria):
        begins = f"the first start where {describe_condition(spec.inclusion, version)}"
    else:
        unit = spec.granularity.replace("_", " ")
        begins = f"the first inclusion event of the first {unit} in which the criteria are met"
    lines = [f"Time: whole days from {begins} to the first event after it where {milestone}."]
    known = "to the horizon"
    if spec.date_range is not None and spec.date_range.applies_to == "events":
        known = "to the end of the date range"
    lines.append(f"Censored: those not there yet are counted for as long as they are known, {known}.")
    if spec.competing is None:
        lines.append("Curve: Kaplan-Meier's share that has come there; 95 % limits by Greenwood, log-log.")
    else:
        lines.append(
            f"Curve: cumulative incidence (Aalen-Johansen); whoever first has an event where "
            f"{describe_condition(spec.competing, version)} does not come there any more. "
            "The log-rank test counts them as observed until then."
        )
    if spec.earlier == "leave_out":
        lines.append("Left out: those who came there before time begins.")
    if spec.by is not None and spec.by != "cohort":
        lines.append(
            f"Groups: {spec.by} of the event at which time begins; the {spec.items} items with most apart, "
            "the rest is Other."
        )
    elif spec.by == "cohort":
        lines.append(f"Groups: the calendar {spec.granularity.replace('_', ' ')} in which time begins.")
    return lines + (_initiative(spec.initiative, spec, version) if spec.initiative else [])


def _initiative(initiative: Initiative, spec: TimeToSpec, version: DataVersion) -> list[str]:
    """Who is compared before and after, with whom, and what the numbers of the effect are."""
    window, on = in_words(initiative.window), initiative.on
    lines = [
        f"Initiative: who began in the {window} before {on}, known until then, against who began in the "
        f"{window} from it on; others are left out.",
        f"Effect: shares by day {initiative.at_days}; Wald's 95 % limits of their differences.",
    ]
    if initiative.segment is None:
        return lines
    label = version.label(container_named(spec.container)).lower()
    return [
        *lines,
        f"Reached by it: {describe_condition(initiative.segment, version)}; each {label} has a partner among "
        "the others that began on the same side and in the same month, in the same quarter of accounts by "
        "employees, with equally many events in the 90 days before up to a factor of two; "
        "those without a partner are left out.",
    ]
