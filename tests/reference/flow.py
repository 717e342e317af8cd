"""Flow: the items that follow or precede an anchor, column by column."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .asked import Answer, Asked, Journey, percent
from .company import Event
from .conditions import Test
from .fields import field_value
from .flow_options import DeclaredOrder, Item, passes
from .periods import duration
from .reach import quantile

OTHER: Item = ("other", "Other")
EXIT: Item = ("exit", "Exit")
ENDS = ("exit", "entry")


@dataclass(frozen=True)
class Element:
    """An event with an item, at its place in the history."""

    place: int
    item: Item
    event: Event

    @property
    def time(self) -> datetime:
        moment: datetime = self.event["occurred_at"]
        return moment


Stop = tuple[Item, datetime | None]
"""What a path shows in a column, and when; an end has no time."""


@dataclass(frozen=True)
class Path:
    """What one path shows, by column."""

    container: str
    stops: dict[int, Stop]
    converted: bool = False
    """Whether the goal comes after the anchor."""

    @property
    def shown(self) -> dict[int, Item]:
        """What it shows in every column."""
        return {column: item for column, (item, _) in self.stops.items()}


class Flow:
    """Settings of one flow question."""

    def __init__(self, asked: Asked) -> None:
        question = asked.question
        self.asked = asked
        self.form = next(form for form in ("starts_with", "contains", "ends_with") if form in question)
        self.anchor: Test = asked.test(question[self.form])
        label = question.get("anchor_label") or json.dumps(question[self.form])
        self.anchor_item: Item = ("anchor", label)
        listed = question.get("dimension", "event_type")
        items = question.get("items", 5)
        lists = [one for one in (listed, items) if not isinstance(one, str | int)]
        self.columns = int(question.get("columns", len(lists[0]) if lists else 5))
        self.items: dict[int, int] = self._by_column(items)
        self.dimension: dict[int, str] = self._by_column(listed)
        self.repeats = bool(question.get("repeats", False))
        self.occurrence = question.get("occurrence", "all")
        self.excluded = set(question.get("exclude", ()))
        among = question.get("among")
        self.among: Test | None = asked.test(among) if among else None
        self.within = duration(question["within"]) if question.get("within") else None
        self.goal: Test | None = asked.test(question["goal"]) if question.get("goal") else None
        self.order = DeclaredOrder(asked.company, question[self.form])

    def _by_column(self, listed: Any) -> dict[int, Any]:
        """The dimension, or the number of items, of every column, both sides."""
        outward = range(1, self.columns + 1)
        if isinstance(listed, str | int):
            return {side * k: listed for k in outward for side in (1, -1)}
        if len(listed) == self.columns:
            return {side * k: listed[k - 1] for k in outward for side in (1, -1)}
        columns = [*range(-self.columns, 0), *outward]
        return dict(zip(columns, listed, strict=True))

    @property
    def sides(self) -> tuple[int, ...]:
        """Which way the columns lie from the anchor."""
        return {"starts_with": (1,), "contains": (-1, 1), "ends_with": (-1,)}[self.form]

    def elements(self, container: str, events: list[Event], dimension: str) -> list[Element]:
        """The events of a history that are the anchor or have an item of a dimension."""
        found = []
        for place, event in enumerate(events):
            item = self._item(container, event, dimension)
            if item is not None:
                found.append(Element(place, item, event))
        return found

    def _item(self, container: str, event: Event, dimension: str) -> Item | None:
        if self.anchor(container, event):
            return self.anchor_item
        value = field_value(self.asked.company, event, dimension, self.asked.kind)
        if self.among is not None and not self.among(container, event):
            return None
        return None if value is None or value in self.excluded else ("item", str(value))

    def _run(self, elements: list[Element]) -> list[Element]:
        """The elements of the run that a list of elements begins with."""
        if self.repeats:
            return elements[:1]
        run: list[Element] = []
        for element in elements:
            if element.item != elements[0].item:
                break
            run.append(element)
        return run

    def _anchors(self, container: str, events: list[Event]) -> list[list[Element]]:
        """The runs of anchors; what lies between two is judged by the dimension of the nearest column."""
        rest = self.elements(container, events, self.dimension[self.sides[-1]])
        found = []
        while rest:
            run = self._run(rest)
            rest = rest[len(run) :]
            if run[0].item == self.anchor_item:
                found.append(run)
        return found

    def _stand(self, run: list[Element]) -> Element:
        """The element at which a run, given in the order of time, stands."""
        return run[0] if self.form == "ends_with" else run[-1]

    def paths(self, journey: Journey) -> list[Path]:
        """One path per anchor that is a permitted start."""
        allowed = zip(journey.events, journey.permitted, strict=True)
        permitted = {event["row"] for event, may_start in allowed if may_start}
        wanted = permitted & self._occurrences(journey)
        runs = self._anchors(journey.container, journey.events)
        begins = [run for run in runs if self._stand(run).event["row"] in wanted]
        names = set(self.dimension.values()) if begins else set()
        elements = {name: self.elements(journey.container, journey.events, name) for name in names}
        found = [self._path(journey, run, elements) for run in begins]
        return [path for path in found if passes(path.shown, self.asked.question.get("through", ()))]

    def _occurrences(self, journey: Journey) -> set[int]:
        """Rows of the anchors that count: all, or the first or last of the history before the date range."""
        if self.occurrence == "all":
            return {event["row"] for event in journey.whole}
        runs = self._anchors(journey.container, journey.whole)
        rows = [self._stand(run).event["row"] for run in runs]
        return set(rows[:1] if self.occurrence == "first" else rows[-1:])

    def _converts(self, journey: Journey, anchor: Element) -> bool:
        """Whether an event after the anchor's meets the goal, no later than `follow` says."""
        later = [event for event in journey.events[anchor.place + 1 :] if self._in_time(event, anchor)]
        return any(self.goal(journey.container, event) for event in later) if self.goal else False

    def _in_time(self, event: Event, anchor: Element) -> bool:
        return self.asked.follow is None or event["occurred_at"] - anchor.time <= self.asked.follow

    def _path(self, journey: Journey, anchors: list[Element], of: dict[str, list[Element]]) -> Path:
        container, began = journey.container, self._stand(anchors).time
        stops: dict[int, Stop] = {0: (self.anchor_item, began)}
        for side in self.sides:
            run = anchors
            for column in range(side, side * self.columns + side, side):
                elements = of[self.dimension[column]]
                if side > 0:
                    run = self._run([element for element in elements if element.place > run[-1].place])
                else:
                    before = [element for element in elements if element.place < run[0].place]
                    run = self._run(before[::-1])[::-1]
                if not run or self._too_far(abs(self._stand(run).time - began), side):
                    stops[column] = (EXIT if side > 0 else self._entry(container), None)
                    break
                stops[column] = (run[0].item, self._stand(run).time)
        return Path(container, dict(sorted(stops.items())), self._converts(journey, self._stand(anchors)))

    def _too_far(self, gap: timedelta, side: int) -> bool:
        cut_by_follow = side > 0 and self.asked.follow is not None and gap > self.asked.follow
        return cut_by_follow or (self.within is not None and gap > self.within)

    def _entry(self, container: str) -> Item:
        """`Before data` for opportunities and leads that were created before the first event of all data."""
        table = {"opportunity": "opportunities", "lead": "leads"}.get(self.asked.kind)
        record = self.asked.company.records[table].get(container) if table else None
        created = record.get("created_at") if record else None
        cut = created is not None and created < self.asked.company.data_start
        return "entry", "Before data" if cut else "Entry"


