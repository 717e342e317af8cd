"""The containers: the units whose events form one journey.

    global_account > account > {opportunity, buying_group, lead, person > session}

Ids are fixed, because saved work uses them; a workspace may rename the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import SpecError, nearest


@dataclass(frozen=True)
class Container:
    """One kind of journey unit."""

    name: str
    plural: str
    """Name of the metric that counts these containers."""
    table: str | None
    """Canonical table with one record per container; None where there is none."""
    parent: str | None
    label: str
    has_members: bool = False
    """Whether persons are members, so that their events can join the history."""

    @property
    def id_column(self) -> str:
        """Column of `events` that stamps an event with its container."""
        return f"{self.name}_id"

    @property
    def record_key(self) -> str:
        """Key column of `table`."""
        return "account_id" if self.name == "global_account" else self.id_column


CONTAINERS: tuple[Container, ...] = (
    Container("global_account", "global_accounts", "accounts", None, "Global account"),
    Container("account", "accounts", "accounts", "global_account", "Account"),
    Container("opportunity", "opportunities", "opportunities", "account", "Opportunity", has_members=True),
    Container("buying_group", "buying_groups", "buying_groups", "account", "Buying group", has_members=True),
    Container("lead", "leads", "leads", "account", "Lead", has_members=True),
    Container("person", "persons", "persons", "account", "Person"),
    Container("session", "sessions", None, "person", "Session"),
)

_BY_NAME = {container.name: container for container in CONTAINERS}
CONTAINER_METRICS: dict[str, str] = {container.plural: container.name for container in CONTAINERS}
"""Metric name (plural) → container name."""


def container_named(name: str, place: str = "container") -> Container:
    """The container of that name; SpecError names the nearest one."""
    if not isinstance(name, str) or name not in _BY_NAME:
        raise SpecError(f"{name!r} is no container; {nearest(name, _BY_NAME)}", place)
    return _BY_NAME[name]
