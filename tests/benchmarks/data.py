"""Benchmark data: sessions of digital events and dated CRM events, the same bytes for the same size.

The events come in chunks of a million, each from its own seed, so memory stays flat at any size. Times are
whole seconds and CRM events carry only a day, so ties are common; a few rows have no account of their own
(taken from their person) or none at all. `python -m tests.benchmarks.data --events 1000000 --dir
build/bench/1000000` writes the files.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

SEED = 20240229
CHUNK = 1_000_000
START = int(np.datetime64("2023-01-01T00:00:00", "s").astype(np.int64))
END = int(np.datetime64("2024-12-31T23:59:59", "s").astype(np.int64))
DAY = 86_400
EVENTS_PER_ACCOUNT = 250
PERSONS_PER_ACCOUNT = 3
CRM_SHARE = 0.05

SESSION_TYPES: dict[str, float] = {
    "Page Viewed": 20.0,
    "Email Sent": 15.0,
    "Email Opened": 12.0,
    "Ad Impression": 10.0,
    "Email Clicked": 8.0,
    "Ad Clicked": 7.0,
    "Content Downloaded": 5.5,
    "Form Submitted": 4.0,
    "Webinar Registered": 3.0,
    "Webinar Attended": 2.5,
    "Call Completed": 2.0,
    "Event Attended": 1.5,
    "Meeting Held": 1.2,
    "Trial Started": 1.0,
    "MQL Qualified": 0.9,
    "Demo Requested": 0.3,
}
"""Share of all events, in percent, before scaling to what the CRM types leave."""

CRM_TYPES: dict[str, float] = {
    "Stage Advanced": 2.6,
    "Opportunity Created": 0.9,
    "Proposal Sent": 0.8,
    "Closed-Lost": 0.4,
    "Closed-Won": 0.3,
}

EVENT_ORDER: tuple[str, ...] = (
    "MQL Qualified",
    "Opportunity Created",
    "Stage Advanced",
    "Proposal Sent",
    "Closed-Lost",
    "Closed-Won",
)
"""The declared order of events at the same moment; types that are not named come before."""

CHANNELS = ("Web", "Email", "Paid Search", "Paid Social", "Display", "Webinar", "Field", "Phone", "Partner")
CHANNEL_WEIGHTS = (0.28, 0.24, 0.12, 0.1, 0.08, 0.07, 0.04, 0.05, 0.02)
OFFLINE = frozenset({"Field", "Phone"})
CONTENT_TYPES = ("Blog", "Case Study", "Datasheet", "Video", "Whitepaper")
SELLER_TYPES = frozenset({"Email Sent", "Call Completed", "Proposal Sent", "Stage Advanced"})
INDUSTRIES = ("Software", "Media", "Manufacturing", "Health", "Retail", "Finance")
FILES = (
    "events",
    "accounts",
    "persons",
    "opportunities",
    "buying_groups",
    "buying_group_members",
)


@dataclass(frozen=True)
class Population:
    """Who exists, as arrays of codes: an opportunity's account, days and members."""

    accounts: int
    activity: NDArray[np.float64]
    """Cumulative share of sessions per account."""
    opportunity_account: Ints
    opportunity_created: Ints
    opportunity_closed: Ints
    """Seconds since 1970; after `END` for open ones."""
    opportunity_won: Bools
    member_group: Ints
    """Code of the opportunity, which is that of its only buying group."""
    member_person: Ints

    @property
    def persons(self) -> int:
        """Number of persons; person `p` belongs to account `p // 3`."""
        return self.accounts * PERSONS_PER_ACCOUNT


