"""Events: the story that funnel and deals tell, and the background of web, mail, ads and events around it.

Rows are columns of codes (`Rows`): a position in a vocabulary or in the block's records, -1 for no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.sources.synthetic import vocabulary as words
from workbench.sources.synthetic.catalogue import Catalogue
from workbench.sources.synthetic.company import SPRING_SESSIONS, Block, Opportunities
from workbench.sources.synthetic.machines import Filters
from workbench.sources.synthetic.times import (
    DAY,
    END,
    NEVER,
    Floats,
    Ints,
    activity_share,
    activity_times,
    clamp,
    time_of_day,
)
from workbench.sources.synthetic.vocabulary import CHANNEL, EVENT_CODE

Column = npt.NDArray[np.integer]
Rows = dict[str, Column]
Columns = dict[str, Column | int]
Part = Mapping[str, Column | int]

COLUMNS: dict[str, type[np.integer]] = {
    "time": np.int64, "type": np.int8, "actor": np.int8, "account": np.int32, "person": np.int32,
    "opportunity": np.int32, "buying_group": np.int32, "lead": np.int32, "channel": np.int8,
    "campaign": np.int16, "content_type": np.int8, "content": np.int16, "product": np.int8,
    "marketing_event": np.int16, "stage": np.int8, "cents": np.int64, "source": np.int8, "machine": np.int8,
}  # fmt: skip
"""`machine` is part of the truth alone: 1 where a mail filter opened or clicked."""

OPEN_RATE, CLICK_RATE, BOUNCE_RATE = 0.24, 0.14, 0.025
"""Of delivered mails, of opened mails, of sent mails."""
IN_PERSON_ATTENDANCE, WEBINAR_ATTENDANCE = 0.62, 0.44
MAIL_SHARE, AD_SHARE, REGISTRATION_SHARE, CALL_SHARE = 0.30, 0.16, 0.015, 0.02
"""Of the background events; visits of web sites are the rest."""
BURST_SHARE = 0.5
"""Of the visits; they fall into the weeks before an MQL, before a deal or while it is open."""
WITHOUT_ACCOUNT, FROM_PERSON, FROM_OPPORTUNITY, REPEATED = 0.01, 0.03, 0.05, 0.0005
"""Planted dirt, as shares of: all events, mails, calls and meetings on deals, all events."""


def stack(parts: Sequence[Part]) -> Rows:
    """The parts one after the other; a column that a part does not name is -1 there."""
    sizes = [len(np.atleast_1d(part["time"])) for part in parts]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    rows: Rows = {}
    for name, kind in COLUMNS.items():
        column = np.full(int(bounds[-1]), -1, dtype=kind)
        for part, low, high in zip(parts, bounds, bounds[1:], strict=False):
            if name in part:
                column[low:high] = part[name]
        rows[name] = column
    return rows


def _moment(block: Block, times: Ints, name: str, **columns: Column | int) -> Part:
    """One event of the account's first person at each time within the data; columns are per account."""
    happens = np.flatnonzero(times < END)
    part: Columns = {
        "time": times[happens], "type": EVENT_CODE[name], "account": happens,
        "person": block.accounts.person_start[happens],
    }  # fmt: skip
    for key, value in columns.items():
        part[key] = value if isinstance(value, int) else value[happens]
    return part


def story(block: Block, catalogue: Catalogue, rng: np.random.Generator) -> Rows:
    """The events of funnel, leads, deals and the planted campaign."""
    return stack([*_funnel_events(block, catalogue, rng), *_lead_events(block), *_deal_events(block, rng)])


