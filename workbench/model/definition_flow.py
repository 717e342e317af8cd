"""The lines of the definition card that only a flow has."""

from __future__ import annotations

from workbench.model.data_version import DataVersion
from workbench.model.durations import in_words
from workbench.model.specs import FlowSpec, Through
from workbench.model.wording import describe_condition


def flow_lines(spec: FlowSpec, version: DataVersion) -> list[str]:
    """What a flow counts as items, paths, conversion and order, one line each."""
    repeats = "each repeat counts" if spec.repeats else "repeats in a row are one step"
    lines = [
        f"Items: {_dimensions(spec)}; events without a value are stepped over, anchors excepted"
        f"{_left_out(spec, version)}.",
        f"Paths: {spec.occurrence} anchors; {repeats}, anchors too; {_shown(spec)}, the rest is Other.",
    ]
    lines += [
        f"Through: only paths with {_node(node)}; items are ranked among these." for node in spec.through
    ]
    if spec.within:
        lines.append(f"Limit: a path ends where the next item lies more than {in_words(spec.within)} away.")
    if spec.times:
        end = "first" if spec.ends_with else "last"
        lines.append(
            f"Times: medians over paths, between neighbouring columns; a run counts at its {end} event."
        )
    return lines + _whole_paths(spec, version) + _order(spec, version)


def _dimensions(spec: FlowSpec) -> str:
    if isinstance(spec.dimension, str):
        return spec.dimension
    listed = [(side * k, path) for side in spec.sides for k, path in enumerate(spec.dimensions(side), 1)]
    return ", ".join(f"{path} in column {number}" for number, path in sorted(listed))


def _left_out(spec: FlowSpec, version: DataVersion) -> str:
    excluded = f"; without {', '.join(spec.exclude)}, as if these events had no value" if spec.exclude else ""
    if spec.among is None:
        return excluded
    return f"; only events where {describe_condition(spec.among, version)} have items{excluded}"


def _shown(spec: FlowSpec) -> str:
    if isinstance(spec.items, int):
        return f"top {spec.items} items per column"
    numbers = sorted(side * k for side in spec.sides for k in range(1, spec.columns + 1))
    return "top items " + ", ".join(f"{spec.kept(number)} in column {number}" for number in numbers)


def _node(node: Through) -> str:
    items = ", ".join(node.items)
    shown = {
        "item": " or ".join(node.items),
        "other": f"an item or anchor other than {items}" if items else "any item or anchor",
        "anchor": "the anchor",
        "exit": "Exit",
        "entry": "Entry",
        "before data": "Before data",
    }[node.kind]
    return f"{shown} in column {node.column}"


def _whole_paths(spec: FlowSpec, version: DataVersion) -> list[str]:
    if not spec.paths:
        return []
    lines = ["Whole paths: all items by name, none folded into Other; times from the first item to the last."]
    if spec.goal is not None:
        follow = f", up to {in_words(spec.follow)} after it" if spec.follow else ""
        lines.append(
            f"Converted: an event where {describe_condition(spec.goal, version)} later than the path's anchor"
            f"{follow}; percent of the path's containers."
        )
    return lines


def _order(spec: FlowSpec, version: DataVersion) -> list[str]:
    if not spec.declared_order:
        return []
    declared = version.settings.event_order
    types = f"the declared order {' → '.join(declared)}" if declared else "the declared order, which is empty"
    return [
        f"Steps: a step goes back or skips in {types}; types that are not declared make none. "
        "Table order counts paths with such a step in any column, items of Other included."
    ]
