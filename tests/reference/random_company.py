"""A seeded random company, small in vocabulary and rich in trouble, for comparisons with the reference.

Ties in time, day-only times, moments beside daylight-saving switches and local midnights, gaps of exactly the
session timeout and windows of exactly 180 days, accounts that must be derived or cannot be, persons of two
accounts, members of several buying groups, parents without a record and in a cycle, ids without a record.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .random_conditions import LIST
from .random_questions import random_questions

Row = dict[str, Any]

EVENT_TYPES = (
    "Page Viewed",
    "Email Opened",
    "Form Submitted",
    "Webinar Attended",
    "MQL Qualified",
    "Opportunity Created",
    "Closed-Won",
    "Closed-Lost",
)
WEIGHTS = (5, 4, 3, 2, 3, 3, 2, 1)
DEAL_TYPES = EVENT_TYPES[5:]
EVENT_ORDER = ["MQL Qualified", "Opportunity Created", "Closed-Won"]
INDUSTRIES = ("Software", "Media", "Retail", None)
CHANNELS = ("Email", "Web", "Event", None)
TOPICS = ("Pricing", "Security", None)
JOB_TITLES = ("CTO", "Buyer", "Head of Sales", None)
ROLES = ("Decision Maker", "Influencer", "Champion")
STAGES = ("Qualify", "Develop", "Close", None)
TEAMS = ("North", "South")
CURRENCY = "EUR"
FIRST = datetime(2023, 11, 6)
DAYS = 400
MILESTONES = {
    "mql": {"field": "event_type", "op": "equals", "value": "MQL Qualified"},
    "opportunity_created": {"field": "event_type", "op": "equals", "value": "Opportunity Created"},
    "won": {"field": "event_type", "op": "equals", "value": "Closed-Won"},
    "lost": {"field": "event_type", "op": "equals", "value": "Closed-Lost"},
}


def random_company(seed: int, accounts: int = 300) -> dict[str, Any]:
    """Tables by name (lists of dict rows, times naive UTC, money Decimal), settings under `settings`."""
    return Maker(seed, accounts).company()


class Maker:
    """Draws one company; the order of the draws is fixed by the seed."""

    def __init__(self, seed: int, accounts: int) -> None:
        self.rng = random.Random(seed)
        self.accounts = [f"A{number:03d}" for number in range(accounts)]
        self.zone = self.rng.choice(["Europe/Berlin", "Europe/Berlin", "America/New_York"])
        self.moments = self._moments()
        self.users = [{"user_id": f"U{n}", "name": f"User {n}", "team": TEAMS[n % 2]} for n in range(5)]
        self.campaigns = [
            {"campaign_id": f"C{n}", "name": f"Campaign {n}", "channel": CHANNELS[n]} for n in range(4)
        ]
        self.contents = [
            {"content_id": f"K{n}", "name": f"Paper {n}", "content_type": "Paper", "topic": TOPICS[n % 3]}
            for n in range(4)
        ]
        self.products = [{"product_id": f"P{n}", "name": f"Product {n}"} for n in range(3)]
        self.marketing_events = [
            {"marketing_event_id": f"M{n}", "name": f"Event {n}", "format": ("Webinar", "Fair")[n]}
            for n in range(2)
        ]
        self.persons, self.account_persons = self._persons()
        self.persons_of = self._persons_of()
        self.opportunities = self._opportunities()
        self.groups = self._groups()
        self.members = self._members()
        self.leads = self._leads()

    def company(self) -> dict[str, Any]:
        """All tables and the settings."""
        return {
            "accounts": self._accounts(),
            "persons": self.persons,
            "account_persons": self.account_persons,
            "opportunities": self.opportunities,
            "buying_groups": self.groups,
            "buying_group_members": self.members,
            "leads": self.leads,
            "campaigns": self.campaigns,
            "contents": self.contents,
            "products": self.products,
            "marketing_events": self.marketing_events,
            "users": self.users,
            "events": self._events(),
            "settings": {
                "time_zone": self.zone,
                "event_order": list(EVENT_ORDER),
                "session_timeout": 1800,
                "first_weekday": self.rng.choice(["monday", "monday", "sunday", "thursday"]),
                "fiscal_year_start": self.rng.choice([1, 2, 4, 12]),
                "milestones": MILESTONES,
                "lists": {LIST: self._listed()},
                "in_play_window": self.rng.choice(["90d", "200d", "8w", "2000h"]),
            },
        }

    def _listed(self) -> list[str]:
        """Every third id of each kind, and one that nobody has."""
        rows = [("account_id", [{"account_id": one} for one in self.accounts])]
        rows += [("person_id", self.persons), ("opportunity_id", self.opportunities)]
        rows += [("buying_group_id", self.groups), ("lead_id", self.leads)]
        return ["nobody", *(str(row[key]) for key, some in rows for row in some[::3])]

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _month_start(self, year: int, month: int) -> datetime:
        local = datetime(year, month, 1, tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC).replace(tzinfo=None)

    def _moments(self) -> list[datetime]:
        """A pool of times that many events share."""
        switches = [
            datetime(2024, month, day, hour, minute)
            for month, day in ((3, 10), (3, 31), (10, 27), (11, 3))
            for hour in (0, 1, 6, 7)
            for minute in (0, 30)
        ]
        edges = []
        for year, month in ((2023, 12), (2024, 1), (2024, 4), (2024, 5), (2024, 7), (2024, 10), (2024, 11)):
            start = self._month_start(year, month)
            edges += [start, start - timedelta(seconds=1), start + timedelta(hours=23)]
        days = [FIRST + timedelta(days=self.rng.randrange(DAYS)) for _ in range(25)]
        free = [FIRST + timedelta(minutes=15 * self.rng.randrange(DAYS * 96)) for _ in range(30)]
        return switches + edges + days + free

    def _moment(self) -> datetime:
        if self._chance(0.75):
            return self.rng.choice(self.moments)
        return FIRST + timedelta(seconds=self.rng.randrange(DAYS * 86400))

    def _accounts(self) -> list[Row]:
        rows: list[Row] = []
        for number, account in enumerate(self.accounts):
            parent = self.rng.choice(self.accounts[:number]) if number and self._chance(0.25) else None
            if self._chance(0.03):
                parent = self.rng.choice(["G-unknown-1", "G-unknown-2"])
            rows.append(
                {
                    "account_id": account,
                    "name": f"Company {account}",
                    "parent_account_id": parent,
                    "owner_id": self.rng.choice([None, *(user["user_id"] for user in self.users)]),
                    "industry": self.rng.choice(INDUSTRIES),
                    "employees": self.rng.choice([None, 10, 50, 250, 1000]),
                    "country": self.rng.choice(["DE", "US", None]),
                }
            )
        return self._tangle(rows)

    def _tangle(self, rows: list[Row]) -> list[Row]:
        """Parents in a circle of three, an account that is its own parent, one account without a record."""
        if len(rows) >= 10:
            for child, parent in ((5, 7), (7, 6), (6, 5), (3, 3)):
                rows[child]["parent_account_id"] = rows[parent]["account_id"]
            del rows[-1]
        return rows

    def _persons(self) -> tuple[list[Row], list[Row]]:
        persons: list[Row] = []
        links: list[Row] = []
        for number in range(int(len(self.accounts) * 1.6)):
            person = f"N{number:03d}"
            home, other = self.rng.choice(self.accounts), self.rng.choice(self.accounts)
            own = home if self._chance(0.85) else None
            homes = [home] if self._chance(0.6) or own is None else []
            homes += [other] if self._chance(0.15) else []
            links += [self._link(person, account) for account in dict.fromkeys(homes)]
            persons.append(
                {
                    "person_id": person,
                    "account_id": own,
                    "name": f"Person {number}",
                    "email": f"n{number}@example.com",
                    "job_title": self.rng.choice(JOB_TITLES),
                    "consent_level": self.rng.choice([1, 4, None]),
                    "do_not_email": self.rng.choice([True, False, None]),
                }
            )
        return persons, links

    def _link(self, person: str, account: str) -> Row:
        return {
            "account_id": account,
            "person_id": person,
            "role": self.rng.choice(ROLES),
        }

    def _persons_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {account: [] for account in self.accounts}
        for row in [*self.persons, *self.account_persons]:
            if row["account_id"] is not None:
                found[row["account_id"]].append(row["person_id"])
        return found

    def _created(self) -> datetime | None:
        """Now and then unknown, before the data begins, or exactly 180 days after a common moment."""
        draw = self.rng.random()
        if draw < 0.06:
            return None
        if draw < 0.16:
            return FIRST - timedelta(days=self.rng.randrange(1, 200))
        if draw < 0.35:
            return self.rng.choice(self.moments) + timedelta(days=180)
        return self._moment()

    def _later(self, created: datetime | None, share: float) -> datetime | None:
        if created is None or not self._chance(share):
            return None
        later = [moment for moment in self.moments if moment >= created]
        return self.rng.choice(later) if later else None

    def _amount(self) -> Decimal:
        return Decimal(self.rng.randrange(10, 5000)) + Decimal(self.rng.choice(["0.00", "0.10", "0.99"]))

    def _opportunities(self) -> list[Row]:
        rows = []
        for number in range(int(len(self.accounts) * 1.3)):
            created = self._created()
            closed = self._later(created, 0.5)
            amount = self._amount() if self._chance(0.85) else None
            rows.append(
                {
                    "opportunity_id": f"O{number:03d}",
                    "account_id": self.rng.choice(self.accounts) if self._chance(0.93) else None,
                    "name": f"Deal {number}",
                    "type": self.rng.choice(["New", "Upsell"]),
                    "stage": self.rng.choice(STAGES),
                    "outcome": self.rng.choice(["won", "lost"]) if closed else "open",
                    "amount": amount,
                    "currency": CURRENCY if amount is not None else None,
                    "created_at": created,
                    "closed_at": closed,
                    "owner_id": self.rng.choice([None, *(user["user_id"] for user in self.users)]),
                }
            )
        return rows

    def _groups(self) -> list[Row]:
        rows = []
        for number in range(int(len(self.accounts) * 0.8)):
            deal = self.rng.choice(self.opportunities) if self._chance(0.75) else None
            account = deal["account_id"] if deal else self.rng.choice([None, *self.accounts])
            rows.append(
                {
                    "buying_group_id": f"B{number:03d}",
                    "account_id": account,
                    "opportunity_id": deal["opportunity_id"] if deal else None,
                    "product_id": self.rng.choice(["P0", "P1", None]),
                    "name": self.rng.choice(["Core", "Cloud"]) + f" group {number}",
                }
            )
        return rows

    def _members(self) -> list[Row]:
        rows = []
        for group in self.groups:
            near = self.persons_of.get(group["account_id"] or "", [])
            for place in range(self.rng.randrange(0, 4)):
                near_enough = near and self._chance(0.7)
                person = self.rng.choice(near) if near_enough else self.rng.choice(self.persons)["person_id"]
                rows.append(
                    {
                        "buying_group_id": group["buying_group_id"],
                        "person_id": person,
                        "role": self.rng.choice(ROLES),
                        "is_primary": place == 0,
                    }
                )
        return list({(row["buying_group_id"], row["person_id"]): row for row in rows}.values())

    def _leads(self) -> list[Row]:
        rows = []
        for number in range(int(len(self.accounts) * 0.7)):
            created = self._created()
            converted = self._later(created, 0.5)
            deal = self.rng.choice(self.opportunities)["opportunity_id"] if converted else None
            rows.append(
                {
                    "lead_id": f"L{number:03d}",
                    "person_id": self.rng.choice(self.persons)["person_id"] if self._chance(0.9) else None,
                    "account_id": self.rng.choice(self.accounts) if self._chance(0.5) else None,
                    "status": "Converted" if converted else self.rng.choice(["New", "Working"]),
                    "created_at": created,
                    "converted_at": converted,
                    "opportunity_id": deal,
                }
            )
        return rows

    def _events(self) -> list[Row]:
        """About twelve events an account, in no order of time."""
        rows = []
        for account in self.accounts:
            centre = self._moment()
            for _ in range(self.rng.randrange(0, 24)):
                time = self._moment()
                if self._chance(0.3):
                    time = centre + timedelta(minutes=self.rng.choice([0, 0, 10, 30, 31, 60]))
                rows.append(self._event(account, time))
        rows += [self._event(None, self._moment()) for _ in range(len(self.accounts) // 10 + 1)]
        self.rng.shuffle(rows)
        for number, row in enumerate(rows):
            row["event_id"] = f"E{number:05d}"
        return rows

    def _event(self, account: str | None, time: datetime) -> Row:
        event_type = self.rng.choices(EVENT_TYPES, WEIGHTS)[0]
        amount = self._amount() if event_type in DEAL_TYPES and self._chance(0.7) else None
        content = self.rng.choice([None, None, *self.contents])
        campaign = self.rng.choice([None, None, *self.campaigns])
        row: Row = {
            "event_id": None,
            "occurred_at": time,
            "event_type": event_type,
            "actor": self.rng.choice(["buyer", "buyer", "seller", "system", None]),
            "account_id": account if self._chance(0.8) else None,
            "session_id": f"web-{self.rng.randrange(400)}" if self._chance(0.06) else None,
            "channel": self.rng.choice(CHANNELS),
            "medium": self.rng.choice(["online", "offline", None]),
            "campaign_id": campaign["campaign_id"] if campaign else None,
            "content_type": self.rng.choice(["Paper", "Video", "Case", None]),
            "content_id": content["content_id"] if content else None,
            "product_id": self.rng.choice(["P0", "P1", "P9", None]),
            "marketing_event_id": self.rng.choice([None, None, "M0", "M1"]),
            "stage": self.rng.choice(STAGES) if event_type in DEAL_TYPES else None,
            "amount": amount,
            "currency": CURRENCY if amount is not None else None,
            "source": "random",
        }
        return row | self._links(account, event_type)

    def _links(self, account: str | None, event_type: str) -> Row:
        """Person, opportunity, buying group and lead of an event, mostly those of its account."""
        near = self.persons_of[account] if account else []
        person = self.rng.choice(near) if near else None
        if self._chance(0.08):
            person = self.rng.choice(self.persons)["person_id"]
        if self._chance(0.12):
            person = None
        deal_share = 0.85 if event_type in DEAL_TYPES else 0.1
        lead_share = 0.4 if event_type == "MQL Qualified" else 0.05
        deals = self.opportunities
        return {
            "person_id": person,
            "opportunity_id": self._near("opportunity_id", deals, account, deal_share, "O-ghost"),
            "buying_group_id": self._near("buying_group_id", self.groups, account, 0.12, "B-ghost"),
            "lead_id": self._near("lead_id", self.leads, account, lead_share, "L-ghost"),
        }

    def _near(self, key: str, rows: list[Row], account: str | None, share: float, ghost: str) -> str | None:
        if not self._chance(share):
            return None
        if self._chance(0.04):
            return f"{ghost}-{self.rng.randrange(3)}"
        near = [row for row in rows if account is not None and row["account_id"] == account]
        return str(self.rng.choice(near or rows)[key])


__all__ = ["Maker", "random_company", "random_questions"]
