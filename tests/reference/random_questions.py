"""Seeded random questions that cover the language, small enough that answers are rarely empty."""

from __future__ import annotations

import random
from typing import Any

from .random_conditions import LIST, PATHS, RELATED, Nested, as_of, counted, group, related

Question = dict[str, Any]
Condition = dict[str, Any]

CONTAINERS = (
    "account",
    "account",
    "account",
    "person",
    "opportunity",
    "opportunity",
    "global_account",
    "buying_group",
    "lead",
    "session",
)
MEMBER_KINDS = ("opportunity", "buying_group", "lead")
PLAIN_KINDS = ("account", "global_account", "person", "session")
PLURALS = ("accounts", "global_accounts", "opportunities", "buying_groups", "leads", "persons", "sessions")
OWN_PLURAL = {
    "global_account": "global_accounts",
    "account": "accounts",
    "opportunity": "opportunities",
    "buying_group": "buying_groups",
    "lead": "leads",
    "person": "persons",
    "session": "sessions",
}
TYPES = (
    "Page Viewed",
    "Email Opened",
    "Form Submitted",
    "Webinar Attended",
    "MQL Qualified",
    "Opportunity Created",
    "Closed-Won",
    "Closed-Lost",
)
DIMENSIONS = (
    "event_type",
    "event_type",
    "event_type",
    "channel",
    "content_type",
    "content.topic",
    "campaign_id",
    "stage",
    "person.job_title",
    "person.role",
    "account.industry",
)
COUNTABLE = ("person.do_not_email", "account.employees", "person_id", "account.name", "account.country")
GRANULARITIES = ("month", "month", "quarter", "year", "fiscal_quarter", "week", "day")
DAYS = (
    "2023-12-01",
    "2024-01-01",
    "2024-03-10",
    "2024-03-31",
    "2024-05-01",
    "2024-07-01",
    "2024-10-27",
    "2024-11-03",
)
TIMES = ("2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-05-01T00:00:00", "2024-07-01T12:00:00+02:00")
SHORT = ("30m", "12h", "1d", "7d", "2w")
LONG = ("30d", "60d", "90d", "200d")


def opens_exactly(question: Question) -> bool:
    """Whether lists are as long as the numbers they open from.

    Items of a dimension count memberships: a container once for each period in which it joined.
    """
    return "dimension" not in question or question.get("membership") == "first" or "inclusion" not in question


def random_questions(seed: int, n: int) -> list[Question]:
    """`n` valid questions, the analyses in turn."""
    maker = QuestionMaker(random.Random(seed))
    makers = (
        maker.canvas,
        maker.fallout,
        maker.flow,
        maker.cohort_table,
        maker.breakdown,
        maker.paths,
        maker.lift,
        maker.time_to,
    )
    return [makers[number % len(makers)]() for number in range(n)]


