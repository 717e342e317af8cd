"""Why a container is a member of a segment: the parts of its condition with checks, events and records."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from visualizations import markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, html
from visualizations.formats import NOTHING, count, moment, sentence

RECORD = re.compile(r"([a-z_]+(?:\.[a-z_]+)+) = (.*)", re.DOTALL)
"""What a record says, as `path = value`."""
PINS = re.compile(r"(?<![a-z])(?!not )[a-z]+(?: [a-z]+)?( on the list [a-z0-9-]+\.)(in|out)\b")
"""How the members pinned in or out are called in conditions."""


def title(desk: Desk, document: Question, container: str, member: str) -> str:
    """The member and the segment."""
    name = desk.bench.named(container, [member])["name"][0] or member
    return f"{name} in {document['question']['name'] or 'this segment'}"


def content(desk: Desk, segment_id: str, container: str, member: str) -> list[Component]:
    """The verdict and the tree of reasons; raises SpecError for an id nobody has."""
    reason = desk.bench.segments.why(segment_id, container, member)
    about = desk.bench.segments.get(segment_id)["about"]
    pins = about["pins"]
    pinned = next((pin for pin in pins if pin["id"] == member and container == about["container"]), None)
    hint = f"As saved now, on data version {desk.bench.data_version}."
    return [
        html.P(_verdict(desk, reason, container, pinned), className="why-verdict"),
        html.P(pinned["reason"], className="why-found-pin") if pinned and pinned["reason"] else None,
        html.P(hint, className="hint"),
        markup.raw(markup.tag("ul", part(desk, rules(reason, pins)), class_="why"), className="why-frame"),
    ]


def _verdict(desk: Desk, reason: Any, container: str, pinned: Any) -> str:
    where = "in" if reason.holds else "not in"
    why = (
        f": pinned {'in' if pinned['in'] else 'out'}. Without the pin its rules would decide"
        if pinned
        else ""
    )
    return f"This {desk.facts.label(container).lower()} is {where} the segment{why}."


def rules(reason: Any, pins: list[dict[str, Any]], *, known: bool = True) -> Any:
    """The part of a segment's reason that is its rules: without its name, and without its pins.

    Where members of another kind are judged, the reason says first how many of them are in; `known` is then
    false, and pins stay where one of them is pinned.
    """
    if not reason.words.startswith("segment ") or len(reason.parts) != 1:
        named = len(reason.parts) == 1 and reason.parts[0].words.startswith("segment ")
        return replace(reason, parts=(rules(reason.parts[0], pins, known=False),)) if named else reason
    inner = reason.parts[0]
    for inside in (True, False):
        if any(pin["in"] is inside for pin in pins):
            rest, pinned = inner.parts
            if not known and pinned.holds is inside:
                return inner
            inner = rest
    return inner


def part(desk: Desk, reason: Any) -> markup.Markup:
    """One part of the condition with those inside it, as a list item."""
    told = RECORD.fullmatch(reason.found)
    recorded = bool(reason.found) and not reason.parts
    said = sentence(PINS.sub(r"pinned \2", _joined(reason) or reason.words))
    line = markup.tag(
        "div", _sign(reason.holds), markup.tag("span", said, class_="why-words"), class_="why-line"
    )
    found = f"Record: {re.sub('[._]', ' ', told[1])} = {told[2]}" if told else sentence(reason.found)
    return markup.tag(
        "li",
        line,
        markup.tag("div", found, class_="why-found") if found else None,
        None if recorded else _events(desk, reason),
        markup.tag("ul", (part(desk, one) for one in reason.parts)) if reason.parts else None,
        class_="why-part",
    )


def _joined(reason: Any) -> str:
    """How a group is called, whose words only repeat those of its parts; empty for anything else."""
    if len(reason.parts) < 2:
        return ""
    for word, called in (("and", "all of these together"), ("or", "any of these")):
        pattern = rf"\){{0,9}} {word} \({{0,9}}".join(re.escape(one.words) for one in reason.parts)
        if re.fullmatch(rf"\({{0,9}}{pattern}\){{0,9}}", reason.words):
            return called
    return ""


def _sign(holds: bool) -> markup.Markup:
    """A check or a cross; said in words to those who do not see it."""
    name, words = ("check", "Holds:") if holds else ("x", "Does not hold:")
    icon = markup.tag("span", "", class_="icon", style=f"--icon:url(/assets/icons/{name}.svg);--size:14px")
    hidden = markup.tag("span", words, class_="visually-hidden")
    return markup.tag("span", icon, hidden, class_=f"why-sign {'yes' if holds else 'no'}")


def _events(desk: Desk, reason: Any) -> markup.Markup:
    """How many events match, with time and person of the first; open at the innermost parts."""
    if not reason.matching:
        return markup.tag("div", "No events", class_="why-found")
    shown, words = (
        reason.events.height,
        "1 event" if reason.matching == 1 else f"{count(reason.matching)} events",
    )
    rows = (
        markup.tag(
            "tr",
            markup.tag("td", moment(desk.facts.local(row["occurred_at"])), class_="date"),
            markup.tag("td", str(row["event_type"])),
            markup.tag("td", str(row["person"] or row["person_id"] or NOTHING)),
        )
        for row in reason.events.iter_rows(named=True)
    )
    table = markup.table([("When", ""), ("Event", ""), ("Person", "")], rows, class_="sheet tight")
    more = f", the first {shown}" if reason.matching > shown else ""
    opened = None if reason.parts else "open"
    summary = markup.tag("summary", words + more)
    return markup.tag("details", summary, table, class_="why-events", open=opened)
