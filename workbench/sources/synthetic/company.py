"""The synthetic company itself: accounts, persons, how far and when each gets in the funnel, and its deals.

`Company.block` draws everything about one range of accounts from a stream of its own, so a range depends
neither on the ranges before it nor on how many events are asked for. Arrays are parallel; references are
positions in the block, -1 for none; times are seconds, NEVER for what does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.times import (
    DAY,
    END,
    NEVER,
    START,
    Bools,
    Delay,
    Floats,
    Ints,
    activity_share,
    activity_times,
    later,
    seconds,
    stream,
    working_times,
)

BLOCK = 4096
"""Accounts drawn together; bounds memory."""

# The planted truth. One number per company size (small, mid-market, enterprise) where there are three.
SIZE_SHARES = (0.50, 0.35, 0.15)
EXISTING_CUSTOMERS = 0.05
FIRST_TOUCH = (("2023-01-01", "2023-03-02"), ("2023-12-01", "2024-06-15"), ("2023-01-01", "2025-06-11"))
FIRST_TOUCH_SHARES = np.cumsum([0.14, 0.18])
"""Accounts known from the start, accounts won over by the pushes around spring 2024, and all others."""
FORM_1, FORM_2, COMPLETE, LEAD, SQL_TO_OPPORTUNITY = 0.80, 0.81, 0.82, 0.86, 0.80
LEAD_TO_MQL = np.array([0.72, 0.79, 0.83])
MQL_BY_INDUSTRY = np.array([1.08, 1.06, 1.0, 1.02, 0.95, 1.0, 0.93, 0.97, 0.9, 0.92, 1.04, 0.85])
MQL_TO_SQL = np.array([0.52, 0.57, 0.64])
SPRING_POINTS = 0.24
"""Added to the conversion from MQL to SQL by attending the spring webinar series."""
SPRING_DELAY = 0.6
"""Factor on the delay from MQL to SQL for those who attended."""
SPRING_EXPOSURE = np.array([0.40, 0.50, 0.65])
"""Share of MQLs in the spring period that attended before; grows with size, so a raw comparison misleads."""
SPRING_FIRST, SPRING_LAST = "2024-03-18", "2024-09-30"
"""Days on which an account that attended can become an MQL."""
SPRING_SESSIONS = np.arange(seconds("2024-03-06"), seconds("2024-07-01"), 7 * DAY) + 15 * 3600
WON = np.array([[0.42, 0.45, 0.36], [0.38, 0.40, 0.36], [0.50, 0.52, 0.48], [0.84, 0.88, 0.92]])
"""Win rate by opportunity type and size."""
WON_BY_INDUSTRY = np.array([1.08, 1.0, 0.95, 1.05, 1.0, 1.02, 0.94, 0.9, 0.96, 0.9, 1.06, 0.85])

MQL_DAYS, MQL_DELAY = np.array([12.0, 16.0, 24.0]), Delay(0.7, 118)
SQL_DAYS, SQL_DELAY = np.array([24.0, 31.0, 42.0]), Delay(0.6, 118)
OPPORTUNITY_DAYS, OPPORTUNITY_DELAY = np.array([8.0, 11.0, 17.0]), Delay(0.7, 118)
CYCLE_DAYS, CYCLE_DELAY = np.array([62.0, 95.0, 150.0]), Delay(0.5, 360)
CYCLE_BY_TYPE = np.array([1.0, 0.7, 0.55, 0.4])
NEVER_CLOSED = 0.1
"""Share of the deals that would be lost which nobody closes."""

STAGE_AT = np.array([0.02, 0.16, 0.35, 0.54, 0.68, 0.82])
"""Where in its cycle a deal enters each open stage."""
AMOUNT = np.array([14_000.0, 46_000.0, 170_000.0])
AMOUNT_BY_TYPE = np.array([1.0, 0.5, 0.35, 0.8])


@dataclass(frozen=True)
class Accounts:
    """One entry per account of the block."""

    first: int
    activity: Ints
    industry: Ints
    size: Ints
    employees: Ints
    revenue: Ints
    country: Ints
    city: Ints
    propensity: Ints
    parent: Ints
    owner: Ints
    weight: Floats
    """How active the account is in web, mail and ads."""
    person_start: Ints
    """Persons of account i are person_start[i] .. person_start[i + 1]."""
    guest: Ints
    """A person of another account who works for this one as well."""

    def __len__(self) -> int:
        return len(self.size)


@dataclass(frozen=True)
class Persons:
    """One entry per person of the block."""

    first: int
    account: Ints
    given: Ints
    family: Ints
    title: Ints
    consent: Ints
    do_not_email: Bools
    second_account: Ints
    unassigned: Bools
    """The record names no account; only the membership does."""

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Funnel:
    """When each account does what for the first time."""

    first_touch: Ints
    form_1: Ints
    form_2: Ints
    complete: Ints
    lead: Ints
    qualification: Ints
    mql: Ints
    disqualified: Ints
    demo: Ints
    sql: Ints
    opportunity: Ints
    attended: Ints
    """Session of the spring series that a person of the account attended, -1 for none."""
    exposed: Bools
    """Attended before becoming an MQL."""
    existing: Bools


@dataclass(frozen=True)
class Opportunities:
    """One entry per deal created by the end of the data, in order of account, then creation."""

    first: int
    account: Ints
    kind: Ints
    created: Ints
    closed: Ints
    won: Bools
    """Wins in the end; within the data if `closed` lies before the end."""
    stages: Ints
    """Entry time of each open stage, NEVER if skipped or not reached; one column per stage."""
    from_lead: Bools
    product: Ints
    cents: Ints
    asked_cents: Ints
    """Amount before negotiation."""
    other_seller: Bools
    member_start: Ints
    """First member of the buying group, as a position among the account's persons."""
    members: Ints

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Leads:
    """One entry per lead; the first ones are those that go through the funnel."""

    first: int
    account: Ints
    person: Ints
    created: Ints
    disqualified: Ints
    primary: Bools
    opportunity: Ints

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True)
class Block:
    """Everything about one range of accounts but its events."""

    accounts: Accounts
    persons: Persons
    funnel: Funnel
    opportunities: Opportunities
    leads: Leads
    win_probability: Floats
    """Of each opportunity, as drawn."""


