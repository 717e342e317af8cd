"""The data of one company as the reference sees it: ordered events, derived accounts, sessions, histories.

Everything is computed from plain tables (lists of dict rows) with loops, literally as the definitions say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Event = dict[str, Any]
Tables = Mapping[str, Sequence[Mapping[str, Any]]]

CONTAINER_IDS = {
    "global_account": "global_account_id",
    "account": "account_id",
    "opportunity": "opportunity_id",
    "buying_group": "buying_group_id",
    "lead": "lead_id",
    "person": "person_id",
    "session": "session_id",
}
PLURALS = {
    "global_accounts": "global_account",
    "accounts": "account",
    "opportunities": "opportunity",
    "buying_groups": "buying_group",
    "leads": "lead",
    "persons": "person",
    "sessions": "session",
}
KEYS = {
    "accounts": "account_id",
    "persons": "person_id",
    "opportunities": "opportunity_id",
    "buying_groups": "buying_group_id",
    "leads": "lead_id",
    "campaigns": "campaign_id",
    "contents": "content_id",
    "products": "product_id",
    "marketing_events": "marketing_event_id",
    "users": "user_id",
}
MEMBER_KINDS = ("opportunity", "buying_group", "lead")
BEFORE_CREATION = timedelta(days=180)
FIRST_MOMENT = datetime.min


class Company:
    """Tables and settings of one company, with every derived id filled in.

    `settings`: time_zone, event_order (list of event types), session_timeout (seconds), first_weekday,
    fiscal_year_start (month number), milestones and segments (name -> condition), now (naive UTC, bounds the
    horizon).
    """

    def __init__(self, tables: Tables, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self.zone = ZoneInfo(self.settings.get("time_zone") or "UTC")
        self.tables = {name: [dict(row) for row in rows] for name, rows in tables.items()}
        self.records = {name: self._by_key(name, key) for name, key in KEYS.items()}
        for account in self.table("accounts"):
            account["global_account_id"] = self.global_account(account["account_id"])
        self.events = self._events()
        self.data_start: datetime = min(event["occurred_at"] for event in self.events)
        self.horizon = self._horizon()
        self._histories: dict[tuple[str, str], dict[str, list[Event]]] = {}

    def table(self, name: str) -> list[Row]:
        """Rows of a table; an absent table is empty."""
        return self.tables.get(name, [])

    def _by_key(self, name: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in self.table(name)}

    def global_account(self, account_id: str) -> str:
        """Top of the parent chain: a cycle breaks at its smallest id, a parent may lack a record."""
        chain = [account_id]
        while True:
            record = self.records["accounts"].get(chain[-1])
            parent = record.get("parent_account_id") if record else None
            if parent is None:
                return chain[-1]
            if parent in chain:
                return min(chain[chain.index(parent) :])
            chain.append(parent)

    def _horizon(self) -> datetime:
        now = self.settings.get("now") or datetime.now(UTC).replace(tzinfo=None)
        past = [event["occurred_at"] for event in self.events if event["occurred_at"] <= now]
        return max(past) if past else self.data_start

    def _events(self) -> list[Event]:
        order = list(self.settings.get("event_order") or [])
        only_account = self._only_account_of_person()
        events: list[Event] = []
        for number, row in enumerate(self.table("events")):
            if row.get("occurred_at") is None:
                continue
            event = dict(row, row=number)
            event["rank"] = order.index(row["event_type"]) + 1 if row["event_type"] in order else 0
            event["account_id"] = self._stamped_account(row, only_account)
            event["global_account_id"] = self._event_global_account(event["account_id"])
            events.append(event)
        events.sort(key=order_key)
        self._number_sessions(events)
        return events

    def _event_global_account(self, account_id: str | None) -> str | None:
        return None if account_id is None else self.global_account(account_id)

    def _only_account_of_person(self) -> dict[str, str]:
        accounts: dict[str, set[str]] = defaultdict(set)
        for row in self.table("account_persons"):
            if row["account_id"] is not None:
                accounts[row["person_id"]].add(row["account_id"])
        return {person: min(found) for person, found in accounts.items() if len(found) == 1}

    def _stamped_account(self, row: Row, only_account: Mapping[str, str]) -> str | None:
        """The event's own account, else its opportunity's, buying group's, lead's, then its person's."""
        if row.get("account_id") is not None:
            return str(row["account_id"])
        for name in ("opportunities", "buying_groups", "leads", "persons"):
            record = self.records[name].get(row.get(KEYS[name]) or "")
            if record is not None and record.get("account_id") is not None:
                return str(record["account_id"])
        return only_account.get(row.get("person_id") or "")

    def _number_sessions(self, events: list[Event]) -> None:
        timeout = timedelta(seconds=self.settings.get("session_timeout") or 1800)
        latest: dict[str, datetime] = {}
        number: dict[str, int] = {}
        for event in events:
            person, time = event.get("person_id"), event["occurred_at"]
            given = event.get("session_id")
            if person is None:
                event["session_id"] = given
                continue
            if person not in latest or time - latest[person] > timeout:
                number[person] = number.get(person, 0) + 1
            latest[person] = time
            event["session_id"] = given if given is not None else f"{person}#{number[person]}"

    def default_history(self, kind: str) -> str:
        """`members` where the company has memberships for that kind of container, else `stamped`."""
        groups = bool(self.table("buying_group_members"))
        leads = any(lead.get("person_id") is not None for lead in self.table("leads"))
        known = {"opportunity": groups or leads, "buying_group": groups, "lead": leads}
        return "members" if known.get(kind, False) else "stamped"

    def history(self, kind: str, which: str | None = None) -> dict[str, list[Event]]:
        """Ordered events of every container of a kind; containers without events are absent."""
        which = (which or self.default_history(kind)) if kind in MEMBER_KINDS else "stamped"
        if (kind, which) not in self._histories:
            found = self._stamped(kind)
            self._histories[kind, which] = found if which == "stamped" else self._with_members(kind, found)
        return self._histories[kind, which]

    def _stamped(self, kind: str) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            if event.get(CONTAINER_IDS[kind]) is not None:
                found[event[CONTAINER_IDS[kind]]].append(event)
        return dict(found)

    def _with_members(self, kind: str, stamped: dict[str, list[Event]]) -> dict[str, list[Event]]:
        persons = self._members(kind)
        of_person = self._stamped("person")
        found: dict[str, list[Event]] = {}
        for container in sorted(set(stamped) | set(persons)):
            rows = {event["row"]: event for event in stamped.get(container, [])}
            window = self._window(kind, container)
            for person in persons.get(container, set()):
                for event in of_person.get(person, []):
                    if window is not None and window[0] <= event["occurred_at"] <= window[1]:
                        rows[event["row"]] = event
            if rows:
                found[container] = sorted(rows.values(), key=order_key)
        return found

    def _members(self, kind: str) -> dict[str, set[str]]:
        """Person ids by container id."""
        found: dict[str, set[str]] = defaultdict(set)
        groups = self.table("buying_groups")
        opportunity_of = {row["buying_group_id"]: row.get("opportunity_id") for row in groups}
        for member in self.table("buying_group_members"):
            group = member["buying_group_id"]
            container = group if kind == "buying_group" else opportunity_of.get(group)
            if kind != "lead" and container is not None and member["person_id"] is not None:
                found[container].add(member["person_id"])
        for lead in self.table("leads"):
            container = {"lead": lead["lead_id"], "opportunity": lead.get("opportunity_id")}.get(kind)
            if container is not None and lead.get("person_id") is not None:
                found[container].add(lead["person_id"])
        return found

    def _window(self, kind: str, container: str) -> tuple[datetime, datetime] | None:
        if kind == "buying_group":
            group = self.records["buying_groups"].get(container)
            opportunity = group.get("opportunity_id") if group else None
            known = self._window("opportunity", opportunity) if opportunity is not None else None
            return known or (FIRST_MOMENT, self.horizon)
        table, end = ("opportunities", "closed_at") if kind == "opportunity" else ("leads", "converted_at")
        record = self.records[table].get(container, {})
        created = record.get("created_at") or self._first_stamped(kind, container)
        if created is None:
            return None
        return created - BEFORE_CREATION, record.get(end) or self.horizon

    def _first_stamped(self, kind: str, container: str) -> datetime | None:
        events = self.history(kind, "stamped").get(container)
        return events[0]["occurred_at"] if events else None


def order_key(event: Event) -> tuple[datetime, int, int]:
    """The total order of events: time, declared rank, source row."""
    return event["occurred_at"], event["rank"], event["row"]
