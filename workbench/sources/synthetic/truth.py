"""The truth beside the data: what was planted, asked in the product's language, and how far chance may go.

A conversion's true value is the mean of the probabilities that its starts were drawn with, a delay's the
median of the law they were drawn from. Only starts early enough to be followed to the end count, so the end
of the data hides nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.sources.synthetic import activity, company
from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.activity import Rows
from workbench.sources.synthetic.company import Block
from workbench.sources.synthetic.export import event_id
from workbench.sources.synthetic.times import DAY, END, NEVER, START, Bools, Delay, Floats, Ints, seconds

Entry = dict[str, Any]
FOLLOWED = {"account": 120, "opportunity": 365}
"""Days within which a step counts, by container; delays are cut below."""


CREATED = "Opportunity Created"
MOVED = {"table": "touchpoints", "step": 2, "column": "percent_of_previous"}
WAITED = {"table": "touchpoints", "step": 2, "column": "median_seconds", "seconds_per_unit": DAY}
"""Where the answer to a truth's question holds its value."""


@dataclass
class Tally:
    """Starts of one step, how likely they were to take it, and the medians of those that took it."""

    starts: int = 0
    expected: float = 0.0
    variance: float = 0.0
    moved: int = 0
    medians: Counter[float] = field(default_factory=Counter)

    def add(self, chance: Floats, moved: Bools, medians: Floats) -> None:
        """Count starts; all three are parallel."""
        self.starts += len(chance)
        self.expected += float(chance.sum())
        self.variance += float((chance * (1 - chance)).sum())
        self.moved += int(moved.sum())
        values, counts = np.unique(medians[moved], return_counts=True)
        self.medians.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))

    def merge(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.starts, self.moved = self.starts + other.starts, self.moved + other.moved
        self.expected, self.variance = self.expected + other.expected, self.variance + other.variance
        self.medians.update(other.medians)

    def percent(self) -> tuple[float, float]:
        """True value and standard error, in percent."""
        if not self.starts:
            return math.nan, math.nan
        return 100 * self.expected / self.starts, 100 * math.sqrt(self.variance) / self.starts


@dataclass(frozen=True)
class Step:
    """One step of the funnel whose conversion, and for some whose delay, is stated."""

    name: str
    container: str
    source: str
    target: str
    delay: Delay | None = None
    kind: str | None = None
    """Only deals of this type."""

    @property
    def first_excluded(self) -> int:
        """The first second at which a start can no longer be followed to the end."""
        return END - (FOLLOWED[self.container] + 1) * DAY


STEPS = (
    Step("form_step_1_to_complete", "account", "Lead Form: Step 1", "Lead Form: Complete"),
    Step("form_complete_to_lead", "account", "Lead Form: Complete", "Lead Generated"),
    Step("lead_to_mql", "account", "Lead Generated", "MQL Qualified", company.MQL_DELAY),
    Step("mql_to_sql", "account", "MQL Qualified", "SQL Qualified", company.SQL_DELAY),
    Step("sql_to_opportunity", "account", "SQL Qualified", CREATED),
    Step("new_business_to_won", "opportunity", CREATED, "Closed-Won", company.CYCLE_DELAY, "New Business"),
    Step("renewal_to_won", "opportunity", CREATED, "Closed-Won", company.CYCLE_DELAY, "Renewal"),
)  # fmt: skip


class Truth:
    """Collects over blocks and slices; `document` is what `truth.json` holds."""

    def __init__(self) -> None:
        self.tallies = {step.name: Tally() for step in STEPS}
        self.spring: dict[tuple[int, bool], Tally] = {
            (size, seen): Tally() for size in range(len(words.SIZES)) for seen in (False, True)
        }
        self.event_types: Counter[str] = Counter()
        self.in_person: Counter[bool] = Counter()
        self.dirt: Counter[str] = Counter()
        self.machine: dict[str, list[str]] = {"Email Opened": [], "Email Clicked": []}
        self._written = 0

    def add_block(self, block: Block) -> None:
        """Starts and probabilities of one block."""
        funnel, size = block.funnel, block.accounts.size
        count = len(block.accounts)
        to_mql = company.LEAD_TO_MQL[size] * company.MQL_BY_INDUSTRY[block.accounts.industry]
        to_sql = company.MQL_TO_SQL[size] + company.SPRING_POINTS * funnel.exposed
        sql_medians = company.sql_medians(size, funnel.exposed)
        none = np.zeros(count)
        for step, times, chance, goal, medians in (
            (
                STEPS[0],
                funnel.form_1,
                np.full(count, company.FORM_2 * company.COMPLETE),
                funnel.complete,
                none,
            ),
            (STEPS[1], funnel.complete, np.full(count, company.LEAD), funnel.lead, none),
            (STEPS[2], funnel.lead, to_mql, funnel.mql, company.MQL_DAYS[size]),
            (STEPS[3], funnel.mql, to_sql, funnel.sql, sql_medians),
            (STEPS[4], funnel.sql, np.full(count, company.SQL_TO_OPPORTUNITY), funnel.opportunity, none),
        ):
            mature = times < step.first_excluded
            self.tallies[step.name].add(chance[mature], goal[mature] < NEVER, medians[mature])
        self._add_deals(block)
        spring = (funnel.mql >= seconds(company.SPRING_FIRST)) & (
            funnel.mql < seconds(company.SPRING_LAST) + DAY
        )
        for (code, seen), tally in self.spring.items():
            which = spring & (size == code) & (funnel.exposed == seen)
            tally.add(to_sql[which], funnel.sql[which] < NEVER, sql_medians[which])
        self._add_record_dirt(block)

    def _add_deals(self, block: Block) -> None:
        deals = block.opportunities
        size = block.accounts.size[deals.account]
        medians = company.CYCLE_DAYS[size] * company.CYCLE_BY_TYPE[deals.kind]
        for step in STEPS:
            if step.kind:
                kind = words.OPPORTUNITY_TYPES.index(step.kind)
                which = (deals.kind == kind) & (deals.created < step.first_excluded)
                self.tallies[step.name].add(block.win_probability[which], deals.won[which], medians[which])

    def _add_record_dirt(self, block: Block) -> None:
        self.dirt["persons_without_account"] += int(block.persons.unassigned.sum())
        self.dirt["persons_in_two_accounts"] += int((block.persons.second_account >= 0).sum())
        if block.accounts.first == 0 and len(block.accounts) >= 100:
            self.dirt.update({"accounts_in_parent_cycles": 3, "unknown_parents": 1})

    def add_rows(self, rows: Rows, repeated: Ints, in_person: Bools) -> None:
        """Events of one slice, before the repeated ones are written again."""
        counts = np.bincount(rows["type"], minlength=len(words.EVENT_TYPES))
        self.event_types.update(dict(zip(words.EVENT_TYPES, counts.tolist(), strict=True)))
        registered = rows["type"] == words.EVENT_CODE["Event Registered"]
        held = in_person[rows["marketing_event"][registered]]
        self.in_person.update({True: int(held.sum()), False: int((~held).sum())})
        bare = rows["account"] < 0
        with_deal, with_person = rows["opportunity"] >= 0, rows["person"] >= 0
        self.dirt["events_without_account"] += int((bare & ~with_deal & ~with_person).sum())
        self.dirt["events_account_from_opportunity"] += int((bare & with_deal).sum())
        self.dirt["events_account_from_person"] += int((bare & ~with_deal & with_person).sum())
        self.dirt["events_repeated"] += len(repeated)
        for name, ids in self.machine.items():
            which = np.flatnonzero((rows["machine"] == 1) & (rows["type"] == words.EVENT_CODE[name]))
            ids += [event_id(self._written + place) for place in which.tolist()]
        self._written += len(rows["type"])

    def document(self, accounts: int, events: int, seed: int, rows: Mapping[str, int]) -> Entry:
        """Everything known: sizes, planted parameters, dirt, and the list `truths`."""
        return {
            "accounts": accounts, "events": events, "seed": seed, "data_from": _day(START),
            "data_until": _day(END - 1), "rows": dict(rows),
            "event_types": {name: self.event_types[name] for name in words.EVENT_TYPES},
            "dirt": dict(sorted(self.dirt.items())), "campaign": _campaign(), "parameters": _parameters(),
            "machine_events": self.machine,
            "truths": [entry for entry in self._truths() if not math.isnan(entry["value"])],
        }  # fmt: skip

    def _truths(self) -> list[Entry]:
        entries: list[Entry] = []
        for step in STEPS:
            tally, question = self.tallies[step.name], _fallout(step)
            share = f"the share with {step.target} within {FOLLOWED[step.container]} days"
            entries.append(_entry(
                step.name, f"Of the {_starts(step)}, {share}", "percent", tally.percent(), tally.starts,
                question=question, read=MOVED,
            ))  # fmt: skip
            if step.delay:
                entries.append(_entry(
                    f"{step.name}_days",
                    f"Median days from {step.source} to {step.target}, same starts, those that moved", "days",
                    step.delay.median(dict(tally.medians)), tally.moved, question=question, read=WAITED,
                ))  # fmt: skip
        return [*entries, *self._spring_truths(), *self._rates()]

    def _spring_truths(self) -> list[Entry]:
        entries: list[Entry] = []
        for seen, who in ((True, "attended"), (False, "not_attended")):
            total = Tally()
            for (_, exposed), tally in self.spring.items():
                if exposed == seen:
                    total.merge(tally)
            question = _spring_question(seen)
            text = (
                f"accounts that became MQL from {company.SPRING_FIRST} to {company.SPRING_LAST} and had "
                f"{'' if seen else 'not '}attended the {words.SPRING_SERIES}"
            )
            entries.append(_entry(
                f"spring_{who}_mql_to_sql", f"Of the {text}, the share with SQL Qualified within 120 days",
                "percent", total.percent(), total.starts, question=question, read=MOVED,
            ))  # fmt: skip
            entries.append(_entry(
                f"spring_{who}_days", f"Median days from MQL Qualified to SQL Qualified of the {text}",
                "days", company.SQL_DELAY.median(dict(total.medians)), total.moved,
                question=question, read=WAITED,
            ))  # fmt: skip
        return [*entries, self._spring_effect()]

    def _spring_effect(self) -> Entry:
        """Points gained by those who attended, compared within company sizes present on both sides."""
        sizes = [
            s for s in range(len(words.SIZES)) if self.spring[s, True].starts and self.spring[s, False].starts
        ]
        seen = sum(self.spring[size, True].starts for size in sizes)
        variance = 0.0
        for size in sizes:
            for tally in (self.spring[size, True], self.spring[size, False]):
                variance += (self.spring[size, True].starts / seen) ** 2 * tally.variance / tally.starts**2
        value = (100 * company.SPRING_POINTS, 100 * math.sqrt(variance)) if seen else (math.nan, math.nan)
        return _entry(
            "spring_effect",
            f"Points by which the {words.SPRING_SERIES} raises the share of MQLs with SQL within 120 days: "
            "per company_size the share of those who attended minus that of those who had not, "
            "averaged with the numbers of those who attended as weights", "percentage points", value, seen,
            questions={"attended": _spring_question(True), "not_attended": _spring_question(False)},
            matched_by="account.company_size",
        )  # fmt: skip

    def _rates(self) -> list[Entry]:
        """Rates over events: repeated rows counted once."""
        in_person = {"field": "marketing_event.format", "op": "equals", "value": "In-Person"}
        mails = (
            ("email_bounce_rate", "Email Bounced", "Email Sent", activity.BOUNCE_RATE),
            ("email_open_rate", "Email Opened", "Email Delivered", activity.OPEN_RATE),
            ("email_click_rate", "Email Clicked", "Email Opened", activity.CLICK_RATE),
        )
        attendance = ("in_person_attendance", "Event Attended", "Event Registered")
        return [
            *(_rate(*mail, self.event_types[mail[2]]) for mail in mails),
            _rate(*attendance, activity.IN_PERSON_ATTENDANCE, self.in_person[True], in_person),
        ]


def _day(time: int) -> str:
    return str(np.datetime64(time, "s").astype("datetime64[D]"))


def _starts(step: Step) -> str:
    what = "accounts" if step.container == "account" else f"opportunities of type {step.kind}"
    return f"{what} with {step.source} before {_day(step.first_excluded)}"


def _entry(
    name: str, definition: str, unit: str, value: tuple[float, float], base: int, **more: Entry | str
) -> Entry:
    entry: Entry = {"name": name, "definition": definition, "unit": unit}
    return {**entry, "value": value[0], "standard_error": value[1], "base": base, **more}


def _is(event_type: str) -> Entry:
    return {"field": "event_type", "op": "equals", "value": event_type}


def _fallout(step: Step) -> Entry:
    """The question whose second touchpoint holds the step."""
    first: Entry = _is(step.source)
    if step.kind:
        first = {"all": [first, {"field": "opportunity.type", "op": "equals", "value": step.kind}]}
    return {
        "analysis": "fallout", "container": step.container, "baseline": False,
        **({"history": "stamped"} if step.container == "opportunity" else {}),
        "date_range": {"from": _day(START), "to": _day(step.first_excluded - 1)},
        "touchpoints": [
            {"label": step.source, "where": first},
            {"label": step.target, "where": _is(step.target), "within": f"{FOLLOWED[step.container]}d"},
        ],
    }  # fmt: skip


def _spring_question(attended: bool) -> Entry:
    webinar = {"field": "campaign.name", "op": "equals", "value": words.SPRING_SERIES}
    who: Entry = {"container": "account", "where": {"all": [_is("Webinar Attended"), webinar]}}
    question = _fallout(STEPS[3])
    question["date_range"] = {"from": company.SPRING_FIRST, "to": company.SPRING_LAST}
    return {**question, "segments": [who if attended else {"not": who}]}


def _rate(name: str, part: str, whole: str, rate: float, base: int, only: Entry | None = None) -> Entry:
    error = 100 * math.sqrt(rate * (1 - rate) / base) if base else math.nan
    conditions = {"numerator": _is(part), "denominator": {"all": [_is(whole), only]} if only else _is(whole)}
    text = f"{part} as a share of {whole}" + (" for in-person events" if only else "") + ", in events"
    return _entry(name, text, "percent", (100 * rate if base else math.nan, error), base, metrics=conditions)


def _campaign() -> Entry:
    return {
        "name": words.SPRING_SERIES, "campaign_id": "CMP-001", "exposure": "Webinar Attended",
        "effect_on": "MQL to SQL", "points": 100 * company.SPRING_POINTS,
        "delay_factor": company.SPRING_DELAY, "mql_from": company.SPRING_FIRST, "mql_to": company.SPRING_LAST,
    }  # fmt: skip


def _parameters() -> Entry:
    """The numbers behind the draws; triples go by company size; medians are those before the cut."""
    industries = words.INDUSTRY_NAMES
    return {
        "company_sizes": list(words.SIZES), "size_shares": list(company.SIZE_SHARES),
        "lead_to_mql": company.LEAD_TO_MQL.tolist(),
        "mql_factor_by_industry": dict(zip(industries, company.MQL_BY_INDUSTRY.tolist(), strict=True)),
        "mql_to_sql": company.MQL_TO_SQL.tolist(), "sql_to_opportunity": company.SQL_TO_OPPORTUNITY,
        "won": dict(zip(words.OPPORTUNITY_TYPES, company.WON.tolist(), strict=True)),
        "won_factor_by_industry": dict(zip(industries, company.WON_BY_INDUSTRY.tolist(), strict=True)),
        "median_days": {
            "lead_to_mql": company.MQL_DAYS.tolist(), "mql_to_sql": company.SQL_DAYS.tolist(),
            "sql_to_opportunity": company.OPPORTUNITY_DAYS.tolist(),
            "opportunity_to_close": company.CYCLE_DAYS.tolist(),
        },
    }  # fmt: skip
