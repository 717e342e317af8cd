"""The records of a block as a CRM would export them: one frame per table, ids and names spelled out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.catalogue import codes, stamps
from workbench.sources.synthetic.company import Block, Leads, account_names
from workbench.sources.synthetic.times import DAY, END, NEVER, Ints

UNKNOWN_PARENT = "A9999999"
"""Named as parent by one account, though there is no such record."""
USERS = codes("USR", len(words.TERRITORIES) * words.SELLERS_PER_TERRITORY)


def ids(prefix: str, numbers: Ints, width: int = 7) -> pl.Series:
    """Text ids; null for negative numbers."""
    text = prefix + (pl.Series(numbers) + 1).cast(pl.String).str.zfill(width)
    return pl.select(pl.when(pl.Series(numbers >= 0)).then(text)).to_series()


def account_ids(numbers: Ints) -> pl.Series:
    """Ids of accounts by number."""
    return ids("A", numbers)


def person_ids(numbers: Ints) -> pl.Series:
    """Ids of persons by number."""
    return ids("P", numbers, 8)


def opportunity_ids(numbers: Ints) -> pl.Series:
    """Ids of opportunities by number."""
    return ids("O", numbers)


def group_ids(numbers: Ints) -> pl.Series:
    """Ids of buying groups by number."""
    return ids("G", numbers)


def lead_ids(numbers: Ints) -> pl.Series:
    """Ids of leads by number."""
    return ids("L", numbers)


def _shift(places: Ints, first: int) -> Ints:
    """Positions in a block as numbers in the whole company; -1 stays."""
    return np.where(places >= 0, places + first, -1)


def _pick(values: Sequence[str], places: Ints) -> pl.Series:
    """The value at each place; null for -1."""
    return pl.select(
        pl.when(pl.Series(places >= 0)).then(pl.Series(list(values)).gather(np.maximum(places, 0)))
    ).to_series()


def _money(cents: Ints) -> pl.Series:
    units = pl.Series(cents // 100).cast(pl.String)
    return units + "." + pl.Series(cents % 100).cast(pl.String).str.zfill(2)


def record_tables(block: Block) -> dict[str, pl.DataFrame]:
    """All records of the block, by table."""
    accounts, domains = _accounts(block)
    groups, members = _buying_groups(block, accounts["name"])
    return {
        "accounts": accounts,
        "persons": _persons(block, domains),
        "account_persons": _account_persons(block),
        "opportunities": _opportunities(block, accounts["name"]),
        "opportunity_stages": _stages(block),
        "opportunity_products": _products(block),
        "buying_groups": groups,
        "buying_group_members": members,
        "leads": _leads(block),
    }


def _company_names(block: Block) -> tuple[pl.Series, pl.Series]:
    """Names with their legal form, and domains; a subsidiary bears the name of the group it belongs to."""
    accounts = block.accounts
    count = len(accounts)
    root = np.arange(count)
    for _ in range(8):
        root = np.where(accounts.parent[root] >= 0, accounts.parent[root], root)
    head, tail, activity, again = account_names(root + accounts.first)
    stem = _pick(words.NAME_HEADS, head) + _pick(words.NAME_TAILS, tail)
    kind = _pick(words.ACTIVITIES, activity)
    other_head, other_tail = head * 7 + tail, tail * 11 + activity + 5
    other = _pick(words.NAME_HEADS, other_head % len(words.NAME_HEADS)) + _pick(
        words.NAME_TAILS, other_tail % len(words.NAME_TAILS)
    )
    style = (head * 3 + tail * 5 + activity * 7) % 20
    region = _pick(words.REGIONS, np.arange(count) % len(words.REGIONS))
    frame = pl.DataFrame({
        "stem": stem, "kind": kind, "other": other, "style": style, "region": region, "again": again + 1,
        "own": root == np.arange(count), "legal": _legal_forms(block),
    })  # fmt: skip
    core = (
        pl.when(pl.col("style") < 4)
        .then(pl.format("{} & {} {}", "stem", "other", "kind"))
        .when(pl.col("style") == 4)
        .then(pl.format("{} and {} International {} Holdings", "stem", "other", "kind"))
        .otherwise(pl.format("{} {}", "stem", "kind"))
    )
    nothing, repeated = pl.lit(""), pl.col("again") > 1
    number = pl.when(repeated).then(pl.format(" {}", "again")).otherwise(nothing)
    branch = pl.when("own").then(nothing).otherwise(pl.format(" {}", "region"))
    host = pl.when("own").then(nothing).otherwise(pl.format("{}.", "region"))
    named = frame.select(
        pl.concat_str(core, number, branch, pl.lit(" "), "legal").alias("name"),
        pl.concat_str(host, "stem", pl.lit("-"), "kind", number, pl.lit(".example"))
        .str.replace_all(" ", "-")
        .str.to_lowercase()
        .alias("domain"),
    )
    return named["name"], named["domain"]


def _legal_forms(block: Block) -> pl.Series:
    """A legal form of each account's country."""
    accounts = block.accounts
    forms = [entry[1] for entry in words.COUNTRIES.values()]
    return _in_country(accounts.country, accounts.city // 64, forms)


def _in_country(country: Ints, number: Ints, choices: list[tuple[str, ...]]) -> pl.Series:
    starts = np.cumsum([0] + [len(values) for values in choices])
    flat = [value for values in choices for value in values]
    return _pick(flat, starts[country] + number % np.diff(starts)[country])


def _accounts(block: Block) -> tuple[pl.DataFrame, pl.Series]:
    accounts = block.accounts
    names, domains = _company_names(block)
    numbers = accounts.first + np.arange(len(accounts))
    account_id = account_ids(numbers)
    parent = account_ids(_shift(accounts.parent, accounts.first))
    if accounts.first == 0 and len(accounts) >= 100:
        parent[60] = UNKNOWN_PARENT
    cities = [entry[2] for entry in words.COUNTRIES.values()]
    revenue_range = np.searchsorted(np.array([10, 50, 250, 1000]) * 1_000_000, accounts.revenue, side="right")
    frame = pl.DataFrame({
        "account_id": account_id, "name": names, "parent_account_id": parent,
        "owner_id": _pick(USERS, accounts.owner),
        "industry": _pick(words.INDUSTRY_NAMES, accounts.industry), "employees": accounts.employees,
        "annual_revenue": _money(accounts.revenue * 100), "company_size": _pick(words.SIZES, accounts.size),
        "revenue_range": _pick(words.REVENUE_RANGES, revenue_range),
        "city": _in_country(accounts.country, accounts.city, cities),
        "country": _pick(words.COUNTRY_NAMES, accounts.country), "website": "https://www." + domains,
        "propensity_to_buy": accounts.propensity,
        "record_url": "https://crm.tessaly.example/accounts/" + account_id,
    })  # fmt: skip
    return frame, domains


def _persons(block: Block, domains: pl.Series) -> pl.DataFrame:
    persons = block.persons
    given, family = _pick(words.GIVEN_NAMES, persons.given), _pick(words.FAMILY_NAMES, persons.family)
    titles, departments, roles = zip(*words.JOB_TITLES, strict=True)
    key = (persons.account * len(words.GIVEN_NAMES) + persons.given) * len(
        words.FAMILY_NAMES
    ) + persons.family
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    same = np.arange(len(persons)) - first[inverse]
    number = pl.select(
        pl.when(pl.Series(same > 0)).then(pl.Series(same + 1).cast(pl.String)).otherwise(pl.lit(""))
    )
    email = given.str.to_lowercase() + "." + family.str.to_lowercase() + number.to_series()
    return pl.DataFrame({
        "person_id": person_ids(persons.first + np.arange(len(persons))),
        "account_id": account_ids(np.where(persons.unassigned, -1, persons.account + block.accounts.first)),
        "name": given + " " + family, "email": email + "@" + domains.gather(persons.account),
        "job_title": _pick(titles, persons.title), "department": _pick(departments, persons.title),
        "role_type": _pick(roles, persons.title), "consent_level": persons.consent,
        "do_not_email": persons.do_not_email,
    })  # fmt: skip


def _account_persons(block: Block) -> pl.DataFrame:
    """Every membership: the person's own account, then a second one where there is one, with its dates."""
    persons = block.persons
    twofold = np.flatnonzero(persons.second_account >= 0)
    account = np.concatenate([persons.account, persons.second_account[twofold]])
    person = np.concatenate([np.arange(len(persons)), twofold])
    second = np.arange(len(account)) >= len(persons)
    since = np.where(second, END - (person * 7919 % 700 + 60) * DAY, NEVER)
    ended = np.where(second & (person % 5 == 0), since + 50 * DAY, NEVER)
    role = np.where(second, 1 + person % len(words.SECOND_ROLES), 0)
    return pl.DataFrame({
        "account_id": account_ids(account + block.accounts.first),
        "person_id": person_ids(person + persons.first),
        "role": _pick(("Employee", *words.SECOND_ROLES), role), "valid_from": stamps(since),
        "valid_to": stamps(ended),
    })  # fmt: skip


def _opportunities(block: Block, names: pl.Series) -> pl.DataFrame:
    deals = block.opportunities
    over = deals.closed < END
    passed = (deals.stages < END).cumsum(axis=1).argmax(axis=1)
    stage = np.where(over, np.where(deals.won, 6, 7), passed)
    territory = (
        block.accounts.owner[deals.account] // words.SELLERS_PER_TERRITORY * words.SELLERS_PER_TERRITORY
    )
    other = (
        territory
        + (block.accounts.owner[deals.account] + 1 + deals.account % 5) % words.SELLERS_PER_TERRITORY
    )
    owner = np.where(deals.other_seller, other, block.accounts.owner[deals.account])
    products = [product[0] for product in words.PRODUCTS]
    kind = _pick(words.OPPORTUNITY_TYPES, deals.kind)
    # An open deal stands at the amount asked until the negotiation settles it.
    settled = over | (deals.stages[:, 5] < END)
    return pl.DataFrame({
        "opportunity_id": opportunity_ids(deals.first + np.arange(len(deals))),
        "account_id": account_ids(deals.account + block.accounts.first),
        "name": names.gather(deals.account) + ": " + _pick(products, deals.product) + ", " + kind,
        "type": kind, "stage": _pick(words.STAGES, stage),
        "outcome": _pick(("open", "won", "lost"), np.where(over, np.where(deals.won, 1, 2), 0)),
        "amount": _money(np.where(settled, deals.cents, deals.asked_cents)),
        "currency": pl.repeat(words.CURRENCY, len(deals), eager=True), "created_at": stamps(deals.created),
        "closed_at": stamps(deals.closed), "owner_id": _pick(USERS, owner),
    })  # fmt: skip


def _stages(block: Block) -> pl.DataFrame:
    """Open stages as they are entered, then the closing one; in order of deal and time."""
    deals = block.opportunities
    closing = np.where(deals.won[:, None] == np.array([True, False]), deals.closed[:, None], NEVER)
    times = np.concatenate([deals.stages, closing], axis=1)
    deal, stage = np.nonzero(times < END)
    cents = np.where(stage >= 5, deals.cents[deal], deals.asked_cents[deal])
    return pl.DataFrame({
        "opportunity_id": opportunity_ids(deals.first + deal), "stage": _pick(words.STAGES, stage),
        "entered_at": stamps(times[deal, stage]), "amount": _money(cents),
    })  # fmt: skip


def _products(block: Block) -> pl.DataFrame:
    """One to three products a deal; their amounts add up to the deal's."""
    deals = block.opportunities
    settled = (deals.closed < END) | (deals.stages[:, 5] < END)
    cents = np.where(settled, deals.cents, deals.asked_cents)
    count = 1 + (deals.first + np.arange(len(deals))) * 31 % 5 // 2
    deal = np.repeat(np.arange(len(deals)), count)
    line = np.arange(len(deal)) - np.repeat(np.cumsum(count) - count, count)
    share = cents[deal] // (2 * count[deal])
    amount = np.where(line == 0, cents[deal] - share * (count[deal] - 1), share)
    product = (deals.product[deal] + 5 * line) % len(words.PRODUCTS)
    return pl.DataFrame({
        "opportunity_id": opportunity_ids(deals.first + deal),
        "product_id": _pick(codes("PRD", len(words.PRODUCTS)), product),
        "quantity": 1 + (deal * 7 + line) % 4, "amount": _money(amount),
    })  # fmt: skip


def _buying_groups(block: Block, names: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One buying group a deal, numbered like it."""
    deals, accounts = block.opportunities, block.accounts
    number = deals.first + np.arange(len(deals))
    products = codes("PRD", len(words.PRODUCTS))
    title = _pick([product[0] for product in words.PRODUCTS], deals.product)
    groups = pl.DataFrame({
        "buying_group_id": group_ids(number), "account_id": account_ids(deals.account + accounts.first),
        "opportunity_id": opportunity_ids(number), "product_id": _pick(products, deals.product),
        "name": names.gather(deals.account) + ", " + title + " buying group",
    })  # fmt: skip
    group = np.repeat(np.arange(len(deals)), deals.members)
    place = np.arange(len(group)) - np.repeat(np.cumsum(deals.members) - deals.members, deals.members)
    account = deals.account[group]
    people = np.diff(accounts.person_start)[account]
    person = accounts.person_start[account] + (deals.member_start[group] + place) % people
    members = pl.DataFrame({
        "buying_group_id": group_ids(deals.first + group),
        "person_id": person_ids(person + block.persons.first),
        "role": _pick(words.MEMBER_ROLES, place % len(words.MEMBER_ROLES)), "is_primary": place == 0,
    })  # fmt: skip
    return groups, members


def _lead_status(block: Block, leads: Leads) -> Ints:
    """0 open, 1 nurturing, 2 disqualified, 3 MQL, 4 SQL, 5 converted."""
    funnel, account = block.funnel, leads.account
    status = np.where(leads.created < END - 120 * DAY, 1, 0)
    status = np.where(leads.disqualified < END, 2, status)
    status = np.where(leads.primary & (funnel.mql[account] < END), 3, status)
    status = np.where(leads.primary & (funnel.sql[account] < END), 4, status)
    return np.where(leads.opportunity >= 0, 5, status)


def _leads(block: Block) -> pl.DataFrame:
    leads, deals = block.leads, block.opportunities
    converted = np.full(len(leads), NEVER)
    origin = np.flatnonzero(leads.opportunity >= 0)
    converted[origin] = deals.created[leads.opportunity[origin]]
    names = ("Open", "Nurturing", "Disqualified", "MQL", "SQL", "Converted")
    return pl.DataFrame({
        "lead_id": lead_ids(leads.first + np.arange(len(leads))),
        "person_id": person_ids(leads.person + block.persons.first),
        "account_id": account_ids(leads.account + block.accounts.first),
        "status": _pick(names, _lead_status(block, leads)), "created_at": stamps(leads.created),
        "converted_at": stamps(converted),
        "opportunity_id": opportunity_ids(_shift(leads.opportunity, deals.first)),
    })  # fmt: skip
