"""Journey canvas: checkpoints joined by arrows, an acyclic graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .asked import Answer, Asked, Journey, percent
from .company import Event
from .fallout_split import split
from .metrics import Metric, Pair, container_metric, is_container_metric, metric_value
from .reach import Link, Reached, first_move, later_reach, quantile, seconds, start_reach


class Canvas:
    """Reach sets of every node for every container, and the numbers read from them."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.nodes: dict[str, Any] = {node["id"]: node for node in asked.question["nodes"]}
        arrows = asked.question.get("arrows", [])
        self.arrows: dict[tuple[str, str], Any] = {(one["source"], one["target"]): one for one in arrows}
        self.metric: Metric = asked.question.get("metric") or container_metric(asked)
        self.tests = {name: asked.test(node["where"]) for name, node in self.nodes.items()}
        self.matches: dict[tuple[str, str], list[int]] = {}
        self.reached: dict[tuple[str, str], Reached] = {}
        self.moved: dict[tuple[str, str], dict[str, float]] = {ends: {} for ends in self.arrows}
        self.order = self._order()
        for journey in asked.journeys:
            self._walk(journey)
        self.excluded = {name for name, node in self.nodes.items() if node.get("exclude")}
        self.left_out = set[str]()
        for node in self.excluded:
            self.left_out |= self._came(node)

    def sources(self, node: str) -> list[str]:
        """Direct predecessors."""
        return [source for source, target in self.arrows if target == node]

    def targets(self, node: str) -> list[str]:
        """Direct successors."""
        return [target for source, target in self.arrows if source == node]

    def _order(self) -> list[str]:
        order: list[str] = []
        while len(order) < len(self.nodes):
            ready = [n for n in self.nodes if n not in order and set(self.sources(n)) <= set(order)]
            if not ready:
                raise ValueError("the arrows of a canvas must not form a cycle")
            order += ready
        return order

    def _walk(self, journey: Journey) -> None:
        events, name, follow = journey.events, journey.container, self.asked.follow
        for node in self.order:
            found = self.matches[node, name] = journey.matches(self.tests[node])
            incoming = [
                (Link.of(self.arrows[source, node]), self.reached[source, name])
                for source in self.sources(node)
            ]
            self.reached[node, name] = (
                later_reach(events, found, incoming, follow)
                if incoming
                else start_reach(found, journey.permitted)
            )
        for (source, target), arrow in self.arrows.items():
            move = first_move(
                events, self.reached[source, name], self.matches[target, name], Link.of(arrow), follow
            )
            if move is not None:
                self.moved[source, target][name] = seconds(events, *move)

    def _came(self, node: str) -> set[str]:
        """Containers with a non-empty reach set."""
        return {j.container for j in self.asked.journeys if self.reached[node, j.container]}

    def out_of(self, at: str) -> set[str]:
        """Containers that a number of the node `at` leaves out; of an excluded node, none."""
        return set() if at in self.excluded else self.left_out

    def qualified(self, node: str, at: str | None = None) -> set[str]:
        """Containers that came to a node, for a number of the node `at` (default: the same)."""
        return self._came(node) - self.out_of(at or node)

    def movers(self, source: str, target: str) -> dict[str, float]:
        """Containers that count as moved along an arrow, with their times."""
        gone = self.out_of(target)
        return {name: time for name, time in self.moved[source, target].items() if name not in gone}

    def fallen(self, node: str) -> set[str] | None:
        """Qualified containers that go along none of the outgoing arrows; None for end and excluded nodes."""
        targets = self.targets(node)
        if not targets or node in self.excluded:
            return None
        return self.qualified(node) - set().union(*(self.moved[node, target].keys() for target in targets))

    def arrivals(self, node: str) -> dict[str, Event]:
        """The earliest event of every container's reach set."""
        return {
            journey.container: journey.events[min(reached)]
            for journey in self.asked.journeys
            if (reached := self.reached[node, journey.container])
        }

    def pairs(self, node: str, at: str) -> list[Pair]:
        """The events a node's metric is taken over, for a number of the node `at`."""
        on_path = self.asked.question.get("counting", "all_matching") == "on_path"
        found: list[Pair] = []
        for journey in self.asked.journeys:
            reached = self.reached[node, journey.container]
            if reached and journey.container not in self.out_of(at):
                first = min(reached) if on_path else 0
                places = [p for p in self.matches[node, journey.container] if p >= first]
                found += [(journey.container, journey.events[p]) for p in places]
        return found

    def value(self, metric: Metric, nodes: Iterable[str], at: str) -> Any:
        """The metric over the union of some nodes, for a number of the node `at`."""
        if is_container_metric(self.asked, metric):
            return len(set().union(*(self.qualified(node, at) for node in nodes)))
        return metric_value(self.asked, metric, [pair for node in nodes for pair in self.pairs(node, at)])

    def starts(self, node: str) -> set[str]:
        """The start nodes that lead to a node; a start node leads to itself."""
        sources = self.sources(node)
        return set().union(*(self.starts(source) for source in sources)) if sources else {node}

    def base(self, metric: Metric, node: str) -> Any:
        """What a node's percentage refers to."""
        percent_of = self.asked.question.get("percent_of", "start")
        if percent_of == "start":
            return self.value(metric, self.starts(node), node)
        if percent_of == "previous":
            return self.value(metric, self.sources(node) or [node], node)
        everything = [
            (journey.container, event)
            for journey in self.asked.journeys
            for event in journey.events
            if self.asked.may_start(event) and journey.container not in self.out_of(node)
        ]
        return metric_value(self.asked, metric, everything)


