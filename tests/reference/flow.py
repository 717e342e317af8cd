"""Flow: the items that follow or precede an anchor, column by column."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from .asked import Answer, Asked, Journey
from .company import Event
from .conditions import Test
from .fields import field_value
from .periods import duration

Item = tuple[str, str]
"""Kind (`anchor`, `item`, `other`, `exit`, `entry`) and name."""

OTHER: Item = ("other", "Other")
EXIT: Item = ("exit", "Exit")


@dataclass(frozen=True)
class Run:
    """Consecutive elements with one item; `event` is where the run stands."""

    item: Item
    event: Event


@dataclass(frozen=True)
class Path:
    """Items from the anchor outwards, column 0 first."""

    container: str
    items: list[Item]


class Flow:
    """Settings of one flow question."""

    def __init__(self, asked: Asked) -> None:
        question = asked.question
        self.asked = asked
        self.forward = "starts_with" in question
        anchor = question["starts_with" if self.forward else "ends_with"]
        self.anchor: Test = asked.test(anchor)
        self.anchor_item: Item = ("anchor", question.get("anchor_label") or json.dumps(anchor))
        self.dimension = str(question["dimension"])
        self.columns, self.items = int(question.get("columns", 5)), int(question.get("items", 5))
        self.repeats = bool(question.get("repeats", False))
        self.occurrence = question.get("occurrence", "all")
        self.within = duration(question["within"]) if question.get("within") else None

    def runs(self, container: str, events: list[Event]) -> list[Run]:
        """The elements of a history in order, equal neighbours joined unless repeats count."""
        runs: list[Run] = []
        for event in events:
            item = self._item(container, event)
            if item is None:
                continue
            if self.repeats or not runs or runs[-1].item != item:
                runs.append(Run(item, event))
            elif self.forward:
                runs[-1] = Run(item, event)
        return runs

    def _item(self, container: str, event: Event) -> Item | None:
        if self.anchor(container, event):
            return self.anchor_item
        value = field_value(self.asked.company, event, self.dimension, self.asked.kind)
        return None if value is None else ("item", str(value))

    def paths(self, journey: Journey) -> list[Path]:
        """One path per anchor that is a permitted start."""
        runs = self.runs(journey.container, journey.events)
        allowed = zip(journey.events, journey.permitted, strict=True)
        permitted = {event["row"] for event, may_start in allowed if may_start}
        wanted = permitted & self._occurrences(journey)
        begins = [at for at, run in enumerate(runs) if run.item[0] == "anchor" and run.event["row"] in wanted]
        return [Path(journey.container, self._path(journey.container, runs, at)) for at in begins]

    def _occurrences(self, journey: Journey) -> set[int]:
        """Rows of the anchors that count: all, or the first or last of the history before the date range."""
        whole = self.runs(journey.container, journey.whole)
        rows = [run.event["row"] for run in whole if run.item[0] == "anchor"]
        if self.occurrence == "all":
            return {event["row"] for event in journey.whole}
        return set(rows[:1] if self.occurrence == "first" else rows[-1:])

    def _path(self, container: str, runs: list[Run], at: int) -> list[Item]:
        items = [self.anchor_item]
        for k in range(1, self.columns + 1):
            place = at + k if self.forward else at - k
            if not 0 <= place < len(runs) or self._too_far(runs[at], runs[place]):
                return [*items, EXIT if self.forward else self._entry(container)]
            items.append(runs[place].item)
        return items

    def _too_far(self, anchor: Run, other: Run) -> bool:
        gap: timedelta = abs(other.event["occurred_at"] - anchor.event["occurred_at"])
        cut_by_follow = self.forward and self.asked.follow is not None and gap > self.asked.follow
        return cut_by_follow or (self.within is not None and gap > self.within)

    def _entry(self, container: str) -> Item:
        """`Before data` for opportunities and leads that were created before the first event of all data."""
        table = {"opportunity": "opportunities", "lead": "leads"}.get(self.asked.kind)
        record = self.asked.company.records[table].get(container) if table else None
        created = record.get("created_at") if record else None
        cut = created is not None and created < self.asked.company.data_start
        return "entry", "Before data" if cut else "Entry"


def flow(asked: Asked) -> Answer:
    """Tables `nodes` and `links`; links run in time."""
    question = Flow(asked)
    paths = [path for journey in asked.journeys for path in question.paths(journey)]
    kept = [_kept(paths, k, question.items) for k in range(question.columns + 1)]
    nodes: dict[tuple[int, Item], list[str]] = defaultdict(list)
    links: dict[tuple[int, Item, Item], list[str]] = defaultdict(list)
    side = 1 if question.forward else -1
    for path in paths:
        items = [item if item in kept[k] else OTHER for k, item in enumerate(path.items)]
        for k, item in enumerate(items):
            nodes[k * side, item].append(path.container)
        for k, (near, far) in enumerate(pairwise(items)):
            key = (k, near, far) if question.forward else (-k - 1, far, near)
            links[key].append(path.container)
    return _tables(nodes, links)


def _kept(paths: list[Path], column: int, items: int) -> set[Item]:
    """The items of a column with most paths, ties by name with the anchor first; ends are always kept."""
    counts: dict[Item, int] = defaultdict(int)
    for path in paths:
        if column < len(path.items):
            counts[path.items[column]] += 1
    ends = {item for item in counts if item[0] in ("exit", "entry")}
    ranked = sorted(counts.keys() - ends, key=lambda item: (-counts[item], item[0] != "anchor", item[1]))
    return ends | set(ranked[:items] if column else ranked)


def _tables(
    nodes: dict[tuple[int, Item], list[str]], links: dict[tuple[int, Item, Item], list[str]]
) -> Answer:
    answer = Answer({"nodes": [], "links": []}, {"nodes": [], "links": []})
    for (column, item), people in sorted(nodes.items()):
        row = {"column": column, "kind": item[0], "item": item[1]}
        answer.add("nodes", row | _counts(people), containers=set(people))
    for (column, source, target), people in sorted(links.items()):
        ends = {"source_kind": source[0], "source": source[1], "target_kind": target[0], "target": target[1]}
        answer.add("links", {"column": column} | ends | _counts(people), containers=set(people))
    return answer


def _counts(people: list[str]) -> dict[str, int]:
    return {"paths": len(people), "containers": len(set(people))}
