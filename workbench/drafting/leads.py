"""Leads: each is a person, and an account of its own until a deal names one."""

from __future__ import annotations

from typing import Any

from workbench.drafting.reading import File
from workbench.drafting.sections import Guess, Section, full_name, named_columns
from workbench.model.tables import TABLES


def complete_leads(files: dict[str, File], sections: dict[str, list[Section]]) -> None:
    """Give leads their person and account, and deals that point at a lead the lead and its person."""
    for name, own in sections.items():
        file = files[name]
        lead = next((section for section in own if section.table == "leads"), None)
        if lead is None or file.match is not None:
            continue
        key = str(lead.columns["lead_id"][0])
        if "person_id" not in lead.columns or lead.columns["person_id"][0] == key:
            _add_person(file, own, lead, key)
        deal = _deal_of(name, key, files, sections)
        if deal is not None and "account_id" not in lead.columns:
            _add_account(own, lead, key, deal)
        for section in own:
            if section.table == "events":
                section.columns |= {
                    c: lead.columns[c] for c in ("lead_id", "person_id", "account_id") if c in lead.columns
                }


def _add_person(file: File, own: list[Section], lead: Section, key: str) -> None:
    lead.columns["person_id"] = (key, 0.6, "each lead is a person")
    person = Section("persons", "persons", {"person_id": lead.columns["person_id"]})
    for column in TABLES["persons"].columns:
        if (
            column not in person.columns
            and column != "account_id"
            and (found := named_columns(file, "persons", column))
        ):
            person.columns[column] = (found[0], 0.75, f"{found[0]!r} is another name for it")
    full_name(file, person)
    if "account_id" in lead.columns:
        person.columns["account_id"] = lead.columns["account_id"]
    if not any(section.table == "persons" for section in own):
        own.insert(own.index(lead) + 1, person)


def _deal_of(
    name: str, key: str, files: dict[str, File], sections: dict[str, list[Section]]
) -> tuple[Section, str] | None:
    """The deals that point at these leads, and the column that does."""
    for other, theirs in sections.items():
        column = next(
            (c for c, (source, own, _) in files[other].joins.items() if (source, own) == (name, key)), None
        )
        deal = next((section for section in theirs if section.table == "opportunities"), None)
        if column is None or deal is None or "account_id" not in deal.columns:
            continue
        for section in theirs:
            if section.table == "events":
                link: Guess = (column, 0.8, f"it points at {name}")
                section.columns.setdefault("lead_id", link)
                section.columns.setdefault("person_id", (column, 0.6, "each lead is a person"))
        return deal, column
    return None


def _add_account(own: list[Section], lead: Section, key: str, found: tuple[Section, str]) -> None:
    deal, column = found
    look: dict[str, Any] = {"lookup": "opportunities.account_id", "key": key, "otherwise": key}
    if deal.columns["opportunity_id"][0] != column:
        if "lead_id" not in deal.columns:
            return
        look["by"] = "lead_id"
    guess: Guess = (look, 0.6, "the account of its deal; without one the lead stands for itself")
    lead.columns["account_id"] = guess
    for section in own:
        if section.table == "persons":
            section.columns["account_id"] = guess
