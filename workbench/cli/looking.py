"""`info`, `audit` and `schema`: what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import JsonOption, VersionOption, WorkspaceOption, open_workspace
from workbench.cli.pages import as_json as to_json
from workbench.cli.pages import day, headline, local, open_page, say, sheet
from workbench.errors import SpecError, nearest

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.api import Workbench


ROWS_IN_WORDS = (
    "kept: records and events made of the rows, of which a row may give several; repaired: kept after a "
    "change; left out: by the manifest's own `where`; not yet: events whose date the row leaves empty."
)


def info(workspace: WorkspaceOption, data_version: VersionOption = None, as_json: JsonOption = False) -> None:
    """What is loaded: rows, dates, containers, event types, milestones."""
    bench = open_workspace(workspace, data_version)
    facts, zone = bench.info(), bench.settings.zone
    if as_json:
        print(to_json({"name": bench.name, "reload_needed": bench.generation.reload_needed, **facts}), end="")
        return
    page = open_page()
    first, last = day(facts["data_from"], zone), day(facts["horizon"], zone)
    headline(page, bench, f": {facts['events']:,} events, {first} to {last}, times in {zone.key}")
    kinds = [(name, count, 100 * facts["coverage"][name]) for name, count in facts["containers"].items()]
    sheet(page, "Containers", ("container", "with events", "percent of events"), kinds)
    sheet(page, "Milestones", ("milestone", "events", "condition"), _milestones(bench, facts))
    keys = ("event_type", "events", "accounts", "first", "last")
    types = [
        {**one, **{at: local(one[at], zone) for at in ("first", "last")}} for one in facts["event_types"]
    ]
    sheet(page, "Event types", keys, _picked(types, keys))
    sheet(page, "Tables", ("table", "rows"), facts["rows"].items())
    for sentence in bench.generation.reload_needed:
        say(sentence, style="yellow")


def _milestones(bench: Workbench, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    import workbench as wb

    words = wb.describe_condition
    return [
        (name, milestone["events"], words(wb.parse_condition(milestone["condition"]), bench.version))
        for name, milestone in facts["milestones"].items()
    ]


def audit(
    workspace: WorkspaceOption, data_version: VersionOption = None, as_json: JsonOption = False
) -> None:
    """What became of every row: read, kept, repaired, rejected, unmatched."""
    bench = open_workspace(workspace, data_version)
    found = bench.audit
    if as_json:
        print(to_json(found), end="")
        return
    page = open_page()
    headline(page, bench)
    sources = found["sources"]
    sheet(
        page,
        "Rows by source",
        ("source", "files", "read", "kept", "repaired", "rejected", "left out", "not yet"),
        [_source_row(name, source) for name, source in sources.items()],
    )
    say(ROWS_IN_WORDS, style="dim")
    sheet(page, "Repaired and rejected", ("source", "what", "why", "rows"), _reasons(sources))
    notes = [(name, note) for name, source in sources.items() for note in source.get("notes", ())]
    sheet(page, "Notes", ("source", "note"), notes)
    rules = found["accounts"]["rules"]
    sheet(page, "Whose events: where the account came from", ("rule", "events"), rules.items())
    _show_resolution(page, found)
    keys: tuple[str, ...] = ("table", "column", "references", "ids", "rows")
    sheet(page, "Ids without a record", keys, _picked(found["orphans"], keys))
    sheet(page, "Findings", ("what", "count"), [(what, n) for what, n in _findings(found) if n])
    keys = ("name", "found", "expected", "matches")
    sheet(page, "Control totals", keys, _picked(found["controls"], keys), numeric={1, 2})
    months = [{**month, "month": month["month"][:7]} for month in found["coverage"]]
    sheet(page, "Events by month that reach each container", list(months[0]) if months else (), months)


def _show_resolution(page: Console, found: Mapping[str, Any]) -> None:
    """What the `resolve` block of the manifest left open, and what moved since the load before."""
    resolve, changes = found.get("resolve", {}), found.get("account_changes", {})
    ambiguous = [(r["rule"], r["ambiguous"]) for r in resolve.get("rules", ()) if r.get("ambiguous")]
    sheet(page, "Several accounts fit", ("rule", "events"), ambiguous)
    keys: tuple[str, ...] = ("company", "name", "similarity", "events")
    sheet(page, "Company names that nearly fit", keys, _picked(resolve.get("near_misses", ()), keys))
    notes = [(note,) for note in resolve.get("notes", ())]
    sheet(page, "Notes on whose events these are", ("note",), notes)
    title = f"Accounts decided otherwise than in data version {changes.get('data_version')}"
    keys = ("from", "to", "events", "moved")
    sheet(page, title, keys, _picked(changes.get("by_rule", ()), keys))


def _picked(entries: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[list[Any]]:
    return [[entry[key] for key in keys] for entry in entries]


def _source_row(name: str, source: Mapping[str, Any]) -> tuple[Any, ...]:
    sums = [sum(source.get(kind, {}).values()) for kind in ("kept", "repaired", "rejected")]
    left_out, not_yet = source.get("left_out_by_where"), sum(source.get("not_yet", {}).values())
    return (name, len(source.get("files", ())), source.get("read"), *sums, left_out, not_yet)


def _reasons(sources: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, source in sources.items():
        for kind in ("repaired", "rejected"):
            for reason, rows in source.get(kind, {}).items():
                yield name, kind, reason, rows


def _findings(found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Sentences with a count, of everything that is not about one source."""
    for table, count in found["records_without_key"].items():
        yield f"rows of {table} without an id, left out", count
    for table, repeated in found["repeated_keys"].items():
        yield f"rows of {table} that repeat an id, joined", repeated["rows"] - repeated["records"]
        yield f"ids of {table} whose rows contradict each other", repeated["conflicting"]
    yield "events that repeat an event id, left out", found["repeated_event_ids"]["rows"]
    yield "parent chains of accounts that run in a circle", found["parent_cycles"]["count"]
    machine = found.get("machine_events", {})
    yield "opens and clicks by machines, now of the actor system", machine.get("events", 0)
    yield "of these right after the delivery", machine.get("after_delivery", 0)
    yield "of these as all links at once", machine.get("links_at_once", 0)
    for order in found["time_order"]:
        yield f"{order['table']} with {order['what']}", order["records"]
    yield "events before 1990", found["implausible_times"]["before_1990"]
    yield "events after the load", found["implausible_times"]["after_load"]
    yield "account days whose order is a convention", found["same_day_conflicts"]["days"]


def schema(
    name: Annotated[
        str | None, typer.Argument(help="An analysis, condition, or manifest; default: all questions.")
    ] = None,
) -> None:
    """Print the JSON Schema of questions and conditions, or of manifests."""
    import workbench as wb
    from workbench.sources import Manifest

    whole = wb.json_schema()
    parts = {
        **whole["questions"],
        "condition": whole["condition"],
        "manifest": Manifest.model_json_schema(by_alias=True),
    }
    if name is not None and name not in parts:
        raise SpecError(f"{name!r} has no schema; {nearest(name, parts)}")
    print(to_json(whole if name is None else parts[name]), end="")
