"""Sections of records: keys, references and columns; what deals and contact roles give beside."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.drafting.presets import column_for
from workbench.drafting.reading import File
from workbench.drafting.sections import (
    Guess,
    Section,
    full_name,
    label_of,
    named_columns,
    own_id,
    reference,
    sureness,
)
from workbench.drafting.words import is_own_id, spaced
from workbench.model.quoting import quote_literal, quote_name
from workbench.model.tables import TABLES

_WON = r"\bwon\b|gewonnen|gagn"
_LOST = r"\blost\b|verloren|perdu"
_SOLD = re.compile(r"\border\b|\bpurchase\b|\bconversion\b|\bclosed (deal|won)|\bsale$")


def record_sections(file: File, files: dict[str, File], tables: Iterable[str]) -> list[Section]:
    """Sections of records, one for each table named."""
    sections: list[Section] = []
    for table in tables:
        if table == "events":
            continue
        section = Section(table, label_of(table, sections))
        _keys(file, files, section)
        for column in TABLES[table].columns:
            if column not in section.columns and (found := named_columns(file, table, column)):
                section.columns[column] = (found[0], *sureness(column, found[0]))
        if table in ("persons", "users"):
            full_name(file, section)
        _name_like_key(file, section)
        sections.append(section)
        if table == "opportunities":
            _deal(file, section)
            sections += _products_of_deals(file, files, section)
        if table == "buying_group_members" and "buying_group_id" not in section.columns:
            sections += _groups_of_roles(file, files, section)
    return sections


def _name_like_key(file: File, section: Section) -> None:
    """Records that are known by their name have it as id and as name."""
    key = TABLES[section.table].key[:1]
    own = str(section.columns[key[0]][0]) if key and key[0] in section.columns else ""
    wanted = "name" in TABLES[section.table].columns and "name" not in section.columns and own in file.columns
    if wanted and file.columns[own].kind == "text" and not is_own_id(own, section.table):
        section.columns["name"] = (own, 0.8, "the records are known by their name")


def _products_of_deals(file: File, files: dict[str, File], deal: Section) -> list[Section]:
    """Deals of one product each."""
    product = reference(file, files, "product_id", "products")
    if product is None or product[0] == deal.columns["opportunity_id"][0]:
        return []
    section = Section("opportunity_products", "opportunity_products")
    section.columns = {"opportunity_id": deal.columns["opportunity_id"], "product_id": product}
    section.columns |= {name: deal.columns[name] for name in ("amount",) if name in deal.columns}
    return [section]


def _groups_of_roles(file: File, files: dict[str, File], member: Section) -> list[Section]:
    """The contact roles of one deal are its buying group."""
    deal = reference(file, files, "opportunity_id", "opportunities")
    if deal is None:
        return []
    reason = f"{deal[2]}; the roles of one deal are its buying group"
    member.columns["buying_group_id"] = (deal[0], deal[1], reason)
    group = Section("buying_groups", "buying_groups")
    group.columns = {"buying_group_id": member.columns["buying_group_id"], "opportunity_id": deal}
    if any("opportunities" in other.tables for other in files.values()):
        look = {"lookup": "opportunities.account_id", "key": deal[0]}
        group.columns["account_id"] = (look, 0.8, "the account of the deal")
    return [group]


def _keys(file: File, files: dict[str, File], section: Section) -> None:
    """Own id and references."""
    table = TABLES[section.table]
    key = table.key[0] if table.key and table.key[0] not in table.references else ""
    if key:
        section.columns[key] = own_id(file, section.table, key)
    own = section.columns.get(key, ("", 0, ""))[0]
    for column, target in table.references.items():
        if column in ("manager_id", "owner_id", "parent_account_id"):
            continue
        found = reference(file, files, column, target, own)
        if found is not None and (found[0] != own or section.table == "leads"):
            section.columns[column] = found


def _deal(file: File, section: Section) -> None:
    """Outcome and currency of deals."""
    name = spaced(file.stem)
    section.sold = bool(_SOLD.search(name)) and "stage" not in section.columns
    if "outcome" not in section.columns:
        section.columns["outcome"] = _outcome(file, section)
        _real_close(file, section)
    amount = section.columns.get("amount")
    if "currency" not in section.columns and amount is not None and str(amount[0]) in file.columns:
        column = file.columns[str(amount[0])]
        told = column.currency or next(
            (c for c in ("USD", "EUR", "GBP") if c.lower() in column.name.lower()), ""
        )
        if told:
            section.columns["currency"] = ({"value": told}, 0.85, f"{column.name} says so")


def _outcome(file: File, section: Section) -> Guess:
    won = column_for("IsWon|is_won|won", file.columns)
    closed = column_for("IsClosed|is_closed|closed", file.columns)
    if won and closed and won != closed and file.columns[won].kind == "boolean":
        yes = "lower({}::VARCHAR) IN ('true', 't', '1', 'yes')"
        section.won = yes.format(quote_name(won))
        section.closed = f"({section.won} OR {yes.format(quote_name(closed))})"
        return _case(section), 0.95, f"{won} and {closed} say it"
    stage = section.columns.get("stage")
    if stage is not None and str(stage[0]) in file.columns:
        column = file.columns[str(stage[0])]
        marks = [value for value, _ in column.common if re.search(f"{_WON}|{_LOST}", value.lower())]
        if marks:
            section.won = f"regexp_matches({quote_name(column.name)}, {quote_literal(f'(?i){_WON}')})"
            section.closed = (
                f"regexp_matches({quote_name(column.name)}, {quote_literal(f'(?i){_WON}|{_LOST}')})"
            )
            return _case(section), 0.9, f"stages such as {', '.join(marks[:3])}"
    day = next(
        (c for c in file.columns.values() if c.kind == "time" and re.search(r"\bwon\b", spaced(c.name))), None
    )
    if section.sold or (day is not None and day.filled > 0.99):
        return {"value": "won"}, 0.7, "the file lists what was bought or won"
    if day is not None:
        section.won = section.closed = f"{quote_name(day.name)} IS NOT NULL"
        return _case(section), 0.75, f"{day.name} says when it was won"
    return {"value": "open"}, 0.3, "nothing says which deals were won or lost"


def _case(section: Section) -> str:
    lost = f" WHEN {section.closed} THEN 'lost'" if section.closed != section.won else ""
    return f"CASE WHEN {section.won} THEN 'won'{lost} ELSE 'open' END"


def _real_close(file: File, section: Section) -> None:
    """The close date of an open deal is expected, not real: it counts for closed deals alone."""
    given, stage = section.columns.get("closed_at"), section.columns.get("stage")
    if given is None or stage is None or not section.closed or str(given[0]) not in file.columns:
        return
    if str(stage[0]) in file.columns:
        pairs = zip(file.grid.values(str(stage[0])), file.grid.values(str(given[0])), strict=True)
        if any(day and not re.search(f"{_WON}|{_LOST}", (name or "").lower()) for name, day in pairs):
            name = quote_name(str(given[0]))
            reason = f"{given[2]}; open deals carry the day they are expected to close"
            section.columns["closed_at"] = (f"CASE WHEN {section.closed} THEN {name} END", given[1], reason)
