"""The settings people write: the content of `workspace.toml`."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workbench.errors import nearest
from workbench.model.durations import Duration

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

MILESTONES: tuple[str, ...] = (
    "lead",
    "mql",
    "mqa",
    "sql",
    "opportunity_created",
    "won",
    "lost",
    "churned",
)
"""Names every view understands, in the order of a sale."""


@cache
def _zones() -> frozenset[str]:
    """Names of all time zones; listing them walks through hundreds of files."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is no time zone; {nearest(name, _zones())}")
    return name


class MachineRules(BaseModel):
    """Which opens and clicks of mails are a machine's; found while loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    find: bool = True
    """Whether to look for them at all."""
    after_delivery: Duration = "2s"
    """An open or click this soon after the delivery of the same content or campaign to the same person."""
    links: Annotated[int, Field(ge=2)] = 3
    """So many clicks of a person on one campaign, or without one on one content, are all links of a mail."""
    at_once: Duration = "2s"
    """The time in which they lie."""
    opens: tuple[str, ...] = ()
    """Event types that are opens; without any, those whose names say open."""
    clicks: tuple[str, ...] = ()
    """Event types that are clicks; without any, those whose names say click."""
    deliveries: tuple[str, ...] = ()
    """Event types that are deliveries; without any, those whose names say delivered or sent."""


class Settings(BaseModel):
    """How one company counts. Frozen; written as `workspace.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "workspace"
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Calendar periods and local days are cut in this zone; stored times are UTC."""
    first_weekday: Weekday = "monday"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    """First month of the fiscal year, 1 to 12."""
    session_timeout: Duration = "30m"
    """A longer gap between two events of a person starts a new session."""
    event_order: tuple[str, ...] = ()
    """Event types in the order that settles equal times; others come before all of them."""
    labels: dict[str, str] = {}
    """Container id → label shown instead of the standard one."""
    milestones: dict[str, Any] = {}
    """Milestone name → condition, as JSON."""
    member_window: Duration = "180d"
    """How long before creation the events of members belong to an opportunity, buying group or lead."""
    in_play_window: Duration = "90d"
    """Buyer activity this close to the horizon keeps an open container in play."""
    currency_rates: dict[str, Decimal] = {}
    """Currency → value of one unit in the reporting currency; without it none are mixed."""
    machine: MachineRules = MachineRules()
    """Which opens and clicks of mails are a machine's."""
    mask_persons: bool = False
    """Show persons by a short code instead of name and e-mail."""
    keep_generations: Annotated[int, Field(ge=2)] = 2

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.time_zone)
