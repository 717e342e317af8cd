"""Drawing again what is drawn already: the graph of a canvas stays, and with it the viewport and a drag.

A component that is sent anew begins anew in the browser. So the elements of a graph that is there are
changed, and only the parts beside it are made again. Cards travel as text, which `assets/50-canvas.js` puts
in place: as components, each would listen to every change of the page, and a hundred would take seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dash import no_update

from visualizations.markup import written
from visualizations.parts import walk


def redrawn(
    stage: Any, graphs: Sequence[Any], parts: Sequence[Any]
) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Stage, elements and stylesheet per graph, children per part, as the outputs of a callback.

    `graphs` and `parts` are the ids the browser shows. Where the stage has the same, it is kept.
    """
    found = {_key(one.id): one for one in walk(stage) if isinstance(getattr(one, "id", None), dict)}
    new = {key for key in found if key[0] in ("graph", "part")}
    shown = [_key(one["id"]) for one in (*graphs, *parts)]
    if not graphs or new != set(shown):
        return stage, [no_update] * len(graphs), [no_update] * len(graphs), [no_update] * len(parts)
    drawn = [found[_key(one["id"])] for one in graphs]
    return (
        no_update,
        [graph.elements for graph in drawn],
        [graph.stylesheet for graph in drawn],
        [found[_key(one["id"])].children for one in parts],
    )


def lean(stage: Any) -> Any:
    """The stage with the cards and labels of its canvas as text."""
    for part in walk(stage):
        if getattr(part, "id", None) == "canvas-layer":
            setattr(
                part, "data-parts", json.dumps([written(one) for one in part.children], ensure_ascii=False)
            )
            part.children = None
    return stage


def _key(identity: dict[str, Any]) -> tuple[str, str]:
    name, value = next(iter(identity.items()))
    return str(name), str(value)