def flow(asked: Asked) -> Answer:
    """Tables `nodes` and `links`, which run in time, and where asked the whole paths."""
    question = Flow(asked)
    paths = [path for journey in asked.journeys for path in question.paths(journey)]
    kept = {
        column: _kept(paths, column, question.items.get(column, 1))
        for column in range(-question.columns, question.columns + 1)
    }
    nodes: dict[tuple[int, Item], list[tuple[str, float | None]]] = defaultdict(list)
    links: dict[tuple[int, Item, Item], list[tuple[str, float | None]]] = defaultdict(list)
    for path in paths:
        folded = {
            column: (item if item in kept[column] else OTHER, time)
            for column, (item, time) in path.stops.items()
        }
        for column, (item, time) in folded.items():
            nearer = folded[column - (column > 0) + (column < 0)][1]
            nodes[column, item].append((path.container, _gap(nearer, time) if column else None))
        for (column, (source, began)), (_, (target, ended)) in pairwise(folded.items()):
            links[column, source, target].append((path.container, _gap(began, ended)))
    answer = _tables(nodes, links, times=bool(asked.question.get("times")))
    if asked.question.get("declared_order"):
        _declared_order(answer, paths, question.order)
    if asked.question.get("paths"):
        _whole_paths(answer, paths, question)
    return answer


