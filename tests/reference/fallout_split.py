"""Those who fell out, apart: lost, in play, dormant."""

from __future__ import annotations

from collections.abc import Mapping

from .asked import Asked
from .company import Event
from .periods import last_days

PARTS = ("lost", "in_play", "dormant")


def split(asked: Asked, fallen: set[str] | None, arrivals: Mapping[str, Event]) -> dict[str, set[str] | None]:
    """The fallen containers by what became of them; `arrivals` are the events with which they came."""
    if fallen is None:
        return dict.fromkeys(PARTS)
    found: dict[str, set[str] | None] = {name: set() for name in PARTS}
    whole = {journey.container: journey.whole for journey in asked.journeys}
    for container in fallen:
        part = _of(asked, container, whole[container], arrivals[container])
        chosen = found[part]
        assert chosen is not None
        chosen.add(container)
    return found


def _of(asked: Asked, container: str, history: list[Event], arrival: Event) -> str:
    settings = asked.company.settings
    place = next(at for at, event in enumerate(history) if event is arrival)
    closings = [name for name in ("lost", "churned") if name in settings["milestones"]]
    for name in closings:
        test = asked.test({"milestone": name})
        if any(test(container, event) for event in history[place + 1 :]):
            return "lost"
    window = settings.get("in_play_window") or "90d"
    low, high = last_days(window, asked.company.horizon, asked.company.zone)
    for event in history:
        if low <= event["occurred_at"] <= high and (event.get("actor") or "buyer") == "buyer":
            return "in_play"
    return "dormant"
