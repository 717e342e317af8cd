"""Whose event is it: the rules that give an event its account, and the order they are tried in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from workbench.errors import nearest
from workbench.model.base import Part

RULES: tuple[str, ...] = (
    "own",
    "opportunity",
    "buying_group",
    "lead",
    "person",
    "membership",
    "email_domain",
    "company_name",
)
"""Every rule; `events.account_rule` stores the one that decided, or `PROVISIONAL`."""
DEFAULT_RULES: tuple[str, ...] = RULES[:5]
PROVISIONAL = "provisional"
"""The rule of events that got a provisional account."""


class Resolve(Part):
    """How events find their account: the first rule that knows one decides."""

    rules: tuple[str, ...] = Field(default=DEFAULT_RULES, min_length=1)
    """Rules in the order they are tried; one that is not listed is off."""
    provisional: Literal["domain", "lead", "none"] = "none"
    """Account made up for events no rule decides: one per e-mail domain no account has, or one per lead."""
    similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    """Least Jaro-Winkler similarity of two company names that are not equal."""
    free_mail: tuple[str, ...] = ()
    """Further domains that tell nothing about the account of an e-mail address."""

    @field_validator("rules")
    @classmethod
    def _known_once(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            if rule not in RULES:
                text = f"{rule!r} is no rule; {nearest(rule, RULES)}"
                raise PydanticCustomError("rules", "{text}", {"text": text})
            if rules.count(rule) > 1:
                raise PydanticCustomError("rules", "{text}", {"text": f"{rule!r} is listed twice"})
        return rules

    @field_validator("free_mail")
    @classmethod
    def _plain_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(domain.strip().lower().removeprefix("@").rstrip(".") for domain in domains)
        for domain in plain:
            if "." not in domain or "@" in domain or "/" in domain or " " in domain:
                text = f"{domain!r} is no domain; write one like 'example.com'"
                raise PydanticCustomError("free_mail", "{text}", {"text": text})
        return plain