@dataclass
class Company:
    """Draws blocks in order and numbers their records."""

    accounts: int
    seed: int
    persons: int = 0
    opportunities: int = 0
    leads: int = 0

    def block(self, number: int) -> Block:
        """Block `number`; blocks are asked for in order."""
        rng = stream(self.seed, number, 0)
        first = number * BLOCK
        accounts, persons = _accounts(rng, first, min(BLOCK, self.accounts - first), self.persons)
        funnel = _funnel(rng, accounts)
        opportunities, probability = _opportunities(rng, accounts, funnel, self.opportunities)
        leads = _leads(rng, accounts, funnel, opportunities, self.leads)
        self.persons += len(persons)
        self.opportunities += len(opportunities)
        self.leads += len(leads)
        return Block(accounts, persons, funnel, opportunities, leads, probability)


def _accounts(
    rng: np.random.Generator, first: int, count: int, first_person: int
) -> tuple[Accounts, Persons]:
    activity = account_names(np.arange(first, first + count))[2]
    industry = np.array(words.INDUSTRY_OF_ACTIVITY)[activity]
    size = rng.choice(3, count, p=SIZE_SHARES)
    employees = np.exp(rng.uniform(np.log([8, 250, 2500])[size], np.log([250, 2500, 60_000])[size])).astype(
        np.int64
    )
    revenue = (employees * rng.lognormal(np.log(190_000), 0.5, count)).astype(np.int64) // 1000 * 1000
    country = rng.choice(len(words.COUNTRIES), count, p=words.COUNTRY_SHARES)
    territory = np.array([words.TERRITORIES.index(entry[0]) for entry in words.COUNTRIES.values()])[country]
    fit = 60 * LEAD_TO_MQL[size] * MQL_BY_INDUSTRY[industry] - 22
    propensity = np.clip(np.rint(fit * 1.5 + rng.normal(15, 14, count)), 1, 100).astype(np.int64)
    people = 3 + rng.poisson(np.array([1.5, 4.5, 13.0])[size])
    person_start = np.concatenate([[0], np.cumsum(people)])
    persons = _persons(rng, people, first_person)
    guest = np.full(count, -1)
    twofold = np.flatnonzero(persons.second_account >= 0)
    guest[persons.second_account[twofold]] = twofold
    accounts = Accounts(
        first, activity, industry, size, employees, revenue, country, rng.integers(0, 1 << 20, count),
        propensity,
        _parents(rng, first, count), territory * words.SELLERS_PER_TERRITORY
        + rng.integers(0, words.SELLERS_PER_TERRITORY, count),
        rng.lognormal(0, 0.6, count) * np.array([0.7, 1.1, 2.0])[size], person_start, guest,
    )  # fmt: skip
    return accounts, persons


