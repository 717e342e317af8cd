"""The page that lays up to three saved segments over each other, and two of them side by side.

Its question is `{"segments": [id, …], "container"?, "pair"?: "0,1", "kind"?, "field"?, "found"?: true}`: what
they are counted as, which two are compared, and which rows are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dcc, dmc, html
from visualizations.editing.edits import BadEdit, put
from visualizations.formats import count, percent
from visualizations.parts import state
from visualizations.segments import differences, venn

MOST = 3
PAIRS = ("0,1", "0,2", "1,2")


@dataclass(frozen=True)
class Chosen:
    """The segments of a question, as they are saved now."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    """What the members of each are."""
    container: str
    """What they are counted as."""
    revisions: Mapping[str, int]
    """Of all saved segments: one may lean on others."""

    @property
    def key(self) -> list[Any]:
        """What an answer about them depends on."""
        return [*self.ids, self.container, dict(self.revisions)]


def arrived(desk: Desk, question: Any) -> tuple[Question, str]:
    """The question of an address without segments that are not there, and what to tell the user."""
    asked = dict(question) if isinstance(question, dict) else {}
    known = dict(desk.facts.segments())
    ids = [one for one in asked.get("segments") or () if isinstance(one, str)]
    kept = [one for one in dict.fromkeys(ids) if one in known][:MOST]
    told = "A segment of this comparison is no longer there." if len(kept) < len(set(ids)) else ""
    return {**asked, "segments": kept}, told


def chosen(desk: Desk, question: Question) -> Chosen:
    """The segments of a question; WorkbenchError where one cannot be read."""
    found = [desk.bench.segments.get(one) for one in question["segments"]]
    kinds = tuple(str(one["about"]["container"]) for one in found)
    container = str(question.get("container"))
    if container not in desk.facts.units:
        container = kinds[0] if kinds else "account"
    saved = desk.bench.definitions.list("segments")
    return Chosen(
        tuple(one["id"] for one in found),
        tuple(str(one["name"]) for one in found),
        kinds,
        container,
        {one["id"]: one.get("revision", 0) for one in saved},
    )


def overlap(desk: Desk, segments: Chosen) -> Any:
    """The regions of the segments, counted once."""
    return desk.kept(
        ["overlap", segments.key],
        lambda: desk.bench.segments.overlap(*segments.ids, container=segments.container),
    )


def regions(found: Any) -> list[venn.Region]:
    """The regions of an overlap, those in most sets last."""
    rows = found.regions.select(*found.labels, "size").rows()
    made = [venn.Region(tuple(i for i, inside in enumerate(row[:-1]) if inside), row[-1]) for row in rows]
    return sorted(made, key=lambda one: (len(one.inside), one.inside))


# --- drawing -----------------------------------------------------------------------------------------


def page(desk: Desk, document: Question) -> Component:
    """The segments to choose, their circles, and the differences of two of them."""
    question = document["question"]
    segments = chosen(desk, question)
    parts = [_head(), _pickers(desk, segments)]
    if not segments.ids:
        text = "Up to three saved segments overlap as circles; two of them are compared field by field."
        parts.append(state(controls.icon("layers", 24), "Choose segments to compare", text))
    else:
        parts.append(_overlap(desk, segments))
    if len(segments.ids) > 1:
        parts.append(_side_by_side(desk, question, segments))
    return html.Div(parts, className="segments-page compare-page")


def _head() -> Component:
    back = dcc.Link(
        [controls.icon("arrow-left", 14), html.Span("Segments")], href="/segments", className="quiet-link"
    )
    words = "Who is in several of them, and what tells them apart."
    return html.Header(
        [back, html.H1("Compare segments"), html.P(words, className="hint")], className="compare-head"
    )


def _pickers(desk: Desk, segments: Chosen) -> Component:
    known = [{"value": name, "label": label} for name, label in desk.facts.segments()]
    shown = min(MOST, max(2, len(segments.ids) + 1))
    rows: list[Any] = [_picker(place, known, segments) for place in range(shown)]
    if len(segments.ids) > 1:
        rows.append(
            dmc.Button(
                "Swap A and B", id=controls.action("swap", "segments"), size="compact-xs", variant="subtle"
            )
        )
    if segments.ids:
        units = [{"value": one.name, "label": one.plural.capitalize()} for one in desk.facts.containers]
        rows.append(html.Span("counted as", className="hint"))
        rows.append(
            controls.select(
                "Counted as", "choice", "container", segments.container, units, hidden_label=True, w=160
            )
        )
    return html.Div(rows, className="compare-pick")


def _picker(place: int, known: list[dict[str, str]], segments: Chosen) -> Component:
    letter = venn.LETTERS[place]
    value = segments.ids[place] if place < len(segments.ids) else None
    choose = controls.select(
        f"Segment {letter}",
        "member",
        f"segments.{place}",
        value,
        known,
        hidden_label=True,
        searchable=True,
        clearable=value is not None,
        allowDeselect=True,
        placeholder="Choose a segment" if place < 2 else "A third one",
        nothingFoundMessage="Nothing by that name",
        w=240,
    )
    badge = html.Span(letter, className=f"venn-letter venn-letter-{letter.lower()}")
    return html.Div([badge, choose], className="compare-one")


def _overlap(desk: Desk, segments: Chosen) -> Component:
    found = overlap(desk, segments)
    unit = desk.facts.units[segments.container]
    parts = regions(found)
    drawn = markup.raw(venn.svg(parts, found.labels, unit.of), className="venn-frame")
    total = sum(one.size for one in parts)
    told = f"{count(total)} {unit.of(total)} altogether. A click on a part lists who is in it."
    body = html.Div([drawn, _regions(parts, len(segments.ids), total)], className="venn-body")
    mixed = [name for name, kind in zip(segments.names, segments.kinds, strict=True) if kind != unit.name]
    more = f"{' and '.join(mixed)}: counted as {unit.plural} by the records." if mixed else ""
    notes = html.P(more, className="hint") if more else None
    return html.Section(
        [html.H2("Overlap"), html.P(told, className="hint"), body, notes], className="card compare-card"
    )


def _regions(parts: list[venn.Region], sets: int, total: int) -> Component:
    """The circles as a table: every part with its size."""
    heads = [("Part", ""), (" ", "bar"), ("Members", "num"), ("Share", "num")]
    rows = (_region_row(one, sets, total) for one in parts)
    return markup.raw(markup.table(heads, rows, class_="sheet tight regions"), className="region-table")


def _region_row(region: venn.Region, sets: int, total: int) -> markup.Markup:
    said = venn.words(region.inside, sets)
    share = 100 * region.size / total if total else 0.0
    name = "".join(venn.LETTERS[place].lower() for place in region.inside)
    fill = markup.tag("div", class_=f"mini-fill region-{name}", style=f"width:{share:.2f}%")
    size: markup.Markup | str = "0"
    if region.size:
        asked = json.dumps({"kind": "segment-region", "inside": list(region.inside)})
        size = markup.tag(
            "button",
            count(region.size),
            type="button",
            class_="opens",
            data_send=asked,
            aria_label=f"{said}: {count(region.size)}, list them",
        )
    return markup.tag(
        "tr",
        markup.tag("th", said, scope="row"),
        markup.tag("td", markup.tag("div", fill, class_="mini-bar"), class_="bar"),
        markup.tag("td", size, class_="num"),
        markup.tag("td", percent(share), class_="num"),
    )


def _side_by_side(desk: Desk, question: Question, segments: Chosen) -> Component:
    pair = _pair(question, len(segments.ids))
    first, second = (int(place) for place in pair.split(","))
    found = desk.kept(
        ["compare", pair, segments.key],
        lambda: desk.bench.segments.compare(
            segments.ids[first], segments.ids[second], container=segments.container
        ),
    )
    pick = None
    if len(segments.ids) == MOST:
        data = [{"value": one, "label": _pair_words(one)} for one in PAIRS]
        pick = dmc.SegmentedControl(
            id=controls.edit("choice", "pair"),
            value=pair,
            data=data,
            size="xs",
            **{"aria-label": "Which two"},
        )
    letters = (venn.LETTERS[first], venn.LETTERS[second])
    return differences.card(desk, question, found, letters, pick)


def _pair(question: Question, sets: int) -> str:
    pair = str(question.get("pair") or PAIRS[0])
    return pair if pair in PAIRS and int(pair[-1]) < sets else PAIRS[0]


def _pair_words(pair: str) -> str:
    return " and ".join(venn.LETTERS[int(place)] for place in pair.split(","))


# --- edits -------------------------------------------------------------------------------------------


def changed(question: Question, event: Mapping[str, Any]) -> Question:
    """The question after a control or a button; BadEdit says what cannot be used."""
    kind, value = event.get("kind"), event.get("value")
    if kind == "press" and event.get("do") == "swap":
        first, second, *more = question["segments"]
        return {**question, "segments": [second, first, *more]}
    if kind != "control":
        return question
    if event["edit"] == "member":
        return _with_member(question, int(str(event["at"]).rpartition(".")[2]), value)
    if event["edit"] in ("choice", "flag"):
        return put(question, str(event["at"]), value or None)
    raise BadEdit(f"There is no edit {event['edit']!r} here.")


def _with_member(question: Question, place: int, value: Any) -> Question:
    """With another segment at a place; none leaves it empty, and one that is elsewhere moves here."""
    ids: list[Any] = [*question["segments"], *[None] * MOST][:MOST]
    if value in ids:
        ids[ids.index(value)] = ids[place]
    ids[place] = value
    return {**question, "segments": [one for one in ids if one]}


# --- a part as a segment -----------------------------------------------------------------------------


def as_segment(desk: Desk, segments: Chosen, inside: venn.Inside) -> Question:
    """A part as the question of a new segment: of blocks where they count the same, else a fixed list.

    Segments of other containers are counted by the records, which no block does.
    """
    said = [segments.names[place] for place in inside]
    out = [name for place, name in enumerate(segments.names) if place not in inside]
    name = " and ".join(said) + (f", not {' or '.join(out)}" if out else "")
    made: Question = {"name": name, "container": segments.container, "content": None}
    if set(segments.kinds) == {segments.container}:
        blocks = [
            {"operator": "intersect" if i else "union", "segment": segments.ids[place]}
            for i, place in enumerate(inside)
        ]
        blocks += [
            {"operator": "except", "segment": one} for i, one in enumerate(segments.ids) if i not in inside
        ]
        return {**made, "kind": "compound", "about": {"blocks": blocks}}
    found = members(desk, segments, inside)
    return {**made, "kind": "static", "about": {}, "ids": found[found.columns[0]].to_list()}


def members(desk: Desk, segments: Chosen, inside: venn.Inside) -> Any:
    """`<container>_id, name` of those in exactly these of the segments, by name."""
    found = overlap(desk, segments)
    if not all(isinstance(place, int) and 0 <= place < len(segments.ids) for place in inside):
        raise wb.SpecError("this part is of another comparison; open it again", "inside")
    frame = found.members([found.labels[place] for place in inside])
    return frame.sort("name", frame.columns[0], nulls_last=True)