class ConditionMaker:
    """Draws conditions for a kind of container and a history."""

    def __init__(self, rng: random.Random, kind: str, history: str | None) -> None:
        self.rng, self.kind, self.history = rng, kind, history

    def step(self) -> Condition:
        """A condition fit for a checkpoint: mostly one or two event types."""
        draw = self.rng.random()
        if draw < 0.55:
            return self.event_type()
        if draw < 0.65:
            return {"milestone": self.rng.choice(["mql", "opportunity_created", "won", "lost"])}
        if draw < 0.8:
            return {"all": [self.event_type(), self.simple()]}
        if draw < 0.9:
            return {"any": [self.event_type(), self.simple()]}
        return self.simple() if draw < 0.96 else {"all": [self.event_type(), self.form()]}

    def segment(self) -> Condition:
        """A condition fit for a segment: forms and combinations."""
        draw = self.rng.random()
        if draw < 0.6:
            return self.form()
        if draw < 0.65:
            inner = self.rng.choice([self.simple, self.step, self.sequence])()
            then = as_of(self.rng, inner)
            return inner if "members_of" in str(inner) else then  # a question has dates of its own
        if draw < 0.75:
            return self.simple()
        if draw < 0.85:
            return {"not": self.rng.choice([self.simple, self.form])()}
        parts = [self.simple(), self.form(), self.event_type()][: self.rng.randrange(2, 4)]
        return {self.rng.choice(["any", "all"]): parts}

    def event_type(self) -> Condition:
        """One to three event types."""
        count = self.rng.choice([1, 1, 1, 2, 2, 3])
        if count == 1:
            return _field("event_type", "equals", self.rng.choice(TYPES))
        return _field("event_type", "in", self.rng.sample(TYPES, count))

    def simple(self) -> Condition:
        """A test of one field, with any operator."""
        makers = [self._text, self._text, self._number, self._time, self._record, self.event_type]
        one = self.rng.choice(makers)()
        return {"not": one} if self.rng.random() < 0.15 else one

    def _text(self) -> Condition:
        values: dict[str, list[str]] = {
            "channel": ["Email", "Web", "Event"],
            "content_type": ["Paper", "Video", "Case"],
            "event_type": list(TYPES),
            "stage": ["Qualify", "Develop", "Close"],
            "campaign_id": ["C0", "C1", "C2", "C3"],
            "content.topic": ["Pricing", "Security"],
        }
        path, words = self.rng.choice(list(values.items()))
        value = self.rng.choice(words)
        choices: list[tuple[str, Any]] = [
            ("equals", value),
            ("not_equals", value),
            ("in", words[:2]),
            ("not_in", words[1:]),
            ("contains", value[1:3]),
            ("not_contains", value[1:3]),
            ("starts_with", value[:1]),
            ("ends_with", value[-1:]),
            ("matches", value[0] + "*" + value[-1]),
            ("matches", "*e*"),
            ("exists", None),
            ("not_exists", None),
        ]
        return _field(path, *self.rng.choice(choices))

    def _number(self) -> Condition:
        paths = ["amount", "account.employees", "opportunity.amount", "global_account.employees"]
        path = self.rng.choice(paths)
        low = self.rng.choice([50, 250, 1000, 2500])
        choices: list[tuple[str, Any]] = [
            (">", low),
            (">=", low),
            ("<", low),
            ("<=", low),
            ("between", [low, low * 3]),
            ("equals", low),
            ("not_equals", low),
            ("exists", None),
        ]
        return _field(path, *self.rng.choice(choices))

    def _time(self) -> Condition:
        path = self.rng.choice(["occurred_at", "occurred_at", "opportunity.created_at", "lead.converted_at"])
        draw = self.rng.random()
        if draw < 0.2:
            return _field(path, "in_last", self.rng.choice(["90d", "20w", "200d", "2000h", "1d"]))
        if draw < 0.4:
            return _field(path, "between", sorted(self.rng.sample(DAYS, 2)))
        value = self.rng.choice(DAYS if draw < 0.8 else TIMES)
        return _field(path, self.rng.choice([">", ">=", "<", "<=", "equals", "not_equals"]), value)

    def _record(self) -> Condition:
        choices: list[tuple[str, str, Any]] = [
            ("account.industry", "in", ["Software", "Media"]),
            ("account.industry", "not_equals", "Retail"),
            ("account.country", "equals", "DE"),
            ("global_account.industry", "equals", "Software"),
            ("global_account_id", "exists", None),
            ("person.job_title", "contains", "Sales"),
            ("person.do_not_email", "equals", True),
            ("person.role", "contains", "Champion"),
            ("person_id", "not_exists", None),
            ("opportunity.outcome", "in", ["won", "open"]),
            ("opportunity.stage", "not_in", ["Close"]),
            ("buying_group.name", "starts_with", "Core"),
            ("lead.status", "equals", "Converted"),
            ("campaign.channel", "equals", "Email"),
            ("marketing_event.format", "equals", "Webinar"),
            ("content.name", "matches", "Paper*1"),
            ("product.name", "ends_with", "1"),
            *PATHS,
        ]
        if self.kind != "opportunity" or self.history == "stamped":
            choices += [("owner.team", "equals", "North"), ("owner.name", "exists", None)]
        return _field(*self.rng.choice(choices))

    def form(self) -> Condition:
        """A container form; its inner conditions hold plain kinds of containers at most."""
        kind = self.rng.choice([self.kind, self.kind, "account", "person", "opportunity", "buying_group"])
        inner = ConditionMaker(self.rng, kind, self.history if kind == self.kind else None)
        draw = self.rng.random()
        if draw < 0.3:
            return {"container": kind, "where": inner.inner_where()}
        if draw < 0.55:
            what = counted(self.rng) if self.rng.random() < 0.4 else self.comparison()
            return {"count": inner.inner_where(), "container": kind} | what
        if draw < 0.65:
            return related(self.rng, kind) if kind in RELATED else {"listed": LIST, "container": kind}
        if draw < 0.9:
            return inner.sequence()
        return inner.members_of()

    def inner_where(self) -> Condition:
        """Mostly plain, at times with a form of a plain kind inside."""
        if self.rng.random() < 0.85:
            return self.rng.choice([self.event_type, self.event_type, self.simple])()
        kind = self.rng.choice(PLAIN_KINDS)
        return {"all": [self.event_type(), {"container": kind, "where": self.event_type()}]}

    def comparison(self) -> dict[str, Any]:
        """`op` and `value` of a count; at times neither."""
        choices: list[dict[str, Any]] = [
            {},
            {"op": ">=", "value": 2},
            {"op": ">", "value": 1},
            {"op": "equals", "value": 1},
            {"op": "equals", "value": 0},
            {"op": "not_equals", "value": 2},
            {"op": "<", "value": 3},
            {"op": "<=", "value": 2},
            {"op": "between", "value": [1, 2]},
        ]
        return self.rng.choice(choices)

    def sequence(self) -> Condition:
        """Two or three steps with limits, at times with excluded ones."""
        steps: list[dict[str, Any]] = [{"where": self.event_type()}]
        for _ in range(self.rng.randrange(1, 3)):
            any_order = [self.event_type() for _ in range(self.rng.choice([2, 2, 3]))]
            one = {"where": self.event_type()} | self.limits()
            steps.append(group(self.rng, any_order) if self.rng.random() < 0.25 else one)
        if self.rng.random() < 0.5:
            excluded = {"where": self.event_type(), "exclude": True}
            steps.insert(self.rng.randrange(len(steps) + 1), excluded)
        include = self.rng.choice(["everyone", "before", "after"])
        return {"sequence": steps, "container": self.kind, "include": include}

    def limits(self) -> dict[str, Any]:
        """What a step asks of the one before it; often nothing."""
        limits: dict[str, Any] = {}
        if self.rng.random() < 0.25:
            limits["within"] = self.rng.choice(LONG)
        if self.rng.random() < 0.12:
            limits["after"] = self.rng.choice(SHORT)
        draw = self.rng.random()
        if draw < 0.2:
            limits["same" if draw < 0.13 else "different"] = self.rng.choice(
                ["person", "opportunity", "buying_group"]
            )
        return limits

    def members_of(self) -> Condition:
        """The members behind a step of a fallout or a node of a canvas."""
        question: Question = {"container": self.kind}
        if self.kind in MEMBER_KINDS and self.history:
            question["history"] = self.history
        first, second = self.event_type(), self.event_type()
        if self.rng.random() < 0.5:
            question |= {"analysis": "fallout", "touchpoints": [{"where": first}, {"where": second}]}
            measure = self.rng.choice(["value", "fallout"])
            return _members_of(question, "touchpoints", {"step": 1}, measure)
        nodes = [{"id": "a", "where": first}, {"id": "b", "where": second}]
        question |= {"analysis": "journey_canvas", "nodes": nodes, "arrows": [{"source": "a", "target": "b"}]}
        return _members_of(question, "nodes", {"id": "b"}, "value")


