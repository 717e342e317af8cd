"""Random pieces of conditions: records and lists behind containers, counted values, groups, nesting."""

from __future__ import annotations

import random
from typing import Any

Condition = dict[str, Any]

LIST = "mixed"
"""Name of the stored list that a random company has: ids of every kind of container."""
RELATED: dict[str, tuple[str, ...]] = {
    "account": ("subsidiaries", "persons", "account_persons", "opportunities", "buying_groups", "leads"),
    "global_account": ("accounts",),
    "opportunity": ("buying_groups", "leads"),
    "buying_group": ("buying_group_members",),
    "person": ("account_persons", "buying_group_members", "leads", "opportunities"),
}
"""Container -> what belongs to it."""
TABLE = {"subsidiaries": "accounts"}
TESTS: dict[str, list[tuple[str, str, Any]]] = {
    "accounts": [
        ("industry", "equals", "Software"),
        ("employees", ">=", 50),
        ("parent.industry", "not_equals", "Media"),
        ("owner.team", "equals", "North"),
        ("global_account.country", "exists", None),
    ],
    "persons": [("job_title", "contains", "Sales"), ("account.industry", "in", ["Software", "Retail"])],
    "account_persons": [("role", "equals", "Influencer"), ("person.account.country", "equals", "DE")],
    "opportunities": [
        ("amount", ">", 2000),
        ("outcome", "equals", "won"),
        ("created_at", "in_last", "200d"),
        ("closed_at", ">=", "2024-05-01"),
        ("account.owner.team", "equals", "South"),
        ("stage", "not_exists", None),
    ],
    "buying_groups": [("name", "starts_with", "Core"), ("opportunity.amount", "between", [500, 3000])],
    "buying_group_members": [
        ("role", "not_equals", "Champion"),
        ("buying_group.opportunity.outcome", "equals", "open"),
        ("person.job_title", "exists", None),
    ],
    "leads": [("status", "equals", "Converted"), ("opportunity.account.industry", "exists", None)],
}
ONWARD: dict[str, tuple[str, ...]] = {
    "accounts": ("account", "global_account"),
    "persons": ("person", "account"),
    "account_persons": ("account", "person"),
    "opportunities": ("opportunity", "account"),
    "buying_groups": ("buying_group", "account", "opportunity"),
    "buying_group_members": ("buying_group", "person"),
    "leads": ("person", "account", "opportunity"),
}
"""Table -> containers its records name."""
PATHS: list[tuple[str, str, Any]] = [
    ("person.account.industry", "equals", "Software"),
    ("person.account.owner.team", "equals", "North"),
    ("opportunity.account.country", "exists", None),
    ("opportunity.owner.name", "in", ["User 1", "User 2"]),
    ("account.parent.industry", "not_equals", "Retail"),
    ("account.global_account.employees", ">", 20),
    ("lead.opportunity.amount", ">", 500),
    ("lead.person.job_title", "not_exists", None),
    ("buying_group.opportunity.account.country", "equals", "DE"),
    ("buying_group.product.name", "matches", "Product*"),
]
"""Tests of fields more than one record away."""


def related(rng: random.Random, of: str, depth: int = 1) -> Condition:
    """Containers by their records; `of` has some."""
    name = rng.choice(RELATED[of])
    table = TABLE.get(name, name)
    form: Condition = (
        {"related": name} if of == "account" and rng.random() < 0.5 else {"related": name, "of": of}
    )
    if rng.random() < 0.75:
        form["where"] = record_condition(rng, table, depth)
    if rng.random() < 0.6:
        choices = [(">=", 2), ("equals", 0), ("<", 2), ("not_equals", 1), ("between", [0, 1]), (">", 1)]
        form["op"], form["value"] = rng.choice(choices)
    money = {"opportunities": "amount", "accounts": "employees", "buying_groups": "opportunity.amount"}
    if table in money and rng.random() < 0.3:
        form |= {
            "sum": money[table],
            "op": rng.choice([">", "<=", ">="]),
            "value": rng.choice([0, 990.1, 3000]),
        }
    return form


