"""Steps against the declared order of event types: bands that go back or skip, and how many do so at all."""

from __future__ import annotations

from typing import Any

from visualizations import markup
from visualizations.dom import Component, html
from visualizations.formats import count, percent, sample_note
from visualizations.markup import Markup, tag
from visualizations.parts import opener
from visualizations.views.flow.drawing import Drawing
from visualizations.views.flow.layout import Band, ribbon, way

KINDS = ("back", "skip")
GLYPHS = {
    "back": "M4.5 3.5H1A3 3 0 0 0 1-2.5H-4.5M-2-5-4.5-2.5-2 0",
    "skip": "M-5 3.5C-4-4 3-4 4.5 2.5M4.8-.8V2.8H1.2",
}
"""Outlines of the marks: an arrow that turns back, an arrow that leaps."""
PLACES = {"back": 0.3, "skip": 0.7}
"""How far along its band a mark stands, so that crossing bands keep theirs apart."""
THICK = 7.0
"""A band this thick carries its mark, a thinner one only the hatching."""
WORDS = {"back": "go back in the declared order at least once", "skip": "skip a stage"}
END = {"back": ";", "skip": "."}
NAMED = 3
"""Skipped types named one by one."""


def patterns() -> Markup:
    """The two hatchings."""
    made = []
    for kind, turn in zip(KINDS, (45, -45), strict=True):
        line = tag("path", d="M0 0V7", class_=f"flow-hatch of-{kind}")
        size = {
            "width": 7,
            "height": 7,
            "patternUnits": "userSpaceOnUse",
            "patternTransform": f"rotate({turn})",
        }
        made.append(tag("pattern", line, id=f"flow-{kind}", **size))
    return tag("defs", made)


def marked(drawn: Drawing, band: Band) -> Markup:
    """The hatching of a band that goes back or skips; empty for others."""
    kind = drawn.mark(band)
    if not kind:
        return Markup("")
    return tag("path", class_="flow-marked", d=ribbon(band), fill=f"url(#flow-{kind})")


def glyph(drawn: Drawing, band: Band) -> Markup:
    """The mark of a band that is thick enough, above all bands."""
    kind = drawn.mark(band)
    if not kind or max(band.thick, band.thick_end) < THICK or band.source.hidden or band.target.hidden:
        return Markup("")
    x, y = way(band, PLACES[kind])
    return sign(kind, transform=f"translate({x:.1f},{y:.1f})")


def sign(kind: str, **attributes: Any) -> Markup:
    """A mark in its circle."""
    parts = [tag("circle", r=8), tag("path", d=GLYPHS[kind])]
    return tag("g", parts, class_=f"flow-glyph of-{kind}", **attributes)


def words(drawn: Drawing, band: Band) -> str:
    """What a band skips or goes back over; empty for others."""
    kind, names = drawn.mark(band), drawn.passed_over(band)
    if not kind:
        return ""
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    if kind == "skip":
        return f"Skips {listed} in the declared order" if names else "Skips in the declared order"
    return "Goes back in the declared order" + (f", over {listed}" if names else "")


def line(drawn: Drawing) -> Component | None:
    """How many go back and how many skip, each opening its members; None where no order is declared."""
    tables = drawn.told.tables
    if not drawn.orders or "order" not in tables:
        return None
    rows = {row["kind"]: row for row in tables["order"].iter_rows(named=True)}
    parts: list[Any] = []
    for kind in KINDS:
        if kind in rows:
            parts += _part(drawn, rows[kind])
    return html.Div(parts, className="flow-order")


def _part(drawn: Drawing, row: dict[str, Any]) -> list[Any]:
    kind, unit = row["kind"], drawn.scene.unit(drawn.result.spec.container)
    shown = f"{count(row['containers'])} of {count(row['percent_base'])} {unit.of(row['percent_base'])}"
    svg = tag("svg", sign(kind), viewBox="-9 -9 18 18", width=18, height=18, aria_hidden="true")
    number: Any = shown
    if row["containers"]:
        number = opener(
            shown,
            "order",
            {"kind": kind},
            "containers",
            title=f"{unit.plural.capitalize()} that {WORDS[kind]}",
            tip=sample_note(row["containers"], row["percent_base"]),
            more={"question": drawn.told.spec.to_json()},
        )
    mark = markup.raw(svg, className="flow-sign")
    return [mark, html.Span([number, f" ({percent(row['percent'])}) {WORDS[kind]}{END[kind]}"])]
