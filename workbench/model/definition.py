"""The definition card: in words, how a number was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.model.calendar import local_day, range_bounds
from workbench.model.containers import container_named
from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words
from workbench.model.specs import CohortTableSpec, FlowSpec, JourneyCanvasSpec, Spec
from workbench.model.wording import describe_condition

if TYPE_CHECKING:
    from workbench.model.result import Answer


def definition_card(spec: Spec, version: DataVersion, answer: Answer, elapsed_ms: float) -> str:
    """One line for each choice that shaped the answer."""
    container = container_named(spec.container)
    lines = [
        f"Container: {version.label(container).lower()}; "
        f"{answer.containers:,} of them have {answer.events:,} events here.",
        _history(spec, version, answer),
        _order(version),
        _dates(spec, version),
        *(f"Segment: {describe_condition(segment, version)}." for segment in spec.segments),
    ]
    if spec.actors is not None:
        lines.append(f"Actors: {', '.join(spec.actors)}; an event without an actor counts as buyer.")
    lines += _own(spec)
    lines += [f"Note: {note}." for note in answer.notes]
    lines.append(f"Data version {version.number}, answered in {elapsed_ms:.1f} ms.")
    return "\n".join(lines)


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
    if bounds is None or spec.date_range is None:
        text = "Dates: all loaded data"
    else:
        first: Any = spec.date_range.from_ or "the beginning"
        last: Any = spec.date_range.to or "the end"
        if spec.date_range.last:
            first, last = (local_day(moment, version.settings.zone) for moment in (bounds[0], bounds[1] - 1))
        which = "start events" if spec.date_range.applies_to == "start" else "all events"
        text = f"Dates: {which} from {first} to {last}, both included"
    follow = f"; counted up to {in_words(spec.follow)} after the start" if spec.follow else ""
    return f"{text} ({zone}){follow}; horizon {local_day(version.horizon, version.settings.zone)}."


def _own(spec: Spec) -> list[str]:
    if isinstance(spec, JourneyCanvasSpec):
        base = {"start": "the start nodes", "previous": "the previous nodes", "total": "everything"}[
            spec.percent_of
        ]
        events = (
            "all matching events of those who arrived"
            if spec.counting == "all_matching"
            else "from arrival on"
        )
        return [f"Percent of {base}; metrics count {events}; arrows mean then, with anything in between."]
    if isinstance(spec, FlowSpec):
        repeats = "each repeat counts" if spec.repeats else "repeats in a row are one step"
        return [
            f"Items: {spec.dimension}; events without a value of it are stepped over, anchors excepted.",
            f"Paths: {spec.occurrence} anchors; {repeats}, anchors too; "
            f"top {spec.items} items per column, the rest is Other.",
        ]
    if isinstance(spec, CohortTableSpec):
        members = (
            "every period they meet it"
            if spec.membership == "every"
            else "the first period they ever meet it"
        )
        return [f"Cohorts: calendar {spec.granularity.replace('_', ' ')}s; members join {members}."]
    return ["Steps: a container is counted at a step when it came there after the step before."]