def journey_canvas(asked: Asked) -> Answer:
    """Tables `nodes` and `arrows`, in the order of the question."""
    canvas, answer = Canvas(asked), Answer({"nodes": [], "arrows": []}, {"nodes": [], "arrows": []})
    for node in canvas.nodes:
        _add_node(canvas, answer, node)
    for source, target in canvas.moved:
        times, base = canvas.movers(source, target), canvas.qualified(source, target)
        row = {
            "segment": "All",
            "source": source,
            "target": target,
            "value": len(times),
            "percent": percent(len(times), len(base)),
            "median_seconds": quantile(list(times.values()), 0.5),
            "p25_seconds": quantile(list(times.values()), 0.25),
            "p75_seconds": quantile(list(times.values()), 0.75),
        }
        answer.add("arrows", row, value=set(times))
        answer.shares.setdefault("arrows", []).append((len(times), len(base)))
    return answer


def _add_node(canvas: Canvas, answer: Answer, node: str) -> None:
    second = canvas.asked.question.get("secondary_metric")
    value, base = canvas.value(canvas.metric, [node], node), canvas.base(canvas.metric, node)
    second_value = canvas.value(second, [node], node) if second else None
    qualified, fallen = canvas.qualified(node), canvas.fallen(node)
    parts = (
        split(canvas.asked, fallen, canvas.arrivals(node))
        if canvas.asked.question.get("fallout_split")
        else {}
    )
    row = {
        "segment": "All",
        "id": node,
        "label": canvas.nodes[node].get("label") or node,
        "value": value,
        "percent": percent(value, base),
        "percent_base": base,
        "secondary_value": second_value,
        "secondary_percent": percent(second_value, canvas.base(second, node)) if second else None,
        "fallout": None if fallen is None else len(fallen),
        "fallout_percent": None if fallen is None else percent(len(fallen), len(qualified)),
        **{name: None if found is None else len(found) for name, found in parts.items()},
    }
    opens = is_container_metric(canvas.asked, canvas.metric)
    second_opens = second is not None and is_container_metric(canvas.asked, second)
    answer.add(
        "nodes",
        row,
        value=qualified if opens else None,
        secondary_value=qualified if second_opens else None,
        fallout=fallen,
        **parts,
    )
    answer.shares.setdefault("nodes", []).append((value, base) if opens else None)
