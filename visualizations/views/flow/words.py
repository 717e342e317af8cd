"""What a flow says: titles of items and columns, hover texts, the main finding in a sentence."""

from __future__ import annotations

from typing import Any

from visualizations.base import Question, Scene
from visualizations.editing.edits import ANCHORS
from visualizations.facts import in_words
from visualizations.formats import count, duration, limit, percent, sample_note
from visualizations.views.flow.layout import Band, Box, Layout, lay_out
from visualizations.views.flow.reading import Focus, Versus, alone, focus_of, unit_of, versus_of

ENDS = {"other": "Other", "exit": "Exit", "entry": "Entry", "before data": "Before data"}
"""What paths in focus pass that is no item."""
NOTABLE = 0.03
"""Share of paths from which on an end is part of the main finding."""


def item_title(kind: str, item: Any, anchor: str = "") -> str:
    """An item as the drawing names it; ends keep the name that tells why they are ends."""
    return {"exit": "Exit", "other": "Other", "anchor": anchor or str(item)}.get(kind, str(item))


def column_title(number: int) -> str:
    """A column by its distance from the anchor."""
    if number == 0:
        return "Anchor"
    steps = "step" if abs(number) == 1 else "steps"
    return f"{abs(number)} {steps} {'before' if number < 0 else 'after'}"


def field_title(path: str) -> str:
    """A dimension inside a sentence."""
    return path.replace("_", " ").replace(".", " ")


def dimension_of(result: Any, number: int) -> str:
    """The dimension of a column."""
    if number == 0:
        return ""
    return str(result.spec.dimensions(1 if number > 0 else -1)[abs(number) - 1])


def unit_words(scene: Scene, container: str, unit: str) -> str:
    """What is counted, in the plural."""
    return "paths" if unit == "paths" else f"distinct {scene.unit(container).plural}"


def title(question: Question, display: Any = None, plural: str = "containers") -> str:
    """The title of a flow; it names what is counted where that is not paths."""
    key = next(key for key in ANCHORS if question.get(key))
    label = question.get("anchor_label") or in_words(question[key])
    said = {"starts_with": f"What follows {label}", "ends_with": f"What leads up to {label}"}.get(
        key, f"Around {label}"
    )
    if question.get("within"):
        said += f" within {limit(question['within'])}"
    words = f"distinct {plural}" if (display or {}).get("unit") == "containers" else "paths"
    return f"{said}, counted in {words}"


def anchor_title(result: Any) -> str:
    """The name given to the anchor, else its condition in words."""
    return str(result.spec.anchor_label or in_words(result.spec.anchor.to_json()))


# --- hover -------------------------------------------------------------------------------------


def _share(part: int, whole: int, of: str) -> str:
    return f"{percent(100 * part / whole)} of {of}" if whole else ""


def box_tip(box: Box, layout: Layout, scene: Scene, container: str, seconds: float | None) -> list[str]:
    """Lines of a box: count, share of start and of previous, time from the column before."""
    unit, (column, _, _) = scene.unit(container), box.key
    start = sum(one.paths for one in layout.boxes.values() if one.key[0] == 0)
    lines = [f"{count(box.paths)} paths, {count(box.containers)} {unit.of(box.containers)}"]
    if column:
        total = layout.totals[column]
        near = column - 1 if column > 0 else column + 1
        words = "the anchor" if near == 0 else column_title(near)
        lines.append(_share(box.paths, start, f"all {count(start)} paths"))
        if near:
            way = "go on from" if column > 0 else "lead to"
            lines.append(_share(box.paths, total, f"the {count(total)} that {way} {words}"))
        if seconds is not None:
            lines.append(f"Median {duration(seconds)} {'from' if column > 0 else 'to'} {words}")
        lines.append(sample_note(box.paths, total))
    return [line for line in lines if line]


def band_tip(band: Band, scene: Scene, container: str, seconds: float | None, anchor: str = "") -> list[str]:
    """Lines of a band: count, share of both its ends, median time along it."""
    unit, row = scene.unit(container), band.row
    source, target = item_title(*band.source.key[1:], anchor), item_title(*band.target.key[1:], anchor)
    lines = [
        f"{count(row['paths'])} paths, {count(row['containers'])} {unit.of(row['containers'])}",
        _share(row["paths"], band.source.paths, source),
        _share(row["paths"], band.target.paths, f"{target}"),
    ]
    if seconds is not None:
        lines.append(f"Median {duration(seconds)} on the way")
    return [line for line in lines if line]


def focus_tip(focus: Focus, box: Box) -> str:
    """How many of the paths through a box are in focus; empty where that is not known."""
    whole = focus.nodes.get(box.key)
    if not whole or whole < box.paths:
        return ""
    return f"{percent(100 * box.paths / whole)} of the {count(whole)} paths here without the focus"