def random_conditions(seed: int, n: int, depth: int = 4) -> list[tuple[str, Condition]]:
    """`n` containers and conditions on them, nested to a depth."""
    rng = random.Random(seed)
    nested = Nested(rng, ConditionMaker)
    kinds = [rng.choice(CONTAINERS) for _ in range(n)]
    return [(kind, nested.condition(kind, rng.randrange(depth + 1))) for kind in kinds]


class QuestionMaker:
    """Draws whole questions."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def _common(self, analysis: str) -> tuple[Question, ConditionMaker]:
        kind = self.rng.choice(CONTAINERS)
        question: Question = {"analysis": analysis, "container": kind}
        if kind in MEMBER_KINDS and self.rng.random() < 0.6:
            question["history"] = self.rng.choice(["members", "stamped"])
        conditions = ConditionMaker(self.rng, kind, question.get("history"))
        if self.rng.random() < 0.35:
            question["segments"] = [conditions.segment() for _ in range(self.rng.choice([1, 1, 2]))]
        if self.rng.random() < 0.2:
            question["actors"] = self.rng.choice([["buyer"], ["buyer", "seller"], ["seller", "system"]])
        if self.rng.random() < 0.45:
            question["date_range"] = self._date_range()
        return question, conditions

    def _date_range(self) -> dict[str, Any]:
        first, last = sorted(self.rng.sample(DAYS, 2))
        wide: dict[str, Any] = {"from": first, "to": last}
        dates = wide if self.rng.random() < 0.75 else {"last": self.rng.choice(["90d", "200d", "26w"])}
        draw = self.rng.random()
        if draw < 0.35:
            dates["applies_to"] = "events"
        elif draw < 0.7:
            dates["follow"] = self.rng.choice(["7d", "30d", "90d", "180d"])
        return dates

    def canvas(self) -> Question:
        """Up to six nodes, several starts and joins, no cycle."""
        question, conditions = self._common("journey_canvas")
        count = self.rng.choice([2, 3, 4, 5, 6])
        names = [f"n{number}" for number in range(count)]
        question["nodes"] = [
            {"id": name, "label": f"Node {name}", "where": conditions.step()} for name in names
        ]
        arrows = []
        for target in range(1, count):
            sources = self.rng.sample(range(target), min(target, self.rng.choice([0, 1, 1, 1, 2, 3])))
            arrows += [(names[source], names[target]) for source in sources]
        question["arrows"] = [
            {"source": source, "target": target} | conditions.limits() for source, target in arrows
        ]
        self.rng.shuffle(question["nodes"])
        if self.rng.random() < 0.6:
            question["metric"] = self._metric(question["container"], conditions)
        if self.rng.random() < 0.5:
            question["secondary_metric"] = self._metric(question["container"], conditions)
        question["percent_of"] = self.rng.choice(["start", "previous", "total"])
        question["counting"] = self.rng.choice(["all_matching", "on_path"])
        for arrow in question["arrows"]:
            if self.rng.random() < 0.12:
                arrow["path"] = "next"
        if self.rng.random() < 0.35:
            for node in self.rng.sample(question["nodes"], self.rng.choice([1, 1, 2])):
                node["exclude"] = True
        return question | self._fate() | self._compared(conditions, 4)

    def _fate(self) -> Question:
        """What became of those who fell out, and how old starts must be."""
        more: Question = {}
        if self.rng.random() < 0.4:
            more["fallout_split"] = True
        if self.rng.random() < 0.25:
            more["mature_only"] = self.rng.choice([*SHORT, *LONG, "26w"])
        return more

    def _compared(self, conditions: ConditionMaker, most: int) -> Question:
        """At times a few segments side by side: some apart, some with containers in common."""
        if self.rng.random() < 0.7:
            return {}
        if self.rng.random() < 0.4:
            apart = {"container": conditions.kind, "where": conditions.event_type()}
            return {"compare": [apart, {"not": apart}]}
        return {"compare": [conditions.segment() for _ in range(self.rng.randrange(1, most + 1))]}

    def _metric(self, kind: str, conditions: ConditionMaker) -> Any:
        choices: list[Any] = [
            "events",
            self.rng.choice(PLURALS),
            OWN_PLURAL[kind],
            {"sum": "amount"},
            {"sum": "amount", "where": conditions.simple()},
            {"sum": "opportunity.amount"},
            {"count": conditions.simple()},
            {"distinct": self.rng.choice(["campaign_id", "channel", "person.job_title"])},
        ]
        return self.rng.choice(choices)

    def fallout(self) -> Question:
        """Two to five touchpoints."""
        question, conditions = self._common("fallout")
        points: list[dict[str, Any]] = [{"label": "1", "where": conditions.step()}]
        for number in range(self.rng.choice([1, 1, 2, 3, 4])):
            point = {"label": str(number + 2), "where": conditions.step()} | conditions.limits()
            if self.rng.random() < 0.2:
                point["path"] = "next"
            if self.rng.random() < 0.25:
                point["without"] = conditions.step()
            points.append(point)
        question["touchpoints"] = points
        if self.rng.random() < 0.4:
            question["baseline"] = False
        if self.rng.random() < 0.3:
            question["histogram"] = True
        return question | self._fate() | self._compared(conditions, 5)

    def flow(self) -> Question:
        """Any direction, with every option now and then."""
        question, conditions = self._common("flow")
        question[self.rng.choice(["starts_with", "starts_with", "contains", "ends_with"])] = conditions.step()
        question |= {
            "anchor_label": "Anchor",
            "dimension": self.rng.choice(DIMENSIONS),
            "columns": self.rng.choice([1, 2, 3, 5]),
            "items": self.rng.choice([1, 2, 3, 5, 10]),
            "repeats": self.rng.random() < 0.4,
            "occurrence": self.rng.choice(["all", "all", "first", "last"]),
        }
        if self.rng.random() < 0.3:
            question["within"] = self.rng.choice(["1d", "30d", "90d"])
        more = self._more_of_flow(question["columns"], both="contains" in question)
        if self.rng.random() < 0.2:
            more["among"] = conditions.simple()
        if "paths" in more and self.rng.random() < 0.6:
            more["goal"] = conditions.step()
        if self.rng.random() < 0.3:
            more |= {"dimension": "event_type", "declared_order": True}
        if self.rng.random() < 0.35:
            more["through"] = self._nodes_passed(question)
        return question | more | self._compared(conditions, 2)

    def _nodes_passed(self, flow: Question) -> list[Question]:
        """One or two nodes that paths of a flow pass."""
        columns = range(1, flow["columns"] + 1)
        right = [] if "ends_with" in flow else list(columns)
        left = [] if "starts_with" in flow else [-column for column in columns]
        nodes = []
        for _ in range(self.rng.choice([1, 1, 2])):
            column = self.rng.choice(left + right)
            ends = ["exit"] if column > 0 else ["entry", "before data"]
            kind = self.rng.choice(["item", "item", "other", "other", "anchor", *ends])
            node: Question = {"column": column, "kind": kind}
            if kind in ("item", "other"):
                names = [*TYPES, "Email", "Web", "Pricing", "CTO", "Software", "Anchor"]
                node["items"] = self.rng.sample(names, self.rng.choice([3, 6] if kind == "item" else [1, 3]))
            nodes.append(node)
        return nodes

    def _more_of_flow(self, columns: int, *, both: bool) -> Question:
        """What a flow may ask beyond the plain one."""
        more: Question = {}
        if self.rng.random() < 0.3:
            sides = 2 if both and self.rng.random() < 0.5 else 1
            more["dimension"] = [self.rng.choice(DIMENSIONS) for _ in range(sides * columns)]
        if self.rng.random() < 0.25:
            names = [*TYPES, "Email", "Web", "Paper", "Pricing", "C1", "CTO", "Software"]
            more["exclude"] = self.rng.sample(names, self.rng.choice([1, 2, 4]))
        if self.rng.random() < 0.35:
            more["times"] = True
        if self.rng.random() < 0.35:
            more["paths"] = self.rng.choice([1, 3, 10, 1000])
        if self.rng.random() < 0.3:
            sides = 2 if both and self.rng.random() < 0.5 else 1
            more["items"] = [self.rng.choice([1, 2, 5, 10]) for _ in range(sides * columns)]
        return more

    def cohort_table(self) -> Question:
        """One or two metrics a side, any granularity."""
        question, conditions = self._common("cohort_table")
        question["inclusion"] = self._criteria(conditions)
        question["return"] = self._criteria(conditions)
        question["granularity"] = self.rng.choice(GRANULARITIES)
        if question["granularity"] in ("year", "quarter", "fiscal_quarter") and self.rng.random() < 0.6:
            question.pop("date_range", None)
        question["type"] = self.rng.choice(["retention", "retention", "churn"])
        question["rolling"] = self.rng.random() < 0.35
        question["base"] = self.rng.choice(["included", "included", "previous"])
        question["membership"] = self.rng.choice(["every", "first"])
        if question["granularity"] in ("day", "week") or self.rng.random() < 0.3:
            question["max_periods"] = self.rng.choice([2, 4])
        self._cohort_form(question, conditions)
        if self.rng.random() < 0.25:
            return self._in_ranges(question)
        return question | self._compared(conditions, 3)

    def _in_ranges(self, question: Question) -> Question:
        """One or two date ranges side by side, at times with one day in common."""
        days = sorted(self.rng.sample(DAYS, 3))
        ranges = [{"from": days[0], "to": days[1]}, {"from": days[1], "to": days[2]}]
        beside = {
            key: value
            for key, value in question.pop("date_range", {}).items()
            if key in ("applies_to", "follow")
        }
        dates = {"date_range": beside} if beside else {}
        return question | dates | {"compare_ranges": ranges[: self.rng.choice([1, 2, 2])]}

    def _cohort_form(self, question: Question, conditions: ConditionMaker) -> None:
        """Latency, other ways of counting, elapsed periods, items as rows, milestones as columns."""
        if self.rng.random() < 0.3:
            question["dimension"] = self.rng.choice(DIMENSIONS + COUNTABLE)
            question["items"] = self.rng.choice([1, 2, 3, 10])
            question["touch"] = self.rng.choice(["first", "first", "last"])
        if self.rng.random() < 0.2:
            for name in ("return", "rolling", "base", "max_periods"):
                question.pop(name, None)
            columns = [{"label": str(place), "where": conditions.step()} for place in range(1, 4)]
            question |= {"columns": "milestones", "milestones": columns[: self.rng.choice([1, 2, 3])]}
            return
        question["latency"] = self.rng.random() < 0.3
        question["counting"] = self.rng.choice(["exactly", "exactly", "on_or_after", "cumulative"])
        question["periods"] = self.rng.choice(["calendar", "calendar", "elapsed"])
        if question["counting"] == "on_or_after" and question["granularity"] in ("day", "week"):
            question["granularity"] = "month"
        if question["type"] == "retention" and self.rng.random() < 0.5:
            sums = [{"sum": "amount"}, {"sum": "opportunity.amount"}, {"sum": "account.employees"}]
            question["value_metric"] = self.rng.choice(sums)
            if self.rng.random() < 0.7:
                wide = _field("event_type", "in", self.rng.sample(TYPES, 5))
                question["return"] = {"metrics": [{"where": wide}]}
            if self.rng.random() < 0.3:
                question["value_metric"] = question["value_metric"] | {"where": conditions.simple()}

    def breakdown(self) -> Question:
        """By any field with items, or by periods of any length."""
        question, conditions = self._common("breakdown")
        if self.rng.random() < 0.75:
            question["where"] = conditions.step()
        if self.rng.random() < 0.3:
            question |= {"by": "period", "granularity": self.rng.choice(GRANULARITIES)}
        else:
            question |= {
                "by": self.rng.choice(DIMENSIONS + COUNTABLE),
                "items": self.rng.choice([1, 2, 3, 10]),
            }
        if self.rng.random() < 0.4:
            question["metric"] = self._metric(question["container"], conditions)
        return question | self._compared(conditions, 3)

    def paths(self) -> Question:
        """With and without an end, short lists and long ones."""
        question, conditions = self._common("paths")
        question["start"] = conditions.step()
        if self.rng.random() < 0.7:
            question["end"] = conditions.step()
        question |= {
            "dimension": self.rng.choice(DIMENSIONS),
            "items": self.rng.choice([1, 2, 3, 8]),
            "longest": self.rng.choice([1, 2, 3, 6, 12]),
            "top": self.rng.choice([1, 3, 10, 100]),
        }
        return question

    def lift(self) -> Question:
        """Short windows and long ones, all events and some."""
        question, conditions = self._common("lift")
        question |= {
            "anchor": conditions.step(),
            "dimension": self.rng.choice(DIMENSIONS),
            "within": self.rng.choice(SHORT + LONG),
            "items": self.rng.choice([1, 2, 3, 10]),
        }
        if self.rng.random() < 0.3:
            question["among"] = conditions.simple()
        return question | self._compared(conditions, 3)

    def time_to(self) -> Question:
        """From a condition or criteria, with and without groups and a competing outcome."""
        question, conditions = self._common("time_to")
        question["inclusion"] = conditions.step() if self.rng.random() < 0.6 else self._criteria(conditions)
        question["milestone"] = conditions.step()
        if self.rng.random() < 0.4:
            question["competing"] = conditions.step()
        if self.rng.random() < 0.4:
            question["earlier"] = "count"
        draw = self.rng.random()
        if draw < 0.35:
            question["by"] = "cohort"
        elif draw < 0.75:
            question["by"] = self.rng.choice(DIMENSIONS + COUNTABLE)
            question["items"] = self.rng.choice([1, 2, 3, 10])
        if draw < 0.35 or "metrics" in question["inclusion"]:
            question["granularity"] = self.rng.choice(GRANULARITIES)
        if draw > 0.75 and self.rng.random() < 0.8:
            return question | {"initiative": self._initiative(conditions)}
        return question | self._compared(conditions, 3)

    def _initiative(self, conditions: ConditionMaker) -> dict[str, Any]:
        initiative: dict[str, Any] = {"on": self.rng.choice(DAYS)}
        if self.rng.random() < 0.6:
            initiative["window"] = self.rng.choice(["30d", "60d", "26w", "400d"])
        if self.rng.random() < 0.6:
            initiative["at"] = self.rng.choice(["1d", "7d", "30d", "120d"])
        if self.rng.random() < 0.7:
            initiative["segment"] = conditions.segment()
        return initiative

    def _criteria(self, conditions: ConditionMaker) -> dict[str, Any]:
        metrics: list[dict[str, Any]] = []
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            metric: dict[str, Any] = {"where": conditions.step()}
            if self.rng.random() < 0.4:
                metric |= conditions.comparison()
            if self.rng.random() < 0.15:
                metric["segments"] = [conditions.segment()]
            metrics.append(metric)
        criteria: dict[str, Any] = {"metrics": metrics, "combine": self.rng.choice(["all", "any", "any"])}
        if self.rng.random() < 0.12:
            criteria["segments"] = [conditions.segment()]
        return criteria


def _field(path: str, op: str, value: Any = None) -> Condition:
    return {"field": path, "op": op} if value is None else {"field": path, "op": op, "value": value}


def _members_of(question: Question, table: str, select: dict[str, Any], measure: str) -> Condition:
    return {"members_of": {"question": question, "table": table, "select": select, "measure": measure}}
