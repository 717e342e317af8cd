"""What does not grow with the company: campaigns, contents, products, marketing events, and its own users."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl

from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.company import SPRING_SESSIONS
from workbench.sources.synthetic.times import DAY, DAYS, END, START, Bools, Ints, seconds

CONTENTS_PER_TYPE = 14
CITIES = tuple(city for entry in words.COUNTRIES.values() for city in entry[2])
Purpose = Literal["mail", "ads", "any"]
_CHANNELS_OF: dict[str, tuple[str, ...]] = {
    "mail": ("Email", "Trade Show", "Webinar"),
    "ads": ("Display", "Social"),
    "any": ("Email", "Trade Show", "Webinar", "Display", "Social", "Paid Search"),
}


@dataclass(frozen=True)
class _Held:
    """One marketing event."""

    name: str
    format: str
    place: str
    starts: int
    ends: int
    campaign: int


def _campaign_of(prefix: str, time: int) -> int:
    """The campaign whose name begins so and that runs at that time, -1 for none."""
    for code, (name, _, _, first, last, _) in enumerate(words.CAMPAIGNS):
        if name.startswith(prefix) and seconds(first) <= time < seconds(last) + DAY:
            return code
    return -1


def _held() -> tuple[_Held, ...]:
    """About four events a month, in order of time: in person, webinars, and the spring series."""
    rng = np.random.default_rng(11)
    events = [
        _Held(f"Spring Webinar {number}: {topic}", "Webinar", "Online", start, start + 3600, 0)
        for number, (start, topic) in enumerate(
            zip(SPRING_SESSIONS.tolist(), words.TOPICS * 2, strict=False), 1
        )
    ]
    for month in range(DAYS // 30):
        for slot in range(4):
            day = START // DAY + 3 + month * 30 + slot * 7 + int(rng.integers(0, 5))
            day -= max(0, (day + 3) % 7 - 4)
            start = day * DAY + int(rng.integers(8, 16)) * 3600
            topic, city = str(rng.choice(words.TOPICS)), str(rng.choice(CITIES))
            if slot % 2:
                kind = str(rng.choice(words.WEBINARS))
                campaign = _campaign_of("Spring Webinar Encore", start)
                events.append(_Held(f"{kind}: {topic}", "Webinar", "Online", start, start + 2700, campaign))
            else:
                kind = str(rng.choice(words.IN_PERSON))
                prefix = "Enterprise Executive" if kind == "Executive Dinner" else "Plant Tour Roadshow"
                length = (3 if kind in ("Trade Fair", "User Conference") else 0) * DAY + 5 * 3600
                name = f"{kind} {city}: {topic}"
                events.append(
                    _Held(name, "In-Person", city, start, start + length, _campaign_of(prefix, start))
                )
    return tuple(sorted(events, key=lambda event: event.starts))


class Catalogue:
    """The same for every seed and size; codes are positions in its tables."""

    spring_campaign = 0
    search_campaign = 1

    def __init__(self) -> None:
        self.events = _held()
        self._campaigns = {purpose: _campaign_table(channels) for purpose, channels in _CHANNELS_OF.items()}
        self.in_person: Bools = np.array([event.format == "In-Person" for event in self.events])
        self.event_campaign: Ints = np.array([event.campaign for event in self.events])
        starts = np.array([event.starts for event in self.events])
        spring = self.event_campaign == self.spring_campaign
        self.spring_events: Ints = np.flatnonzero(spring)
        """Sessions of the spring series, in order of time."""
        self.public_events: Ints = np.flatnonzero(~spring)
        self.public_starts: Ints = starts[self.public_events]
        self.content_type: Ints = np.repeat(np.arange(len(words.CONTENT_TYPES)), CONTENTS_PER_TYPE)

    def campaign_at(self, times: Ints, rng: np.random.Generator, purpose: Purpose) -> Ints:
        """A campaign for that purpose that runs at each time."""
        table = self._campaigns[purpose]
        picks: Ints = table[(times - START) // DAY, rng.integers(0, table.shape[1], len(times))]
        return picks

    def random_content(self, content_types: Ints, rng: np.random.Generator) -> Ints:
        """A content of each type, the first ones more often."""
        rank = (rng.random(len(content_types), dtype=np.float32) ** 2 * CONTENTS_PER_TYPE).astype(np.int64)
        return content_types * CONTENTS_PER_TYPE + rank

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The records, by table."""
        return {
            "campaigns": _campaigns(), "contents": _contents(), "products": _products(),
            "marketing_events": _marketing_events(self.events), "users": _users(),
        }  # fmt: skip