def record_condition(rng: random.Random, table: str, depth: int) -> Condition:
    """What one record satisfies."""
    draw = rng.random()
    if depth and draw < 0.2:
        ways = [one for one in ONWARD[table] if one in RELATED]
        return related(rng, rng.choice(ways), depth - 1) if ways else record_condition(rng, table, 0)
    if depth and draw < 0.45:
        parts = [record_condition(rng, table, depth - 1) for _ in range(2)]
        return {rng.choice(["all", "any"]): parts}
    field, op, value = rng.choice(TESTS[table])
    test = {"field": field, "op": op} | ({} if value is None else {"value": value})
    return {"not": test} if draw > 0.85 else test


def counted(rng: random.Random) -> Condition:
    """What else than events a `count` counts, with its comparison."""
    if rng.random() < 0.5:
        field = rng.choice(
            ["person_id", "channel", "person.job_title", "campaign_id", "person.account.industry"]
        )
        return {"distinct": field} | rng.choice([{}, {"op": ">=", "value": 2}, {"op": "<", "value": 2}])
    field = rng.choice(["amount", "opportunity.amount", "account.employees"])
    choices = [(">", 500), ("<=", 990.1), ("between", [0, 2000]), ("equals", 0)]
    op, value = rng.choice(choices)
    return {"sum": field, "op": op, "value": value}


def group(rng: random.Random, event_types: list[Condition]) -> Condition:
    """Conditions of a step that may come in any order."""
    return {"any_order": event_types} | ({"within": "90d"} if rng.random() < 0.4 else {})


def as_of(rng: random.Random, condition: Condition) -> Condition:
    """The condition on an earlier day."""
    return {"as_of": rng.choice(["2024-01-31", "2024-03-31", "2024-06-30", "2024-10-27"]), "where": condition}


class Nested:
    """Draws conditions of all kinds, nested to a depth; `maker` draws the plain ones."""

    def __init__(self, rng: random.Random, maker: Any) -> None:
        self.rng, self.maker = rng, maker

    def condition(self, kind: str, depth: int, *, then: bool = False) -> Condition:
        """A condition in which no part lies deeper; `then`: within `as_of`, where no question fits."""
        maker, draw = self.maker(self.rng, kind, None), self.rng.random()
        if not depth:
            return self._plain(maker, draw)
        if draw < 0.15:
            return {"not": self.condition(kind, depth - 1, then=then)}
        if draw < 0.4:
            parts = [self.condition(kind, depth - 1, then=then) for _ in range(self.rng.choice([2, 2, 3]))]
            return {self.rng.choice(["all", "any"]): parts}
        if draw < 0.47:
            return as_of(self.rng, self.condition(kind, depth - 1, then=True))
        if draw < 0.5 and not then:
            return maker.members_of()  # type: ignore[no-any-return]
        return self._form(self.rng.choice([kind, kind, "account", "person", "opportunity"]), depth - 1, then)

    def _plain(self, maker: Any, draw: float) -> Condition:
        if draw < 0.25:
            field, op, value = self.rng.choice(PATHS)
            return {"field": field, "op": op} | ({} if value is None else {"value": value})
        return maker.event_type() if draw < 0.5 else maker.simple()  # type: ignore[no-any-return]

    def _form(self, kind: str, depth: int, then: bool) -> Condition:
        draw = self.rng.random()
        if draw < 0.25:
            return {"container": kind, "where": self.condition(kind, depth, then=then)}
        if draw < 0.5:
            count = {"count": self.condition(kind, depth, then=then), "container": kind}
            plain = self.maker(self.rng, kind, None).comparison()
            return count | (counted(self.rng) if self.rng.random() < 0.5 else plain)
        if draw < 0.65 and kind in RELATED:
            return related(self.rng, kind, min(depth, 2))
        if draw < 0.7:
            return {"listed": LIST, "container": kind}
        return self._sequence(kind, depth, then)

    def _sequence(self, kind: str, depth: int, then: bool) -> Condition:
        sequence: Condition = self.maker(self.rng, kind, None).sequence()
        steps = [
            step | {"where": self.condition(kind, depth - 1, then=then)}
            if depth and "where" in step and self.rng.random() < 0.3
            else step
            for step in sequence["sequence"]
        ]
        return sequence | {"sequence": steps}
