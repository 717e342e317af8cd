"""A small made-up company for the tests of the app: the same on every run."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl

import workbench as wb

START = dt.datetime(2024, 1, 8)
MILESTONES = {
    "lead": "Lead Generated",
    "mql": "MQL Qualified",
    "sql": "SQL Qualified",
    "opportunity_created": "Opportunity Created",
    "won": "Closed-Won",
    "lost": "Closed-Lost",
}
CONTENT = ("Case Study", "Pricing", "Product Page", "Webinar", "Datasheet", "Blog Post", "ROI <Calculator>")
CHANNELS = ("Web", "Email", "Event", "Social")


def _story(rng: random.Random, account: str) -> list[dict[str, Any]]:
    """Events of one account: some interest, then as many milestones as luck allows."""
    moment, rows = START + dt.timedelta(days=rng.randrange(240), hours=9), []
    persons = [f"{account}-p{i}" for i in range(rng.randrange(1, 4))]

    def event(kind: str, *, deal: str | None = None) -> None:
        nonlocal moment
        moment += dt.timedelta(hours=rng.randrange(5, 300))
        rows.append(
            {
                "occurred_at": moment,
                "event_type": kind,
                "actor": "seller" if deal else "buyer",
                "account_id": account,
                "person_id": None if deal else rng.choice(persons),
                "opportunity_id": deal,
                "channel": None if deal else rng.choice(CHANNELS),
                "content_type": None if deal else rng.choice(CONTENT),
                "amount": 20_000.0 if kind in ("Opportunity Created", "Closed-Won") else None,
            }
        )

    for _ in range(rng.randrange(1, 8)):
        event(rng.choice(["Content Viewed", "Email Opened", "Webinar Attended"]))
    for name, luck in zip(list(MILESTONES)[:5], (0.8, 0.7, 0.7, 0.8, 0.5), strict=True):
        if rng.random() > luck:
            if name == "won":
                event("Closed-Lost", deal=f"{account}-d")
            break
        event(MILESTONES[name], deal=f"{account}-d" if name in ("opportunity_created", "won") else None)
        event("Content Viewed")
    return rows


def tables(accounts: int = 160) -> dict[str, pl.DataFrame]:
    """Frames for `wb.from_tables`."""
    rng = random.Random(7)
    ids = [f"a{i:03d}" for i in range(accounts)]
    rows = [row for account in ids for row in _story(rng, account)]
    names = [f"Company {i}" for i in range(accounts)]
    names[0] = "Northern Holdings International Manufacturing, Logistics and Warehousing Group"
    deals = sorted({row["opportunity_id"] for row in rows if row["opportunity_id"]})
    return {
        "events": pl.DataFrame(rows, infer_schema_length=None),
        "accounts": pl.DataFrame(
            {"account_id": ids, "name": names, "industry": ["Software", "Media"] * (accounts // 2)}
        ),
        "opportunities": pl.DataFrame(
            {
                "opportunity_id": deals,
                "account_id": [deal[:4] for deal in deals],
                "name": [f"Deal {deal}" for deal in deals],
                "amount": [20_000.0] * len(deals),
            }
        ),
    }


def company(workspace: Any = None) -> Any:
    """The company, opened."""
    milestones = {name: {"field": "event_type", "value": kind} for name, kind in MILESTONES.items()}
    settings = {"name": "Tested company"}
    return wb.from_tables(
        **tables(), milestones=milestones, time_zone="Europe/Berlin", settings=settings, workspace=workspace
    )


def only(columns: list[str], *, kinds: tuple[str, ...] = ()) -> Any:
    """The company cut down to some columns and event types: no milestones are known."""
    events = tables(60)["events"].select("occurred_at", "event_type", *columns)
    if kinds:
        events = events.filter(pl.col("event_type").is_in(kinds))
    return wb.from_tables(events=events, milestones={}, settings={"name": "Bare company"})
