"""One container on the canvas: when it came to each checkpoint and through whom, its timeline below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from visualizations.base import Scene, Unit
from visualizations.dom import Component, dcc, html
from visualizations.formats import count, day, duration, duration_words, moment
from visualizations.views.canvas import view as journey_canvas
from visualizations.views.canvas.layout import CARD_HEIGHT, CARD_WIDTH, Layout, Route, arrange
from visualizations.views.canvas.reading import titles
from visualizations.views.timeline.checkpoints import Checkpoint
from visualizations.views.timeline.figure import figure, local_time

TALLER = 20


@dataclass(frozen=True)
class Trace:
    """The way of one container along a canvas."""

    spec: Any
    container: str
    member: str
    name: str
    nodes: Mapping[str, dict[str, Any]]
    """Checkpoint → `reached, occurred_at, event_type, person_id, person, matching`."""
    arrows: Mapping[tuple[str, str], dict[str, Any]]
    """Arrow → `moved, seconds`."""
    events: pl.DataFrame
    """All its events, in order."""

    @cached_property
    def layout(self) -> Layout:
        """Places of the cards, as on the canvas of all."""
        fixed = {
            n.id: (float(n.x), float(n.y)) for n in self.spec.nodes if n.x is not None and n.y is not None
        }
        ends = [(a.source, a.target) for a in self.spec.arrows]
        names = [n.id for n in self.spec.nodes]
        return arrange(names, ends, fixed, dict.fromkeys(names, float(TALLER)))

    @cached_property
    def titles(self) -> dict[str, str]:
        """Checkpoint → title."""
        return titles(self.spec)

    def row_of(self, name: str) -> int | None:
        """Position among the events of the one that stands for a checkpoint."""
        node = self.nodes[name]
        if not node["reached"]:
            return None
        same = [
            i
            for i, event in enumerate(self.events.iter_rows(named=True))
            if event["occurred_at"] == node["occurred_at"] and event["event_type"] == node["event_type"]
        ]
        return same[0] if same else None

    def role(self, name: str) -> str:
        """Role of the person at a checkpoint; empty where none is known."""
        row = self.row_of(name)
        return (
            str(self.events["role"][row] or "") if row is not None and "role" in self.events.columns else ""
        )


def stage(trace: Trace, scene: Scene, head: Component) -> Component:
    """Head, canvas, timeline."""
    layout = trace.layout
    labels = [label for route in layout.routes if (label := _label(trace, route)) is not None]
    order = sorted(layout.places, key=lambda name: layout.places[name])
    parts = [*labels, *(_card(trace, name, scene) for name in order)]
    canvas = journey_canvas.frame(
        _elements(trace),
        parts,
        layout.box,
        scene,
        scene.unit(trace.container).plural,
        hint="On arrows: the time from checkpoint to checkpoint.",
    )
    below = (
        html.Div("No event of it is loaded.", className="hint")
        if trace.events.is_empty()
        else _timeline(trace, scene)
    )
    return html.Div(
        [
            head,
            html.Div(canvas, className="traced-canvas"),
            html.Div(
                below,
                className="traced-below",
                tabIndex=0,
                role="region",
                **{"aria-label": "Timeline"},
            ),
        ],
        className="traced",
    )


def _timeline(trace: Trace, scene: Scene) -> Component:
    marks = [
        Checkpoint(
            trace.titles[name], node["occurred_at"] if node["reached"] else None, row=trace.row_of(name)
        )
        for name, node in trace.nodes.items()
    ]
    drawn = figure(trace.events, marks, "channel", replace(scene, width=scene.width - 20))
    graph = dcc.Graph(figure=drawn, config={"displayModeBar": False}, id="trace-graph", className="plot")
    label = f"Timeline of {trace.name}; its whole timeline lists the same events."
    return html.Div(graph, role="img", **{"aria-label": label})


def caption(trace: Trace, unit: Unit) -> str:
    """How far it came, and how long it took."""
    times = [node["occurred_at"] for node in trace.nodes.values() if node["reached"]]
    total = len(trace.nodes)
    if not times:
        return f"This {unit.label.lower()} reached none of the {total} checkpoints."
    span = (max(times) - min(times)).total_seconds()
    said = f"{len(times)} of {total} checkpoints reached"
    tail = f" in {duration_words(span)}" if len(times) > 1 and span else ""
    return f"{said}{tail}, {count(trace.events.height)} events."


def _card(trace: Trace, name: str, scene: Scene) -> Component:
    node, title, (x, y) = trace.nodes[name], trace.titles[name], trace.layout.places[name]
    style = {
        "left": f"{x - CARD_WIDTH / 2:.0f}px",
        "top": f"{y - CARD_HEIGHT / 2:.0f}px",
        "height": f"{CARD_HEIGHT + TALLER}px",
    }
    head = html.Div(html.Span(title, className="card-title", title=title), className="card-head")
    if node["reached"]:
        when = local_time(node["occurred_at"], scene)
        role = trace.role(name)
        who = str(node.get("person") or node.get("person_id") or "No person named")
        event = str(node["event_type"]) + (f" · {count(node['count'])} times" if node["matching"] > 1 else "")
        body = [
            html.Div(
                day(when),
                className="trace-when",
                **{"data-tip": moment(when), "style": {"pointerEvents": "auto"}},
            ),
            html.Div(who + (f" ({role})" if role else ""), className="trace-who", title=who),
            html.Div(event, className="trace-who faint", title=event),
        ]
    else:
        body = [html.Div("Not reached", className="trace-when")]
    return html.Div(
        [head, *body],
        id={"node": name},
        className="node-card trace-card" + ("" if node["reached"] else " unreached"),
        style=style,
        role="group",
        **{"data-node": name, "aria-label": title},
    )


def _label(trace: Trace, route: Route) -> Component | None:
    row = trace.arrows[route.source, route.target]
    if not row["moved"]:
        return None
    title = f"{trace.titles[route.source]} → {trace.titles[route.target]}"
    x, y = route.label_at
    side = " above" if route.shift < 0 else " below" if route.shift > 0 else ""
    y += route.edge - route.shift
    said = "same moment" if row["seconds"] == 0 else duration(row["seconds"])
    box = html.Div(
        html.Strong(said), className="arrow-box elapsed", **{"data-tip": f"{title}: {said} later."}
    )
    return html.Div(
        box,
        className="arrow-label" + side,
        style={"left": f"{x:.0f}px", "top": f"{y:.0f}px"},
        **{"data-arrow": f"{route.source}→{route.target}"},
    )


def _elements(trace: Trace) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = [
        {"data": {"id": name}, "position": {"x": x, "y": y}} for name, (x, y) in trace.layout.places.items()
    ]
    for route in trace.layout.routes:
        moved = trace.arrows[route.source, route.target]["moved"]
        data: dict[str, Any] = {
            "id": f"{route.source}→{route.target}",
            "source": route.source,
            "target": route.target,
            "w": 3.0 if moved else 1.5,
            "place": route.place,
            "shift": round(route.edge, 1),
        }
        if moved:
            data["way"] = 1
        else:
            data["out"] = 1
        if route.lane is not None:
            data["lane"] = route.lane
        drawn.append({"data": data})
    return drawn