def codes(prefix: str, count: int) -> list[str]:
    """Ids of a table of the catalogue: CMP-001, CMP-002, …"""
    return [f"{prefix}-{number:03d}" for number in range(1, count + 1)]


def _campaign_table(channels: tuple[str, ...]) -> Ints:
    """Per day of the data, 24 campaigns that run on it, by turns."""
    days = START + DAY * np.arange(DAYS)
    rows = np.zeros((DAYS, 24), dtype=np.int64)
    spans = [
        (code, seconds(first), seconds(last)) for code,
        (_, channel, _, first, last, _) in enumerate(words.CAMPAIGNS)
        if channel in channels
    ]  # fmt: skip
    for row, day in enumerate(days):
        running = [code for code, first, last in spans if first <= day <= last]
        rows[row] = np.resize(running, 24)
    return rows


def _campaigns() -> pl.DataFrame:
    columns = ("name", "channel", "objective", "start_date", "end_date", "budget")
    data = {"campaign_id": codes("CMP", len(words.CAMPAIGNS))}
    return pl.DataFrame(data | dict(zip(columns, map(list, zip(*words.CAMPAIGNS, strict=True)), strict=True)))


def _contents() -> pl.DataFrame:
    types = [name for name in words.CONTENT_TYPES for _ in range(CONTENTS_PER_TYPE)]
    topics = [words.TOPICS[number % len(words.TOPICS)] for number in range(len(types))]
    products = codes("PRD", len(words.PRODUCTS))
    return pl.DataFrame({
        "content_id": codes("CNT", len(types)),
        "name": [words.CONTENT_TITLES[kind].format(topic) for kind, topic in zip(types, topics, strict=True)],
        "content_type": types, "topic": topics,
        "product_id": [products[number * 5 % len(products)] for number in range(len(types))],
    })  # fmt: skip


def _products() -> pl.DataFrame:
    names, categories, prices = zip(*words.PRODUCTS, strict=True)
    return pl.DataFrame({
        "product_id": codes("PRD", len(names)), "name": names, "category": categories, "list_price": prices,
        "currency": words.CURRENCY,
    })  # fmt: skip


def _marketing_events(events: tuple[_Held, ...]) -> pl.DataFrame:
    campaigns = codes("CMP", len(words.CAMPAIGNS))
    return pl.DataFrame({
        "marketing_event_id": codes("EVT", len(events)), "name": [event.name for event in events],
        "format": [event.format for event in events], "place": [event.place for event in events],
        "starts_at": stamps(np.array([event.starts for event in events])),
        "ends_at": stamps(np.array([event.ends for event in events])),
        "campaign_id": [None if event.campaign < 0 else campaigns[event.campaign] for event in events],
    })  # fmt: skip


def stamps(times: Ints) -> pl.Series:
    """Times as exports write them; null where nothing happens within the data."""
    text = pl.Series(times * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.select(pl.when(pl.Series(times < END)).then(text)).to_series()


def _users() -> pl.DataFrame:
    """Sellers by territory, then their managers, then the head of sales."""
    per, territories = words.SELLERS_PER_TERRITORY, words.TERRITORIES
    sellers = per * len(territories)
    count = sellers + len(territories) + 1
    ids = codes("USR", count)
    given, family = words.GIVEN_NAMES, words.FAMILY_NAMES
    names = [f"{given[n * 37 % len(given)]} {family[n * 53 % len(family)]}" for n in range(count)]
    territory = [territories[number // per] for number in range(sellers)] + [*territories, None]
    teams = [f"{name} Sales" for name in territory[:-1] if name] + ["Sales Leadership"]
    manager = [ids[sellers + number // per] for number in range(sellers)] + [ids[-1]] * len(territories)
    roles = (
        ["Account Executive"] * sellers + ["Regional Sales Manager"] * len(territories) + ["Head of Sales"]
    )
    return pl.DataFrame({
        "user_id": ids, "name": names,
        "email": [name.lower().replace(" ", ".") + "@tessaly.example" for name in names], "role": roles,
        "team": teams, "territory": territory, "manager_id": [*manager, None],
    })  # fmt: skip