def focus_words(one: Any, anchor: str) -> str:
    """What paths in focus pass: the items of a column, or one of the others."""
    names = list(one.items) if one.kind == "item" else [ENDS.get(one.kind, anchor)]
    listed = " or ".join(names[:2]) + (f" or {len(names) - 2} more" if len(names) > 2 else "")
    return f"{listed}, {column_title(one.column)}"


def versus_tip(versus: Versus, box: Box) -> list[str]:
    """The share of each compared segment, with its size."""
    lines = []
    for i, side in enumerate(versus.sides):
        base = side.paths if versus.unit == "paths" else side.containers
        share = percent(versus.share(i, box.key))
        lines.append(f"{side.label}: {share} ({count(versus.value(i, box.key))} of {count(base)})")
    return lines


# --- caption -----------------------------------------------------------------------------------


def caption(result: Any, scene: Scene) -> str:
    """The main finding: of the comparison, of the focus, else the most frequent item next to the anchor."""
    result = alone(result, scene)
    if result.tables["nodes"].is_empty():
        return "No event matches the anchor."
    if scene.ask:
        said = _compared(result, versus_of(result, scene, lay_out(result, 900.0, 600.0)))
        if said:
            return said
    focus = focus_of(result, scene)
    if focus is None or not focus.paths:
        return _beside(result, scene)
    return _focused(result, focus, unit_of(scene), scene)


def _near(result: Any) -> list[int]:
    return [-1, 1] if result.spec.contains else [-1] if result.spec.ends_with else [1]


def _beside(result: Any, scene: Scene) -> str:
    unit, container = unit_of(scene), result.spec.container
    said = []
    for near in _near(result):
        nodes = result.tables["nodes"].filter(column=near)
        items = nodes.filter(kind="item").sort([unit, "item"], descending=[True, False])
        dimension = field_title(dimension_of(result, near))
        when = f"right {'before' if near < 0 else 'after'} {anchor_title(result)}"
        anchor = result.tables["nodes"].filter(column=0)
        total = int((nodes if unit == "paths" else anchor)[unit].sum() or 0)
        if not items.height or not total:
            said.append(f"No {dimension} is seen {when}.")
            continue
        top = items.row(0, named=True)
        share = percent(100 * top[unit] / total)
        words = unit_words(scene, container, unit)
        said.append(
            f"{top['item']} is the most frequent {dimension} {when}: "
            f"{count(top[unit])} of {count(total)} {words}, {share}."
        )
        ends = nodes.filter(kind="exit" if near > 0 else "entry")[unit].sum() or 0
        if ends >= NOTABLE * total:
            said.append(f"{percent(100 * ends / total)} {'end' if near > 0 else 'begin'} there.")
    return " ".join(said)


def _focused(result: Any, focus: Focus, unit: str, scene: Scene) -> str:
    """How many pass what is in focus, and where they go or come from."""
    names = " and ".join(focus_words(one, anchor_title(result)) for one in focus.through)
    here, whom = focus.paths, scene.unit(result.spec.container).of(focus.containers)
    of = f" of {count(focus.all_paths)}" if focus.all_paths is not None else ""
    said = f"{count(here)}{of} paths ({count(focus.containers)} {whom}) pass {names}"
    columns = {one.column for one in focus.through}
    sides = [(max(columns) + 1, "go on to"), (min(columns) - 1, "come from")]
    for column, verb in sides:
        nodes = result.tables["nodes"].filter(column=column, kind="item")
        if column and nodes.height:
            top = nodes.sort([unit, "item"], descending=[True, False]).row(0, named=True)
            base = here if unit == "paths" else focus.containers
            return f"{said}; {percent(100 * top[unit] / base)} of them {verb} {top['item']}."
    return said + "."


def _compared(result: Any, versus: Versus | None) -> str:
    if versus is None:
        return ""
    keys = {
        (r["column"], r["kind"], r["item"])
        for r in result.tables["nodes"].iter_rows(named=True)
        if r["kind"] == "item"
    }
    found = [(versus.difference(key), key) for key in keys]
    told = [(abs(d), d, key) for d, key in found if d is not None]
    a, b = versus.sides
    sizes = f"{a.label} (n = {count(a.paths)}) against {b.label} (n = {count(b.paths)})"
    if not told:
        return f"{sizes}: nothing to compare."
    _, _, key = max(told, key=lambda one: (one[0], str(one[2])))
    first, second = percent(versus.share(0, key)), percent(versus.share(1, key))
    return (
        f"{sizes}: they differ most in {key[2]}, {column_title(key[0])}: {first} and {second} of their paths."
    )