def population(events: int) -> Population:
    """The accounts, opportunities and memberships that a set of `events` events is about."""
    rng = np.random.default_rng((SEED, 0))
    accounts = max(events // EVENTS_PER_ACCOUNT, 20)
    weights = rng.lognormal(0.0, 0.8, accounts)
    deals = rng.choice(3, accounts, p=[0.5, 0.32, 0.18])
    account = np.repeat(np.arange(accounts), deals)
    created = START + rng.integers(0, 700 * DAY, account.size)
    cycle = (rng.lognormal(4.5, 0.6, account.size) * DAY).astype(np.int64)
    group, person = _members(rng, account, accounts)
    return Population(
        accounts=accounts,
        activity=np.cumsum(weights) / weights.sum(),
        opportunity_account=account,
        opportunity_created=created,
        opportunity_closed=created + cycle,
        opportunity_won=rng.random(account.size) < 0.4,
        member_group=group,
        member_person=person,
    )


def _members(rng: np.random.Generator, account: Ints, accounts: int) -> tuple[Ints, Ints]:
    """Most persons of the account; a few come from another account, as consultants do."""
    persons = account[:, None] * PERSONS_PER_ACCOUNT + np.arange(PERSONS_PER_ACCOUNT)
    stranger = rng.random(persons.shape) < 0.02
    persons = np.where(stranger, rng.integers(0, accounts * PERSONS_PER_ACCOUNT, persons.shape), persons)
    keep = rng.random(persons.shape) < 0.5
    groups = np.broadcast_to(np.arange(account.size)[:, None], persons.shape)
    return groups[keep], persons[keep]


def write(directory: Path, events: int) -> Path:
    """Write the Parquet files of `events` events into `directory`, unless they are there; returns it."""
    done, made_by = directory / "data.done", f"{events} {fingerprint(Path(__file__))}"
    if done.exists() and done.read_text() == made_by:
        return directory
    directory.mkdir(parents=True, exist_ok=True)
    people = population(events)
    for name, table in _record_tables(people).items():
        pq.write_table(table, directory / f"{name}.parquet", compression="zstd", store_schema=False)
    _write_events(directory / "events.parquet", people, events)
    done.write_text(made_by)
    return directory


def fingerprint(*sources: Path) -> str:
    """A digest of source files: what other sources made has to be made again."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _write_events(path: Path, people: Population, events: int) -> None:
    names = _Names(people)
    writer: Any = None
    for number, first in enumerate(range(0, events, CHUNK)):
        table = _chunk(people, names, number, first, min(CHUNK, events - first))
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="zstd", store_schema=False)
        writer.write_table(table, row_group_size=250_000)
    if writer is not None:
        writer.close()


class _Names:
    """The texts behind the codes, made once."""

    def __init__(self, people: Population) -> None:
        self.types = [*SESSION_TYPES, *CRM_TYPES]
        self.accounts = _ids("a", people.accounts)
        self.persons = _ids("p", people.persons)
        self.opportunities = _ids("o", people.opportunity_account.size)
        self.groups = _ids("g", people.opportunity_account.size)
        self.campaigns = _ids("c", 200)
        self.contents = _ids("k", 500)


def _ids(prefix: str, count: int) -> Any:
    return pa.array([f"{prefix}{number:07d}" for number in range(count)], pa.string())


@dataclass(frozen=True)
class _Rows:
    """Codes of a run of events; -1 stands for no value."""

    time: Ints
    kind: Ints
    account: Ints
    person: Ints
    opportunity: Ints
    channel: Ints


def _chunk(people: Population, names: _Names, number: int, first: int, count: int) -> Any:
    rng = np.random.default_rng((SEED, 1, number))
    crm = _crm_rows(rng, people, int(count * CRM_SHARE))
    web = _session_rows(rng, people, count - crm.time.size)
    joined = {
        name: np.concatenate([getattr(web, name), getattr(crm, name)]) for name in _Rows.__annotations__
    }
    order = np.argsort(joined["time"], kind="stable")
    return _table(rng, names, _Rows(**{name: codes[order] for name, codes in joined.items()}), first)


def _session_rows(rng: np.random.Generator, people: Population, count: int) -> _Rows:
    sizes = rng.geometric(1 / 3, count // 2 + 100)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]
    sessions = np.repeat(np.arange(sizes.size), sizes)[:count]
    account = np.searchsorted(people.activity, rng.random(sizes.size)).clip(0, people.accounts - 1)
    person = account * PERSONS_PER_ACCOUNT + rng.choice(PERSONS_PER_ACCOUNT, sizes.size, p=[0.5, 0.3, 0.2])
    known = rng.random(sizes.size)
    person = np.where(known < 0.82, person, -1)
    account = np.where((known < 0.03) | (known >= 0.99), -1, account)
    channel = rng.choice(len(CHANNELS), sizes.size, p=CHANNEL_WEIGHTS)
    channel = np.where(rng.random(sizes.size) < 0.04, -1, channel)
    start = START + ((END - START) * rng.random(sizes.size) ** 0.85).astype(np.int64)
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    gaps = np.cumsum(rng.integers(0, 300, count))
    time = np.minimum(start[sessions] + gaps - gaps[begins[sessions]], END)
    return _Rows(
        time=time,
        kind=_draw(rng, list(SESSION_TYPES.values()), count),
        account=account[sessions],
        person=person[sessions],
        opportunity=np.full(count, -1),
        channel=channel[sessions],
    )


def _crm_rows(rng: np.random.Generator, people: Population, count: int) -> _Rows:
    """Dated CRM events of opportunities: their times are days, so they tie with each other."""
    count = count if people.opportunity_account.size else 0
    deal = rng.integers(0, max(people.opportunity_account.size, 1), count)
    kind = _draw(rng, list(CRM_TYPES.values()), count)
    created, closed = people.opportunity_created[deal], people.opportunity_closed[deal]
    share = rng.random(count)
    share = np.where(kind == 1, 0.0, np.where(kind >= 3, 1.0, share))
    time = created + (share * (closed - created)).astype(np.int64)
    time = np.where(time > END, created, time)
    time = START + (time - START) // DAY * DAY
    account = people.opportunity_account[deal]
    contact = account * PERSONS_PER_ACCOUNT + rng.integers(0, PERSONS_PER_ACCOUNT, count)
    return _Rows(
        time=time,
        kind=kind + len(SESSION_TYPES),
        account=np.where(rng.random(count) < 0.2, -1, account),
        person=np.where(rng.random(count) < 0.25, contact, -1),
        opportunity=deal,
        channel=np.full(count, -1),
    )


def _draw(rng: np.random.Generator, weights: list[float], count: int) -> Ints:
    shares = np.cumsum(weights) / np.sum(weights)
    return np.searchsorted(shares, rng.random(count), side="right").clip(0, len(weights) - 1).astype(np.int64)


def _table(rng: np.random.Generator, names: _Names, rows: _Rows, first: int) -> Any:
    count = rows.time.size
    seller = np.array([name in SELLER_TYPES for name in names.types])[rows.kind]
    offline = np.array([name in OFFLINE for name in CHANNELS])[rows.channel]
    crm = rows.opportunity >= 0
    content = np.where(crm | (rng.random(count) < 0.4), -1, rng.integers(0, 500, count))
    campaign = np.where(crm | (rng.random(count) < 0.5), -1, rng.integers(0, 200, count))
    grouped = np.where(rng.random(count) < 0.3, rows.opportunity, -1)
    amount = np.where(rows.kind == names.types.index("Closed-Won"), rng.integers(5_000, 90_000, count), -1)
    number = pc.utf8_lpad(pc.cast(pa.array(np.arange(first, first + count)), pa.string()), 9, "0")
    return pa.table(
        {
            "event_id": pc.binary_join_element_wise("e", number, ""),
            "occurred_at": pa.array(rows.time * 1_000_000).cast(pa.timestamp("us")),
            "event_type": _take(names.types, rows.kind),
            "actor": _take(
                ["buyer", "seller", "system"], np.where(crm & ~seller, 2, seller.astype(np.int64))
            ),
            "account_id": _take(names.accounts, rows.account),
            "person_id": _take(names.persons, rows.person),
            "opportunity_id": _take(names.opportunities, rows.opportunity),
            "buying_group_id": _take(names.groups, grouped),
            "channel": _take(CHANNELS, rows.channel),
            "medium": _take(["online", "offline"], np.where(rows.channel < 0, -1, offline)),
            "campaign_id": _take(names.campaigns, campaign),
            "content_type": _take(CONTENT_TYPES, np.where(content < 0, -1, content % len(CONTENT_TYPES))),
            "content_id": _take(names.contents, content),
            "amount": pa.array(np.maximum(amount, 0), mask=amount < 0)
            .cast(pa.decimal128(19, 0))
            .cast(pa.decimal128(18, 4)),
            "currency": _take(["EUR"], np.where(amount < 0, -1, 0)),
        }
    )


def _take(texts: Any, codes: Ints) -> Any:
    values = texts if isinstance(texts, pa.Array) else pa.array(list(texts), pa.string())
    return values.take(pa.array(np.maximum(codes, 0), mask=codes < 0))


def _record_tables(people: Population) -> dict[str, Any]:
    rng = np.random.default_rng((SEED, 2))
    names = _Names(people)
    return {
        "accounts": _accounts(rng, people, names),
        "persons": pa.table(
            {
                "person_id": names.persons,
                "account_id": _take(names.accounts, np.arange(people.persons) // PERSONS_PER_ACCOUNT),
                "name": _labels("Person", people.persons),
                "email": [f"person{number}@example.com" for number in range(people.persons)],
                "job_title": _take(["Buyer", "Engineer", "Director"], rng.integers(0, 3, people.persons)),
            }
        ),
        "opportunities": _opportunities(rng, people, names),
        "buying_groups": pa.table(
            {
                "buying_group_id": names.groups,
                "account_id": _take(names.accounts, people.opportunity_account),
                "opportunity_id": names.opportunities,
                "name": _labels("Group", people.opportunity_account.size),
            }
        ),
        "buying_group_members": pa.table(
            {
                "buying_group_id": _take(names.groups, people.member_group),
                "person_id": _take(names.persons, people.member_person),
                "role": _take(["Champion", "Decision Maker"], people.member_person % 2),
            }
        ),
    }


def _accounts(rng: np.random.Generator, people: Population, names: _Names) -> Any:
    parent = np.where(rng.random(people.accounts) < 0.1, np.arange(people.accounts) // 10, -1)
    parent = np.where(parent == np.arange(people.accounts), -1, parent)
    return pa.table(
        {
            "account_id": names.accounts,
            "name": _labels("Account", people.accounts),
            "parent_account_id": _take(names.accounts, parent),
            "industry": _take(INDUSTRIES, rng.integers(0, len(INDUSTRIES), people.accounts)),
            "employees": rng.integers(10, 20_000, people.accounts),
        }
    )


def _opportunities(rng: np.random.Generator, people: Population, names: _Names) -> Any:
    count = people.opportunity_account.size
    closed, won = people.opportunity_closed, people.opportunity_won
    outcome = np.where(closed > END, 0, np.where(won, 1, 2))
    return pa.table(
        {
            "opportunity_id": names.opportunities,
            "account_id": _take(names.accounts, people.opportunity_account),
            "name": _labels("Deal", count),
            "outcome": _take(["open", "won", "lost"], outcome),
            "amount": pa.array(rng.integers(5_000, 90_000, count))
            .cast(pa.decimal128(19, 0))
            .cast(pa.decimal128(18, 4)),
            "currency": _take(["EUR"], np.zeros(count, np.int64)),
            "created_at": pa.array(people.opportunity_created * 1_000_000).cast(pa.timestamp("us")),
            "closed_at": pa.array(closed * 1_000_000, mask=closed > END).cast(pa.timestamp("us")),
        }
    )


def _labels(word: str, count: int) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


def main() -> None:
    """Write one data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    write(options.dir, options.events)


if __name__ == "__main__":
    main()
