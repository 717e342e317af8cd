"""A compound segment: saved segments joined block after block, drawn as a small flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import workbench as wb
from visualizations import controls, markup
from visualizations.base import Question
from visualizations.desk import Desk
from visualizations.dom import Component, dmc, html
from visualizations.formats import count
from visualizations.segments.rules import QUIET, tool

OPERATORS = [
    {"value": "union", "label": "or in"},
    {"value": "intersect", "label": "and in"},
    {"value": "except", "label": "but not in"},
]
SIGNS = {"union": "∪", "intersect": "∩", "except": "∖"}


@dataclass(frozen=True)
class Stage:
    """What stands after a block."""

    operator: str
    name: str
    own: int
    """Members of the block's segment."""
    size: int
    """Members after it."""


def blocks_of(question: Question) -> list[dict[str, Any]]:
    """The blocks, also those without a segment yet."""
    return list((question.get("about") or {}).get("blocks") or ())


def folded(blocks: list[dict[str, Any]], container: str) -> Any:
    """The blocks from left to right as one condition on containers; None without any.

    Each block counts as the containers that its segment holds for.
    """
    result: Any = None
    for block in blocks:
        part: Any = {"container": container, "where": {"segment": block["segment"]}}
        if block.get("operator") == "except":
            result = {"all": [result, {"not": part}]} if result else {"not": part}
        elif result:
            result = {"all" if block.get("operator") == "intersect" else "any": [result, part]}
        else:
            result = part
    return result


def stages(desk: Desk, question: Question) -> list[Stage]:
    """Size after each block that names a segment; raises SpecError."""
    container, names = question["container"], dict(desk.facts.segments())
    chosen = [block for block in blocks_of(question) if block.get("segment")]
    return [
        Stage(
            str(block.get("operator", "union")),
            names.get(block["segment"], block["segment"]),
            int(desk.bench.size(folded([{"segment": block["segment"]}], container), container)),
            int(desk.bench.size(folded(chosen[: i + 1], container), container)),
        )
        for i, block in enumerate(chosen)
    ]


def tab(desk: Desk, question: Question) -> Component:
    """The blocks, and the flow through them."""
    blocks = blocks_of(question)
    rows = [_block(desk, question, block, i) for i, block in enumerate(blocks)]
    more = dmc.Button(
        "Add a segment",
        id=controls.action("block", "about.blocks"),
        leftSection=controls.icon("plus", 14),
        size="compact-xs",
        variant="subtle",
    )
    hint = "Read from top to bottom: each line takes what stands above it. The order matters."
    listed = html.Div([*rows, more, html.P(hint, className="hint")], className="card blocks")
    try:
        drawn = _flow(desk, question)
    except wb.WorkbenchError as problem:
        drawn = html.P(str(problem), className="problem", role="alert")
    return html.Div(
        [html.Div([listed, drawn], className="seg-boxes"), _size(desk, question)], className="seg-build"
    )


def _block(desk: Desk, question: Question, block: dict[str, Any], i: int) -> Component:
    path = f"about.blocks.{i}"
    data = [{"value": name, "label": label} for name, label in desk.facts.segments()]
    if i:
        first: Any = controls.select(
            f"Block {i + 1}: how it joins", "choice", f"{path}.operator", block.get("operator", "union"),
            OPERATORS, hidden_label=True, w=120,
        )  # fmt: skip
    else:
        first = html.Span("In", className="block-first")
    choose = controls.select(
        f"Block {i + 1}: segment", "pick", f"{path}.segment", block.get("segment") or None, data,
        hidden_label=True, **QUIET, placeholder="Choose a segment", className="rule-value",
    )  # fmt: skip
    tools = html.Div(
        [
            tool("arrow-up", "Earlier", f"Block {i + 1} earlier", controls.action("block-up", path)),
            tool("arrow-down", "Later", f"Block {i + 1} later", controls.action("block-down", path)),
            tool("x", "Remove", f"Remove block {i + 1}", controls.action("block-drop", path)),
        ],
        className="rule-tools",
    )
    return html.Div([first, choose, tools], className="rule")


STEP, BAR, HIGH, TOP = 188, 26, 132, 20
"""Distance of two stages, width and greatest height of a bar, and room above, in pixels."""