def _funnel_events(block: Block, catalogue: Catalogue, rng: np.random.Generator) -> list[Part]:
    funnel, count = block.funnel, len(block.accounts)
    lead = np.full(count, -1)
    lead[block.leads.account[block.leads.primary]] = np.flatnonzero(block.leads.primary)
    mail: Columns = {"actor": words.SYSTEM, "channel": CHANNEL["Email"], "source": words.MAIL,
                     "campaign": catalogue.campaign_at(funnel.first_touch, rng, "mail")}  # fmt: skip
    arrived, bounced = funnel.first_touch + 4, rng.random(count) < BOUNCE_RATE
    opened = np.where(
        ~bounced & (rng.random(count) < OPEN_RATE), arrived + rng.integers(60, DAY // 5, count), NEVER
    )
    clicked = np.where((opened < NEVER) & (rng.random(count) < CLICK_RATE), opened + 40, NEVER)
    channel = rng.choice(
        [CHANNEL[name] for name in ("Organic Search", "Paid Search", "Email", "Direct")], count
    )
    form_campaign = catalogue.campaign_at(np.minimum(funnel.form_1, END - 1), rng, "any")
    form: Columns = {"actor": words.BUYER, "channel": channel, "source": words.WEB,
            "campaign": form_campaign}  # fmt: skip
    scored: Columns = {
        "actor": words.SYSTEM,
        "channel": CHANNEL["Marketing Automation"],
        "source": words.CRM,
        "lead": lead,
    }
    sold: Columns = {"actor": words.SELLER, "channel": CHANNEL["CRM"], "source": words.CRM, "lead": lead}
    mql_campaign = np.where(funnel.exposed, catalogue.spring_campaign, form_campaign)
    session = catalogue.spring_events[funnel.attended]
    attended = np.where(funnel.attended >= 0, SPRING_SESSIONS[funnel.attended], NEVER)
    webinar: Columns = {
        "actor": words.BUYER, "channel": CHANNEL["Webinar"], "campaign": catalogue.spring_campaign,
        "marketing_event": session, "source": words.EVENTS,
    }  # fmt: skip
    registered = np.where(attended < NEVER, attended - rng.integers(DAY, 9 * DAY, count), NEVER)
    return [
        _moment(block, funnel.first_touch, "Email Sent", **mail),
        _moment(block, np.where(bounced, NEVER, arrived), "Email Delivered", **mail),
        _moment(block, np.where(bounced, arrived, NEVER), "Email Bounced", **mail),
        _moment(block, opened, "Email Opened", **{**mail, "actor": words.BUYER}),
        _moment(block, clicked, "Email Clicked", **{**mail, "actor": words.BUYER}),
        _moment(block, registered, "Event Registered", **webinar),
        _moment(block, attended + rng.integers(0, 600, count), "Webinar Attended", **webinar),
        _moment(block, funnel.form_1, "Lead Form: Step 1", **form),
        _moment(block, funnel.form_2, "Lead Form: Step 2", **form),
        _moment(block, funnel.complete, "Lead Form: Complete", **form),
        _moment(block, funnel.lead, "Lead Generated", campaign=form_campaign, **scored),
        _moment(block, funnel.qualification, "Lead Qualification", **sold),
        _moment(block, funnel.mql, "MQL Qualified", campaign=mql_campaign, **scored),
        _moment(block, funnel.disqualified, "MQL Disqualified", **sold),
        _moment(block, funnel.demo, "Demo Requested", actor=words.BUYER, channel=channel, source=words.WEB),
        _moment(block, funnel.sql, "SQL Qualified", campaign=mql_campaign, **sold),
    ]


def _lead_events(block: Block) -> list[Part]:
    """Further leads of an account: generated, sometimes disqualified."""
    leads = block.leads
    made = np.flatnonzero(~leads.primary)
    parts: list[Part] = []
    for name, times, actor in (
        ("Lead Generated", leads.created, words.SYSTEM),
        ("MQL Disqualified", leads.disqualified, words.SELLER),
    ):  # fmt: skip
        which = made[times[made] < END]
        parts.append({
            "time": times[which], "type": EVENT_CODE[name], "actor": actor, "account": leads.account[which],
            "person": leads.person[which], "lead": which, "channel": CHANNEL["CRM"], "source": words.CRM,
        })  # fmt: skip
    return parts


def _deal_part(deals: Opportunities, which: Column, times: Ints, name: str, **columns: Column | int) -> Part:
    return {
        "time": times, "type": EVENT_CODE[name], "actor": words.SELLER, "account": deals.account[which],
        "opportunity": which, "product": deals.product[which], "channel": CHANNEL["CRM"], "source": words.CRM,
        **columns,
    }  # fmt: skip


def _deal_events(block: Block, rng: np.random.Generator) -> list[Part]:
    deals = block.opportunities
    every = np.arange(len(deals))
    parts = [_deal_part(deals, every, deals.created, "Opportunity Created", stage=0, cents=deals.asked_cents)]
    for stage in range(words.OPEN_STAGES):
        which = every[deals.stages[:, stage] < END]
        cents = deals.cents if stage >= 5 else deals.asked_cents
        name = words.STAGE_EVENTS[stage]
        parts.append(
            _deal_part(deals, which, deals.stages[which, stage], name, stage=stage, cents=cents[which])
        )
    won, lost = every[deals.won & (deals.closed < END)], every[~deals.won & (deals.closed < END)]
    for name, which in (("Closed-Won", won), ("Closed-Lost", lost)):
        stage = words.STAGES.index(name)
        parts.append(
            _deal_part(deals, which, deals.closed[which], name, stage=stage, cents=deals.cents[which])
        )
    for name, low, high in (("Order Placed", 1, 9), ("Post-Sales Follow-Up", 20, 45)):
        times = deals.closed[won] + rng.integers(low * DAY, high * DAY, len(won))
        seen = times < END
        ordered: Columns = (
            {"cents": deals.cents[won[seen]], "actor": words.BUYER} if name == "Order Placed" else {}
        )
        parts.append(_deal_part(deals, won[seen], times[seen], name, **ordered))
    return [*parts, _conversations(block, rng)]


def _conversations(block: Block, rng: np.random.Generator) -> Part:
    """Calls and meetings with the buying group while the deal is open; some rows name no account."""
    deals = block.opportunities
    which = np.repeat(np.arange(len(deals)), rng.poisson(3.0, len(deals)))
    end = np.minimum(np.minimum(deals.closed[which], deals.created[which] + 200 * DAY), END)
    start = deals.created[which] + 1800
    times = activity_times(rng, start, end, activity_share(start), activity_share(end))
    call = rng.random(len(which)) < 0.55
    bare = rng.random(len(which)) < FROM_OPPORTUNITY
    on_site = rng.random(len(which)) < 0.5
    channel = np.where(call, CHANNEL["Phone"], np.where(on_site, CHANNEL["Field Sales"], CHANNEL["Direct"]))
    part = dict(_deal_part(deals, which, times, "Call"))
    part |= {
        "type": np.where(call, EVENT_CODE["Call"], EVENT_CODE["Meeting"]), "channel": channel,
        "buying_group": which, "account": np.where(bare, -1, deals.account[which]),
        "person": _members(block, which, rng), "product": -1,
    }  # fmt: skip
    keep = times < END
    return {name: value if isinstance(value, int) else value[keep] for name, value in part.items()}


def _members(block: Block, deals: Column, rng: np.random.Generator) -> Ints:
    """A random member of each deal's buying group."""
    accounts, group = block.accounts, block.opportunities
    account = group.account[deals]
    people = np.diff(accounts.person_start)[account]
    member = (rng.random(len(deals)) * group.members[deals]).astype(np.int64)
    return accounts.person_start[account] + (group.member_start[deals] + member) % people


@dataclass(frozen=True)
class _Window:
    """Weeks in which an account is busy: before its MQL, before a deal, while a deal is open."""

    account: Ints
    start: Ints
    end: Ints
    depth: Floats
    """How far down the funnel the contents viewed at the start of the window are, 0 to 1."""
    rise: Floats
    weight: Floats
    deal: Ints


def _windows(block: Block) -> _Window:
    funnel, deals = block.funnel, block.opportunities
    mql = np.flatnonzero(funnel.mql < END)
    form = np.flatnonzero(funnel.form_1 < END)
    every = np.arange(len(deals))
    kinds = (
        (mql, funnel.mql[mql] - 45 * DAY, funnel.mql[mql], 0.1, 0.85, 1.0, np.full(len(mql), -1)),
        (form, funnel.form_1[form] - 21 * DAY, funnel.form_1[form], 0.05, 0.4, 0.3, np.full(len(form), -1)),
        (deals.account, deals.created - 60 * DAY, deals.created, 0.35, 0.6, 1.0, every),
        (
            deals.account,
            deals.created,
            np.minimum(deals.closed, deals.created + 150 * DAY),
            0.6,
            0.2,
            1.2,
            every,
        ),
    )
    account = np.concatenate([kind[0] for kind in kinds])
    sizes = [len(kind[0]) for kind in kinds]
    start = np.maximum(np.concatenate([kind[1] for kind in kinds]), funnel.first_touch[account] + DAY // 2)
    end = np.minimum(np.concatenate([kind[2] for kind in kinds]), END)
    depth, rise, weight = (np.repeat([float(kind[at]) for kind in kinds], sizes) for at in (3, 4, 5))
    weight = np.where(end - start > DAY, weight * np.sqrt(block.accounts.weight[account]), 0.0)
    return _Window(account, start, end, depth, rise, weight, np.concatenate([kind[6] for kind in kinds]))


class Background:
    """Draws background events of a block, slice after slice."""

    def __init__(self, block: Block, catalogue: Catalogue, filters: Filters) -> None:
        self.block, self.catalogue, self.filters = block, catalogue, filters
        funnel = block.funnel
        begins = funnel.first_touch + DAY // 4
        quits = np.where((funnel.disqualified < END - 90 * DAY), funnel.disqualified + 60 * DAY, END)
        self.begins, self.ends = begins, np.maximum(quits, np.minimum(begins + 30 * DAY, END))
        self.low, self.high = activity_share(self.begins), activity_share(self.ends)
        reached = (
            (funnel.lead < END) * 0.4 + (funnel.mql < END) * 0.5 + (funnel.opportunity < END) * 0.8 + 0.6
        )
        weight = block.accounts.weight * reached * (self.high - self.low)
        self.weight = weight / weight.sum()
        self.windows = _windows(block)

    def slice(self, count: int, number: int, rng: np.random.Generator) -> Rows:
        """Exactly `count` events of the slice of a number; none if that is negative."""
        count = max(count, 0)
        mails = self._mails(int(count * MAIL_SHARE / (2.0 + OPEN_RATE * (1 + CLICK_RATE))), number, rng)
        parts = [*mails, *self._registrations(int(count * REGISTRATION_SHARE), rng)]
        parts += [self._ads(int(count * AD_SHARE), rng), self._calls(int(count * CALL_SHARE), rng)]
        visits = count - sum(len(np.atleast_1d(part["time"])) for part in parts)
        bursts = int(visits * BURST_SHARE) if self.windows.weight.sum() > 0 else 0
        parts += [self._burst_visits(bursts, rng), self._plain_visits(visits - bursts, rng)]
        rows = stack(parts)
        np.minimum(rows["time"], END - 1, out=rows["time"])
        return rows

    def _spread(self, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Accounts by activity, in order, and a time for each while the account is active."""
        account = np.repeat(np.arange(len(self.weight)), rng.multinomial(count, self.weight))
        times = activity_times(
            rng, self.begins[account], self.ends[account], self.low[account], self.high[account]
        )
        return account, times

    def _people(self, account: Ints, rng: np.random.Generator) -> Ints:
        """A person of each account, the first ones more often, now and then a guest."""
        start = self.block.accounts.person_start
        people = start[account + 1] - start[account]
        person = start[account] + (rng.random(len(account)) ** 2 * people).astype(np.int64)
        guest = self.block.accounts.guest[account]
        return np.where((guest >= 0) & (rng.random(len(account), dtype=np.float32) < 0.15), guest, person)

    def _mails(self, count: int, number: int, rng: np.random.Generator) -> list[Part]:
        account, sent = self._spread(count, rng)
        person = self._people(account, rng)
        person = np.where(
            self.block.persons.do_not_email[person], self.block.accounts.person_start[account], person
        )
        bare = rng.random(count, dtype=np.float32) < FROM_PERSON
        mail: Columns = {
            "account": np.where(bare, -1, account), "person": person,
            "campaign": self.catalogue.campaign_at(sent, rng, "mail"), "channel": CHANNEL["Email"],
            "source": words.MAIL,
        }  # fmt: skip
        bounced = rng.random(count, dtype=np.float32) < BOUNCE_RATE
        arrived = sent + rng.integers(2, 120, count)
        opens = np.flatnonzero(~bounced & (rng.random(count, dtype=np.float32) < OPEN_RATE))
        clicks = opens[rng.random(len(opens)) < CLICK_RATE]
        room = np.maximum(END - 600 - arrived, 600)
        waited = np.minimum(rng.lognormal(np.log(4 * 3600), 1.4, count), room * rng.random(count)).astype(
            np.int64
        )
        opened = arrived + 1 + waited
        offered = self.catalogue.random_content(rng.integers(0, len(words.CONTENT_TYPES), len(clicks)), rng)

        def part(name: str, which: Column, times: Ints, actor: int) -> Columns:
            picked = {key: value if isinstance(value, int) else value[which] for key, value in mail.items()}
            return {**picked, "time": times[which], "type": EVENT_CODE[name], "actor": actor}

        clicked = part("Email Clicked", clicks, opened + rng.integers(3, 240, count), words.BUYER)
        first = part("Email Opened", opens, opened, words.BUYER)
        first, clicked = self.filters.act(first, clicked, account[opens], arrived[opens], number)
        return [
            part("Email Sent", np.arange(count), sent, words.SYSTEM),
            part("Email Delivered", np.flatnonzero(~bounced), arrived, words.SYSTEM),
            part("Email Bounced", np.flatnonzero(bounced), arrived, words.SYSTEM),
            first,
            {**clicked, "content": offered, "content_type": self.catalogue.content_type[offered]},
        ]

    def _registrations(self, count: int, rng: np.random.Generator) -> list[Part]:
        """Registrations for the next in-person event or webinar, and who came."""
        account, times = self._spread(count, rng)
        starts = self.catalogue.public_starts
        place = np.searchsorted(starts, times + 2 * DAY)
        place = np.minimum(place + rng.integers(0, 3, count), len(starts) - 1)
        kept = starts[place] > times + 3600
        account, times, place = account[kept], times[kept], place[kept]
        event = self.catalogue.public_events[place]
        in_person = self.catalogue.in_person[event]
        base: Columns = {
            "account": account, "person": self._people(account, rng), "marketing_event": event,
            "actor": words.BUYER, "channel": np.where(in_person, CHANNEL["Trade Show"], CHANNEL["Webinar"]),
            "source": words.EVENTS, "campaign": self.catalogue.event_campaign[event],
        }  # fmt: skip
        rate = np.where(in_person, IN_PERSON_ATTENDANCE, WEBINAR_ATTENDANCE)
        came = np.flatnonzero(rng.random(len(event)) < rate)
        visit = {key: value if isinstance(value, int) else value[came] for key, value in base.items()}
        kind = np.where(in_person[came], EVENT_CODE["Event Attended"], EVENT_CODE["Webinar Attended"])
        return [
            {**base, "time": times, "type": EVENT_CODE["Event Registered"]},
            {**visit, "time": starts[place[came]] + rng.integers(0, 1800, len(came)), "type": kind},
        ]

    def _ads(self, count: int, rng: np.random.Generator) -> Part:
        account, times = self._spread(count, rng)
        social, click = rng.random(count, dtype=np.float32) < 0.4, rng.random(count, dtype=np.float32) < 0.03
        kind = np.where(social, EVENT_CODE["Social Impression"], EVENT_CODE["Display Impression"]) + click
        known = click & (rng.random(count, dtype=np.float32) < 0.5)
        return {
            "time": times, "type": kind, "account": account,
            "person": np.where(known, self._people(account, rng), -1),
            "actor": np.where(click, words.BUYER, words.SYSTEM),
            "campaign": self.catalogue.campaign_at(times, rng, "ads"),
            "channel": np.where(social, CHANNEL["Social"], CHANNEL["Display"]), "source": words.ADS,
        }  # fmt: skip

    def _calls(self, count: int, rng: np.random.Generator) -> Part:
        account, times = self._spread(count, rng)
        return {
            "time": times, "type": EVENT_CODE["Call"], "account": account,
            "person": self._people(account, rng), "actor": words.SELLER, "channel": CHANNEL["Phone"],
            "source": words.CRM,
        }  # fmt: skip

    def _burst_visits(self, count: int, rng: np.random.Generator) -> Part:
        windows = self.windows
        sizes = _visit_sizes(count, rng)
        chosen = rng.multinomial(len(sizes), windows.weight / windows.weight.sum()) if count else 0
        which = np.repeat(np.arange(len(windows.weight)), chosen)
        start, end = windows.start[which], windows.end[which]
        progress = np.sqrt(rng.random(len(which)))
        times = start + (progress * (end - start)).astype(np.int64)
        day = times // DAY
        weekend = ((day + 3) % 7 >= 5) & (rng.random(len(which), dtype=np.float32) < 0.8)
        times = (day - 2 * weekend) * DAY + time_of_day(rng, len(which))
        times = clamp(rng, times, start, end)
        account, deal = windows.account[which], windows.deal[which]
        crowd = self._people(account, rng)
        if len(self.block.opportunities):
            crowd = np.where(deal >= 0, _members(self.block, np.maximum(deal, 0), rng), crowd)
        depth = windows.depth[which] + windows.rise[which] * progress
        return self._pages(account, times, crowd, depth, sizes, rng)

    def _plain_visits(self, count: int, rng: np.random.Generator) -> Part:
        sizes = _visit_sizes(count, rng)
        account, times = self._spread(len(sizes), rng)
        person = self._people(account, rng)
        person[rng.random(len(sizes), dtype=np.float32) < 0.25] = -1
        return self._pages(account, times, person, np.full(len(sizes), 0.15), sizes, rng)

    def _pages(
        self, account: Ints, times: Ints, person: Ints, depth: Floats, sizes: Ints, rng: np.random.Generator
    ) -> Part:
        """The pages of each visit: types of content by depth in the funnel, minutes apart."""
        visit = np.repeat(np.arange(len(sizes)), sizes)
        count = len(visit)
        step = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        when = np.minimum(times[visit] + step * 170 + rng.integers(0, 150, count) * (step > 0), END - 1)
        noise = (rng.random(count, dtype=np.float32) - 0.5) * 0.7
        content_type = np.clip(((depth[visit] + noise) * len(words.CONTENT_TYPES)).astype(np.int64), 0, 7)
        landing = (step == 0) & (rng.random(count, dtype=np.float32) < 0.5)
        kind = np.where(landing, EVENT_CODE["Web Visit"], _EVENT_OF_CONTENT[content_type])
        shown = ~landing
        content = self.catalogue.random_content(content_type, rng)
        channel = _WEB_CHANNELS[rng.integers(0, len(_WEB_CHANNELS), len(sizes))]
        actor = np.where(rng.random(count, dtype=np.float32) < 0.02, -1, words.BUYER)
        campaign = np.where(channel == CHANNEL["Paid Search"], self.catalogue.search_campaign, -1)
        return {
            "time": when, "type": kind, "actor": actor, "account": account[visit], "person": person[visit],
            "channel": channel[visit], "campaign": campaign[visit], "source": words.WEB,
            "content_type": np.where(shown, content_type, -1), "content": np.where(shown, content, -1),
        }  # fmt: skip


_PAGES = {"Product Page": "Web Visit", "Pricing": "Pricing Page Viewed"}
_EVENT_OF_CONTENT = np.array([EVENT_CODE[_PAGES.get(name, "Content Viewed")] for name in words.CONTENT_TYPES])
_WEB_CHANNELS = np.array([
    CHANNEL[name] for name,
    share in (("Organic Search", 5), ("Direct", 4), ("Paid Search", 3), ("Referral", 2),
                                      ("Social", 1)) for _ in range(share)
])  # fmt: skip


def _visit_sizes(count: int, rng: np.random.Generator) -> Ints:
    """Pages per visit, `count` in all."""
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    sizes = np.array([1, 1, 1, 2, 2, 3, 4, 6])[rng.integers(0, 8, count)]
    bounds = np.cumsum(sizes)
    visits = int(np.searchsorted(bounds, count)) + 1
    sizes = sizes[:visits]
    sizes[-1] -= bounds[visits - 1] - count
    return sizes


def repeats(count: int) -> int:
    """How many of `count` rows are events that come again, late."""
    return round(count * REPEATED)


def soil(rows: Rows, count: int, rng: np.random.Generator) -> tuple[Rows, Ints]:
    """Take the account away from some anonymous rows; returns the rows and which of them come again."""
    anonymous = np.flatnonzero(
        (rows["person"] < 0) & (rows["opportunity"] < 0) & (rows["source"] != words.CRM)
    )
    lost = rng.permutation(anonymous)[: round(count * WITHOUT_ACCOUNT)]
    rows["account"][lost] = -1
    return rows, np.sort(rng.choice(len(rows["time"]), repeats(count), replace=False))