def _gap(one: datetime | None, other: datetime | None) -> float | None:
    return None if one is None or other is None else abs((other - one).total_seconds())


def _kept(paths: list[Path], column: int, items: int) -> set[Item]:
    """The items of a column with most paths, ties by name with the anchor first; ends are always kept."""
    counts: dict[Item, int] = defaultdict(int)
    for path in paths:
        if column in path.stops:
            counts[path.stops[column][0]] += 1
    ends = {item for item in counts if item[0] in ENDS}
    ranked = sorted(counts.keys() - ends, key=lambda item: (-counts[item], item[0] != "anchor", item[1]))
    return ends | set(ranked[:items] if column else ranked)


def _tables(
    nodes: dict[tuple[int, Item], list[tuple[str, float | None]]],
    links: dict[tuple[int, Item, Item], list[tuple[str, float | None]]],
    *,
    times: bool,
) -> Answer:
    answer = Answer({"nodes": [], "links": []}, {"nodes": [], "links": []})
    for (column, item), passed in sorted(nodes.items()):
        row = {"column": column, "kind": item[0], "item": item[1]}
        answer.add("nodes", row | _counts(passed, times), containers={name for name, _ in passed})
    for (column, source, target), passed in sorted(links.items()):
        ends = {"source_kind": source[0], "source": source[1], "target_kind": target[0], "target": target[1]}
        row = {"column": column} | ends | _counts(passed, times)
        answer.add("links", row, containers={name for name, _ in passed})
    return answer


def _counts(passed: list[tuple[str, float | None]], times: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"paths": len(passed), "containers": len({name for name, _ in passed})}
    gaps = [gap for _, gap in passed if gap is not None]
    return row | ({"median_seconds": quantile(gaps, 0.5)} if times else {})


def _declared_order(answer: Answer, paths: list[Path], order: DeclaredOrder) -> None:
    """Column `order` of the links, and table `order`: who takes a step back, who a step that skips."""
    for row in answer.tables["links"]:
        row["order"] = order.step((row["source_kind"], row["source"]), (row["target_kind"], row["target"]))
    everyone = {path.container for path in paths}
    for kind in ("back", "skip"):
        found = [
            path
            for path in paths
            if any(order.step(one, other) == kind for one, other in pairwise(path.shown.values()))
        ]
        people = {path.container for path in found}
        row = {"kind": kind, "paths": len(found), "containers": len(people)}
        row |= {"percent": percent(len(people), len(everyone)), "percent_base": len(everyone)}
        answer.add("order", row, containers=people)


def _whole_paths(answer: Answer, paths: list[Path], question: Flow) -> None:
    """Table `paths`, the most frequent first, and `exits`, those that most containers leave after."""
    found: dict[tuple[int, tuple[str, ...], tuple[str, ...]], list[Path]] = defaultdict(list)
    for path in paths:
        items = [item for item, _ in path.stops.values()]
        names, kinds = tuple(name for _, name in items), tuple(kind for kind, _ in items)
        found[min(path.stops), names, kinds].append(path)
    ranked = sorted(found, key=lambda key: (-len(found[key]), *key))
    number = int(question.asked.question["paths"])
    tables = {"paths": ranked[:number]}
    if question.form != "ends_with":
        left = [key for key in found if key[2][-1] == "exit"]
        left.sort(key=lambda key: (-len({path.container for path in found[key]}), -len(found[key]), *key))
        tables["exits"] = left[:number]
    for table, keys in tables.items():
        answer.tables[table], answer.people[table] = [], []
        for first, names, kinds in keys:
            same = found[first, names, kinds]
            people = {path.container for path in same}
            row = {
                "first_column": first,
                "path": " → ".join(name.replace("→", "\\→") for name in names),
                "kinds": " ".join(kinds),
                "paths": len(same),
                "containers": len(people),
                "percent": percent(len(same), len(paths)),
                "percent_base": len(paths),
                "median_seconds": quantile([_span(path) for path in same], 0.5),
            }
            converted = {path.container for path in same if path.converted} if question.goal else None
            if converted is not None:
                row["converted"] = len(converted)
                row["converted_percent"] = percent(len(converted), len(people))
            answer.add(table, row, containers=people, converted=converted)


def _span(path: Path) -> float:
    """Seconds from a path's first element to its last."""
    times = [time for _, time in path.stops.values() if time is not None]
    return (times[-1] - times[0]).total_seconds()