def _flow(desk: Desk, question: Question) -> Component | None:
    """Bars as high as the size after each block, and bands of who stays, comes in and goes out."""
    found = stages(desk, question)
    if not found:
        return None
    scale = HIGH / max([stage.size for stage in found] + [1])
    parts: list[Any] = []
    for i, stage in enumerate(found):
        parts += [*(_bands(found[i - 1], stage, i, scale) if i else ()), *_stage(stage, i, scale)]
    width = STEP * len(found)
    drawn = markup.tag(
        "svg",
        parts,
        viewBox=f"0 0 {width} {TOP + HIGH + 68}",
        width=width,
        height=TOP + HIGH + 68,
        role="img",
        aria_label="; ".join(f"{stage.name}: {count(stage.size)}" for stage in found),
    )
    body = [html.H2("How it comes about"), markup.raw(drawn, className="stages")]
    return html.Div(body, className="card", role="group", **{"aria-label": "How it comes about"})


def _bands(before: Stage, after: Stage, i: int, scale: float) -> list[markup.Markup]:
    """Who stays, and below them who comes in or goes out."""
    kept = min(before.size, after.size)
    x0, x1 = (i - 1) * STEP + BAR, i * STEP
    floor = TOP + HIGH
    stays = _ribbon(x0, floor - before.size * scale, x1, floor - after.size * scale, kept * scale, "stays")
    change = abs(after.size - before.size)
    if not change:
        return [stays]
    if after.size > before.size:
        other = _ribbon(x1 - 62, floor + 14, x1, floor - change * scale, change * scale, "comes")
    else:
        other = _ribbon(x0, floor - change * scale, x0 + 62, floor + 14, change * scale, "goes")
    at = x1 - 40 if after.size > before.size else x0 + 40
    words = _text(at, floor + 24, f"{after.size - before.size:+,}", "middle", "stage-change")
    return [stays, other, words]


def _ribbon(x0: float, y0: float, x1: float, y1: float, height: float, name: str) -> markup.Markup:
    """A band from one edge to another; what comes from below or goes there narrows to a point."""
    left = 0.0 if name == "comes" else height
    right = 0.0 if name == "goes" else height
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f},{y0:.1f} C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f} "
        f"L{x1:.1f},{y1 + right:.1f} "
        f"C{middle:.1f},{y1 + right:.1f} {middle:.1f},{y0 + left:.1f} {x0:.1f},{y0 + left:.1f} Z"
    )
    return markup.tag("path", d=path, class_=f"band-{name}")


def _stage(stage: Stage, i: int, scale: float) -> list[markup.Markup]:
    x, high = i * STEP, max(stage.size * scale, 1)
    sign = f"{SIGNS[stage.operator]} " if i else ""
    name = stage.name if len(stage.name) <= 22 else f"{stage.name[:21]}…"
    bar = markup.tag(
        "rect", x=x, y=f"{TOP + HIGH - high:.1f}", width=BAR, height=f"{high:.1f}", rx=3, class_="stage-bar"
    )
    label = _text(x, TOP + HIGH + 46, f"{sign}{name}", "start", "stage-name", stage.name)
    return [
        bar,
        _text(x, TOP + HIGH - high - 6, count(stage.size), "start", "stage-size"),
        label,
        _text(x, TOP + HIGH + 62, f"{count(stage.own)} in it", "start", "stage-own"),
    ]


def _text(x: float, y: float, words: str, anchor: str, name: str, full: str = "") -> markup.Markup:
    title = markup.tag("title", full) if full else None
    return markup.tag("text", title, words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=name)


def _size(desk: Desk, question: Question) -> Component:
    unit = desk.facts.units[question["container"]]
    try:
        found = stages(desk, question)
        size = found[-1].size if found else 0
        body: Any = html.Div([html.Strong(count(size)), html.Span(unit.of(size))], className="size-own")
    except wb.WorkbenchError as problem:
        body = html.P(str(problem), className="problem", role="alert")
    hint = "It follows its segments: when one of them changes, so does this one."
    return html.Aside(
        html.Section([html.H2("Size now"), body, html.P(hint, className="hint")], className="card side-card"),
        className="seg-side",
        **{"aria-label": "What the segment holds"},
    )


# --- edits -----------------------------------------------------------------------------------------


def changed(question: Question, do: str, path: str) -> Question:
    """With one block more, one less, or two in another order; the first block is always a union."""
    blocks = blocks_of(question)
    if do == "block":
        blocks.append({"operator": "union", "segment": ""})
    else:
        i = int(path.rpartition(".")[2])
        if do == "block-drop":
            del blocks[i]
        else:
            there = i + (-1 if do == "block-up" else 1)
            if not 0 <= there < len(blocks):
                return question
            blocks[i], blocks[there] = blocks[there], blocks[i]
    if blocks:
        blocks[0] = {**blocks[0], "operator": "union"}
    return {**question, "about": {**(question.get("about") or {}), "blocks": blocks}}