def account_names(numbers: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Head, tail and activity of each account's name, and how often that name was used before.

    A bijection of the account number onto all combinations, so names repeat only when none is left.
    """
    heads, tails, activities = len(words.NAME_HEADS), len(words.NAME_TAILS), len(words.ACTIVITIES)
    total = heads * tails * activities
    place = (numbers % total * 136_699 + 7_919) % total
    tail, activity = place // heads % tails, place // heads // tails
    head = (place % heads + 29 * tail + 13 * activity) % heads
    return head, tail, activity, numbers // total


def _parents(rng: np.random.Generator, first: int, count: int) -> Ints:
    """One in five accounts belongs to one a little before it; the first block holds one cycle."""
    place = np.arange(count)
    parent = np.where(rng.random(count) < 0.2, place - rng.integers(1, 31, count), -1)
    parent = np.maximum(parent, -1)
    if first == 0 and count >= 100:
        parent[40], parent[47], parent[53] = 47, 53, 40
    return parent


def _persons(rng: np.random.Generator, people: Ints, first: int) -> Persons:
    count = int(people.sum())
    account = np.repeat(np.arange(len(people)), people)
    hop = rng.integers(1, max(2, len(people)), count)
    second = np.where(rng.random(count) < 0.025, (account + hop) % len(people), -1)
    second[second == account] = -1
    return Persons(
        first, account, rng.integers(0, len(words.GIVEN_NAMES), count),
        rng.integers(0, len(words.FAMILY_NAMES), count),
        (rng.random(count) ** 1.1 * len(words.JOB_TITLES)).astype(np.int64),
        rng.choice(len(words.CONSENT_SHARES), count, p=words.CONSENT_SHARES), rng.random(count) < 0.04,
        second, (rng.random(count) < 0.005) & (second < 0),
    )  # fmt: skip


def _step(
    rng: np.random.Generator, times: Ints, chance: float | Floats, days: Floats, *, working: bool = False
) -> Ints:
    """When those that get here at `times` take the next step; NEVER for those that do not."""
    moved = later(rng, times, days, working=working)
    return np.where((rng.random(len(times)) < chance) & (times < NEVER), moved, NEVER)


def _funnel(rng: np.random.Generator, accounts: Accounts) -> Funnel:
    count, size = len(accounts), accounts.size
    wave = np.digitize(rng.random(count), FIRST_TOUCH_SHARES)
    start, last = (np.array([seconds(day) for day in days])[wave] for days in zip(*FIRST_TOUCH, strict=True))
    first_touch = activity_times(rng, start, last, activity_share(start), activity_share(last))
    existing = rng.random(count) < EXISTING_CUSTOMERS
    first_touch[existing] = START + rng.integers(0, 20 * DAY, int(existing.sum()))
    form_1 = working_times(
        rng, _step(rng, first_touch + 2 * DAY, FORM_1, rng.lognormal(np.log(32), 0.9, count))
    )
    form_1[existing] = NEVER
    form_2 = _step(rng, form_1, FORM_2, rng.uniform(20, 240, count) / DAY)
    complete = _step(rng, form_2, COMPLETE, rng.uniform(30, 600, count) / DAY)
    lead = _step(rng, complete, LEAD, np.minimum(rng.lognormal(np.log(0.15), 1.0, count), 3))
    to_mql = LEAD_TO_MQL[size] * MQL_BY_INDUSTRY[accounts.industry]
    mql = _step(rng, lead, to_mql, MQL_DELAY.draw(rng, MQL_DAYS[size]))
    room = np.minimum(np.where(mql < NEVER, mql - lead, DAY), DAY // 3)
    qualification = _step(rng, lead, 0.93, rng.uniform(0.1, 0.9, count) * room / DAY)
    refused = np.where(mql < NEVER, NEVER, lead)
    disqualified = _step(rng, refused, 0.6, 1 + rng.lognormal(np.log(20), 0.6, count), working=True)
    attended, exposed = _attendance(rng, accounts, lead, mql)
    invited = np.where(attended >= 0, SPRING_SESSIONS[attended] - 12 * DAY, NEVER)
    first_touch = np.minimum(first_touch, invited)
    to_sql = MQL_TO_SQL[size] + SPRING_POINTS * exposed
    sql = _step(rng, mql, to_sql, SQL_DELAY.draw(rng, sql_medians(size, exposed)), working=True)
    demo_chance = np.where(sql < NEVER, 0.55, 0.15)
    wait = np.minimum(np.where(sql < NEVER, sql - mql, 40 * DAY), 60 * DAY)
    demo = _step(rng, mql, demo_chance, rng.uniform(0.3, 0.9, count) * wait / DAY)
    opportunity = _step(
        rng, sql, SQL_TO_OPPORTUNITY, OPPORTUNITY_DELAY.draw(rng, OPPORTUNITY_DAYS[size]), working=True
    )
    return Funnel(
        first_touch, form_1, form_2, complete, lead, qualification, mql, disqualified, demo, sql, opportunity,
        attended, exposed, existing,
    )  # fmt: skip


def sql_medians(size: Ints, exposed: Bools) -> Floats:
    """Median days from MQL to SQL before the cut."""
    return SQL_DAYS[size] * np.where(exposed, SPRING_DELAY, 1.0)


def _attendance(rng: np.random.Generator, accounts: Accounts, lead: Ints, mql: Ints) -> tuple[Ints, Bools]:
    """Sessions attended: by some accounts that become MQL in the spring period, and by some that never do."""
    spring = (mql >= seconds(SPRING_FIRST)) & (mql < seconds(SPRING_LAST) + DAY)
    exposed = spring & (rng.random(len(mql)) < SPRING_EXPOSURE[accounts.size])
    others = (mql >= NEVER) & (lead < seconds("2024-06-01")) & (rng.random(len(mql)) < 0.2)
    before = np.searchsorted(SPRING_SESSIONS, np.where(exposed, mql - DAY, NEVER)) - 1
    session = np.maximum(before - rng.integers(0, 3, len(mql)), 0)
    chosen = np.where(exposed, session, rng.integers(0, len(SPRING_SESSIONS), len(mql)))
    return np.where(exposed | others, chosen, -1), exposed


@dataclass(frozen=True)
class _Deals:
    """A batch of deals: where, of which kind, when; how they end."""

    account: Ints
    kind: Ints
    created: Ints
    closed: Ints
    won: Bools
    chance: Floats

    def where(self, keep: Bools) -> _Deals:
        return _Deals(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def _deals(rng: np.random.Generator, accounts: Accounts, account: Ints, kind: int, created: Ints) -> _Deals:
    """Close the deals that begin within the data."""
    account, created = account[created < END], created[created < END]
    size = accounts.size[account]
    chance = np.minimum(WON[kind, size] * WON_BY_INDUSTRY[accounts.industry[account]], 0.97)
    won = rng.random(len(account)) < chance
    days = CYCLE_DELAY.draw(rng, CYCLE_DAYS[size] * CYCLE_BY_TYPE[kind])
    closed = later(rng, created, np.maximum(days, 3.0), working=True)
    closed[~won & (rng.random(len(account)) < NEVER_CLOSED)] = NEVER
    return _Deals(account, np.full(len(account), kind), created, closed, won, chance)


def _follow_up(
    rng: np.random.Generator,
    accounts: Accounts,
    kind: int,
    account: Ints,
    after: Ints,
    odds: tuple[float, float],
) -> _Deals:
    """Deals that begin after `after`: with probability odds[0], after about odds[1] days."""
    days = odds[1] * rng.lognormal(0, 0.05 if kind == RENEWAL else 0.6, len(account))
    begin = _step(rng, after, odds[0], days, working=True)
    return _deals(rng, accounts, account, kind, begin)


RENEWAL = words.RENEWAL


def _all_deals(rng: np.random.Generator, accounts: Accounts, funnel: Funnel) -> _Deals:
    """New business from the funnel, second attempts, and what customers buy later."""
    place = np.arange(len(accounts))
    first = _deals(rng, accounts, place, words.NEW_BUSINESS, funnel.opportunity)
    lost = first.where(~first.won & (first.closed < NEVER))
    again = _follow_up(rng, accounts, words.NEW_BUSINESS, lost.account, lost.closed, (0.2, 170))
    since = np.where(funnel.existing, funnel.first_touch + rng.integers(5, 300, len(place)) * DAY, NEVER)
    for batch in (first, again):
        since[batch.account[batch.won]] = batch.closed[batch.won]
    cross = _follow_up(rng, accounts, words.CROSS_SELL, place, since, (0.45, 140))
    upsell = _follow_up(rng, accounts, words.UPSELL, place, since, (0.35, 200))
    renewal = _follow_up(rng, accounts, RENEWAL, place, since, (0.92, 335))
    kept = renewal.where(renewal.won & (renewal.closed < END))
    second = _follow_up(rng, accounts, RENEWAL, kept.account, kept.closed, (0.92, 335))
    batches = (first, again, cross, upsell, renewal, second)
    merged = _Deals(*(
        np.concatenate([getattr(batch, name) for batch in batches]) for name in _Deals.__dataclass_fields__
    ))  # fmt: skip
    order = np.lexsort((merged.created, merged.account))
    return _Deals(*(getattr(merged, name)[order] for name in _Deals.__dataclass_fields__))


def _opportunities(
    rng: np.random.Generator, accounts: Accounts, funnel: Funnel, first: int
) -> tuple[Opportunities, Floats]:
    deals = _all_deals(rng, accounts, funnel)
    count, size = len(deals.account), accounts.size[deals.account]
    asked = AMOUNT[size] * AMOUNT_BY_TYPE[deals.kind] * rng.lognormal(0, 0.55, count)
    asked_cents = np.maximum(np.rint(asked / 50), 10).astype(np.int64) * 5000
    discount = np.where(rng.random(count) < 0.6, rng.integers(0, 16, count), 0)
    people = np.diff(accounts.person_start)[deals.account]
    members = np.minimum(people, 2 + rng.poisson(np.array([0.8, 2.0, 4.0])[size]))
    newest = deals.kind == words.NEW_BUSINESS
    opportunities = Opportunities(
        first, deals.account, deals.kind, deals.created, deals.closed, deals.won, _stages(rng, deals),
        newest & (deals.created == funnel.opportunity[deals.account]),
        (rng.random(count) ** 1.3 * len(words.PRODUCTS)).astype(np.int64),
        asked_cents * (100 - discount) // 100, asked_cents, rng.random(count) < 0.15,
        np.where(newest, 0, rng.integers(0, people)), members,
    )  # fmt: skip
    return opportunities, deals.chance


def _stages(rng: np.random.Generator, deals: _Deals) -> Ints:
    """When each deal enters the open stages it passes before it closes or is left alone."""
    count = len(deals.created)
    silent = deals.closed >= NEVER
    cycle = np.where(silent, 120 * DAY, deals.closed - deals.created)
    places = np.clip(STAGE_AT + rng.normal(0, 0.025, (count, words.OPEN_STAGES)), 0.005, 0.97)
    times = deals.created[:, None] + (np.sort(places, axis=1) * cycle[:, None]).astype(np.int64)
    times = working_times(rng, times.ravel()).reshape(times.shape)
    floor = deals.created[:, None] + 600 * np.arange(1, words.OPEN_STAGES + 1)
    times = np.maximum.accumulate(np.maximum(times, floor), axis=1) + 60 * np.arange(words.OPEN_STAGES)
    reached = np.where(deals.won, words.OPEN_STAGES, rng.integers(1, words.OPEN_STAGES + 1, count))
    passed = np.arange(words.OPEN_STAGES) < reached[:, None]
    passed[:, 1] &= ~np.isin(deals.kind, (words.UPSELL, RENEWAL))
    passed[:, 2] &= deals.kind != RENEWAL
    passed[:, 4] &= rng.random(count) < 0.6
    return np.where(passed & (times < deals.closed[:, None]), times, NEVER)


def _leads(
    rng: np.random.Generator, accounts: Accounts, funnel: Funnel, opportunities: Opportunities, first: int
) -> Leads:
    """One lead for each account that gets that far, then further ones that are never qualified."""
    main = np.flatnonzero(funnel.lead < END)
    deal_of = np.full(len(accounts), -1)
    origin = np.flatnonzero(opportunities.from_lead)
    deal_of[opportunities.account[origin]] = origin
    extra = np.repeat(main, rng.poisson(0.35, len(main)))
    people = np.diff(accounts.person_start)
    created = working_times(rng, funnel.lead[extra] + rng.integers(2 * DAY, 400 * DAY, len(extra)))
    extra, created = extra[created < END], created[created < END]
    person = accounts.person_start[extra] + 1 + rng.integers(0, people[extra] - 1)
    dropped = _step(rng, created, 0.5, rng.lognormal(np.log(25), 0.6, len(extra)), working=True)
    account = np.concatenate([main, extra])
    return Leads(
        first, account, np.concatenate([accounts.person_start[main], person]),
        np.concatenate([funnel.lead[main], created]), np.concatenate([funnel.disqualified[main], dropped]),
        np.arange(len(account)) < len(main), np.concatenate([deal_of[main], np.full(len(extra), -1)]),
    )  # fmt: skip
